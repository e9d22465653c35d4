"""Who may look: whoever reaches the address, or, where secrets.toml names an identity provider
under [auth], those whom it lists under [access]. The login itself is Streamlit's (OpenID Connect).
"""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from lishui_credit.language import tr


def may_enter(user: Mapping[str, Any], access: Mapping[str, Any]) -> bool:
    """Whether [access] lets a signed-in account in; nobody, where it names nobody.

    An address counts only when the provider says it has verified it, or when [access] says
    ``trust_email = true`` because the provider is the organisation's own.
    """
    if access.get("everyone") is True:
        return True
    email = str(user.get("email") or "").strip().casefold()
    known = user.get("email_verified") is True or access.get("trust_email") is True
    if not email or not known:
        return False
    emails = {str(item).casefold() for item in access.get("emails", ())}
    domains = {str(item).casefold().lstrip("@") for item in access.get("domains", ())}
    return email in emails or email.rpartition("@")[2] in domains


def require_login() -> None:
    """Stop the run before anything is shown, unless the account may enter or none is asked for."""
    if "is_logged_in" not in st.user:
        if not (st.secrets.load_if_toml_exists() and "auth" in st.secrets):
            return  # the address alone decides
        st.error(
            tr(
                "Nobody can sign in: secrets.toml has [auth], but this Streamlit does not say who is "
                "signed in. Install streamlit[auth] (1.42 or newer), or remove [auth] to open the "
                "page to whoever reaches its address.",
                "无法登录：secrets.toml 设有 [auth]，但当前 Streamlit 不提供登录状态。请安装 "
                "streamlit[auth]（1.42 或更高版本）；如需向所有能访问该地址的人开放，请删除 [auth]。",
            ),
            icon=":material/lock:",
        )
        st.stop()
    if not st.user.is_logged_in:
        st.title(tr("Sign in", "请先登录"))
        st.button(tr("Sign in", "登录"), on_click=st.login, type="primary")
        st.stop()
    if not may_enter(st.user.to_dict(), st.secrets.get("access", {})):
        st.error(tr("This account has no access.", "此账号无权访问。"), icon=":material/lock:")
        sign_out()
        st.stop()


def sign_out() -> None:
    """A button that ends the login, where there is one."""
    if st.user.get("is_logged_in"):
        st.button(tr("Sign out", "退出登录"), on_click=st.logout, key="sign_out")
