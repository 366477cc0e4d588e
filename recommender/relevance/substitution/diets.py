"""Diets and allergens that a product declares in its words, as bits.

A shopper who takes a product with such a word may need it, and no basket says whether. So a
product that declares one is replaced only by one that declares it too; the other way round is
free. "Organic" says how a thing was grown and is no diet.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from recommender.candidates import Bools, Ints

FREE = r"(?:[ -]free|less)\b"
NO = r"\b(?:no|non|zero|without|un)[ -]?"
DIETS = {
    "gluten free": rf"\b(?:gluten|wheat|celiac|coeliac){FREE}|{NO}gluten\b",
    "dairy free": (
        rf"\b(?:dairy|lactose|milk|casein){FREE}|{NO}(?:dairy|lactose|milk)\b|"
        r"\b(?:soy|soya|rice|almond|oat|coconut|hemp|cashew)(?: (?:soy|soya|rice|almond|oat))* "
        r"(?:milk|beverage|drink|yogurt|creamer)|\bvegan\b|\bplant[ -]based\b|\bpar(?:ev?e|ve)\b"
    ),
    "meatless": r"\bmeat(?:[ -]free|less)\b|\bvegetarian\b|\bveggie burgers?\b|\bvegan\b|"
    r"\bplant[ -]based\b",
    "vegan": r"\bvegan\b|\bplant[ -]based\b",
    "kosher": r"\bkosher\b",
    "halal": r"\bhalal\b",
    "no sugar": (
        rf"\bsugar{FREE}|{NO}(?:added )?sugar\b|\bunsweetened\b|\bunswe\b|"
        r"\b(?:diet|diabetic|keto|sweetener tablets)\b"
    ),
    "low carb": r"\b(?:low|reduced)[ -]carb\w*|\bketo\b|\batkins\b",
    "no caffeine": rf"\bdecaf\w*|\bcaffeine{FREE}|{NO}caffeine\b",
    "nut free": rf"\b(?:tree[ -])?(?:pea)?nut[ -]free\b|{NO}(?:pea)?nuts?\b",
    "egg free": rf"\begg[ -]?(?:free|less)\b|{NO}eggs?\b|\beggs? substitutes?\b|\bvegan\b",
    "soy free": r"\bsoya?[ -]free\b",
    "low sodium": (
        rf"\b(?:low|reduced|lower)[ -](?:sodium|salt)\b|\b(?:sodium|salt)[ -]free\b|"
        rf"{NO}(?:added )?salt\b|\bunsalted\b|\bsalt substitutes?\b"
    ),
    "low fat": rf"\b(?:low|reduced)[ -]fat\b|\bfat[ -]free\b|{NO}fat\b|\bskim(?:med)?\b",
    "allergen free": r"\b(?:allergen|fragrance|dye|latex)[ -]free\b|\bhypo-?allergenic\b",
    "special diet": r"\brestricted diet\b|\bmiscellaneous diet\b",
}


def declared_diets(products: pd.DataFrame) -> Ints:
    """(products,): one bit for each of `DIETS` that title, type or category declare.

    >>> shelf = pd.DataFrame({"title": ["Gluten-free pasta", "Decaf coffee", "Organic pasta"]})
    >>> [diet_words(int(bits)) for bits in declared_diets(shelf)]
    [['gluten free'], ['no caffeine'], []]
    """
    columns = [c for c in ("title", "product_type", "category") if c in products]
    bits = np.zeros(len(products), np.int64)
    for column in columns:
        # few distinct types and categories, so each text is read once
        code, text = pd.factorize(products[column].fillna("").astype("str").str.lower())
        said = np.zeros(len(text), np.int64)
        for bit, pattern in enumerate(DIETS.values()):
            said |= pd.Series(text).str.contains(pattern, regex=True).to_numpy(np.int64) << bit
        bits |= said[code]
    return bits


def diet_words(bits: int) -> list[str]:
    """The names of the diets that `bits` hold."""
    return [name for bit, name in enumerate(DIETS) if bits >> bit & 1]


def keeps_diet(asked: Ints, offered: Ints) -> Bools:
    """Whether all that is declared by `asked` is declared by `offered` too.

    >>> keeps_diet(np.array([1, 0]), np.array([0, 1])).tolist()
    [False, True]
    """
    return np.asarray((asked & ~offered) == 0)
