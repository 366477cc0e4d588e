"""Titles: what a person would call a product that the till knows by department, category and type.

`titles.csv` names the common types in our own words. Other types are said from their expanded
words. The pack follows, and the house brand; products that would still share a title are told
apart by supplier, then by number.
"""

from __future__ import annotations

import re
from importlib import resources

import pandas as pd

from pcf_estimator.mass.package import read_packages
from pcf_estimator.text import expand

HOUSE = "house brand"
FILLERS = r"\b(?:all|only|others?|miscellaneous|bulk and bag|bulk|package|prepacked|type)\b"
# A type that is only adjectives needs the shelf's noun: "premium" what?
ADJECTIVES = frozenset(
    (
        "premium",
        "economy",
        "traditional",
        "mainstream",
        "select",
        "lean",
        "choice",
        "regular",
        "value",
        "fresh",
        "dry",
        "raw",
        "cooked",
        "smoked",
        "natural",
        "better",
        "for",
        "you",
        "super",
        "flavored",
        "kosher",
        "specialty",
        "variety",
        "pack",
        "large",
        "small",
    )
)


def titles(products: pd.DataFrame) -> pd.Series:
    """A title per product, in sentence case, same index.

    `products` has the till's `category` and `product_type`, `package_size`, `seller_id` and
    `is_private`.

    >>> milk = pd.DataFrame(
    ...     {
    ...         "category": ["FLUID MILK PRODUCTS"],
    ...         "product_type": ["FLUID MILK WHITE ONLY"],
    ...         "package_size": ["1 GA"],
    ...         "seller_id": ["69"],
    ...         "is_private": [True],
    ...     }
    ... )
    >>> titles(milk).tolist()
    ['White milk, 1 gallon, house brand']
    """
    name = _names(products[["category", "product_type"]])
    pack = read_packages(products["package_size"])["said"]
    title = name + (", " + pack).where(pack != "", "")
    title = title + products["is_private"].map({True: f", {HOUSE}", False: ""})
    title = title.str[:1].str.upper() + title.str[1:]
    shared = title.duplicated(keep=False) & ~products["is_private"]
    title = title + (", supplier " + products["seller_id"]).where(shared, "")
    number = title.groupby(title).cumcount() + 1
    several = title.duplicated(keep=False)
    return title + (", no. " + number.astype("str")).where(several, "")


def _names(kinds: pd.DataFrame) -> pd.Series:
    distinct = kinds.drop_duplicates()
    with (resources.files("recommender.importers") / "titles.csv").open(encoding="utf-8") as file:
        known = pd.read_csv(file, dtype="str")
    # the same type may stand on a second shelf; one word alone ("corn") means another thing there
    phrases = known[known["product_type"].str.contains(" ")].drop_duplicates(
        "product_type", keep=False
    )
    said = distinct.merge(known, how="left", on=["category", "product_type"])["title"]
    elsewhere = distinct["product_type"].map(phrases.set_index("product_type")["title"])
    types, shelves = _parts(distinct["product_type"]), expand(distinct["category"])
    plain = [_say(parts, shelf) for parts, shelf in zip(types, shelves, strict=True)]
    name = said.set_axis(distinct.index).fillna(elsewhere)
    distinct = distinct.assign(name=name.fillna(pd.Series(plain, index=distinct.index)))
    named = kinds.merge(distinct, how="left", on=["category", "product_type"])["name"]
    return named.set_axis(kinds.index)


def _parts(types: pd.Series) -> list[list[str]]:
    """The expanded words before and after the colon or dash of each type ("CAKES: LAYERS")."""
    parts = types.str.split(r"\s*:\s*|\s+-\s+", n=1, regex=True, expand=True).reindex(
        columns=[0, 1]
    )
    columns = [expand(parts[column]).str.replace(FILLERS, " ", regex=True) for column in parts]
    return [
        [" ".join(part.split()) for part in pair if part.strip()]
        for pair in zip(*columns, strict=True)
    ]


def _say(parts: list[str], shelf: str) -> str:
    said = re.sub(r"^seafood (?=\w+ \w)", "", ", ".join(parts))
    words, noun = said.split(), shelf.split()[:1]
    is_noun = len(shelf.split()) == 1 or noun[0].endswith("s")
    if len(parts) == 1 and words[:1] == noun and words[1:2] not in ([], ["and"]) and is_noun:
        words = [*words[1:], *noun]  # "grapes white" on the shelf of grapes
    if all(re.sub(r"\W", "", word) in ADJECTIVES for word in words):
        words.append(shelf)
    return " ".join(words)
