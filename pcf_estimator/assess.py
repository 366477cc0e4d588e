"""Assessment: how wrong the estimator is about goods whose figures it has not seen.

Every method sees the same folds. Three splits: random (optimistic: twins stand on both sides),
grouped (the headline: no group of shared values and no near-duplicate is divided), and whole
categories left out (extrapolation).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from pcf_estimator.baselines import category_mean, knn
from pcf_estimator.features import TEXTS, describe, seed_products
from pcf_estimator.folds import FOLDS, grouped_folds, random_folds, whole_groups
from pcf_estimator.members import MEMBERS
from pcf_estimator.model import PcfModel
from pcf_estimator.scores import Scores, score, worst_category
from pcf_estimator.sources import agribalyse
from pcf_estimator.tables import read_columns

Floats = np.ndarray
Ints = np.ndarray
Texts = np.ndarray

HEADLINE = "grouped"
COVERAGE = 0.8
AISLE, SHELF_NAME = "Groupe d'aliment", "Sous-groupe d'aliment"
# The same estimate where a shop knows less of its products than the seed does of its concepts.
LESS_TEXT = {"title": "estimate, title only", "shelf": "estimate, no title"}
BASELINES = ("median", "category mean", "knn-5")


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """Scores by split and method, with the size of what was assessed.

    Methods: the baselines, the members, their blend, and the estimate, which is what a product
    gets: the blend or a lower tier's figure, with its range; and again with less text.
    """

    name: str
    rows: int
    groups: int
    categories: int
    splits: Mapping[str, Mapping[str, Scores]]
    tiers: Mapping[str, Mapping[str, int]]  # by split: held-out rows by tier of their estimate
    weights: Mapping[str, float]  # of the members, mean over the folds of the headline split

    @property
    def keeps_blend(self) -> bool:
        """The gate: the blend ranks better than the category mean and errs less than kNN-5."""
        grouped = self.splits[HEADLINE]
        blend, category, knn = (grouped[name] for name in ("blend", "category mean", "knn-5"))
        return (
            blend.pairwise_accuracy > category.pairwise_accuracy
            and blend.log10_rmse < knn.log10_rmse
            and blend.median_ape < knn.median_ape
        )

    def to_dict(self) -> dict[str, object]:
        """Everything as plain dicts for JSON; what a method does not have is null."""
        return {
            "name": self.name,
            "rows": self.rows,
            "groups": self.groups,
            "categories": self.categories,
            "headline": HEADLINE,
            "nominal_coverage": COVERAGE,
            "keeps_blend": self.keeps_blend,
            "weights": dict(self.weights),
            "splits": {
                split: {method: _plain(scores) for method, scores in methods.items()}
                for split, methods in self.splits.items()
            },
            "tiers": {split: dict(counts) for split, counts in self.tiers.items()},
        }


def _plain(scores: Scores) -> dict[str, object]:
    values = asdict(scores)
    return {name: None if value != value else value for name, value in values.items()}  # nan


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """What each method, fitted to the other folds, says of each row, in log10."""

    estimates: Mapping[str, Floats]  # by method, (rows,)
    half: Floats  # of the range of "estimate", NaN where the seed is silent
    half_widened: Floats
    tier: pd.Series
    weights: Floats


def assess(
    seed: pd.DataFrame,
    model: Callable[[], PcfModel] = PcfModel,
    *,
    name: str = "seed",
    folds: int = FOLDS,
    random_state: int = 0,
    progress: Callable[[str], None] = lambda _: None,
) -> Assessment:
    """Scores of the estimator, its members and three baselines on held-out rows of `seed`.

    `model` makes an unfitted model, which is fitted afresh in every fold, weights, ranges and
    all; `progress` is told of each. The shipped seed takes about a minute on one core.
    """
    seed = seed.reset_index(drop=True)
    figure = np.log10(seed["kg_co2e_per_kg"].to_numpy(dtype=np.float64))
    category = (seed["department"] + " / " + seed["category"]).to_numpy(dtype=object)
    groups = whole_groups(seed)
    splits = {
        "random": random_folds(len(seed), folds, np.random.default_rng(random_state)),
        "grouped": grouped_folds(groups, folds, np.random.default_rng(random_state)),
        "leave category out": grouped_folds(category, folds, np.random.default_rng(random_state)),
    }
    held_out = {
        split: _held_out(seed, figure, fold, model, f"{name}, {split}", progress)
        for split, fold in splits.items()
    }
    return Assessment(
        name=name,
        rows=len(seed),
        groups=len(np.unique(groups)),
        categories=len(set(category)),
        splits={
            split: _scores(seed, figure, category, fold, held_out[split])
            for split, fold in splits.items()
        },
        tiers={
            split: {str(name): int(rows) for name, rows in held.tier.value_counts().items()}
            for split, held in held_out.items()
        },
        weights=dict(zip(MEMBERS, held_out[HEADLINE].weights.tolist(), strict=True)),
    )


def _held_out(
    seed: pd.DataFrame,
    figure: Floats,
    fold: Ints,
    model: Callable[[], PcfModel],
    name: str,
    progress: Callable[[str], None],
) -> HeldOut:
    products = seed_products(seed)
    estimates = {
        method: np.full(len(seed), np.nan)
        for method in (*BASELINES, *MEMBERS, "blend", "estimate", *LESS_TEXT.values())
    }
    half, widened = np.full(len(seed), np.nan), np.full(len(seed), np.nan)
    tier = pd.Series("", index=seed.index, dtype="str")
    weights = []
    numbers = np.unique(fold)
    for number in numbers:
        progress(f"{name}: fold {number + 1} of {len(numbers)}")
        out = fold == number
        known, new = seed[~out], seed[out]
        estimates["median"][out] = np.median(figure[~out])
        estimates["category mean"][out] = category_mean(known, figure[~out], new)
        estimates["knn-5"][out] = knn(products[~out], figure[~out], products[out])
        fitted = model().fit(known)
        weights.append(fitted.weights_)
        members = fitted.members_.predict(describe(products[out], fitted.needs_)).members
        for place, method in enumerate(MEMBERS):
            estimates[method][out] = members[:, place]
        estimates["blend"][out] = members @ fitted.weights_
        found = fitted.figures(products[out])
        # where the seed says nothing, the median stands in, so that all methods have all rows
        silent = np.isnan(found.log_kg)
        estimates["estimate"][out] = np.where(silent, np.median(figure[~out]), found.log_kg)
        for given, method in LESS_TEXT.items():
            less = fitted.figures(products.loc[out, list(TEXTS[given])]).log_kg
            estimates[method][out] = np.where(np.isnan(less), np.median(figure[~out]), less)
        half[out] = fitted.half_widths(found, COVERAGE, between_sources=False)
        widened[out] = fitted.half_widths(found, COVERAGE, between_sources=True)
        tier[out] = found.tier.where(found.tier != "", "unknown")
    return HeldOut(
        estimates=estimates,
        half=half,
        half_widened=widened,
        tier=tier,
        weights=np.mean(weights, axis=0),
    )


def _scores(
    seed: pd.DataFrame, figure: Floats, category: Texts, fold: Ints, held: HeldOut
) -> dict[str, Scores]:
    scores = {
        method: score(figure, estimate, category, fold)
        for method, estimate in held.estimates.items()
    }
    ranged = ~np.isnan(held.half)
    off = np.abs(held.estimates["estimate"] - figure)
    covered = (off <= held.half)[ranged]
    worst, worst_share = worst_category(covered, category[ranged])
    # a food that two databases know: does the range, learned without it, hold what each says?
    several = ranged & (seed["sources"] >= 2).to_numpy()
    ends = np.log10(seed.loc[several, ["kg_co2e_per_kg_low", "kg_co2e_per_kg_high"]].to_numpy())
    ends_off = np.abs(ends - held.estimates["estimate"][several, None])
    scores["estimate"] = replace(
        scores["estimate"],
        coverage=float(covered.mean()),
        range_factor=float(10 ** np.median(2 * held.half[ranged])),
        worst_category=worst,
        worst_category_coverage=worst_share,
        coverage_widened=float((off <= held.half_widened)[ranged].mean()),
        range_factor_widened=float(10 ** np.median(2 * held.half_widened[ranged])),
        other_database=_share(ends_off <= held.half[several, None]),
        other_database_widened=_share(ends_off <= held.half_widened[several, None]),
    )
    return scores


def _share(held: np.ndarray) -> float:
    return float(held.mean()) if held.size else float("nan")


def assess_agribalyse(
    folder: Path,
    model: Callable[[], PcfModel] = PcfModel,
    progress: Callable[[str], None] = lambda _: None,
) -> Assessment:
    """The same scores on all usable rows of the publisher's food table in `folder`.

    Concepts are the publisher's names and categories its sub-groups; the seed plays no part.
    """
    return assess(agribalyse_table(folder), model, name="Agribalyse", progress=progress)


def agribalyse_table(folder: Path) -> pd.DataFrame:
    """The publisher's foods as a seed: English name, group and sub-group, kg up to the shelf.

    Rows that the reader of the source refuses are left out. `group` joins rows of one sub-group
    that share a value to three digits: most rows stand in for others.
    """
    figures = agribalyse(folder)
    names = read_columns(folder / "footprints" / "agribalyse-synthese.csv", "agribalyse-synthese")
    names = names.set_index("Code AGB")[["LCI Name", AISLE, SHELF_NAME]]
    usable = figures[figures["problem"] == ""].join(names, on="source_key")
    kg = usable["kg_co2e_per_kg"].astype("float64")
    value = kg.map(lambda x: f"{x:.2e}")
    table = pd.DataFrame(
        {
            "concept": usable["LCI Name"],
            "department": usable[AISLE],
            "category": usable[SHELF_NAME],
            "type": "",
            "kg_co2e_per_kg": kg,
            "kg_co2e_per_kg_low": kg,
            "kg_co2e_per_kg_high": kg,
            "figures": 1,
            "sources": 1,
            "group": pd.factorize(usable[SHELF_NAME] + "|" + value)[0],
        }
    )
    return table.reset_index(drop=True)
