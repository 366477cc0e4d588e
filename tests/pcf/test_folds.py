"""Folds never divide what belongs together."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from pcf_estimator.folds import grouped_folds, random_folds, whole_groups

GROUPS = st.lists(st.integers(0, 12), min_size=1, max_size=60)


@settings(deadline=None)
@given(groups=GROUPS, folds=st.integers(2, 6), seed=st.integers(0, 99))
def test_no_group_stands_in_two_folds(groups: list[int], folds: int, seed: int) -> None:
    fold = grouped_folds(np.array(groups), folds, np.random.default_rng(seed))
    ends = pd.Series(fold).groupby(groups).agg(["min", "max"])
    assert (ends["min"] == ends["max"]).all()
    assert fold.min() >= 0
    assert fold.max() < folds


@settings(deadline=None)
@given(groups=GROUPS, folds=st.integers(2, 6), seed=st.integers(0, 99))
def test_no_fold_is_larger_than_the_smallest_by_more_than_the_largest_group(
    groups: list[int], folds: int, seed: int
) -> None:
    fold = grouped_folds(np.array(groups), folds, np.random.default_rng(seed))
    sizes = np.bincount(fold, minlength=folds)
    assert sizes.max() - sizes.min() <= np.bincount(groups).max()


@settings(deadline=None)
@given(rows=st.integers(1, 50), folds=st.integers(2, 6))
def test_random_folds_differ_in_size_by_one_at_most(rows: int, folds: int) -> None:
    sizes = np.bincount(random_folds(rows, folds, np.random.default_rng(1)), minlength=folds)
    assert sizes.sum() == rows
    assert sizes.max() - sizes.min() <= 1


def test_the_same_generator_gives_the_same_folds() -> None:
    groups = np.arange(20)
    first, again, other = (
        grouped_folds(groups, 3, np.random.default_rng(seed)).tolist() for seed in (7, 7, 8)
    )
    assert first == again
    assert first != other


def test_near_duplicates_join_the_groups_they_stand_in() -> None:
    seed = pd.DataFrame(
        {
            "concept": ["whole milk", "Milk, whole", "oat milk", "rye bread", "wine"],
            "group": [0, 1, 2, 1, 4],
        }
    )
    # whole milk is milk, whole; and rye bread shares its value: three in one group
    groups = whole_groups(seed)
    assert groups[0] == groups[1] == groups[3]
    assert len({groups[0], groups[2], groups[4]}) == 3


@settings(deadline=None)
@given(groups=st.lists(st.integers(0, 4), min_size=2, max_size=20))
def test_a_source_group_is_never_split_up_by_its_names(groups: list[int]) -> None:
    concepts = [f"food {chr(97 + row)}x" for row in range(len(groups))]
    whole = whole_groups(pd.DataFrame({"concept": concepts, "group": groups}))
    ends = pd.Series(whole).groupby(groups).agg(["min", "max"])
    assert (ends["min"] == ends["max"]).all()


def test_concepts_whose_names_hold_no_word_are_not_duplicates_of_each_other() -> None:
    seed = pd.DataFrame({"concept": ["12 ct", "500 g"], "group": [0, 1]})
    assert whole_groups(seed).tolist() == [0, 1]
