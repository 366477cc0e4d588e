"""The Merchandise page: exact figures are the library's, quick ones say that they are not."""

import shutil
from datetime import date, timedelta

import pytest

from app_pages import _load
from app_pages._words import change, percent
from recommender.drafts import kept_policies
from recommender.frontier_points import policies_of
from recommender.impact.observed.parts import policy_said
from recommender.shop import Shop
from recommender.steps import default_policy, judge
from recommender.tradeoff import Scales
from recommender.tried import asked_of, tried_policy
from recommender.workspace import Workspace
from tests.app.merchandise_page import refined, report_of, shown, table_with, with_frontier

TILES = (
    "demand_revenue",
    "demand_margin",
    "demand_kg_pack",
    "kg_functional_per_purchase",
    "ndcg",
    "seller_small_share",
)


@pytest.fixture(scope="module")
def shop_folder(small_shop, tmp_path_factory):
    """The small shop with a frontier."""
    return with_frontier(small_shop, tmp_path_factory.mktemp("merchandise") / "workspace")


@pytest.fixture
def open_page(open_app, shop_folder):
    return lambda **query: open_app("merchandise", workspace=shop_folder, **query)


def tiles(figures) -> list[str]:
    return [percent(figures[name]["change"]) for name in TILES]


def test_the_tiles_are_the_reports_own_figures(open_page, shop_folder):
    app = open_page()
    figures = report_of(shop_folder)["policies"]["default"]["tasks"]["all"]["figures"]
    assert [metric.value for metric in app.metric] == tiles(figures)
    compared = table_with(app, "Figure").set_index("Figure")["Your weights (default)"]
    assert compared["Relevance (NDCG@10)"] == change(figures["ndcg"])
    assert compared["kg CO2e above habit"] == change(figures["demand_kg_excess"])
    assert "not a forecast" in shown(app)
    assert "Exact" in shown(app)


def test_a_moved_slider_is_answered_at_once_and_then_exactly(open_page, shop_folder):
    app = open_page()
    app.slider(key="climate").set_value(0.45).run()
    assert not app.exception
    if not all(metric.value.startswith("≈") for metric in app.metric):
        assert "Exact" in shown(app)  # it was quicker than the look
    else:
        assert "refining" in shown(app)
        assert "climate-0.3" in shown(app)
        points = policies_of(_load.frontier())
        ends = [
            points[name]["tasks"]["all"]["figures"]["ndcg"]["change"]
            for name in ("climate-0.3", "climate-0.6")
        ]
        # half way between two certified points
        assert app.metric[4].value == f"≈ {percent((ends[0] + ends[1]) / 2)}"
    refined(app)
    said = policy_said(default_policy(), Scales(m0=1.0, g0=1.0, short={}))
    tried = tried_policy(asked_of({**said, "weights": {**said["weights"], "climate": 0.45}}), said)
    judged = judge(Shop(Workspace(shop_folder)), [tried], draws=100).report
    figures = judged["policies"]["draft"]["tasks"]["all"]["figures"]
    assert [metric.value for metric in app.metric] == tiles(figures)
    assert "refining" not in shown(app)


def test_starting_from_a_policy_adopts_its_weights_and_limits(open_page, shop_folder):
    app = open_page()
    app.selectbox(key="policy").select("budget-twenty").run()
    assert not app.exception
    entry = report_of(shop_folder)["policies"]["budget-twenty"]
    assert app.select_slider(key="carbon_less").value == 20
    assert app.radio(key="reference").value == entry["carbon"]["reference"]
    assert [metric.value for metric in app.metric] == tiles(entry["tasks"]["all"]["figures"])
    assert "Also held, from where you started" in shown(app)
    assert "What each limit costs" in shown(app)
    assert "carbon budget" in shown(refined(app)).lower()


def test_a_short_link_opens_its_policy_with_its_own_figures(open_page, shop_folder):
    app = open_page(policy="mix-strong")
    entry = report_of(shop_folder)["policies"]["mix-strong"]
    assert app.slider(key="climate").value == entry["weights"]["climate"]
    assert app.radio(key="reference").value == "none"
    assert [metric.value for metric in app.metric] == tiles(entry["tasks"]["all"]["figures"])
    assert "Your weights (mix-strong)" in table_with(app, "Figure")
    assert "changed since" not in shown(app)


def test_a_link_may_change_a_number_of_its_policy_and_says_so(open_page):
    app = open_page(policy="mix-strong", climate="0.3")
    assert app.slider(key="climate").value == 0.3
    assert app.radio(key="reference").value == "none"
    assert "Policy of the report, changed since" in shown(app)


