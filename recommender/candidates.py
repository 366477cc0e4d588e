"""Candidates: what might stand on a customer's slate, with how likely and where it came from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """Candidate rows of all customers, one after the other, each customer's best first."""

    start: Ints  # (customers + 1,): rows of customer u are start[u]:start[u + 1]
    product: Ints  # (rows,): catalogue row numbers, distinct within a customer
    p_buy: Floats  # (rows,): calibrated probability of a purchase in the horizon, falling
    q_buy: Floats  # (rows,): expected quantity in the horizon
    is_new: Bools  # (rows,): this customer never bought it before
    source: Ints  # (rows,): one bit for each generator that proposed it

    @property
    def customers(self) -> int:
        return len(self.start) - 1

    @property
    def customer(self) -> Ints:
        """Customer number of each row."""
        return np.repeat(np.arange(self.customers), np.diff(self.start))

    def to_frame(self) -> pd.DataFrame:
        """One row per candidate, for Parquet; `from_frame` reads it back."""
        return pd.DataFrame(
            {
                "customer": self.customer,
                "product": self.product,
                "p_buy": self.p_buy,
                "q_buy": self.q_buy,
                "is_new": self.is_new,
                "source": self.source,
            }
        )

    @classmethod
    def from_frame(cls, rows: pd.DataFrame, customers: int) -> Candidates:
        """Candidates from rows in any order: sorted by customer, falling p_buy, then product."""
        product = rows["product"].to_numpy(np.int64)
        customer = rows["customer"].to_numpy(np.int64)
        p_buy = rows["p_buy"].to_numpy(np.float64)
        order = np.lexsort((product, -p_buy, customer))
        start = np.searchsorted(customer[order], np.arange(customers + 1))
        return cls(
            start=start.astype(np.int64),
            product=product[order],
            p_buy=p_buy[order],
            q_buy=rows["q_buy"].to_numpy(np.float64)[order],
            is_new=rows["is_new"].to_numpy(np.bool_)[order],
            source=rows["source"].to_numpy(np.int64)[order],
        )
