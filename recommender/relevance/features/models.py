"""What the item models and the generators say of each candidate."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from recommender.history import History, rank_within
from recommender.relevance.features.columns import Columns
from recommender.relevance.generators import Fitted, Merged
from recommender.relevance.pairs import ranks


def models(fitted: Fitted, rows: Merged) -> Columns:
    """Scores of ALS, item-item and the linear model, their ranks, and the merged rank."""
    customer, product = rows.customer, rows.product
    columns: Columns = {
        "als": fitted.als.score(customer, product),
        "item_item": fitted.item_item.score(fitted.taste, customer, product),
        "ease": fitted.ease.score(fitted.taste, customer, product),
        # what it bought of late says most of what it will try next
        "ease_of_late": fitted.ease.score(
            _taste_of_late(fitted.history), customer, product, by_strength=True
        ),
    }
    for name in ("als", "item_item", "ease"):
        columns[f"{name}_rank"] = ranks(customer, product, columns[name])
    columns["merged_rank"] = rank_within(customer, np.arange(len(customer)))
    return columns


def _taste_of_late(history: History) -> csr_matrix:
    """Customers x products of the universe, by visits that each halve every three weeks."""
    habit = history.by_product
    keep = history.universe.products[habit.key % habit.groups]
    customer, product = habit.key[keep] // habit.groups, habit.key[keep] % habit.groups
    values = np.log1p(habit.recent[keep]).astype(np.float32)
    return csr_matrix((values, (customer, product)), shape=(history.log.customers, habit.groups))
