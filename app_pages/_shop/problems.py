"""Reporting a problem: what is wrong with a card or a figure, and nobody's name."""

from __future__ import annotations

import streamlit as st

from app_pages import _load
from app_pages._roles import TELL, refusal
from app_pages._shop import baskets
from app_pages._shop.stock import Stock
from app_pages._words import plain


@st.dialog("Report a problem", icon=":material/flag:")
def report_dialog(stock: Stock, product: int, other: int | None, shown: str) -> None:
    """Asks what is wrong with a card or a figure, and keeps the answer."""
    if why := refusal(TELL):
        st.info(f"It would not be kept: {plain(why, longest=300)}.", icon=":material/lock:")
        return
    names = [stock.titles[product]] + ([] if other is None else [stock.titles[other]])
    st.markdown(" and ".join(f"**{plain(name)}**" for name in names))
    st.caption(shown)
    problem = st.radio("What is wrong?", baskets.PROBLEMS, index=None, key="report_problem")
    words = st.text_area(
        "In your words, if you like",
        key="report_words",
        max_chars=baskets.LONGEST_WORDS,
        help="Please no names or other personal data. Nothing about you is kept with it.",
    )
    if st.button("Send", type="primary", key="report_send", disabled=problem is None):
        st.session_state["basket_said"] = baskets.report(
            stock, product, other, shown, str(problem), str(words or ""), _load.opened().version
        )
        st.rerun()
