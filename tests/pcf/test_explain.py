"""Explanations: the numbers are the estimate's own, and every claim follows from a fact."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pcf_estimator.devices.unit_figures import unit_figures
from pcf_estimator.estimate import estimate_footprints
from pcf_estimator.explain.explain import explain, nearest_records
from pcf_estimator.explain.explanation import Explanation
from pcf_estimator.explain.words import between, significant, weight
from pcf_estimator.members import MEMBERS
from pcf_estimator.model import COVERAGE, PcfModel
from pcf_estimator.seed.table import read_seed
from pcf_estimator.tables import PRODUCTS, check_table

TITLES = {
    "milk": "model",
    "ground beef 1 lb": "model",
    "frozen pizza 12 oz": "model",
    "laundry detergent": "unknown",
    "laptop": "category",
    "blorptang": "unknown",
}


@pytest.fixture(scope="module")
def model() -> PcfModel:
    """Foods only, and a third of them."""
    seed = read_seed()
    food = seed[~seed["department"].isin(["household", "personal care", "pet"])]
    keep = food["type"].str.contains("beef|milk|pizza") | (food.index % 4 == 0)
    return PcfModel(trees=20).fit(food[keep])


def shop(**columns: list[object]) -> pd.DataFrame:
    rows = len(next(iter(columns.values())))
    frame = pd.DataFrame({"product_id": [f"p{n}" for n in range(rows)], **columns})
    return check_table(frame, PRODUCTS, "products")


def said_of(model: PcfModel, title: str, **columns: object) -> Explanation:
    return explain(shop(title=[title], **{k: [v] for k, v in columns.items()}), model)


def test_the_numbers_are_those_of_the_estimate(model: PcfModel) -> None:
    goods = shop(
        title=["Whole milk 1 l", "Ground beef 2 lb", "Strange tropical dish", "Batteries 4 ct"],
        price=[2.0, 9.0, 3.0, 4.0],
    )
    estimated = estimate_footprints(goods, model)
    for row in range(len(goods)):
        found = explain(goods.iloc[[row]], model)
        for name in ("kg_co2e", "kg_co2e_low", "kg_co2e_high", "kg_co2e_per_kg", "net_mass_kg"):
            expected = estimated[name].iloc[row]
            value = getattr(found, name)
            assert (value is None) == bool(np.isnan(expected))
            if value is not None:
                assert value == pytest.approx(expected, rel=1e-9)
        for name in ("tier", "source", "boundary", "mass_basis", "model_version"):
            assert getattr(found, name) == estimated[name].iloc[row]


def test_within_its_shop_a_product_gets_the_mass_that_the_whole_catalogue_gives_it(
    model: PcfModel,
) -> None:
    goods = shop(
        title=["Milk"] * 30 + ["Whole milk", "Ground beef"],
        category=["MILK"] * 31 + ["BEEF"],
        package_size=["1 l"] * 30 + [None, None],
        price=[1.0 + n / 100 for n in range(30)] + [2.3, 9.0],
    )
    whole = estimate_footprints(goods, model).iloc[30]
    found = explain(goods.iloc[[30]], model, shop=goods)
    assert found.mass_basis == whole["mass_basis"] == "price"
    assert found.net_mass_kg == pytest.approx(whole["net_mass_kg"])
    assert found.kg_co2e_high == pytest.approx(whole["kg_co2e_high"])
    assert "by what the shelf costs per kg" in " ".join(found.sentences())


def test_parts_of_the_range_add_up_in_quadrature(model: PcfModel) -> None:
    found = said_of(model, "Ground beef")
    half = np.log10(found.kg_co2e_high / found.kg_co2e_low) / 2
    assert sum(width.half_log10**2 for width in found.widths) == pytest.approx(half**2)
    assert sum(width.share for width in found.widths) == pytest.approx(1.0)
    assert {width.cause for width in found.widths} == {"model", "sources", "mass"}
    # the range per kg is that of the model, which knows no mass
    low, _, high = model.predict_interval(shop(title=["Ground beef"]), COVERAGE, True)
    assert found.kg_co2e_per_kg_low == pytest.approx(low[0])
    assert found.kg_co2e_per_kg_high == pytest.approx(high[0])


def test_a_known_mass_adds_nothing_to_the_range(model: PcfModel) -> None:
    widths = said_of(model, "Ground beef", net_mass_kg=1.0).widths
    mass = next(width for width in widths if width.cause == "mass")
    assert mass.share == pytest.approx(0.0, abs=1e-9)


def test_votes_times_weights_are_the_figure(model: PcfModel) -> None:
    found = said_of(model, "Frozen pizza 12 oz")
    assert [vote.member for vote in found.votes] == list(MEMBERS)
    assert sum(vote.weight for vote in found.votes) == pytest.approx(1.0)
    log_kg = sum(vote.weight * np.log10(vote.kg_co2e_per_kg) for vote in found.votes)
    assert 10**log_kg == pytest.approx(found.kg_co2e_per_kg)


def test_the_nearest_record_is_as_alike_as_the_footprint_says(model: PcfModel) -> None:
    goods = shop(title=["Ground beef 1 lb"])
    records = nearest_records(goods, model)
    assert len(records) == 5
    assert records[0].similarity == pytest.approx(
        estimate_footprints(goods, model)["similarity"][0]
    )
    alike = [record.similarity for record in records]
    assert alike == sorted(alike, reverse=True)
    assert "beef" in records[0].concept
    seed = model.seed_.set_index("concept")
    assert records[0].kg_co2e_per_kg == seed.loc[records[0].concept, "kg_co2e_per_kg"]
    assert records[0].source.startswith("AGRIBALYSE 2025 (France), record ")


@pytest.mark.parametrize("title", TITLES)
def test_it_speaks_in_sentences(model: PcfModel, title: str) -> None:
    found = said_of(model, title)
    assert found.tier == TITLES[title]
    for sentence in found.sentences():
        assert sentence[0].isupper() or sentence[0].isdigit()
        assert sentence.endswith((".", ":"))
        for word in ("None", "nan", "{", "eco-friendly", "saves"):
            assert word not in sentence
    json.dumps(found.to_dict(), allow_nan=False)


def test_figures_are_said_with_their_range_and_chance(model: PcfModel) -> None:
    found = said_of(model, "Ground beef 1 lb")
    first = found.sentences()[0]
    ends = between(found.kg_co2e_low, found.kg_co2e_high, found.kg_co2e).removesuffix(" kg")
    assert first == (
        f"About {weight(found.kg_co2e)} CO2e per pack ({ends}, with 4 chances in 5), estimated "
        f"from similar products."
    )
    assert COVERAGE == 0.8  # the words say 4 chances in 5


def test_a_made_up_word_is_nothing_known(model: PcfModel) -> None:
    found = said_of(model, "blorptang")
    assert "Nothing is known of “blorptang”" in found.sentences()[0]
    assert found.kg_co2e is None
    assert found.data_quality is None
    assert found.records == found.votes == found.widths == ()


def test_goods_outside_the_seed_say_what_a_dollar_stands_for(model: PcfModel) -> None:
    without = said_of(model, "Laundry detergent")
    assert "without a price" in without.sentences()[0]
    assert "price" in without.better
    # 0.355 kg per dollar (EPA, NAICS 325611) at 10 dollars
    found = said_of(model, "Laundry detergent", price=10.0)
    assert found.tier == "spend"
    assert found.kg_co2e == pytest.approx(3.55)
    assert "never ranked by it" in " ".join(found.sentences())


def test_a_verified_figure_is_taken_as_it_is(model: PcfModel) -> None:
    found = said_of(
        model, "Ground beef 1 lb", verified_kg_co2e=9.0, verified_source="the farm's declaration"
    )
    assert found.kg_co2e == 9.0
    assert found.sentences()[0].startswith("9.0 kg CO2e per pack (")
    assert found.sentences()[0].endswith("verified by the supplier: the farm's declaration.")
    assert found.better == ()
    assert "Why the range is this wide" not in found.sections()


def test_a_missing_pack_size_is_named_as_what_would_help(model: PcfModel) -> None:
    assert "mass" in said_of(model, "Milk").better
    assert "mass" not in said_of(model, "Milk, 1 gallon").better
    text = " ".join(said_of(model, "Milk").sentences())
    assert "With the weight of the pack known it would be" in text


def test_land_use_change_is_the_estimates_own_part(model: PcfModel) -> None:
    goods = shop(title=["Frozen pizza 12 oz"])
    found, estimated = explain(goods, model), estimate_footprints(goods, model).iloc[0]
    assert found.luc_share == pytest.approx(estimated["kg_co2e_luc"] / estimated["kg_co2e"])
    stating = [record for record in found.records if record.luc_share is not None]
    assert found.luc_records == len(stating) > 0


def test_a_saved_model_explains_the_same(model: PcfModel, tmp_path: Path) -> None:
    model.save(tmp_path / "model")
    loaded = PcfModel.load(tmp_path / "model")
    assert said_of(loaded, "Ground beef 1 lb") == said_of(model, "Ground beef 1 lb")


def test_small_figures_are_said_in_grams() -> None:
    assert (weight(0.0456), significant(1234.5)) == ("46 g", "1,200")


def test_a_device_is_explained_per_unit(model: PcfModel) -> None:
    laptop = shop(title=["Laptop 14 inch 16GB"])
    unit = unit_figures(laptop).iloc[0]
    found = explain(laptop, model)
    assert (found.tier, found.unit_kind) == ("model", "laptop")
    assert found.kg_co2e == pytest.approx(unit["kg_co2e"])
    assert found.records == found.votes == ()
    assert [declared.name for declared in found.declarations] == unit["nearest"].split("; ")
    assert found.quality["technology"] == 3
    text = " ".join(found.sentences())
    assert "CO2e per unit (" in text
    assert "per pack" not in text
    assert "use at home is left out" in text
    json.dumps(found.to_dict(), allow_nan=False)
