"""Differences: how sure we are that one good is lighter than another that serves the same need.

A range is not the doubt of a difference: two estimates partly err together, and estimated
differences are too large, the more so for the one that was picked. Both are learned from pairs of
figures that the model had not seen: each product gets one number, its difference sd in log10, with

    P(A lighter than B) = Phi((log10 kg_B - log10 kg_A) / hypot(sd_A, sd_B))

It is what makes the pairs of one need likeliest (Thurstone's model of paired comparisons, case
III, Psychological Review 34, 1927), and then so much wider that swaps, chosen by any of the
policies of `swap_policies`, are lighter at least as often as was said. What databases differ by on
one food is added, so that the verdict also holds for another's figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.special import log_ndtr, ndtr

from pcf_estimator.scores import SAME
from pcf_estimator.swap_policies import Pairs, pairs_within_needs, verdicts

Floats = np.ndarray

FULL = "model/full"  # the cell that the form is learned on; the others are so many times wider
VERIFIED, VERIFIED_SD = "verified", 0.05  # log10: a supplier's own figure, about 12 %
NOT_RANKED = ("", "spend", "unknown")
# Log10, of one product inside its need. Databases differ on one food by a median factor of 1.5 or
# more, a standard deviation of 0.26, so by 0.18 each; some of it is shared by a need and cancels,
# and some is in the residuals of a seed of one database already.
SOURCE_SD = 0.15
LEAST_PAIRS = 200  # fewer say nothing about a cell
LEAST_CALLED = 30  # goods: a share of fewer is no share
NOTHING_KNOWN = 1.0  # log10, a factor of ten: a seed too small to learn from tells nothing apart
WIDER = np.round(np.arange(1.0, 4.001, 0.05), 2)
COLUMNS = (
    *("need", "kind", "part", "cell", "basis"),
    *("log_kg_per_flow", "log_kg", "figure_log_kg", "half_width"),
)


@dataclass(frozen=True, kw_only=True)
class Differences:
    """What turns half a range into a difference sd: see the module. All in log10.

    >>> Differences.from_dict(Differences(scale=0.5, floor=0.3).to_dict()).scale
    0.5
    """

    scale: float = 1.0  # of hypot(floor, half width): fitted
    floor: float = NOTHING_KNOWN  # the median half width that it was fitted on
    # tier, or tier/text: so much wider, since it knows less and since the stand-in was chosen
    cells: Mapping[str, float] = field(default_factory=dict)
    source_sd: float = SOURCE_SD  # what another database would say, in quadrature

    def to_dict(self) -> dict[str, object]:
        """Plain numbers for JSON."""
        return {**asdict(self), "cells": dict(self.cells)}

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> Differences:
        return cls(**values)  # type: ignore[arg-type]


def residual_rows(
    described: pd.DataFrame,
    *,
    cell: str | pd.Series,
    part: object,
    log_kg: Floats,
    figure_log_kg: Floats,
    half_width: Floats,
    basis: object = "",
) -> pd.DataFrame:
    """Rows of the table that `fit_differences` reads, with COLUMNS; goods without a need left out.

    `described` is features.describe of the goods with all their text; `log_kg` what members that
    had not seen them estimate in `cell`, and `half_width` half their 80 % range without the spread
    between sources. Goods of one `part` were estimated by the same fit. `basis` names what an
    estimate is the mean of; goods with one basis are never compared. A frame of its own index.
    """
    rows = pd.DataFrame(
        {
            "need": described["need"].to_numpy(dtype=object),
            "kind": described["kind"].to_numpy(dtype=object),
            "part": np.asarray(part, dtype=object),
            "cell": cell if isinstance(cell, str) else cell.to_numpy(dtype=object),
            "basis": np.asarray(basis, dtype=object),
            "log_kg_per_flow": described["log_kg_per_flow"].to_numpy(dtype=np.float64),
            "log_kg": log_kg,
            "figure_log_kg": figure_log_kg,
            "half_width": half_width,
        }
    )
    kept = (rows["need"] != "") & rows["log_kg_per_flow"].notna() & rows["log_kg"].notna()
    return rows[kept].reset_index(drop=True)


def fit_differences(table: pd.DataFrame) -> Differences:
    """Learns from out-of-fold estimates, `table` with COLUMNS (`residual_rows`).

    The scale comes from the cell "model/full", whose median half width is the floor. A cell with
    fewer than 200 pairs is as wide as its tier, a tier with fewer as the widest. A table without
    200 pairs of full text tells nothing apart: sds of 1.0 or more everywhere. Rows of the model's
    cells whose kind no other part has are left out: as new goods they would get a lower tier.
    """
    model = table["cell"].str.startswith("model/")
    parts = table.groupby(["cell", "kind"])["part"].transform("nunique")
    table = table[~model | (parts > 1)]
    full = table[table["cell"] == FULL].reset_index(drop=True)
    pairs = pairs_within_needs(full)
    if len(pairs) < LEAST_PAIRS:
        return Differences()
    half = full["half_width"].to_numpy(dtype=np.float64)
    floor = _rounded(np.median(half))
    scale = _likeliest(pairs, np.hypot(floor, half), low=0.05)
    return Differences(
        scale=scale,
        floor=floor,
        cells=_cells(table, scale, floor),
    )


def difference_sd(differences: Differences, half_width: Floats, cell: pd.Series) -> Floats:
    """Difference sd of each product in log10, (rows,); NaN where it is never ranked.

    `half_width` is half the 80 % range of kg per kg, without the spread between sources; `cell`
    is a tier or tier/text. Tiers spend, unknown and "" have none; a supplier's own figure has 0.05.

    >>> cells = {"model": 1.0, "category": 2.0}
    >>> learned = Differences(scale=1.0, floor=0.3, cells=cells, source_sd=0.0)
    >>> cell = pd.Series(["model/full", "category/need", "verified", "spend"])
    >>> difference_sd(learned, np.array([0.4, 0.4, 0.4, 0.4]), cell).round(6).tolist()
    [0.5, 1.0, 0.05, nan]
    """
    tier = cell.str.split("/").str[0]
    cells = dict(differences.cells)
    widest = max(cells.values(), default=1.0)
    wider = cell.map(cells).fillna(tier.map(cells)).fillna(widest).to_numpy(dtype=np.float64)
    own_sd = wider * differences.scale * np.hypot(differences.floor, half_width)
    return np.select(
        [(tier == VERIFIED).to_numpy(), tier.isin(NOT_RANKED).to_numpy()],
        [VERIFIED_SD, np.nan],
        np.hypot(own_sd, differences.source_sd),
    )


def chance_lighter(log_kg_a: Floats, sd_a: Floats, log_kg_b: Floats, sd_b: Floats) -> Floats:
    """P(A lighter than B) from log10 kg CO2e at equal function and difference sds; broadcasts.

    Half where both estimates are the same, which nothing tells apart; NaN where an sd is.

    >>> chance_lighter(np.array([0.0, 0.2]), np.array([0.3, 0.3]), np.array([0.5, 0.2]), 0.4)
    array([0.84134475, 0.5       ])
    """
    gap = np.asarray(log_kg_b) - np.asarray(log_kg_a)
    gap = np.where(np.abs(gap) < SAME, 0.0, gap)
    return np.asarray(ndtr(gap / np.hypot(sd_a, sd_b)))


def _weights(pairs: Pairs) -> Floats:
    """A good counts the same however many pairs it has; a need of n goods as the root of n."""
    length = np.diff(np.append(pairs.start, len(pairs)))
    return np.repeat(1.0 / (length * np.sqrt(pairs.peers)), length)


def _likeliest(pairs: Pairs, sd: Floats, low: float) -> float:
    """The multiple of `sd`, `low` to 10, under which the pairs' order is likeliest.

    Over pairs in the direction in which they look lighter, by mean log likelihood.
    """
    seen = pairs.gap > 0
    z = pairs.gap[seen] / np.hypot(sd[pairs.good[seen]], sd[pairs.other[seen]])
    z = np.where(pairs.lighter[seen], z, -z)
    weight = _weights(pairs)[seen]

    def surprise(log_multiple: float) -> float:
        return -float((weight * log_ndtr(z / np.exp(log_multiple))).sum() / weight.sum())

    best = minimize_scalar(
        surprise,
        bounds=(np.log(low), np.log(10.0)),
        method="bounded",
        options={"xatol": 0.005},
    )
    return _rounded(np.exp(best.x))


def _cells(table: pd.DataFrame, scale: float, floor: float) -> dict[str, float]:
    """How much wider each cell and tier is than `scale`; never narrower."""
    cells: dict[str, float] = {}
    for keys in (table["cell"], table["cell"].str.split("/").str[0]):
        for name in sorted(set(keys) - set(cells)):
            rows = table[keys == name].reset_index(drop=True)
            wider = _wider(rows, scale, floor)
            if wider is not None:
                cells[name] = wider
    widest = max(cells.values())
    return dict.fromkeys(("model", "neighbours", "category"), widest) | cells


def _wider(rows: pd.DataFrame, scale: float, floor: float) -> float | None:
    """How much wider than `scale` the rows of a cell are; None where they have too few pairs.

    Enough for all goods, and for those outside the need that has most: a fifth of the seed is main
    protein, whose goods are far apart, and which would hide what the others are like.
    """
    # estimates of one good under several cells are no pair
    rows = rows.assign(part=rows["cell"] + " " + rows["part"].astype("str"))
    enough = []
    for view in (rows, rows[rows["need"] != rows["need"].mode().iloc[0]]):
        pairs = pairs_within_needs(view)
        if len(pairs) >= LEAST_PAIRS:
            sd = scale * np.hypot(floor, view["half_width"].to_numpy(dtype=np.float64))
            likeliest = _likeliest(pairs, sd, low=1.0)
            enough.append(_rounded(likeliest * _selection(pairs, likeliest * sd)))
    return max(enough, default=None)


def _selection(pairs: Pairs, sd: Floats) -> float:
    """The least widening after which no policy's swaps are lighter less often than was said."""
    for wider in WIDER:
        found = verdicts(pairs, wider * sd)
        called = found[found["called"]]
        policies = called.groupby("policy")
        if policies.size().min() < LEAST_CALLED:
            break
        if (policies["lighter"].mean() >= policies["said"].mean()).all():
            break
    return float(wider)


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
