"""The basket of this session: what is in it, each step that can be undone, and its address.

Nothing is drawn here. Every change is one step with its words, so that it can be taken back; the
address holds the lines, so that a link reopens the same basket.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from app_pages import _load
from app_pages._roles import LIST, TELL, must, refusal
from app_pages._shop.stand_ins import usual_basket
from app_pages._shop.stock import Stock
from app_pages._words import plain
from pcf_estimator.tables import TableError, read_columns
from recommender.basket import Lines, swapped
from recommender.feedback import not_for_me, told_not_for_me, told_problem
from recommender.relevance.newcomers.basket import match_basket

STATE, ADDRESS = "basket_held", "basket"
MOST_LINES, MOST_PACKS = 60, 99
MOST_ROWS = 500  # of an uploaded list
PROBLEMS = (
    "The kg CO2e look wrong",
    "The name or the pack is wrong",
    "The price is wrong",
    "These two cannot stand in for each other",
    "The words or the reason mislead",
    "Something else",
)
LONGEST_WORDS = 300


@dataclass(frozen=True, kw_only=True)
class Step:
    """What was done, and what stood before it."""

    words: str
    lines: Lines
    refused: frozenset[int]


@dataclass(kw_only=True)
class Held:
    """A basket in this session."""

    household: str | None  # None for one that started empty
    lines: Lines
    usual: Lines
    refused: frozenset[int] = frozenset()  # products that are "not for me"
    instead: dict[int, int] = field(default_factory=dict)  # a stand-in: what it took the place of
    past: list[Step] = field(default_factory=list)


def held(stock: Stock, household: str | None) -> Held:
    """This session's basket; begun anew, from the address or the usual, for another household."""
    known = st.session_state.get(STATE)
    if isinstance(known, Held) and known.household == household:
        return known
    usual = usual_basket(stock, household)
    lines = usual
    if known is None and ADDRESS in st.query_params:
        lines = from_address(stock, st.query_params[ADDRESS])
    elif ADDRESS in st.query_params:
        del st.query_params[ADDRESS]
    basket = Held(household=household, lines=lines, usual=usual)
    if household is not None:
        ids = not_for_me(_load.workspace(), household)
        rows = stock.history.log.ids.product_rows(sorted(ids))
        basket.refused = frozenset(int(row) for row in rows if row >= 0)
    st.session_state[STATE] = basket
    return basket


def put(stock: Stock, product: int, packs: float = 1.0) -> None:
    """A pack more of a product, or with packs below 0 a pack less; 0 left takes it out."""
    basket = _held()
    had = dict(zip(basket.lines.product.tolist(), basket.lines.quantity.tolist(), strict=True))
    left = min(had.get(product, 0.0) + packs, MOST_PACKS)
    if product not in had and len(had) >= MOST_LINES:
        st.session_state["basket_said"] = f"A basket holds {MOST_LINES} goods at most."
        return
    after = {row: n for row, n in (had | {product: left}).items() if n > 0}
    words = "added" if packs > 0 else "removed" if left <= 0 else "took out one"
    _do(stock, f"{words} {_name(stock, product)}", Lines.of(list(after), list(after.values())))


def take_out(stock: Stock, product: int) -> None:
    """The product is in the basket no more."""
    put(stock, product, -2.0 * MOST_PACKS)


def swap(stock: Stock, product: int, stand_in: int) -> None:
    """A stand-in takes the place of a product."""
    basket = _held()
    words = f"swapped {_name(stock, product)} for {_name(stock, stand_in)}"
    basket.instead[stand_in] = basket.instead.get(product, product)
    _do(stock, words, swapped(basket.lines, product, stand_in))


def refuse(stock: Stock, product: int) -> None:
    """A product is not proposed again: in this session, and where the workspace keeps it."""
    basket = _held()
    _do(stock, f"not for me: {_name(stock, product)}", basket.lines, basket.refused | {product})
    _keep(stock, basket.household, product, wanted=False)


def undo(stock: Stock) -> None:
    """The last step is taken back."""
    basket = _held()
    if not basket.past:
        return
    step = basket.past.pop()
    for product in basket.refused - step.refused:
        _keep(stock, basket.household, product, wanted=True)
    basket.lines, basket.refused = step.lines, step.refused
    to_address(stock, basket)


def fill(stock: Stock, lines: Lines, words: str) -> None:
    """Other lines take the place of all that are in the basket."""
    _do(stock, words, lines)


