"""Lists for customers without history: popularity in their store and segments, and what little
they bought.

A store or a segment counts for as much as its households show: its rates are shrunk to those of all
with a strength that the spread between groups itself gives (empirical Bayes by moments, as for the
beta-binomial: Kleinman 1973). A customer whom the log does not know is taken to shop as often as
those who shop now; one with few baskets as often as these show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from recommender.candidates import Bools, Candidates, Floats, Ints
from recommender.history import History
from recommender.log import Ids, distinct, totals
from recommender.relevance.cold.few_baskets import CROWD_WEEKS, pace, returns
from recommender.relevance.generators import best

HEAD = 2000  # of the products that most households bought, so many may stand on a cold list
COLD_LIST = 200
LIFT_WEEKS = 52.0
POPULAR = "popular"
Words = npt.NDArray[np.object_]


@dataclass(frozen=True, kw_only=True)
class Segments:
    """What is known of customers besides purchases: per kind a code, -1 where it is not known."""

    kinds: tuple[str, ...]
    code: Ints  # (customers, kinds)
    names: tuple[tuple[str, ...], ...]  # per kind, the name of each code
    stores: tuple[str, ...] = ()  # the name of each store number of the log

    @property
    def first(self) -> Ints | None:
        """The codes of the first kind; None where the shop has no segments."""
        return self.code[:, 0] if self.kinds else None

    @classmethod
    def of(
        cls,
        customers: pd.DataFrame | None,
        ids: Ids,
        kinds: Sequence[str],
    ) -> Segments:
        """From the customers table; `kinds` that it lacks are left out."""
        there = [k for k in kinds if customers is not None and k in customers]
        code = np.full((len(ids.customers), len(there)), -1, np.int64)
        names = []
        if customers is not None and there:
            row = ids.customer_rows(customers["customer_id"])
            for place, kind in enumerate(there):
                text = customers[kind].astype("object")
                codes, levels = pd.factorize(text, sort=True)
                code[row[row >= 0], place] = codes[row >= 0]
                names.append(tuple(str(level) for level in levels))
        stores = tuple(str(store) for store in ids.stores)
        return cls(kinds=tuple(there), code=code, names=tuple(names), stores=stores)


@dataclass(frozen=True)
class Crowd:
    """What the households of `counted` bought lately: of all, of each store and of each segment."""

    history: History
    segments: Segments
    counted: Bools

    @cached_property
    def head(self) -> Ints:
        """The products that most households bought in four weeks, best first."""
        crowd = np.where(self.history.universe.products, self._households(CROWD_WEEKS), 0.0)
        top = np.lexsort((np.arange(len(crowd)), -crowd))[:HEAD]
        return top[crowd[top] > 0]

    @cached_property
    def chance(self) -> Floats:
        """Per product of `head`, the share of active households that bought it in four weeks."""
        active = self._active(CROWD_WEEKS).sum()
        return self._households(CROWD_WEEKS)[self.head] / max(active, 1)

    @cached_property
    def packs(self) -> Floats:
        """Per product of `head`, the packs that a buying household took in four weeks."""
        v = self.history.visits
        lately = (self.history.weeks_ago <= CROWD_WEEKS) & self.counted[v.customer]
        taken = totals(v.product[lately], v.quantity[lately], v.products)
        return taken[self.head] / self._households(CROWD_WEEKS)[self.head]

    @cached_property
    def lifts(self) -> list[Floats]:
        """Log lift of each group's rate over that of all, (groups + 1, head); the last row is 0.

        The store first, then the kinds of segments.
        """
        home = self.history.home_store
        codes = [home, *self.segments.code.T]
        counts = [int(home.max(initial=-1)) + 1, *(len(names) for names in self.segments.names)]
        return [self._log_lift(code, count) for code, count in zip(codes, counts, strict=True)]

    def _active(self, weeks: float) -> Bools:
        v = self.history.visits
        lately = np.bincount(
            v.customer[self.history.weeks_ago <= weeks], minlength=len(self.counted)
        )
        return (lately > 0) & self.counted

    def _pairs(self, weeks: float) -> tuple[Ints, Ints]:
        v = self.history.visits
        lately = (self.history.weeks_ago <= weeks) & self.counted[v.customer]
        key = distinct(v.customer[lately] * v.products + v.product[lately])
        return key // v.products, key % v.products

    def _households(self, weeks: float) -> Floats:
        product = self._pairs(weeks)[1]
        return np.bincount(product, minlength=self.history.log.products).astype(np.float64)

    def _log_lift(self, code: Ints, groups: int) -> Floats:
        place = np.full(self.history.log.products, -1, np.int64)
        place[self.head] = np.arange(len(self.head))
        customer, product = self._pairs(LIFT_WEEKS)
        known = (code[customer] >= 0) & (place[product] >= 0)
        customer, column = customer[known], place[product[known]]
        active = self._active(LIFT_WEEKS) & (code >= 0)
        size = np.bincount(code[active], minlength=groups).astype(np.float64)[:, None]
        shape = (groups, len(self.head))
        at = code[customer] * len(self.head) + column
        took = totals(at, np.ones(len(at)), groups * len(self.head)).reshape(shape)
        everyone = took.sum(axis=0) / max(size.sum(), 1.0)
        pool = self.history.shelf.category[self.head]
        prior = np.minimum(prior_households(took, size, everyone, pool), 1e9)
        rate = (took + prior * everyone) / (size + prior)
        lift = np.zeros((groups + 1, len(self.head)))
        some = everyone > 0
        lift[:-1, some] = np.log(rate[:, some] / everyone[some])
        return lift


def prior_households(took: Floats, size: Floats, everyone: Floats, pool: Ints) -> Floats:
    """Per product, with how many households' worth of `everyone` a group's rate is to be shrunk.

    `took` (groups, products) of `size` (groups, 1) households; inf: wholly. By moments: the
    variance between groups beyond what drawing households gives, added up over the products of a
    `pool` (products,) and shrunk to that of all.

    >>> equal = np.full((2, 2), 5.0)
    >>> prior_households(equal, np.array([[10.0], [10.0]]), np.full(2, 0.5), np.zeros(2, int))
    array([inf, inf])
    """
    spread = everyone * (1.0 - everyone)
    # a group is part of `everyone`, and so nearer to it than to an independent mean
    drawn = size * spread * (1.0 - size / max(size.sum(), 1.0))
    pools = int(pool.max(initial=-1)) + 1
    beyond = totals(pool, ((took - size * everyone) ** 2 - drawn).sum(axis=0), pools)
    most = totals(pool, (size * np.maximum(size - 1.0, 0.0) * spread).sum(axis=0), pools)
    alike = max(beyond.sum() / max(most.sum(), 1e-9), 0.0)  # correlation inside groups
    weight = most.sum() / max((most > 0).sum(), 1)
    inside = np.clip((beyond + weight * alike) / np.maximum(most + weight, 1e-9), 0.0, 0.9)
    with np.errstate(divide="ignore"):
        return (1.0 / inside - 1.0)[pool]


def group_lists(
    crowd: Crowd, store: Ints, code: Ints, n: int = COLD_LIST
) -> tuple[Ints, Ints, Floats, Floats]:
    """Row of the asked, product, p_buy and q_buy: the best `n` for stores and segments, best first.

    `store` (asked,) and `code` (asked, kinds) may be -1: not known. Equal profiles are made once.
    """
    profile = np.column_stack([store, code])
    profiles, asked = np.unique(profile, axis=0, return_inverse=True)
    head = len(crowd.head)
    log_chance = np.log(crowd.chance)[None, :].repeat(len(profiles), axis=0)
    for lift, column in zip(crowd.lifts, profiles.T, strict=True):
        log_chance += lift[np.where(column < len(lift) - 1, column, -1)]
    chance = np.minimum(np.exp(log_chance), 0.99)
    row = np.repeat(np.arange(len(profiles)), head)
    lists = best(row, np.tile(crowd.head, len(profiles)), chance.ravel(), n)
    length = np.bincount(lists.customer, minlength=len(profiles))
    start = np.cumsum(length) - length
    asked = asked.ravel()
    who = np.repeat(np.arange(len(asked)), length[asked])
    ends = np.cumsum(length[asked])
    at = (
        np.repeat(start[asked], length[asked])
        + np.arange(len(who))
        - np.repeat(ends - length[asked], length[asked])
    )
    place = np.zeros(crowd.history.log.products, np.int64)
    place[crowd.head] = np.arange(head)
    product, p_buy = lists.product[at], lists.score[at]
    return who, product, p_buy, p_buy * crowd.packs[place[product]]


def cold_list(
    crowd: Crowd, number: Ints, store: Ints | None = None, n: int = COLD_LIST
) -> tuple[Candidates, Words]:
    """Candidates of asked customers without enough history, and in words on what basis each stands.

    `number` (asked,) are customers' row numbers, -1 for one whom the log does not know; `store`
    (asked,) is where they shop now, -1 or None where that is not said (then it is the store of
    their few visits). What a customer did buy joins the list with the chance of coming back to it.
    """
    history, known = crowd.history, number >= 0
    at = np.maximum(number, 0)
    home = np.where(known, history.home_store[at], -1)
    where = home if store is None else np.where(store >= 0, store, home)
    code = np.where(known[:, None], crowd.segments.code[at], -1)
    who, product, p_buy, q_buy = group_lists(crowd, where, code, n)
    once, often = returns(history)
    own = history.by_product
    start = np.searchsorted(own.key, number * own.groups)
    length = np.where(known, np.searchsorted(own.key, (number + 1) * own.groups) - start, 0)
    mine = np.repeat(np.arange(len(number)), length)
    ends = np.cumsum(length)
    row = np.repeat(start, length) + np.arange(len(mine)) - np.repeat(ends - length, length)
    item = own.key[row] % own.groups
    again = np.where(own.visits[row] > 1, often[item], once[item])
    may = history.shelf.recommendable[item]
    packs = own.quantity[row] / own.visits[row]
    rows = pd.DataFrame(
        {
            "customer": np.concatenate([mine[may], who]),
            "product": np.concatenate([item[may], product]),
            "p_buy": np.concatenate([again[may], p_buy]),
            "q_buy": np.concatenate([(again * packs)[may], q_buy]),
        }
    )
    # what the customer bought stands with its own chance of coming back, not with the crowd's
    rows = rows.drop_duplicates(["customer", "product"])
    slower = np.where(known, pace(history)[at], 1.0)[rows["customer"]]
    rows["p_buy"] *= slower
    rows["q_buy"] *= slower
    rows["is_new"] = ~known[rows["customer"]] | ~history.log.has_bought(
        at[rows["customer"]], rows["product"].to_numpy()
    )
    rows["source"] = 0
    return Candidates.from_frame(rows, len(number)), basis_words(crowd, where, code, length > 0)


def basis_words(crowd: Crowd, store: Ints, code: Ints, has_bought: Bools) -> Words:
    """ "segment 45-54, store 367, few purchases", or "popular" where nothing is known."""
    words = []
    for place, own, few in zip(store, code, has_bought, strict=True):
        names = [crowd.segments.names[k][c] for k, c in enumerate(own) if c >= 0]
        said = [f"segment {', '.join(names)}"] if names else []
        if place >= 0:
            stores = crowd.segments.stores
            said.append(f"store {stores[place] if place < len(stores) else place}")
        if few:
            said.append("few purchases")
        words.append(", ".join(said) or POPULAR)
    return np.array(words, dtype=object)
