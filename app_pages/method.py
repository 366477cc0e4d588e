"""Method: how a footprint is found, one product worked through, and how good the estimates are."""

from __future__ import annotations

from typing import Final

import pandas as pd
import streamlit as st

from app_pages import _load, _measured, _method
from app_pages._words import plain, share
from pcf_estimator.explain.explanation import Explanation
from recommender.workspace import WorkspaceError

URL: Final = "query-params"
REPRODUCE = "greenaisle footprint assess --json"
LONGEST = 700  # letters of a sentence
READABLE = 860  # pixels: longer lines are hard to read
SPLITS = {
    "grouped": "the headline: goods that share a figure or nearly a name are never on both sides",
    "random": "flattering: twins of a good may be known already",
    "leave category out": "the hardest: nothing of the whole category is known",
}
STEPS = (
    "**Read the words.** A title, a shelf or both. Abbreviations are written out; brands and words "
    "such as “natural” are no evidence. Price is not read either: no source knows prices.",
    "**Look for published figures.** The seed holds goods with figures from public databases, each "
    "in kg CO2e per kg as sold, from the farm or factory to the shop's shelf. Land-use change is "
    "in; cooking and cooling at home are not.",
    "**Ask several methods.** Each says a figure per kg from the goods most alike. How much a "
    "method counts was learned on goods it had not seen.",
    "**Weigh the pack.** From the catalogue, the package text, the price and what the shelf costs "
    "per kg, or what is usual for such goods. The page always says which.",
    "**Say how sure it is.** The range holds the figure with 4 chances in 5. Its width comes from "
    "how far the method missed goods it had not seen, from what databases say differently about "
    "the same good, and from the weight of the pack.",
)


def main() -> None:
    here = _load.opened()
    st.title("How a footprint is found", anchor=False)
    prose = st.container(width=READABLE)
    prose.markdown(
        "No shop knows the footprint of all its products, and few suppliers publish one. So it is "
        "estimated from published figures for similar goods, with a range, and it is left open "
        "where nothing is known. An estimate is not a declaration: a supplier's verified figure "
        "always takes its place."
    )
    prose.markdown("\n".join(f"{number}. {step}" for number, step in enumerate(STEPS, start=1)))
    st.header("One product, worked through", anchor=False)
    worked_example(here)
    st.header("What the words mean", anchor=False)
    tiers(here)
    st.header("Where the figures come from", anchor=False)
    sources()
    st.header("How good the estimates are", anchor=False)
    quality_by_split()


@st.fragment
def worked_example(here: _load.Opened) -> None:
    """A product of the visitor's choice; a new choice reruns nothing else."""
    asked = st.selectbox(
        "A product of this shop, or any words",
        _method.offered(here),
        format_func=lambda title: title[:90],
        accept_new_options=True,
        key="example",
        bind=URL,
        help="Choose one, or type a title or a product id and press Enter.",
    )
    try:
        found = _method.example(here, str(asked or ""))
    except WorkspaceError as error:
        st.info(
            f"There is nothing to ask: {plain(error, LONGEST)}. `greenaisle footprint fit` makes "
            f"one from the shipped seed, in well under a minute.",
            icon=":material/model_training:",
        )
        return
    parts = found.sections()
    prose = st.container(width=READABLE)
    prose.markdown("**" + plain(parts["Footprint"][0], LONGEST) + "**")
    prose.markdown(" ".join(plain(said, LONGEST) for said in parts["Footprint"][1:]))
    if not found.quality:
        sentences(found, "What would make it better")
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        if found.records:
            rows = _method.evidence(found)
            said = _method.evidence_sentence(rows)
            st.altair_chart(_method.evidence_chart(rows), alt=said, key="evidence")
            st.caption(said)
        sentences(found, "How it was found")
    with right:
        sentences(found, "Why the range is this wide")
        st.markdown("**Data quality**")
        said = _method.quality_sentence(found)
        st.altair_chart(
            _method.quality_chart(_method.quality_rows(found)), alt=said, key="data_quality"
        )
        st.caption("  \n".join(plain(words, LONGEST) for words in parts["Data quality"]))
        sentences(found, "What would make it better")


