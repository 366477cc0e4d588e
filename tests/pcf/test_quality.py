"""Data quality: five scores that follow from facts, each checked by hand."""

import time

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from pcf_estimator.quality import (
    COLUMNS,
    DIMENSIONS,
    MEANINGS,
    data_quality,
    newest_year,
    place_scores,
    record_quality,
    time_scores,
)
from pcf_estimator.seed.table import read_seed
from pcf_estimator.tables import TIERS

FIGURES = pd.DataFrame(
    {
        "source": ["agribalyse", "agribalyse", "su-eatable", "carbon-catalogue"],
        "source_key": ["1", "2", "MILK", "A"],
        "year": [2025, 2025, 2021, 2013],
        "geography": ["France", "France", "world", "USA"],
    }
)


def seed(**columns: list[object]) -> pd.DataFrame:
    rows = len(next(iter(columns.values())))
    usual: dict[str, list[object]] = {
        "citations": ["agribalyse:1"] * rows,
        "boundary": ["cradle to shelf"] * rows,
        "luc_kg_co2e_per_kg": [0.1] * rows,
        "kg_co2e_per_kg_low": [1.0] * rows,
        "kg_co2e_per_kg_high": [1.0] * rows,
        "sources": [1] * rows,
    }
    return pd.DataFrame({**usual, **columns})


def scores(tier: str, similarity: float = 0.7, basis: str = "package", **more: object) -> list[int]:
    found = data_quality(
        pd.Series([tier]),
        np.array([similarity]),
        np.array([[0, 1, 2]]),
        pd.Series([basis]),
        seed(citations=["agribalyse:1", "agribalyse:2", "su-eatable:MILK"]),
        year=2026,
        figures=FIGURES,
        **more,
    )
    return [int(value) for value in found[list(COLUMNS)].iloc[0]]


def test_each_dimension_of_a_model_estimate_follows_from_its_records() -> None:
    # 0.7 alike: goods of the same kind; 2025, 2025, 2021 from 2026: 1, 1, 2, the median 1;
    # France, France, world from the United States: 3, 3, 2, the median 3; land use is stated: 1
    assert scores("model") == [3, 1, 3, 1, 3]


def test_the_same_good_is_better_than_one_of_its_kind_and_that_than_a_similar_name() -> None:
    technology = [scores("model", 0.8)[0], scores("model", 0.79)[0], scores("neighbours")[0]]
    assert [*technology, scores("category")[0]] == [2, 3, 4, 5]


def test_a_guessed_weight_of_the_pack_costs_one_step_of_reliability() -> None:
    for basis, steps in (("catalogue", 0), ("package", 0), ("price", 1), ("category", 1)):
        assert scores("model", basis=basis)[4] == 3 + steps
    assert scores("category", basis="category")[4] == 5


def test_a_shop_in_france_is_nearer_to_french_records() -> None:
    assert scores("model", region="France")[2] == 1


def test_mean_quality_falls_with_every_tier_and_is_empty_without_a_figure() -> None:
    found = data_quality(
        pd.Series(TIERS),
        np.full(len(TIERS), 0.9),
        np.zeros((len(TIERS), 3), dtype=int),
        pd.Series(["package"] * len(TIERS)),
        read_seed(),
        year=newest_year(),
    )
    mean = found["data_quality"]
    assert mean.iloc[:-1].is_monotonic_increasing
    assert mean.iloc[:-1].is_unique
    assert found.iloc[-1].isna().all()
    assert mean.iloc[0] == 1.4  # (1 + 2 + 1 + 2 + 1) / 5


def test_two_sources_that_agree_are_better_than_one_and_a_companys_own_is_worse() -> None:
    records = seed(
        citations=[
            "agribalyse:1; su-eatable:MILK",
            "agribalyse:1; su-eatable:MILK",
            "agribalyse:1",
            "carbon-catalogue:A",
            "agribalyse:9",
        ],
        sources=[2, 2, 1, 1, 1],
        kg_co2e_per_kg_high=[1.9, 2.1, 1.0, 1.0, 1.0],
        boundary=["cradle to shelf", "cradle to shelf", "cradle to shelf", "mixed", "mixed"],
        luc_kg_co2e_per_kg=[0.1, 0.1, None, None, 0.1],
    )
    found = record_quality(records, year=2025, figures=FIGURES)
    assert found[:, 3].tolist() == [2, 3, 3, 4, 3]
    assert found[:, 2].tolist() == [1, 1, 2, 4, 4]
    # 2025 and 2021: scores 1 and 2, and between two scores the worse; 2013; nobody knows
    assert found[:, 0].tolist() == [2, 2, 1, 4, 5]
    assert found[:, 1].tolist() == [3, 3, 3, 1, 5]


def test_bounds_of_years_are_those_of_the_pedigree_matrix() -> None:
    years = pd.Series([2022, 2023, 2017, 2016, 2011, 2010, 2028])
    # 3, 2, 8, 9, 14, 15 and 3 years from 2025
    assert time_scores(years, 2025).tolist() == [2, 1, 3, 3, 4, 5, 2]


def test_names_of_the_united_states_are_one_place() -> None:
    places = pd.Series(["US", "usa", "United States", "North America", "Europe"])
    assert place_scores(places, "USA").tolist() == [1, 1, 1, 2, 3]


def test_every_score_has_words() -> None:
    assert list(MEANINGS) == list(DIMENSIONS)
    assert all(len(words) == 5 for words in MEANINGS.values())


@settings(deadline=None)
@given(
    st.sampled_from(TIERS[:-1]),
    st.floats(0, 1),
    st.sampled_from(["catalogue", "package", "price", "category", "none"]),
)
def test_scores_lie_between_1_and_5(tier: str, similarity: float, basis: str) -> None:
    found = scores(tier, similarity, basis)
    assert all(1 <= score <= 5 for score in found)


def test_a_hundred_thousand_products_take_a_moment() -> None:
    rows = 100_000
    rng = np.random.default_rng(0)
    table = read_seed()
    began = time.process_time()
    data_quality(
        pd.Series(rng.choice(TIERS, rows)),
        rng.random(rows),
        rng.integers(len(table), size=(rows, 3)),
        pd.Series(rng.choice(["package", "category"], rows)),
        table,
        year=2026,
    )
    assert time.process_time() - began < 5
