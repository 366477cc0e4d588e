"""Carbon with doubt: both sides of a comparison are cautious, so that doubt alone is no excess."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from recommender.functional import (
    NEED_MEAN,
    OWN,
    UNKNOWN,
    excess_kg,
    functional_footprints,
    household_references,
)
from recommender.log import Ids, Log
from recommender.rerank.doubt import (
    cautious_factor,
    cautious_functional,
    cautious_goods,
    cautious_products,
)
from recommender.tradeoff import goods_of

ONE_SD = 0.8413447460685429  # the quantile that lies one standard deviation above the median
NAN = float("nan")
DOUBLES = float(np.log10(2.0))  # an sd by which one sd up is twice as much
SHELF = pd.DataFrame(
    [
        # need, kg_per_flow, net_mass_kg, kg_co2e_per_kg, kg_co2e, tier, difference sd
        ("hot drink", 0.010, 0.5, 6.0, 3.0, "model", DOUBLES),  # 0 coffee
        ("hot drink", 0.002, 0.1, 5.0, 0.5, "verified", DOUBLES),  # 1 tea, by its supplier
        ("hot drink", 0.010, 0.5, 1.0, 0.5, "spend", NAN),  # 2 by its price only
        ("hot drink", 0.010, NAN, NAN, NAN, "unknown", NAN),  # 3
        ("other: soap", NAN, 0.1, 4.0, 0.4, "model", NAN),  # 4 no flow: the pack stands for it
        ("other: soap", NAN, 0.3, 4.0, 1.2, "verified", NAN),  # 5
    ],
    columns=[
        "need",
        "kg_per_flow",
        "net_mass_kg",
        "kg_co2e_per_kg",
        "kg_co2e",
        "tier",
        "difference_sd_log10",
    ],
)


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


# household 0 drinks coffee, 1 tea, 2 neither; 50 cups each time
LINES = [(0, 0), (1, 1), (1, 1), (1, 1), (2, 4), (2, 5)]
LOG = log_of([(*line, 1.0) for line in LINES], 3, len(SHELF))


def test_an_estimate_enters_by_the_quantile_and_a_verified_figure_by_its_median() -> None:
    found, _ = cautious_functional(SHELF, LOG, ONE_SD)
    # coffee 6 x 0.010 x 50 = 3, doubled one sd up; tea 5 x 0.002 x 50 = 0.5 as its supplier says
    assert found.kg_functional[:2].tolist() == pytest.approx([6.0, 0.5])


def test_without_a_figure_of_its_own_a_product_is_the_mean_of_the_cautious_ones() -> None:
    found, _ = cautious_functional(SHELF, LOG, ONE_SD)
    # units sold: one coffee and three teas: (6 + 3 x 0.5) / 4
    assert found.kg_functional[2] == pytest.approx(1.875)
    assert found.basis[:4].tolist() == [OWN, OWN, NEED_MEAN, UNKNOWN]


def test_unknown_stays_nothing_and_is_counted() -> None:
    found, _ = cautious_functional(SHELF, LOG, 0.9)
    assert found.kg_functional[3] == 0.0
    assert found.counts() == functional_footprints(SHELF, LOG).counts()


def test_a_need_known_by_its_packs_alone_moves_by_the_typical_factor() -> None:
    found, _ = cautious_functional(SHELF, LOG, ONE_SD)
    # coffee doubles and tea stays: 1.5 on average; soap (0.4 x 1.5 + 1.2 as verified) / 2
    assert found.kg_functional[4:].tolist() == pytest.approx([0.9, 0.9])


def test_what_a_household_buys_is_taken_at_the_same_quantile() -> None:
    found, references = cautious_functional(SHELF, LOG, ONE_SD)
    customer, product = np.array([0, 0, 1, 2, 2]), np.array([0, 1, 0, 0, 1])
    excess = excess_kg(found, references, customer, product)
    # coffee for coffee 0; tea for coffee 0.5 - 6; coffee for tea 6 - 0.5; household 2 drinks as
    # the need does, (6 + 3 x 0.5) / 4 = 1.875
    assert excess.tolist() == pytest.approx([0.0, -5.5, 5.5, 4.125, -1.375])


def test_differences_in_spend_tiers_inside_a_need_stay_zero() -> None:
    found, references = cautious_functional(SHELF, LOG, 0.9)
    assert excess_kg(found, references, np.arange(3), np.full(3, 2)).tolist() == [0.0] * 3


def test_at_the_median_every_bit_is_as_without_doubt() -> None:
    median = functional_footprints(SHELF, LOG)
    habits = household_references(median, LOG)
    for found, references in (
        cautious_functional(SHELF, LOG, 0.5),
        # and the way through the factors gives the same bits as the short cut
        (
            scaled := functional_footprints(cautious_products(SHELF, median, 0.5), LOG),
            household_references(scaled, LOG),
        ),
    ):
        assert np.array_equal(found.kg_functional, median.kg_functional)
        assert np.array_equal(found.kg_of_need, median.kg_of_need)
        assert np.array_equal(found.basis, median.basis)
        assert np.array_equal(references.pair, habits.pair)
        assert np.array_equal(references.kg, habits.kg)


def test_the_doubt_about_a_packs_mass_does_not_matter() -> None:
    ends = pd.DataFrame({"kg_co2e_low": SHELF["kg_co2e"] / 100, "kg_co2e_high": 9.0})
    wide, _ = cautious_functional(pd.concat([SHELF, ends], axis=1), LOG, 0.9)
    narrow, _ = cautious_functional(SHELF, LOG, 0.9)
    assert np.array_equal(wide.kg_functional, narrow.kg_functional)


def test_without_learned_doubts_the_packs_range_stands_in_and_none_is_the_most_doubtful() -> None:
    shelf = SHELF.drop(columns="difference_sd_log10").assign(tier="model")
    half_width = 10 ** (DOUBLES * 1.2815515655446004)  # an 80 % range around an sd that doubles
    shelf["kg_co2e_low"] = shelf["kg_co2e"] / half_width
    shelf["kg_co2e_high"] = shelf["kg_co2e"] * half_width
    shelf.loc[1, ["kg_co2e_low", "kg_co2e_high"]] = NAN
    found, _ = cautious_functional(shelf, LOG, ONE_SD)
    median = functional_footprints(shelf, LOG)
    # coffee doubles by its range, tea has none and doubles as the most doubtful does
    assert (found.kg_functional[:2] / median.kg_functional[:2]).tolist() == pytest.approx([2, 2])


def test_a_shop_without_any_range_is_left_at_its_medians() -> None:
    shelf = SHELF.drop(columns="difference_sd_log10").assign(kg_co2e_low=NAN, kg_co2e_high=NAN)
    found, _ = cautious_functional(shelf, LOG, 0.9)
    assert np.array_equal(found.kg_functional, functional_footprints(shelf, LOG).kg_functional)


def test_goods_keep_their_pack_figures_and_are_the_same_goods_at_the_median() -> None:
    shelf = SHELF.assign(product_id=[f"p{k}" for k in range(len(SHELF))], price=2.0)
    goods = goods_of(shelf, LOG)
    assert cautious_goods(goods, shelf, LOG, 0.5) is goods
    cautious = cautious_goods(goods, shelf, LOG, ONE_SD)
    assert np.array_equal(cautious.kg_pack, goods.kg_pack)
    assert cautious.functional.kg_functional[0] == pytest.approx(6.0)
    excess = excess_kg(cautious.functional, cautious.references, np.array([0]), np.array([0]))
    assert excess[0] == 0.0


@pytest.mark.parametrize("quantile", [0.4, 1.0, NAN])
def test_a_daring_or_impossible_quantile_is_refused(quantile: float) -> None:
    with pytest.raises(ValueError, match=r"quantile is \S+, but 0\.5 or more and below 1"):
        cautious_factor(np.array([0.1]), pd.Series(["model"]), quantile)


Shelves = st.lists(
    st.tuples(st.floats(0.1, 50.0), st.floats(0.0, 0.6), st.booleans(), st.floats(1.0, 9.0)),
    min_size=2,
    max_size=6,
)


def bread(rows: list[tuple[float, float, bool, float]]) -> tuple[pd.DataFrame, Log]:
    intensity, sd, verified, units = (np.array(column) for column in zip(*rows, strict=True))
    shelf = pd.DataFrame(
        {
            "need": "bread",
            "kg_per_flow": 0.05,
            "net_mass_kg": 0.5,
            "kg_co2e_per_kg": intensity,
            "kg_co2e": intensity * 0.5,
            "tier": np.where(verified, "verified", "model"),
            "difference_sd_log10": sd,
        }
    )
    lines = [(k, k, float(n)) for k, n in enumerate(units)]  # each household has its own bread
    return shelf, log_of(lines, len(rows), len(rows))


@settings(deadline=None, max_examples=50)
@given(rows=Shelves, quantile=st.floats(0.5, 0.99))
def test_a_household_that_keeps_to_its_product_has_no_excess_however_doubtful(
    rows: list[tuple[float, float, bool, float]], quantile: float
) -> None:
    shelf, log = bread(rows)
    found, references = cautious_functional(shelf, log, quantile)
    own = np.arange(len(rows))
    # a mean over units of one product is that product's figure but for the last bit
    assert np.abs(excess_kg(found, references, own, own)) == pytest.approx(
        0.0, abs=4e-16 * float(found.kg_functional.max())
    )


@settings(deadline=None, max_examples=50)
@given(rows=Shelves, quantile=st.floats(0.5, 0.99))
def test_a_verified_figure_stays_and_more_doubt_never_makes_an_estimate_lighter(
    rows: list[tuple[float, float, bool, float]], quantile: float
) -> None:
    shelf, log = bread(rows)
    found, _ = cautious_functional(shelf, log, quantile)
    median = functional_footprints(shelf, log).kg_functional
    verified = (shelf["tier"] == "verified").to_numpy()
    assert np.array_equal(found.kg_functional[verified], median[verified])
    sd = shelf["difference_sd_log10"].to_numpy()[~verified]
    by_hand = median[~verified] * 10 ** (ndtri(quantile) * sd)
    assert found.kg_functional[~verified] == pytest.approx(by_hand)
    assert np.all(found.kg_functional >= median)
