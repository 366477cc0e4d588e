"""One customer's explained slate as plain text."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from recommender.rerank.carbon_prices import reference_line
from recommender.rerank.explain_words import TIERS, kg_range, money, short_name

WIDTH = 100  # of a terminal
MEDIAN = 0.5
LEAST_PART = 0.00005  # of a score: smaller parts are not printed
ABOUT = (
    "kg CO2e are of a typical purchase for the need, from farm or mine to the shelf; four of five "
    "lie in the range."
)


def as_text(explained: Mapping[str, Any]) -> str:
    """The explanation as plain text, a few lines a place."""
    currency = explained["currency"]
    carbon = explained["carbon_price"]
    head = (
        f"Customer {explained['customer_id']} under policy {explained['policy']} "
        f"(version {explained['version']}): {explained['description']}"
    )
    lines = _wrapped(head, 0)
    basis = f"Basis: {explained['basis']} ({explained['told_by']}). {ABOUT}"
    if explained["quantile"] > MEDIAN:
        basis += f" Estimates enter the score by their {explained['quantile']:g} quantile."
    lines += [*_wrapped(basis, 0), ""]
    for slot in explained["slots"]:
        lines += _slot_lines(slot, currency)
    if not explained["slots"]:
        lines.append("No product may be shown.")
    lines += ["", "What the limits cost"]
    for limit in explained["limits"]:
        lines += _wrapped(limit["sentence"], 2)
    for sentence in explained["limit_families"]:
        lines += _wrapped(sentence, 2)
    if not explained["limits"] and not explained["limit_families"]:
        lines.append("  This policy has no limits that shoppers share.")
    lines += ["", "What a tonne of CO2e is worth here", *_wrapped(carbon["sentence"], 2)]
    lines += _wrapped("What others set, each for its own purpose and in its own currency:", 2)
    lines += [f"    {reference_line(reference)}" for reference in carbon["references"]]
    return "\n".join(lines)


def _slot_lines(slot: Mapping[str, Any], currency: str) -> list[str]:
    kg = slot["kg"]
    if kg is None:
        weight = f"no figure of its own for {slot['need']}: {TIERS.get(slot['tier'], slot['tier'])}"
    else:
        weight = f"{kg_range(kg['kg'], kg['low'], kg['high'])} for {slot['need']}"
        weight += f", {TIERS.get(slot['tier'], slot['tier'])}"
    change = slot["kg_change"]
    if change is not None:
        whose = "what you usually buy" if change["own"] else "what is usually bought"
        ranged = kg_range(change["kg"], change["low"], change["high"], signed=True)
        weight += f"; {ranged} against {whose}" if change["kg"] else f"; it is {whose}"
    return [
        f"{slot['position']:>3}  {short_name(slot['title'])}, {money(slot['price'], currency)}",
        *_wrapped(slot["reason"]),
        *_wrapped(weight),
        *_wrapped(_sum_of_parts(slot)),
    ]


def _sum_of_parts(slot: Mapping[str, Any]) -> str:
    """The score and what it is made of: "score 0.41 = shopper 0.40 + retailer 0.02"."""
    parts = {name: part for name, part in slot["parts"].items() if abs(part) >= LEAST_PART}
    said = ""
    for name, part in parts.items():
        sign = ("− " if part < 0 else "+ ") if said else ("−" if part < 0 else "")
        said += f"{' ' if said else ''}{sign}{name} {abs(part):.4f}"
    return f"score {slot['score']:.4f}".replace("-", "−") + (f" = {said}" if said else "")


def _wrapped(text: str, indent: int = 5) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=" " * indent, subsequent_indent=" " * indent)
