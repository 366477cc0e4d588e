"""The backtest's report as files (JSON, Parquet, Markdown, one HTML page) and on screen."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from rich import box
from rich.table import Table

from recommender.bootstrap import COVERAGE, ESTIMATE
from recommender.impact.observed.footprint_draws import RANGE
from recommender.impact.observed.judged import LESS
from recommender.impact.page.markdown import report_markdown, weightings_markdown
from recommender.impact.page.words import (
    COLUMNS,
    NO_BREAK,
    TASK_TITLES,
    level,
    ordered,
    percent,
    rounded,
    window_words,
)

LAYER, KG = "observed (held-out purchases)", "kg CO2e per household"
OF_FOOTPRINTS = "footprint_range"
NUMBERS = (*ESTIMATE, "coverage")
POINTS = "realised change less claimed change: 0.01 is one point"

__all__ = [
    "report_frame",
    "report_json",
    "report_markdown",
    "weightings_markdown",
    "weightings_table",
    "write_report",
]


def report_json(report: Mapping[str, Any]) -> str:
    """The report as JSON, in the order of its schema, every figure to six significant digits."""
    return json.dumps(rounded(report), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def report_frame(report: Mapping[str, Any]) -> pd.DataFrame:
    """One row per policy, task, group and figure: value, range, change and its range, and unit.

    Groups are `households` (all), `audit`, `footprint_range` (80 % ranges of the footprints),
    `claimed_realised`, and of segments `segment age: 25-34` and alike. Parts of a carbon split are
    figures named `total_kg.substitution` and alike. Each row names its layer, its window and the
    policy's version, and `coverage` is that of its ranges: 0.95 over households drawn again, 0.8
    over the footprints' own ranges, NaN where a row has none.
    """
    meta = report["meta"]
    where = {"layer": meta.get("layer", LAYER), "window": window_words(meta)}
    rows = [
        {
            "policy": policy,
            "task": task,
            "group": group,
            "figure": figure,
            "unit": unit,
            **{end: estimate.get(end) for end in ESTIMATE},
            "coverage": _coverage(group, estimate, meta.get("coverage", COVERAGE)),
            **where,
            "policy_version": str(report["policies"][policy]["version"]),
        }
        for policy, task, group, figure, unit, estimate in _estimates(report)
    ]
    words = ["policy", "task", "group", "figure", "unit"]
    said = ["layer", "window", "policy_version"]
    frame = pd.DataFrame(rows, columns=[*words, *NUMBERS, *said])
    texts = dict.fromkeys([*words, *said], "str")
    return frame.astype({**texts, **dict.fromkeys(NUMBERS, "float64")})


def weightings_table(report: Mapping[str, Any], task: str = "all") -> Table:
    """The weightings as a table for the terminal: the baseline's levels, the others' changes."""
    title = f"Weightings, {TASK_TITLES[task].lower()}: change against the baseline, demand-weighted"
    table = Table(title=title, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("Policy", no_wrap=True)
    for figure, heading in COLUMNS.items():
        table.add_column(heading, justify="right")
        if figure == "demand_kg_functional":
            table.add_column("of it by swaps", justify="right")
    for policy in ordered(report):
        run = report["policies"][policy]["tasks"][task]
        baseline = policy == report["meta"]["baseline"]
        cells = []
        for figure in COLUMNS:
            estimate = run["figures"][figure]
            cells.append(level(estimate["value"]) if baseline else percent(estimate["change"]))
            if figure == "demand_kg_functional":
                swaps = run["split"]["functional_kg"]["substitution"]["change"]
                cells.append("" if baseline else percent(swaps))
        unbroken = [cell.replace(" ", NO_BREAK) for cell in cells]
        table.add_row(policy, *unbroken, style="bold" if baseline else None)
    return table


def write_report(
    report: Mapping[str, Any],
    folder: Path,
    *,
    what_if: Sequence[Mapping[str, Any]] = (),
    measured: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Writes report.json, .parquet, .md and .html into `folder`, each whole or not at all.

    The page also shows the answers of `greenaisle simulate` and of `greenaisle outcome` given.
    """
    from recommender.impact.page.page import report_html  # the charts load slowly, and only here

    folder.mkdir(parents=True, exist_ok=True)
    frame = report_frame(report)
    page = report_html(report, what_if=what_if, measured=measured)
    _replace(folder / "report.json", lambda path: path.write_text(report_json(report), "utf-8"))
    _replace(folder / "report.parquet", lambda path: frame.to_parquet(path, index=False))
    _replace(folder / "report.md", lambda path: path.write_text(report_markdown(report), "utf-8"))
    _replace(folder / "report.html", lambda path: path.write_text(page, "utf-8"))


def _coverage(group: str, estimate: Mapping[str, Any], households: float) -> float | None:
    """How much of what may be lies inside a row's ranges; None where it has no range."""
    ends = ("low", "high", "change_low", "change_high")
    if all(estimate.get(end) is None for end in ends):
        return None
    return RANGE if group == OF_FOOTPRINTS else households


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    beside = path.with_name(f".{path.name}.part")
    write(beside)
    with beside.open("rb") as file:
        os.fsync(file.fileno())
    beside.replace(path)


def _estimates(
    report: Mapping[str, Any],
) -> Iterator[tuple[str, str, str, str, str, Mapping[str, float | None]]]:
    units = {name: figure["unit"] for name, figure in report["figures"].items()}
    for policy, entry in report["policies"].items():
        for task, run in entry["tasks"].items():
            for group, key, split in (
                ("households", "figures", "split"),
                ("audit", "audit", "audit_split"),
            ):
                for figure, estimate in run[key].items():
                    yield policy, task, group, figure, units[figure], estimate
                for kind, parts in run[split].items():
                    for part, estimate in parts.items():
                        name = f"{kind}.{part}"
                        yield policy, task, group, name, KG, estimate
            for figure, estimate in (run.get("footprint_range") or {}).items():
                yield policy, task, OF_FOOTPRINTS, figure, units.get(figure, KG), estimate
            for kind, estimate in (run.get("claimed_realised") or {}).items():
                if isinstance(estimate, Mapping) and "change" in estimate:
                    unit = POINTS if kind == LESS else KG
                    yield policy, task, "claimed_realised", kind, unit, estimate
    for row in (report.get("segments") or {}).get("rows", []):
        if row["policy"] in report["policies"]:
            group = f"segment {row['kind']}: {row['segment']}"
            unit = units.get(row["figure"], "")
            yield row["policy"], "all", group, row["figure"], unit, row
