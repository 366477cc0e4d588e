"""What is shown of stand-ins: a table with a reason in words for each, or why there are none."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd

from pcf_estimator.tables import TableError
from recommender.relevance.substitution.diets import diet_words
from recommender.relevance.substitution.substitute_goods import SubstituteGoods
from recommender.relevance.substitution.substitutes import PER_PRODUCT, Substitutes

SAME_PRICE = 0.005  # a change that rounds to no per cent
NEAR = 5  # products that an unknown id is answered with


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The stand-ins of one product, best first; `why_none` says why where there are none."""

    product_id: str
    title: str
    keeps: list[str]  # diets and allergens that it declares, and every stand-in too
    rows: pd.DataFrame  # product_id, title, reason, price, price_ratio, pack_ratio and counts
    why_none: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; None for what is unknown."""
        rows = self.rows.astype(object).where(self.rows.notna(), None)
        return {
            "product_id": self.product_id,
            "title": self.title,
            "keeps": self.keeps,
            "why_none": self.why_none,
            "stand_ins": rows.to_dict("records"),
        }


def stand_ins_for(
    product_id: str, found: Substitutes, goods: SubstituteGoods, n: int = PER_PRODUCT
) -> Answer:
    """At most `n` stand-ins of a product of the shop, each with its reason.

    Raises TableError for a product that the catalogue lacks, with the nearest it has.
    """
    at = np.flatnonzero(goods.product_id == product_id)
    if len(at) == 0:
        near = ", ".join(f"{i} ({title})" for i, title in nearest_products(product_id, goods))
        raise TableError(
            f"catalogue: no product {product_id!r} among its {len(goods.product_id)} products"
            + (f"; the nearest are {near}" if near else "")
        )
    product = int(at[0])
    rows = found.of(product, n)
    rows.insert(0, "product_id", goods.product_id[rows["product"]])
    rows.insert(1, "title", goods.title[rows["product"]])
    rows.insert(2, "reason", reasons(product, rows, goods))
    rows.insert(3, "price", goods.price[rows["product"]])
    why_none = ""
    if goods.is_withheld[product]:
        why_none = f"{goods.barred[product]}: nothing is proposed in its place"
    elif rows.empty:
        why_none = "no other product that enough households buy meets the same use" + (
            f" and says {' and '.join(diet_words(int(goods.diets[product])))}"
            if goods.diets[product]
            else ""
        )
    return Answer(
        product_id=product_id,
        title=str(goods.title[product]),
        keeps=diet_words(int(goods.diets[product])),
        rows=rows.drop(columns="product"),
        why_none=why_none,
    )


def reasons(product: int, rows: pd.DataFrame, goods: SubstituteGoods) -> list[str]:
    """One sentence for each of `rows` (`Substitutes.of(product)`): what speaks for it.

    As in "same type, 12 oz against 16 oz, 9 % cheaper; 31 of its 210 households switched between
    the two": what is not known is not said.
    """
    said = []
    for row in rows.to_dict("records"):
        parts = ["same type" if row["same_type"] else "same use"]
        parts += pack_words(product, int(row["product"]), float(row["pack_ratio"]), goods)
        parts += price_words(float(row["price_ratio"]))
        if not row["same_seller"] and (goods.seller >= 0).any():
            parts.append("another seller")
        said.append(", ".join(parts) + "; " + habit_words(row))
    return said


def pack_words(product: int, other: int, ratio: float, goods: SubstituteGoods) -> list[str]:
    """The two packs in the shop's words, or their ratio; nothing where one is unknown."""
    own, its = " ".join(goods.size[product].split()), " ".join(goods.size[other].split())
    if own and its:
        return [f"{its}, as this" if own == its else f"{its} against {own}"]
    if np.isfinite(ratio) and abs(ratio - 1) >= 0.05:
        return [f"about {ratio:.1f} times the pack"]
    return []


def price_words(ratio: float) -> list[str]:
    """
    >>> price_words(0.91), price_words(1.1), price_words(1.0), price_words(2.5)
    (['9 % cheaper'], ['10 % dearer'], ['same price'], ['2.5 times the price'])
    """
    if not np.isfinite(ratio):
        return []
    if abs(ratio - 1) < SAME_PRICE:
        return ["same price"]
    if ratio >= 2:
        return [f"{ratio:.1f} times the price"]
    return [f"{abs(ratio - 1):.0%} {'cheaper' if ratio < 1 else 'dearer'}".replace("%", " %")]


def habit_words(row: dict[Any, Any]) -> str:
    """What households did with the two, in words."""
    both, instead, of = row["households_both"], row["households_instead"], row["of_households"]
    if of == 0:
        return "nobody has bought this one yet"
    if both == 0:
        return f"none of its {of} household{'s' * (of > 1)} has bought both yet"
    if instead == 0:
        return f"{both} of its {of} household{'s' * (of > 1)} bought both"
    return f"{instead} of its {of} household{'s' * (of > 1)} switched between the two"


def nearest_products(asked: str, goods: SubstituteGoods, n: int = NEAR) -> list[tuple[str, str]]:
    """Id and title of the products whose title has the asked words or whose id looks most alike."""
    words = asked.lower().split()
    titles = pd.Series(goods.title, dtype="str").str.lower()
    hit = np.ones(len(titles), np.bool_)
    for word in words:
        hit &= titles.str.contains(word, regex=False).to_numpy()
    at = np.flatnonzero(hit)[:n] if words else np.zeros(0, np.int64)
    if len(at) == 0:
        ids = pd.Series(goods.product_id, dtype="str")
        alike = ids[ids.str.len().sub(len(asked)).abs() <= 1]
        close = get_close_matches(asked, alike.tolist(), n=n, cutoff=0.5)
        at = np.flatnonzero(ids.isin(close).to_numpy())[:n]
    return [(str(goods.product_id[i]), str(goods.title[i])) for i in at]
