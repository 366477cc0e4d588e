"""What displays do to sales, by department: Poisson models with fixed effects, and verdicts.

Units of a product in a store and week are Poisson with a rate that holds an effect of the product's
week (season, mailer, everything that all stores share), an effect of the product in the store (its
level there), the display and the price. So a display is judged by stores that had it against stores
that did not, in the same week, each against its own level. With two such effects the Poisson
estimate has no incidental-parameter bias (Fernandez-Val and Weidner 2016, Journal of
Econometrics), zeros count as they are, and only the mean has to be right for it to hold (Santos
Silva and Tenreyro 2006, Review of Economics and Statistics). Errors are clustered.

What can still be wrong: a store that displays what would have sold better there that week anyway.
The placebo looks for it: a display one week later must not move this week's sales.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from pcf_estimator.tables import TableError
from recommender.candidates import Floats
from recommender.impact.response.panel import Cells, varied_share

LEVEL = 0.95
PRODUCT, STORE, BOTH = "product", "store", "product+store"
PRODUCT_WEEK, PRODUCT_STORE, STORE_WEEK = "product_week", "product_store", "store_week"
SWEEPS = 1_000  # of fixed effects in turn; a design that needs more hangs together by too little
EFFECTS = (PRODUCT_WEEK, PRODUCT_STORE)
TIMED = ("lead", "display", "lag1", "lag2")
MISSING = (
    "the response model needs pyfixest, which is not installed: pip install 'greenaisle[impact]'"
)


class NotEstimable(ValueError):
    """A model that the cells can not fit: nothing varies, or the search does not end."""


@dataclass(frozen=True, kw_only=True)
class Effect:
    """A change of sales, as the log of a ratio of rates with its clustered error."""

    log_ratio: float
    error: float  # standard error of log_ratio
    clusters: int

    @property
    def change(self) -> float:
        """Ratio of rates less one: 0.2 is a fifth more.

        >>> round(Effect(log_ratio=0.1823, error=0.05, clusters=40).change, 3)
        0.2
        """
        return float(np.expm1(self.log_ratio))

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of `change`, by Student's t with one degree less than clusters."""
        reach = float(stats.t.ppf(0.5 + LEVEL / 2, max(self.clusters - 1, 1))) * self.error
        return float(np.expm1(self.log_ratio - reach)), float(np.expm1(self.log_ratio + reach))

    @property
    def excludes_none(self) -> bool:
        """Whether no change at all lies outside the interval."""
        low, high = self.interval
        return low > 0 or high < 0


@dataclass(frozen=True, kw_only=True)
class Fit:
    """One model: the effects of what stood in it, and their covariance."""

    effects: Mapping[str, Effect]
    covariance: Floats  # of the log ratios, in the order of `effects`

    def _part(self, names: Sequence[str]) -> Floats:
        """The covariance of the named effects."""
        order = list(self.effects)
        at = [order.index(name) for name in names]
        return self.covariance[np.ix_(at, at)]

    def less(self, one: str, other: str) -> Effect:
        """One effect beyond another."""
        part = self._part((one, other))
        return Effect(
            log_ratio=self.effects[one].log_ratio - self.effects[other].log_ratio,
            error=float(np.sqrt(max(part[0, 0] + part[1, 1] - 2 * part[0, 1], 0.0))),
            clusters=self.effects[one].clusters,
        )

    def summed_change(self, names: Sequence[str]) -> tuple[float, float, float]:
        """Sum of the changes of `names` with its 95 % interval (delta method): weeks' sales won.

        A display that wins 0.3 of a week's sales and loses 0.1 in the week after nets 0.2.
        """
        slope = np.exp([self.effects[name].log_ratio for name in names])
        clusters = min(self.effects[name].clusters for name in names)
        reach = float(stats.t.ppf(0.5 + LEVEL / 2, max(clusters - 1, 1)))
        reach *= float(np.sqrt(slope @ self._part(names) @ slope))
        total = float((slope - 1.0).sum())
        return total, total - reach, total + reach


def frame_of(cells: Cells, display_names: Sequence[str] = ()) -> pd.DataFrame:
    """The columns of the models; with `display_names`, also one for each kind that cells hold."""
    columns = {
        "units": cells.units,
        "lines": cells.lines,
        "log_price": cells.log_price,
        "display": cells.shown.astype(np.float64),
        "mailer": cells.mailer.astype(np.float64),
        **{name: getattr(cells, name).astype(np.float64) for name in ("lead", "lag1", "lag2")},
        PRODUCT: cells.product,
        STORE: cells.store,
        PRODUCT_WEEK: cells.product_week,
        PRODUCT_STORE: cells.product_store,
        STORE_WEEK: cells.store_week,
    }
    kinds = [code for code in range(1, len(display_names)) if (cells.display == code).any()]
    columns |= {kind_column(code): (cells.display == code).astype(np.float64) for code in kinds}
    return pd.DataFrame(columns)


