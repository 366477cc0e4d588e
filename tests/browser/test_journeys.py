"""The shopper's journeys in a real browser, with the library's own figures beside the screen's."""

import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app_pages._shop import baskets, stand_ins
from app_pages._shop.panel import against_sentence, summary
from app_pages._shop.stock import Stock, stock_of
from recommender.app_server import serving
from recommender.basket import Lines, against_usual, basket_total, swapped
from recommender.shop import Shop
from recommender.steps import default_policy, scales_now
from recommender.swaps import packs_for_use
from recommender.workspace import Workspace

pytestmark = pytest.mark.browser
CARD_NAMES = '[data-testid="stTabPanel"]:visible strong, [role="tabpanel"]:visible strong'
HOSTILE_PRODUCTS = ("p009", "p012", "p026")  # none of them what the journeys swap
HOSTILE_NAME = (
    "<img src=x onerror=alert(1)>**b** $\\alpha$ :material/home: :red[r] www.example.org a@b.org"
)
FINISHED = (
    "() => document.querySelector('[data-testid=stApp]')"
    "?.getAttribute('data-test-script-state') === 'notRunning'"
)


@dataclass(frozen=True)
class Library:
    """The library's own answers on the workspace that is served."""

    folder: Path
    stock: Stock

    @property
    def ids(self) -> list[str]:
        return self.stock.products["product_id"].tolist()

    def of_kind(self, kind: str) -> int:
        return self.stock.products["kind"].tolist().index(kind)

    def kg(self, lines: Lines) -> float:
        return basket_total(lines, self.stock.products, self.stock.doubt).kg

    def held(self, lines: Lines) -> baskets.Held:
        return baskets.Held(household="h05", lines=lines, usual=lines)

    def summary(self, lines: Lines) -> str:
        total = basket_total(lines, self.stock.products, self.stock.doubt)
        return as_read(summary(self.held(lines), total, "$"))

    def against(self, lines: Lines) -> str:
        units = stand_ins.own_units(self.stock, "h05")
        found = against_usual(lines, self.stock.swaps, units, self.stock.units)
        return as_read(against_sentence(self.held(lines), found, "$"))


@pytest.fixture(scope="module")
def served(chromium, tmp_path_factory) -> Iterator[tuple[str, Path]]:
    """A small shop of this file's own: its feedback is written to."""
    assert chromium
    file = Path(__file__).parent.parent / "app" / "small_shop.py"
    spec = importlib.util.spec_from_file_location("small_shop_of_the_shopper", file)
    small_shop = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(small_shop)
    names = dict.fromkeys(HOSTILE_PRODUCTS, HOSTILE_NAME)
    folder = small_shop.build(tmp_path_factory.mktemp("shopper") / "workspace", names).folder
    with serving(folder, 90.0) as address:
        yield address, folder


@pytest.fixture(scope="module")
def address(served) -> str:
    return served[0]


@pytest.fixture(scope="module")
def library(served) -> Library:
    shop = Shop(Workspace(served[1]))
    stock = stock_of(
        products=shop.products(shop.today),
        shelves=shop.shelves,
        scales=scales_now(shop),
        candidates=shop.candidates("now"),
        history=shop.today,
        policy=default_policy(),
        until="",
    )
    return Library(folder=served[1], stock=stock)


