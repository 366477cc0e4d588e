"""Complete Journey's displays and mailers: twenty million rows of codes, read in pieces.

A row is a product in a store and week that stood on a display or in the mailer. It is kept as small
numbers from the file to the table: texts would take two gigabytes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pcf_estimator.tables import TableError
from recommender.importers import Bools, Note
from recommender.packing import Packing

Ints = npt.NDArray[np.int64]
ROWS_AT_A_TIME = 1 << 20
LAST_WEEK = 53
# What the codes mean, by the codebook that dunnhumby gives out with the log.
DISPLAYS = {
    "0": "none",
    "1": "store front",
    "2": "store rear",
    "3": "front end cap",
    "4": "mid-aisle end cap",
    "5": "rear end cap",
    "6": "side-aisle end cap",
    "7": "in-aisle",
    "9": "secondary location",
    "A": "in-shelf",
}
MAILERS = {
    "0": "none",
    "A": "interior page feature",
    "C": "interior page line item",
    "D": "front page feature",
    "F": "back page feature",
    "H": "wrap front feature",
    "J": "wrap interior coupon",
    "L": "wrap back feature",
    "P": "interior page coupon",
    "X": "free on interior page",
    "Z": "free on front page, back page or wrap",
}


def read_promotions(
    path: Path, goods: pd.Series, in_catalogue: Bools
) -> tuple[pa.Table, list[Note]]:
    """The displays of the catalogue's products, sorted by week, and what was left out by reason.

    `goods` are the log's product ids and `in_catalogue` marks those of the catalogue. Peak memory
    is about 20 bytes a row. Raises TableError for a code that the codebook does not hold.
    """
    order = np.argsort(goods.to_numpy(np.int64))
    ids = goods.to_numpy(np.int64)[order]
    stores: Ints = pq.read_table(path, columns=["store_id"])["store_id"].unique().to_numpy()
    stores = np.sort(stores)
    pack = Packing.of(LAST_WEEK + 1, len(ids), len(stores), len(DISPLAYS), len(MAILERS))
    rows_of = np.zeros(len(ids) + 1, np.int64)  # the last counts ids that the log does not name
    unknown: list[Ints] = []
    packed = []
    file = pq.ParquetFile(path, read_dictionary=["display_location", "mailer_location"])
    for batch in file.iter_batches(ROWS_AT_A_TIME):
        product = batch["product_id"].to_numpy()
        place = np.minimum(np.searchsorted(ids, product), len(ids) - 1)
        named = ids[place] == product
        rows_of += np.bincount(np.where(named, place, len(ids)), minlength=len(ids) + 1)
        unknown.append(np.unique(product[~named]))
        keep = named & in_catalogue[order[place]]
        rows = pack.together(
            batch["week"].to_numpy(),
            place,
            np.searchsorted(stores, batch["store_id"].to_numpy()),
            _codes(batch, "display_location", DISPLAYS, path),
            _codes(batch, "mailer_location", MAILERS, path),
        )
        packed.append(rows[keep])
    rows = np.concatenate(packed)
    packed.clear()
    rows.sort()
    texts: list[list[str]] = [
        ids.astype(str).tolist(),
        stores.astype(str).tolist(),
        [*DISPLAYS.values()],
        [*MAILERS.values()],
    ]
    week = pa.array(pack.column(rows, 0).astype(np.int32))
    codes = [_dictionary(text, pack.column(rows, i)) for i, text in enumerate(texts, start=1)]
    names = ["product_id", "store_id", "week", "display", "mailer"]
    table = pa.table([*codes[:2], week, *codes[2:]], names=names)
    out = ~in_catalogue[order] & (rows_of[:-1] > 0)
    left = [
        (
            "the log names no such product",
            int(rows_of[-1]),
            len(np.unique(np.concatenate(unknown))),
        ),
        ("no clean sale: not in the catalogue", int(rows_of[:-1][out].sum()), int(out.sum())),
    ]
    return table, [("displays", reason, rows, 0.0, n) for reason, rows, n in left if rows]


def _codes(batch: pa.RecordBatch, name: str, codebook: dict[str, str], path: Path) -> Ints:
    """Place in the codebook of each row's code."""
    column = batch[name]
    codes = column.dictionary.to_pylist()
    strange = [*sorted(set(codes) - set(codebook)), *(["empty"] if column.null_count else [])]
    if strange:
        expected = ", ".join(codebook)
        raise TableError(
            f"displays ({path}): {name} is {strange[0]}, but one of {expected} was expected"
        )
    place = np.array([list(codebook).index(code) for code in codes], np.int64)
    return place[column.indices.to_numpy()]


def _dictionary(texts: list[str], code: Ints) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(
        pa.array(code.astype(np.int32)), pa.array(texts, pa.string())
    )
