"""What an explanation holds: a product's footprint, and everything that it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pcf_estimator.explain.sentences import sections, tier_words


@dataclass(frozen=True, kw_only=True)
class Record:
    """A published record near the product, per kg as sold."""

    concept: str
    kg_co2e_per_kg: float
    kg_co2e_per_kg_low: float  # the lowest published figure
    kg_co2e_per_kg_high: float
    luc_share: float | None  # from land-use change; None where its sources do not state it
    similarity: float  # 0 to 1
    source: str  # in words
    citations: str  # as the seed has them
    boundary: str


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """What a maker declares for one unit of a device like the product."""

    name: str
    kg_co2e: float | None


@dataclass(frozen=True, kw_only=True)
class Vote:
    """What one member of the blend says by itself, and how much it counts."""

    member: str
    kg_co2e_per_kg: float
    weight: float


@dataclass(frozen=True, kw_only=True)
class Width:
    """A part of the range: half widths in log10 add up in quadrature, so shares sum to 1."""

    cause: str  # model, sources or mass; makers for a figure per unit
    half_log10: float
    share: float  # of the squared half width


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """A product's footprint and what it rests on; None where there is nothing to say."""

    product_id: str
    title: str
    tier: str
    kg_co2e: float | None  # per pack; low and high are its 80 % range
    kg_co2e_low: float | None
    kg_co2e_high: float | None
    kg_co2e_per_kg: float | None  # its range leaves out what the mass adds
    kg_co2e_per_kg_low: float | None
    kg_co2e_per_kg_high: float | None
    net_mass_kg: float | None
    mass_basis: str
    package: str  # the text the mass was read from, if it was
    price: float | None
    kind: str  # what the needs table takes it for
    need: str
    boundary: str
    source: str
    industry: str  # the spend factor's retail category
    industry_by_words: bool  # matched by key words of industries, not by our own table
    kg_co2e_per_usd: float | None
    records: tuple[Record, ...]  # the nearest, best first
    votes: tuple[Vote, ...]
    widths: tuple[Width, ...]  # widest first
    unit_kind: str  # of a device or durable, whose figure is per unit; "" for all other goods
    declarations: tuple[Declaration, ...]  # of devices, the nearest first
    use_phase_dominant: bool  # using it emits more than making it
    luc_share: float | None  # of the figure, by the records near it
    luc_records: int  # how many of `records` state it
    quality: Mapping[str, int]
    quality_year: int  # what the figures should be about
    data_quality: float | None
    better: tuple[str, ...]  # what would narrow or improve the figure
    model_version: str
    seed_version: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values by name, for JSON, with the tier and the sentences in words."""
        return {**asdict(self), "tier_words": tier_words(self), "sentences": self.sentences()}

    def sections(self) -> dict[str, tuple[str, ...]]:
        """Sentences a person would say, under their headings."""
        return sections(self)

    def sentences(self) -> tuple[str, ...]:
        """The same without headings."""
        return tuple(said for part in self.sections().values() for said in part)
