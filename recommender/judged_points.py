"""One policy after another, judged on the same held-out weeks: what the page and frontier ask for.

A `Stage` holds what all policies share (candidates, shelves, purchases, the slates of relevance
alone and their scales), so that one more policy takes a second or two, not a whole backtest. The
figures are those of the backtest's report, by the same functions; a test holds them to each other.

A point is the entry that a policy has in the report, with less in each task (no ranges of the
footprints, and {} for the audit households), and besides:

    limit_prices             [sentence]: what each shared limit costs at the margin
    implied_price_per_tonne  margin given up for a tonne by weight and budget; null without margins
    exposure                 task -> seller -> share of attention, of every seller that has any
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.candidates import Candidates, Floats, Ints
from recommender.functional import Functional
from recommender.impact.observed.margins import with_margins
from recommender.impact.observed.measure import Measured, measured
from recommender.impact.observed.parts import judged_part, policy_said, slates_described, worst_part
from recommender.impact.observed.shop import brought_by
from recommender.impact.segments.kinds import Words
from recommender.metrics import FIGURES, Bought, Slates, bought_in
from recommender.policy import BASELINE, Policy, baseline_policy
from recommender.policy_slates import Run, certificate, slates_of
from recommender.rerank.frontier_figures import certificate as prices_of
from recommender.rerank.frozen import FrozenPrices
from recommender.rerank.limit_prices import explain_prices
from recommender.rerank.limit_summary import family_sentences, worth_telling
from recommender.rerank.rerank import Reranked, Shelves, rerank
from recommender.shop import Shop
from recommender.splits import HORIZON_WEEKS
from recommender.steps import SEED, default_policy
from recommender.tradeoff import TASKS, Scales, baseline_scales, seller_exposure

DRAWS = 300  # of the bootstrap: a third of the report's
LARGEST_SELLERS = 10
SMALLEST_SHARE = 1e-9  # of attention: less is none
KEPT = 16  # slates of a policy and task, of some hundred bytes a household


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What every policy is judged by."""

    candidates: Candidates
    shelves: Shelves
    households: Ints  # customer numbers of those judged
    customer_id: npt.NDArray[np.object_]
    windows: Mapping[str, Bought]  # purchases by task
    scales: Scales
    alone: Mapping[str, Slates]  # of relevance alone, by task
    currency: str
    window: Mapping[str, int]
    second: Functional | None  # figures by a second footprints table; None without one
    kinds: Mapping[str, Words]  # of segments; {} where nothing is known of the households
    kind_notes: Sequence[str]
    kept: dict[str, Slates] = field(default_factory=dict)  # the last that were searched

    @classmethod
    def of(cls, shop: Shop) -> Stage:
        """The judging weeks of a workspace."""
        week, history = shop.weeks.judge, shop.judging
        served, truth = history.universe, shop.log.weeks(week.first, week.last)
        truth = truth.where(served.products[truth.product] & served.customers[truth.customer])
        brought = brought_by(shop)
        products, _ = with_margins(shop.products(history), brought.margins)
        shelves = Shelves.of(products, history.log)
        candidates, ids = shop.candidates("judge"), shop.log.ids.customers
        households = np.flatnonzero(served.customers)
        is_new = ~history.log.has_bought(truth.customer, truth.product)
        baseline = baseline_policy(default_policy().slate)
        scales, alone = Scales(m0=0.0, g0=0.0, short={}), {}
        for task in TASKS:
            made = rerank(candidates, shelves, baseline, scales, task, customer_id=ids)
            alone[task] = slates_of(made, households)
            if task == TASKS[0]:
                rows, curve = made.rows[households], baseline.slate.curve()
                scales = baseline_scales(rows, candidates, shelves.goods, curve)
        return cls(
            candidates=candidates,
            shelves=shelves,
            households=households,
            customer_id=ids,
            windows={
                "all": bought_in(truth, shelves.goods),
                "new": bought_in(truth.where(is_new), shelves.goods),
            },
            scales=scales,
            alone=alone,
            currency=shop.currency,
            window={"first_week": week.first, "last_week": week.last},
            second=brought.second,
            kinds=brought.segments or {},
            kind_notes=brought.notes,
        )

    def slates(self, policy: Policy, task: str) -> Slates:
        """The slates of the households judged, searched for where they are not among the last."""
        if policy.name == BASELINE:
            return self.alone[task]
        if slates_key(policy, task) not in self.kept:
            self.keep(self.rerank(policy, task), task)
        return self.kept[slates_key(policy, task)]

    def keep(self, made: Reranked, task: str) -> None:
        """Keeps slates for a closer look; the oldest go first."""
        self.kept[slates_key(made.policy, task)] = slates_of(made, self.households)
        while len(self.kept) > KEPT:
            del self.kept[next(iter(self.kept))]

    def rerank(self, policy: Policy, task: str, warm: FrozenPrices | None = None) -> Reranked:
        """The slates of all customers under a policy."""
        return rerank(
            self.candidates,
            self.shelves,
            policy,
            self.scales,
            task,
            customer_id=self.customer_id,
            warm=warm,
        )


