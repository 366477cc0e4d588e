"""The one loop of the re-ranker: each shopper's best slate at given prices, and what it adds up to.

For given prices the best slate is "sort by priced value, take the first": the attention curve is
the same for everybody. At most so many of one kind keep it as simple, since the sets that may stand
on a slate then form a matroid: a row pushes out the worst of its kind where that kind is full, else
the worst of all, and one pass ends with the best slate (Edmonds 1971, Mathematical Programming 1).

A shopper's own relevance floor is met inside that shopper's own problem, by a price on relevance:
the two slates that cross at the best price are found by intersecting their lines, and the mixture
that just meets the floor is what the dual sees.

Sums are integers, each figure rounded once to a fixed fraction, so that they do not depend on the
order in which shoppers are added.
"""

from __future__ import annotations

import numba
import numpy as np

from recommender.candidates import Floats, Ints

MOST_CROSSINGS = 60  # of lines; each step discards a slate, and a handful do in practice


@numba.njit(nogil=True, cache=True)
def _is_before(score: float, product: int, other_score: float, other_product: int) -> bool:
    """Whether a row stands before another: the higher score, then the lower product."""
    return score > other_score or (score == other_score and product < other_product)


@numba.njit(nogil=True, cache=True)
def _fill(
    first: int,
    last: int,
    product: Ints,
    score: Floats,
    kind: Ints,
    per_kind: int,
    slate: Ints,
) -> int:
    """Fills `slate` with the rows of the highest score, best first; returns how many stand."""
    places, filled = slate.size, 0
    for row in range(first, last):
        s, p = score[row - first], product[row]
        if filled == places:
            worst = slate[places - 1]
            if not _is_before(s, p, score[worst - first], product[worst]):  # most rows end here
                continue
        out = filled if filled < places else places - 1  # the place that is given up
        if per_kind > 0 and kind[p] >= 0:
            same, worst_of_kind = 0, -1
            for place in range(filled):
                if kind[product[slate[place]]] == kind[p]:
                    same += 1
                    worst_of_kind = place
            if same == per_kind:
                other = slate[worst_of_kind]
                if not _is_before(s, p, score[other - first], product[other]):
                    continue
                out = worst_of_kind
        if out == filled:
            filled += 1
        place = out
        while place > 0:
            above = slate[place - 1]
            if not _is_before(s, p, score[above - first], product[above]):
                break
            slate[place] = above
            place -= 1
        slate[place] = row
    for place in range(filled, places):
        slate[place] = -1
    return filled


@numba.njit(nogil=True, cache=True)
def _add(
    slate: Ints,
    share: float,
    product: Ints,
    value: Floats,
    each: Floats,
    group: Ints,
    attention: Floats,
    unit: Floats,
    sums: Ints,
) -> None:
    """Adds `share` of a slate to the sums: value, totals, attention of each group."""
    totals = each.shape[0]
    for place in range(slate.size):
        row = slate[place]
        if row < 0:
            break
        w = attention[place] * share
        sums[0] += np.int64(np.rint(w * value[row] * unit[0]))
        for j in range(totals):
            sums[1 + j] += np.int64(np.rint(w * each[j, row] * unit[1 + j]))
        seen = np.int64(np.rint(w * unit[1 + totals]))
        for family in range(group.shape[0]):
            at = group[family, product[row]]
            if at >= 0:
                sums[1 + totals + at] += seen


@numba.njit(nogil=True, cache=True)
def _weighed(slate: Ints, first: int, figure: Floats, attention: Floats) -> float:
    """Sum of attention x figure over a slate; `figure` begins with row `first`."""
    total = 0.0
    for place in range(slate.size):
        if slate[place] < 0:
            break
        total += attention[place] * figure[slate[place] - first]
    return total


@numba.njit(nogil=True, cache=True)
def _copy(source: Ints, target: Ints) -> None:
    for place in range(source.size):
        target[place] = source[place]


