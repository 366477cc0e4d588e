"""The frontier: what more of one aim costs in the others, as a path of solved points.

One number of a policy, its knob, goes along a path while all else is held. Each point is solved
from its neighbour's prices and is certified: no slates that meet its limits are worth more than
its gap says. A point is dominated where another one that misses no limit is at least as relevant
and is better in the path's aim, or as good in it and more relevant. The aim is less carbon, or on a
seller's knob more of what sellers are due. Along a weight, what the weight prices falls from point
to point, but for

    (gap of the one + gap of the other, in value) / (difference of the weights)

which follows from adding up that neither point's slates are better than the other's at its own
weight by more than its gap.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pydantic import ValidationError

from recommender.policy import Policy, PolicyError
from recommender.rerank.frontier_figures import certificate, slate_figures
from recommender.rerank.frozen import FrozenPrices
from recommender.rerank.rerank import Reranked
from recommender.rerank.targets import Targets
from recommender.tradeoff import Goods, Scales

# what may be a knob: its table and key in the policy, in words for a chart
KNOBS = {
    "weights.climate": "climate weight",
    "weights.retailer": "retailer weight",
    "weights.sellers": "sellers weight",
    "limits.carbon_change": "carbon budget",
    "limits.relevance": "relevance floor",
    "limits.relevance_each": "each shopper's relevance floor",
    "sellers.floor": "seller floor",
    "sellers.welfare_weight": "sellers' welfare weight",
}
ALONE = "relevance alone"
CHANGES = ("relevance", "revenue", "margin", "kg_functional", "kg_per_purchase", "kg_pack")
SAME = 1e-9  # relative: closer than this, two figures are one
Rerank = Callable[[Policy, FrozenPrices | None], Reranked]
Measure = Callable[[Reranked], Mapping[str, float]]


@dataclass(frozen=True, kw_only=True)
class Point:
    """One point of a path: the knob's value, and the policy with it."""

    knob: str
    value: float
    policy: Policy


@dataclass(frozen=True, kw_only=True)
class Aim:
    """What a path trades relevance for: a column of the table and how it is drawn."""

    column: str
    sign: int  # 1: more is better
    drawn: str  # the column on the axis, a share
    axis: str
    bought: str  # in a sentence, with the figure in percent


AIMS = {
    aim.column: aim
    for aim in (
        Aim(
            column="kg_per_purchase",
            sign=-1,
            drawn="kg_per_purchase_change",
            axis="Change in kg CO2e of a purchase at equal function, %",
            bought="{:.3g} % less carbon per purchase",
        ),
        Aim(
            column="excess_per_purchase",
            sign=-1,
            drawn="excess_change",
            axis="Change in kg CO2e of a purchase for the same need, %",
            bought="{:.3g} % less carbon per purchase for the same needs",
        ),
        Aim(
            column="targets_met",
            sign=1,
            drawn="targets_met",
            axis="Attention that sellers get of what they are due, %",
            bought="{:.3g} % of what sellers are due",
        ),
    )
}


@dataclass(frozen=True, kw_only=True)
class FrontierTable:
    """The points of one path, in its order, below what relevance alone would show.

    Columns of `rows` (sums are over all shoppers; `..._change` is a share of relevance alone):

        knob, value         null in the first row, which is relevance alone
        relevance           sum of attention x p_buy: demand-weighted purchases
        revenue, margin     demand-weighted, shop currency
        kg_functional       demand-weighted, kg CO2e; products of unknown footprint carry 0
        kg_per_purchase     functional kg of a demand-weighted purchase of known footprint
        kg_excess, kg_pack  demand-weighted: above what the household buys; of whole packs
        excess_per_purchase kg_excess of a demand-weighted purchase of known footprint;
                            `excess_change` is a share of the kg_per_purchase of relevance alone
        unknown_share       attention on unknown footprints, 0 to 1
        seller_gini         of attention between sellers
        seller_worst        least exposure over target of any seller (or entity) with a target
        targets_met         sum over them of the lesser of exposure and target, 0 to 1
        sellers_below       how many of them are below the policy's floor, deferred ones included
        small_share         attention on sellers outside the top tenth by sales
        carbon_price        value per kg: climate weight and carbon budget together
        carbon_per_tonne    the same in margin, shop currency; null where margin has no weight
        gap                 null where a limit is missed
        missed              names of missed limits, the first three; "" for none
        missed_limits       how many are missed
        passes              over all candidates
        dominated           whether another point is better in one aim and no worse in the other

    and whatever the caller measured besides.
    """

    knob: str
    aim: Aim
    rows: pd.DataFrame

    @property
    def points(self) -> pd.DataFrame:
        """The rows of the path, without that of relevance alone."""
        return self.rows.iloc[1:].reset_index(drop=True)


