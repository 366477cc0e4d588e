"""Tables: what each column means, and the one check that every table passes where it enters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from pcf_estimator.casts import CASTS, unfit
from pcf_estimator.clock import in_another_zone, wall_times
from pcf_estimator.usable import wordless

Kind = Literal["text", "number", "kg", "whole", "time", "flag"]
EXPECTED = {
    "text": "text",
    "number": "a number",
    "kg": "a number",  # or a mass with its unit, as in "500 g"
    "whole": "a whole number",
    "time": "a date or time such as 2017-03-01 or 2017-03-01T12:30:00",
    "flag": "true or false",
}


class TableError(ValueError):
    """A table that cannot be used, told with table, row, product, what was found and expected."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """What one column holds: its kind, its unit in words, and the range its values lie in."""

    kind: Kind
    meaning: str
    required: bool = False
    filled: bool = False  # every row needs a value
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    words: bool = False  # a name: a column of nothing but numbers or prices is another column
    one_clock: bool = False  # times as the shop's clock shows them, never of mixed zones

    def expected(self) -> str:
        bounds = [
            f"at least {self.at_least:g}" if self.at_least is not None else "",
            f"above {self.above:g}" if self.above is not None else "",
            f"at most {self.at_most:g}" if self.at_most is not None else "",
        ]
        return " ".join([EXPECTED[self.kind], " and ".join(b for b in bounds if b)]).strip()


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table's name, its columns, its key (no repeats), and which columns name a row in errors."""

    name: str
    columns: Mapping[str, Column]
    key: str | None = None
    named_by: tuple[str, ...] = ("product_id",)
    one_of: tuple[tuple[str, ...], ...] = field(default=())  # of each group, one must be there

    def with_columns(self, **more: Column) -> Table:
        return Table(
            name=self.name,
            columns={**self.columns, **more},
            key=self.key,
            named_by=self.named_by,
            one_of=self.one_of,
        )


ID = Column(kind="text", meaning="the shop's own id", required=True, filled=True)
CATALOGUE = Table(
    name="catalogue",
    key="product_id",
    one_of=(("title", "category"),),
    columns={
        "product_id": ID,
        "title": Column(kind="text", meaning="the product as a person would say it", words=True),
        "department": Column(kind="text", meaning="the widest shelf", words=True),
        "category": Column(kind="text", meaning="the shelf", words=True),
        "product_type": Column(kind="text", meaning="the kind of product on the shelf", words=True),
        "brand": Column(kind="text", meaning="the brand, or national or private"),
        "seller_id": Column(kind="text", meaning="who supplies it"),
        "legal_entity": Column(kind="text", meaning="the company behind the seller"),
        "price": Column(kind="number", meaning="shop currency per pack", required=True, above=0),
        "package_size": Column(kind="text", meaning="the text on the pack, such as 6 x 330 ml"),
        "net_mass_kg": Column(kind="kg", meaning="kg in a pack", above=0),
        "margin_rate": Column(kind="number", meaning="margin over price", at_least=0, at_most=1),
        "verified_kg_co2e": Column(kind="kg", meaning="kg CO2e per pack", at_least=0),
        "verified_source": Column(kind="text", meaning="who verified the figure"),
        "age_restricted": Column(kind="flag", meaning="not for minors"),
        "recommendable": Column(kind="flag", meaning="may be shown"),
    },
)
# What the estimator itself needs: a name is enough, a price only helps to find the mass.
PRODUCTS = CATALOGUE.with_columns(
    price=Column(kind="number", meaning="shop currency per pack", above=0)
)
FOOTPRINTS = Table(
    name="footprints",
    key="product_id",
    columns={
        "product_id": ID,
        "kg_co2e": Column(kind="number", meaning="kg CO2e per pack", at_least=0),
        "kg_co2e_low": Column(kind="number", meaning="low end of the 80 % range", at_least=0),
        "kg_co2e_high": Column(kind="number", meaning="high end of the 80 % range", at_least=0),
        "kg_co2e_low_95": Column(kind="number", meaning="low end of the 95 % range", at_least=0),
        "kg_co2e_high_95": Column(kind="number", meaning="high end of the 95 % range", at_least=0),
        "kg_co2e_luc": Column(kind="number", meaning="the part from land-use change, per pack"),
        "kg_co2e_per_kg": Column(kind="number", meaning="kg CO2e per kg as sold", at_least=0),
        "difference_sd_log10": Column(
            kind="number", meaning="own error among goods of one need", at_least=0
        ),
        "use_phase_dominant": Column(kind="flag", meaning="its use at home outweighs it"),
        "net_mass_kg": Column(kind="number", meaning="kg in a pack", above=0),
        "mass_basis": Column(kind="text", meaning="catalogue, package, price, category or none"),
        "tier": Column(kind="text", meaning="how the figure was found", required=True, filled=True),
        "boundary": Column(kind="text", meaning="what the figure includes"),
        "similarity": Column(kind="number", meaning="likeness of the nearest record, 0 to 1"),
        "data_quality": Column(kind="number", meaning="1 best to 5", at_least=1, at_most=5),
        **{
            f"quality_{name}": Column(
                kind="number", meaning=f"1 best to 5: {name}", at_least=1, at_most=5
            )
            for name in ("technology", "time", "geography", "completeness", "reliability")
        },
        "source": Column(kind="text", meaning="where the figure comes from"),
        "model_version": Column(kind="text", meaning="the model that made it"),
        "seed_version": Column(kind="text", meaning="the seed it learned from"),
    },
)
TIERS = ("verified", "model", "neighbours", "category", "spend", "unknown")


