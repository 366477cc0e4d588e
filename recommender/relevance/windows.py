"""Windows that several protocols share, made once: their rows wait in files, not in memory.

What one protocol judges, the next one back calibrates on or learns from. A window's candidates and
features cost more than reading them again, and those of all windows do not fit into memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from recommender.relevance.generators import Fitted, Merged
from recommender.relevance.items.item_models import ItemModels
from recommender.relevance.labels import LABELS, ROW, Labelled
from recommender.relevance.past import Past
from recommender.splits import Protocol, Window

UNBOUGHT_KEPT = 0.25  # of the candidates not bought, in learning
ARRAYS = ("values", "weight", *LABELS)


@dataclass(frozen=True, order=True)
class Use:
    """A window as a protocol takes it: with displays if `plans`, thinned where it learns."""

    first: int
    last: int
    plans: bool
    thinned: bool

    @property
    def name(self) -> str:
        """A folder's."""
        return f"{self.first}-{self.last}-{self.plans:d}{self.thinned:d}"


def plans_of(past: Past, weeks: Protocol) -> bool:
    """Whether all windows of a protocol are planned, so that its models know displays."""
    windows = [*weeks.learn, weeks.calibrate, weeks.judge]
    return all(past.plan(window) is not None for window in windows)


def uses_of(past: Past, weeks: Protocol) -> list[Use]:
    """Every window of a protocol as it takes it."""
    plans = plans_of(past, weeks)
    return [
        Use(window.first, window.last, plans, window in weeks.learn)
        for window in (*weeks.learn, weeks.calibrate, weeks.judge)
    ]


@dataclass(frozen=True)
class Windows:
    """Rows of windows, made when first asked for and kept as long as `waiting` says they are used.

    The same bits as made anew. Without a folder nothing is kept.
    """

    past: Past
    folder: Path | None = None
    waiting: Counter[Use] = field(default_factory=Counter)
    models: dict[Use, ItemModels] = field(default_factory=dict)

    @classmethod
    @contextmanager
    def shared(cls, past: Past, protocols: Sequence[Protocol], folder: Path) -> Iterator[Windows]:
        """Windows for these protocols, one after the other, in files that are gone at the end."""
        waiting = Counter(use for weeks in protocols for use in uses_of(past, weeks))
        with TemporaryDirectory(dir=folder, prefix=".windows-") as place:
            yield cls(past, Path(place), waiting)

    def rows(self, window: Window, plans: bool, thinned: bool) -> tuple[Fitted, Labelled]:
        """The candidates of a window and what came of them; those to learn from are thinned.

        Also the history they were made from, with its models. Different windows may be asked for
        at once, by several threads.
        """
        use = Use(window.first, window.last, plans, thinned)
        if self.folder is not None and (self.folder / use.name).exists():
            fitted = self.past.fitted(window.history_until)
            fitted, rows = replace(fitted, models=self.models.get(use)), self._read(use)
        else:
            fitted, rows = self.past.labelled(window, plans)
            self._keep(use, window, fitted, rows)
            if thinned:
                rows = rows.thinned(UNBOUGHT_KEPT, seed=window.first)
        self._used(use)
        return fitted, rows

    def _keep(self, use: Use, window: Window, fitted: Fitted, rows: Labelled) -> None:
        """Writes the rows in each form in which they will be asked for after this `use`."""
        for thinned in (False, True):
            form = replace(use, thinned=thinned)
            if self.folder is None or self.waiting[form] <= (form == use):
                continue
            folder = self.folder / form.name
            folder.mkdir()
            kept = rows.thinned(UNBOUGHT_KEPT, seed=window.first) if thinned else rows
            for name in ROW:
                np.save(folder / f"{name}.npy", getattr(kept.rows, name))
            for name in ARRAYS:
                np.save(folder / f"{name}.npy", getattr(kept, name))
            (folder / "names.txt").write_text("\n".join(kept.names))
            if not thinned:  # what only learns is asked for its rows alone
                self.models[form] = ItemModels.of(fitted)

    def _read(self, use: Use) -> Labelled:
        assert self.folder is not None
        folder = self.folder / use.name
        return Labelled(
            rows=Merged(*(np.load(folder / f"{name}.npy") for name in ROW)),
            names=(folder / "names.txt").read_text().split("\n"),
            **{name: np.load(folder / f"{name}.npy") for name in ARRAYS},
        )

    def _used(self, use: Use) -> None:
        """Removes what will not be asked for again."""
        self.waiting[use] -= 1
        if self.folder is not None and self.waiting[use] <= 0 and (self.folder / use.name).exists():
            for path in (self.folder / use.name).iterdir():
                path.unlink()
            (self.folder / use.name).rmdir()
            self.models.pop(use, None)
