"""Instead of, or together with: what trips say of two products of one need, for all such pairs.

For a household that buys both, its trips with either are read in the order of time. A trip with
both is a basket together; a trip with the one after a trip with the other is a switch. A household
with more switches than baskets together bought one instead of the other; one with more baskets
together bought one with the other. Households are counted, not trips, so that no single household
makes a rule.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from recommender.candidates import Floats, Ints
from recommender.history import History

COUNTS = ("households_both", "households_instead", "households_together", "baskets_both")


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Counts of each pair of products that some household bought both of, product by product."""

    start: Ints  # (products + 1,): pairs of product p are start[p]:start[p + 1]
    other: Ints  # (pairs,): the other product, ascending
    households_both: Ints  # bought both, at any time
    households_instead: Ints  # and switched more often than they bought both in one basket
    households_together: Ints  # and had both in one basket more often than they switched
    baskets_both: Ints


@dataclass(frozen=True, kw_only=True)
class Levels:
    """Where each product stands, (products,): a pair is counted inside one need, and there within
    one type, category or kind; -1 where a product has none, and need alone where the shop has no
    such words at all."""

    need: Ints
    product_type: Ints
    category: Ints
    kind: Ints
    worded: bool  # whether the shop has types or categories


def count_pairs(history: History, levels: Levels) -> Pairs:
    """The counts of all pairs in `history` that could stand in for each other, by `levels`."""
    v = history.visits
    need = levels.need[v.product]
    # one number a trip, in the order of time
    first_day = np.full(int(v.basket.max()) + 1, np.inf)
    np.minimum.at(first_day, v.basket, v.day)
    trip = np.empty(len(first_day), np.int64)
    trip[np.lexsort((np.arange(len(first_day)), first_day))] = np.arange(len(first_day))
    order = np.lexsort((trip[v.basket], v.product, need, v.customer))
    customer, product = v.customer[order], v.product[order]
    new = np.r_[True, (np.diff(customer) != 0) | (np.diff(product) != 0)]
    first = np.flatnonzero(new)
    held_by, held = customer[first], product[first]
    new_block = np.r_[True, (np.diff(held_by) != 0) | (np.diff(levels.need[held]) != 0)]
    block = np.cumsum(new_block) - 1
    block_start = np.r_[np.flatnonzero(new_block), len(held)]
    by_product = np.argsort(held, kind="stable")
    start, other, counts = _count(
        trip[v.basket[order]],
        np.r_[first, len(customer)],
        held,
        block_start[block],
        block_start[block + 1],
        by_product,
        np.searchsorted(held[by_product], np.arange(v.products + 1)),
        levels.product_type,
        levels.category,
        levels.kind,
        levels.worded,
    )
    named = {name: np.ascontiguousarray(counts[:, k]) for k, name in enumerate(COUNTS)}
    return Pairs(start=start, other=other, **named)


@numba.njit
def related(
    product_type: Ints, category: Ints, kind: Ints, worded: bool, one: int, other: int
) -> bool:
    """Whether two products of one need share a type, a category or a kind."""
    if not worded:
        return True
    if product_type[one] >= 0 and product_type[one] == product_type[other]:
        return True
    if category[one] >= 0 and category[one] == category[other]:
        return True
    return bool(kind[one] >= 0 and kind[one] == kind[other])


@numba.njit
def _count(  # type: ignore[no-untyped-def]
    trip, trip_start, held, block_start, block_end, by_product, start, types, category, kind, worded
):
    """Row by row of products x products: households that hold the row's product are opened, and
    what else they hold of the need is merged with it, trip by trip."""
    products = start.size - 1
    both = np.zeros((products, 4), np.int64)
    touched = np.empty(products, np.int64)
    pair_start = np.zeros(products + 1, np.int64)
    others = np.empty(1024, np.int64)
    counts = np.empty((1024, 4), np.int64)
    filled = 0
    for one in range(products):
        seen = 0
        for at in range(start[one], start[one + 1]):
            mine = by_product[at]
            for yours in range(block_start[mine], block_end[mine]):
                other = held[yours]
                if other == one or not related(types, category, kind, worded, one, other):
                    continue
                if both[other, 0] == 0:
                    touched[seen] = other
                    seen += 1
                i, j = trip_start[mine], trip_start[yours]
                end_i, end_j = trip_start[mine + 1], trip_start[yours + 1]
                last, switches, together = 0, 0, 0
                while i < end_i or j < end_j:
                    if j >= end_j or (i < end_i and trip[i] < trip[j]):
                        switches += last == 2
                        last = 1
                        i += 1
                    elif i >= end_i or trip[j] < trip[i]:
                        switches += last == 1
                        last = 2
                        j += 1
                    else:
                        together += 1
                        i += 1
                        j += 1
                both[other, 0] += 1
                both[other, 1] += switches > together
                both[other, 2] += together > switches
                both[other, 3] += together
        if filled + seen > others.size:
            size = max(2 * others.size, filled + seen)
            more_others, more_counts = np.empty(size, np.int64), np.empty((size, 4), np.int64)
            more_others[:filled], more_counts[:filled] = others[:filled], counts[:filled]
            others, counts = more_others, more_counts
        for other in np.sort(touched[:seen]):
            others[filled] = other
            counts[filled] = both[other]
            both[other] = 0
            filled += 1
        pair_start[one + 1] = filled
    return pair_start, others[:filled].copy(), counts[:filled].copy()


def contexts(history: History, words: Ints, count: int, own: Ints) -> npt.NDArray[np.float32]:
    """(products, count): the company that each product keeps, as unit vectors.

    `words` (products,) says which of `count` words a product is in others' baskets, -1 for none;
    `own` is the word of each product's own shelf, which is left out: two stand-ins keep the same
    company without meeting. Entries are the log of baskets seen with the word over those expected
    by chance, each with one added, so that rare company says little (pointwise mutual information,
    Church and Hanks 1990); rows without a basket are 0.
    """
    from scipy.sparse import csr_matrix

    v = history.visits
    baskets = int(v.basket.max()) + 1
    worded = words[v.product] >= 0
    held = csr_matrix((np.ones(len(v), np.float32), (v.product, v.basket)), (v.products, baskets))
    said = np.unique(v.basket[worded] * np.int64(count) + words[v.product[worded]])
    basket_words = csr_matrix(
        (np.ones(len(said), np.float32), (said // count, said % count)), (baskets, count)
    )
    seen = (held @ basket_words).toarray()
    has_own = np.flatnonzero(own >= 0)
    seen[has_own, own[has_own]] = 0.0
    row, column = seen.sum(axis=1, dtype=np.float64), seen.sum(axis=0, dtype=np.float64)
    share: Floats = column / max(column.sum(), 1.0)
    seen += 1.0
    seen /= (row[:, None] * share[None, :]).astype(np.float32) + np.float32(1.0)
    np.log(seen, out=seen)
    seen[row == 0] = 0.0
    length = np.sqrt((seen.astype(np.float32) ** 2).sum(axis=1, dtype=np.float64))
    seen /= np.maximum(length, 1e-12).astype(np.float32)[:, None]
    return np.asarray(seen, np.float32)
