"""The frontier as a drawing with its sentence: plain SVG, so that a file opens anywhere, offline.

The loss of relevance goes to the right, the change of what it buys up and down; a line joins the
points that no other beats. Full points are certified, hollow ones miss a limit, small grey ones are
beaten by another. Each has its figures as a tooltip; the table below the drawing has them all.
"""

from __future__ import annotations

import math
from html import escape
from pathlib import Path

import pandas as pd

from recommender.rerank.frontier import KNOBS, FrontierTable
from recommender.rerank.frontier_svg import INK, LINES, Mark, drawn

CLOSE_LOSS = 1.0  # percent of relevance: the sentence tells what so much buys
PERCENT_KNOBS = ("limits.carbon_change", "limits.relevance", "limits.relevance_each")


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
        f"; beyond, each further percent costs {then:.2g} % of relevance instead of {first:.2g} %"
    )
    said += dearer if then > first > 0 else ""
    return f"{said}; at most {bought.format(sign * far.y)} for {_loss(far.x)}."


def frontier_svg(table: FrontierTable) -> str:
    """The chart as SVG text, described by its sentence."""
    title = f"What the {KNOBS[table.knob]} trades"
    return drawn(_marks(table), _start(table), table.aim.axis, title, frontier_sentence(table))


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
        f"max-width:1200px;margin:24px auto;padding:0 16px;background:#fff;color:{INK}}}"
        "svg{max-width:900px}table{border-collapse:collapse;font-size:13px}"
        "td,th{padding:4px 8px;text-align:right;white-space:nowrap;"
        f"border-bottom:1px solid {LINES}}}"
        "td:last-child{min-width:180px;white-space:normal;text-align:left}"
        f"</style></head><body>\n"
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
