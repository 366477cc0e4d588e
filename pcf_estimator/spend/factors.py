"""Spend factors: kg CO2e per dollar by retail category, for goods that nothing better describes.

A table of retail categories first, then key words of industries for what it does not know. A last
resort: one factor for a whole industry says nothing about two goods of one shelf, except that the
cheaper one is lighter. So these never rank products within a class.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from pcf_estimator.seed.sources import epa
from pcf_estimator.spend.deflate import deflator
from pcf_estimator.spend.naics import Matcher, check_words, shipped_matcher, words_of
from pcf_estimator.tables import Column, Table, TableError, read_table, shipped_data
from pcf_estimator.text import product_text

SOURCE = "epa"
TABLE, TEXT_MATCH = "table", "text match"  # what an industry rests on: `basis`
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
    return check_words(read_table(path, SPEND), SPEND, path)


def refresh_spend_factors(spend: pd.DataFrame, folder: Path, table: Table = SPEND) -> pd.DataFrame:
    """`spend` with factor and year read again from the publisher's file, by industry code.

    `spend` is a table of retail categories, or of industries with `table` as `naics.INDUSTRIES`.
    """
    published = epa(folder).set_index("naics_code").reindex(spend["naics_code"])
    lost = published["kg_co2e_per_usd"].isna().to_numpy()
    if lost.any():
        row, name = int(np.flatnonzero(lost)[0]), table.named_by[0]
        raise TableError(
            f"{table.name}, row {row + 1} ({name} {spend[name].iloc[row]}): "
            f"its source has no industry {spend['naics_code'].iloc[row]} ({lost.sum()} such rows)"
        )
    return spend.assign(
        kg_co2e_per_usd=published["kg_co2e_per_usd"].to_numpy(),
        usd_year=published["usd_year"].astype("Int64").array,
        source=SOURCE,
    )


def spend_intensity(
    products: pd.DataFrame,
    factors: pd.DataFrame | None = None,
    *,
    matcher: Matcher | None = None,
    price_year: int | None = None,
    usd_per_currency: float = 1.0,
) -> pd.DataFrame:
    """Retail category, industry and kg CO2e per unit of price of each product, by its text.

    Same index as `products`, columns `retail_category`, `naics_code`, `kg_co2e_per_usd`, `basis`
    and `match_score`. The first factor whose pattern matches wins (`basis` "table"); where none
    does, the industry that its key words name ("text match", with the score of `Matcher.match` and
    the industry's name as category); where neither answers, texts are "" and numbers NaN.

    `price_year` is the year of the prices, None for the factors' own, and moves the factors by
    consumer prices. `usd_per_currency` is what one unit of the shop's currency is worth in US
    dollars of that year: 1 assumes prices in dollars. Each distinct text is matched once. Raises
    TableError for a year without a price level or a rate that is not above 0.

    >>> shop = pd.DataFrame({"title": ["Alkaline batteries 4 ct", "Telescope"]})
    >>> spend_intensity(shop)[["naics_code", "kg_co2e_per_usd", "basis"]]
      naics_code  kg_co2e_per_usd       basis
    0     335912            0.103       table
    1     333314            0.175  text match
    """
    factors = _shipped_factors() if factors is None else factors
    matcher = shipped_matcher() if matcher is None else matcher
    if not (np.isfinite(usd_per_currency) and usd_per_currency > 0):
        raise TableError(
            f"prices: a unit of currency is said to be {usd_per_currency} US dollars, but a number "
            "above 0 was expected"
        )
    code, distinct = pd.factorize(product_text(products))
    texts = pa.array(distinct, type=pa.string())
    first = first_match(factors["match"], texts)
    rest = np.flatnonzero(first < 0)
    industry, score = matcher.match(texts.take(pa.array(rest)))
    matched = industry >= 0

    columns = ["retail_category", "naics_code", "kg_co2e_per_usd", "usd_year"]
    named = matcher.industries.rename(columns={"industry": "retail_category"})
    known = pd.concat([factors[columns], named[columns]], ignore_index=True)
    year = known.pop("usd_year")
    if price_year is not None:
        newer = {int(of): deflator(price_year, int(of)) for of in year.unique()}
        known["kg_co2e_per_usd"] *= year.map(newer).astype("float64")
    known["kg_co2e_per_usd"] *= usd_per_currency
    row, match_score = first.copy(), np.full(len(first), np.nan)
    row[rest[matched]] = len(factors) + industry[matched]
    match_score[rest] = score
    answer = known.reindex(row).fillna({"retail_category": "", "naics_code": ""})
    answer["basis"] = pd.Series(
        np.select([first >= 0, row >= 0], [TABLE, TEXT_MATCH], ""), index=answer.index, dtype="str"
    )
    answer["match_score"] = match_score
    return answer.take(code).set_axis(products.index)


def first_match(patterns: pd.Series, texts: pa.Array) -> np.ndarray:
    """Row number of the first pattern that matches each text, -1 where none does.

    A pattern is choices joined by "|", each of words joined by "+"; a choice matches a text that
    holds all its words, whole and in any order.

    >>> first_match(
    ...     pd.Series(["dog+food | litter", "food"]), pa.array(["food for dog", "hot food"])
    ... )
    array([0, 1])
    """
    choices = [
        (row, [word.strip() for word in choice.split("+")])
        for row, pattern in enumerate(patterns)
        for choice in pattern.split("|")
    ]
    words = list(dict.fromkeys(word for _, choice in choices for word in choice))
    line, column = words_of(texts, pa.array(words, type=pa.string()))
    has = np.zeros((len(words), len(texts)), dtype=bool)
    has[column, line] = True
    held = dict(zip(words, has, strict=True))
    first = np.full(len(texts), -1)
    for row, choice in choices:
        whole = held[choice[0]]
        for word in choice[1:]:
            whole = whole & held[word]
        first[whole & (first < 0)] = row
    return first


@cache
def _shipped_factors() -> pd.DataFrame:
    return read_spend_factors()
