"""Footprints for a catalogue: intensity x mass, with a range, a tier and the evidence, a row each.

A product with a supplier's verified figure keeps it. The others get kg CO2e per kg from the model,
its neighbours or its shelf (`tiers.py` says which and why), times the net mass (`mass.py`). Goods
that the seed says nothing of get kilograms per dollar of their industry times the price, and what
is left is `unknown`, with the reason, never silently a mean.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pcf_estimator.mass import net_mass
from pcf_estimator.model import Figures, PcfModel
from pcf_estimator.needs import assign_needs
from pcf_estimator.spend import spend_intensity
from pcf_estimator.tables import FOOTPRINTS

Bools = Floats = np.ndarray

COVERAGE, NORMAL_QUANTILE = 0.8, 1.2816
# An industry's mean says little of one product: a factor of 3 either way is an assumption.
SPEND_HALF_WIDTH = np.log10(3.0)
BOUNDARY = {
    "verified": "as verified",
    "model": "cradle to shelf",
    "neighbours": "cradle to shelf",
    "category": "cradle to shelf",
    "spend": "cradle to purchase",
    "unknown": None,
}
# 1 is best: a supplier's own figure; 5 is none at all
DATA_QUALITY = {"verified": 1, "model": 2, "neighbours": 3, "category": 4, "spend": 5, "unknown": 5}
LIKE_THE_RECORD = 0.6  # under it the model's figure rests on looser words: one grade worse
FOOD_INDUSTRIES = ("111", "112", "114", "311", "312", "722")


def estimate_footprints(products: pd.DataFrame, model: PcfModel) -> pd.DataFrame:
    """One row per product, in order, with the columns of `tables.FOOTPRINTS`.

    `products` holds `product_id` and any of title, department, category, product_type, price,
    package_size, net_mass_kg, verified_kg_co2e and verified_source. Kilograms are per pack; the
    range holds 80 % and counts what databases differ on one food and what the mass may be off.

    >>> from pcf_estimator.seed import read_seed
    >>> shop = pd.DataFrame({"product_id": ["1", "2"], "title": ["Ground beef 500 g", "Gadget"]})
    >>> estimate_footprints(shop, PcfModel(trees=30).fit(read_seed()))["tier"].tolist()
    ['model', 'unknown']
    """
    products = products.reset_index(drop=True)
    spend = spend_intensity(products).reset_index(drop=True)
    industry = spend["naics_code"].fillna("").astype(str)
    non_food = ((industry != "") & ~industry.str.startswith(FOOD_INDUSTRIES)).to_numpy()
    found = model.figures(products, non_food)
    mass = net_mass(products, assign_needs(products, model.needs_)).reset_index(drop=True)

    tier = _tiers(products, found, mass, spend)
    per_kg = np.where(np.isin(tier, ["model", "neighbours", "category"]), 10**found.log_kg, np.nan)
    net_mass_kg = mass["net_mass_kg"].to_numpy(np.float64)
    price = _numbers(products, "price")
    verified = _numbers(products, "verified_kg_co2e")
    kg = np.select(
        [tier == "verified", tier == "spend", ~np.isnan(per_kg)],
        [verified, spend["kg_co2e_per_usd"].to_numpy(np.float64) * price, per_kg * net_mass_kg],
        np.nan,
    )
    half = _half_widths(model, found, mass, tier)
    return pd.DataFrame(
        {
            "product_id": products["product_id"],
            "kg_co2e": kg,
            "kg_co2e_low": kg * 10**-half,
            "kg_co2e_high": kg * 10**half,
            "kg_co2e_per_kg": np.where(np.isnan(per_kg), kg / net_mass_kg, per_kg),
            "net_mass_kg": net_mass_kg,
            "mass_basis": mass["mass_basis"].astype("str"),
            "tier": pd.Series(tier, dtype="str"),
            "boundary": pd.Series(tier).map(BOUNDARY).astype("str"),
            "similarity": np.where(np.isnan(per_kg), np.nan, found.similarity),
            "data_quality": _data_quality(tier, found),
            "source": _sources(products, model, found, mass, spend, tier),
            "model_version": model.model_version_,
            "seed_version": model.seed_version_,
        }
    )[list(FOOTPRINTS.columns)]


def _tiers(
    products: pd.DataFrame, found: Figures, mass: pd.DataFrame, spend: pd.DataFrame
) -> np.ndarray:
    """The tier of each product, by what is known of it."""
    seed_says = (found.tier != "").to_numpy() & mass["net_mass_kg"].notna().to_numpy()
    can_spend = spend["kg_co2e_per_usd"].notna().to_numpy() & ~np.isnan(_numbers(products, "price"))
    is_verified = ~np.isnan(_numbers(products, "verified_kg_co2e"))
    return np.select(
        [is_verified, seed_says, can_spend],
        ["verified", found.tier.to_numpy(dtype=object), "spend"],
        "unknown",
    ).astype(object)


def _half_widths(
    model: PcfModel, found: Figures, mass: pd.DataFrame, tier: np.ndarray
) -> Floats:
    """Half the 80 % range in log10: intensity and mass err apart, so they add as squares."""
    intensity = model.half_widths(found, COVERAGE, between_sources=True)
    of_mass = NORMAL_QUANTILE * mass["mass_spread_log10"].fillna(0.0).to_numpy(np.float64)
    return np.select(
        [tier == "verified", tier == "spend"],
        [0.0, SPEND_HALF_WIDTH],
        np.hypot(intensity, of_mass),
    )


def _data_quality(tier: np.ndarray, found: Figures) -> Floats:
    grade = pd.Series(tier).map(DATA_QUALITY).to_numpy(np.float64)
    return grade + ((tier == "model") & (found.similarity < LIKE_THE_RECORD))


def _sources(
    products: pd.DataFrame,
    model: PcfModel,
    found: Figures,
    mass: pd.DataFrame,
    spend: pd.DataFrame,
    tier: np.ndarray,
) -> pd.Series:
    """Where each figure comes from, in words that a person can follow up."""
    records = (model.seed_["concept"] + " (" + model.seed_["citations"] + ")").to_numpy(object)
    nearest = pd.Series(records[found.nearest[:, 0]]) + "; " + pd.Series(
        model.seed_["concept"].to_numpy(object)[found.nearest[:, 1]]
    )
    supplier = products.get("verified_source", pd.Series(index=products.index, dtype="str"))
    industry = "spend factor of industry " + spend["naics_code"].fillna("").astype(str)
    reason = np.where(
        (found.tier != "").to_numpy() & mass["net_mass_kg"].isna().to_numpy(),
        "no mass and no price to find it by",
        "nothing like it in the seed, and no spend factor or price",
    )
    chosen = np.select(
        [tier == "verified", tier == "spend", tier == "unknown", tier == "category"],
        [
            supplier.fillna("the supplier").to_numpy(object),
            (industry + " (" + spend["retail_category"].fillna("").astype(str) + ")").to_numpy(object),
            reason,
            "mean of its shelf in the seed",
        ],
        ("nearest: " + nearest).to_numpy(object),
    )
    return pd.Series(chosen, dtype="str")


def _numbers(products: pd.DataFrame, column: str) -> Floats:
    if column not in products:
        return np.full(len(products), np.nan)
    return products[column].to_numpy(np.float64, na_value=np.nan)
