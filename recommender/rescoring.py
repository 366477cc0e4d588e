"""Claimed against realised: the carbon cut of a policy, scored again by what it did not see.

The optimiser's own figures say what it *claims*. A table from other sources and another mapping
says what is *realised*: an optimiser picks what is lightest by its own errors too, and those errors
are not in the other table. Each cut is also seen under other functional units (mass, energy,
protein), and is claimed only where its sign holds under all of them.

Cuts are in functional kg per demand-weighted purchase: showing goods that fewer people buy is no
saving. The log-mean Divisia split parts them into mix between needs and substitution inside needs;
"fixed mix" says the latter once more, directly: what the new goods of each need emit, weighed by
the demand of the baseline.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from pcf_estimator.tables import TableError
from recommender.bootstrap import DRAWS, drawn_sums, interval, ratio
from recommender.candidates import Bools, Floats, Ints
from recommender.carbon_split import Basket, split_functional
from recommender.functional import OWN, Functional, functional_footprints
from recommender.log import Log
from recommender.metrics import Slates

CLAIMED, REALISED = "claimed", "realised"
FLOW, MASS, ENERGY, PROTEIN = "flow", "mass", "energy", "protein"
# A food is counted by its energy or protein where a usual portion brings that much: nobody eats
# pickles for their calories. One portion in twenty of 2,000 kcal, one in ten of 50 g.
LEAST_KCAL, LEAST_PROTEIN_KG = 100.0, 0.005
NUTRIENTS = {ENERGY: ("kcal_per_kg", LEAST_KCAL), PROTEIN: ("protein_kg_per_kg", LEAST_PROTEIN_KG)}
FIGURES = {
    "per purchase": "functional kg of a demand-weighted purchase",
    "mix": "of it, another mix between needs",
    "substitution": "of it, other goods inside the same needs",
    "fixed mix": "other goods at the baseline's mix of needs",
    "total": "demand-weighted functional kg, fewer purchases included",
    "purchases": "demand-weighted purchases",
}
COLUMNS = ("table", "unit", "figure", "change", "low", "high")


@dataclass(frozen=True, kw_only=True)
class View:
    """One way to count carbon: by whose figures, and what a purchase is for."""

    table: str  # CLAIMED, REALISED or another name
    unit: str  # FLOW, MASS, ENERGY, PROTEIN
    functional: Functional


@dataclass(frozen=True, kw_only=True)
class LogCorrelation:
    """How far two tables agree on log kg_functional, weighed by demand."""

    overall: float
    within_needs: float  # after each need's own mean is taken off: what substitution rests on
    share_of_demand: float  # of products that have a figure of their own in both
    products: int


def functional_units(
    products: pd.DataFrame, purchases: Log, nutrition: pd.DataFrame | None = None
) -> dict[str, Functional]:
    """`kg_functional` of each product under every functional unit at hand, by unit.

    FLOW is what the policy uses (cups, portions, washes); MASS counts a kilogram as sold; ENERGY
    and PROTEIN, given `nutrition` (`product_id`, `kcal_per_kg`, `protein_kg_per_kg`), count those,
    in needs whose usual portion brings at least LEAST_KCAL or LEAST_PROTEIN_KG; all other needs
    stay as under FLOW. Raises TableError where `nutrition` lacks a product.
    """
    flow = functional_footprints(products, purchases)
    a_kg = products["kg_per_flow"].where(products["kg_per_flow"].isna(), 1.0)
    by_mass = products.assign(kg_per_flow=a_kg)
    units = {FLOW: flow, MASS: functional_footprints(by_mass, purchases)}
    if nutrition is None:
        return units
    at = pd.Index(nutrition["product_id"]).get_indexer(pd.Index(products["product_id"]))
    if (at < 0).any():
        row = int(np.argmax(at < 0))
        raise TableError(
            f"nutrition: no row for product_id {products['product_id'].iloc[row]}, but every "
            f"product needs one ({int((at < 0).sum())} such products)"
        )
    kg_per_flow = products["kg_per_flow"].to_numpy(np.float64)
    for unit, (column, least) in NUTRIENTS.items():
        per_kg = nutrition[column].to_numpy(np.float64)[at]
        usual = pd.Series(per_kg * kg_per_flow).groupby(flow.need).median()
        counts = (usual.reindex(range(len(flow.needs))) >= least).to_numpy(np.bool_)
        brought = per_kg > 0
        kg_for_one = np.divide(least, per_kg, out=np.full(len(per_kg), np.nan), where=brought)
        other = functional_footprints(products.assign(kg_per_flow=kg_for_one), purchases)
        units[unit] = _in_needs(counts, other, flow)
    return units


def views(
    tables: Mapping[str, pd.DataFrame], purchases: Log, nutrition: pd.DataFrame | None = None
) -> list[View]:
    """A view for each of `tables` under each unit of `functional_units`.

    `tables` are the products as `products.products_at` gives them, once with each footprints table:
    the optimiser's as CLAIMED, the judge's as REALISED, any other under its own name.
    """
    return [
        View(table=table, unit=unit, functional=functional)
        for table, products in tables.items()
        for unit, functional in functional_units(products, purchases, nutrition).items()
    ]


def rescore(
    baseline: Slates,
    policy: Slates,
    seen: Sequence[View],
    rng: np.random.Generator,
    draws: int = DRAWS,
) -> pd.DataFrame:
    """Relative changes from `baseline` to `policy` in each view, with 95 % ranges: COLUMNS.

    One row per view and figure of FIGURES; -0.1 is a tenth less. "mix" and "substitution" add up to
    "per purchase". Slates are (households, places); ranges are percentiles of a household bootstrap
    that draws the same households for both and for all views. Raises ValueError where the
    households differ.
    """
    if not np.array_equal(baseline.customer, policy.customer):
        raise ValueError(
            f"rescoring: slates of {len(baseline.customer)} and {len(policy.customer)} households, "
            f"but the same households in the same order were expected"
        )
    tables: list[csr_matrix] = []
    for view in seen:
        for slates in (baseline, policy):
            tables += _by_need(slates, view.functional)
    drawn = drawn_sums(tables, draws, rng) if draws else [np.empty((0, t.shape[1])) for t in tables]
    sums = [
        np.concatenate([np.asarray(table.sum(axis=0)).reshape(1, -1), more])
        for table, more in zip(tables, drawn, strict=True)
    ]
    rows = []
    for number, view in enumerate(seen):
        demand, kg, then_demand, then_kg = sums[4 * number : 4 * number + 4]
        for name, samples in _changes(demand, kg, then_demand, then_kg).items():
            low, high = interval(samples[1:, None]) if draws else (np.array([np.nan]),) * 2
            rows.append((view.table, view.unit, name, samples[0], low[0], high[0]))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def changes_by_need(baseline: Slates, policy: Slates, functional: Functional) -> pd.DataFrame:
    """Where the changes of one view come from: a row per need, the largest changes first.

    `share` and `then_share` of the demand, `kg` and `then_kg` of a purchase in the need, and
    `per_purchase` and `fixed_mix` as in `rescore`, which are the sums of these columns. A cut that
    comes from one need, such as meat, is a cut in that need and says nothing of the others.
    """
    demand, kg, then_demand, then_kg = (
        np.asarray(table.sum(axis=0)).ravel()
        for slates in (baseline, policy)
        for table in _by_need(slates, functional)
    )
    share, then_share = demand / demand.sum(), then_demand / then_demand.sum()
    intensity, then_intensity = ratio(kg, demand), ratio(then_kg, then_demand)
    per = kg.sum() / demand.sum()
    kept = np.where(np.isnan(then_intensity), intensity, then_intensity)
    table = pd.DataFrame(
        {
            "need": functional.needs,
            "share": share,
            "then_share": then_share,
            "kg": intensity,
            "then_kg": then_intensity,
            "per_purchase": (then_kg / then_demand.sum() - kg / demand.sum()) / per,
            "fixed_mix": np.nan_to_num(share * (kept - intensity)) / per,
        }
    )
    shown = table[(demand > 0) | (then_demand > 0)]
    order = shown["per_purchase"].abs().sort_values(ascending=False, kind="stable").index
    return shown.loc[order].reset_index(drop=True)


def log_correlation(first: Functional, second: Functional, demand: Floats) -> LogCorrelation:
    """Correlation of log kg_functional of two tables over products, weighed by `demand`.

    Products without a figure of their own in both tables are left out, as is what nobody buys; NaN
    where fewer than two are left or one side does not vary.
    """
    both = (first.basis == OWN) & (second.basis == OWN) & (demand > 0)
    both &= (first.kg_functional > 0) & (second.kg_functional > 0)
    weight, need = demand[both], first.need[both]
    one, other = (np.log10(side.kg_functional[both]) for side in (first, second))
    return LogCorrelation(
        overall=_correlation(one, other, weight, np.zeros(len(need), np.int64)),
        within_needs=_correlation(one, other, weight, need),
        share_of_demand=float(weight.sum() / demand.sum()) if demand.sum() > 0 else float("nan"),
        products=int(both.sum()),
    )


def own_share(functional: Functional, slates: Slates) -> float:
    """Share of the slates' demand whose products have a figure of their own in this table."""
    shown = slates.product >= 0
    demand = (slates.weight * slates.p_buy)[shown]
    own = functional.basis[slates.product[shown]] == OWN
    return float((demand * own).sum() / demand.sum()) if demand.sum() > 0 else float("nan")


