"""The model: what it learns, that it repeats itself, and that it survives being saved."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcf_estimator.features import describe, seed_products, words_in_common
from pcf_estimator.members import (
    MEMBERS,
    NOISE,
    TREES,
    Members,
    Settings,
    blend_weights,
)
from pcf_estimator.model import XGBOOST_FLOOR, PcfModel
from pcf_estimator.needs import read_needs
from pcf_estimator.pooling import neighbour_features, sums_without
from pcf_estimator.seed.table import read_seed
from pcf_estimator.tiers import shelf_means, shelf_means_without

SHOP = pd.DataFrame(
    {
        "title": ["Ground beef", "Raw carrots", "Whole milk", "Zzyx", None],
        "product_type": ["BEEF", "CARROTS", "MILK", None, "BANANAS"],
        "category": ["BEEF", "VEGETABLES", "MILK", None, "FRUIT"],
        "department": ["MEAT", "PRODUCE", "DAIRY", None, "PRODUCE"],
    }
)


@pytest.fixture(scope="module")
def seed() -> pd.DataFrame:
    """Every sixth concept of the shipped seed: enough to learn from, quick to fit."""
    return read_seed().iloc[::6].reset_index(drop=True)


@pytest.fixture(scope="module")
def model(seed: pd.DataFrame) -> PcfModel:
    return PcfModel(trees=20).fit(seed)


def test_beef_is_heavier_than_milk_and_milk_than_carrots(model: PcfModel) -> None:
    _, mid, _ = model.predict_interval(SHOP)
    assert mid[0] > mid[2] > mid[1]


def test_the_range_holds_the_figure_and_widens_with_coverage(model: PcfModel) -> None:
    low, mid, high = model.predict_interval(SHOP)
    lower, same, higher = model.predict_interval(SHOP, coverage=0.9)
    known = ~np.isnan(mid)
    assert known.tolist() == [True, True, True, False, True]
    assert (low < mid)[known].all()
    assert (mid < high)[known].all()
    assert (lower < low)[known].all()
    assert (high < higher)[known].all()
    np.testing.assert_array_equal(mid, same)
    wide_low, _, wide_high = model.predict_interval(SHOP, between_sources=True)
    assert (wide_low <= low)[known].all()
    assert (high <= wide_high)[known].all()


def test_fitting_twice_gives_the_same_bits(model: PcfModel, seed: pd.DataFrame) -> None:
    again = PcfModel(trees=20).fit(seed)
    assert again.model_version_ == model.model_version_
    for first, second in zip(
        model.predict_interval(SHOP), again.predict_interval(SHOP), strict=True
    ):
        np.testing.assert_array_equal(first, second)


def test_another_seed_or_setting_gives_another_version(model: PcfModel, seed: pd.DataFrame) -> None:
    changed = seed.assign(kg_co2e_per_kg=seed["kg_co2e_per_kg"] * 1.01)
    changed["kg_co2e_per_kg_high"] = changed["kg_co2e_per_kg_high"] * 1.01
    heavier = PcfModel(trees=20).fit(changed)
    assert heavier.seed_version_ != model.seed_version_
    assert heavier.model_version_ != model.model_version_
    fewer_trees = PcfModel(trees=19).fit(seed)
    assert fewer_trees.seed_version_ == model.seed_version_
    assert fewer_trees.model_version_ != model.model_version_


def test_a_saved_model_predicts_the_same_bits(model: PcfModel, tmp_path: Path) -> None:
    loaded = PcfModel.load(model.save(tmp_path / "model"))
    found, again = model.figures(SHOP), loaded.figures(SHOP)
    assert found.tier.tolist() == again.tier.tolist()
    for name in ("log_kg", "hints", "similarity", "nearest"):
        np.testing.assert_array_equal(getattr(found, name), getattr(again, name))
    for first, second in zip(
        model.predict_interval(SHOP), loaded.predict_interval(SHOP), strict=True
    ):
        np.testing.assert_array_equal(first, second)
    pd.testing.assert_frame_equal(loaded.errors_, model.errors_)
    assert loaded.model_version_ == model.model_version_


def test_saving_over_a_model_replaces_it_and_leaves_nothing_beside_it(
    model: PcfModel, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "leftover.txt").write_text("of an older version")
    model.save(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert not (folder / "leftover.txt").exists()
    assert not [path for path in folder.iterdir() if path.suffix in {".pkl", ".joblib"}]


def test_a_folder_whose_files_do_not_belong_together_is_refused(
    model: PcfModel, tmp_path: Path
) -> None:
    folder = model.save(tmp_path / "model")
    manifest = json.loads((folder / "model.json").read_text())
    manifest["mean"] += 0.1
    (folder / "model.json").write_text(json.dumps(manifest))
    with pytest.raises(ValueError, match="files of two models are mixed"):
        PcfModel.load(folder)
    with pytest.raises(FileNotFoundError, match=r"model\.json was expected"):
        PcfModel.load(tmp_path)


def test_the_blend_is_a_weighted_mean_and_xgboost_stays_in_it(model: PcfModel) -> None:
    assert model.weights_.sum() == pytest.approx(1.0)
    assert (model.weights_ >= 0).all()
    assert model.weights_[: len(TREES)].sum() >= XGBOOST_FLOOR - 1e-6
    errors = model.errors_.set_index("member")
    assert list(errors.index) == [*MEMBERS, "blend"]
    # its weights were chosen for the least squared error, and a member alone is such a weighting
    allowed = errors.loc[[name for name in MEMBERS if name in TREES], "log10_rmse"]
    assert errors.loc["blend", "log10_rmse"] <= allowed.min()
    # a median of |x - 1| is never below 0, and an error of a constant guess would be far larger
    assert errors["median_ape"].between(0, 0.6).all()


def test_weights_by_hand() -> None:
    members = np.array([[1.0, 0.0], [0.0, 1.0]])
    # off (w, 1 - w) from (0.25, 0.75): w = 0.25 is exact, but the first is to have 0.3 at least
    assert blend_weights(members, np.array([0.25, 0.75]), floor=0.0).tolist() == [0.25, 0.75]
    assert blend_weights(members, np.array([0.25, 0.75]), floor=0.3) == pytest.approx([0.3, 0.7])


@settings(deadline=None)
@given(seed=st.integers(0, 40), floor=st.sampled_from([0.0, 0.2, 0.5]))
def test_no_single_member_beats_the_blend_where_the_floor_allows_it(
    seed: int, floor: float
) -> None:
    rng = np.random.default_rng(seed)
    members, truth = rng.normal(size=(20, 3)), rng.normal(size=20)
    weights = blend_weights(members, truth, floor)
    assert weights.sum() == pytest.approx(1.0)
    assert weights[0] >= floor - 1e-6
    error = ((members @ weights - truth) ** 2).sum()
    allowed = members if floor == 0 else members[:, :1]
    assert error <= ((allowed - truth[:, None]) ** 2).sum(axis=0).min() + 1e-6


def test_neighbours_weigh_by_the_fourth_power_of_likeness() -> None:
    alike, log_kg = np.array([[1.0, 0.5]]), np.array([0.0, 1.7])
    # weights 1 and 0.5 ** 4 = 1/16: 1.7 / 17 = 0.1
    mean, _, best, nearest = neighbour_features(alike, np.array([[0, 1]]), log_kg)[0]
    assert mean == pytest.approx(0.1, abs=1e-6)
    assert (best, nearest) == (1.0, 0.0)


def test_the_trees_never_see_what_a_record_says_of_itself() -> None:
    # kind "a": values 1, 2, 4; the first two are of one part, so they see only the 4
    keys, parts = pd.Series(["a", "a", "a", ""]), np.array([0, 0, 1, 2])
    total, count = sums_without(keys, np.array([1.0, 2.0, 4.0, 8.0]), parts)
    assert total.tolist() == [4.0, 4.0, 3.0, 0.0]
    assert count.tolist() == [1.0, 1.0, 2.0, 0.0]


def test_ridge_residuals_without_a_part_are_those_of_a_fit_without_it(
    seed: pd.DataFrame,
) -> None:
    few = seed.iloc[:40]
    described = describe(seed_products(few), read_needs())
    log_kg = np.log10(few["kg_co2e_per_kg"].to_numpy())
    parts = np.arange(40) // 4
    members = Members(settings=Settings(rounds=2)).fit(described, log_kg, parts)
    residuals = members.ridge_residuals_without(parts)
    # by brute force for one part, in the same vectors and around the same mean
    out = parts == 3
    close = members.likeness_outside(np.arange(40)) + np.eye(40)
    kernel = members.covariance(members.records_, close)
    kept = kernel[np.ix_(~out, ~out)] + NOISE * np.eye((~out).sum())
    coefficients = np.linalg.solve(kept, log_kg[~out] - members.mean_)
    expected = log_kg[out] - members.mean_ - kernel[np.ix_(out, ~out)] @ coefficients
    np.testing.assert_allclose(residuals[out], expected, atol=1e-8)


def test_names_share_words_by_hand() -> None:
    records = pd.Series(["whole milk", "rye bread"])
    shared = words_in_common(pd.Series(["acme whole milk", "rye", "soap", ""]), records)
    # 2 * 2 of 3 + 2 words; 2 * 1 of 1 + 2; none; none
    assert shared == pytest.approx([0.8, 2 / 3, 0.0, 0.0])


def test_the_walk_up_takes_the_narrowest_shelf_with_three_records() -> None:
    records = pd.DataFrame(
        {
            "category": ["tea", "tea", "juice", "juice", "juice"],
            "need": ["hot drink", "hot drink", "hot drink", "", ""],
            "department": ["drinks"] * 5,
            "kind": ["a", "b", "c", "", ""],
        }
    )
    log_kg = np.array([0.0, 0.1, 0.2, 0.3, 0.7])
    new = pd.DataFrame(
        {
            "category": ["juice", "tea", "mate", "mate"],
            "need": ["", "hot drink", "", ""],
            "department": ["drinks", "drinks", "drinks", "tools"],
        }
    )
    mean, node = shelf_means(new, records, log_kg)
    # juice: (0.2 + 0.3 + 0.7) / 3; two teas are too few, so the need's three; then all five
    np.testing.assert_allclose(mean, [0.4, 0.1, 0.26, np.nan])
    assert node.tolist() == ["category", "need", "department", ""]


def test_a_shelf_mean_for_calibration_leaves_out_what_belongs_to_the_row() -> None:
    records = pd.DataFrame(
        {
            "category": ["tea"] * 4 + ["juice"],
            "need": [""] * 5,
            "department": ["drinks"] * 5,
            "kind": [""] * 5,
        }
    )
    log_kg = np.array([0.0, 0.3, 0.3, 0.3, 1.0])
    means = shelf_means_without(records, log_kg, np.array([0, 1, 1, 2, 3]))
    rows, mean = means["category"]
    # only the first and the fourth tea leave three others: 0.9 / 3, and 0.6 / 3
    assert rows.tolist() == [0, 3]
    np.testing.assert_allclose(mean, [0.3, 0.2])
    rows, mean = means["department"]
    # the juice sees the four teas; the teas see one juice, which is too few
    assert rows.tolist() == [4]
    np.testing.assert_allclose(mean, [0.225])
