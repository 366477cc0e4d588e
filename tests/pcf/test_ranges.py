"""Ranges hold what they promise, and never get narrower for a reason to be wider."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcf_estimator.ranges import (
    LEAST_DIFFICULTY,
    LEAST_IN_A_CELL,
    conformal_quantile,
    difficulty,
    fit_difficulty,
    fit_ranges,
    half_widths,
    spread_beyond,
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


def test_databases_that_agree_with_the_ranges_widen_nothing() -> None:
    half = np.full(10, 0.3)
    assert spread_beyond(np.full(10, 0.2), half, 0.8) == 0.0
    assert spread_beyond(np.empty(0), np.empty(0), 0.8) == 0.0


@settings(deadline=None)
@given(seed=st.integers(0, 30))
def test_ranges_widened_for_databases_hold_what_they_say(seed: int) -> None:
    rng = np.random.default_rng(seed)
    off, half = np.abs(rng.normal(size=50)), np.full(50, 0.2)
    wider = widen(half, 0.8, spread_beyond(off, half, 0.8))
    assert (off <= wider + 1e-9).mean() >= 0.8
