"""The whole assessment: one fit for all parts, plain JSON, and promises beside what was found."""

import io
import json
import re
from typing import Any

import pandas as pd
import pytest
from rich.console import Console

from pcf_estimator.assess.asked import asked_and_found, figure
from pcf_estimator.assess.everything import NEEDS_FILES, assess_all, fitted_once
from pcf_estimator.assess.show import assessment_tables
from pcf_estimator.model import PcfModel
from pcf_estimator.seed.table import read_seed


def small_model() -> PcfModel:
    return PcfModel(trees=5, folds=2)


def some_devices(folder: object) -> dict[str, object]:
    assert folder is None
    scores = {"median_ape": 0.24, "pairwise_accuracy": 0.6, "within_factor_2": 0.9}
    methods = dict.fromkeys(("kind mean", "text knn-5", "blend"), scores)
    return {"shipped seed": {"as declared": {"methods": methods}}}


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pcf_estimator.assess.everything.FOLD_SEEDS", (0,))
        patch.setattr("pcf_estimator.assess.everything.assess_devices", some_devices)
        return assess_all(seed=read_seed().iloc[::10], model=small_model, folds=2)


def test_the_answer_is_plain_json_with_all_parts_that_need_no_publishers_file(
    found: dict[str, Any],
) -> None:
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert {"seed", "swaps", "across", "devices", "land_use_change", "asked"} < set(found)
    assert not {"agribalyse", "spend"} & set(found)
    assert found["left_out"] == NEEDS_FILES
    assert list(found["across"]) == ["su-eatable"]
    assert list(found["devices"]) == ["shipped seed"]


def test_every_promise_is_judged_or_said_not_to_be_measured(found: dict[str, Any]) -> None:
    asked = found["asked"]
    unmeasured = {name for name, entry in asked.items() if entry["found"] is None}
    assert {name for name in asked if "clark" in name} <= unmeasured
    # a small seed tells no goods apart and has no category of 20 rows
    assert all(re.search("clark|swaps|worst category", name) for name in unmeasured)
    for entry in asked.values():
        judged = entry["found"] is not None and entry["asked"] != "printed"
        assert (entry["met"] is not None) is judged
    pairs = asked["foods, grouped: pairwise accuracy"]
    grouped = found["seed"]["splits"]["grouped"]
    assert pairs["found"] == grouped["estimate"]["pairwise_accuracy"]
    assert pairs["beside"]["knn-5"] == grouped["knn-5"]["pairwise_accuracy"]
    assert (pairs["least"], pairs["most"]) == (0.72, None)
    assert asked["devices, shipped seed, as declared: median absolute error"]["met"] is True
    assert asked["devices, shipped seed, as declared: pairwise accuracy"]["met"] is False


def test_all_parts_are_shown(found: dict[str, Any]) -> None:
    screen = Console(file=io.StringIO(), width=200)
    for table in assessment_tables(found):
        screen.print(table)
    text = screen.file.getvalue()  # type: ignore[attr-defined]
    assert "None" not in text
    for words in ("category mean", "su-eatable", "surest", "kind mean", "no part", *found["asked"]):
        assert words in text


def test_a_confidence_that_is_refused_is_no_promise_kept(found: dict[str, Any]) -> None:
    risk = {**found["seed"]["risk"], "refused": "structural confidence: the surest err more"}
    asked = asked_and_found({**found, "seed": {**found["seed"], "risk": risk}})
    assert asked["confidence, grouped: log10 error of the surest half"]["met"] is False


def test_swaps_are_judged_by_the_policy_that_does_worst_over_all_fold_seeds(
    found: dict[str, Any],
) -> None:
    def judged(surest: float, lightest: float, swaps: int) -> dict[str, Any]:
        shares = {"surest": surest, "lightest": lightest}
        policies = {name: {"swaps": swaps, "lighter": share} for name, share in shares.items()}
        return {"policies": policies, "cannot_tell_needs": 0.5}

    grouped = {"fold seed 0": judged(0.9, 0.9, 10), "fold seed 1": judged(0.9, 0.7, 30)}
    grouped["fold seed 2"] = judged(None, None, 0)  # type: ignore[arg-type]
    asked = asked_and_found({**found, "swaps": {"grouped": grouped, "across": {}}})
    named = asked["swaps called lighter, grouped: lighter, by the worst policy"]
    assert named["found"] == pytest.approx(0.75)  # (10 * 0.9 + 30 * 0.7) / 40
    assert named["met"] is False
    told = asked["swaps, grouped: needs where nothing can be told"]
    assert (told["asked"], told["found"], told["met"]) == ("printed", 0.5, None)


def test_bounds_are_met_at_the_bound() -> None:
    assert figure(0.72, least=0.72)["met"] is True
    assert figure(0.87, least=0.78, most=0.86)["met"] is False


def test_a_seed_is_fitted_once_whoever_asks() -> None:
    fits = []

    class Counted(PcfModel):
        def fit(self, seed: pd.DataFrame) -> PcfModel:
            fits.append(len(seed))
            self.seed_ = seed
            return self

    once, seed = fitted_once(Counted), read_seed()
    first = once().fit(seed[:20])
    assert once().fit(seed[:20].copy()) is first
    assert once().fit(seed[:21]) is not first
    assert fits == [20, 21]
