"""Durables: goods of a home or an office by kind, and the means that say all we know of them.

Companies' own figures (the Carbon Catalogue) per unit, in `data/durable_seed.csv`. Across companies
nothing ranks such goods, so a kind has one mean, and its range is as wide as what another company's
figure for the same kind turned out to be: figures of one company left out against the others'.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pcf_estimator.ranges import conformal_quantile
from pcf_estimator.seed.sources import MIXED, SHELF, carbon_catalogue, sources_folder
from pcf_estimator.seed.table import as_csv
from pcf_estimator.tables import Column, Table, TableError, check_table, read_columns, shipped_data

Floats = np.ndarray

SOURCE = "carbon-catalogue"
WORKBOOK, SHEET = "carbon-catalogue-2021-10-30.xlsx", "Product Level Data"
KEY, WEIGHT, TOTAL = "*PCF-ID", "Product weight (kg)", "Product's carbon footprint (PCF, kg CO2e)"
HAND = ("kind", "source_key", "company")
# Where fewer figures than this compare companies, no range at 95 % can be read from them.
LEAST_COMPARED = 20

DURABLES = Table(
    name="durable_seed",
    key="source_key",
    named_by=("kind", "source_key"),
    columns={
        "kind": Column(kind="text", meaning="what it is", required=True, filled=True),
        "source": Column(kind="text", meaning="who published it", required=True, filled=True),
        "source_key": Column(
            kind="text", meaning="the publisher's key", required=True, filled=True
        ),
        "company": Column(
            kind="text", meaning="number of the company in the key", required=True, filled=True
        ),
        "kg_co2e": Column(
            kind="number", meaning="kg CO2e per unit", required=True, filled=True, above=0
        ),
        "kg_co2e_total": Column(
            kind="number",
            meaning="kg CO2e per unit as published, with any use",
            required=True,
            filled=True,
            above=0,
        ),
        "mass_kg": Column(kind="number", meaning="kg of a unit", required=True, above=0),
        "boundary": Column(kind="text", meaning="what it includes", required=True, filled=True),
        "year": Column(kind="whole", meaning="year of the figure", required=True, filled=True),
    },
)


@dataclass(frozen=True, kw_only=True)
class KindMeans:
    """One mean per kind and how far another maker's figure may be off; all in log10 kg."""

    log_kg: Mapping[str, float]
    makers: Mapping[str, int]
    boundary: Mapping[str, str]
    off_one: Floats  # |figure - another maker's mean| of the same kind, sorted
    off_many: Floats  # |figure - mean of several other makers' means|, sorted

    def half_widths(self, kinds: pd.Series, coverage: float) -> Floats:
        """Half the range of each kind in log10, (rows,); NaN where the kind is not known."""
        one = conformal_quantile(self.off_one, coverage)
        many = conformal_quantile(self.off_many, coverage)
        makers = kinds.map(self.makers).to_numpy(dtype=np.float64, na_value=np.nan)
        # a mean over several makers is never told to be worse than one maker's
        return np.select([makers == 1, makers > 1], [max(one, many), many], np.nan)


def read_durables(path: Path | None = None) -> pd.DataFrame:
    """Published figures per unit with the columns of DURABLES; the shipped ones without `path`."""
    path = shipped_data("durable_seed.csv") if path is None else Path(path)
    return check_table(read_columns(path, DURABLES.name), DURABLES, f"{DURABLES.name} ({path})")


