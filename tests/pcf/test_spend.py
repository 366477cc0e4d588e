"""Spend factors: which shelf a text belongs to, by hand, and errors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcf_estimator.seed.sources import sources_folder
from pcf_estimator.spend.factors import (
    first_match,
    read_spend_factors,
    refresh_spend_factors,
    spend_intensity,
)
from pcf_estimator.spend.naics import read_industries
from pcf_estimator.tables import TableError

FACTORS = pd.DataFrame(
    {
        "retail_category": ["dog food", "soap", "food"],
        "department": ["pet", "personal care", "pantry"],
        "match": ["dog+food", "soap | body+wash", "food"],
        "naics_code": ["311111", "325611", "311999"],
        "kg_co2e_per_usd": [0.3, 0.4, 0.5],
        "usd_year": [2022, 2022, 2022],
        "source": ["epa", "epa", "epa"],
    }
)


def test_the_first_pattern_that_matches_wins_and_all_words_of_a_choice_must_be_there() -> None:
    patterns = pd.Series(["dog+food | litter", "food", "body+wash"])
    texts = pa.array(["food dog", "cat litter", "foodie", "hot food", "body", "wash body"])
    # "foodie" is another word than "food"; "body" alone is only half of "body+wash"
    assert first_match(patterns, texts).tolist() == [0, 0, -1, 1, -1, 2]


def test_a_product_gets_the_factor_of_its_shelf_from_any_of_its_texts() -> None:
    products = pd.DataFrame(
        {
            "title": ["Lavender bar SOAP 3 CT", "Dry kibble", "Gift voucher", None],
            "category": ["BATH", "DOG FOODS", None, None],
        },
        index=[7, 3, 9, 1],
    )
    found = spend_intensity(products, FACTORS)
    assert found.index.tolist() == [7, 3, 9, 1]
    assert found["retail_category"].tolist() == ["soap", "dog food", "", ""]
    assert found["naics_code"].tolist() == ["325611", "311111", "", ""]
    np.testing.assert_array_equal(found["kg_co2e_per_usd"], [0.4, 0.3, np.nan, np.nan])


def test_no_products_give_no_rows() -> None:
    found = spend_intensity(pd.DataFrame({"title": pd.Series([], dtype="str")}), FACTORS)
    assert found.columns.tolist() == [
        "retail_category",
        "naics_code",
        "kg_co2e_per_usd",
        "basis",
        "match_score",
    ]
    assert len(found) == 0


def test_key_words_answer_only_where_the_table_is_silent() -> None:
    shop = pd.DataFrame({"title": ["lavender soap", "red telescope", "qwertz"]})
    found = spend_intensity(shop, FACTORS)
    assert found["basis"].tolist() == ["table", "text match", ""]
    assert found["naics_code"].tolist() == ["325611", "333314", ""]
    np.testing.assert_array_equal(found["match_score"], [np.nan, 1.0, np.nan])


def test_prices_of_another_year_and_currency_move_every_factor_alike() -> None:
    shop = pd.DataFrame({"title": ["lavender soap", "red telescope", "qwertz"]})
    now = spend_intensity(shop)
    then = spend_intensity(shop, price_year=2017, usd_per_currency=1.25)
    # by hand: 292.655 / 245.120 * 1.25 = 1.492407
    np.testing.assert_allclose(
        then["kg_co2e_per_usd"] / now["kg_co2e_per_usd"], [1.492407, 1.492407, np.nan], rtol=1e-6
    )
    same = ["retail_category", "naics_code", "basis", "match_score"]
    pd.testing.assert_frame_equal(then[same], now[same])
    pd.testing.assert_frame_equal(spend_intensity(shop, price_year=2022), now)


@given(st.lists(st.sampled_from(["red", "large", "premium", "soft", "12 ct"]), max_size=3))
def test_spend_never_ranks_goods_of_one_class(words: list[str]) -> None:
    # inside a class kg per dollar is one number: all that differs is the price
    shop = pd.DataFrame({"title": ["lavender soap", " ".join([*words, "soap"]), "hand soap"]})
    assert spend_intensity(shop)["kg_co2e_per_usd"].tolist() == [0.355] * 3


def test_one_class_has_one_factor() -> None:
    for table, name in ((read_spend_factors(), "retail_category"), (read_industries(), "industry")):
        assert table.groupby(name)["kg_co2e_per_usd"].nunique().eq(1).all()
        assert table.groupby("naics_code")["kg_co2e_per_usd"].nunique().eq(1).all()


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf")])
def test_a_currency_worth_nothing_is_an_error(rate: float) -> None:
    with pytest.raises(TableError, match="US dollars, but a number above 0 was expected"):
        spend_intensity(pd.DataFrame({"title": ["soap"]}), usd_per_currency=rate)


def test_a_year_without_a_price_level_is_an_error() -> None:
    with pytest.raises(TableError, match="no price level for the year 1999"):
        spend_intensity(pd.DataFrame({"title": ["soap"]}), price_year=1999)


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("DRY DOG FOOD", "dog and cat food"),
        ("BABY DIAPERS", "diapers"),
        ("LIQUID LAUNDRY DETERGENTS", "laundry detergent"),
        ("TOILET TISSUE", "toilet paper"),
        ("PAPER TOWELS & HOLDERS", "paper towels"),
        ("ANTIPERSPIRANTS", "deodorant"),
        ("AA alkaline batteries", "batteries"),
        ("chocolate chip cookies", "cookies and crackers"),
        ("shampoo for dry hair", "shampoo and hair care"),
        ("multivitamin tablets vitamins", "vitamins and supplements"),
        ("birthday greeting card", "greeting cards"),
        ("rose bouquet", "cut flowers"),
        ("aluminum foil", "aluminum foil and foil pans"),
        ("ground beef", "beef, pork and lamb"),
    ],
)
def test_everyday_goods_find_their_shelf(text: str, category: str) -> None:
    found = spend_intensity(pd.DataFrame({"title": [text]}))
    assert found["retail_category"].tolist() == [category]


def test_the_committed_factors_are_those_of_the_publisher() -> None:
    folder = sources_folder()
    if folder is None:
        pytest.skip("GREENAISLE_SOURCES is unset: the publishers' files are not at hand")
    spend = read_spend_factors()
    pd.testing.assert_frame_equal(refresh_spend_factors(spend, folder), spend)


def test_every_factor_is_a_plausible_amount_per_dollar() -> None:
    spend = read_spend_factors()
    # the whole US economy is near 0.2 to 0.3 kg per dollar; cement, the highest, is 3.9
    assert spend["kg_co2e_per_usd"].between(0.04, 2).all()
    assert spend["usd_year"].eq(2022).all()
    assert spend["naics_code"].str.fullmatch(r"\d{6}").all()


def test_a_pattern_that_no_text_can_match_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "spend.csv"
    # texts are read in the singular
    FACTORS.replace("soap | body+wash", "soaps | body+wash").to_csv(path, index=False)
    with pytest.raises(TableError, match=r"row 2 \(retail_category soap\): match holds 'soaps'"):
        read_spend_factors(path)


def test_an_industry_that_the_publisher_lacks_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "footprints").mkdir()
    pd.DataFrame(
        {
            "2017 NAICS Code": ["311111", "325611"],
            "Unit": ["kg CO2e/2022 USD, purchaser price"] * 2,
            "Supply Chain Emission Factors with Margins": [0.333, 0.355],
        }
    ).to_csv(tmp_path / "footprints" / "epa-supply-chain-v1.3-usd2022.csv", index=False)
    with pytest.raises(TableError, match=r"row 3 \(retail_category food\): .*no industry 311999"):
        refresh_spend_factors(FACTORS, tmp_path)
    fresh = refresh_spend_factors(FACTORS.head(2), tmp_path)
    assert fresh["kg_co2e_per_usd"].tolist() == [0.333, 0.355]
