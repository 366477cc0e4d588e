"""What relevance alone would show: the reference of a carbon budget and of relevance floors.

It is what the baseline policy shows of the same candidates, so a change against it is the change
that a backtest reports. Unknown footprints are left out of its kg per purchase: unknown is no zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from recommender.candidates import Candidates, Floats
from recommender.policy import Policy, PolicyError
from recommender.rerank.attainable import best_slates_by, slate_figures
from recommender.rerank.problem import Problem
from recommender.rerank.shelf_facts import ShelfFacts
from recommender.tradeoff import Goods, best_slates


@dataclass(frozen=True, kw_only=True)
class Reference:
    """What slates of relevance alone would hold: what limits are measured against."""

    relevance: float  # sum of attention x p_buy over all shoppers, purchases
    kg_per_purchase: float  # functional kg CO2e of a purchase of known footprint; 0 if none


def relevance_reference(
    candidates: Candidates, goods: Goods, facts: ShelfFacts, policy: Policy, task: str
) -> Reference:
    """What the baseline's slates hold: p_buy alone over all that the shop may show, no limits.

    Whatever a policy bars besides is its own doing and counts against it. Goods with an age limit
    are shown where the policy shows them.
    """
    allowed = goods.may_be_shown[candidates.product]
    if not policy.limits.age_restricted:
        allowed = allowed & ~facts.age_restricted[candidates.product]
    if task == "new":
        allowed = allowed & candidates.is_new
    attention = policy.slate.curve()
    rows = best_slates(
        candidates.start, candidates.product, candidates.p_buy, allowed, len(attention)
    )
    demand = slate_figures(rows, candidates.p_buy, attention)
    known = np.where(goods.unknown[candidates.product], 0.0, candidates.p_buy)
    kg = known * goods.functional.kg_functional[candidates.product]
    purchases = math.fsum(slate_figures(rows, known, attention))
    return Reference(
        relevance=math.fsum(demand),  # exact, hence the same in any order of shoppers
        kg_per_purchase=(
            math.fsum(slate_figures(rows, kg, attention)) / purchases if purchases > 0 else 0.0
        ),
    )


def carbon_target(policy: Policy, reference: Reference) -> float | None:
    """The kg CO2e of a demand-weighted purchase that `policy` allows; None without a budget.

    Raises PolicyError for a change of nothing: relevance slates without a known footprint.
    """
    if policy.limits.carbon_target_kg is not None:
        return policy.limits.carbon_target_kg
    if policy.limits.carbon_change is None:
        return None
    if reference.kg_per_purchase <= 0:
        raise PolicyError(
            f"policy {policy.name}: [limits] carbon_change is {policy.limits.carbon_change:g}, but "
            f"the relevance slates hold no product with a known footprint above 0 to change from"
        )
    return (1.0 + policy.limits.carbon_change) * reference.kg_per_purchase


def own_floors(problem: Problem, relevance_each: float) -> Floats | None:
    """Least relevance of each shopper's slate, (shoppers,): a share of its own best slate.

    The best under the same limits on the slate: allowed rows, so many of one category.
    """
    if relevance_each == 0:
        return None
    best = best_slates_by(problem, problem.p_buy)
    return relevance_each * slate_figures(best, problem.p_buy, problem.attention)
