"""A real browser on the app: Debian's chromium, told to wait until a page has been drawn."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

WAIT_MS = 90_000
ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
DRAWN = """() => document.querySelector('[data-testid=stApp]')
    ?.getAttribute('data-test-script-state') === 'notRunning' && document.querySelector('h1')
    && !document.querySelector('[data-testid=stSpinner], [data-testid=stSkeleton]')"""


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser for the length of the block. Raises FileNotFoundError where there is none."""
    path = shutil.which("chromium")
    if path is None:
        raise FileNotFoundError("there is no chromium here")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=list(ARGS))
        yield opened
        opened.close()


def wait_until_drawn(page: Page, charts_ms: int = 0) -> None:
    """Returns when the script has run to its end, and `charts_ms` later: charts draw after it."""
    page.wait_for_function(DRAWN, timeout=WAIT_MS)
    if charts_ms:
        page.wait_for_timeout(charts_ms)
        page.wait_for_function(DRAWN, timeout=WAIT_MS)
