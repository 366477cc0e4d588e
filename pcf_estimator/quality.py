"""Data quality: how well the figures behind an estimate fit the product, 1 (best) to 5.

Five dimensions, after the pedigree matrix of Weidema and Wesnaes (1996, Journal of Cleaner
Production 4: 167-174), which the European PEF method and PACT's data quality ratings build on.
Every score follows from a fact about the records or the product and never from how sure a model
is; the overall score is their mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import pandas as pd

from pcf_estimator.devices.durables import read_durables
from pcf_estimator.devices.seed import read_device_seed
from pcf_estimator.seed.sources import SHELF
from pcf_estimator.seed.table import read_figures
from pcf_estimator.spend.factors import read_spend_factors

Floats = np.ndarray
Ints = np.ndarray

DIMENSIONS = ("technology", "time", "geography", "completeness", "reliability")
COLUMNS = tuple(f"quality_{dimension}" for dimension in DIMENSIONS)
OF_RECORDS = DIMENSIONS[1:]  # the dimensions that a record has before any product is near it
WORST = 5
REGION = "United States"  # where the shop is unless it says otherwise
SAME_GOOD = 0.8  # cosine from which the nearest record names the same good
MASS_FACTS = ("catalogue", "package")
YEARS = (3, 6, 10, 15)  # fewer years than the n-th apart: score n
AGREE_WITHIN = 2.0  # two sources nearer than this factor confirm each other
COMPANIES_OWN = ("carbon-catalogue",)  # declared by companies, verified by nobody we know
# What each score says, for people.
MEANINGS: Mapping[str, tuple[str, str, str, str, str]] = {
    "technology": (
        "this very product",
        "the same good from other producers",
        "goods of the same kind",
        "goods with similar names only",
        "a whole shelf or industry",
    ),
    "time": (
        "less than 3 years from the year in question",
        "less than 6 years from the year in question",
        "less than 10 years from the year in question",
        "less than 15 years from the year in question",
        "15 years or more from the year in question, or nobody says when",
    ),
    "geography": (
        "from the shop's own country",
        "from a wider area that includes the shop's country",
        "from another industrial country",
        "from a country that farms and makes goods in another way",
        "nobody says from where",
    ),
    "completeness": (
        "from farm or mine to the shelf, with land-use change stated",
        "from farm or mine to the shelf, land-use change not stated apart",
        "known to leave a stage out",
        "the companies' own choice of what to count",
        "nobody says what is counted",
    ),
    "reliability": (
        "verified",
        "two sources that agree within a factor of 2",
        "one published database, or an estimate from goods like it",
        "a rough estimate: by name or shelf, from a company's own figure, or with the weight of "
        "the pack inferred",
        "a rough estimate, and more is inferred than the figure, or a figure by money",
    ),
}
# A supplier's verified figure is this product's own; declarations hold for a few years.
VERIFIED = (1, 2, 1, 2, 1)
# Average industry dollar: its year and place are facts; imports count as if made at home, and
# land-use change is left out.
SPEND_TECHNOLOGY, SPEND_COMPLETENESS, SPEND_RELIABILITY = 5, 3, 5
# Devices are declared by their makers for the world, use at home left out.
UNIT_GEOGRAPHY, UNIT_COMPLETENESS, UNIT_RELIABILITY = 2, 2, 4


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split(", "))


SAME_PLACE = {"usa": "united states", "us": "united states", "uk": "united kingdom"}
EUROPE = _names(
    "austria, belgium, bulgaria, croatia, cyprus, czechia, denmark, estonia, finland, france, "
    "germany, greece, hungary, iceland, ireland, italy, latvia, lithuania, luxembourg, malta, "
    "netherlands, norway, poland, portugal, romania, slovakia, slovenia, spain, sweden, "
    "switzerland, united kingdom"
)
NORTH_AMERICA = _names("canada, united states")
INDUSTRIAL = EUROPE | NORTH_AMERICA | _names("australia, israel, japan, new zealand, south korea")
WIDER = {"europe": EUROPE, "north america": NORTH_AMERICA}
WHOLE_WORLD = _names("world, global")


def data_quality(
    tier: pd.Series,
    similarity: Floats,
    nearest: Ints,
    mass_basis: pd.Series,
    seed: pd.DataFrame,
    *,
    year: int,
    region: str = REGION,
    figures: pd.DataFrame | None = None,
    unit_kind: pd.Series | None = None,
) -> pd.DataFrame:
    """The columns of COLUMNS, whole numbers from 1 (best) to 5, and their mean `data_quality`.

    One row per product, with the index of `tier`; all empty where the tier is "unknown".
    `similarity` (rows,) is the likeness of the nearest record, `nearest` (rows, k) the row numbers
    of `seed` that a figure rests on: time, geography and completeness are the median over them (the
    whole seed's for tier "category"). `year` and `region` are what the figures should be about;
    `figures` holds year and geography of each citation, the shipped ones by default. `unit_kind`
    names the kind of products whose figure is per unit (`unit_figures`), "" for the others.

    >>> from pcf_estimator.seed.table import read_seed
    >>> tier, basis = pd.Series(["model", "unknown"]), pd.Series(["package", "none"])
    >>> near = np.zeros((2, 3), dtype=int)
    >>> scores = data_quality(tier, np.array([0.9, 0.0]), near, basis, read_seed(), year=2026)
    >>> scores.iloc[0].tolist()
    [2.0, 1.0, 3.0, 1.0, 3.0, 2.0]
    """
    records = record_quality(seed, year=year, region=region, figures=figures)
    near = _middle(records[nearest], axis=1)
    near[(tier == "category").to_numpy()] = _middle(records, axis=0)
    of_record = dict(zip(OF_RECORDS, near.T, strict=True))
    by_tier = {name: (tier == name).to_numpy() for name in ("verified", "neighbours", "category")}
    is_spend, is_known = (tier == "spend").to_numpy(), (tier != "unknown").to_numpy()
    same_good = np.asarray(similarity) >= SAME_GOOD  # NaN, no record, is not

    technology = np.where(same_good, 2, 3)
    technology = np.where(by_tier["neighbours"], 4, np.where(by_tier["category"], 5, technology))
    # a figure of the same good stands as its record does; every other one is an estimate
    estimate = np.where(by_tier["neighbours"] | by_tier["category"], 4, 3)
    reliability = np.where(
        same_good & (tier == "model").to_numpy(),
        of_record["reliability"],
        np.maximum(estimate, of_record["reliability"]),
    )
    guessed = ~mass_basis.isin(MASS_FACTS).to_numpy()
    scores = np.column_stack(
        [
            technology,
            of_record["time"],
            of_record["geography"],
            of_record["completeness"],
            np.minimum(reliability + guessed, WORST),
        ]
    )
    scores[by_tier["verified"]] = VERIFIED
    if is_spend.any():
        scores[is_spend] = spend_quality(year=year, region=region)
    if unit_kind is not None:
        is_unit = (unit_kind != "").to_numpy() & tier.isin(["model", "category"]).to_numpy()
        scores[is_unit] = unit_quality(tier[is_unit], unit_kind[is_unit], year=year)
    answer = pd.DataFrame(scores, columns=list(COLUMNS), index=tier.index).astype("Int64")
    answer = answer.mask(pd.Series(~is_known, index=tier.index))
    mean = pd.Series(scores.mean(axis=1).round(1), index=tier.index)
    return answer.assign(data_quality=mean.where(is_known))


def record_quality(
    seed: pd.DataFrame, *, year: int, region: str = REGION, figures: pd.DataFrame | None = None
) -> Ints:
    """Scores of each seed record in OF_RECORDS, (records, 4), from its figures and its own row.

    Year and place are the median over its figures; a citation that `figures` lacks counts as
    undated and from nowhere.
    """
    cited = cited_figures(seed, _shipped_figures() if figures is None else figures)
    each = pd.DataFrame(
        {
            "record": cited["record"].to_numpy(),
            "time": time_scores(cited["year"], year),
            "geography": place_scores(cited["geography"], region),
        }
    )
    median = np.ceil(each.groupby("record").median().reindex(range(len(seed))).fillna(WORST))
    stated = seed["luc_kg_co2e_per_kg"].notna().to_numpy()
    boundary = seed["boundary"].to_numpy(dtype=object)
    completeness = np.where(boundary == SHELF, np.where(stated, 1, 2), 4)
    apart = (seed["kg_co2e_per_kg_high"] / seed["kg_co2e_per_kg_low"]).to_numpy(np.float64)
    confirmed = (seed["sources"] >= 2).to_numpy(bool) & (apart <= AGREE_WITHIN)
    own = cited["source"].isin(COMPANIES_OWN)
    companies = own.groupby(cited["record"]).all().reindex(range(len(seed))).fillna(value=False)
    reliability = np.where(confirmed, 2, np.where(companies.to_numpy(bool), 4, 3))
    return np.column_stack([median["time"], median["geography"], completeness, reliability]).astype(
        np.int64
    )


@cache
def _shipped_figures() -> pd.DataFrame:
    return read_figures()


def spend_quality(*, year: int, region: str = REGION) -> tuple[int, int, int, int, int]:
    """Scores of a figure by money, in the order of DIMENSIONS."""
    factor_year = pd.Series([_factor_year()])
    at_home = int(place_scores(pd.Series(["United States"]), region)[0])
    return (
        SPEND_TECHNOLOGY,
        int(time_scores(factor_year, year)[0]),
        max(at_home, 2),
        SPEND_COMPLETENESS,
        SPEND_RELIABILITY,
    )


def unit_quality(tier: pd.Series, kind: pd.Series, *, year: int) -> Ints:
    """Scores of figures per unit, (rows, 5), in the order of DIMENSIONS, by tier and kind."""
    constant = (UNIT_GEOGRAPHY, UNIT_COMPLETENESS, UNIT_RELIABILITY)
    scores = np.empty((len(tier), len(DIMENSIONS)), dtype=np.int64)
    scores[:, 0] = np.where(tier == "model", 3, 5)
    scores[:, 1] = time_scores(kind.map(_unit_years()), year)
    scores[:, 2:] = constant
    return scores


def cited_figures(seed: pd.DataFrame, figures: pd.DataFrame) -> pd.DataFrame:
    """One row per record and citation: record (row of `seed`), citation, source, key, year,
    geography; the last two are empty where `figures` does not know the citation."""
    citation = seed["citations"].reset_index(drop=True).str.split("; ").explode()
    known = figures.assign(citation=figures["source"] + ":" + figures["source_key"])
    known = known.drop_duplicates("citation").set_index("citation")[["year", "geography"]]
    parts = citation.str.split(":", n=1)
    return pd.DataFrame(
        {
            "record": citation.index.to_numpy(),
            "citation": citation.to_numpy(),
            "source": parts.str[0].to_numpy(),
            "key": parts.str[1].fillna("").to_numpy(),
            "year": known["year"].reindex(citation).to_numpy(np.float64, na_value=np.nan),
            "geography": known["geography"].reindex(citation).fillna("").to_numpy(),
        }
    )


def time_scores(years: pd.Series, year: int) -> Ints:
    """1 to 5 by the years between each of `years` and `year`; 5 where there is none.

    >>> time_scores(pd.Series([2025, 2021, 2016, 2014, 1990, None]), 2024).tolist()
    [1, 2, 3, 4, 5, 5]
    """
    apart = (years.astype("float64") - year).abs().fillna(np.inf).to_numpy()
    return np.searchsorted(YEARS, apart, side="right") + 1


def place_scores(places: pd.Series, region: str) -> Ints:
    """1 to 5 by how each place lies to `region`; 5 where there is none.

    >>> place_scores(pd.Series(["USA", "world", "France", "India", ""]), "United States").tolist()
    [1, 2, 3, 4, 5]
    """
    home = _place(region)
    score = {}
    places = places.fillna("")
    for place in places.unique():  # a dozen names
        name = _place(place)
        wider = name in WHOLE_WORLD or home in WIDER.get(name, ())
        alike = name in INDUSTRIAL | set(WIDER) and home in INDUSTRIAL | set(WIDER)
        rules = ((name == "", 5), (name == home, 1), (wider, 2), (alike, 3))
        score[place] = next((found for holds, found in rules if holds), 4)
    return places.map(score).to_numpy(dtype=np.int64)


def newest_year(figures: pd.DataFrame | None = None) -> int:
    """The year of the newest published figure: what a footprint is about if nobody says."""
    return int((_shipped_figures() if figures is None else figures)["year"].max())


@cache
def _unit_years() -> Mapping[str, float]:
    """The middle year of each kind's declarations."""
    years = [table[["kind", "year"]] for table in (read_device_seed(), read_durables())]
    middle = pd.concat(years).astype({"year": "float64"}).groupby("kind")["year"].median()
    return {str(kind): float(year) for kind, year in middle.items()}


@cache
def _factor_year() -> int:
    return int(read_spend_factors()["usd_year"].max())


def _place(name: str) -> str:
    low = name.strip().lower()
    return SAME_PLACE.get(low, low)


def _middle(scores: Ints, axis: int) -> Ints:
    """The median; between two scores, the worse."""
    return np.ceil(np.median(scores, axis=axis)).astype(np.int64)
