"""New products by what the customer's purchases have in common with those of others."""

from __future__ import annotations

import numpy as np

from recommender.relevance.generators.shape import Fitted, Proposals, of_model

TREND_WEEKS = 2.0


def als(fitted: Fitted, n: int) -> Proposals:
    """New products by matrix factorisation."""
    served = fitted.served
    return of_model(fitted, *fitted.als.propose(fitted.taste[served], n, users=served))


def item_item(fitted: Fitted, n: int) -> Proposals:
    """New products bought by the customers who buy what this one buys."""
    return of_model(fitted, *fitted.item_item.propose(fitted.taste[fitted.served], n))


def ease(fitted: Fitted, n: int) -> Proposals:
    """New products by a linear model, times the root of how much of their intake is recent.

    A year's co-purchases know no season: the share of a product's first-time buyers who came
    lately tells what is in the shops now (weeks 45-48: .094 instead of .088 of the new purchases
    among 100).
    """
    lately, ever = fitted.newcomers(TREND_WEEKS), fitted.newcomers(np.inf)
    trend = np.sqrt(lately / np.maximum(ever, 1.0))
    return of_model(fitted, *fitted.ease.propose(fitted.taste[fitted.served], n, boost=trend))
