"""Who is likeliest to buy a product that no generator proposed, and how likely that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.candidates import Candidates, Floats, Ints
from recommender.log import Log
from recommender.rerank.shelf_facts import ShelfFacts
from recommender.tradeoff import Goods

FLOOR_QUANTILE = 0.1  # of all candidates' p_buy, where nothing is known of a product


def product_chances(candidates: Candidates, goods: Goods) -> Floats:
    """Mean p_buy of each product among the candidates, (products,), for shoppers who lack it.

    Else the mean of its type, else of its seller, else the lowest tenth of all rows' p_buy.
    """
    product, p_buy = candidates.product, candidates.p_buy

    def means(code: Ints, count: int) -> Floats:
        """By product: the mean of its code's rows; NaN where there is none."""
        rows = code[product]
        named = rows >= 0
        sums = np.bincount(rows[named], p_buy[named], minlength=count)
        counts = np.bincount(rows[named], minlength=count)
        mean = np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0)
        return np.where(code >= 0, np.append(mean, np.nan)[code], np.nan)

    everything = len(goods.product_id)
    chance = means(np.arange(everything), everything)
    for code in (goods.kind, goods.seller):
        of_code = means(code, int(code.max(initial=-1)) + 1)
        chance = np.where(np.isnan(chance), of_code, chance)
    lowest = float(np.quantile(p_buy, FLOOR_QUANTILE)) if len(p_buy) else 0.0
    return np.where(np.isnan(chance), lowest, chance)


@dataclass(frozen=True, kw_only=True)
class Buyers:
    """Customers by category, those who bought there most often first; the last list is by all."""

    customer: Ints
    start: Ints  # (categories + 2,)

    @classmethod
    def of(cls, purchases: Log, facts: ShelfFacts, key: Ints) -> Buyers:
        """Lines counted; ties go to the lower `key`, so that no order of customers matters."""
        categories, customers = len(facts.categories), purchases.customers
        code = facts.category[purchases.product]
        named = code >= 0
        cells, lines = np.unique(
            np.concatenate(
                [
                    code[named] * customers + purchases.customer[named],
                    categories * customers + purchases.customer,
                ]
            ),
            return_counts=True,
        )
        category, customer = cells // customers, cells % customers
        order = np.lexsort((key[customer], -lines, category))
        start = np.searchsorted(category[order], np.arange(categories + 2))
        return cls(customer=customer[order], start=start.astype(np.int64))
