"""Explanations: one product's footprint with everything that it rests on, and why it is so wide.

The numbers are those of `estimate_footprints`; what is added is where they come from: the records
nearest to the product, what each member of the blend said, and which part of the range is due to
the method, to databases that differ, and to the mass of the pack.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from pcf_estimator.devices.seed import read_device_seed
from pcf_estimator.devices.unit_figures import unit_figures
from pcf_estimator.estimate import Market, estimate_footprints, non_food
from pcf_estimator.explain.explanation import Declaration, Explanation, Record, Vote, Width
from pcf_estimator.explain.words import citation_words
from pcf_estimator.features import describe, likeness
from pcf_estimator.members import MEMBERS
from pcf_estimator.model import COVERAGE, Figures, PcfModel
from pcf_estimator.needs import assign_needs
from pcf_estimator.pooling import most_alike
from pcf_estimator.quality import DIMENSIONS, MASS_FACTS, cited_figures
from pcf_estimator.seed.table import read_figures
from pcf_estimator.spend.factors import TEXT_MATCH, spend_intensity
from pcf_estimator.text import tokens

Floats = np.ndarray

RECORDS = 5  # nearest records that are shown
BY_SEED = ("model", "neighbours", "category")  # tiers whose figure is kg per kg times mass
HARDLY = 0.02  # a part of the squared range under this is not worth removing
FAR_FROM_RECORDS = 0.6  # cosine under which more words would help


def explain(
    product: pd.DataFrame,
    model: PcfModel,
    *,
    shop: pd.DataFrame | None = None,
    market: Market | None = None,
) -> Explanation:
    """The footprint of `product`, a table of one row checked against `tables.PRODUCTS`.

    With `shop`, the catalogue that holds the product, its mass may be found from what its shelf
    costs per kg, and the figures are those that the whole catalogue gets. `market` is the shop's
    place and time, as for `estimate_footprints`.

    >>> from pcf_estimator.seed.table import read_seed
    >>> beef = pd.DataFrame({"product_id": ["a"], "title": ["Ground beef 2 lb"]})
    >>> found = explain(beef, PcfModel(trees=30).fit(read_seed()))
    >>> found.records[0].concept, found.mass_basis, len(found.votes) == len(MEMBERS)
    ('ground beef 10 percent fat', 'package', True)
    """
    rows, at = _with_its_shelf(product, shop)
    market = market or Market()
    footprint = estimate_footprints(rows, model, market).iloc[at]
    product = rows.iloc[[at]].reset_index(drop=True)
    spend = spend_intensity(
        product, price_year=market.price_year, usd_per_currency=market.usd_per_currency
    )
    kinds = assign_needs(product, model.needs_)
    found = model.figures(product, non_food(spend, kinds, model))
    tier = str(footprint["tier"])
    unit = _unit(product, footprint)
    by_seed = tier in BY_SEED and not unit["kind"]
    described = describe(product, model.needs_) if by_seed else pd.DataFrame()
    records = _nearest(described, model, RECORDS) if by_seed else ()
    votes = _votes(described, model, found) if by_seed else ()
    widths = _widths(footprint, model, found) if by_seed else ()
    if unit["kind"]:
        widths = (Width(cause="makers", half_log10=_half(footprint), share=1.0),)
    per_kg = float(np.sqrt(sum(w.half_log10**2 for w in widths if w.cause != "mass")))
    luc = _number(footprint["kg_co2e_luc"]) if tier in ("model", "neighbours") else None
    first = product.iloc[0]
    text = first.get("package_size")
    return Explanation(
        product_id=str(first["product_id"]),
        title=_title(first),
        tier=tier,
        **{name: _number(footprint[name]) for name in NUMBERS},
        kg_co2e_per_kg_low=_times(footprint["kg_co2e_per_kg"], -per_kg),
        kg_co2e_per_kg_high=_times(footprint["kg_co2e_per_kg"], per_kg),
        mass_basis=str(footprint["mass_basis"]),
        package=_title(first) if pd.isna(text) else str(text),
        price=_number(first.get("price")),
        kind=str(kinds["kind"].iloc[0]),
        need=str(kinds["need"].iloc[0]) if kinds["kind"].iloc[0] else "",
        boundary=str(footprint["boundary"]),
        source=str(footprint["source"]),
        industry=str(spend["retail_category"].iloc[0]),
        industry_by_words=bool(spend["basis"].eq(TEXT_MATCH).iloc[0]),
        kg_co2e_per_usd=_number(spend["kg_co2e_per_usd"].iloc[0]),
        records=records,
        votes=votes,
        widths=widths,
        unit_kind=unit["kind"],
        declarations=_declarations(unit["nearest"]),
        use_phase_dominant=bool(footprint["use_phase_dominant"]),
        luc_share=None if luc is None else luc / float(footprint["kg_co2e"]),
        luc_records=sum(record.luc_share is not None for record in records),
        quality={name: int(footprint[f"quality_{name}"]) for name in DIMENSIONS}
        if tier != "unknown"
        else {},
        quality_year=market.year,
        data_quality=_number(footprint["data_quality"]),
        better=("attributes", "verified")
        if unit["kind"]
        else _better(product, footprint, found, widths, spend),
        model_version=model.model_version_,
        seed_version=model.seed_version_,
    )


NUMBERS = ("kg_co2e", "kg_co2e_low", "kg_co2e_high", "kg_co2e_per_kg", "net_mass_kg")


def nearest_records(
    product: pd.DataFrame, model: PcfModel, count: int = RECORDS
) -> tuple[Record, ...]:
    """The `count` records of the seed whose texts are most alike to the product's, best first."""
    return _nearest(describe(product, model.needs_), model, count)


