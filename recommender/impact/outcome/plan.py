"""How many units, for how long, to see an effect of a given size, from weeks before any change.

A unit's change is its mean over `after` weeks less its mean over `before` weeks. The variance of
that change follows from how purchases of one unit hang together over time: autocovariances at
every lag, not one autocorrelation, since errors that fade (as in Burlig, Preonas and Woerman 2020,
Journal of Development Economics 144) make the formula with a constant one (McKenzie 2012, Journal
of Development Economics 99) too hopeful. Both are told, and pretended changes in the weeks at hand
check them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from pcf_estimator.tables import TableError
from recommender.candidates import Floats, Ints
from recommender.impact.outcome.outcome import changes
from recommender.impact.outcome.table import Names, panel_from

AFTER = (2, 4, 8, 12, 26, 52)
LEAST_PERIODS = 4
DRAWS = 2000
TAIL = 0.25  # of the lags at hand, the longest: what stays between longer ones


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """What weeks without a change say of a unit's outcome."""

    outcome: Floats  # (units, periods)
    mean: float
    covariance: Floats  # (lags,): between a unit's weeks so far apart, week means taken out
    names: Names

    @classmethod
    def of(cls, outcome: Floats, names: Names) -> Baseline:
        """From complete rows; units between which nothing varies are refused (TableError)."""
        if outcome.shape[1] < LEAST_PERIODS or len(outcome) < LEAST_PERIODS:
            raise TableError(
                f"baseline: {len(outcome)} {names.nouns} with rows in all of {outcome.shape[1]} "
                f"periods, but at least {LEAST_PERIODS} of each are needed to plan with"
            )
        apart = outcome - outcome.mean(axis=0)
        units, periods = outcome.shape
        if not (apart**2).any():
            raise TableError(f"baseline: {names.outcome} is the same for all {names.nouns}")
        every = apart.T @ apart / (units - 1)
        lags = [float(np.diagonal(every, lag).mean()) for lag in range(periods)]
        mean, covariance = float(outcome.mean()), np.array(lags)
        return cls(outcome=outcome, mean=mean, covariance=covariance, names=names)

    def at(self, lag: Ints) -> Floats:
        """Covariance at each lag; beyond the lags at hand, the mean of the longest quarter."""
        have = len(self.covariance)
        tail = float(self.covariance[-max(1, round(TAIL * have)) :].mean())
        return np.where(lag < have, self.covariance[np.minimum(lag, have - 1)], tail)

    def variance_of_change(self, before: int, after: int) -> float:
        """Variance between units of mean(after) - mean(before), of neighbouring stretches."""
        week = np.arange(before + after)
        weight = np.where(week < before, -1.0 / before, 1.0 / after)
        return float(weight @ self.at(np.abs(week[:, None] - week[None, :])) @ weight)

    @property
    def autocorrelation(self) -> float:
        """Of a week with another, all lags alike."""
        periods = len(self.covariance)
        pairs = np.arange(periods, 0, -1)[1:]
        return float((self.covariance[1:] * pairs).sum() / pairs.sum() / self.covariance[0])

    def variance_if_constant(self, before: int, after: int) -> float:
        """The same by McKenzie's formula: 2 s2 (1 - rho) (1/m + 1/r) / 2, one arm."""
        return float(self.covariance[0] * (1 - self.autocorrelation) * (1.0 / before + 1.0 / after))


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Units needed for each length, and what pretended changes in the baseline say."""

    baseline: Baseline
    effect: float  # relative
    power: float
    treated_share: float
    lengths: pd.DataFrame
    check: dict[str, float]

    def facts(self) -> dict[str, Any]:
        """All figures, for JSON."""
        base = self.baseline
        return {
            "layer": "measured, planned",
            "outcome": base.names.outcome,
            "unit": base.names.of_units,
            "units": len(base.outcome),
            "periods": base.outcome.shape[1],
            "mean": base.mean,
            "sd": math.sqrt(base.covariance[0]),
            "autocorrelation": base.autocorrelation,
            "effect": self.effect,
            "effect_in_units": self.effect * base.mean,
            "power": self.power,
            "treated_share": self.treated_share,
            "lengths": self.lengths.to_dict("records"),
            "check": self.check,
            "sentence": self.sentence(),
        }

    def sentence(self) -> str:
        """How long it takes with the units at hand, in words, and whether the formula holds."""
        base, nouns = self.baseline, self.baseline.names.nouns
        have, lengths = len(base.outcome), self.lengths
        enough = lengths[lengths["units"] <= have]
        if len(enough):
            row = enough.iloc[0]
            said = (
                f"To see a change of {self.effect:+.1%} ({self.effect * base.mean:+.3g} of "
                f"{base.names.outcome} a period) in {self.power:.0%} of cases, "
                f"{int(row['units']):,} {nouns} are enough with {int(row['before'])} periods "
                f"before and {int(row['after'])} after the start; {have:,} are here."
            )
        else:
            best = lengths.iloc[int(lengths["smallest_seen"].to_numpy().argmin())]
            said = (
                f"The {have:,} {nouns} here are too few for {self.effect:+.1%} at any of these "
                f"lengths: the smallest change they would show in {self.power:.0%} of cases is "
                f"{best['smallest_seen']:.1%}, after {int(best['after'])} periods."
            )
        check = self.check
        if lengths["beyond_baseline"].any():
            said += (
                f" Periods further apart than the {base.outcome.shape[1]} here are taken to hang "
                f"together as the furthest here do."
            )
        return (
            f"{said} Pretended changes of {check['effect']:+.1%} in these weeks "
            f"({int(check['before'])} before, {int(check['after'])} after, all {nouns}) were seen "
            f"in {check['seen']:.0%} of {int(check['draws']):,} draws, {check['expected']:.0%} "
            f"expected; no change was taken for one in {check['false_alarms']:.1%}, 5.0% expected."
        )


def read_baseline(rows: pd.DataFrame, names: Names, where: str = "baseline") -> Baseline:
    """A panel without treatment as a baseline; units that lack rows are left out.

    Raises TableError as `panel_from` does, and where too little is left.
    """
    panel = panel_from(rows, replace(names, treated=None), where=where)
    whole = np.isfinite(panel.outcome).all(axis=1)
    return Baseline.of(panel.outcome[whole], names)


def planned(
    baseline: Baseline,
    effect: float,
    *,
    before: int | None = None,
    power: float = 0.8,
    treated_share: float = 0.5,
    seed: int = 0,
) -> Plan:
    """Units needed to see a relative `effect` in `power` of cases, by weeks after the start.

    `before` is the number of weeks before it, by default those of the baseline. `smallest_seen` is
    the relative effect that the baseline's own number of units would show.
    """
    if effect == 0 or not math.isfinite(effect):
        raise ValueError(f"effect is {effect}, but a share other than 0, such as 0.02, is expected")
    if not 0 < treated_share < 1:
        raise ValueError(f"treated share is {treated_share}, but one between 0 and 1 is expected")
    if not 0.05 < power < 1:
        raise ValueError(f"power is {power}, but one between 0.05 and 1 is expected")
    if baseline.mean <= 0:
        raise TableError(
            f"baseline: the mean of {baseline.names.outcome} is {baseline.mean:.4g}, but a "
            f"relative effect needs one above 0"
        )
    before = before or baseline.outcome.shape[1]
    have, target = len(baseline.outcome), abs(effect) * baseline.mean
    rows = []
    for after in AFTER:
        variance = max(0.0, baseline.variance_of_change(before, after))
        constant = baseline.variance_if_constant(before, after)
        rows.append(
            {
                "before": before,
                "after": after,
                "beyond_baseline": before + after > baseline.outcome.shape[1],
                "units": units_needed(variance, target, power, treated_share),
                "units_if_constant": units_needed(constant, target, power, treated_share),
                "smallest_seen": _sight(power)
                * math.sqrt(variance / (treated_share * (1 - treated_share) * have))
                / baseline.mean,
            }
        )
    return Plan(
        baseline=baseline,
        effect=effect,
        power=power,
        treated_share=treated_share,
        lengths=pd.DataFrame(rows),
        check=pretended(baseline, effect, treated_share, np.random.default_rng(seed)),
    )


def units_needed(variance: float, effect: float, power: float, treated_share: float) -> int:
    """Units, treated and untreated together, whose mean changes tell `effect` from none.

    >>> units_needed(4.0, 1.0, power=0.8, treated_share=0.5)
    126
    """
    # by hand: (1.960 + 0.842)^2 x 4 / (0.25 x 1) = 7.849 x 16 = 125.6
    shares = treated_share * (1 - treated_share)
    return max(4, math.ceil(_sight(power) ** 2 * variance / (shares * effect**2)))


def pretended(
    baseline: Baseline, effect: float, treated_share: float, rng: np.random.Generator
) -> dict[str, float]:
    """Treated units drawn at random in the weeks at hand, with and without an effect added."""
    units, periods = baseline.outcome.shape
    after = max(1, periods // 3)
    change = changes(baseline.outcome, periods - after)
    treated = min(units - 2, max(2, round(treated_share * units)))
    order = rng.random((DRAWS, units)).argpartition(treated - 1, axis=1)[:, :treated]
    picked = change[order]
    sums, squares = picked.sum(axis=1), (picked**2).sum(axis=1)
    rest, untreated = change.sum() - sums, units - treated
    one = (squares - sums**2 / treated) / (treated - 1) / treated
    two = ((change**2).sum() - squares - rest**2 / untreated) / (untreated - 1) / untreated
    se = np.sqrt(np.maximum(one + two, 1e-300))
    freedom = se**4 / (one**2 / (treated - 1) + two**2 / (untreated - 1))
    edge, gap = stats.t.ppf(0.975, freedom), sums / treated - rest / untreated
    added = effect * baseline.mean
    variance = baseline.variance_of_change(periods - after, after)
    away = abs(added) / math.sqrt(max(variance, 1e-300) * (1 / treated + 1 / untreated))
    return {
        "draws": DRAWS,
        "before": periods - after,
        "after": after,
        "effect": effect,
        "expected": float(stats.norm.sf(1.96 - away) + stats.norm.cdf(-1.96 - away)),
        "seen": float((np.abs(gap + added) > edge * se).mean()),
        "false_alarms": float((np.abs(gap) > edge * se).mean()),
    }


def _sight(power: float) -> float:
    return float(stats.norm.ppf(0.975) + stats.norm.ppf(power))
