"""A fitted model as files: JSON, NPZ, UBJ, CSV and Parquet, no pickles, with content hashes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xgboost as xgb
from scipy.sparse import csr_matrix

from pcf_estimator.differences import Differences
from pcf_estimator.features import Vocabulary
from pcf_estimator.members import TREES, Members, Settings
from pcf_estimator.needs import read_needs
from pcf_estimator.ranges import Ranges

if TYPE_CHECKING:
    from pcf_estimator.model import PcfModel

FORMAT = 2
LEARNED = ("log_kg", "groups", "errors", "ridge", "projection", "centre", "scale", "luc_share")
VECTORS = ("data", "indices", "indptr")
SIZES = ("trees", "depth", "folds", "random_state")


def seed_version(seed: pd.DataFrame) -> str:
    """Hash of a seed table's content, 12 letters."""
    return _digest(seed.to_csv(index=False, lineterminator="\n").encode())


def model_version(model: PcfModel) -> str:
    """Hash of all that a prediction of a fitted model depends on, 12 letters."""
    parts = [json.dumps(_manifest(model)), json.dumps(model.members_.vocabulary_.terms)]
    parts += [model.needs_.table.to_csv(index=False), model.seed_version_]
    blobs = [part.encode() for part in parts]
    blobs += [array.tobytes() for array in _arrays(model).values()]
    trees = [
        bytes(booster.save_raw("ubj"))
        for booster in (model.members_.boosters_[name] for name in TREES)
    ]
    return _digest(b"\0".join([*blobs, *trees]))


def save_model(model: PcfModel, folder: Path) -> Path:
    """`folder`, which now holds `model`; written beside it and then renamed, so that a crash leaves
    the model that was there before."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = folder.with_name(f".{folder.name}.{os.getpid()}")
    old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    for leftover in (beside, old):
        shutil.rmtree(leftover, ignore_errors=True)
    beside.mkdir()
    versions = {"model_version": model.model_version_, "seed_version": model.seed_version_}
    manifest = json.dumps({**_manifest(model), **versions}, indent=1)
    (beside / "model.json").write_text(manifest, encoding="utf-8")
    terms = json.dumps(model.members_.vocabulary_.terms, ensure_ascii=False)
    (beside / "vocabulary.json").write_text(terms, encoding="utf-8")
    np.savez_compressed(beside / "arrays.npz", allow_pickle=False, **_arrays(model))
    for name, booster in model.members_.boosters_.items():
        booster.save_model(beside / f"trees_{name}.ubj")
    model.needs_.table.to_csv(beside / "needs.csv", index=False)
    model.members_.records_.to_parquet(beside / "records.parquet", index=False)
    model.seed_.to_parquet(beside / "seed.parquet", index=False)
    for path in beside.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
    if folder.exists():
        folder.replace(old)
    beside.replace(folder)
    shutil.rmtree(old, ignore_errors=True)
    return folder


def load_model(model: PcfModel, folder: Path) -> PcfModel:
    """`model`, which now holds what `folder` does; errors as `PcfModel.load` says."""
    if not (folder / "model.json").exists():
        raise FileNotFoundError(f"{folder}: no footprint model, model.json was expected there")
    manifest = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    if manifest.get("format") != FORMAT:
        raise ValueError(f"{folder}: format {manifest.get('format')}, but {FORMAT} was expected")
    for name in SIZES:
        setattr(model, name, manifest[name])
    model.needs_ = read_needs(folder / "needs.csv")
    model.seed_ = pd.read_parquet(folder / "seed.parquet")
    model.errors_ = pd.DataFrame(manifest["errors"])
    members = Members(settings=Settings(**manifest["settings"]))
    members.records_ = pd.read_parquet(folder / "records.parquet")
    members.mean_ = manifest["mean"]
    terms = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
    with np.load(folder / "arrays.npz", allow_pickle=False) as arrays:
        members.vocabulary_ = Vocabulary(
            terms={name: tuple(words) for name, words in terms.items()},
            idf={name: arrays[f"idf_{name}"] for name in terms},
        )
        for name in LEARNED:
            setattr(members, f"{name}_", arrays[name])
        members.shown_ = {name: arrays[f"shown_{name}"] for name in TREES}
        terms_in_all = sum(len(words) for words in terms.values())
        members.vectors_ = csr_matrix(
            tuple(arrays[f"vectors_{part}"] for part in VECTORS),
            shape=(len(members.records_), terms_in_all),
        )
        model.weights_ = arrays["weights"]
        model.ranges_ = Ranges(
            coefficients=arrays["coefficients"],
            scores={cell: arrays[f"scores_{n}"] for n, cell in enumerate(manifest["cells"])},
            source_spread=manifest["source_spread"],
            shelf_errors=manifest["shelf_errors"],
            shelf_factors=manifest["shelf_factors"],
        )
    model.differences_ = Differences.from_dict(manifest["differences"])
    members.boosters_ = {
        name: xgb.Booster(params={"nthread": 1}, model_file=folder / f"trees_{name}.ubj")
        for name in TREES
    }
    model.members_ = members
    model.seed_version_ = seed_version(model.seed_)
    model.model_version_ = model_version(model)
    if model.model_version_ != manifest["model_version"]:
        raise ValueError(
            f"{folder}: its content is version {model.model_version_}, but model.json says "
            f"{manifest['model_version']}: files of two models are mixed, or one was changed"
        )
    return model


def _manifest(model: PcfModel) -> dict[str, object]:
    return {
        "format": FORMAT,
        **{name: getattr(model, name) for name in SIZES},
        "settings": asdict(model.members_.settings),
        "mean": model.members_.mean_,
        "source_spread": model.ranges_.source_spread,
        "shelf_errors": dict(model.ranges_.shelf_errors),
        "shelf_factors": dict(model.ranges_.shelf_factors),
        "differences": model.differences_.to_dict(),
        "cells": sorted(model.ranges_.scores),
        "errors": model.errors_.to_dict("records"),
    }


def _arrays(model: PcfModel) -> dict[str, np.ndarray]:
    members, ranges = model.members_, model.ranges_
    scores = [ranges.scores[cell] for cell in sorted(ranges.scores)]
    return {
        "weights": model.weights_,
        "coefficients": ranges.coefficients,
        **{name: getattr(members, f"{name}_") for name in LEARNED},
        **{f"shown_{name}": members.shown_[name] for name in TREES},
        **{f"vectors_{part}": getattr(members.vectors_, part) for part in VECTORS},
        **{f"idf_{name}": idf for name, idf in members.vocabulary_.idf.items()},
        **{f"scores_{number}": values for number, values in enumerate(scores)},
    }


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]
