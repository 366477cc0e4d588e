"""The step that estimates response to displays, from the weeks before the judging ones.

    departments.parquet  one row a department: effect, interval, placebo, weeks after, verdicts,
                         and the range to reckon with (its own, or borrowed from the others)
    kinds.parquet        the effect of each kind of display, by department
    sensitivity.parquet  the display effect under other choices, by department
    response.json        all of it, with the rules and the assumption about slots

No purchase of the judging weeks enters. Displays are planned, so those of the week after the last
one may be known.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from importlib import metadata, util
from typing import Any

import numpy as np
import pandas as pd

from pcf_estimator.tables import TableError
from recommender.candidates import Ints
from recommender.console import note, working
from recommender.impact.response.estimate import Response, department_response
from recommender.impact.response.facts import (
    department_rows,
    kind_rows,
    response_facts,
    sensitivity_rows,
)
from recommender.impact.response.panel import PanelRules, cells_of, draw
from recommender.impact.response.response import MISSING
from recommender.impact.response.verdicts import Transfer
from recommender.log import Log
from recommender.relevance.displays import Displays, read_displays
from recommender.shop import Shop
from recommender.workspace import fingerprint, write_table, write_text

STEP = "response"
CODE = (
    "recommender.impact.response.estimate",
    "recommender.impact.response.facts",
    "recommender.impact.response.panel",
)


def response_step(
    shop: Shop,
    rules: PanelRules | None = None,
    transfer: Transfer | None = None,
    departments: Sequence[str] = (),
) -> dict[str, Any]:
    """Facts about the response of each department, which lie in the workspace as step `response`.

    `departments` keeps those named; all by default. Raises TableError where the shop has no
    displays, no store in its log, no such department or no pyfixest.
    """
    rules, transfer = rules or PanelRules(), transfer or Transfer()
    if not shop.workspace.has("tables", "displays.parquet"):
        shop.workspace.path("tables", "purchases.parquet")  # says so where nothing was ingested
        raise TableError(
            "the shop's tables hold no displays, but response is estimated from what was shown in "
            "which store and week; greenaisle ingest --displays takes them in"
        )
    if util.find_spec("pyfixest") is None:
        raise TableError(MISSING)
    made_from = fingerprint(
        tables=shop.workspace.fingerprint("tables"),
        rules=asdict(rules),
        transfer=asdict(transfer),
        departments=sorted(departments),
        pyfixest=metadata.version("pyfixest"),
        code=CODE,
        alone=("recommender.impact.response.step",),
    )
    if shop.workspace.is_current(STEP, made_from):
        note("response: nothing changed")
        path = shop.workspace.path(STEP, "response.json")
        return dict(json.loads(path.read_text(encoding="utf-8")))
    code, names = _departments(shop, departments)
    log = shop.log.until(shop.weeks.judge.history_until)
    with working("reading displays"):
        path = shop.workspace.path("tables", "displays.parquet")
        weeks = int(log.week.min()), int(log.week.max()) + 1
        displays = read_displays(path, log.ids, weeks)
    responses = estimate(log, displays, code, names, rules)
    facts = response_facts(responses, transfer, rules, weeks=(weeks[0], weeks[1] - 1))
    with shop.workspace.replacing(STEP, made_from, _summary(facts), ["tables"]) as folder:
        write_table(folder / "departments.parquet", department_rows(responses, transfer))
        write_table(folder / "kinds.parquet", kind_rows(responses))
        write_table(folder / "sensitivity.parquet", sensitivity_rows(responses))
        write_text(folder / "response.json", json.dumps(facts, indent=1, allow_nan=False))
    return facts


def estimate(
    log: Log, displays: Displays, department: Ints, names: Sequence[str], rules: PanelRules
) -> list[Response]:
    """The response of each department, those with most units first.

    `department` is a code a product, below 0 for none, and `names` says what codes mean. Raises
    TableError where no product can tell of displays.
    """
    with working("choosing products"):
        drawn = draw(log, displays, department, rules)
    if not drawn:
        raise TableError(
            f"no product has {rules.lines} purchase lines in stores and weeks that the displays "
            "list, and stood on display in some of a week's stores but not in all: the log can "
            "not tell what a display does"
        )
    responses = []
    for one in drawn:
        name = names[one.department]
        with working(f"{name}: {len(one.products):,} of {one.eligible:,} products"):
            cells = cells_of(log, displays, one.products)
            responses.append(department_response(name, cells, one.eligible, displays.display_names))
        note(responses[-1].verdict.sentence)
    return sorted(responses, key=lambda one: (-one.units, one.department))


def _departments(shop: Shop, wanted: Sequence[str]) -> tuple[Ints, list[str]]:
    """Each product's department as a code and the departments' names; -1 where not wanted."""
    if "department" in shop.catalogue:
        text = shop.catalogue["department"].fillna("").astype(str)
    else:
        text = pd.Series(["all"] * len(shop.catalogue))
    code, names = pd.factorize(text, sort=True)
    known = [str(name) for name in names]
    for name in wanted:
        if name not in known:
            raise TableError(
                f"department {name!r} is not in the catalogue, which has: {', '.join(known)}"
            )
    if wanted:
        keep = np.isin(np.array(known, dtype=object), np.array(wanted, dtype=object))
        code = np.where(keep[code], code, -1)
    return code.astype(np.int64), known


def _summary(facts: dict[str, Any]) -> dict[str, Any]:
    """What the manifest keeps."""
    verdicts = {one["department"]: one["verdict"] for one in facts["departments"]}
    return {"verdicts": verdicts, "weeks": facts["weeks"], "transfer": facts["transfer"]}
