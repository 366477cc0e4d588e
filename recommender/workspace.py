"""The workspace: one folder with tables, models and reports, and a manifest of what made them.

Every step writes its folder beside the old one and swaps it in when it is whole, so a crash leaves
the last good version. The manifest holds, per step, a fingerprint of all that went in (data,
settings, code) and a hash of all that came out.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd

from recommender.sources import code_hash

MANIFEST = "manifest.json"
STEPS = {  # step: the command that makes it
    "tables": "greenaisle ingest, or greenaisle import",
    "footprints": "greenaisle footprint estimate",
    "relevance": "greenaisle fit",
    "backtest": "greenaisle backtest",
    "relevance_report": "greenaisle backtest --relevance",
    "response": "greenaisle response estimate",
    "frontier": "greenaisle frontier",
    "simulation": "greenaisle simulate",
    "second_footprints": "greenaisle backtest",
    "carbon_report": "greenaisle backtest --carbon",
}


class WorkspaceError(RuntimeError):
    """A workspace that lacks a step, or whose files are not what the manifest says."""


@dataclass(frozen=True)
class Workspace:
    """A folder of steps; nothing is read or written until a method asks for it."""

    folder: Path

    def path(self, step: str, name: str) -> Path:
        """Path of a file of a finished step. Raises WorkspaceError where it is not there yet."""
        self._recover(step)
        path = self.folder / step / name
        if not path.exists():
            made_by = STEPS.get(step, step)
            raise WorkspaceError(f"{path} is not there yet; {made_by} makes it")
        self._refuse_stale(step)
        return path

    def has(self, step: str, name: str) -> bool:
        self._recover(step)
        return (self.folder / step / name).exists()

    def table(self, step: str, name: str) -> pd.DataFrame:
        """A Parquet table of a finished step."""
        return pd.read_parquet(self.path(step, f"{name}.parquet"))

    def manifest(self) -> dict[str, Any]:
        """What made each step: fingerprint, settings, facts and file hashes."""
        return deepcopy(self._manifest())

    def fingerprint(self, step: str) -> str:
        """Fingerprint of a finished step, for the steps that build on it."""
        self.path(step, "")
        try:
            return str(self._manifest()["steps"][step]["fingerprint"])
        except KeyError as error:
            raise WorkspaceError(
                f"{self.folder / MANIFEST} does not know {step}; {STEPS.get(step, step)} makes it"
            ) from error

    def facts(self, step: str) -> dict[str, Any]:
        """What a finished step noted about itself."""
        self.fingerprint(step)
        return deepcopy(self._manifest()["steps"][step]["facts"])

    def is_current(self, step: str, fingerprint: str) -> bool:
        """Whether the step stands as made from exactly this."""
        known = self._manifest()["steps"].get(step, {})
        return known.get("fingerprint") == fingerprint and (self.folder / step).exists()

    @contextmanager
    def replacing(
        self,
        step: str,
        fingerprint: str,
        facts: dict[str, Any] | None = None,
        built_on: Sequence[str] = (),
    ) -> Iterator[Path]:
        """An empty folder to fill; it becomes the step when the block ends without an error.

        `facts` may be filled inside the block; it goes into the manifest. `built_on` names the
        steps whose row numbers it holds: once one of them changes, this step can not be read.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._recover(step)
        below = {name: self.fingerprint(name) for name in built_on}
        new, old, place = (
            self.folder / f".{step}.new",
            self.folder / f".{step}.old",
            self.folder / step,
        )
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir()
        try:
            yield new
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
        files = sorted(path for path in new.rglob("*") if path.is_file())
        hashes = {str(path.relative_to(new)): file_hash(path) for path in files}
        for path in files:
            _sync(path)
        if place.exists():
            place.rename(old)
        new.rename(place)
        shutil.rmtree(old, ignore_errors=True)
        manifest = self.manifest()
        manifest["greenaisle"] = metadata.version("greenaisle")
        manifest["steps"][step] = {
            "fingerprint": fingerprint,
            "facts": facts or {},
            "built_on": below,
            "files": hashes,
        }
        write_text(self.folder / MANIFEST, json.dumps(manifest, indent=1, sort_keys=True))

    def changed_files(self) -> list[str]:
        """Files that are missing or no longer what the manifest says."""
        changed = []
        for step, entry in self.manifest()["steps"].items():
            for name, known in entry["files"].items():
                path = self.folder / step / name
                if not path.exists() or file_hash(path) != known:
                    changed.append(f"{step}/{name}")
        return changed

    def _manifest(self) -> dict[str, Any]:
        """The manifest as it stands; nobody writes to it, since it is kept until the file moves."""
        path = self.folder / MANIFEST
        try:
            here = path.stat()
        except FileNotFoundError:
            return {"steps": {}}
        return _read_manifest(path, here.st_ino, here.st_mtime_ns, here.st_size)

    def _refuse_stale(self, step: str) -> None:
        """Raises WorkspaceError where a step that `step` was built on has changed since."""
        steps = self._manifest()["steps"]
        for name, known in steps.get(step, {}).get("built_on", {}).items():
            if steps.get(name, {}).get("fingerprint") != known:
                made_by = STEPS.get(step, step)
                raise WorkspaceError(
                    f"{self.folder / step} was made from other {name} than those that stand there "
                    f"now; {made_by} makes it anew"
                )

    def _recover(self, step: str) -> None:
        """A crash between the two renames of `replacing` leaves the old folder beside its place."""
        old, place = self.folder / f".{step}.old", self.folder / step
        if old.exists() and not place.exists():
            old.rename(place)


@lru_cache(maxsize=8)
def _read_manifest(path: Path, *which: int) -> dict[str, Any]:
    """A manifest, read once for each of its versions (`which`): pages ask for it many times."""
    assert which
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise WorkspaceError(
            f"{path} is not JSON ({error}); delete it, and the steps make all of it again"
        ) from error


def fingerprint(*, code: Sequence[str] = (), alone: Sequence[str] = (), **parts: Any) -> str:
    """A short hash of settings, other fingerprints and the code itself.

    Of the code, the modules `code` count with all that they import and the tables that they name,
    and those `alone` without what they import; where neither is given, all of it counts.

    >>> fingerprint(a=1) == fingerprint(a=1) != fingerprint(a=2)
    True
    """
    made_by = code_hash(tuple(code), tuple(alone))
    text = json.dumps({**parts, "code": made_by}, sort_keys=True, default=str)
    return blake2b(text.encode(), digest_size=12).hexdigest()


def file_hash(path: Path) -> str:
    """Hash of a file's bytes, read in pieces."""
    digest = blake2b(digest_size=12)
    with path.open("rb") as file:
        while piece := file.read(1 << 22):
            digest.update(piece)
    return digest.hexdigest()


def write_text(path: Path, text: str) -> None:
    """Writes beside, then renames: readers see the old text or the new, never half of it."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    _sync(beside)
    beside.replace(path)


def write_table(path: Path, frame: pd.DataFrame) -> None:
    """A Parquet file, whole or not at all."""
    beside = path.with_name(f".{path.name}.new")
    frame.to_parquet(beside, index=False)
    _sync(beside)
    beside.replace(path)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
