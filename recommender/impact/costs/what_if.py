"""What a simulated response says of a policy's break-even price: bounds, from what-if files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pcf_estimator.tables import TableError
from recommender.impact.costs.costs import WEEKS_A_YEAR, Costs, Range
from recommender.tradeoff import KG_PER_TONNE

LAYER = "what if"
REBOUND = "kg_total_with_rebound"


def what_if_rows(costs: Costs, simulation: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row for each run (short, long) of a what-if file: yearly changes and bounds of the price.

    Its figures are per household over its window. Bounds pair the worst margin with the smallest
    cut and the best with the largest. Raises TableError where a figure or a window is missing.
    """
    named = f"what-if of {simulation.get('policy')}, {simulation.get('scenario', {}).get('name')}"
    scale = costs.households * WEEKS_A_YEAR / _weeks(simulation.get("window"), named)
    rows = []
    for run, figures in simulation["runs"].items():
        carbon = REBOUND if REBOUND in figures else "kg_total"
        lacking = [name for name in ("margin", carbon) if name not in figures]
        if lacking:
            raise TableError(
                f"{named}, {run} run: no {lacking[0]}, but margin and kg_total are due"
            )
        margin = _absolute(figures["margin"], scale)
        tonnes = _absolute(figures[carbon], scale / KG_PER_TONNE)
        rows.append(
            {
                "layer": LAYER,
                "scenario": simulation["scenario"]["name"],
                "version": simulation["scenario"].get("version"),
                "run": run,
                "carbon": carbon,
                "margin_per_year": margin,
                "tonnes_total_per_year": tonnes,
                "break_even_price_per_tonne": _bounds(costs, margin, tonnes),
            }
        )
    return rows


def _absolute(figure: Mapping[str, Any], scale: float) -> Range:
    """A relative change of a figure as an amount; without its baseline, that is value / (1 +
    change)."""
    value, change = figure.get("baseline"), figure["change"]
    if value is None and change is not None and change > -1 and figure["value"] is not None:
        value = figure["value"] / (1.0 + change)
    if value is None or change is None:
        return {"value": None, "low": None, "high": None}
    base = value * scale
    ends = [figure["change_low"], figure["change_high"]]
    low, high = (None if end is None else base * end for end in ends)
    if base < 0 and low is not None and high is not None:
        low, high = high, low
    return {"value": base * change, "low": low, "high": high}


def _bounds(costs: Costs, margin: Range, tonnes: Range) -> Range | None:
    """The break-even price's value and its bounds; None where kilograms do not clearly fall."""
    ends = [*margin.values(), *tonnes.values()]
    if any(end is None for end in ends):
        return None
    value, low, high, tonnes_value, most_cut, least_cut = (
        float(end) for end in ends if end is not None
    )
    if least_cut >= 0 or tonnes_value >= 0:
        return None
    corners = [(costs.per_year - m) / -t for m in (low, high) for t in (most_cut, least_cut)]
    middle = (costs.per_year - value) / -tonnes_value
    return {"value": middle, "low": min(corners), "high": max(corners)}


def _weeks(window: object, named: str) -> float:
    """Weeks of a what-if's window: first_week to last_week, or weeks."""
    if isinstance(window, Mapping):
        if "weeks" in window:
            return float(window["weeks"])
        if {"first_week", "last_week"} <= set(window):
            return float(window["last_week"] - window["first_week"] + 1)
    raise TableError(f"{named}: window is {window!r}, but first_week and last_week were expected")
