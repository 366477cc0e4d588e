"""Footprints from publishers and suppliers into the workspace, and verified ones out of it.

Step `imported_figures` holds one table a publisher, since their licences differ; step `verified`
holds `verified` (figures of the catalogue's products) and `left_out` (footprints that are of no use
so far, each with its reason).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pcf_estimator.estimate import estimate_footprints
from pcf_estimator.exchange.declarations import declared
from pcf_estimator.exchange.export import to_document
from pcf_estimator.exchange.matching import pack_masses, to_packs
from pcf_estimator.exchange.pact import check, read_pact
from pcf_estimator.exchange.publishers import LICENCES, read_publication
from pcf_estimator.exchange.verified import (
    STATUSES,
    SUPERSEDED,
    USED,
    check_verified,
    count_statuses,
    merge_verified,
    ranges_95,
)
from pcf_estimator.tables import TableError
from recommender.console import working
from recommender.workspace import Workspace, WorkspaceError, fingerprint, write_table, write_text

FIGURES, VERIFIED = "imported_figures", "verified"
CATALOGUE_ONLY = "verified in the catalogue alone, without the company, period and expiry of PACT"
ESTIMATE = "an estimate, and PACT is for verified figures"
NOTHING = "no figure at all, not even an estimate"
TOLD = 10  # products named on the screen


def import_publication(workspace: Workspace, source: str, paths: Sequence[Path]) -> dict[str, Any]:
    """Keeps a publisher's figures and returns what there is to say of them.

    They replace earlier ones of the same publisher; other publishers' stay.
    """
    with working(f"reading {source}"):
        read = read_publication(source, paths)
        tables = _tables(workspace, FIGURES) | {source: read.figures}
        _keep(workspace, FIGURES, tables)
    return {
        "format": source,
        "figures": len(read.figures),
        "units": read.figures["unit"].value_counts().to_dict(),
        "boundaries": read.figures["boundary"].value_counts().to_dict(),
        "licence": LICENCES[source],
        "left_out": dict(read.left_out),
        "notes": list(read.notes),
        "table": str(workspace.folder / FIGURES / f"{source}.parquet"),
    }


def publication_words(facts: dict[str, Any]) -> str:
    """What `import_publication` found, a line each."""
    per = " and ".join(f"{count:,} per {unit}" for unit, count in facts["units"].items())
    bounds = ", ".join(f"{name} ({count:,})" for name, count in facts["boundaries"].items())
    lines = [
        f"{facts['figures']:,} figures of {facts['format']}: {per}; {bounds}",
        f"licence: {facts['licence']}",
        *(f"left out: {_count(n, 'row')}: {why}" for why, n in facts["left_out"].items()),
        *facts["notes"],
        f"kept in {facts['table']}",
    ]
    return "\n".join(lines)


def import_pact(
    workspace: Workspace, paths: Sequence[Path], evidence: str | None, as_of: date
) -> dict[str, Any]:
    """Keeps suppliers' figures of the catalogue's products and returns what there is to say.

    `evidence` is where the figures of these files are explained, if they are. What is kept is
    judged anew whenever it is used: `as_of` and the model only decide what is said now.
    """
    catalogue = workspace.table("tables", "catalogue")
    with working(f"reading {_count(len(paths), 'PACT file')}"):
        told = pd.concat([declared(read_pact(path)) for path in paths], ignore_index=True)
        again = told.sort_values("version", kind="stable").duplicated("footprint_id", keep="last")
        told = told[~again.sort_index()].reset_index(drop=True)
        packs, out = to_packs(told, pack_masses(catalogue))
        packs["evidence"] = pd.Series(evidence, index=packs.index, dtype="str")
        old = _tables(workspace, VERIFIED)
        seen = pd.concat([packs, out.assign(product_id=None)], ignore_index=True)
        both, replaced = merge_verified(old.get("verified", packs[:0]), seen[list(packs.columns)])
        before = old.get("left_out", out[:0])
        stays = before[~before["footprint_id"].isin(told["footprint_id"])]
        left = pd.concat([part for part in (stays, out) if len(part)] or [out], ignore_index=True)
        kept = {"verified": both, "left_out": left}
    checked = judge(workspace, both, as_of)
    _keep(workspace, VERIFIED, kept)
    not_used = checked[checked["status"] != USED]
    return {
        "format": "pact",
        "footprints": len(told),
        "matched": int(packs["footprint_id"].nunique()),
        "products": int(both["product_id"].nunique()),
        "replaced": replaced,
        "statuses": count_statuses(checked),
        "not_used": {
            f"{row.product_id}": f"{row.status}: {row.reason}"
            for row in not_used[not_used["status"] != SUPERSEDED].itertuples()
        },
        "left_out": {str(k): int(v) for k, v in out["reason"].value_counts().items()},
        "speak_of_offsets": int(told["speaks_of_offsets"].sum()),
        "as_of": as_of.isoformat(),
        "table": str(workspace.folder / VERIFIED / "verified.parquet"),
    }


def pact_words(facts: dict[str, Any]) -> str:
    """What `import_pact` found, a line each."""
    lines = [
        f"{facts['matched']} of {_count(facts['footprints'], 'footprint')} are of products in the "
        f"catalogue; {_count(facts['products'], 'product')} now have a verified figure",
        *(f"{_count(n, 'figure')} {STATUSES[name]}" for name, n in facts["statuses"].items()),
        *(f"  {product}: {why}" for product, why in list(facts["not_used"].items())[:TOLD]),
        *(f"left out: {_count(n, 'footprint')}: {why}" for why, n in facts["left_out"].items()),
    ]
    if len(facts["not_used"]) > TOLD:
        lines.insert(-len(facts["left_out"]), f"  and {len(facts['not_used']) - TOLD} more")
    if facts["replaced"]:
        lines.append(f"{_count(facts['replaced'], 'earlier figure')} replaced")
    if facts["speak_of_offsets"]:
        naming = _count(facts["speak_of_offsets"], "footprint")
        lines.append(f"offsets dropped: none is subtracted ({naming} with offsets or credits)")
    return "\n".join([*lines, f"kept in {facts['table']}"])


def judge(workspace: Workspace, verified: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """`check_verified` against what the estimator says of the catalogue without these figures."""
    from recommender.footprint_steps import model_step

    if verified.empty:
        return check_verified(verified, pd.DataFrame(), as_of)
    catalogue = workspace.table("tables", "catalogue")
    model = model_step(workspace)
    own = [column for column in catalogue if not str(column).startswith("verified_")]
    with working(f"estimating {len(catalogue):,} products to compare with"):
        estimates = estimate_footprints(catalogue[own], model)
    return check_verified(verified, ranges_95(estimates), as_of)


def export_pact(
    workspace: Workspace, out: Path, product_id: str | None, issuer: str, as_of: date
) -> dict[str, Any]:
    """Writes the verified figures in use as PACT version 3 and counts what is refused, with why.

    Raises TableError where there is nothing to write; for one product, with what is in the way.
    """
    catalogue = workspace.table("tables", "catalogue")
    products = catalogue["product_id"].astype("str")
    if product_id is not None and product_id not in set(products):
        raise TableError(f"export: product {product_id} is not in the catalogue")
    table = _tables(workspace, VERIFIED).get("verified")
    if table is None or table.empty:
        document: dict[str, Any] = {"data": []}
        told = pd.Series(dtype="str")
    else:
        checked = judge(workspace, table[table["product_id"].isin(products)], as_of)
        if product_id is not None:
            checked = checked[checked["product_id"] == product_id]
        document, reasons = to_document(checked, issuer)
        # of several figures of a product, the one that is written or else the latest tells
        rank = (reasons != "").astype(int) + (checked["status"] == SUPERSEDED)
        first = rank.sort_values(kind="stable").index
        told = reasons[first].set_axis(checked["product_id"][first])
        told = told[~told.index.duplicated()]
    why = _reasons(workspace, catalogue, told)
    if product_id is not None:
        why = why[products.to_numpy() == product_id]
    refused = {str(k): int(v) for k, v in why[why != ""].value_counts().items()}
    if not document["data"]:
        reasons_told = "; ".join(f"{_count(n, 'product')}: {k}" for k, n in refused.items())
        whose = f"product {product_id}" if product_id else "the catalogue"
        raise TableError(f"export of {whose}: no verified figure can be written ({reasons_told})")
    problems = check(document)
    if problems:  # a document of ours that breaks the rules is never written
        raise TableError(f"export: {problems[0]} ({len(problems)} such problems)")
    write_text(out, json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    return {
        "footprints": len(document["data"]),
        "refused": refused,
        "as_of": as_of.isoformat(),
        "out": str(out),
    }


def export_words(facts: dict[str, Any]) -> str:
    """What `export_pact` wrote and refused, a line each."""
    lines = [f"{_count(facts['footprints'], 'verified figure')} written to {facts['out']}"]
    lines += [f"refused: {_count(n, 'product')}: {why}" for why, n in facts["refused"].items()]
    return "\n".join(lines)


def _reasons(workspace: Workspace, catalogue: pd.DataFrame, told: pd.Series) -> pd.Series:
    """For each product of the catalogue why it is not exported; "" is exported."""
    products = catalogue["product_id"].astype("str")
    tier = pd.Series("", index=products)
    try:
        footprints = workspace.table("footprints", "footprints").set_index("product_id")
        tier = footprints["tier"].reindex(products).fillna("").astype("str")
    except WorkspaceError:
        pass  # estimates of an earlier catalogue, or none: the tier is left unsaid
    said = (" (tier " + tier + ")").where(~tier.isin(["", "verified"]), "")
    named = pd.Series((ESTIMATE + said).where(tier != "unknown", NOTHING).to_numpy(), dtype="str")
    given = catalogue.get("verified_kg_co2e", pd.Series(np.nan, index=catalogue.index))
    own = pd.Series(np.where(given.notna(), CATALOGUE_ONLY, named), dtype="str")
    from_pact = products.map(told).reset_index(drop=True)
    return from_pact.where(from_pact.notna(), own)


def _tables(workspace: Workspace, step: str) -> dict[str, pd.DataFrame]:
    """The tables of a step by name; none where there is no such step yet."""
    if not workspace.has(step, ""):
        return {}
    names = sorted(path.stem for path in workspace.path(step, "").glob("*.parquet"))
    return {name: workspace.table(step, name) for name in names}


def _keep(workspace: Workspace, step: str, tables: dict[str, pd.DataFrame]) -> None:
    made_from = fingerprint(**{name: table.to_csv(index=False) for name, table in tables.items()})
    facts = {name: len(table) for name, table in tables.items()}
    with workspace.replacing(step, made_from, facts) as folder:
        for name, table in tables.items():
            write_table(folder / f"{name}.parquet", table)


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}" + ("" if number == 1 else "s")
