"""How long a page's server takes to answer what a person does, read off the page's own wire.

A look at the page's state can miss a run that is over before the browser has drawn that it began.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.sync_api import Page, WebSocket
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
PATIENCE_S = 60.0
LOOK_MS = 5  # between looks whether the answer is in


class Answers:
    """Milliseconds from each thing done on a page to the end of the run that answers it.

    Made before the page is opened. What the page asks by itself (a fragment that runs every second)
    is no answer to anybody.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.took_ms: list[float] = []
        self._began: float | None = None
        self._asked = self._runs = False
        page.on("websocket", self._listen)

    @property
    def waiting(self) -> bool:
        """Whether something was done that is not answered yet."""
        return self._began is not None

    def begin(self) -> None:
        """Notes that something is done now."""
        self._began, self._asked, self._runs = time.perf_counter(), False, False

    def time(self, act: Callable[[], object]) -> float:
        """Milliseconds until `act` is answered and drawn. Raises TimeoutError after a minute."""
        began = time.perf_counter()
        self.begin()
        act()
        while self.waiting:
            if time.perf_counter() - began > PATIENCE_S:
                raise TimeoutError(f"no answer in {PATIENCE_S:g} s")
            self.page.wait_for_timeout(LOOK_MS)
        self.page.evaluate(TWO_FRAMES)
        return 1000 * (time.perf_counter() - began)

    def _listen(self, wire: WebSocket) -> None:
        wire.on("framesent", self._sent)
        wire.on("framereceived", self._received)

    def _sent(self, frame: bytes | str) -> None:
        if self._began is None or not isinstance(frame, bytes):
            return
        said = BackMsg.FromString(frame)
        if said.WhichOneof("type") == "rerun_script" and not said.rerun_script.is_auto_rerun:
            self._asked = True

    def _received(self, frame: bytes | str) -> None:
        if not self._asked or self._began is None or not isinstance(frame, bytes):
            return
        kind = ForwardMsg.FromString(frame).WhichOneof("type")
        if kind == "new_session":
            self._runs = True
        elif kind == "script_finished" and self._runs:
            self.took_ms.append(1000 * (time.perf_counter() - self._began))
            self._began = None
