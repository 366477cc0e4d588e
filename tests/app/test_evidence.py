"""The Evidence page: every question answered with the report's own figures, or said not to be."""

import json
import re
import shutil

import pytest

from app_pages import _layers, _load
from app_pages._evidence import backtest, honest
from app_pages._words import percent
from recommender.impact.page.method import COMPLETE_JOURNEY

QUESTIONS = [
    "Are the chances honest?",
    "Are the carbon cuts real?",
    "What would it change?",
    "What did it change?",
    "The whole backtest",
    "Method",
    "Data and licences",
]
HONEST, REAL, WHAT_IF, DONE, BACKTEST, METHOD, DATA = QUESTIONS
HOSTILE = "<b>x</b> $y$ :material/home: [l](http://e.org) =1+1"
NEW_KEYS = ("calibration", "footprint_range", "claimed_realised", "worst_seller", "audit")


def shown(app) -> str:
    parts = [*app.title, *app.header, *app.subheader, *app.markdown, *app.caption, *app.info]
    text = "\n".join(element.value for element in [*parts, *app.code, *app.warning])
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text).replace("\N{WORD JOINER}", "")


def copied(folder, tmp_path):
    place = tmp_path / "workspace"
    shutil.copytree(folder, place)
    return place


def change_report(folder, change):
    path = folder / "backtest" / "report.json"
    report = json.loads(path.read_text())
    change(report)
    path.write_text(json.dumps(report))
    _load.pinned._opened.clear()  # the page reads a report once per version
    return report


def estimate(change, value=1.0):
    ends = {"change": change, "change_low": change - 0.02, "change_high": change + 0.02}
    return {"value": value, "low": value - 0.1, "high": value + 0.1, **ends}


def what_if(**scenario):
    figures = {key: estimate(-0.05) | {"baseline": 1.1} for key in ("revenue", "kg_total")}
    assumption = {
        "parameter": "label_heavy",
        "low": -0.1,
        "high": 0.0,
        "unit": "log odds",
        "source": "Ours",
        "words": "with labels",
        "given": True,
    }
    return {
        "schema": 1,
        "layer": "what if",
        "policy": "default",
        "policy_version": 1,
        "baseline": "relevance",
        "window": {"first_week": 23, "last_week": 26},
        "scenario": {
            "name": "as-is",
            "version": 1,
            "description": "Nothing else moves.",
            "horizon_months": 0,
            "assumptions": [assumption],
            **scenario,
        },
        "draws": 30,
        "figures": {key: {"meaning": key, "unit": "kg", "change": "relative"} for key in figures},
        "runs": {"short": figures},
        "observed": {"revenue": estimate(0.01)},
        "sellers": {"sellers": 9, "gain": 4, "lose": 5, "largest_moves": []},
        "drivers": [{"parameter": "label_heavy", "share": 0.6}],
        "notes": ["What if: no measurement."],
    }


OUTCOME = {
    "layer": "measured",
    "outcome": "spend",
    "verdict": "The change raised spend: +1.16 (0.4 to 1.9). Before the start nothing moved.",
    "trust": "sound",
    "effect": 1.16,
    "low": 0.4,
    "high": 1.9,
    "treated": 100,
    "untreated": 90,
    "starts": ["2026-04-27"],
    "trend_found": False,
    "by_period": [
        {"period": -1, "effect": 0.1, "low": -1.0, "high": 1.0, "units": 100},
        {"period": 0, "effect": 1.2, "low": 0.3, "high": 2.0, "units": 100},
    ],
    "notes": [],
}


def carbon_report():
    def point(name, weight, lost, claimed, realised):
        change = {"value": realised, "low": realised - 0.01, "high": realised + 0.02}
        return {
            "point": name,
            "path": "inside needs",
            "value": weight,
            "floors": False,
            "quantile": 0.5,
            "relevance": {"ndcg": {"value": lost}},
            "carbon": {
                "claimed": {"flow": {"per purchase": {"value": claimed}}},
                "realised": {"flow": {"per purchase": change}},
            },
        }

    points = [point("a", 0.1, -0.012, -0.131, -0.088), point("b", 0.2, -0.1, -0.035, -0.043)]
    return {
        "optimisers": {
            "unseen": {"points": points, "agreement": {"overall": 0.9, "within_needs": 0.7}}
        }
    }


