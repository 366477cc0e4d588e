"""Shop: a household's shelf or an empty one, a green slider, a basket, and lighter swaps for it."""

from __future__ import annotations

from typing import Final

import pandas as pd
import streamlit as st

from app_pages import _load
from app_pages._frame import fragment
from app_pages._roles import HOUSEHOLD, refusal
from app_pages._shop import baskets
from app_pages._shop.cards import REPORTING, cards
from app_pages._shop.controls import green_slider, told, why_this_shelf, wishes
from app_pages._shop.panel import bar, panel, step_sentence, totals_of
from app_pages._shop.problems import report_dialog
from app_pages._shop.stock import Stock
from app_pages._shop.swaps import swap_cards
from app_pages._shop.wishes import Wishes
from app_pages._words import count, listed, plain
from recommender.policy import PolicyError
from recommender.serving import COLD_START
from recommender.workspace import WorkspaceError

CARDS = 12
EMPTY = "Start empty"
LINK = "link_said"  # in the session: what a link asked for and could not have
URL: Final = "query-params"


def main() -> None:
    stock, here = _load.stock(), _load.opened()
    title, chosen, personal = st.columns([5, 4, 3], vertical_alignment="bottom")
    title.title("Your shelf", anchor=False)
    why_none = refusal(HOUSEHOLD)
    households = [] if why_none else _load.household_ids()
    note_link([EMPTY, *households], why_none)
    with chosen.container(horizontal=True, vertical_alignment="bottom", wrap=False):
        household = st.selectbox(
            "Household",
            [EMPTY, *households],
            key="household",
            bind=URL,
            on_change=forget_link,
            help="Type to search by id. Start empty: a basket of your own, nobody's past.",
        )
        st.button(
            EMPTY,
            key="start_empty",
            disabled=household == EMPTY,
            on_click=start_empty,
            help="A basket of your own, and no household's past.",
        )
    nobody = personal.toggle(
        "Not personalised",
        key="everyone",
        bind=URL,
        help="Shows what most households buy. No purchase of this household is used; what is in "
        "the basket stays in it.",
    )
    if said := st.session_state.get(LINK):
        st.warning(plain(said, longest=300), icon=":material/link_off:")
    if household == EMPTY and households:
        st.info(
            "Choose a household above for its own shelf and its usual basket. Or stay with an "
            "empty basket: add goods from the shelf, by name, or from a list.",
            icon=":material/waving_hand:",
        )
    shop(stock, None if household == EMPTY else household, not nobody, here.currency)


def note_link(known: list[str], why_none: str) -> None:
    """Keeps what is said of a link to a household that is not here, before the address forgets."""
    asked = st.query_params.get("household")
    if not asked or asked in known:
        return
    said = why_none or "no household in this shop is called so"
    st.session_state[LINK] = (
        f"The link asks for household {asked[:40]}, but {said}. So this starts empty."
    )


def forget_link() -> None:
    """What was said of a link is over once somebody chooses."""
    st.session_state.pop(LINK, None)


def start_empty() -> None:
    """The household's box stands at a basket of one's own."""
    st.session_state["household"] = EMPTY
    forget_link()


@fragment
def shop(stock: Stock, household: str | None, personal: bool, currency: str) -> None:
    """Shelf, swaps and basket: all that a click here moves, so that it reruns nothing else."""
    basket = baskets.held(stock, household, personal)
    total, against = totals_of(stock, basket)
    if basket.ignored and not basket.past:
        named = listed(plain(part, longest=30) for part in basket.ignored[:5])
        st.warning(
            f"The link's basket names what is not in this shop, so it is left out: {named} "
            f"({len(basket.ignored)}).",
            icon=":material/link_off:",
        )
    left, right = st.columns([3, 1], vertical_alignment="bottom", gap="medium")
    with left:
        stop = green_slider(stock)
    with right:
        asked = wishes(stock, basket, currency)
        why_this_shelf(stock, stop)
    page = st.grid(3, min_column_width=300, gap="medium")
    with page.cell(column_span=2):
        shelves(stock, basket.whose, basket, stop, asked, currency)
    with page.cell():
        panel(stock, basket, total, against, asked, currency)
    bar(stock, basket, total, currency)
    if st.session_state.pop(baskets.SWAPPED, False):
        st.toast(step_sentence(stock, basket, currency), icon=":material/swap_horiz:")
    if said := st.session_state.pop("basket_said", ""):
        st.toast(said)
    if about := st.session_state.pop(REPORTING, None):
        report_dialog(stock, *about)


