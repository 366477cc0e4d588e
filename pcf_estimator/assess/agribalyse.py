"""Assessment on the publisher's whole food table: more goods and shelves than the seed has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from pcf_estimator.assess.splits import FOLD_SEEDS, Assessment, assess
from pcf_estimator.model import PcfModel
from pcf_estimator.seed.sources import agribalyse
from pcf_estimator.tables import read_columns

AISLE, SHELF_NAME = "Groupe d'aliment", "Sous-groupe d'aliment"


def assess_agribalyse(
    folder: Path,
    model: Callable[[], PcfModel] = PcfModel,
    progress: Callable[[str], None] = lambda _: None,
) -> Assessment:
    """The same scores on all usable rows of the publisher's food table in `folder`.

    Concepts are the publisher's names and categories its sub-groups; the seed plays no part. There
    are enough rows that one division into folds does.
    """
    table = agribalyse_table(folder)
    return assess(table, model, name="Agribalyse", fold_seeds=FOLD_SEEDS[:1], progress=progress)


def agribalyse_table(folder: Path) -> pd.DataFrame:
    """The publisher's foods as a seed: English name, group and sub-group, kg up to the shelf.

    Rows that the reader of the source refuses are left out. `group` joins rows of one sub-group
    that share a value to three digits: most rows stand in for others.
    """
    figures = agribalyse(folder)
    names = read_columns(folder / "footprints" / "agribalyse-synthese.csv", "agribalyse-synthese")
    names = names.set_index("Code AGB")[["LCI Name", AISLE, SHELF_NAME]]
    usable = figures[figures["problem"] == ""].join(names, on="source_key")
    kg = usable["kg_co2e_per_kg"].astype("float64")
    value = kg.map(lambda x: f"{x:.2e}")
    table = pd.DataFrame(
        {
            "concept": usable["LCI Name"],
            "department": usable[AISLE],
            "category": usable[SHELF_NAME],
            "type": "",
            "kg_co2e_per_kg": kg,
            "kg_co2e_per_kg_low": kg,
            "kg_co2e_per_kg_high": kg,
            "luc_kg_co2e_per_kg": usable["luc_kg_co2e_per_kg"],
            "figures": 1,
            "sources": 1,
            "group": pd.factorize(usable[SHELF_NAME] + "|" + value)[0],
        }
    )
    return table.reset_index(drop=True)
