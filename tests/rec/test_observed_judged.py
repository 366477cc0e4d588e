"""Claimed against realised, by hand."""

import numpy as np
import pytest

from recommender.functional import NEED_MEAN, OWN, UNKNOWN, Functional
from recommender.impact.observed.judged import agreement, judged_changes, judged_sums
from recommender.metrics import Slates


def table(kg: list[float], basis: list[int] | None = None) -> Functional:
    return Functional(
        needs=("n", "m"),
        need=np.array([0, 0, 1, 1]),
        kg_functional=np.array(kg),
        basis=np.array([OWN] * 4 if basis is None else basis),
        typical_flows=np.ones(2),
        kg_of_need=np.ones(2),
    )


def slates(product: list[list[int]]) -> Slates:
    shown = np.array(product)
    filled = (shown >= 0).astype(np.float64)
    return Slates(
        customer=np.arange(len(shown)),
        product=shown,
        weight=filled,
        p_buy=filled / 2,
        excess=np.zeros(shown.shape),
    )


def test_the_second_table_scores_the_same_slates_again() -> None:
    # half of 4 + 1; half of 9; an empty place weighs nothing
    sums = judged_sums(slates([[0, 1], [2, -1]]), table([4.0, 1.0, 9.0, 1.0]))
    assert sums.tolist() == [[2.5, 1.0], [4.5, 0.5]]


def test_a_claimed_cut_that_shrinks_is_told_with_its_paired_difference() -> None:
    # two draws beside the log as it is; two households
    base = {"demand_kg_functional": np.array([10.0, 8.0, 12.0])}
    levels = {"demand_kg_functional": np.array([8.0, 6.4, 9.6])}  # a fifth less in every draw
    base["kg_functional_per_purchase"] = base["demand_kg_functional"] / 2
    levels["kg_functional_per_purchase"] = levels["demand_kg_functional"] / 2
    second = np.array([[20.0, 4.0], [16.0, 4.0], [24.0, 4.0]])
    after = np.array([[18.0, 4.0], [14.4, 4.0], [21.6, 4.0]])  # a tenth less
    found = judged_changes(levels, base, after, second, households=2)
    assert found["claimed"]["change"] == pytest.approx(-0.2)
    assert (found["realised"]["value"], found["realised"]["change"]) == (9.0, pytest.approx(-0.1))
    less = found["realised_less_claimed"]
    assert [less[key] for key in ("change", "change_low", "change_high")] == pytest.approx(
        [0.1] * 3
    )
    assert found["per_purchase"]["realised"]["value"] == 4.5


def test_agreement_is_of_products_with_figures_of_their_own_weighed_by_demand() -> None:
    first, kg = table([1.0, 10.0, 1.0, 10.0]), [2.0, 20.0, 20.0, 200.0]
    shown = slates([[0, 1], [2, 3]])
    found = agreement(shown, first, table(kg))
    # log kg 0, 1, 0, 1 and 0.3, 1.3, 1.3, 2.3: inside each need they rise together; overall the
    # deviations are +-0.5 and (-1, 0, 0, 1): 1 / sqrt(1 x 2)
    assert found["correlation_inside_needs"] == pytest.approx(1.0)
    assert found["correlation_log_kg"] == pytest.approx(2**-0.5)
    assert (found["products"], found["share_of_demand"]) == (4, 1.0)
    partly = agreement(shown, first, table(kg, [OWN, OWN, NEED_MEAN, UNKNOWN]))
    assert (partly["products"], partly["share_of_demand"], partly["unknown_share"]) == (
        2,
        0.5,
        0.25,
    )


def test_what_nothing_agrees_on_is_null() -> None:
    found = agreement(slates([[0, -1]]), table([1.0] * 4), table([1.0] * 4))
    assert (found["correlation_log_kg"], found["correlation_inside_needs"]) == (None, None)
    empty = agreement(slates([[-1, -1]]), table([1.0] * 4), table([1.0] * 4))
    assert (empty["share_of_demand"], empty["unknown_share"], empty["products"]) == (None, None, 0)
