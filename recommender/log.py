"""The purchase log as arrays of row numbers, and the one place where ids become numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix

from pcf_estimator.tables import TableError
from recommender.candidates import Bools, Floats, Ints

DAYS_A_WEEK = 7
AUDIT_ONE_IN = 5


@dataclass(frozen=True)
class Ids:
    """The shop's ids in the order of their row numbers; built once, then only read."""

    customers: npt.NDArray[np.object_]
    products: npt.NDArray[np.object_]

    @cached_property
    def _customer_row(self) -> pd.Index:
        return pd.Index(self.customers)

    @cached_property
    def _product_row(self) -> pd.Index:
        return pd.Index(self.products)

    def customer_rows(self, ids: pd.Series | list[str]) -> Ints:
        """Row number of each customer id, -1 for an unknown one.

        >>> Ids(np.array(["b", "a"], object), np.array(["p"], object)).customer_rows(["a", "x"])
        array([ 1, -1])
        """
        return self._customer_row.get_indexer(pd.Index(ids)).astype(np.int64)

    def product_rows(self, ids: pd.Series | list[str]) -> Ints:
        """Row number of each product id, -1 for an unknown one."""
        return self._product_row.get_indexer(pd.Index(ids)).astype(np.int64)


@dataclass(frozen=True, kw_only=True)
class Log:
    """Purchase lines in the order of time, as row numbers of `ids`; `week` counts whole weeks."""

    ids: Ids
    customer: Ints
    product: Ints
    week: Ints
    day: Floats  # days since the first line, with the time of day
    basket: Ints
    store: Ints  # -1 where the log names none
    quantity: Floats
    paid: Floats  # NaN where the log has no money
    whole_until: int  # the last week that the log holds whole; lines after it judge nothing

    def __len__(self) -> int:
        return len(self.customer)

    @property
    def customers(self) -> int:
        return len(self.ids.customers)

    @property
    def products(self) -> int:
        return len(self.ids.products)

    @property
    def last_week(self) -> int:
        return int(self.week.max())

    def where(self, keep: Bools) -> Log:
        """The lines that `keep` marks, with the same ids."""
        return Log(
            ids=self.ids,
            customer=self.customer[keep],
            product=self.product[keep],
            week=self.week[keep],
            day=self.day[keep],
            basket=self.basket[keep],
            store=self.store[keep],
            quantity=self.quantity[keep],
            paid=self.paid[keep],
            whole_until=self.whole_until,
        )

    def until(self, week: int) -> Log:
        """History: all lines up to and with `week`."""
        return self.where(self.week <= week)

    def weeks(self, first: int, last: int) -> Log:
        """The lines of weeks `first` to `last`, both with."""
        return self.where((self.week >= first) & (self.week <= last))

    def matrix(self, values: Floats | None = None) -> csr_matrix:
        """Customers x products, the sum of `values` (by default 1 a line)."""
        data = np.ones(len(self)) if values is None else values
        shape = (self.customers, self.products)
        return csr_matrix((data, (self.customer, self.product)), shape=shape)

    @cached_property
    def bought(self) -> Ints:
        """Sorted keys customer * products + product of all pairs that were ever bought."""
        return distinct(self.customer * self.products + self.product)

    def has_bought(self, customer: Ints, product: Ints) -> Bools:
        """Whether each customer ever bought each product in these lines."""
        return find(self.bought, customer * self.products + product) >= 0


def find(sorted_keys: Ints, keys: Ints) -> Ints:
    """Position of each key in `sorted_keys`, -1 where it is not there.

    >>> find(np.array([2, 5, 9]), np.array([9, 3]))
    array([ 2, -1])
    """
    if len(sorted_keys) == 0:
        return np.full(len(keys), -1, np.int64)
    at = np.minimum(np.searchsorted(sorted_keys, keys), len(sorted_keys) - 1)
    return np.where(sorted_keys[at] == keys, at, -1).astype(np.int64)


def distinct(keys: Ints) -> Ints:
    """The distinct keys, ascending. Sorting integers is several times faster than hashing them.

    >>> distinct(np.array([3, 1, 3]))
    array([1, 3])
    """
    ordered = np.sort(keys)
    return ordered[np.r_[True, ordered[1:] != ordered[:-1]]] if len(ordered) else ordered


