"""Did treated units move apart before the start, and what if they had gone on doing so?

Both are asked of untreated cells alone, so that the test does not lean on the effect (Borusyak,
Jaravel and Spiess 2024). A test that finds nothing may have been too weak to find it (Roth 2022,
American Economic Review: Insights), so what it could have seen is told beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from recommender.candidates import Bools, Floats, Ints
from recommender.impact.outcome.fit import Estimate, Imputed, regression
from recommender.impact.outcome.table import Panel

LEADS = 8  # at most so many periods before the start are tested one by one
FALSE_ALARM = 0.05
SIGHT = stats.norm.ppf(0.975) + stats.norm.ppf(0.8)  # standard errors seen with 80 % power
PATHS = (0.0, 0.5, 1.0, 2.0)


@dataclass(frozen=True, kw_only=True)
class Trends:
    """The periods before the start, tested together and as one straight line."""

    leads: tuple[Estimate, ...]  # 1, 2, ... periods before the start, against all earlier ones
    joint_p: float
    slope: Estimate | None  # outcome per period by which treated units pull away
    p: float  # of both tests together (Bonferroni); NaN where neither can be made

    @property
    def found(self) -> bool:
        return self.p < FALSE_ALARM

    @property
    def largest_step(self) -> float:
        """The largest step between neighbouring leads; NaN with fewer than two."""
        values = [lead.value for lead in self.leads]
        return float(np.abs(np.diff(values)).max()) if len(values) > 1 else np.nan


def earlier_trends(panel: Panel, fit: Imputed) -> Trends:
    """Tests whether treated units moved apart from the untreated before the start."""
    ever = panel.ever
    periods = np.arange(len(panel.periods))
    ahead = np.where(ever[:, None], np.minimum(panel.first, len(periods))[:, None] - periods, 0)
    cells = fit.untreated.cells
    # at least one earlier period has to be left to compare with, for half of the treated units
    before = int(np.median(cells[ever].sum(axis=1)))
    group = min(int(ever.sum()), int((~ever).sum()) or int(ever.sum()))
    count = max(0, min(LEADS, before - 1, (group - 1) // 3))
    values = np.nan_to_num(panel.outcome)
    slope = _slope(fit, values, periods, ever)
    leads, joint_p = _leads(fit, values, ahead, ever, count)
    found = [p for p in (joint_p, slope.p if slope else np.nan) if np.isfinite(p)]
    p = min(1.0, len(found) * min(found)) if found else np.nan
    return Trends(leads=leads, joint_p=joint_p, slope=slope, p=p)


def _slope(fit: Imputed, values: Floats, periods: Ints, ever: Bools) -> Estimate | None:
    line = ever[:, None] * (periods - periods.mean())[None, :]
    try:
        found, parts = regression(fit.untreated, values, [line])
    except np.linalg.LinAlgError:
        return None
    return Estimate(value=float(found[0]), parts=parts[:, 0], treated=ever)


def _leads(
    fit: Imputed, values: Floats, ahead: Ints, ever: Bools, count: int
) -> tuple[tuple[Estimate, ...], float]:
    if count == 0:
        return (), np.nan
    columns = [(ahead == k) & ever[:, None] for k in range(1, count + 1)]
    try:
        found, parts = regression(fit.untreated, values, columns)
    except np.linalg.LinAlgError:
        return (), np.nan
    leads = tuple(
        Estimate(value=float(found[k]), parts=parts[:, k], treated=ever) for k in range(count)
    )
    spread = np.zeros((count, count))
    for group in (ever, ~ever):
        if (size := int(group.sum())) > 1:
            spread += parts[group].T @ parts[group] * size / (size - 1)
    freedom = leads[0].freedom
    if not np.isfinite(freedom) or freedom - count + 1 < 1:
        return leads, np.nan
    # Hotelling's T squared: many leads and few units would else sound the alarm too often
    distance = float(found @ np.linalg.pinv(spread, hermitian=True) @ found)
    statistic = distance * (freedom - count + 1) / (count * freedom)
    return leads, float(stats.f.sf(statistic, count, freedom - count + 1))


@dataclass(frozen=True, kw_only=True)
class Sensitivity:
    """The effect's interval if trends had not been parallel after all."""

    trend_continued: Estimate | None  # the straight line found before goes on after the start
    weeks_apart: float  # periods over which a straight line would have pulled apart
    paths: tuple[tuple[float, float, float], ...]  # times the largest earlier step, low, high
    breakdown: float  # times the largest earlier step at which the interval reaches 0


def sensitivity(panel: Panel, fit: Imputed, effect: Estimate, trends: Trends) -> Sensitivity:
    """What is left of the effect under departures from parallel trends.

    After Rambachan and Roth (2023, Review of Economic Studies), relative magnitudes: from one
    period to the next, treated and untreated may pull apart by so many times the largest step
    seen before the start. The largest step is put in as it was seen; since noise makes the largest
    of several larger, these bounds are wide, but they are not their conditional intervals.
    """
    periods = np.arange(len(panel.periods), dtype=np.float64)
    ever = panel.ever
    weeks = fit.carried(ever[:, None] * periods[None, :])
    continued = effect.less(trends.slope, weeks) if trends.slope is not None else None
    since = np.where(fit.usable, periods[None, :] - np.where(ever, panel.first, 0)[:, None] + 1, 0)
    steps = float(since.sum() / max(1, int(fit.usable.sum())))
    reach, (low, high) = trends.largest_step * steps, effect.interval
    paths = tuple((m, low - m * reach, high + m * reach) for m in PATHS)
    nearest = max(low, -high, 0.0)
    breakdown = nearest / reach if np.isfinite(reach) and reach > 0 else np.nan
    return Sensitivity(
        trend_continued=continued,
        weeks_apart=weeks,
        paths=paths if np.isfinite(reach) else (),
        breakdown=breakdown,
    )