def judged_points(
    stage: Stage,
    runs: Mapping[tuple[str, str], Reranked],
    draws: int = DRAWS,
) -> dict[str, dict[str, Any]]:
    """The point of every policy in `runs` (by name and task), relevance alone first.

    All are drawn together, so that each change is paired with relevance alone.
    """
    tasks = list(dict.fromkeys(task for _, task in runs))
    slates: dict[Run, Slates] = {(BASELINE, task): stage.alone[task] for task in tasks}
    slates |= {run: slates_of(made, stage.households) for run, made in runs.items()}
    found = measured(
        slates,
        stage.windows,
        stage.shelves.goods,
        stage.shelves.facts,
        second=stage.second,
        draws=draws,
        rng=np.random.default_rng(SEED),
    )
    policies = {name: made.policy for (name, _), made in runs.items()}
    policies = {BASELINE: baseline_policy(next(iter(policies.values())).slate), **policies}
    points = {}
    for name, policy in policies.items():
        own = [task for task in tasks if (name, task) in slates]
        first = runs.get((name, own[0]))
        points[name] = {
            **policy_said(policy, stage.scales),
            "tasks": {
                task: _task(
                    found,
                    (name, task),
                    slates[name, task],
                    runs.get((name, task)),
                    stage,
                    policy,
                )
                for task in own
            },
            "limit_prices": [] if first is None else limit_sentences(stage, first),
            "implied_price_per_tonne": None if first is None else implied_price(stage, first),
            "exposure": {task: exposure(stage, slates[name, task]) for task in own},
        }
    return points


def judged_policy(stage: Stage, policy: Policy, draws: int = DRAWS) -> dict[str, Any]:
    """A report of one policy beside relevance alone: meta, figures, scales and two policies."""
    runs = {(policy.name, task): stage.rerank(policy, task) for task in TASKS}
    for (_, task), made in runs.items():
        stage.keep(made, task)
    return report_of(stage, judged_points(stage, runs, draws), draws)


def report_of(stage: Stage, points: Mapping[str, Any], draws: int) -> dict[str, Any]:
    """Points with what is said of all of them, as a report has it."""
    return {
        "schema": 1,
        "meta": {
            "layer": "observed (held-out purchases)",
            "window": dict(stage.window),
            "households": len(stage.households),
            "draws": draws,
            "coverage": 0.95,
            "baseline": BASELINE,
        },
        "figures": {
            name: {"meaning": f.meaning, "unit": f.unit, "change": f.change}
            for name, f in FIGURES.items()
        },
        "scales": {"m0": stage.scales.m0, "g0": stage.scales.g0},
        "policies": dict(points),
    }


def limit_sentences(stage: Stage, made: Reranked) -> list[str]:
    """What each limit that the shoppers share costs at the margin; [] where there is none."""
    limits = explain_prices(
        made.assembled.problem,
        made.solution,
        made.policy.weights,
        stage.scales,
        HORIZON_WEEKS,
        stage.currency,
        missed=made.missed,
    )
    return [*(limit.sentence for limit in worth_telling(limits)), *family_sentences(limits)]


def implied_price(stage: Stage, made: Reranked) -> float | None:
    """Margin given up for a tonne by the climate weight and the carbon budget together."""
    price = float(prices_of(made, stage.scales)["carbon_per_tonne"])
    return price if np.isfinite(price) else None


def exposure(stage: Stage, slates: Slates) -> dict[str, float]:
    """Share of attention by seller, of those that have any."""
    goods = stage.shelves.goods
    seller = np.where(slates.product >= 0, goods.seller[slates.product], -1)
    share: Floats = seller_exposure(seller, slates.weight, len(goods.sellers))
    shown: Sequence[int] = np.flatnonzero(share > SMALLEST_SHARE).tolist()
    return {str(goods.sellers[s]): float(share[s]) for s in shown}


def slates_key(policy: Policy, task: str) -> str:
    """All of a policy that its slates hang on, and the task."""
    words = {"name", "version", "description", "review_date"}
    return f"{task} {policy.model_dump_json(exclude=words)}"


def _task(
    found: Mapping[Run, Measured],
    run: Run,
    slates: Slates,
    made: Reranked | None,
    stage: Stage,
    policy: Policy,
) -> dict[str, Any]:
    goods = stage.shelves.goods
    largest = np.argsort(-goods.target, kind="stable")[:LARGEST_SELLERS]
    return {
        "figures": found[run].figures,
        "audit": {},
        "split": found[run].split,
        "audit_split": {},
        "claimed_realised": judged_part({"": found}, run, slates, goods, stage.second),
        **slates_described(slates, stage.windows[run[1]], goods, largest),
        "worst_seller": worst_part(slates, stage.shelves, policy),
        "certificate": None if made is None else certificate(made),
    }
