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

PRICE_PER_KG = (0.4, 150.0)  # shop currency; outside, the text is not about one pack
PRICE_PER_KG_OF_THE_CHEAPEST = 0.1  # a gallon of water is 0.2 a kg
CHEAPEST = (
    r"\b(?:water|ice|litter|soil|mulch|salt|charcoal|bleach|soft drinks?|soda|cola|drinks?|tea|"
    r"lemonade|punch)\b(?! cream)"
)
LIKE_IT = 20  # products with a clean package that a type's median needs ...
LIKE_IT_AT_LEAST = 5  # ... and a category's
# A package whose price per kg is this far (log10) from its type's tells one can of a tray, or a
# tray of one can; where the type has no median, so far under its category's.
FAR, FAR_UNDER_CATEGORY = 0.7, 1.0
# Spreads, log10: labels round and drained weights hide; the rest are factors of 1.3, 1.6 and 2.
PACKAGE_SPREAD, PIECES_SPREAD, CATEGORY_SPREAD, TYPICAL_SPREAD = 0.02, 0.12, 0.2, 0.3
LEAST_SPREAD = 0.05  # of a type's price per kg
# kg per litre; drinks and most liquids are within 5 % of 1. Where it is not 1, ounces are fluid.
DENSITY = {
    r"ice cream(?!.*\b(?:cone|topping|syrup))|\bsherbet|\bgelato": 0.55,
    r"\boils?\b(?!.*\b(?:tuna|sardine|anchov))": 0.92,
}
# kg per square metre: two plies of 17 g paper; foil 16 micrometres thick at 2,700 kg a cubic metre.
KG_PER_M2 = {r"\btoilet|\bbath tissue|\bpaper towel": 0.034, r"\bfoil\b": 0.043}
# The United States weight class Large is 24 ounces a dozen.
EGG, KG_PER_EGG = (
    r"\beggs?\b(?!.*\b(?:plant|rolls?|noodles?|nog|candy|chocolate|salad|sandwich))",
    (24 * KG_PER_OZ / 12),
)
# Flows of data/needs.csv that are one piece of a pack: 40 diapers weigh 40 flows.
ONE_PIECE = (
    r"(?:diaper|wash load|load of dishes|bag|plate|tissue|cup|change|wipe|napkin|piece|dose|"
    r"daily dose|battery|filter|bulb|card|pan|container|bar)\b"
)
# Sizes that say what fits in, not what is in.
HOLDERS = (
    r"housewares|glassware|cookware|bakeware|dinnerware|\b(?:trash|garbage|storage|freezer|sandwich)"
    r"\b.*\bbags?\b|containers?\b|gadgets|infant care products|\bpools?\b|\bcoolers?\b"
)
# ASSUMPTION: usual kg of a whole fresh piece, or of what is put into one bag, rounded. Shops sell
# these by the piece or by weight, and the packed ones on the same shelf cost more per kg.
FRESH_KG = {
    r"watermelon": 6.0,
    r"cantaloupe|honeydew|\bmelons?\b|pineapple|cabbage": 1.4,
    r"bananas?\b|\bgrapes\b|cherries|peaches|nectarines|\bplums|\bpears\b": 0.9,
    r"cauliflower|eggplant|celery|lettuce|\bgreens\b": 0.6,
    r"broccoli|asparagus|cucumber|squash|zucchini|mango|grapefruit|\bbeans\b": 0.35,
    r"\bcorn\b|avocado|bell pepper|peppers|oranges": 0.2,
    r"kiwi|lemon|\blimes?\b": 0.1,
}
SMALL_PIECE_KG = 0.5
NOT_FRESH = (
    r"canned|frozen|juice|dried|dry|sauce|chips|cut\b|salad|mix|flavor|soup|\bpies?\b|jam|jelly|"
    r"syrup|halves|pickle|black pepper|ground|butter|drink|yogurt|snack|bread|cereal|candy|oil|pack"
)
# Last resort: packs of what is used by the spoon hold many uses. Over the kinds of data/needs.csv
# the median pack of Complete Journey is 0.8 kg x (kg per flow) ** 0.26, within a factor of 2.
TYPICAL_PACK_KG, TYPICAL_PACK_POWER = 0.8, 0.26


