"""The curve of carbon cuts: points, changes, targets, and the report of a made-up shop."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from benchmarks.carbon_cut import rows
from benchmarks.documents import carbon_lines
from recommender import carbon_steps
from recommender.candidates import Candidates
from recommender.carbon_steps import carbon_step, judge_carbon
from recommender.cli import app
from recommender.evaluation.carbon_curve import curve_report
from recommender.evaluation.carbon_judged import (
    Curve,
    Weeks,
    judged_slates,
    pack_split,
    relevance_changes,
)
from recommender.evaluation.carbon_points import ALONE, BUDGET, FREE, INSIDE, carbon_points
from recommender.evaluation.carbon_targets import ASKED, best_point, targets
from recommender.evaluation.carbon_text import as_text, main_need, percent
from recommender.history import History
from recommender.metrics import Slates
from recommender.policy import Slate
from recommender.workspace import Workspace, write_table, write_text

KG = {"milk": 1.0, "cheese": 6.0, "beef": 20.0, "chicken": 5.0, "bread": 1.0, "apple": 0.5}
NEED = {"beef": "main protein", "chicken": "main protein", "milk": "milk", "bread": "bread"}


def footprinted(catalogue: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Products with the columns of `tradeoff.PRODUCTS`, with errors of their own by `seed`."""
    kg = catalogue["category"].map(KG).fillna(2.0).to_numpy(np.float64)
    kg = kg * np.random.default_rng(seed).lognormal(0.0, 0.2, len(kg))
    return catalogue.assign(
        net_mass_kg=0.5,
        kg_co2e_per_kg=kg,
        kg_co2e=0.5 * kg,
        kg_co2e_low=0.4 * kg,
        kg_co2e_high=0.625 * kg,
        tier="model",
        need=catalogue["category"].map(NEED).fillna(catalogue["category"]),
        kg_per_flow=0.1,
        use_phase_dominant=False,
    )


@pytest.fixture(scope="module")
def curve(made_up_shop, made_up_log) -> Curve:
    catalogue, _ = made_up_shop
    log = made_up_log
    before = log.until(26)
    rng = np.random.default_rng(3)
    households, products = log.customers, log.products
    bought = np.bincount(before.customer * products + before.product, minlength=len(catalogue) * 80)
    candidates = Candidates.from_frame(
        pd.DataFrame(
            {
                "customer": np.repeat(np.arange(households), products),
                "product": np.tile(np.arange(products), households),
                "p_buy": np.clip(bought / 30 + rng.uniform(0, 0.02, len(bought)), 0, 0.9),
                "q_buy": 1.0,
                "is_new": bought == 0,
                "source": 1,
            }
        ),
        households,
    )
    weeks = Weeks(
        candidates=candidates,
        purchases=before,
        truth=log.weeks(27, 30),
        households=np.arange(households),
        audit=np.arange(households) % 5 == 0,
        customer_id=log.ids.customers,
    )
    own, judge = footprinted(catalogue, 1), footprinted(catalogue, 2)
    return Curve.of(weeks, own, judge, draws=100)


def report_of(curve: Curve) -> dict[str, Any]:
    chosen = [p for p in carbon_points() if p.value in (0.05, 0.3, -0.2) or p.path == ALONE]
    meta = {
        "first_week": 27,
        "last_week": 30,
        "households": 80,
        "judged": 80,
        "audit_households": 16,
        "places": 10,
        "draws": 100,
        "judges": ["a", "b"],
    }
    report = {"meta": meta, "optimisers": {"unseen": curve_report(curve, chosen)}}
    return {**report, "targets": targets(report)}


@pytest.fixture(scope="module")
def report(curve: Curve) -> dict[str, Any]:
    return report_of(curve)


def test_points_are_the_same_with_and_without_floors_and_show_nothing_unknown() -> None:
    points = carbon_points()
    plain = [(p.path, p.value) for p in points if not p.floors and p.quantile == 0.5]
    floored = [(p.path, p.value) for p in points if p.floors and p.path != ALONE]
    assert plain == floored
    assert {p.path for p in points} == {INSIDE, FREE, BUDGET, ALONE}
    assert all(p.policy.carbon.bar_unknown for p in points)
    assert len({p.name for p in points}) == len(points)
    assert [p.policy.carbon.quantile for p in points if p.quantile > 0.5] == [0.8]
    assert {p.policy.carbon.reference for p in points if p.path == FREE} == {"none"}


def test_the_relevance_slates_change_nothing_at_all(curve: Curve) -> None:
    same = judged_slates(curve, curve.base)
    for found in (same["relevance"], same["audit"]):
        assert all(set(estimate.values()) == {0.0} for estimate in found.values())
    for table in same["carbon"].values():
        for figures in table.values():
            assert [e["value"] for e in figures.values()] == pytest.approx([0.0] * len(figures))
    assert same["verdicts"]["per purchase"].endswith("no cut is realised")
    assert all(part == 0.0 for split in same["packs"].values() for part in split.values())


