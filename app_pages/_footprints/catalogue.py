"""Your catalogue: a file is checked row by row, estimated with visible progress, handed back."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import PurePath
from typing import Any

import pandas as pd
import streamlit as st

from app_pages import _load
from app_pages._footprints import estimates as made_here
from app_pages._footprints import upload as uploads
from app_pages._footprints.doubts import doubts, usual_prices
from app_pages._footprints.parts import READABLE
from app_pages._frame import fragment
from app_pages._roles import ESTIMATE, refusal
from app_pages._words import TIERS, count, kg, listed, plain, sentence, share
from recommender.workspace import WorkspaceError

PREVIEW = 200  # rows of the estimates that are shown
LONG = 700  # letters of a sentence that holds text of the file


@fragment
def upload() -> None:
    """A catalogue of the visitor's own: checked row by row, estimated, handed back."""
    prose = st.container(width=READABLE)
    prose.markdown(
        f"Estimate products that are not in this shop. A row needs a `product_id` and a `title` or "
        f"a `category`; `price` and `package_size` make its figure better. At most "
        f"{uploads.MOST_ROWS:,} rows and {uploads.MOST_MB} MB, CSV or Parquet. The file stays in "
        f"this session and is kept nowhere."
    )
    prose.download_button(
        "An example to fill in",
        uploads.EXAMPLE,
        "catalogue.csv",
        "text/csv",
        type="tertiary",
        icon=":material/description:",
        on_click="ignore",
    )
    file = prose.file_uploader(
        "Catalogue",
        type=["csv", "parquet"],
        max_upload_size=uploads.MOST_MB,
        key="catalogue",
    )
    if file is None:
        st.session_state.pop("estimated", None)
        return
    if why := refusal(ESTIMATE):
        prose.error(f"Not read: {sentence(plain(why, LONG))}", icon=":material/block:")
        return
    content = file.getvalue()
    verdict, doubtful = checked(PurePath(file.name).name[:80], content)
    said = plain(uploads.verdict_sentence(verdict), LONG)
    if verdict.products is None:
        prose.error(said, icon=":material/rule:")
        if verdict.hint:
            prose.markdown(f"**How to fix it.** {plain(verdict.hint, LONG)}")
        if verdict.faulty:
            refused_rows(verdict)
        if len(verdict.notes):
            st.markdown("**Rows that say too little to be estimated**")
            listing(verdict.notes, "Rows that say too little, and why.", "notes")
        return
    prose.success(said, icon=":material/check_circle:")
    if len(doubtful):
        found = count(len(doubtful), "value looks", "values look")
        prose.warning(
            f"{found} wrong. Nothing was refused: what is estimated below takes them as written.",
            icon=":material/rule:",
        )
        listing(doubtful, "Values that look wrong, and why.", "doubts")
    made = estimates(verdict.products, blake2b(content, digest_size=16).hexdigest())
    if not made and len(verdict.notes):
        listing(verdict.notes, "Rows that say too little, and why.", "notes")


def checked(name: str, content: bytes) -> tuple[uploads.Verdict, pd.DataFrame]:
    """The check of a file, and what in it looks wrong; made once for each file of a session."""
    mark = blake2b(content, digest_size=16, person=b"check").hexdigest() + name
    kept: dict[str, Any] = st.session_state.get("checked", {})
    if kept.get("mark") != mark:
        with st.spinner("Checking every row …"):
            verdict = uploads.check_upload(name, content)
            doubtful = pd.DataFrame()
            if verdict.products is not None:
                doubtful = doubts(verdict.products, usual_prices(_load.stock().products))
        kept = {"mark": mark, "verdict": verdict, "doubts": doubtful}
        st.session_state["checked"] = kept
    return kept["verdict"], kept["doubts"]


def listing(rows: pd.DataFrame, alt: str, key: str) -> None:
    """A line per row, its sentences in full."""
    last = str(rows.columns[-1])
    st.dataframe(
        rows.head(uploads.LISTED),
        hide_index=True,
        column_config={
            "Row": st.column_config.NumberColumn(format="localized", width=70),
            "Product": st.column_config.TextColumn(width=200),
            last: st.column_config.TextColumn(width=560),
        },
        alt=alt,
        key=key,
    )


