"""Said against seen, by hand and on chances known to be honest."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.evaluation.calibration import (
    BANDS,
    bands_of,
    calibration_error,
    chance_report,
    department_report,
    logistic_line,
    reliability,
    said_and_seen,
    tenths_of,
    tenths_report,
)

ONE = [{"name": "one"}]


def test_reliability_by_hand():
    p_buy = np.array([0.05, 0.09, 0.3])
    assert reliability(p_buy, np.array([True, False, False])) == [
        {"from": 0.03, "to": 0.1, "rows": 2, "said": pytest.approx(0.07), "seen": 0.5},
        {"from": 0.2, "to": 0.4, "rows": 1, "said": 0.3, "seen": 0.0},
    ]


def test_the_error_is_the_gap_of_each_group_weighed_by_its_rows():
    p_buy = np.array([0.05, 0.09, 0.3, 0.3])
    bought = np.array([True, False, False, True])
    found = calibration_error(p_buy, bought, np.arange(4), bands_of(p_buy), draws=50)
    # |0.5 - 0.07| of two rows and |0.5 - 0.3| of two
    assert found["value"] == pytest.approx((0.43 * 2 + 0.2 * 2) / 4)


def test_gaps_of_opposite_sign_in_one_group_cancel_but_not_between_groups():
    p_buy, bought = np.array([0.5, 0.5]), np.array([True, False])
    group = np.array([0, 0])
    assert calibration_error(p_buy, bought, np.arange(2), group, draws=5)["value"] == 0
    group = np.array([0, 1])
    assert calibration_error(p_buy, bought, np.arange(2), group, draws=5)["value"] == 0.5


def honest(rng, rows=40_000, households=400):
    p_buy = rng.beta(0.4, 4.0, rows)
    return p_buy, rng.random(rows) < p_buy, rng.integers(households, size=rows)


def test_honest_chances_have_slope_1_intercept_0_and_agree():
    p_buy, bought, household = honest(np.random.default_rng(1))
    line = logistic_line(p_buy, bought, household, draws=300)
    assert line["slope"]["low"] < 1 < line["slope"]["high"]
    assert line["intercept"]["low"] < 0 < line["intercept"]["high"]
    bands = [{"band": k} for k in range(len(BANDS) - 1)]
    found = said_and_seen(p_buy, bought, household, bands_of(p_buy), bands, draws=300)
    assert all(group["agrees"] for group in found)


def test_too_extreme_chances_have_a_slope_below_1():
    p_buy, bought, household = honest(np.random.default_rng(2))
    logit = 2 * np.log(p_buy / (1 - p_buy))
    line = logistic_line(1 / (1 + np.exp(-logit)), bought, household, draws=100)
    # logits twice as far from 0 need a slope of a half
    assert line["slope"]["value"] == pytest.approx(0.5, abs=0.02)


def test_the_interval_of_the_slope_is_near_that_of_refits():
    rng = np.random.default_rng(3)
    p_buy, bought, household = honest(rng, rows=4000, households=100)
    line = logistic_line(p_buy, bought, household, draws=1000)["slope"]
    refits = []
    for _ in range(150):
        drawn = np.concatenate(
            [np.flatnonzero(household == h) for h in rng.integers(100, size=100)]
        )
        refits.append(logistic_line(p_buy[drawn], bought[drawn], household[drawn], 1)["slope"])
    slopes = [fit["value"] for fit in refits]
    assert line["high"] - line["low"] == pytest.approx(
        np.quantile(slopes, 0.975) - np.quantile(slopes, 0.025), rel=0.25
    )


@pytest.mark.parametrize("bought", [[True, True], [False, False]])
def test_no_line_where_all_or_nothing_was_bought(bought):
    line = logistic_line(np.array([0.2, 0.6]), np.array(bought), np.arange(2))
    assert line["slope"] == {"value": None, "low": None, "high": None}


def test_no_line_where_chances_tell_the_outcome_apart_without_error():
    p_buy = np.array([0.1, 0.2, 0.8, 0.9])
    assert logistic_line(p_buy, p_buy > 0.5, np.arange(4))["slope"]["value"] is None


def test_a_group_agrees_within_a_tenth_or_inside_the_interval():
    households = np.repeat(np.arange(200), 10)
    said = np.full(2000, 0.5)
    zeros = np.zeros(2000, np.int64)
    # each household buys 5, 4 or 3 of 10: no spread between households, so the interval is a point
    for bought, agrees in ((5, True), (4, False), (3, False)):
        seen = np.tile(np.arange(10) < bought, 200)
        found = said_and_seen(said, seen, households, zeros, ONE, draws=100)[0]
        assert found["agrees"] is agrees
        assert found["seen"] == pytest.approx(bought / 10)
    near = said_and_seen(np.full(2000, 0.44), seen_of(4), households, zeros, ONE, draws=100)[0]
    assert near["agrees"], "0.40 is within a tenth of 0.44"
    # half of the households buy all and half buy nothing: 0.5 +- 0.07, which holds 0.56
    all_or_nothing = np.repeat(np.arange(200) < 100, 10)
    wide = said_and_seen(np.full(2000, 0.56), all_or_nothing, households, zeros, ONE, draws=500)[0]
    assert wide["low"] < 0.56 < wide["high"]
    assert wide["agrees"]


def seen_of(bought):
    return np.tile(np.arange(10) < bought, 200)


def test_too_few_households_or_purchases_are_not_judged():
    few = said_and_seen(np.full(29, 0.9), np.zeros(29, bool), np.arange(29), zeros(29), ONE)[0]
    assert few["agrees"] is None
    assert few["low"] is None
    rare = said_and_seen(np.full(90, 0.1), np.zeros(90, bool), np.arange(90), zeros(90), ONE)[0]
    assert rare["agrees"] is None, "nine purchases are expected"
    enough = said_and_seen(np.full(110, 0.1), np.zeros(110, bool), np.arange(110), zeros(110), ONE)
    assert enough[0]["agrees"] is False


def zeros(rows):
    return np.zeros(rows, np.int64)


def test_groups_without_rows_are_left_out_and_minus_1_is_in_none():
    names = [{"name": "a"}, {"name": "b"}]
    found = said_and_seen(
        np.array([0.5, 0.5]), np.array([True, False]), np.arange(2), np.array([1, -1]), names
    )
    assert [(group["name"], group["rows"], group["seen"]) for group in found] == [("b", 1, 1.0)]


@given(st.lists(st.floats(0, 100), min_size=1, max_size=60))
def test_tenths_rise_with_the_value_and_keep_equals_together(values):
    values = np.array(values)
    tenth = tenths_of(values)
    assert ((tenth >= 0) & (tenth <= 9)).all()
    order = np.argsort(values, kind="stable")
    assert (np.diff(tenth[order]) >= 0).all()
    assert all(len(set(tenth[values == v])) == 1 for v in values)


def test_distinct_values_fall_into_equal_tenths():
    assert np.bincount(tenths_of(np.arange(50.0))).tolist() == [5] * 10


def test_tenths_report_names_the_ends_of_each_tenth():
    values = np.r_[np.arange(1.0, 21.0), np.nan]
    found = tenths_report(np.full(21, 0.5), np.ones(21, bool), np.arange(21), values, draws=10)
    assert [(group["tenth"], group["from"], group["to"]) for group in found[:2]] == [
        (1, 1.0, 2.0),
        (2, 3.0, 4.0),
    ]
    assert sum(group["rows"] for group in found) == 20, "no price, no tenth"


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_the_report_does_not_depend_on_the_order_of_rows(seed):
    rng = np.random.default_rng(seed)
    p_buy, bought, household = honest(rng, rows=600, households=40)
    department = rng.integers(2, size=600)
    order = rng.permutation(600)
    for report, more in ((chance_report, ()), (department_report, (department,))):
        names = (["a", "b"],) * len(more)
        one = report(p_buy, bought, household, *more, *names, draws=20)
        again = [column[order] for column in (p_buy, bought, household, *more)]
        other = report(*again, *names, draws=20)
        assert flat(other) == pytest.approx(flat(one), rel=1e-6, abs=1e-9, nan_ok=True)


def flat(value):
    if isinstance(value, dict):
        return [x for item in value.values() for x in flat(item)]
    if isinstance(value, list):
        return [x for item in value for x in flat(item)]
    return [] if value is None or isinstance(value, str) else [float(value)]
