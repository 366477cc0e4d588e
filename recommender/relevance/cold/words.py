"""Titles as words: which tell products apart, and how like a customer's words a title is."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numba
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix

from recommender.candidates import Floats, Ints

WORD = re.compile(r"[a-z]{3,}")
RARE, COMMON = 2, 0.2  # words in fewer products, or a larger share of them, tell nothing


def words_of(titles: Sequence[str]) -> csr_matrix:
    """Products x words by log inverse frequency (Sparck Jones 1972), rows of length 1 or empty.

    >>> words_of(["red apple", "red pear", "green tea", "black tea", "soap"] * 2).shape
    (10, 5)
    """
    found = [sorted(set(WORD.findall(title.lower()))) for title in titles]
    row = np.repeat(np.arange(len(titles)), [len(words) for words in found])
    code, name = pd.factorize(
        np.array([w for words in found for w in words], dtype=object), sort=True
    )
    count = np.bincount(code, minlength=len(name))
    keep = (count >= RARE) & (count <= max(COMMON * len(titles), RARE))
    column = np.where(keep, np.cumsum(keep) - 1, -1)
    weight = np.log(len(titles) / np.maximum(count, 1))
    stays = keep[code]
    row, code = row[stays], code[stays]
    length = np.sqrt(np.bincount(row, weights=weight[code] ** 2, minlength=len(titles)))
    values = weight[code] / np.maximum(length[row], 1e-12)
    return csr_matrix((values, (row, column[code])), shape=(len(titles), int(keep.sum())))


def likeness(profile: csr_matrix, words: csr_matrix, customer: Ints, product: Ints) -> Floats:
    """Cosine between a customer's words and a title's, per row; customers ascending.

    >>> one = csr_matrix(np.array([[0.6, 0.8]]))
    >>> likeness(one, one, np.array([0]), np.array([0])).round(6)
    array([1.])
    """
    return _likeness(
        profile.indptr,
        profile.indices,
        profile.data,
        words.indptr,
        words.indices,
        words.data,
        np.zeros(words.shape[1]),
        customer,
        product,
    )


@numba.njit
def _likeness(
    start: npt.NDArray[np.int32],
    column: npt.NDArray[np.int32],
    value: Floats,
    word_start: npt.NDArray[np.int32],
    word: npt.NDArray[np.int32],
    weight: Floats,
    scratch: Floats,
    customer: Ints,
    product: Ints,
) -> Floats:
    out = np.zeros(len(customer))
    last = -1
    for row in range(len(customer)):
        who, what = customer[row], product[row]
        if who != last:
            if last >= 0:
                for k in range(start[last], start[last + 1]):
                    scratch[column[k]] = 0.0
            for k in range(start[who], start[who + 1]):
                scratch[column[k]] = value[k]
            last = who
        for k in range(word_start[what], word_start[what + 1]):
            out[row] += scratch[word[k]] * weight[k]
    return out