@pytest.fixture
def full_shop(small_shop, tmp_path, monkeypatch):
    """A workspace in which every chart of the page has something to show."""
    folder = copied(small_shop, tmp_path)

    def filled(report):
        bands = [{"income": "Under 15K", "households": 61, **estimate(0.013)}]
        for number, (name, entry) in enumerate(report["policies"].items()):
            entry["tasks"]["all"]["claimed_realised"] = {
                "claimed": estimate(-0.2 - 0.01 * number),
                "realised": estimate(-0.1),
                "note": "",
            }
            report["fairness"][name]["basket_price_by_income"] = bands

    change_report(folder, filled)
    monkeypatch.setattr(_load, "simulations", lambda: [what_if()])
    monkeypatch.setattr(_load, "outcomes", lambda: [OUTCOME])
    monkeypatch.setattr(_load, "carbon_report", carbon_report)
    return folder


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_has_a_link_and_opens(open_app, question):
    app = open_app("evidence", question=question)
    assert not app.exception
    assert not app.error
    assert app.header[0].value == question


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_old_report_without_the_new_keys_still_opens(open_app, small_shop, tmp_path, question):
    folder = copied(small_shop, tmp_path)

    def older(report):
        for key in ("segments", "fairness", "costs"):
            report.pop(key, None)
        for entry in report["policies"].values():
            for run in entry["tasks"].values():
                for key in NEW_KEYS:
                    run.pop(key, None)

    change_report(folder, older)
    app = open_app("evidence", workspace=folder, question=question)
    assert not app.exception
    if question in (HONEST, REAL, BACKTEST):
        assert "Unavailable" in shown(app)


def test_without_customers_segments_and_incomes_are_said_to_be_unknown(open_app, small_shop):
    report = json.loads((small_shop / "backtest" / "report.json").read_text())
    text = shown(open_app("evidence", question=BACKTEST))
    if not report.get("segments"):
        assert "knows no ages, incomes, stores or regions" in text
    else:
        assert "Who it treats differently" in text


def test_chances_said_and_seen_are_the_reports(open_app):
    app = open_app("evidence", question=HONEST)
    report = _load.opened().report
    said, seen = honest.said_by_policy(report, "all")["default"]
    text = shown(app)
    assert f"it said {100 * said:.1f} would be bought, and {100 * seen:.1f} were" in text


def test_backtest_figures_are_the_reports(open_app, small_shop):
    app = open_app("evidence", question=BACKTEST, of_policy="mix-strong")
    report = json.loads((small_shop / "backtest" / "report.json").read_text())
    figures = report["policies"]["mix-strong"]["tasks"]["all"]["figures"]
    table = app.dataframe[0].value.set_index("Figure")["Change"]
    assert table["Relevance (NDCG@10)"] == percent(figures["ndcg"]["change"])
    by_chance, bought = (f"kg CO2e at equal function, {basis}" for basis in ("by chance", "bought"))
    assert table[by_chance] == percent(figures["demand_kg_functional"]["change"])
    assert table[bought] == percent(figures["hits_kg_functional"]["change"])


def test_claimed_and_realised_stand_beside_each_other(open_app, small_shop, tmp_path):
    folder = copied(small_shop, tmp_path)

    def judged(report):
        run = report["policies"]["default"]["tasks"]["all"]
        run["claimed_realised"] = {
            "claimed": estimate(-0.2),
            "realised": estimate(-0.1),
            "correlation_log_kg": 0.91,
            "correlation_inside_needs": 0.7,
            "products": 30,
            "share_of_demand": 0.8,
            "note": HOSTILE,
        }

    change_report(folder, judged)
    app = open_app("evidence", workspace=folder, question=REAL)
    assert not app.exception
    text = shown(app)
    # by hand: -10 % of -20 % claimed is half of it
    assert "In part: default claims −20.0 %" in text.replace("\xa0", " ")
    assert "50 % of the claim" in text.replace("\xa0", " ")
    assert "correlate at **0.91**" in text
    assert "backtest --carbon" in text


def test_without_a_simulation_the_command_is_named(open_app):
    text = shown(open_app("evidence", question=WHAT_IF))
    assert "greenaisle simulate --scenario" in text


def test_what_if_shows_ranges_with_their_assumptions(open_app, monkeypatch):
    monkeypatch.setattr(_load, "simulations", lambda: [what_if()])
    app = open_app("evidence", question=WHAT_IF)
    assert not app.exception
    text = shown(app).replace("\xa0", " ")
    assert "revenue by −7.0 % to −3.0 %" in text
    assert "Of 9 suppliers with sales, 4 would gain" in text
    assumed = next(d.value for d in app.dataframe if "Assumption" in d.value)
    assert assumed["Source"].tolist() == ["Ours"]


