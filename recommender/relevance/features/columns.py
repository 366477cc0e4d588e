"""Columns of features, and the look-ups that most of them are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.candidates import Floats, Ints
from recommender.history import Habit
from recommender.relevance.pairs import find_pairs

Column = npt.NDArray[Any]
Columns = dict[str, Column]
NEVER = 999.0  # weeks since a purchase that never was; trees only need it to be far away


def look_up(values: Column, at: Ints, otherwise: float) -> Floats:
    """values[at], and `otherwise` where `at` is -1.

    >>> look_up(np.array([5.0, 7.0]), np.array([1, -1]), 0.0)
    array([7., 0.])
    """
    if len(values) == 0:
        return np.full(len(at), otherwise)
    return np.where(at < 0, otherwise, values[np.maximum(at, 0)])


def place_in(habit: Habit, customer: Ints, group: Ints) -> Ints:
    """Row of each pair in `habit`, -1 where the customer never bought the group: `Habit.at`, faster
    where customers ascend.
    """
    return find_pairs(habit.key, habit.groups, customer, group)


def shares(above: Floats, below: Floats) -> Floats:
    """above / below, NaN where `below` is 0.

    >>> shares(np.array([1.0, 1.0]), np.array([4.0, 0.0]))
    array([0.25,  nan])
    """
    return np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)


def prefixed(prefix: str, columns: Mapping[str, Column]) -> Columns:
    """The columns with `prefix` and an underscore before their names."""
    return {f"{prefix}_{name}": column for name, column in columns.items()}
