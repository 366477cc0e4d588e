"""Stand-ins for each product: what households buy instead of it, inside its need.

A stand-in serves the same need and shares the product's type, or else its category or kind. What
counts for it: the same households buy both, and take one instead of the other (trip after trip)
rather than both at once; both keep the same company in baskets; words, price and pack are near;
many buy it. How much each counts is learned from the log: of the goods that a household had never
bought, which did it take next, given what it bought before (`choice`)?

Goods that are bought together rather than instead are complements, however many baskets hold
both. Infant goods, medicines and goods sold by age have no stand-ins and are none, and a declared
diet or allergen is kept (`diets`).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pandas as pd

from recommender.candidates import Bools, Floats, Ints
from recommender.history import History
from recommender.log import distinct
from recommender.relevance.substitution.choice import ChoiceModel, learn_choice
from recommender.relevance.substitution.pairs import Pairs, contexts, count_pairs
from recommender.relevance.substitution.substitute_goods import SubstituteGoods
from recommender.relevance.substitution.substitute_signals import between, rank_all

PER_PRODUCT = 20
LABEL_WEEKS = 4  # of history's end, whose choices teach the weights
CHOICES, OTHERS = 12_000, 20  # that teach, and goods not taken that each is held against
SEED = 4
POPULAR_WEEKS = 12.0

# signal: the sign that its meaning gives its weight
SIGNALS = {
    "bought instead": 1,
    "bought together": -1,
    "same company": 1,
    "same words": 1,
    "same type": 1,
    "same kind": 1,
    "price gap": -1,
    "pack gap": -1,
    "popular lately": 1,
    "popular": 1,
    "same use": 1,
}
SIGN = np.array(list(SIGNALS.values()), np.int64)


@dataclass(frozen=True, kw_only=True)
class Substitutes:
    """Ranked stand-ins of every product, those of its own type first; and what speaks for each.

    Rows of product p are start[p]:start[p + 1]. Ratios are the stand-in's over the product's, NaN
    where one is unknown.
    """

    start: Ints  # (products + 1,)
    product: Ints  # (rows,): catalogue rows of the stand-ins
    score: Floats  # (rows,): log chance of being taken next, up to a constant of the product
    same_type: Bools
    same_seller: Bools
    price_ratio: Floats
    pack_ratio: Floats
    households_both: Ints
    households_instead: Ints  # switched between the two more often than they bought both at once
    households_together: Ints
    baskets_both: Ints
    households: Ints  # (products,): how many households bought each product
    weights: Floats  # (signals,): learned, in the order of `SIGNALS`
    choices: int  # how many choices taught them

    def of(self, product: int, n: int = PER_PRODUCT) -> pd.DataFrame:
        """The first `n` stand-ins of a product (a catalogue row), one row each, evidence and all.

        >>> none = nothing(2)
        >>> len(none.of(0)), list(none.of(0))[:3]
        (0, ['product', 'score', 'same_type'])
        """
        rows = slice(self.start[product], min(self.start[product] + n, self.start[product + 1]))
        frame = pd.DataFrame({name: getattr(self, name)[rows] for name in ROW_FIELDS})
        frame["of_households"] = int(self.households[product])
        return frame

    def reordered(self, product: int, score: Floats) -> Substitutes:
        """With the stand-ins of one product in the order of `score`, one for each of them."""
        own = slice(self.start[product], self.start[product + 1])
        order = np.lexsort((self.product[own], -score))
        rows = {name: getattr(self, name).copy() for name in ROW_FIELDS}
        for values in rows.values():
            values[own] = values[own][order]
        rows["score"][own] = score[order]
        return replace(self, **rows)

    def to_frame(self) -> pd.DataFrame:
        """All rows with the product they stand in for (`of_product`), for Parquet."""
        of_product = np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))
        rows = {name: getattr(self, name) for name in ROW_FIELDS}
        return pd.DataFrame({"of_product": of_product, **rows})

    @classmethod
    def from_frame(cls, rows: pd.DataFrame, households: Ints) -> Substitutes:
        """What `to_frame` wrote, without the weights; `households` that bought each product."""
        start = np.searchsorted(rows["of_product"], np.arange(len(households) + 1))
        kept: dict[str, Any] = {name: rows[name].to_numpy() for name in ROW_FIELDS}
        return replace(
            nothing(len(households)), start=start.astype(np.int64), households=households, **kept
        )


NOT_ROWS = ("start", "households", "weights", "choices")
ROW_FIELDS = [f.name for f in fields(Substitutes) if f.name not in NOT_ROWS]


def nothing(products: int) -> Substitutes:
    """No stand-ins at all, in the common shape."""
    none, zero = np.zeros(0), np.zeros(0, np.int64)
    rows: dict[str, Any] = dict.fromkeys(ROW_FIELDS, zero)
    rows |= dict.fromkeys(("score", "price_ratio", "pack_ratio"), none)
    rows |= dict.fromkeys(("same_type", "same_seller"), np.zeros(0, np.bool_))
    return Substitutes(
        start=np.zeros(products + 1, np.int64),
        households=np.zeros(products, np.int64),
        weights=np.zeros(len(SIGNALS)),
        choices=0,
        **rows,
    )


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All that a history says of pairs: counts, company, and how many buy each product."""

    pairs: Pairs
    company: np.ndarray  # (products, words) float32, unit rows
    households: Floats  # (products,)
    popular: Floats  # (products, 2): log1p of households, of the last 12 weeks and of all
    crowd: float  # households with a purchase


