"""What a log without chances allows: rows on which log and policy agree, and a position model.

A deterministic log never shows what it did not choose. Two things can still be said, each with its
own assumption, and neither is a reweighted estimate:

*matched*: what sold at places where the log happens to show what the policy would. It describes
those rows and says nothing of the others.

*position model*: a purchase of product d at place k happens with chance attention_k x appeal_d
(x p_buy of the customer, where logged), so a product shown anywhere tells of itself at every place
(the examination hypothesis: Richardson, Dominowska and Ragno 2007, WWW; Chuklin, Markov and de
Rijke 2015). Attention is told apart from appeal only where the same products stood at several
places, and what the policy shows must have been shown to somebody. It takes on trust that the log
did not place products by what it knew of a customer beyond p_buy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

from recommender.bootstrap import drawn_sums, household_counts, interval
from recommender.candidates import Bools, Floats, Ints
from recommender.impact.off_policy.support import LEAST_SUPPORT
from recommender.impact.off_policy.table import Impressions
from recommender.impact.off_policy.target import Target, chance_of

DRAWS = 300  # each fits the position model anew
PASSES = 200
CLOSE = 1e-9
CHUNK_BYTES = 2**24
MATCHED = (
    "matched: only places where the log shows what the policy would; says nothing of the others"
)
POSITION_MODEL = (
    "position model: attention of a place x appeal of a product, whoever the customer is; nothing "
    "was drawn, so this is an assumption, not a measurement"
)


@dataclass(frozen=True, kw_only=True)
class Clicks:
    """Purchases per list of a policy, as far as a log without chances tells."""

    name: str
    matched_share: float  # of what the policy would show
    matched: tuple[float, float, float]  # purchases per place there: value, low, high; NaN: none
    model: tuple[float, float, float]  # purchases per list; NaN where not identified
    covered: float  # share of what the policy would show of which the model can speak
    attention: tuple[float, ...]  # of each place against the first; NaN: not tied to it
    reason: str  # why the model gives no value, "" where it does

    def facts(self) -> dict[str, Any]:
        """All figures with their labels, for JSON."""

        def said(values: tuple[float, float, float]) -> dict[str, float | None]:
            plain = [None if np.isnan(value) else value for value in values]
            return dict(zip(("value", "low", "high"), plain, strict=True))

        return {
            "layer": "what if (impressions without chances)",
            "matched": {"meaning": MATCHED, "share": self.matched_share, **said(self.matched)},
            "position_model": {
                "meaning": POSITION_MODEL,
                "identified": not self.reason,
                "reason": self.reason,
                "covered": self.covered,
                "attention": [None if np.isnan(each) else each for each in self.attention],
                **said(self.model),
            },
        }


def clicks_of(log: Impressions, target: Target, *, draws: int = DRAWS, seed: int = 0) -> Clicks:
    """Matched rows and the position model for a policy, with 95 % intervals by customer."""
    product = log.product[target.contexts]
    bought = log.bought[target.contexts]
    filled = product >= 0
    context, place = np.nonzero(filled)
    customer = log.customer[target.contexts]
    agree = chance_of(target, context, place, product[filled])
    sold = agree * bought[filled]
    table = np.zeros((len(log.customer_id), 2))
    np.add.at(table, customer[context], np.column_stack([sold, agree]))
    rng = np.random.default_rng(seed)
    drawn = drawn_sums([table], draws, rng)[0]
    matched = _with_interval(table.sum(axis=0)[None, :], drawn)

    products = len(target.product_id)
    size = products * log.places
    told = log.p_buy is not None and bool(np.isfinite(log.p_buy[target.contexts][filled]).all())
    told = told and bool(np.isfinite(target.p_buy).all())
    weight = np.ones(len(context))
    if told and log.p_buy is not None:
        weight = log.p_buy[target.contexts][filled]
    cell = place * products + product[filled]
    shape = (len(log.customer_id), size)
    shown = coo_matrix((weight, (customer[context], cell)), shape=shape).tocsr()
    hits = coo_matrix((bought[filled], (customer[context], cell)), shape=shape).tocsr()
    asked = target.chance * (target.p_buy if told else 1.0)
    wanted = coo_matrix(
        (asked, (customer[target.context], target.place * products + target.product)), shape=shape
    ).tocsr()
    lists = np.bincount(customer, minlength=shape[0]).astype(np.float64)
    group, known = _groups(hits, shown, log.places, products)
    can = known & (group[: log.places, None] == group[None, log.places :])
    sums = _total(wanted, log.places, products)
    # chance, not demand, is what counts for the share
    mass = np.zeros((log.places, products))
    np.add.at(mass, (target.place, target.product), target.chance)
    covered = float((mass * can).sum() / mass.sum())
    attention, appeal = position_model(
        _total(hits, log.places, products), _total(shown, log.places, products)
    )
    reason = ""
    model = (float("nan"),) * 3
    if covered < LEAST_SUPPORT:
        reason = (
            f"not identified: {1 - covered:.1%} of what {target.name} would show was never shown, "
            f"or stood only at places that share no product that sold with the place asked, but at "
            f"most {1 - LEAST_SUPPORT:.0%} may be missing"
        )
    else:
        value = float((sums * can * np.outer(attention, appeal)).sum() / len(target.contexts))
        levels = _drawn_levels(
            hits, shown, wanted.multiply(can.ravel()).tocsr(), lists, can.shape, draws, seed
        )
        low, high = interval(levels[:, None])
        model = (value, float(low[0]), float(high[0]))
    tied = group[: log.places] == group[0]
    scale = attention[0] if attention[0] > 0 else np.nan
    told_attention = np.where(tied & (attention > 0), attention, np.nan) / scale
    return Clicks(
        name=target.name,
        matched_share=float(agree.sum() / target.chance.sum()),
        matched=matched,
        model=model,
        covered=covered,
        attention=tuple(told_attention.tolist()),
        reason=reason,
    )


def position_model(hits: Floats, shown: Floats) -> tuple[Floats, Floats]:
    """attention (places,) and appeal (products,) with hits ~ attention x appeal x shown.

    Both tables are (places, products). The likeliest values under Poisson purchases: rows and
    columns of attention x appeal x shown then sum to those of `hits`, which the passes reach by
    scaling one side after the other. The first place with purchases has attention 1; a place or a
    product without any has 0.

    >>> attention, appeal = position_model(
    ...     np.array([[4.0, 2.0], [2.0, 1.0]]), np.full((2, 2), 10.0)
    ... )
    >>> attention.round(3), appeal.round(3)
    (array([1. , 0.5]), array([0.4, 0.2]))
    """
    sold_at, sold_of = hits.sum(axis=1), hits.sum(axis=0)
    attention = np.ones(len(hits))
    appeal = np.zeros(hits.shape[1])
    for _ in range(PASSES):
        before = attention
        reach = attention @ shown
        appeal = np.divide(sold_of, reach, out=np.zeros_like(reach), where=reach > 0)
        reach = shown @ appeal
        attention = np.divide(sold_at, reach, out=np.zeros_like(reach), where=reach > 0)
        top = attention[attention > 0][0] if (attention > 0).any() else 1.0
        attention = attention / top
        if np.abs(attention - before).max() < CLOSE:
            break
    reach = attention @ shown
    appeal = np.divide(sold_of, reach, out=np.zeros_like(reach), where=reach > 0)
    return attention, appeal


def _groups(hits: csr_matrix, shown: csr_matrix, places: int, products: int) -> tuple[Ints, Bools]:
    """The group of each place, then of each product; and which products were shown at all.

    Places and products are tied where a product that sold stood; a product that never sold has
    appeal 0 at every place, so it joins no places but belongs to the first it stood at.
    """
    seen = _total(shown, places, products) > 0
    sold = _total(hits, places, products).sum(axis=0) > 0
    place, product = np.nonzero(seen & sold)
    once = np.argmax(seen, axis=0)
    lone = np.flatnonzero(seen.any(axis=0) & ~sold)
    start = np.concatenate([place, once[lone]])
    end = np.concatenate([product, lone]) + places
    edges = coo_matrix((np.ones(len(start)), (start, end)), shape=(places + products,) * 2)
    group = connected_components(edges, directed=False)[1].astype(np.int64)
    return group, np.tile(seen.any(axis=0), (places, 1))


def _total(table: csr_matrix, places: int, products: int) -> Floats:
    return np.asarray(table.sum(axis=0)).reshape(places, products)


def _drawn_levels(
    hits: csr_matrix,
    shown: csr_matrix,
    wanted: csr_matrix,
    lists: Floats,
    shape: tuple[int, int],
    draws: int,
    seed: int,
) -> Floats:
    """Purchases per list by the position model, fitted anew to each draw of customers, (draws,)."""
    rng = np.random.default_rng(seed)
    levels = []
    for counts in household_counts(len(lists), draws, rng, chunk_bytes=CHUNK_BYTES):
        for drawn in counts:
            sold, seen, asked = ((drawn @ table).reshape(shape) for table in (hits, shown, wanted))
            attention, appeal = position_model(sold, seen)
            levels.append(attention @ asked @ appeal / (drawn @ lists))
    return np.array(levels)


def _with_interval(found: Floats, drawn: Floats) -> tuple[float, float, float]:
    if found[0, 1] == 0:
        return (float("nan"),) * 3
    share = np.divide(
        drawn[:, :1], drawn[:, 1:], out=np.full((len(drawn), 1), np.nan), where=drawn[:, 1:] > 0
    )
    low, high = interval(share)
    return float(found[0, 0] / found[0, 1]), float(low[0]), float(high[0])