def kind_column(code: int) -> str:
    return f"kind_{code}"


def poisson(
    frame: pd.DataFrame,
    regressors: Sequence[str],
    *,
    outcome: str = "units",
    effects: Sequence[str] = EFFECTS,
    clusters: Sequence[str] = (PRODUCT,),
) -> dict[str, Fit]:
    """The model of `outcome` on `regressors`, once fitted, by each way of clustering its errors.

    Columns are those of `frame_of`. Raises TableError where pyfixest is missing and NotEstimable
    where a regressor has no say beside the fixed effects or the search does not end.
    """
    try:
        import pyfixest
        from pyfixest.errors import NonConvergenceError
    except ImportError as error:
        raise TableError(MISSING) from error
    formula = f"{outcome} ~ {' + '.join(regressors)} | {' + '.join(effects)}"
    tied = {column for way in clusters for column in way.split("+")}
    used = frame[sorted({outcome, *regressors, *effects, *tied})]
    fits = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pyfixest's own use of pandas, and cells left out
        try:
            # effects inside clusters use up degrees of freedom too: left out, errors are too small
            counted = pyfixest.ssc(k_fixef="full")
            model = pyfixest.fepois(
                formula,
                used,
                vcov={"CRV1": clusters[0]},
                ssc=counted,
                demeaner=pyfixest.MapDemeaner(fixef_maxiter=SWEEPS),
            )
            for way in clusters:
                model.vcov({"CRV1": way})
                fits[way] = _read(model, used, regressors, way)
        except NonConvergenceError as error:
            raise NotEstimable("the search for the fixed effects does not end") from error
        except NotEstimable:
            raise
        except (ValueError, np.linalg.LinAlgError) as error:
            raise NotEstimable(str(error)) from error
    return fits


def _read(model: object, frame: pd.DataFrame, regressors: Sequence[str], way: str) -> Fit:
    coefficients: pd.Series = model.coef()  # type: ignore[attr-defined]
    names = [str(name) for name in coefficients.index]
    lost = sorted(set(regressors) - set(names))
    if lost:
        raise NotEstimable(f"{', '.join(lost)}: nothing is left beside the fixed effects")
    covariance = np.asarray(model._vcov, np.float64)  # type: ignore[attr-defined]
    errors = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    if not np.isfinite(covariance).all() or not np.isfinite(coefficients.to_numpy()).all():
        raise NotEstimable("the errors are not finite")
    number = min(frame[column].nunique() for column in way.split("+"))
    effects = {
        name: Effect(log_ratio=float(value), error=float(error), clusters=number)
        for name, value, error in zip(names, coefficients, errors, strict=True)
    }
    return Fit(effects=effects, covariance=covariance)


@dataclass(frozen=True, kw_only=True)
class Variation:
    """How far something differs between stores of the same week: what the design lives on."""

    cells: float  # share of cells that have it
    in_week: float  # share of its variance inside product-weeks
    beside_both: float  # share left once product x week and product x store effects are out


def variation(cells: Cells, values: Floats) -> Variation:
    """The shares for one column of `cells`, from 0 to 1."""
    return Variation(
        cells=float(values.mean()),
        in_week=varied_share(values, cells.product_week),
        beside_both=varied_share(values, cells.product_week, cells.product_store),
    )


def pooled(effects: Sequence[Effect]) -> tuple[Effect, float]:
    """The mean effect over departments and the spread of their true log ratios around it.

    Random effects by DerSimonian and Laird (1986, Controlled Clinical Trials): departments count
    by precision, and differ by more than their errors say; the interval's degrees of freedom are
    those of the departments. Raises ValueError without any effect.

    >>> one = Effect(log_ratio=0.2, error=0.1, clusters=30)
    >>> mean, spread = pooled([one, one])
    >>> round(mean.log_ratio, 3), round(mean.error, 4), spread
    (0.2, 0.0707, 0.0)
    """
    if not effects:
        raise ValueError("no effect to pool")
    value = np.array([effect.log_ratio for effect in effects])
    weight = 1.0 / np.array([effect.error for effect in effects]) ** 2
    mean = float(weight @ value / weight.sum())
    excess = float(weight @ (value - mean) ** 2) - (len(value) - 1)
    scale = float(weight.sum() - (weight**2).sum() / weight.sum())
    between = max(0.0, excess / scale) if scale > 0 else 0.0
    weight = 1.0 / (1.0 / weight + between)
    return Effect(
        log_ratio=float(weight @ value / weight.sum()),
        error=float(weight.sum() ** -0.5),
        clusters=len(effects) if len(effects) > 1 else effects[0].clusters,
    ), float(np.sqrt(between))
