"""What a workspace brings to its backtest besides purchases: a second table, margins, segments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.functional import Functional, functional_footprints
from recommender.impact.observed.margins import MarginAssumption
from recommender.impact.segments.kinds import Words, household_kinds
from recommender.importers.complete_journey import ASSUMED_MARGIN_RATE, OTHER_MARGIN_RATE
from recommender.products import products_at
from recommender.shop import Shop
from recommender.workspace import WorkspaceError

SECOND, JUDGE = "second_footprints", "judge"
INCOME = "income"
# shops whose catalogue carries no margins of its own, by the name that their tables give them
ASSUMED = {
    "complete-journey": MarginAssumption(
        name="round rates of ours, from no source",
        rates=ASSUMED_MARGIN_RATE,
        other=OTHER_MARGIN_RATE,
    )
}


@dataclass(frozen=True, kw_only=True)
class Brought:
    """The arguments of `backtest.backtest` that a shop can fill, None where it cannot."""

    second: Functional | None
    margins: MarginAssumption | None
    segments: dict[str, Words] | None
    income: Words | None
    notes: list[str]  # on the segments


def brought_by(shop: Shop) -> Brought:
    """What `shop` brings to a backtest of its judging weeks.

    The second table is that of the step `second_footprints`, where the workspace has it. Segments
    are of the households judged, in the order of their numbers, their stores from the weeks before.
    """
    history = shop.judging
    households = np.flatnonzero(history.universe.customers)
    kinds, notes = household_kinds(shop.customers, history.log, households)
    return Brought(
        second=second_functional(shop),
        margins=ASSUMED.get(str(shop.workspace.facts("tables").get("shop", ""))),
        segments=kinds or None,
        income=kinds.get(INCOME),
        notes=notes,
    )


def second_functional(shop: Shop) -> Functional | None:
    """Functional figures by the second footprints table as of the judging weeks.

    None where the workspace has none that was made of its present tables.
    """
    try:
        table = shop.workspace.table(SECOND, JUDGE)
    except WorkspaceError:  # never made, or of other tables
        return None
    history = shop.judging
    products = products_at(shop.catalogue, table, shop.needs, history)
    return functional_footprints(products, history.log)
