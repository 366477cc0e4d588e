"""Swap cards: what could stand in for a good of the basket, what changes, and how that is known."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app_pages import _load
from app_pages._draw import footprint_mark
from app_pages._roles import TELL, refusal
from app_pages._shop import baskets, stand_ins
from app_pages._shop.cards import Row, figure_sentence, how_we_know, more, product_head
from app_pages._shop.controls import told
from app_pages._shop.stock import Stock, ranges_at_equal_use
from app_pages._shop.wishes import Wishes
from app_pages._words import (
    CHANCE_FROM,
    TIERS,
    count,
    kg,
    kg_change,
    money,
    money_change,
    plain,
    sentence,
    significant,
    verdict,
)

SWAPS = 8
KG_COLUMNS = ["swap_kg", "swap_kg_low", "swap_kg_high"]
SAME_AMOUNT = 0.05  # packs whose amounts differ by less hold the same


def swap_cards(stock: Stock, basket: baskets.Held, asked: Wishes, currency: str) -> None:
    """The basket's lighter stand-ins, the most usual good first, and why others have none."""
    if not len(basket.lines):
        st.info(
            "Your basket is empty. Add something from a shelf, or find it by name beside; then "
            "this page looks for goods for the same need that are estimated lighter.",
            icon=":material/shopping_basket:",
        )
        return
    refused = sorted(basket.refused)
    swaps = stand_ins.basket_swaps(stock, basket.household, basket.lines, asked, refused)
    first = swaps[swaps["place"] == 1]
    st.caption(
        f"Of {count(len(basket.lines), 'product')} in your basket, {len(first)} "
        f"{'has' if len(first) == 1 else 'have'} a stand-in for the same need, at a similar price "
        "and amount, that is estimated lighter with a chance of at least 4 in 5. The shop's margin "
        f"plays no part here. {told(asked, currency)}"
    )
    if len(first):
        every = len(first) <= SWAPS or st.toggle(
            f"Show all {len(first)}",
            key="all_swaps",
            bind="query-params",
            help=f"The first {SWAPS} otherwise.",
        )
        grid = st.grid(2, min_column_width=400, border=True)
        for row in first.head(len(first) if every else SWAPS).to_dict("records"):
            with grid.cell(), st.container(gap="xsmall"):
                swap_card(stock, row, asked, currency)
    else:
        st.info(
            "No swap to propose: for these goods the data cannot tell that anything similar is "
            "lighter. That is an answer too.",
            icon=":material/balance:",
        )
    picky = bool(refused or told(asked, currency))
    others = stand_ins.why_no_swap(stock, basket.lines, swaps, picky)
    if others:
        with st.expander(f"The other {count(sum(map(len, others.values())), 'product')}: why not?"):
            for why, rows in others.items():
                named = "; ".join(plain(stock.titles[row]) for row in rows)
                st.markdown(f"{sentence(plain(why))} {named}")


def swap_card(stock: Stock, row: Row, asked: Wishes, currency: str) -> None:
    product, stand_in = int(row["product"]), int(row["swap"])
    left, right = st.columns(2)
    for side, number, name, said, use in (
        (left, product, "kg", "In your basket", ""),
        (right, stand_in, "swap_kg", "Could stand in", " for the same use"),
    ):
        with side, st.container(gap="xsmall"):
            st.caption(said)
            product_head(stock, number, currency)
            st.markdown(sentence(kg(row[name], row[f"{name}_low"], row[f"{name}_high"]) + use))
    ranges = ranges_at_equal_use(stock, [product, stand_in])
    mark = footprint_mark(ranges, stock.scale(product), width=340)
    if mark:
        st.image(
            mark,
            width="stretch",
            alt="The good in the basket above in grey, the stand-in below, on the scale of their "
            "need.",
        )
    said = what_changes(stock, row, currency)
    st.markdown(said)
    st.caption(sentence(plain(stand_ins.why_swap(stock, row)) + pack_differs(row)))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Swap",
            icon=":material/swap_horiz:",
            key=f"swap_{product}_{stand_in}",
            on_click=baskets.swap,
            args=(stock, product, stand_in),
        )
        st.button(
            "Not for me",
            type="tertiary",
            key=f"refuse_{product}_{stand_in}",
            on_click=baskets.refuse,
            args=(stock, stand_in),
            help="It is not proposed to this household again. You can undo it beside the basket.",
        )
        more(stock, f"swap_{product}", product, [], said, other=stand_in)
    how = st.expander(
        "How do we know?", key=f"known_{product}_{stand_in}", on_change="rerun", type="compact"
    )
    if how.open:
        with how:
            how_a_swap_is_known(stock, row, asked, currency)


