"""Tiers: how much is known of a product, by facts about the seed and never by a model's confidence.

A model that is asked about goods it never saw is confident and wrong; so what a figure rests on is
decided by whether the seed holds the product's kind, a record with its words, a similar text, or
only its shelf. Each tier has its own way to a figure and its own ranges; `structural_confidence`
orders products by the same facts.

The thresholds stand because errors follow them: on unseen groups of the seed a figure is off by
about 0.15 in log10 (mean) in the model tier, 0.19 by neighbours, and 0.4 by its shelf alone.
`risk.refuse_if_rising` holds that order.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pcf_estimator.pooling import sums_of, sums_without

Bools = np.ndarray
Floats = np.ndarray
Ints = np.ndarray

ENOUGH_WORDS = 0.6  # of two names' words: "whole milk" and "acme fresh whole milk" have 0.67
ENOUGH_LIKE = 0.35  # cosine of two whole texts, under which the nearest record says little
NODE_RECORDS = 3  # fewer records than this make no mean of a shelf
# Confidence of a tier, and what facts add to it: found on unseen groups and unseen categories of
# the seed and of Agribalyse. That the needs table knows a product's kind adds nothing there once
# its tier is known, so it does not count.
TIER_CONFIDENCE: Mapping[str, float] = {
    "verified": 1.0,
    "model": 0.5,
    "neighbours": 0.3,
    "category": 0.1,
    "spend": 0.05,
}
CATEGORY_ADDS = 0.2  # the seed has the product's category
ALIKE_ADDS = 0.1  # for each of these that the likeness to the nearest record reaches
ALIKE_STEPS = (0.6, 0.8)
NO_MASS_TAKES = 0.1  # the mass is no fact about this pack
# The walk up, from the narrowest; and what a seed record's own figure must be kept out of the
# mean by, so that it is as new to it as a product that gets this tier.
NODES: Mapping[str, str] = {"category": "group", "need": "kind", "department": "category"}


def choose_tiers(evidence: pd.DataFrame, non_food: Bools) -> pd.Series:
    """`model`, `neighbours`, `category` or "" for each row of `evidence`; same index.

    Model: the needs table knows the product's kind and the seed has records of it, or a record
    shares enough words. Neighbours: a record's text is alike, or the product names a food and the
    seed has records on its shelf. Category: it has such records, but no food is named. Goods marked
    `non_food` get a figure only through their kind: the seed is mostly food, and likeness to food
    means nothing ("baby shampoo" is no baby food).

    >>> evidence = pd.DataFrame(
    ...     {
    ...         "kind_in_seed": [True, False, False],
    ...         "words": [0.0, 0.2, 0.9],
    ...         "similarity": [0.1, 0.5, 0.9],
    ...         "food_named": [True, False, False],
    ...         "node": ["", "category", ""],
    ...     }
    ... )
    >>> choose_tiers(evidence, np.array([False, False, True])).tolist()
    ['model', 'neighbours', '']
    """
    kind, on_shelf = evidence["kind_in_seed"].to_numpy(), (evidence["node"] != "").to_numpy()
    alike = (evidence["similarity"] >= ENOUGH_LIKE).to_numpy()
    tier = np.select(
        [
            kind | (~non_food & (evidence["words"] >= ENOUGH_WORDS).to_numpy()),
            ~non_food & (alike | (evidence["food_named"].to_numpy() & on_shelf)),
            ~non_food & on_shelf,
        ],
        ["model", "neighbours", "category"],
        default="",
    )
    return pd.Series(tier, index=evidence.index, dtype="str")


def structural_confidence(
    tier: pd.Series, category_in_seed: Bools, similarity: Floats, mass_is_fact: Bools | bool = True
) -> pd.Series:
    """How far each product's figure may be trusted, 0 (unknown) to 1 (verified); same index.

    It orders products and is no probability. Facts only: the tier, whether the seed has the
    product's category, the likeness of the nearest record in steps, and whether the mass is given
    for this pack. Facts count in the model and neighbours tiers, where a record is the evidence.

    >>> tier = pd.Series(["model", "model", "neighbours", "category", ""])
    >>> seen, alike = np.array([True, False, True, True, False]), np.array([0.9, 0.7, 0.5, 0.3, 0])
    >>> structural_confidence(tier, seen, alike).round(2).tolist()
    [0.9, 0.6, 0.5, 0.1, 0.0]
    """
    by_record = tier.isin(["model", "neighbours"]).to_numpy()
    steps = sum((np.asarray(similarity) >= least).astype(np.float64) for least in ALIKE_STEPS)
    facts = CATEGORY_ADDS * np.asarray(category_in_seed, dtype=np.float64) + ALIKE_ADDS * steps
    guessed = ~np.asarray(mass_is_fact, dtype=bool) & tier.isin(["model", "neighbours", "category"])
    confidence = tier.map(TIER_CONFIDENCE).fillna(0.0).to_numpy(dtype=np.float64)
    confidence = confidence + np.where(by_record, facts, 0.0) - NO_MASS_TAKES * guessed
    return pd.Series(np.maximum(confidence, 0.0), index=tier.index)


def shelf_means(
    described: pd.DataFrame, records: pd.DataFrame, log_kg: Floats
) -> tuple[Floats, pd.Series]:
    """Mean log10 kg of the narrowest node that has records, NaN without one, and its name or "".

    >>> records = pd.DataFrame(
    ...     {"category": ["tea"] * 3, "need": ["hot drink"] * 3, "department": ["beverage"] * 3}
    ... )
    >>> new = pd.DataFrame({"category": ["mate"], "need": ["hot drink"], "department": [""]})
    >>> mean, node = shelf_means(new, records, np.array([1.0, 2.0, 3.0]))
    >>> mean.tolist(), node.tolist()
    ([2.0], ['need'])
    """
    mean = np.full(len(described), np.nan)
    node = np.full(len(described), "", dtype=object)
    for name in NODES:
        total, count = sums_of(described[name], records[name], log_kg)
        here = np.isnan(mean) & (count >= NODE_RECORDS)
        mean[here], node[here] = total[here] / count[here], name
    return mean, pd.Series(node, index=described.index, dtype="str")


def shelf_means_without(
    records: pd.DataFrame, log_kg: Floats, groups: Ints
) -> dict[str, tuple[Ints, Floats]]:
    """For each node: rows of the seed with a mean there without their own part, and that mean."""
    parts = records.assign(group=groups)
    found = {}
    for name, part in NODES.items():
        code, _ = pd.factorize(parts[part])
        total, count = sums_without(records[name], log_kg, code)
        rows = np.flatnonzero(count >= NODE_RECORDS)
        found[name] = (rows, total[rows] / count[rows])
    return found
