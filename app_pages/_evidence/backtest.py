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
    BASES,
    HEADLINE,
    READABLE,
    basis_of,
    cell,
    chart_and_table,
    choose_items,
    choose_policy,
    headline,
    interval,
    level,
    notes,
    points,
    table,
)
from app_pages._evidence.people import fairness, segments
from app_pages._layers import OBSERVED, dressed, of_run
from app_pages._words import is_clear, listed, percent, plain, sentence
from recommender.impact.page.observed import grouped
from recommender.report_limits import limits_in_words


def backtest(here: _load.Opened) -> None:
    """One policy against relevance alone, in all figures the report holds."""
    report = here.report
    with st.container(horizontal=True, vertical_alignment="bottom"):
        policy = choose_policy(report)
        task = choose_items(report, policy)
    dressed(OBSERVED, of_run(report, task, policy, intervals=True))
    entry = report["policies"][policy]
    headline(in_a_sentence(policy, entry["tasks"][task]["figures"]))
    prose = st.container(width=READABLE)
    prose.markdown("\n".join(f"- **{sentence(b)[:-1]}** {said}." for b, said in BASES.items()))
    limits = limits_in_words(entry)
    prose.caption(
        f"{plain(entry['description'], longest=300)} "
        + (f"It also asks: {plain(limits, longest=400)}." if limits else "It has no limits.")
    )
    figures(report, policy, task)
    st.subheader("Who it treats differently", anchor=False)
    segments(here, policy)
    st.subheader("Fairness by income", anchor=False)
    fairness(here, policy)
    notes(report["meta"].get("notes", []))
    downloads(here)


def in_a_sentence(policy: str, figures: Mapping[str, Any]) -> str:
    """Money, kilograms, relevance and small suppliers; what was seen beside what is weighted.

    >>> in_a_sentence("mine", {"ndcg": {"change": 0.1, "change_low": -0.2, "change_high": 0.4}})
    'Against relevance alone, the lists of mine: relevance not clear (−20.0\\xa0% to +40.0\\xa0%).'
    """
    told = (
        ("hits_revenue", "demand_revenue", "paid for listed goods"),
        ("hits_kg_functional", "demand_kg_functional", "their kg CO2e at equal function"),
        ("ndcg", "", "relevance"),
        ("seller_small_share", "", "small suppliers' attention"),
    )
    said = []
    for seen, by_chance, words in told:
        if seen not in figures or figures[seen]["change"] is None:
            continue
        one = f"{words} {moves(figures[seen])}"
        weighted = figures.get(by_chance, {"change": None})
        if weighted["change"] is not None:
            inside = moves(weighted).replace(" (", ", ").replace(")", "")
            one += f" as seen ({inside} weighted by chance)"
        said.append(one)
    if not said:
        return f"Nothing of {plain(policy)} can be compared with relevance alone."
    return f"Against relevance alone, the lists of {plain(policy)}: {listed(said)}."


def moves(estimate: Mapping[str, Any]) -> str:
    """A change; where its interval holds 0, that it is not clear, with the interval."""
    low, high = estimate.get("change_low"), estimate.get("change_high")
    if low is None or high is None or is_clear(estimate) or low == high:
        return percent(estimate["change"])
    return f"not clear ({interval(estimate)})"


def figures(report: Mapping[str, Any], policy: str, task: str) -> None:
    run = report["policies"][policy]["tasks"][task]
    found, ranges = run["figures"], run.get("footprint_range") or {}
    shown = {key: found[key] for key in HEADLINE if key in found}
    shown = {key: value for key, value in shown.items() if value["change"] is not None}
    rows = pd.DataFrame(
        [{"name": HEADLINE[k], "basis": basis_of(k), **points(v)} for k, v in shown.items()]
    )
    unclear = [HEADLINE[k] for k, v in shown.items() if not is_clear(v)]
    said = (
        f"Not clear of no change: {listed(unclear)}."
        if unclear
        else "Every figure is clear of no change."
    )
    chart_and_table(
        observed_chart(rows, "Change against relevance alone, %"),
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
        about="Lines are 95 % intervals over households drawn again; kg are of CO2e.",
        note=range_sentence(ranges),
    )
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
    """Every figure in a table; its change is of its own level but where another base is named."""
    run = report["policies"][policy]["tasks"][task]
    base = report["policies"][report["meta"]["baseline"]]["tasks"][task]["figures"]
    rows = [
        {
            "What": sentence(cell(in_lists(report["figures"][key]["meaning"])))[:-1],
            "Basis": basis_of(key),
            "Relevance alone": level(base.get(key, {}).get("value")),
            "Policy": level(run["figures"][key]["value"]),
            "Change": percent(run["figures"][key]["change"]),
            "95 % interval": interval(run["figures"][key]),
            "Change is against": base_of_change(report["figures"], key, base),
            "Audit households": percent(run["audit"][key]["change"])
            if key in run.get("audit", {})
            else "–",
            "Unit": cell(report["figures"][key]["unit"]),
        }
        for keys in grouped(report["figures"]).values()
        for key in keys
        if key in run["figures"]
    ]
    said = (
        f"{len(rows)} figures of {plain(policy)}. Audit households chose no setting. A dash is a "
        f"change of what was 0, or an interval that drawing households again cannot tell."
    )
    table(
        pd.DataFrame(rows),
        said,
        "everything",
        words=["Basis", "Change is against", "Unit"],
        wide={
            "What": 270,
            "Basis": 90,
            "95 % interval": 130,
            "Change is against": 140,
            "Unit": 150,
        },
    )
    st.caption(said)


def in_lists(meaning: str) -> str:
    """What a figure means, with the page's word for a slate."""
    return str(meaning).replace("slate", "list")


def base_of_change(kinds: Mapping[str, Any], key: str, base: Mapping[str, Any]) -> str:
    """What a figure's change is a share of: its own level, or another figure's, with that level.

    >>> kinds = {
    ...     "a": {"meaning": "kg in all", "change": "relative"},
    ...     "b": {"meaning": "kg above habit", "change": "a"},
    ... }
    >>> base_of_change(kinds, "a", {}), base_of_change(kinds, "b", {"a": {"value": 2.98}})
    ('its own level', 'kg in all, 2.98')
    """
    other = kinds[key].get("change", "relative")
    if other not in kinds or other == key:
        return "its own level"
    return f"{cell(in_lists(kinds[other]['meaning']))}, {level(base.get(other, {}).get('value'))}"


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
