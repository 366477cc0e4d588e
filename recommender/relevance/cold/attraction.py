"""How many households will take each product in the next four weeks, however little is known of it.

Boosted trees with a Poisson loss (XGBoost) learn from earlier windows, on every product that may
be recommended: what was sold of it so far, what its type, category, seller and seller's line sell,
its price and its pack. A product that was never sold has the second half only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xgboost as xgb
from scipy.sparse import csr_matrix

from recommender.candidates import Bools, Floats, Ints
from recommender.history import History
from recommender.log import Log, distinct, distinct_rows, totals
from recommender.relevance.cold.words import words_of
from recommender.relevance.displays import PLACES, Displays
from recommender.splits import Window

Floats32 = npt.NDArray[np.float32]
NUMBER = re.compile(r"\d+(?:\.\d+)?|\.\d+")


@dataclass(frozen=True, kw_only=True)
class Wares:
    """What the catalogue itself says of each product, known before anything is sold."""

    price: Floats  # NaN where the catalogue has none
    pack: Floats  # the largest number in the package text, whatever its unit; NaN without one
    brand: Ints  # codes
    words: csr_matrix  # products x words, each row of length 1: the title's rarer words weigh more

    @classmethod
    def of(cls, catalogue: pd.DataFrame) -> Wares:
        """From a checked catalogue; columns that it lacks say nothing."""
        unknown = pd.Series("", catalogue.index)
        text = catalogue.get("package_size", unknown).fillna("").astype(str)
        pack = [max((float(n) for n in NUMBER.findall(t)), default=np.nan) for t in text]
        price = catalogue.get("price", pd.Series(np.nan, catalogue.index))
        brand = catalogue.get("brand", unknown).fillna("").astype(str)
        return cls(
            price=np.asarray(price, np.float64),
            pack=np.array(pack, np.float64),
            brand=pd.factorize(brand, sort=True)[0].astype(np.int64),
            words=words_of(catalogue.get("title", unknown).fillna("").astype(str).tolist()),
        )


def cold(history: History) -> Bools:
    """Products that may be recommended but were sold too little to be in the universe."""
    return history.shelf.recommendable & ~history.universe.products


def lines_of(history: History) -> Ints:
    """Each product's line, as codes: what one seller has in one category."""
    shelf = history.shelf
    sellers = int(shelf.seller.max()) + 1
    return distinct_rows(shelf.category * sellers + shelf.seller)[2]


def product_features(
    history: History, wares: Wares, planned: dict[str, Floats] | None = None
) -> tuple[list[str], Floats32]:
    """Names and values (products, features) of all products, from the history and the catalogue.

    `planned` joins them: what the shop will show in the weeks ahead (`planned_places`).
    """
    shelf, v = history.shelf, history.visits
    columns: dict[str, Floats | Ints | Bools] = {}
    crowds = {weeks: history.households(weeks) for weeks in (1.0, 4.0, 12.0, 1000.0)}
    for weeks, crowd in crowds.items():
        columns[f"households_{weeks:.0f}"] = crowd
    ever = crowds[1000.0]
    columns["baskets"] = np.bincount(v.product, minlength=v.products)
    own = history.by_product
    again = np.bincount(
        own.key % own.groups, weights=(own.visits > 1).astype(np.float64), minlength=own.groups
    )
    columns["buys_again"] = np.where(ever > 0, again / np.maximum(ever, 1.0), np.nan)
    first, last = np.full(v.products, np.inf), np.full(v.products, -np.inf)
    np.minimum.at(first, v.product, v.day)
    np.maximum.at(last, v.product, v.day)
    columns["weeks_on_sale"] = np.where(ever > 0, (history.end_day - first) / 7.0, np.nan)
    columns["weeks_since"] = np.where(ever > 0, (history.end_day - last) / 7.0, np.nan)
    stores = distinct((v.store + 1) * v.products + v.product)
    columns["stores"] = np.bincount(stores % v.products, minlength=v.products)

    # a price that the catalogue took from later sales would tell that there were some
    price = history.price
    columns["price"], columns["pack"], columns["brand"] = price, wares.pack, wares.brand
    is_cold = cold(history)
    fresh = (ever > 0) & (history.end_day - first <= 28.0)
    groups = {
        "type": shelf.product_type,
        "category": shelf.category,
        "department": shelf.department,
        "seller": shelf.seller,
        "line": lines_of(history),
    }
    for name, group in groups.items():
        count = int(group.max()) + 1

        def total(values: Floats | Bools, group: Ints = group, count: int = count) -> Floats:
            return totals(group, values.astype(np.float64), count)

        size, sold = total(shelf.recommendable), total(crowds[4.0])
        season = total(crowds[12.0])
        few = total(is_cold)
        per_group = {
            "products": size,
            "crowd_each": sold / np.maximum(size, 1.0),
            "trend": sold / np.maximum(season, 1.0),
            "cold_crowd_each": total(np.where(is_cold, crowds[4.0], 0.0)) / np.maximum(few, 1.0),
            "fresh": total(fresh),
            "fresh_crowd_each": total(np.where(fresh, crowds[4.0], 0.0))
            / np.maximum(total(fresh), 1.0),
        }
        for what, values in per_group.items():
            columns[f"{name}_{what}"] = values[group]
    for what, values in (("price", price), ("pack", wares.pack)):
        logs = np.log(np.maximum(values, 1e-3))
        known = ~np.isnan(logs)
        sums = totals(shelf.product_type, np.where(known, logs, 0.0), int(groups["type"].max()) + 1)
        count_known = np.bincount(shelf.product_type, weights=known.astype(np.float64))
        columns[f"{what}_in_type"] = logs - (sums / np.maximum(count_known, 1))[shelf.product_type]
    columns |= planned or {}
    table = np.empty((v.products, len(columns)), np.float32)
    for place, column in enumerate(columns.values()):
        table[:, place] = column
    return list(columns), table


