"""The Merchandise page: exact figures are the library's, quick ones say that they are not."""

import json
import re
import shutil
from datetime import date, timedelta

import pandas as pd
import pytest

from app_pages import _load
from app_pages._merchandise.keep import safe_csv
from app_pages._merchandise.sellers import lorenz, moves
from app_pages._merchandise.what_if import range_sentence, range_table
from app_pages._words import change, percent
from recommender.drafts import kept_policies
from recommender.frontier_points import frontier_points_step, policies_of
from recommender.impact.observed.parts import policy_said
from recommender.shop import Shop
from recommender.steps import default_policy, judge
from recommender.tradeoff import Scales
from recommender.tried import asked_of, tried_policy
from recommender.workspace import Workspace, fingerprint, write_text

PATHS = (("weights.climate", False, (0.0, 0.3, 0.6)), ("limits.carbon_change", True, (-0.3,)))
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
    folder = tmp_path_factory.mktemp("merchandise") / "workspace"
    shutil.copytree(small_shop, folder)
    frontier_points_step(Shop(Workspace(folder)), None, PATHS, 100)
    return folder


@pytest.fixture
def open_page(open_app, shop_folder):
    return lambda **query: open_app("merchandise", workspace=shop_folder, **query)


def shown(app) -> str:
    parts = [*app.title, *app.header, *app.markdown, *app.caption, *app.info, *app.warning]
    text = "\n".join(element.value for element in parts)
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text).replace("\N{WORD JOINER}", "")


def refined(app):
    _load.refiner().wait_for_all(120)
    app.run()
    assert not app.exception
    return app


def report_of(folder) -> dict:
    return json.loads((folder / "backtest" / "report.json").read_text())


def tiles(figures) -> list[str]:
    return [percent(figures[name]["change"]) for name in TILES]


def test_the_tiles_are_the_reports_own_figures(open_page, shop_folder):
    app = open_page()
    figures = report_of(shop_folder)["policies"]["default"]["tasks"]["all"]["figures"]
    assert [metric.value for metric in app.metric] == tiles(figures)
    compared = app.dataframe[1].value.set_index("Figure")["Your weights (default)"]
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
    again = open_page()
    assert "autumn-trial" in again.selectbox(key="policy").options
    again.selectbox(key="policy").select("autumn-trial").run()
    assert again.slider(key="climate").value == 0.55
    refined(again)
    assert "Exact" in shown(again)
    again.text_input(key="save_name").set_value("autumn-trial")
    again.text_area(key="save_reason").set_value("Once more.")
    again.button(key="save").click().run()
    assert any("taken by another policy" in e.value.replace("\\", "") for e in again.error)


def test_suppliers_who_gain_and_lose_can_be_searched(open_page, shop_folder):
    app = open_page(view="Suppliers")
    assert not app.exception
    table = next(frame.value for frame in app.dataframe if "Supplier" in frame.value)
    shares = report_of(shop_folder)["policies"]["default"]["tasks"]["all"]["sellers"]
    shown_now = table.set_index("Supplier")["Attention with these"]
    for seller, share in shares.items():
        assert shown_now[seller] == pytest.approx(100 * share, rel=1e-4)
    app.text_input(key="supplier").set_value("hill").run()
    table = next(frame.value for frame in app.dataframe if "Supplier" in frame.value)
    assert table["Supplier"].tolist() == ["Hill Farm"]


def test_an_old_report_says_that_it_has_no_segments(open_page, shop_folder):
    app = open_page(view="Segments")
    assert not app.exception
    report = report_of(shop_folder)
    if not report.get("segments"):
        assert app.info
    else:
        assert "Households by" in [control.label for control in app.segmented_control]


def test_what_if_says_which_command_makes_it(open_page):
    app = open_page(view="What if")
    assert not app.exception
    assert "greenaisle simulate" in shown(app)
    assert "what if" in shown(app)


WHAT_IF = {
    "schema": 1,
    "layer": "what if",
    "policy": "default",
    "policy_version": 1,
    "baseline": "relevance",
    "window": {"first_week": 1, "last_week": 4},
    "scenario": {
        "name": "still",
        "version": 1,
        "description": "Nobody reacts to $x$.",
        "assumptions": [
            {
                "parameter": "habit",
                "low": 0.0,
                "high": 0.2,
                "unit": "",
                "source": "=ours",
                "words": "h",
            }
        ],
    },
    "draws": 20,
    "seed": 1,
    "figures": {},
    "runs": {
        "short": {
            "revenue": {
                "value": 1,
                "low": 0,
                "high": 2,
                "change": 0.01,
                "change_low": -0.02,
                "change_high": 0.04,
            },
            "kg_total": {
                "value": 1,
                "low": 0,
                "high": 2,
                "change": -0.1,
                "change_low": -0.15,
                "change_high": -0.05,
            },
        },
        "long": {},
    },
    "observed": {"revenue": {"change": 0.02}},
    "sellers": {"gain": 3, "lose": 2, "left": 0, "entered": 0},
    "drivers": [{"parameter": "habit", "share": 0.7}],
    "notes": ["A note."],
}


def test_a_scenario_is_shown_as_ranges_in_its_own_dress(open_app, shop_folder, tmp_path):
    folder = tmp_path / "workspace"
    shutil.copytree(shop_folder, folder)
    workspace = Workspace(folder)
    with workspace.replacing("simulation", fingerprint(one=1), {}, ["tables"]) as step:
        write_text(step / "default--still.json", json.dumps(WHAT_IF))
    app = open_app("merchandise", workspace=folder, view="What if")
    assert not app.exception
    said = shown(app)
    assert "every figure is a range" in said
    assert "total kg co2e falls" in said.lower()
    assert "which way revenue would go, this cannot tell" in said
    table = next(frame.value for frame in app.dataframe if "Range" in frame.value)
    assert table.set_index("Figure")["Observed nearby"]["Revenue"] == percent(0.02)


def test_the_words_of_a_range_are_certain_only_where_it_is():
    # by hand: revenue's range crosses 0, that of total kg lies below it
    assert range_sentence(range_table(WHAT_IF, "short")) == (
        "In nine draws in ten total kg co2e falls; which way revenue would go, this cannot tell."
    )


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


def test_formulas_in_a_csv_are_letters():
    table = pd.DataFrame({"name": ["=1+1", "@x", "-2", "plain"], "kg": [-1.0, 2.0, 3.0, 4.0]})
    lines = safe_csv(table).splitlines()
    assert lines[1:] == ["'=1+1,-1.0", "'@x,2.0", "'-2,3.0", "plain,4.0"]


def test_a_lorenz_curve_runs_from_nothing_to_all():
    table = moves({"a": 0.5, "b": 0.5}, {"a": 1.0}, {"a": 0.5, "b": 0.5})
    curves = lorenz(table)
    today = curves[curves["of"] == "today"]
    # by hand: the lesser half of two suppliers has nothing today, and half of all with these
    assert today[["suppliers", "attention"]].to_numpy().tolist() == [[0, 0], [50, 0], [100, 100]]
    after = curves[curves["of"] == "these weights"]
    assert after["attention"].tolist() == [0, 50, 100]
    assert table.set_index("seller")["moved"].to_dict() == {"a": -0.5, "b": 0.5}
