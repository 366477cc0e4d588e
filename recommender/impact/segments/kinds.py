"""Which segment each household belongs to: what the shop knows of it, and where it shops."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pandas as pd

from recommender.candidates import Bools, Ints
from recommender.impact.segments.hidden import SMALLEST
from recommender.log import Log, distinct

Words = npt.NDArray[np.object_]
STORE, OTHER_STORES = "store", "other stores"
NOT_KNOWN = "not known"
MOST_NUMBERS = 12  # distinct numbers that are segments by themselves; more are cut into fifths
MOST_WORDS = 200  # distinct words that are segments; a column with more names households
UNDER = re.compile(r"^\s*(under|below|less|up to|<)", re.IGNORECASE)
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def household_kinds(
    customers: pd.DataFrame | None, log: Log, households: Ints
) -> tuple[dict[str, Words], list[str]]:
    """Per kind of segment, each household's segment (None where not known); and what to say of it.

    The kinds are all columns of the `customers` table but its id, and the main store of `log`
    (history before the judged window, so that the store is no outcome). `households` are customer
    numbers. Numbers of many values are cut into fifths; a column of more than 200 words is left
    out and told, as is one that nobody has.
    """
    kinds: dict[str, Words] = {}
    notes = []
    if customers is not None:
        row = pd.Index(customers["customer_id"]).get_indexer(log.ids.customers[households])
        for name in customers.columns.drop("customer_id"):
            text, problem = _words(customers[name])
            if problem:
                notes.append(f"{name} is no kind of segment: {problem}.")
            else:
                of_each = text[row]
                of_each[row < 0] = None
                kinds[str(name)] = of_each
    if len(log.ids.stores):
        kinds[STORE], told = main_store_words(log, households)
        notes.append(told)
    return kinds, notes


def main_store(log: Log) -> Ints:
    """The store of most of each customer's baskets, (customers,); -1 where the log names none.

    Ties go to the store of more lines, then to the lower number.
    """
    named = log.store >= 0
    stores = max(len(log.ids.stores), 1)
    pair, at = np.unique(log.customer[named] * stores + log.store[named], return_inverse=True)
    visits = distinct(at * (log.basket.max(initial=0) + 1) + log.basket[named])
    baskets = np.bincount(visits // (log.basket.max(initial=0) + 1), minlength=len(pair))
    lines = np.bincount(at, minlength=len(pair))
    best_first = np.lexsort((pair, -lines, -baskets))
    customer, first = np.unique(pair[best_first] // stores, return_index=True)
    main = np.full(log.customers, -1, np.int64)
    main[customer] = pair[best_first][first] % stores
    return main


def main_store_words(log: Log, households: Ints, smallest: int = SMALLEST) -> tuple[Words, str]:
    """Each household's main store by id, those of fewer than `smallest` as other stores; told."""
    store = main_store(log)[households]
    count = np.bincount(store[store >= 0], minlength=len(log.ids.stores))
    large = count >= smallest
    words = np.full(len(households), None, object)
    named = store >= 0
    words[named] = np.where(large[store[named]], log.ids.stores[store[named]], OTHER_STORES)
    few = int(((count > 0) & ~large).sum())
    return words, (
        f"A household's store is that of most of its baskets before the window; {few} stores with "
        f"fewer than {smallest} households each are counted together as {OTHER_STORES}."
    )


def in_order(bands: list[str]) -> list[str] | None:
    """Bands from the lowest to the highest by the first number they name; None where one has none.

    >>> in_order(["50-74K", "Under 15K", "15-24K", "250K+"])
    ['Under 15K', '15-24K', '50-74K', '250K+']
    """
    found = {band: NUMBER.search(band) for band in bands}
    if any(match is None for match in found.values()):
        return None
    low = {
        band: (float(match.group().replace(",", "")), not UNDER.match(band))
        for band, match in found.items()
        if match is not None
    }
    return sorted(bands, key=lambda band: (low[band], band))


def is_known(words: Words) -> Bools:
    """Which entries of an object array name a segment: neither None, nor NaN, nor not known."""
    return ~pd.isna(words) & (words != NOT_KNOWN)


def _words(column: pd.Series) -> tuple[Words, str]:
    """A customers column as words with None for the unknown, and why it cannot be segments."""
    known = column.notna().to_numpy()
    if not known.any():
        return column.to_numpy(object), "nobody has one"
    numbers = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if numbers and column.nunique() > MOST_NUMBERS:
        cut = pd.qcut(column.astype(np.float64), 5, duplicates="drop")
        words = cut.map(lambda band: f"{band.left:,.6g} to {band.right:,.6g}").astype(object)
    else:
        words = column.astype(object).map(str, na_action="ignore")
    if words.nunique() > MOST_WORDS:
        return words.to_numpy(object), f"it has {words.nunique():,} different entries"
    return words.astype(object).where(known, None).to_numpy(object), ""
