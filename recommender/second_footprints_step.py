"""The step that makes the tables by which carbon cuts are judged.

    judge.parquet      other sources by another mapping: what the optimiser never sees
    unseen.parquet     the shop's own method on all sources but those: what an optimiser that is to
                       be judged works with, so that the two tables share no source
    nutrition.parquet  energy and protein, for other functional units

The shop's everyday table, `footprints/footprints.parquet`, stays as it is. It reads all sources, so
its cuts, judged by the same judge, are called "sources partly shared".
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from typing import Any

import pandas as pd

from pcf_estimator.estimate import Market, estimate_footprints
from pcf_estimator.model import PcfModel
from pcf_estimator.nutrition import nutrition
from pcf_estimator.second import JUDGES, SecondEstimator, parted_seeds, second_footprints
from pcf_estimator.tables import shipped_data
from recommender.console import note, working
from recommender.footprint_steps import GIVEN
from recommender.impact.observed.shop import SECOND
from recommender.steps import tier_counts
from recommender.workspace import Workspace, file_hash, fingerprint, write_table

STEP = SECOND
CODE = (
    "pcf_estimator.estimate",
    "pcf_estimator.model",
    "pcf_estimator.nutrition",
    "pcf_estimator.second",
)
READS = ("pcf_figures.csv", "needs.csv", "foods.csv", "spend_factors.csv", "naics_industries.csv")


def second_footprints_step(
    workspace: Workspace, judges: Collection[str] = JUDGES, model: PcfModel | None = None
) -> dict[str, Any]:
    """Facts about the tables, which lie in the workspace as step `second_footprints`.

    Prices are read in the market that the step `footprints` was made with. `judges` are the sources
    of the judging table; `model`, not yet fitted, makes the other, the shop's own kind by default.
    """
    model = PcfModel() if model is None else model
    market = Market(**workspace.facts("footprints")["market"])
    made_from = fingerprint(
        tables=workspace.fingerprint("tables"),
        data={name: file_hash(shipped_data(name)) for name in READS},
        market=asdict(market),
        judges=sorted(judges),
        model=[model.trees, model.depth, model.folds, model.random_state],
        code=CODE,
        alone=("recommender.second_footprints_step",),
    )
    if workspace.is_current(STEP, made_from):
        note("second footprints: nothing changed")
        return workspace.facts(STEP)
    catalogue = workspace.table("tables", "catalogue")
    facts: dict[str, Any] = {"judges": sorted(judges)}
    with (
        working(f"asking other sources about {len(catalogue):,} products"),
        workspace.replacing(STEP, made_from, facts, ["tables"]) as folder,
    ):
        unseen, judge = parted_footprints(catalogue, market, judges, model)
        write_table(folder / "unseen.parquet", unseen)
        write_table(folder / "judge.parquet", judge)
        write_table(folder / "nutrition.parquet", nutrition_table(catalogue))
        facts |= {"tiers_unseen": tier_counts(unseen), "tiers_judge": tier_counts(judge)}
    return facts


def parted_footprints(
    catalogue: pd.DataFrame,
    market: Market,
    judges: Collection[str] = JUDGES,
    model: PcfModel | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Footprints without the `judges`, by the shop's own method, and by the judges alone.

    Suppliers' verified figures are left out of both: a figure in both tables judges itself.
    """
    products = catalogue[[column for column in catalogue if column not in GIVEN]]
    first, second = parted_seeds(judges)
    fitted = (PcfModel() if model is None else model).fit(first)
    unseen = estimate_footprints(products, fitted, market)
    return unseen, second_footprints(products, SecondEstimator().fit(second), market)


def nutrition_table(catalogue: pd.DataFrame) -> pd.DataFrame:
    """product_id with kcal_per_kg and protein_kg_per_kg as sold."""
    table = nutrition(catalogue)
    table.insert(0, "product_id", catalogue["product_id"].to_numpy())
    return table
