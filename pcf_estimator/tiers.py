"""Tiers: how much is known of a product, by facts about the seed and never by a model's confidence.

A model that is asked about goods it never saw is confident and wrong; so what a figure rests on is
decided by whether the seed holds the product's kind, a record with its words, a similar text, or
only its shelf. Each tier has its own way to a figure and its own ranges.
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
# The walk up, from the narrowest; and what a seed record's own figure must be kept out of the
# mean by, so that it is as new to it as a product that gets this tier.
NODES: Mapping[str, str] = {"category": "group", "need": "kind", "department": "category"}


def choose_tiers(evidence: pd.DataFrame, non_food: Bools) -> pd.Series:
    """`model`, `neighbours`, `category` or "" for each row of `evidence`; same index.

    Model: the needs table knows the product's kind and the seed has records of it, or a record
    shares enough words. Neighbours: a record's text is alike. Category: the seed has records on
    its shelf or in its need. Goods marked `non_food` get a figure only through their kind: the
    seed is mostly food, and likeness to food means nothing ("baby shampoo" is no baby food).

    >>> evidence = pd.DataFrame(
    ...     {
    ...         "kind_in_seed": [True, False, False],
    ...         "words": [0.0, 0.2, 0.9],
    ...         "similarity": [0.1, 0.5, 0.9],
    ...         "node": ["", "category", ""],
    ...     }
    ... )
    >>> choose_tiers(evidence, np.array([False, False, True])).tolist()
    ['model', 'neighbours', '']
    """
    kind = evidence["kind_in_seed"].to_numpy()
    tier = np.select(
        [
            kind | (~non_food & (evidence["words"] >= ENOUGH_WORDS).to_numpy()),
            ~non_food & (evidence["similarity"] >= ENOUGH_LIKE).to_numpy(),
            ~non_food & (evidence["node"] != "").to_numpy(),
        ],
        ["model", "neighbours", "category"],
        default="",
    )
    return pd.Series(tier, index=evidence.index, dtype="str")


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
