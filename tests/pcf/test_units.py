"""Units: exact customary factors, and quantities that do not fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcf_estimator.tables import TableError
from pcf_estimator.units import (
    UNIT_OF_MASS,
    UNIT_OF_VOLUME,
    UnitError,
    factor,
    quantity,
)


@pytest.mark.parametrize(
    ("unit", "to", "expected"),
    [
        # the pound, the inch and so the gallon of 231 cubic inches are defined in SI units
        ("pound", "kg", 0.45359237),
        ("ounce", "kg", 0.45359237 / 16),
        ("gallon", "liter", 231 * 0.254**3),
        ("US_fluid_ounce", "liter", 3.785411784 / 128),
        ("pint", "liter", 3.785411784 / 8),
        ("foot ** 2", "meter ** 2", 0.09290304),
        ("gram", "kg", 0.001),
    ],
)
def test_customary_units_are_their_exact_definitions(unit, to, expected):
    assert factor(unit, to) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2 m", "2 m is a length, but a mass in kg was expected"),
        ("2 liters", "2 liters is a volume, but a mass in kg was expected"),
        ("3 sq_ft", "3 sq_ft is an area, but a mass in kg was expected"),
        ("3 hours", "3 hours is a time, but a mass in kg was expected"),
        ("3 blorps", "3 blorps is no unit that is known"),
        ("much", "much is no number with a unit, but a number in kg was expected"),
    ],
)
def test_what_is_no_mass_is_told_from_one(text, found):
    with pytest.raises(UnitError, match=found):
        quantity(text, "kg")


def test_a_unit_error_is_a_table_error():
    assert issubclass(UnitError, TableError)


@given(st.floats(0.001, 1e4), st.sampled_from(sorted(UNIT_OF_MASS)))
def test_every_spelling_of_a_mass_is_one(amount, spelling):
    kg = quantity(f"{amount:.6f} {spelling.lower()}", "kg")
    assert kg == pytest.approx(float(f"{amount:.6f}") * factor(UNIT_OF_MASS[spelling], "kg"))


@pytest.mark.parametrize("spelling", sorted(UNIT_OF_VOLUME))
def test_no_spelling_of_a_volume_is_a_mass(spelling):
    assert quantity(f"1 {spelling}", "liter") > 0
    with pytest.raises(UnitError, match="a volume"):
        quantity(f"1 {spelling}", "kg")
