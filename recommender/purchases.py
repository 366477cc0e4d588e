"""What purchases must hold together once each column is right: their times, weeks and lines."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from pcf_estimator.tables import row_error
from recommender.candidates import Bools, Ints
from recommender.tables import PURCHASES

Times = npt.NDArray[np.datetime64]
A_WEEK = np.timedelta64(7, "D")
# A business day ends after midnight and a chain spans time zones: a week's lines lie in eight days.
A_WEEKS_LINES = np.timedelta64(8, "D")
SAME_LINE = ("customer_id", "basket_id", "product_id", "bought_at", "quantity", "paid")


def refuse_future(purchases: pd.DataFrame, as_of: date, where: str) -> None:
    """Raises TableError where a line was bought after the day `as_of`."""
    end = np.datetime64(as_of, "us") + np.timedelta64(1, "D")
    later = purchases["bought_at"].to_numpy("datetime64[us]") >= end
    if later.any():
        row = int(np.argmax(later))
        found = purchases["bought_at"].iloc[row]
        problem = f"bought_at is {found}, but the log was taken on {as_of} and ends with that day"
        raise row_error(where, row, _named(purchases, row), problem, int(later.sum()))


def refuse_other_weeks(purchases: pd.DataFrame, where: str) -> None:
    """Raises TableError where the log's own weeks and its times contradict each other.

    Weeks are seven days each and count on with time, also over the end of a year: every split and
    every decay rests on it. The week in force is the one that most lines agree on.
    """
    if "week" not in purchases:
        return
    bought_at = purchases["bought_at"].to_numpy("datetime64[us]")
    week = purchases["week"].to_numpy(np.int64)
    other, begins = _in_other_weeks(week, bought_at)
    if other.any():
        row = int(np.argmax(other))
        told = f"which is week {(bought_at[row] - begins) // A_WEEK} as most lines count"
        if other.mean() >= 0.5:
            told = "and most lines disagree on when week 1 began"
        problem = (
            f"week is {week[row]}, but bought_at is {purchases['bought_at'].iloc[row]}, {told}: "
            f"weeks are seven days each and count on with time, also over the end of a year; "
            f"without this column they are counted from bought_at"
        )
        raise row_error(where, row, _named(purchases, row), problem, int(other.sum()))


def repeated_lines(purchases: pd.DataFrame) -> int:
    """Lines that equal an earlier one in all that tells lines apart.

    They stay: a till rings up two of the same one after the other. A log that was joined twice
    shows here too, so the count is told.

    >>> line = {
    ...     "customer_id": "c",
    ...     "product_id": "p",
    ...     "bought_at": pd.Timestamp("2024-01-01 10:00"),
    ... }
    >>> repeated_lines(pd.DataFrame([line, line, line | {"product_id": "q"}]))
    1
    """
    return int(purchases.duplicated([c for c in SAME_LINE if c in purchases]).sum())


def weeks_of(bought_at: Times) -> tuple[Ints, int]:
    """Week numbers from 1, and the last whole week: seven-day blocks up to the last whole day.

    The last day counts as whole if it has purchases after 18:00; else its lines open a week that
    no split uses.

    >>> weeks_of(np.array(["2024-01-01T20", "2024-01-07T09", "2024-01-08T19"], "datetime64[us]"))
    (array([1, 2, 2]), 2)
    """
    day = bought_at.astype("datetime64[D]")
    last = day.max()
    hours = (bought_at - day) / np.timedelta64(1, "h")
    times_are_kept = bool((hours > 0).any())
    if times_are_kept and hours[day == last].max() < 18:
        last -= np.timedelta64(1, "D")
    weeks_back = (-((last - day) // A_WEEK)).astype(np.int64)
    first = int(weeks_back.min())
    return weeks_back - first + 1, 1 - first


def _in_other_weeks(week: Ints, bought_at: Times) -> tuple[Bools, np.datetime64]:
    """Lines outside the eight days that hold most lines' week, and when week 0 begins by those."""
    begins = bought_at - week * A_WEEK  # of week 0, as each line would have it
    ordered = np.sort(begins)
    inside = np.searchsorted(ordered, ordered + A_WEEKS_LINES) - np.arange(len(ordered))
    first = ordered[np.argmax(inside)]
    return (begins < first) | (begins >= first + A_WEEKS_LINES), first


def _named(purchases: pd.DataFrame, row: int) -> dict[str, object]:
    return {column: purchases[column].iloc[row] for column in PURCHASES.named_by}
