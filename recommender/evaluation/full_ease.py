"""EASE with every weight kept, as the baseline of the literature has it (Steck 2019).

The model that proposes candidates (`relevance.linear.Ease`) asks only whether a product was bought
and keeps each product's highest weights: enough for new items, but it ranks what a customer bought
before worse (on weeks 45-48, NDCG@10 of all items .211 against .297). Relevance should be compared
with the stronger of the two.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_matrix

from recommender.candidates import Floats, Ints
from recommender.relevance.items.one_blas_thread import one_blas_thread

PRODUCTS_AT_A_TIME = 1000


@dataclass
class FullEase:
    """Each product from the customer's other products by ridge regression over all customers.

    With P = (X'X + ridge I)^-1, the score of product j is x_j - (x P)_j / P_jj. Where there are
    fewer customers than products, x P comes from the inverse of X X' + ridge I (Woodbury), and no
    table of products x products is made.
    """

    most_bought: int = 6000  # products that it learns; the others are never proposed
    ridge: float = 300.0  # tuned on weeks 45-48 of Complete Journey
    products_: Ints = field(default_factory=lambda: np.zeros(0, np.int64), repr=False)
    matrix_: csr_matrix = field(default_factory=lambda: csr_matrix((0, 0)), repr=False)
    inverse_: Floats = field(default_factory=lambda: np.zeros((0, 0)), repr=False)
    diagonal_: Floats = field(default_factory=lambda: np.zeros(0), repr=False)

    def fit(self, matrix: csr_matrix) -> FullEase:
        """The model learned from customers x products, whose rows it scores."""
        buyers = np.bincount(matrix.indices, minlength=matrix.shape[1])
        most = np.lexsort((np.arange(len(buyers)), -buyers))[: self.most_bought]
        self.products_ = np.sort(most[buyers[most] > 0])
        x = csr_matrix(matrix[:, self.products_], dtype=np.float64)
        self.matrix_, by_product = x, x.T.tocsr()
        table = (x @ by_product if self._by_customer else by_product @ x).toarray()
        table[np.diag_indices_from(table)] += self.ridge
        with one_blas_thread():
            factor = cho_factor(table, lower=True, overwrite_a=True)
            self.inverse_ = cho_solve(factor, np.eye(len(table)))
        if not self._by_customer:
            self.diagonal_ = np.diag(self.inverse_).copy()
            return self
        explained = np.zeros(len(self.products_))
        for first in range(0, len(explained), PRODUCTS_AT_A_TIME):
            some = by_product[first : first + PRODUCTS_AT_A_TIME]
            of = some.multiply(some @ self.inverse_).sum(axis=1)
            explained[first : first + PRODUCTS_AT_A_TIME] = np.asarray(of).ravel()
        self.diagonal_ = (1.0 - explained) / self.ridge
        return self

    def scores(self, rows: slice) -> Floats:
        """(some customers, `products_`): higher is likelier."""
        bought = self.matrix_[rows].toarray()
        with one_blas_thread():
            if self._by_customer:
                alike = (self.matrix_[rows] @ self.matrix_.T).toarray() @ self.inverse_
                predicted = (bought - alike @ self.matrix_) / self.ridge
            else:
                predicted = bought @ self.inverse_
        return np.asarray(bought - predicted / self.diagonal_)

    @property
    def _by_customer(self) -> bool:
        return bool(self.matrix_.shape[0] < self.matrix_.shape[1])
