"""What is said of a product that says too little: named with a reason, never guessed."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcf_estimator.usable import has_words, unusable, wordless


def reason(**columns: object) -> str:
    return unusable(pd.DataFrame({name: [value] for name, value in columns.items()})).iloc[0]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"title": "Milk"}, ""),
        ({"title": None, "category": "Dairy"}, ""),
        ({"title": "4011", "product_type": "Bananas"}, ""),
        ({"title": "7 up"}, ""),
        ({"title": "Café"}, ""),
        ({"title": "牛乳"}, ""),
        ({"title": None}, "it has no title, type or category in words"),
        ({"title": "", "category": " "}, "it has no title, type or category in words"),
        ({"title": None, "department": "Food"}, "it has no title, type or category in words"),
        ({"title": "???"}, "it has no title, type or category in words"),
        ({"title": "$3.99"}, "its title is a number or a price ($3.99), not words"),
        ({"title": "2,49 €"}, "its title is a number or a price (2,49 €), not words"),
        ({"title": "USD 3"}, "its title is a number or a price (USD 3), not words"),
        # the shelf is known, but a figure for it would be that of its mean
        (
            {"title": "3.99", "category": "Dairy"},
            "its title is a number or a price (3.99), not words",
        ),
        (
            {"product_type": "12", "category": "Dairy"},
            "its product type is a number or a price (12), not words",
        ),
        (
            {"title": "Milk", "package_size": "0 g"},
            "its package size is 0 g, but a pack holds something",
        ),
        (
            {"title": "Milk", "package_size": "-2 LB"},
            "its package size is -2 LB, but a pack holds something",
        ),
        *(
            (
                {"title": "Milk", "package_size": size},
                f"its package size is {size}, but a pack holds something",
            )
            for size in (
                *("−500 g", "-1e3 g", "0 x 500 g", "6 x 0 g", "6 × 0,0 kg", "500 g x 0"),
                *("0 PK/12 OZ", "12 PK/0 OZ", "6 x -2 kg", "-6 x 500 g", "0 PK"),
            )
        ),
        *(
            ({"title": "Lamp", "package_size": size}, "")
            # real goods, and dashes of Complete Journey that are no signs
            for size in (
                "12 IN",
                "100 FT",
                "9 VOLT",
                "75 WATT",
                "6 CT -3 LB",
                "10 x 500 g",
                "1e3 g",
            )
        ),
        ({"title": "Pizza, 12 inch"}, ""),
        ({"title": "Milk 0 kg"}, ""),
        ({"title": "Milk", "package_size": "0.5 l"}, ""),
        ({"title": "Milk", "package_size": None}, ""),
    ],
)
def test_each_product_is_usable_or_says_why_not(columns, expected):
    assert reason(**columns) == expected


def test_rows_keep_their_index():
    shop = pd.DataFrame({"title": ["Milk", None]}, index=[7, 3])
    assert unusable(shop).index.tolist() == [7, 3]
    assert unusable(shop).ne("").tolist() == [False, True]
    assert unusable(shop.iloc[:0]).empty


@given(st.floats(0, 1e6), st.sampled_from(["${}", "{} €", "£{}", "{}", "EUR {}", "{} each"]))
def test_no_price_is_a_name(price, form):
    texts = pd.Series([form.format(round(price, 2))])
    assert wordless(texts).tolist() == [True]
    assert has_words(texts).tolist() == [False]


@given(st.lists(st.one_of(st.none(), st.text(max_size=12)), min_size=1))
def test_any_text_has_a_reason_or_words(titles):
    shop = pd.DataFrame({"title": pd.Series(titles, dtype="str")})
    assert (unusable(shop).eq("") == has_words(shop["title"])).all()
