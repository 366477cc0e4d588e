"""All that is measured of the estimator, and whether it is what was asked for.

Most parts need the same fits, the folds of the headline split above all, so a fit is made once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pandas as pd

from pcf_estimator.assess.across import CLARK, assess_across
from pcf_estimator.assess.agribalyse import assess_agribalyse
from pcf_estimator.assess.asked import asked_and_found
from pcf_estimator.assess.devices import assess_devices
from pcf_estimator.assess.spend import assess_spend
from pcf_estimator.assess.splits import FOLD_SEEDS, assess
from pcf_estimator.assess.swaps import assess_swaps
from pcf_estimator.folds import FOLDS
from pcf_estimator.model import PcfModel
from pcf_estimator.model_files import seed_version
from pcf_estimator.seed.table import read_seed

# What is left out where nobody gives the publishers' files
NEEDS_FILES: Mapping[str, str] = {
    "agribalyse": "Agribalyse's whole food table",
    f"across, {CLARK}": "the foods of Clark et al.",
    f"swaps, {CLARK}": "the foods of Clark et al.",
    "devices, all declarations": "Boavizta's whole table of declarations",
    "spend": "people's industry labels and EPA's factors",
}


def assess_all(
    folder: Path | None = None,
    seed: pd.DataFrame | None = None,
    *,
    model: Callable[[], PcfModel] = PcfModel,
    folds: int = FOLDS,
    progress: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Every figure of the estimator with its baselines, as plain dicts for JSON without NaN.

    Keys: seed, agribalyse (`Assessment.to_dict`), across (by source), swaps, devices, spend,
    land_use_change, `asked` (by figure: see `asked.asked_and_found`), and `left_out`, by part what
    it needs. `folder` holds the publishers' files in `footprints/`; without it the parts of
    NEEDS_FILES are left out. `seed` is the shipped one by default. Some four minutes, six with
    `folder` on two cores, where `model` has to be picklable; `progress` is told what is under way.
    """
    seed = read_seed() if seed is None else seed
    if folder is None:
        found = _on_the_seed(seed, None, model, folds, progress)
    else:
        # the publisher's table shares no fit with the rest: it goes to a process of its own
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other:
            foods = other.submit(assess_agribalyse, folder, model)
            found = _on_the_seed(seed, folder, model, folds, progress)
            progress("Agribalyse")
            found["agribalyse"] = foods.result().to_dict()
    found["land_use_change"] = found["seed"]["land_use_change"]
    found["left_out"] = {} if folder is not None else dict(NEEDS_FILES)
    plain: dict[str, Any] = _without_nan(found)
    return plain | {"asked": asked_and_found(plain)}


def _on_the_seed(
    seed: pd.DataFrame,
    folder: Path | None,
    model: Callable[[], PcfModel],
    folds: int,
    progress: Callable[[str], None],
) -> dict[str, Any]:
    once = fitted_once(model)
    assessed = assess(seed, once, folds=folds, fold_seeds=FOLD_SEEDS, progress=progress)
    found: dict[str, Any] = {"seed": assessed.to_dict()}
    found["swaps"] = assess_swaps(
        once,
        seed,
        folder,
        fold_seeds=FOLD_SEEDS,
        folds=folds,
        differences_of=lambda fitted: fitted.differences_,
        progress=progress,
    )
    progress("sources held out of the seed")
    found["across"] = assess_across(once, folder)
    progress("devices, makers left out")
    found["devices"] = assess_devices(folder=folder)
    if folder is not None:
        progress("industries of the spend tier")
        found["spend"] = assess_spend(folder)
    return found


def fitted_once(model: Callable[[], PcfModel]) -> Callable[[], PcfModel]:
    """Makes models whose `fit` returns the model of the first time, for a seed met before.

    What `model` makes must depend on nothing but the seed that it is fitted to.
    """
    fitted: dict[str, PcfModel] = {}

    class FittedOnce(PcfModel):
        def fit(self, seed: pd.DataFrame) -> PcfModel:
            version = seed_version(seed)
            if version not in fitted:
                fitted[version] = model().fit(seed)
            return fitted[version]

    return lambda: FittedOnce(needs=model().needs)


def _without_nan(value: Any) -> Any:
    """Plain dicts, lists and numbers; null for what is not a number."""
    if isinstance(value, Mapping):
        return {str(name): _without_nan(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
