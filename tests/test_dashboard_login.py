"""Who may enter when secrets.toml names an identity provider, decided before anything is shown."""

import pytest

pytest.importorskip("streamlit")

from streamlit.testing.v1 import AppTest

from dashboards.login import may_enter
from tests.dashboard import scan_once

scan_once()

VERIFIED = {"is_logged_in": True, "email": "Li.Na@lishui.example", "email_verified": True}


def _app() -> None:
    import streamlit as st

    from dashboards.login import require_login, sign_out
    from lishui_credit.language import set_language

    set_language("en")
    require_login()
    st.title("Inside")
    sign_out()


def _shown(user: dict[str, object] | None, **secrets: object) -> AppTest:
    app = AppTest.from_function(_app, default_timeout=20)
    for name, value in secrets.items():
        app.secrets[name] = value
    if user is not None:
        app.user = user
    app.run()
    assert not app.exception
    return app


def _titles(app: AppTest) -> list[str]:
    return [title.value for title in app.title]


def test_without_a_provider_the_page_opens():
    assert _titles(_shown(None)) == ["Inside"]


@pytest.mark.parametrize("access", [{}, {"everyone": True}])
@pytest.mark.parametrize("user", [{}, {"email": "li.na@lishui.example", "email_verified": True}])
def test_with_a_provider_and_no_login_to_be_had_nobody_comes_in(user, access):
    app = _shown(user, auth={"client_id": "x"}, access=access)
    assert _titles(app) == []
    assert len(app.button) == 0
    assert ["Nobody can sign in" in error.value for error in app.error] == [True]


def test_with_a_provider_a_stranger_sees_the_login_alone():
    app = _shown({"is_logged_in": False}, auth={"client_id": "x"}, access={"everyone": True})
    assert _titles(app) == ["Sign in"]
    assert [button.label for button in app.button] == ["Sign in"]


def test_a_listed_account_comes_in_and_can_leave():
    app = _shown(VERIFIED, auth={"client_id": "x"}, access={"emails": ["li.na@lishui.example"]})
    assert _titles(app) == ["Inside"]
    assert [button.label for button in app.button] == ["Sign out"]


def test_an_account_that_is_not_listed_is_told_so():
    app = _shown(VERIFIED, auth={"client_id": "x"}, access={"emails": ["other@lishui.example"]})
    assert _titles(app) == []
    assert [error.value for error in app.error] == ["This account has no access."]


def test_a_provider_without_a_list_lets_nobody_in():
    assert _titles(_shown(VERIFIED, auth={"client_id": "x"})) == []


@pytest.mark.parametrize(
    ("user", "access", "expected"),
    [
        (VERIFIED, {"domains": ["lishui.example"]}, True),
        (VERIFIED, {"domains": ["@lishui.example"]}, True),
        (VERIFIED, {"domains": ["shui.example"]}, False),
        (VERIFIED, {"domains": ["example"]}, False),
        (VERIFIED | {"email": "x@evil.example"}, {"domains": ["lishui.example"]}, False),
        (VERIFIED | {"email": "a@lishui.example@evil.example"}, {"domains": ["lishui.example"]}, False),
        (VERIFIED | {"email_verified": False}, {"domains": ["lishui.example"]}, False),
        (VERIFIED | {"email_verified": "true"}, {"domains": ["lishui.example"]}, False),
        ({"email": "a@lishui.example"}, {"domains": ["lishui.example"]}, False),
        ({"email": "a@lishui.example"}, {"domains": ["lishui.example"], "trust_email": True}, True),
        ({"email": ""}, {"emails": [""], "trust_email": True}, False),
        ({}, {"domains": [""], "trust_email": True}, False),
        ({}, {"everyone": True}, True),
        (VERIFIED, {"everyone": "no"}, False),
    ],
)  # fmt: skip
def test_access_goes_by_a_verified_address(user, access, expected):
    assert may_enter(user, access) is expected
