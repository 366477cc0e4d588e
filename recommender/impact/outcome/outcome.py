"""Measured: what a change did, by difference-in-differences on a panel of treated and untreated.

The third layer of impact, never mixed with what held-out purchases or a response model say.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from recommender.candidates import Floats
from recommender.impact.outcome.fit import Estimate, Imputed, Plain, plain_two_way
from recommender.impact.outcome.table import Panel
from recommender.impact.outcome.trends import (
    Sensitivity,
    Trends,
    earlier_trends,
    sensitivity,
)

FEW_UNITS = 20  # fewer units in all, or
FEW_IN_GROUP = 10  # in either group, and errors by unit are a guess
TOO_FEW_IN_GROUP = 4
SHUFFLES = 4999
EVERY_SPLIT = 5000  # so many ways of choosing the treated are all tried


class Trust(StrEnum):
    """How far a comparison carries."""

    SOUND = "sound"
    EARLIER_TRENDS = "earlier trends differ"
    FEW = "few units"
    NOT_TO_BE_TRUSTED = "not to be trusted"
    NOT_IDENTIFIED = "not identified"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The effect of a change on the treated, with what speaks for and against it."""

    panel: Panel
    effect: Estimate  # outcome per treated unit and period
    base: float  # what treated cells would have held without the change
    plain: Plain
    by_period: pd.DataFrame  # periods (before and since the start), effect, low, high, units
    trends: Trends
    sensitivity: Sensitivity
    shuffled_p: float  # share of random choices of the treated that look as strong; NaN untried
    cells_used: int
    cells_lost: int  # treated cells in periods without an untreated unit
    rows_missing: float  # share of unit-periods without a row

    @property
    def trust(self) -> Trust:
        treated, untreated = self.groups
        small = min(treated, untreated) if untreated else treated
        if small < 2 or not math.isfinite(self.effect.se):
            return Trust.NOT_IDENTIFIED
        staggered = len(self.panel.starts) > 1
        few = len(self.panel.units) < FEW_UNITS or small < FEW_IN_GROUP
        if small < TOO_FEW_IN_GROUP or (few and staggered):
            return Trust.NOT_TO_BE_TRUSTED
        if self.trends.found:
            return Trust.EARLIER_TRENDS
        return Trust.FEW if few else Trust.SOUND

    @property
    def groups(self) -> tuple[int, int]:
        """Units ever and never treated."""
        ever = self.panel.ever
        return int(ever.sum()), int((~ever).sum())

    @property
    def relative(self) -> tuple[float, float, float]:
        """The effect and its interval over what would have been; NaN where that is not above 0.

        The base is taken as known: its own error is small beside the effect's.
        """
        if self.base <= 0:
            return np.nan, np.nan, np.nan
        low, high = self.effect.interval
        return self.effect.value / self.base, low / self.base, high / self.base

    @property
    def smallest_seen(self) -> float:
        """The effect that this panel would have seen with 80 % power."""
        return (self.effect.quantile(0.975) + self.effect.quantile(0.8)) * self.effect.se

    def facts(self) -> dict[str, Any]:
        """All figures, for JSON; None for what is no number."""
        from recommender.impact.outcome.words import verdict

        panel, (treated, untreated) = self.panel, self.groups
        low, high = self.effect.interval
        share, share_low, share_high = self.relative
        slope, sense = self.trends.slope, self.sensitivity
        continued = sense.trend_continued
        return _plain(
            {
                "layer": "measured",
                "outcome": panel.names.outcome,
                "unit": panel.names.of_units,
                "window": [panel.periods[0], panel.periods[-1]],
                "periods": len(panel.periods),
                "starts": [panel.periods[s] for s in panel.starts],
                "treated": treated,
                "untreated": untreated,
                "effect": self.effect.value,
                "low": low,
                "high": high,
                "se": self.effect.se,
                "freedom": self.effect.freedom,
                "p": self.effect.p,
                "shuffled_p": self.shuffled_p,
                "base": self.base,
                "relative": share,
                "relative_low": share_low,
                "relative_high": share_high,
                "smallest_seen": self.smallest_seen,
                "plain_two_way": self.plain.value,
                "plain_two_way_se": self.plain.se,
                "negative_weights": self.plain.negative_weights,
                "trend_found": self.trends.found if np.isfinite(self.trends.p) else None,
                "trend_p": self.trends.p,
                "trend_joint_p": self.trends.joint_p,
                "trend_slope": slope.value if slope else None,
                "trend_slope_p": slope.p if slope else None,
                "effect_if_trend_continued": continued.value if continued else None,
                "low_if_trend_continued": continued.interval[0] if continued else None,
                "high_if_trend_continued": continued.interval[1] if continued else None,
                "largest_earlier_step": self.trends.largest_step,
                "paths": [list(path) for path in sense.paths],
                "breakdown": sense.breakdown,
                "cells_used": self.cells_used,
                "cells_lost": self.cells_lost,
                "rows_missing": self.rows_missing,
                "trust": self.trust.value,
                "by_period": self.by_period.to_dict("records"),
                "notes": list(panel.notes),
                "verdict": verdict(self),
            }
        )


