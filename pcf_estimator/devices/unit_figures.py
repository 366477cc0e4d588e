"""Figures per unit: what a device or a durable good emits, for those products that are one.

The entry for an estimator of whole catalogues: everything that is no device or durable stays empty.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from pcf_estimator.devices.durables import KindMeans, extent, kind_means, read_durables
from pcf_estimator.devices.mixed import ATTRIBUTES
from pcf_estimator.devices.model import DeviceFigures, DeviceModel
from pcf_estimator.devices.seed import BOUNDARY, read_device_seed
from pcf_estimator.devices.text import device_attributes, device_kinds, device_names

Floats = np.ndarray

COVERAGE, WIDE_COVERAGE = 0.8, 0.95
# Share of use in the whole life above which choosing the lighter device to make misleads.
USE_DOMINATES = 0.5
NAMED = 5
NUMBERS = (
    "kg_co2e",
    "kg_co2e_low",
    "kg_co2e_high",
    "kg_co2e_low_95",
    "kg_co2e_high_95",
    "similarity",
)
TEXTS = ("kind", "tier", "source", "boundary", "nearest")


def unit_figures(
    products: pd.DataFrame,
    model: DeviceModel | None = None,
    durables: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Kg CO2e per unit of each product that is a device or a durable good; same index.

    Columns: `kind`; `kg_co2e` with `kg_co2e_low`, `kg_co2e_high` (80 %) and `kg_co2e_low_95`,
    `kg_co2e_high_95`; `tier` ("model" for a device of whose attributes something is known, else
    "category": the mean of its kind); `similarity` of the nearest declaration, 0 to 1; `source` and
    `boundary` in words; `nearest` (up to five declarations, the likest first, joined by "; ");
    `use_phase_dominant`. Everything else has NaN, "" and False.

    Reads `title`, `product_type`, `category`, `department` and `net_mass_kg`, those that are there.

    >>> shop = pd.DataFrame({"title": ["Laptop 14 inch 16GB", "Laptop bag", "Frozen TV dinner"]})
    >>> unit_figures(shop)["tier"].tolist()
    ['model', '', '']
    """
    model = _shipped_model() if model is None else model
    durables = _shipped_durables() if durables is None else durables
    answer = pd.DataFrame(index=products.index)
    kind = device_kinds(products)
    is_device = kind.isin(list(model.means_.log_kg))
    means = kind_means(durables, "company")
    is_durable = ~is_device & kind.isin(list(means.log_kg))
    answer["kind"] = kind.where(is_device | is_durable, "")
    for name in NUMBERS:
        answer[name] = np.nan
    for text in TEXTS[1:]:
        answer[text] = pd.Series("", index=products.index, dtype="str")
    answer["use_phase_dominant"] = False
    for rows, figures in (
        (is_device.to_numpy(), lambda few: _devices(few, model)),
        (is_durable.to_numpy(), lambda few: _durables(few, means, durables)),
    ):
        if rows.any():
            few = products[rows].assign(kind=kind[rows])
            found = figures(few)
            for column in found:
                answer.loc[rows, column] = found[column].to_numpy()
    return answer


def _devices(products: pd.DataFrame, model: DeviceModel) -> pd.DataFrame:
    devices = device_attributes(products).assign(kind=products["kind"], name=device_names(products))
    # a shop's thousand laptops are a few hundred different ones
    keys = ["kind", "name", *ATTRIBUTES]
    distinct = devices[keys].drop_duplicates(ignore_index=True)
    code = devices[keys].merge(distinct.reset_index(names="row"), on=keys, how="left")["row"]
    found = model.figures(distinct)
    half, wide = (model.half_widths(found, level) for level in (COVERAGE, WIDE_COVERAGE))
    seed = model.seed_
    share = seed.groupby("kind")["use_share"].median()
    frame = _ranges(found.log_kg, half, wide).assign(
        tier=found.tier.to_numpy(),
        similarity=np.where(found.tier == "model", found.similarity, np.nan),
        source=_device_sources(distinct, found, model),
        boundary=BOUNDARY,
        nearest=_nearest_names(found, seed),
        use_phase_dominant=(distinct["kind"].map(share) >= USE_DOMINATES).to_numpy(),
    )
    return frame.take(code.to_numpy()).set_axis(products.index)