def test_words_of_a_scenario_stay_text(open_app, monkeypatch):
    hostile = what_if(description=HOSTILE)
    hostile["notes"] = [HOSTILE]
    hostile["sellers"]["largest_moves"] = [
        {"seller_id": "=1+1", "income_change": 0.1, "low": 0.0, "high": 0.2}
    ]
    monkeypatch.setattr(_load, "simulations", lambda: [hostile])
    app = open_app("evidence", question=WHAT_IF)
    assert not app.exception
    for element in app.markdown:
        if "material/home" in element.value:
            assert not set("<$[") & set(re.sub(r"\\.", "", element.value))
    sellers = next(d.value for d in app.dataframe if "Supplier" in d.value)
    assert sellers["Supplier"].tolist() == ["'=1+1"]


def test_nothing_measured_says_how_to_measure(open_app):
    text = shown(open_app("evidence", question=DONE))
    assert "Nobody knows yet" in text
    assert "greenaisle outcome plan --baseline panel.parquet" in text


def test_a_measured_outcome_in_the_workspace_is_shown(open_app, small_shop, tmp_path):
    folder = copied(small_shop, tmp_path)
    (folder / "outcome").mkdir()
    (folder / "outcome" / "outcome.json").write_text(json.dumps(OUTCOME))
    (folder / "outcome" / "other.json").write_text("no json at all")
    app = open_app("evidence", workspace=folder, question=DONE)
    assert not app.exception
    text = shown(app)
    assert "The change raised spend: +1.16 (0.4 to 1.9)." in text
    assert "0 of 1 periods before the start and 1 of 1 from it on" in text
    periods, facts = (d.value for d in app.dataframe)
    assert periods["Period"].tolist() == ["−1", "0"]
    assert not facts["Value"].str.contains("–").any()  # what is not told is said in words


def test_worked_numbers_sum_to_the_value(open_app):
    app = open_app("evidence", question=METHOD)
    assert not app.exception
    lines = app.code[1].value.replace("−", "-").splitlines()
    parts = [float(line.rpartition("= ")[2]) for line in lines]
    assert sum(parts[:-1]) == pytest.approx(parts[-1], abs=3e-4)


def test_every_source_is_named_with_its_licence(open_app):
    text = shown(open_app("evidence", question=DATA))
    for words in ("AGRIBALYSE", "Etalab Open Licence", "SU-EATABLE LIFE", "CC BY 4.0", "Boavizta"):
        assert words in text


def test_complete_journey_is_named_only_where_it_is_the_shop(open_app, small_shop, tmp_path):
    assert "dunnhumby" not in shown(open_app("evidence", question=DATA))
    folder = copied(small_shop, tmp_path)
    change_report(folder, lambda report: report["meta"].update(shop="complete-journey"))
    assert COMPLETE_JOURNEY in shown(open_app("evidence", workspace=folder, question=DATA))


def test_the_layers_look_different():
    for field in ("name", "badge", "mark", "icon", "drawn"):
        assert len({getattr(layer, field) for layer in _layers.LAYERS}) == len(_layers.LAYERS)


@pytest.mark.parametrize(
    ("question", "charts"), [(HONEST, 1), (REAL, 2), (WHAT_IF, 1), (DONE, 1), (BACKTEST, 3)]
)
def test_every_chart_stands_beside_a_table_with_its_numbers(
    open_app, full_shop, same_numbers, question, charts
):
    app = open_app("evidence", workspace=full_shop, question=question)
    assert not app.exception
    same_numbers(app, charts)


def test_every_figure_names_the_base_of_its_change(open_app):
    app = open_app("evidence", question=BACKTEST)
    table = next(d.value for d in app.dataframe if "Change is against" in d.value)
    report = _load.opened().report
    base = report["policies"]["relevance"]["tasks"]["all"]["figures"]["demand_kg_functional"]
    above = table[table["What"].str.contains("above what the household buys")].iloc[0]
    # its change is a share of all the kg, not of what lies above habit
    assert "carbon at equal use" in above["Change is against"]
    assert backtest.level(base["value"]) in above["Change is against"]
    assert table.iloc[0]["Change is against"] == "its own level"


def test_a_worked_product_is_called_as_on_every_other_page(open_app):
    text = shown(open_app("evidence", question=METHOD))
    named = re.search(r"\*\*Worked out\*\* for place \d+ of a list of \*.*?\*: (.*)\.", text)
    assert named is not None
    assert named[1] in _load.stock().titles
