"""Which code and shipped tables a step rests on: some modules and all that they import.

An edit to what a step does not import must not make it stale: the slowest step takes minutes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import cache
from hashlib import blake2b
from importlib import resources
from pathlib import Path

from pcf_estimator.tables import shipped_data

PACKAGES = ("pcf_estimator", "recommender")


@cache
def code_hash(roots: tuple[str, ...] = (), alone: tuple[str, ...] = ()) -> str:
    """Hash of the modules `roots`, of those `alone`, and of the data files that they name.

    Roots count with all that they import, those `alone` without it; without either, all sources of
    both packages and all shipped tables count. Raises ValueError for a module that does not exist.

    >>> code_hash(("recommender.splits",)) != code_hash(("recommender.packing",))
    True
    """
    places = {name: Path(str(resources.files(name))) for name in PACKAGES}
    data = shipped_data("policies").parent
    digest = blake2b(digest_size=12)
    for path in sources(places, data, roots, alone) if roots or alone else every(places, data):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def every(places: dict[str, Path], data: Path) -> list[Path]:
    """All sources of the packages, whose folders are `places`, and all tables in `data`."""
    files = [path for folder in places.values() for path in sorted(folder.rglob("*.py"))]
    return files + sorted(data.rglob("*.csv"))


def sources(
    places: dict[str, Path], data: Path, roots: Sequence[str], alone: Sequence[str] = ()
) -> list[Path]:
    """The files that the modules `roots`, with all that they import, and those `alone` are made of.

    `places` holds the packages' folders by name; imports from elsewhere do not count. A data file
    counts where a source holds its name as a string: one in `data` by its path in there, one
    beside the source by its own. Raises ValueError for a module that does not exist.
    """
    shipped = {
        path.relative_to(data).as_posix(): path for path in data.rglob("*") if path.is_file()
    }
    found: dict[str, Path] = {}
    tables: set[Path] = set()
    to_read = sorted({*roots, *alone})
    while to_read:
        module = to_read.pop()
        if module in found:
            continue
        path = _file_of(module, places)
        if path is None:
            raise ValueError(f"{module}: no such module in {', '.join(places)}")
        found[module] = path
        tree = ast.parse(path.read_bytes())
        near = {p.name: p for p in path.parent.iterdir() if p.is_file() and p.suffix != ".py"}
        known = {**shipped, **near}
        named = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
        tables |= {known[name] for name in named if isinstance(name, str) and name in known}
        if module in roots or module not in alone:
            to_read += [name for name in _imported(tree, module, path) if _file_of(name, places)]
            to_read += [name for name in _parents(module) if name not in found]
    return [found[module] for module in sorted(found)] + sorted(tables)


def _imported(tree: ast.AST, module: str, path: Path) -> Iterator[str]:
    """What may be modules among the names that a source imports, those inside functions too."""
    inside = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:  # one dot is the package itself, each more the one around it
                around = inside.split(".")[: len(inside.split(".")) - node.level + 1]
                base = ".".join([*around, *base.split(".")]).strip(".")
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _parents(module: str) -> list[str]:
    """The packages that are imported with a module.

    >>> _parents("recommender.relevance.fit")
    ['recommender', 'recommender.relevance']
    """
    parts = module.split(".")
    return [".".join(parts[:k]) for k in range(1, len(parts))]


def _file_of(module: str, places: dict[str, Path]) -> Path | None:
    package, *rest = module.split(".")
    if package not in places:
        return None
    place = places[package].joinpath(*rest)
    for path in (place.with_suffix(".py"), place / "__init__.py"):
        if path.is_file():
            return path
    return None
