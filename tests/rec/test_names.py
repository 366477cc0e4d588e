"""What products are called on a screen: told apart, and without the till's codes."""

import doctest

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender import names
from recommender.names import shown_names


def shelf(**columns) -> pd.DataFrame:
    rows = len(next(iter(columns.values())))
    return pd.DataFrame({"product_id": [f"p{k}" for k in range(rows)], **columns})


def test_the_examples_in_the_docstrings_hold():
    result = doctest.testmod(names)
    assert result.failed == 0
    assert result.attempted > 0


def test_varieties_are_numbered_by_how_many_buy_them_and_brands_by_their_shelf():
    goods = shelf(
        title=[
            "Cola, 2 liters, supplier 103, no. 1",
            "Cola, 2 liters, supplier 103, no. 2",
            "Cola, 2 liters, supplier 7",
            "Cola, 6 x 12 oz, supplier 7, no. 1",
            "Cola, 6 x 12 oz, house brand, no. 31",
            "Cola, 6 x 12 oz, house brand, no. 32",
        ],
        seller_id=["103", "103", "7", "7", "69", "69"],
        private_label=[False] * 4 + [True] * 2,
    )
    # supplier 7 sells to 5 + 9 households, supplier 103 to 1 + 8
    assert shown_names(goods, np.array([1.0, 8.0, 5.0, 9.0, 2.0, 3.0])) == [
        "Cola, 2 liters, 2nd brand, variety 2",
        "Cola, 2 liters, 2nd brand, variety 1",
        "Cola, 2 liters, leading brand",
        "Cola, 6 x 12 oz",
        "Cola, 6 x 12 oz, house brand, variety 2",
        "Cola, 6 x 12 oz, house brand, variety 1",
    ]


def test_a_shop_that_names_its_goods_keeps_its_names():
    titles = ["Oat milk, 1 l, Hill Farm", "No. 7 hand cream", "Soup, supplier of the king"]
    assert shown_names(shelf(title=titles, seller_id=["a", "7", "b"]), np.ones(3)) == titles


def test_one_title_twice_is_told_apart_by_pack_then_house_brand_then_supplier_by_name():
    goods = shelf(
        title=["Milk", "Milk", "Milk", "Milk", "Milk"],
        package_size=["1 l", "2 l", "2 l", "2 l", "2 l"],
        private_label=[False, True, False, False, False],
        seller_id=["Vale", "house", "Vale", "Hill Farm", "Hill Farm"],
    )
    assert shown_names(goods, np.array([1.0, 1.0, 1.0, 1.0, 2.0])) == [
        "Milk, 1 l",
        "Milk, 2 l, house brand",
        "Milk, 2 l, Vale",
        "Milk, 2 l, Hill Farm, variety 2",
        "Milk, 2 l, Hill Farm, variety 1",
    ]


def test_what_nearly_everybody_means_by_a_name_needs_no_number():
    titles = [f"Bananas, supplier 9, no. {k}" for k in (1, 2, 3)]
    goods = shelf(title=titles, seller_id=["9"] * 3)
    # by hand: 200 is ten times 20; 199 is not
    assert shown_names(goods, np.array([20.0, 200.0, 3.0])) == [
        "Bananas, variety 2",
        "Bananas",
        "Bananas, variety 3",
    ]
    assert shown_names(goods, np.array([20.0, 199.0, 3.0]))[1] == "Bananas, variety 1"
    assert "Bananas, variety 1" in shown_names(goods, np.zeros(3))


def test_a_shop_without_titles_still_has_names():
    assert shown_names(shelf(category=["milk", None]), np.ones(2)) == ["milk", "p1"]


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Milk", "milk", "Milk, variety 1", "", "Tea, supplier 7, no. 2"]),
            st.sampled_from(["", "7", "12", "Vale"]),
            st.booleans(),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_no_two_products_are_called_the_same(rows):
    title, seller, house = zip(*rows, strict=True)
    goods = shelf(title=list(title), seller_id=list(seller), private_label=list(house))
    said = shown_names(goods, np.arange(len(rows), dtype=np.float64))
    assert len({name.casefold() for name in said}) == len(said)
