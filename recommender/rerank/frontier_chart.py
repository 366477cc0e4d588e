"""The frontier as a drawing with its sentence: plain SVG, so that a file opens anywhere, offline.

The loss of relevance goes to the right, the change of what it buys up and down; a line joins the
points that no other beats. Full points are certified, hollow ones miss a limit, small grey ones are
beaten by another. Each has its figures as a tooltip; the table below the drawing has them all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import pandas as pd

from recommender.rerank.frontier import KNOBS, FrontierTable

TEAL, GREY, AMBER, INK, LINES = "#0f7a74", "#8b9896", "#9a620a", "#2b3432", "#dfe5e4"
WIDE, TALL, LEFT, RIGHT, TOP, BOTTOM = 760, 460, 76, 40, 26, 62
LETTER = 6.4  # width of one at the size of labels
CLOSE_LOSS = 1.0  # percent of relevance: the sentence tells what so much buys
PERCENT_KNOBS = ("limits.carbon_change", "limits.relevance", "limits.relevance_each")


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One point as it is drawn."""

    x: float  # loss of relevance, percent
    y: float  # the aim, percent
    label: str
    said: str  # tooltip
    certified: bool
    beaten: bool


def frontier_sentence(table: FrontierTable) -> str:
    """What the path shows: what a small loss of relevance buys, and what more of it costs."""
    marks = [mark for mark in _marks(table) if not mark.beaten and mark.certified]
    sign, before = table.aim.sign, _start(table)
    better = [mark for mark in marks if sign * (mark.y - before) > 0]
    if not better:
        return (
            f"No certified point of this path is better than relevance alone in: {table.aim.axis}."
        )
    close = [mark for mark in better if mark.x <= CLOSE_LOSS]
    here = (
        max(close, key=lambda mark: sign * mark.y)
        if close
        else min(better, key=lambda mark: mark.x)
    )
    bought = table.aim.bought
    said = f"For {_loss(here.x)} ({KNOBS[table.knob]} {here.label}), "
    said += bought.format(sign * here.y) + (f" instead of {before:.3g} %" if before else "")
    far = max(better, key=lambda mark: sign * mark.y)
    if far is here:
        return f"{said}."
    first = here.x / abs(here.y - before)
    then = (far.x - here.x) / abs(far.y - here.y)
    dearer = (
        f"; beyond, each further point costs {then:.2g} % of relevance instead of {first:.2g} %"
    )
    said += dearer if then > first > 0 else ""
    return f"{said}; at most {bought.format(sign * far.y)} for {_loss(far.x)}."


def frontier_svg(table: FrontierTable) -> str:
    """The chart as SVG text, with a title and a description for those who do not see it."""
    marks = _marks(table)
    across = _ticks([0.0, *(mark.x for mark in marks)])
    up = _ticks([_start(table), 0.0, *(mark.y for mark in marks)])
    place_x = _scale(across, LEFT, WIDE - RIGHT)
    place_y = _scale(up, TALL - BOTTOM, TOP)
    spots = [(place_x(mark.x), place_y(mark.y)) for mark in marks]
    front = sorted(
        spot for spot, mark in zip(spots, marks, strict=True) if not mark.beaten and mark.certified
    )
    start = (place_x(0.0), place_y(_start(table)))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {TALL}" role="img" '
        f'aria-labelledby="frontier-title frontier-desc" font-family="sans-serif" font-size="12" '
        f'fill="{INK}">',
        f'<title id="frontier-title">What {escape(KNOBS[table.knob])} trades</title>',
        f'<desc id="frontier-desc">{escape(frontier_sentence(table))}</desc>',
        f'<rect width="{WIDE}" height="{TALL}" fill="#ffffff"/>',
        *(_tick_x(place_x(t), t, across) for t in across),
        *(_tick_y(place_y(t), t, up) for t in up),
        f'<text x="{(LEFT + WIDE - RIGHT) / 2}" y="{TALL - 18}" text-anchor="middle">'
        f"Loss of relevance against relevance alone, %</text>",
        f'<text transform="translate(18 {(TOP + TALL - BOTTOM) / 2}) rotate(-90)" '
        f'text-anchor="middle">{escape(table.aim.axis)}</text>',
        f'<polyline fill="none" stroke="{TEAL}" stroke-width="2" '
        f'points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in front)}"/>',
        *(_dot(mark, spot) for mark, spot in zip(marks, spots, strict=True)),
        f'<path d="M{start[0]:.1f} {start[1] - 6:.1f}l6 6l-6 6l-6 -6z" fill="{AMBER}">'
        f"<title>relevance alone</title></path>",
        *_labels([("relevance alone", start, AMBER), *_named(marks, spots)], [start, *spots]),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def frontier_page(table: FrontierTable) -> str:
    """One HTML page without scripts: the chart, its sentence, how to read it, and the figures."""
    knob = KNOBS[table.knob]
    heads = {
        "value": knob,
        "relevance_change": "relevance",
        "revenue_change": "revenue",
        "margin_change": "margin",
        "kg_per_purchase_change": "kg per purchase",
        "excess_change": "the same for equal needs",
        "kg_functional_change": "functional kg",
        "kg_pack_change": "pack kg",
        "targets_met": "sellers' due",
        "seller_worst": "worst seller",
        "small_share": "small sellers",
        "gap": "gap",
        "missed": "missed limits",
    }
    head = "".join(f"<th>{escape(name)}</th>" for name in heads.values())
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(_cell(row, c, table.knob))}</td>" for c in heads) + "</tr>\n"
        for _, row in table.rows.iterrows()
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f"<title>Frontier: {escape(knob)}</title>\n<style>body{{font-family:sans-serif;"
        f"max-width:1100px;margin:24px auto;padding:0 16px;background:#fff;color:{INK}}}"
        "svg{max-width:900px}table{border-collapse:collapse;font-size:13px}td,th{padding:4px 8px;text-align:right;white-space:nowrap;"
        f"border-bottom:1px solid {LINES}}}</style></head><body>\n"
        f"<h1>Frontier: {escape(knob)}</h1>\n{frontier_svg(table)}"
        f"<p>{escape(frontier_sentence(table))}</p>\n"
        f"<p>Labelled by {escape(knob)}. Full points are certified: no slates that meet their "
        f"limits are worth more than the gap says. Hollow ones miss a limit; small grey ones are "
        f"beaten by another point in what is drawn. Changes are against relevance alone; "
        f"sums are demand-weighted, no forecast.</p>\n"
        f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table>\n</body></html>\n"
    )


