"""Carbon at equal function: what one purchase in a need costs, and what a household buys there.

A *need* groups goods that can stand in for one another; its reference flow is a cup, a portion, a
wash. `kg_functional` of a product is the footprint of one flow times the number of flows that a
purchase in the need typically brings home, so a smaller pack is no saving and a larger one no sin.
`kg_excess` is that, less what the household would otherwise buy in the need.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from recommender.candidates import Bools, Floats, Ints
from recommender.lighter import never_ranked
from recommender.log import Log, find

# where a product's kg_functional comes from
OWN, NEED_MEAN, UNKNOWN = 0, 1, 2
BASES = ("own figure", "mean of the need", "unknown")


@dataclass(frozen=True, kw_only=True)
class Functional:
    """`kg_functional` of every product, and the figures of its need that it was made with."""

    needs: tuple[str, ...]
    need: Ints  # (products,): position in `needs`
    kg_functional: Floats  # (products,): kg CO2e of a typical purchase in the need, met by this
    basis: Ints  # (products,): OWN, NEED_MEAN or UNKNOWN
    typical_flows: Floats  # (needs,): flows that a purchase brings home; NaN where none is known
    kg_of_need: Floats  # (needs,): mean kg_functional of the units sold

    def counts(self) -> dict[str, int]:
        """Number of products by where their figure comes from."""
        found = np.bincount(self.basis, minlength=len(BASES))
        return {name: int(count) for name, count in zip(BASES, found, strict=True)}


@dataclass(frozen=True, kw_only=True)
class References:
    """What each household would otherwise buy in each need where it has bought before."""

    pair: Ints  # customer * needs + need, ascending
    kg: Floats  # mean kg_functional of the units that it bought


def functional_footprints(products: pd.DataFrame, purchases: Log) -> Functional:
    """`kg_functional` of each product, in the catalogue's order (kg CO2e per purchase).

    `products` holds `need`, `kg_per_flow` (kg as sold for one reference flow), `net_mass_kg`,
    `kg_co2e` (per pack), `kg_co2e_per_kg` and `tier`; `purchases` are the training weeks.

    A product with its own intensity, mass and flow gets kg_co2e_per_kg x kg_per_flow x typical
    flows, where the typical flows are the median over purchases of quantity x flows per pack. A
    product without a flow or a mass, or with a spend figure, gets the mean of its need, so that no
    difference inside the need is claimed from its price or its pack: the mean of the units sold
    that do have a figure of their own or, where the need has none, the mean pack times the median
    quantity (the pack then stands for the flow). So does a product that is never ranked
    (`lighter.never_ranked`). An `unknown` product gets 0, and is counted.
    """
    needs = pd.Index(sorted(products["need"].unique()))
    need = needs.get_indexer(pd.Index(products["need"])).astype(np.int64)
    kg_per_flow, intensity, kg_pack, mass = (
        products[column].to_numpy(np.float64)
        for column in ("kg_per_flow", "kg_co2e_per_kg", "kg_co2e", "net_mass_kg")
    )
    tier = products["tier"].to_numpy(object)
    unknown = (tier == "unknown") | np.isnan(kg_pack)
    flows = mass / kg_per_flow
    own = ~unknown & (tier != "spend") & ~np.isnan(flows) & ~np.isnan(intensity)
    own &= ~never_ranked(products)

    sold = _sums(purchases.product, purchases.quantity, len(products))
    typical_flows = _typical(flows, need, len(needs), purchases)
    typical_packs = _typical(np.ones(len(products)), need, len(needs), purchases)
    kg = np.where(own, intensity * kg_per_flow * typical_flows[need], 0.0)
    mean_of_own = _mean_of_need(kg, sold, need, own, len(needs))
    mean_pack = _mean_of_need(kg_pack, sold, need, ~unknown, len(needs)) * typical_packs
    fallback = np.where(np.isnan(mean_of_own), mean_pack, mean_of_own)
    kg = np.where(own | unknown, kg, fallback[need])
    kg_of_need = _mean_of_need(kg, sold, need, ~unknown, len(needs))
    return Functional(
        needs=tuple(needs),
        need=need,
        kg_functional=kg,
        basis=np.select([own, unknown], [OWN, UNKNOWN], NEED_MEAN).astype(np.int64),
        typical_flows=typical_flows,
        kg_of_need=np.nan_to_num(kg_of_need, nan=0.0),
    )


def household_references(functional: Functional, purchases: Log) -> References:
    """What each household bought in each need in the training weeks, as a mean over its units.

    Purchases of products of unknown footprint say nothing and are left out.
    """
    known = functional.basis[purchases.product] != UNKNOWN
    product, units = purchases.product[known], purchases.quantity[known]
    pairs = purchases.customer[known] * len(functional.needs) + functional.need[product]
    pair, at = np.unique(pairs, return_inverse=True)
    kg = _sums(at, units * functional.kg_functional[product], len(pair))
    return References(pair=pair, kg=kg / _sums(at, units, len(pair)))


def reference_kg(
    functional: Functional, references: References, customer: Ints, product: Ints
) -> Floats:
    """What each customer would otherwise buy in the product's need (kg CO2e per purchase).

    The household's own mean; where it never bought in the need, the mean of all units sold there.
    """
    need = functional.need[product]
    at = find(references.pair, customer * len(functional.needs) + need)
    reference = functional.kg_of_need[need]
    reference[at >= 0] = references.kg[at[at >= 0]]
    return reference


def excess_kg(
    functional: Functional, references: References, customer: Ints, product: Ints
) -> Floats:
    """`kg_excess` of each row: kg_functional less the household's reference (kg CO2e).

    0 where the product has no figure of its own: the mean of a need, or an unknown footprint, is
    no evidence that it is lighter than what this household buys, nor that it is heavier.
    """
    excess = functional.kg_functional[product] - reference_kg(
        functional, references, customer, product
    )
    return np.where(functional.basis[product] == OWN, excess, 0.0)


def _typical(flows: Floats, need: Ints, needs: int, purchases: Log) -> Floats:
    """Median of quantity x `flows` over the purchases in each need; of the products in it if none.

    NaN for a need whose products have no flows.
    """
    bought = pd.Series(purchases.quantity * flows[purchases.product])
    by_purchase = bought.groupby(need[purchases.product]).median()
    by_product = pd.Series(flows).groupby(need).median()
    typical = by_purchase.reindex(range(needs)).fillna(by_product)
    return np.asarray(typical, dtype=np.float64)


def _mean_of_need(kg: Floats, sold: Floats, need: Ints, counts: Bools, needs: int) -> Floats:
    """Mean of `kg` in each need over units sold of the products that count; plain if none sold."""
    kg = np.where(counts, kg, 0.0)

    def mean(weight: Floats) -> Floats:
        total, weighed = _sums(need, weight, needs), _sums(need, weight * kg, needs)
        return np.divide(weighed, total, out=np.full(needs, np.nan), where=total > 0)

    by_units = mean(np.where(counts, sold, 0.0))
    return np.where(np.isnan(by_units), mean(counts.astype(np.float64)), by_units)


def _sums(group: Ints, values: Floats, groups: int) -> Floats:
    return np.bincount(group, values, minlength=groups).astype(np.float64)
