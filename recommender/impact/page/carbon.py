"""Carbon in detail: where a change comes from, and how far the footprints carry it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median
from typing import Any

from recommender.impact.page.charts import panels, point
from recommender.impact.page.html import (
    Content,
    Html,
    clean,
    folded,
    paragraph,
    section,
    tag,
)
from recommender.impact.page.svg import figure
from recommender.impact.page.tables import (
    both_cell,
    by_policy,
    change_cell,
    source_words,
)
from recommender.impact.page.words import (
    CARBON,
    NO_BREAK,
    PARTS,
    TASK_TITLES,
    count,
    is_clear,
    level,
    others,
    size,
    spelled,
)


def split_section(report: Mapping[str, Any]) -> Html:
    """Where the change in CO2e comes from, of purchases at equal use and of whole packs."""
    kinds = {"functional_kg": "CO2e at equal use", "total_kg": "CO2e of whole packs"}
    made: list[Content] = []
    for kind, of in kinds.items():
        parts = [p for p in PARTS if kind == "total_kg" or p != "pack_size"]
        made.append(tag("h3", of))
        made.append(_split_chart(report, "all", kind, of, parts))
        made.append(
            folded(
                f"{of}: {TASK_TITLES['new'].lower()}", _split_table(report, "new", kind, of, parts)
            )
        )
        if report["meta"]["audit_households"] > 1:
            made.append(
                folded(
                    f"{of}: the audit households, which chose nothing",
                    _split_table(report, "all", kind, of, parts, "audit_split"),
                )
            )
    return section(
        "split",
        "Where the change in CO2e comes from",
        paragraph(
            "A change is split without a rest: other products inside the same need (the headline), "
            "another mix of needs, other pack sizes (no saving), and fewer or more purchases. "
            "All of it is as claimed by the footprints that made the lists."
        ),
        *made,
        layer="observed",
    )


def _split_chart(
    report: Mapping[str, Any], task: str, kind: str, of: str, parts: list[str]
) -> Html:
    runs = {p: report["policies"][p]["tasks"][task]["split"].get(kind) for p in others(report)}
    rows = [
        point(policy, PARTS[part], split[part])
        for part in parts
        for policy, split in runs.items()
        if split
    ]
    if not rows:
        return paragraph("This run holds no split.")
    swaps = {p: s["substitution"] for p, s in runs.items() if s and is_clear(s["substitution"])}
    down = {p: s for p, s in swaps.items() if s["change"] < 0}
    sentence = (
        f"By swaps inside needs, {of} clearly falls under {len(down)} of {len(runs)} weightings"
    )
    if down:
        best = min(down, key=lambda p: down[p]["change"])
        sentence += (
            f", most under {clean(best)} (about {size(down[best]['change'])}, "
            f"{size(down[best]['change_high'])} to {size(down[best]['change_low'])})"
        )
    lean = [
        p for p, s in runs.items()
        if s and is_clear(s["mix"]) and s["mix"]["change"] < 0
        and s["mix"]["change"] < s["substitution"]["change"]
    ]  # fmt: skip
    sentence += f"; another mix of needs is the larger part under {len(lean)}."
    numbers = _split_table(report, task, kind, of, parts)
    columns = [PARTS[part].replace(" (no saving)", "") for part in parts]
    rows = [{**row, "column": row["column"].replace(" (no saving)", "")} for row in rows]
    short = {"Substitution inside needs": "Swaps inside needs"}
    rows = [{**row, "column": short.get(row["column"], row["column"])} for row in rows]
    return figure(panels(rows, [short.get(c, c) for c in columns]), sentence, numbers)


def _split_table(
    report: Mapping[str, Any], task: str, kind: str, of: str, parts: list[str], key: str = "split"
) -> Html:
    cells: dict[str, list[Content]] = {}
    for policy in others(report):
        split = report["policies"][policy]["tasks"][task][key].get(kind)
        if split:
            cells[policy] = [change_cell(split[part]) for part in parts]
    group = "audit" if key == "audit_split" else ""
    caption = f"{source_words(report, task, group)} · in percent of the baseline’s {of}"
    return by_policy(report, caption, [PARTS[part] for part in parts], cells)


def footprints_section(report: Mapping[str, Any]) -> Html:
    """The footprints' own ranges, and the same cuts by a second footprint table."""
    return section(
        "footprints",
        "How far the CO2e figures hold",
        tag("h3", "The footprints’ own ranges"),
        *_range(report),
        tag("h3", "Claimed and realised"),
        *_claimed(report),
        layer="observed",
    )


