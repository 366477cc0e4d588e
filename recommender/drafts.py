"""Policies that people keep: a TOML file each in the workspace's own folder `policies/`.

Saved once and whole: the file is written beside and linked into its place, which fails where a
policy of that name is there already. Nothing here overwrites or deletes.
"""

from __future__ import annotations

import os
import re
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from recommender.policy import Policy, PolicyError, read_policy, shipped_policies
from recommender.tried import DRAFT
from recommender.workspace import Workspace

FOLDER = "policies"
LONGEST_NAME, LONGEST_REASON = 60, 2_000
NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
EMPTY: tuple[object, ...] = (None, {}, [], ())


@dataclass(frozen=True, kw_only=True)
class Kept:
    """The policies of a workspace by name, and files that are none with the reason."""

    policies: Mapping[str, Policy]
    problems: tuple[str, ...]


def kept_policies(workspace: Workspace) -> Kept:
    """What stands in the workspace's folder, by name.

    A file that is no policy, or whose name is not its policy's, is told and left aside.
    """
    policies, problems = {}, []
    for path in sorted((workspace.folder / FOLDER).glob("*.toml")):
        try:
            policy = read_policy(path)
        except PolicyError as error:
            problems.append(str(error).replace(str(path), path.name))
            continue
        if policy.name != path.stem:
            problems.append(f"policy {path.name}: it is named {policy.name}, not {path.stem}")
            continue
        policies[policy.name] = policy
    return Kept(policies=policies, problems=tuple(problems))


def save_policy(workspace: Workspace, policy: Policy, today: date) -> Path:
    """The file that a policy was saved to. Raises PolicyError for a name that is bad or taken.

    Its description is the reason; its review date lies after `today`.
    """
    refuse_name(workspace, policy.name)
    if not policy.description.strip():
        raise PolicyError(f"policy {policy.name}: the reason is empty, but one was expected")
    if len(policy.description) > LONGEST_REASON:
        raise PolicyError(
            f"policy {policy.name}: the reason has {len(policy.description):,} characters, but at "
            f"most {LONGEST_REASON:,} were expected"
        )
    if policy.review_date <= today:
        raise PolicyError(
            f"policy {policy.name}: the review date is {policy.review_date}, but a day after "
            f"{today} was expected"
        )
    folder = workspace.folder / FOLDER
    beside = folder / f".{policy.name}.{secrets.token_hex(4)}.new"
    path = folder / f"{policy.name}.toml"
    try:
        folder.mkdir(exist_ok=True)
        with beside.open("x", encoding="utf-8") as file:
            file.write(policy_toml(policy))
            file.flush()
            os.fsync(file.fileno())
        if read_policy(beside) != policy:
            raise PolicyError(f"policy {policy.name}: the file would not say what was chosen")
        os.link(beside, path)  # unlike a rename, this never replaces a file
    except FileExistsError as error:
        raise PolicyError(_taken(policy.name)) from error
    except OSError as error:
        raise PolicyError(
            f"policy {policy.name}: it cannot be written to the workspace ({error.strerror})"
        ) from error
    finally:
        beside.unlink(missing_ok=True)
    return path


def refuse_name(workspace: Workspace, name: str) -> None:
    """Raises PolicyError for a name that is no name, or is another policy's."""
    if len(name) > LONGEST_NAME or not NAME.fullmatch(name):
        raise PolicyError(
            f"the name {name[:LONGEST_NAME]!r} cannot be used: a name has up to {LONGEST_NAME} "
            f"small letters (a to z), digits and hyphens. {suggested_name(name)} would do"
        )
    shipped = {path.stem for path in shipped_policies()}
    if name in shipped or name == DRAFT or (workspace.folder / FOLDER / f"{name}.toml").exists():
        raise PolicyError(_taken(name))


def suggested_name(name: str) -> str:
    """A name that can be used, as near to `name` as it goes.

    >>> suggested_name("Autumn 1"), suggested_name("Été 50 %"), suggested_name("?")
    ('autumn-1', 'ete-50', 'my-policy')
    """
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", letters)[:LONGEST_NAME].strip("-") or "my-policy"


def policy_toml(policy: Policy) -> str:
    """A policy as a file that `read_policy` reads back as the same.

    >>> from recommender.steps import default_policy
    >>> policy_toml(default_policy()).splitlines()[0]
    'name = "default"'
    """
    said: dict[str, Any] = policy.model_dump(mode="python", exclude_defaults=True)
    lines = [f"{key} = {_toml(v)}" for key, v in said.items() if not isinstance(v, Mapping)]
    for key, table in said.items():
        if isinstance(table, Mapping):
            own = {name: value for name, value in table.items() if value not in EMPTY}
            if own:
                lines += ["", f"[{key}]", *(f"{name} = {_toml(v)}" for name, v in own.items())]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return f'"{"".join(_letter(c) for c in value)}"'
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name} = {_toml(v)}" for name, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_toml(v) for v in value)}]"
    return repr(value)


def _letter(letter: str) -> str:
    if letter in '"\\':
        return f"\\{letter}"
    return letter if letter.isprintable() else f"\\U{ord(letter):08x}"


def _taken(name: str) -> str:
    return f"the name {name} is taken by another policy, and none is overwritten: choose another"
