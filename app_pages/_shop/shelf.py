"""A household's shelf: what the library ranks for it, why each product is there, what moved it.

Nothing here decides a rank: `recommender.serving` does. This joins its answer with what a card
says.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from app_pages._shop.reasons import reasons
from app_pages._shop.stock import Stock
from app_pages._shop.wishes import Wishes, own_policy
from recommender.policy import Policy
from recommender.relevance.newcomers.basket_model import BasketAnswer
from recommender.rerank.rerank import Shelves
from recommender.serving import COLD_START, serve

STOPS = 10  # of the green slider; 0 is off
DEFAULT_STOP = 4
NOBODY = "\N{NULL}"  # an id that no log holds: served the list that is not personalised
MOVERS = {
    "value_climate": "carbon",
    "value_retailer": "margin",
    "value_sellers": "exposure of small suppliers",
    "value_variety": "variety",
}
WHY_BASKET = "what households with such a basket buy next"


def climate_weight(stop: int, default: float) -> float:
    """The climate weight at a stop of the slider: 0 is off, 4 the policy's own.

    It grows with the square, so that the first steps are small: stop 10 is about six times the
    default. A policy without a climate weight of its own gets the scale of 0.3.

    >>> climate_weight(0, 0.3), climate_weight(4, 0.3), climate_weight(8, 0.3)
    (0.0, 0.3, 1.2)
    """
    return (default or 0.3) * (stop / DEFAULT_STOP) ** 2


def default_stop(policy: Policy) -> int:
    """Where the slider stands by itself: the policy's weight, or off where it has none."""
    return DEFAULT_STOP if policy.weights.climate > 0 else 0


def shelves_for(stock: Stock, wishes: Wishes) -> Shelves:
    """The shop's shelves with only what a declared diet leaves."""
    if wishes.fits is None:
        return stock.shelves
    goods = replace(stock.goods, may_be_shown=stock.goods.may_be_shown & wishes.fits)
    return replace(stock.shelves, goods=goods)


def household_shelf(
    stock: Stock, household: str | None, climate: float, wishes: Wishes = Wishes()
) -> pd.DataFrame:
    """All that is ranked for a household (None: for nobody in particular), best first.

    The library's slate with, for each row: `product` (catalogue row), `is_new`, `reason`, and
    `moved_climate`, `moved_retailer`, `moved_sellers`, `moved_variety`: places up (above 0) or
    down that this part of the value moved it among the new or the known ones.
    """
    policy = own_policy(stock.policy, climate, wishes)
    asked = np.array([NOBODY if household is None else household], dtype=object)
    rows = serve(
        stock.candidates, shelves_for(stock, wishes), stock.history, policy, stock.scales, asked
    ).slates.drop(columns=["policy", "task", "customer_id", "position"])
    ids = stock.history.log.ids
    product = ids.product_rows(rows["product_id"])
    rows.insert(0, "product", product)
    customer = -1 if household is None else int(ids.customer_rows([household])[0])
    repeated = np.full(len(product), customer)
    rows["is_new"] = (customer < 0) | ~stock.history.log.has_bought(repeated, product)
    rows["reason"] = reasons(stock, customer, product, rows["basis"].eq(COLD_START).to_numpy())
    return pd.concat(
        [with_moves(group) for _, group in rows.groupby("is_new", sort=True)]
    ).sort_index()


def basket_shelf(
    stock: Stock, found: BasketAnswer, climate: float, wishes: Wishes = Wishes()
) -> pd.DataFrame:
    """All that is ranked for a typed-in basket, best first; columns as in `household_shelf`."""
    ids = found.history.log.ids
    rows = serve(
        found.candidates,
        shelves_for(stock, wishes),
        found.history,
        own_policy(stock.policy, climate, wishes),
        stock.scales,
        np.array([ids.customers[found.customer]], dtype=object),
        new_only=True,
    ).slates.drop(columns=["policy", "task", "customer_id", "position"])
    rows.insert(0, "product", ids.product_rows(rows["product_id"]))
    rows["is_new"], rows["reason"] = True, WHY_BASKET
    return with_moves(rows)


def with_moves(ranked: pd.DataFrame) -> pd.DataFrame:
    """`ranked` (best first) with how many places each part of the value moved each row.

    The rank that the row has, against its rank were that part 0 for every row; ties go to the lower
    product, as in the library.
    """
    moved = ranked.copy()
    for part in MOVERS:
        if part not in ranked:
            moved[part.replace("value", "moved")] = 0
            continue
        without = (ranked["score"] - ranked[part]).to_numpy()
        order = np.lexsort((ranked["product"].to_numpy(), -without))
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        plain = bool((ranked[part] == 0).all())  # nothing to move: no ties to break either
        moved[part.replace("value", "moved")] = 0 if plain else rank - np.arange(len(order))
    return moved
