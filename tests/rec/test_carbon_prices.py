"""The carbon price of a policy: by hand, beside references that name their source."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcf_estimator.tables import TableError
from recommender.policy import Weights
from recommender.rerank.carbon_prices import (
    CarbonPrice,
    beside_references,
    carbon_sentence,
    implied_carbon_price,
    policy_carbon_price,
    reference_line,
    reference_prices,
)
from recommender.tradeoff import Scales, carbon_price

SCALES = Scales(m0=0.5, g0=2.0, short={})


def test_the_climate_weight_has_the_price_that_the_trade_off_states() -> None:
    weights = Weights(shopper=1, retailer=0.1, climate=0.2)
    found = policy_carbon_price(weights, SCALES)
    # by hand: (0.2 / 2) / (0.1 / 0.5) x 1000 = 500
    assert found.weight == pytest.approx(500.0)
    assert found.weight == carbon_price(weights, SCALES)
    assert (found.budget, found.total) == (0.0, found.weight)


def test_a_budgets_price_adds_to_the_weights() -> None:
    weights = Weights(shopper=2, retailer=0.1, climate=0.2)
    # by hand: 0.03 a kg / (0.1 / 0.5) x 1000 = 150; purchases (0.1 + 0.03) x 1000 / 2 = 65
    found = policy_carbon_price(weights, SCALES, budget_price=0.03)
    assert found.budget == pytest.approx(150.0)
    assert found.total == pytest.approx(650.0)
    assert found.purchases == pytest.approx(65.0)
    assert carbon_sentence(found) == (
        "For a tonne of CO2e less, these slates give up $650.00 of margin ($500.00 by the climate "
        "weight, $150.00 by the carbon budget): the shop forgoes it, nobody pays it."
    )


def test_without_margin_a_tonne_has_no_price_in_money() -> None:
    found = policy_carbon_price(Weights(shopper=1, climate=0.2), SCALES, budget_price=0.03)
    assert found.total is None
    assert found.purchases == pytest.approx(130.0)
    assert implied_carbon_price(0.03, Weights(retailer=1), Scales(m0=0, g0=1, short={})) is None


def test_without_carbon_in_the_policy_it_has_no_price() -> None:
    found = policy_carbon_price(Weights(shopper=1, retailer=0.1), SCALES)
    assert carbon_sentence(found).startswith("Carbon has no price here")


def test_references_are_compared_in_their_own_currency_only() -> None:
    price = CarbonPrice(weight=380.0, budget=0.0, purchases=1.0)
    beside = beside_references(price, reference_prices(), "$")
    by_name = {(row["name"], row["year"]): row for row in beside["references"]}
    # by hand: 380 / 190 = 2
    epa = by_name["US EPA social cost of carbon dioxide", 2020]
    assert epa["times"] == pytest.approx(2.0)
    assert reference_line(epa).endswith("(social cost, 2020): 2.0 times as much is given up here")
    assert by_name["EU emissions trading, auctions", 2023]["times"] is None
    in_euro = beside_references(price, reference_prices(), "€")["references"]
    assert {row["currency"] for row in in_euro if row["times"] is not None} == {"EUR"}


def test_every_reference_names_its_source_and_a_kind() -> None:
    references = reference_prices()
    assert len(references) == 9
    assert {reference.kind for reference in references} == {"market", "tax", "social cost"}
    assert all(len(reference.source) > 10 for reference in references)
    assert all(2015 <= reference.year <= 2025 for reference in references)


def test_a_bad_reference_is_named(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    head = "name,kind,price,currency,year,source\n"
    path.write_text(f"{head}Mine,guess,10,USD,2020,me\n")
    with pytest.raises(TableError, match=r"row 1 \(Mine\): kind is guess, but market, tax"):
        reference_prices(path)
    path.write_text(f"{head}Mine,tax,0,USD,2020,me\n")
    with pytest.raises(TableError, match=r"row 1 \(name Mine\): price is 0"):
        reference_prices(path)
