"""Verified figures: which may be used on a day, and how they enter a catalogue.

A supplier's figure stands above an estimate, so it has to earn that: it names its source, it has an
end, and one that the estimator finds hardly possible is not used until somebody gives evidence.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from pcf_estimator.tables import ID, Column, Table, TableError, check_table

VERIFIED = Table(
    name="verified",
    named_by=("product_id", "footprint_id"),
    columns={
        "product_id": ID,
        "kg_co2e": Column(
            kind="number", meaning="kg CO2e per pack", required=True, filled=True, at_least=0
        ),
        "source": Column(kind="text", meaning="whose figure", required=True, filled=True),
        "valid_until": Column(
            kind="time", meaning="the first moment it is not valid", required=True, filled=True
        ),
        "valid_from": Column(kind="time", meaning="the first moment it is valid"),
        "reference_period_end": Column(kind="time", meaning="end of the data it rests on"),
        "created": Column(kind="time", meaning="when it was made"),
        "evidence": Column(kind="text", meaning="where an unusual figure is explained"),
    },
)
RANGES_95 = Table(
    name="estimates",
    key="product_id",
    columns={
        "product_id": ID,
        "kg_co2e_low_95": Column(kind="number", meaning="kg CO2e", required=True, at_least=0),
        "kg_co2e_high_95": Column(kind="number", meaning="kg CO2e", required=True, at_least=0),
    },
)
USED, EXPIRED, ASKS = "used", "expired", "asks for evidence"
EARLY, SUPERSEDED = "not yet valid", "superseded"
STATUSES: Mapping[str, str] = {
    USED: "used",
    EXPIRED: "expired, so not used",
    ASKS: "outside the model's 95 % range without evidence, so not used",
    EARLY: "not yet valid, so not used",
    SUPERSEDED: "superseded by a later footprint of the same product, so not used",
}


def check_verified(verified: pd.DataFrame, estimates: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """`verified` with `status` and, where a figure is not used, `reason` in words.

    Of each product the latest figure that is valid on `as_of` counts (by end of its reference
    period, then by date of making): "used", or "asks for evidence" where it lies outside the range
    and no `evidence` is given. Others are "superseded", "expired" or "not yet valid". `estimates`
    holds the model's own 95 % ranges in kg CO2e per pack, made without any verified figure; a
    product without a range has nothing to be compared with. Raises TableError for a figure without
    source, expiry or number.

    >>> told = pd.DataFrame(
    ...     {
    ...         "product_id": ["milk", "beef"],
    ...         "kg_co2e": [1.2, 0.1],
    ...         "source": ["Dairy", "Farm"],
    ...         "valid_until": pd.to_datetime(["2027-01-01", "2027-01-01"]),
    ...     }
    ... )
    >>> ranges = pd.DataFrame(
    ...     {
    ...         "product_id": ["milk", "beef"],
    ...         "kg_co2e_low_95": [0.6, 9.0],
    ...         "kg_co2e_high_95": [2.4, 60.0],
    ...     }
    ... )
    >>> check_verified(told, ranges, date(2026, 7, 1))["status"].tolist()
    ['used', 'asks for evidence']
    """
    if verified.empty:
        return verified.assign(status=pd.Series(dtype="str"), reason=pd.Series(dtype="str"))
    sound = check_table(verified, VERIFIED, "verified")
    today = pd.Timestamp(as_of)
    missing = pd.Series(pd.NaT, index=sound.index)
    since = sound.get("valid_from", missing)
    ended, early = sound["valid_until"] <= today, (since > today).fillna(False)
    order = pd.DataFrame(
        {
            "end": sound.get("reference_period_end", missing),
            "made": sound.get("created", missing),
            "until": sound["valid_until"],
        }
    ).sort_values(["end", "made", "until"], na_position="first", kind="stable")
    counts = order.index[~(ended | early)[order.index]]
    latest = ~sound["product_id"][counts].duplicated(keep="last")
    low, high = _ranges(sound["product_id"], estimates)
    kg = sound["kg_co2e"].to_numpy()
    explained = sound.get("evidence", pd.Series(None, index=sound.index, dtype="str")).notna()
    outside = outside_range(sound["product_id"], sound["kg_co2e"], estimates) & ~explained
    current = pd.Series(False, index=sound.index)
    current[latest.index[latest]] = True
    status = np.select(
        [ended, early, ~current, outside], [EXPIRED, EARLY, SUPERSEDED, ASKS], default=USED
    )
    reason = np.select(
        [status == name for name in (EXPIRED, EARLY, SUPERSEDED, ASKS)],
        [
            "expired on " + sound["valid_until"].dt.strftime("%Y-%m-%d"),
            "valid from " + since.dt.strftime("%Y-%m-%d") if "valid_from" in sound else "",
            "a later footprint of this product is valid",
            [
                f"{a:.3g} kg is outside the model's 95 % range of {b:.3g} to {c:.3g} kg"
                for a, b, c in zip(kg, low, high, strict=True)
            ],
        ],
        default="",
    )
    return verified.assign(
        status=pd.Series(status, index=verified.index, dtype="str"),
        reason=pd.Series(reason, index=verified.index, dtype="str"),
    )


def apply_verified(products: pd.DataFrame, verified: pd.DataFrame) -> pd.DataFrame:
    """`products` with `verified_kg_co2e` and `verified_source` filled from the figures in use.

    `verified` is an answer of `check_verified`; rows of another status change nothing. A figure in
    use stands above one that the catalogue itself gives. Columns are added where they are missing.

    >>> shop = pd.DataFrame({"product_id": ["milk", "beef"]})
    >>> told = pd.DataFrame(
    ...     {"product_id": ["milk"], "kg_co2e": [1.2], "source": ["Dairy"], "status": ["used"]}
    ... )
    >>> apply_verified(shop, told)["verified_kg_co2e"].tolist()
    [1.2, nan]
    """
    used = verified[verified["status"] == USED]
    twice = used["product_id"].duplicated()
    if twice.any():
        raise TableError(
            f"verified: product {used['product_id'][twice].iloc[0]} has two figures in use, but "
            f"one was expected ({int(twice.sum())} such rows)"
        )
    by_product = used.set_index("product_id")
    kg = products["product_id"].map(by_product["kg_co2e"]).astype("float64")
    source = products["product_id"].map(by_product["source"]).astype("str")
    filled = products.copy()
    if "verified_kg_co2e" in products:
        kg = kg.where(kg.notna(), products["verified_kg_co2e"].astype("float64"))
    if "verified_source" in products:
        source = source.where(source.notna(), products["verified_source"].astype("str"))
    filled["verified_kg_co2e"], filled["verified_source"] = kg, source
    return filled


def merge_verified(old: pd.DataFrame, new: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Rows of an earlier import joined by those of a later one, and how many old ones it replaces.

    A footprint that comes again replaces itself, and one that lists preceding footprints replaces
    those. `new` may hold rows without a product: they replace and are not kept. Evidence once given
    for a figure stays with it while the figure is the same.
    """
    gone = set(new["footprint_id"])
    for names in new["replaces"]:
        gone |= set(json.loads(names))
    kept = old[~old["footprint_id"].isin(gone)] if len(old) else old
    inside = new["footprint_id"].isin({n for names in new["replaces"] for n in json.loads(names)})
    fresh = new[~inside & new["product_id"].notna()]
    figure = ["footprint_id", "product_id", "kg_co2e"]
    if len(old) and len(fresh):
        known = old.drop_duplicates(figure).set_index(figure)["evidence"]
        earlier = known.reindex(pd.MultiIndex.from_frame(fresh[figure])).to_numpy()
        given = fresh["evidence"]
        fresh = fresh.assign(evidence=given.where(given.notna(), earlier))
    parts = [part for part in (kept, fresh) if len(part)]
    both = pd.concat(parts, ignore_index=True) if parts else fresh
    return both, len(old) - len(kept) + int(inside.sum())


