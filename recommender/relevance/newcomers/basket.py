"""A typed-in basket: what a person without history has in hand is the taste that we serve."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from pcf_estimator.tables import Column, Table, TableError, check_table, read_columns
from recommender.candidates import Floats, Ints
from recommender.history import History
from recommender.log import Log, totals
from recommender.relevance.newcomers.visitors import WithVisitors, with_visitors

VISITOR = "basket"
BASKET = Table(
    name="basket",
    named_by=("product_id", "title"),
    one_of=(("product_id", "title"),),
    columns={
        "product_id": Column(kind="text", meaning="the shop's own id"),
        "title": Column(kind="text", meaning="the product as the catalogue names it"),
        "quantity": Column(kind="number", meaning="packs", above=0),
    },
)


@dataclass(frozen=True, kw_only=True)
class Basket:
    """Catalogue rows and packs, each product once, and what was named but could not be found."""

    product: Ints  # (lines,): rows of the catalogue, ascending
    quantity: Floats  # (lines,): packs
    unknown: list[str]  # as typed in, in the order of the file
    ambiguous: list[str]  # titles that several products bear


def read_basket(path: str | Path, catalogue: pd.DataFrame) -> Basket:
    """The basket in a CSV or Parquet file with `product_id` or `title`, and `quantity` if told.

    Raises TableError for a file that is no such table, is empty, or names no product of the
    catalogue.
    """
    path = Path(path)
    frame = read_columns(path, BASKET.name)
    return match_basket(frame, catalogue, f"{BASKET.name} ({path})")


def match_basket(frame: pd.DataFrame, catalogue: pd.DataFrame, where: str = "basket") -> Basket:
    """The lines of `frame` as rows of `catalogue`; unknown products are listed, not dropped unsaid.

    A line's id decides; where it has none, its title does, letter case and spaces aside, if one
    product alone bears it. An empty quantity is one pack; lines of one product are added up.

    >>> goods = pd.DataFrame({"product_id": ["a", "b"], "title": ["Oat milk", "Rye bread"]})
    >>> typed = pd.DataFrame({"title": ["rye  bread", "caviar"], "quantity": [2, 1]})
    >>> match_basket(typed, goods)
    Basket(product=array([1]), quantity=array([2.]), unknown=['caviar'], ambiguous=[])
    """
    lines = check_table(frame, BASKET, where)
    ids, titles = _column(lines, "product_id"), _column(lines, "title")
    nameless = ids.isna() & titles.isna()
    if nameless.any():
        row = int(np.flatnonzero(nameless)[0])
        raise TableError(
            f"{where}, row {row + 1}: neither product_id nor title, but every line names a product "
            f"({int(nameless.sum())} such rows)"
        )
    by_id = pd.Index(catalogue["product_id"]).get_indexer(pd.Index(ids))
    by_title, many = _rows_of_titles(titles, catalogue)
    found = np.where(ids.notna(), by_id, by_title).astype(np.int64)
    typed = ids.fillna(titles)
    ambiguous = ids.isna().to_numpy() & many
    lost = (found < 0) & ~ambiguous
    if not (found >= 0).any():
        what = "several products bear this title" if ambiguous[0] else "no product is called so"
        raise TableError(
            f"{where}, row 1 ({typed.iloc[0]}): {what} in the catalogue, and none of the basket's "
            f"{len(lines)} lines names one of its {len(catalogue)} products"
        )
    told = lines.get("quantity", pd.Series(np.nan, index=lines.index)).fillna(1.0)
    packs: Floats = np.asarray(told, np.float64)[found >= 0]
    product, at = np.unique(found[found >= 0], return_inverse=True)
    return Basket(
        product=product,
        quantity=totals(at, packs, len(product)),
        unknown=list(dict.fromkeys(typed[lost])),
        ambiguous=list(dict.fromkeys(typed[ambiguous])),
    )


def basket_history(history: History, basket: Basket, store: int = -1) -> WithVisitors:
    """`history` with one customer more, who bought `basket` at its end and alone is served.

    The customer is called "basket" (with a mark where the shop has one of that name) and has the
    last number. Lines are paid at the shop's last known prices.
    """
    log, lines = history.log, len(basket.product)
    name, taken = VISITOR, set(log.ids.customers)
    while name in taken:
        name += "'"
    customers = np.append(log.ids.customers, np.array([name], object))

    own = Log(
        ids=replace(log.ids, customers=customers),
        customer=np.full(lines, log.customers, np.int64),
        product=basket.product,
        week=np.full(lines, log.last_week, np.int64),
        day=np.full(lines, history.end_day - 0.5),  # by the same time at every cutoff
        basket=np.full(lines, log.basket.max() + 1, np.int64),
        store=np.full(lines, store, np.int64),
        quantity=basket.quantity,
        paid=basket.quantity * history.price[basket.product],
        whole_until=log.whole_until,
    )
    return with_visitors(history, own)


def _column(lines: pd.DataFrame, name: str) -> pd.Series:
    empty = pd.Series(np.nan, index=lines.index, dtype=pd.StringDtype(na_value=np.nan))
    return lines.get(name, empty)


def _plain(titles: pd.Series) -> pd.Series:
    return titles.str.casefold().str.split().str.join(" ")


def _rows_of_titles(
    titles: pd.Series, catalogue: pd.DataFrame
) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Row of the one product with each title, -1 without one; and whether several bear it."""
    if "title" not in catalogue or titles.isna().all():
        return np.full(len(titles), -1, np.int64), np.zeros(len(titles), np.bool_)
    known = _plain(catalogue["title"].astype(titles.dtype))
    wanted = _plain(titles)
    many = wanted.isin(known[known.duplicated(keep=False)]).to_numpy()
    row = pd.Index(known.drop_duplicates(keep=False)).get_indexer(pd.Index(wanted))
    place = np.flatnonzero(~known.duplicated(keep=False))
    row = np.where((row >= 0) & wanted.notna(), place[np.maximum(row, 0)], -1)
    return row.astype(np.int64), many