def measure(panel: Panel, seed: int = 0) -> Outcome:
    """The effect on the treated: per unit and period in the outcome's unit, with all its checks."""
    fit = Imputed.of(panel.outcome, panel.treated)
    effect = fit.average(fit.usable)
    trends = earlier_trends(panel, fit)
    seen = np.isfinite(panel.outcome)
    return Outcome(
        panel=panel,
        effect=effect,
        base=float(panel.outcome[fit.usable].mean()) - effect.value,
        plain=plain_two_way(panel.outcome, panel.treated),
        by_period=effects_by_period(panel, fit, trends),
        trends=trends,
        sensitivity=sensitivity(panel, fit, effect, trends),
        shuffled_p=_shuffled(panel, np.random.default_rng(seed)),
        cells_used=int(fit.usable.sum()),
        cells_lost=int((seen & panel.treated & ~fit.usable).sum()),
        rows_missing=float(1.0 - seen.mean()),
    )


def effects_by_period(panel: Panel, fit: Imputed, trends: Trends) -> pd.DataFrame:
    """The event study: a row for each period before (tested) and since the start.

    Periods before are compared with all earlier ones, periods since with all untreated ones; the
    first period of treatment is 0, the last before it -1.
    """
    since = np.arange(len(panel.periods))[None, :] - np.where(panel.ever, panel.first, 0)[:, None]
    found = [(-k, lead, 0) for k, lead in enumerate(trends.leads, 1)][::-1]
    for k in range(int(since[fit.usable].max()) + 1):
        cells = fit.usable & (since == k)
        if cells.any():
            found.append((k, fit.average(cells), int(cells.sum())))
    before = fit.untreated.cells & panel.ever[:, None]
    rows = [
        {
            "period": k,
            "effect": estimate.value,
            "low": estimate.interval[0],
            "high": estimate.interval[1],
            "units": units or int((before & (since == k)).sum()),
        }
        for k, estimate, units in found
    ]
    return pd.DataFrame(rows)


def _shuffled(panel: Panel, rng: np.random.Generator) -> float:
    """Share of choices of the treated whose change differs as much as that of the true ones.

    Only where one start is shared and units are few, since then a t has little to stand on.
    """
    ever, few = panel.ever, len(panel.units) < FEW_UNITS
    treated, untreated = int(ever.sum()), int((~ever).sum())
    if len(panel.starts) > 1 or not untreated:
        return np.nan
    if not (few or min(treated, untreated) < FEW_IN_GROUP):
        return np.nan
    change = changes(panel.outcome, int(panel.starts[0]))
    known = np.isfinite(change)
    change, ever = change[known], ever[known]
    treated = int(ever.sum())
    if math.comb(len(ever), treated) <= EVERY_SPLIT:
        chosen = np.array(list(combinations(range(len(ever)), treated)))
    else:
        order = rng.random((SHUFFLES, len(ever))).argsort(axis=1)[:, :treated]
        chosen = np.vstack([np.flatnonzero(ever)[None, :], order])
    sums = change[chosen].sum(axis=1)
    gaps = np.abs(sums / treated - (change.sum() - sums) / (len(ever) - treated))
    own = change[ever].mean() - change[~ever].mean()
    return float((gaps >= abs(own) - 1e-9).mean())


def changes(outcome: Floats, start: int) -> Floats:
    """Each unit's mean from period `start` on less its mean before; NaN where it lacks either.

    >>> changes(np.array([[1.0, 3.0, 5.0], [1.0, np.nan, np.nan]]), 2)
    array([ 3., nan])
    """
    return _mean(outcome[:, start:]) - _mean(outcome[:, :start])


def _mean(values: Floats) -> Floats:
    seen = np.isfinite(values)
    count = seen.sum(axis=1)
    sums = np.where(seen, values, 0.0).sum(axis=1)
    return np.divide(sums, count, out=np.full(len(values), np.nan), where=count > 0)


def _plain(value: Any) -> Any:
    """The same with plain numbers, and None for what is no number."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
