"""Finding a product by its name, typed with or without mistakes: an index of words and letters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csc_matrix, csr_matrix
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

Floats = np.ndarray
Ints = np.ndarray

WORD = r"[^\W_]+"
LONGEST_QUERY, MOST_WORDS = 120, 8  # letters and words of a search that are read
EXACT, BEGINS, ONE_OFF, TWO_OFF = 1.0, 0.9, 0.8, 0.65  # how well a word of a name answers
SHORTEST_BEGINNING, SHORTEST_MISTAKEN, SHORTEST_TWICE = 2, 4, 8  # letters
LOOKED_AT = 60  # words whose letters are most alike, of which the distance is counted
LEAST = 0.5  # share of the words' weight that a find must answer, if any does
NAMED, SOLD = 0.2, 0.05  # what a name of little else, and a much bought product, add


@dataclass(frozen=True, kw_only=True)
class Finder:
    """Names as words, and words as letters; read by every session, written by none."""

    ids: pd.Index
    words: dict[str, int]
    names: list[str]  # the words again, by number
    held: csc_matrix  # (products, words): 1 where the name holds the word
    rarity: Floats  # (words,)
    bought: Floats  # (words,): how much of what holds the word is bought
    letters: TfidfVectorizer
    spelled: csr_matrix  # (words, pairs of letters)
    length: Ints  # (products,): words before the first comma
    sold: Floats  # (products,): 0 to 1, by rank


@dataclass(frozen=True)
class Found:
    """Products that answer a search, best first, and what was read otherwise than typed."""

    products: Ints
    read_as: dict[str, str]
    unknown: tuple[str, ...]  # words that no name holds, nor anything near them


def finder(ids: Sequence[str], titles: Sequence[str], crowd: Floats) -> Finder:
    """An index over `titles`; `crowd` says how many buy each, and settles ties."""
    folded = [fold(title) for title in titles]
    counted = CountVectorizer(token_pattern=WORD, lowercase=False, binary=True, dtype=np.float32)
    try:
        held = counted.fit_transform(folded).tocsc()
        names = [str(word) for word in counted.get_feature_names_out()]
    except ValueError:  # no title holds a word
        held, names = csc_matrix((len(folded), 0), dtype=np.float32), []
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 2), dtype=np.float32)
    spelled = letters.fit_transform(names or ["-"])
    crowd = np.asarray(crowd, dtype=np.float64)
    rank = pd.Series(crowd).rank(pct=True, method="max")
    return Finder(
        ids=pd.Index(ids),
        words={word: number for number, word in enumerate(names)},
        names=names,
        held=held,
        rarity=np.log1p(len(folded) / np.maximum(np.diff(held.indptr), 1)),
        bought=np.asarray(held.T @ crowd),
        letters=letters,
        spelled=spelled,
        length=np.array(
            [max(len(re.findall(WORD, t.split(",")[0])), 1) for t in folded], dtype=np.int64
        ),
        sold=rank.to_numpy(dtype=np.float64),
    )


def fold(text: str) -> str:
    """Letters as they are compared: small, without accents, and no more than a name has.

    >>> fold("Crème FRAÎCHE")
    'creme fraiche'
    """
    apart = unicodedata.normalize("NFKD", str(text)[:300]).casefold()
    return "".join(c for c in apart if not unicodedata.combining(c))


def find(index: Finder, asked: str) -> Found:
    """Products that answer `asked`, best first: by id, or by the words of the name.

    Every word may be the beginning of one, or one letter off (two in a long word).

    >>> goods = finder(["a", "b"], ["Ground beef, 1 lb", "White milk"], np.array([1.0, 2.0]))
    >>> found = find(goods, "gruond beff")
    >>> found.products.tolist(), found.read_as
    ([0], {'gruond': 'ground', 'beff': 'beef'})
    """
    asked = asked.strip()[:LONGEST_QUERY]
    own = np.flatnonzero(index.ids == asked)
    typed = list(dict.fromkeys(re.findall(WORD, fold(asked))))[:MOST_WORDS]
    score = np.zeros(len(index.ids))
    hits = np.zeros(len(index.ids))
    whole, read_as, unknown = 0.0, {}, []
    for word in typed:
        near = _near(index, word)
        if not near:
            unknown.append(word)
            whole += float(index.rarity.mean()) if len(index.rarity) else 1.0
            continue
        best = max(near, key=lambda pair: (pair[1], index.bought[pair[0]]))
        if best[1] < BEGINS:
            read_as[word] = index.names[best[0]]
        answers = np.zeros(len(index.ids))
        for number, likeness in sorted(near, key=lambda pair: pair[1]):
            answers[_holders(index, number)] = likeness
        weight = float(index.rarity[best[0]])
        whole += weight
        score += weight * answers
        hits += answers > 0
    score = score / whole if whole else score
    least = min(
        LEAST, 0.9 * float(score.max(initial=0.0))
    )  # where nothing answers all, the nearest
    kept = np.flatnonzero((score >= least) & (score > 0))
    value = score[kept] + NAMED * hits[kept] / np.maximum(index.length[kept], hits[kept])
    value += SOLD * index.sold[kept]
    ranked = kept[np.lexsort((kept, -value))]
    others = ranked[~np.isin(ranked, own)]
    return Found(np.append(own, others), read_as, tuple(unknown))


def _holders(index: Finder, number: int) -> Ints:
    start, end = index.held.indptr[number], index.held.indptr[number + 1]
    return np.asarray(index.held.indices[start:end])


def _near(index: Finder, typed: str) -> list[tuple[int, float]]:
    """Words that may be meant, and how well each answers; mistakes where nothing begins so."""
    if typed in index.words:
        near = [(index.words[typed], EXACT)]
        # "egg" also means "eggs"
        near += [(index.words[w], BEGINS) for w in (f"{typed}s", f"{typed}es") if w in index.words]
        return near
    if len(typed) >= SHORTEST_BEGINNING:
        near = [(k, BEGINS) for k, word in enumerate(index.names) if word.startswith(typed)]
        if near:
            return near
    if typed.endswith("s") and typed[:-1] in index.words:
        return [(index.words[typed[:-1]], BEGINS)]
    if len(typed) < SHORTEST_MISTAKEN or not index.names or typed.isdecimal():
        return []
    alike = (index.spelled @ index.letters.transform([typed]).T).toarray().ravel()
    near = []
    ends = range(len(typed) - 1, len(typed) + 2)  # of a longer word, its beginning
    for k in np.argsort(-alike, kind="stable")[:LOOKED_AT]:
        word = index.names[k]
        off = min(mistakes(typed, word[:end]) for end in (None, *ends))
        if off == 1:
            near.append((int(k), ONE_OFF))
        elif off == 2 and len(typed) >= SHORTEST_TWICE:
            near.append((int(k), TWO_OFF))
    return near


def mistakes(typed: str, meant: str) -> int:
    """Letters added, lost, changed or swapped with their neighbour between two words.

    >>> mistakes("mlik", "milk"), mistakes("yogrt", "yogurt"), mistakes("beaf", "beef")
    (1, 1, 1)
    """
    if abs(len(typed) - len(meant)) > 2:
        return 3
    before: list[int] = []
    last = list(range(len(meant) + 1))
    for i, a in enumerate(typed, start=1):
        row = [i]
        for j, b in enumerate(meant, start=1):
            off = min(last[j] + 1, row[-1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == meant[j - 2] and typed[i - 2] == b:
                off = min(off, before[j - 2] + 1)
            row.append(off)
        before, last = last, row
    return last[-1]
