"""Assessment: how wrong the estimator is about goods whose figures it has not seen.

Three splits: random (optimistic: twins stand on both sides), grouped (the headline: no group of
shared values and no near-duplicate is divided), and whole categories left out (extrapolation).
One division into folds is worth about 0.01 of pairwise accuracy, so the headline has several.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import pandas as pd

from pcf_estimator.assess.held_out import (
    MEAN,
    OWN,
    SHOWN,
    HeldOut,
    held_out,
    shelves,
)
from pcf_estimator.assess.land_use import land_use_scores
from pcf_estimator.assess.range_scores import range_scores
from pcf_estimator.assess.risk import RisingRisk, refuse_if_rising, risk_coverage
from pcf_estimator.folds import FOLDS, grouped_folds, random_folds, whole_groups
from pcf_estimator.members import MEMBERS
from pcf_estimator.model import PcfModel
from pcf_estimator.scores import Scores, score, worst_category
from pcf_estimator.tiers import structural_confidence

Floats = np.ndarray
Ints = np.ndarray

HEADLINE = "grouped"
COVERAGE = 0.8
FOLD_SEEDS = (0, 1, 2)  # of the headline split


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """Scores by split and method, with the size of what was assessed.

    Methods: the baselines, the members, their blend, and the estimate, which is what a product
    gets: the blend or a lower tier's figure, with its range; and again with less text. The scores
    of a split are over all its divisions into folds; `fold_seeds` has those of each.
    """

    name: str
    rows: int
    groups: int
    categories: int
    splits: Mapping[str, Mapping[str, Scores]]
    # by split: held-out rows by tier of their estimate, each row once for each division
    tiers: Mapping[str, Mapping[str, int]]
    weights: Mapping[str, float]  # of the members, mean over the folds of the headline split
    fold_seeds: Mapping[str, Mapping[str, Scores]]  # headline split: scores by fold seed, method
    ranges: Mapping[str, Mapping[str, object]]  # by split, range and level: see `range_scores`
    risk: Mapping[str, object]  # what a rising confidence is worth, headline split
    land_use_change: Mapping[str, object]  # how well its part is known, headline split

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
            "splits": _by_method(self.splits),
            "fold_seeds": _by_method(self.fold_seeds),
            "tiers": {split: dict(counts) for split, counts in self.tiers.items()},
            "ranges": dict(self.ranges),
            "risk": dict(self.risk),
            "land_use_change": dict(self.land_use_change),
        }


def _by_method(splits: Mapping[str, Mapping[str, Scores]]) -> dict[str, object]:
    return {
        split: {method: _plain(scores) for method, scores in methods.items()}
        for split, methods in splits.items()
    }


def _plain(scores: Scores) -> dict[str, object]:
    values = asdict(scores)
    return {name: None if value != value else value for name, value in values.items()}  # nan


def assess(
    seed: pd.DataFrame,
    model: Callable[[], PcfModel] = PcfModel,
    *,
    name: str = "seed",
    folds: int = FOLDS,
    fold_seeds: Sequence[int] = FOLD_SEEDS,
    progress: Callable[[str], None] = lambda _: None,
) -> Assessment:
    """Scores of the estimator, its members and three baselines on held-out rows of `seed`.

    `model` makes an unfitted model, which is fitted afresh in every fold, weights, ranges and
    all; `progress` is told of each. The headline split is made with every one of `fold_seeds`,
    the others with the first. The shipped seed takes about three minutes on one core.
    """
    seed = seed.reset_index(drop=True)
    groups, shelf = whole_groups(seed), shelves(seed).to_numpy(dtype=object)

    def chance(number: int) -> np.random.Generator:
        return np.random.default_rng(number)

    splits = {
        "random": [random_folds(len(seed), folds, chance(fold_seeds[0]))],
        HEADLINE: [grouped_folds(groups, folds, chance(number)) for number in fold_seeds],
        "leave category out": [grouped_folds(shelf, folds, chance(fold_seeds[0]))],
    }
    found = {
        split: held_out(seed, divisions, model, f"{name}, {split}", progress)
        for split, divisions in splits.items()
    }
    headline = found[HEADLINE]
    division = headline.facts["division"].to_numpy()
    return Assessment(
        name=name,
        rows=len(seed),
        groups=len(np.unique(groups)),
        categories=len(set(shelf)),
        splits={split: _scores(seed, held, len(splits[split])) for split, held in found.items()},
        fold_seeds={
            str(number): _point_scores(headline, division == place)
            for place, number in enumerate(fold_seeds)
        },
        tiers={
            split: {str(tier): int(n) for tier, n in held.facts["tier"].value_counts().items()}
            for split, held in found.items()
        },
        weights=dict(zip(MEMBERS, headline.weights.tolist(), strict=True)),
        ranges={split: _ranges(held, groups, len(splits[split])) for split, held in found.items()},
        risk=_risk(headline, len(fold_seeds)),
        land_use_change=land_use_scores(seed, headline),
    )


def _point_scores(held: HeldOut, rows: np.ndarray | slice = slice(None)) -> dict[str, Scores]:
    facts = held.facts[rows]
    figure, part = facts["figure"].to_numpy(), facts["part"].to_numpy()
    category = facts["category"].to_numpy(dtype=object)
    return {
        str(method): score(figure, said[rows].to_numpy(), category, part)
        for method, said in held.said.items()
    }


def _scores(seed: pd.DataFrame, held: HeldOut, divisions: int) -> dict[str, Scores]:
    scores = _point_scores(held)
    half, shown = held.halves(OWN)[COVERAGE], held.halves(SHOWN)[COVERAGE]
    category = held.facts["category"].to_numpy(dtype=object)
    ranged = ~np.isnan(half)
    covered = (held.off <= half)[ranged]
    worst, worst_share = worst_category(covered, category[ranged], divisions)
    # a food that two databases know: does the range, learned without it, hold what each says?
    asked = seed.take(held.facts["row"].to_numpy())
    several = ranged & (asked["sources"] >= 2).to_numpy()
    ends = np.log10(asked.loc[several, ["kg_co2e_per_kg_low", "kg_co2e_per_kg_high"]].to_numpy())
    ends_off = np.abs(ends - held.said["estimate"].to_numpy()[several, None])
    scores["estimate"] = replace(
        scores["estimate"],
        coverage=float(covered.mean()),
        range_factor=float(10 ** np.median(2 * half[ranged])),
        worst_category=worst,
        worst_category_coverage=worst_share,
        coverage_widened=float((held.off <= shown)[ranged].mean()),
        range_factor_widened=float(10 ** np.median(2 * shown[ranged])),
        other_database=_share(ends_off <= half[several, None]),
        other_database_widened=_share(ends_off <= shown[several, None]),
    )
    return scores


def _share(held: np.ndarray) -> float:
    return float(held.mean()) if held.size else float("nan")


def _ranges(held: HeldOut, groups: Ints, divisions: int) -> dict[str, object]:
    """Range scores by whose range it is: the estimate's, as products show it, the baseline's."""
    category, tier = (held.facts[of].to_numpy(dtype=object) for of in ("category", "tier"))
    group = groups[held.facts["row"].to_numpy()]
    mean_off = np.abs((held.said["category mean"] - held.facts["figure"]).to_numpy())
    return {
        "estimate": range_scores(held.off, held.halves(OWN), category, tier, group, divisions),
        "estimate as shown": range_scores(
            held.off, held.halves(SHOWN), category, tier, group, divisions
        ),
        "category mean": range_scores(
            mean_off, held.halves(MEAN), category, groups=group, divisions=divisions
        ),
    }


def _risk(held: HeldOut, divisions: int) -> dict[str, object]:
    """The risk-coverage curve of the structural confidence, and why it is refused, or null."""
    facts = held.facts
    confidence = structural_confidence(
        facts["tier"], facts["category_in_seed"].to_numpy(), facts["similarity"].to_numpy()
    )
    curve = risk_coverage(confidence.to_numpy(), held.off)
    curve["noise"] *= np.sqrt(divisions)  # a row that was judged three times is one row
    refused = None
    try:
        refuse_if_rising(curve, "structural confidence")
    except RisingRisk as rising:
        refused = str(rising)
    return {"confidence": "structural", "refused": refused, "curve": curve.to_dict("records")}