def verdict(changes: pd.DataFrame, figure: str = "per purchase") -> str:
    """What may be claimed of one figure of `rescore`, in one sentence.

    A cut is claimed where the range of the realised change lies below zero under every unit; where
    the sign of the realised change differs between units, nothing is.

    >>> changes = pd.DataFrame(
    ...     [
    ...         ("claimed", "flow", "fixed mix", -0.12, -0.13, -0.11),
    ...         ("realised", "flow", "fixed mix", -0.08, -0.09, -0.07),
    ...         ("realised", "energy", "fixed mix", 0.02, 0.01, 0.03),
    ...     ],
    ...     columns=list(COLUMNS),
    ... )
    >>> said, ends = verdict(changes, "fixed mix").split(": ")
    >>> print(said)
    claimed -12.0 %, realised -8.0 % (-9.0 % to -7.0 %)
    >>> print(ends)
    no cut is claimed, since it is +2.0 % by energy
    """
    rows = changes[changes["figure"] == figure]
    claimed = rows[(rows["table"] == CLAIMED) & (rows["unit"] == FLOW)]["change"]
    realised = rows[rows["table"] == REALISED].set_index("unit")
    if FLOW not in realised.index:
        raise ValueError(
            f"verdict: no realised change of {figure!r} by {FLOW}, but one was expected"
        )
    change, low, high = (
        {str(unit): float(value) for unit, value in realised[column].items()}
        for column in ("change", "low", "high")
    )
    units = " and ".join(change)
    turned = [f"{_percent(kg)} by {unit}" for unit, kg in change.items() if kg >= 0]
    unsure = [unit for unit, end in high.items() if not end < 0]
    if change[FLOW] >= 0:
        ends = "no cut is realised"
    elif turned:
        ends = f"no cut is claimed, since it is {', '.join(turned)}"
    elif unsure:
        ends = f"lower by {units}, but within chance by {' and '.join(unsure)}"
    else:
        ends = f"lower by {units}"
    said = "".join(f"claimed {_percent(float(kg))}, " for kg in claimed)
    between = f"{_percent(low[FLOW])} to {_percent(high[FLOW])}"
    return f"{said}realised {_percent(change[FLOW])} ({between}): {ends}"


