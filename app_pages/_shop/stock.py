"""What the shop page reads of a shop, counted once for a workspace."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import pandas as pd

from recommender.basket import units_of
from recommender.candidates import Candidates, Floats, Ints
from recommender.functional import OWN
from recommender.history import History
from recommender.impact.observed.footprint_draws import Doubt, footprint_doubt
from recommender.lighter import with_own_error
from recommender.names import shown_names
from recommender.policy import Policy
from recommender.rerank.rerank import Shelves
from recommender.swaps import SwapGoods, swap_goods
from recommender.tradeoff import Goods, Scales


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
    reach_low: Floats  # (needs,): 5 % of their ranges end below
    reach_high: Floats  # 5 % end above
    doubt: Doubt | None  # how far footprints err, and what of it is shared
    units: Floats  # (products,): units that all customers bought
    crowd: Floats  # (products,): share of customers who bought it in the last four weeks
    titles: list[str]
    until: str  # day of the last purchase

    @property
    def goods(self) -> Goods:
        return self.shelves.goods

    @cached_property
    def row(self) -> Callable[[int], Mapping[Hashable, Any]]:
        """A product's line of the catalogue, kept once read: a table gives up a line slowly."""
        return lru_cache(maxsize=4096)(self._line)

    @cached_property
    def _columns(self) -> Mapping[Hashable, Any]:
        return {name: self.products[name].array for name in self.products.columns}

    def _line(self, product: int) -> Mapping[Hashable, Any]:
        return {name: column[product] for name, column in self._columns.items()}

    def scale(self, product: int) -> tuple[float, float]:
        """From where to where the ranges of the product's need reach (kg CO2e at equal function).

        All but the widest 5 % at each end, so that most bars end inside the scale.
        """
        need = self.goods.functional.need[product]
        return float(self.reach_low[need]), float(self.reach_high[need])

    def price(self, product: int) -> float:
        """What a pack costs at the till, shop currency."""
        return float(self.swaps.price[product])


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
    swaps = swap_goods(products, functional, offered)
    reach = reaches(swaps, np.flatnonzero(offered & swaps.placed), len(functional.needs))
    return Stock(
        products=products,
        shelves=shelves,
        swaps=swaps,
        scales=scales,
        candidates=candidates,
        history=history,
        policy=policy,
        need_low=low,
        need_middle=middle,
        need_high=high,
        reach_low=reach[0],
        reach_high=reach[1],
        doubt=footprint_doubt(products, functional.need),
        units=units_of(history.log),
        crowd=history.households(4.0) / max(history.log.customers, 1),
        titles=shown_names(products, history.households(math.inf)),
        until=until,
    )


def reaches(goods: SwapGoods, product: Ints, needs: int) -> tuple[Floats, Floats]:
    """By need: what 5 % of the ranges' low ends lie under, and 5 % of the high ends over."""
    _, low, high = with_own_error(goods.kg_functional[product], goods.sd[product])
    ends = ((low, 0.05), (high, 0.95))
    least, most = (
        pd.Series(values).groupby(goods.need[product]).quantile(q).reindex(range(needs))
        for values, q in ends
    )
    return np.asarray(least, np.float64), np.asarray(most, np.float64)


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
