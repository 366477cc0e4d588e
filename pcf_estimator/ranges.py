"""Ranges: how far a figure may be off, learned from figures that the model had not seen.

Conformal: the calibration rows are predicted by models fitted without their group; each residual
is divided by the row's difficulty, and a quantile of these scores times a new product's
difficulty is half the width of its range. Scores are kept by cell (tier and how much of the
product's text is there), and a cell with few of them borrows from its tier. A shelf whose records
err more than their hints say has wider ranges; one with few records borrows from its aisle, and
that from all (see `shelf_factors`). All in log10.

The same quantiles as crepes (ConformalRegressor with sigmas and bins), which a test compares with;
its class is not used, since it gives a bin that it has not seen a range of width 0, pools nothing
upwards, and keeps no more than the sorted scores that stand here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import NormalDist

import numpy as np
import pandas as pd
from scipy.optimize import nnls

Floats = np.ndarray
Ints = np.ndarray

LEAST_IN_A_CELL = 40  # fewer scores than this give no stable quantile at 80 or 90 %
LEAST_DIFFICULTY = 0.02  # log10: nobody knows a food to better than 5 %
ENOUGH_ON_A_SHELF = 20  # scores of its own; what is missing comes from its aisle (twice as many)
TOWARDS_AISLE = 5.0  # a shelf's mean error moves towards its aisle's, as by five more records
SHELF_COVERAGE = 0.8  # the quantile at which a shelf is compared with all shelves
# Public databases differ by a median factor of 1.5 to 2.3 on one food: a standard deviation of
# log10 of 0.26 to 0.54 for their difference. One near the lower end is assumed, as by 40 foods,
# until a seed with several sources says more.
SPREAD_ASSUMED, ASSUMED_FOODS = 0.3, 40
NO_SHELF = ""  # of a product whose shelf the seed does not have, or that names none


@dataclass(frozen=True, kw_only=True)
class Shelves:
    """Where each calibration row stands; arrays are (rows,)."""

    shelf: pd.Series  # its category, NO_SHELF for a row that stands for products without one
    aisle: pd.Series  # what a small shelf borrows from: its department
    group: Ints  # rows of one group are never evidence for each other


@dataclass(frozen=True, kw_only=True)
class Ranges:
    """What turns hints of difficulty into half a range: see the module."""

    coefficients: Floats  # (1 + hints,), none below zero: a worse hint never narrows a range
    scores: Mapping[str, Floats]  # sorted |residual| / difficulty by cell
    source_spread: float = 0.0  # standard deviation of log10 between databases: between_sources
    # By shelf, empty where none were given; NO_SHELF stands for every other one. With them
    # `coefficients` has one more, for the error of the shelf.
    shelf_errors: Mapping[str, float] = field(default_factory=dict)  # mean |residual|, pooled
    shelf_factors: Mapping[str, float] = field(default_factory=dict)  # of difficulty, 1 or more


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


def fit_ranges(
    hints: Floats,
    residuals: Floats,
    cells: pd.Series,
    within: str = "model",
    shelves: Shelves | None = None,
    shelf_cell: str = "model/full",
) -> Ranges:
    """Ranges from out-of-fold `residuals` (log10 kg, figure minus estimate) of rows by cell.

    A cell is named tier or tier/text. Difficulty is fitted on the cells of tier `within`. The
    scores of a cell that is too small are those of its tier, or of all where that is too small.
    With `shelves` the error of its shelf is one more hint of every row, and shelves get factors
    where their rows of `shelf_cell` err more than their difficulty says; both without a row's own
    group, so that a calibration row is as new to its shelf as a product is.
    """
    tier = cells.str.split("/").str[0]
    fitted = (tier == within).to_numpy()
    factor, errors, factors = np.ones(len(cells)), dict[str, float](), dict[str, float]()
    if shelves is not None:
        own = (cells == shelf_cell).to_numpy()
        on = Shelves(shelf=shelves.shelf[own], aisle=shelves.aisle[own], group=shelves.group[own])
        error, errors = shelf_errors(np.abs(residuals[own]), on)
        hints = np.column_stack([hints, _of_rows(error, on, shelves, errors[NO_SHELF])])
    coefficients = fit_difficulty(hints[fitted], residuals[fitted])
    score = np.abs(residuals) / difficulty(hints, coefficients)
    if shelves is not None:
        own_factor, factors = shelf_factors(score[own], on)
        factor = _of_rows(own_factor, on, shelves, factors[NO_SHELF])
    score = score / factor
    scores: dict[str, Floats] = {}
    for name in sorted(set(tier)):
        of_tier = score[(tier == name).to_numpy()]
        scores[name] = np.sort(of_tier if len(of_tier) >= LEAST_IN_A_CELL else score)
    for name in sorted(set(cells) - set(scores)):
        of_cell = score[(cells == name).to_numpy()]
        large = len(of_cell) >= LEAST_IN_A_CELL
        scores[name] = np.sort(of_cell) if large else scores[name.split("/")[0]]
    return Ranges(
        coefficients=coefficients, scores=scores, shelf_errors=errors, shelf_factors=factors
    )


def shelf_errors(off: Floats, on: Shelves) -> tuple[Floats, dict[str, float]]:
    """Mean |residual| on each row's shelf without its own group, (rows,), and that of each shelf.

    A shelf's mean is drawn towards its aisle's, and that towards the mean of all.

    >>> on = Shelves(
    ...     shelf=pd.Series(["tea"] * 2), aisle=pd.Series(["drinks"] * 2), group=np.array([0, 1])
    ... )
    >>> row, shelf = shelf_errors(np.array([0.0, 0.6]), on)  # the mean of all is 0.3
    >>> round(float(row[0]), 4), round(shelf["tea"], 4)  # aisle (0.6 + 5 * 0.3) / 6 = 0.35
    (0.3917, 0.3)
    """
    table = pd.DataFrame(
        {"shelf": on.shelf.to_numpy(), "aisle": on.aisle.to_numpy(), "group": on.group, "off": off}
    )
    of_all = float(off.mean())
    row, towards = np.full(len(off), of_all), np.full(len(off), of_all)
    for name in ("aisle", "shelf"):
        sums = table.groupby(name)["off"].transform("sum").to_numpy()
        rows = table.groupby(name)["off"].transform("size").to_numpy()
        group = table.groupby([name, "group"])["off"]
        without = sums - group.transform("sum").to_numpy()
        left = rows - group.transform("size").to_numpy()
        row = (without + TOWARDS_AISLE * row) / (left + TOWARDS_AISLE)
        towards = (sums + TOWARDS_AISLE * towards) / (rows + TOWARDS_AISLE)
    by_shelf = dict(zip(table["shelf"], towards.tolist(), strict=True))
    return row, {**by_shelf, NO_SHELF: of_all}


def shelf_factors(score: Floats, on: Shelves) -> tuple[Floats, dict[str, float]]:
    """How much wider each row's shelf is without its own group, (rows,), and each shelf is; >= 1.

    The 80 % quantile of the shelf's scores over that of all. A shelf with few scores is filled up
    with evenly spaced ones of its aisle, and an aisle with those of all. No shelf is narrower than
    all are: few records that happen to be easy are no proof that the next one is.
    """
    of_all = np.sort(score)
    base = _quantile(of_all)
    shelf, aisle = on.shelf.to_numpy(dtype=object), on.aisle.to_numpy(dtype=object)
    of_aisle = {
        name: _filled(score[aisle == name], of_all, 2 * ENOUGH_ON_A_SHELF) for name in set(aisle)
    }
    row, by_shelf = np.ones(len(score)), {NO_SHELF: 1.0}
    for name, rows in pd.Series(shelf).groupby(shelf).indices.items():
        above = of_aisle[aisle[rows[0]]]

        def factor(scores: Floats, above: Floats = above) -> float:
            return max(_quantile(_filled(scores, above, ENOUGH_ON_A_SHELF)) / base, 1.0)

        by_shelf[str(name)] = factor(score[rows])
        for group in np.unique(on.group[rows]):
            mine = on.group[rows] == group
            row[rows[mine]] = factor(score[rows[~mine]])
    return row, by_shelf


def half_widths(
    ranges: Ranges,
    hints: Floats,
    cells: pd.Series,
    coverage: float,
    shelves: pd.Series | None = None,
) -> Floats:
    """Half the conformal range of each row in log10, (rows,); NaN where no cell has scores.

    `shelves` names each row's shelf, NO_SHELF (as without it) where the seed does not have it.
    """
    quantile = {
        name: conformal_quantile(scores, coverage) for name, scores in ranges.scores.items()
    }
    tier = cells.str.split("/").str[0]
    factor = cells.map(quantile).fillna(tier.map(quantile)).to_numpy(dtype=np.float64)
    if ranges.shelf_errors:
        named = pd.Series(NO_SHELF, index=cells.index) if shelves is None else shelves
        error = named.map(ranges.shelf_errors).fillna(ranges.shelf_errors[NO_SHELF])
        hints = np.column_stack([hints, error.to_numpy(dtype=np.float64)])
        factor = factor * named.map(ranges.shelf_factors).fillna(1.0).to_numpy(dtype=np.float64)
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


def between_sources(apart: Floats) -> float:
    """The standard deviation of log10 by which another database's figure of a food lies off.

    `apart` is log10 of highest over lowest figure of foods that two databases know, (foods,). Its
    80 % quantile, as that of a normal distribution, is pooled with SPREAD_ASSUMED.

    >>> between_sources(np.array([]))
    0.3
    >>> round(between_sources(np.full(40, 0.4 * 1.2815515655446)), 4)  # (0.4 ** 2 + 0.3 ** 2) / 2
    0.3536
    """
    foods = len(apart)
    deviations = NormalDist().inv_cdf(0.5 + SHELF_COVERAGE / 2)
    own = float(np.quantile(apart, SHELF_COVERAGE)) / deviations if foods else 0.0
    pooled = foods * own**2 + ASSUMED_FOODS * SPREAD_ASSUMED**2
    return float(np.sqrt(pooled / (foods + ASSUMED_FOODS)))


def _of_rows(values: Floats, on: Shelves, rows: Shelves, other: float) -> Floats:
    """For each of `rows` the value that its shelf and group have among `on`, else `other`."""
    key = pd.MultiIndex.from_arrays([on.shelf, on.group])
    first = ~key.duplicated()  # all rows of one shelf and group have one value
    at = key[first].get_indexer(pd.MultiIndex.from_arrays([rows.shelf, rows.group]))
    return np.where(at >= 0, values[first][at], other)


def _filled(own: Floats, above: Floats, enough: int) -> Floats:
    """`own` scores and, where they are fewer than `enough`, evenly spaced ones of `above`."""
    missing = max(enough - len(own), 0)
    spaced = np.quantile(above, (np.arange(missing) + 0.5) / missing) if missing else above[:0]
    return np.concatenate([own, spaced])


def _quantile(scores: Floats) -> float:
    """The conformal quantile, or the largest score where there are too few for one."""
    return min(conformal_quantile(scores, SHELF_COVERAGE), float(scores.max()))
