"""A stream of shoppers: slates from today's prices, and prices that follow in small steps.

Each batch of shoppers gets the best slates at the prices so far. Then every price takes a step
along what the batch missed,

    price <- min(max(price + step x (asked - reached), 0), price cap)

the projected stochastic subgradient of the dual (Balseiro, Lu and Mirrokni 2023, Operations
Research 71, use it for such online allocation). Prices only rise by what is missed, so by the end
a floor misses at most (price now - price at the start) / step, however long the stream was and
whoever came, unless its price met the cap: drift is bounded because prices are. Larger steps mean
less drift and more restless prices, which cost value.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from recommender.candidates import Bools, Floats, Ints
from recommender.rerank.frozen import FrozenPrices
from recommender.rerank.passes import Passes
from recommender.rerank.problem import Prices, Problem

STEP = 0.02  # of a place's value, for one unit of attention that was missed
MOST_STEP = 0.15  # of a place's value, for a batch that misses all of a limit: no overshooting


@dataclass(frozen=True, kw_only=True)
class Drift:
    """How far one limit is from what was asked of the stream so far."""

    limit: str  # as `Missed` names it: "carbon budget", "seller 103 floor"
    unit: str
    asked: float
    reached: float
    is_cap: bool  # asked is the most, else the least
    size: float  # what the shortfall is a share of: what was asked, for totals all that was summed
    price: float  # now: value for one more unit
    price_before: float  # at the start

    @property
    def shortfall(self) -> float:
        """How much is missed, in units; 0 where the limit holds so far."""
        over = self.reached - self.asked
        return max(over if self.is_cap else -over, 0.0)

    @property
    def share(self) -> float:
        """The shortfall as a share of `size`."""
        return self.shortfall / self.size if self.size > 0 else 0.0


@dataclass(frozen=True, kw_only=True)
class StreamReport:
    """What a stream of shoppers got and missed so far."""

    shoppers: int
    batches: int
    attention: float  # of all places filled
    value: float  # of all slates, without prices
    drifts: tuple[Drift, ...]  # of every limit: totals, then floors, then caps
    unknown_prices: int  # limits and groups of the first batch without a frozen price

    def shortfall(self, kind: str) -> float:
        """What the limits named "... `kind`" miss together, as a share of all that they ask.

        `kind` is the last word of their names: "floor", "cap" or "budget".
        """
        drifts = [drift for drift in self.drifts if drift.limit.endswith(kind)]
        size = sum(drift.size for drift in drifts)
        return sum(drift.shortfall for drift in drifts) / size if size > 0 else 0.0


@dataclass(kw_only=True)
class _SoFar:
    """Sums over the stream, each (limits,), in the order of `Passes`."""

    least: Floats
    most: Floats
    reached: Floats
    size: Floats  # of totals: sum of attention x |coefficient|

    @classmethod
    def nothing(cls, limits: int) -> _SoFar:
        least, most, reached, size = np.zeros((4, limits))
        return cls(least=least, most=most, reached=reached, size=size)


class Stream:
    """Shoppers in batches, served at prices that learn from each batch.

    All batches are problems with the same limits, in the same order, whose floors and caps are
    those of the batch alone: a rate times its attention. The stream hangs on the order of its
    batches, not on the order of shoppers inside one.

    >>> from recommender.rerank.problem import Shares
    >>> ann = Problem(
    ...     key=np.array([1]),
    ...     start=np.array([0, 2]),
    ...     product=np.array([0, 1]),
    ...     value=np.array([0.5, 0.4]),
    ...     p_buy=np.array([0.5, 0.4]),
    ...     attention=np.array([1.0]),
    ...     shares=(
    ...         Shares(
    ...             name="seller",
    ...             groups=("big", "small"),
    ...             group=np.array([0, 1]),
    ...             least=np.array([0.0, 0.5]),
    ...             most=np.array([np.inf, np.inf]),
    ...         ),
    ...     ),
    ... )
    >>> stream = Stream(FrozenPrices.of(ann, Prices.none(ann)), step=0.5)
    >>> [stream.serve(ann)[0, 0].item() for _ in range(6)]  # small's price: 0, 0.075, 0.15, 0.075
    [0, 0, 1, 0, 1, 0]
    """

    def __init__(self, warm: FrozenPrices, *, step: float = STEP) -> None:
        """`step` 0 serves at frozen prices. Raises ValueError for a step below 0."""
        if not (np.isfinite(step) and step >= 0):
            raise ValueError(f"step is {step}, but 0 or more was expected")
        self.warm, self.step = warm, step
        self._first: Passes | None = None
        self._up = self._down = self._up_before = self._down_before = np.empty(0)
        self._so_far = _SoFar.nothing(0)
        self._shoppers, self._batches, self._unknown = 0, 0, 0
        self._attention, self._value = 0.0, 0.0

    def serve(self, problem: Problem) -> Ints:
        """Rows of the batch's slates, (shoppers, places), at the prices before it; then a step.

        Raises ValueError for a batch with other limits than the first.
        """
        passes = self._laid_out(problem)
        rows = passes.empty()
        passes.run(self._up - self._down, rows)
        sums = passes.sums(rows)
        attention = float((rows >= 0).sum(axis=0) @ problem.attention)
        if self._batches == 0:
            self._step = self._steps(passes, rows, sums.value, attention)
        least, most = passes.least(), passes.most()
        self._up = self._stepped(self._up, (least - sums.limits), self._floored)
        self._down = self._stepped(self._down, (sums.limits - most), self._capped)
        so_far = self._so_far
        so_far.least += least
        so_far.most += most
        so_far.reached += sums.limits
        so_far.size += _absolute(passes, rows)
        self._shoppers += problem.shoppers
        self._batches += 1
        self._attention += attention
        self._value += sums.value
        return rows

    def prices(self) -> FrozenPrices:
        """The prices now, frozen, to serve or start the next stream from."""
        if self._first is None:
            return self.warm
        problem, passes = self._first.problem, self._first
        totals = len(problem.totals)
        now = FrozenPrices.of(
            problem,
            Prices(
                totals=self._up[:totals],
                floors=passes.by_family(self._up[totals:]),
                caps=passes.by_family(self._down[totals:]),
            ),
        )
        return replace(self.warm, totals=now.totals, floors=now.floors, caps=now.caps)

    def report(self) -> StreamReport:
        """What the stream got and missed so far."""
        return StreamReport(
            shoppers=self._shoppers,
            batches=self._batches,
            attention=self._attention,
            value=self._value,
            drifts=() if self._first is None else tuple(self._drifts(self._first.problem)),
            unknown_prices=self._unknown,
        )

    def missed_so_far(self) -> dict[str, tuple[float, str, float]]:
        """What each kind of limit misses so far: share of what it asks, worst limit, its miss.

        Kinds are the totals by name, "seller floors", "seller caps" and so on; the shares are as in
        `StreamReport.shortfall`, without a `Drift` for each of thousands of limits.
        """
        if self._first is None:
            return {}
        problem, so_far = self._first.problem, self._so_far
        names, totals = _names(problem), len(problem.totals)
        least = np.where(self._floored, np.maximum(so_far.least - so_far.reached, 0.0), 0.0)
        most = np.where(self._capped, so_far.most, 0.0)
        over = np.where(self._capped, np.maximum(so_far.reached - most, 0.0), 0.0)
        kinds = {
            names[at]: (least[at : at + 1], so_far.size[at : at + 1], names[at : at + 1])
            for at in range(totals)
        }
        ends = self._first.offsets + totals
        for family, first, last in zip(problem.shares, ends[:-1], ends[1:], strict=True):
            of = slice(int(first), int(last))
            for what, missed, asked in (("floors", least, so_far.least), ("caps", over, most)):
                if asked[of].any():
                    kinds[f"{family.name} {what}"] = missed[of], asked[of], names[of]
        return {
            kind: (
                float(missed.sum() / asked.sum()) if asked.sum() > 0 else 0.0,
                named[int(missed.argmax())],
                float(missed.max()),
            )
            for kind, (missed, asked, named) in kinds.items()
        }

    def steps(self) -> Floats:
        """(limits,): how far each price moves for one unit missed; known after the first batch."""
        return self._step.copy()

    def _laid_out(self, problem: Problem) -> Passes:
        """The batch for the kernel, and at the first one the prices in the order of its limits."""
        passes = Passes(problem)
        if self._first is None:
            prices, self._unknown = self.warm.on(problem)
            self._up, self._down = passes.vector(prices)
            self._up_before, self._down_before = self._up, self._down
            self._floored: Bools = passes.bound_limits()
            self._capped: Bools = np.isfinite(passes.most())
            self._so_far = _SoFar.nothing(passes.limits)
            self._first = passes
        elif _names(problem) != _names(self._first.problem):
            raise ValueError(
                f"batch {self._batches + 1} has {len(_names(problem))} limits, but those of the "
                f"first batch ({len(_names(self._first.problem))}) were expected, in their order"
            )
        return passes

    def _steps(self, passes: Passes, rows: Ints, value: float, attention: float) -> Floats:
        """(limits,): by how much a price moves for one unit missed."""
        problem, totals = passes.problem, len(passes.problem.totals)
        attention = max(attention, 1e-300)
        place = abs(value) / attention  # value of a place of attention 1
        asked = np.where(np.isfinite(passes.most()), passes.most(), 0.0)
        asked = np.maximum(np.maximum(passes.least(), asked), 1e-300)
        asked[:totals] = attention  # a total moves with every place
        # of a total, a unit is as much as one place of attention 1 adds
        unit = np.maximum(_absolute(passes, rows) / attention, 1e-300)
        unit[totals:] = 1.0
        cap = min(problem.price_cap, 1000.0 * float(np.abs(problem.value).max(initial=0.0)))
        self._most_price = cap / unit
        share = np.minimum(self.step, MOST_STEP / asked)
        return np.asarray(np.where(self.step > 0, share, 0.0) * place / unit**2)

    def _stepped(self, price: Floats, missed: Floats, moves: Bools) -> Floats:
        if self.step == 0:
            return price
        moved = price + self._step * np.where(moves, missed, 0.0)
        return np.where(moves, np.clip(moved, 0.0, self._most_price), price)

    def _drifts(self, problem: Problem) -> Sequence[Drift]:
        names, units, so_far = _names(problem), _units(problem), self._so_far
        totals, drifts = len(problem.totals), []
        for is_cap, marked, asked, price, before in (
            (False, self._floored, so_far.least, self._up, self._up_before),
            (True, self._capped, so_far.most, self._down, self._down_before),
        ):
            for at in np.flatnonzero(marked).tolist():
                ending = "" if at < totals else " cap" if is_cap else " floor"
                size = so_far.size if at < totals else asked
                drifts.append(
                    Drift(
                        limit=names[at] + ending,
                        unit=units[at],
                        asked=float(asked[at]),
                        reached=float(so_far.reached[at]),
                        is_cap=is_cap,
                        size=float(size[at]),
                        price=float(price[at]),
                        price_before=float(before[at]),
                    )
                )
        return drifts


def _names(problem: Problem) -> list[str]:
    groups = [f"{family.name} {group}" for family in problem.shares for group in family.groups]
    return [total.name for total in problem.totals] + groups


def _units(problem: Problem) -> list[str]:
    groups = sum(len(family.groups) for family in problem.shares)
    return [total.unit for total in problem.totals] + ["attention"] * groups


def _absolute(passes: Passes, rows: Ints) -> Floats:
    """(limits,): sum of attention x |coefficient| of each total over the slates; 0 for groups."""
    attention = np.where(rows >= 0, passes.problem.attention, 0.0)
    # exact, hence the same in any order of shoppers
    sums = [math.fsum((attention * np.abs(each)[rows]).ravel()) for each in passes.each]
    return np.concatenate([sums, np.zeros(passes.groups)])
