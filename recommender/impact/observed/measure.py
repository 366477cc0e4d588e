"""Figures and carbon split of every run over one group of households, on the same draws.

A run is a policy and a task. All runs are summed and drawn together, so that every change is paired
with the baseline's: the same households, drawn as often, on both sides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from recommender.bootstrap import drawn_sums, estimate, estimates, ratio
from recommender.candidates import Floats
from recommender.carbon_split import Basket, split_functional, split_total
from recommender.functional import Functional
from recommender.impact.observed.figures import FIGURES, NO_LEVEL
from recommender.impact.observed.judged import judged_changes, judged_sums
from recommender.impact.observed.variety import variety_sums
from recommender.metrics import Bought, Slates, distinct_counts, household_sums
from recommender.policy import BASELINE
from recommender.policy_slates import Run
from recommender.rerank.shelf_facts import ShelfFacts
from recommender.tradeoff import Goods

Estimate = dict[str, float | None]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a group of households says of one run."""

    figures: dict[str, Estimate]  # by name, in the order of FIGURES
    split: dict[str, dict[str, Estimate]]  # "total_kg" and "functional_kg" by part
    judged: dict[str, Any] | None  # claimed against realised; None without a second table


def measured(
    slates: Mapping[Run, Slates],
    windows: Mapping[str, Bought],
    goods: Goods,
    facts: ShelfFacts,
    *,
    second: Functional | None = None,
    draws: int,
    rng: np.random.Generator,
) -> dict[Run, Measured]:
    """Every figure of each run, with its 95 % interval and its paired change.

    All runs hold the same households in the same order; `windows` are the purchases by task;
    `second` are the products' figures by a second footprints table.
    """
    sums = {
        run: household_sums(s, windows[run[1]], goods) | variety_sums(s, goods, facts)
        for run, s in slates.items()
    }
    judges = {} if second is None else {run: judged_sums(s, second) for run, s in slates.items()}
    needs = {run: _kg_by_need(s, goods) for run, s in slates.items()}
    columns = {run: _columns(pairs) for run, pairs in sums.items()}
    tables = [*columns.values(), *needs.values(), *judges.values()]
    drawn = drawn_sums(tables, draws, rng)
    once = [np.asarray(table.sum(axis=0)).reshape(1, -1) for table in tables]
    # the first row is the log as it is, the others the draws
    both = [np.vstack(pair) for pair in zip(once, drawn, strict=True)]
    runs = list(slates)
    levels = {run: ratio(both[k][:, 0::2], both[k][:, 1::2]) for k, run in enumerate(runs)}
    baskets = {run: _basket(both[len(runs) + k]) for k, run in enumerate(runs)}
    realised = dict(zip(judges, both[2 * len(runs) :], strict=True))
    households = len(next(iter(slates.values())).customer)
    answer: dict[Run, Measured] = {}
    for policy, task in runs:
        names = list(sums[policy, task])
        base = levels[BASELINE, task]
        scale = base.copy()
        for k, name in enumerate(names):
            if FIGURES[name].change != "relative":
                scale[:, k] = base[:, names.index(FIGURES[name].change)]
        figures = estimates(names, levels[policy, task], base, scale)
        for name in NO_LEVEL:
            figures[name] |= {"low": None, "high": None}
        figures |= _distinct(slates[policy, task], slates[BASELINE, task], goods)
        judged = None
        if second is not None:
            judged = judged_changes(
                {name: levels[policy, task][:, k] for k, name in enumerate(names)},
                {name: base[:, k] for k, name in enumerate(names)},
                realised[policy, task],
                realised[BASELINE, task],
                households,
            )
        answer[policy, task] = Measured(
            figures={name: figures[name] for name in FIGURES},
            split=_split(baskets[BASELINE, task], baskets[policy, task], households),
            judged=judged,
        )
    return answer


def _columns(pairs: Mapping[str, tuple[Floats, Floats]]) -> Floats:
    """Sums above and below the line, side by side: (households, 2 x figures)."""
    return np.column_stack([column for pair in pairs.values() for column in pair])


def _distinct(slates: Slates, base: Slates, goods: Goods) -> dict[str, Estimate]:
    before, after = distinct_counts(base, goods), distinct_counts(slates, goods)
    none = float("nan")

    def change(name: str) -> float:
        return after[name] / before[name] - 1.0 if before[name] else none

    return {name: estimate(after[name], none, none, change(name), none, none) for name in after}


def _kg_by_need(slates: Slates, goods: Goods) -> csr_matrix:
    """Demand, functional kg and pack kg of each household in each need: (households, 3 x needs)."""
    household, place = np.nonzero(slates.product >= 0)
    product = slates.product[household, place]
    demand = (slates.weight * slates.p_buy)[household, place]
    needs = len(goods.functional.needs)
    need = goods.functional.need[product]
    kg_functional = demand * goods.functional.kg_functional[product]
    kg_pack = demand * goods.kg_pack[product]
    data = np.concatenate([demand, kg_functional, kg_pack])
    row = np.tile(household, 3)
    column = np.concatenate([need, need + needs, need + 2 * needs])
    return csr_matrix((data, (row, column)), shape=(len(slates.product), 3 * needs))


def _basket(sums: Floats) -> Basket:
    demand, kg_functional, kg_pack = np.split(sums, 3, axis=-1)
    return Basket(demand=demand, kg_functional=kg_functional, kg_pack=kg_pack)


def _split(before: Basket, after: Basket, households: int) -> dict[str, dict[str, Estimate]]:
    return {
        "total_kg": _parts(
            split_total(before, after).parts(), before.kg_pack.sum(axis=-1), households
        ),
        "functional_kg": _parts(
            split_functional(before, after).parts(), before.kg_functional.sum(axis=-1), households
        ),
    }


def _parts(
    parts: Mapping[str, Floats], baseline_kg: Floats, households: int
) -> dict[str, Estimate]:
    values = np.column_stack(list(parts.values())) / households
    base = np.zeros(values.shape)
    scale = np.broadcast_to(baseline_kg[:, None] / households, values.shape)
    return estimates(list(parts), values, base, scale)
