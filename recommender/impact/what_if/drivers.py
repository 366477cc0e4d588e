"""Which assumption the spread of a what-if change hangs on."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import rankdata

from recommender.candidates import Floats
from recommender.impact.what_if.levels import FIGURES
from recommender.impact.what_if.simulate import BASELINE, POLICY, Simulated, parameters_of

FOOTPRINTS, REST = "footprints", "together and unexplained"


def variance_shares(parameters: dict[str, Floats], outcome: Floats) -> dict[str, float]:
    """Share of the variance of `outcome` ranks that each parameter explains, and what is left.

    Squared coefficients of a regression of ranks on ranks: the parameters are drawn by a Latin
    hypercube, so they hardly overlap; scaled down where they come to more than all. Empty where the
    outcome does not vary. Source: Saltelli and Marivoet 1990, Reliability Engineering and System
    Safety 28.

    >>> x = np.arange(5.0)
    >>> shares = variance_shares({"one": x, "other": np.array([1.0, 4, 2, 0, 3])}, x**3)
    >>> {name: round(share, 6) for name, share in shares.items()}
    {'one': 1.0, 'other': 0.0, 'together and unexplained': 0.0}
    """
    if not parameters or np.ptp(outcome) == 0.0 or len(outcome) <= len(parameters) + 1:
        return {}
    ranks = [_standard(rankdata(values)) for values in parameters.values()]
    slope, *_ = np.linalg.lstsq(np.column_stack(ranks), _standard(rankdata(outcome)), rcond=None)
    share = slope**2
    share /= max(1.0, float(share.sum()))
    found = dict(zip(parameters, share.tolist(), strict=True))
    return {**found, REST: max(0.0, 1.0 - float(share.sum()))}


def drivers(simulated: Simulated) -> list[dict[str, Any]]:
    """What explains the spread of the change of kg_total (`share`) and of margin (`margin`).

    Of the long run where there is one. Largest first. The doubt of footprints is what the change
    with all footprints as they stand does not explain; it has no part in margin.
    """
    tallies = simulated.worlds[simulated.last_run]
    base, policy = tallies[BASELINE], tallies[POLICY]
    names = list(FIGURES)
    kg, margin = (
        _change(base.figures[:, names.index(name)], policy.figures[:, names.index(name)])
        for name in ("kg_total", "margin")
    )
    by_figures = _change(base.kg_by_medians, policy.kg_by_medians)
    parameters = parameters_of(simulated)
    told = _alike(kg, by_figures)
    of_kg = {k: told * v for k, v in variance_shares(parameters, by_figures).items()}
    if np.ptp(kg) > 0.0:
        of_kg[FOOTPRINTS] = 1.0 - told
    of_margin = variance_shares(parameters, margin)
    rows: list[dict[str, Any]] = [
        {"parameter": name, "share": of_kg.get(name, 0.0), "margin": of_margin.get(name, 0.0)}
        for name in {**of_kg, **of_margin}
    ]
    rows.sort(key=lambda row: (row["parameter"] == REST, -row["share"], row["parameter"]))
    return rows


def _alike(one: Floats, other: Floats) -> float:
    """Squared correlation; 0 where either does not vary."""
    if len(one) < 3 or np.ptp(one) == 0.0 or np.ptp(other) == 0.0:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1] ** 2)


def _change(before: Floats, after: Floats) -> Floats:
    return np.divide(after, before, out=np.ones(len(before)), where=before > 0) - 1.0


def _standard(values: Floats) -> Floats:
    spread = values.std()
    return (values - values.mean()) / (spread if spread > 0 else 1.0)
