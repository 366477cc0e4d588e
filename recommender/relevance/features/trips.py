"""How often the household shops, how much it takes, and when it was last seen."""

from __future__ import annotations

import numpy as np

from recommender.candidates import Floats, Ints
from recommender.log import distinct_rows
from recommender.relevance.features.columns import Columns
from recommender.relevance.generators import Fitted, Merged

SEASON_WEEKS = 12.0


def trips(fitted: Fitted, rows: Merged) -> Columns:
    """Trips and items, lately and in all; days since the last trip and usually between trips."""
    history = fitted.history
    lines, customers = history.visits, history.log.customers
    basket = distinct_rows(lines.basket)[1]
    owner, ago = lines.customer[basket], history.weeks_ago[basket]
    last = np.full(customers, np.inf)
    np.minimum.at(last, owner, ago * 7.0)

    def each(who: Ints) -> Floats:
        return np.bincount(who, minlength=customers).astype(np.float64)

    season = each(owner[ago <= SEASON_WEEKS])
    household = {
        "trips": each(owner),
        "trips_12_weeks": season,
        "items_4_weeks": each(lines.customer[history.weeks_ago <= 4.0]),
        "items_a_trip": each(lines.customer) / np.maximum(each(owner), 1.0),
        "items_a_trip_12_weeks": each(lines.customer[history.weeks_ago <= SEASON_WEEKS])
        / np.maximum(season, 1.0),
        "days_since_trip": np.minimum(last, 999.0),
        "days_between_trips": SEASON_WEEKS * 7.0 / np.maximum(season, 0.5),
    }
    return {f"customer_{name}": values[rows.customer] for name, values in household.items()}
