"""How sellers react, month by month, to the income that a policy leaves them.

A seller that lost exposure for carbon may lower its footprints a little every month; one whose
income fell changes its prices at once, within bounds; one whose income stays under a share of what
it was leaves after EXIT_LAG_MONTHS and does not return; lighter newcomers take a share of each
need. Exposure is zero-sum: what leavers had goes to who is there, what newcomers take is lost by
all others, and the exposure of a need never changes.

Parameters come as `drawn`, one value a draw (recommender.impact.scenario.Scenario.draw), and
broadcast over sellers. With parameters of zero nothing moves, exactly. Neither lag nor bounds are
estimated from any log: they are assumptions of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from recommender.candidates import Bools, Floats, Ints

EXIT_LAG_MONTHS = 6  # half a year under the mark: one bad season is no reason to leave
FULL_FALL = 0.2  # of income: the reaction of prices is in proportion up to it, then full
YEAR = 12


@dataclass(frozen=True, kw_only=True)
class SellerState:
    """Where sellers stand in each draw: (draws, sellers), but newcomers (draws,)."""

    kg: Floats  # footprints as a share of those before the change, 0 to 1
    price: Floats  # prices as a share of those before, 0.7 to 1.3 by the parameter's domain
    present: Bools
    months_under: Ints  # in a row, with income under the mark
    newcomers: Floats  # share of every need's exposure, 0 to below 1


def at_start(draws: int, sellers: int) -> SellerState:
    """The state just after the change: all are there and nobody has reacted yet."""
    shape = (draws, sellers)
    return SellerState(
        kg=np.ones(shape),
        price=np.ones(shape),
        present=np.ones(shape, dtype=np.bool_),
        months_under=np.zeros(shape, dtype=np.int64),
        newcomers=np.zeros(draws),
    )


def lost_for_carbon(exposure: Floats, exposure_before: Floats, kg_excess: Floats) -> Bools:
    """Which sellers have less exposure than before and goods heavier than their needs' mean.

    `kg_excess` is a seller's mean kg CO2e above what its needs otherwise bring home. Shapes are
    equal or broadcast.

    >>> lost_for_carbon(np.array([1.0, 1.0, 3.0]), np.array([2.0, 2.0, 1.0]), np.array([1, -1, 1]))
    array([ True, False, False])
    """
    return np.asarray((exposure < exposure_before) & (kg_excess > 0))


def who_cuts(lost: Bools, drawn: Mapping[str, Floats], ready: Floats) -> Bools:
    """Which sellers lower their footprints, (draws, sellers): a drawn share of those who `lost`.

    `ready` is one number from 0 to below 1 a seller, (sellers,) or (draws, sellers), drawn by the
    caller: the ones under `seller_cut_share` cut. One seller that cuts at a share still cuts at any
    higher share.

    >>> share = {"seller_cut_share": np.array([0.0, 0.5])}
    >>> who_cuts(np.array([True, True, False]), share, ready=np.array([0.2, 0.7, 0.2]))
    array([[False, False, False],
           [ True, False, False]])
    """
    return np.asarray(lost & (ready < drawn["seller_cut_share"][:, None]))


def a_month_on(
    state: SellerState,
    income: Floats,
    income_before: Floats,
    cuts: Bools,
    drawn: Mapping[str, Floats],
    months: int = 1,
) -> SellerState:
    """The state one month later, or some `months` later in which incomes stay as they are.

    `income` is (draws, sellers), `income_before` (sellers,) or alike, both of one month and in
    shop currency; a seller without income before has nothing to lose and does not react. `cuts`
    are the sellers of `who_cuts`. Raises ValueError for months below 0; after 0 nothing has moved.

    >>> drawn = {name: np.array([0.0]) for name in ("seller_cut", "seller_entry")}
    >>> drawn |= {"seller_reprice": np.array([-0.1]), "seller_exit_below": np.array([0.5])}
    >>> income, before = np.array([[90.0, 40.0]]), np.array([100.0, 100.0])
    >>> month = a_month_on(at_start(1, 2), income, before, np.array([[False, False]]), drawn)
    >>> month.price, month.months_under  # a fall of 10 % is half of FULL_FALL
    (array([[0.95, 0.9 ]]), array([[0, 1]]))
    """
    if months < 0:
        raise ValueError(f"months is {months}, but expected 0 or more")
    if months == 0:
        return state
    years = months / YEAR
    under = income < drawn["seller_exit_below"][:, None] * income_before
    months_under = np.where(under, state.months_under + months, 0)
    stayed = (1.0 - drawn["seller_entry"]) ** years
    return SellerState(
        kg=np.where(cuts, state.kg * (1.0 - drawn["seller_cut"][:, None]) ** years, state.kg),
        price=_price(income, income_before, drawn),
        present=state.present & (months_under < EXIT_LAG_MONTHS),
        months_under=months_under,
        newcomers=1.0 - (1.0 - state.newcomers) * stayed,
    )


def shared_exposure(
    exposure: Floats, need: Ints, seller: Ints, present: Bools, newcomers: Floats
) -> tuple[Floats, Floats]:
    """Exposure of each cell, (draws, cells), and newcomers' in each need, (draws, needs).

    A cell is one seller in one need: `exposure` (cells,), numbers `need` and `seller` (cells,);
    `present` (draws, sellers) and `newcomers` (draws,) are of a SellerState. What leavers had goes
    to those present in the need, in proportion; newcomers take their share of the need, and all of
    it where nobody is left. Each need keeps its sum in each draw.

    >>> cells, theirs = shared_exposure(
    ...     np.array([3.0, 1.0, 2.0]),
    ...     need=np.array([0, 0, 1]),
    ...     seller=np.array([0, 1, 0]),
    ...     present=np.array([[False, True]]),
    ...     newcomers=np.array([0.25]),
    ... )
    >>> cells, theirs  # seller 0 leaves: 4 of need 0 to seller 1 and newcomers, 2 to newcomers
    (array([[0., 3., 0.]]), array([[1., 2.]]))
    """
    draws, cells = len(present), len(exposure)
    in_need = csr_matrix((np.ones(cells), (need, np.arange(cells))))
    kept = exposure * present[:, seller]
    left = (in_need @ kept.T).T  # (draws, needs)
    # summed in the same order as `left`, so that where nobody leaves they are equal to the last bit
    total = (in_need @ np.broadcast_to(exposure, (draws, cells)).T).T
    theirs = np.where(left > 0, newcomers[:, None] * total, total)
    # share of those present first: total / left overflows where hardly anybody is
    share = np.divide(kept, left[:, need], out=np.zeros_like(kept), where=left[:, need] > 0)
    grown = np.where((left == total)[:, need], kept, share * total[:, need])
    return grown * (1.0 - newcomers[:, None]), theirs


def _price(income: Floats, income_before: Floats, drawn: Mapping[str, Floats]) -> Floats:
    """Prices as a share of before: full reaction from FULL_FALL on, in proportion below it."""
    # not income / before: a seller with nothing before would divide by 0
    fall = np.clip(income_before - income, 0.0, FULL_FALL * income_before)
    whole = FULL_FALL * income_before
    strength = np.divide(fall, whole, out=np.zeros_like(fall), where=whole > 0)
    return 1.0 + drawn["seller_reprice"][:, None] * strength
