"""The model: from a product's text to kg CO2e per kg as sold, with a range and its tier.

A blend of the members in log space. Its weights and ranges come from predictions for records
whose whole group the members had not seen; then the members are fitted once more to all records.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from pcf_estimator import model_files
from pcf_estimator.calibration import COVERAGE, NEW_SHELF, calibrate
from pcf_estimator.features import TEXTS, describe, distinct, seed_products
from pcf_estimator.folds import FOLDS, grouped_folds, whole_groups
from pcf_estimator.members import (
    HINTS,
    MEMBERS,
    NEAREST,
    TREES,
    Members,
    Predicted,
    Settings,
    blend_weights,
)
from pcf_estimator.needs import Needs, read_needs
from pcf_estimator.ranges import NO_SHELF, half_widths, widen
from pcf_estimator.tiers import choose_tiers, shelf_means

Bools = np.ndarray
Floats = np.ndarray
Ints = np.ndarray

LEAST_RECORDS = 20  # with fewer, folds and shelves are empty
XGBOOST_FLOOR = 0.2  # the core members stay in the blend, whatever one small seed says


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Figures for products and what they rest on; the rows of every field are the products."""

    given: pd.Series  # how much text there is: see features.describe
    tier: pd.Series  # model, neighbours, category, or "" where the seed says nothing
    cell: pd.Series  # tier and what it rests on: the key of its ranges
    shelf: pd.Series  # the seed's category that its range rests on, or NO_SHELF
    category_in_seed: Bools  # of the product's own category, by its name
    log_kg: Floats  # log10 kg CO2e per kg, NaN without a tier
    hints: Floats  # (rows, hints)
    similarity: Floats  # cosine to the nearest record
    nearest: Ints  # (rows, NEAREST) rows of the seed, best first
    luc_share: Floats  # part of the figure from land-use change, NaN where no record states it


