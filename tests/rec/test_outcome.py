"""Difference-in-differences: planted effects are found, and what cannot be known is said."""

import math
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.impact.outcome.check import MissingExtra, checked
from recommender.impact.outcome.fit import Imputed, TwoWay, plain_two_way
from recommender.impact.outcome.outcome import Trust, changes, measure
from recommender.impact.outcome.simulated import World, coverage_study, example_rows
from recommender.impact.outcome.table import NEVER, Names, Panel, panel_from
from recommender.impact.outcome.words import verdict

HELD = range(89, 101)  # of 100 draws at 95 %: fewer than 89 has a chance of 0.4 %


def panel_with(outcome, first) -> Panel:
    outcome = np.array(outcome, np.float64)
    return Panel(
        names=Names(),
        units=np.array([f"u{unit}" for unit in range(len(outcome))], dtype=object),
        periods=tuple(str(week) for week in range(outcome.shape[1])),
        outcome=outcome,
        first=np.array(first, np.int64),
    )


def test_two_treated_and_two_untreated_give_the_difference_of_their_changes():
    found = measure(panel_with([[1, 5], [3, 9], [2, 3], [4, 7]], [1, 1, NEVER, NEVER]))
    # by hand: changes 4 and 6 against 1 and 3, so 5 - 2 = 3; each group's changes have variance 2,
    # so se = sqrt(2/2 + 2/2) = 1.414, with (1 + 1)^2 / (1/1 + 1/1) = 2 degrees of freedom
    assert found.effect.value == pytest.approx(3.0)
    assert found.effect.se == pytest.approx(math.sqrt(2.0))
    assert found.effect.freedom == pytest.approx(2.0)
    # treated cells hold 5 and 9, so 7 - 3 = 4 without the change
    assert found.base == pytest.approx(4.0)
    assert found.relative[0] == pytest.approx(0.75)
    # the true choice of two of four and its mirror image differ by 3, the other four by 1 or 2
    assert found.shuffled_p == pytest.approx(2 / 6)
    assert found.trust is Trust.NOT_TO_BE_TRUSTED
    assert "Not to be trusted" in verdict(found)


def test_an_effect_that_grows_and_differs_by_start_is_found_where_plain_two_way_is_not():
    # no noise: early starts at 1 with 2, 4, 6; late starts at 3 with 10; one unit never starts
    season = np.array([0.0, 1.0, 5.0, 2.0])
    outcome = np.array([[7.0], [1.0], [3.0]]) + season
    outcome[0, 1:] += [2, 4, 6]
    outcome[1, 3] += 10
    treated = np.arange(4) >= np.array([[1], [3], [9]])
    fit = Imputed.of(outcome, treated)
    assert fit.effect[treated] == pytest.approx([2, 4, 6, 10])
    assert fit.average(treated).value == pytest.approx(22 / 4)
    # by hand: treatment less its unit and period means, in twelfths: -5 3 3 -1, 1 -3 -3 5 and
    # 4 0 0 -4, so plain two-way says (2x3 + 4x3 - 6x1 + 10x5) / (3 + 3 - 1 + 5) = 62/10, and the
    # early unit's last period counts against itself
    plain = plain_two_way(outcome, treated)
    assert plain.value == pytest.approx(6.2)
    assert plain.negative_weights == pytest.approx(1 / 4)


def test_periods_in_which_all_are_treated_are_left_out_and_counted():
    noise = np.random.default_rng(2).normal(size=(24, 6))
    found = measure(panel_with(noise, [2] * 12 + [4] * 12))
    # from period 4 on nobody is untreated: 24 units x 2 periods
    assert (found.cells_used, found.cells_lost) == (24, 48)
    assert "48 treated rows without an untreated" in verdict(found)


def test_intervals_hold_a_planted_effect():
    study = coverage_study(World(units=80, periods=16, starts=(10,)), 100, seed=3)
    assert round(100 * study["coverage"]) in HELD
    assert abs(study["bias"]) < 0.25


def test_intervals_hold_zero_where_there_is_no_effect_and_trends_raise_no_alarm():
    study = coverage_study(World(units=80, periods=16, starts=(10,), effect=0.0), 100, seed=4)
    assert round(100 * (1 - study["effect_seen"])) in HELD
    assert study["trend_found"] <= 0.11


def test_intervals_hold_the_effect_with_few_units_of_which_few_are_treated():
    study = coverage_study(World(units=16, treated_share=0.3, periods=10, starts=(6,)), 100, seed=5)
    assert round(100 * study["coverage"]) in HELD


def test_staggered_starts_with_different_effects_are_held_where_plain_two_way_is_off():
    world = World(units=90, periods=16, starts=(5, 8, 11), growth=0.4, late_share=0.5)
    study = coverage_study(world, 100, seed=6)
    assert round(100 * study["coverage"]) in HELD
    assert abs(study["bias"]) < 0.15
    assert study["bias_of_plain_two_way"] < -0.4


def test_an_earlier_trend_is_found_and_told():
    world = World(trend=0.25)
    study = coverage_study(world, 100, seed=7)
    assert study["trend_found"] >= 0.9
    found = measure(world.panel(np.random.default_rng(1)))
    assert found.trust is Trust.EARLIER_TRENDS
    said = verdict(found)
    assert said.startswith("Not to be read as the effect of the change")
    assert "pulled away by" in said
    # taking the line out brings back about the planted 1.0
    low, high = found.sensitivity.trend_continued.interval
    assert low <= 1.0 <= high


