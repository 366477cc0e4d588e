"""Across sources: how the estimator does on a database that it was not fitted to.

Folds of one compiled seed share their compilers' habits; another database has its own boundary,
year, farms and names. Each check holds a whole source out and asks for its figures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from pcf_estimator.features import seed_products
from pcf_estimator.model import PcfModel
from pcf_estimator.needs import assign_needs, read_needs
from pcf_estimator.scores import pairwise_accuracy
from pcf_estimator.seed.sources import LEAST_KG_CO2E_PER_KG, SOURCES
from pcf_estimator.seed.table import derive_seed, read_figures
from pcf_estimator.tables import TableError, read_columns
from pcf_estimator.text import tokens

Bools = np.ndarray
Floats = np.ndarray

CLARK, CLARK_FILE = "clark", "clark-2022-owid.csv"  # checks only: its licence was not verified
# Held-out sources, with the share within a factor 2 that is asked of the estimator on each.
ASKED_WITHIN_FACTOR_2: Mapping[str, float] = {CLARK: 0.60, "su-eatable": 0.45}
COVERAGES = (0.8, 0.95)
PRODUCT = ["title", "department", "category", "product_type"]
UNSAID = "other"  # the need of a product without a shelf that no row of the needs table knows


def seed_without(source: str, figures: pd.DataFrame | None = None) -> pd.DataFrame:
    """The seed as it would be had `source` published nothing; the shipped figures by default.

    A source that the figures do not hold leaves the seed whole.

    >>> without = seed_without("su-eatable")
    >>> bool(without["citations"].str.contains("su-eatable").any())
    False
    """
    figures = read_figures() if figures is None else figures
    kept = figures[figures["source"] != source]
    if kept.empty:
        raise TableError(f"pcf_figures: all {len(figures)} figures are of {source}; none is left")
    return derive_seed(kept.reset_index(drop=True))


def held_out_source(source: str, folder: Path | None = None) -> pd.DataFrame:
    """What one source says, as products that the seed without it is asked about.

    Columns: title, department, category, product_type (as far as the source has a shelf), need,
    kg_co2e_per_kg, and known_concept: whether `seed_without(source)` has the same good from
    somebody else. A source of the seed has one row per concept, the geometric mean of its figures;
    "clark" has its own names, without shelves, and needs `folder`, which holds `footprints/`.

    Raises TableError for a source that is neither, and for a broken file.

    >>> asked = held_out_source("su-eatable").set_index("title")
    >>> asked.loc["white sandwich bread", "need"], bool(asked["known_concept"].all())
    ('bread', False)
    """
    if source == CLARK:
        return _with_needs(_clark(folder), _known_by_name)
    figures = read_figures()
    if source not in set(figures["source"]):
        raise TableError(
            f"{source!r} is no source to hold out; {CLARK} and {', '.join(sorted(SOURCES))} are"
        )
    own = derive_seed(figures[figures["source"] == source].reset_index(drop=True))
    elsewhere = set(figures.loc[figures["source"] != source, "concept"])
    products = seed_products(own).assign(kg_co2e_per_kg=own["kg_co2e_per_kg"])
    return _with_needs(products, lambda titles: titles.isin(elsewhere).to_numpy())


def assess_across(
    model_factory: Callable[[], PcfModel], folder: Path | None
) -> dict[str, dict[str, object]]:
    """Scores by held-out source, of a model fitted to the seed without it, as plain dicts.

    For all rows, and apart for known and for new concepts: `within_factor_2` and `median_ape`
    beside those of the constant median; `pairwise_in_need`; `coverage_80` and `coverage_95` of the
    ranges as products show them (widened by what databases differ on); `tiers`, the share of rows
    by tier. Where the seed is silent the median stands in. Without `folder`, Clark is left out.
    """
    sources = [name for name in ASKED_WITHIN_FACTOR_2 if name != CLARK or folder is not None]
    return {
        source: {
            "asked_within_factor_2": ASKED_WITHIN_FACTOR_2[source],
            **_scores_across(model_factory, source, folder),
        }
        for source in sources
    }


def _scores_across(
    model_factory: Callable[[], PcfModel], source: str, folder: Path | None
) -> dict[str, object]:
    seed, asked = seed_without(source), held_out_source(source, folder)
    model = model_factory().fit(seed)
    found = model.figures(asked[PRODUCT])
    median = float(np.median(np.log10(seed["kg_co2e_per_kg"].to_numpy(dtype=np.float64))))
    rows = pd.DataFrame(
        {
            "figure": np.log10(asked["kg_co2e_per_kg"]),
            "estimate": np.where(np.isnan(found.log_kg), median, found.log_kg),
            "need": asked["need"],
            "tier": found.tier.where(found.tier != "", "unknown").to_numpy(),
            **{
                f"half_{coverage:.0%}": model.half_widths(found, coverage, between_sources=True)
                for coverage in COVERAGES
            },
        }
    )
    known = asked["known_concept"]
    return {
        **_scores(rows, median),
        "known_concepts": _scores(rows[known], median),
        "new_concepts": _scores(rows[~known], median),
    }


def _scores(rows: pd.DataFrame, median: float) -> dict[str, object]:
    if rows.empty:
        return {"rows": 0}
    figure, estimate = rows["figure"].to_numpy(), rows["estimate"].to_numpy()
    in_need = (rows["need"] != UNSAID).to_numpy()
    accuracy, pairs = pairwise_accuracy(
        figure[in_need],
        estimate[in_need],
        rows.loc[in_need, "need"].to_numpy(dtype=object),
        np.zeros(int(in_need.sum())),
    )
    off = np.abs(estimate - figure)
    coverage = {}
    for nominal in COVERAGES:
        half = rows[f"half_{nominal:.0%}"].to_numpy()
        ranged = ~np.isnan(half)
        held = float((off <= half)[ranged].mean()) if ranged.any() else None
        coverage[f"coverage_{nominal * 100:.0f}"] = held
    return {
        "rows": len(rows),
        **_errors(figure, estimate),
        "median": _errors(figure, np.full(len(rows), median)),
        "log10_bias": float((estimate - figure).mean()),
        "pairwise_in_need": accuracy if pairs else None,
        "pairs": pairs,
        **coverage,
        "tiers": {
            str(tier): float(share)
            for tier, share in rows["tier"].value_counts(normalize=True).items()
        },
    }


def _errors(figure: Floats, estimate: Floats) -> dict[str, float]:
    off = estimate - figure
    return {
        "within_factor_2": float((np.abs(off) <= np.log10(2)).mean()),
        "median_ape": float(np.median(np.abs(10**off - 1))),
    }


def _clark(folder: Path | None) -> pd.DataFrame:
    """UK retail foods of Clark et al. (2022, PNAS) by Our World in Data, names and kg per kg."""
    path = Path("." if folder is None else folder) / "footprints" / CLARK_FILE
    if folder is None or not path.is_file():
        raise TableError(f"{CLARK_FILE} was expected in {path.parent}, but there is no such file")
    table = read_columns(path, CLARK_FILE)
    missing = [column for column in ("Entity", "ghg_kg") if column not in table]
    if missing:
        raise TableError(f"{CLARK_FILE}: no column {missing[0]!r}")
    kg = pd.to_numeric(table["ghg_kg"], errors="coerce")
    bad = ~(kg >= LEAST_KG_CO2E_PER_KG)
    if bad.any():
        row = int(np.argmax(bad.to_numpy()))
        raise TableError(
            f"{CLARK_FILE}, row {row + 1} ({table['Entity'].iloc[row]}): ghg_kg is "
            f"{table['ghg_kg'].iloc[row]!r}, but at least {LEAST_KG_CO2E_PER_KG} kg CO2e per kg "
            f"was expected ({int(bad.sum())} such rows)"
        )
    shelf = dict.fromkeys(PRODUCT[1:], pd.Series("", index=table.index, dtype="str"))
    return pd.DataFrame({"title": table["Entity"].astype("str"), **shelf, "kg_co2e_per_kg": kg})


def _known_by_name(titles: pd.Series) -> Bools:
    """Whether the seed has a concept of the same words, in any order."""
    known = set(_words(derive_seed(read_figures())["concept"]))
    return _words(titles).isin(known).to_numpy()


def _words(names: pd.Series) -> pd.Series:
    return tokens(names).map(lambda name: " ".join(sorted(set(name.split()))))


def _with_needs(products: pd.DataFrame, known: Callable[[pd.Series], Bools]) -> pd.DataFrame:
    need = assign_needs(products[PRODUCT], read_needs())["need"].astype("str")
    return products[PRODUCT].assign(
        need=need,
        kg_co2e_per_kg=products["kg_co2e_per_kg"].astype("float64"),
        known_concept=known(products["title"]),
    )
