"""Measures of slates: what was bought of them, what they would sell, and who is seen.

Slates are arrays (households, n), best place first. Sums of attention x p_buy are *demand-
weighted*: a household buys half of these goods anyway, so they are no forecast of revenue.
"""

from __future__ import annotations

import numpy as np

from recommender.candidates import Bools, Floats, Ints
from recommender.log import find


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


def gini(share: Floats) -> float:
    """Gini coefficient of shares: 0 where all are equal, near 1 where one holds all; NaN if none.

    >>> gini(np.array([1.0, 0.0, 0.0, 0.0]))
    0.75
    """
    total = share.sum()
    return float(share @ gini_weights(share) / total) if total > 0 else float("nan")


def gini_weights(share: Floats) -> Floats:
    """Weights c with which the Gini coefficient is sum(c x share) / sum(share).

    With the ranks held, the coefficient is a ratio of two sums over households, which the
    bootstrap can draw again; the ranks themselves do not move it to first order.
    """
    count = len(share)
    rank = np.empty(count)
    rank[np.argsort(share, kind="stable")] = np.arange(1, count + 1)
    return (2.0 * rank - count - 1.0) / max(count, 1)


def largest(share: Floats, count: int) -> Bools:
    """Marks the `count` largest shares; ties go to the first.

    >>> largest(np.array([0.2, 0.5, 0.2]), 2)
    array([ True,  True, False])
    """
    marked = np.zeros(len(share), np.bool_)
    marked[np.argsort(-share, kind="stable")[:count]] = True
    return marked


def small_sellers(target: Floats) -> Bools:
    """Sellers outside the top tenth by training sales (the tenth rounded up).

    >>> small_sellers(np.array([0.7, 0.1, 0.2]))
    array([False,  True,  True])
    """
    return ~largest(target, int(np.ceil(len(target) / 10)))


def reliability(p_buy: Floats, seen: Bools, bins: int = 10) -> list[dict[str, float]]:
    """What was said against what was seen, in `bins` groups of equal size by rising p_buy.

    >>> reliability(np.array([0.1, 0.3, 0.8]), np.array([False, False, True]), bins=1)
    [{'said': 0.4..., 'seen': 0.333..., 'places': 3}]
    """
    order = np.argsort(p_buy, kind="stable")
    return [
        {
            "said": float(p_buy[group].mean()),
            "seen": float(seen[group].mean()),
            "places": len(group),
        }
        for group in np.array_split(order, bins)
        if len(group)
    ]


def _ratio(above: Floats | Ints, below: Floats | Ints) -> Floats:
    empty = np.full(len(below), np.nan)
    return np.divide(above, below, out=empty, where=below > 0)
