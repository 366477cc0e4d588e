"""Policies judged by a process beside the server answer as the library does, and never hang."""

import io
import json
from types import SimpleNamespace

import pytest

from recommender.judge import Bench, Judge, JudgeError, serve
from recommender.judged_points import Stage, judged_policy
from recommender.policy import PolicyError
from recommender.shop import Shop
from recommender.steps import default_policy
from recommender.workspace import Workspace


@pytest.fixture(scope="module")
def bench():
    made = Bench()
    yield made
    made.close()


def answers(*questions: dict) -> list[dict]:
    said = io.StringIO()
    serve(io.StringIO("".join(json.dumps(question) + "\n" for question in questions)), said)
    return [json.loads(line) for line in said.getvalue().splitlines()]


def test_a_policy_judged_in_a_process_of_its_own_has_the_librarys_figures(bench, small_shop):
    policy = default_policy().model_copy(update={"name": "mine"})
    assert bench.warm_up(str(small_shop), "1")
    found = bench.policy(str(small_shop), "1", policy)
    known = judged_policy(Stage.of(Shop(Workspace(small_shop))), policy)
    assert found == json.loads(json.dumps(known))


def test_a_workspace_that_is_not_there_is_an_error_and_the_next_question_is_answered(
    bench, small_shop, tmp_path
):
    with pytest.raises(JudgeError, match="greenaisle"):
        bench.warm_up(str(tmp_path), "1")
    assert bench.warm_up(str(small_shop), "1")


def test_a_judge_that_ends_is_told_and_another_begins():
    judge = Judge()
    judge._started().kill()
    with pytest.raises(JudgeError):
        judge.ask({"what": "stage", "folder": "", "version": ""})
    assert judge._started().poll() is None
    judge.close()


def test_a_process_ends_with_whoever_asks_it():
    judge = Judge()
    process = judge._started()
    process.stdin.close()
    assert process.wait(timeout=60) == 0
    process.stdout.close()


def test_a_stage_is_read_once_for_a_version(small_shop, monkeypatch):
    read = []
    monkeypatch.setattr(Stage, "of", classmethod(lambda _, shop: read.append(shop) or object()))
    asked = {"what": "stage", "folder": str(small_shop)}
    said = answers(*({**asked, "version": version} for version in ("1", "1", "2")))
    assert said == [{"answer": True}] * 3
    assert len(read) == 2


def test_what_is_no_policy_is_told_in_words(small_shop, monkeypatch):
    monkeypatch.setattr(Stage, "of", classmethod(lambda *_: object()))
    asked = {"what": "policy", "folder": str(small_shop), "version": "1", "policy": "{}"}
    (said,) = answers(asked)
    assert "name" in said["error"]
    assert not said["refused"]


def test_a_refused_policy_is_a_policy_error_and_leaves_the_judge_at_work(monkeypatch):
    judge = Judge()
    lines = ['{"done": 1, "of": 2}\n', '{"error": "no such supplier", "refused": true}\n']
    process = SimpleNamespace(stdin=io.StringIO(), stdout=iter(lines))
    monkeypatch.setattr(judge, "_started", lambda: process)
    ended, told = [], []
    monkeypatch.setattr(judge, "close", lambda: ended.append(True))
    with pytest.raises(PolicyError, match="no such supplier"):
        judge.ask({"what": "policy"}, lambda done, of: told.append((done, of)))
    assert told == [(1, 2)]
    assert not ended
