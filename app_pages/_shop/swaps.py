"""Swap cards: what could stand in for a good of the basket, what changes, and how that is known."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app_pages._draw import footprint_mark
from app_pages._shop import baskets, stand_ins
from app_pages._shop.cards import Row, how_we_know, more, product_head
from app_pages._shop.controls import take_back, told
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
from recommender.basket import Lines, basket_change

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
    swaps = stand_ins.basket_swaps(stock, basket.whose, basket.lines, asked, refused)
    first = swaps[swaps["place"] == 1]
    st.caption(
        f"Of {count(len(basket.lines), 'product')} in your basket, {len(first)} "
        f"{'has' if len(first) == 1 else 'have'} a stand-in for the same need, at a similar price "
        "for the same use, that is estimated lighter with a chance of at least 4 in 5. Neither the "
        "shop's margin nor which supplier is shown too little plays a part here. "
        f"{told(asked, currency)}"
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
                swap_card(stock, basket, row, asked, currency)
    else:
        st.info(
            "No swap to propose: for these goods the data cannot tell that anything similar, often "
            "bought and about as dear for the same use, is lighter. That is an answer too.",
            icon=":material/balance:",
        )
    others = stand_ins.why_no_swap(stock, basket.lines, swaps, bool(told(asked, currency)))
    if others:
        with st.expander(f"The other {count(sum(map(len, others.values())), 'product')}: why not?"):
            why_not(stock, basket, asked, others)


def why_not(
    stock: Stock, basket: baskets.Held, asked: Wishes, others: dict[str, list[int]]
) -> None:
    """Why products of the basket have no stand-in: refused, or what the library says."""
    without = [row for rows in others.values() for row in rows]
    named = stand_ins.refused_for(stock, basket.whose, basket.lines, asked, sorted(basket.refused))
    for row in without:
        for refused in named.get(row, []):
            said = f"for {stock.titles[row]} you refused {stock.titles[refused]}"
            st.markdown(sentence(plain(said, longest=200)))
            take_back(stock, refused, f"why_{row}")
    for why, rows in others.items():
        if left := [row for row in rows if row not in named]:
            told_of = "; ".join(plain(stock.titles[row]) for row in left)
            st.markdown(f"{sentence(plain(why, longest=200))} {told_of}")


def swap_card(stock: Stock, basket: baskets.Held, row: Row, asked: Wishes, currency: str) -> None:
    product, stand_in = int(row["product"]), int(row["swap"])
    left, right = st.columns(2)
    for side, number, price, name, said, use in (
        (left, product, "price", "kg", "In your basket", ""),
        (right, stand_in, "swap_price_use", "swap_kg", "Could stand in", " for the same use"),
    ):
        with side, st.container(gap="xsmall"):
            st.caption(said)
            product_head(stock, number, currency, each=" a pack")
            weight = kg(row[name], row[f"{name}_low"], row[f"{name}_high"])
            st.markdown(f"{plain(money(row[price], currency))}, {weight}{use}.")
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
    st.markdown(in_packs(stock, basket, row, currency))
    st.caption(sentence(plain(stand_ins.why_swap(stock, row))))
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
    """Price, kilograms, both for one amount, and how sure: "−$0.40 · −1.1 kg … for the same …"."""
    return (
        f"{plain(money_change(row['price_change_use'], currency))} · "
        f"{kg_change(row['kg_change'], row['kg_change_low'], row['kg_change_high'])} "
        f"for the same {amount(stock, row)} · **{verdict(row['chance'])}**"
    )


def amount(stock: Stock, row: Row) -> str:
    """What the usual pack serves: "use (12 × cup)"."""
    flow = plain(stock.products["flow"].iloc[int(row["product"])])
    return f"use ({significant(row['flows'])} × {flow})"


def in_packs(stock: Stock, basket: baskets.Held, row: Row, currency: str) -> str:
    """What Swap does to the basket's total: "In whole packs: 1 out, 2 in, so …"."""
    product, stand_in = int(row["product"]), int(row["swap"])
    had = float(basket.lines.quantity[basket.lines.product == product].sum())
    packs = baskets.needed(stock, basket.lines, product, stand_in)
    out, into = Lines.of([product], [had]), Lines.of([stand_in], [packs])
    change = basket_change(out, into, stock.products, stock.swaps)
    ratio = packs * float(row["swap_flows"]) / (had * float(row["flows"]))
    if abs(ratio - 1.0) < SAME_AMOUNT:
        serves = ""
    else:
        small = ", which is no saving" if ratio < 1 else ""
        serves = f"; that serves {significant(ratio)} times as much{small}"
    return (
        f"In whole packs: {had:g} out, {packs:g} in, so your basket changes by "
        f"{plain(money_change(change.price, currency))} and "
        f"{kg_change(change.kg, change.low, change.high)}{serves}."
    )


def how_a_swap_is_known(stock: Stock, row: Row, asked: Wishes, currency: str) -> None:
    """The figures compared, the method, the products weighed and the dates."""
    for said, number in (("In your basket", row["product"]), ("Stand-in", row["swap"])):
        product = stock.row(int(number))
        st.markdown(
            f"{said}: {significant(product['kg_co2e_per_kg'])} kg CO2e per kg, "
            f"{TIERS[product['tier']]}. {how_we_know(product, bar=False)}"
        )
    swap = stock.row(int(row["swap"]))
    st.markdown(
        f"Both are compared for what the pack in the basket serves, in price and in kg. "
        f"{CHANCE_FROM[stock.swaps.learned]} {row['compared']} products for the same need were "
        f"weighed, within a factor 1.5 in a pack's price and 2 in its amount, and none more than "
        f"1.5 times as dear for the same use. Of those called lighter that one household in 250 "
        f"buys within four weeks and that fit your wishes, one of the same kind, "
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
                "Price, same use": [money(p, currency) for p in weighed["swap_price_use"]],
                "kg CO2e, same use": [
                    kg(*figures) for figures in weighed[KG_COLUMNS].itertuples(index=False)
                ],
                "For the same use": [sentence(verdict(p))[:-1] for p in weighed["chance"]],
            }
        ),
        hide_index=True,
        column_config={"Price, same use": st.column_config.TextColumn(alignment="right")},
        alt="Products weighed for the same need, with price, footprint, and whether each is "
        "estimated lighter or heavier, or the data cannot tell.",
        key=f"weighed_{row['product']}",
    )