def ranges_95(footprints: pd.DataFrame) -> pd.DataFrame:
    """The columns of RANGES_95 from estimates, made without any verified figure."""
    return footprints[list(RANGES_95.columns)]


def outside_range(product_id: pd.Series, kg_co2e: pd.Series, estimates: pd.DataFrame) -> pd.Series:
    """Which figures lie outside the model's own 95 % range; same index, no range is never outside.

    >>> ranges = pd.DataFrame(
    ...     {"product_id": ["a"], "kg_co2e_low_95": [0.5], "kg_co2e_high_95": [2.0]}
    ... )
    >>> outside_range(pd.Series(["a", "b"]), pd.Series([3.0, 3.0]), ranges).tolist()
    [True, False]
    """
    low, high = _ranges(product_id, estimates)
    kg = kg_co2e.to_numpy(dtype=np.float64, na_value=np.nan)
    return pd.Series((kg < low) | (kg > high), index=product_id.index)


def count_statuses(checked: pd.DataFrame) -> dict[str, int]:
    """How many rows have each status, in the order of STATUSES; statuses without rows are left out.

    >>> count_statuses(pd.DataFrame({"status": ["used", "expired", "used"]}))
    {'used': 2, 'expired': 1}
    """
    counts = checked["status"].value_counts()
    return {name: int(counts[name]) for name in STATUSES if name in counts}


def _ranges(product_id: pd.Series, estimates: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    if estimates.empty:
        nothing = np.full(len(product_id), np.nan)
        return nothing, nothing
    ranges = check_table(estimates, RANGES_95, "estimates").set_index("product_id")
    low, high = (
        product_id.map(ranges[name]).to_numpy(dtype=np.float64)
        for name in ("kg_co2e_low_95", "kg_co2e_high_95")
    )
    return low, high
