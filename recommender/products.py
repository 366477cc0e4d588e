"""The products as the trade-off sees them at a cutoff: catalogue, prices, footprints, needs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pcf_estimator.tables import TableError
from recommender.history import History

HOUSE_BRANDS = ("private", "private label", "house brand", "own brand")


def products_at(
    catalogue: pd.DataFrame, footprints: pd.DataFrame, needs: pd.DataFrame, history: History
) -> pd.DataFrame:
    """The catalogue in its order with prices up to the cutoff, footprints and needs.

    A product without a sale before the cutoff keeps the catalogue's price, and without one there
    takes the median of its type, then of the shop; `price_basis` says which. `use_phase_dominant`
    is true where either the footprint or the need says that use at home outweighs the product, and
    `use_class` is the need's. Raises TableError where a product has no footprint row.
    """
    goods = catalogue.reset_index(drop=True).drop(columns=["net_mass_kg"], errors="ignore")
    added = footprints.drop(columns=["source"], errors="ignore")
    goods = goods.merge(added, on="product_id", how="left", validate="one_to_one")
    goods = goods.merge(
        needs, on="product_id", how="left", validate="one_to_one", suffixes=("", "_of_need")
    )
    flags = [c for c in ("use_phase_dominant", "use_phase_dominant_of_need") if c in goods]
    if flags:
        said = [goods.pop(c).astype("boolean").fillna(False) for c in flags]  # null is no
        goods["use_phase_dominant"] = np.any(said, axis=0)
    missing = goods["tier"].isna()
    if missing.any():
        row = int(np.flatnonzero(missing)[0])
        raise TableError(
            f"footprints: no row for product_id {goods['product_id'].iloc[row]}, but every product "
            f"of the catalogue needs one ({int(missing.sum())} such products)"
        )
    sold = pd.Series(history.price)
    listed = goods.get("price", pd.Series(np.nan, index=goods.index)).astype("float64")
    price = sold.where(sold > 0).fillna(listed)
    of_type = price.groupby(history.shelf.product_type).transform("median")
    basis = np.select(
        [sold.gt(0), listed.notna(), of_type.notna()], ["sales", "catalogue", "type"], "shop"
    )
    goods["price"] = price.fillna(of_type).fillna(price.median())
    goods["price_basis"] = basis
    goods["recommendable"] = history.shelf.recommendable
    if "brand" in goods:
        goods["private_label"] = goods["brand"].str.lower().isin(HOUSE_BRANDS)
    return goods
