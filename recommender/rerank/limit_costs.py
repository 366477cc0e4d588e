"""What a limit costs in all: the slates without it, less those with it.

Slates are found to within a gap, and many a limit costs less than that. So the cost is told three
times: as the difference of the slates found, as that of the best bounds (in which what keeps either
from its bound cancels), and as the range in which it lies for certain. It is never below 0: the
best slates without a limit are worth as much as those with it, or more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from recommender.candidates import Floats
from recommender.policy import Weights
from recommender.rerank.explain_words import figure, money
from recommender.rerank.limit_prices import PURCHASES, LimitPrice, cap_name, floor_name
from recommender.rerank.problem import Prices, Problem, Solution
from recommender.tradeoff import Scales

DEAREST = 5  # single floors and caps whose cost in all is sought
Solve = Callable[[Problem], Solution]


@dataclass(frozen=True, kw_only=True)
class LimitCost:
    """What slates would gain without one limit; below 0 where they would lose."""

    limit: str
    relevance: float  # demand-weighted purchases
    value: float  # of the slates, policy's units
    certain: bool  # whether both are certified, neither missing a limit
    best: float  # value: bound without the limit less bound with it, at least 0
    low: float  # value: it costs at least this,
    high: float  # and at most this
    margin: float | None = None  # shop currency that the slates without it earn more


def cost_of_limit(
    problem: Problem,
    limit: str,
    solve: Solve,
    solution: Solution | None = None,
    margin: Floats | None = None,
) -> LimitCost:
    """What `limit` costs in all: slates without it less slates with it, each as `solve` finds them.

    `limit` as `LimitPrice` names it, or "seller floors" and "seller caps" for a whole family.
    `solution` spares the first solving where it is there; `margin` (rows,) is what each row earns
    at attention 1. Raises ValueError for a limit that the problem does not have.
    """
    before = solution or solve(problem)
    after = solve(without_limit(problem, limit))
    certain = before.gap is not None and after.gap is not None
    high = after.bound - before.value
    return LimitCost(
        limit=limit,
        relevance=relevance_of(problem, after) - relevance_of(problem, before),
        value=after.value - before.value,
        certain=certain,
        best=max(after.bound - before.bound, 0.0),
        low=max(after.value - before.bound, 0.0) if certain else 0.0,
        high=max(high, 0.0) if certain else np.inf,
        margin=None
        if margin is None
        else _sum(problem, after, margin) - _sum(problem, before, margin),
    )


def dearest(limits: Sequence[LimitPrice], most: int = DEAREST) -> list[str]:
    """The names of limits whose cost in all is worth finding, for `cost_of_limit`.

    Totals that cost something; then families of which several do, as a whole; then the single
    floors and caps with the highest price for all that they ask, at most `most`, ties by name.
    """
    binding = [limit for limit in limits if limit.binding and not limit.missed]
    totals = [limit.limit for limit in binding if limit.family is None]
    single = sorted(
        (limit for limit in binding if limit.family is not None),
        key=lambda limit: (-limit.price * limit.asked, limit.limit),
    )
    families = [str(limit.family) for limit in single]
    several = [name for name in dict.fromkeys(sorted(families)) if families.count(name) > 1]
    return [*totals, *several, *(limit.limit for limit in single[:most])]


def cost_sentence(
    cost: LimitCost, weights: Weights, scales: Scales, weeks: int, currency: str
) -> str:
    """What one limit costs in all, a week, in purchases or money: as `limit_prices` tells prices.

    `weeks` is the horizon of the slates.
    """
    who = _who(cost.limit)
    verb = "cost" if cost.limit.endswith(("floors", "caps")) else "costs"
    if weights.shopper > 0:
        rate, unit = 1.0 / weights.shopper / weeks, f" {PURCHASES}"
    else:
        rate, unit = 1.0 / weeks, " of value"
    if not cost.certain:
        return (
            f"{who}: what it costs in all is not certain, since slates with or without it miss a "
            f"limit; about {figure(cost.best * rate)}{unit} a week."
        )
    said = f"{who} {verb} about {figure(cost.best * rate)}{unit} a week in all "
    said += f"({figure(cost.low * rate)} to {figure(cost.high * rate)})"
    if weights.retailer * scales.m0 > 0:
        worth = cost.best * scales.m0 / weights.retailer / weeks
        said += f", or {money(worth, currency)} of margin a week"
    if cost.margin is not None and cost.low > 0:  # else the slates differ by chance as well
        more = cost.margin / weeks
        way = "more" if more >= 0 else "less"
        said += f"; slates without it earn {money(abs(more), currency)} a week {way} margin"
    return f"{said}."


def _who(limit: str) -> str:
    """A limit as the subject of a sentence.

    >>> _who("carbon budget"), _who("seller floors"), _who("seller 103 floor")
    ('The carbon budget', 'The seller floors', "Seller 103's floor")
    """
    *group, what = limit.split(" ")
    if what in ("floor", "cap") and len(group) > 1:
        return f"{' '.join([group[0].capitalize(), *group[1:]])}'s {what}"
    return f"The {limit}"


def _sum(problem: Problem, solution: Solution, figure_of: Floats) -> float:
    """Sum of attention x figure over the slates."""
    held = np.where(solution.rows >= 0, figure_of[solution.rows], 0.0)
    return float((held * problem.attention).sum())


def relevance_of(problem: Problem, solution: Solution) -> float:
    """Sum of attention x p_buy over the slates."""
    return _sum(problem, solution, problem.p_buy)


def prices_without(problem: Problem, prices: Prices, limit: str) -> Prices:
    """The prices of the problem without one limit, to start its search from."""
    kept = [at for at, total in enumerate(problem.totals) if total.name != limit]
    free = without_limit(problem, limit)
    return Prices(
        totals=prices.totals[kept],
        floors=tuple(
            np.where(family.least > 0, price, 0.0)
            for family, price in zip(free.shares, prices.floors, strict=True)
        ),
        caps=tuple(
            np.where(np.isfinite(family.most), price, 0.0)
            for family, price in zip(free.shares, prices.caps, strict=True)
        ),
    )


def without_limit(problem: Problem, limit: str) -> Problem:
    """The problem without one limit. Raises ValueError for one that it does not have."""
    names = [total.name for total in problem.totals]
    if limit in names:
        at = names.index(limit)
        return replace(problem, totals=problem.totals[:at] + problem.totals[at + 1 :])
    for at, family in enumerate(problem.shares):
        all_floors, all_caps = np.zeros(len(family.least)), np.full(len(family.most), np.inf)
        freed = None
        if limit == f"{family.name} floors":
            freed = replace(family, least=all_floors)
        elif limit == f"{family.name} caps":
            freed = replace(family, most=all_caps)
        for k, group in enumerate(family.groups):
            one = np.arange(len(family.groups)) == k
            if limit == floor_name(family, k):
                freed = replace(family, least=np.where(one, 0.0, family.least))
            elif limit == cap_name(family, k):
                freed = replace(family, most=np.where(one, np.inf, family.most))
            if freed is not None and group:
                break
        if freed is not None:
            return replace(problem, shares=(*problem.shares[:at], freed, *problem.shares[at + 1 :]))
    families = [f"{family.name} floors, {family.name} caps" for family in problem.shares]
    raise ValueError(
        f"limit is {limit!r}, but one of {', '.join([*names, *families]) or 'no limits'} or of "
        f"one group was expected"
    )
