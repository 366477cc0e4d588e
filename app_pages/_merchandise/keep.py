"""Keeping what was found: save as a policy, compare two, take figures along."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

import pandas as pd
import streamlit as st

from app_pages import _load
from app_pages._merchandise.controls import REFERENCES, URL
from app_pages._merchandise.outcome import FIGURES
from app_pages._merchandise.state import Entry, InForce, Known
from app_pages._roles import SAVE, RoleError, must
from app_pages._words import change, percent, plain, significant
from recommender.drafts import LONGEST_NAME, LONGEST_REASON, policy_toml, save_policy
from recommender.metrics import FIGURES as ALL
from recommender.policy import PolicyError
from recommender.report import report_frame, report_json
from recommender.tried import asked_of, tried_policy

REVIEW_DAYS: Final = 91  # a quarter
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def save(here: _load.Opened, all_: Known, force: InForce) -> None:
    """A form of three fields: the policy becomes a file of the workspace."""
    saved = st.session_state.pop("_saved", None)
    if saved:
        st.success(
            f"Saved as **{plain(saved)}**. It is in *Start from* from now on.",
            icon=":material/check:",
        )
    with st.form("save", border=False, enter_to_submit=False):
        name = st.text_input(
            "Name",
            key="save_name",
            max_chars=LONGEST_NAME,
            placeholder="autumn-trial",
            help="Small letters, digits and hyphens.",
        )
        reason = st.text_area(
            "Reason",
            key="save_reason",
            max_chars=LONGEST_REASON,
            placeholder="What it is for, and what speaks for it.",
        )
        review = st.date_input(
            "To be reviewed on",
            date.today() + timedelta(days=REVIEW_DAYS),
            min_value=date.today() + timedelta(days=1),
            key="save_review",
            format="YYYY-MM-DD",
        )
        pressed = st.form_submit_button("Save as a policy", key="save", icon=":material/save:")
    if pressed:
        problem = _save(here, force, str(name).strip(), str(reason).strip(), review)
        if problem:
            st.error(f"Not saved: {plain(problem, longest=400)}.", icon=":material/block:")
        else:
            st.session_state["_saved"] = str(name).strip()
            st.session_state["_start_from"] = str(name).strip()
            st.rerun()
    if all_.kept.problems:
        st.caption("Left aside in the workspace's folder of policies:")
        for problem in all_.kept.problems:
            st.caption(f"- {plain(problem, longest=300)}")


def _save(here: _load.Opened, force: InForce, name: str, reason: str, review: Any) -> str:
    if not name or not reason or not isinstance(review, date):
        return "a name, a reason and a review date are needed"
    try:
        must(SAVE)
        policy = tried_policy(
            force.asked,
            force.start,
            name=name,
            description=reason,
            review_date=review,
            slate=_load.default().slate.model_dump(),
        )
        save_policy(here.shop.workspace, policy, date.today())
    except (PolicyError, RoleError) as error:
        return str(error).rstrip(".")
    return ""


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
    today = base["tasks"][task]["figures"]
    mine, yours = force.entry["tasks"][task]["figures"], other["tasks"][task]["figures"]
    table = pd.DataFrame(
        [
            {
                "Figure": heading,
                "What it is": meaning,
                "Today": level(today[figure], here.currency if party == "money" else ""),
                title(force): change(mine[figure]),
                f"{beside}": change(yours[figure]),
                "Apart": apart(mine[figure], yours[figure]),
            }
            for figure, (party, heading, meaning) in FIGURES.items()
            if figure in mine and figure in yours and figure in today
        ]
    )
    right = st.column_config.TextColumn(alignment="right")
    st.dataframe(
        table,
        hide_index=True,
        column_config=dict.fromkeys(table.columns[2:], right),
        alt=f"Figures today, and their changes with your weights and with the policy {beside}.",
        key="figures",
        height="content",
    )
    st.caption(
        f"Changes against today with 95 % intervals, observed: {force.meta['draws']:,} draws of "
        f"{force.meta['households']:,} households, demand-weighted on held-out weeks, not a "
        f"forecast. *Apart* is the first less the second, in points; its interval is unavailable, "
        f"since the two were not drawn together."
    )


def title(force: InForce) -> str:
    """The head of the column of what is in force."""
    return "Your weights" if force.said == "your weights" else f"Your weights ({force.said})"


def apart(one: Mapping[str, float | None], other: Mapping[str, float | None]) -> str:
    """The difference of two changes."""
    if one["change"] is None or other["change"] is None:
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
    return pd.DataFrame(rows)


def level(estimate: Mapping[str, float | None], currency: str) -> str:
    value = estimate["value"]
    return "–" if value is None else f"{currency}{significant(value, 3)}"


def downloads(here: _load.Opened, force: InForce) -> None:
    """The figures in force and the whole report, in files that are made when they are asked for."""
    workspace = here.shop.workspace
    if force.exact:
        own = alone(here, force)
        st.caption(f"**{plain(force.said)}**")
        with st.container(horizontal=True):
            st.download_button(
                "CSV",
                lambda: safe_csv(report_frame(own)),
                f"{force.name}.csv",
                "text/csv",
                key="get_csv",
            )
            st.download_button(
                "JSON", lambda: report_json(own), f"{force.name}.json", key="get_json"
            )
            st.download_button(
                "Policy (TOML)",
                lambda: policy_toml(force.policy),
                f"{force.name}.toml",
                key="get_toml",
            )
    else:
        st.caption("Your weights: files come with the exact answer.")
    st.caption("**The report of all policies**")
    has_page = workspace.has("backtest", "report.html")
    with st.container(horizontal=True):
        if has_page:
            st.download_button(
                "HTML", lambda: here.text("report.html"), "report.html", key="get_html"
            )
        st.download_button(
            "CSV",
            lambda: safe_csv(report_frame(here.report)),
            "report.csv",
            "text/csv",
            key="get_report_csv",
        )
        st.download_button(
            "JSON", lambda: here.text("report.json"), "report.json", key="get_report_json"
        )
        st.download_button("Text", lambda: here.text("report.md"), "report.md", key="get_md")
    if not has_page:
        st.caption("No HTML report in this workspace: `greenaisle backtest` writes one.")


def alone(here: _load.Opened, force: InForce) -> dict[str, Any]:
    """A report of what is in force, without the list of every supplier."""
    told = {n: {"meaning": f.meaning, "unit": f.unit, "change": f.change} for n, f in ALL.items()}
    entry = {key: value for key, value in force.entry.items() if key != "exposure"}
    return {
        "schema": 1,
        "meta": dict(force.meta),
        "figures": {**told, **here.report["figures"]},
        "policies": {force.name: entry},
    }


def safe_csv(frame: pd.DataFrame) -> str:
    """A table as CSV in which no text is a formula to a spreadsheet.

    >>> safe_csv(pd.DataFrame({"a": ["=1+1", "x"], "b": [-1.5, 2.0]})).splitlines()
    ['a,b', "'=1+1,-1.5", 'x,2.0']
    """
    safe = frame.copy()
    for column in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[column]):
            safe[column] = [
                f"'{text}" if isinstance(text, str) and text.startswith(FORMULA) else text
                for text in safe[column]
            ]
    return safe.to_csv(index=False)
