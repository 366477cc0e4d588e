"""The one demo that may be in the making, for all sessions."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from recommender.demo_build import Build


def build(folder: Path | None = None) -> Build | None:
    """The demo that is being built or was last; begun in `folder` where one is named."""
    held = _builds()
    if folder is not None and not (held and held[-1].is_open()):
        held[:] = [Build(folder)]
    return held[-1] if held else None


@st.cache_resource(max_entries=1, show_spinner=False)
def _builds() -> list[Build]:
    return []
