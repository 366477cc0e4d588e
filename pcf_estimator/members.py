"""Members of the blend: each says log10 kg CO2e per kg of a product from its text, in its own way.

Trees (XGBoost) on attributes know what a food is made of and on which shelf it lies, trees on text
its words; the ridge joins both in one kernel; neighbours repeat the most similar records; the shelf
says the mean of its kind. On a small seed they err in different places, and their weighted mean
beats each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import xgboost as xgb
from scipy.optimize import nnls
from scipy.sparse import csr_matrix
from scipy.spatial.distance import cdist
from sklearn.utils.extmath import randomized_svd

from pcf_estimator.composition import MEASURES
from pcf_estimator.features import learn_vocabulary, likeness, words_in_common
from pcf_estimator.pooling import (
    NEIGHBOURS,
    most_alike,
    near_mean,
    near_mean_of_known,
    neighbour_features,
    nested_means,
    nested_means_without,
)

Bools = np.ndarray
Floats = np.ndarray
Ints = np.ndarray

MEMBERS = ("attributes", "text", "ridge", "neighbours", "shelf")
TREES = ("attributes", "text")  # the members that are XGBoost models
HINTS = (
    "spread of the members",
    "distance to the nearest record",
    "spread of the neighbours",
    "errors of the neighbours",
)
NEAREST = 5  # records named as the source of a figure
SHELVES = ("department", "need", "category", "kind")  # from the widest
# Ridge. Covariance of two products is exp(SHARPNESS * (closeness - 1)), their closeness the
# weighted mean of the texts' cosine and of how alike they are in what they are made of, and TREND
# times the product of what they are made of, which reaches to shelves that no record is on. NOISE
# is the variance of a figure around what can be known of it. Found on the grouped split.
COMPOSITION, SHARPNESS, TREND, NOISE = 0.44, 2.0, 0.1, 0.022
IN_TEXTS = 4  # a word, pair of words or family that fewer records hold is no feature of the trees
# How much each of the measures counts in how close two foods are; found with the above. Fat and
# flights set foods of one shelf apart, water and sugar hardly do.
COUNTS: Mapping[str, float] = {
    "water": 0.2,
    "protein": 0.9,
    "fat": 2.5,
    "sugar": 0.1,
    "log_raw_per_kg": 1.0,
    "log_yield_t_per_ha": 0.7,
    "log_m2_per_kg": 0.8,
    "heated_share": 0.3,
    "air_share": 2.8,
    "tropical": 0.4,
    "processing": 0.5,
}
FAR = 4.0  # standard deviations: what lies further out is as far
BLOCK = 4096  # products at a time: bounds the memory of their likeness to every record


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Sizes that a fit depends on; the defaults were found on the grouped split of the seed."""

    rounds: int = 300
    depth: int = 5
    rate: float = 0.04
    dimensions: int = 32  # of the text space that the trees read
    random_state: int = 0

    def booster(self, base: float) -> dict[str, object]:
        return {
            "objective": "reg:squarederror",
            "base_score": base,
            "tree_method": "hist",
            "max_bin": 64,
            "max_depth": self.depth,
            "learning_rate": self.rate,
            "min_child_weight": 3,
            "reg_lambda": 2.0,
            "subsample": 0.6,
            "colsample_bynode": 0.15,
            "seed": self.random_state,
            "nthread": 1,  # sums in one order: the same bits on any number of cores
        }


@dataclass(frozen=True, kw_only=True)
class Predicted:
    """What the members say of described products, and what says how hard each was."""

    members: Floats  # (rows, members) log10 kg CO2e per kg, in the order of MEMBERS
    hints: Floats  # (rows, hints) in the order of HINTS, each larger where harder
    similarity: Floats  # (rows,) cosine to the nearest record
    nearest: Ints  # (rows, NEAREST) row numbers of the nearest records, best first
    luc_share: Floats  # (rows,) part from land-use change, as in the nearest records that state it

    def take(self, codes: Ints) -> Predicted:
        return Predicted(
            members=self.members[codes],
            hints=self.hints[codes],
            similarity=self.similarity[codes],
            nearest=self.nearest[codes],
            luc_share=self.luc_share[codes],
        )