def test_a_policy_once_adopted_is_left_whole_for_another(open_page):
    app = open_page(policy="mix-strong", climate="0.3", known_only="false")
    app.selectbox(key="policy").select("default").run()
    assert app.slider(key="climate").value == default_policy().weights.climate
    assert app.radio(key="reference").value == "need"
    assert "changed since" not in shown(app)


def test_a_point_of_the_frontier_is_adopted_with_its_certified_figures(open_page):
    app = open_page()
    app.selectbox(key="policy").select("climate-0.6").run()
    point = policies_of(_load.frontier())["climate-0.6"]
    assert app.slider(key="climate").value == 0.6
    assert [metric.value for metric in app.metric] == tiles(point["tasks"]["all"]["figures"])


def test_new_items_are_judged_apart(open_page, shop_folder):
    app = open_page()
    app.segmented_control(key="task").set_value("new").run()
    figures = report_of(shop_folder)["policies"]["default"]["tasks"]["new"]["figures"]
    assert [metric.value for metric in app.metric] == tiles(figures)


def test_the_carbon_price_is_the_reports(open_page, shop_folder):
    app = open_page()
    price = report_of(shop_folder)["policies"]["default"]["carbon_price_per_tonne"]
    assert f"${price:,.0f}"[:2] in shown(app)
    assert "of margin for a tonne of CO2e" in shown(app)
    assert "Rennert" in shown(app)
    assert "Against the same weights without carbon (climate-0), margin changes by" in shown(app)
    app.slider(key="margin").set_value(0.0).run()
    assert "No carbon price in money" in shown(app)


def test_a_limit_has_a_price_once_it_is_judged(open_page):
    app = open_page()
    app.select_slider(key="floor").set_value(40).run()
    assert not app.exception
    said = shown(refined(app))
    assert "What each limit costs" in said
    assert "Seller floors" in said
    assert "certified within" in said or "out of reach" in said


def test_a_policy_is_saved_and_found_after_a_reload(open_page, shop_folder):
    app = open_page(climate="0.55")
    app.text_input(key="save_name").set_value("autumn-trial")
    app.text_area(key="save_reason").set_value("Less beef in autumn.")
    app.button(key="save").click().run()
    assert not app.exception
    assert any("autumn-trial" in e.value.replace("\\", "") for e in app.success)
    kept = kept_policies(Workspace(shop_folder)).policies["autumn-trial"]
    assert kept.weights.climate == 0.55
    assert kept.description == "Less beef in autumn."
    assert kept.review_date > date.today() + timedelta(days=80)
    assert app.text_input(key="save_name").value == ""
    assert [toast.value for toast in app.toast] == ["Saved as **autumn\\-trial**."]
    again = open_page()
    assert "autumn-trial" in again.selectbox(key="policy").options
    again = open_page(policy="autumn-trial")
    assert again.slider(key="climate").value == 0.55
    refined(again)
    assert "Exact" in shown(again)
    again.text_input(key="save_name").set_value("Autumn 2 %")
    again.text_area(key="save_reason").set_value("Once more.")
    again.button(key="save").click().run()
    said = again.error[0].value.replace("\\", "")
    assert "small letters (a to z), digits and hyphens. autumn-2 would do" in said
    again.text_input(key="save_name").set_value("autumn-trial")
    again.text_area(key="save_reason").set_value("Once more.")
    again.button(key="save").click().run()
    assert any("taken by another policy" in e.value.replace("\\", "") for e in again.error)


def test_without_a_frontier_the_page_says_so_and_makes_one(open_app, small_shop, tmp_path):
    folder = tmp_path / "workspace"
    shutil.copytree(small_shop, folder)
    app = open_app("merchandise", workspace=folder)
    assert "The frontier is not there yet" in shown(app)
    app.button(key="make_frontier").click().run()
    _load.refiner().wait_for_all(300)
    app.run()
    assert not app.exception
    assert "The frontier is not there yet" not in shown(app)
    assert len(policies_of(_load.frontier())) > 30


def test_a_link_reopens_the_same_view(open_page):
    app = open_page(
        climate="0.6", margin="0.2", sellers="0.1", view="Suppliers", floor="40 % of its share"
    )
    assert [app.slider(key=key).value for key in ("climate", "margin", "sellers")] == [
        0.6,
        0.2,
        0.1,
    ]
    assert app.select_slider(key="floor").value == 40
    assert app.segmented_control(key="view").value == "suppliers"
