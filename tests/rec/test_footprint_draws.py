"""Footprints drawn from their ranges."""

from __future__ import annotations

import numpy as np
import pytest

from recommender.impact.footprint_draws import kg_draws

KG = np.array([2.0, 2.0, 2.0, 5.0])
LOW, HIGH = np.array([1.0, 1.0, 1.0, np.nan]), np.array([4.0, 4.0, 6.0, np.nan])
NEED = np.array([0, 0, 1, 1])


def drawn(draws=4000, shared=0.5, seed=1):
    rng = np.random.default_rng(seed)
    return np.stack(list(kg_draws(KG, LOW, HIGH, NEED, draws, rng, shared)))


def test_factors_have_a_mean_of_one_and_keep_the_width_of_the_range():
    factors = drawn()
    assert factors.mean(axis=0) == pytest.approx(1.0, abs=0.04)
    low, high = np.quantile(factors, [0.1, 0.9], axis=0)
    # 80 % ranges: 4 / 1 for the first two and 6 / 1 for the third; none for the fourth
    assert (high / low)[:3] == pytest.approx([4.0, 4.0, 6.0], rel=0.1)
    assert (factors[:, 3] == 1.0).all()


def test_half_of_the_variance_is_shared_inside_a_need_and_none_between_needs():
    logs = np.log(drawn()[:, :3])
    inside, between = np.corrcoef(logs.T)[0, 1:]
    assert inside == pytest.approx(0.5, abs=0.06)
    assert between == pytest.approx(0.0, abs=0.06)
    together = np.log(drawn(shared=1.0, draws=50)[:, :2])
    assert together[:, 0] == pytest.approx(together[:, 1])


def test_the_same_seed_gives_the_same_bits_however_many_are_taken():
    assert drawn(draws=5).tobytes() == drawn(draws=20)[:5].tobytes()


def test_a_share_of_variance_outside_zero_to_one_is_refused():
    with pytest.raises(ValueError, match=r"shared is 1.5, but a share of variance from 0 to 1"):
        drawn(draws=1, shared=1.5)
