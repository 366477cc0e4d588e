"""Policies: the shipped ones are sound, and a bad one is refused with its file and key."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from recommender.policy import (
    Limits,
    Policy,
    PolicyError,
    Sellers,
    Slate,
    Values,
    Weights,
    baseline_policy,
    read_policies,
    read_policy,
    shipped_policies,
)

GOOD = """
name = "mine"
version = 2
description = "For a test."
review_date = 2027-01-31

[weights]
shopper = 1
climate = 0.25

[carbon]
reference = "none"

[slate]
n = 3
"""


def write(folder: Path, text: str, name: str = "mine.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_policy_reads_as_written_and_what_is_left_out_weighs_nothing(tmp_path: Path) -> None:
    policy = read_policy(write(tmp_path, GOOD))
    assert (policy.name, policy.version, policy.carbon.reference) == ("mine", 2, "none")
    assert policy.weights.as_dict() == {
        "shopper": 1.0,
        "retailer": 0.0,
        "climate": 0.25,
        "sellers": 0.0,
    }
    assert not policy.carbon.bar_unknown


def test_a_policy_without_the_newer_tables_has_no_limits_and_takes_estimates_by_their_median(
    tmp_path: Path,
) -> None:
    policy = read_policy(write(tmp_path, GOOD))
    assert policy.carbon.quantile == 0.5
    assert (policy.limits, policy.sellers, policy.values) == (Limits(), Sellers(), Values())
    assert not any((policy.has_limits, policy.couples_shoppers, policy.has_values))
    for path in shipped_policies():
        assert isinstance(read_policy(path), Policy)


EVERYTHING = """
[limits]
carbon_change = -0.1
relevance = 0.99
relevance_each = 0.9
per_category = 3
highest_price = 20
age_restricted = false
deny_products = ["p7"]
deny_categories = ["TOBACCO"]
deny_sellers = ["s1", "s2"]
allow_categories = ["COFFEE", "TEA"]
tiers = {middle = 0.2, tail = 0.1}
price_cap = 10.0

[sellers]
target = "catalogue"
floor = 0.8
cap = 3
per = "entity"
new_share = 0.02
horizon_weeks = 8
welfare = "alpha-fair"
alpha = 2.0
welfare_weight = 0.5

