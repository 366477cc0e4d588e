"""New products from the shelves that the customer knows: usual types, usual and small sellers."""

from __future__ import annotations

import numpy as np

from recommender.candidates import Bools, Ints
from recommender.history import Habit
from recommender.relevance.generators.shape import Fitted, Proposals, best, from_shelves

HALF_LIFE_WEEKS = 3.0
PER_TYPE, PER_SELLER, SMALL_PER_TYPE = 40, 60, 15  # how long a shelf is
LARGE_SELLERS = 0.1  # the share of sellers, by visits, that are no small ones


def stand_ins(fitted: Fitted, n: int) -> Proposals:
    """New products of the types that the customer buys."""
    shelf = fitted.history.shelf
    return _on_shelves(fitted, fitted.history.by_type, shelf.product_type, PER_TYPE, n)


def usual_sellers(fitted: Fitted, n: int) -> Proposals:
    """New products of the sellers that the customer buys from."""
    shelf = fitted.history.shelf
    return _on_shelves(fitted, fitted.history.by_seller, shelf.seller, PER_SELLER, n)


def long_tail(fitted: Fitted, n: int) -> Proposals:
    """New products of small sellers, of the types that the customer buys.

    Few of them would reach a customer on relevance alone, and a seller's floor cannot be met with
    products that are no candidates.
    """
    shelf = fitted.history.shelf
    small = small_sellers(fitted)[shelf.seller]
    types = fitted.history.by_type
    return _on_shelves(fitted, types, shelf.product_type, SMALL_PER_TYPE, n, small)


def small_sellers(fitted: Fitted) -> Bools:
    """Per seller, whether it stands outside the tenth with most visits (the tenth rounded up)."""
    history = fitted.history
    sellers = history.by_seller.groups
    visits = np.bincount(history.shelf.seller[history.visits.product], minlength=sellers)
    order = np.lexsort((np.arange(sellers), -visits))
    small = np.ones(sellers, np.bool_)
    small[order[: int(np.ceil(sellers * LARGE_SELLERS))]] = False
    return small


def _on_shelves(
    fitted: Fitted, habit: Habit, group: Ints, length: int, n: int, kept: Bools | None = None
) -> Proposals:
    """Products by log(1 + habit in the group) x first-time buyers / root of the group's.

    Dividing by all of the group's buyers would make a rare group's products the best of all, not
    dividing those of a large group; the root found more new purchases than either (weeks 45-48,
    among 100: .071, .057 and .066 for types).
    """
    buyers = fitted.newcomers(HALF_LIFE_WEEKS)
    product = np.flatnonzero(buyers > 0 if kept is None else (buyers > 0) & kept)
    total = np.bincount(group[product], buyers[product], habit.groups)
    score = buyers[product] / np.sqrt(total[group[product]])
    shelf = best(group[product], product, score, length)
    customer, own = habit.key // habit.groups, habit.key % habit.groups
    served = fitted.history.universe.customers[customer]
    weight = np.log1p(habit.decayed[served])
    return from_shelves(fitted, customer[served], own[served], weight, shelf, n)
