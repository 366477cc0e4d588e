"""What is in force beside another policy: what both ask for, what they do, how far they differ."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from app_pages import _load
from app_pages._merchandise.asks import ask_apart, looked, watch
from app_pages._merchandise.controls import REFERENCES, URL
from app_pages._merchandise.outcome import FIGURES, Estimate, told
from app_pages._merchandise.state import Entry, InForce, Known
from app_pages._words import change, percent, plain, significant
from recommender.tried import asked_of


def compare(here: _load.Opened, all_: Known, force: InForce, task: str) -> None:
    """What is in force beside another policy: settings, then every figure."""
    names = [name for name in all_.entries if task in all_.entries[name]["tasks"]]
    others = [n for n in names if n not in (force.meta["baseline"], force.name)] or names
    beside = st.selectbox(
        "Compare with", names, index=names.index(others[0]), key="beside", bind=URL
    )
    other = all_.entries[str(beside)]
    base = here.report["policies"][here.report["meta"]["baseline"]]
    st.dataframe(
        settings_table(force, str(beside), other),
        hide_index=True,
        alt=f"Weights and limits of {force.said} and of {beside}.",
        key="settings",
        height="content",
    )
    today, mine, yours = (told(entry["tasks"][task]) for entry in (base, force.entry, other))
    drawn, words = drawn_apart(here, all_, force, str(beside), task)
    table = pd.DataFrame(
        [
            {
                "Figure": heading,
                "What it is": meaning,
                "Today": level(today.get(figure), here.currency if party == "money" else ""),
                title(force): stated(mine.get(figure)),
                f"{beside}": stated(yours.get(figure)),
                "Apart": apart(mine.get(figure), yours.get(figure), drawn.get(figure)),
            }
            for figure, (party, heading, meaning) in FIGURES.items()
            if figure in today or figure in mine or figure in yours
        ]
    )
    right = st.column_config.TextColumn(alignment="right")
    wide = st.column_config.TextColumn(alignment="right", width=190)  # a change and its interval
    short = st.column_config.TextColumn(alignment="right", width=80)
    columns = dict.fromkeys(table.columns[2:], right)
    st.dataframe(
        table,
        hide_index=True,
        column_config={**columns, "Today": short, "Apart": wide},
        alt=f"Figures today, and their changes with your weights and with the policy {beside}.",
        key="figures",
        height="content",
    )
    if words.endswith("…"):
        watch(ask_apart(here, force.policy, all_.policy(str(beside)), task), words)
    st.caption(
        f"Changes against today with 95 % intervals, observed: {force.meta['draws']:,} draws of "
        f"{force.meta['households']:,} households, demand-weighted on held-out weeks, not a "
        f"forecast; *Paid in the window* is what households in fact paid for goods that stand on "
        f"their list. *Second table*: the same lists by footprints of other sources; unavailable "
        f"where no such table judged them. *Apart* is the first less the second, in points"
        f"{'' if words.endswith('…') else words}"
    )


def drawn_apart(
    here: _load.Opened, all_: Known, force: InForce, beside: str, task: str
) -> tuple[Mapping[str, Estimate], str]:
    """What both policies differ by, drawn together; and how far that is, in words."""
    if not force.exact or beside == force.name:
        return {}, "; its interval comes with the exact answer." if not force.exact else "."
    key = ask_apart(here, force.policy, all_.policy(beside), task)
    found, problem = looked(key)
    if problem:
        return {}, f"; its interval is unavailable ({plain(problem, longest=200)})."
    if found is None:
        return {}, "The two are being drawn together for the interval of *Apart* …"
    return found, ", both on the same draws of households, with the interval of the difference."


def title(force: InForce) -> str:
    """The head of the column of what is in force."""
    return "Your weights" if force.said == "your weights" else f"Your weights ({force.said})"


def stated(estimate: Estimate | None) -> str:
    """A change with its interval; "unavailable" where nobody judged it."""
    return "unavailable" if estimate is None else change(estimate)


def apart(one: Estimate | None, other: Estimate | None, drawn: Estimate | None) -> str:
    """The difference of two changes, with its interval where both were drawn together."""
    if drawn is not None:
        return change(drawn)
    if one is None or other is None or one["change"] is None or other["change"] is None:
        return "–"
    return percent(one["change"] - other["change"])


def settings_table(force: InForce, beside: str, other: Entry) -> pd.DataFrame:
    """What the two ask for, in words."""
    rows = []
    theirs = asked_of(other)
    for said, name, form in (
        ("Climate weight", "climate", "{:g}"),
        ("Margin weight", "margin", "{:g}"),
        ("Sellers weight", "sellers", "{:g}"),
        ("Carbon at most", "carbon_less", "−{:.0%}"),
        ("Each supplier at least", "floor", "{:.0%} of its share"),
        ("Relevance at least", "relevance", "{:.1%}"),
    ):
        pair = [getattr(asked, name) for asked in (force.asked, theirs)]
        words = [form.format(v).replace("%", " %") if v else "–" for v in pair]
        rows.append({"Setting": said, title(force): words[0], beside: words[1]})
    both = [REFERENCES[asked.reference] for asked in (force.asked, theirs)]
    rows.append({"Setting": "Carbon compared", title(force): both[0], beside: both[1]})
    both = ["yes" if asked.bar_unknown else "no" for asked in (force.asked, theirs)]
    rows.append({"Setting": "Known figures only", title(force): both[0], beside: both[1]})
    return pd.DataFrame(rows)


def level(estimate: Estimate | None, currency: str) -> str:
    """Today's figure; a dash where there is none."""
    value = None if estimate is None else estimate["value"]
    return "–" if value is None else f"{currency}{significant(value, 3)}"
