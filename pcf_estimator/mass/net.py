"""Net mass of a pack: from the catalogue, the package text, the price, or goods like it.

Each mass carries its basis and a spread, since a footprint is intensity x mass and both are
uncertain. What a package says is kept only if the price agrees: bulk sizes ("40 LB" bananas) are
shipping cases, and a can's size may stand for the whole tray.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pcf_estimator.mass.density import densities
from pcf_estimator.mass.fresh import fresh_kg, says, words_of
from pcf_estimator.mass.package import parse_package, read_packages
from pcf_estimator.needs import assign_needs, read_needs
from pcf_estimator.units import factor

__all__ = ["net_mass", "parse_package"]

PRICE_PER_KG = (0.4, 150.0)  # US dollars; outside, the text is not about one pack
PRICE_PER_KG_OF_THE_CHEAPEST = 0.1  # a gallon of water is 0.2 a kg
CHEAPEST = (
    r"\b(?:water|ice|litter|soil|mulch|salt|charcoal|bleach|soft drinks?|soda|cola|drinks?|tea|"
    r"lemonade|punch)\b"
)
NOT_CHEAP = r"\bice cream"
LIKE_IT = 20  # products with a clean package that a type's median needs ...
LIKE_IT_AT_LEAST = 5  # ... and a category's
# A package whose price per kg is this far (log10) from its type's tells one can of a tray, or a
# tray of one can; where the type has no median, so far under its category's.
FAR, FAR_UNDER_CATEGORY = 0.7, 1.0
# Spreads, standard deviations of log10 mass. ASSUMPTIONS: what labels round and drained weights
# hide; and usual fresh masses, since what is sold loose prints none. The others are
# `mass_check.mass_errors` on Complete Journey: a count of pieces 0.17 by the needs table and 0.06
# by like packs; where nothing but the kind is known 0.37 over the packs that print their mass.
# Robust spreads of price and mass have tails: 80 % lie within what 1.1 times the spread says inside
# a type, 1.3 times across a category, and never less than 0.23 there.
PACKAGE_SPREAD, USUAL_SPREAD = 0.02, 0.25
PIECES_SPREAD, LIKE_PIECES_SPREAD, TYPICAL_SPREAD = 0.17, 0.06, 0.37
LEAST_SPREAD, LEAST_CATEGORY_SPREAD = 0.05, 0.23
TYPE_TAIL, CATEGORY_TAIL = 1.1, 1.3
# kg per square metre: two plies of 17 g paper; foil 16 micrometres thick at 2,700 kg a cubic metre.
KG_PER_M2 = {"toilet tissue": 0.034, "paper towels": 0.034, "aluminum foil": 0.043}
# Kg per piece where packs print a count. Eggs: the weight class Large is at least 24 ounces a dozen
# (7 CFR 56.218). Bread: household measures of USDA's food tables. ASSUMPTION for frozen bars and
# pops: 3.5 and 1.75 fluid ounces at their density. Bags: one, as in data/needs.csv.
KG_PER_PIECE = {
    "eggs": 0.0567,
    "buns and rolls": 0.045,
    "frozen novelties": 0.067,
    "ice pops and sherbet": 0.039,
    "freezer bags": 0.009,
    "food storage bags": 0.006,
    "sandwich bags": 0.0018,
}
# Flows of data/needs.csv that are one piece of a pack: 40 diapers weigh 40 flows.
ONE_PIECE = (
    r"(?:diaper|wash load|load of dishes|bag|plate|tissue|cup|change|wipe|napkin|piece|dose|"
    r"daily dose|battery|filter|bulb|card|pan|container|bar|pastry)\b"
)
PIECES_AGREE = 0.2  # at most this spread (log10) of the kg per piece of a kind
SOLD_SINGLY = ("greeting cards", "bouquets", "potted plants")  # a pack is one flow
# Sizes that say what fits in, not what is in.
HOLDERS = (
    r"housewares|glassware|cookware|bakeware|dinnerware|\b(?:trash|garbage|storage|freezer|sandwich)"
    r"\b.*\bbags?\b|containers?\b|gadgets|infant care products|\bpools?\b|\bcoolers?\b"
)
# Last resort: packs of what is used by the spoon hold many uses. Over the kinds of data/needs.csv
# the median pack of Complete Journey is 0.8 kg x (kg per flow) ** 0.26, within a factor of 2.
TYPICAL_PACK_KG, TYPICAL_PACK_POWER = 0.8, 0.26


def net_mass(
    products: pd.DataFrame, kinds: pd.DataFrame | None = None, *, usd_per_currency: float = 1.0
) -> pd.DataFrame:
    """Columns net_mass_kg, mass_basis and mass_spread_log10 of each product; same index.

    The first of these that gives a mass decides: `net_mass_kg` of the catalogue; the package text
    (`package_size`, or the title where that is empty), if the price agrees; the price over the
    type's median price per kg; a usual mass of whole fresh goods; the price over the category's;
    the category's median mass; a typical pack of its kind. None of them: NaN, basis "none". The
    basis of usual and typical masses is "category". The spread is a standard deviation of log10
    mass: 0 for the catalogue, else the robust spread of what the median was taken over.
    `kinds` is the answer of `assign_needs` for these products, if it is at hand.
    `usd_per_currency` is what one unit of the prices' currency is worth in US dollars: a package is
    believed only at 0.4 to 150 of them a kg. Prices are otherwise compared among themselves.

    A package text that measures no amount of goods ("12 IN", "3 hours", "75 WATT"), or one of zero,
    with a sign or a power, gives no mass: the next way decides, and the basis says which.

    >>> milk = pd.DataFrame({"product_id": ["a"], "title": ["Milk, 1 gallon"], "price": [3.0]})
    >>> net_mass(milk).round(2).to_dict("records")
    [{'net_mass_kg': 3.9, 'mass_basis': 'package', 'mass_spread_log10': 0.02}]
    """
    kinds = assign_needs(products, read_needs()) if kinds is None else kinds
    packs = pack_masses(products, kinds)
    return filled(products, kinds, packs, packs["kg"], usd_per_currency).drop(columns="way")


def filled(
    products: pd.DataFrame,
    kinds: pd.DataFrame,
    packs: pd.DataFrame,
    kg: pd.Series,
    usd_per_currency: float = 1.0,
) -> pd.DataFrame:
    """The answer of `net_mass`, packs weighing `kg`; and `way`, the rule that gave each mass."""
    price = _number(products, "price")
    types, categories = _keys(products)
    package = believed(products, kg, usd_per_currency)
    per_kg, log_price = _log10(price / package), _log10(price)
    of_type, of_category = _typical(per_kg, types, LIKE_IT), _typical(per_kg, categories)
    of_mass = _typical(_log10(package), categories)
    usual = fresh_kg(products, kinds, packs["count"])
    usual = usual.fillna(kinds["kg_per_flow"].where(kinds["kind"].isin(SOLD_SINGLY)))
    typical = TYPICAL_PACK_KG * kinds["kg_per_flow"] ** TYPICAL_PACK_POWER
    answer = pd.DataFrame(
        {"net_mass_kg": np.nan, "mass_basis": "none", "mass_spread_log10": np.nan, "way": "none"},
        index=products.index,
    )
    for way, basis, mass, width in (
        ("catalogue", "catalogue", _number(products, "net_mass_kg"), 0.0),
        ("package", "package", package, packs["spread"]),
        ("price of its type", "price", 10 ** (log_price - of_type[0]), TYPE_TAIL * of_type[1]),
        ("usual mass", "category", usual, USUAL_SPREAD),
        ("price of its category", "price", 10 ** (log_price - of_category[0]), _wide(of_category)),
        ("mass of its category", "category", 10 ** of_mass[0], _wide(of_mass)),
        ("typical pack", "category", typical, TYPICAL_SPREAD),
    ):
        new = answer["net_mass_kg"].isna() & mass.gt(0)
        for column, value in zip(answer.columns, (mass, basis, width, way), strict=True):
            answer[column] = answer[column].mask(new, value)
    return answer


def pack_masses(products: pd.DataFrame, kinds: pd.DataFrame) -> pd.DataFrame:
    """What the text on each pack says: kg, its spread, whether a mass or volume stands there
    (`weighed`), the count, and the kg that its count of pieces gives, with its spread."""
    empty = pd.Series(None, index=products.index, dtype="str")
    text = products.get("package_size", empty).astype("str")
    read = read_packages(text.fillna(products.get("title", empty).astype("str")))
    mass, volume, count = read["mass_kg"], read["volume_l"], read["count"]
    of_kind = densities(kinds)
    fluid = read["in_ounces"] & of_kind["fluid"]
    fluid_l = mass * (factor("US_fluid_ounce", "liter") / factor("ounce", "kg"))
    kg = mass.mask(fluid).fillna(volume.mask(fluid, fluid_l) * of_kind["kg_per_l"])
    sized = np.flatnonzero(kg.notna())
    holder = says(words_of(products.iloc[sized]), HOLDERS).to_numpy()
    kg.iloc[sized[holder]] = np.nan
    weighed = kg.notna()

    kg_by_pieces, spread_by_pieces = _by_pieces(kinds, _keys(products)[0], kg, count)
    kg = kg.fillna(read["area_m2"] * kinds["kind"].map(KG_PER_M2).astype("float64"))
    kg = kg.fillna(kg_by_pieces)
    spread = spread_by_pieces.fillna(PIECES_SPREAD).mask(weighed, PACKAGE_SPREAD)
    return pd.DataFrame(
        {
            "kg": kg,
            "spread": spread,
            "weighed": weighed,
            "count": count,
            "kg_by_pieces": kg_by_pieces,
            "spread_by_pieces": spread_by_pieces,
        }
    )


def _by_pieces(
    kinds: pd.DataFrame, types: pd.Series, kg: pd.Series, count: pd.Series
) -> tuple[pd.Series, pd.Series]:
    """Kg that a count of pieces gives, and its spread: by the needs table, else by the packs of
    the same type, or at least kind, that print both, where those agree."""
    several = count.where(count > 1)
    piece = kinds["kg_per_flow"].where(kinds["flow"].astype("str").str.match(ONE_PIECE))
    piece = kinds["kind"].map(KG_PER_PIECE).astype("float64").fillna(piece)
    per_piece = _log10(kg / several)
    of_type = _typical(per_piece, types)
    of_kind = _typical(per_piece, kinds["kind"].where(kinds["kind"] != ""), LIKE_IT)
    learned = of_type[0].where(of_type[1] <= PIECES_AGREE, of_kind[0])
    spread = of_type[1].where(learned.eq(of_type[0]), of_kind[1])
    learned, spread = learned.where(spread <= PIECES_AGREE), spread.where(spread <= PIECES_AGREE)
    return (
        several * piece.fillna(10**learned),
        spread.clip(lower=LIKE_PIECES_SPREAD).where(piece.isna(), PIECES_SPREAD),
    )


def believed(
    products: pd.DataFrame, package: pd.Series, usd_per_currency: float = 1.0
) -> pd.Series:
    """`package` where the price agrees with it, for this kind of goods and among goods like it."""
    price = _number(products, "price")
    types, categories = _keys(products)
    package = package.where(_plausible(price * usd_per_currency / package, products))
    per_kg = _log10(price / package)
    usual = _typical(per_kg, types, LIKE_IT)[0]
    far = (per_kg - usual).abs() > FAR
    # dear goods on a shelf are no error, but a pack at a tenth of its price is a tray
    far |= usual.isna() & (_typical(per_kg, categories)[0] - per_kg > FAR_UNDER_CATEGORY)
    return package.mask(far)


def _plausible(usd_per_kg: pd.Series, products: pd.DataFrame) -> pd.Series:
    low = pd.Series(PRICE_PER_KG[0], index=products.index)
    in_doubt = usd_per_kg.lt(PRICE_PER_KG[0])
    words = words_of(products[in_doubt])
    cheap = says(words, CHEAPEST) & ~says(words, NOT_CHEAP)
    low.loc[in_doubt] = np.where(cheap, PRICE_PER_KG_OF_THE_CHEAPEST, PRICE_PER_KG[0])
    return usd_per_kg.isna() | (usd_per_kg.ge(low) & usd_per_kg.le(PRICE_PER_KG[1]))


def _wide(of_category: tuple[pd.Series, pd.Series]) -> pd.Series:
    return (CATEGORY_TAIL * of_category[1]).clip(lower=LEAST_CATEGORY_SPREAD)


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


def _number(products: pd.DataFrame, column: str) -> pd.Series:
    if column not in products:
        return pd.Series(np.nan, index=products.index)
    return products[column].astype("float64")
