"""What a backtest refuses before it judges anything."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from pcf_estimator.tables import TableError
from recommender.log import Log


def refuse_overlap(truth: Log, purchases_before: Log) -> None:
    """Raises TableError where the window begins before the earlier purchases end.

    Whatever learned from those purchases would be judged by what it has seen.
    """
    if len(truth) == 0 or len(purchases_before) == 0:
        return
    first, last = int(truth.week.min()), purchases_before.last_week
    lines = int((purchases_before.week >= first).sum())
    if lines:
        raise TableError(
            f"purchases: the window to judge by begins in week {first}, but the purchases to learn "
            f"from reach week {last}, and every one of them must lie before the window ({lines} "
            f"lines do not)"
        )


def refuse_length(
    name: str, given: npt.NDArray[Any] | None, count: int, of: str = "products"
) -> None:
    """Raises ValueError where `given` is there and is not (count,)."""
    if given is not None and given.shape != (count,):
        raise ValueError(
            f"{name}: {len(given)} entries, but one for each of the {count} {of} was expected"
        )
