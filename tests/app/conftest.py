"""A small shop made once by the real steps, and the app started on it page by page."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from recommender.app_server import WORKSPACE_SETTING, app_folder

HERE = Path(__file__).parent
# Names that mean something to Markdown, HTML, LaTeX, icons, links or spreadsheets, or are too long.
HOSTILE = {
    "p000": "<script>alert(1)</script> <b>beef</b>",
    "p004": "**bold** _it_ `code` [link](http://example.org) # head",
    "p008": "$\\frac{1}{0}$ :material/home: :red[red] :smile: www.example.org a@example.org",
    "p012": '=HYPERLINK("http://example.org")',
    "p016": "\u202eright to left\u202c עברית 🥑 \x07",
    "p020": "x" * 10_000,
}


def load_small_shop():
    return load("small_shop")


def load(name: str):
    """A module beside this file."""
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def same_numbers() -> Callable[..., None]:
    """Fails where a chart of a page draws a number that the table of its sentence does not hold."""
    return load("charts").same_numbers


@pytest.fixture(scope="session")
def small_shop(tmp_path_factory) -> Path:
    """A whole workspace."""
    return load_small_shop().build(tmp_path_factory.mktemp("small") / "workspace").folder


@pytest.fixture(scope="session")
def hostile_shop(tmp_path_factory) -> Path:
    """The same with hostile product names."""
    folder = tmp_path_factory.mktemp("hostile") / "workspace"
    return load_small_shop().build(folder, HOSTILE).folder


@pytest.fixture
def open_app(monkeypatch, small_shop) -> Callable[..., AppTest]:
    """Opens the app at a page with a question in its address, as a link does."""

    def opened(page: str = "shop", workspace: Path | None = None, **query: str) -> AppTest:
        monkeypatch.setenv(WORKSPACE_SETTING, str(workspace or small_shop))
        app = AppTest.from_file(str(app_folder() / "app.py"), default_timeout=60)
        for key, value in query.items():
            app.query_params[key] = value
        if page != "shop":
            app.switch_page(f"app_pages/{page}.py")
        return app.run()

    return opened
