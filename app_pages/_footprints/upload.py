"""An uploaded catalogue, checked by the library's own rules and told row by row."""

from __future__ import annotations

import difflib
import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from app_pages._words import count, listed
from pcf_estimator.tables import (
    PRODUCTS,
    TableError,
    cast_values,
    check_table,
    read_columns,
    refuse_missing,
)
from pcf_estimator.usable import unusable

MOST_MB, MOST_ROWS, MOST_COLUMNS = 20, 20_000, 200
MOST_UNPACKED = 400 * 2**20  # bytes of a Parquet file, unpacked
LISTED = 500  # faulty rows that are listed
LONGEST = 80  # letters of a value that is repeated
EXAMPLE = (
    "product_id,title,category,price,package_size\n"
    "101,Ground beef 2 lb,meat,9.99,2 lb\n"
    "102,Oat drink,plant drinks,2.49,1 l\n"
    "103,Dark chocolate,sweets,1.79,100 g\n"
)
HOW_TO_FIX = {
    "product_id": "Give every row an id of its own.",
    "price": "Write a bare number above 0, such as 2.49, or nothing.",
    "net_mass_kg": "Write kilograms, such as 0.5, or a weight with its unit, such as 500 g.",
    "margin_rate": "Write a share from 0 to 1: 0.25 for 25 %.",
    "verified_kg_co2e": "Write kg CO2e per pack; leave it empty where nobody verified a figure.",
}
BY_KIND = {
    "number": "Write a bare number, with a point for decimals.",
    "kg": "Write kilograms, or a weight with its unit.",
    "flag": "Write true or false.",
    "text": "Write words: are the columns in the order of their names?",
}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the check of a file found: either `products` or a reason why there are none."""

    rows: int = 0
    refused: str = ""  # why the whole file cannot be read
    hint: str = ""
    problems: pd.DataFrame = field(default_factory=pd.DataFrame)  # a line per fault
    faulty: int = 0  # rows
    notes: pd.DataFrame = field(default_factory=pd.DataFrame)  # rows without words, and why
    products: pd.DataFrame | None = None


def check_upload(name: str, content: bytes) -> Verdict:
    """The library's check of an uploaded file, told for every row instead of the first bad one."""
    if not content:
        return Verdict(refused="The file is empty.", hint="Choose a file with a header and rows.")
    if len(content) > MOST_MB * 2**20:
        return Verdict(
            refused=f"The file has {len(content) / 2**20:.0f} MB, and at most {MOST_MB} are read.",
            hint="Split it, or use the command `greenaisle footprint estimate FILE --out OUT`.",
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        path.write_bytes(content)
        try:
            too_big = _too_big(path)
            if too_big:
                return Verdict(refused=too_big, hint=_SPLIT)
            frame = read_columns(path, "the file")
            frame.columns = [str(column).strip().lstrip("\ufeff") for column in frame.columns]
            if len(frame) > MOST_ROWS:
                return Verdict(refused=_rows_words(len(frame)), hint=_SPLIT)
            refuse_missing(list(frame.columns), len(frame), PRODUCTS, "the file")
        except (TableError, pa.ArrowException, ValueError, OSError) as error:
            said = str(error).replace(f" ({path})", "").replace(str(path), name)
            return Verdict(refused=f"{said[:1].upper()}{said[1:]}.", hint=_hint(content))
    problems = faults(frame)
    if not problems.empty:
        return Verdict(
            rows=len(frame),
            problems=problems,
            faulty=int(problems["Row"].nunique()),
            notes=wordless(frame[~frame.index.isin(problems["Row"] - 1)]),
        )
    try:
        products = check_table(frame, PRODUCTS, "the file")
    except TableError as error:
        return Verdict(rows=len(frame), refused=f"{error}.", hint="")
    return Verdict(rows=len(frame), notes=wordless(products), products=products)


def wordless(products: pd.DataFrame) -> pd.DataFrame:
    """Rows that say too little to be estimated, and why; a verified figure needs no words.

    >>> wordless(pd.DataFrame({"product_id": ["a", "b"], "title": ["Milk", None]}))[
    ...     "Why it gets no figure"
    ... ].tolist()
    ['it has no title, type or category in words']
    """
    reason = unusable(products)
    if "verified_kg_co2e" in products:
        reason = reason.where(products["verified_kg_co2e"].isna(), "")
    without = reason[reason != ""]
    ids = products["product_id"].reindex(without.index).astype("str").str.slice(0, LONGEST)
    return pd.DataFrame(
        {
            "Row": without.index + 1,
            "Product": ids.to_numpy(),
            "Why it gets no figure": without.str.slice(0, 3 * LONGEST).to_numpy(),
        }
    )


def faults(frame: pd.DataFrame) -> pd.DataFrame:
    """Every value that the library refuses: Row (from 1), Product, Column, Problem, How to fix it.

    >>> faults(
    ...     pd.DataFrame({"product_id": ["a", "a"], "title": ["Milk"] * 2, "price": ["1", "x"]})
    ... )[["Row", "Column"]].values.tolist()
    [[2, 'price'], [2, 'product_id']]
    """
    lines = []
    for name, column in PRODUCTS.columns.items():
        if name not in frame:
            continue
        given = frame[name].reset_index(drop=True)
        while len(given):
            _, fault = cast_values(given, name, column)
            if fault is None:
                break
            bad = fault.rows.to_numpy(dtype=bool)
            for row in given.index[bad][: LISTED + 1]:
                own = cast_values(given.loc[[row]], name, column)[1]
                said = own.problem if own is not None else fault.problem
                lines.append((int(row) + 1, name, said))
            given = given[~bad]
    if PRODUCTS.key in frame:
        ids = frame[PRODUCTS.key].reset_index(drop=True).astype("str")
        for row in ids.index[ids.duplicated() & frame[PRODUCTS.key].notna().to_numpy()]:
            first = int((ids == ids[row]).idxmax()) + 1
            said = f"product_id {ids[row][:LONGEST]} stands in row {first} as well"
            lines.append((int(row) + 1, "product_id", said))
            if len(lines) > 4 * LISTED:
                break
    ids = frame.get(PRODUCTS.key or "", pd.Series(index=frame.index, dtype="str"))
    return pd.DataFrame(
        [
            {
                "Row": row,
                "Product": str(ids.iloc[row - 1])[:LONGEST] if pd.notna(ids.iloc[row - 1]) else "–",
                "Column": name,
                "Problem": _shortened(said),
                "How to fix it": how_to_fix(name),
            }
            for row, name, said in sorted(lines, key=lambda line: line[0])
        ],
        columns=["Row", "Product", "Column", "Problem", "How to fix it"],
    )


def how_to_fix(name: str) -> str:
    """What to write in a column instead."""
    return HOW_TO_FIX.get(name) or BY_KIND.get(PRODUCTS.columns[name].kind, "See the example.")


def verdict_sentence(verdict: Verdict) -> str:
    """What the check found, in a sentence."""
    if verdict.refused:
        return verdict.refused
    if verdict.faulty:
        bare = len(verdict.notes)
        fine = verdict.rows - verdict.faulty - bare
        besides = f"{count(bare, 'more says', 'more say')} too little to be estimated; "
        return (
            f"{count(verdict.faulty, 'row')} of {verdict.rows:,} cannot be used as they stand; "
            f"{besides if bare else ''}{count(fine, 'is', 'are')} fine. Nothing was estimated, so "
            f"that no row goes missing unseen."
        )
    said = f"All {count(verdict.rows, 'row')} can be read."
    if len(verdict.notes):
        says = count(len(verdict.notes), "of them says", "of them say")
        said += f" {says} too little to be estimated."
    return said


_SPLIT = (
    f"Split it into files of at most {MOST_ROWS:,} rows, or use the command `greenaisle footprint "
    f"estimate FILE --out OUT`, which has no limit."
)


def _rows_words(rows: int) -> str:
    return f"The file has {rows:,} rows, and at most {MOST_ROWS:,} are estimated on this page."


def _columns_words(columns: int) -> str:
    return f"The file has {columns:,} columns, and at most {MOST_COLUMNS} are read."


def _too_big(path: Path) -> str:
    """Why a file has more in it than is read here; "" where it has not."""
    with path.open("rb") as file:
        first = file.readline(2**20)
    if not first.startswith(b"PAR1"):
        columns = first.count(b",") + 1
        return "" if columns <= MOST_COLUMNS else _columns_words(columns)
    facts = pq.read_metadata(path)
    unpacked = sum(facts.row_group(k).total_byte_size for k in range(facts.num_row_groups))
    if facts.num_rows > MOST_ROWS:
        return _rows_words(facts.num_rows)
    if facts.num_columns > MOST_COLUMNS:
        return _columns_words(facts.num_columns)
    if unpacked > MOST_UNPACKED:
        return f"Unpacked, the file has {unpacked / 2**20:,.0f} MB: too much for this page."
    return ""


def _hint(content: bytes) -> str:
    """What may be wrong with a file that is no table, or lacks a column."""
    if content[:4] == b"PAR1":
        return f"Columns that are needed: product_id, and title or category. {_OTHERS}"
    if content[:4] == b"PK\x03\x04":
        return "This looks like a spreadsheet or an archive: save it as CSV in UTF-8 first."
    head = content[:4000].decode("utf-8", errors="replace").lstrip("\ufeff").splitlines()
    header = head[0] if head else ""
    if "\ufffd" in header or b"\x00" in content[:200]:
        return "The text is not UTF-8: save it as “CSV UTF-8”."
    for mark, name in ((";", "semicolons"), ("\t", "tabs")):
        if header.count(mark) > header.count(","):
            return f"Its columns are parted by {name}: save it with commas."
    near = []
    for column in (c.strip().strip('"') for c in header.split(",")[:MOST_COLUMNS]):
        plain = re.sub(r"[^a-z]+", "_", column.casefold()).strip("_")
        meant = difflib.get_close_matches(_SYNONYMS.get(plain, plain), list(PRODUCTS.columns), n=1)
        if meant and column not in PRODUCTS.columns:
            near.append(f"“{column[:40]}” to {meant[0]}")
    if near:
        return f"Rename {listed(near[:6])}? {_OTHERS}"
    return f"The first line must name the columns: product_id, and title or category. {_OTHERS}"


_OTHERS = "Prices and package sizes are read where they are there; the example shows the names."
_SYNONYMS = {"id": "product_id", "sku": "product_id", "name": "title", "product": "title"}
_SYNONYMS |= {"size": "package_size", "pack": "package_size", "weight": "net_mass_kg"}


def _shortened(said: str) -> str:
    return said if len(said) <= 3 * LONGEST else f"{said[: 3 * LONGEST]}…"
