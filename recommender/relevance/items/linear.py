"""EASE: a linear model of products, learned in one solve and kept sparse (Steck 2019).

Every product is predicted from the customer's other products by ridge regression, whose weights
have the closed form -P_ij / P_jj with P the inverse of the products' co-purchases plus lambda.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_matrix

from recommender.candidates import Floats, Ints
from recommender.relevance.items.answers import Floats32, best_near, nothing, rows_of, score_near
from recommender.relevance.items.implicit_adapter import check_matrix
from recommender.relevance.items.one_blas_thread import one_blas_thread

COLUMNS_AT_A_TIME = 1000


@dataclass
class Ease:
    """Weights from what a customer bought to each product; only bought or not counts.

    Learned: `weights_`, products x products in sparse rows of float32, row i holding what having
    bought i says of each other product. Each column keeps its `neighbours` highest weights above
    0, so a score is a sum of reasons for a product, never against one. How often a customer buys
    is left out on purpose: on weeks 45-48 bought-or-not found more new purchases.
    """

    products: int = 6000  # the most bought; the others are neither read nor proposed
    ridge: float = 1000.0
    neighbours: int = 200
    weights_: csr_matrix = field(default_factory=lambda: csr_matrix((0, 0)), repr=False)

    def fit(self, matrix: csr_matrix) -> Ease:
        """The model learned from customers x products; values above 0 say bought.

        The same bits on any number of threads.
        """
        check_matrix(matrix)
        bought = _bought(matrix)
        buyers = np.bincount(bought.indices, minlength=bought.shape[1])
        most = np.lexsort((np.arange(len(buyers)), -buyers))[: self.products]
        kept = np.sort(most[buyers[most] > 0])
        bought = bought[:, kept].astype(np.float64)
        row, column, value = [], [], []
        with one_blas_thread():
            for columns, inverse in _inverse(bought, self.ridge):
                own = np.arange(len(columns))
                weights = -inverse / inverse[columns, own]
                weights[columns, own] = 0.0
                count = min(self.neighbours, len(kept))
                near = np.argpartition(-weights, count - 1, axis=0)[:count]
                chosen = np.take_along_axis(weights, near, axis=0)
                above = chosen > 0
                row.append(kept[near[above]])
                column.append(kept[np.broadcast_to(columns, near.shape)[above]])
                value.append(chosen[above].astype(np.float32))
        places = np.concatenate(row), np.concatenate(column)
        shape = (matrix.shape[1], matrix.shape[1])
        self.weights_ = csr_matrix((np.concatenate(value), places), shape=shape)
        self.weights_.sort_indices()
        return self

    def propose(
        self, matrix: csr_matrix, n: int, new_only: bool = True, boost: Floats | None = None
    ) -> tuple[Ints, Floats]:
        """(rows, n) product columns and scores, best first, -1 and -inf where there are less.

        `matrix` holds one row of purchases per customer, known to the model or not. `boost`
        (products,) multiplies each product's score.

        >>> baskets = csr_matrix(np.array([[1, 1, 0], [1, 1, 0], [0, 1, 1], [1, 0, 0]]))
        >>> Ease(ridge=1.0).fit(baskets).propose(baskets[3:], 2)[0]
        array([[ 1, -1]])
        """
        if not (n and matrix.shape[0]):
            return nothing(matrix.shape[0], n)
        near = self.weights_.copy()
        if boost is not None:
            near.data *= boost[near.indices].astype(np.float32)
        return best_near(rows_of(_bought(matrix)), rows_of(near), n, new_only)

    def score(
        self, matrix: csr_matrix, customer: Ints, product: Ints, by_strength: bool = False
    ) -> Floats32:
        """The sum of each product's weights from what the customer bought; `customer` ascending.

        By strength, what was bought counts by its value in `matrix`, not only as bought or not.
        One customer's row of scores stands in memory at a time.
        """
        start = np.searchsorted(customer, np.arange(matrix.shape[0] + 1))
        taste = csr_matrix(matrix, dtype=np.float32) if by_strength else _bought(matrix)
        return score_near(rows_of(taste), rows_of(self.weights_), start, product)


def _bought(matrix: csr_matrix) -> csr_matrix:
    bought = csr_matrix(matrix, dtype=np.float32, copy=True)
    bought.sum_duplicates()
    bought.data = (bought.data > 0).astype(np.float32)
    bought.eliminate_zeros()
    return bought


def _inverse(bought: csr_matrix, ridge: float) -> Iterator[tuple[Ints, Floats]]:
    """Columns of (X'X + ridge I)^-1, some at a time: their numbers, and (products, columns).

    With fewer customers than products the solve is as large as the customers (Woodbury): it is
    (I - X' (X X' + ridge I)^-1 X) / ridge.
    """
    bought = bought[np.diff(bought.indptr) > 0]
    customers, products = bought.shape
    few = customers < products
    table = (bought @ bought.T if few else bought.T @ bought).toarray()
    table[np.diag_indices_from(table)] += ridge
    inverse = cho_solve(cho_factor(table, lower=True, overwrite_a=True), np.eye(len(table)))
    by_product = bought.T.tocsr()
    for first in range(0, products, COLUMNS_AT_A_TIME):
        columns = np.arange(first, min(first + COLUMNS_AT_A_TIME, products))
        if few:
            some = -(by_product @ (by_product[columns] @ inverse).T)
            some[columns, columns - first] += 1.0
            yield columns, some / ridge
        else:
            yield columns, inverse[:, columns]