def test_hits_and_ndcg_change_as_counted_by_hand(curve: Curve) -> None:
    # the last of the ten places goes: what was hit there no longer counts
    fewer = Slates(
        customer=curve.base.customer,
        product=np.where(np.arange(10) < 9, curve.base.product, -1),
        weight=np.where(np.arange(10) < 9, curve.base.weight, 0.0),
        p_buy=np.where(np.arange(10) < 9, curve.base.p_buy, 0.0),
        excess=curve.base.excess,
    )
    truth = set(zip(curve.weeks.truth.customer, curve.weeks.truth.product, strict=True))
    hit = np.array(
        [[(u, item) in truth for item in row] for u, row in enumerate(curve.base.product.tolist())]
    )
    items = np.bincount([u for u, _ in truth], minlength=80)
    discount = 1 / np.log2(np.arange(2, 12))
    ideal = np.array([discount[: min(n, 10)].sum() for n in items])
    found = relevance_changes(curve, curve.base, fewer)
    assert found["hits"]["value"] == pytest.approx(-hit[:, 9].sum() / hit.sum())
    lost = (hit[:, 9] * discount[9] / ideal).sum()
    assert found["ndcg"]["value"] == pytest.approx(-lost / (hit @ discount / ideal).sum())
    assert found["ndcg"]["low"] < found["ndcg"]["value"] < found["ndcg"]["high"]


def test_the_parts_of_a_pack_split_sum_to_its_change(curve: Curve) -> None:
    goods = curve.packs["claimed"]
    turned = Slates(**{**vars(curve.base), "product": curve.base.product[:, ::-1].copy()})
    parts = pack_split(curve.base, turned, goods)
    told = [parts[name] for name in ("volume", "pack_size", "mix", "substitution")]
    assert parts["change"] == pytest.approx(sum(p for p in told if p is not None))


def test_a_heavier_climate_weight_claims_more_and_parts_add_up(report: dict[str, Any]) -> None:
    points = {p["point"]: p for p in report["optimisers"]["unseen"]["points"]}
    claimed = {
        name: p["carbon"]["claimed"]["flow"]["per purchase"]["value"] for name, p in points.items()
    }
    assert claimed["free mix .3"] < claimed["free mix .05"] < 0
    assert claimed["carbon budget -20 %"] <= -0.2 + 1e-6
    for point in points.values():
        flow = point["carbon"]["realised"]["flow"]
        parts = flow["mix"]["value"] + flow["substitution"]["value"]
        assert parts == pytest.approx(flow["per purchase"]["value"])
        assert set(point["signs"]["fixed mix"]) == {"flow", "mass"}  # there is no nutrition
        assert set(point["audit_carbon"]["realised"]) == {"flow"}
    # meat is where the carbon of this shop is
    assert points["inside needs .3"]["needs"][0]["need"] == "main protein"
    assert 'the need "main protein"' in main_need(points["inside needs .3"])


def test_floors_are_met_and_what_they_cost_alone_is_apart(report: dict[str, Any]) -> None:
    points = {p["point"]: p for p in report["optimisers"]["unseen"]["points"]}
    alone = points[ALONE]
    assert [e["value"] for e in alone["beyond_floors"].values()] == pytest.approx([0.0] * 3)
    for point in points.values():
        assert bool(point["beyond_floors"]) == point["floors"]
        assert (point["sellers_asked"] > 0) == point["floors"]
        assert point["floors_missed"] == 0
    # (1 + floors alone) x (1 + beyond them) = 1 + all
    both = points["free mix .05, floors"]
    together = (1 + alone["relevance"]["ndcg"]["value"]) * (
        1 + both["beyond_floors"]["ndcg"]["value"]
    )
    assert 1 + both["relevance"]["ndcg"]["value"] == pytest.approx(together)
    assert report["targets"][-1]["met"] is True


def point(name: str, cut: float, loss: float, path: str = INSIDE) -> dict[str, Any]:
    def estimate(value: float) -> dict[str, float]:
        return {"value": value, "low": value - 0.01, "high": value + 0.01}

    figures = {"fixed mix": estimate(cut), "per purchase": estimate(cut)}
    return {
        "point": name,
        "path": path,
        "floors": False,
        "quantile": 0.5,
        "relevance": {"ndcg": estimate(-loss)},
        "carbon": {"claimed": {"flow": figures}, "realised": {"flow": figures}},
        "signs": {"fixed mix": {"flow": -1, "energy": 0}, "per purchase": {"flow": -1}},
    }


