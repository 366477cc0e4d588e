"""The choice model's way round: simulated purchases, the pull estimated, a change foretold.

Households of many stores choose by the nested logit of `what_if.choice`, with displays that change
by store and week. From that log the pull of a display is estimated in two ways: by the response
model, which knows nothing of nests, and by likelihood inside the choice model. Then a list of slots
is re-ranked towards lighter products, and its effect foretold with either estimate is held against
that with the true pull.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from benchmarks.coverage_rows import PERCENT, PLAIN, SECONDS, SIGNED, Row
from recommender.best import best_rows
from recommender.candidates import Bools, Floats, Ints
from recommender.impact.response.nests import pull_of
from recommender.impact.response.panel import Cells, telling
from recommender.impact.response.response import PRODUCT, frame_of, poisson
from recommender.impact.what_if.choice import expected_purchases, occasions_of
from recommender.metrics import discounts

STUDY = "Choice model"
LOGS, PLACES = 40, 5
WITHIN = 0.10
LARGEST_PULL = 3.0  # log odds
NOTES = [
    "60 products in 10 needs, 40 stores of 20 households, 20 weeks; a display adds 0.4 log odds. "
    "The change: each household's list of five, before by p_buy alone, is re-ranked by p_buy less "
    "what it weighs. Its effect is that on purchases of the lighter half and on all kg; errors are "
    "over the true change. A slot is taken to draw as a display does: the transfer between the two "
    "is an assumption that no such log can test.",
    "The response model finds by how much sales change, which in a nest is less than the log odds "
    "a display adds: the product wins less the more of its need it already is. Put through the "
    "nests, the log odds are those that make the change found (recommender/impact/"
    "response/nests.py). This way and the likelihood are given the chances without displays, the "
    "nests and their dissimilarity; in the last world the chances given are wrong.",
]


@dataclass(frozen=True, kw_only=True)
class Town:
    """Stores whose households choose among the same products."""

    stores: int = 40
    households: int = 20  # of each store
    needs: int = 10
    choices: int = 6  # products of a need
    weeks: int = 20
    pull: float = 0.4  # log odds that a display adds
    dissimilarity: float = 0.6
    doubt: float = 0.0  # log spread of p_buy as foretold around p_buy as it is

    @property
    def products(self) -> int:
        return self.needs * self.choices


WORLDS = {
    "six products in a need": Town(),
    "twenty products in a need": Town(needs=4, choices=20),
    "two products in a need": Town(needs=30, choices=2),
    "p_buy off by a third for each household and product": Town(doubt=0.3),
}


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one log said: the pull by each way, and errors of the changes foretold."""

    pull: tuple[float, ...]  # by each of WAYS
    purchases: tuple[float, ...]  # error over the true change
    kg: tuple[float, ...]


WAYS = ("response model", "response model, put through the nests", "likelihood")
WHAT = {"purchases": "purchases of lighter products", "kg": "all kg"}


def choice_rows(logs: int | None = None, seed: int = 6) -> Iterator[Row]:
    """The rows of all worlds; `logs` replaces how many are simulated of each."""
    count = logs or LOGS
    for number, (name, town) in enumerate(WORLDS.items()):
        began = time.process_time()
        found = [one_log(town, np.random.default_rng([seed, number, k])) for k in range(count)]
        spent = time.process_time() - began
        asked = WITHIN if town.doubt == 0.0 else None
        for k, way in enumerate(WAYS):
            bias = float(np.mean([one.pull[k] for one in found])) - town.pull
            yield _row(name, f"{way}: bias of the pull, log odds", bias, count, PLAIN)
            for what in WHAT:
                off = np.array([getattr(one, what)[k] for one in found])
                figure = f"{way}: median error of the foretold change of {WHAT[what]}"
                yield _row(name, figure, float(np.median(np.abs(off))), count, high=asked)
                figure = f"{way}: median of that error with its sign"
                yield _row(name, f"{figure}, {what}", float(np.median(off)), count, SIGNED)
        yield _row(name, "CPU seconds", spent, count, SECONDS)


