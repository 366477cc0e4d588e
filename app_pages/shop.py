"""Shop: one household's shelf, a green slider, and swaps estimated lighter for what it buys."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, Final

import pandas as pd
import streamlit as st

from app_pages import _load, _shelf
from app_pages._draw import footprint_mark, mark_sentence
from app_pages._words import (
    CHANCE_FROM,
    MASS,
    NO_BREAK,
    TIERS,
    count,
    kg,
    kg_change,
    listed,
    money,
    money_change,
    name_and_pack,
    plain,
    sentence,
    significant,
    verdict,
)
from recommender.serving import COLD_START

CARDS, SWAPS = 12, 8
Row = Mapping[Hashable, Any]
URL: Final = "query-params"
KG_COLUMNS = ["swap_kg", "swap_kg_low", "swap_kg_high"]


def main() -> None:
    stock, here = _load.stock(), _load.opened()
    title, chosen, personal = st.columns([5, 3, 3], vertical_alignment="bottom")
    title.title("Your shelf", anchor=False)
    household = chosen.selectbox(
        "Household", _load.household_ids(), key="household", bind=URL, help="Type to search by id."
    )
    nobody = personal.toggle(
        "Not personalised",
        key="everyone",
        bind=URL,
        help="Shows what most households buy. No purchase of this household is used.",
    )
    shelf(stock, None if nobody else household, here.currency)


@st.fragment
def shelf(stock: _shelf.Stock, household: str | None, currency: str) -> None:
    """Everything that the green slider moves, so that moving it reruns nothing else."""
    stop = green_slider(stock)
    climate = _shelf.climate_weight(stop, stock.policy.weights.climate)
    ranked = _shelf.household_shelf(stock, household, climate)
    before = _shelf.household_shelf(stock, household, 0.0) if stop else ranked
    if household is None:
        shelves = {"Most bought": (True, "What most households bought in the last four weeks.")}
    else:
        shelves = {
            "Buy again": (False, "What this household bought before."),
            "Discover": (True, "What this household has not bought before."),
        }
    if ranked["basis"].eq(COLD_START).all() and household is not None:
        st.info(
            "This household has too little history for a shelf of its own: it gets what most "
            "households buy.",
            icon=":material/history_toggle_off:",
        )
    tabs = st.tabs(
        [*shelves, "Swaps"],
        key="view" if household else "view_of_everyone",
        bind=URL,
        on_change="rerun",
    )
    for tab, (new, words) in zip(tabs, shelves.values(), strict=False):
        if tab.open:
            with tab:
                top = ranked[ranked["is_new"] == new].head(CARDS)
                off = before[before["is_new"] == new].head(CARDS)
                st.caption(f"{words} {what_the_slider_did(top, off, stop)}")
                cards(stock, top, currency)
    if tabs[-1].open:
        with tabs[-1]:
            swap_cards(stock, household, currency)


def green_slider(stock: _shelf.Stock) -> int:
    default = _shelf.default_stop(stock.policy)
    names = {0: "off", default: f"{default} · default" if default else "off", _shelf.STOPS: "max"}
    stops = list(range(_shelf.STOPS + 1))
    left, right = st.columns([5, 3], vertical_alignment="center")
    stop = left.select_slider(
        "Greener choices, from off to max",
        stops,
        value=default,
        format_func=lambda k: names.get(k, str(k)),
        key="green",
        bind=URL,
        help="How much the estimated kg CO2e of a product counts on this shelf. It moves nothing "
        "else: no price depends on it, and no other household's shelf.",
    )
    right.caption(
        f"The shop's default is {default} of {_shelf.STOPS}."
        if default
        else "Off is the shop's default."
    )
    with right.popover("Why am I seeing this?", type="tertiary", icon=":material/help:"):
        weights = stock.policy.weights
        st.markdown(
            f"The shelf ranks products by how likely this household is to buy them in the next "
            f"four weeks. Under the policy *{plain(stock.policy.name)}* three more things count: "
            f"kg CO2e above what the household buys for the same need (weight "
            f"{_shelf.climate_weight(stop, weights.climate):.2g}, moved by the slider; default "
            f"{weights.climate:g}), the shop's margin (weight {weights.retailer:g}) and suppliers "
            f"shown less than they sell (weight {weights.sellers:g}; likelihood counts "
            f"{weights.shopper:g}). Each card says where one of them moved it. "
            f"Nothing here is paid placement, and the house brand gets no bonus of its own."
        )
    return int(stop)


def what_the_slider_did(top: pd.DataFrame, off: pd.DataFrame, stop: int) -> str:
    if not stop:
        return "The slider is off: kg CO2e moves nothing here."
    changed = len(set(top["product"]) - set(off["product"]))
    if not changed:
        return "The same products as with the slider off, perhaps in another order."
    return f"{count(changed, 'product')} of {len(top)} would not be here with the slider off."


def cards(stock: _shelf.Stock, rows: pd.DataFrame, currency: str) -> None:
    if rows.empty:
        st.info("Nothing to show here for this household.", icon=":material/inbox:")
        return
    grid = st.grid(4, min_column_width=250, border=True)
    for row in rows.to_dict("records"):
        with grid.cell(), st.container(gap="xsmall"):
            card(stock, row, currency)


def card(stock: _shelf.Stock, row: Row, currency: str) -> None:
    number = int(row["product"])
    product_head(stock, number, currency)
    product = stock.products.iloc[number]
    st.markdown(figure_sentence(product), help=how_we_know(product))
    mark = footprint_mark(_shelf.ranges_at_equal_use(stock, [number]), stock.scale(number))
    if mark:
        where = mark_sentence(*_shelf.place_on_scale(stock, number))
        st.image(mark, width="stretch", alt=f"{sentence(where)} Need: {plain(row['need'])}.")
    st.caption(f"{sentence(plain(row['reason']))}{moves(row)}")


def product_head(stock: _shelf.Stock, number: int, currency: str) -> None:
    name, pack = name_and_pack(stock.titles[number])
    with st.container(horizontal=True, wrap=False):
        st.markdown(f"**{plain(name)}**", width="stretch")
        price = money(stock.goods.price[number], currency)
        st.markdown(f"**{plain(price)}**", width="content")
    st.caption(plain(pack) if pack else NO_BREAK)


def figure_sentence(product: pd.Series) -> str:
    if product["tier"] == "unknown":
        return f"kg CO2e unavailable: {TIERS['unknown']}"
    figure = kg(product["kg_co2e"], product["kg_co2e_low"], product["kg_co2e_high"])
    return f"{sentence(figure)[:-1]}, {TIERS[product['tier']]}"


def moves(row: Row) -> str:
    """What moved the product on this shelf; margin is named wherever it did."""
    said = []
    for part, name in _shelf.MOVERS.items():
        places = int(row[part.replace("value", "moved")])
        if places:
            said.append(f"{'up' if places > 0 else 'down'} {count(abs(places), 'place')} by {name}")
    return f" Moved {listed(said)}." if said else ""


def how_we_know(product: pd.Series) -> str:
    if product["tier"] == "unknown":
        return "Neither a similar product nor a rough figure by price was found for it."
    said = ["in brackets the 80 % range of the whole pack"]
    if isinstance(product["boundary"], str):
        said[0] += f", {plain(product['boundary'])}"
    if isinstance(product["source"], str):
        said.append(f"source: {plain(product['source'], longest=200)}")
    if product["mass_basis"] in MASS:
        said.append(MASS[product["mass_basis"]])
    said.append(
        "the bar below is narrower: how sure its place is among goods for the same need, whose "
        "figures err together"
    )
    return " ".join(sentence(part) for part in said)


def swap_cards(stock: _shelf.Stock, household: str | None, currency: str) -> None:
    usual, swaps = _shelf.household_swaps(stock, household)
    whose = "most households buy" if household is None else "this household usually buys"
    first = swaps[swaps["place"] == 1]
    st.caption(
        f"Of {count(len(usual), 'product')} that {whose}, {len(first)} have a stand-in for the "
        f"same need, at a similar price and amount, that is estimated lighter with a chance of at "
        f"least 4 in 5. For the others the data cannot tell, or no swap is ours to propose."
    )
    if first.empty:
        return
    every = len(first) <= SWAPS or st.toggle(
        f"Show all {len(first)}", key="all_swaps", bind=URL, help=f"The first {SWAPS} otherwise."
    )
    grid = st.grid(2, min_column_width=430, border=True)
    for row in first.head(len(first) if every else SWAPS).to_dict("records"):
        with grid.cell(), st.container(gap="xsmall"):
            swap_card(stock, row, currency)


def swap_card(stock: _shelf.Stock, row: Row, currency: str) -> None:
    product, swap = int(row["product"]), int(row["swap"])
    left, right = st.columns(2)
    for side, number, name, said, use in (
        (left, product, "kg", "You usually buy", ""),
        (right, swap, "swap_kg", "Could stand in", " for the same use"),
    ):
        with side, st.container(gap="xsmall"):
            st.caption(said)
            product_head(stock, number, currency)
            st.markdown(sentence(kg(row[name], row[f"{name}_low"], row[f"{name}_high"]) + use))
    ranges = _shelf.ranges_at_equal_use(stock, [product, swap])
    mark = footprint_mark(ranges, stock.scale(product), width=480)
    if mark:
        st.image(
            mark,
            width="stretch",
            alt="The usual product above in grey, the stand-in below, on the scale of their need.",
        )
    st.markdown(
        f"**{sentence(verdict(row['chance']))[:-1]}** · "
        f"{plain(money_change(row['price_change'], currency))} · "
        f"{kg_change(row['kg_change'], row['kg_change_low'], row['kg_change_high'])} "
        f"for the same {amount(stock, row)}"
    )
    st.caption(sentence(plain(_shelf.why_swap(stock, row))))
    with st.expander("How do we know?"):
        how_a_swap_is_known(stock, row, currency)


def amount(stock: _shelf.Stock, row: Row) -> str:
    """What the usual pack serves: "12 × cup"."""
    flow = plain(stock.products["flow"].iloc[int(row["product"])])
    return f"use ({significant(row['flows'])} × {flow})"


def how_a_swap_is_known(stock: _shelf.Stock, row: Row, currency: str) -> None:
    for said, number in (("Usual", row["product"]), ("Stand-in", row["swap"])):
        product = stock.products.iloc[int(number)]
        st.markdown(
            f"{said}: {significant(product['kg_co2e_per_kg'])} kg CO2e per kg, "
            f"{TIERS[product['tier']]}. {how_we_know(product)}"
        )
    st.markdown(
        f"Both are compared for what the usual pack serves. {CHANCE_FROM[stock.swaps.learned]} "
        f"{row['compared']} products for the same need were weighed, within a factor 1.5 in price "
        f"and 2 in amount; of those called lighter, the one this household is likeliest to take "
        f"is shown. Figures: model "
        f"{plain(stock.products['model_version'].iloc[int(row['swap'])])}, seed "
        f"{plain(stock.products['seed_version'].iloc[int(row['swap'])])}; purchases up to "
        f"{stock.until}. Allergens and diets are not known here: check the pack."
    )
    weighed = _shelf.weighed(stock, int(row["product"])).head(8)
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


main()
