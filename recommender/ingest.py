"""Ingest: a shop's clean tables, checked against each other, then kept as they are.

`ingest` is strict. Raw logs go through an importer first, which cleans and counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pcf_estimator.tables import CATALOGUE, TableError, read_table
from recommender.tables import DISPLAYS, PURCHASES, read_customers
from recommender.workspace import Workspace, file_hash, fingerprint, write_table

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
        "basket_id": "baskets: all that a customer buys in one day is one basket",
        "store_id": "what sells in the customer's own store",
    },
}


@dataclass(frozen=True, kw_only=True)
class Tables:
    """Checked tables of one shop; customers and displays are empty where the shop has none."""

    catalogue: pd.DataFrame
    purchases: pd.DataFrame
    customers: pd.DataFrame | None = None
    displays: pd.DataFrame | None = None
    exclusions: pd.DataFrame | None = None  # reason, lines, ...: what an importer left out
    facts: dict[str, Any] = field(default_factory=dict)


def read_tables(
    catalogue: Path, purchases: Path, customers: Path | None = None, displays: Path | None = None
) -> Tables:
    """The shop's tables, each checked alone and then against the catalogue.

    Raises TableError for the first table that cannot be used.
    """
    goods = read_table(catalogue, CATALOGUE)
    lines = read_table(purchases, PURCHASES)
    homes = None if customers is None else read_customers(customers)
    shown = None if displays is None else read_table(displays, DISPLAYS)
    if goods["price"].isna().all():
        raise TableError(
            f"catalogue ({catalogue}): price is empty in all {len(goods)} rows, but prices above 0 "
            f"were expected"
        )
    known = pd.Index(goods["product_id"])
    refuse_unknown_products(lines, known, f"purchases ({purchases})")
    if shown is not None:
        refuse_unknown_products(shown, known, f"displays ({displays})")
    return Tables(catalogue=goods, purchases=lines, customers=homes, displays=shown)


def refuse_unknown_products(lines: pd.DataFrame, known: pd.Index, where: str) -> None:
    """Raises TableError where a line names a product that the catalogue does not hold."""
    unknown = ~lines["product_id"].isin(known).to_numpy()
    if unknown.any():
        row = int(np.flatnonzero(unknown)[0])
        count = int(unknown.sum())
        rows = "1 such row" if count == 1 else f"{count} such rows"
        raise TableError(
            f"{where}, row {row + 1} (product_id {lines['product_id'].iloc[row]}): the catalogue "
            f"does not hold this product, but every line names one of its {len(known)} products "
            f"({rows})"
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


def keep_tables(workspace: Workspace, tables: Tables, made_from: dict[str, str]) -> dict[str, Any]:
    """Writes the tables into the workspace in one step and returns what there is to say of them."""
    facts: dict[str, Any] = {
        "products": len(tables.catalogue),
        "purchases": len(tables.purchases),
        "customers": int(tables.purchases["customer_id"].nunique()),
        "from": str(tables.purchases["bought_at"].min()),
        "until": str(tables.purchases["bought_at"].max()),
        "absent": absent(tables),
        **tables.facts,
    }
    if tables.exclusions is not None:
        facts["left_out"] = tables.exclusions.to_dict("records")
    with workspace.replacing("tables", fingerprint(**made_from), facts) as folder:
        for name in ("catalogue", "purchases", "customers", "displays", "exclusions"):
            frame = getattr(tables, name)
            if frame is not None:
                write_table(folder / f"{name}.parquet", frame)
    return facts


def made_from_files(**files: Path | None) -> dict[str, str]:
    """What the tables were made from, as hashes of the files: the step's fingerprint."""
    return {name: file_hash(path) for name, path in files.items() if path is not None}