def _device_sources(distinct: pd.DataFrame, found: DeviceFigures, model: DeviceModel) -> np.ndarray:
    seed = model.seed_
    count = distinct["kind"].map(seed.groupby("kind").size()).astype(str)
    makers = distinct["kind"].map(model.means_.makers).astype(str)
    first = np.where(found.nearest[:, 0] >= 0, found.nearest[:, 0], 0)
    cited = (seed["manufacturer"] + " " + seed["name"] + ", " + seed["citation"]).to_numpy(object)
    declared: pd.Series = (
        count + " declarations of " + makers + " maker" + np.where(makers == "1", "", "s")
    )
    modelled = "near " + pd.Series(cited[first]) + "; model of " + declared + " (Boavizta, ODbL)"
    mean = "level of " + declared + " of its kind (Boavizta, ODbL)"
    return np.where(found.tier == "model", modelled, mean)


def _nearest_names(found: DeviceFigures, seed: pd.DataFrame) -> np.ndarray:
    names = (seed["manufacturer"] + " " + seed["name"]).to_numpy(dtype=object)
    text = np.where(found.nearest >= 0, names[found.nearest], "")
    joined = pd.Series(text[:, 0], dtype="str")
    for column in range(1, min(NAMED, text.shape[1])):
        joined = joined + np.where(text[:, column] != "", "; ", "") + text[:, column]
    return joined.to_numpy(dtype=object)


def _durables(products: pd.DataFrame, means: KindMeans, durables: pd.DataFrame) -> pd.DataFrame:
    kinds = pd.Series(sorted(set(products["kind"])), dtype="str")
    half, wide = (means.half_widths(kinds, level) for level in (COVERAGE, WIDE_COVERAGE))
    of_kind = durables.groupby("kind")
    count, makers = of_kind.size(), kinds.map(means.makers).astype(str)
    cited = (durables["source"] + ":" + durables["source_key"]).groupby(durables["kind"]).first()
    without_use = 1 - (of_kind["kg_co2e"].sum() / of_kind["kg_co2e_total"].sum())
    said = kinds.map(count).astype(str) + " figures of " + makers + " companies"
    frame = _ranges(kinds.map(means.log_kg).to_numpy(np.float64), half, wide).assign(
        tier="category",
        similarity=np.nan,
        source="mean of " + said + " for its kind, such as " + kinds.map(cited),
        boundary=kinds.map(means.boundary).map(extent),
        nearest="",
        use_phase_dominant=(kinds.map(without_use) >= USE_DOMINATES).to_numpy(),
    )
    frame["source"] = frame["source"].str.replace(
        r"\b1 (figure|compan)(?:s|ies)", lambda m: f"1 {m[1]}{'y' if m[1] == 'compan' else ''}",
        regex=True,
    )  # fmt: skip
    return frame.set_axis(kinds).loc[products["kind"]].set_axis(products.index)


def _ranges(log_kg: Floats, half: Floats, wide: Floats) -> pd.DataFrame:
    # the wide range holds the narrow one
    wide = np.maximum(half, wide)
    return pd.DataFrame(
        {
            "kg_co2e": 10**log_kg,
            "kg_co2e_low": 10 ** (log_kg - half),
            "kg_co2e_high": 10 ** (log_kg + half),
            "kg_co2e_low_95": 10 ** (log_kg - wide),
            "kg_co2e_high_95": 10 ** (log_kg + wide),
        }
    )


@lru_cache(maxsize=1)
def _shipped_model() -> DeviceModel:
    return DeviceModel().fit(read_device_seed())


@lru_cache(maxsize=1)
def _shipped_durables() -> pd.DataFrame:
    return read_durables()
