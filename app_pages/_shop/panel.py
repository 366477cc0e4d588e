"""The basket: its lines, what they cost and weigh, how that stands against the usual, each step."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app_pages import _load
from app_pages._shop import baskets
from app_pages._shop.adding import add_by_name, diet_mark, list_dialog
from app_pages._shop.cards import more
from app_pages._shop.icons import icon
from app_pages._shop.stock import Stock
from app_pages._shop.wishes import Wishes
from app_pages._words import (
    count,
    kg,
    kg_change,
    money,
    money_change,
    name_and_pack,
    plain,
    sentence,
    verdict,
)
from recommender.basket import (
    AgainstUsual,
    Lines,
    Total,
    against_usual,
    basket_change,
    basket_total,
)

ONE_MORE, ONE_LESS, REMOVE = "One more", "One less", "Remove"


def totals_of(stock: Stock, basket: baskets.Held) -> tuple[Total, AgainstUsual]:
    """The library's figures of the basket: of its packs, and against what is usual."""
    own = _load.own_units(basket.whose)
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
    asked: Wishes,
    currency: str,
) -> None:
    """Everything about the basket, in a column of its own."""
    st.subheader("Basket", anchor="basket")
    figures(basket, total, against, currency)
    add_by_name(stock, asked, currency)
    if st.button("Add a list", key="add_list", icon=":material/playlist_add:", type="tertiary"):
        list_dialog(stock)
    last_step(stock, basket, currency)
    for product, packs in zip(
        basket.lines.product.tolist(), basket.lines.quantity.tolist(), strict=True
    ):
        line(stock, basket, product, packs, asked, currency)
    starting_over(stock, basket)


def bar(stock: Stock, basket: baskets.Held, total: Total, currency: str) -> None:
    """The basket in one line at the foot of the window, wherever one reads, and the way back."""
    with st.bottom, st.container(horizontal=True, vertical_alignment="center", wrap=False):
        st.markdown(f"[{summary(basket, total, currency)}](#basket)", width="stretch")
        if basket.past:
            st.button(
                "Undo",
                icon=":material/undo:",
                key="undo_here",
                on_click=baskets.undo,
                args=(stock,),
                help=f"Takes back: {plain(basket.past[-1].words)}",
            )


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
        "what most households buy" if basket.whose is None else "what this household usually buys"
    )
    if not against.compared:
        return f"Against {usual} for the same needs: unavailable, no line can be compared."
    left = len(basket.lines) - against.compared
    which = f"the {count(against.compared, 'line')} that can be compared" if left else "this basket"
    if abs(against.kg) < 1e-9 and abs(against.price) < 0.005:
        return f"As much of {usual}, for the same use, is the same as {which}."
    sides = [
        f"{plain(money(side.price, currency))} and {kg(side.kg, side.low, side.high)}"
        for side in (against.usual, against.own)
    ]
    return (
        f"As much of {usual}, for the same use: {sides[0]}. {sentence(which)[:-1]}: {sides[1]}; "
        f"{verdict(against.chance)}."
    )


def step_sentence(stock: Stock, basket: baskets.Held, currency: str) -> str:
    """What was done last, and what that changed in price and kilograms; "" for nothing done."""
    if not basket.past:
        return ""
    step = basket.past[-1]
    told = sentence(plain(step.words))[:-1]
    if baskets.same(step.lines, basket.lines):
        return f"{told}."
    change = basket_change(step.lines, basket.lines, stock.products, stock.swaps)
    return (
        f"{told}: {plain(money_change(change.price, currency))}, "
        f"{kg_change(change.kg, change.low, change.high)}."
    )


def last_step(stock: Stock, basket: baskets.Held, currency: str) -> None:
    """What the last step changed, and its undo."""
    if not basket.past:
        return
    st.caption(step_sentence(stock, basket, currency), help=HOW_CHANGED)
    st.button(
        f"Undo: {plain(basket.past[-1].words, longest=70)}",
        icon=":material/undo:",
        key="undo",
        on_click=baskets.undo,
        args=(stock,),
    )


def starting_over(stock: Stock, basket: baskets.Held) -> None:
    """Below the lines: the usual again, or none at all."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if len(basket.usual) and not baskets.same(basket.lines, basket.usual):
            st.button(
                "Back to the usual",
                icon=":material/history:",
                type="tertiary",
                key="usual",
                on_click=baskets.fill,
                args=(stock, basket.usual, "went back to the usual"),
            )
        if len(basket.lines):
            st.button(
                "Empty the basket",
                icon=":material/remove_shopping_cart:",
                type="tertiary",
                key="empty",
                on_click=baskets.fill,
                args=(stock, Lines.of([], []), "emptied the basket"),
            )


def line(
    stock: Stock,
    basket: baskets.Held,
    product: int,
    packs: float,
    asked: Wishes,
    currency: str,
) -> None:
    """A good of the basket: picture, name, price of its packs, kg, and what can be done with it."""
    row = stock.row(product)
    name, pack = name_and_pack(stock.titles[product])
    times = f"{packs:g} × " if packs != 1 else ""
    picture = icon(row["need"], row.get("department", ""))
    with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="xsmall"):
        weight = (
            "unavailable"
            if pd.isna(row["kg_co2e"])
            else kg(*(packs * row[f"kg_co2e{end}"] for end in ("", "_low", "_high")))
        )
        details = [plain(pack)] if pack else []
        swapped = basket.instead.get(product)
        if swapped is not None and swapped != product and basket.past:
            details.append(f"instead of {plain(name_and_pack(stock.titles[swapped])[0])}")
        st.markdown(
            f"{picture} {times}{plain(name)}  \n:small[:gray[{' · '.join([*details, weight])}]]"
            f"{diet_mark(asked, product)}",
            width="stretch",
        )
        st.markdown(plain(money(packs * stock.price(product), currency)), width="content")
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


HOW_TOTALLED = (
    "The figures of the packs, added up; in brackets the 80 % range. Goods for one need rest on "
    "the same records and err together; some error all goods share. Those parts add up, only each "
    "product's own error averages out. How large they are is learned from comparisons of goods, "
    "but for what all share: a quarter of the rest, an assumption of ours."
)
HOW_CHANGED = (
    "The basket's price and kg after this step, less those before it. In brackets the 80 % range, "
    "of each product's own error."
)
HOW_COMPARED = (
    "Both amounts serve the same use, and both grow with the basket: buying more of anything is no "
    "cut. Each line is weighed against the mix bought for the same need, for the same amount of "
    "use, so a smaller pack is no saving. Where this household never bought for a need, what all "
    "buy stands in. What both sides share cancels: the range is of each product's own error, the "
    "one that says how sure a swap is. Prices are today's."
)
