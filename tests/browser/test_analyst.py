"""The analyst's journey: a bad catalogue, its errors read, a good one, its estimates in hand."""

import csv
import importlib.util
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from pcf_estimator.model import PcfModel
from pcf_estimator.seed.table import read_seed
from recommender.app_server import serving

pytestmark = pytest.mark.browser
WAIT_SECONDS = 90.0
FINISHED = (
    "() => document.querySelector('[data-testid=stApp]')"
    "?.getAttribute('data-test-script-state') === 'notRunning'"
)
BAD = "product_id,title,price\n1,Ground beef 2 lb,9.99\n2,Oat drink 1 l,cheap\n2,Rice 1 kg,-3\n"
GOOD = (
    "product_id,title,category,price\n1,Ground beef 2 lb,meat,9.99\n2,Oat drink 1 l,drinks,2.49\n"
    "3,=1+1 <b>rice</b> 1 kg,pantry,3.10\n4,Blorptang,pantry,1.00\n"
)


@pytest.fixture(scope="module")
def address(chromium, tmp_path_factory) -> Iterator[str]:
    """Where a small shop with a footprint model of its own is served."""
    assert chromium
    file = Path(__file__).parent.parent / "app" / "small_shop.py"
    spec = importlib.util.spec_from_file_location("small_shop_of_the_analyst", file)
    small_shop = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(small_shop)
    folder = small_shop.build(tmp_path_factory.mktemp("analyst") / "workspace").folder
    PcfModel(trees=10).fit(read_seed().iloc[::4]).save(folder / "footprint_model")
    with serving(folder, WAIT_SECONDS) as address:
        yield address


def opened(page, url: str) -> None:
    page.goto(url)
    page.get_by_role("heading", name="Footprints", exact=True).wait_for()
    page.wait_for_function(FINISHED)


def give(page, name: str, text: str) -> None:
    page.locator('input[type="file"]').set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": text.encode()}
    )


def downloaded(page, label: str) -> bytes:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=label).click()
    return waiting.value.path().read_bytes()


def test_an_analyst_mends_a_catalogue_and_takes_the_estimates_home(page, address):
    opened(page, f"{address}/footprints?part=Your+catalogue")
    give(page, "bad.csv", BAD)
    page.get_by_text("2 rows of 3 cannot be used as they stand").wait_for()
    faults = list(csv.DictReader(io.StringIO(downloaded(page, "Download the list").decode())))
    assert {(f["Row"], f["Column"]) for f in faults} == {
        ("2", "price"),
        ("3", "price"),
        ("3", "product_id"),
    }
    assert all(fault["How to fix it"] for fault in faults)
    assert page.get_by_role("button", name="Estimates, CSV").count() == 0

    give(page, "good.csv", GOOD)
    page.get_by_text("All 4 rows can be read").wait_for()
    page.get_by_text("of 4 products have a figure").wait_for()
    assert page.get_by_text("cannot be used as they stand").count() == 0
    rows = pd.read_csv(io.BytesIO(downloaded(page, "Estimates, CSV")), dtype={"product_id": str})
    same = pd.read_parquet(io.BytesIO(downloaded(page, "Estimates, Parquet")))
    assert rows["product_id"].tolist() == ["1", "2", "3", "4"]
    # a spreadsheet would take the title for a formula: the CSV has a quote before it
    assert rows["title"][2] == "'=1+1 <b>rice</b> 1 kg"
    assert same["title"][2] == "=1+1 <b>rice</b> 1 kg"
    assert rows["kg_co2e"].round(6).equals(same["kg_co2e"].round(6))
    assert (rows["kg_co2e_low"] <= rows["kg_co2e"])[:3].all()
    assert rows["how_found"][0] == "estimated from similar products"
    page.get_by_text("1 row without a figure, and why").wait_for()
    assert rows["kg_co2e"][0] > rows["kg_co2e"][1]  # two pounds of beef, a litre of oat drink


def test_an_analyst_finds_a_product_by_keyboard_and_a_link_reopens_it(page, address):
    opened(page, f"{address}/footprints")
    box = page.get_by_role("searchbox", name="Find a product")
    box.focus()
    page.keyboard.type("chikcen breast")
    page.keyboard.press("Enter")
    page.get_by_text("read “chikcen” as “chicken”").wait_for()
    page.wait_for_function(FINISHED)
    page.get_by_role("button", name=re.compile("Chicken breast")).first.focus()
    page.keyboard.press("Enter")
    heading = page.get_by_role("heading", level=2, name=re.compile("Chicken breast"))
    heading.wait_for()
    name = heading.inner_text()
    figure = page.get_by_role("heading", name=re.compile("^About .* kg CO2e")).inner_text()
    page.wait_for_function("() => location.search.includes('product=')")
    page.reload()
    heading.wait_for()
    assert heading.inner_text() == name
    assert page.get_by_role("heading", name=re.compile("^About")).inner_text() == figure


def test_two_products_beside_each_other_say_which_is_lighter_or_that_nobody_can_tell(page, address):
    opened(page, f"{address}/footprints?product=p000&with=p006")
    page.get_by_text("estimated lighter: 99 in 100").wait_for()
    opened(page, f"{address}/footprints?product=p000&with=p013")
    page.get_by_text("They serve different needs").wait_for()


@pytest.mark.parametrize("part", ["Products", "Your catalogue", "How good they are"])
@pytest.mark.parametrize("width", [390, 768])
def test_nothing_scrolls_sideways(page, address, part, width):
    page.set_viewport_size({"width": width, "height": 844})
    opened(page, f"{address}/footprints?product=p000&with=p006&part={part.replace(' ', '+')}")
    wide = page.evaluate(
        "() => { const m = document.querySelector('[data-testid=stMain]');"
        " return m.scrollWidth - m.clientWidth }"
    )
    assert wide <= 1