def as_read(text: str) -> str:
    """Markdown as a reader sees it."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text).replace("\N{NO-BREAK SPACE}", " ")


def card_names(page) -> list[str]:
    bold = page.locator(CARD_NAMES).all_inner_texts()
    return [text for text in bold if not re.fullmatch(r"\$[\d.,]+", text)]


def opened(page, url: str, heading: str) -> None:
    page.goto(url)
    page.get_by_role("heading", name=heading).wait_for()
    page.wait_for_function(FINISHED)


def test_a_shopper_moves_the_slider_and_the_shelf_changes(page, address):
    opened(page, f"{address}/?household=h05&green=off", "Your shelf")
    page.get_by_text("The slider is off").wait_for()
    before = card_names(page)
    slider = page.get_by_role("slider")
    slider.focus()
    slider.press("End")
    page.get_by_text("The slider is off").wait_for(state="hidden")
    page.wait_for_function(FINISHED)
    assert card_names(page) != before
    assert len(before) > 0
    # the address follows, so that a link reopens this shelf
    assert "green=max" in page.url


def test_a_shopper_swaps_two_goods_and_sees_the_librarys_own_totals(page, address, library):
    beef, milk = library.of_kind("ground beef"), library.of_kind("cow's milk")
    lines = Lines.of([beef, milk], [1, 1])
    basket = "+".join(f"{library.ids[row]}*1" for row in (beef, milk))
    opened(page, f"{address}/?household=h05&view=Swaps&basket={basket}", "Your shelf")
    page.get_by_text(library.summary(lines)).first.wait_for()
    seen = [lines]
    for _ in range(2):
        swap = stand_ins.basket_swaps(library.stock, "h05", lines).iloc[0]
        key = f".st-key-swap_{swap['product']}_{swap['swap']}"
        page.locator(f"{key} button").click()
        product, stand_in = int(swap["product"]), int(swap["swap"])
        packs = packs_for_use(library.stock.swaps, product, stand_in, 1.0)
        lines = swapped(lines, product, stand_in, packs)
        page.get_by_text(library.summary(lines)).first.wait_for()
        page.get_by_text(library.against(lines)).first.wait_for()
        seen.append(lines)
    page.wait_for_function(FINISHED)
    # the address holds the basket: a link reopens it
    opened(page, page.url, "Your shelf")
    page.get_by_text(library.summary(lines)).first.wait_for()
    assert library.kg(seen[-1]) < library.kg(seen[0])


def test_each_step_can_be_undone(page, address, library):
    beef = library.of_kind("ground beef")
    lines = Lines.of([beef], [1])
    opened(
        page,
        f"{address}/?household=h05&view=Swaps&basket={library.ids[beef]}*1",
        "Your shelf",
    )
    page.get_by_role("button", name="Swap", exact=True).first.click()
    undo = page.get_by_role("button", name="Undo: swapped")
    undo.click()
    undo.wait_for(state="hidden")
    page.get_by_text(library.summary(lines)).first.wait_for()


def test_a_list_is_pasted_and_what_was_read_is_chosen(page, address):
    opened(page, f"{address}/?household=Start+empty", "Your shelf")
    page.get_by_role("button", name="Add a list").click()
    page.get_by_label("Type or paste").fill("2 x tofu\n12\n")
    page.get_by_label("Type or paste").press("Control+Enter")
    page.get_by_text("no name in it.").wait_for()
    page.get_by_role("button", name="Add 1 product").click()
    page.get_by_text("Basket 2 · ").first.wait_for()
    page.wait_for_function(FINISHED)
    assert "basket=" in page.url


def test_a_basket_survives_another_page_and_a_reload(page, address, library):
    tofu = library.of_kind("tofu")
    opened(page, f"{address}/?household=h05&basket={library.ids[tofu]}*3", "Your shelf")
    page.get_by_role("link", name="Footprints").click()
    page.get_by_role("heading", level=1, name="Footprints").wait_for()
    page.get_by_role("link", name="Shop").click()
    page.get_by_role("heading", name="Your shelf").wait_for()
    page.wait_for_url("**basket=**")
    page.reload()
    page.get_by_text(library.summary(Lines.of([tofu], [3]))).first.wait_for()


def test_a_shopper_asks_how_a_swap_is_known_and_reports_a_problem(page, address, library):
    beef = library.ids[library.of_kind("ground beef")]
    opened(page, f"{address}/?household=h05&view=Swaps&basket={beef}*1", "Your shelf")
    page.get_by_text("How do we know?").first.click()
    page.get_by_text("Allergens and diets are not known here").first.wait_for()
    assert page.get_by_text("estimated lighter: ").count() > 0
    page.wait_for_function(FINISHED)
    page.get_by_role("button", name="More", exact=True).first.click()
    page.get_by_text("Report a problem").last.click()
    page.get_by_text("What is wrong?").wait_for()
    assert page.get_by_role("button", name="Send").is_disabled()
    page.get_by_text("The price is wrong").click()
    page.get_by_role("button", name="Send").click()
    page.get_by_text("your report is kept").wait_for()
    kept = (library.folder / "feedback" / "problems.csv").read_text()
    assert beef in kept
    assert "h05" not in kept


def test_hostile_names_are_letters_in_the_browser_too(page, address):
    seen = 0
    for household in ("h00", "h01", "h02", "h03"):
        for view in ("Buy again", "Discover"):
            opened(page, f"{address}/?household={household}&view={view}", "Your shelf")
            page.get_by_text("Greener choices").wait_for()
            page.wait_for_function(FINISHED)
            names = [name for name in card_names(page) if "onerror" in name]
            seen += len(names)
            for name in names:
                letters = name.replace("\N{WORD JOINER}", "")
                assert letters.startswith(
                    "<img src=x onerror=alert(1)>**b** $\\alpha$ :material/home:"
                )
            panel = page.locator('[data-testid="stMain"]')
            assert panel.locator("strong a, strong em, strong .katex, strong img").count() == 0
            assert panel.locator('strong [data-testid="stIconMaterial"]').count() == 0
    assert seen > 0


@pytest.mark.parametrize("path", ["/?household=h05", "/?household=h05&view=Swaps"])
def test_nothing_scrolls_sideways_on_a_phone(page, address, path):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(address + path)
    page.get_by_role("heading", level=1).wait_for()
    page.wait_for_function(FINISHED)
    wide = page.evaluate(
        "() => { const m = document.querySelector('[data-testid=stMain]');"
        " return m.scrollWidth - m.clientWidth }"
    )
    assert wide <= 1
