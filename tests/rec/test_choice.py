"""The choice model: a worked case, and what a nested logit must always do."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.candidates import Candidates
from recommender.impact.what_if.choice import LEAST_NOTHING, expected_purchases, occasions_of
from recommender.impact.what_if.choice_nests import Nests, Others, nests_of, places_of
from recommender.impact.what_if.choice_respond import Shift, respond

chances = st.floats(0.001, 0.99)
utilities = st.floats(-3.0, 3.0)
dissimilarities = st.floats(0.05, 1.0)


@st.composite
def nests(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """p_buy, nest, utility and dissimilarity of up to three nests of up to four products."""
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    rows = sum(sizes)
    p_buy = np.array(draw(st.lists(chances, min_size=rows, max_size=rows)))
    utility = np.array(draw(st.lists(utilities, min_size=rows, max_size=rows)))
    return p_buy, np.repeat(np.arange(len(sizes)), sizes), utility, draw(dissimilarities)


def expected(p_buy, nest, utility, dissimilarity):
    occasions = occasions_of(p_buy, nest, np.zeros(nest.max() + 1))
    return expected_purchases(p_buy, nest, utility, occasions, dissimilarity), occasions


def test_a_nest_of_two_products_worked_on_paper():
    # S = .4 of M = 1 occasion; the first product's odds are tripled, so with lambda = .5
    # A = (.2 x 3 + .2) / .4 = 2, A^.5 = 1.41421, crowd = 1 + .4 (1.41421 - 1) = 1.16569,
    # p1 = .2 x 3 / 1.41421 / 1.16569 = .36396, p2 = .2 / 1.41421 / 1.16569 = .12132
    found = expected_purchases(
        np.array([0.2, 0.2]), np.array([0, 0]), np.log([3.0, 1.0]), np.array([1.0]), 0.5
    )
    assert found.round(5).tolist() == [0.36396, 0.12132]
    # buying nothing: .6 before; by hand 1 - .36396 - .12132 = .51472 = .6 / 1.16569
    assert 1.0 - found.sum() == pytest.approx(0.6 / 1.16569, abs=1e-5)


@given(nests())
def test_without_any_shift_every_product_keeps_its_p_buy_bit_for_bit(case):
    p_buy, nest, utility, dissimilarity = case
    found, _ = expected(p_buy, nest, 0.0 * utility, dissimilarity)
    assert found.tolist() == p_buy.tolist()


@given(nests())
def test_shares_of_products_and_of_nothing_sum_to_one(case):
    p_buy, nest, utility, dissimilarity = case
    found, occasions = expected(p_buy, nest, utility, dissimilarity)
    before = np.bincount(nest, p_buy)
    gain = np.bincount(nest, p_buy * np.exp(utility)) / before
    nothing = (1.0 - before / occasions) / (1.0 + before / occasions * (gain**dissimilarity - 1.0))
    assert np.bincount(nest, found) / occasions + nothing == pytest.approx(1.0, abs=1e-12)


@given(nests())
def test_no_more_is_bought_than_there_are_occasions(case):
    p_buy, nest, utility, dissimilarity = case
    found, occasions = expected(p_buy, nest, utility, dissimilarity)
    assert (found >= 0).all()
    assert (np.bincount(nest, found) <= occasions).all()
    before = np.bincount(nest, p_buy)
    assert (before <= (1.0 - LEAST_NOTHING) * occasions * (1 + 1e-12)).all()


@given(nests(), st.floats(0.01, 3.0), st.integers(0, 11))
def test_raising_one_product_never_raises_another_of_its_need_nor_moves_other_needs(case, by, at):
    p_buy, nest, utility, dissimilarity = case
    at %= len(p_buy)
    raised = utility.copy()
    raised[at] += by
    before, _ = expected(p_buy, nest, utility, dissimilarity)
    after, _ = expected(p_buy, nest, raised, dissimilarity)
    others = np.arange(len(p_buy)) != at
    assert after[at] > before[at]
    assert (after[others] <= before[others] * (1 + 1e-12)).all()
    elsewhere = nest != nest[at]
    assert after[elsewhere].tolist() == before[elsewhere].tolist()


@given(nests())
def test_a_dissimilarity_of_one_is_a_plain_logit(case):
    p_buy, nest, utility, _ = case
    found, occasions = expected(p_buy, nest, utility, 1.0)
    odds = p_buy * np.exp(utility)
    nothing = occasions - np.bincount(nest, p_buy)
    total = np.bincount(nest, odds) + nothing
    assert found == pytest.approx((odds / total[nest]) * occasions[nest], rel=1e-12)


def test_the_less_goods_differ_the_less_the_need_as_a_whole_gains():
    p_buy, nest = np.array([0.2, 0.2]), np.array([0, 0])
    totals = [
        expected_purchases(p_buy, nest, np.array([1.0, 0.0]), np.array([1.0]), lam).sum()
        for lam in (0.05, 0.5, 1.0)
    ]
    assert 0.4 < totals[0] < totals[1] < totals[2]


@pytest.mark.parametrize("dissimilarity", [0.0, 1.01, -1.0])
def test_a_dissimilarity_outside_its_domain_is_refused(dissimilarity):
    with pytest.raises(ValueError, match="above 0 and at most 1"):
        expected_purchases(
            np.array([0.5]), np.array([0]), np.array([0.0]), np.array([1.0]), dissimilarity
        )


def test_more_purchases_than_occasions_are_refused():
    with pytest.raises(ValueError, match=r"nest 0: 1.5 purchases in 1 occasions.*1 such"):
        expected_purchases(
            np.array([0.7, 0.8]), np.array([0, 0]), np.zeros(2), np.array([1.0]), 0.5
        )


# two households, four products in two needs; household 1 has no candidate in need 1
NEED = np.array([0, 0, 1, 1])
CANDIDATES = Candidates.from_frame(
    pd.DataFrame(
        {
            "customer": [0, 0, 0, 1, 1],
            "product": [0, 1, 2, 0, 1],
            "p_buy": [0.5, 0.25, 0.125, 0.25, 0.25],
            "q_buy": [1.0, 0.25, 0.25, 0.5, 0.25],
            "is_new": False,
            "source": 1,
        }
    ),
    2,
)
OTHERS = Others(need=NEED, share=np.array([0.5, 0.5, 0.0, 1.0]), units=np.ones(4), needs=2)
BOUGHT = np.array([[1.0, 0.25], [1.5, 0.5]])


def still(products: int = 4, dissimilarity: float = 0.5, **changes) -> Shift:
    nothing = np.zeros(products)
    plain = Shift(
        plain=nothing, taste=nothing, taste_share=0.0, pull=nothing, dissimilarity=dissimilarity
    )
    return Shift(**{**plain.__dict__, **changes})


def made(bought: np.ndarray | None = BOUGHT) -> Nests:
    return nests_of(CANDIDATES, OTHERS, bought)


def test_what_the_candidates_do_not_explain_is_bought_besides():
    nests = made()
    # need 0: 1.25 of 2.5 purchases are candidates', so half of each household's 1.0 and 1.5 is left
    # need 1: household 0 has .125 of its .25, so half is left; household 1 has none, so .5 is all
    assert list(zip(nests.customer, nests.need, nests.rest, strict=True)) == [
        (0, 0, 0.5),
        (0, 1, 0.125),
        (1, 0, 0.75),
        (1, 1, 0.5),
    ]
    assert np.diff(nests.start).tolist() == [2, 1, 2, 0]
    # nobody could buy 1.25 of one occasion: 1.25 / .8
    assert nests.occasions.tolist() == [1.5625, 1.0, 1.5625, 1.0]


def test_the_world_as_it_was_gives_back_p_buy_and_q_buy_bit_for_bit():
    sold = respond(made(None), np.zeros(5), still(taste_share=0.0))
    assert sold.purchases.tolist() == [0.75, 0.5, 0.125, 0.0]
    assert sold.packs.tolist() == [1.5, 0.5, 0.25, 0.0]
    sold = respond(made(), np.zeros(5), still())
    # and the others as the history shares them: need 0 1.25 half and half, need 1 .625 all on 3
    assert sold.purchases.tolist() == [0.75 + 0.625, 0.5 + 0.625, 0.125, 0.625]


@given(
    st.lists(utilities, min_size=4, max_size=4),
    st.lists(st.floats(-1.0, 1.0), min_size=4, max_size=4),
    dissimilarities,
)
@settings(max_examples=25)
def test_all_households_at_once_agree_with_the_plain_arrays(plain, pull, dissimilarity):
    nests = made(None)
    rows = np.array([[0, -1], [4, 3]])  # candidate rows
    places = places_of(nests, rows, np.array([1.0, 0.5]))
    sold = respond(
        nests,
        places,
        still(plain=np.array(plain), pull=np.array(pull), dissimilarity=dissimilarity),
    )
    nest = np.repeat(np.arange(len(nests.need)), np.diff(nests.start))
    utility = np.array(plain)[nests.product] + places * np.array(pull)[nests.product]
    each = expected_purchases(nests.p_buy, nest, utility, nests.occasions, dissimilarity)
    assert sold.purchases == pytest.approx(np.bincount(nests.product, each, 4), rel=1e-12)
    assert sold.packs == pytest.approx(np.bincount(nests.product, each * nests.units, 4), rel=1e-12)


def test_places_follow_the_candidate_rows():
    places = places_of(made(), np.array([[2, 0], [-1, 4]]), np.array([1.0, 0.5]))
    nests = made()
    by_candidate = dict(zip(nests.candidate.tolist(), places.tolist(), strict=True))
    assert by_candidate == {0: 0.5, 1: 0.0, 2: 1.0, 3: 0.0, 4: 0.5}


def test_a_slate_takes_from_what_is_no_candidate_in_the_need_too():
    places = places_of(made(), np.array([[0], [-1]]), np.array([1.0]))
    before = respond(made(), np.zeros(5), still())
    after = respond(made(), places, still(pull=np.full(4, 0.5), dissimilarity=0.05))
    gain = after.purchases - before.purchases
    assert gain[0] > 0.05  # on the slate of household 0
    assert gain[1] < -0.05  # its neighbour and the others in need 0
    assert gain[[2, 3]].tolist() == [0.0, 0.0]  # need 1


def test_a_product_that_has_gone_sells_nothing_and_its_neighbours_take_most_of_it():
    gone = np.array([-np.inf, 0.0, 0.0, 0.0])
    sold = respond(made(), np.zeros(5), still(plain=gone, taste=gone, dissimilarity=0.05))
    before = respond(made(), np.zeros(5), still())
    assert sold.purchases[0] == 0.0
    assert sold.purchases[1] > 0.9 * before.purchases[:2].sum()
    everything = np.full(4, -np.inf)
    sold = respond(made(), np.zeros(5), still(plain=everything, taste=everything))
    assert sold.purchases.tolist() == [0.0] * 4


def test_a_taste_moves_the_share_of_shoppers_who_have_it():
    taste = np.array([1.0, 0.0, 0.0, 0.0])
    none, half, all_of_them = (
        respond(made(), np.zeros(5), still(taste=taste, taste_share=share)).purchases
        for share in (0.0, 0.5, 1.0)
    )
    assert half == pytest.approx((none + all_of_them) / 2)
    assert all_of_them[0] > none[0]
    more = respond(made(), np.zeros(5), still(taste_share=0.5, taste_occasions=1.2)).purchases
    assert more == pytest.approx(1.1 * none)


def test_the_same_world_has_the_same_bits():
    places = places_of(made(), np.array([[0], [3]]), np.array([1.0]))
    shift = still(plain=np.array([0.3, -0.2, 0.1, 0.0]), pull=np.full(4, 0.4))
    one, again = respond(made(), places, shift), respond(made(), places, shift)
    assert one.purchases.tobytes() == again.purchases.tobytes()
    assert one.packs.tobytes() == again.packs.tobytes()
