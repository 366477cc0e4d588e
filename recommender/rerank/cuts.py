"""The dual of a small problem to the last digit, by cutting planes.

Descent stops where the dual has a kink; for a few hundred shoppers every slate that was ever best
at some prices becomes a plane below that shopper's part of the dual, and a linear programme finds
the prices where the highest of them is lowest (Kelley 1960, J. SIAM 8; one family of planes for
each shopper). When no new slate cuts it off, the bound is that of the linear programme.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

from recommender.candidates import Floats
from recommender.rerank.dual import Dual, Point

MOST_SHOPPERS, MOST_ROWS = 300, 20_000  # beyond, descent is close enough and much faster
MOST_ROUNDS = 60
EXACT = 1e-9  # of the bound


def is_small(dual: Dual) -> bool:
    """Whether cutting planes are worth it: few shoppers, and no welfare with a curved conjugate."""
    problem = dual.passes.problem
    few = problem.shoppers <= MOST_SHOPPERS and len(problem.product) <= MOST_ROWS
    return few and problem.welfare is None and dual.passes.limits > 0


def cut(dual: Dual, begin: Point) -> Point:
    """The lowest point of the dual of a small problem, from `begin` on."""
    passes = dual.passes
    floored, capped = np.flatnonzero(dual.floored), np.flatnonzero(dual.capped)
    variables = len(floored) + len(capped)
    if variables == 0:
        return begin
    shoppers = passes.problem.shoppers
    cost = np.concatenate([-dual.least[floored], dual.most[capped], np.ones(shoppers)])
    ends = [(0.0, end) for end in (*dual.cap[floored], *dual.cap[capped])]
    bounds = [*ends, *[(None, None)] * shoppers]
    planes: list[csr_matrix] = []
    worths: list[Floats] = []
    point, best = begin, begin
    for _ in range(MOST_ROUNDS):
        sums = passes.by_shopper(point.price)
        slopes = np.column_stack([sums[:, 1:][:, floored], -sums[:, 1:][:, capped]])
        planes.append(csr_matrix(np.column_stack([slopes, -np.eye(shoppers)])))
        worths.append(-sums[:, 0])
        found = linprog(
            cost,
            A_ub=csr_matrix(np.vstack([p.toarray() for p in planes])),
            b_ub=np.concatenate(worths),
            bounds=bounds,
            method="highs",
        )
        if found.status != 0:  # numbers too far apart for the programme: what we have stands
            break
        up, down = np.zeros(passes.limits), np.zeros(passes.limits)
        up[floored] = found.x[: len(floored)]
        down[capped] = found.x[len(floored) : variables]
        point = dual.at(up, down, begin.welfare)
        if point.bound < best.bound:
            best = point
        if best.bound - found.fun <= EXACT * max(abs(best.bound), 1e-300):
            break
    return best
