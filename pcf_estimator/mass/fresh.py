"""Whole fresh goods: what a melon, a lettuce or a bag of lemons usually weighs."""

from __future__ import annotations

import numpy as np
import pandas as pd

# ASSUMPTION: usual kg of a whole fresh piece, or of what is put into one bag, rounded. Shops sell
# these by the piece or by weight, and the packed ones on the same shelf cost more per kg.
FRESH_KG = {
    r"watermelon": 6.0,
    r"cantaloupe|honeydew|\bmelons?\b|pineapple|cabbage": 1.4,
    r"bananas?\b|\bgrapes\b|cherries|peaches|nectarines|\bplums|\bpears\b": 0.9,
    r"cauliflower|eggplant|celery|lettuce|\bgreens\b": 0.6,
    r"broccoli|asparagus|cucumber|squash|zucchini|mango|grapefruit|\bbeans\b": 0.35,
    r"\bcorn\b|avocado|bell pepper|peppers|oranges": 0.2,
    r"kiwi|lemon|\blimes?\b": 0.1,
}
FRESH_NEEDS = (
    *("fruit", "vegetables", "cooked vegetables", "avocados", "salad", "side dish"),
    "lemon and lime juice",
)
SMALL_PIECE_KG = 0.5
NOT_FRESH = (
    r"canned|frozen|juice|dried|dry|sauce|chips|cut\b|salad|mix|flavor|soup|\bpies?\b|jam|jelly|"
    r"syrup|halves|pickle|black pepper|ground|butter|drink|yogurt|snack|bread|cereal|candy|oil|pack"
)


def fresh_kg(products: pd.DataFrame, kinds: pd.DataFrame, count: pd.Series) -> pd.Series:
    """Usual kg of what one purchase of each whole fresh product brings home; NaN for all others.

    `kinds` is the answer of `assign_needs`; `count` the pieces on the pack, NaN where none stands.

    >>> shop = pd.DataFrame({"title": ["Watermelon", "Watermelon juice"]})
    >>> kinds = pd.DataFrame({"need": ["fruit", "juice"]})
    >>> fresh_kg(shop, kinds, pd.Series([np.nan, np.nan])).tolist()
    [6.0, nan]
    """
    mass = pd.Series(np.nan, index=products.index)
    maybe = kinds["need"].isin(FRESH_NEEDS)
    if "department" in products:
        department = products["department"].astype("str").fillna("produce").str.lower()
        maybe &= says(department, r"produce|fruit|vegetable")
    words = words_of(products[maybe])
    words = words[~says(words, NOT_FRESH)]
    usual = pd.Series(np.nan, index=words.index)
    for pattern, kg in FRESH_KG.items():
        usual = usual.mask(usual.isna() & says(words, pattern), kg)
    mass.loc[words.index] = usual
    # a bag of small pieces; of melons, and of many, the count is what the shop receives
    return mass * count.where(count.between(2, 8) & mass.lt(SMALL_PIECE_KG), 1.0)


def words_of(products: pd.DataFrame) -> pd.Series:
    """Title, type and category of each product in lower case, one text a product."""
    words = pd.Series("", index=products.index, dtype="str")
    for column in ("title", "product_type", "category"):
        if column in products:
            words = words + " " + products[column].astype("str").fillna("").str.lower()
    return words


def says(words: pd.Series, pattern: str) -> pd.Series:
    """Whether each text holds the pattern."""
    return words.str.contains(pattern, regex=True)
