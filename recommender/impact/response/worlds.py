"""Made-up worlds whose response to displays is known: what the estimate is tried on.

Sales are Poisson around a product-store level, a shock of the product's week that all stores share
(a season, a mailer), the display's effect and the price. Displays follow the shock and the level,
as a merchandiser's do, so a comparison of shown and unshown cells is off. Further switches break
what the estimate assumes, so that its bias can be told.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.candidates import Bools, Floats, Ints
from recommender.impact.response.panel import Cells, telling
from recommender.log import Ids, Log
from recommender.relevance.displays import Displays

BEFORE, AFTER = 2, 1  # weeks simulated around those of the panel
INNER = slice(BEFORE, -AFTER)
OWN_DEMAND = 0.3  # spread of what only one store sells one week, where anybody follows it


@dataclass(frozen=True, kw_only=True)
class World:
    """A shop to draw logs from; rates are logs of ratios.

    The switches from `stockpiling` on break what the estimate assumes; at 0 they do nothing.
    """

    products: int = 30
    stores: int = 15
    weeks: int = 20
    display: float = 0.3
    price: float = -1.0
    base: float = -1.5  # log of units a cell, without shocks
    shock: float = 0.6  # spread of the shocks of product-weeks
    followed: float = 1.0  # how far displays follow those shocks
    stockpiling: float = 0.0  # lost in each of the two weeks after a display: 0.1 is about a tenth
    targeted: float = 0.0  # how far displays follow what only that store sells that week
    priced: float = 0.0  # how far log prices follow what only that store sells that week
    unrecorded: float = 0.0  # share of the units that displays win which the log does not hold
    dropped: float = 0.0  # share of displayed cells without a sale that are not in the panel
    mailer_varies: bool = False  # whether stores of one week differ in the mailer


@dataclass(frozen=True, kw_only=True)
class SimulatedShop:
    """One log of a world, with what made it; arrays are (products, stores, weeks).

    Two weeks before and one after the panel's own are simulated too: `INNER` are its own.
    """

    world: World
    shown: Bools
    mailer: Bools
    log_price: Floats
    rate_undisplayed: Floats  # log of the units expected without any display
    units: Floats  # recorded
    listed: Bools  # whether the panel holds the cell

    def expected_units(self, shown: Bools) -> Floats:
        """Units expected of all customers in the panel's weeks if these displays stood, 3-d."""
        return np.exp(self.rate_undisplayed + _moved(self.world, shown))[:, :, INNER]

    def cells(self) -> Cells:
        """The panel, without product-weeks and product-stores that sold nothing."""
        place = np.indices(self.shown.shape)
        weeks = self.shown.shape[2]
        listed = self.listed[:, :, INNER].reshape(-1)

        def flat(values: Floats | Bools | Ints, shift: int = 0) -> Floats:
            moved = values[:, :, BEFORE + shift : weeks - AFTER + shift]
            return moved.reshape(-1).astype(np.float64)

        cells = Cells(
            product=flat(place[0]).astype(np.int64),
            store=flat(place[1]).astype(np.int64),
            week=flat(place[2]).astype(np.int64),
            units=flat(self.units),
            lines=np.minimum(flat(self.units), 1.0),
            log_price=flat(self.log_price),
            display=flat(self.shown).astype(np.int16),
            mailer=flat(self.mailer).astype(np.bool_),
            lead=flat(self.shown, 1).astype(np.bool_),
            lag1=flat(self.shown, -1).astype(np.bool_),
            lag2=flat(self.shown, -2).astype(np.bool_),
        )
        return telling(cells if listed.all() else cells.where(listed))


def simulated_shop(world: World, rng: np.random.Generator) -> SimulatedShop:
    """One log of `world`.

    >>> shop = simulated_shop(World(products=5, stores=4, weeks=6), np.random.default_rng(1))
    >>> shop.units.shape, shop.expected_units(shop.shown).shape
    ((5, 4, 9), (5, 4, 6))
    """
    shape = world.products, world.stores, world.weeks + BEFORE + AFTER
    level = rng.normal(size=shape[:2])[:, :, None]
    shock = world.shock * rng.normal(size=(shape[0], 1, shape[2]))
    own = rng.normal(size=shape)
    wish = -1.2 + world.followed * shock + 0.4 * level + world.targeted * own
    shown = rng.normal(size=shape) < wish
    mailer = rng.random(shape if world.mailer_varies else (shape[0], 1, shape[2])) < 0.2
    price = 1.0 + 0.1 * rng.normal(size=(shape[0], 1, shape[2])) - 0.05 * shown
    price = price + 0.03 * rng.normal(size=shape) + world.priced * own
    rate = world.base + level + shock + world.price * price
    rate = rate + (OWN_DEMAND * own if world.targeted or world.priced else 0.0)
    expected = np.exp(rate + _moved(world, shown))
    if world.unrecorded:
        won = -np.expm1(-world.display) * shown  # share of a displayed cell's units that it won
        expected = expected * (1.0 - world.unrecorded * won)
    units = rng.poisson(expected).astype(np.float64)
    listed = np.ones(shape, np.bool_)
    if world.dropped:
        listed = ~(shown & (units == 0) & (rng.random(shape) < world.dropped))
    return SimulatedShop(
        world=world,
        shown=shown,
        mailer=np.broadcast_to(mailer, shape),
        log_price=price,
        rate_undisplayed=rate,
        units=units,
        listed=listed,
    )


def simulated_cells(world: World, rng: np.random.Generator) -> Cells:
    """The panel of one log of `world`, without product-weeks and product-stores that sold nothing.

    >>> cells = simulated_cells(World(products=5, stores=4, weeks=6), np.random.default_rng(1))
    >>> bool(cells.units.sum() > 0), bool(cells.shown.any())
    (True, True)
    """
    return simulated_shop(world, rng).cells()


def _moved(world: World, shown: Bools) -> Floats:
    """What displays add to the log of the units of each cell: its own and those before it."""
    moved: Floats = world.display * shown.astype(np.float64)
    for back in (1, 2):
        moved[:, :, back:] -= world.stockpiling * shown[:, :, :-back]
    return moved


def tiny_log() -> tuple[Log, Displays]:
    """Two products, two stores and four weeks, to follow by hand.

    Milk stands on display in store 0 in week 3 and in store 1 in week 2. Store 0 sells two of it in
    week 3, store 1 one in week 4. The displays list both stores in weeks 1 to 5.
    """
    ids = Ids(*(np.array(names, dtype=object) for names in (["ann"], ["milk", "soap"], ["a", "b"])))
    zeros = np.zeros(3, np.int64)
    log = Log(
        ids=ids,
        customer=zeros,
        product=np.array([1, 0, 0]),
        week=np.array([1, 3, 4]),
        day=np.array([0.0, 14.0, 21.0]),
        basket=np.arange(3),
        store=np.array([0, 0, 1]),
        quantity=np.array([1.0, 2.0, 1.0]),
        paid=np.array([1.0, 6.0, 2.0]),
        whole_until=4,
    )
    # soap is in the mailer everywhere, which is what lists the stores' weeks
    return log, Displays(
        product=np.r_[0, 0, np.ones(10, np.int64)],
        store=np.r_[0, 1, np.repeat([0, 1], 5)],
        week=np.r_[3, 2, np.tile([1, 2, 3, 4, 5], 2)],
        display=np.r_[1, 1, np.zeros(10, np.int64)].astype(np.int16),
        mailer=np.r_[0, 0, np.ones(10, np.int64)].astype(np.int16),
        display_names=("none", "end cap"),
        mailer_names=("none", "front page"),
    )
