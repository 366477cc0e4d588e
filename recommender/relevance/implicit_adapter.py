"""implicit's models behind one honest answer: real products only, none twice, none bought.

Left alone, implicit pads short answers with bought items at score -3.4e38 (ALS), with id -1 or
score 0 (item-item) or with item 0, and gives customers without purchases arbitrary items. Here
every such entry becomes -1 with score -inf, at the end of the row.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from implicit.cpu.als import AlternatingLeastSquares
from implicit.nearest_neighbours import ItemItemRecommender
from scipy.sparse import csr_matrix, diags_array
from threadpoolctl import threadpool_limits

from recommender.candidates import Floats, Ints

NO_PRODUCT = -1
Floats32 = npt.NDArray[np.float32]


@dataclass
class Als:
    """Implicit-feedback matrix factorisation (Hu, Koren and Volinsky 2008) by `implicit`."""

    factors: int = 64
    regularization: float = 0.05
    iterations: int = 12
    seed: int = 1
    model_: Any = field(default=None, repr=False)

    def fit(self, matrix: csr_matrix) -> Als:
        """The model learned from customers x products, values are how often."""
        check_matrix(matrix)
        # two levels of threads at once make ALS up to ten times slower
        with threadpool_limits(1, "blas"):
            self.model_ = AlternatingLeastSquares(
                factors=self.factors,
                regularization=self.regularization,
                iterations=self.iterations,
                random_state=self.seed,
                calculate_training_loss=False,
            )
            self.model_.fit(csr_matrix(matrix, dtype=np.float32), show_progress=False)
        return self

    def propose(
        self, matrix: csr_matrix, n: int, new_only: bool = True, users: Ints | None = None
    ) -> tuple[Ints, Floats]:
        """(rows, n) product columns and scores, best first, -1 and -inf where there are less.

        Row k of `matrix` holds the purchases of the learned customer `users[k]` (by default k).
        """
        taste = csr_matrix(matrix, dtype=np.float32)
        with threadpool_limits(1, "blas"):
            return clean_answer(self.model_, taste, n, new_only, users)

    def score(self, customer: Ints, product: Ints) -> Floats32:
        """The model's score of each pair, in batches so that memory stays bounded."""
        users = np.asarray(self.model_.user_factors)
        items = np.asarray(self.model_.item_factors)
        out = np.empty(len(customer), np.float32)
        for at in range(0, len(out), 1 << 18):
            rows = slice(at, at + (1 << 18))
            out[rows] = np.einsum("ij,ij->i", users[customer[rows]], items[product[rows]])
        return out


@dataclass
class ItemItem:
    """Cosine similarity between products by who buys them, each product's nearest kept."""

    neighbours: int = 100
    model_: Any = field(default=None, repr=False)

    def fit(self, matrix: csr_matrix) -> ItemItem:
        """The model learned from customers x products, values are how often."""
        check_matrix(matrix)
        self.model_ = ItemItemRecommender(K=self.neighbours, num_threads=1)
        # implicit's own cosine model warns of the matrix that it makes itself
        norm = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=0), np.float64)).ravel()
        scale = np.divide(1.0, norm, out=np.zeros_like(norm), where=norm > 0)
        unit = csr_matrix(matrix, dtype=np.float64) @ diags_array(scale)
        self.model_.fit(csr_matrix(unit), show_progress=False)
        return self

    def propose(self, matrix: csr_matrix, n: int, new_only: bool = True) -> tuple[Ints, Floats]:
        """(rows, n) product columns and scores, best first, -1 and -inf where there are less."""
        return clean_answer(self.model_, csr_matrix(matrix, dtype=np.float64), n, new_only)

    def score(self, matrix: csr_matrix, customer: Ints, product: Ints) -> Floats32:
        """Sum of each product's similarity to what the customer bought; `customer` ascending.

        Whole rows of the sparse product are made for a few customers at a time, so that no dense
        table of customers x products ever stands in memory.
        """
        similarity = csr_matrix(self.model_.similarity)
        out = np.zeros(len(customer), np.float32)
        width = matrix.shape[1]
        for first in range(0, matrix.shape[0], 512):
            rows = slice(*np.searchsorted(customer, [first, first + 512]))
            if rows.start == rows.stop:
                continue
            dense = (matrix[first : first + 512] @ similarity).tocsr()
            dense.sort_indices()
            lengths = np.diff(dense.indptr)
            keys = np.repeat(np.arange(dense.shape[0]), lengths) * np.int64(width) + dense.indices
            want = (customer[rows] - first) * np.int64(width) + product[rows]
            at = np.minimum(np.searchsorted(keys, want), max(len(keys) - 1, 0))
            if len(keys):
                out[rows] = np.where(keys[at] == want, dense.data[at], 0.0)
        return out


def clean_answer(
    model: Any, matrix: csr_matrix, n: int, new_only: bool, users: Ints | None = None
) -> tuple[Ints, Floats]:
    """implicit's `recommend` for every row of `matrix`, with its pads and arbitrary rows removed.

    Shapes (rows, n). A product stands at most once in a row; the unfilled end is -1 with -inf.
    """
    rows, products = matrix.shape
    asked = min(n, products)
    known = np.arange(rows) if users is None else users
    ids, scores = model.recommend(known, matrix, N=asked, filter_already_liked_items=new_only)
    ids, scores = ids.astype(np.int64), scores.astype(np.float64)
    width = np.int64(products)
    keys = np.where(ids >= 0, ids, 0) + np.arange(rows)[:, None] * width
    pad = (ids < 0) | (scores <= -1e37) | ~np.isfinite(scores)
    if isinstance(model, ItemItemRecommender):
        pad |= scores <= 0
    if new_only and matrix.nnz:
        liked = np.sort(np.repeat(np.arange(rows), np.diff(matrix.indptr)) * width + matrix.indices)
        at = np.minimum(np.searchsorted(liked, keys), len(liked) - 1)
        pad |= liked[at] == keys
    # a pad may repeat a product that stands earlier in the row
    order = np.argsort(keys, axis=1, kind="stable")
    in_order = np.take_along_axis(keys, order, axis=1)
    again = np.zeros_like(pad)
    np.put_along_axis(again, order[:, 1:], in_order[:, 1:] == in_order[:, :-1], axis=1)
    pad |= again
    pad |= (np.diff(matrix.indptr) == 0)[:, None]
    scores = np.where(pad, -np.inf, scores)
    ids = np.where(pad, NO_PRODUCT, ids)
    best = np.argsort(-scores, axis=1, kind="stable")
    ids, scores = np.take_along_axis(ids, best, 1), np.take_along_axis(scores, best, 1)
    short = n - asked
    return (
        np.pad(ids, ((0, 0), (0, short)), constant_values=NO_PRODUCT),
        np.pad(scores, ((0, 0), (0, short)), constant_values=-np.inf),
    )


def check_matrix(matrix: csr_matrix) -> None:
    """Refuses what implicit would accept in silence: negative or non-finite values, no values."""
    if matrix.nnz == 0:
        raise ValueError("no purchases to learn from: the matrix of customers x products is empty")
    bad = ~np.isfinite(matrix.data) | (matrix.data < 0)
    if bad.any():
        row = int(np.searchsorted(matrix.indptr, np.flatnonzero(bad)[0], side="right")) - 1
        raise ValueError(
            f"purchases of customer number {row}: a value is {matrix.data[bad][0]}, but finite "
            f"values of at least 0 were expected ({bad.sum()} such values)"
        )
