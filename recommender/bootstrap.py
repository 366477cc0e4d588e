"""Paired household bootstrap: 95 % intervals of means, ratios and changes, as matrix products.

Every figure is a sum over households divided by another. Drawing households with replacement
weighs both sums with the same counts, so one matrix of counts, shared by all policies, gives all
figures of all policies at once, and their differences are paired.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.sparse import csr_matrix

from recommender.candidates import Floats
from recommender.relevance.items.one_blas_thread import one_blas_thread

DRAWS = 1000
COVERAGE = 0.95
ESTIMATE = ("value", "low", "high", "change", "change_low", "change_high")
CHUNK_BYTES = 2**26
LOST_DRAWS = 0.01  # of the draws, so many may lack a figure before no interval is given


def household_counts(
    households: int, draws: int, rng: np.random.Generator, chunk_bytes: int = CHUNK_BYTES
) -> Iterator[Floats]:
    """How often each household is drawn, as chunks (some draws, households); each row sums to all.

    The draws do not depend on how they are cut into chunks.

    >>> [chunk.sum(axis=1) for chunk in household_counts(3, 2, np.random.default_rng(1))]
    [array([3., 3.])]
    """
    share = np.full(households, 1.0 / households)
    chunk = max(1, chunk_bytes // (8 * households))
    for first in range(0, draws, chunk):
        size = min(chunk, draws - first)
        yield rng.multinomial(households, share, size=size).astype(np.float64)


def drawn_sums(
    tables: Sequence[Floats | csr_matrix],
    draws: int,
    rng: np.random.Generator,
    chunk_bytes: int = CHUNK_BYTES,
) -> list[Floats]:
    """For each table (households, columns), dense or sparse, its column sums in each draw.

    The answers are (draws, columns); all tables see the same households drawn. BLAS works on one
    thread, since sums in another order have other bits.
    """
    columns = [table.T.tocsr() if isinstance(table, csr_matrix) else table.T for table in tables]
    chunks: list[list[Floats]] = [[] for _ in tables]
    with one_blas_thread():
        for counts in household_counts(tables[0].shape[0], draws, rng, chunk_bytes):
            drawn = np.ascontiguousarray(counts.T)
            for sums, column in zip(chunks, columns, strict=True):
                sums.append(np.asarray(column @ drawn).T)
    return [np.concatenate(sums) for sums in chunks]


def ratio(above: Floats, below: Floats) -> Floats:
    """above / below, NaN where `below` is 0.

    >>> ratio(np.array([1.0, 1.0]), np.array([2.0, 0.0]))
    array([0.5, nan])
    """
    shape = np.broadcast_shapes(above.shape, below.shape)
    return np.divide(above, below, out=np.full(shape, np.nan), where=below != 0)


def interval(samples: Floats, coverage: float = COVERAGE) -> tuple[Floats, Floats]:
    """Lowest and highest of the middle `coverage` of the draws, of each column of (draws, columns).

    Percentiles. Draws in which a figure does not exist are left out; where more than one in a
    hundred lack it, there is no interval (NaN).

    >>> interval(np.arange(1001.0)[:, None])
    (array([25.]), array([975.]))
    """
    outside = (1.0 - coverage) / 2.0
    lost = np.isnan(samples).mean(axis=0)
    ends = np.full((2, samples.shape[1]), np.nan)
    whole = lost == 0
    if whole.any():
        ends[:, whole] = np.quantile(samples[:, whole], [outside, 1.0 - outside], axis=0)
    for column in np.flatnonzero((lost > 0) & (lost <= LOST_DRAWS)):
        ends[:, column] = np.nanquantile(samples[:, column], [outside, 1.0 - outside])
    return ends[0], ends[1]


def estimates(
    names: Sequence[str],
    levels: Floats,
    base: Floats,
    scale: Floats,
    coverage: float = COVERAGE,
) -> dict[str, dict[str, float | None]]:
    """Value, range, change and its range of each figure; None where one does not exist.

    `levels`, `base` and `scale` are (1 + draws, figures): the first row is the log as it is, the
    others the draws, the same in all three. The change is (level - base) / scale; the ranges hold
    the middle `coverage` of the draws.
    """
    changes = ratio(levels - base, scale)
    ends = (*interval(levels[1:], coverage), *interval(changes[1:], coverage))
    return {
        name: estimate(levels[0, k], ends[0][k], ends[1][k], changes[0, k], ends[2][k], ends[3][k])
        for k, name in enumerate(names)
    }


def estimate(*values: float) -> dict[str, float | None]:
    """Value, low, high, change, its low and its high, by name; None for what is no number."""
    plain = [float(value) if np.isfinite(value) else None for value in values]
    return dict(zip(ESTIMATE, plain, strict=True))
