"""The peers' own Python: its packages and the product's are never mixed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from tempfile import TemporaryDirectory

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
PROBE = "import cvxpy, fairdiverse, sklearn.metrics, torch, tqdm"
PIP_SECONDS = 900


class NoPeers(RuntimeError):
    """The environment cannot be made; says why in one line."""


def default_folder() -> Path:
    """Where the environment and slow results are kept: a folder of this user's temporary files.

    `GREENAISLE_PEERS` names another one.
    """
    named = os.environ.get("GREENAISLE_PEERS")
    user = os.getuid() if hasattr(os, "getuid") else "peers"
    return Path(named) if named else Path(tempfile.gettempdir()) / f"greenaisle-peers-{user}"


def peers_python(folder: Path) -> Path:
    """The Python of the peers' environment below `folder`, made if it is not there yet.

    Packages stand in `requirements.txt`, pinned, and come from whichever index pip is set up for.
    Raises NoPeers where they cannot be had or do not import, as on a machine without a network.
    """
    home = folder / "venv"
    made_of = home / "made-of.txt"
    wanted = REQUIREMENTS.read_text(encoding="utf-8")
    if not made_of.exists() or made_of.read_text(encoding="utf-8") != wanted:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # made aside and then moved, so that a half-made one is never used: only its Python is run,
        # which finds its packages wherever it lies
        with TemporaryDirectory(dir=folder) as aside:
            draft = Path(aside) / "venv"
            _make(draft)
            (draft / made_of.name).write_text(wanted, encoding="utf-8")
            shutil.rmtree(home, ignore_errors=True)
            draft.replace(home)
    return _python(home)


def version_of(package: str) -> str:
    """The pinned version of a package of the peers' environment.

    >>> version_of("fairdiverse")
    '1.0.0'
    """
    for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines():
        name, _, version = line.partition("==")
        if name.lower() == package.lower():
            return version.strip()
    raise KeyError(f"{REQUIREMENTS.name} names no {package}")


def _python(home: Path) -> Path:
    return home / ("Scripts" if os.name == "nt" else "bin") / "python"


def _make(home: Path) -> None:
    _call([sys.executable, "-m", "venv", str(home)], "its folder")
    pip = [str(_python(home)), "-m", "pip", "install", "--quiet", "--no-deps"]
    _call([*pip, "-r", str(REQUIREMENTS)], "its packages")
    _call([str(_python(home)), "-c", PROBE], "an import")


def _call(command: list[str], what: str) -> None:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PIP_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoPeers(f"{what}: {error}") from error
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise NoPeers(f"{what}: {lines[-1] if lines else f'exit code {done.returncode}'}")
