"""FairDiverse's re-rankers on one instance, in their own environment.

    PYTHON benchmarks/peers/run_fairdiverse.py rank  INSTANCE.npz RUNS.json OUT.npz
    PYTHON benchmarks/peers/run_fairdiverse.py score INSTANCE.npz LISTS.npz OUT.npz

INSTANCE holds `scores` (users, items), `seller` (items,) and `places`; RUNS is a list of
{"model", "settings", "weights"}. `rank` writes `lists` (runs, users, places), `cpu_s` (runs,) of
`rerank` alone, and both write `ndcg` (lists,) by FairDiverse's own `dcg`, as its `RecReRanker`
calls it: the list is sorted again by score, and judged against the best list by the same scores.

Imports nothing of this project. The package's `__init__` files are passed by, as they load models
and solvers that no re-ranker here needs; the modules themselves are run as they stand in the wheel.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
import tempfile
import time
import types
from pathlib import Path

import numpy as np

DATASET = "instance"


def fairdiverse(module: str) -> types.ModuleType:
    """A module of FairDiverse's recommendation part, without its packages' `__init__`."""
    if "fairdiverse" not in sys.modules:
        spec = importlib.util.find_spec("fairdiverse")
        home = Path(next(iter(spec.submodule_search_locations)))
        for name in ("", ".recommendation", ".recommendation.rerank_model"):
            package = types.ModuleType("fairdiverse" + name)
            package.__path__ = [str(home.joinpath(*name.split(".")))]
            sys.modules["fairdiverse" + name] = package
    return importlib.import_module(f"fairdiverse.recommendation.{module}")


def rank(scores, seller, places, runs):
    """The lists of every run (runs, users, places), and the CPU seconds of each."""
    lists = np.empty((len(runs), len(scores), places), np.int32)
    cpu_s = np.empty(len(runs))
    for number, run in enumerate(runs):
        model = getattr(fairdiverse(f"rerank_model.{run['model']}"), run["model"])
        config = {
            "dataset": DATASET,
            "item_num": scores.shape[1],
            "group_num": int(seller.max()) + 1,
            **run["settings"],
        }
        reranker = model(config)
        if run.get("weights") is not None:  # its own argument takes no array: `if not weights`
            reranker.weights = np.full(config["group_num"], run["weights"])
        began = time.process_time()
        ranked = reranker.rerank(scores, places)
        cpu_s[number] = time.process_time() - began
        lists[number] = np.stack(ranked)
    return lists, cpu_s


def ndcg(scores, lists, places):
    """The mean over users of FairDiverse's NDCG of each set of lists, (lists,)."""
    dcg = fairdiverse("metric").dcg
    best = [dcg(np.sort(row)[::-1], places) for row in scores]
    out = np.empty(len(lists))
    for number, ranked in enumerate(lists):
        shown = np.take_along_axis(scores, ranked.astype(np.int64), axis=1)
        out[number] = np.mean(
            [dcg(np.sort(row)[::-1], places) / top for row, top in zip(shown, best, strict=True)]
        )
    return out


def main(what: str, instance: str, given: str, out: str) -> None:
    with np.load(instance) as held:
        scores, seller, places = held["scores"], held["seller"], int(held["places"])
    written = {}
    if what == "rank":
        runs = json.loads(Path(given).read_text(encoding="utf-8"))
        out = str(Path(out).resolve())
        with tempfile.TemporaryDirectory() as folder:  # it reads a file of the working folder
            mapping = Path(folder, "recommendation", "processed_dataset", DATASET)
            mapping.mkdir(parents=True)
            groups = {str(item): int(group) for item, group in enumerate(seller)}
            (mapping / "iid2pid.json").write_text(json.dumps(groups), encoding="utf-8")
            here = Path.cwd()
            os.chdir(folder)
            try:
                lists, written["cpu_s"] = rank(scores, seller, places, runs)
            finally:
                os.chdir(here)
        written["lists"] = lists
    else:
        with np.load(given) as held:
            lists = held["lists"]
    written["ndcg"] = ndcg(scores, lists, places)
    np.savez_compressed(out, **written)


if __name__ == "__main__":
    main(*sys.argv[1:])
