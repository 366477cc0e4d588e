"""Estimates: a catalogue in, footprints out, one row per product with range, tier and source.

A pack's footprint is kg CO2e per kg times its net mass; devices and durables have figures per
unit; where neither is known it is price times kg per dollar. What cannot be known stays null, with
the reason in `source`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pcf_estimator.devices.unit_figures import unit_figures
from pcf_estimator.differences import VERIFIED_SD, difference_sd
from pcf_estimator.mass.count import package_count
from pcf_estimator.mass.net import net_mass
from pcf_estimator.model import COVERAGE, Figures, PcfModel
from pcf_estimator.needs import assign_needs
from pcf_estimator.provenance import boundaries, sources
from pcf_estimator.quality import REGION, data_quality
from pcf_estimator.ranges import widen
from pcf_estimator.spend.factors import spend_intensity
from pcf_estimator.tables import FOOTPRINTS
from pcf_estimator.usable import unusable

Bools = np.ndarray
Floats = np.ndarray
Texts = np.ndarray

WIDE_COVERAGE = 0.95  # of the range outside which a supplier's figure asks for evidence
# NAICS industries that make food and drink for people. The rest of a shop is no food, and its
# likeness to a food's text says nothing.
FOOD_INDUSTRIES = ("111", "112", "114", "311", "312")
NOT_FOR_PEOPLE = ("111421", "111422", "311111", "311119", "312230")  # plants, pet food, tobacco
# Spend says what an industry's average dollar emits. Standard deviation of log10 kg by spend around
# kg by model, over the foods of Complete Journey by sales (`assess.spend.spend_spread`); wider, by
# judgement, where words chose the industry. For goods that are no food nothing measures it.
SPEND_SPREAD, MATCHED_SPREAD = 0.4, 0.45


@dataclass(frozen=True, kw_only=True)
class Market:
    """The shop's place and time, which a figure's quality and the value of money depend on."""

    year: int = 2026  # that figures should be about
    region: str = REGION
    price_year: int | None = None  # of the prices; None reads them as of the spend factors' year
    usd_per_currency: float = 1.0


def estimate_footprints(
    products: pd.DataFrame, model: PcfModel, market: Market | None = None
) -> pd.DataFrame:
    """The columns of FOOTPRINTS for each product, in the order of `products`.

    `products` is a table checked against `tables.PRODUCTS`; `kg_co2e` is per pack, with an 80 %
    and a 95 % range that cover model, mass and what databases differ by, and `kg_co2e_luc` the
    part from land-use change. Tiers, the first that applies: verified (the supplier's figure),
    model or category for devices and durables (per unit), model, neighbours and category (see
    `tiers.choose_tiers`), spend (needs a price), unknown (kg is null).

    >>> from pcf_estimator.seed.table import read_seed
    >>> shop = pd.DataFrame(
    ...     {"product_id": ["a", "b"], "title": ["Ground beef 2 lb", "Gift voucher"]}
    ... )
    >>> estimate_footprints(shop, PcfModel(trees=30).fit(read_seed()))["tier"].tolist()
    ['model', 'unknown']
    """
    market = market or Market()
    products = products.reset_index(drop=True)
    if products.empty:
        return pd.DataFrame({name: pd.Series(dtype="object") for name in FOOTPRINTS.columns})
    why_not = unusable(products)
    usable = (why_not == "").to_numpy()
    spend = spend_intensity(
        products, price_year=market.price_year, usd_per_currency=market.usd_per_currency
    )
    kinds = assign_needs(products, model.needs_)
    found = model.figures(products, non_food(spend, kinds, model))
    mass = net_mass(products, kinds, usd_per_currency=market.usd_per_currency)
    units = _per_pack(unit_figures(products), package_count(products))
    price, verified = _number(products, "price"), _number(products, "verified_kg_co2e")
    mass_kg = mass["net_mass_kg"].to_numpy(dtype=np.float64)
    by_spend = (price * spend["kg_co2e_per_usd"]).to_numpy(dtype=np.float64)

    seeded, per_unit = found.tier.to_numpy(dtype=object), units["tier"].to_numpy(dtype=object)
    is_verified = ~np.isnan(verified)
    routes = {
        "unit": usable & ~is_verified & (per_unit != ""),
        "seed": usable & ~is_verified & (seeded != "") & ~np.isnan(mass_kg),
        "spend": usable & ~is_verified & ~np.isnan(by_spend),
    }
    routes["seed"] &= ~routes["unit"]
    routes["spend"] &= ~routes["unit"] & ~routes["seed"]
    is_unit, is_seed, is_spend = routes.values()
    tier = np.select(
        [is_verified, is_unit, is_seed, is_spend],
        ["verified", per_unit, seeded, "spend"],
        default="unknown",
    )
    with np.errstate(invalid="ignore"):
        per_kg = np.select([is_verified, is_seed], [verified / mass_kg, 10**found.log_kg], np.nan)
    kg = np.select(
        [is_verified, is_unit, is_seed, is_spend],
        [verified, units["kg_co2e"].to_numpy(), per_kg * mass_kg, by_spend],
        np.nan,
    )
    words = units[["kind", "tier", "source", "boundary"]].copy()
    words[~is_unit] = ""
    answer = {
        "product_id": products["product_id"],
        "kg_co2e": kg,
        "kg_co2e_per_kg": per_kg,
        "net_mass_kg": mass_kg,
        "mass_basis": mass["mass_basis"].astype("str"),
        "tier": pd.Series(tier, dtype="str"),
        "kg_co2e_luc": np.where(is_seed, found.luc_share * kg, np.nan),
        "difference_sd_log10": _difference_sd(found, is_verified, is_seed, model),
        "use_phase_dominant": kinds["use_phase_dominant"].to_numpy(dtype=bool)
        | units["use_phase_dominant"].to_numpy(dtype=bool),
        "boundary": boundaries(found, tier, words, model),
        "similarity": np.where(
            is_unit, units["similarity"], np.where(is_seed, found.similarity, np.nan)
        ),
        "source": sources(products, found, tier, words, spend, mass_kg, why_not, model),
        "model_version": model.model_version_,
        "seed_version": model.seed_version_,
    }
    mass_spread = mass["mass_spread_log10"].fillna(0.0).to_numpy(dtype=np.float64)
    spend_spread = np.where(spend["basis"] == "text match", MATCHED_SPREAD, SPEND_SPREAD)
    for coverage, end in ((COVERAGE, ""), (WIDE_COVERAGE, "_95")):
        half = np.select(
            [is_verified, is_seed, is_spend],
            [
                _spread(coverage, np.full(len(kg), VERIFIED_SD)),
                widen(
                    model.half_widths(found, coverage, between_sources=True), coverage, mass_spread
                ),
                _spread(coverage, spend_spread),
            ],
            np.nan,
        )
        for side, sign in (("low", -1), ("high", 1)):
            name = f"kg_co2e_{side}{end}"
            answer[name] = np.where(is_unit, units[name], kg * 10 ** (sign * half))
    quality = data_quality(
        pd.Series(tier),
        np.asarray(answer["similarity"]),
        found.nearest,
        mass["mass_basis"],
        model.seed_,
        year=market.year,
        region=market.region,
        unit_kind=words["kind"],
    )
    return pd.DataFrame({**answer, **quality})[list(FOOTPRINTS.columns)]


def without_land_use_change(footprints: pd.DataFrame) -> pd.DataFrame:
    """`footprints` with `kg_co2e_without_luc`, per pack; null where no record states the part.

    >>> pack = pd.DataFrame({"kg_co2e": [2.0, 1.0], "kg_co2e_luc": [0.5, None]})
    >>> without_land_use_change(pack)["kg_co2e_without_luc"].tolist()
    [1.5, nan]
    """
    return footprints.assign(kg_co2e_without_luc=footprints["kg_co2e"] - footprints["kg_co2e_luc"])


def non_food(spend: pd.DataFrame, kinds: pd.DataFrame, model: PcfModel) -> Bools:
    """Which products are known not to be food for people, (rows,).

    By the industry of their spend factor, where our own table and not a likeness of words chose
    it; elsewhere by a need that is known and that no record of the seed serves.
    """
    code = spend["naics_code"].where(spend["basis"] == "table", "")
    food = code.str.startswith(FOOD_INDUSTRIES) & ~code.isin(NOT_FOR_PEOPLE)
    needs = set(model.members_.records_["need"]) - {""}
    other_need = (kinds["kind"] != "") & ~kinds["need"].isin(needs)
    return np.where(code != "", ~food, other_need).astype(bool)


def _per_pack(units: pd.DataFrame, count: pd.Series) -> pd.DataFrame:
    """Per-unit figures and their ranges times the number of units in each pack."""
    figures = [str(name) for name in units.columns if str(name).startswith("kg_co2e")]
    counted = units.copy()
    counted[figures] = units[figures].mul(count.to_numpy(dtype=np.float64), axis=0)
    return counted


def _difference_sd(found: Figures, is_verified: Bools, is_seed: Bools, model: PcfModel) -> Floats:
    half = model.half_widths(found, COVERAGE, between_sources=False)
    sd = difference_sd(model.differences_, half, found.cell)
    return np.where(is_verified, VERIFIED_SD, np.where(is_seed, sd, np.nan))


def _spread(coverage: float, deviation: Floats) -> Floats:
    """Half a normal range of this standard deviation, log10."""
    return widen(np.zeros(len(deviation)), coverage, deviation)


def _number(products: pd.DataFrame, column: str) -> Floats:
    if column not in products:
        return np.full(len(products), np.nan)
    return products[column].to_numpy(dtype=np.float64, na_value=np.nan)