def signs(changes: pd.DataFrame) -> pd.DataFrame:
    """Sign of each change: one row per table and figure, one column per unit; -1, 0 or 1.

    0 where the range holds zero, so that the sign may be chance.
    """
    clear = (changes["low"] > 0) | (changes["high"] < 0)
    sign = np.sign(changes["change"]).where(clear, 0.0).astype(int)
    return changes.assign(sign=sign).pivot_table(
        index=["table", "figure"], columns="unit", values="sign", aggfunc="first"
    )


def _percent(change: float) -> str:
    return f"{100 * change:+.1f} %"


def _in_needs(counts: Bools, other: Functional, flow: Functional) -> Functional:
    """`other` in the needs that count, `flow` in all others."""
    here = counts[flow.need]
    return Functional(
        needs=flow.needs,
        need=flow.need,
        kg_functional=np.where(here, other.kg_functional, flow.kg_functional),
        basis=np.where(here, other.basis, flow.basis),
        typical_flows=np.where(counts, other.typical_flows, flow.typical_flows),
        kg_of_need=np.where(counts, other.kg_of_need, flow.kg_of_need),
    )


def _by_need(slates: Slates, functional: Functional) -> list[csr_matrix]:
    """Demand and its functional kg by household and need, each (households, needs)."""
    household, place = np.nonzero(slates.product >= 0)
    product = slates.product[household, place]
    demand = (slates.weight * slates.p_buy)[household, place]
    at = (household, functional.need[product])
    shape = (len(slates.product), len(functional.needs))
    return [
        csr_matrix((sums, at), shape=shape)
        for sums in (demand, demand * functional.kg_functional[product])
    ]


