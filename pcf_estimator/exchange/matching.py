"""Which product of a catalogue a declared footprint is of, and what it comes to per pack."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import unquote

import numpy as np
import pandas as pd

from pcf_estimator.mass.net import net_mass

# Identifiers that are no id of the shop's own, though their last part may look like one.
FOREIGN = (
    "supplier-id",
    "vendor-assigned",
    "category-id",
    "substance-id",
    "substance-number",
    "substance-name",
    "substance-key",
    "cas",
    "cpc",
    "un-cpc",
    "unspsc",
)
GTIN_DIGITS = 14  # shorter ones are the same number with leading zeros
MASS_FACTS = ("catalogue", "package")  # a mass by price or category is no fact about the pack
# One piece is one pack only where both weigh the same, packaging and rounding aside.
SAME_MASS_WITHIN = 1.2
LITRES: Mapping[str, float] = {"liter": 1.0, "cubic meter": 1000.0}
NO_PACK = "its unit ({unit}) says nothing of a pack"
REASONS = {
    "deprecated": "its owner marks it as deprecated",
    "below zero": "its figure is below 0: removals or credits outweigh it",
    "offset": "its figure is 0 and it speaks of offsets, which are never subtracted",
    "unmatched": "none of its product ids is in the catalogue",
    "no mass": "per kg or litre, and the catalogue does not know the mass of the pack",
    "no density": "per litre, and it does not say what a litre weighs",
    "beyond": "its figure or amount is too large or too small for any pack",
    "other mass": "per piece, and its piece does not weigh what the catalogue's pack does",
}


def pack_masses(catalogue: pd.DataFrame) -> pd.Series:
    """Net mass of a pack in kg by product_id, NaN where only a guess by price or shelf is known.

    >>> shop = pd.DataFrame({"product_id": ["a", "b"], "title": ["Milk, 1 kg", "Milk"]})
    >>> pack_masses(shop).tolist()
    [1.0, nan]
    """
    found = net_mass(catalogue)
    known = found["net_mass_kg"].where(found["mass_basis"].isin(MASS_FACTS))
    return pd.Series(known.to_numpy(), index=catalogue["product_id"].astype("str"))


def to_packs(declared: pd.DataFrame, mass_kg: pd.Series) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Declared footprints as figures per pack of a product, and those that can not be, with why.

    `declared` is a table of `declarations.declared`, `mass_kg` the packs' masses by product_id (NaN
    unknown) of the whole catalogue. The first answer has a row for each product of a footprint:
    `product_id`, `kg_co2e` and `luc_kg_co2e` per pack, `mass_kg` of the pack (NaN unknown) and
    `per_pack`, by which everything declared was multiplied, before the columns of `declared`. Per
    kg, the pack's mass decides; per litre, with what the declaration says a litre weighs; per
    piece, the product declared is the pack. The second answer has `reason`.
    """
    ids = declared["product_ids"].map(json.loads).map(shop_ids)
    found = declared.assign(product_id=match(ids, mass_kg.index)).explode("product_id")
    found = found.reset_index(drop=True)
    pack = found["product_id"].map(mass_kg).astype("float64")
    unit, amount = found["declared_unit"], found["amount_declared"]
    weighs = found["mass_kg_declared"]
    per_kg, per_litre, piece = unit == "kilogram", unit.isin(list(LITRES)), unit == "piece"
    per_pack = pd.Series(
        np.select(
            [per_kg, per_litre, piece],
            [pack / amount, pack / weighs, found["amount_of_product"] / amount],
            default=np.nan,
        ),
        index=found.index,
    )
    apart = np.abs(np.log(weighs * per_pack / pack)) > np.log(SAME_MASS_WITHIN)
    kg, unmatched = found["kg_co2e_declared"], found["product_id"].isna()
    # most telling first
    problems = {
        REASONS["deprecated"]: ~found["active"],
        REASONS["below zero"]: kg < 0,
        REASONS["offset"]: (kg == 0) & found["speaks_of_offsets"],
        REASONS["unmatched"]: unmatched,
        REASONS["no density"]: per_litre & weighs.isna(),
        REASONS["no mass"]: (per_kg | per_litre) & pack.isna(),
        REASONS["other mass"]: piece & apart,
    } | {
        NO_PACK.format(unit=other): unit == other
        for other in sorted(set(unit[~(per_kg | per_litre | piece)]))
    }
    problems[REASONS["beyond"]] = ~np.isfinite(kg * per_pack)
    reason = pd.Series(np.select(list(problems.values()), list(problems), default=""), dtype="str")
    figures = pd.DataFrame(
        {
            "product_id": found["product_id"].astype("str"),
            "kg_co2e": kg * per_pack,
            "luc_kg_co2e": found["luc_kg_co2e_declared"] * per_pack,
            "mass_kg": pack.where(pack.notna(), weighs * per_pack),
            "per_pack": per_pack,
        }
    )
    usable = reason == ""
    packs = pd.concat([figures, found.drop(columns="product_id")], axis=1)[usable]
    # one footprint that is left out for two products is one footprint
    out = found.assign(reason=reason)[~usable].drop_duplicates(["footprint_id", "reason"])
    return packs.reset_index(drop=True), out.reset_index(drop=True)


def shop_ids(urns: list[str]) -> list[str]:
    """The ids in URNs that may be a shop's own: their last parts, but for the supplier's codes.

    >>> shop_ids(["urn:gtin:4712345060507", "urn:pact:dairy.example:supplier-id:17"])
    ['gtin:4712345060507']
    >>> shop_ids(["urn:pact:shop.example:product-id:milk%2F1"])
    ['milk/1']
    """
    found = []
    for urn in urns:
        *before, last = urn.split(":")
        kind = before[-1].lower()
        if kind not in FOREIGN:
            found.append(f"gtin:{last}" if kind == "gtin" else unquote(last))
    return found


def match(ids: pd.Series, products: pd.Index) -> pd.Series:
    """For each list of `shop_ids` the products that it names, NaN where none does; same index."""
    exact = set(products)
    by_gtin = {
        product.zfill(GTIN_DIGITS): product
        for product in products
        if product.isdigit() and 8 <= len(product) <= GTIN_DIGITS
    }

    def product_of(name: str) -> str | None:
        bare = name.removeprefix("gtin:")
        if bare in exact:
            return bare
        return by_gtin.get(bare.zfill(GTIN_DIGITS)) if name != bare else None

    found = ids.map(lambda names: [p for p in map(product_of, names) if p is not None])
    return found.map(lambda names: list(dict.fromkeys(names)) or np.nan)
