"""The basket on the Shop page: the library's figures, every step undone, and every state named."""

import csv
import re

import numpy as np
import pytest

from app_pages import _load
from app_pages._shop import baskets, stand_ins
from app_pages._shop.panel import against_sentence
from app_pages._shop.shelf import DEFAULT_STOP
from app_pages._shop.wishes import Wishes
from app_pages._words import kg, money
from recommender.app_server import WORKSPACE_SETTING
from recommender.basket import Lines, against_usual, basket_total, swapped
from recommender.feedback import not_for_me
from recommender.workspace import Workspace

EMPTY = "Start empty"


@pytest.fixture
def own_copy(small_shop, tmp_path):
    """A workspace that may be written to: every step is the small shop's own."""
    folder = tmp_path / "own"
    folder.mkdir()
    for path in small_shop.iterdir():
        if path.name != "feedback":
            (folder / path.name).symlink_to(path)
    return folder


@pytest.fixture
def stock(monkeypatch, small_shop):
    monkeypatch.setenv(WORKSPACE_SETTING, str(small_shop))
    return _load.stock()


def shown(app) -> str:
    parts = [*app.title, *app.subheader, *app.markdown, *app.caption, *app.info, *app.error]
    text = "\n".join(element.value for element in parts)
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text).replace("\N{WORD JOINER}", "")


def of_kind(stock, kind: str) -> int:
    return int(np.flatnonzero(stock.products["kind"] == kind)[0])


def address(stock, *products: int) -> str:
    return " ".join(f"{stock.products['product_id'].iloc[row]}*1" for row in products)


def says_the_librarys_totals(app, stock, household, lines) -> None:
    total = basket_total(lines, stock.products, stock.doubt)
    units = stand_ins.own_units(stock, household)
    against = against_usual(lines, stock.swaps, units, stock.units)
    text = shown(app)
    assert f"Basket {lines.quantity.sum():g} · {money(total.price, '$')}" in text
    assert kg(total.kg, total.low, total.high) in text
    held = app.session_state[baskets.STATE]
    assert re.sub(r"\\", "", against_sentence(held, against, "$")) in text


def test_a_shelf_starts_with_the_households_usual_basket(open_app, stock):
    app = open_app(household="h05")
    assert not app.exception
    lines = stand_ins.usual_basket(stock, "h05")
    assert 5 <= len(lines) <= 12
    says_the_librarys_totals(app, stock, "h05", lines)


def test_two_swaps_change_the_totals_to_the_librarys_numbers_and_can_be_undone(
    open_app, own_copy, stock
):
    beef, milk = of_kind(stock, "ground beef"), of_kind(stock, "cow's milk")
    lines = Lines.of([beef, milk], [1, 1])
    app = open_app(
        workspace=own_copy, household="h05", view="Swaps", basket=address(stock, beef, milk)
    )
    steps = [lines]
    for _ in range(2):
        says_the_librarys_totals(app, stock, "h05", lines)
        swap = stand_ins.basket_swaps(stock, "h05", lines).iloc[0]
        app.button(key=f"swap_{swap['product']}_{swap['swap']}").click().run()
        assert not app.exception
        lines = swapped(lines, int(swap["product"]), int(swap["swap"]))
        steps.append(lines)
    says_the_librarys_totals(app, stock, "h05", lines)
    before, after = (basket_total(s, stock.products, stock.doubt) for s in (steps[0], steps[-1]))
    assert after.kg < before.kg
    for earlier in reversed(steps[:-1]):
        app.button(key="undo").click().run()
        says_the_librarys_totals(app, stock, "h05", earlier)
    assert "undo" not in [button.key for button in app.button]


def test_the_address_holds_the_basket_and_a_wrong_one_breaks_nothing(open_app, stock):
    tofu = of_kind(stock, "tofu")
    app = open_app(household=EMPTY, basket=f"{address(stock, tofu)} nothing*2 *  x*y p000*999999")
    assert not app.exception
    assert app.session_state[baskets.STATE].lines.product.tolist() == [tofu]
    app.button(key=f"add_{tofu}").click().run()
    assert app.query_params["basket"] in ("p006*2", ["p006*2"])


def test_an_empty_basket_says_so_on_every_shelf(open_app):
    for view in ("Most bought", "Goes with it", "Swaps"):
        app = open_app(household=EMPTY, view_of_everyone=view)
        assert not app.exception
        assert "Nothing in it yet" in shown(app)
    assert "Your basket is empty" in shown(app)


