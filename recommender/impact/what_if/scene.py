"""The world and the slates that the policies of a what-if run share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from recommender.candidates import Candidates
from recommender.impact.scenario.scenario import Scenario
from recommender.impact.what_if.simulate import Simulated, simulate
from recommender.impact.what_if.slates import Ranking, ranking_of
from recommender.impact.what_if.world import World, world_of
from recommender.policy import Policy
from recommender.rerank.rerank import Reranked, Shelves, rerank
from recommender.tradeoff import Scales, baseline_scales

Ids = npt.NDArray[np.object_]


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What all policies of a run share: candidates, baseline slates and scales."""

    candidates: Candidates
    shelves: Shelves
    displays: pd.DataFrame | None
    baseline: Policy
    scales: Scales
    customer_id: Ids
    ranked: dict[str, tuple[World, Ranking, Ranking]]  # by policy; "" is the baseline itself
    references: dict[tuple[int, Scenario, int, int], Simulated]  # by world and scenario

    @classmethod
    def of(
        cls,
        candidates: Candidates,
        shelves: Shelves,
        displays: pd.DataFrame | None,
        baseline: Policy,
        customer_id: Ids,
    ) -> Scene:
        none = Scales(m0=0.0, g0=0.0, short={})
        made = rerank(candidates, shelves, baseline, none, "all", customer_id=customer_id)
        served = np.diff(candidates.start) > 0
        scales = baseline_scales(
            made.rows[served], candidates, shelves.goods, baseline.slate.curve()
        )
        return cls(
            candidates=candidates,
            shelves=shelves,
            displays=displays,
            baseline=baseline,
            scales=scales,
            customer_id=customer_id,
            ranked={},
            references={},
        )

    def run(
        self, policy: Policy, scenario: Scenario, draws: int, seed: int
    ) -> tuple[Simulated, World]:
        """A policy under a scenario; all pairs see the same chance."""
        if policy.name not in self.ranked:
            self.ranked[policy.name] = self._ranked(policy)
        world, baseline, ranking = self.ranked[policy.name]
        rng = np.random.default_rng(seed)
        drawn = scenario.draw(rng, draws)
        found = simulate(world, baseline, ranking, drawn, rng=rng, months=scenario.horizon_months)
        return found, world

    def reference(self, policy: Policy, scenario: Scenario, draws: int, seed: int) -> Simulated:
        """The baseline's slates under the same scenario, in the world of `policy`."""
        world, baseline, _ = self.ranked[policy.name]
        key = id(world), scenario, draws, seed
        if key not in self.references:
            rng = np.random.default_rng(seed)
            drawn = scenario.draw(rng, draws)
            self.references[key] = simulate(
                world, baseline, baseline, drawn, rng=rng, months=scenario.horizon_months
            )
        return self.references[key]

    def _ranked(self, policy: Policy) -> tuple[World, Ranking, Ranking]:
        made = self._rerank(self.candidates, policy)
        if made.added:  # rows for sellers' floors are candidates of both worlds
            world = world_of(made.candidates, self.shelves, self.displays)
            base = ranking_of(self._rerank(made.candidates, self.baseline), self.scales, world)
        else:
            if "" not in self.ranked:
                world = world_of(self.candidates, self.shelves, self.displays)
                base = ranking_of(self._rerank(self.candidates, self.baseline), self.scales, world)
                self.ranked[""] = world, base, base
            world, base, _ = self.ranked[""]
        return world, base, ranking_of(made, self.scales, world)

    def _rerank(self, candidates: Candidates, policy: Policy) -> Reranked:
        return rerank(
            candidates,
            self.shelves,
            policy,
            self.scales,
            "all",
            customer_id=self.customer_id,
        )
