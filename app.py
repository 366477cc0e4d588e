"""The front end's frame: page settings, navigation, and one clear message where data is missing."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from pyarrow import ArrowInvalid

from app_pages import _load, _roles
from app_pages._draw import ICON
from app_pages._words import plain
from pcf_estimator.tables import TableError
from recommender.app_server import WORKSPACE_SETTING
from recommender.policy import PolicyError
from recommender.workspace import WorkspaceError

st.set_page_config(page_title="greenaisle", page_icon=ICON, layout="wide")
try:
    pages = [
        _roles.page("app_pages/shop.py", "Shop", "shopping_basket", default=True),
        _roles.page("app_pages/merchandise.py", "Merchandise", "tune"),
        _roles.page("app_pages/footprints.py", "Footprints", "balance"),
        _roles.page("app_pages/evidence.py", "Evidence", "fact_check"),
        _roles.page("app_pages/ranking.py", "How this shelf is ranked", "sort"),
    ]
    page = st.navigation(pages, position="top")
    _roles.door()
    here = _load.opened()
    _roles.run(page)
    st.caption(
        f"{plain(here.name)}, purchases up to {plain(here.until)} · folder "
        f"{plain(Path(here.folder).name)}, version {here.version} · figures in kg CO2e are "
        "estimates with 80 % ranges unless they say verified"
    )
except _roles.RoleError as error:
    st.error(f"**The app is closed.** {plain(error, longest=400)}.", icon=":material/lock:")
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
