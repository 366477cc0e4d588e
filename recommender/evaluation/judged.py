"""What is judged: a window's candidates with what the models said of them, and what was bought.

A task is a horizon and a kind of item. "4 weeks" asks for all that a household bought in the label
weeks, "next basket" for its first basket in them; "all" counts every item, "new" those that the
household never bought before.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recommender.best import best_rows
from recommender.candidates import Bools, Candidates, Floats, Ints
from recommender.history import History, Shelf
from recommender.log import Log, distinct
from recommender.relevance.labels import in_first_basket
from recommender.relevance.p_buy import HORIZONS, NO_DISPLAYS
from recommender.splits import Window

ITEMS = ("all", "new")
TASKS = tuple((horizon, items) for horizon in HORIZONS for items in ITEMS)


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What the models said of one window's candidates, and what was bought in it."""

    window: Window
    history: History  # everything before the window; its universe says who and what is judged
    truth: Log  # the window's lines inside the universe
    candidates: Candidates  # p_buy is that of the model in force
    chances: dict[str, Floats]  # horizon, with ", no displays" or without: one for each row

    def __post_init__(self) -> None:
        """Refuses what would flatter or mislead: ValueError that says what is where."""
        window, rows = self.window, len(self.candidates.product)
        if len(self.history.log) and self.history.log.last_week > window.history_until:
            raise ValueError(
                f"the history reaches week {self.history.log.last_week}, but the window judged "
                f"begins in week {window.first}: models would know what they are judged by"
            )
        outside = (self.truth.week < window.first) | (self.truth.week > window.last)
        if outside.any():
            raise ValueError(
                f"the truth has lines of week {self.truth.week[outside][0]}, but weeks "
                f"{window.first} to {window.last} are judged ({outside.sum()} such lines)"
            )
        for name, chance in self.chances.items():
            if len(chance) != rows:
                raise ValueError(f"chance {name}: {len(chance)} values for {rows} candidates")
        many = np.diff(self.candidates.start) > 0
        strangers = np.flatnonzero(many & ~self.history.universe.customers[: len(many)])
        if len(strangers):
            raise ValueError(
                f"candidates of customer number {strangers[0]}, who has too little history to be "
                f"judged ({len(strangers)} such customers)"
            )

    def chance(self, horizon: str, displays: bool = True) -> tuple[str, Floats]:
        """Name and values of the chance that ranks for `horizon`.

        With displays, where there is none: the one without, and for the next basket at last the
        chance of four weeks in force. Without displays nothing else may stand in: KeyError.
        """
        plain = horizon + NO_DISPLAYS
        if not displays:
            return plain, self.chances[plain]
        for name in (horizon, plain):
            if name in self.chances:
                return name, self.chances[name]
        return HORIZONS[0] + " (in force)", self.candidates.p_buy

    @cached_property
    def served(self) -> Ints:
        """The customers with enough history to be served, ascending; all measures are over them."""
        return np.flatnonzero(self.history.universe.customers)

    @cached_property
    def bought(self) -> Bools:
        """Whether each candidate row was bought in the window."""
        return self.truth.has_bought(self.candidates.customer, self.candidates.product)

    def outcome(self, chance: str) -> tuple[Bools, Bools]:
        """Whether each candidate row came true in the sense of `chance`, and whether it is judged.

        The chance of a next basket is judged on the households that had one in the window.
        """
        if not chance.startswith("next basket"):
            return self.bought, np.ones(len(self.bought), np.bool_)
        first, customer = self.truth.where(in_first_basket(self.truth)), self.candidates.customer
        had_one = np.bincount(first.customer, minlength=first.customers) > 0
        return first.has_bought(customer, self.candidates.product), had_one[customer]

    def lists(self, chance: Floats, items: str, n: int) -> Ints:
        """(served, n) products of the highest `chance`, best first; -1 where candidates run out."""
        c = self.candidates
        allowed = c.is_new if items == "new" else np.ones_like(c.is_new)
        rows = best_rows(c.start, c.product, chance, allowed, n)[self.served]
        return np.append(c.product, -1)[rows]  # row -1 is no product


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the households bought of one task, each thing once, as keys customer * count + thing."""

    pairs: Ints  # products
    items: Ints  # (customers,): distinct products
    groups: dict[str, tuple[Ints, int, Ints]]  # level: group of a product, groups, keys

    @classmethod
    def of(cls, lines: Log, shelf: Shelf) -> Asked:
        """The answer to a task whose purchases are `lines`."""
        pairs = distinct(lines.customer * lines.products + lines.product)
        return cls(
            pairs=pairs,
            items=np.bincount(pairs // lines.products, minlength=lines.customers).astype(np.int64),
            groups={
                level: (group, count, distinct(lines.customer * count + group[lines.product]))
                for level, (group, count) in levels(shelf).items()
            },
        )


def levels(shelf: Shelf) -> dict[str, tuple[Ints, int]]:
    """Type, category and need of each product as codes, and how many there are.

    The same word for a type in two categories means two types.
    """
    category, types = shelf.category, int(shelf.product_type.max(initial=0)) + 1
    kind = np.unique(category * types + shelf.product_type, return_inverse=True)[1]
    named = {"type": kind.astype(np.int64), "category": category, "need": shelf.need}
    return {level: (code, int(code.max(initial=0)) + 1) for level, code in named.items()}


def asked(judged: Judged, horizon: str, items: str) -> Asked:
    """What the window holds of a task."""
    lines = judged.truth
    if horizon == "next basket":
        lines = lines.where(in_first_basket(lines))
    if items == "new":
        lines = lines.where(~judged.history.log.has_bought(lines.customer, lines.product))
    return Asked.of(lines, judged.history.shelf)
