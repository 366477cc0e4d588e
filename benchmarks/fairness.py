"""Seller floors against FairDiverse's re-rankers: same instances, same floors, both measures.

    python -m benchmarks fairness
    python -m benchmarks.fairness --out fairness.csv

A peer ranks, its worst seller's exposure is read off, and that floor is then asked for every
seller of ours. Twice: by the peer's own measure ("places"), where a place counts 1 wherever it is
and a list is sorted again by score before its NDCG is taken; and by ours ("attention"), where a
place counts 1 / log2(place + 1) and a list is judged as it stands. NDCG is against the model's own
best list in both, as the peer has it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numba
import numpy as np
import pandas as pd

from benchmarks.instances import attention_curve
from benchmarks.peers.environment import NoPeers, default_folder, peers_python, version_of
from benchmarks.peers.instance import Instance, seller_instance
from benchmarks.peers.runs import SLOW, Ranked, ndcg_by_peer, ranked_by_peers
from recommender.candidates import Floats, Ints
from recommender.rerank.problem import Problem, Shares, Solution
from recommender.rerank.solve import solve

SEEDS = (1, 2, 3, 4, 5)
MOST_OF_FAIRSYNC = 1 / 5  # of its CPU seconds
# candidates of a shopper: the best so many, and so many of each seller. Should a floor be out of
# their reach, as many of each seller as there are places: no slate at these limits needs more.
NEAR, OF_EACH = 60, 2
MEASURES = ("places", "attention")


@dataclass(frozen=True, kw_only=True)
class Ours:
    lists: Ints  # (users, places)
    cpu_s: float  # candidates and solver, cold
    solution: Solution
    gap: float  # to the bound over all items, not only the candidates; NaN where a floor is missed


def run() -> Iterator[tuple[str, str, str]]:
    peer = f"FairDiverse {version_of('fairdiverse')}, PyTorch {version_of('torch')}"
    try:
        found = table(default_folder())
    except NoPeers as error:
        yield f"seller floors against {peer}", "not measured", f"no environment: {error}"
        return
    yield from _by_setting(found)
    yield from _summary(found, peer)


def _by_setting(found: pd.DataFrame) -> Iterator[tuple[str, str, str]]:
    """One row for each peer, setting and measure: means over seeds, and the least difference."""
    fairsync = found.loc[found["peer"] == "FairSync", "peer_cpu_s"].mean()
    settings = found[["peer", "knob", "measure"]].drop_duplicates()
    for name, knob, measure in settings.to_numpy(str):
        mine = (found["peer"] == name) & (found["knob"] == knob) & (found["measure"] == measure)
        rows = found[mine]
        mean = rows.mean(numeric_only=True)
        against = mean["peer_cpu_s"] if name == "FairSync" else fairsync
        yield (
            f"{name}, {knob}; {measure}: worst seller {mean['floor']:.3f} of an equal share",
            f"NDCG {mean['ndcg']:.4f}, its {mean['peer_ndcg']:.4f}; "
            f"{mean['more']:+.4f}, least {rows['more'].min():+.4f}",
            f"{mean['cpu_s']:.2f} CPU s, its {mean['peer_cpu_s']:.2f}; "
            f"{mean['cpu_s'] / against:.2f} of FairSync's",
        )


def _summary(found: pd.DataFrame, peer: str) -> Iterator[tuple[str, str, str]]:
    settings = len(found[["peer", "knob"]].drop_duplicates())
    yield (
        f"{settings} settings of {peer}, {found['seed'].nunique()} seeds, both measures",
        f"NDCG less its at the same floor: {found['more'].min():+.5f} at least, "
        f"{found['more'].median():+.4f} in the median",
        f"never below 0; floors missed {int(found['missed'].sum())}; "
        f"largest gap {found['gap'].max():.2%}",
    )
    rows = found[found["peer"] == "FairSync"]
    sums = rows.groupby(["knob", "measure"])[["cpu_s", "peer_cpu_s"]].sum()
    ratio = sums["cpu_s"] / sums["peer_cpu_s"]
    yield (
        "CPU seconds at FairSync's floors, of FairSync's",
        f"{rows['cpu_s'].sum() / rows['peer_cpu_s'].sum():.3f}; at most {ratio.max():.3f} "
        f"({', '.join(sums.index[int(ratio.to_numpy().argmax())])})",
        f"limit {MOST_OF_FAIRSYNC:g}; one run each, {SLOW}'s seconds from the run that is kept",
    )


def table(folder: Path, seeds: tuple[int, ...] = SEEDS) -> pd.DataFrame:
    """One row for each seed, peer setting and measure; raises NoPeers without an environment."""
    python = peers_python(folder)
    fair_lists(seller_instance(0, users=20), attention_curve(10), 0.1)  # compiles
    return pd.concat([_of_seed(python, seed, folder / "results") for seed in seeds])


def _of_seed(python: Path, seed: int, kept: Path) -> pd.DataFrame:
    instance = seller_instance(seed)
    curves = {"places": np.ones(instance.places), "attention": attention_curve(instance.places)}
    rows, flat = [], []
    for theirs in ranked_by_peers(python, instance, kept):
        for measure, attention in curves.items():
            floor = worst_share(instance, theirs.lists, attention)
            ours = fair_lists(instance, attention, floor)
            rows.append(_row(instance, measure, attention, floor, theirs, ours))
            if measure == "places":
                flat.append(ours.lists)
    frame = pd.DataFrame(rows)
    frame.loc[frame["measure"] == "places", "ndcg"] = ndcg_by_peer(python, instance, flat)
    return frame.assign(more=frame["ndcg"] - frame["peer_ndcg"])


def _row(
    instance: Instance,
    measure: str,
    attention: Floats,
    floor: float,
    theirs: Ranked,
    ours: Ours,
) -> dict[str, object]:
    flat = measure == "places"
    return {
        "seed": instance.seed,
        "peer": theirs.run.model,
        "knob": theirs.run.knob,
        "measure": measure,
        "floor": floor,
        "reached": worst_share(instance, ours.lists, attention),
        "missed": len(ours.solution.missed),
        "gap": ours.gap,
        "passes": ours.solution.passes,
        "peer_ndcg": theirs.ndcg if flat else ndcg_as_shown(instance, theirs.lists),
        "ndcg": np.nan if flat else ndcg_as_shown(instance, ours.lists),
        "peer_cpu_s": theirs.cpu_s,
        "cpu_s": ours.cpu_s,
    }


def worst_share(instance: Instance, lists: Ints, attention: Floats) -> float:
    """The least exposure of a seller, as a share of an equal share of all attention.

    >>> two = Instance(seed=0, scores=np.zeros((1, 3)), seller=np.array([0, 1, 1]), places=2)
    >>> worst_share(two, np.array([[1, 0]]), np.array([3.0, 1.0]))
    0.5
    """
    seen = np.broadcast_to(attention, lists.shape)
    exposure = np.bincount(instance.seller[lists].ravel(), seen.ravel(), instance.sellers)
    return float(exposure.min() * instance.sellers / seen.sum())


def ndcg_as_shown(instance: Instance, lists: Ints) -> float:
    """Mean over users of the DCG of the lists as they stand, over that of the model's best list.

    >>> one = Instance(seed=0, scores=np.array([[0.5, 1.0]]), seller=np.array([0, 1]), places=2)
    >>> round(ndcg_as_shown(one, np.array([[0, 1]])), 4)  # (0.5 + 1 / 1.585) / (1 + 0.5 / 1.585)
    0.8597
    """
    discount = attention_curve(instance.places)
    shown = np.take_along_axis(instance.scores, lists, axis=1) @ discount
    best = -np.sort(-instance.scores, axis=1)[:, : instance.places] @ discount
    return float((shown / best).mean())


def fair_lists(instance: Instance, attention: Floats, floor: float) -> Ours:
    """Lists in which every seller has `floor` of an equal share, at the least loss of NDCG.

    A row is worth its chance over the DCG of the shopper's best list, so that values add up to
    NDCG where attention is the discount. Where all places are alike, a list is sorted by chance.
    """
    began = time.process_time()
    order = np.argsort(-instance.scores, axis=1)
    problem, solution = _solved(instance, order, attention, floor, OF_EACH)
    if solution.missed:
        problem, solution = _solved(instance, order, attention, floor, instance.places)
    lists = problem.product[solution.rows]
    if attention[0] == attention[-1]:
        by_chance = np.argsort(-problem.p_buy[solution.rows], axis=1, kind="stable")
        lists = np.take_along_axis(lists, by_chance, axis=1)
    cpu_s = time.process_time() - began
    bound = _bound_over_all(instance, problem, solution)
    gap = np.nan if solution.missed else (bound - solution.value) / abs(bound)
    return Ours(lists=lists, cpu_s=cpu_s, solution=solution, gap=gap)


def _solved(
    instance: Instance, order: Ints, attention: Floats, floor: float, of_each: int
) -> tuple[Problem, Solution]:
    product, start = _candidates(order, instance.seller, NEAR, of_each, instance.sellers)
    shopper = np.repeat(np.arange(len(order)), np.diff(start))
    p_buy = instance.scores[shopper, product]
    least = floor * attention.sum() * len(order) / instance.sellers
    problem = Problem(
        key=np.arange(len(order)),
        start=start,
        product=product,
        value=p_buy / _best_dcg(instance, order)[shopper],
        p_buy=p_buy,
        attention=attention,
        shares=(
            Shares(
                name="seller",
                groups=tuple(str(seller) for seller in range(instance.sellers)),
                group=instance.seller,
                least=np.full(instance.sellers, least),
                most=np.full(instance.sellers, np.inf),
            ),
        ),
    )
    return problem, solve(problem)


def _best_dcg(instance: Instance, order: Ints) -> Floats:
    best = np.take_along_axis(instance.scores, order[:, : instance.places], axis=1)
    return np.asarray(best @ attention_curve(instance.places))


@numba.njit(cache=True)
def _candidates(
    order: Ints, seller: Ints, near: int, of_each: int, sellers: int
) -> tuple[Ints, Ints]:
    """Items of each user that are among its `near` best or its `of_each` best of a seller."""
    users, items = order.shape
    product = np.empty(users * items, np.int64)
    start = np.zeros(users + 1, np.int64)
    seen = np.empty(sellers, np.int64)
    n = 0
    for user in range(users):
        seen[:] = 0
        for place in range(items):
            item = order[user, place]
            if place < near or seen[seller[item]] < of_each:
                product[n] = item
                n += 1
            seen[seller[item]] += 1
        start[user + 1] = n
    return product[:n].copy(), start


def _bound_over_all(instance: Instance, problem: Problem, solution: Solution) -> float:
    """What no lists out of all items can exceed at these floors, from the prices found."""
    (price,) = solution.prices.floors
    (family,) = problem.shares
    dcg = _best_dcg(instance, np.argsort(-instance.scores, axis=1))
    priced = instance.scores / dcg[:, None] + price[instance.seller]
    best = -np.sort(-priced, axis=1)[:, : instance.places] @ problem.attention
    return float(best.sum() - price @ family.least)


def main() -> None:
    parser = argparse.ArgumentParser(description="Every seed, setting and measure as a table.")
    parser.add_argument("--out", type=Path, required=True, help="a CSV file")
    table(default_folder()).round(6).to_csv(parser.parse_args().out, index=False)


if __name__ == "__main__":
    main()
