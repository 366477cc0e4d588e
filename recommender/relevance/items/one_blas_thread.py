"""One BLAS thread at a time, however many of our own threads ask for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any

from threadpoolctl import ThreadpoolController

_lock, _inside = Lock(), 0
_limit: Any = None


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """One BLAS thread inside the block, for all blocks that run at the same time.

    Two levels of threads at once make ALS up to ten times slower, and sums in another order have
    other bits. The limit is the whole process's: of blocks that overlap, the first sets it and the
    last takes it back, or one that ends early would lift it for the others.
    """
    global _inside, _limit
    with _lock:
        if _inside == 0:
            _limit = _libraries().limit(limits=1, user_api="blas")
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0 and _limit is not None:
                _limit.restore_original_limits()
                _limit = None


@cache
def _libraries() -> ThreadpoolController:
    """The BLAS libraries in this process, looked up once: the look-up takes milliseconds."""
    return ThreadpoolController()
