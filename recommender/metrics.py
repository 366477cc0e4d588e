"""Measures of slates: what was bought of them, what they would sell, and who is seen.

Slates are arrays (households, n), best place first. Sums of attention x p_buy are *demand-
weighted*: a household buys half of these goods anyway, so they are no forecast of revenue.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.candidates import Bools, Floats, Ints
from recommender.impact.observed.figures import DISTINCT, FIGURES, Figure
from recommender.impact.observed.sellers import gini, gini_weights, largest, small_sellers
from recommender.log import Log, find
from recommender.tradeoff import Goods, seller_exposure

__all__ = [
    "DISTINCT",
    "FIGURES",
    "TOP_SELLERS",
    "Bought",
    "Figure",
    "Slates",
    "bought",
    "bought_in",
    "dcg",
    "discounts",
    "distinct_counts",
    "gini",
    "gini_weights",
    "household_sums",
    "largest",
    "ndcg",
    "recall",
    "small_sellers",
]
TOP_SELLERS = 10


@dataclass(frozen=True, kw_only=True)
class Slates:
    """What stands on the slates of some households, (households, n), best place first."""

    customer: Ints  # (households,): customer numbers
    product: Ints  # -1 where a place is empty
    weight: Floats  # attention; 0 where a place is empty
    p_buy: Floats  # 0 where a place is empty
    excess: Floats  # kg_excess; 0 where a place is empty

    def of(self, households: Ints) -> Slates:
        """The slates of some of the households, by their position."""
        return Slates(
            customer=self.customer[households],
            product=self.product[households],
            weight=self.weight[households],
            p_buy=self.p_buy[households],
            excess=self.excess[households],
        )


@dataclass(frozen=True, kw_only=True)
class Bought:
    """What was bought in the window, once per customer and product, as sorted keys."""

    pairs: Ints  # customer * products + product
    quantity: Floats  # of each pair
    paid: Floats  # of each pair, shop currency
    items: Ints  # (customers,): distinct products
    kinds: Ints  # customer * (kinds + 1) + kind
    needs: Ints  # customer * needs + need


def bought_in(log: Log, goods: Goods) -> Bought:
    """The purchases of a window; lines without money count at the product's price."""
    money = np.where(np.isnan(log.paid), log.quantity * goods.price[log.product], log.paid)
    pairs, at = np.unique(log.customer * log.products + log.product, return_inverse=True)
    kind = goods.kind[log.product]
    kinds, needs = goods.kind.max(initial=-1) + 2, len(goods.functional.needs)
    return Bought(
        pairs=pairs,
        quantity=np.bincount(at, log.quantity, minlength=len(pairs)).astype(np.float64),
        paid=np.bincount(at, money, minlength=len(pairs)).astype(np.float64),
        items=np.bincount(pairs // log.products, minlength=log.customers),
        kinds=np.unique((log.customer * kinds + kind)[kind >= 0]),
        needs=np.unique(log.customer * needs + goods.functional.need[log.product]),
    )


def bought(customer: Ints, item: Ints, items: int, pairs: Ints) -> Bools:
    """Whether each customer bought each item; -1 is no item, and is never bought.

    `pairs` are the purchases, as sorted keys customer * items + item.

    >>> bought(np.array([0, 1]), np.array([2, 2]), items=3, pairs=np.array([2, 4]))
    array([ True, False])
    """
    keys = np.broadcast_to(customer, item.shape) * items + item
    found = find(pairs, keys.ravel()).reshape(item.shape) >= 0
    return found & (item >= 0)


def discounts(n: int) -> Floats:
    """1 / log2(place + 1) of places 1 to `n`."""
    return 1.0 / np.log2(np.arange(2, n + 2))


def recall(hit: Bools, items: Ints) -> Floats:
    """Share of the `items` that each household bought that stood on its slate, (households,).

    NaN for a household that bought nothing.
    """
    return _ratio(hit.sum(axis=1), items)


def dcg(hit: Bools) -> Floats:
    """Discounted hits of each household, (households,): 1 at the first place, 0.63 at the second.

    >>> dcg(np.array([[True, True, False]])).round(3)
    array([1.631])
    """
    return hit @ discounts(hit.shape[1])


def ndcg(hit: Bools, items: Ints) -> Floats:
    """DCG over that of the best slate of the same length, (households,); NaN if nothing was bought.

    The ideal is cut at the slate's length: who bought 30 items and got 10 of them has 1.
    """
    n = hit.shape[1]
    ideal = np.concatenate([[0.0], np.cumsum(discounts(n))])
    return _ratio(dcg(hit), ideal[np.minimum(items, n)])


def household_sums(
    slates: Slates, window: Bought, goods: Goods
) -> dict[str, tuple[Floats, Floats]]:
    """Sums above and below the line of every figure of goods, hits and sellers, (households,) each.

    A figure is the sum of the one over that of the other. Which sellers are the largest, and their
    ranks, are those of these slates. What slates hold besides is in `observed.variety`, distinct
    counts in `distinct_counts`. Where no product has a margin rate, no margin exists.
    """
    product, weight, who = slates.product, slates.weight, slates.customer[:, None]
    filled = product >= 0
    products, needs = len(goods.price), len(goods.functional.needs)
    at = find(window.pairs, (who * products + product).ravel()).reshape(product.shape)
    hit = filled & (at >= 0)
    kinds = goods.kind.max(initial=-1) + 2
    kind = np.where(filled, goods.kind[product], -1)
    need = np.where(filled, goods.functional.need[product], -1)
    items = window.items[slates.customer]
    one = np.ones(len(product))
    judged = (items > 0).astype(np.float64)
    demand = weight * slates.p_buy
    revenue = demand * goods.price[product]
    paid, quantity = _where_hit(window.paid, at, hit), _where_hit(window.quantity, at, hit)
    kg_functional, kg_pack = goods.functional.kg_functional[product], goods.kg_pack[product]
    seen = weight.sum(axis=1)
    margins = one * (goods.no_margin < products)

    def judge(each: Floats | Ints) -> tuple[Floats, Floats]:
        return np.where(judged > 0, each, 0.0), judged

    def per_household(each: Floats) -> tuple[Floats, Floats]:
        return each.sum(axis=1), one

    def over(above: Floats, below: Floats) -> tuple[Floats, Floats]:
        return above.sum(axis=1), below.sum(axis=1)

    return {
        "ndcg": judge(ndcg(hit, items)),
        "recall": judge(recall(hit, items)),
        "dcg": judge(dcg(hit)),
        "hit_rate": judge(np.minimum(hit.sum(axis=1), 1)),
        "hits": judge(hit.sum(axis=1)),
        "hits_type": judge(bought(who, kind, kinds, window.kinds).sum(axis=1)),
        "hits_need": judge(bought(who, need, needs, window.needs).sum(axis=1)),
        "p_buy_per_place": over(slates.p_buy, filled.astype(np.float64)),
        "demand": per_household(demand),
        "demand_revenue": per_household(revenue),
        "demand_margin": ((demand * goods.margin[product]).sum(axis=1), margins),
        "demand_kg_functional": per_household(demand * kg_functional),
        "demand_kg_excess": per_household(demand * slates.excess),
        "demand_kg_pack": per_household(demand * kg_pack),
        "kg_functional_per_purchase": over(demand * kg_functional, demand),
        "kg_functional_per_money": over(demand * kg_functional, revenue),
        "kg_pack_per_money": over(demand * kg_pack, revenue),
        "hits_revenue": per_household(paid),
        "hits_margin": ((paid * (goods.margin / goods.price)[product]).sum(axis=1), margins),
        "hits_kg_functional": per_household(hit * kg_functional),
        "hits_kg_pack": per_household(quantity * kg_pack),
        "hits_kg_functional_per_money": over(hit * kg_functional, paid),
        "hits_kg_pack_per_money": over(quantity * kg_pack, paid),
        "unknown_share": ((weight * goods.unknown[product]).sum(axis=1), seen),
        **_seller_sums(slates, goods),
    }


def _seller_sums(slates: Slates, goods: Goods) -> dict[str, tuple[Floats, Floats]]:
    weight, sellers = slates.weight, len(goods.sellers)
    seller = np.where(slates.product >= 0, goods.seller[slates.product], -1)
    own = goods.private_label if goods.private_label is not None else np.zeros_like(goods.unknown)
    others = weight * ~own[slates.product]
    exposure = seller_exposure(seller, weight, sellers)
    # a seller of nothing but private label has no place in the figure without it
    stays = np.unique(goods.seller[~own & goods.may_be_shown & (goods.seller >= 0)])
    without = np.zeros(sellers + 1)
    by_others = seller_exposure(seller, others, sellers)
    without[stays] = gini_weights(by_others[stays])

    def attention_on(score: Floats, attention: Floats) -> tuple[Floats, Floats]:
        named = attention * (seller >= 0)
        return (named * score[seller]).sum(axis=1), named.sum(axis=1)

    def marked(sellers: Bools) -> Floats:
        return np.append(sellers, False).astype(np.float64)  # the last stands for no seller

    nothing = np.zeros(len(weight)), np.zeros(len(weight))
    labelled = {
        "private_label_share": ((weight - others).sum(axis=1), weight.sum(axis=1)),
        "seller_gini_without_private_label": attention_on(without, others),
        "seller_top10_share_without_private_label": attention_on(
            marked(largest(by_others, TOP_SELLERS)), others
        ),
    }
    return {
        "seller_gini": attention_on(np.append(gini_weights(exposure), 0.0), weight),
        "seller_top10_share": attention_on(marked(largest(exposure, TOP_SELLERS)), weight),
        "seller_small_share": attention_on(marked(small_sellers(goods.target)), weight),
        **(labelled if goods.private_label is not None else dict.fromkeys(labelled, nothing)),
    }


def distinct_counts(slates: Slates, goods: Goods) -> dict[str, float]:
    """The figures that count distinct things: sellers reached, and the catalogue's coverage."""
    shown = np.unique(slates.product[slates.product >= 0])
    may_be = goods.may_be_shown.sum()

    def reached(products: Ints) -> float:
        sellers = goods.seller[products]
        return float(len(np.unique(sellers[sellers >= 0])))

    without = float("nan")
    if goods.private_label is not None:
        without = reached(shown[~goods.private_label[shown]])
    return {
        "sellers_reached": reached(shown),
        "sellers_reached_without_private_label": without,
        "coverage": float(len(shown) / may_be) if may_be else float("nan"),
    }


def _where_hit(values: Floats, at: Ints, hit: Bools) -> Floats:
    return np.where(hit, np.append(values, 0.0)[at], 0.0)  # -1 is the 0 at the end


def _ratio(above: Floats | Ints, below: Floats | Ints) -> Floats:
    empty = np.full(len(below), np.nan)
    return np.divide(above, below, out=empty, where=below > 0)
