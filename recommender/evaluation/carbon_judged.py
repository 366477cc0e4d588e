"""What the slates of one carbon point cost and cut: against the relevance slates, paired.

The shapes of what is returned are told in `evaluation.carbon_curve`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from recommender.bootstrap import DRAWS, drawn_sums, interval, ratio
from recommender.candidates import Bools, Candidates, Floats, Ints
from recommender.carbon_split import Basket, split_total
from recommender.functional import UNKNOWN, Functional
from recommender.log import Log
from recommender.metrics import Bought, Slates, bought_in, household_sums
from recommender.policy import Slate, baseline_policy
from recommender.policy_slates import slates_of
from recommender.rerank.rerank import Shelves, rerank
from recommender.rescoring import (
    CLAIMED,
    FLOW,
    REALISED,
    View,
    changes_by_need,
    own_share,
    rescore,
    signs,
    verdict,
    views,
)
from recommender.tradeoff import TASKS, Goods, Scales, baseline_scales, goods_of

RELEVANCE = ("ndcg", "dcg", "hits", "hits_type", "hits_need")
JUDGED = ("per purchase", "fixed mix")  # figures of which a cut may be claimed
NEEDS_TOLD = 5
Estimate = dict[str, float | None]


@dataclass(frozen=True, kw_only=True)
class Weeks:
    """Candidates as of a cutoff, what was bought after it, and who is judged."""

    candidates: Candidates
    purchases: Log  # up to the cutoff
    truth: Log  # of the weeks after it
    households: Ints  # customer numbers that are judged
    audit: Bools  # (customers,): those that chose nothing
    customer_id: npt.NDArray[np.object_]


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One optimiser before the judge: what all its points are compared with."""

    weeks: Weeks
    shelves: Shelves  # by the optimiser's own table
    seen: Sequence[View]
    packs: Mapping[str, Goods]  # by table
    scales: Scales
    base: Slates
    window: Bought
    draws: int
    seed: int

    @classmethod
    def of(
        cls,
        weeks: Weeks,
        own: pd.DataFrame,
        judge: pd.DataFrame,
        nutrition: pd.DataFrame | None = None,
        *,
        draws: int = DRAWS,
        seed: int = 1,
    ) -> Curve:
        """`own` and `judge` are the products with the optimiser's and the judge's footprints."""
        shelves = Shelves.of(own, weeks.purchases)
        baseline, none = baseline_policy(Slate()), Scales(m0=0.0, g0=0.0, short={})
        made = rerank(
            weeks.candidates, shelves, baseline, none, TASKS[0], customer_id=weeks.customer_id
        )
        rows = made.rows[weeks.households]
        curve = baseline.slate.curve()
        return cls(
            weeks=weeks,
            shelves=shelves,
            seen=views({CLAIMED: own, REALISED: judge}, weeks.purchases, nutrition),
            packs={CLAIMED: shelves.goods, REALISED: goods_of(judge, weeks.purchases)},
            scales=baseline_scales(rows, weeks.candidates, shelves.goods, curve),
            base=slates_of(made, weeks.households),
            window=bought_in(weeks.truth, shelves.goods),
            draws=draws,
            seed=seed,
        )

    def functional(self, table: str, unit: str = FLOW) -> Functional:
        """The figures of one view."""
        found = [v.functional for v in self.seen if (v.table, v.unit) == (table, unit)]
        return found[0]


def judged_slates(curve: Curve, slates: Slates) -> dict[str, Any]:
    """What the slates of a policy cost and cut, against the relevance slates."""
    changes = rescore(curve.base, slates, curve.seen, _rng(curve), curve.draws)
    audit = np.flatnonzero(curve.weeks.audit[curve.weeks.households])
    own: dict[str, Any] = {"audit": {}, "audit_carbon": {}}
    if len(audit) > 1:  # one household drawn again is always itself
        flow = [view for view in curve.seen if view.unit == FLOW]
        sides = curve.base.of(audit), slates.of(audit)
        own = {
            "audit": relevance_changes(curve, *sides),
            "audit_carbon": _by_view(rescore(*sides, flow, _rng(curve), curve.draws)),
        }
    realised = signs(changes[changes["table"] == REALISED]).droplevel("table")
    needs = changes_by_need(curve.base, slates, curve.functional(REALISED))
    order = needs["fixed_mix"].abs().sort_values(ascending=False, kind="stable").index
    told = ["need", "share", "fixed_mix", "per_purchase"]
    demand = demand_of_products(slates, len(curve.shelves.goods.price))
    unknown = demand[curve.functional(REALISED).basis == UNKNOWN].sum()
    return {
        "relevance": relevance_changes(curve, curve.base, slates),
        "carbon": _by_view(changes),
        **own,
        "signs": {
            str(figure): {str(unit): int(sign) for unit, sign in row.items()}
            for figure, row in realised.iterrows()
        },
        "verdicts": {figure: verdict(changes, figure) for figure in JUDGED},
        "packs": {
            table: pack_split(curve.base, slates, goods) for table, goods in curve.packs.items()
        },
        "needs": needs.loc[order[:NEEDS_TOLD], told].to_dict("records"),
        "own": own_shares(curve, slates),
        "unknown": plain(float(unknown / demand.sum())),
    }