class PcfModel:
    """Footprints per kg from a seed of published ones.

    >>> from pcf_estimator.seed.table import read_seed
    >>> model = PcfModel(trees=30).fit(read_seed())
    >>> shop = pd.DataFrame({"title": ["Ground beef", "Carrots", "Gift voucher"]})
    >>> low, mid, high = model.predict_interval(shop)
    >>> bool(mid[0] > mid[1]), bool(np.isnan(mid[2]))
    (True, True)
    """

    def __init__(
        self,
        *,
        trees: int = 300,
        depth: int = 5,
        folds: int = FOLDS,
        random_state: int = 0,
        needs: Needs | None = None,
    ) -> None:
        self.trees = trees
        self.depth = depth
        self.folds = folds
        self.random_state = random_state
        self.needs = needs

    def fit(self, seed: pd.DataFrame) -> PcfModel:
        """Learns from a seed table with the columns of `pcf_estimator.seed.table.SEED`.

        Raises ValueError for a seed of fewer than 20 records.
        """
        if len(seed) < LEAST_RECORDS:
            raise ValueError(
                f"a seed of {len(seed)} records teaches nothing; at least 20 are needed"
            )
        with threadpool_limits(1, "blas"):  # one order of sums: the same bits on any machine load
            return self._fit(seed.reset_index(drop=True))

    def _fit(self, seed: pd.DataFrame) -> PcfModel:
        self.seed_ = seed
        self.needs_ = read_needs() if self.needs is None else self.needs
        settings = Settings(rounds=self.trees, depth=self.depth, random_state=self.random_state)
        log_kg = np.log10(seed["kg_co2e_per_kg"].to_numpy(dtype=np.float64))
        groups = whole_groups(seed)
        products = seed_products(seed)
        described = {
            given: describe(products[list(columns)], self.needs_)
            for given, columns in TEXTS.items()
        }
        fold = grouped_folds(groups, self.folds, np.random.default_rng(self.random_state))
        unseen = _out_of_fold(settings, described, log_kg, groups, fold)
        self.weights_ = blend_weights(
            unseen["full"].members, log_kg, XGBOOST_FLOOR, trees=len(TREES)
        )
        self.members_ = Members(settings=settings).fit(described["full"], log_kg, groups)
        self.members_.errors_ = np.abs(log_kg - unseen["full"].members @ self.weights_)
        if "luc_kg_co2e_per_kg" in seed:
            luc = seed["luc_kg_co2e_per_kg"].to_numpy(dtype=np.float64, na_value=np.nan)
            self.members_.luc_share_ = luc / 10**log_kg
        self.ranges_, self.differences_ = calibrate(
            self.members_, self.weights_, unseen, described["full"], seed, groups, fold
        )
        self.errors_ = _errors(unseen["full"].members, self.weights_, log_kg)
        self.seed_version_ = model_files.seed_version(seed)
        self.model_version_ = model_files.model_version(self)
        return self

    def figures(self, products: pd.DataFrame, non_food: Bools | None = None) -> Figures:
        """What the seed says of products, by their text alone; each distinct text once.

        `non_food` marks goods that are known not to be food, whose likeness to foods says nothing.
        """
        non_food = np.zeros(len(products), dtype=bool) if non_food is None else non_food
        with threadpool_limits(1, "blas"):
            codes, texts = distinct(describe(products, self.needs_))
            outside = np.zeros(len(texts), dtype=bool)
            outside[codes[non_food]] = True
            found = self._figures(texts, outside)
        return Figures(
            given=found.given.take(codes).set_axis(products.index),
            tier=found.tier.take(codes).set_axis(products.index),
            cell=found.cell.take(codes).set_axis(products.index),
            shelf=found.shelf.take(codes).set_axis(products.index),
            category_in_seed=found.category_in_seed[codes],
            log_kg=found.log_kg[codes],
            hints=found.hints[codes],
            similarity=found.similarity[codes],
            nearest=found.nearest[codes],
            luc_share=found.luc_share[codes],
        )

    def _figures(self, texts: pd.DataFrame, non_food: Bools) -> Figures:
        members = self.members_
        predicted = members.predict(texts)
        shelf, node = shelf_means(texts, members.records_, members.log_kg_)
        evidence = pd.DataFrame(
            {
                "kind_in_seed": texts["kind"].isin(set(members.records_["kind"]) - {""}),
                "words": members.words_in_common(texts),
                "similarity": predicted.similarity,
                "food_named": texts["foods_named"] > 0,
                "node": node,
            }
        )
        tier = choose_tiers(evidence, non_food)
        by_tier = {
            "model": predicted.members @ self.weights_,
            "neighbours": predicted.members @ self.weights_,
            "category": shelf,
        }
        is_model, is_category = tier == "model", tier == "category"
        named = texts["category"]
        known = named.isin(set(members.records_["category"]) - {NO_SHELF})
        is_new = is_model & (named != NO_SHELF) & ~known
        hints = predicted.hints.copy()
        hints[is_new | (tier == "neighbours"), HINTS.index("spread of the members")] = 0.0
        hints[is_category] = 0.0
        return Figures(
            given=texts["given"],
            tier=tier,
            cell=tier.mask(is_model, "model/" + texts["given"].mask(is_new, NEW_SHELF)).mask(
                is_category, "category/" + node
            ),
            shelf=named.where(known & (is_model | (is_category & (node == "category"))), NO_SHELF),
            category_in_seed=known.to_numpy(),
            log_kg=np.select([tier == name for name in by_tier], list(by_tier.values()), np.nan),
            hints=hints,
            similarity=predicted.similarity,
            nearest=predicted.nearest,
            luc_share=predicted.luc_share,
        )

    def predict_interval(
        self, products: pd.DataFrame, coverage: float = COVERAGE, between_sources: bool = False
    ) -> tuple[Floats, Floats, Floats]:
        """Low, middle and high kg CO2e per kg as sold, each (rows,); NaN where the seed is silent.

        The range holds the compiled figure of an unseen good with probability `coverage`;
        `between_sources` widens it by what databases differ on one food, so that it also holds
        what another database would say.
        """
        found = self.figures(products)
        half = self.half_widths(found, coverage, between_sources)
        return 10 ** (found.log_kg - half), 10**found.log_kg, 10 ** (found.log_kg + half)

    def half_widths(self, found: Figures, coverage: float, between_sources: bool) -> Floats:
        """Half the range of each figure in log10, (rows,)."""
        half = half_widths(self.ranges_, found.hints, found.cell, coverage, found.shelf)
        return widen(half, coverage, self.ranges_.source_spread) if between_sources else half

    def save(self, folder: str | Path) -> Path:
        """`folder`, which now holds the fitted model: see `model_files.save_model`."""
        return model_files.save_model(self, Path(folder))

    @classmethod
    def load(cls, folder: str | Path) -> PcfModel:
        """The model that `save` put into `folder`; it predicts the same bits.

        Raises FileNotFoundError where there is none, ValueError for a folder of another format or
        whose content is not what its version says.
        """
        return model_files.load_model(cls(), Path(folder))


def _out_of_fold(
    settings: Settings,
    described: dict[str, pd.DataFrame],
    log_kg: Floats,
    groups: Ints,
    fold: Ints,
) -> dict[str, Predicted]:
    """For each amount of text, what members that had not seen a row's group say of it."""
    rows = len(log_kg)
    unseen = {
        given: Predicted(
            members=np.empty((rows, len(MEMBERS))),
            hints=np.empty((rows, len(HINTS))),
            similarity=np.empty(rows),
            nearest=np.empty((rows, NEAREST), dtype=np.int64),
            luc_share=np.empty(rows),
        )
        for given in described
    }
    for number in np.unique(fold):
        out = fold == number
        fitted = Members(settings=settings).fit(described["full"][~out], log_kg[~out], groups[~out])
        for given, texts in described.items():
            predicted = fitted.predict(texts[out])
            for name in ("members", "hints", "similarity", "nearest"):
                getattr(unseen[given], name)[out] = getattr(predicted, name)
    return unseen


def _errors(members: Floats, weights: Floats, log_kg: Floats) -> pd.DataFrame:
    """Weight and out-of-fold error of each member and of the blend: columns member, weight,
    log10_rmse, median_ape."""
    all_of_them = np.column_stack([members, members @ weights])
    off = all_of_them - log_kg[:, None]
    return pd.DataFrame(
        {
            "member": [*MEMBERS, "blend"],
            "weight": [*weights, 1.0],
            "log10_rmse": np.sqrt((off**2).mean(axis=0)),
            "median_ape": np.median(np.abs(10**off - 1), axis=0),
        }
    )
