"""The demo built in a process of its own, for a page that shows how far it is."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path


class Build:
    """`greenaisle demo` in a process of its own, and what it has said so far."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.began = folder, time.monotonic()
        self._said = Path(tempfile.mkdtemp(prefix="greenaisle-")) / "demo.txt"
        command = [sys.executable, "-m", "recommender.cli", "demo", "--no-app", "--workspace"]
        with self._said.open("w", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                [*command, str(folder)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def is_open(self) -> bool:
        """Whether it is still at work."""
        return self._process.poll() is None

    def failed(self) -> bool:
        """Whether it ended without a whole workspace."""
        return self._process.poll() not in (None, 0)

    def lines(self) -> list[str]:
        """What it said, a line for each part that is done."""
        text = self._said.read_text(encoding="utf-8", errors="replace")
        return [line.strip() for line in text.splitlines() if line.strip()]
