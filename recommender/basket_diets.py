"""Diets that a shopper may declare, as far as a shop's data can tell; none is ever inferred.

A catalogue knows kinds of goods, not ingredients. So each product is one of three things under a
diet: its kind or its name says that it does not fit; its kind may hold what the diet leaves out
(ready meals, soups, pizza), which the data cannot tell; or nothing speaks
against it. Under a declared diet only the last are shown, and the other two are counted. Goods that
nobody eats, and food for animals, are not touched.

What is made from animals inside other goods (gelatine, rennet, lard, broth) is in no column, nor is
any allergen: diets that turn on ingredients are not offered. Vegan is one of them: the kinds of
bread, sweets, sauces and margarine do not say whether milk or eggs are in them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from recommender.candidates import Bools

PORK = (
    r"pork|ham|hams|bacon|salami|bologna|pepperoni|prosciutto|chorizo|bratwurst|wieners?|lard|"
    r"hot dogs?|corn dogs?|sausages?|luncheon meat|lunch meat|pate"
)
MEAT = (
    PORK + r"|beef|veal|lamb|goat|chicken|turkey|duck|meats?|meatballs?|steaks?|poultry|liver|"
    r"kielbasa|jerky|burgers?|hamburgers?|gravy with"
)
FISH = (
    r"fish|salmon|tuna|shrimps?|crabs?|lobsters?|seafood|shellfish|squid|cod|tilapia|catfish|"
    r"sardines?|anchov(?:y|ies)|oysters?|clams?|mussels?|scallops?|sushi"
)
DIETS = {"no pork": PORK, "no meat": MEAT, "no meat or fish": f"{MEAT}|{FISH}"}
PLANT = r"meat alternatives|plant|vegetarian|meatless|veggie|vegan|steak sauce|and meat sauces"
# Kinds of mixed dishes, of which no name says what is in them.
MAY_HOLD = (
    r"ready meal|soup|broth|pizza|lunch kit|prepared salad|prepared side|hot snack|dinner kit|"
    r"breakfast sandwich|gravy and cooking sauce|side mix|prepared beans|stuffing|party tray|"
    r"baby meal|pasta sauce|fresh pasta|taco seasoning|"
    r"other: (?:deli|processed|salad bar|frozen|refrigerated|prepared|meat|hispanic).*"
)
FOR_ANIMALS = r"^(?:cat|dog|bird|pet)\b"


@dataclass(frozen=True, kw_only=True)
class Diet:
    """Which products a declared diet leaves, (products,), and how many it does not."""

    fits: Bools
    barred: Bools  # the data say that it does not fit; what neither fits nor is barred is untold
    against: int  # the data say that it does not fit
    untold: int  # the data cannot tell


def diet_of(products: pd.DataFrame, name: str) -> Diet:
    """What a diet (a key of `DIETS`) leaves of `products`, by need, kind, title and category.

    >>> shelf = pd.DataFrame({"need": ["main protein", "main protein", "soup", "cat food"]})
    >>> shelf["kind"] = ["ground beef", "tofu", "ready soup", "canned cat food"]
    >>> found = diet_of(shelf, "no meat")
    >>> found.fits.tolist(), found.against, found.untold
    ([False, True, False, True], 1, 1)
    """
    need = _text(products, "need")
    text = need + " | " + _text(products, "kind")
    for column in ("title", "category", "product_type"):
        text = text + " | " + _text(products, column)
    plant = text.str.contains(rf"\b(?:{PLANT})\b", regex=True)
    against = text.str.contains(rf"\b(?:{DIETS[name]})\b", regex=True) & ~plant
    may = need.str.fullmatch(MAY_HOLD).to_numpy(np.bool_)
    animals = need.str.contains(FOR_ANIMALS, regex=True).to_numpy(np.bool_)
    known = against.to_numpy(np.bool_) & ~animals
    untold = may & ~known & ~animals
    return Diet(
        fits=~known & ~untold, barred=known, against=int(known.sum()), untold=int(untold.sum())
    )


def _text(products: pd.DataFrame, column: str) -> pd.Series:
    if column not in products:
        return pd.Series("", index=products.index, dtype="str")
    return products[column].fillna("").astype("str").str.casefold()
