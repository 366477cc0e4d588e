"""The device seed: manufacturers' declared footprints per device, compiled from Boavizta's data.

`data/device_seed.csv` is a database under the Open Database License 1.0, as the data it is taken
from: it stands apart and is never merged into the other tables. Every number in it is read from
the publisher's file; the kind of device and the choice of rows follow the rules below.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from pcf_estimator.seed.sources import sources_folder
from pcf_estimator.tables import Column, Table, TableError, check_table, read_columns, shipped_data

Bools = np.ndarray

PUBLISHER, SOURCE_FILE = "boavizta", "boavizta-devices.csv"
BOUNDARY = "cradle to grave without use"
DECLARED, DERIVED = "declared", "kWh times years"
ROWS = 300
# A kind that one maker alone declares says little about another maker's: its rows are few.
ROWS_OF_A_LONE_MAKER = 5
# Stages named in a row add up to its total unless some is broken; what rounding and a stage left
# unnamed may leave over.
NAMED_STAGES = (0.75, 1.1)
# Heavier laptops and lighter large screens are slips of a decimal point: their mass is not used.
LAPTOP_KG_AT_MOST, SCREEN_KG_AT_LEAST = 5.0, 1.5
SHARES = ("manufacturing", "transport", "use", "end_of_life")

SUBCATEGORY_KIND = {
    "Laptop": "laptop",
    "Monitor": "monitor",
    "Desktop": "desktop",
    "Workstation": "desktop",
    "Smartphone": "smartphone",
    "Tablet": "tablet",
    "Thin Client": "thin client",
    "Thin client": "thin client",
    "Hard drive": "hard drive",
}
# Kinds that the publisher's subcategory does not tell, by the device's name; the first match holds.
# Servers, storage systems, printers and routers are left out: no shop device, or one maker's rows
# where the Carbon Catalogue has several.
NAME_KIND = (
    (r"watch", "smartwatch"),
    (r"ipod touch", "smartphone"),
    (r"imac|all-in-one|\baio\b|surface studio", "all-in-one"),
    (r"xbox", "game console"),
    (r"chromecast|apple tv|stadia", "streaming player"),
    (r"homepod|home mini|nest mini|nest audio|google home|home max|nest hub", "smart speaker"),
    (r"doorbell|nest cam|nest hello|camera", "security camera"),
    (r"thermostat", "thermostat"),
    (r"nest protect", "smoke alarm"),
    (r"ssd|nytro|nitro", "solid state drive"),
)


def _number(meaning: str, *, filled: bool = False, above: float | None = None) -> Column:
    return Column(kind="number", meaning=meaning, required=True, filled=filled, above=above)


def _text(meaning: str, *, filled: bool = True) -> Column:
    return Column(kind="text", meaning=meaning, required=True, filled=filled)


def _share(stage: str) -> Column:
    filled = stage == "use"
    meaning = f"share of {stage} in the total"
    return Column(
        kind="number", meaning=meaning, required=True, filled=filled, at_least=0, at_most=1
    )


DEVICES = Table(
    name="device_seed",
    named_by=("manufacturer", "name"),
    columns={
        "name": _text("the device as its maker calls it"),
        "manufacturer": _text("who made and declared it"),
        "kind": _text("what it is"),
        "kg_co2e": _number("kg CO2e per device without use", filled=True, above=0),
        "kg_co2e_total": _number("kg CO2e per device as declared, with use", filled=True, above=0),
        **{f"{stage}_share": _share(stage) for stage in SHARES},
        "use_basis": _text("declared, or derived from kWh and years"),
        "mass_kg": _number("kg of the device", above=0),
        "screen_inch": _number("diagonal of the screen", above=0),
        "memory_gb": _number("working memory", above=0),
        "storage_gb": _number("storage", above=0),
        "kwh_per_year": _number("electricity as declared", above=0),
        "lifetime_years": _number("years of use in the declaration", above=0),
        "year": Column(kind="whole", meaning="year of the declaration", required=True),
        "boundary": _text("what kg_co2e includes"),
        "citation": _text("publisher:hash of the declaration, as the publisher gives it"),
        "url": _text("the declaration", filled=False),
    },
)


def read_device_seed(path: Path | None = None) -> pd.DataFrame:
    """Declared device footprints with the columns of DEVICES; the shipped ones without `path`.

    Raises TableError, naming row, maker and device, for a missing citation or kind, a footprint
    that is not above 0, or one that is not its total without the share of use.
    """
    path = shipped_data("device_seed.csv") if path is None else Path(path)
    where = f"{DEVICES.name} ({path})"
    seed = check_table(read_columns(path, DEVICES.name), DEVICES, where)
    without_use = seed["kg_co2e_total"] * (1 - seed["use_share"])
    # written to four digits
    apart = (seed["kg_co2e"] / without_use - 1).abs() > 1e-3
    if apart.any():
        row = int(np.flatnonzero(apart)[0])
        raise TableError(
            f"{where}, row {row + 1} (manufacturer {seed['manufacturer'].iloc[row]}, name "
            f"{seed['name'].iloc[row]}): kg_co2e is {seed['kg_co2e'].iloc[row]:g}, but its total "
            f"without the share of use is {without_use.iloc[row]:.4g} ({apart.sum()} such rows)"
        )
    return seed


def boavizta(folder: Path) -> pd.DataFrame:
    """All devices of the publisher's file that a shop may sell, with the columns of DEVICES.

    A row without a share of use but with kWh a year and years gets the share that these make at the
    median kg per kWh of the rows that state all three. Rows without either have no figure without
    use and are not here; nor are rows whose named stages miss their total (see NAMED_STAGES).
    """
    path = folder / "footprints" / SOURCE_FILE
    read = read_columns(path, SOURCE_FILE)
    number = {
        name: pd.to_numeric(read[name], errors="coerce").astype("float64")
        for name in read.columns
        if name.startswith("gwp_")
        or name in ("yearly_tec", "lifetime", "weight", "screen_size", "memory")
    }
    share = dict(
        zip(
            SHARES,
            (number[f"gwp_{s}_ratio"] for s in ("manufacturing", "transport", "use", "eol")),
            strict=True,
        )
    )
    screen = number["screen_size"].where(number["screen_size"] > 0)
    mass = number["weight"].where(number["weight"] > 0)
    kind = _kinds(read, screen, mass)
    slip = (kind.eq("laptop") & (mass > LAPTOP_KG_AT_MOST)) | (
        kind.eq("monitor") & (mass < SCREEN_KG_AT_LEAST) & (screen > 18)
    )
    total = number["gwp_total"]
    shop = kind.ne("") & ~kind.str.contains("drive")
    kwh = number["yearly_tec"] * number["lifetime"]
    kg_per_kwh = float((total * share["use"] / kwh)[shop].median())
    derived = (kwh * kg_per_kwh / total).where(kwh * kg_per_kwh < total)
    declared = share["use"].notna()
    share["use"] = share["use"].fillna(derived.round(3))
    year = pd.to_numeric(read["report_date"].str.extract(r"(20\d\d)")[0])
    frame = pd.DataFrame(
        {
            "name": read["name"].str.replace(r"\s+", " ", regex=True).str.strip(),
            "manufacturer": read["manufacturer"],
            "kind": kind,
            "kg_co2e": _rounded(total * (1 - share["use"])),
            "kg_co2e_total": total,
            **{f"{stage}_share": share[stage] for stage in SHARES},
            "use_basis": np.where(declared, DECLARED, DERIVED),
            "mass_kg": mass.mask(slip),
            "screen_inch": screen,
            "memory_gb": number["memory"],
            "storage_gb": storage_gb(read["hard_drive"].fillna("") + " " + read["name"]),
            "kwh_per_year": number["yearly_tec"],
            "lifetime_years": number["lifetime"],
            "year": year.astype("Int64"),
            "boundary": BOUNDARY,
            "citation": PUBLISHER + ":" + read["sources_hash"],
            "url": read["sources"],
        }
    )
    named = sum((share[stage].fillna(0.0) for stage in SHARES), start=total * 0)
    broken = share["manufacturing"].notna() & ~named.between(*NAMED_STAGES)
    known = kind.ne("") & share["use"].notna() & frame["citation"].notna()
    return frame[known & ~broken].reset_index(drop=True)


def select_devices(devices: pd.DataFrame, rows: int = ROWS) -> pd.DataFrame:
    """At most `rows` of `devices`, spread over kinds and makers, in the order of kind and maker.

    Kinds and makers are drawn from by the root of their number of rows, so that the makers who
    declare most do not fill the table and those who declare a few do not decide it; each gives its
    rows in the order of a hash of the device's name: neither the newest nor the lightest first.

    >>> devices = pd.DataFrame(
    ...     {"name": list("abcde"), "manufacturer": list("xxxxy"), "kind": ["laptop"] * 5}
    ... )
    >>> select_devices(devices, rows=3)["manufacturer"].tolist()
    ['x', 'x', 'y']
    """
    named = devices["manufacturer"] + " " + devices["name"]
    shuffled = named.map(lambda text: hashlib.sha256(str(text).encode()).hexdigest())
    order = devices.assign(shuffled=shuffled).sort_values("shuffled", kind="stable")
    order = order.drop_duplicates(["manufacturer", "name"])
    cells = order.groupby(["kind", "manufacturer"])
    turn, size = cells.cumcount(), cells["name"].transform("size")
    lone = order.groupby("kind")["manufacturer"].transform("nunique") == 1
    # the k-th of n rows is drawn at (k - 1/2) / root of n
    order = order.assign(draw=(turn + 0.5) / np.sqrt(size))[~lone | (turn < ROWS_OF_A_LONE_MAKER)]
    drawn = order.sort_values(["draw", "kind", "manufacturer"], kind="stable").head(rows)
    keys = ["kind", "manufacturer", "name"]
    return drawn.sort_values(keys, ignore_index=True)[list(devices.columns)]


def compiled_devices(folder: Path | None = None) -> pd.DataFrame:
    """What `data/device_seed.csv` holds: from the publisher's file where GREENAISLE_SOURCES (or
    `folder`) says where it lies, else as it stands."""
    folder = sources_folder() if folder is None else folder
    return read_device_seed() if folder is None else select_devices(boavizta(folder))


def storage_gb(texts: pd.Series) -> pd.Series:
    """The largest storage in GB that each text names, NaN where it names none of 32 GB or more.

    >>> storage_gb(pd.Series(["16GB 1TB SSD", "iPhone 64 GB", "8GB RAM"])).tolist()
    [1024.0, 64.0, nan]
    """
    found = texts.str.lower().str.extractall(r"(?<![\d.])(\d+(?:\.\d+)?) ?(gb|tb)\b")
    size: pd.Series = found[0].astype("float64") * np.where(found[1] == "tb", 1024.0, 1.0)
    largest: pd.Series = size[size >= 32].groupby(level=0).max()
    return largest.reindex(texts.index).astype("float64")


def _kinds(read: pd.DataFrame, screen: pd.Series, mass: pd.Series) -> pd.Series:
    name = read["name"].str.lower()
    kind = read["subcategory"].map(SUBCATEGORY_KIND).fillna("").astype("str")
    for pattern, other in reversed(NAME_KIND):
        kind = kind.mask(name.str.contains(pattern, regex=True), other)
    kind = kind.mask(read["category"].eq("Datacenter") & ~kind.str.contains("drive"), "")
    # the publisher files some laptops, and desktops with a screen, under desktop
    desktop = kind.eq("desktop")
    kind = kind.mask(desktop & screen.between(9, 18.5) & (mass < 4), "laptop")
    return kind.mask(desktop & (screen >= 19), "all-in-one")


def _rounded(values: pd.Series) -> pd.Series:
    return values.map(lambda x: float(f"{x:.3e}"), na_action="ignore").astype("float64")
