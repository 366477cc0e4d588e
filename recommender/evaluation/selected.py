"""The places that policies fill: an optimiser seeks out errors, so chances are judged there too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from recommender.bootstrap import DRAWS
from recommender.candidates import Ints
from recommender.evaluation.calibration import tenths_report
from recommender.evaluation.judged import Judged
from recommender.policy import Policy, Slate, baseline_policy
from recommender.tradeoff import (
    Goods,
    allowed_rows,
    baseline_scales,
    best_slates,
    candidate_values,
    customer_excess,
)

PLACES = 10


def strongest_climate(policies: Sequence[Policy]) -> Policy:
    """The policy with the largest climate weight; of equals the first."""
    return max(policies, key=lambda policy: policy.weights.climate)


def selected_rows(judged: Judged, goods: Goods, policies: Sequence[Policy]) -> dict[str, Ints]:
    """policy -> the candidate rows on the ten places of all customers' slates, for all items.

    Scales are those that the baseline fixes on these candidates, as in the backtest.
    """
    candidates, baseline = judged.candidates, baseline_policy(Slate(n=PLACES))
    excess = customer_excess(candidates, goods)

    def slates(policy: Policy, value: np.ndarray) -> Ints:
        allowed = allowed_rows(candidates, goods, policy, "all")
        return best_slates(candidates.start, candidates.product, value, allowed, PLACES)

    rows = slates(baseline, candidates.p_buy)
    scales = baseline_scales(rows, candidates, goods, baseline.slate.curve())
    chosen = {baseline.name: rows}
    for policy in policies:
        value = candidate_values(candidates, goods, policy, scales, excess).sum(axis=0)
        chosen[policy.name] = slates(policy, value)
    return {name: rows[rows >= 0] for name, rows in chosen.items()}


def selected_report(
    judged: Judged,
    goods: Goods,
    policies: Sequence[Policy],
    household: Ints,
    draws: int = DRAWS,
    seed: int = 0,
) -> dict[str, Any]:
    """policy -> what -> said against seen by tenths of it: price, pack's kg, kg at equal use.

    `household` numbers the household of each candidate row. Products of unknown footprint stand in
    no tenth of kg; those that are not ranked for their figure keep what the need has.
    """
    candidates, answer = judged.candidates, {}
    for name, rows in selected_rows(judged, goods, policies).items():
        product = candidates.product[rows]
        unknown = goods.unknown[product]
        by = {
            "price": goods.price[product],
            "kg_co2e": np.where(unknown, np.nan, goods.kg_pack[product]),
            "kg_functional": np.where(unknown, np.nan, goods.functional.kg_functional[product]),
        }
        p_buy, bought, who = candidates.p_buy[rows], judged.bought[rows], household[rows]
        answer[name] = {
            "places": len(rows),
            "said": float(p_buy.mean()) if len(rows) else None,
            "seen": float(bought.mean()) if len(rows) else None,
            "tenths": {
                what: tenths_report(p_buy, bought, who, values, draws, seed)
                for what, values in by.items()
            },
        }
    return answer
