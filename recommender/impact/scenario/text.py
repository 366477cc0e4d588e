"""Scenarios as tables: which there are, and what one of them assumes with its sources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from recommender.impact.scenario.scenario import PARAMETERS, Scenario


def scenario_facts(scenario: Scenario) -> dict[str, Any]:
    """A scenario as JSON: name, version, description, horizon_months and its assumptions.

    Every parameter has a row, the scenario's own first; `given` is False for a default. With no
    effect where nothing is said, most defaults are 0 to 0.
    """
    return {
        "name": scenario.name,
        "version": scenario.version,
        "description": scenario.description,
        "horizon_months": scenario.horizon_months,
        "assumptions": scenario.describe(),
    }


def range_words(row: dict[str, Any]) -> str:
    """A range as people read it: one number where both ends agree.

    >>> range_words({"low": -0.12, "high": 0.0, "shape": "even"})
    '-0.12 to 0'
    >>> range_words({"low": 0.5, "high": 0.5, "shape": "even"})
    '0.5'
    >>> range_words({"low": 0.1, "high": 1.0, "shape": "log"})
    '0.1 to 1 (even in the logarithm)'
    """
    if row["low"] == row["high"]:
        return f"{row['low']:g}"
    shape = " (even in the logarithm)" if row["shape"] == "log" else ""
    return f"{row['low']:g} to {row['high']:g}{shape}"


def moving_rows(scenario: Scenario) -> list[dict[str, Any]]:
    """The rows that a reader needs: those given, and defaults that are not simply no effect."""
    return [row for row in scenario.describe() if row["given"] or row["low"] or row["high"]]


def list_table(scenarios: Sequence[Scenario]) -> Table:
    """A row a scenario: name, version, months and what it says."""
    table = Table(title="Scenarios")
    for name in ("scenario", "version", "months", "ranges of its own"):
        table.add_column(name, justify="left" if name == "scenario" else "right", no_wrap=True)
    table.add_column("what it says")
    for one in scenarios:
        months = str(one.horizon_months) if one.horizon_months else "short run"
        table.add_row(
            one.name, str(one.version), months, str(len(one.assume)), escape(one.description)
        )
    return table


def assumptions_table(scenario: Scenario) -> Table:
    """A row a parameter that counts: range, unit, meaning and source; defaults say so."""
    months = f"over {scenario.horizon_months} months" if scenario.horizon_months else "short run"
    table = Table(title=f"{scenario.name}, version {scenario.version} ({months})")
    for name in ("parameter", "range", "unit", "meaning", "source"):
        table.add_column(name, no_wrap=name == "parameter")
    for row in moving_rows(scenario):
        mark = "" if row["given"] else " (default)"
        meaning = PARAMETERS[row["parameter"]].words
        own = "" if row["words"] == meaning else f"; {row['words']}"
        told = (range_words(row), row["unit"], meaning + own, f"{row['source']}{mark}")
        table.add_row(row["parameter"], *map(escape, told))
    return table


def rest_sentence(scenario: Scenario) -> str:
    """What the table leaves out: the parameters that have no effect."""
    quiet = len(scenario.describe()) - len(moving_rows(scenario))
    return f"The other {quiet} parameters have no effect in {scenario.name}." if quiet else ""
