"""UCI Online Retail: a gift wholesaler's log of one year as clean tables.

The log has no sellers, shelves or package sizes: an item is a description, a basket is what one
customer buys at one time.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pcf_estimator.tables import CATALOGUE, Column, Table, check_table, read_columns
from recommender.importers import Imported, Report, exclusion_rows, leave_out, noted, silent
from recommender.tables import PURCHASES, check_customers

RAW = Table(
    name="UCI Online Retail",
    named_by=("Description",),
    columns={
        "Description": Column(kind="text", meaning="the item", required=True),
        "Quantity": Column(kind="number", meaning="pieces; negative if returned", required=True),
        "InvoiceDate": Column(
            kind="time", meaning="when", required=True, filled=True, one_clock=True
        ),
        "UnitPrice": Column(kind="number", meaning="pounds a piece", required=True),
        "CustomerID": Column(kind="text", meaning="who; often empty", required=True),
        "Country": Column(kind="text", meaning="where the customer is", required=True),
    },
)
# What the till rings up beside goods. Everything else that is no product has no customer.
NO_PRODUCT = (
    r"(?:dotcom )?postage|manual|(?:next day )?carriage|bank charges|amazon fee|cruk commission|"
    r"samples?|discount|adjust.*|bad debt.*|high resolution image|.*\bgift voucher.*|test.*"
)


def import_uci(path: str | Path, report: Report = silent, *, judging_days: int = 29) -> Imported:
    """The log's catalogue, purchases and customers with their country, and what was left out.

    A price is the median unit price until `judging_days` before the last line: later lines judge,
    and a price that knew them would leak. Items first sold later have no price. `path` is the log
    as Parquet or CSV.

    Raises TableError for a file that is not this log.
    """
    path = Path(path)
    report("reading the UCI log")
    lines = check_table(read_columns(path, RAW.name), RAW, f"{RAW.name} ({path})")
    item = item_ids(lines["Description"])
    paid = (lines["Quantity"] * lines["UnitPrice"]).to_numpy(np.float64)
    report(f"cleaning {len(lines):,} lines")
    words = lines["Description"].str.lower()
    stays, left = leave_out(
        {
            "the description has no words": item.isna().to_numpy(),
            "no product: postage, fees, samples, adjustments": words.str.fullmatch(NO_PRODUCT)
            .fillna(False)
            .to_numpy(bool),
            "the line has no customer": lines["CustomerID"].isna().to_numpy(),
            "quantity is not above 0": lines["Quantity"].le(0).to_numpy(),
            "unit price is not above 0": lines["UnitPrice"].le(0).to_numpy(),
        },
        paid,
        item,
    )
    kept, item, paid = lines[stays], item[stays], paid[stays]
    catalogue = _catalogue(kept, item, judging_days)
    purchases = pd.DataFrame(
        {
            "customer_id": kept["CustomerID"],
            "product_id": item,
            "bought_at": kept["InvoiceDate"],
            "quantity": kept["Quantity"],
            "paid": paid,
            "basket_id": kept["CustomerID"]
            + " "
            + kept["InvoiceDate"].dt.strftime("%Y-%m-%dT%H:%M"),
        }
    )
    without = int(catalogue["price"].isna().sum())
    notes = [noted(f"first sold in the last {judging_days} days: no price", without)]
    report(f"kept {len(kept):,} lines of {len(catalogue):,} items")
    return Imported(
        catalogue=catalogue,
        purchases=check_table(purchases, PURCHASES, "purchases (UCI)"),
        customers=_customers(kept),
        exclusions=pd.concat([left, exclusion_rows(notes)], ignore_index=True),
    )


def item_ids(descriptions: pd.Series) -> pd.Series:
    """An id per description, so that spaces, case and marks make no new item; null stays null.

    >>> item_ids(pd.Series(["JUMBO  BAG, RED ", "Jumbo bag red", None])).tolist()
    ['jumbo-bag-red', 'jumbo-bag-red', nan]
    """
    slug = descriptions.str.lower().str.replace(r"[^a-z0-9]+", "-", regex=True).str.strip("-")
    return slug.mask(slug == "")


def _catalogue(kept: pd.DataFrame, item: pd.Series, judging_days: int) -> pd.DataFrame:
    said = kept["Description"].str.replace(r"\s+", " ", regex=True).str.strip().str.capitalize()
    title = said.groupby(item).first()
    early = kept["InvoiceDate"] < kept["InvoiceDate"].max() - pd.Timedelta(days=judging_days)
    price = kept["UnitPrice"][early].groupby(item[early]).median().reindex(title.index)
    catalogue = pd.DataFrame({"product_id": title.index, "title": title, "price": price})
    return check_table(catalogue, CATALOGUE, "catalogue (UCI)")


def _customers(kept: pd.DataFrame) -> pd.DataFrame:
    # a few customers moved: the country of most of their lines
    lines = kept.groupby(["CustomerID", "Country"]).size().sort_values(kind="stable")
    region = lines.reset_index().groupby("CustomerID")["Country"].last()
    return check_customers(
        pd.DataFrame({"customer_id": region.index, "region": region}).reset_index(drop=True)
    )
