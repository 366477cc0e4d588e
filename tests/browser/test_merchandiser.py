"""A merchandiser in a real browser: weighs, adopts a point, saves a policy, finds it again."""

import pytest

from recommender.policy import read_policy, shipped_policies

SHIPPED = {path.stem: path for path in shipped_policies()}
pytestmark = pytest.mark.browser
FINISHED = (
    "() => document.querySelector('[data-testid=stApp]')"
    "?.getAttribute('data-test-script-state') === 'notRunning'"
)
TILE = '[data-testid="stMetricValue"]'


def opened(page, url: str) -> None:
    page.goto(url)
    page.get_by_role("heading", name="What a weighting costs").wait_for()
    page.wait_for_function(FINISHED)


def exact(page) -> None:
    page.get_by_text("Exact: judged on the held-out weeks").wait_for()
    page.wait_for_function(FINISHED)


def stands(page, name: str, value: float) -> None:
    """Waits until a slider stands at a value."""
    page.wait_for_function(
        "([name, value]) => Number(document.querySelector(`input[aria-label=${name}]`)"
        "?.getAttribute('aria-valuetext')) === value",
        arg=[name, value],
    )


def mark(page, policy: str):
    """A policy's mark on the chart, which says its figures to whoever does not see it."""
    return page.locator(f'[data-testid="stVegaLiteChart"] path[aria-label*="Policy: {policy};"]')


def test_a_merchandiser_weighs_adopts_a_point_and_saves_a_policy(page, address):
    opened(page, f"{address}/merchandise?far=true")
    exact(page)

    # the carbon weight moves: an answer at once, then the exact one
    before = page.locator(TILE).nth(2).inner_text()
    slider = page.get_by_role("slider", name="Climate")
    slider.focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "([tile, before]) => document.querySelectorAll(tile)[2].innerText !== before",
        arg=[TILE, before],
    )
    exact(page)
    assert "climate=0.35" in page.url

    # a point of the chart is adopted by a click: its weights are taken over
    mark(page, "swap-gentle").click()
    page.wait_for_function("() => location.search.includes('policy=swap-gentle')")
    exact(page)
    weights = read_policy(SHIPPED["swap-gentle"]).weights
    stands(page, "Climate", weights.climate)
    stands(page, "Margin", weights.retailer)
    stands(page, "Sellers", weights.sellers)
    assert "climate=" not in page.url

    # a point is adopted by its name, with the keyboard alone
    box = page.get_by_role("combobox", name="Start from")
    box.focus()
    box.press_sequentially("mix-strong")
    page.keyboard.press("Enter")
    page.wait_for_function("() => location.search.includes('policy=mix-strong')")
    exact(page)
    stands(page, "Climate", 0.5)

    # what stands against carbon is chosen by keyboard too, and the address keeps it
    page.get_by_role("radio", name="Revenue", exact=True).press("Space")
    page.get_by_text("of revenue; of these").first.wait_for()
    assert "axis=Revenue" in page.url
    page.wait_for_function(FINISHED)

    # what is in force becomes a policy, which a reload finds
    page.get_by_role("button", name="Save").first.press("Enter")
    page.get_by_role("spinbutton", name="year, To be reviewed on").focus()
    name = page.get_by_role("textbox", name="Name", exact=True)
    for _ in range(6):  # month, day and the calendar's button, which opens nothing by itself
        page.keyboard.press("Tab")
        if name.evaluate("field => field === document.activeElement"):
            break
    page.keyboard.type("spring-trial")
    page.keyboard.press("Tab")
    page.keyboard.type("Tried in a browser.")
    page.keyboard.press("Tab")
    save = page.get_by_role("button", name="Save as a policy")
    assert save.evaluate("button => button === document.activeElement")
    page.keyboard.press("Enter")
    page.get_by_text("is in Start from from now on").wait_for()
    page.get_by_text("Saved as spring-trial.", exact=True).wait_for()
    page.wait_for_function(FINISHED)
    assert not save.is_visible()
    opened(page, f"{address}/merchandise?policy=spring-trial")
    page.get_by_text("Saved by you.").wait_for()
    stands(page, "Climate", 0.5)
