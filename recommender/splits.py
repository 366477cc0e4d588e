"""Which weeks teach, which calibrate and which judge; and which products and customers count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pcf_estimator.tables import TableError
from recommender.candidates import Bools
from recommender.log import Log, distinct

HORIZON_WEEKS = 4
MIN_HISTORY_WEEKS = 8
MIN_HOUSEHOLDS, MIN_BASKETS, MIN_CUSTOMER_BASKETS = 5, 10, 5


@dataclass(frozen=True)
class Window:
    """Label weeks `first` to `last`; the history of a window ends before it begins."""

    first: int
    last: int

    @property
    def history_until(self) -> int:
        return self.first - 1


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """Learn on older windows, calibrate on a later one, judge on the last."""

    learn: tuple[Window, ...]
    calibrate: Window
    judge: Window


def protocol(last_week: int, first_week: int = 1, learn_windows: int = 4) -> Protocol:
    """The protocol whose judging window ends with `last_week`.

    `last_week` 52 tests; 48 validates. Of the `learn_windows` asked for, those are used that leave
    at least eight weeks of history. Raises TableError where not even one does.

    >>> protocol(52).judge, protocol(52).calibrate, protocol(52).learn[0]
    (Window(first=49, last=52), Window(first=45, last=48), Window(first=41, last=44))
    """
    ends = [last_week - k * HORIZON_WEEKS for k in range(learn_windows + 2)]
    judge, calibrate, *learn = [Window(end - HORIZON_WEEKS + 1, end) for end in ends]
    enough = [w for w in learn if w.history_until - first_week + 1 >= MIN_HISTORY_WEEKS]
    if not enough:
        weeks, need = last_week - first_week + 1, MIN_HISTORY_WEEKS + 3 * HORIZON_WEEKS
        raise TableError(
            f"purchases: {weeks} whole weeks, but learning, calibrating and judging need {need}"
        )
    return Protocol(learn=tuple(enough), calibrate=calibrate, judge=judge)


@dataclass(frozen=True)
class Universe:
    """The products that may be proposed and the customers who are served from their history."""

    products: Bools
    customers: Bools


def universe(history: Log, recommendable: Bools) -> Universe:
    """Products with at least 5 households and 10 baskets, customers with at least 5 baskets.

    Counted in `history` alone, so that no later week decides who is judged.
    """
    pairs = distinct(history.customer * history.products + history.product)
    households = np.bincount(pairs % history.products, minlength=history.products)
    lines = distinct(history.basket * history.products + history.product)
    baskets = np.bincount(lines % history.products, minlength=history.products)
    visits = distinct(history.basket * history.customers + history.customer)
    customer_baskets = np.bincount(visits % history.customers, minlength=history.customers)
    return Universe(
        products=(households >= MIN_HOUSEHOLDS) & (baskets >= MIN_BASKETS) & recommendable,
        customers=customer_baskets >= MIN_CUSTOMER_BASKETS,
    )
