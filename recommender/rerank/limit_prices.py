"""What each limit costs: its price at the margin, and what it costs in all.

A price is the value that one more unit of a limit's sum would cost, in units of the policy's value.
Divided by the shopper's weight it is told in demand-weighted purchases (sums of attention x p_buy);
times m0 over the retailer's weight in money of margin, where margin counts. Both are ways to say
the same price, not two costs.

The cost of a limit grows with ever larger steps (the best value is concave in it), so price times
limit is the most that all of a floor can cost. What it does cost is found by solving without it
(`limit_costs`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from recommender.candidates import Bools, Floats
from recommender.policy import Weights
from recommender.rerank.explain_words import figure, money
from recommender.rerank.problem import Missed, Problem, Shares, Solution, Total
from recommender.tradeoff import Scales

ATTENTION = "attention"
PURCHASES = "demand-weighted purchases"


@dataclass(frozen=True, kw_only=True)
class LimitPrice:
    """One limit: its price in three units, and how far the slates are from it."""

    limit: str  # as `Missed` names it: "carbon budget", "seller 103 floor"
    family: str | None  # "seller floors"; None for a total
    group: str | None  # "103"
    price: float  # value for one more unit
    purchases: float | None  # the same in demand-weighted purchases; None where they have no weight
    margin: float | None  # the same in shop currency; None where margin has no weight
    unit: str
    asked: float
    reached: float
    slack: float  # to spare, in units; below 0 where it is missed
    cost_per_week: float | None  # most that all of a floor costs, demand-weighted purchases
    binding: bool
    missed: bool
    sentence: str


def explain_prices(
    problem: Problem,
    solution: Solution,
    weights: Weights,
    scales: Scales,
    weeks: int = 4,
    currency: str = "$",
    missed: Sequence[Missed] | None = None,
) -> list[LimitPrice]:
    """The price of every limit that the slates share, the totals first, then floors and caps.

    `weeks` is the horizon of the slates, over which costs of floors are spread; `missed` are by
    default those of the solution. A floor of 0 and a cap that is not there are left out. Where the
    exposure of a family has a welfare of its own, the price of a floor holds both.
    """
    not_met = {miss.limit: miss for miss in (solution.missed if missed is None else missed)}
    welfare = None if problem.welfare is None else problem.welfare.family
    money_per_value = scales.m0 / weights.retailer if weights.retailer * scales.m0 > 0 else None
    rate = _Rates(shopper=weights.shopper, money=money_per_value, weeks=weeks, currency=currency)
    told = [
        _of_total(total, float(price), float(reached), not_met, rate)
        for total, price, reached in zip(
            problem.totals, solution.prices.totals, solution.sums, strict=True
        )
    ]
    for at, family in enumerate(problem.shares):
        floors, caps = solution.prices.floors[at], solution.prices.caps[at]
        exposure = solution.exposure[at]
        wished = family.name == welfare
        for k in np.flatnonzero((family.least > 0) | named(family, "floor", not_met)):
            told.append(_of_floor(family, int(k), floors, exposure, not_met, rate, wished))
        for k in np.flatnonzero(np.isfinite(family.most)):
            told.append(_of_cap(family, int(k), caps, exposure, not_met, rate))
    return told


def named(family: Shares, what: str, missed: Mapping[str, Missed]) -> Bools:
    """Groups whose floor or cap is missed, (groups,): one out of all reach was lowered to 0."""
    return np.array([f"{family.name} {group} {what}" in missed for group in family.groups], bool)


def floor_name(family: Shares, group: int) -> str:
    """As `Missed` names it: "seller 103 floor"."""
    return f"{family.name} {family.groups[group]} floor"


def cap_name(family: Shares, group: int) -> str:
    """As `Missed` names it: "seller 103 cap"."""
    return f"{family.name} {family.groups[group]} cap"


@dataclass(frozen=True, kw_only=True)
class _Rates:
    """How value is told in purchases and in money."""

    shopper: float
    money: float | None
    weeks: int
    currency: str

    def purchases(self, value: float) -> float | None:
        return value / self.shopper if self.shopper > 0 else None

    def margin(self, value: float) -> float | None:
        return None if self.money is None else value * self.money

    def said(self, value: float, per: str = "") -> str:
        """A value as margin, else as purchases, else as it is: "$0.31 of margin"."""
        margin, purchases = self.margin(value), self.purchases(value)
        ways = []
        if margin is not None:
            ways.append(f"{money(margin, self.currency)} of margin")
        if purchases is not None:
            ways.append(f"{figure(purchases)} {PURCHASES}")
        return f"{' or '.join(f'{way}{per}' for way in ways) or f'{figure(value)} of value{per}'}"


def _of_total(
    total: Total, price: float, reached: float, missed: Mapping[str, Missed], rate: _Rates
) -> LimitPrice:
    miss, slack = missed.get(total.name), reached - total.least
    name = total.name if "budget" in total.name else f"{total.name} floor"
    unit = "kilogram" if total.unit.startswith("kg") else "unit"
    if "purchase" in total.unit:
        unit = "demand-weighted purchase"
    if miss is not None:
        sentence = _missed(f"The {name}", miss)
    elif price > 0:
        sentence = f"The last {unit} of the {name} costs {rate.said(price)}."
    else:
        spare = PURCHASES if "purchase" in total.unit else total.unit
        sentence = f"The {name} costs nothing: {figure(max(slack, 0.0))} {spare} to spare."
    return _told(
        (total.name, None, None),
        price,
        total.unit,
        total.least,
        reached,
        slack,
        miss,
        sentence,
        rate,
    )


def _of_floor(
    family: Shares,
    k: int,
    prices: Floats,
    exposure: Floats,
    missed: Mapping[str, Missed],
    rate: _Rates,
    wished: bool,
) -> LimitPrice:
    name, price = floor_name(family, k), float(prices[k])
    who = f"{family.name.capitalize()} {family.groups[k]}'s floor"
    floor, slack = float(family.least[k]), float(exposure[k] - family.least[k])
    miss = missed.get(name)
    a_week = price * floor / rate.weeks
    if miss is not None:
        sentence = _missed(who, miss)
    elif wished and price > 0:
        sentence = f"{who} and the welfare of its exposure together cost {rate.said(price)} for a "
        sentence += f"unit of {ATTENTION}."
    elif price > 0:
        sentence = f"{who} costs at most {rate.said(a_week, ' a week')}."
    else:
        sentence = f"{who} costs nothing: {figure(max(slack, 0.0))} {ATTENTION} to spare."
    is_of = (name, f"{family.name} floors", family.groups[k])
    told = _told(is_of, price, ATTENTION, floor, float(exposure[k]), slack, miss, sentence, rate)
    return told if wished else replace(told, cost_per_week=rate.purchases(a_week))


def _of_cap(
    family: Shares,
    k: int,
    prices: Floats,
    exposure: Floats,
    missed: Mapping[str, Missed],
    rate: _Rates,
) -> LimitPrice:
    name, price = cap_name(family, k), float(prices[k])
    who = f"{family.name.capitalize()} {family.groups[k]}'s cap"
    cap, slack = float(family.most[k]), float(family.most[k] - exposure[k])
    miss = missed.get(name)
    if miss is not None:
        sentence = _missed(who, miss)
    elif price > 0:
        sentence = f"One more unit of {ATTENTION} above {who[0].lower() + who[1:]} would bring "
        sentence += f"{rate.said(price)}."
    else:
        sentence = f"{who} costs nothing: {figure(max(slack, 0.0))} {ATTENTION} to spare."
    is_of = (name, f"{family.name} caps", family.groups[k])
    return _told(is_of, price, ATTENTION, cap, float(exposure[k]), slack, miss, sentence, rate)


def _told(
    is_of: tuple[str, str | None, str | None],
    price: float,
    unit: str,
    asked: float,
    reached: float,
    slack: float,
    miss: Missed | None,
    sentence: str,
    rate: _Rates,
) -> LimitPrice:
    return LimitPrice(
        limit=is_of[0],
        family=is_of[1],
        group=is_of[2],
        price=float(price),
        purchases=rate.purchases(float(price)),
        margin=rate.margin(float(price)),
        unit=unit,
        asked=float(asked),
        reached=float(reached),
        slack=slack,
        cost_per_week=None,
        binding=float(price) > 0,
        missed=miss is not None,
        sentence=sentence,
    )


def _missed(who: str, miss: Missed) -> str:
    return f"{who} is missed by {figure(miss.shortfall)} {miss.unit}: {miss.because}."
