"""Footprints of an uploaded catalogue: made part by part, and handed back as files."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from app_pages._words import TIERS
from pcf_estimator.estimate import Market
from pcf_estimator.model import PcfModel
from recommender.footprint_steps import with_verified

PART = 500  # products that are estimated between two looks at the progress
NARROW = 1.2  # high over low, under which a figure supports three digits
LONGEST, LONG = 80, 300  # letters of a name and of a reason
WHY = {  # reasons of the table of footprints, said to whoever gave the file
    "its goods are not in the seed, and the spend factor needs a price": "no published record is "
    "like it; with a price in the catalogue it would get a rough figure",
    "no record, kind or shelf of the seed is like it, and no spend factor": "no published record, "
    "kind of good, shelf or industry matches its words",
    "the mass of a pack is not known, and no spend factor with a price": "nothing says what its "
    "pack weighs; with a size or a price it would get a figure",
    "it has no text": "it has no title, type or category in words",
}
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


def without_figure(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of the estimates that got no figure, numbered as in the file, each with its reason."""
    bare = np.flatnonzero(rows["kg_co2e"].isna())
    names = rows["title"] if "title" in rows else rows["product_id"]
    names = names.fillna(rows["product_id"]).astype("str")
    return pd.DataFrame(
        {
            "Row": bare + 1,
            "Product": names.iloc[bare].str.slice(0, LONGEST).to_numpy(),
            "Why it has no figure": [
                WHY.get(str(why), str(why))[:LONG] for why in rows["source"].iloc[bare]
            ],
        }
    )


def in_short(sources: pd.Series) -> pd.Series:
    """What figures rest on without the marks of the records; reasons in a person's words.

    >>> in_short(pd.Series(["near white rice (agribalyse:9100; su-eatable:RICE)"])).tolist()
    ['near white rice']
    """
    said = sources.map(lambda why: WHY.get(str(why), str(why))).astype("str")
    return said.str.replace(r" \([^()]*\)", "", regex=True).str.slice(0, LONG)


def for_download(rows: pd.DataFrame) -> pd.DataFrame:
    """The table of footprints with numbers to what their ranges support, and the tier in words.

    Column names stay those of the table; `how_found` is added. Two digits, as on screen; three
    where the ends lie within a tenth of the figure, or where a supplier's figure was verified.

    >>> rows = pd.DataFrame({"tier": ["model"], "kg_co2e": [1.23456], "kg_co2e_low": [0.61728]})
    >>> for_download(rows.assign(kg_co2e_high=2.46912)).to_numpy().tolist()
    [['model', 'estimated from similar products', 1.2, 0.62, 2.5]]
    """
    shown = rows.copy()
    near = shown["kg_co2e_high"] / shown["kg_co2e_low"] < NARROW
    digits = np.where(near | (shown["tier"] == "verified"), 3, 2)
    for name in (str(column) for column in shown.columns):
        values = shown[name]
        if name.startswith("kg_co2e"):
            shown[name] = _significant(values, digits)
        elif name == "net_mass_kg":
            shown[name] = _significant(values, np.full(len(shown), 3))
        elif name in ("similarity", "difference_sd_log10"):
            shown[name] = values.astype("float64").round(3)
    words = shown["tier"].map(TIERS).astype("str")
    shown.insert(list(shown.columns).index("tier") + 1, "how_found", words)
    return shown


def _significant(values: pd.Series, digits: np.ndarray) -> pd.Series:
    number = values.to_numpy(dtype=np.float64, na_value=np.nan)
    rounded = [
        v if not np.isfinite(v) or v == 0 else round(v, int(d) - 1 - math.floor(math.log10(abs(v))))
        for v, d in zip(number, digits, strict=True)
    ]
    return pd.Series(rounded, index=values.index, dtype="float64")


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
