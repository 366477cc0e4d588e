"""Is p_buy honest? What was said against what was seen, among the places each policy fills."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from app_pages import _load
from app_pages._evidence.draw import reliability_chart
from app_pages._evidence.parts import (
    BACKTEST,
    chart_and_table,
    choose_items,
    choose_policy,
    headline,
    table,
    unavailable,
)
from app_pages._layers import OBSERVED, dressed, of_run
from app_pages._words import NO_BREAK, plain
from recommender.impact.page.trust import said_and_seen
from recommender.impact.page.words import TASK_TITLES, ordered

FEW = 30  # places of a band: below, its share seen is a guess


def honest(here: _load.Opened) -> None:
    """The question, answered for one policy and compared over all."""
    report = here.report
    with st.container(horizontal=True, vertical_alignment="bottom"):
        policy = choose_policy(report, baseline=True)
        task = choose_items(report, policy)
    dressed(OBSERVED, of_run(report, task, policy))
    means = said_by_policy(report, task)
    if policy not in means:
        unavailable(
            "This report does not compare the chance to buy with what was bought: it is of an "
            "older version.",
            BACKTEST,
        )
        return
    headline(answer(policy, means))
    baseline = report["meta"]["baseline"]
    whose = [policy] if policy == baseline else [policy, baseline]
    bands = band_rows(report, whose[::-1], task)  # the chosen one is drawn last
    said = chart_sentence(bands, policy)
    beside = "" if len(whose) == 1 else f", grey squares {plain(baseline)}"
    chart_and_table(
        reliability_chart(bands, whose),
        band_table(bands),
        said,
        "bands",
        about=f"Circles are {plain(policy)}{beside}; larger ones hold more places. On the dashed "
        f"line a chance is honest, above it too modest, below it too high.",
        words=["Policy"],
    )
    st.subheader("Under every policy", anchor=False)
    st.markdown(
        "A policy picks products, and picking can flatter: chances that are right on average may "
        "be wrong among those picked. So they are judged where each policy shows them."
    )
    said = furthest(means)
    table(policy_table(report), said, "honest")
    st.caption(f"{said} Means over places shown, without an interval.")


def said_by_policy(report: Mapping[str, Any], task: str) -> dict[str, tuple[float, float]]:
    """Mean chance said and share seen over the places of each policy."""
    found = {}
    for name in ordered(report):
        run = report["policies"][name]["tasks"].get(task, {})
        means = said_and_seen(run.get("calibration") or [])
        if means is not None:
            found[name] = means
    return found


def answer(policy: str, means: Mapping[str, tuple[float, float]]) -> str:
    """The question answered in a sentence."""
    said, seen = means[policy]
    miss = abs(said - seen)
    if miss < 0.005:
        word = "Yes, on average"
    elif miss < 0.1 * max(seen, 1e-9):
        word = "Nearly"
    else:
        word = "Not quite"
    lean = "" if miss < 0.005 else (" It says too little." if said < seen else " It says too much.")
    return (
        f"{word}: of 100 places on the lists of {plain(policy)}, it said {100 * said:.1f} would "
        f"be bought, and {100 * seen:.1f} were.{lean}"
    )


def furthest(means: Mapping[str, tuple[float, float]]) -> str:
    """The policy whose chances are furthest off, in proportion."""
    worst = max(means, key=lambda name: abs(means[name][1] / means[name][0] - 1))
    said, seen = means[worst]
    return (
        f"Furthest off in proportion of {len(means)} policies is {plain(worst)}: "
        f"{100 * said:.1f} % said, {100 * seen:.1f} % seen."
    )


def band_rows(report: Mapping[str, Any], policies: list[str], task: str) -> pd.DataFrame:
    """Bands of chances in percent, with how many places are in each."""
    rows = [
        {
            "policy": name,
            "band": f"{100 * band['from']:.0f}–{100 * band['to']:.0f}{NO_BREAK}%",
            "said": 100 * band["said"],
            "seen": 100 * band["seen"],
            "rows": band["rows"],
        }
        for name in policies
        for band in report["policies"][name]["tasks"][task].get("calibration") or []
        if band["rows"]
    ]
    return pd.DataFrame(rows)


def band_table(bands: pd.DataFrame) -> pd.DataFrame:
    """The bands as the chart draws them; the policies only where there are two."""
    rows = pd.DataFrame(
        {
            "Chance": bands["band"],
            "Policy": bands["policy"],
            "Places": [f"{rows:,}" for rows in bands["rows"]],
            "Said": [f"{said:.1f} %" for said in bands["said"]],
            "Seen": [f"{seen:.1f} %" for seen in bands["seen"]],
        }
    )
    return rows if len(set(bands["policy"])) > 1 else rows.drop(columns="Policy")


def chart_sentence(bands: pd.DataFrame, policy: str) -> str:
    """How far the bands of a policy are off, and where most."""
    own = bands[(bands["policy"] == policy) & (bands["rows"] >= FEW)]
    if own.empty:
        return f"No band of chances of {plain(policy)} holds {FEW} places: too few to judge."
    off = (own["seen"] - own["said"]).abs()
    worst = own.iloc[int(off.argmax())]
    near = int((off <= 2.0).sum())
    return (
        f"{near} of {len(own)} bands of chances are within 2 points of what was seen; furthest off "
        f"is {worst['band']}, with {worst['said']:.1f} % said and {worst['seen']:.1f} % seen."
    )


def policy_table(report: Mapping[str, Any]) -> pd.DataFrame:
    """Said and seen by policy, of both kinds of lists."""
    found = {task: said_by_policy(report, task) for task in TASK_TITLES}
    rows = []
    for name in ordered(report):
        row = {"Policy": name}
        for task, title in (("all", "all items"), ("new", "new items")):
            means = found[task].get(name)
            row[f"Said, {title}"] = "–" if means is None else f"{100 * means[0]:.1f} %"
            row[f"Seen, {title}"] = "–" if means is None else f"{100 * means[1]:.1f} %"
        rows.append(row)
    return pd.DataFrame(rows)
