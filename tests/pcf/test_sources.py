"""Publishers' files: values at the shelf by hand, boundaries, broken rows, and errors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pcf_estimator.seed import sources
from pcf_estimator.tables import TableError

TOTAL, LUC, HOME = sources.AGRIBALYSE_TOTAL, sources.AGRIBALYSE_LUC, sources.AGRIBALYSE_HOME
FARM, RETAIL = sources.AGRIBALYSE_STAGES[0], sources.AGRIBALYSE_RETAIL


@pytest.fixture
def publishers() -> Path:
    folder = sources.sources_folder()
    if folder is None:
        pytest.skip("GREENAISLE_SOURCES is unset: the publishers' files are not at hand")
    return folder


def agribalyse_files(folder: Path, **changed: list[float]) -> Path:
    """Two foods whose totals are 2.0 and 5.0, of which 0.1 and 0.5 arise at home."""
    keys = {sources.AGRIBALYSE_KEY: ["100", "18152_1"]}
    stages = {stage: [0.0, 0.0] for stage in sources.AGRIBALYSE_STAGES}
    stages |= {FARM: [1.8, 4.4], RETAIL: [0.1, 0.1], HOME: [0.1, 0.5]}
    totals = {TOTAL: [2.0, 5.0], LUC: [0.4, np.nan]}
    (folder / "footprints").mkdir(exist_ok=True)
    for part, table in (("stages", stages), ("synthese", totals)):
        table = keys | {name: changed.get(name, values) for name, values in table.items()}
        pd.DataFrame(table).to_csv(folder / "footprints" / f"agribalyse-{part}.csv", index=False)
    return folder


def catalogue_file(folder: Path) -> Path:
    pytest.importorskip("openpyxl")
    products = pd.DataFrame(
        {
            "*PCF-ID": ["1-1-2015", "2-1-2016", "3-1-2014", "4-1-2017"],
            "Product's carbon footprint (PCF, kg CO2e)": [4.0, 3.0, 10.0, 1.0],
            "Product weight (kg)": [2.0, 2.0, 1.0, 2.0],
            "*Carbon intensity": [2.0, 1.5, 10.0, 9.0],
            "Year of reporting": [2015, 2016, 2014, 2017],
            "Country (where company is incorporated)": ["USA", "Italy", "Japan", "France"],
        }
    )
    stages = pd.DataFrame(
        [
            ("1-1-2015", "Upstream", "Material acquisition", 2.0, "No"),
            ("1-1-2015", "Operations", "Manufacturing", 0.5, "No"),
            ("1-1-2015", "Downstream", "Transportation", 0.3, "Yes"),
            ("1-1-2015", "Downstream", "Refrigeration", 0.2, "No"),
            ("1-1-2015", "Downstream", "Consumer use", 0.7, "No"),
            ("1-1-2015", "Downstream", "Retail / home use", 0.2, "No"),
            ("1-1-2015", "Downstream", "End of life/Final disposal", 0.1, "No"),
            ("3-1-2014", "Operations", "Production", 4.0, "No"),
        ],
        columns=[
            "*PCF-ID",
            "*Assigned value chain portion",
            "Description of LCA stage",
            "Emissions at stage (kg CO2e)",
            "*Emissions at this stage are exclusively transport",
        ],
    )
    (folder / "footprints").mkdir(exist_ok=True)
    path = folder / "footprints" / "carbon-catalogue-2021-10-30.xlsx"
    with pd.ExcelWriter(path) as book:
        products.to_excel(book, sheet_name="Product Level Data", index=False)
        stages.to_excel(book, sheet_name="Stage Level Data", index=False)
    return folder


def epa_file(folder: Path, unit: str = "kg CO2e/2022 USD, purchaser price") -> Path:
    (folder / "footprints").mkdir(exist_ok=True)
    pd.DataFrame(
        {
            "2017 NAICS Code": ["311111", "325611"],
            "Unit": [unit, unit],
            "Supply Chain Emission Factors with Margins": [0.333, 0.355],
        }
    ).to_csv(folder / "footprints" / "epa-supply-chain-v1.3-usd2022.csv", index=False)
    return folder


def test_a_french_food_ends_at_the_shelf_without_its_stage_at_home(tmp_path: Path) -> None:
    read = sources.agribalyse(agribalyse_files(tmp_path))
    # by hand: 2.0 - 0.1 and 5.0 - 0.5
    assert read["kg_co2e_per_kg"].tolist() == pytest.approx([1.9, 4.5])
    assert read["source_key"].tolist() == ["100", "18152_1"]
    assert read["luc_kg_co2e_per_kg"].iloc[0] == 0.4
    assert np.isnan(read["luc_kg_co2e_per_kg"].iloc[1])
    assert set(read["boundary"]) == {"cradle to shelf"}
    assert read["problem"].tolist() == ["", ""]


def test_a_total_that_its_stages_do_not_add_up_to_is_marked_as_broken(tmp_path: Path) -> None:
    # the second food's stages still add up to 5.0
    read = sources.agribalyse(agribalyse_files(tmp_path, **{TOTAL: [2.0, 3.6e-7]}))
    assert read["problem"].tolist() == ["", "its stages are missing or do not add up to its total"]


def test_a_value_near_zero_is_marked_as_broken(tmp_path: Path) -> None:
    tap_water = {TOTAL: [2.0, 0.0003], FARM: [1.8, 0.0003], RETAIL: [0.1, 0.0], HOME: [0.1, 0.0]}
    read = sources.agribalyse(agribalyse_files(tmp_path, **tap_water))
    assert read["problem"].tolist() == ["", "its value is near zero or missing"]


def test_the_catalogue_drops_use_home_and_disposal_where_stages_are_given(tmp_path: Path) -> None:
    read = sources.carbon_catalogue(catalogue_file(tmp_path)).set_index("source_key")
    # by hand: (2.0 + 0.5 + 0.3 transport + 0.2 shop cooling) / 2 kg
    assert read.loc["1-1-2015", "kg_co2e_per_kg"] == pytest.approx(1.5)
    assert read.loc["1-1-2015", "boundary"] == "cradle to shelf"
    assert read.loc["1-1-2015", "year"] == 2015
    assert read.loc["1-1-2015", "geography"] == "USA"


def test_without_stages_that_add_up_the_boundary_is_mixed(tmp_path: Path) -> None:
    read = sources.carbon_catalogue(catalogue_file(tmp_path)).set_index("source_key")
    # no stages at all: 3.0 / 2; stages of 4.0 for a footprint of 10.0: 10.0 / 1
    assert read.loc[["2-1-2016", "3-1-2014"], "kg_co2e_per_kg"].tolist() == [1.5, 10.0]
    assert set(read.loc[["2-1-2016", "3-1-2014"], "boundary"]) == {"mixed"}


def test_an_intensity_that_contradicts_footprint_over_weight_is_marked(tmp_path: Path) -> None:
    read = sources.carbon_catalogue(catalogue_file(tmp_path)).set_index("source_key")
    # 1.0 / 2.0 is 0.5, but 9.0 is stated
    assert read.loc["4-1-2017", "problem"] == "its stated intensity is not footprint over weight"
    assert read["problem"].ne("").sum() == 1


def test_spend_factors_carry_the_year_of_their_dollar(tmp_path: Path) -> None:
    read = sources.epa(epa_file(tmp_path))
    assert read["kg_co2e_per_usd"].tolist() == [0.333, 0.355]
    assert read["naics_code"].tolist() == ["311111", "325611"]
    assert set(read["usd_year"]) == {2022}


def test_spend_factors_in_another_unit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="column Unit: found 'kg CO2e/EUR'"):
        sources.epa(epa_file(tmp_path, unit="kg CO2e/EUR"))


def test_a_missing_column_names_file_and_column(tmp_path: Path) -> None:
    folder = agribalyse_files(tmp_path)
    path = folder / "footprints" / "agribalyse-synthese.csv"
    pd.read_csv(path).drop(columns=TOTAL).to_csv(path, index=False)
    with pytest.raises(TableError, match=r"agribalyse-synthese\.csv: no column 'Changement"):
        sources.agribalyse(folder)


def test_a_word_among_numbers_names_file_column_and_row(tmp_path: Path) -> None:
    folder = agribalyse_files(tmp_path, **{TOTAL: ["2.0", "heavy"]})  # type: ignore[list-item]
    expected = "agribalyse-synthese.csv, column 'Changement climatique', row 18152_1: found 'heavy'"
    with pytest.raises(TableError, match=expected):
        sources.agribalyse(folder)


def test_a_key_that_stands_twice_is_an_error(tmp_path: Path) -> None:
    folder = agribalyse_files(tmp_path)
    path = folder / "footprints" / "agribalyse-stages.csv"
    stages = pd.read_csv(path)
    pd.concat([stages, stages.tail(1)]).to_csv(path, index=False)
    with pytest.raises(TableError, match="column 'Code AGB': 18152_1 stands there twice"):
        sources.agribalyse(folder)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "footprints").mkdir()
    with pytest.raises(TableError, match=r"su-eatable-life\.xlsx was expected in"):
        sources.su_eatable(tmp_path)


def test_without_the_variable_there_is_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(sources.VARIABLE, raising=False)
    assert sources.sources_folder() is None


@pytest.mark.parametrize("inside", [None, "elsewhere", "footprints"])
def test_a_variable_that_names_no_footprints_is_an_error(
    inside: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if inside is not None:
        (tmp_path / inside).mkdir()
    monkeypatch.setenv(sources.VARIABLE, "" if inside is None else str(tmp_path))
    with pytest.raises(TableError, match="GREENAISLE_SOURCES is"):
        sources.sources_folder()


def test_a_variable_that_names_the_files_gives_their_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(sources.VARIABLE, str(agribalyse_files(tmp_path)))
    assert sources.sources_folder() == tmp_path


@pytest.mark.parametrize("name", sources.SOURCES)
def test_every_reader_answers_in_the_common_frame(name: str, publishers: Path) -> None:
    read = sources.SOURCES[name](publishers)
    assert tuple(read.columns) == sources.FRAME
    assert read["source_key"].is_unique
    sound = read[read["problem"] == ""]
    assert len(sound) > 300
    assert (sound["kg_co2e_per_kg"] > 0).all()
    assert read[["boundary", "year", "geography"]].notna().all(axis=None)


def test_the_two_smoked_herrings_and_tap_water_are_refused(publishers: Path) -> None:
    read = sources.agribalyse(publishers).set_index("source_key")
    assert (read.loc[["26232", "25998", "18066"], "problem"] != "").all()


def test_about_half_of_the_catalogue_has_stages_up_to_the_shelf(publishers: Path) -> None:
    boundary = sources.carbon_catalogue(publishers)["boundary"]
    assert boundary.eq("cradle to shelf").mean() == pytest.approx(0.5, abs=0.05)
    assert set(boundary) == {"cradle to shelf", "mixed"}