def sentences(found: Explanation, heading: str) -> None:
    """A part of the explanation; numbered sentences stand below the one before them."""
    said = found.sections().get(heading, ())
    if said:
        st.markdown(f"**{heading}**")
        st.markdown("\n".join(line(words) for words in said))


def line(words: str) -> str:
    number, dot, rest = words.partition(". ")
    if dot and number.isdecimal():
        return f"    {number}. {plain(rest, LONGEST)}"
    return f"- {plain(words, LONGEST)}"


def tiers(here: _load.Opened) -> None:
    prose = st.container(width=READABLE)
    prose.markdown(
        "Which way a figure was found is decided by facts about the seed and the product, never by "
        "how sure a model feels: a model asked about goods it never saw is sure and wrong."
    )
    prose.markdown("\n".join(f"- {line}" for line in _method.tier_lines(here)))
    products, sales = _method.tier_shares(here)
    best = sum((sales or products).get(tier, 0.0) for tier in ("verified", "model"))
    prose.caption(
        f"{share(best)} of this shop's {'sales' if sales else 'products'} have a figure "
        f"that is verified or estimated from similar products."
    )


def sources() -> None:
    prose = st.container(width=READABLE)
    prose.markdown("\n".join(f"- {line}" for line in _method.source_lines()))
    prose.caption(
        "Spend factors, the last resort, are those of the US EPA (public domain, 2022 dollars). "
        "Two public databases agree on the same food within a factor of 2 about two times in "
        "three, so no estimate can promise more. Data quality follows the pedigree matrix of "
        "Weidema and Wesnaes (1996)."
    )


def quality_by_split() -> None:
    found, here = _measured.assessment()
    kept = _measured.by_data_set(found)
    where = "in this workspace" if here else "when this version was made"
    st.container(width=READABLE).markdown(
        f"Measured {where}, on goods the estimator had not seen. {_measured.asked_sentence(found)}"
    )
    asked = _measured.asked_table(found)
    if len(asked):
        with st.expander("What was asked, and what was found"):
            st.dataframe(
                asked,
                hide_index=True,
                alt=_measured.asked_sentence(found),
                key="asked",
            )
    left, right = st.columns(2)
    name = next(iter(kept))
    if len(kept) > 1:
        name = left.segmented_control(
            "Measured on",
            list(kept),
            format_func=lambda name: _measured.DATA_SETS.get(name, name),
            default=name,
            required=True,
            key="measured_on",
            bind=URL,
        )
    entry = kept[name]
    splits = list(entry["splits"])
    headline = entry["headline"] if entry.get("headline") in splits else splits[0]
    split = (right if len(kept) > 1 else left).segmented_control(
        "Which goods were held out",
        splits,
        default=headline,
        required=True,
        key="split",
        bind=URL,
    )
    methods = entry["splits"][split]
    said = _measured.split_sentence(methods, split)
    st.container(width=READABLE).markdown(said)
    left, right = st.columns(2, gap="large")
    with left:
        st.altair_chart(
            _measured.split_chart(_measured.split_points(methods)), alt=said, key="by_split"
        )
        meaning = SPLITS.get(split, split)
        st.caption(
            f"Each row is a way to find a figure; circles are pairs ranked right, diamonds figures "
            f"within a factor of 2; further right is better. This split is {meaning}."
        )
    with right:
        scores(_measured.split_table(methods), f"Scores by method on the split {split}. {said}")
    st.subheader("Do the ranges keep their promise?", anchor=False)
    said = _measured.range_sentence(methods, float(entry.get("nominal_coverage", 0.8)))
    scores(_measured.range_table(entry), f"Coverage promised and held by split. {said}")
    st.container(width=READABLE).caption(f"{said} {_measured.size_sentence(entry)}")
    st.markdown("The same figures by command:")
    st.code(REPRODUCE, language="bash", width=READABLE)


def scores(table: pd.DataFrame, alt: str) -> None:
    right_aligned = st.column_config.TextColumn(alignment="right")
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        column_config=dict.fromkeys(table.columns[1:], right_aligned),
        alt=alt,
        key=f"table_{table.columns[0].lower()}",
    )


main()
