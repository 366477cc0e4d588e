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
# How well a word of a name answers: itself, in the plural, mistyped, or as a part of it.
EXACT, PLURAL, ONE_OFF, TWO_OFF, BEGINS = 1.0, 0.95, 0.8, 0.65, 0.5
BY_SHELF = 0.8  # of that, where only the shelf or the type says it
SHELVED_SO = 0.2  # added where the name says it and its category too: wine is no vinegar
SHORTEST_BEGINNING, SHORTEST_MISTAKEN, SHORTEST_TWICE = 2, 4, 8  # letters
SHELF_COLUMNS = ("category", "product_type", "department")
LOOKED_AT = 60  # words whose letters are most alike, of which the distance is counted
ENOUGH = 10  # finds for every word, beside which those that lack one are left away
NAMED, SOLD = 0.2, 0.05  # what a name of little else, and a much bought product, add


@dataclass(frozen=True, kw_only=True)
class Finder:
    """Names as words, and words as letters; read by every session, written by none."""

    ids: pd.Index
    words: dict[str, int]
    names: list[str]  # the words again, by number
    held: csc_matrix  # (products, words): 1 where the name holds the word
    shelved: csc_matrix  # the same for category, type and department
    category: csc_matrix  # the same for the category alone
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
    unknown: tuple[str, ...]  # words that no name or shelf holds, nor anything near them
    left_out: tuple[str, ...] = ()  # words that others answer, but not the best of `products`
    complete: int = 0  # how many of `products`, the first, answer every word that is known


def finder(
    ids: Sequence[str],
    titles: Sequence[str],
    crowd: Floats,
    shelves: pd.DataFrame | None = None,
) -> Finder:
    """An index over `titles` and, where `shelves` has them, the words of category, product_type
    and department; `crowd` says how many buy each, and settles ties."""
    folded = [fold(title) for title in titles]
    shelves = pd.DataFrame(index=range(len(folded))) if shelves is None else shelves
    category, *others = (
        shelves[name].fillna("").astype("str").to_numpy(dtype=object)
        if name in shelves
        else np.full(len(folded), "", dtype=object)
        for name in SHELF_COLUMNS
    )
    counted = CountVectorizer(token_pattern=WORD, lowercase=False, binary=True, dtype=np.float32)
    on_shelf = _once(category + " " + others[0] + " " + others[1])
    try:
        counted.fit([*folded, *on_shelf.distinct])
        held = counted.transform(folded).tocsc()
        shelved, own = (
            counted.transform(texts.distinct)[texts.codes].tocsc()
            for texts in (on_shelf, _once(category))
        )
        names = [str(word) for word in counted.get_feature_names_out()]
    except ValueError:  # no title holds a word
        held, names = csc_matrix((len(folded), 0), dtype=np.float32), []
        shelved = own = held
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 2), dtype=np.float32)
    spelled = letters.fit_transform(names or ["-"])
    crowd = np.asarray(crowd, dtype=np.float64)
    rank = pd.Series(crowd).rank(pct=True, method="max")
    return Finder(
        ids=pd.Index(ids),
        words={word: number for number, word in enumerate(names)},
        names=names,
        held=held,
        shelved=shelved,
        category=own,
        bought=np.asarray(held.T @ crowd),
        letters=letters,
        spelled=spelled,
        length=np.array(
            [max(len(re.findall(WORD, t.split(",")[0])), 1) for t in folded], dtype=np.int64
        ),
        sold=rank.to_numpy(dtype=np.float64),
    )


@dataclass(frozen=True)
class _Once:
    distinct: list[str]
    codes: Ints


def _once(texts: np.ndarray) -> _Once:
    """Each distinct text folded once, and which of them each row has."""
    codes, distinct = pd.factorize(texts)
    return _Once([fold(text) for text in distinct], codes)


def fold(text: str) -> str:
    """Letters as they are compared: small, without accents, and no more than a name has.

    >>> fold("Crème FRAÎCHE")
    'creme fraiche'
    """
    apart = unicodedata.normalize("NFKD", str(text)[:300]).casefold()
    return "".join(c for c in apart if not unicodedata.combining(c))


