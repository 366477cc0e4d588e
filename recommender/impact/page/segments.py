"""Segments: what the total hides, and the cells too small to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recommender.impact.page.html import (
    Content,
    Html,
    bullets,
    clean,
    folded,
    inside,
    name,
    paragraph,
    section,
    table,
    tag,
)
from recommender.impact.page.tables import (
    change_cell,
    source_words,
)
from recommender.impact.page.words import (
    NO_BREAK,
    count,
    level,
    listed,
    others,
    spelled,
)

FEW, MOST = 25, 12  # segments of a kind: all are shown, or so many of the largest

SHORT = {
    "ndcg": "Relevance (NDCG)",
    "demand_revenue": "Revenue",
    "demand_margin": "Margin",
    "demand_kg_functional": "kg CO2e at equal use",
    "demand_kg_pack": "kg CO2e of whole packs",
    "seller_small_share": "Small sellers’ attention",
}


def segments_section(report: Mapping[str, Any]) -> Html:
    """Figures by segment, the warnings, and what was kept back because too few are in it."""
    found = report.get("segments")
    if not found:
        return section(
            "segments", "Segments",
            paragraph("This run does not tell segments apart: it knew no ages, incomes, stores or "
                      "regions of its households."),
            layer="observed",
        )  # fmt: skip
    kept = {kind: n for kind, n in found.get("suppressed", {}).items() if n}
    smallest = found.get("smallest", 10)
    hidden = (
        "Not shown: "
        + listed(
            f"{count(n, 'cell')} of {spelled(clean(kind)).lower()}" for kind, n in kept.items()
        )
        + f". Each has fewer than {smallest} households, or is larger and would give fewer away "
        "by subtraction"
        if kept
        else "No segment is kept back"
    )
    notes = [clean(note, 500) for note in found.get("notes", [])]
    return section(
        "segments",
        "Segments",
        _segment_warnings(found),
        paragraph(hidden + "."),
        *(
            _policy_segments(report, found, policy)
            for policy in others(report)
            if any(row["policy"] == policy for row in found["rows"])
        ),
        bullets(notes),
        layer="observed",
    )


def _segment_warnings(found: Mapping[str, Any]) -> Html:
    warnings = found.get("warnings", [])
    if not warnings:
        return paragraph("No segment clearly moves against the total.")
    lines = [
        inside(name(w.get("policy", "")), ": ", clean(w.get("sentence", ""), 400)) for w in warnings
    ]
    return tag(
        "aside",
        tag("h3", "Segments against the total"),
        bullets(lines),
        cls="warnings",
        aria_label="Segments against the total",
    )


def _policy_segments(report: Mapping[str, Any], found: Mapping[str, Any], policy: str) -> Html:
    """One policy: a table for each kind of segment."""
    mine = [row for row in found["rows"] if row["policy"] == policy]
    figures = list(dict.fromkeys(row["figure"] for row in mine))
    heads = ["Segment", *(SHORT.get(key, _meaning(report, key)) for key in figures)]
    version = report["policies"][policy].get("version")
    made: list[Content] = []
    for kind in dict.fromkeys(row["kind"] for row in mine):
        rows = [row for row in mine if row["kind"] == kind]
        told, of = _told(rows), spelled(clean(kind)).lower()
        at = {(str(row["segment"]), row["figure"]): row for row in rows}
        households = {str(row["segment"]): row["households"] for row in rows}
        body = [
            (
                inside(name(segment), tag("small", f"{households[segment]:,} households")),
                *(_segment_cell(at.get((segment, key))) for key in figures),
            )
            for segment in told
        ]
        caption = inside(
            f"{spelled(clean(kind))} · ", name(policy), f" v{version} · {source_words(report)}"
        )
        made.append(table(caption, heads, body))
        if len(told) < len(households):
            made.append(
                paragraph(
                    f"Shown are the {MOST} largest by {of} and those against the "
                    f"total; all {len(households)} are in report.json.",
                    cls="note",
                )
            )
    against = sum(bool(row.get("against_total")) for row in mine)
    mark = f": {count(against, 'cell')} against the total" if against else ""
    return folded(inside(name(policy), mark), *made)


def _told(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The segments of a kind that are shown: all of few, of many the largest and the odd ones."""
    households = {str(row["segment"]): row["households"] for row in rows}
    odd = {str(row["segment"]) for row in rows if row.get("against_total")}
    if len(households) <= FEW:
        return list(households)
    largest = sorted(households, key=lambda segment: -households[segment])[:MOST]
    return [segment for segment in households if segment in odd or segment in largest]


def _meaning(report: Mapping[str, Any], key: str) -> str:
    return str(report["figures"].get(key, {}).get("meaning", spelled(key)))


def _segment_cell(row: Mapping[str, Any] | None) -> Content:
    if row is None:
        return "–"
    notes = []
    if row.get("against_total"):
        notes.append(tag("span", "▲ against the total", cls="alarm"))
    if isinstance(row.get("shrunk"), int | float) and not isinstance(row["shrunk"], bool):
        notes.append(inside(f"shrunk {100 * row['shrunk']:+.1f}{NO_BREAK}%".replace("-", "−")))
    if row.get("q_value") is not None:
        notes.append(inside(f"q {level(row['q_value'])}"))
    return inside(change_cell(row), [tag("small", note) for note in notes])
