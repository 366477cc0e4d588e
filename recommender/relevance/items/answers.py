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


@numba.njit
def best_near(
    taste: Rows, near: Rows, n: int, new_only: bool
) -> tuple[Ints, Floats]:  # pragma: no cover - compiled
    """The `n` products of each row of `taste` with the highest sum of taste x similarity."""
    rows, products = taste[0].size - 1, near[0].size - 1
    product = np.full((rows, n), NO_PRODUCT, np.int64)
    value = np.full((rows, n), -np.inf)
    total = np.zeros(products)
    touched = np.empty(products, np.int64)
    for row in range(rows):
        count = _add_near(row, taste, near, total, touched)
        if new_only:
            for at in range(taste[0][row], taste[0][row + 1]):
                total[taste[1][at]] = 0.0
        filled = 0
        for k in range(count):
            new = touched[k]
            score, total[new] = total[new], 0.0
            if not score > 0.0:
                continue
            if filled == n:
                if n == 0 or score < value[row, n - 1]:
                    continue
                if score == value[row, n - 1] and new > product[row, n - 1]:
                    continue
                place = n - 1
            else:
                place = filled
                filled += 1
            while place > 0 and (
                value[row, place - 1] < score
                or (value[row, place - 1] == score and product[row, place - 1] > new)
            ):
                value[row, place] = value[row, place - 1]
                product[row, place] = product[row, place - 1]
                place -= 1
            value[row, place], product[row, place] = score, new
    return product, value


@numba.njit
def score_near(
    taste: Rows, near: Rows, start: Ints, product: Ints
) -> Floats32:  # pragma: no cover - compiled
    """The sums of `best_near` for given pairs: those of row u are start[u]:start[u + 1]."""
    products = near[0].size - 1
    total = np.zeros(products)
    touched = np.empty(products, np.int64)
    out = np.zeros(product.size, np.float32)
    for row in range(start.size - 1):
        if start[row] == start[row + 1]:
            continue
        count = _add_near(row, taste, near, total, touched)
        for at in range(start[row], start[row + 1]):
            out[at] = total[product[at]]
        for k in range(count):
            total[touched[k]] = 0.0
    return out


@numba.njit
def _add_near(
    row: int, taste: Rows, near: Rows, total: Floats, touched: Ints
) -> int:  # pragma: no cover - compiled
    """Adds up the similarities of one row into `total`; how many products it touched."""
    count = 0
    for at in range(taste[0][row], taste[0][row + 1]):
        liked, weight = taste[1][at], np.float64(taste[2][at])
        for near_at in range(near[0][liked], near[0][liked + 1]):
            other = near[1][near_at]
            part = weight * near[2][near_at]
            if part == 0.0:
                continue
            if total[other] == 0.0:
                touched[count] = other
                count += 1
            total[other] += part
    return count
