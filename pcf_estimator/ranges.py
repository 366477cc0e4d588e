"""Ranges: how far a figure may be off, learned from figures that the model had not seen.

Conformal: the calibration rows are predicted by models fitted without their group; each residual
is divided by the row's difficulty, and a quantile of these scores times a new product's
difficulty is half the width of its range. Scores are kept by cell (tier and how much of the
product's text is there), and a cell with few of them borrows from its tier. All in log10.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd
from scipy.optimize import nnls

Floats = np.ndarray

LEAST_IN_A_CELL = 40  # fewer scores than this give no stable quantile at 80 or 90 %
LEAST_DIFFICULTY = 0.02  # log10: nobody knows a food to better than 5 %


@dataclass(frozen=True, kw_only=True)
class Ranges:
    """What turns hints of difficulty into half a range: see the module."""

    coefficients: Floats  # (1 + hints,), none below zero: a worse hint never narrows a range
    scores: Mapping[str, Floats]  # sorted |residual| / difficulty by cell
    source_spread: float = 0.0  # standard deviation of log10 that databases add: spread_beyond


def conformal_quantile(scores: Floats, coverage: float) -> float:
    """The score that a new one stays below with probability `coverage`, if exchangeable.

    The ceil((n + 1) * coverage)-th smallest of the n scores; infinite where n is too small to
    promise that much. Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World (2005).

    >>> conformal_quantile(np.array([4.0, 1.0, 3.0, 2.0]), 0.8)  # ceil(5 * 0.8) = the 4th
    4.0
    """
    rank = int(np.ceil((len(scores) + 1) * coverage - 1e-9))
    return float(np.sort(scores)[rank - 1]) if rank <= len(scores) else float("inf")


def difficulty(hints: Floats, coefficients: Floats) -> Floats:
    """Expected |residual| in log10, (rows,), from hints (rows, hints), each larger where harder."""
    return np.maximum(coefficients[0] + hints @ coefficients[1:], LEAST_DIFFICULTY)


def fit_difficulty(hints: Floats, residuals: Floats) -> Floats:
    """Coefficients (1 + hints,) of a non-negative least-squares fit of |residual| on the hints.

    >>> fit_difficulty(np.array([[0.0], [1.0]]), np.array([0.1, -0.5])).round(6).tolist()
    [0.1, 0.4]
    """
    design = np.column_stack([np.ones(len(hints)), hints])
    coefficients, _ = nnls(design, np.abs(residuals))
    return np.asarray(coefficients)


def fit_ranges(hints: Floats, residuals: Floats, cells: pd.Series, within: str = "model") -> Ranges:
    """Ranges from out-of-fold `residuals` (log10 kg, figure minus estimate) of rows by cell.

    A cell is named tier or tier/text. Difficulty is fitted on the cells of tier `within`. The
    scores of a cell that is too small are those of its tier, or of all where that is too small.
    """
    tier = cells.str.split("/").str[0]
    fitted = (tier == within).to_numpy()
    coefficients = fit_difficulty(hints[fitted], residuals[fitted])
    score = np.abs(residuals) / difficulty(hints, coefficients)
    scores: dict[str, Floats] = {}
    for name in sorted(set(tier)):
        own = score[(tier == name).to_numpy()]
        scores[name] = np.sort(own if len(own) >= LEAST_IN_A_CELL else score)
    for name in sorted(set(cells) - set(scores)):
        own = score[(cells == name).to_numpy()]
        large = len(own) >= LEAST_IN_A_CELL
        scores[name] = np.sort(own) if large else scores[name.split("/")[0]]
    return Ranges(coefficients=coefficients, scores=scores)


def half_widths(ranges: Ranges, hints: Floats, cells: pd.Series, coverage: float) -> Floats:
    """Half the conformal range of each row in log10, (rows,); NaN where no cell has scores."""
    quantile = {
        name: conformal_quantile(scores, coverage) for name, scores in ranges.scores.items()
    }
    tier = cells.str.split("/").str[0]
    factor = cells.map(quantile).fillna(tier.map(quantile)).to_numpy(dtype=np.float64)
    return factor * difficulty(hints, ranges.coefficients)


def widen(half: Floats, coverage: float, *spreads: Floats | float) -> Floats:
    """`half` with independent normal spreads (standard deviations, log10) added in quadrature.

    >>> round(float(widen(np.array([0.3]), 0.8, 0.4 / 1.2815515655446)[0]), 6)  # 3-4-5
    0.5
    """
    deviations = NormalDist().inv_cdf(0.5 + coverage / 2)
    total = np.asarray(half, dtype=np.float64) ** 2
    for spread in spreads:
        total = total + (deviations * np.asarray(spread, dtype=np.float64)) ** 2
    return np.sqrt(total)


def spread_beyond(off: Floats, half: Floats, coverage: float) -> float:
    """The spread (standard deviation, log10) by which ranges of half width `half` must be widened
    in quadrature to hold a share `coverage` of figures that are `off` away; 0 for none.

    Given foods that two databases know, their lowest and highest figures and ranges learned
    without them, this is what databases differ by beyond what the ranges allow for already.

    >>> off, half = np.array([0.5, 0.3, 0.1, 0.2]), np.array([0.3, 0.3, 0.3, 0.3])
    >>> spread = spread_beyond(off, half, 0.8)  # the 4th of 4 counts: 0.5, and 3-4-5
    >>> round(float(widen(half, 0.8, spread)[0]), 6)
    0.5
    """
    if off.size == 0:
        return 0.0
    beyond = np.sort((off**2 - half**2).ravel())
    rank = min(int(np.ceil((len(beyond) + 1) * coverage - 1e-9)), len(beyond))
    deviations = NormalDist().inv_cdf(0.5 + coverage / 2)
    return float(np.sqrt(max(beyond[rank - 1], 0.0)) / deviations)
