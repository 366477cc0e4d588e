"""The response in words: a table, a chart of intervals in letters, and what to keep in mind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.table import Table

CHART_WIDTH = 60


def change_text(effect: dict[str, Any] | None) -> str:
    """A change with its 95 % interval, in per cent; a dash where there is none.

    >>> change_text({"change": 0.354, "interval": [0.3, 0.412]})
    '+35 % (+30 to +41)'
    >>> change_text(None)
    '–'
    """
    if effect is None:
        return "–"
    low, high = effect["interval"]
    return f"{100 * effect['change']:+.0f} % ({100 * low:+.0f} to {100 * high:+.0f})"


def range_text(numbers: Sequence[float] | None) -> str:
    """A range in per cent.

    >>> range_text([0.02, 0.41])
    '+2 to +41 %'
    """
    return "–" if numbers is None else f"{100 * numbers[0]:+.0f} to {100 * numbers[1]:+.0f} %"


def response_table(facts: dict[str, Any]) -> Table:
    """A row a department: what a display does, the placebo, the weeks after and a slot's range."""
    first, last = facts["weeks"]
    table = Table(title=f"What displays do to units sold, weeks {first} to {last}")
    for name in ("department", "products", "cells", "units"):
        table.add_column(name, justify="left" if name == "department" else "right")
    for name in ("display", "a week before", "a week after", "two after", "slot, assumed"):
        table.add_column(name, justify="right")
    table.add_column("verdict")
    for one in facts["departments"]:
        slot = range_text(one["slot"])
        table.add_row(
            one["department"],
            f"{one['products']:,} of {one['eligible']:,}",
            f"{one['cells']:,}",
            f"{one['units']:,.0f}",
            *(change_text(one[name]) for name in ("display", "lead", "lag1", "lag2")),
            slot if one["basis"].startswith("its own") or one["slot"] is None else f"{slot} *",
            one["verdict"],
        )
    return table


def interval_chart(facts: dict[str, Any], width: int = CHART_WIDTH) -> str:
    """The display effects as lines of letters: o the estimate, dashes its interval, | no change.

    >>> one = {
    ...     "department": "deli",
    ...     "display": {"change": 0.5, "interval": [0.25, 0.75]},
    ...     "verdict": "doubtful",
    ... }
    >>> print(interval_chart({"departments": [one]}, width=13))
    deli  |   ----o----  +50 %, doubtful
    """
    told = [one for one in facts["departments"] if one["display"] is not None]
    if not told:
        return ""
    low = min(0.0, *(one["display"]["interval"][0] for one in told))
    high = max(0.0, *(one["display"]["interval"][1] for one in told))
    low, high = max(low, -1.0), min(high, 2.0)  # one poor estimate must not flatten the others
    longest = max(len(one["department"]) for one in told)

    def place(change: float) -> int:
        share = (min(max(change, low), high) - low) / ((high - low) or 1.0)
        return round(share * (width - 1))

    lines = []
    for one in told:
        effect = one["display"]
        line = [" "] * width
        line[place(0.0)] = "|"
        first, last = (place(end) for end in effect["interval"])
        line[first : last + 1] = ["-"] * (last + 1 - first)
        line[place(effect["change"])] = "o"
        named = f"{one['department']:<{longest}}  {''.join(line)}"
        lines.append(f"{named}  {100 * effect['change']:+.0f} %, {one['verdict']}")
    return "\n".join(lines)


def response_words(facts: dict[str, Any]) -> str:
    """Chart, verdicts, what mailers and kinds say, sensitivity, the assumption and the limits."""
    parts = [
        "The line is the 95 % interval of a display's change of units sold, | no change:",
        interval_chart(facts),
        "\n".join(f"{one['department']}: {one['sentence']}." for one in facts["departments"]),
        "\n".join(_shared_words(facts, "mailer_verdict", "Mailer")),
        "\n".join(_shared_words(facts, "price_verdict", "Price")),
    ]
    if facts["pooled"]:
        borrowed = range_text(facts["pooled"]["prediction_interval"])
        parts.append(
            f"Over departments: {change_text(facts['pooled'])}; one that the log does not identify "
            f"is reckoned with {borrowed} (* in the table), its 95 % prediction interval."
        )
    parts += _largest(facts)
    parts += [facts["transfer"]["sentence"], f"Cells: {facts['rule']}.", "\n".join(facts["limits"])]
    return "\n\n".join(part for part in parts if part)


def _shared_words(facts: dict[str, Any], key: str, what: str) -> list[str]:
    """A verdict for each department, said once where it starts alike for all."""
    by_word: dict[str, list[dict[str, Any]]] = {}
    for one in facts["departments"]:
        by_word.setdefault(one[key].split(" (")[0], []).append(one)
    return [
        f"{what}, {', '.join(one['department'] for one in alike)}: "
        + (f"{alike[0][key]}." if len(alike) == 1 else f"{_widest(alike, key)}.")
        for alike in by_word.values()
    ]


def _widest(alike: list[dict[str, Any]], key: str) -> str:
    """The sentence of the department in which stores differ most."""
    column = key.split("_")[0]
    most = max(alike, key=lambda one: one["varies"][column]["in_week"])
    return str(most[key]).replace("(", "(at most ", 1)


def _largest(facts: dict[str, Any]) -> list[str]:
    """Kinds and sensitivity of the department with most units, as an example of the tables."""
    told = [one for one in facts["departments"] if one["display"] is not None]
    if not told:
        return []
    one = told[0]
    kinds = [f"  {kind['kind']}: {change_text(kind)}" for kind in one["kinds"]]
    choices = [
        f"  {choice['choice']}: {change_text(choice['display'])} ({choice['why']})"
        for choice in one["sensitivity"]
    ]
    return [
        "\n".join([f"Kinds of display in {one['department']}:", *kinds]) if kinds else "",
        "\n".join([f"The same under other choices, in {one['department']}:", *choices]),
    ]
