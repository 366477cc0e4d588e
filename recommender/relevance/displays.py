"""What the shop showed or plans to show: displays and mailers by product, store and week.

The shop plans both weeks ahead, so those of a horizon are known before it begins. The table lists
only what stood out; inside a store and week that it lists, absence means "not shown", elsewhere
it means nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from recommender.candidates import Bools, Ints
from recommender.log import Ids, find
from recommender.long_tables import distinct_values
from recommender.packing import Packing

Codes = npt.NDArray[np.int16]
NONE = "none"
PLACES = ("display", "mailer")
ROWS_A_GROUP = 1 << 20  # a group is read or skipped whole: about two weeks of Complete Journey


@dataclass(frozen=True, kw_only=True)
class Displays:
    """One row per product, store and week with something shown, in this order of sorting.

    >>> shown = Displays(
    ...     product=np.array([0, 2]),
    ...     store=np.array([1, 1]),
    ...     week=np.array([7, 6]),
    ...     display=np.array([1, 0], np.int16),
    ...     mailer=np.array([0, 1], np.int16),
    ...     display_names=("none", "front end cap"),
    ...     mailer_names=("none", "front page"),
    ... )
    >>> shown.at(np.array([2, 2]), np.array([1, 1]), np.array([6, 7])).tolist()
    [1, -1]
    >>> shown.listed(np.array([0, 1]), np.array([7, 7])).tolist(), shown.covers(6, 7)
    ([False, True], True)
    """

    product: Ints  # row numbers of the log's ids
    store: Ints
    week: Ints  # the log's own week
    display: Codes  # place of `display_names`; 0 is none
    mailer: Codes  # place of `mailer_names`; 0 is none
    display_names: tuple[str, ...]
    mailer_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.product)

    def weeks(self, first: int, last: int) -> Displays:
        """The rows of weeks `first` to `last`, both with."""
        keep = (self.week >= first) & (self.week <= last)
        return replace(
            self,
            **{name: getattr(self, name)[keep] for name in ("product", "store", "week", *PLACES)},
        )

    @cached_property
    def stores(self) -> Ints:
        """Rows of the stores that the table lists in any of its weeks."""
        return np.flatnonzero(self._listed.any(axis=1)).astype(np.int64)

    def covers(self, first: int, last: int) -> bool:
        """Whether the table lists every week from `first` to `last`: whether they are planned."""
        weeks = np.arange(first, last + 1)
        return len(weeks) > 0 and bool(np.isin(weeks, self._first_week + self._weeks_listed).all())

    def listed(self, store: Ints, week: Ints) -> Bools:
        """Whether the table lists anything in each store and week: where absence is "not shown"."""
        at = week - self._first_week
        stores, weeks = self._listed.shape
        known = (store >= 0) & (store < stores) & (at >= 0) & (at < weeks)
        return known & self._listed[np.where(known, store, 0), np.where(known, at, 0)]

    def at(self, product: Ints, store: Ints, week: Ints) -> Ints:
        """Row of each product, store and week; -1 where nothing was shown or nothing is listed."""
        stores, weeks = self._listed.shape
        at = week - self._first_week
        known = (store >= 0) & (store < stores) & (at >= 0) & (at < weeks)
        row = find(self._key, (product * stores + store) * weeks + at)
        return np.where(known, row, -1)

    @cached_property
    def _first_week(self) -> int:
        return int(self.week.min()) if len(self) else 0

    @cached_property
    def _listed(self) -> Bools:
        """Stores x weeks from the first one: whether there is a row."""
        if len(self) == 0:
            return np.zeros((1, 1), np.bool_)
        shape = int(self.store.max()) + 1, int(self.week.max()) - self._first_week + 1
        cell = self.store * shape[1] + self.week - self._first_week
        return (np.bincount(cell, minlength=shape[0] * shape[1]) > 0).reshape(shape)

    @cached_property
    def _weeks_listed(self) -> Ints:
        return np.flatnonzero(self._listed.any(axis=0)).astype(np.int64)

    @cached_property
    def _key(self) -> Ints:
        stores, weeks = self._listed.shape
        return (self.product * stores + self.store) * weeks + self.week - self._first_week


def read_displays(path: Path, ids: Ids, weeks: tuple[int, int] | None = None) -> Displays:
    """The displays that ingest or an importer kept, of all weeks or of `weeks` (both with).

    Row numbers are those of `ids`; rows of a store where nobody bought, or of a product that the
    catalogue lacks, are left out: no customer could meet them. Where a product has several displays
    in one store and week, the first by name stands (three in ten thousand rows of the Complete
    Journey log). Codes mean the same whichever weeks are read.
    """
    file = pq.ParquetFile(path)  # its own schema says which columns are dictionaries
    places = [place for place in PLACES if place in file.schema_arrow.names]
    names = dict.fromkeys(PLACES, (NONE,)) | {p: _names(file, p) for p in places}
    groups, (first, last) = _groups(file, weeks)
    pack = Packing.of(
        len(ids.products),
        len(ids.stores),
        last - first + 1,
        *(len(known) for known in names.values()),
    )
    packed = [np.zeros(0, np.int64)]
    for group in groups:
        rows = file.read_row_group(group, columns=["product_id", "store_id", "week", *places])
        packed.append(_packed(rows, ids, names, first, last, pack))
    together = np.concatenate(packed)
    packed.clear()
    together = _one_each(together, pack)
    return Displays(
        product=pack.column(together, 0),
        store=pack.column(together, 1),
        week=pack.column(together, 2) + first,
        display=_none_first(pack.column(together, 3), len(names["display"])),
        mailer=_none_first(pack.column(together, 4), len(names["mailer"])),
        display_names=names["display"],
        mailer_names=names["mailer"],
    )


def write_displays(path: Path, table: pa.Table) -> None:
    """Writes a checked table of displays, sorted by week, so that few weeks are read quickly."""
    product, store = (distinct_values(table[name])[1] for name in ("product_id", "store_id"))
    week = table["week"].to_numpy()
    key = (week * (int(product.max()) + 1) + product) * (int(store.max()) + 1) + store
    if (key[1:] < key[:-1]).any():
        table = table.take(pa.array(np.argsort(key, kind="stable")))
    pq.write_table(table, path, row_group_size=ROWS_A_GROUP)


def _names(file: pq.ParquetFile, place: str) -> tuple[str, ...]:
    """Names of a place in the whole file, "none" first and the others in order."""
    found = file.read(columns=[place])[place].unify_dictionaries()
    texts = found.chunk(0).dictionary.to_pylist() if found.num_chunks else []
    return (NONE, *sorted(set(texts) - {NONE, None}))


def _groups(
    file: pq.ParquetFile, weeks: tuple[int, int] | None
) -> tuple[list[int], tuple[int, int]]:
    """Row groups that may hold one of the weeks, and the weeks to read, both with."""
    column = file.schema_arrow.names.index("week")
    known = [
        file.metadata.row_group(group).column(column).statistics
        for group in range(file.num_row_groups)
    ]
    first = min(group.min for group in known)
    last = max(group.max for group in known)
    if weeks is not None:
        first, last = max(first, weeks[0]), min(last, weeks[1])
    inside = [i for i, group in enumerate(known) if group.min <= last and group.max >= first]
    return inside, (first, max(first, last))


def _packed(
    rows: pa.Table,
    ids: Ids,
    names: dict[str, tuple[str, ...]],
    first: int,
    last: int,
    pack: Packing,
) -> Ints:
    """The rows of one row group that weeks `first` to `last` and the log know, an integer each."""
    week = rows["week"].to_numpy().astype(np.int64) - first
    product = _looked_up(rows["product_id"], ids.product_rows)
    store = _looked_up(rows["store_id"], ids.store_rows)
    keep = (week >= 0) & (week <= last - first) & (product >= 0) & (store >= 0)
    columns = [product[keep], store[keep], week[keep]]
    for place, known in names.items():
        if place in rows.column_names:
            code = _looked_up(rows[place], partial(_place, known))[keep]
            columns.append(_none_last(code, len(known)))
        else:
            columns.append(np.zeros(len(columns[0]), np.int64))
    return pack.together(*columns)


def _looked_up(column: pa.ChunkedArray, number_of: Callable[[pd.Series], Ints]) -> Ints:
    """The number of each row's text, looked up once per distinct text."""
    texts, codes = distinct_values(column)
    return number_of(texts)[codes]


