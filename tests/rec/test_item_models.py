"""Item models are learned once, kept without pickles, and serve customers who come later."""

import json

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from pcf_estimator.tables import TableError
from recommender.history import History
from recommender.relevance.generators import Fitted, propose
from recommender.relevance.items.item_models import ItemModels

IDS = np.array([f"p{k}" for k in range(12)], dtype=object)


@pytest.fixture(scope="module")
def taste():
    rng = np.random.default_rng(11)
    dense = rng.poisson(0.5, size=(60, 12)).astype(float)
    dense[:, 4] = 0  # a product that nobody bought
    dense[0] = 0
    return csr_matrix(dense)


@pytest.fixture(scope="module")
def models(taste):
    return ItemModels.learn(taste)


def answers(models, taste):
    return [
        array
        for model in (models.als, models.item_item, models.ease)
        for array in model.propose(taste, 6)
    ]


def same(ours, theirs):
    return all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))


def test_what_was_saved_answers_in_the_same_bits(models, taste, tmp_path):
    models.save(tmp_path, IDS)
    loaded = ItemModels.load(tmp_path, IDS).fold_in(taste)
    assert same(answers(models, taste), answers(loaded, taste))
    pairs = np.repeat(np.arange(60), 12), np.tile(np.arange(12), 60)
    assert np.array_equal(models.als.score(*pairs), loaded.als.score(*pairs))


def test_customers_who_were_not_there_get_answers_without_a_refit(models, taste):
    newcomers = csr_matrix(np.eye(12)[[3, 5]] * 2.0)
    folded = models.fold_in(newcomers)
    for model in (folded.als, folded.item_item, folded.ease):
        ids, _ = model.propose(newcomers, 4)
        assert ids.shape == (2, 4)
        assert (ids[:, 0] >= 0).all()
        assert 3 not in ids[0]
        assert 5 not in ids[1]
    assert same(answers(models, taste), answers(models.fold_in(taste), taste))


def test_no_array_is_a_pickle_and_all_floats_are_float32(models, tmp_path):
    models.save(tmp_path, IDS)
    with np.load(tmp_path / "item_models.npz", allow_pickle=False) as file:
        kinds = {name: file[name].dtype for name in file.files}
    assert {kind for kind in kinds.values() if kind.kind == "f"} == {np.dtype(np.float32)}
    assert all(kind.kind in "iufb" for kind in kinds.values())


def test_the_same_models_are_the_same_files(taste, tmp_path):
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        ItemModels.learn(taste).save(tmp_path / name, IDS)
    for file in ("item_models.npz", "item_models.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "other" / file).read_bytes()


@pytest.mark.parametrize("others", [IDS[::-1], IDS[:-1], np.append(IDS, "p12")])
def test_models_of_other_products_are_refused(models, tmp_path, others):
    models.save(tmp_path, IDS)
    with pytest.raises(TableError, match=f"12 other products.* catalogue's {len(others)}"):
        ItemModels.load(tmp_path, others)


def test_a_file_that_is_missing_or_changed_is_refused(models, tmp_path):
    with pytest.raises(TableError, match=r"item_models\.json is not there; fit makes it"):
        ItemModels.load(tmp_path, IDS)
    models.save(tmp_path, IDS)
    arrays = tmp_path / "item_models.npz"
    whole = arrays.read_bytes()
    arrays.write_bytes(whole[:-7])
    with pytest.raises(TableError, match="not the file that"):
        ItemModels.load(tmp_path, IDS)
    arrays.write_bytes(whole)
    manifest = tmp_path / "item_models.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "format": 0}))
    with pytest.raises(TableError, match="format 0, but 1 was expected"):
        ItemModels.load(tmp_path, IDS)


def test_ready_models_propose_as_models_learned_on_the_spot(made_up_log, made_up_shelf):
    history = History(made_up_log.until(20), made_up_shelf)
    models = ItemModels.learn(history.taste())
    ready, anew = propose(Fitted(history, models)), propose(Fitted(history))
    assert np.array_equal(ready.customer, anew.customer)
    assert np.array_equal(ready.product, anew.product)
