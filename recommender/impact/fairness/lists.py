"""What a list costs at equal function, household by household, and what it is worth to each."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recommender.bootstrap import ratio
from recommender.candidates import Bools, Floats
from recommender.functional import OWN
from recommender.log import totals
from recommender.metrics import Slates
from recommender.tradeoff import Goods

LESS_RELEVANT, MUCH_LESS_RELEVANT, DEARER = 0.01, 0.05, 0.01
MOST_TIMES = 5.0  # the median of the need: the most that a product's functional price counts
ROUNDING = 1e-9  # relative; equal slates summed in another order differ by less
SHARES = ("worse_off_share", "worse_off_share_5", "price_rise_share", "either_share")
# what is summed of each household; a figure is one column over another
COLUMNS = (*SHARES, "basket", "spent", "demand", "matched", "one")


def functional_price(goods: Goods) -> tuple[Floats, Bools]:
    """Price of a typical purchase in the need met by each product, and whether by its own flows.

    Shop currency, (products,). The packs of a typical purchase are kg_functional over the kg of a
    pack, both made with the same intensity. A product counts at most at five times the median of
    its need: beyond that its size is rather misread. Without a flow of its own it counts at that
    median; in a need where no product has one, all count at the median price.
    """
    functional = goods.functional
    own = (functional.basis == OWN) & (goods.kg_pack > 0)
    packs = ratio(functional.kg_functional, np.where(own, goods.kg_pack, 0.0))
    price = np.where(own, goods.price * packs, np.nan)
    needs = range(len(functional.needs))

    def median(values: Floats) -> Floats:
        found = pd.Series(values).groupby(functional.need).median().reindex(needs)
        return np.asarray(found, np.float64)

    middle = median(price)
    middle = np.where(np.isnan(middle), median(goods.price), middle)[functional.need]
    return np.where(own, np.minimum(price, MOST_TIMES * middle), middle), own


class Lists:
    """What one policy lists for each household: relevance, and demand and money by need."""

    def __init__(self, slates: Slates, goods: Goods, price: Floats) -> None:
        filled = slates.product >= 0
        demand = np.where(filled, slates.weight * slates.p_buy, 0.0)
        needs = len(goods.functional.needs)
        cell = np.arange(len(demand))[:, None] * needs + goods.functional.need[slates.product]
        shape = (len(demand), needs)
        size = shape[0] * shape[1]
        money = demand * price[slates.product]
        self.relevance = demand.sum(axis=1)
        self.demand = totals(cell.ravel(), demand.ravel(), size).reshape(shape)
        self.money = totals(cell.ravel(), money.ravel(), size).reshape(shape)

    def compared_with(self, other: Lists) -> Floats:
        """`COLUMNS` of each household under the other lists, these being the baseline's."""
        both = (self.demand > 0) & (other.demand > 0)
        now = np.where(both, self.demand * ratio(other.money, other.demand), self.money)
        basket, cost = now.sum(axis=1), self.money.sum(axis=1)
        fall = self.relevance - other.relevance
        less, much_less = (
            fall > (share + ROUNDING) * self.relevance
            for share in (LESS_RELEVANT, MUCH_LESS_RELEVANT)
        )
        dearer = basket > (1.0 + DEARER + ROUNDING) * cost
        return np.column_stack(
            [
                less,
                much_less,
                dearer,
                less | dearer,
                basket,
                other.money.sum(axis=1),
                other.demand.sum(axis=1),
                np.where(both, self.money, 0.0).sum(axis=1),
                np.ones(len(basket)),
            ]
        ).astype(np.float64)
