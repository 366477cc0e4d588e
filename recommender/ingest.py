"""Ingest: a shop's clean tables, checked against each other, then kept as they are.

`ingest` is strict. Raw logs go through an importer first, which cleans and counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from pcf_estimator.tables import CATALOGUE, TableError, read_table, row_error
from recommender.long_tables import read_long_table
from recommender.purchases import refuse_future, refuse_other_weeks, repeated_lines
from recommender.relevance.displays import write_displays
from recommender.tables import DISPLAYS, PURCHASES, read_customers
from recommender.workspace import Workspace, file_hash, fingerprint, write_table

INGEST_CODE = ("recommender.ingest",)
WEEKS_AHEAD = 53  # that a shop may have planned
# Optional columns and what their absence disables, as told to the user.
DISABLES = {
    "catalogue": {
        "seller_id": "exposure of sellers is not measured and the sellers weight does nothing",
        "category": "shelves: habits and stand-ins are known by product only",
        "product_type": "finer shelves: the category stands in",
        "margin_rate": "margins: they count as 0 and the retailer weight does nothing",
        "package_size": "pack masses from text: prices or categories stand in",
        "age_restricted": "age limits: every product counts as fit for everybody",
        "recommendable": "the shop's own exclusions: every product may be shown",
    },
    "purchases": {
        "quantity": "quantities: every line counts as one pack",
        "paid": "prices over time and revenue: the catalogue's price stands in",
        "discount": "discounts: a promotion is not told from the regular price",
        "basket_id": "baskets: all that a customer buys in one day is one basket",
        "store_id": "what sells, and what is displayed, in the customer's own store",
    },
}


@dataclass(frozen=True, kw_only=True)
class Tables:
    """Checked tables of one shop; customers and displays are empty where the shop has none."""

    catalogue: pd.DataFrame
    purchases: pd.DataFrame
    customers: pd.DataFrame | None = None
    displays: pa.Table | None = None  # may have millions of rows
    exclusions: pd.DataFrame | None = None  # reason, lines, ...: what an importer left out
    facts: dict[str, Any] = field(default_factory=dict)


def read_tables(
    catalogue: Path,
    purchases: Path,
    customers: Path | None = None,
    displays: Path | None = None,
    as_of: date | None = None,
) -> Tables:
    """The shop's tables, each checked alone and then against the others.

    Nothing may be bought after the day `as_of`, where it is given. Raises TableError for the first
    table that cannot be used.
    """
    goods = read_table(catalogue, CATALOGUE)
    lines = read_table(purchases, PURCHASES)
    homes = None if customers is None else read_customers(customers)
    shown = None if displays is None else read_long_table(displays, DISPLAYS)
    if goods["price"].isna().all():
        raise TableError(
            f"catalogue ({catalogue}): price is empty in all {len(goods)} rows, but prices above 0 "
            f"were expected"
        )
    known = pd.Index(goods["product_id"])
    where = f"purchases ({purchases})"
    refuse_unknown_products(lines["product_id"], known, where)
    if as_of is not None:
        refuse_future(lines, as_of, where)
    refuse_other_weeks(lines, where)
    if shown is not None:
        refuse_unknown_products(shown["product_id"].to_pandas(), known, f"displays ({displays})")
        refuse_foreign_displays(shown, lines, f"displays ({displays})")
    return Tables(catalogue=goods, purchases=lines, customers=homes, displays=shown)


def refuse_unknown_products(product_id: pd.Series, known: pd.Index, where: str) -> None:
    """Raises TableError where a row names a product that the catalogue does not hold."""
    unknown = ~product_id.isin(known).to_numpy()
    if unknown.any():
        row = int(np.argmax(unknown))
        problem = (
            f"the catalogue does not hold this product, but every line names one of its "
            f"{len(known)} products"
        )
        named = {"product_id": product_id.iloc[row]}
        raise row_error(where, row, named, problem, int(unknown.sum()))


def refuse_foreign_displays(shown: pa.Table, lines: pd.DataFrame, where: str) -> None:
    """Raises TableError where no line can be told to have met a display, by its week or store."""
    for column in ("week", "store_id"):
        if column not in lines or lines[column].isna().all():
            raise TableError(
                f"{where}: displays are told by {column}, but the purchases have no {column}"
            )
    stores, known = shown["store_id"].unique().to_pylist(), set(lines["store_id"].dropna())
    if not known & set(stores):
        raise TableError(
            f"{where}: none of its {len(stores)} stores (the first is {stores[0]}) is one of the "
            f"{len(known)} in which anybody bought (the first is {min(known)})"
        )
    weeks, log = shown["week"].to_numpy(), lines["week"]
    if weeks.max() < log.min() or weeks.min() > log.max() + WEEKS_AHEAD:
        raise TableError(
            f"{where}: its weeks are {weeks.min()} to {weeks.max()}, but those of the purchases "
            f"are {log.min()} to {log.max()}: both tables count weeks in the same way"
        )


def absent(tables: Tables) -> dict[str, str]:
    """Optional columns that the shop does not have, with what that disables."""
    told = {}
    for name, columns in DISABLES.items():
        frame: pd.DataFrame = getattr(tables, name)
        for column, loss in columns.items():
            if column not in frame or frame[column].isna().all():
                told[f"{name}.{column}"] = loss
    if tables.customers is None:
        told["customers"] = "customer segments: no report can be told apart by them"
    if tables.displays is None:
        told["displays"] = "what was shown where: no effect of displays can be estimated"
    return told


def partly_empty(tables: Tables) -> dict[str, int]:
    """Rows without a value, by optional column that some rows fill and others do not."""
    told = {}
    for name, columns in DISABLES.items():
        frame: pd.DataFrame = getattr(tables, name)
        for column in columns:
            empty = int(frame[column].isna().sum()) if column in frame else 0
            if 0 < empty < len(frame):
                told[f"{name}.{column}"] = empty
    return told


def keep_tables(workspace: Workspace, tables: Tables, made_from: dict[str, Any]) -> dict[str, Any]:
    """Writes the tables into the workspace in one step and returns what there is to say of them."""
    facts: dict[str, Any] = {
        "products": len(tables.catalogue),
        "purchases": len(tables.purchases),
        "customers": int(tables.purchases["customer_id"].nunique()),
        "from": str(tables.purchases["bought_at"].min()),
        "until": str(tables.purchases["bought_at"].max()),
        "absent": absent(tables),
        "partly_empty": partly_empty(tables),
        "repeated_lines": repeated_lines(tables.purchases),
        **tables.facts,
    }
    if tables.displays is not None:
        facts["displays"] = tables.displays.num_rows
    if tables.exclusions is not None:
        facts["left_out"] = tables.exclusions.to_dict("records")
    with workspace.replacing("tables", fingerprint(**made_from), facts) as folder:
        for name in ("catalogue", "purchases", "customers", "exclusions"):
            frame = getattr(tables, name)
            if frame is not None:
                write_table(folder / f"{name}.parquet", frame)
        if tables.displays is not None:
            write_displays(folder / "displays.parquet", tables.displays)
    return facts


def made_from_files(**files: Path | None) -> dict[str, Any]:
    """What the tables were made from, hashes of the files and the code: the step's fingerprint."""
    hashes = {name: file_hash(path) for name, path in files.items() if path is not None}
    return {**hashes, "code": INGEST_CODE}
