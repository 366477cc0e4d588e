"""Evidence: four questions that anybody may ask, then the whole report, the method and the data."""

from __future__ import annotations

from typing import Final

import streamlit as st

from app_pages import _load
from app_pages._evidence.backtest import backtest
from app_pages._evidence.data import data
from app_pages._evidence.honest import honest
from app_pages._evidence.measured import measured
from app_pages._evidence.method import method
from app_pages._evidence.parts import READABLE, URL
from app_pages._evidence.real import real
from app_pages._evidence.what_if import what_if
from app_pages._frame import fragment
from app_pages._layers import legend

QUESTIONS: Final = {
    "Are the chances honest?": honest,
    "Are the carbon cuts real?": real,
    "What would it change?": what_if,
    "What did it change?": measured,
    "The whole backtest": backtest,
    "Method": method,
    "Data and licences": data,
}


def main() -> None:
    st.title("Evidence", anchor=False)
    st.container(width=READABLE).markdown(
        "What is known about these lists, how well, and what is not known. Every figure says "
        "which kind of evidence it is."
    )
    legend()
    questions()


@fragment
def questions() -> None:
    """The question that the visitor asks; nothing else reruns."""
    asked = st.pills(
        "Ask",
        list(QUESTIONS),
        default=next(iter(QUESTIONS)),
        required=True,
        key="question",
        bind=URL,
        label_visibility="collapsed",
    )
    st.header(str(asked), anchor=False)
    QUESTIONS[str(asked)](_load.opened())


main()
