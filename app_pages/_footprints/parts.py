"""Parts of the Footprints page: one product's figure, what it rests on, and another beside it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from app_pages import _load
from app_pages._draw import footprint_mark
from app_pages._footprints import draw, rests_on, words
from app_pages._footprints import pair as pairs
from app_pages._shop.stock import Stock, ranges_at_equal_use
from app_pages._words import CHANCE_FROM, TIERS, kg, plain, sentence
from pcf_estimator.explain.explanation import Explanation
from recommender.workspace import WorkspaceError

READABLE = 860
# pixels: sources in full on a wide screen
RECORD_WIDTHS = {"Record": 170, "kg CO2e per kg": 115, "As published": 105, "Likeness": 80}
RECORD_WIDTHS |= {"Source": 800}


def figure(stock: Stock, row: int) -> None:
    """The figure, how it was found, and where it stands among those for its need."""
    product = stock.products.iloc[row]
    large, small = words.headline(product)
    st.subheader(large, anchor=False)
    st.markdown(small)
    where = words.place(stock, row)
    mark = footprint_mark(ranges_at_equal_use(stock, [row]), stock.scale(row), width=420)
    if mark:
        st.image(mark, width="stretch", alt=where)
        where += " The bar is how sure its place among them is."
    st.caption(where)
    if bool(product.get("use_phase_dominant", False)):
        st.caption(
            "Using it at home emits more than making it, so the lighter figure here need not be "
            "the lighter choice."
        )


def facts_table(facts: dict[str, str]) -> str:
    """Facts by heading as a Markdown table."""
    lines = [f"| {name} | {said.replace('|', ' ')} |" for name, said in facts.items()]
    return "\n".join(["| Behind it | What is known |", "|:--|:--|", *lines])


def quality_marks(stock: Stock, row: int) -> None:
    product = stock.products.iloc[row]
    rows = words.quality_rows(product, _load.market().year)
    said = words.quality_sentence(product, rows)
    if rows:
        st.markdown(words.quality_table(rows))
    st.caption(said)


def how_we_know(stock: Stock, row: int, currency: str) -> Explanation | None:
    """Nearest records, members' votes, why the range is so wide; None where nobody can be asked."""
    product = stock.products.iloc[row]
    try:
        with st.spinner("Looking up the records it rests on …"):
            found = _load.explanation(str(product["product_id"]))
    except WorkspaceError as error:
        st.info(
            f"The records behind it cannot be looked up: {plain(error, words.LONG)}. `greenaisle "
            f"footprint fit` makes a model from the shipped seed, in well under a minute. What "
            f"the table of footprints says: {plain(product['source'], words.LONG)}.",
            icon=":material/model_training:",
        )
        return None
    said = found.sections()
    if found.tier != product["tier"]:
        st.caption(
            f"The figure above is {TIERS[str(product['tier'])]}. What follows is what the "
            f"estimator says by itself."
        )
    if not said.get("How it was found") and not found.records:
        name = stock.titles[row]
        lines = [line.replace(found.title, name) for line in said["Footprint"]]
        if words.price_and_no_figure(product, currency):
            lines = [line.replace("without a price", "without a listed price") for line in lines]
        st.markdown(" ".join(plain(line, words.LONG) for line in lines))
        if priced := words.price_and_no_figure(product, currency):
            st.markdown(priced)
        sentences(found, "What would make it better")
        return found
    if found.records:
        left, right = st.columns([3, 2], gap="large")
        with left:
            rows = draw.evidence(found)
            shown = draw.evidence_sentence(rows)
            st.altair_chart(draw.evidence_chart(rows), alt=shown)
            st.caption(shown)
        with right:
            how = said["How it was found"]
            st.markdown(plain(how[0], words.LONG))
            sentences(found, "Why the range is this wide")
            sentences(found, "What would make it better")
        st.markdown("**Nearest published records**")
        table(
            rests_on.records_table(found),
            "The nearest records with figure and source.",
            "records",
            RECORD_WIDTHS,
        )
        st.markdown("**What each method says by itself**")
        votes = [line for line in how if line.startswith("Asked one by one")]
        end = plain(votes[0].rsplit(". ", 1)[-1], words.LONG) if votes else ""
        with st.container(width=READABLE):
            table(rests_on.votes_table(found), f"Each method's figure and weight. {end}", "votes")
            st.caption(end)
            if why := rests_on.why_outside(found):
                st.caption(why)
        return found
    prose = st.container(width=READABLE)
    with prose:
        sentences(found, "How it was found")
        if found.declarations:
            table(rests_on.declarations_table(found), "Makers' declarations.", "declarations")
        sentences(found, "Why the range is this wide")
        sentences(found, "What would make it better")
    return found


def sentences(found: Explanation, heading: str) -> None:
    """A part of the explanation as a list under its heading."""
    said = [line for line in found.sections().get(heading, ()) if not line[:1].isdecimal()]
    if said:
        st.markdown(f"**{heading}**")
        st.markdown("\n".join(f"- {plain(line, words.LONG)}" for line in said))


def comparison(stock: Stock, first: int, second: int) -> None:
    """Two products beside each other: the verdict, both on one scale, and a table."""
    told = pairs.compare(stock, first, second)
    names = [plain(stock.titles[row]) for row in (first, second)]
    if told.because:
        st.markdown(f"**{sentence(told.said)}** {sentence(told.because)}")
    elif told.said == "cannot tell":
        st.markdown(
            f"**Cannot tell** whether {names[1]} is lighter than {names[0]}: for the same use "
            f"({told.use}) the estimates lie too near, or are too unsure."
        )
    else:
        st.markdown(f"{names[1]}, for the same use ({told.use}): **{told.said}**.")
    if told.ranges:
        mark = footprint_mark(told.ranges, pairs.scale_of_one_use(stock, first), width=640)
        alt = f"{names[0]} above in grey, {names[1]} below, on the scale of their need."
        if mark:
            with st.container(width=READABLE):
                st.image(mark, width="stretch", alt=alt)
            st.caption(alt)
    lines = []
    for position, row in enumerate((first, second)):
        product = stock.products.iloc[row]
        line = {
            "Product": stock.titles[row],
            "Per pack": words.figure(product),
            "For one use": kg(*told.ranges[position]) if told.ranges else "not compared",
        }
        lines.append(line)
    table(pd.DataFrame(lines), f"Both products. Verdict: {told.said}.", "beside")
    if told.ranges:
        st.caption(f"The pack's size plays no part. {CHANCE_FROM[stock.swaps.learned]}")


def table(rows: pd.DataFrame, alt: str, key: str, widths: Mapping[str, int] | None = None) -> None:
    """A table of words and figures; all but the first column stand right where they are figures."""
    widths = widths or {}
    figures = [c for c in rows.columns[1:] if rows[c].astype("str").str.match(r"^[\d–.,−]").all()]
    st.dataframe(
        rows,
        hide_index=True,
        height="content",
        column_config={
            name: st.column_config.TextColumn(
                alignment="right" if name in figures else "left", width=widths.get(name)
            )
            for name in rows.columns
        },
        alt=alt,
        key=f"table_{key}",
    )
