"""The backtest's report as Markdown: what each weighting changes and costs, with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recommender.impact.page.words import (
    COLUMNS,
    PARTS,
    TASK_TITLES,
    change_range,
    level_range,
    money,
    move,
    ordered,
    others,
    percent,
    shortfalls,
    window_words,
)
from recommender.report_limits import certificates_markdown, limits_in_words


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
        lines += [f"- {_sentence(report, policy, task)}" for policy in others(report)]
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
    for policy, task, short in shortfalls(report):
        lines.append(
            f"- `{policy}`, {TASK_TITLES[task].lower()}: {short['households']:,} households have "
            f"too few candidates, {short['places']:,} places stay empty."
        )
    return "\n".join(lines) + "\n"


def weightings_markdown(
    report: Mapping[str, Any], task: str = "all", group: str = "figures"
) -> list[str]:
    """Lines of a Markdown table: each policy's weights and what they change, with intervals."""
    weights = ("shopper", "retailer", "climate", "sellers")
    heads = ["Policy", "Weights", "Carbon against", "Carbon price", *COLUMNS.values()]
    lines = _markdown_head(heads)
    for policy in ordered(report):
        entry = report["policies"][policy]
        figures = entry["tasks"][task][group]
        more = limits_in_words(entry)
        cells = [
            " / ".join(f"{entry['weights'][party]:g}" for party in weights)
            + (f"; {more}" if more else ""),
            {"need": "same need", "none": "all goods"}[entry["carbon"]["reference"]],
            money(entry["carbon_price_per_tonne"]),
        ]
        for figure in COLUMNS:
            estimate = figures[figure]
            baseline = policy == report["meta"]["baseline"]
            cells.append(level_range(estimate) if baseline else change_range(estimate))
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
    for policy in others(report):
        split = report["policies"][policy]["tasks"][task]["split"][kind]
        lines.append(f"| {policy} | {' | '.join(change_range(split[p]) for p in parts)} |")
    return lines


def _calibration_markdown(report: Mapping[str, Any]) -> list[str]:
    lines = _markdown_head(["Policy", "Said (all items)", "Seen", "Said (new items)", "Seen"])
    for policy in ordered(report):
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
        f"{part} {percent(split[part]['change'])}" for part in ("substitution", "mix", "volume")
    )
    moves = [
        move(words, run["figures"][figure])
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


def _window(meta: Mapping[str, Any]) -> str:
    window = window_words(meta)
    return f"Window: {window}. " if window else ""
