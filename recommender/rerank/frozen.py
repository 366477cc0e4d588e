"""Frozen prices: what one solve of all shoppers leaves behind, enough to serve each of them alone.

Prices are kept by the names of limits and groups, so they survive sellers that come, go or change
their order. One shopper's slate is then "value plus prices, take the best": microseconds. A
shopper's own slider scales what carbon counts on that shopper's slate, that is the climate's part
of the value and the price of the carbon budget, and nothing else: never a price in money, never
what sellers are due.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeGuard

import numpy as np

from recommender.candidates import Floats, Ints
from recommender.policy import Policy
from recommender.rerank.assemble import CARBON
from recommender.rerank.kernel import priced_slates
from recommender.rerank.problem import Prices, Problem

SCHEMA = 1
Named = Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class FrozenPrices:
    """Prices by name, with what they were made of and for."""

    policy: str  # its name
    version: int  # of the policy
    made_from: str  # what tells the data and the candidates apart, such as a fingerprint
    attention: tuple[float, ...]  # of each place
    m0: float  # margin of a purchase that counts as 1, shop currency
    g0: float  # functional kg CO2e of a purchase that counts as 1
    target_kg: float | None = None  # kg CO2e per purchase of the carbon budget
    totals: Named = field(default_factory=dict)  # value for one more unit
    floors: Mapping[str, Named] = field(default_factory=dict)  # by family and group
    caps: Mapping[str, Named] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        problem: Problem,
        prices: Prices,
        *,
        policy: str = "",
        version: int = 1,
        made_from: str = "",
        m0: float = 0.0,
        g0: float = 0.0,
        target_kg: float | None = None,
    ) -> FrozenPrices:
        """The prices that were found for `problem`, by the names of its limits and groups."""
        families = [family.name for family in problem.shares]
        groups = [family.groups for family in problem.shares]

        def named(prices_of: tuple[Floats, ...]) -> dict[str, dict[str, float]]:
            return {
                family: dict(zip(names, price.tolist(), strict=True))
                for family, names, price in zip(families, groups, prices_of, strict=True)
            }

        totals = [total.name for total in problem.totals]
        return cls(
            policy=policy,
            version=version,
            made_from=made_from,
            attention=tuple(problem.attention.tolist()),
            m0=m0,
            g0=g0,
            target_kg=target_kg,
            totals=dict(zip(totals, prices.totals.tolist(), strict=True)),
            floors=named(prices.floors),
            caps=named(prices.caps),
        )

    def on(self, problem: Problem) -> tuple[Prices, int]:
        """The prices in the order of `problem`, and for how many limits and groups none is known.

        Those cost 0. Raises ValueError where `problem` has another attention curve: the prices
        would mean another trade-off.
        """
        if tuple(problem.attention.tolist()) != self.attention:
            raise ValueError(
                f"frozen prices: attention is {problem.attention.tolist()}, but the prices are for "
                f"{list(self.attention)}"
            )
        unknown = sum(total.name not in self.totals for total in problem.totals)
        for family in problem.shares:
            known = self.floors.get(family.name, {})
            unknown += sum(group not in known for group in family.groups)
        prices = Prices(
            totals=np.array([self.totals.get(t.name, 0.0) for t in problem.totals], np.float64),
            floors=tuple(_in_order(f.groups, self.floors.get(f.name)) for f in problem.shares),
            caps=tuple(_in_order(f.groups, self.caps.get(f.name)) for f in problem.shares),
        )
        return prices, unknown

    def to_json(self) -> str:
        """The prices as JSON text, the same for the same prices; `from_json` reads every bit back.

        >>> frozen = FrozenPrices(
        ...     policy="mine", version=1, made_from="", attention=(1.0,), m0=0.5, g0=2.0
        ... )
        >>> FrozenPrices.from_json(frozen.to_json()) == frozen
        True
        """
        return json.dumps({"schema": SCHEMA, **asdict(self)}, sort_keys=True, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> FrozenPrices:
        """Prices from `to_json`. Raises ValueError for any other text."""
        try:
            given: dict[str, Any] = json.loads(text)
            schema = given.pop("schema")
            given["attention"] = tuple(given["attention"])
            frozen = cls(**given)
        except (json.JSONDecodeError, AttributeError, KeyError, TypeError) as error:
            raise ValueError(
                f"frozen prices: these are none ({type(error).__name__}: {error})"
            ) from error
        if schema != SCHEMA:
            raise ValueError(f"frozen prices: schema is {schema}, but {SCHEMA} was expected")
        frozen._refuse_no_prices()
        return frozen

    def _refuse_no_prices(self) -> None:
        """Raises ValueError where prices or attention are not what `of` makes."""
        families = {"floors": self.floors, "caps": self.caps}
        named: dict[str, object] = {"totals": self.totals}
        for what, family in families.items():
            if not isinstance(family, Mapping):
                raise ValueError(f"frozen prices: {what} is {family!r}, but a table was expected")
            named |= {f"{what} of {name}": prices for name, prices in family.items()}
        for place, prices in named.items():
            if not isinstance(prices, Mapping):
                raise ValueError(f"frozen prices: {place} is {prices!r}, but a table was expected")
            for name, price in prices.items():
                if not (_is_number(price) and price >= 0):
                    raise ValueError(
                        f"frozen prices: {place}, {name}: the price is {price!r}, but a number of "
                        f"0 or more was expected"
                    )
        if not all(_is_number(weight) and weight > 0 for weight in self.attention):
            raise ValueError(
                f"frozen prices: attention is {list(self.attention)}, but numbers above 0 were "
                f"expected"
            )


@dataclass(frozen=True, kw_only=True)
class Counter:
    """Prices laid out for serving: one figure a product, nothing left to look up by name."""

    attention: Floats  # (places,)
    total_price: Floats  # (totals,)
    item_price: Floats  # (products,): of all groups that the product is in
    kind: Ints  # (products,): as `Problem.kind`
    per_kind: int

    @classmethod
    def of(cls, problem: Problem, prices: Prices) -> Counter:
        """For shoppers with the products, limits and groups of `problem`."""
        products = max([problem.products, *(len(family.group) for family in problem.shares)])
        item = np.zeros(products)
        for family, floor, cap in zip(problem.shares, prices.floors, prices.caps, strict=True):
            # the last place stands for a product in no group
            item[: len(family.group)] += np.append(floor - cap, 0.0)[family.group]
        kind = np.full(products, -1, np.int64)
        if problem.kind is not None:
            kind[: len(problem.kind)] = problem.kind
        return cls(
            attention=np.asarray(problem.attention, np.float64),
            total_price=np.asarray(prices.totals, np.float64),
            item_price=item,
            kind=kind,
            per_kind=problem.per_kind,
        )

    def slate(
        self,
        product: Ints,
        value: Floats,
        p_buy: Floats,
        each: Floats,
        own_floor: float | None = None,
    ) -> Ints:
        """Rows of one shopper's best slate, (places,), best first; -1 where none is left.

        `product`, `value` and `p_buy` are (rows,), `each` (totals, rows): the coefficients of the
        totals; `own_floor` is the least attention x p_buy.
        """
        rows = np.empty((1, len(self.attention)), np.int64)
        priced_slates(
            0,
            1,
            np.array([0, len(product)]),
            product,
            value,
            p_buy,
            each,
            self.total_price,
            self.item_price,
            _NO_GROUPS,
            self.attention,
            self.kind,
            self.per_kind,
            _NO_FLOOR if own_floor is None else np.array([own_floor]),
            # nobody reads the sums: all of it in whole units, which never overflows
            np.zeros(2 + len(self.total_price)),
            0,
            rows,
        )
        slate: Ints = rows[0]
        return slate


_NO_GROUPS, _NO_FLOOR = np.empty((0, 1), np.int64), np.empty(0)


def rerank_one(problem: Problem, prices: Prices) -> Ints:
    """Rows of the slate, (places,), of a problem of one shopper at given prices; -1 where empty.

    The same slate as that shopper has among all others at these prices. Where many shoppers are
    served, lay the prices out once (`Counter.of`). Raises ValueError for more shoppers than one.

    >>> problem = Problem(
    ...     key=np.array([7]),
    ...     start=np.array([0, 3]),
    ...     product=np.array([0, 1, 2]),
    ...     value=np.array([0.3, 0.2, 0.1]),
    ...     p_buy=np.array([0.3, 0.2, 0.1]),
    ...     attention=np.array([1.0, 0.5]),
    ... )
    >>> rerank_one(problem, Prices.none(problem)).tolist()
    [0, 1]
    """
    if problem.shoppers != 1:
        raise ValueError(f"{problem.shoppers} shoppers, but one was expected")
    each = np.array([total.each for total in problem.totals])
    return Counter.of(problem, prices).slate(
        problem.product,
        problem.value,
        problem.p_buy,
        each.reshape(len(problem.totals), len(problem.product)),
        None if problem.own_floor is None else float(problem.own_floor[0]),
    )


def with_own_carbon(
    problem: Problem, prices: Prices, climate: Floats, factor: float
) -> tuple[Problem, Prices]:
    """A shopper's problem and prices where carbon counts `factor` times what the policy says.

    0 is off, 1 as the policy has it, 2 twice as much. `climate` (rows,) is the climate's part of
    the value. It and the carbon budget's price move; every other part and price stays. Raises
    ValueError for a factor below 0.
    """
    _refuse_factor(factor)
    budget = np.array([total.name == CARBON for total in problem.totals], np.bool_)
    return (
        replace(problem, value=problem.value + (factor - 1.0) * climate),
        replace(prices, totals=np.where(budget, factor * prices.totals, prices.totals)),
    )


def own_carbon(
    policy: Policy, frozen: FrozenPrices | None, factor: float
) -> tuple[Policy, FrozenPrices | None]:
    """Policy and prices for shoppers to whom carbon counts `factor` times what the policy says.

    What `with_own_carbon` does to a problem, done before it is made: 0 is off, 1 as the policy has
    it. The climate's weight and the price of the carbon budget move, no other weight or price.
    Raises ValueError for a factor below 0.
    """
    _refuse_factor(factor)
    if factor == 1:
        return policy, frozen
    weights = policy.weights.model_copy(update={"climate": factor * policy.weights.climate})
    if frozen is not None and CARBON in frozen.totals:
        totals = {**frozen.totals, CARBON: factor * frozen.totals[CARBON]}
        frozen = replace(frozen, totals=totals)
    return policy.model_copy(update={"weights": weights}), frozen


def carbon_counts(policy: Policy, frozen: FrozenPrices | None) -> bool:
    """Whether carbon has a price for a shopper: by the climate's weight or by a budget's price."""
    budget = 0.0 if frozen is None else frozen.totals.get(CARBON, 0.0)
    return policy.weights.climate > 0 or budget > 0


def _refuse_factor(factor: float) -> None:
    if not (np.isfinite(factor) and factor >= 0):
        raise ValueError(f"own carbon factor is {factor}, but 0 or more was expected")


def _is_number(found: object) -> TypeGuard[float]:
    return isinstance(found, int | float) and not isinstance(found, bool) and math.isfinite(found)


def _in_order(groups: tuple[str, ...], price: Named | None) -> Floats:
    known = price or {}
    return np.array([known.get(group, 0.0) for group in groups], np.float64)
