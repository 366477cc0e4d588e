"""The front end's frame: page settings, navigation, and one clear message where data is missing."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app_pages import _load, _roles
from app_pages._draw import ICON
from app_pages._frame import explained
from app_pages._words import plain

st.set_page_config(page_title="greenaisle", page_icon=ICON, layout="wide")
with explained():
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
