"""Sellers in detail: how evenly they are seen, who is worst off, and the largest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recommender.impact.page.charts import panels, point
from recommender.impact.page.html import (
    Content,
    Html,
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
from recommender.impact.page.tables import (
    both_cell,
    by_policy,
    percent_level,
    plain_cell,
    source_words,
)
from recommender.impact.page.words import (
    count,
    figures_of,
    is_clear,
    level,
    ordered,
    others,
    size,
)

COUNTED = {
    "sellers_under_floor": "Sellers under floor",
    "sellers_under_target": "under target",
    "unseen": "not seen at all",
}


def sellers_section(report: Mapping[str, Any]) -> Html:
    """Who is seen: Gini with and without the private label, top ten, small, worst and largest."""
    shown = {
        "seller_gini": "Gini",
        "seller_gini_without_private_label": "Gini without private label",
        "seller_top10_share": "Top ten’s share",
        "private_label_share": "Private label’s share",
    }
    shown = {key: words for key, words in shown.items() if key in report["figures"]}
    rows = [
        point(p, words, figures_of(report, p)[key])
        for p in others(report)
        for key, words in shown.items()
    ]
    rows = [row for row in rows if row["value"] is not None]
    base = figures_of(report, report["meta"]["baseline"])
    flatter = [
        p for p in others(report)
        if is_clear(figures_of(report, p)["seller_gini"])
        and figures_of(report, p)["seller_gini"]["change"] < 0
    ]  # fmt: skip
    top = base["seller_top10_share"]["value"]
    sentence = (
        f"In the baseline the ten sellers shown most hold {size(top)} of attention; attention is "
        f"clearly spread wider (a lower Gini) under {len(flatter)} of "
        f"{count(len(others(report)), 'weighting')}."
    )
    cells = {
        p: [both_cell(figures_of(report, p).get(key)) for key in shown] for p in ordered(report)
    }
    numbers = by_policy(report, source_words(report), list(shown.values()), cells)
    columns = [words for words in shown.values() if any(row["column"] == words for row in rows)]
    drawing = (
        figure(panels(rows, columns), sentence, numbers)
        if rows
        else inside(paragraph(sentence), numbers)
    )
    return section(
        "sellers", "Sellers", drawing, *_worst(report), _largest(report), layer="observed"
    )


def _worst(report: Mapping[str, Any]) -> list[Html]:
    title = tag("h3", "The worst-off seller")
    cells: dict[str, list[Content]] = {}
    notes: dict[str, None] = {}
    for policy in ordered(report):
        worst = report["policies"][policy]["tasks"]["all"].get("worst_seller")
        if worst:
            against = worst.get("against", "floor")
            due = worst.get("floor") if against == "floor" else worst.get("target")
            cells[policy] = [
                name("–" if worst.get("seller_id") is None else worst["seller_id"]),
                percent_level(worst.get("share")),
                inside(percent_level(due), tag("small", clean(against))),
                level(worst.get("ratio")),
                *(plain_cell(worst.get(key)) for key in COUNTED),
            ]
            if worst.get("note"):
                notes[clean(worst["note"], 400)] = None
    if not cells:
        return [title, paragraph("This run does not name the seller furthest under its floor.")]
    heads = ["Seller", "Share of attention", "Due to it", "Share over due", *COUNTED.values()]
    caption = f"{source_words(report)} · counts and extremes, no interval"
    return [
        title,
        by_policy(report, caption, heads, cells, words=[1]),
        paragraph(
            " ".join(notes)
            or "Households drawn again can only move an extreme one way, so it has no interval.",
            cls="note",
        ),
    ]


def _largest(report: Mapping[str, Any]) -> Html:
    sellers = report["sellers"]
    largest = sellers.get("largest", [])
    policies = ordered(report)
    rows = [
        (
            inside("Seller ", name(seller["seller_id"])),
            percent_level(seller["target"]),
            *(
                percent_level(
                    report["policies"][p]["tasks"]["all"]["sellers"].get(seller["seller_id"])
                )
                for p in policies
            ),
        )
        for seller in largest
    ]
    told = paragraph(
        f"{sellers['sellers']:,} sellers, {sellers['small']:,} of them small (outside the top "
        f"tenth by training sales); {sellers['sellers_short']:,} are shown less than their "
        f"{clean(sellers['target'])} stands for in the baseline."
    )
    heads = ["Largest by training sales", "Target", *(name(p) for p in policies)]
    caption = f"{source_words(report)} · share of attention, as it is in these lists (no interval)"
    return inside(told, folded("Attention on the largest sellers", table(caption, heads, rows)))
