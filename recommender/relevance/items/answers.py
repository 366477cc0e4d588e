"""Answers of models as compiled loops over rows: real products, best first, none twice.

An answer is two arrays (rows, n): product columns, with -1 where there are less than n, and their
scores, with -inf there. Equal scores: the lower column first.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from recommender.candidates import Floats, Ints
from recommender.relevance.pairs import first_of

NO_PRODUCT = -1
FILTERED = -1e37  # implicit gives what it filters out the lowest float there is
Floats32 = npt.NDArray[np.float32]
Ints32 = npt.NDArray[np.int32]
Rows = tuple[Ints32, Ints32, Floats32]  # of a sparse matrix: where rows start, columns, values


def rows_of(matrix: csr_matrix) -> Rows:
    """A sparse matrix as the compiled loops take it."""
    return matrix.indptr, matrix.indices, matrix.data


def missing(ids: Ints) -> Ints:
    """How many of the asked products each row of an answer lacks.

    >>> missing(np.array([[4, 2], [7, NO_PRODUCT]]))
    array([0, 1])
    """
    return (ids == NO_PRODUCT).sum(axis=1)


def nothing(rows: int, n: int) -> tuple[Ints, Floats]:
    """The answer (rows, n) that names no product."""
    return np.full((rows, n), NO_PRODUCT, np.int64), np.full((rows, n), -np.inf)


@numba.njit
def honest(
    indptr: Ints32,
    indices: Ints32,
    ids: Ints32,
    scores: Floats32,
    column: Ints,
    n: int,
    new_only: bool,
    products: int,
) -> tuple[Ints, Floats]:  # pragma: no cover - compiled
    """implicit's answer in the columns of the catalogue, without pads, doubles or bought products.

    `ids` and `scores` (rows, asked) fall; ties go to the lower column.
    """
    rows, asked = ids.shape
    product = np.full((rows, n), NO_PRODUCT, np.int64)
    value = np.full((rows, n), -np.inf)
    passed = np.full(products, -1, np.int64)  # the last row that named or owned the product
    for row in range(rows):
        if indptr[row] == indptr[row + 1]:  # without purchases, any product is as good
            continue
        if new_only:
            for at in range(indptr[row], indptr[row + 1]):
                passed[indices[at]] = row
        filled = 0
        for k in range(asked):
            score = scores[row, k]
            if not (score > FILTERED and np.isfinite(score)) or ids[row, k] < 0:
                continue
            new = column[ids[row, k]]
            if passed[new] == row:
                continue
            passed[new] = row
            place = filled
            while place > 0 and value[row, place - 1] == score and product[row, place - 1] > new:
                product[row, place] = product[row, place - 1]
                place -= 1
            product[row, place], value[row, filled] = new, score
            filled += 1
    return product, value


def best_near(taste: Rows, near: Rows, n: int, new_only: bool) -> tuple[Ints, Floats]:
    """The `n` products of each row of `taste` with the highest sum of taste x similarity."""
    columns, place = _columns(near)
    compact = (near[0], place[near[1]], near[2])
    return _best_near(taste, compact, columns, place, n, new_only)


def score_near(taste: Rows, near: Rows, start: Ints, product: Ints) -> Floats32:
    """The sums of `best_near` for given pairs: those of row u are start[u]:start[u + 1]."""
    columns, place = _columns(near)
    compact = (near[0], place[near[1]], near[2])
    return _score_near(taste, compact, len(columns), place, start, product)


def _columns(near: Rows) -> tuple[Ints, Ints32]:
    """The columns that occur in `near`, ascending, and each column's place among them.

    Sums over these alone fit into the processor's cache. Every other column has one place more.
    """
    there = np.bincount(near[1], minlength=len(near[0]) - 1) > 0
    columns = np.flatnonzero(there)
    place = np.full(len(there), len(columns), np.int32)
    place[columns] = np.arange(len(columns), dtype=np.int32)
    return columns, place


@numba.njit
def _best_near(
    taste: Rows, near: Rows, columns: Ints, place: Ints32, n: int, new_only: bool
) -> tuple[Ints, Floats]:  # pragma: no cover - compiled
    rows = taste[0].size - 1
    product = np.full((rows, n), NO_PRODUCT, np.int64)
    value = np.full((rows, n), -np.inf)
    total = np.zeros(columns.size + 1)
    some, score = np.empty(columns.size, np.int64), np.empty(columns.size)
    best = np.empty(n, np.int64)
    for row in range(rows):
        if taste[0][row] == taste[0][row + 1]:
            continue
        _add_near(row, taste, near, total)
        if new_only:
            for at in range(taste[0][row], taste[0][row + 1]):
                total[place[taste[1][at]]] = 0.0
        count = 0
        for column in range(columns.size):
            if total[column] > 0.0:
                some[count], score[count] = columns[column], total[column]
                count += 1
        filled = first_of(some[:count], score[:count], best)
        for k in range(filled):
            product[row, k], value[row, k] = some[best[k]], score[best[k]]
    return product, value


@numba.njit
def _score_near(
    taste: Rows, near: Rows, columns: int, place: Ints32, start: Ints, product: Ints
) -> Floats32:  # pragma: no cover - compiled
    total = np.zeros(columns + 1)
    out = np.zeros(product.size, np.float32)
    for row in range(start.size - 1):
        if start[row] == start[row + 1]:
            continue
        _add_near(row, taste, near, total)
        for at in range(start[row], start[row + 1]):
            out[at] = total[place[product[at]]]
    return out


@numba.njit
def _add_near(
    row: int, taste: Rows, near: Rows, total: Floats
) -> None:  # pragma: no cover - compiled
    """The sums of the similarities of one row, in `total`."""
    for column in range(total.size):
        total[column] = 0.0
    for at in range(taste[0][row], taste[0][row + 1]):
        liked, weight = taste[1][at], np.float64(taste[2][at])
        for near_at in range(near[0][liked], near[0][liked + 1]):
            total[near[1][near_at]] += weight * near[2][near_at]
