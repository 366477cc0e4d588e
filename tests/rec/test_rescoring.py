"""Claimed against realised: a cut judged by figures and units that the optimiser did not see."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcf_estimator.tables import TableError
from recommender.functional import NEED_MEAN, OWN, Functional
from recommender.log import Ids, Log
from recommender.metrics import Slates
from recommender.rescoring import (
    CLAIMED,
    COLUMNS,
    ENERGY,
    FIGURES,
    FLOW,
    MASS,
    PROTEIN,
    REALISED,
    View,
    changes_by_need,
    functional_units,
    log_correlation,
    own_share,
    rescore,
    signs,
    verdict,
    views,
)

RNG = np.random.default_rng
WEIGHT = np.array([1.0, 0.5])


def functional(kg: list[float], need: list[int], basis: list[int] | None = None) -> Functional:
    needs = tuple(f"need {number}" for number in range(max(need) + 1))
    return Functional(
        needs=needs,
        need=np.array(need),
        kg_functional=np.array(kg),
        basis=np.array([OWN] * len(kg) if basis is None else basis),
        typical_flows=np.ones(len(needs)),
        kg_of_need=np.ones(len(needs)),
    )


def slates(*products: list[int], p_buy: float = 0.5) -> Slates:
    product = np.array(products)
    filled = product >= 0
    return Slates(
        customer=np.arange(len(product)),
        product=product,
        weight=filled * WEIGHT,
        p_buy=filled * p_buy,
        excess=np.zeros(product.shape),
    )


# two meats, of which the optimiser says 4 and 2 kg and the judge 3 and 3; a fruit of 1 kg
OWN_TABLE = functional([4.0, 2.0, 1.0], [0, 0, 1])
JUDGE = functional([3.0, 3.0, 1.0], [0, 0, 1])
SEEN = [
    View(table=CLAIMED, unit=FLOW, functional=OWN_TABLE),
    View(table=REALISED, unit=FLOW, functional=JUDGE),
]


def change(changes: pd.DataFrame, table: str, figure: str, unit: str = FLOW) -> float:
    row = changes.set_index(["table", "unit", "figure"]).loc[(table, unit, figure)]
    return float(row["change"])


def test_a_swap_that_the_judge_does_not_see_is_claimed_and_not_realised() -> None:
    found = rescore(slates([0, 2]), slates([1, 2]), SEEN, RNG(1), draws=0)
    # demand 0.5 and 0.25: 4 x 0.5 + 1 x 0.25 = 2.25 kg over 0.75 purchases are 3 kg; then 2 x 0.5
    # + 0.25 = 1.25 kg, 5/3 kg: -4/9, all of it substitution, at the same mix
    for figure in ("per purchase", "substitution", "fixed mix", "total"):
        assert change(found, CLAIMED, figure) == pytest.approx(-4 / 9)
    assert change(found, CLAIMED, "mix") == pytest.approx(0.0)
    assert [change(found, REALISED, figure) for figure in FIGURES] == pytest.approx([0.0] * 6)
    assert verdict(found.assign(low=0.0, high=0.0)).endswith("no cut is realised")


def test_another_order_of_the_same_goods_is_mix_alone() -> None:
    found = rescore(slates([0, 2]), slates([2, 0]), SEEN, RNG(1), draws=0)
    # demand 0.25 and 0.5: 1 + 0.5 = 1.5 kg over 0.75 are 2 kg, a third less than 3
    assert change(found, CLAIMED, "per purchase") == pytest.approx(-1 / 3)
    assert change(found, CLAIMED, "mix") == pytest.approx(-1 / 3)
    assert change(found, CLAIMED, "substitution") == pytest.approx(0.0)
    assert change(found, CLAIMED, "fixed mix") == pytest.approx(0.0)


def test_goods_that_fewer_people_buy_save_nothing_per_purchase() -> None:
    found = rescore(slates([0, 2]), slates([0, 2], p_buy=0.25), SEEN, RNG(1), draws=0)
    assert change(found, CLAIMED, "per purchase") == pytest.approx(0.0)
    assert change(found, CLAIMED, "total") == pytest.approx(-0.5)
    assert change(found, CLAIMED, "purchases") == pytest.approx(-0.5)


def test_a_need_that_vanishes_is_mix_and_stays_as_it_was_at_fixed_mix() -> None:
    found = rescore(slates([0, 2]), slates([2, -1]), SEEN, RNG(1), draws=0)
    # 3 kg a purchase before, 1 kg after; the fruit is the same fruit
    assert change(found, CLAIMED, "per purchase") == pytest.approx(-2 / 3)
    assert change(found, CLAIMED, "mix") == pytest.approx(-2 / 3)
    assert change(found, CLAIMED, "fixed mix") == pytest.approx(0.0)


def test_the_same_slates_change_by_nothing_in_every_draw() -> None:
    same = slates([0, 2], [1, 2], [2, 0])
    found = rescore(same, same, SEEN, RNG(1), draws=50)
    assert np.allclose(found[["change", "low", "high"]], 0.0, atol=1e-12)
    assert list(found.columns) == list(COLUMNS)
    assert len(found) == len(SEEN) * len(FIGURES)


def test_ranges_come_from_the_same_households_drawn_for_all() -> None:
    before, after = slates([0, 2], [0, 2], [0, 2]), slates([1, 2], [1, 2], [1, 2])
    found = rescore(before, after, SEEN, RNG(1), draws=50)
    # all households are alike, so a paired draw has no spread at all
    assert np.allclose(found["low"], found["high"])


def test_slates_of_other_households_are_refused() -> None:
    with pytest.raises(ValueError, match="the same households"):
        rescore(slates([0, 2]), slates([0, 2], [1, 2]), SEEN, RNG(1), draws=0)


@settings(max_examples=40, deadline=None)
@given(
    kg=st.lists(st.floats(0.01, 100.0), min_size=5, max_size=5),
    first=st.lists(st.permutations(range(5)), min_size=3, max_size=3),
    then=st.lists(st.permutations(range(5)), min_size=3, max_size=3),
)
def test_mix_and_substitution_add_up_and_needs_add_up_to_the_whole(
    kg: list[float], first: list[list[int]], then: list[list[int]]
) -> None:
    view = View(table=CLAIMED, unit=FLOW, functional=functional(kg, [0, 0, 1, 1, 2]))
    before, after = (slates(*(order[:2] for order in orders)) for orders in (first, then))
    found = rescore(before, after, [view], RNG(1), draws=0)
    whole = change(found, CLAIMED, "per purchase")
    parts = change(found, CLAIMED, "mix") + change(found, CLAIMED, "substitution")
    assert parts == pytest.approx(whole, abs=1e-9)
    needs = changes_by_need(before, after, view.functional)
    assert needs["per_purchase"].sum() == pytest.approx(whole, abs=1e-9)
    fixed = change(found, CLAIMED, "fixed mix")
    assert needs["fixed_mix"].sum() == pytest.approx(fixed, abs=1e-9)


def test_the_needs_say_where_a_cut_comes_from() -> None:
    found = changes_by_need(slates([0, 2]), slates([1, 2]), OWN_TABLE)
    assert found["need"].tolist() == ["need 0", "need 1"]
    # two thirds of the demand at 4 kg, then at 2 kg, of 3 kg a purchase: -4/9
    assert found.iloc[0, 1:].tolist() == pytest.approx([2 / 3, 2 / 3, 4, 2, -4 / 9, -4 / 9])
    assert found.iloc[1]["per_purchase"] == 0.0


NAN = float("nan")
SHOP = pd.DataFrame(
    {
        "product_id": ["rich", "thin", "soap"],
        "need": ["drink", "drink", "wash"],
        "kg_per_flow": [0.25, 0.25, 0.01],
        "net_mass_kg": [1.0, 1.0, 0.1],
        "kg_co2e_per_kg": [1.0, 0.8, 3.0],
        "kg_co2e": [1.0, 0.8, 0.3],
        "tier": ["model"] * 3,
    }
)
FOOD = pd.DataFrame(
    {
        "product_id": ["soap", "rich", "thin"],
        "kcal_per_kg": [NAN, 1000.0, 500.0],
        "protein_kg_per_kg": [NAN, 0.01, 0.01],
    }
)
LOG = Log(
    ids=Ids(np.array(["c0"], object), SHOP["product_id"].to_numpy(object)),
    customer=np.zeros(3, np.int64),
    product=np.arange(3),
    week=np.ones(3, np.int64),
    day=np.zeros(3),
    basket=np.arange(3),
    store=np.full(3, -1),
    quantity=np.ones(3),
    paid=np.full(3, NAN),
    whole_until=52,
)


def test_what_is_lighter_by_the_cup_may_be_heavier_by_its_energy() -> None:
    units = functional_units(SHOP, LOG, FOOD)
    rich, thin = (units[FLOW].kg_functional[row] for row in (0, 1))
    # by the cup 0.8 against 1.0; by the kilocalorie 0.8 / 500 against 1.0 / 1000
    assert thin / rich == pytest.approx(0.8)
    assert units[MASS].kg_functional[1] / units[MASS].kg_functional[0] == pytest.approx(0.8)
    assert units[ENERGY].kg_functional[1] / units[ENERGY].kg_functional[0] == pytest.approx(1.6)
    # a cup brings 2.5 g of protein, too little to be drunk for it; nobody eats soap
    assert units[PROTEIN].kg_functional.tolist() == units[FLOW].kg_functional.tolist()
    assert units[ENERGY].kg_functional[2] == units[FLOW].kg_functional[2]


def test_a_cut_whose_sign_turns_under_one_unit_is_not_claimed() -> None:
    seen = views({CLAIMED: SHOP, REALISED: SHOP}, LOG, FOOD)
    found = rescore(slates([0, 2], [0, 2]), slates([1, 2], [1, 2]), seen, RNG(1), draws=20)
    said = verdict(found)
    assert "no cut is claimed, since it is +" in said
    assert said.endswith("by energy")
    table = signs(found).loc[(REALISED, "substitution")]
    assert table.to_dict() == {ENERGY: 1, FLOW: -1, MASS: -1, PROTEIN: -1}


def test_a_cut_that_chance_may_explain_is_called_so() -> None:
    rows = [(REALISED, FLOW, "fixed mix", -0.1, -0.2, -0.05)]
    rows += [(REALISED, MASS, "fixed mix", -0.1, -0.2, 0.05)]
    found = pd.DataFrame(rows, columns=list(COLUMNS))
    assert verdict(found, "fixed mix").endswith("lower by flow and mass, but within chance by mass")
    assert verdict(found.iloc[:1], "fixed mix").endswith("-5.0 %): lower by flow")
    with pytest.raises(ValueError, match="no realised change"):
        verdict(found, "per purchase")


def test_without_nutrition_cup_and_mass_are_the_units_at_hand() -> None:
    assert list(functional_units(SHOP, LOG)) == [FLOW, MASS]


def test_a_product_without_a_nutrition_row_is_named() -> None:
    with pytest.raises(TableError, match="no row for product_id rich"):
        functional_units(SHOP, LOG, FOOD.iloc[[0, 2]])


def test_two_tables_may_agree_on_needs_and_disagree_inside_them() -> None:
    first = functional([1.0, 2.0, 100.0, 200.0], [0, 0, 1, 1])
    other = functional([2.0, 1.0, 200.0, 100.0], [0, 0, 1, 1])
    found = log_correlation(first, other, np.ones(4))
    assert found.within_needs == pytest.approx(-1.0)
    # logs lie at 1 +- 0.15 and 1 + 2 ...: between needs +-1, inside +-0.1505 and reversed
    inside = np.log10(2) / 2
    assert found.overall == pytest.approx((1 - inside**2) / (1 + inside**2))
    assert (found.products, found.share_of_demand) == (4, 1.0)


def test_products_that_one_table_does_not_know_are_left_out_of_the_correlation() -> None:
    first = functional([1.0, 2.0, 4.0], [0, 0, 0])
    other = functional([1.0, 4.0, 0.1], [0, 0, 0], basis=[OWN, OWN, NEED_MEAN])
    found = log_correlation(first, other, np.array([1.0, 2.0, 1.0]))
    assert found.overall == pytest.approx(1.0)
    assert (found.products, found.share_of_demand) == (2, 0.75)
    assert own_share(other, slates([0, 2])) == pytest.approx(2 / 3)
    assert np.isnan(log_correlation(first, other, np.array([1.0, 0.0, 0.0])).overall)
