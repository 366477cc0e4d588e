"""Footprints drawn from their ranges, product by product."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from recommender.impact.observed.footprint_draws import Doubt, drawn_kg, footprint_doubt, kg_factors

TABLE = pd.DataFrame(
    {
        "kg_co2e_low": [1.0, 1.0, 1.0],
        "kg_co2e_high": [4.0, 4.0, 6.0],
        "difference_sd_log10": [0.1, 0.1, 0.2],
    }
)
NEED = np.array([0, 0, 1])


def doubt() -> Doubt:
    found = footprint_doubt(TABLE, NEED)
    assert found is not None
    return found


def drawn(draws: int = 4000, seed: int = 1) -> np.ndarray:
    return np.stack(list(kg_factors(doubt(), draws, np.random.default_rng(seed))))


def test_factors_keep_the_width_of_the_range() -> None:
    low, high = np.quantile(drawn(), [0.1, 0.9], axis=0)
    # 80 % ranges: 4 / 1 for the first two and 6 / 1 for the third
    assert (high / low) == pytest.approx([4.0, 4.0, 6.0], rel=0.1)


def test_what_is_shared_moves_the_products_of_a_need_together_and_less_so_those_of_two() -> None:
    logs, parts = np.log(drawn()), doubt()
    inside, between = np.corrcoef(logs.T)[0, 1:]
    variance = parts.own**2 + parts.of_need**2 + parts.of_all**2
    # of need and of all together over the whole, and of all alone between needs
    shared = (parts.of_need[0] ** 2 + parts.of_all[0] ** 2) / variance[0]
    both = parts.of_all[0] * parts.of_all[2] / np.sqrt(variance[0] * variance[2])
    assert inside == pytest.approx(shared, abs=0.05)
    assert between == pytest.approx(both, abs=0.05)


def test_one_by_one_and_in_sums_errors_are_of_the_same_kind() -> None:
    kg = np.array([[2.0], [3.0], [5.0]])
    sums = drawn_kg(doubt(), kg, 4000, np.random.default_rng(2))[:, 0]
    each = drawn() @ kg[:, 0]
    assert sums.mean() == pytest.approx(each.mean(), rel=0.05)
    assert np.quantile(sums, [0.1, 0.9]) == pytest.approx(np.quantile(each, [0.1, 0.9]), rel=0.08)


def test_the_same_seed_gives_the_same_bits_however_many_are_taken() -> None:
    assert drawn(draws=5).tobytes() == drawn(draws=20)[:5].tobytes()
