"""The curve of carbon cuts: what each point costs in relevance, claims in carbon, and realises.

Every figure is a change from the relevance slates of the same candidates and households, paired:
the same households are drawn for both. A report of an optimiser is a dict of plain values:

    agreement   {overall, within_needs, share_of_demand, products}: log correlation of its table
                with the judge's, weighed by the demand of the relevance slates
    own         {claimed, realised}: share of that demand with a figure of its own in each table
    base        {figure of RELEVANCE: level}, and kg {table: {unit: functional kg a purchase}}
    points      [{point, path, value, floors, quantile,
        relevance   {figure: ESTIMATE}, relative changes
        audit       the same over the households that chose nothing; {} without any
        carbon      {table: {unit: {figure of rescoring.FIGURES: ESTIMATE}}}
        audit_carbon  the same under the unit FLOW
        signs       {figure: {unit: -1, 0, 1}} of what is realised; 0 where it may be chance
        verdicts    {figure: sentence}
        packs       {table: {change, volume, pack_size, mix, substitution}}: of the pack kg before
        needs       [{need, share, fixed_mix, per_purchase}]: the largest parts realised
        own         as above, of these slates
        beyond_floors  {"ndcg" and JUDGED: ESTIMATE}: changes from the slates of the floors alone,
                    carbon as realised; {} for points without floors
        unknown     share of the demand whose footprint the judge does not know, 0 kg there
        gap, missed, missed_first, floors_missed, out_of_reach,
        deferred, added, sellers_asked    the certificate
    }]

    ESTIMATE    {value, low, high}; low and high are null without draws
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from recommender.bootstrap import ratio
from recommender.evaluation.carbon_judged import (
    NEEDS_TOLD,
    RELEVANCE,
    Curve,
    beyond,
    demand_of_products,
    judged_slates,
    own_shares,
    plain,
)
from recommender.evaluation.carbon_points import ALONE, CarbonPoint
from recommender.metrics import Slates, household_sums
from recommender.policy import Policy
from recommender.policy_slates import slates_of
from recommender.rerank.assemble import SELLERS
from recommender.rerank.attainable import OUT_OF_REACH, OWN_FLOORS
from recommender.rerank.frozen import FrozenPrices
from recommender.rerank.rerank import Reranked, rerank
from recommender.rescoring import (
    CLAIMED,
    REALISED,
    log_correlation,
)
from recommender.tradeoff import TASKS


def curve_report(
    curve: Curve, points: Sequence[CarbonPoint], note: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """All `points` of one optimiser, each judged, and how far its table agrees with the judge's."""
    told = []
    warm: FrozenPrices | None = None
    floored: Slates | None = None
    for number, point in enumerate(points):
        made = solved(curve, point.policy, warm)
        warm = FrozenPrices.of(made.assembled.problem, made.solution.prices)
        slates = slates_of(made, curve.weeks.households)
        if point.path == ALONE:
            floored = slates
        told.append(
            {
                "point": point.name,
                "path": point.path,
                "value": point.value,
                "floors": point.floors,
                "quantile": point.quantile,
                **judged_slates(curve, slates),
                "beyond_floors": (
                    beyond(curve, floored, slates) if floored is not None and point.floors else {}
                ),
                **certificate(made),
            }
        )
        note(f"{number + 1} of {len(points)} points: {point.name}")
    by_product = demand_of_products(curve.base, len(curve.shelves.goods.price))
    agrees = log_correlation(curve.functional(CLAIMED), curve.functional(REALISED), by_product)
    return {
        "agreement": {
            "overall": plain(agrees.overall),
            "within_needs": plain(agrees.within_needs),
            "share_of_demand": plain(agrees.share_of_demand),
            "products": agrees.products,
        },
        "own": own_shares(curve, curve.base),
        "base": _levels(curve),
        "points": told,
    }


def solved(curve: Curve, policy: Policy, warm: FrozenPrices | None) -> Reranked:
    """The slates of a point, from the prices of the one before and, if they miss a limit, anew."""

    def run(start: FrozenPrices | None) -> Reranked:
        return rerank(
            curve.weeks.candidates,
            curve.shelves,
            policy,
            curve.scales,
            TASKS[0],
            customer_id=curve.weeks.customer_id,
            warm=start,
        )

    made = run(warm)
    if warm is None or not made.solution.missed:
        return made
    return min((made, run(None)), key=lambda found: len(found.missed))


def certificate(made: Reranked) -> dict[str, Any]:
    """The gap, and what was missed of the limits: attainable ones, and those out of reach."""
    beyond_reach = (OUT_OF_REACH, OWN_FLOORS)
    out_of_reach = sum(miss.because in beyond_reach for miss in made.missed)
    families = made.assembled.problem.shares
    return {
        "gap": made.gap,
        "missed": len(made.missed) - out_of_reach,
        "missed_first": [f"{miss.limit}: {miss.because}" for miss in made.missed[:NEEDS_TOLD]],
        "floors_missed": sum(
            miss.limit.startswith(SELLERS) and miss.because not in beyond_reach
            for miss in made.missed
        ),
        "out_of_reach": out_of_reach,
        "deferred": len(made.deferred),
        "sellers_asked": int(sum((family.least > 0).sum() for family in families)),
        "added": made.added,
    }


def _levels(curve: Curve) -> dict[str, Any]:
    sums = household_sums(curve.base, curve.window, curve.shelves.goods)
    levels = {name: ratio(*(side.sum() for side in sums[name])) for name in RELEVANCE}
    demand = demand_of_products(curve.base, len(curve.shelves.goods.price))
    kg: dict[str, dict[str, float | None]] = {}
    for view in curve.seen:
        per = float(demand @ view.functional.kg_functional / demand.sum())
        kg.setdefault(view.table, {})[view.unit] = plain(per)
    return {**{name: plain(float(level)) for name, level in levels.items()}, "kg": kg}
