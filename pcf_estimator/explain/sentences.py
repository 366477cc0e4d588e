"""What an explanation says: sentences for people, under their headings."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pcf_estimator.explain.words import (
    BETTER_WORDS,
    BOUNDARY_WORDS,
    CAUSE_WORDS,
    CHANCE,
    MASS_WORDS,
    MEMBER_WORDS,
    TIER_WORDS,
    between,
    listed,
    percent,
    significant,
    weight,
)
from pcf_estimator.quality import DIMENSIONS, MEANINGS

if TYPE_CHECKING:
    from pcf_estimator.explain.explanation import Explanation, Width


def sections(found: Explanation) -> dict[str, tuple[str, ...]]:
    """Sentences under their headings, in the order of reading; headings without any left out."""
    said = {
        "Footprint": _figure(found),
        "How it was found": _how(found),
        "Why the range is this wide": _why_wide(found),
        "Data quality": _quality(found),
        "What would make it better": tuple(BETTER_WORDS[cause] for cause in found.better),
    }
    return {heading: sentences for heading, sentences in said.items() if sentences}


def _figure(found: Explanation) -> tuple[str, ...]:
    if found.kg_co2e is None:
        return _nothing(found)
    middle = weight(found.kg_co2e)
    if found.tier == "verified":
        return (
            f"{middle} CO2e per pack ({_ends(found)}, with {CHANCE}), verified by the supplier: "
            f"{found.source}.",
            BOUNDARY_WORDS[found.boundary],
        )
    each = "unit" if found.unit_kind else "pack"
    said = [
        f"About {middle} CO2e per {each} ({_ends(found)}, with {CHANCE}), {tier_words(found)}.",
        BOUNDARY_WORDS.get(found.boundary, ""),
    ]
    if found.use_phase_dominant:
        said.append(
            "Using it at home emits more than making it, so the lighter figure here need not be "
            "the lighter choice."
        )
    if found.kg_co2e_per_kg is not None and not found.unit_kind:
        ends = f"{significant(found.kg_co2e_per_kg_low or 0.0)} to "
        ends += significant(found.kg_co2e_per_kg_high or 0.0)
        per_kg = significant(found.kg_co2e_per_kg)
        said.insert(1, f"Per kg as sold that is about {per_kg} kg CO2e ({ends}).")
    if found.luc_share is not None and found.luc_records:
        said.append(_land_use(found.luc_share, found.luc_records, len(found.records)))
    return tuple(filter(None, said))


def tier_words(found: Explanation) -> str:
    """How the figure was found, in words that stand after it."""
    if found.unit_kind and found.tier == "model":
        return "estimated from what makers declare for similar devices"
    if found.unit_kind:
        return "estimated as the mean of its kind"
    return TIER_WORDS[found.tier]


def _nothing(found: Explanation) -> tuple[str, ...]:
    """Why there is no figure, told apart by what is known."""
    if found.source.startswith("no record"):
        return (
            f"Nothing is known of “{found.title}”: no published record, kind of good, shelf or "
            f"industry matches its words, so no figure is given.",
        )
    if found.kg_co2e_per_usd is None or found.price is not None:
        return (f"There is no figure for “{found.title}”: {found.source}.",)
    return (
        f"There is no figure for “{found.title}”: goods like it are not among the published "
        f"records, and without a price none can be given by money.",
        f"For its industry ({_industry(found)}) an average dollar paid in the shop stands for "
        f"about {weight(found.kg_co2e_per_usd)} CO2e (EPA, 2022 dollars).",
    )


def _how(found: Explanation) -> tuple[str, ...]:
    if found.tier == "spend":
        return (
            f"Nothing nearer is known than its industry ({_industry(found)}): an average dollar "
            f"paid in the shop stands for {weight(found.kg_co2e_per_usd or 0.0)} CO2e, and it "
            f"costs {found.price or 0.0:.2f}, read as dollars.",
            "This says nothing about this product against another of its shelf, except that it "
            "costs more or less; the two are never ranked by it.",
            f"Source: {found.source}.",
        )
    if found.unit_kind:
        return _by_unit(found)
    if not found.records:
        return ()
    said = [_tier(found)]
    said += [
        f"{number}. {record.concept}: {significant(record.kg_co2e_per_kg)} kg CO2e per kg"
        f"{_published(record.kg_co2e_per_kg_low, record.kg_co2e_per_kg_high)}, likeness "
        f"{record.similarity:.2f}; {record.source}."
        for number, record in enumerate(found.records, start=1)
    ]
    said.append(_votes(found))
    if found.net_mass_kg is not None:
        basis = MASS_WORDS[found.mass_basis].format(package=found.package)
        said.append(f"The pack weighs {_about(found)}{weight(found.net_mass_kg)}, {basis}.")
    return tuple(said)


def _by_unit(found: Explanation) -> tuple[str, ...]:
    said = [f"It is read as a {found.unit_kind}, and such goods have figures per unit, not per kg."]
    count = len(found.declarations)
    if count and found.tier == "model":
        said[0] += f" These {count} declarations are nearest to it:"
    elif count:
        said[0] += (
            f" Nothing more is known of it, so it gets the mean; {count} of the declarations:"
        )
    said += [
        f"{number}. {declared.name}"
        + ("" if declared.kg_co2e is None else f": {weight(declared.kg_co2e)} CO2e")
        + ", as its maker declares."
        for number, declared in enumerate(found.declarations, start=1)
    ]
    return (*said, f"Source: {found.source}.")


def _industry(found: Explanation) -> str:
    return f"{found.industry}, by key words" if found.industry_by_words else found.industry


def _tier(found: Explanation) -> str:
    nearest = f"These {len(found.records)} published records are nearest to it:"
    if found.tier == "category":
        return f"No record is like it, so its figure per kg is the {found.source}. {nearest}"
    if found.tier == "neighbours":
        return f"Its kind is not among the records, only goods with similar names. {nearest}"
    kind = f"Its words say that it is {found.kind}" if found.kind else "A record shares its words"
    need = f" (use: {found.need})" if found.need not in ("", found.kind) else ""
    return f"{kind}{need}, and there are published figures for such goods. {nearest}"


def _votes(found: Explanation) -> str:
    votes = [
        f"{MEMBER_WORDS.get(vote.member, vote.member)} {significant(vote.kg_co2e_per_kg)} "
        f"({_say(vote.weight)})"
        for vote in found.votes
    ]
    said = f"Asked one by one, the methods say, in kg CO2e per kg: {listed(votes)}."
    if not any(vote.weight for vote in found.votes):
        return f"{said} None of them decides here."
    if sum(vote.weight > 0 for vote in found.votes) == 1:
        return f"{said} Only the one with a weight decides here."
    return f"{said} The figure is their weighted mean, in logarithms."


def _say(weight: float) -> str:
    return f"weight {weight:.2f}" if weight else "no weight"


def _why_wide(found: Explanation) -> tuple[str, ...]:
    if found.kg_co2e is None or found.tier == "verified":
        return ()
    high, low = found.kg_co2e_high or 0.0, found.kg_co2e_low or 0.0
    factor = f"Its ends lie a factor of {math.sqrt(high / low):.1f} from the figure."
    if found.tier == "spend":
        return (
            f"{factor} That is how far figures by money lie from figures by product, over foods "
            "that have both.",
        )
    if found.unit_kind:
        return (f"{factor} That is {CAUSE_WORDS['makers']}.",)
    shares = [(percent(w.share), CAUSE_WORDS[w.cause]) for w in found.widths if w.share > 0]
    parts = [
        f"{share} {'from' if n else 'comes from'} {why}" for n, (share, why) in enumerate(shares)
    ]
    without = [_without(found, width) for width in found.widths if width.cause == "mass"]
    return (
        f"{factor} Of its width, {listed(parts)} (as shares of its square: errors that have "
        "nothing to do with each other partly cancel).",
        *filter(None, without),
    )


def _without(found: Explanation, mass: Width) -> str:
    """What the range would be if the mass of the pack were certain."""
    if mass.share < 0.02 or found.kg_co2e is None:
        return ""
    whole = mass.half_log10 / math.sqrt(mass.share)
    half = math.sqrt(max(whole**2 - mass.half_log10**2, 0.0))
    ends = between(found.kg_co2e * 10**-half, found.kg_co2e * 10**half, found.kg_co2e)
    return f"With the weight of the pack known it would be {ends}."


def _quality(found: Explanation) -> tuple[str, ...]:
    if not found.quality:
        return ()
    return (
        f"{found.data_quality:.1f} on a scale from 1 (best) to 5, the mean of five.",
        *(
            f"{name.capitalize()} {found.quality[name]}: {quality_words(found, name)}."
            for name in DIMENSIONS
        ),
    )


def quality_words(found: Explanation, name: str) -> str:
    """What a product's score in one dimension says."""
    said = MEANINGS[name][found.quality[name] - 1]
    return said.replace("the year in question", str(found.quality_year))


def _land_use(share: float, stating: int, of: int) -> str:
    by = f"by the {stating} of its {of} nearest records that state it"
    if stating == of:
        by = f"by its {of} nearest records"
    if abs(share) < 0.005:
        return f"Hardly any of it is from land-use change, {by}."
    if share < 0:
        return f"Carbon that the land stores takes about {percent(-share)} off it, {by}."
    return f"About {percent(share)} of it is from land-use change, {by}."


def _ends(found: Explanation) -> str:
    ends = between(found.kg_co2e_low or 0.0, found.kg_co2e_high or 0.0, found.kg_co2e or 0.0)
    return ends.rsplit(" ", 1)[0]


def _published(low: float, high: float) -> str:
    ends = significant(low), significant(high)
    return "" if ends[0] == ends[1] else f" ({ends[0]} to {ends[1]} as published)"


def _about(found: Explanation) -> str:
    return "" if found.mass_basis in ("catalogue", "package") else "about "
