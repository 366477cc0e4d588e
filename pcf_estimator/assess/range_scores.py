"""Range scores: whether ranges hold what they promise, for whom least, and how wide they are.

Beside them stands what an estimator has to beat: the category mean with a conformal range of its
own, calibrated like ours on groups that the mean had not seen.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pcf_estimator.assess.baselines import category_mean
from pcf_estimator.pooling import sums_without
from pcf_estimator.ranges import conformal_quantile
from pcf_estimator.scores import worst_category

Floats = np.ndarray
Ints = np.ndarray
Texts = np.ndarray

LEVELS = (0.8, 0.95)


def category_mean_range(
    known: pd.DataFrame,
    figure: Floats,
    groups: Ints,
    new: pd.DataFrame,
    levels: tuple[float, ...] = LEVELS,
) -> tuple[Floats, dict[float, Floats]]:
    """The category mean of each new row, and half its conformal range by level; all in log10.

    `figure` (log10) and `groups` are those of the known rows. Each of them is compared with the
    mean of its category without its own group (of its department, or of all, where none is left),
    and the conformal quantile of these distances is half of every new row's range.

    >>> known = pd.DataFrame({"department": ["a"] * 4, "category": ["x"] * 4})
    >>> mean, half = category_mean_range(
    ...     known, np.array([0.0, 0.0, 0.0, 0.4]), np.arange(4), known.iloc[:1], levels=(0.8,)
    ... )  # without itself the last is 0.4 off, the 4th of ceil(5 * 0.8) = 4
    >>> mean.tolist(), half[0.8].round(6).tolist()
    ([0.1], [0.4])
    """
    mean = np.full(len(known), float(figure.mean()))
    everywhere = pd.Series("all", index=known.index)
    path = known["department"] + " / " + known["category"]
    for keys in (everywhere, known["department"], path):
        total, count = sums_without(keys, figure, groups)
        mean = np.where(count > 0, total / np.maximum(count, 1), mean)
    off = np.abs(figure - mean)
    half = {level: np.full(len(new), conformal_quantile(off, level)) for level in levels}
    return category_mean(known, figure, new), half


def range_scores(
    off: Floats,
    half: Mapping[float, Floats],
    category: Texts,
    tier: Texts | None = None,
    groups: Ints | None = None,
    divisions: int = 1,
) -> dict[str, dict[str, object]]:
    """By level in per cent: how often ranges hold and how wide they are, as plain dicts for JSON.

    `off` is |log10 estimate - log10 figure| of products the model had not seen, and `half` half of
    their ranges by level, both (rows,); rows without a range are left out and counted in
    `no_range`. `coverage`; `range_factor`, the median of high over low; `worst_category` of 20 rows
    or more with its coverage; `tiers`, rows and coverage of each; with `groups` also
    `coverage_of_values`, where a value that many rows share counts once. `divisions` says how many
    times each product is among the rows, each time judged by another fit.

    >>> off, half = np.array([0.1, 0.2, 0.3]), {0.8: np.full(3, 0.25)}
    >>> scores = range_scores(off, half, np.array(["tea"] * 3), np.array(["model"] * 3))["80"]
    >>> round(scores["coverage"], 3), round(scores["range_factor"], 3), scores["worst_category"]
    (0.667, 3.162, None)
    """
    return {
        f"{level * 100:g}": _scores_at(
            off, np.asarray(half[level]), category, tier, groups, divisions
        )
        for level in half
    }


def _scores_at(
    off: Floats,
    half: Floats,
    category: Texts,
    tier: Texts | None,
    groups: Ints | None,
    divisions: int,
) -> dict[str, object]:
    ranged = ~(np.isnan(off) | np.isnan(half))
    found: dict[str, object] = {"rows": int(ranged.sum()), "no_range": int((~ranged).sum())}
    if not ranged.any():
        return found
    held = (off <= half)[ranged]
    worst, share = worst_category(held, category[ranged], divisions)
    found |= {
        "coverage": float(held.mean()),
        "range_factor": float(10 ** np.median(2 * half[ranged])),
        "worst_category": worst or None,
        "worst_category_coverage": share if worst else None,
    }
    if groups is not None:
        found["coverage_of_values"] = float(pd.Series(held).groupby(groups[ranged]).mean().mean())
    if tier is not None:
        by_tier = pd.Series(held).groupby(tier[ranged])
        found["tiers"] = {
            str(name): {"rows": len(rows), "coverage": float(rows.mean())} for name, rows in by_tier
        }
    return found
