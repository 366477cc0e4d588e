"""The estimator's steps in a workspace: the model, and a footprint for every product."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date
from typing import Any

import pandas as pd

from pcf_estimator.estimate import Market, estimate_footprints
from pcf_estimator.exchange.verified import (
    ASKS,
    USED,
    apply_verified,
    check_verified,
    count_statuses,
    outside_range,
    ranges_95,
)
from pcf_estimator.model import PcfModel
from pcf_estimator.needs import assign_needs, read_needs
from pcf_estimator.seed.table import read_seed
from pcf_estimator.tables import shipped_data
from recommender.console import note, working
from recommender.steps import tier_counts
from recommender.workspace import Workspace, file_hash, fingerprint, write_table

MODEL_CODE = ("pcf_estimator.model", "pcf_estimator.seed.table")
FOOTPRINTS_CODE = (
    *MODEL_CODE,
    "pcf_estimator.estimate",
    "pcf_estimator.exchange.verified",
    "pcf_estimator.needs",
)
NAMELESS = "names no source"
GIVEN = ("verified_kg_co2e", "verified_source")
# Year and currency of the prices of known logs; pounds at the mean rate of 2011 (US Internal
# Revenue Service, yearly average currency exchange rates: 0.624 pounds a dollar).
MARKETS = {
    "complete-journey": Market(price_year=2017),
    "uci": Market(price_year=2011, usd_per_currency=1 / 0.624),
}


def model_step(workspace: Workspace) -> PcfModel:
    """The footprint model of the shipped seed, fitted once and then kept."""
    tables = ("pcf_seed.csv", "needs.csv", "foods.csv")
    made_from = fingerprint(
        **{name: file_hash(shipped_data(name)) for name in tables}, code=MODEL_CODE
    )
    if workspace.is_current("footprint_model", made_from):
        note("footprint model: nothing changed")
        return PcfModel.load(workspace.path("footprint_model", ""))
    facts: dict[str, Any] = {}
    with (
        working("fitting the footprint model on the seed database"),
        workspace.replacing("footprint_model", made_from, facts) as folder,
    ):
        model = PcfModel().fit(read_seed())
        model.save(folder)
        facts["members"] = member_facts(model)
    return model


def member_facts(model: PcfModel) -> dict[str, Any]:
    """Weight and grouped out-of-fold errors of each member of the blend, and of the blend."""
    return {
        str(name): row for name, row in model.errors_.set_index("member").to_dict("index").items()
    }


def footprints_step(
    workspace: Workspace, as_of: date, said: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A footprint and a need for every product of the catalogue.

    `as_of` decides which suppliers' figures are valid; `said` holds fields of `Market` that differ
    from the known log's own, or from those that the step was last made with.
    """
    market = replace(_market(workspace), **(said or {}))
    told = workspace.fingerprint("verified") if workspace.has("verified", "") else ""
    made_from = fingerprint(
        tables=workspace.fingerprint("tables"),
        data={
            name: file_hash(shipped_data(name))
            for name in ("pcf_seed.csv", "needs.csv", "foods.csv", "spend_factors.csv")
        },
        verified=[told, as_of.isoformat()] if told else [],  # figures expire
        market=asdict(market),
        code=FOOTPRINTS_CODE,
        alone=("recommender.footprint_steps",),
    )
    if workspace.is_current("footprints", made_from):
        note("footprints: nothing changed")
        return workspace.facts("footprints")
    model = model_step(workspace)
    catalogue = workspace.table("tables", "catalogue")
    facts: dict[str, Any] = {"market": asdict(market)}
    with (
        working(f"estimating the footprints of {len(catalogue):,} products"),
        workspace.replacing("footprints", made_from, facts, ["tables"]) as folder,
    ):
        declared = _declared(workspace, catalogue)
        footprints, facts["verified"] = with_verified(catalogue, model, market, declared, as_of)
        write_table(folder / "footprints.parquet", footprints)
        write_table(folder / "needs.parquet", needs_table(catalogue))
        facts |= {"products": len(catalogue), "tiers": tier_counts(footprints)}
        facts |= _shares_of_sales(workspace, footprints)
    return facts


def needs_table(catalogue: pd.DataFrame) -> pd.DataFrame:
    """product_id with its need, kind, reference flow, kg as sold for one flow, and use class."""
    needs = assign_needs(catalogue, read_needs())
    needs.insert(0, "product_id", catalogue["product_id"].to_numpy())
    return needs


def with_verified(
    products: pd.DataFrame,
    model: PcfModel,
    market: Market,
    told: pd.DataFrame | None = None,
    as_of: date | None = None,
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Estimates, with suppliers' figures in their place where those hold, and counts of both.

    A figure outside the model's own 95 % range is not used until somebody gives evidence for it,
    whether it was `told` as a declaration (`exchange.verified.VERIFIED`, judged `as_of` a day) or
    stands in the catalogue, where it must name its source.
    """
    footprints = estimate_footprints(
        products[[column for column in products if column not in GIVEN]], model, market
    )
    ranges = ranges_95(footprints)
    statuses: dict[str, int] = {}
    known = products
    if "verified_kg_co2e" in products and products["verified_kg_co2e"].notna().any():
        given = products["verified_kg_co2e"]
        nameless = (
            given.notna()
            & products.get("verified_source", pd.Series(dtype="str")).reindex(products.index).isna()
        )
        outside = outside_range(products["product_id"], given, ranges) & ~nameless
        known = products.assign(verified_kg_co2e=given.mask(outside | nameless))
        counts = {
            USED: int(known["verified_kg_co2e"].notna().sum()),
            ASKS: int(outside.sum()),
            NAMELESS: int(nameless.sum()),
        }
        statuses = {name: count for name, count in counts.items() if count}
    if told is not None and as_of is not None:
        checked = check_verified(told, ranges, as_of)
        known = apply_verified(known, checked)
        for status, count in count_statuses(checked).items():
            statuses[status] = statuses.get(status, 0) + count
    if "verified_kg_co2e" in known and known["verified_kg_co2e"].notna().any():
        # the whole shop again: what a pack weighs may follow from the prices of its shelf
        footprints = estimate_footprints(known, model, market)
    return footprints, statuses


def _declared(workspace: Workspace, catalogue: pd.DataFrame) -> pd.DataFrame | None:
    if not workspace.has("verified", "verified.parquet"):
        return None
    table = workspace.table("verified", "verified")
    return table[table["product_id"].isin(catalogue["product_id"])].reset_index(drop=True)


def _market(workspace: Workspace) -> Market:
    facts = workspace.manifest()["steps"].get("footprints", {}).get("facts", {})
    shop = workspace.facts("tables").get("shop", "")
    if shop in MARKETS:
        return MARKETS[shop]
    return Market(**facts["market"]) if "market" in facts else Market()


def _shares_of_sales(workspace: Workspace, footprints: pd.DataFrame) -> dict[str, Any]:
    """Shares of sales by tier, and by what the mass of a pack is known from."""
    purchases = workspace.table("tables", "purchases")
    if "paid" not in purchases or not purchases["paid"].sum() > 0:
        return {"share_of_sales": {}, "share_of_sales_by_mass": {}}
    paid = purchases.groupby("product_id")["paid"].sum()
    by_id = footprints.set_index("product_id")

    def shares(column: str, other: str) -> dict[str, float]:
        by = paid.groupby(by_id[column].reindex(paid.index).fillna(other)).sum()
        return {str(k): float(v / paid.sum()) for k, v in by.items()}

    return {
        "share_of_sales": shares("tier", "unknown"),
        "share_of_sales_by_mass": shares("mass_basis", "none"),
    }
