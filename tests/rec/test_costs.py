"""Costs: what a policy costs a year, and what a tonne must be worth for it to break even."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcf_estimator.tables import TableError
from recommender.functional import OWN, Functional, References
from recommender.impact.costs.break_even import break_even, cost_report, payback
from recommender.impact.costs.costs import Costs, costs_of, read_costs
from recommender.impact.costs.what_if import what_if_rows
from recommender.metrics import Slates
from recommender.policy import BASELINE
from recommender.rerank.carbon_prices import ReferencePrice
from recommender.tradeoff import Goods

GIVEN: dict[str, Any] = {
    "one_off": 1000,
    "running_per_year": 300,
    "currency": "$",
    "horizon_years": 5,
    "discount_rate": 0.0,
    "households": 100,
}
COSTS = costs_of(GIVEN)
DAMAGE = ReferencePrice(
    name="Damage", kind="social cost", price=200.0, currency="USD", year=2020, source="a study"
)


def goods(no_margin: int = 0) -> Goods:
    """Product 0 is heavy and earns 1.00, product 1 light and earns 0.90."""
    none = np.zeros(0)
    return Goods(
        product_id=np.array(["heavy", "light"], object),
        price=np.array([4.0, 4.0]),
        margin=np.array([1.0, 0.9]) if no_margin == 0 else np.zeros(2),
        kg_pack=np.array([3.0, 3.5]),
        kind=np.zeros(2, np.int64),
        seller=np.zeros(2, np.int64),
        sellers=("s",),
        target=np.ones(1),
        may_be_shown=np.ones(2, np.bool_),
        private_label=None,
        no_margin=no_margin,
        functional=Functional(
            needs=("drink",),
            need=np.zeros(2, np.int64),
            kg_functional=np.array([3.0, 1.0]),
            basis=np.full(2, OWN),
            typical_flows=np.ones(1),
            kg_of_need=np.ones(1),
        ),
        references=References(pair=none.astype(np.int64), kg=none),
    )


def slates(product: int) -> Slates:
    shown = np.full((12, 1), product)
    return Slates(
        customer=np.arange(12),
        product=shown,
        weight=np.ones((12, 1)),
        p_buy=np.full((12, 1), 0.5),
        excess=np.zeros((12, 1)),
    )


def report(before: int, after: int, costs: Costs = COSTS, **more: Any) -> dict[str, Any]:
    made = {(BASELINE, "all"): slates(before), ("new", "all"): slates(after)}
    more = {"goods": goods(), "references": [DAMAGE], **more}
    return cost_report(costs, made, draws=50, rng=np.random.default_rng(0), **more)


def test_the_break_even_price_is_that_worked_on_paper() -> None:
    found = report(0, 1)["new"]
    # a year has 13 lists of four weeks: 100 households x 13 x .5 x (.90 - 1.00) = -65 of margin,
    # 100 x 13 x .5 x (1 - 3) kg = -1.3 t; cost 300 + 1000 / 5 = 500: (500 + 65) / 1.3 = 434.6
    assert found["cost_per_year"] == 500.0
    assert found["demand_margin_per_year"]["value"] == pytest.approx(-65.0)
    assert found["tonnes_functional_per_year"]["value"] == pytest.approx(-1.3)
    price = found["break_even_price_per_tonne"]
    assert (price["value"], price["low"], price["high"]) == pytest.approx([565 / 1.3] * 3)
    # five years of -65 - 300, less 1000
    assert found["net_present_value"]["value"] == pytest.approx(-5 * 365 - 1000)
    assert found["payback_years"] is None
    assert "it breaks even at $435 ($435 to $435) a tonne" in found["sentence"]
    assert found["references"][0]["times"] == pytest.approx(565 / 1.3 / 200)


def second_table(heavy: float, light: float) -> Functional:
    return replace(goods().functional, kg_functional=np.array([heavy, light]))


def test_a_cut_that_a_second_table_finds_smaller_breaks_even_at_a_higher_price() -> None:
    # 1300 purchases x .5 x (1.2 - 2.0) kg = -.52 t instead of -1.3: 565 / .52 = 1086.5, so a price
    # of 800 lies between the claimed one (434.6) and the realised one, and counts as too low
    damage = [replace(DAMAGE, price=800.0)]
    found = report(0, 1, references=damage, second=second_table(2.0, 1.2))["new"]
    assert found["tonnes_realised_per_year"]["value"] == pytest.approx(-0.52)
    assert found["break_even_price_per_tonne"]["value"] == pytest.approx(565 / 1.3)
    price = found["break_even_price_per_tonne_realised"]
    assert (price["value"], price["low"], price["high"]) == pytest.approx([565 / 0.52] * 3)
    assert found["references_by"] == "realised"
    assert found["references"][0]["times"] == pytest.approx(565 / 0.52 / 800)
    assert (
        "1.3 t CO2e less at equal function as claimed, 0.5 t by a second footprint table of other "
        "sources: it breaks even at $435 ($435 to $435) a tonne as claimed, at $1,087 ($1,087 to "
        "$1,087) as realised."
    ) in found["sentence"]


def test_a_cut_that_a_second_table_does_not_find_has_no_realised_price() -> None:
    made = report(0, 1, second=second_table(1.0, 1.2))
    found = made["new"]
    assert found["break_even_price_per_tonne"]["value"] == pytest.approx(565 / 1.3)
    assert found["break_even_price_per_tonne_realised"] is None
    assert found["no_realised_price_because"] == "carbon does not clearly fall"
    assert found["references"][0]["times"] is None, "no times of a price that is only claimed"
    assert (
        "though by a second footprint table of other sources carbon does not" in found["sentence"]
    )
    assert "and has no break-even price as realised" in found["sentence"]
    assert any("compared with the realised one" in note for note in made["notes"])


def test_without_a_second_table_the_price_is_said_to_be_claimed_only() -> None:
    made = report(0, 1)
    found = made["new"]
    assert (found["tonnes_realised_per_year"], found["references_by"]) == (None, "claimed")
    assert found["references"][0]["times"] == pytest.approx(565 / 1.3 / 200)
    assert any("no second footprint table here" in note for note in made["notes"])


def test_claimed_and_realised_prices_are_of_the_same_households_drawn() -> None:
    # households differ in demand, and the second table halves every figure: each draw's realised
    # price is twice its claimed one, so the ends of the intervals are too
    made = {(BASELINE, "all"): slates(0), ("new", "all"): slates(1)}
    weight = np.linspace(0.1, 3.0, 12)[:, None]
    made = {run: replace(one, weight=weight) for run, one in made.items()}
    costs = replace(COSTS, running_per_year=300.0)
    found = cost_report(
        costs,
        made,
        goods(),
        draws=50,
        rng=np.random.default_rng(0),
        references=[DAMAGE],
        second=second_table(1.5, 0.5),
    )["new"]
    claimed, realised = (found[f"break_even_price_per_tonne{of}"] for of in ("", "_realised"))
    assert claimed["low"] < claimed["high"]
    for end in ("value", "low", "high"):
        assert realised[end] == pytest.approx(2 * claimed[end])


def test_packs_that_get_heavier_have_no_break_even_price() -> None:
    found = report(0, 1)["new"]
    assert found["tonnes_pack_per_year"]["value"] > 0
    assert found["break_even_price_per_tonne_pack"] is None
    assert found["no_pack_price_because"] == "carbon does not clearly fall"


def test_carbon_that_rises_has_no_price_and_margin_that_rises_pays_back() -> None:
    costs = costs_of({**GIVEN, "running_per_year": 15})
    found = report(1, 0, costs)["new"]
    assert found["break_even_price_per_tonne"] is None
    assert "no break-even price: carbon does not clearly fall" in found["sentence"]
    # 65 a year less 15 pays 1000 in 20 years
    assert found["payback_years"]["value"] == pytest.approx(20.0)
    assert all(row["times"] is None for row in found["references"])


def test_a_policy_that_earns_more_than_it_costs_needs_no_price_of_carbon() -> None:
    # lighter and with 1.00 to earn instead of .50: 325 a year, for 15 + 1000 / 5 = 215
    costs = costs_of({**GIVEN, "running_per_year": 15})
    made = replace(goods(), margin=np.array([0.5, 1.0]))
    found = report(0, 1, costs, goods=made)["new"]
    assert found["break_even_price_per_tonne"]["value"] == pytest.approx((215 - 325) / 1.3)
    assert "so a tonne need be worth nothing" in found["sentence"]
    assert found["references"][0]["times"] is None


def test_interest_spreads_the_one_off_cost_as_a_loan() -> None:
    # at 10 % over two years 1 a year is worth 1/1.1 + 1/1.21 = 1.7355 before the first
    costs = costs_of({**GIVEN, "horizon_years": 2, "discount_rate": 0.1})
    assert costs.annuity == pytest.approx(1 / 1.1 + 1 / 1.21)
    assert costs.per_year == pytest.approx(300 + 1000 / (1 / 1.1 + 1 / 1.21))


def test_draws_of_margin_and_carbon_are_paired() -> None:
    # where margin lost and tonnes avoided move together, their ratio is sharp: with no cost the
    # price is 50 in each draw although both vary fourfold
    free = costs_of({**GIVEN, "one_off": 0, "running_per_year": 0})
    tonnes = -np.linspace(1.0, 4.0, 101)
    price, reason = break_even(free, 50.0 * tonnes, tonnes)
    assert price is not None
    assert reason == ""
    assert list(price.values()) == pytest.approx([50.0] * 3)


def test_carbon_that_may_not_fall_has_no_price() -> None:
    tonnes = np.concatenate([[-1.0], np.linspace(-3.0, 0.2, 100)])
    assert break_even(COSTS, np.zeros(101), tonnes) == (None, "carbon does not clearly fall")


def test_payback_is_told_only_where_it_is_clear() -> None:
    assert payback(COSTS, np.full(51, 300.0)) is None  # the running cost takes all of it
    assert payback(COSTS, np.concatenate([[400.0], np.linspace(200.0, 600.0, 50)])) is None
    nothing = costs_of({**GIVEN, "one_off": 0})
    found = payback(nothing, np.full(51, 400.0))
    assert found is not None
    assert found["value"] == 0.0


def test_a_shop_without_margins_has_no_break_even_price_and_says_why() -> None:
    found = report(0, 1, goods=goods(no_margin=2))["new"]
    assert found["break_even_price_per_tonne"] is None
    assert found["no_price_because"] == "no product has a margin rate"
    assert found["demand_margin_per_year"]["value"] is None
    json.dumps(found, allow_nan=False)


def test_the_price_over_the_footprints_own_range_holds_margin_and_cost() -> None:
    # the cut is 2/3 of the baseline's 1.95 t; at half and at nine tenths of it the price is
    # 565 / (1.95 x 1/3) and 565 / (1.95 x .6)
    ranges = {"new": {"change": -2 / 3, "change_low": -0.6, "change_high": -1 / 3}}
    found = report(0, 1, footprint_ranges=ranges)["new"]["break_even_price_by_footprints"]
    assert found["value"] == pytest.approx(565 / 1.3)
    assert (found["low"], found["high"]) == pytest.approx((565 / 1.17, 565 / 0.65))
    unclear = {"new": {"change": -2 / 3, "change_low": -0.6, "change_high": 0.1}}
    assert report(0, 1, footprint_ranges=unclear)["new"]["break_even_price_by_footprints"] is None


def what_if(**figures: dict[str, float]) -> dict[str, Any]:
    return {
        "policy": "new",
        "window": {"first_week": 49, "last_week": 52},
        "scenario": {"name": "labels", "version": 2},
        "runs": {"short": figures},
    }


MARGIN = {"value": 9.0, "change": -0.1, "change_low": -0.2, "change_high": 0.1}
KG = {"value": 19.0, "change": -0.05, "change_low": -0.1, "change_high": -0.025}


def test_a_what_if_gives_bounds_worked_on_paper_and_stays_apart() -> None:
    (row,) = what_if_rows(COSTS, what_if(margin=MARGIN, kg_total=KG))
    # per year 1300 x: margin 10 x (-.1, -.2, .1) = -1300, -2600, 1300; 20 kg x (-.05, -.1, -.025)
    # = -1.3, -2.6, -.65 t. Price (500 + 1300) / 1.3; least (500 - 1300) / .65, most 3100 / .65
    assert row["margin_per_year"] == pytest.approx({"value": -1300, "low": -2600, "high": 1300})
    assert row["tonnes_total_per_year"] == pytest.approx(
        {"value": -1.3, "low": -2.6, "high": -0.65}
    )
    price = row["break_even_price_per_tonne"]
    assert price == pytest.approx({"value": 1800 / 1.3, "low": -800 / 0.65, "high": 3100 / 0.65})
    told = {**MARGIN, "value": 8.7, "baseline": 10.0}  # medians of draws need not divide exactly
    (same,) = what_if_rows(COSTS, what_if(margin=told, kg_total=KG))
    assert same["margin_per_year"]["value"] == pytest.approx(-1300)
    found = report(0, 1, simulations=[what_if(margin=MARGIN, kg_total=KG)])["new"]
    assert (found["layer"], found["what_if"][0]["layer"]) == (
        "observed (held-out purchases)",
        "what if",
    )
    assert found["break_even_price_per_tonne"]["value"] == pytest.approx(565 / 1.3)
    assert "What if labels (short run): $1,385" in found["sentence"]


def test_a_what_if_with_rebound_counts_it_and_one_whose_carbon_may_rise_has_no_price() -> None:
    more = {**KG, "change_high": 0.01}
    (row,) = what_if_rows(COSTS, what_if(margin=MARGIN, kg_total=KG, kg_total_with_rebound=more))
    assert row["carbon"] == "kg_total_with_rebound"
    assert row["break_even_price_per_tonne"] is None


def test_a_what_if_without_its_figures_or_window_is_refused() -> None:
    with pytest.raises(TableError, match=r"what-if of new, labels, short run: no margin"):
        what_if_rows(COSTS, what_if(kg_total=KG))
    with pytest.raises(TableError, match=r"what-if of new, labels: window is None"):
        what_if_rows(COSTS, {**what_if(margin=MARGIN, kg_total=KG), "window": None})


def test_costs_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "costs.toml"
    path.write_text("\n".join(f"{key} = {json.dumps(value)}" for key, value in GIVEN.items()))
    assert read_costs(path) == COSTS


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"one_off": -5}, r"one_off is -5, but a number of 0 or more was expected \(1 such"),
        ({"running_per_year": "much"}, r"running_per_year is 'much', but a number of 0 or more"),
        ({"households": 0}, r"households is 0, but a number of more than 0"),
        ({"horizon_years": True}, r"horizon_years is True"),
        ({"discount_rate": 3}, r"discount_rate is 3, but a number of 0 or more, below 1"),
        ({"one_off": float("nan"), "households": -1}, r"one_off is nan.*\(2 such inputs\)"),
        ({"currency": " "}, r"currency is ' ', but a sign or a code"),
        ({"running": 3}, r"running is no input, but one_off, running_per_year"),
    ],
)
def test_an_impossible_cost_is_refused_by_name(change: dict[str, Any], said: str) -> None:
    with pytest.raises(TableError, match=said):
        costs_of({**GIVEN, **change})


def test_missing_costs_and_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"households is missing \(1 such inputs\)"):
        costs_of({key: value for key, value in GIVEN.items() if key != "households"})
    with pytest.raises(TableError, match=r"cannot be read"):
        read_costs(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("one_off = ")
    with pytest.raises(TableError, match=r"not TOML"):
        read_costs(tmp_path / "bad.toml")


MONEY = st.floats(0.0, 1e6)


@settings(max_examples=50, deadline=None)
@given(cost=MONEY, more=MONEY, lost=MONEY, tonnes=st.floats(0.1, 1e4))
def test_a_dearer_policy_never_breaks_even_at_a_lower_price(
    cost: float, more: float, lost: float, tonnes: float
) -> None:
    def price(one_off: float, margin_lost: float) -> float:
        costs = costs_of({**GIVEN, "one_off": one_off})
        found, _ = break_even(costs, np.full(11, -margin_lost), np.full(11, -tonnes))
        assert found is not None
        assert found["value"] is not None
        return found["value"]

    assert price(cost + more, lost) >= price(cost, lost)
    assert price(cost, lost + more) >= price(cost, lost)
