"""The re-ranker's problem written out for HiGHS: to hold the solver against, on small instances.

One variable x[row, place] for each place a row may take, from 0 to 1:

    maximise   sum attention x value x  +  welfare
    subject to each row in at most one place, each place that can be filled in exactly one row,
               totals, floors and caps, at most so many of one kind on a slate, own relevance floors

Without the own floors the limits of one slate are a network, so its corners are whole slates; with
them, the linear programme mixes slates just as the solver's dual does. Both have the same optimum.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.optimize import LinearConstraint, milp

from recommender.candidates import Floats, Ints
from recommender.rerank.problem import Problem
from recommender.rerank.welfare import Gini, MaxMin

# HiGHS' own tolerance is 1e-7 of a constraint: values are scaled to be read against it


def optimum(problem: Problem, *, whole: bool = False) -> float | None:
    """The best value of `problem`, of mixtures of slates or of `whole` ones; None if there is none.

    Welfare may be max-min or Gini. For small instances: there are rows x places variables.
    """
    places, rows = len(problem.attention), len(problem.product)
    shopper = np.repeat(np.arange(problem.shoppers), np.diff(problem.start))
    of_row = np.repeat(np.arange(rows), places)
    of_place = np.tile(np.arange(places), rows)
    seen = np.tile(problem.attention, rows)  # (variables,)
    limits: list[tuple[sparse.sparray, Floats, Floats]] = []  # matrix, least, most

    def each(label: Ints, count: int, factor: Floats) -> sparse.sparray:
        """(count, variables): the sum of `factor` over the variables of each label from 0."""
        kept = np.flatnonzero(label >= 0)
        return sparse.csr_array((factor[kept], (label[kept], kept)), shape=(count, rows * places))

    one = np.ones(rows * places)
    limits.append((each(of_row, rows, one), np.zeros(rows), np.ones(rows)))
    filled = (np.arange(places) < fillable(problem)[:, None]).ravel().astype(np.float64)
    slot = shopper[of_row] * places + of_place
    limits.append((each(slot, len(filled), one), filled, filled))
    for total in problem.totals:
        all_of_it = sparse.csr_array((seen * total.each[of_row])[None, :])
        limits.append((all_of_it, np.array([total.least]), np.array([np.inf])))
    for family in problem.shares:
        exposure = each(family.group[problem.product[of_row]], len(family.groups), seen)
        limits.append((exposure, family.least, family.most))
    if problem.kind is not None and problem.per_kind:
        kind = problem.kind[problem.product[of_row]]
        kinds = int(problem.kind.max()) + 1
        label = np.where(kind >= 0, shopper[of_row] * kinds + kind, -1)
        n = problem.shoppers * kinds
        limits.append((each(label, n, one), np.zeros(n), np.full(n, float(problem.per_kind))))
    if problem.own_floor is not None:
        relevance = each(shopper[of_row], problem.shoppers, seen * problem.p_buy[of_row])
        limits.append((relevance, problem.own_floor, np.full(problem.shoppers, np.inf)))

    gain, least, extra, more = _welfare(problem, each, of_row, seen)
    constraints = [
        LinearConstraint(sparse.hstack([a, sparse.csr_array((a.shape[0], len(gain)))]), low, high)
        for a, low, high in limits
    ]
    if len(gain):
        constraints.append(LinearConstraint(sparse.hstack([extra, more]), 0.0, np.inf))
    found = milp(
        -np.concatenate([seen * problem.value[of_row], gain]),
        constraints=constraints,
        bounds=(
            np.concatenate([np.zeros(rows * places), least]),
            np.concatenate([one, np.full(len(gain), np.inf)]),
        ),
        integrality=np.concatenate([one * whole, np.zeros(len(gain))]),
        options={"mip_rel_gap": 1e-9},
    )
    return None if found.x is None else -float(found.fun)


def fillable(problem: Problem) -> Ints:
    """(shoppers,): how many places of a slate the shopper's rows can fill."""
    most = np.zeros(problem.shoppers, np.int64)
    for shopper in range(problem.shoppers):
        product = problem.product[problem.start[shopper] : problem.start[shopper + 1]]
        most[shopper] = len(product)
        if problem.kind is not None and problem.per_kind:
            kind = problem.kind[product]
            of_kind = np.bincount(kind[kind >= 0])
            most[shopper] = (kind < 0).sum() + np.minimum(of_kind, problem.per_kind).sum()
    return np.minimum(most, len(problem.attention))


def _welfare(problem, each, of_row, seen):  # type: ignore[no-untyped-def]
    """Variables, and rows of `exposure part + own part >= 0`, whose best is the welfare.

    Max-min is Gini with all weight on the worst. With ratios r and falling weights w, Gini is
    sum_k (w_k - w_(k+1)) x (the sum of the k lowest r), and the sum of the k lowest is the most
    that k z - sum_s d_s can be with d_s >= z - r_s, d_s >= 0 (Ogryczak and Tamir 2003, Information
    Processing Letters 85).
    """
    rule = problem.welfare
    if rule is None:
        none = sparse.csr_array((0, 0))
        return np.zeros(0), np.zeros(0), none, none
    family = next(family for family in problem.shares if family.name == rule.family)
    exposure = each(family.group[problem.product[of_row]], len(family.groups), seen)
    counts = rule.target > 0
    ratio = sparse.diags_array(1 / rule.target[counts]) @ exposure[counts]
    n = int(counts.sum())
    if isinstance(rule, MaxMin):
        weights = np.eye(n)[0] * rule.weight * rule.attention
    elif isinstance(rule, Gini):
        weights = rule._levels[::-1]
    else:
        raise TypeError(f"no linear programme for {type(rule).__name__}")
    steps = weights - np.append(weights[1:], 0.0)  # of the k lowest, k = 1..n
    # for each k: one z, then n of d
    gain = np.concatenate([[k * s, *([-s] * n)] for k, s in enumerate(steps, 1)])
    block = sparse.hstack([sparse.csr_array(-np.ones((n, 1))), sparse.eye_array(n)])
    # r_s - z + d_s >= 0
    return gain, np.zeros(len(gain)), sparse.vstack([ratio] * n), sparse.block_diag([block] * n)
