"""Members of the blend: trees, ridge and nearest neighbours on one product's text.

All learn log10 kg CO2e per kg. Trees (XGBoost) are the core; on a small seed ridge and neighbours
are their equals, the three err in different places, and their weighted mean beats each.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

import numpy as np
import pandas as pd
import xgboost as xgb
from scipy.sparse import csr_matrix
from sklearn.utils.extmath import randomized_svd

from pcf_estimator.features import learn_vocabulary, likeness, words_in_common
from pcf_estimator.pooling import (
    NEIGHBOURS,
    most_alike,
    near_mean,
    neighbour_features,
    shrunken,
    sums_of,
    sums_without,
)

Bools = np.ndarray
Floats = np.ndarray
Ints = np.ndarray

MEMBERS = ("xgboost", "ridge", "neighbours")
HINTS = (
    "spread of the members",
    "distance to the nearest record",
    "spread of the neighbours",
    "errors of the neighbours",
)
NEAREST = 3  # records named as the source of a figure
NOISE = 0.1  # ridge: variance of a figure around what its text can say, in units of its kernel
IN_TEXTS = 4  # a word, pair of words or family that fewer records hold is no feature of the trees
BLOCK = 4096  # products at a time: bounds the memory of their likeness to every record


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Sizes that a fit depends on; the defaults were found on the grouped split of the seed."""

    rounds: int = 250
    depth: int = 4
    rate: float = 0.06
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
            "subsample": 0.8,
            "colsample_bytree": 0.2,
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

    def take(self, codes: Ints) -> Predicted:
        return Predicted(
            members=self.members[codes],
            hints=self.hints[codes],
            similarity=self.similarity[codes],
            nearest=self.nearest[codes],
        )


@dataclass(kw_only=True)
class Members:
    """The three members fitted to the same records."""

    settings: Settings = field(default_factory=Settings)

    def fit(self, described: pd.DataFrame, log_kg: Floats, groups: Ints) -> Members:
        """Learns from records described by `features.describe`, their log10 kg and their groups.

        The trees see what neighbours and kinds say of a record without its own group, as they
        will for a product that is not in the seed.
        """
        self.records_ = described.reset_index(drop=True)
        self.log_kg_ = np.asarray(log_kg, dtype=np.float64)
        self.groups_ = np.asarray(groups)
        self.errors_ = np.zeros(len(self.log_kg_))  # |residual| out of fold, once it is known
        self.vocabulary_, self.vectors_ = learn_vocabulary(self.records_)
        alike = likeness(self.vectors_, self.vectors_)
        self.mean_ = float(self.log_kg_.mean())
        kernel = _kernel(alike) + NOISE * np.eye(len(alike))
        self.ridge_ = np.linalg.solve(kernel, self.log_kg_ - self.mean_)

        dimensions = min(self.settings.dimensions, len(alike) - 1, self.vectors_.shape[1] - 1)
        left, size, _ = randomized_svd(
            self.vectors_, dimensions, n_iter=2, random_state=self.settings.random_state
        )
        self.projection_ = left / np.maximum(size, 1e-9)
        held = np.diff(self.vectors_.tocsc().indptr) >= IN_TEXTS
        shown = np.zeros(len(held), dtype=bool)
        for block in ("words", "families"):
            shown[self.vocabulary_.columns(block)] = True
        self.shown_ = np.flatnonzero(held & shown)

        own = self.groups_[:, None] == self.groups_[None, :]
        outside = np.where(own, 0.0, alike)  # as it will be for a product that is no record
        near = neighbour_features(outside, most_alike(outside, NEIGHBOURS), self.log_kg_)
        means = [
            shrunken(*sums_without(self.records_[key], self.log_kg_, self.groups_), self.mean_)
            for key in ("kind", "need")
        ]
        table = self._table(self.records_, self.vectors_, alike, near, means)
        data = xgb.DMatrix(table, self.log_kg_, nthread=1)
        self.booster_ = xgb.train(
            self.settings.booster(self.mean_), data, num_boost_round=self.settings.rounds
        )
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
        """Likeness of the records to those outside their own part, 0 inside it: (rows, rows)."""
        own = parts[:, None] == parts[None, :]
        return np.where(own, 0.0, likeness(self.vectors_, self.vectors_))

    def ridge_residuals_without(self, parts: Ints) -> Floats:
        """Residual of each record's log10 kg under the ridge fitted without its whole part.

        By the block form of the leave-one-out identity: with K the kernel and a the fitted
        coefficients, the residuals of a part P are inverse(inverse(K)[P, P]) a[P].
        """
        alike = likeness(self.vectors_, self.vectors_)
        inverse = np.linalg.inv(_kernel(alike) + NOISE * np.eye(len(alike)))
        residuals = np.empty(len(alike))
        for part in np.unique(parts):
            rows = np.flatnonzero(parts == part)
            residuals[rows] = np.linalg.solve(inverse[np.ix_(rows, rows)], self.ridge_[rows])
        return residuals

    def _predict(self, described: pd.DataFrame) -> Predicted:
        vectors = self.vocabulary_.vectors(described)
        alike = likeness(vectors, self.vectors_)
        nearest = most_alike(alike, NEIGHBOURS)
        near = neighbour_features(alike, nearest, self.log_kg_)
        means = [
            shrunken(*sums_of(described[key], self.records_[key], self.log_kg_), self.mean_)
            for key in ("kind", "need")
        ]
        table = self._table(described, vectors, alike, near, means)
        trees = self.booster_.predict(xgb.DMatrix(table, nthread=1)).astype(np.float64)
        ridge = self.mean_ + _kernel(alike) @ self.ridge_
        members = np.column_stack([trees, ridge, near[:, 0]])
        similarity = alike.max(axis=1)
        return Predicted(
            members=members,
            hints=np.column_stack(
                [
                    members.std(axis=1),
                    1 - similarity,
                    near[:, 1],
                    near_mean(alike, nearest, self.errors_),
                ]
            ),
            similarity=similarity,
            nearest=nearest[:, :NEAREST],
        )

    def _table(
        self,
        described: pd.DataFrame,
        vectors: csr_matrix,
        alike: Floats,
        near: Floats,
        means: list[Floats],
    ) -> Floats:
        words = (vectors[:, self.shown_] > 0).toarray()
        flow = described["log_kg_per_flow"].to_numpy()
        return np.column_stack([words, alike @ self.projection_, near, *means, flow]).astype(
            np.float32
        )


def _kernel(alike: Floats) -> Floats:
    """Covariance of two products' figures by their likeness: 1 for the same text, 1/e for none."""
    return np.exp(alike - 1.0)


def blend_weights(members: Floats, log_kg: Floats, floor: float, step: float = 0.05) -> Floats:
    """Weights of the members, (members,): at least 0, sum 1, the first at least `floor`.

    Of all such weights in multiples of `step`, those whose weighted mean has the least squared
    error against `log_kg`; `members` is (rows, members), predicted out of fold.

    >>> blend_weights(np.array([[0.0, 2.0, 5.0], [0.0, 4.0, 5.0]]), np.array([1.0, 2.0]), 0.2)
    array([0.5, 0.5, 0. ])
    """
    steps = round(1 / step)
    counts = [c for c in product(range(steps + 1), repeat=members.shape[1]) if sum(c) == steps]
    weights = np.array([c for c in counts if c[0] >= floor * steps - 1e-9]) / steps
    # squared error of a blend is a quadratic form in its weights: no pass over the rows for each
    apart = members - log_kg[:, None]
    errors = np.einsum("wi,ij,wj->w", weights, apart.T @ apart, weights)
    return weights[int(errors.argmin())]
