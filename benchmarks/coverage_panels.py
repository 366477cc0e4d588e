"""Difference-in-differences on simulated panels: how often its intervals hold the true effect."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from benchmarks.coverage_rows import PLAIN, SECONDS, Row, share
from recommender.impact.outcome.outcome import measure
from recommender.impact.outcome.simulated import World, coverage_study

STUDY = "Difference-in-differences"
PANELS = 2_000
HELD, FIRES = (0.94, 0.96), (0.90, None)
PARALLEL = {
    "parallel trends: one start, 200 customers": World(),
    "parallel trends: three starts, effects that grow and differ": World(
        starts=(8, 12, 16), growth=0.3, late_share=0.5
    ),
    "parallel trends: 16 units, 5 of them treated": World(units=16, treated_share=0.3),
}
PLANTED = {
    "treated pull away by 0.20 a week before the start": World(trend=0.20),
}
BOUNDED = (next(iter(PARALLEL)), next(iter(PLANTED)))
NOTES = [
    "Customers spend 20 a week (standard deviation 6 between customers, 4 inside one, "
    "autocorrelation 0.5) over 24 weeks; a start is in week 17 (or 9, 13 and 17); the effect is "
    "1.0 a week. A slope of 0.20 a week is 1 % of what is spent.",
    "The bounds after Rambachan and Roth (2023, Review of Economic Studies) are those of one panel "
    "each: its effect's interval if, from one week to the next, treated and untreated pull apart "
    "by so many times the largest step seen before the start; and the number of times at which "
    "the interval reaches no effect. The largest step is put in as seen: these are not the "
    "conditional intervals of that paper.",
    "Where effects differ between units their differences count as error, since the data can not "
    "tell the two apart: such intervals are too wide rather than too narrow.",
]


def panel_rows(panels: int | None = None, seed: int = 6) -> Iterator[Row]:
    """The rows of all worlds; `panels` replaces how many are simulated of each."""
    count = panels or PANELS
    for number, (name, world) in enumerate([*PARALLEL.items(), *PLANTED.items()]):
        began = time.process_time()
        found = coverage_study(world, count, seed + number)
        spent = time.process_time() - began
        fired = round(found["trend_found"] * count)
        fires = "test of earlier trends sounds"
        if name in PLANTED:
            yield share(STUDY, name, fires, fired, count, FIRES)
        else:
            held = round(found["coverage"] * count)
            yield share(STUDY, name, "95 % interval holds the effect", held, count, HELD)
            yield share(STUDY, name, fires, fired, count)
        yield _row(name, "bias", found["bias"], count)
        yield _row(name, "bias of plain two-way effects", found["bias_of_plain_two_way"], count)
        if name in BOUNDED:
            yield from _bounds(name, world, seed)
        yield _row(name, "CPU seconds", spent, count, SECONDS)


def _bounds(name: str, world: World, seed: int) -> Iterator[Row]:
    """Bounds of the effect in one panel, by times the largest earlier step."""
    outcome = measure(world.panel(np.random.default_rng([seed, 1])))
    sense = outcome.sensitivity
    for times, low, high in sense.paths:
        figure = f"one panel: bounds at {times:g} times the largest earlier step"
        bounds = _row(name, figure, outcome.effect.value, 1)
        yield replace(bounds, ends=(float(low), float(high)))
    yield _row(name, "one panel: times at which no effect is reached", sense.breakdown, 1)


def _row(world: str, figure: str, value: float, logs: int, unit: str = PLAIN) -> Row:
    return Row(study=STUDY, world=world, figure=figure, value=float(value), unit=unit, logs=logs)