@numba.njit(nogil=True, cache=True)
def priced_slates(
    shopper_from: int,
    shopper_to: int,
    start: Ints,
    product: Ints,
    value: Floats,
    p_buy: Floats,
    each: Floats,
    total_price: Floats,
    item_price: Floats,
    group: Ints,
    attention: Floats,
    kind: Ints,
    per_kind: int,
    own_floor: Floats,
    unit: Floats,
    groups: int,
    rows: Ints,
) -> Ints:
    """Sums of the best slates at these prices over some shoppers, whose `rows` are filled in.

    Sums are int64, (1 + totals + groups): value, each total, attention of each group, in fractions
    of 1 / `unit` (1 + totals + 1). `each` is (totals, rows), `group` (families, products) with the
    groups of all families numbered through, `own_floor` (shoppers,) or of length 0. `rows`
    (shoppers, places) gets candidate rows, -1 where none is left; where a floor of the shopper's
    own binds, the slate that meets it, while the sums are those of the mixture.
    """
    totals = each.shape[0]
    places = attention.size
    sums = np.zeros(1 + totals + groups, np.int64)
    most = 0
    for shopper in range(shopper_from, shopper_to):
        most = max(most, start[shopper + 1] - start[shopper])
    score, tilted = np.empty(most), np.empty(most)
    below, above, between = (
        np.empty(places, np.int64),
        np.empty(places, np.int64),
        np.empty(places, np.int64),
    )
    for shopper in range(shopper_from, shopper_to):
        first, last = start[shopper], start[shopper + 1]
        for row in range(first, last):
            s = value[row] + item_price[product[row]]
            for j in range(totals):
                s += total_price[j] * each[j, row]
            score[row - first] = s
        _fill(first, last, product, score, kind, per_kind, below)
        if own_floor.size > 0:
            mine = p_buy[first:last]
            floor = own_floor[shopper]
            relevance = _weighed(below, first, mine, attention)
            if relevance < floor:
                _fill(first, last, product, mine, kind, per_kind, above)
                relevance_above = _weighed(above, first, mine, attention)
                worth = _weighed(below, first, score, attention)
                worth_above = _weighed(above, first, score, attention)
                for _ in range(MOST_CROSSINGS):
                    if relevance_above <= relevance:
                        break
                    price = (worth - worth_above) / (relevance_above - relevance)
                    for row in range(last - first):
                        tilted[row] = score[row] + price * mine[row]
                    _fill(first, last, product, tilted, kind, per_kind, between)
                    r = _weighed(between, first, mine, attention)
                    s = _weighed(between, first, score, attention)
                    line = worth + price * relevance
                    if s + price * r <= line + 1e-13 * (abs(line) + 1.0):
                        break  # no slate lies above where both lines cross
                    if r < floor:
                        _copy(between, below)
                        relevance, worth = r, s
                    else:
                        _copy(between, above)
                        relevance_above, worth_above = r, s
                share = 0.0
                if relevance_above > relevance and relevance_above > floor:
                    share = (relevance_above - floor) / (relevance_above - relevance)
                _add(below, share, product, value, each, group, attention, unit, sums)
                _add(above, 1.0 - share, product, value, each, group, attention, unit, sums)
                _copy(above, rows[shopper])
                continue
        _add(below, 1.0, product, value, each, group, attention, unit, sums)
        _copy(below, rows[shopper])
    return sums


@numba.njit(nogil=True, cache=True)
def slate_sums(
    rows: Ints,
    product: Ints,
    value: Floats,
    each: Floats,
    group: Ints,
    attention: Floats,
    unit: Floats,
    groups: int,
) -> Ints:
    """Sums (1 + totals + groups) of given slates (shoppers, places), as `priced_slates` adds."""
    sums = np.zeros(1 + each.shape[0] + groups, np.int64)
    for shopper in range(rows.shape[0]):
        _add(rows[shopper], 1.0, product, value, each, group, attention, unit, sums)
    return sums
