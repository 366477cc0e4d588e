"""The household bootstrap on simulated logs: how often its intervals hold the known truth.

A population of households with two policies' slates is made once; its own figures are the truth. A
log is a draw of households from it. The percentile intervals are those of `recommender.bootstrap`;
beside them stand two rivals from the textbook (Efron and Tibshirani 1993, An Introduction to the
Bootstrap, Chapman & Hall): bias-corrected and accelerated, and studentised.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
from scipy.sparse import csr_matrix
from scipy.special import ndtr, ndtri
from scipy.stats import skew

from benchmarks.coverage_households import (
    FIGURES,
    Population,
    log_table,
    population,
    seller_exposures,
)
from benchmarks.coverage_rows import PLAIN, SECONDS, Row, share
from recommender.bootstrap import COVERAGE, drawn_sums, interval, ratio
from recommender.candidates import Bools, Floats, Ints

STUDY = "Household bootstrap"
LOGS, EXTREME_LOGS, SIZES, DRAWS = 2_000, 400, (50, 500, 2_000), 1_000
SHARED = 50  # logs that share their draws, which saves most of the time
HELD, HELD_FROM = (0.94, 0.96), 500  # households from which on 94 to 96 % were asked
PERCENTILE, BCA, STUDENT = "percentile", "BCa", "studentised"
TAIL = (1.0 - COVERAGE) / 2.0
NOTES = [
    "A log draws its households from a population of 100,000 whose own figures are the truth. It "
    "is made as skewed as Complete Journey's test weeks: there, revenue of hits has a coefficient "
    "of variation of 1.4 and a skewness of 2.8 over 2,309 households, demand-weighted kg 0.9 and "
    "2.2, its change by a policy a skewness of -3 to -4. Percentile intervals are those of "
    "recommender/bootstrap.py; 94 to 96 % is asked of them in logs of 500 and 2,000 households. "
    "Fifty logs at a time share their 1,000 draws of households, as policies of a backtest do.",
    "Seller figures hold ranks and the largest sellers as the log shows them. A small log spreads "
    "sellers too far (the Gini of noisy shares is too large), and no way to draw households anew "
    "mends what the log itself has wrong.",
    "Extremes have no interval in the reports. The worst seller of a log is the one that chance "
    "treated worst, so its ratio to the floor lies below that of the population, and drawing again "
    "adds the same fall once more; of distinct things, households drawn again only lose some.",
]


def bootstrap_rows(logs: int | None = None, seed: int = 6) -> Iterator[Row]:
    """The rows of all sizes; `logs` replaces how many are simulated of each."""
    people = population(np.random.default_rng([seed, 0]))
    yield from _skewness(people)
    for number, households in enumerate(SIZES, 1):
        yield from _size(people, households, logs or LOGS, [seed, number])
    for number, households in enumerate(SIZES[1:], 1 + len(SIZES)):
        yield from _extremes(people, households, logs or EXTREME_LOGS, [seed, number])


def held(people: Population, households: int, logs: int, seed: list[int]) -> dict[str, Floats]:
    """How often intervals hold the truth: by method, (2, figures), levels before changes."""
    truth = np.stack(_values(_moments(people.whole)[None].sum(axis=1)))[:, 0]
    rng = np.random.default_rng(seed)
    counts = {way: np.zeros(truth.shape) for way in (PERCENTILE, BCA, STUDENT)}
    for first in range(0, logs, SHARED):
        size = min(SHARED, logs - first)
        chosen = rng.integers(people.households, size=(households, size))
        moments = _moments(log_table(people, chosen))  # (households, logs, figures, moments)
        own = moments.sum(axis=0)
        (drawn,) = drawn_sums([moments.reshape(households, -1)], DRAWS, rng)
        drawn = drawn.reshape(DRAWS, *own.shape)
        for way, (low, high) in _intervals(moments, own, drawn).items():
            inside: Bools = (low <= truth[:, None]) & (truth[:, None] <= high)
            counts[way] += inside.sum(axis=1)
    return {way: count / logs for way, count in counts.items()}


def _moments(table: Floats) -> Floats:
    """What levels, changes and their errors are sums of: (..., figures, 14).

    `table` is (..., 2 policies, figures, above and below the line).
    """
    base_above, base_below = table[..., 0, :, 0], table[..., 0, :, 1]
    above, below = table[..., 1, :, 0], table[..., 1, :, 1]
    first = [above, below, base_above, base_below]
    pairs = [(i, j) for i in range(4) for j in range(i, 4)]
    return np.stack([*first, *(first[i] * first[j] for i, j in pairs)], axis=-1)


def _values(sums: Floats) -> tuple[Floats, Floats]:
    """Level of the policy, and its relative change from the baseline."""
    level, base = sums[..., 0] / sums[..., 1], sums[..., 2] / sums[..., 3]
    return level, level / base - 1.0


def _slopes(sums: Floats) -> tuple[Floats, Floats]:
    """Slope of level and change in the four sums: (2, ..., 4), each."""
    above, below, base_above, base_below = (sums[..., k] for k in range(4))
    level, change = _values(sums)
    none = np.zeros_like(above)
    of_level = np.stack([1.0 / below, -level / below, none, none], axis=-1)
    rates = [1.0 / above, -1.0 / below, -1.0 / base_above, 1.0 / base_below]
    return of_level, (1.0 + change)[..., None] * np.stack(rates, axis=-1)


def _errors(sums: Floats) -> tuple[Floats, Floats]:
    """Standard errors of level and change, by their slopes in the four sums."""
    answers = []
    for slope in _slopes(sums):
        total, k = np.zeros(sums.shape[:-1]), 4
        for i in range(4):
            for j in range(i, 4):
                total += (1.0 if i == j else 2.0) * slope[..., i] * slope[..., j] * sums[..., k]
                k += 1
        answers.append(np.sqrt(np.maximum(total, 0.0)))
    return answers[0], answers[1]


def _intervals(moments: Floats, own: Floats, drawn: Floats) -> dict[str, tuple[Floats, Floats]]:
    """Low and high of each way, (2, logs, figures); `own` and `drawn` are sums of `moments`."""
    found: dict[str, list[tuple[Floats, Floats]]] = {PERCENTILE: [], BCA: [], STUDENT: []}
    errors, drawn_errors = _errors(own), _errors(drawn)
    for k, (value, draws) in enumerate(zip(_values(own), _values(drawn), strict=True)):
        found[PERCENTILE].append(_shaped(interval(draws.reshape(len(draws), -1)), value.shape))
        pull = (moments[..., :4] * _slopes(own)[k]).sum(axis=-1)  # of each household
        found[BCA].append(_bca(draws, value, pull))
        # a draw of households that are all alike has no spread, and says nothing
        t = ratio(draws - value, np.where(np.isfinite(drawn_errors[k]), drawn_errors[k], 0.0))
        low, high = np.quantile(np.nan_to_num(t), [TAIL, 1.0 - TAIL], axis=0)
        found[STUDENT].append((value - high * errors[k], value - low * errors[k]))
    return {
        way: (np.stack([e[0] for e in ends]), np.stack([e[1] for e in ends]))
        for way, ends in found.items()
    }


def _shaped(ends: tuple[Floats, Floats], shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    return ends[0].reshape(shape), ends[1].reshape(shape)


def _bca(draws: Floats, value: Floats, pull: Floats) -> tuple[Floats, Floats]:
    """Bias-corrected and accelerated ends; `pull` is each household's part in the value."""
    size = len(draws)
    under = ((draws < value).sum(axis=0) + 0.5 * (draws == value).sum(axis=0)) / size
    shift = ndtri(np.clip(under, 0.5 / size, 1.0 - 0.5 / size))
    squares = (pull**2).sum(axis=0)
    cubes = (pull**3).sum(axis=0)
    bend = np.divide(cubes, 6.0 * squares**1.5, out=np.zeros_like(cubes), where=squares > 0)
    ordered = np.sort(draws, axis=0)
    ends = []
    for tail in (TAIL, 1.0 - TAIL):
        z = shift + ndtri(tail)
        at = ndtr(shift + z / (1.0 - bend * z)) * (size - 1)
        below = np.clip(np.floor(at), 0, size - 2).astype(np.int64)
        ends.append(_between(ordered, below, at - below))
    return ends[0], ends[1]


