"""The best n of each customer's rows: the one loop that candidates and slates have in common."""

from __future__ import annotations

import numba
import numpy as np

from recommender.candidates import Bools, Floats, Ints


@numba.njit
def best_rows(start: Ints, product: Ints, value: Floats, allowed: Bools, n: int) -> Ints:
    """Rows of the `n` highest values of each group, best first, (groups, n); -1 where none is left.

    Rows of group u are start[u]:start[u + 1]; ties go to the lower product; rows that `allowed`
    leaves out are passed over. Values must be numbers.

    >>> best_rows(
    ...     np.array([0, 3]),
    ...     np.array([7, 5, 6]),
    ...     np.array([0.2, 0.9, 0.9]),
    ...     np.ones(3, np.bool_),
    ...     2,
    ... )
    array([[1, 2]])
    """
    customers = start.size - 1
    best = np.full((customers, n), -1, np.int64)
    for customer in range(customers):
        filled = 0
        for row in range(start[customer], start[customer + 1]):
            if not allowed[row]:
                continue
            if filled == n:
                last = best[customer, n - 1]
                if value[row] < value[last]:  # most rows end here
                    continue
                if value[row] == value[last] and product[row] > product[last]:
                    continue
                place = n - 1
            else:
                place = filled
                filled += 1
            while place > 0:
                above = best[customer, place - 1]
                if value[above] > value[row]:
                    break
                if value[above] == value[row] and product[above] < product[row]:
                    break
                best[customer, place] = above
                place -= 1
            best[customer, place] = row
    return best
