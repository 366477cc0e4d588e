"""The steps on a workspace that serve some customers, or a basket, at frozen prices.

Prices of limits that customers share come from a file that `rerank` or `stream` left, with the
candidate rows beside it that sellers' floors had added; without one, all customers are ranked
first, to find both.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pcf_estimator.tables import TableError
from recommender.candidates import Candidates
from recommender.policy import Policy
from recommender.relevance.newcomers.basket_model import BasketAnswer
from recommender.rerank.frozen import FrozenPrices
from recommender.rerank.kept_rows import read_rows, with_kept_rows
from recommender.rerank.rerank import Shelves, rerank
from recommender.serving import Served, serve
from recommender.shop import Shop
from recommender.steps import frozen_prices, scales_now
from recommender.tradeoff import Scales

NOW = "now"


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What customers are served from: prices and candidates that belong together."""

    frozen: FrozenPrices | None  # None for a policy without limits that customers share
    candidates: Candidates  # with the rows that sellers' floors added


def recommend_step(
    shop: Shop,
    policy: Policy,
    customer_id: list[str],
    prices: Path | None = None,
    own_climate: float = 1.0,
) -> Served:
    """Today's slates of `policy` for the asked customers, at the prices in a file.

    Without a file, all customers are ranked first, to find the prices. On these slates alone
    carbon counts `own_climate` times what the policy says: prices are found without it, so no
    other customer's slate hangs on it. Raises TableError for a file that holds no prices.
    """
    _refuse_factor(own_climate)
    scales = scales_now(shop)
    counted = counted_now(shop, policy, scales, prices)
    return serve(
        counted.candidates,
        shop.shelves,
        shop.today,
        policy,
        scales,
        np.array(customer_id, dtype=object),
        shop.segments,
        frozen=counted.frozen,
        own_climate=own_climate,
    )


def basket_slate(
    shop: Shop,
    found: BasketAnswer,
    policy: Policy,
    prices: Path | None = None,
    own_climate: float = 1.0,
) -> Served:
    """The slate of `policy` for a typed-in basket, whose products are not proposed again.

    `prices` and `own_climate` as in `recommend_step`.
    """
    _refuse_factor(own_climate)
    history = found.history
    shelves = Shelves.of(shop.products(history), history.log)
    scales = scales_now(shop)
    customer = np.array([history.log.ids.customers[found.customer]], dtype=object)
    return serve(
        found.candidates,
        shelves,
        history,
        policy,
        scales,
        customer,
        new_only=True,
        frozen=counted_now(shop, policy, scales, prices).frozen,
        own_climate=own_climate,
    )


def counted_now(shop: Shop, policy: Policy, scales: Scales, prices: Path | None) -> Counted:
    """Prices of the limits that customers share, and the candidates that they were found with."""
    candidates = shop.candidates(NOW)
    if prices is not None:
        kept = with_kept_rows(candidates, read_rows(prices), shop.log.ids)
        return Counted(frozen=prices_in(prices, policy), candidates=kept)
    if not policy.couples_shoppers:
        return Counted(frozen=None, candidates=candidates)
    made = rerank(
        candidates, shop.shelves, policy, scales, "all", customer_id=shop.log.ids.customers
    )
    return Counted(frozen=frozen_prices(shop, made, scales), candidates=made.candidates)


def prices_in(path: Path, policy: Policy) -> FrozenPrices:
    """The prices in a file of an earlier run. Raises TableError for another file or attention."""
    try:
        frozen = FrozenPrices.from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TableError(f"warm prices {path}: {error}") from error
    asked = policy.slate.curve().tolist()
    if list(frozen.attention) != asked:
        raise TableError(
            f"warm prices {path}: they are for attention "
            f"{[round(weight, 3) for weight in frozen.attention]}, but policy {policy.name} has "
            f"{[round(weight, 3) for weight in asked]}"
        )
    return frozen


def _refuse_factor(own_climate: float) -> None:
    """Raises TableError for a factor of the slider that is none."""
    if not (np.isfinite(own_climate) and own_climate >= 0):
        raise TableError(
            f"own climate is {own_climate:g}, but a number of 0 (off) or more was expected; 1 is "
            f"what the policy says"
        )


def own_climate_told(policy: Policy, served: Served, own_climate: float) -> str:
    """What the slider did, in a sentence; "" where it stands at the policy's default of 1."""
    if own_climate == 1:
        return ""
    counts = "carbon does not count" if own_climate == 0 else f"carbon counts {own_climate:g} times"
    counts += " on these slates" if own_climate == 0 else " what the policy says on these slates"
    if not served.carbon_counts:
        return (
            f"own climate {own_climate:g}: policy {policy.name} gives carbon no weight and no "
            f"price, so it moves nothing"
        )
    return f"own climate {own_climate:g}: {counts}; nobody else's slate and no price moves"
