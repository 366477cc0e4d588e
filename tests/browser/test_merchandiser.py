"""A merchandiser in a real browser: weighs, adopts a point, saves a policy, finds it again."""

import pytest

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

    # a point of the chart is adopted by its name: its weights are taken over
    box = page.get_by_role("combobox", name="Start from")
    box.focus()
    box.press_sequentially("mix-strong")
    page.keyboard.press("Enter")
    page.wait_for_function("() => location.search.includes('policy=mix-strong')")
    exact(page)
    assert "climate=0.5" in page.url

    # what is in force becomes a policy, which a reload finds
    page.get_by_role("button", name="Save").first.click()
    page.get_by_role("textbox", name="Name", exact=True).fill("spring-trial")
    page.get_by_role("textbox", name="Reason", exact=True).fill("Tried in a browser.")
    page.get_by_role("button", name="Save as a policy").click()
    page.get_by_text("is in Start from from now on").wait_for()
    page.wait_for_function(FINISHED)
    opened(page, f"{address}/merchandise?policy=spring-trial")
    page.get_by_text("Saved by you.").wait_for()
