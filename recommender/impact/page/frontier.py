"""Relevance against carbon: which policies keep most, and which stay behind another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recommender.impact.page.frontier_chart import frontier
from recommender.impact.page.html import (
    Html,
    inside,
    paragraph,
)
from recommender.impact.page.svg import figure, label
from recommender.impact.page.words import (
    CARBON,
    RELEVANCE,
    figures_of,
    listed,
    ordered,
    size,
)

NEAR = 0.05  # of relevance: beyond it, a policy leaves the close view of the frontier
FAR = 0.15  # of relevance: where a policy loses more, there is a close view


def frontiers(report: Mapping[str, Any]) -> list[Html]:
    """Relevance against carbon: all policies, and from near those that keep most relevance."""
    rows = []
    for policy in ordered(report):
        figures = figures_of(report, policy)
        baseline = policy == report["meta"]["baseline"]
        row: dict[str, Any] = {
            "name": label(policy),
            "family": family(report["policies"][policy], baseline),
        }
        for axis, key in (("x", CARBON), ("y", RELEVANCE)):
            for end, of in (("", "change"), ("_low", "change_low"), ("_high", "change_high")):
                change = 0.0 if baseline else figures[key][of]
                row[axis + end] = None if change is None else 100 * change
        if row["x"] is not None and row["y"] is not None:
            rows.append(row)
    if len(rows) < 2:
        return [paragraph("No frontier is drawn: fewer than two policies can be compared.")]
    axes = ("change of kg CO2e at equal use, %", "change of relevance (NDCG), %")
    near = [row for row in rows if row["y"] >= -100 * NEAR]
    made = []
    if len(near) >= 3 and min(row["y"] for row in rows) < -100 * FAR:
        made.append(figure(frontier(near, axes), _frontier_sentence(near, True)))
        far = [{**row, "name": "" if row in near else row["name"]} for row in rows]
        note = "Names of the close view are left out."
        made.append(figure(frontier(far, axes), _frontier_sentence(rows, False), note=note))
    else:
        made.append(figure(frontier(rows, axes), _frontier_sentence(rows, False)))
    made[0] = inside(made[0], paragraph(
        "Crosses are intervals. Up is more relevant, left is lighter. Circle: compared for the "
        "same need; square: all goods against each other; triangle: with limits; diamond: the "
        "baseline. The numbers stand in the table below.", cls="note"))  # fmt: skip
    return made


def family(entry: Mapping[str, Any], baseline: bool) -> str:
    if baseline:
        return "baseline"
    if entry.get("limits") or entry.get("sellers", {}).get("floor"):
        return "with limits"
    return "same need" if entry["carbon"]["reference"] == "need" else "all goods"


def _frontier_sentence(rows: Sequence[Mapping[str, Any]], near: bool) -> str:
    beaten = [
        row["name"]
        for row in rows
        if row["family"] != "baseline"
        and any(
            o["x"] <= row["x"] and o["y"] >= row["y"] and (o["x"] < row["x"] or o["y"] > row["y"])
            for o in rows
        )
    ]
    shown = [row for row in rows if row["family"] != "baseline"]
    lightest = min(shown, key=lambda row: row["x"])
    which = f"keep {100 - 100 * NEAR:g} % of relevance" if near else "were compared"
    said = (
        f"Of {len(shown)} weightings that {which}, {lightest['name']} is the lightest: about "
        f"{size(lightest['x'] / 100)} {'less' if lightest['x'] < 0 else 'more'} CO2e at equal use "
        f"for {size(lightest['y'] / 100)} {'less' if lightest['y'] < 0 else 'more'} relevance"
    )
    if beaten and len(beaten) <= 4:
        return f"{said}; on these two counts alone, {listed(beaten)} stay behind another one."
    if beaten:
        return f"{said}; on these two counts alone, {len(beaten)} of them stay behind another one."
    return f"{said}; none is behind another one on both counts."
