"""Compiling: every table of figures in `data/` anew, each from what is written by hand in it.

With the publishers' files at hand (GREENAISLE_SOURCES) published numbers are read again from
there; without them they stand as they are, and only what follows from them is derived.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pcf_estimator.devices.durables import compiled_durables
from pcf_estimator.devices.seed import DEVICES, compiled_devices
from pcf_estimator.seed.sources import sources_folder
from pcf_estimator.seed.table import (
    FIGURES,
    HAND,
    SEED,
    as_csv,
    check_figures,
    derive_seed,
    read_figures,
    refresh_figures,
)
from pcf_estimator.spend.factors import SPEND, read_spend_factors, refresh_spend_factors
from pcf_estimator.spend.naics import INDUSTRIES, read_industries
from pcf_estimator.tables import check_table, read_columns, shipped_data


@dataclass(frozen=True, kw_only=True)
class Compiled:
    """What compiling found: sizes, and the files whose content changed."""

    figures: int
    concepts: int
    categories: int
    groups: int
    spend_categories: int
    industries: int
    devices: int
    refreshed: bool  # published values were read again from the publishers' files
    changed: tuple[str, ...]


def compile_seed(write: bool = True) -> Compiled:
    """What the tables of figures become; `write` puts them in place, each by one rename.

    >>> compile_seed(write=False).concepts > 1000
    True
    """
    folder, spend, industries = sources_folder(), read_spend_factors(), read_industries()
    if folder is None:
        figures = read_figures()
    else:
        path = shipped_data("pcf_figures.csv")
        by_hand = check_table(read_columns(path, HAND.name), HAND, f"{HAND.name} ({path})")
        figures = check_figures(refresh_figures(by_hand, folder))
        spend = refresh_spend_factors(spend, folder)
        industries = refresh_spend_factors(industries, folder, INDUSTRIES)
    figures = _in_order(figures)
    seed, devices = derive_seed(figures), compiled_devices(folder)
    texts = {
        "pcf_figures.csv": as_csv(figures, FIGURES),
        "pcf_seed.csv": as_csv(seed, SEED),
        "spend_factors.csv": as_csv(spend, SPEND),
        "naics_industries.csv": as_csv(industries, INDUSTRIES),
        "device_seed.csv": as_csv(devices, DEVICES),
        "durable_seed.csv": compiled_durables(folder),
    }
    home = shipped_data("pcf_figures.csv").parent
    changed = tuple(name for name, text in texts.items() if _differs(home / name, text))
    if write:
        for name in changed:
            _replace(home / name, texts[name])
    return Compiled(
        figures=len(figures),
        concepts=len(seed),
        categories=len(seed[["department", "category"]].drop_duplicates()),
        groups=int(seed["group"].nunique()),
        spend_categories=len(spend),
        industries=len(industries),
        devices=len(devices),
        refreshed=folder is not None,
        changed=changed,
    )


def _in_order(figures: pd.DataFrame) -> pd.DataFrame:
    order = ["department", "category", "type", "concept", "source", "source_key"]
    return figures.sort_values(order, ignore_index=True)


def _differs(path: Path, text: str) -> bool:
    return not path.exists() or path.read_bytes() != text.encode()


def _replace(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
