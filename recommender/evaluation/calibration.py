"""Said against seen: how far a probability can be multiplied with money and kilograms.

A group of candidate rows agrees where what was seen differs from what was said by at most 10 % of
it, or where the 95 % household-bootstrap interval of the difference holds 0. Groups with rows of
fewer than 30 households, or with fewer than 10 purchases said to come, are not judged: drawing so
few again says little (none seen where one was said would be "sure" to be wrong).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from scipy.special import expit

from recommender.bootstrap import COVERAGE, DRAWS, drawn_sums, interval, ratio
from recommender.candidates import Bools, Floats, Ints

BANDS = (0.0, 0.01, 0.03, 0.1, 0.2, 0.4, 0.6, 1.0)
BAND_NAMES = [{"from": low, "to": high} for low, high in pairwise(BANDS)]
TOLERANCE = 0.10
MIN_HOUSEHOLDS, MIN_PURCHASES = 30, 10.0
EQUAL_GROUPS = 100
SURE = 1e-7  # logits beyond this chance say no more
MOST_STEPS = 50


def bands_of(p_buy: Floats) -> Ints:
    """Number of the band of `BANDS` that each chance lies in; a band holds its lower end.

    >>> bands_of(np.array([0.0, 0.03, 0.5, 1.0]))
    array([0, 2, 5, 6])
    """
    return np.clip(np.searchsorted(BANDS, p_buy, side="right") - 1, 0, len(BANDS) - 2)


def tenths_of(values: Floats, parts: int = 10) -> Ints:
    """Number of the tenth, by rising value, that each value lies in; -1 where there is none.

    Equal values stay together, so that tenths of prices differ a little in size.

    >>> tenths_of(np.array([3.0, 1.0, 1.0, np.nan, 4.0]), parts=2)
    array([ 1,  0,  0, -1,  1])
    """
    known = ~np.isnan(values)
    group = np.full(len(values), -1, np.int64)
    if known.any():
        ends = np.quantile(values[known], np.arange(1, parts) / parts, method="inverted_cdf")
        group[known] = np.searchsorted(ends, values[known], side="left")
    return group


def reliability(p_buy: Floats, bought: Bools) -> list[dict[str, float]]:
    """Said against seen in bands of probability: rows, mean p_buy and share bought.

    >>> reliability(np.array([0.5, 0.5]), np.array([True, False]))
    [{'from': 0.4, 'to': 0.6, 'rows': 2, 'said': 0.5, 'seen': 0.5}]
    """
    band = bands_of(p_buy)
    out = []
    for k in np.unique(band):
        here = band == k
        out.append(
            {
                "from": BANDS[k],
                "to": BANDS[k + 1],
                "rows": int(here.sum()),
                "said": float(p_buy[here].mean()),
                "seen": float(bought[here].mean()),
            }
        )
    return out


def said_and_seen(
    p_buy: Floats,
    bought: Bools,
    household: Ints,
    group: Ints,
    names: Sequence[Mapping[str, Any]],
    draws: int = DRAWS,
    seed: int = 0,
) -> list[dict[str, Any]]:
    """One entry for each group of `names` that has rows: said, seen, low, high and whether they
    agree.

    All arrays are (rows,); `group` is a place in `names`, -1 for none. `low` and `high` are said
    plus the 95 % interval of seen - said over drawn households; with `agrees` they are None where
    there is too little to judge.
    """
    count, said, seen, households = _by_household(p_buy, bought, household, group, len(names))
    of, all_said, all_seen = (np.asarray(m.sum(axis=0)).ravel() for m in (count, said, seen))
    rows, gap = drawn_sums([count, csr_matrix(seen - said)], draws, np.random.default_rng(seed))
    low, high = interval(ratio(gap, rows), COVERAGE)
    out = []
    for k in np.flatnonzero(of).tolist():
        said_k, seen_k = float(all_said[k] / of[k]), float(all_seen[k] / of[k])
        judged = households[k] >= MIN_HOUSEHOLDS and all_said[k] >= MIN_PURCHASES
        near = abs(seen_k - said_k) <= TOLERANCE * said_k
        out.append(
            {
                **names[k],
                "rows": int(of[k]),
                "households": int(households[k]),
                "said": said_k,
                "seen": seen_k,
                "low": said_k + float(low[k]) if judged else None,
                "high": said_k + float(high[k]) if judged else None,
                "agrees": bool(near or low[k] <= 0 <= high[k]) if judged else None,
            }
        )
    return out


def calibration_error(
    p_buy: Floats, bought: Bools, household: Ints, group: Ints, draws: int = DRAWS, seed: int = 0
) -> dict[str, float | None]:
    """Expected calibration error over the groups, {value, low, high}: the mean over all rows of
    |seen - said| of the row's group. Noise alone pushes it, and more so its interval, above 0.
    """
    groups = int(group.max(initial=0)) + 1
    count, said, seen, _ = _by_household(p_buy, bought, household, group, groups)
    drawn = drawn_sums([count, csr_matrix(seen - said)], draws, np.random.default_rng(seed))
    rows, gap = (np.asarray(m.sum(axis=0)).ravel() for m in (count, seen - said))
    low, high = interval((np.abs(drawn[1]).sum(axis=1) / drawn[0].sum(axis=1))[:, None], COVERAGE)
    ends = {"low": float(low[0]), "high": float(high[0])}
    return {"value": float(np.abs(gap).sum() / max(rows.sum(), 1)), **ends}


def logistic_line(
    p_buy: Floats, bought: Bools, household: Ints, draws: int = DRAWS, seed: int = 0
) -> dict[str, dict[str, float | None]]:
    """Slope and intercept of the logistic regression of the outcome on logit(p_buy).

    1 and 0 where probabilities are honest (Cox 1958); a slope below 1 says that they are too
    extreme. Intervals are a household bootstrap of the first-order change of the estimate, which
    spares a fit for every draw. None where all or nothing was bought, or the
    chances tell what was bought from what was not without error.
    """
    clipped = np.clip(p_buy, SURE, 1.0 - SURE)
    x = np.column_stack([np.log(clipped / (1.0 - clipped)), np.ones(len(clipped))])
    nothing: dict[str, dict[str, float | None]] = {
        name: {"value": None, "low": None, "high": None} for name in ("slope", "intercept")
    }
    if bought.all() or not bought.any() or np.ptp(x[:, 0]) == 0:
        return nothing
    beta = np.array([0.0, np.log(bought.mean() / (1.0 - bought.mean()))])
    for _ in range(MOST_STEPS):
        said = expit(x @ beta)
        curvature = (x * (said * (1.0 - said))[:, None]).T @ x
        if np.linalg.cond(curvature) > 1e14:
            return nothing
        step = np.linalg.solve(curvature, x.T @ (bought - said))
        while _likelihood(x @ (beta + step), bought) < _likelihood(x @ beta, bought) - 1e-9:
            step /= 2.0  # Newton's step is too long far from the answer
        beta = beta + step
        if np.abs(step).max() < 1e-9:
            break
    else:
        return nothing  # the outcome is told apart without error: there is no finite slope
    pull = x * (bought - expit(x @ beta))[:, None]
    of = np.column_stack([np.bincount(household, pull[:, k]) for k in range(2)])
    moved = drawn_sums([of @ np.linalg.inv(curvature)], draws, np.random.default_rng(seed))[0]
    low, high = interval(beta + moved, COVERAGE)
    return {
        name: {"value": float(beta[k]), "low": float(low[k]), "high": float(high[k])}
        for k, name in enumerate(nothing)
    }


def chance_report(
    p_buy: Floats, bought: Bools, household: Ints, draws: int = DRAWS, seed: int = 0
) -> dict[str, Any]:
    """Rows, said, seen, both errors, slope, intercept and bands of one chance, (rows,) arrays."""
    if len(p_buy) == 0:
        return {"rows": 0}
    band, sizes = bands_of(p_buy), tenths_of(p_buy, EQUAL_GROUPS)
    return {
        "rows": len(p_buy),
        "said": float(p_buy.mean()),
        "seen": float(bought.mean()),
        "error_in_bands": calibration_error(p_buy, bought, household, band, draws, seed),
        "error_in_hundredths": calibration_error(p_buy, bought, household, sizes, draws, seed),
        **logistic_line(p_buy, bought, household, draws, seed),
        "bands": said_and_seen(p_buy, bought, household, band, BAND_NAMES, draws, seed),
    }


def department_report(
    p_buy: Floats,
    bought: Bools,
    household: Ints,
    department: Ints,
    names: Sequence[str],
    draws: int = DRAWS,
    seed: int = 0,
) -> dict[str, Any]:
    """Said against seen of each department, and of each band within it.

    `department` is each row's place in `names`; arrays are (rows,). Nothing without names: a shop
    without departments has none to tell apart.
    """
    if not names:
        return {"departments": [], "bands_within_departments": []}
    whole = [{"department": name} for name in names]
    both = [{"department": name, **band} for name in names for band in BAND_NAMES]
    cell = department * len(BAND_NAMES) + bands_of(p_buy)
    return {
        "departments": said_and_seen(p_buy, bought, household, department, whole, draws, seed),
        "bands_within_departments": said_and_seen(
            p_buy, bought, household, cell, both, draws, seed
        ),
    }


def tenths_report(
    p_buy: Floats,
    bought: Bools,
    household: Ints,
    values: Floats,
    draws: int = DRAWS,
    seed: int = 0,
) -> list[dict[str, Any]]:
    """Said against seen by tenths of `values` (a price, a footprint); NaN stands in none."""
    tenth = tenths_of(values)
    names = [
        {"tenth": k + 1, "from": float(values[at].min()), "to": float(values[at].max())}
        if (at := tenth == k).any()
        else {}
        for k in range(10)
    ]
    return said_and_seen(p_buy, bought, household, tenth, names, draws, seed)


def _likelihood(logit: Floats, bought: Bools) -> float:
    """Logarithm of the chance of what was seen."""
    return float(-np.logaddexp(0.0, np.where(bought, -logit, logit)).sum())


def _by_household(
    p_buy: Floats, bought: Bools, household: Ints, group: Ints, groups: int
) -> tuple[csr_matrix, csr_matrix, csr_matrix, Ints]:
    """Rows, said and seen by household and group, sparse, and each group's households."""
    some = group >= 0
    shape = (int(household.max(initial=0)) + 1, groups)
    where = (household[some], group[some])
    count, said, seen = (
        csr_matrix((value[some].astype(np.float64), where), shape=shape)
        for value in (np.ones(len(p_buy)), p_buy, bought)
    )
    households = np.bincount(count.indices, minlength=groups).astype(np.int64)
    return count, said, seen, households
