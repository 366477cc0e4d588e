"""What a merchandiser reads about the cost of a policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recommender.impact.costs.costs import Costs
from recommender.rerank.explain_words import money

SECOND = "by a second footprint table of other sources"
REALISED_TOO = (
    "A claimed price rests on the footprints that chose the lists, a realised one on the same "
    "lists scored again by a second footprint table of other sources, on the same households "
    "drawn; goods that it does not know count as 0 kg there. The prices of others are compared "
    "with the realised one."
)
CLAIMED_ONLY = (
    "There is no second footprint table here, so each price rests on the cut that the lists' own "
    "footprints claim. By another table a cut is mostly smaller, and the price of a tonne higher."
)
LARGE = 100.0  # money from which small change is noise
NOTES = (
    "Margin and kilograms are demand-weighted over what is listed in {weeks} weeks, times "
    "{lists:g} such lists a year and the households served: half of these goods are bought "
    "anyway, so they are no forecast, and more likely too large than too small. A cost that does "
    "not shrink with them makes the true break-even price higher.",
    "The 95 % interval is that of the households drawn; what the footprints' own ranges do to the "
    "price stands beside it where they are known (break_even_price_by_footprints).",
    "The one-off cost is spread over the horizon in equal yearly payments at the discount rate; "
    "tonnes are not discounted.",
    "A break-even price is what a tonne would have to be worth to the shop for the policy to pay "
    "for itself. The prices beside it are a tax, a market's or an estimate of damage, each in its "
    "own currency and year: not the same thing.",
    "What-if rows come from the response model (whole baskets, all packs): their price has bounds, "
    "not a 95 % interval, and they are never mixed with the observed figures.",
)


def cost_sentence(
    costs: Costs, told: Mapping[str, Any], what_if: Sequence[Mapping[str, Any]]
) -> str:
    """What the policy costs a year, what a tonne would have to be worth, and when it is paid.

    Where a second footprint table scored the lists again, claimed and realised stand side by side.
    """
    sign = costs.currency
    cost = f"costs {whole(costs.per_year, sign)} a year for {costs.households:,.0f} households"
    margin = told["demand_margin_per_year"]["value"]
    if margin is not None:
        way = "more" if margin >= 0 else "less"
        cost += f", with {whole(abs(margin), sign)} {way} demand-weighted margin a year"
    price = told["break_even_price_per_tonne"]
    if price is None:
        words = f"{cost}; no break-even price: {told['no_price_because']}."
    else:
        words = f"{cost} and {_tonnes_less(told)}: {_worth(told, sign)}."
    payback = told["payback_years"]
    if payback is None:
        words += " The one-off cost is not clearly earned back from margin."
    else:
        words += f" The one-off cost is earned back in {payback['value']:.1f} years."
    for row in what_if:
        found = row["break_even_price_per_tonne"]
        said = "no break-even price" if found is None else f"{between(found, sign)} a tonne"
        words += f" What if {row['scenario']} ({row['run']} run): {said}."
    return words


def _tonnes_less(told: Mapping[str, Any]) -> str:
    """The cut in tonnes, claimed and, where it was scored again, realised."""
    claimed = f"{-told['tonnes_functional_per_year']['value']:,.1f} t CO2e less at equal function"
    if told["tonnes_realised_per_year"] is None:
        return claimed
    if told["break_even_price_per_tonne_realised"] is None:
        return f"{claimed} as claimed, though {SECOND} {told['no_realised_price_because']}"
    tonnes = -told["tonnes_realised_per_year"]["value"]
    return f"{claimed} as claimed, {tonnes:,.1f} t {SECOND}"


def _worth(told: Mapping[str, Any], sign: str) -> str:
    """At what price of a tonne the policy pays for itself, as claimed and as realised."""
    price, realised = (
        told[f"break_even_price_per_tonne{of}"]  # null where there is none
        for of in ("", "_realised")
    )
    if price["high"] is not None and price["high"] <= 0:  # whatever the tonnes
        return "the margin gained exceeds the cost, so a tonne need be worth nothing"
    claimed = f"it breaks even at {between(price, sign)} a tonne"
    if told["tonnes_realised_per_year"] is None:
        return claimed
    if realised is None:
        return f"{claimed} as claimed, and has no break-even price as realised"
    return f"{claimed} as claimed, at {between(realised, sign)} as realised"


def whole(amount: float, sign: str) -> str:
    """Money, from 100 on without the small change.

    >>> whole(1234.5, "$"), whole(-2.5, "$")
    ('$1,234', '−$2.50')
    """
    if abs(amount) < LARGE:
        return money(amount, sign)
    return money(float(round(amount)), sign).removesuffix(".00")


def between(price: Mapping[str, float | None], sign: str) -> str:
    """A price with its range, in money."""
    value, low, high = (price[end] for end in ("value", "low", "high"))
    if value is None:
        return "no price"
    words = whole(value, sign)
    if low is None or high is None:
        return words
    return f"{words} ({whole(low, sign)} to {whole(high, sign)})"
