"""Devices: the seed and its selection, the mixed model, ranges, and what is said of a device."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcf_estimator.assess.devices import assess_devices
from pcf_estimator.devices.mixed import (
    VARIANCES,
    design,
    fit_mixed,
    fit_scale,
    log_likelihood,
    word_flags,
)
from pcf_estimator.devices.model import HOLDS, DeviceModel
from pcf_estimator.devices.seed import (
    BOUNDARY,
    DERIVED,
    DEVICES,
    ROWS,
    ROWS_OF_A_LONE_MAKER,
    boavizta,
    compiled_devices,
    read_device_seed,
    select_devices,
)
from pcf_estimator.seed.sources import sources_folder
from pcf_estimator.seed.table import as_csv
from pcf_estimator.tables import TableError, shipped_data

NAN = float("nan")


@pytest.fixture(scope="module")
def seed() -> pd.DataFrame:
    return read_device_seed()


@pytest.fixture(scope="module")
def model(seed: pd.DataFrame) -> DeviceModel:
    return DeviceModel().fit(seed)


def devices(*rows: tuple[str, str, float, float, float]) -> pd.DataFrame:
    return pd.DataFrame(
        list(rows), columns=["kind", "name", "mass_kg", "screen_inch", "storage_gb"]
    )


def test_the_shipped_seed_holds_at_most_300_cited_devices_each_without_its_use(
    seed: pd.DataFrame,
) -> None:
    assert len(seed) <= ROWS
    assert set(seed["boundary"]) == {BOUNDARY}
    assert seed["citation"].str.startswith("boavizta:").all()
    np.testing.assert_allclose(
        seed["kg_co2e"], seed["kg_co2e_total"] * (1 - seed["use_share"]), rtol=1e-3
    )
    assert not seed.duplicated(["manufacturer", "name"]).any()


def test_a_lone_makers_kind_has_few_rows_and_no_maker_fills_the_seed(seed: pd.DataFrame) -> None:
    lone = seed.groupby("kind").filter(lambda rows: len(set(rows["manufacturer"])) == 1)
    assert lone.groupby("kind").size().max() <= ROWS_OF_A_LONE_MAKER
    assert seed["manufacturer"].value_counts(normalize=True).max() < 0.35


def test_rows_are_drawn_by_the_root_of_what_a_maker_declares() -> None:
    many = pd.DataFrame(
        {
            "name": [f"a{i}" for i in range(16)] + [f"b{i}" for i in range(4)],
            "manufacturer": ["a"] * 16 + ["b"] * 4,
            "kind": "laptop",
        }
    )
    # roots 4 and 2: of six rows four are of the one and two of the other
    assert select_devices(many, rows=6)["manufacturer"].value_counts().to_dict() == {"a": 4, "b": 2}
    shuffled = many.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(select_devices(shuffled, 6), select_devices(many, 6))


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("kg_co2e", 9.0, "its total without the share of use is"),
        ("kg_co2e_total", -1.0, "above 0"),
        ("use_share", 1.5, "at most 1"),
        ("citation", "", "citation is empty"),
    ],
)
def test_a_broken_row_of_the_seed_is_refused_by_name(
    seed: pd.DataFrame, tmp_path: Path, column: str, value: object, words: str
) -> None:
    path = tmp_path / "device_seed.csv"
    broken = seed.head(3).astype({column: object})
    broken.loc[1, column] = value
    broken.to_csv(path, index=False)
    with pytest.raises(TableError, match=words) as refused:
        read_device_seed(path)
    assert str(seed["name"][1]) in str(refused.value)


@pytest.mark.skipif(sources_folder() is None, reason="needs the publisher's file")
def test_the_shipped_seed_is_what_the_publishers_file_compiles_to() -> None:
    compiled = as_csv(compiled_devices(), DEVICES)
    assert compiled == shipped_data("device_seed.csv").read_text()


@pytest.mark.skipif(sources_folder() is None, reason="needs the publisher's file")
def test_a_missing_share_of_use_follows_from_kwh_and_years() -> None:
    folder = sources_folder()
    assert folder is not None
    everything = boavizta(folder)
    derived = everything[everything["use_basis"] == DERIVED]
    kg = derived["kg_co2e_total"] * derived["use_share"]
    per_kwh = kg / (derived["kwh_per_year"] * derived["lifetime_years"])
    # the grid of those who declare all three
    assert per_kwh.between(0.5, 0.56).all()


def test_without_sources_the_seed_compiles_to_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GREENAISLE_SOURCES", raising=False)
    text = shipped_data("device_seed.csv").read_text()
    assert as_csv(compiled_devices(), DEVICES) == text


def test_a_maker_with_many_devices_does_not_teach_its_method_as_a_fact_of_mass() -> None:
    # two makers, one twice as high at every mass; both say: ten times the mass, ten times the kg
    known = devices(*[("x", "", m, NAN, NAN) for m in (1.0, 10.0) * 12])
    makers = np.array(["a"] * 20 + ["b"] * 4, dtype=object)
    log_kg = np.log10(known["mass_kg"].to_numpy()) + np.where(makers == "a", np.log10(2), 0.0)
    scale = fit_scale(known)
    flags = word_flags(known["name"])
    mixed = fit_mixed(design(known, flags, scale), log_kg, makers)
    new = devices(("x", "", 1.0, NAN, NAN), ("x", "", 10.0, NAN, NAN))
    arrays = design(new, word_flags(new["name"]), scale)
    told, deviation = mixed.estimate(arrays), mixed.deviation(arrays)
    assert told[1] - told[0] == pytest.approx(1.0, abs=0.1)
    # between the makers, not at the larger one's
    assert 0.02 < told[0] < np.log10(2)
    # an unseen maker is at least as uncertain as makers and noise are
    least = VARIANCES["maker"] + VARIANCES["maker_kind"] + VARIANCES["noise"]
    assert (deviation >= np.sqrt(least)).all()


def test_a_hidden_mass_is_what_the_screen_lets_expect() -> None:
    # inside the kind, twice the screen weighs four times as much
    known = devices(*[("x", "", screen**2 / 100, screen, NAN) for screen in (10.0, 20.0, 40.0)])
    scale = fit_scale(known)
    hidden = devices(("x", "", NAN, 40.0, NAN))
    seen = design(known, word_flags(known["name"]), scale).within[2]
    np.testing.assert_allclose(design(hidden, np.zeros((1, 6)), scale).within[0], seen)


def test_no_variance_is_far_from_what_the_seed_makes_likely(seed: pd.DataFrame) -> None:
    several = seed.groupby("kind")["manufacturer"].transform("nunique") > 1
    known = seed[several].reset_index(drop=True)
    log_kg = np.log10(known["kg_co2e"].to_numpy())
    makers = known["manufacturer"].to_numpy(dtype=object)
    arrays = design(known, word_flags(known["name"]), fit_scale(known))
    ours = log_likelihood(arrays, log_kg, makers, VARIANCES)
    for name in VARIANCES:
        for factor in (0.05, 20.0):
            other = {**VARIANCES, name: VARIANCES[name] * factor}
            assert log_likelihood(arrays, log_kg, makers, other) < ours + 2, (name, factor)


def test_an_estimate_is_its_kinds_level_and_a_part_of_what_attributes_add(
    model: DeviceModel,
) -> None:
    found = model.figures(devices(("monitor", "", NAN, 27.0, NAN), ("monitor", "", NAN, NAN, NAN)))
    level, beside = found.members["kind level"], found.members["attributes"]
    np.testing.assert_allclose(found.log_kg, level + HOLDS * beside)
    assert found.tier.tolist() == ["model", "category"]
    assert beside[1] == 0.0
    assert found.log_kg[1] == level[1]


def test_larger_and_heavier_devices_of_a_kind_are_estimated_higher(model: DeviceModel) -> None:
    for kind, column, sizes in (
        ("monitor", "screen_inch", (19.0, 24.0, 27.0, 34.0, 43.0, 55.0)),
        ("laptop", "screen_inch", (11.6, 13.3, 14.0, 15.6, 17.3)),
        ("laptop", "mass_kg", (1.0, 1.4, 2.0, 3.0)),
        ("smartphone", "storage_gb", (64.0, 128.0, 256.0, 512.0)),
    ):
        rows = devices(*[(kind, "", NAN, NAN, NAN)] * len(sizes)).assign(**{column: sizes})
        assert (np.diff(model.figures(rows).log_kg) > 0).all(), (kind, column)


def test_the_range_holds_the_figure_and_grows_with_its_coverage(model: DeviceModel) -> None:
    rows = devices(
        ("laptop", "", 1.4, 14.0, NAN),
        ("laptop", "", NAN, NAN, NAN),
        ("hard drive", "", NAN, NAN, 1024.0),
        ("teapot", "", NAN, NAN, NAN),
    )
    found = model.figures(rows)
    narrow, wide = model.half_widths(found, 0.8), model.half_widths(found, 0.95)
    assert (narrow[:3] > 0).all()
    assert (wide[:3] > narrow[:3]).all()
    assert np.isnan(found.log_kg[3])
    assert np.isnan(narrow[3])
    assert found.tier.tolist() == ["model", "category", "category", ""]
    # one maker's word for a kind is worth less than several makers'
    assert narrow[2] > narrow[1]


def test_fitting_twice_gives_the_same_figures(seed: pd.DataFrame, model: DeviceModel) -> None:
    rows = seed.head(40)
    again = DeviceModel().fit(seed)
    np.testing.assert_array_equal(again.figures(rows).log_kg, model.figures(rows).log_kg)
    for name, scores in model.scores_.items():
        np.testing.assert_array_equal(again.scores_[name], scores)


def test_the_nearest_declaration_of_a_declared_device_is_itself(
    seed: pd.DataFrame, model: DeviceModel
) -> None:
    rows = seed[seed["screen_inch"].notna() & seed["mass_kg"].notna()].head(30)
    found = model.figures(rows)
    same = seed.loc[found.nearest[:, 0], ["kind", "mass_kg", "screen_inch"]].to_numpy()
    assert (same == rows[["kind", "mass_kg", "screen_inch"]].to_numpy()).all()
    assert (found.similarity > 0.7).all()


@settings(max_examples=25, deadline=None)
@given(
    kind=st.sampled_from(["laptop", "monitor", "tablet", "smartphone", "desktop", "thin client"]),
    mass=st.one_of(st.none(), st.floats(0.05, 40)),
    screen=st.one_of(st.none(), st.floats(4, 90)),
)
def test_any_device_has_a_positive_figure_and_a_range_around_it(
    model: DeviceModel, kind: str, mass: float | None, screen: float | None
) -> None:
    row = devices((kind, "", NAN if mass is None else mass, NAN if screen is None else screen, NAN))
    found = model.figures(row)
    half = model.half_widths(found, 0.8)
    assert np.isfinite(found.log_kg).all()
    assert (half > 0).all()
    assert np.isfinite(half).all()


def test_unseen_makers_devices_are_ranked_and_their_ranges_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("GREENAISLE_SOURCES", raising=False)
    assessed = assess_devices()
    assert list(assessed) == ["shipped seed"]
    found = assessed["shipped seed"]
    for boundary, most in (("as declared", 0.30), ("without use", 0.34)):
        methods = found[boundary]["methods"]
        blend, mean = methods["blend"], methods["kind mean"]
        assert blend["median_ape"] <= most
        assert blend["median_ape"] < mean["median_ape"]
        assert blend["median_ape"] < methods["text knn-5"]["median_ape"]
        assert blend["pairwise_accuracy"] >= 0.68
        assert methods["blend, title only"]["pairwise_accuracy"] >= 0.68
        assert blend["pairwise_accuracy"] > methods["text knn-5"]["pairwise_accuracy"]
        assert blend["within_factor_2"] > mean["within_factor_2"]
        assert 0.78 <= blend["coverage_80"] <= 0.88
        assert 0.92 <= blend["coverage_95"] <= 0.98
        assert blend["range_factor_80"] < mean["range_factor_80"]
