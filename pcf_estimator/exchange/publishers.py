"""Publishers' files as one plain table of figures, each with its unit, boundary and licence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pcf_estimator.seed.sources import (
    AGRIBALYSE_HOME,
    MIXED,
    read_agribalyse,
    read_boavizta,
    read_carbon_catalogue,
    read_epa,
    read_su_eatable,
)
from pcf_estimator.tables import TableError, read_columns

COLUMNS = (
    "what",
    "kg_co2e",
    "unit",
    "boundary",
    "year",
    "geography",
    "licence",
    "source",
    "source_key",
    "luc_kg_co2e",
    "mass_kg",
    "use_share",
)
# As the publishers state it; what a licence asks for travels with every row.
LICENCES: Mapping[str, str] = {
    "agribalyse": "Etalab Open Licence: ADEME, AGRIBALYSE",
    "su-eatable": "CC BY 4.0: Petersson et al. 2021, SU-EATABLE LIFE",
    "carbon-catalogue": "CC BY 4.0: Meinrenken et al. 2022, The Carbon Catalogue",
    "boavizta": "ODbL 1.0 (share alike; keep apart): Boavizta",
    "epa": "public domain: US EPA, Supply Chain GHG Emission Factors",
}
# Names that the two parts of Agribalyse go by in its publisher's downloads and in ours.
TOTALS, STAGES = ("synthese", "synthèse"), ("stages", "detail-par-etape", "detail_par_etape")


@dataclass(frozen=True, kw_only=True)
class Publication:
    """A publisher's figures, and what was left out of them in words, each with its count."""

    source: str
    figures: pd.DataFrame  # COLUMNS
    left_out: Mapping[str, int]
    notes: Sequence[str] = ()


def read_publication(source: str, paths: Sequence[Path]) -> Publication:
    """The figures in a publisher's file, one a row, with the columns of COLUMNS.

    `kg_co2e` is kg CO2e per `unit` ("kg", "kg or litre", "unit" or "USD"); `luc_kg_co2e` is the
    part of it from land-use change, `mass_kg` what one unit weighs and `use_share` the part of it
    (0 to 1) from use, each NaN where the publisher does not say. Rows that cannot be used are
    counted by reason. Raises TableError for a file that is not what its publisher makes.
    """
    publication = READERS[source](paths)
    if publication.figures.empty:
        raise TableError(
            f"{source} ({paths[0]}): none of its {sum(publication.left_out.values())} rows can be "
            "used"
        )
    return publication


def _agribalyse(paths: Sequence[Path]) -> Publication:
    totals, stages = agribalyse_parts(paths)
    read = read_agribalyse(totals, stages)
    figures = read.rename(
        columns={"kg_co2e_per_kg": "kg_co2e", "luc_kg_co2e_per_kg": "luc_kg_co2e"}
    )
    note = "the stage at home is taken off, so figures end at the shelf"
    return _publication("agribalyse", figures.assign(unit="kg"), note)


def _su_eatable(paths: Sequence[Path]) -> Publication:
    read = read_su_eatable(paths[0]).rename(columns={"kg_co2e_per_kg": "kg_co2e"})
    note = "the publisher does not say which figures are per kg and which per litre"
    return _publication("su-eatable", read.assign(unit="kg or litre"), note)


def _carbon_catalogue(paths: Sequence[Path]) -> Publication:
    read = read_carbon_catalogue(paths[0])
    credited = read["credits"] > 0
    # without stages that add up the figure is the company's total, net of its credits
    net = credited & (read["boundary"] == MIXED) & (read["problem"] == "")
    figures = read.assign(
        kg_co2e=read["kg_co2e_per_kg"] * read["mass_kg"],
        unit="unit",
        problem=read["problem"].mask(net, "its total is net of a credit that cannot be taken out"),
    )
    dropped = int((credited & ~net).sum())
    products = "1 product" if dropped == 1 else f"{dropped} products"
    note = f"offsets dropped: stages below zero of {products} lower no figure"
    return _publication("carbon-catalogue", figures, note)


def _boavizta(paths: Sequence[Path]) -> Publication:
    read = read_boavizta(paths[0]).rename(columns={"kg_co2e_per_unit": "kg_co2e"})
    note = "figures are per device with its use; the licence keeps them apart from other tables"
    return _publication("boavizta", read.assign(unit="unit"), note)


def _epa(paths: Sequence[Path]) -> Publication:
    read = read_epa(paths[0])
    figures = pd.DataFrame(
        {
            "what": read["what"],
            "kg_co2e": read["kg_co2e_per_usd"],
            "unit": "USD",
            "boundary": "cradle to purchaser",
            "year": read["usd_year"],
            "geography": "United States",
            "source_key": read["naics_code"],
            "problem": np.where(read["kg_co2e_per_usd"] > 0, "", "its value is near zero"),
        }
    )
    return _publication("epa", figures, "figures are per dollar that the purchaser pays")


READERS: Mapping[str, Callable[[Sequence[Path]], Publication]] = {
    "agribalyse": _agribalyse,
    "su-eatable": _su_eatable,
    "carbon-catalogue": _carbon_catalogue,
    "boavizta": _boavizta,
    "epa": _epa,
}


def agribalyse_parts(paths: Sequence[Path]) -> tuple[Path, Path]:
    """The files of totals and of stages: both as given, in any order, or one and its neighbour.

    Raises TableError where the other part is neither given nor beside it under a usual name.
    """
    stages = [path for path in paths if AGRIBALYSE_HOME in read_columns(path, path.name).columns]
    totals = [path for path in paths if path not in stages]
    if len(totals) == 1 and len(stages) == 1:
        return totals[0], stages[0]
    given, expected = paths[0], "totals" if stages else "stages"
    from_words, to_words = (STAGES, TOTALS) if stages else (TOTALS, STAGES)
    if len(paths) == 1:
        for word in from_words:
            for other in to_words:
                beside = given.with_name(given.name.replace(word, other))
                if beside != given and beside.is_file():
                    return (beside, given) if stages else (given, beside)
    raise TableError(
        f"agribalyse ({given}): its table of {expected} was expected as well, as a second file or "
        f"beside it with {to_words[0]!r} in place of {from_words[0]!r} in its name"
    )


def _publication(source: str, read: pd.DataFrame, *notes: str) -> Publication:
    broken = read["problem"] != ""
    full = read.assign(source=source, licence=LICENCES[source])
    for column in COLUMNS:
        if column not in full:
            full[column] = np.nan
    figures = full.loc[~broken, list(COLUMNS)].reset_index(drop=True)
    return Publication(
        source=source,
        figures=figures.astype({"year": "Int64", "what": "str", "source_key": "str"}),
        left_out={str(k): int(v) for k, v in read["problem"][broken].value_counts().items()},
        notes=notes,
    )
