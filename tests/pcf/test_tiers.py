"""Tiers and confidence follow from facts, and the errors of unseen goods follow from them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcf_estimator.assess.risk import refuse_if_rising, risk_coverage
from pcf_estimator.features import seed_products
from pcf_estimator.folds import grouped_folds, whole_groups
from pcf_estimator.model import PcfModel
from pcf_estimator.seed.table import read_seed
from pcf_estimator.tiers import (
    ENOUGH_LIKE,
    ENOUGH_WORDS,
    TIER_CONFIDENCE,
    choose_tiers,
    structural_confidence,
)


def evidence(
    kind: bool, words: float, similarity: float, node: str, food_named: bool = False
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "kind_in_seed": [kind],
            "words": [words],
            "similarity": [similarity],
            "food_named": [food_named],
            "node": [node],
        }
    )


@pytest.mark.parametrize(
    ("facts", "tier"),
    [
        ((True, 0.0, 0.0, ""), "model"),
        ((False, ENOUGH_WORDS, 0.0, ""), "model"),
        ((False, ENOUGH_WORDS - 0.01, ENOUGH_LIKE, ""), "neighbours"),
        ((False, 0.0, 0.0, "need", True), "neighbours"),
        ((False, 0.0, ENOUGH_LIKE - 0.01, "need"), "category"),
        ((False, 0.0, 0.0, "", True), ""),  # a food far from every shelf of the seed
        ((False, 0.0, ENOUGH_LIKE - 0.01, ""), ""),
    ],
)
def test_a_tier_is_the_first_whose_fact_holds(
    facts: tuple[bool, float, float, str] | tuple[bool, float, float, str, bool], tier: str
) -> None:
    assert choose_tiers(evidence(*facts), np.array([False])).tolist() == [tier]


def test_goods_that_are_no_food_get_a_figure_through_their_kind_only() -> None:
    both = pd.concat([evidence(True, 1.0, 1.0, "category"), evidence(False, 1.0, 1.0, "category")])
    assert choose_tiers(both, np.array([True, True])).tolist() == ["model", ""]


def test_confidence_by_hand() -> None:
    tier = pd.Series(["verified", "model", "model", "neighbours", "category", "spend", "unknown"])
    seen = np.array([False, True, True, False, True, True, True])
    alike = np.array([0.0, 0.85, 0.65, 0.5, 0.9, 0.9, 0.9])
    fact = np.array([False, True, False, True, False, False, False])
    # 0.5 + 0.2 + 2 * 0.1; 0.5 + 0.2 + 0.1 - 0.1; 0.3; 0.1 - 0.1, where likeness adds nothing
    wanted = [1.0, 0.9, 0.7, 0.3, 0.0, 0.05, 0.0]
    assert structural_confidence(tier, seen, alike, fact).tolist() == pytest.approx(wanted)


@settings(deadline=None)
@given(
    tier=st.sampled_from([*TIER_CONFIDENCE, "unknown", ""]),
    seen=st.booleans(),
    fact=st.booleans(),
    alike=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_a_fact_never_lowers_confidence(
    tier: str, seen: bool, fact: bool, alike: tuple[float, float]
) -> None:
    def confidence(seen: bool, similarity: float, fact: bool) -> float:
        made = structural_confidence(
            pd.Series([tier]), np.array([seen]), np.array([similarity]), np.array([fact])
        )
        return float(made.iloc[0])

    value = confidence(seen, min(alike), fact)
    assert 0 <= value <= 1
    assert confidence(True, min(alike), fact) >= value
    assert confidence(seen, max(alike), fact) >= value
    assert confidence(seen, min(alike), True) >= value


@pytest.mark.parametrize("left_out", ["group", "category"])
def test_keeping_the_surer_of_unseen_goods_does_not_keep_the_worse(left_out: str) -> None:
    seed = read_seed()
    parts = whole_groups(seed) if left_out == "group" else seed["category"]
    out = grouped_folds(parts, 2, np.random.default_rng(0)) == 0
    model = PcfModel(trees=20, folds=2).fit(seed[~out])
    found = model.figures(seed_products(seed[out]))
    seen = seed.loc[out, "category"].isin(set(seed.loc[~out, "category"])).to_numpy()
    confidence = structural_confidence(found.tier, seen, found.similarity).to_numpy()
    off = np.abs(np.log10(seed.loc[out, "kg_co2e_per_kg"].to_numpy()) - found.log_kg)
    known = ~np.isnan(off)
    curve = refuse_if_rising(risk_coverage(confidence[known], off[known]), "structural confidence")
    # not merely flat: the surest quarter is better than all, on goods of either kind
    assert curve["mean_off"].iloc[1] < 0.97 * curve["mean_off"].iloc[-1]
