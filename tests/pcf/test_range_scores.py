"""What is said of ranges: how often they hold, for whom least, and against which width."""

import json

import numpy as np
import pandas as pd
import pytest

from pcf_estimator.assess.range_scores import category_mean_range, range_scores


def test_coverage_width_and_the_worst_category_by_hand() -> None:
    category = np.array(["easy"] * 20 + ["hard"] * 20 + ["small"] * 3, dtype=object)
    off = np.concatenate([np.full(20, 0.1), np.tile([0.1, 0.5], 10), np.full(3, 0.9)])
    tier = np.where(off > 0.6, "category", "model")
    half = {0.8: np.full(43, 0.3), 0.95: np.full(43, 0.6)}
    scores = range_scores(off, half, category, tier)
    # 30 of 43 within 0.3 and 40 within 0.6; the three of "small" are too few to be the worst
    assert scores["80"]["coverage"] == pytest.approx(30 / 43)
    assert scores["95"]["coverage"] == pytest.approx(40 / 43)
    assert (scores["80"]["worst_category"], scores["80"]["worst_category_coverage"]) == (
        "hard",
        0.5,
    )
    assert scores["80"]["range_factor"] == pytest.approx(10**0.6)
    assert scores["95"]["tiers"] == {
        "category": {"rows": 3, "coverage": 0.0},
        "model": {"rows": 40, "coverage": 1.0},
    }
    json.dumps(scores, allow_nan=False)


def test_a_value_that_many_rows_share_counts_once_among_values() -> None:
    off, groups = np.array([0.5, 0.5, 0.5, 0.1]), np.array([7, 7, 7, 8])
    scores = range_scores(off, {0.8: np.full(4, 0.2)}, np.array(["x"] * 4), groups=groups)["80"]
    assert (scores["coverage"], scores["coverage_of_values"]) == (0.25, 0.5)


def test_products_that_were_judged_twice_count_once_towards_the_worst_category() -> None:
    half, category = {0.8: np.full(40, 0.2)}, np.array(["x"] * 38 + ["y"] * 2)
    off = np.concatenate([np.full(38, 0.5), np.full(2, 0.1)])
    assert range_scores(off, half, category)["80"]["worst_category"] == "x"
    assert range_scores(off, half, category, divisions=2)["80"]["worst_category"] is None


def test_rows_without_a_range_are_counted_and_left_out() -> None:
    off, half = np.array([0.1, np.nan, 0.1]), {0.8: np.array([0.2, 0.2, np.nan])}
    scores = range_scores(off, half, np.array(["x"] * 3))["80"]
    assert (scores["rows"], scores["no_range"], scores["coverage"]) == (1, 2, 1.0)
    nothing = range_scores(off, {0.8: np.full(3, np.nan)}, np.array(["x"] * 3))["80"]
    assert nothing == {"rows": 0, "no_range": 3}


def test_the_category_mean_is_calibrated_on_groups_it_has_not_seen() -> None:
    known = pd.DataFrame({"department": ["d"] * 5, "category": ["x", "x", "x", "x", "y"]})
    figure, groups = np.array([0.0, 0.0, 1.0, 1.0, 0.2]), np.array([0, 0, 1, 1, 2])
    new = pd.DataFrame({"department": ["d", "e"], "category": ["x", "x"]})
    mean, half = category_mean_range(known, figure, groups, new, levels=(0.8,))
    # the mean of x is 0.5; an unseen department gets that of all, 2.2 / 5
    assert mean.tolist() == pytest.approx([0.5, 0.44])
    # without its own group each x is 1 off; y has its department's mean, 0.5, and is 0.3 off.
    # Of 0.3 and four times 1 the ceil(6 * 0.8) = 5th
    assert half[0.8].tolist() == pytest.approx([1.0, 1.0])


def test_the_category_means_range_holds_its_level_on_new_groups() -> None:
    rng = np.random.default_rng(0)
    category = rng.integers(0, 6, size=600)
    table = pd.DataFrame({"department": "d", "category": category.astype(str)})
    figure = category / 3 + rng.normal(0, 0.2, size=600)
    known, new = slice(0, 400), slice(400, 600)
    mean, half = category_mean_range(
        table.iloc[known], figure[known], np.arange(400), table.iloc[new], levels=(0.8, 0.95)
    )
    off = np.abs(figure[new] - mean)
    # binomial around the level with 200 rows: standard deviations of 0.028 and 0.015
    assert (off <= half[0.8]).mean() == pytest.approx(0.8, abs=0.09)
    assert (off <= half[0.95]).mean() == pytest.approx(0.95, abs=0.05)