def shelves(
    stock: Stock,
    household: str | None,
    basket: baskets.Held,
    stop: int,
    asked: Wishes,
    currency: str,
) -> None:
    """Buy again, discover, and the basket's lighter swaps; only the open one is made."""
    if household is None:
        named = {"Most bought": (True, "What most households bought in the last four weeks.")}
    else:
        named = {
            "Buy again": (False, "What this household bought before."),
            "Discover": (True, "What this household has not bought before."),
        }
    extra = ["Goes with it"] if household is None else []
    tabs = st.tabs(
        [*named, *extra, "Swaps"],
        key="view" if household else "view_of_everyone",
        bind=URL,
        on_change="rerun",
    )
    for tab, (new, words) in zip(tabs, named.values(), strict=False):
        if tab.open:
            with tab:
                a_shelf(stock, household, basket, stop, asked, currency, new, words)
    if extra and tabs[-2].open:
        with tabs[-2]:
            goes_with(stock, basket, stop, asked, currency)
    if tabs[-1].open:
        with tabs[-1]:
            swap_cards(stock, basket, asked, currency)


def a_shelf(
    stock: Stock,
    household: str | None,
    basket: baskets.Held,
    stop: int,
    asked: Wishes,
    currency: str,
    new: bool,
    words: str,
) -> None:
    """The first cards of what is ranked, and what the slider and the wishes did to them."""
    try:
        ranked = _load.ranked(household, stop, asked)
        before = _load.ranked(household, 0, asked) if stop else ranked
    except PolicyError:
        st.info("Nothing in this shop fits all that you asked for.", icon=":material/inbox:")
        return
    if household is not None and ranked["basis"].eq(COLD_START).all():
        st.info(
            "This household has too little history for a shelf of its own: it gets what most "
            "households buy.",
            icon=":material/history_toggle_off:",
        )
    top, off = (first_cards(rows, new, basket) for rows in (ranked, before))
    st.caption(f"{words} {what_the_slider_did(top, off, stop)} {told(asked, currency)}")
    if top.empty:
        st.info("Nothing to show here for this household.", icon=":material/inbox:")
        return
    cards(stock, top, currency)


def first_cards(ranked: pd.DataFrame, new: bool, basket: baskets.Held) -> pd.DataFrame:
    """The best of a shelf that are not refused."""
    rows = ranked[(ranked["is_new"] == new) & ~ranked["product"].isin(basket.refused)]
    return rows.head(CARDS)


def goes_with(
    stock: Stock,
    basket: baskets.Held,
    stop: int,
    asked: Wishes,
    currency: str,
) -> None:
    """What people with such a basket buy next, asked for by a button: it takes some seconds."""
    if not len(basket.lines):
        st.info("Add something first; then ask what goes with it.", icon=":material/inbox:")
        return
    lines = basket.lines
    key = (tuple(lines.product.tolist()), tuple(lines.quantity.tolist()))
    if st.button(
        "What goes with this basket?", key="ask_goes_with", icon=":material/manage_search:"
    ):
        st.session_state["goes_with"] = key
    if st.session_state.get("goes_with") != key:
        st.caption("It takes some seconds: the whole log is asked what follows on such a basket.")
        return
    try:
        with st.spinner("Asking what follows on such a basket …"):
            ranked = _load.goes_with(lines, stop, asked)
    except (WorkspaceError, PolicyError) as error:
        st.info(f"This shop cannot answer: {str(error)[:200]}.", icon=":material/inbox:")
        return
    st.caption(f"What such a basket is most often followed by. {told(asked, currency)}")
    cards(stock, ranked[~ranked["product"].isin(basket.refused)].head(CARDS), currency)


def what_the_slider_did(top: pd.DataFrame, off: pd.DataFrame, stop: int) -> str:
    if not stop:
        return "The slider is off: kg CO2e moves nothing here."
    changed = len(set(top["product"]) - set(off["product"]))
    if not changed:
        return "The same products as with the slider off, perhaps in another order."
    return f"{count(changed, 'product')} of {len(top)} would not be here with the slider off."


main()
