"""The parts of the backtest's report that describe a policy and its slates, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from recommender.candidates import Ints
from recommender.evaluation.calibration import reliability
from recommender.functional import Functional
from recommender.impact.observed.judged import agreement
from recommender.impact.observed.measure import Measured
from recommender.impact.observed.sellers import small_sellers, worst_seller
from recommender.log import find
from recommender.metrics import Bought, Slates
from recommender.policy import Policy
from recommender.policy_slates import Run
from recommender.rerank.rerank import Shelves
from recommender.rerank.targets import seller_targets
from recommender.tradeoff import TINY, Goods, Scales, carbon_price, seller_exposure


def policy_said(policy: Policy, scales: Scales) -> dict[str, Any]:
    """What the policy says beyond the defaults."""
    return {
        "version": policy.version,
        "description": policy.description,
        "review_date": policy.review_date.isoformat(),
        "weights": policy.weights.as_dict(),
        "carbon": policy.carbon.model_dump(),
        "limits": policy.limits.model_dump(mode="json", exclude_defaults=True),
        "sellers": policy.sellers.model_dump(mode="json", exclude_defaults=True),
        "values": policy.values.model_dump(mode="json", exclude_defaults=True),
        "carbon_price_per_tonne": carbon_price(policy.weights, scales),
    }


def group_parts(found: Mapping[str, Mapping[Run, Measured]], run: Run) -> dict[str, Any]:
    """Figures and splits of all households and of the audit households; {} for a group of one."""
    nothing = Measured(figures={}, split={}, judged=None)
    households, audit = (found.get(group, {}).get(run, nothing) for group in ("", "audit"))
    return {
        "figures": households.figures,
        "audit": audit.figures,
        "split": households.split,
        "audit_split": audit.split,
    }


def judged_part(
    found: Mapping[str, Mapping[Run, Measured]],
    run: Run,
    slates: Slates,
    goods: Goods,
    second: Functional | None,
) -> dict[str, Any] | None:
    """Claimed against realised; None without a second table or a second household."""
    judged = found[""][run].judged if "" in found else None
    if judged is None or second is None:
        return None
    return {**judged, **agreement(slates, goods.functional, second)}


def worst_part(slates: Slates, shelves: Shelves, policy: Policy) -> dict[str, Any]:
    """The seller, or legal entity, that is furthest below what the policy makes due to it."""
    targets = seller_targets(shelves.goods, shelves.facts, policy.sellers)
    group = np.where(slates.product >= 0, targets.group[slates.product], -1)
    exposure = seller_exposure(group, slates.weight, len(targets.groups))
    one_place = policy.slate.curve()[-1] / max(slates.weight.sum(), TINY)
    return worst_seller(exposure, targets, policy.sellers, float(one_place))


def slates_described(slates: Slates, window: Bought, goods: Goods, largest: Ints) -> dict[str, Any]:
    """Calibration of the places shown, the largest sellers' exposure, and what is missing."""
    filled = slates.product >= 0
    keys = slates.customer[:, None] * len(goods.price) + slates.product
    seen = find(window.pairs, keys[filled]) >= 0
    seller = np.where(filled, goods.seller[slates.product], -1)
    exposure = seller_exposure(seller, slates.weight, len(goods.sellers))
    return {
        "calibration": reliability(slates.p_buy[filled], seen),
        "sellers": {goods.sellers[s]: float(exposure[s]) for s in largest},
        "shortfall": {
            "households": int((~filled).any(axis=1).sum()),
            "places": int((~filled).sum()),
        },
    }


def sellers_described(goods: Goods, scales: Scales, largest: Ints) -> dict[str, Any]:
    """What sellers are due, and how far the baseline falls short of it for the `largest`."""
    return {
        "target": "share of training sales, in money",
        "sellers": len(goods.sellers),
        "small": int(small_sellers(goods.target).sum()),
        "sellers_short": len(scales.short),
        "largest": [
            {
                "seller_id": goods.sellers[s],
                "target": float(goods.target[s]),
                "short": scales.short.get(goods.sellers[s], 0.0),
            }
            for s in largest
        ],
    }
