"""Estimates: one row per product, the tier by facts, the pack's kilograms by its mass."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcf_estimator.estimate import Market, estimate_footprints
from pcf_estimator.model import PcfModel
from pcf_estimator.seed.table import read_seed
from pcf_estimator.tables import FOOTPRINTS, PRODUCTS, TIERS, check_table, read_table
from pcf_estimator.tiers import choose_tiers


@pytest.fixture(scope="module")
def model() -> PcfModel:
    """Foods only, so that household goods are what the seed does not hold."""
    seed = read_seed()
    food = seed[~seed["department"].isin(["household", "personal care", "pet"])]
    beef_and_others = food["type"].str.contains("beef|milk|carrot") | (food.index % 6 == 0)
    return PcfModel(trees=20).fit(food[beef_and_others])


def estimates(model: PcfModel, **columns: list[object]) -> pd.DataFrame:
    size = len(next(iter(columns.values())))
    frame = pd.DataFrame({"product_id": [f"p{n}" for n in range(size)], **columns})
    return estimate_footprints(check_table(frame, PRODUCTS, "products"), model)


def test_every_product_gets_a_row_in_order_that_passes_the_footprints_check(
    model: PcfModel,
) -> None:
    titles = ["Ground beef 2 lb", "Gift voucher", None, "Whole milk 1 l", "Zzyx"]
    found = estimates(model, title=titles, category=["MEAT", None, None, "DAIRY", None])
    assert found["product_id"].tolist() == ["p0", "p1", "p2", "p3", "p4"]
    assert list(found.columns) == list(FOOTPRINTS.columns)
    check_table(found, FOOTPRINTS, "footprints")
    assert set(found["tier"]) <= set(TIERS)
    assert (found["source"] != "").all()
    assert found["model_version"].unique().tolist() == [model.model_version_]


def test_tiers_follow_from_what_is_known_of_a_product(model: PcfModel) -> None:
    found = estimates(
        model,
        title=["Ground beef 1 kg", "Ground beef 1 kg", "Light bulb", "Light bulb", "Zzyx"],
        price=[9.0, 9.0, 4.0, None, 20.0],
        verified_kg_co2e=[21.0, None, None, None, None],
        verified_source=["the farm's own declaration", None, None, None, None],
    ).set_index("product_id")
    assert found["tier"].tolist() == ["verified", "model", "spend", "unknown", "unknown"]
    # a supplier's figure is taken as it is, per pack; nobody measures better than to 0.05 in log10
    assert found.loc["p0", "kg_co2e"] == 21.0
    half = 1.2815515655446 * 0.05  # 80 % of a normal lie so many standard deviations around it
    assert found.loc["p0", "kg_co2e_low"] == pytest.approx(21.0 * 10**-half)
    assert found.loc["p0", "kg_co2e_high"] == pytest.approx(21.0 * 10**half)
    assert found.loc["p0", "source"] == "the farm's own declaration"
    assert found.loc["p0", "quality_technology"] == 1
    assert found.loc["p0", "quality_reliability"] == 1
    assert "beef" in found.loc["p1", "source"]
    assert "per dollar" in found.loc["p2", "source"]
    # what is not known is null, never zero, and says why
    assert found.loc[["p3", "p4"], "kg_co2e"].isna().all()
    assert "needs a price" in found.loc["p3", "source"]


def test_tiers_by_hand_from_the_facts() -> None:
    facts = pd.DataFrame(
        {
            "kind_in_seed": [True, False, False, False, False],
            "words": [0.0, 0.7, 0.2, 0.2, 0.2],
            "similarity": [0.0, 0.1, 0.5, 0.1, 0.1],
            "food_named": [False] * 5,
            "node": ["", "", "category", "category", ""],
        }
    )
    food, other = np.zeros(5, dtype=bool), np.ones(5, dtype=bool)
    assert choose_tiers(facts, food).tolist() == ["model", "model", "neighbours", "category", ""]
    # words in common with foods say nothing of a lamp: only its kind does
    assert choose_tiers(facts, other).tolist() == ["model", "", "", "", ""]


def test_without_title_and_category_a_product_is_unknown_and_says_why(model: PcfModel) -> None:
    found = estimates(model, title=[None, "Milk"], price=[3.0, 3.0])
    assert found["tier"].tolist() == ["unknown", "model"]
    assert np.isnan(found["kg_co2e"].iloc[0])
    assert found["source"].iloc[0] == "it has no title, type or category in words"


def test_twice_the_mass_is_twice_the_footprint(model: PcfModel) -> None:
    found = estimates(model, title=["Ground beef"] * 2, net_mass_kg=[0.5, 1.0])
    for column in ("kg_co2e", "kg_co2e_low", "kg_co2e_high"):
        assert found[column].iloc[1] == pytest.approx(2 * found[column].iloc[0])
    assert found["kg_co2e_per_kg"].iloc[0] == found["kg_co2e_per_kg"].iloc[1]
    assert found["mass_basis"].tolist() == ["catalogue", "catalogue"]


def test_a_guessed_mass_widens_the_range_and_lowers_the_quality(model: PcfModel) -> None:
    found = estimates(model, title=["Ground beef"] * 2, net_mass_kg=[1.0, None])
    factor = found["kg_co2e_high"] / found["kg_co2e_low"]
    assert factor.iloc[1] > factor.iloc[0]
    # the weight of a guessed pack is inferred: one worse in one of five dimensions
    assert found["quality_reliability"].diff().iloc[1] == 1
    assert found["data_quality"].diff().iloc[1] == pytest.approx(0.2)


@settings(deadline=None, max_examples=8)
@given(
    words=st.lists(
        st.sampled_from(
            [
                *("eco", "climate friendly", "sustainable", "organic", "green", "natural"),
                *("carbon neutral", "plastic free", "compostable", "responsibly sourced"),
            ]
        ),
        min_size=1,
        max_size=3,
    ),
    title=st.sampled_from(["ground beef 1 kg", "whole milk 1 l", "carrots 1 kg"]),
)
def test_green_words_do_not_lower_a_footprint(
    model: PcfModel, words: list[str], title: str
) -> None:
    found = estimates(model, title=[title, " ".join([*words, title])])
    assert found["kg_co2e"].iloc[1] == pytest.approx(found["kg_co2e"].iloc[0])


def test_price_moves_no_figure_that_has_a_mass(model: PcfModel) -> None:
    found = estimates(model, title=["Ground beef"] * 2, net_mass_kg=[1.0, 1.0], price=[5.0, 25.0])
    assert found["kg_co2e"].iloc[0] == found["kg_co2e"].iloc[1]


def test_spend_is_price_times_kg_per_dollar(model: PcfModel) -> None:
    found = estimates(model, title=["Alkaline batteries"] * 2, price=[4.0, 8.0])
    assert found["tier"].tolist() == ["spend", "spend"]
    assert found["kg_co2e"].iloc[1] == pytest.approx(2 * found["kg_co2e"].iloc[0])
    assert found["kg_co2e_per_kg"].isna().all()
    assert found["quality_technology"].tolist() == [5, 5]


def test_every_range_holds_its_figure(model: PcfModel) -> None:
    titles = read_seed()["concept"].iloc[::9].tolist()
    found = estimates(model, title=titles, price=[3.0] * len(titles))
    known = found.dropna(subset="kg_co2e")
    assert len(known) > len(found) / 2
    assert (known["kg_co2e_low"] <= known["kg_co2e"]).all()
    assert (known["kg_co2e"] <= known["kg_co2e_high"]).all()
    assert np.isfinite(known["kg_co2e_high"]).all()


def test_a_table_of_ids_and_titles_is_enough(model: PcfModel, tmp_path: Path) -> None:
    path = tmp_path / "foods.csv"
    path.write_text("product_id,title\na,Carrots\nb,Whole milk\nc,Ground beef\n")
    found = estimate_footprints(read_table(path, PRODUCTS), model)
    assert found["tier"].tolist() == ["model"] * 3
    assert found["mass_basis"].tolist() == ["category"] * 3
    assert found["kg_co2e"].notna().all()


def test_a_pack_of_two_laptops_is_two_laptops(model: PcfModel) -> None:
    found = estimates(model, title=["Laptop 14 inch 16GB"] * 2, package_size=[None, "2 CT"])
    assert found["tier"].tolist() == ["model", "model"]
    for column in ("kg_co2e", "kg_co2e_low", "kg_co2e_high_95"):
        assert found[column].iloc[1] == pytest.approx(2 * found[column].iloc[0])


def test_a_rate_of_exchange_moves_no_mass(model: PcfModel) -> None:
    # the same rice at 4 dollars and at 600 yen: its text says 2 kg either way
    rice = pd.DataFrame({"product_id": ["a"], "title": ["White rice, 2 kg"], "price": [600.0]})
    found = estimate_footprints(rice, model, Market(usd_per_currency=1 / 150))
    assert found["net_mass_kg"].tolist() == [2.0]


def test_a_catalogue_without_rows_has_footprints_without_rows(model: PcfModel) -> None:
    nothing = pd.DataFrame({"product_id": [], "title": []}, dtype="str")
    assert estimate_footprints(nothing, model).columns.tolist() == list(FOOTPRINTS.columns)