def _nearest(described: pd.DataFrame, model: PcfModel, count: int) -> tuple[Record, ...]:
    members = model.members_
    vectors = members.vocabulary_.vectors(described)
    alike = likeness(vectors, members.vectors_)
    near = most_alike(alike, count)[0]
    seed = model.seed_.iloc[near]
    cited = cited_figures(seed, _figures())
    words = citation_words(cited)
    share = seed["luc_kg_co2e_per_kg"] / seed["kg_co2e_per_kg"]
    return tuple(
        Record(
            concept=str(row["concept"]),
            kg_co2e_per_kg=float(row["kg_co2e_per_kg"]),
            kg_co2e_per_kg_low=float(row["kg_co2e_per_kg_low"]),
            kg_co2e_per_kg_high=float(row["kg_co2e_per_kg_high"]),
            luc_share=_number(share.iloc[number]),
            similarity=float(alike[0, near[number]]),
            source=str(words[number]),
            citations=str(row["citations"]),
            boundary=str(row["boundary"]),
        )
        for number, row in enumerate(seed.to_dict("records"))
    )


def _votes(described: pd.DataFrame, model: PcfModel, found: Figures) -> tuple[Vote, ...]:
    """Each member's figure. The blend's weights count where the blend is the figure; elsewhere the
    member that is the figure counts alone, and where none is (a mean of a shelf) none counts."""
    log_kg = model.members_.predict(described).members[0]
    weights = np.asarray(model.weights_, dtype=np.float64)
    if found.tier.iloc[0] != "model":
        weights = np.isclose(log_kg, found.log_kg[0], rtol=0, atol=1e-9).astype(np.float64)
    if found.tier.iloc[0] == "category":
        weights = np.zeros(len(log_kg))
    return tuple(
        Vote(member=member, kg_co2e_per_kg=float(10**log), weight=float(weight))
        for member, log, weight in zip(MEMBERS, log_kg, weights, strict=True)
    )


