"""Claimed against realised: each policy's carbon cut, scored again by a second footprints table.

An optimiser picks what is lightest, also by the errors of its own table; those errors are not in
the second one, so what it says of the same slates is what was realised. The more a claimed cut
shrinks, the more of it was error. (`rescoring` asks the same under other functional units, of the
points of the carbon curve.)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from recommender.bootstrap import estimates, ratio
from recommender.candidates import Floats
from recommender.functional import UNKNOWN, Functional
from recommender.metrics import Slates
from recommender.rescoring import CLAIMED, REALISED, log_correlation

TOTAL, PER_PURCHASE = "demand_kg_functional", "kg_functional_per_purchase"
LESS = "realised_less_claimed"
NOTE = (
    "Claimed by the table that chose the slates, realised by the second one, on the same draws of "
    "households. The shop's everyday footprints read all sources, so they share some with the "
    "second table: the agreement is an upper end."
)


def judged_sums(slates: Slates, second: Functional) -> Floats:
    """Demand-weighted functional kg by the second table, and demand, (households, 2)."""
    demand = slates.weight * slates.p_buy
    kg = demand * second.kg_functional[slates.product]
    return np.column_stack([kg.sum(axis=1), demand.sum(axis=1)])


def judged_changes(
    levels: Mapping[str, Floats],
    base: Mapping[str, Floats],
    realised: Floats,
    base_realised: Floats,
    households: int,
) -> dict[str, Any]:
    """Changes as both tables tell them, with the difference: {claimed, realised,
    realised_less_claimed, per_purchase {the same three}}, ESTIMATEs each.

    `levels` and `base` are the claimed figures of the policy and the baseline, (1 + draws,) each;
    `realised` and `base_realised` the sums of `judged_sums`, (1 + draws, 2). The first row is the
    log as it is. The difference is in points of change: +0.03 where a claimed cut of 10 % is 7 %.
    """
    second = {
        TOTAL: (realised[:, 0] / households, base_realised[:, 0] / households),
        PER_PURCHASE: (
            ratio(realised[:, 0], realised[:, 1]),
            ratio(base_realised[:, 0], base_realised[:, 1]),
        ),
    }
    found = {
        figure: _three(levels[figure], base[figure], *second[figure])
        for figure in (TOTAL, PER_PURCHASE)
    }
    return {**found[TOTAL], "per_purchase": found[PER_PURCHASE]}


def _three(
    claimed: Floats, base: Floats, realised: Floats, base_realised: Floats
) -> dict[str, dict[str, float | None]]:
    found = estimates(
        [CLAIMED, REALISED],
        np.column_stack([claimed, realised]),
        np.column_stack([base, base_realised]),
        np.column_stack([base, base_realised]),
    )
    claim, real = ratio(claimed - base, base), ratio(realised - base_realised, base_realised)
    one = np.ones((len(claim), 1))
    less = estimates([LESS], (real - claim)[:, None], 0.0 * one, one)
    return {**found, **less}


def agreement(slates: Slates, first: Functional, second: Functional) -> dict[str, Any]:
    """How far both tables agree on what these slates show, weighed by its demand, as plain values.

    {correlation_log_kg, correlation_inside_needs, products, share_of_demand, unknown_share, note}:
    over the `products` that have a figure of their own in both, which make `share_of_demand`;
    `unknown_share` of the demand is unknown to the second table and carries 0 kg there.
    """
    filled = slates.product >= 0
    amount = (slates.weight * slates.p_buy)[filled]
    demand = np.bincount(slates.product[filled], amount, minlength=len(first.kg_functional))
    found = log_correlation(first, second, demand.astype(np.float64))
    total = demand.sum()
    unknown = demand[second.basis == UNKNOWN].sum() / total if total > 0 else np.nan
    return {
        "correlation_log_kg": _plain(found.overall),
        "correlation_inside_needs": _plain(found.within_needs),
        "products": found.products,
        "share_of_demand": _plain(found.share_of_demand),
        "unknown_share": _plain(float(unknown)),
        "note": NOTE,
    }


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
