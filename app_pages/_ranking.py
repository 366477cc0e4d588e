"""What the page on ranking says, generated from the policy in force and the backtest's report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd

from app_pages._draw import TEAL
from app_pages._evidence.draw import across
from app_pages._merchandise.controls import price_sentence
from app_pages._words import NO_BREAK, is_clear, listed, plain, sentence
from recommender.influence import PartInfluence
from recommender.policy import Policy
from recommender.report_limits import limits_in_words
from recommender.tried import asked_of


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One of the main parameters, as a shopper would read it."""

    name: str
    means: str
    icon: str


PARAMETERS = {
    "shopper": Parameter(
        name="What you are likely to buy",
        means="The chance that your household buys it in the next four weeks, from what it bought "
        "before, what similar households buy, prices, and what its store has on display.",
        icon=":material/target:",
    ),
    "climate": Parameter(
        name="Lighter choices for the same need",
        means="Products with less estimated kg CO2e than you usually buy for the same need come "
        "forward, heavier ones go back.",
        icon=":material/scale:",
    ),
    "retailer": Parameter(
        name="The shop's margin",
        means="What the shop earns on a pack. Where it moved a product, the card says so.",
        icon=":material/payments:",
    ),
    "sellers": Parameter(
        name="Suppliers shown less than they sell",
        means="Products of suppliers that lists overlook come forward a little.",
        icon=":material/storefront:",
    ),
    "variety": Parameter(
        name="Variety",
        means="Kinds of goods that are not on the list yet come forward.",
        icon=":material/grid_view:",
    ),
}
NOT_USED = (
    "**Diets, health, religion or beliefs.** None is guessed from what you buy. A diet counts only "
    "where you declare it, on this visit.",
    "**What others pay to be seen.** There are no paid places.",
    "**A price for you alone.** Everybody sees the same prices, and the slider moves none.",
    "**Anything from outside the shop**: no browsing, no device, no other shop.",
)
MOST_PRICES = 6


def influence_rows(
    found: Sequence[PartInfluence], weights: Mapping[str, float], carbon_counts: bool
) -> pd.DataFrame:
    """The main parameters in the order of how many places they move; those of no weight last."""
    moved = {one.part: one for one in found}
    rows = []
    for part, parameter in PARAMETERS.items():
        weight = weights.get(part, 0.0)
        one = moved.get(part)
        if one is None and not weight and not (part == "climate" and carbon_counts):
            continue
        rows.append(
            {
                "part": part,
                "name": parameter.name,
                "weight": weight,
                "moved": 100 * one.moved if one else 0.0,
                "spread": 100 * one.spread if one else 0.0,
            }
        )
    table = pd.DataFrame(rows, columns=["part", "name", "weight", "moved", "spread"])
    return table.sort_values(["moved", "spread"], ascending=False, ignore_index=True)


def influence_sentence(rows: pd.DataFrame) -> str:
    """What the chart of influence shows."""
    if rows.empty:
        return "No list was kept from which the influence of each part could be read."
    first, *rest = rows.to_dict("records")
    said = (
        f"Without “{first['name'].lower()}”, {in_hundred(first['moved'])} in 100 places would "
        f"hold another product of the list"
    )
    others = [f"without “{r['name'].lower()}” {in_hundred(r['moved'])}" for r in rest]
    return said + (f"; {listed(others)}" if others else "") + "."


def in_hundred(moved: float) -> str:
    """Places in 100, rounded the same wherever they are told.

    >>> in_hundred(27.46), in_hundred(0.01)
    ('27.5', '0.0')
    """
    return f"{moved:.1f}"


def influence_chart(rows: pd.DataFrame) -> alt.Chart:
    """A bar per parameter: places in 100 that would change hands without it."""
    y = alt.Y("name:N", sort=None, title=None, axis=alt.Axis(labelLimit=190))
    x = across("moved", "Places in 100").scale(alt.Scale(domain=[0, 100]))
    base = alt.Chart(rows)
    bars = base.mark_bar(color=TEAL, height=16).encode(
        x=x,
        y=y,
        tooltip=[
            alt.Tooltip("name:N", title="Parameter"),
            alt.Tooltip("moved:Q", title="Places in 100", format=".1f"),
            alt.Tooltip("spread:Q", title="Share of the differences, %", format=".1f"),
            alt.Tooltip("weight:Q", title="Weight", format="g"),
        ],
    )
    return bars.properties(height=36 * len(rows) + 60)


