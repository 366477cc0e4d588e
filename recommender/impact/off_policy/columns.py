"""The columns of the impressions table, and the rows of it that are refused one by one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pcf_estimator.tables import ID, Column, Table, TableError, row_error
from recommender.candidates import Bools, Ints
from recommender.log import find

SOME = {"required": True, "filled": True}
WORTH = {
    "price": Column(kind="number", meaning="shop currency per pack", above=0),
    "margin": Column(kind="number", meaning="shop currency per pack"),
    "kg_functional": Column(
        kind="number", meaning="kg CO2e of a typical purchase in the need", at_least=0
    ),
}
P_BUY = Column(kind="number", meaning="chance to buy in the horizon", at_least=0, at_most=1)
IMPRESSIONS = Table(
    name="impressions",
    named_by=("customer_id", "product_id", "shown_at", "position"),
    columns={
        "customer_id": ID,
        "product_id": ID,
        "shown_at": Column(
            kind="time", meaning="when the list was shown; one list a time", one_clock=True, **SOME
        ),
        "position": Column(kind="whole", meaning="1 is the first place", at_least=1, **SOME),
        "propensity": Column(
            kind="number",
            meaning="chance that this product stood at this place, known before it was drawn",
            filled=True,
            above=0,
            at_most=1,
        ),
        "bought": Column(kind="whole", meaning="1 if bought", at_least=0, at_most=1, **SOME),
        "given_above": Column(
            kind="number", meaning="the same, given the products above", above=0, at_most=1
        ),
        "shown": Column(
            kind="flag", meaning="false: might have stood there, but did not", filled=True
        ),
        "p_buy": P_BUY,
        **WORTH,
    },
)
HOW_TO_GET = (
    "a shop logs what stood where (customer_id, product_id, shown_at, position), whether it was "
    "bought, and its propensity, the chance with which it was drawn; `greenaisle experiment "
    "randomise` draws slates and writes these chances"
)
ADD_UP = 1e-6  # how far the propensities of a place may be from 1, for rounding


def refuse_unfilled(table: pd.DataFrame, empty: Bools, where: str) -> None:
    """Raises TableError at the first row that was shown without `given_above`."""
    if empty.any():
        row = int(np.flatnonzero(empty)[0])
        named = {name: table[name].iloc[row] for name in IMPRESSIONS.named_by}
        problem = "given_above is empty, but every row that was shown needs one"
        raise row_error(where, row, named, problem, int(empty.sum()))


def refuse_twice(table: pd.DataFrame, shown: Bools, key: Ints, problem: str, where: str) -> None:
    """Raises TableError at the first row shown whose `key` (rows,) stands in an earlier one."""
    rows = np.flatnonzero(shown)
    again = pd.Series(key[rows]).duplicated().to_numpy()
    if again.any():
        row = int(rows[np.flatnonzero(again)[0]])
        named = {name: table[name].iloc[row] for name in IMPRESSIONS.named_by}
        said = (
            f"the same {problem} in an earlier row of this customer and time, but one was expected"
        )
        raise row_error(where, row, named, said, int(again.sum()))


def possible_rows(
    table: pd.DataFrame, shown: Bools, context: Ints, place: Ints, product: Ints, where: str
) -> pd.DataFrame:
    """All that could stand at each place: context, place, product and propensity of each row.

    Raises TableError where the propensities of a place do not add up to 1, where what was not
    shown was bought, and for a place at which nothing was shown.
    """
    if "propensity" not in table:
        raise TableError(
            f"{where}: rows that were not shown are there for their propensity, but there is no "
            f"such column ({int((~shown).sum())} such rows)"
        )
    sold = ~shown & (table["bought"].to_numpy(np.int64) > 0)
    if sold.any():
        row = int(np.flatnonzero(sold)[0])
        named = {name: table[name].iloc[row] for name in IMPRESSIONS.named_by}
        problem = "shown is false, but bought is 1: what was not shown cannot be bought there"
        raise row_error(where, row, named, problem, int(sold.sum()))
    rows = pd.DataFrame(
        {
            "context": context,
            "place": place,
            "product": product,
            "propensity": table["propensity"].to_numpy(np.float64),
        }
    )
    total = rows.groupby(["context", "place"])["propensity"].transform("sum").to_numpy()
    off = np.abs(total - 1.0) > ADD_UP
    if off.any():
        row = int(np.flatnonzero(off)[0])
        named = {name: table[name].iloc[row] for name in IMPRESSIONS.named_by}
        problem = f"the propensities of its place add up to {total[row]:.6g}, but to 1 was expected"
        raise row_error(where, row, named, problem, int(off.sum()))
    cells = np.unique(context[shown] * (place.max() + 1) + place[shown])
    unseen = find(cells, context * (place.max() + 1) + place) < 0
    if unseen.any():
        row = int(np.flatnonzero(unseen)[0])
        named = {name: table[name].iloc[row] for name in IMPRESSIONS.named_by}
        problem = "nothing was shown at its place, but one of the products listed was expected"
        raise row_error(where, row, named, problem, int(unseen.sum()))
    return rows
