"""Who pays for a policy: prices at equal function by income, and shoppers made worse off.

    policy -> {
        worse_off_share        ESTIMATE: households whose list is over 1 % less relevant
        worse_off_share_5      the same with 5 %
        price_rise_share       ESTIMATE: households whose own basket costs over 1 % more
        either_share           less relevant by more than 1 %, or dearer by more than 1 %
        basket_price           ESTIMATE: what each household's baseline needs cost, met as listed
        price_per_purchase     ESTIMATE: price at equal function of a demand-weighted purchase
        same_needs_share       share of the baseline's basket, in money, whose need is listed still
        basket_price_by_income [{income, households, **ESTIMATE}], from the lowest band
        worse_off_by_income    [{income, households, figure, **ESTIMATE}]
        income_gap             {lowest, highest, households [2], moves [2], value, low, high}: the
                               difference of both ends' changes of the basket price; null where
                               a band of either end has fewer than 50 households
        sentence
    }
    notes  [sentence]

A price at equal function is that of a typical purchase in the need (`functional.py`), so a smaller
pack is no saving. The *basket price* holds each household's needs as under the baseline (a base-
weighted index, so buying less meat is no saving either); in the price per purchase needs may move.
`income_gap` is the change of the lowest band's basket price less that of the highest. Shares of
households made worse off are against the baseline, of which they have no change. All sums are
demand-weighted: what the lists propose, no forecast of what is bought. Layer: observed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from recommender.bootstrap import COVERAGE, drawn_sums, estimate, ratio
from recommender.candidates import Bools, Floats, Ints
from recommender.impact.fairness.lists import COLUMNS, SHARES, Lists, functional_price
from recommender.impact.fairness.words import NOTES, fairness_sentence, income_notes
from recommender.impact.segments.control import cell_interval
from recommender.impact.segments.hidden import hidden_cells
from recommender.impact.segments.kinds import NOT_KNOWN, Words, in_order, is_known
from recommender.impact.segments.words import FEW, moved, percent
from recommender.metrics import Slates
from recommender.policy import BASELINE
from recommender.policy_slates import Run
from recommender.tradeoff import Goods

TASK = "all"
FIGURES = {
    **{name: (name, "one") for name in SHARES},
    "basket_price": ("basket", "one"),
    "price_per_purchase": ("spent", "demand"),
}


def fairness_report(
    slates: Mapping[Run, Slates],
    goods: Goods,
    income: Words | None,
    *,
    draws: int,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """The report above, of the task all; `income` (households,) is each one's band, None unknown.

    Without income bands the rows by income are empty and the gap is null. Bands of fewer than 10
    households are kept back, and the next smallest where one could be found by subtraction.
    """
    made = {policy: s for (policy, task), s in slates.items() if task == TASK}
    price, own = functional_price(goods)
    before = Lists(made[BASELINE], goods, price)
    names, members = _bands(income, len(before.relevance))
    columns = {policy: before.compared_with(Lists(s, goods, price)) for policy, s in made.items()}
    levels = _levels(list(columns.values()), members, draws, rng)
    base = levels[list(columns).index(BASELINE)]
    households = members.sum(axis=0)
    ordered = in_order([name for name in names[:-1] if name != NOT_KNOWN])
    answer = {
        policy: _described(policy, level, base, names, households, ordered)
        for policy, level in zip(columns, levels, strict=True)
    }
    listed = np.unique(made[BASELINE].product)
    share = float(own[listed[listed >= 0]].mean()) if (listed >= 0).any() else 0.0
    return {
        **answer,
        "notes": [
            *NOTES,
            f"{percent(share)} of the products that the baseline lists have a flow of their own.",
            *income_notes(income, ordered),
        ],
    }


def _bands(income: Words | None, households: int) -> tuple[list[str], Bools]:
    """The bands that are told, in order, and last all households; who belongs to each."""
    everybody = np.ones((households, 1), np.bool_)
    if income is None:
        return ["all"], everybody
    if income.shape != (households,):
        raise ValueError(
            f"fairness, income: {len(income)} entries, but one for each of the {households} "
            f"households was expected"
        )
    known = is_known(income)
    words = np.where(known, income, NOT_KNOWN).astype(str)
    bands = sorted(set(words[known]))
    bands = (in_order(bands) or bands) + [NOT_KNOWN] * bool((~known).any())
    members = words[:, None] == np.array(bands, dtype=str)
    told = ~hidden_cells(members, np.zeros(len(bands), np.int64))
    names = [str(band) for band, shown in zip(bands, told, strict=True) if shown]
    return [*names, "all"], np.hstack([members[:, told], everybody])


def _levels(
    columns: Sequence[Floats], members: Bools, draws: int, rng: np.random.Generator
) -> list[dict[str, Floats]]:
    """Per policy the sums of each column, (1 + draws, bands): the log as it is, then drawn."""
    household, band = np.nonzero(members)
    width = members.shape[1]
    place = band + width * np.arange(len(COLUMNS))[:, None]
    shape = (len(members), width * len(COLUMNS))
    tables = [
        csr_matrix(
            (values[household].T.ravel(), (np.tile(household, len(COLUMNS)), place.ravel())),
            shape=shape,
        )
        for values in columns
    ]
    drawn = drawn_sums(tables, draws, rng)
    return [
        dict(
            zip(
                COLUMNS,
                np.split(
                    np.vstack([np.asarray(table.sum(axis=0)).reshape(1, -1), sample]),
                    len(COLUMNS),
                    axis=1,
                ),
                strict=True,
            )
        )
        for table, sample in zip(tables, drawn, strict=True)
    ]


def _described(
    policy: str,
    level: Mapping[str, Floats],
    base: Mapping[str, Floats],
    names: Sequence[str],
    households: Ints,
    ordered: Sequence[str] | None,
) -> dict[str, Any]:
    found: dict[str, list[dict[str, float | None]]] = {}
    for figure, (above, below) in FIGURES.items():
        value, was = ratio(level[above], level[below]), ratio(base[above], base[below])
        change = np.full(value.shape, np.nan) if figure in SHARES else ratio(value - was, was)
        low, high = cell_interval(value[1:], households)
        if figure in SHARES and policy != BASELINE:
            low, high = _ends_of_shares(value[0], low, high, households)
        ends = (low, high, *cell_interval(change[1:], households))
        found[figure] = [
            estimate(value[0, b], ends[0][b], ends[1][b], change[0, b], ends[2][b], ends[3][b])
            for b in range(len(names))
        ]
    bands = range(len(names) - 1)  # the last is all

    def row(band: int, figure: str) -> dict[str, Any]:
        return {
            "income": names[band],
            "households": int(households[band]),
            **found[figure][band],
        }

    gap = _gap(level, base, names, households, ordered)
    of_band = dict(zip(names, households.tolist(), strict=True))
    of_ends = [(end, of_band[end]) for end in _ends(ordered)]
    same_needs = float(ratio(level["matched"], base["basket"])[0, -1])
    return {
        **{figure: rows[-1] for figure, rows in found.items()},
        "same_needs_share": None if np.isnan(same_needs) else same_needs,
        "basket_price_by_income": [row(b, "basket_price") for b in bands],
        "worse_off_by_income": [
            {"figure": figure, **row(b, figure)} for figure in SHARES for b in bands
        ],
        "income_gap": gap,
        "sentence": "the baseline"
        if policy == BASELINE
        else fairness_sentence(found, gap, of_ends),
    }


def _ends_of_shares(
    share: Floats, low: Floats, high: Floats, households: Ints
) -> tuple[Floats, Floats]:
    """The ends where a share is 0 or 1, which no draw can leave: exact ones of the binomial.

    Clopper and Pearson 1934, Biometrika 26: of none in n, at most 1 - 0.025 ** (1 / n).
    """
    edge = ((1.0 - COVERAGE) / 2.0) ** (1.0 / households)
    return np.where(share == 1.0, edge, low), np.where(share == 0.0, 1.0 - edge, high)


def _gap(
    level: Mapping[str, Floats],
    base: Mapping[str, Floats],
    names: Sequence[str],
    households: Ints,
    ordered: Sequence[str] | None,
) -> dict[str, Any] | None:
    """The lowest told band's change of the basket price less that of the highest, paired."""
    ends = [list(names).index(end) for end in _ends(ordered)]
    if len(ends) < 2 or households[ends].min() < FEW:
        return None
    change = ratio(level["basket"], base["basket"])[:, ends] - 1.0
    gap = (change[:, 0] - change[:, 1])[:, None]
    low, high = cell_interval(gap[1:], households[ends].min(keepdims=True))
    ends_low, ends_high = cell_interval(change[1:], households[ends])
    plain = [None if np.isnan(x) else float(x) for x in (gap[0, 0], low[0], high[0])]
    return {
        "lowest": names[ends[0]],
        "highest": names[ends[1]],
        "households": [int(households[end]) for end in ends],
        "moves": [
            moved(*three)
            for three in zip(change[0].tolist(), ends_low.tolist(), ends_high.tolist(), strict=True)
        ],
        **dict(zip(("value", "low", "high"), plain, strict=True)),
    }


def _ends(ordered: Sequence[str] | None) -> list[str]:
    """The lowest and the highest of at least two bands in order; else none."""
    return [ordered[0], ordered[-1]] if ordered is not None and len(ordered) > 1 else []
