"""What all windows of a shop are made from."""

from __future__ import annotations

from dataclasses import dataclass

from recommender.candidates import Ints
from recommender.history import History, Shelf
from recommender.log import Log
from recommender.relevance.features import Plan
from recommender.relevance.features.plans import Shown
from recommender.relevance.generators import Fitted
from recommender.relevance.labels import Labelled, labelled
from recommender.splits import Window


@dataclass(frozen=True, kw_only=True)
class Past:
    """What all windows of a shop are made from: the log, the shelves and what was shown."""

    log: Log
    shelf: Shelf
    shown: Shown | None = None
    segments: Ints | None = None  # (customers,): a code for customers alike, -1 where unknown

    def fitted(self, until_week: int) -> Fitted:
        """The history up to and with a week, and its models."""
        return Fitted(History(self.log.until(until_week), self.shelf), segments=self.segments)

    def plan(self, window: Window) -> Plan | None:
        """What the shop plans to show in the window; None where not all of it is planned."""
        if self.shown is None or not self.shown.covers(window.first, window.last):
            return None
        return Plan(self.shown, window)

    def labelled(self, window: Window, plans: bool) -> tuple[Fitted, Labelled]:
        """The candidates of a window and what came of them; with planned displays if `plans`."""
        fitted = self.fitted(window.history_until)
        return fitted, labelled(fitted, self.log, window, self.plan(window) if plans else None)
