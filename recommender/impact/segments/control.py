"""What keeps many small cells from crying wolf: wider intervals, tests, false-discovery control
and shrinkage."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student

from recommender.bootstrap import COVERAGE, LOST_DRAWS
from recommender.candidates import Floats, Ints


def cell_interval(
    samples: Floats, households: Ints, coverage: float = COVERAGE
) -> tuple[Floats, Floats]:
    """Lowest and highest of each column's draws (draws, columns), wider for few households.

    Expanded percentiles (Hesterberg 2015, The American Statistician 69): the tails are those that
    give a mean of so many households the width of Student's t, since percentiles alone are too
    narrow by sqrt((n - 1) / n) and by the normal's thinner tails. Over thousands of households
    they are `bootstrap.interval`; draws without the figure are treated as there.

    >>> low, high = cell_interval(np.arange(1001.0)[:, None], np.array([100_000]))
    >>> low.round(), high.round()
    (array([25.]), array([975.]))
    >>> low, high = cell_interval(np.arange(1001.0)[:, None], np.array([10]))
    >>> low.round(), high.round()  # 0.86 % instead of 2.5 % in each tail
    (array([9.]), array([991.]))
    """
    freedom = np.maximum(households - 1, 1)
    spread = np.sqrt(1.0 + 1.0 / freedom) * student.ppf((1.0 + coverage) / 2.0, freedom)
    tail = norm.cdf(-spread)
    lost = np.isnan(samples).sum(axis=0)
    ordered = np.sort(samples, axis=0)  # NaN last
    last = np.maximum(len(samples) - lost - 1, 0)
    column = np.arange(samples.shape[1])

    def end(share: Floats) -> Floats:
        place = share * last
        below = np.floor(place).astype(np.int64)
        above = np.minimum(below + 1, last)
        left, right = ordered[below, column], ordered[above, column]
        found = left + (place - below) * (right - left)
        return np.where(lost <= LOST_DRAWS * len(samples), found, np.nan)

    return end(tail), end(1.0 - tail)


def p_values(change: Floats, error: Floats, households: Ints) -> Floats:
    """Two-sided p of each change against none, by its bootstrap standard error.

    Student's t with one degree of freedom fewer than households, since a small cell's own error is
    a rough figure. A change without error is certain; NaN where there is no change or no error.

    >>> p_values(np.array([0.0, 2.0, 0.0]), np.array([1.0, 0.0, 0.0]), np.array([10, 10, 10]))
    array([1., 0., 1.])
    """
    distance = np.abs(change)
    score = np.divide(distance, error, out=np.full(len(change), np.inf), where=error > 0)
    score = np.where((error == 0) & (distance == 0), 0.0, score)
    p = 2.0 * student.sf(score, np.maximum(households - 1, 1))
    return np.where(np.isnan(change) | np.isnan(error), np.nan, p)


def q_values(p: Floats) -> Floats:
    """The least false-discovery rate at which each test is called, after Benjamini and Hochberg.

    Benjamini and Hochberg 1995, Journal of the Royal Statistical Society B 57. NaN is no test.

    >>> q_values(np.array([0.04, 0.01, np.nan])).round(3)
    array([0.04, 0.02,  nan])
    """
    q = np.full(len(p), np.nan)
    tests = np.flatnonzero(~np.isnan(p))
    order = tests[np.argsort(p[tests], kind="stable")]
    scaled = p[order] * len(order) / np.arange(1, len(order) + 1)
    q[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return q


def shrunk(change: Floats, error: Floats) -> Floats:
    """Each change drawn towards the mean of all, the more the less certain it is.

    Normal-normal empirical Bayes; the variance between groups is that of DerSimonian and Laird
    1986 (Controlled Clinical Trials 7). Where groups differ by no more than their errors explain,
    all get the mean. A change without error stays as it is and enters no mean; NaN stays NaN.

    >>> shrunk(np.array([0.0, 0.1]), np.array([0.1, 0.1]))
    array([0.05, 0.05])
    """
    enters = (error > 0) & ~np.isnan(change)
    y, within = change[enters], error[enters] ** 2
    answer = change.copy()
    if len(y) == 0:
        return answer
    weight = 1.0 / within
    plain_mean = (weight * y).sum() / weight.sum()
    heterogeneity = (weight * (y - plain_mean) ** 2).sum()
    scale = weight.sum() - (weight**2).sum() / weight.sum()
    between = max(0.0, (heterogeneity - (len(y) - 1)) / scale) if len(y) > 1 else 0.0
    weight = 1.0 / (within + between)
    mean = (weight * y).sum() / weight.sum()
    answer[enters] = mean + between / (between + within) * (y - mean)
    return answer