def evidence_of(history: History, goods: SubstituteGoods) -> Evidence:
    """What `history` says of all pairs of `goods`."""
    households = history.households(np.inf)
    words, count, own = goods.words(households)
    return Evidence(
        pairs=count_pairs(history, goods.levels),
        company=contexts(history, words, count, own),
        households=households,
        popular=np.log1p(np.column_stack([history.households(POPULAR_WEEKS), households])),
        crowd=float(len(distinct(history.log.customer))),
    )


def substitutes(
    history: History, goods: SubstituteGoods, per_product: int = PER_PRODUCT
) -> Substitutes:
    """At most `per_product` stand-ins for each product, learned from `history` alone.

    Stand-ins come from the history's universe and may be shown; every product of the catalogue may
    ask, and one that nobody bought yet is answered by what it is. Withheld products get none.
    """
    model = learn_weights(history, goods)
    return ranked(history, goods, model, evidence_of(history, goods), per_product)


def ranked(
    history: History,
    goods: SubstituteGoods,
    model: ChoiceModel,
    evidence: Evidence,
    per_product: int = PER_PRODUCT,
) -> Substitutes:
    """The stand-ins that `model` prefers, given `evidence`."""
    offered = history.universe.products & ~goods.is_withheld
    candidates = np.flatnonzero(offered)
    need = goods.levels.need
    candidates = candidates[np.argsort(need[candidates], kind="stable")]
    need_start = np.searchsorted(need[candidates], np.arange(int(need.max(initial=0)) + 2))
    found, score, counts = rank_all(
        candidates,
        need_start,
        goods.is_withheld,
        goods.diets,
        per_product,
        model.weights_,
        model.mean_,
        *_arrays(goods, evidence),
    )
    there = found >= 0
    length = there.sum(axis=1)
    of, product = np.repeat(np.arange(len(found)), length), found[there]
    both, instead, together, baskets = counts[there].T
    return Substitutes(
        start=np.r_[0, np.cumsum(length)].astype(np.int64),
        product=product,
        score=score[there],
        same_type=_same(goods.levels.product_type, of, product),
        same_seller=_same(goods.seller, of, product),
        price_ratio=goods.price[product] / goods.price[of],
        pack_ratio=goods.mass_kg[product] / goods.mass_kg[of],
        households_both=both,
        households_instead=instead,
        households_together=together,
        baskets_both=baskets,
        households=evidence.households.astype(np.int64),
        weights=model.weights_,
        choices=model.choices,
    )


def learn_weights(
    history: History, goods: SubstituteGoods, customers: Bools | None = None
) -> ChoiceModel:
    """What households weighed when they took a product for the first time, weeks ago.

    The choices of the last four weeks of `history`, explained by the weeks before them; only those
    of `customers` where given. With too short a history, the prior.
    """
    last = history.log.last_week
    if int(history.log.week.min()) > last - LABEL_WEEKS:
        none = np.zeros((0, len(SIGNALS)))
        return learn_choice(none, np.zeros(0, np.int64), np.zeros(0, np.bool_), SIGN)
    before = History(history.log.until(last - LABEL_WEEKS), history.shelf)
    taken = history.log.weeks(last - LABEL_WEEKS + 1, last)
    rows = choices(before, taken.customer, taken.product, goods, customers)
    signals = household_signals(
        before, rows.customer, rows.product, goods, evidence_of(before, goods)
    )
    return learn_choice(signals, rows.choice, rows.taken, SIGN)


