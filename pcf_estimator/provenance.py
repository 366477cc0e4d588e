"""Provenance: where each figure comes from, what it includes, and why there is none, in words."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pcf_estimator.model import Figures, PcfModel
from pcf_estimator.tables import TIERS

Bools = np.ndarray
Floats = np.ndarray
Texts = np.ndarray

CITED = 2  # published figures named per record: the first say enough
NAMED = 3  # records named per figure; `explain` names more
NODE_WORDS: Mapping[str, str] = {
    "category": "records of its category",
    "need": "records that serve its need",
    "department": "records of its department",
}


def boundaries(found: Figures, tier: Texts, units: pd.DataFrame, model: PcfModel) -> pd.Series:
    """What each figure includes: as the records it rests on, or "mixed" where they differ."""
    boundary = model.seed_["boundary"].to_numpy(dtype=object)
    near = boundary[found.nearest[:, :NAMED]]
    same = (near == near[:, :1]).all(axis=1)
    everywhere = boundary[0] if len(set(boundary)) == 1 else "mixed"
    return pd.Series(
        np.select(
            [
                tier == "verified",
                (units["tier"] != "").to_numpy(),
                tier == "spend",
                tier == "unknown",
                tier == "category",
                same,
            ],
            [
                "as its supplier states",
                units["boundary"].to_numpy(dtype=object),
                "cradle to purchaser",
                "",
                everywhere,
                near[:, 0],
            ],
            default="mixed",
        ),
        dtype="str",
    )


def sources(
    products: pd.DataFrame,
    found: Figures,
    tier: Texts,
    units: pd.DataFrame,
    spend: pd.DataFrame,
    mass_kg: Floats,
    unusable: pd.Series,
    model: PcfModel,
) -> pd.Series:
    """Where each figure comes from, or why there is none."""
    citations = model.seed_["citations"].str.split("; ").str[:CITED].str.join("; ")
    record = (model.seed_["concept"] + " (" + citations + ")").to_numpy(dtype=object)
    near = record[found.nearest[:, :NAMED]]
    nearest = pd.Series(near[:, 0])
    for column in range(1, near.shape[1]):
        nearest = nearest + ", " + near[:, column]
    node = found.cell.str.split("/").str[1].map(NODE_WORDS).fillna("")
    given = products.get("verified_source", pd.Series(None, index=products.index, dtype="str"))
    words = {
        "verified": given.astype("str").fillna("the supplier's figure"),
        "model": "near " + nearest,
        "neighbours": "similar text only: " + nearest,
        "category": "mean of the " + node,
        "spend": _by_spend(spend),
        "unknown": _why_not(found, spend, mass_kg, unusable),
    }
    per_unit = (units["tier"] != "").to_numpy() & (tier != "verified")
    return pd.Series(
        np.select(
            [per_unit, *(tier == name for name in TIERS)],
            [
                units["source"].to_numpy(dtype=object),
                *(words[name].to_numpy(dtype=object) for name in TIERS),
            ],
        ),
        dtype="str",
    )


def _by_spend(spend: pd.DataFrame) -> pd.Series:
    factor = spend["kg_co2e_per_usd"].map("{:.3g}".format)
    matched = np.where(spend["basis"] == "text match", ", found by its words", "")
    return (
        (spend["retail_category"] + ": " + factor + " kg per dollar (EPA, NAICS ")
        + spend["naics_code"]
        + matched
        + ")"
    )


def _why_not(
    found: Figures, spend: pd.DataFrame, mass_kg: Floats, unusable: pd.Series
) -> pd.Series:
    no_mass = (found.tier != "") & np.isnan(mass_kg)
    return pd.Series(
        np.select(
            [unusable != "", no_mass, found.given == "", spend["naics_code"] != ""],
            [
                unusable,
                "the mass of a pack is not known, and no spend factor with a price",
                "it has no text",
                "its goods are not in the seed, and the spend factor needs a price",
            ],
            default="no record, kind or shelf of the seed is like it, and no spend factor",
        ),
        dtype="str",
    )
