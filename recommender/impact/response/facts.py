"""The response as tables and as JSON, the range for a slot beside its assumption."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from recommender.impact.response.estimate import Range, Response, borrowed
from recommender.impact.response.panel import PanelRules
from recommender.impact.response.response import LEVEL, Effect, Variation
from recommender.impact.response.verdicts import Transfer

LAYER = "what if: response estimated from the log"
OWN, BORROWED, NONE = "its own estimate", "borrowed from the other departments", "none"
PLACES = 6  # of a figure in JSON
LIMITS = (
    "A display is judged by stores that had it against stores that did not, in the same week, each "
    "against its own level; what one store alone sold better that week is not removed.",
    "The price is known only where something was sold, and shops set it by demand: it is held "
    "fixed, and its coefficient is not a finding.",
    "The effect is that of one product on its own sales; what it takes from its neighbours on the "
    "shelf is not in it.",
    "Sales are those of the customers in the log, not of the whole store.",
)


def response_facts(
    responses: Sequence[Response],
    transfer: Transfer,
    rules: PanelRules,
    weeks: tuple[int, int],
) -> dict[str, Any]:
    """All that was estimated, as plain numbers and texts; `weeks` are those of the purchases."""
    shared = borrowed(responses)
    return {
        "layer": LAYER,
        "weeks": list(weeks),
        "level": LEVEL,
        "model": (
            "Poisson; units ~ display + log price (+ mailer where it varies), with product x week "
            "and product x store effects; errors clustered by product"
        ),
        "rule": (
            f"products with {rules.lines} or more purchase lines in listed stores, on display in "
            "some of a week's stores but not in all; every listed week of every store that sold "
            f"the product, sold or not; at most {rules.cells:,} cells a department, products "
            f"drawn by chance (seed {rules.seed})"
        ),
        "rules": asdict(rules),
        "transfer": {**asdict(transfer), "sentence": transfer.sentence},
        "pooled": None
        if shared is None
        else {**_effect(shared[0]), "prediction_interval": _rounded(shared[1])},
        "departments": [_department(one, transfer, shared) for one in responses],
        "limits": list(LIMITS),
    }


def to_reckon_with(one: Response, shared: tuple[Effect, Range] | None) -> tuple[Range | None, str]:
    """The range of a display's change of sales for a department, and where it comes from."""
    if one.usable is not None:
        return one.usable, OWN
    return (None, NONE) if shared is None else (shared[1], BORROWED)


def department_rows(responses: Sequence[Response], transfer: Transfer) -> pd.DataFrame:
    """One row a department; NaN where there is no figure."""
    shared = borrowed(responses)
    rows = []
    for one in responses:
        reckoned, basis = to_reckon_with(one, shared)
        slot = (np.nan, np.nan) if reckoned is None else transfer.slot(*reckoned)
        low, high = (np.nan, np.nan) if reckoned is None else reckoned
        rows.append(
            {
                "department": one.department,
                "products": one.products,
                "eligible": one.eligible,
                "cells": one.cells,
                "units": one.units,
                "sold_share": one.sold_share,
                **_columns("display", one.display),
                **_columns("lead", one.lead),
                **_columns("lag1", one.lag1),
                **_columns("lag2", one.lag2),
                "net": np.nan if one.net is None else one.net[0],
                "net_low": np.nan if one.net is None else one.net[1],
                "net_high": np.nan if one.net is None else one.net[2],
                "display_varies": one.display_variation.beside_both,
                "mailer_varies": one.mailer_variation.in_week,
                "price_varies": one.price_variation.in_week,
                "verdict": one.verdict.word,
                "sentence": one.verdict.sentence,
                "mailer_sentence": one.mailer_verdict.sentence,
                "low": low,
                "high": high,
                "basis": basis,
                "slot_low": slot[0],
                "slot_high": slot[1],
                "transfer_low": transfer.low,
                "transfer_high": transfer.high,
            }
        )
    return pd.DataFrame(rows)


def kind_rows(responses: Sequence[Response]) -> pd.DataFrame:
    """One row per department and kind of display."""
    columns = ["department", "kind", "cells", "units", "change", "low", "high"]
    rows = [
        (
            *(one.department, kind.name, kind.cells, kind.units),
            *(kind.effect.change, *kind.effect.interval),
        )
        for one in responses
        for kind in one.kinds
    ]
    return pd.DataFrame(rows, columns=columns)


def sensitivity_rows(responses: Sequence[Response]) -> pd.DataFrame:
    """One row per department and choice; NaN where that model can not be fitted."""
    rows = [
        {
            "department": one.department,
            "choice": variant.name,
            **_columns("", variant.effect),
            "why": variant.why,
        }
        for one in responses
        for variant in one.variants
    ]
    return pd.DataFrame(rows, columns=["department", "choice", "change", "low", "high", "why"])


def _columns(name: str, effect: Effect | None) -> dict[str, float]:
    low, high = (np.nan, np.nan) if effect is None else effect.interval
    change = np.nan if effect is None else effect.change
    front = f"{name}_" if name else ""
    return {name or "change": change, f"{front}low": low, f"{front}high": high}


def _effect(effect: Effect) -> dict[str, Any]:
    return {
        "change": round(effect.change, PLACES),
        "interval": _rounded(effect.interval),
        "log_ratio": round(effect.log_ratio, PLACES),
        "error": round(effect.error, PLACES),
        "clusters": effect.clusters,
    }


def _rounded(numbers: Sequence[float]) -> list[float]:
    return [round(float(number), PLACES) for number in numbers]


def _variation(share: Variation) -> dict[str, float]:
    return {name: round(value, 8) for name, value in asdict(share).items()}


def _department(
    one: Response, transfer: Transfer, shared: tuple[Effect, Range] | None
) -> dict[str, Any]:
    reckoned, basis = to_reckon_with(one, shared)
    effects = {
        name: None if effect is None else _effect(effect)
        for name, effect in (
            ("display", one.display),
            ("lead", one.lead),
            ("lag1", one.lag1),
            ("lag2", one.lag2),
            ("less_lead", one.less_lead),
            ("mailer", one.mailer),
            ("price_elasticity", one.price),
        )
    }
    return {
        "department": one.department,
        "products": one.products,
        "eligible": one.eligible,
        "cells": one.cells,
        "units": one.units,
        "sold_share": round(one.sold_share, PLACES),
        **effects,
        "net_of_weeks_after": None
        if one.net is None
        else {"change": round(one.net[0], PLACES), "interval": _rounded(one.net[1:])},
        "varies": {
            "display": _variation(one.display_variation),
            "mailer": _variation(one.mailer_variation),
            "price": _variation(one.price_variation),
        },
        "verdict": one.verdict.word,
        "sentence": one.verdict.sentence,
        "mailer_verdict": one.mailer_verdict.sentence,
        "price_verdict": one.price_verdict.sentence,
        "reckoned": None if reckoned is None else _rounded(reckoned),
        "basis": basis,
        "slot": None if reckoned is None else _rounded(transfer.slot(*reckoned)),
        "slot_assumption": transfer.sentence,
        "kinds": [
            {"kind": kind.name, "cells": kind.cells, "units": kind.units, **_effect(kind.effect)}
            for kind in one.kinds
        ],
        "sensitivity": [
            {
                "choice": variant.name,
                "why": variant.why,
                "display": None if variant.effect is None else _effect(variant.effect),
            }
            for variant in one.variants
        ],
    }
