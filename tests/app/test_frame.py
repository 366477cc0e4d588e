"""The frame holds its walls: where caches live, no HTML, and an app that runs from any folder."""

import os
import shutil
import subprocess
import sys

import pytest

from recommender.app_server import WORKSPACE_SETTING, app_folder

FILES = [app_folder() / "app.py", *sorted((app_folder() / "app_pages").rglob("*.py"))]
OPEN_ELSEWHERE = """
import sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file(sys.argv[1], default_timeout=60).run()
app.switch_page("app_pages/merchandise.py").run()
assert not app.exception and not app.error, [*app.exception, *app.error]
print(app.title[0].value, sys.modules["app_pages._load"].__file__, sep="|")
"""


def test_only_load_keeps_things_between_reruns():
    keeping = [file for file in FILES if "st.cache" in file.read_text()]
    assert keeping
    assert {file.parent.name for file in keeping} == {"_load"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_nothing_is_put_into_the_page_as_html(file):
    text = file.read_text()
    for way in ("unsafe_allow_html", "st.html", "components", "unsafe_allow_javascript"):
        assert way not in text


def test_the_frame_is_short():
    assert len(FILES[0].read_text().splitlines()) <= 50


def test_the_app_runs_where_a_wheel_puts_it(tmp_path, small_shop):
    home = tmp_path / "site-packages" / "recommender" / "front_end"
    shutil.copytree(app_folder() / "app_pages", home / "app_pages")
    shutil.copy(app_folder() / "app.py", home / "app.py")
    done = subprocess.run(
        [sys.executable, "-c", OPEN_ELSEWHERE, str(home / "app.py")],
        cwd=tmp_path,
        env={
            **os.environ,
            WORKSPACE_SETTING: str(small_shop),
            "PYTHONPATH": os.pathsep.join([p for p in sys.path if p]),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-1000:]
    title, loaded = done.stdout.strip().split("|")
    assert title == "What a weighting costs"
    assert loaded.startswith(str(home))
