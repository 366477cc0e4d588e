"""What is known about a customer and a product at a cutoff, as one row of numbers per candidate."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recommender.candidates import Floats, Ints
from recommender.history import Habit, rank_within
from recommender.log import distinct_rows
from recommender.relevance.generators import Fitted, Merged

Floats32 = npt.NDArray[np.float32]
NEVER = 999.0  # weeks since a purchase that never was; trees only need it to be far away


def features(fitted: Fitted, rows: Merged) -> tuple[list[str], Floats32]:
    """Names and values (rows, features) of candidate `rows`, from the history alone.

    Everything is a lookup in tables counted once per cutoff, so the cost grows with the rows.
    """
    history = fitted.history
    customer, product = rows.customer, rows.product
    columns: dict[str, Floats | Floats32 | Ints] = {}
    shelf, end = history.shelf, history.end_day

    habits = {
        "product": (history.by_product, product),
        "type": (history.by_type, shelf.product_type[product]),
        "category": (history.by_category, shelf.category[product]),
        "seller": (history.by_seller, shelf.seller[product]),
    }
    at: dict[str, Ints] = {}
    for level, (habit, group) in habits.items():
        at[level] = habit.at(customer, group)
        columns |= {
            f"{level}_{k}": v for k, v in _habit_columns(habit, at[level], end, level).items()
        }
    decayed = {level: columns[f"{level}_decayed"] for level in habits}
    columns["share_of_type"] = decayed["product"] / np.maximum(decayed["type"], 1e-9)
    columns["share_of_category"] = decayed["product"] / np.maximum(decayed["category"], 1e-9)

    visits = np.bincount(history.visits.customer, minlength=history.log.customers)
    baskets = distinct_rows(history.visits.basket)[1]
    trips = np.bincount(history.visits.customer[baskets], minlength=history.log.customers)
    recent = history.weeks_ago[baskets] <= 4.0
    recent_trips = np.bincount(
        history.visits.customer[baskets][recent], minlength=history.log.customers
    )
    trip = history.weeks_ago[baskets] <= 12.0
    season_trips = np.bincount(
        history.visits.customer[baskets][trip], minlength=history.log.customers
    )
    columns["customer_trips"] = trips[customer]
    columns["customer_trips_4_weeks"] = recent_trips[customer]
    columns["customer_trips_12_weeks"] = season_trips[customer]
    columns["customer_items_a_trip"] = (visits / np.maximum(trips, 1))[customer]
    columns["product_per_trip"] = decayed["product"] / np.maximum(trips[customer], 1)

    crowds = {weeks: history.households(weeks) for weeks in (1.0, 4.0, 12.0, 1000.0)}
    for weeks, crowd in crowds.items():
        columns[f"households_{weeks:.0f}"] = crowd[product]
    columns["trend"] = (crowds[4.0] / np.maximum(crowds[12.0], 1.0))[product]
    buys_again = _buys_again(history.by_product)
    columns["buys_again"] = buys_again[product]
    type_crowd = np.bincount(shelf.product_type, weights=crowds[4.0])
    category_crowd = np.bincount(shelf.category, weights=crowds[4.0])
    columns["crowd_of_type"] = type_crowd[shelf.product_type[product]]
    columns["share_of_type_crowd"] = columns["households_4"] / np.maximum(
        columns["crowd_of_type"], 1.0
    )
    columns["crowd_of_category"] = category_crowd[shelf.category[product]]
    first_sold = np.full(history.log.products, np.inf)
    np.minimum.at(first_sold, history.visits.product, history.visits.day)
    columns["weeks_on_sale"] = (end - first_sold[product]) / 7.0

    price = history.price[product]
    columns["price"] = price
    columns["price_in_type"] = (
        price / _group_median(history.price, shelf.product_type)[shelf.product_type[product]]
    )
    columns["in_home_store"] = _in_home_store(fitted, rows)
    columns["als"] = fitted.als.score(customer, product)
    columns["item_item"] = fitted.item_item.score(fitted.taste, customer, product)
    for name in ("als", "item_item", "product_decayed", "in_home_store"):
        order = np.lexsort((product, -np.asarray(columns[name], np.float64), customer))
        columns[f"{name}_rank"] = rank_within(customer, order)
    columns["merged_rank"] = rank_within(customer, np.arange(len(customer)))
    columns["sources"] = np.bitwise_count(rows.source.astype(np.uint64))
    values = np.empty((len(customer), len(columns)), np.float32)
    for place, column in enumerate(columns.values()):
        values[:, place] = column
    return list(columns), values


def _habit_columns(habit: Habit, at: Ints, end: float, level: str) -> dict[str, Floats]:
    never = at < 0

    def look(values: Floats, otherwise: float) -> Floats:
        if len(values) == 0:
            return np.full(len(at), otherwise)
        return np.where(never, otherwise, values[np.maximum(at, 0)])

    visits = look(habit.visits, 0.0)
    columns = {"decayed": look(habit.decayed, 0.0), "visits": visits}
    if level == "seller":
        return columns
    since = (end - look(habit.last_day, -NEVER * 7.0)) / 7.0
    gap = (look(habit.last_day - habit.first_day, 0.0) / 7.0) / np.maximum(visits - 1.0, 1.0)
    columns |= {
        "recent": look(habit.recent, 0.0),
        "weeks_since": np.minimum(since, NEVER),
        "mean_gap": np.where(visits > 1, gap, NEVER),
        # 1 when as long has passed as usually does between purchases
        "due": np.where(visits > 1, since / np.maximum(gap, 1 / 7), NEVER),
    }
    if level == "product":
        columns["quantity"] = look(habit.quantity, 0.0) / np.maximum(visits, 1.0)
    return columns


def _buys_again(habit: Habit) -> Floats:
    """Per product, the share of its buyers who bought it on another visit, shrunk to the mean."""
    product = habit.key % habit.groups
    buyers = np.bincount(product, minlength=habit.groups)
    again = np.bincount(product, weights=habit.visits > 1, minlength=habit.groups)
    mean = again.sum() / max(buyers.sum(), 1)
    return (again + 5.0 * mean) / (buyers + 5.0)


def _group_median(values: Floats, group: Ints) -> Floats:
    order = np.lexsort((values, group))
    order = order[~np.isnan(values[order])]
    sorted_groups = group[order]
    groups = np.arange(int(group.max()) + 1)
    first = np.searchsorted(sorted_groups, groups)
    last = np.searchsorted(sorted_groups, groups, side="right")
    medians = np.full(len(groups), np.nan)
    some = last > first
    medians[some] = values[order][(first[some] + last[some] - 1) // 2]
    return medians


def _in_home_store(fitted: Fitted, rows: Merged) -> Floats:
    """How many visits in the last eight weeks took the product in the customer's own store."""
    history = fitted.history
    v, home = history.visits, history.home_store[rows.customer]
    recent = (history.weeks_ago <= 8.0) & (v.store >= 0)
    key, count = np.unique(v.store[recent] * v.products + v.product[recent], return_counts=True)
    if len(key) == 0:
        return np.zeros(len(rows.customer))
    want = np.where(home >= 0, home * v.products + rows.product, -1)
    at = np.minimum(np.searchsorted(key, want), len(key) - 1)
    return np.where(key[at] == want, count[at], 0).astype(np.float64)
