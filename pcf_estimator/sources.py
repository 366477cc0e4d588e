"""Publishers' footprint files: one small reader each, all answering in one common frame.

The files are never copied into the repository. They lie in the folder that the environment
variable GREENAISLE_SOURCES names, under `footprints/`; only rebuilding the seed needs them.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from pcf_estimator.tables import TableError, read_columns

VARIABLE = "GREENAISLE_SOURCES"
FRAME = (
    "source",
    "source_key",
    "kg_co2e_per_kg",
    "luc_kg_co2e_per_kg",
    "boundary",
    "year",
    "geography",
    "problem",
)
SHELF, DISTRIBUTION_CENTRE, MIXED = "cradle to shelf", "cradle to distribution centre", "mixed"

# No good on a shelf is lighter than this per kg or litre; bottled water, the lightest, has 0.1.
LEAST_KG_CO2E_PER_KG = 0.01
# A total that its own stages miss by more than a tenth was copied or edited wrongly.
STAGES_AGREE_WITHIN = 0.1
# The Carbon Catalogue prints its intensities with two decimals.
INTENSITY_AGREES_WITHIN = 0.05

AGRIBALYSE_KEY = "Code AGB"
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
    """French foods (ADEME): the published total less the stage at home, so up to the shelf.

    `luc_kg_co2e_per_kg` is its own land-use-change column. Rows near zero, and rows whose stages
    are missing or do not add up to the total, carry a `problem`.
    """
    totals, stages = _agribalyse_file(folder, "synthese"), _agribalyse_file(folder, "stages")
    total = _numbers(totals, AGRIBALYSE_TOTAL)
    parts = pd.concat([_numbers(stages, stage) for stage in AGRIBALYSE_STAGES], axis=1)
    parts = parts.reindex(totals.index)
    at_shelf = total - parts[AGRIBALYSE_HOME]
    apart = ~((parts.sum(axis=1, skipna=False) / total - 1).abs() <= STAGES_AGREE_WITHIN)
    frame = pd.DataFrame(
        {
            "source_key": totals.index,
            "kg_co2e_per_kg": at_shelf.to_numpy(),
            "luc_kg_co2e_per_kg": _numbers(totals, AGRIBALYSE_LUC, gaps=True).to_numpy(),
            "problem": np.where(apart, "its stages are missing or do not add up to its total", ""),
        }
    )
    # the year of the copy: the files themselves state none
    return _frame(frame, source="agribalyse", boundary=SHELF, year=2025, geography="France")


def retail_stage_kg(folder: Path) -> float:
    """Median kg CO2e per kg of Agribalyse's supermarket stage: what comes after the warehouse."""
    return float(_numbers(_agribalyse_file(folder, "stages"), AGRIBALYSE_RETAIL).median())


def su_eatable(folder: Path) -> pd.DataFrame:
    """Food commodities (SU-EATABLE LIFE): the value of each item, per kg or per litre as given.

    The publisher's studies end at the distribution centre, mixed over the world. An item's own
    value stands even where the publisher would rather use its typology's.
    """
    path = _file(folder, "su-eatable-life.xlsx")
    item, value = "Food commodity ITEM", "Carbon Footprint kg CO2eq/kg or l of food ITEM"
    sheet = _sheet(path, "SEL CF for users", item, [value])
    frame = pd.DataFrame({"source_key": sheet.index, "kg_co2e_per_kg": _numbers(sheet, value)})
    return _frame(
        frame, source="su-eatable", boundary=DISTRIBUTION_CENTRE, year=2021, geography="world"
    )


def carbon_catalogue(folder: Path) -> pd.DataFrame:
    """Companies' own products (The Carbon Catalogue): footprint over product weight.

    Where a product's stages are given and add up to its footprint, the stages after the shelf
    (use, home, disposal) are left out; elsewhere the boundary is "mixed", as the company chose
    it. `geography` is the country where the company is incorporated. Rows whose stated intensity
    is not footprint over weight carry a `problem`.
    """
    path = _file(folder, "carbon-catalogue-2021-10-30.xlsx")
    key, pcf, weight = "*PCF-ID", "Product's carbon footprint (PCF, kg CO2e)", "Product weight (kg)"
    intensity, year = "*Carbon intensity", "Year of reporting"
    country = "Country (where company is incorporated)"
    products = _sheet(
        path, "Product Level Data", key, [pcf, weight, intensity, year, country], unique=True
    )
    total, mass = _numbers(products, pcf), _numbers(products, weight)
    shelf, stated = _catalogue_stages(path, key)
    staged = (stated.reindex(products.index) / total - 1).abs() <= STAGES_AGREE_WITHIN
    kg = (shelf.reindex(products.index).where(staged, total)) / mass
    odd = ~((_numbers(products, intensity) / (total / mass) - 1).abs() <= INTENSITY_AGREES_WITHIN)
    frame = pd.DataFrame(
        {
            "source_key": products.index,
            "kg_co2e_per_kg": kg.to_numpy(),
            "boundary": np.where(staged, SHELF, MIXED),
            "year": _numbers(products, year).astype("int64").to_numpy(),
            "geography": products[country].astype("str").to_numpy(),
            "problem": np.where(odd, "its stated intensity is not footprint over weight", ""),
        }
    )
    return _frame(frame, source="carbon-catalogue")


