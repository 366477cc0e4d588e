"""Two-way fixed effects on a panel held as a matrix: units down, periods across.

The effect is found by imputation: unit and period effects are fitted on untreated cells alone, and
what treated cells hold beyond them is averaged (Borusyak, Jaravel and Spiess 2024, Review of
Economic Studies; Gardner 2021, "Two-stage differences in differences"). Treated units never serve
as controls, so effects may differ by start and grow with time. With one start and no missing
cells it is the plain two-way estimate.

Every estimate comes with each unit's part in it, whose squares add up to its variance: errors may
be tied in any way inside a unit. The parts of treated and of untreated units are summed apart,
and the degrees of freedom follow from both (Welch and Satterthwaite), since a handful of treated
units says little however many are untreated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from pcf_estimator.tables import TableError
from recommender.candidates import Bools, Floats

LEVEL = 0.95


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A figure with the parts that units have in its error; NaN where a group has one unit."""

    value: float
    parts: Floats  # (units,): how far each unit moves it; they add up to its error
    treated: Bools  # (units,): ever treated

    @property
    def _groups(self) -> tuple[Floats, Floats]:
        """Variance from each group of units, and its degrees of freedom."""
        variance, freedom = [], []
        for group in (self.treated, ~self.treated):
            size = int(group.sum())
            if size:
                squares = float((self.parts[group] ** 2).sum())
                variance.append(squares * size / (size - 1) if size > 1 else np.nan)
                freedom.append(size - 1)
        return np.array(variance), np.array(freedom, np.float64)

    @property
    def se(self) -> float:
        return float(np.sqrt(self._groups[0].sum()))

    @property
    def freedom(self) -> float:
        """Degrees of freedom by Welch and Satterthwaite; NaN where there is no variance."""
        variance, freedom = self._groups
        if np.isnan(variance).any() or variance.sum() <= 0:
            return float("nan")
        return float(variance.sum() ** 2 / (variance**2 / freedom).sum())

    @property
    def p(self) -> float:
        se = self.se
        return float(2 * stats.t.sf(abs(self.value) / se, self.freedom)) if se > 0 else np.nan

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval."""
        reach = self.quantile(0.5 + LEVEL / 2) * self.se
        return self.value - reach, self.value + reach

    def quantile(self, level: float) -> float:
        return float(stats.t.ppf(level, self.freedom))

    def less(self, other: Estimate, times: float) -> Estimate:
        """This less `times` the other, each unit's parts taken together."""
        return Estimate(
            value=self.value - times * other.value,
            parts=self.parts - times * other.parts,
            treated=self.treated,
        )


@dataclass(frozen=True, kw_only=True)
class TwoWay:
    """The normal equations of unit and period effects on the cells that `cells` marks."""

    cells: Bools  # (units, periods)
    per_unit: Floats
    inverse: Floats  # (periods, periods), of the equations once the units are eliminated

    @classmethod
    def of(cls, cells: Bools) -> TwoWay:
        """Raises TableError where units and periods fall into parts that share no cell."""
        on = cells.astype(np.float64)
        per_unit, per_period = on.sum(axis=1), on.sum(axis=0)
        share = on / np.maximum(per_unit, 1.0)[:, None]
        left = np.diag(per_period) - on.T @ share
        rank = int(np.linalg.matrix_rank(left, hermitian=True, tol=1e-8 * max(1.0, left.max())))
        if rank < (per_period > 0).sum() - 1:
            parts = int((per_period > 0).sum()) - rank
            raise TableError(
                f"panel: its untreated rows fall into {parts} parts that share no unit and no "
                f"period, but units have to be seen in the same periods to be compared"
            )
        # a constant moves between units and periods: that direction is cut out, not inverted
        inverse = np.linalg.pinv(left, rcond=1e-9, hermitian=True)
        return cls(cells=cells, per_unit=per_unit, inverse=inverse)

    def solve(self, by_unit: Floats, by_period: Floats) -> tuple[Floats, Floats]:
        """Unit and period effects whose sums over the cells are `by_unit` and `by_period`."""
        on = self.cells.astype(np.float64)
        mean = np.divide(
            by_unit, self.per_unit, out=np.zeros_like(by_unit), where=self.per_unit > 0
        )
        period = self.inverse @ (by_period - on.T @ mean)
        short = by_unit - on @ period
        unit = np.divide(short, self.per_unit, out=np.zeros_like(short), where=self.per_unit > 0)
        return unit, period

    def fitted(self, values: Floats | Bools) -> Floats:
        """(units, periods): the effects fitted to `values` in the cells, added up everywhere."""
        inside = np.where(self.cells, values, 0.0)
        unit, period = self.solve(inside.sum(axis=1), inside.sum(axis=0))
        return unit[:, None] + period[None, :]

    def residual(self, values: Floats | Bools) -> Floats:
        """`values` less their unit and period effects; 0 outside the cells."""
        return np.where(self.cells, values - self.fitted(values), 0.0)


