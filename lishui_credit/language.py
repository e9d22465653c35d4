"""The language of messages: English or Chinese, by locale or by choice.

Every message stands once in the code, in both languages, side by side: ``tr("No such file.",
"没有这个文件。")``. Data keep their own labels; only sentences for people pass through here.
"""

from __future__ import annotations

import os
from contextvars import ContextVar
from typing import Literal

Language = Literal["en", "zh"]

_current: ContextVar[Language | None] = ContextVar("lishui_credit_language", default=None)


def language() -> Language:
    """Return the language in use: the one set, else the locale's, else English.

    Returns
    -------
    {"en", "zh"}
        ``"zh"`` when ``LC_ALL``, ``LC_MESSAGES`` or ``LANG`` (first that is set) starts with zh.

    Examples
    --------
    >>> set_language("zh"); language()
    'zh'
    >>> set_language(None)
    """
    chosen = _current.get()
    if chosen is not None:
        return chosen
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name)
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def set_language(value: Language | None) -> None:
    """Set the language of messages for this context.

    Parameters
    ----------
    value : {"en", "zh"} or None
        None returns to the locale's language.
    """
    _current.set(value)


def tr(en: str, zh: str) -> str:
    """Return the one of two wordings that the language in use asks for.

    Parameters
    ----------
    en, zh : str
        The same message in English and in Chinese.

    Returns
    -------
    str
        `zh` when `language` says so, else `en`.

    Examples
    --------
    >>> set_language("en"); tr("grade", "等级")
    'grade'
    >>> set_language(None)
    """
    return zh if language() == "zh" else en