def refreshed_durables(durables: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """`durables` with every number read again from the publisher's workbook in `folder`.

    The figure is the publisher's intensity up to the shelf times the product's weight, where stages
    are given; elsewhere the figure as the company chose its extent, "mixed".
    """
    published = carbon_catalogue(folder).set_index("source_key").reindex(durables["source_key"])
    sheet = pd.read_excel(
        folder / "footprints" / WORKBOOK, sheet_name=SHEET, usecols=[KEY, WEIGHT, TOTAL]
    ).set_index(KEY)
    raw = sheet.reindex(durables["source_key"]).astype("float64")
    bad = published["kg_co2e_per_kg"].isna().to_numpy() | (published["problem"] != "").to_numpy()
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise TableError(
            f"{DURABLES.name}, row {row + 1} (source_key {durables['source_key'].iloc[row]}): the "
            f"publisher has no sound figure of this key ({int(bad.sum())} such rows)"
        )
    kg = (published["kg_co2e_per_kg"] * raw[WEIGHT]).to_numpy()
    return durables.assign(
        source=SOURCE,
        kg_co2e=[float(f"{x:.3e}") for x in kg],
        kg_co2e_total=[float(f"{x:.3e}") for x in raw[TOTAL]],
        mass_kg=[float(f"{x:.3e}") for x in raw[WEIGHT]],
        boundary=published["boundary"].to_numpy(),
        year=published["year"].astype("Int64").to_numpy(),
    )[list(DURABLES.columns)]


def compiled_durables(folder: Path | None = None) -> str:
    """The text of `data/durable_seed.csv`: its kinds and keys by hand, its numbers from the
    publisher's workbook where GREENAISLE_SOURCES (or `folder`) says where it lies."""
    folder = sources_folder() if folder is None else folder
    durables = read_durables()
    if folder is not None:
        durables = refreshed_durables(durables[list(HAND)], folder)
    return as_csv(durables.sort_values(["kind", "source_key"], ignore_index=True), DURABLES)


def kind_means(figures: pd.DataFrame, maker: str) -> KindMeans:
    """Means by `kind` of log10 `kg_co2e`, each `maker` counting once, and the makers' spread.

    >>> figures = pd.DataFrame(
    ...     {
    ...         "kind": ["desk", "desk", "desk"],
    ...         "company": ["a", "a", "b"],
    ...         "kg_co2e": [100.0, 100.0, 10.0],
    ...         "boundary": ["mixed"] * 3,
    ...     }
    ... )
    >>> means = kind_means(figures, "company")
    >>> means.log_kg, means.off_one.tolist()  # (2 + 1) / 2, and one decade between a and b
    ({'desk': 1.5}, [1.0, 1.0, 1.0])
    """
    log_kg = np.log10(figures["kg_co2e"])
    table = figures.assign(log_kg=log_kg)
    by_maker = table.groupby(["kind", maker])["log_kg"].mean()
    means = by_maker.groupby(level="kind").mean()
    makers = by_maker.groupby(level="kind").size()
    off_one, off_many = [np.zeros(0)], [np.zeros(0)]
    for kind, rows in table.groupby("kind"):
        others = by_maker[kind]
        apart = rows["log_kg"].to_numpy()[:, None] - others.to_numpy()[None, :]
        other = rows[maker].to_numpy()[:, None] != others.index.to_numpy()[None, :]
        # one figure per row and other maker: what each of them alone would have said of it
        off_one.append(np.abs(apart[other]))
        if len(others) > 2:
            off_many.append(np.abs((apart * other).sum(axis=1) / other.sum(axis=1)))
    same = figures.groupby("kind")["boundary"].agg(lambda b: b.iloc[0] if len(set(b)) == 1 else "")
    one = np.sort(np.concatenate(off_one))
    many = np.sort(np.concatenate(off_many))
    return KindMeans(
        log_kg={str(k): float(v) for k, v in means.items()},
        makers={str(k): int(v) for k, v in makers.items()},
        boundary={str(k): str(v) or MIXED for k, v in same.items()},
        off_one=one,
        off_many=many if len(many) >= LEAST_COMPARED else one,
    )


def extent(boundary: str) -> str:
    """A boundary in words that stand after a figure.

    >>> extent(SHELF)
    'up to the shelf'
    """
    return {SHELF: "up to the shelf", MIXED: "extents as the companies chose them"}.get(
        boundary, boundary
    )
