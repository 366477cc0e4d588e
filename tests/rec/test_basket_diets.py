"""A declared diet: what the data know, what they cannot tell, and what nobody eats."""

import doctest

import pandas as pd
import pytest

from recommender import basket_diets
from recommender.basket_diets import DIETS, diet_of

SHELF = pd.DataFrame(
    [
        ("main protein", "boneless pork", "Pork chops"),
        ("main protein", "salmon", "Salmon"),
        ("main protein", "tofu", "Tofu"),
        ("burgers and meatballs", "plant burgers and meatballs", "Veggie burgers"),
        ("ready meal", "frozen and chilled meals", "Frozen family entree"),
        ("laundry", "laundry powder", "Laundry powder"),
        ("cat food", "canned cat food", "Salmon dinner for cats"),
        ("side dish", "other grains", "Chicken flavored couscous"),
    ],
    columns=["need", "kind", "title"],
)


def test_the_examples_in_the_docstrings_hold():
    assert doctest.testmod(basket_diets).failed == 0


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("no pork", [False, True, True, True, False, True, True, True]),
        ("no meat", [False, True, True, True, False, True, True, False]),
        ("no meat or fish", [False, False, True, True, False, True, True, False]),
    ],
)
def test_what_a_diet_leaves(name, fits):
    found = diet_of(SHELF, name)
    assert found.fits.tolist() == fits
    assert found.untold == 1
    assert found.against + found.untold == fits.count(False)
    assert found.barred.sum() == found.against
    assert not (found.barred & found.fits).any()
    assert not found.barred[4]  # of the entree the data cannot tell


@pytest.mark.parametrize("name", DIETS)
def test_a_shop_that_names_only_needs_can_be_asked(name):
    assert diet_of(SHELF[["need"]], name).untold == 1
