"""Policies: the shipped ones are sound, and a bad one is refused with its file and key."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from recommender.policy import (
    PolicyError,
    Slate,
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
