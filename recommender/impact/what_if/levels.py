"""What a simulated four weeks come to: money, kg CO2e, and what sellers earn."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from recommender.candidates import Bools, Floats
from recommender.impact.what_if.choice_respond import Sold
from recommender.impact.what_if.world import World
from recommender.metrics import Figure, gini

MONEY, KG = "shop currency per household in four weeks", "kg CO2e per household in four weeks"
FIGURES = {
    "revenue": Figure(meaning="paid for all that is bought", unit=MONEY),
    "margin": Figure(meaning="the shop's margin on it", unit=MONEY),
    "kg_total": Figure(meaning="carbon of whole packs of all that is bought", unit=KG),
    "kg_rebound": Figure(
        meaning="carbon of what money saved here buys elsewhere", unit=KG, change="kg_total"
    ),
    "kg_total_with_rebound": Figure(meaning="carbon of whole packs and of rebound", unit=KG),
    "kg_per_order": Figure(
        meaning="carbon of whole packs in an order of the usual number of purchases",
        unit="kg CO2e per order",
    ),
    "kg_functional": Figure(meaning="carbon at equal function of all purchases", unit=KG),
    "kg_functional_per_purchase": Figure(
        meaning="carbon at equal function of a purchase", unit="kg CO2e per purchase"
    ),
    "purchases": Figure(
        meaning="products bought, each once in four weeks",
        unit="purchases per household in four weeks",
    ),
    "seller_gini": Figure(meaning="Gini of income between sellers", unit="0 to 1"),
    "small_sellers_income": Figure(
        meaning="income of sellers outside the top tenth by training sales", unit=MONEY
    ),
}
OF_DEPARTMENTS = ("revenue", "margin", "kg_total")


@dataclass(frozen=True, kw_only=True)
class Market:
    """How sellers stand against today: all 1 and present before anybody reacts."""

    kg: Floats  # (products,): footprints as a share of today's
    price: Floats  # (products,)
    present: Bools  # (products,)
    newcomers: float = 0.0  # share of every need's purchases
    newcomer_kg: Floats | None = None  # (products,): theirs over that of what they replace

    @classmethod
    def today(cls, products: int) -> Market:
        one = np.ones(products)
        return cls(kg=one, price=one, present=np.ones(products, np.bool_))


@dataclass(frozen=True, kw_only=True)
class Levels:
    """The figures of one world in one draw."""

    figures: Floats  # (figures,): in the order of `FIGURES`, per household
    income: Floats  # (sellers,): shop currency of all households
    departments: Floats  # (departments, 3): `OF_DEPARTMENTS`, per household
    kg_by_medians: float  # kg_total with every footprint at its median


def mixed(before: Sold, after: Sold, share: float) -> Sold:
    """What is bought where a `share` of choices follow `after` and the others are as before."""
    if share == 1.0:
        return after
    return Sold(
        purchases=before.purchases + share * (after.purchases - before.purchases),
        packs=before.packs + share * (after.packs - before.packs),
    )


def levels(world: World, sold: Sold, market: Market, factor: Floats) -> Levels:
    """The figures of what is `sold`, with footprints `factor` (products,) times their medians.

    Sellers earn the price less the shop's margin.
    """
    goods = world.goods
    # habit does not keep a product on the shelf
    purchases, packs = (each * market.present for each in (sold.purchases, sold.packs))
    lighter = market.kg
    if market.newcomers > 0.0 and market.newcomer_kg is not None:
        lighter = lighter * (1.0 + market.newcomers * (market.newcomer_kg - 1.0))
    money = packs * goods.price * market.price
    margin = packs * goods.margin * market.price
    kg = packs * goods.kg_pack * lighter
    kg_functional = (purchases * goods.functional.kg_functional * lighter) @ factor
    theirs = (money - margin) * (1.0 - market.newcomers)
    income = np.asarray(
        np.bincount(goods.seller + 1, theirs, len(goods.sellers) + 1)[1:], np.float64
    )
    each = {
        "revenue": money.sum(),
        "margin": margin.sum(),
        "kg_total": kg @ factor,
        "kg_rebound": 0.0,
        "kg_total_with_rebound": kg @ factor,
        "kg_functional": kg_functional,
        "purchases": purchases.sum(),
        "small_sellers_income": income[world.small].sum(),
    }
    per = {name: total / world.households for name, total in each.items()}
    total = max(float(purchases.sum()), np.finfo(np.float64).tiny)
    per["kg_per_order"] = float(kg @ factor) / total * world.per_order
    per["kg_functional_per_purchase"] = float(kg_functional) / total
    per["seller_gini"] = gini(income[world.goods.target > 0])
    by = [
        np.bincount(world.department, values, len(world.departments)) / world.households
        for values in (money, margin, kg * factor)
    ]
    return Levels(
        figures=np.array([per[name] for name in FIGURES], np.float64),
        income=income,
        departments=np.column_stack(by),
        kg_by_medians=float(kg.sum()) / world.households,
    )


def with_rebound(found: Levels, rebound_kg: float) -> Levels:
    """The figures with the carbon that saved money causes elsewhere, kg CO2e per household."""
    names, figures = list(FIGURES), found.figures.copy()
    figures[names.index("kg_rebound")] = rebound_kg
    figures[names.index("kg_total_with_rebound")] += rebound_kg
    return replace(found, figures=figures)
