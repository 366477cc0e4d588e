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
from recommender.impact.response_panel import Cells, telling
from recommender.log import Ids, Log
from recommender.relevance.displays import Displays


@dataclass(frozen=True, kw_only=True)
class World:
    """A shop to draw logs from; rates are logs of ratios."""

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
    mailer_varies: bool = False  # whether stores of one week differ in the mailer


def simulated_cells(world: World, rng: np.random.Generator) -> Cells:
    """The panel of one log of `world`, without product-weeks and product-stores that sold nothing.

    >>> cells = simulated_cells(World(products=5, stores=4, weeks=6), np.random.default_rng(1))
    >>> bool(cells.units.sum() > 0), bool(cells.shown.any())
    (True, True)
    """
    padded = world.weeks + 3  # two weeks before, one after
    shape = world.products, world.stores, padded
    level = rng.normal(size=shape[:2])[:, :, None]
    shock = world.shock * rng.normal(size=(world.products, 1, padded))
    own = rng.normal(size=shape)
    wish = -1.2 + world.followed * shock + 0.4 * level + world.targeted * own
    shown = rng.normal(size=shape) < wish
    mailer = rng.random(shape if world.mailer_varies else (shape[0], 1, padded)) < 0.2
    price = 1.0 + 0.1 * rng.normal(size=(world.products, 1, padded)) - 0.05 * shown
    price = price + 0.03 * rng.normal(size=shape)
    rate = world.base + level + shock + world.display * shown + world.price * price
    rate = rate + (0.3 * own if world.targeted else 0.0)
    rate[:, :, 1:] -= world.stockpiling * shown[:, :, :-1]
    rate[:, :, 2:] -= world.stockpiling * shown[:, :, :-2]
    units = rng.poisson(np.exp(rate)).astype(np.float64)
    product, store, week = np.indices(shape)
    inner = slice(2, padded - 1)

    def flat(values: Floats | Bools | Ints, shift: int = 0) -> Floats:
        moved = np.broadcast_to(values, shape)[:, :, inner.start + shift : inner.stop + shift]
        return moved.reshape(-1).astype(np.float64)

    return telling(
        Cells(
            product=flat(product).astype(np.int64),
            store=flat(store).astype(np.int64),
            week=flat(week).astype(np.int64),
            units=flat(units),
            lines=np.minimum(flat(units), 1.0),
            log_price=flat(price),
            display=flat(shown).astype(np.int16),
            mailer=flat(mailer).astype(np.bool_),
            lead=flat(shown, 1).astype(np.bool_),
            lag1=flat(shown, -1).astype(np.bool_),
            lag2=flat(shown, -2).astype(np.bool_),
        )
    )


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
