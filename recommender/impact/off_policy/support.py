"""Whether a log can say anything of a policy: support, effective size, and weights that add up."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pcf_estimator.tables import TableError
from recommender.candidates import Bools, Floats
from recommender.impact.off_policy.table import Impressions
from recommender.impact.off_policy.target import Target
from recommender.log import find

LEAST_SUPPORT = 0.95  # of what the policy would show, so much must have been possible
LEAST_EFFECTIVE = 30.0  # lists at the place that knows least
LEAST_AGREEING = 20  # rows on which log and policy agree, to judge the weights by
BEYOND = 6.0  # standard errors
ABOUT = 2.0  # standard errors of an estimated share


@dataclass(frozen=True, kw_only=True)
class Support:
    """How far a log reaches for a policy; `reason` is "" or says why it does not reach."""

    unsupported: float  # share of what the policy shows that the log could not have shown
    unsupported_error: float  # its standard error; 0 where the log lists what could be shown
    exact: bool
    effective: float  # lists at the place that knows least, (sum w)^2 / sum w^2
    effective_by_place: tuple[float, ...]
    largest_weight: float
    mean_weight: float  # 1 where chances are right and support is whole
    agreeing: int  # rows with a weight above 0
    reason: str

    def facts(self) -> dict[str, Any]:
        """All figures, for JSON."""
        return asdict(self) | {"identified": not self.reason}


def support_of(log: Impressions, target: Target, weights: Floats, assume: str) -> Support:
    """Support of `target` in `log`, given `weights` (contexts of the target, places).

    Where the log lists all that could stand at a place, the share without support is counted;
    elsewhere it is 1 less the mean weight, which is 1 on average under full support. Raises
    TableError where the weights say that products were not drawn by the chances told.
    """
    mass = float(target.chance.sum())
    by_customer = np.bincount(
        log.customer[target.contexts], weights.sum(axis=1), minlength=len(log.customer_id)
    )
    of_target = np.bincount(
        log.customer[target.contexts[target.context]],
        target.chance,
        minlength=len(log.customer_id),
    )
    mean = float(weights.sum() / mass)
    error = float(np.sqrt(((by_customer - mean * of_target) ** 2).sum()) / mass)
    agreeing = int((weights > 0).sum())
    if mean > 1.0 + BEYOND * error and agreeing >= LEAST_AGREEING:
        raise TableError(
            f"{log.where}: the weights of {target.name} average {mean:.3g} (standard error "
            f"{error:.2g}), but at most 1 was expected: products were not drawn with the "
            f"propensities told ({agreeing} rows agree with the policy)"
        )
    exact = log.possible is not None and assume == "position"
    if exact:
        lost = _counted(log, target, weights)
        error = 0.0
    else:
        lost = max(0.0, 1.0 - mean)
    square = (weights**2).sum(axis=0)
    asked = np.bincount(target.place, target.chance, minlength=log.places) > 0
    effective = np.divide(
        weights.sum(axis=0) ** 2, square, out=np.zeros(log.places), where=square > 0
    )
    least = float(effective[asked].min())
    return Support(
        unsupported=lost,
        unsupported_error=error,
        exact=exact,
        effective=least,
        effective_by_place=tuple(effective.tolist()),
        largest_weight=float(weights.max(initial=0.0)),
        mean_weight=mean,
        agreeing=agreeing,
        reason=_reason(target.name, lost, error, least, exact, log.contexts),
    )


def _counted(log: Impressions, target: Target, weights: Floats) -> float:
    """Share of the target that the log could not have shown, and a check of what it did show."""
    assert log.possible is not None
    position = np.full(log.contexts, -1)
    position[target.contexts] = np.arange(len(target.contexts))
    rows = log.possible
    context = position[rows["context"].to_numpy()]
    kept = context >= 0
    key = target.keys(
        context[kept], rows["place"].to_numpy()[kept], rows["product"].to_numpy()[kept]
    )
    order = np.argsort(key, kind="stable")
    at = find(key[order], target.key)
    could = at >= 0
    propensity = rows["propensity"].to_numpy()[kept][order][at]
    # at each place contexts are drawn apart: the weights' sum has a known mean and variance
    chance = target.chance
    mean = np.bincount(target.place, chance * could, minlength=log.places)
    square = np.bincount(target.place, could * chance**2 / propensity, minlength=log.places)
    spread = np.sqrt(np.maximum(square - _squares(target, could), 0.0))
    drawn = weights.sum(axis=0)
    expected = np.bincount(target.place, could * propensity, minlength=log.places)
    enough = expected >= LEAST_AGREEING  # rows that agree; of fewer, a sum is no bell curve
    off = enough & (np.abs(drawn - mean) > BEYOND * spread + 1e-6 * mean)
    if off.any():
        place = int(np.flatnonzero(off)[0])
        raise TableError(
            f"{log.where}: at place {place + 1} the weights of {target.name} add up to "
            f"{drawn[place]:,.0f}, but {mean[place]:,.0f} give or take {spread[place]:,.0f} was "
            f"expected: products were not drawn with the propensities told ({int(off.sum())} such "
            f"places)"
        )
    return float(1.0 - (chance * could).sum() / chance.sum())


def _squares(target: Target, could: Bools) -> Floats:
    """By place: sum over contexts of the squared supported chance of the target."""
    cell = target.context * target.places + target.place
    cells, at = np.unique(cell, return_inverse=True)
    total = np.bincount(at, target.chance * could)
    squares = np.bincount(cells % target.places, total**2, minlength=target.places)
    return squares.astype(np.float64)


def _reason(
    name: str, lost: float, error: float, effective: float, exact: bool, contexts: int
) -> str:
    if lost - ABOUT * error > 1.0 - LEAST_SUPPORT:
        how = "" if exact else f" (give or take {ABOUT * error:.1%}, estimated)"
        return (
            f"not identified: {lost:.1%}{how} of what {name} would show could never stand there "
            f"in this log, but at most {1 - LEAST_SUPPORT:.0%} may be missing"
        )
    if effective < LEAST_EFFECTIVE:
        return (
            f"not identified: {contexts:,} lists count as {effective:.1f} for {name} at the place "
            f"that says least, but at least {LEAST_EFFECTIVE:.0f} are needed"
        )
    return ""
