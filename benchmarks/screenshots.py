"""Pictures of every page in docs/screens/, taken in a real browser from a workspace.

python -m benchmarks.screenshots [--workspace DIR] [--out DIR] [--household ID]
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from recommender.app_server import serving

WAIT_MS = 90_000
BROWSER = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
# file: path and question of the address, width, colour scheme
PICTURES: dict[str, tuple[str, int, Any]] = {
    "shop": ("/?{household}", 1440, "light"),
    "shop-swaps": ("/?{household}view=Swaps", 1440, "light"),
    "merchandise": ("/merchandise", 1440, "light"),
    "method": ("/method", 1440, "light"),
    "shop-dark": ("/?{household}", 1440, "dark"),
    "merchandise-dark": ("/merchandise", 1440, "dark"),
    "shop-phone": ("/?{household}", 390, "light"),
    "merchandise-phone": ("/merchandise", 390, "light"),
    "method-phone": ("/method", 390, "light"),
}


def wait_until_drawn(page: Page) -> None:
    """Returns when the script has run to its end and nothing is stale or still loading."""
    page.wait_for_selector('[data-testid="stApp"]', timeout=WAIT_MS)
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stApp]')"
        "?.getAttribute('data-test-script-state') === 'notRunning'"
        " && document.querySelector('h1')"
        " && !document.querySelector('[data-testid=stSpinner], [data-testid=stSkeleton]')",
        timeout=WAIT_MS,
    )
    page.wait_for_timeout(1500)  # charts draw after the script has ended


def take(address: str, out: Path, household: str, only: list[str]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    asked = f"household={household}&" if household else ""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(BROWSER)
        )
        for name, (path, width, scheme) in PICTURES.items():
            if only and name not in only:
                continue
            height = 1100 if width > 500 else 844
            page = browser.new_page(
                viewport={"width": width, "height": height}, color_scheme=scheme
            )
            page.goto(address + path.format(household=asked), timeout=WAIT_MS)
            wait_until_drawn(page)
            # the page scrolls inside the app: as tall a window as its content shows all of it
            tall = page.evaluate(
                "() => document.querySelector('[data-testid=stMain]').scrollHeight"
            )
            page.set_viewport_size({"width": width, "height": max(height, int(tall) + 8)})
            wait_until_drawn(page)
            page.screenshot(path=out / f"{name}.png")
            print(f"{out / name}.png")
            page.close()
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path, default=Path("workspace"))
    parser.add_argument("--out", type=Path, default=Path("docs/screens"))
    parser.add_argument("--household", default="", help="by default the first of the log")
    parser.add_argument("--only", nargs="*", default=[], choices=list(PICTURES))
    asked = parser.parse_args()
    with serving(asked.workspace) as address:
        take(address, asked.out, asked.household, asked.only)


if __name__ == "__main__":
    main()
