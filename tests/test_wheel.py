"""The wheel, installed in another folder, carries its data and its app, and runs there."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder and the interpreter of a fresh environment that holds the wheel.

    Dependencies are borrowed from this environment by path, so that nothing is fetched; the path
    brings packages along, but not this checkout.
    """
    folder = tmp_path_factory.mktemp("elsewhere")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*build, str(ROOT)], check=True, capture_output=True)
    (wheel,) = folder.glob("greenaisle-*.whl")
    venv.create(folder / "env", with_pip=False)
    python = folder / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
    asked = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    place = Path(subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip())
    borrowed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (place / "borrowed.pth").write_text("\n".join(sorted(borrowed)))
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--quiet"]
    done = subprocess.run([*pip, "--no-index", str(wheel)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder, python


def run(installed, *words):
    folder, python = installed
    done = subprocess.run(
        [str(python.with_name("greenaisle")), *words], capture_output=True, text=True, cwd=folder
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_packages_come_from_the_wheel_and_not_from_the_checkout(installed):
    folder, python = installed
    code = (
        "import pcf_estimator, recommender, recommender.app_server as a; "
        "from pcf_estimator.tables import shipped_data; "
        "print(pcf_estimator.__file__, recommender.__file__, a.app_folder(), "
        "shipped_data('pcf_seed.csv'), shipped_data('policies/default.toml'), sep='\\n')"
    )
    done = subprocess.run([str(python), "-c", code], capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    for path in done.stdout.split():
        assert str(folder) in path
        assert str(ROOT) not in path


def test_the_app_and_its_settings_are_in_the_wheel(installed):
    folder, _ = installed
    (front_end,) = folder.glob("env/**/recommender/front_end")
    assert (front_end / "app.py").exists()
    assert (front_end / "app_pages" / "_load" / "pinned.py").exists()
    assert (front_end / ".streamlit" / "config.toml").exists()


def test_it_estimates_footprints_from_titles_alone(installed):
    folder, _ = installed
    (folder / "foods.csv").write_text("product_id,title\n1,Whole milk 1 l\n2,Ground beef 500 g\n")
    words = ("footprint", "estimate", "foods.csv", "--out", "out.parquet", "--json")
    answer = json.loads(run(installed, *words))
    assert answer["products"] == 2
    assert (folder / "out.parquet").exists()


def test_doctor_finds_its_own_version(installed):
    assert json.loads(run(installed, "doctor", "--json"))["greenaisle"] == "0.1.0"
