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
from app_pages._words import kg, money, money_change, significant
from recommender.app_server import WORKSPACE_SETTING
from recommender.basket import Lines, against_usual, basket_total, swapped
from recommender.feedback import not_for_me
from recommender.swaps import packs_for_use
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
        product, stand_in = int(swap["product"]), int(swap["swap"])
        packs = packs_for_use(stock.swaps, product, stand_in, 1.0)
        lines = swapped(lines, product, stand_in, packs)
        # what the step changed is said, of the totals before and after it
        totals = [basket_total(each, stock.products, stock.doubt) for each in (steps[-1], lines)]
        price = money_change(totals[1].price - totals[0].price, "$")
        kilos = significant(totals[1].kg - totals[0].kg)
        assert f": {price}, {kilos}\N{NO-BREAK SPACE}kg CO2e (" in shown(app)
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


def test_a_link_says_what_of_it_is_not_in_this_shop(open_app, stock):
    app = open_app(household="nobody", basket=f"{address(stock, of_kind(stock, 'tofu'))} zzz*2")
    said = re.sub(r"\\", "", "\n".join(warning.value for warning in app.warning))
    assert "The link asks for household nobody" in said
    assert "left out: zzz (1)" in said
    assert app.selectbox(key="household").value == EMPTY
    assert len(app.session_state[baskets.STATE].lines) == 1
    app.selectbox(key="household").set_value("h05").run()
    assert "The link asks" not in "\n".join(warning.value for warning in app.warning)


def test_a_bare_address_starts_empty_and_says_what_to_do(open_app):
    app = open_app()
    assert app.session_state[baskets.STATE].household is None
    assert "Choose a household above" in shown(app)
    assert app.button(key="start_empty").disabled
    app.selectbox(key="household").set_value("h05").run()
    app.button(key="start_empty").click().run()
    assert app.selectbox(key="household").value == EMPTY


def test_a_basket_stays_in_hand_when_the_page_is_not_personalised(open_app, stock):
    app = open_app(household="h05")
    tofu = of_kind(stock, "tofu")
    app.text_input(key="find").set_value(stock.titles[tofu]).run()
    app.button(key=f"found_{tofu}").click().run()
    lines = app.session_state[baskets.STATE].lines
    for on in (True, False):
        app.toggle(key="everyone").set_value(on).run()
        assert not app.exception
        says_the_librarys_totals(app, stock, None if on else "h05", lines)
    app.selectbox(key="household").set_value("h06").run()
    assert app.session_state[baskets.STATE].lines is not lines
    app.selectbox(key="household").set_value("h05").run()
    says_the_librarys_totals(app, stock, "h05", lines)


def test_a_basket_comes_back_with_its_address_from_another_page(open_app):
    app = open_app(household="h05")
    app.button(key="empty").click().run()
    del app.query_params["basket"]  # as another page of the navigation leaves it
    app.run()
    assert app.query_params["basket"] in ("", [""])
    assert len(app.session_state[baskets.STATE].lines) == 0
    assert "usual" in [button.key for button in app.button]
    app.button(key="usual").click().run()
    assert "basket" not in app.query_params
    assert "usual" not in [button.key for button in app.button]


def test_what_is_against_a_declared_diet_is_marked_in_the_basket_and_in_the_search(open_app, stock):
    beef = of_kind(stock, "ground beef")
    app = open_app(household=EMPTY, basket=address(stock, beef), find="ground beef")
    assert "against your diet" not in shown(app).lower()
    app.selectbox(key="diet").set_value("no meat").run()
    marked = [m.value for m in app.markdown if "Against your diet" in m.value]
    keys = [str(button.key) for button in app.button]
    found = [int(key.removeprefix("found_")) for key in keys if key.startswith("found_")]
    meat = stock.products["kind"].iloc[found].eq("ground beef").tolist()
    assert 0 < sum(meat) < len(meat)
    assert meat == sorted(meat)  # coffee, which is ground too, comes before what does not fit
    assert len(marked) == 1 + sum(meat)  # the line of the basket, and each that was found
    assert "diet" not in app.query_params


def test_what_was_refused_is_named_and_can_be_taken_back(open_app, own_copy, stock):
    beef = of_kind(stock, "ground beef")
    lines = Lines.of([beef], [1])
    app = open_app(workspace=own_copy, household="h05", view="Swaps", basket=address(stock, beef))
    refused = []
    while (swaps := stand_ins.basket_swaps(stock, "h05", lines, refused=refused)).size:
        refused.append(int(swaps["swap"].iloc[0]))
        app.button(key=f"refuse_{beef}_{refused[-1]}").click().run()
    assert "you refused" in shown(app)
    first = refused[0]
    app.button(key=f"take_back_why_{beef}_{first}").click().run()
    assert not app.exception
    assert f"swap_{beef}_{first}" in [button.key for button in app.button]
    identity = stock.products["product_id"].iloc[first]
    assert identity not in not_for_me(Workspace(own_copy), "h05")
    app.button(key="undo").click().run()
    assert identity in not_for_me(Workspace(own_copy), "h05")


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
