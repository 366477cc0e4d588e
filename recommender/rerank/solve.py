"""Slates for all shoppers at once that meet the shared limits, and how close to the best they are.

Prices come from the dual (`dual`); where the slates that they lead to miss a limit, the limits are
tightened by what was missed and the descent goes on, until the slates hold. Shoppers are then moved
back to slates of lower prices as far as the limits bear it (`repair`). The gap is the difference
to the lowest bound found on the way, and holds whatever the search did.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recommender.candidates import Floats, Ints
from recommender.rerank.cuts import cut, is_small
from recommender.rerank.dual import Dual, Point
from recommender.rerank.nudge import nudged, promoted
from recommender.rerank.passes import Passes
from recommender.rerank.problem import Missed, Prices, Problem, Solution
from recommender.rerank.repair import Limits, in_order, move, worth
from recommender.rerank.verify import check_prices, check_problem, own_limits_missed

FIRST_PASSES, WARM_PASSES = 60, 25  # of the first descent, from no prices or from like ones
MORE_PASSES = 15  # of a descent after the limits were tightened
ROUNDS = 10
FURTHER = 1.5  # limits are tightened by so many times what was missed,
NEARLY = 30  # limits
A_LITTLE = 0.003  # and while any is missed, all floors of groups by this share of themselves
PRESSED = (1.2, 1.5, 2.0, 4.0)  # prices of missed limits, in turn, times what they were
MOST_NUDGED = 200  # groups in one go
HAIR = 1e-3  # by which wished exposure may be missed
AT_CAP = 0.999  # a price from this share of its cap on is at its cap


def solve(
    problem: Problem,
    warm: Prices | None = None,
    *,
    tolerance: float = 0.001,
    shards: int = 1,
    threads: int = 1,
) -> Solution:
    """The best slates that were found, with prices, bound, gap and missed limits.

    `warm` are prices of a like problem, such as yesterday's. The search ends when the gap is at
    most `tolerance` or when it gains no more. The gap is None where a limit is missed; every limit
    that is missed is named. The same bits for any `shards` and `threads` and for any order of the
    shoppers. Raises ValueError for a problem that is none: NaN values, no attention, ...

    >>> import numpy as np
    >>> from recommender.rerank.problem import Shares
    >>> problem = Problem(
    ...     key=np.arange(2),
    ...     start=np.array([0, 2, 4]),
    ...     product=np.array([0, 1, 0, 1]),
    ...     value=np.array([0.9, 0.2, 0.8, 0.6]),
    ...     p_buy=np.array([0.9, 0.2, 0.8, 0.6]),
    ...     attention=np.array([1.0]),
    ...     shares=(
    ...         Shares(
    ...             name="seller",
    ...             groups=("big", "small"),
    ...             group=np.array([0, 1]),
    ...             least=np.array([0.0, 1.0]),
    ...             most=np.array([np.inf, np.inf]),
    ...         ),
    ...     ),
    ... )
    >>> found = solve(problem)
    >>> found.rows.tolist(), round(found.value, 6), round(found.gap, 6)
    ([[0], [3]], 1.5, 0.0)
    """
    check_problem(problem)
    if warm is not None:
        check_prices(problem, warm)
    passes = Passes(problem, shards=shards, threads=threads)
    dual, limits = Dual(passes), Limits(passes)
    begin = dual.start(warm)
    search = _Search(dual, limits)
    if passes.limits == 0:
        search.look(dual.rows.copy())
        return search.answer(begin)
    padding = np.zeros(passes.limits)
    of_groups = dual.floored & (np.arange(passes.limits) >= len(problem.totals))
    a_little = np.where(of_groups, A_LITTLE * dual.least, 0.0)
    point = dual.descend(begin, padding, FIRST_PASSES if warm is None else WARM_PASSES)
    if is_small(dual):
        point = cut(dual, point)
    lowest = point
    if problem.welfare is not None:
        search.look(_with_wished_floors(problem, lowest, passes, shards, threads))
    for _ in range(ROUNDS):
        point = dual.at(point.up, point.down, point.welfare)
        short = search.look(dual.rows.copy())
        if 0 < np.count_nonzero(short) <= NEARLY:  # a few places of a few slates are all it takes
            search.press(lowest)
        if search.missed == 0:
            dual.at(lowest.up, lowest.down, lowest.welfare)
            search.give_back(dual.rows.copy())
        if search.gap() <= tolerance:
            break
        if short.any():
            padding = padding + FURTHER * short + a_little
        elif search.stalled:
            break
        point = dual.descend(point, padding, MORE_PASSES)
    if search.missed > 0:
        search.press(lowest)
    if search.rows is not None:
        # slates of the lowest point, for those shoppers whom the limits let go back
        dual.at(lowest.up, lowest.down, lowest.welfare)
        search.give_back(dual.rows.copy())
    return search.answer(lowest)


def _with_wished_floors(
    problem: Problem, point: Point, passes: Passes, shards: int, threads: int
) -> Ints:
    """Slates for which the exposure that a welfare came to is a floor.

    At the best prices shoppers are torn between slates, so the exposure of one choice for all of
    them is off by a little to either side; as a floor it can be met like any other.
    """
    totals, family = len(problem.totals), problem.welfare
    assert family is not None
    reached = passes.by_family(point.sums.limits[totals:])
    priced = passes.by_family(point.welfare[totals:])
    shares = [
        replace(f, least=np.maximum(f.least, np.where(price > 0, (1 - HAIR) * seen, 0.0)))
        if f.name == family.family
        else f
        for f, seen, price in zip(problem.shares, reached, priced, strict=True)
    ]
    warm = Prices(
        totals=point.price[:totals],
        floors=passes.by_family((point.up + point.welfare)[totals:]),
        caps=passes.by_family(point.down[totals:]),
    )
    floors = replace(problem, shares=tuple(shares), welfare=None)
    return solve(floors, warm, shards=shards, threads=threads).rows


class _Search:
    """The best slates so far: those that miss the least, and among them those worth the most."""

    def __init__(self, dual: Dual, limits: Limits) -> None:
        self.dual, self.limits = dual, limits
        self.rows: Ints | None = None
        self.missed, self.value = np.inf, -np.inf
        self.last: Ints | None = None
        self.stalled = False

    def look(self, rows: Ints) -> Floats:
        """What slates miss (limits,), before they are brought together with earlier ones."""
        short = self.limits.shortfall(self.dual.passes.integer_sums(rows)[1:])
        before = (self.missed, -self.value)
        self._keep(rows)
        if self.last is not None:
            self._keep(self._merged(self.last, rows))
            self._keep(self._merged(rows, self.last))
        self.last = rows
        self.stalled = (self.missed, -self.value) >= before
        return short

    def give_back(self, rows: Ints) -> None:
        """Moves shoppers from the best slates to `rows` as far as no limit is the worse for it."""
        if self.rows is not None:
            self._keep(self._merged(self.rows, rows))
            self._keep(self._merged(self.rows, in_order(self.dual.passes, self.rows)))

    def press(self, point: Point) -> None:
        """Brings missed limits nearer: by higher prices, then by one place of a few slates."""
        dual, passes = self.dual, self.dual.passes
        totals = len(passes.problem.totals)
        for factor in PRESSED:
            if self.rows is None or self.missed == 0:
                return
            sums = passes.integer_sums(self.rows)[1:]
            pressed = self.limits.shortfall(sums) > 0
            step = (factor - 1.0) * np.maximum(point.price, 0.1 / dual.scale)
            over = pressed & (sums > self.limits.most)
            up = np.where(pressed & ~over, np.minimum(point.up + step, dual.cap), point.up)
            down = np.where(over, np.minimum(point.down + step, dual.cap), point.down)
            dual.at(up, down, point.welfare)
            self._keep(self._merged(self.rows, dual.rows.copy()))
        self._nudge(point, self.limits)
        if self.missed > 0 and totals > 0:
            # the floor of a group may only be had at the cost of a total: then others pay it back
            self._nudge(point, self.limits.of_groups(totals), pressed=self._at(point, PRESSED[0]))

    def _nudge(self, point: Point, limits: Limits, pressed: Ints | None = None) -> None:
        """Brings groups nearer to their floors by one place of a few slates that `limits` allow.

        With `pressed`, shoppers then move to those slates, to make good what totals lost by it.
        """
        passes = self.dual.passes
        totals = len(passes.problem.totals)
        for place in range(len(passes.problem.attention) - 1, -1, -1):
            assert self.rows is not None
            short = self.limits.shortfall(passes.integer_sums(self.rows)[1:])
            for at in np.flatnonzero(short > 0)[:MOST_NUDGED]:
                if at < totals:
                    continue
                for step in (promoted, nudged):
                    rows, gain = step(passes, self.rows, at - totals, place, point.price)
                    rows = move(passes, limits, self.rows, rows, gain)
                    self._keep(rows if pressed is None else self._merged(rows, pressed))

    def _at(self, point: Point, factor: float) -> Ints:
        """Slates at prices of totals that are so many times those of `point`."""
        up, totals = point.up.copy(), len(self.dual.passes.problem.totals)
        up[:totals] = np.minimum(factor * np.maximum(up, 0.1 / self.dual.scale), self.dual.cap)[
            :totals
        ]
        self.dual.at(up, point.down, point.welfare)
        return self.dual.rows.copy()

    def gap(self) -> float:
        """How far the best slates may be from the best there are; infinite if a limit is missed."""
        best = self.dual.best
        if best is None or self.missed > 0:
            return np.inf
        return max(best.bound - self.value, 0.0) / max(abs(best.bound), 1e-300)

    def answer(self, point: Point) -> Solution:
        passes, dual = self.dual.passes, self.dual
        assert self.rows is not None
        assert dual.best is not None
        sums = passes.sums(self.rows)
        totals = len(passes.problem.totals)
        missed = [*self._missed(point), *own_limits_missed(passes.problem, self.rows)]
        gap = np.inf if missed else self.gap()
        return Solution(
            rows=self.rows,
            prices=Prices(
                totals=point.price[:totals],
                floors=passes.by_family((point.up + point.welfare)[totals:]),
                caps=passes.by_family(point.down[totals:]),
            ),
            value=self.value,
            bound=dual.best.bound,
            gap=None if np.isinf(gap) else gap,
            missed=missed,
            sums=sums.limits[:totals],
            exposure=passes.by_family(sums.limits[totals:]),
            passes=dual.count,
        )

    def _merged(self, rows: Ints, other: Ints) -> Ints:
        passes = self.dual.passes
        return move(passes, self.limits, rows, other, worth(passes, other) - worth(passes, rows))

    def _keep(self, rows: Ints) -> None:
        passes, problem = self.dual.passes, self.dual.passes.problem
        sums = passes.integer_sums(rows)
        missed = float((self.limits.shortfall(sums[1:]) / self.limits.size).sum())
        value = float(sums[0] / passes.unit[0])
        if problem.welfare is not None:
            exposure = (sums[1:] / passes.fractions()[1:])[self.dual.family]
            value += problem.welfare.of(exposure)
        if (missed, -value) < (self.missed, -self.value):
            self.rows, self.missed, self.value = rows, missed, value

    def _missed(self, point: Point) -> list[Missed]:
        """Every limit that the best slates do not meet, with why."""
        passes, problem = self.dual.passes, self.dual.passes.problem
        assert self.rows is not None
        integer = passes.integer_sums(self.rows)[1:]
        short, reached = self.limits.shortfall(integer), integer / passes.fractions()[1:]
        names = [(total.name, total.unit) for total in problem.totals]
        names += [(f"{f.name} {group}", "attention") for f in problem.shares for group in f.groups]
        missed = []
        for at in np.flatnonzero(short > 0):
            name, unit = names[at]
            too_much = reached[at] > passes.most()[at]
            price = (point.down if too_much else point.up)[at]
            if at >= len(problem.totals):
                name += " cap" if too_much else " floor"
            missed.append(
                Missed(
                    limit=name,
                    asked=float((passes.most() if too_much else passes.least())[at]),
                    reached=float(reached[at]),
                    unit=unit,
                    because="costs more than the price cap"
                    if price >= AT_CAP * self.dual.cap[at]
                    else "no slates were found that meet all limits together",
                )
            )
        return missed
