"""How this shelf is ranked: generated from the policy in force and what it does."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app_pages import _load, _ranking
from app_pages._evidence.parts import BACKTEST, READABLE, URL, chart_and_table, table
from app_pages._evidence.people import tells_segments
from app_pages._frame import fragment
from app_pages._layers import OBSERVED, dressed, of_run
from app_pages._shop.shelf import STOPS, default_stop
from app_pages._words import household_kind, listed, money, plain
from recommender.impact.page.words import TASK_TITLES
from recommender.influence import brought_in, part_influences
from recommender.policy import Policy
from recommender.workspace import WorkspaceError


def main() -> None:
    here, policy = _load.opened(), _load.default()
    st.title("How this shelf is ranked", anchor=False)
    prose = st.container(width=READABLE)
    prose.markdown(
        "Products stand where they stand because of a few things, added up. This page is generated "
        "from the rules in force and from the lists they make, so it says what is done."
    )
    in_force(policy)
    st.header("What moves a product, most first", anchor=False)
    parameters(here, policy)
    prose = st.container(width=READABLE)
    prose.header("What you can change", anchor=False)
    yours(prose, policy)
    prose.header("What plays no part", anchor=False)
    prose.markdown("\n".join(f"- {line}" for line in _ranking.NOT_USED))
    prose.markdown(demographics(here))
    prose.header("Own brand and paid places", anchor=False)
    own_brand(here, policy)
    prose = st.container(width=READABLE)
    prose.header("Limits, and what they cost", anchor=False)
    limits(prose, here, policy)


def in_force(policy: Policy) -> None:
    """Name, version, reason and review date of the policy."""
    with st.container(border=True, width=READABLE):
        st.markdown(
            f"**The policy in force: {plain(policy.name)}, version {policy.version}.** "
            f"{plain(policy.description, longest=400)}"
        )
        review = policy.review_date
        st.caption(
            f"These rules are looked at again by {review:%d %B %Y} at the latest."
            if review
            else "No date is set by which it is reviewed."
        )


@fragment
def parameters(here: _load.Opened, policy: Policy) -> None:
    """The main parameters by measured influence."""
    tasks = list(TASK_TITLES)
    task = str(
        st.segmented_control(
            "On lists of",
            tasks,
            format_func=lambda task: TASK_TITLES[task],
            default=tasks[0],
            required=True,
            key="lists",
            bind=URL,
        )
    )
    weights = policy.weights.model_dump()
    try:
        places = _load.places(policy.name, task)
        baseline = _load.places(here.report["meta"]["baseline"], task)
    except WorkspaceError:
        places = baseline = pd.DataFrame()
    found = part_influences(places) if len(places) else []
    if not found:
        st.info(
            "How much each part moves is unavailable: the backtest of this workspace has not "
            "judged the policy in force. `greenaisle backtest` does. The weights are:",
            icon=":material/hourglass_empty:",
            width=READABLE,
        )
    rows = _ranking.influence_rows(found, weights, policy.couples_shoppers)
    prose = st.container(width=READABLE)
    for number, row in enumerate(rows.to_dict("records"), start=1):
        parameter = _ranking.PARAMETERS[row["part"]]
        moved = f" **{_ranking.in_hundred(row['moved'])} in 100 places.**" if found else ""
        prose.markdown(f"{number}. {parameter.icon} **{parameter.name}.** {parameter.means}{moved}")
    if not found:
        return
    said = _ranking.influence_sentence(rows)
    chart_and_table(
        _ranking.influence_chart(rows),
        _ranking.influence_table(rows),
        said,
        "influence",
        about="Places it moves: of 100 places on the lists shown, how many would hold another "
        "product if the part were left out. One place may be moved by several parts, so these "
        "are not shares of a whole. Share of the differences: how much of what tells the products "
        "of a list apart comes from it.",
        note=f"All parts together bring in {100 * brought_in(places, baseline):.0f} of 100 "
        f"products on these lists; the others would be there by likeliness alone.",
    )
    dressed(OBSERVED, f"lists made for {of_run(here.report, task, policy.name)}")


def yours(prose: Any, policy: Policy) -> None:
    """What the slider and the switch do."""
    default = default_stop(policy)
    start = (
        f"It starts at {default} of {STOPS}, the default of your community"
        if default
        else "It starts off"
    )
    prose.markdown(
        f"- **The slider “Greener choices”** changes how much kg CO2e counts on your shelf, from "
        f"off to max. {start}. Off is as easy to reach as max. It moves no price and nobody "
        f"else's shelf.\n"
        f"- **“Not personalised”** shows what most households bought in the last four weeks, the "
        f"same to everybody; your purchases play no part.\n"
        f"- **“Not for me”** on a product takes it away, and it is remembered; “More wishes” "
        f"holds a price ceiling, small suppliers, variety and a diet that you declare."
    )


def demographics(here: _load.Opened) -> str:
    """What is done with age, income and the like."""
    customers = here.shop.customers
    if customers is None or customers.empty or len(customers.columns) < 2:
        return "**Age, income and family** play no part: this shop knows none of them."
    kinds = [plain(household_kind(str(c))) for c in customers.columns if c != "customer_id"]
    compared = (
        "Such groups are compared under Evidence, to see whether a policy treats one worse."
        if tells_segments(here.report)
        else "Whether a policy treats a group worse is not known: the report compares none. "
        f"`{BACKTEST}` makes it anew."
    )
    return (
        f"**Age, income and family** play a small part. The shop holds {listed(kinds)} for "
        f"{len(customers):,} households. What households of the same {kinds[0]} group take up is "
        f"among the products considered for each of them; and a household that has hardly bought "
        f"yet gets a first list by its store and such groups. {compared} No price depends on them."
    )


def own_brand(here: _load.Opened, policy: Policy) -> None:
    prose = st.container(width=READABLE)
    report = here.report
    entry = report["policies"].get(policy.name)
    base = report["policies"][report["meta"]["baseline"]]["tasks"]["all"]["figures"]
    figures = entry["tasks"]["all"]["figures"] if entry else {}
    prose.markdown(
        f"**Own brand.** {_ranking.own_brand(figures, base)}\n\n"
        "**Paid places.** There are none: no supplier can pay to stand anywhere on this shelf."
    )
    if "seller_gini_without_private_label" in figures:
        rows, missing = _ranking.with_and_without(figures, base)
        said = "Suppliers' exposure with the own brand and without it, beside relevance alone."
        with prose:
            table(rows, said, "own_brand")
            if missing:
                st.caption(
                    f"Not in this report, since an older version made it: {listed(missing)}. "
                    f"`{BACKTEST}` makes it anew."
                )
        dressed(OBSERVED, f"of the lists alone, made for {of_run(report, 'all', policy.name)}")


def limits(prose: Any, here: _load.Opened, policy: Policy) -> None:
    entry = here.report["policies"].get(policy.name)
    said = _ranking.limits_sentences(policy, entry)
    if entry is not None and not policy.couples_shoppers:
        said.append(
            "No limit ties households together: every list is its household's own best one, so "
            "no limit costs anybody a place."
        )
    price = _ranking.carbon_price(entry, here.currency)
    prose.markdown(
        "\n".join(f"- {line}" for line in [*said, *([price] if price else [])]) or "None."
    )
    highest = policy.limits.highest_price
    if highest is not None:
        prose.markdown(f"- Nothing dearer than {money(highest, here.currency)} is proposed.")
    prose.caption(
        "What the lists do to money, kilograms, relevance and suppliers, and how well that is "
        "known, stands under Evidence."
    )


main()