def influence_table(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Main parameter": rows["name"],
            "Places it moves": [f"{in_hundred(moved)} in 100" for moved in rows["moved"]],
            "Share of the differences": [f"{spread:.1f} %" for spread in rows["spread"]],
            "Weight": [f"{weight:g}" for weight in rows["weight"]],
        }
    )


def own_brand(figures: Mapping[str, Any], base: Mapping[str, Any]) -> str:
    """How the shop's own brand fares on the lists, against relevance alone."""
    said = "The shop's own brand gets no bonus and no malus: no part of the value knows it."
    own, before = figures.get("private_label_share"), base.get("private_label_share")
    if not own or not before or own["value"] is None or before["value"] is None:
        return f"{said} How much of the lists it holds is unavailable in this report."
    moved = (
        f"{_points(own['value'])} of the attention on these lists goes to it, against "
        f"{_points(before['value'])} by relevance alone: {_less(own)}"
    )
    return f"{said} {moved}. It may still gain or lose through its margin or its footprint."


def _points(value: float) -> str:
    return f"{100 * value:.1f}{NO_BREAK}%"


def _less(estimate: Mapping[str, Any]) -> str:
    """How much less or more of something there is, which is no difference of points."""
    change = estimate["change"]
    if change is None or round(abs(change), 3) == 0:
        return "about the same"
    said = f"{100 * abs(change):.1f}{NO_BREAK}% {'less' if change < 0 else 'more'}"
    return said if is_clear(estimate) else f"{said}, which is not clear of no change"


def with_and_without(
    figures: Mapping[str, Any], base: Mapping[str, Any]
) -> tuple[pd.DataFrame, list[str]]:
    """How evenly suppliers are seen, with the own brand and without it; and what is not told."""
    rows, missing = [], []
    for key, said in (
        ("seller_gini", "Inequality between suppliers (0 is equal)"),
        ("seller_top10_share", "Attention on the ten most shown"),
        ("sellers_reached", "Suppliers shown to anybody"),
    ):
        for ending, words in (("", ""), ("_without_private_label", ", own brand left out")):
            own, before = (_value(side, key + ending) for side in (figures, base))
            if own is None or before is None:
                missing.append(f"{said[:1].lower()}{said[1:]}{words}")
                continue
            rows.append(
                {
                    "Suppliers": said + words,
                    "These lists": _level(key, own),
                    "Relevance alone": _level(key, before),
                }
            )
    return pd.DataFrame(rows, columns=["Suppliers", "These lists", "Relevance alone"]), missing


def _value(figures: Mapping[str, Any], key: str) -> float | None:
    found = figures.get(key)
    return None if not found else found["value"]


def _level(key: str, value: float) -> str:
    if key == "sellers_reached":
        return f"{value:,.0f}"
    return f"{100 * value:.0f} %" if key == "seller_top10_share" else f"{value:.3f}"


def limits_sentences(policy: Policy, entry: Mapping[str, Any] | None) -> list[str]:
    """The limits of the policy, and what they cost where the report tells it."""
    if entry is None:
        return []
    words = limits_in_words(entry)
    said = [f"{plain(words[:1].upper() + words[1:], longest=400)}."] if words else []
    if policy.carbon.bar_unknown:
        said.append("Products whose footprint nobody knows are not shown.")
    if not policy.limits.age_restricted:
        said.append("Age-restricted goods, such as alcohol and tobacco, are never proposed.")
    prices = [str(one) for one in entry.get("limit_prices") or []]
    said += [sentence(plain(one, longest=400)) for one in prices[:MOST_PRICES]]
    if policy.couples_shoppers and not prices:
        said.append("What each of these costs is worked out under Merchandise.")
    return said


def carbon_price(entry: Mapping[str, Any] | None, currency: str) -> str:
    """What the policy makes of a tonne of CO2e in money, in the words of Merchandise."""
    if entry is None:
        return ""
    return price_sentence(asked_of(entry), entry.get("implied_price_per_tonne"), plain(currency))
