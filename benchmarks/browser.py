"""How quick the app feels in a real browser, and what ten sessions at once cost the server.

Wall seconds, since that is what a person waits: meant for two cores with nothing else to do. Reads
the workspace that GREENAISLE_WORKSPACE names, `workspace/` by default.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from playwright.sync_api import Browser, Page

from benchmarks.answers import Answers
from benchmarks.window import WAIT_MS, browser, wait_until_drawn
from recommender.app_server import WORKSPACE_SETTING, page_files, serving

FIRST_PAINT_S, ANSWER_MS, MANY_MS, SESSION_MB = 3.0, 500.0, 1000.0, 50.0
MOVES, SWAPS, SESSIONS, ROUNDS = 30, 10, 10, 5
THOUGHT_MS = 500  # between one thing that a person does and the next
EACH_S = 5.0  # at once: each session does something about every five seconds
HOUSEHOLDS = 40  # tried for one whose basket has a swap
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


def first_paint(opened: Browser, address: str) -> Iterator[Row]:
    for file in page_files():
        name = "" if file.stem == "shop" else file.stem
        began = time.perf_counter()
        page = opened.new_page(viewport={"width": 1440, "height": 1000})
        page.goto(f"{address}/{name}")
        wait_until_drawn(page)
        drawn = time.perf_counter() - began
        first = page.evaluate(FIRST_PAINT) / 1000
        page.close()
        yield (
            f"{file.stem}, warm server: first paint",
            f"{first:.1f} s",
            f"limit {FIRST_PAINT_S:g} s; all of the page drawn in {drawn:.1f} s",
        )


def slider(opened: Browser, address: str) -> Iterator[Row]:
    page, answers = listened(opened, f"{address}/merchandise")
    climate = page.get_by_role("slider", name="Climate").first
    climate.focus()
    took = []
    for move in range(MOVES):
        key = "ArrowRight" if move % 3 else "ArrowLeft"
        took.append(answers.time(partial(page.keyboard.press, key)))
        page.wait_for_timeout(THOUGHT_MS)
    yield row(f"Merchandise: {MOVES} moves of a slider", took, ANSWER_MS)
    page.close()


def swap(opened: Browser, address: str, households: list[str]) -> Iterator[Row]:
    """Swaps of as many households' baskets as it takes."""
    took: list[float] = []
    for household in households:
        page, answers = listened(opened, f"{address}/?household={household}&view=Swaps")
        button = page.get_by_role("button", name="Swap", exact=True).first
        while button.count() and len(took) < SWAPS:
            button.focus()
            took.append(answers.time(partial(page.keyboard.press, "Enter")))
            page.wait_for_timeout(THOUGHT_MS)
        page.close()
        if len(took) == SWAPS:
            break
    if took:
        yield row("Shop: a card's swap", took, ANSWER_MS)
    else:
        yield "Shop: a card's swap", "not measured", "no household has a swap"


def many_sessions(opened: Browser, address: str, households: list[str]) -> Iterator[Row]:
    """Half of the sessions on Shop, half on Merchandise, each moving its slider now and then."""
    server = server_pid(address)
    before = memory_mb(server)
    pages = []
    for k in range(SESSIONS):
        where = "merchandise" if k % 2 else f"?household={households[k]}"
        page, answers = listened(opened, f"{address}/{where}")
        page.get_by_role("slider").first.focus()
        pages.append((page, answers))
    rng = np.random.default_rng(7)
    due = sorted(
        (EACH_S * (turn + rng.random()), turn, k)
        for turn in range(ROUNDS)
        for k in range(len(pages))
    )
    began, busy = time.perf_counter(), 0
    for when, turn, k in due:
        page, answers = pages[k]
        page.wait_for_timeout(max(0.0, 1000 * (began + when - time.perf_counter())))
        if answers.waiting:  # its last move is not answered yet
            busy += 1
            continue
        answers.begin()
        page.keyboard.press("ArrowLeft" if turn % 2 else "ArrowRight")
    pages[0][0].wait_for_timeout(1000 * EACH_S)
    took = [ms for _, answers in pages for ms in answers.took_ms]
    late = busy + sum(answers.waiting for _, answers in pages)
    slow = [float("inf")] * late  # what nobody saw an answer to counts as the slowest
    yield row(f"{SESSIONS} sessions, each every {EACH_S:g} s: a rerun", [*took, *slow], MANY_MS)
    grown = (memory_mb(server) - before) / SESSIONS
    yield (
        "  memory of the server for each session",
        f"{grown:.0f} MB",
        f"limit {SESSION_MB:g} MB; {before:,.0f} MB before",
    )
    for page, _ in pages:
        page.close()


def listened(opened: Browser, url: str) -> tuple[Page, Answers]:
    """A session at `url`, and how it is answered."""
    page = opened.new_page(viewport={"width": 1440, "height": 1000})
    answers = Answers(page)
    page.set_default_timeout(WAIT_MS)
    page.goto(url)
    wait_until_drawn(page)
    page.wait_for_timeout(THOUGHT_MS)
    return page, answers


def row(what: str, took_ms: list[float], limit: float) -> Row:
    """The 95th percentile beside its limit, and half of them."""
    p95, half = np.quantile(took_ms, [0.95, 0.5], method="higher")
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
