"""Charts of the Evidence page. Product text never enters; names of the log are cut by the axes."""

from __future__ import annotations

import altair as alt
import pandas as pd

from app_pages._draw import AMBER, GREY, TEAL
from app_pages._evidence.parts import LISTED, SEEN, WEIGHTED
from app_pages._layers import MEASURED, OBSERVED, WHAT_IF

ROW, NAMES = 30, 165  # pixels of a row, and of the names beside it
SIDES = {"claimed": "circle", "realised": "square"}


def quiet_line(at: float) -> alt.Chart:
    """A dashed line at `at`, which only eyes need."""
    mark = alt.Chart(pd.DataFrame({"at": [at]}))
    return mark.mark_rule(color=GREY, strokeDash=[3, 3], aria=False)


def zero(axis: str) -> alt.Chart:
    """A quiet line at no change."""
    line = alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(
        color=GREY, strokeDash=[3, 3], aria=False
    )
    return line.encode(**{axis: alt.datum(0.0)})


def names() -> alt.Axis:
    """Names beside rows; a phone has little room, so that kg stand without their CO2e."""
    return alt.Axis(labelLimit=NAMES, labelExpr="replace(datum.label, ' CO2e', '')")


def across(field: str, title: str) -> alt.X:
    """A figure from left to right; its title ends with the axis, so that a phone shows it all."""
    return alt.X(f"{field}:Q", title=title, axis=alt.Axis(tickCount=6, titleAnchor="end"))


def reliability_chart(bands: pd.DataFrame, whose: list[str]) -> alt.LayerChart:
    """Said against seen in percent, a point a band of chances, on the line of honest chances."""
    most = float(max(bands["said"].max(), bands["seen"].max(), 1.0)) * 1.05
    scale = alt.Scale(domain=[0, most], nice=False)
    x = across("said", "Said: mean chance, %").scale(scale)
    y = alt.Y("seen:Q", title="Seen: share bought, %", scale=scale, axis=alt.Axis(tickCount=6))
    honest = pd.DataFrame({"said": [0.0, most], "seen": [0.0, most]})
    line = alt.Chart(honest).mark_line(color=GREY, strokeDash=[4, 4]).encode(x=x, y=y)
    shades = alt.Scale(domain=whose, range=[TEAL, GREY][: len(whose)])
    shapes = alt.Scale(domain=whose, range=["circle", "square"][: len(whose)])
    base = alt.Chart(bands).encode(x=x, y=y, color=alt.Color("policy:N", scale=shades, legend=None))
    dots = base.mark_point(filled=True, opacity=0.95).encode(
        shape=alt.Shape("policy:N", scale=shapes, legend=None),
        size=alt.Size("rows:Q", scale=alt.Scale(range=[50, 320]), legend=None),
        tooltip=[
            alt.Tooltip("policy:N", title="Policy"),
            alt.Tooltip("band:N", title="Chance said"),
            alt.Tooltip("said:Q", title="Said, %", format=".1f"),
            alt.Tooltip("seen:Q", title="Seen, %", format=".1f"),
            alt.Tooltip("rows:Q", title="Places", format=","),
        ],
    )
    return (line + base.mark_line(opacity=0.5) + dots).properties(height=380)


def claimed_chart(rows: pd.DataFrame) -> alt.LayerChart:
    """A row per policy: what was claimed (circle), what is realised (square), joined by a line."""
    y = alt.Y("policy:N", sort=None, title=None, axis=names())
    title = "Change in kg CO2e at equal function, %"
    wide = rows.pivot_table(index="policy", columns="side", values="change", sort=False)
    wide = wide.reset_index()
    joined = alt.Chart(wide).mark_rule(color=GREY, strokeWidth=2, opacity=0.6)
    joined = joined.encode(x=across("claimed", title), x2="realised:Q", y=y)
    sides = list(SIDES)
    base = alt.Chart(rows)
    colour = alt.Color("side:N", scale=alt.Scale(domain=sides, range=[GREY, TEAL]), legend=None)
    ends = base.mark_rule(strokeWidth=5, opacity=0.35).encode(
        x=across("low", title), x2="high:Q", y=y, color=colour
    )
    dots = base.mark_point(filled=True, opacity=1, size=95).encode(
        x=across("change", title),
        y=y,
        color=colour,
        shape=alt.Shape(
            "side:N", scale=alt.Scale(domain=sides, range=list(SIDES.values())), legend=None
        ),
        tooltip=[
            alt.Tooltip("policy:N", title="Policy"),
            alt.Tooltip("side:N", title="Figure"),
            alt.Tooltip("change:Q", title="Change, %", format="+.1f"),
            alt.Tooltip("low:Q", title="from, %", format="+.1f"),
            alt.Tooltip("high:Q", title="to, %", format="+.1f"),
        ],
    )
    return (zero("x") + joined + ends + dots).properties(height=ROW * rows["policy"].nunique() + 60)


