"""How much each part of a policy's value moves places on the lists it makes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from recommender.candidates import Floats

PREFIX = "value_"


@dataclass(frozen=True, kw_only=True)
class PartInfluence:
    """What one part of the value does to the lists of a policy."""

    part: str  # shopper, retailer, climate, sellers, variety
    moved: float  # share of places that would hold another product of the list without the part
    spread: float  # share of what tells the products of a list apart


def part_influences(rows: pd.DataFrame) -> list[PartInfluence]:
    """Every part that counts, those first that move most places.

    `rows` are places of one policy and task: `customer_id`, `position` from 1, and `value_*`
    columns, which sum to a place's score. Products outside the lists play no part: a part that
    brought one in counts only by where it stands. `spread` is the mean standard deviation of the
    part within a list over the sum of those of all parts. Where a part turns the order is told by
    the scores alone, without what limits add.

    >>> rows = pd.DataFrame(
    ...     {
    ...         "customer_id": ["a", "a"],
    ...         "position": [1, 2],
    ...         "value_shopper": [0.2, 0.3],
    ...         "value_climate": [0.15, 0.0],
    ...     }
    ... )
    >>> [(one.part, one.moved, round(one.spread, 2)) for one in part_influences(rows)]
    [('climate', 1.0, 0.6), ('shopper', 0.0, 0.4)]
    """
    names = [str(column) for column in rows if str(column).startswith(PREFIX)]
    parts = {name.removeprefix(PREFIX): _lists(rows, name) for name in names}
    parts = {name: values for name, values in parts.items() if np.nansum(np.abs(values)) > 0}
    if not parts:
        return []
    score = np.sum(list(parts.values()), axis=0)
    filled = np.isfinite(score)
    order = _order(score)
    spread = {name: float(np.nanmean(np.nanstd(values, axis=1))) for name, values in parts.items()}
    whole = sum(spread.values()) or 1.0
    found = [
        PartInfluence(
            part=name,
            moved=float((_order(score - values) != order)[filled].mean()),
            spread=spread[name] / whole,
        )
        for name, values in parts.items()
    ]
    return sorted(found, key=lambda one: (-one.moved, -one.spread, one.part))


def brought_in(rows: pd.DataFrame, baseline: pd.DataFrame) -> float:
    """Share of places whose product is not on the same customer's list of the baseline.

    >>> one = pd.DataFrame({"customer_id": ["a", "a"], "product_id": ["x", "y"]})
    >>> other = pd.DataFrame({"customer_id": ["a", "b"], "product_id": ["x", "y"]})
    >>> brought_in(one, other)
    0.5
    """
    if rows.empty:
        return 0.0
    keys = ["customer_id", "product_id"]
    there = pd.MultiIndex.from_frame(rows[keys]).isin(pd.MultiIndex.from_frame(baseline[keys]))
    return float(1.0 - there.mean())


def _lists(rows: pd.DataFrame, column: str) -> Floats:
    """Customers x places; NaN where a list is short."""
    table = rows.pivot_table(index="customer_id", columns="position", values=column)
    return table.to_numpy(np.float64)


def _order(score: Floats) -> np.ndarray:
    """Places from the highest score down; open places last."""
    return np.argsort(np.where(np.isfinite(score), -score, np.inf), axis=1, kind="stable")
