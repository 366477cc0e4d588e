"""What if a policy stood: the same shop with two sets of slates, draw by draw.

In each draw the parameters of a scenario, the effect of displays and the footprints of products are
drawn once, and both worlds see the same: the slates of the baseline, in a world without the
scenario's reactions (as it is now), and the slates of the policy, in a world with them (labels,
tastes, sellers). The change is the difference, draw by draw; so equal slates and no reaction make a
change of exactly 0. What the slates alone do, without any reaction, is told beside it.

Short run: the four weeks after the change. Long run: the four weeks after `months` of adaptation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise, repeat

import numpy as np

from recommender.candidates import Bools, Floats
from recommender.impact.observed.footprint_draws import kg_factors
from recommender.impact.scenario.adaptation import SellerState, a_month_on, at_start, who_cuts
from recommender.impact.scenario.adaptation_shoppers import followed, rebound_kg
from recommender.impact.what_if.choice_nests import places_of
from recommender.impact.what_if.choice_respond import Sold, respond
from recommender.impact.what_if.levels import FIGURES, Levels, Market, levels, mixed, with_rebound
from recommender.impact.what_if.reactions import (
    DISPLAY,
    Drawn,
    SellerFacts,
    anybody_reacts,
    market_of,
    moved,
    one_by_one,
    sellers_react,
    still,
    value_of,
)
from recommender.impact.what_if.slates import Ranking
from recommender.impact.what_if.world import World
from recommender.tradeoff import TINY

STEPS = 6  # of the way to the long run: so often are slates and choices found anew
BASELINE, POLICY, ALONE = "baseline", "policy", "slates alone"
SHORT, LONG = "short", "long"


@dataclass(frozen=True, kw_only=True)
class Tally:
    """The figures of one world of one run, in every draw."""

    figures: Floats  # (draws, figures): in the order of `what_if.levels.FIGURES`
    income: Floats  # (draws, sellers)
    departments: Floats  # (draws, departments, 3): `what_if.levels.OF_DEPARTMENTS`
    kg_by_medians: Floats  # (draws,)

    @classmethod
    def of(cls, each_draw: list[Levels]) -> Tally:
        return cls(
            figures=np.stack([one.figures for one in each_draw]),
            income=np.stack([one.income for one in each_draw]),
            departments=np.stack([one.departments for one in each_draw]),
            kg_by_medians=np.array([one.kg_by_medians for one in each_draw]),
        )


@dataclass(frozen=True, kw_only=True)
class Simulated:
    """All that a run found: worlds by run and name, and what was drawn."""

    worlds: Mapping[str, Mapping[str, Tally]]  # SHORT, LONG -> BASELINE, POLICY, ALONE
    drawn: Drawn  # parameter -> (draws,)
    left: Bools  # (draws, sellers): who has left in the long run
    newcomers: Floats  # (draws,): share of needs' purchases in the long run
    on_slates: float  # share of purchases, before any list, of what stands on baseline slates

    @property
    def draws(self) -> int:
        return len(self.newcomers)

    @property
    def last_run(self) -> str:
        return LONG if LONG in self.worlds else SHORT


def with_display(drawn: Drawn, rng: np.random.Generator) -> dict[str, Floats]:
    """The drawn parameters and, one in each slice from 0 to 1, the place in displays' ranges."""
    draws = len(next(iter(drawn.values())))
    return {**drawn, DISPLAY: (rng.permutation(draws) + rng.random(draws)) / draws}


def simulate(
    world: World,
    baseline: Ranking,
    policy: Ranking,
    drawn: Drawn,
    *,
    rng: np.random.Generator,
    months: int = 0,
    each: Callable[[], None] = lambda: None,
) -> Simulated:
    """Both worlds in every draw of `drawn` (parameter -> (draws,), as a scenario draws them).

    `baseline` and `policy` rank the same candidates, those of `world`. `months` above 0 adds the
    long run. `each` is called after every draw. The same `rng` gives the same bits, and the same
    displays, footprints and sellers' readiness whatever the policy and the scenario.
    """
    display_rng, footprint_rng, seller_rng = rng.spawn(3)
    drawn = with_display(drawn, display_rng)
    draws, sellers = len(drawn[DISPLAY]), len(world.goods.sellers)
    ready = seller_rng.random((draws, sellers))
    scene = _Scene(
        world=world,
        policy=policy,
        before=places_of(world.nests, baseline.rows, first_is_one(baseline.attention)),
        after=places_of(world.nests, policy.rows, first_is_one(policy.attention)),
        sellers=SellerFacts.of(world, baseline, policy),
    )
    found: dict[str, dict[str, list[Levels]]] = {}
    left, newcomers = np.zeros((draws, sellers), np.bool_), np.zeros(draws)
    factors = (
        repeat(np.ones(len(world.goods.price)), draws)
        if world.doubt is None
        else kg_factors(world.doubt, draws, footprint_rng)
    )
    for at, factor in enumerate(factors):
        one = {name: values[at : at + 1] for name, values in drawn.items()}
        base, star, short = scene.short(one, factor)
        for name, level in short.items():
            found.setdefault(SHORT, {}).setdefault(name, []).append(level)
        if months > 0:
            long, state = scene.long(one, factor, ready[at : at + 1], months, base, star, short)
            for name, level in long.items():
                found.setdefault(LONG, {}).setdefault(name, []).append(level)
            left[at], newcomers[at] = ~state.present[0], state.newcomers[0]
        each()
    worlds = {
        run: {name: Tally.of(each_draw) for name, each_draw in by_name.items()}
        for run, by_name in found.items()
    }
    return Simulated(
        worlds=worlds,
        drawn=drawn,
        left=left,
        newcomers=newcomers,
        on_slates=float(world.nests.p_buy[scene.before > 0].sum()) / world.nests.purchases,
    )


