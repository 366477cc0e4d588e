"""How far to trust a run: chances said and seen, limits and certificates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recommender.impact.page.charts import reliability
from recommender.impact.page.html import (
    Content,
    Html,
    clean,
    inside,
    paragraph,
    section,
    table,
    tag,
)
from recommender.impact.page.svg import figure
from recommender.impact.page.tables import by_policy, policy_cell, source_words
from recommender.impact.page.words import (
    NO_BREAK,
    TASK_TITLES,
    ordered,
    window_words,
)
from recommender.report_limits import limits_in_words

MISSED_TOLD = 3


def said_and_seen(bands: list[Mapping[str, Any]]) -> tuple[float, float] | None:
    """Mean p_buy of the places in these bands, and the share of them that was bought."""
    places = sum(band["rows"] for band in bands)
    if not places:
        return None
    said, seen = (sum(b[k] * b["rows"] for b in bands) / places for k in ("said", "seen"))
    return said, seen


def calibration_section(report: Mapping[str, Any]) -> Html:
    """Whether p_buy is honest among the places that each policy fills."""
    baseline = report["meta"]["baseline"]
    bands = {
        p: [b for b in report["policies"][p]["tasks"]["all"].get("calibration", []) if b["rows"]]
        for p in ordered(report)
    }
    means = {p: found for p, b in bands.items() if (found := said_and_seen(b)) is not None}
    if baseline not in means:
        return section(
            "calibration", "How far p_buy can be trusted",
            paragraph("This run does not compare p_buy with what was bought."), layer="observed",
        )  # fmt: skip
    furthest = max(means, key=lambda p: abs(means[p][1] / means[p][0] - 1) if means[p][0] else 0)
    lines = {clean(baseline): bands[baseline]}
    if furthest != baseline:
        lines[clean(furthest)] = bands[furthest]
    said, seen = means[baseline]
    off, got = means[furthest]
    sentence = (
        f"Over the places of {clean(baseline)}, {100 * said:.1f} % was said and {100 * seen:.1f} % "
        f"seen; furthest off in proportion is {clean(furthest)}, with {100 * off:.1f} % said and "
        f"{100 * got:.1f} % seen."
    )
    cells: dict[str, list[Content]] = {}
    for policy in ordered(report):
        row: list[Content] = []
        for task in TASK_TITLES:
            run = report["policies"][policy]["tasks"][task]
            found = said_and_seen(run.get("calibration", []))
            row += ["–", "–"] if found is None else [f"{found[0]:.3f}", f"{found[1]:.3f}"]
        cells[policy] = row
    heads = ["Said, all items", "Seen", "Said, new items", "Seen"]
    numbers = by_policy(report, f"{source_words(report, None)} · means over places, no interval",
                        heads, cells)  # fmt: skip
    note = "On the straight line, chances are honest; circles are the baseline."
    return section(
        "calibration",
        "How far p_buy can be trusted",
        figure(reliability(lines), sentence, numbers, note),
        layer="observed",
    )


def certificates_section(report: Mapping[str, Any]) -> Html:
    """Limits asked, how near each answer is to the best possible one, and what was missed."""
    rows: list[list[Content]] = []
    for policy in ordered(report):
        entry = report["policies"][policy]
        words = limits_in_words(entry)
        if not words:
            continue
        for task, title in TASK_TITLES.items():
            sure = entry["tasks"][task].get("certificate")
            if sure is None:
                continue
            gap = "–" if sure["gap"] is None else f"{sure['gap'] * 100:.4f}{NO_BREAK}%"
            surrogates = sure.get("surrogates")
            missed = f"{sure['missed']:,}"
            rows.append(
                [
                    policy_cell(report, policy),
                    title,
                    clean(words, 400),
                    inside(
                        gap, surrogates and tag("small", f"of a surrogate: {', '.join(surrogates)}")
                    ),
                    inside(
                        tag("span", f"▲ {missed} missed", cls="alarm")
                        if sure["missed"]
                        else "none",
                        [
                            tag("small", f"{clean(m['limit'])}: {clean(m['because'])}")
                            for m in sure["missed_first"][:MISSED_TOLD]
                        ],
                    ),
                    f"{sure['deferred']:,}",
                    f"{sure['added']:,}",
                ]
            )
    if not rows:
        body: Html = paragraph("No policy has limits: every list is the household’s own best one.")
    else:
        heads = [
            "Policy",
            "Task",
            "Limits",
            "Gap at most",
            "Missed",
            "Deferred",
            "Candidates added",
        ]
        caption = (
            f"Computed for {window_words(report['meta']) or 'the window'} · exact, no interval"
        )
        body = inside(
            table(caption, heads, rows, words=[1, 2, 4]),
            paragraph(
                "Gap: no lists within the limits are worth more than this share above these; none "
                "is told where a limit is missed. Deferred: sellers’ floors of less than one last "
                "place, which later runs owe.",
                cls="note",
            ),
        )
    return section("certificates", "Limits and certificates", body)
