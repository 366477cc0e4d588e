"""Every page opens, shows the library's own figures, and reopens from its address."""

import json
import re

import pytest

from app_pages import _load
from app_pages._shop import stand_ins
from app_pages._shop.cards import FAR
from app_pages._shop.shelf import STOPS, climate_weight, household_shelf
from app_pages._words import kg, money, plain
from recommender.app_server import WORKSPACE_SETTING, app_folder, page_files, try_pages

PAGES = [page.stem for page in page_files()]


def shown(app) -> str:
    """All text on the page, as a reader sees it: without the escapes."""
    parts = [*app.title, *app.header, *app.markdown, *app.caption, *app.info, *app.error]
    text = "\n".join(element.value for element in parts)
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text).replace("\N{WORD JOINER}", "")


def names_on_cards(app) -> list[str]:
    named = re.compile(r"(?::gray\[:material/\w+:\] )?\*\*([^$]+)\*\*")  # a picture and the name
    return [found[1] for m in app.markdown if (found := named.fullmatch(m.value))]


def kept_report(folder) -> dict:
    return json.loads((folder / "backtest" / "report.json").read_text())


def test_the_pages_are_those_of_the_navigation():
    frame = (app_folder() / "app.py").read_text()
    assert {"shop", "merchandise"} <= set(PAGES)
    assert all(f"app_pages/{page}.py" in frame for page in PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_without_an_error(open_app, page):
    app = open_app(page)
    assert not app.exception
    assert not app.error
    assert app.title[0].value


def test_the_check_of_the_demo_opens_every_page(monkeypatch, small_shop):
    monkeypatch.setenv(WORKSPACE_SETTING, "")  # restored afterwards: the check sets it
    assert try_pages(small_shop) == PAGES


def test_a_card_shows_the_librarys_price_footprint_and_reason(open_app):
    app = open_app(household="h05", green="off")
    stock = _load.stock()
    ranked = household_shelf(stock, "h05", 0.0)
    text = shown(app)
    for row in ranked[~ranked["is_new"]].head(12).itertuples():
        product = stock.products.iloc[row.product]
        assert money(row.price, "$") in text
        assert row.reason.capitalize() in text
        if product["tier"] != "unknown":
            figures = kg(product["kg_co2e"], product["kg_co2e_low"], product["kg_co2e_high"])
            assert figures.removeprefix("about") in text


def test_moving_the_slider_moves_the_shelf_and_no_price(open_app):
    app = open_app(household="h05", green="off")
    before = names_on_cards(app)
    prices = {row.title: row.price for row in _load.stock().products.itertuples()}
    app.select_slider(key="green").set_value(STOPS).run()
    assert not app.exception
    assert names_on_cards(app) != before
    assert {row.title: row.price for row in _load.stock().products.itertuples()} == prices
    app.select_slider(key="green").set_value(0).run()
    assert names_on_cards(app) == before
    assert "The slider is off" in shown(app)


def test_a_lighter_shelf_is_what_more_green_gives(monkeypatch, small_shop):
    monkeypatch.setenv(WORKSPACE_SETTING, str(small_shop))
    stock = _load.stock()
    excess = []
    for stop in (0, STOPS):
        weight = climate_weight(stop, stock.policy.weights.climate)
        top = household_shelf(stock, "h05", weight).head(10)
        excess.append((top["p_buy"] * top["kg_excess"]).sum())
    assert excess[1] < excess[0]


def test_margin_is_named_where_it_moved_a_product(open_app):
    app = open_app(household="h05")
    stock = _load.stock()
    ranked = household_shelf(stock, "h05", stock.policy.weights.climate)
    top = ranked[~ranked["is_new"]].head(12)
    moved = int((top["moved_retailer"] != 0).sum())
    assert moved > 0
    said = [element.value for element in [*app.caption, *app.markdown]]
    assert sum(bool(re.search("places? by margin", words)) for words in said) == moved
    # far enough, it has a line of its own
    far = int((top["moved_retailer"].abs() >= FAR).sum())
    assert sum("by margin]" in words for words in said) == far


def test_a_link_reopens_the_same_view(open_app):
    app = open_app(household="h05", green="max", view="Discover")
    assert app.selectbox(key="household").value == "h05"
    assert app.select_slider(key="green").value == STOPS
    assert "not bought before" in shown(app)
    app = open_app(
        "merchandise", climate="1.5", margin="0.2", sellers="0.1", task="Items new to the household"
    )
    assert [app.slider(key=k).value for k in ("climate", "margin", "sellers")] == [1.5, 0.2, 0.1]


def test_every_control_has_a_place_in_the_address():
    for page in page_files():
        text = page.read_text()
        controls = re.findall(
            r"\.(?:selectbox|slider|select_slider|radio|checkbox|toggle|segmented_control|tabs|"
            r"text_input|pills)\(",
            text,
        )
        assert text.count("bind=URL") == len(controls) > 0


def test_not_personalised_shows_what_most_households_bought(open_app):
    app = open_app(household="h05", everyone="true")
    assert "What most households bought in the last four weeks" in shown(app)
    assert "visits" not in shown(app)
    one = names_on_cards(app)
    app.selectbox(key="household").set_value("h06").run()
    assert names_on_cards(app) == one


def test_swaps_show_the_librarys_figures_and_how_they_are_known(open_app):
    with_swaps = None
    for household in ("h00", "h01", "h02", "h03"):
        app = open_app(household=household, view="Swaps")
        assert not app.exception
        stock = _load.stock()
        lines = stand_ins.usual_basket(stock, household)
        swaps = stand_ins.basket_swaps(stock, household, lines)
        if not swaps.empty:
            with_swaps = household
            break
    assert with_swaps is not None
    text, stock = shown(app), _load.stock()
    for row in swaps[swaps["place"] == 1].to_dict("records"):
        assert re.sub(r"\\", "", plain(stock.titles[row["swap"]].split(", ")[0])) in text
        assert kg(row["swap_kg"], row["swap_kg_low"], row["swap_kg_high"])[6:] in text
    assert "estimated lighter" in text
    assert "How do we know?" in [expander.label for expander in app.expander]


@pytest.mark.parametrize("page", PAGES)
def test_no_page_says_more_than_it_knows(open_app, page):
    text = shown(open_app(page)).lower()
    for word in ("climate-friendly", "eco-friendly", "saves", "low carbon", "🌱", "🍃"):
        assert word not in text


@pytest.mark.parametrize("view", ["Buy again", "Discover", "Swaps"])
def test_hostile_names_appear_as_text(open_app, hostile_shop, view):
    for household in ("h00", "h01", "h02"):
        app = open_app(workspace=hostile_shop, household=household, view=view)
        assert not app.exception
        for element in [*app.markdown, *app.caption]:
            bare = re.sub(r"\\.", "", element.value)
            bare = re.sub(r":gray\[:material/\w+:\]", "", bare)  # our own pictures
            assert "<" not in bare
            assert ":material" not in bare
            assert "$" not in bare
            assert len(element.value) < 2_500
