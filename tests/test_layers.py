"""Who may import whom. The frame (FRAME, importers) alone joins footprints and shoppers."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHARED = {"pcf_estimator.tables", "pcf_estimator.units"}
FRAME = {
    "cli.py",
    "footprint_cli.py",
    "footprint_steps.py",
    "second_footprints_step.py",
    "demo.py",
}


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def modules(package: str) -> list[Path]:
    found = sorted((ROOT / package).rglob("*.py"))
    assert found, f"no modules in {package}"
    return found


@pytest.mark.parametrize("path", modules("pcf_estimator"), ids=lambda p: p.name)
def test_the_estimator_knows_no_shoppers_and_no_screens(path):
    roots = {name.split(".")[0] for name in imported(path)}
    assert not roots & {"recommender", "streamlit", "pyspark", "app_pages"}


@pytest.mark.parametrize("path", modules("recommender"), ids=lambda p: p.name)
def test_the_recommender_reads_footprints_as_a_table(path):
    in_frame = path.name in FRAME or path.parent.name == "importers"
    estimator = {name for name in imported(path) if name.split(".")[0] == "pcf_estimator"}
    assert in_frame or estimator <= SHARED


@pytest.mark.parametrize(
    "package", ["recommender.cli", "recommender.steps", "pcf_estimator.estimate"]
)
def test_neither_streamlit_nor_spark_is_loaded_at_import(package):
    code = (
        f"import sys, {package}; "
        "sys.exit(sorted({'streamlit', 'pyspark'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def test_the_app_frame_stays_a_frame():
    assert len((ROOT / "app.py").read_text().splitlines()) <= 60
