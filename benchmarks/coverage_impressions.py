"""Off-policy estimators on simulated logs: errors by size of log, and logs without support."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from benchmarks.coverage_rows import PLAIN, SECONDS, Row, share
from recommender.impact.experiment.simulated import SlotWorld, off_policy_study

STUDY = "Off-policy estimators"
LOGS, SIZES, BENT_LOGS, BENT_SIZE = 100, (500, 2_000, 8_000), 100, 2_000
SOUND, BENT, LOST = (
    "attention depends on the place alone",
    "a tempting product above takes attention (assumed away)",
    "the log never shows what the policy would",
)
NAMES = {"ips": "IPS", "snips": "self-normalised IPS", "dr": "doubly robust"}
NOTES = [
    "The figure is purchases per list shown. Logs come from slots drawn with logged propensities; "
    "sizes are lists. In the second world what stands above takes up to half of the attention, "
    "which the position-based estimators assume away: their bias is told.",
]


def impression_rows(logs: int | None = None, seed: int = 6) -> Iterator[Row]:
    """The rows of all worlds; `logs` replaces how many are simulated of each."""
    count = logs or LOGS
    began = time.process_time()
    found = _study(count, SIZES, seed, SlotWorld())
    for (size, name), one in found.items():
        yield from _errors(f"{SOUND}, {size:,} lists", name, one, count)
    small, large = min(SIZES), max(SIZES)
    for name, words in NAMES.items():
        falls = found[large, name]["rmse"] / found[small, name]["rmse"]
        figure = f"{words}: error at {large:,} lists over that at {small:,}"
        yield _row(SOUND, figure, falls, count, high=1.0)
    for size in SIZES:
        better = found[size, "dr"]["rmse"] / found[size, "ips"]["rmse"]
        figure = "error of doubly robust over that of IPS"
        yield _row(f"{SOUND}, {size:,} lists", figure, better, count, high=1.0)
    yield _row(SOUND, "CPU seconds", time.process_time() - began, count, unit=SECONDS)
    few = logs or BENT_LOGS
    for (_, name), one in _study(few, (BENT_SIZE,), seed, SlotWorld(cascade=0.5)).items():
        yield from _errors(f"{BENT}, {BENT_SIZE:,} lists", name, one, few)
    lost = _study(few, (BENT_SIZE,), seed, SlotWorld(supported=False))[BENT_SIZE, "ips"]
    yield share(STUDY, LOST, "logs refused", round(lost["refused"] * few), few, (1.0, None))


def _study(
    logs: int, sizes: tuple[int, ...], seed: int, world: SlotWorld
) -> dict[tuple[int, str], dict[str, Any]]:
    rows = off_policy_study(logs, sizes, seed, world=world)
    return {(row["lists"], row["estimator"]): row for row in rows}


def _errors(world: str, name: str, one: dict[str, Any], logs: int) -> Iterator[Row]:
    words = NAMES[name]
    yield _row(world, f"{words}: root mean squared error", one["rmse"] / one["truth"], logs, "%")
    yield _row(world, f"{words}: bias", one["bias"] / one["truth"], logs, "+%")
    held = round(one["coverage"] * logs)
    yield share(STUDY, world, f"{words}: 95 % interval holds the truth", held, logs)


def _row(
    world: str, figure: str, value: float, logs: int, unit: str = PLAIN, high: float | None = None
) -> Row:
    return Row(
        study=STUDY, world=world, figure=figure, value=value, unit=unit, logs=logs, high=high
    )