def beyond(curve: Curve, floored: Slates, slates: Slates) -> dict[str, Estimate]:
    """What carbon costs and cuts beyond the sellers' floors: changes from `floored`."""
    view = [v for v in curve.seen if (v.table, v.unit) == (REALISED, FLOW)]
    found = _by_view(rescore(floored, slates, view, _rng(curve), curve.draws))[REALISED][FLOW]
    return {
        "ndcg": relevance_changes(curve, floored, slates)["ndcg"],
        **{figure: found[figure] for figure in JUDGED},
    }


def relevance_changes(curve: Curve, base: Slates, policy: Slates) -> dict[str, Estimate]:
    """Relative change of each figure of RELEVANCE, with its paired 95 % interval."""
    goods, window = curve.shelves.goods, curve.window
    sides = [household_sums(slates, window, goods) for slates in (policy, base)]
    # households that bought nothing count in none: the sums below the line are the same
    table = np.column_stack([side[name][0] for side in sides for name in RELEVANCE])
    sums = table.sum(axis=0, keepdims=True)
    if curve.draws:
        sums = np.concatenate([sums, drawn_sums([table], curve.draws, _rng(curve))[0]])
    then, before = sums[:, : len(RELEVANCE)], sums[:, len(RELEVANCE) :]
    changes = ratio(then - before, before)
    low, high = interval(changes[1:]) if curve.draws else (np.full(len(RELEVANCE), np.nan),) * 2
    return {name: _estimate(changes[0, k], low[k], high[k]) for k, name in enumerate(RELEVANCE)}


def pack_split(base: Slates, policy: Slates, goods: Goods) -> dict[str, float | None]:
    """The change in demand-weighted kg of whole packs and its four parts, over the kg before."""
    before, after = (_basket(slates, goods) for slates in (base, policy))
    total = before.kg_pack.sum()
    parts = split_total(before, after).parts()
    return {name: plain(float(ratio(part, total))) for name, part in parts.items()}


def demand_of_products(slates: Slates, products: int) -> Floats:
    """Sum of attention x p_buy of each product, (products,)."""
    shown = slates.product >= 0
    demand = (slates.weight * slates.p_buy)[shown]
    return np.bincount(slates.product[shown], demand, minlength=products).astype(np.float64)


def own_shares(curve: Curve, slates: Slates) -> dict[str, float | None]:
    return {
        table: plain(own_share(curve.functional(table), slates)) for table in (CLAIMED, REALISED)
    }


def _by_view(changes: pd.DataFrame) -> dict[str, dict[str, dict[str, Estimate]]]:
    found: dict[str, dict[str, dict[str, Estimate]]] = {}
    ends = changes[["change", "low", "high"]].to_numpy(np.float64)
    for (table, unit, figure), end in zip(
        changes[["table", "unit", "figure"]].to_numpy(str).tolist(), ends, strict=True
    ):
        found.setdefault(table, {}).setdefault(unit, {})[figure] = _estimate(*end)
    return found


def _basket(slates: Slates, goods: Goods) -> Basket:
    demand = demand_of_products(slates, len(goods.price))
    functional = goods.functional

    def by_need(each: Floats) -> Floats:
        sums = np.bincount(functional.need, each, minlength=len(functional.needs))
        return sums.astype(np.float64)

    return Basket(
        demand=by_need(demand),
        kg_functional=by_need(demand * functional.kg_functional),
        kg_pack=by_need(demand * goods.kg_pack),
    )


def _rng(curve: Curve) -> np.random.Generator:
    """The same households are drawn at every point."""
    return np.random.default_rng(curve.seed)


def _estimate(value: float, low: float, high: float) -> Estimate:
    return {"value": plain(value), "low": plain(low), "high": plain(high)}


def plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
