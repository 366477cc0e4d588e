"""A whole source held out of the seed: what is asked, and how the answers are scored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pcf_estimator.assess.across import PRODUCT, assess_across, held_out_source, seed_without
from pcf_estimator.model import PcfModel
from pcf_estimator.seed.sources import sources_folder
from pcf_estimator.seed.table import read_figures, read_seed
from pcf_estimator.tables import TableError


def small_model() -> PcfModel:
    return PcfModel(trees=20, folds=3)


def test_the_seed_without_a_source_cites_it_nowhere_and_keeps_every_other_figure():
    figures = read_figures()
    without = seed_without("su-eatable")
    assert not without["citations"].str.contains("su-eatable").any()
    assert without["figures"].sum() == (figures["source"] != "su-eatable").sum()


def test_the_seed_without_a_source_that_it_never_had_is_the_seed():
    without = seed_without("clark")
    pd.testing.assert_frame_equal(without, read_seed(), check_dtype=False)


def test_a_seed_of_one_source_cannot_do_without_it():
    figures = read_figures()
    only = figures[figures["source"] == "su-eatable"]
    with pytest.raises(TableError, match="none is left"):
        seed_without("su-eatable", only)


def test_a_known_concept_is_one_that_the_training_seed_holds():
    asked, trained = held_out_source("su-eatable"), seed_without("su-eatable")
    in_seed = asked["title"].isin(set(trained["concept"]))
    assert (asked["known_concept"] == in_seed).all()
    assert 0 < in_seed.sum() < len(asked)
    # an own source can only be compared with figures of its own: one row per concept
    assert asked["title"].is_unique


def test_a_concept_with_several_figures_of_the_source_has_their_geometric_mean():
    figures = read_figures().query("source == 'su-eatable'")
    several = figures.groupby("concept")["kg_co2e_per_kg"].agg(["size", list])
    concept = several.index[several["size"] == 2][0]
    first, second = several.loc[concept, "list"]
    asked = held_out_source("su-eatable").set_index("title")
    expected = pytest.approx(np.sqrt(first * second), rel=1e-3)
    assert asked.loc[concept, "kg_co2e_per_kg"] == expected


def test_a_source_that_nobody_knows_is_named():
    with pytest.raises(TableError, match="'guesses' is no source"):
        held_out_source("guesses")


def test_clark_is_asked_by_names_alone(tmp_path: Path):
    (tmp_path / "footprints").mkdir()
    (tmp_path / "footprints" / "clark-2022-owid.csv").write_text(
        "Entity,Year,ghg_kg\nWhole milk,2022,3.1\nFlying saucer sweets,2022,2.0\n"
    )
    asked = held_out_source("clark", tmp_path)
    assert asked["title"].tolist() == ["Whole milk", "Flying saucer sweets"]
    assert asked["kg_co2e_per_kg"].tolist() == [3.1, 2.0]
    assert (asked[PRODUCT[1:]] == "").all(axis=None)
    assert asked["known_concept"].tolist() == [True, False]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Entity,Year\nMilk,2022\n", "no column 'ghg_kg'"),
        ("Entity,ghg_kg\nMilk,3.1\nAir,0\nRock,stone\n", r"row 2 \(Air\).*2 such rows"),
    ],
)
def test_a_broken_file_of_clark_is_refused(tmp_path: Path, text: str, problem: str):
    (tmp_path / "footprints").mkdir()
    (tmp_path / "footprints" / "clark-2022-owid.csv").write_text(text)
    with pytest.raises(TableError, match=problem):
        held_out_source("clark", tmp_path)


def test_clark_without_its_file_is_refused(tmp_path: Path):
    with pytest.raises(TableError, match="there is no such file"):
        held_out_source("clark", tmp_path)
    with pytest.raises(TableError, match="there is no such file"):
        held_out_source("clark")


def test_without_the_publishers_files_only_the_seeds_own_source_is_assessed():
    found = assess_across(small_model, None)
    assert list(found) == ["su-eatable"]
    scores = found["su-eatable"]
    assert scores["within_factor_2"] > scores["median"]["within_factor_2"]
    assert scores["known_concepts"]["rows"] + scores["new_concepts"]["rows"] == scores["rows"]
    assert sum(scores["tiers"].values()) == pytest.approx(1)
    assert 0 <= scores["coverage_80"] <= scores["coverage_95"] <= 1


def test_the_estimate_beats_the_constant_median_on_clark():
    folder = sources_folder()
    if folder is None:
        pytest.skip("GREENAISLE_SOURCES is unset: the publishers' files are not at hand")
    scores = assess_across(small_model, folder)["clark"]
    assert scores["rows"] == 211
    assert scores["within_factor_2"] > scores["median"]["within_factor_2"] + 0.1