def shipped_data(name: str) -> Path:
    """Path of a file that ships with greenaisle in `data/`, in a checkout and in a wheel alike.

    >>> shipped_data("needs.csv").name
    'needs.csv'
    """
    package = Path(str(resources.files("pcf_estimator")))
    for folder in (package / "data", package.parent / "data"):
        if (folder / name).exists():
            return folder / name
    raise FileNotFoundError(f"greenaisle was installed without its data file {name}")


def read_table(path: str | Path, table: Table) -> pd.DataFrame:
    """The table in a Parquet or CSV file, checked against `table`: names, then types, then ranges.

    Columns come in the table's order and kind (text as strings, times without a zone); columns
    that `table` does not name are left out. Raises TableError, which names the first bad row.
    """
    path = Path(path)
    return check_table(read_columns(path, table.name), table, f"{table.name} ({path})")


def read_columns(path: Path, name: str) -> pd.DataFrame:
    """Every column of a Parquet or CSV file as it stands; CSV columns as text, empty cells null."""
    return read_arrow(path, name).to_pandas(types_mapper=_text_stays_text)


def read_arrow(path: Path, name: str, *, encoded: bool = False) -> pa.Table:
    """The same as an Arrow table; `encoded` holds each text once, for tables of many rows."""
    if not path.exists():
        raise TableError(f"{name} ({path}): there is no such file")
    if not path.is_file():
        raise TableError(f"{name} ({path}): not a file, but a table was expected")
    if path.stat().st_size == 0:
        raise TableError(f"{name} ({path}): the file is empty, but a table was expected")
    with path.open("rb") as file:
        is_parquet = file.read(4) == b"PAR1"
    try:
        if is_parquet:
            kinds = pq.read_schema(path)
            texts = [field.name for field in kinds if pa.types.is_string(field.type)]
            return pq.read_table(path, read_dictionary=texts if encoded else None)
        header = pa_csv.open_csv(path).schema.names
        twice = sorted({column for column in header if header.count(column) > 1})
        if twice:
            raise TableError(f"{name} ({path}): column {', '.join(twice)} stands there twice")
        text = pa.dictionary(pa.int32(), pa.string()) if encoded else pa.string()
        texts = pa_csv.ConvertOptions(
            column_types=dict.fromkeys(header, text),
            strings_can_be_null=True,
            null_values=["", "NA", "NaN", "nan", "null", "None"],
        )
        # a quoted title may hold a line break
        parse = pa_csv.ParseOptions(newlines_in_values=True)
        return pa_csv.read_csv(path, convert_options=texts, parse_options=parse)
    except (pa.ArrowInvalid, pa.ArrowKeyError, UnicodeDecodeError, OSError) as error:
        raise TableError(
            f"{name} ({path}): not a table; Parquet or comma-separated text in UTF-8 with a header "
            f"was expected ({str(error).splitlines()[0]})"
        ) from error


def check_table(frame: pd.DataFrame, table: Table, where: str) -> pd.DataFrame:
    """`frame` with the columns of `table` that it holds, each cast and within its range.

    `where` opens every error. Raises TableError for a missing column, no rows, a value of another
    kind, a value out of range, an empty required value or a repeated key; for a unit that does not
    fit; and for a column of names that holds nothing but numbers or prices. Null is missing, and
    so is NaN, which pandas does not tell from it; zero and infinity are not.

    >>> check_table(pd.DataFrame({"product_id": ["a"], "title": ["milk"], "price": [-2]}),
    ...             CATALOGUE, "catalogue")
    Traceback (most recent call last):
    pcf_estimator.tables.TableError: catalogue, row 1 (product_id a): price is -2, but a number \
above 0 was expected (1 such row)
    """
    names = [str(column) for column in frame.columns]
    refuse_missing(names, len(frame), table, where)
    checked = {}
    for name, column in table.columns.items():
        if name in names:
            checked[name] = _cast(frame, name, column, where, table)
    if table.key is not None:
        repeated = pd.Series(checked[table.key]).duplicated()
        if repeated.any():
            _refuse(frame, table, where, repeated, f"{table.key} stands in an earlier row as well")
    return pd.DataFrame(checked)


