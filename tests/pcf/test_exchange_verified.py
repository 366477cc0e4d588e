"""Verified figures: which may be used on a day, and how they enter a catalogue."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcf_estimator.exchange.verified import (
    apply_verified,
    check_verified,
    count_statuses,
    merge_verified,
)
from pcf_estimator.tables import TableError

TODAY = date(2026, 7, 1)
RANGES = pd.DataFrame({"product_id": ["milk"], "kg_co2e_low_95": [0.6], "kg_co2e_high_95": [2.4]})


def told(*rows: dict[str, Any]) -> pd.DataFrame:
    """Figures of milk, 1.2 kg each unless said otherwise, valid through 2026."""
    usual = {
        "product_id": "milk",
        "footprint_id": "a",
        "kg_co2e": 1.2,
        "source": "Dairy",
        "valid_from": "2026-01-01",
        "valid_until": "2027-01-01",
        "reference_period_end": "2026-01-01",
        "created": "2026-01-02",
        "evidence": None,
        "replaces": "[]",
    }
    frame = pd.DataFrame([usual | row for row in rows])
    times = ["valid_from", "valid_until", "reference_period_end", "created"]
    return frame.assign(**{name: pd.to_datetime(frame[name]) for name in times})


def statuses(*rows: dict[str, Any], as_of: date = TODAY) -> list[str]:
    return check_verified(told(*rows), RANGES, as_of)["status"].tolist()


@pytest.mark.parametrize("kg", [0.6, 1.2, 2.4])
def test_a_figure_inside_the_range_is_used_its_ends_included(kg: float) -> None:
    assert statuses({"kg_co2e": kg}) == ["used"]


@pytest.mark.parametrize("kg", [0.0, 0.59, 2.41])
def test_a_figure_outside_the_range_asks_for_evidence_and_is_used_with_it(kg: float) -> None:
    assert statuses({"kg_co2e": kg}) == ["asks for evidence"]
    assert statuses({"kg_co2e": kg, "evidence": "Audit 12/2026"}) == ["used"]
    assert statuses({"kg_co2e": kg, "evidence": "  "}) == ["asks for evidence"]


def test_the_reason_gives_figure_and_range() -> None:
    reason = check_verified(told({"kg_co2e": 9.5}), RANGES, TODAY)["reason"].item()
    assert reason == "9.5 kg is outside the model's 95 % range of 0.6 to 2.4 kg"


def test_a_product_without_a_range_has_nothing_to_be_compared_with() -> None:
    assert statuses({"product_id": "soap", "kg_co2e": 99.0}) == ["used"]


def test_validity_ends_on_its_last_day_and_evidence_does_not_lengthen_it() -> None:
    # the end is exclusive
    assert statuses({}, as_of=date(2026, 12, 31)) == ["used"]
    assert statuses({"evidence": "Audit"}, as_of=date(2027, 1, 1)) == ["expired"]
    assert statuses({}, as_of=date(2025, 12, 31)) == ["not yet valid"]


def test_the_latest_valid_figure_of_a_product_counts() -> None:
    old, new = {"reference_period_end": "2025-01-01"}, {"reference_period_end": "2026-01-01"}
    assert statuses(old, new) == ["superseded", "used"]
    assert statuses(new, old) == ["used", "superseded"]
    # a newer one that asks for evidence still stands before the older one
    assert statuses(old, new | {"kg_co2e": 9.0}) == ["superseded", "asks for evidence"]
    # but one that is over or has not begun does not
    assert statuses(old, new | {"valid_until": "2026-02-01"}) == ["used", "expired"]
    assert statuses(old, new | {"valid_from": "2026-08-01"}) == ["used", "not yet valid"]


def test_of_figures_for_the_same_period_the_later_made_counts() -> None:
    assert statuses({"created": "2026-05-01"}, {"created": "2026-04-01"}) == ["used", "superseded"]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"source": None}, "source is empty"),
        ({"kg_co2e": np.nan}, "kg_co2e is empty"),
        ({"kg_co2e": -1.0}, r"row 1 \(product_id milk, footprint_id a\): kg_co2e is -1"),
        ({"valid_until": None}, "valid_until is empty"),
    ],
)
def test_a_figure_without_source_number_or_expiry_is_refused(
    row: dict[str, Any], problem: str
) -> None:
    with pytest.raises(TableError, match=problem):
        check_verified(told(row), RANGES, TODAY)


def test_no_figures_are_no_error() -> None:
    assert check_verified(told({})[:0], RANGES, TODAY).empty
    assert count_statuses(check_verified(told({})[:0], RANGES, TODAY)) == {}


def test_only_figures_in_use_enter_the_catalogue() -> None:
    shop = pd.DataFrame(
        {
            "product_id": ["milk", "soap", "beef"],
            "verified_kg_co2e": [9.0, 2.0, np.nan],
            "verified_source": pd.Series(["old", "own", None], dtype="str"),
        }
    )
    checked = check_verified(
        told({}, {"product_id": "beef", "valid_until": "2026-02-01"}), RANGES, TODAY
    )
    filled = apply_verified(shop, checked)
    assert filled["verified_kg_co2e"].tolist()[:2] == [1.2, 2.0]
    assert filled["verified_source"].tolist()[:2] == ["Dairy", "own"]
    assert filled.loc[2, ["verified_kg_co2e", "verified_source"]].isna().all()
    assert shop["verified_kg_co2e"].tolist()[0] == 9.0


def test_a_catalogue_without_the_columns_gets_them() -> None:
    shop = pd.DataFrame({"product_id": ["milk", "soap"]}, index=[5, 7])
    filled = apply_verified(shop, check_verified(told({}), RANGES, TODAY))
    assert filled.index.tolist() == [5, 7]
    assert filled["verified_source"].isna().tolist() == [False, True]


def test_a_footprint_that_comes_again_replaces_itself_and_those_before_it() -> None:
    old = told({"footprint_id": "a"}, {"footprint_id": "b"}, {"footprint_id": "c"})
    new = told({"footprint_id": "a", "kg_co2e": 2.0}, {"footprint_id": "d", "replaces": '["b"]'})
    both, replaced = merge_verified(old, new)
    assert both["footprint_id"].tolist() == ["c", "a", "d"]
    assert both["kg_co2e"].tolist() == [1.2, 2.0, 1.2]
    assert replaced == 2


def test_a_footprint_that_is_of_no_use_any_more_takes_its_old_figure_along() -> None:
    both, replaced = merge_verified(told({}), told({"product_id": None}))
    assert both.empty
    assert replaced == 1


def test_evidence_stays_with_the_figure_that_it_was_given_for() -> None:
    old = told({"evidence": "Audit"})
    same, _ = merge_verified(old, told({}))
    other, _ = merge_verified(old, told({"kg_co2e": 9.0}))
    assert same["evidence"].tolist() == ["Audit"]
    assert other["evidence"].isna().all()


def test_importing_twice_changes_nothing() -> None:
    once, _ = merge_verified(told({})[:0], told({}, {"footprint_id": "b"}))
    again, _ = merge_verified(once, told({}, {"footprint_id": "b"}))
    assert again.equals(once)


@settings(deadline=None, max_examples=40)
@given(st.floats(0, 1e6), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_what_is_used_is_valid_and_inside_the_range(kg: float, day: date) -> None:
    (status,) = statuses({"kg_co2e": kg}, as_of=day)
    valid = date(2026, 1, 1) <= day < date(2027, 1, 1)
    assert (status == "used") == (valid and 0.6 <= kg <= 2.4)
