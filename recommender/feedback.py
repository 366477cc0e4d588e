"""What shoppers tell of the shop's goods and figures: rows in small tables of the workspace.

Two tables in the folder `feedback/`, which no step makes and no step replaces: `problems.csv` (a
card or a figure that somebody finds wrong; about whom it was shown to, nothing is kept) and
`not_for_me.csv` (stand-ins that a household does not want). A row is one write at the end of the
file, so that several sessions may tell at once. Text is made harmless for spreadsheets.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from recommender.workspace import Workspace

FOLDER = "feedback"
PROBLEMS, NOT_FOR_ME = "problems.csv", "not_for_me.csv"
COLUMNS = {
    PROBLEMS: ("day", "product_id", "other_product_id", "shown", "problem", "words", "version"),
    NOT_FOR_ME: ("day", "customer_id", "product_id", "wanted"),
}
LONGEST = 500  # letters of a person's own words
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def told_problem(
    workspace: Workspace,
    product_id: str,
    shown: str,
    problem: str,
    words: str,
    day: date,
    version: str,
    other_product_id: str = "",
) -> bool:
    """Keeps a problem that somebody reported; False where the workspace cannot be written.

    `shown` is what stood on the screen, `problem` the choice, `words` the person's own.
    """
    row = (day.isoformat(), product_id, other_product_id, shown, problem, words, version)
    return _append(workspace, PROBLEMS, row)


def told_not_for_me(
    workspace: Workspace, customer_id: str, product_id: str, day: date, wanted: bool = False
) -> bool:
    """Keeps that a household does not want a product, or does again; False if it cannot be kept."""
    row = (day.isoformat(), customer_id, product_id, "yes" if wanted else "no")
    return _append(workspace, NOT_FOR_ME, row)


def not_for_me(workspace: Workspace, customer_id: str) -> set[str]:
    """Ids of the products that a household does not want: the last word on each counts."""
    unwanted: set[str] = set()
    try:
        with (workspace.folder / FOLDER / NOT_FOR_ME).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                product = (row.get("product_id") or "").removeprefix("'")
                if row.get("customer_id") == cell(customer_id) and product:
                    change = unwanted.discard if row.get("wanted") == "yes" else unwanted.add
                    change(product)
    except (OSError, csv.Error, UnicodeDecodeError):
        return unwanted
    return unwanted


def cell(text: str) -> str:
    """Text as it may stand in a spreadsheet: one line, not too long, and no formula.

    >>> cell("=1+1"), cell("too\\nheavy")
    ("'=1+1", 'too heavy')
    """
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())[:LONGEST]
    return f"'{line}" if line.startswith(FORMULA) else line


def _append(workspace: Workspace, name: str, row: Sequence[str]) -> bool:
    """One row at the end of a table, in one write; with the head where the file is new."""
    path: Path = workspace.folder / FOLDER / name
    try:
        path.parent.mkdir(exist_ok=True)
        try:
            with path.open("x", encoding="utf-8", newline="") as file:
                file.write(_line(COLUMNS[name]))
        except FileExistsError:
            pass
        file_number = os.open(path, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(file_number, _line([cell(text) for text in row]).encode("utf-8"))
        finally:
            os.close(file_number)
    except OSError:
        return False
    return True


def _line(cells: Sequence[str]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerow(cells)
    return written.getvalue()
