"""Importers: a raw purchase log in, clean tables out, and a count of everything left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

Bools = npt.NDArray[np.bool_]
Report = Callable[[str], None]
Note = tuple[str, str, int, float, int]  # a row of exclusions: table, reason, lines, ...


@dataclass(frozen=True, kw_only=True)
class Imported:
    """Clean tables of one log (design section 2) and what was left out of them, by reason.

    `exclusions` has columns table, reason, lines, sales, products. Its lines of table purchases and
    those of `purchases` sum to the lines of the raw log, and so for displays. Rows with no lines
    tell of values that were left blank or mended while their row stayed.
    """

    catalogue: pd.DataFrame
    purchases: pd.DataFrame
    customers: pd.DataFrame
    exclusions: pd.DataFrame
    displays: pa.Table | None = None  # millions of rows, so texts as dictionary columns


def silent(_: str) -> None:
    """Says nothing: the default for progress."""


def leave_out(
    reasons: Mapping[str, Bools], sales: npt.NDArray[np.float64], products: pd.Series
) -> tuple[Bools, pd.DataFrame]:
    """Which lines stay, and one row per reason with the lines, sales and products that it took.

    `reasons` are masks over the lines; a line counts under the first that holds. Reasons that take
    no line are not listed.

    >>> stays, left = leave_out(
    ...     {"refund": np.array([True, False, False]), "free": np.array([True, True, False])},
    ...     np.array([-1.0, 0.0, 2.0]),
    ...     pd.Series(["a", "a", "b"]),
    ... )
    >>> stays.tolist(), left["reason"].tolist(), left["lines"].tolist()
    ([False, False, True], ['refund', 'free'], [1, 1])
    """
    stays = np.ones(len(products), dtype=bool)
    rows: list[Note] = []
    for reason, holds in reasons.items():
        taken = stays & holds
        stays &= ~holds
        if taken.any():
            lost = float(np.nansum(sales[taken]))
            rows.append(("purchases", reason, int(taken.sum()), lost, products[taken].nunique()))
    return stays, exclusion_rows(rows)


def noted(reason: str, products: int) -> Note:
    """A row of `exclusions` for catalogue values that were left blank or mended."""
    return "catalogue", reason, 0, 0.0, products


def exclusion_rows(rows: list[Note]) -> pd.DataFrame:
    """Rows of table, reason, lines, sales and products as a table."""
    frame = pd.DataFrame(rows, columns=["table", "reason", "lines", "sales", "products"])
    return frame.astype(
        {"table": "str", "reason": "str", "lines": int, "sales": float, "products": int}
    )
