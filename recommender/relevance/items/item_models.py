"""Item models: learned once from many customers, kept on disk, and good for customers to come.

ALS, item-item and the linear model know products; what they need of a customer is one row of
purchases. So customers with newer purchases, and customers who were not there, are folded in by one
small solve each, without a refit.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, issparse

from pcf_estimator.tables import TableError
from recommender.relevance.items.implicit_adapter import Als, ItemItem
from recommender.relevance.items.linear import Ease
from recommender.workspace import file_hash, write_text

FORMAT = 1
MANIFEST, ARRAYS = "item_models.json", "item_models.npz"
Arrays = dict[str, npt.NDArray[Any]]


class HasModels(Protocol):
    """A fitted history, or item models themselves."""

    @property
    def als(self) -> Als: ...
    @property
    def item_item(self) -> ItemItem: ...
    @property
    def ease(self) -> Ease: ...


@dataclass(frozen=True, kw_only=True)
class ItemModels:
    """What was learned about products; `als` also holds factors of the customers folded in."""

    als: Als
    item_item: ItemItem
    ease: Ease

    @classmethod
    def of(cls, fitted: HasModels) -> ItemModels:
        """The models of a fitted history alone, without the history."""
        return cls(als=fitted.als, item_item=fitted.item_item, ease=fitted.ease)

    @classmethod
    def learn(cls, taste: csr_matrix) -> ItemModels:
        """All models learned from customers x products, with these customers folded in."""
        return cls(als=Als().fit(taste), item_item=ItemItem().fit(taste), ease=Ease().fit(taste))

    def fold_in(self, taste: csr_matrix) -> ItemModels:
        """These models for the customers of `taste`: its row numbers are theirs from here on."""
        return replace(self, als=self.als.fold_in(taste))

    def save(self, folder: Path, product_ids: npt.NDArray[np.object_]) -> None:
        """Writes item_models.npz (float32 arrays) and item_models.json into `folder`.

        The customers' factors are left out: they are a solve away, in the same bits.
        """
        arrays = {
            "als.sold": self.als.sold_.astype(np.int32),
            "als.items": self.als.model_.item_factors[self.als.sold_],
        }
        for name in ("item_item", "ease"):
            arrays |= {f"{name}.{k}": v for k, v in learned_arrays(getattr(self, name)).items()}
        with (folder / ARRAYS).open("wb") as file:
            np.savez(file, **arrays)
        manifest = {
            "format": FORMAT,
            "products": len(product_ids),
            "product_ids": hash_of(product_ids),
            "settings": {f.name: settings_of(getattr(self, f.name)) for f in fields(self)},
            "arrays": file_hash(folder / ARRAYS),
        }
        write_text(folder / MANIFEST, json.dumps(manifest, indent=1))

    @classmethod
    def load(cls, folder: Path, product_ids: npt.NDArray[np.object_]) -> ItemModels:
        """The models that `save` wrote, without customers: `fold_in` gives them some.

        Raises TableError where they were learned from other products than `product_ids`, in
        another order, or where a file is missing or not the one that was written.
        """
        manifest = _manifest(folder)
        if manifest["product_ids"] != hash_of(product_ids):
            raise TableError(
                f"item models ({folder}): learned from {manifest['products']} other products, or "
                f"in another order, than the catalogue's {len(product_ids)}; fit makes them anew"
            )
        with np.load(folder / ARRAYS, allow_pickle=False) as file:
            arrays = dict(file)
        said = manifest["settings"]
        sold = arrays["als.sold"]
        factors = np.zeros((len(product_ids), arrays["als.items"].shape[1]), np.float32)
        factors[sold] = arrays["als.items"]
        return cls(
            als=Als(**said["als"]).with_items(factors, sold),
            item_item=with_arrays(ItemItem(**said["item_item"]), _of("item_item", arrays)),
            ease=with_arrays(Ease(**said["ease"]), _of("ease", arrays)),
        )


def settings_of(model: Any) -> dict[str, Any]:
    """A model's settings by name: every field that is not learned.

    >>> settings_of(ItemItem(neighbours=7))
    {'neighbours': 7}
    """
    return {f.name: getattr(model, f.name) for f in fields(model) if not f.name.endswith("_")}


def learned_arrays(model: Any) -> Arrays:
    """A model's learned values, which are arrays or sparse matrices, as plain arrays by name."""
    arrays: Arrays = {}
    for name in (f.name for f in fields(model) if f.name.endswith("_")):
        value = getattr(model, name)
        if issparse(value):
            rows = csr_matrix(value)
            arrays[f"{name}.data"] = rows.data.astype(np.float32)
            arrays[f"{name}.indices"] = rows.indices.astype(np.int32)
            arrays[f"{name}.indptr"] = rows.indptr.astype(np.int64)
            arrays[f"{name}.shape"] = np.array(rows.shape)
        else:
            arrays[name] = np.asarray(value)
    return arrays


def with_arrays(model: Any, arrays: Arrays) -> Any:
    """`model` with the learned values that `learned_arrays` took from one like it."""
    for name in (f.name for f in fields(model) if f.name.endswith("_")):
        if f"{name}.data" in arrays:
            parts = tuple(arrays[f"{name}.{part}"] for part in ("data", "indices", "indptr"))
            value: Any = csr_matrix(parts, shape=tuple(arrays[f"{name}.shape"]))
        else:
            value = arrays[name]
        setattr(model, name, value)
    return model


def hash_of(product_ids: npt.NDArray[np.object_]) -> str:
    """A hash of the ids in their order.

    >>> hash_of(np.array(["a", "b"], object)) == hash_of(np.array(["b", "a"], object))
    False
    """
    return blake2b(json.dumps([str(i) for i in product_ids]).encode(), digest_size=12).hexdigest()


def _manifest(folder: Path) -> dict[str, Any]:
    for name in (MANIFEST, ARRAYS):
        if not (folder / name).exists():
            raise TableError(f"item models ({folder}): {name} is not there; fit makes it")
    manifest = dict(json.loads((folder / MANIFEST).read_text()))
    if manifest["format"] != FORMAT:
        raise TableError(
            f"item models ({folder}): format {manifest['format']}, but {FORMAT} was expected; fit "
            f"makes them anew"
        )
    if manifest["arrays"] != file_hash(folder / ARRAYS):
        raise TableError(
            f"item models ({folder}): {ARRAYS} is not the file that {MANIFEST} was written for; "
            f"fit makes both anew"
        )
    return manifest


def _of(name: str, arrays: Arrays) -> Arrays:
    return {k.removeprefix(f"{name}."): v for k, v in arrays.items() if k.startswith(f"{name}.")}