def curve_chart(points: pd.DataFrame) -> alt.LayerChart:
    """Carbon cut against relevance lost: claimed dashed, realised full."""
    x = across("relevance", "Change in relevance (NDCG@10), %")
    y = alt.Y("change:Q", title="Change in kg CO2e, %", axis=alt.Axis(tickCount=6))
    sides = list(SIDES)
    base = alt.Chart(points).encode(
        x=x,
        y=y,
        color=alt.Color("side:N", scale=alt.Scale(domain=sides, range=[GREY, TEAL]), legend=None),
    )
    lines = base.mark_line(opacity=0.6).encode(
        strokeDash=alt.StrokeDash(
            "side:N", scale=alt.Scale(domain=sides, range=[[4, 4], [1, 0]]), legend=None
        ),
        order="value:Q",
    )
    ends = base.mark_rule(strokeWidth=3, opacity=0.35).encode(y=alt.Y("low:Q"), y2="high:Q")
    dots = base.mark_point(filled=True, opacity=1, size=75).encode(
        shape=alt.Shape(
            "side:N", scale=alt.Scale(domain=sides, range=list(SIDES.values())), legend=None
        ),
        tooltip=[
            alt.Tooltip("point:N", title="Policy"),
            alt.Tooltip("side:N", title="Figure"),
            alt.Tooltip("change:Q", title="kg CO2e, %", format="+.1f"),
            alt.Tooltip("relevance:Q", title="Relevance, %", format="+.2f"),
        ],
    )
    return (lines + ends + dots).properties(height=340)


def observed_chart(rows: pd.DataFrame, title: str) -> alt.LayerChart:
    """Dots with 95 % intervals, a row per name; amber diamonds where one goes the other way.

    `rows` hold `name`, `change`, `low` and `high` in percent, and may hold `against` (the other
    way) and `basis`: what is weighted by chance is hollow, what is of the lists alone a square.
    """
    y = alt.Y("name:N", sort=None, title=None, axis=names())
    basis = rows["basis"] if "basis" in rows else pd.Series(SEEN, index=rows.index)
    against = rows["against"] if "against" in rows else pd.Series(False, index=rows.index)
    colour = against.map({True: AMBER, False: OBSERVED.mark})
    rows = rows.assign(
        colour=colour,
        fill=colour.mask(basis == WEIGHTED, "transparent"),
        shape=basis.map({LISTED: "square"}).fillna("circle").mask(against, "diamond"),
    )
    base = alt.Chart(rows)
    ends = base.mark_rule(strokeWidth=3, opacity=0.5).encode(
        x=across("low", title),
        x2="high:Q",
        y=y,
        color=alt.Color("colour:N", scale=None, legend=None),
    )
    dots = base.mark_point(opacity=1, size=90, strokeWidth=2).encode(
        x=across("change", title),
        y=y,
        stroke=alt.Stroke("colour:N", scale=None, legend=None),
        fill=alt.Fill("fill:N", scale=None, legend=None),
        shape=alt.Shape("shape:N", scale=None, legend=None),
        tooltip=[
            alt.Tooltip("name:N", title="Of"),
            alt.Tooltip("change:Q", title="Change, %", format="+.1f"),
            alt.Tooltip("low:Q", title="from, %", format="+.1f"),
            alt.Tooltip("high:Q", title="to, %", format="+.1f"),
        ],
    )
    return (zero("x") + ends + dots).properties(height=ROW * len(rows) + 60)


def what_if_chart(rows: pd.DataFrame) -> alt.LayerChart:
    """Hollow bars over the range of a change, a row per figure: no dot, for nothing was seen."""
    y = alt.Y("name:N", sort=None, title=None, axis=names())
    title = "Change against today, %"
    bars = (
        alt.Chart(rows)
        .mark_bar(
            fill=WHAT_IF.mark, fillOpacity=0.14, stroke=WHAT_IF.mark, strokeDash=[4, 3], height=15
        )
        .encode(
            x=across("low", title),
            x2="high:Q",
            y=y,
            tooltip=[
                alt.Tooltip("name:N", title="Figure"),
                alt.Tooltip("low:Q", title="from, %", format="+.2f"),
                alt.Tooltip("high:Q", title="to, %", format="+.2f"),
            ],
        )
    )
    return (zero("x") + bars).properties(height=ROW * len(rows) + 60)


def events_chart(rows: pd.DataFrame, unit: str) -> alt.LayerChart:
    """Effects by period with intervals: hollow diamonds before the start, full ones from it on."""
    x = alt.X("period:Q", title="Periods since the start", axis=alt.Axis(format="d"))
    title = f"Effect on {unit}"
    base = alt.Chart(rows.assign(since=rows["period"] >= 0))
    ends = base.mark_rule(color=MEASURED.mark, strokeWidth=2, opacity=0.5).encode(
        x=x, y=alt.Y("low:Q", title=title), y2="high:Q"
    )
    dots = base.mark_point(shape="diamond", size=90, color=MEASURED.mark, strokeWidth=1.5).encode(
        x=x,
        y=alt.Y("effect:Q", title=title),
        fill=alt.condition("datum.since", alt.value(MEASURED.mark), alt.value("transparent")),
        tooltip=[
            alt.Tooltip("period:Q", title="Period"),
            alt.Tooltip("effect:Q", title="Effect", format="+.3g"),
            alt.Tooltip("low:Q", title="from", format="+.3g"),
            alt.Tooltip("high:Q", title="to", format="+.3g"),
        ],
    )
    start = alt.Chart(pd.DataFrame({"at": [-0.5]})).mark_rule(
        color=GREY, strokeDash=[3, 3], aria=False
    )
    return (zero("y") + start.encode(x="at:Q") + ends + dots).properties(height=320)