def refused_rows(verdict: uploads.Verdict) -> None:
    """Every refused value with what to write instead."""
    found = verdict.problems
    by_column = found["Column"].value_counts()
    worst = listed([f"{plain(name)} ({number:,})" for name, number in by_column.items()])
    st.caption(f"Faults by column: {worst}. Row 1 is the first below the header.")
    st.dataframe(
        found.head(uploads.LISTED),
        hide_index=True,
        column_config={
            "Row": st.column_config.NumberColumn(format="localized", width=70),
            "Product": st.column_config.TextColumn(width=130),
            "Column": st.column_config.TextColumn(width=130),
            "Problem": st.column_config.TextColumn(width=470),
            "How to fix it": st.column_config.TextColumn(width=430),
        },
        alt=f"{count(len(found), 'fault')}, a row each, with what to write instead.",
        key="faults",
    )
    st.download_button(
        "Download the list",
        made_here.as_csv(found),
        "problems.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
    )


def estimates(products: pd.DataFrame, name: str) -> bool:
    """Footprints of an uploaded catalogue, made once, shown and handed back; whether any could."""
    kept: dict[str, Any] = st.session_state.get("estimated", {})
    if kept.get("name") != name:
        try:
            model = _load.footprint_model()
        except WorkspaceError as error:
            st.info(
                f"The file is fine, but nothing can estimate it: {plain(error, LONG)}. "
                f"`greenaisle footprint fit` makes a model, in well under a minute.",
                icon=":material/model_training:",
            )
            return False
        bar, made = st.progress(0.0), []
        for done, part in made_here.estimated(products, model, _load.market()):
            made.append(part)
            bar.progress(done / len(products), f"{done:,} of {len(products):,} estimated")
        bar.empty()
        rows = made_here.with_names(products, made)
        handed = made_here.for_download(rows)
        kept = {
            "name": name,
            "rows": rows,
            "csv": made_here.as_csv(handed),
            "parquet": made_here.as_parquet(handed),
        }
        st.session_state["estimated"] = kept
    rows = kept["rows"]
    by_tier = rows["tier"].value_counts()
    by_tier = by_tier.drop("unknown", errors="ignore")
    said = listed([f"{number:,} {TIERS[str(tier)]}" for tier, number in by_tier.items()] or ["–"])
    known = share(float(rows["kg_co2e"].notna().mean()))
    st.markdown(f"**{known} of {count(len(rows), 'product')} have a figure:** {said}.")
    bare = made_here.without_figure(rows)
    if len(bare):
        with st.expander(f"{count(len(bare), 'row')} without a figure, and why", expanded=True):
            listing(bare, "Rows without a figure, and why.", "bare")
    with st.container(horizontal=True):
        for form, mime in (("csv", "text/csv"), ("parquet", "application/vnd.apache.parquet")):
            st.download_button(
                f"Estimates, {'CSV' if form == 'csv' else 'Parquet'}",
                kept[form],
                f"footprints.{form}",
                mime,
                key=f"download_{form}",
                icon=":material/download:",
                on_click="ignore",
                type="primary" if form == "csv" else "secondary",
            )
    shown = rows.head(PREVIEW)
    st.dataframe(
        pd.DataFrame(
            {
                "Product": shown.get("title", shown["product_id"]).fillna(shown["product_id"]),
                "Per pack": [
                    kg(*ends)
                    for ends in shown[["kg_co2e", "kg_co2e_low", "kg_co2e_high"]].itertuples(
                        index=False
                    )
                ],
                "How it was found": [TIERS[str(tier)] for tier in shown["tier"]],
                "What it rests on": made_here.in_short(shown["source"]),
            }
        ),
        hide_index=True,
        column_config={
            "Product": st.column_config.TextColumn(width=240),
            "Per pack": st.column_config.TextColumn(width=220),
            "How it was found": st.column_config.TextColumn(width=220),
            "What it rests on": st.column_config.TextColumn(width=600),
        },
        alt=f"The first {len(shown)} estimates, with range, how each was found, and its source.",
        key="estimates",
    )
    market = _load.market()
    year = f"of {market.price_year}" if market.price_year else "as they are"
    st.caption(
        f"The first {len(shown):,} of {len(rows):,}; the files have each source in full. Prices "
        f"were read as {year}, at {market.usd_per_currency:g} US dollars a unit. In the CSV a "
        f"quote stands before any text that a spreadsheet would take for a formula; the Parquet "
        f"file has none. Both have figures to the digits that their ranges support, and "
        f"`how_found` beside `tier`."
    )
    return True
