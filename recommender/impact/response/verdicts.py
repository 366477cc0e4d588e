"""What an estimate of response may be used for: a verdict in words, and a range for a slot."""

from __future__ import annotations

from dataclasses import dataclass

from recommender.impact.response.response import Effect, Variation

IDENTIFIED, DOUBTFUL, NOTHING, NOT_IDENTIFIED = (
    "identified",
    "doubtful",
    "no effect seen",
    "not identified",
)
LEAST_VARIATION = 0.05  # share of variance that must differ between stores of the same week
LEAST_CLUSTERS = 20  # below it clustered errors are too small (Cameron and Miller 2015)
PLACEBO_SHARE = 0.5  # of the effect: a placebo of half of it says that the effect is not the cause


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """How much of a shelf display's effect a slot in a list has: assumed, never estimated here.

    No log of displays can tell it. One says that a slot draws as a display does; a tenth, that a
    list is mostly scrolled past. A randomised slot would replace the assumption.
    """

    low: float = 0.1
    high: float = 1.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.low <= self.high:
            raise ValueError(
                f"transfer from {self.low} to {self.high}: a range is 0 <= low <= high"
            )

    @property
    def sentence(self) -> str:
        return (
            f"Assumed, not estimated: a slot in a list has {self.low:g} to {self.high:g} of a "
            "shelf display's effect."
        )

    def slot(self, low: float, high: float) -> tuple[float, float]:
        """Range of a slot's change of sales, from that of a display.

        >>> Transfer(low=0.5, high=1.0).slot(0.2, 0.3)
        (0.1, 0.3)
        >>> Transfer(low=0.5, high=1.0).slot(-0.1, 0.3)
        (-0.1, 0.3)
        """
        corners = [share * change for share in (self.low, self.high) for change in (low, high)]
        return min(corners), max(corners)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether the design identifies an effect, in one word or two and in a sentence."""

    word: str
    sentence: str


def display_verdict(
    effect: Effect | None, lead: Effect | None, varied: Variation, reason: str = ""
) -> Verdict:
    """The verdict on a department's display effect; `reason` says why there is none.

    >>> some = Effect(log_ratio=0.3, error=0.03, clusters=50)
    >>> none = Effect(log_ratio=0.01, error=0.03, clusters=50)
    >>> half = Effect(log_ratio=0.2, error=0.03, clusters=50)
    >>> varied = Variation(cells=0.2, in_week=0.6, beside_both=0.5)
    >>> [display_verdict(some, lead, varied).word for lead in (none, half)]
    ['identified', 'not identified']
    """
    if varied.beside_both < LEAST_VARIATION:
        return Verdict(
            word=NOT_IDENTIFIED,
            sentence=f"not identified: {_share(varied.beside_both)} of the displays' variation "
            "lies between stores of the same week, beside what a store always shows",
        )
    if effect is None or lead is None:
        return Verdict(word=NOT_IDENTIFIED, sentence=f"not identified: {reason}")
    if effect.clusters < LEAST_CLUSTERS:
        return Verdict(
            word=NOT_IDENTIFIED,
            sentence=f"not identified: {effect.clusters} products differ in display between "
            f"stores, and under {LEAST_CLUSTERS} their errors can not be trusted",
        )
    if lead.excludes_none:
        before = f"sales are already {lead.change:+.0%} in the week before a display"
        if abs(lead.log_ratio) >= PLACEBO_SHARE * abs(effect.log_ratio):
            return Verdict(
                word=NOT_IDENTIFIED,
                sentence=f"not identified: {before}, half of its effect or more",
            )
        return Verdict(
            word=DOUBTFUL,
            sentence=f"doubtful: {before}, so part of the effect may be demand that the display "
            "followed (or displays set up early); the range starts at the effect less that",
        )
    if effect.excludes_none:
        return Verdict(
            word=IDENTIFIED,
            sentence="identified: stores differ, and sales do not move in the week before",
        )
    return Verdict(word=NOTHING, sentence="no effect seen: the interval holds none at all")


def uniform_verdict(what: str, varied: Variation) -> Verdict | None:
    """ "Not identified" for the mailer or the price where stores hardly differ; else None.

    >>> same = Variation(cells=0.2, in_week=0.002, beside_both=0.001)
    >>> uniform_verdict("the mailer", same).sentence
    "not identified: the mailer is the same in all stores of a week (0.20 % of its ..."
    """
    if varied.in_week >= LEAST_VARIATION:
        return None
    return Verdict(
        word=NOT_IDENTIFIED,
        sentence=f"not identified: {what} is the same in all stores of a week "
        f"({_share(varied.in_week)} of its "
        "variation lies between stores of one week), so its "
        "effect can not be told from the week's demand",
    )


def _share(share: float) -> str:
    return f"{100 * share:.2g} %" if share < 0.001 else f"{100 * share:.2f} %"
