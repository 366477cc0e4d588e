"""From a policy to a problem: budgets, floors and what may be shown, with numbers by hand."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.candidates import Candidates, Floats
from recommender.log import Ids, Log
from recommender.policy import Policy, PolicyError
from recommender.rerank.assemble import Assembled, assemble, customer_keys
from recommender.rerank.shelf_facts import ShelfFacts
from recommender.rerank.targets import Carried
from recommender.tradeoff import Goods, Scales, goods_of

PRODUCTS = pd.DataFrame(
    {
        "product_id": ["beef", "tofu", "soap", "mystery", "wine"],
        "price": [8.0, 4.0, 2.0, 1.0, 9.0],
        "margin_rate": 0.5,
        "seller_id": ["big", "small", "big", None, "small"],
        "category": ["meat", "meat", "care", None, "drinks"],
        "age_restricted": [False, False, False, False, True],
        "kg_co2e": [15.0, 1.5, 0.4, np.nan, 1.0],
        "kg_co2e_per_kg": [30.0, 3.0, 4.0, np.nan, 1.0],
        "net_mass_kg": [0.5, 0.5, 0.1, np.nan, 1.0],
        "tier": ["model", "model", "model", "unknown", "model"],
        "need": ["main protein", "main protein", "soap", "other", "wine"],
        "kg_per_flow": [0.1, 0.1, 0.1, np.nan, 0.1],
    }
)
CUSTOMERS = np.array(["ann", "bob"], object)
SCALES = Scales(m0=1.0, g0=1.0, short={"small": 0.5})
PER_PURCHASE = np.array([4.0, 1.0, 0.0, 0.0, 2.0])  # kg_functional, for easy numbers


def log() -> Log:
    """Ann bought beef for 6, bob tofu for 3 and soap for 1."""
    return Log(
        ids=Ids(CUSTOMERS, PRODUCTS["product_id"].to_numpy(object)),
        customer=np.array([0, 1, 1]),
        product=np.array([0, 1, 2]),
        week=np.ones(3, np.int64),
        day=np.zeros(3),
        basket=np.arange(3),
        store=np.full(3, -1),
        quantity=np.ones(3),
        paid=np.array([6.0, 3.0, 1.0]),
        whole_until=52,
    )


def goods() -> Goods:
    made = goods_of(PRODUCTS, log())
    return replace(made, functional=replace(made.functional, kg_functional=PER_PURCHASE))


FACTS = ShelfFacts.of(PRODUCTS, log(), 44)


def candidates() -> Candidates:
    """All five products for both; ann bought beef before, bob tofu and soap."""
    p_buy = np.array([0.8, 0.4, 0.2, 0.1, 0.05, 0.5, 0.4, 0.2, 0.1, 0.05])
    return Candidates(
        start=np.array([0, 5, 10]),
        product=np.array([0, 1, 2, 3, 4, 0, 1, 2, 3, 4]),
        p_buy=p_buy,
        q_buy=p_buy,
        is_new=np.array([False, True, True, True, True, True, False, False, True, True]),
        source=np.ones(10, np.int64),
    )


def policy(**tables: dict[str, object]) -> Policy:
    return Policy.model_validate(
        {
            "name": "mine",
            "version": 1,
            "description": "For a test.",
            "review_date": date(2027, 1, 31),
            "weights": {"shopper": 1.0, "sellers": 0.1},
            "slate": {"n": 2, "attention": [1.0, 0.5]},
            **tables,
        }
    )


def made(
    rules: Policy,
    *,
    task: str = "all",
    given: Candidates | None = None,
    shop: Goods | None = None,
    ids: np.ndarray = CUSTOMERS,
    extra: Floats | None = None,
    carried: Carried | None = None,
    scales: Scales = SCALES,
) -> Assembled:
    given = candidates() if given is None else given
    return assemble(
        given,
        goods() if shop is None else shop,
        rules,
        scales,
        task,
        excess=np.zeros(len(given.product)),
        facts=FACTS,
        customer_id=ids,
        extra=extra,
        carried=carried,
    )


def test_targets_per_entity_without_companies_are_told() -> None:
    rules = policy(sellers={"floor": 0.5, "per": "entity"})
    assert any("each seller stands for itself" in note for note in made(rules).notes)
    told = PRODUCTS.assign(legal_entity=["Acme", "Acme", "Acme", None, "Acme"])
    assembled = assemble(
        candidates(),
        goods(),
        rules,
        SCALES,
        "all",
        excess=np.zeros(10),
        facts=ShelfFacts.of(told, log(), 44),
        customer_id=CUSTOMERS,
    )
    assert assembled.targets.groups == ("Acme",)
    assert not any("stands for itself" in note for note in assembled.notes)
    per_seller = policy(sellers={"floor": 0.5})
    assert not any("stands for itself" in note for note in made(per_seller).notes)


def test_goods_with_an_age_limit_that_are_never_candidates_are_told() -> None:
    rules = policy(limits={"age_restricted": True})
    assert not any("age" in note for note in made(rules).notes)  # wine is a candidate of both
    sober = Candidates.from_frame(candidates().to_frame().query("product != 4"), 2)
    (note,) = (note for note in made(rules, given=sober).notes if "age" in note)
    assert note == (
        "age_restricted = true shows nothing more: none of the 1 products with an age limit is "
        "ever a candidate"
    )
    assert not any("age" in note for note in made(policy(), given=sober).notes)


def test_a_limit_on_categories_that_no_product_names_is_told() -> None:
    nameless = replace(FACTS, category=np.full(5, -1), categories=())
    rules = policy(limits={"per_category": 1})
    found = assemble(
        candidates(),
        goods(),
        rules,
        SCALES,
        "all",
        excess=np.zeros(10),
        facts=nameless,
        customer_id=CUSTOMERS,
    )
    told = "no product names a category: per_category limits nothing"
    assert told in found.notes
    assert told not in made(rules).notes


def shown(found: Assembled) -> list[list[str]]:
    """Products that may stand on each shopper's slate."""
    names = PRODUCTS["product_id"].to_numpy(object)[found.problem.product]
    return [list(mine) for mine in np.split(names, found.problem.start[1:-1])]


