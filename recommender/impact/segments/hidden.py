"""Small cells: which figures are kept back, so that no few households can be made out.

A table is told for several kinds of segments at once, beside the total. The cells kept back of a
kind are its remainder: the total less the cells told, so it is as good as told. Between two kinds a
reader can add cells of one and take away cells of the other, and whatever comes of it must hang on
nobody or on enough households. `segments.cut` finds the least that can; while that is too little,
a cell on either side of it is kept back, so that both sides melt into one remainder. Combinations
of three or more kinds are not searched. (Primary and complementary suppression: Cox 1980,
Suppression methodology and statistical disclosure control, JASA 75.)
"""

from __future__ import annotations

import numpy as np

from recommender.candidates import Bools, Ints
from recommender.impact.segments.cut import least_cut

SMALLEST = 10  # households of a cell that may be told


def hidden_cells(members: Bools, kind: Ints, smallest: int = SMALLEST) -> Bools:
    """Marks the cells that are kept back, (cells,); empty ones are not cells, and not marked.

    `members` (households, cells) says who belongs to a cell, `kind` (cells,) to which kind it
    belongs; cells of one kind share nobody. Of both sides of too small a rest, the cheapest cells
    in households are kept back, the first of equals, until no rest is too small.

    >>> sizes = [3, 12, 30]  # hiding the 3 alone leaves them as the rest of the total
    >>> members = np.repeat(np.eye(3, dtype=bool), sizes, axis=0)
    >>> hidden_cells(members, np.zeros(3, int))
    array([ True,  True, False])
    """
    count = members.sum(axis=0).astype(np.int64)
    everybody = len(members)
    if everybody < smallest:
        return count > 0
    hidden = (count > 0) & (count < smallest)
    shared = _shared(members)
    kinds = np.unique(kind)
    cells = [np.flatnonzero((kind == k) & (count > 0)) for k in kinds]
    # every pair of kinds, and each kind beside the total, which is a kind of one cell
    waiting = [(a, b) for a in range(len(kinds)) for b in (*range(a), -1)]
    while waiting:
        a, b = waiting[-1]
        first, second = cells[a], cells[b] if b >= 0 else np.zeros(0, np.int64)
        side = _too_small(shared, count, hidden, first, second, everybody, smallest)
        if side is None:
            waiting.pop()
            continue
        more = _cheapest(side, (first, second), count, hidden)
        if len(more) == 0:  # nothing that is told could melt with anything
            return count > 0
        hidden[more] = True
        again = {place for place in (a, b) if np.isin(more, cells[place]).any() and place >= 0}
        pairs = [(x, y) for x in range(len(kinds)) for y in (*range(x), -1)]
        waiting += [pair for pair in pairs if set(pair) & again and pair not in waiting]
    return hidden


def _shared(members: Bools) -> Ints:
    """Households that each pair of cells shares, (cells, cells)."""
    plain = members.astype(np.float64)
    return np.asarray((plain.T @ plain).round(), np.int64)


def _too_small(
    shared: Ints,
    count: Ints,
    hidden: Bools,
    first: Ints,
    second: Ints,
    everybody: int,
    smallest: int,
) -> Bools | None:
    """Cells on one side of a rest of too few households, (cells,); None where there is none."""
    # a node for each cell told and one for each kind's remainder, whoever is in no cell included
    one, other = _nodes(first, hidden), _nodes(second, hidden)
    table = np.zeros((one.max(initial=0) + 1, other.max(initial=0) + 1), np.int64)
    np.add.at(table, (one[:, None], other[None, :]), shared[np.ix_(first, second)])
    inside = np.bincount(one, count[first], len(table)).astype(np.int64)
    beside = np.bincount(other, count[second], table.shape[1]).astype(np.int64)
    table[:, 0] += inside - table.sum(axis=1)  # in no cell of the second kind
    table[0, 1:] += beside[1:] - table[:, 1:].sum(axis=0)
    table[0, 0] += everybody - table.sum()
    households, side = least_cut(table)
    if households is None or households >= smallest:
        return None
    found = np.zeros(len(count), np.bool_)
    found[first] = side[one]
    found[second] = side[len(table) + other]
    return found


def _nodes(cells: Ints, hidden: Bools) -> Ints:
    """Numbers of the nodes of a kind's cells: 0 is the remainder, cells told have their own."""
    told = ~hidden[cells]
    return np.where(told, np.cumsum(told), 0)


def _cheapest(side: Bools, kinds: tuple[Ints, Ints], count: Ints, hidden: Bools) -> Ints:
    """The told cells to keep back, so that one kind has its remainder on both sides."""
    best, least = np.zeros(0, np.int64), np.inf
    for cells in kinds:
        more, cost, possible = [], 0, True
        for of_side in (cells[side[cells]], cells[~side[cells]]):
            told = of_side[~hidden[of_side]]
            if len(told) < len(of_side):
                continue  # the remainder lies there already
            if len(told) == 0:
                possible = False
                break
            more.append(told[np.argmin(count[told])])
            cost += count[more[-1]]
        if possible and more and cost < least:
            best, least = np.array(more, np.int64), cost
    return best
