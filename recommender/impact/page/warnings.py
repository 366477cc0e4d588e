"""What to mind before choosing a policy, and what nobody knows yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from recommender.impact.page.html import (
    Content,
    Html,
    bullets,
    clean,
    inside,
    name,
    paragraph,
    tag,
)
from recommender.impact.page.words import (
    NO_BREAK,
    TASK_TITLES,
    count,
    figures_of,
    is_clear,
    listed,
    ordered,
    shortfalls,
)

MISSED_TOLD = 3


def warnings(report: Mapping[str, Any]) -> Html:
    """What to mind before choosing; a sentence where nothing was found."""
    lines = [*_warnings(report)]
    if not lines:
        return paragraph("No limit was missed and no list stayed short.")
    return tag("aside", tag("h3", "To mind"), bullets(lines), cls="warnings", aria_label="Warnings")


def _warnings(report: Mapping[str, Any]) -> Iterator[Content]:
    found = (report.get("segments") or {}).get("warnings", [])
    for warning in found[:6]:
        yield inside(name(warning.get("policy", "")), ": ", clean(warning.get("sentence", ""), 400))
    if len(found) > 6:
        yield f"{len(found) - 6} more segments move against the total: see Segments."
    for policy in ordered(report):
        for task, run in report["policies"][policy]["tasks"].items():
            sure = run.get("certificate") or {}
            if sure.get("missed"):
                first = listed([clean(m["limit"]) for m in sure["missed_first"][:MISSED_TOLD]]) + (
                    " first" if sure["missed"] > MISSED_TOLD else ""
                )
                yield inside(
                    name(policy),
                    f", {TASK_TITLES[task].lower()}: {count(sure['missed'], 'limit')} missed "
                    f"({first}).",
                )
    for policy, task, short in shortfalls(report):
        yield inside(
            name(policy),
            f", {TASK_TITLES[task].lower()}: {count(short['places'], 'place')} stay empty for "
            f"{count(short['households'], 'household')}.",
        )
    unknown = {
        policy: figures_of(report, policy).get("unknown_share", {}).get("value") or 0.0
        for policy in ordered(report)
    }
    worst = max(unknown, key=lambda policy: unknown[policy])
    if unknown[worst] > 0:
        yield inside(
            "Goods of unknown footprint count as 0 kg. They hold at most ",
            f"{unknown[worst]:.2%}".replace("%", f"{NO_BREAK}%"),
            " of attention, under ", name(worst), ".",
        )  # fmt: skip
    for policy in ordered(report):
        both = report["policies"][policy]["tasks"]["all"].get("claimed_realised")
        if both and is_clear(both["claimed"]) and not is_clear(both["realised"]):
            yield inside(
                name(policy),
                ": by the second footprint table, CO2e at equal use does not clearly move, though "
                "by the first it does.",
            )


def unknown(
    report: Mapping[str, Any],
    what_if: Sequence[Mapping[str, Any]],
    measured: Sequence[Mapping[str, Any]],
) -> Html:
    """What these figures cannot say, and where it would come from."""
    meta = report["meta"]
    basis = meta.get("products_by_basis", {})
    lines: list[Content] = [
        "A backtest sees what shoppers bought from a shop that did not show these lists. It cannot "
        "see how shoppers and sellers adapt, and a change of lists mostly looks like a loss in it.",
    ]
    if not what_if:
        lines.append("How shoppers might answer is not worked out here: greenaisle simulate.")
    if not measured:
        lines.append("Nothing here was measured after a change: greenaisle outcome.")
    if basis:
        total = sum(basis.values())
        own = basis.get("own figure", 0)
        lines.append(
            f"CO2e figures are estimates. {own:,} of {total:,} products have a figure of their own "
            f"at equal use; the rest take the mean of their need, or none "
            f"({basis.get('unknown', 0):,})."
        )
    if not any(
        run.get("claimed_realised")
        for e in report["policies"].values()
        for run in e["tasks"].values()
    ):
        lines.append(
            "Whether the cuts hold under a second footprint table was not part of this run."
        )
    margins = (meta.get("margins") or {}).get("basis")
    lines.append(
        f"Margins: {clean(margins, 400)}. "
        f"{count(meta['products_without_margin'], 'product')} without a rate count as 0."
        if margins
        else "Margins are the catalogue’s margin rates; where they come from is not said in this "
        f"run. {count(meta['products_without_margin'], 'product')} without a rate count as 0."
    )
    lines.append(
        "A policy picked because it looks best on this window will look a little less good on the "
        "next one."
    )
    return tag("aside", tag("h3", "What is not known"), bullets(lines), cls="unknown",
               aria_label="What is not known")  # fmt: skip
