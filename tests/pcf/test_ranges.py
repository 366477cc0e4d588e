"""Ranges hold what they promise, and never get narrower for a reason to be wider."""

import numpy as np
import pandas as pd
import pytest
from crepes import ConformalRegressor
from hypothesis import given, settings
from hypothesis import strategies as st

from pcf_estimator.ranges import (
    ENOUGH_ON_A_SHELF,
    LEAST_DIFFICULTY,
    LEAST_IN_A_CELL,
    NO_SHELF,
    SPREAD_ASSUMED,
    Ranges,
    Shelves,
    between_sources,
    conformal_quantile,
    difficulty,
    fit_difficulty,
    fit_ranges,
    half_widths,
    shelf_errors,
    shelf_factors,
    widen,
)


def test_the_conformal_quantile_by_hand() -> None:
    scores = np.array([0.4, 0.1, 0.3, 0.2, 0.9])
    # n = 5: ceil(6 * 0.5) = the 3rd smallest, ceil(6 * 0.8) = the 5th, ceil(6 * 0.9) is beyond n
    assert conformal_quantile(scores, 0.5) == 0.3
    assert conformal_quantile(scores, 0.8) == 0.9
    assert conformal_quantile(scores, 0.9) == float("inf")


@settings(deadline=None)
@given(st.lists(st.floats(0, 10), min_size=9, max_size=60), st.sampled_from([0.5, 0.8, 0.9]))
def test_at_least_the_promised_share_of_scores_lies_within_the_quantile(
    scores: list[float], coverage: float
) -> None:
    values = np.array(scores)
    assert (values <= conformal_quantile(values, coverage)).mean() >= coverage


def test_a_new_score_is_covered_as_often_as_promised() -> None:
    rng = np.random.default_rng(0)
    covered = [
        rng.exponential() <= conformal_quantile(rng.exponential(size=49), 0.8) for _ in range(2000)
    ]
    # binomial around 0.8 with 2000 trials: a standard deviation of 0.009
    assert np.mean(covered) == pytest.approx(0.8, abs=0.03)


def test_difficulty_is_a_sum_of_hints_by_hand() -> None:
    hints = np.array([[0.0, 0.0], [0.1, 0.2], [0.0, 0.0]])
    # 0.05 + 1 * 0.1 + 0.5 * 0.2 = 0.25
    assert difficulty(hints, np.array([0.05, 1.0, 0.5])).tolist() == [0.05, 0.25, 0.05]
    assert difficulty(hints, np.zeros(3)).tolist() == [LEAST_DIFFICULTY] * 3


@settings(deadline=None)
@given(seed=st.integers(0, 50))
def test_a_worse_hint_never_makes_a_product_easier(seed: int) -> None:
    rng = np.random.default_rng(seed)
    hints, residuals = rng.random((40, 3)), rng.normal(size=40)
    coefficients = fit_difficulty(hints, residuals)
    assert (coefficients >= 0).all()
    worse = hints + rng.random((40, 3))
    assert (difficulty(worse, coefficients) >= difficulty(hints, coefficients)).all()


def test_each_tier_has_its_own_scores_and_small_cells_borrow_from_their_tier() -> None:
    rows = LEAST_IN_A_CELL
    cells = pd.Series(["model/full"] * rows + ["model/title"] * 2 + ["category/need"] * 2)
    residuals = np.concatenate([np.full(rows, 0.1), np.full(2, 0.4), np.full(2, 1.0)])
    ranges = fit_ranges(np.zeros((len(cells), 1)), residuals, cells)
    asked = pd.Series(["model/full", "model/title", "category/need", "neighbours"])
    # the model's difficulty is the mean |residual|: (40 * 0.1 + 2 * 0.4) / 42 = 0.1143 for each
    half = half_widths(ranges, np.zeros((4, 1)), asked, coverage=0.6)
    assert half[0] == pytest.approx(0.1)  # its own forty
    assert half[1] == pytest.approx(0.1)  # two are too few: the tier's forty-two
    # two of a tier are too few as well: of all 44 the 27th, where the shelf means' scores of
    # 1 / 0.1143 stand last and the forty first
    assert half[2] == pytest.approx(0.1)
    assert np.isnan(half[3])  # nothing is known of neighbours


def test_spreads_add_in_quadrature() -> None:
    # 1.2816 standard deviations lie on each side of an 80 % range; 0.3 and 0.4 make 0.5
    half = widen(np.array([0.3]), 0.8, 0.4 / 1.2815515655446004)
    assert half == pytest.approx([0.5])
    assert widen(np.array([0.3]), 0.8) == pytest.approx([0.3])
    assert widen(np.array([0.3]), 0.8, np.array([0.0]), 0.0) == pytest.approx([0.3])


def test_the_quantiles_are_those_of_crepes() -> None:
    rng = np.random.default_rng(0)
    hints, residuals = rng.random((300, 2)), rng.normal(size=300)
    cells = pd.Series(np.where(np.arange(300) < 180, "model/full", "model/title"))
    ranges = fit_ranges(hints, residuals, cells)
    sigmas = difficulty(hints, ranges.coefficients)
    theirs = ConformalRegressor().fit(residuals, sigmas=sigmas, bins=cells.to_numpy())
    for coverage in (0.8, 0.95):
        ends = theirs.predict_int(np.zeros(300), sigmas, cells.to_numpy(), confidence=coverage)
        np.testing.assert_allclose(half_widths(ranges, hints, cells, coverage), ends[:, 1])


