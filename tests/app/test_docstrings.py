"""Every example in a docstring of the app's parts gives what it says."""

import doctest
from importlib import import_module

import pytest

from recommender.app_server import app_folder

PAGES = app_folder() / "app_pages"
PARTS = [
    ".".join(path.relative_to(PAGES.parent).with_suffix("").parts)
    for path in sorted(PAGES.rglob("*.py"))
    if any(part.startswith("_") for part in path.relative_to(PAGES).parts)
    and path.name != "__init__.py"
]


@pytest.mark.parametrize("part", PARTS)
def test_the_examples_in_its_docstrings_hold(part):
    assert doctest.testmod(import_module(part)).failed == 0
