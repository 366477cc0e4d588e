"""Risk and coverage: does the error fall when only the surer figures are kept?

A catalogue may answer only for products whose figure it trusts. That helps only where the score
that says "trust this one" puts the wrong ones last. So a score is judged on products that the
model had not seen: kept from the surest down, the error of the kept share may grow as the share
does, and never fall. A score that fails is refused with its numbers. The risk-coverage curve of
El-Yaniv and Wiener, JMLR 11 (2010).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

Floats = np.ndarray

SHARES = (0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
NOISE = 2.0  # standard errors of a mean by which a kept share may err more and still be chance


class RisingRisk(ValueError):
    """A confidence score that keeps worse figures the surer it is."""


def risk_coverage(
    confidence: Floats, off: Floats, shares: Sequence[float] = SHARES
) -> pd.DataFrame:
    """The kept share by falling confidence and how far its figures are off, one row per share.

    `confidence` is (rows,), higher where surer; `off` is |log10 estimate - log10 figure|, (rows,),
    of products that the model had not seen. Columns: `share`; `rows`, how many that is;
    `least_confidence` of them; `mean_off`, in log10; `noise`, the standard error of that mean;
    `within_factor_2`. Rows of one confidence count in proportion, so their order does not matter.

    >>> curve = risk_coverage(
    ...     np.array([0.9, 0.9, 0.5, 0.1]), np.array([0.0, 0.2, 0.3, 0.7]), shares=(0.25, 0.5, 1.0)
    ... )
    >>> curve["mean_off"].round(3).tolist()  # of the two at 0.9, half of each; both; all four
    [0.1, 0.1, 0.3]
    """
    confidence, off = np.asarray(confidence, np.float64), np.asarray(off, np.float64)
    if len(confidence) != len(off) or not len(off):
        raise ValueError(
            f"risk_coverage: {len(confidence)} confidences and {len(off)} errors, but as many of "
            "both were expected, and at least one"
        )
    if np.isnan(confidence).any() or np.isnan(off).any():
        bad = int((np.isnan(confidence) | np.isnan(off)).sum())
        raise ValueError(
            f"risk_coverage: {bad} rows have no confidence or no error; leave them out"
        )
    table = pd.DataFrame(
        {"off": off, "square": off**2, "close": off <= np.log10(2), "rows": 1.0}
    ).astype("float64")
    levels = table.groupby(-confidence).sum()  # the surest first
    whole, total = levels["rows"].to_numpy(), levels.to_numpy().cumsum(axis=0)
    kept = []
    for share in shares:
        rows = share * len(off)
        level = min(int(np.searchsorted(total[:, 3], rows - 1e-9)), len(levels) - 1)
        part = (rows - (total[level, 3] - whole[level])) / whole[level]
        sums = total[level] - (1 - part) * levels.to_numpy()[level]
        mean, square, close = sums[:3] / rows
        kept.append(
            {
                "share": share,
                "rows": round(rows),
                "least_confidence": -float(levels.index[level]),
                "mean_off": mean,
                "noise": float(np.sqrt(max(square - mean**2, 0.0) / rows)),
                "within_factor_2": close,
            }
        )
    return pd.DataFrame(kept)


def refuse_if_rising(curve: pd.DataFrame, name: str = "confidence") -> pd.DataFrame:
    """`curve` unchanged where the kept share errs no more than any larger share, beyond chance.

    Raises RisingRisk, with the two shares and their errors, for a score whose error rises with
    confidence.

    >>> sure_and_wrong = risk_coverage(np.arange(100.0), np.arange(100.0) / 100)
    >>> refuse_if_rising(sure_and_wrong, "votes")
    Traceback (most recent call last):
    ...
    pcf_estimator.assess.risk.RisingRisk: votes: the surest 10 % of products are off by 0.945 \
in log10, but the surest 100 % by 0.495; a score whose error rises with confidence is refused
    """
    off, noise = curve["mean_off"].to_numpy(), curve["noise"].to_numpy()
    # row by row: how much more the smaller share errs than each larger one
    more = off[:, None] - off[None, :] - NOISE * noise[:, None]
    rising = np.where(np.triu(np.ones_like(more), 1) > 0, more, -np.inf)
    if len(curve) > 1 and rising.max() > 1e-12:
        small, large = np.unravel_index(int(rising.argmax()), rising.shape)
        share = curve["share"].to_numpy()
        raise RisingRisk(
            f"{name}: the surest {share[small]:.0%} of products are off by {off[small]:.3f} in "
            f"log10, but the surest {share[large]:.0%} by {off[large]:.3f}; a score whose error "
            "rises with confidence is refused".replace("%", " %")
        )
    return curve
