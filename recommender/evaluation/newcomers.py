"""How good lists for customers without history are: served households, taken as if unknown.

Households are dealt into folds by their number. What a fold is told comes from the households of
the others; of its own, nothing counts, or their last three baskets.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from recommender.candidates import Bools, Floats, Ints
from recommender.evaluation.whole_catalogue import compared, said_and_seen
from recommender.history import History, rank_within
from recommender.log import Log, distinct, distinct_rows, find
from recommender.relevance.cold.cold_customers import Crowd, Segments, cold_list, group_lists

FOLDS = 5
POPULARITY, BY_STORE, BY_ALL = "popularity", "store", "store and segments"
FEW = "last three baskets"
BASKETS = 3


def newcomers(
    history: History,
    window: Log,
    segments: Segments,
    draws: int,
    rng: np.random.Generator,
    judged: Bools | None = None,
    n: int = 10,
) -> dict[str, Any]:
    """list -> measure -> value, interval and how much more than popularity; and the calibration.

    `window` holds the label weeks' lines; households of `judged` (by default all that are served)
    count that bought a product of the universe in it. Said and seen are of the whole lists.
    """
    served = history.universe.customers.copy()
    if judged is not None:
        served &= judged
    truth = window.where(history.universe.products[window.product])
    pairs = distinct(truth.customer * truth.products + truth.product)
    shops = np.bincount(truth.customer, minlength=truth.customers) > 0
    households = np.flatnonzero(served & shops)
    fold = np.arange(truth.customers) % FOLDS
    lists = {
        name: np.full((truth.customers, n), -1, np.int64)
        for name in (POPULARITY, BY_STORE, BY_ALL, FEW)
    }
    said: dict[str, list[Floats]] = {name: [] for name in lists}
    seen: dict[str, list[Bools]] = {name: [] for name in lists}

    def note(name: str, asked: Ints, who: Ints, product: Ints, p_buy: Floats) -> None:
        place = rank_within(who, np.arange(len(who)))
        top = place < n
        lists[name][asked[who[top]], place[top]] = product[top]
        said[name].append(p_buy)
        seen[name].append(find(pairs, asked[who] * truth.products + product) >= 0)

    for k in range(FOLDS):
        asked = households[fold[households] == k]
        crowd = Crowd(history, segments, history.universe.customers & (fold != k))
        code, home = segments.code[asked], history.home_store[asked]
        unknown, nowhere = np.full_like(code, -1), np.full_like(home, -1)
        for name, store, kinds in (
            (POPULARITY, nowhere, unknown),
            (BY_STORE, home, unknown),
            (BY_ALL, home, code),
        ):
            note(name, asked, *group_lists(crowd, store, kinds)[:3])
        thin = History(last_baskets(history.log, fold == k, BASKETS), history.shelf)
        few, _ = cold_list(Crowd(thin, segments, crowd.counted), asked)
        inside = history.universe.products[few.product]
        note(FEW, asked, few.customer[inside], few.product[inside], few.p_buy[inside])
    return {
        "lists": compared(lists, households, truth, POPULARITY, draws, rng),
        "calibration": {
            name: said_and_seen(np.concatenate(said[name]), np.concatenate(seen[name]))
            for name in lists
        },
    }


def last_baskets(log: Log, customers: Bools, count: int) -> Log:
    """The log with only the last `count` baskets of each of the marked `customers`."""
    basket, first, _ = distinct_rows(log.basket)
    who, day = log.customer[first], log.day[first]
    last = rank_within(who, np.lexsort((-basket, -day, who))) < count
    return log.where(~customers[log.customer] | (find(basket[last], log.basket) >= 0))
