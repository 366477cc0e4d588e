"""Where margins come from: the catalogue, or an assumption by department that carries its name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pcf_estimator.tables import TableError

FROM_CATALOGUE = "margin rates from the catalogue"
BY_ASSUMPTION = "named assumption by department"
NONE = "no margin rates: margins do not exist"


@dataclass(frozen=True, kw_only=True)
class MarginAssumption:
    """Margin over price by department, for products whose own rate nobody knows."""

    name: str  # who assumes it, and from what
    rates: Mapping[str, float]  # by department, whatever its case and dashes; 0 to 1
    other: float | None = None  # of departments that are not named; None leaves them without

    def __post_init__(self) -> None:
        every = {**self.rates, **({} if self.other is None else {"any other": self.other})}
        bad = {name: rate for name, rate in every.items() if not 0.0 <= rate <= 1.0}
        if bad:
            name, rate = next(iter(bad.items()))
            raise TableError(
                f"assumed margins {self.name!r}: department {name} has {rate:g}, but a share of "
                f"the price from 0 to 1 was expected ({len(bad)} such departments)"
            )

    def of(self, department: pd.Series) -> pd.Series:
        """The assumed rate of each product, NaN where none is assumed."""
        rates = {_key(name): rate for name, rate in self.rates.items()}
        rate = department.fillna("").astype(str).map(_key).map(rates).astype("float64")
        return rate if self.other is None else rate.fillna(self.other)


def with_margins(
    products: pd.DataFrame, assumption: MarginAssumption | None = None
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """`products` with `margin_rate` filled by `assumption`, and where the rates come from.

    The second part is {basis, assumption, from_catalogue, by_assumption, without, departments
    {name: {rate, products}}}, all plain values. A rate that is the assumed one of its department
    counts as assumed, so that a catalogue that was filled by the same assumption before says so.
    Products without any rate count 0. Raises TableError for an assumption by department where the
    products name none.

    >>> department = ["deli", "deli", "toys"]
    >>> shelf = pd.DataFrame({"department": department, "margin_rate": [0.3, None, 1]})
    >>> deli = MarginAssumption(name="ours", rates={"deli": 0.4})
    >>> filled, told = with_margins(shelf, deli)
    >>> filled["margin_rate"].tolist(), told["departments"]
    ([0.3, 0.4, 1.0], {'deli': {'rate': 0.4, 'products': 1}})
    >>> told["basis"]
    'margin rates from the catalogue, of 1 of 3 products a named assumption by department: ours'
    """
    given = (
        products["margin_rate"].astype("float64")
        if "margin_rate" in products
        else pd.Series(np.nan, index=products.index)
    )
    rate, assumed = given, pd.Series(False, index=products.index)
    departments: dict[str, dict[str, Any]] = {}
    if assumption is not None:
        if "department" not in products:
            raise TableError(
                f"assumed margins {assumption.name!r}: rates by department, but the products name "
                f"no department"
            )
        by_department = assumption.of(products["department"])
        assumed = by_department.notna() & (given.isna() | (given == by_department))
        rate = given.where(~assumed, by_department)
        named = products["department"].fillna("none").astype(str)[assumed]
        for department, rows in by_department[assumed].groupby(named):
            departments[str(department)] = {"rate": float(rows.iloc[0]), "products": len(rows)}
    without = int(rate.isna().sum())
    counts = {
        "from_catalogue": int((given.notna() & ~assumed).sum()),
        "by_assumption": int(assumed.sum()),
        "without": without,
    }
    name = None if assumption is None or not assumed.any() else assumption.name
    told = {
        "basis": _basis(counts, len(products), name),
        "assumption": name,
        **counts,
        "departments": departments,
    }
    return (products if rate is given else products.assign(margin_rate=rate)), told


def _key(department: str) -> str:
    """
    >>> _key("MEAT-PCKGD")
    'meat pckgd'
    """
    return " ".join(re.findall(r"\w+", department.casefold()))


def _basis(counts: Mapping[str, int], products: int, name: str | None) -> str:
    if counts["without"] == products:
        return NONE
    if counts["from_catalogue"] == 0:
        words = f"{BY_ASSUMPTION}: {name}"
    elif name is not None:
        words = (
            f"{FROM_CATALOGUE}, of {counts['by_assumption']:,} of {products:,} products a "
            f"{BY_ASSUMPTION}: {name}"
        )
    else:
        words = FROM_CATALOGUE
    if counts["without"]:
        words += f"; {counts['without']:,} products have no rate and count 0"
    return words
