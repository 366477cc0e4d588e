"""The response model on simulated shops: does it find the display's effect, and foretell a change?

In shops as it assumes, and in shops that break what it assumes, where its bias is told. The change
foretold hands the displays of one half of the products to the other. The truth is the change of
expected units that the world itself gives.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.coverage_rows import PERCENT, PLAIN, SECONDS, SIGNED, Row, share
from recommender.candidates import Bools, Floats
from recommender.impact.response.response import PRODUCT, TIMED, Fit, frame_of, poisson
from recommender.impact.response.worlds import INNER, SimulatedShop, World, simulated_shop

STUDY = "Response to displays"
LOGS, BENT_LOGS = 500, 40
SMALL = World()
LARGE = World(products=40, stores=30, weeks=26, base=-0.5)
SOUND = {
    "as assumed, 30 products x 15 stores x 20 weeks": SMALL,
    "as assumed, 40 products x 30 stores x 26 weeks": LARGE,
}
BENT = {
    "stockpiling: a tenth less in each of the two weeks after": replace(LARGE, stockpiling=0.105),
    "displays follow what one store sells that week": replace(LARGE, targeted=0.5),
    "prices rise with what one store sells that week": replace(LARGE, priced=0.05),
    "not at random: the log holds 70 % of the units that displays win": replace(
        LARGE, unrecorded=0.3
    ),
    "not at random: half of displayed cells without a sale are lost": replace(LARGE, dropped=0.5),
}
HELD, WITHIN = (0.93, 0.97), 0.10
NOTES = [
    "The change foretold: the displays of a drawn half of the products go to as many products of "
    "the other half, store by store and week by week; prices stay. Errors of the units that either "
    "half wins or loses are over their true change; what one half wins the other mostly loses, so "
    "the net error is over all units instead.",
    "A median error over logs holds bias and chance. In the small department chance alone is more "
    "than a tenth: the effect's standard error there is a quarter of the effect.",
    "Bias of the effect is that of the log of the ratio of rates (true value 0.3; the price "
    "elasticity's is -1). Shops that break an assumption are of 40 products x 30 stores x 26 "
    "weeks.",
]


Parts = tuple[float, float, float]  # units of products that gain, of those that lose, of all
GAIN, LOSS, NET = range(3)
PARTS = ("of products that get a display", "of products that lose theirs")


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one log said."""

    effect: float  # log ratio
    held: bool  # whether the effect's 95 % interval holds the truth
    price: float  # elasticity
    foretold: Parts
    foretold_after: Parts  # with the two weeks after a display
    truth: Parts
    change_held: bool  # whether the gain foretold at the interval's ends holds the true one
    units: float  # expected in all, as displays stood


def response_rows(logs: int | None = None, seed: int = 6) -> Iterator[Row]:
    """The rows of all worlds; `logs` replaces how many are simulated of each."""
    for number, (name, world) in enumerate(SOUND.items()):
        yield from _sound(name, world, logs or LOGS, [seed, number])
    for number, (name, world) in enumerate(BENT.items(), len(SOUND)):
        yield from _bent(name, world, logs or BENT_LOGS, [seed, number])


def study(world: World, logs: int, seed: list[int], *, after: bool = False) -> list[Found]:
    """What each of `logs` logs of `world` says; `after`: also by the weeks after a display."""
    return [_found(np.random.default_rng([*seed, k]), world, after) for k in range(logs)]