def _between(ordered: Floats, below: Ints, part: Floats) -> Floats:
    low = np.take_along_axis(ordered, below[None], axis=0)[0]
    high = np.take_along_axis(ordered, below[None] + 1, axis=0)[0]
    return low + part * (high - low)


def extremes_held(
    people: Population, households: int, logs: int, seed: list[int]
) -> tuple[Floats, float]:
    """How often naive intervals hold the truth of (worst seller, sellers reached), and how far the
    worst seller of a log lies under that of the population, as a share of it."""
    rng = np.random.default_rng(seed)
    every = seller_exposures(people, np.arange(people.households)).sum(axis=0)
    truth = np.array(_worst_and_reached(every[None], people.floor))[:, 0]
    count, under = np.zeros(2), 0.0
    for first in range(0, logs, SHARED):
        chosen = [
            rng.integers(people.households, size=households)
            for _ in range(min(SHARED, logs - first))
        ]
        tables = [csr_matrix(seller_exposures(people, of_log)) for of_log in chosen]
        for table, sums in zip(tables, drawn_sums(tables, DRAWS, rng), strict=True):
            samples = np.column_stack(_worst_and_reached(sums, people.floor))
            low, high = interval(samples)
            count += (low <= truth) & (truth <= high)
            own = np.asarray(table.sum(axis=0)).reshape(1, -1)
            under += _worst_and_reached(own, people.floor)[0][0] / truth[0] - 1.0
    return count / logs, under / logs


