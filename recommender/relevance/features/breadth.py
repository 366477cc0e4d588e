"""How widely the household buys: how many goods of a kind it knows, and how often it tries one.

A household that tries much is likelier to take what it never had, most of all where it tries.
"""

from __future__ import annotations

import numpy as np

from recommender.candidates import Ints
from recommender.relevance.features.columns import Columns, look_up
from recommender.relevance.generators import Fitted, Merged
from recommender.relevance.pairs import find_pairs, starts_of

TRYING_WEEKS = 8.0


def breadth(fitted: Fitted, rows: Merged) -> Columns:
    """Products known and lately tried by the household, in all and in the candidate's shelves."""
    history, shelf = fitted.history, fitted.history.shelf
    habit = history.by_product
    household, product = habit.key // habit.groups, habit.key % habit.groups
    tried = (history.end_day - habit.first_day) / 7.0 <= TRYING_WEEKS
    lines = np.bincount(
        history.visits.customer[history.weeks_ago <= TRYING_WEEKS], minlength=history.log.customers
    )
    all_tried = np.bincount(household[tried], minlength=history.log.customers)
    columns: Columns = {
        "tried": all_tried[rows.customer],
        "tries_a_line": (all_tried / np.maximum(lines, 1))[rows.customer],
    }
    for level, code in (
        ("type", shelf.product_type),
        ("category", shelf.category),
        ("seller", shelf.seller),
    ):
        columns[f"known_in_{level}"] = _counted(household, code[product], rows, code)
        columns[f"tried_in_{level}"] = _counted(household[tried], code[product[tried]], rows, code)
    return columns


def _counted(household: Ints, group: Ints, rows: Merged, code: Ints) -> Ints:
    """How many of the pairs (household, group) fall on each row's."""
    groups = int(code.max()) + 1
    every = np.sort(household * groups + group)
    first = starts_of(every)
    at = find_pairs(every[first[:-1]], groups, rows.customer, code[rows.product])
    count = np.diff(first)
    return look_up(count, at, 0.0).astype(np.int64)
