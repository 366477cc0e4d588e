"""One row a figure of the coverage studies, and how rows become tables and Markdown."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

COMMAND = "python -m benchmarks coverage"
PERCENT, SIGNED, PLAIN, SECONDS = "%", "+%", "", "s"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A figure of one simulated world."""

    study: str
    world: str
    figure: str
    value: float
    unit: str  # "%" and "+%" are shares, shown as percent; "" a plain number; "s" CPU seconds
    logs: int  # or panels: how many were simulated
    error: float | None = None  # Monte Carlo standard error of a share
    low: float | None = None  # least that was asked; None where no least was
    high: float | None = None
    ends: tuple[float, float] | None = None  # of an interval or bounds around the value

    @property
    def met(self) -> bool | None:
        """Whether the value is what was asked; None where nothing was."""
        if self.low is None and self.high is None:
            return None
        least = -math.inf if self.low is None else self.low
        most = math.inf if self.high is None else self.high
        return least <= self.value <= most

    @property
    def shown(self) -> str:
        """The value in words.

        >>> share("a", "b", "c", 95, 100, asked=(0.94, 0.96)).shown
        '95.0 % (± 2.2)'
        """
        found = _shown(self.value, self.unit)
        if self.ends is not None:
            return f"{found} [{', '.join(_shown(end, self.unit) for end in self.ends)}]"
        return found if self.error is None else f"{found} (± {100 * self.error:.1f})"

    @property
    def asked(self) -> str:
        """What was asked, in words; empty where nothing was."""
        if self.low is None and self.high is None:
            return ""
        if self.high is None:
            return f"at least {_shown(self.low, self.unit)}"
        if self.low is None:
            return f"at most {_shown(self.high, self.unit)}"
        return f"{_shown(self.low, self.unit)} to {_shown(self.high, self.unit)}"


def share(
    study: str,
    world: str,
    figure: str,
    held: int,
    logs: int,
    asked: tuple[float | None, float | None] = (None, None),
) -> Row:
    """The row of `held` among `logs`, with its Monte Carlo standard error."""
    value = held / logs
    return Row(
        study=study,
        world=world,
        figure=figure,
        value=value,
        unit=PERCENT,
        logs=logs,
        error=math.sqrt(value * (1.0 - value) / logs),
        low=asked[0],
        high=asked[1],
    )


def table_rows(rows: Iterable[Row]) -> list[tuple[str, str, str]]:
    """What, measured and against, as benches print them."""
    verdict = {True: "", False: " (missed)", None: ""}
    return [
        (f"{row.study}; {row.world}: {row.figure}", row.shown, row.asked + verdict[row.met])
        for row in rows
    ]


def write_rows(path: Path, rows: Sequence[Row], seed: int, notes: dict[str, list[str]]) -> None:
    """Writes docs/coverage.json: the command, the seed, every row and the studies' notes."""
    found = {
        "schema": 1,
        "command": COMMAND,
        "seed": seed,
        "notes": notes,
        "rows": [{**_rounded(row), "met": row.met} for row in rows],
    }
    path.write_text(json.dumps(found, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def read_rows(path: Path) -> tuple[list[Row], dict[str, list[str]]]:
    """The rows and notes that `write_rows` wrote."""
    found = json.loads(path.read_text(encoding="utf-8"))
    rows = []
    for row in found["rows"]:
        ends = None if row["ends"] is None else tuple(row["ends"])
        rows.append(Row(**{k: v for k, v in row.items() if k != "met"} | {"ends": ends}))
    return rows, found["notes"]


def coverage_markdown(rows: Sequence[Row], notes: dict[str, list[str]] | None = None) -> str:
    """The section of docs/impact.md: a table a study, worlds as columns, its notes under it.

    >>> print(coverage_markdown([share("A study", "two logs", "holds", 1, 2, (0.9, None))]))
    ## Coverage studies
    ...
    | Figure | Asked | two logs |
    |---|---|---|
    | holds | at least 90.0 % | **50.0 % (± 35.4)**, missed |
    | logs simulated | | 2 |
    """
    asked = [row for row in rows if row.met is not None]
    lines = [
        "## Coverage studies",
        "",
        f"Written from docs/coverage.json, which `{COMMAND}` makes. After ± stands the Monte Carlo "
        f"standard error in percentage points. Of {len(asked)} figures for which something was "
        f"asked, {sum(row.met is True for row in asked)} are met; those missed say so.",
    ]
    for study in dict.fromkeys(row.study for row in rows):
        lines += ["", f"### {study}"]
        for worlds in _alike([row for row in rows if row.study == study]):
            lines += ["", *_table(worlds)]
        for note in (notes or {}).get(study, []):
            lines += ["", note]
    return "\n".join(lines)


def _alike(rows: Sequence[Row]) -> list[dict[str, dict[str, Row]]]:
    """Rows by world and figure; worlds of which the same was measured come together."""
    worlds: dict[str, dict[str, Row]] = {}
    for row in rows:
        worlds.setdefault(row.world, {})[row.figure] = row
    groups: dict[tuple[str, ...], dict[str, dict[str, Row]]] = {}
    for name, figures in worlds.items():
        groups.setdefault(tuple(figures), {})[name] = figures
    return list(groups.values())


def _table(worlds: dict[str, dict[str, Row]]) -> list[str]:
    heads = ["Figure", "Asked", *worlds]
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    for figure in next(iter(worlds.values())):
        rows = [figures[figure] for figures in worlds.values()]
        asked = next((row.asked for row in rows if row.asked), "")
        cells = [f"**{row.shown}**, missed" if row.met is False else row.shown for row in rows]
        lines.append(f"| {' | '.join([figure, asked, *cells])} |")
    logs = [f"{max(row.logs for row in figures.values()):,}" for figures in worlds.values()]
    return [*lines, f"| logs simulated | | {' | '.join(logs)} |"]


def _shown(value: float | None, unit: str) -> str:
    if value is None or math.isnan(value):
        return "none"
    if unit == PERCENT:
        return f"{100 * value:.1f} %"
    if unit == SIGNED:
        return f"{100 * value:+.1f} %"
    return f"{value:.1f} s" if unit == SECONDS else f"{value:.3g}"


def _rounded(row: Row) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        if isinstance(value, tuple):
            return [plain(each) for each in value]
        return round(value, 6) if isinstance(value, float) else value

    return {name: plain(value) for name, value in asdict(row).items()}
