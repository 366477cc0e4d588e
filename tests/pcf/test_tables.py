"""The check of a catalogue: zero is not missing, and what does not fit is refused by name."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcf_estimator.tables import CATALOGUE, PRODUCTS, TableError, check_table, read_table

few = settings(max_examples=25, deadline=None)


def shop(**columns: list[object]) -> pd.DataFrame:
    rows = len(next(iter(columns.values())))
    ids = [f"p{row}" for row in range(rows)]
    return pd.DataFrame({"product_id": ids, "title": ["Milk"] * rows, **columns})


def checked(**columns: list[object]) -> pd.DataFrame:
    return check_table(shop(**columns), PRODUCTS, "products")


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({"net_mass_kg": [1, 0]}, r"row 2 \(product_id p1\): net_mass_kg is 0.* above 0 .*1 such"),
        ({"net_mass_kg": [-1, -2]}, r"row 1 \(product_id p0\): net_mass_kg is -1.*2 such rows"),
        ({"net_mass_kg": [1, np.inf]}, r"row 2 .*net_mass_kg is inf, but a number above 0"),
        ({"net_mass_kg": ["1", "much"]}, r"row 2 .*net_mass_kg is much, but a number above 0"),
        ({"net_mass_kg": ["1 kg", "2 m"]}, r"row 2 .*net_mass_kg: 2 m is a length, but a mass in"),
        ({"net_mass_kg": ["2 l", "2 ml"]}, r"row 1 .*2 l is a volume.*\(2 such rows\)"),
        ({"net_mass_kg": ["-500 g"]}, r"row 1 .*net_mass_kg is -500 g, but a number above 0"),
        ({"price": [2, 0]}, r"row 2 .*price is 0.* above 0"),
        ({"price": ["$3.99", "2"]}, r"row 1 .*price is \$3.99, but a number above 0"),
        ({"title": ["$3.99", "4.50"]}, r"row 1 .*title is \$3.99, but words were.*\(2 such rows\)"),
        ({"category": [12, 13]}, r"row 1 .*category is 12, but words were expected"),
        ({"department": ["2,49 €", None]}, r"row 1 .*department is 2,49 €, but words"),
    ],
)
def test_what_does_not_fit_is_named_and_counted(columns, found):
    with pytest.raises(TableError, match=found):
        checked(**columns)


def test_one_price_among_names_is_left_to_the_estimate():
    assert checked(title=["$3.99", "Milk"])["title"].tolist() == ["$3.99", "Milk"]


def test_null_and_nan_are_missing_and_zero_is_not():
    mass = checked(net_mass_kg=[None, np.nan, 1.5])["net_mass_kg"]
    assert mass.isna().tolist() == [True, True, False]
    # a verified figure of nothing emitted is a figure
    assert checked(verified_kg_co2e=[0.0])["verified_kg_co2e"].tolist() == [0.0]


def test_a_mass_may_be_written_with_its_unit():
    mass = checked(net_mass_kg=["500 g", "1.5", "2 LB"])["net_mass_kg"]
    assert mass.tolist() == pytest.approx([0.5, 1.5, 0.90718474])


def test_a_csv_with_units_and_empty_cells_is_read_alike(tmp_path):
    path = tmp_path / "shop.csv"
    path.write_text("product_id,title,price,net_mass_kg\na,Milk,2,1000 g\nb,Oil,3,\n")
    mass = read_table(path, CATALOGUE)["net_mass_kg"]
    assert mass.tolist()[0] == 1.0
    assert mass.isna().tolist() == [False, True]


@few
@given(st.lists(st.floats(0.001, 1e3), min_size=1, max_size=8), st.sampled_from(["g", "lb", "oz"]))
def test_another_unit_for_the_same_mass_is_the_same_mass(kg, unit):
    per_kg = {"g": 1000.0, "lb": 1 / 0.45359237, "oz": 16 / 0.45359237}[unit]
    written = checked(net_mass_kg=[f"{m * per_kg!r} {unit}" for m in kg])["net_mass_kg"]
    np.testing.assert_allclose(written, kg, rtol=1e-12)


@few
@given(
    st.lists(st.floats(0.01, 100), min_size=1, max_size=8),
    st.data(),
    st.sampled_from(["price", "net_mass_kg"]),
    st.sampled_from([0.0, -0.0, -1.0, -1e-9, np.inf, -np.inf]),
)
def test_one_bad_number_anywhere_is_refused_with_its_row(good, data, column, bad):
    row = data.draw(st.integers(0, len(good) - 1))
    values = [*good[:row], bad, *good[row + 1 :]]
    with pytest.raises(TableError, match=rf"row {row + 1} \(product_id p{row}\): {column} is"):
        checked(**{column: values})
    assert checked(**{column: good})[column].tolist() == good
