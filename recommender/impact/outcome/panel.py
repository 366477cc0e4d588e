"""A customer x week panel from the purchase log, zero weeks included."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recommender.candidates import Floats
from recommender.functional import UNKNOWN, functional_footprints
from recommender.log import Log, distinct_rows
from recommender.shop import Shop


def panel_of(
    log: Log, weeks: tuple[int, int] | None = None, kg_functional: Floats | None = None
) -> pd.DataFrame:
    """One row per customer of the log and week, first to last, also where nothing was bought.

    `spend` is in shop currency (left out where the log has no money), `baskets` and `lines` are
    counts. With `kg_functional` (per product, kg CO2e per purchase in its need; NaN unknown, and
    not counted), `kg_functional` is the sum over the week's lines and `kg_per_line` their mean,
    empty where none was bought: as an outcome it would compare buyers only.

    Without zeros a panel would select on its outcome. Customers have zeros before their first
    purchase too: one who joins later counts as one who bought nothing before.
    """
    first, last = weeks or (int(log.week.min()), log.whole_until)
    seen = log.weeks(first, last)
    span = last - first + 1
    cells = log.customers * span
    at = seen.customer * span + seen.week - first
    panel = {
        "customer_id": np.repeat(log.ids.customers, span).astype(str),
        "week": np.tile(np.arange(first, last + 1), log.customers),
    }
    if np.isfinite(log.paid).any():
        panel["spend"] = np.bincount(at, np.nan_to_num(seen.paid), cells)
    baskets = len(seen) and int(seen.basket.max()) + 1
    _, one, _ = distinct_rows(at * max(1, baskets) + seen.basket)
    panel["baskets"] = np.bincount(at[one], minlength=cells)
    panel["lines"] = np.bincount(at, minlength=cells)
    if kg_functional is not None:
        kg = kg_functional[seen.product]
        known = np.isfinite(kg)
        total = np.bincount(at[known], kg[known], cells)
        count = np.bincount(at[known], minlength=cells)
        panel["kg_functional"] = total
        panel["kg_per_line"] = np.divide(total, count, out=np.full(cells, np.nan), where=count > 0)
    return pd.DataFrame(panel)


def workspace_kg(shop: Shop) -> Floats | None:
    """kg CO2e per purchase of each product, NaN unknown; None where there are no footprints."""
    if not shop.workspace.has("footprints", "footprints.parquet"):
        return None
    found = functional_footprints(shop.products(shop.today), shop.log)
    return np.where(found.basis == UNKNOWN, np.nan, found.kg_functional)
