"""Two nearest-neighbour baselines of the next-basket literature, sparse and block by block.

UP-CF (Faggioli, Polato and Aiolli 2020, "Recency aware collaborative filtering for next basket
recommendation") and TIFU-KNN (Hu, He, Gao and Zhang 2020, "Modeling personalized item frequency
information for next-basket recommendation"). Both describe a customer by a vector over products
and add up the vectors of the customers nearest to it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_matrix, diags_array

from recommender.best import best_rows
from recommender.candidates import Floats, Ints
from recommender.history import History, rank_within
from recommender.log import distinct_rows


@dataclass(frozen=True, kw_only=True)
class Trips:
    """The baskets of the served customers in the order of time, products of the universe only."""

    customers: Ints  # (rows,): the served customers
    products: Ints  # (columns,): the universe's products
    baskets: Ints  # (rows,): how many each customer made
    row: Ints  # of each line (one for each basket and product)
    column: Ints
    back: Ints  # 0 where the line's basket is the customer's last, 1 for the one before, ...

    @classmethod
    def of(cls, history: History) -> Trips:
        """The baskets of a history; those without a product of the universe are counted too."""
        v, served = history.visits, history.universe
        customers, products = np.flatnonzero(served.customers), np.flatnonzero(served.products)
        _, first, basket = distinct_rows(v.basket)
        owner = v.customer[first]
        # later first; two at the same time: the one that the log has later
        latest_first = np.lexsort((-first, -v.day[first], owner))
        back = rank_within(owner, latest_first)
        keep = served.customers[v.customer] & served.products[v.product]
        return cls(
            customers=customers,
            products=products,
            baskets=np.bincount(owner, minlength=v.customers)[customers],
            row=np.searchsorted(customers, v.customer[keep]),
            column=np.searchsorted(products, v.product[keep]),
            back=back[basket[keep]],
        )

    def matrix(self, weight: Floats) -> csr_matrix:
        """(customers, products) sums of each line's `weight`; a weight of 0 leaves no entry."""
        some = weight != 0
        shape = (len(self.customers), len(self.products))
        return csr_matrix((weight[some], (self.row[some], self.column[some])), shape=shape)


@dataclass
class UpCf:
    """User-wise popularity over the last baskets, added up over alike customers (UP-CF).

    Alike is the asymmetric cosine of the sets of products bought, raised to `locality`; a customer
    is among its own neighbours. Only the nearest `neighbours` count: at these localities the
    others weigh nothing, and the work per customer stays the same however many there are.
    """

    recent_baskets: int = 25  # these three were tuned on weeks 45-48 of Complete Journey
    asymmetry: float = 0.5
    locality: float = 5.0
    neighbours: int = 300
    vectors_: csr_matrix | None = field(default=None, repr=False)
    sets_: csr_matrix | None = field(default=None, repr=False)

    def fit(self, trips: Trips) -> UpCf:
        """The customers' vectors: share of its last baskets that hold the product."""
        counted = np.minimum(trips.baskets, self.recent_baskets)[trips.row]
        self.vectors_ = trips.matrix(np.where(trips.back < self.recent_baskets, 1.0 / counted, 0.0))
        self.sets_ = trips.matrix(np.ones(len(trips.row)))
        self.sets_.data[:] = 1.0
        return self

    def scores(self, rows: slice) -> Floats:
        """(some customers, products): higher is likelier, 0 where no neighbour ever bought."""
        assert self.sets_ is not None
        assert self.vectors_ is not None
        sizes = np.maximum(np.diff(self.sets_.indptr), 1).astype(np.float64)
        alike = (self.sets_[rows] @ self.sets_.T).toarray()
        alike /= sizes[rows, None] ** self.asymmetry * sizes ** (1.0 - self.asymmetry)
        near = _nearest(alike, self.neighbours)
        near.data **= self.locality
        return np.asarray((near @ self.vectors_).toarray())


@dataclass
class TifuKnn:
    """Temporal item frequency, mixed with that of the nearest customers (TIFU-KNN).

    A customer's baskets fall into `groups` of equal number (the later ones take one more); inside
    a group each basket back counts `basket_decay` less, each group back `group_decay` less.
    """

    groups: int = 7
    basket_decay: float = 0.9
    group_decay: float = 0.8
    neighbours: int = 100
    own_share: float = 0.5
    vectors_: csr_matrix | None = field(default=None, repr=False)
    squares_: Floats | None = field(default=None, repr=False)

    def fit(self, trips: Trips) -> TifuKnn:
        """The customers' decayed frequencies of products."""
        back, baskets = trips.back, trips.baskets[trips.row]
        groups = np.minimum(baskets, self.groups)
        size, longer = np.divmod(baskets, groups)  # the last `longer` groups have one more
        in_longer = longer * (size + 1)
        late = back < in_longer
        group_back = np.where(late, back // (size + 1), longer + (back - in_longer) // size)
        basket_back = np.where(late, back % (size + 1), (back - in_longer) % size)
        length = np.where(late, size + 1, size)
        weight = self.basket_decay**basket_back / length * self.group_decay**group_back / groups
        self.vectors_ = trips.matrix(weight)
        self.squares_ = np.asarray(self.vectors_.multiply(self.vectors_).sum(axis=1)).ravel()
        return self

    def scores(self, rows: slice) -> Floats:
        """(some customers, products): higher is likelier, 0 where nobody near ever bought."""
        assert self.vectors_ is not None
        assert self.squares_ is not None
        own = self.vectors_[rows]
        # Euclidean: |u - v|^2 is |v|^2 - 2 u v, but for what is the same for all v
        closeness = 2.0 * (own @ self.vectors_.T).toarray() - self.squares_
        closeness[np.arange(own.shape[0]), np.arange(closeness.shape[1])[rows]] = -np.inf
        near = _nearest(closeness, self.neighbours)
        near.data[:] = 1.0
        count = np.maximum(np.diff(near.indptr), 1)
        others = diags_array((1.0 - self.own_share) / count) @ near @ self.vectors_
        return np.asarray((self.own_share * own + others).toarray())


def _nearest(closeness: Floats, count: int) -> csr_matrix:
    """The `count` highest entries of each row, sparse; ties go to the lower column; -inf never."""
    rows, columns = closeness.shape
    start = np.arange(rows + 1, dtype=np.int64) * columns
    column = np.tile(np.arange(columns, dtype=np.int64), rows)
    flat = closeness.ravel()
    at = best_rows(start, column, flat, np.isfinite(flat), min(count, columns))
    row, _ = np.nonzero(at >= 0)
    at = at[at >= 0]
    return csr_matrix((flat[at], (row, column[at])), shape=closeness.shape)