def test_values_are_the_parts_and_what_is_added() -> None:
    found = made(policy(), extra=np.arange(10) / 10)
    # wine has an age limit: rows 4 and 9 are left out
    assert found.rows.tolist() == [0, 1, 2, 3, 5, 6, 7, 8]
    assert found.problem.start.tolist() == [0, 4, 8]
    assert found.parts.shape == (4, 8)
    # tofu to ann: p_buy 0.4, boost 0.1 x 0.5, added 0.1
    assert found.problem.value[1] == pytest.approx(0.4 + 0.05 + 0.1)
    assert found.problem.value == pytest.approx(found.parts.sum(axis=0) + found.extra)
    assert (found.problem.totals, found.problem.shares) == ((), ())


def test_a_carbon_budget_is_measured_from_the_relevance_slates() -> None:
    found = made(policy(limits={"carbon_change": -0.5}))
    # beef then tofu for both: purchases 0.8 + 0.2 + 0.5 + 0.2 = 1.7,
    # kg 4 x 1.3 + 1 x 0.4 = 5.6, so 3.294 a purchase, of which half is allowed
    assert found.reference.relevance == pytest.approx(1.7)
    assert found.reference.kg_per_purchase == pytest.approx(5.6 / 1.7)
    assert found.target_kg == pytest.approx(2.8 / 1.7)
    (total,) = found.problem.totals
    assert (total.name, total.unit, total.least) == ("carbon budget", "kg CO2e", 0.0)
    # ann: 0.8 x (1.647 - 4), 0.4 x (1.647 - 1), 0.2 x 1.647, and nothing for the unknown one
    target = 2.8 / 1.7
    assert total.each[:4] == pytest.approx(
        [0.8 * (target - 4), 0.4 * (target - 1), 0.2 * target, 0]
    )
    assert found.unknown_rows == 2
    assert found.notes == ("candidates of unknown footprint, which count as the carbon target: 2",)


def test_a_target_in_kg_needs_no_reference() -> None:
    (total,) = made(policy(limits={"carbon_target_kg": 2.0})).problem.totals
    assert total.each[:2] == pytest.approx([0.8 * -2, 0.4 * 1])


def test_unknown_products_leave_the_reference_alone() -> None:
    given = candidates()
    likelier = replace(given, p_buy=np.where(given.product == 3, 0.9, given.p_buy))
    found = made(policy(), given=likelier)
    # mystery comes first for both; of what is known, only beef stands second
    assert found.reference.relevance == pytest.approx(2 * 0.9 + 0.5 * (0.8 + 0.5))
    assert found.reference.kg_per_purchase == pytest.approx(4.0)


