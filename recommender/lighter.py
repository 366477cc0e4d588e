"""How sure we are that one product is lighter than another at equal function.

Each product has one number for this, its difference sd in log10: `difference_sd_log10` of the
footprints table, which the estimator learns from goods of one need and widens until chosen swaps
are lighter as often as was said. It holds no doubt about a pack's mass, which does not matter at
equal function. A product without one, such as one known by its price alone, is never ranked.

A table without the column, such as a shop's own footprints, falls back to the 80 % range of each
pack, read as normal in log space, with the two errors taken as independent: inside a category
estimates err together and a pack's range holds the doubt about its mass, so too little is called
lighter, and a verdict held back is the mistake that this makes.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtr

from recommender.candidates import Bools, Floats

COLUMN = "difference_sd_log10"
Z80 = 1.2815515655446004  # an 80 % range reaches so many standard deviations to each side
SAME = 1e-9  # log10: closer than this, two figures are one
Ranged = tuple[Floats, Floats, Floats]  # figure, low and high end of its 80 % range


def is_learned(products: pd.DataFrame) -> bool:
    """Whether the footprints say themselves how sure a comparison is."""
    return COLUMN in products


def never_ranked(products: pd.DataFrame) -> Bools:
    """Products whose footprint says that it tells nothing among others, (products,).

    >>> never_ranked(pd.DataFrame({"difference_sd_log10": [0.2, None]})).tolist()
    [False, True]
    """
    if not is_learned(products):
        return np.zeros(len(products), np.bool_)
    return products[COLUMN].isna().to_numpy(np.bool_)


def difference_sd(products: pd.DataFrame) -> Floats:
    """Difference sd of each product in log10, (products,); NaN where it is never ranked.

    Of the column where there is one, else of `kg_co2e_low` and `kg_co2e_high`.

    >>> shelf = pd.DataFrame({"kg_co2e_low": [1.0, 0.0], "kg_co2e_high": [10**2.5631, 1.0]})
    >>> difference_sd(shelf).round(4).tolist()
    [1.0, nan]
    >>> difference_sd(shelf.assign(difference_sd_log10=[0.2, 0.3])).tolist()
    [0.2, 0.3]
    """
    if is_learned(products):
        return products[COLUMN].to_numpy(np.float64)
    low, high = (products[f"kg_co2e_{end}"].to_numpy(np.float64) for end in ("low", "high"))
    known = (low > 0) & (high >= low)
    ends = np.divide(high, low, out=np.full(len(low), np.nan), where=known)
    return np.log10(ends) / (2.0 * Z80)


def chance_lighter(log_kg_a: Floats, sd_a: Floats, log_kg_b: Floats, sd_b: Floats) -> Floats:
    """P(A lighter than B) from log10 kg CO2e at equal function and difference sds in log10.

    Half where both are the same, which nothing tells apart; certain where neither is in doubt.

    >>> log_kg, other = np.array([0.0, 0.2, 0.1]), np.array([0.5, 0.2, 0.2])
    >>> sd, other_sd = np.array([0.3, 0.3, 0.0]), np.array([0.4, 0.4, 0.0])
    >>> chance_lighter(log_kg, sd, other, other_sd)
    array([0.84134475, 0.5       , 1.        ])
    """
    gap = log_kg_b - log_kg_a
    gap = np.where(np.abs(gap) < SAME, 0.0, gap)
    sd_of_gap = np.hypot(sd_a, sd_b)
    sure = np.where(gap == 0, 0.0, np.copysign(np.inf, gap))
    z = np.divide(gap, sd_of_gap, out=sure, where=sd_of_gap != 0)
    return np.asarray(ndtr(z))


def with_own_error(kg: Floats, sd: Floats) -> Ranged:
    """`kg` with the 80 % range that its difference sd in log10 gives it."""
    factor = 10 ** (Z80 * sd)
    return kg, kg / factor, kg * factor


def change_range(kg: Ranged, other: Ranged) -> Ranged:
    """other - kg with its 80 % range; each given as (median, low, high), errors independent.

    Recovers the variances from the ranges, whose sides may differ (Zou and Donner 2008, Statistics
    in Medicine 27, 1693-1702).

    >>> change_range(
    ...     (np.array([5.0]), np.array([2.0]), np.array([9.0])),
    ...     (np.array([1.0]), np.array([1.0]), np.array([4.0])),
    ... )
    (array([-4.]), array([-8.]), array([0.24264069]))
    """
    middle, low, high = kg
    other_middle, other_low, other_high = other
    change = other_middle - middle
    return (
        change,
        change - np.hypot(other_middle - other_low, high - middle),
        change + np.hypot(other_high - other_middle, middle - low),
    )
