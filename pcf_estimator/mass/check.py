"""Checking masses: what prices, counts and shelves give for packs whose mass is printed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pcf_estimator.mass.net import believed, filled, pack_masses
from pcf_estimator.needs import assign_needs, read_needs

Z80 = 1.2815515655446004  # an 80 % range reaches so many standard deviations to each side


def mass_errors(
    products: pd.DataFrame, kinds: pd.DataFrame | None = None, folds: int = 5, seed: int = 0
) -> pd.DataFrame:
    """How far masses by price and by category lie from the packages that were hidden from them.

    One row per way of filling: products, the median of log10 (filled / printed), its spread (the
    standard deviation whose 80 % range holds 80 % of them), the share within a factor 2, and that
    spread over the one that `net_mass` states (1 is honest, more is too sure). Every product whose
    printed mass or volume is believed is hidden once, in one of `folds` parts; a count of pieces is
    judged where a pack prints both.

    >>> shop = pd.DataFrame(
    ...     {
    ...         "product_id": [str(n) for n in range(40)],
    ...         "title": "Rice",
    ...         "category": "rice",
    ...         "product_type": "rice",
    ...         "package_size": ["1 KG", "2 KG"] * 20,
    ...         "price": [4.0, 8.0] * 20,
    ...     }
    ... )
    >>> mass_errors(shop).loc["price of its type", ["products", "within_factor_2"]].tolist()
    [40.0, 1.0]
    """
    kinds = assign_needs(products, read_needs()) if kinds is None else kinds
    packs = pack_masses(products, kinds)
    known = believed(products, packs["kg"].where(packs["weighed"]))
    rows = np.flatnonzero(known.notna())
    part = np.random.default_rng(seed).permutation(len(rows)) % folds
    unweighed = products.drop(columns="net_mass_kg", errors="ignore")
    found = []
    for fold in range(folds):
        hidden = rows[part == fold]
        kg = packs["kg"].copy()
        kg.iloc[hidden] = np.nan
        found.append(filled(unweighed, kinds, packs, kg).iloc[hidden])
    by_pieces = pd.DataFrame(
        {
            "net_mass_kg": packs["kg_by_pieces"],
            "mass_spread_log10": packs["spread_by_pieces"],
            "way": "count of pieces",
        }
    )
    guess = pd.concat([*found, by_pieces.iloc[rows]])
    error = np.log10(guess["net_mass_kg"] / known.loc[guess.index])
    ratio = error / guess["mass_spread_log10"]
    errors = error.groupby(guess["way"])
    return pd.DataFrame(
        {
            "products": errors.count(),
            "median": errors.median(),
            "spread": errors.agg(_sd_of_80),
            "within_factor_2": errors.agg(
                lambda e: float((e.dropna().abs() <= np.log10(2)).mean())
            ),
            "over_stated": ratio.groupby(guess["way"]).agg(_sd_of_80),
        }
    )


def _sd_of_80(values: pd.Series) -> float:
    """The standard deviation of a normal distribution as wide at 80 % as `values` around 0."""
    return float(values.abs().quantile(0.8) / Z80)
