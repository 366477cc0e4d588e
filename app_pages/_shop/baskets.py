"""The basket of this session: what is in it, each step that can be undone, and its address.

Nothing is drawn here. Every change is one step with its words, so that it can be taken back; the
address holds the lines, so that a link reopens the same basket.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import streamlit as st

from app_pages import _load
from app_pages._roles import TELL, refusal
from app_pages._shop.lists import MOST_LINES, MOST_PACKS, from_address
from app_pages._shop.stand_ins import usual_basket
from app_pages._shop.stock import Stock
from app_pages._words import plain
from recommender.basket import Lines, swapped
from recommender.feedback import not_for_me, told_not_for_me, told_problem
from recommender.swaps import packs_for_use

STATE, ADDRESS = "basket_held", "basket"
SWAPPED = "basket_swapped"  # in the session, until it is said: the last step was a swap
ALL = "baskets_held"  # in the session: the basket of each household
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
    personal: bool = True  # whether what the household bought may be used
    lines: Lines
    usual: Lines
    refused: frozenset[int] = frozenset()  # products that are "not for me"
    instead: dict[int, int] = field(default_factory=dict)  # a stand-in: what it took the place of
    past: list[Step] = field(default_factory=list)
    linked: bool = False  # a link said what is in it
    ignored: tuple[str, ...] = ()  # what that link named and is not in this shop

    @property
    def whose(self) -> str | None:
        """The household whose purchases speak here; None for nobody in particular."""
        return self.household if self.personal else None


def held(stock: Stock, household: str | None, personal: bool = True) -> Held:
    """This session's basket of a household; begun, once, from the address or from its usual.

    A basket in hand stays as it is where the page is not personalised: only what its household
    bought speaks no more.
    """
    kept: dict[str | None, Held] = st.session_state.setdefault(ALL, {})
    basket = kept.get(household)
    if basket is None:
        basket = Held(household=household, lines=Lines.of([], []), usual=Lines.of([], []))
        basket.personal = not personal  # so that what follows is asked below
        if not kept and ADDRESS in st.query_params:
            basket.lines, basket.ignored = from_address(stock, st.query_params[ADDRESS])
            basket.linked = True
        kept[household] = basket
    if basket.personal != personal:
        basket.personal = personal
        basket.usual = usual_basket(stock, basket.whose)
        if not (basket.past or basket.linked or len(basket.lines)):
            basket.lines = basket.usual
        if basket.whose is not None:
            ids = not_for_me(_load.workspace(), basket.whose)
            rows = stock.history.log.ids.product_rows(sorted(ids))
            basket.refused |= {int(row) for row in rows if row >= 0}
    st.session_state[STATE] = basket
    to_address(stock, basket)
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
    """A stand-in takes the place of a product: as many whole packs as the same use needs."""
    basket = _held()
    packs = needed(stock, basket.lines, product, stand_in)
    times = f"{packs:g} × " if packs != 1 else ""
    words = f"swapped {_name(stock, product)} for {times}{_name(stock, stand_in)}"
    basket.instead[stand_in] = basket.instead.get(product, product)
    _do(stock, words, swapped(basket.lines, product, stand_in, packs))
    st.session_state[SWAPPED] = True


def needed(stock: Stock, lines: Lines, product: int, stand_in: int) -> float:
    """Whole packs of a stand-in that the use of a product's packs in the basket needs."""
    packs = float(lines.quantity[lines.product == product].sum())
    return min(packs_for_use(stock.swaps, product, stand_in, packs), float(MOST_PACKS))


def refuse(stock: Stock, product: int) -> None:
    """A product is not proposed again: in this session, and where the workspace keeps it."""
    basket = _held()
    _do(stock, f"not for me: {_name(stock, product)}", basket.lines, basket.refused | {product})
    _keep(stock, basket.whose, product, wanted=False)


def take_back(stock: Stock, product: int) -> None:
    """A product that was "not for me" may be proposed again."""
    basket = _held()
    words = f"may be proposed again: {_name(stock, product)}"
    _do(stock, words, basket.lines, basket.refused - {product})
    _keep(stock, basket.whose, product, wanted=True)


def undo(stock: Stock) -> None:
    """The last step is taken back."""
    basket = _held()
    if not basket.past:
        return
    step = basket.past.pop()
    for product in basket.refused ^ step.refused:
        _keep(stock, basket.whose, product, wanted=product in basket.refused)
    basket.lines, basket.refused = step.lines, step.refused
    to_address(stock, basket)


def fill(stock: Stock, lines: Lines, words: str) -> None:
    """Other lines take the place of all that are in the basket."""
    _do(stock, words, lines)


def add_all(stock: Stock, lines: Lines, words: str) -> None:
    """Other lines join those in the basket, as one step."""
    basket = _held()
    packs = dict(zip(basket.lines.product.tolist(), basket.lines.quantity.tolist(), strict=True))
    for product, more in zip(lines.product.tolist(), lines.quantity.tolist(), strict=True):
        if product in packs or len(packs) < MOST_LINES:
            packs[product] = min(packs.get(product, 0.0) + more, MOST_PACKS)
        else:
            st.session_state["basket_said"] = f"A basket holds {MOST_LINES} goods at most."
    _do(stock, words, Lines.of(list(packs), list(packs.values())))


def to_address(stock: Stock, basket: Held) -> None:
    """Writes the lines into the address; the usual basket needs none."""
    if same(basket.lines, basket.usual):
        st.query_params.pop(ADDRESS, None)
        return
    ids = stock.products["product_id"].iloc[basket.lines.product]
    said = " ".join(
        f"{name}*{packs:g}" for name, packs in zip(ids, basket.lines.quantity, strict=True)
    )
    if st.query_params.get(ADDRESS) != said:
        st.query_params[ADDRESS] = said


def same(lines: Lines, other: Lines) -> bool:
    """Whether two baskets hold the same packs of the same goods."""
    one, two = (
        dict(zip(x.product.tolist(), x.quantity.tolist(), strict=True)) for x in (lines, other)
    )
    return one == two


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
