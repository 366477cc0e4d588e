"""Pooling: what nearby records, and records of the same kind or shelf, say together.

Figures are log10 kg CO2e per kg. Where a record itself is asked about, its own part of the seed
(its group, kind or category) is kept out, so that it looks as new as a shop's product.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

Floats = np.ndarray
Ints = np.ndarray

NEIGHBOURS, POWER = 20, 4.0  # likeness ** power weighs a neighbour: the nearest few decide
TOWARDS_ALL = 2.0  # a mean over few records moves towards the mean of all, as by two more records


def most_alike(alike: Floats, count: int) -> Ints:
    """Columns of the `count` highest values of each row, best first; ties go to the lower column.

    >>> most_alike(np.array([[0.1, 0.7, 0.7, 0.9]]), 3).tolist()
    [[3, 1, 2]]
    """
    return np.argsort(-alike, axis=1, kind="stable")[:, :count]


def neighbour_features(alike: Floats, near: Ints, log_kg: Floats) -> Floats:
    """Mean and spread of the nearest records' log10 kg, best likeness, the nearest's: (rows, 4).

    `near` holds their columns, best first; they weigh as in `near_mean`.

    >>> alike, log_kg = np.array([[1.0, 0.0, 0.0]]), np.array([0.5, 3.0, 3.0])
    >>> neighbour_features(alike, most_alike(alike, 3), log_kg).round(3).tolist()
    [[0.5, 0.0, 1.0, 0.5]]
    """
    mean = near_mean(alike, near, log_kg)
    square = near_mean(alike, near, log_kg**2)
    spread = np.sqrt(np.maximum(square - mean**2, 0.0))
    return np.column_stack([mean, spread, alike.max(axis=1), log_kg[near[:, 0]]])


def near_mean(alike: Floats, near: Ints, values: Floats) -> Floats:
    """Mean of the records' `values` over the columns `near` of each row, by likeness ** POWER.

    Where nothing is alike, all of the nearest count the same.
    """
    weight = np.take_along_axis(alike, near, axis=1) ** POWER + 1e-9
    return (weight * values[near]).sum(axis=1) / weight.sum(axis=1)


def near_mean_of_known(alike: Floats, near: Ints, values: Floats) -> Floats:
    """`near_mean` over those of the nearest whose value is known, NaN where none is, (rows,).

    >>> alike = np.array([[1.0, 1.0]])
    >>> near_mean_of_known(alike, np.array([[0, 1]]), np.array([0.2, np.nan])).round(6).tolist()
    [0.2]
    """
    known = ~np.isnan(values)[near]
    weight = (np.take_along_axis(alike, near, axis=1) ** POWER + 1e-9) * known
    total = weight.sum(axis=1)
    some = total > 0
    mean = (weight * np.nan_to_num(values)[near]).sum(axis=1)
    return np.divide(mean, total, out=np.full(len(near), np.nan), where=some)


def sums_of(keys: pd.Series, known: pd.Series, values: Floats) -> tuple[Floats, Floats]:
    """Sum and count of `values` over the known rows of each row's key; an empty key has none."""
    by_key = pd.Series(values, index=known.index).groupby(known)
    total = keys.map(by_key.sum()).where(keys != "")
    count = keys.map(by_key.size()).where(keys != "")
    return total.fillna(0.0).to_numpy(np.float64), count.fillna(0.0).to_numpy(np.float64)


def sums_without(keys: pd.Series, values: Floats, parts: Ints) -> tuple[Floats, Floats]:
    """Sum and count of `values` over the rows of each row's key that lie outside its own part.

    >>> sums_without(pd.Series(["a", "a", "a"]), np.array([1.0, 2.0, 4.0]), np.array([0, 0, 1]))
    (array([4., 4., 3.]), array([1., 1., 2.]))
    """
    frame = pd.DataFrame({"key": keys.to_numpy(), "part": parts, "value": values})
    total, count = sums_of(frame["key"], frame["key"], values)
    own = frame.groupby(["key", "part"])["value"]
    known = (frame["key"] != "").to_numpy()
    return (
        np.where(known, total - own.transform("sum").to_numpy(), 0.0),
        np.where(known, count - own.transform("size").to_numpy(), 0.0),
    )


def shrunken(total: Floats, count: Floats, towards: float | Floats) -> Floats:
    """Means from sums and counts, drawn towards `towards` as by TOWARDS_ALL more rows."""
    return (total + TOWARDS_ALL * towards) / (count + TOWARDS_ALL)


def nested_means(
    described: pd.DataFrame,
    records: pd.DataFrame,
    levels: tuple[str, ...],
    values: Floats,
    towards: float,
) -> Floats:
    """Mean of the records' values on each product's shelf at each level, (rows, levels).

    `levels` name columns from the widest to the narrowest; each mean is drawn towards that of the
    level above, the widest towards `towards`, so that a shelf without records says what its
    department does.

    >>> records = pd.DataFrame({"department": ["dairy", "dairy"], "kind": ["milk", "cheese"]})
    >>> new = pd.DataFrame({"department": ["dairy"], "kind": ["milk"]})
    >>> nested_means(new, records, ("department", "kind"), np.array([0.0, 4.0]), 1.0)
    array([[1.5, 1. ]])
    """
    found = []
    above = np.full(len(described), towards)
    for level in levels:
        above = shrunken(*sums_of(described[level], records[level], values), above)
        found.append(above)
    return np.column_stack(found)


def nested_means_without(
    records: pd.DataFrame, levels: tuple[str, ...], values: Floats, parts: Ints, towards: float
) -> Floats:
    """`nested_means` of the records themselves, each without its own part, (rows, levels)."""
    found = []
    above = np.full(len(records), towards)
    for level in levels:
        above = shrunken(*sums_without(records[level], values, parts), above)
        found.append(above)
    return np.column_stack(found)
