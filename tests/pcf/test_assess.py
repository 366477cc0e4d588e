"""The assessment's figures, worked on paper."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pcf_estimator.assess.agribalyse import agribalyse_table
from pcf_estimator.assess.baselines import category_mean, knn
from pcf_estimator.assess.held_out import METHODS, HeldOut
from pcf_estimator.assess.land_use import land_use_scores
from pcf_estimator.assess.splits import HEADLINE, Assessment, assess
from pcf_estimator.members import MEMBERS
from pcf_estimator.model import PcfModel
from pcf_estimator.scores import Scores, pairwise_accuracy, regret, score, worst_category
from pcf_estimator.seed.table import read_seed

ONE = np.zeros(4)  # one category in one fold


def test_errors_of_four_rows_by_hand() -> None:
    figure = np.log10([1.0, 10.0, 1.0, 10.0])
    estimate = np.log10([1.0, 10.0, 10.0, 10.0])  # one of four is ten times too high
    scores = score(figure, estimate, ONE, ONE)
    assert scores.log10_rmse == pytest.approx(0.5)  # sqrt((0 + 0 + 1 + 0) / 4)
    assert scores.log10_r2 == pytest.approx(0.0)  # 1 - 1 / (4 * 0.25)
    assert scores.median_ape == pytest.approx(0.0)  # of 0, 0, 9, 0
    assert scores.within_factor_2 == 0.75


def test_median_error_by_hand() -> None:
    scores = score(np.log10([1.0, 1.0, 1.0, 1.0]), np.log10([1.1, 0.7, 3.0, 1.5]), ONE, ONE)
    # 0.1, 0.3, 2, 0.5: half of 0.3 + 0.5; the third is the one that is off by more than 2
    assert scores.median_ape == pytest.approx(0.4)
    assert scores.within_factor_2 == 0.75
    assert scores.pairs == 0  # all figures are the same, and R2 has nothing to explain
    assert np.isnan(scores.log10_r2)
    assert np.isnan(scores.pairwise_accuracy)


def test_pairs_by_hand() -> None:
    figure = np.log10([1.0, 1.05, 2.0, 4.0])  # the first two are within 10 % of each other
    estimate = np.log10([1.0, 9.0, 2.0, 2.0])
    # 1-3 right, 1-4 right, 2-3 wrong, 2-4 wrong, 3-4 a tie: 2.5 of 5
    assert pairwise_accuracy(figure, estimate, ONE, ONE) == (0.5, 5)


def test_pairs_are_made_inside_one_category_and_one_fold_only() -> None:
    figure, estimate = np.log10([1.0, 2.0, 4.0, 8.0]), np.log10([1.0, 2.0, 4.0, 8.0])
    category, fold = np.array(["a", "a", "b", "b"]), np.array([0, 0, 0, 1])
    assert pairwise_accuracy(figure, estimate, category, fold) == (1.0, 1)


def test_one_value_for_a_whole_category_ranks_like_a_coin() -> None:
    figure = np.log10([1.0, 2.0, 4.0, 8.0])
    assert pairwise_accuracy(figure, np.zeros(4), ONE, ONE) == (0.5, 6)
    assert regret(figure, np.zeros(4), ONE, ONE)[1] == pytest.approx(0.0)


def test_regret_by_hand() -> None:
    figure = np.log10([1.0, 3.0, 5.0, 7.0])
    # picks 3 and 5 as equally light: (3 + 5) / 2 - 1 = 3; a blind pick loses 4 - 1 = 3 as well
    lost, kept = regret(figure, np.array([0.5, 0.1, 0.1, 0.9]), ONE, ONE)
    assert (lost, kept) == pytest.approx((3.0, 0.0))
    assert regret(figure, figure, ONE, ONE) == pytest.approx((0.0, 1.0))


def test_the_worst_category_needs_twenty_rows() -> None:
    covered = np.array([True] * 15 + [False] * 5 + [False] * 19)
    category = np.array(["large"] * 20 + ["small"] * 19)
    assert worst_category(covered, category) == ("large", 0.75)
    assert worst_category(covered[20:], category[20:])[0] == ""


def test_a_row_that_was_judged_in_two_divisions_is_one_row_of_its_category() -> None:
    covered, category = np.array([True] * 30 + [False] * 10), np.array(["x"] * 40)
    assert worst_category(covered, category, divisions=2) == ("x", 0.75)
    assert worst_category(covered[1:], category[1:], divisions=2)[0] == ""  # 19.5 rows


def test_the_category_mean_walks_up_where_a_category_is_new() -> None:
    known = pd.DataFrame({"department": ["d", "d", "e"], "category": ["x", "y", "z"]})
    new = pd.DataFrame({"department": ["d", "d", "f"], "category": ["x", "new", "x"]})
    means = category_mean(known, np.array([0.0, 1.0, 5.0]), new)
    assert means.tolist() == [0.0, 0.5, 2.0]


def test_the_nearest_five_weigh_by_their_cosine() -> None:
    known = pd.DataFrame({"title": ["rye bread", "milk", "beef", "wine", "salt", "rice"]})
    figure = np.array([1.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    assert knn(known, figure, pd.DataFrame({"title": ["rye bread"]})) == pytest.approx([1.0])


@pytest.fixture(scope="module")
def assessment() -> Assessment:
    seed = read_seed().iloc[::8]
    return assess(seed, lambda: PcfModel(trees=10, folds=2), folds=2, fold_seeds=(0, 1))


def test_all_methods_are_scored_on_all_rows_of_the_same_folds(assessment: Assessment) -> None:
    assert list(assessment.splits) == ["random", "grouped", "leave category out"]
    assert assessment.groups <= assessment.rows == len(read_seed().iloc[::8])
    for methods in assessment.splits.values():
        assert set(METHODS) == set(methods)
        assert len({scores.pairs for scores in methods.values()}) == 1
        assert methods["median"].pairwise_accuracy == 0.5
        assert 0 <= methods["estimate"].coverage <= 1
        assert methods["estimate"].coverage <= methods["estimate"].coverage_widened
    # inside one fold a category has one mean
    assert assessment.splits["grouped"]["category mean"].pairwise_accuracy == 0.5
    # the headline split judges each row once for each of its two fold seeds
    judged = {split: sum(counts.values()) for split, counts in assessment.tiers.items()}
    once, twice = assessment.rows, 2 * assessment.rows
    assert judged == {"random": once, "grouped": twice, "leave category out": once}


def test_the_headline_is_over_all_its_fold_seeds(assessment: Assessment) -> None:
    assert list(assessment.fold_seeds) == ["0", "1"]
    each = [methods["estimate"] for methods in assessment.fold_seeds.values()]
    whole = assessment.splits["grouped"]["estimate"]
    assert each[0] != each[1]
    pairs = [scores.pairs for scores in each]
    assert whole.pairs == sum(pairs)
    right = sum(scores.pairwise_accuracy * n for scores, n in zip(each, pairs, strict=True))
    assert whole.pairwise_accuracy == pytest.approx(right / sum(pairs))
    assert whole.within_factor_2 == pytest.approx(np.mean([s.within_factor_2 for s in each]))


def test_ranges_stand_beside_those_of_the_category_mean(assessment: Assessment) -> None:
    for split, ranges in assessment.ranges.items():
        assert list(ranges) == ["estimate", "estimate as shown", "category mean"]
        for scores in ranges.values():
            assert scores["80"]["coverage"] <= scores["95"]["coverage"]
        own = ranges["estimate"]["80"]
        assert own["coverage"] == assessment.splits[split]["estimate"].coverage
        assert own["range_factor"] == assessment.splits[split]["estimate"].range_factor


def test_the_assessment_is_plain_json(assessment: Assessment) -> None:
    plain = json.loads(json.dumps(assessment.to_dict(), allow_nan=False))
    assert plain["headline"] == HEADLINE
    assert plain["splits"]["grouped"]["median"]["coverage"] is None
    assert plain["weights"].keys() == set(MEMBERS)
    assert plain["risk"]["curve"][-1]["share"] == 1.0
    assert plain["risk"]["curve"][-1]["rows"] == 2 * plain["rows"]


def test_the_part_from_land_use_change_by_hand() -> None:
    seed = pd.DataFrame(
        {"kg_co2e_per_kg": [10.0, 10.0, 4.0, 4.0], "luc_kg_co2e_per_kg": [4.0, 0.0, np.nan, 1.0]}
    )
    held = HeldOut(
        said=pd.DataFrame({"estimate": np.log10([12.0, 10.0, 4.0, 4.0])}),
        half=pd.DataFrame(),
        facts=pd.DataFrame(
            {
                "row": [0, 1, 2, 3],
                "luc_share": [0.5, 0.1, 0.1, np.nan],
                "luc_share_of_mean": [0.2, 0.2, 0.2, 0.2],
            }
        ),
        weights=np.ones(1),
    )
    found: Any = land_use_scores(seed, held)
    # of the third nothing is stated and of the fourth nothing estimated; the parts are 0.4 and 0
    assert found["rows"] == 2
    off = {method: errors["share_off"] for method, errors in found["methods"].items()}
    assert off == pytest.approx({"no part": 0.2, "category mean": 0.2, "estimate": 0.1})
    # without it 12 * 0.5 for 6, right, and 10 * 0.9 for 10, 0.1 off
    assert found["methods"]["estimate"]["without_median_ape"] == pytest.approx(0.05)
    assert found["land_users"]["rows"] == 1
    # 12 for 6: as far off as the figure itself
    assert found["land_users"]["methods"]["no part"]["without_median_ape"] == pytest.approx(1.0)
    assert land_use_scores(seed.drop(columns="luc_kg_co2e_per_kg"), held) == {}


def a_score(pairwise: float, rmse: float, ape: float) -> Scores:
    return Scores(
        log10_r2=0.5,
        log10_rmse=rmse,
        median_ape=ape,
        within_factor_2=0.8,
        pairwise_accuracy=pairwise,
        pairs=10,
        regret_kg_co2e_per_kg=1.0,
        saving_kept=0.5,
    )


@pytest.mark.parametrize(
    ("blend", "kept"),
    [
        ((0.66, 0.20, 0.28), True),
        ((0.50, 0.20, 0.28), False),  # ranks no better than the category mean
        ((0.66, 0.30, 0.28), False),  # errs more than kNN-5
        ((0.66, 0.20, 0.36), False),
    ],
)
def test_the_gate_keeps_the_blend_only_if_it_beats_both_baselines(
    blend: tuple[float, float, float], kept: bool
) -> None:
    methods = {
        "blend": a_score(*blend),
        "category mean": a_score(0.5, 0.31, 0.35),
        "knn-5": a_score(0.62, 0.28, 0.35),
    }
    made = Assessment(
        name="x",
        rows=4,
        groups=4,
        categories=1,
        splits={HEADLINE: methods},
        tiers={},
        weights={},
        fold_seeds={},
        ranges={},
        risk={},
        land_use_change={},
    )
    assert made.keeps_blend is kept


@pytest.mark.skipif("GREENAISLE_SOURCES" not in os.environ, reason="no publishers' files given")
def test_the_publishers_table_reads_as_a_seed() -> None:
    table = agribalyse_table(Path(os.environ["GREENAISLE_SOURCES"]))
    assert len(table) > 2000
    assert (table["kg_co2e_per_kg"] > 0).all()
    # proxies: far fewer values than rows, and each sub-group keeps its equals together
    assert table["group"].nunique() < 0.8 * len(table)
    shelves = table.groupby("group")["category"].agg(["min", "max"])
    assert (shelves["min"] == shelves["max"]).all()
