"""Assessment of device figures: what is said of makers whose declarations were not seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from pcf_estimator.assess.baselines import knn
from pcf_estimator.devices.model import MAKER, DeviceModel
from pcf_estimator.devices.seed import boavizta, read_device_seed
from pcf_estimator.scores import score
from pcf_estimator.seed.sources import sources_folder

Floats = np.ndarray

COVERAGES = (0.8, 0.95)
TARGETS = {"without use": "kg_co2e", "as declared": "kg_co2e_total"}
TITLE_ONLY = "blend, title only"
METHODS = ("kind mean", "text knn-5", "kind level", "attributes in full", "blend", TITLE_ONLY)


def assess_devices(
    seed: pd.DataFrame | None = None,
    *,
    folder: Path | None = None,
    model: Callable[..., DeviceModel] = DeviceModel,
) -> dict[str, object]:
    """Scores on makers left out, as plain dicts for JSON: by data, boundary and method.

    Every fit is on the seed's other makers. `shipped seed` judges the maker's rows of the seed;
    with `folder` (or GREENAISLE_SOURCES) set, `all declarations` judges all its rows of the
    publisher's file. Kinds that no other maker of the seed declares have no such estimate:
    `rows_without` counts them. Pairs are compared inside a maker and kind.
    """
    seed = read_device_seed() if seed is None else seed
    folder = sources_folder() if folder is None else folder
    judged = {"shipped seed": seed}
    if folder is not None:
        judged["all declarations"] = boavizta(folder)
    told = {
        words: _makers_left_out(seed, judged, model, target) for words, target in TARGETS.items()
    }
    return {
        name: {words: _scores(told[words][name], len(rows)) for words in TARGETS}
        for name, rows in judged.items()
    }


def _makers_left_out(
    seed: pd.DataFrame,
    judged: Mapping[str, pd.DataFrame],
    model: Callable[..., DeviceModel],
    target: str,
) -> dict[str, pd.DataFrame]:
    """What each method says of every maker's rows by a fit without that maker, by table."""
    told: dict[str, list[pd.DataFrame]] = {name: [] for name in judged}
    for maker in sorted(set().union(*(table[MAKER] for table in judged.values()))):
        rest = seed[seed[MAKER] != maker].reset_index(drop=True)
        fitted = None
        for name, table in judged.items():
            rows = table[(table[MAKER] == maker) & table["kind"].isin(rest["kind"])]
            if len(rows):
                fitted = model(target=target).fit(rest) if fitted is None else fitted
                told[name].append(_left_out(fitted, rest, rows, target))
    return {name: pd.concat(parts, ignore_index=True) for name, parts in told.items()}


def _scores(told: pd.DataFrame, rows: int) -> dict[str, object]:
    figure, kind = told["figure"].to_numpy(), told["kind"].to_numpy(dtype=object)
    maker = told[MAKER].to_numpy(dtype=object)
    methods: dict[str, object] = {}
    for name in METHODS:
        scores = score(figure, told[name].to_numpy(), kind, maker)
        methods[name] = {
            "median_ape": scores.median_ape,
            "pairwise_accuracy": scores.pairwise_accuracy,
            "within_factor_2": scores.within_factor_2,
            "log10_rmse": scores.log10_rmse,
            **_coverage(told, name, figure),
        }
    return {
        "rows": len(told),
        "rows_without": rows - len(told),
        "makers": int(told[MAKER].nunique()),
        "methods": methods,
    }


def _left_out(
    fitted: DeviceModel, rest: pd.DataFrame, rows: pd.DataFrame, target: str
) -> pd.DataFrame:
    found = fitted.figures(rows)
    # a title tells screen and storage, seldom the mass
    title = fitted.figures(rows.assign(mass_kg=np.nan))
    known, new = rest.rename(columns={"name": "title"}), rows.rename(columns={"name": "title"})
    known_kg = np.log10(rest[target].to_numpy(dtype=np.float64))
    mean = rows["kind"].map(fitted.means_.log_kg).to_numpy(dtype=np.float64)
    level = found.members["kind level"]
    modelled = (found.tier == "model").to_numpy()
    told = {
        "figure": np.log10(rows[target].to_numpy(dtype=np.float64)),
        "kind": rows["kind"].to_numpy(),
        MAKER: rows[MAKER].to_numpy(),
        "kind mean": mean,
        "kind level": np.where(modelled, level, mean),
        "attributes in full": np.where(modelled, level + found.members["attributes"], mean),
        "blend": found.log_kg,
        TITLE_ONLY: title.log_kg,
        "text knn-5": knn(known[["title"]], known_kg, new[["title"]]),
    }
    for coverage in COVERAGES:
        told |= {
            f"blend half {coverage}": fitted.half_widths(found, coverage),
            f"{TITLE_ONLY} half {coverage}": fitted.half_widths(title, coverage),
            f"kind mean half {coverage}": fitted.means_.half_widths(rows["kind"], coverage),
        }
    return pd.DataFrame(told)


def _coverage(told: pd.DataFrame, name: str, figure: Floats) -> dict[str, float]:
    answer = {}
    for coverage in COVERAGES:
        if f"{name} half {coverage}" in told:
            half = told[f"{name} half {coverage}"].to_numpy()
            inside = np.abs(told[name].to_numpy() - figure) <= half
            percent = round(100 * coverage)
            answer[f"coverage_{percent}"] = float(inside.mean())
            answer[f"range_factor_{percent}"] = float(np.median(10 ** (2 * half)))
    return answer
