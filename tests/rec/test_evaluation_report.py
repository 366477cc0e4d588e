"""The report of relevance end to end on the made-up shop, its targets and its text."""

import json

import numpy as np
import pandas as pd
import pytest

from recommender.candidates import Candidates
from recommender.evaluation.judged import TASKS, Judged
from recommender.evaluation.measures import NAMES
from recommender.evaluation.rankings import RANKINGS
from recommender.evaluation.relevance_report import ShopFacts, relevance_report
from recommender.evaluation.relevance_text import as_text
from recommender.evaluation.selected import selected_rows, strongest_climate
from recommender.evaluation.targets import RANKED, targets
from recommender.history import History
from recommender.policy import read_policies, shipped_policies
from recommender.splits import Window
from recommender.tradeoff import goods_of

SUBSTITUTES = {
    "all": {
        "cases": 5,
        "mean_reciprocal_rank": {"stand-ins": 0.33, "popularity, 4 weeks": 0.3},
        "peer": "popularity, 4 weeks",
        "gain": 0.1,
        "gain_low": 0.05,
        "gain_high": 0.15,
    }
}


def habitual(history: History) -> Candidates:
    """Every product for every customer, as likely as its own visits of 12 weeks would have it."""
    log, weeks = history.log, 12.0
    customer = np.repeat(np.arange(log.customers), log.products)
    product = np.tile(np.arange(log.products), log.customers)
    late = history.weeks_ago <= weeks
    keys = history.visits.customer[late] * log.products + history.visits.product[late]
    visits = np.bincount(keys, minlength=len(customer))
    p_buy = 1 - np.exp(-4 * (visits + 0.05) / weeks) - product * 1e-9
    rows = pd.DataFrame({"customer": customer, "product": product, "p_buy": p_buy})
    is_new = ~log.has_bought(customer, product)
    rows = rows.assign(q_buy=p_buy, is_new=is_new, source=0)
    return Candidates.from_frame(rows, log.customers)


@pytest.fixture(scope="module")
def judged(made_up_log, made_up_shelf):
    history = History(made_up_log.until(26), made_up_shelf)
    candidates = habitual(history)
    truth, served = made_up_log.weeks(27, 30), history.universe
    inside = served.products[truth.product] & served.customers[truth.customer]
    return Judged(
        window=Window(27, 30),
        history=history,
        truth=truth.where(inside),
        candidates=candidates,
        chances={"4 weeks": candidates.p_buy, "4 weeks, no displays": candidates.p_buy**2},
    )


@pytest.fixture(scope="module")
def goods(made_up_shop, judged):
    catalogue, _ = made_up_shop
    kg = np.tile([0.5, 1.0, 2.0, 4.0], 9)
    products = catalogue.assign(
        kg_co2e=kg,
        kg_co2e_per_kg=2 * kg,
        net_mass_kg=0.5,
        tier="model",
        need=catalogue["category"],
        kg_per_flow=0.1,
    )
    return goods_of(products, judged.history.log)


@pytest.fixture(scope="module")
def report(judged, goods, made_up_shop):
    _, purchases = made_up_shop
    ids = sorted(purchases["customer_id"].unique())
    facts = ShopFacts(
        departments=["grocery"],
        customers=pd.DataFrame({"customer_id": ids, "age": ["old", "young"] * 40}),
        policies=read_policies(shipped_policies()),
        goods={"test": goods},
    )
    curve = [{"size": 300, "repeat": 0.9, "new": 0.2, "rows": 36.0}]
    return relevance_report(
        {"test": judged, "rolling 26": judged},
        facts,
        slots={"test": {"candidates": curve, "substitutes": SUBSTITUTES}},
        draws=200,
    )


def test_the_report_is_plain_and_always_the_same(report, judged):
    text = json.dumps(report, allow_nan=False)
    again = relevance_report({"test": judged}, ShopFacts(departments=["grocery"]), draws=200)
    tasks = json.loads(text)["windows"]["test"]["tasks"]
    assert json.dumps(tasks["4 weeks, all"]["lists"]) == json.dumps(
        again["windows"]["test"]["tasks"]["4 weeks, all"]["lists"]
    )


def test_every_task_has_every_list_group_and_measure(report):
    tasks = report["windows"]["test"]["tasks"]
    assert list(tasks) == [f"{horizon}, {items}" for horizon, items in TASKS]
    for task, found in tasks.items():
        ours = ["relevance"] + ["relevance, no displays"] * task.startswith("4 weeks")
        assert list(found["lists"]) == [*ours, *RANKINGS]
        assert list(found["gains"]) == ours
        for groups in found["lists"].values():
            assert list(groups) == ["households", "audit"]
            assert list(groups["households"]) == list(NAMES)
    assert tasks["next basket, all"]["chance"] == {"relevance": "4 weeks (in force)"}, (
        "no other was given"
    )


def test_a_gain_is_the_difference_of_the_two_figures(report):
    found = report["windows"]["test"]["tasks"]["4 weeks, all"]
    for baseline, groups in found["gains"]["relevance"].items():
        gain = groups["households"]["recall@10"]
        ours, theirs = (
            found["lists"][name]["households"]["recall@10"]["value"]
            for name in ("relevance", baseline)
        )
        assert gain["value"] == pytest.approx(ours - theirs)
        assert gain["low"] <= gain["value"] <= gain["high"]
    assert found["gains"]["relevance"]["popularity"]["households"]["ndcg@10"]["low"] > 0


