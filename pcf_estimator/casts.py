"""Casts: a column's values in the kind that a table asks for; null where a value is none."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

TRUE, FALSE = {"true", "1", "yes", "t", "y"}, {"false", "0", "no", "f", "n"}


def _as_text(given: pd.Series) -> pd.Series:
    if pd.api.types.is_float_dtype(given) and (given.dropna() % 1 == 0).all():
        given = given.astype("Int64")  # an id column with a gap: 7.0 was 7
    text = given.astype(pd.StringDtype(na_value=np.nan)).str.strip()
    return text.mask(text == "")


def _as_number(given: pd.Series) -> pd.Series:
    return pd.to_numeric(given, errors="coerce").astype("float64")


def _as_kg(given: pd.Series) -> pd.Series:
    number = _as_number(given)
    written = given[given.notna() & number.isna()]
    kg = {text: _kg(text)[0] for text in written.unique()}
    return number.where(number.notna(), given.map(kg).astype("float64")) if kg else number


def _kg(text: object) -> tuple[float, str]:
    """A written mass in kg; NaN and the reason where its unit is unknown or no mass."""
    # words alone, or "1,5", are no number: the column's range says better what was expected
    if not re.search(r"\d\s*[^\W\d_]", str(text)):
        return np.nan, ""
    from pcf_estimator.units import UnitError, quantity  # reads pint: only where units are written

    try:
        return quantity(str(text), "kg"), ""
    except UnitError as error:
        return np.nan, str(error)


def unfit(name: str, found: object) -> str:
    """Why a written mass is none, or \"\" where its range says better what was expected."""
    reason = _kg(found)[1]
    return f"{name}: {reason}" if reason else ""


def _as_whole(given: pd.Series) -> pd.Series:
    number = _as_number(given)
    return number.where(number % 1 == 0).astype("Int64")


def _as_time(given: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(given):
        return pd.Series(pd.NaT, index=given.index)  # a bare number could mean any unit
    time = pd.to_datetime(given, errors="coerce", format="ISO8601", utc=True)
    return time.dt.tz_localize(None).astype("datetime64[us]")


def _as_flag(given: pd.Series) -> pd.Series:
    word = given.astype(pd.StringDtype(na_value=np.nan)).str.strip().str.lower()
    yes = word.isin(list(TRUE))
    return yes.astype("boolean").where(yes | word.isin(list(FALSE)))


CASTS: dict[str, Callable[[pd.Series], pd.Series]] = {
    "text": _as_text,
    "number": _as_number,
    "kg": _as_kg,
    "whole": _as_whole,
    "time": _as_time,
    "flag": _as_flag,
}