@dataclass(frozen=True, kw_only=True)
class _Scene:
    """What stays the same in all draws."""

    world: World
    policy: Ranking
    before: Floats  # (rows of the nests,): attention under the baseline's slates
    after: Floats
    sellers: SellerFacts

    def short(self, drawn: Drawn, factor: Floats) -> tuple[Sold, Sold, dict[str, Levels]]:
        """What the baseline and the policy without habit sell, and the figures of the first run."""
        world = self.world
        today = Market.today(len(factor))
        unmoved = still(world, drawn)
        base = respond(world.nests, self.before, unmoved)
        same_slates = np.array_equal(self.before, self.after)
        alone = base if same_slates else respond(world.nests, self.after, unmoved)
        star = alone
        if anybody_reacts(drawn):
            star = respond(world.nests, self.after, moved(world, drawn, today, 0))
        sold = mixed(base, star, float(followed(0, drawn["habit"])[0]))
        figures = {
            BASELINE: levels(world, base, today, factor),
            ALONE: levels(world, alone, today, factor),
        }
        same = sold is alone
        figures[POLICY] = figures[ALONE] if same else levels(world, sold, today, factor)
        figures[POLICY] = _rebounding(figures[BASELINE], figures[POLICY], drawn)
        return base, star, figures

    def long(
        self,
        drawn: Drawn,
        factor: Floats,
        ready: Floats,
        months: int,
        base: Sold,
        star: Sold,
        short: Mapping[str, Levels],
    ) -> tuple[dict[str, Levels], SellerState]:
        """The figures after `months`, and where sellers stand then.

        `ready` (1, sellers) says who cuts, see `adaptation.who_cuts`. Between two of the `STEPS`
        incomes are held as they were.
        """
        world = self.world
        before, now = short[BASELINE], short[POLICY]
        state = at_start(1, len(world.goods.sellers))
        cuts = who_cuts(self.sellers.lost[None, :], drawn, ready)
        steps = min(STEPS, months) if sellers_react(drawn) else 1
        ends = [months * step // steps for step in range(steps + 1)]
        for began, month in pairwise(ends):
            stood = state
            for _ in range(month - began):
                state = a_month_on(state, now.income[None, :], before.income, cuts, drawn)
            share = np.divide(
                now.income, before.income, out=np.ones(len(now.income)), where=before.income > 0
            )
            state = one_by_one(stood, state, share, self.sellers.own_brand)
            market = market_of(world, state, self.sellers.newcomer_kg)
            if anybody_reacts(drawn) or sellers_react(drawn):
                places = self._places(market)
                star = respond(world.nests, places, moved(world, drawn, market, month))
            sold = mixed(base, star, float(followed(month, drawn["habit"])[0]))
            now = levels(world, sold, market, factor)
        return {BASELINE: before, POLICY: _rebounding(before, now, drawn)}, state

    def _places(self, market: Market) -> Floats:
        """The policy's slates once sellers have reacted."""
        if market.present.all() and (market.kg == 1.0).all():
            return self.after
        fewer = self.world.goods.functional.kg_functional * (1.0 - market.kg)
        rows = self.policy.again(fewer, market.present)
        return places_of(self.world.nests, rows, first_is_one(self.policy.attention))


def first_is_one(attention: Floats) -> Floats:
    """The attention of each place over that of the first, of which the transfer is a share."""
    return attention / attention[0]


def _rebounding(base: Levels, found: Levels, drawn: Drawn) -> Levels:
    """With the carbon of what is saved: paid less for as many purchases, not for fewer of them."""
    names = list(FIGURES)
    revenue, purchases = names.index("revenue"), names.index("purchases")
    before, after = base.figures, found.figures
    price_before, price_after = (
        each[revenue] / max(each[purchases], TINY) for each in (before, after)
    )
    saved = np.array([(price_before - price_after) * after[purchases]])
    more = rebound_kg(saved, drawn["rebound_share"], drawn["rebound_kg_per_money"])
    return with_rebound(found, float(more[0]))


def parameters_of(simulated: Simulated) -> dict[str, Floats]:
    """The parameters that differ between draws, (draws,) each: what can explain a spread."""
    return {
        name: values
        for name, values in simulated.drawn.items()
        if len(values) > 1 and value_of({name: np.ptp(values, keepdims=True)}, name) > 0.0
    }
