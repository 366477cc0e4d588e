"""What the weights in force do: the headline figures with intervals, and how they are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import streamlit as st

from app_pages._draw import split_sentence
from app_pages._merchandise.asks import watch
from app_pages._merchandise.state import InForce, Known, names
from app_pages._words import change, is_clear, listed, percent, plain, significant
from recommender.closer_looks import SECOND_TABLE
from recommender.rerank import carbon_prices
from recommender.tried import weaker_limits

Estimate = Mapping[str, float | None]
LABEL: Final = "demand-weighted on held-out weeks, not a forecast"
ICONS: Final = {
    "money": ":material/payments:",
    "carbon": ":material/scale:",
    "relevance": ":material/target:",
    "sellers": ":material/storefront:",
}
# figure: which party, heading, what it says; money, kilograms, relevance, sellers
FIGURES: Final = {
    "demand_revenue": ("money", "Revenue", "per household, demand-weighted"),
    "hits_revenue": ("money", "Paid in the window", "in fact, for goods on the list"),
    "demand_margin": ("money", "Margin", "per household"),
    "demand_kg_pack": ("carbon", "Total kg CO2e", "of whole packs"),
    "demand_kg_functional": ("carbon", "kg CO2e at equal function", "packs play no part in it"),
    SECOND_TABLE: ("carbon", "kg CO2e, second table", "equal function, by other sources"),
    "kg_functional_per_purchase": ("carbon", "kg CO2e per purchase", "at equal function"),
    "demand_kg_excess": ("carbon", "kg CO2e above habit", "in % of kg CO2e at equal function"),
    "ndcg": ("relevance", "Relevance (NDCG@10)", "of items bought in the held-out weeks"),
    "hits": ("relevance", "Hits", "places whose item was bought"),
    "seller_small_share": ("sellers", "Small suppliers", "share of attention"),
    "seller_gini": ("sellers", "Inequality of suppliers", "Gini of attention: 0 is equal"),
    "private_label_share": ("sellers", "House brand", "share of attention"),
}
TILES: Final = (
    "demand_revenue",
    "demand_margin",
    "demand_kg_pack",
    "kg_functional_per_purchase",
    "ndcg",
    "seller_small_share",
)
TILE_NAMES: Final = {"kg_functional_per_purchase": "kg per purchase", "ndcg": "Relevance"}


def status(all_: Known, force: InForce) -> None:
    """How the figures are known: exact, or drawn between certified points until they are."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge("observed", icon=":material/visibility:", color="primary")
        if force.exact:
            st.caption(f"Exact: judged on the held-out weeks{certified(force)}")
        elif force.problem:
            st.caption("Not exact: the nearest certified points are shown.")
        elif len(force.points) > 1:
            st.caption(f"**refining …** until then on the line between {names(force.points)}")
        else:
            st.caption(
                f"**refining …** until then the nearest certified point, {names(force.points)}"
            )
        if not force.exact and force.key is not None:
            watch(force.key, "searched for")
    if not force.exact:
        entries = [all_.entries[name] for name in force.points]
        for said in left_out(force, entries):
            st.caption(f":material/warning: {said}")
    if force.problem:
        st.warning(
            f"These weights and limits could not be judged: {plain(force.problem, longest=400)}.",
            icon=":material/rule:",
        )


def left_out(force: InForce, points: Sequence[Mapping[str, Any]]) -> list[str]:
    """Limits that the figures shown do not hold yet, a sentence each."""
    words = {
        "carbon_less": "carbon limit of −{:g} %",
        "floor": "floor of {:g} % for each supplier",
        "relevance": "relevance floor of {:g} %",
    }
    said = []
    for name, held in weaker_limits(force.asked, points).items():
        limit = words[name].format(round(100 * getattr(force.asked, name), 4))
        part = f" and hold {100 * held:g} % only" if held else ""
        said.append(f"These figures leave the {limit} out{part}, until the exact answer is in.")
    return said


def certified(force: InForce) -> str:
    """How close to the best the slates are proven to be."""
    runs = list(force.entry["tasks"].values())
    sure = runs[0].get("certificate") if runs else None
    if sure is None or force.name == force.meta["baseline"]:
        return "."
    if sure["missed"]:
        told = listed([plain(miss["limit"]) for miss in sure["missed_first"][:3]])
        return f"; **{sure['missed']:,} limits are out of reach**: {told}."
    if not force.policy.couples_shoppers:
        return "; every slate is its household's own best one."
    gap = 100 * sure["gap"]
    said = "less than 0.001" if gap < 0.001 else significant(gap, 2)
    return f"; certified within {said} % of the best possible."


