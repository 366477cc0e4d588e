"""What a fit on Complete Journey costs, and what candidates for all its households cost after it.

Takes some minutes: the fit is the whole one. GREENAISLE_WORKSPACE names a finished workspace, on
which only the candidates are measured.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from recommender.history import History
from recommender.relevance.fit import propose_now
from recommender.relevance.items.item_models import ItemModels
from recommender.shop import Shop, purchase_models
from recommender.workspace import Workspace

LIMIT_CPU_S, LIMIT_GB = 30.0, 4.0
COMMAND = [sys.executable, "-c", "from recommender.cli import main; main()"]


def run() -> Iterator[tuple[str, str, str]]:
    known = os.environ.get("GREENAISLE_WORKSPACE")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(known or scratch)
        if not known:
            for step in (["import", "complete-journey"], ["fit"]):
                subprocess.run([*COMMAND, *step, "--workspace", str(folder)], check=True)
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            gb = used.ru_maxrss * 1024 / 1e9
            yield "fit: peak memory", f"{gb:.1f} GB", f"limit {LIMIT_GB:g} GB"
            yield "import and fit", f"{used.ru_utime + used.ru_stime:.0f} CPU s", ""
        yield from _candidates(Shop(Workspace(folder)))


def _candidates(shop: Shop) -> Iterator[tuple[str, str, str]]:
    models = purchase_models(shop.workspace)
    past = shop.past
    items = ItemModels.load(shop.workspace.path("relevance", ""), past.log.ids.products)
    propose_now(past, models, items)  # compiled once, not measured
    began = time.process_time()
    proposed, _ = propose_now(past, models, items)
    took = time.process_time() - began
    rows = len(proposed.candidates.product)
    what = f"{past.log.customers:,} households, {rows:,} candidates with features and chances"
    yield what, f"{took:.1f} CPU s", f"limit {LIMIT_CPU_S:g} CPU s"
    began = time.process_time()
    history = History(past.log, past.shelf)
    for table in ("visits", "by_product", "by_type", "by_category", "by_seller"):
        getattr(history, table)
    yield "of that, counting the log", f"{time.process_time() - began:.1f} CPU s", ""
