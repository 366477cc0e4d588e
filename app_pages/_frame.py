"""What every page shares: one clear message for what is missing, broken or not allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import streamlit as st
from pyarrow import ArrowInvalid

from app_pages import _first_run, _load
from app_pages._roles import RoleError
from app_pages._words import plain
from pcf_estimator.tables import TableError
from recommender.policy import PolicyError
from recommender.workspace import WorkspaceError

BROKEN = (TableError, PolicyError, ArrowInvalid, OSError, ValueError)  # what reading a file raises


@contextmanager
def explained() -> Iterator[None]:
    """The block, or a message in its place where the workspace or a role does not allow it."""
    try:
        yield
    except RoleError as error:
        st.error(f"**The app is closed.** {said(error)}", icon=":material/lock:")
    except WorkspaceError as error:
        st.error(
            f"**The workspace is not complete.** {said(error)}",
            icon=":material/folder_off:",
        )
        _first_run.offer()
    except BROKEN as error:
        st.error(
            f"**The workspace cannot be read.** {said(error)} `greenaisle doctor` says which files "
            f"are not what they should be; the step that made them makes them again.",
            icon=":material/error:",
        )


def fragment(run: Callable[..., None] | None = None, *, run_every: float | None = None) -> Any:
    """`st.fragment` with the messages of `explained`.

    Streamlit catches what a fragment raises before the frame can, and shows it as a failure of the
    app.
    """
    if run is None:
        return lambda run: fragment(run, run_every=run_every)

    @wraps(run)
    def guarded(*args: Any, **named: Any) -> None:
        with explained():
            run(*args, **named)

    return st.fragment(guarded, run_every=run_every)


def said(error: Exception) -> str:
    """What an error says, as one sentence that a page can show: paths from the workspace on."""
    words = str(error).strip().rstrip(".") or type(error).__name__
    words = words.replace(f"{_load.workspace().folder.absolute().parent}/", "")
    return f"{plain(words, longest=400)}."
