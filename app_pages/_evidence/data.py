"""Whose purchases and whose footprints: sources, what was left out, licences."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app_pages import _load
from app_pages._evidence.parts import READABLE, cell, table
from app_pages._words import NO_BREAK, count, listed, plain, share
from pcf_estimator.devices.seed import read_device_seed
from pcf_estimator.explain.words import SOURCE_NAMES
from pcf_estimator.seed.table import read_figures
from recommender.impact.page.method import COMPLETE_JOURNEY
from recommender.workspace import WorkspaceError

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
            f"products: {share(universe['share_of_lines'])} of purchase lines, "
            f"{share(universe['share_of_sales'])} of sales."
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
    total = int(rows["lines"].sum())
    with st.expander(f"What was left out of the log: {total:,} lines, each for a reason"):
        said = f"{count(len(rows), 'reason')} for leaving out {total:,} lines."
        shown = rows.sort_values("lines", ascending=False)
        table(
            pd.DataFrame(
                {
                    "Reason": [cell(reason, 300) for reason in shown["reason"]],
                    "Table": [cell(name) for name in shown["table"]],
                    "Lines": [f"{number:,}" for number in shown["lines"]],
                }
            ),
            said,
            "left_out",
            words=["Reason"],
        )
        st.caption(said)


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
