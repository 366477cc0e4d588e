"""A household's shelf: what the library ranks for it, why each product is there, what moved it.

Nothing here decides a rank: `recommender.serving` does. This joins its answer with what a card
says.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from app_pages._shelf_wishes import Wishes, own_policy
from recommender.basket import units_of
from recommender.candidates import Bools, Candidates, Floats, Ints
from recommender.functional import OWN
from recommender.history import History
from recommender.impact.observed.footprint_draws import Doubt, footprint_doubt
from recommender.lighter import with_own_error
from recommender.names import shown_names
from recommender.policy import Policy
from recommender.relevance.cold.cold_start import COLD_SOURCE
from recommender.relevance.generators import GENERATORS
from recommender.relevance.newcomers.basket_model import BasketAnswer
from recommender.rerank.rerank import Shelves
from recommender.serving import COLD_START, serve
from recommender.swaps import SwapGoods, swap_goods
from recommender.tradeoff import Goods, Scales

STOPS = 10  # of the green slider; 0 is off
DEFAULT_STOP = 4
NOBODY = "\N{NULL}"  # an id that no log holds: served the list that is not personalised
MOVERS = {
    "value_climate": "carbon",
    "value_retailer": "margin",
    "value_sellers": "small suppliers",
    "value_variety": "variety",
}
WHY_BASKET = "what households with such a basket buy next"
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


@dataclass(frozen=True, kw_only=True)
class Stock:
    """Everything the shop page reads, counted once per workspace; nobody writes to it."""

    products: pd.DataFrame  # the catalogue with today's prices, footprints and needs
    shelves: Shelves
    swaps: SwapGoods
    scales: Scales
    candidates: Candidates
    history: History
    policy: Policy  # the shop's default
    need_low: Floats  # (needs,): kg_functional that 5 % of the products offered stay under
    need_middle: Floats
    need_high: Floats  # 95 %
    doubt: Doubt | None  # how far footprints err, and what of it is shared
    units: Floats  # (products,): units that all customers bought
    crowd: Floats  # (products,): share of customers who bought it in the last four weeks
    titles: list[str]
    until: str  # day of the last purchase

    @property
    def goods(self) -> Goods:
        return self.shelves.goods

    def scale(self, product: int) -> tuple[float, float]:
        """Lightest and heaviest of the product's need (kg CO2e at equal function)."""
        need = self.goods.functional.need[product]
        return float(self.need_low[need]), float(self.need_high[need])


def stock_of(
    products: pd.DataFrame,
    shelves: Shelves,
    scales: Scales,
    candidates: Candidates,
    history: History,
    policy: Policy,
    until: str,
) -> Stock:
    """Counts, once, what every household's shelf needs."""
    goods = shelves.goods
    offered = goods.may_be_shown & history.universe.products
    functional = goods.functional
    known = np.flatnonzero(offered & (functional.basis == OWN))
    by_need = pd.Series(functional.kg_functional[known]).groupby(functional.need[known])
    low, middle, high = (
        np.asarray(by_need.quantile(q).reindex(range(len(functional.needs))), np.float64)
        for q in (0.05, 0.5, 0.95)
    )
    return Stock(
        products=products,
        shelves=shelves,
        swaps=swap_goods(products, functional, offered),
        scales=scales,
        candidates=candidates,
        history=history,
        policy=policy,
        need_low=low,
        need_middle=middle,
        need_high=high,
        doubt=footprint_doubt(products, functional.need),
        units=units_of(history.log),
        crowd=history.households(4.0) / max(history.log.customers, 1),
        titles=shown_names(products, history.households(math.inf)),
        until=until,
    )


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


def ranges_at_equal_use(stock: Stock, product: Sequence[int]) -> list[tuple[float, float, float]]:
    """Figure, low and high of a typical purchase in the need, met by each product (kg CO2e).

    The range is that of the product's own error, which says how sure its place among the goods of
    the need is; what all of them share moves the whole scale. Empty where one of them has no figure
    that may be placed among others.
    """
    goods, asked = stock.swaps, list(product)
    if not goods.placed[asked].all():
        return []
    use = goods.kg_functional[asked]
    ends = zip(*with_own_error(use, goods.sd[asked]), strict=True)
    return [(float(kg), float(low), float(high)) for kg, low, high in ends]


def place_on_scale(stock: Stock, product: int) -> tuple[float, float, float, float]:
    """A product's figure, and the lightest, middle and heaviest of its need, at equal function."""
    functional, need = stock.goods.functional, stock.goods.functional.need[product]
    return (
        float(functional.kg_functional[product]),
        float(stock.need_low[need]),
        float(stock.need_middle[need]),
        float(stock.need_high[need]),
    )


def _bought(times: int, days: float) -> str:
    ago = "today" if days < 1 else "yesterday" if days < 2 else f"{days:.0f} days ago"
    return f"bought on {times} visits, last {ago}" if times > 1 else f"bought once, {ago}"
