"""Rows for sellers out of reach: who gets them, how likely they are taken to be, and how many."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.candidates import Candidates
from recommender.log import Ids, Log
from recommender.rerank.attainable import attainable
from recommender.rerank.more_candidates import ADDED, CAUTION, More, more_candidates
from recommender.rerank.problem import Problem, Shares
from recommender.rerank.shelf_facts import ShelfFacts
from recommender.tradeoff import Goods, goods_of

ATTENTION = np.array([1.0, 0.5, 0.3, 0.2])  # mean 0.5
NAMES = ["ann", "bob", "cat", "dan"]
# nobody proposed the tea: two teas and a coffee on one shelf, milk on another
PRODUCTS = pd.DataFrame(
    {
        "product_id": ["coffee", "milk", "green tea", "black tea"],
        "price": 1.0,
        "seller_id": ["big", "big", "leaf", "leaf"],
        "category": ["drinks", "dairy", "drinks", "drinks"],
        "product_type": ["coffee", "milk", "green tea", "coffee"],
        "kg_co2e": 1.0,
        "kg_co2e_per_kg": 1.0,
        "net_mass_kg": 1.0,
        "tier": "model",
        "need": "drink",
        "kg_per_flow": 1.0,
    }
)


def log_of(lines: list[tuple[int, int]]) -> Log:
    customer, product = (np.array(column, np.int64) for column in zip(*lines, strict=True))
    n = len(lines)
    return Log(
        ids=Ids(np.array(NAMES, object), PRODUCTS["product_id"].to_numpy(object)),
        customer=customer,
        product=product,
        week=np.ones(n, np.int64),
        day=np.zeros(n),
        basket=np.arange(n),
        store=np.full(n, -1),
        quantity=np.ones(n),
        paid=np.ones(n),
        whole_until=52,
    )


# drinks: bob three times, cat once; dairy: ann; dan bought most of all but has no candidates
LOG = log_of([(1, 0), (1, 0), (1, 0), (2, 0), (0, 1)] + [(3, 1)] * 5 + [(3, 0)] * 5)


def candidates() -> Candidates:
    """Ann, bob and cat may get coffee and milk; dan nothing."""
    return Candidates(
        start=np.array([0, 2, 4, 6, 6]),
        product=np.array([1, 0, 0, 1, 0, 1]),
        p_buy=np.array([0.5, 0.2, 0.6, 0.1, 0.4, 0.3]),
        q_buy=np.array([1.0, 0.4, 1.2, 0.2, 0.8, 0.6]),
        is_new=np.array([False, True, False, True, False, True]),
        source=np.ones(6, np.int64),
    )


def more(floor: float, given: Candidates | None = None, **options: object) -> More:
    given = candidates() if given is None else given
    problem = problem_of(given, floor)
    shop = goods()
    return more_candidates(
        given,
        problem,
        attainable(problem),
        shop,
        ShelfFacts.of(PRODUCTS, LOG, 44),
        LOG,
        allowed=np.ones(4, np.bool_),
        **options,  # type: ignore[arg-type]
    )


def goods() -> Goods:
    return goods_of(PRODUCTS, LOG)


def problem_of(given: Candidates, floor: float) -> Problem:
    return Problem(
        key=np.arange(given.customers),
        start=given.start,
        product=given.product,
        value=given.p_buy,
        p_buy=given.p_buy,
        attention=ATTENTION,
        shares=(
            Shares(
                name="seller",
                groups=("big", "leaf"),
                group=np.array([0, 0, 1, 1]),
                least=np.array([0.1, floor]),
                most=np.full(2, np.inf),
            ),
        ),
    )


def added(found: More) -> list[tuple[int, int, float]]:
    rows = found.candidates.source == ADDED
    return list(
        zip(
            found.candidates.customer[rows].tolist(),
            found.candidates.product[rows].tolist(),
            found.candidates.p_buy[rows].round(6).tolist(),
            strict=True,
        )
    )


def test_who_buys_most_on_the_shelf_gets_the_likeliest_product() -> None:
    found = more(0.3, room=1.0)
    # black tea is of the type coffee: mean 0.4; bob buys most drinks, his last candidate has 0.1
    assert added(found) == [(1, 3, pytest.approx(CAUTION * 0.1))]
    assert (found.added, found.helped, found.still_short) == (1, 1, 0)
    # units a purchase as in all candidates: 2
    assert found.candidates.q_buy[found.candidates.source == ADDED].tolist() == [0.1]
    assert found.candidates.is_new[4]


def test_a_row_counts_as_the_mean_place_and_shelf_buyers_come_first() -> None:
    # 1.2 takes three rows of 0.5: bob and cat buy drinks, then green tea for bob again
    assert [row[:2] for row in added(more(1.2, room=1.0))] == [(1, 2), (1, 3), (2, 3)]


def test_room_asks_for_more_than_the_floor() -> None:
    assert more(0.5, room=1.0).added == 1
    assert more(0.5, room=1.5).added == 2


def test_nobody_gets_more_than_half_a_slate_and_what_stays_short_is_told() -> None:
    found = more(50.0, room=1.0)
    # two rows each for the three who have candidates; dan has none and stays without
    assert np.bincount([row[0] for row in added(found)], minlength=4).tolist() == [2, 2, 2, 0]
    assert found.still_short == 1


def test_a_product_unlike_any_candidate_is_taken_for_the_lowest_tenth() -> None:
    alone = replace(candidates(), p_buy=np.array([0.9, 0.8, 0.6, 0.5, 0.4, 0.3]))
    shop = goods()
    facts = ShelfFacts.of(PRODUCTS, LOG, 44)
    problem = problem_of(alone, 0.3)
    only_green = np.array([False, False, True, False])
    found = more_candidates(
        alone, problem, attainable(problem), shop, facts, LOG, allowed=only_green, room=1.0
    )
    # green tea: no such type, no row of its seller; tenth percentile of six rows: 0.3 + 0.5 x 0.1
    assert added(found) == [(1, 2, pytest.approx(CAUTION * 0.35))]


def test_nothing_is_added_where_every_floor_is_in_reach() -> None:
    found = more(0.0)
    assert found.added == 0
    assert found.candidates.product.tolist() == candidates().product.tolist()


def test_the_task_new_adds_nothing_that_was_bought() -> None:
    bought = log_of([(1, 3), (1, 0), (1, 0), (2, 0)])
    given = candidates()
    problem = problem_of(given, 0.3)
    facts = ShelfFacts.of(PRODUCTS, bought, 44)
    options = {"allowed": np.array([False, False, False, True]), "room": 1.0}
    reach, shop = attainable(problem), goods()
    free = more_candidates(given, problem, reach, shop, facts, bought, **options)  # type: ignore[arg-type]
    new = more_candidates(given, problem, reach, shop, facts, bought, new_only=True, **options)  # type: ignore[arg-type]
    # bob bought black tea: for him it is not new
    assert [row[0] for row in added(free)] == [1]
    assert not free.candidates.is_new[free.candidates.source == ADDED].any()
    assert [row[0] for row in added(new)] == [2]


@settings(deadline=None, max_examples=40)
@given(st.floats(0.01, 6.0), st.integers(0, 2**31))
def test_candidates_keep_their_order_and_floors_come_into_reach(floor: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    pairs = [(u, p) for u in range(3) for p in range(4) if rng.random() < 0.4]
    p_buy = rng.random(len(pairs)) + 0.01
    given = Candidates.from_frame(
        pd.DataFrame(
            {
                "customer": np.array([u for u, _ in pairs], np.int64),
                "product": np.array([p for _, p in pairs], np.int64),
                "p_buy": p_buy,
                "q_buy": p_buy,
                "is_new": np.ones(len(pairs), np.bool_),
                "source": np.ones(len(pairs), np.int64),
            }
        ),
        4,
    )
    found = more(floor, given, room=1.0)
    again = Candidates.from_frame(found.candidates.to_frame(), 4)
    for name, column in vars(found.candidates).items():
        assert column.tolist() == vars(again)[name].tolist(), name
    assert not found.candidates.to_frame().duplicated(["customer", "product"]).any()
    reached = attainable(problem_of(found.candidates, floor)).most[0]
    if found.still_short == 0:
        assert reached[1] >= floor - 1e-9