@dataclass(kw_only=True)
class Members:
    """The members fitted to the same records."""

    settings: Settings = field(default_factory=Settings)

    def fit(self, described: pd.DataFrame, log_kg: Floats, groups: Ints) -> Members:
        """Learns from records described by `features.describe`, their log10 kg and their groups.

        The trees see what neighbours and shelves say of a record without its own group, as they
        will for a product that is not in the seed.
        """
        self.records_ = described.reset_index(drop=True)
        self.log_kg_ = np.asarray(log_kg, dtype=np.float64)
        self.groups_ = np.asarray(groups)
        self.errors_ = np.zeros(len(self.log_kg_))  # |residual| out of fold, once it is known
        self.luc_share_ = np.full(len(self.log_kg_), np.nan)  # from land-use change, once known
        self.vocabulary_, self.vectors_ = learn_vocabulary(self.records_)
        measures = self.records_[list(MEASURES)].to_numpy(dtype=np.float64)
        known = ~np.isnan(measures)
        count = np.maximum(known.sum(axis=0), 1)
        self.centre_ = np.where(known, measures, 0.0).sum(axis=0) / count
        apart = np.where(known, measures - self.centre_, 0.0)
        self.scale_ = np.sqrt((apart**2).sum(axis=0) / count) + 1e-9
        alike = likeness(self.vectors_, self.vectors_)
        self.mean_ = float(self.log_kg_.mean())
        close = self._close(self.records_, alike)
        covariance = self.covariance(self.records_, close) + NOISE * np.eye(len(alike))
        self.ridge_ = np.linalg.solve(covariance, self.log_kg_ - self.mean_)

        dimensions = min(self.settings.dimensions, len(alike) - 1, self.vectors_.shape[1] - 1)
        left, size, _ = randomized_svd(
            self.vectors_, dimensions, n_iter=2, random_state=self.settings.random_state
        )
        self.projection_ = left / np.maximum(size, 1e-9)
        held = np.diff(self.vectors_.tocsc().indptr) >= IN_TEXTS
        self.shown_ = {
            "text": self._columns(held, "words", "families"),
            "attributes": self._columns(held, "foods"),
        }
        own = self.groups_[:, None] == self.groups_[None, :]
        outside = np.where(own, 0.0, close)  # as it will be for a product that is no record
        near = neighbour_features(outside, most_alike(outside, NEIGHBOURS), self.log_kg_)
        shelves = nested_means_without(
            self.records_, SHELVES, self.log_kg_, self.groups_, self.mean_
        )
        tables = self._tables(self.records_, self.vectors_, alike, near, shelves)
        settings = self.settings.booster(self.mean_)
        self.boosters_ = {
            name: xgb.train(
                settings,
                xgb.DMatrix(table, self.log_kg_, nthread=1),
                num_boost_round=self.settings.rounds,
            )
            for name, table in tables.items()
        }
        return self

    def predict(self, described: pd.DataFrame) -> Predicted:
        """What the members say of described products, a block of rows at a time."""
        blocks = [
            self._predict(described.iloc[at : at + BLOCK])
            for at in range(0, max(len(described), 1), BLOCK)
        ]
        return Predicted(
            members=np.concatenate([block.members for block in blocks]),
            hints=np.concatenate([block.hints for block in blocks]),
            similarity=np.concatenate([block.similarity for block in blocks]),
            nearest=np.concatenate([block.nearest for block in blocks]),
            luc_share=np.concatenate([block.luc_share for block in blocks]),
        )

    def words_in_common(self, described: pd.DataFrame) -> Floats:
        """Share of words each name has in common with the closest record's name, (rows,)."""
        records = self.records_["name"]
        blocks = [
            words_in_common(described["name"].iloc[at : at + BLOCK], records)
            for at in range(0, len(described), BLOCK)
        ]
        return np.concatenate([np.empty(0), *blocks])

    def likeness_outside(self, parts: Ints) -> Floats:
        """How close the records are to those outside their own part, 0 inside it: (rows, rows)."""
        own = parts[:, None] == parts[None, :]
        alike = likeness(self.vectors_, self.vectors_)
        return np.where(own, 0.0, self._close(self.records_, alike))

    def ridge_residuals_without(self, parts: Ints) -> Floats:
        """Residual of each record's log10 kg under the ridge fitted without its whole part.

        By the block form of the leave-one-out identity: with K the kernel and a the fitted
        coefficients, the residuals of a part P are inverse(inverse(K)[P, P]) a[P].
        """
        alike = likeness(self.vectors_, self.vectors_)
        close = self._close(self.records_, alike)
        covariance = self.covariance(self.records_, close) + NOISE * np.eye(len(alike))
        inverse = np.linalg.inv(covariance)
        residuals = np.empty(len(alike))
        for part in np.unique(parts):
            rows = np.flatnonzero(parts == part)
            residuals[rows] = np.linalg.solve(inverse[np.ix_(rows, rows)], self.ridge_[rows])
        return residuals

    def _predict(self, described: pd.DataFrame) -> Predicted:
        vectors = self.vocabulary_.vectors(described)
        alike = likeness(vectors, self.vectors_)
        close = self._close(described, alike)
        nearest = most_alike(close, NEIGHBOURS)
        near = neighbour_features(close, nearest, self.log_kg_)
        shelves = nested_means(described, self.records_, SHELVES, self.log_kg_, self.mean_)
        tables = self._tables(described, vectors, alike, near, shelves)
        said = {
            name: self.boosters_[name].predict(xgb.DMatrix(table, nthread=1)).astype(np.float64)
            for name, table in tables.items()
        }
        said["ridge"] = self.mean_ + self.covariance(described, close) @ self.ridge_
        said["neighbours"] = near[:, 0]
        said["shelf"] = shelves[:, -1]
        members = np.column_stack([said[name] for name in MEMBERS])
        similarity = alike.max(axis=1)
        return Predicted(
            members=members,
            hints=np.column_stack(
                [
                    members.std(axis=1),
                    1 - similarity,
                    near[:, 1],
                    near_mean(close, nearest, self.errors_),
                ]
            ),
            similarity=similarity,
            nearest=nearest[:, :NEAREST],
            luc_share=near_mean_of_known(close, nearest, self.luc_share_),
        )

    def _columns(self, held: Bools, *blocks: str) -> Ints:
        """Columns of the vectors in `blocks`, those that are `held` by enough records."""
        wanted = np.zeros(len(held), dtype=bool)
        for block in blocks:
            wanted[self.vocabulary_.columns(block)] = True
        return np.flatnonzero(held & wanted)

    def _tables(
        self,
        described: pd.DataFrame,
        vectors: csr_matrix,
        alike: Floats,
        near: Floats,
        shelves: Floats,
    ) -> dict[str, Floats]:
        """What each of the TREES reads, (rows, features)."""
        flow = described["log_kg_per_flow"].to_numpy()
        held = {name: (vectors[:, at] > 0).toarray() for name, at in self.shown_.items()}
        measures = described[list(MEASURES)].to_numpy(dtype=np.float64)
        tables = {
            "attributes": [held["attributes"], measures, shelves, flow],
            "text": [held["text"], alike @ self.projection_, near, shelves[:, -3:], flow],
        }
        return {name: np.column_stack(parts).astype(np.float32) for name, parts in tables.items()}

    def covariance(self, described: pd.DataFrame, close: Floats) -> Floats:
        """Covariance of the figures of described products with the records', which are so `close`:
        (rows, records)."""
        made, of = (self._standard(table) for table in (described, self.records_))
        return np.exp(SHARPNESS * (close - 1.0)) + TREND * (made @ of.T) / made.shape[1]

    def _close(self, described: pd.DataFrame, alike: Floats) -> Floats:
        """How close described products are to the records, (rows, records), from 0 to 1: the mean
        of their texts' likeness and of how alike they are in what they are made of."""
        made, of = (self._standard(table) for table in (described, self.records_))
        # what names no food is like no food
        foods = [table["foods"].to_numpy() != "" for table in (described, self.records_)]
        matter = np.exp(-cdist(made, of, "sqeuclidean") / (2 * made.shape[1]))
        matter *= foods[0][:, None] & foods[1][None, :]
        return (1 - COMPOSITION) * alike + COMPOSITION * matter

    def _standard(self, described: pd.DataFrame) -> Floats:
        """The measures of foods in standard deviations from the records' mean, weighted by how
        much they count; 0 where unknown."""
        measures = described[list(COUNTS)].to_numpy(dtype=np.float64)
        apart = (measures - self.centre_[: len(COUNTS)]) / self.scale_[: len(COUNTS)]
        weight = np.sqrt(np.array(list(COUNTS.values())))
        return np.clip(np.nan_to_num(apart, nan=0.0), -FAR, FAR) * weight