def distinct_rows(keys: Ints) -> tuple[Ints, Ints, Ints]:
    """The distinct keys ascending, the first row of each, and the place of every row among them."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    new = np.r_[True, ordered[1:] != ordered[:-1]] if len(keys) else np.zeros(0, np.bool_)
    place = np.empty(len(keys), np.int64)
    place[order] = np.cumsum(new) - 1
    return ordered[new], order[new], place


def totals(place: Ints, weights: Floats, count: int) -> Floats:
    """Sum of `weights` at each of `count` places.

    >>> totals(np.array([0, 0, 2]), np.array([1.0, 2.0, 4.0]), 3)
    array([3., 0., 4.])
    """
    return np.bincount(place, weights=weights, minlength=count).astype(np.float64)


def read_log(purchases: pd.DataFrame, products: pd.Series) -> Log:
    """The log of checked `purchases` over the catalogue's `products` (ids in catalogue order).

    Customers are numbered by sorted id. Where the log has no `week`, weeks are blocks of seven
    days counted back from the last whole day (the last week ends with it); where it has no
    `basket_id`, a basket is what one customer buys on one day. Raises TableError where a purchase
    names a product that the catalogue lacks.
    """
    ids = Ids(
        customers=np.array(sorted(purchases["customer_id"].unique()), dtype=object),
        products=products.to_numpy(dtype=object),
    )
    product = ids.product_rows(purchases["product_id"])
    unknown = product < 0
    if unknown.any():
        row = int(np.flatnonzero(unknown)[0])
        name = purchases["product_id"].iloc[row]
        raise TableError(
            f"purchases, row {row + 1} (product {name}): the catalogue has no such product, but "
            f"every purchase names one of its {len(products)} products ({unknown.sum()} such rows)"
        )
    bought_at = purchases["bought_at"].to_numpy("datetime64[us]")
    day = (bought_at - bought_at.min().astype("datetime64[D]")) / np.timedelta64(1, "D")
    if "week" in purchases:
        week = purchases["week"].to_numpy(np.int64)
        whole_until = int(week.max())
    else:
        week, whole_until = weeks_of(bought_at)
    customer = ids.customer_rows(purchases["customer_id"])
    visit = pd.Series(customer).astype(str) + "/" + pd.Series(day.astype(int)).astype(str)
    if "basket_id" in purchases:
        named = purchases["basket_id"].reset_index(drop=True)
        told = "basket " + named.astype("str") + "/" + pd.Series(customer).astype(str)
        visit = visit.where(named.isna(), told)
    store = (
        pd.factorize(purchases["store_id"], sort=True)[0]
        if "store_id" in purchases
        else np.full(len(purchases), -1)
    )
    quantity = (
        purchases["quantity"].fillna(1.0).to_numpy(np.float64)
        if "quantity" in purchases
        else np.ones(len(purchases))
    )
    paid = (
        purchases["paid"].to_numpy(np.float64)
        if "paid" in purchases
        else np.full(len(purchases), np.nan)
    )
    # a stable order, so that the same purchases give the same log whatever order they come in
    basket = pd.factorize(visit, sort=True)[0].astype(np.int64)
    order = np.lexsort((paid, quantity, product, basket, day))
    return Log(
        ids=ids,
        customer=customer[order],
        product=product[order],
        week=week[order],
        day=np.asarray(day, np.float64)[order],
        basket=basket[order],
        store=store.astype(np.int64)[order],
        quantity=quantity[order],
        paid=paid[order],
        whole_until=whole_until,
    )


def weeks_of(bought_at: npt.NDArray[np.datetime64]) -> tuple[Ints, int]:
    """Week numbers from 1, and the last whole week: seven-day blocks up to the last whole day.

    The last day counts as whole if it has purchases after 18:00; else its lines open a week that
    no split uses.

    >>> weeks_of(np.array(["2024-01-01T20", "2024-01-07T09", "2024-01-08T19"], "datetime64[us]"))
    (array([1, 2, 2]), 2)
    """
    day = bought_at.astype("datetime64[D]").astype(np.int64)
    last = int(day.max())
    hours = (bought_at - bought_at.astype("datetime64[D]")) / np.timedelta64(1, "h")
    times_are_kept = bool((hours > 0).any())
    if times_are_kept and hours[day == last].max() < 18:
        last -= 1
    weeks_back = np.ceil((day - last) / DAYS_A_WEEK).astype(np.int64)
    first = int(weeks_back.min())
    return weeks_back - first + 1, 1 - first


def audit_customers(ids: npt.NDArray[np.object_]) -> Bools:
    """The households, one in five by a stable hash of the id, that choose nothing.

    No setting, feature or threshold is chosen with them; final figures are printed for them too.

    >>> int(audit_customers(np.array(["1", "2", "3", "4", "5", "6"], object)).sum())
    2
    """
    return np.array(
        [
            int.from_bytes(blake2b(str(i).encode(), digest_size=8).digest(), "big") % AUDIT_ONE_IN
            == 0
            for i in ids
        ],
        dtype=np.bool_,
    )
