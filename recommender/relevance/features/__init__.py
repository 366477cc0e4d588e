"""What is known about a customer and a product at a cutoff, as one row of numbers per candidate.

Each group answers with named columns, a value for each candidate row, from the history alone; what
the shop plans to show is the one thing known of the weeks after it (`plans`).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recommender.relevance.features.breadth import breadth
from recommender.relevance.features.columns import Columns
from recommender.relevance.features.crowds import crowds
from recommender.relevance.features.habits import habits
from recommender.relevance.features.models import models
from recommender.relevance.features.plans import Plan, plans
from recommender.relevance.features.prices import prices
from recommender.relevance.features.rhythm import rhythm
from recommender.relevance.features.trips import trips
from recommender.relevance.generators import Fitted, Merged

Floats32 = npt.NDArray[np.float32]
ROWS_AT_A_TIME = 512
GROUPS = (habits, rhythm, breadth, trips, crowds, prices, models)

__all__ = ["GROUPS", "Floats32", "Plan", "features", "unplanned"]


def features(fitted: Fitted, rows: Merged, plan: Plan | None = None) -> tuple[list[str], Floats32]:
    """Names and values (rows, features) of candidate `rows`; the columns of `plan` come last.

    Everything is a lookup in tables counted once per cutoff, so the cost grows with the rows.
    """
    names: list[str] = []
    blocks: list[Floats32] = []  # (columns, rows)

    def add(columns: Columns) -> None:
        names.extend(columns)
        blocks.append(np.empty((len(columns), len(rows.customer)), np.float32))
        for place, column in enumerate(columns.values()):
            blocks[-1][place] = column

    for group in GROUPS:  # one after the other: their columns in full precision are large
        add(group(fitted, rows))
    if plan is not None:
        add(plans(fitted, rows, plan))
    return names, _turned(blocks, len(rows.customer))


def _turned(blocks: list[Floats32], rows: int) -> Floats32:
    """(rows, columns) of blocks (columns, rows), some rows at a time, so that they stay cached."""
    values = np.empty((rows, sum(map(len, blocks))), np.float32)
    for first in range(0, rows, ROWS_AT_A_TIME):
        some, place = slice(first, first + ROWS_AT_A_TIME), 0
        for block in blocks:
            values[some, place : place + len(block)] = block[:, some].T
            place += len(block)
    return values


def unplanned(names: list[str]) -> int:
    """How many of the columns come before those of a plan.

    >>> unplanned(["product_visits", "plan_display_all", "plan_mailer_all"])
    1
    """
    return sum(not name.startswith("plan_") for name in names)
