"""Who a policy treats differently: segments with their warnings, and fairness by income."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from app_pages import _load
from app_pages._evidence.draw import observed_chart
from app_pages._evidence.parts import (
    BACKTEST,
    HEADLINE,
    READABLE,
    URL,
    basis_of,
    cell,
    chart_and_table,
    notes,
    points,
    table,
    unavailable,
)
from app_pages._words import change, count, household_kind, is_clear, plain, sentence

SHARES = {
    "worse_off_share": "a list more than 1 % less relevant to them",
    "worse_off_share_5": "a list more than 5 % less relevant",
    "price_rise_share": "own needs more than 1 % dearer",
    "either_share": "either of the first and the last",
}
WARNINGS_TOLD, MOST_SEGMENTS = 2, 14
NEW_TABLES = (
    "greenaisle ingest --catalogue catalogue.parquet --purchases purchases.parquet "
    "--customers customers.parquet\n"
    "greenaisle fit\n"
    "greenaisle backtest"
)


def segments(here: _load.Opened, policy: str) -> None:
    """Changes by segment of one kind; those that go against the total are marked."""
    report = here.report
    found = report.get("segments") or {}
    if not tells_segments(report):
        unavailable(*why_no_segments(here))
        return
    warn(found, policy)
    mine = [row for row in found["rows"] if row["policy"] == policy]
    kinds = [kind for kind in found["kinds"] if any(row["kind"] == kind for row in mine)]
    if not kinds:
        st.caption("No segment of this policy holds enough households.")
        return
    keys = list(dict.fromkeys(row["figure"] for row in mine))
    left, right = st.columns(2, gap="large")
    kind = left.selectbox(
        "By", kinds, format_func=lambda k: cell(household_kind(k)), key="by", bind=URL
    )
    key = right.selectbox(
        "Figure",
        keys,
        index=keys.index("demand_kg_functional") if "demand_kg_functional" in keys else 0,
        format_func=lambda k: HEADLINE.get(k, report["figures"].get(k, {}).get("meaning", k)),
        key="figure",
        bind=URL,
    )
    rows = [r for r in mine if r["kind"] == kind and r["figure"] == key and r["change"] is not None]
    told = most_telling(rows)
    drawn = pd.DataFrame(
        [
            {"name": cell(r["segment"], 40), **points(r), "against": bool(r["against_total"])}
            for r in told
        ]
    )
    against = sum(bool(r["against_total"]) for r in rows)
    said = (
        f"{count(against, 'segment') if against else 'None'} of {len(rows)} by "
        f"{plain(household_kind(kind))} clearly {'moves' if against == 1 else 'move'} against "
        f"the total."
    )
    if drawn.empty:
        st.caption("No change is known of these segments.")
        return
    hidden = len(rows) - len(told)
    kept = (found.get("suppressed") or {}).get(kind, 0)
    chart_and_table(
        observed_chart(drawn, "Change, %"),
        pd.DataFrame(
            [
                {
                    "Segment": cell(r["segment"]),
                    "Households": f"{r['households']:,}",
                    "Change": change(r),
                    "Against the total": "yes" if r["against_total"] else "",
                }
                for r in rows
            ]
        ),
        said,
        "segments",
        about=f"{sentence(basis_of(key))} Amber diamonds go against the total."
        + (f" The {hidden} smallest are in the table only." if hidden else ""),
        note=f"{count(kept, 'segment')} kept back: too few households." if kept else "",
    )
    notes(found.get("notes", []), "How segments are judged")


def most_telling(rows: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """All of a few segments; of many the largest, and every one against the total."""
    if len(rows) <= MOST_SEGMENTS:
        return rows
    largest = sorted(rows, key=lambda r: -r["households"])[:MOST_SEGMENTS]
    kept = {r["segment"] for r in [*largest, *(r for r in rows if r["against_total"])]}
    return [r for r in rows if r["segment"] in kept]


def warn(found: Mapping[str, Any], policy: str) -> None:
    """Where a segment moves against the total, which an average hides."""
    lines = [w["sentence"] for w in found.get("warnings", []) if w["policy"] == policy]
    if not lines:
        st.markdown("No segment clearly moves against the total under this policy.")
        return
    for line in lines[:WARNINGS_TOLD]:
        words = plain(line[:1].upper() + line[1:], longest=500)
        st.warning(f"**The total hides this.** {words}", icon=":material/call_split:")
    notes(lines[WARNINGS_TOLD:], "More segments against the total")


def tells_segments(report: Mapping[str, Any]) -> bool:
    """Whether a report compares segments of households."""
    return bool((report.get("segments") or {}).get("rows"))


def why_no_segments(here: _load.Opened) -> tuple[str, str]:
    """The one reason that holds why a report compares no segments, and the command that helps."""
    customers = here.shop.customers
    columns = customers is not None and len(customers) > 0 and len(customers.columns) > 1
    if not columns and not len(here.shop.log.ids.stores):
        return (
            "This report does not tell segments apart, since the shop knows no ages, incomes, "
            "stores or regions of its households. A table of them, a column for each, changes that."
        ), NEW_TABLES
    made = (
        "it was made before the shop's tables told households apart"
        if "segments" in here.report
        else "an older version made it"
    )
    return f"This report does not tell segments apart: {made}.", BACKTEST


def fairness(here: _load.Opened, policy: str) -> None:
    """Who gets a worse list, and what a basket of the same needs costs by income."""
    found = (here.report.get("fairness") or {}).get(policy)
    if not found:
        unavailable(
            "This report does not say who is made worse off: an older version made it.", BACKTEST
        )
        return
    words = str(found.get("sentence", ""))
    prose = st.container(width=READABLE)
    prose.markdown(plain(words[:1].upper() + words[1:], longest=900))
    shares = {k: found[k] for k in SHARES if found.get(k) and found[k]["value"] is not None}
    said = "Shares of households that a policy treats worse than relevance alone would."
    with prose:
        table(
            pd.DataFrame(
                [
                    {
                        "Households with": SHARES[key],
                        "Share": f"{100 * value['value']:.1f} %",
                        "95 % interval": f"{100 * value['low']:.1f}–{100 * value['high']:.1f} %",
                    }
                    for key, value in shares.items()
                ]
            ),
            said,
            "fairness",
        )
        st.caption(said)
    bands = [r for r in found.get("basket_price_by_income") or [] if r.get("change") is not None]
    if not bands:
        customers = here.shop.customers
        known = customers is not None and "income" in customers
        why = "this report has none" if known else "this shop knows no incomes"
        prose.caption(f"Prices by income are unavailable: {why}.")
        return
    clear = sum(is_clear(r) for r in bands)
    drawn = pd.DataFrame([{"name": f"{cell(r['income'], 30)}", **points(r)} for r in bands])
    chart_and_table(
        observed_chart(drawn, "Price of the same needs, change in %"),
        pd.DataFrame(
            [
                {
                    "Income": cell(r["income"]),
                    "Households": f"{r['households']:,}",
                    "Same needs cost": change(r),
                }
                for r in bands
            ]
        ),
        f"The price of the same needs clearly moves in {clear} of {len(bands)} bands.",
        "income",
        about="What a basket of the same needs costs against relevance alone, with 95 % intervals.",
    )
