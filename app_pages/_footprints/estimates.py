"""Footprints of an uploaded catalogue: made part by part, and handed back as files."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pandas as pd

from pcf_estimator.estimate import Market
from pcf_estimator.model import PcfModel
from recommender.footprint_steps import with_verified

PART = 500  # products that are estimated between two looks at the progress
# the first letters by which a spreadsheet takes a text for a formula
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


def parts(products: pd.DataFrame) -> list[pd.DataFrame]:
    """Products in parts of whole categories: a pack's weight may follow from its shelf."""
    if "category" not in products:
        return [products]
    made, rows = [], []
    for _, group in products.groupby("category", sort=False, dropna=False):
        rows.append(group)
        if sum(map(len, rows)) >= PART:
            made.append(pd.concat(rows))
            rows = []
    return [*made, pd.concat(rows)] if rows else made


def estimated(
    products: pd.DataFrame, model: PcfModel, market: Market
) -> Iterator[tuple[int, pd.DataFrame]]:
    """After each part: how many products are done, and the part's footprints, by row number."""
    done = 0
    for part in parts(products):
        footprints, _ = with_verified(part.reset_index(drop=True), model, market)
        done += len(part)
        yield done, footprints.set_index(part.index)


def with_names(products: pd.DataFrame, made: list[pd.DataFrame]) -> pd.DataFrame:
    """Footprints in the order of the file, with the titles that it gave beside the ids."""
    footprints = pd.concat(made).sort_index().reset_index(drop=True)
    if "title" in products:
        footprints.insert(1, "title", products["title"].reset_index(drop=True))
    return footprints


def as_csv(frame: pd.DataFrame) -> bytes:
    """CSV that a spreadsheet shows as text: a quote before what it would take for a formula.

    >>> as_csv(pd.DataFrame({"title": ["=1+1", "Milk"], "kg": [-1.0, 2.0]})).decode().split()
    ['title,kg', "'=1+1,-1.0", 'Milk,2.0']
    """
    safe = frame.copy()
    for name in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[name]):
            text = safe[name].astype("str")
            hostile = text.str.lstrip(" ").str.startswith(FORMULA) & safe[name].notna()
            safe[name] = text.where(~hostile, "'" + text).where(safe[name].notna())
    return safe.to_csv(index=False).encode()


def as_parquet(frame: pd.DataFrame) -> bytes:
    """The table as it is, for programs."""
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()
