"""A second opinion: other sources by another mapping, so that no cut judges itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcf_estimator.estimate import Market
from pcf_estimator.needs import read_needs
from pcf_estimator.nutrition import nutrition
from pcf_estimator.second import (
    SecondEstimator,
    check_seed,
    parted_seeds,
    second_footprints,
)
from pcf_estimator.seed.table import read_figures
from pcf_estimator.tables import FOOTPRINTS, TableError, check_table

NEEDS = read_needs()
APPLES = pd.DataFrame(
    [
        ("gala apples", "apples", "fruit", "produce", 0.2),
        ("fuji apples", "apples", "fruit", "produce", 0.8),
        ("bananas", "bananas", "fruit", "produce", 0.6),
        ("whole milk", "milk", "milk", "dairy", 1.3),
    ],
    columns=["concept", "type", "category", "department", "kg_co2e_per_kg"],
)


def shop(*titles: str, **columns: object) -> pd.DataFrame:
    names = {"product_id": [f"p{row}" for row in range(len(titles))], "title": list(titles)}
    return pd.DataFrame({**names, **columns})


def test_the_two_seeds_share_no_source_and_lose_no_figure() -> None:
    figures = read_figures()
    first, second = parted_seeds()
    assert first["figures"].sum() + second["figures"].sum() == len(figures)
    cited = [
        {name.split(":")[0] for text in side["citations"] for name in text.split("; ")}
        for side in (first, second)
    ]
    assert cited == [{"agribalyse"}, {"carbon-catalogue", "su-eatable"}]


@pytest.mark.parametrize(
    "judges", [(), ("nobody",), ("agribalyse", "su-eatable", "carbon-catalogue")]
)
def test_judges_must_be_some_of_the_sources_and_not_all(judges: tuple[str, ...]) -> None:
    with pytest.raises(TableError, match="some and not all"):
        parted_seeds(judges)


def test_a_product_takes_the_record_that_shares_its_words_and_equals_share_theirs() -> None:
    second = SecondEstimator().fit(APPLES)
    found = second.figures(shop("Gala apples, 3 lb", "Red delicious apples", "Milk whole"))
    # "apple" alone is as near to gala as to fuji: the square root of 0.2 x 0.8 is 0.4
    assert found["kg_co2e_per_kg"].tolist() == pytest.approx([0.2, 0.4, 1.3])
    assert found["matched"].tolist() == ["gala apples", "gala apples, fuji apples", "whole milk"]
    assert found["shared"].iloc[2] == pytest.approx(1.0)  # in any order


def test_the_share_of_words_is_weighed_by_how_few_records_hold_them() -> None:
    second = SecondEstimator().fit(APPLES)
    found = second.figures(shop("apples"))
    # gala apples: gala and apple of the name, fruit of the shelf at half. Of 4 records 1 holds
    # gala, 2 apple, 3 fruit: weights ln 5, ln 3 and half of ln(1 + 4 / 3)
    gala, apple, fruit = np.log(5), np.log(3), np.log(1 + 4 / 3) / 2
    assert found["shared"].iloc[0] == pytest.approx(2 * apple / (apple + gala + apple + fruit))


def test_where_no_word_is_shared_only_the_need_speaks_and_ranks_nothing() -> None:
    goods = shop("Kiwi fruit", "Pears", "Skim milk", "Gift voucher", price=[2.0, 2.0, 2.0, None])
    table = second_footprints(goods.assign(net_mass_kg=1.0), SecondEstimator().fit(APPLES))
    # three fruits make a mean, the cube root of 0.2 x 0.8 x 0.6; one milk would make none
    assert table["kg_co2e"].iloc[1] == pytest.approx(0.096 ** (1 / 3))
    assert table["tier"].tolist()[1:] == ["category", "neighbours", "unknown"]
    assert table["kg_co2e_per_kg"].isna().tolist()[1:] == [True, False, True]
    assert table["difference_sd_log10"].isna().tolist()[1:] == [True, False, True]
    check_table(table, FOOTPRINTS, "footprints")


def test_goods_without_a_record_of_their_need_count_by_price_and_never_as_nothing() -> None:
    goods = shop("Dog food", "Whole milk", "Zqx", price=[10.0, 2.0, 4.0])
    table = second_footprints(goods, SecondEstimator().fit(APPLES), Market())
    assert table["tier"].tolist() == ["spend", "neighbours", "spend"]
    # nobody knows a "zqx": it takes the middle factor of the shop
    assert table["kg_co2e"].gt(0).all()
    assert table["source"].iloc[2] == "spend: middle of its need"


def test_a_suppliers_own_figure_does_not_judge_itself() -> None:
    second = SecondEstimator().fit(APPLES)
    plain = shop("Whole milk", net_mass_kg=[1.0])
    told = plain.assign(verified_kg_co2e=0.1, verified_source="the dairy")
    pd.testing.assert_frame_equal(second_footprints(plain, second), second_footprints(told, second))


def test_a_seed_without_records_is_refused() -> None:
    with pytest.raises(TableError, match="no records"):
        SecondEstimator().fit(APPLES.iloc[:0])


@settings(max_examples=5, deadline=None)
@given(order=st.permutations(range(4)), factor=st.floats(0.1, 10.0))
def test_neither_the_order_of_the_shop_nor_the_unit_of_mass_matters(
    order: list[int], factor: float
) -> None:
    goods = shop("Gala apples", "Kiwi", "Whole milk", "Fuji apple")
    scaled = APPLES.assign(kg_co2e_per_kg=APPLES["kg_co2e_per_kg"] * factor)
    found = SecondEstimator(needs=NEEDS).fit(scaled).figures(goods.iloc[order])
    plain = np.array([0.2, np.nan, 1.3, 0.8])  # kiwi shares no word with a fruit on record
    np.testing.assert_allclose(found["kg_co2e_per_kg"], factor * plain[order], rtol=1e-12)


def test_the_judges_know_the_basics_of_a_shop() -> None:
    second = SecondEstimator().fit(parted_seeds()[1])
    goods = shop("Ground beef", "Boneless chicken breast", "Potato chips", "Butter", "Bananas")
    kg = second.figures(goods)["kg_co2e_per_kg"].to_numpy()
    assert not np.isnan(kg).any()
    assert kg[0] > 3 * kg[1]  # beef against chicken
    assert kg[3] > kg[4]


def test_a_third_opinion_is_read_from_the_publishers_folder(tmp_path: Path) -> None:
    (tmp_path / "footprints").mkdir()
    with pytest.raises(TableError, match="was expected"):
        check_seed(tmp_path)
    file = tmp_path / "footprints" / "clark-2022-owid.csv"
    file.write_text("Entity,ghg_kg\nCow's milk,1.7\nBeef curry,12\n")
    second = SecondEstimator().fit(check_seed(tmp_path))
    assert second.figures(shop("Cows milk"))["kg_co2e_per_kg"].tolist() == pytest.approx([1.7])


def test_energy_is_that_of_protein_fat_and_the_rest_and_salt_feeds_nobody() -> None:
    found = nutrition(shop("Butter", "Cucumbers", "Salt", "Ground coffee", "Shampoo"))
    kcal = found["kcal_per_kg"].to_numpy()
    assert kcal[0] > 7000  # four fifths fat at 9,000 kcal a kilogram
    assert kcal[1] < 300  # nearly all water
    assert np.isnan(kcal[2:]).all()
    assert found["protein_kg_per_kg"].isna().tolist() == [False, False, True, True, True]