[values]
diversity = 0.1
tier_mix = 0.02
coverage = 0
freshness = 0.03
"""


def test_every_limit_seller_rule_and_value_reads_as_written(tmp_path: Path) -> None:
    text = GOOD.replace('"none"', '"none"\nquantile = 0.8')
    policy = read_policy(write(tmp_path, text + EVERYTHING))
    assert policy.carbon.quantile == 0.8
    limits, sellers = policy.limits, policy.sellers
    assert (limits.carbon_change, limits.carbon_target_kg, limits.price_cap) == (-0.1, None, 10.0)
    assert (limits.relevance, limits.relevance_each, limits.per_category) == (0.99, 0.9, 3)
    assert (limits.deny_sellers, limits.allow_categories) == (("s1", "s2"), ("COFFEE", "TEA"))
    assert limits.tiers.as_dict() == {"head": 0.0, "middle": 0.2, "tail": 0.1}
    assert (sellers.target, sellers.floor, sellers.cap, sellers.per) == (
        "catalogue",
        0.8,
        3.0,
        "entity",
    )
    assert (sellers.welfare, sellers.alpha, sellers.welfare_weight) == ("alpha-fair", 2.0, 0.5)
    assert policy.values.as_dict() == {
        "diversity": 0.1,
        "tier_mix": 0.02,
        "coverage": 0.0,
        "freshness": 0.03,
    }
    assert policy.has_limits
    assert policy.couples_shoppers
    assert policy.has_values


@pytest.mark.parametrize(
    ("given", "has_limits", "couples_shoppers"),
    [
        ("[limits]\nper_category = 2", True, False),  # each slate keeps it alone
        ("[limits]\nrelevance_each = 0.9", True, False),
        ("[limits]\ndeny_products = ['p1']", True, False),
        ("[limits]\nrelevance = 0.9", True, True),  # one sum over all shoppers
        ("[limits]\ncarbon_change = 0", True, True),  # no more than today is a budget too
        ("[limits]\ncarbon_target_kg = 2.5", True, True),
        ("[limits]\ntiers = {tail = 0.1}", True, True),
        ("[sellers]\nfloor = 0.5", True, True),
        ("[sellers]\ncap = 1", True, True),
        ("[sellers]\nnew_share = 0.1", True, True),
        ("[sellers]\nwelfare = 'gini'\nwelfare_weight = 0.1", True, True),
        ("[sellers]\nwelfare = 'gini'", False, False),  # it weighs nothing
        ("[sellers]\ntarget = 'equal'\nper = 'entity'", False, False),  # of no floor
        ("[limits]\nprice_cap = 2", False, False),  # nothing has a price
        ("[limits]\nage_restricted = true", False, False),  # it loosens
    ],
)
def test_a_policy_says_what_it_limits_and_whether_shoppers_share_it(
    tmp_path: Path, given: str, has_limits: bool, couples_shoppers: bool
) -> None:
    policy = read_policy(write(tmp_path, f"{GOOD}\n{given}"))
    assert (policy.has_limits, policy.couples_shoppers) == (has_limits, couples_shoppers)


def test_every_shipped_policy_is_named_after_its_file_and_the_baseline_comes_first() -> None:
    policies = read_policies(shipped_policies())
    assert [p.name for p in policies] == [path.stem for path in shipped_policies()]
    assert policies[0].name == "relevance"
    assert policies[0].weights == Weights(shopper=1.0)


def test_the_shipped_weightings_span_none_to_strong_carbon_inside_needs_and_across_them() -> None:
    policies = read_policies(shipped_policies())
    assert len(policies) >= 10
    for reference in ("need", "none"):
        climate = [p.weights.climate for p in policies if p.carbon.reference == reference]
        assert len(set(climate)) >= 4
        assert max(climate) / min(c for c in climate if c > 0) >= 10
    assert any(p.weights.retailer >= 0.2 for p in policies)
    assert any(p.weights.sellers > p.weights.climate / 10 > 0 for p in policies)
    assert len({tuple(p.slate.curve()) for p in policies}) == 1, "else they cannot be compared"


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ("climate = 0.25", "climate = -1", "[weights] climate is -1, but it should be greater"),
        ("climate = 0.25", "climate = nan", "[weights] climate is nan, but it should be a finite"),
        ("climate = 0.25", "climate = inf", "[weights] climate is inf, but it should be a finite"),
        ("climate = 0.25", 'climate = "0.2"', "[weights] climate is '0.2', but it should be a"),
        ("climate = 0.25", "climate = true", "[weights] climate is True"),
        ("climate = 0.25", "carbon = 0.2", "[weights] carbon is not a key that a policy has"),
        ("shopper = 1\nclimate = 0.25", "", "[weights]: every weight is 0"),
        ("version = 2\n", "", "version is missing"),
        ("2027-01-31", '"soon"', "review_date is 'soon', but it should be a valid date"),
        ('"none"', '"type"', "[carbon] reference is 'type', but it should be 'need' or 'none'"),
        ("n = 3", "n = 0", "[slate] n is 0, but it should be greater than or equal to 1"),
        ("n = 3", "n = 2\nattention = [1, 0]", "[slate] attention, entry 2, is 0, but it should"),
        ("n = 3", "n = 2\nattention = [1, 2]", "[slate]: attention rises"),
        ("n = 3", "n = 2\nattention = [1]", "[slate]: attention has 1 figures for 2 places"),
        ('"mine"', '"relevance"', "the policy named relevance is what all others are compared"),
        ('"mine"', '""', "name is '', but it should match pattern"),
        ("[slate]", "[slates]", "slates is not a key that a policy has"),
        ("[slate]", "[slate", "not TOML"),
    ],
)
def test_a_bad_policy_is_one_error_that_names_file_and_key(
    tmp_path: Path, was: str, becomes: str, says: str
) -> None:
    path = write(tmp_path, GOOD.replace(was, becomes))
    with pytest.raises(PolicyError) as error:
        read_policy(path)
    assert str(error.value).startswith(f"policy {path}: {says}")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (
            "[limits]\ncarbon_change = -0.1\ncarbon_target_kg = 2.5",
            "[limits]: carbon_change and carbon_target_kg are both given, but one carbon budget",
        ),
        ("[limits]\ncarbon_change = -1", "[limits] carbon_change is -1, but it should be greater"),
        ("[limits]\ncarbon_change = nan", "[limits] carbon_change is nan, but it should be a fini"),
        ("[limits]\ncarbon_target_kg = 0", "[limits] carbon_target_kg is 0, but it should be grea"),
        ("[limits]\nrelevance = 1.1", "[limits] relevance is 1.1, but it should be less than or"),
        ("[limits]\nrelevance_each = -0.1", "[limits] relevance_each is -0.1, but it should be"),
        ("[limits]\nper_category = 2.5", "[limits] per_category is 2.5, but it should be a valid "),
        ("[limits]\nper_category = 0", "[limits] per_category is 0, but it should be greater than"),
        ("[limits]\nhighest_price = '9'", "[limits] highest_price is '9', but it should be a val"),
        ("[limits]\nage_restricted = 1", "[limits] age_restricted is 1, but it should be a valid"),
        ("[limits]\nprice_cap = inf", "[limits] price_cap is inf, but it should be a finite"),
        ("[limits]\ndeny_sellers = 's1'", "[limits] deny_sellers is 's1', but it should be a list"),
        ("[limits]\ndeny_sellers = [7]", "[limits] deny_sellers, entry 1, is 7, but it should be"),
        ("[limits]\ndeny_products = ['a', 'b', 'a']", "[limits]: deny_products names a twice"),
        (
            "[limits]\nallow_categories = []",
            "[limits] allow_categories is [], but it should have at least 1 item",
        ),
        (
            "[limits]\nallow_categories = ['a', 'b']\ndeny_categories = ['b', 'a', 'c']",
            "[limits]: allow_categories and deny_categories both name a (2 such categories)",
        ),
        (
            "[limits]\ntiers = {head = 0.5, tail = 0.6}",
            "[limits] tiers: the shares of head, middle, tail sum to 1.1, but all attention is 1",
        ),
        ("[limits]\ntiers = {top = 0.5}", "[limits] tiers top is not a key that a policy has"),
        ("[limits]\ntiers = 0.5", "[limits] tiers is 0.5, but it should be a table"),
        ("[limits]\ncarbon = 1", "[limits] carbon is not a key that a policy has"),
        ("[sellers]\nfloor = 3\ncap = 2", "[sellers] floor is 3, but it should be less than or"),
        ("[sellers]\nfloor = 0.8\ncap = 0.5", "[sellers]: floor is 0.8, but the cap is 0.5"),
        ("[sellers]\ncap = 0.5", "[sellers]: cap is 0.5, but below 1 the caps of all sellers"),
        ("[sellers]\ntarget = 'fair'", "[sellers] target is 'fair', but it should be 'equal', "),
        ("[sellers]\nper = 'brand'", "[sellers] per is 'brand', but it should be 'seller' or "),
        ("[sellers]\nnew_share = 1.5", "[sellers] new_share is 1.5, but it should be less than"),
        ("[sellers]\nhorizon_weeks = 0", "[sellers] horizon_weeks is 0, but it should be greater"),
        (
            "[sellers]\nwelfare_weight = 1.0",
            "[sellers]: welfare_weight is above 0, but no welfare is named",
        ),
        (
            "[sellers]\nwelfare = 'gini'\nalpha = 2.0",
            "[sellers]: alpha is 2, but welfare is gini: only alpha-fair has one",
        ),
        ("[values]\ndiversity = -1", "[values] diversity is -1, but it should be greater than or"),
        ("[values]\nnovelty = 1", "[values] novelty is not a key that a policy has"),
        ("[values]\nfreshness = nan", "[values] freshness is nan, but it should be a finite"),
    ],
)
def test_limits_that_contradict_or_make_no_sense_are_one_error(
    tmp_path: Path, given: str, says: str
) -> None:
    path = write(tmp_path, f"{GOOD}\n{given}")
    with pytest.raises(PolicyError) as error:
        read_policy(path)
    assert str(error.value).startswith(f"policy {path}: {says}")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("quantile", ["0.4", "1.0", "nan", "-inf"])
def test_a_quantile_is_a_cautious_one_or_the_median(tmp_path: Path, quantile: str) -> None:
    path = write(tmp_path, GOOD.replace('"none"', f'"none"\nquantile = {quantile}'))
    with pytest.raises(PolicyError, match=r"\[carbon\] quantile is \S+, but it should be"):
        read_policy(path)


@pytest.mark.parametrize(
    "given",
    [
        "[limits]\nrelevance_each = 0.9",
        "[limits]\nage_restricted = true",
        "[sellers]\nfloor = 0.5",
        "[values]\nfreshness = 0.1",
        "[carbon]\nquantile = 0.8",
    ],
)
def test_the_baseline_has_neither_limits_nor_values_nor_doubts(tmp_path: Path, given: str) -> None:
    bare = GOOD.replace('"mine"', '"relevance"').replace("climate = 0.25\n", "")
    bare = bare.replace('[carbon]\nreference = "none"\n', "")
    assert read_policy(write(tmp_path, bare)).name == "relevance"
    with pytest.raises(PolicyError, match="bars nothing and has no limits"):
        read_policy(write(tmp_path, f"{bare}\n{given}"))


def test_tier_shares_that_fill_the_slate_to_rounding_are_no_contradiction(tmp_path: Path) -> None:
    # 0.7 + 0.2 + 0.1 is 0.9999999999999999 in floats, and other orders lie above 1
    given = "[limits]\ntiers = {head = 0.7, middle = 0.2, tail = 0.1}"
    assert read_policy(write(tmp_path, f"{GOOD}\n{given}")).couples_shoppers


def test_several_problems_are_counted(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.replace("climate = 0.25", "climate = -1").replace("n = 3", "n = 0"))
    with pytest.raises(PolicyError, match=r"\(and 1 more such problems\)"):
        read_policy(path)


def test_a_file_that_is_not_there_and_a_name_used_twice_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"gone\.toml: cannot be read"):
        read_policy(tmp_path / "gone.toml")
    paths = [write(tmp_path, GOOD), write(tmp_path, GOOD, "again.toml")]
    with pytest.raises(PolicyError, match=r"again\.toml: name mine stands in an earlier policy"):
        read_policies(paths)


def test_attention_falls_with_the_logarithm_unless_the_policy_says_otherwise() -> None:
    # by hand: 1 / log2(2), 1 / log2(3), 1 / log2(4)
    assert Slate(n=3).curve().round(4).tolist() == [1.0, 0.6309, 0.5]
    assert Slate(n=2, attention=(3.0, 3.0)).curve().tolist() == [3.0, 3.0]


def test_a_policy_does_not_change_once_it_is_read() -> None:
    policy = baseline_policy(Slate(n=4))
    assert (policy.name, policy.slate.n) == ("relevance", 4)
    with pytest.raises(ValidationError, match="frozen"):
        policy.weights.climate = 0.5  # type: ignore[misc]
