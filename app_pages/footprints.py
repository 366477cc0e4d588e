"""Footprints: search the catalogue, open one product, estimate a catalogue, judge the estimator."""

from __future__ import annotations

from typing import Final

import streamlit as st

from app_pages import _load
from app_pages._footprints import pair as pairs
from app_pages._footprints import parts, words
from app_pages._footprints.catalogue import upload
from app_pages._footprints.find import LONGEST_QUERY
from app_pages._footprints.found import found_words
from app_pages._footprints.quality import quality
from app_pages._frame import fragment
from app_pages._shop.stock import Stock
from app_pages._words import plain

URL: Final = "query-params"
SHOWN = 10  # results
READABLE = 860  # pixels: longer lines are hard to read


def main() -> None:
    st.title("Footprints", anchor=False)
    tabs = st.tabs(
        ["Products", "Your catalogue", "How good they are"],
        key="part",
        bind=URL,
        on_change="rerun",
    )
    for tab, draws in zip(tabs, (products, upload, quality), strict=True):
        if tab.open:
            with tab:
                draws()
    _load.prepare_explanations()


@fragment
def products() -> None:
    """Search, one product, and another beside it; nothing else reruns."""
    stock, here = _load.stock(), _load.opened()
    asked = st.text_input(
        "Find a product",
        key="find",
        bind=URL,
        type="search",
        icon=":material/search:",
        max_chars=LONGEST_QUERY,
        placeholder="Its name or id, such as “yogurt” or “ground beef”",
        help="Words in any order; a letter wrong, or the beginning of a word, is no matter.",
    )
    chosen = words.product_row(stock, st.query_params.get("product", ""))
    if chosen is None and st.query_params.get("product"):
        st.warning(
            f"This shop has no product with the id “{plain(st.query_params['product'])}”. "
            "Search for it by name.",
            icon=":material/search_off:",
        )
    results(stock, str(asked or "").strip(), chosen is not None, here.currency)
    if chosen is None:
        return
    one_product(stock, chosen, here.currency)


def results(stock: Stock, asked: str, opened: bool, currency: str) -> None:
    """What answers the search, best first; what is bought most where nothing is asked."""
    if not asked:
        if not opened:
            st.markdown(
                f"**{len(stock.titles):,} products** have a page: the estimate with its range, "
                f"what it rests on, and how good that is. Some of the most bought:"
            )
            choices(stock, words.well_known(stock), "product", currency)
        return
    found = _load.found(asked)
    if not len(found.products):
        st.info(
            f"Nothing is called anything like “{plain(asked)}”. Try fewer or more common words, "
            f"such as the kind of product without its brand; or estimate it from its words under "
            f"“Your catalogue”.",
            icon=":material/search_off:",
        )
        return
    said = found_words(found)
    if len(found.products) > SHOWN:
        said += f" · the best {SHOWN} are shown: another word, such as the pack, narrows it"
    top = [int(row) for row in found.products[:SHOWN]]
    if opened:
        with st.expander(f"What else answers: {said}", key="results"):
            choices(stock, top, "product", currency)
    else:
        st.caption(said[:1].upper() + said[1:] + ".")
        choices(stock, top, "product", currency)


def choices(stock: Stock, rows: list[int], place: str, currency: str) -> None:
    """Products to choose from, each with price and footprint; a choice goes into the address."""
    listing = st.container(gap="small")
    for row in rows:
        product = stock.products.iloc[row]
        line = listing.container(horizontal=True, vertical_alignment="center", gap="xsmall")
        line.button(
            plain(stock.titles[row]),
            key=f"{place}_{product['product_id']}",
            type="tertiary",
            icon=":material/arrow_right:",
            on_click=choose,
            args=(place, str(product["product_id"])),
        )
        said = f"{words.price(product, currency)} · {words.figure(product)}"
        line.caption(said, width="content")


def choose(place: str, product_id: str) -> None:
    st.query_params[place] = product_id
    if place == "product" and "with" in st.query_params:
        del st.query_params["with"]


def forget() -> None:
    st.query_params.pop("with", None)


def one_product(stock: Stock, row: int, currency: str) -> None:
    """Figure, place, facts and quality at once; what it rests on as soon as it is looked up."""
    product = stock.products.iloc[row]
    st.divider()
    st.header(plain(stock.titles[row]), anchor=False)
    shelf = [
        plain(product[c])
        for c in ("department", "category")
        if isinstance(product.get(c), str) and product[c]
    ]
    price = words.price(product, currency)
    if product.get("price_basis") == "sales":
        price += ", as it was sold here"
    st.caption(" · ".join([*shelf, price, f"id {plain(product['product_id'])}"]))
    left, right = st.columns([1, 1], gap="large")
    with left:
        parts.figure(stock, row)
    facts = left.container()
    with right:
        parts.quality_marks(stock, row)
    st.subheader("Beside another product", anchor=False)
    with st.container():
        beside(stock, row, currency)
    st.subheader("How we know", anchor=False)
    found = parts.how_we_know(stock, row, currency)
    facts.markdown(parts.facts_table(words.facts(product, found)))


def beside(stock: Stock, row: int, currency: str) -> None:
    """Another product of the visitor's choice, and whether it is lighter at equal use."""
    other = words.product_row(stock, st.query_params.get("with", ""))
    asked = st.text_input(
        "Compare with",
        key="versus",
        bind=URL,
        type="search",
        icon=":material/compare_arrows:",
        max_chars=LONGEST_QUERY,
        placeholder="Search, or take one of those for the same need",
        width=READABLE,
    )
    if other is not None and other != row:
        parts.comparison(stock, row, other)
        st.button(
            "Compare with another instead",
            key="versus_none",
            type="tertiary",
            icon=":material/close:",
            on_click=forget,
        )
    if asked:
        found = [int(k) for k in _load.found(str(asked)).products[: SHOWN // 2] if k != row]
        if not found:
            st.caption(f"Nothing is called anything like “{plain(asked)}”.")
        choices(stock, found, "with", currency)
    elif other is None or other == row:
        near = pairs.others_for_the_need(stock, row)
        need = plain(stock.products["need"].iloc[row])
        st.caption(
            f"Others for the same need, {need}:"
            if near
            else f"Nothing else for its need, {need}, may be ranked by its footprint."
        )
        choices(stock, near, "with", currency)


main()
