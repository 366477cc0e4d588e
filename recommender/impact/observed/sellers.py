"""How attention falls on sellers: its spread, the largest, and the one that is worst off.

The worst seller and the number of sellers under their floor are extremes. Households drawn again
do not tell how such a figure would vary (the least of many shares moves down with every draw), so
they come as counts and carry no interval.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from recommender.candidates import Bools, Floats
from recommender.policy_parts import Sellers
from recommender.rerank.targets import Targets

NO_INTERVAL = (
    "An extreme of many sellers: households drawn again would lower it in every draw, so it is "
    "counted and has no interval."
)
ROUNDING = 1e-9  # of a floor: less is no miss


def worst_seller(
    exposure: Floats, targets: Targets, sellers: Sellers, one_place: float = 0.0
) -> dict[str, Any]:
    """The seller furthest below what it is due, and how many are below, as plain values.

    `exposure` (groups,) is the share of all attention on each of `targets`' sellers (or legal
    entities, where the policy counts per entity). `ratio` is `share` over `floor` where the policy
    promises one, over `target` else (`against` says which); the lowest ratio is the worst, of equal
    ones that with the highest due. Who is due less than `one_place`, the share of all attention
    that the last place of one slate gets, cannot be given it in one run: `under_one_place` counts
    them, and they enter no other count. `sellers_under_floor` is null where nothing is promised,
    `unseen` are due attention and have none; seller and figures are null where nobody is due any.

    >>> targets = Targets(
    ...     groups=("a", "b", "c"),
    ...     group=np.array([0, 1, 2]),
    ...     share=np.array([0.5, 0.3, 0.2]),
    ...     kept_for_new=np.zeros(3),
    ...     is_new=np.zeros(3, bool),
    ... )
    >>> found = worst_seller(np.array([0.7, 0.2, 0.1]), targets, Sellers(floor=0.6))
    >>> found["seller_id"], round(found["floor"], 2), round(found["ratio"], 3)
    ('c', 0.12, 0.833)
    >>> found["sellers_under_floor"], found["sellers_under_target"]
    (1, 2)
    """
    floor = targets.floor_rate(sellers.floor)
    promised = bool((floor > 0).any())
    due = floor if promised else targets.share
    whole = due >= one_place
    counted = (due > 0) & whole

    def under(share: Floats) -> int:
        return int((counted & (exposure < share * (1.0 - ROUNDING))).sum())

    told: dict[str, Any] = {
        "against": "floor" if promised else "target",
        "per": sellers.per,
        "sellers": int(counted.sum()),
        "sellers_under_floor": under(floor) if promised else None,
        "sellers_under_target": under(targets.share),
        "unseen": int((counted & (exposure <= 0)).sum()),
        "under_one_place": int(((due > 0) & ~whole).sum()),
        "note": NO_INTERVAL,
    }
    if not counted.any():
        return {**dict.fromkeys(("seller_id", "share", "floor", "target", "ratio")), **told}
    ratio = np.divide(exposure, due, out=np.full(len(due), np.inf), where=counted)
    worst = int(np.lexsort((-due, ratio))[0])
    return {
        "seller_id": targets.groups[worst],
        "share": float(exposure[worst]),
        "floor": float(floor[worst]) if promised else None,
        "target": float(targets.share[worst]),
        "ratio": float(ratio[worst]),
        **told,
    }


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
