"""The figures of one point of a frontier: what its slates hold, and what is certain of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from recommender.metrics import gini, small_sellers
from recommender.rerank.assemble import CARBON
from recommender.rerank.carbon_prices import implied_carbon_price
from recommender.rerank.rerank import Reranked
from recommender.rerank.targets import Targets
from recommender.tradeoff import Goods, Scales, seller_exposure

FLOOR_SLACK = 1e-6  # relative: sums of attention are rounded
MOST_NAMED = 3  # missed limits


def slate_figures(run: Reranked, goods: Goods, targets: Targets) -> dict[str, float]:
    """What the slates of a run hold, by the columns of `frontier.FrontierTable`.

    Exposure is held against `targets`, those of the path, whatever the run itself went by.
    """
    filled = run.rows >= 0
    rows, place = run.rows[filled], np.nonzero(filled)[1]
    product = run.candidates.product[rows]
    weight = run.policy.slate.curve()[place]
    demand = weight * run.candidates.p_buy[rows]
    known = ~goods.unknown[product]
    kg = demand * goods.functional.kg_functional[product] * known
    exposure = seller_exposure(goods.seller[product], weight, len(goods.sellers))
    due = seller_exposure(targets.group[product], weight, len(targets.groups))
    counts = targets.share > 0
    floor = targets.floor_rate(run.policy.sellers.floor)
    named = weight * (goods.seller[product] >= 0)
    small = np.append(small_sellers(goods.target), False)[goods.seller[product]]
    return {
        "relevance": math.fsum(demand),
        "revenue": math.fsum(demand * goods.price[product]),
        "margin": math.fsum(demand * goods.margin[product]),
        "kg_functional": math.fsum(kg),
        "kg_per_purchase": _over(math.fsum(kg), math.fsum(demand[known])),
        "kg_excess": math.fsum(demand * run.excess[rows]),
        "excess_per_purchase": _over(
            math.fsum((demand * run.excess[rows])[known]), math.fsum(demand[known])
        ),
        "kg_pack": math.fsum(demand * goods.kg_pack[product]),
        "unknown_share": _over(math.fsum(weight[~known]), math.fsum(weight)),
        "seller_gini": gini(exposure),
        "seller_worst": float((due[counts] / targets.share[counts]).min(initial=math.inf)),
        "targets_met": math.fsum(np.minimum(due, targets.share)),
        "sellers_below": int((due < floor * (1.0 - FLOOR_SLACK)).sum()),
        "small_share": _over(math.fsum(named[small]), math.fsum(named)),
    }


def certificate(run: Reranked, scales: Scales) -> dict[str, Any]:
    """What carbon costs a run at the margin, and how sure its slates are the best."""
    weights, totals = run.policy.weights, run.assembled.problem.totals
    prices = dict(zip((t.name for t in totals), run.solution.prices.totals, strict=True))
    price = float(prices.get(CARBON, 0.0))
    if scales.g0 > 0:
        price += weights.climate / scales.g0
    more = len(run.missed) - MOST_NAMED
    others = [f"and {more} more"] if more > 0 else []
    per_tonne = implied_carbon_price(price, weights, scales)
    return {
        "carbon_price": price,
        "carbon_per_tonne": math.nan if per_tonne is None else per_tonne,
        "gap": math.nan if run.gap is None else run.gap,
        "missed": "; ".join([missed.limit for missed in run.missed[:MOST_NAMED]] + others),
        "missed_limits": len(run.missed),
        "passes": run.solution.passes,
    }


def _over(above: float, below: float) -> float:
    return above / below if below > 0 else math.nan
