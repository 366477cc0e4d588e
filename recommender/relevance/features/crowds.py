"""What all households do with the product: how many buy it, try it and come back, and where."""

from __future__ import annotations

import numpy as np

from recommender.candidates import Floats, Ints
from recommender.history import History
from recommender.log import find
from recommender.relevance.features.columns import Columns, look_up, place_in
from recommender.relevance.generators import Fitted, Merged
from recommender.relevance.pairs import ranks, stable_order

REBUY_DAYS = 28.0
STORE_WEEKS = 8.0
SAME_GAP_DAYS, SAME_GAPS = 20.0, 5.0  # towards which, and how strongly, few gaps are drawn


def crowds(fitted: Fitted, rows: Merged) -> Columns:
    """Households that bought, tried and came back; weeks on sale; sales in the home store."""
    history, shelf, product = fitted.history, fitted.history.shelf, rows.product
    weeks = (1.0, 2.0, 4.0, 12.0, 1000.0)
    counts = {w: history.households(w) for w in weeks}
    columns: Columns = {f"households_{w:.0f}": counts[w][product] for w in weeks}
    columns["trend"] = (counts[4.0] / np.maximum(counts[12.0], 1.0))[product]
    habit = history.by_product
    first_ago = (history.end_day - habit.first_day) / 7.0
    for w in (2.0, 8.0):
        # who buys for the first time tells more of discovery than who buys
        first_time = np.bincount(
            habit.key[first_ago <= w] % habit.groups, minlength=history.log.products
        )
        columns[f"first_buyers_{w:.0f}"] = first_time[product]
    for level, code in (("type", shelf.product_type), ("category", shelf.category)):
        columns[f"crowd_of_{level}"] = np.bincount(code, weights=counts[4.0])[code[product]]
    columns["share_of_type_crowd"] = columns["households_4"] / np.maximum(
        columns["crowd_of_type"], 1.0
    )
    first_sold = np.full(history.log.products, np.inf)
    np.minimum.at(first_sold, history.visits.product, history.visits.day)
    columns["weeks_on_sale"] = (history.end_day - first_sold[product]) / 7.0
    columns["buys_again"] = _buys_again(history)[product]
    columns |= _returns(history, rows)
    columns["in_home_store"] = in_home_store(fitted, rows)
    columns["in_home_store_rank"] = ranks(rows.customer, product, columns["in_home_store"])
    return columns


def _buys_again(history: History) -> Floats:
    """Per product, the share of its buyers who bought it on another visit, shrunk to the mean."""
    habit = history.by_product
    product = habit.key % habit.groups
    buyers = np.bincount(product, minlength=habit.groups)
    again = np.bincount(product, weights=habit.visits > 1, minlength=habit.groups)
    mean = again.sum() / max(buyers.sum(), 1)
    return (again + 5.0 * mean) / (buyers + 5.0)


def _returns(history: History, rows: Merged) -> Columns:
    """How soon the product is bought again: the chance within 28 days, the usual gap, and how far
    the household is in it.

    Purchases of the last 28 days have not had the time and do not count for the chance.
    """
    lines, products = history.visits, history.log.products
    key = lines.customer * products + lines.product
    in_time = not (lines.day[1:] < lines.day[:-1]).any()  # as logs come
    order = stable_order(key) if in_time else np.lexsort((lines.day, key))
    key, day, product = key[order], lines.day[order], lines.product[order]
    same = key[1:] == key[:-1]
    gap, gap_of = (day[1:] - day[:-1])[same], product[1:][same]
    had_time = history.end_day - day > REBUY_DAYS
    soon = (gap <= REBUY_DAYS) & had_time[:-1][same]
    tried = np.bincount(product[had_time], minlength=products)
    came_back = np.bincount(gap_of[soon], minlength=products)
    mean = came_back.sum() / max(tried.sum(), 1)
    log_gap = np.bincount(gap_of, weights=np.log(np.maximum(gap, 0.5)), minlength=products)
    gaps = np.bincount(gap_of, minlength=products)
    usual = np.exp((log_gap + SAME_GAPS * np.log(SAME_GAP_DAYS)) / (gaps + SAME_GAPS))
    habit = history.by_product
    at = place_in(habit, rows.customer, rows.product)
    last_day = look_up(habit.last_day, at, -9999.0)
    return {
        "bought_again_in_28_days": ((came_back + 10.0 * mean) / (tried + 10.0))[rows.product],
        "usual_gap": usual[rows.product],
        "due_by_usual_gap": (history.end_day - last_day) / usual[rows.product],
    }


def in_home_store(fitted: Fitted, rows: Merged) -> Ints:
    """How many visits of the last eight weeks took the product in the customer's own store."""
    history = fitted.history
    lines, home = history.visits, history.home_store[rows.customer]
    recent = (history.weeks_ago <= STORE_WEEKS) & (lines.store >= 0)
    key, count = np.unique(
        lines.store[recent] * lines.products + lines.product[recent], return_counts=True
    )
    want = np.where(home >= 0, home * lines.products + rows.product, -1)
    return look_up(count, find(key, want), 0.0).astype(np.int64)
