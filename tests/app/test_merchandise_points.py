"""The frontier's chart: what stands against carbon, how much may be given up, where names stand."""

from types import SimpleNamespace

import pandas as pd
import pytest

from app_pages import _load
from app_pages._merchandise.chart import frontier_spec
from app_pages._merchandise.controls import CONTROLS
from app_pages._merchandise.outcome import left_out
from app_pages._merchandise.points import deepest_within, named, within_sentence
from app_pages._words import change
from recommender.frontier_points import policies_of
from recommender.tried import Asked, nearest
from tests.app.merchandise_page import shown, table_with, with_frontier


@pytest.fixture(scope="module")
def shop_folder(small_shop, tmp_path_factory):
    return with_frontier(small_shop, tmp_path_factory.mktemp("points") / "workspace")


@pytest.fixture
def open_page(open_app, shop_folder):
    return lambda **query: open_app("merchandise", workspace=shop_folder, **query)


def rows(*given: tuple[str, str, float, float]) -> pd.DataFrame:
    """Points of (name, role, carbon, figure) in percent, with at most 1 % to give up."""
    return pd.DataFrame(
        [
            {
                "policy": name,
                "role": role,
                "carbon": carbon,
                "carbon_said": f"{carbon:g}",
                "up": up,
                "up_low": up - 0.5,
                "up_said": f"{up:g}",
                "relevance_said": "r",
                "limit": -1.0,
                "within": up >= -1.0,
            }
            for name, role, carbon, up in given
        ]
    )


def test_of_the_points_within_the_limit_the_one_that_cuts_most_carbon_is_told():
    # by hand: c cuts most but gives up 2 %, b cuts 20 % for 0.8 %, a less
    points = rows(
        ("today", "today", 0, 0),
        ("a", "policy", -5, 0.3),
        ("b", "policy", -20, -0.8),
        ("c", "policy", -30, -2),
        ("your weights", "your weights", -25, -0.1),
    )
    assert deepest_within(points) == "b"
    said = within_sentence(points, "demand_revenue")
    assert "4 give up at most 1 % of revenue; of these **b** cuts most carbon: kg CO2e -20" in said
    assert "Its interval reaches −1.3" in said


def test_where_no_point_cuts_carbon_within_the_limit_it_is_said():
    points = rows(("today", "today", 0, 0), ("c", "policy", -30, -2))
    assert deepest_within(points) is None
    assert within_sentence(points, "demand_margin") == (
        "No certified point cuts carbon and gives up at most 1 % of margin."
    )


def test_no_name_stands_on_another_mark_or_name_but_yours_and_todays_always_stand():
    points = rows(
        ("today", "today", 0, 0),
        ("mine", "your weights", -40, -4),
        ("far-from-all", "policy", -20, -2),
        ("crowded-one", "policy", -30.0, -1.0),
        ("crowded-two", "policy", -29.5, -1.02),
        ("point", "frontier point", -10, -3),
    )
    found = dict(zip(points["policy"], named(points), strict=True))
    assert found["today"] == "left"
    assert found["mine"] == "right"
    assert found["far-from-all"]
    assert found["point"] == ""
    # each stands in the way of the other's name on that side
    assert (found["crowded-one"], found["crowded-two"]) == ("left", "right")


def test_revenue_stands_against_carbon_where_it_is_chosen(open_page):
    app = open_page(axis="Revenue", give_up="100", far="true")
    assert not app.exception
    assert "Change in revenue against change in carbon" in shown(app)
    assert "give up at most 100 % of revenue" in shown(app)
    # everything is within 100 %: the deepest cut of all is told
    entries = {**policies_of(_load.frontier()), **_load.opened().report["policies"]}
    carbon = {
        name: entry["tasks"]["all"]["figures"]["demand_kg_functional"]["change"]
        for name, entry in entries.items()
    }
    assert f"**{min(carbon, key=carbon.get)}** cuts most carbon" in shown(app)


def test_a_button_adopts_the_point_that_cuts_most(open_page):
    app = open_page(axis="Revenue", give_up="100")
    button = app.button(key="adopt_deepest")
    name = button.label.removeprefix("Adopt ").replace("\\", "")
    button.click().run()
    assert not app.exception
    assert app.selectbox(key="policy").value == name
    entry = {**policies_of(_load.frontier()), **_load.opened().report["policies"]}[name]
    assert app.slider(key="climate").value == entry["weights"]["climate"]
    figure = entry["tasks"]["all"]["figures"]["demand_kg_functional"]
    assert change(figure) in shown(app)
    assert not [b for b in app.button if b.key == "adopt_deepest"]  # it is in force


def test_the_chart_is_made_once_for_an_axis():
    assert frontier_spec(-40.0, 10.0, "ndcg") is frontier_spec(-40.0, 10.0, "ndcg")
    assert "Change in margin, %" in str(frontier_spec(-40.0, 10.0, "demand_margin"))


def test_limits_that_the_figures_do_not_hold_yet_are_named():
    force = SimpleNamespace(asked=Asked(floor=0.4, carbon_less=0.1))
    point = {"weights": {}, "sellers": {"floor": 0.2}, "limits": {"carbon_change": -0.15}}
    # by hand: 40 % was asked and 20 % is held; −15 % of carbon is stricter than −10 %
    assert left_out(force, [point]) == [
        "These figures leave the floor of 40 % for each supplier out and hold 20 % only, until the "
        "exact answer is in."
    ]


def test_the_nearest_policy_is_the_fewest_steps_away():
    entries = {"a": {"weights": {"climate": 0.1}}, "b": {"weights": {"climate": 0.6}}}
    assert nearest(Asked(climate=0.4), entries) == "b"
    assert nearest(Asked(), {}) is None


def test_the_chart_and_its_table_hold_the_same_points(open_page):
    app = open_page(points="true")
    table = table_with(app, "Compared").set_index("Policy")
    points = policies_of(_load.frontier())
    for name in set(points) & set(table.index):
        figures = points[name]["tasks"]["all"]["figures"]
        assert table.loc[name, "kg CO2e, equal function"] == change(figures["demand_kg_functional"])
        assert table.loc[name, "Relevance"] == change(figures["ndcg"])
    assert set(points) & set(table.index)


def test_an_adoption_outlives_controls_that_were_sent_before_the_browser_heard_of_it(open_page):
    app = open_page()
    before = {key: app.session_state[key] for key in CONTROLS}
    app.selectbox(key="policy").set_value("mix-strong").run()
    adopted = {key: app.session_state[key] for key in CONTROLS}
    assert adopted["climate"] == 0.5
    for key in ("climate", "margin", "sellers"):
        app.slider(key=key).set_value(before[key])
    for key in ("carbon_less", "floor", "relevance"):
        app.select_slider(key=key).set_value(before[key])
    app.radio(key="reference").set_value(before["reference"])
    app.checkbox(key="known_only").set_value(before["known_only"]).run()
    assert not app.exception
    assert {key: app.session_state[key] for key in CONTROLS} == adopted
    # but a control that somebody moves stays where it is
    app.slider(key="climate").set_value(0.7).run()
    assert app.session_state["climate"] == 0.7