@dataclass(frozen=True, kw_only=True)
class Choices:
    """Rows of goods that a household could have taken for the first time, choice by choice."""

    choice: Ints
    customer: Ints
    product: Ints
    taken: Bools


def choices(
    history: History,
    customer: Ints,
    product: Ints,
    goods: SubstituteGoods,
    customers: Bools | None = None,
    at_most: int = CHOICES,
    others: int = OTHERS,
) -> Choices:
    """New products taken on known shelves, each against `others` drawn from the same shelf.

    A choice is a pair (customer, product) after `history` of a product of its universe, on a shelf
    (category) that the household bought from, that it never bought itself. Drawn with a fixed
    seed: the weights of a conditional logit stay right when the goods not taken are sampled
    (McFadden 1978).
    """
    rng = np.random.default_rng(SEED)
    offered = history.universe.products & ~goods.is_withheld
    pairs = distinct(customer * history.log.products + product)
    customer, product = pairs // history.log.products, pairs % history.log.products
    known = known_shelves(history, goods)
    shelves = int(goods.shelf.max(initial=0)) + 1
    keep = (
        history.universe.customers[customer]
        & offered[product]
        & ~history.log.has_bought(customer, product)
        & np.isin(customer * shelves + goods.shelf[product], known)
    )
    if customers is not None:
        keep &= customers[customer]
    rows = np.flatnonzero(keep)
    rows = np.sort(rng.permutation(rows)[:at_most])
    customer, product = customer[rows], product[rows]
    shelf = np.flatnonzero(offered)
    shelf = shelf[np.argsort(goods.shelf[shelf], kind="stable")]
    start = np.searchsorted(goods.shelf[shelf], np.arange(shelves + 1))
    first, size = start[goods.shelf[product]], np.diff(start)[goods.shelf[product]]
    drawn = shelf[first[:, None] + (rng.random((len(rows), others)) * size[:, None]).astype(int)]
    every = np.column_stack([product, drawn]).ravel()
    of = np.repeat(np.arange(len(rows)), others + 1)
    taken = np.tile(np.arange(others + 1) == 0, len(rows))
    fresh = ~history.log.has_bought(customer[of], every)
    fresh &= ~np.isin(customer[of] * history.log.products + every, pairs)
    fresh |= taken
    return Choices(
        choice=of[fresh], customer=customer[of][fresh], product=every[fresh], taken=taken[fresh]
    )


def known_shelves(history: History, goods: SubstituteGoods) -> Ints:
    """Sorted keys customer * shelves + shelf of all shelves that each customer bought from."""
    shelves = int(goods.shelf.max(initial=0)) + 1
    return distinct(history.log.customer * shelves + goods.shelf[history.log.product])


def household_signals(
    history: History, customer: Ints, product: Ints, goods: SubstituteGoods, evidence: Evidence
) -> Floats:
    """(rows, signals): the signals between what each customer bought and each product.

    Means over the customer's products of the same shelf that the product could stand in for,
    weighted by its habit; NaN where there is none. "same use" is their share of the shelf.
    """
    habit = history.by_product
    start = np.searchsorted(habit.key // habit.groups, np.arange(history.log.customers + 1))
    return between(
        customer,
        product,
        start,
        habit.key % habit.groups,
        habit.decayed,
        goods.shelf,
        *_arrays(goods, evidence),
    )


def _arrays(goods: SubstituteGoods, evidence: Evidence) -> tuple[Any, ...]:
    """What `signals_of` reads, in its order."""
    pairs, levels, text = evidence.pairs, goods.levels, goods.text
    counts = np.column_stack(
        [
            pairs.households_both,
            pairs.households_instead,
            pairs.households_together,
            pairs.baskets_both,
        ]
    )
    return (
        pairs.start,
        pairs.other,
        counts,
        (levels.need, levels.product_type, levels.category, levels.kind, levels.worded),
        np.log(goods.price),
        np.log(goods.mass_kg),
        (text.indptr.astype(np.int64), text.indices.astype(np.int64), text.data),
        evidence.company,
        evidence.households,
        evidence.popular,
        evidence.crowd,
    )


def _same(codes: Ints, one: Ints, other: Ints) -> Bools:
    return np.asarray((codes[one] == codes[other]) & (codes[one] >= 0))
