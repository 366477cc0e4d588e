"""The backtest's report for programs (JSON, Parquet), for readers (Markdown) and on screen."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from rich import box
from rich.table import Table

from recommender.bootstrap import ESTIMATE
from recommender.report_limits import certificates_markdown, limits_in_words

DIGITS = 6
NO_BREAK = "\N{NO-BREAK SPACE}"
# figure, heading: what a weighting is read by, in the order of the table
COLUMNS = {
    "ndcg": "NDCG",
    "demand_revenue": "Revenue",
    "demand_margin": "Margin",
    "demand_kg_functional": "CO2e at equal use",
    "demand_kg_excess": "CO2e above habit",
    "demand_kg_pack": "CO2e of whole packs",
    "seller_small_share": "Small sellers",
    "seller_gini": "Seller Gini",
}
PARTS = {
    "change": "All",
    "substitution": "Substitution inside needs",
    "mix": "Mix between needs",
    "pack_size": "Pack size (no saving)",
    "volume": "Volume",
}
TASK_TITLES = {"all": "All items", "new": "Items new to the household"}


def report_json(report: Mapping[str, Any]) -> str:
    """The report as JSON, in the order of its schema, every figure to six significant digits."""
    return json.dumps(_rounded(report), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def report_frame(report: Mapping[str, Any]) -> pd.DataFrame:
    """One row per policy, task, group and figure: value, range, change and its range, and unit.

    Groups are `households` (all) and `audit`. Parts of a carbon split are figures named
    `total_kg.substitution` and alike.
    """
    rows = [
        {"policy": policy, "task": task, "group": group, "figure": figure, "unit": unit, **estimate}
        for policy, task, group, figure, unit, estimate in _estimates(report)
    ]
    frame = pd.DataFrame(rows, columns=["policy", "task", "group", "figure", "unit", *ESTIMATE])
    texts = dict.fromkeys(("policy", "task", "group", "figure", "unit"), "str")
    return frame.astype({**texts, **dict.fromkeys(ESTIMATE, "float64")})


def report_markdown(report: Mapping[str, Any]) -> str:
    """The report as a page: what each weighting changes and costs, with intervals."""
    meta = report["meta"]
    lines = [
        "# What each weighting costs",
        "",
        f"{_window(meta)}{meta['households']:,} households, {meta['slots']} places each; "
        f"{meta['judged']['all']:,} of them bought something in the window. Changes are against "
        f"the policy `{meta['baseline']}`, paired over {meta['draws']:,} draws of households; "
        f"brackets hold {meta['coverage'] * 100:.0f} % intervals.",
        "",
        "Revenue, margin and CO2e are demand-weighted: attention x p_buy x the pack or purchase. "
        "They compare weightings and forecast nothing. CO2e at equal use counts what a typical "
        "purchase in the need takes, whatever the pack; CO2e above habit is what of it lies above "
        "the household's own purchases in the same needs (its change is in percent of the "
        "baseline's CO2e at equal use); CO2e of whole packs is the total.",
        "",
    ]
    for task, title in TASK_TITLES.items():
        lines += [f"## {title}", "", *weightings_markdown(report, task, "figures"), ""]
        lines += ["### What each weighting costs", ""]
        lines += [f"- {_sentence(report, policy, task)}" for policy in _others(report)]
        lines += ["", "### Where the change in CO2e comes from", ""]
        for kind, of in (
            ("functional_kg", "CO2e at equal use"),
            ("total_kg", "CO2e of packs"),
        ):
            lines += [f"In percent of the baseline's {of}:", ""]
            lines += [*_split_markdown(report, task, kind), ""]
    if meta["audit_households"] > 1:
        lines += [
            f"## The {meta['audit_households']:,} audit households, which chose nothing",
            "",
            *weightings_markdown(report, "all", "audit"),
            "",
        ]
    lines += ["## Limits and certificates", ""]
    lines += [*certificates_markdown(report, TASK_TITLES), ""]
    lines += ["## How far p_buy can be trusted", ""]
    lines += [*_calibration_markdown(report), "", "## Notes", ""]
    scales, sellers, basis = report["scales"], report["sellers"], meta["products_by_basis"]
    lines += [f"- {note}" for note in meta["notes"]]
    lines += [
        f"- Scales: m0 = {scales['m0']:.3g} in shop currency, g0 = {scales['g0']:.3g} kg CO2e.",
        f"- A seller's target is its {sellers['target']}; of {sellers['sellers']:,} sellers "
        f"{sellers['sellers_short']:,} are under it in the baseline, and {sellers['small']:,} "
        f"count as small (outside the top tenth by training sales).",
        "- CO2e at equal use of the products: "
        + ", ".join(f"{name} {count:,}" for name, count in basis.items())
        + f". Products without a margin rate, counted as 0: {meta['products_without_margin']:,}.",
    ]
    for policy, task, short in _shortfalls(report):
        lines.append(
            f"- `{policy}`, {TASK_TITLES[task].lower()}: {short['households']:,} households have "
            f"too few candidates, {short['places']:,} places stay empty."
        )
    return "\n".join(lines) + "\n"


def weightings_table(report: Mapping[str, Any], task: str = "all") -> Table:
    """The weightings as a table for the terminal: the baseline's levels, the others' changes."""
    title = f"Weightings, {TASK_TITLES[task].lower()}: change against the baseline, demand-weighted"
    table = Table(title=title, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("Policy", no_wrap=True)
    for figure, heading in COLUMNS.items():
        table.add_column(heading, justify="right")
        if figure == "demand_kg_functional":
            table.add_column("of it by swaps", justify="right")
    for policy in _ordered(report):
        run = report["policies"][policy]["tasks"][task]
        baseline = policy == report["meta"]["baseline"]
        cells = []
        for figure in COLUMNS:
            estimate = run["figures"][figure]
            cells.append(_level(estimate["value"]) if baseline else _percent(estimate["change"]))
            if figure == "demand_kg_functional":
                swaps = run["split"]["functional_kg"]["substitution"]["change"]
                cells.append("" if baseline else _percent(swaps))
        unbroken = [cell.replace(" ", NO_BREAK) for cell in cells]
        table.add_row(policy, *unbroken, style="bold" if baseline else None)
    return table


def write_report(report: Mapping[str, Any], folder: Path) -> None:
    """Writes report.json, report.parquet and report.md into `folder`, each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    frame = report_frame(report)
    _replace(folder / "report.json", lambda path: path.write_text(report_json(report), "utf-8"))
    _replace(folder / "report.parquet", lambda path: frame.to_parquet(path, index=False))
    _replace(folder / "report.md", lambda path: path.write_text(report_markdown(report), "utf-8"))


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
                        yield policy, task, group, name, "kg CO2e per household", estimate


