"""Visitors: customers who join a history at its end, without counting the history anew.

What the shop knows of its products and of its own customers stays as it was; the visitors' few
lines are counted alone and put behind it. Visitors have the highest customer numbers, so every
sorted table stays sorted. They alone are served, so that all further work is theirs alone.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from recommender.candidates import Bools, Floats, Ints
from recommender.history import Habit, History
from recommender.log import Ids, Log
from recommender.splits import Universe


@dataclass(frozen=True)
class WithVisitors(History):
    """`before` and, behind it, the lines of customers who were not in it; `log` holds both."""

    before: History
    own: History  # the visitors' lines alone, in the numbers of `log`

    @cached_property
    def universe(self) -> Universe:
        """The products of before; of the customers, the visitors, however few their baskets."""
        known = self.before.log.customers
        return Universe(
            products=self.before.universe.products,
            customers=np.arange(self.log.customers) >= known,
        )

    @property
    def residents(self) -> Bools:
        """The served customers of before; no visitor."""
        visitors = self.log.customers - self.before.log.customers
        return np.append(self.before.universe.customers, np.zeros(visitors, np.bool_))

    @cached_property
    def visits(self) -> Log:
        return joined(self.before.visits, self.own.visits, self.log.ids)

    @cached_property
    def by_product(self) -> Habit:
        return habits_joined(self.before.by_product, self.own.by_product)

    @cached_property
    def by_type(self) -> Habit:
        return habits_joined(self.before.by_type, self.own.by_type)

    @cached_property
    def by_category(self) -> Habit:
        return habits_joined(self.before.by_category, self.own.by_category)

    @cached_property
    def by_seller(self) -> Habit:
        return habits_joined(self.before.by_seller, self.own.by_seller)

    @cached_property
    def price(self) -> Floats:
        return self.before.price

    @cached_property
    def home_store(self) -> Ints:
        known = self.before.log.customers
        return np.concatenate([self.before.home_store, self.own.home_store[known:]])

    def households(self, weeks: float) -> Floats:
        """Per product, how many of the shop's own customers bought it in the last `weeks`."""
        return self.before.households(weeks)

    def taste(self) -> csr_matrix:
        """The visitors' rows; the other customers' are empty, since nobody asks for theirs."""
        habit = self.own.by_product
        keep = self.universe.products[habit.key % habit.groups]
        key = habit.key[keep]
        values = np.log1p(habit.decayed[keep]).astype(np.float32)
        shape = (self.log.customers, self.log.products)
        return csr_matrix((values, (key // habit.groups, key % habit.groups)), shape=shape)


def with_visitors(history: History, own: Log) -> WithVisitors:
    """`history` with the lines of `own`, whose customers are numbered from `history`'s count up.

    `own.ids` name the history's customers and then the visitors. Their last day has to be the
    history's last day: the end from which all recency is counted stays where it is.
    """
    known = history.log.customers
    if len(own) == 0 or own.customer.min() < known:
        raise ValueError(f"visitors' lines are numbered from customer {known} up")
    alone = History(own, history.shelf)
    if alone.end_day != history.end_day:
        raise ValueError(f"the visitors' last day is {own.day.max()}, not the history's last day")
    log = joined(history.log, own, own.ids)
    return WithVisitors(log=log, shelf=history.shelf, before=history, own=alone)


def joined(log: Log, own: Log, ids: Ids) -> Log:
    """The lines of `log`, then those of `own`."""
    columns: dict[str, Any] = {
        f.name: np.concatenate([getattr(log, f.name), getattr(own, f.name)])
        for f in fields(Log)
        if f.name not in ("ids", "whole_until")
    }
    return replace(log, ids=ids, **columns)


def habits_joined(habit: Habit, own: Habit) -> Habit:
    """The pairs of `habit`, then those of `own`, whose customers have higher numbers."""
    columns: dict[str, Any] = {
        f.name: np.concatenate([getattr(habit, f.name), getattr(own, f.name)])
        for f in fields(Habit)
        if f.name != "groups"
    }
    return replace(habit, **columns)
