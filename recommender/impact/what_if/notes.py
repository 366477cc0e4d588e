"""What a what-if run assumes, as rows with ranges and sources, and what to keep in mind."""

from __future__ import annotations

from typing import Any

import numpy as np

from recommender.impact.observed.footprint_draws import SHARED_BY_ALL
from recommender.impact.response.verdicts import Transfer
from recommender.impact.scenario.scenario import Scenario
from recommender.impact.what_if.choice import LEAST_NOTHING
from recommender.impact.what_if.reactions import DISPLAY, LARGEST
from recommender.impact.what_if.simulate import LONG, STEPS, Simulated
from recommender.impact.what_if.world import World
from recommender.lighter import Z80

ALWAYS = ("attention_transfer", "price_elasticity", "nest_dissimilarity")  # hold in any scenario


def assumptions(scenario: Scenario, world: World) -> list[dict[str, Any]]:
    """Every range that moved the run: parameter, low, high, unit, source, words.

    What a scenario leaves at no effect is left out; the effect of displays, from the log or
    assumed, and the footprints' doubt stand last.
    """
    rows = [
        row
        for row in scenario.describe()
        if row["given"] or row["parameter"] in ALWAYS or row["low"] != 0 or row["high"] != 0
    ]
    display = world.display
    shared = float(display.estimated.mean())
    source = (
        "estimated from this shop's log by department (greenaisle response estimate)"
        if shared == 1.0
        else "Assumption of ours: no department's effect is known from the log"
        if shared == 0.0
        else f"estimated from this shop's log for departments with {shared:.0%} of the products, "
        "assumption of ours for the others"
    )
    common = {"shape": "even", "given": True}
    rows.append(
        {
            "parameter": DISPLAY,
            "low": float(display.low.min()),
            "high": float(display.high.max()),
            "unit": "change of a product's sales, as a share",
            "source": source,
            "words": "of a shelf display, by department; all lie at the same place in their range "
            "in one draw",
            **common,
        }
    )
    if world.doubt is not None:
        errors = (world.doubt.own, world.doubt.of_need, world.doubt.of_all)
        middle = float(np.exp(Z80 * np.median(np.sqrt(sum(sd**2 for sd in errors)))))
        rows.append(
            {
                "parameter": "footprints",
                "low": 1.0 / middle,
                "high": middle,
                "unit": "times the figure, middle product",
                "source": "the 80 % range of each product's own footprint",
                "words": "what is a product's own was learned from pairs of goods of one need; the "
                f"rest is shared by the need, {SHARED_BY_ALL:.0%} of it by all goods, an "
                "assumption of ours",
                **common,
            }
        )
    return rows


def notes(simulated: Simulated, world: World, scenario: Scenario, observed: bool) -> list[str]:
    """Sentences that stand beside the figures."""
    transfer = scenario.range_of("attention_transfer")
    candidates = float(world.nests.p_buy.sum()) / world.nests.purchases
    said = [
        "What if: no measurement. Every figure hangs on the ranges above; nothing here was seen to "
        "happen.",
        Transfer(low=transfer.low, high=transfer.high).sentence,
        "The change is against the relevance slates in the shop as it is, in the same draws; "
        "labels, tastes and sellers' reactions come with the policy. The policy's part is its "
        "change against relevance slates under the same scenario: what the weighting itself does.",
        f"Nested logit a household and need, calibrated to give back each p_buy; at least "
        f"{LEAST_NOTHING:.0%} of the occasions to buy in a need end without a purchase, an "
        "assumption of ours.",
        f"Whole baskets: {candidates:.0%} of the purchases are of candidates, and "
        f"{simulated.on_slates:.0%} of goods that stand on relevance slates, bought with a list or "
        "without: a list moves whole baskets far less than it differs from another list. The other "
        "purchases follow the history of their need; slates take from them, and labels and tastes "
        "move them too.",
        f"Labels and tastes move one product by at most {LARGEST:g} log odds, an assumption of "
        "ours: what is far heavier than its need is at that bound, so that the share of shoppers "
        "with the taste tells more than its strength.",
        "Rebound counts money saved by cheaper goods, not by fewer of them.",
    ]
    if simulated.last_run == LONG:
        said.append(
            f"Long run: the four weeks after {scenario.horizon_months} months, in up to {STEPS} "
            "steps. Slates follow falling footprints and leavers by the policy's score at the "
            "prices that its limits have now: limits are not solved again. Of the suppliers who "
            "would leave, half do in each step, those who lost most; the shop's own label stays. "
            "Newcomers are the share of purchases that they take, at the weight of their need's "
            "lightest third; entered is that share as a number of needs."
        )
    if observed:
        said.append(
            "Observed beside it: what stood on slates and was bought in the held-out weeks, though "
            "no slate had been shown; it is another quantity, not a check of these."
        )
    return said
