"""The app on a small shop in a real browser: Debian's chromium, driven by playwright."""

import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from recommender.app_server import serving

WAIT_MS = 90_000
# chromium asks its makers for nothing, and resolves no name but this machine's
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
# Names that mean something to HTML, Markdown, LaTeX, icons, links or spreadsheets, or to a layout.
HOSTILE_NAME = (
    "<img src=x onerror=alert(1)>**b** $\\alpha$ :material/home: :red[r] www.example.org a@b.org"
)
HOSTILE_NAMES = {
    **dict.fromkeys(("p000", "p009", "p012"), HOSTILE_NAME),
    "p003": "W" * 10_000,
    "p006": "\u202eright to left\u202c עברית 🥑 \x07 [press me](http://example.org)",
    "p018": '=HYPERLINK("http://example.org", "press me")',
}


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser; without one these tests are left out, but in CI they fail."""
    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("there is no chromium here, and in CI the browser tests must run")
        pytest.skip("there is no chromium here: the browser tests are left out")
    return path


@pytest.fixture(scope="session")
def address(chromium, tmp_path_factory) -> Iterator[str]:
    """Where the app is served for the browser, on a small shop with some hostile names."""
    assert chromium
    file = Path(__file__).parent.parent / "app" / "small_shop.py"
    spec = importlib.util.spec_from_file_location("small_shop_of_the_browser", file)
    small_shop = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(small_shop)
    workspace = small_shop.build(tmp_path_factory.mktemp("browser") / "workspace", HOSTILE_NAMES)
    with serving(workspace.folder, WAIT_MS / 1000) as address:
        yield address


@pytest.fixture(scope="module")
def browser(chromium):
    """One browser for the tests of a file: not for the session, since it holds an event loop."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser, address):
    """A new page; it must ask nothing of any other machine and meet no error of its own."""
    asked, errors = [], []
    page = browser.new_page(viewport={"width": 1440, "height": 1000}, color_scheme="light")
    page.set_default_timeout(WAIT_MS)
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("dialog", lambda dialog: (errors.append(dialog.message), dialog.dismiss()))
    yield page
    page.close()
    here = (address, address.replace("http", "ws"), "data:", "blob:")
    elsewhere = [url for url in asked if not url.startswith(here)]
    assert not elsewhere
    assert not errors