def test_relevance_floors_over_all_and_for_each() -> None:
    found = made(policy(limits={"relevance": 0.9, "relevance_each": 0.5, "per_category": 1}))
    (total,) = found.problem.totals
    assert total.least == pytest.approx(0.9 * 1.7)
    # each shopper's own best has one of a category: beef and soap, 0.8 + 0.1 and 0.5 + 0.1
    assert found.problem.own_floor is not None
    assert found.problem.own_floor.tolist() == pytest.approx([0.45, 0.3])
    assert found.problem.per_kind == 1
    assert found.problem.kind is not None
    assert found.problem.kind[[0, 1]].tolist() == [2, 2]  # care, drinks, meat
    assert found.problem.kind[3] == -1  # no category: never too many of it


def test_floors_and_caps_are_shares_of_all_attention() -> None:
    found = made(policy(sellers={"floor": 0.5, "cap": 1.2}))
    (family,) = found.problem.shares
    assert (family.name, family.groups) == ("seller", ("big", "small"))
    # merit 7 and 3 of 10; attention 1.5 for each of two shoppers
    assert found.attention == 3.0
    assert family.least.tolist() == pytest.approx([0.5 * 0.7 * 3, 0.5 * 0.3 * 3])
    assert family.most.tolist() == pytest.approx([1.2 * 0.7 * 3, 1.2 * 0.3 * 3])
    assert family.group.tolist() == [0, 1, 0, -1, 1]


def test_what_a_seller_had_in_the_horizon_counts_against_its_floor() -> None:
    before = Carried(attention=6.0, exposure={"big": 6.0})
    (family,) = made(policy(sellers={"floor": 0.5}), carried=before).problem.shares
    # big: 0.35 x 9 - 6 is below 0; small: 0.15 x 9 - 0
    assert family.least.tolist() == pytest.approx([0.0, 1.35])


def test_tiers_have_floors_of_their_own() -> None:
    found = made(policy(limits={"tiers": {"tail": 0.2}}))
    (family,) = found.problem.shares
    assert family.groups == ("head", "middle", "tail")
    assert family.least.tolist() == pytest.approx([0.0, 0.0, 0.6])
    # sales 6, 3, 1: beef is the head, tofu begins at 6 and soap at 9 of 10
    assert family.group[:3].tolist() == [0, 1, 2]


def test_a_welfare_replaces_the_fixed_boost() -> None:
    rules = policy(sellers={"welfare": "max-min", "welfare_weight": 0.3})
    found = made(rules)
    assert found.parts[3].tolist() == [0.0] * 8
    assert found.problem.welfare is not None
    assert found.problem.welfare.family == found.problem.shares[0].name
    # at the targets, 2.1 and 0.9 of 3, welfare is weight x attention
    assert found.problem.welfare.of(np.array([2.1, 0.9])) == pytest.approx(0.3 * 3.0)


@pytest.mark.parametrize(
    ("limits", "left"),
    [
        ({"deny_products": ["beef"]}, ["tofu", "soap", "mystery"]),
        ({"deny_categories": ["meat"]}, ["soap", "mystery"]),
        ({"deny_sellers": ["big"]}, ["tofu", "mystery"]),
        ({"allow_categories": ["meat"]}, ["beef", "tofu"]),
        ({"highest_price": 2.0}, ["soap", "mystery"]),
        ({"age_restricted": True}, ["beef", "tofu", "soap", "mystery", "wine"]),
    ],
)
def test_what_may_not_be_shown_is_no_row(limits: dict[str, object], left: list[str]) -> None:
    assert shown(made(policy(limits=limits))) == [left, left]


def test_new_goods_and_known_footprints_alone() -> None:
    rules = policy(carbon={"bar_unknown": True})
    assert shown(made(rules, task="new")) == [["tofu", "soap"], ["beef"]]


def test_too_few_products_are_a_stated_shortfall() -> None:
    found = made(policy(limits={"highest_price": 2.0, "deny_products": ["mystery"]}), task="new")
    # ann may get soap alone; bob has bought it, so all of his are barred
    assert shown(found) == [["soap"], []]
    assert (found.short, found.places_short, found.barred) == (2, 3, 1)
    assert found.attention == 1.0
    assert found.notes == (
        "shoppers with an empty slate, since all their candidates are barred: 1",
        "shoppers with fewer products than places: 2",
        "places that stay empty: 3",
    )


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (
            {"deny_products": ["beeef", "x", "tofu"]},
            "deny_products names product 'beeef', 'x', but the shop has none of that name, the "
            "nearest to 'beeef' is 'beef' \\(2 of 3 names are unknown\\)",
        ),
        ({"deny_sellers": ["bigg"]}, "names seller 'bigg'.*nearest to 'bigg' is 'big' \\(1 of 1"),
        ({"allow_categories": ["meats"]}, "names category 'meats'.*nearest to 'meats' is 'meat'"),
        (
            {"deny_products": [f"x{k}" for k in range(7)]},
            "'x3', 'x4' and 2 more, .* \\(7 of 7 names are unknown\\)",
        ),
        ({"highest_price": 0.5}, "bar every one of the 5 products that the shop may show"),
    ],
)
def test_a_policy_that_does_not_fit_the_shop_is_refused(
    limits: dict[str, object], message: str
) -> None:
    with pytest.raises(PolicyError, match=f"policy mine: \\[limits\\] .*{message}"):
        made(policy(limits=limits))


