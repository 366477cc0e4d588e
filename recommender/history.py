"""What is known at a cutoff: visits, habits and popularity, counted once and looked up often."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix

from recommender.candidates import Bools, Floats, Ints
from recommender.log import DAYS_A_WEEK, Log, distinct, distinct_rows, find, totals
from recommender.splits import Universe, universe

HALF_LIFE_WEEKS = 16.0


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """Each product's place in the shop, as codes from 0: what it is, where, and from whom."""

    product_type: Ints
    category: Ints
    department: Ints
    seller: Ints
    need: Ints
    recommendable: Bools

    @classmethod
    def of(cls, catalogue: pd.DataFrame, need: pd.Series) -> Shelf:
        """Codes from a checked catalogue; a level that the shop lacks is one shelf for all."""

        def codes(column: str) -> Ints:
            if column not in catalogue:
                return np.zeros(len(catalogue), np.int64)
            text = catalogue[column].fillna("").astype(str)
            return pd.factorize(text, sort=True)[0].astype(np.int64)

        recommendable = np.ones(len(catalogue), np.bool_)
        if "recommendable" in catalogue:
            recommendable &= catalogue["recommendable"].fillna(True).to_numpy(np.bool_)
        if "age_restricted" in catalogue:
            recommendable &= ~catalogue["age_restricted"].fillna(False).to_numpy(np.bool_)
        return cls(
            product_type=codes("product_type" if "product_type" in catalogue else "category"),
            category=codes("category"),
            department=codes("department"),
            seller=codes("seller_id"),
            need=pd.factorize(need.astype(str), sort=True)[0].astype(np.int64),
            recommendable=recommendable,
        )


@dataclass(frozen=True)
class Habit:
    """How often each customer bought each group of products: one row per pair that occurs."""

    key: Ints  # customer * groups + group, ascending
    groups: int
    visits: Floats
    decayed: Floats  # visits, each halved every 16 weeks
    recent: Floats  # visits, each halved every 3 weeks
    first_day: Floats
    last_day: Floats
    quantity: Floats

    def at(self, customer: Ints, group: Ints) -> Ints:
        """Row of each pair, -1 where the customer never bought the group."""
        return find(self.key, customer * self.groups + group)


@dataclass(frozen=True)
class History:
    """All that the weeks up to a cutoff say; nothing later enters."""

    log: Log
    shelf: Shelf

    @cached_property
    def end_day(self) -> float:
        return float(np.floor(self.log.day.max()) + 1)

    @cached_property
    def universe(self) -> Universe:
        return universe(self.log, self.shelf.recommendable)

    @property
    def residents(self) -> Bools:
        """The customers whose purchases tell what others may like."""
        return self.universe.customers

    @cached_property
    def visits(self) -> Log:
        """The log with one line per basket and product, quantities and money added up."""
        key = self.log.basket * self.log.products + self.log.product
        _, first, again = distinct_rows(key)
        in_log_order = np.argsort(first)
        one = self.log.where(np.bincount(first, minlength=len(key)).astype(np.bool_))
        quantity = totals(again, self.log.quantity, len(first))[in_log_order]
        paid = totals(again, self.log.paid, len(first))[in_log_order]
        discount = totals(again, self.log.discount, len(first))[in_log_order]
        return replace(one, quantity=quantity, paid=paid, discount=discount)

    @cached_property
    def weeks_ago(self) -> Floats:
        return (self.end_day - self.visits.day) / DAYS_A_WEEK

    def habit(self, groups: Ints, count: int) -> Habit:
        """How often each customer bought each group (`groups`: one code per product)."""
        v = self.visits
        key, _, row = distinct_rows(v.customer * count + groups[v.product])

        def total(weights: Floats) -> Floats:
            return totals(row, weights, len(key))

        first, last = np.full(len(key), np.inf), np.full(len(key), -np.inf)
        np.minimum.at(first, row, v.day)
        np.maximum.at(last, row, v.day)
        return Habit(
            key=key,
            groups=count,
            visits=total(np.ones(len(row))),
            decayed=total(0.5 ** (self.weeks_ago / HALF_LIFE_WEEKS)),
            recent=total(0.5 ** (self.weeks_ago / 3.0)),
            first_day=first,
            last_day=last,
            quantity=total(v.quantity),
        )

    @cached_property
    def by_product(self) -> Habit:
        return self.habit(np.arange(self.log.products), self.log.products)

    @cached_property
    def by_type(self) -> Habit:
        return self.habit(self.shelf.product_type, int(self.shelf.product_type.max()) + 1)

    @cached_property
    def by_category(self) -> Habit:
        return self.habit(self.shelf.category, int(self.shelf.category.max()) + 1)

    @cached_property
    def by_seller(self) -> Habit:
        return self.habit(self.shelf.seller, int(self.shelf.seller.max()) + 1)

    def households(self, weeks: float) -> Floats:
        """Per product, how many customers bought it in the last `weeks`."""
        v, recent = self.visits, self.weeks_ago <= weeks
        pairs = distinct(v.customer[recent] * v.products + v.product[recent])
        return np.bincount(pairs % v.products, minlength=v.products).astype(np.float64)

    @cached_property
    def price(self) -> Floats:
        """Per product, the median of paid over quantity up to the cutoff; NaN where unknown."""
        unit = pd.Series(self.log.paid / self.log.quantity).groupby(self.log.product).median()
        price = np.full(self.log.products, np.nan)
        price[unit.index] = unit.where(unit > 0).to_numpy()  # given away is no price
        return price

    @cached_property
    def home_store(self) -> Ints:
        """Per customer, the store of most recent-weighted visits; -1 without a store or a visit."""
        v = self.visits
        stores = int(v.store.max()) + 1
        home = np.full(v.customers, -1, np.int64)
        if stores <= 0:
            return home
        known = v.store >= 0
        key, _, row = distinct_rows(v.customer[known] * stores + v.store[known])
        weight = np.bincount(row, weights=0.5 ** (self.weeks_ago[known] / HALF_LIFE_WEEKS))
        order = np.lexsort((key, weight))
        home[key[order] // stores] = key[order] % stores
        return home

    def taste(self) -> csr_matrix:
        """Customers x products of the universe's products: 1 + log of decayed visits' count."""
        habit = self.by_product
        keep = self.universe.products[habit.key % habit.groups]
        key = habit.key[keep]
        shape = (self.log.customers, self.log.products)
        values = np.log1p(habit.decayed[keep]).astype(np.float32)
        return csr_matrix((values, (key // habit.groups, key % habit.groups)), shape=shape)


def rank_within(groups: npt.NDArray[np.int64], order: Ints) -> Ints:
    """Rank from 0 of each row inside its group, in `order` (which sorts by group first).

    >>> rank_within(np.array([0, 1, 0]), np.array([2, 0, 1]))
    array([1, 0, 0])
    """
    sorted_groups = groups[order]
    new_group = np.r_[True, sorted_groups[1:] != sorted_groups[:-1]]
    starts = np.maximum.accumulate(np.where(new_group, np.arange(len(order)), 0))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order)) - starts
    return rank
