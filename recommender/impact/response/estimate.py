"""The response of every department: effects, placebo, the weeks after, kinds, and sensitivity."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from recommender.candidates import Bools, Floats
from recommender.impact.response.panel import Cells
from recommender.impact.response.response import (
    BOTH,
    EFFECTS,
    PRODUCT,
    STORE,
    STORE_WEEK,
    TIMED,
    Effect,
    Fit,
    NotEstimable,
    Variation,
    frame_of,
    kind_column,
    poisson,
    pooled,
    variation,
)
from recommender.impact.response.verdicts import (
    DOUBTFUL,
    NOT_IDENTIFIED,
    Verdict,
    display_verdict,
    uniform_verdict,
)

KIND_CELLS, KIND_UNITS = 500, 50  # a kind of display needs both to stand alone
OTHER_KINDS = "other displays"
ROUNDING = 1e-9  # a share of variance below it is none
NO_CELLS = "no cell of a listed store and week holds a sale"
NONE_VARIED = Variation(cells=0.0, in_week=0.0, beside_both=0.0)
Range = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Variant:
    """The display effect under another choice than the main model's."""

    name: str
    effect: Effect | None  # None where that model can not be fitted
    why: str  # what the choice shows, or why it can not be fitted


@dataclass(frozen=True, kw_only=True)
class Kind:
    """The effect of one kind of display."""

    name: str
    cells: int
    units: float
    effect: Effect


@dataclass(frozen=True, kw_only=True)
class Response:
    """What the log says about one department."""

    department: str
    products: int
    eligible: int  # products that could have entered
    cells: int
    units: float
    sold_share: float  # of cells that hold a sale
    display_variation: Variation
    mailer_variation: Variation
    price_variation: Variation
    verdict: Verdict
    mailer_verdict: Verdict
    price_verdict: Verdict
    display: Effect | None = None
    lead: Effect | None = None  # the placebo: a display one week later
    lag1: Effect | None = None  # a display one week earlier
    lag2: Effect | None = None
    less_lead: Effect | None = None  # the display's effect beyond that of the placebo
    net: tuple[float, float, float] | None = None  # display and two weeks after, in weeks' sales
    mailer: Effect | None = None
    price: Effect | None = None  # log_ratio is the price elasticity; a control, not a finding
    kinds: tuple[Kind, ...] = ()
    variants: tuple[Variant, ...] = field(default=())

    @property
    def usable(self) -> Range | None:
        """Range of a display's change of sales to reckon with; None where not identified."""
        if self.display is None or self.verdict.word == NOT_IDENTIFIED:
            return None
        low, high = self.display.interval
        if self.verdict.word == DOUBTFUL and self.less_lead is not None:
            low = min(low, self.less_lead.interval[0])
        return low, high


def department_response(
    department: str, cells: Cells, eligible: int, display_names: Sequence[str]
) -> Response:
    """All estimates for the cells of one department; what can not be fitted says so."""
    varied = {
        "display": _varied(cells, cells.shown.astype(np.float64)),
        "mailer": _varied(cells, cells.mailer.astype(np.float64)),
        "price": _varied(cells, cells.log_price),
    }
    mailer_out = uniform_verdict("the mailer", varied["mailer"])
    if not cells.mailer.any():
        mailer_out = Verdict(word=NOT_IDENTIFIED, sentence="not identified: no mailer in the cells")
    price_out = uniform_verdict("the price", varied["price"])
    controls = [] if mailer_out else ["mailer"]
    controls += ["log_price"] if varied["price"].beside_both > ROUNDING else []
    nothing = Response(
        department=department,
        products=len(np.unique(cells.product)),
        eligible=eligible,
        cells=len(cells),
        units=float(cells.units.sum()),
        sold_share=float((cells.units > 0).mean()) if len(cells) else 0.0,
        display_variation=varied["display"],
        mailer_variation=varied["mailer"],
        price_variation=varied["price"],
        verdict=display_verdict(None, None, varied["display"], reason=NO_CELLS),
        mailer_verdict=mailer_out or _seen("the mailer"),
        price_verdict=price_out or _seen("the price"),
    )
    if len(cells) == 0:
        return nothing
    frame = frame_of(cells, display_names)
    try:
        main = poisson(frame, ["display", *controls], clusters=(PRODUCT, STORE, BOTH))
        timed = poisson(frame, [*TIMED, *controls])[PRODUCT]
    except NotEstimable as error:
        return replace(
            nothing, verdict=display_verdict(None, None, varied["display"], reason=str(error))
        )
    effects = main[PRODUCT].effects
    return replace(
        nothing,
        verdict=display_verdict(effects["display"], timed.effects["lead"], varied["display"]),
        display=effects["display"],
        lead=timed.effects["lead"],
        lag1=timed.effects["lag1"],
        lag2=timed.effects["lag2"],
        less_lead=timed.less("display", "lead"),
        net=timed.summed_change(("display", "lag1", "lag2")),
        mailer=effects.get("mailer"),
        price=effects.get("log_price"),
        kinds=_kinds(frame, cells, display_names, controls),
        variants=_variants(frame, main, timed, controls),
    )


