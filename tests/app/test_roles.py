"""The optional sign-in: who sees which page, and who may change what, asked at that moment."""

import logging
import shutil
import tomllib
from datetime import date
from threading import Event

import pytest
import streamlit as st
from streamlit.runtime.secrets import Secrets

from app_pages import _load, _roles
from app_pages._merchandise import chart, keep
from app_pages._shop import baskets, lists
from recommender.app_server import WORKSPACE_SETTING, app_folder, page_files
from recommender.drafts import kept_policies
from recommender.workspace import Workspace

AUTH = {
    "redirect_uri": "http://localhost:8501/oauth2callback",
    "cookie_secret": "0123456789abcdef" * 4,
    "client_id": "greenaisle",
    "client_secret": "not a secret",
    "server_metadata_url": "https://login.example/.well-known/openid-configuration",
}
STAFF = {
    "merchandiser": ["ann@shop.example"],
    "analyst": ["bo@shop.example"],
    "shopper": ["*@shop.example"],
}
OPEN = {"shop", "ranking"}
PAGES = {page.stem for page in page_files()}


@pytest.fixture(autouse=True)
def _a_fresh_process(monkeypatch):
    """No sign-in was seen before, and what it needs is installed."""
    logging.getLogger("streamlit").setLevel(logging.ERROR)
    monkeypatch.setattr(_roles, "CLOSED", Event())
    monkeypatch.setattr(_roles, "find_spec", lambda name: name)


@pytest.fixture
def secrets(monkeypatch):
    """Sets Streamlit's secrets, for an app and for a function alike."""

    def put(**sections):
        made = Secrets()
        made._secrets = sections
        monkeypatch.setattr(st, "secrets", made)

    return put


@pytest.fixture
def sign_in(monkeypatch, secrets):
    """The sign-in is on; with an e-mail, its owner is signed in."""

    def on(email: str | None = None, **claims):
        secrets(auth=AUTH, roles=STAFF)
        signed_in = {"is_logged_in": True, "email": email, "email_verified": True, **claims}
        monkeypatch.setattr(_roles, "who", lambda: signed_in if email else {})

    return on


@pytest.fixture
def own_shop(small_shop, tmp_path):
    """A workspace that may be written to."""
    folder = tmp_path / "workspace"
    shutil.copytree(small_shop, folder, ignore=shutil.ignore_patterns("feedback", "policies"))
    return folder


@pytest.fixture
def menu(monkeypatch):
    """The pages in the navigation of the last run."""
    seen, navigation = set(), st.navigation

    def navigated(pages, **settings):
        seen.clear()
        seen.update(page.url_path or "shop" for page in pages if page.visibility == "visible")
        return navigation(pages, **settings)

    monkeypatch.setattr(st, "navigation", navigated)
    return seen


def files(folder) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def refused(app) -> str:
    """The one sentence of a page that is not open; nothing of the page itself is there."""
    assert not app.exception
    assert not app.error
    assert not app.title
    assert len(app.info) == 1
    return app.info[0].value.replace("\\", "")


def test_the_table_names_every_page_and_roles_that_exist():
    assert set(_roles.MAY) >= PAGES
    assert frozenset().union(*_roles.MAY.values()) == _roles.ROLES | {_roles.VISITOR}
    assert {page for page in PAGES if _roles.VISITOR in _roles.MAY[page]} == OPEN
    assert all(_roles.VISITOR not in _roles.MAY[deed] for deed in set(_roles.MAY) - OPEN)


def test_without_a_sign_in_everybody_may_do_everything():
    assert all(_roles.refusal(deed) == "" for deed in _roles.MAY)
    assert _roles.refusal("what no table names")


def test_an_app_without_a_sign_in_says_nothing_of_one(open_app):
    app = open_app("merchandise")
    assert app.title
    assert not {button.key for button in app.button} & {"sign_in", "sign_out"}


def test_a_signed_out_visitor_sees_two_pages_and_the_way_in(open_app, sign_in, monkeypatch):
    sign_in()
    asked = []
    monkeypatch.setattr(st, "login", lambda: asked.append("sign in"))
    app = open_app()
    assert app.title[0].value == "Your shelf"
    app.button(key="sign_in").click().run()
    assert asked == ["sign in"]
    assert open_app("ranking").title


def test_a_signed_out_visitor_cannot_choose_a_household(open_app, sign_in):
    sign_in()
    app = open_app(household="h05")
    assert not app.exception
    assert app.selectbox(key="household").options == ["Start empty"]
    assert app.session_state[baskets.STATE].household is None


