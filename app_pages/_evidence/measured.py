"""What did it change? A measured comparison where there is one, else how to get one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from app_pages import _load
from app_pages._evidence.draw import events_chart
from app_pages._evidence.parts import (
    READABLE,
    URL,
    cell,
    chart_and_table,
    headline,
    level,
    notes,
    table,
)
from app_pages._layers import MEASURED, dressed, window_words
from app_pages._words import count, plain

STEPS = (
    (
        "**Before any change, count who is needed.** The panel holds what each customer spent, in "
        "money and kg CO2e, week by week; the plan says how many customers and weeks show a change "
        "of a given size in four cases of five.",
        "greenaisle outcome panel --out panel.parquet\n"
        "greenaisle outcome plan --baseline panel.parquet --effect 0.02",
    ),
    (
        "**Let a hash choose who gets it.** Whole customers or markets, never single products, and "
        "nobody picks them by hand.",
        "greenaisle experiment assign --units panel.parquet --out arms.parquet --by customer_id",
    ),
    (
        "**Run it, then compare.** Customers who got the change against those who did not, before "
        "and after, with a test of whether the groups drifted apart earlier. Put the answer into "
        "the workspace's folder `outcome`, and it stands here.",
        "greenaisle outcome --panel panel.parquet --treated treated --start 2026-04-27 "
        "--out workspace/outcome",
    ),
)
UNTOLD = "not told by this outcome"
TRUST = {
    "sound": ("It can be trusted as far as its interval goes.", ":material/check_circle:"),
    "earlier trends differ": ("Care: the groups drifted apart before.", ":material/warning:"),
    "few units": ("Care: few customers.", ":material/warning:"),
    "not to be trusted": ("Not to be trusted: too few customers.", ":material/block:"),
    "not identified": ("Not identified: nothing can be said.", ":material/block:"),
}


def measured(here: _load.Opened) -> None:
    """The question, answered where the workspace holds a measured outcome."""
    answers = _load.outcomes()
    if not answers:
        dressed(MEASURED, f"nothing yet for {plain(here.name)}")
        headline("Nobody knows yet: no change has been measured in this shop.")
        st.container(width=READABLE).markdown(
            "Held-out purchases cannot tell what a list changes, since nobody saw the list. Only a "
            "comparison after a real change can. It takes three steps:"
        )
        how_to()
        return
    names = [f"{k + 1}. {plain(one.get('outcome', 'outcome'))}" for k, one in enumerate(answers)]
    number = 0
    if len(answers) > 1:
        number = st.selectbox(
            "Outcome",
            list(range(len(answers))),
            format_func=lambda k: names[k],
            key="outcome",
            bind=URL,
        )
    one_outcome(answers[number])
    with st.expander("How to measure the next change"):
        how_to()


def how_to() -> None:
    for number, (said, command) in enumerate(STEPS, start=1):
        st.container(width=READABLE).markdown(f"{number}. {said}")
        st.code(command, language=None, wrap_lines=True, width=READABLE)
    st.container(width=READABLE).caption(
        "`greenaisle outcome example` writes a simulated panel to try it on. Where no customer can "
        "be left out, drawn places are the way: `greenaisle experiment plan --slates`."
    )


def one_outcome(found: Mapping[str, Any]) -> None:
    """The verdict, the event study, and what speaks against it."""
    policy = plain(found.get("policy") or "not named in the panel")
    dressed(
        MEASURED,
        f"{count(found['treated'], 'customer')} treated, {found['untreated']:,} untreated · "
        f"{found.get('periods', '?')} periods · start "
        f"{window_words(found.get('starts'))} · 95 % intervals · "
        f"policy {policy}",
    )
    first, rest = first_and_rest(str(found["verdict"]))
    headline(plain(first, longest=400))
    said, icon = TRUST.get(str(found.get("trust")), ("", ":material/help:"))
    if said:
        st.container(width=READABLE).markdown(f"{icon} **{said}** {plain(rest, longest=2500)}")
    unit = f"{plain(found.get('outcome', 'outcome'))} per customer and period"
    rows = pd.DataFrame([r for r in found.get("by_period", []) if r.get("effect") is not None])
    if len(rows):
        chart_and_table(
            events_chart(rows, unit),
            pd.DataFrame(
                {
                    "Period": [f"{p:+d}".replace("-", "−") if p else "0" for p in rows["period"]],
                    "Effect": [level(v) for v in rows["effect"]],
                    "From": [level(v) for v in rows["low"]],
                    "To": [level(v) for v in rows["high"]],
                    "Customers": [f"{u:,.0f}" for u in rows["units"]],
                }
            ),
            event_sentence(rows),
            "periods",
            about="Hollow diamonds are before the start, full ones from it on; lines are 95 % "
            "intervals.",
        )
    with st.container(width=READABLE):
        table(facts(found), str(found["verdict"])[:300], "measured")
    notes([str(note) for note in found.get("notes", [])])


def first_and_rest(verdict: str) -> tuple[str, str]:
    """The first sentence of a verdict, and the others.

    >>> first_and_rest("It rose by 1.2 (0.4 to 2.0). Before, nothing did.")
    ('It rose by 1.2 (0.4 to 2.0).', 'Before, nothing did.')
    """
    first, *rest = re.split(r"(?<=[)a-z]\.)\s+", verdict, maxsplit=1)
    return first, rest[0] if rest else ""


def event_sentence(rows: pd.DataFrame) -> str:
    """In how many periods before and since the start the groups clearly differ.

    >>> rows = pd.DataFrame({"period": [-1, 0], "low": [-1.0, 0.5], "high": [1.0, 2.0]})
    >>> event_sentence(rows)
    '0 of 1 periods before the start and 1 of 1 from it on have an interval without 0.'
    """
    apart = (rows["low"] > 0) | (rows["high"] < 0)
    before = rows["period"] < 0
    return (
        f"{int((apart & before).sum())} of {int(before.sum())} periods before the start and "
        f"{int((apart & ~before).sum())} of {int((~before).sum())} from it on have an interval "
        f"without 0."
    )


def spread(found: Mapping[str, Any], *keys: str) -> str:
    value, low, high = (found.get(key) for key in keys)
    if value is None:
        return UNTOLD
    return f"{level(value)} ({level(low)} to {level(high)})"


def facts(found: Mapping[str, Any]) -> pd.DataFrame:
    """What speaks for and against the effect."""
    trend = {True: "yes", False: "not visibly", None: "not testable"}[found.get("trend_found")]
    rows = {
        "Effect per customer and period": spread(found, "effect", "low", "high"),
        "Groups apart before the start": trend,
        "If the earlier drift went on": spread(
            found, "effect_if_trend_continued", "low_if_trend_continued", "high_if_trend_continued"
        ),
        "Interval reaches 0 at": UNTOLD
        if found.get("breakdown") is None
        else f"{level(found['breakdown'])} × the largest earlier step",
        "Smallest effect seen in 4 of 5": UNTOLD
        if found.get("smallest_seen") is None
        else level(found["smallest_seen"]),
        "How far to trust it": cell(found.get("trust", "–")),
    }
    return pd.DataFrame({"Measured": list(rows), "Value": [str(value) for value in rows.values()]})
