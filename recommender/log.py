"""The purchase log as arrays of row numbers, and the one place where ids become numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix

from pcf_estimator.tables import row_error
from recommender.candidates import Bools, Floats, Ints
from recommender.purchases import refuse_other_weeks, weeks_of

DAYS_A_WEEK = 7
AUDIT_ONE_IN = 5


@dataclass(frozen=True)
class Ids:
    """The shop's ids in the order of their row numbers; built once, then only read."""

    customers: npt.NDArray[np.object_]
    products: npt.NDArray[np.object_]
    stores: npt.NDArray[np.object_] = field(default_factory=lambda: np.array([], dtype=object))

    @cached_property
    def _customer_row(self) -> pd.Index:
        return pd.Index(self.customers)

    @cached_property
    def _product_row(self) -> pd.Index:
        return pd.Index(self.products)

    @cached_property
    def _store_row(self) -> pd.Index:
        return pd.Index(self.stores)

    def customer_rows(self, ids: pd.Series | list[str]) -> Ints:
        """Row number of each customer id, -1 for an unknown one.

        >>> Ids(np.array(["b", "a"], object), np.array(["p"], object)).customer_rows(["a", "x"])
        array([ 1, -1])
        """
        return self._customer_row.get_indexer(pd.Index(ids)).astype(np.int64)

    def product_rows(self, ids: pd.Series | list[str]) -> Ints:
        """Row number of each product id, -1 for an unknown one."""
        return self._product_row.get_indexer(pd.Index(ids)).astype(np.int64)

    def store_rows(self, ids: pd.Series | list[str]) -> Ints:
        """Row number of each store id, -1 for one in which nobody bought."""
        return self._store_row.get_indexer(pd.Index(ids)).astype(np.int64)


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
    discount: Floats = field(default_factory=lambda: np.zeros(0))  # off the line; NaN where untold

    def __post_init__(self) -> None:
        if len(self.discount) != len(self.paid):
            object.__setattr__(self, "discount", np.full(len(self.paid), np.nan))

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
            discount=self.discount[keep],
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

    Customers and stores are numbered by sorted id. Where the log has no `week`, weeks are blocks of
    seven days counted back from the last whole day (the last week ends with it); where it has no
    `basket_id`, a basket is what one customer buys on one day. Raises TableError where a purchase
    names a product that the catalogue lacks, or where weeks and times contradict each other.
    """
    store, stores = _stores(purchases)
    ids = Ids(
        customers=np.array(sorted(purchases["customer_id"].unique()), dtype=object),
        products=products.to_numpy(dtype=object),
        stores=stores,
    )
    product = ids.product_rows(purchases["product_id"])
    unknown = product < 0
    if unknown.any():
        row = int(np.argmax(unknown))
        problem = (
            f"the catalogue has no such product, but every purchase names one of its "
            f"{len(products)} products"
        )
        named = {"product_id": purchases["product_id"].iloc[row]}
        raise row_error("purchases", row, named, problem, int(unknown.sum()))
    refuse_other_weeks(purchases, "purchases")
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
        named_baskets = purchases["basket_id"].reset_index(drop=True)
        told = "basket " + named_baskets.astype("str") + "/" + pd.Series(customer).astype(str)
        visit = visit.where(named_baskets.isna(), told)
    quantity = np.nan_to_num(_numbers(purchases, "quantity"), nan=1.0)
    paid, discount = _numbers(purchases, "paid"), _numbers(purchases, "discount")
    # a stable order, so that the same purchases give the same log whatever order they come in
    basket = pd.factorize(visit, sort=True)[0].astype(np.int64)
    order = np.lexsort((discount, paid, quantity, product, basket, day))
    return Log(
        ids=ids,
        customer=customer[order],
        product=product[order],
        week=week[order],
        day=np.asarray(day, np.float64)[order],
        basket=basket[order],
        store=store[order],
        quantity=quantity[order],
        paid=paid[order],
        discount=discount[order],
        whole_until=whole_until,
    )


def _numbers(purchases: pd.DataFrame, column: str) -> Floats:
    """An optional column; NaN where the log has none."""
    if column not in purchases:
        return np.full(len(purchases), np.nan)
    return purchases[column].to_numpy(np.float64)


def _stores(purchases: pd.DataFrame) -> tuple[Ints, npt.NDArray[np.object_]]:
    """Each line's store number, -1 where it names none, and the sorted ids of the stores."""
    if "store_id" not in purchases:
        return np.full(len(purchases), -1, np.int64), np.array([], dtype=object)
    store, ids = pd.factorize(purchases["store_id"], sort=True)
    return store.astype(np.int64), np.asarray(ids, dtype=object)


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
