"""Candidate generators: each proposes products to customers in one shape, and all are merged.

A generator answers with Proposals: long rows of customer, product and a score that means "more
likely" within that generator only. `propose` merges them by reciprocal rank and keeps, with each
candidate, which generators named it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_matrix

from recommender.best import best_rows
from recommender.candidates import Bools, Floats, Ints
from recommender.history import History, rank_within
from recommender.log import distinct_rows
from recommender.relevance.implicit_adapter import Als, ItemItem

CANDIDATES_PER_CUSTOMER = 300
PER_TYPE = 15  # products of one type that may stand in
RANK_OFFSET = 20.0  # of reciprocal rank fusion (Cormack et al. 2009 take 60); not tuned yet


@dataclass(frozen=True)
class Proposals:
    """Rows in the order customer, then best first; no pair twice."""

    customer: Ints
    product: Ints
    score: Floats


@dataclass(frozen=True)
class Fitted:
    """A history with the models learned from it, each made once, when first asked for."""

    history: History

    @cached_property
    def taste(self) -> csr_matrix:
        return self.history.taste()

    @cached_property
    def als(self) -> Als:
        return Als().fit(self.taste)

    @cached_property
    def item_item(self) -> ItemItem:
        return ItemItem().fit(self.taste)

    @cached_property
    def served(self) -> Ints:
        """The customers with enough history to be served from it."""
        return np.flatnonzero(self.history.universe.customers)


def repeats(fitted: Fitted, n: int) -> Proposals:
    """What the customer bought before, by visits that fade with a half-life of 16 weeks."""
    habit = fitted.history.by_product
    customer, product = habit.key // habit.groups, habit.key % habit.groups
    keep = fitted.history.universe.products[product] & fitted.history.universe.customers[customer]
    # equal habits: the more recent first
    score = habit.decayed + 1e-6 * habit.last_day
    return best(customer[keep], product[keep], score[keep], n)


def als(fitted: Fitted, n: int) -> Proposals:
    """New products by matrix factorisation."""
    served = fitted.served
    ids, scores = fitted.als.propose(fitted.taste[served], n, users=served)
    return _long(served, ids, scores, fitted)


def item_item(fitted: Fitted, n: int) -> Proposals:
    """New products bought by the customers who buy what this one buys."""
    ids, scores = fitted.item_item.propose(fitted.taste[fitted.served], n)
    return _long(fitted.served, ids, scores, fitted)


def popular(fitted: Fitted, n: int) -> Proposals:
    """New products that most households bought in the last four weeks."""
    history = fitted.history
    crowd = np.where(history.universe.products, history.households(4.0), 0.0)
    top = np.lexsort((np.arange(len(crowd)), -crowd))[: n * 2]
    top = top[crowd[top] > 0]
    customer = np.repeat(fitted.served, len(top))
    product = np.tile(top, len(fitted.served))
    return _new(fitted, customer, product, crowd[product], n)


def popular_in_store(fitted: Fitted, n: int) -> Proposals:
    """New products that sell most in the customer's own store, over the last eight weeks."""
    history = fitted.history
    v, home = history.visits, history.home_store
    recent = (history.weeks_ago <= 8.0) & (v.store >= 0) & history.universe.products[v.product]
    key, count = np.unique(v.store[recent] * v.products + v.product[recent], return_counts=True)
    shelf = best(key // v.products, key % v.products, count.astype(np.float64), 2 * n)
    return _spread(fitted, fitted.served, home[fitted.served], shelf, n)


def stand_ins(fitted: Fitted, n: int) -> Proposals:
    """New products of the types that the customer buys: habit in the type x share of the type."""
    history = fitted.history
    habit, crowd = history.by_type, history.households(8.0)
    types = history.shelf.product_type
    product = np.flatnonzero(history.universe.products & (crowd > 0))
    total = np.bincount(types[product], weights=crowd[product], minlength=habit.groups)
    shelf = best(types[product], product, crowd[product] / total[types[product]], PER_TYPE)
    customer, group = habit.key // habit.groups, habit.key % habit.groups
    served = history.universe.customers[customer]
    customer, group, weight = customer[served], group[served], habit.decayed[served]
    start = np.searchsorted(shelf.customer, np.arange(habit.groups + 1))
    length = np.diff(start)[group]
    row = np.repeat(start[group], length) + _counting(length)
    return _new(
        fitted,
        np.repeat(customer, length),
        shelf.product[row],
        np.repeat(weight, length) * shelf.score[row],
        n,
    )


Generator = Callable[[Fitted, int], Proposals]
# How many each may propose, and how much its ranks count in the merge: set by hand, not tuned yet.
GENERATORS: dict[str, tuple[Generator, int, float]] = {
    "repeats": (repeats, 200, 3.0),
    "als": (als, 150, 1.0),
    "item_item": (item_item, 100, 0.5),
    "popular": (popular, 100, 0.7),
    "popular_in_store": (popular_in_store, 100, 1.0),
    "stand_ins": (stand_ins, 150, 0.8),
}


@dataclass(frozen=True)
class Merged:
    """Candidate rows before they are scored: customers ascending, best merged rank first."""

    customer: Ints
    product: Ints
    source: Ints


def propose(fitted: Fitted, per_customer: int = CANDIDATES_PER_CUSTOMER) -> Merged:
    """The best `per_customer` of all generators for every served customer.

    Ranks are merged as sum of weight / (20 + rank): scores of different generators have no common
    unit, ranks have.
    """
    customer, product, fused, bits = [], [], [], []
    for bit, (generator, n, weight) in enumerate(GENERATORS.values()):
        rows = generator(fitted, n)
        rank = rank_within(rows.customer, np.arange(len(rows.customer)))
        customer.append(rows.customer)
        product.append(rows.product)
        fused.append(weight / (RANK_OFFSET + rank))
        bits.append(np.full(len(rank), 1 << bit, np.int64))
    width = np.int64(fitted.history.log.products)
    keys = np.concatenate(customer) * width + np.concatenate(product)
    key, _, row = distinct_rows(keys)
    score = np.bincount(row, weights=np.concatenate(fused))
    # each generator names a pair once, so adding its bit is setting it
    source = np.bincount(row, weights=np.concatenate(bits)).astype(np.int64)
    order = np.lexsort((key, -score, key // width))
    order = order[rank_within(key // width, order)[order] < per_customer]
    return Merged(customer=key[order] // width, product=key[order] % width, source=source[order])


def best(customer: Ints, product: Ints, score: Floats, n: int) -> Proposals:
    """The `n` highest scores of each customer, best first; ties go to the lower product.

    >>> best(np.array([0, 0, 0]), np.array([4, 2, 3]), np.array([1.0, 1.0, 2.0]), 2).product
    array([3, 2])
    """
    if len(customer) and (np.diff(customer) < 0).any():
        order = np.argsort(customer, kind="stable")
        customer, product, score = customer[order], product[order], score[order]
    groups = int(customer[-1]) + 1 if len(customer) else 0
    start = np.searchsorted(customer, np.arange(groups + 1))
    rows = best_rows(start, product, score, np.ones(len(score), np.bool_), n)
    rows = rows[rows >= 0]
    return Proposals(customer[rows], product[rows], score[rows])


def _long(served: Ints, ids: Ints, scores: Floats, fitted: Fitted) -> Proposals:
    there = ids >= 0
    customer = np.repeat(served, ids.shape[1])[there.ravel()]
    return _new(fitted, customer, ids[there], scores[there], ids.shape[1])


def _new(fitted: Fitted, customer: Ints, product: Ints, score: Floats, n: int) -> Proposals:
    """The best `n` that the customer never bought; popularity lists hold what is bought already."""
    new: Bools = ~fitted.history.log.has_bought(customer, product)
    new &= fitted.history.universe.products[product]
    return best(customer[new], product[new], score[new], n)


def _spread(fitted: Fitted, served: Ints, group: Ints, shelf: Proposals, n: int) -> Proposals:
    """Each customer gets the shelf of its group (`shelf.customer` holds groups); -1 gets none."""
    groups = int(max(group.max(initial=-1), shelf.customer.max(initial=-1))) + 1
    start = np.searchsorted(shelf.customer, np.arange(groups + 1))
    known = group >= 0
    length = np.diff(start)[group[known]]
    row = np.repeat(start[group[known]], length) + _counting(length)
    customer = np.repeat(served[known], length)
    return _new(fitted, customer, shelf.product[row], shelf.score[row], n)


def _counting(length: Ints) -> Ints:
    """0 .. length - 1 for each entry, one after the other."""
    ends = np.cumsum(length)
    return np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - length, length)
