"""What would it change? Ranges under stated assumptions, never a point and never a promise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from app_pages import _load
from app_pages._evidence.assumed import assumptions, drivers, sellers
from app_pages._evidence.draw import what_if_chart
from app_pages._evidence.parts import (
    READABLE,
    URL,
    cell,
    chart_and_table,
    headline,
    interval,
    level,
    notes,
    table,
    unavailable,
)
from app_pages._layers import OBSERVED, WHAT_IF, dressed, window_words
from app_pages._words import NO_BREAK, listed, percent, plain

COMMAND = "greenaisle simulate --scenario data/scenarios/as-is.toml"
# money, kilograms, sellers; relevance has no what if
FIGURES = {
    "revenue": "Revenue",
    "margin": "Margin",
    "purchases": "Products bought",
    "kg_total": "Total kg CO2e, whole packs",
    "kg_total_with_rebound": "Total kg CO2e with rebound",
    "kg_per_order": "kg CO2e per order",
    "kg_functional": "kg CO2e at equal function",
    "small_sellers_income": "Small suppliers' income",
    "seller_gini": "Inequality of suppliers (Gini)",
}
RUNS = {"short": "Short run: weeks after", "long": "Long run: once all have adapted"}


def what_if(_: _load.Opened) -> None:
    """The question, for a policy under a scenario of the visitor's choice."""
    answers = _load.simulations()
    if not answers:
        dressed(WHAT_IF, "nothing was simulated on this workspace")
        unavailable(
            "No policy has been put through a scenario here. Each scenario file states its "
            "assumptions as ranges, with a source for each; data/scenarios holds six.",
            COMMAND,
        )
        return
    answer = chosen(answers)
    scenario = answer["scenario"]
    dressed(
        WHAT_IF,
        f"policy {plain(answer['policy'])} v{answer['policy_version']} against "
        f"{plain(answer['baseline'])} · scenario {plain(scenario['name'])} v{scenario['version']} "
        f"· {window_words(answer.get('window'))} · {answer['draws']:,} draws",
    )
    runs = [run for run in RUNS if answer["runs"].get(run)]
    run = runs[0]
    if len(runs) > 1:
        run = str(
            st.segmented_control(
                "Horizon",
                runs,
                format_func=lambda run: RUNS[run],
                default=runs[0],
                required=True,
                key="horizon",
                bind=URL,
            )
        )
    figures = answer["runs"][run]
    headline(in_a_sentence(answer, figures))
    st.container(width=READABLE).markdown(plain(scenario["description"], longest=600))
    ranges(answer, run)
    st.subheader("What is assumed", anchor=False)
    assumptions(answer)
    left, right = st.columns([1, 1], gap="large")
    with left:
        drivers(answer)
    with right:
        sellers(answer)
    notes(answer.get("notes", []), "What these ranges leave out, and how they were made")


def chosen(answers: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The answer for the scenario and the policy that the visitor takes."""
    scenarios = list(dict.fromkeys(one["scenario"]["name"] for one in answers))
    left, right = st.columns(2, gap="large")
    scenario = left.selectbox("Scenario", scenarios, key="scenario", bind=URL)
    under = {one["policy"]: one for one in answers if one["scenario"]["name"] == scenario}
    names = list(under)
    in_force = _load.default().name
    policy = right.selectbox(
        "Under the policy",
        names,
        index=names.index(in_force) if in_force in names else 0,
        key="under",
        bind=URL,
    )
    return under[policy]


def in_a_sentence(answer: Mapping[str, Any], figures: Mapping[str, Any]) -> str:
    """What total kilograms and revenue may do under the assumptions."""
    said = []
    for key, words in (("kg_total_with_rebound", "total kg CO2e"), ("revenue", "revenue")):
        if key in figures:
            said.append(f"{words} by {fine(figures[key])}")
    if not said:
        return "This answer holds neither kilograms nor revenue."
    return (
        f"If the assumptions hold, {plain(answer['policy'])} would change {listed(said)} "
        f"against {plain(answer['baseline'])}."
    )


def ranges(answer: Mapping[str, Any], run: str) -> None:
    figures = answer["runs"][run]
    alone = (answer.get("of_the_policy") or {}).get(run, {})
    shown = {k: v for k, v in figures.items() if k in FIGURES and v.get("change_low") is not None}
    shown = {key: shown[key] for key in FIGURES if key in shown}
    rows = pd.DataFrame(
        [
            {
                "name": FIGURES[key],
                "low": 100 * found["change_low"],
                "high": 100 * found["change_high"],
            }
            for key, found in shown.items()
        ]
    )
    told = [FIGURES[k] for k, v in shown.items() if not v["change_low"] <= 0 <= v["change_high"]]
    said = (
        f"The range leaves out no change for {len(told)} of {len(shown)} figures"
        + (f": {listed(told)}" if told else "")
        + "."
    )
    units = answer.get("figures", {})
    chart_and_table(
        what_if_chart(rows),
        pd.DataFrame(
            [
                {
                    "What if": FIGURES[key],
                    "Change": fine(found),
                    "Today": level(found.get("baseline")),
                    "May become": f"{level(found['low'])}–{level(found['high'])}",
                    **({"Of the lists alone": fine(alone.get(key, {}))} if alone else {}),
                    "Unit": cell(units.get(key, {}).get("unit", "")),
                }
                for key, found in shown.items()
            ]
        ),
        said,
        "what_if",
        about=f"Hollow bars hold {100 * answer.get('coverage', 0.9):.0f} % of what the assumptions "
        f"allow; the dashed line is no change.",
        note="Levels range as widely as the footprints are known; changes compare both policies "
        "in the same draws."
        + (" Of the lists alone: without what labels, tastes and suppliers do." if alone else ""),
        words=["Unit"],
        border=True,
    )
    beside_observed(answer)


def fine(estimate: Mapping[str, Any]) -> str:
    """The range of a change; where all of it is under 1 %, with digits enough to see each end.

    >>> fine({"change_low": -0.0042, "change_high": 0.0004})
    '−0.42\\xa0% to +0.04\\xa0%'
    >>> fine({"change_low": -0.00002, "change_high": 0.0})
    '−0.002\\xa0% to 0\\xa0%'
    """
    low, high = estimate.get("change_low"), estimate.get("change_high")
    if low is None or high is None or max(abs(low), abs(high)) >= 0.01:
        return interval(estimate)
    return " to ".join(f"{_end(100 * end)}{NO_BREAK}%" for end in (low, high))


def _end(percent: float) -> str:
    texts = [f"{percent:+.{digits}f}" for digits in (2, 3, 4)]
    seen = next((text for text in texts if float(text)), "0")
    return seen.replace("-", "−")


def beside_observed(answer: Mapping[str, Any]) -> None:
    """The nearest observed figures, kept apart: of what stood on lists, not of all purchases."""
    observed = answer.get("observed") or {}
    near = {k: v for k, v in observed.items() if k in FIGURES and v.get("change") is not None}
    if not near:
        return
    with st.expander("The nearest observed figures, of another kind"):
        dressed(OBSERVED, "of what stood on the lists and was bought anyway, not of all purchases")
        said = "Changes of what was listed and bought in held-out weeks; no forecast."
        table(
            pd.DataFrame(
                [
                    {
                        "Observed": FIGURES[key],
                        "Change": percent(found["change"]),
                        "95 % interval": interval(found),
                    }
                    for key, found in near.items()
                ]
            ),
            said,
            "what_if_observed",
        )
        st.caption(said)
