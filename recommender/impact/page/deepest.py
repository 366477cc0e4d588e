"""The deepest cut that the first page may name: one that a second footprint table bears out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recommender.impact.page.words import CARBON, RELEVANCE, figures_of, is_clear, others

SECOND_TABLE = "by a second footprint table of other sources"
RESTS_ON = {
    True: "The chart and the order of the table rest on the footprints that made the lists "
    "(claimed); the deepest cuts named above are the deepest that both tables bear out.",
    False: "All cuts are as claimed by the footprints that made the lists: there was no second "
    "table to check them.",
}
LITTLE = 0.02  # of relevance: what the sentences call little


def deepest(report: Mapping[str, Any], reference: str | None = None) -> str | None:
    """The policy with the largest clear cut at equal use for at most `LITTLE` of relevance.

    Where a second footprint table scored the lists again, the cut has to be clear by both, and the
    smaller of the two counts: what is lightest by its own table alone may be its error.
    """

    def cuts(policy: str) -> list[Mapping[str, Any]]:
        again = realised(report, policy)
        return [figures_of(report, policy)[CARBON], *([again] if again else [])]

    fit = [
        policy
        for policy in others(report)
        if (reference is None or report["policies"][policy]["carbon"]["reference"] == reference)
        and all(is_clear(cut) and cut["change"] < 0 for cut in cuts(policy))
        and (figures_of(report, policy)[RELEVANCE]["change"] or 0.0) >= -LITTLE
    ]
    return min(fit, key=lambda p: max(cut["change"] for cut in cuts(p)), default=None)


def realised(report: Mapping[str, Any], policy: str) -> Mapping[str, Any] | None:
    """The policy's change at equal use by a second footprint table, None without one."""
    judged = report["policies"][policy]["tasks"]["all"].get("claimed_realised")
    return judged["realised"] if judged else None


def is_judged(report: Mapping[str, Any]) -> bool:
    return any(realised(report, policy) for policy in others(report))
