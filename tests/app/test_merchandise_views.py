"""A closer look at a policy: suppliers, segments, scenarios, two compared, and files."""

import json
import shutil
from datetime import date
from types import SimpleNamespace

import pandas as pd
import pytest

from app_pages import _load
from app_pages._merchandise.keep import is_whole, own_page, safe_csv
from app_pages._merchandise.outcome import second_sentence, told
from app_pages._merchandise.segments import hidden_sentence
from app_pages._merchandise.sellers import lorenz, moves
from app_pages._merchandise.state import known
from app_pages._merchandise.what_if import fine_percent, range_sentence, range_table
from app_pages._words import change, percent
from recommender.closer_looks import SECOND_TABLE
from recommender.impact.observed.parts import policy_said
from recommender.judged_points import Stage, judged_policy
from recommender.policy import read_policy, shipped_policies
from recommender.steps import default_policy
from recommender.tradeoff import Scales
from recommender.tried import Asked, tried_policy
from recommender.workspace import Workspace, fingerprint, write_text
from tests.app.merchandise_page import refined, report_of, shown, table_with, with_frontier

SAID = policy_said(default_policy(), Scales(m0=1.0, g0=1.0, short={}))


@pytest.fixture(scope="module")
def shop_folder(small_shop, tmp_path_factory):
    """The small shop with a frontier."""
    return with_frontier(small_shop, tmp_path_factory.mktemp("merchandise") / "workspace")


@pytest.fixture
def open_page(open_app, shop_folder):
    return lambda **query: open_app("merchandise", workspace=shop_folder, **query)


def test_suppliers_who_gain_and_lose_can_be_searched(open_page, shop_folder):
    app = open_page(view="Suppliers")
    assert not app.exception
    table = table_with(app, "Supplier")
    shares = report_of(shop_folder)["policies"]["default"]["tasks"]["all"]["sellers"]
    shown_now = table.set_index("Supplier")["Attention with these"]
    for seller, share in shares.items():
        assert shown_now[seller] == pytest.approx(100 * share, rel=1e-4)
    app.text_input(key="supplier").set_value("hill").run()
    table = table_with(app, "Supplier")
    assert table["Supplier"].tolist() == ["Hill Farm"]
    app.text_input(key="supplier").set_value("nobody").run()
    assert "Nothing found: no supplier's name holds nobody" in shown(app)
    assert "suppliers due at least one place" in shown(app)


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


def test_segments_of_weights_that_the_report_does_not_know_are_judged_now(open_page):
    app = refined(open_page(climate="0.45", view="Segments"))
    assert "of your weights" in shown(app)  # on their way
    refined(app)
    table = table_with(app, "Segment")
    assert set(table["Segment"]) <= {"s0", "s1"}
    assert "segments are not told" not in shown(app)


def test_how_many_segments_are_kept_back_is_said_only_where_some_are():
    report = {"suppressed": {"age": 0, "store": 2}, "smallest": 10}
    assert hidden_sentence(report, "age") == ""
    assert hidden_sentence(report, "store").startswith("2 segments are not told")


def test_two_policies_are_compared_with_what_was_paid_and_the_interval_between_them(open_page):
    app = refined(open_page(beside="mix-strong"))
    settings, figures = (table_with(app, column) for column in ("Setting", "Figure"))
    known = settings.set_index("Setting").loc["Known figures only"]
    assert known.tolist() == ["no", "yes"]
    table = figures.set_index("Figure")
    report = _load.opened().report["policies"]
    paid = report["default"]["tasks"]["all"]["figures"]["hits_revenue"]
    assert table.loc["Paid in the window", "Your weights (default)"] == change(paid)
    revenue = [report[n]["tasks"]["all"]["figures"]["demand_revenue"] for n in report]
    names = list(report)
    mine, theirs = (revenue[names.index(n)]["change"] for n in ("default", "mix-strong"))
    assert table.loc["Revenue", "Apart"].startswith(f"{percent(mine - theirs)} [")
    assert "interval of the difference" in shown(app)


def test_the_cut_by_a_second_table_stands_beside_the_one_that_is_claimed():
    force = SimpleNamespace(name="mine", meta={"baseline": "relevance"}, exact=True, key=None)
    claimed = {"change": -0.133, "change_low": -0.15, "change_high": -0.11}
    realised = {"change": -0.086, "change_low": -0.1, "change_high": -0.07}
    run = {"figures": {}, "claimed_realised": {"claimed": claimed, "realised": realised}}
    assert (
        second_sentence(force, run)
        .replace("\xa0", " ")
        .startswith(
            "**By a second footprint table −8.6 % [−10.0 %, −7.0 %]** at equal function, where the "
            "first claims −13.3 %"
        )
    )
    assert told(run) == {SECOND_TABLE: realised}
    without = {"figures": {}, "claimed_realised": None}
    assert "unavailable, this workspace has none" in second_sentence(force, without)
    draft = SimpleNamespace(name="draft", meta={"baseline": "relevance"}, exact=False, key="k")
    assert "it comes with the exact answer" in second_sentence(draft, {"figures": {}})


@pytest.mark.parametrize("name", ["default", "budget-twenty"])
def test_a_policy_is_downloaded_as_it_was_written(open_page, name):
    open_page()
    here = _load.opened()
    shipped = {path.stem: read_policy(path) for path in shipped_policies()}
    assert known(here).policy(name) == shipped.get(name, default_policy())


def test_the_page_of_a_policy_tells_it_alone_with_its_reason_and_review_date(open_page):
    open_page()
    here = _load.opened()
    entry = judged_policy(
        Stage.of(here.shop),
        tried_policy(
            Asked(climate=0.4),
            SAID,
            name="mine",
            description="Less <beef> in autumn.",
            review_date=date(2030, 1, 2),
        ),
        draws=50,
    )
    force = SimpleNamespace(name="mine", entry=entry["policies"]["mine"], meta=entry["meta"])
    assert is_whole(force)
    page = own_page(here, force)
    assert "Less &lt;beef&gt; in autumn." in page
    assert "2030-01-02" in page
    assert "mix-strong" not in page


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
    table = table_with(app, "Range")
    assert table.set_index("Figure")["Observed nearby"]["Revenue"] == fine_percent(0.02)
    assert "Why the two differ" in said
    app = open_app("merchandise", workspace=folder, view="What if", climate="0.5")
    assert "Below are the scenarios of default, the nearest policy" in shown(app).replace("**", "")
    assert "--policy DIR/policies/NAME.toml" in shown(app)


def test_the_words_of_a_range_are_certain_only_where_it_is():
    # by hand: revenue's range crosses 0, that of total kg lies below it
    assert range_sentence(range_table(WHAT_IF, "short")) == (
        "In nine draws in ten total kg CO2e falls; which way revenue would go, this cannot tell."
    )


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
