"""Are the carbon cuts real? What was claimed against what a second footprint table realises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from app_pages import _load
from app_pages._evidence.curve import curve
from app_pages._evidence.draw import claimed_chart
from app_pages._evidence.parts import (
    BACKTEST,
    READABLE,
    chart_and_table,
    choose_policy,
    headline,
    interval,
    points,
    unavailable,
)
from app_pages._layers import OBSERVED, dressed, of_run
from app_pages._words import NO_BREAK, is_clear, percent, plain
from recommender.impact.page.words import others


def real(here: _load.Opened) -> None:
    """The question, answered for one policy, for all, and along the path of bolder cuts."""
    report = here.report
    policy = choose_policy(report)
    dressed(OBSERVED, of_run(report, "all", policy, intervals=True))
    judged = judged_policies(report)
    if policy not in judged:
        unavailable(
            "No second footprint table has judged these lists. It is made from other sources with "
            "the next backtest of a shop whose footprints greenaisle estimated.",
            BACKTEST,
        )
    else:
        headline(answer(policy, judged[policy]))
        agreement(judged[policy])
        by_policy(judged)
    st.subheader("As the cuts get bolder", anchor=False)
    curve()


def judged_policies(report: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Claimed and realised by policy, those that claim least first."""
    found = {}
    for name in others(report):
        judged = report["policies"][name]["tasks"].get("all", {}).get("claimed_realised")
        if judged and judged["claimed"]["change"] is not None:
            found[name] = judged
    return dict(sorted(found.items(), key=lambda item: -item[1]["claimed"]["change"]))


def answer(policy: str, judged: Mapping[str, Any]) -> str:
    """How much of the claimed cut another table finds."""
    claimed, realised = judged["claimed"], judged["realised"]
    if claimed["change"] >= 0:
        return f"{plain(policy)} claims no cut: {percent(claimed['change'])} kg CO2e."
    if not is_clear(realised):
        return (
            f"Cannot tell: {plain(policy)} claims {percent(claimed['change'])} kg CO2e, and by "
            f"the second table it is {percent(realised['change'])} ({interval(realised)}), which "
            f"may be chance."
        )
    if realised["change"] > 0:
        return (
            f"No: {plain(policy)} claims {percent(claimed['change'])} kg CO2e, and by the second "
            f"table it rises by {percent(realised['change'])} ({interval(realised)})."
        )
    kept = realised["change"] / claimed["change"]
    word = "Yes" if kept >= 0.9 else "In part"
    return (
        f"{word}: {plain(policy)} claims {percent(claimed['change'])} kg CO2e at equal function; "
        f"by a second footprint table it is {percent(realised['change'])} "
        f"({interval(realised)}), {100 * kept:.0f}{NO_BREAK}% of the claim."
    )


def agreement(judged: Mapping[str, Any]) -> None:
    """How alike the two tables are."""
    over, inside = judged.get("correlation_log_kg"), judged.get("correlation_inside_needs")
    if over is None or inside is None:
        return
    st.container(width=READABLE).markdown(
        f"The second table has sources and a mapping of products of its own. Over "
        f"{judged['products']:,} products that both know ({100 * judged['share_of_demand']:.0f} % "
        f"of what is listed), the logarithms of their kg CO2e correlate at **{over:.2f}**; among "
        f"products for one need, where swaps are made, at **{inside:.2f}**."
    )
    if judged.get("note"):
        st.container(width=READABLE).caption(plain(judged["note"], longest=600))


def by_policy(judged: Mapping[str, Mapping[str, Any]]) -> None:
    rows = pd.DataFrame(
        [
            {"policy": name, "side": side, **points(entry[side])}
            for name, entry in judged.items()
            for side in ("claimed", "realised")
        ]
    )
    chart_and_table(
        claimed_chart(rows),
        pd.DataFrame(
            [
                {
                    "Policy": name,
                    "Claimed": percent(entry["claimed"]["change"]),
                    "Realised": percent(entry["realised"]["change"]),
                    "Kept": kept(entry),
                    "Claimed, 95 %": interval(entry["claimed"]),
                    "Realised, 95 %": interval(entry["realised"]),
                }
                for name, entry in judged.items()
            ]
        ),
        policies_sentence(judged),
        "claimed",
        about="Grey circles: claimed, by the footprints that chose the lists. Teal squares: "
        "realised, by the second table. Bars are 95 % intervals.",
    )


def kept(entry: Mapping[str, Any]) -> str:
    """The share of a claimed cut that is realised, in percent."""
    claimed, realised = entry["claimed"]["change"], entry["realised"]["change"]
    return f"{100 * realised / claimed:.0f} %" if claimed < 0 else "–"


def policies_sentence(judged: Mapping[str, Mapping[str, Any]]) -> str:
    """How many policies' cuts are confirmed, and how much of the claims is kept."""
    cutting = {n: e for n, e in judged.items() if e["claimed"]["change"] < 0}
    clear = [
        n for n, e in cutting.items() if is_clear(e["realised"]) and e["realised"]["change"] < 0
    ]
    shares = sorted(
        cutting[n]["realised"]["change"] / cutting[n]["claimed"]["change"] for n in clear
    )
    said = f"The second table clearly confirms a cut under {len(clear)} of {len(cutting)} policies"
    if shares:
        said += f"; of what they claim, {100 * shares[0]:.0f} % to {100 * shares[-1]:.0f} % is kept"
    return said + "."