def tiles(force: InForce, task: str) -> None:
    """Six changes against today, each with its interval."""
    run = force.entry["tasks"][task]
    figures = run["figures"]
    st.caption(f"Change against today (relevance alone), {LABEL}. Below each: its 95 % interval.")
    grid = st.grid(3, min_column_width=170, border=True)
    for figure in TILES:
        party, heading, meaning = FIGURES[figure]
        heading, about = TILE_NAMES.get(figure, heading), f"{heading}: {meaning}."
        with grid.cell():
            if figure not in figures:
                st.metric(heading, "–", icon=ICONS[party])
                st.caption("unavailable: the report is of an older version")
                continue
            estimate = figures[figure]
            mark = "" if force.exact else "≈ "
            st.metric(heading, mark + percent(estimate["change"]), icon=ICONS[party], help=about)
            st.caption(interval(estimate, force.name == force.meta["baseline"]))
    split = run["split"]
    st.markdown(
        f"- **kg CO2e at equal function {percent(figures['demand_kg_functional']['change'])}**, "
        f"{split_sentence(without(split['functional_kg'], 'pack_size'))}.\n"
        f"- **Total kg CO2e {percent(figures['demand_kg_pack']['change'])}**, "
        f"{split_sentence(split['total_kg'])}.\n"
        f"- {second_sentence(force, run)}\n"
        f"- {worst_sentence(run.get('worst_seller'), force.exact)}"
    )
    st.caption(weighting_sentence(figures))


def told(run: Mapping[str, Any]) -> dict[str, Estimate]:
    """The figures of a run, and the carbon by the second table where it was judged by one."""
    judged = run.get("claimed_realised")
    return {**run["figures"], **({SECOND_TABLE: judged["realised"]} if judged else {})}


def second_sentence(force: InForce, run: Mapping[str, Any]) -> str:
    """The same change by a second footprints table, which played no part in the choice."""
    judged = run.get("claimed_realised")
    if not judged:
        return f"**By a second footprint table**: unavailable, {no_second(force, run)}."
    claimed, realised = judged["claimed"], judged["realised"]
    if force.name == force.meta["baseline"]:
        return "**By a second footprint table**: this is today, nothing changes."
    return (
        f"**By a second footprint table {change(realised)}** at equal function, where the first "
        f"claims {percent(claimed['change'])}: the second has sources of its own, so that an error "
        f"of the first is not counted as a cut."
    )


def no_second(force: InForce, run: Mapping[str, Any]) -> str:
    """Why a run was not judged by a second table."""
    if not force.exact:
        return "it comes with the exact answer"
    if "claimed_realised" not in run and force.key is not None:
        return "it is being judged …"
    if "claimed_realised" not in run:
        return "these figures are of an older version; `greenaisle backtest` makes them anew"
    return "this workspace has none of its present tables; `greenaisle backtest` makes one"


def weighting_sentence(figures: Mapping[str, Estimate]) -> str:
    """What demand-weighted means, beside what was really paid."""
    said = (
        "Revenue, margin and kg are weighted: each place on a list counts by the attention it gets "
        "and the chance that its item is bought, times what one is worth. They compare lists and "
        "are no takings."
    )
    paid = figures.get("hits_revenue")
    if paid is None or paid["change"] is None:
        return said
    return (
        f"{said} What households in fact paid in the held-out weeks for goods on their list, which "
        f"they had not seen: {change(paid)}."
    )


def worst_sentence(worst: Mapping[str, Any] | None, exact: bool = True) -> str:
    """The supplier that is furthest below what it is due, and how many are."""
    if not worst:
        why = "the report is of an older version" if exact else "it comes with the exact answer"
        return f"**Supplier worst off**: unavailable, {why}."
    if worst["seller_id"] is None:
        return "**Supplier worst off**: unavailable, since no product names its supplier."
    due = worst["floor"] if worst["against"] == "floor" else worst["target"]
    against = "its floor" if worst["against"] == "floor" else "its share of sales"
    under = worst["sellers_under_floor"]
    many = (
        f"of the {worst['sellers']:,} suppliers due at least one place, {worst['unseen']:,} are "
        f"shown to nobody"
    ) + ("" if under is None else f" and {under:,} are under their floor")
    return (
        f"**Supplier worst off**: {plain(worst['seller_id'])} with "
        f"{significant(100 * worst['share'])} % of attention, {against} is "
        f"{significant(100 * due)} %; {many}."
    )


def limit_prices(force: InForce, rest: str) -> None:
    """What every limit costs at the margin, and what holds besides the controls."""
    if rest:
        st.caption(f"Also held, from where you started: {plain(rest, longest=400)}.")
    prices = force.entry.get("limit_prices")
    if not force.policy.couples_shoppers:
        return
    with st.container(border=True):
        st.markdown("**What each limit costs**")
        if prices is None:
            words = "unavailable" if force.problem else "being searched for …"
            st.caption(f"The price of a limit comes with the exact answer: {words}")
        for said in prices or ():
            st.markdown(f"- {plain(said, longest=400)}")


def reference_prices(currency: str) -> None:
    """What a tonne costs elsewhere, beside the price that the weights imply."""
    said = "\n".join(
        f"- {plain(f'{one.currency} {one.price:,.0f}')}: {plain(one.name)}, {one.year}"
        for one in carbon_prices.reference_prices()
    )
    turned = "" if currency == "$" else " They are not turned into your currency."
    st.markdown(f"What markets, states and studies put on a tonne of CO2:{turned}\n\n{said}")


def without(parts: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {part: estimate for part, estimate in parts.items() if part != name}


def interval(estimate: Estimate, is_today: bool) -> str:
    """The interval of a change, and whether it is clearly one."""
    if is_today:
        return "this is today"
    low, high = estimate["change_low"], estimate["change_high"]
    if low is None or high is None:
        return "no interval"
    said = f"{percent(low)} to {percent(high)}"
    return said if is_clear(estimate) else f"{said}: not clearly moved"
