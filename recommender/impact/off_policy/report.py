"""What a log says of policies, as facts for JSON, rows for Parquet and sentences for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pcf_estimator.tables import TableError
from recommender.bootstrap import DRAWS, ESTIMATE
from recommender.impact.off_policy.clicks import Clicks, clicks_of
from recommender.impact.off_policy.off_policy import ASSUMPTIONS, ESTIMATORS, REWARDS, Judged, judge
from recommender.impact.off_policy.table import Impressions, propensities_of
from recommender.impact.off_policy.target import target_on
from recommender.workspace import write_table, write_text

LAYER = "measured (logged impressions, reweighted)"
HEADLINE = "dr"


def off_policy_facts(
    log: Impressions,
    slates: Mapping[str, pd.DataFrame],
    *,
    versions: Mapping[str, int] | None = None,
    assume: str = "position",
    model: str = "logistic",
    clicks: bool = False,
    draws: int = DRAWS,
    seed: int = 0,
) -> dict[str, Any]:
    """All that the log says of each policy of `slates` (rows by `off_policy.target.targets_from`).

    {"schema", "layer", "window", "lists", "customers", "places", "assumption", "log", "policies":
    {name: {"policy_version", "identified", "reason", "support", "estimates": {estimator: {reward:
    ESTIMATE}}, "notes"}}, "sentences"}; with `clicks`, for a log without chances, each policy holds
    "clicks" instead of support and estimates. A change is against what the log itself sold. Raises
    TableError where not one policy is identified.
    """
    facts: dict[str, Any] = {
        "schema": 1,
        "layer": LAYER,
        "window": list(log.window),
        "lists": log.contexts,
        "customers": len(log.customer_id),
        "places": log.places,
        "assumption": None if clicks else ASSUMPTIONS[assume],
        "units": {name: unit for name, (_, unit) in REWARDS.items()},
        "draws": draws,
        "seed": seed,
        "policies": {},
        "sentences": [],
    }
    if not clicks:
        propensities_of(log)
    for name, rows in slates.items():
        target = target_on(log, name, rows)
        head = {"policy_version": (versions or {}).get(name)}
        if clicks:
            said = clicks_of(log, target, seed=seed)
            facts["policies"][name] = head | said.facts()
            facts["layer"] = facts["policies"][name]["layer"]
            facts["sentences"].append(clicks_sentence(said))
            continue
        judged = judge(log, target, assume=assume, model=model, draws=draws, seed=seed)
        facts["policies"][name] = head | _facts_of(judged)
        facts["sentences"].append(sentence(judged))
    reasons = [policy.get("reason", "") for policy in facts["policies"].values()]
    if not clicks and all(reasons):
        raise TableError(f"{log.where}: {reasons[0]}")
    return facts


def _facts_of(judged: Judged) -> dict[str, Any]:
    return {
        "identified": not judged.support.reason,
        "reason": judged.support.reason,
        "support": judged.support.facts(),
        "lists": judged.contexts,
        "left_out": judged.left_out,
        "log": dict(judged.log),
        "estimates": {each: dict(found) for each, found in judged.estimates.items()},
        "notes": list(judged.notes),
    }


def sentence(judged: Judged) -> str:
    """What the log says of one policy, in words."""
    support = judged.support
    notes = "".join(f" {note[0].upper()}{note[1:]}." for note in judged.notes)
    if support.reason:
        return f"{judged.name}: {support.reason}.{notes}"
    one = judged.estimates[HEADLINE]["purchases"]
    return (
        f"{judged.name} would sell {_range(one)} purchases per list (doubly robust, 95 %), against "
        f"{judged.log['purchases']:.4g} in the log: a change of {_range(one, 'change', '+.1%')}. "
        f"{judged.contexts:,} lists count as {support.effective:,.0f} at the place that says "
        f"least; the largest weight is {support.largest_weight:.3g}, and {support.unsupported:.1%} "
        f"of what it would show could not stand there"
        f"{'' if support.exact else ' (estimated from the weights)'}.{notes}"
    )


def clicks_sentence(said: Clicks) -> str:
    """What a log without chances says of one policy, in words."""
    matched = (
        f"log and policy agree on {said.matched_share:.1%} of places"
        if np.isnan(said.matched[0])
        else f"where log and policy agree ({said.matched_share:.1%} of places) "
        f"{said.matched[0]:.4g} ({said.matched[1]:.4g} to {said.matched[2]:.4g}) purchases were "
        f"made per place, which says nothing of the others"
    )
    model = said.reason or (
        f"if a purchase hangs on attention to the place and appeal of the product alone, it would "
        f"sell {said.model[0]:.4g} ({said.model[1]:.4g} to {said.model[2]:.4g}) per list: an "
        f"assumption, since no chance was drawn"
    )
    return f"{said.name}: {matched}; {model}."


def rows_of(facts: Mapping[str, Any]) -> pd.DataFrame:
    """One row for each policy, estimator and reward."""
    return pd.DataFrame(
        [
            {
                "policy": name,
                "estimator": estimator,
                "reward": reward,
                "unit": facts["units"][reward],
                **{key: one[key] for key in ESTIMATE},
                "log": policy["log"][reward],
                "layer": facts["layer"],
                "window": " to ".join(facts["window"]),
                "policy_version": policy["policy_version"],
            }
            for name, policy in facts["policies"].items()
            for estimator in ESTIMATORS
            for reward, one in policy.get("estimates", {}).get(estimator, {}).items()
        ]
    )


def write_off_policy(facts: Mapping[str, Any], out: Path) -> list[Path]:
    """off_policy.json and, where there are estimates, off_policy.parquet in the folder `out`."""
    out.mkdir(exist_ok=True)
    written = [out / "off_policy.json"]
    write_text(written[0], json.dumps(facts, indent=1, sort_keys=True, allow_nan=False))
    rows = rows_of(facts)
    if len(rows):
        written.append(out / "off_policy.parquet")
        write_table(written[1], rows)
    return written


def _range(one: Mapping[str, float | None], key: str = "", form: str = ".4g") -> str:
    names = ("value", "low", "high") if not key else (key, f"{key}_low", f"{key}_high")
    value, low, high = (
        "no figure" if one[name] is None else format(one[name], form) for name in names
    )
    return f"{value} ({low} to {high})"
