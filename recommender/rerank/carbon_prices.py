"""What a tonne of CO2e is worth to a policy, in money, beside prices that others set.

Margin has a worth in the value, and a kilogram has one through the climate weight and through the
price of a carbon budget. Where margin and carbon both count, a kilogram has a price in money: the
margin that the slates give up for it. The shop forgoes it; nobody pays it, no shelf price changes
with it. What others set is a tax, a market price or an estimate of damage. So the figures stand
beside one another, each in its own currency, and are not the same thing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

import pandas as pd

from pcf_estimator.tables import Column, Table, TableError, read_table, shipped_data
from recommender.policy import Weights
from recommender.rerank.explain_words import figure, money
from recommender.tradeoff import KG_PER_TONNE, Scales

Kind = Literal["market", "tax", "social cost"]
KINDS = ("market", "tax", "social cost")
SIGNS = {"$": "USD", "€": "EUR", "£": "GBP"}  # of currencies that a reference may be told in
NAME = Column(kind="text", meaning="", required=True, filled=True)
REFERENCES = Table(
    name="carbon prices",
    named_by=("name",),
    columns={
        "name": NAME,
        "kind": NAME,
        "price": Column(
            kind="number", meaning="currency per tonne", required=True, filled=True, above=0
        ),
        "currency": NAME,
        "year": Column(kind="whole", meaning="of the price", required=True, filled=True),
        "note": Column(kind="text", meaning="what the price refers to"),
        "source": NAME,
        "url": Column(kind="text", meaning="where it stands"),
    },
)


@dataclass(frozen=True, kw_only=True)
class ReferencePrice:
    """One price of a tonne of CO2 that a market, a state or a study sets."""

    name: str
    kind: Kind
    price: float  # currency per tonne
    currency: str
    year: int
    source: str
    note: str = ""
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class CarbonPrice:
    """What slates give up for a tonne of CO2e; None in money where margin does not count."""

    weight: float | None  # through the climate weight, shop currency per tonne
    budget: float | None  # through the carbon budget
    purchases: float | None  # both, in demand-weighted purchases; None where relevance is no aim

    @property
    def total(self) -> float | None:
        """Both together, in shop currency per tonne."""
        if self.weight is None or self.budget is None:
            return None
        return self.weight + self.budget


@cache
def reference_prices(path: Path | None = None) -> tuple[ReferencePrice, ...]:
    """The reference prices in a CSV file; by default those that ship with greenaisle.

    Raises TableError for a bad row or a kind that is none of `KINDS`.

    >>> [r.price for r in reference_prices() if r.name.startswith("US EPA")]
    [190.0]
    """
    path = path or shipped_data("carbon_prices.csv")
    table = read_table(path, REFERENCES)
    bad = ~table["kind"].isin(KINDS)
    if bad.any():
        row = int(bad.to_numpy().argmax())
        raise TableError(
            f"carbon prices ({path}), row {row + 1} ({table['name'].iloc[row]}): kind is "
            f"{table['kind'].iloc[row]}, but {', '.join(KINDS)} was expected "
            f"({int(bad.sum())} such rows)"
        )
    return tuple(_reference(row) for row in table.to_dict("records"))


def policy_carbon_price(weights: Weights, scales: Scales, budget_price: float = 0.0) -> CarbonPrice:
    """What a tonne costs under `weights` and a carbon budget's price (value per kg).

    Value per kg is climate / g0, money per value m0 / retailer; without a climate weight that
    part is 0. The parts add up, since a kilogram that a slate sheds counts in both.

    >>> scales = Scales(m0=0.5, g0=2.0, short={})
    >>> price = policy_carbon_price(Weights(shopper=1, retailer=0.1, climate=0.2), scales, 0.02)
    >>> [round(p, 6) for p in (price.weight, price.budget, price.total, price.purchases)]
    [500.0, 100.0, 600.0, 120.0]
    """
    weight = weights.climate / scales.g0 if scales.g0 > 0 else 0.0
    budget = implied_carbon_price(budget_price, weights, scales)
    value = (weight + budget_price) * KG_PER_TONNE
    return CarbonPrice(
        weight=implied_carbon_price(weight, weights, scales),
        budget=budget,
        purchases=value / weights.shopper if weights.shopper > 0 else None,
    )


def implied_carbon_price(value_per_kg: float, weights: Weights, scales: Scales) -> float | None:
    """Shop currency per tonne that a price of a kilogram in units of value comes to.

    None where margin has no weight or the shop has no margins: nothing is then traded in money.

    >>> scales = Scales(m0=0.5, g0=2, short={})
    >>> round(implied_carbon_price(0.02, Weights(shopper=1, retailer=0.1), scales), 6)
    100.0
    """
    if weights.retailer * scales.m0 == 0:
        return None
    return value_per_kg / (weights.retailer / scales.m0) * KG_PER_TONNE


def beside_references(
    price: CarbonPrice, references: Sequence[ReferencePrice], currency: str = "$"
) -> dict[str, Any]:
    """The policy's price and each reference with how many times it the policy pays.

    `times` is None where the currencies differ, since no exchange rate is assumed, or where the
    policy has no price in money.
    """
    own = SIGNS.get(currency, currency)
    rows = []
    for reference in references:
        alike = price.total is not None and reference.currency == own
        times = cast(float, price.total) / reference.price if alike else None
        rows.append({**asdict(reference), "times": times})
    return {
        "money_per_tonne": price.total,
        "of_the_climate_weight": price.weight,
        "of_the_carbon_budget": price.budget,
        "demand_weighted_purchases_per_tonne": price.purchases,
        "currency": currency,
        "sentence": carbon_sentence(price, currency),
        "references": rows,
    }


def carbon_sentence(price: CarbonPrice, currency: str = "$") -> str:
    """What the policy gives up for a tonne, and what kind of price that is.

    >>> carbon_sentence(CarbonPrice(weight=None, budget=None, purchases=120.0))
    'For a tonne of CO2e less, these slates give up 120 demand-weighted purchases; margin has no \
weight here, so the tonne has no price in money.'
    """
    if price.total:
        parts = ""
        if price.weight and price.budget:
            weight, budget = (money(part, currency) for part in (price.weight, price.budget))
            parts = f" ({weight} by the climate weight, {budget} by the carbon budget)"
        return (
            f"For a tonne of CO2e less, these slates give up {money(price.total, currency)} of "
            f"margin{parts}: the shop forgoes it, nobody pays it."
        )
    if price.total is None and price.purchases:
        return (
            f"For a tonne of CO2e less, these slates give up {figure(price.purchases)} "
            f"demand-weighted purchases; margin has no weight here, so the tonne has no price "
            f"in money."
        )
    return "Carbon has no price here: neither a climate weight nor a binding carbon budget."


def reference_line(reference: Mapping[str, Any]) -> str:
    """One line of `beside_references`: price, name, year, kind and how it compares.

    >>> reference_line(
    ...     {
    ...         "price": 190.0,
    ...         "currency": "USD",
    ...         "name": "Damage",
    ...         "year": 2020,
    ...         "kind": "social cost",
    ...         "times": 1.5,
    ...     }
    ... )
    '   190 USD  Damage (social cost, 2020): 1.5 times as much is given up here'
    """
    price = f"{reference['price']:,.2f}".removesuffix(".00")
    said = f"{price:>6} {reference['currency']}  {reference['name']}"
    said += f" ({reference['kind']}, {reference['year']})"
    times = reference["times"]
    return said if times is None else f"{said}: {figure(times)} times as much is given up here"


def _reference(row: dict[Any, Any]) -> ReferencePrice:
    text = {k: "" if pd.isna(row.get(k)) else str(row[k]) for k in ("note", "url")}
    return ReferencePrice(
        name=str(row["name"]),
        kind=cast(Kind, row["kind"]),
        price=float(row["price"]),
        currency=str(row["currency"]),
        year=int(row["year"]),
        source=str(row["source"]),
        **text,
    )
