"""Densities: what a litre of each kind of goods weighs, and whether its ounces are fluid.

`data/densities.csv` names a need, or one kind of it, and says where the figure is from. What it
does not name weighs a kilogram a litre, and its ounces are those of a scale.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from pcf_estimator.tables import Column, Table, read_table, shipped_data

FLUID = "fluid"
DENSITIES = Table(
    name="densities",
    named_by=("need", "kind"),
    columns={
        "need": Column(kind="text", meaning="as in needs.csv", required=True, filled=True),
        "kind": Column(kind="text", meaning="as in needs.csv; empty: all of the need"),
        "kg_per_l": Column(
            kind="number", meaning="kg per litre as sold", required=True, filled=True, above=0
        ),
        "ounces": Column(
            kind="text", meaning="whether packs print ounces of weight or fluid ones", filled=True
        ),
        "basis": Column(kind="text", meaning="where it is from", required=True, filled=True),
    },
)


@cache
def read_densities() -> pd.DataFrame:
    """The table that ships with greenaisle; index "need / kind", or "need / " for all its kinds.

    >>> float(read_densities().loc["spread for bread / honey", "kg_per_l"])
    1.42
    """
    table = read_table(shipped_data("densities.csv"), DENSITIES)
    table.index = pd.Index(table["need"] + " / " + table["kind"].fillna(""))
    return table


def densities(kinds: pd.DataFrame) -> pd.DataFrame:
    """Columns kg_per_l and fluid (its ounces are) for each row of `assign_needs`' answer.

    >>> goods = pd.DataFrame({"need": ["milk", "bread"], "kind": ["milk", "buns and rolls"]})
    >>> densities(goods).to_dict("list")
    {'kg_per_l': [1.03, 1.0], 'fluid': [True, False]}
    """
    table = read_densities()
    need, kind = kinds["need"].astype("str"), kinds["kind"].astype("str")
    codes, distinct = pd.factorize(need + " / " + kind)
    at = table.index.get_indexer(pd.Index(distinct))
    of_need = table.index.get_indexer(pd.Index(distinct).str.replace(r" / .*$", " / ", regex=True))
    row = np.where(at >= 0, at, of_need)[codes]
    # row -1, a kind that the table does not name, reads the last
    return pd.DataFrame(
        {
            "kg_per_l": np.append(table["kg_per_l"].to_numpy(dtype=np.float64), 1.0)[row],
            "fluid": np.append((table["ounces"] == FLUID).to_numpy(dtype=bool), False)[row],
        },
        index=kinds.index,
    )
