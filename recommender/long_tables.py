"""Tables of tens of millions of rows: the same check as any table's, on their distinct values.

A table of displays has a row per product, store and week, and few distinct values in each column.
Arrow holds a text column as codes and a dictionary, so each value is cast and judged once.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from pcf_estimator.tables import (
    Column,
    Fault,
    Table,
    cast_values,
    read_arrow,
    refuse_missing,
    row_error,
)

Codes = npt.NDArray[np.int32]


def read_long_table(path: str | Path, table: Table) -> pa.Table:
    """The table in a Parquet or CSV file, checked against `table`; texts as dictionary columns.

    What is right and what is wrong is what `pcf_estimator.tables.read_table` says, in the same
    words. Raises TableError, which names the first bad row.
    """
    path = Path(path)
    read = read_arrow(path, table.name, encoded=True)
    return check_long_table(read, table, f"{table.name} ({path})")


def check_long_table(given: pa.Table, table: Table, where: str) -> pa.Table:
    """`given` with the columns of `table` that it holds, each cast and within its range.

    Texts come as dictionary columns with every value once, other kinds as plain columns. A long
    table has no key. `where` opens every error. Raises TableError as `check_table` does.

    >>> from recommender.tables import DISPLAYS
    >>> shown = pa.table({"product_id": ["a", " a "], "store_id": [3, 3], "week": ["1", "2"]})
    >>> checked = check_long_table(shown, DISPLAYS, "displays")
    >>> checked["product_id"].to_pylist(), checked["week"].to_pylist()
    (['a', 'a'], [1, 2])
    """
    if table.key is not None:
        raise ValueError(f"{table.name} has a key: check_table looks for repeats")
    refuse_missing(given.column_names, given.num_rows, table, where)
    checked = {}
    for name, column in table.columns.items():
        if name not in given.column_names:
            continue
        values, codes = distinct_values(given[name])
        cast, fault = cast_values(values, name, column)
        if fault is not None:
            _refuse(given, table, where, codes, *_in_row_order(values, codes, name, column))
        checked[name] = dictionary(cast, codes) if column.kind == "text" else _plain(cast, codes)
    return pa.table(checked)


def distinct_values(column: pa.ChunkedArray) -> tuple[pd.Series, Codes]:
    """The distinct values of a column, null among them where it holds one, and each row's code.

    >>> values, codes = distinct_values(pa.chunked_array([["b", None], ["b"]]))
    >>> values.tolist(), codes.tolist()
    (['b', nan], [0, 1, 0])
    """
    array = column.unify_dictionaries().combine_chunks()
    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    if isinstance(array, pa.ChunkedArray):  # of no or of several chunks
        array = pa.concat_arrays(array.chunks)
    count = len(array.dictionary)
    codes = array.indices.fill_null(count).to_numpy(zero_copy_only=False).astype(np.int32)
    used = np.bincount(codes, minlength=count + 1) > 0
    values = pa.concat_arrays([array.dictionary, pa.nulls(1, array.dictionary.type)])
    place = (np.cumsum(used) - 1).astype(np.int32)
    return values.filter(pa.array(used)).to_pandas(), place[codes]


def dictionary(values: pd.Series, codes: Codes) -> pa.DictionaryArray:
    """A dictionary column of `values` at `codes`, with equal values once and null as null."""
    place, distinct = pd.factorize(values)
    at = place.astype(np.int32)[codes]
    texts = pa.array(np.asarray(distinct, dtype=object), pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(at, mask=at < 0), texts)


def _plain(values: pd.Series, codes: Codes) -> pa.Array:
    return pa.Array.from_pandas(values).take(pa.array(codes))


def _in_row_order(
    values: pd.Series, codes: Codes, name: str, column: Column
) -> tuple[npt.NDArray[np.bool_], Fault]:
    """Which values are at fault, and the fault as the rows' own order tells it."""
    first = np.empty(len(values), np.int64)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)  # the last one written is the first row
    order = np.argsort(first)
    _, fault = cast_values(values.iloc[order].reset_index(drop=True), name, column)
    assert fault is not None, "the order of the values decides no fault"
    at_fault = np.zeros(len(values), np.bool_)
    at_fault[order] = fault.rows.to_numpy(np.bool_)
    return at_fault, fault


def _refuse(
    given: pa.Table,
    table: Table,
    where: str,
    codes: Codes,
    at_fault: npt.NDArray[np.bool_],
    fault: Fault,
) -> None:
    bad = at_fault[codes]
    row = int(np.argmax(bad))
    named = {c: given[c][row].as_py() for c in table.named_by if c in given.column_names}
    raise row_error(where, row, named, fault.problem, int(bad.sum()))
