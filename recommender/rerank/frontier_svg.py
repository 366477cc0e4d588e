"""A line chart of points with direct labels as plain SVG, which opens anywhere, offline."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

TEAL, GREY, AMBER, INK, LINES = "#0f7a74", "#8b9896", "#9a620a", "#2b3432", "#dfe5e4"
WIDE, TALL, LEFT, RIGHT, TOP, BOTTOM = 760, 460, 76, 40, 26, 62
LETTER = 6.4  # width of one at the size of labels
Spot = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One point as it is drawn."""

    x: float  # loss of relevance, percent
    y: float  # the aim, percent
    label: str
    said: str  # tooltip
    certified: bool
    beaten: bool


def drawn(marks: Sequence[Mark], start: float, axis: str, title: str, description: str) -> str:
    """The chart as SVG text, with a title and a description for those who do not see it.

    `start` is where relevance alone stands on the upright `axis`.
    """
    across = _ticks([0.0, *(mark.x for mark in marks)])
    up = _ticks([start, *(mark.y for mark in marks)])
    place_x = _Scale(across, LEFT, WIDE - RIGHT)
    place_y = _Scale(up, TALL - BOTTOM, TOP)
    spots = [(place_x(mark.x), place_y(mark.y)) for mark in marks]
    front = sorted(
        spot for spot, mark in zip(spots, marks, strict=True) if not mark.beaten and mark.certified
    )
    begin = (place_x(0.0), place_y(start))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {TALL}" role="img" '
        f'aria-labelledby="frontier-title frontier-desc" font-family="sans-serif" font-size="12" '
        f'fill="{INK}">',
        f'<title id="frontier-title">{escape(title)}</title>',
        f'<desc id="frontier-desc">{escape(description)}</desc>',
        f'<rect width="{WIDE}" height="{TALL}" fill="#ffffff"/>',
        *(_tick_x(place_x(t), t, across) for t in across),
        *(_tick_y(place_y(t), t, up) for t in up),
        f'<text x="{(LEFT + WIDE - RIGHT) / 2}" y="{TALL - 18}" text-anchor="middle">'
        f"Loss of relevance against relevance alone, %</text>",
        f'<text transform="translate(18 {(TOP + TALL - BOTTOM) / 2}) rotate(-90)" '
        f'text-anchor="middle">{escape(axis)}</text>',
        f'<polyline fill="none" stroke="{TEAL}" stroke-width="2" '
        f'points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in front)}"/>',
        *(_dot(mark, spot) for mark, spot in zip(marks, spots, strict=True)),
        f'<path d="M{begin[0]:.1f} {begin[1] - 6:.1f}l6 6l-6 6l-6 -6z" fill="{AMBER}">'
        f"<title>relevance alone</title></path>",
        *_labels([("relevance alone", begin, AMBER), *_named(marks, spots)], [begin, *spots]),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _ticks(values: Sequence[float]) -> list[float]:
    """Round figures, about five, from at most the least to at least the most of the values.

    >>> _ticks([0.0, 3.4])
    [0.0, 1.0, 2.0, 3.0, 4.0]
    """
    least, most = min(values), max(values)
    span = max(most - least, 1e-6)
    step = 10.0 ** math.floor(math.log10(span / 4.0))
    step *= min((1, 2, 2.5, 5, 10), key=lambda m: abs(span / (m * step) - 4.5))
    first, last = math.floor(least / step + 1e-9), math.ceil(most / step - 1e-9)
    return [round(k * step, 9) for k in range(first, max(last, first + 1) + 1)]


class _Scale:
    """From figures to places on the drawing."""

    def __init__(self, ticks: Sequence[float], low: float, high: float) -> None:
        self.first, self.span, self.low, self.high = ticks[0], ticks[-1] - ticks[0], low, high

    def __call__(self, figure: float) -> float:
        return self.low + (figure - self.first) / self.span * (self.high - self.low)


def _number(tick: float, ticks: Sequence[float]) -> str:
    step = abs(ticks[1] - ticks[0])
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    digits += 0 if abs(round(step, digits) - step) < 1e-9 else 1
    return f"{tick:.{digits}f}".replace("-", "−")


def _tick_x(x: float, tick: float, ticks: Sequence[float]) -> str:
    return (
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{TALL - BOTTOM}" stroke="{LINES}"/>'
        f'<text x="{x:.1f}" y="{TALL - BOTTOM + 18}" text-anchor="middle">'
        f"{_number(tick, ticks)}</text>"
    )


def _tick_y(y: float, tick: float, ticks: Sequence[float]) -> str:
    return (
        f'<line x1="{LEFT}" x2="{WIDE - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{LINES}"/>'
        f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{_number(tick, ticks)}</text>'
    )


def _dot(mark: Mark, spot: Spot) -> str:
    size, colour = (3.5, GREY) if mark.beaten else (5.5, TEAL)
    fill = colour if mark.certified else "#ffffff"
    return (
        f'<circle cx="{spot[0]:.1f}" cy="{spot[1]:.1f}" r="{size}" fill="{fill}" '
        f'stroke="{colour}" stroke-width="2"><title>{escape(mark.said)}</title></circle>'
    )


def _named(marks: Sequence[Mark], spots: Sequence[Spot]) -> list[tuple[str, Spot, str]]:
    """Names of the points, those that nothing beats first."""
    pairs = sorted(zip(marks, spots, strict=True), key=lambda pair: pair[0].beaten)
    return [(mark.label, spot, GREY if mark.beaten else TEAL) for mark, spot in pairs]


def _labels(named: Sequence[tuple[str, Spot, str]], spots: Sequence[Spot]) -> list[str]:
    """Names beside their points wherever one has room; the tooltip names every point."""
    taken = [(x - 6, y - 6, x + 6, y + 6) for x, y in spots]
    drawn = []
    for text, (x, y), colour in named:
        wide = LETTER * len(text)
        places = [(x + 9, y - 5), (x + 9, y + 14), (x - 9 - wide, y + 14), (x + 9, y + 4)]
        for left, base in [*places, (x + 9, y - 18), (x + 9, y + 28)]:
            box = (left, base - 10, left + wide, base + 2)
            inside = left >= LEFT and left + wide <= WIDE and TOP <= base <= TALL - BOTTOM
            if inside and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                drawn.append(
                    f'<text x="{left:.1f}" y="{base:.1f}" fill="{colour}" stroke="#ffffff" '
                    f'stroke-width="3" paint-order="stroke">{escape(text)}</text>'
                )
                break
    return drawn


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
