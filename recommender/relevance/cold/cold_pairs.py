"""Pairs of a household and a product that was hardly sold: which to look at, and what is known.

A product's attraction is for all; what turns it into a chance of one household is its habit in the
product's type, category, seller and line (what one seller has in one category), the words of its
titles, and its own purchases of the product: what is hardly sold to others may be a habit of one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_matrix

from recommender.candidates import Bools, Floats, Ints
from recommender.history import Habit, History
from recommender.log import distinct, totals
from recommender.relevance.cold.attraction import (
    Floats32,
    Wares,
    cold,
    lines_of,
    planned_places,
    product_features,
)
from recommender.relevance.cold.words import likeness
from recommender.relevance.displays import PLACES, Displays
from recommender.relevance.generators import Proposals, best
from recommender.splits import HORIZON_WEEKS, Window

PER_GROUP = 12  # cold products of one type, category, line or word that may be proposed
PER_SOURCE = 120  # pairs of one source and household that are looked at more closely
WORDS_A_CUSTOMER = 40
TO_ALL = 100  # cold products of the highest attraction, looked at for everybody
PRIOR_VISITS = 1.0  # with which a household's habit is shrunk to its share of all visits
MOST_LOG_LIFT = 2.0  # beyond, a household that buys little else looks surer than it is
PRIOR_BUYERS = 10.0  # with which a type's share of returning buyers is shrunk to that of all


@dataclass(frozen=True)
class ColdShelf:
    """A history seen from its cold products; what is counted once per cutoff."""

    history: History
    wares: Wares
    shown: Displays | None = (
        None  # with the weeks of the horizon, where their displays are to count
    )

    @property
    def horizon(self) -> Window:
        """The weeks that are foretold: those that follow the history."""
        last = self.history.log.last_week
        return Window(last + 1, last + HORIZON_WEEKS)

    @cached_property
    def is_cold(self) -> Bools:
        return cold(self.history)

    @cached_property
    def features(self) -> tuple[list[str], Floats32]:
        planned = None
        if self.shown is not None:
            planned = planned_places(self.shown, self.horizon, self.history.log.products)
        return product_features(self.history, self.wares, planned)

    @cached_property
    def by_line(self) -> Habit:
        line = lines_of(self.history)
        return self.history.habit(line, int(line.max()) + 1)

    @cached_property
    def habits(self) -> dict[str, tuple[Habit, Ints]]:
        """By level: what each household buys of its groups, and each product's group."""
        h = self.history
        return {
            "type": (h.by_type, h.shelf.product_type),
            "category": (h.by_category, h.shelf.category),
            "seller": (h.by_seller, h.shelf.seller),
            "line": (self.by_line, lines_of(h)),
        }

    @cached_property
    def share(self) -> Floats:
        """Each customer's share of all visits to products, older ones counting less."""
        own = self.history.by_product
        visits = totals(own.key // own.groups, own.decayed, self.history.log.customers)
        return visits / max(visits.sum(), 1e-9)

    @cached_property
    def profile(self) -> csr_matrix:
        """Customers x words, rows of length 1: the titles of what each bought."""
        own = self.history.by_product
        shape = (self.history.log.customers, own.groups)
        taste = csr_matrix(
            (np.log1p(own.decayed), (own.key // own.groups, own.key % own.groups)), shape=shape
        )
        profile = (taste @ self.wares.words).tocsr()
        row = np.repeat(np.arange(shape[0]), np.diff(profile.indptr))
        length = np.sqrt(totals(row, profile.data**2, shape[0]))
        profile.data /= np.maximum(length, 1e-12)[row]
        return profile

    @cached_property
    def returning(self) -> Floats:
        """Per product type, the share of buyers of its cold products who bought them again.

        Shrunk to that of all types, and over it.
        """
        own, count = self.history.by_product, self.history.by_type.groups
        product = own.key % own.groups
        few = self.is_cold[product]
        kind = self.history.shelf.product_type[product[few]]
        buyers = np.bincount(kind, minlength=count)
        again = totals(kind, (own.visits[few] > 1).astype(np.float64), count)
        mean = max(again.sum(), 1.0) / max(buyers.sum(), 1)
        return (again + PRIOR_BUYERS * mean) / (buyers + PRIOR_BUYERS) / mean

    def lift(self, level: str, customer: Ints, product: Ints) -> Floats:
        """How much more a household buys of the product's group than its share of all visits."""
        habit, group = self.habits[level]
        total = totals(habit.key % habit.groups, habit.decayed, habit.groups)
        at = habit.at(customer, group[product])
        own = np.where(at >= 0, np.append(habit.decayed, 0.0)[at], 0.0)
        expected = total[group[product]] * self.share[customer]
        return (own + PRIOR_VISITS) / (expected + PRIOR_VISITS)


def pairs_of(shelf: ColdShelf, attraction: Floats) -> tuple[Ints, Ints]:
    """Customers and cold products worth a closer look, each pair once, customers ascending.

    What the household bought before; the most attractive of the types, categories, lines and
    title words that it buys; and the most attractive of all.
    """
    history = shelf.history
    served, products = history.universe.customers, history.log.products
    chance = np.where(shelf.is_cold, attraction, 0.0)
    some = np.flatnonzero(chance > 0)
    own = history.by_product
    mine = shelf.is_cold[own.key % own.groups] & served[own.key // own.groups]
    keys = [own.key[mine]]

    def look(top: Proposals, customer: Ints, group: Ints, weight: Floats) -> None:
        who = served[customer]
        met = meet(top, customer[who], group[who], weight[who], PER_SOURCE)
        keys.append(met.customer * products + met.product)

    for habit, group in shelf.habits.values():
        top = best_of_groups(group[some], some, chance[some], PER_GROUP)
        look(top, habit.key // habit.groups, habit.key % habit.groups, habit.decayed)
    profile, words = shelf.profile, shelf.wares.words[some].tocoo()
    titled = some[words.row]
    top = best_of_groups(words.col.astype(np.int64), titled, chance[titled] * words.data, PER_GROUP)
    who = np.repeat(np.arange(history.log.customers), np.diff(profile.indptr))
    strong = best(who, profile.indices.astype(np.int64), profile.data, WORDS_A_CUSTOMER)
    look(top, strong.customer, strong.product, strong.score)
    front = some[np.lexsort((some, -chance[some]))[:TO_ALL]]
    everyone = np.flatnonzero(served)
    keys.append(np.repeat(everyone, len(front)) * products + np.tile(front, len(everyone)))
    key = distinct(np.concatenate(keys))
    return key // products, key % products


def best_of_groups(group: Ints, product: Ints, score: Floats, n: int) -> Proposals:
    """The `n` products of the highest score of each group, as rows sorted by group."""
    order = np.argsort(group, kind="stable")
    return best(group[order], product[order], score[order], n)


def meet(top: Proposals, customer: Ints, group: Ints, weight: Floats, n: int) -> Proposals:
    """The `n` best products that each customer meets in its groups: weight x the product's score.

    `top` are the products of groups (`best_of_groups`); a product must stand in one group only, or
    it may be met twice.
    """
    groups = int(max(top.customer.max(initial=-1), group.max(initial=-1))) + 1
    start = np.searchsorted(top.customer, np.arange(groups + 1))
    length = np.diff(start)[group]
    ends = np.cumsum(length)
    within = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - length, length)
    row = np.repeat(start[group], length) + within
    score = np.repeat(weight, length) * top.score[row]
    return best(np.repeat(customer, length), top.product[row], score, n)


def pair_features(
    shelf: ColdShelf, attraction: Floats, customer: Ints, product: Ints
) -> tuple[list[str], Floats]:
    """Names and values (rows, features) of pairs of a household and a cold product.

    Rows have their customers ascending.
    """
    history, own = shelf.history, shelf.history.by_product
    at = own.at(customer, product)
    mine = at >= 0

    def look(values: Floats) -> Floats:
        return np.where(mine, np.append(values, 0.0)[at], 0.0)

    log_attraction = np.log(np.maximum(attraction[product], 1e-4))
    log_share = np.log(np.maximum(shelf.share[customer], 1e-9) * len(shelf.share))
    lifts = {
        level: np.minimum(np.log(shelf.lift(level, customer, product)), MOST_LOG_LIFT)
        for level in shelf.habits
    }
    visits, first, last = look(own.visits), look(own.first_day), look(own.last_day)
    since = (history.end_day - last) / 7.0
    gap = np.maximum((last - first) / 7.0 / np.maximum(visits - 1.0, 1.0), 0.3)
    due = np.where(visits > 1, since / gap, 0.0)  # 1 when as long has passed as usually does
    columns: dict[str, Floats | Bools] = {
        "log_attraction": log_attraction,
        "log_share": log_share,
        **{f"log_lift_{level}": lift for level, lift in lifts.items()},
        "words": likeness(shelf.profile, shelf.wares.words, customer, product),
        "never_sold": history.households(np.inf)[product] == 0,
        "bought_before": mine,
        "mine_x_log_attraction": mine * log_attraction,
        "mine_x_log_share": mine * log_share,
        "mine_x_log_lift_type": mine * lifts["type"],
        "mine_x_returning": mine * np.log(shelf.returning)[history.shelf.product_type[product]],
        "mine_often": np.log1p(visits),
        "mine_recent": np.log1p(look(own.recent)),
        "mine_lately": np.where(mine, np.exp(-since / 8.0), 0.0),
        "mine_due": np.where(due > 0, np.minimum(due, 1.0 / np.maximum(due, 1e-9)), 0.0),
        "mine_overdue": np.log1p(np.maximum(due - 1.0, 0.0)),
    }
    if shelf.shown is not None:
        columns |= _planned_at_home(shelf, shelf.shown, customer, product)
    values = np.empty((len(customer), len(columns)))
    for place, column in enumerate(columns.values()):
        values[:, place] = column
    return list(columns), values


def _planned_at_home(
    shelf: ColdShelf, shown: Displays, customer: Ints, product: Ints
) -> dict[str, Floats]:
    """In how many weeks of the horizon the household's own store will show the product."""
    weeks = shelf.horizon
    home = shelf.history.home_store[customer]
    columns = {
        f"planned_{place}_at_home": np.zeros(len(product)) for place in ("display", "mailer")
    }
    for week in range(weeks.first, weeks.last + 1):
        at = shown.at(product, home, np.full(len(product), week))
        for place in PLACES:
            code = np.append(getattr(shown, place), 0)[at]
            columns[f"planned_{place}_at_home"] += code > 0
    return columns
