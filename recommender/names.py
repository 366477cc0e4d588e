"""What products are called on a screen: as a person would say them, siblings told apart, no codes.

A till's catalogue often has no names: an importer then makes titles from its words, and tells goods
that share one apart by the supplier's code and a running number. Both are codes to a reader. Here
they are said by rank among their siblings, from the log: "leading brand", "2nd brand", and, where
shelf, pack and brand are all the same, "variety 3", numbered by how many households buy it. The one
that ten times as many buy as any other is what people mean by the name, and needs no number. The
catalogue keeps its titles: nothing that was learned from them changes.

Titles of a shop that names its goods stay as they are; where several products bear one title, the
pack, the house brand and the supplier's name tell them apart before a number does.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from recommender.candidates import Floats

HOUSE = "house brand"
PLAINLY = 10  # times as many households buy it as the next variety: it needs no number
NUMBERED = r", no\. \d+$"


def shown_names(products: pd.DataFrame, households: Floats) -> list[str]:
    """What each product is called, (products,): no two the same, none with a code from the till.

    `products` may hold `title`, `category`, `package_size`, `private_label` and `seller_id`;
    `households` (products,) is how many buy each, and gives brands and varieties their ranks.

    >>> milk = pd.DataFrame(
    ...     {
    ...         "product_id": ["1", "2", "3"],
    ...         "title": [
    ...             "Milk, 1 gallon, supplier 69, no. 1",
    ...             "Milk, 1 gallon, supplier 69, no. 2",
    ...         ]
    ...         + ["Milk, 1 gallon, supplier 70"],
    ...         "seller_id": ["69", "69", "70"],
    ...     }
    ... )
    >>> shown_names(milk, np.array([1.0, 4.0, 9.0]))[1:]
    ['Milk, 1 gallon, 2nd brand, variety 1', 'Milk, 1 gallon, leading brand']
    """
    titles = titles_of(products)
    seller = _texts(products, "seller_id")
    house = _flags(products, "private_label")
    name, coded = without_codes(titles, seller)
    name = _told_apart(name, ", " + _texts(products, "package_size"), ~coded)
    name = _told_apart(name, pd.Series(np.where(house, f", {HOUSE}", "")), ~coded)
    name = _told_apart(name, _brands(name, seller, house, households), ~house)
    while name.str.casefold().duplicated().any():  # once, but where a title says "variety" itself
        name = _numbered(name, households)
    return name.tolist()


def titles_of(products: pd.DataFrame) -> pd.Series:
    """The catalogue's own title of each product, or else its category, or else its id."""
    named = [products[c] for c in ("title", "category") if c in products]
    title = pd.Series(None, index=range(len(products)), dtype="object")
    for column in [*named, products["product_id"]]:
        title = title.fillna(column.reset_index(drop=True).astype("object"))
    return title.astype("str")


def without_codes(titles: pd.Series, seller: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Titles without the supplier's code and the running number, and which of them had one.

    Only a product's own supplier code is taken out, and a number only at the very end.

    >>> names, coded = without_codes(
    ...     pd.Series(["Milk, supplier 69, no. 2", "Soup no. 5"]), pd.Series(["69", "69"])
    ... )
    >>> names.tolist(), coded.tolist()
    (['Milk', 'Soup no. 5'], [True, False])
    """
    bare = titles.str.replace(NUMBERED, "", regex=True)
    ends = [
        bool(code) and name.endswith(f", supplier {code}")
        for name, code in zip(bare, seller, strict=True)
    ]
    cut = [
        name[: -len(f", supplier {code}")] if end else name
        for name, code, end in zip(bare, seller, ends, strict=True)
    ]
    name = pd.Series(cut, index=titles.index)
    return name, name != titles


def is_code(seller: str) -> bool:
    """Whether a supplier's id is a code to a reader: digits with at most two letters.

    >>> is_code("1055"), is_code("S-12"), is_code("Hill Farm"), is_code("7 Up")
    (True, True, False, False)
    """
    return (
        any(c.isdigit() for c in seller)
        and sum(c.isalpha() for c in seller) <= 2
        and (" " not in seller)
    )


def nth(rank: int) -> str:
    """
    >>> [nth(k) for k in (1, 2, 3, 11, 22)]
    ['1st', '2nd', '3rd', '11th', '22nd']
    """
    last = "th" if rank % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    return f"{rank}{last}"


def _told_apart(name: pd.Series, words: pd.Series, where: pd.Series) -> pd.Series:
    """`name` with `words` behind it where products share it and the words differ among them."""
    words = words.mask(words.eq(", "), "")
    known = [bool(w) and w[2:].casefold() in n.casefold() for w, n in zip(words, name, strict=True)]
    group = name.str.casefold()
    differ = words.groupby(group).transform("nunique") > 1
    return name + words.where(differ & where & ~pd.Series(known), "")


def _brands(name: pd.Series, seller: pd.Series, house: pd.Series, households: Floats) -> pd.Series:
    """ ", leading brand" and so on: each supplier's rank on its shelf; its name where it has one.

    A shelf is what goods are called before the first comma, so that a brand keeps its rank from
    pack to pack.
    """
    shelf = name.str.split(",", n=1).str[0].str.casefold()
    counts = pd.DataFrame({"shelf": shelf, "seller": seller, "households": households})
    known = (seller != "") & ~house
    total = counts[known].groupby(["shelf", "seller"])["households"].sum().reset_index()
    total = total.sort_values(["shelf", "households", "seller"], ascending=[True, False, True])
    total["rank"] = total.groupby("shelf").cumcount() + 1
    ranks = counts.merge(total[["shelf", "seller", "rank"]], how="left", on=["shelf", "seller"])
    said = [
        ""
        if np.isnan(rank)
        else f", {code}"
        if not is_code(code)
        else ", leading brand"
        if rank == 1
        else f", {nth(int(rank))} brand"
        for code, rank in zip(seller, ranks["rank"].where(known.to_numpy()), strict=True)
    ]
    return pd.Series(said, index=name.index)


def _numbered(name: pd.Series, households: Floats) -> pd.Series:
    """`name` with the variety's number where several products still share it."""
    buy = np.asarray(households)
    order = np.lexsort((np.arange(len(name)), -buy))
    group = name.str.casefold()
    number = name.iloc[order].groupby(group.iloc[order]).cumcount().sort_index() + 1
    second = pd.Series(np.where(number == 2, buy, 0.0)).groupby(group).transform("sum")
    meant = (number == 1) & (buy > 0) & (buy >= PLAINLY * second)
    numbered = group.duplicated(keep=False) & ~meant
    return name + (", variety " + number.astype("str")).where(numbered, "")


def _texts(products: pd.DataFrame, column: str) -> pd.Series:
    if column not in products:
        return pd.Series("", index=range(len(products)), dtype="str")
    return products[column].reset_index(drop=True).fillna("").astype("str").str.strip()


def _flags(products: pd.DataFrame, column: str) -> pd.Series:
    if column not in products:
        return pd.Series(False, index=range(len(products)), dtype="bool")
    return products[column].reset_index(drop=True).fillna(False).astype("bool")
