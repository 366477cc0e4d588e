"""The frontier drawn: points, crosses of intervals, and names that cover neither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from recommender.impact.page.svg import INK, NARROW, WIDE, Draw

FAMILIES = {"baseline": "diamond", "same need": "circle", "all goods": "square",
            "with limits": "triangle-up"}  # fmt: skip


def frontier(points: Sequence[Mapping[str, Any]], axes: tuple[str, str]) -> Draw:
    """Points with crosses of intervals and their names beside them; names never cover a point.

    Each point has `name` ("" for none), `family` (its shape), and in percent `x` and `y` with
    `x_low`, `x_high`, `y_low` and `y_high`; the baseline is the point of family "baseline".
    """
    data = pd.DataFrame(points)
    ends = {
        axis: (
            min(0.0, *data[f"{axis}_low"].fillna(data[axis])),
            max(0.0, *data[f"{axis}_high"].fillna(data[axis])),
        )
        for axis in "xy"
    }
    families = [f for f in FAMILIES if f in set(data["family"])]

    def draw(width: int) -> alt.TopLevelMixin:
        across, up = width - 62, 380 if width == WIDE else 330
        domain = {}
        for axis, length, room in (("x", across, 14.0), ("y", up, 14.0)):
            least, most = ends[axis]
            more = (most - least or 1.0) * room / length
            domain[axis] = [least - more, most + more]
        spots = _spots(data, domain, across, up)
        per_x, per_y = (
            (domain[a][1] - domain[a][0]) / pixels for a, pixels in (("x", across), ("y", up))
        )
        named = data.assign(
            name_x=[x + dx * per_x for x, (dx, _) in zip(data["x"], spots, strict=True)],
            name_y=[y - dy * per_y for y, (_, dy) in zip(data["y"], spots, strict=True)],
        )
        scales = {axis: alt.Scale(domain=domain[axis], nice=False, zero=False) for axis in "xy"}
        x = alt.X("x:Q", title=axes[0], scale=scales["x"], axis=alt.Axis(tickCount=5))
        y = alt.Y("y:Q", title=axes[1], scale=scales["y"], axis=alt.Axis(tickCount=6))
        base = alt.Chart(named)
        thin = base.mark_rule(color=INK["soft"], strokeWidth=1.4)
        dots = base.mark_point(size=95, filled=True, opacity=1).encode(
            x=x, y=y,
            shape=alt.Shape("family:N", title=None, scale=alt.Scale(
                domain=families, range=[FAMILIES[f] for f in families]),
                legend=alt.Legend(orient="top", direction="horizontal",
                                  columns=1 if width == NARROW else 4)),
            color=alt.condition("datum.family == 'baseline'", alt.value(INK["ink"]),
                                alt.value(INK["teal"])),
        )  # fmt: skip
        names = base.mark_text(
            color=INK["ink"], fontSize=11.5, align="left", baseline="middle"
        ).encode(
            x=alt.X("name_x:Q", title=axes[0]), y=alt.Y("name_y:Q", title=axes[1]), text="name:N"
        )
        return alt.layer(
            thin.encode(x=alt.X("x_low:Q", title=axes[0], scale=scales["x"]), x2="x_high:Q", y=y),
            thin.encode(x=x, y=alt.Y("y_low:Q", title=axes[1], scale=scales["y"]), y2="y_high:Q"),
            dots,
            names,
        ).properties(width=across, height=up)

    return draw


def _spots(
    data: pd.DataFrame, domain: Mapping[str, Sequence[float]], across: float, up: float
) -> list[tuple[float, float]]:
    """Where each name goes, as pixels from its point: the first place that is free."""
    (x0, x1), (y0, y1) = domain["x"], domain["y"]
    xs = [(value - x0) / (x1 - x0) * across for value in data["x"]]
    ys = [(y1 - value) / (y1 - y0) * up for value in data["y"]]
    taken = [(x - 8, y - 8, x + 8, y + 8) for x, y in zip(xs, ys, strict=True)]
    for row, x, y in zip(data.to_dict("records"), xs, ys, strict=True):
        left, right = ((row[k] - x0) / (x1 - x0) * across for k in ("x_low", "x_high"))
        top, low = ((y1 - row[k]) / (y1 - y0) * up for k in ("y_high", "y_low"))
        taken += [(left, y - 2, right, y + 2), (x - 2, top, x + 2, low)]
    spots = []
    for name, x, y in zip(data["name"], xs, ys, strict=True):
        if not name:
            spots.append((0.0, 0.0))
            continue
        wide = 6.2 * len(name) + 4
        best, least = (10.0, 0.0), float("inf")
        for far in (0.0, 14.0, 28.0, 44.0):
            for dx, dy in ((10, -10 - far), (10, 11 + far), (-wide - 6, -10 - far),
                           (-wide - 6, 11 + far), (10 + far, 0), (-wide - 8 - far, 0),
                           (-wide / 2, -14 - far), (-wide / 2, 14 + far)):  # fmt: skip
                box = (x + dx, y + dy - 7, x + dx + wide, y + dy + 7)
                outside = max(0.0, -box[0]) + max(0.0, box[2] - across - 4)
                outside += max(0.0, -box[1]) + max(0.0, box[3] - up)
                cost = 50 * outside + far + sum(_overlap(box, other) for other in taken)
                if cost < least:
                    best, least = (dx, dy), cost
        spots.append(best)
        dx, dy = best
        taken.append((x + dx, y + dy - 7, x + dx + wide, y + dy + 7))
    return spots


def _overlap(
    one: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> float:
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, across) * max(0.0, down)