def epa(folder: Path) -> pd.DataFrame:
    """US supply-chain factors by 6-digit NAICS: `naics_code`, `kg_co2e_per_usd`, `usd_year`.

    kg CO2e per dollar at purchaser price, margins of trade and transport included. A frame of its
    own: dollars are no kilograms, and these never enter the seed.
    """
    path = _file(folder, "epa-supply-chain-v1.3-usd2022.csv")
    code, value = "2017 NAICS Code", "Supply Chain Emission Factors with Margins"
    table = _keyed(read_columns(path, path.name), path, code, [value, "Unit"])
    unit = table["Unit"].str.extract(r"^kg CO2e/(\d{4}) USD, purchaser price$")[0]
    if unit.isna().any():
        found = table["Unit"][unit.isna()].iloc[0]
        raise TableError(
            f"{path.name}, column Unit: found {found!r}, but kg CO2e per USD of a year was expected"
        )
    return pd.DataFrame(
        {
            "naics_code": table.index.astype("str"),
            "kg_co2e_per_usd": _numbers(table, value).to_numpy(),
            "usd_year": unit.astype("int64").to_numpy(),
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


def _catalogue_stages(path: Path, key: str) -> tuple[pd.Series, pd.Series]:
    """Kg CO2e per product up to the shelf, and over all stages; NaN where a stage has no figure."""
    portion, name = "*Assigned value chain portion", "Description of LCA stage"
    kg, moved = "Emissions at stage (kg CO2e)", "*Emissions at this stage are exclusively transport"
    stages = _sheet(path, "Stage Level Data", key, [portion, name, kg, moved], unique=False)
    value = pd.to_numeric(stages[kg], errors="coerce")
    words = stages[name].astype("str").str.lower()
    home = words.str.contains(AFTER_THE_SHELF, regex=True)
    shop = stages[moved].eq("Yes") | (words.str.contains(BEFORE_THE_SHELF, regex=True) & ~home)
    kept = value.where(stages[portion].ne("Downstream") | shop, value * 0)
    return _sums(kept), _sums(value)


def _sums(value: pd.Series) -> pd.Series:
    return value.groupby(level=0).sum(skipna=False)


def _agribalyse_file(folder: Path, part: str) -> pd.DataFrame:
    path = _file(folder, f"agribalyse-{part}.csv")
    needed = {
        "synthese": [AGRIBALYSE_TOTAL, AGRIBALYSE_LUC],
        "stages": list(AGRIBALYSE_STAGES),
    }
    return _keyed(read_columns(path, path.name), path, AGRIBALYSE_KEY, needed[part])


def _file(folder: Path, name: str) -> Path:
    path = folder / "footprints" / name
    if not path.is_file():
        raise TableError(f"{name} was expected in {path.parent}, but there is no such file")
    return path


def _sheet(
    path: Path, sheet: str, key: str, columns: list[str], unique: bool = True
) -> pd.DataFrame:
    try:
        with warnings.catch_warnings():
            # drop-down lists inside the workbook, which reading does not need
            warnings.filterwarnings("ignore", message="Data Validation extension")
            read = pd.read_excel(path, sheet_name=sheet, dtype=object, engine="openpyxl")
    except ImportError as error:
        raise TableError(
            f"{path.name}: reading a workbook needs openpyxl; install greenaisle[sources]"
        ) from error
    except ValueError as error:
        raise TableError(f"{path.name}: the sheet {sheet!r} was expected ({error})") from error
    return _keyed(read, path, key, columns, unique)


def _keyed(
    table: pd.DataFrame, path: Path, key: str, columns: list[str], unique: bool = True
) -> pd.DataFrame:
    """`table` by its key (text), with the columns that are needed; errors name file and column."""
    missing = [column for column in [key, *columns] if column not in table.columns]
    if missing:
        found = ", ".join(str(column) for column in table.columns[:8])
        raise TableError(f"{path.name}: no column {missing[0]!r}; found {found} ...")
    rows = table.loc[table[key].notna(), [key, *columns]]
    keyed = rows.set_index(rows[key].astype("str").str.strip())[columns]
    if unique and keyed.index.has_duplicates:
        twice = keyed.index[keyed.index.duplicated()][0]
        raise TableError(f"{path.name}, column {key!r}: {twice} stands there twice")
    keyed.index.name, keyed.attrs["file"] = None, path.name
    return keyed


def _numbers(table: pd.DataFrame, column: str, gaps: bool = False) -> pd.Series:
    """A column as numbers; a value that is none is an error, an empty cell only without `gaps`."""
    number = pd.to_numeric(table[column], errors="coerce").astype("float64")
    bad = number.isna() & (table[column].notna() if gaps else True)
    if bad.any():
        key, found = table.index[bad][0], table.loc[bad, column].iloc[0]
        raise TableError(
            f"{table.attrs['file']}, column {column!r}, row {key}: found {found!r}, but a number "
            f"was expected ({int(bad.sum())} such rows)"
        )
    return number
