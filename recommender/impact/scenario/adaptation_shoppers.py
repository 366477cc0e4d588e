"""How shoppers come back, follow a new list, and spend what they save, month by month."""

from __future__ import annotations

import numpy as np

from recommender.candidates import Floats


def engagement(month: int, short: Floats, recovery_months: Floats) -> Floats:
    """Purchases from slots as a share of those before, (draws,): the loss shrinks in even steps.

    Month 0 is just after the change, with `short` (engagement_short) in full; from
    `recovery_months` on nothing of it is left.

    >>> engagement(3, short=np.array([-0.04, -0.04]), recovery_months=np.array([12.0, 0.0]))
    array([0.97, 1.  ])
    """
    _refuse_before(month)
    if month == 0:
        return 1.0 + short
    gone = np.divide(month, recovery_months, out=np.ones_like(short), where=recovery_months > month)
    return 1.0 + short * (1.0 - gone)


def followed(month: int, habit: Floats) -> Floats:
    """Share of choices that follow the new list in a month, (draws,); the rest are as before.

    `habit` is the share of the past choice that holds for a month; month 0 is the first. So a
    choice in that month is past + followed * (new - past).

    >>> followed(0, np.array([0.0, 0.5, 1.0])), followed(1, np.array([0.0, 0.5, 1.0]))
    (array([1. , 0.5, 0. ]), array([1.  , 0.75, 0.  ]))
    """
    _refuse_before(month)
    return 1.0 - habit ** (month + 1)


def rebound_kg(money_saved: Floats, rebound_share: Floats, rebound_kg_per_money: Floats) -> Floats:
    """kg CO2e of what saved money buys elsewhere, to be added to total kg; shapes broadcast.

    `money_saved` is what shoppers pay less for the same needs, in shop currency. Who pays more is
    credited with nothing: money that a dearer basket takes from elsewhere is no saving of carbon
    that a policy could claim. Purchases that moved to another shop are not saved money, and carry
    their own carbon there.

    >>> rebound_kg(np.array([10.0, -10.0]), np.array([0.5, 0.5]), np.array([0.4, 0.4]))
    array([2., 0.])
    """
    return np.maximum(money_saved, 0.0) * rebound_share * rebound_kg_per_money


def _refuse_before(month: int) -> None:
    if month < 0:
        raise ValueError(f"month is {month}, but expected 0 (just after the change) or more")
