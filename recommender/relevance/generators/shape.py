"""The one answer shape of all generators, what they are given, and how lists become answers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numba
import numpy as np
from scipy.sparse import csr_matrix

from recommender.best import best_rows
from recommender.candidates import Bools, Floats, Ints
from recommender.history import History
from recommender.log import distinct_rows
from recommender.relevance.items.implicit_adapter import Als, ItemItem
from recommender.relevance.items.linear import Ease
from recommender.relevance.pairs import first_of


@dataclass(frozen=True)
class Proposals:
    """Rows in the order customer, then best first; no pair twice."""

    customer: Ints
    product: Ints
    score: Floats


class Models(Protocol):
    """Item models learned already, with the customers of the history folded in."""

    @property
    def als(self) -> Als: ...
    @property
    def item_item(self) -> ItemItem: ...
    @property
    def ease(self) -> Ease: ...


@dataclass(frozen=True)
class Fitted:
    """A history with the models learned from it, each made once, when first asked for.

    `models` takes their place where they are ready; `segments` (customers,) is a code from 0 for
    customers alike in age, income or region, -1 where nothing is known.
    """

    history: History
    models: Models | None = None
    segments: Ints | None = None

    @cached_property
    def taste(self) -> csr_matrix:
        return self.history.taste()

    @cached_property
    def als(self) -> Als:
        return self.models.als if self.models else Als().fit(self.taste)

    @cached_property
    def item_item(self) -> ItemItem:
        return self.models.item_item if self.models else ItemItem().fit(self.taste)

    @cached_property
    def ease(self) -> Ease:
        return self.models.ease if self.models else Ease().fit(self.taste)

    @cached_property
    def served(self) -> Ints:
        """The customers with enough history to be served from it."""
        return np.flatnonzero(self.history.universe.customers)

    @cached_property
    def discoveries(self) -> tuple[Ints, Ints, Floats]:
        """Customer, product and weeks ago of every first purchase of a product by a customer.

        Products outside the universe are left out. What households buy for the first time is not
        what they buy most: staples sell by repetition.
        """
        v = self.history.visits
        first = distinct_rows(v.customer * v.products + v.product)[1]
        first = first[self.history.universe.products[v.product[first]]]
        return v.customer[first], v.product[first], self.history.weeks_ago[first]

    def newcomers(self, half_life_weeks: float) -> Floats:
        """Per product, its first-time buyers, each halved every `half_life_weeks` since."""
        _, product, ago = self.discoveries
        weights = 0.5 ** (ago / half_life_weeks)
        return np.bincount(product, weights, self.history.log.products).astype(np.float64)


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


def shortfall(fitted: Fitted, rows: Proposals, n: int) -> Ints:
    """How many of the `n` asked products each served customer lacks, in the order of `served`."""
    named = np.bincount(rows.customer, minlength=fitted.history.log.customers)
    return n - named[fitted.served]


def new_only(fitted: Fitted, customer: Ints, product: Ints, score: Floats, n: int) -> Proposals:
    """The best `n` that the customer never bought; popularity lists hold what is bought already."""
    new: Bools = ~fitted.history.log.has_bought(customer, product)
    new &= fitted.history.universe.products[product]
    return best(customer[new], product[new], score[new], n)


def of_model(fitted: Fitted, ids: Ints, scores: Floats) -> Proposals:
    """A model's answer for `served`, (customers, n) with -1 where there are less, as rows."""
    there = ids >= 0
    customer = np.repeat(fitted.served, ids.shape[1])[there.ravel()]
    product = ids[there]
    kept = fitted.history.universe.products[product]
    return Proposals(customer[kept], product[kept], scores[there][kept])


