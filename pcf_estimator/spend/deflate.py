"""Prices of one year against spend factors of another.

A factor is kg CO2e per dollar of its own year. A dollar of an earlier year bought more, so it
stands for more kg.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pcf_estimator.tables import Column, Table, TableError, read_table, shipped_data

FACTOR_YEAR = 2022  # of the shipped spend factors
PRICE_INDEX = Table(
    name="price_index",
    key="year",
    named_by=("year",),
    columns={
        "year": Column(kind="whole", meaning="calendar year", required=True, filled=True),
        "index": Column(
            kind="number",
            meaning="price level, annual average",
            required=True,
            filled=True,
            above=0,
        ),
        "series": Column(kind="text", meaning="what it is of", required=True, filled=True),
        "source": Column(kind="text", meaning="who published it", required=True, filled=True),
    },
)


def read_price_index(path: Path | None = None) -> dict[int, float]:
    """Price level by year; US consumer prices (CPI-U, all items) unless `path` is given.

    Raises TableError, naming row and year, for a bad value or a year that stands there twice.

    >>> read_price_index()[2017]
    245.12
    """
    path = shipped_data("price_index.csv") if path is None else Path(path)
    table = read_table(path, PRICE_INDEX)
    return dict(zip(table["year"].astype(int), table["index"].astype(float), strict=True))


def deflator(
    price_year: int, factor_year: int = FACTOR_YEAR, index: dict[int, float] | None = None
) -> float:
    """Dollars of `factor_year` per dollar of `price_year`: the index of the one over the other.

    Times a factor, it gives kg CO2e per dollar of `price_year`. The shipped index is one for all
    goods: for prices older than the factors, a good that rose more than the average is read a
    little low, and one that became cheaper, such as a television, high. Raises TableError, naming
    the years at hand, for a year that the index lacks.

    >>> round(deflator(2017), 3), deflator(2022)
    (1.194, 1.0)
    """
    index = _shipped() if index is None else index
    for year in (price_year, factor_year):
        if year not in index:
            raise TableError(
                f"{PRICE_INDEX.name}: no price level for the year {year}, but one of "
                f"{min(index)} to {max(index)} was expected"
            )
    return index[factor_year] / index[price_year]


@cache
def _shipped() -> dict[int, float]:
    return read_price_index()
