"""Composition: what farms, boats and factories put into a kilogram of food, from its words.

A small seed cannot teach that a kilogram of parmesan takes thirteen of milk, that saffron yields
kilograms a hectare and cabbage tens of tonnes, or that sole is trawled and herring seined.
`data/foods.csv` says such things of some five hundred food words, written as general knowledge of
food and farming and without sight of any footprint; what they weigh, the trees and the ridge learn.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from pcf_estimator.tables import Column, Table, TableError, check_table, read_columns, shipped_data
from pcf_estimator.text import keep_words

Floats = np.ndarray

PROCESS = "process"  # the group of words that say what was done and not to what
DRYING = frozenset({"dried", "dry", "dehydrated", "powder", "powdered", "freeze", "instant"})
DRY_WATER = 0.08  # what is left in a food that drying has gone through
DRIED_FROM = 0.4  # a food with less water than this is dry as it is named
# What a product's words say of it; logarithms of ten where a figure spans powers of ten.
MEASURES = (
    "water",
    "protein",
    "fat",
    "sugar",
    "log_raw_per_kg",
    "log_yield_t_per_ha",
    "log_m2_per_kg",
    "heated_share",
    "air_share",
    "tropical",
    "processing",
    "foods_named",
)


def _share(meaning: str) -> Column:
    return Column(kind="number", meaning=meaning, required=True, at_least=0, at_most=1)


FOODS = Table(
    name="foods",
    key="food",
    named_by=("food",),
    columns={
        "food": Column(kind="text", meaning="words, as tokens", required=True, filled=True),
        "group": Column(kind="text", meaning="what it is", required=True, filled=True),
        "production": Column(kind="text", meaning="how its raw material is made", required=True),
        "water": _share("share of its mass"),
        "protein": _share("share of its mass"),
        "fat": _share("share of its mass"),
        "sugar": _share("share of its mass"),
        "raw_per_kg": Column(
            kind="number", meaning="kg of raw material at the farm per kg", required=True, above=0
        ),
        "yield_t_per_ha": Column(
            kind="number", meaning="t of its crop per hectare and year", required=True, above=0
        ),
        "heated_share": _share("share grown in heated greenhouses"),
        "air_share": _share("share that is flown"),
        "tropical": _share("share from land at the forest frontier"),
        "processing": Column(
            kind="number", meaning="0 none .. 3 dried, fried", required=True, at_least=0, at_most=3
        ),
        "basis": Column(kind="text", meaning="why", required=True),
    },
)


@dataclass(frozen=True, kw_only=True)
class Foods:
    """The table of foods, and for each word the patterns that hold it."""

    table: pd.DataFrame
    measures: Floats  # (foods, MEASURES without the count)
    dried: Floats  # the same of each food without its water
    terms: tuple[str, ...]  # of each food: its first name, its group, how it is made
    patterns: dict[str, list[tuple[tuple[str, ...], int]]]  # by one of their words: words, row
    words: frozenset[str]  # all that stand in a pattern, or say that a food is dried


def read_foods(path: str | Path | None = None) -> Foods:
    """The foods at `path`, or those that ship with greenaisle, checked.

    Raises TableError, naming the row, for a share outside 0 to 1 and a pattern that stands twice.
    """
    path = shipped_data("foods.csv") if path is None else Path(path)
    where = f"{FOODS.name} ({path})"
    table = check_table(read_columns(path, FOODS.name), FOODS, where)
    patterns: dict[str, list[tuple[tuple[str, ...], int]]] = defaultdict(list)
    seen: set[tuple[str, ...]] = set()
    for row, food in enumerate(table["food"]):
        for alternative in food.split("|"):
            words = tuple(word.strip() for word in alternative.split("+"))
            if words in seen or "" in words:
                raise TableError(
                    f"{where}, row {row + 1} (food {food}): {alternative.strip()!r} was expected "
                    f"to stand once and to have words"
                )
            seen.add(words)
            patterns[min(words, key=lambda word: (-len(word), word))].append((words, row))
    first = table["food"].str.split("|").str[0].str.strip()
    made = ("made_" + table["production"].str.replace(" ", "_")).fillna("")
    terms = first + " is_" + table["group"].str.replace(" ", "_") + " " + made
    terms = terms.where(table["group"] != PROCESS, first)
    measures = _measures(table)
    return Foods(
        table=table,
        measures=measures,
        dried=_dried(measures),
        terms=tuple(terms.str.strip()),
        patterns=dict(patterns),
        words=frozenset(word for words in seen for word in words) | DRYING,
    )


@cache
def shipped_foods() -> Foods:
    """The foods that ship with greenaisle, read once."""
    return read_foods()


def compose(texts: pd.Series, foods: Foods) -> pd.DataFrame:
    """What the foods named in each text are made of: MEASURES and `foods`, same index.

    `texts` are tokens. Measures are means over the foods that a text names, the processing is the
    highest, NaN where none says it; `foods` are the terms of those named, one after the other. A
    longer phrase hides its words: "almond milk" is neither almond nor milk. What is dried needs as
    much more as its water weighed.

    >>> compose(pd.Series(["almond milk", "soap"]), read_foods())["water"].round(1).tolist()
    [1.0, nan]
    """
    # words that name no food, such as brands, make texts distinct and say nothing here
    codes, distinct = pd.factorize(keep_words(texts, foods.words))
    process = (foods.table["group"] == PROCESS).to_numpy()
    named = [_named(text.split(), foods) for text in distinct]
    count = np.array([len(rows) for rows in named], dtype=np.int64)
    holder = np.repeat(np.arange(len(distinct)), count)
    row = np.array([food for rows in named for food in rows], dtype=np.int64)
    dried = np.array([not DRYING.isdisjoint(text.split()) for text in distinct], dtype=bool)
    told = np.where(dried[holder, None], foods.dried[row], foods.measures[row])
    eaten = ~process[row]
    known = ~np.isnan(told) & eaten[:, None]
    total, of = np.zeros((2, len(distinct), told.shape[1]))
    np.add.at(total, holder, np.where(known, told, 0.0))
    np.add.at(of, holder, known)
    measures = np.where(of > 0, total / np.maximum(of, 1), np.nan)
    at = MEASURES.index("processing")
    highest = np.full(len(distinct), -1.0)
    np.maximum.at(highest, holder, np.nan_to_num(told[:, at], nan=-1.0))
    measures[:, at] = np.where(highest < 0, np.nan, highest)
    eatens = np.bincount(holder[eaten], minlength=len(distinct))
    terms = [" ".join(foods.terms[food] for food in rows) for rows in named]
    found = pd.DataFrame(
        np.column_stack([measures, eatens])[codes], columns=list(MEASURES), index=texts.index
    )
    return found.assign(foods=pd.Series(terms, dtype="str").take(codes).set_axis(texts.index))


def _named(words: list[str], foods: Foods) -> list[int]:
    """Rows of the foods that the words name, the longest phrase first; each word counts once.

    A phrase in its own order goes first: "milk chocolate" is chocolate, "chocolate milk" milk.
    """
    place = {word: at for at, word in enumerate(words)}
    held = []
    for word in place:
        for pattern, row in foods.patterns.get(word, ()):
            if all(words.count(part) >= pattern.count(part) for part in pattern):
                at = [place[part] for part in pattern]
                held.append((-len(pattern), at != sorted(at), row, pattern))
    left, rows = set(words), []
    for _, _, row, pattern in sorted(held):
        if left.issuperset(pattern):
            left.difference_update(pattern)
            rows.append(row)
    return rows


def _measures(table: pd.DataFrame) -> Floats:
    def column(name: str) -> Floats:
        return table[name].to_numpy(dtype=np.float64, na_value=np.nan)

    raw, crop = np.log10(column("raw_per_kg")), np.log10(column("yield_t_per_ha"))
    found = {name: column(name) for name in MEASURES if name in table}
    found |= {"log_raw_per_kg": raw, "log_yield_t_per_ha": crop, "log_m2_per_kg": raw - crop + 1}
    return np.column_stack([found[name] for name in MEASURES[:-1]])


def _dried(told: Floats) -> Floats:
    """The foods without their water: everything else in them is so much more per kilogram."""
    told = told.copy()
    water = told[:, MEASURES.index("water")]
    wet = water > DRIED_FROM
    more = np.where(wet, (1 - DRY_WATER) / np.maximum(1 - water, DRY_WATER), 1.0)
    for name in ("protein", "fat", "sugar"):
        told[:, MEASURES.index(name)] *= more
    for name in ("log_raw_per_kg", "log_m2_per_kg"):
        told[:, MEASURES.index(name)] += np.log10(more)
    told[:, MEASURES.index("water")] = np.where(wet, DRY_WATER, water)
    return told