def refuse_missing(names: list[str], rows: int, table: Table, where: str) -> None:
    """Raises TableError where `table` needs a column that is not there, or there are no rows."""
    missing = [c for c, column in table.columns.items() if column.required and c not in names]
    missing += [" or ".join(group) for group in table.one_of if not any(c in names for c in group)]
    if missing:
        raise TableError(
            f"{where}: no column {', '.join(missing)}; found {', '.join(names) or 'no columns'}"
        )
    if rows == 0:
        raise TableError(f"{where}: the table holds no rows")


@dataclass(frozen=True)
class Fault:
    """What makes a column unusable: the rows, and the problem of the first of them in words."""

    rows: pd.Series
    problem: str


def cast_values(given: pd.Series, name: str, column: Column) -> tuple[pd.Series, Fault | None]:
    """The values in the column's kind, and what is wrong with them, if anything is.

    A value is judged by itself, so the distinct values of a long column can stand for all of it.

    >>> week = Column(kind="whole", meaning="the log's own week")
    >>> cast_values(pd.Series(["1", "soon"]), "week", week)[1].problem
    'week is soon, but a whole number was expected'
    """
    times, zone = wall_times(given) if column.one_clock else (given, None)
    cast = CASTS[column.kind](times)
    if column.words:
        number = wordless(cast)
        if number.any() and (number | cast.isna()).all():
            found = cast[number].iloc[0]
            problem = f"{name} is {found}, but words were expected, and all of its values are"
            return cast, Fault(number, f"{problem} numbers")
    # any value can be text, and blank text is no value
    bad = cast.isna() & given.notna() & (column.kind != "text")
    if column.kind in ("number", "kg", "whole"):
        bad |= np.isinf(cast.astype("float64"))
    for bound, outside in (
        (column.at_least, cast.lt),
        (column.above, cast.le),
        (column.at_most, cast.gt),
    ):
        if bound is not None:
            bad |= outside(bound).fillna(False).astype(bool)
    if bad.any():
        found = given[bad].iloc[0]
        problem = f"{name} is {found}, but {column.expected()} was expected"
        if column.kind == "kg" and pd.isna(cast[bad].iloc[0]):
            problem = unfit(name, found) or problem
        return cast, Fault(bad, problem)
    if column.filled and cast.isna().any():
        return cast, Fault(cast.isna(), f"{name} is empty, but every row needs one")
    if zone is not None and (other := in_another_zone(given, zone)).any():
        found, first = given[other].iloc[0], given[given.notna()].iloc[0]
        problem = f"{name} is {found}, in another time zone than {first} in an earlier row, but all"
        way_out = "write them without a UTC offset, or all with the same one"
        return cast, Fault(other, f"{problem} times are on the shop's own clock: {way_out}")
    return cast, None


def _cast(frame: pd.DataFrame, name: str, column: Column, where: str, table: Table) -> pd.Series:
    cast, fault = cast_values(frame[name], name, column)
    if fault is not None:
        _refuse(frame, table, where, fault.rows, fault.problem)
    return cast.reset_index(drop=True)


def _refuse(frame: pd.DataFrame, table: Table, where: str, bad: pd.Series, problem: str) -> None:
    row = int(np.flatnonzero(bad.to_numpy())[0])
    named = {c: frame[c].iloc[row] for c in table.named_by if c in frame}
    raise row_error(where, row, named, problem, int(bad.sum()))


def row_error(
    where: str, row: int, named: Mapping[str, Any], problem: str, count: int
) -> TableError:
    """The error of a bad row (counted from 0), which the values of `named` tell apart from others.

    >>> row_error("displays", 6, {"store_id": 3}, "week is empty, but every row needs one", 2)
    TableError('displays, row 7 (store_id 3): week is empty, but every row needs one (2 such rows)')
    """
    names = [f"{column} {value}" for column, value in named.items() if pd.notna(value)]
    who = f" ({', '.join(names)})" if names else ""
    rows = "1 such row" if count == 1 else f"{count} such rows"
    return TableError(f"{where}, row {row + 1}{who}: {problem} ({rows})")


def _text_stays_text(kind: pa.DataType) -> pd.StringDtype | None:
    return pd.StringDtype(na_value=np.nan) if pa.types.is_string(kind) else None
