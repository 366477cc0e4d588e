"""What sellers' exposure is worth as a whole: max-min, alpha-fair and Gini welfare.

Each is a concave function of r_s = e_s / t_s, the exposure of seller s over its target, both in
attention. With `weight` x `attention` (of all places of all shoppers) as the unit, every one of
them is worth weight x attention where each seller stands at its target: so a weight means the same
for ten shoppers and ten million, namely the value given, per unit of attention shown, for lifting
all sellers together from nothing to their targets. A seller without a target does not count.

    max-min     min_s r_s
    alpha-fair  sum_s t_s / t x U((r_s + floor) / (1 + floor)), t all targets together, with
                U(x) = 1 + (x^(1 - a) - 1) / (1 - a), for a = 1: 1 + log x. The small floor keeps a
                seller that is never shown finite.
    Gini        sum_i w_i r_(i), r ascending, w falling with sum 1: mean(r) x (1 - Gini(r)) for the
                weights of `gini_weights`, max-min for w = (1, 0, ...), the plain mean for equal w

Alpha-fairness is that of Mo and Walrand (2000, IEEE/ACM Transactions on Networking 8), whose axioms
Lan, Kao, Chiang and Sabharwal give (2010, INFOCOM); generalized Gini welfare of exposure, with
projections on the permutahedron, is that of Do and Usunier (2022, SIGIR).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import isotonic_regression

from recommender.candidates import Floats, Ints
from recommender.rerank.problem import Welfare

FLOOR = (
    0.01  # of the target: alpha-fair welfare takes a seller that is never shown for one so small
)


@dataclass(frozen=True, kw_only=True)
class MaxMin:
    """The exposure of the worst seller, over its target.

    >>> welfare = MaxMin(family="seller", weight=1.0, attention=10.0, target=np.array([5.0, 2.0]))
    >>> welfare.of(np.array([5.0, 1.0]))
    5.0
    """

    family: str
    weight: float
    attention: float  # of all places of all shoppers
    target: Floats  # (groups,): attention; 0 for a seller that does not count

    def of(self, exposure: Floats) -> float:
        """The welfare of exposures (groups,), in units of value."""
        counts = self.target > 0
        return float(self.weight * self.attention * (exposure / _over(self.target))[counts].min())

    def conjugate(self, price: Floats) -> tuple[float, Floats]:
        """0, and no exposure: where targets cost enough, none is worth its price."""
        return 0.0, np.zeros_like(price)

    def project(self, price: Floats) -> Floats:
        """The nearest prices, 0 or more, at which all targets cost weight x attention together."""
        # from far away the first answer is off by the rounding of large numbers, the second is not
        return self._project(self._project(price))

    def _project(self, price: Floats) -> Floats:
        least, target = self.weight * self.attention, self.target
        free = np.maximum(price, 0.0)
        if free @ target >= least:
            return free
        # max(price + step x target, 0) @ target grows with the step, with a bend at -price / target
        counts = target > 0
        bend = -price[counts] / target[counts]
        order = np.argsort(bend, kind="stable")
        bend, squares = bend[order], np.cumsum(target[counts][order] ** 2)
        below = np.cumsum((price * target)[counts][order])
        step = (least - below) / squares  # if just the sellers so far are above 0
        at = int(np.flatnonzero(step >= bend)[-1:].sum())  # the first alone always is
        return np.maximum(price + step[at] * target, 0.0)


@dataclass(frozen=True, kw_only=True)
class AlphaFair:
    """The sum over sellers of a concave utility: alpha 0 is the plain sum, 1 the log, 2 is evener.

    >>> one = AlphaFair(family="seller", weight=1.0, attention=7.0, target=np.array([5.0, 2.0]))
    >>> one.of(np.array([5.0, 2.0]))
    7.0
    """

    family: str
    weight: float
    attention: float
    target: Floats
    alpha: float = 1.0
    floor: float = FLOOR

    def of(self, exposure: Floats) -> float:
        """The welfare of exposures (groups,), in units of value."""
        x = (exposure / _over(self.target) + self.floor) / (1 + self.floor)
        return float(self._unit * self.target @ self._utility(x))

    def conjugate(self, price: Floats) -> tuple[float, Floats]:
        """Each seller apart: exposure grows until the next unit is worth its price."""
        x = np.full_like(self.target, self.floor / (1 + self.floor))
        if self.alpha > 0:  # at alpha 0 each unit is worth the same: prices are at least that
            worth = self._unit / (1 + self.floor)
            priced = np.where(price > 0, price, np.inf)
            x = np.maximum(x, (worth / priced) ** (1 / self.alpha))
        exposure = np.maximum(self.target * (x * (1 + self.floor) - self.floor), 0.0)
        return self.of(exposure) - float(price @ exposure), exposure

    def project(self, price: Floats) -> Floats:
        """Prices raised to what the last unit is worth to a seller that has all the attention.

        No seller can have more, so no lower price is ever the right one, and the conjugate stays
        finite where the utility knows no upper end.
        """
        most = (self.attention / _over(self.target) + self.floor) / (1 + self.floor)
        least = self._unit / (1 + self.floor) * most**-self.alpha
        return np.maximum(price, np.where(self.target > 0, least, 0.0))

    @property
    def _unit(self) -> float:
        """Value of one unit of attention at the target, but for the floor."""
        return float(self.weight * self.attention / self.target.sum())

    def _utility(self, x: Floats) -> Floats:
        if self.alpha == 1:
            return 1 + np.log(x)
        return np.asarray(1 + (x ** (1 - self.alpha) - 1) / (1 - self.alpha))


@dataclass(frozen=True, kw_only=True)
class Gini:
    """The ordered weighted average of exposure over target, the worst seller weighing most.

    >>> even = Gini(family="seller", weight=1.0, attention=8.0, target=np.array([4.0, 4.0]))
    >>> even.of(np.array([2.0, 6.0]))  # 8 x (3/4 x 1/2 + 1/4 x 3/2)
    6.0
    """

    family: str
    weight: float
    attention: float
    target: Floats
    weights: Floats | None = None  # (sellers with a target,): falling, sum 1; else `gini_weights`

    def of(self, exposure: Floats) -> float:
        """The welfare of exposures (groups,), in units of value."""
        counts = self.target > 0
        return float(self._levels[::-1] @ np.sort((exposure / _over(self.target))[counts]))

    def conjugate(self, price: Floats) -> tuple[float, Floats]:
        """0, and no exposure: where targets cost enough, none is worth its price."""
        return 0.0, np.zeros_like(price)

    def project(self, price: Floats) -> Floats:
        """The nearest prices at which the k cheapest targets cost at least the k lowest weights."""
        counts = self.target > 0
        nearest = np.maximum(price, 0.0)
        nearest[counts] = nearest_above_permutahedron(
            price[counts] * self.target[counts], self._levels, self.target[counts]
        )
        nearest[counts] /= self.target[counts]
        return nearest

    @property
    def _levels(self) -> Floats:
        """Weights in units of value, ascending."""
        counting = int((self.target > 0).sum())
        weights = gini_weights(counting) if self.weights is None else self.weights
        return np.asarray(self.weight * self.attention * weights[::-1])


def gini_weights(sellers: int) -> Floats:
    """Falling weights (sellers,) whose ordered average is the mean times 1 - Gini coefficient.

    >>> gini_weights(2).tolist()
    [0.75, 0.25]
    """
    rank = np.arange(1, sellers + 1)
    return (2 * (sellers - rank) + 1) / sellers**2


def nearest_above_permutahedron(cost: Floats, levels: Floats, scale: Floats) -> Floats:
    """The point nearest to `cost` (n,) whose k lowest entries sum to at least the k lowest levels.

    That is, which is nowhere under some mixture of the permutations of `levels` (n,), ascending
    from 0 or more. Distance is sum of ((point - cost) / scale) squared. With one scale for all this
    is isotonic regression on the sorted costs (Negrinho and Martins 2014, NeurIPS); else the set is
    split at what it violates most until nothing is (the decomposition of Groenevelt 1991, European
    Journal of Operational Research 54). A point already above its share may stay where it was.

    >>> nearest_above_permutahedron(np.array([0.0, 1.0]), np.array([1.0, 3.0]), np.ones(2)).tolist()
    [1.5, 2.5]
    """
    # from far away the first answer is off by the rounding of large numbers, the second is not
    return _nearest(_nearest(cost, levels, scale), levels, scale)


def _nearest(cost: Floats, levels: Floats, scale: Floats) -> Floats:
    if (scale == scale[0]).all():
        order = np.argsort(cost, kind="stable")
        point = np.empty_like(cost)
        # the sorted costs keep their order; what they are moved by must fall along it
        point[order] = cost[order] + isotonic_regression(levels - cost[order], increasing=False).x
    else:
        point = _split(cost, levels, scale**2)
    return np.maximum(point, cost)


def _split(cost: Floats, levels: Floats, give: Floats) -> Floats:
    """The nearest mixture of permutations of `levels`, where entry i gives way by `give` (n,)."""
    point = np.empty_like(cost)
    open_sets: list[tuple[Ints, Floats]] = [(np.arange(len(cost)), levels)]
    while open_sets:
        members, mine = open_sets.pop()
        miss = (mine.sum() - cost[members].sum()) / give[members].sum()
        at = cost[members] + give[members] * miss  # nearest with this sum
        order = np.argsort(at, kind="stable")
        over = np.cumsum(at[order] - mine)  # of the k lowest; below 0 where they are too low
        cut = int(over.argmin()) + 1
        if cut == len(members) or over[cut - 1] >= -1e-13 * levels.sum():
            point[members] = at
        else:
            open_sets.append((members[order[:cut]], mine[:cut]))
            open_sets.append((members[order[cut:]], mine[cut:]))
    return point


def _over(target: Floats) -> Floats:
    """What to divide by: 1 where there is no target, which then does not count."""
    return np.where(target > 0, target, 1.0)


WELFARES: dict[str, Callable[..., Welfare]] = {
    "max-min": MaxMin,
    "alpha-fair": AlphaFair,
    "gini": Gini,
}


def welfare_of(
    name: str, *, family: str, weight: float, alpha: float, attention: float, target: Floats
) -> Welfare | None:
    """The welfare that a policy names, or None where it names none or gives it no weight.

    `attention` is that of all places of all shoppers, `target` (groups,) in the same unit. Raises
    ValueError where the name is unknown, a figure is out of range or no seller has a target.

    >>> welfare_of("none", family="seller", weight=1, alpha=1, attention=1, target=np.ones(1))
    """
    if name == "none" or weight == 0:
        return None
    if name not in WELFARES:
        raise ValueError(f"welfare is {name!r}, but there are none, {', '.join(WELFARES)}")
    for figure, found, least in (("weight", weight, 0.0), ("alpha", alpha, 0.0)):
        if not (np.isfinite(found) and found >= least):
            raise ValueError(
                f"welfare: the {figure} is {found}, but finite and 0 or more is needed"
            )
    bad = ~(np.isfinite(target) & (target >= 0))
    if bad.any():
        at = int(np.flatnonzero(bad)[0])
        raise ValueError(
            f"welfare: the target of group {at} is {target[at]}, but finite and 0 or more is "
            f"needed ({bad.sum()} such groups)"
        )
    if not (target > 0).any():
        raise ValueError("welfare: no group has a target above 0, so none can count")
    more = {"alpha": float(alpha)} if name == "alpha-fair" else {}
    return WELFARES[name](
        family=family, weight=float(weight), attention=float(attention), target=target, **more
    )
