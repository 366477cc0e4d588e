"""Prices of one year against factors of another."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcf_estimator.spend.deflate import FACTOR_YEAR, deflator, read_price_index
from pcf_estimator.spend.factors import read_spend_factors
from pcf_estimator.tables import TableError

YEARS = st.sampled_from(sorted(read_price_index()))


def test_a_dollar_of_2017_is_worth_more_dollars_of_2022() -> None:
    # by hand: 292.655 / 245.120 = 1.19393
    assert deflator(2017) == pytest.approx(1.19393, abs=1e-5)


def test_a_dollar_of_the_factors_own_year_is_itself() -> None:
    assert deflator(FACTOR_YEAR) == 1.0
    assert set(read_spend_factors()["usd_year"]) == {FACTOR_YEAR}


@given(price=YEARS, factor=YEARS, between=YEARS)
def test_going_by_a_third_year_changes_nothing(price: int, factor: int, between: int) -> None:
    direct = deflator(price, factor)
    assert deflator(price, between) * deflator(between, factor) == pytest.approx(direct)


def test_the_index_has_every_year_and_moves_by_less_than_a_tenth_a_year() -> None:
    index = read_price_index()
    years = sorted(index)
    assert years == list(range(years[0], years[-1] + 1))
    steps = [index[year + 1] / index[year] for year in years[:-1]]
    assert all(0.98 < step < 1.1 for step in steps)


@pytest.mark.parametrize("year", [2009, 2026, 17])
def test_a_year_without_a_price_level_is_an_error_that_names_the_years(year: int) -> None:
    with pytest.raises(TableError, match=f"for the year {year}, but one of 2010 to 2025 was"):
        deflator(year)


def test_a_price_level_of_zero_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "index.csv"
    path.write_text("year,index,series,source\n2020,100,all,us\n2021,0,all,us\n", encoding="utf-8")
    with pytest.raises(TableError, match=r"row 2 \(year 2021\): index is 0"):
        read_price_index(path)


def test_an_index_of_ones_own_is_used() -> None:
    assert deflator(2001, 2002, {2001: 50.0, 2002: 75.0}) == 1.5