@dataclass(frozen=True, kw_only=True)
class Imputed:
    """What treated cells hold beyond what untreated cells let expect."""

    effect: Floats  # (units, periods), 0 outside `usable`
    usable: Bools  # treated cells whose unit and period are both seen untreated
    residual: Floats  # of untreated cells
    untreated: TwoWay
    treated: Bools  # (units,): ever treated

    @classmethod
    def of(cls, outcome: Floats, treated: Bools) -> Imputed:
        """From an outcome (units, periods), NaN where there is no row, and its treated cells."""
        seen = np.isfinite(outcome)
        untreated = TwoWay.of(seen & ~treated)
        by_unit, by_period = untreated.cells.any(axis=1), untreated.cells.any(axis=0)
        known = np.asarray(by_unit)[:, None] & np.asarray(by_period)[None, :]
        usable: Bools = np.asarray(seen & treated & known)
        if not usable.any():
            raise TableError(
                f"panel: not identified: none of {int((seen & treated).sum())} treated rows has an "
                f"untreated unit in its period to compare with"
            )
        values = np.nan_to_num(outcome)
        gap = values - untreated.fitted(values)
        return cls(
            effect=np.where(usable, gap, 0.0),
            usable=usable,
            residual=np.where(untreated.cells, gap, 0.0),
            untreated=untreated,
            treated=np.asarray(usable.any(axis=1)),
        )

    def average(self, cells: Bools) -> Estimate:
        """The mean effect over some usable cells, with each unit's part in its error."""
        weight = (cells & self.usable) / max(1, int((cells & self.usable).sum()))
        value = float((weight * self.effect).sum())
        unit, period = self.untreated.solve(weight.sum(axis=1), weight.sum(axis=0))
        held = self.untreated.cells * (unit[:, None] + period[None, :])
        own = (weight * (self.effect - value)).sum(axis=1)
        return Estimate(
            value=value, parts=own - (held * self.residual).sum(axis=1), treated=self.treated
        )

    def carried(self, values: Floats) -> float:
        """The mean effect that would be found if the outcome were `values`."""
        weight = self.usable / max(1, int(self.usable.sum()))
        return float((weight * (values - self.untreated.fitted(values))).sum())


@dataclass(frozen=True, kw_only=True)
class Plain:
    """The one coefficient of a regression on treatment, unit and period effects."""

    value: float
    se: float  # clustered by unit (CRV1)
    negative_weights: float  # share of treated cells that it counts against themselves


def plain_two_way(outcome: Floats, treated: Bools) -> Plain:
    """What plain two-way fixed effects say: biased where effects differ between starts.

    `negative_weights` after de Chaisemartin and D'Haultfoeuille (2020, American Economic Review).
    """
    cells = np.isfinite(outcome)
    both = TwoWay.of(cells)
    moved = both.residual(treated.astype(np.float64))
    values = both.residual(np.nan_to_num(outcome))
    size = float((moved**2).sum())
    if size < 1e-10:
        return Plain(value=np.nan, se=np.nan, negative_weights=np.nan)
    value = float((moved * values).sum() / size)
    scores = (moved * (values - value * moved)).sum(axis=1)
    units, rows = int((both.per_unit > 0).sum()), int(cells.sum())
    # unit effects lie inside the clusters and do not count; period effects and the coefficient do
    fitted = int(cells.any(axis=0).sum()) + 1
    scale = units / max(1, units - 1) * (rows - 1) / max(1, rows - fitted)
    negative = float((moved[treated & cells] < -1e-12).mean())
    se = float(np.sqrt(scale * (scores**2).sum()) / size)
    return Plain(value=value, se=se, negative_weights=negative)


def regression(
    two_way: TwoWay, values: Floats, columns: Sequence[Floats | Bools]
) -> tuple[Floats, Floats]:
    """Coefficients (columns,) of `columns`, each (units, periods), beside unit and period effects,
    and each unit's part in their errors (units, columns).

    Raises numpy.linalg.LinAlgError where the columns are no more than those effects.
    """
    moved = np.empty((len(columns), *values.shape))
    for k, column in enumerate(columns):
        moved[k] = two_way.residual(column)
    flat = moved.reshape(len(columns), -1)
    square = flat @ flat.T
    scale = max(1.0, *(float(np.abs(column).max()) ** 2 for column in columns))
    if np.linalg.eigvalsh(square)[0] < 1e-8 * scale:
        raise np.linalg.LinAlgError("the columns are no more than unit and period effects")
    rest = two_way.residual(values)
    found = np.linalg.solve(square, flat @ rest.ravel())
    for k in range(len(columns)):
        rest -= found[k] * moved[k]
    scores = np.stack([(moved[k] * rest).sum(axis=1) for k in range(len(columns))])
    return found, np.linalg.solve(square, scores).T
