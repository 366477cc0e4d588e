"""What the benches against other re-rankers measure, on cases worked by hand."""

import numpy as np
import pytest

from benchmarks import carbon_rule, fairness
from benchmarks.carbon_rule import Lists, curves, reached, rule_score
from benchmarks.fairness import fair_lists, ndcg_as_shown, worst_share
from benchmarks.instances import attention_curve
from benchmarks.peers import runs
from benchmarks.peers.environment import NoPeers, version_of
from benchmarks.peers.instance import Instance, seller_instance

ALONE = Instance(
    seed=0,
    scores=np.array([[0.9, 0.6, 0.1], [0.8, 0.7, 0.6]]),
    seller=np.array([0, 0, 1]),
    places=1,
)


def test_the_second_seller_gets_its_floor_where_it_costs_least():
    # an equal share is 2 places / 2 sellers = 1 place: seller 1 takes one of the two lists;
    # NDCG lost is 1 - 0.1 / 0.9 for the first shopper and 1 - 0.6 / 0.8 for the second
    ours = fair_lists(ALONE, np.ones(1), floor=1.0)
    assert ours.lists.tolist() == [[0], [2]]
    assert worst_share(ALONE, ours.lists, np.ones(1)) == 1.0
    assert ours.solution.value == pytest.approx(1 + 0.6 / 0.8)
    assert ours.gap == pytest.approx(0.0, abs=1e-9)


def test_without_a_floor_the_lists_are_the_models_own_best():
    instance = seller_instance(3, users=40, items=60, sellers=6)
    for attention in (np.ones(10), attention_curve(10)):
        ours = fair_lists(instance, attention, floor=0.0)
        assert ndcg_as_shown(instance, ours.lists) == pytest.approx(1.0)


def test_a_floor_beyond_the_first_candidates_is_met_from_more_of_them(monkeypatch):
    monkeypatch.setattr(fairness, "NEAR", 1)
    monkeypatch.setattr(fairness, "OF_EACH", 1)
    # two sellers with 10 of 20 items each share 10 places: one item of each is too few
    scores = np.random.default_rng(4).random((5, 20))
    instance = Instance(seed=4, scores=scores, seller=np.arange(20) % 2, places=10)
    ours = fair_lists(instance, np.ones(10), floor=0.9)
    assert not ours.solution.missed
    assert (ours.lists >= 0).all()
    assert worst_share(instance, ours.lists, np.ones(10)) >= 0.9 - 1e-9


def test_the_gap_counts_items_that_were_no_candidates():
    instance = seller_instance(5, users=60, items=200, sellers=5)
    ours = fair_lists(instance, attention_curve(10), floor=0.8)
    assert not ours.solution.missed
    assert -1e-9 <= ours.gap <= 0.01


def test_without_an_environment_the_bench_says_so(monkeypatch):
    def none(_folder):
        raise NoPeers("its packages: no network")

    monkeypatch.setattr(fairness, "peers_python", none)
    ((what, measured, why),) = fairness.run()
    assert version_of("fairdiverse") in what
    assert measured == "not measured"
    assert why == "no environment: its packages: no network"


def test_every_setting_of_a_peer_has_a_name_of_its_own():
    names = [run.name for run in runs.RUNS]
    assert len(set(names)) == len(names)
    assert {run.model for run in runs.RUNS} == {
        "FairSync",
        "CPFair",
        "min_regularizer",
        "Welf",
        "PMMF",
    }


def test_normalising_within_each_list_hides_how_heavy_a_list_is():
    # 1 against 2 kg scores like 10 against 100 kg: 1 and 0
    lists = Lists(
        name="two",
        start=np.array([0, 2, 4]),
        product=np.array([0, 1, 2, 3]),
        p_buy=np.array([0.5, 0.5, 0.5, 0.5]),
        kg=np.array([1.0, 2.0, 10.0, 100.0]),
    )
    assert rule_score(lists, 0.0).tolist() == [1.0, 0.0, 1.0, 0.0]


def test_ours_has_no_more_carbon_than_the_rule_at_no_less_relevance(monkeypatch):
    monkeypatch.setattr(carbon_rule, "SHARES", np.array([0.0, 0.3, 0.7, 1.0]))
    rng = np.random.default_rng(0)
    shoppers, each = 200, 30
    lists = Lists(
        name="small",
        start=np.arange(shoppers + 1) * each,
        product=np.tile(np.arange(each), shoppers),
        p_buy=-np.sort(-rng.beta(1, 4, (shoppers, each)), axis=1).ravel(),
        kg=np.tile(rng.lognormal(0.3, 0.9, each), shoppers),
    )
    found = curves([lists])
    assert (found["missed"] == 0).all()
    assert (found["saving"] >= -1e-3).all()  # the gap that is asked for
    assert (found["our_relevance"] >= found["relevance"] - 1e-8).all()
    assert (found["our_ndcg"] >= found["ndcg"] - 1e-8).all()
    at_one = found[found["a"] == 1]
    assert at_one["saving"].tolist() == [0.0, 0.0]


def test_carbon_is_counted_of_purchases_and_of_what_is_shown():
    lists = Lists(
        name="one",
        start=np.array([0, 2]),
        product=np.array([0, 1]),
        p_buy=np.array([0.5, 0.25]),
        kg=np.array([2.0, 4.0]),
    )
    rows = np.array([[0, 1] + [-1] * 8])
    # attention 1 and 0.6309: 1 * 0.5 * 2 + 0.6309 * 0.25 * 4 and 1 * 2 + 0.6309 * 4
    found = reached(lists, rows)
    assert found.kg["purchases"] == pytest.approx(1.6309, abs=1e-4)
    assert found.kg["shown"] == pytest.approx(4.5237, abs=1e-4)
    assert found.ndcg == pytest.approx(1.0)