def _changes(demand: Floats, kg: Floats, then_demand: Floats, then_kg: Floats) -> dict[str, Floats]:
    """Each figure of FIGURES from sums by need, (draws, needs) each; answers are (draws,)."""
    purchases, then_purchases = demand.sum(axis=1), then_demand.sum(axis=1)
    total, then_total = kg.sum(axis=1), then_kg.sum(axis=1)
    per, then_per = ratio(total, purchases), ratio(then_total, then_purchases)
    # of one purchase, so that there is no volume in it
    parts = split_functional(
        _basket(_over(demand, purchases), _over(kg, purchases)),
        _basket(_over(then_demand, then_purchases), _over(then_kg, then_purchases)),
    )
    intensity = ratio(kg, demand)
    then_intensity = ratio(then_kg, then_demand)
    # a need that the policy no longer shows is taken as it was
    kept = np.where(np.isnan(then_intensity), intensity, then_intensity)
    fixed = np.nan_to_num(demand * kept).sum(axis=1)
    found = {
        "per purchase": ratio(then_per - per, per),
        "mix": ratio(parts.mix, per),
        "substitution": ratio(parts.substitution, per),
        "fixed mix": ratio(fixed - total, total),
        "total": ratio(then_total - total, total),
        "purchases": ratio(then_purchases - purchases, purchases),
    }
    return {name: found[name] for name in FIGURES}


def _basket(demand: Floats, kg: Floats) -> Basket:
    return Basket(demand=demand, kg_functional=kg, kg_pack=np.zeros(kg.shape))


def _over(sums: Floats, purchases: Floats) -> Floats:
    return np.nan_to_num(ratio(sums, purchases[:, None]))


def _correlation(one: Floats, other: Floats, weight: Floats, group: Ints) -> float:
    """Weighted correlation of what is left of both after each group's weighted mean."""
    total = np.bincount(group, weight).astype(np.float64)
    one, other = (
        log - ratio(np.bincount(group, weight * log).astype(np.float64), total)[group]
        for log in (one, other)
    )
    spread = np.sqrt((weight * one**2).sum() * (weight * other**2).sum())
    return float((weight * one * other).sum() / spread) if spread > 0 else float("nan")
