"""What is attainable at all: said before anything is solved, so that no search hides it.

Each limit is looked at alone: what the slates could reach if nothing else mattered. Floors beyond
that are lowered to it and reported, so that the rest can be solved. Limits that are each within
reach may still not all be so together: that the solver finds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numba
import numpy as np

from recommender.candidates import Bools, Floats, Ints
from recommender.rerank.passes import Passes
from recommender.rerank.problem import Missed, Problem, Shares, Total

OUT_OF_REACH = "out of reach of the candidates"
OWN_FLOORS = "out of reach while each shopper keeps its own relevance floor"
UNAVOIDABLE = "the candidates leave no other choice"
NOT_YET_A_PLACE = "less than one place: owed until the horizon holds a whole one"
LEEWAY = 0.001  # of what is reachable: a limit that only one set of slates meets stops the search
ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class Attainable:
    """What each limit could reach if nothing else mattered."""

    totals: Floats  # (totals,): the largest sum
    most: tuple[Floats, ...]  # for each family, (groups,): the most attention
    least: tuple[Floats, ...]  # for each family, (groups,): attention that cannot be avoided


def attainable(problem: Problem) -> Attainable:
    """The largest sum of each total, and for each group the most and least possible attention.

    A total's largest sum is that of each shopper's best slate by its coefficient, within the
    shopper's own floor (where one binds, of the mixture of two slates that just meets it). A group
    has the most attention where its products hold the first places of every slate that they can
    reach, and the least where they stand in the last places of slates that nothing else can fill.
    Slates are as full as the limit on one kind allows.
    """
    passes = [Passes(replace(problem.without_limits(), value=t.each)) for t in problem.totals]
    both = [group_exposure(problem, family) for family in problem.shares]
    return Attainable(
        totals=np.array([p.run(np.zeros(0), p.empty()).value for p in passes]),
        most=tuple(most for most, _ in both),
        least=tuple(least for _, least in both),
    )


def lowered(
    problem: Problem, reach: Attainable, *, leeway: float = LEEWAY
) -> tuple[Problem, list[Missed]]:
    """The problem with every limit within reach, and those that were not, in their order.

    A limit out of reach asks for what can be reached, less `leeway` of it.
    """
    missed: list[Missed] = []
    totals = [
        _lowered_total(problem, total, float(largest), leeway, missed)
        for total, largest in zip(problem.totals, reach.totals, strict=True)
    ]
    shares = [
        _lowered_shares(family, most, least, leeway, missed)
        for family, most, least in zip(problem.shares, reach.most, reach.least, strict=True)
    ]
    return replace(problem, totals=tuple(totals), shares=tuple(shares)), missed


def deferred(problem: Problem) -> tuple[Problem, list[Missed]]:
    """The problem without floors of less than the last place of one slate, and those floors.

    A place cannot be divided: in a shop of a few thousand shoppers such floors each take a whole
    one, many times what they ask for. Whoever is owed so little is owed it still when the horizon
    goes on (`targets.Carried`), until it makes a place. `reached` is what is promised now: nothing.
    """
    missed: list[Missed] = []
    shares = []
    for family in problem.shares:
        small = (family.least > 0) & (family.least < problem.attention[-1])
        missed += _missed(family, small, "floor", family.least, 0.0 * family.least, NOT_YET_A_PLACE)
        shares.append(replace(family, least=np.where(small, 0.0, family.least)))
    return replace(problem, shares=tuple(shares)), missed


def group_exposure(problem: Problem, family: Shares) -> tuple[Floats, Floats]:
    """The most and the least attention of each group of `family`, both (groups,).

    Shoppers are counted by how many places a group can or must hold, so the sums are exact.
    """
    groups = len(family.groups)
    kind, kinds = _kinds(problem, len(family.group))
    pair, pair_of = np.unique(
        np.where(family.group >= 0, family.group * (kinds + 1) + kind + 1, -1), return_inverse=True
    )
    can, must = _count_places(
        problem.start,
        problem.product,
        family.group,
        groups,
        kind,
        kinds,
        pair_of.astype(np.int64),
        len(pair),
        problem.per_kind,
        len(problem.attention),
    )
    reached = np.append(0.0, np.cumsum(problem.attention))
    # an integer times a sum of attention, added up over places: the same in any order of shoppers
    return (can * reached).sum(axis=1), np.maximum((must * reached).sum(axis=1), 0.0)


def places_filled(problem: Problem) -> Ints:
    """How many places of each shopper's slate can be filled, (shoppers,)."""
    kind, kinds = _kinds(problem, problem.products)
    return _fillable(
        problem.start, problem.product, kind, kinds, problem.per_kind, len(problem.attention)
    )


def best_slates_by(problem: Problem, figure: Floats) -> Ints:
    """Rows of each shopper's best slate by `figure` (rows,), (shoppers, places); -1 where empty.

    Under the limit on one kind, and nothing else.
    """
    passes = Passes(replace(problem.without_limits(), value=figure, own_floor=None))
    rows = passes.empty()
    passes.run(np.zeros(0), rows)
    return rows


def slate_figures(rows: Ints, figure: Floats, attention: Floats) -> Floats:
    """Sum of attention x figure of each slate, (shoppers,); `rows` is (shoppers, places).

    >>> slate_figures(np.array([[2, 0], [1, -1]]), np.array([1.0, 5.0, 3.0]), np.array([1.0, 0.5]))
    array([3.5, 5. ])
    """
    sums = np.zeros(len(rows))
    if len(figure) == 0:
        return sums
    for place, weight in enumerate(attention):  # place after place, as the solver adds
        row = rows[:, place]
        sums += np.where(row >= 0, weight * figure[row], 0.0)
    return sums


