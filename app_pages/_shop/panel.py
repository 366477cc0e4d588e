"""The basket: its lines, what they cost and weigh, how that stands against the usual, each step."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app_pages import _load
from app_pages._roles import RoleError
from app_pages._shop import baskets
from app_pages._shop.cards import more
from app_pages._shop.icons import icon
from app_pages._shop.stock import Stock
from app_pages._words import (
    count,
    kg,
    kg_change,
    listed,
    money,
    money_change,
    name_and_pack,
    plain,
    sentence,
    verdict,
)
from pcf_estimator.tables import TableError
from recommender.basket import AgainstUsual, Lines, Total, against_usual, basket_total

FOUND = 5  # products shown for a search
UPLOAD_MB = 1
ONE_MORE, ONE_LESS, REMOVE = "One more", "One less", "Remove"


def totals_of(stock: Stock, basket: baskets.Held) -> tuple[Total, AgainstUsual]:
    """The library's figures of the basket: of its packs, and against what is usual."""
    own = _load.own_units(basket.household)
    return (
        basket_total(basket.lines, stock.products, stock.doubt),
        against_usual(basket.lines, stock.swaps, own, stock.units),
    )


def summary(basket: baskets.Held, total: Total, currency: str) -> str:
    """The basket in one line: "Basket 7 · $23.10 · about 14 kg CO2e (11–18)"."""
    if not len(basket.lines):
        return "Basket empty"
    packs = int(basket.lines.quantity.sum())
    return (
        f"Basket {packs} · {plain(money(total.price, currency))} · "
        f"{kg(total.kg, total.low, total.high)}"
    )


def panel(
    stock: Stock,
    basket: baskets.Held,
    total: Total,
    against: AgainstUsual,
    currency: str,
) -> None:
    """Everything about the basket, in a column of its own."""
    st.subheader("Basket", anchor="basket")
    figures(basket, total, against, currency)
    add_by_name(stock, currency)
    steps(stock, basket)
    for product, packs in zip(
        basket.lines.product.tolist(), basket.lines.quantity.tolist(), strict=True
    ):
        line(stock, basket, product, packs, currency)
    add_by_list(stock)


def figures(basket: baskets.Held, total: Total, against: AgainstUsual, currency: str) -> None:
    """Price and kg of the basket, and both against the usual goods for the same needs."""
    if not len(basket.lines):
        st.caption("Nothing in it yet. Add goods from a shelf, by name, or from a list of yours.")
        return
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, wrap=False):
            st.markdown(f"**{count(basket.lines.quantity.sum(), 'pack')}**", width="stretch")
            st.markdown(f"**{plain(money(total.price, currency))}**", width="content")
        said = sentence(kg(total.kg, total.low, total.high))
        if total.unknown:
            without = count(total.unknown, "good is", "goods are")
            said += f" {without} not in it: their kg CO2e are unavailable."
        st.markdown(said, help=HOW_TOTALLED)
        st.markdown(against_sentence(basket, against, currency), help=HOW_COMPARED)


def against_sentence(basket: baskets.Held, against: AgainstUsual, currency: str) -> str:
    """How the basket stands against the usual: price, kilograms, and how sure."""
    usual = (
        "what most households buy"
        if basket.household is None
        else "what this household usually buys"
    )
    if not against.compared:
        return f"Against {usual} for the same needs: unavailable, no line can be compared."
    told = (
        "no difference"
        if abs(against.kg) < 1e-9
        else f"{kg_change(against.kg, against.low, against.high)}, {verdict(against.chance)}"
    )
    left = len(basket.lines) - against.compared
    others = f" {count(left, 'line')} cannot be compared and stand as they are." if left else ""
    return (
        f"Against {usual} for the same needs: "
        f"{plain(money_change(against.price, currency))}, {told}.{others}"
    )