def _rounded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    return value


def _ordered(report: Mapping[str, Any]) -> list[str]:
    """The baseline, then those that compare inside needs, then the free mix; by climate weight."""

    def place(name: str) -> tuple[bool, bool, float]:
        entry = report["policies"][name]
        free = entry["carbon"]["reference"] == "none"
        return name != report["meta"]["baseline"], free, entry["weights"]["climate"]

    return sorted(report["policies"], key=place)


def _others(report: Mapping[str, Any]) -> list[str]:
    return [name for name in _ordered(report) if name != report["meta"]["baseline"]]


def weightings_markdown(
    report: Mapping[str, Any], task: str = "all", group: str = "figures"
) -> list[str]:
    """Lines of a Markdown table: each policy's weights and what they change, with intervals."""
    weights = ("shopper", "retailer", "climate", "sellers")
    heads = ["Policy", "Weights", "Carbon against", "Carbon price", *COLUMNS.values()]
    lines = _markdown_head(heads)
    for policy in _ordered(report):
        entry = report["policies"][policy]
        figures = entry["tasks"][task][group]
        more = limits_in_words(entry)
        cells = [
            " / ".join(f"{entry['weights'][party]:g}" for party in weights)
            + (f"; {more}" if more else ""),
            {"need": "same need", "none": "all goods"}[entry["carbon"]["reference"]],
            _money(entry["carbon_price_per_tonne"]),
        ]
        for figure in COLUMNS:
            estimate = figures[figure]
            baseline = policy == report["meta"]["baseline"]
            cells.append(_level_range(estimate) if baseline else _change_range(estimate))
        lines.append(f"| {policy} | {' | '.join(cells)} |")
    return [
        *lines,
        "",
        f"Weights: {', '.join(weights)}. Carbon price: the margin that the weights would give up "
        f"for a tonne, in shop currency. Limits stand behind the weights.",
    ]