def planned_places(shown: Displays, horizon: Window, products: int) -> dict[str, Floats]:
    """Per product, in how many stores and weeks it will be on display or in the mailer, and was.

    `shown` knows the weeks of `horizon`, which the shop plans ahead, or this is a ValueError.
    """
    if not shown.covers(horizon.first, horizon.last):
        raise ValueError(
            f"displays: weeks {horizon.first} to {horizon.last} are to be foretold with what the "
            "shop plans to show, but the table does not list them all"
        )
    columns = {}
    weeks = horizon.last - horizon.first + 1
    for when, first in (("planned", horizon.first), ("past", horizon.first - weeks)):
        there = shown.weeks(first, first + weeks - 1)
        for place in PLACES:
            some = there.product[getattr(there, place) > 0]
            columns[f"{when}_{place}"] = np.bincount(some, minlength=products).astype(np.float64)
    return columns


def buyers_in(log: Log, window: Window) -> Floats:
    """Households that bought each product in the window, (products,)."""
    label = log.weeks(window.first, window.last)
    pairs = distinct(label.customer * label.products + label.product)
    return np.bincount(pairs % label.products, minlength=label.products).astype(np.float64)


@dataclass
class Attraction:
    """Expected buying households in the next window; learned on earlier ones."""

    trees: int = 200
    depth: int = 6
    learning_rate: float = 0.05
    seed: int = 1
    threads: int = 1
    names_: list[str] = field(default_factory=list, repr=False)
    trees_: Any = field(default=None, repr=False)

    def fit(
        self, features: Sequence[tuple[list[str], Floats32]], buyers: list[Floats]
    ) -> Attraction:
        """Learned from `product_features` rows of some products and windows, and their buyers."""
        self.names_ = features[0][0]
        if not sum(map(len, buyers)):
            return self  # all is sold well: nothing to learn, and nothing to predict
        data = xgb.QuantileDMatrix(
            np.concatenate([values for _, values in features]),
            np.concatenate(buyers),
            nthread=self.threads,
        )
        settings = {
            "objective": "count:poisson",
            "max_depth": self.depth,
            "eta": self.learning_rate,
            "min_child_weight": 5,
            "subsample": 0.8,
            "colsample_bytree": 0.5,
            "lambda": 5.0,
            "max_delta_step": 0.7,
            "tree_method": "hist",
            "seed": self.seed,
            "nthread": self.threads,
        }
        self.trees_ = xgb.train(settings, data, self.trees)
        return self

    def predict(self, values: Floats32) -> Floats:
        """Expected buying households (rows,) of feature rows; 0 where nothing could be learned."""
        if self.trees_ is None or not len(values):
            return np.zeros(len(values))
        return np.asarray(self.trees_.inplace_predict(values), np.float64)
