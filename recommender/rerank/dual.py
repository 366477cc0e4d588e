"""The dual: one price per limit, found by descent; its value bounds every answer from above.

For prices up on floors and totals, down on caps, and w on the welfare's groups,

    g = sum_u (best slate of u at these prices) - up . least + down . most + conjugate(w)

is at least the value of any slates that meet the limits (Lagrangian relaxation; Boyd and
Vandenberghe 2004, Convex Optimization, 5.1), and is convex in the prices. Its slope in a price is
what the limit has to spare. Descent is by L-BFGS-B (Byrd, Lu, Nocedal and Zhu 1995, SIAM J. Sci.
Comput. 16), with prices scaled by how many rows they reach; where a welfare binds its prices to a
set of its own, by projection (`descent`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import minimize

from recommender.candidates import Bools, Floats, Ints
from recommender.rerank.descent import descend
from recommender.rerank.passes import Passes, Sums
from recommender.rerank.problem import Prices, Welfare

TURNS = 3  # of limits and welfare
MEMORY = 12  # pairs that L-BFGS-B remembers
LEAST_GAIN = 1e-9  # of the bound, in one step


@dataclass(frozen=True, kw_only=True)
class Point:
    """One set of prices and what they lead to."""

    up: Floats  # (limits,): price of each floor and total
    down: Floats  # (limits,): price of each cap
    welfare: Floats  # (limits,): price that the welfare lays on exposure
    sums: Sums
    bound: float

    @property
    def price(self) -> Floats:
        """(limits,): what one more unit of each limit's sum is worth."""
        return self.up - self.down + self.welfare