def from_shelves(
    fitted: Fitted, customer: Ints, group: Ints, weight: Floats, shelf: Proposals, n: int
) -> Proposals:
    """New products from the shelves of each customer's groups, at weight x score on the shelf.

    Rows of `customer`, `group` and `weight` say which shelves a customer has (`shelf.customer`
    holds groups, ascending); no product stands on two shelves of one customer.
    """
    log, kept = fitted.history.log, fitted.history.universe.products[shelf.product]
    shelf = Proposals(shelf.customer[kept], shelf.product[kept], shelf.score[kept])
    if (customer[1:] < customer[:-1]).any():
        order = np.argsort(customer, kind="stable")
        customer, group, weight = customer[order], group[order], weight[order]
    groups = int(max(group.max(initial=-1), shelf.customer.max(initial=-1))) + 1
    start = np.searchsorted(shelf.customer, np.arange(groups + 1))
    customers = np.arange(log.customers + 1)
    product, score = _from_shelves(
        np.searchsorted(customer, customers),
        group,
        weight,
        start,
        shelf.product,
        shelf.score,
        np.searchsorted(log.bought, customers * log.products),
        log.bought % log.products,
        log.products,
        n,
    )
    there = product >= 0
    return Proposals(np.nonzero(there)[0], product[there], score[there])


@numba.njit
def _from_shelves(
    first: Ints,
    group: Ints,
    weight: Floats,
    start: Ints,
    product: Ints,
    score: Floats,
    own: Ints,
    bought: Ints,
    products: int,
    n: int,
) -> tuple[Ints, Floats]:  # pragma: no cover - compiled
    """Products and scores (customers, n), best first, -1 where there are less.

    Customer u has the groups of rows first[u]:first[u + 1] and bought own[u]:own[u + 1].
    """
    customers = first.size - 1
    chosen, value = np.full((customers, n), -1, np.int64), np.empty((customers, n))
    buyer = np.full(products, -1, np.int64)
    most = 0
    for customer in range(customers):
        length = 0
        for row in range(first[customer], first[customer + 1]):
            length += start[group[row] + 1] - start[group[row]]
        most = max(most, length)
    found, what, best = np.empty(most), np.empty(most, np.int64), np.empty(n, np.int64)
    for customer in range(customers):
        for at in range(own[customer], own[customer + 1]):
            buyer[bought[at]] = customer
        count = 0
        for row in range(first[customer], first[customer + 1]):
            begin, end = start[group[row]], start[group[row] + 1]
            for at in range(begin, end):
                if buyer[product[at]] != customer:
                    what[count], found[count] = product[at], weight[row] * score[at]
                    count += 1
        filled = first_of(what[:count], found[:count], best)
        for k in range(filled):
            chosen[customer, k], value[customer, k] = what[best[k]], found[best[k]]
    return chosen, value


def first_new(fitted: Fitted, group: Ints, shelf: Proposals, n: int) -> Proposals:
    """The first `n` products of a shelf that the customer never bought.

    `group` says for each served customer whose shelf it is (`shelf.customer` holds groups, each
    best first). A shelf of n + `most_bought_by_one` is never too short.
    """
    served, log = fitted.served, fitted.history.log
    start = np.searchsorted(shelf.customer, np.arange(int(group.max(initial=-1)) + 2))
    own = np.searchsorted(log.bought, np.column_stack([served, served + 1]) * log.products)
    rows = _first_new(start, shelf.product, group, own, log.bought % log.products, log.products, n)
    there = rows >= 0
    row = rows[there]
    customer = np.repeat(served, n)[there.ravel()]
    return Proposals(customer, shelf.product[row], shelf.score[row])


@numba.njit
def _first_new(
    start: Ints, product: Ints, group: Ints, own: Ints, bought: Ints, products: int, n: int
) -> Ints:  # pragma: no cover - compiled
    rows = np.full((group.size, n), -1, np.int64)
    buyer = np.full(products, -1, np.int64)
    for customer in range(group.size):
        for at in range(own[customer, 0], own[customer, 1]):
            buyer[bought[at]] = customer
        filled = 0
        for row in range(start[group[customer]], start[group[customer] + 1]):
            if filled == n:
                break
            if buyer[product[row]] != customer:
                rows[customer, filled] = row
                filled += 1
    return rows


def most_bought_by_one(fitted: Fitted) -> int:
    """The most distinct products that one customer bought."""
    log = fitted.history.log
    return int(np.bincount(log.bought // log.products).max(initial=0))
