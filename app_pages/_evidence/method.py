"""Method and sources: formulas with numbers worked out, where footprints come from, licences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from app_pages import _load
from app_pages._evidence.parts import READABLE
from app_pages._layers import OBSERVED, dressed, of_run
from app_pages._words import TIERS, count, plain, share, significant
from recommender.workspace import WorkspaceError

FORMULA = (
    "value = shopper × p_buy\n"
    "  + retailer × p_buy × margin ÷ m0\n"
    "  − climate × p_buy × kg ÷ g0\n"
    "  + sellers × short"
)
STEPS = (
    "**Read the words.** A title, a shelf or both. Abbreviations are written out; brands and words "
    "such as “natural” are no evidence. The model reads no price either, since no "
    "source knows prices; only a rough estimate does, for goods that nothing else is known of.",
    "**Look for published figures.** The seed holds goods with figures from public databases, each "
    "in kg CO2e per kg as sold, from the farm or factory to the shop's shelf. Land-use change is "
    "in; cooking and cooling at home are not.",
    "**Ask several methods.** Each says a figure per kg from the goods most alike. How much a "
    "method counts was learned on goods it had not seen.",
    "**Weigh the pack.** From the catalogue, the package text, the price and what the shelf costs "
    "per kg, or what is usual for such goods. The page always says which.",
    "**Say how sure it is.** The range holds the figure with 4 chances in 5. Its width comes from "
    "how far the method missed goods it had not seen, from what databases say differently about "
    "the same good, and from the weight of the pack.",
)
TIER_BASIS = {
    "verified": "The supplier's own figure, checked by somebody else; taken as it is.",
    "model": "The seed holds goods of its kind, or one that shares most of its words. Figure: the "
    "blend of all methods.",
    "neighbours": "Only goods with similar words are known. Figure: the blend of all methods, with "
    "a wider range.",
    "category": "Nothing like it is known, but its shelf or its use is. Figure: their mean.",
    "spend": "Not in the seed at all. Figure: what its industry emits for a dollar, times its "
    "price: the one kind of figure that reads a price. Never used to rank two products.",
    "unknown": "Not even that. No figure is shown, and none is made up.",
}
PARTS = {
    "value_shopper": "shopper",
    "value_retailer": "retailer",
    "value_climate": "climate",
    "value_sellers": "sellers",
    "value_variety": "variety",
}


def method(here: _load.Opened) -> None:
    """How a place is earned, worked out for one; how a footprint is found; what the tiers mean."""
    prose = st.container(width=READABLE)
    prose.subheader("How a place on a list is earned", anchor=False)
    prose.markdown(
        "Every household's candidates get a value; the highest stand first. It is made of four "
        "parts, weighed by the policy:"
    )
    prose.code(FORMULA, language=None)
    scales = here.report["scales"]
    prose.markdown(
        f"- **p_buy**: the chance that the household buys the product in the next four weeks, "
        f"learned from purchases and checked on later ones.\n"
        f"- **margin** and **kg**: of one purchase. kg is what lies above what this household "
        f"usually buys for the same need, at equal function (a serving, a wash), so that a smaller "
        f"pack is no saving.\n"
        f"- **m0** = {significant(scales['m0'], 3)} in shop currency and **g0** = "
        f"{significant(scales['g0'], 3)} kg CO2e: a usual purchase, the same for everybody, so "
        f"that one weight means one trade-off.\n"
        f"- **short**: how far a supplier is shown less than it sells, from 0 to 1."
    )
    example = st.container()  # filled last: the names of the products take a while to read
    prose = st.container(width=READABLE)
    prose.subheader("How the backtest judges", anchor=False)
    meta = here.report["meta"]
    prose.markdown(
        f"Everything was learned on earlier weeks; the lists are judged by what each household "
        f"bought in later ones. Intervals hold {100 * meta.get('coverage', 0.95):.0f} % of "
        f"{meta.get('draws', 0):,} draws of households with replacement, the same households for "
        f"a policy and for relevance alone. {count(meta.get('audit_households', 0), 'household')} "
        f"chose no setting and are printed apart."
    )
    prose.subheader("How a footprint is found", anchor=False)
    prose.markdown(
        "No shop knows the footprint of all its products, and few suppliers publish one. So it is "
        "estimated from published figures for similar goods, with a range, and it is left open "
        "where nothing is known. An estimate is not a declaration: a supplier's verified figure "
        "always takes its place."
    )
    prose.markdown("\n".join(f"{number}. {step}" for number, step in enumerate(STEPS, start=1)))
    prose.caption("One product worked through, and how far the estimates miss: under Footprints.")
    prose.subheader("What the words mean", anchor=False)
    prose.markdown(
        "Which way a figure was found is decided by facts about the seed and the product, never by "
        "how sure a model feels: a model asked about goods it never saw is sure and wrong."
    )
    prose.markdown("\n".join(f"- {line}" for line in tier_lines(here)))
    products, sales = tier_shares(here)
    best = sum((sales or products).get(tier, 0.0) for tier in ("verified", "model"))
    prose.caption(
        f"{share(best)} of this shop's {'sales' if sales else 'products'} have a figure "
        f"that is verified or estimated from similar products."
    )
    with example:
        worked(here)


def worked(here: _load.Opened) -> None:
    """One place of the lists in force, with its numbers put into the formula."""
    policy = _load.default().name
    entry = here.report["policies"].get(policy)
    if entry is None:
        st.caption("No worked numbers: the report has not judged the policy in force.")
        return
    try:
        places = _load.places(policy, "all")
    except WorkspaceError:
        st.caption("No worked numbers: this workspace keeps no lists of its backtest.")
        return
    place = telling_place(places)
    if place is None:
        return
    prose = st.container(width=READABLE)
    prose.markdown(
        f"**Worked out** for place {place['position']} of a list of *{plain(policy)}*: "
        f"{plain(name_of(place['product_id']))}."
    )
    lines = worked_lines(place, entry["weights"], here.report["scales"])
    prose.code(lines, language=None, wrap_lines=True)
    with prose:
        dressed(OBSERVED, of_run(here.report, "all", policy))


def name_of(product_id: str) -> str:
    """What the shop calls a product, as on every other page."""
    stock = _load.stock()
    ids = stock.products["product_id"].tolist()
    return stock.titles[ids.index(product_id)] if product_id in ids else str(product_id)


def telling_place(places: pd.DataFrame) -> dict[str, Any] | None:
    """A place in which as many parts as possible play, of a usual value; the same every time."""
    parts = [part for part in PARTS if part in places]
    if places.empty:
        return None
    active = (places[parts].abs() > 0.002).sum(axis=1)
    best = places[active == active.max()].sort_values(["score", "customer_id", "product_id"])
    return {str(key): value for key, value in best.iloc[len(best) // 2].items()}


def worked_lines(
    place: Mapping[str, Any], weights: Mapping[str, float], scales: Mapping[str, float]
) -> str:
    """The formula with a place's numbers, line by line, and the value that they sum to."""
    p = f"{place['p_buy']:.3f}"
    # the kg that went in: per purchase above habit, or all of it where the policy compares all
    chance = weights["climate"] * place["p_buy"]
    kg = -place["value_climate"] * scales["g0"] / chance if chance else 0.0
    made = {
        "shopper": f"{weights['shopper']:g} × {p}",
        "retailer": f"{weights['retailer']:g} × {p} × {place['margin']:.2f} ÷ {scales['m0']:.3f}",
        "climate": f"−{weights['climate']:g} × {p} × ({kg:+.2f} kg) ÷ {scales['g0']:.3f}",
        "sellers": f"{weights['sellers']:g} × "
        + (f"{place['value_sellers'] / weights['sellers']:.2f}" if weights["sellers"] else "0"),
    }
    lines = []
    for column, part in PARTS.items():
        value = float(place.get(column, 0.0))
        if part in made and weights.get(part):
            lines.append(f"{part:9} {made[part]:34} = {value:+.4f}")
        elif value:
            lines.append(f"{part:9} {'':34} = {value:+.4f}")
    lines.append(f"{'value':9} {'':34} = {place['score']:+.4f}")
    return "\n".join(lines).replace(" -", f" {chr(0x2212)}").replace("(-", f"({chr(0x2212)}")


def tier_lines(here: _load.Opened) -> list[str]:
    """Each tier in words, with its share of this shop's products and of its sales."""
    products, sales = tier_shares(here)
    lines = []
    for tier, said in TIERS.items():
        shares = f"{share(products.get(tier, 0.0))} of products"
        if sales:
            shares += f", {share(sales.get(tier, 0.0))} of sales"
        lines.append(f"**{said[:1].upper()}{said[1:]}** ({shares}). {TIER_BASIS[tier]}")
    return lines


def tier_shares(here: _load.Opened) -> tuple[dict[str, float], dict[str, float]]:
    """Share of each tier in the shop's products and, where the workspace knows it, its sales."""
    products = here.shop.footprints["tier"].value_counts(normalize=True)
    sales = here.shop.workspace.facts("footprints").get("share_of_sales") or {}
    return {str(tier): float(part) for tier, part in products.items()}, dict(sales)
