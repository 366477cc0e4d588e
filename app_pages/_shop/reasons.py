"""Why each product stands on a household's shelf, in half a sentence."""

from __future__ import annotations

import numpy as np
import pandas as pd

from app_pages._shop.stock import Stock
from recommender.candidates import Bools, Ints
from recommender.history import History
from recommender.relevance.cold.cold_start import COLD_SOURCE
from recommender.relevance.generators import GENERATORS

WHY_POPULAR = "among what most households bought in the last four weeks"
# Of several generators that named a product, the one that says most about this household.
WHY_NEW = {
    "stand_ins": "could stand in for {usual}, which you buy",
    "usual_sellers": "from a supplier you buy from",
    "ease": "bought by households that buy what you buy",
    "item_item": "bought by households that buy what you buy",
    "als": "bought by households like yours",
    "popular_in_store": "sells well where you shop",
    "long_tail": "from a small supplier, and of a kind you buy",
    "popular_in_segment": "what households of your kind buy",
    "popular": WHY_POPULAR,
}
WHY_COLD = "hardly sold so far: likely by what it is, not by who bought it"
BITS = {name: list(GENERATORS).index(name) for name in WHY_NEW}


def reasons(stock: Stock, customer: int, product: Ints, cold: Bools) -> list[str]:
    """Why each product stands on this customer's shelf, in half a sentence."""
    if customer < 0:
        return [WHY_POPULAR] * len(product)
    visits = stock.history.visits
    mine = visits.customer == customer
    times = np.bincount(visits.product[mine], minlength=visits.products)
    last = np.full(visits.products, -np.inf)
    np.maximum.at(last, visits.product[mine], visits.day[mine])
    start = stock.candidates.start
    own = slice(start[customer], start[customer + 1])
    source = pd.Series(stock.candidates.source[own], index=stock.candidates.product[own])
    bits = source.reindex(product, fill_value=0).to_numpy()
    usual = _most_bought_by_type(stock.history, times)
    types = stock.history.shelf.product_type
    said = []
    for k, row in enumerate(product):
        if times[row]:
            said.append(_bought(int(times[row]), stock.history.end_day - last[row]))
            continue
        if bits[k] & COLD_SOURCE:
            said.append(WHY_COLD)
            continue
        named = [name for name, bit in BITS.items() if bits[k] >> bit & 1]
        why = WHY_NEW[named[0]] if named and not cold[k] else WHY_POPULAR
        said.append(why.format(usual=stock.titles[usual[types[row]]]))
    return said


def _most_bought_by_type(history: History, times: Ints) -> Ints:
    """By product type: the product that a customer bought most often; any where it bought none."""
    types = history.shelf.product_type
    order = np.argsort(times, kind="stable")
    most = np.zeros(int(types.max()) + 1, np.int64)
    most[types[order]] = order  # the last one written is the most bought
    return most


def _bought(times: int, days: float) -> str:
    ago = "today" if days < 1 else "yesterday" if days < 2 else f"{days:.0f} days ago"
    return f"bought on {times} visits, last {ago}" if times > 1 else f"bought once, {ago}"
