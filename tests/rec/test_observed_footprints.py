"""The footprints' own range: how errors are shared, and what that does to sums and to changes."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.impact.observed.footprint_draws import (
    OWN_ASSUMED,
    SHARED_BY_ALL,
    Doubt,
    drawn_kg,
    footprint_doubt,
)
from recommender.lighter import Z80

LN10 = np.log(10.0)
ONE = 10 ** (2 * Z80)  # high over low where the sd of log10 is 1


def table(**columns: object) -> pd.DataFrame:
    return pd.DataFrame(columns)


def variances(doubt: Doubt) -> np.ndarray:
    """Own, of the need, of all, in squares of log10."""
    return np.array([doubt.own, doubt.of_need, doubt.of_all]) ** 2 / LN10**2


def test_what_is_not_a_products_own_is_shared_with_its_need_and_a_quarter_of_it_with_all() -> None:
    doubt = footprint_doubt(
        table(kg_co2e_low=[1.0], kg_co2e_high=[ONE], difference_sd_log10=[0.6]), np.array([0])
    )
    assert doubt is not None
    # variance 1, of it 0.36 its own; 0.64 shared, a quarter of that by all
    assert SHARED_BY_ALL == 0.25
    assert variances(doubt)[:, 0] == pytest.approx([0.36, 0.48, 0.16])


def test_an_own_error_above_the_range_is_all_its_own() -> None:
    doubt = footprint_doubt(
        table(kg_co2e_low=[1.0], kg_co2e_high=[ONE], difference_sd_log10=[1.7]), np.array([0])
    )
    assert doubt is not None
    assert variances(doubt)[:, 0] == pytest.approx([1.0, 0.0, 0.0])


def test_a_product_that_says_less_has_the_others_share_and_the_widest_range() -> None:
    doubt = footprint_doubt(
        table(
            kg_co2e_low=[1.0, 1.0, np.nan, 0.0],
            kg_co2e_high=[ONE, ONE**0.5, np.nan, 2.0],
            difference_sd_log10=[0.6, np.nan, np.nan, np.nan],
        ),
        np.zeros(4, np.int64),
    )
    assert doubt is not None
    assert variances(doubt).sum(axis=0) == pytest.approx([1.0, 0.25, 1.0, 1.0])
    assert variances(doubt)[0] == pytest.approx([0.36, 0.09, 0.36, 0.36])


def test_without_learned_errors_half_is_assumed_and_without_ranges_there_is_no_doubt() -> None:
    ranged = table(kg_co2e_low=[1.0], kg_co2e_high=[ONE])
    doubt = footprint_doubt(ranged, np.array([0]))
    assert doubt is not None
    assert variances(doubt)[0] == pytest.approx([OWN_ASSUMED])
    assert footprint_doubt(table(kg_co2e=[1.0]), np.array([0])) is None
    assert footprint_doubt(ranged.assign(kg_co2e_low=np.nan), np.array([0])) is None


def doubt_of(own: float, of_need: float, of_all: float, need: list[int]) -> Doubt:
    size = len(need)
    return Doubt(
        own=np.full(size, own),
        of_need=np.full(size, of_need),
        of_all=np.full(size, of_all),
        need=np.array(need),
    )


def spread(doubt: Doubt, kg: np.ndarray, draws: int = 4000) -> float:
    """Standard deviation of the sum's log."""
    return float(np.log(drawn_kg(doubt, kg, draws, np.random.default_rng(2))[:, 0]).std())


def test_independent_errors_average_away_in_a_sum_and_shared_ones_do_not() -> None:
    kg, one_need, own_needs = np.ones((400, 1)), [0] * 400, list(range(400))
    # 400 independent factors of sd 0.53 around 1: 0.53 / 20 of the sum
    assert spread(doubt_of(0.5, 0.0, 0.0, one_need), kg) == pytest.approx(0.0266, rel=0.1)
    assert spread(doubt_of(0.0, 0.5, 0.0, own_needs), kg) == pytest.approx(0.0266, rel=0.1)
    assert spread(doubt_of(0.0, 0.5, 0.0, one_need), kg) == pytest.approx(0.5, rel=0.05)
    assert spread(doubt_of(0.0, 0.0, 0.5, own_needs), kg) == pytest.approx(0.5, rel=0.05)


def test_own_and_shared_factors_have_mean_one_and_that_of_all_has_median_one() -> None:
    rng = np.random.default_rng(4)
    own = drawn_kg(doubt_of(0.6, 0.0, 0.0, [0]), np.ones((1, 1)), 40_000, rng)
    need = drawn_kg(doubt_of(0.0, 0.6, 0.0, [0]), np.ones((1, 1)), 40_000, rng)
    everywhere = drawn_kg(doubt_of(0.0, 0.0, 0.6, [0]), np.ones((1, 1)), 40_000, rng)
    # the sd of such a factor is 0.66: three standard errors of the mean are 0.01
    assert own.mean() == pytest.approx(1.0, abs=0.01)
    assert need.mean() == pytest.approx(1.0, abs=0.01)
    assert np.median(everywhere) == pytest.approx(1.0, abs=0.012)


def test_a_swap_inside_a_need_is_in_doubt_by_own_errors_alone() -> None:
    kg = np.array([[2.0, 0.0], [0.0, 1.0]])  # the baseline's good, and the lighter stand-in
    shared = drawn_kg(doubt_of(0.0, 0.4, 0.3, [0, 0]), kg, 50, np.random.default_rng(1))
    assert shared[:, 1] / shared[:, 0] == pytest.approx(np.full(50, 0.5))
    mix = drawn_kg(doubt_of(0.0, 0.4, 0.0, [0, 1]), kg, 4000, np.random.default_rng(1))
    # between two needs both err: sqrt(2) x 0.4
    assert np.log(mix[:, 1] / mix[:, 0]).std() == pytest.approx(2**0.5 * 0.4, rel=0.05)


@settings(max_examples=25, deadline=None)
@given(
    products=st.integers(1, 40),
    seed=st.integers(0, 2**32 - 1),
    own=st.floats(0, 1),
    of_need=st.floats(0, 1),
)
def test_a_policy_with_the_same_goods_has_the_same_draws(
    products: int, seed: int, own: float, of_need: float
) -> None:
    rng = np.random.default_rng(seed)
    need = rng.integers(0, 3, products).tolist()
    kg = rng.random((products, 1)).repeat(2, axis=1)
    drawn = drawn_kg(doubt_of(own, of_need, 0.2, need), kg, 20, rng)
    assert np.array_equal(drawn[:, 0], drawn[:, 1])
    assert (drawn > 0).all()


def test_products_without_kg_are_passed_over_and_change_no_draw() -> None:
    doubt = doubt_of(0.5, 0.3, 0.1, [0, 1, 1])
    few = drawn_kg(doubt, np.array([[1.0], [0.0], [2.0]]), 10, np.random.default_rng(3))
    again = drawn_kg(
        doubt_of(0.5, 0.3, 0.1, [0, 1]), np.array([[1.0], [2.0]]), 10, np.random.default_rng(3)
    )
    assert np.array_equal(few, again)
