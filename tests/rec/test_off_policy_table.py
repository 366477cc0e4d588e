"""Impressions as files: strict columns, chances that add up, and none that are made up."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcf_estimator.tables import TableError
from recommender.impact.experiment.rehearsal import impressions_frame, slates_frame
from recommender.impact.experiment.simulated import SlotWorld
from recommender.impact.off_policy.off_policy import judge
from recommender.impact.off_policy.rules import refuse_made_up
from recommender.impact.off_policy.table import (
    impressions_from,
    propensities_of,
    read_impressions,
)
from recommender.impact.off_policy.target import target_on, targets_from


def two_lists() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": ["b", "b", "a"],
            "shown_at": ["2026-01-06T10:00", "2026-01-06T10:00", "2026-01-05T09:00"],
            "product_id": ["tea", "milk", "tea"],
            "position": [1, 2, 1],
            "propensity": [0.75, 0.5, 0.25],
            "bought": [1, 0, 0],
        }
    )


def listed() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": "a",
            "shown_at": "2026-01-05",
            "product_id": ["tea", "milk"],
            "position": 1,
            "propensity": [0.75, 0.25],
            "bought": [1, 0],
            "shown": [True, False],
        }
    )


def test_rows_become_lists_by_customer_and_time():
    log = impressions_from(two_lists())
    assert log.customer_id[log.customer].tolist() == ["a", "b"]
    assert log.product_id.tolist() == ["milk", "tea"]
    assert log.product.tolist() == [[1, -1], [1, 0]]
    assert log.bought.tolist() == [[0, 0], [1, 0]]
    assert log.propensity[1].tolist() == [0.75, 0.5]
    assert np.isnan(log.propensity[0, 1])
    assert log.window == ("2026-01-05", "2026-01-06")
    flags = two_lists().assign(bought=[True, False, False])
    assert impressions_from(flags).bought.tolist() == log.bought.tolist()


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("propensity", [0.75, 0.0, 0.25], r"row 2 \(customer_id b, product_id milk, .*is 0.0, but"),
        ("propensity", [0.75, 1.5, 0.25], "propensity is 1.5, but a number above 0 and at most 1"),
        ("propensity", [0.75, None, None], r"propensity is empty, .*needs one \(2 such rows\)"),
        ("bought", [1, 2, 0], "bought is 2, but a whole number at least 0 and at most 1"),
        ("position", [0, 2, 1], "position is 0, but a whole number at least 1"),
        ("position", [1, 1, 1], "the same place holds another product in an earlier row"),
        ("product_id", ["tea", "tea", "tea"], "the same product stands at another place"),
        ("given_above", [0.75, None, 0.25], "given_above is empty, but every row that was shown"),
        ("shown", [False, False, False], "shown is false in all 3 rows"),
    ],
)
def test_a_bad_value_is_refused_with_its_row(column, values, message):
    with pytest.raises(TableError, match=message):
        impressions_from(two_lists().assign(**{column: values}))


def test_a_missing_column_and_a_missing_file_say_how_to_get_them(tmp_path):
    with pytest.raises(TableError, match=r"no column bought; found .*experiment randomise` draws"):
        impressions_from(two_lists().drop(columns="bought"))
    with pytest.raises(TableError, match="there is no such file; a shop logs what stood where"):
        read_impressions(tmp_path / "none.parquet")


def test_without_chances_or_without_a_draw_nothing_is_reweighted():
    log = impressions_from(two_lists().drop(columns="propensity"))
    with pytest.raises(TableError, match=r"no column propensity, .* none is made up.*--clicks"):
        propensities_of(log)
    with pytest.raises(TableError, match="propensity is 1 in all 3 rows: nothing was drawn"):
        propensities_of(impressions_from(two_lists().assign(propensity=1.0)))


def test_chances_of_a_place_add_up_to_1_where_all_are_listed():
    log = impressions_from(listed())
    assert log.possible["propensity"].tolist() == [0.75, 0.25]
    with pytest.raises(TableError, match=r"of its place add up to 0.95, but to 1 was expected"):
        impressions_from(listed().assign(propensity=[0.75, 0.2]))
    with pytest.raises(TableError, match="shown is false, but bought is 1"):
        impressions_from(listed().assign(bought=[0, 1]))
    with pytest.raises(TableError, match="no such column"):
        impressions_from(listed().drop(columns="propensity"))
    other = listed().assign(position=[1, 2], propensity=1.0)
    with pytest.raises(TableError, match="nothing was shown at its place"):
        impressions_from(other)


def test_equal_chances_everywhere_are_made_up_unless_places_were_filled_evenly():
    product = np.arange(40).reshape(20, 2)
    with pytest.raises(
        TableError, match=r"propensity is 0.25 in all 40 rows, at every place alike"
    ):
        refuse_made_up(product, np.full((20, 2), 0.25), "impressions")
    refuse_made_up(product, np.full((20, 2), 0.25), "impressions", even=True)
    refuse_made_up(product, np.full((20, 2), 0.25), "impressions", listed=True)


def test_the_attention_of_a_place_is_no_chance():
    with pytest.raises(TableError, match="that is the attention of a place"):
        refuse_made_up(
            np.arange(60).reshape(20, 3), np.tile([1.0, 0.63, 0.5], (20, 1)), "impressions"
        )


def test_chances_too_large_or_too_small_to_be_true_are_refused():
    rng = np.random.default_rng(0)
    product = rng.integers(5, size=(400, 1))
    # evenly drawn of five, so 0.2 each; told 0.9: 1 / 0.9 averages 1.1, and 2 is the least
    with pytest.raises(TableError, match=r"1 / propensity averages 1.11 over 400 rows"):
        refuse_made_up(product, np.full((400, 1), 0.9), "impressions")
    # told 0.05: each of five at 80 of 400 lists would take 80 / 0.05 = 1,600 lists
    with pytest.raises(TableError, match=r"of 400 contexts, but .* they are too small to be true"):
        refuse_made_up(product, np.full((400, 1), 0.05), "impressions")
    refuse_made_up(product, np.full((400, 1), 0.2), "impressions")


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), products=st.integers(2, 6), tilt=st.floats(0.1, 5))
def test_true_chances_are_never_refused(seed, products, tilt):
    rng = np.random.default_rng(seed)
    chance = rng.dirichlet(np.full(products, tilt))
    product = rng.choice(products, size=(500, 1), p=chance)
    refuse_made_up(product, chance[product], "impressions")


def test_slates_name_their_policy_and_task_and_hold_a_place_once():
    rows = pd.DataFrame(
        {
            "policy": ["x", "x", "y"],
            "task": ["all", "new", "all"],
            "customer_id": "a",
            "position": 1,
            "product_id": ["tea", "milk", "jam"],
        }
    )
    parts = targets_from(rows)
    assert {name: part["product_id"].tolist() for name, part in parts.items()} == {
        "x": ["tea"],
        "y": ["jam"],
    }
    with pytest.raises(TableError, match=r"chances of this place .* add up to 2"):
        targets_from(rows.assign(task="all"))
    twice = rows.assign(task="all", policy="x", position=[1, 2, 3], product_id="tea")
    with pytest.raises(TableError, match=r"chances of this product .* add up to 3"):
        targets_from(twice)


def test_a_simulated_log_says_the_same_as_tables_and_as_arrays():
    log, target = SlotWorld().log(400, np.random.default_rng(6))
    read = impressions_from(impressions_frame(log))
    slates = targets_from(slates_frame(log, target))["light"]
    again = judge(read, target_on(read, "light", slates), draws=100)
    once = judge(log, target, draws=100)
    assert again.support.unsupported == pytest.approx(0)
    for name in ("ips", "snips"):
        for reward, one in once.estimates[name].items():
            assert again.estimates[name][reward] == pytest.approx(one)
