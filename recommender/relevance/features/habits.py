"""How the household has bought the product and its like: how often, how lately, whether it is due.

The like is counted at several levels: the product, its type, category, need and department, its
seller, and the seller's goods of the type. The finer the level, the stronger the habit; the wider,
the more households have one.
"""

from __future__ import annotations

import numba
import numpy as np

from recommender.candidates import Floats, Ints
from recommender.history import Habit, History
from recommender.relevance.features.columns import NEVER, Columns, look_up, place_in, prefixed
from recommender.relevance.generators import Fitted, Merged
from recommender.relevance.pairs import stable_order

OUTSIDE = 99  # rank in its type of what the household never bought


def habits(fitted: Fitted, rows: Merged) -> Columns:
    """Visits and time since the last at every level, and shares and ranks among them."""
    history, shelf = fitted.history, fitted.history.shelf
    customer, product = rows.customer, rows.product
    columns: Columns = {}
    for level, habit, group in (
        ("product", history.by_product, product),
        ("type", history.by_type, shelf.product_type[product]),
        ("category", history.by_category, shelf.category[product]),
    ):
        columns |= prefixed(
            level, _rhythm(habit, place_in(habit, customer, group), history.end_day)
        )
    types, categories = int(shelf.product_type.max()) + 1, int(shelf.category.max()) + 1
    for level, code in (
        ("seller", shelf.seller),
        ("seller_type", shelf.seller * types + shelf.product_type),
        ("seller_category", shelf.seller * categories + shelf.category),
        ("need", shelf.need),
        ("department", shelf.department),
    ):
        distinct, code = np.unique(code, return_inverse=True)
        habit = history.by_seller if level == "seller" else history.habit(code, len(distinct))
        at = place_in(habit, customer, code[product])
        columns |= prefixed(level, _strength(habit, at, history.end_day))
    own = place_in(history.by_product, customer, product)
    columns["packs_a_visit"] = look_up(history.by_product.quantity, own, 0.0) / np.maximum(
        columns["product_visits"], 1.0
    )
    columns["share_of_type"] = columns["product_decayed"] / np.maximum(
        columns["type_decayed"], 1e-9
    )
    columns["share_of_category"] = columns["product_decayed"] / np.maximum(
        columns["category_decayed"], 1e-9
    )
    return columns | _ranks_in_type(history, rows)


def _rhythm(habit: Habit, at: Ints, end: float) -> Columns:
    """The habit's strength, and how far the household is in its usual gap between purchases."""
    visits = look_up(habit.visits, at, 0.0)
    since = (end - look_up(habit.last_day, at, -NEVER * 7.0)) / 7.0
    span = look_up(habit.last_day - habit.first_day, at, 0.0) / 7.0
    gap = span / np.maximum(visits - 1.0, 1.0)
    return {
        "visits": visits,
        "decayed": look_up(habit.decayed, at, 0.0),
        "recent": look_up(habit.recent, at, 0.0),
        "weeks_since": np.minimum(since, NEVER),
        "mean_gap": np.where(visits > 1, gap, NEVER),
        # 1 when as long has passed as usually does between purchases
        "due": np.where(visits > 1, since / np.maximum(gap, 1 / 7), NEVER),
    }


def _strength(habit: Habit, at: Ints, end: float) -> Columns:
    since = (end - look_up(habit.last_day, at, -NEVER * 7.0)) / 7.0
    return {
        "decayed": look_up(habit.decayed, at, 0.0),
        "recent": look_up(habit.recent, at, 0.0),
        "weeks_since": np.minimum(since, NEVER),
    }


def _ranks_in_type(history: History, rows: Merged) -> Columns:
    """Which of the type's products it is to the household: the most usual 0, the latest 0."""
    habit, types = history.by_product, history.shelf.product_type
    household, product = habit.key // habit.groups, habit.key % habit.groups
    group = household * (int(types.max()) + 1) + types[product]
    at = place_in(habit, rows.customer, rows.product)
    order = stable_order(group)
    return {
        f"{name}_rank_in_type": look_up(_ranks(group, order, values), at, OUTSIDE)
        for name, values in (("habit", habit.decayed), ("latest", habit.last_day))
    }


@numba.njit
def _ranks(group: Ints, order: Ints, value: Floats) -> Ints:  # pragma: no cover - compiled
    """Rank from 0 of each row in its group, the highest value first; `order` sorts by group.

    A household knows few goods of a type: each is put in its place among those before it.
    """
    rank = np.zeros(order.size, np.int64)
    first = 0
    for at in range(order.size):
        row = order[at]
        if group[row] != group[order[first]]:
            first = at
        for before in range(first, at):
            other = order[before]
            if value[other] >= value[row]:
                rank[row] += 1
            else:
                rank[other] += 1
    return rank
