"""The two pages in a real browser: a shopper moves the slider, a merchandiser weighs and reads."""

import re

import pytest

pytestmark = pytest.mark.browser
CARD_NAMES = '[data-testid="stTabPanel"]:visible strong, [role="tabpanel"]:visible strong'
FINISHED = (
    "() => document.querySelector('[data-testid=stApp]')"
    "?.getAttribute('data-test-script-state') === 'notRunning'"
)


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


def test_a_shopper_opens_the_swaps_and_asks_how_they_are_known(page, address):
    for household in ("h00", "h01", "h02", "h03", "h05"):
        opened(page, f"{address}/?household={household}&view=Swaps", "Your shelf")
        page.get_by_text("usually buys, ").wait_for()
        if page.get_by_text("How do we know?").count():
            break
    page.get_by_text("How do we know?").first.click()
    page.get_by_text("Allergens and diets are not known here").first.wait_for()
    assert page.get_by_text("Estimated lighter: ").count() > 0


def test_a_merchandiser_weighs_and_sees_what_it_does(page, address):
    opened(page, address, "Your shelf")
    page.get_by_role("link", name="Merchandise").click()
    page.get_by_role("heading", name="What a weighting costs").wait_for()
    page.wait_for_function(FINISHED)
    metric = page.locator('[data-testid="stMetricValue"]').nth(1)
    before = metric.inner_text()
    slider = page.get_by_role("slider", name="Climate")
    slider.focus()
    for _ in range(10):
        slider.press("ArrowRight")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_function(
        "before => before !== "
        "document.querySelectorAll('[data-testid=stMetricValue]')[1].innerText",
        arg=before,
    )
    assert metric.inner_text().startswith("−")
    chart = page.locator('[data-testid="stVegaLiteChart"]')
    chart.wait_for()
    assert chart.count() == 1


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


@pytest.mark.parametrize("path", ["/?household=h05", "/?household=h05&view=Swaps", "/merchandise"])
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
