"""The carbon papers' rule against prices: the whole curve, at equal relevance.

    python -m benchmarks carbon_rule
    python -m benchmarks.carbon_rule --out curve.csv [--workspace WORKSPACE]

The rule scores a candidate a * relevance + (1 - a) * (1 - carbon), each normalised to 0 to 1 within
its list (Eco-Amazon, arXiv 2602.15508; Kalisvaart and others, arXiv 2503.17201). For each of 21
values of `a` its slates are made and measured, and ours are then asked for at least the same sum of
attention x chance and at least the same mean NDCG against the model, for the least carbon. Carbon
is counted twice: kg of expected purchases, sum of attention x chance x kg, and kg as the papers
count it, of what is shown, here weighed by attention: sum of attention x kg.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.instances import attention_curve
from benchmarks.peers.instance import PLACES, seller_instance
from recommender.best import best_rows
from recommender.candidates import Floats, Ints
from recommender.rerank.problem import Prices, Problem, Total
from recommender.rerank.solve import solve
from recommender.shop import Shop
from recommender.tradeoff import goods_of
from recommender.workspace import Workspace

SEEDS = (1, 2, 3, 4, 5)
EACH = 100  # candidates of a shopper
SHARES = np.linspace(0.0, 1.0, 21)  # a: the weight of relevance in the rule
MEASURES = ("purchases", "shown")
SAME = 1e-6  # a relative difference below this is none


@dataclass(frozen=True, kw_only=True)
class Lists:
    """Candidate rows of shoppers, each shopper's best first, with the footprint of each."""

    name: str
    start: Ints  # (shoppers + 1,)
    product: Ints  # (rows,)
    p_buy: Floats  # (rows,)
    kg: Floats  # (rows,): kg CO2e of a purchase

    @cached_property
    def shopper(self) -> Ints:
        return np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))

    def slates(self, score: Floats) -> Ints:
        """Rows of the best by `score` (shoppers, places)."""
        return best_rows(self.start, self.product, score, np.ones(len(score), np.bool_), PLACES)

    @cached_property
    def of_best(self) -> Floats:
        """(rows,): the chance over attention x chance of its shopper's best slate."""
        rows = self.slates(self.p_buy)
        best = np.where(rows >= 0, self.p_buy[rows], 0.0) @ attention_curve(PLACES)
        return np.asarray(self.p_buy / best[self.shopper])

    def counted(self, measure: str) -> Floats:
        """(rows,): kg of carbon at attention 1."""
        return self.p_buy * self.kg if measure == "purchases" else self.kg


@dataclass(frozen=True, kw_only=True)
class Reached:
    """What slates come to, over all shoppers."""

    relevance: float  # sum of attention x chance
    ndcg: float  # sum over shoppers
    kg: dict[str, float]  # by measure


def run() -> Iterator[tuple[str, str, str]]:
    yield from summary(curves(made_up(seed) for seed in SEEDS), f"{len(SEEDS)} seeds")
    workspace = os.environ.get("GREENAISLE_WORKSPACE")
    if workspace:
        yield from summary(curves([complete_journey(Path(workspace))]), "Complete Journey")


def summary(found: pd.DataFrame, what: str) -> Iterator[tuple[str, str, str]]:
    """Rows of the bench: how much less carbon than the rule over the whole curve."""
    for measure, rows in found.groupby("measure", sort=False):
        inside = rows[rows["a"] < 1]
        saving, missed = inside["saving"], int(rows["missed"].sum())
        yield (
            f"kg {measure} at the rule's relevance and NDCG, a = 0 to 0.95; {what}",
            f"{-saving.median():+.1%} in the median, {-saving.max():+.1%} to {-saving.min():+.1%}",
            f"less at {int((saving > SAME).sum())} of {len(inside)} points, more at "
            f"{int((saving < -SAME).sum())}; floors missed {missed}; "
            f"largest gap {rows['gap'].max():.2%}",
        )


def made_up(seed: int) -> Lists:
    """The instance of the seller bench, each shopper's best 100 items, with lognormal footprints.

    >>> lists = made_up(1)
    >>> len(lists.start) - 1, len(lists.product) // (len(lists.start) - 1)
    (2000, 100)
    """
    instance = seller_instance(seed)
    users, items = instance.scores.shape
    order: Ints = np.argsort(-instance.scores, axis=1)[:, :EACH]
    kg: Floats = np.asarray(np.random.default_rng(1000 + seed).lognormal(0.3, 0.9, items))
    return Lists(
        name=f"seed {seed}",
        start=np.arange(users + 1) * EACH,
        product=order.ravel(),
        p_buy=np.take_along_axis(instance.scores, order, axis=1).ravel(),
        kg=kg[order.ravel()],
    )


