"""Folds: how the seed is divided so that a test row is as new to the model as a shop's product is.

Four fifths of the published figures are proxies that share their value with another record, and
names repeat with small changes. Random folds put such twins on both sides and flatter every
model, so the headline split never divides a group.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from sklearn.feature_extraction.text import TfidfVectorizer

from pcf_estimator.text import tokens

Ints = np.ndarray

FOLDS = 5
LIKE = 0.9  # cosine of two names above which they are one product said twice


def random_folds(rows: int, folds: int, rng: np.random.Generator) -> Ints:
    """Fold number of each row, (rows,), sizes as equal as can be: the optimistic split.

    >>> np.bincount(random_folds(7, 3, np.random.default_rng(0))).tolist()
    [3, 2, 2]
    """
    fold = np.empty(rows, dtype=np.int64)
    fold[rng.permutation(rows)] = np.arange(rows) % folds
    return fold


def grouped_folds(groups: Ints | pd.Series, folds: int, rng: np.random.Generator) -> Ints:
    """Fold number of each row, (rows,); rows of one group share their fold.

    Groups come in random order, the largest first, each into the fold that is smallest so far, so
    that fold sizes stay close. With fewer groups than folds some folds are empty.

    >>> grouped_folds(np.array([7, 7, 7, 8, 8, 9]), 2, np.random.default_rng(0)).tolist()
    [0, 0, 0, 1, 1, 1]
    """
    group, names = pd.factorize(np.asarray(groups))
    size = np.bincount(group, minlength=len(names))
    shuffled = rng.permutation(len(names))
    largest_first = shuffled[np.argsort(-size[shuffled], kind="stable")]
    fold_of_group = np.empty(len(names), dtype=np.int64)
    filled = np.zeros(folds, dtype=np.int64)
    for number in largest_first:
        fold_of_group[number] = filled.argmin()
        filled[fold_of_group[number]] += size[number]
    return fold_of_group[group]


def whole_groups(seed: pd.DataFrame, like: float = LIKE) -> Ints:
    """Group number of each row of the seed, (rows,): its `group`, joined with near-duplicates.

    Two concepts are near-duplicates where their names' TF-IDF cosine is at least `like`; a chain
    of either relation is one group.

    >>> seed = pd.DataFrame(
    ...     {"concept": ["whole milk", "milk, whole", "rice", "oats"], "group": [0, 1, 2, 2]}
    ... )
    >>> whole_groups(seed).tolist()
    [0, 0, 1, 1]
    """
    names = tokens(seed["concept"])
    rows = len(seed)
    group, _ = pd.factorize(seed["group"].to_numpy())
    # rows and groups are the two sides of one graph, twins are links inside the first side
    first, second = [np.arange(rows)], [rows + group]
    if (names != "").any():
        vectors = TfidfVectorizer(token_pattern=r"\S+", lowercase=False).fit_transform(names)
        alike = (vectors @ vectors.T).tocoo()
        twins = alike.data >= like
        first.append(alike.row[twins])
        second.append(alike.col[twins])
    rows_of, columns_of = np.concatenate(first), np.concatenate(second)
    size = rows + int(group.max(initial=-1)) + 1
    links = coo_matrix((np.ones(len(rows_of)), (rows_of, columns_of)), (size, size))
    _, part = connected_components(links, directed=False)
    number, _ = pd.factorize(part[:rows])
    return number
