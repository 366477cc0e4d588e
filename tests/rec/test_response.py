"""Response to displays: a planted effect is found, and what the design can not tell is said."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from pcf_estimator.tables import TableError, check_table
from recommender.impact.response import response as response_module
from recommender.impact.response.estimate import borrowed, department_response
from recommender.impact.response.nests import log_ratio_of, pull_of
from recommender.impact.response.panel import PanelRules, cells_of, draw, informative_products
from recommender.impact.response.response import (
    Effect,
    Variation,
    frame_of,
    poisson,
    pooled,
    variation,
)
from recommender.impact.response.step import response_step
from recommender.impact.response.text import interval_chart, response_words
from recommender.impact.response.verdicts import (
    Transfer,
    display_verdict,
    uniform_verdict,
)
from recommender.impact.response.worlds import (
    World,
    simulated_cells,
    simulated_shop,
    tiny_log,
)
from recommender.impact.what_if.choice import expected_purchases, occasions_of
from recommender.long_tables import check_long_table
from recommender.relevance.displays import write_displays
from recommender.response_cli import response as commands
from recommender.shop import Shop
from recommender.tables import DISPLAYS, PURCHASES
from recommender.workspace import Workspace, write_table

PLANTED = 0.3  # log of a ratio of rates: exp(0.3) - 1 = 35 % more


@pytest.fixture(scope="module")
def cells():
    return simulated_cells(World(display=PLANTED), np.random.default_rng(3))


@pytest.fixture(scope="module")
def told(cells):
    return department_response("made up", cells, 30, ("none", "end cap"))


def holds(effect, log_ratio):
    low, high = effect.interval
    return low <= np.expm1(log_ratio) <= high


# the cells


def test_every_listed_week_of_a_store_that_sold_it_is_a_cell_sold_or_not():
    log, displays = tiny_log()
    cells = cells_of(log, displays, np.array([0]))
    # weeks 3 and 4 have two listed weeks before and one after; each store sold milk once
    assert cells.store.tolist() == [0, 0, 1, 1]
    assert cells.week.tolist() == [3, 4, 3, 4]
    assert cells.units.tolist() == [2.0, 0.0, 0.0, 1.0]
    assert cells.shown.tolist() == [True, False, False, False]
    assert cells.lag1.tolist() == [False, True, True, False]  # store 1 had it in week 2
    assert cells.lag2.tolist() == [False, False, False, True]
    assert not cells.lead.any()
    assert not cells.mailer.any()


def test_a_cell_without_a_sale_has_the_median_price_of_its_week():
    log, displays = tiny_log()
    cells = cells_of(log, displays, np.array([0]))
    # week 3: 6.0 paid for two, so 3.0 each; week 4: 2.0 for one
    assert np.exp(cells.log_price).tolist() == pytest.approx([3.0, 2.0, 3.0, 2.0])


def test_outside_listed_stores_and_weeks_there_are_no_cells():
    log, displays = tiny_log()
    only_a = replace(
        displays.weeks(1, 5),
        **{
            name: getattr(displays, name)[displays.store == 0]
            for name in ("product", "store", "week", "display", "mailer")
        },
    )
    assert cells_of(log, only_a, np.array([0])).store.tolist() == [0]
    assert len(cells_of(log, displays.weeks(1, 3), np.array([0]))) == 0


def test_products_shown_alike_everywhere_or_sold_too_rarely_tell_nothing():
    log, displays = tiny_log()
    # milk stands in one of two stores in weeks 2 and 3; soap is in the mailer, never on display
    assert informative_products(log, displays, PanelRules(lines=2)).tolist() == [0]
    assert informative_products(log, displays, PanelRules(lines=3)).tolist() == []


def test_a_large_department_is_drawn_by_chance_and_the_same_way_again():
    log, displays = tiny_log()
    rules = PanelRules(lines=1, cells=1)
    first, again = (draw(log, displays, np.zeros(2, np.int64), rules) for _ in range(2))
    assert [(one.products.tolist(), one.eligible) for one in first] == [([0], 1)]
    assert again[0].products.tolist() == first[0].products.tolist()
    assert draw(log, displays, np.full(2, -1), rules) == []


# the models


def test_a_planted_effect_is_found_within_its_interval_and_a_naive_comparison_is_not(cells, told):
    assert holds(told.display, PLANTED)
    assert told.verdict.word == "identified"
    shown = cells.shown
    naive = np.log(cells.units[shown].mean() / cells.units[~shown].mean())
    # displays follow the product's week and the store's level: the naive ratio is far above
    assert not holds(told.display, naive)
    assert naive > 2 * PLANTED


def test_leaving_zero_cells_out_hides_the_effect(told):
    by_name = {one.name: one.effect for one in told.variants}
    selected = by_name["biased on purpose: cells with a sale only"]
    # given that some are sold, 35 % more sales are mostly more cells with a sale
    assert selected.interval[1] < np.expm1(PLANTED)
    assert selected.change < 0.7 * told.display.change
    assert holds(by_name["store x week effects too"], PLANTED)


def test_the_week_before_and_the_weeks_after_show_nothing_where_nothing_is_planted(told):
    assert all(holds(effect, 0.0) for effect in (told.lead, told.lag1, told.lag2))


def test_a_stock_used_up_shows_in_the_weeks_after_and_in_the_net():
    world = World(display=0.5, stockpiling=0.2, base=0.0)
    told = department_response("x", simulated_cells(world, np.random.default_rng(1)), 30, ())
    assert holds(told.lag1, -0.2)
    assert told.lag1.interval[1] < 0
    # exp(0.5) - 1 = 0.649 won, twice exp(-0.2) - 1 = -0.181 lost: 0.286 of a week's sales
    total, low, high = told.net
    assert low < 0.286 < high
    assert total < told.display.change


def test_displays_that_follow_what_a_store_sells_bias_the_estimate_upwards():
    world = World(display=PLANTED, targeted=1.0)
    told = department_response("x", simulated_cells(world, np.random.default_rng(2)), 30, ())
    # week-by-week targeting leaves no trace in the week before: this is what stays assumed
    assert told.display.interval[0] > np.expm1(PLANTED)


def test_a_mailer_that_is_the_same_in_all_stores_is_told_as_not_identified(told):
    assert told.mailer is None
    assert told.mailer_variation.in_week == pytest.approx(0.0, abs=1e-12)
    assert told.mailer_verdict.sentence.startswith(
        "not identified: the mailer is the same in all stores of a week ("
    )
    varies = World(mailer_varies=True, products=10)
    other = department_response("x", simulated_cells(varies, np.random.default_rng(4)), 10, ())
    assert other.mailer is not None
    assert holds(other.mailer, 0.0)  # it was planted without effect


def test_displays_that_are_the_same_in_all_stores_are_told_as_not_identified(cells):
    week = cells.product_week
    alike = replace(cells, display=(week % 3 == 0).astype(np.int16))
    told = department_response("x", alike, 30, ())
    assert told.verdict.word == "not identified"
    assert told.usable is None
    assert "stores of the same week" in told.verdict.sentence


def test_few_products_or_a_placebo_that_moves_take_the_verdict_away():
    varied = Variation(cells=0.1, in_week=0.6, beside_both=0.5)
    effect = Effect(log_ratio=0.4, error=0.05, clusters=30)
    still = Effect(log_ratio=0.02, error=0.05, clusters=30)
    early = Effect(log_ratio=0.15, error=0.05, clusters=30)
    much = Effect(log_ratio=0.25, error=0.05, clusters=30)
    words = [display_verdict(effect, lead, varied).word for lead in (still, early, much)]
    assert words == ["identified", "doubtful", "not identified"]
    few = replace(effect, clusters=19)
    assert "19 products" in display_verdict(few, still, varied).sentence
    assert display_verdict(still, still, varied).word == "no effect seen"


def test_an_interval_is_wide_by_students_t_where_clusters_are_few():
    # t with 9 degrees of freedom: 2.262; exp(0.2 - 0.2262) - 1 = -0.026, exp(0.4262) - 1 = 0.531
    low, high = Effect(log_ratio=0.2, error=0.1, clusters=10).interval
    assert (round(low, 3), round(high, 3)) == (-0.026, 0.531)


def test_departments_that_differ_by_more_than_their_errors_widen_the_mean():
    one = Effect(log_ratio=0.1, error=0.01, clusters=40)
    other = Effect(log_ratio=0.5, error=0.01, clusters=40)
    mean, spread = pooled([one, other])
    # by hand: Q = 2 * 0.2^2 / 0.0001 = 800, scale = 10,000, spread^2 = 799 / 10,000
    assert mean.log_ratio == pytest.approx(0.3)
    assert spread == pytest.approx(np.sqrt(0.0799))
    assert mean.error == pytest.approx(0.2)


def test_a_department_without_an_effect_of_its_own_borrows_a_wider_range(told):
    lost = replace(told, display=None)
    assert borrowed([told, lost]) is None
    mean, (low, high) = borrowed([told, told, lost])
    assert low < mean.interval[0] < mean.interval[1] < high or low <= mean.interval[0]


def test_a_regressor_that_the_effects_take_up_is_refused_by_name(cells):
    with pytest.raises(response_module.NotEstimable, match="mailer"):
        poisson(frame_of(cells), ["display", "mailer"])


def test_a_missing_library_is_one_clear_message(cells, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyfixest", None)
    with pytest.raises(TableError, match=r"pip install 'greenaisle\[impact\]'"):
        poisson(frame_of(cells), ["display"])


# properties


@given(
    low=st.floats(-0.9, 2.0), width=st.floats(0.0, 2.0), least=st.floats(0, 1), more=st.floats(0, 1)
)
def test_a_slots_range_holds_every_share_of_every_effect(low, width, least, more):
    transfer = Transfer(low=least, high=least + more)
    bottom, top = transfer.slot(low, low + width)
    for share in (transfer.low, transfer.high):
        for change in (low, low + width):
            assert bottom <= share * change <= top


def test_a_transfer_that_is_no_range_is_refused():
    with pytest.raises(ValueError, match="0 <= low <= high"):
        Transfer(low=0.5, high=0.2)


@given(st.integers(0, 2**32 - 1))
def test_shares_of_variance_fall_with_every_group_removed(seed):
    rng = np.random.default_rng(seed)
    values, one, other = rng.normal(size=40), rng.integers(4, size=40), rng.integers(5, size=40)
    shares = [response_module.varied_share(values, *g) for g in ((one,), (one, other))]
    assert 0 <= shares[1] <= shares[0] + 1e-9 <= 1 + 2e-9


def test_a_mailer_hardly_varying_is_no_design_and_one_that_varies_is():
    assert uniform_verdict("the mailer", Variation(cells=0.2, in_week=0.5, beside_both=0.4)) is None


# the step and the command


@pytest.fixture(scope="module")
def shop_folder(tmp_path_factory):
    """Workspace of a small shop: 24 products, 8 stores, 30 weeks, some products on display."""
    rng = np.random.default_rng(8)
    products, shape = 24, (24, 8, 30)
    shown = rng.random(shape) < 0.25
    units = rng.poisson(np.exp(-0.5 + 0.4 * shown))
    product, store, week = (np.repeat(grid.ravel(), units.ravel()) for grid in np.indices(shape))
    purchases = pd.DataFrame(
        {
            "customer_id": [f"c{k % 50}" for k in range(len(product))],
            "product_id": [f"p{k:02d}" for k in product],
            "bought_at": pd.Timestamp("2024-01-01 12:00") + pd.to_timedelta(7 * week, unit="D"),
            "quantity": 1.0,
            "paid": 2.0,
            "week": week + 1,
            "store_id": [f"s{k}" for k in store],
        }
    )
    catalogue = pd.DataFrame(
        {
            "product_id": [f"p{k:02d}" for k in range(products)],
            "title": [f"product {k}" for k in range(products)],
            "department": "grocery",
        }
    )
    at = np.argwhere(shown)
    table = pd.DataFrame(
        {
            "product_id": [f"p{k:02d}" for k in at[:, 0]],
            "store_id": [f"s{k}" for k in at[:, 1]],
            "week": at[:, 2] + 1,
            "display": "end cap",
        }
    )
    workspace = Workspace(tmp_path_factory.mktemp("response"))
    with workspace.replacing("tables", "a") as folder:
        write_table(folder / "catalogue.parquet", catalogue)
        write_table(folder / "purchases.parquet", check_table(purchases, PURCHASES, "purchases"))
        write_displays(
            folder / "displays.parquet",
            check_long_table(pa.Table.from_pandas(table), DISPLAYS, "displays"),
        )
    return workspace.folder


@pytest.fixture(scope="module")
def facts(shop_folder):
    return response_step(Shop(Workspace(shop_folder)))


def test_the_step_writes_tables_and_is_not_made_anew(shop_folder, facts, capsys):
    workspace = Workspace(shop_folder)
    rows = workspace.table("response", "departments")
    assert rows["department"].tolist() == ["grocery"]
    low, high = facts["departments"][0]["display"]["interval"]
    assert (rows["display_low"][0], rows["display_high"][0]) == pytest.approx((low, high), abs=1e-6)
    assert low > 0  # displays were planted to sell more
    assert rows["slot_low"][0] == pytest.approx(0.1 * rows["low"][0])
    assert response_step(Shop(workspace)) == facts
    assert "nothing changed" in capsys.readouterr().err


def test_no_purchase_of_the_judging_weeks_enters(shop_folder, facts, tmp_path):
    weeks = Shop(Workspace(shop_folder)).weeks.judge
    assert facts["weeks"] == [1, weeks.history_until]
    changed = Workspace(tmp_path)
    with changed.replacing("tables", "b") as folder:
        for path in (shop_folder / "tables").iterdir():
            (folder / path.name).write_bytes(path.read_bytes())
        purchases = pd.read_parquet(folder / "purchases.parquet")
        late = purchases["week"] >= weeks.first
        purchases.loc[late, "quantity"] = 100.0  # the canary
        write_table(folder / "purchases.parquet", purchases)
    assert late.any()
    assert response_step(Shop(changed)) == facts


def test_the_words_name_the_assumption_the_rule_and_the_mailer(facts):
    words = response_words(facts)
    assert Transfer().sentence in words
    assert "not identified: no mailer in the cells" in words
    assert "50 or more purchase lines" in words
    assert all(one["slot_assumption"] == Transfer().sentence for one in facts["departments"])
    assert interval_chart(facts).count("o") >= 1
    assert interval_chart({"departments": []}) == ""


def test_the_command_answers_in_a_table_or_in_json(shop_folder, facts):
    app = typer.Typer()
    app.add_typer(commands, name="response")
    runner = CliRunner()
    words = ["response", "estimate", "--workspace", str(shop_folder)]
    made = runner.invoke(app, [*words, "--json"])
    assert made.exit_code == 0
    # the command's own defaults are those of the step: nothing was estimated anew
    assert json.loads(made.stdout) == facts
    assert runner.invoke(app, words).exit_code == 0
    twisted = runner.invoke(app, [*words, "--transfer-low", "2"])
    assert twisted.exit_code == 2
    assert "above --transfer-high" in twisted.output


def test_a_shop_without_displays_or_such_a_department_gets_one_clear_message(shop_folder, tmp_path):
    without = Workspace(tmp_path)
    with without.replacing("tables", "a") as folder:
        for name in ("catalogue.parquet", "purchases.parquet"):
            (folder / name).write_bytes((shop_folder / "tables" / name).read_bytes())
    with pytest.raises(TableError, match="hold no displays"):
        response_step(Shop(without))
    shop = Shop(Workspace(shop_folder))
    with pytest.raises(TableError, match="'deli' is not in the catalogue, which has: grocery"):
        response_step(shop, departments=["deli"])
    with pytest.raises(TableError, match="no product has 100000 purchase lines"):
        response_step(shop, PanelRules(lines=100_000))


def test_variation_of_a_constant_is_none(cells):
    assert variation(cells, np.ones(len(cells))).in_week == 0.0  # exactly: no variance at all


# worlds that break what the estimate assumes, and needs


def test_each_switch_of_a_world_does_what_it_says():
    def shop(**switches):
        return simulated_shop(World(base=1.0, **switches), np.random.default_rng(5))

    plain = shop()
    assert plain.listed.all()
    lost = shop(dropped=1.0)
    assert np.array_equal(~lost.listed, lost.shown & (lost.units == 0))
    assert len(lost.cells()) < len(plain.cells())
    # exp(0.3) - 1 = 0.35 won; a third of it unrecorded leaves as much as exp(0.3) - 0.35 / 3
    some = shop(unrecorded=1 / 3)
    sold = (some.units[some.shown].mean() / plain.units[plain.shown].mean()).round(2)
    assert sold == pytest.approx((np.exp(0.3) - np.expm1(0.3) / 3) / np.exp(0.3), abs=0.02)
    follow = shop(priced=0.5)
    log_units = np.log1p(follow.units)
    assert np.corrcoef(follow.log_price.ravel(), log_units.ravel())[0, 1] != pytest.approx(
        np.corrcoef(plain.log_price.ravel(), np.log1p(plain.units).ravel())[0, 1], abs=0.01
    )


def test_expected_units_follow_displays_and_stocks():
    shop = simulated_shop(World(stockpiling=0.1), np.random.default_rng(1))
    nowhere = np.zeros_like(shop.shown)
    once = nowhere.copy()
    once[:, :, 5] = True
    ratio = shop.expected_units(once) / shop.expected_units(nowhere)
    # week 5 is the fourth of the panel: exp(0.3) there, exp(-0.1) in each of the two after it
    by_hand = np.ones(ratio.shape[2])
    by_hand[3:6] = np.exp([0.3, -0.1, -0.1])
    assert ratio == pytest.approx(np.broadcast_to(by_hand, ratio.shape))


@given(
    pull=st.floats(-2.0, 2.0),
    dissimilarity=st.floats(0.05, 1.0),
    p_buy=st.lists(st.floats(0.01, 0.3), min_size=1, max_size=5),
)
def test_a_pull_put_through_the_nests_sells_what_the_choice_model_says(pull, dissimilarity, p_buy):
    chances, nest = np.array(p_buy), np.zeros(len(p_buy), np.int64)
    occasions = occasions_of(chances, nest, np.zeros(1))
    alone = 0.0
    for row in range(len(chances)):
        utility = np.zeros(len(chances))
        utility[row] = pull
        alone += expected_purchases(chances, nest, utility, occasions, dissimilarity)[row]
    args = chances, nest, occasions, dissimilarity
    assert log_ratio_of(pull, *args) == pytest.approx(np.log(alone / chances.sum()), abs=1e-9)
    assert pull_of(log_ratio_of(pull, *args), *args) == pytest.approx(pull, abs=1e-6)


def test_sales_that_can_not_rise_so_far_are_refused():
    # 0.8 of one occasion: they can at most rise to 1.25 times as much
    with pytest.raises(ValueError, match=r"change of sales by \+65%.* to \+25%"):
        pull_of(0.5, np.array([0.8]), np.zeros(1, np.int64), np.ones(1), 1.0)
