"""Net mass: what decides where text is not enough, and how sure each way is."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcf_estimator.mass.check import mass_errors
from pcf_estimator.mass.density import read_densities
from pcf_estimator.mass.net import net_mass
from pcf_estimator.needs import read_needs

OZ, LB, GALLON = 0.028349523125, 0.45359237, 3.785411784
few = settings(max_examples=20, deadline=None)


def products(**columns):
    frame = pd.DataFrame(columns)
    frame.insert(0, "product_id", [str(i) for i in range(len(frame))])
    return frame


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


def test_prices_in_any_currency_are_believed_by_their_worth_in_dollars():
    # 1 kg of rice for 300 yen is 2 dollars a kg, not 300; for 300 dollars it is no pack
    rice = products(title=["Rice"], package_size=["1 KG"], price=[300.0])
    assert net_mass(rice, usd_per_currency=1 / 150)["mass_basis"].tolist() == ["package"]
    assert net_mass(rice)["mass_basis"].tolist() != ["package"]


@few
@given(st.floats(1e-3, 1e3), st.floats(0.1, 300))
def test_the_currency_of_a_price_does_not_change_the_mass(usd_per_currency, usd):
    size = ["1 KG"] * 20 + [None]
    shop = products(title=["Rice"] * 21, category=["rice"] * 21, package_size=size)
    in_usd = net_mass(shop.assign(price=usd))
    priced = shop.assign(price=usd / usd_per_currency)
    other = net_mass(priced, usd_per_currency=usd_per_currency)
    if 0.41 < usd < 149:
        assert other["mass_basis"].tolist() == in_usd["mass_basis"].tolist()
        np.testing.assert_allclose(other["net_mass_kg"], in_usd["net_mass_kg"], rtol=1e-9)


def test_a_size_that_is_no_amount_of_goods_is_not_taken_for_a_fact():
    sizes = ["12 inch", "3 hours", "75 WATT", "−500 g", "1e3 g", "0 x 500 g"]
    shop = products(title=["Rice"] * 6, package_size=sizes)
    assert net_mass(shop)["mass_basis"].tolist() == ["category"] * 6
    titled = products(title=["Rice -1 kg", "Rice 0 kg", "Rice, 12 inch"])
    assert net_mass(titled)["mass_basis"].tolist() == ["category"] * 3


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
    assert answer["mass_spread_log10"] == pytest.approx(1.1 * 0.05)  # the floor: all cost alike


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
    assert answer["mass_spread_log10"] == pytest.approx(1.3 * 1.4826)


def test_volumes_weigh_by_what_they_hold():
    shop = products(
        title=["Milk, 1 l", "Olive oil, 1 l", "Vanilla ice cream, 1 l", "Ice cream, 32 oz"]
    )
    # 32 fluid ounces are a quart: 0.946 l x 0.56
    expected = [1.03, 0.915, 0.56, GALLON / 4 * 0.56]
    assert net_mass(shop)["net_mass_kg"].tolist() == pytest.approx(expected)


def test_a_dozen_large_eggs_weigh_24_ounces():
    answer = net_mass(products(title=["Large eggs"], package_size=["1 DZ"])).iloc[0]
    assert (answer["net_mass_kg"], answer["mass_basis"]) == (
        pytest.approx(24 * OZ, rel=1e-3),
        "package",
    )


def test_what_fits_into_a_bin_bag_is_not_its_mass():
    bags = products(title=["Trash bags, 13 gallons"], price=[60.0])
    mass = net_mass(bags)["net_mass_kg"].iloc[0]
    assert not mass > 5


def test_a_name_alone_gets_a_typical_pack_and_says_so():
    shop = products(title=["Ground coffee", "Gift voucher"])
    answer = net_mass(shop)
    assert answer["mass_basis"].tolist() == ["category", "none"]
    # some coffee, between a sachet and a sack, and within a factor of 10 ** 0.37 = 2.3
    assert 0.1 < answer["net_mass_kg"].iloc[0] < 1.0
    assert answer["mass_spread_log10"].iloc[0] == pytest.approx(0.37)
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


def test_a_two_litre_soda_at_59_cents_is_two_litres():
    # 0.59 / 2 kg is under the floor for food, but soft drinks are among the cheapest goods
    soda = pd.DataFrame(
        {"product_id": ["1"], "title": ["Cola"], "price": [0.59], "package_size": ["2 L"]}
    )
    assert net_mass(soda)["net_mass_kg"].tolist() == pytest.approx([2 * 1.04])


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


@pytest.mark.parametrize(
    ("title", "size", "kg"),
    [
        ("Cola", "12 OZ", 12 * GALLON / 128 * 1.04),  # fluid ounces
        ("Honey", "12 OZ", 12 * OZ),  # ounces of a scale
        ("Honey", "350 ml", 0.35 * 1.42),
        ("Ketchup", "24 OZ", 24 * OZ),
        ("Liquid laundry detergent", "50 FL OZ", 50 * GALLON / 128 * 1.05),
        ("Spring water", "1 l", 1.0),
        ("An unheard-of thing", "1 l", 1.0),
    ],
)
def test_ounces_are_fluid_where_a_shop_pours(title, size, kg):
    answer = net_mass(products(title=[title], package_size=[size])).iloc[0]
    assert answer["net_mass_kg"] == pytest.approx(kg)


def test_a_count_is_weighed_by_packs_of_the_same_type_that_print_both():
    # five boxes print 6 pieces and 300 g, so that one piece weighs 50 g; the last prints 8 pieces
    shop = products(
        title=["Fig rolls"] * 6,
        category=["sweets"] * 6,
        product_type=["fig rolls"] * 6,
        package_size=["6 CT/300 G"] * 5 + ["8 CT"],
    )
    answer = net_mass(shop).iloc[-1]
    assert answer["mass_basis"] == "package"
    assert answer["net_mass_kg"] == pytest.approx(0.4)
    # where they print 2 to 12 kg, the count tells nothing
    shop["package_size"] = [f"2 CT/{kg} KG" for kg in (2, 4, 6, 9, 12)] + ["8 CT"]
    assert net_mass(shop)["mass_basis"].iloc[-1] != "package"


def test_a_count_of_one_may_be_the_pack():
    shop = products(title=["Baby diapers", "Baby diapers"], package_size=["1 CT", "40 CT"])
    mass = net_mass(shop)["net_mass_kg"]
    assert mass.iloc[1] == pytest.approx(40 * 0.030)
    assert mass.iloc[0] > 0.1


def test_every_density_names_a_kind_of_the_needs_table():
    table, kinds = read_densities(), read_needs().table
    known = set(kinds["need"] + " / " + kinds["kind"]) | set(kinds["need"] + " / ")
    assert set(table.index) <= known
    assert table.index.is_unique
    assert set(table["ounces"]) == {"fluid", "weight"}
    assert table["basis"].str.len().gt(4).all()


@few
@given(st.floats(0.05, 20), st.sampled_from(["Rice", "Milk", "Honey", "Shampoo"]))
def test_a_pack_twice_as_large_weighs_twice_as_much(litres, title):
    shop = products(
        title=[title] * 2, package_size=[f"{litres:.4f} l", f"2 x {litres:.4f} l"]
    ).assign(price=np.nan)
    one, two = net_mass(shop)["net_mass_kg"]
    assert two == pytest.approx(2 * one) or 2 * litres > 25


def test_hidden_packs_tell_how_wrong_prices_are():
    # forty packs of rice, half at 4 a kg and half at 8: the median is 4 or 8, or 6 between them
    shop = products(
        title=["Rice"] * 40,
        category=["rice"] * 40,
        product_type=["rice"] * 40,
        package_size=["1 KG"] * 40,
        price=[4.0, 8.0] * 20,
    )
    row = mass_errors(shop).loc["price of its type"]
    assert row["products"] == 40
    assert row["within_factor_2"] == 1.0
    assert 0.1 < row["spread"] < 0.3
