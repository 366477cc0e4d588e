"""Product cards: what it is, what it costs, what it weighs and how that is known, and why here."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from app_pages._draw import footprint_mark, mark_sentence
from app_pages._shop import baskets
from app_pages._shop.icons import icon
from app_pages._shop.shelf import MOVERS
from app_pages._shop.stock import Stock, place_on_scale, ranges_at_equal_use
from app_pages._words import (
    MASS,
    NO_BREAK,
    TIERS,
    count,
    kg,
    listed,
    money,
    name_and_pack,
    plain,
    sentence,
)

Row = Mapping[Hashable, Any]
NOT_FOR_ME, REPORT = "Not for me", "Report a problem"
RANKING = "app_pages/ranking.py"
OWN_LINE = ("value_retailer", "value_sellers")  # what others than the shopper gain from a place,
FAR = 10  # and how many places it moved a product for the card to say so on a line of its own
REPORTING = "report_of"  # in the session: what somebody wants to report


def cards(stock: Stock, rows: pd.DataFrame, currency: str) -> None:
    """A card for each product, as many side by side as there is room for."""
    grid = st.grid(4, min_column_width=235, border=True)
    for row in rows.to_dict("records"):
        with grid.cell(), st.container(gap="xsmall"):
            card(stock, row, currency)


def card(stock: Stock, row: Row, currency: str) -> None:
    number = int(row["product"])
    product_head(stock, number, currency)
    product = stock.row(number)
    figure, basis = figure_and_basis(product)
    st.markdown(figure)
    st.caption(basis, help=how_we_know(product))
    mark = footprint_mark(ranges_at_equal_use(stock, [number]), stock.scale(number))
    if mark:
        where = mark_sentence(*place_on_scale(stock, number))
        st.image(mark, width="stretch", alt=f"{sentence(where)} Need: {plain(row['need'])}.")
    st.caption(f"{sentence(plain(row['reason']))}{moves(row)}")
    moved_far(row)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Add",
            icon=":material/add:",
            key=f"add_{number}",
            on_click=baskets.put,
            args=(stock, number),
        )
        more(stock, f"card_{number}", number, [NOT_FOR_ME], figure_sentence(product))


def product_head(stock: Stock, number: int, currency: str, each: str = "") -> None:
    """Picture, name and price (of `each`); below them what tells it from its siblings."""
    name, pack = name_and_pack(stock.titles[number])
    product = stock.row(number)
    with st.container(horizontal=True, wrap=False):
        st.markdown(
            f"{icon(product['need'], product.get('department', ''))} **{plain(name)}**",
            width="stretch",
        )
        price = money(stock.price(number), currency)
        st.markdown(f"**{plain(price)}**{each}", width="content")
    st.caption(plain(pack) if pack else NO_BREAK)


def more(
    stock: Stock,
    key: str,
    product: int,
    options: list[str],
    shown: str,
    other: int | None = None,
    acts: Mapping[str, Callable[[], None]] | None = None,
    label: str = "More",
) -> None:
    """A menu of what else can be done with a card or a line, "report a problem" last."""

    def chosen() -> None:
        choice = str(st.session_state[f"more_{key}"])
        if choice == REPORT:
            st.session_state[REPORTING] = (product, other, shown)
        elif choice == NOT_FOR_ME:
            baskets.refuse(stock, product if other is None else other)
        elif acts is not None:
            acts[choice]()

    st.menu_button(
        label,
        [*options, REPORT],
        type="tertiary",
        help="More to do with this",
        key=f"more_{key}",
        on_click=chosen,
    )


def figure_and_basis(product: Row) -> tuple[str, str]:
    """A pack's figure with its range, and how it was found; why there is none where it is so."""
    if product["tier"] == "unknown" or pd.isna(product["kg_co2e"]):
        return "kg CO2e unavailable", sentence(TIERS["unknown"])
    figure = kg(product["kg_co2e"], product["kg_co2e_low"], product["kg_co2e_high"])
    return sentence(figure)[:-1], sentence(TIERS[product["tier"]])


def figure_sentence(product: Row) -> str:
    """Figure and basis in one."""
    figure, basis = figure_and_basis(product)
    return f"{figure}: {basis}"


def moved_far(row: Row) -> None:
    """That margin or sellers' exposure moved a product far, on a line of its own, if they did."""
    told = False
    for part in OWN_LINE:
        places = int(row[part.replace("value", "moved")])
        if abs(places) >= FAR:
            way = "Up" if places > 0 else "Down"
            said = f"{way} {count(abs(places), 'place')} by {MOVERS[part]}"
            st.markdown(f":orange-badge[:material/swap_vert: {said}]")
            told = True
    if told:
        st.page_link(RANKING, label="How this shelf is ranked", icon=":material/sort:")


def moves(row: Row) -> str:
    """What moved the product on this shelf; margin is named wherever it did."""
    said = []
    for part, name in MOVERS.items():
        places = int(row[part.replace("value", "moved")])
        if places and not (part in OWN_LINE and abs(places) >= FAR):  # said beside
            said.append(f"{'up' if places > 0 else 'down'} {count(abs(places), 'place')} by {name}")
    return f" Moved {listed(said)}." if said else ""


def how_we_know(product: Row, bar: bool = True) -> str:
    """What a figure rests on, in a few sentences; with `bar`, how the mark below it is read."""
    if product["tier"] == "unknown":
        return "Neither a similar product nor a rough figure by price was found for it."
    said = ["in brackets the 80 % range of the whole pack"]
    if isinstance(product["boundary"], str):
        said[0] += f", {plain(product['boundary'])}"
    if isinstance(product["source"], str):
        said.append(f"source: {plain(product['source'], longest=200)}")
    if product["mass_basis"] in MASS:
        said.append(MASS[product["mass_basis"]])
    if bar:
        said.append(
            "the bar below is narrower: how sure its place is among goods for the same need, whose "
            "figures err together; its scale goes as far as the bars of nine in ten of them reach, "
            "each step to the right a like share heavier"
        )
    return " ".join(sentence(part) for part in said)
