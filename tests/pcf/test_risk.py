"""Keeping only the surer figures must help; a score for which it does not is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcf_estimator.assess.risk import SHARES, RisingRisk, refuse_if_rising, risk_coverage


def test_the_curve_by_hand() -> None:
    confidence = np.array([0.1, 0.9, 0.5, 0.7])
    off = np.array([0.8, 0.1, 0.4, 0.3])
    curve = risk_coverage(confidence, off, shares=(0.25, 0.5, 0.75, 1.0))
    # surest first: 0.1, 0.3, 0.4, 0.8; their means as each joins: 0.1, 0.2, 0.8 / 3, 0.4
    assert curve["mean_off"].tolist() == pytest.approx([0.1, 0.2, 0.8 / 3, 0.4])
    assert curve["rows"].tolist() == [1, 2, 3, 4]
    assert curve["least_confidence"].tolist() == [0.9, 0.7, 0.5, 0.1]
    # a factor of two is 0.301: 1 of 1, 2 of 2, 2 of 3, 2 of 4
    assert curve["within_factor_2"].tolist() == pytest.approx([1, 1, 2 / 3, 0.5])
    # spread of 0.1 and 0.3 around 0.2 is 0.1, of a mean of two 0.1 / sqrt(2)
    assert curve["noise"].tolist()[:2] == pytest.approx([0.0, 0.1 / np.sqrt(2)])


@settings(deadline=None)
@given(seed=st.integers(0, 50))
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    confidence, off = rng.integers(0, 4, size=30) / 4, rng.random(30)
    order = rng.permutation(30)
    one, other = risk_coverage(confidence, off), risk_coverage(confidence[order], off[order])
    np.testing.assert_allclose(one.to_numpy(), other.to_numpy(), atol=1e-9)


@settings(deadline=None)
@given(seed=st.integers(0, 50))
def test_all_rows_kept_have_the_error_of_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    confidence, off = rng.random(25), rng.random(25)
    curve = risk_coverage(confidence, off)
    assert curve["share"].tolist() == list(SHARES)
    assert curve["mean_off"].iloc[-1] == pytest.approx(off.mean())


def test_a_score_that_knows_the_errors_is_kept() -> None:
    off = np.linspace(0, 1, 50)
    curve = risk_coverage(-off, off)
    assert refuse_if_rising(curve) is curve
    assert curve["mean_off"].is_monotonic_increasing


def test_a_score_that_says_nothing_is_kept() -> None:
    off = np.tile([0.1, 0.3], 50)
    refuse_if_rising(risk_coverage(np.ones(100), off))  # one level: the same error at every share


def test_a_model_that_is_sure_where_it_is_wrong_is_refused_with_its_numbers() -> None:
    # the surest ten of a hundred are off by 0.9, the others by 0.1: 0.9 against 0.18 for all
    off = np.where(np.arange(100) < 10, 0.9, 0.1)
    with pytest.raises(RisingRisk, match=r"votes: the surest 10 %.*0\.900.*100 %.*0\.180"):
        refuse_if_rising(risk_coverage(-np.arange(100.0), off), "votes")


def test_a_rise_by_chance_is_no_reason_to_refuse() -> None:
    # the surer half is off by 0.01 more, which is less than one standard error of its mean
    off = np.concatenate([np.tile([0.11, 0.51], 5), np.tile([0.10, 0.50], 5)])
    refuse_if_rising(risk_coverage(np.repeat([1.0, 0.0], 10), off, shares=(0.5, 1.0)))


def test_bad_input_is_named_and_counted() -> None:
    with pytest.raises(ValueError, match="2 confidences and 3 errors"):
        risk_coverage(np.ones(2), np.ones(3))
    with pytest.raises(ValueError, match="1 rows have no confidence or no error"):
        risk_coverage(np.ones(2), np.array([0.1, np.nan]))
