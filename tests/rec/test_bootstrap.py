"""The bootstrap: the same households for everybody, the same draws however they are cut."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from recommender.bootstrap import drawn_sums, estimates, household_counts, interval, ratio


def test_each_draw_has_as_many_households_as_there_are() -> None:
    (counts,) = household_counts(7, 50, np.random.default_rng(3))
    assert counts.shape == (50, 7)
    assert (counts.sum(axis=1) == 7).all()


def test_the_draws_are_the_same_in_one_chunk_and_in_many() -> None:
    table = np.random.default_rng(0).random((9, 4))
    (whole,) = drawn_sums([table], 20, np.random.default_rng(5))
    (cut,) = drawn_sums([table], 20, np.random.default_rng(5), chunk_bytes=8 * 9 * 3)
    assert np.array_equal(whole, cut)


def test_a_sparse_table_sums_as_the_dense_one_over_the_same_households() -> None:
    dense = np.random.default_rng(0).integers(0, 3, (9, 5)).astype(np.float64)
    first, second = drawn_sums([dense, csr_matrix(dense)], 30, np.random.default_rng(1))
    assert np.array_equal(first, second)


def test_a_drawn_sum_is_counts_times_values() -> None:
    values = np.array([[1.0], [10.0], [100.0]])
    (counts,) = household_counts(3, 6, np.random.default_rng(2))
    (sums,) = drawn_sums([values], 6, np.random.default_rng(2))
    assert np.array_equal(sums, counts @ values)


def test_a_constant_ratio_has_an_interval_of_one_point() -> None:
    above = np.array([[2.0, 1.0], [4.0, 2.0], [6.0, 3.0]])  # the first is twice the second
    (sums,) = drawn_sums([above], 200, np.random.default_rng(0))
    low, high = interval(ratio(sums[:, :1], sums[:, 1:]))
    assert (low[0], high[0]) == (2.0, 2.0)


def test_a_policy_equal_to_the_baseline_changes_by_exactly_nothing() -> None:
    levels = np.random.default_rng(0).random((101, 1)) + 1.0
    found = estimates(["revenue"], levels, levels, levels)["revenue"]
    assert (found["change"], found["change_low"], found["change_high"]) == (0.0, 0.0, 0.0)
    assert found["low"] < found["value"] < found["high"]


def test_draws_without_the_figure_are_left_out_up_to_one_in_a_hundred() -> None:
    samples = np.tile(np.arange(1000.0)[:, None], 3)
    samples[:10, 1] = np.nan
    samples[:11, 2] = np.nan
    low, high = interval(samples)
    assert low[0] == pytest.approx(24.975)
    # of 10 .. 999: 10 + 0.025 x 989
    assert low[1] == pytest.approx(34.725)
    assert np.isnan([low[2], high[2]]).all()
    assert estimates(["x"], samples[:, 2:], samples[:, 2:], samples[:, 2:])["x"]["low"] is None


def test_intervals_of_means_and_ratios_cover_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(0)
    logs, covered = 600, np.zeros(2)
    for _ in range(logs):
        size = rng.gamma(2.0, 1.0, 150)  # mean 2
        table = np.column_stack([3.0 * size + rng.normal(0, 1, 150), np.ones(150), size])
        (sums,) = drawn_sums([table], 300, rng)
        low, high = interval(np.column_stack([sums[:, 0] / sums[:, 1], sums[:, 0] / sums[:, 2]]))
        covered += (low <= [6.0, 3.0]) & (high >= [6.0, 3.0])
    # the share of 600 has a standard error of 0.009; 150 skewed households cost about a point
    assert (np.abs(covered / logs - 0.95) < 0.03).all()


def test_drawn_sums_have_the_same_bits_whatever_threads_blas_may_use() -> None:
    table = np.random.default_rng(0).random((700, 90))
    with threadpool_limits(limits=1, user_api="blas"):
        (one,) = drawn_sums([table], 300, np.random.default_rng(1))
    with threadpool_limits(limits=2, user_api="blas"):
        (two,) = drawn_sums([table], 300, np.random.default_rng(1))
    assert one.tobytes() == two.tobytes()
