"""Publishers' files as figures: units, boundaries, licences, and what is left out."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from pcf_estimator.exchange.publishers import (
    COLUMNS,
    LICENCES,
    READERS,
    agribalyse_parts,
    read_publication,
)
from pcf_estimator.seed import sources
from pcf_estimator.tables import TableError

# file, rows that can be used, rows left out, unit
PUBLISHED = {
    "agribalyse": ("agribalyse-synthese.csv", 2442, 9, "kg"),
    "su-eatable": ("su-eatable-life.xlsx", 324, 0, "kg or litre"),
    "carbon-catalogue": ("carbon-catalogue-2021-10-30.xlsx", 862, 4, "unit"),
    "boavizta": ("boavizta-devices.csv", 1226, 0, "unit"),
    "epa": ("epa-supply-chain-v1.3-usd2022.csv", 1016, 0, "USD"),
}


def agribalyse_files(folder: Path, totals: str, stages: str) -> tuple[Path, Path]:
    """One food of 2.0 kg per kg, of which 0.1 arises at home."""
    parts = {stage: [0.0] for stage in sources.AGRIBALYSE_STAGES}
    parts |= {sources.AGRIBALYSE_STAGES[0]: [1.9], sources.AGRIBALYSE_HOME: [0.1]}
    key = {sources.AGRIBALYSE_KEY: ["100"]}
    first = key | {
        sources.AGRIBALYSE_NAME: ["Milk"],
        sources.AGRIBALYSE_TOTAL: [2.0],
        sources.AGRIBALYSE_LUC: [0.4],
    }
    pd.DataFrame(first).to_csv(folder / totals, index=False)
    pd.DataFrame(key | parts).to_csv(folder / stages, index=False)
    return folder / totals, folder / stages


def boavizta_file(folder: Path, **changed: list[object]) -> Path:
    devices = {
        "manufacturer": ["Acme", "Acme", "Acme"],
        "name": ["Book 13", "Book 13", "Slab"],
        "gwp_total": [160.0, 170.0, 80.0],
        "gwp_use_ratio": [0.2, 0.2, None],
        "weight": [1.3, 0, None],
        "report_date": ["November 2020", "November 2020", None],
        "use_location": ["EU", "EU", None],
    }
    path = folder / "devices.csv"
    pd.DataFrame(devices | changed).to_csv(path, index=False)
    return path


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_publishers_file_is_read_whole(name: str) -> None:
    folder = sources.sources_folder()
    if folder is None:
        pytest.skip("GREENAISLE_SOURCES is unset: the publishers' files are not at hand")
    file, usable, left_out, unit = PUBLISHED[name]
    read = read_publication(name, [folder / "footprints" / file])
    assert tuple(read.figures.columns) == COLUMNS
    assert len(read.figures) == usable
    assert sum(read.left_out.values()) == left_out
    assert set(read.figures["unit"]) == {unit}
    assert (read.figures["kg_co2e"] > 0).all()
    assert read.figures["source_key"].is_unique
    named = ["what", "boundary", "geography", "licence", "source"]
    assert read.figures[named].notna().all(axis=None)
    assert set(read.figures["licence"]) == {LICENCES[name]}


def test_every_format_has_a_reader_and_a_licence() -> None:
    assert set(READERS) == set(LICENCES) == set(PUBLISHED)


@pytest.mark.parametrize(
    "names",
    [
        ("a-synthese.csv", "a-stages.csv"),
        ("agribalyse-31-synthese.csv", "agribalyse-31-detail-par-etape.csv"),
    ],
)
def test_one_part_of_agribalyse_finds_the_other_beside_it(
    names: tuple[str, str], tmp_path: Path
) -> None:
    totals, stages = agribalyse_files(tmp_path, *names)
    for given in ([totals], [stages], [stages, totals]):
        assert agribalyse_parts(given) == (totals, stages)
    row = read_publication("agribalyse", [totals]).figures.iloc[0]
    # by hand: 2.0 - 0.1 at home
    assert row["kg_co2e"] == pytest.approx(1.9)
    assert (row["what"], row["boundary"], row["luc_kg_co2e"]) == ("Milk", "cradle to shelf", 0.4)


def test_a_part_of_agribalyse_alone_is_refused_by_name(tmp_path: Path) -> None:
    totals, stages = agribalyse_files(tmp_path, "one.csv", "two.csv")
    assert agribalyse_parts([stages, totals]) == (totals, stages)
    with pytest.raises(TableError, match="its table of stages was expected as well"):
        read_publication("agribalyse", [totals])
    with pytest.raises(TableError, match="its table of totals was expected as well"):
        read_publication("agribalyse", [stages, stages])


def test_a_device_keeps_its_share_of_use_its_mass_and_its_year(tmp_path: Path) -> None:
    read = read_publication("boavizta", [boavizta_file(tmp_path)]).figures
    assert read["what"].tolist() == ["Acme Book 13", "Acme Book 13", "Acme Slab"]
    assert read["source_key"].tolist()[1] == "Acme Book 13, November 2020 #2"
    assert read["year"].tolist() == [2020, 2020, pd.NA]
    assert read["geography"].tolist() == ["EU", "EU", "not stated"]
    # a weight of 0 is no weight
    assert read["mass_kg"].isna().tolist() == [False, True, True]
    assert set(read["boundary"]) == {"cradle to grave"}


def test_a_device_without_a_figure_is_counted(tmp_path: Path) -> None:
    read = read_publication("boavizta", [boavizta_file(tmp_path, gwp_total=[160.0, 0.0, None])])
    assert len(read.figures) == 1
    assert read.left_out == {"its value is near zero or missing": 2}


def test_a_file_of_which_nothing_can_be_used_is_refused(tmp_path: Path) -> None:
    path = boavizta_file(tmp_path, gwp_total=[0.0, 0.0, 0.0])
    with pytest.raises(TableError, match="none of its 3 rows can be used"):
        read_publication("boavizta", [path])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    for name in READERS:
        with pytest.raises(TableError, match=r"none\.csv.*there is no such file"):
            read_publication(name, [tmp_path / "none.csv"])


def test_a_file_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    for name in ("su-eatable", "carbon-catalogue"):
        with pytest.raises(TableError, match="not a workbook"):
            read_publication(name, [boavizta_file(tmp_path)])


def test_a_stage_below_zero_lowers_no_figure(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    products = pd.DataFrame(
        {
            "*PCF-ID": ["1-1-2015", "2-1-2016"],
            "Product name (and functional unit)": ["Chair", "Desk"],
            "Product's carbon footprint (PCF, kg CO2e)": [3.0, 9.0],
            "Product weight (kg)": [2.0, 2.0],
            "*Carbon intensity": [1.5, 4.5],
            "Year of reporting": [2015, 2016],
            "Country (where company is incorporated)": ["USA", "Italy"],
        }
    )
    stages = pd.DataFrame(
        [
            ("1-1-2015", "Upstream", "Wood", 4.0, "No"),
            ("1-1-2015", "Downstream", "Distribution", -0.5, "Yes"),
            ("1-1-2015", "Downstream", "Recycling", -0.5, "No"),
            ("2-1-2016", "Downstream", "Recycling", -0.5, "No"),
        ],
        columns=[
            "*PCF-ID",
            "*Assigned value chain portion",
            "Description of LCA stage",
            "Emissions at stage (kg CO2e)",
            "*Emissions at this stage are exclusively transport",
        ],
    )
    path = tmp_path / "catalogue.xlsx"
    with pd.ExcelWriter(path) as book:
        products.to_excel(book, sheet_name="Product Level Data", index=False)
        stages.to_excel(book, sheet_name="Stage Level Data", index=False)
    read = read_publication("carbon-catalogue", [path])
    # the chair's wood alone; the desk's stages do not add up, so its credit can not be taken out
    assert read.figures["kg_co2e"].tolist() == [4.0]
    assert list(read.left_out.values()) == [1]
    assert "offsets dropped: stages below zero of 1 product lower no figure" in read.notes
