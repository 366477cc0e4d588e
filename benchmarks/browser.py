"""How quick the app feels in a real browser, and what ten sessions at once cost the server.

Wall seconds, since that is what a person waits: meant for two cores with nothing else to do. Reads
the workspace that GREENAISLE_WORKSPACE names, `workspace/` by default.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from playwright.sync_api import Browser, Page

from benchmarks.window import WAIT_MS, browser, wait_until_drawn
from recommender.app_server import WORKSPACE_SETTING, page_files, serving

FIRST_PAINT_S, ANSWER_MS, MANY_MS, SESSION_MB = 3.0, 500.0, 1000.0, 50.0
MOVES, SWAPS, SESSIONS, ROUNDS = 30, 10, 10, 5
EACH_S = 2.0  # at once: each session does something about every two seconds
HOUSEHOLDS = 40  # tried for one whose basket has a swap
# Notes for each key or click how long it took until the script had run to its end again.
NOTE_ANSWERS = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    let began = null, ran = false;
    window.answers = [];
    const begin = event => { if (began === null) { began = event.timeStamp; ran = false; } };
    addEventListener('keydown', begin, true);
    addEventListener('click', begin, true);
    new MutationObserver(() => {
        const idle = app.getAttribute('data-test-script-state') === 'notRunning';
        if (began === null) return;
        if (!idle) ran = true;
        else if (ran) { window.answers.push(performance.now() - began); began = null; }
    }).observe(app, {attributes: true, attributeFilter: ['data-test-script-state']});
}"""
FIRST_PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime || 0"
Row = tuple[str, str, str]


def run() -> Iterator[Row]:
    workspace = Path(os.environ.get(WORKSPACE_SETTING) or "workspace")
    if not (workspace / "manifest.json").exists():
        yield "the app in a browser", "not measured", f"no workspace: set {WORKSPACE_SETTING}"
        return
    households = some_households(workspace)
    try:
        with browser() as opened, serving(workspace) as address:
            list(first_paint(opened, address))  # a warm server: every page was seen once
            yield from first_paint(opened, address)
            yield from slider(opened, address)
            yield from swap(opened, address, households)
            yield from many_sessions(opened, address, households)
    except FileNotFoundError as error:
        yield "the app in a browser", "not measured", str(error)


def some_households(workspace: Path) -> list[str]:
    """Ids of households with many purchases, in the log's order."""
    bought = pd.read_parquet(workspace / "tables" / "purchases.parquet", columns=["customer_id"])
    counts = bought["customer_id"].astype(str).value_counts()
    often = counts[counts >= counts.median()].index
    return sorted(often)[:HOUSEHOLDS]


def open_page(opened: Browser, url: str) -> Page:
    """A session of its own at `url`, drawn to its end."""
    page = opened.new_page(viewport={"width": 1440, "height": 1000})
    page.set_default_timeout(WAIT_MS)
    page.goto(url)
    wait_until_drawn(page)
    return page


def first_paint(opened: Browser, address: str) -> Iterator[Row]:
    for file in page_files():
        name = "" if file.stem == "shop" else file.stem
        began = time.perf_counter()
        page = open_page(opened, f"{address}/{name}")
        drawn = time.perf_counter() - began
        first = page.evaluate(FIRST_PAINT) / 1000
        page.close()
        yield (
            f"{file.stem}, warm server: first paint",
            f"{first:.1f} s",
            f"limit {FIRST_PAINT_S:g} s; all of the page drawn in {drawn:.1f} s",
        )


def slider(opened: Browser, address: str) -> Iterator[Row]:
    page = open_page(opened, f"{address}/merchandise")
    page.evaluate(NOTE_ANSWERS)
    climate = page.get_by_role("slider", name="Climate").first
    climate.focus()
    for move in range(MOVES):
        key = "ArrowRight" if move % 3 else "ArrowLeft"
        act(page, partial(climate.press, key))
    yield spread(f"Merchandise: {MOVES} moves of a slider", page, ANSWER_MS)
    page.close()


def swap(opened: Browser, address: str, households: list[str]) -> Iterator[Row]:
    for household in households:
        page = open_page(opened, f"{address}/?household={household}&view=Swaps")
        button = page.get_by_role("button", name="Swap", exact=True).first
        if button.count():
            break
        page.close()
    else:
        yield "Shop: a card's swap", "not measured", "no household has a swap"
        return
    page.evaluate(NOTE_ANSWERS)
    for _ in range(SWAPS):
        if not button.count():
            break
        act(page, button.click)
    yield spread("Shop: a card's swap", page, ANSWER_MS)
    page.close()


def many_sessions(opened: Browser, address: str, households: list[str]) -> Iterator[Row]:
    """Half of the sessions on Shop, half on Merchandise, each moving its slider now and then."""
    server = server_pid(address)
    before = memory_mb(server)
    pages = []
    for k in range(SESSIONS):
        where = "merchandise" if k % 2 else f"?household={households[k]}"
        page = open_page(opened, f"{address}/{where}")
        page.get_by_role("slider").first.focus()
        page.evaluate(NOTE_ANSWERS)
        pages.append(page)
    rng = np.random.default_rng(7)
    due = [(EACH_S * (turn + rng.random()), k) for turn in range(ROUNDS) for k in range(len(pages))]
    began = time.perf_counter()
    for when, k in sorted(due):
        time.sleep(max(0.0, began + when - time.perf_counter()))
        pages[k].keyboard.press("ArrowLeft" if pages[k].evaluate("answers.length") % 2 else "End")
    pages[0].wait_for_timeout(2000)
    took = [ms for page in pages for ms in page.evaluate("answers")]
    yield row(f"{SESSIONS} sessions at once: a rerun", took, MANY_MS)
    grown = (memory_mb(server) - before) / SESSIONS
    yield (
        "  memory of the server for each session",
        f"{grown:.0f} MB",
        f"limit {SESSION_MB:g} MB; {before:,.0f} MB before",
    )
    for page in pages:
        page.close()


def act(page: Page, what: Callable[[], object]) -> None:
    """Does something and waits until it is answered and the page has come to rest."""
    known = page.evaluate("answers.length")
    what()
    page.wait_for_function("known => answers.length > known", arg=known)
    page.wait_for_timeout(300)
    wait_until_drawn(page)


def spread(what: str, page: Page, limit: float) -> Row:
    return row(what, page.evaluate("answers"), limit)


def row(what: str, took_ms: list[float], limit: float) -> Row:
    """The 95th percentile beside its limit, and half of them."""
    p95, half = np.percentile(took_ms, [95, 50])
    said = f"limit {limit:,.0f} ms; half within {half:,.0f} ms, of {len(took_ms)}"
    return f"{what}, 95th percentile", f"{p95:,.0f} ms", said


def server_pid(address: str) -> int:
    """The process that serves `address`."""
    flag = f"--server.port={address.rsplit(':', 1)[1]}".encode()
    for folder in Path("/proc").iterdir():
        with suppress(OSError):  # a process may end while it is looked at
            if folder.name.isdecimal() and flag in (folder / "cmdline").read_bytes().split(b"\0"):
                return int(folder.name)
    raise ProcessLookupError(f"no process serves {address}")


def memory_mb(pid: int) -> float:
    """Resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
