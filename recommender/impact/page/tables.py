"""Cells and tables of the page: a level, a change, and where each figure is from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from recommender.impact.page.html import Content, Html, clean, inside, name, table, tag
from recommender.impact.page.words import (
    HARDLY,
    NO_BREAK,
    Estimate,
    is_clear,
    level,
    level_range,
    ordered,
    percent,
    points,
    spelled,
    window_words,
)

ENDS = ("value", "low", "high", "change", "change_low", "change_high")


def policy_cell(report: Mapping[str, Any], policy: str) -> Html:
    """A policy's name and version, as the head of its row."""
    version = report["policies"][policy].get("version")
    return inside(name(policy), tag("small", f"v{version}"))


def change_cell(estimate: Estimate | None) -> Content:
    """A change above its interval; one whose interval holds 0 is not called a move."""
    if not estimate or estimate.get("change") is None:
        return "–"
    low, high = estimate.get("change_low"), estimate.get("change_high")
    if low is None or high is None:
        return inside(unbroken(percent(estimate["change"])), tag("small", "a count, no interval"))
    ends = tag("small", f"{points(low)} to {points(high)}{NO_BREAK}%")
    if not is_clear(estimate):
        return inside(tag("span", "no clear move", cls="unclear"), ends)
    if abs(estimate["change"] or 0.0) < HARDLY:
        return inside(tag("span", f"under 0.1{NO_BREAK}%", cls="unclear"), ends)
    return inside(tag("span", unbroken(percent(estimate["change"])), cls="clear"), ends)


def level_cell(estimate: Estimate | None) -> Content:
    """A level above its interval."""
    if not estimate or estimate.get("value") is None:
        return "–"
    low, high = estimate.get("low"), estimate.get("high")
    ends = None if low is None or high is None else f"{level(low)} to {level(high)}"
    return inside(level(estimate["value"]), ends and tag("small", ends))


def both_cell(estimate: Estimate | None) -> Content:
    """A level with its interval, and its change with its interval under it."""
    if not estimate or estimate.get("value") is None:
        return "–"
    change = change_range_words(estimate)
    return inside(unbroken(level_range(estimate)), change and tag("small", change))


def change_range_words(estimate: Estimate) -> str:
    if estimate.get("change") is None:
        return ""
    low, high = estimate.get("change_low"), estimate.get("change_high")
    if low is None or high is None:
        return unbroken(percent(estimate["change"]))
    said = f"{percent(estimate['change'])} [{points(low)}, {points(high)}]"
    return unbroken(
        said if is_clear(estimate) else f"no clear move [{points(low)}, {points(high)}]"
    )


def unbroken(text: str) -> str:
    return text.replace(" ", NO_BREAK)


def source_words(report: Mapping[str, Any], task: str | None = "all", group: str = "") -> str:
    """Layer, window, households and interval of a table's figures."""
    meta = report["meta"]
    households = meta["audit_households"] if group == "audit" else meta["households"]
    tasks = {"all": "all items", "new": "items new to the household", None: ""}
    window = window_words(meta)
    parts = [
        "Observed",
        window,
        tasks[task],
        f"{households:,} {'audit ' if group == 'audit' else ''}households",
        f"{meta['coverage'] * 100:.0f}{NO_BREAK}% intervals",
        f"changes against {clean(meta['baseline'])}",
    ]
    return " · ".join(part for part in parts if part)


def by_policy(
    report: Mapping[str, Any],
    caption: Content,
    heads: Sequence[Content],
    cells: Mapping[str, Sequence[Content]],
    *,
    words: Sequence[int] = (),
) -> Html:
    """A table with a row a policy, in the page's order; policies without cells are left out."""
    rows = [(policy_cell(report, p), *cells[p]) for p in ordered(report) if p in cells]
    base = report["meta"]["baseline"] in cells
    return table(caption, ["Policy", *heads], rows, words=words, base=base)


def is_estimate(value: Any) -> bool:
    return isinstance(value, Mapping) and "value" in value


def plain_cell(value: Any) -> Content:
    """Whatever a report holds in a place whose shape is its writer's: figures, words, estimates."""
    if value is None:
        return "–"
    if is_estimate(value):
        return both_cell(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return level(value)
    if isinstance(value, Mapping):
        return "; ".join(f"{spelled(k)}: {_said(v)}" for k, v in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_said(item) for item in value)
    return clean(value)


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return level(value)
    return f"{value:,}" if isinstance(value, int) else clean(value)


def records(caption: Content, rows: Iterable[Mapping[str, Any]]) -> Html:
    """Rows of any keys as a table; the parts of an estimate in a row stand in one cell."""
    rows = [dict(row) for row in rows]
    keys = list(dict.fromkeys(key for row in rows for key in row))
    if not keys:
        return Html("")
    together = "value" in keys
    shown = [k for k in keys if not (together and k in ENDS)]
    body = [
        [plain_cell(row.get(key)) for key in shown] + ([both_cell(row)] if together else [])
        for row in rows
    ]
    heads = [spelled(key) for key in shown] + (["Figure"] if together else [])
    words = [k for k, key in enumerate(shown) if any(isinstance(row.get(key), str) for row in rows)]
    return table(caption, heads, body, words=words)


def percent_level(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.3g}{NO_BREAK}%"