def blend_weights(members: Floats, log_kg: Floats, floor: float, trees: int = 1) -> Floats:
    """Weights of the members, (members,): at least 0, sum 1, the first `trees` at least `floor`.

    Those whose weighted mean has the least squared error against `log_kg`, (rows,); `members` is
    (rows, members), predicted out of fold. Non-negative least squares with the sum as one more,
    heavy row (van der Laan, Polley and Hubbard 2007, Super Learner, Statistical Applications in
    Genetics and Molecular Biology 6); where the trees would stay under their floor, they are held
    to it and the others to the rest.

    >>> blend_weights(np.array([[0.0, 2.0, 5.0], [0.0, 4.0, 5.0]]), np.array([1.0, 2.0]), 0.2)
    array([0.5, 0.5, 0. ])
    """
    is_tree = (np.arange(members.shape[1]) < trees).astype(np.float64)
    weights = _held_to(members, log_kg, np.ones((1, len(is_tree))), np.ones(1))
    if is_tree @ weights < floor:
        halves = np.vstack([is_tree, 1 - is_tree])
        weights = _held_to(members, log_kg, halves, np.array([floor, 1 - floor]))
    return weights


def _held_to(members: Floats, log_kg: Floats, parts: Floats, sums: Floats) -> Floats:
    """Non-negative least-squares weights whose sums over `parts` (parts, members) are `sums`."""
    heavy = 1e4 * max(float(np.abs(members).sum()), 1.0)
    weights, _ = nnls(np.vstack([members, heavy * parts]), np.append(log_kg, heavy * sums))
    return np.round(weights, 9)
