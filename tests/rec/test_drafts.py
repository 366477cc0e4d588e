"""Saving a policy into the workspace: whole or not at all, never over another, read back alike."""

import os
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as some

from recommender.drafts import FOLDER, kept_policies, policy_toml, save_policy
from recommender.policy import Policy, PolicyError, read_policy, shipped_policies
from recommender.policy_parts import Weights
from recommender.workspace import Workspace

TODAY, LATER = date(2026, 3, 1), date(2026, 6, 1)


def policy(name: str = "autumn-trial", reason: str = "Less beef in autumn.", **more) -> Policy:
    given = {"name": name, "version": 1, "description": reason, "review_date": LATER}
    return Policy(**(given | {"weights": Weights(shopper=1.0, climate=0.3)} | more))


def test_a_saved_policy_is_found_again_as_it_was(tmp_path):
    workspace = Workspace(tmp_path)
    path = save_policy(workspace, policy(), TODAY)
    assert path == tmp_path / FOLDER / "autumn-trial.toml"
    kept = kept_policies(workspace)
    assert kept.policies == {"autumn-trial": policy()}
    assert not kept.problems
    assert [file.name for file in path.parent.iterdir()] == ["autumn-trial.toml"]


@pytest.mark.parametrize("path", shipped_policies(), ids=lambda path: path.stem)
def test_every_shipped_policy_survives_being_written(path, tmp_path):
    written = tmp_path / "copy.toml"
    written.write_text(policy_toml(read_policy(path)), encoding="utf-8")
    assert read_policy(written) == read_policy(path)


@given(reason=some.text(min_size=1, max_size=80).filter(lambda text: text.strip()))
def test_any_reason_comes_back_letter_by_letter(reason, tmp_path_factory):
    try:
        reason.encode()
    except UnicodeEncodeError:  # half a pair of surrogates is no text
        return
    file = tmp_path_factory.mktemp("reason") / "x.toml"
    file.write_text(policy_toml(policy(reason=reason)), encoding="utf-8", newline="")
    assert read_policy(file).description == reason


def test_a_name_that_is_taken_is_refused_and_the_first_stays(tmp_path):
    workspace = Workspace(tmp_path)
    path = save_policy(workspace, policy(), TODAY)
    before = path.read_bytes()
    with pytest.raises(PolicyError, match="taken by another policy"):
        save_policy(workspace, policy(reason="Another one."), TODAY)
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["default", "relevance", "draft"])
def test_names_that_others_have_are_refused(tmp_path, name):
    with pytest.raises(PolicyError, match="taken"):
        save_policy(Workspace(tmp_path), policy(name, weights=Weights(shopper=1.0)), TODAY)


@pytest.mark.parametrize("name", ["../up", "a/b", "A b", ".hidden", "x" * 61, "", "ümlaut", "a\n"])
def test_names_that_are_no_file_names_are_refused(tmp_path, name):
    bad = policy().model_copy(update={"name": name})
    with pytest.raises(PolicyError, match="cannot be used"):
        save_policy(Workspace(tmp_path), bad, TODAY)
    assert not list(tmp_path.rglob("*.toml"))


def test_a_review_date_of_today_is_refused(tmp_path):
    with pytest.raises(PolicyError, match="a day after 2026-03-01 was expected"):
        save_policy(Workspace(tmp_path), policy(review_date=TODAY), TODAY)


def test_an_empty_reason_is_refused(tmp_path):
    with pytest.raises(PolicyError, match="the reason is empty"):
        save_policy(Workspace(tmp_path), policy(reason="  "), TODAY)


def test_a_crash_before_the_last_step_leaves_nothing(tmp_path, monkeypatch):
    def crash(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "link", crash)
    with pytest.raises(PolicyError, match="No space left on device"):
        save_policy(Workspace(tmp_path), policy(), TODAY)
    assert not list((tmp_path / FOLDER).iterdir())


def test_files_that_are_no_policies_are_told_and_left_aside(tmp_path):
    workspace = Workspace(tmp_path)
    save_policy(workspace, policy(), TODAY)
    folder = tmp_path / FOLDER
    (folder / "broken.toml").write_text("weights = 3", encoding="utf-8")
    (folder / "other.toml").write_text(policy_toml(policy("someone")), encoding="utf-8")
    kept = kept_policies(workspace)
    assert list(kept.policies) == ["autumn-trial"]
    assert len(kept.problems) == 2
    assert str(tmp_path) not in " ".join(kept.problems)
