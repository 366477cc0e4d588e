"""Windows that protocols share: made once, in the same bits, and gone when the last has read."""

import numpy as np
import pytest

from recommender.relevance import past as past_module
from recommender.relevance.fit import Past, fit_relevance
from recommender.relevance.windows import Windows, uses_of
from recommender.splits import Window, protocol

PROTOCOLS = [protocol(30), protocol(26)]


def quiet(_: str) -> None:
    pass


@pytest.fixture
def made(monkeypatch):
    """The first weeks of the windows that were made, in turn."""
    first_weeks = []
    labelled = past_module.labelled

    def counted(fitted, log, window, plan):
        first_weeks.append(window.first)
        return labelled(fitted, log, window, plan)

    monkeypatch.setattr(past_module, "labelled", counted)
    return first_weeks


def test_two_protocols_learn_the_same_from_shared_windows_which_are_made_once(
    made_up_log, made_up_shelf, made, tmp_path
):
    past = Past(log=made_up_log, shelf=made_up_shelf)
    alone = [fit_relevance(past, weeks, 1, quiet).judge for weeks in PROTOCOLS]
    # 30 judges 27-30, calibrates on 23-26, learns from 19, 15, 11 (7 has six weeks before it);
    # 26 judges 23-26, calibrates on 19-22, learns from 15 and 11
    assert sorted(made) == [11, 11, 15, 15, 19, 19, 23, 23, 27]
    made.clear()
    with Windows.shared(past, PROTOCOLS, tmp_path) as shared:
        both = [fit_relevance(past, weeks, 1, quiet, shared=shared).judge for weeks in PROTOCOLS]
        assert sorted(made) == [11, 15, 19, 23, 27]
        assert shared.models == {}
        assert list(shared.folder.iterdir()) == []
    assert list(tmp_path.iterdir()) == []
    for one, other in zip(alone, both, strict=True):
        assert np.array_equal(one.candidates.product, other.candidates.product)
        for name, chance in one.chances.items():
            assert np.array_equal(chance, other.chances[name])


def test_rows_come_back_from_their_file_as_they_were_made(made_up_log, made_up_shelf, tmp_path):
    past, window = Past(log=made_up_log, shelf=made_up_shelf), Window(23, 26)
    with Windows.shared(past, PROTOCOLS, tmp_path) as shared:
        (made, first), (read, second) = (shared.rows(window, False, False) for _ in range(2))
    assert first.names == second.names
    assert np.array_equal(first.values, second.values, equal_nan=True)
    assert first.values.dtype == second.values.dtype
    for name in ("bought", "quantity", "in_next_basket", "had_basket", "weight"):
        assert np.array_equal(getattr(first, name), getattr(second, name))
    for name in ("customer", "product", "source"):
        assert np.array_equal(getattr(first.rows, name), getattr(second.rows, name))
    assert read.als is made.als
    assert np.array_equal(read.history.log.day, made.history.log.day)


def test_a_protocol_thins_what_it_learns_from_and_nothing_else(made_up_log, made_up_shelf):
    past = Past(log=made_up_log, shelf=made_up_shelf)
    thinned = {use.first: use.thinned for use in uses_of(past, protocol(30))}
    assert thinned == {11: True, 15: True, 19: True, 23: False, 27: False}