def find(index: Finder, asked: str) -> Found:
    """Products that answer `asked`, best first: by id, or by the words of name and shelf.

    Those that answer every word stand before those that answer some, and whole words count more
    than parts of words. Every word may be the beginning of one, or one letter off (two in a long
    word).

    >>> goods = finder(["a", "b"], ["Ground beef, 1 lb", "White milk"], np.array([1.0, 2.0]))
    >>> found = find(goods, "gruond beff")
    >>> found.products.tolist(), found.read_as
    ([0], {'gruond': 'ground', 'beff': 'beef'})
    >>> find(goods, "white beef").left_out  # milk is bought more
    ('beef',)
    """
    asked = asked.strip()[:LONGEST_QUERY]
    own = np.flatnonzero(index.ids == asked)
    typed = list(dict.fromkeys(re.findall(WORD, fold(asked))))[:MOST_WORDS]
    known, score, hits = [], np.zeros(len(index.ids)), np.zeros(len(index.ids))
    answered = np.zeros(len(index.ids), dtype=np.int64)
    read_as, unknown = {}, []
    for word in typed:
        near = _near(index, word)
        if not near:
            unknown.append(word)
            continue
        best = max(near, key=lambda pair: (pair[1], index.bought[pair[0]]))
        if BEGINS < best[1] < PLURAL:
            read_as[word] = index.names[best[0]]
        named, answers = _answers(index, near)
        known.append((word, answers > 0))
        score += answers
        hits += named
        answered += answers > 0
    most = int(answered.max(initial=0))
    kept = np.flatnonzero((answered == most) & (answered > 0))
    if len(kept) < ENOUGH and most > 1:
        kept = np.flatnonzero(answered >= most - 1)
    value = score[kept] / max(len(known), 1)
    value += NAMED * hits[kept] / np.maximum(index.length[kept], np.maximum(hits[kept], 1))
    value += SOLD * index.sold[kept]
    ranked = kept[np.lexsort((kept, -value, -answered[kept]))]
    others = ranked[~np.isin(ranked, own)]
    left_out = [] if len(own) or not len(others) else [w for w, by in known if not by[others[0]]]
    complete = int((answered[others] == len(known)).sum()) if known else 0
    found = np.append(own, others)
    return Found(found, read_as, tuple(unknown), tuple(left_out), complete)


def _answers(index: Finder, near: list[tuple[int, float]]) -> tuple[Floats, Floats]:
    """Whether each product's name holds one of the words, and how well name or shelf answers."""
    named, answers = np.zeros(len(index.ids)), np.zeros(len(index.ids))
    for number, likeness in sorted(near, key=lambda pair: pair[1]):
        answers[_holders(index.shelved, number)] = BY_SHELF * likeness
    for number, likeness in sorted(near, key=lambda pair: pair[1]):
        rows = _holders(index.held, number)
        answers[rows] = np.maximum(answers[rows], likeness)
        named[rows] = 1.0
    shelved = np.zeros(len(index.ids))
    for number, likeness in near:
        shelved[_holders(index.category, number)] = SHELVED_SO * likeness
    return named, answers + shelved * named


def _holders(held: csc_matrix, number: int) -> Ints:
    return np.asarray(held.indices[held.indptr[number] : held.indptr[number + 1]])


def _near(index: Finder, typed: str) -> list[tuple[int, float]]:
    """Words that may be meant, and how well each answers; mistakes where nothing begins so."""
    if typed in index.words:
        near = [(index.words[typed], EXACT)]
        # "egg" also means "eggs"
        several = [w for w in (f"{typed}s", f"{typed}es") if w in index.words]
        one = [typed[:-1]] if typed.endswith("s") and typed[:-1] in index.words else []
        return near + [(index.words[w], PLURAL) for w in [*several, *one]]
    several = [w for w in (f"{typed}s", f"{typed}es") if w in index.words]
    if several:
        return [(index.words[w], PLURAL) for w in several]
    if len(typed) >= SHORTEST_BEGINNING:
        near = [(k, BEGINS) for k, word in enumerate(index.names) if word.startswith(typed)]
        if near:
            return near
    if typed.endswith("s") and typed[:-1] in index.words:
        return [(index.words[typed[:-1]], PLURAL)]
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
