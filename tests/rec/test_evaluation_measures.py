"""Tasks, measures and segments, each against a case worked on paper."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.candidates import Candidates
from recommender.evaluation.judged import Asked, Judged, asked, levels
from recommender.evaluation.measures import (
    NAMES,
    estimates,
    household_measures,
    means,
    seen_before,
    shown,
)
from recommender.evaluation.segments import segments, trip_thirds
from recommender.history import History, Shelf
from recommender.log import Ids, Log, read_log
from recommender.splits import Window

# six products: 0 and 1 one type, 2 another type of their category, 3 to 5 a category of their own;
# 3 has the same word for its type as 0, and stands in one need with it
SHELF = Shelf(
    product_type=np.array([0, 0, 1, 0, 2, 2]),
    category=np.array([0, 0, 0, 1, 1, 1]),
    department=np.zeros(6, np.int64),
    seller=np.array([0, 0, 1, 1, 2, 2]),
    need=np.array([0, 0, 1, 0, 2, 2]),
    recommendable=np.ones(6, np.bool_),
)


def lines(
    rows: list[tuple[int, int, int]], customers: int = 3, products: int = 6, week: int = 1
) -> Log:
    """A log of (customer, basket, product) in the order of time, all in one week."""
    customer, basket, product = np.array(rows, np.int64).reshape(-1, 3).T
    return Log(
        ids=Ids(
            np.array([f"c{k}" for k in range(customers)], object),
            np.array([f"p{k}" for k in range(products)], object),
        ),
        customer=customer,
        product=product,
        week=np.full(len(rows), week),
        day=np.arange(len(rows), dtype=np.float64),
        basket=basket,
        store=np.full(len(rows), -1),
        quantity=np.ones(len(rows)),
        paid=np.ones(len(rows)),
        whole_until=week,
    )


def measured(lists: list[list[int]], customers: list[int], log: Log) -> list[dict[str, float]]:
    padded = np.full((len(lists), 20), -1)
    for row, products in enumerate(lists):
        padded[row, : len(products)] = products
    found = household_measures(padded, np.array(customers), Asked.of(log, SHELF), 6)
    return [dict(zip(NAMES, row.tolist(), strict=True)) for row in found]


def test_measures_of_a_list_by_hand():
    # household 0 bought 0, 3 and 4; its list hits at places 1 and 3
    found = measured([[0, 1, 3]], [0], lines([(0, 0, 0), (0, 0, 3), (0, 1, 4), (0, 1, 0)]))[0]
    assert found["recall@10"] == pytest.approx(2 / 3)
    assert found["dcg@10"] == pytest.approx(1 + 1 / 2)
    assert found["ndcg@10"] == pytest.approx(1.5 / (1 + 0.63093 + 0.5), abs=1e-5)
    assert found["hit_rate@10"] == 1
    assert found["hits_item@10"] == 2


def test_a_type_counts_once_and_is_a_word_within_its_category():
    # bought: 0 (type a of category A), 3 (type a of category B), 4; listed: 0 and 1 share a type
    found = measured([[0, 1, 2]], [0], lines([(0, 0, 0), (0, 0, 3), (0, 0, 4)]))[0]
    assert found["hits_type@10"] == 1, "0 and 1 are one type, 2 is another one; 3's is its own"
    assert found["recall_type@10"] == pytest.approx(1 / 3)
    assert found["hits_category@10"] == 1
    assert found["recall_category@10"] == pytest.approx(1 / 2)
    # 0, 1 and 3 share a need: needs bought are {0, 2}
    assert found["hits_need@10"] == 1
    assert found["recall_need@10"] == pytest.approx(1 / 2)


def test_a_stand_in_hits_its_type_but_not_the_item():
    found = measured([[1]], [0], lines([(0, 0, 0)]))[0]
    assert (found["hits_item@10"], found["hits_type@10"], found["hits_need@10"]) == (0, 1, 1)


def test_who_bought_nothing_is_not_judged():
    found = measured([[0], [0]], [0, 2], lines([(0, 0, 0)]))
    assert found[0]["recall@10"] == 1
    assert all(np.isnan(value) for value in found[1].values())


def test_places_11_to_20_count_at_20_only():
    log = lines([(0, 0, 12)], products=24)
    listed = np.arange(20)[None, :]
    shelves = ("product_type", "category", "department", "seller", "need")
    flat = Shelf(
        **{name: np.zeros(24, np.int64) for name in shelves}, recommendable=np.ones(24, np.bool_)
    )
    found = dict(
        zip(
            NAMES,
            household_measures(listed, np.array([0]), Asked.of(log, flat), 24)[0],
            strict=True,
        )
    )
    assert (found["recall@10"], found["recall@20"]) == (0, 1)
    assert found["ndcg@20"] == pytest.approx(1 / np.log2(14))


BOUGHT = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5)), min_size=1, max_size=20)
LISTS = st.lists(st.permutations(range(6)), min_size=3, max_size=3)


@settings(deadline=None)
@given(BOUGHT, LISTS)
def test_shares_stay_between_0_and_1_and_the_ideal_list_has_1(bought, lists):
    log = lines_of(bought)
    task = Asked.of(log, SHELF)
    found = household_measures(padded(lists), np.arange(3), task, 6)
    judged = task.items > 0
    shares = [k for k, name in enumerate(NAMES) if not name.startswith(("dcg", "hits"))]
    assert ((found[judged][:, shares] >= 0) & (found[judged][:, shares] <= 1 + 1e-12)).all()
    ideal = [sorted(p, key=lambda i, c=c: (c, i) not in bought) for c, p in enumerate(lists)]
    best = household_measures(padded(ideal), np.arange(3), task, 6)[judged]
    assert best[:, NAMES.index("ndcg@10")] == pytest.approx(1)
    assert best[:, NAMES.index("recall@10")] == pytest.approx(1)
    assert best[:, NAMES.index("recall_type@10")] == pytest.approx(1)


@settings(deadline=None)
@given(BOUGHT, LISTS, st.permutations(range(3)))
def test_the_order_of_households_changes_nothing(bought, lists, order):
    task = Asked.of(lines_of(bought), SHELF)
    one = household_measures(padded(lists), np.arange(3), task, 6)
    other = household_measures(padded([lists[k] for k in order]), np.array(order), task, 6)
    np.testing.assert_array_equal(one[list(order)], other)
    everybody = {"all": np.ones(3, np.bool_)}
    mean = means({"x": one}, everybody, 10, 0)["all"]["x"][0]
    assert means({"x": other}, everybody, 10, 0)["all"]["x"][0] == pytest.approx(mean)


def lines_of(bought):
    return lines([(customer, customer, product) for customer, product in bought])


def padded(lists):
    return np.pad(np.array(lists), ((0, 0), (0, 14)), constant_values=-1)


def test_means_are_paired_and_over_the_members_that_are_judged():
    table = np.array([[1.0], [3.0], [np.nan], [8.0]])
    groups = {"some": np.array([True, True, True, False]), "last": np.array([False] * 3 + [True])}
    found = means({"a": table, "b": table + 1}, groups, 500, seed=3)
    once, drawn = found["some"]["a"]
    assert (once[0], found["some"]["b"][0][0]) == (2.0, 3.0)
    gain = found["some"]["b"][1] - drawn
    assert np.nanmax(np.abs(gain - 1)) < 1e-12, "the same households are drawn"
    assert (np.nanmin(drawn), np.nanmax(drawn)) == (1.0, 3.0)
    # the last is not drawn in (3/4)^4 = 0.32 of the draws: too often for an interval
    assert np.isnan(found["last"]["a"][1]).mean() == pytest.approx(0.32, abs=0.06)
    assert estimates(("x",), *found["last"]["a"]) == {
        "x": {"value": 8.0, "low": None, "high": None}
    }


def test_nobody_judged_gives_no_figure():
    found = means({"a": np.full((2, 1), np.nan)}, {"all": np.ones(2, np.bool_)}, 5, seed=1)
    assert estimates(("x",), *found["all"]["a"]) == {
        "x": {"value": None, "low": None, "high": None}
    }


def test_an_empty_place_repeats_nothing_that_counts():
    assert seen_before(np.array([[4, 2, 4, 2, 1]])).tolist() == [[False, False, True, True, False]]


def test_what_is_shown_counts_distinct_products_and_sellers():
    lists = np.array([[0, 1, -1], [1, 4, 5]])
    found = shown(np.pad(lists, ((0, 0), (0, 17)), constant_values=-1), SHELF, SHELF.recommendable)
    # products 0, 1, 4 and 5 of six; sellers 0 and 2 of three
    assert found["10"]["products"] == 4
    assert found["10"]["share_of_products"] == pytest.approx(4 / 6)
    assert found["10"]["sellers"] == 2
    assert found["10"]["empty_places"] == 2 * 10 - 5


def test_tasks_ask_for_all_or_new_items_of_the_window_or_of_its_first_basket():
    history = History(lines([(0, 0, 1), (1, 1, 2)]), SHELF)
    truth = lines([(0, 5, 1), (0, 5, 2), (0, 6, 3), (1, 8, 2)], week=2)
    judged = Judged(
        window=Window(2, 5), history=history, truth=truth, candidates=candidates([]), chances={}
    )
    items = {
        (h, i): asked(judged, h, i).items.tolist()
        for h in ("4 weeks", "next basket")
        for i in ("all", "new")
    }
    assert items == {
        ("4 weeks", "all"): [3, 1, 0],
        ("4 weeks", "new"): [2, 0, 0],  # household 0 had bought 1, household 1 had bought 2
        ("next basket", "all"): [2, 1, 0],
        ("next basket", "new"): [1, 0, 0],
    }


def served_history() -> History:
    """Every household made five trips."""
    return History(lines([(c, 5 * c + b, c) for c in range(3) for b in range(5)]), SHELF)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (
            {"window": Window(1, 4)},
            "history reaches week 1, but the window judged begins in week 1",
        ),
        ({"truth": lines([(0, 9, 1)], week=6)}, "lines of week 6, but weeks 2 to 5"),
        ({"chances": {"4 weeks": np.zeros(3)}}, "chance 4 weeks: 3 values for 1 candidates"),
        ({"history": History(lines([(0, 0, 1)]), SHELF)}, "customer number 0, who has too little"),
    ],
)
def test_what_would_mislead_is_refused(changed, words):
    sound = {
        "window": Window(2, 5),
        "history": served_history(),
        "truth": lines([(0, 9, 1)], week=2),
        "candidates": None,
        "chances": {},
    }
    sound["candidates"] = candidates([(0, 1, 0.9, False)])
    Judged(**sound)
    with pytest.raises(ValueError, match=words):
        Judged(**(sound | changed))


def test_a_next_basket_comes_true_in_the_first_basket_of_those_who_have_one():
    judged = Judged(
        window=Window(2, 5),
        history=served_history(),
        truth=lines([(0, 5, 1), (0, 6, 3)], week=2),
        candidates=candidates([(0, 1, 0.9, False), (0, 3, 0.5, True), (1, 1, 0.4, True)]),
        chances={},
    )
    assert [x.tolist() for x in judged.outcome("4 weeks")] == [[True, True, False], [True] * 3]
    seen, counts = judged.outcome("next basket, no displays")
    assert seen.tolist() == [True, False, False]
    assert counts.tolist() == [True, True, False], "household 1 had no basket"


def candidates(rows: list[tuple[int, int, float, bool]], customers: int = 3) -> Candidates:
    frame = pd.DataFrame(rows, columns=["customer", "product", "p_buy", "is_new"])
    frame = frame.assign(q_buy=frame["p_buy"], source=0)
    return Candidates.from_frame(frame.astype({"is_new": bool, "p_buy": float}), customers)


def test_lists_are_ranked_by_the_chance_of_the_task(made_up_log, made_up_shelf):
    history = History(made_up_log.until(26), made_up_shelf)
    c = candidates(
        [(0, 1, 0.9, False), (0, 2, 0.5, True), (0, 3, 0.4, True)], made_up_log.customers
    )
    judged = Judged(
        window=Window(27, 30),
        history=history,
        truth=made_up_log.weeks(27, 30),
        candidates=c,
        chances={"next basket": np.array([0.1, 0.2, 0.3])},
    )
    assert judged.chance("4 weeks")[0] == "4 weeks (in force)"
    assert judged.lists(judged.chance("4 weeks")[1], "all", 2)[0].tolist() == [1, 2]
    assert judged.lists(judged.chance("next basket")[1], "all", 4)[0].tolist() == [3, 2, 1, -1]
    assert judged.lists(judged.chance("4 weeks")[1], "new", 2)[0].tolist() == [2, 3]
    with pytest.raises(KeyError):
        judged.chance("4 weeks", displays=False)


def test_where_nothing_is_planned_the_chance_without_displays_ranks():
    judged = Judged(
        window=Window(2, 5),
        history=served_history(),
        truth=lines([(0, 9, 1)], week=2),
        candidates=candidates([(0, 1, 0.9, False)]),
        chances={"next basket, no displays": np.array([0.3])},
    )
    assert judged.chance("next basket")[0] == "next basket, no displays"
    assert judged.chance("4 weeks") == ("4 weeks (in force)", judged.candidates.p_buy)


def test_levels_hold_every_product_once():
    found = levels(SHELF)
    kind, count = found["type"]
    # category A: types a (0, 1) and b (2); category B: types a (3) and c (4, 5)
    assert count == 4
    assert kind.tolist() == [0, 0, 1, 2, 3, 3]
    assert found["need"][1] == 3


def test_segments_are_columns_of_the_table_and_thirds_by_trips(made_up_log, made_up_shelf):
    history = History(made_up_log.until(26), made_up_shelf)
    served = np.flatnonzero(history.universe.customers)
    table = pd.DataFrame({"customer_id": ["h00", "h01", "h02"], "age": ["young", "old", None]})
    found = segments(history, served, table)
    assert list(found) == ["age", "trips"]
    assert list(found["age"]) == ["not known", "old", "young"]
    assert np.flatnonzero(found["age"]["young"]).tolist() == [0]
    assert found["age"]["not known"].sum() == len(served) - 2
    assert sum(found["trips"][name] for name in ("light", "middle", "heavy")).tolist() == [1] * len(
        served
    )
    assert list(segments(history, served, None)) == ["trips"]


def test_thirds_by_trips_keep_equals_together():
    # 1, 1, 2, 3, 3 and 9 trips: the ends are 1 and 3
    trips = [1, 1, 2, 3, 3, 9]
    rows = [(c, 100 * c + b) for c, count in enumerate(trips) for b in range(count)]
    frame = pd.DataFrame(rows, columns=["customer_id", "basket_id"]).astype(str)
    frame["product_id"] = "p"
    frame["bought_at"] = pd.Timestamp("2024-01-01 20:00")
    frame["week"] = 1
    history = History(read_log(frame, pd.Series(["p"])), SHELF)
    assert trip_thirds(history, np.arange(6)).tolist() == [0, 0, 1, 1, 1, 2]
