"""The tables by which cuts are judged, as a step of a workspace."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pandas as pd

from pcf_estimator.estimate import Market
from pcf_estimator.model import PcfModel
from pcf_estimator.tables import FOOTPRINTS, check_table
from recommender.second_footprints_step import STEP, second_footprints_step
from recommender.workspace import Workspace, write_table

CATALOGUE = pd.DataFrame(
    {
        "product_id": ["milk", "beef", "soup", "soap"],
        "title": ["Whole milk", "Beef sirloin steak", "Chicken noodle soup", "Bar soap"],
        "price": [3.0, 9.0, 2.0, 1.0],
        "net_mass_kg": [3.9, 0.5, 0.5, 0.1],
        "verified_kg_co2e": [0.001, None, None, None],
        "verified_source": ["the dairy", None, None, None],
    }
)


def test_both_tables_cover_the_shop_and_share_neither_source_nor_suppliers_figure(
    tmp_path: Path,
) -> None:
    workspace = Workspace(tmp_path)
    with workspace.replacing("tables", "a") as folder:
        write_table(folder / "catalogue.parquet", CATALOGUE)
    with workspace.replacing("footprints", "b", {"market": asdict(Market(price_year=2017))}):
        pass
    small = PcfModel(trees=10, folds=3)
    facts = second_footprints_step(workspace, model=small)
    assert facts["judges"] == ["carbon-catalogue", "su-eatable"]
    unseen, judge = (workspace.table(STEP, name) for name in ("unseen", "judge"))
    for table in (unseen, judge):
        assert table["product_id"].tolist() == CATALOGUE["product_id"].tolist()
        assert not table["tier"].isin(["verified", "unknown"]).any()
        check_table(table, FOOTPRINTS, "footprints")
    # the judges know no soup: it counts by its price there, and tells nothing
    assert judge["tier"].tolist() == ["neighbours", "neighbours", "spend", "spend"]
    assert unseen["tier"].tolist()[:2] == ["model", "model"]
    assert not unseen["source"].str.contains("su-eatable|carbon-catalogue").any()
    food = workspace.table(STEP, "nutrition")
    assert food["kcal_per_kg"].notna().tolist() == [True, True, True, False]
    assert (
        second_footprints_step(workspace, model=small) == facts
    )  # nothing changed: nothing is made anew
