"""Package text: the grammar by hand, and what different words for one pack have in common."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcf_estimator.mass.count import package_count
from pcf_estimator.mass.package import parse_package, read_packages

OZ, LB, GALLON = 0.028349523125, 0.45359237, 3.785411784
NONE = float("nan")
few = settings(max_examples=20, deadline=None)


def parsed(text):
    return parse_package(pd.Series([text])).iloc[0].tolist()


@pytest.mark.parametrize(
    ("text", "mass_kg", "volume_l", "count"),
    [
        ("22 LB", 22 * LB, NONE, NONE),
        ("1.5 LB", 1.5 * LB, NONE, NONE),
        ("16.9 OZ", 16.9 * OZ, NONE, NONE),
        ("500g", 0.5, NONE, NONE),
        ("1kg", 1.0, NONE, NONE),
        ("1,000 g", 1.0, NONE, NONE),
        ("2 LITER", NONE, 2.0, NONE),
        ("1,5 L", NONE, 1.5, NONE),
        ("750 ML", NONE, 0.75, NONE),
        ("64 FL OZ", NONE, GALLON / 2, NONE),
        ("1/2 GAL", NONE, GALLON / 2, NONE),
        ("half gallon", NONE, GALLON / 2, NONE),
        ("1 GA", NONE, GALLON, NONE),
        ("GALLON", NONE, GALLON, NONE),
        ("PT", NONE, GALLON / 8, NONE),
        ("0,5 l", NONE, 0.5, NONE),
        ("0,500 kg", 0.5, NONE, NONE),
        ("1,500 kg", 1.5, NONE, NONE),  # nobody carries tonnes home
        ("1.000 g", 1.0, NONE, NONE),
        ("½ gal", NONE, GALLON / 2, NONE),
        ("1½ lb", 1.5 * LB, NONE, NONE),
        ("750ML", NONE, 0.75, NONE),
        ("12 fl oz (355 ml)", NONE, GALLON * 12 / 128, NONE),
        # packs multiply, before or after
        ("12 PK/12 OZ", 144 * OZ, NONE, 12),
        ("12 OZ/12 PK", 144 * OZ, NONE, 12),
        ("12/12 OZ", 144 * OZ, NONE, 12),
        ("6 P/16.9 OZ", 6 * 16.9 * OZ, NONE, 6),
        ("6 x 330 ml", NONE, 1.98, 6),
        ("330 ml x 6", NONE, 1.98, 6),
        ("Pack of 6, 330 ml", NONE, 1.98, 6),
        ("4-4 OZ", 16 * OZ, NONE, 4),
        ("6/16 OZ 4 PK", 64 * OZ, NONE, 4),
        ("24 x 33cl", NONE, 7.92, 24),
        ("6 x 8 oz", 48 * OZ, NONE, 6),
        ("10 x 1,5 L", NONE, 15.0, 10),
        ("Cola, 12 pack 12 fl oz cans", NONE, 144 * GALLON / 128, 12),
        ("330ml 6 pack", NONE, 1.98, 6),
        ("4 pack of 400g tins", 1.6, NONE, 4),
        ("500 ml, multipack of 4", NONE, 2.0, 4),
        ("16 CT/2 OZ EACH", 32 * OZ, NONE, 16),
        # up to 60 kg where the text says so, to 25 where it does not: then nothing is read
        ("10 x 2.5 kg", 25.0, NONE, 10),
        ("12 x 2.5 kg", 30.0, NONE, 12),
        ("24 x 1.5 L", NONE, 36.0, 24),
        ("24 PK/1.5 L", NONE, 36.0, 24),
        ("25 x 2.5 kg", NONE, NONE, 25),
        ("7-11 LB", NONE, NONE, 7),
        # sums
        ("500 g + 500 g", 1.0, NONE, NONE),
        ("2 x 500 g+250 g", 1.25, NONE, NONE),
        ("Shampoo 250 ml + 250 ml", NONE, 0.5, NONE),
        ("1 LB + 8 OZ", 1.5 * LB, NONE, NONE),
        ("500 g + 100 ml", NONE, NONE, NONE),  # neither is the whole
        ("6+2 x 330 ml", NONE, NONE, NONE),
        ("Sun cream SPF 50+ 200 ml", NONE, 0.2, NONE),
        # signs and powers of ten are no amounts; dashes are no signs
        ("−500 g", NONE, NONE, NONE),
        ("–500 g", NONE, NONE, NONE),
        ("+500 g", NONE, NONE, NONE),
        ("Rice -1 kg", NONE, NONE, NONE),
        ("Rice −1½ kg", NONE, NONE, NONE),
        ("-6 x 500 g", NONE, NONE, NONE),
        ("Rice - 1 kg", 1.0, NONE, NONE),
        ("12 PK -12 OZ", 144 * OZ, NONE, 12),
        ("18–22 LB", 20 * LB, NONE, NONE),
        ("1e3 g", NONE, NONE, NONE),
        ("1.5E-3 kg", NONE, NONE, NONE),
        ("1 x 10^3 g", NONE, NONE, NONE),
        # nothing, and what measures no amount of goods
        ("0 x 500 g", NONE, NONE, NONE),
        ("6 x 0 g", NONE, NONE, 6),
        ("Milk 0 kg", NONE, NONE, NONE),
        ("3 hours", NONE, NONE, NONE),
        ("12 inch", NONE, NONE, NONE),
        ("100 FT", NONE, NONE, NONE),
        ("9 VOLT", NONE, NONE, NONE),
        ("75 WATT", NONE, NONE, NONE),
        # a count of pieces does not, nor do packs nobody could carry
        ("16 CT/22 OZ", 22 * OZ, NONE, 16),
        ("12 PK/300 OZ", NONE, NONE, 12),
        ("6 CT", NONE, NONE, 6),
        ("2 DOZEN", NONE, NONE, 24),
        ("1/2 DZ", NONE, NONE, 6),
        ("24 LOAD", NONE, NONE, 24),
        ("48-54 CT", NONE, NONE, 51),
        # fractions, ranges, codes
        ("3/4 OZ", 0.75 * OZ, NONE, NONE),
        ("10 3/4 OZ", 10.75 * OZ, NONE, NONE),
        ("1-3/4 LB", 1.75 * LB, NONE, NONE),
        ("18-22 LB", 20 * LB, NONE, NONE),
        ("3.5-4 LB", 3.75 * LB, NONE, NONE),
        ("3 TO 4 LB", 3.5 * LB, NONE, NONE),
        ("1 LB 8 OZ", 24 * OZ, NONE, NONE),
        ("51127913 OZ", 13 * OZ, NONE, NONE),
        ("22515 32 OZ", 32 * OZ, NONE, NONE),
        ("974246  PK", NONE, NONE, NONE),
        ("4 PK/10.75 O", 43 * OZ, NONE, 4),
        ("L     8 OZ", 8 * OZ, NONE, NONE),
        # what is no content of the pack
        ("80 REC OZ", NONE, NONE, NONE),
        ("20 CT/13 GAL", NONE, NONE, 20),
        ("500 mg", NONE, NONE, NONE),
        ("83.5 SQ FT", NONE, NONE, NONE),
        ("queen size", NONE, NONE, NONE),
        ("EACH", NONE, NONE, 1),
        ("100 CT", NONE, NONE, 100),
        ("0 g", NONE, NONE, NONE),
        ("-500 g", NONE, NONE, NONE),
        # titles
        ("Ground beef 80/20, 1 lb", LB, NONE, NONE),
        ("White milk, 1 gallon, house brand", NONE, GALLON, NONE),
    ],
)
def test_package_text_is_read_as_a_person_reads_it(text, mass_kg, volume_l, count):
    np.testing.assert_allclose(parsed(text), [mass_kg, volume_l, count], rtol=1e-12)


def test_null_and_empty_texts_say_nothing_and_keep_their_rows():
    texts = pd.Series([None, "1 LB", ""], index=[7, 3, 5])
    read = parse_package(texts)
    assert read.index.tolist() == [7, 3, 5]
    assert read["mass_kg"].notna().tolist() == [False, True, False]


@few
@given(st.lists(st.integers(1, 400), min_size=1))
def test_another_unit_for_the_same_amount_leaves_the_mass_unchanged(pounds):
    in_pounds = parse_package(pd.Series([f"{n} LB" for n in pounds]))
    in_ounces = parse_package(pd.Series([f"{16 * n} OZ" for n in pounds]))
    np.testing.assert_allclose(in_ounces["mass_kg"], in_pounds["mass_kg"], rtol=1e-12)
    assert in_pounds["mass_kg"].notna().all()


@few
@given(st.floats(0.01, 20), st.sampled_from(["kg", "l"]))
def test_a_comma_is_a_decimal_point(amount, unit):
    point, comma = f"{amount:.2f} {unit}", f"{amount:.2f} {unit}".replace(".", ",")
    both = parse_package(pd.Series([point, comma]))
    np.testing.assert_allclose(*both[["mass_kg", "volume_l"]].to_numpy(), rtol=1e-12)


@few
@given(st.integers(2, 48), st.integers(50, 400))
def test_by_times_and_pack_say_the_same(packs, ml):
    texts = [f"{packs} x {ml} ml", f"{packs} PK/{ml} ML", f"{ml} ml x {packs}", f"{packs}x{ml}ml"]
    litres = parse_package(pd.Series(texts))["volume_l"]
    np.testing.assert_allclose(litres, packs * ml / 1000, rtol=1e-12)  # at most 19.2 litres


@few
@given(st.floats(0.1, 5), st.sampled_from(["{} x {:.2f} kg", "{} PK/{:.2f} KG", "{}/{:.2f} KG"]))
def test_more_packs_never_weigh_less(each, form):
    texts = [form.format(k, each) for k in range(6, 200, 7)]
    mass = parse_package(pd.Series(texts))["mass_kg"]
    read = mass.notna()
    assert mass[read].is_monotonic_increasing
    assert read.is_monotonic_decreasing  # once too heavy, always too heavy


@few
@given(st.lists(st.integers(1, 900), min_size=2, max_size=5))
def test_a_sum_weighs_what_its_parts_weigh(grams):
    text = " + ".join(f"{g} g" for g in grams)
    assert parse_package(pd.Series([text]))["mass_kg"].tolist() == pytest.approx(
        [sum(grams) / 1000]
    )


@pytest.mark.parametrize(
    ("size", "title", "count"),
    [
        ("2 CT", "Chairs", 2),
        ("10 PK", "Chairs", 10),
        (None, "Chair 2-pack", 2),
        (None, "Chairs, set of 4", 4),
        (None, "Pack of 3 chairs", 3),
        ("14 IN", "Chairs, set of 4", 4),
        ("1 CT", "Chairs, set of 4", 1),  # the size goes first
        ("4 pack of 10", "Pens", 4),
        ("6 x 330 ml", "Cola", 6),
        ("48-54 CT", "Diapers", 51),
        ("1,000 CT", "Staples", 1000),
        ("974246  PK", "Code", 1),
        ("0 CT", "Chair", 1),
        ("12 X12 IN/EA", "Frame", 1),
        ("4 PC", "Chairs", 4),
        (None, "Laptop with Windows 11 PC", 1),
        (None, "7-piece dining set", 1),
        (None, "Laptop 14 inch", 1),
        (None, None, 1),
    ],
)
def test_a_pack_counts_the_units_that_its_text_states(size, title, count):
    shop = pd.DataFrame({"title": [title], "package_size": [size]}, index=[7])
    answer = package_count(shop)
    assert (answer.tolist(), answer.index.tolist()) == ([count], [7])


def test_without_any_text_a_pack_is_one_unit():
    assert package_count(pd.DataFrame({"price": [1.0, 2.0]})).tolist() == [1.0, 1.0]
    assert package_count(pd.DataFrame({"title": pd.Series([], dtype="str")})).empty


@few
@given(st.lists(st.tuples(st.integers(2, 24), st.integers(1, 36)), min_size=1))
def test_k_packs_hold_k_times_the_mass_of_one(packs):
    # at most 24 x 36 oz = 24.5 kg, which one can still carry home
    one = parse_package(pd.Series([f"{ounces} OZ" for _, ounces in packs]))["mass_kg"]
    all_ = parse_package(pd.Series([f"{k} PK/{ounces} OZ" for k, ounces in packs]))
    np.testing.assert_allclose(all_["mass_kg"], one * [k for k, _ in packs], rtol=1e-12)
    assert all_["count"].tolist() == [k for k, _ in packs]


UNITS = st.sampled_from(["OZ", "LB", "GA", "QT", "PT", "L", "ML", "G", "KG", "FL OZ"])


@few
@given(st.lists(st.tuples(st.integers(2, 6), st.integers(1, 20), UNITS), min_size=1))
def test_the_words_for_a_pack_mean_the_same_pack(packs):
    texts = pd.Series([f"{k} x {amount} {unit}" for k, amount, unit in packs])
    said = read_packages(texts)["said"]
    assert (said != "").all()
    size = ["mass_kg", "volume_l"]
    np.testing.assert_allclose(parse_package(said)[size], parse_package(texts)[size], rtol=1e-3)
