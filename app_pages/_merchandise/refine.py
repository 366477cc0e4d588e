"""Work that takes longer than a look: two threads for all sessions, asked now, seen later."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

THREADS = 2  # one may make the frontier, which takes a minute
KEPT = 64  # answers, the oldest go first


Make = Callable[[Callable[[int, int], None]], Any]  # of whom to tell: done, of how many


class Refiner:
    """Answers by key. What nobody asks for any more is not begun: each session waits for one."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="refining")
        self._answers: OrderedDict[str, Future[Any]] = OrderedDict()
        self._wanted: dict[str, str] = {}  # who -> key
        self._steps: dict[str, tuple[int, int]] = {}
        self._since: dict[str, float] = {}  # key -> when it was asked for

    def ask(self, key: str, make: Make, who: str, delay: float = 0.0) -> None:
        """Asks for an answer; what the same `who` asked before is dropped if it has not begun.

        It begins after `delay` seconds, so that a control on the move is left alone. `make` is told
        whom to tell how far it is. A failed answer is made again when asked again.
        """
        with self._lock:
            before = self._wanted.get(who)
            self._wanted[who] = key
            if before is not None and before != key and before not in self._wanted.values():
                waiting = self._answers.get(before)
                if waiting is not None and waiting.cancel():
                    del self._answers[before]
            known = self._answers.get(key)
            if known is not None and not (known.done() and known.exception() is not None):
                self._answers.move_to_end(key)
                return
            self._since[key] = time.monotonic()
            self._answers[key] = self._pool.submit(self._make, key, make, delay)
            while len(self._answers) > self._kept:
                old = next(iter(self._answers))
                if not self._answers[old].done():
                    break
                del self._answers[old]
                self._since.pop(old, None)

    def seconds(self, key: str) -> float:
        """How long ago an answer was asked for; 0 where it never was."""
        return time.monotonic() - self._since.get(key, time.monotonic())

    def answer(self, key: str) -> Any | None:
        """The answer where it is in, else None. Raises what its making raised."""
        known = self._answers.get(key)
        return known.result() if known is not None and known.done() else None

    def is_open(self, key: str) -> bool:
        """Whether an answer was asked for and is not in yet."""
        known = self._answers.get(key)
        return known is not None and not known.done()

    def progress(self, key: str) -> tuple[int, int]:
        """How many of how many parts are done; (0, 0) before the first."""
        return self._steps.get(key, (0, 0))

    def wait(self, key: str, seconds: float | None = None) -> Any:
        """The answer once it is in, for tests and benches."""
        return self._answers[key].result(timeout=seconds)

    def wait_for_all(self, seconds: float | None = None) -> None:
        """Until nothing is being made."""
        for future in list(self._answers.values()):
            if not future.cancelled():
                future.exception(timeout=seconds)

    def _make(self, key: str, make: Make, delay: float) -> Any:
        time.sleep(delay)
        with self._lock:
            if key not in self._wanted.values():  # somebody moved on
                self._answers.pop(key, None)
                return None
        return make(lambda done, of: self._tell(key, done, of))

    def _tell(self, key: str, done: int, of: int) -> None:
        self._steps[key] = done, of
