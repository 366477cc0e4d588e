"""The measured layer: a before-and-after comparison, its event study and what speaks against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recommender.impact.page.charts import events
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
from recommender.impact.page.svg import figure
from recommender.impact.page.what_if import window_of
from recommender.impact.page.words import (
    NO_BREAK,
    level,
    spelled,
    spread,
)


def measured_section(answers: Sequence[Mapping[str, Any]]) -> Html:
    """A part per measured outcome: its verdict, the event study and what speaks against it."""
    title = "Measured after a change"
    if not answers:
        return section(
            "measured", title,
            paragraph("Nothing was measured yet. After a change, greenaisle outcome compares "
                      "customers who got it with customers who did not, before and after; its "
                      "answer then stands here."),
            layer="measured",
        )  # fmt: skip
    return section("measured", title, *(_outcome(answer) for answer in answers), layer="measured")


def _outcome(answer: Mapping[str, Any]) -> Html:
    rows = [
        row for row in answer.get("by_period", [])
        if row.get("effect") is not None
    ]  # fmt: skip
    who = spelled(clean(answer.get("unit", "customer")).removesuffix("_id")).lower()
    unit = f"{clean(answer['outcome'])} per {who}"
    made: list[Content] = [
        tag("h3", "Effect on ", name(answer["outcome"])),
        paragraph(clean(answer["verdict"], 3000)),
    ]
    caption = (
        f"Measured · {window_of(answer.get('window'))} · {answer['treated']:,} treated, "
        f"{answer['untreated']:,} untreated · 95{NO_BREAK}% intervals · policy "
        f"{clean(answer.get('policy') or 'not named in the panel')}"
        + (f" v{clean(answer['policy_version'])}" if answer.get("policy_version") else "")
    )
    if rows:
        cells = [
            (f"{row['period']:+d}".replace("-", "−") if isinstance(row["period"], int)
             else clean(row["period"]),
             level(row["effect"]), f"{level(row.get('low'))} to {level(row.get('high'))}",
             f"{row['units']:,}" if row.get("units") is not None else "–")
            for row in rows
        ]  # fmt: skip
        numbers = table(caption, ["Period", "Effect", "Interval", "Units"], cells)
        apart = [r for r in rows if r.get("low") is not None and not r["low"] <= 0 <= r["high"]]
        before = sum(r["period"] < 0 for r in apart)
        all_before = sum(r["period"] < 0 for r in rows)
        shown = (
            f"Treated against untreated: {before} of {all_before} periods before the start and "
            f"{len(apart) - before} of {len(rows) - all_before} from it on have an interval "
            f"without 0."
        )
        note = "Hollow points are before the start."
        made.append(figure(events(rows, f"effect on {unit}"), shown, numbers, note))
    facts = {
        "Effect": spread(*(answer.get(key) for key in ("effect", "low", "high"))),
        "Of what would have been": _relative(answer),
        "Groups apart before the start": {True: "yes", False: "not visibly", None: "not testable"}[
            answer.get("trend_found")
        ],
        "p of the test of earlier trends": level(answer.get("trend_p")),
        "If the earlier trend went on": _trend(answer),
        "Interval reaches 0 at so many times the largest earlier step": level(
            answer.get("breakdown")
        ),
        "Smallest effect seen in four cases of five": level(answer.get("smallest_seen")),
        "How far to trust it": clean(answer.get("trust", "–")),
    }
    made.append(table(caption, ["Figure", "Value"], list(facts.items())))
    paths = [p for p in answer.get("paths", []) if len(p) == 3]
    if paths:
        body = [(level(m), f"{level(low)} to {level(high)}") for m, low, high in paths]
        heads = ["Steps after the start, times the largest before", "Interval"]
        made.append(folded("If the groups had drifted apart", table(
            f"{caption} · sensitivity after Rambachan and Roth", heads, body)))  # fmt: skip
    return inside(*made, bullets(clean(note, 500) for note in answer.get("notes", [])))


def _relative(answer: Mapping[str, Any]) -> str:
    share, low, high = (answer.get(k) for k in ("relative", "relative_low", "relative_high"))
    if share is None:
        return "–"
    if low is None or high is None:
        return f"{100 * share:+.1f} %".replace("-", "−")
    return f"{100 * share:+.1f} % ({100 * low:+.1f} to {100 * high:+.1f})".replace("-", "−")


def _trend(answer: Mapping[str, Any]) -> str:
    value, low, high = (answer.get(f"{k}_if_trend_continued") for k in ("effect", "low", "high"))
    return spread(value, low, high)
