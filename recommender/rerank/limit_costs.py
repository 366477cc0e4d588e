"""What a limit costs in all: the slates without it, less those with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from recommender.rerank.limit_prices import cap_name, floor_name
from recommender.rerank.problem import Problem, Solution

Solve = Callable[[Problem], Solution]


@dataclass(frozen=True, kw_only=True)
class LimitCost:
    """What slates would gain without one limit; below 0 where they would lose."""

    limit: str
    relevance: float  # demand-weighted purchases
    value: float  # of the slates, policy's units
    certain: bool  # whether both are certified, neither missing a limit


def cost_of_limit(
    problem: Problem, limit: str, solve: Solve, solution: Solution | None = None
) -> LimitCost:
    """What `limit` costs in all: slates without it less slates with it, each as `solve` finds them.

    `limit` as `LimitPrice` names it, or "seller floors" and "seller caps" for a whole family.
    `solution` spares the first solving where it is there. Raises ValueError for a limit that the
    problem does not have.
    """
    before = solution or solve(problem)
    after = solve(without_limit(problem, limit))
    return LimitCost(
        limit=limit,
        relevance=relevance_of(problem, after) - relevance_of(problem, before),
        value=after.value - before.value,
        certain=before.gap is not None and after.gap is not None,
    )


def relevance_of(problem: Problem, solution: Solution) -> float:
    """Sum of attention x p_buy over the slates."""
    p_buy = np.where(solution.rows >= 0, problem.p_buy[solution.rows], 0.0)
    return float((p_buy * problem.attention).sum())


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
