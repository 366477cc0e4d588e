"""Publishers' footprint files: one small reader each, all answering in one common frame.

Each reader takes the path of a file (`read_...`). Rebuilding the seed and its checks find the files
by name instead, in the folder that the environment variable GREENAISLE_SOURCES names, under
`footprints/`; they are never copied into the repository.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from pcf_estimator.seed.source_files import (
    csv_table,
    names_of,
    numbers,
    published_file,
    workbook_table,
)
from pcf_estimator.tables import TableError

VARIABLE = "GREENAISLE_SOURCES"
FRAME = (
    "source",
    "source_key",
    "what",
    "kg_co2e_per_kg",
    "luc_kg_co2e_per_kg",
    "boundary",
    "year",
    "geography",
    "problem",
)
SHELF, DISTRIBUTION_CENTRE, MIXED = "cradle to shelf", "cradle to distribution centre", "mixed"
GRAVE = "cradle to grave"

# No good on a shelf is lighter than this per kg or litre; bottled water, the lightest, has 0.1.
LEAST_KG_CO2E_PER_KG = 0.01
# A total that its own stages miss by more than a tenth was copied or edited wrongly.
STAGES_AGREE_WITHIN = 0.1
# The Carbon Catalogue prints its intensities with two decimals.
INTENSITY_AGREES_WITHIN = 0.05

AGRIBALYSE_KEY, AGRIBALYSE_NAME = "Code AGB", "LCI Name"
AGRIBALYSE_TOTAL = "Changement climatique"
AGRIBALYSE_LUC = "Changement climatique - émissions liées au changement d'affectation des sols"
AGRIBALYSE_HOME = "Changement climatique - Consommation"
AGRIBALYSE_RETAIL = "Changement climatique - Supermarché et distribution"
AGRIBALYSE_STAGES = (
    "Changement climatique - Agriculture",
    "Changement climatique - Transformation",
    "Changement climatique - Emballage",
    "Changement climatique - Transport",
    AGRIBALYSE_RETAIL,
    AGRIBALYSE_HOME,
)

# Downstream of the factory, what still happens before the shelf; a stage shared with the home is
# left out whole, since nothing says how much of it is the shop's.
BEFORE_THE_SHELF = r"refrigerat|storage|distribut|retail"
AFTER_THE_SHELF = r"home|consumer|\buse\b|end.of.life|disposal|recycl|waste"


def sources_folder() -> Path | None:
    """The folder that holds the publishers' `footprints/`, or None where none was named.

    Raises TableError where GREENAISLE_SOURCES is set but names no such folder, so that a typing
    mistake never passes for "not given".
    """
    given = os.environ.get(VARIABLE)
    if given is None:
        return None
    folder = Path(given)
    if not given.strip() or not (folder / "footprints").is_dir():
        raise TableError(
            f"{VARIABLE} is {given!r}, but the folder that holds footprints/ was expected; "
            "unset it to work without the publishers' files"
        )
    if not any((folder / "footprints").iterdir()):
        raise TableError(f"{VARIABLE} is {given!r}, but its folder footprints/ is empty")
    return folder


def agribalyse(folder: Path) -> pd.DataFrame:
    """`read_agribalyse` of the two files in the publishers' folder."""
    return read_agribalyse(
        published_file(folder, "agribalyse-synthese.csv"),
        published_file(folder, "agribalyse-stages.csv"),
    )


def read_agribalyse(totals_path: Path, stages_path: Path) -> pd.DataFrame:
    """French foods (ADEME): the published total less the stage at home, so up to the shelf.

    `totals_path` is the table of totals ("synthese"), `stages_path` the one by life-cycle stage.
    `luc_kg_co2e_per_kg` is its own land-use-change column. Rows near zero, and rows whose stages
    are missing or do not add up to the total, carry a `problem`.
    """
    totals = csv_table(
        totals_path, AGRIBALYSE_KEY, [AGRIBALYSE_TOTAL, AGRIBALYSE_LUC], AGRIBALYSE_NAME
    )
    stages = csv_table(stages_path, AGRIBALYSE_KEY, list(AGRIBALYSE_STAGES))
    total = numbers(totals, AGRIBALYSE_TOTAL)
    parts = pd.concat([numbers(stages, stage) for stage in AGRIBALYSE_STAGES], axis=1)
    parts = parts.reindex(totals.index)
    at_shelf = total - parts[AGRIBALYSE_HOME]
    apart = ~((parts.sum(axis=1, skipna=False) / total - 1).abs() <= STAGES_AGREE_WITHIN)
    frame = pd.DataFrame(
        {
            "source_key": totals.index,
            "what": names_of(totals, AGRIBALYSE_NAME),
            "kg_co2e_per_kg": at_shelf.to_numpy(),
            "luc_kg_co2e_per_kg": numbers(totals, AGRIBALYSE_LUC, gaps=True).to_numpy(),
            "problem": np.where(apart, "its stages are missing or do not add up to its total", ""),
        }
    )
    # the year of the copy: the files themselves state none
    return _frame(frame, source="agribalyse", boundary=SHELF, year=2025, geography="France")