def _split_markdown(report: Mapping[str, Any], task: str, kind: str) -> list[str]:
    parts = [part for part in PARTS if kind == "total_kg" or part != "pack_size"]
    lines = _markdown_head(["Policy", *(PARTS[part] for part in parts)])
    for policy in _others(report):
        split = report["policies"][policy]["tasks"][task]["split"][kind]
        lines.append(f"| {policy} | {' | '.join(_change_range(split[p]) for p in parts)} |")
    return lines


def _calibration_markdown(report: Mapping[str, Any]) -> list[str]:
    lines = _markdown_head(["Policy", "Said (all items)", "Seen", "Said (new items)", "Seen"])
    for policy in _ordered(report):
        cells = []
        for task in TASK_TITLES:
            groups = report["policies"][policy]["tasks"][task]["calibration"]
            places = sum(group["rows"] for group in groups)
            for kind in ("said", "seen"):
                total = sum(group[kind] * group["rows"] for group in groups)
                cells.append(f"{total / places:.3f}" if places else "–")
        lines.append(f"| {policy} | {' | '.join(cells)} |")
    return ["Mean p_buy of the places shown, and the share of them that was bought:", "", *lines]


def _markdown_head(headings: list[str]) -> list[str]:
    return [f"| {' | '.join(headings)} |", f"|{'---|' * len(headings)}"]


def _sentence(report: Mapping[str, Any], policy: str, task: str) -> str:
    run = report["policies"][policy]["tasks"][task]
    split = run["split"]["functional_kg"]
    parts = ", ".join(
        f"{part} {_percent(split[part]['change'])}" for part in ("substitution", "mix", "volume")
    )
    moves = [
        _move(words, run["figures"][figure])
        for figure, words in (
            ("demand_kg_functional", "CO2e at equal use"),
            ("demand_kg_pack", "CO2e of whole packs"),
            ("ndcg", "NDCG"),
            ("demand_revenue", "revenue"),
            ("demand_margin", "margin"),
            ("seller_small_share", "small sellers' attention"),
        )
    ]
    return f"`{policy}`: {moves[0]} ({parts}), {moves[1]}; {', '.join(moves[2:])}."


def _move(words: str, estimate: Mapping[str, float | None]) -> str:
    """A change as a person would say it; one whose interval holds 0 is not called a move.

    >>> _move("revenue", {"change": -0.012, "change_low": -0.02, "change_high": -0.004})
    'revenue falls by 1.2 % [0.4, 2.0]'
    """
    change, low, high = (estimate[key] for key in ("change", "change_low", "change_high"))
    if change is None:
        return f"{words} cannot be compared"
    if low is None or high is None or low <= 0 <= high:
        return f"{words} does not clearly move ({_change_range(estimate)})"
    ends = sorted([abs(low), abs(high)])
    verb = "falls" if change < 0 else "rises"
    return (
        f"{words} {verb} by {abs(change):.1%} [{ends[0] * 100:.1f}, {ends[1] * 100:.1f}]".replace(
            "%", " %"
        )
    )


def _window(meta: Mapping[str, Any]) -> str:
    window = meta.get("window")
    if isinstance(window, Mapping):
        window = f"weeks {window['first_week']} to {window['last_week']}"
    return f"Window: {window}. " if window else ""


def _shortfalls(report: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, int]]]:
    for policy in _ordered(report):
        for task, run in report["policies"][policy]["tasks"].items():
            if run["shortfall"]["places"]:
                yield policy, task, run["shortfall"]


def _level(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}".replace("-", "−")


def _percent(value: float | None) -> str:
    """A change in words that a person reads: "+1.2 %", with a true minus sign, "0.0 %" for none.

    >>> _percent(-0.0123), _percent(-0.00001)
    ('−1.2 %', '0.0 %')
    """
    if value is None:
        return "–"
    return f"{_points(value)} %"


def _points(value: float) -> str:
    text = f"{value * 100:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text.replace("-", "−")


def _money(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def _level_range(estimate: Mapping[str, float | None]) -> str:
    low, high = estimate["low"], estimate["high"]
    bracket = "" if low is None or high is None else f" [{_level(low)}, {_level(high)}]"
    return _level(estimate["value"]) + bracket


def _change_range(estimate: Mapping[str, float | None]) -> str:
    low, high = estimate["change_low"], estimate["change_high"]
    if low is None or high is None:
        return _percent(estimate["change"])
    return f"{_percent(estimate['change'])} [{_points(low)}, {_points(high)}]"