def steps(stock: Stock, basket: baskets.Held) -> None:
    """Undo, step by step, and starting over."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if basket.past:
            st.button(
                f"Undo: {plain(basket.past[-1].words, longest=70)}",
                icon=":material/undo:",
                key="undo",
                on_click=baskets.undo,
                args=(stock,),
            )
        if len(basket.lines):
            st.button(
                "Empty",
                type="tertiary",
                key="empty",
                on_click=baskets.fill,
                args=(stock, Lines.of([], []), "emptied the basket"),
            )
        if len(basket.usual) and basket.past:
            st.button(
                "Back to the usual",
                type="tertiary",
                key="usual",
                on_click=baskets.fill,
                args=(stock, basket.usual, "went back to the usual"),
            )


def line(stock: Stock, basket: baskets.Held, product: int, packs: float, currency: str) -> None:
    """A good of the basket: picture, name, price of its packs, kg, and what can be done with it."""
    row = stock.products.iloc[product]
    name, pack = name_and_pack(stock.titles[product])
    times = f"{packs:g} × " if packs != 1 else ""
    picture = icon(row["need"], row.get("department", ""))
    with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="xsmall"):
        weight = (
            "unavailable"
            if pd.isna(row["kg_co2e"])
            else kg(*(packs * row[[f"kg_co2e{end}" for end in ("", "_low", "_high")]]))
        )
        details = [plain(pack)] if pack else []
        swapped = basket.instead.get(product)
        if swapped is not None and swapped != product and basket.past:
            details.append(f"instead of {plain(name_and_pack(stock.titles[swapped])[0])}")
        st.markdown(
            f"{picture} {times}{plain(name)}  \n:small[:gray[{' · '.join([*details, weight])}]]",
            width="stretch",
        )
        st.markdown(plain(money(packs * stock.goods.price[product], currency)), width="content")
        more(
            stock,
            f"line_{product}",
            product,
            [ONE_MORE, ONE_LESS, REMOVE] if packs > 1 else [ONE_MORE, REMOVE],
            f"{stock.titles[product]}: {weight}",
            acts={
                ONE_MORE: lambda: baskets.put(stock, product),
                ONE_LESS: lambda: baskets.put(stock, product, -1.0),
                REMOVE: lambda: baskets.take_out(stock, product),
            },
            label="⋯",
        )


def add_by_name(stock: Stock, currency: str) -> None:
    """Finding goods by name, typed with or without mistakes."""
    asked = st.text_input(
        "Find a product",
        key="find",
        bind="query-params",
        placeholder="milk, gruond beef, …",
        icon=":material/search:",
        max_chars=120,
    )
    if not asked or not asked.strip():
        return
    found = _load.found(asked)
    rows = [row for row in found.products.tolist() if stock.goods.may_be_shown[row]]
    if found.read_as:
        read = listed(f"{plain(a)} as {plain(b)}" for a, b in found.read_as.items())
        st.caption(f"Read {read}.")
    if not rows:
        st.caption(f"No product is called anything like “{plain(asked, longest=40)}”.")
    for row in rows[:FOUND]:
        with st.container(horizontal=True, wrap=False, vertical_alignment="center"):
            name, pack = name_and_pack(stock.titles[row])
            st.markdown(f"{plain(name)}  \n:small[:gray[{plain(pack)}]]", width="stretch")
            st.markdown(plain(money(stock.goods.price[row], currency)), width="content")
            st.button(
                "Add", key=f"found_{row}", on_click=baskets.put, args=(stock, row), type="tertiary"
            )
    if len(rows) > FOUND:
        st.caption(f"{count(len(rows) - FOUND, 'more product')}: add a word to narrow it down.")


def add_by_list(stock: Stock) -> None:
    """A list of goods as a file: by id, or by name."""
    with st.popover("Upload a list", icon=":material/upload_file:", type="tertiary"):
        file = st.file_uploader(
            "A CSV or Parquet file with product_id or title, and quantity if told",
            type=["csv", "parquet"],
            key="list",
            max_upload_size=UPLOAD_MB,
        )
        if file is None:
            return
        try:
            lines, unknown, ambiguous = baskets.read_list(stock, file.getvalue())
        except (TableError, RoleError) as error:
            st.error(sentence(plain(error, longest=300)), icon=":material/error:")
            return
        st.caption(f"{count(len(lines), 'product')} found in your list.")
        for names, why in ((unknown, "not in this shop"), (ambiguous, "several are called so")):
            if names:
                told = listed(plain(name, longest=40) for name in names[:5])
                st.caption(f"{sentence(why)[:-1]}: {told} ({len(names)}).")
        st.button(
            "Put these in the basket",
            key="use_list",
            on_click=baskets.fill,
            args=(stock, lines, "put a list in the basket"),
        )


HOW_TOTALLED = (
    "The figures of the packs, added up; in brackets the 80 % range. Goods for one need rest on "
    "the same records and err together; some error all goods share. Those parts add up, only each "
    "product's own error averages out. How large they are is learned from comparisons of goods, "
    "but for what all share: a quarter of the rest, an assumption of ours."
)
HOW_COMPARED = (
    "Each line is weighed against the mix bought for the same need, for the same amount of use, so "
    "a smaller pack is no saving. Where this household never bought for a need, what all buy "
    "stands in. What both sides share cancels: the range is of each product's own error, the one "
    "that says how sure a swap is. Prices are today's."
)