def read_list(stock: Stock, content: bytes) -> tuple[Lines, list[str], list[str]]:
    """The lines of an uploaded list, what is unknown in it, and what several products are called.

    A product is named by id, by its title in the catalogue or by its name on the screen. Raises
    TableError for a list that is none, RoleError for whom lists are not read.
    """
    must(LIST)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list"
        path.write_bytes(content)
        try:
            frame = read_columns(path, "your list")
        except TableError as error:  # the place is ours alone
            raise TableError(str(error).replace(f" ({path})", "")) from error
    if len(frame) > MOST_ROWS:
        raise TableError(f"basket: {len(frame):,} lines, but {MOST_ROWS} at most are read")
    if "title" in frame:
        ids = pd.Series(stock.products["product_id"].to_numpy(), index=stock.titles)
        ids.index = ids.index.str.casefold()
        on_screen = frame["title"].astype("str").str.strip().str.casefold().map(ids)
        own = frame["product_id"] if "product_id" in frame else pd.Series(np.nan, frame.index)
        frame["product_id"] = own.astype("object").fillna(on_screen)
    catalogue = stock.products[["product_id", *({"title"} & set(stock.products))]]
    found = match_basket(frame, catalogue, "your list")
    most = slice(0, MOST_LINES)
    packs = np.clip(found.quantity[most], 1, MOST_PACKS).round()
    return Lines(product=found.product[most], quantity=packs), found.unknown, found.ambiguous


def to_address(stock: Stock, basket: Held) -> None:
    """Writes the lines into the address; the usual basket needs none."""
    lines, usual = basket.lines, basket.usual
    same = lines.product.tolist() == usual.product.tolist()
    if same and lines.quantity.tolist() == usual.quantity.tolist():
        st.query_params.pop(ADDRESS, None)
        return
    ids = stock.products["product_id"].iloc[lines.product]
    st.query_params[ADDRESS] = " ".join(
        f"{name}*{packs:g}" for name, packs in zip(ids, lines.quantity, strict=True)
    )


def from_address(stock: Stock, text: str) -> Lines:
    """The lines in an address; what it names wrongly is left out."""
    packs: dict[str, float] = {}
    for part in text.split()[:MOST_LINES]:
        name, _, number = part.rpartition("*")
        if name and number.isdecimal() and 0 < int(number[:4]) <= MOST_PACKS:
            packs[name] = float(int(number[:4]))
    rows = stock.history.log.ids.product_rows(list(packs))
    kept = {int(row): n for row, n in zip(rows, packs.values(), strict=True) if row >= 0}
    return Lines.of(list(kept), list(kept.values()))


def _held() -> Held:
    basket = st.session_state[STATE]
    assert isinstance(basket, Held)
    return basket


def _do(stock: Stock, words: str, lines: Lines, refused: frozenset[int] | None = None) -> None:
    basket = _held()
    basket.past.append(Step(words=words, lines=basket.lines, refused=basket.refused))
    basket.lines = lines
    basket.refused = basket.refused if refused is None else refused
    to_address(stock, basket)


def _keep(stock: Stock, household: str | None, product: int, wanted: bool) -> None:
    if household is None:
        return
    if why := refusal(TELL):
        st.session_state["basket_said"] = f"Only kept on this screen: {plain(why, longest=300)}."
        return
    identity = str(stock.products["product_id"].iloc[product])
    told_not_for_me(_load.workspace(), household, identity, date.today(), wanted)


def _name(stock: Stock, product: int) -> str:
    return stock.titles[product].partition(", ")[0]


def report(
    stock: Stock,
    product: int,
    other: int | None,
    shown: str,
    problem: str,
    words: str,
    version: str,
) -> str:
    """Keeps a problem that somebody reported; what there is to say of it."""
    if why := refusal(TELL):
        return f"Your report is not kept: {plain(why, longest=300)}."
    ids = stock.products["product_id"]
    kept = told_problem(
        _load.workspace(),
        product_id=str(ids.iloc[product]),
        other_product_id="" if other is None else str(ids.iloc[other]),
        shown=shown.replace("\\", "").replace("*", ""),
        problem=problem,
        words=words,
        day=date.today(),
        version=version,
    )
    if kept:
        return "Thank you: your report is kept with the shop's data, without anything about you."
    return "Your report could not be kept: this shop's folder is not writable here."
