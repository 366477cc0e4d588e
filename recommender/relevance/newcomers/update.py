"""A new week of purchases: histories grow, customers are folded in, and nothing is learned anew.

Item models and the purchase model stay as the last fit left them; what they say is recomputed from
the longer log. Customers are numbered by sorted id, so a new one moves the numbers of others:
candidates are therefore made anew for everyone, never patched.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Any

import numpy as np
import pandas as pd

from pcf_estimator.tables import TableError, row_error
from recommender.candidates import Bools
from recommender.ingest import refuse_unknown_products
from recommender.log import Log, read_log
from recommender.purchases import refuse_future
from recommender.workspace import Workspace, fingerprint, write_table

AFTER_TABLES = ("footprints", "relevance")  # the catalogue stays, so footprints and needs do
Propose = Callable[[Log], tuple[dict[str, pd.DataFrame], dict[str, Any]]]


@dataclass(frozen=True, kw_only=True)
class Added:
    """The purchases table with the new lines behind it, and what there is to say of them."""

    purchases: pd.DataFrame
    facts: dict[str, Any]


def add_purchases(
    standing: pd.DataFrame,
    new: pd.DataFrame,
    product_ids: pd.Series,
    where: str = "purchases",
    as_of: date | None = None,
) -> Added:
    """`standing` and, behind it, the checked lines of `new`, all of them later than what stands.

    Later means a later week of the log's own where it has weeks, else a later time. A column that
    `new` lacks stays empty in its lines and is named in the facts. Raises TableError, with the
    count of lines, for lines that are not later, that lie after the day `as_of`, or that name a
    product outside `product_ids`; and where one table tells weeks and the other does not.
    """
    refuse_unknown_products(new["product_id"], pd.Index(product_ids), where)
    for one, other, name in ((standing, new, "the new lines"), (new, standing, "the log")):
        if "week" in one and "week" not in other:
            raise TableError(
                f"{where}: {name} tell no week, but the other table does; a week counts the same "
                f"in all {len(standing) + len(new)} lines or in none"
            )
    if as_of is not None:
        refuse_future(new, as_of, where)
    last = standing["bought_at"].max()
    if "week" in standing:
        week = int(standing["week"].max())
        old = new["week"].le(week).to_numpy(np.bool_)
        _refuse(new, old, where, f"but the log stands at week {week} already; later ones add to it")
        # a week may turn some hours before or after midnight, not days
        old = new["bought_at"].lt(last.normalize() - pd.Timedelta(days=1)).to_numpy(np.bool_)
    else:
        old = new["bought_at"].le(last).to_numpy(np.bool_)
    _refuse(new, old, where, f"but the log reaches {last:%Y-%m-%d %H:%M} already")
    known = set(standing["customer_id"])
    buyers = set(new["customer_id"])
    columns = [*standing.columns, *(c for c in new.columns if c not in standing)]
    both = pd.concat(
        [t.reindex(columns=columns).astype(_kinds(standing, new)) for t in (standing, new)],
        ignore_index=True,
    )
    facts: dict[str, Any] = {
        "lines": len(new),
        "customers": len(buyers),
        "new_customers": len(buyers - known),
        "from": str(new["bought_at"].min()),
        "until": str(new["bought_at"].max()),
    }
    if "week" in new:
        facts["weeks"] = [int(week) for week in sorted(new["week"].unique())]
        facts["weeks_without_lines"] = sorted(
            set(range(int(standing["week"].max()) + 1, max(facts["weeks"]))) - set(facts["weeks"])
        )
    facts["columns_missing"] = [c for c in standing.columns if c not in new]
    return Added(purchases=both, facts=facts)


def update_workspace(
    workspace: Workspace,
    new: pd.DataFrame,
    where: str,
    propose: Propose,
    as_of: date | None = None,
    judged: Sequence[str] = ("candidates_judge",),
) -> dict[str, Any]:
    """Adds `new` lines to the workspace and makes today's candidates anew; returns the facts.

    `propose` answers for the longer log with the tables of the relevance step to be replaced, by
    name, and with the facts that they change. It is asked before the first file is written. Each
    step is then swapped in whole; a crash between two swaps leaves later steps that call
    themselves stale, which `fit` mends. The tables named in `judged` go: the judging weeks have
    moved on, and only a fit may judge again.
    """
    catalogue = workspace.table("tables", "catalogue")
    ids = catalogue["product_id"]
    added = add_purchases(workspace.table("tables", "purchases"), new, ids, where, as_of)
    log = read_log(added.purchases, ids)
    for step in AFTER_TABLES:
        workspace.path(step, "")  # complete and not stale, or nothing is begun
    today, changed = propose(log)

    facts = workspace.facts("tables")
    facts |= {
        "purchases": len(added.purchases),
        "customers": log.customers,
        "until": added.facts["until"],
        "updates": [*facts.get("updates", []), added.facts],
    }
    made_from = fingerprint(before=workspace.fingerprint("tables"), lines=_hash_of(new))
    standing = workspace.manifest()["steps"]
    _carry(workspace, "tables", made_from, facts, [], {"purchases": added.purchases})
    for step in AFTER_TABLES:
        known = standing[step]
        # another fingerprint than a fit's own: a fit after this one learns
        stamp = fingerprint(before=known["fingerprint"], tables=made_from)
        told = {**known["facts"], "updated_until": added.facts["until"]}
        tables, left_out = (today, judged) if step == "relevance" else ({}, ())
        told |= changed if step == "relevance" else {}
        _carry(workspace, step, stamp, told, ["tables"], tables, left_out)
    return added.facts


def _carry(
    workspace: Workspace,
    step: str,
    made_from: str,
    facts: dict[str, Any],
    built_on: Sequence[str],
    tables: Mapping[str, pd.DataFrame],
    left_out: Sequence[str] = (),
) -> None:
    """The step anew: `tables`, and every other file that it holds but the tables `left_out`."""
    standing = workspace.folder / step
    other = {f"{name}.parquet" for name in (*tables, *left_out)}
    with workspace.replacing(step, made_from, facts, built_on) as folder:
        for path in sorted(p for p in standing.rglob("*") if p.is_file()):
            name = path.relative_to(standing)
            if str(name) not in other:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, folder / name)
        for table, frame in tables.items():
            write_table(folder / f"{table}.parquet", frame)


def _refuse(new: pd.DataFrame, bad: Bools, where: str, expected: str) -> None:
    if bad.any():
        row = int(np.argmax(bad))
        line = new.iloc[row]
        week = f" in week {line['week']}" if "week" in new else ""
        found = f"bought {line['bought_at']:%Y-%m-%d %H:%M}{week}, {expected}"
        named = {name: line[name] for name in ("customer_id", "product_id")}
        raise row_error(where, row, named, found, int(bad.sum()))


def _kinds(standing: pd.DataFrame, new: pd.DataFrame) -> dict[str, Any]:
    """The type of every column; where both tables have it, as it stands."""
    return {str(name): kind for t in (new, standing) for name, kind in t.dtypes.items()}


def _hash_of(frame: pd.DataFrame) -> str:
    rows = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    return blake2b(rows.tobytes(), digest_size=12).hexdigest()