def what_changes(stock: Stock, row: Row, currency: str) -> str:
    """Price first, then kilograms, then how sure: "−$0.40 · −1.1 kg … · estimated lighter …"."""
    return (
        f"{plain(money_change(row['price_change'], currency))} · "
        f"{kg_change(row['kg_change'], row['kg_change_low'], row['kg_change_high'])} "
        f"for the same {amount(stock, row)} · **{verdict(row['chance'])}**"
    )


def amount(stock: Stock, row: Row) -> str:
    """What the usual pack serves: "use (12 × cup)"."""
    flow = plain(stock.products["flow"].iloc[int(row["product"])])
    return f"use ({significant(row['flows'])} × {flow})"


def pack_differs(row: Row) -> str:
    """That the stand-in's pack holds more or less, where it does; that is no saving by itself."""
    ratio = float(row["swap_flows"]) / float(row["flows"])
    if abs(ratio - 1.0) < SAME_AMOUNT:
        return ""
    small = ", which is no saving" if ratio < 1 else ""
    return f"; its pack serves {significant(ratio)} times as much{small}"


def how_a_swap_is_known(stock: Stock, row: Row, asked: Wishes, currency: str) -> None:
    """The figures compared, the method, the products weighed and the dates."""
    for said, number in (("In your basket", row["product"]), ("Stand-in", row["swap"])):
        product = stock.products.iloc[int(number)]
        st.markdown(
            f"{said}: {significant(product['kg_co2e_per_kg'])} kg CO2e per kg, "
            f"{TIERS[product['tier']]}. {how_we_know(product, bar=False)}"
        )
    swap = stock.products.iloc[int(row["swap"])]
    st.markdown(
        f"Both are compared for what the pack in the basket serves. "
        f"{CHANCE_FROM[stock.swaps.learned]} {row['compared']} products for the same need were "
        f"weighed, within a factor 1.5 in price and 2 in amount. Of those called lighter that "
        f"somebody bought in the last four weeks and that fit your wishes, one of the same kind, "
        f"and then the one that is likeliest to be taken, is shown. Figures: model "
        f"{plain(swap['model_version'])}, seed "
        f"{plain(swap['seed_version'])}; purchases up to {stock.until}. Allergens and diets are "
        "not known here beyond the kind of product: check the pack."
    )
    weighed = stand_ins.weighed(stock, int(row["product"]))
    weighed = weighed[asked.allows(stock.goods)[weighed["swap"]]].head(8)
    st.dataframe(
        pd.DataFrame(
            {
                "Product": [stock.titles[i] for i in weighed["swap"]],
                "Price": [money(p, currency) for p in weighed["swap_price"]],
                "kg CO2e, same use": [
                    kg(*figures) for figures in weighed[KG_COLUMNS].itertuples(index=False)
                ],
                "For the same use": [sentence(verdict(p))[:-1] for p in weighed["chance"]],
            }
        ),
        hide_index=True,
        column_config={"Price": st.column_config.TextColumn(alignment="right")},
        alt="Products weighed for the same need, with price, footprint, and whether each is "
        "estimated lighter or heavier, or the data cannot tell.",
        key=f"weighed_{row['product']}",
    )


@st.dialog("Report a problem", icon=":material/flag:")
def report_dialog(stock: Stock, product: int, other: int | None, shown: str) -> None:
    """Asks what is wrong with a card or a figure, and keeps the answer."""
    if why := refusal(TELL):
        st.info(f"It would not be kept: {plain(why, longest=300)}.", icon=":material/lock:")
        return
    names = [stock.titles[product]] + ([] if other is None else [stock.titles[other]])
    st.markdown(" and ".join(f"**{plain(name)}**" for name in names))
    st.caption(shown)
    problem = st.radio("What is wrong?", baskets.PROBLEMS, key="report_problem")
    words = st.text_area(
        "In your words, if you like",
        key="report_words",
        max_chars=baskets.LONGEST_WORDS,
        help="Please no names or other personal data. Nothing about you is kept with it.",
    )
    if st.button("Send", type="primary", key="report_send"):
        st.session_state["basket_said"] = baskets.report(
            stock, product, other, shown, str(problem), str(words or ""), _load.opened().version
        )
        st.rerun()


def reported_figure(stock: Stock, product: int) -> str:
    """What a line of the basket shows, as it goes into a report."""
    return figure_sentence(stock.products.iloc[product])
