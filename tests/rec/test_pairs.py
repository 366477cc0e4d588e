"""Rows customer by customer: the fast look-ups and orders are those of the plain ones."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from recommender.log import find
from recommender.relevance.pairs import (
    best_first,
    find_pairs,
    first_of,
    ranks,
    stable_order,
    starts_of,
)

GROUPS = 5
pairs = st.lists(st.tuples(st.integers(0, 4), st.integers(0, GROUPS - 1)), max_size=30)


def columns(rows):
    both = np.array(rows, np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


@settings(deadline=None)
@given(pairs, pairs, st.booleans())
def test_pairs_are_found_where_a_search_finds_them(known, asked, in_order):
    key = np.unique([c * GROUPS + g for c, g in known]).astype(np.int64)
    customer, group = columns(sorted(asked) if in_order else asked)
    found = find_pairs(key, GROUPS, customer, group)
    assert np.array_equal(found, find(key, customer * GROUPS + group))


@settings(deadline=None)
@given(arrays.arrays(np.int64, st.integers(0, 40), elements=st.integers(0, 6)))
def test_the_order_keeps_equal_rows_as_they_stand(key):
    assert np.array_equal(stable_order(key), np.argsort(key, kind="stable"))


def test_keys_too_large_to_carry_their_row_are_ordered_too():
    key = np.array([2**62, 5, 2**62, -1])
    assert stable_order(key).tolist() == [3, 1, 0, 2]


@settings(deadline=None)
@given(pairs, st.randoms())
def test_the_best_of_each_customer_come_first_and_ties_go_to_the_lower_product(rows, random):
    customer, product = columns(sorted(set(rows)))
    score = np.array([random.choice([0.0, 0.5, 1.0]) for _ in product])
    order = np.lexsort((product, -score, customer))
    assert np.array_equal(best_first(starts_of(customer), product, score), order)
    found = ranks(customer, product, score)
    for at, row in enumerate(order):
        assert found[row] == at - np.searchsorted(customer, customer[row])


@settings(deadline=None)
@given(st.lists(st.integers(0, 99), unique=True, max_size=30), st.integers(0, 12), st.randoms())
def test_the_first_of_many_are_the_first_of_the_whole_order(products, n, random):
    product = np.array(products, np.int64)
    score = np.array([random.choice([0.0, 0.5, 0.7, 1.0]) for _ in products])
    expected = np.lexsort((product, -score))[:n]
    rows = np.full(n, -1)
    count = first_of(product, score, rows)
    assert np.array_equal(rows[:count], expected)
    assert count == min(n, len(product))
