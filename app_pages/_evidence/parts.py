"""What the questions of the Evidence page share: choices, tables, and what is not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import altair as alt
import pandas as pd
import streamlit as st

from app_pages import _load
from app_pages._words import percent, plain, significant
from recommender.impact.page.words import TASK_TITLES, ordered, others

URL: Final = "query-params"
BACKTEST: Final = "greenaisle backtest"
READABLE: Final = 860  # pixels: longer lines are hard to read
WRAPS: Final = 68  # pixels of a row: text wraps in rows taller than 64
Estimate = Mapping[str, Any]
SEEN, WEIGHTED, LISTED = "seen", "weighted by chance", "of the lists alone"
BASES = {
    SEEN: "(full circles): what of the lists these households bought and paid for, and how high up "
    "it stood, though they never saw the lists",
    WEIGHTED: "(hollow circles): what is listed, times its attention and its chance to be bought. "
    "It is computed, and half of it is bought anyway: no forecast",
    LISTED: "(squares): who stands on the lists, whatever was bought",
}
# money, kilograms, relevance, sellers; what was seen beside what is weighted by chance
HEADLINE = {
    "hits_revenue": "Revenue, paid",
    "demand_revenue": "Revenue, by chance",
    "hits_margin": "Margin, paid",
    "demand_margin": "Margin, by chance",
    "hits_kg_functional": "kg CO2e at equal function, bought",
    "demand_kg_functional": "kg CO2e at equal function, by chance",
    "hits_kg_pack": "kg CO2e of whole packs, bought",
    "demand_kg_pack": "kg CO2e of whole packs, by chance",
    "ndcg": "Relevance (NDCG@10)",
    "hits": "Items bought that were listed",
    "seller_small_share": "Small suppliers' attention",
    "private_label_share": "Own brand's attention",
}


def choose_policy(report: Mapping[str, Any], baseline: bool = False) -> str:
    """A policy of the report, the one in force by default; the same on every question."""
    names = (ordered if baseline else others)(report) or ordered(report)
    in_force = _load.default().name
    return str(
        st.selectbox(
            "Policy",
            names,
            index=names.index(in_force) if in_force in names else 0,
            format_func=lambda name: f"{name}, in force" if name == in_force else name,
            key="of_policy",
            bind=URL,
            width=300,
        )
    )


def choose_items(report: Mapping[str, Any], policy: str) -> str:
    """Which lists: of all items, or of those new to the household."""
    tasks = [task for task in TASK_TITLES if task in report["policies"][policy]["tasks"]]
    if len(tasks) < 2:
        return tasks[0]
    return str(
        st.segmented_control(
            "Lists of",
            tasks,
            format_func=lambda task: TASK_TITLES[task],
            default=tasks[0],
            required=True,
            key="of_items",
            bind=URL,
        )
    )


def basis_of(figure: str) -> str:
    """Whether a figure of the report was seen, is weighted by chance, or is of the lists alone.

    >>> basis_of("hits_revenue"), basis_of("demand_revenue"), basis_of("seller_gini")
    ('seen', 'weighted by chance', 'of the lists alone')
    """
    if figure.startswith(("demand", "kg_", "p_buy")):
        return WEIGHTED
    if figure.startswith(("hits", "hit_rate", "ndcg", "recall", "dcg")):
        return SEEN
    return LISTED


def chart_and_table(
    chart: alt.LayerChart | alt.Chart,
    rows: pd.DataFrame,
    said: str,
    key: str,
    about: str,
    note: str = "",
    words: Sequence[str] = (),
    border: bool = False,
) -> None:
    """A chart and how to read it; beside it its numbers as a table, and what both find."""
    left, right = st.columns([1, 1], gap="large")
    with left, st.container(border=border):
        st.altair_chart(chart, alt=said)
        st.caption(about)
    with right:
        table(rows, said, key, words)
        st.caption(f"{said} {note}".strip())


def table(
    rows: pd.DataFrame,
    said: str,
    key: str,
    words: Sequence[str] = (),
    wide: Mapping[str, int] | None = None,
) -> None:
    """A table with its finding; columns stand right but for the first and those of `words`.

    `wide` gives columns a width in pixels; their text wraps, and rows are as tall as three lines.
    """
    right = [c for c in rows.columns[1:] if c not in words]
    columns = {
        c: st.column_config.TextColumn(
            width=(wide or {}).get(c), alignment="right" if c in right else None
        )
        for c in rows.columns
    }
    st.dataframe(
        rows,
        hide_index=True,
        height="content" if len(rows) <= 16 else 560,
        column_config=columns,
        row_height=WRAPS if wide else None,
        alt=said,
        key=f"table_{key}",
    )


def cell(text: object, longest: int = 200) -> str:
    """Text from data for a table: one line, no control marks, no formula for a spreadsheet.

    >>> cell("=HYPERLINK(1)"), cell("a\\nb")
    ("'=HYPERLINK(1)", 'a b')
    """
    letters = "".join(c if c.isprintable() else " " for c in str(text))
    words = " ".join(letters.split())[:longest]
    return f"'{words}" if words[:1] in ("=", "+", "-", "@") else words


def interval(estimate: Estimate, ends: str = "change") -> str:
    """The ends of an interval: "−2.0 % to −0.4 %"; a dash where there is none.

    >>> interval({"change_low": -0.02, "change_high": 0.01})
    '−2.0\\xa0% to +1.0\\xa0%'
    """
    low, high = (estimate.get(f"{ends}_{end}".lstrip("_")) for end in ("low", "high"))
    if low is None or high is None:
        return "–"
    return f"{percent(low)} to {percent(high)}"


def level(value: float | None) -> str:
    """A figure to three significant digits; a dash where there is none."""
    return "–" if value is None or pd.isna(value) else significant(value, 3)


def points(estimate: Estimate) -> dict[str, float]:
    """A change and its ends in percent, for a chart."""
    return {
        "change": 100 * estimate["change"],
        "low": 100 * _or(estimate.get("change_low"), estimate["change"]),
        "high": 100 * _or(estimate.get("change_high"), estimate["change"]),
    }


def _or(value: float | None, other: float) -> float:
    return other if value is None else value


def unavailable(why: str, command: str = "") -> None:
    """What is not there, why, and the command that makes it."""
    st.info(f"**Unavailable.** {why}", icon=":material/hourglass_empty:", width=READABLE)
    if command:
        st.code(command, language=None, wrap_lines=True, width=READABLE)


def headline(said: str) -> None:
    """The answer to the question, in one or two sentences."""
    st.container(width=READABLE).markdown(f"#### {said}")


def notes(lines: Sequence[str], title: str = "Notes of this run") -> None:
    """What a run says of itself, folded."""
    if lines:
        with st.expander(title):
            st.container(width=READABLE).markdown(
                "\n".join(f"- {plain(line, longest=900)}" for line in lines)
            )
