"""A shopper's own list, from a file or as typed: one good a row, by id, by name, or by any words.

An id or a whole name decides. Other words are searched for as in the shop's search, and what was
read is a proposal: the shopper chooses. A row that holds nothing to look for is told, and the
others are read all the same.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from app_pages import _load
from app_pages._roles import LIST, must
from app_pages._shop.stock import Stock
from app_pages._words import count
from pcf_estimator.tables import TableError, read_columns
from recommender.basket import Lines

MOST_ROWS = 500  # of a list
MOST_LINES, MOST_PACKS = 60, 99  # of a basket
CHOICES = 6  # products proposed for one row
IDS = ("product_id", "id", "sku", "code", "upc", "ean")
NAMES = ("title", "item", "name", "product", "product_name", "article", "description")
PACKS = ("quantity", "qty", "packs", "count", "number", "units", "amount")
TIMES = r"\s*[x×*]\s*"
LINE = (  # how people write a good and how many of it
    re.compile(rf"(?P<packs>\d{{1,4}}){TIMES}(?P<words>\D.*)"),
    re.compile(rf"(?P<words>.*\D){TIMES}(?P<packs>\d{{1,4}})"),
    re.compile(r"(?P<words>.*\D)\s*[,;\t]\s*(?P<packs>\d{1,4})"),
)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of a list: what was asked, and the catalogue rows that may be meant, best first."""

    asked: str
    packs: float
    choices: tuple[int, ...] = ()
    sure: bool = False  # the first choice is named by id or by its whole name


@dataclass(frozen=True, kw_only=True)
class ReadList:
    """Rows that were read, and what is said of those that were not."""

    rows: tuple[Row, ...]
    skipped: tuple[str, ...]

    def lines(self, chosen: Sequence[int | None]) -> Lines:
        """The products chosen for the rows (None: left out); packs of one product are added up."""
        packs: dict[int, float] = {}
        for row, product in zip(self.rows, chosen, strict=True):
            if product is not None:
                packs[product] = min(packs.get(product, 0.0) + row.packs, MOST_PACKS)
        return Lines.of(list(packs), list(packs.values()))


def read_list(stock: Stock, content: bytes) -> ReadList:
    """What a list asks for and the products that may be meant.

    Raises TableError for a list of which no row names anything here, RoleError for whom lists are
    not read.
    """
    must(LIST)
    asked, skipped = rows_of(content)
    names = _named(stock)
    rows = []
    for identity, words, packs in asked[:MOST_LINES]:
        row = Row(asked=words or identity, packs=packs)
        exact = names.get(identity.casefold()) or names.get(_plain(words)) or ()
        found = exact or _searched(stock, words)
        rows.append(Row(asked=row.asked, packs=packs, choices=tuple(found), sure=len(exact) == 1))
    if len(asked) > MOST_LINES:
        skipped.append(f"{len(asked) - MOST_LINES} rows after the first {MOST_LINES}")
    if not any(row.choices for row in rows):
        told = count(len(rows) + len(skipped), "row")
        raise TableError(f"your list: {told}, and nothing like any of them is in this shop")
    return ReadList(rows=tuple(rows), skipped=tuple(skipped))


def from_address(stock: Stock, text: str) -> tuple[Lines, tuple[str, ...]]:
    """The lines in an address, and the parts of it that name nothing in this shop."""
    packs: dict[str, float] = {}
    ignored = []
    for part in text.split()[:MOST_LINES]:
        name, _, number = part.rpartition("*")
        if name and number.isdecimal() and 0 < int(number[:4]) <= MOST_PACKS:
            packs[name] = float(int(number[:4]))
        else:
            ignored.append(part)
    rows = stock.history.log.ids.product_rows(list(packs))
    ignored += [name for name, row in zip(packs, rows, strict=True) if row < 0]
    kept = {int(row): n for row, n in zip(rows, packs.values(), strict=True) if row >= 0}
    return Lines.of(list(kept), list(kept.values())), tuple(ignored)