def retail_stage_kg(folder: Path) -> float:
    """Median kg CO2e per kg of Agribalyse's supermarket stage: what comes after the warehouse."""
    stages = csv_table(
        published_file(folder, "agribalyse-stages.csv"), AGRIBALYSE_KEY, [AGRIBALYSE_RETAIL]
    )
    return float(numbers(stages, AGRIBALYSE_RETAIL).median())


def su_eatable(folder: Path) -> pd.DataFrame:
    """`read_su_eatable` of the file in the publishers' folder."""
    return read_su_eatable(published_file(folder, "su-eatable-life.xlsx"))


def read_su_eatable(path: Path) -> pd.DataFrame:
    """Food commodities (SU-EATABLE LIFE): the value of each item, per kg or per litre as given.

    The publisher's studies end at the distribution centre, mixed over the world. An item's own
    value stands even where the publisher would rather use its typology's.
    """
    item, value = "Food commodity ITEM", "Carbon Footprint kg CO2eq/kg or l of food ITEM"
    sheet = workbook_table(path, "SEL CF for users", item, [value])
    frame = pd.DataFrame(
        {
            "source_key": sheet.index,
            "what": sheet.index,
            "kg_co2e_per_kg": numbers(sheet, value).to_numpy(),
        }
    )
    return _frame(
        frame, source="su-eatable", boundary=DISTRIBUTION_CENTRE, year=2021, geography="world"
    )


def carbon_catalogue(folder: Path) -> pd.DataFrame:
    """`read_carbon_catalogue` of the file in the publishers' folder."""
    read = read_carbon_catalogue(published_file(folder, "carbon-catalogue-2021-10-30.xlsx"))
    return read[list(FRAME)]


def read_carbon_catalogue(path: Path) -> pd.DataFrame:
    """Companies' own products (The Carbon Catalogue): footprint over product weight.

    Where a product's stages are given and add up to its footprint, the stages after the shelf
    (use, home, disposal) are left out; elsewhere the boundary is "mixed", as the company chose
    it. A stage below zero that is kept would lower the figure: it is a credit, and counts as 0.
    `geography` is the country where the company is incorporated. Rows whose stated intensity is
    not footprint over weight carry a `problem`. Beyond FRAME: `mass_kg`, the product's weight, and
    `credits`, how many of its stages are below zero.
    """
    key, pcf, weight = "*PCF-ID", "Product's carbon footprint (PCF, kg CO2e)", "Product weight (kg)"
    intensity, year = "*Carbon intensity", "Year of reporting"
    country, name = "Country (where company is incorporated)", "Product name (and functional unit)"
    products = workbook_table(
        path, "Product Level Data", key, [pcf, weight, intensity, year, country], name=name
    )
    total, mass = numbers(products, pcf), numbers(products, weight)
    shelf, stated, credits = _catalogue_stages(path, key)
    staged = (stated.reindex(products.index) / total - 1).abs() <= STAGES_AGREE_WITHIN
    kg = (shelf.reindex(products.index).where(staged, total)) / mass
    odd = ~((numbers(products, intensity) / (total / mass) - 1).abs() <= INTENSITY_AGREES_WITHIN)
    frame = pd.DataFrame(
        {
            "source_key": products.index,
            "what": names_of(products, name),
            "kg_co2e_per_kg": kg.to_numpy(),
            "boundary": np.where(staged, SHELF, MIXED),
            "year": numbers(products, year).astype("int64").to_numpy(),
            "geography": products[country].astype("str").to_numpy(),
            "problem": np.where(odd, "its stated intensity is not footprint over weight", ""),
        }
    )
    return _frame(frame, source="carbon-catalogue").assign(
        mass_kg=mass.to_numpy(),
        credits=credits.reindex(products.index).fillna(0).astype("int64").to_numpy(),
    )


