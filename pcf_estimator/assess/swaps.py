"""Assessment of swaps: of stand-ins called lighter, how many are, on goods the model never saw.

Three kinds of goods: those of grouped folds, with the difference sds learned on the other folds;
those whose whole kind was left out, which get the lower tiers; and those of a source that the
seed was held without, with its figures as the truth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from pcf_estimator.assess.across import (
    ASKED_WITHIN_FACTOR_2,
    CLARK,
    PRODUCT,
    held_out_source,
    seed_without,
)
from pcf_estimator.differences import Differences, difference_sd, fit_differences, residual_rows
from pcf_estimator.features import TEXTS, describe, seed_products
from pcf_estimator.folds import FOLDS, grouped_folds, whole_groups
from pcf_estimator.model import COVERAGE, PcfModel
from pcf_estimator.needs import read_needs
from pcf_estimator.scores import pairwise_accuracy
from pcf_estimator.swap_policies import CHANCE, POLICIES, pairs_within_needs, verdicts

Floats = np.ndarray
Ints = np.ndarray

ASKED_LIGHTER = 0.8  # of swaps called lighter


def assess_swaps(
    model_factory: Callable[[], PcfModel],
    seed: pd.DataFrame,
    folder: Path | None,
    *,
    fold_seeds: Iterable[int] = (0, 1, 2),
    folds: int = FOLDS,
    sources: Iterable[str] = tuple(ASKED_WITHIN_FACTOR_2),
    differences_of: Callable[[PcfModel], Differences] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> dict[str, object]:
    """Share of swaps called lighter that are, by split, as plain dicts: see `swap_scores`.

    Keys: asked_lighter, chance; grouped (one answer per fold seed), kinds_left_out, and across (by
    held-out source). Without `differences_of` each fold is judged by differences that were learned
    on the others' estimates, and a source by those of the seed without it; with it, by what each
    fitted model learned by itself. Without `folder`, Clark is left out. Some 25 s per fold seed.
    """
    grouped = {}
    described = describe(seed_products(seed), model_factory().needs or read_needs())
    groups, kinds = whole_groups(seed), _kinds(described)
    for number in fold_seeds:
        progress(f"swaps, grouped folds, seed {number}")
        fold = grouped_folds(groups, folds, np.random.default_rng(number))
        parts = list(_unseen(seed, described, fold, model_factory, differences_of))
        grouped[f"fold seed {number}"] = _crossed(parts)
    progress("swaps, kinds left out")
    fold = grouped_folds(kinds, folds, np.random.default_rng(0))
    lower = list(_unseen(seed, described, fold, model_factory, differences_of))
    across = {}
    for source in sources:
        if source == CLARK and folder is None:
            continue
        progress(f"swaps, {source} held out")
        across[source] = _across(source, folder, model_factory, differences_of, folds)
    return {
        "asked_lighter": ASKED_LIGHTER,
        "chance": CHANCE,
        "grouped": grouped,
        "kinds_left_out": _crossed(lower),
        "across": across,
    }


def swap_scores(table: pd.DataFrame, sd: Floats) -> dict[str, object]:
    """Scores of the swaps that policies choose in `table` (`differences.COLUMNS`), given its sds.

    goods and needs with two goods or more in a part; the shares of them of which no good has a
    stand-in called lighter (cannot_tell_goods, cannot_tell_needs); pairwise_in_need; and by policy:
    swaps, lighter (the share that is), said (mean chance); again outside the need with most swaps.
    """
    pairs = pairs_within_needs(table)
    found = verdicts(pairs, sd)
    called = found[found["called"]]
    told = set(called["need"])
    # goods that have company, though all of it may have the same estimate
    company = table.groupby(["part", "need"])["log_kg"].transform("size") > 1
    goods, all_needs = int(company.sum()), table.loc[company, "need"].nunique()
    any_of = called[called["policy"] == "any"]
    largest = any_of["need"].mode().iloc[0] if len(any_of) else ""
    accuracy, _ = pairwise_accuracy(
        table["figure_log_kg"].to_numpy() + table["log_kg_per_flow"].to_numpy(),
        table["log_kg"].to_numpy() + table["log_kg_per_flow"].to_numpy(),
        table["need"].to_numpy(),
        table["part"].to_numpy(),
    )
    return {
        "goods": goods,
        "needs": int(all_needs),
        "cannot_tell_goods": 1 - len(any_of) / goods if goods else None,
        "cannot_tell_needs": 1 - len(told) / all_needs if all_needs else None,
        "pairwise_in_need": accuracy if len(pairs) else None,
        "largest_need": largest,
        "policies": {
            name: {
                **_shares(called[called["policy"] == name]),
                "outside_largest_need": _shares(
                    called[(called["policy"] == name) & (called["need"] != largest)]
                ),
            }
            for name in POLICIES
        },
    }


def _shares(called: pd.DataFrame) -> dict[str, object]:
    """How many swaps, which share of them is lighter, and which was said."""
    if called.empty:
        return {"swaps": 0, "lighter": None, "said": None}
    return {
        "swaps": len(called),
        "lighter": float(called["lighter"].mean()),
        "said": float(called["said"].mean()),
    }


def _crossed(parts: list[tuple[pd.DataFrame, Differences | None]]) -> dict[str, object]:
    """Scores over all parts, each with the differences of its own fit or of the other parts."""
    judged, sds = [], []
    for number, (rows, own) in enumerate(parts):
        others = [other for place, (other, _) in enumerate(parts) if place != number]
        learned = own or fit_differences(pd.concat(others, ignore_index=True))
        full = rows[rows["part"] == f"{number}/full"]
        judged.append(full)
        sds.append(_sds(learned, full))
    return swap_scores(pd.concat(judged, ignore_index=True), np.concatenate(sds))


def _across(
    source: str,
    folder: Path | None,
    model_factory: Callable[[], PcfModel],
    differences_of: Callable[[PcfModel], Differences] | None,
    folds: int,
) -> dict[str, object]:
    seed, asked = seed_without(source), held_out_source(source, folder)
    model = model_factory().fit(seed)
    if differences_of is None:
        described = describe(seed_products(seed), model.needs_)
        fold = grouped_folds(whole_groups(seed), folds, np.random.default_rng(0))
        rows = [rows for rows, _ in _unseen(seed, described, fold, model_factory, None)]
        learned = fit_differences(pd.concat(rows, ignore_index=True))
    else:
        learned = differences_of(model)
    figure = np.log10(asked["kg_co2e_per_kg"].to_numpy(dtype=np.float64))
    described = describe(asked[PRODUCT], model.needs_)
    table = _asked(model, asked[PRODUCT], described, figure, source)
    return swap_scores(table, _sds(learned, table))


def _unseen(
    seed: pd.DataFrame,
    described: pd.DataFrame,
    fold: Ints,
    model_factory: Callable[[], PcfModel],
    differences_of: Callable[[PcfModel], Differences] | None,
) -> Iterator[tuple[pd.DataFrame, Differences | None]]:
    """For each fold, what a model of the others says of it, by how much of the text it is given."""
    products = seed_products(seed)
    figure = np.log10(seed["kg_co2e_per_kg"].to_numpy(dtype=np.float64))
    for number in np.unique(fold):
        out = fold == number
        model = model_factory().fit(seed[~out])
        yield (
            pd.concat(
                [
                    _asked(
                        model,
                        products.loc[out, list(columns)],
                        described[out],
                        figure[out],
                        f"{number}/{given}",
                    )
                    for given, columns in TEXTS.items()
                ],
                ignore_index=True,
            ),
            None if differences_of is None else differences_of(model),
        )


def _asked(
    model: PcfModel, given: pd.DataFrame, described: pd.DataFrame, figure: Floats, part: str
) -> pd.DataFrame:
    """What `model` says of products by the text that is `given`; `described` is their whole text.

    A mean of a shelf is the same for all of it, so lower tiers need no basis to keep it apart.
    """
    found = model.figures(given)
    return residual_rows(
        described,
        cell=found.cell,
        part=part,
        log_kg=found.log_kg,
        figure_log_kg=figure,
        half_width=model.half_widths(found, COVERAGE, between_sources=False),
    )


def _sds(learned: Differences, table: pd.DataFrame) -> Floats:
    return difference_sd(learned, table["half_width"].to_numpy(dtype=np.float64), table["cell"])


def _kinds(described: pd.DataFrame) -> Ints:
    """Number of each record's kind; records without one are each their own."""
    kind = described["kind"]
    alone = pd.Series([f"row {row}" for row in range(len(kind))], index=kind.index)
    number, _ = pd.factorize(kind.where(kind != "", alone))
    return np.asarray(number)
