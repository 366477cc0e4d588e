"""The seed: published figures, one a row, and the table of concepts that is derived from them.

`data/pcf_figures.csv` says by hand which published record stands for which concept and how it
becomes a figure per kg as sold; its numbers are read from the publishers' files.
`data/pcf_seed.csv` follows from it byte for byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from pcf_estimator.seed.sources import DISTRIBUTION_CENTRE, MIXED, SHELF, SOURCES
from pcf_estimator.tables import Column, Table, TableError, check_table, read_columns, shipped_data

# Added per kg sold where a source stops before the shop; the figure is Agribalyse's median
# supermarket stage.
TO_SHELF_KG_CO2E_PER_KG: Mapping[str, float] = {"su-eatable": 0.0368}
TO_SHELF_WORDS = "plus {} kg from distribution centre to shelf"
DIGITS = 4  # significant digits kept; publishers give two to four
GROUP_DIGITS = 3  # taking the home stage off a shared value leaves noise in the fourth digit

PATH = ("department", "category", "type")
TEXT = {
    "concept": Column(kind="text", meaning="the good in our own words", required=True, filled=True),
    "department": Column(kind="text", meaning="the widest shelf", required=True, filled=True),
    "category": Column(kind="text", meaning="the shelf", required=True, filled=True),
    "type": Column(kind="text", meaning="the kind of good", required=True, filled=True),
}


def _kg(meaning: str) -> Column:
    return Column(kind="number", meaning=meaning, required=True, filled=True, above=0)


FIGURES = Table(
    name="pcf_figures",
    named_by=("concept", "source", "source_key"),
    columns={
        **TEXT,
        "source": Column(kind="text", meaning="who published it", required=True, filled=True),
        "source_key": Column(
            kind="text", meaning="the publisher's key", required=True, filled=True
        ),
        "published_kg_co2e_per_kg": _kg("kg CO2e per kg or litre in the publisher's state"),
        "published_luc_kg_co2e_per_kg": Column(
            kind="number", meaning="its part from land-use change", required=True
        ),
        "factor": _kg("published state to as sold"),
        "adjustment": Column(kind="text", meaning="what the factor does", required=True),
        "kg_co2e_per_kg": _kg("kg CO2e per kg as sold"),
        "luc_kg_co2e_per_kg": Column(
            kind="number", meaning="its part from land-use change", required=True
        ),
        "boundary": Column(kind="text", meaning="what it includes", required=True, filled=True),
        "year": Column(kind="whole", meaning="year of the figure", required=True, filled=True),
        "geography": Column(kind="text", meaning="where", required=True, filled=True),
    },
)
# What a person writes; the rest of a row is read from the publisher's file.
HAND = Table(
    name=FIGURES.name,
    named_by=FIGURES.named_by,
    columns={
        name: FIGURES.columns[name]
        for name in (*TEXT, "source", "source_key", "factor", "adjustment")
    },
)
SEED = Table(
    name="pcf_seed",
    key="concept",
    named_by=("concept",),
    columns={
        **TEXT,
        "kg_co2e_per_kg": _kg("kg CO2e per kg as sold at the shelf"),
        "kg_co2e_per_kg_low": _kg("the lowest figure"),
        "kg_co2e_per_kg_high": _kg("the highest figure"),
        "luc_kg_co2e_per_kg": Column(
            kind="number", meaning="the part from land-use change, where known", required=True
        ),
        "figures": Column(
            kind="whole", meaning="how many figures", required=True, filled=True, at_least=1
        ),
        "sources": Column(
            kind="whole", meaning="from how many sources", required=True, filled=True, at_least=1
        ),
        "citations": Column(
            kind="text", meaning="source:key of every figure", required=True, filled=True
        ),
        "boundary": Column(kind="text", meaning="what it includes", required=True, filled=True),
        "group": Column(
            kind="whole", meaning="no split divides it", required=True, filled=True, at_least=0
        ),
    },
)


def read_seed(path: Path | None = None) -> pd.DataFrame:
    """The seed, one concept a row, with the columns of SEED; the shipped one without `path`.

    Raises TableError, naming row and concept, for a missing citation, a footprint that is not
    above 0, a repeated concept, or a range that leaves out its central value.
    """
    path = shipped_data("pcf_seed.csv") if path is None else Path(path)
    where = f"{SEED.name} ({path})"
    seed = check_table(read_columns(path, SEED.name), SEED, where)
    kg, low, high = (seed[f"kg_co2e_per_kg{end}"] for end in ("", "_low", "_high"))
    _refuse(seed, where, (low > kg) | (kg > high), "its range leaves out its central value")
    return seed


def read_figures(path: Path | None = None) -> pd.DataFrame:
    """The published figures, with the columns of FIGURES; the shipped ones without `path`.

    Raises TableError, naming row and concept, where a value is not published value times factor,
    a source is unknown, a figure stands twice, or a concept stands on two shelves.
    """
    path = shipped_data("pcf_figures.csv") if path is None else Path(path)
    where = f"{FIGURES.name} ({path})"
    return check_figures(check_table(read_columns(path, FIGURES.name), FIGURES, where), where)


def check_figures(figures: pd.DataFrame, where: str = "pcf_figures") -> pd.DataFrame:
    """`figures` unchanged, once the rules that cross columns and rows hold; else TableError."""
    known = figures["source"].isin(list(SOURCES))
    _refuse(figures, where, ~known, f"its source is none of {', '.join(SOURCES)}")
    twice = figures.duplicated(["source", "source_key"])
    _refuse(figures, where, twice, "its source and key stand in an earlier row as well")
    first = figures.groupby("concept")[list(PATH)].transform("first")
    moved = (figures[list(PATH)] != first).any(axis=1)
    _refuse(figures, where, moved, "an earlier row puts this concept on another shelf")
    unsaid = (figures["factor"] != 1) & figures["adjustment"].isna()
    _refuse(figures, where, unsaid, "its factor is not 1, but no adjustment says why")
    apart = figures["kg_co2e_per_kg"] != _as_sold(figures)
    _refuse(figures, where, apart, "kg_co2e_per_kg is not published value times factor")
    return figures


def refresh_figures(figures: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """`figures` with every published column read again from the publishers' files in `folder`.

    Concept, shelf, key, factor and adjustment are kept; kg per kg as sold is published value times
    factor, plus the way from the distribution centre to the shelf where a source stops before it.
    Raises TableError for a key that its source lacks and for a row that is broken there.
    """
    read = pd.concat([SOURCES[source](folder) for source in sorted(set(figures["source"]))])
    keys = ["source", "source_key"]
    found = figures[keys].merge(read, on=keys, how="left", validate="one_to_one")
    found.index = figures.index
    where = "pcf_figures"
    _refuse(figures, where, found["problem"].isna(), "its source has no such key")
    for problem in sorted(set(found["problem"]) - {""}):
        _refuse(figures, where, found["problem"] == problem, f"refused at its source: {problem}")
    fresh = figures.assign(
        published_kg_co2e_per_kg=_rounded(found["kg_co2e_per_kg"]),
        published_luc_kg_co2e_per_kg=_rounded(found["luc_kg_co2e_per_kg"]),
        boundary=found["boundary"],
        year=found["year"].astype("Int64"),
        geography=found["geography"],
        adjustment=_adjustments(figures),
    )
    luc = fresh["published_luc_kg_co2e_per_kg"] * fresh["factor"]
    fresh = fresh.assign(kg_co2e_per_kg=_as_sold(fresh), luc_kg_co2e_per_kg=_rounded(luc))
    return fresh[list(FIGURES.columns)]


def derive_seed(figures: pd.DataFrame) -> pd.DataFrame:
    """One concept a row, from its figures: the geometric mean over sources of each source's own.

    The range is the lowest and highest figure. The part from land-use change is its mean share in
    the figures that state one, times the central value. `group` joins concepts of one category
    that share a published value of one source (proxies), directly or through others.

    >>> figures = read_figures()
    >>> seed = derive_seed(figures)
    >>> len(seed) == figures["concept"].nunique()
    True
    """
    figures = figures.assign(
        log_kg=np.log(figures["kg_co2e_per_kg"]),
        share=figures["luc_kg_co2e_per_kg"] / figures["kg_co2e_per_kg"],
        citation=figures["source"] + ":" + figures["source_key"],
        shelf=figures["boundary"].isin([SHELF, DISTRIBUTION_CENTRE]),
    ).sort_values(["department", "category", "type", "concept", "source", "source_key"])
    by_source = figures.groupby(["concept", "source"], sort=False)[["log_kg", "share"]].mean()
    means = by_source.groupby(level="concept", sort=False).mean()
    concepts = figures.groupby("concept", sort=False)
    kg = np.exp(means["log_kg"])
    seed = pd.DataFrame(
        {
            **{column: concepts[column].first() for column in PATH},
            "kg_co2e_per_kg": _rounded(kg),
            "kg_co2e_per_kg_low": concepts["kg_co2e_per_kg"].min(),
            "kg_co2e_per_kg_high": concepts["kg_co2e_per_kg"].max(),
            "luc_kg_co2e_per_kg": _rounded(means["share"] * kg),
            "figures": concepts.size(),
            "sources": concepts["source"].nunique(),
            "citations": concepts["citation"].agg("; ".join),
            # one figure of unknown extent makes the mean one of unknown extent
            "boundary": np.where(concepts["shelf"].all(), SHELF, MIXED),
            "group": _groups(figures),
        }
    )
    return seed.reset_index(names="concept")[list(SEED.columns)]


def as_csv(frame: pd.DataFrame, table: Table) -> str:
    """`frame` as the text of its file: the table's columns, plain decimals, one line feed a row.

    >>> as_csv(pd.DataFrame({"concept": ["tea"], "kg_co2e_per_kg": [0.00012]}), SEED)
    'concept,kg_co2e_per_kg\\ntea,0.00012\\n'
    """
    columns = [name for name in table.columns if name in frame]
    shown = {
        name: frame[name].map(_plain, na_action="ignore")
        if table.columns[name].kind == "number"
        else frame[name]
        for name in columns
    }
    return pd.DataFrame(shown).to_csv(index=False, lineterminator="\n")


def _as_sold(figures: pd.DataFrame) -> pd.Series:
    to_shelf = figures["source"].map(TO_SHELF_KG_CO2E_PER_KG).fillna(0.0).astype("float64")
    return _rounded(figures["published_kg_co2e_per_kg"] * figures["factor"] + to_shelf)


def _adjustments(figures: pd.DataFrame) -> pd.Series:
    """What was done to each figure in words, the way to the shelf said once."""
    said = figures["adjustment"].fillna("").astype("str")
    for source, kg in TO_SHELF_KG_CO2E_PER_KG.items():
        words = TO_SHELF_WORDS.format(kg)
        unsaid = (figures["source"] == source) & ~said.str.endswith(words)
        said = said.mask(unsaid, (said + "; " + words).str.removeprefix("; "))
    return said.mask(said == "")


def _groups(figures: pd.DataFrame) -> pd.Series:
    """Group number per concept, counted in the order of `figures`."""
    concept, concepts = pd.factorize(figures["concept"])
    value = figures["published_kg_co2e_per_kg"].map(lambda x: f"{x:.{GROUP_DIGITS - 1}e}")
    shared, _ = pd.factorize(
        figures["department"] + "|" + figures["category"] + "|" + figures["source"] + "|" + value
    )
    # concepts and shared values are the two sides of one graph; its parts are the groups
    size = len(concepts) + int(shared.max()) + 1
    links = coo_matrix((np.ones(len(figures)), (concept, len(concepts) + shared)), (size, size))
    _, part = connected_components(links, directed=False)
    number, _ = pd.factorize(part[: len(concepts)])
    return pd.Series(number, index=concepts, dtype="Int64")


def _rounded(values: pd.Series) -> pd.Series:
    """Values to four significant digits, so that a file reads back as the same numbers."""
    return values.map(lambda x: float(f"{x:.{DIGITS - 1}e}"), na_action="ignore").astype("float64")


def _plain(value: float) -> str:
    return np.format_float_positional(value, trim="-")


def _refuse(frame: pd.DataFrame, where: str, bad: pd.Series, problem: str) -> None:
    if not bad.any():
        return
    row = int(np.flatnonzero(bad.to_numpy())[0])
    names = [f"{c} {frame[c].iloc[row]}" for c in ("concept", "source", "source_key") if c in frame]
    raise TableError(
        f"{where}, row {row + 1} ({', '.join(names)}): {problem} ({int(bad.sum())} such rows)"
    )
