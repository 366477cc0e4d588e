"""Who may open and change what. Without a sign-in in Streamlit's secrets, everybody may.

With one, roles come from the e-mail that the identity provider vouches for, and are looked up anew
each time: for the navigation, for a page, and where something is changed. What is set up wrong
closes the app.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from threading import Event
from typing import Any, Final

import streamlit as st
from streamlit import config
from streamlit.errors import StreamlitSecretNotFoundError

from app_pages._words import plain

ROLES: Final = frozenset({"shopper", "merchandiser", "analyst"})
HOME: Final = "shop"  # its address is the empty one
VISITOR: Final = "visitor"  # what everybody is, signed in or not
SAVE, FRONTIER, ESTIMATE = "save a policy", "make the frontier", "estimate a catalogue"
BUILD: Final = "build the demo"
TELL, LIST, HOUSEHOLD = "keep feedback", "upload a list", "choose a household"
MAY: Final[Mapping[str, frozenset[str]]] = {
    # pages, by file
    "shop": frozenset({VISITOR}),
    "ranking": frozenset({VISITOR}),
    "merchandise": frozenset({"merchandiser"}),
    "footprints": frozenset({"merchandiser", "analyst"}),
    "evidence": frozenset({"merchandiser", "analyst"}),
    # what is done there
    SAVE: frozenset({"merchandiser"}),
    FRONTIER: frozenset({"merchandiser"}),
    BUILD: frozenset({"merchandiser"}),
    ESTIMATE: frozenset({"merchandiser", "analyst"}),
    TELL: ROLES,
    LIST: ROLES,
    HOUSEHOLD: ROLES,  # its purchases are personal data
}
CLIENT: Final = ("client_id", "client_secret", "server_metadata_url")
NEEDED: Final = ("redirect_uri", "cookie_secret", *CLIENT)
SHORTEST_SECRET: Final = 32  # letters: who guesses it can sign in as anybody
ADDRESS: Final = re.compile(r"[!-)+-?A-~]+@[!-)+-?A-~]+")  # visible ASCII, one "@", no "*"
LISTED: Final = re.compile(r"(\*|[!-)+-?A-~]+)@[!-)+-?A-~]+")
FILE: Final = ".streamlit/secrets.toml"
CLOSED: Final = Event()  # once there was a sign-in, a lost file does not open this process again


class RoleError(RuntimeError):
    """Somebody may not do something, or the sign-in is set up wrong."""


def who() -> Mapping[str, Any]:
    """What the provider says of whoever is signed in now; nothing where nobody is."""
    claims = dict(st.user.to_dict())
    return claims if claims.get("is_logged_in") is True else {}


def sign_in() -> Mapping[str, Any] | None:
    """The sections `auth` and `roles` of the secrets; None without both: the app is open.

    Raises RoleError where they are not what they should be.
    """
    try:
        found = {name: st.secrets[name] for name in ("auth", "roles") if name in st.secrets}
    except StreamlitSecretNotFoundError as error:
        if error.error_id != "no-secrets-found" or config.is_manually_set("secrets.files"):
            raise RoleError("Streamlit's secrets cannot be read") from error
        found = {}
    except (OSError, ValueError) as error:
        raise RoleError("Streamlit's secrets cannot be read") from error
    if not found:
        if CLOSED.is_set():
            raise RoleError("the sign-in is gone from the secrets; to open the app, start it anew")
        return None
    CLOSED.set()
    if problem := fault(found):
        raise RoleError(problem)
    return found


def fault(found: Mapping[str, Any]) -> str:
    """What is wrong with the sections `auth` and `roles`; "" for nothing.

    >>> fault({"roles": {"analyst": ["a@shop.example"]}})
    '[roles] stands in .streamlit/secrets.toml without [auth]'
    """
    auth, roles = found.get("auth"), found.get("roles")
    for name, section, other in (("auth", auth, "roles"), ("roles", roles, "auth")):
        if section is None:
            return f"[{other}] stands in {FILE} without [{name}]"
        if not isinstance(section, Mapping) or not section:
            return f"{name} in {FILE} is not a section with settings"
    assert auth is not None
    assert roles is not None
    for key in NEEDED:
        if not isinstance(auth.get(key), str) or not auth[key].strip():
            return f"[auth] in {FILE} has no {key}"
    if len(auth["cookie_secret"]) < SHORTEST_SECRET:
        return f"cookie_secret in {FILE} has fewer than {SHORTEST_SECRET} letters"
    for role, emails in roles.items():
        if role not in ROLES:
            return f"[roles] in {FILE} names {role!r}, but roles are {', '.join(sorted(ROLES))}"
        if not isinstance(emails, list | tuple):
            return f"{role} in {FILE} is not a list of e-mails"
        for email in emails:
            if not isinstance(email, str) or not LISTED.fullmatch(email):
                return f"{role} in {FILE} lists {email!r}, but expected a@b.example or *@b.example"
    if find_spec("authlib") is None or find_spec("httpx") is None:
        return "[auth] needs packages that are not installed: pip install 'greenaisle[signin]'"
    return ""


def roles_of(claims: Mapping[str, Any], listed: Mapping[str, Any]) -> frozenset[str]:
    """The roles that lists of e-mails give to somebody; none where the e-mail is not verified.

    >>> staff = {"analyst": ["*@shop.example"], "merchandiser": ["ann@shop.example"]}
    >>> roles_of({"email": "Bo@Shop.example", "email_verified": True}, staff)
    frozenset({'analyst'})
    >>> roles_of({"email": "bo@evil-shop.example"}, staff)
    frozenset()
    """
    email = claims.get("email")
    # a provider that says nothing of it is trusted; some say it as text
    verified = str(claims.get("email_verified", True)).lower() == "true"
    if not verified or not isinstance(email, str) or not ADDRESS.fullmatch(email):
        return frozenset()
    own = {email.lower(), f"*@{email.lower().partition('@')[2]}"}
    return frozenset(
        role for role, emails in listed.items() if own & {entry.lower() for entry in emails}
    )


def roles() -> frozenset[str]:
    """The roles of whoever looks, right now; all of them where the app is open.

    Raises RoleError where the sign-in is set up wrong.
    """
    found = sign_in()
    held = ROLES if found is None else roles_of(who(), found["roles"])
    return held | {VISITOR}


def refusal(deed: str) -> str:
    """Why a page or an action of `MAY` is not open to whoever looks; "" where it is.

    What is in no table is open to nobody.

    >>> refusal("save a policy")  # without a sign-in
    ''
    """
    allowed = MAY.get(deed, frozenset())
    try:
        if allowed & roles():
            return ""
        signed_in = bool(who())
    except RoleError as error:
        return str(error)
    needed = f"this needs the role {' or '.join(sorted(allowed, reverse=True))}"
    if not signed_in:
        return f"{needed}; sign in first, at the top of the page"
    return f"{needed}, and no verified e-mail of yours has it; ask whoever runs this app for it"


def must(deed: str) -> None:
    """Raises RoleError where whoever looks may not do it, at the moment of asking.

    >>> must("save a policy")  # without a sign-in
    """
    if said := refusal(deed):
        raise RoleError(said)


def page(file: str, title: str, icon: str, default: bool = False) -> st.Page:
    """A page of the navigation, in its menu only for the roles that may open it."""
    return st.Page(
        file,
        title=title,
        icon=f":material/{icon}:",
        default=default,
        visibility="visible" if MAY.get(Path(file).stem, frozenset()) & roles() else "hidden",
    )


def run(shown: st.Page) -> None:
    """Runs a page, or says in one sentence why it is not open."""
    if why := refusal(shown.url_path or HOME):
        st.info(
            f"**{plain(shown.title)}** is not open to you: {plain(why, longest=300)}.",
            icon=":material/lock:",
        )
        return
    shown.run()


def door() -> None:
    """Above every page: who is signed in, and the way in or out; nothing where the app is open."""
    if sign_in() is None:
        return
    claims, held = who(), sorted(roles() - {VISITOR})
    with st.container(
        horizontal=True, horizontal_alignment="right", vertical_alignment="center", gap="small"
    ):
        if not claims:
            st.button("Sign in", key="sign_in", icon=":material/login:", on_click=st.login)
            return
        name = plain(claims.get("email", "signed in"))
        st.caption(f"{name} · {', '.join(held) or 'no role'}", width="content")
        st.button("Sign out", key="sign_out", icon=":material/logout:", on_click=st.logout)
