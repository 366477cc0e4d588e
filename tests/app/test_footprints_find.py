"""Finding a product by what somebody typed."""

import time

import numpy as np
import pandas as pd
import pytest

from app_pages._footprints.find import find, finder, mistakes
from app_pages._footprints.found import found_words

TITLES = [
    "Ground beef, 1 lb",
    "Ground beef patties, frozen, 3 lb",
    "White milk, 1 gallon, house brand",
    "Milk chocolate candy, 2 oz",
    "Strawberries, 16 oz",
    "Crème fraîche, 200 g",
    "Eggs, large, 1 dozen",
    "x" * 10_000,
    "<script>alert(1)</script>",
    "עברית 🥑",
]
IDS = [f"p{k}" for k in range(len(TITLES))]


@pytest.fixture(scope="module")
def goods():
    return finder(IDS, TITLES, np.arange(len(TITLES))[::-1].astype(float))


def first(goods, asked: str) -> str:
    return TITLES[find(goods, asked).products[0]]


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("ground beef", "Ground beef, 1 lb"),
        ("BEEF ground", "Ground beef, 1 lb"),
        ("gruond beff", "Ground beef, 1 lb"),
        ("strawbery", "Strawberries, 16 oz"),
        ("mlik", "White milk, 1 gallon, house brand"),
        ("creme fraiche", "Crème fraîche, 200 g"),
        ("egg", "Eggs, large, 1 dozen"),
        ("pattie", "Ground beef patties, frozen, 3 lb"),
        ("p4", "Strawberries, 16 oz"),
        ("עברית", "עברית 🥑"),
        ("<script>", "<script>alert(1)</script>"),
    ],
)
def test_what_was_meant_comes_first(goods, asked, answer):
    assert first(goods, asked) == answer


def test_what_answers_every_word_comes_before_what_answers_one(goods):
    found = find(goods, "milk chocolate")
    assert TITLES[found.products[0]].startswith("Milk chocolate")


@pytest.fixture(scope="module")
def shelved():
    shelves = {"Vinegar wine rice": "sauces", "Italian wines": "wine", "Oatmeal": "cereal"}
    shelves |= {"Milk": "dairy", "Beef": "meat", "Nasal drops": "health", "Chips": "snacks"}
    names = list(shelves)
    table = pd.DataFrame({"category": shelves.values(), "department": "grocery"})
    # vinegar is bought most
    return names, finder(names, names, np.arange(len(names))[::-1].astype(float), table)


def test_wine_on_the_shelf_of_wine_comes_before_vinegar(shelved):
    names, goods = shelved
    assert [names[k] for k in find(goods, "wine").products] == [
        "Italian wines",
        "Vinegar wine rice",
    ]


def test_a_whole_word_comes_before_a_part_of_one_and_what_is_left_out_is_told(shelved):
    names, goods = shelved
    found = find(goods, "oat mlik")
    assert [names[k] for k in found.products] == ["Milk", "Oatmeal"]
    assert found.left_out == ("oat",)
    assert found.complete == 0
    assert "nothing answers every word: the best of 2 products leave out “oat”" in found_words(
        found
    )


def test_a_word_that_the_best_find_ignores_is_told(shelved):
    names, goods = shelved
    found = find(goods, "beef'; drop")
    assert names[found.products[0]] == "Beef"
    assert found.left_out == ("drop",)


def test_the_words_of_the_shelf_answer_too(shelved):
    names, goods = shelved
    assert names[find(goods, "milk dairy").products[0]] == "Milk"
    assert find(goods, "milk dairy").complete == 1


def test_ninety_thousand_shelved_names_answer_within_a_twentieth_of_a_second():
    rng = np.random.default_rng(7)
    words = np.array(["".join(rng.choice(list("abcdefgh"), 6)) for _ in range(3000)])
    drawn = rng.choice(words, (92_000, 4))
    titles = [" ".join(row) for row in drawn]
    shelves = pd.DataFrame({"category": drawn[:, 0], "product_type": drawn[:, 1]})
    index = finder([str(k) for k in range(len(titles))], titles, np.zeros(len(titles)), shelves)
    took = []
    for asked in titles[:9]:
        began = time.process_time()
        assert len(find(index, asked[:-1] + "z").products)
        took.append(time.process_time() - began)
    assert np.median(took) < 0.05


def test_words_that_mean_nothing_find_nothing_and_are_named(goods):
    found = find(goods, "zzqqxx")
    assert not len(found.products)
    assert found.unknown == ("zzqqxx",)
    for nothing in ("", "   ", "!!!", "🥑"):
        assert not len(find(goods, nothing).products)


def test_a_correction_is_told(goods):
    assert find(goods, "gruond").read_as == {"gruond": "ground"}
    assert find(goods, "ground").read_as == {}


def test_a_shop_without_words_can_be_searched():
    empty = finder(["a", "b"], ["", "!"], np.zeros(2))
    assert not len(find(empty, "milk").products)
    assert find(empty, "b").products.tolist() == [1]


def test_mistakes_are_counted_by_hand():
    # swapped neighbours count once; a letter added, lost or changed counts once
    assert [mistakes("mlik", w) for w in ("milk", "mlik", "mliks", "beef")] == [1, 0, 1, 4]
    assert mistakes("a", "abcdef") == 3  # too far to be counted


def test_sixty_thousand_names_answer_at_once():
    rng = np.random.default_rng(7)
    words = np.array(["".join(rng.choice(list("abcdefgh"), 6)) for _ in range(3000)])
    titles = [" ".join(rng.choice(words, 4)) for _ in range(60_000)]
    index = finder([str(k) for k in range(len(titles))], titles, np.zeros(len(titles)))
    began = time.perf_counter()
    for asked in titles[:5]:
        assert len(find(index, asked[:-1] + "z").products)
    assert (time.perf_counter() - began) / 5 < 0.5