def write_frontier(table: FrontierTable, folder: Path) -> list[Path]:
    """Writes frontier.csv, frontier.svg and frontier.html into `folder`; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    csv, svg, page = (folder / f"frontier.{ending}" for ending in ("csv", "svg", "html"))
    table.rows.to_csv(csv, index=False)
    svg.write_text(frontier_svg(table), encoding="utf-8")
    page.write_text(frontier_page(table), encoding="utf-8")
    return [csv, svg, page]


def _marks(table: FrontierTable) -> list[Mark]:
    marks = []
    for row in table.points.to_dict("records"):
        loss, y = -100.0 * row["relevance_change"] + 0.0, 100.0 * row[table.aim.drawn]
        label, certified = _value(table.knob, row["value"]), row["missed"] == ""
        proof = f"gap {100 * row['gap']:.2g} %" if certified else f"misses {row['missed']}"
        marks.append(
            Mark(
                x=loss,
                y=y,
                label=label,
                said=f"{KNOBS[table.knob]} {label}: loss of relevance {loss:.2f} %; "
                f"{table.aim.axis.removesuffix(', %')}: {y:.1f} %; {proof}",
                certified=certified,
                beaten=bool(row["dominated"]),
            )
        )
    return marks


def _start(table: FrontierTable) -> float:
    """Where relevance alone stands on the axis of the aim."""
    return 100.0 * float(table.rows[table.aim.drawn].iloc[0])


def _loss(percent: float) -> str:
    """
    >>> _loss(0.84), _loss(0.001)
    ('0.84 % less relevance', 'no relevance to speak of')
    """
    return f"{percent:.2g} % less relevance" if percent >= 0.005 else "no relevance to speak of"


def _value(knob: str, value: float) -> str:
    """
    >>> _value("limits.carbon_change", -0.1), _value("weights.climate", 0.25)
    ('−10 %', '0.25')
    """
    said = f"{100 * value:g} %" if knob in PERCENT_KNOBS else f"{value:g}"
    return said.replace("-", "−")


def _cell(row: pd.Series, column: str, knob: str) -> str:
    figure = row[column]
    if column == "missed":
        return str(figure)
    if column == "value":
        return "relevance alone" if math.isnan(figure) else _value(knob, float(figure))
    if math.isnan(figure):
        return "–"
    signed = column.endswith("_change")
    said = f"{100 * figure:+.2f} %" if signed else f"{100 * figure:.3g} %"
    return said.replace("-", "−")


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


class _scale:  # noqa: N801 (used as a function)
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


def _dot(mark: Mark, spot: tuple[float, float]) -> str:
    size, colour = (3.5, GREY) if mark.beaten else (5.5, TEAL)
    fill = colour if mark.certified else "#ffffff"
    return (
        f'<circle cx="{spot[0]:.1f}" cy="{spot[1]:.1f}" r="{size}" fill="{fill}" '
        f'stroke="{colour}" stroke-width="2"><title>{escape(mark.said)}</title></circle>'
    )


Spot = tuple[float, float]


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
                    f'<text x="{left:.1f}" y="{base:.1f}" fill="{colour}">{escape(text)}</text>'
                )
                break
    return drawn


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
