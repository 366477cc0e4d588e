"""Candidate rows that sellers' floors added, kept with the prices of the run that needed them.

A price for a seller moves nothing on the slate of a shopper to whom none of its products is ever
proposed. So whoever is served at frozen prices needs the rows that the prices were found with.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pcf_estimator.tables import ID, Column, Table, read_table
from recommender.candidates import Candidates
from recommender.log import Ids, distinct
from recommender.rerank.more_candidates import ADDED
from recommender.workspace import write_table

PRICES, ROWS = ".prices.json", ".added.parquet"  # endings of files beside the slates of a run
KEPT = Table(
    name="added rows",
    named_by=("customer_id", "product_id"),
    columns={
        "customer_id": ID,
        "product_id": ID,
        "p_buy": Column(
            kind="number", meaning="chance of a purchase", required=True, filled=True, above=0
        ),
        "q_buy": Column(
            kind="number", meaning="quantity in the horizon", required=True, filled=True, at_least=0
        ),
        "is_new": Column(
            kind="flag", meaning="never bought by this customer", required=True, filled=True
        ),
    },
)


def rows_beside(prices: Path) -> Path:
    """Where the rows of a run are kept whose prices are in this file.

    >>> rows_beside(Path("out/slates.prices.json")).name
    'slates.added.parquet'
    """
    return prices.with_name(prices.name.removesuffix(PRICES).removesuffix(".json") + ROWS)


def added_rows(candidates: Candidates, ids: Ids) -> pd.DataFrame:
    """The rows that were added for sellers, by the ids of customers and products."""
    added = (candidates.source & ADDED) != 0
    return pd.DataFrame(
        {
            "customer_id": ids.customers[candidates.customer[added]],
            "product_id": ids.products[candidates.product[added]],
            "p_buy": candidates.p_buy[added],
            "q_buy": candidates.q_buy[added],
            "is_new": candidates.is_new[added],
        }
    )


def keep_rows(prices: Path, candidates: Candidates, ids: Ids) -> None:
    """Writes the added rows beside a file of prices; where none were added, none are left there."""
    rows, path = added_rows(candidates, ids), rows_beside(prices)
    if len(rows):
        write_table(path, rows)
    else:
        path.unlink(missing_ok=True)


def read_rows(prices: Path) -> pd.DataFrame | None:
    """The rows kept beside a file of prices; None where there are none.

    Raises TableError where the file is no such table.
    """
    path = rows_beside(prices)
    return read_table(path, KEPT) if path.exists() else None


def with_kept_rows(candidates: Candidates, kept: pd.DataFrame | None, ids: Ids) -> Candidates:
    """The candidates with the rows that an earlier run kept, where they still fit.

    Rows of customers or products that the log no longer knows are left out, and so are those that
    are candidates by now. No kept row stands before a shopper's own: its p_buy is at most that of
    the last one.
    """
    if kept is None or not len(kept):
        return candidates
    customer = ids.customer_rows(kept["customer_id"].tolist())
    product = ids.product_rows(kept["product_id"].tolist())
    pair = customer * len(ids.products) + product
    own = distinct(candidates.customer * len(ids.products) + candidates.product)
    ends = candidates.start[1:][np.maximum(customer, 0)]
    has_own = np.diff(candidates.start)[np.maximum(customer, 0)] > 0
    fits = (customer >= 0) & (product >= 0) & has_own & ~np.isin(pair, own)
    last = np.append(candidates.p_buy, 0.0)[np.maximum(ends - 1, 0)]
    rows = pd.DataFrame(
        {
            "customer": customer,
            "product": product,
            "p_buy": np.minimum(kept["p_buy"].to_numpy(np.float64), last),
            "q_buy": kept["q_buy"].to_numpy(np.float64),
            "is_new": kept["is_new"].to_numpy(np.bool_),
            "source": ADDED,
        }
    )[fits]
    both = pd.concat([candidates.to_frame(), rows.drop_duplicates(["customer", "product"])])
    return Candidates.from_frame(both, candidates.customers)