@pytest.mark.parametrize(
    ("email", "pages"),
    [
        (None, OPEN),
        ("cy@shop.example", OPEN),
        ("bo@shop.example", OPEN | {"footprints", "evidence"}),
        ("ann@shop.example", OPEN | {"footprints", "evidence", "merchandise"}),
    ],
)
def test_the_menu_and_the_addresses_follow_the_roles(open_app, sign_in, menu, email, pages):
    sign_in(email)
    for page in PAGES - OPEN:
        app = open_app(page)
        if page in pages:
            assert app.title
            assert not app.error
        else:
            told = refused(app)
            assert "is not open to you: this needs the role merchandiser" in told
            assert ("sign in first" if email is None else "ask whoever runs this app") in told
        assert menu == pages


def test_who_is_signed_in_stands_above_the_page_with_the_way_out(open_app, sign_in, monkeypatch):
    sign_in("bo@shop.example")
    left = []
    monkeypatch.setattr(st, "logout", lambda: left.append("sign out"))
    app = open_app("ranking")
    told = app.caption[0].value.replace("\\", "").replace("\N{WORD JOINER}", "")
    assert told == "bo@shop.example · analyst, shopper"
    app.button(key="sign_out").click().run()
    assert left == ["sign out"]


def test_only_a_signed_in_user_of_streamlit_is_somebody(secrets, monkeypatch):
    secrets(auth=AUTH, roles=STAFF)
    for claims in ({"email": "ann@shop.example"}, {"email": "ann@shop.example", "is_logged_in": 0}):
        monkeypatch.setattr(st, "user", type("User", (), {"to_dict": lambda _, c=claims: c})())
        assert _roles.who() == {}
        assert _roles.roles() == {_roles.VISITOR}


@pytest.mark.parametrize(
    ("email", "held"),
    [
        ("cy@shop.example", {"shopper"}),
        ("Ann@SHOP.Example", {"shopper", "merchandiser"}),
        ("cy@evil-shop.example", set()),
        ("cy@shop.example.evil", set()),
        ("cy@sub.shop.example", set()),
        ("ann@shop.example@evil.example", set()),
        ("cy@evil.example@shop.example", set()),
        ("*@shop.example", set()),
        ("@shop.example", set()),
        ("cy@shop.example\n", set()),
        (" ann@shop.example", set()),
        ("cy@\N{LATIN SMALL LETTER LONG S}hop.example", set()),
        ("ann", set()),
        (None, set()),
        (["ann@shop.example"], set()),
    ],
)
def test_an_e_mail_is_listed_whole_or_by_its_exact_domain(email, held):
    assert _roles.roles_of({"email": email, "email_verified": True}, STAFF) == held
    shouted = {role: [entry.upper() for entry in emails] for role, emails in STAFF.items()}
    assert _roles.roles_of({"email": email}, shouted) == held


@pytest.mark.parametrize("said", [False, "false", None, 0, "no", ""])
def test_an_e_mail_that_is_not_verified_has_no_role(sign_in, said):
    sign_in("ann@shop.example", email_verified=said)
    assert _roles.roles() == {_roles.VISITOR}
    with pytest.raises(_roles.RoleError, match="no verified e-mail of yours has it"):
        _roles.must(_roles.SAVE)


def test_a_role_taken_away_after_the_page_was_opened_saves_nothing(
    open_app, sign_in, own_shop, monkeypatch
):
    sign_in("ann@shop.example")
    app = open_app("merchandise", workspace=own_shop)
    app.text_input(key="save_name").set_value("autumn-trial")
    app.text_area(key="save_reason").set_value("Less beef in autumn.")
    before = files(own_shop)
    sign_in("cy@shop.example")
    # a click inside the page draws its part anew, and the frame is not asked
    monkeypatch.setattr(_roles, "run", lambda page: page.run())
    app.button(key="save").click().run()
    assert not app.exception
    assert "Not saved: this needs the role merchandiser" in app.error[0].value
    assert not kept_policies(Workspace(own_shop)).policies
    assert files(own_shop) == before


def test_the_save_itself_asks_for_the_role(monkeypatch, sign_in):
    sign_in("bo@shop.example")
    monkeypatch.setattr(keep, "save_policy", lambda *_: pytest.fail("saved"))
    said = keep._save(None, None, "autumn-trial", "A reason.", date.max)
    assert "needs the role merchandiser" in said


def test_nobody_without_the_role_makes_the_frontier(monkeypatch, sign_in):
    sign_in("bo@shop.example")
    monkeypatch.setattr(_load, "refiner", lambda: pytest.fail("asked for"))
    with pytest.raises(_roles.RoleError, match="needs the role merchandiser"):
        chart.make_frontier(None, "frontier")


