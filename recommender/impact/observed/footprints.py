"""The footprints' own range behind every figure of kg CO2e, by draws of all products' errors.

How errors are drawn is told in `observed.footprint_draws`. They are drawn regardless of
what a policy picked: that an optimiser picks what is lightest by error is not in this range but in
`observed.judged`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from recommender.bootstrap import estimates, ratio
from recommender.candidates import Floats, Ints
from recommender.impact.observed.footprint_draws import RANGE, Doubt, drawn_kg
from recommender.log import find
from recommender.metrics import Bought, Slates
from recommender.policy import BASELINE
from recommender.policy_slates import Run
from recommender.tradeoff import Goods

PER = {  # figure: the kg above the line and what stands below it
    "demand_kg_functional": ("demand_functional", "households"),
    "demand_kg_pack": ("demand_pack", "households"),
    "kg_functional_per_purchase": ("demand_functional", "demand"),
    "kg_functional_per_money": ("demand_functional", "revenue"),
    "kg_pack_per_money": ("demand_pack", "revenue"),
    "hits_kg_functional": ("hits_functional", "households"),
    "hits_kg_pack": ("hits_pack", "households"),
    "hits_kg_functional_per_money": ("hits_functional", "paid"),
    "hits_kg_pack_per_money": ("hits_pack", "paid"),
}
KG = ("demand_functional", "demand_pack", "hits_functional", "hits_pack")


def footprint_range(
    slates: Mapping[Run, Slates],
    windows: Mapping[str, Bought],
    goods: Goods,
    doubt: Doubt,
    *,
    draws: int,
    rng: np.random.Generator,
) -> dict[Run, dict[str, dict[str, float | None]]]:
    """Each figure of PER with the 80 % range that the footprints alone give it, for each run.

    ESTIMATEs as the bootstrap gives them, but over draws of the products' errors, the same for all
    policies and tasks, with the purchases as they are: what is in doubt here is carbon, not chance.
    Changes are relative to the baseline, paired. Memory goes with `draws` x AT_ONCE products.
    """
    runs = list(slates)
    kg = np.column_stack([c for run in runs for c in _kg(slates[run], windows[run[1]], goods)])
    drawn = np.vstack([kg.sum(axis=0), drawn_kg(doubt, kg, draws, rng)])
    sums = dict(zip(runs, np.split(drawn, len(runs), axis=1), strict=True))
    levels = {}
    for run in runs:
        below = _below(slates[run], windows[run[1]], goods)
        levels[run] = np.column_stack(
            [
                ratio(sums[run][:, KG.index(above)], np.array([below[under]]))
                for above, under in PER.values()
            ]
        )
    return {
        run: estimates(
            list(PER), levels[run], levels[BASELINE, run[1]], levels[BASELINE, run[1]], RANGE
        )
        for run in runs
    }


def _kg(slates: Slates, window: Bought, goods: Goods) -> list[Floats]:
    """Sums of kg by product, in the order of KG: (products,) each."""
    filled = slates.product >= 0
    product = slates.product[filled]
    demand = (slates.weight * slates.p_buy)[filled]
    at = _hits(slates, window, goods)
    hit = at >= 0

    def by_product(which: Ints, amount: Floats) -> Floats:
        return np.bincount(which, amount, minlength=len(goods.price)).astype(np.float64)

    demanded = by_product(product, demand)
    functional, pack = goods.functional.kg_functional, goods.kg_pack
    return [
        demanded * functional,
        demanded * pack,
        by_product(product[hit], np.ones(int(hit.sum()))) * functional,
        by_product(product[hit], window.quantity[at[hit]]) * pack,
    ]


def _below(slates: Slates, window: Bought, goods: Goods) -> dict[str, float]:
    demand = slates.weight * slates.p_buy
    at = _hits(slates, window, goods)
    return {
        "households": float(len(slates.customer)),
        "demand": float(demand.sum()),
        "revenue": float((demand * goods.price[slates.product]).sum()),
        "paid": float(window.paid[at[at >= 0]].sum()),
    }


def _hits(slates: Slates, window: Bought, goods: Goods) -> Ints:
    """The purchase of each filled place, -1 where its product was not bought."""
    keys = slates.customer[:, None] * len(goods.price) + slates.product
    return find(window.pairs, keys[slates.product >= 0])
