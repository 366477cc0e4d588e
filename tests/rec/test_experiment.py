"""Arms of whole units, slots with exact chances, their cost, and how large a test must be."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcf_estimator.tables import TableError
from recommender.impact.experiment.experiment import assigned, balance, shared_sellers
from recommender.impact.experiment.pairs import both_chances, drawn_together
from recommender.impact.experiment.plan import arms_plan, slots_plan, slots_plan_of
from recommender.impact.experiment.rehearsal import beside_arm, rehearsal
from recommender.impact.experiment.simulated import SlotWorld
from recommender.impact.experiment.slots import (
    Pools,
    draw_weights,
    drawn_slates,
    place_chances,
    slots_for,
    stable_uniform,
)
from recommender.impact.experiment.table import drawn_slots, pools_of


def one_pool(value=(0.6, 0.4, 0.2), places=2) -> Pools:
    return Pools(
        customer_id=np.array(["a"], dtype=object),
        product=np.arange(len(value))[None, :],
        value=np.array([value]),
        p_buy=np.array([value]),
        own=np.arange(places)[None, :],
    )


def policy_slates(order: dict[str, list[str]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "customer_id": customer,
                "position": place + 1,
                "product_id": name,
                "score": 1.0 / (place + 1),
                "p_buy": 0.5 / (place + 1),
                "price": 2.0,
            }
            for customer, names in order.items()
            for place, name in enumerate(names)
        ]
    )


def chances_by_all_orders(weight: np.ndarray, places: int) -> np.ndarray:
    """The same by writing every order down."""
    answer = np.zeros((places, len(weight)))
    filled = np.flatnonzero(weight)
    for order in permutations(filled, places):
        left, chance = weight.sum(), 1.0
        for product in order:
            chance *= weight[product] / left
            left -= weight[product]
        for place, product in enumerate(order):
            answer[place, product] += chance
    return answer


@settings(max_examples=40, deadline=None)
@given(
    weight=st.lists(st.floats(0.01, 10), min_size=2, max_size=6),
    data=st.data(),
)
def test_chances_of_a_place_sum_to_1_and_match_every_order_written_down(weight, data):
    places = data.draw(st.integers(1, len(weight)))
    given_weight = np.array(weight)
    found = place_chances(given_weight[None, :], places)[0]
    assert found.sum(axis=1) == pytest.approx(np.ones(places))
    assert found == pytest.approx(chances_by_all_orders(given_weight, places))


def test_two_places_of_three_by_hand():
    # weights 2, 1, 1: first place 1/2, 1/4, 1/4. At the second place the first product stands
    # after one of the others: 1/4 x 2/3 + 1/4 x 2/3 = 1/3; the others 1/2 x 1/2 + 1/4 x 1/3 = 1/3
    found = place_chances(np.array([[2.0, 1.0, 1.0]]), 2)[0]
    assert found[0] == pytest.approx([1 / 2, 1 / 4, 1 / 4])
    assert found[1] == pytest.approx([1 / 3, 1 / 3, 1 / 3])
    # an empty column never stands anywhere
    assert place_chances(np.array([[2.0, 1.0, 0.0]]), 2)[0, 1] == pytest.approx([1 / 3, 2 / 3, 0])


def test_the_mix_meets_the_bound_on_lost_relevance_exactly():
    pools, attention = one_pool(places=1), np.array([1.0])
    # even draws of p_buy 0.6, 0.4, 0.2 give 0.4 instead of 0.6: a third is lost, so at a bound of
    # a tenth 0.3 of lists may be drawn
    slots = slots_for(pools, attention, loss=0.1, temperature=float("inf"))
    assert slots.mix.tolist() == pytest.approx([0.3])
    assert slots.loss == pytest.approx(0.1)
    assert slots.worst_loss == pytest.approx(0.1)
    # 0.7 + 0.3 / 3, then 0.3 / 3 each
    assert slots.chance[0, 0] == pytest.approx([0.8, 0.1, 0.1])
    assert slots.least_chance == pytest.approx(0.1)
    free = slots_for(pools, attention, loss=0.5, temperature=float("inf"))
    assert free.mix.tolist() == [1.0]
    assert free.loss == pytest.approx(1 / 3)
    capped = slots_for(pools, attention, loss=0.5, temperature=float("inf"), most=0.6)
    assert capped.mix.tolist() == [0.6]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), loss=st.floats(0.01, 1), temperature=st.floats(0.1, 5))
def test_no_customer_loses_more_than_the_bound_and_places_sum_to_1(seed, loss, temperature):
    rng = np.random.default_rng(seed)
    pools, _, _ = SlotWorld().customers(20, rng)
    attention = np.array([1.0, 0.7, 0.5])
    slots = slots_for(pools, attention, loss=loss, temperature=temperature)
    assert slots.chance.sum(axis=2) == pytest.approx(np.ones((20, 3)))
    assert slots.worst_loss <= loss + 1e-9
    assert slots.loss <= slots.worst_loss + 1e-12


def test_draws_follow_their_chances():
    count = 40_000
    one = one_pool(value=(0.9, 0.5, 0.4, 0.1))
    pools = Pools(
        customer_id=np.array([f"c{each}" for each in range(count)], dtype=object),
        product=np.tile(one.product, (count, 1)),
        value=np.tile(one.value, (count, 1)),
        p_buy=np.tile(one.p_buy, (count, 1)),
        own=np.tile(one.own, (count, 1)),
    )
    slots = slots_for(pools, np.array([1.0, 0.6]), loss=0.2)
    uniform = stable_uniform(list(pools.customer_id), 5)
    column, propensity, given = drawn_slates(pools, slots, uniform)
    for place in range(2):
        seen = np.bincount(column[:, place], minlength=4) / count
        assert seen == pytest.approx(slots.chance[0, place], abs=0.01)
    assert propensity[:, 0] == pytest.approx(given[:, 0])
    # whole lists: the product of chances given those above is how often a list comes up
    lists = column[:, 0] * 4 + column[:, 1]
    for each in np.unique(lists):
        rows = lists == each
        assert rows.mean() == pytest.approx(given[rows][0].prod(), abs=0.01)
    # what was told adds up: 1 / chance averages the number of products that may stand there
    assert (1 / propensity).mean(axis=0) == pytest.approx([4, 4], rel=0.05)


def test_a_draw_hangs_on_seed_time_and_customer_alone():
    own = policy_slates({"a": ["tea", "milk", "jam"], "b": ["jam", "tea", "milk"]})
    options = {"places": 2, "pool": 3, "loss": 0.5, "at": "2026-03-02", "seed": 4}
    both = drawn_slots(own, None, np.array([1.0, 0.6]), **options).rows
    alone = drawn_slots(own[own["customer_id"] == "b"], None, np.array([1.0, 0.6]), **options).rows
    pd.testing.assert_frame_equal(both[both["customer_id"] == "b"].reset_index(drop=True), alone)
    total = both.groupby(["customer_id", "position"])["propensity"].sum()
    assert total.to_numpy() == pytest.approx(np.ones(4))
    assert both[both["shown"]].groupby("customer_id").size().tolist() == [2, 2]


def test_a_pool_takes_products_of_both_policies_in_turn():
    own = policy_slates({"a": ["tea", "milk", "jam"], "b": ["tea"]})
    also = policy_slates({"a": ["oats", "tea", "rice"]})
    turned = policy_slates({"a": ["jam", "milk", "tea"]})
    swapped = pools_of(own, turned, places=2, size=3)[0]
    # tea, then jam, which the other has first and the policy third: it keeps the policy's value
    assert swapped.value[0].tolist() == pytest.approx([1.0, 1 / 3, 0.5])
    assert swapped.own.tolist() == [[0, 2]]
    pools, ids, _, left_out = pools_of(own, also, places=2, size=4)
    # tea (own 1), oats (other 1), milk (own 2), then jam (own 3) before rice (other 3)
    assert ids[pools.product[0]].tolist() == ["tea", "oats", "milk", "jam"]
    # oats counts as much as what the policy itself has at the first place
    assert pools.value[0].tolist() == pytest.approx([1.0, 1.0, 0.5, 1 / 3])
    assert pools.own.tolist() == [[0, 2]]
    assert left_out == 1
    with pytest.raises(TableError, match="no customer has 4 places or more"):
        pools_of(own, None, places=4, size=5)
    with pytest.raises(ValueError, match="a pool of 2 for 3 places"):
        pools_of(own, None, places=3, size=2)
    with pytest.raises(TableError, match=r"fewer than 3 .* a pool of 6 is always enough"):
        pools_of(own, also, places=3, size=3)


def test_what_cannot_be_drawn_is_refused():
    attention = np.array([1.0, 0.6])
    for bad in ({"loss": 0.0}, {"loss": 0.1, "most": 0.0}, {"loss": 0.1, "temperature": 0.0}):
        with pytest.raises(ValueError, match="was expected"):
            slots_for(one_pool(), attention, **bad)
    with pytest.raises(ValueError, match="pools of 3 to 3 products for 2 places with 1 attent"):
        slots_for(one_pool(), attention[:1], loss=0.1)
    with pytest.raises(ValueError, match="17 numbers a key"):
        stable_uniform(["a"], 17)
    assert draw_weights(np.array([[1.0, 1.0]]), np.ones((1, 2), bool), 1.0).tolist() == [[1, 1]]


def test_arms_are_stable_when_others_join():
    few = pd.DataFrame({"market": [f"m{each}" for each in range(40)], "need": "tea"})
    many = pd.concat([few, few.assign(need="milk"), few.assign(market="far", need="tea")])
    first = assigned(few, ["market", "need"], share=0.5, seed=3)
    later = assigned(many, ["market", "need"], share=0.5, seed=3)
    again = first.merge(later, on=["market", "need"])
    assert (again["treated_x"] == again["treated_y"]).all()
    other = assigned(few, ["market", "need"], share=0.5, seed=4)
    assert (first["treated"] != other["treated"]).any()
    wide = pd.DataFrame({"customer_id": np.arange(5000).astype(str)})
    assert assigned(wide, ["customer_id"], share=0.2, seed=0)["treated"].mean() == pytest.approx(
        0.2, abs=0.02
    )


def test_units_of_one_arm_only_and_missing_columns_are_refused():
    with pytest.raises(TableError, match=r"1 units of market with seed 1 give \d treated ones"):
        assigned(pd.DataFrame({"market": ["north"]}), ["market"], share=0.5, seed=1)
    with pytest.raises(TableError, match="no column need"):
        assigned(pd.DataFrame({"market": ["north"]}), ["need"], share=0.5, seed=1)
    with pytest.raises(ValueError, match="share is 1"):
        assigned(pd.DataFrame({"market": ["north"]}), ["market"], share=1, seed=1)
    with pytest.raises(ValueError, match="by is empty"):
        assigned(pd.DataFrame({"market": ["north"]}), [], share=0.5, seed=1)


def test_sellers_in_both_arms_and_balance_by_hand():
    cells = pd.DataFrame({"need": ["tea", "milk"], "treated": [1, 0]})
    sales = pd.DataFrame(
        {
            "need": ["tea", "milk", "milk"],
            "seller_id": ["s1", "s1", "s2"],
            "sales": [2.0, 1.0, 7.0],
        }
    )
    # s1 sells in both arms and has 3 of 10; the treated need has 2 of 10
    assert shared_sellers(cells, sales, ["need"]) == pytest.approx({"in_both": 0.3, "treated": 0.2})
    with pytest.raises(TableError, match="no sales in any unit"):
        shared_sellers(cells, sales.assign(sales=0.0), ["need"])
    told = balance(cells, sales, ["need"])
    assert told == [{"figure": "sales", "treated": 2.0, "untreated": 4.0, "gap_in_sd": None}]


def test_arms_are_planned_on_whole_units(tmp_path):
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(
        [
            {"market": f"m{m}", "need": need, "week": week, "spend": 20 + rng.normal()}
            for m in range(12)
            for need in ("tea", "milk")
            for week in range(1, 9)
            for _ in range(2)
        ]
    )
    path = tmp_path / "baseline.csv"
    rows.to_csv(path, index=False)
    cells = arms_plan(path, ["market", "need"], 0.05)
    assert len(cells.baseline.outcome) == 24
    assert cells.baseline.mean == pytest.approx(40, abs=1)  # two rows a cell and week
    assert cells.baseline.names.nouns == "units"
    assert len(arms_plan(path, ["market"], 0.05).baseline.outcome) == 12
    with pytest.raises(TableError, match="no column city; found market, need, week, spend"):
        arms_plan(path, ["city"], 0.05)
    rows.assign(spend="much").to_csv(path, index=False)
    with pytest.raises(TableError, match=r"row 1: spend is much, .* \(384 such rows\)"):
        arms_plan(path, ["market"], 0.05)


def test_lists_needed_by_hand():
    pools = one_pool(value=(0.5, 0.3), places=1)
    slots = slots_for(pools, np.array([1.0]), loss=1.0, temperature=float("inf"))
    # one place, both products at 1/2; the other policy shows the second: 0.3 purchases per list,
    # E[(w r)^2] = 0.3 / 0.5 = 0.6, less 0.3^2 a variance of 0.51; (1.960 + 0.842)^2 x 0.51 /
    # (0.1 x 0.3)^2 = 7.849 x 566.7 = 4447.7
    told = slots_plan(pools, slots, np.array([[1]]), np.array([1.0]), 0.1, lists_a_week=1000)
    assert told["lists"] == 4448
    assert told["weeks"] == 5
    assert told["largest_weight"] == 2.0
    assert told["unsupported"] == 0.0
    with pytest.raises(TableError, match="sells nothing that could be drawn"):
        slots_plan(pools, slots, np.array([[-1]]), np.array([1.0]), 0.1)


def test_two_places_share_one_draw_by_hand():
    # even draws of two products, half of the lists drawn; the other policy turns them round: a
    # place has its product with chance 1/2 x 1/2 = 1/4, and both have theirs in the same lists
    pools = one_pool(value=(0.5, 0.3), places=2)
    slots = slots_for(pools, np.ones(2), loss=1.0, temperature=float("inf"), most=0.5)
    wanted = np.array([[1, 0]])
    assert both_chances(pools, slots, wanted)[0].tolist() == [[0, 0.25], [0, 0]]
    # buys .3 and .5 = .8; E = .3 / .25 + .5 / .25 + 2 x .3 x .5 x .25 / .25^2 = 1.2 + 2 + 1.2
    # = 4.4, less .64: 3.76; 7.849 x 3.76 / (0.1 x 0.8)^2 = 4611.2 (with 3.2 alone: 3924.4)
    told = slots_plan(pools, slots, wanted, np.ones(2), 0.1)
    assert told["lists"] == 4612


@settings(max_examples=25, deadline=None)
@given(
    weight=st.lists(st.floats(0.01, 10), min_size=3, max_size=5),
    data=st.data(),
)
def test_chances_of_two_places_match_every_order_written_down(weight, data):
    size = len(weight)
    wanted = data.draw(st.permutations(range(size)))[: data.draw(st.integers(2, size))]
    seen = np.zeros((len(wanted), len(wanted)))
    for order in permutations(range(size), len(wanted)):
        left, chance = sum(weight), 1.0
        for product in order:
            chance *= weight[product] / left
            left -= weight[product]
        hit = np.array(order) == np.array(wanted)
        seen += chance * np.triu(np.outer(hit, hit), 1)
    found = drawn_together(np.array([weight]), np.array([wanted]))[0]
    assert found == pytest.approx(seen, abs=1e-9)


def test_the_lists_planned_are_those_that_simulated_lists_need():
    # Eight places, neighbours turned round, 1 % of relevance given up: without the pairs the plan
    # would be too small by about a quarter
    customers, places, pool = 200, 8, 10
    rng = np.random.default_rng(0)
    p_buy = np.sort(rng.uniform(0.05, 0.9, (customers, pool)), axis=1)[:, ::-1].copy()
    attention = 1 / np.log2(np.arange(2, places + 2))
    pools = Pools(
        customer_id=np.arange(customers).astype(object),
        product=np.tile(np.arange(pool), (customers, 1)),
        value=p_buy,
        p_buy=p_buy,
        own=np.tile(np.arange(places), (customers, 1)),
    )
    slots = slots_for(pools, attention, loss=0.01)
    wanted = np.tile(np.arange(places).reshape(-1, 2)[:, ::-1].ravel(), (customers, 1))
    told = slots_plan(pools, slots, wanted, attention, 0.1)
    seen = []
    for _ in range(400):
        column, propensity, _ = drawn_slates(
            pools, slots, rng.uniform(1e-9, 1, (customers, 1 + pool))
        )
        bought = rng.random(column.shape) < np.take_along_axis(p_buy, column, axis=1) * attention
        seen.append(((column == wanted) * bought / propensity).sum(axis=1))
    needed = (1.95996 + 0.84162) ** 2 * np.var(seen) / (0.1 * told["purchases_per_list"]) ** 2
    assert np.mean(seen) == pytest.approx(told["purchases_per_list"], rel=0.03)
    assert told["lists"] == pytest.approx(needed, rel=0.06)


def test_a_plan_of_slots_finds_the_other_policys_products_in_the_pools():
    own = policy_slates({"a": ["tea", "milk", "jam"]})
    also = policy_slates({"a": ["oats", "rice", "tea"]})
    told = slots_plan_of(own, also, 0.1, places=2, pool=4, loss=0.2)
    assert told["unsupported"] == 0.0
    narrow = slots_plan_of(own, also, 0.1, places=2, pool=3, loss=0.2)
    assert narrow["unsupported"] == 0.5  # rice fell out of the pool


def test_a_rehearsal_tells_estimates_arm_and_truth():
    facts = rehearsal(2, [400, 1600], seed=1)
    assert {row["shop"] for row in facts["rows"]} == {
        "as assumed",
        "breaks",
        "cascade",
        "no support",
    }
    assert facts["layer"] == "simulated"
    beside = beside_arm(SlotWorld(), 4000, seed=2)
    one = beside["estimate"]
    # the arm showed the policy to other customers: both lie around the same truth
    assert one["low"] < beside["truth"] < one["high"]
    assert abs(beside["arm"] - beside["truth"]) < 4 * beside["arm_error"]
