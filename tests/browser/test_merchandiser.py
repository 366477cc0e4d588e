"""A merchandiser in a real browser: weighs, adopts a point, saves a policy, finds it again."""

import re

import pytest

pytestmark = pytest.mark.browser
FINISHED = (
    "() => document.querySelector('[data-testid=stApp]')"
    "?.getAttribute('data-test-script-state') === 'notRunning'"
)
TILE = '[data-testid="stMetricValue"]'
TOOLTIP = "#vg-tooltip-element.visible"
STEP = 5  # pixels between two places that the pointer tries


def opened(page, url: str) -> None:
    page.goto(url)
    page.get_by_role("heading", name="What a weighting costs").wait_for()
    page.wait_for_function(FINISHED)


def exact(page) -> None:
    page.get_by_text("Exact: judged on the held-out weeks").wait_for()
    page.wait_for_function(FINISHED)


def point_under_the_pointer(page) -> tuple[float, float, str]:
    """Where a point of the frontier lies on the chart, and its name in the tooltip."""
    chart = page.get_by_test_id("stVegaLiteChart").first
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    for y in range(int(box["y"]) + 30, int(box["y"] + box["height"]) - 40, STEP):
        for x in range(int(box["x"]) + 50, int(box["x"] + box["width"]) - 10, STEP):
            page.mouse.move(x, y)
            tip = page.locator(TOOLTIP)
            if tip.count():
                name = re.search(r"Policy\s+(\S+)", tip.inner_text())
                if name and re.match(r"(mix-)?(climate|margin|sellers)-", name[1]):
                    return x, y, name[1]
    raise AssertionError("no point of the frontier answered the pointer")


def test_a_merchandiser_weighs_adopts_a_point_and_saves_a_policy(page, address):
    opened(page, f"{address}/merchandise?far=true")
    exact(page)
    make = page.get_by_role("button", name="Make the frontier")
    if make.count():
        make.click()
        make.wait_for(state="hidden")
        page.get_by_text("Making the frontier").wait_for(state="hidden")
        page.wait_for_function(FINISHED)

    # the carbon weight moves: an answer at once, then the exact one
    before = page.locator(TILE).nth(2).inner_text()
    slider = page.get_by_role("slider", name="Climate")
    slider.focus()
    for _ in range(20):
        slider.press("ArrowRight")
    page.wait_for_function(
        "([tile, before]) => document.querySelectorAll(tile)[2].innerText !== before",
        arg=[TILE, before],
    )
    exact(page)
    assert "climate=0.35" in page.url

    # a click on a point of the chart takes its weights over
    x, y, name = point_under_the_pointer(page)
    page.mouse.click(x, y)
    page.wait_for_function("name => location.search.includes(`policy=${name}`)", arg=name)
    exact(page)
    assert page.get_by_role("combobox", name="Start from").count()

    # what is in force becomes a policy, which a reload finds
    page.get_by_role("button", name="Save").first.click()
    page.get_by_label("Name").fill("spring-trial")
    page.get_by_label("Reason").fill("Tried in a browser.")
    page.get_by_role("button", name="Save as a policy").click()
    page.get_by_text("is in Start from from now on").wait_for()
    page.wait_for_function(FINISHED)
    opened(page, f"{address}/merchandise?policy=spring-trial")
    page.get_by_text("Saved by you.").wait_for()


def test_a_merchandiser_can_adopt_a_point_by_keyboard(page, address):
    opened(page, f"{address}/merchandise")
    box = page.get_by_role("combobox", name="Start from")
    box.focus()
    box.press_sequentially("mix-strong")
    box.press("Enter")
    page.wait_for_function("() => location.search.includes('policy=mix-strong')")
    exact(page)
    assert "climate=0.5" in page.url
