"""Charts of the page: changes in panels, chances said and seen, effects by period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from recommender.impact.page.svg import INK, WIDE, Draw, label

SHAPES = ["circle", "diamond", "square", "triangle-up"]


def panels(
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    *,
    unit: str = "change, %",
    percent: bool = True,
    zero: bool = True,
    mark: str = "circle",
) -> Draw:
    """A panel per column side by side (below each other where it is narrow), a line per row.

    Each of `rows` has `label`, `column`, `value`, `low`, `high`, and may say `hollow` or `shape`.
    A hollow point is one whose interval holds 0. Panels have axes of their own.
    """
    order = list(dict.fromkeys(label(row["label"]) for row in rows))
    data = pd.DataFrame(
        [
            {
                "label": label(row["label"]),
                "column": row["column"],
                "kind": row.get("kind", mark),
                **{
                    end: None if row[end] is None else row[end] * (100 if percent else 1)
                    for end in ("value", "low", "high")
                },
                "hollow": row.get("hollow", _holds_zero(row)),
            }
            for row in rows
            if row["value"] is not None and row["column"] in columns
        ],
        columns=["label", "column", "kind", "value", "low", "high", "hollow"],
    )
    kinds = list(dict.fromkeys(data["kind"]))

    def draw(width: int) -> alt.TopLevelMixin:
        narrow = width < WIDE
        names = 14 + 6.4 * max((len(name) for name in order), default=8)
        gap = 20
        each = width - names if narrow else (width - names) / len(columns) - gap
        y = alt.Y(
            "label:N", sort=order, title=None, scale=alt.Scale(domain=order),
            axis=alt.Axis(ticks=False, domain=False, labelPadding=8, labelColor=INK["ink"],
                          grid=True),
        )  # fmt: skip
        x = alt.X("value:Q", title=unit, scale=alt.Scale(zero=zero, nice=True),
                  axis=alt.Axis(tickCount=4))  # fmt: skip
        offset = {"yOffset": alt.YOffset("kind:N", sort=kinds)} if len(kinds) > 1 else {}
        nought = alt.Chart().mark_rule(color=INK["muted"]).encode(x=alt.datum(0))
        spans = alt.Chart().mark_rule(color=INK["teal"], strokeWidth=2, strokeCap="round")
        points = alt.Chart().mark_point(
            size=46 if len(kinds) == 1 else 58, strokeWidth=1.8, opacity=1
        )
        shape = alt.Scale(domain=kinds, range=SHAPES[: len(kinds)])
        layers = [
            *([nought] if zero else []),
            spans.encode(x="low:Q", x2="high:Q", y=y, **offset),
            points.encode(
                x=x, y=y, **offset,
                stroke=alt.value(INK["teal"]),
                shape=alt.Shape("kind:N", legend=None, scale=shape),
                fill=alt.condition("datum.hollow", alt.value(INK["paper"]),
                                   alt.value(INK["teal"])),
            ),
        ]  # fmt: skip
        head = alt.Header(title=None, labelColor=INK["ink"], labelFontSize=12,
                          labelFontWeight="bold", labelAnchor="start", labelPadding=6)  # fmt: skip
        return (
            alt.layer(*layers, data=data)
            .properties(width=each, height=alt.Step(17 if len(kinds) == 1 else 12))
            .facet(
                facet=alt.Facet("column:N", sort=list(columns), header=head),
                columns=1 if narrow else len(columns),
                spacing=gap,
            )
            .resolve_scale(x="independent")
        )

    return draw


def _holds_zero(row: Mapping[str, Any]) -> bool:
    low, high = row["low"], row["high"]
    return low is None or high is None or low <= 0 <= high


def reliability(lines: Mapping[str, Sequence[Mapping[str, float]]]) -> Draw:
    """Said against seen, a line a policy with its own shape of point, and the line of honesty."""
    data = pd.DataFrame(
        [
            {"policy": name, "said": 100 * band["said"], "seen": 100 * band["seen"]}
            for name, bands in lines.items()
            for band in bands
        ]
    )
    top = max(1.0, data["said"].max(), data["seen"].max()) * 1.04
    names = list(lines)

    def draw(width: int) -> alt.TopLevelMixin:
        side = min(width - 62, 380)
        honest = alt.Chart(pd.DataFrame({"said": [0.0, top], "seen": [0.0, top]}))
        scale = alt.Scale(domain=[0, top], nice=False)
        x = alt.X("said:Q", title="said: mean p_buy of the places, %", scale=scale)
        y = alt.Y("seen:Q", title="seen: share that was bought, %", scale=scale)
        look = {
            "strokeDash": alt.StrokeDash(
                "policy:N",
                title=None,
                scale=alt.Scale(domain=names, range=[[1, 0], [5, 3]][: len(names)]),
                legend=None,
            ),
            "color": alt.Color(
                "policy:N",
                scale=alt.Scale(domain=names, range=[INK["teal"], INK["amber"]][: len(names)]),
                legend=None,
            ),
        }
        base = alt.Chart(data).encode(x=x, y=y)
        return alt.layer(
            honest.mark_line(color=INK["soft"], strokeWidth=1).encode(x=x, y=y),
            base.mark_line(strokeWidth=1.6).encode(**look),
            base.mark_point(filled=True, opacity=1, size=70).encode(
                shape=alt.Shape(
                    "policy:N",
                    title=None,
                    scale=alt.Scale(domain=names, range=["circle", "square"][: len(names)]),
                ),
                color=look["color"],
            ),
        ).properties(width=side, height=side * 0.8)

    return draw


def events(rows: Sequence[Mapping[str, float]], unit: str) -> Draw:
    """Effects by period with intervals: hollow before the start, full from it on."""
    data = pd.DataFrame(rows)[["period", "effect", "low", "high"]].astype(float)

    def draw(width: int) -> alt.TopLevelMixin:
        base = alt.Chart(data)
        x = alt.X(
            "period:Q",
            title="periods since the start",
            axis=alt.Axis(tickMinStep=1, tickCount=8, grid=False),
            scale=alt.Scale(nice=False, padding=12),
        )
        y = alt.Y("effect:Q", title=unit)
        lines = [
            alt.Chart(pd.DataFrame({"effect": [0.0]}))
            .mark_rule(color=INK["muted"])
            .encode(y="effect:Q"),
            alt.Chart(pd.DataFrame({"period": [-0.5]}))
            .mark_rule(color=INK["muted"], strokeDash=[4, 4])
            .encode(x="period:Q"),
        ]
        return alt.layer(
            *lines,
            base.mark_rule(color=INK["teal"], strokeWidth=2).encode(
                x=x, y=alt.Y("low:Q", title=unit), y2="high:Q"
            ),
            base.mark_point(size=60, strokeWidth=1.8, opacity=1).encode(
                x=x, y=y, stroke=alt.value(INK["teal"]),
                fill=alt.condition(
                    "datum.period < 0", alt.value(INK["paper"]), alt.value(INK["teal"])
                ),
            ),
        ).properties(width=width - 66, height=260)  # fmt: skip

    return draw


def point(policy: str, column: str, estimate: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A row of `panels`: the change of an estimate and its interval."""
    return {
        "label": policy,
        "column": column,
        "value": estimate["change"],
        "low": estimate["change_low"],
        "high": estimate["change_high"],
        **more,
    }
