"""When each unit's treatment starts, from what a panel's column says of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pcf_estimator.tables import Column, Kind, TableError, cast_values, row_error
from recommender.candidates import Ints

NEVER = np.iinfo(np.int64).max


def first_periods(
    table: pd.DataFrame,
    unit_column: str,
    time_column: str,
    treated: str,
    kind: Kind,
    times: npt.NDArray[Any],
    at: Ints,
    start: str | None,
    where: str,
) -> Ints:
    """Of each row, the number of the period in which its unit's treatment starts."""
    given = table[treated]
    unit = pd.factorize(table[unit_column])[0]
    flags, fault = cast_values(given, treated, Column(kind="flag", meaning="", filled=True))
    if fault is None:
        on = np.asarray(flags, np.bool_)
        constant = pd.Series(on).groupby(unit).nunique().eq(1).all()
        if constant:
            if start is None:
                raise TableError(
                    f"{where}: {treated} says who is treated but not since when: a start "
                    f"was expected"
                )
            number = _period_of(start, kind, times, f"{where}: start")
            return np.where(on, number, NEVER)
        _refuse_two_starts(start, treated, where)
        first = pd.Series(np.where(on, at, NEVER)).groupby(unit).transform("min").to_numpy(np.int64)
        ended = ~on & (at >= first)
        if ended.any():
            row = int(np.flatnonzero(ended)[0])
            named = {
                unit_column: table[unit_column][row],
                time_column: said(table[time_column][row]),
            }
            problem = "its treatment has ended, but treatments that last were expected"
            raise row_error(where, row, named, problem, int(ended.sum()))
        return first
    _refuse_two_starts(start, treated, where)
    expected = Column(kind=kind, meaning="the start of treatment")
    cast, fault = cast_values(given.mask(given == "0"), treated, expected)
    if fault is not None:
        row = int(np.flatnonzero(fault.rows.to_numpy())[0])
        problem = (
            f"{treated} is {given[row]}, but 0 or 1, or the start of treatment like the "
            f"values of {time_column} (empty: never), was expected"
        )
        raise row_error(
            where, row, {unit_column: table[unit_column][row]}, problem, int(fault.rows.sum())
        )
    starts = cast.groupby(unit).nunique(dropna=False)
    if (starts > 1).any():
        row = int(np.flatnonzero(unit == int(starts.index[(starts > 1).to_numpy()][0]))[0])
        raise row_error(
            where,
            row,
            {unit_column: table[unit_column][row]},
            f"this unit has {int(starts.max())} different starts, but one was expected",
            int((starts > 1).sum()),
        )
    never = cast.isna().to_numpy()
    told = cast.fillna(0).to_numpy(np.int64) if kind == "whole" else cast.to_numpy(times.dtype)
    starting = np.searchsorted(times, told.astype(times.dtype))
    return np.where(never | (starting >= len(times)), NEVER, starting)


def _refuse_two_starts(start: str | None, treated: str, where: str) -> None:
    if start is not None:
        raise TableError(
            f"{where}: {treated} already says when each unit's treatment starts, so "
            f"start {start} was not expected"
        )


def _period_of(start: str, kind: Kind, times: npt.NDArray[Any], where: str) -> int:
    """Number of the first period at or after `start`; TableError where it lies outside."""
    cast, fault = cast_values(pd.Series([start]), "start", Column(kind=kind, meaning=""))
    like = f"like the periods of this panel, {said(times[0])} to {said(times[-1])}"
    if fault is not None or cast.isna().any():
        raise TableError(f"{where} is {start}, but a time {like}, was expected")
    told = cast.to_numpy(np.int64) if kind == "whole" else cast.to_numpy(times.dtype)
    number = int(np.searchsorted(times, told.astype(times.dtype))[0])
    if number == len(times):
        raise TableError(f"{where} is {start}, but the panel ends with {said(times[-1])}")
    if number == 0:
        raise TableError(
            f"{where} is {start}, but the panel begins with {said(times[0])}: not identified "
            f"without a period before the start"
        )
    return number


def said(time: object) -> str:
    """
    >>> said(np.datetime64("2026-03-02T00:00")), said(7)
    ('2026-03-02', '7')
    """
    return str(time)[:10] if isinstance(time, np.datetime64 | pd.Timestamp) else str(time)
