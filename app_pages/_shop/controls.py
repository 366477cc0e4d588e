"""The shopper's controls: the green slider, four more wishes, and why the shelf is as it is."""

from __future__ import annotations

from typing import Final

import numpy as np
import streamlit as st

from app_pages import _load
from app_pages._shop import baskets
from app_pages._shop.shelf import STOPS, climate_weight, default_stop
from app_pages._shop.stock import Stock
from app_pages._shop.wishes import SMALL, VARIETY, Wishes
from app_pages._words import count, listed, money, name_and_pack, plain
from recommender.basket_diets import DIETS

URL: Final = "query-params"
NO_CEILING, NO_DIET = "no ceiling", "none declared"
STEPS = (0.5, 1, 2, 3, 5, 8, 12, 20, 40, 80, 150, 300)  # of a price ceiling, shop currency


def green_slider(stock: Stock) -> int:
    default = default_stop(stock.policy)
    names = {0: "off", default: f"{default} · default" if default else "off", STOPS: "max"}
    stop = st.select_slider(
        f"Greener choices, from off to max; your community's default is {default or 'off'}",
        list(range(STOPS + 1)),
        value=default,
        format_func=lambda k: names.get(k, str(k)),
        key="green",
        bind=URL,
        help="How much the estimated kg CO2e of a product counts on this shelf. It moves nothing "
        "else: no price depends on it, and no other household's shelf.",
    )
    return int(stop)


def wishes(stock: Stock, basket: baskets.Held, currency: str) -> Wishes:
    """What the shopper asks for besides, from four controls behind one button."""
    most = float(np.quantile(stock.goods.price[stock.swaps.offered], 0.98))
    least = float(np.quantile(stock.goods.price[stock.swaps.offered], 0.05))
    prices = {money(step, currency): float(step) for step in STEPS if least < step < most}
    with st.popover("More wishes", icon=":material/tune:", width="stretch"):
        ceiling = st.selectbox(
            "Price of a pack, at most", [NO_CEILING, *prices], key="ceiling", bind=URL
        )
        small = st.segmented_control(
            "Small suppliers count",
            list(SMALL),
            default="as the shop",
            required=True,
            key="small",
            bind=URL,
            help="Suppliers shown less than they sell. As the shop: the policy's own weight.",
        )
        variety = st.segmented_control(
            "Variety counts",
            list(VARIETY),
            default="as the shop",
            required=True,
            key="variety",
            bind=URL,
            help="Kinds of goods that are not on the shelf already come forward.",
        )
        diet = st.selectbox(
            "A diet you declare",
            [NO_DIET, *DIETS],
            key="diet",
            persist_state="session",  # a belief or an illness may stand behind it: in no link
            help="It is never guessed from purchases. Vegan, halal, gluten or allergens are not "
            "offered: the shop's data hold no ingredients.",
        )
        found = _load.diet(diet) if diet in DIETS else None
        if found is not None:
            st.caption(
                f"Left out: {count(found.against, 'product')} whose kind or name says that they do "
                f"not fit, and {count(found.untold, 'mixed dish', 'mixed dishes')}, such as soups "
                "and ready meals, of which the data cannot tell. What is made from animals inside "
                "other goods, such as gelatine, is not known: check the pack. Your diet stays on "
                "this visit: a link to this shelf tells everything else, but not this."
            )
        refusals(stock, basket)
    return Wishes(
        ceiling=prices.get(str(ceiling)),
        small=str(small),
        variety=str(variety),
        diet=str(diet) if found is not None else "",
        fits=None if found is None else found.fits,
        barred=None if found is None else found.barred,
    )


def refusals(stock: Stock, basket: baskets.Held) -> None:
    """What is "not for me", with the way back; nothing where nothing was refused."""
    if not basket.refused:
        return
    st.caption("Not for you, as you said, so never proposed:")
    for row in sorted(basket.refused):
        take_back(stock, row, "wishes")


def take_back(stock: Stock, row: int, where: str) -> None:
    """A refused product with the button that lets it be proposed again."""
    st.button(
        f"Take back: {plain(name_and_pack(stock.titles[row])[0])}",
        icon=":material/undo:",
        key=f"take_back_{where}_{row}",
        type="tertiary",
        on_click=baskets.take_back,
        args=(stock, row),
        help=plain(stock.titles[row]),
    )


def told(asked: Wishes, currency: str) -> str:
    """The wishes in force, in a sentence; "" where there are none."""
    said = []
    if asked.ceiling is not None:
        said.append(f"packs up to {money(asked.ceiling, currency)}")
    if asked.small != "as the shop":
        said.append(f"small suppliers count {asked.small}".replace("count off", "do not count"))
    if asked.variety != "as the shop":
        said.append(f"{asked.variety} variety")
    if asked.fits is not None:
        said.append("only goods of which nothing speaks against your diet")
    return f"You asked for: {listed(said)}." if said else ""


def why_this_shelf(stock: Stock, stop: int) -> None:
    """The policy in force, in words, behind a button."""
    weights = stock.policy.weights
    default = default_stop(stock.policy)
    with st.popover("Why am I seeing this?", type="tertiary", icon=":material/help:"):
        st.markdown(
            f"The shelf ranks products by how likely this household is to buy them in the next "
            f"four weeks. Under the policy *{plain(stock.policy.name)}* three more things count: "
            f"kg CO2e above what the household buys for the same need (weight "
            f"{climate_weight(stop, weights.climate):.2g}, moved by the slider; default "
            f"{weights.climate:g}, which is {default} of {STOPS}), the shop's margin "
            f"(weight {weights.retailer:g}) and suppliers shown less than they sell (weight "
            f"{weights.sellers:g}; likelihood counts {weights.shopper:g}). Each card says where "
            "one of them moved it. The lighter swaps are ranked neither by margin nor by which "
            "supplier is shown too little. Nothing here is paid placement, and the house brand "
            "gets no bonus of its own."
        )