def _lowered_total(
    problem: Problem, total: Total, largest: float, leeway: float, missed: list[Missed]
) -> Total:
    size = max(abs(largest), abs(total.least))
    if total.least <= largest + ROUNDING * size:
        return total
    free = largest
    if problem.own_floor is not None:  # would the candidates reach it without those floors?
        rows = best_slates_by(problem, total.each)
        free = math.fsum(slate_figures(rows, total.each, problem.attention))
    missed.append(
        Missed(
            limit=total.name,
            asked=total.least,
            reached=largest,
            unit=total.unit,
            because=OUT_OF_REACH if total.least > free + ROUNDING * size else OWN_FLOORS,
        )
    )
    return replace(total, least=largest - leeway * abs(largest))


def _lowered_shares(
    family: Shares, most: Floats, least: Floats, leeway: float, missed: list[Missed]
) -> Shares:
    too_high = family.least > most * (1 + ROUNDING)
    too_low = family.most < least * (1 - ROUNDING)
    missed += _missed(family, too_high, "floor", family.least, most, OUT_OF_REACH)
    missed += _missed(family, too_low, "cap", family.most, least, UNAVOIDABLE)
    return replace(
        family,
        least=np.where(too_high, (1 - leeway) * most, family.least),
        most=np.where(too_low, (1 + leeway) * least, family.most),
    )


def _missed(
    family: Shares, marked: Bools, limit: str, asked: Floats, reached: Floats, because: str
) -> list[Missed]:
    return [
        Missed(
            limit=f"{family.name} {family.groups[at]} {limit}",
            asked=float(asked[at]),
            reached=float(reached[at]),
            unit="attention",
            because=because,
        )
        for at in np.flatnonzero(marked)
    ]


def _kinds(problem: Problem, products: int) -> tuple[Ints, int]:
    """Kinds of the products, -1 where any number may stand, and how many there are."""
    if problem.kind is None or problem.per_kind == 0:
        return np.full(products, -1, np.int64), 0
    return problem.kind, int(problem.kind.max(initial=-1)) + 1


@numba.njit(nogil=True, cache=True)
def _fillable(
    start: Ints, product: Ints, kind: Ints, kinds: int, per_kind: int, places: int
) -> Ints:
    shoppers = start.size - 1
    filled = np.zeros(shoppers, np.int64)
    of_kind = np.zeros(kinds, np.int64)
    for shopper in range(shoppers):
        for row in range(start[shopper], start[shopper + 1]):
            k = kind[product[row]]
            if k < 0:
                filled[shopper] += 1
                continue
            of_kind[k] += 1
            if of_kind[k] <= per_kind:
                filled[shopper] += 1
        filled[shopper] = min(filled[shopper], places)
        for row in range(start[shopper], start[shopper + 1]):
            k = kind[product[row]]
            if k >= 0:
                of_kind[k] = 0
    return filled


@numba.njit(nogil=True, cache=True)
def _count_places(
    start: Ints,
    product: Ints,
    group: Ints,
    groups: int,
    kind: Ints,
    kinds: int,
    pair: Ints,
    pairs: int,
    per_kind: int,
    places: int,
) -> tuple[Ints, Ints]:
    """Shoppers by how many places a group can hold, (groups, places + 1), and must hold.

    The second adds 1 where a slate ends and takes 1 where others end who fill all they can: what
    lies between is the group's. `pair` numbers group and kind of each product together.
    """
    can = np.zeros((groups, places + 1), np.int64)
    must = np.zeros((groups, places + 1), np.int64)
    of_group = np.zeros(groups, np.int64)  # rows that can stand together
    freed = np.zeros(groups, np.int64)  # rows fewer that can stand without the group
    of_kind = np.zeros(kinds, np.int64)
    of_pair = np.zeros(pairs, np.int64)
    for shopper in range(start.size - 1):
        first, last = start[shopper], start[shopper + 1]
        standing = 0
        for row in range(first, last):
            p = product[row]
            g, k = group[p], kind[p]
            if k >= 0:
                of_kind[k] += 1
            if k < 0 or of_kind[k] <= per_kind:
                standing += 1
            if g >= 0:
                of_pair[pair[p]] += 1
                if k < 0 or of_pair[pair[p]] <= per_kind:
                    of_group[g] += 1
        slate = min(standing, places)
        for row in range(first, last):  # each pair once: at its first row, whose count is undone
            p = product[row]
            g, k = group[p], kind[p]
            if g >= 0 and of_pair[pair[p]] > 0:
                if k < 0:
                    freed[g] += of_pair[pair[p]]
                else:
                    without = of_kind[k] - of_pair[pair[p]]
                    freed[g] += min(of_kind[k], per_kind) - min(without, per_kind)
                of_pair[pair[p]] = 0
        for row in range(first, last):  # each group once
            p = product[row]
            g, k = group[p], kind[p]
            if k >= 0:
                of_kind[k] = 0
            if g >= 0 and of_group[g] > 0:
                can[g, min(of_group[g], places)] += 1
                others = min(standing - freed[g], places)
                if others < slate:
                    must[g, slate] += 1
                    must[g, others] -= 1
                of_group[g], freed[g] = 0, 0
    return can, must
