"""The backtest report: every figure of a policy, segments with their warnings, and fairness."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from app_pages import _load
from app_pages._evidence.draw import observed_chart
from app_pages._evidence.parts import (
    HEADLINE,
    READABLE,
    cell,
    choose_items,
    choose_policy,
    headline,
    interval,
    notes,
    points,
    table,
)
from app_pages._evidence.people import fairness, segments
from app_pages._layers import OBSERVED, dressed, of_run
from app_pages._words import is_clear, listed, percent, plain, significant
from recommender.impact.page.observed import grouped
from recommender.report_limits import limits_in_words


def backtest(here: _load.Opened) -> None:
    """One policy against relevance alone, in all figures the report holds."""
    report = here.report
    with st.container(horizontal=True, vertical_alignment="bottom"):
        policy = choose_policy(report)
        task = choose_items(report, policy)
    dressed(OBSERVED, of_run(report, task, policy))
    entry = report["policies"][policy]
    headline(in_a_sentence(policy, entry["tasks"][task]["figures"]))
    limits = limits_in_words(entry)
    st.container(width=READABLE).caption(
        f"{plain(entry['description'], longest=300)} "
        + (f"It also asks: {plain(limits, longest=400)}." if limits else "It has no limits.")
    )
    figures(report, policy, task)
    st.subheader("Who it treats differently", anchor=False)
    segments(report, policy)
    st.subheader("Fairness by income", anchor=False)
    fairness(report, policy)
    notes(report["meta"].get("notes", []))
    downloads(here)


def in_a_sentence(policy: str, figures: Mapping[str, Any]) -> str:
    """Money, kilograms, relevance and small suppliers in one sentence."""
    said = [
        f"{words} {percent(figures[key]['change'])}"
        for key, words in (
            ("demand_revenue", "revenue"),
            ("demand_kg_functional", "kg CO2e at equal function"),
            ("ndcg", "relevance"),
            ("seller_small_share", "small suppliers' attention"),
        )
        if key in figures and figures[key]["change"] is not None
    ]
    return f"Against relevance alone, {plain(policy)} moves {listed(said)}."


def figures(report: Mapping[str, Any], policy: str, task: str) -> None:
    run = report["policies"][policy]["tasks"][task]
    found, ranges = run["figures"], run.get("footprint_range") or {}
    shown = {key: found[key] for key in HEADLINE if key in found}
    shown = {key: value for key, value in shown.items() if value["change"] is not None}
    rows = pd.DataFrame([{"name": HEADLINE[k], **points(v)} for k, v in shown.items()])
    clear = [HEADLINE[key] for key, value in shown.items() if is_clear(value)]
    said = f"Clear of no change: {listed(clear)}." if clear else "No figure is clear of no change."
    left, right = st.columns([1, 1], gap="large")
    with left:
        st.altair_chart(observed_chart(rows, "Change against relevance alone, %"), alt=said)
        st.caption(
            "Dots with 95 % intervals over households drawn again. Demand-weighted: what is "
            "listed, weighed by attention and the chance to buy; half of it is bought anyway, so "
            "it is no forecast."
        )
    with right:
        table(
            pd.DataFrame(
                [
                    {
                        "Figure": HEADLINE[key],
                        "Change": percent(value["change"]),
                        "Over households, 95 %": interval(value),
                        "Over footprints, 80 %": interval(ranges.get(key, {})),
                    }
                    for key, value in shown.items()
                ]
            ),
            said,
            "headline",
        )
        st.caption(f"{said} {range_sentence(ranges)}")
    with st.expander("Every figure of the report"):
        everything(report, policy, task)


def range_sentence(ranges: Mapping[str, Any]) -> str:
    """Whether the change in carbon holds when every footprint is drawn from its own range."""
    if "demand_kg_functional" not in ranges:
        return "This report does not carry the footprints' own ranges into its figures."
    found = ranges["demand_kg_functional"]
    if is_clear(found):
        return (
            "With every footprint drawn from its own range, the change in kg CO2e keeps its sign "
            f"({interval(found)})."
        )
    return (
        "With every footprint drawn from its own range, the sign of the change in kg CO2e cannot "
        f"be told ({interval(found)})."
    )


def everything(report: Mapping[str, Any], policy: str, task: str) -> None:
    run = report["policies"][policy]["tasks"][task]
    base = report["policies"][report["meta"]["baseline"]]["tasks"][task]["figures"]
    rows = [
        {
            "What": cell(report["figures"][key]["meaning"]),
            "Group": heading,
            "Relevance alone": number(base.get(key, {}).get("value")),
            "Policy": number(run["figures"][key]["value"]),
            "Change": percent(run["figures"][key]["change"]),
            "95 % interval": interval(run["figures"][key]),
            "Audit households": percent(run["audit"][key]["change"])
            if key in run.get("audit", {})
            else "–",
            "Unit": cell(report["figures"][key]["unit"]),
        }
        for heading, keys in grouped(report["figures"]).items()
        for key in keys
        if key in run["figures"]
    ]
    said = f"{len(rows)} figures of {plain(policy)}; audit households chose no setting."
    table(pd.DataFrame(rows), said, "everything", words=["Group", "Unit"])
    st.caption(said)


def number(value: float | None) -> str:
    return "–" if value is None else significant(value, 3)


def text_of(here: _load.Opened, name: str) -> bytes:
    return here.text(name).encode()


def downloads(here: _load.Opened) -> None:
    """The report as it stands, to keep or to send on."""
    with st.container(horizontal=True):
        for name, label, kind in (
            ("report.html", "The report as a page", "text/html"),
            ("report.json", "Its figures as JSON", "application/json"),
        ):
            if here.shop.workspace.has("backtest", name):
                st.download_button(
                    label,
                    partial(text_of, here, name),
                    file_name=name,
                    mime=kind,
                    icon=":material/download:",
                    key=f"download_{name}",
                    on_click="ignore",
                )
