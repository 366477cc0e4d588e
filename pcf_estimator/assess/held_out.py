"""What the estimator, its members and the baselines say of goods that they have not seen.

Every method sees the same folds, and everything it learns, weights and ranges included, it learns
from the other folds alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from pcf_estimator.assess.baselines import category_mean, knn
from pcf_estimator.assess.range_scores import LEVELS, category_mean_range
from pcf_estimator.features import TEXTS, describe, seed_products
from pcf_estimator.folds import whole_groups
from pcf_estimator.members import MEMBERS
from pcf_estimator.model import Figures, PcfModel

Bools = np.ndarray
Floats = np.ndarray
Ints = np.ndarray

BASELINES = ("median", "category mean", "knn-5")
# The same estimate where a shop knows less of its products than the seed does of its concepts.
LESS_TEXT = {"title": "estimate, title only", "shelf": "estimate, no title"}
METHODS = (*BASELINES, *MEMBERS, "blend", "estimate", *LESS_TEXT.values())
# Ranges: of the estimate, the same as products show them, and of the category mean
OWN, SHOWN, MEAN = "own", "shown", "category mean"


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """What each method, fitted to the other folds, says of each row; all frames row by row.

    `said` has a column per method and `half`, half the ranges of the estimate and of the category
    mean, one per (range, level), both in log10. `facts`: `row` of the seed; `division` into folds
    and `part`, the fit that was asked; `figure` in log10; `category`; `tier`; `category_in_seed`,
    `similarity` and `luc_share` of the estimate; and `luc_share_of_mean`, that of the category.
    """

    said: pd.DataFrame
    half: pd.DataFrame
    facts: pd.DataFrame
    weights: Floats  # of the members, mean over the fits

    @property
    def off(self) -> Floats:
        """|log10 estimate - log10 figure|, (rows,)."""
        return np.abs((self.said["estimate"] - self.facts["figure"]).to_numpy())

    def halves(self, of: str) -> dict[float, Floats]:
        """Half the ranges of one kind, OWN, SHOWN or MEAN, by level."""
        return {level: self.half[(of, level)].to_numpy() for level in LEVELS}


def held_out(
    seed: pd.DataFrame,
    folds: list[Ints],
    model: Callable[[], PcfModel],
    name: str = "held out",
    progress: Callable[[str], None] = lambda _: None,
) -> HeldOut:
    """What all methods say of each row of `seed`, once for each division into folds, (rows,).

    `seed` has an index of its own and `model` makes an unfitted model, which is fitted afresh for
    every fold; `progress` is told of each, under `name`.
    """
    figure = np.log10(seed["kg_co2e_per_kg"].to_numpy(dtype=np.float64))
    groups, products = whole_groups(seed), seed_products(seed)
    parts = [(at, fold == number) for at, fold in enumerate(folds) for number in np.unique(fold)]
    found = []
    for place, (division, out) in enumerate(parts):
        progress(f"{name}: fold {place + 1} of {len(parts)}")
        with threadpool_limits(1, "blas"):  # one order of sums, as in a fit
            part = _one_fold(seed, figure, groups, products, out, model().fit(seed[~out]))
        part.facts.insert(1, "division", division)
        part.facts.insert(2, "part", place)
        found.append(part)
    return HeldOut(
        said=pd.concat([part.said for part in found], ignore_index=True),
        half=pd.concat([part.half for part in found], ignore_index=True),
        facts=pd.concat([part.facts for part in found], ignore_index=True),
        weights=np.mean([part.weights for part in found], axis=0),
    )


def _one_fold(
    seed: pd.DataFrame,
    figure: Floats,
    groups: Ints,
    products: pd.DataFrame,
    out: Bools,
    fitted: PcfModel,
) -> HeldOut:
    known, new, asked = seed[~out], seed[out], products[out]
    found = fitted.figures(asked)
    median = float(np.median(figure[~out]))
    mean, mean_half = category_mean_range(known, figure[~out], groups[~out], new)
    members = fitted.members_.predict(describe(asked, fitted.needs_)).members
    said = {
        "median": np.full(len(new), median),
        "category mean": mean,
        "knn-5": knn(products[~out], figure[~out], asked),
        **{method: members[:, place] for place, method in enumerate(MEMBERS)},
        "blend": members @ fitted.weights_,
        "estimate": _or_median(found, median),
        **{
            method: _or_median(fitted.figures(asked[list(TEXTS[given])]), median)
            for given, method in LESS_TEXT.items()
        },
    }
    half = {(MEAN, level): mean_half[level] for level in LEVELS}
    for level in LEVELS:
        half[OWN, level] = fitted.half_widths(found, level, between_sources=False)
        half[SHOWN, level] = fitted.half_widths(found, level, between_sources=True)
    return HeldOut(
        said=pd.DataFrame(said)[list(METHODS)],
        half=pd.DataFrame(half),
        facts=pd.DataFrame(
            {
                "row": np.flatnonzero(out),
                "figure": figure[out],
                "category": shelves(new).to_numpy(),
                "tier": found.tier.where(found.tier != "", "unknown").to_numpy(),
                "category_in_seed": found.category_in_seed,
                "similarity": found.similarity,
                "luc_share": found.luc_share,
                "luc_share_of_mean": _mean_luc_share(known, new),
            }
        ),
        weights=fitted.weights_,
    )


def shelves(seed: pd.DataFrame) -> pd.Series:
    """Department and category of each row in one text."""
    return seed["department"] + " / " + seed["category"]


def luc_shares(seed: pd.DataFrame) -> Floats:
    """The part of each row's figure that is land-use change, (rows,); NaN where unstated."""
    if "luc_kg_co2e_per_kg" not in seed:
        return np.full(len(seed), np.nan)
    luc = seed["luc_kg_co2e_per_kg"].to_numpy(dtype=np.float64, na_value=np.nan)
    return luc / seed["kg_co2e_per_kg"].to_numpy(dtype=np.float64)


def _mean_luc_share(known: pd.DataFrame, new: pd.DataFrame) -> Floats:
    share = luc_shares(known)
    stated = ~np.isnan(share)
    if not stated.any():
        return np.full(len(new), np.nan)
    return category_mean(known[stated], share[stated], new)


def _or_median(found: Figures, median: float) -> Floats:
    """Where the seed says nothing, the median stands in, so that all methods have all rows."""
    return np.where(np.isnan(found.log_kg), median, found.log_kg)
