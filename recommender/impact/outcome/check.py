"""The same figures from pyfixest, an independent implementation: the extra `impact`.

greenaisle works on the panel as a matrix and needs no extra: pyfixest holds a column per unit for
the two-stage estimator, gigabytes for a few thousand customers. Where it can, it should agree.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recommender.impact.outcome.outcome import Outcome

MOST_CELLS = 10_000_000  # of the two-stage estimator's matrix: rows x (units + periods)


class MissingExtra(RuntimeError):
    """A command that needs an extra which is not installed."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """What pyfixest says of the same panel; NaN where its matrix would be too large."""

    plain: float
    plain_se: float
    two_stage: float
    two_stage_se: float

    def sentence(self, found: Outcome) -> str:
        """Whether it agrees, in words."""
        said = (
            f"pyfixest: plain two-way fixed effects {self.plain:.6g} (standard error "
            f"{self.plain_se:.4g}), here {found.plain.value:.6g} ({found.plain.se:.4g})"
        )
        if np.isnan(self.two_stage):
            return f"{said}; its two-stage estimator would need too much memory here."
        return (
            f"{said}; two-stage {self.two_stage:.6g} ({self.two_stage_se:.4g}), here "
            f"{found.effect.value:.6g} ({found.effect.se:.4g}, by group of units)."
        )


def checked(found: Outcome) -> Check:
    """pyfixest's plain and two-stage estimates. Raises MissingExtra where it is not installed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pyfixest
    except ImportError as error:
        raise MissingExtra(
            "pyfixest is not installed; pip install 'greenaisle[impact]' brings it"
        ) from error
    rows, usable = long_rows(found)
    units, periods = found.panel.outcome.shape
    small = len(usable) * (units + periods) <= MOST_CELLS
    # pyfixest 0.60 speaks to pandas in words that pandas 3.1 has deprecated
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain = pyfixest.feols("y ~ d | unit + period", rows, vcov={"CRV1": "unit"})
        value = se = np.nan
        if small:
            two = pyfixest.did2s(
                usable,
                yname="y",
                first_stage="~ 0 | unit + period",
                second_stage="~ 0 + d",
                treatment="d",
                cluster="unit",
            )
            value, se = float(two.coef().iloc[0]), float(two.se().iloc[0])
    return Check(
        plain=float(plain.coef().iloc[0]),
        plain_se=float(plain.se().iloc[0]),
        two_stage=value,
        two_stage_se=se,
    )


def long_rows(found: Outcome) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The panel as rows, and those of them with an untreated unit in their period."""
    panel = found.panel
    seen = np.isfinite(panel.outcome)
    unit, period = np.nonzero(seen)
    treated = panel.treated[seen]
    rows = pd.DataFrame(
        {"unit": unit, "period": period, "y": panel.outcome[seen], "d": treated.astype(np.int64)}
    )
    compared = np.asarray((seen & ~panel.treated).any(axis=0))[period]
    return rows, rows[compared].reset_index(drop=True)
