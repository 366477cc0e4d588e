"""Carbon at equal function: a cup is a cup, whatever the pack; a habit is what a household buys."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.functional import (
    NEED_MEAN,
    OWN,
    UNKNOWN,
    excess_kg,
    functional_footprints,
    household_references,
    reference_kg,
)
from recommender.log import Ids, Log


def log_of(lines: list[tuple[int, int, float]], customers: int, products: int) -> Log:
    """A log of (customer, product, quantity) lines."""
    customer, product, quantity = (np.array(column) for column in zip(*lines, strict=True))
    return Log(
        ids=Ids(
            np.array([f"c{k}" for k in range(customers)], object),
            np.array([f"p{k}" for k in range(products)], object),
        ),
        customer=customer.astype(np.int64),
        product=product.astype(np.int64),
        week=np.ones(len(lines), np.int64),
        day=np.zeros(len(lines)),
        basket=np.arange(len(lines)),
        store=np.full(len(lines), -1),
        quantity=quantity.astype(np.float64),
        paid=np.full(len(lines), np.nan),
        whole_until=52,
    )


NAN = float("nan")
# coffee and tea by the cup; two coffees differ in their pack alone; soap by the pack
SHELF = pd.DataFrame(
    [
        # need, kg_per_flow, net_mass_kg, kg_co2e_per_kg, kg_co2e, tier
        ("hot drink", 0.010, 0.5, 6.0, 3.0, "model"),  # 0 coffee, 50 cups
        ("hot drink", 0.010, 1.0, 6.0, 6.0, "model"),  # 1 the same coffee, 100 cups
        ("hot drink", 0.002, 0.1, 5.0, 0.5, "neighbours"),  # 2 tea, 50 cups
        ("hot drink", NAN, 0.2, 9.0, 1.8, "model"),  # 3 no cup is known for it
        ("hot drink", 0.010, 0.5, 1.0, 0.5, "spend"),  # 4 by its price only
        ("hot drink", 0.010, NAN, NAN, NAN, "unknown"),  # 5
        ("other: soap", NAN, 0.1, 4.0, 0.4, "model"),  # 6
        ("other: soap", NAN, 0.3, 4.0, 1.2, "model"),  # 7
        ("other: pens", NAN, NAN, NAN, NAN, "unknown"),  # 8
    ],
    columns=["need", "kg_per_flow", "net_mass_kg", "kg_co2e_per_kg", "kg_co2e", "tier"],
)
# household 0 drinks coffee, household 1 tea, household 2 nothing hot
LINES = [(0, 0, 1.0), (0, 1, 1.0), (1, 2, 2.0), (1, 2, 1.0), (2, 6, 2.0), (2, 7, 2.0)]
LOG = log_of(LINES, customers=3, products=len(SHELF))


def test_a_product_costs_what_a_typical_purchase_in_its_need_takes_of_it() -> None:
    found = functional_footprints(SHELF, LOG)
    # purchases bring home 50, 100, 100 and 50 cups: the median is 75
    assert found.typical_flows[found.needs.index("hot drink")] == 75.0
    # coffee 6 kg/kg x 0.010 kg x 75 cups, tea 5 x 0.002 x 75
    assert found.kg_functional[:3].tolist() == pytest.approx([4.5, 4.5, 0.75])
    assert found.basis[:3].tolist() == [OWN] * 3


def test_without_a_flow_or_with_a_spend_figure_a_product_is_as_its_need() -> None:
    found = functional_footprints(SHELF, LOG)
    # units sold: coffee 1 and 1, tea 3: (4.5 + 4.5 + 3 x 0.75) / 5
    assert found.kg_functional[3:5].tolist() == pytest.approx([2.25, 2.25])
    assert found.basis[3:5].tolist() == [NEED_MEAN] * 2


def test_where_no_flow_is_known_the_mean_pack_times_the_median_quantity_stands_for_a_purchase() -> (
    None
):
    found = functional_footprints(SHELF, LOG)
    # two units of each soap: (0.4 + 1.2) / 2 a pack, and two packs a purchase
    assert found.kg_functional[6:8].tolist() == pytest.approx([1.6, 1.6])


def test_an_unknown_footprint_is_nothing_and_is_counted() -> None:
    found = functional_footprints(SHELF, LOG)
    assert found.kg_functional[[5, 8]].tolist() == [0.0, 0.0]
    assert found.basis[[5, 8]].tolist() == [UNKNOWN] * 2
    assert found.counts() == {"own figure": 3, "mean of the need": 4, "unknown": 2}
    assert found.kg_of_need[found.needs.index("other: pens")] == 0.0


def test_the_reference_is_the_households_own_mean_by_units_else_that_of_the_need() -> None:
    found = functional_footprints(SHELF, LOG)
    references = household_references(found, LOG)
    customer, product = np.array([0, 1, 2, 2, 0]), np.array([2, 0, 0, 6, 8])
    reference = reference_kg(found, references, customer, product)
    # 0 drinks coffee (4.5), 1 tea (0.75), 2 neither: the need's 2.25; soap 1.6; pens are unknown
    assert reference.tolist() == pytest.approx([4.5, 0.75, 2.25, 1.6, 0.0])


def test_the_excess_is_what_lies_above_the_habit_and_nothing_without_a_figure_of_its_own() -> None:
    found = functional_footprints(SHELF, LOG)
    references = household_references(found, LOG)
    product = np.array([0, 2, 3, 4, 5])
    drinks_coffee = excess_kg(found, references, np.zeros(5, np.int64), product)
    # tea for a coffee drinker: 0.75 - 4.5; no cup known, spend and unknown claim no difference
    assert drinks_coffee.tolist() == pytest.approx([0.0, -3.75, 0.0, 0.0, 0.0])
    drinks_tea = excess_kg(found, references, np.ones(5, np.int64), product)
    assert drinks_tea.tolist() == pytest.approx([3.75, 0.0, 0.0, 0.0, 0.0])


def test_a_purchase_of_an_unknown_product_says_nothing_of_the_habit() -> None:
    log = log_of([*LINES, (1, 5, 100.0)], customers=3, products=len(SHELF))
    found = functional_footprints(SHELF, log)
    references = household_references(found, log)
    tea = reference_kg(found, references, np.array([1]), np.array([2]))
    assert tea.tolist() == pytest.approx(found.kg_functional[[2]].tolist())


def test_a_need_without_sales_uses_its_products() -> None:
    log = log_of([(0, 6, 1.0)], customers=3, products=len(SHELF))
    found = functional_footprints(SHELF, log)
    hot = found.needs.index("hot drink")
    # packs of 50, 100, 50 and 50 cups (the spend one counts: a cup is a cup): the median is 50
    assert found.typical_flows[hot] == 50.0
    # 6 x 0.010 x 50 twice and 5 x 0.002 x 50, plain mean
    assert found.kg_functional[3] == pytest.approx((3.0 + 3.0 + 0.5) / 3)


@given(st.lists(st.floats(0.1, 10.0), min_size=3, max_size=3))
def test_pack_sizes_of_equal_goods_never_tell_them_apart(packs: list[float]) -> None:
    mass = np.array(packs)
    shelf = pd.DataFrame(
        {
            "need": "bread",
            "kg_per_flow": 0.05,
            "net_mass_kg": mass,
            "kg_co2e_per_kg": 1.5,
            "kg_co2e": 1.5 * mass,
            "tier": "model",
        }
    )
    found = functional_footprints(shelf, log_of([(0, 0, 1), (0, 1, 3), (1, 2, 1)], 2, 3))
    assert np.ptp(found.kg_functional) == 0.0
