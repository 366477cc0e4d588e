"""Adding to the basket by name and by a list: what was found, what it weighs, what is unsure."""

from __future__ import annotations

import streamlit as st

from app_pages import _load
from app_pages._roles import LIST, RoleError, refusal
from app_pages._shop import baskets
from app_pages._shop.cards import figure_and_basis
from app_pages._shop.lists import ReadList, read_list
from app_pages._shop.stock import Stock
from app_pages._shop.wishes import Wishes
from app_pages._words import count, listed, money, name_and_pack, plain, sentence
from pcf_estimator.tables import TableError

FOUND, MORE = 5, 10  # products shown for a search, and how many more at a time
MORE_OF = "more_found_of"  # in the session: a search, and how many of its finds are shown
READ = "list_as_read"  # in the session: a list, and what was read in it
UPLOAD_MB = 1


def add_by_name(stock: Stock, asked: Wishes, currency: str) -> None:
    """Finding goods by name, typed with or without mistakes."""
    words = st.text_input(
        "Find a product",
        key="find",
        bind="query-params",
        placeholder="milk, gruond beef, …",
        icon=":material/search:",
        max_chars=120,
    )
    if not words or not words.strip():
        return
    found = _load.found(words)
    rows = [row for row in found.products.tolist() if stock.goods.may_be_shown[row]]
    rows.sort(key=lambda row: bool(asked.diet_says(row)))  # stable: what fits comes first
    if said := how_read(found.read_as, (*found.unknown, *found.left_out)):
        st.caption(said)
    if not rows:
        st.caption(f"No product is called anything like “{plain(words, longest=40)}”.")
    of, most = st.session_state.get(MORE_OF, ("", FOUND))
    most = most if of == words else FOUND
    for row in rows[:most]:
        result(stock, row, asked, currency)
    if len(rows) > most:
        st.button(
            f"Show {min(MORE, len(rows) - most)} more of {count(len(rows), 'product')}",
            key="more_found",
            icon=":material/expand_more:",
            type="tertiary",
            on_click=st.session_state.__setitem__,
            args=(MORE_OF, (words, most + MORE)),
        )


def how_read(read_as: dict[str, str], left_out: tuple[str, ...]) -> str:
    """What was read otherwise than typed, and what was not looked for.

    >>> how_read({"beff": "beef"}, ("zzqx",))
    'Read beff as beef. Found without: zzqx.'
    """
    said = []
    if read_as:
        said.append(f"Read {listed(f'{plain(a)} as {plain(b)}' for a, b in read_as.items())}.")
    if left_out:
        said.append(f"Found without: {', '.join(plain(word, longest=40) for word in left_out)}.")
    return " ".join(said)


def result(stock: Stock, row: int, asked: Wishes, currency: str) -> None:
    """One product of a search: name, pack, price, kg and how that is known, and the diet's word."""
    name, pack = name_and_pack(stock.titles[row])
    figure, basis = figure_and_basis(stock.row(row))
    with st.container(horizontal=True, wrap=False, vertical_alignment="center"):
        weight = f"{figure[:1].lower()}{figure[1:]}, {basis[:1].lower()}{basis[1:-1]}"
        small = " · ".join([*([plain(pack)] if pack else []), weight])
        st.markdown(
            f"{plain(name)}  \n:small[:gray[{small}]]{diet_mark(asked, row)}", width="stretch"
        )
        st.markdown(plain(money(stock.price(row), currency)), width="content")
        st.button(
            "Add",
            key=f"found_{row}",
            on_click=baskets.put,
            args=(stock, row),
            type="tertiary",
            help=f"Add {plain(name)} to the basket",
        )


def diet_mark(asked: Wishes, product: int) -> str:
    """What the declared diet says of a product, in amber on a line of its own; "" for nothing."""
    said = asked.diet_says(product)
    return f"  \n:orange-badge[:material/warning: {sentence(said)[:-1]}]" if said else ""


@st.dialog("Add a list", icon=":material/playlist_add:", width="medium")
def list_dialog(stock: Stock) -> None:
    """A list as a file or as text: what was read in it, a choice where that is not sure."""
    if why := refusal(LIST):
        st.info(sentence(f"lists are not read: {plain(why, longest=300)}"), icon=":material/lock:")
        return
    typed = st.text_area(
        "Type or paste, one good a line",
        key="list_text",
        placeholder="2 x milk\nspaghetti\nground beef",
        height=110,
        max_chars=20_000,
    )
    file = st.file_uploader(
        "Or a file: CSV or Parquet with a column of names (item, name) or product ids, and a "
        "quantity if told; or text",
        type=["csv", "tsv", "txt", "parquet"],
        key="list",
        max_upload_size=UPLOAD_MB,
    )
    content = file.getvalue() if file is not None else str(typed or "").encode()
    if not content.strip():
        st.caption("It is read here, and what was found is shown before it goes in the basket.")
        return
    try:
        read = as_read(stock, content)
    except (TableError, RoleError) as error:
        st.error(sentence(plain(error, longest=300)), icon=":material/error:")
        return
    chosen = choices(stock, read)
    for words in read.skipped[:5]:
        st.markdown(f":orange-badge[:material/warning: Skipped] {sentence(plain(words))}")
    if len(read.skipped) > 5:
        st.caption(f"Skipped: {count(len(read.skipped) - 5, 'more row')}.")
    lines = read.lines(chosen)
    with st.container(horizontal=True):
        added = st.button(
            f"Add {count(len(lines), 'product')}",
            type="primary",
            key="use_list",
            disabled=not len(lines),
        )
        instead = st.button(
            "Put them in place of the basket", key="list_instead", disabled=not len(lines)
        )
    if added:
        baskets.add_all(stock, lines, "added a list")
    elif instead:
        baskets.fill(stock, lines, "put a list in the basket")
    if added or instead:
        st.session_state.pop(READ, None)
        st.rerun()


def as_read(stock: Stock, content: bytes) -> ReadList:
    """What was read in a list, once for all the choices that are made in it."""
    known = st.session_state.get(READ)
    if known is None or known[0] != content:
        known = (content, read_list(stock, content))
        st.session_state[READ] = known
    return known[1]


def choices(stock: Stock, read: ReadList) -> list[int | None]:
    """The product of each row: named by itself, or chosen here; None where it is left out."""
    chosen: list[int | None] = []
    missing = []
    for number, row in enumerate(read.rows):
        if not row.choices:
            missing.append(row)
        if row.sure or not row.choices:
            chosen.append(row.choices[0] if row.choices else None)
            continue
        times = f"{row.packs:g} × " if row.packs != 1 else ""
        picked = st.selectbox(
            f"Read {times}{plain(row.asked, longest=40)} as",
            [*row.choices, None],
            format_func=lambda k: "leave it out" if k is None else stock.titles[k],
            key=f"list_row_{number}_{row.choices[0]}",
        )
        chosen.append(picked)
    if named := sum(row.sure for row in read.rows):
        st.caption(f"{count(named, 'row')} named by id or whole name.")
    if missing:
        told = ", ".join(plain(row.asked, longest=40) for row in missing[:5])
        st.markdown(f":orange-badge[:material/warning: Nothing like it here] {told}")
    return chosen
