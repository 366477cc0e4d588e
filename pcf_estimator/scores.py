"""Scores: how far estimates are from figures, and how well they rank goods of one shelf.

Figures and estimates come as log10 kg CO2e per kg. Goods are ranked inside one fold and category
only: across folds even the category mean differs from row to row, and would score by accident.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

Bools = np.ndarray
Floats = np.ndarray
Ints = np.ndarray
Texts = np.ndarray

APART = 1.1  # two figures differ if one is more than 10 % above the other
SAME = 1e-9  # log10: two estimates closer than this are a tie
CATEGORY_ROWS = 20  # fewer rows give no coverage worth naming


@dataclass(frozen=True, kw_only=True)
class Scores:
    """How one method did on one split; range scores are nan for a method without ranges."""

    log10_r2: float
    log10_rmse: float
    median_ape: float  # |estimate / figure - 1|, median
    within_factor_2: float
    pairwise_accuracy: float
    pairs: int
    regret_kg_co2e_per_kg: float
    saving_kept: float
    coverage: float = float("nan")
    range_factor: float = float("nan")  # median of high over low
    worst_category: str = ""
    worst_category_coverage: float = float("nan")
    coverage_widened: float = float("nan")  # of the range as shown: see ranges.widen
    range_factor_widened: float = float("nan")
    other_database: float = float("nan")  # lowest and highest figures of several databases covered
    other_database_widened: float = float("nan")


def score(figure: Floats, estimate: Floats, category: Texts, fold: Ints) -> Scores:
    """Scores of point estimates; arrays are (rows,), `category` and `fold` say who is compared."""
    off, around = estimate - figure, (figure - figure.mean()) ** 2
    accuracy, pairs = pairwise_accuracy(figure, estimate, category, fold)
    lost, kept = regret(figure, estimate, category, fold)
    return Scores(
        log10_r2=float(1 - (off**2).sum() / around.sum()) if around.any() else float("nan"),
        log10_rmse=float(np.sqrt((off**2).mean())),
        median_ape=float(np.median(np.abs(10**off - 1))),
        within_factor_2=float((np.abs(off) <= np.log10(2)).mean()),
        pairwise_accuracy=accuracy,
        pairs=pairs,
        regret_kg_co2e_per_kg=lost,
        saving_kept=kept,
    )


def pairwise_accuracy(
    figure: Floats, estimate: Floats, category: Texts, fold: Ints
) -> tuple[float, int]:
    """Share of pairs that the estimates put in the order of the figures, and how many pairs.

    Pairs of one category and fold whose figures differ by more than 10 %; a tie counts 0.5. The
    share is nan without pairs.

    >>> figure, estimate = np.log10([1.0, 2.0, 4.0]), np.log10([1.0, 3.0, 2.0])
    >>> pairwise_accuracy(figure, estimate, np.zeros(3), np.zeros(3))  # 1-2 and 1-4, not 2-4
    (0.6666666666666666, 3)
    """
    right, pairs = 0.0, 0
    for rows in _shelves(category, fold):
        truth = figure[rows, None] - figure[rows]
        said = estimate[rows, None] - estimate[rows]
        differ = np.triu(np.abs(truth) > np.log10(APART), 1)
        agree = np.where(np.abs(said) < SAME, 0.5, np.sign(said) == np.sign(truth))
        right += float(agree[differ].sum())
        pairs += int(differ.sum())
    return (right / pairs if pairs else float("nan")), pairs


def regret(figure: Floats, estimate: Floats, category: Texts, fold: Ints) -> tuple[float, float]:
    """What picking each shelf's lightest by estimate costs: kg per kg, and the saving kept.

    A shelf is a category inside one fold with two rows or more. Regret is the figure of the pick
    (of ties their mean) above the shelf's lowest, a mean over shelves by rows. The saving kept is
    1 minus regret over that of a blind pick: 1 finds the lightest everywhere, 0 picks blindly.

    >>> figure, estimate = np.log10([1.0, 2.0, 6.0]), np.log10([3.0, 2.0, 6.0])
    >>> lost, kept = regret(figure, estimate, np.zeros(3), np.zeros(3))
    >>> round(lost, 6), round(kept, 6)  # picks 2 instead of 1; blind: 3 - 1
    (1.0, 0.5)
    """
    lost = blind = rows_in_all = 0.0
    for rows in _shelves(category, fold):
        kg = 10 ** figure[rows]
        picked = estimate[rows] <= estimate[rows].min() + SAME
        lost += len(rows) * float(kg[picked].mean() - kg.min())
        blind += len(rows) * float(kg.mean() - kg.min())
        rows_in_all += len(rows)
    if not rows_in_all:
        return float("nan"), float("nan")
    return lost / rows_in_all, 1 - lost / blind if blind else float("nan")


def worst_category(covered: Bools, category: Texts, divisions: int = 1) -> tuple[str, float]:
    """The category of CATEGORY_ROWS rows or more whose ranges hold least often, and how often.

    Where every row was judged in several `divisions` into folds, it counts as one row.
    """
    groups = pd.Series(covered.astype(np.float64)).groupby(category)
    share = groups.mean()[groups.size() >= CATEGORY_ROWS * divisions]
    return (str(share.idxmin()), float(share.min())) if len(share) else ("", float("nan"))


def _shelves(category: Texts, fold: Ints) -> Iterator[Ints]:
    """Rows of each category inside each fold that has two or more."""
    keys = pd.DataFrame({"fold": fold, "category": category})
    for rows in keys.groupby(["fold", "category"]).indices.values():
        if len(rows) > 1:
            yield np.asarray(rows)