def test_floors_without_a_seller_are_refused() -> None:
    nobody = replace(goods(), sellers=(), seller=np.full(5, -1))
    with pytest.raises(PolicyError, match="no product that may be shown names a seller"):
        made(policy(sellers={"floor": 0.5}), shop=nobody)


def test_a_change_of_nothing_is_refused() -> None:
    shop = goods()
    unknown = replace(shop, functional=replace(shop.functional, kg_functional=np.zeros(5)))
    with pytest.raises(
        PolicyError, match=r"carbon_change is -0\.1, but the relevance slates hold no"
    ):
        made(policy(limits={"carbon_change": -0.1}), shop=unknown)


def test_scores_that_are_no_numbers_are_named() -> None:
    given = candidates()
    p_buy = given.p_buy.copy()
    p_buy[6] = np.nan
    with pytest.raises(ValueError, match=r"row 7 \(customer 1, product 1\): p_buy is nan"):
        made(policy(), given=replace(given, p_buy=p_buy))
    extra = np.zeros(10)
    extra[0] = np.inf
    with pytest.raises(ValueError, match=r"row 1 \(customer 0, product 0\): the value is inf"):
        made(policy(), extra=extra)
    with pytest.raises(ValueError, match="extra: 3 figures, but 10 were expected"):
        made(policy(), extra=np.zeros(3))


def test_keys_hang_on_the_id_alone_and_no_id_stands_twice() -> None:
    ids = np.array([f"c{k}" for k in range(1000)], object)
    keys = customer_keys(ids)
    assert (keys >= 0).all()
    assert customer_keys(ids[::-1])[::-1].tolist() == keys.tolist()
    with pytest.raises(ValueError, match="customers 0 and 2 have one key, of ids 'a' and 'a'"):
        customer_keys(np.array(["a", "b", "a"], object))


RULES = policy(
    weights={"shopper": 1.0, "retailer": 0.5, "sellers": 0.1},
    limits={"carbon_change": -0.2, "relevance": 0.9, "relevance_each": 0.8, "highest_price": 8.5},
    sellers={"floor": 0.5},
)


@settings(deadline=None, max_examples=30)  # the first example compiles
@given(st.floats(1e-3, 1e3))
def test_the_unit_of_money_changes_nothing(unit: float) -> None:
    shop = goods()
    dearer = replace(shop, price=shop.price * unit, margin=shop.margin * unit)
    limits = RULES.limits.model_copy(update={"highest_price": 8.5 * unit})
    before = made(RULES, shop=shop)
    after = made(
        RULES.model_copy(update={"limits": limits}), shop=dearer, scales=replace(SCALES, m0=unit)
    )
    assert after.rows.tolist() == before.rows.tolist()
    assert after.problem.value == pytest.approx(before.problem.value)
    assert [t.least for t in after.problem.totals] == [t.least for t in before.problem.totals]
    assert after.problem.shares[0].least.tolist() == before.problem.shares[0].least.tolist()


def test_the_order_of_shoppers_changes_nothing() -> None:
    given = candidates()
    turned = np.r_[5:10, 0:5]
    other = replace(
        given,
        product=given.product[turned],
        p_buy=given.p_buy[turned],
        is_new=given.is_new[turned],
    )
    before, after = made(RULES), made(RULES, given=other, ids=CUSTOMERS[::-1])
    assert after.problem.key.tolist() == before.problem.key[::-1].tolist()
    assert after.reference == before.reference
    assert after.target_kg == before.target_kg
    assert after.attention == before.attention
    assert before.problem.own_floor is not None
    assert after.problem.own_floor is not None
    assert after.problem.own_floor.tolist() == before.problem.own_floor[::-1].tolist()
