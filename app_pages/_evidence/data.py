"""Whose purchases and whose footprints: sources, what was left out, licences."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app_pages import _load
from app_pages._evidence.parts import READABLE, cell, table
from app_pages._layers import window_words
from app_pages._words import NO_BREAK, count, listed, plain, sentence, share
from pcf_estimator.devices.seed import read_device_seed
from pcf_estimator.explain.words import SOURCE_NAMES
from pcf_estimator.seed.table import read_figures
from recommender.impact.page.method import COMPLETE_JOURNEY
from recommender.workspace import WorkspaceError

TABLES = ("purchases", "catalogue", "customers", "displays", "impressions")
LONGEST = 700  # letters of a sentence
LICENCES = {
    "agribalyse": ("French food and drink by life-cycle stage, ADEME", "Etalab Open Licence"),
    "su-eatable": ("Studies of food commodities, Petersson et al. 2021", "CC BY 4.0"),
    "carbon-catalogue": (
        "Companies' figures for their products, Meinrenken et al. 2022",
        "CC BY 4.0",
    ),
}


def data(here: _load.Opened) -> None:
    """Whose purchases and whose footprints these are, what was left out, and the licences."""
    meta = here.report["meta"]
    prose = st.container(width=READABLE)
    prose.subheader("Purchases", anchor=False)
    if meta.get("shop") == "complete-journey":
        prose.markdown(plain(COMPLETE_JOURNEY, LONGEST))
    else:
        prose.markdown(f"Purchases of {plain(here.name)}, up to {plain(here.until)}.")
    if meta.get("sources"):
        prose.markdown("\n".join(f"- {plain(line, LONGEST)}" for line in meta["sources"]))
    universe = meta.get("universe")
    if universe:
        prose.markdown(
            f"Judged are {universe['customers']:,} households and {universe['products']:,} "
            f"products: {share(universe['share_of_lines'])} of the purchase lines of "
            f"{window_words(meta.get('window'))} that were kept, "
            f"{share(universe['share_of_sales'])} of their sales."
        )
    left_out()
    prose = st.container(width=READABLE)
    prose.subheader("Footprints", anchor=False)
    prose.markdown("\n".join(f"- {line}" for line in source_lines()))
    prose.caption(
        "Spend factors, the last resort, are those of the US EPA (public domain, 2022 dollars). "
        "Two public databases agree on the same food within a factor of 2 about two times in "
        "three, so no estimate can promise more. Data quality follows the pedigree matrix of "
        "Weidema and Wesnaes (1996)."
    )
    prose.subheader("This run", anchor=False)
    made = [
        f"greenaisle {plain(meta['greenaisle'])}" if meta.get("greenaisle") else "",
        f"made on {plain(meta['made_at'])}" if meta.get("made_at") else "",
        f"report schema {here.report.get('schema', '?')}",
        f"workspace version {here.version}",
    ]
    prose.markdown(" · ".join(part for part in made if part))


def left_out() -> None:
    """What the importer left out of the log and why, where the workspace keeps the counts."""
    try:
        path = _load.workspace().path("tables", "exclusions.parquet")
    except WorkspaceError:
        return
    rows = pd.read_parquet(path)
    if not {"table", "reason", "lines"} <= set(rows) or rows.empty:
        return
    said = left_out_sentence(rows)
    with st.expander(f"What was left out, and why: {said}"):
        first = {name: k for k, name in enumerate(TABLES)}
        shown = rows.assign(turn=rows["table"].map(first).fillna(len(first)))
        shown = shown.sort_values(["turn", "lines"], ascending=[True, False])
        asked = f"Every reason for what was left out or mended: {said}."
        table(
            pd.DataFrame(
                {
                    "Reason": [sentence(cell(reason, 300))[:-1] for reason in shown["reason"]],
                    "Table": [cell(name) for name in shown["table"]],
                    "Lines": [f"{number:,}" if number else "" for number in shown["lines"]],
                    **({"Products": products(shown)} if "products" in shown else {}),
                }
            ),
            asked,
            "left_out",
            words=["Table"],
        )
        st.caption(f"{asked} The tables are counted apart: a line of displays is no purchase.")


def left_out_sentence(rows: pd.DataFrame) -> str:
    """How many lines each table lost, purchases first.

    >>> left_out_sentence(
    ...     pd.DataFrame({"table": ["displays", "purchases"] * 2, "lines": [4000, 3, 0, 4]})
    ... )
    '7 lines of purchases and 4,000 lines of displays'
    """
    lost = rows.groupby("table")["lines"].sum()
    names = [name for name in TABLES if name in lost.index]
    names += [name for name in lost.index if name not in TABLES]
    told = [f"{count(lost[n], 'line')} of {cell(n)}" for n in names if lost[n]]
    return listed(told) if told else "no lines"


def products(rows: pd.DataFrame) -> list[str]:
    return [f"{number:,.0f}" for number in rows["products"]]


def source_lines() -> list[str]:
    """Who published the figures of the seed, how many, of which years, under which licence."""
    lines = {}
    for source, own in read_figures().groupby("source"):
        what, licence = LICENCES.get(str(source), ("see data/README.md", "see data/README.md"))
        first, last = int(own["year"].min()), int(own["year"].max())
        years = f"{first}" if first == last else f"{first} to {last}"
        places = listed(list(own["geography"].value_counts().index[:2]))
        if own["geography"].nunique() > 2:
            places += " and others"
        name = SOURCE_NAMES.get(str(source), str(source))
        figures = count(len(own), "figure")
        lines[f"**{name}**: {figures}, {years}, {places}. {what}. Licence: {licence}."] = len(own)
    devices = count(len(read_device_seed()), "maker's declaration", "makers' declarations")
    return [
        *sorted(lines, key=lambda line: -lines[line]),
        f"**Boavizta**: {devices} of devices, per unit, kept in a table of their own. Licence: "
        f"Open Database License{NO_BREAK}1.0.",
    ]
