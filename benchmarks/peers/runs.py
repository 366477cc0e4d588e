"""Which peers run, at which settings, and what comes back from their environment."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.peers.environment import REQUIREMENTS, NoPeers
from benchmarks.peers.instance import PLACES, SELLERS, USERS, Instance
from recommender.candidates import Floats, Ints

SCRIPT = Path(__file__).with_name("run_fairdiverse.py")
EQUAL = USERS * PLACES / SELLERS  # places of an equal share
SLOW = "PMMF"  # a convex programme for each shopper: results are kept


@dataclass(frozen=True, kw_only=True)
class Run:
    """A peer at one setting of its knob."""

    model: str
    knob: str  # as the table names it
    settings: Mapping[str, float]
    weights: float | None = None  # of each group, where the default is not that of its paper

    @property
    def name(self) -> str:
        return f"{self.model}, {self.knob}"


def _fairsync(learning_rate: float, share: float) -> Run:
    return Run(
        model="FairSync",
        knob=f"floor {share:.2f}, rate {learning_rate}",
        settings={"learning_rate": learning_rate, "minimum_exposure": share * EQUAL},
    )


def _lambda(model: str, strength: float, **others: float) -> Run:
    return Run(model=model, knob=f"lambda {strength}", settings={"lambda": strength, **others})


def _pmmf(learning_rate: float) -> Run:
    # the library's default weight of 1 for each group bounds nothing: no seller gains a place;
    # its paper has the share of each, here an equal one
    return Run(
        model="PMMF",
        knob=f"rate {learning_rate}",
        settings={"learning_rate": learning_rate, "lambda": 0.5, "gamma": 0.2},
        weights=1 / SELLERS,
    )


# Settings that the library's repository sets as defaults come first in each row; the others take
# its knob to where sellers stand at about 0.2 to 0.95 of an equal share.
FAIRSYNC = ((0.1, 0.4), (0.01, 0.2), (0.01, 0.4), (0.01, 0.8), (0.01, 0.95))  # rate, floor
RUNS: tuple[Run, ...] = (
    *(_fairsync(rate, share) for rate, share in FAIRSYNC),
    *(_lambda("CPFair", strength) for strength in (10, 30, 100)),
    *(_lambda("min_regularizer", strength) for strength in (0.5, 2, 5, 20)),
    *(_lambda("Welf", s, alpha1=0.8, alpha2=3, iter_num=30) for s in (0.5, 0.2, 2)),
    _pmmf(0.01),  # one setting: it takes minutes
)


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """What a run came to on one instance."""

    run: Run
    lists: Ints  # (users, places)
    cpu_s: float  # of `rerank` alone, in the peer's process
    ndcg: float  # by its own function


def ranked_by_peers(python: Path, instance: Instance, kept: Path) -> list[Ranked]:
    """Every run of `RUNS` on one instance, in the order of `RUNS`.

    Results of the slow peer are kept in the folder `kept`, under a name that hangs on the instance,
    the settings, the packages and the script; the others run anew each time, beside ours.
    """
    quick = [run for run in RUNS if run.model != SLOW]
    found = {each.run.name: each for each in _rank(python, instance, quick)} if quick else {}
    for run in RUNS:
        if run.model != SLOW:
            continue
        path = kept / f"{SLOW}-{_fingerprint(instance, run)}.npz"
        if not path.exists():
            kept.mkdir(parents=True, exist_ok=True, mode=0o700)
            (result,) = _rank(python, instance, [run])
            draft = path.with_suffix(".draft.npz")
            np.savez(draft, lists=result.lists, cpu_s=result.cpu_s, ndcg=result.ndcg)
            draft.replace(path)
        with np.load(path) as held:
            found[run.name] = Ranked(
                run=run,
                lists=held["lists"],
                cpu_s=float(held["cpu_s"]),
                ndcg=float(held["ndcg"]),
            )
    return [found[run.name] for run in RUNS]


def ndcg_by_peer(python: Path, instance: Instance, lists: Sequence[Ints]) -> Floats:
    """FairDiverse's own NDCG of each set of lists (users, places), computed in its process."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        np.savez(folder / "lists.npz", lists=np.stack(lists))
        return _call(python, "score", instance, folder / "lists.npz", folder)["ndcg"]


def _rank(python: Path, instance: Instance, runs: Sequence[Run]) -> list[Ranked]:
    asked = [
        {"model": run.model, "settings": dict(run.settings), "weights": run.weights} for run in runs
    ]
    with TemporaryDirectory() as name:
        folder = Path(name)
        given = folder / "runs.json"
        given.write_text(json.dumps(asked), encoding="utf-8")
        out = _call(python, "rank", instance, given, folder)
    return [
        Ranked(run=run, lists=lists.astype(np.int64), cpu_s=float(cpu_s), ndcg=float(ndcg))
        for run, lists, cpu_s, ndcg in zip(
            runs, out["lists"], out["cpu_s"], out["ndcg"], strict=True
        )
    ]


def _call(
    python: Path, what: str, instance: Instance, given: Path, folder: Path
) -> dict[str, Floats]:
    instance.save(folder / "instance.npz")
    # one thread each, and no progress bar, which would count against the peer
    alone = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TQDM_DISABLE": "1"}
    done = subprocess.run(
        [str(python), str(SCRIPT), what, str(folder / "instance.npz"), str(given), "out.npz"],
        cwd=folder,
        env={**os.environ, **alone},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NoPeers(f"{SCRIPT.name}: {done.stderr.strip().splitlines()[-1]}")
    with np.load(folder / "out.npz") as held:
        return {name: held[name] for name in held.files}


def _fingerprint(instance: Instance, run: Run) -> str:
    digest = hashlib.sha256()
    digest.update(instance.scores.tobytes() + instance.seller.tobytes())
    digest.update(f"{instance.places} {run}".encode())
    digest.update(REQUIREMENTS.read_bytes() + SCRIPT.read_bytes())
    return digest.hexdigest()[:16]
