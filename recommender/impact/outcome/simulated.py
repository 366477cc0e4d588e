"""Panels with a known effect: an example to try, and the study of how often intervals hold it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from recommender.candidates import Floats, Ints
from recommender.impact.outcome.outcome import measure
from recommender.impact.outcome.table import NEVER, Names, Panel

MONDAY = pd.Timestamp("2026-01-05")


@dataclass(frozen=True, kw_only=True)
class World:
    """How simulated customers spend: level, season, errors that linger, and what a change does."""

    units: int = 200
    periods: int = 24
    starts: tuple[int, ...] = (16,)  # shared evenly among the treated
    treated_share: float = 0.5
    effect: float = 1.0  # outcome per period, from the start on
    growth: float = 0.0  # more of it each further period
    late_share: float = 1.0  # of the effect in each later start, against the one before it
    trend: float = 0.0  # outcome per period by which the treated pull away all the time
    level: float = 20.0
    between: float = 6.0  # standard deviation between units
    within: float = 4.0  # standard deviation inside a unit
    lingering: float = 0.5  # autocorrelation of errors

    def panel(self, rng: np.random.Generator) -> Panel:
        """A panel drawn from this world."""
        treated = round(self.units * self.treated_share)
        first = np.full(self.units, NEVER)
        cohort = np.arange(treated) % len(self.starts)
        first[:treated] = np.array(self.starts)[cohort]
        since = np.arange(self.periods)[None, :] - np.minimum(first, self.periods)[:, None]
        share = np.ones(self.units)
        share[:treated] = self.late_share**cohort
        gain = (self.effect + self.growth * since) * share[:, None]
        outcome = self.untreated(rng) + np.where(since >= 0, gain, 0.0)
        outcome += self.trend * (first < NEVER)[:, None] * np.arange(self.periods)
        return Panel(
            names=Names(),
            units=np.array([f"c{unit:04d}" for unit in range(self.units)], dtype=object),
            periods=tuple(str(week) for week in range(1, self.periods + 1)),
            outcome=outcome,
            first=first,
        )

    def untreated(self, rng: np.random.Generator) -> Floats:
        """(units, periods): what is spent without any change."""
        season = 2.0 * np.sin(np.arange(self.periods) / 4.0) + rng.normal(size=self.periods)
        shock = rng.normal(size=(self.units, self.periods))
        error = np.empty_like(shock)
        error[:, 0] = shock[:, 0]
        for week in range(1, self.periods):
            error[:, week] = (
                self.lingering * error[:, week - 1]
                + np.sqrt(1 - self.lingering**2) * shock[:, week]
            )
        own = self.between * rng.normal(size=(self.units, 1))
        return self.level + own + season[None, :] + self.within * error

    def truth(self, first: Ints) -> float:
        """The mean effect over treated cells."""
        since = np.arange(self.periods)[None, :] - np.minimum(first, self.periods)[:, None]
        share = np.ones(len(first))
        treated = int((first < NEVER).sum())
        share[:treated] = self.late_share ** (np.arange(treated) % len(self.starts))
        gain = (self.effect + self.growth * since) * share[:, None]
        return float(gain[since >= 0].mean())


def example_rows(seed: int = 1) -> pd.DataFrame:
    """An example panel as a table: 200 customers, 24 weeks, half treated from week 17 (Monday
    2026-04-27) on, who spend 1.00 more a week; `treated` is 0/1 per customer."""
    panel = World().panel(np.random.default_rng(seed))
    units, periods = panel.outcome.shape
    return pd.DataFrame(
        {
            "customer_id": np.repeat(panel.units, periods).astype(str),
            "week": np.tile(pd.date_range(MONDAY, periods=periods, freq="7D"), units),
            "spend": panel.outcome.ravel().round(2),
            "treated": np.repeat(panel.ever.astype(np.int64), periods),
        }
    )


def coverage_study(world: World, draws: int, seed: int = 0) -> dict[str, float]:
    """Over simulated panels: how often the 95 % interval holds the truth, how far off the estimate
    is on average, and how often the test of earlier trends sounds and an effect is seen.

    Where effects differ between units, intervals hold the truth a little more often than 95 %:
    their differences count as error, since the data cannot tell the two apart.
    """
    rng = np.random.default_rng(seed)
    held, seen, alarms, errors, plain = 0, 0, 0, [], []
    for _ in range(draws):
        panel = world.panel(rng)
        truth, found = world.truth(panel.first), measure(panel)
        low, high = found.effect.interval
        held += low <= truth <= high
        seen += not low <= 0 <= high
        alarms += found.trends.found
        errors.append(found.effect.value - truth)
        plain.append(found.plain.value - truth)
    return {
        "draws": draws,
        "coverage": held / draws,
        "effect_seen": seen / draws,
        "trend_found": alarms / draws,
        "bias": float(np.mean(errors)),
        "bias_of_plain_two_way": float(np.mean(plain)),
    }
