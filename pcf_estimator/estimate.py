"""Estimates: a catalogue in, footprints out, one row per product with range, tier and source.

A pack's footprint is kg CO2e per kg times its net mass; where the seed says nothing it is price
times kg per dollar. What cannot be known stays null, with the reason in `source`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pcf_estimator.mass import net_mass
from pcf_estimator.model import COVERAGE, Figures, PcfModel
from pcf_estimator.needs import assign_needs
from pcf_estimator.ranges import widen
from pcf_estimator.spend import spend_intensity
from pcf_estimator.tables import FOOTPRINTS, TIERS

Bools = np.ndarray
Floats = np.ndarray

# NAICS industries that make food and drink for people. The rest of a shop is no food, and its
# likeness to a food's text says nothing.
FOOD_INDUSTRIES = ("111", "112", "114", "311", "312")
NOT_FOR_PEOPLE = ("111421", "111422", "311111", "311119", "312230")  # plants, pet food, tobacco
# Spend says what an industry's average dollar emits. Standard deviation of log10 kg by spend around
# kg by model, over the foods of Complete Journey by sales (0.39); for other goods an assumption.
SPEND_SPREAD = 0.4
CITED = 2  # published figures named per record: the first say enough
# 1 best to 5. One worse where the mass is no fact about this pack.
QUALITY: Mapping[str, float] = {
    "verified": 1,
    "model": 2,
    "neighbours": 3,
    "category": 4,
    "spend": 5,
    "unknown": np.nan,
}
MASS_FACTS = ("catalogue", "package")
NODE_WORDS = {
    "category": "records of its category",
    "need": "records that serve its need",
    "department": "records of its department",
}


def estimate_footprints(products: pd.DataFrame, model: PcfModel) -> pd.DataFrame:
    """The columns of FOOTPRINTS for each product, in the order of `products`.

    `products` is a table checked against `tables.PRODUCTS`; `kg_co2e` is per pack, with an 80 %
    range that covers model, mass and what databases differ by. Tiers, the first that applies:
    verified (the supplier's figure, taken as it is), model, neighbours and category (see
    `tiers.choose_tiers`), spend (needs a price, read as US dollars), unknown (kg is null).

    >>> from pcf_estimator.seed import read_seed
    >>> shop = pd.DataFrame(
    ...     {"product_id": ["a", "b"], "title": ["Ground beef 2 lb", "Gift voucher"]}
    ... )
    >>> estimate_footprints(shop, PcfModel(trees=30).fit(read_seed()))["tier"].tolist()
    ['model', 'unknown']
    """
    products = products.reset_index(drop=True)
    spend = spend_intensity(products)
    kinds = assign_needs(products, model.needs_)
    found = model.figures(products, non_food(spend["naics_code"], kinds, model))
    mass = net_mass(products, kinds)
    price, verified = _number(products, "price"), _number(products, "verified_kg_co2e")
    mass_kg = mass["net_mass_kg"].to_numpy(dtype=np.float64)

    seeded = found.tier.to_numpy(dtype=object)
    by_spend = (price * spend["kg_co2e_per_usd"]).to_numpy(dtype=np.float64)
    tier = np.select(
        [~np.isnan(verified), (seeded != "") & ~np.isnan(mass_kg), ~np.isnan(by_spend)],
        ["verified", seeded, "spend"],
        default="unknown",
    )
    is_verified, is_spend = tier == "verified", tier == "spend"
    is_seeded = ~is_verified & ~is_spend & (tier != "unknown")

    half = widen(
        model.half_widths(found, COVERAGE, between_sources=True),
        COVERAGE,
        mass["mass_spread_log10"].fillna(0.0).to_numpy(),
    )
    half = np.select(
        [is_verified, is_spend, is_seeded],
        [0.0, widen(np.zeros(1), COVERAGE, SPEND_SPREAD)[0], half],
        np.nan,
    )
    with np.errstate(invalid="ignore"):
        per_kg = np.select([is_verified, is_seeded], [verified / mass_kg, 10**found.log_kg], np.nan)
    kg = np.select(
        [is_verified, is_seeded, is_spend], [verified, per_kg * mass_kg, by_spend], np.nan
    )
    answer = pd.DataFrame(
        {
            "product_id": products["product_id"],
            "kg_co2e": kg,
            "kg_co2e_low": kg * 10**-half,
            "kg_co2e_high": kg * 10**half,
            "kg_co2e_per_kg": per_kg,
            "net_mass_kg": mass_kg,
            "mass_basis": mass["mass_basis"].astype("str"),
            "tier": pd.Series(tier, dtype="str"),
            "boundary": _boundaries(found, tier, model),
            "similarity": np.where(is_seeded, found.similarity, np.nan),
            "data_quality": _quality(tier, mass["mass_basis"]),
            "source": _sources(products, found, tier, spend, mass_kg, model),
            "model_version": model.model_version_,
            "seed_version": model.seed_version_,
        }
    )
    return answer[list(FOOTPRINTS.columns)]


def non_food(naics_code: pd.Series, kinds: pd.DataFrame, model: PcfModel) -> Bools:
    """Which products are known not to be food for people, (rows,).

    By the industry of their spend factor; where none matches, by a need that is known and that no
    record of the seed serves.
    """
    food = naics_code.str.startswith(FOOD_INDUSTRIES) & ~naics_code.isin(NOT_FOR_PEOPLE)
    needs = set(model.members_.records_["need"]) - {""}
    other_need = (kinds["kind"] != "") & ~kinds["need"].isin(needs)
    return np.where(naics_code != "", ~food, other_need).astype(bool)


def _quality(tier: np.ndarray, mass_basis: pd.Series) -> Floats:
    best = pd.Series(tier).map(QUALITY).to_numpy(dtype=np.float64)
    guessed = ~mass_basis.isin(MASS_FACTS).to_numpy() & np.isin(
        tier, ("model", "neighbours", "category")
    )
    return np.minimum(best + guessed, 5.0)


def _boundaries(found: Figures, tier: np.ndarray, model: PcfModel) -> pd.Series:
    """The boundary of the records a figure rests on, or "mixed" where they differ."""
    boundary = model.seed_["boundary"].to_numpy(dtype=object)
    near = boundary[found.nearest]
    same = (near == near[:, :1]).all(axis=1)
    everywhere = boundary[0] if len(set(boundary)) == 1 else "mixed"
    return pd.Series(
        np.select(
            [
                tier == "verified",
                tier == "spend",
                tier == "unknown",
                tier == "category",
                same,
            ],
            ["as its supplier states", "cradle to purchaser", "", everywhere, near[:, 0]],
            default="mixed",
        ),
        dtype="str",
    )


def _sources(
    products: pd.DataFrame,
    found: Figures,
    tier: np.ndarray,
    spend: pd.DataFrame,
    mass_kg: Floats,
    model: PcfModel,
) -> pd.Series:
    """Where each figure comes from, or why there is none, in words."""
    citations = model.seed_["citations"].str.split("; ").str[:CITED].str.join("; ")
    record = (model.seed_["concept"] + " (" + citations + ")").to_numpy(dtype=object)
    near = record[found.nearest]
    nearest = pd.Series(near[:, 0])
    for column in range(1, near.shape[1]):
        nearest = nearest + ", " + near[:, column]
    node = found.cell.str.split("/").str[1].map(NODE_WORDS).fillna("")
    given = products.get("verified_source", pd.Series(None, index=products.index, dtype="str"))
    factor = spend["kg_co2e_per_usd"].map("{:g}".format)
    by_spend = (
        (spend["retail_category"] + ": " + factor + " kg per dollar (EPA, NAICS ")
        + spend["naics_code"]
        + ")"
    )
    no_mass = (found.tier != "") & np.isnan(mass_kg)
    why_not = np.select(
        [no_mass, found.given == "", spend["naics_code"] != ""],
        [
            "the mass of a pack is not known, and no spend factor with a price",
            "it has no text",
            "its goods are not in the seed, and the spend factor needs a price",
        ],
        default="no record, kind or shelf of the seed is like it, and no spend factor",
    )
    return pd.Series(
        np.select(
            [tier == name for name in TIERS],
            [
                given.astype("str").fillna("the supplier's figure").to_numpy(dtype=object),
                ("near " + nearest).to_numpy(dtype=object),
                ("similar text only: " + nearest).to_numpy(dtype=object),
                ("mean of the " + node).to_numpy(dtype=object),
                by_spend.to_numpy(dtype=object),
                why_not,
            ],
        ),
        dtype="str",
    )


def _number(products: pd.DataFrame, column: str) -> Floats:
    if column not in products:
        return np.full(len(products), np.nan)
    return products[column].to_numpy(dtype=np.float64, na_value=np.nan)