def test_a_trend_without_noise_is_taken_out_whole():
    line = np.array([[1.0], [1.0], [0.0], [0.0]]) * np.arange(6.0)
    outcome = line + np.array([[1.0], [2.0], [3.0], [4.0]])
    found = measure(panel_with(outcome, [3, 3, NEVER, NEVER]))
    # the treated gain 1 a period: means 4 and 1 of periods 3-5 and 0-2 are 3 periods apart
    assert found.effect.value == pytest.approx(3.0)
    assert found.sensitivity.weeks_apart == pytest.approx(3.0)
    assert found.sensitivity.trend_continued.value == pytest.approx(0.0, abs=1e-9)


def test_one_treated_unit_is_not_identified_and_is_ranked_among_the_others():
    outcome = np.zeros((5, 4))
    outcome[:, 2:] = np.array([[9.0], [1.0], [2.0], [3.0], [4.0]])
    found = measure(panel_with(outcome, [2] + [NEVER] * 4))
    assert found.trust is Trust.NOT_IDENTIFIED
    assert found.facts()["low"] is None
    assert found.shuffled_p == pytest.approx(0.2)  # it changed most of five
    assert verdict(found).startswith("Not identified: 1 customer treated")


def test_one_period_before_the_start_leaves_trends_untested():
    noise = np.random.default_rng(0).normal(size=(30, 4))
    found = measure(panel_with(noise, [1] * 15 + [NEVER] * 15))
    assert found.facts()["trend_found"] is None
    assert "cannot be tested" in verdict(found)


@given(
    st.integers(0, 10_000),
    st.floats(-5, 5),
    st.floats(0.1, 10),
)
@settings(max_examples=25, deadline=None)
def test_levels_of_units_and_periods_do_not_count_and_scales_do(seed, shift, scale):
    rng = np.random.default_rng(seed)
    outcome = rng.normal(size=(8, 6))
    outcome[rng.random((8, 6)) < 0.1] = np.nan
    outcome[:, 0] = 1.0  # every unit is seen before its start
    treated = np.arange(6) >= np.array([2, 2, 3, 4, 9, 9, 9, 9])[:, None]
    one = Imputed.of(outcome, treated)
    level = rng.normal(size=(8, 1)) + rng.normal(size=6) + shift
    two = Imputed.of(scale * outcome + level, treated)
    a, b = one.average(one.usable), two.average(two.usable)
    assert b.value == pytest.approx(scale * a.value, abs=1e-7)
    assert b.se == pytest.approx(scale * a.se, abs=1e-7)
    assert two.average(two.usable).parts == pytest.approx(scale * a.parts, abs=1e-7)


def test_effects_are_fitted_as_least_squares_would_with_missing_cells():
    rng = np.random.default_rng(3)
    cells = rng.random((6, 5)) < 0.8
    cells[0] = cells[:, 0] = True
    values = rng.normal(size=(6, 5))
    unit, period = np.nonzero(cells)
    dummies = np.hstack([np.eye(6)[unit], np.eye(5)[period]])
    left = values[cells] - dummies @ np.linalg.lstsq(dummies, values[cells], rcond=None)[0]
    assert TwoWay.of(cells).residual(values)[cells] == pytest.approx(left)


def test_pyfixest_says_the_same():
    panel = World(units=30, periods=10, starts=(5, 7)).panel(np.random.default_rng(8))
    panel.outcome[3, 2] = np.nan
    found = measure(panel)
    other = checked(found)
    assert found.plain.value == pytest.approx(other.plain, rel=1e-6)
    assert found.plain.se == pytest.approx(other.plain_se, rel=1e-6)
    assert found.effect.value == pytest.approx(other.two_stage, rel=1e-6)
    # pyfixest leaves out the correction for the size of the groups: sqrt(15/14) with two of 15
    assert found.effect.se == pytest.approx(other.two_stage_se * math.sqrt(15 / 14), rel=1e-6)


def test_a_missing_extra_is_one_clear_message(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyfixest", None)
    found = measure(World(units=20).panel(np.random.default_rng(1)))
    with pytest.raises(MissingExtra, match=r"pip install 'greenaisle\[impact\]'"):
        checked(found)


def test_changes_leave_out_units_without_a_row_on_either_side():
    assert changes(np.array([[1.0, 2.0, 6.0], [np.nan, 2.0, 6.0]]), 1).tolist()[0] == 3.0
    assert np.isnan(changes(np.array([[np.nan, 2.0, 6.0]]), 1)).all()


def test_the_example_holds_its_effect():
    rows = example_rows()
    found = measure(panel_from(rows, Names(), "2026-04-27"))
    assert rows.shape == (4800, 4)
    low, high = found.effect.interval
    assert low < 1.0 < high
    assert low > 0
    assert found.trust is Trust.SOUND


def test_figures_are_plain_numbers_for_json():
    facts = measure(World(units=12).panel(np.random.default_rng(1))).facts()
    assert facts["layer"] == "measured"
    assert all(not isinstance(value, np.generic) for value in facts.values())
    assert isinstance(pd.DataFrame(facts["by_period"])["effect"].iloc[0], float)
