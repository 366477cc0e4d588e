"""One clock: a shop's times stand there as its own clock shows them, never of mixed zones."""

from __future__ import annotations

import numpy as np
import pandas as pd

TEXT = pd.StringDtype(na_value=np.nan)
ZONE = r"(?:[Zz]|[+-]\d{2}(?::?\d{2})?)"
# an offset stands after a time of day: the "-01" of a date alone is none
TIME_WITH_ZONE = rf"^(.*\d[Tt ]\d{{2}}[\d:.,]*)\s*({ZONE})$"


def wall_times(given: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Times without their UTC offset, and the offsets as "+0200"; "" where a time names none.

    A column of time stamps has one zone at most, so only written times can differ.

    >>> times, zone = wall_times(pd.Series(["2024-01-01T23:30-05:00", "2024-01-01"]))
    >>> times.tolist(), zone.tolist()
    (['2024-01-01T23:30', '2024-01-01'], ['-0500', ''])
    """
    none = pd.Series("", index=given.index, dtype=TEXT)
    if isinstance(given.dtype, pd.DatetimeTZDtype):
        return given.dt.tz_localize(None), none
    if pd.api.types.is_numeric_dtype(given) or pd.api.types.is_datetime64_any_dtype(given):
        return given, none
    texts = given.astype(TEXT).str.strip()
    if not texts.str.contains(ZONE + "$", na=False).any():
        return given, none
    parts = texts.str.extract(TIME_WITH_ZONE)
    zone = parts[1].str.replace(":", "").str.replace("[Zz]", "+0000", regex=True)
    return parts[0].fillna(texts), zone.str.pad(5, side="right", fillchar="0").fillna("")


def in_another_zone(given: pd.Series, zone: pd.Series) -> pd.Series:
    """Which times have another UTC offset than the first one; null is no time."""
    known = given.notna()
    if not known.any():
        return ~known & False
    return known & (zone != zone[known].iloc[0])
