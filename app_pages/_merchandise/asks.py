"""What is asked of the judges in the background, and looked for until it is in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import streamlit as st

from app_pages import _load
from app_pages._frame import fragment
from recommender.policy import Policy, PolicyError

AT_REST: Final = 0.8  # seconds that a control stands still before the exact answer is begun


def looked(key: str) -> tuple[Any, str]:
    """The answer, None before it is in; and why there is none, else ""."""
    try:
        return _load.refiner().answer(key), ""
    except PolicyError as error:
        return None, str(error)
    except Exception as error:  # whatever it was: the page stays, and says so
        return None, f"{type(error).__name__} while slates were searched"


def ask(here: _load.Opened, policy: Policy, key: str) -> None:
    """Has a policy judged in the background, in place of what this session asked before."""
    judges, folder = _load.judges(), str(Path(here.folder).resolve())
    _load.refiner().ask(
        key, lambda _: judges.policy(folder, here.version, policy), session(), AT_REST
    )


def ask_apart(here: _load.Opened, one: Policy, other: Policy, task: str) -> str:
    """Has two policies drawn together in the background; the key of the answer."""
    judges, folder = _load.judges(), str(Path(here.folder).resolve())
    key = f"apart {task} {key_of(one)} {key_of(other)}"
    _load.refiner().ask(
        key,
        lambda _: judges.apart(folder, here.version, one, other, task),
        f"apart {session()}",
        AT_REST,
    )
    return key


def ask_segments(here: _load.Opened, policy: Policy) -> str:
    """Has the segments of a policy judged in the background; the key of the answer."""
    judges, folder = _load.judges(), str(Path(here.folder).resolve())
    key = f"segments {key_of(policy)}"
    _load.refiner().ask(
        key, lambda _: judges.segments(folder, here.version, policy), f"segments {session()}"
    )
    return key


@fragment(run_every=1.0)
def watch(key: str, words: str = "") -> None:
    """Looks whether an answer is in, and says how long it takes; then the page is drawn again."""
    refiner = _load.refiner()
    if not refiner.is_open(key):
        st.rerun()
    if words:
        st.caption(f"{words} {refiner.seconds(key):.0f} s")


def warm_up(here: _load.Opened) -> None:
    """Has what all judging needs made ready in the background, once the page is drawn."""
    judges, folder = _load.judges(), str(Path(here.folder).resolve())
    key = f"stage {folder} {here.version}"
    _load.refiner().ask(key, lambda _: judges.warm_up(folder, here.version), key)


def session() -> str:
    """A name for this session, so that it waits for one answer at a time."""
    return str(st.session_state.setdefault("_session", uuid4().hex))


def key_of(policy: Policy) -> str:
    """The workspace's version and all of a policy that its slates hang on."""
    here = _load.opened()
    said = policy.model_dump(mode="json", exclude={"name", "version", "description", "review_date"})
    return json.dumps([here.folder, here.version, policy.name, said], sort_keys=True)