def rows_of(content: bytes) -> tuple[list[tuple[str, str, float]], list[str]]:
    """(id, words, packs) of each row, and what is said of rows that say nothing to look for.

    >>> rows_of(b"2 x milk\\nbread\\n12\\n")
    ([('', 'milk', 2.0), ('', 'bread', 1.0)], ['row 3 (12): no name in it'])
    >>> rows_of(b"Item,Qty\\nmilk,2\\n,1\\nbread,lots\\n")[0]
    [('', 'milk', 2.0)]
    """
    cells = _parquet(content) if content[:4] == b"PAR1" else _table(_text(content))
    typed = [("", *_typed(line)) for line in _text(content).splitlines()] if cells is None else []
    asked: list[tuple[str, str, float]] = []
    skipped: list[str] = []
    read = typed if cells is None else cells
    if len(read) > MOST_ROWS:
        raise TableError(f"your list: {len(read):,} rows, but {MOST_ROWS} at most are read")
    for number, (identity, words, told) in enumerate(read, start=1):
        if not (identity or words or told):
            continue
        said = f"row {number} ({(words or identity or told)[:30]})"
        try:
            packs = float(told) if told else 1.0
        except ValueError:
            packs = -1.0
        if not identity and not re.search(r"[^\W\d_]{2}|\w{4}", words):
            skipped.append(f"{said}: no name in it")
        elif not 0 < packs < np.inf:
            skipped.append(f"{said}: {told[:10]} is no number of packs")
        else:
            asked.append((identity, words, float(min(max(round(packs), 1), MOST_PACKS))))
    if not asked:
        raise TableError("your list: no row names a good; expected one good a line")
    return asked, skipped


def _text(content: bytes) -> str:
    code = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(code)
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")  # what spreadsheets write
    if "\0" in text:
        raise TableError("your list: it is no text; expected CSV, Parquet or plain text")
    return text


def _table(text: str) -> list[tuple[str, str, str]] | None:
    """(id, words, packs) of the rows under a head that names its columns; None without one."""
    head = next((line for line in text.splitlines() if line.strip()), "")
    apart = max(",;\t", key=head.count)
    columns = [_column(name) for name in next(csv.reader([head], delimiter=apart), [])]
    if not {*columns} & {*IDS, *NAMES}:
        return None
    try:
        rows = list(csv.reader(io.StringIO(text.strip()), delimiter=apart))[1:]
    except csv.Error as error:
        raise TableError(f"your list: {error}") from error
    return list(_cells(columns, rows))


def _parquet(content: bytes) -> list[tuple[str, str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list"
        path.write_bytes(content)
        try:
            frame = read_columns(path, "your list")
        except TableError as error:  # the place is ours alone
            raise TableError(str(error).replace(f" ({path})", "")) from error
    columns = [_column(str(name)) for name in frame.columns]
    rows = frame.astype("object").where(frame.notna(), "").astype("str").to_numpy().tolist()
    return list(_cells(columns, rows))


def _cells(columns: list[str], rows: list[list[str]]) -> Iterator[tuple[str, str, str]]:
    for row in rows:
        cells = {name: cell.strip() for name, cell in zip(columns, row, strict=False)}
        identity, words, packs = (
            next((cells[name] for name in names if cells.get(name)), "")
            for names in (IDS, NAMES, PACKS)
        )
        yield identity, words, packs


def _typed(line: str) -> tuple[str, str]:
    """The words and the number of packs in a line as people write it."""
    line = line.strip().lstrip("-•*").strip()
    for shape in LINE:
        if match := shape.fullmatch(line):
            return match["words"].strip(" ,;"), match["packs"]
    return line, ""


def _column(name: str) -> str:
    return re.sub(r"\W+", "_", name.strip().casefold())


def _plain(words: str) -> str:
    return " ".join(words.casefold().split())


def _named(stock: Stock) -> dict[str, list[int]]:
    """Catalogue rows by id, by the name on the screen, and by the catalogue's own title."""
    named: dict[str, list[int]] = {}
    titles = stock.products["title"] if "title" in stock.products else pd.Series(dtype="str")
    for texts in (stock.products["product_id"], pd.Series(stock.titles), titles):
        known = set(named)
        for number, text in enumerate(texts.fillna("").astype("str")):
            key = _plain(text)
            if key and key not in known:  # an id before a name, a name before a title
                named.setdefault(key, []).append(number)
    return named


def _searched(stock: Stock, words: str) -> list[int]:
    if not words:
        return []
    rows = _load.found(words).products
    return [int(row) for row in rows[stock.goods.may_be_shown[rows]][:CHOICES]]
