"""Compiled look-ups and orders of rows that come customer by customer.

A search in a table of all pairs costs a dozen cache misses a row. Rows that stand together by
customer need one pass over the table instead, with one customer's pairs spread out at a time.
"""

from __future__ import annotations

import numba
import numpy as np

from recommender.candidates import Floats, Ints
from recommender.log import find


def find_pairs(key: Ints, groups: int, customer: Ints, group: Ints) -> Ints:
    """Position of each pair in `key` (customer * groups + group, ascending), -1 where it lacks.

    The answer of `log.find`; fast where `customer` ascends, as in candidate rows.

    >>> find_pairs(np.array([1, 5]), 3, np.array([0, 0, 1]), np.array([1, 2, 2]))
    array([ 0, -1,  1])
    """
    if len(customer) and (customer[1:] < customer[:-1]).any():
        return find(key, customer * groups + group)
    return _find_pairs(key, groups, customer, group)


@numba.njit
def _find_pairs(
    key: Ints, groups: int, customer: Ints, group: Ints
) -> Ints:  # pragma: no cover - compiled
    out = np.empty(customer.size, np.int64)
    place = np.full(groups, -1, np.int64)
    first, last, owner, base = 0, 0, -1, 0
    for row in range(customer.size):
        if customer[row] != owner:
            for at in range(first, last):
                place[key[at] - base] = -1
            owner = customer[row]
            base = owner * groups
            first = last
            while first < key.size and key[first] < base:
                first += 1
            last = first
            while last < key.size and key[last] < base + groups:
                place[key[last] - base] = last
                last += 1
        out[row] = place[group[row]]
    return out


def stable_order(key: Ints) -> Ints:
    """Rows by ascending `key`, equal ones as they stand: argsort, on integers with the row inside.

    >>> stable_order(np.array([7, 3, 7, 3]))
    array([1, 3, 0, 2])
    """
    bits = len(key).bit_length()
    if len(key) == 0 or int(key.min()) < 0 or int(key.max()) >> (62 - bits):
        return np.argsort(key, kind="stable")
    packed = (key << bits) | np.arange(len(key))
    packed.sort()
    packed &= (1 << bits) - 1
    return packed


def starts_of(customer: Ints) -> Ints:
    """Where each customer's rows begin, and where the last one's end; `customer` ascends."""
    return np.append(np.flatnonzero(np.r_[True, customer[1:] != customer[:-1]]), len(customer))


@numba.njit
def best_first(start: Ints, product: Ints, score: Floats) -> Ints:  # pragma: no cover - compiled
    """Rows by group (those of k are start[k]:start[k + 1]), then score from the highest.

    Ties go to the lower product; no product stands twice in a group.
    """
    order = np.empty(product.size, np.int64)
    for k in range(start.size - 1):
        first, last = start[k], start[k + 1]
        first_of(product[first:last], score[first:last], order[first:last])
        for row in range(first, last):
            order[row] += first
    return order


def ranks(customer: Ints, product: Ints, score: Floats) -> Ints:
    """Rank from 0 of each row among its customer's, the highest score first; `customer` ascends.

    >>> ranks(np.array([0, 0, 1]), np.array([4, 2, 3]), np.array([0.5, 0.5, 0.1]))
    array([1, 0, 0])
    """
    if len(customer) == 0:
        return np.zeros(0, np.int64)
    start = starts_of(customer)
    rank = np.empty(len(customer), np.int64)
    place = np.arange(len(customer)) - np.repeat(start[:-1], np.diff(start))
    rank[best_first(start, product, np.asarray(score, np.float64))] = place
    return rank


@numba.njit
def first_of(product: Ints, score: Floats, rows: Ints) -> int:  # pragma: no cover - compiled
    """Fills `rows` with those of the highest scores, best first, and says how many there are.

    Ties go to the lower product. No product stands twice, and scores are numbers. By a heap whose
    root is the last of those that stand so far (plain loops, since NumPy's take long to compile).
    """
    count = 0
    for row in range(product.size):
        if count < rows.size:
            place = count
            count += 1
            while place > 0 and _is_before(product, score, rows[(place - 1) // 2], row):
                rows[place] = rows[(place - 1) // 2]
                place = (place - 1) // 2
            rows[place] = row
        elif count > 0 and _is_before(product, score, row, rows[0]):
            _sink(product, score, rows, count, row)
    for last in range(count - 1, 0, -1):  # the worst to the end, one after the other
        row, worst = rows[last], rows[0]
        _sink(product, score, rows, last, row)
        rows[last] = worst
    return count


@numba.njit
def _sink(
    product: Ints, score: Floats, rows: Ints, count: int, row: int
) -> None:  # pragma: no cover - compiled
    """Puts `row` in the root's stead, and down to where no row below it comes later."""
    place = 0
    while True:
        below = 2 * place + 1
        if below >= count:
            break
        if below + 1 < count and _is_before(product, score, rows[below], rows[below + 1]):
            below += 1
        if not _is_before(product, score, row, rows[below]):
            break
        rows[place] = rows[below]
        place = below
    rows[place] = row


@numba.njit
def _is_before(
    product: Ints, score: Floats, one: int, other: int
) -> bool:  # pragma: no cover - compiled
    if score[one] != score[other]:
        return score[one] > score[other]
    return product[one] < product[other]
