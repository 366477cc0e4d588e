"""What a measured outcome says, in one paragraph of plain words, and what speaks against it."""

from __future__ import annotations

import math

from recommender.impact.outcome.outcome import Outcome, Trust
from recommender.impact.outcome.table import Names
from recommender.impact.outcome.trends import SIGHT


def verdict(found: Outcome) -> str:
    """One paragraph: the effect, what came before it, and how far it can be trusted."""
    said = [_effect(found), _before(found), _bounds(found), _staggered(found), _rows(found)]
    return " ".join(sentence for sentence in [*said, *found.panel.notes] if sentence)


def _effect(found: Outcome) -> str:
    names, (treated, untreated) = found.panel.names, found.groups
    effect, trust = found.effect, found.trust
    who = f"{_count(treated, names)} treated, {_count(untreated, names)} never treated"
    if trust is Trust.NOT_IDENTIFIED:
        alone = "treated" if treated < 2 else "untreated"
        said = (
            f"Not identified: {who}. {names.outcome} moved by {_number(effect.value)} against the "
            f"others, but the luck of one {alone} {names.noun} cannot be told from the effect, so "
            f"there is no interval."
        )
        return said + _shuffles(found)
    low, high = effect.interval
    share, share_low, share_high = found.relative
    relative = (
        f", or {share:+.1%} ({share_low:+.1%} to {share_high:+.1%}) of the {found.base:.4g} that "
        f"would have been"
        if math.isfinite(share)
        else ""
    )
    figure = (
        f"{_number(effect.value)} of {names.outcome} per {names.noun} and period (95 % interval "
        f"{_number(low)} to {_number(high)}{relative}; {who})"
    )
    if trust is Trust.NOT_TO_BE_TRUSTED:
        return f"Not to be trusted, with so few {names.nouns}: {figure}.{_shuffles(found)}"
    if trust is Trust.EARLIER_TRENDS:
        return f"Not to be read as the effect of the change: {figure}.{_shuffles(found)}"
    if low <= 0 <= high:
        said = (
            f"No effect can be told from chance: {figure}. An effect of {found.smallest_seen:.3g} "
            f"would have been seen in four cases of five; a smaller one may be there."
        )
    else:
        said = f"The change {'raised' if effect.value > 0 else 'lowered'} the outcome: {figure}."
    if trust is Trust.FEW:
        said += (
            f" The {names.nouns} are few, so the interval is that of a t with "
            f"{effect.freedom:.0f} degrees of freedom."
        )
    return said + _shuffles(found)


def _shuffles(found: Outcome) -> str:
    if not math.isfinite(found.shuffled_p):
        return ""
    return (
        f" Of random choices of who was treated, {found.shuffled_p:.1%} differ as much as the "
        f"true one."
    )


def _before(found: Outcome) -> str:
    trends, nouns = found.trends, found.panel.names.nouns
    if not math.isfinite(trends.p):
        return (
            "Whether the two groups moved alike before the start cannot be tested with so few "
            f"periods or {nouns} before it, and all of this rests on it."
        )
    slope = trends.slope
    if trends.found:
        said = (
            f"The groups had moved apart before the start already ({_p(trends.p)}), so what "
            f"follows it is not the doing of the change alone"
        )
        continued = found.sensitivity.trend_continued
        if slope is None or continued is None or trends.joint_p < slope.p:
            at, lead = max(enumerate(trends.leads, 1), key=lambda k: abs(k[1].value) / k[1].se)
            return (
                f"{said}: most visibly {at} periods before it, by {_number(lead.value)} against "
                f"all earlier ones."
            )
        low, high = continued.interval
        return (
            f"{said}: treated {nouns} pulled away by {_number(slope.value)} a period; had that "
            f"gone on, the effect would be {_number(continued.value)} ({_number(low)} to "
            f"{_number(high)})."
        )
    said = f"Before the start the groups did not visibly move apart ({_p(trends.p)})"
    if slope is None or not math.isfinite(slope.se):
        return said + "."
    unseen = abs(float(SIGHT) * slope.se * found.sensitivity.weeks_apart)
    return (
        f"{said}; a steady drift that the test would miss in one case of five could make up "
        f"{unseen:.3g} of it."
    )


def _bounds(found: Outcome) -> str:
    breakdown = found.sensitivity.breakdown
    if not math.isfinite(breakdown) or found.trust is not Trust.SOUND or breakdown == 0:
        return ""
    return (
        f"The interval would reach 0 if, from one period to the next, the groups pulled apart by "
        f"{breakdown:.2g} times the largest step seen before the start."
    )


def _staggered(found: Outcome) -> str:
    plain, starts = found.plain, len(found.panel.starts)
    if starts < 2:
        return ""
    lost = f", {found.cells_lost:,} treated rows without an untreated " if found.cells_lost else ""
    lost += f"{found.panel.names.noun} in their period left out" if lost else ""
    return (
        f"There are {starts} starts; each is compared with those not yet treated{lost}. Plain "
        f"two-way fixed effects, which also compare with those already treated, would say "
        f"{_number(plain.value)}."
    )


def _rows(found: Outcome) -> str:
    if found.rows_missing < 0.005:
        return ""
    return (
        f"{found.rows_missing:.1%} of the rows are missing; where they are periods in which "
        f"nothing was bought they should be there with 0, or the comparison is of buyers only."
    )


def _number(value: float) -> str:
    """
    >>> _number(-0.01234), _number(1234.5)
    ('-0.0123', '+1,234')
    """
    return f"{value:+,.0f}" if abs(value) >= 1000 else f"{value:+.3g}"


def _count(count: int, names: Names) -> str:
    """
    >>> _count(1200, Names()), _count(1, Names(market="region"))
    ('1,200 customers', '1 region')
    """
    return f"{count:,} {names.noun if count == 1 else names.nouns}"


def _p(p: float) -> str:
    return f"p = {p:.3f}" if p >= 0.001 else "p under 0.001"
