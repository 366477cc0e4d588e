"""The steps that judge relevance: `greenaisle backtest --relevance` on a workspace.

The test window is judged with the models that `fit` left. The validation window, on which settings
were chosen, and the earlier cutoffs of the rolling check each get models of their own, learned by
the same protocol some weeks back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pcf_estimator.tables import TableError
from recommender.bootstrap import DRAWS
from recommender.candidates import Bools, Candidates, Floats
from recommender.console import note, working
from recommender.evaluation.candidate_recall import recall_curve
from recommender.evaluation.judged import Judged
from recommender.evaluation.newcomers import newcomers
from recommender.evaluation.relevance_report import ShopFacts, relevance_report
from recommender.evaluation.substitution import substitution
from recommender.evaluation.whole_catalogue import whole_catalogue
from recommender.log import audit_customers
from recommender.relevance.cold.attraction import Wares
from recommender.relevance.cold.cold_start import cold_candidates, fit_cold
from recommender.relevance.fit import chances_in, coverage, fit_relevance, in_universe
from recommender.relevance.generators import Fitted
from recommender.relevance.items.item_models import ItemModels
from recommender.relevance.items.one_blas_thread import one_blas_thread
from recommender.relevance.p_buy import FOUR_WEEKS, HORIZONS, NO_DISPLAYS
from recommender.relevance.substitution.stand_ins import learn_shelf, lift_in
from recommender.relevance.substitution.substitute_goods import substitute_goods
from recommender.relevance.windows import Windows
from recommender.shop import Shop, threads
from recommender.splits import HORIZON_WEEKS, Protocol, protocol
from recommender.steps import SEED, facts_of, shipped_policies
from recommender.tradeoff import goods_of
from recommender.workspace import fingerprint, write_text

REPORT_CODE = (  # what judges; what is judged counts by the fingerprint of relevance
    "recommender.evaluation.candidate_recall",
    "recommender.evaluation.newcomers",
    "recommender.evaluation.relevance_report",
    "recommender.evaluation.substitution",
    "recommender.evaluation.whole_catalogue",
    "recommender.products",
    "recommender.relevance.cold.cold_start",
    "recommender.relevance.fit",
    "recommender.relevance.substitution.stand_ins",
    "recommender.relevance.substitution.substitute_goods",
)
TEST, VALIDATION = "test", "validation"
CUTOFFS = 4  # of the rolling check, each a horizon before the one after it


@dataclass(frozen=True, kw_only=True)
class Run:
    """One window that is judged, and the protocol by which its models were learned."""

    key: str
    weeks: Protocol
    judged: Judged
    fitted: Fitted  # as of the window, with its item models


def relevance_step(shop: Shop, draws: int = DRAWS) -> dict[str, Any]:
    """How good relevance is, on held-out weeks; the report goes to `relevance_report/`."""
    workspace = shop.workspace
    made_from = fingerprint(
        tables=workspace.fingerprint("tables"),
        footprints=workspace.fingerprint("footprints"),
        relevance=workspace.fingerprint("relevance"),
        policies=[policy.model_dump(mode="json") for policy in shipped_policies()],
        draws=draws,
        code=REPORT_CODE,
        alone=("recommender.judging_steps",),
    )
    if workspace.is_current("relevance_report", made_from):
        note("relevance report: nothing changed")
    else:
        with (
            working("judging relevance on held-out weeks"),
            workspace.replacing("relevance_report", made_from, {}, ["tables"]) as folder,
            one_blas_thread(),  # sums keep one order
        ):
            report = judge_relevance(shop, draws)
            write_text(folder / "report.json", json.dumps(report, indent=1, allow_nan=False))
    return facts_of(workspace.path("relevance_report", "report.json").read_text())


def judge_relevance(shop: Shop, draws: int = DRAWS) -> dict[str, Any]:
    """The report of `evaluation.relevance_report`, with all its slots filled."""
    runs = list(_runs(shop))
    full = [run for run in runs if run.key in (TEST, VALIDATION)]
    fitted = {run.key: run.fitted for run in runs}
    departments = shop.catalogue.get("department")
    facts = ShopFacts(
        departments=[] if departments is None else sorted(departments.fillna("").unique()),
        customers=shop.customers,
        policies=shipped_policies(),
        goods={
            run.key: goods_of(shop.products(run.judged.history), run.judged.history.log)
            for run in full
        },
        share_of_lines={
            run.key: float(
                coverage(run.judged.history, shop.log, run.judged.window)["share_of_lines"] or 0.0
            )
            for run in full
        },
        default_log=shop.workspace.facts("tables").get("shop") == "complete-journey",
    )
    slots = {run.key: _slots(shop, run, fitted[run.key], draws) for run in full}
    return relevance_report(
        {run.key: run.judged for run in runs},
        facts,
        fitted=fitted,
        slots=slots,
        draws=draws,
        seed=SEED,
        note=note,
    )


def _runs(shop: Shop) -> Iterator[Run]:
    """The test, the validation, and earlier cutoffs as far back as the log allows."""
    frame = shop.workspace.table("relevance", "candidates_judge")
    chances = chances_in(frame)
    candidates = Candidates.from_frame(frame, shop.log.customers)
    yield _run(shop, TEST, shop.weeks, candidates, chances, None)
    earlier = _earlier(shop)
    with Windows.shared(shop.past, earlier, shop.workspace.folder) as shared:
        for weeks in earlier:
            validates = weeks == earlier[0]
            learned = fit_relevance(
                shop.past,
                weeks,
                threads(),
                note,
                horizons=HORIZONS if validates else [FOUR_WEEKS],
                without_displays=validates,
                shared=shared,
            )
            found, models = learned.judge, ItemModels.of(learned.fitted)
            del learned
            until = weeks.judge.history_until
            run = _run(shop, f"rolling {until}", weeks, found.candidates, found.chances, models)
            if validates:
                yield replace(run, key=VALIDATION)
            yield run


def _earlier(shop: Shop) -> list[Protocol]:
    """Protocols of the validation and the earlier cutoffs, the latest first."""
    first_week, earlier = int(shop.log.week.min()), []
    for back in range(1, CUTOFFS + 1):
        try:
            weeks = protocol(shop.weeks.judge.last - back * HORIZON_WEEKS, first_week)
        except TableError:
            note(f"the log is too short for a judging window {back * HORIZON_WEEKS} weeks earlier")
            break
        earlier.append(weeks)
    return earlier


def _run(
    shop: Shop,
    key: str,
    weeks: Protocol,
    candidates: Candidates,
    chances: dict[str, Floats],
    models: ItemModels | None,
) -> Run:
    history = shop.history_until(weeks.judge.history_until)
    lines = shop.log.weeks(weeks.judge.first, weeks.judge.last)
    judged = Judged(
        window=weeks.judge,
        history=history,
        truth=lines.where(in_universe(history, lines)),
        candidates=candidates,
        chances=chances,
    )
    fitted = Fitted(history, models, segments=shop.past.segments)
    return Run(key=key, weeks=weeks, judged=judged, fitted=fitted)


def _slots(shop: Shop, run: Run, fitted: Fitted, draws: int) -> dict[str, Any]:
    """What the report holds besides rankings and chances: candidates, catalogue, substitutes."""
    history, truth = run.judged.history, run.judged.truth
    audit = audit_customers(shop.log.ids.customers)
    curve = recall_curve(fitted, truth)
    note(f"candidates counted for weeks {run.weeks.judge.first} to {run.weeks.judge.last}")
    wares = Wares.of(shop.catalogue)
    cold = cold_candidates(fit_cold(shop.log, shop.shelf, wares, run.weeks), history, wares)
    lines = shop.log.weeks(run.weeks.judge.first, run.weeks.judge.last)
    whole = whole_catalogue(
        run.judged.candidates, cold, history, lines, draws, np.random.default_rng(SEED)
    )
    note("products that were hardly sold judged")
    unknown = newcomers(history, lines, shop.segments, draws, np.random.default_rng(SEED))
    note("households judged as if unknown")
    return {
        "candidates": curve,
        "whole_catalogue": whole,
        "newcomers": unknown,
        "substitutes": _stand_ins(shop, run, audit, draws),
    }


def _stand_ins(shop: Shop, run: Run, audit: Bools, draws: int) -> dict[str, Any]:
    """What the order of stand-ins tells of new purchases, with and without planned displays."""
    history, truth = run.judged.history, run.judged.truth
    goods, shown = substitute_goods(shop.products(history)), shop.past.shown
    found: dict[str, Any] = {}
    for label, known in (("", shown), (NO_DISPLAYS, None)):
        if label and shown is None:
            break  # the first was without
        model = learn_shelf(history, goods, ~audit, known)
        lift = lift_in(history, known, run.weeks.judge)
        rng = np.random.default_rng(SEED)
        told = substitution(history, truth, goods, model, audit, rng, draws, lift)
        found |= {group + label: figures for group, figures in told.items()}
        note(f"stand-ins judged{label}")
    return found
