"""The front end's frame: page settings, navigation, and one clear message where data is missing."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from pyarrow import ArrowInvalid

from app_pages import _load
from app_pages._draw import ICON
from app_pages._words import plain
from pcf_estimator.tables import TableError
from recommender.app_server import WORKSPACE_SETTING
from recommender.policy import PolicyError
from recommender.workspace import WorkspaceError

st.set_page_config(page_title="greenaisle", page_icon=ICON, layout="wide")
page = st.navigation(
    [
        st.Page("app_pages/shop.py", title="Shop", icon=":material/shopping_basket:", default=True),
        st.Page("app_pages/merchandise.py", title="Merchandise", icon=":material/tune:"),
        st.Page("app_pages/footprints.py", title="Footprints", icon=":material/balance:"),
        st.Page("app_pages/evidence.py", title="Evidence", icon=":material/fact_check:"),
        st.Page("app_pages/ranking.py", title="How this shelf is ranked", icon=":material/sort:"),
    ],
    position="top",
)
try:
    here = _load.opened()
    page.run()
    st.caption(
        f"{plain(here.name)}, purchases up to {plain(here.until)} · folder "
        f"{plain(Path(here.folder).name)}, version {here.version} · figures in kg CO2e are "
        "estimates with 80 % ranges unless they say verified"
    )
except WorkspaceError as error:
    st.error(
        f"**The workspace is not complete.** {plain(error, longest=400)}.\n\n"
        f"`greenaisle demo --workspace DIR` makes a whole one from the demo log; then start the "
        f"app again, or choose another folder with the variable {WORKSPACE_SETTING}.",
        icon=":material/folder_off:",
    )
except (TableError, PolicyError, ArrowInvalid, OSError) as error:
    st.error(
        f"**The workspace cannot be read.** {plain(error, longest=400)}. "
        f"`greenaisle doctor` says which files are not what they should be.",
        icon=":material/error:",
    )
