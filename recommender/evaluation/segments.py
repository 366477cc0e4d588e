"""Groups of households for which figures are told apart."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recommender.candidates import Bools, Ints
from recommender.history import History
from recommender.log import distinct_rows

TRIPS = ("light", "middle", "heavy")
UNKNOWN = "not known"


def segments(
    history: History, customers: Ints, table: pd.DataFrame | None
) -> dict[str, dict[str, Bools]]:
    """segment -> level -> which of `customers` belong to it.

    The columns of the customers `table`, whose empty cells and absent customers are "not known",
    and thirds by number of baskets in the history: light, middle and heavy.
    """
    answer: dict[str, dict[str, Bools]] = {}
    ids = history.log.ids.customers[customers]
    if table is not None:
        rows = table.set_index(table["customer_id"].astype(str)).reindex(ids.astype(str))
        for column in rows.columns.drop("customer_id"):
            level = rows[column].astype("string").fillna(UNKNOWN).to_numpy(object)
            answer[str(column)] = {str(name): level == name for name in sorted(set(level))}
    third = trip_thirds(history, customers)
    answer["trips"] = {name: third == k for k, name in enumerate(TRIPS)}
    return answer


def trip_thirds(history: History, customers: Ints) -> Ints:
    """0, 1 or 2 for each of `customers`, by number of baskets; who makes as many stays together."""
    owner = history.visits.customer[distinct_rows(history.visits.basket)[1]]
    trips = np.bincount(owner, minlength=history.log.customers)[customers]
    if len(trips) == 0:
        return np.zeros(0, np.int64)
    ends = np.quantile(trips, [1 / 3, 2 / 3], method="inverted_cdf")
    return np.searchsorted(ends, trips, side="left").astype(np.int64)
