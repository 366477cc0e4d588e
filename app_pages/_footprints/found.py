"""What a search says of itself: how many answer, what was read otherwise, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable

from app_pages._footprints.find import Found
from app_pages._words import count, listed, plain


def found_words(found: Found) -> str:
    """How many products answer a search, what was read otherwise, and what nothing was found for.

    >>> found_words(Found([0, 1], {"mlik": "milk"}, (), ("oat",), 0))
    'nothing answers every word: the best of 2 products leave out “oat” · read “mlik” as “milk”'
    >>> found_words(Found([0, 1], {}, ("zz",), (), 1))
    '1 product, and 1 that lacks a word of it · nothing was found for “zz”'
    """
    number, some = len(found.products), len(found.products) - found.complete
    if found.left_out:
        said = f"nothing answers every word: the best of {count(number, 'product')} "
        said += f"{'leaves' if number == 1 else 'leave'} out {_quoted(found.left_out)}"
    elif some and found.complete:
        lack = "lacks" if some == 1 else "lack"
        said = f"{count(found.complete, 'product')}, and {some:,} that {lack} a word of it"
    else:
        said = count(number, "product")
    if found.read_as:
        read = [f"“{plain(a)}” as “{plain(b)}”" for a, b in found.read_as.items()]
        said += f" · read {listed(read)}"
    if found.unknown:
        said += f" · nothing was found for {_quoted(found.unknown)}"
    return said


def _quoted(words: Iterable[str]) -> str:
    return listed(f"“{plain(word)}”" for word in words)
