"""The worst seller against what it is due, counted by hand."""

import numpy as np
import pytest

from recommender.impact.observed.sellers import worst_seller
from recommender.policy_parts import Sellers
from recommender.rerank.targets import Targets


def targets(share: list[float], kept: list[float] | None = None) -> Targets:
    count = len(share)
    return Targets(
        groups=tuple(f"s{k}" for k in range(count)),
        group=np.arange(count),
        share=np.array(share),
        kept_for_new=np.zeros(count) if kept is None else np.array(kept),
        is_new=np.zeros(count, np.bool_),
    )


def test_with_floors_the_worst_is_furthest_below_its_floor() -> None:
    # floors half of the targets: 0.25, 0.15, 0.1; ratios 2, 0.667, 0.9
    found = worst_seller(np.array([0.5, 0.1, 0.09]), targets([0.5, 0.3, 0.2]), Sellers(floor=0.5))
    assert (found["seller_id"], found["against"], found["per"]) == ("s1", "floor", "seller")
    assert found["ratio"] == pytest.approx(0.1 / 0.15)
    assert (found["share"], found["target"]) == (0.1, 0.3)
    assert (found["sellers_under_floor"], found["sellers_under_target"]) == (2, 2)


def test_without_floors_targets_stand_in_and_nobody_is_under_a_floor() -> None:
    found = worst_seller(np.array([0.5, 0.0, 0.0]), targets([0.5, 0.2, 0.3]), Sellers())
    # of two that see nothing the one that is due more
    assert (found["seller_id"], found["ratio"], found["against"]) == ("s2", 0.0, "target")
    assert (found["sellers_under_floor"], found["floor"]) == (None, None)
    assert (found["unseen"], found["sellers_under_target"]) == (2, 2)


def test_who_is_due_less_than_one_place_is_counted_apart() -> None:
    found = worst_seller(
        np.array([0.9, 0.05, 0.0]), targets([0.9, 0.09, 0.01]), Sellers(), one_place=0.05
    )
    assert (found["seller_id"], found["under_one_place"], found["sellers"]) == ("s1", 1, 2)
    assert (found["unseen"], found["sellers_under_target"]) == (0, 1)


def test_a_share_kept_for_new_sellers_is_a_floor_of_its_own() -> None:
    found = worst_seller(
        np.array([0.96, 0.04]), targets([0.9, 0.1], kept=[0.0, 0.1]), Sellers(new_share=0.1)
    )
    assert (found["seller_id"], found["floor"], found["sellers_under_floor"]) == ("s1", 0.1, 1)


def test_a_floor_met_to_rounding_is_met_and_a_shop_without_sellers_has_no_worst_one() -> None:
    met = worst_seller(np.array([0.5 - 1e-12, 0.5]), targets([0.5, 0.5]), Sellers(floor=1.0))
    assert met["sellers_under_floor"] == 0
    none = worst_seller(np.zeros(0), targets([]), Sellers())
    assert (none["seller_id"], none["ratio"], none["sellers"], none["unseen"]) == (None, None, 0, 0)
    assert "no interval" in none["note"]
