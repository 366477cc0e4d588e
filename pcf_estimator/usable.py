"""Usable: whether a product says enough about itself to be estimated, and why not.

A figure for goods of no name would be the mean of whatever shelf they stand on, silently. So a
name of numbers, an empty name without a shelf, and a pack of zero or less are told apart from what
is missing, each with its reason.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

NAMES = ("title", "product_type")  # what a product is called, the first that is there
SHELF = "category"  # enough for a product without a name; the department alone is not
CURRENCIES = "usd|eur|gbp|chf|cad|aud|sek|nok|dkk|pln|czk|jpy|inr|kr|fr|zl|each|ea|per|kg|lb|oz"
LETTERS = r"\p{L}{2}"  # a word; "$3.99 x" has none
UNIT = (
    r"(?:[kmcd]?g|[mcd]?l|lbs?|(?:fl )?oz|gal|qt|pt|ct|count|pk|packs?|pcs?|pieces?|lit(?:er|re)s?|"
    r"kilos?|(?:kilo)?grams?|pounds?|(?:fluid )?ounces?|gallons?|quarts?|pints?)\.?"
)
ZERO, NUMBER = r"0+(?:[.,]0+)?", r"\d+(?:[.,]\d+)?"
SIGNED = rf"[-−–]\s*{NUMBER}(?:e[-+]?\d+)?"
TIMES = r"\s*(?:[x×*]|(?:pk|packs?|ct|count)\s*/?)\s*"
# zero or less of a unit, so many packs of nothing, and no packs of so much
NOTHING_IN_IT = (
    rf"\s*(?:(?:(?:{NUMBER}\s*[x×*]\s*)?{SIGNED}|(?:{NUMBER}{TIMES})?{ZERO})\s*(?:{UNIT})?"
    rf"|(?:{SIGNED}|{ZERO}){TIMES}{NUMBER}\s*(?:{UNIT})?"
    rf"|{NUMBER}\s*{UNIT}\s*[x×*]\s*{ZERO})\s*"
)


def wordless(texts: pd.Series) -> pd.Series:
    """True where a text holds digits but no word: a number, a code or a price. Null is False.

    >>> wordless(pd.Series(["$3.99", "4011", "2,49 EUR", "7 up", "Milk 1 l", None])).tolist()
    [True, True, True, False, False, False]
    """
    return _over_distinct(texts, r"\d") & ~has_words(texts)


def has_words(texts: pd.Series) -> pd.Series:
    """True where a text holds a word of two letters or more that is no currency or unit.

    >>> has_words(pd.Series(["Milk", "$3.99 each", "???", None])).tolist()
    [True, False, False, False]
    """
    return _over_distinct(texts, LETTERS)


def unusable(products: pd.DataFrame) -> pd.Series:
    """Why each product cannot be estimated, in words; "" where it can. Same index.

    The reasons: no name and no shelf; a name that is a number or a price; a package size of zero
    or less, packs of nothing among them ("6 x 0 g"). A number as title is no matter where the
    product type has words. A size that measures no amount of goods ("12 IN", "75 WATT") is no
    reason: such goods are sold, and `net_mass` finds their mass another way.

    >>> shop = pd.DataFrame(
    ...     {"title": ["Milk", "$3.99", None], "category": ["DAIRY", "DAIRY", None]}
    ... )
    >>> unusable(shop).tolist()  # doctest: +NORMALIZE_WHITESPACE
    ['', 'its title is a number or a price ($3.99), not words',
     'it has no title, type or category in words']
    """
    reason = pd.Series("", index=products.index, dtype="str")
    named = pd.Series(False, index=products.index)
    for column in NAMES:
        if column in products:
            named |= has_words(products[column])
    for column in NAMES:
        if column in products:
            number = wordless(products[column]) & ~named & reason.eq("")
            said = products[column].astype("str")
            what = column.replace("_", " ")
            reason = reason.mask(
                number, f"its {what} is a number or a price (" + said + "), not words"
            )
    if SHELF in products:
        named |= has_words(products[SHELF])
    reason = reason.mask(~named & reason.eq(""), "it has no title, type or category in words")
    if "package_size" in products:
        size = products["package_size"].astype("str")
        codes, distinct = pd.factorize(size)
        nothing = pd.Series([*distinct, ""], dtype="str").str.lower().str.fullmatch(NOTHING_IN_IT)
        empty = pd.Series(nothing.to_numpy(dtype=bool)[codes], index=products.index)
        reason = reason.mask(
            empty & reason.eq(""), "its package size is " + size + ", but a pack holds something"
        )
    return reason.fillna("")


def _over_distinct(texts: pd.Series, pattern: str) -> pd.Series:
    codes, distinct = pd.factorize(texts.astype("str"))  # null has code -1: it reads ""
    text = pc.utf8_lower(pa.array([*distinct, ""], type=pa.string()))
    text = pc.replace_substring_regex(text, rf"\b({CURRENCIES})\b", " ")
    found = np.asarray(pc.match_substring_regex(text, pattern).to_pylist(), dtype=bool)
    return pd.Series(found[codes], index=texts.index)