def test_the_best_point_within_the_loss_judges_the_target() -> None:
    points = [
        point("a", -0.05, 0.001),
        point("b", -0.07, 0.008),  # at the limit: it counts
        point("c", -0.12, 0.009),  # too dear
        point("d", -0.25, 0.001, FREE),  # another path
    ]
    found = targets({"optimisers": {"unseen": points and {"points": points}}})
    inside, eight, two = (row for row in found if not row["floors"])
    # 8 % were asked and 7 % found: missed by one point; the sign may be chance by energy
    assert (inside["point"], inside["met"]) == ("b", False)
    assert inside["missed_by"] == pytest.approx(0.01)
    assert inside["against_chance"] == ["energy"]
    assert (eight["point"], eight["met"], eight["missed_by"]) == ("d", True, 0.0)
    assert (two["point"], two["met"]) == ("d", False)
    assert two["missed_by"] == pytest.approx(0.05)
    assert best_point([point("c", -0.12, 0.009)], ASKED[0], floors=False) is None
    none = targets({"optimisers": {"unseen": {"points": [point("c", -0.12, 0.009)]}}})[0]
    assert (none["point"], none["met"], none["missed_by"]) == (None, False, None)


def test_the_text_the_bench_and_the_document_tell_the_same_figure(report: dict[str, Any]) -> None:
    text = as_text(report)
    row = report["targets"][0]
    told = percent(row["value"])
    assert told in text
    assert any(told in measured for _, measured, _ in rows(report))
    assert any(told in line for line in carbon_lines(report))
    assert "naive prototype -3 % for 0.2 %, -5 % for 1.0 %" in next(iter(rows(report)))[2]
    assert "NO" not in next(line for line in text.splitlines() if "floors missed" in line)
    json.dumps(report, allow_nan=False)


def test_a_report_is_the_same_when_made_again(curve: Curve, report: dict[str, Any]) -> None:
    assert report_of(curve) == report


class MadeUp:
    """What the step asks of a shop, without a fit."""

    def __init__(self, workspace: Workspace, curve: Curve, catalogue: pd.DataFrame, shelf) -> None:
        self.workspace, self.catalogue = workspace, catalogue
        self.log = curve.weeks.truth  # all that the step asks of it lies there
        self.candidates = {"judge": curve.weeks.candidates}.__getitem__
        self.judging = History(curve.weeks.purchases, shelf)
        window = type("Window", (), {"first": 27, "last": 30, "history_until": 26})
        self.weeks = type("Weeks", (), {"judge": window})
        self.footprints = footprinted(catalogue, 3)[
            ["product_id", "net_mass_kg", "kg_co2e_per_kg", "kg_co2e", "tier"]
        ]
        needs = footprinted(catalogue, 3)
        self.needs = needs[["product_id", "need", "kg_per_flow", "use_phase_dominant"]]


def test_the_step_keeps_its_report_until_something_changes(
    tmp_path: Path, curve: Curve, made_up_shop, made_up_shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace(tmp_path)
    for step in ("tables", "footprints", "relevance"):
        with workspace.replacing(step, "a"):
            pass
    shop = MadeUp(workspace, curve, made_up_shop[0], made_up_shelf)
    nutrition = pd.DataFrame(
        {
            "product_id": shop.catalogue["product_id"],
            "kcal_per_kg": 2000.0,
            "protein_kg_per_kg": 0.2,
        }
    )
    asked = []

    def second(made_in: Workspace) -> None:
        asked.append(made_in)
        facts = {"judges": ["a"], "tiers_unseen": {}, "tiers_judge": {}}
        if not made_in.has("second_footprints", "judge.parquet"):
            with made_in.replacing("second_footprints", "b", facts) as folder:
                for seed, name in enumerate(("unseen", "judge")):
                    columns = shop.footprints.columns
                    table = footprinted(shop.catalogue, seed)[columns]
                    write_table(folder / f"{name}.parquet", table)
                write_table(folder / "nutrition.parquet", nutrition)

    monkeypatch.setattr(carbon_steps, "second_footprints_step", second)
    monkeypatch.setattr(carbon_steps, "carbon_points", lambda: carbon_points()[2:3])
    found = carbon_step(shop, draws=100)  # type: ignore[arg-type]
    assert list(found["optimisers"]) == ["unseen", "everyday"]
    told = found["optimisers"]["unseen"]["points"][0]
    assert set(told["carbon"]["realised"]) == {"flow", "mass", "energy", "protein"}
    assert found["meta"]["judges"] == ["a"]
    assert found["meta"]["places"] == Slate().n
    kept = workspace.path("carbon_report", "report.json")
    write_text(kept, json.dumps({"kept": True}))
    assert carbon_step(shop, draws=100) == {"kept": True}  # type: ignore[arg-type]
    assert "kept" not in carbon_step(shop, draws=101)  # type: ignore[arg-type]
    assert len(asked) == 3
    assert judge_carbon(shop, draws=0)["optimisers"]["unseen"]["points"]  # type: ignore[arg-type]


def test_one_report_is_asked_for_at_a_time(tmp_path: Path) -> None:
    both = CliRunner().invoke(
        app, ["backtest", "--relevance", "--carbon", "--workspace", str(tmp_path)]
    )
    assert both.exit_code == 2
    given = CliRunner().invoke(
        app, ["backtest", "a.toml", "--carbon", "--workspace", str(tmp_path)]
    )
    assert given.exit_code == 2