@dataclass
class Dual:
    """The dual of a problem, with the lowest bound found so far."""

    passes: Passes
    count: int = 0  # passes over all candidates
    best: Point | None = None
    rows: Ints = field(init=False, repr=False)  # slates of the last pass

    def __post_init__(self) -> None:
        passes, problem = self.passes, self.passes.problem
        self.rows = passes.empty()
        self.least, self.most = passes.least(), passes.most()
        self.floored: Bools = passes.bound_limits()
        self.capped: Bools = np.isfinite(self.most)
        sizes = passes.mean_size()
        worth = max(sizes[0], 1e-300)
        totals = len(problem.totals)
        # a price's scale: what moves scores as much as their own size, over how many rows it moves
        reach = np.concatenate([np.full(totals, len(problem.product)), passes.rows_of_groups()])
        size = np.concatenate([np.maximum(sizes[1:], 1e-300), np.ones(passes.groups)])
        self.scale: Floats = size / worth * np.sqrt(np.maximum(reach, 1) / reach.max(initial=1))
        self.worth = worth * problem.attention.sum() * max(problem.shoppers, 1)
        cap = min(problem.price_cap, 1000.0 * max(np.abs(problem.value).max(initial=0.0), 1e-300))
        self.cap: Floats = cap / size
        self.family = self._family(problem.welfare)

    def _family(self, welfare: Welfare | None) -> Bools:
        marked = np.zeros(self.passes.limits, np.bool_)
        if welfare is not None:
            names = [family.name for family in self.passes.problem.shares]
            at, totals = names.index(welfare.family), len(self.passes.problem.totals)
            offsets = self.passes.offsets + totals
            marked[offsets[at] : offsets[at + 1]] = True
        return marked

    def at(self, up: Floats, down: Floats, welfare: Floats) -> Point:
        """The bound at these prices; `rows` then holds the slates."""
        sums = self.passes.run(up - down + welfare, self.rows)
        self.count += 1
        bound = sums.value + float((up - down + welfare) @ sums.limits)
        bound -= float(up[self.floored] @ self.least[self.floored])
        bound += float(down[self.capped] @ self.most[self.capped])
        rule = self.passes.problem.welfare
        if rule is not None:
            bound += rule.conjugate(welfare[self.family])[0]
        point = Point(up=up, down=down, welfare=welfare, sums=sums, bound=bound)
        if self.best is None or bound < self.best.bound:
            self.best = point
        return point

    def start(self, warm: Prices | None) -> Point:
        """The point of yesterday's prices, or of none; the welfare starts from level prices."""
        zero = np.zeros(self.passes.limits)
        up, down = (zero, zero) if warm is None else self.passes.vector(warm)
        up = np.clip(np.where(self.floored, up, 0.0), 0.0, self.cap)
        down = np.clip(np.where(self.capped, down, 0.0), 0.0, self.cap)
        return self.at(up, down, self.project(zero))

    def project(self, welfare: Floats) -> Floats:
        rule = self.passes.problem.welfare
        if rule is None:
            return welfare
        allowed = np.zeros(len(welfare))
        allowed[self.family] = rule.project(welfare[self.family])
        return allowed

    def descend(self, begin: Point, padding: Floats, most_passes: int) -> Point:
        """The lowest point found from `begin`, for limits tightened by `padding` (limits,) >= 0.

        The prices of limits and those of the welfare are different in kind, and each is moved by
        what suits it, in turns.
        """
        if not self.family.any():
            return self._on_limits(begin, padding, most_passes)
        point = begin
        for _ in range(TURNS):
            point = self._on_welfare(point, padding, most_passes)
            point = self._on_limits(point, padding, most_passes // TURNS)
        return point

    def _on_limits(self, begin: Point, padding: Floats, most_passes: int) -> Point:
        floored, capped = np.flatnonzero(self.floored), np.flatnonzero(self.capped)
        if not len(floored) + len(capped):
            return begin
        scale = np.concatenate([self.scale[floored], self.scale[capped]])
        most = np.concatenate([self.cap[floored], self.cap[capped]]) * scale
        lowest = _Lowest(begin)

        def height(z: Floats) -> tuple[float, Floats]:
            up, down = np.split(z / scale, [len(floored)])
            point = self.at(self._filled(floored, up), self._filled(capped, down), begin.welfare)
            padded = lowest.look(point, padding)
            spare = point.sums.limits
            slope = np.concatenate(
                [(spare - self.least - padding)[floored], (self.most - padding - spare)[capped]]
            )
            return padded / self.worth, slope / scale / self.worth

        z = np.concatenate([begin.up[floored], begin.down[capped]]) * scale
        minimize(
            height,
            np.clip(z, 0.0, most),
            jac=True,
            method="L-BFGS-B",
            bounds=np.column_stack([np.zeros(len(z)), most]),
            options={
                "maxfun": most_passes,
                "maxiter": most_passes,
                "maxcor": MEMORY,
                "ftol": LEAST_GAIN,
                "gtol": 0.0,
            },
        )
        return lowest.point

    def _on_welfare(self, begin: Point, padding: Floats, most_passes: int) -> Point:
        valued, rule = np.flatnonzero(self.family), self.passes.problem.welfare
        assert rule is not None
        lowest = _Lowest(begin)
        scale = self.scale[valued].max()  # one for all: the projection stays the nearest place

        def height(z: Floats) -> tuple[float, Floats]:
            point = self.at(begin.up, begin.down, self._filled(valued, z / scale))
            wished = rule.conjugate(z / scale)[1]
            slope = (point.sums.limits[valued] - wished) / scale / self.worth
            return lowest.look(point, padding) / self.worth, slope

        descend(
            height,
            begin.welfare[valued] * scale,
            lambda z: rule.project(z / scale) * scale,
            most_passes,
        )
        return lowest.point

    def _filled(self, at: Ints, values: Floats) -> Floats:
        of_limits = np.zeros(self.passes.limits)
        of_limits[at] = values
        return of_limits


class _Lowest:
    """The lowest point seen in a descent on limits that are tightened."""

    def __init__(self, begin: Point) -> None:
        self.point, self.height = begin, np.inf

    def look(self, point: Point, padding: Floats) -> float:
        """The height of a point, which is kept if none was lower."""
        height = point.bound - float((point.up + point.down) @ padding)
        if height < self.height:
            self.point, self.height = point, height
        return height
