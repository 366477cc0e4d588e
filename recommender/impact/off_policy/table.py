"""The impressions of a shop: what stood where, how likely that was, and whether it was bought.

A context is one list shown to one customer (`customer_id` and `shown_at`). A place of a context
holds one product. Where a log also lists what might have stood at a place but did not (`shown` is
false), what a policy could have shown is known exactly, and the propensities of a place add to 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from pcf_estimator.tables import TableError, check_table, read_columns
from recommender.candidates import Bools, Floats, Ints
from recommender.impact.off_policy.columns import (
    HOW_TO_GET,
    IMPRESSIONS,
    WORTH,
    possible_rows,
    refuse_twice,
    refuse_unfilled,
)
from recommender.impact.off_policy.rules import refuse_made_up


@dataclass(frozen=True, kw_only=True)
class Impressions:
    """Contexts x places, best place first; -1, 0 and NaN where a place is empty."""

    customer_id: npt.NDArray[np.object_]  # (customers,)
    product_id: npt.NDArray[np.object_]  # (products,)
    customer: Ints  # (contexts,): position in customer_id, ascending
    shown_at: npt.NDArray[np.datetime64]  # (contexts,)
    product: Ints  # (contexts, places): position in product_id
    bought: Floats  # (contexts, places): 1 if bought
    propensity: Floats | None  # (contexts, places)
    given_above: Floats | None  # (contexts, places): chance given the products above
    p_buy: Floats | None  # (contexts, places)
    possible: pd.DataFrame | None  # context, place, product, propensity: all that could stand there
    worth: pd.DataFrame  # by product_id: columns of WORTH, NaN where not told
    where: str

    @property
    def contexts(self) -> int:
        return len(self.customer)

    @property
    def places(self) -> int:
        return self.product.shape[1]

    @property
    def filled(self) -> Bools:
        return np.asarray(self.product >= 0)

    @property
    def window(self) -> tuple[str, str]:
        """The first and the last day."""
        return str(self.shown_at.min())[:10], str(self.shown_at.max())[:10]


def read_impressions(path: Path, *, even: bool = False) -> Impressions:
    """The impressions in a Parquet or CSV file. Raises TableError as `impressions_from` does."""
    where = f"impressions ({path})"
    if not path.exists():
        raise TableError(f"{where}: there is no such file; {HOW_TO_GET}")
    return impressions_from(read_columns(path, IMPRESSIONS.name), where, even=even)


def impressions_from(
    rows: pd.DataFrame, where: str = "impressions", *, even: bool = False
) -> Impressions:
    """Checked impressions, as contexts x places.

    Raises TableError for missing columns, chances that are empty, 0 or above 1, a place or a
    product that stands twice in one context, chances of a place that do not add up, and those
    that look made up (`off_policy.rules`; `even` says that places were filled evenly, by which
    equal chances are right).

    >>> impressions_from(
    ...     pd.DataFrame(
    ...         {
    ...             "customer_id": ["a", "a", "b"],
    ...             "shown_at": "2026-01-05",
    ...             "product_id": ["milk", "tea", "tea"],
    ...             "position": [1, 2, 1],
    ...             "propensity": [0.75, 0.5, 0.25],
    ...             "bought": [1, 0, 0],
    ...         }
    ...     )
    ... ).product
    array([[ 0,  1],
           [ 1, -1]])
    """
    missing = [
        name for name, column in IMPRESSIONS.columns.items() if column.required and name not in rows
    ]
    if missing:
        raise TableError(
            f"{where}: no column {', '.join(missing)}; found {', '.join(map(str, rows.columns))}; "
            f"{HOW_TO_GET}"
        )
    if rows["bought"].dtype == bool:
        rows = rows.assign(bought=rows["bought"].astype(np.int64))
    table = check_table(rows, IMPRESSIONS, where)
    shown = table["shown"].to_numpy(np.bool_) if "shown" in table else np.ones(len(table), np.bool_)
    if not shown.any():
        raise TableError(f"{where}: shown is false in all {len(table)} rows, but some were shown")
    if "given_above" in table:
        refuse_unfilled(table, shown & table["given_above"].isna().to_numpy(), where)
    customer, customer_id = pd.factorize(table["customer_id"], sort=True)
    product, product_id = pd.factorize(table["product_id"], sort=True)
    time = table["shown_at"].to_numpy("datetime64[us]")
    times, at = np.unique(time, return_inverse=True)
    contexts, context = np.unique(customer * len(times) + at, return_inverse=True)
    place = table["position"].to_numpy(np.int64) - 1
    places = int(place.max()) + 1
    refuse_twice(table, shown, context * places + place, "place holds another product", where)
    refuse_twice(
        table, shown, context * len(product_id) + product, "product stands at another place", where
    )
    cell = (context[shown], place[shown])
    possible = None
    if not shown.all():
        possible = possible_rows(table, shown, context, place, product, where)

    def laid_out(name: str, empty: float) -> Floats | None:
        if name not in table:
            return None
        matrix = np.full((len(contexts), places), empty)
        matrix[cell] = table[name].to_numpy(np.float64)[shown]
        return matrix

    matrix = np.full((len(contexts), places), -1)
    matrix[cell] = product[shown]
    bought = laid_out("bought", 0.0)
    assert bought is not None
    found = Impressions(
        where=where,
        customer_id=np.asarray(customer_id, object),
        product_id=np.asarray(product_id, object),
        customer=contexts // len(times),
        shown_at=times[contexts % len(times)],
        product=matrix,
        bought=bought,
        propensity=laid_out("propensity", np.nan),
        given_above=laid_out("given_above", np.nan),
        p_buy=laid_out("p_buy", np.nan),
        possible=possible,
        worth=worth_by_product(table),
    )
    if found.propensity is not None:
        refuse_made_up(
            found.product, found.propensity, where, even=even, listed=possible is not None
        )
    return found


def worth_by_product(table: pd.DataFrame) -> pd.DataFrame:
    """Mean of each column of `WORTH` that `table` has, by product_id."""
    columns = [name for name in WORTH if name in table]
    return table.groupby("product_id")[columns].mean()


def propensities_of(found: Impressions) -> Floats:
    """The propensities. Raises TableError where there are none, or nothing was drawn."""
    if found.propensity is None:
        raise TableError(
            f"{found.where}: no column propensity, so nothing can be reweighted, and none is made "
            f"up; {HOW_TO_GET}; --clicks says what a log without them allows"
        )
    if (found.propensity[found.filled] == 1).all():
        raise TableError(
            f"{found.where}: propensity is 1 in all {int(found.filled.sum())} rows: nothing was "
            f"drawn, so the log says nothing of what it did not show; --clicks says what such a "
            f"log allows"
        )
    return found.propensity
