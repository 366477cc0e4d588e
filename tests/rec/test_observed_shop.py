"""What a workspace brings to its backtest."""

from types import SimpleNamespace
from typing import Any, cast

import pandas as pd
import pytest

from recommender.history import History, Shelf
from recommender.impact.observed.shop import ASSUMED, brought_by
from recommender.importers.complete_journey import ASSUMED_MARGIN_RATE
from recommender.log import Log
from recommender.shop import Shop
from recommender.workspace import WorkspaceError


class Tables:
    """A workspace of a shop's name and, where given, a second footprints table."""

    def __init__(self, shop: str, second: pd.DataFrame | None) -> None:
        self.shop, self.second = shop, second

    def facts(self, step: str) -> dict[str, Any]:
        assert step == "tables"
        return {"shop": self.shop}

    def table(self, step: str, name: str) -> pd.DataFrame:
        assert (step, name) == ("second_footprints", "judge")
        if self.second is None:
            raise WorkspaceError("it is not there yet")
        return self.second


@pytest.fixture
def shop(
    made_up_shop: tuple[pd.DataFrame, pd.DataFrame], made_up_shelf: Shelf, made_up_log: Log
) -> Any:
    catalogue, _ = made_up_shop
    return SimpleNamespace(
        workspace=Tables("a made-up shop", None),
        catalogue=catalogue,
        needs=catalogue[["product_id"]].assign(need=catalogue["category"], kg_per_flow=0.1),
        judging=History(made_up_log.until(26), made_up_shelf),
        customers=None,
    )


def test_a_shop_without_any_of_it_brings_nothing(shop: Any) -> None:
    brought = brought_by(cast(Shop, shop))
    assert (brought.second, brought.margins, brought.segments) == (None, None, None)
    assert (brought.income, brought.notes) == (None, [])


def test_the_second_table_is_read_at_equal_function(shop: Any) -> None:
    # 3 kg a kg, 0.1 kg a flow, packs of half a kg, so five flows a purchase: 1.5 kg
    ids = shop.catalogue["product_id"]
    table = pd.DataFrame({"product_id": ids, "kg_co2e": 1.5, "kg_co2e_per_kg": 3.0})
    shop.workspace.second = table.assign(net_mass_kg=0.5, tier="model")
    second = brought_by(cast(Shop, shop)).second
    assert second is not None
    assert second.kg_functional == pytest.approx([1.5] * len(ids))


def test_segments_are_of_the_households_judged_in_the_order_of_their_numbers(shop: Any) -> None:
    ids = shop.judging.log.ids.customers
    bands = [f"{k}K" for k in range(80)]
    shop.customers = pd.DataFrame({"customer_id": ids[::-1], "income": bands})
    brought = brought_by(cast(Shop, shop))
    assert shop.judging.universe.customers.all()
    assert brought.segments is not None
    assert brought.income is brought.segments["income"]
    assert brought.income.tolist() == bands[::-1]


def test_complete_journey_tells_its_assumed_margins_by_name(shop: Any) -> None:
    shop.workspace.shop = "complete-journey"
    assumption = brought_by(cast(Shop, shop)).margins
    assert assumption is ASSUMED["complete-journey"]
    assert assumption.name == "round rates of ours, from no source"
    assert assumption.of(pd.Series(["meat pckgd", "FLORAL", "balloons", None])).tolist() == [
        ASSUMED_MARGIN_RATE["MEAT-PCKGD"],
        ASSUMED_MARGIN_RATE["FLORAL"],
        0.25,
        0.25,
    ]
