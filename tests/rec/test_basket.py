"""A typed-in basket is a customer without a past, served beside those who have one."""

import numpy as np
import pandas as pd
import pytest

from pcf_estimator.tables import TableError
from recommender.history import History
from recommender.log import read_log
from recommender.relevance.features import features
from recommender.relevance.generators import Fitted, propose
from recommender.relevance.newcomers.basket import Basket, basket_history, match_basket, read_basket
from recommender.relevance.newcomers.visitors import with_visitors

GOODS = pd.DataFrame(
    {
        "product_id": ["1", "2", "3", "4"],
        "title": ["Oat milk", "Rye bread", "Beans, No. 1", "Beans, no. 1"],
    }
)


def test_lines_are_found_by_id_and_added_up():
    basket = match_basket(
        pd.DataFrame({"product_id": [2, 1, 2, 9], "quantity": [1, None, 2.5, 1]}), GOODS
    )
    assert basket.product.tolist() == [0, 1]
    assert basket.quantity.tolist() == [1.0, 3.5]
    assert basket.unknown == ["9"]


def test_a_title_is_found_where_one_product_alone_bears_it():
    titles = pd.DataFrame({"title": ["  oat   MILK ", "beans, no. 1", "caviar"]})
    basket = match_basket(titles, GOODS)
    assert basket.product.tolist() == [0]
    assert (basket.unknown, basket.ambiguous) == (["caviar"], ["beans, no. 1"])


def test_the_id_decides_and_a_title_stands_in_for_an_empty_one():
    both = pd.DataFrame({"product_id": ["1", None], "title": ["Rye bread", "Rye bread"]})
    assert match_basket(both, GOODS).product.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("product_id\n", "holds no rows"),
        ("product_id,quantity\n8,1\n9,1\n", r"row 1 \(8\).*none of the basket's 2 lines"),
        ('title\n"beans, no. 1"\n', "several products"),
        ("name\nmilk\n", "no column product_id or title; found name"),
        ("product_id,title\n1,\n,\n", r"row 2: neither product_id nor title.*1 such row"),
        ("product_id,quantity\n1,-2\n", "quantity is -2, but a number above 0"),
    ],
)
def test_a_basket_that_can_not_be_used_is_one_clear_error(tmp_path, text, message):
    path = tmp_path / "basket.csv"
    path.write_text(text)
    with pytest.raises(TableError, match=message):
        read_basket(path, GOODS)


def test_a_basket_is_read_from_csv_and_from_parquet_alike(tmp_path):
    frame = pd.DataFrame({"product_id": ["3", "1"], "quantity": [2.0, 1.0]})
    frame.to_csv(tmp_path / "b.csv", index=False)
    frame.to_parquet(tmp_path / "b.parquet")
    one, other = (read_basket(tmp_path / f"b.{kind}", GOODS) for kind in ("csv", "parquet"))
    assert one.product.tolist() == other.product.tolist() == [0, 2]
    assert one.quantity.tolist() == other.quantity.tolist() == [1.0, 2.0]


@pytest.fixture(scope="module")
def history(made_up_log, made_up_shelf):
    return History(made_up_log.until(20), made_up_shelf)


def basket_of(*product):
    return Basket(
        product=np.array(product), quantity=np.ones(len(product)), unknown=[], ambiguous=[]
    )


def test_the_basket_is_one_customer_more_and_the_only_one_served(history):
    visited = basket_history(history, basket_of(0, 5))
    assert visited.log.customers == history.log.customers + 1
    assert visited.log.ids.customers[-1] == "basket"
    assert len(visited.log) == len(history.log) + 2
    assert np.flatnonzero(visited.universe.customers).tolist() == [history.log.customers]
    assert np.array_equal(visited.universe.products, history.universe.products)
    assert visited.end_day == history.end_day
    taste = visited.taste()
    assert taste[:-1].nnz == 0
    # by hand: bought on the last day, so the visit has hardly faded: log(1 + 1)
    assert np.allclose(taste[-1, [0, 5]].toarray(), np.log(2.0), atol=0.01)


def test_a_shop_with_a_customer_called_basket_still_has_one_each(made_up_shop, made_up_shelf):
    catalogue, purchases = made_up_shop
    renamed = purchases.assign(customer_id=purchases["customer_id"].replace("h01", "basket"))
    history = History(read_log(renamed, catalogue["product_id"]), made_up_shelf)
    assert basket_history(history, basket_of(1)).log.ids.customers[-1] == "basket'"


def test_tables_put_together_are_those_counted_anew(history):
    visited = basket_history(history, basket_of(0, 5, 7))
    anew = History(visited.log, history.shelf)
    for level in ("by_product", "by_type", "by_category", "by_seller"):
        ours, theirs = getattr(visited, level), getattr(anew, level)
        for name in ("key", "visits", "decayed", "recent", "first_day", "last_day", "quantity"):
            assert np.allclose(getattr(ours, name), getattr(theirs, name)), (level, name)
    assert np.array_equal(visited.home_store, anew.home_store)
    assert np.allclose(visited.weeks_ago, anew.weeks_ago)
    for name in ("customer", "product", "quantity", "paid", "basket"):
        assert np.allclose(getattr(visited.visits, name), getattr(anew.visits, name))
    assert np.allclose(visited.price, anew.price, equal_nan=True), "paid at the last known price"


def test_the_shop_s_own_counts_do_not_move_for_a_visitor(history):
    visited = basket_history(history, basket_of(0, 5))
    assert np.array_equal(visited.households(4.0), history.households(4.0))
    assert np.array_equal(visited.price, history.price, equal_nan=True)


def test_candidates_and_features_are_the_visitor_s_alone(history):
    visited = basket_history(history, basket_of(0, 5))
    fitted = Fitted(visited)
    rows = propose(fitted)
    assert (rows.customer == history.log.customers).all()
    assert {0, 5} <= set(rows.product), "what is in the basket may be bought again"
    assert len(set(rows.product)) == len(rows.product) > 2
    names, values = features(fitted, rows)
    assert values.shape == (len(rows.product), len(names))
    trips = values[:, names.index("customer_trips")]
    assert (trips == 1).all()


def test_two_visitors_do_not_see_each_other(history):
    both = basket_history(basket_history(history, basket_of(0)), basket_of(5))
    alone = basket_history(history, basket_of(5))
    assert np.array_equal(both.taste()[-1].toarray(), alone.taste()[-1].toarray())


def test_visitors_are_numbered_behind_the_shop_s_own(history):
    visited = basket_history(history, basket_of(0))
    with pytest.raises(ValueError, match="numbered from customer 81 up"):
        with_visitors(visited, visited.own.log)
