"""Marks and charts, each with the sentence that says what it shows. No product text enters here."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from app_pages._words import change, listed, percent

# middle tones, so that one drawing reads on the light and on the dark ground
TEAL, GREY, AMBER, WORDS = "#12908a", "#8b9896", "#b9770e", "#717c7a"
EDGE = 8
# the browser's tab: the mark itself; an icon by name would be fetched from another machine
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="32" height="32">'
    f'<line x1="2" x2="30" y1="16" y2="16" stroke="{GREY}" stroke-width="3"/>'
    f'<circle cx="11" cy="16" r="8" fill="{TEAL}"/></svg>'
)
FAMILIES = {"need": "for the same need", "none": "across all goods"}
SHAPES = {"for the same need": "circle", "across all goods": "square"}


def footprint_mark(
    ranges: Sequence[tuple[float, float, float]], scale: tuple[float, float], width: int = 240
) -> str:
    """A dot on the line from the lighter to the heavier goods of a need, range as a thin bar: SVG.

    `ranges` are (figure, low, high) in kg CO2e, the one in question last (earlier ones are grey);
    `scale` how far the ranges of the need's goods reach, drawn in logarithms. "" where the need has
    no scale.
    """
    least, most = scale
    if not ranges or not 0 < least < most:
        return ""
    span = math.log(most / least)

    def at(kg: float) -> float:
        share = math.log(max(kg, 1e-9) / least) / span
        return round(EDGE + (width - 2 * EDGE) * min(max(share, 0.0), 1.0), 1)

    row = 14
    height = row * len(ranges) + 17
    marks = []
    for k, (kg, low, high) in enumerate(ranges):
        y, colour = row * k + 9, TEAL if k == len(ranges) - 1 else GREY
        marks.append(
            f'<line x1="{EDGE}" x2="{width - EDGE}" y1="{y}" y2="{y}" stroke="{GREY}" '
            f'stroke-opacity="0.5"/>'
            f'<line x1="{at(low)}" x2="{at(high)}" y1="{y}" y2="{y}" stroke="{colour}" '
            f'stroke-width="4" stroke-opacity="0.45" stroke-linecap="round"/>'
            f'<circle cx="{at(kg)}" cy="{y}" r="5" fill="{colour}"/>'
        )
    words = (
        f'<text x="{EDGE}" y="{height - 4}">lighter</text>'
        f'<text x="{width - EDGE}" y="{height - 4}" text-anchor="end">heavier</text>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="sans-serif" font-size="9" fill="{WORDS}">'
        f"{''.join(marks)}{words}</svg>"
    )


def mark_sentence(kg: float, low: float, middle: float, high: float) -> str:
    """Where a figure stands among the products of its need, for those who do not see the mark.

    >>> mark_sentence(1.0, 0.9, 2.0, 4.0)
    'on the lighter side for this use'
    """
    if not low < high or math.isnan(middle):
        return "the only figure for this use"
    where = math.log(kg / low) / math.log(high / low) if kg > 0 else 0.0
    centre = math.log(middle / low) / math.log(high / low)
    if abs(where - centre) < 0.12:
        return "about the middle for this use"
    return f"on the {'lighter' if where < centre else 'heavier'} side for this use"


def policy_points(report: Mapping[str, Any], task: str) -> pd.DataFrame:
    """One row per policy of a report: changes in carbon and relevance against today, in percent."""
    rows = []
    for name, entry in report["policies"].items():
        figures = entry["tasks"][task]["figures"]
        row: dict[str, Any] = {
            "policy": name,
            "family": FAMILIES[entry["carbon"]["reference"]],
            "climate": entry["weights"]["climate"],
        }
        for axis, figure in (("carbon", "demand_kg_functional"), ("relevance", "ndcg")):
            for end in ("change", "change_low", "change_high"):
                value = figures[figure][end]
                row[axis + end.removeprefix("change")] = None if value is None else 100 * value
            row[f"{axis}_said"] = change(figures[figure])
        rows.append(row)
    return pd.DataFrame(rows)


def trade_off_chart(points: pd.DataFrame, current: str, baseline: str) -> alt.LayerChart:
    """Relevance against carbon, a point a policy, intervals as thin lines, `current` in colour."""
    points = points.assign(
        role=points["policy"].map({current: "your weights", baseline: "today"}).fillna("other")
    )
    colour = alt.Color(
        "role:N",
        scale=alt.Scale(domain=["your weights", "today", "other"], range=[TEAL, AMBER, GREY]),
        legend=None,
    )
    # names stand to the right of their points: room for the last one
    ends = points[["carbon_low", "carbon_high", "carbon"]].fillna(0.0)
    least, most = min(ends.min().min(), 0.0), max(ends.max().max(), 0.0)
    span = most - least or 1.0
    wide = alt.Scale(domain=[least - 0.03 * span, most + 0.16 * span], nice=False)
    zero, axis = alt.Scale(zero=True, nice=True), alt.Axis(tickCount=5)

    def carbon(field: str) -> alt.X:
        return alt.X(
            f"{field}:Q", title="Change in kg CO2e at equal function, %", scale=wide, axis=axis
        )

    def relevance(field: str) -> alt.Y:
        return alt.Y(f"{field}:Q", title="Change in relevance (NDCG@10), %", scale=zero, axis=axis)

    base = alt.Chart(points)
    thin = base.mark_rule(strokeWidth=1, opacity=0.6)
    across = thin.encode(
        x=carbon("carbon_low"), x2="carbon_high:Q", y=relevance("relevance"), color=colour
    )
    down = thin.encode(
        x=carbon("carbon"), y=relevance("relevance_low"), y2="relevance_high:Q", color=colour
    )
    dots = base.mark_point(filled=True, opacity=1).encode(
        x=carbon("carbon"),
        y=relevance("relevance"),
        color=colour,
        shape=alt.Shape(
            "family:N",
            title="Carbon compared",
            scale=alt.Scale(domain=list(SHAPES), range=list(SHAPES.values())),
            legend=alt.Legend(orient="top", symbolFillColor=GREY, symbolStrokeColor=GREY),
        ),
        size=alt.condition(alt.datum.role == "your weights", alt.value(190), alt.value(80)),
        tooltip=[
            alt.Tooltip("policy:N", title="Policy"),
            alt.Tooltip("carbon_said:N", title="kg CO2e at equal function"),
            alt.Tooltip("relevance_said:N", title="Relevance"),
        ],
    )
    named = alt.Chart(points[uncrowded(points)])
    names = named.mark_text(align="left", dx=9, dy=-8, fontSize=11).encode(
        x=carbon("carbon"), y=relevance("relevance"), text="policy:N", color=colour
    )
    return (across + down + dots + names).properties(height=400)


def uncrowded(points: pd.DataFrame, wide: float = 0.14, tall: float = 0.09) -> list[bool]:
    """Which points have room for their name; the current weights and today come first.

    `wide` and `tall` are what a name takes, as shares of the chart. The tooltip names every point.
    """
    turn = points["role"].map({"your weights": 0, "today": 1}).fillna(2).argsort(kind="stable")
    place = points[["carbon", "relevance"]].astype("float64").fillna(0.0)
    share = ((place - place.min()) / (place.max() - place.min()).replace(0.0, 1.0)).to_numpy()
    named: list[int] = []
    for k in turn:  # a dozen points
        near = abs(share[named] - share[k]) < (wide, tall)
        if not near.all(axis=1).any():
            named.append(int(k))
    return [k in named for k in range(len(points))]


def trade_off_sentence(points: pd.DataFrame, current: str, baseline: str) -> str:
    """What the trade-off chart shows: how far it reaches, and where the current weights stand."""
    others = points[~points["policy"].isin([baseline, current])]
    here = points[points["policy"] == current]
    said = [
        f"Change in relevance against change in carbon for {len(points)} policies; today's, "
        f"{baseline}, is at 0 for both."
    ]
    if not others.empty:
        far = others.iloc[int(others["carbon"].argmin())]
        said.append(
            f"The largest cut shown, {far['policy']}, changes kg CO2e by {far['carbon_said']} and "
            f"relevance by {far['relevance_said']}."
        )
    if not here.empty and current != baseline:
        row = here.iloc[0]
        said.append(
            f"Your weights ({current}) change kg CO2e by {row['carbon_said']} and relevance by "
            f"{row['relevance_said']}."
        )
    return " ".join(said)


def split_sentence(split: Mapping[str, Mapping[str, float | None]]) -> str:
    """Where a carbon change comes from: "of it: substitution −8 %, mix −13 %, packs 0 %"."""
    names = {
        "substitution": "swaps for the same need",
        "mix": "another mix of needs",
        "pack_size": "pack size (no saving)",
        "volume": "more or fewer purchases",
    }
    parts = [
        f"{said} {percent(split[part]['change'])}" for part, said in names.items() if part in split
    ]
    return f"of it: {listed(parts)}"
