"""Calibration: how wrong the blend is about goods it had not seen, for ranges and for differences.

Every row of the seed is asked about as if it were new, once for each tier a product may get: by
members fitted without its group, without its whole category, or by the mean of its shelf alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pcf_estimator.differences import Differences, fit_differences, residual_rows
from pcf_estimator.members import HINTS, MEMBERS, Members, Predicted
from pcf_estimator.pooling import NEIGHBOURS, most_alike, near_mean, neighbour_features
from pcf_estimator.ranges import (
    NO_SHELF,
    Ranges,
    Shelves,
    between_sources,
    fit_ranges,
    half_widths,
)
from pcf_estimator.tiers import shelf_means_without

Bools = np.ndarray
Floats = np.ndarray
Ints = np.ndarray
Texts = np.ndarray

COVERAGE = 0.8  # of the ranges that products show
NEW_SHELF = "new shelf"  # of a product that names a category the seed does not have


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Rows of the seed as one tier would have estimated them, were they new."""

    cell: str  # the tier and what it rests on: the key of its ranges
    rows: Ints  # of the seed
    log_kg: Floats  # estimated, log10 kg CO2e per kg
    hints: Floats  # (rows, hints)
    on_shelf: bool  # whether their category is known to the tier
    part: Texts  # rows of one part were estimated by the same fit


def calibrate(
    members: Members,
    weights: Floats,
    unseen: Mapping[str, Predicted],
    described: pd.DataFrame,
    seed: pd.DataFrame,
    groups: Ints,
    fold: Ints,
) -> tuple[Ranges, Differences]:
    """Ranges and differences of a blend, from what it says of records it had not seen.

    `unseen` is what members fitted without each row's fold say, by how much of the text they had;
    `members` are those fitted to all; `described` is `features.describe` of the seed.
    """
    asked = [
        *_by_group(members, weights, unseen, groups, fold),
        *_by_category(members, weights),
        *_by_shelf(members, groups),
    ]
    figure = members.log_kg_
    cells = [pd.Series(each.cell, index=range(len(each.rows)), dtype="str") for each in asked]
    of = np.concatenate([each.rows for each in asked])
    shelf = members.records_["category"].iloc[of].reset_index(drop=True)
    known = np.concatenate([np.full(len(each.rows), each.on_shelf) for each in asked])
    shelf = shelf.where(known, NO_SHELF)
    hints = np.concatenate([each.hints for each in asked])
    log_kg = np.concatenate([each.log_kg for each in asked])
    cell = pd.concat(cells, ignore_index=True)
    ranges = fit_ranges(
        hints,
        figure[of] - log_kg,
        cell,
        shelves=Shelves(
            shelf=shelf,
            aisle=members.records_["department"].iloc[of].reset_index(drop=True),
            group=groups[of],
        ),
    )
    several = seed.loc[seed["sources"] >= 2]
    ends = several[["kg_co2e_per_kg_high", "kg_co2e_per_kg_low"]].to_numpy(dtype=np.float64)
    ranges = replace(ranges, source_spread=between_sources(np.log10(ends[:, 0] / ends[:, 1])))
    table = residual_rows(
        described.iloc[of],
        cell=cell,
        part=np.concatenate([each.part for each in asked]),
        log_kg=log_kg,
        figure_log_kg=figure[of],
        half_width=half_widths(ranges, hints, cell, COVERAGE, shelf),
    )
    return ranges, fit_differences(table)


def _by_group(
    members: Members,
    weights: Floats,
    unseen: Mapping[str, Predicted],
    groups: Ints,
    fold: Ints,
) -> list[Asked]:
    """The model's tier, by how much of the text a product has."""
    alike = members.likeness_outside(groups)
    near_errors = near_mean(alike, most_alike(alike, NEIGHBOURS), members.errors_)
    return [
        Asked(
            cell=f"model/{given}",
            rows=np.arange(len(groups)),
            log_kg=predicted.members @ weights,
            hints=np.column_stack([predicted.hints[:, :-1], near_errors]),
            on_shelf=given != "title",
            part=np.array([f"{number}/{given}" for number in fold], dtype=object),
        )
        for given, predicted in unseen.items()
    ]


def _by_category(members: Members, weights: Floats) -> list[Asked]:
    """The model on a shelf that the seed does not have, and texts that are merely alike.

    What is said of each record without its whole category, by the members that need no second fit
    for that.
    """
    figure = members.log_kg_
    category, _ = pd.factorize(members.records_["category"])
    alike = members.likeness_outside(category)
    nearest = most_alike(alike, NEIGHBOURS)
    near = neighbour_features(alike, nearest, figure)
    near_errors = near_mean(alike, nearest, members.errors_)
    ridge = figure - members.ridge_residuals_without(category)
    pair = np.column_stack([ridge, near[:, 0]])
    weight = weights[[MEMBERS.index("ridge"), MEMBERS.index("neighbours")]] + 1e-9
    away = np.column_stack([0 * near_errors, 1 - near[:, 2], near[:, 1], near_errors])
    return [
        Asked(
            cell=cell,
            rows=np.arange(len(figure)),
            log_kg=log_kg,
            hints=away,
            on_shelf=False,
            part=np.array([f"{number}/{cell}" for number in category], dtype=object),
        )
        for cell, log_kg in (
            (f"model/{NEW_SHELF}", pair @ (weight / weight.sum())),
            ("neighbours", ridge),
        )
    ]


def _by_shelf(members: Members, groups: Ints) -> list[Asked]:
    """The mean of a category, need or department, each record's own part kept out."""
    return [
        Asked(
            cell=f"category/{node}",
            rows=rows,
            log_kg=mean,
            hints=np.zeros((len(rows), len(HINTS))),
            on_shelf=node == "category",
            # a mean without each record's own part differs from row to row: no pairs there
            part=np.array([f"{row}/{node}" for row in rows], dtype=object),
        )
        for node, (rows, mean) in shelf_means_without(
            members.records_, members.log_kg_, groups
        ).items()
    ]
