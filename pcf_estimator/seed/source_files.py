"""Reading publishers' files: a table by its key, numbers that are numbers, and errors that name the
file, the column and the row."""

from __future__ import annotations

import warnings
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

from pcf_estimator.tables import TableError, read_columns


def csv_table(
    path: Path, key: str, columns: list[str], name: str | None = None, unique: bool = True
) -> pd.DataFrame:
    """The columns of a comma-separated file, and `name` if it is there, by its key as text."""
    return _keyed(read_columns(path, path.name), path, key, columns, unique, name)


def names_of(table: pd.DataFrame, column: str) -> np.ndarray:
    """What each row is, as its publisher calls it: the key where there is no name."""
    key = pd.Series(table.index.astype("str"), index=table.index)
    given = table[column].astype("str").str.strip() if column in table else key
    return given.where(given.notna() & given.ne(""), key).to_numpy(dtype=object)


def published_file(folder: Path, name: str) -> Path:
    """Path of a file in the publishers' folder. Raises TableError where there is none."""
    path = folder / "footprints" / name
    if not path.is_file():
        raise TableError(f"{name} was expected in {path.parent}, but there is no such file")
    return path


def workbook_table(
    path: Path,
    sheet: str,
    key: str,
    columns: list[str],
    unique: bool = True,
    name: str | None = None,
) -> pd.DataFrame:
    """The same of one sheet of a workbook; with `unique` no key may stand there twice."""
    if not path.is_file():
        raise TableError(f"{path.name} ({path}): there is no such file")
    try:
        with warnings.catch_warnings():
            # drop-down lists inside the workbook, which reading does not need
            warnings.filterwarnings("ignore", message="Data Validation extension")
            read = pd.read_excel(path, sheet_name=sheet, dtype=object, engine="openpyxl")
    except ImportError as error:
        raise TableError(
            f"{path.name}: reading a workbook needs openpyxl; install greenaisle[sources]"
        ) from error
    except (zipfile.BadZipFile, KeyError) as error:
        raise TableError(f"{path.name}: not a workbook, but an .xlsx file was expected") from error
    except ValueError as error:
        raise TableError(f"{path.name}: the sheet {sheet!r} was expected ({error})") from error
    return _keyed(read, path, key, columns, unique, name)


def _keyed(
    table: pd.DataFrame,
    path: Path,
    key: str,
    columns: list[str],
    unique: bool = True,
    name: str | None = None,
) -> pd.DataFrame:
    """`table` by its key (text), with the columns that are needed and `name` if it is there.

    Raises TableError, which names file and column.
    """
    missing = [column for column in [key, *columns] if column not in table.columns]
    if missing:
        found = ", ".join(str(column) for column in table.columns[:8])
        raise TableError(f"{path.name}: no column {missing[0]!r}; found {found} ...")
    if name is not None and name != key and name in table.columns:
        columns = [*columns, name]
    rows = table.loc[table[key].notna(), [key, *columns]]
    keyed = rows.set_index(rows[key].astype("str").str.strip())[columns]
    if unique and keyed.index.has_duplicates:
        twice = keyed.index[keyed.index.duplicated()][0]
        raise TableError(f"{path.name}, column {key!r}: {twice} stands there twice")
    keyed.index.name, keyed.attrs["file"] = None, path.name
    return keyed


def numbers(table: pd.DataFrame, column: str, gaps: bool = False) -> pd.Series:
    """A column as numbers; a value that is none is an error, an empty cell only without `gaps`."""
    number = pd.to_numeric(table[column], errors="coerce").astype("float64")
    bad = number.isna() & (table[column].notna() if gaps else True)
    if bad.any():
        key, found = table.index[bad][0], table.loc[bad, column].iloc[0]
        raise TableError(
            f"{table.attrs['file']}, column {column!r}, row {key}: found {found!r}, but a number "
            f"was expected ({int(bad.sum())} such rows)"
        )
    return number