def along(policy: Policy, knob: str, values: Sequence[float]) -> tuple[Point, ...]:
    """The points of a path: `policy` with `knob` ("weights.climate") at each of the values.

    A carbon change replaces a carbon target of the policy's. Raises PolicyError for a knob that is
    none, a value that the policy cannot have, and for a path without a value or with one twice.
    """
    if knob not in KNOBS:
        raise PolicyError(f"frontier: {knob!r} is no knob, but one of {', '.join(KNOBS)} is")
    again = len(values) - len(set(values))
    if not len(values) or again:
        raise PolicyError(
            f"frontier: {len(values)} values of {knob}, of them {again} twice, but some were "
            f"expected, each once"
        )
    table, key = knob.split(".")
    points = []
    for value in values:
        given = policy.model_dump()
        given[table][key] = value
        if knob == "limits.carbon_change":
            given["limits"]["carbon_target_kg"] = None
        if not given["limits"]["allow_categories"]:  # nothing allowed and nothing asked differ
            del given["limits"]["allow_categories"]
        try:
            made = Policy.model_validate(given)
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]["msg"]
            expected = problem.replace("Input should", "it should").removeprefix("Value error, ")
            raise PolicyError(
                f"frontier of policy {policy.name}: {knob} is {value}, but {expected}"
            ) from error
        points.append(Point(knob=knob, value=float(value), policy=made))
    return tuple(points)


def frontier(
    points: Sequence[Point],
    rerank: Rerank,
    goods: Goods,
    scales: Scales,
    *,
    measure: Measure | None = None,
) -> FrontierTable:
    """The figures of every point, and above them those of relevance alone.

    `rerank` solves a policy from the prices of the point before it (None for the first); `goods`
    are those that figures are told by, at the median; `scales` are the ones it uses. `measure`
    adds figures of its own to a row, such as NDCG on held-out purchases.
    """
    if not points:
        raise ValueError("frontier: no points, but at least one was expected")

    def row(knob: str, value: float, run: Reranked, targets: Targets) -> dict[str, Any]:
        figures: dict[str, Any] = {
            "knob": knob,
            "value": value,
            **slate_figures(run, goods, targets),
            **certificate(run, scales),
        }
        return figures | dict(measure(run) if measure is not None else {})

    alone = rerank(relevance_alone(points[0].policy), None)
    rows: list[dict[str, Any]] = []
    warm: FrozenPrices | None = None
    for point in points:
        run = rerank(point.policy, warm)
        targets = run.assembled.targets
        if not rows:  # measured by the targets of the path
            rows.append(row(ALONE, math.nan, alone, targets))
        rows.append(row(point.knob, point.value, run, targets))
        warm = FrozenPrices.of(run.assembled.problem, run.solution.prices)
    table = pd.DataFrame(rows)
    for name in CHANGES:
        base = table[name].iloc[0]
        change = table[name] / base - 1.0 if base else table[name] * np.nan
        table.insert(list(table).index(name) + 1, f"{name}_change", change)
    excess = table["excess_per_purchase"] - table["excess_per_purchase"].iloc[0]
    change = excess / (table["kg_per_purchase"].iloc[0] or math.nan)  # an excess may well be 0
    table.insert(list(table).index("excess_per_purchase") + 1, "excess_change", change)
    aim = aim_of(points[0])
    table["dominated"] = [False, *dominated(table.iloc[1:], aim.column, aim.sign)]
    return FrontierTable(knob=points[0].knob, aim=aim, rows=table)


def relevance_alone(policy: Policy) -> Policy:
    """What all points are compared with: relevance and nothing else, on the same kind of slate."""
    return Policy(
        name="relevance-alone",
        version=1,
        description="What each household is likeliest to buy, and nothing else.",
        review_date=policy.review_date,
        weights=type(policy.weights)(shopper=1.0),
        slate=policy.slate,
        limits=type(policy.limits)(age_restricted=policy.limits.age_restricted),
    )


def aim_of(point: Point) -> Aim:
    """What is traded against relevance along a path: what its knob or the policy goes by."""
    if point.knob.split(".")[0] == "sellers" or point.knob == "weights.sellers":
        return AIMS["targets_met"]
    limits = point.policy.limits
    has_budget = limits.carbon_change is not None or limits.carbon_target_kg is not None
    if has_budget or point.policy.carbon.reference == "none":
        return AIMS["kg_per_purchase"]
    return AIMS["excess_per_purchase"]


def dominated(points: pd.DataFrame, column: str, sign: int) -> list[bool]:
    """Which points another one beats: no worse in relevance and the aim, better in one of them.

    The aim is `column`; `sign` is 1 where more of it is better, -1 where less is. Only a point that
    misses no limit beats another.

    >>> points = pd.DataFrame(
    ...     {"relevance": [9.0, 8.0, 8.5], "kg": [2.0, 1.9, 1.5], "missed": ["", "", ""]}
    ... )
    >>> dominated(points, "kg", -1)
    [False, True, False]
    """
    figures = np.column_stack([points["relevance"], sign * points[column]])
    holds = (points["missed"] == "").to_numpy()
    slack = SAME * np.abs(figures)
    beaten = []
    for k in range(len(figures)):  # a dozen points
        no_worse = (figures >= figures[k] - slack[k]).all(axis=1)
        better = (figures > figures[k] + slack[k]).any(axis=1)
        beaten.append(bool((no_worse & better & holds).any()))
    return beaten
