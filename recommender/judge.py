"""Judging on demand in a process of its own, so that whoever serves pages stays quick.

Judging a policy holds the interpreter for a second or two. A `Judge` has it done by a process that
yields to everything else on the machine, and which ends when the one that asks does. One line of
JSON asks, others answer:

    {"what": "policy", "folder": ..., "version": ..., "policy": "{...}"}
    {"what": "segments", ...}      of a policy; {"what": "apart", "other": "{...}", "task": ...}
    {"done": 3, "of": 48}          any number of times
    {"answer": ...} or {"error": message, "refused": whether a policy was no policy}
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, LifoQueue
from typing import IO, Any

from recommender.policy import Policy, PolicyError

Told = Callable[[int, int], None]  # how many parts are done, of how many
NICENESS = 19  # of the process: pages go first
ONE_CORE = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS")  # the others are for the pages


class JudgeError(RuntimeError):
    """A judge could not answer, or ended before it did."""


class Judge:
    """A process that judges, started with the first question. One question at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def ask(self, question: Mapping[str, Any], told: Told = lambda *_: None) -> Any:
        """The answer. Raises PolicyError for what is no policy, else JudgeError."""
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(question) + "\n")
            process.stdin.flush()
            said: dict[str, Any] = {}
            for line in process.stdout:
                said = json.loads(line)
                if "done" not in said:
                    break
                told(said["done"], said["of"])
        except (OSError, ValueError) as error:
            self.close()
            raise JudgeError(f"the judge answered nothing that can be read ({error})") from error
        if "error" in said:
            raise (PolicyError if said["refused"] else JudgeError)(said["error"])
        if "answer" in said:
            return said["answer"]
        self.close()
        raise JudgeError("the judge ended before it answered")

    def close(self) -> None:
        """Ends the process; the next question starts another."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                env={**os.environ, **dict.fromkeys(ONE_CORE, "1")},
                cwd=Path(__file__).parent.parent,  # where the package can be imported from
            )
        return self._process


class Bench:
    """Judges for several who ask at once: an idle one, the last that answered first, or a new."""

    def __init__(self) -> None:
        self._idle: LifoQueue[Judge] = LifoQueue()

    def warm_up(self, folder: str, version: str) -> bool:
        """Has one read all that policies of this workspace are judged by."""
        return bool(self._ask({"what": "stage", "folder": folder, "version": version}))

    def policy(self, folder: str, version: str, policy: Policy) -> dict[str, Any]:
        """What `judged_policy` finds. Raises PolicyError, JudgeError."""
        asked = {"what": "policy", "policy": policy.model_dump_json(exclude_defaults=True)}
        return dict(self._ask({**asked, "folder": folder, "version": version}))

    def segments(self, folder: str, version: str, policy: Policy) -> dict[str, Any] | None:
        """What `segments_of` finds. Raises PolicyError, JudgeError."""
        asked = {"what": "segments", "policy": policy.model_dump_json(exclude_defaults=True)}
        found = self._ask({**asked, "folder": folder, "version": version})
        return None if found is None else dict(found)

    def apart(
        self, folder: str, version: str, one: Policy, other: Policy, task: str
    ) -> dict[str, Any]:
        """What `apart` finds for two policies. Raises PolicyError, JudgeError."""
        asked = {
            "what": "apart",
            "policy": one.model_dump_json(exclude_defaults=True),
            "other": other.model_dump_json(exclude_defaults=True),
            "task": task,
        }
        return dict(self._ask({**asked, "folder": folder, "version": version}))

    def frontier(self, folder: str, version: str, told: Told) -> bool:
        """Has the workspace's frontier made; true once it is there."""
        return bool(self._ask({"what": "frontier", "folder": folder, "version": version}, told))

    def close(self) -> None:
        """Ends the judges that have nothing to do."""
        with suppress(Empty):
            while True:
                self._idle.get_nowait().close()

    def _ask(self, question: Mapping[str, Any], told: Told = lambda *_: None) -> Any:
        try:
            judge = self._idle.get_nowait()
        except Empty:
            judge = Judge()
        try:
            return judge.ask(question, told)
        finally:
            self._idle.put(judge)


def serve(asked: IO[str], answers: IO[str]) -> None:
    """Answers questions until there are no more, keeping one workspace's stage."""
    from recommender.closer_looks import apart, segments_of
    from recommender.frontier_points import frontier_points_step
    from recommender.judged_points import Stage, judged_policy
    from recommender.shop import Shop
    from recommender.workspace import Workspace

    known: tuple[str, str] | None = None
    stage: Stage

    def say(**line: Any) -> None:
        answers.write(json.dumps(line) + "\n")
        answers.flush()

    for line in asked:
        question = json.loads(line)
        try:
            shop = Shop(Workspace(Path(question["folder"])))
            if question["what"] == "frontier":
                frontier_points_step(shop, progress=lambda done, of: say(done=done, of=of))
                say(answer=True)
                continue
            this = question["folder"], question["version"]
            if this != known:
                stage, known = Stage.of(shop), this
            if question["what"] == "stage":
                say(answer=True)
                continue
            policy = Policy.model_validate_json(question["policy"])
            if question["what"] == "segments":
                say(answer=segments_of(stage, policy))
            elif question["what"] == "apart":
                other = Policy.model_validate_json(question["other"])
                say(answer=apart(stage, policy, other, question["task"]))
            else:
                say(answer=judged_policy(stage, policy))
        except Exception as error:  # told to whoever asked: the next question may be a better one
            say(
                error=str(error) if str(error) else type(error).__name__,
                refused=isinstance(error, PolicyError),
            )


@contextmanager
def _own_output() -> Any:
    """The standard output for answers alone: whatever else is printed goes to standard error."""
    own = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with os.fdopen(own, "w", encoding="utf-8") as answers:
        yield answers


if __name__ == "__main__":
    os.nice(NICENESS)
    with _own_output() as said:
        serve(sys.stdin, said)
