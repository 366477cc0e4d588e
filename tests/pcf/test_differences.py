"""P(A lighter than B): by hand, on simulated goods, and on the swaps that policies choose."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcf_estimator.assess.swaps import assess_swaps, swap_scores
from pcf_estimator.differences import (
    NOTHING_KNOWN,
    Differences,
    chance_lighter,
    difference_sd,
    fit_differences,
    residual_rows,
)
from pcf_estimator.model import PcfModel
from pcf_estimator.needs import read_needs
from pcf_estimator.seed.table import read_seed
from pcf_estimator.swap_policies import POLICIES, pairs_within_needs, verdicts

finite = st.floats(-3, 3)
some_sd = st.floats(0.05, 2)


def table_of(log_kg: list[float], figure: list[float], **columns: object) -> pd.DataFrame:
    """Goods of one need, kind and part, unless said otherwise."""
    same = {"need": "milk", "kind": "milk", "part": 0, "cell": "model/full", "basis": ""}
    table = pd.DataFrame({"log_kg": log_kg, "figure_log_kg": figure})
    return table.assign(**{**same, "log_kg_per_flow": 0.0, "half_width": 0.3, **columns})


def simulated(error_sd: float, needs: int = 60, goods: int = 12) -> pd.DataFrame:
    """Goods of many needs whose figures lie `error_sd` around their estimates."""
    rng = np.random.default_rng(3)
    estimate = rng.normal(0.0, 0.5, needs * goods)
    figure = estimate + rng.normal(0.0, error_sd, needs * goods)
    need = np.repeat([f"need {number}" for number in range(needs)], goods)
    part = np.tile(np.arange(goods) % 2, needs)
    return table_of(estimate.tolist(), figure.tolist(), need=need, kind=need, part=part)


def test_the_chance_by_hand():
    # a gap of 0.5 over hypot(0.3, 0.4) = 0.5 is one standard deviation: Phi(1) = 0.8413
    chance = chance_lighter(np.array([0.0]), np.array([0.3]), np.array([0.5]), np.array([0.4]))
    assert chance[0] == pytest.approx(0.8413447)


def test_the_same_estimate_is_a_coin_and_an_unknown_doubt_is_no_answer():
    log_kg, sd = np.array([0.2, 0.2]), np.array([0.3, np.nan])
    chance = chance_lighter(log_kg, sd, np.array([0.2, 0.9]), np.array([0.1, 0.3]))
    assert chance[0] == 0.5
    assert np.isnan(chance[1])


@given(finite, some_sd, finite, some_sd)
def test_one_of_two_is_lighter(a: float, sd_a: float, b: float, sd_b: float):
    forth = chance_lighter(np.array([a]), np.array([sd_a]), np.array([b]), np.array([sd_b]))[0]
    back = chance_lighter(np.array([b]), np.array([sd_b]), np.array([a]), np.array([sd_a]))[0]
    assert forth + back == pytest.approx(1)
    assert (forth >= 0.5) == (a <= b + 1e-9) or abs(a - b) < 1e-6


@given(st.lists(st.floats(0, 2), min_size=2, max_size=6))
def test_a_wider_range_never_makes_a_difference_surer(halves: list[float]):
    cells = {"model": 1.0, "category": 2.0}
    learned = Differences(scale=0.7, floor=0.25, cells=cells, source_sd=0.0)
    half = np.sort(np.array(halves))
    sd = difference_sd(learned, half, pd.Series(["model/full"] * len(half)))
    lower = difference_sd(learned, half, pd.Series(["category/need"] * len(half)))
    assert (np.diff(sd) >= 0).all()
    assert lower == pytest.approx(2 * sd)


def test_an_unknown_cell_is_as_doubtful_as_the_worst():
    cells = {"model": 1.0, "neighbours": 3.0}
    learned = Differences(scale=1.0, floor=0.3, cells=cells, source_sd=0.0)
    sd = difference_sd(learned, np.array([0.4, 0.4]), pd.Series(["model/title", "category/need"]))
    # 0.5 from a floor of 0.3 and a half width of 0.4, times 1 and times 3
    assert sd == pytest.approx([0.5, 1.5])


def test_what_databases_differ_by_is_added_in_quadrature():
    learned = Differences(scale=1.0, floor=0.3, cells={"model": 1.0}, source_sd=1.2)
    # 1.3 from 0.5 and 1.2
    assert difference_sd(learned, np.array([0.4]), pd.Series(["model/full"])) == pytest.approx(1.3)


def test_goods_that_are_never_ranked_have_no_difference_sd():
    cell = pd.Series(["spend", "unknown", "", "verified"])
    sd = difference_sd(Differences(), np.full(4, np.nan), cell)
    assert np.isnan(sd[:3]).all()
    assert sd[3] == 0.05


def test_differences_survive_json():
    learned = Differences(scale=0.7, floor=0.25, cells={"model": 1.1, "model/full": 1.0})
    assert Differences.from_dict(json.loads(json.dumps(learned.to_dict()))) == learned


@pytest.mark.parametrize("error_sd", [0.15, 0.4])
def test_the_error_that_figures_were_simulated_with_is_found_again(error_sd: float):
    learned = replace(fit_differences(simulated(error_sd)), source_sd=0.0)
    sd = difference_sd(learned, np.array([0.3]), pd.Series(["model/full"]))[0]
    assert error_sd * 0.85 < sd < error_sd * 1.4


def test_swaps_called_lighter_are_so_at_least_as_often_as_was_said():
    learned, new = fit_differences(simulated(0.3)), simulated(0.3, needs=40, goods=30)
    sd = difference_sd(learned, new["half_width"].to_numpy(), new["cell"])
    for policy, found in swap_scores(new, sd)["policies"].items():
        assert found["lighter"] > 0.85, policy
        assert found["lighter"] > found["said"] - 0.03, policy


def test_estimates_that_say_nothing_call_next_to_nothing_lighter():
    table = simulated(0.2)
    rng = np.random.default_rng(0)
    blind = table.assign(log_kg=rng.permutation(table["log_kg"].to_numpy()))
    sd = difference_sd(fit_differences(blind), np.full(len(blind), 0.3), blind["cell"])
    assert swap_scores(blind, sd)["cannot_tell_goods"] > 0.95


def test_a_worse_cell_is_wider():
    good, bad = simulated(0.15), simulated(0.6).assign(cell="model/title")
    cells = fit_differences(pd.concat([good, bad], ignore_index=True)).cells
    assert cells["model/title"] > 2 * cells["model/full"]


def test_a_seed_too_small_to_learn_from_tells_nothing_apart():
    learned = fit_differences(table_of([0.0, 0.1, 0.2], [0.0, 0.1, 0.2]))
    assert learned == Differences()
    sd = difference_sd(learned, np.array([0.3]), pd.Series(["model/full"]))
    assert sd[0] >= NOTHING_KNOWN


def test_rows_without_a_need_or_an_estimate_are_left_out():
    described = pd.DataFrame(
        {"need": ["milk", "", "milk"], "kind": "milk", "log_kg_per_flow": [0.0, np.nan, 0.0]}
    )
    rows = residual_rows(
        described,
        cell="model/full",
        part=np.array([0, 0, 1]),
        log_kg=np.array([0.1, 0.1, np.nan]),
        figure_log_kg=np.zeros(3),
        half_width=np.full(3, 0.3),
    )
    assert rows["part"].tolist() == [0]


def test_pairs_are_made_inside_one_need_and_part_and_never_of_equal_estimates():
    table = table_of(
        [0.0, 0.3, 0.3, 0.6, 0.9],
        [0.0, 0.3, 0.4, 0.6, 0.9],
        need=["milk", "milk", "milk", "milk", "bread"],
        part=[0, 0, 0, 1, 0],
    )
    pairs = pairs_within_needs(table)
    assert sorted(zip(pairs.good.tolist(), pairs.other.tolist(), strict=True)) == [
        *((0, 1), (0, 2), (1, 0), (2, 0)),
    ]


def test_goods_with_the_mean_of_one_shelf_are_never_compared():
    table = table_of([0.0, 0.3, 0.5], [0.0, 0.3, 0.5], basis=["cheese", "cheese", "yogurt"])
    pairs = pairs_within_needs(table)
    assert (pairs.good + pairs.other).tolist() == [2, 3, 2, 3]  # 0-2 and 1-2, both ways


def test_goods_are_compared_at_equal_function():
    # a powder of 4 kg per kg, of which a tenth is needed, is lighter than a drink of 1 kg
    table = table_of([0.602, 0.0], [0.602, 0.0], log_kg_per_flow=[-1.0, 0.0])
    pairs = pairs_within_needs(table)
    assert pairs.gap[pairs.good == 1] == pytest.approx([0.398])
    assert pairs.lighter[pairs.good == 1].tolist() == [True]


def test_what_each_policy_names_by_hand():
    # of the heavy good: 0.0 is lightest but doubtful, 0.2 is surest, 0.3 is of its own kind
    table = table_of(
        [0.0, 0.2, 0.3, 1.0],
        [1.5, 0.2, 1.5, 1.0],
        kind=["oat", "soy", "milk", "milk"],
    )
    sd = np.array([0.9, 0.1, 0.3, 0.1])
    found = verdicts(pairs_within_needs(table), sd)
    heavy = found[found["policy"].eq("surest").cumsum() == 4].head(1)
    assert heavy["lighter"].tolist() == [1.0]
    last = found.groupby("policy").tail(1).set_index("policy")["lighter"]
    # P of 0.0 is Phi(1.0 / 0.906) = 0.87, of 0.2 Phi(0.8 / 0.141) = 1.00, of 0.3 Phi(2.2) = 0.99
    assert last.to_dict() == {
        "surest": 1.0,
        "lightest": 0.0,
        "any": pytest.approx(1 / 3),
        "same kind first": 0.0,
    }


def test_equal_figures_are_not_lighter():
    table = table_of([0.0, 1.0], [0.5, 0.5])
    found = verdicts(pairs_within_needs(table), np.array([0.1, 0.1]))
    assert found.loc[found["called"], "lighter"].tolist() == [0.0] * len(POLICIES)


def test_goods_whose_doubt_is_unknown_get_no_verdict():
    table = table_of([0.0, 1.0], [0.0, 1.0])
    assert not verdicts(pairs_within_needs(table), np.array([0.1, np.nan]))["called"].any()


def test_scores_by_hand():
    # milk: 1.0 has two lighter stand-ins and 0.9 one; nothing tells the two breads apart
    table = table_of(
        [0.0, 0.9, 1.0, 0.3, 0.3],
        [0.0, 0.9, 1.0, 0.1, 0.2],
        need=["milk", "milk", "milk", "bread", "bread"],
    )
    scores = swap_scores(table, np.full(5, 0.2))
    # 0.0 under 0.9 and 1.0 is Phi(0.9 / 0.283) and more; 0.9 under 1.0 is Phi(0.35) = 0.64
    assert (scores["goods"], scores["needs"]) == (5, 2)
    assert scores["cannot_tell_goods"] == pytest.approx(3 / 5)
    assert scores["cannot_tell_needs"] == 0.5
    assert scores["policies"]["any"]["swaps"] == 2
    assert scores["policies"]["any"]["lighter"] == 1.0
    assert scores["policies"]["any"]["outside_largest_need"]["swaps"] == 0


def test_nothing_to_compare_is_no_error():
    scores = swap_scores(table_of([0.1], [0.2]), np.array([0.3]))
    assert (scores["goods"], scores["cannot_tell_goods"]) == (0, None)


class NearTheTruth(PcfModel):
    """Says each concept's figure with an error of its own, sd 0.15; nothing without a title."""

    def fit(self, _: pd.DataFrame) -> PcfModel:
        self.needs_ = read_needs()
        return self

    def figures(self, products: pd.DataFrame, _: np.ndarray | None = None) -> Any:
        known = read_seed().set_index("concept")["kg_co2e_per_kg"]
        error = pd.Series(np.random.default_rng(1).normal(0.0, 0.15, len(known)), known.index)
        titles = products.get("title", pd.Series("", index=products.index))
        log_kg = titles.map(np.log10(known) + error).to_numpy(dtype=np.float64)
        cell = pd.Series("model/full", index=products.index)
        return SimpleNamespace(cell=cell, log_kg=log_kg)

    def half_widths(self, found: Any, *_: float, **__: bool) -> np.ndarray:
        return np.full(len(found.log_kg), 0.2)


@pytest.mark.parametrize("learned", [None, Differences(scale=0.6, floor=0.2, cells={"model": 1.0})])
def test_an_estimator_near_the_truth_calls_swaps_that_are_lighter(learned: Differences | None):
    found = assess_swaps(
        NearTheTruth,
        read_seed(),
        None,
        fold_seeds=(0,),
        differences_of=None if learned is None else lambda _: learned,
    )
    assert list(found["across"]) == ["su-eatable"]
    for split in (found["grouped"]["fold seed 0"], found["kinds_left_out"]):
        # many a narrow need has no other good that is much lighter
        assert split["cannot_tell_goods"] < 0.6
        for policy, scores in split["policies"].items():
            assert scores["lighter"] > 0.8, policy
            assert scores["swaps"] > 500
    assert json.loads(json.dumps(found)) == found
