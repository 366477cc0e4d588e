"""What a policy lets stand on a slate at all, and what it names that the shop does not have."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

import numpy as np
import numpy.typing as npt

from recommender.candidates import Bools, Candidates
from recommender.policy import Policy, PolicyError
from recommender.rerank.shelf_facts import ShelfFacts
from recommender.tradeoff import Goods, allowed_rows

Names = npt.NDArray[np.object_]
TOLD = 5  # unknown names that a refusal spells out


def allowed_products(goods: Goods, facts: ShelfFacts, policy: Policy) -> Bools:
    """Which products may stand on a slate under `policy`, (products,), for whichever shopper.

    Raises PolicyError where the policy names a product, category or seller that the shop does not
    have, and where its lists leave nothing to show.
    """
    limits = policy.limits
    categories, sellers = np.array(facts.categories, object), np.array(facts.sellers, object)
    allowed = goods.may_be_shown.copy()
    if policy.carbon.bar_unknown:
        allowed &= ~goods.unknown
    if not limits.age_restricted:
        allowed &= ~facts.age_restricted
    if limits.highest_price is not None:
        allowed &= goods.price <= limits.highest_price
    if limits.deny_products:
        allowed &= ~_named(policy, "deny_products", facts.product_id, "product")
    if limits.deny_categories:
        allowed &= ~_of(facts.category, _named(policy, "deny_categories", categories, "category"))
    if limits.deny_sellers:
        allowed &= ~_of(facts.seller, _named(policy, "deny_sellers", sellers, "seller"))
    if limits.allow_categories:
        allowed &= _of(facts.category, _named(policy, "allow_categories", categories, "category"))
    if goods.may_be_shown.any() and not allowed.any():
        raise PolicyError(
            f"policy {policy.name}: [limits] bar every one of the {goods.may_be_shown.sum()} "
            f"products that the shop may show, but some should be left"
        )
    return allowed


def refuse_foreign(goods: Goods, facts: ShelfFacts, policies: Sequence[Policy]) -> None:
    """Raises PolicyError for the first policy that does not fit the shop's catalogue.

    Each slate asks the same of its own policy; asked of all at once, nothing is ranked in vain.
    """
    for policy in policies:
        allowed_products(goods, facts, policy)


def rows_on_slates(
    candidates: Candidates, goods: Goods, facts: ShelfFacts, policy: Policy, task: str
) -> Bools:
    """Which candidate rows may stand on a slate of this task under this policy, (rows,)."""
    allowed = allowed_products(goods, facts, policy)[candidates.product]
    return allowed & allowed_rows(candidates, goods, policy, task)


def _named(policy: Policy, key: str, known: Names, what: str) -> Bools:
    """Which of the `known` names the policy's list `key` holds."""
    asked: Sequence[str] = getattr(policy.limits, key)
    names = set(known)
    unknown = [name for name in asked if name not in names]
    if unknown:
        near = get_close_matches(unknown[0], [str(name) for name in known], n=1, cutoff=0.5)
        hint = f", the nearest to {unknown[0]!r} is {near[0]!r}" if near else ""
        told = ", ".join(repr(name) for name in unknown[:TOLD])
        told += f" and {len(unknown) - TOLD} more" if len(unknown) > TOLD else ""
        raise PolicyError(
            f"policy {policy.name}: [limits] {key} names {what} {told}, but the shop has none of "
            f"that name{hint} ({len(unknown)} of {len(asked)} names are unknown)"
        )
    return np.isin(known, np.array(asked, object))


def _of(code: npt.NDArray[np.int64], marked: Bools) -> Bools:
    """The products whose code is marked; those with code -1 never are."""
    return np.append(marked, False)[code]