def _worst_and_reached(exposure: Floats, floor: Floats) -> tuple[Floats, Floats]:
    shares = exposure / exposure.sum(axis=1, keepdims=True)
    return (shares / floor).min(axis=1), (exposure > 0).sum(axis=1).astype(np.float64)


def _size(people: Population, households: int, logs: int, seed: list[int]) -> Iterator[Row]:
    began = time.process_time()
    found = held(people, households, logs, seed)
    spent = time.process_time() - began
    world = f"{households:,} households"
    for way, shares in found.items():
        asked = HELD if way == PERCENTILE and households >= HELD_FROM else (None, None)
        for kind, of_kind in zip(("", ", change"), shares, strict=True):
            for name, part in zip(FIGURES, of_kind, strict=True):
                figure = f"{way}: {name}{kind}"
                yield share(STUDY, world, figure, round(part * logs), logs, asked)
    yield _row(world, "CPU seconds", spent, logs, SECONDS)


def _extremes(people: Population, households: int, logs: int, seed: list[int]) -> Iterator[Row]:
    (worst, reached), under = extremes_held(people, households, logs, seed)
    world = f"{households:,} households, extremes"
    for name, part in (("worst seller over its floor", worst), ("sellers reached", reached)):
        yield share(STUDY, world, f"naive percentile: {name}", round(part * logs), logs)
    yield _row(world, "worst seller of a log, against that of the population", under, logs, "+%")


def _skewness(people: Population) -> Iterator[Row]:
    """How skewed the population is, to hold against a real log."""
    policy, base = people.whole[:, 1], people.whole[:, 0]
    for k, name in ((1, "revenue of hits"), (2, "demand kg")):
        of_base, change = base[:, k, 0], policy[:, k, 0] - base[:, k, 0]
        found = {
            f"{name}: coefficient of variation": of_base.std() / of_base.mean(),
            f"{name}: skewness": skew(of_base),
            f"{name}: skewness of the change": skew(change),
        }
        for figure, value in found.items():
            yield _row("population", figure, float(value), 1)


def _row(world: str, figure: str, value: float, logs: int, unit: str = PLAIN) -> Row:
    return Row(study=STUDY, world=world, figure=figure, value=value, unit=unit, logs=logs)
