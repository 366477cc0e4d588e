"""Whether the audit households may be told apart from the others without naming a few of either."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recommender.candidates import Bools
from recommender.impact.segments.hidden import SMALLEST, hidden_cells

NO_AUDIT = (
    "The audit households are not told apart: they, or the others beside them, are fewer than {}, "
    "in all or with purchases."
)


def may_stand_apart(audit: Bools, bought: Sequence[Bools], smallest: int = SMALLEST) -> bool:
    """Whether neither the audit households nor the others are too few; true without any audit.

    `audit` (households,); `bought` are, by task, the households that enter figures of purchases
    (households,), of which the audit may hold nobody.

    >>> may_stand_apart(np.arange(22) < 10, [])  # 10 and 12 households
    True
    >>> may_stand_apart(np.arange(22) < 10, [np.arange(22) > 0])  # of the 10, 9 bought
    False
    """
    if not audit.any():
        return True
    both = np.column_stack([audit, ~audit])
    entering = [np.ones(len(audit), np.bool_), *bought]
    one_kind = np.zeros(2, np.int64)
    return not any(hidden_cells(both[of], one_kind, smallest).any() for of in entering)