def _varied(cells: Cells, values: Floats) -> Variation:
    return variation(cells, values) if len(cells) else NONE_VARIED


def _seen(what: str) -> Verdict:
    return Verdict(
        word=DOUBTFUL,
        sentence=f"doubtful: stores differ in {what}, but nothing here tests whether {what} "
        "follows what sells",
    )


def _kinds(
    frame: pd.DataFrame, cells: Cells, names: Sequence[str], controls: Sequence[str]
) -> tuple[Kind, ...]:
    """The effect of each kind of display in one model, rare ones together."""
    alone: dict[str, tuple[str, Bools]] = {}
    rare = cells.shown.copy()
    for code in range(1, len(names)):
        here = cells.display == code
        if here.sum() >= KIND_CELLS and cells.units[here].sum() >= KIND_UNITS:
            alone[kind_column(code)] = names[code], here
            rare &= ~here
    if rare.any():
        frame = frame.assign(rare=rare.astype(np.float64))
        alone["rare"] = OTHER_KINDS, rare
    try:
        effects = poisson(frame, [*alone, *controls])[PRODUCT].effects
    except NotEstimable:
        return ()
    return tuple(
        Kind(
            name=name,
            cells=int(here.sum()),
            units=float(cells.units[here].sum()),
            effect=effects[column],
        )
        for column, (name, here) in alone.items()
    )


def _variants(
    frame: pd.DataFrame, main: dict[str, Fit], timed: Fit, controls: Sequence[str]
) -> tuple[Variant, ...]:
    """The display effect under every other choice, with what the choice shows."""
    plain = ["display", *controls]
    no_price = [name for name in plain if name != "log_price"]
    sold = frame[frame["units"] > 0]
    asked: list[tuple[str, str, Callable[[], Effect]]] = [
        (
            "errors clustered by store",
            "what stores have in common",
            lambda: main[STORE].effects["display"],
        ),
        (
            "errors clustered by product and by store",
            "both at once",
            lambda: main[BOTH].effects["display"],
        ),
        (
            "with the weeks around it",
            "displays that last for weeks",
            lambda: timed.effects["display"],
        ),
        (
            "price not controlled",
            "price is known only where something was sold",
            lambda: poisson(frame, no_price)[PRODUCT].effects["display"],
        ),
        (
            "store x week effects too",
            "a store's busy weeks",
            lambda: poisson(frame, plain, effects=(*EFFECTS, STORE_WEEK))[PRODUCT].effects[
                "display"
            ],
        ),
        (
            "purchase lines instead of units",
            "how many buy, not how much each",
            lambda: poisson(frame, plain, outcome="lines")[PRODUCT].effects["display"],
        ),
        (
            "biased on purpose: cells with a sale only",
            "what leaving out zero cells does",
            lambda: poisson(sold, plain)[PRODUCT].effects["display"],
        ),
        (
            "biased on purpose: product effects only",
            "displays follow season, mailer and busy stores",
            lambda: poisson(frame, plain, effects=(PRODUCT,))[PRODUCT].effects["display"],
        ),
    ]
    made = []
    for name, why, fit in asked:
        try:
            made.append(Variant(name=name, effect=fit(), why=why))
        except NotEstimable as error:
            made.append(Variant(name=name, effect=None, why=f"can not be fitted: {error}"))
    return tuple(made)


def borrowed(responses: Sequence[Response]) -> tuple[Effect, Range] | None:
    """Mean effect over departments, and the range of one that the log does not identify.

    The range is a 95 % prediction interval: the mean's error and the departments' spread. None
    where fewer than two departments are identified, however doubtfully.
    """
    usable = [one.display for one in responses if one.usable is not None and one.display]
    if len(usable) < 2:
        return None
    mean, spread = pooled(usable)
    wide = Effect(
        log_ratio=mean.log_ratio,
        error=float(np.hypot(mean.error, spread)),
        clusters=len(usable),
    )
    return mean, wide.interval