def test_a_signed_out_visitor_leaves_nothing_in_the_shop(monkeypatch, sign_in, own_shop):
    monkeypatch.setenv(WORKSPACE_SETTING, str(own_shop))
    stock = _load.stock()
    sign_in()
    before = files(own_shop)
    said = baskets.report(stock, 0, None, "shown", baskets.PROBLEMS[0], "words", "1")
    assert "not kept" in said
    baskets._keep(stock, "h05", 0, wanted=False)
    assert "Only kept on this screen" in st.session_state.pop("basket_said")
    with pytest.raises(_roles.RoleError, match="sign in first"):
        lists.read_list(stock, b"product_id\np000\n")
    assert files(own_shop) == before
    sign_in("cy@shop.example")
    baskets._keep(stock, "h05", 0, wanted=False)
    assert "Thank you" in baskets.report(stock, 0, None, "s", baskets.PROBLEMS[0], "words", "1")
    assert files(own_shop) - before == {
        "feedback",
        "feedback/problems.csv",
        "feedback/not_for_me.csv",
    }


BROKEN = {
    "has no cookie_secret": {"auth": {**AUTH, "cookie_secret": ""}, "roles": STAFF},
    "fewer than 32": {"auth": {**AUTH, "cookie_secret": "short"}, "roles": STAFF},
    "has no client_id": {"auth": {**AUTH, "client_id": 7}, "roles": STAFF},
    "names 'admin'": {"auth": AUTH, "roles": {**STAFF, "admin": ["ann@shop.example"]}},
    "not a list": {"auth": AUTH, "roles": {"analyst": "bo@shop.example"}},
    "lists '*'": {"auth": AUTH, "roles": {"analyst": ["*"]}},
    "lists '*@*'": {"auth": AUTH, "roles": {"analyst": ["*@*"]}},
    "lists 'a*@shop.example'": {"auth": AUTH, "roles": {"analyst": ["a*@shop.example"]}},
    "[auth] stands": {"auth": AUTH},
    "[roles] stands": {"roles": STAFF},
    "auth in .streamlit": {"auth": "on", "roles": STAFF},
    "roles in .streamlit": {"auth": AUTH, "roles": {}},
}


@pytest.mark.parametrize("words", BROKEN)
def test_what_is_set_up_wrong_is_said_and_opens_nothing(secrets, monkeypatch, words):
    secrets(**BROKEN[words])
    monkeypatch.setattr(_roles, "who", lambda: {"email": "ann@shop.example"})
    for deed in _roles.MAY:
        assert words in _roles.refusal(deed)


def test_a_broken_sign_in_leaves_one_message_and_no_page(open_app, secrets):
    secrets(**BROKEN["has no cookie_secret"])
    for page in sorted(PAGES):
        app = open_app(page)
        assert not app.exception
        assert not app.title
        assert len(app.main) == len(app.error) == 1
        told = app.error[0].value.replace("\\", "")
        assert told.startswith("**The app is closed.** [auth] in .streamlit/secrets.toml has no")


def test_a_sign_in_without_its_packages_says_how_to_get_them(secrets, monkeypatch):
    secrets(auth=AUTH, roles=STAFF)
    monkeypatch.setattr(_roles, "find_spec", lambda _: None)
    assert "pip install 'greenaisle[signin]'" in _roles.refusal("shop")


@pytest.mark.parametrize("content", [b"[auth", b"\xff = 1"])
def test_secrets_that_cannot_be_read_open_nothing(monkeypatch, tmp_path, content):
    path = tmp_path / "secrets.toml"
    path.write_bytes(content)
    monkeypatch.setattr(st, "secrets", Secrets())
    monkeypatch.setattr("streamlit.config.get_option", lambda _: [str(path)])
    assert "cannot be read" in _roles.refusal("shop")


def test_a_sign_in_that_vanishes_does_not_open_the_app(secrets):
    secrets(auth=AUTH, roles=STAFF)
    assert _roles.sign_in()
    secrets(other="something")
    assert "start it anew" in _roles.refusal("shop")


def test_the_readmes_example_is_right_but_for_its_secret():
    readme = (app_folder() / "README.md").read_text()
    said = tomllib.loads(readme[readme.index("[auth]\nredirect_uri") :].partition("```")[0])
    assert "cookie_secret" in _roles.fault(said)
    said["auth"]["cookie_secret"] = AUTH["cookie_secret"]
    assert _roles.fault(said) == ""
