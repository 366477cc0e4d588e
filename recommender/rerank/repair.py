"""From priced slates to slates that meet every limit, at the least loss.

At the best prices some shoppers are torn between two slates, and taking one for all of them misses
a limit by a hair. Shoppers are therefore moved one by one from one list of slates to another: first
where that brings a missed limit nearer, then where it gains value and costs no limit. They are
asked in the order of what they gain, ties by their key, so the answer does not hang on how the
shoppers are stored.
"""

from __future__ import annotations

from copy import copy

import numba
import numpy as np

from recommender.candidates import Bools, Floats, Ints
from recommender.rerank.kernel import _add
from recommender.rerank.passes import Passes
from recommender.rerank.verify import figures, own_relevance

CLOSE = 1e-9  # a limit is met within this share of itself


class Limits:
    """The limits of a problem in the fractions that integer sums are counted in."""

    def __init__(self, passes: Passes) -> None:
        unit = passes.fractions()[1:]
        least, most = passes.least(), passes.most()
        self.floored: Bools = passes.bound_limits()
        totals = len(passes.problem.totals)
        attention = passes.problem.attention.sum() * max(passes.problem.shoppers, 1)
        sizes = np.concatenate([passes.mean_size()[1:], np.ones(passes.groups)])
        self.size: Floats = np.maximum(sizes, 1e-300) * attention
        slack = CLOSE * np.where(np.arange(len(unit)) < totals, self.size, np.abs(least))
        low = np.where(self.floored, (least - slack) * unit, -np.inf)
        cap = np.isfinite(most)
        self.least: Ints = np.where(self.floored, np.ceil(np.where(self.floored, low, 0)), _NONE)
        high = np.where(cap, np.where(cap, most, 0.0) * (1 + CLOSE) * unit, 0.0)
        self.most: Ints = np.where(cap, np.floor(high), -_NONE)
        self.least = self.least.astype(np.int64)
        self.most = self.most.astype(np.int64)
        self.weight: Floats = 1.0 / (unit * self.size)  # what makes shortfalls comparable

    def of_groups(self, totals: int) -> Limits:
        """The limits of groups alone, as if the first `totals` did not bind."""
        alone = copy(self)
        alone.least = self.least.copy()
        alone.least[:totals] = _NONE
        return alone

    def shortfall(self, sums: Ints) -> Floats:
        """(limits,): by how much each limit is missed, in units of its own; 0 where it is met."""
        short = np.maximum(self.least - sums, 0) * (self.least > _NONE)
        over = np.maximum(sums - self.most, 0) * (self.most < -_NONE)
        missed: Floats = np.maximum(short, over) * self.weight * self.size
        return missed


_NONE = -(2**62)


@numba.njit(nogil=True, cache=True)
def _short(sums: Ints, at: int, least: Ints, most: Ints, weight: Floats) -> float:
    """How far one limit is missed, comparable between limits."""
    short = 0.0
    if least[at] > _NONE and sums[1 + at] < least[at]:
        short = float(least[at] - sums[1 + at])
    if most[at] < -_NONE and sums[1 + at] > most[at]:
        short = float(sums[1 + at] - most[at])
    return short * weight[at]


@numba.njit(nogil=True, cache=True)
def exchange(
    order: Ints,
    rows: Ints,
    other: Ints,
    product: Ints,
    value: Floats,
    each: Floats,
    group: Ints,
    attention: Floats,
    unit: Floats,
    least: Ints,
    most: Ints,
    weight: Floats,
    sums: Ints,
) -> int:
    """Moves shoppers in `order` from `rows` to `other` where that helps; returns how many.

    A move helps if it misses limits by less in all, or by no more and is worth more. `rows` and
    `sums` (1 + totals + groups) are changed in place.
    """
    totals, places, families = each.shape[0], rows.shape[1], group.shape[0]
    touched = np.empty(totals + 2 * places * families, np.int64)
    moved = 0
    for shopper in order:
        count = 0
        for j in range(totals):
            touched[count] = j
            count += 1
        for slate in (rows[shopper], other[shopper]):
            for place in range(places):
                if slate[place] < 0:
                    break
                for family in range(families):
                    at = group[family, product[slate[place]]]
                    if at < 0:
                        continue
                    known = False
                    for seen in range(totals, count):
                        if touched[seen] == totals + at:
                            known = True
                            break
                    if not known:
                        touched[count] = totals + at
                        count += 1
        before, after = 0.0, 0.0
        for seen in range(count):
            before += _short(sums, touched[seen], least, most, weight)
        worth = sums[0]
        _add(rows[shopper], -1.0, product, value, each, group, attention, unit, sums)
        _add(other[shopper], 1.0, product, value, each, group, attention, unit, sums)
        for seen in range(count):
            after += _short(sums, touched[seen], least, most, weight)
        if after < before or (after == before and sums[0] > worth):
            moved += 1
            for place in range(places):
                rows[shopper, place] = other[shopper, place]
        else:
            _add(other[shopper], -1.0, product, value, each, group, attention, unit, sums)
            _add(rows[shopper], 1.0, product, value, each, group, attention, unit, sums)
    return moved


def move(passes: Passes, limits: Limits, rows: Ints, other: Ints, score: Floats) -> Ints:
    """`rows` after shoppers have moved to `other` where that helps, by falling `score`.

    `score` (shoppers,) says who is asked first; ties go to the lower key.
    """
    problem, rows = passes.problem, rows.copy()
    differ = np.flatnonzero((rows != other).any(axis=1))
    order = differ[np.lexsort((problem.key[differ], -score[differ]))]
    exchange(
        order,
        rows,
        other,
        problem.product,
        problem.value,
        passes.each,
        passes.group,
        problem.attention,
        passes.unit,
        limits.least,
        limits.most,
        limits.weight,
        passes.integer_sums(rows),
    )
    return rows


def worth(passes: Passes, rows: Ints) -> Floats:
    """(shoppers,): the value of each slate, without prices."""
    problem = passes.problem
    return np.asarray(figures(problem.value, rows, 0.0) @ problem.attention)


def in_order(passes: Passes, rows: Ints) -> Ints:
    """The same slates with the row worth most, without prices, in the first place.

    A slate that would fall below its shopper's own floor by that keeps its order.
    """
    problem = passes.problem
    value, product = figures(problem.value, rows, -np.inf), figures(problem.product, rows, 0)
    ordered = np.take_along_axis(rows, np.lexsort((product, -value), axis=1), axis=1)
    if problem.own_floor is None:
        return ordered
    keeps = own_relevance(problem, ordered) >= problem.own_floor
    return np.where(keeps[:, None], ordered, rows)
