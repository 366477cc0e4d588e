"""Small cells: which figures are kept back, so that no few households can be made out.

A table is told for several kinds of segments at once, beside the total. What is left of a cell
that is told, after taking away told cells of one kind that lie inside it, must be nobody or enough
households. With the total as the cell, that is complementary suppression; with a region as the
cell and its stores as the kind, it holds between kinds too. (The idea of primary and complementary
suppression: Cox 1980, Suppression methodology and statistical disclosure control, JASA 75.)
"""

from __future__ import annotations

import numpy as np

from recommender.candidates import Bools, Ints

SMALLEST = 10  # households of a cell that may be told


def hidden_cells(members: Bools, kind: Ints, smallest: int = SMALLEST) -> Bools:
    """Marks the cells that are kept back, (cells,); empty ones are not cells, and not marked.

    `members` (households, cells) says who belongs to a cell, `kind` (cells,) to which kind it
    belongs; cells of one kind share nobody. Where a rest is too small, the smallest told cell of
    that kind inside it is hidden too, the first of equals, until no rest is.

    >>> sizes = [3, 12, 30]  # hiding the 3 alone leaves them as the rest of the total
    >>> members = np.repeat(np.eye(3, dtype=bool), sizes, axis=0)
    >>> hidden_cells(members, np.zeros(3, int))
    array([ True,  True, False])
    """
    everybody = np.ones((len(members), 1), np.bool_)
    whole = np.hstack([members, everybody]).astype(np.float64)
    shared = (whole.T @ members.astype(np.float64)).astype(np.int64)  # (cells + 1, cells)
    count = shared[-1]
    inside = (shared == count) & (count > 0)  # the column's cell lies inside the row's
    of_kind = kind[:, None] == np.unique(kind)  # (cells, kinds)
    size = np.append(count, len(members))
    hidden = (count > 0) & (count < smallest)
    while True:
        told = inside & ~hidden
        rest = size[:, None] - (told * count) @ of_kind
        exposed = (rest > 0) & (rest < smallest)
        exposed[:-1][hidden | (count == 0)] = False  # these are not told themselves
        if not exposed.any():
            return hidden
        row, column = (int(at[0]) for at in np.nonzero(exposed))
        within = np.flatnonzero(told[row] & of_kind[:, column])
        if len(within) == 0:  # fewer households in all than may be told
            return count > 0
        hidden[within[np.argmin(count[within])]] = True
