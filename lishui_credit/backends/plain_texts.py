"""Patterns of texts that regular expressions of every language read alike."""

from __future__ import annotations

import re
from typing import Final

_ALIKE: Final = re.compile(r"(?:\\\.|\[[0-9A-Za-z-]+\]|[0-9A-Za-z _,:;%()+*?-])*")


def pattern_parts(pattern: str, value: str) -> tuple[str, bool, str] | None:
    r"""Return a pattern without its end, whether it has one, and what is put in; None if not alike.

    Alike are plain characters, sets of them, groups and counts. Left out are ``\d`` (digits of every
    script, or of one), ``.`` (with a line break, or without) and ``|``. What is put in is plain, with
    ``$1`` for the first group.

    Examples
    --------
    >>> pattern_parts(r"^([0-9]+)\.0+$", "${1}")
    ('^([0-9]+)\\.0+', True, '$1')
    >>> pattern_parts(r"\d+", "") is None
    True
    """
    ends = pattern.endswith("$")
    plain = pattern.removesuffix("$")
    given = value.replace("${1}", "$1")
    if not _ALIKE.fullmatch(plain.removeprefix("^")):
        return None
    if not re.fullmatch(r"(?:[^$\\]|\$1(?![0-9A-Za-z_]))*", given):
        return None
    return plain, ends, given