def _range(report: Mapping[str, Any]) -> list[Html]:
    found = {
        p: report["policies"][p]["tasks"]["all"].get("footprint_range") or {}
        for p in others(report)
    }
    found = {p: ranges for p, ranges in found.items() if CARBON in ranges}
    if not found:
        return [
            paragraph(
                "This run does not carry the footprints’ ranges into its figures: the intervals on "
                "this page are of households drawn again, and hold the footprints as they are."
            )
        ]
    rows = [point(p, "kg CO2e at equal use", r[CARBON]) for p, r in found.items()]
    clear = sum(is_clear(r[CARBON]) for r in found.values())
    sentence = (
        f"With every footprint drawn from its own range, the 80 % range of the change leaves out "
        f"0 under {clear} of {count(len(found), 'weighting')}."
    )
    keys = list(dict.fromkeys(key for ranges in found.values() for key in ranges))
    cells = {p: [both_cell(r.get(key)) for key in keys] for p, r in found.items()}
    heads = [report["figures"].get(key, {}).get("meaning", spelled(key)) for key in keys]
    window = source_words(report).split(" · ")
    caption = f"{' · '.join(window[:4])} · 80{NO_BREAK}% ranges of the footprints"
    numbers = by_policy(report, caption, heads, cells)
    return [figure(panels(rows, ["kg CO2e at equal use"]), sentence, numbers)]


def _claimed(report: Mapping[str, Any]) -> list[Html]:
    found = {
        p: report["policies"][p]["tasks"]["all"].get("claimed_realised") for p in others(report)
    }
    both = {p: entry for p, entry in found.items() if entry}
    if not both:
        return [
            paragraph(
                "The cuts were not re-scored here: the workspace has no second footprint table. "
                "One from other sources and another mapping shows how much of a cut is real."
            )
        ]
    rows = [
        {**point(p, "kg CO2e at equal use", entry[kind]), "kind": kind}
        for p, entry in both.items()
        for kind in ("claimed", "realised")
    ]
    kept = [
        entry["realised"]["change"] / entry["claimed"]["change"]
        for entry in both.values()
        if is_clear(entry["claimed"]) and entry["realised"]["change"] is not None
    ]
    held = sum(
        is_clear(e["realised"]) and is_clear(e["claimed"])
        and e["realised"]["change"] * e["claimed"]["change"] > 0
        for e in both.values()
    )  # fmt: skip
    part = f"; in the median, {median(kept):.0%} of what is claimed is realised" if kept else ""
    sentence = (
        f"Re-scored with a second footprint table, {held} of {count(len(both), 'cut')} clearly "
        f"keep their sign{part}."
    ).replace("%", " %")
    facts = paragraph(
        f"Circle: claimed, by the table that made the lists. Diamond: realised, by a second one. "
        f"Over the products that a weighting lists and both tables know "
        f"({_span((e['products'] for e in both.values()), '{:,}')} of them, by weighting), the two "
        f"tables’ logarithms correlate by {_span(e['correlation_log_kg'] for e in both.values())}; "
        f"inside needs, where swaps are made, by "
        f"{_span(e.get('correlation_inside_needs') for e in both.values())}.",
        cls="note",
    )
    cells = {
        p: [
            change_cell(e["claimed"]), change_cell(e["realised"]),
            level(e["correlation_log_kg"]), level(e.get("correlation_inside_needs")),
        ]
        for p, e in both.items()
    }  # fmt: skip
    heads = ["Claimed", "Realised", "Correlation of log kg", "inside needs"]
    numbers = by_policy(report, source_words(report), heads, cells)
    said = dict.fromkeys(clean(e["note"], 500) for e in both.values() if e.get("note"))
    drawn = panels(rows, ["kg CO2e at equal use"])
    return [figure(drawn, sentence, numbers), facts, *(paragraph(n, cls="note") for n in said)]


def _span(values: Iterable[float | None], shown: str = "{:.3f}") -> str:
    """From the least to the most of figures of several policies, as one where they look the same.

    >>> _span([0.9371, None, 0.8849]), _span([0.93, 0.93]), _span([None])
    ('0.885 to 0.937', '0.930', '–')
    """
    known = [value for value in values if value is not None]
    if not known:
        return "–"
    least, most = (shown.format(end) for end in (min(known), max(known)))
    return least if least == most else f"{least} to {most}"
