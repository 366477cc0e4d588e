"""The problem of the re-ranker: what each candidate is worth, and the limits that slates share.

    maximise    sum_u sum_k w_k value(u, c_k)  +  welfare of the sellers' exposure
    subject to  sum_u sum_k w_k a_j(u, c_k) >= least_j                       (`Total`)
                least_g <= exposure of group g <= most_g                     (`Shares`)
                each shopper's relevance >= an own floor, at most so many of one kind on a slate

`w` is the attention of the places, the same curve for everybody; exposure of a group is the sum of
the attention of the places that its products hold. Whatever may not stand on a slate is no row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from recommender.candidates import Floats, Ints


@dataclass(frozen=True, kw_only=True)
class Total:
    """One limit on a sum over all slates: sum of attention x `each` >= `least`."""

    name: str  # as a policy names it: "carbon budget"
    unit: str  # of the sum: "kg CO2e"
    each: Floats  # (rows,)
    least: float


@dataclass(frozen=True, kw_only=True)
class Shares:
    """Floors and caps on the exposure of groups of products, such as sellers."""

    name: str  # "seller", "tier"
    groups: tuple[str, ...]
    group: Ints  # (products,): position in `groups`; -1 for a product in none
    least: Floats  # (groups,): attention; 0 where there is no floor
    most: Floats  # (groups,): attention; infinite where there is no cap


class Welfare(Protocol):
    """A concave function of the exposure of one family's groups, through its conjugate."""

    @property
    def family(self) -> str:
        """The name of the `Shares` whose exposure counts."""
        ...

    def of(self, exposure: Floats) -> float:
        """The welfare of exposures (groups,), in units of value."""
        ...

    def conjugate(self, price: Floats) -> tuple[float, Floats]:
        """max over exposures >= 0 of welfare - price x exposure, and the exposure that reaches it.

        Finite on the set that `project` maps to.
        """
        ...

    def project(self, price: Floats) -> Floats:
        """The nearest prices (groups,) for which the conjugate is finite."""
        ...


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Everything the solver reads; rows of shopper u are start[u]:start[u + 1]."""

    key: Ints  # (shoppers,): what orders the shoppers, distinct: answers do not hang on their order
    start: Ints  # (shoppers + 1,)
    product: Ints  # (rows,): distinct within a shopper
    value: Floats  # (rows,): worth of the row at attention 1
    p_buy: Floats  # (rows,)
    attention: Floats  # (places,): positive, falling or level
    totals: tuple[Total, ...] = ()
    shares: tuple[Shares, ...] = ()
    welfare: Welfare | None = None
    own_floor: Floats | None = None  # (shoppers,): least attention x p_buy of each slate
    kind: Ints | None = None  # (products,): of which a slate holds at most `per_kind`; -1 free
    per_kind: int = 0  # 0 where any number may stand
    price_cap: float = np.inf  # most value given for one unit of attention or of a total's scale

    @property
    def shoppers(self) -> int:
        return len(self.start) - 1

    @property
    def products(self) -> int:
        """Numbers of products lie below this."""
        return int(self.product.max(initial=-1)) + 1 if self.kind is None else len(self.kind)

    def without_limits(self) -> Problem:
        """The same candidates with nothing but the limits that each slate meets alone."""
        return replace(self, totals=(), shares=(), welfare=None)


@dataclass(frozen=True, kw_only=True)
class Prices:
    """What the limits cost, frozen: enough to re-rank one shopper alone."""

    totals: Floats  # (totals,): value for one more unit of each total
    floors: tuple[Floats, ...]  # for each family, (groups,): value for one unit of attention
    caps: tuple[Floats, ...]  # the same for caps

    @classmethod
    def none(cls, problem: Problem) -> Prices:
        """Prices of 0: each shopper's own best slate."""
        groups = [len(family.groups) for family in problem.shares]
        return cls(
            totals=np.zeros(len(problem.totals)),
            floors=tuple(np.zeros(n) for n in groups),
            caps=tuple(np.zeros(n) for n in groups),
        )


@dataclass(frozen=True, kw_only=True)
class Missed:
    """One limit that the slates do not meet."""

    limit: str  # "carbon budget", "seller 103 floor"
    asked: float
    reached: float
    unit: str
    because: str  # "out of reach of the candidates", "costs more than the price cap", ...

    @property
    def shortfall(self) -> float:
        return abs(self.asked - self.reached)


@dataclass(frozen=True, kw_only=True)
class Solution:
    """Slates, the prices behind them, and how close to the best they are."""

    rows: Ints  # (shoppers, places): candidate rows, best place first; -1 where none is left
    prices: Prices
    value: float  # of the slates
    bound: float  # no slates that meet the limits are worth more
    gap: float | None  # (bound - value) / |bound|; None where a limit is missed
    missed: Sequence[Missed]
    sums: Floats  # (totals,): what each total reached
    exposure: tuple[Floats, ...]  # for each family, (groups,): attention
    passes: int  # over all candidates
