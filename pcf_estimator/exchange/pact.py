"""PACT ProductFootprint files, versions 2 and 3: read, and checked field by field.

The rules are in `pact_fields`. A file is taken whole or refused whole: a supplier whose file lacks
a required field is asked for a better one, and nothing is guessed. What is written is checked too.
"""

from __future__ import annotations

import json
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from pcf_estimator.exchange.pact_fields import ProductFootprint, ProductFootprint2
from pcf_estimator.exchange.pact_types import STANDARDS
from pcf_estimator.tables import TableError

MODELS: Mapping[str, type[BaseModel]] = {"2": ProductFootprint2, "3": ProductFootprint}


def read_pact(path: Path) -> list[dict[str, Any]]:
    """The product footprints in a PACT file: one, a list of them, or a {"data": ...} response.

    Raises TableError for a file that is no such JSON, and for the first field of a footprint that
    breaks the rules of its version, with the count of all such problems.
    """
    where = f"PACT footprints ({path})"
    try:
        document = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_number)
        problems = check(document, known_standards=False)
    except FileNotFoundError as error:
        raise TableError(f"{where}: there is no such file") from error
    except (OSError, ValueError, RecursionError) as error:
        raise TableError(
            f"{where}: not readable, but JSON in UTF-8 was expected ({str(error).splitlines()[0]})"
        ) from error
    if problems:
        many = "1 such problem" if len(problems) == 1 else f"{len(problems)} such problems"
        raise TableError(f"{where}, {problems[0]} ({many})")
    return list(footprints_in(document))


def check(document: Any, known_standards: bool = True) -> list[str]:
    """What breaks the field rules of a PACT document, one sentence a problem; none if it is sound.

    Each footprint is checked by the rules of its own `specVersion`, 2 or 3 (see `pact_fields`).
    `crossSectoralStandards` should hold names of version 3.0 only; a reader has to take others too,
    so `known_standards` says whether that is checked.

    >>> check({"data": [{"specVersion": "1.0.0"}]})
    ["footprint 1: specVersion is '1.0.0', but a version 2 or 3 such as 3.0.0 was expected"]
    >>> check([])
    ['the document holds no footprint, but at least one was expected']
    """
    footprints = list(footprints_in(document))
    if not footprints:
        return ["the document holds no footprint, but at least one was expected"]
    problems = []
    for row, footprint in enumerate(footprints, start=1):
        given = footprint.get("id") if isinstance(footprint, dict) else None
        who = f"footprint {row} (id {given})" if given else f"footprint {row}"
        problems += [f"{who}: {problem}" for problem in _problems(footprint, known_standards)]
    return problems


def footprints_in(document: Any) -> Iterator[Any]:
    """The footprints of a document, whichever of its three shapes it has."""
    if isinstance(document, dict) and "data" in document:
        document = document["data"]
    yield from document if isinstance(document, list) else [document]


def _problems(footprint: Any, known_standards: bool) -> Iterator[str]:
    if not isinstance(footprint, dict):
        yield f"found {_short(footprint)}, but an object with a footprint's fields was expected"
        return
    version = footprint.get("specVersion")
    model = MODELS.get(version.partition(".")[0]) if isinstance(version, str) else None
    if model is None:
        found = "is missing" if version is None else f"is {_short(version)}"
        yield f"specVersion {found}, but a version 2 or 3 such as 3.0.0 was expected"
        return
    try:
        model.model_validate(_without_nulls(footprint))
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            yield _sentence(problem, model)
        return
    if known_standards and str(version).startswith("3.0."):
        for name in footprint["pcf"]["crossSectoralStandards"]:
            if name not in STANDARDS:
                yield (
                    f"pcf.crossSectoralStandards holds {_short(name)}, but only "
                    f"{', '.join(STANDARDS)} were expected"
                )


def _sentence(problem: Any, model: type[BaseModel]) -> str:
    field = ".".join(str(step + 1 if isinstance(step, int) else step) for step in problem["loc"])
    if isinstance(problem["input"], dict) and problem["type"] == "value_error":
        place = f"{field}: " if field else ""
        return place + str(problem["ctx"]["error"])  # a rule over several fields
    expected = _expected(model, problem["loc"]) or problem["msg"]
    if problem["type"] == "missing":
        return f"{field} is missing, but {expected} was expected"
    return f"{field} is {_short(problem['input'])}, but {expected} was expected"


def _expected(annotation: Any, steps: tuple[int | str, ...]) -> str:
    """What the type at the end of `steps` describes as expected, or ""."""
    described = ""
    while True:
        if isinstance(annotation, FieldInfo):
            described = annotation.description or described
            annotation = annotation.annotation
        elif hasattr(annotation, "__metadata__"):
            notes = [note for note in annotation.__metadata__ if isinstance(note, FieldInfo)]
            described = next((note.description for note in notes[::-1] if note.description), "")
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) in (Union, types.UnionType):
            annotation = get_args(annotation)[0]
        elif not steps:
            is_part = isinstance(annotation, type) and issubclass(annotation, BaseModel)
            return described or ("an object" if is_part else "")
        elif isinstance(steps[0], int):
            annotation, steps, described = get_args(annotation)[0], steps[1:], ""
        elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
            fields = annotation.model_fields
            if steps[0] not in fields:
                return ""
            annotation, steps, described = fields[steps[0]], steps[1:], ""
        else:
            return described


def _without_nulls(part: Any) -> Any:
    if isinstance(part, dict):
        return {name: _without_nulls(value) for name, value in part.items() if value is not None}
    return [_without_nulls(item) for item in part] if isinstance(part, list) else part


def _short(found: Any) -> str:
    text = repr(found)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number in JSON")
