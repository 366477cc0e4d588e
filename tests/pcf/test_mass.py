"""Package text and net mass: the grammar by hand, then what decides where text is not enough."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcf_estimator.mass import net_mass, parse_package
from pcf_estimator.package import read_packages

OZ, LB, GALLON = 0.028349523125, 0.45359237, 3.785411784
NONE = float("nan")
few = settings(max_examples=20, deadline=None)


def parsed(text):
    return parse_package(pd.Series([text])).iloc[0].tolist()


def products(**columns):
    frame = pd.DataFrame(columns)
    frame.insert(0, "product_id", [str(i) for i in range(len(frame))])
    return frame


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
        # a count of pieces does not, nor do packs nobody could carry
        ("16 CT/22 OZ", 22 * OZ, NONE, 16),
        ("12 PK/300 OZ", 300 * OZ, NONE, 12),
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


def test_the_catalogues_own_mass_comes_first():
    shop = products(title=["Honey"], package_size=["1 LB"], net_mass_kg=[0.5])
    answer = net_mass(shop).iloc[0]
    assert answer.tolist() == [0.5, "catalogue", 0.0]


def test_the_title_is_read_only_where_there_is_no_package_size():
    shop = products(title=["Honey, 2 lb", "Honey, 2 lb"], package_size=["1 LB", None])
    assert net_mass(shop)["net_mass_kg"].tolist() == pytest.approx([LB, 2 * LB])


def test_a_shipping_case_is_no_pack():
    # 40 lb of dates for 0.94 would be 0.05 a kg: the text is not believed
    answer = net_mass(products(title=["Dates"], package_size=["40 LB"], price=[0.94])).iloc[0]
    assert answer["mass_basis"] != "package"
    assert not answer["net_mass_kg"] > 5
    # water does cost so little
    water = products(title=["Spring water"], package_size=["1 GA"], price=[0.89])
    assert net_mass(water)["mass_basis"].tolist() == ["package"]


def test_price_over_the_types_price_per_kg_gives_the_mass_of_a_pack_without_text():
    # twenty packs at 4 a kg; one without text for 6 weighs 1.5 kg
    shop = products(
        title=["Rice"] * 21,
        category=["rice"] * 21,
        product_type=["white rice"] * 21,
        package_size=["1 KG"] * 10 + ["2 KG"] * 10 + [None],
        price=[4.0] * 10 + [8.0] * 10 + [6.0],
    )
    answer = net_mass(shop).iloc[-1]
    assert answer["net_mass_kg"] == pytest.approx(1.5)
    assert answer["mass_basis"] == "price"
    assert answer["mass_spread_log10"] == pytest.approx(0.05)  # the floor: all cost the same


def test_a_cans_size_on_a_tray_is_overruled_by_the_types_price():
    # twenty-four cans for 6.0 are marked "12 OZ": 17.6 a kg where others cost 1.0
    shop = products(
        title=["Cola"] * 21,
        category=["cola"] * 21,
        product_type=["cola cans"] * 21,
        package_size=["1 KG"] * 20 + ["12 OZ"],
        price=[1.0] * 20 + [6.0],
    )
    answer = net_mass(shop).iloc[-1]
    assert (answer["mass_basis"], answer["net_mass_kg"]) == ("price", pytest.approx(6.0))


def test_without_a_price_the_category_gives_its_median_mass_with_its_spread():
    # 0.1, 1, 1, 10, 10 kg: median 1; deviations in log10 are 1, 0, 0, 1, 1, so their median is 1
    shop = products(
        title=["Thing"] * 6,
        category=["things"] * 6,
        package_size=["100 G", "1 KG", "1 KG", "10 KG", "10 KG", None],
    )
    answer = net_mass(shop).iloc[-1]
    assert answer["net_mass_kg"] == pytest.approx(1.0)
    assert answer["mass_basis"] == "category"
    assert answer["mass_spread_log10"] == pytest.approx(1.4826)


def test_volumes_weigh_by_what_they_hold():
    shop = products(
        title=["Milk, 1 l", "Olive oil, 1 l", "Vanilla ice cream, 1 l", "Ice cream, 32 oz"]
    )
    # 32 fluid ounces are a quart: 0.946 l x 0.55
    expected = [1.0, 0.92, 0.55, GALLON / 4 * 0.55]
    assert net_mass(shop)["net_mass_kg"].tolist() == pytest.approx(expected)


def test_a_dozen_large_eggs_weigh_24_ounces():
    answer = net_mass(products(title=["Large eggs"], package_size=["1 DZ"])).iloc[0]
    assert (answer["net_mass_kg"], answer["mass_basis"]) == (pytest.approx(24 * OZ), "package")


def test_what_fits_into_a_bin_bag_is_not_its_mass():
    bags = products(title=["Trash bags, 13 gallons"], price=[60.0])
    mass = net_mass(bags)["net_mass_kg"].iloc[0]
    assert not mass > 5


def test_a_name_alone_gets_a_typical_pack_and_says_so():
    shop = products(title=["Ground coffee", "Gift voucher"])
    answer = net_mass(shop)
    assert answer["mass_basis"].tolist() == ["category", "none"]
    # some coffee, between a sachet and a sack, and within a factor 2
    assert 0.1 < answer["net_mass_kg"].iloc[0] < 1.0
    assert answer["mass_spread_log10"].iloc[0] == pytest.approx(0.3)
    assert np.isnan(answer["net_mass_kg"].iloc[1])
    assert np.isnan(answer["mass_spread_log10"].iloc[1])


@few
@given(st.floats(0.5, 20.0))
def test_every_product_keeps_its_row_and_a_mass_has_a_basis_and_a_spread(price):
    shop = products(
        title=["Soap", "Bananas", "Rice, 1 kg", "Unheard-of thing"], price=[price] * 4
    ).set_index(pd.Index([9, 4, 2, 7]))
    answer = net_mass(shop)
    assert answer.index.tolist() == [9, 4, 2, 7]
    known = answer["net_mass_kg"].notna()
    assert (answer["mass_basis"].ne("none") == known).all()
    assert (answer["mass_spread_log10"].notna() == known).all()


def test_a_two_litre_soda_at_59_cents_weighs_two_kilograms():
    # 0.59 / 2 kg is under the floor for food, but soft drinks are among the cheapest goods
    soda = pd.DataFrame(
        {"product_id": ["1"], "title": ["Cola"], "price": [0.59], "package_size": ["2 L"]}
    )
    assert net_mass(soda)["net_mass_kg"].tolist() == [2.0]


def test_a_tray_at_the_price_of_one_pack_is_no_pack():
    # six bacons at $10 a kg, and one whose text tells the twelve of the shipping case: $0.49 a kg
    packs = [f"{k} OZ" for k in (12, 16, 12, 16, 12, 16)]
    mass_kg = [0.3402, 0.4536] * 3
    bacon = pd.DataFrame(
        {
            "product_id": [str(k) for k in range(7)],
            "title": "Bacon",
            "category": "bacon",
            "price": [10 * kg for kg in mass_kg] + [2.0],
            "package_size": [*packs, "12/12 OZ"],
        }
    )
    answer = net_mass(bacon)
    assert answer["mass_basis"].tolist() == ["package"] * 6 + ["price"]
    assert round(answer["net_mass_kg"].iloc[6], 2) == 0.2  # $2 at $10 a kg
