"""What-if runs: no effect is exactly none, draws are paired, and reactions point the right way."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from pcf_estimator.tables import shipped_data
from recommender.candidates import Candidates
from recommender.impact.scenario.adaptation import at_start
from recommender.impact.scenario.scenario import PARAMETERS, Assumption, Scenario
from recommender.impact.what_if.chart import chart_rows, what_if_page
from recommender.impact.what_if.choice import expected_purchases
from recommender.impact.what_if.choice_respond import Sold
from recommender.impact.what_if.drivers import FOOTPRINTS, drivers, variance_shares
from recommender.impact.what_if.facts import facts_of, range_of
from recommender.impact.what_if.levels import FIGURES, Market, levels, mixed
from recommender.impact.what_if.reactions import market_of, moved, newcomer_kg, one_by_one, still
from recommender.impact.what_if.scene import Scene
from recommender.impact.what_if.simulate import ALONE, BASELINE, LONG, POLICY, SHORT, simulate
from recommender.impact.what_if.slates import kept
from recommender.impact.what_if.step import simulation_step
from recommender.impact.what_if.text import change_chart, figures_table, headline, words
from recommender.impact.what_if.world import (
    DISPLAY_ASSUMED,
    bought_by_need,
    display_of,
    per_order,
    thirds,
    world_of,
)
from recommender.policy import BASELINE as BASELINE_POLICY
from recommender.policy import Policy, PolicyError, Slate, baseline_policy, read_policy
from recommender.rerank.rerank import Shelves
from recommender.shop import Shop
from recommender.simulate_cli import simulation
from recommender.workspace import Workspace

NAMES = list(FIGURES)
POLICIES, SCENARIOS = shipped_data("policies"), shipped_data("scenarios")


def scenario(horizon: int = 0, **ranges: tuple[float, float]) -> Scenario:
    assume = tuple(
        Assumption(parameter=name, low=low, high=high, source="Assumption of ours")
        for name, (low, high) in ranges.items()
    )
    return Scenario(
        name="tried", version=1, description="A test.", horizon_months=horizon, assume=assume
    )


@pytest.fixture(scope="module")
def shop(judged_shop) -> Shop:
    return Shop(Workspace(judged_shop))


@pytest.fixture(scope="module")
def scene(shop) -> Scene:
    shelves = Shelves.of(shop.products(shop.judging), shop.judging.log)
    return Scene.of(
        shop.candidates("judge"),
        shelves,
        None,
        baseline_policy(Slate()),
        shop.log.ids.customers,
    )


@pytest.fixture(scope="module")
def policy() -> Policy:
    return read_policy(POLICIES / "mix-strong.toml")


def changes(found, run=SHORT, name=POLICY):
    tallies = found.worlds[run]
    return dict(zip(NAMES, (tallies[name].figures - tallies[BASELINE].figures).T, strict=True))


def test_equal_slates_and_no_reaction_change_exactly_nothing(scene):
    found, _ = scene.run(scene.baseline, scenario(horizon=12), 5, seed=1)
    for run in (SHORT, LONG):
        for name, change in changes(found, run).items():
            assert change.tolist() == [0.0] * 5, (run, name)
        income = found.worlds[run][POLICY].income - found.worlds[run][BASELINE].income
        assert not income.any()
    assert not changes(found, SHORT, ALONE)["kg_total"].any()
    assert not found.left.any()


def test_without_a_transfer_other_slates_change_exactly_nothing(scene, policy):
    found, _ = scene.run(policy, scenario(attention_transfer=(0.0, 0.0)), 4, seed=1)
    assert not any(change.any() for change in changes(found).values())


def test_the_same_seed_gives_the_same_bits_and_another_does_not(scene, policy):
    full = scenario(12, label_light=(0.0, 0.1), seller_entry=(0.0, 0.1))
    one, again, other = (scene.run(policy, full, 4, seed)[0] for seed in (1, 1, 2))
    for run in (SHORT, LONG):
        first, second, third = (x.worlds[run][POLICY].figures for x in (one, again, other))
        assert first.tobytes() == second.tobytes()
        assert first.tobytes() != third.tobytes()


def test_two_policies_see_the_same_draws(scene, policy):
    other = read_policy(POLICIES / "mix-gentle.toml")
    one, two = (scene.run(each, scenario(), 4, seed=3)[0] for each in (policy, other))
    bases = [x.worlds[SHORT][BASELINE].figures.tobytes() for x in (one, two)]
    assert bases[0] == bases[1]
    assert all(one.drawn[name].tolist() == two.drawn[name].tolist() for name in one.drawn)


def test_no_list_gives_back_what_the_history_and_p_buy_say(scene, policy):
    found, world = scene.run(policy, scenario(attention_transfer=(0.0, 0.0)), 2, seed=1)
    purchases = found.worlds[SHORT][BASELINE].figures[:, NAMES.index("purchases")]
    nests = world.nests
    total = scene.candidates.p_buy.sum() + nests.rest.sum()
    assert purchases * world.households == pytest.approx(total, rel=1e-12)
    assert nests.p_buy.sum() == pytest.approx(scene.candidates.p_buy.sum(), rel=1e-12)


def test_figures_are_sums_over_all_that_is_bought(scene, policy):
    found, world = scene.run(policy, scenario(), 3, seed=1)
    for name in (BASELINE, POLICY):
        tally = found.worlds[SHORT][name]
        figures = dict(zip(NAMES, tally.figures.T, strict=True))
        by = tally.departments.sum(axis=1).T  # revenue, margin, kg_total
        assert by[0] == pytest.approx(figures["revenue"])
        assert by[2] == pytest.approx(figures["kg_total"])
        # what is paid goes to the shop's margin and to sellers
        paid = figures["margin"] * world.households + tally.income.sum(axis=1)
        assert paid == pytest.approx(figures["revenue"] * world.households)
        orders = figures["purchases"] / world.per_order
        assert figures["kg_per_order"] == pytest.approx(figures["kg_total"] / orders)


def test_the_policys_part_of_the_baseline_is_exactly_nothing(scene):
    reacting = scenario(12, label_heavy=(-0.3, -0.1), seller_entry=(0.1, 0.1), habit=(0.2, 0.6))
    found, _ = scene.run(scene.baseline, reacting, 3, seed=1)
    reference = scene.reference(scene.baseline, reacting, 3, seed=1)
    for run in (SHORT, LONG):
        one, other = (x.worlds[run][POLICY].figures for x in (found, reference))
        assert one.tobytes() == other.tobytes()
        assert (changes(found, run)["kg_total"] < 0).all()  # against the shop as it is


def test_labels_move_purchases_from_the_heaviest_to_the_lightest_third(scene):
    one = {name: np.array([0.0]) for name in PARAMETERS} | {"display_effect": np.array([0.5])}
    one |= {"label_heavy": np.array([-0.4]), "label_light": np.array([0.3])}
    one |= {"nest_dissimilarity": np.array([0.5])}
    world = world_of(scene.candidates, scene.shelves, None)
    shift = moved(world, one, Market.today(len(world.heavy)), 0)
    assert shift.plain[world.heavy].tolist() == [-0.4] * world.heavy.sum()
    assert shift.plain[world.light].tolist() == [0.3] * world.light.sum()
    assert not shift.plain[~world.heavy & ~world.light].any()
    # nothing but labels: nobody has the taste, and slots have no share of a display's effect
    assert shift.taste_share == 0.0
    assert not shift.pull.any()
    assert not still(world, one).plain.any()


def test_a_taste_prefers_the_lighter_product_within_stated_bounds(scene):
    one = {name: np.array([0.0]) for name in PARAMETERS} | {"display_effect": np.array([0.5])}
    one |= {"carbon_taste": np.array([2.0]), "carbon_taste_share": np.array([0.3])}
    world = world_of(scene.candidates, scene.shelves, None)
    shift = moved(world, one, Market.today(len(world.heavy)), 0)
    expected = np.clip(2.0 * world.fewer_kg, -1.0, 1.0)
    assert shift.taste == pytest.approx(expected)
    assert shift.taste_share == 0.3
    assert not shift.plain.any()


def test_habit_holds_a_share_of_the_past_choice():
    before = Sold(purchases=np.array([1.0]), packs=np.array([2.0]))
    after = Sold(purchases=np.array([3.0]), packs=np.array([4.0]))
    half = mixed(before, after, 0.5)
    assert (half.purchases.tolist(), half.packs.tolist()) == ([2.0], [3.0])
    assert mixed(before, after, 1.0) is after


def test_habit_slows_the_short_run_and_hardly_the_long(scene, policy):
    slow = scenario(24, habit=(0.5, 0.5), attention_transfer=(1.0, 1.0))
    quick = scenario(24, attention_transfer=(1.0, 1.0))
    halved, whole = (scene.run(policy, each, 2, seed=1)[0] for each in (slow, quick))
    at_once = changes(whole)["kg_total"]
    assert changes(halved)["kg_total"] == pytest.approx(0.5 * at_once)
    assert changes(halved, LONG)["kg_total"] == pytest.approx(at_once)


def test_engagement_falls_at_first_and_recovers(scene):
    tired = scenario(
        12,
        engagement_short=(-0.1, -0.1),
        engagement_recovery_months=(6.0, 6.0),
        attention_transfer=(1.0, 1.0),
    )
    found, _ = scene.run(scene.baseline, tired, 2, seed=1)
    assert (changes(found)["purchases"] < 0).all()
    assert changes(found, LONG)["purchases"].tolist() == [0.0, 0.0]


def test_sellers_that_lower_footprints_lower_total_kg_in_the_long_run(scene, policy):
    cut = scenario(24, seller_cut=(0.2, 0.2), seller_cut_share=(1.0, 1.0))
    found, _ = scene.run(policy, cut, 3, seed=1)
    short, long = (found.worlds[run] for run in (SHORT, LONG))
    kg = NAMES.index("kg_total")
    assert (long[POLICY].figures[:, kg] < short[POLICY].figures[:, kg]).all()
    assert long[BASELINE].figures.tolist() == short[BASELINE].figures.tolist()


def test_newcomers_are_lighter_and_take_income_from_all(scene, policy):
    entry = scenario(12, seller_entry=(0.2, 0.2))
    found, world = scene.run(policy, entry, 2, seed=1)
    assert found.newcomers == pytest.approx(0.2)
    short, long = (found.worlds[run][POLICY].income.sum(axis=1) for run in (SHORT, LONG))
    assert long == pytest.approx(0.8 * short, rel=1e-6)
    assert (newcomer_kg(world) <= 1.0).all()


def test_products_of_a_seller_that_left_sell_nothing(scene):
    world = world_of(scene.candidates, scene.shelves, None)
    state = at_start(1, len(world.goods.sellers))
    state = replace(state, present=np.array([[False, *[True] * (len(world.goods.sellers) - 1)]]))
    market = market_of(world, state, newcomer_kg(world))
    assert market.present.tolist() == (world.goods.seller != 0).tolist()
    one = {name: np.array([0.0]) for name in PARAMETERS} | {"display_effect": np.array([0.5])}
    one |= {"nest_dissimilarity": np.array([0.5])}
    shift = moved(world, one, market, 0)
    assert (shift.plain[world.goods.seller == 0] == -np.inf).all()
    one_each = np.ones(len(world.goods.price))
    found = levels(world, Sold(purchases=one_each, packs=one_each), market, one_each)
    assert found.income[0] == 0.0
    assert (found.income[1:] > 0).any()


def test_the_shops_own_label_does_not_leave_its_shop():
    start = at_start(1, 2)
    gone = replace(start, present=np.array([[False, False]]))
    found = one_by_one(start, gone, np.array([0.1, 0.5]), np.array([True, False]))
    assert found.present.tolist() == [[True, False]]


def test_rebound_counts_cheaper_goods_and_not_fewer_of_them(scene, policy):
    spent = scenario(rebound_share=(1.0, 1.0), rebound_kg_per_money=(1.0, 1.0))
    found, _ = scene.run(policy, spent, 3, seed=1)
    base, after = (
        dict(zip(NAMES, found.worlds[SHORT][name].figures.T, strict=True))
        for name in (BASELINE, POLICY)
    )
    saved = (base["revenue"] / base["purchases"] - after["revenue"] / after["purchases"]) * after[
        "purchases"
    ]
    assert after["kg_rebound"] == pytest.approx(np.maximum(saved, 0.0))
    assert after["kg_total_with_rebound"] == pytest.approx(after["kg_total"] + after["kg_rebound"])
    assert not base["kg_rebound"].any()


def test_levels_of_one_product_worked_on_paper(scene, policy):
    _, world = scene.run(policy, scenario(), 2, seed=1)
    goods = world.goods
    one = np.zeros(len(goods.price))
    one[4] = 3.0
    sold = Sold(purchases=one / 1.5, packs=one)  # three packs in two purchases
    found = levels(world, sold, Market.today(len(one)), np.full(len(one), 2.0))
    figures = dict(zip(NAMES, found.figures * world.households, strict=True))
    assert figures["revenue"] == pytest.approx(3 * goods.price[4])
    assert figures["kg_total"] == pytest.approx(3 * 2 * goods.kg_pack[4])
    assert figures["kg_functional"] == pytest.approx(2 * 2 * goods.functional.kg_functional[4])
    assert found.kg_by_medians * world.households == pytest.approx(3 * goods.kg_pack[4])
    assert found.income[goods.seller[4]] == pytest.approx(3 * (goods.price - goods.margin)[4])


def test_the_history_is_counted_in_windows_of_four_weeks(made_up_log):
    log = made_up_log.until(16)
    need = np.zeros(log.products, np.int64)
    found = bought_by_need(log, need, 1)[:, 0]
    # by hand for one household: distinct products in weeks 1-4, 5-8, 9-12 and 13-16, over four
    mine = log.customer == 7
    by_hand = [
        len(np.unique(log.product[mine & (log.week > w) & (log.week <= w + 4)]))
        for w in (0, 4, 8, 12)
    ]
    assert found[7] == sum(by_hand) / 4
    baskets = len(np.unique(log.basket))
    assert per_order(log) == pytest.approx(found.sum() * 4 / baskets)


def test_thirds_are_of_one_need_and_of_products_with_a_figure_of_their_own(scene):
    goods = scene.shelves.goods
    heavy, light = thirds(goods)
    assert not (heavy & light).any()
    kg, need = goods.functional.kg_functional, goods.functional.need
    for one in np.unique(need[heavy]):
        assert kg[heavy & (need == one)].min() > kg[light & (need == one)].max()


def test_a_department_without_an_estimate_has_the_assumed_range():
    table = pd.DataFrame({"department": ["a", "b"], "low": [0.1, np.nan], "high": [0.3, np.nan]})
    found = display_of(np.array([0, 1, 2]), ("a", "b", "c"), table)
    assert found.low.tolist() == [0.1, DISPLAY_ASSUMED[0], DISPLAY_ASSUMED[0]]
    assert found.high.tolist() == [0.3, DISPLAY_ASSUMED[1], DISPLAY_ASSUMED[1]]
    assert found.estimated.tolist() == [True, False, False]
    assert found.log_effect(0.5)[0] == pytest.approx(np.log(1.2))


def test_slates_stay_as_they_are_until_something_moves(scene, policy):
    scene.run(policy, scenario(), 2, seed=1)
    world, _, ranking = scene.ranked[policy.name]
    products = len(world.goods.price)
    again = ranking.again(np.zeros(products), np.ones(products, np.bool_))
    assert np.array_equal(np.sort(again), np.sort(ranking.rows))
    first = ranking.product[ranking.rows[0, 0]]
    gone = np.arange(products) != first
    assert first not in ranking.product[ranking.again(np.zeros(products), gone)]


def test_a_product_that_gets_lighter_climbs_under_a_policy_that_weighs_carbon(scene, policy):
    scene.run(policy, scenario(), 2, seed=1)
    world, _, ranking = scene.ranked[policy.name]
    kg = world.goods.functional.kg_functional
    shown = np.bincount(ranking.product[ranking.rows[ranking.rows >= 0]], minlength=len(kg))
    seldom = int(np.argmin(np.where(world.own_figure, shown, shown.max() + 1)))
    fewer = np.where(np.arange(len(kg)) == seldom, kg, 0.0)
    rows = ranking.again(fewer, np.ones(len(kg), np.bool_))
    after = np.bincount(ranking.product[rows[rows >= 0]], minlength=len(kg))
    assert after[seldom] > shown[seldom]


def test_rows_beside_a_slate_never_beat_those_on_it():
    one = Candidates(
        start=np.array([0, 3]),
        product=np.arange(3),
        p_buy=np.ones(3),
        q_buy=np.ones(3),
        is_new=np.ones(3, bool),
        source=np.ones(3, int),
    )
    score = kept(one, np.array([[2, 0]]), np.array([0.1, 0.6, 0.4]))
    # 0.1 is the worst on the slate, 0.6 beside it: the line between is .35
    assert score[0] > score[1]
    assert score.round(6).tolist() == [0.35, 0.35, 0.4]


def test_variance_shares_find_the_parameter_that_matters():
    rng = np.random.default_rng(1)
    x, y = rng.random(400), rng.random(400)
    shares = variance_shares({"x": x, "y": y}, 3 * x + y)
    # variances 9 to 1, so about nine tenths and a tenth
    assert shares["x"] == pytest.approx(0.9, abs=0.04)
    assert shares["y"] == pytest.approx(0.1, abs=0.04)
    assert sum(shares.values()) == pytest.approx(1.0)
    assert variance_shares({"x": x}, np.ones(400)) == {}


def test_drivers_name_footprints_and_sum_to_one(scene, policy):
    found, _ = scene.run(policy, scenario(), 40, seed=1)
    rows = drivers(found)
    assert FOOTPRINTS in {row["parameter"] for row in rows}
    assert sum(row["share"] for row in rows) == pytest.approx(1.0)
    assert sum(row["margin"] for row in rows) == pytest.approx(1.0)


def test_a_shop_without_sellers_margins_departments_and_ranges_still_has_its_kg(
    scene, shop, policy
):
    lost = ["seller_id", "margin_rate", "department", "kg_co2e_low", "kg_co2e_high"]
    products = scene.shelves.products.drop(columns=lost)
    bare = Scene.of(
        scene.candidates,
        Shelves.of(products, scene.shelves.purchases),
        None,
        scene.baseline,
        shop.log.ids.customers,
    )
    plain = scenario(6, seller_entry=(0.1, 0.1))
    found, world = bare.run(policy, plain, 4, seed=1)
    window = {"first_week": 27, "last_week": 30}
    reference = bare.reference(policy, plain, 4, seed=1)
    facts = facts_of(found, reference, world, policy, plain, window=window, seed=1, report=None)
    assert facts["runs"]["short"]["kg_total"]["change"] < 0
    assert facts["runs"]["short"]["margin"]["change"] is None
    assert facts["runs"]["short"]["seller_gini"]["value"] is None
    assert facts["sellers"]["largest_moves"] == []
    assert facts["observed"] == {}
    assert {row["department"] for row in facts["departments"]} == {"no department"}
    assert figures_table(facts).row_count == len(FIGURES)
    assert "–" in what_if_page(facts)
    assert words(facts)


def test_a_change_over_nothing_is_null():
    found = range_of(np.zeros(3), np.ones(3))
    assert (found["value"], found["change"], found["baseline"]) == (1.0, None, 0.0)


@pytest.fixture
def workspace(judged_shop, tmp_path) -> Workspace:
    shutil.copytree(judged_shop, tmp_path / "ws")
    return Workspace(tmp_path / "ws")


def test_the_step_writes_plain_values_and_is_not_done_twice(workspace, policy, capfd):
    plain = scenario(6, label_light=(0.0, 0.1))
    facts = simulation_step(Shop(workspace), [policy], [plain], draws=8, seed=1)[0]
    path = workspace.path("simulation", f"{policy.name}--tried.json")
    assert json.loads(path.read_text()) == facts
    assert facts["layer"] == "what if"
    assert (facts["policy"], facts["policy_version"]) == (policy.name, policy.version)
    assert facts["baseline"] == BASELINE_POLICY
    assert list(facts["runs"]) == ["short", "long"]
    assert set(facts["runs"]["short"]) == set(facts["figures"]) == set(FIGURES)
    for run in facts["runs"].values():
        for row in run.values():
            assert row["low"] <= row["value"] <= row["high"]
    # labels move both worlds: what the weighting does is less than the whole change
    whole, part = (facts[k]["long"]["kg_total"]["change"] for k in ("runs", "of_the_policy"))
    assert whole < part < 0
    # the backtest of the workspace judged the same policy on the same weeks
    assert facts["observed"]["kg_total"]["figure"] == "hits_kg_pack"
    assert any("Assumed, not estimated" in note for note in facts["notes"])
    assumed = {row["parameter"] for row in facts["scenario"]["assumptions"]}
    assert {"attention_transfer", "label_light", "display_effect", "footprints"} <= assumed
    assert all(row["source"] for row in facts["scenario"]["assumptions"])

    capfd.readouterr()
    other = scenario()
    again = simulation_step(Shop(workspace), [policy], [plain], draws=8, seed=1)[0]
    assert again == facts
    assert "nothing changed" in capfd.readouterr().err
    # another pair is added, and the first is kept
    named = replace(other, name="other")
    simulation_step(Shop(workspace), [policy], [named], draws=8, seed=1)
    assert json.loads(path.read_text()) == facts
    assert workspace.has("simulation", f"{policy.name}--other.json")


def test_words_chart_and_page_say_what_the_facts_say(workspace, policy):
    plain = scenario(6, label_light=(0.0, 0.1))
    facts = simulation_step(Shop(workspace), [policy], [plain], draws=8, seed=1)[0]
    assert figures_table(facts).row_count == len(FIGURES)
    assert headline(facts).startswith(f"Under tried, {policy.name} changes total carbon by ")
    assert "in the long run" in headline(facts)
    assert change_chart(facts).count("o") >= len(FIGURES)
    assert "What if: no measurement" in words(facts)
    assert set(chart_rows(facts)["run"]) == {"slates alone", "short", "long"}
    page = what_if_page(facts)
    assert "<svg" in page
    assert "<script" not in page
    assert "Assumed, not estimated" in page


def test_a_policy_of_another_catalogue_is_refused_with_its_reason(workspace, policy):
    strange = policy.model_copy(
        update={"limits": policy.limits.model_copy(update={"deny_sellers": ("nobody",)})}
    )
    with pytest.raises(PolicyError, match="nobody"):
        simulation_step(Shop(workspace), [strange], [scenario()], draws=2, seed=1)


def test_policies_with_other_places_and_scenarios_of_one_name_are_refused(workspace, policy):
    longer = policy.model_copy(update={"name": "longer", "slate": Slate(n=5)})
    with pytest.raises(PolicyError, match="places"):
        simulation_step(Shop(workspace), [policy, longer], [scenario()], draws=2, seed=1)
    with pytest.raises(PolicyError, match="a name stands twice"):
        simulation_step(Shop(workspace), [policy], [scenario(), scenario()], draws=2, seed=1)


def test_the_command_prints_a_table_and_writes_files(workspace, tmp_path):
    words = ["--policy", str(POLICIES / "default.toml"), "--draws", "6"]
    words += ["--scenario", str(SCENARIOS / "as-is.toml"), "--workspace", str(workspace.folder)]
    runner = CliRunner()
    done = runner.invoke(simulation, [*words, "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert "observed: hits" in done.stdout
    assert "Assumed, as ranges" in done.stdout
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == [f"default--as-is.{ending}" for ending in ("html", "json", "svg")]
    done = runner.invoke(simulation, [*words, "--json"])
    answer = json.loads(done.stdout)
    assert answer["answers"][0]["scenario"]["name"] == "as-is"


def test_a_parameter_outside_its_domain_is_refused_with_its_name(workspace, tmp_path):
    path: Path = tmp_path / "wild.toml"
    path.write_text(
        'name = "wild"\nversion = 1\ndescription = "x"\nhorizon_months = 0\n[[assume]]\n'
        'parameter = "nest_dissimilarity"\nlow = 0.5\nhigh = 2.0\nsource = "Assumption of ours"\n'
    )
    words = ["--scenario", str(path), "--workspace", str(workspace.folder)]
    done = CliRunner().invoke(simulation, words)
    assert isinstance(done.exception, PolicyError)
    assert "nest_dissimilarity: high is 2" in str(done.exception)


def test_simulate_calls_back_after_every_draw(scene, policy):
    scene.run(policy, scenario(), 2, seed=1)
    world, baseline, ranking = scene.ranked[policy.name]
    rng = np.random.default_rng(1)
    drawn = scenario().draw(rng, 3)
    seen: list[int] = []
    simulate(world, baseline, ranking, drawn, rng=rng, each=lambda: seen.append(1))
    assert len(seen) == 3


def test_a_display_put_back_into_the_model_sells_what_the_log_saw_it_sell(scene):
    """One product at a time on display: its sales rise by what was estimated, to first order."""
    world = world_of(scene.candidates, scene.shelves, None)
    effect, dissimilarity = 0.1, 0.5
    pull = effect / world.kept.of(dissimilarity)
    nests = world.nests
    nest = np.repeat(np.arange(len(nests.need)), np.diff(nests.start))
    # as rest buys in the need too, it is one more product of the nest
    p_buy = np.concatenate([nests.p_buy, nests.rest])
    of = np.concatenate([nest, np.arange(len(nests.need))])
    sold = np.zeros(len(nests.p_buy))
    for row in range(len(nests.p_buy)):
        utility = np.zeros(len(p_buy))
        utility[row] = pull[nests.product[row]]
        mine = of == nest[row]
        found = expected_purchases(
            p_buy[mine],
            np.zeros(int(mine.sum()), np.int64),
            utility[mine],
            nests.occasions[nest[row] : nest[row] + 1],
            dissimilarity,
        )
        sold[row] = found[np.flatnonzero(mine) == row][0]
    department = world.department[nests.product]
    for one in np.unique(department):
        rows = department == one
        rise = np.log(sold[rows].sum() / nests.p_buy[rows].sum())
        assert rise == pytest.approx(effect, rel=0.1)
