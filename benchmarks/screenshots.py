"""Pictures of every page and main state in docs/screens/, light and dark, wide and on a phone.

python -m benchmarks.screenshots [--workspace DIR] [--out DIR] [--household ID] [--only PAGE ...]
"""

from __future__ import annotations

import argparse
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from PIL import Image
from playwright.sync_api import Browser, Page

from benchmarks.window import WAIT_MS, browser, wait_until_drawn
from recommender.app_server import page_files, serving

CHARTS_MS = 1500
TALLEST = {1440: 2600, 390: 3200}  # pixels: of a longer page, its top is shown
COLOURS = 128  # a page has few: its picture takes a third of the room
SIZES = {"": (1440, 1000), "-phone": (390, 844)}
SCHEMES: dict[str, Any] = {"": "light", "-dark": "dark"}
# Beside each page as it opens, and each of its tabs: page -> {state: starting link}
STATES = {
    "shop": {"everyone": "everyone=true", "start": "household=Start+empty"},
    "footprints": {"search": "find=milk", "product": "product={product}"},
    "merchandise": {
        "moved": "climate=0.33",
        "suppliers": "view=Suppliers",
        "segments": "view=Segments",
        "what-if": "view=What+if",
    },
    "evidence": {
        "carbon": "question=Are+the+carbon+cuts+real?",
        "what-if": "question=What+would+it+change?",
        "measured": "question=What+did+it+change?",
        "backtest": "question=The+whole+backtest",
        "method": "question=Method",
        "data": "question=Data+and+licences",
    },
}


def states(name: str) -> dict[str, str]:
    """Starting links by the name of the picture."""
    return {name: "", **{f"{name}-{state}": link for state, link in STATES.get(name, {}).items()}}


def take_page(opened: Browser, address: str, name: str, told: dict[str, str], out: Path) -> None:
    """Every state of a page, and every tab of it, in each size and scheme."""
    for picture, link in states(name).items():
        page = opened.new_page(viewport={"width": 1440, "height": 1000}, color_scheme="light")
        page.set_default_timeout(WAIT_MS)
        question = link.format(**told)
        if name == "shop" and "household" not in question:
            question = f"household={told['household']}&{question}"
        page.goto(f"{address}/{'' if name == 'shop' else name}?{question}")
        wait_until_drawn(page, CHARTS_MS)
        take(page, out, picture)
        for tab in other_tabs(page) if picture == name else []:
            page.get_by_role("tab", name=tab, exact=True).first.click()
            wait_until_drawn(page, CHARTS_MS)
            take(page, out, f"{name}-{slug(tab)}")
        page.close()


def other_tabs(page: Page) -> list[str]:
    """Names of the tabs that are not open, of the page's first row of tabs."""
    if not page.get_by_role("tablist").count():
        return []
    return page.get_by_role("tablist").first.get_by_role("tab", selected=False).all_inner_texts()


def slug(text: str) -> str:
    """
    >>> slug("How good they are")
    'how-good-they-are'
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def take(page: Page, out: Path, picture: str) -> None:
    """The page as it stands, in each size and scheme, by changing the window of one session."""
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(CHARTS_MS)
        # the page scrolls inside the app: as tall a window as its content shows all of it
        tall = page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollHeight")
        tall = min(max(height, int(tall) + 8), TALLEST[width])
        page.set_viewport_size({"width": width, "height": tall})
        for scheme, colours in SCHEMES.items():
            page.emulate_media(color_scheme=colours)
            wait_until_drawn(page, CHARTS_MS)
            file = out / f"{picture}{size}{scheme}.png"
            page.screenshot(path=file)
            fewer_colours(file)
            print(f"{file} {file.stat().st_size / 1000:,.0f} kB")
    page.set_viewport_size({"width": 1440, "height": 1000})
    page.emulate_media(color_scheme="light")


def fewer_colours(file: Path) -> None:
    """Writes the picture again with a palette."""
    with Image.open(file) as picture:
        small = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    small.save(file, optimize=True)


def told_by(workspace: Path) -> dict[str, str]:
    """What the links leave open: a household, and a product that many households buy."""
    asked = ["product_id", "customer_id"]
    bought = pd.read_parquet(workspace / "tables" / "purchases.parquet", columns=asked)
    most = bought["product_id"].value_counts().index[0]
    return {"household": str(bought["customer_id"].iloc[0]), "product": str(most)}


def pages_of(only: list[str]) -> Iterator[str]:
    yield from (file.stem for file in page_files() if not only or file.stem in only)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path, default=Path("workspace"))
    parser.add_argument("--out", type=Path, default=Path("docs/screens"))
    parser.add_argument("--household", default="", help="by default the first of the log")
    parser.add_argument("--product", default="", help="by default the one bought most often")
    parser.add_argument("--only", nargs="*", default=[], help="names of pages; by default all")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    told = told_by(asked.workspace)
    told |= {k: v for k in told if (v := getattr(asked, k))}
    with browser() as opened:
        with serving(asked.workspace) as address:
            for name in pages_of(asked.only):
                take_page(opened, address, name, told, asked.out)
        if not asked.only:
            with tempfile.TemporaryDirectory() as new, serving(Path(new) / "workspace") as address:
                page = opened.new_page(viewport={"width": 1440, "height": 1000})
                page.goto(address)
                page.get_by_role("alert").first.wait_for()
                page.screenshot(path=asked.out / "no-workspace.png")
                fewer_colours(asked.out / "no-workspace.png")
    total = sum(file.stat().st_size for file in asked.out.glob("*.png"))
    print(f"{total / 1e6:.1f} MB in {asked.out}")


if __name__ == "__main__":
    main()
