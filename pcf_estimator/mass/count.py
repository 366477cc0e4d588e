"""Package count: how many units a pack holds, for goods whose figure is that of one unit."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pcf_estimator.units import UNIT_OF_MASS, UNIT_OF_VOLUME

COUNTED = "PKS?|PACKS?|MULTIPACKS?|CT|CNT|COUNT"
PIECES = "PCS?|PIECES?"  # of a size only: a "Windows 11 PC" or a "7-piece dining set" is one
OF = "SETS?|PACKS?|PK|MULTIPACK|BOX|CASE|BUNDLE|LOT"
MEASURED = "|".join(sorted({*UNIT_OF_MASS, *UNIT_OF_VOLUME}, key=len, reverse=True))


def _pattern(words: str) -> str:
    return (
        rf"(?<![\d.,])(?:(?P<low>\d{{1,4}})-)?(?P<number>\d{{1,4}})[ -]*(?:{words})(?![A-Z])"
        rf"|(?<!\d )(?<!\d-)(?<!\d)\b(?:{OF})\s+OF\s+(?P<of>\d{{1,4}})(?![\d.,])"
        rf"|^(?P<times>\d{{1,3}})\s*[X×]\s*\d[\d.,]*\s*(?:{MEASURED})(?![A-Z])"
    )


IN_SIZE, IN_TITLE = _pattern(f"{COUNTED}|{PIECES}"), _pattern(COUNTED)


def package_count(products: pd.DataFrame) -> pd.Series:
    """How many units a pack of each product holds, as its package size or else its title says; 1.0
    where neither says. Same index, at least 1, never null.

    The first of "2 CT", "10 PK", "2-pack", "set of 4", "pack of 3" or "6 x 330 ml" that stands
    there; "4-6 CT" is read at its middle. Loads, sheets and rolls are no units, and pieces are only
    in a package size ("4 PC").

    >>> shop = pd.DataFrame(
    ...     {
    ...         "title": ["Chairs, set of 4", "Laptop 14 inch", "USB cable 3-pack"],
    ...         "package_size": [None, "1 CT", "2 PK"],
    ...     }
    ... )
    >>> package_count(shop).tolist()
    [4.0, 1.0, 2.0]
    """
    count = pd.Series(np.nan, index=products.index)
    for column, pattern in (("package_size", IN_SIZE), ("title", IN_TITLE)):
        if column in products:
            count = count.fillna(_stated(products[column], pattern))
    return count.fillna(1.0).rename(None)


def _stated(texts: pd.Series, pattern: str) -> pd.Series:
    codes, distinct = pd.factorize(texts.astype("str"))  # null has code -1: the last row, ""
    text = pd.Series([*distinct, ""], dtype="str").str.upper().str.strip()
    text = text.str.replace(r"(?<=\d),(?=\d{3}(?!\d))", "", regex=True)
    found = text.str.extract(pattern).apply(pd.to_numeric).astype("float64")
    number = (found["number"] + found["low"].fillna(found["number"])) / 2
    number = number.fillna(found["of"]).fillna(found["times"])
    return pd.Series(number.where(number >= 1).to_numpy()[codes], index=texts.index)