def _place(known: tuple[str, ...], texts: pd.Series) -> Ints:
    """Place of each text among the known ones; no text is none."""
    return np.maximum(pd.Index(known).get_indexer(pd.Index(texts)), 0).astype(np.int64)


def _none_last(code: Ints, count: int) -> Ints:
    """Codes with none as the last, so that of several displays the least is a place."""
    return np.where(code == 0, count - 1, code - 1)


def _none_first(code: Ints, count: int) -> Codes:
    return np.where(code == count - 1, 0, code + 1).astype(np.int16)


def _one_each(packed: Ints, pack: Packing) -> Ints:
    """Sorted rows, one per product, store and week, with the least display and least mailer."""
    packed.sort()
    key = packed >> sum(pack.bits[3:])
    new = np.ones(len(key), np.bool_)
    new[1:] = key[1:] != key[:-1]
    again = np.flatnonzero(~new)
    if len(again) == 0:
        return packed
    # sorted by display, then mailer: only the mailer of later rows can be less
    kept = packed[new]
    several, place = np.unique(np.cumsum(new)[again] - 1, return_inverse=True)
    mailer = kept[several] & pack.mask(4)
    least = mailer.copy()
    np.minimum.at(least, place, packed[again] & pack.mask(4))
    kept[several] += least - mailer
    return kept
