"""What a reader can work out at the least from two kinds of segments that are told together.

A sum over cells of one kind less a sum over cells of the other counts each household by a number of
its pair of cells: that of its cell in the first kind less that of its cell in the second. With
cells as nodes and households as edges between them, the households that it leaves are those whose
ends have different numbers; so the fewest households that any combination can hang on are the least
cut of a connected part of that graph, whatever the factors of the combination are.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from recommender.candidates import Bools, Floats, Ints


def least_cut(table: Ints) -> tuple[int | None, Bools]:
    """Fewest households of a combination of two kinds, and the cells on one side of it.

    `table` (cells of one kind, cells of the other) holds the households of both; cells without any
    are no part. The side is (cells of one + cells of the other,). None where there is no household.

    >>> least_cut(np.array([[66, 3], [0, 500]]))  # 69 less 66 of the other kind are 3
    (3, array([False,  True, False,  True]))
    """
    rows, columns = table.shape
    nodes = rows + columns
    row, column = np.nonzero(table)
    if len(row) == 0:
        return None, np.zeros(nodes, np.bool_)
    ends = (row, column + rows)
    parts, part = connected_components(
        coo_matrix((table[row, column], ends), shape=(nodes, nodes)), directed=False
    )
    best, side = None, np.zeros(nodes, np.bool_)
    for place in range(parts):
        inside = np.flatnonzero(part == place)
        if len(inside) < 2:  # an empty cell
            continue
        joint = np.zeros((nodes, nodes))
        joint[ends] = table[row, column]
        joint = (joint + joint.T)[np.ix_(inside, inside)]
        weight, of_part = _stoer_wagner(joint)
        if best is None or weight < best:
            best, side = round(weight), np.isin(np.arange(nodes), inside[of_part])
    return best, side


@njit(cache=True)
def _stoer_wagner(joint: Floats) -> tuple[float, Bools]:  # pragma: no cover - compiled
    """Least cut of a connected graph by its weights (nodes, nodes), and the nodes on one side.

    Stoer and Wagner 1997, A simple min-cut algorithm, Journal of the ACM 44. `joint` is used up.
    """
    nodes = len(joint)
    melted = np.eye(nodes) > 0.5  # (node, nodes that melted into it)
    alive = np.ones(nodes, np.bool_)
    best, side = np.inf, np.zeros(nodes, np.bool_)
    for left in range(nodes, 1, -1):
        pull = np.zeros(nodes)
        taken = ~alive
        last, before = -1, -1
        for turn in range(left):
            pick = -1
            for node in range(nodes):
                if not taken[node] and (pick < 0 or pull[node] > pull[pick]):
                    pick = node
            taken[pick] = True
            before, last = last, pick
            if turn < left - 1:
                pull += joint[pick]
        if pull[last] < best:
            best, side = pull[last], melted[last].copy()
        melted[before] |= melted[last]
        joint[before] += joint[last]
        joint[:, before] += joint[:, last]
        joint[before, before] = 0.0
        alive[last] = False
        joint[last] = 0.0
        joint[:, last] = 0.0
    return best, side