def handed_over(shop: SimulatedShop, rng: np.random.Generator) -> tuple[Bools, Bools]:
    """The displays of a drawn half of the products, given to as many others of store and week.

    Those others had none there. Answers with the displays (3-d) and the products that gain.
    """
    products, stores, weeks = shop.shown.shape
    gains = np.zeros(products, np.bool_)
    gains[rng.permutation(products)[: products // 2]] = True
    free = gains[:, None, None] & ~shop.shown
    given = (shop.shown & ~gains[:, None, None]).sum(axis=0)
    order = np.where(free, rng.random((products, stores, weeks)), 2.0).argsort(axis=0)
    place = np.empty_like(order)
    np.put_along_axis(place, order, np.arange(products)[:, None, None], axis=0)
    return (shop.shown & gains[:, None, None]) | (free & (place < given)), gains


def foretold(shop: SimulatedShop, shown: Bools, effects: dict[int, float]) -> Floats:
    """Units that each product is foretold to win, by what displays do so many weeks later."""
    moved = shown.astype(np.float64) - shop.shown
    weeks = moved.shape[2]
    log_ratio: Floats = np.zeros(moved[:, :, INNER].shape)
    for later, effect in effects.items():
        log_ratio += effect * moved[:, :, INNER.start - later : weeks + INNER.stop - later]
    units = (shop.units * shop.listed)[:, :, INNER]
    won: Floats = (units * np.expm1(log_ratio)).sum(axis=(1, 2))
    return won


def _found(rng: np.random.Generator, world: World, after: bool) -> Found:
    shop = simulated_shop(world, rng)
    shown, gains = handed_over(shop, rng)
    frame = frame_of(shop.cells())
    main = poisson(frame, ["display", "log_price"])[PRODUCT].effects
    display = main["display"]
    low, high = display.interval
    ways = {"display": {0: display.log_ratio}}
    if after:
        ways["after"] = _weeks_after(poisson(frame, [*TIMED, "log_price"])[PRODUCT])
    ways |= {end: {0: float(np.log1p(at))} for end, at in (("low", low), ("high", high))}
    changes = {way: _parts(foretold(shop, shown, effects), gains) for way, effects in ways.items()}
    was, will = (shop.expected_units(s).sum(axis=(1, 2)) for s in (shop.shown, shown))
    truth = _parts(will - was, gains)
    return Found(
        effect=display.log_ratio,
        held=bool(low <= np.expm1(world.display) <= high),
        price=main["log_price"].log_ratio,
        foretold=changes["display"],
        foretold_after=changes.get("after", changes["display"]),
        truth=truth,
        change_held=bool(changes["low"][GAIN] <= truth[GAIN] <= changes["high"][GAIN]),
        units=float(was.sum()),
    )


def _parts(won: Floats, gains: Bools) -> Parts:
    return float(won[gains].sum()), float(won[~gains].sum()), float(won.sum())


def _weeks_after(timed: Fit) -> dict[int, float]:
    return {
        later: timed.effects[name].log_ratio
        for later, name in enumerate(("display", "lag1", "lag2"))
    }


def _sound(name: str, world: World, logs: int, seed: list[int]) -> Iterator[Row]:
    began = time.process_time()
    found = study(world, logs, seed)
    spent = time.process_time() - began
    held, change = sum(one.held for one in found), sum(one.change_held for one in found)
    yield share(STUDY, name, "95 % interval holds the display's effect", held, logs, HELD)
    yield from _errors(name, world, found)
    for part, words in enumerate(PARTS):
        off = float(np.median(np.abs(_off(found, "foretold", part))))
        yield _row(name, f"median error of the units foretold {words}", off, logs, high=WITHIN)
    net = float(np.median(np.abs(_net_off(found, "foretold"))))
    yield _row(name, "median error of the net change, of all units", net, logs)
    yield share(STUDY, name, "interval of the foretold gain holds the true one", change, logs)
    yield _row(name, "CPU seconds", spent, logs, SECONDS)


def _bent(name: str, world: World, logs: int, seed: list[int]) -> Iterator[Row]:
    began = time.process_time()
    found = study(world, logs, seed, after=True)
    spent = time.process_time() - began
    held = sum(one.held for one in found)
    yield share(STUDY, name, "95 % interval holds the display's effect", held, logs)
    yield from _errors(name, world, found)
    for figure, after in (("foretold", ""), ("foretold_after", ", with the weeks after")):
        for part, words in enumerate(PARTS):
            means = (np.mean([getattr(one, f)[part] for one in found]) for f in (figure, "truth"))
            off = float(next(means) / next(means) - 1.0)
            yield _row(name, f"bias of the units foretold {words}{after}", off, logs, SIGNED)
        net = float(_net_off(found, figure).mean())
        yield _row(name, f"bias of the net change, of all units{after}", net, logs, SIGNED)
    yield _row(name, "CPU seconds", spent, logs, SECONDS)


def _errors(name: str, world: World, found: list[Found]) -> Iterator[Row]:
    bias = float(np.mean([one.effect for one in found])) - world.display
    spread = float(np.std([one.effect for one in found]))
    yield _row(name, "bias of the effect's log ratio", bias, len(found), PLAIN)
    yield _row(name, "its standard deviation over logs", spread, len(found), PLAIN)
    price = float(np.mean([one.price for one in found])) - world.price
    yield _row(name, "bias of the price elasticity", price, len(found), PLAIN)


def _off(found: list[Found], figure: str, part: int) -> Floats:
    """Error of each log's foretold units, over the true change."""
    return np.array([getattr(one, figure)[part] / one.truth[part] - 1.0 for one in found])


def _net_off(found: list[Found], figure: str) -> Floats:
    return np.array([(getattr(one, figure)[NET] - one.truth[NET]) / one.units for one in found])


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
