"""The front end as a process: started on loopback, and tried page by page."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

WORKSPACE_SETTING = "GREENAISLE_WORKSPACE"
HEALTH = "_stcore/health"
# Streamlit reads its settings file from the working directory only, so what matters for safety
# goes along as flags.
FLAGS = {
    "server.address": "127.0.0.1",
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "runner.postScriptGC": "false",  # a look through all of a shop's objects after every move
    "client.showErrorDetails": "none",
    "client.showErrorLinks": "false",
    "browser.gatherUsageStats": "false",
}


class AppError(RuntimeError):
    """The app did not start, or a page of it did not open."""


def app_folder() -> Path:
    """The folder with app.py and app_pages/, in a checkout and in a wheel alike."""
    package = Path(str(resources.files("recommender")))
    for folder in (package / "front_end", package.parent):
        if (folder / "app.py").exists():
            return folder
    raise FileNotFoundError("greenaisle was installed without its app")


def command(port: int, open_browser: bool = False) -> list[str]:
    """The command line that serves the app on `port`."""
    flags = {**FLAGS, "server.port": str(port)}
    if open_browser:
        flags["server.headless"] = "false"
    settings = app_folder() / ".streamlit" / "config.toml"
    flags |= theme_flags(settings)
    app = str(app_folder() / "app.py")
    return [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        app,
        *(f"--{k}={v}" for k, v in flags.items()),
    ]


def theme_flags(settings: Path) -> dict[str, str]:
    """The theme of the shipped settings as flags, since the working directory may be any."""
    import tomllib

    theme = tomllib.loads(settings.read_text())["theme"]
    return {
        f"theme.{mode}.{key}": value for mode, keys in theme.items() for key, value in keys.items()
    }


def environment(workspace: Path) -> dict[str, str]:
    """The process environment that tells the app which workspace to read."""
    return {**os.environ, WORKSPACE_SETTING: str(workspace.resolve())}


@contextmanager
def serving(workspace: Path, wait_seconds: float = 90.0) -> Iterator[str]:
    """The address of an app served for the length of the block, once it says it is healthy."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        command(port),
        env=environment(workspace),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _wait_until_healthy(address, process, wait_seconds)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stderr is not None:
            process.stderr.close()


def page_files() -> list[Path]:
    """The app's pages: every file of app_pages/ but those that start with an underscore."""
    return sorted(
        p for p in (app_folder() / "app_pages").glob("*.py") if not p.name.startswith("_")
    )


def try_pages(workspace: Path) -> list[str]:
    """Names of the pages, each run once as Streamlit would. Raises AppError for a failure."""
    from streamlit.testing.v1 import AppTest

    os.environ[WORKSPACE_SETTING] = str(workspace.resolve())
    logging.disable(logging.WARNING)  # it would warn, page by page, that there is no browser
    names = []
    for page in page_files():
        app = AppTest.from_file(str(app_folder() / "app.py"), default_timeout=120)
        app.run()
        app.switch_page(f"app_pages/{page.name}").run()
        problems = [error.value for error in app.exception] + [error.value for error in app.error]
        if problems:
            raise AppError(f"page {page.stem}: {problems[0]}")
        names.append(page.stem)
    return names


def visit_pages(address: str) -> None:
    """Opens every page of a served app by its address. Raises AppError where one fails."""
    for page in page_files():
        with urllib.request.urlopen(f"{address}/{page.stem}", timeout=30) as response:
            if response.status != 200:
                raise AppError(f"page {page.stem} answered {response.status} at {address}")


def _wait_until_healthy(address: str, process: subprocess.Popen[str], seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process.poll() is not None:
            said = process.stderr.read() if process.stderr is not None else ""
            raise AppError(f"the app ended with code {process.returncode}: {said.strip()[-500:]}")
        try:
            with urllib.request.urlopen(f"{address}/{HEALTH}", timeout=2) as response:
                if response.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.25)
    raise AppError(f"the app did not answer at {address} within {seconds:.0f} seconds")
