"""Spend factors: kg CO2e per dollar by retail category, for goods that nothing better describes.

A last resort: one factor for a whole industry says nothing about two goods of one shelf, except
that the cheaper one is lighter. So these never rank products within a class.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pcf_estimator.sources import epa
from pcf_estimator.tables import Column, Table, TableError, read_table, shipped_data
from pcf_estimator.text import product_text, tokens

SOURCE = "epa"
SPEND = Table(
    name="spend_factors",
    key="retail_category",
    named_by=("retail_category",),
    columns={
        "retail_category": Column(
            kind="text", meaning="the shelf in our own words", required=True, filled=True
        ),
        "department": Column(kind="text", meaning="the widest shelf", required=True, filled=True),
        "match": Column(
            kind="text", meaning="words a+b of one of the choices c | d", required=True, filled=True
        ),
        "naics_code": Column(kind="text", meaning="industry, 2017", required=True, filled=True),
        "kg_co2e_per_usd": Column(
            kind="number",
            meaning="kg CO2e per dollar paid in the shop",
            required=True,
            filled=True,
            above=0,
        ),
        "usd_year": Column(kind="whole", meaning="the dollar's year", required=True, filled=True),
        "source": Column(kind="text", meaning="who published it", required=True, filled=True),
    },
)


def read_spend_factors(path: Path | None = None) -> pd.DataFrame:
    """Spend factors in the order in which they are tried; the shipped ones unless `path` is given.

    Raises TableError, naming row and category, for a bad value or for a pattern whose words no
    product text can hold, since texts are read as `text.tokens` leaves them.
    """
    path = shipped_data("spend_factors.csv") if path is None else Path(path)
    spend = read_table(path, SPEND)
    words = pd.Series(spend["match"].str.split(r"[+|]").explode().str.strip(), dtype="str")
    dead = words[tokens(words).ne(words) | words.eq("")]
    if len(dead):
        row = int(dead.index[0])
        raise TableError(
            f"{SPEND.name} ({path}), row {row + 1} (retail_category "
            f"{spend['retail_category'].iloc[row]}): match holds {dead.iloc[0]!r}, but a word as "
            f"product texts are read was expected ({len(dead)} such words)"
        )
    return spend


def refresh_spend_factors(spend: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """`spend` with factor and year read again from the publisher's file, by industry code."""
    published = epa(folder).set_index("naics_code").reindex(spend["naics_code"])
    lost = published["kg_co2e_per_usd"].isna().to_numpy()
    if lost.any():
        row = int(np.flatnonzero(lost)[0])
        raise TableError(
            f"{SPEND.name}, row {row + 1} (retail_category {spend['retail_category'].iloc[row]}): "
            f"its source has no industry {spend['naics_code'].iloc[row]} ({lost.sum()} such rows)"
        )
    return spend.assign(
        kg_co2e_per_usd=published["kg_co2e_per_usd"].to_numpy(),
        usd_year=published["usd_year"].astype("Int64").array,
        source=SOURCE,
    )


def spend_intensity(products: pd.DataFrame, factors: pd.DataFrame | None = None) -> pd.DataFrame:
    """Retail category, industry and kg CO2e per 2022 dollar of each product, by its text.

    Same index as `products`; the first factor whose pattern matches wins, and where none does
    `retail_category` and `naics_code` are "" and `kg_co2e_per_usd` is NaN. Each distinct text is
    matched once.

    >>> spend_intensity(pd.DataFrame({"title": ["Alkaline batteries 4 ct", ""]}))[
    ...     "naics_code"
    ... ].tolist()
    ['335912', '']
    """
    factors = read_spend_factors() if factors is None else factors
    code, texts = pd.factorize(product_text(products))
    first = first_match(factors["match"], pa.array(texts, type=pa.string()))[code]
    found = factors[["retail_category", "naics_code", "kg_co2e_per_usd"]].reset_index(drop=True)
    answer = found.reindex(first).set_axis(products.index)
    return answer.fillna({"retail_category": "", "naics_code": ""})


def first_match(patterns: pd.Series, texts: pa.Array) -> np.ndarray:
    """Row number of the first pattern that matches each text, -1 where none does.

    A pattern is choices joined by "|", each of words joined by "+"; a choice matches a text that
    holds all its words, whole and in any order.

    >>> first_match(
    ...     pd.Series(["dog+food | litter", "food"]), pa.array(["food for dog", "hot food"])
    ... )
    array([0, 1])
    """
    padded = pc.binary_join_element_wise("", texts, "", " ")
    has: dict[str, np.ndarray] = {}
    first = np.full(len(texts), -1)
    for row, pattern in enumerate(patterns):
        for choice in pattern.split("|"):
            words = [word.strip() for word in choice.split("+")]
            for word in words:
                if word not in has:
                    has[word] = pc.match_substring(padded, f" {word} ").to_numpy(False)
            first[(first < 0) & np.all([has[word] for word in words], axis=0)] = row
    return first