def test_segments_split_the_judged_households(report):
    found = report["windows"]["test"]["tasks"]["4 weeks, all"]
    for levels in found["segments"].values():
        assert sum(level["households"] for level in levels.values()) == found["households"]
    ages = found["segments"]["age"]
    whole = sum(e["households"] * e["figures"]["recall@10"]["value"] for e in ages.values())
    mean = found["lists"]["relevance"]["households"]["recall@10"]["value"]
    assert whole / found["households"] == pytest.approx(mean)


def test_chances_are_judged_among_the_places_that_policies_fill(report, judged, goods):
    policies = read_policies(shipped_policies())
    strongest = strongest_climate(policies)
    assert strongest.name == "mix-strongest"
    selected = report["windows"]["test"]["selected"]
    assert list(selected) == ["relevance", "mix-strongest"]
    rows = selected_rows(judged, goods, [strongest])
    kg = {name: goods.kg_pack[judged.candidates.product[at]].mean() for name, at in rows.items()}
    assert kg["mix-strongest"] < kg["relevance"]
    for name, at in rows.items():
        for tenths in selected[name]["tenths"].values():
            assert sum(tenth["rows"] for tenth in tenths) == len(at)
    assert selected["relevance"]["said"] == pytest.approx(
        judged.candidates.p_buy[rows["relevance"]].mean()
    )


def test_the_rolling_check_has_the_best_baseline_only(report):
    for task, found in report["rolling"]["rolling 26"]["tasks"].items():
        best = found["best_baseline"]
        assert list(found["lists"]) == ["relevance", "relevance, no displays", best]
        full = report["windows"]["test"]["tasks"][task]["lists"]
        assert full[best]["households"]["ndcg@10"]["value"] == max(
            full[name]["households"]["ndcg@10"]["value"] for name in RANKINGS
        )


def test_every_promised_figure_has_a_row_and_says_whether_it_is_met(report):
    rows = report["targets"]
    assert rows == targets(report)
    told = {row["figure"]: row for row in rows if row["window"] == "test"}
    for task, name, measure, least in RANKED:
        words = task if name == "relevance" else f"{task}, without displays"
        row = told[f"{words}: {measure}"]
        value = report["windows"]["test"]["tasks"][task]["lists"].get(name)
        if value is None:
            assert row["met"] is None
        else:
            assert row["value"] == value["households"][measure]["value"]
            assert row["met"] == (row["value"] >= least)
    assert told["repeat purchases among 300 candidates"]["value"] == 0.9
    assert told["substitutes: gain in MRR over popularity"]["met"] is False
    assert {row["window"] for row in rows} == {"test"}, "nobody measured speed"
    timed = {**report, "speed": {"adapter_over_implicit": 1.1, "candidates_cpu_s": 31.0}}
    speed = [row for row in targets(timed) if row["window"] == "this run"]
    assert [row["met"] for row in speed] == [True, False, None]


def test_another_log_is_promised_honest_chances_but_no_levels(report):
    figures = [row["figure"] for row in targets(report, default_log=False)]
    assert "calibration slope" in figures
    assert any("over" in figure for figure in figures)
    assert not any(figure == "4 weeks, all: ndcg@10" for figure in figures)


def test_every_chance_is_judged_and_the_one_in_force_among_audit_households_too(report):
    found = report["windows"]["test"]["calibration"]
    assert list(found["chances"]) == ["4 weeks", "4 weeks, no displays"]
    assert found["chances"]["4 weeks"]["slope"] == found["slope"]
    squared = found["chances"]["4 weeks, no displays"]
    # a squared chance says too little; its logits are far too steep
    assert squared["said"] < found["said"]
    assert squared["slope"]["value"] < found["slope"]["value"]
    assert 0 < found["audit"]["rows"] < found["rows"]


def test_a_gain_whose_interval_holds_0_is_not_met():
    def window(low):
        gain = {"households": {m: {"low": low} for m in ("ndcg@10", "recall@10")}}
        task = {"lists": {}, "gains": {"relevance": {"easy": gain_of(0.5), "hard": gain}}}
        return {
            "tasks": {"4 weeks, all": task},
            "calibration": {"bands": [], "departments": [], "bands_within_departments": []},
            "selected": None,
            "candidates": [
                {"size": 50, "repeat": 0.5, "new": 0.5},
                {"size": 300, "repeat": 0.9, "new": 0.05},
            ],
            "substitutes": {"all": {"gain": 0.21}},
        }

    def gain_of(low):
        return {"households": {m: {"low": low} for m in ("ndcg@10", "recall@10")}}

    for low, met in ((0.01, True), (0.0, False), (-0.01, False)):
        rows = targets({"windows": {"w": window(low)}, "speed": {"fit_peak_gb": 3.0}})
        beats = next(row for row in rows if "4 weeks, all: ndcg@10 over" in row["figure"])
        assert beats["met"] is met
        assert "over hard" in beats["figure"]
        slots = {row["figure"]: row["met"] for row in rows}
        assert slots["repeat purchases among 300 candidates"] is True
        assert slots["new-item purchases among 300 candidates"] is False
        assert slots["substitutes: gain in MRR over popularity"] is True
        assert slots["peak memory of the fit, GB"] is True


def test_the_text_says_all_of_it_in_lines_of_plain_words(report):
    text = as_text(report)
    for words in (
        "What was promised",
        "TIFU-KNN",
        "by tenths of price",
        "Rolling check",
        "audit",
        "of repeats",
    ):
        assert words in text
    assert "nan" not in text
    assert "None" not in text
