"""Why each product stands where it does: every term of its score, and one sentence.

A product moved if it stands elsewhere than by relevance alone, that is by p_buy over all that the
shopper could be shown. What moved it is read from two rows: its own, and that of the product which
would hold its place by relevance (for one that sank: of the product that took its place). The terms
of the score that differ in the mover's favour are the reasons, the largest first, until they
make up nine tenths of the gain.

Margin is treated with special care: it is named whenever without it the order of the two rows would
turn, and where it moved the product by way of others, the sentence says where it would stand
without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from recommender.candidates import Bools, Floats, Ints
from recommender.lighter import change_range, with_own_error
from recommender.rerank.explain_words import places, reason, short_name, why_candidate
from recommender.rerank.offers import TINY, Offers, is_limit

UNMOVED = "as relevance alone would place it"
SAME = 1e-9  # of a figure: closer than this, two are one
NAMED_SHARE = 0.9  # of what speaks for a product, so much is told


@dataclass(frozen=True, kw_only=True)
class KgChange:
    """kg CO2e of a purchase in the need against what the household usually buys there."""

    kg: float
    low: float  # of the 80 % range
    high: float
    own: bool  # against the household's own purchases, or against everybody's


@dataclass(frozen=True, kw_only=True)
class SlotExplained:
    """One place of one slate."""

    position: int
    product_id: str
    place_by_relevance: int | None  # None where it would not be on the relevance slate
    moved: int  # places up against its rank by relevance among all candidates; below 0 is down
    against: str | None  # the product_id that `reason` compares it with; None where none did
    parts: Mapping[str, float]  # they sum to `score`
    score: float
    kg_change: KgChange | None  # None where the product has no figure of its own
    reason: str


def explain_slots(offers: Offers, slate: Ints, currency: str = "$") -> list[SlotExplained]:
    """Each filled place of `slate` (rows of `offers`, best first, -1 where none) explained.

    `moved` counts from the rank by p_buy among all of `offers`, those left out by the policy
    included. Raises ValueError where the slate holds a row that the policy leaves out.
    """
    rows = slate[slate >= 0]
    barred = rows[~offers.allowed[rows]]
    if len(barred):
        raise ValueError(
            f"slate of {len(rows)} rows: product {offers.product_id[barred[0]]} is not allowed by "
            f"the policy, but every row was expected to be ({len(barred)} such rows)"
        )
    rank = _ranks(offers.p_buy, offers.product)
    score = offers.score
    standing = _standing(offers, score, len(slate))
    retailer = offers.terms.get("retailer")
    bare = standing if retailer is None else _standing(offers, score - retailer, len(slate))
    explained = []
    for place, row in enumerate(slate.tolist()):
        if row < 0:
            continue
        by_relevance, position = int(rank[row]), place + 1
        rival = _rival(offers, slate, rank, place)
        said, named = _sentence(offers, slate, place, by_relevance, rival, currency)
        explained.append(
            SlotExplained(
                position=position,
                product_id=str(offers.product_id[row]),
                place_by_relevance=by_relevance if by_relevance <= len(slate) else None,
                moved=by_relevance - position,
                against=None if rival is None else str(offers.product_id[rival]),
                parts={name: float(term[row]) for name, term in offers.terms.items()},
                score=float(score[row]),
                kg_change=kg_change(offers, row),
                reason=said + _by_margin(named, int(standing[row]), int(bare[row])),
            )
        )
    return explained


def kg_change(offers: Offers, row: int) -> KgChange | None:
    """What a purchase of this row weighs more than the usual one, with the range of both errors."""
    if not offers.own_figure[row]:
        return None
    # the doubt of a product that is never ranked is not known; it then has no figure of its own
    sd = np.nan_to_num(np.array([offers.usual_sd[row], offers.kg_sd[row]]), nan=0.0)
    if abs(offers.kg[row] - offers.usual_kg[row]) <= SAME * offers.kg[row]:  # it is what is bought
        return KgChange(kg=0.0, low=0.0, high=0.0, own=bool(offers.usual_own[row]))
    change, low, high = change_range(
        with_own_error(offers.usual_kg[row : row + 1], sd[:1]),
        with_own_error(offers.kg[row : row + 1], sd[1:]),
    )
    return KgChange(
        kg=float(change[0]), low=float(low[0]), high=float(high[0]), own=bool(offers.usual_own[row])
    )


def gains(offers: Offers, ahead: int, behind: int) -> dict[str, float]:
    """How much each party's terms of row `ahead` exceed those of row `behind`, largest first.

    Terms that speak of one thing are one party: all that concerns carbon, all that concerns
    relevance.
    """
    found: dict[str, float] = {}
    for name, term in offers.terms.items():
        party = _party(name)
        found[party] = found.get(party, 0.0) + float(term[ahead] - term[behind])
    return dict(sorted(found.items(), key=lambda gain: -gain[1]))


def named_parties(gained: Mapping[str, float]) -> list[str]:
    """The parties that a sentence names: the largest gains up to nine tenths, and decisive margin.

    >>> named_parties({"climate": 0.5, "retailer": 0.02, "relevance": -0.51})
    ['climate', 'retailer']
    >>> named_parties({"climate": 0.5, "retailer": 0.02, "relevance": -0.3})
    ['climate']
    """
    for_it = {party: gain for party, gain in gained.items() if gain > TINY}
    said: list[str] = []
    told, total = 0.0, sum(for_it.values())
    for party, gain in for_it.items():
        if told < NAMED_SHARE * total:
            said.append(party)
            told += gain
    margin = for_it.get("retailer", 0.0)
    if margin > 0 and "retailer" not in said and sum(gained.values()) - margin <= 0:
        said.append("retailer")
    return said


def _sentence(
    offers: Offers, slate: Ints, place: int, rank: int, rival: int | None, currency: str
) -> tuple[str, list[str]]:
    """Why the product of a place stands there, and the parties named."""
    row, moved = int(slate[place]), rank - place - 1
    why = why_candidate(offers, row)
    if rival is None:
        return f"{UNMOVED}: {why}" if why else UNMOVED, []
    other = short_name(offers.name[rival])
    if moved < 0:
        reasons, named = _reasons(offers, rival, row, row, slate, currency)
        return f"moved down {places(-moved)}, behind {other}: {', '.join(reasons)}", named
    reasons, named = _reasons(offers, row, rival, row, slate, currency)
    head = f"moved up {places(moved)}"
    if rank > len(slate):
        head = f"brought in from rank {rank} by relevance"
    reasons += [why] if why else []
    if not offers.allowed[rival]:
        return f"{head}: {', '.join(reasons)}", named
    return f"{head}, ahead of {other}: {', '.join(reasons)}", named


def _rival(offers: Offers, slate: Ints, rank: Ints, place: int) -> int | None:
    """The row that a place's product is compared with; None where it stands as by relevance.

    For one that rose, of the more relevant rows that stand lower or nowhere, that which would hold
    the place, else the most relevant; rows that the policy leaves out, or of a kind that is full,
    only where there is no other, since they did not compete. For one that sank, of the less
    relevant rows above it, the one in its place, else the first.
    """
    row, position = int(slate[place]), place + 1
    above = slate[:place]
    if rank[row] == position:
        return None
    if rank[row] < position:
        later = above[rank[above] > rank[row]]
        holder = slate[rank[row] - 1]
        return int(holder if holder in later else later[0])
    lower = rank < rank[row]
    lower[above] = False
    passed = np.flatnonzero(lower)
    passed = passed[np.argsort(rank[passed])]
    competed = passed[offers.allowed[passed] & ~_is_full(offers, slate, passed)]
    passed = competed if len(competed) else passed
    holder = passed[rank[passed] == position]
    return int(holder[0] if len(holder) else passed[0])


def _reasons(
    offers: Offers, ahead: int, behind: int, here: int, slate: Ints, currency: str
) -> tuple[list[str], list[str]]:
    """Why `ahead` stands before `behind`, in words, and the parties named."""
    if not offers.allowed[behind]:
        return [f"this policy leaves out {short_name(offers.name[behind])}"], []
    gained = gains(offers, ahead, behind)
    if sum(gained.values()) <= TINY:  # not the score: a limit of this one slate, or a repair
        if _is_full(offers, slate, np.array([behind]))[0]:
            return [f"a slate holds at most {offers.per_kind} of one category"], []
        return _beyond_the_score(offers, ahead, behind, here, currency)
    named = named_parties(gained)
    return [reason(party, offers, ahead, behind, here, currency) for party in named], named


def _beyond_the_score(
    offers: Offers, ahead: int, behind: int, here: int, currency: str
) -> tuple[list[str], list[str]]:
    """Which limit put `ahead` before `behind` although the score at its price does not.

    Prices bring the slates of all close to their limits; the last little is met by moving some
    slates further than prices do. The limit whose own term speaks loudest for the move was the
    reason.
    """
    limits = {name: term for name, term in offers.terms.items() if is_limit(name)}
    gained = {name: float(term[ahead] - term[behind]) for name, term in limits.items()}
    loudest = max(gained, key=lambda name: gained[name], default="")
    if loudest and gained[loudest] > TINY:
        party = _party(loudest)
        why = reason(party, offers, ahead, behind, here, currency)
        needed = {"climate": "the carbon budget", "relevance": "the relevance of all slates"}
        return [why, *([f"needed for {needed[party]}"] if party in needed else [])], []
    owed = offers.owed[ahead] if offers.owed is not None else ""
    return [f"needed for {owed or 'the limits of this policy'}"], []


def _is_full(offers: Offers, slate: Ints, rows: Ints) -> Bools:
    """Which of `rows` are not on the slate and of a kind of which it holds all that it may."""
    if offers.per_kind == 0:
        return np.zeros(len(rows), np.bool_)
    kinds = offers.kind[slate[slate >= 0]]
    held = (kinds == offers.kind[rows][:, None]).sum(axis=1)
    full = (offers.kind[rows] >= 0) & (held >= offers.per_kind)
    return full & ~np.isin(rows, slate)


def _by_margin(named: list[str], standing: int, bare: int) -> str:
    """Where the product would stand without margin, unless margin is among the reasons."""
    if standing == bare or "retailer" in named:
        return ""
    if bare == 0:
        return "; without the shop's margin it would not stand here"
    if standing == 0:
        return ""
    way = "lower" if bare > standing else "higher"
    return f"; without the shop's margin it would stand {places(abs(bare - standing))} {way}"


def _party(term: str) -> str:
    if term == "climate" or "carbon" in term:
        return "climate"
    return "relevance" if term == "shopper" or "relevance" in term else term


def _ranks(value: Floats, product: Ints) -> Ints:
    """Rank of each row, from 1: the highest value first, ties to the lower product."""
    rank = np.empty(len(value), np.int64)
    rank[np.lexsort((product, -value))] = np.arange(1, len(value) + 1)
    return rank


def _standing(offers: Offers, score: Floats, n: int) -> Ints:
    """Place of each row on the best slate of `n` by `score`, from 1; 0 where it is not on it."""
    standing = np.zeros(len(score), np.int64)
    taken: dict[int, int] = {}
    filled = 0
    for row in np.lexsort((offers.product, -score)):
        kind = int(offers.kind[row])
        full = offers.per_kind > 0 and kind >= 0 and taken.get(kind, 0) >= offers.per_kind
        if filled == n or full or not offers.allowed[row]:
            continue
        filled += 1
        taken[kind] = taken.get(kind, 0) + 1
        standing[row] = filled
    return standing
