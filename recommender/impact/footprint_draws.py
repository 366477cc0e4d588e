"""Footprints drawn from their ranges: what an estimate's own doubt does to any figure made of it.

Each product has a figure and an 80 % range, read as log-normal on either side of the figure. Draws
are scaled to a mean of 1, product by product: sums over many products then centre on the sum of the
figures as they stand everywhere else, and not half as much again. Errors are shared inside a need:
the same sources, the same food matched, the same mass guessed; so some of the variance (`SHARED`, a
choice of ours) is one draw a need and does not average out.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import ndtr

from recommender.candidates import Floats, Ints
from recommender.lighter import Z80

SHARED = 0.5  # of the variance of log kg: common to the products of a need


def kg_draws(
    kg: Floats,
    low: Floats,
    high: Floats,
    need: Ints,
    draws: int,
    rng: np.random.Generator,
    shared: float = SHARED,
) -> Iterator[Floats]:
    """`draws` arrays (products,), one after the other: each product's kg over its figure.

    `kg` is the figure and `low` to `high` its 80 % range; `need` (products,) counts from 0. A
    product without a figure or a range (NaN, 0, or a range that does not hold the figure) stays at
    1. Factors fit any figure in proportion to the pack's, such as kg at equal function. Ratios of
    draws keep the range: nine tenths of them over one tenth is high / low. Raises ValueError for a
    `shared` outside 0 to 1.

    >>> one = kg_draws(
    ...     np.array([2.0, 2.0]),
    ...     np.array([1.0, 0.0]),
    ...     np.array([4.0, 0.0]),
    ...     np.array([0, 0]),
    ...     1,
    ...     np.random.default_rng(1),
    ... )
    >>> [factor.round(3).tolist() for factor in one]
    [[1.35, 1.0]]
    """
    if not 0.0 <= shared <= 1.0:
        raise ValueError(f"shared is {shared:g}, but a share of variance from 0 to 1 was expected")
    known = (low > 0) & (kg >= low) & (high >= kg)
    one = np.ones(len(kg))
    below = np.log(np.divide(kg, low, out=one.copy(), where=known)) / Z80
    above = np.log(np.divide(high, kg, out=one.copy(), where=known)) / Z80
    # the mean of exp(error) over both sides of the figure
    mean = np.exp(below**2 / 2) * ndtr(-below) + np.exp(above**2 / 2) * ndtr(above)
    needs = int(need.max(initial=-1)) + 1
    of_need, of_product = np.sqrt(shared), np.sqrt(1.0 - shared)
    for _ in range(draws):
        common = rng.standard_normal(needs)
        error = of_need * common[need] + of_product * rng.standard_normal(len(kg))
        yield np.exp(error * np.where(error < 0, below, above)) / mean
