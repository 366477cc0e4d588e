"""Land-use scores: how well the part of a figure that is land-use change is known.

Beside the estimate's own part, which is that of the records near it, stand no part at all and the
mean part of the category. Parts are learned, like figures, from other folds.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pcf_estimator.assess.held_out import HeldOut, luc_shares

Bools = np.ndarray

LAND_USER = 0.1  # part from land-use change from which on a good is said to turn on it


def land_use_scores(seed: pd.DataFrame, held: HeldOut) -> dict[str, object]:
    """How far the part from land-use change, and figures without it, are off; {} without any.

    Of rows whose source states it, by method: `share_off`, the median of |estimated part - stated
    part|; `without_median_ape`, of the estimate without its part, against the figure without its
    own. `land_users` are the rows of which it is a tenth or more: elsewhere no part is near right.
    """
    asked = seed.take(held.facts["row"].to_numpy())
    stated = luc_shares(asked)
    known = ~np.isnan(stated) & ~held.facts["luc_share"].isna().to_numpy()
    if not known.any():
        return {}
    shares = {
        "no part": np.zeros(len(asked)),
        "category mean": held.facts["luc_share_of_mean"].to_numpy(),
        "estimate": held.facts["luc_share"].to_numpy(),
    }
    kg = asked["kg_co2e_per_kg"].to_numpy(dtype=np.float64) * (1 - stated)
    estimate = 10 ** held.said["estimate"].to_numpy()

    def errors(rows: Bools) -> dict[str, object]:
        return {
            "rows": int(rows.sum()),
            "mean_share": float(stated[rows].mean()) if rows.any() else None,
            "methods": {
                method: {
                    "share_off": float(np.median(np.abs(share - stated)[rows])),
                    "share_off_mean": float(np.abs(share - stated)[rows].mean()),
                    "without_median_ape": float(
                        np.median(np.abs(estimate * (1 - share) / kg - 1)[rows])
                    ),
                }
                for method, share in shares.items()
                if rows.any()
            },
        }

    return {**errors(known), "land_users": errors(known & (stated >= LAND_USER))}