def one_log(town: Town, rng: np.random.Generator) -> Found:
    """Simulates a log of `town`, estimates the pull, and foretells the change."""
    kg = rng.lognormal(0.0, 0.7, town.products)
    appeal = rng.normal(0.0, 0.8, town.products)
    people = town.stores * town.households
    taste = appeal + 0.7 * rng.normal(size=(people, town.products))
    p_week = 0.15 / town.choices * np.exp(taste) / np.exp(taste).mean()
    p_week = np.minimum(p_week, 0.8 / town.choices)
    shown = rng.random((town.products, town.stores, town.weeks)) < 0.15
    rates = _weekly(town, p_week, shown, town.pull)
    units = rng.poisson(rates).astype(np.float64)
    told = p_week * np.exp(town.doubt * rng.normal(size=p_week.shape))
    told = np.minimum(told, 0.95 / town.choices)  # no more than can be bought in a nest
    lists = _lists(told, kg)
    change = _by_response(units, shown)
    nest, occasions = _nests(town, told)
    pulls = (
        change,
        pull_of(change, told.ravel(), nest, occasions, town.dissimilarity),
        _by_likelihood(town, told, shown, units),
    )
    truth = _change(town, p_week, kg, lists, town.pull)
    errors = [_change(town, told, kg, lists, pull) / truth - 1.0 for pull in pulls]
    return Found(
        pull=pulls,
        purchases=tuple(float(error[0]) for error in errors),
        kg=tuple(float(error[1]) for error in errors),
    )


def _nests(town: Town, p_buy: Floats) -> tuple[Ints, Floats]:
    """The nest of each row, rows being households x products, and the nests' occasions."""
    need = np.arange(town.products) // town.choices
    nest = (np.arange(len(p_buy))[:, None] * town.needs + need).ravel()
    return nest, occasions_of(p_buy.ravel(), nest, np.zeros(len(p_buy) * town.needs))


def _bought(town: Town, p_buy: Floats, utility: Floats) -> Floats:
    """Expected purchases once utilities have moved, (households, products)."""
    nest, occasions = _nests(town, p_buy)
    moved = expected_purchases(p_buy.ravel(), nest, utility.ravel(), occasions, town.dissimilarity)
    return moved.reshape(p_buy.shape)


def _weekly(town: Town, p_week: Floats, shown: Bools, pull: float) -> Floats:
    """Units expected of each product, store and week."""
    store = np.repeat(np.arange(town.stores), town.households)
    rates = np.empty(shown.shape)
    for week in range(town.weeks):
        utility: Floats = pull * shown[:, store, week].T.astype(np.float64)
        bought = _bought(town, p_week, utility)
        by_store = bought.reshape(town.stores, town.households, town.products).sum(axis=1)
        rates[:, :, week] = by_store.T
    return rates


def _by_response(units: Floats, shown: Bools) -> float:
    """The pull as the response model finds it."""
    product, store, week = (grid.ravel() for grid in np.indices(units.shape))
    nothing = np.zeros(units.size, np.bool_)
    cells = Cells(
        product=product,
        store=store,
        week=week,
        units=units.ravel(),
        lines=np.minimum(units.ravel(), 1.0),
        log_price=np.zeros(units.size),
        display=shown.ravel().astype(np.int16),
        mailer=nothing,
        lead=nothing,
        lag1=nothing,
        lag2=nothing,
    )
    found = poisson(frame_of(telling(cells)), ["display"])[PRODUCT]
    return found.effects["display"].log_ratio


def _by_likelihood(town: Town, p_week: Floats, shown: Bools, units: Floats) -> float:
    """The pull that makes the log likeliest, the rest of the choice model known."""

    def unlikely(pull: float) -> float:
        rates = _weekly(town, p_week, shown, pull)
        return float((rates - units * np.log(rates)).sum())

    best = minimize_scalar(
        unlikely, bounds=(-1.0, LARGEST_PULL), method="bounded", options={"xatol": 1e-3}
    )
    return float(best.x)


def _lists(p_buy: Floats, kg: Floats) -> tuple[Floats, Floats]:
    """Attention of each household and product, by p_buy alone and with kg weighed in."""
    people, products = p_buy.shape
    start = np.arange(people + 1) * products
    every, allowed = np.tile(np.arange(products), people), np.ones(p_buy.size, np.bool_)
    lists = []
    for score in (p_buy, p_buy * np.exp(-0.5 * np.log(kg))):
        rows = best_rows(start, every, score.ravel(), allowed, PLACES)
        attention = np.zeros(p_buy.size)
        attention[rows] = discounts(PLACES)
        lists.append(attention.reshape(p_buy.shape))
    return lists[0], lists[1]


def _change(
    town: Town, p_buy: Floats, kg: Floats, lists: tuple[Floats, Floats], pull: float
) -> Floats:
    """Change of (purchases of the lighter half of products, kg of all), relative."""
    before, after = (_bought(town, p_buy, pull * attention).sum(axis=0) for attention in lists)
    light = kg <= np.median(kg)
    return np.array([after[light].sum() / before[light].sum(), after @ kg / (before @ kg)]) - 1.0


def _row(
    world: str,
    figure: str,
    value: float,
    logs: int,
    unit: str = PERCENT,
    *,
    high: float | None = None,
) -> Row:
    return Row(
        study=STUDY, world=world, figure=figure, value=value, unit=unit, logs=logs, high=high
    )
