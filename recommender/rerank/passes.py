"""Passes over all candidates: prices go out, sums come back, in as many shards as one likes.

The limits of a problem are numbered through as one vector: first the totals, then the groups of
each family. A pass answers with sums in that order. They are integers inside, so the answer is the
same to the last bit for any number of shards and threads and for any order of the shoppers.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recommender.candidates import Bools, Floats, Ints
from recommender.rerank.kernel import priced_slates, slate_sums
from recommender.rerank.problem import Prices, Problem

BITS = 62  # of a sum that never overflows
FINEST = 40  # bits behind the point, at most


@dataclass(frozen=True, kw_only=True)
class Sums:
    """What slates add up to."""

    value: float  # without prices and welfare
    limits: Floats  # (totals + groups,): each total, then the attention of each group


@dataclass(frozen=True)
class Passes:
    """A problem laid out for the kernel."""

    problem: Problem
    shards: int = 1
    threads: int = 1

    @cached_property
    def each(self) -> Floats:
        """(totals, rows): the coefficients of all totals."""
        totals = self.problem.totals
        return np.array([t.each for t in totals]).reshape(len(totals), len(self.problem.product))

    @cached_property
    def offsets(self) -> Ints:
        """(families + 1,): where the groups of each family begin."""
        return np.cumsum([0, *(len(family.groups) for family in self.problem.shares)])

    @cached_property
    def group(self) -> Ints:
        """(families, products): groups numbered through, -1 for none."""
        shares = self.problem.shares
        numbered = [
            np.where(family.group >= 0, family.group + offset, -1)
            for family, offset in zip(shares, self.offsets, strict=False)
        ]
        return np.array(numbered, np.int64).reshape(len(shares), self.products)

    @cached_property
    def products(self) -> int:
        sizes = [len(family.group) for family in self.problem.shares]
        return max([self.problem.products, *sizes])

    @property
    def groups(self) -> int:
        return int(self.offsets[-1])

    @property
    def limits(self) -> int:
        return len(self.problem.totals) + self.groups

    @cached_property
    def unit(self) -> Floats:
        """(1 + totals + 1,): into how many fractions a unit is cut, so that no sum overflows."""
        attention = max(self.problem.attention.sum(), 1.0) * max(self.problem.shoppers, 1)
        largest = [np.abs(figure).max(initial=0.0) for figure in (self.problem.value, *self.each)]
        return np.array([_fractions(attention * most) for most in (*largest, 1.0)])

    @cached_property
    def edges(self) -> Ints:
        """Where each shard of shoppers begins, and the end."""
        pieces = max(self.shards, self.threads)
        return np.linspace(0, self.problem.shoppers, pieces + 1).astype(np.int64)

    @cached_property
    def kind(self) -> Ints:
        kind = self.problem.kind
        return np.full(self.products, -1, np.int64) if kind is None else kind.astype(np.int64)

    @cached_property
    def own_floor(self) -> Floats:
        floor = self.problem.own_floor
        return np.empty(0) if floor is None else np.asarray(floor, np.float64)

    def empty(self) -> Ints:
        """Room for slates."""
        return np.full((self.problem.shoppers, len(self.problem.attention)), -1, np.int64)

    def run(self, price: Floats, rows: Ints) -> Sums:
        """Sums of every shopper's best slate at `price` (limits,); `rows` gets the slates.

        Where a shopper's own floor binds, the sums are those of the mixture of two slates that
        just meets it, and `rows` gets the one that meets it.
        """
        pieces = range(len(self.edges) - 1)

        def shard(k: int) -> Ints:
            return self._shard(price, int(self.edges[k]), int(self.edges[k + 1]), rows)

        if self.threads == 1:
            return self._read([shard(k) for k in pieces])
        with ThreadPoolExecutor(self.threads) as pool:
            return self._read(list(pool.map(shard, pieces)))

    def by_shopper(self, price: Floats) -> Floats:
        """(shoppers, 1 + limits): value and sums of each shopper's best slate at `price`."""
        rows, shoppers = self.empty(), range(self.problem.shoppers)
        sums = [self._shard(price, shopper, shopper + 1, rows) for shopper in shoppers]
        return np.array(sums).reshape(len(shoppers), 1 + self.limits) / self.fractions()

    def _shard(self, price: Floats, first: int, last: int, rows: Ints) -> Ints:
        problem, totals = self.problem, len(self.problem.totals)
        sums: Ints = priced_slates(
            first,
            last,
            problem.start,
            problem.product,
            problem.value,
            problem.p_buy,
            self.each,
            np.ascontiguousarray(price[:totals]),
            self._of_items(price[totals:]),
            self.group,
            problem.attention,
            self.kind,
            problem.per_kind,
            self.own_floor,
            self.unit,
            self.groups,
            rows,
        )
        return sums

    def sums(self, rows: Ints) -> Sums:
        """What the slates `rows` (shoppers, places) add up to, from the slates themselves."""
        return self._read([self.integer_sums(rows)])

    def integer_sums(self, rows: Ints) -> Ints:
        problem = self.problem
        found: Ints = slate_sums(
            rows,
            problem.product,
            problem.value,
            self.each,
            self.group,
            problem.attention,
            self.unit,
            self.groups,
        )
        return found

    def vector(self, prices: Prices) -> tuple[Floats, Floats]:
        """Prices as one vector (limits,), once for what is to be more and once for caps."""
        zero = np.zeros(len(self.problem.totals))
        return (
            np.concatenate([prices.totals, *prices.floors]),
            np.concatenate([zero, *prices.caps]),
        )

    def by_family(self, of_groups: Floats) -> tuple[Floats, ...]:
        """A vector over all groups, cut into families."""
        return tuple(np.split(of_groups, self.offsets[1:-1])) if self.problem.shares else ()

    def least(self) -> Floats:
        """(limits,): what each total and each group's exposure should reach."""
        problem = self.problem
        totals = [total.least for total in problem.totals]
        return np.concatenate([totals, *(family.least for family in problem.shares)])

    def most(self) -> Floats:
        """(limits,): what each should not exceed; infinite without a cap."""
        free = np.full(len(self.problem.totals), np.inf)
        return np.concatenate([free, *(family.most for family in self.problem.shares)])

    def fractions(self) -> Floats:
        """(1 + limits,): the fractions that integer sums are counted in."""
        totals = len(self.problem.totals)
        return np.concatenate([self.unit[: totals + 1], np.full(self.groups, self.unit[-1])])

    @cached_property
    def _by_product(self) -> tuple[Ints, Ints]:
        """Rows sorted by product, and where each product's begin."""
        product = self.problem.product
        order = np.argsort(product, kind="stable")
        return order, np.searchsorted(product[order], np.arange(self.products + 1))

    def rows_of(self, products: Ints) -> Ints:
        """The candidate rows of some products, in their order."""
        order, start = self._by_product
        pieces = [order[start[p] : start[p + 1]] for p in products]
        return np.sort(np.concatenate([order[:0], *pieces]))

    def rows_of_groups(self) -> Ints:
        """(groups,): how many candidate rows each group has."""
        per_item = np.bincount(self.problem.product, minlength=self.products)
        counts = np.zeros(self.groups, np.int64)
        for family in self.group:
            np.add.at(counts, family[family >= 0], per_item[family >= 0])
        return counts

    def mean_size(self) -> Floats:
        """(1 + totals,): mean absolute value and coefficient of a row, in any order the same."""
        n = max(len(self.problem.product), 1)
        return np.array([_mean_size(figure, n) for figure in (self.problem.value, *self.each)])

    def bound_limits(self) -> Bools:
        """(limits,): which have a floor; totals always do."""
        totals = np.ones(len(self.problem.totals), np.bool_)
        return np.concatenate([totals, self.least()[len(totals) :] > 0])

    def _of_items(self, of_groups: Floats) -> Floats:
        item = np.zeros(self.products)
        for family in self.group:
            item += np.where(family >= 0, np.append(of_groups, 0.0)[family], 0.0)
        return item

    def _read(self, parts: Sequence[Ints]) -> Sums:
        found = np.sum(parts, axis=0) / self.fractions()
        return Sums(value=float(found[0]), limits=found[1:])


def _fractions(largest: float) -> float:
    """The finest power of two in which a sum of this size still fits.

    >>> _fractions(2.0**30)
    4294967296.0
    """
    bits = BITS - int(np.ceil(np.log2(max(largest, 1e-300))))
    return float(2.0 ** min(max(bits, -900), FINEST if largest >= 1.0 else BITS))


def _mean_size(figure: Floats, n: int) -> float:
    if not figure.any():  # nothing to cut into fractions
        return 0.0
    unit = 2.0 ** np.floor(30.0 - np.log2(max(np.abs(figure).max(initial=0.0), 1e-300)))
    return float(np.rint(np.abs(figure) * unit).astype(np.int64).sum() / unit / n)