def net_mass(products: pd.DataFrame, kinds: pd.DataFrame | None = None) -> pd.DataFrame:
    """Columns net_mass_kg, mass_basis and mass_spread_log10 of each product; same index.

    The first of these that gives a mass decides: `net_mass_kg` of the catalogue; the package text
    (`package_size`, or the title where that is empty), if the price agrees; the price over the
    type's median price per kg; a usual mass of whole fresh goods; the price over the category's;
    the category's median mass; a typical pack of its kind. None of them: NaN, basis "none". The
    basis of usual and typical masses is "category". The spread is a standard deviation of log10
    mass: 0 for the catalogue, else the robust spread of what the median was taken over.
    `kinds` is the answer of `assign_needs` for these products, if it is at hand.

    >>> milk = pd.DataFrame({"product_id": ["a"], "title": ["Milk, 1 gallon"], "price": [3.0]})
    >>> net_mass(milk).round(2).to_dict("records")
    [{'net_mass_kg': 3.79, 'mass_basis': 'package', 'mass_spread_log10': 0.02}]
    """
    kinds = assign_needs(products, read_needs()) if kinds is None else kinds
    words, price = _words(products), _number(products, "price")
    types, categories = _keys(products)
    package, spread, count = _package_mass(products, words, kinds)
    package = package.where(_plausible(price / package, words))
    per_kg, log_price = _log10(price / package), _log10(price)
    usual = _typical(per_kg, types, LIKE_IT)[0]
    far = (per_kg - usual).abs() > FAR
    # dear goods on a shelf are no error, but a pack at a tenth of its price is a tray
    far |= usual.isna() & (_typical(per_kg, categories)[0] - per_kg > FAR_UNDER_CATEGORY)
    package, per_kg = package.mask(far), per_kg.mask(far)

    of_type, of_category = _typical(per_kg, types, LIKE_IT), _typical(per_kg, categories)
    of_mass = _typical(_log10(package), categories)
    fresh = _fresh(products, words, count)
    typical = TYPICAL_PACK_KG * kinds["kg_per_flow"] ** TYPICAL_PACK_POWER
    answer = pd.DataFrame(
        {"net_mass_kg": np.nan, "mass_basis": "none", "mass_spread_log10": np.nan},
        index=products.index,
    )
    for basis, mass, width in (
        ("catalogue", _number(products, "net_mass_kg"), 0.0),
        ("package", package, spread),
        ("price", 10 ** (log_price - of_type[0]), of_type[1]),
        ("category", fresh, CATEGORY_SPREAD),
        ("price", 10 ** (log_price - of_category[0]), of_category[1].clip(lower=CATEGORY_SPREAD)),
        ("category", 10 ** of_mass[0], of_mass[1].clip(lower=CATEGORY_SPREAD)),
        ("category", typical, TYPICAL_SPREAD),
    ):
        new = answer["net_mass_kg"].isna() & mass.gt(0)
        answer["net_mass_kg"] = answer["net_mass_kg"].mask(new, mass)
        answer["mass_basis"] = answer["mass_basis"].mask(new, basis)
        answer["mass_spread_log10"] = answer["mass_spread_log10"].mask(new, width)
    return answer


def _package_mass(
    products: pd.DataFrame, words: pd.Series, kinds: pd.DataFrame
) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Mass by the text on the pack, its spread, and the count on the pack."""
    empty = pd.Series(None, index=products.index, dtype="str")
    text = products.get("package_size", empty).astype("str")
    read = read_packages(text.fillna(products.get("title", empty).astype("str")))
    mass, volume, count = read["mass_kg"], read["volume_l"], read["count"]
    density = pd.Series(1.0, index=products.index)
    for pattern, kg_per_l in DENSITY.items():
        density = density.mask(words.str.contains(pattern, regex=True), kg_per_l)
    fluid = mass / KG_PER_OZ * L_PER_US_FL_OZ * density
    mass = mass.mask(read["in_ounces"] & density.ne(1.0), fluid).fillna(volume * density)
    mass = mass.mask(words.str.contains(HOLDERS, regex=True))
    weighed = mass.notna()

    for pattern, kg_per_m2 in KG_PER_M2.items():
        mass = mass.fillna((read["area_m2"] * kg_per_m2).where(_says(words, pattern)))
    piece = kinds["kg_per_flow"].where(kinds["flow"].astype("str").str.match(ONE_PIECE))
    piece = piece.mask(_says(words, EGG), KG_PER_EGG)
    mass = mass.fillna(piece * count)
    spread = pd.Series(PIECES_SPREAD, index=products.index).mask(weighed, PACKAGE_SPREAD)
    return mass, spread, count


def _plausible(price_per_kg: pd.Series, words: pd.Series) -> pd.Series:
    low = pd.Series(PRICE_PER_KG[0], index=words.index)
    low = low.mask(_says(words, CHEAPEST), PRICE_PER_KG_OF_THE_CHEAPEST)
    return price_per_kg.isna() | (price_per_kg.ge(low) & price_per_kg.le(PRICE_PER_KG[1]))


def _fresh(products: pd.DataFrame, words: pd.Series, count: pd.Series) -> pd.Series:
    whole = ~_says(words, NOT_FRESH)
    if "department" in products:
        department = products["department"].astype("str").fillna("produce").str.lower()
        whole &= _says(department, r"produce|fruit|vegetable")
    mass = pd.Series(np.nan, index=products.index)
    for pattern, kg in FRESH_KG.items():
        mass = mass.mask(mass.isna() & whole & _says(words, pattern), kg)
    # a bag of small pieces; of melons, and of many, the count is what the shop receives
    return mass * count.where(count.between(2, 8) & mass.lt(SMALL_PIECE_KG), 1.0)


def _typical(
    values: pd.Series, keys: pd.Series, at_least: int = LIKE_IT_AT_LEAST
) -> tuple[pd.Series, pd.Series]:
    """Median and robust spread of `values` among the rows of the same key, for every row."""
    groups = values.groupby(keys)
    median = groups.transform("median").where(groups.transform("count") >= at_least)
    spread = 1.4826 * (values - median).abs().groupby(keys).transform("median")
    return median, spread.clip(lower=LEAST_SPREAD)


def _log10(values: pd.Series) -> pd.Series:
    return pd.Series(np.log10(values.where(values > 0)), index=values.index)


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


def _says(words: pd.Series, pattern: str) -> pd.Series:
    return words.str.contains(pattern, regex=True)


def _number(products: pd.DataFrame, column: str) -> pd.Series:
    if column not in products:
        return pd.Series(np.nan, index=products.index)
    return products[column].astype("float64")
