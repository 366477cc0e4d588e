"""implicit's models behind one honest answer: real products only, none twice, none bought.

Left alone, implicit pads short answers with bought items at score -3.4e38 (ALS), with id -1 or
score 0 (item-item) or with item 0, gives customers without purchases arbitrary items, and ranks
products that nobody bought by what is left of their random start. Here every such entry becomes -1
with score -inf, at the end of the row, and `answers.missing` counts them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from implicit.cpu.topk import topk
from implicit.nearest_neighbours import ItemItemRecommender
from scipy.sparse import csr_matrix, diags_array

from recommender.candidates import Floats, Ints
from recommender.relevance.items.answers import (
    Floats32,
    best_near,
    honest,
    nothing,
    rows_of,
    score_near,
)
from recommender.relevance.items.one_blas_thread import one_blas_thread


@dataclass
class Als:
    """Implicit-feedback matrix factorisation (Hu, Koren and Volinsky 2008) by `implicit`."""

    factors: int = 64
    regularization: float = 0.05
    iterations: int = 12
    seed: int = 1
    threads: int = 0  # 0 is all cores; the bits are the same on any number
    model_: Any = field(default=None, repr=False)
    sold_: Ints = field(default_factory=lambda: np.zeros(0, np.int64), repr=False)

    def fit(self, matrix: csr_matrix) -> Als:
        """The model learned from customers x products, values are how often."""
        check_matrix(matrix)
        taste = canonical(matrix)
        with one_blas_thread():
            model = self._bare()
            model.fit(taste, show_progress=False)
        # what nobody bought keeps a remnant of its random start
        sold = np.bincount(taste.indices, minlength=taste.shape[1]) > 0
        model.item_factors[~sold] = 0.0
        self._take(model.item_factors, np.flatnonzero(sold))
        # learning ends with the products: one more solve, so that a known customer and one who is
        # folded in later stand on the same footing
        self.model_.user_factors = self._solve(taste)
        return self

    def with_items(self, item_factors: Floats32, sold: Ints) -> Als:
        """A model of these settings around learned item factors (products, factors)."""
        self._take(np.ascontiguousarray(item_factors, np.float32), sold)
        return self

    def fold_in(self, matrix: csr_matrix) -> Als:
        """This model for the customers of `matrix` instead, without a refit of the products.

        Each row's factors are the least-squares answer to the learned products, so a customer with
        the purchases that the model learned from gets the same bits as in the fit.
        """
        check_values(matrix)
        folded = replace(self, model_=self._bare())
        folded.model_.item_factors = self.model_.item_factors
        folded.model_._YtY = self.model_._YtY
        folded.model_.user_factors = folded._solve(canonical(matrix))
        return folded

    def propose(
        self, matrix: csr_matrix, n: int, new_only: bool = True, users: Ints | None = None
    ) -> tuple[Ints, Floats]:
        """(rows, n) product columns and scores, best first, -1 and -inf where there are less.

        Row k of `matrix` holds the purchases of the learned customer `users[k]` (by default k).
        """
        taste, model = canonical(matrix), self.model_
        factors = model.user_factors if users is None else model.user_factors[users]
        if len(factors) != taste.shape[0]:
            raise ValueError(
                f"{taste.shape[0]} rows of purchases for {len(factors)} customers, but one row for "
                f"each was expected"
            )
        asked = min(n, len(self.sold_))
        if not (asked and len(factors)):
            return nothing(len(factors), n)
        with one_blas_thread():
            ids, scores = topk(
                self._sold_factors(),
                factors,
                asked,
                filter_query_items=self._among_sold(taste) if new_only else None,
                num_threads=self.threads,
            )
        return honest(
            taste.indptr, taste.indices, ids, scores, self.sold_, n, new_only, taste.shape[1]
        )

    def score(self, customer: Ints, product: Ints) -> Floats32:
        """The model's score of each pair, in batches so that memory stays bounded."""
        users = np.asarray(self.model_.user_factors)
        items = np.asarray(self.model_.item_factors)
        out = np.empty(len(customer), np.float32)
        for at in range(0, len(out), 1 << 18):
            rows = slice(at, at + (1 << 18))
            out[rows] = np.einsum("ij,ij->i", users[customer[rows]], items[product[rows]])
        return out

    def _bare(self) -> AlternatingLeastSquares:
        with one_blas_thread():
            return AlternatingLeastSquares(
                factors=self.factors,
                regularization=self.regularization,
                iterations=self.iterations,
                random_state=self.seed,
                num_threads=self.threads,
                calculate_training_loss=False,
            )

    def _take(self, item_factors: Floats32, sold: Ints) -> None:
        self.sold_ = np.asarray(sold, np.int64)
        self.model_ = self._bare()
        self.model_.item_factors = item_factors
        with one_blas_thread():
            _ = self.model_.YtY  # made once, and kept by implicit

    def _solve(self, taste: csr_matrix) -> Floats32:
        learned = len(self.model_.item_factors)
        if taste.shape[1] != learned:
            raise ValueError(f"{taste.shape[1]} products, but the model learned {learned}")
        factors = np.zeros((taste.shape[0], self.factors), np.float32)
        some = np.flatnonzero(np.diff(taste.indptr))
        rows = taste if len(some) == len(factors) else taste[some]
        with one_blas_thread():
            factors[some] = self.model_.recalculate_user(some, rows)
        return factors

    def _sold_factors(self) -> Floats32:
        factors: Floats32 = self.model_.item_factors
        return factors if len(self.sold_) == len(factors) else factors[self.sold_]

    def _among_sold(self, taste: csr_matrix) -> csr_matrix:
        """`taste` with the columns of `sold_` alone."""
        if len(self.sold_) == taste.shape[1]:
            return taste
        place = np.full(taste.shape[1], -1, np.int32)
        place[self.sold_] = np.arange(len(self.sold_), dtype=np.int32)
        column = place[taste.indices]
        keep = column >= 0
        ends = np.r_[0, np.cumsum(keep)].astype(np.int32)[taste.indptr]
        shape = (taste.shape[0], len(self.sold_))
        return csr_matrix((taste.data[keep], column[keep], ends), shape=shape)