def test_a_shelfs_error_is_drawn_towards_its_aisle_and_leaves_its_own_group_out() -> None:
    on = Shelves(
        shelf=pd.Series(["tea", "tea", "oil"]),
        aisle=pd.Series(["drinks", "drinks", "pantry"]),
        group=np.array([0, 1, 2]),
    )
    row, by_shelf = shelf_errors(np.array([0.1, 0.3, 0.8]), on)  # of all 0.4
    # the first tea has the other: aisle (0.3 + 5 * 0.4) / 6, shelf (0.3 + 5 * that) / 6
    assert row[0] == pytest.approx((0.3 + 5 * (2.3 / 6)) / 6)
    # nobody else sells oil: the mean of all
    assert row[2] == pytest.approx(0.4)
    # aisle (0.4 + 5 * 0.4) / 7, shelf (0.4 + 5 * that) / 7
    assert by_shelf["tea"] == pytest.approx((0.4 + 5 * (2.4 / 7)) / 7)
    assert by_shelf[NO_SHELF] == pytest.approx(0.4)


def test_a_hard_shelf_is_wider_and_an_easy_one_is_never_narrower_than_all() -> None:
    many = 3 * ENOUGH_ON_A_SHELF
    on = Shelves(
        shelf=pd.Series(["spices"] * many + ["milk"] * many),
        aisle=pd.Series(["pantry"] * many + ["dairy"] * many),
        group=np.arange(2 * many),
    )
    row, by_shelf = shelf_factors(np.repeat([2.0, 0.5], many), on)
    # 80 % of all is 2: spices are as wide as that, and milk is not let to be narrower
    assert by_shelf == {"spices": 1.0, "milk": 1.0, NO_SHELF: 1.0}
    rare = Shelves(
        shelf=pd.Series(["spices"] * 20 + ["milk"] * 180),
        aisle=pd.Series(["pantry"] * 20 + ["dairy"] * 180),
        group=np.repeat(np.arange(10), 20),
    )
    row, by_shelf = shelf_factors(np.repeat([2.0, 0.5], [20, 180]), rare)
    assert (by_shelf["spices"], by_shelf["milk"]) == (4.0, 1.0)  # 2 over 0.5
    # its twenty are one group: without them a spice has nothing but its aisle, which here is
    # twenty of its own and twenty like all, and evenly spaced its 80 % quantile is still 2
    assert row[0] == pytest.approx(4.0)


def test_products_of_a_hard_shelf_get_wider_ranges_and_other_shelves_those_of_all() -> None:
    rng = np.random.default_rng(0)
    rows = 400
    hard = np.arange(rows) < 60
    residuals = rng.normal(0, np.where(hard, 0.6, 0.1))
    shelves = Shelves(
        shelf=pd.Series(np.where(hard, "spices", "milk")),
        aisle=pd.Series(np.where(hard, "pantry", "dairy")),
        group=np.arange(rows),
    )
    cells = pd.Series("model/full", index=range(rows))
    ranges = fit_ranges(np.zeros((rows, 1)), residuals, cells, shelves=shelves)
    asked = pd.Series(["spices", "milk", "never seen", NO_SHELF])
    cells = pd.Series("model/full", index=range(4))
    half = half_widths(ranges, np.zeros((4, 1)), cells, 0.8, asked)
    # an 80 % range of normal errors is 1.28 standard deviations on each side: 0.77 and 0.13
    assert half[0] == pytest.approx(0.77, rel=0.35)
    assert half[1] == pytest.approx(0.13, rel=0.35)
    assert half[2] == half[3] == half_widths(ranges, np.zeros((1, 1)), cells[:1], 0.8)[0]


@settings(deadline=None, max_examples=30)
@given(
    seed=st.integers(0, 100),
    levels=st.tuples(st.floats(0.05, 0.99), st.floats(0.05, 0.99)),
)
def test_more_coverage_or_a_worse_hint_is_never_a_narrower_range(
    seed: int, levels: tuple[float, float]
) -> None:
    rng = np.random.default_rng(seed)
    ranges = random_ranges(rng)
    hints = rng.random((50, 2))
    cells = pd.Series(rng.choice(["model/full", "neighbours"], 50))
    shelves = pd.Series(rng.choice(["a", "b", "unheard of", NO_SHELF], 50))
    low, high = min(levels), max(levels)
    half = half_widths(ranges, hints, cells, low, shelves)
    assert (half >= 0).all()  # the figure is always inside
    assert (half_widths(ranges, hints, cells, high, shelves) >= half).all()
    assert (half_widths(ranges, hints + rng.random((50, 2)), cells, low, shelves) >= half).all()
    spread = between_sources(rng.random(5))
    finite = np.isfinite(half)
    wide = widen(half, low, spread)
    assert (wide >= half).all()
    assert (widen(half, high, spread)[finite] >= wide[finite]).all()


def random_ranges(rng: np.random.Generator) -> Ranges:
    cells = pd.Series(["model/full"] * 80 + ["neighbours"] * 50)
    shelves = Shelves(
        shelf=pd.Series(rng.choice(["a", "b"], 130)),
        aisle=pd.Series(["x"] * 130),
        group=rng.integers(0, 30, 130),
    )
    return fit_ranges(rng.random((130, 2)), rng.normal(size=130), cells, shelves=shelves)


def test_the_same_rows_give_the_same_ranges() -> None:
    one, other = (random_ranges(np.random.default_rng(3)) for _ in range(2))
    assert one.coefficients.tolist() == other.coefficients.tolist()
    assert one.shelf_errors == other.shelf_errors
    assert one.shelf_factors == other.shelf_factors


def test_few_foods_in_two_databases_leave_the_published_spread() -> None:
    assert between_sources(np.array([])) == SPREAD_ASSUMED
    # many that agree exactly: 360 foods at 0 and 40 at 0.3, root of 0.1 * 0.09
    assert between_sources(np.zeros(360)) == pytest.approx(SPREAD_ASSUMED * np.sqrt(0.1))
