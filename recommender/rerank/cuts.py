"""The dual of a small problem to the last digit, by cutting planes.

Descent stops where the dual has a kink; for a few hundred shoppers every slate that was ever best
at some prices becomes a plane below that shopper's part of the dual, and a linear programme finds
the prices where the highest of them is lowest (Kelley 1960, J. SIAM 8; one family of planes for
each shopper). A welfare gives planes too: its conjugate lies above its own slope, and prices that
it does not allow are cut off across the way to the nearest that it does. When nothing new cuts the
programme's answer off, the bound is that of the linear programme.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, eye_array, hstack, vstack

from recommender.candidates import Floats
from recommender.rerank.dual import Dual, Point

MOST_SHOPPERS, MOST_ROWS = 300, 20_000  # beyond, descent is close enough and much faster
MOST_ROUNDS = 80
EXACT = 1e-9  # of the bound
ROUNDING = 1e-11  # of prices: what a projection moves them by without meaning it


def is_small(dual: Dual) -> bool:
    """Whether cutting planes are worth it: few shoppers."""
    problem = dual.passes.problem
    few = problem.shoppers <= MOST_SHOPPERS and len(problem.product) <= MOST_ROWS
    return few and dual.passes.limits > 0


def cut(dual: Dual, begin: Point) -> Point:
    """The lowest point of the dual of a small problem, from `begin` on."""
    passes, rule = dual.passes, dual.passes.problem.welfare
    floored, capped = np.flatnonzero(dual.floored), np.flatnonzero(dual.capped)
    valued = np.flatnonzero(dual.family)
    variables = len(floored) + len(capped) + len(valued)
    if variables == 0:
        return begin
    shoppers = passes.problem.shoppers
    # prices of floors, of caps, of the welfare; then each shopper's part, then the conjugate
    cost = np.concatenate([-dual.least[floored], dual.most[capped], np.zeros(len(valued))])
    cost = np.concatenate([cost, np.ones(shoppers + 1)])
    highest = np.concatenate([dual.cap[floored], dual.cap[capped], np.full(len(valued), np.inf)])
    lowest = np.concatenate([np.zeros(variables), np.full(shoppers + 1, -np.inf)])
    highest = np.concatenate([highest, np.full(shoppers + 1, np.inf)])
    if rule is None:
        lowest[-1] = highest[-1] = 0.0
    ends = np.column_stack([lowest, highest])
    planes: list[csr_array] = []
    worths: list[Floats] = []
    point, best = begin, begin
    wished = begin.welfare[valued]  # before it was brought back to where the conjugate is finite
    for _ in range(MOST_ROUNDS):
        sums = passes.by_shopper(point.price)
        slopes = [sums[:, 1:][:, floored], -sums[:, 1:][:, capped], sums[:, 1:][:, valued]]
        planes.append(hstack([csr_array(np.hstack(slopes)), -eye_array(shoppers, shoppers + 1)]))
        worths.append(-sums[:, 0])
        if rule is not None:
            near = point.welfare[valued]
            height, exposure = rule.conjugate(near)
            # conjugate >= height - exposure . (price - near); (wished - near) . (price - near) <= 0
            way = wished - near
            size = np.abs(way).max(initial=0.0)
            planes.append(_welfare_plane(-exposure, variables, shoppers, -1.0))
            worths.append(np.array([-height - float(exposure @ near)]))
            if size > ROUNDING * np.abs(near).max(initial=0.0):
                planes.append(_welfare_plane(way / size, variables, shoppers, 0.0))
                worths.append(np.array([float(way @ near) / size]))
        found = linprog(
            cost, A_ub=csr_array(vstack(planes)), b_ub=np.concatenate(worths), bounds=ends
        )
        if found.status != 0:  # numbers too far apart for the programme: what we have stands
            break
        up, down, welfare = (np.zeros(passes.limits) for _ in range(3))
        up[floored] = found.x[: len(floored)]
        down[capped] = found.x[len(floored) : variables - len(valued)]
        wished = found.x[variables - len(valued) : variables]
        welfare[valued] = wished
        point = dual.at(up, down, dual.project(welfare))
        if point.bound < best.bound:
            best = point
        if best.bound - found.fun <= EXACT * max(abs(best.bound), 1e-300):
            break
    return best


def _welfare_plane(of_prices: Floats, variables: int, shoppers: int, own: float) -> csr_array:
    """One row of the programme on the prices of the welfare, which come last, and its conjugate."""
    before = np.zeros(variables - len(of_prices))
    return csr_array(np.concatenate([before, of_prices, np.zeros(shoppers), [own]])[None, :])