def read_boavizta(path: Path) -> pd.DataFrame:
    """Manufacturers' declared figures of devices (Boavizta), kg CO2e per device, use included.

    Columns `source_key`, `what`, `kg_co2e_per_unit`, `use_share` (0 to 1 of it), `mass_kg`,
    `boundary`, `year` (of the report; null where it gives none), `geography` (of use, as given),
    `problem`. A frame of its own: devices are compared by the piece, and its licence (ODbL) keeps
    it apart from other tables. The key is maker, name and report, numbered where they repeat.
    """
    maker, name, report, place = "manufacturer", "name", "report_date", "use_location"
    value, share, weight = "gwp_total", "gwp_use_ratio", "weight"
    table = csv_table(path, name, [maker, report, place, value, share, weight], name, unique=False)
    kg = numbers(table, value, gaps=True)
    words = table[maker].astype("str").str.strip() + " " + table.index
    key = words + ", " + table[report].astype("str").fillna("no date")
    nth = (key.groupby(key.to_numpy()).cumcount() + 1).astype("str")
    return pd.DataFrame(
        {
            "source_key": key.where(nth == "1", key + " #" + nth),
            "what": words,
            "kg_co2e_per_unit": kg,
            "use_share": numbers(table, share, gaps=True),
            "mass_kg": numbers(table, weight, gaps=True).where(lambda mass: mass > 0),
            "boundary": GRAVE,
            "year": table[report].astype("str").str.extract(r"((?:19|20)\d\d)")[0].astype("Int64"),
            "geography": table[place].astype("str").str.strip().fillna("not stated"),
            "problem": np.where(kg > 0, "", "its value is near zero or missing"),
        }
    ).reset_index(drop=True)


def epa(folder: Path) -> pd.DataFrame:
    """`read_epa` of the file in the publishers' folder."""
    return read_epa(published_file(folder, "epa-supply-chain-v1.3-usd2022.csv"))


def read_epa(path: Path) -> pd.DataFrame:
    """US supply-chain factors: `naics_code`, `kg_co2e_per_usd`, `usd_year`, `what`.

    By 6-digit industry, kg CO2e per dollar at purchaser price, margins of trade and transport
    included. A frame of its own: dollars are no kilograms, and these never enter the seed.
    """
    code, title = "2017 NAICS Code", "2017 NAICS Title"
    value = "Supply Chain Emission Factors with Margins"
    table = csv_table(path, code, [value, "Unit"], title)
    unit = table["Unit"].str.extract(r"^kg CO2e/(\d{4}) USD, purchaser price$")[0]
    if unit.isna().any():
        found = table["Unit"][unit.isna()].iloc[0]
        raise TableError(
            f"{path.name}, column Unit: found {found!r}, but kg CO2e per USD of a year was expected"
        )
    return pd.DataFrame(
        {
            "naics_code": table.index.astype("str"),
            "kg_co2e_per_usd": numbers(table, value).to_numpy(),
            "usd_year": unit.astype("int64").to_numpy(),
            "what": names_of(table, title),
        }
    )


SOURCES: Mapping[str, Callable[[Path], pd.DataFrame]] = {
    "agribalyse": agribalyse,
    "carbon-catalogue": carbon_catalogue,
    "su-eatable": su_eatable,
}


def _frame(frame: pd.DataFrame, **same: str | int) -> pd.DataFrame:
    """The common frame: columns of FRAME, and a `problem` wherever kg is near zero or missing."""
    full = frame.assign(**same).reset_index(drop=True)
    for column, empty in (("luc_kg_co2e_per_kg", np.nan), ("problem", "")):
        if column not in full:
            full[column] = empty
    tiny = ~(full["kg_co2e_per_kg"] >= LEAST_KG_CO2E_PER_KG) & full["problem"].eq("")
    full["problem"] = full["problem"].mask(tiny, "its value is near zero or missing")
    return full[list(FRAME)]


def _catalogue_stages(path: Path, key: str) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Per product: kg CO2e up to the shelf, over all stages, and how many stages are below zero.

    A sum is NaN where a stage has no figure.
    """
    portion, name = "*Assigned value chain portion", "Description of LCA stage"
    kg, moved = "Emissions at stage (kg CO2e)", "*Emissions at this stage are exclusively transport"
    stages = workbook_table(path, "Stage Level Data", key, [portion, name, kg, moved], unique=False)
    value = pd.to_numeric(stages[kg], errors="coerce")
    words = stages[name].astype("str").str.lower()
    home = words.str.contains(AFTER_THE_SHELF, regex=True)
    shop = stages[moved].eq("Yes") | (words.str.contains(BEFORE_THE_SHELF, regex=True) & ~home)
    kept = value.where(stages[portion].ne("Downstream") | shop, value * 0).clip(lower=0)
    return _sums(kept), _sums(value), _sums((value < 0).astype("int64"))


def _sums(value: pd.Series) -> pd.Series:
    return value.groupby(level=0).sum(skipna=False)
