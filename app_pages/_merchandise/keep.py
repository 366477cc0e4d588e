"""Keeping what was found: save it as a policy, take figures along."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

import pandas as pd
import streamlit as st

from app_pages import _load
from app_pages._merchandise.state import InForce, Known
from app_pages._roles import SAVE, RoleError, must
from app_pages._words import plain
from recommender.drafts import (
    LONGEST_NAME,
    LONGEST_REASON,
    policy_toml,
    refuse_name,
    save_policy,
)
from recommender.metrics import FIGURES as ALL
from recommender.policy import PolicyError
from recommender.report import report_frame, report_json
from recommender.tradeoff import TASKS
from recommender.tried import tried_policy

REVIEW_DAYS: Final = 91  # a quarter
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def save(here: _load.Opened, all_: Known, force: InForce) -> None:
    """A form of three fields: the policy becomes a file of the workspace."""
    if st.session_state.pop("_clear_save", False):
        st.session_state.save_name = st.session_state.save_reason = ""
    with st.form("save", border=False, enter_to_submit=False):
        # first, so that its calendar does not open over the button
        review = st.date_input(
            "To be reviewed on",
            date.today() + timedelta(days=REVIEW_DAYS),
            min_value=date.today() + timedelta(days=1),
            key="save_review",
            format="YYYY-MM-DD",
        )
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
        pressed = st.form_submit_button("Save as a policy", key="save", icon=":material/save:")
    if pressed:
        problem = _save(here, force, str(name).strip(), str(reason).strip(), review)
        if problem:
            st.error(f"Not saved: {plain(problem, longest=400)}.", icon=":material/block:")
        else:
            st.session_state["_saved"] = st.session_state["_toast"] = str(name).strip()
            st.session_state["_start_from"] = str(name).strip()
            st.session_state["_clear_save"] = True
            # a popover of another key is closed
            st.session_state["_saves"] = st.session_state.get("_saves", 0) + 1
            st.rerun()
    if all_.kept.problems:
        st.caption("Left aside in the workspace's folder of policies:")
        for problem in all_.kept.problems:
            st.caption(f"- {plain(problem, longest=300)}")


def confirm(force: InForce) -> None:
    """Says that a policy was saved, for as long as it is what is in force."""
    told = st.session_state.pop("_toast", None)
    if told:
        st.toast(f"Saved as **{plain(told)}**.", icon=":material/check:")
    saved = st.session_state.get("_saved")
    if saved and saved == force.name:
        st.success(
            f"Saved as **{plain(saved)}**. It is in *Start from* from now on.",
            icon=":material/check:",
        )


def _save(here: _load.Opened, force: InForce, name: str, reason: str, review: Any) -> str:
    if not name or not reason or not isinstance(review, date):
        return "a name, a reason and a review date are needed"
    try:
        must(SAVE)
        refuse_name(here.shop.workspace, name)
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
            if is_whole(force):
                st.download_button(
                    "HTML", lambda: own_page(here, force), f"{force.name}.html", key="get_own_html"
                )
            st.download_button(
                "Policy (TOML)",
                lambda: policy_toml(force.policy),
                f"{force.name}.toml",
                key="get_toml",
            )
        if not is_whole(force):
            st.caption("The page (HTML) comes once both tasks are judged.")
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


def is_whole(force: InForce) -> bool:
    """Whether both tasks were judged in full, as the page of a report needs."""
    tasks = force.entry["tasks"]
    return set(TASKS) <= set(tasks) and all("shortfall" in run for run in tasks.values())


def own_page(here: _load.Opened, force: InForce) -> str:
    """The policy in force alone beside relevance, as the page that the backtest writes."""
    from recommender.impact.page.page import report_html  # the charts load slowly, and only here

    baseline = force.meta["baseline"]
    whole = here.report
    kept = force.name in whole["policies"]
    segments = whole.get("segments")
    if segments is not None:
        segments = {
            **segments,
            "rows": [r for r in segments["rows"] if r["policy"] in (baseline, force.name)],
            "warnings": [w for w in segments["warnings"] if w["policy"] == force.name],
        }
    meta = {**whole["meta"], **force.meta}
    return report_html(
        {
            **whole,
            "meta": meta,
            "policies": {baseline: whole["policies"][baseline], force.name: force.entry},
            "segments": segments if kept else None,
            "fairness": whole.get("fairness") if kept else None,
            "costs": whole.get("costs") if kept else None,
        },
        what_if=[f for f in _load.simulations() if f["policy"] == force.name],
    )


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