@dataclass
class ItemItem:
    """Cosine similarity between products by who buys them, each product's nearest kept."""

    neighbours: int = 100
    similarity_: Any = field(default=None, repr=False)

    def fit(self, matrix: csr_matrix) -> ItemItem:
        """The model learned from customers x products, values are how often."""
        check_matrix(matrix)
        model = ItemItemRecommender(K=self.neighbours, num_threads=1)
        # implicit's own cosine model warns of the matrix that it makes itself
        norm = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=0), np.float64)).ravel()
        scale = np.divide(1.0, norm, out=np.zeros_like(norm), where=norm > 0)
        # anything but float64 is refused
        unit = csr_matrix(matrix, dtype=np.float64) @ diags_array(scale)
        model.fit(csr_matrix(unit), show_progress=False)
        # as precise as it is saved, so that a saved model answers in the same bits
        self.similarity_ = canonical(model.similarity)
        return self

    def propose(self, matrix: csr_matrix, n: int, new_only: bool = True) -> tuple[Ints, Floats]:
        """(rows, n) product columns and scores, best first, -1 and -inf where there are less."""
        taste = canonical(matrix)
        check_values(taste)
        return best_near(rows_of(taste), rows_of(self.similarity_), n, new_only)

    def score(self, matrix: csr_matrix, customer: Ints, product: Ints) -> Floats32:
        """Sum of each product's similarity to what the customer bought; `customer` ascending."""
        taste = canonical(matrix)
        check_values(taste)
        start = np.searchsorted(customer, np.arange(taste.shape[0] + 1))
        return score_near(rows_of(taste), rows_of(self.similarity_), start, product)


def canonical(matrix: csr_matrix) -> csr_matrix:
    """`matrix` as implicit needs it: a csr_matrix of float32 with int32 columns, ascending.

    A value of 0 is no purchase and goes.
    """
    rows = csr_matrix(matrix, dtype=np.float32)
    if not rows.has_canonical_format or (rows.data == 0).any():
        rows = rows.copy()
        rows.sum_duplicates()
        rows.eliminate_zeros()
    if rows.indices.dtype != np.int32 or rows.indptr.dtype != np.int32:
        parts = (rows.data, rows.indices.astype(np.int32), rows.indptr.astype(np.int32))
        rows = csr_matrix(parts, shape=rows.shape)
    return rows


def check_matrix(matrix: csr_matrix) -> None:
    """Refuses what implicit would accept in silence: negative or non-finite values, no values."""
    if matrix.nnz == 0:
        raise ValueError("no purchases to learn from: the matrix of customers x products is empty")
    check_values(matrix)


def check_values(matrix: csr_matrix) -> None:
    """Refuses negative and non-finite values; naming the first customer and counting them."""
    bad = ~np.isfinite(matrix.data) | (matrix.data < 0)
    if bad.any():
        row = int(np.searchsorted(matrix.indptr, np.flatnonzero(bad)[0], side="right")) - 1
        raise ValueError(
            f"purchases of customer number {row}: a value is {matrix.data[bad][0]}, but finite "
            f"values of at least 0 were expected ({bad.sum()} such values)"
        )