def _widths(footprint: pd.Series, model: PcfModel, found: Figures) -> tuple[Width, ...]:
    """What each cause adds to half the range, taken off one after the other in quadrature."""
    whole = _half(footprint)
    with_sources = float(model.half_widths(found, COVERAGE, between_sources=True)[0])
    alone = float(model.half_widths(found, COVERAGE, between_sources=False)[0])
    squares = {
        "model": alone**2,
        "sources": max(with_sources**2 - alone**2, 0.0),
        "mass": max(whole**2 - with_sources**2, 0.0),
    }
    total = sum(squares.values())
    widths = [
        Width(cause=cause, half_log10=float(np.sqrt(square)), share=square / total)
        for cause, square in squares.items()
    ]
    return tuple(sorted(widths, key=lambda width: -width.share))


def _unit(product: pd.DataFrame, footprint: pd.Series) -> pd.Series:
    """What `unit_figures` says of the product if its figure is that one; else kind ""."""
    unit = unit_figures(product).iloc[0]
    kg = footprint["kg_co2e"]
    if unit["kind"] and not (kg == kg and np.isclose(kg, unit["kg_co2e"])):
        unit = unit.copy()
        unit[["kind", "nearest"]] = ""
    return unit


def _declarations(nearest: str) -> tuple[Declaration, ...]:
    """The declarations that `unit_figures` names, with what their makers say of a unit."""
    if not nearest:
        return ()
    seed = read_device_seed()
    names = seed["manufacturer"] + " " + seed["name"]
    declared = seed["kg_co2e"].groupby(names).median()
    return tuple(
        Declaration(name=name, kg_co2e=_number(declared.get(name))) for name in nearest.split("; ")
    )


def _half(footprint: pd.Series) -> float:
    return float(np.log10(footprint["kg_co2e_high"] / footprint["kg_co2e_low"])) / 2


def _better(
    product: pd.DataFrame,
    footprint: pd.Series,
    found: Figures,
    widths: tuple[Width, ...],
    spend: pd.DataFrame,
) -> tuple[str, ...]:
    """What whoever asks could add, most telling first; names of causes, see explain_words."""
    tier = footprint["tier"]
    said: list[str] = []
    given = {column for column in ("title", "product_type", "category") if _has(product, column)}
    if tier == "verified":
        return ()
    if tier == "unknown" and spend["naics_code"].iloc[0] != "":
        said.append("price")
    if tier == "unknown" and pd.isna(footprint["net_mass_kg"]) and found.tier.iloc[0] != "":
        said.append("mass")
    mass = next((width.share for width in widths if width.cause == "mass"), 0.0)
    if mass >= HARDLY and footprint["mass_basis"] not in MASS_FACTS:
        said.append("mass")
    far = tier in BY_SEED and footprint["similarity"] < FAR_FROM_RECORDS
    if far and "title" not in given:
        said.append("title")
    if far and not given & {"product_type", "category"}:
        said.append("shelf")
    if tier == "unknown" and not said:
        said.append("words")
    return (*said, "verified")


def _with_its_shelf(product: pd.DataFrame, shop: pd.DataFrame | None) -> tuple[pd.DataFrame, int]:
    """The product among the products of its category, and its row there: medians of a shelf, by
    which a mass may be found, are taken over one category."""
    if shop is None:
        return product.reset_index(drop=True), 0
    shelf = shop
    if "category" in shop:
        own = product["category"].iloc[0]
        shelf = shop[shop["category"].isna() if pd.isna(own) else shop["category"] == own]
    shelf = shelf.reset_index(drop=True)
    at = np.flatnonzero(shelf["product_id"] == product["product_id"].iloc[0])
    return shelf, int(at[0])


def _title(product: pd.Series) -> str:
    for column in ("title", "product_type", "category"):
        if not pd.isna(product.get(column)):
            return str(product[column])
    return str(product["product_id"])


def _has(product: pd.DataFrame, column: str) -> bool:
    return column in product and bool(tokens(product[column]).iloc[0])


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)


def _times(value: Any, log10: float) -> float | None:
    number = _number(value)
    return None if number is None else number * 10**log10


@cache
def _figures() -> pd.DataFrame:
    return read_figures()
