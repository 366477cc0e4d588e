"""A what-if run as a picture: changes with their ranges, short and long, slates alone beside."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
import vl_convert

from recommender.impact.what_if.text import headline, last_run, level, percent
from recommender.workspace import write_text

Facts = Mapping[str, Any]
ALONE = "slates alone"
SHAPES = {ALONE: "diamond", "short": "circle", "long": "square"}  # not by colour alone
COLOURS = {ALONE: "#7a7a7a", "short": "#0b6e4f", "long": "#8a4f00"}
STYLE = (
    "body{font-family:sans-serif;max-width:900px;margin:24px auto;padding:0 16px;line-height:1.5;"
    "color:#1c2733;background:#fff}svg{max-width:100%;height:auto}table{border-collapse:collapse;"
    "font-size:13px}td,th{padding:3px 10px;text-align:left;border-bottom:1px solid #9aa7b4}"
)


def chart_rows(facts: Facts) -> pd.DataFrame:
    """A row a figure and run that have a change: figure, run, change, low, high in per cent."""
    runs = {ALONE: facts["slates_alone"], **facts["runs"]}
    rows = [
        (name.replace("_", " "), run, *(100 * found[name][k] for k in _ENDS))
        for run, found in runs.items()
        for name in found
        if all(found[name][k] is not None for k in _ENDS)
    ]
    return pd.DataFrame(rows, columns=["figure", "run", "change", "low", "high"])


def change_svg(facts: Facts) -> str:
    """The chart as SVG."""
    rows = chart_rows(facts)
    runs = [run for run in SHAPES if run in set(rows["run"])]
    order = list(dict.fromkeys(rows["figure"]))
    scale = alt.Scale(domain=runs, range=[COLOURS[run] for run in runs])
    shapes = alt.Scale(domain=runs, range=[SHAPES[run] for run in runs])
    base = alt.Chart(rows).encode(
        y=alt.Y("figure:N", sort=order, title=None), yOffset=alt.YOffset("run:N", sort=runs)
    )
    ranges = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("low:Q", title=f"change against {facts['baseline']}, %"),
        x2="high:Q",
        color=alt.Color("run:N", scale=scale, title="run"),
    )
    points = base.mark_point(filled=True, size=50, opacity=1).encode(
        x="change:Q",
        color=alt.Color("run:N", scale=scale, title="run"),
        shape=alt.Shape("run:N", scale=shapes, title="run"),
    )
    none = alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(strokeDash=[4, 4]).encode(x="at:Q")
    drawn = (none + ranges + points).properties(width=560, height=34 * max(1, len(order)))
    return str(vl_convert.vegalite_to_svg(drawn.to_dict()))


def what_if_page(facts: Facts) -> str:
    """One HTML page without scripts: the sentence, the chart, figures, assumptions and notes."""
    scenario = facts["scenario"]
    title = f"What if: {facts['policy']} under {scenario['name']}"
    last = last_run(facts)
    runs = {ALONE: facts["slates_alone"], **facts["runs"]}
    runs[f"the policy's part, {last}"] = facts["of_the_policy"][last]
    figures = _table(
        ["figure", "unit", f"{facts['baseline']} now", *runs, "observed: hits on slates"],
        [
            [
                name.replace("_", " "),
                facts["figures"][name]["unit"],
                level(row["baseline"]),
                *(percent(found[name]) for found in runs.values()),
                percent(facts["observed"].get(name)),
            ]
            for name, row in facts["runs"]["short"].items()
        ],
    )
    assumed = _table(
        ["parameter", "low", "high", "unit", "source", "words"],
        [
            [
                one["parameter"].replace("_", " "),
                f"{one['low']:.3g}",
                f"{one['high']:.3g}",
                *(one[k] for k in ("unit", "source", "words")),
            ]
            for one in scenario["assumptions"]
        ],
    )
    window = facts["window"]
    about = (
        f"Policy version {facts['policy_version']}, scenario version {scenario['version']}: "
        f"{scenario['description']} As of week {window['first_week'] - 1}; {facts['draws']} draws, "
        f"seed {facts['seed']}; ranges hold {facts['coverage']:.0%} of the draws."
    )
    said = "".join(f"<li>{escape(note)}</li>" for note in facts["notes"])
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}'
        f"</title><style>{STYLE}</style></head><body>\n<h1>{escape(title)}</h1>\n"
        f"<p>{escape(headline(facts))}</p>\n<p>{escape(about)}</p>\n<figure>{change_svg(facts)}"
        f"<figcaption>Points are the middle of the draws, lines {facts['coverage']:.0%} of them; "
        f"the dashed line is no change.</figcaption></figure>\n{figures}\n"
        f"<h2>Assumed</h2>\n{assumed}\n<h2>Keep in mind</h2>\n<ul>{said}</ul>\n</body></html>\n"
    )


def write_what_if(answers: Sequence[Facts], folder: Path) -> list[Path]:
    """Writes each answer as .json, .html and .svg into `folder`; returns the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for facts in answers:
        stem = file_stem(facts["policy"], facts["scenario"]["name"])
        whole = json.dumps(facts, indent=1, allow_nan=False)
        for ending, text in (
            ("json", whole),
            ("html", what_if_page(facts)),
            ("svg", change_svg(facts)),
        ):
            path = folder / f"{stem}.{ending}"
            write_text(path, text)
            paths.append(path)
    return paths


def file_stem(policy: str, scenario: str) -> str:
    """The name of a run's files.

    >>> file_stem("swap-firm", "as-is")
    'swap-firm--as-is'
    """
    return f"{policy}--{scenario}"


_ENDS = ("change", "change_low", "change_high")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
