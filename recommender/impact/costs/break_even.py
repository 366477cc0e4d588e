"""What a policy costs and saves in a year, and at what price of a tonne it breaks even.

    policy -> {
        layer, the inputs (`Costs`), cost_per_year
        demand_margin_per_year         {value, low, high}: change of margin, shop currency
        tonnes_functional_per_year     {value, low, high}: change at equal function, t CO2e
        tonnes_pack_per_year           the same of whole packs
        break_even_price_per_tonne     {value, low, high}, of functional carbon; null with a reason
        break_even_price_per_tonne_pack, no_price_because, no_pack_price_because
        tonnes_realised_per_year       the change at equal function by a second footprint table
        break_even_price_per_tonne_realised, no_realised_price_because; null without that table
        break_even_price_by_footprints {value, low, high} over the footprints' 80 % range; null
                                       where that is not given or reaches no cut
        payback_years                  {value, low, high}; null where the cost is not clearly earned
        net_present_value              {value, low, high}
        references                     [{name, kind, price, currency, year, ..., times}], the times
                                       of the realised price; of the claimed one without a second
                                       table
        references_by                  "realised" or "claimed": which price that is
        what_if                        [{scenario, version, run, ...}], from simulations given
        sentence
    }
    notes  [sentence]

The break-even price is (cost per year + margin lost per year) over tonnes avoided per year: at that
price of a tonne the policy pays for itself. It is negative where the margin gained exceeds the
cost. Of the observed layer it has a paired 95 % interval, of a simulation bounds, since its margin
and its kilograms are told one by one.

A list chosen by one footprint table also picks that table's errors, so the cut that it claims is
mostly smaller by another table (`observed.judged`), and the price of a tonne higher.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recommender.bootstrap import drawn_sums, interval, ratio
from recommender.candidates import Floats
from recommender.functional import Functional
from recommender.impact.costs.costs import WEEKS_A_YEAR, Costs, Range
from recommender.impact.costs.what_if import what_if_rows
from recommender.impact.costs.words import CLAIMED_ONLY, NOTES, REALISED_TOO, cost_sentence
from recommender.metrics import Slates
from recommender.policy import BASELINE
from recommender.policy_slates import Run
from recommender.rerank.carbon_prices import (
    CarbonPrice,
    ReferencePrice,
    beside_references,
    reference_prices,
)
from recommender.rescoring import CLAIMED, REALISED
from recommender.splits import HORIZON_WEEKS
from recommender.tradeoff import KG_PER_TONNE, Goods

TASK = "all"
LAYER = "observed (held-out purchases)"
NOT_FALLING = "carbon does not clearly fall"
NO_MARGINS = "no product has a margin rate"


@dataclass(frozen=True, kw_only=True)
class Yearly:
    """Changes in a year of all households served, (1 + draws,): as it is, and each draw."""

    margin: Floats  # shop currency; NaN without margins
    tonnes: Floats  # t CO2e at equal function
    tonnes_pack: Floats  # t CO2e of whole packs
    tonnes_realised: Floats | None  # at equal function by a second footprint table


def cost_report(
    costs: Costs,
    slates: Mapping[Run, Slates],
    goods: Goods,
    *,
    draws: int,
    rng: np.random.Generator,
    weeks: int = HORIZON_WEEKS,
    simulations: Sequence[Mapping[str, Any]] = (),
    footprint_ranges: Mapping[str, Mapping[str, Any]] | None = None,
    references: Sequence[ReferencePrice] | None = None,
    second: Functional | None = None,
) -> dict[str, Any]:
    """The report above, of the task all, for each policy but the baseline.

    The lists' demand is that of `weeks` weeks (those that p_buy looks ahead), so a year holds 52 /
    `weeks` of them. `simulations` are what-if files as read; `footprint_ranges` by policy the
    backtest's footprint_range of demand_kg_functional; `second` the products' functional figures by
    a second footprint table. Raises TableError for a bad simulation.
    """
    known = reference_prices() if references is None else references
    yearly = yearly_changes(costs, slates, goods, weeks, draws, rng, second)
    answer: dict[str, Any] = {}
    for policy, change in yearly.items():
        told = _told(costs, change, known)
        scenarios = [one for one in simulations if one.get("policy") == policy]
        what_if = [row for one in scenarios for row in what_if_rows(costs, one)]
        answer[policy] = {
            "layer": LAYER,
            **costs.as_dict(),
            "cost_per_year": costs.per_year,
            **told,
            "break_even_price_by_footprints": _by_footprints(
                costs, change, (footprint_ranges or {}).get(policy)
            ),
            "what_if": what_if,
            "sentence": cost_sentence(costs, told, what_if),
        }
    notes = [note.format(weeks=weeks, lists=WEEKS_A_YEAR / weeks) for note in NOTES]
    notes.append(CLAIMED_ONLY if second is None else REALISED_TOO)
    if 0 < goods.no_margin < len(goods.price):
        notes.append(f"{goods.no_margin:,} products without a margin rate count with no margin.")
    return {**answer, "notes": notes}


def yearly_changes(
    costs: Costs,
    slates: Mapping[Run, Slates],
    goods: Goods,
    weeks: int,
    draws: int,
    rng: np.random.Generator,
    second: Functional | None = None,
) -> dict[str, Yearly]:
    """What each policy changes in a year against the baseline, the same households drawn.

    Both footprint tables are read on the same draws, so that their prices can be compared.
    """
    made = {policy: s for (policy, task), s in slates.items() if task == TASK}
    columns = [goods.margin, goods.functional.kg_functional, goods.kg_pack]
    worth = np.column_stack(columns if second is None else [*columns, second.kg_functional])
    base = _household_sums(made.pop(BASELINE), worth)
    tables = [_household_sums(s, worth) - base for s in made.values()]
    if not tables:
        return {}
    drawn = drawn_sums(tables, draws, rng)
    scale = costs.households / len(base) * WEEKS_A_YEAR / weeks
    margins = goods.no_margin < len(goods.price)
    answer = {}
    for policy, table, sample in zip(made, tables, drawn, strict=True):
        both = np.vstack([table.sum(axis=0), sample]) * scale
        answer[policy] = Yearly(
            margin=both[:, 0] if margins else np.full(len(both), np.nan),
            tonnes=both[:, 1] / KG_PER_TONNE,
            tonnes_pack=both[:, 2] / KG_PER_TONNE,
            tonnes_realised=None if second is None else both[:, 3] / KG_PER_TONNE,
        )
    return answer


def break_even(costs: Costs, margin: Floats, tonnes: Floats) -> tuple[Range | None, str]:
    """Price of a tonne at which the policy pays for itself, with its interval; or why none.

    `margin` and `tonnes` are changes in a year, (1 + draws,), the first as it is.
    """
    if np.isnan(margin[0]):
        return None, NO_MARGINS
    _, high = interval(tonnes[1:, None])
    if not (tonnes[0] < 0 and high[0] < 0):
        return None, NOT_FALLING
    price = ratio(costs.per_year - margin, np.where(tonnes < 0, -tonnes, 0.0))
    return _range(price), ""


def payback(costs: Costs, margin: Floats) -> Range | None:
    """Years until the one-off cost is earned back, undiscounted; None where it is not clearly so.

    The running cost comes first: what is left of the margin gained pays the one-off cost.
    """
    net = margin - costs.running_per_year
    low, _ = interval(net[1:, None])
    if not (net[0] > 0 and low[0] > 0):
        return None
    return _range(ratio(np.full(len(net), costs.one_off), np.maximum(net, 0.0)))


def _household_sums(slates: Slates, worth: Floats) -> Floats:
    """Demand-weighted sums of each column of `worth` (products, columns) per household."""
    demand = np.where(slates.product >= 0, slates.weight * slates.p_buy, 0.0)
    return np.stack([(demand * column[slates.product]).sum(axis=1) for column in worth.T], axis=1)


def _told(costs: Costs, change: Yearly, references: Sequence[ReferencePrice]) -> dict[str, Any]:
    price, reason = break_even(costs, change.margin, change.tonnes)
    pack_price, pack_reason = break_even(costs, change.margin, change.tonnes_pack)
    realised, realised_reason = (
        (None, "")
        if change.tonnes_realised is None
        else break_even(costs, change.margin, change.tonnes_realised)
    )
    # what others say a tonne is worth stands beside the price that its own table had no part in
    compared = price if change.tonnes_realised is None else realised
    total = None if compared is None else compared["value"]
    total = total if total and total > 0 else None  # no times of a price that nobody pays
    beside = beside_references(
        CarbonPrice(weight=total, budget=0.0, purchases=None), references, costs.currency
    )
    return {
        "demand_margin_per_year": _range(change.margin),
        "tonnes_functional_per_year": _range(change.tonnes),
        "tonnes_pack_per_year": _range(change.tonnes_pack),
        "break_even_price_per_tonne": price,
        "no_price_because": reason,
        "break_even_price_per_tonne_pack": pack_price,
        "no_pack_price_because": pack_reason,
        "tonnes_realised_per_year": None
        if change.tonnes_realised is None
        else _range(change.tonnes_realised),
        "break_even_price_per_tonne_realised": realised,
        "no_realised_price_because": realised_reason,
        "payback_years": payback(costs, change.margin),
        "net_present_value": _range(
            (change.margin - costs.running_per_year) * costs.annuity - costs.one_off
        ),
        "references": beside["references"],
        "references_by": CLAIMED if change.tonnes_realised is None else REALISED,
    }


def _range(values: Floats) -> Range:
    """Value and interval of (1 + draws,); None for what is no number."""
    low, high = interval(values[1:, None])
    three = (values[0], low[0], high[0])
    return {
        name: float(x) if np.isfinite(x) else None
        for name, x in zip(("value", "low", "high"), three, strict=True)
    }


def _by_footprints(
    costs: Costs, change: Yearly, relative: Mapping[str, Any] | None
) -> Range | None:
    """The price at both ends of the footprints' range of the cut, margin and cost as they are."""
    if relative is None or np.isnan(change.margin[0]):
        return None
    value, low, high = (relative.get(end) for end in ("change", "change_low", "change_high"))
    if value is None or low is None or high is None or max(value, low, high) >= 0:
        return None
    left = costs.per_year - float(change.margin[0])
    baseline = float(change.tonnes[0]) / value  # t CO2e a year
    ends = [left / (-baseline * end) for end in (low, high)]
    return {"value": left / -float(change.tonnes[0]), "low": min(ends), "high": max(ends)}
