"""Net mass of a pack: from the catalogue, the package text, the price, or goods like it.

Each mass carries its basis and a spread, since a footprint is intensity x mass and both are
uncertain. What a package says is kept only if the price agrees: bulk sizes ("40 LB" bananas) are
shipping cases, and a can's size may stand for the whole tray.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pcf_estimator.needs import assign_needs, read_needs
from pcf_estimator.package import parse_package, read_packages
from pcf_estimator.units import KG_PER_OZ, L_PER_US_FL_OZ

__all__ = ["net_mass", "parse_package"]

BASES = ("catalogue", "package", "price", "category", "none")
PRICE_PER_KG = (0.4, 150.0)  # shop currency; outside, the text is not about one pack
PRICE_PER_KG_OF_THE_CHEAPEST = 0.1  # a gallon of water is 0.2 a kg
CHEAPEST = r"\b(?:water|ice|litter|soil|mulch|salt|charcoal|bleach)\b(?! cream)"
LIKE_IT = 20  # products with a clean package that a type's median needs ...
LIKE_IT_AT_LEAST = 5  # ... and a category's
# A package whose price per kg is this far from its type's (log10) tells one can of a tray.
FAR, FAR_IN_SPREADS = 0.7, 3.0
PACKAGE_SPREAD = 0.02  # log10: labels round, drained weights, ounces on drinks
PIECES_SPREAD = 0.08
LEAST_SPREAD = 0.05
# kg per litre; drinks and most liquids are within 5 % of 1. Where it is not 1, ounces are fluid.
DENSITY = {
    r"ice cream(?!.*\b(?:cone|topping|syrup))|\bsherbet|\bgelato": 0.55,
    r"\boils?\b(?!.*\b(?:tuna|sardine|anchov|in oil))": 0.92,
}
# What one piece weighs, in kg, where packs are sold by count. Eggs: the United States weight
# class Large, 24 ounces a dozen. Tea: the usual two grams a bag, an assumption.
KG_PER_PIECE = {
    r"\beggs?\b(?!.*\b(?:plant|roll|noodle|nog|candy|chocolate|salad|sandwich))": 24 * KG_PER_OZ / 12,
    r"\btea\b.*\bbags?\b|\btea\b(?=.*\bherbal\b)": 0.002,
}
# Sizes that say what fits in, not what is in.
HOLDERS = (
    r"housewares|glassware|cookware|bakeware|dinnerware|\b(?:trash|garbage|storage|freezer|sandwich)"
    r"\b.*\bbags?\b|containers?\b|gadgets|infant care products|\bpools?\b|\bcoolers?\b"
)
# Last resort, with no price and no package: so many reference flows (data/needs.csv) in a pack.
# Goods used by the spoon come in packs of many uses. Rough on purpose: see their spread.
FLOWS_PER_PACK, FLOWS_PER_PACK_BY_THE_SPOON, SPOON_KG = 6.0, 40.0, 0.02
TYPICAL_PACK_SPREAD = 0.3


def net_mass(products: pd.DataFrame, kinds: pd.DataFrame | None = None) -> pd.DataFrame:
    """Columns net_mass_kg, mass_basis and mass_spread_log10 of each product; same index.

    The first of these that gives a mass decides: `net_mass_kg` of the catalogue; the package text
    (`package_size`, or the title where that is empty), if the price agrees; the price over the
    median price per kg of the type, or else the category; the category's median mass, or else a
    typical pack of the need. None of them: NaN, basis "none". The spread is a standard deviation
    of log10 mass: 0 for the catalogue, else the robust spread of what the median was taken over.
    `kinds` is the answer of `assign_needs` for these products, if it is at hand.

    >>> milk = pd.DataFrame({"product_id": ["a"], "title": ["Whole milk, 1 gallon"], "price": [3.0]})
    >>> net_mass(milk).round(2).to_dict("records")
    [{'net_mass_kg': 3.79, 'mass_basis': 'package', 'mass_spread_log10': 0.02}]
    """
    words = _words(products)
    price = _number(products, "price")
    types, categories = _keys(products)
    package, spread = _package_mass(products, words)
    package = package.where(_plausible(price / package, words))
    typical, around = _typical(np.log10(price / package), types, LIKE_IT)
    far = (np.log10(price / package) - typical).abs() > np.maximum(FAR, FAR_IN_SPREADS * around)
    package = package.mask(far)

    per_kg = np.log10(price / package)
    by_type = _typical(per_kg, types, LIKE_IT)
    by_category = _typical(per_kg, categories, LIKE_IT_AT_LEAST)
    by_mass = _typical(np.log10(package), categories, LIKE_IT_AT_LEAST)
    log_price = np.log10(price)
    given = _number(products, "net_mass_kg")
    steps = [
        ("catalogue", given, pd.Series(0.0, index=products.index)),
        ("package", package, spread),
        ("price", 10 ** (log_price - by_type[0]), by_type[1]),
        ("price", 10 ** (log_price - by_category[0]), by_category[1]),
        ("category", 10 ** by_mass[0], by_mass[1]),
    ]
    answer = pd.DataFrame(
        {"net_mass_kg": np.nan, "mass_basis": "none", "mass_spread_log10": np.nan},
        index=products.index,
    )
    for basis, mass, width in steps:
        _fill(answer, basis, mass, width)
    _fill(answer, "category", *_typical_pack(products, kinds, answer["net_mass_kg"].isna()))
    return answer


def _fill(answer: pd.DataFrame, basis: str, mass: pd.Series, spread: pd.Series) -> None:
    new = answer["net_mass_kg"].isna() & mass.gt(0) & spread.notna()
    answer.loc[new, "net_mass_kg"] = mass[new]
    answer.loc[new, "mass_basis"] = basis
    answer.loc[new, "mass_spread_log10"] = spread[new]


def _package_mass(products: pd.DataFrame, words: pd.Series) -> tuple[pd.Series, pd.Series]:
    empty = pd.Series(None, index=products.index, dtype="str")
    text = products.get("package_size", empty).astype("str")
    read = read_packages(text.fillna(products.get("title", empty).astype("str")))
    mass, volume = read["mass_kg"], read["volume_l"]
    density = pd.Series(1.0, index=products.index)
    for pattern, kg_per_l in DENSITY.items():
        density = density.mask(words.str.contains(pattern, regex=True), kg_per_l)
    fluid = mass / KG_PER_OZ * L_PER_US_FL_OZ * density
    mass = mass.mask(read["in_ounces"] & density.ne(1.0), fluid).fillna(volume * density)
    spread = pd.Series(PACKAGE_SPREAD, index=products.index)
    for pattern, kg in KG_PER_PIECE.items():
        counted = mass.isna() & read["count"].notna() & words.str.contains(pattern, regex=True)
        mass, spread = mass.mask(counted, read["count"] * kg), spread.mask(counted, PIECES_SPREAD)
    return mass.mask(words.str.contains(HOLDERS, regex=True)), spread


def _plausible(price_per_kg: pd.Series, words: pd.Series) -> pd.Series:
    low = pd.Series(PRICE_PER_KG[0], index=words.index)
    low = low.mask(words.str.contains(CHEAPEST, regex=True), PRICE_PER_KG_OF_THE_CHEAPEST)
    return price_per_kg.isna() | (price_per_kg.ge(low) & price_per_kg.le(PRICE_PER_KG[1]))


def _typical(values: pd.Series, keys: pd.Series, at_least: int) -> tuple[pd.Series, pd.Series]:
    """Median and robust spread of `values` among the rows of the same key, for every row."""
    groups = values.groupby(keys)
    median = groups.transform("median").where(groups.transform("count") >= at_least)
    spread = 1.4826 * (values - median).abs().groupby(keys).transform("median")
    return median, spread.clip(lower=LEAST_SPREAD)


def _typical_pack(
    products: pd.DataFrame, kinds: pd.DataFrame | None, wanted: pd.Series
) -> tuple[pd.Series, pd.Series]:
    if kinds is None:
        kinds = assign_needs(products[wanted], read_needs())
    kg_per_flow = kinds["kg_per_flow"].reindex(products.index)
    flows = np.where(kg_per_flow < SPOON_KG, FLOWS_PER_PACK_BY_THE_SPOON, FLOWS_PER_PACK)
    return kg_per_flow * flows, pd.Series(TYPICAL_PACK_SPREAD, index=products.index)


def _keys(products: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    empty = pd.Series(None, index=products.index, dtype="str")
    categories = products.get("category", empty).astype("str")
    types = products.get("product_type", empty).astype("str")
    return categories.fillna("") + " > " + types, categories


def _words(products: pd.DataFrame) -> pd.Series:
    words = pd.Series("", index=products.index, dtype="str")
    for column in ("title", "product_type", "category"):
        if column in products:
            words = words + " " + products[column].astype("str").fillna("").str.lower()
    return words


def _number(products: pd.DataFrame, column: str) -> pd.Series:
    if column not in products:
        return pd.Series(np.nan, index=products.index)
    return products[column].astype("float64")