def complete_journey(folder: Path) -> Lists:
    """The judging candidates of a finished workspace with their functional footprints.

    Products that may not be shown or whose footprint is unknown are left out: they would count as
    free of carbon on both sides. No purchase of the judging weeks is looked at.
    """
    shop = Shop(Workspace(folder))
    candidates = shop.candidates("judge")
    goods = goods_of(shop.products(shop.judging), shop.judging.log)
    kept = (goods.may_be_shown & ~goods.unknown)[candidates.product]
    shopper, product = candidates.customer[kept], candidates.product[kept]
    counts = np.bincount(shopper, minlength=candidates.customers)
    return Lists(
        name="Complete Journey",
        start=np.concatenate([[0], np.cumsum(counts[counts > 0])]),
        product=product,
        p_buy=candidates.p_buy[kept],
        kg=goods.functional.kg_functional[product],
    )


def curves(instances: Iterator[Lists] | list[Lists]) -> pd.DataFrame:
    """One row for each instance, measure and value of `a`: the rule, ours, and the saving."""
    return pd.DataFrame([row for lists in instances for row in _curve(lists)])


def _curve(lists: Lists) -> Iterator[dict[str, object]]:
    best = reached(lists, lists.slates(lists.p_buy))
    for measure in MEASURES:
        warm: Prices | None = None
        for a in SHARES[::-1]:
            rule = reached(lists, lists.slates(rule_score(lists, a)))
            ours, gap, missed = best, None, 0
            if a < 1:  # at 1 both are the slates of the highest chances: no others meet the floors
                solution = solve(least_carbon(lists, rule, measure), warm)
                warm, ours = solution.prices, reached(lists, solution.rows)
                gap, missed = solution.gap, len(solution.missed)
            yield {
                "instance": lists.name,
                "measure": measure,
                "a": round(float(a), 2),
                "relevance": rule.relevance / best.relevance,
                "ndcg": rule.ndcg / best.ndcg,
                "our_relevance": ours.relevance / best.relevance,
                "our_ndcg": ours.ndcg / best.ndcg,
                "kg": rule.kg[measure] / best.kg[measure],
                "our_kg": ours.kg[measure] / best.kg[measure],
                "saving": 1 - ours.kg[measure] / rule.kg[measure],
                "gap": gap,
                "missed": missed,
            }


def rule_score(lists: Lists, a: float) -> Floats:
    """The rule's score of each row, from values normalised within each shopper's list.

    >>> one = Lists(
    ...     name="one",
    ...     start=np.array([0, 3]),
    ...     product=np.arange(3),
    ...     p_buy=np.array([0.6, 0.4, 0.2]),
    ...     kg=np.array([3.0, 1.0, 2.0]),
    ... )
    >>> rule_score(one, 0.5)  # chances 1, 1/2, 0 and lightness 0, 1, 1/2
    array([0.5 , 0.75, 0.25])
    """
    return np.asarray(a * _within(lists, lists.p_buy) + (1 - a) * (1 - _within(lists, lists.kg)))


def _within(lists: Lists, figure: Floats) -> Floats:
    """Figures between 0 for the least and 1 for the most of each list; 0 where all are alike."""
    least = np.minimum.reduceat(figure, lists.start[:-1])[lists.shopper]
    most = np.maximum.reduceat(figure, lists.start[:-1])[lists.shopper]
    return np.asarray((figure - least) / np.where(most > least, most - least, 1.0))


def least_carbon(lists: Lists, rule: Reached, measure: str) -> Problem:
    """The least carbon at no less relevance and no less NDCG than the rule's slates have."""
    return Problem(
        key=np.arange(len(lists.start) - 1),
        start=lists.start,
        product=lists.product,
        value=-lists.counted(measure),
        p_buy=lists.p_buy,
        attention=attention_curve(PLACES),
        totals=(
            Total(name="relevance", unit="purchases", each=lists.p_buy, least=rule.relevance),
            Total(name="NDCG", unit="shoppers", each=lists.of_best, least=rule.ndcg),
        ),
    )


def reached(lists: Lists, rows: Ints) -> Reached:
    """What the slates `rows` (shoppers, places) come to."""
    weight = (rows >= 0) * attention_curve(PLACES)
    return Reached(
        relevance=float((weight * lists.p_buy[rows]).sum()),
        ndcg=float((weight * lists.of_best[rows]).sum()),
        kg={m: float((weight * lists.counted(m)[rows]).sum()) for m in MEASURES},
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="The whole curve as a table.")
    parser.add_argument("--out", type=Path, required=True, help="a CSV file")
    parser.add_argument("--workspace", type=Path, help="a finished workspace, also measured")
    asked = parser.parse_args()
    instances = [made_up(seed) for seed in SEEDS]
    if asked.workspace:
        instances.append(complete_journey(asked.workspace))
    curves(instances).round(6).to_csv(asked.out, index=False)


if __name__ == "__main__":
    main()