def test_goods_without_figures_are_named_as_unavailable(open_app, stock):
    gift = int(np.flatnonzero(stock.products["tier"] == "unknown")[0])
    app = open_app(household=EMPTY, view_of_everyone="Swaps", basket=address(stock, gift))
    text = shown(app)
    assert not app.exception
    assert "their kg CO2e are unavailable" in text
    assert "no line can be compared" in text
    assert "No swap to propose" in text
    assert "No figure that may be compared with others" in text


def test_a_search_forgives_a_slip_and_adds_what_it_finds(open_app, stock):
    app = open_app(household=EMPTY)
    app.text_input(key="find").set_value("gruond beff").run()
    found = [button.key for button in app.button if str(button.key).startswith("found_")]
    assert stock.products["kind"].iloc[int(found[0].removeprefix("found_"))] == "ground beef"
    app.button(key=found[0]).click().run()
    assert len(app.session_state[baskets.STATE].lines) == 1
    app.text_input(key="find").set_value("zzqx").run()
    assert "No product is called anything like" in shown(app)


def test_not_for_me_is_remembered_until_it_is_undone(open_app, own_copy, stock):
    beef = of_kind(stock, "ground beef")
    start = {"household": "h05", "view": "Swaps", "basket": address(stock, beef)}
    app = open_app(workspace=own_copy, **start)
    swap = int(stand_ins.basket_swaps(stock, "h05", Lines.of([beef], [1]))["swap"].iloc[0])
    app.button(key=f"refuse_{beef}_{swap}").click().run()
    keys = [button.key for button in app.button]
    assert f"swap_{beef}_{swap}" not in keys
    identity = stock.products["product_id"].iloc[swap]
    assert not_for_me(Workspace(own_copy), "h05") == {identity}
    again = open_app(workspace=own_copy, **start)  # another session
    assert f"swap_{beef}_{swap}" not in [button.key for button in again.button]
    app.button(key="undo").click().run()
    assert not_for_me(Workspace(own_copy), "h05") == set()


def test_a_reported_problem_is_kept_without_the_household(open_app, own_copy, stock):
    app = open_app(workspace=own_copy, household="h05")
    ranked = _load.ranked("h05", DEFAULT_STOP, Wishes())
    number = int(ranked[~ranked["is_new"]]["product"].iloc[0])
    monkey = stock.products.iloc[number]["product_id"]
    said = baskets.report(stock, number, None, "about 2 kg", "The price is wrong", "=1+1", "v")
    assert "kept" in said
    with (own_copy / "feedback" / "problems.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["product_id"], row["words"]) == (monkey, "'=1+1")
    assert "h05" not in str(row)
    assert not app.exception


@pytest.mark.parametrize(
    ("text", "packs"),
    [
        ("product_id,quantity\np006,2\np000,1\n", {"p006": 2.0, "p000": 1.0}),
        ('title\n"TOFU, 0.4 kg, Hill Farm"\nnothing\n', {"p006": 1.0}),
    ],
)
def test_a_list_names_goods_by_id_or_by_name(stock, text, packs):
    lines, unknown, _ = baskets.read_list(stock, text.encode())
    ids = stock.products["product_id"].iloc[lines.product]
    assert dict(zip(ids, lines.quantity, strict=True)) == packs
    assert unknown == (["nothing"] if "nothing" in text else [])


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"a,b\n1,2\n", b"product_id\nzzz\n"])
def test_a_bad_list_is_one_clear_message_without_a_path(stock, content):
    with pytest.raises(baskets.TableError) as told:
        baskets.read_list(stock, content)
    assert "/tmp" not in str(told.value)
    assert "your list" in str(told.value)


@pytest.mark.parametrize("view", ["Buy again", "Swaps"])
def test_hostile_names_stay_letters_in_the_basket(open_app, hostile_shop, monkeypatch, view):
    monkeypatch.setenv(WORKSPACE_SETTING, str(hostile_shop))
    basket = " ".join(f"p{k:03d}*1" for k in (0, 4, 8, 12, 16, 20))
    app = open_app(workspace=hostile_shop, household="h01", view=view, basket=basket)
    assert not app.exception
    assert len(app.session_state[baskets.STATE].lines) == 6
    for element in [*app.markdown, *app.caption]:
        bare = re.sub(r"\\.", "", element.value)
        bare = re.sub(r":gray\[:material/[a-z_]+:\]|:small\[:gray\[|:material/", "", bare)
        assert "<" not in bare
        assert "$" not in bare
        assert ":red" not in bare
        assert len(element.value) < 2_500
    for button in app.button:
        assert "<script" not in str(button.label)
