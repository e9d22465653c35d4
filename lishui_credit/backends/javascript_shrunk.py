"""Printed JavaScript made small: without remarks and blanks, its own names by one or two letters.

Only the plain JavaScript that `javascript_code` prints is read: any other token is refused.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from itertools import count, product
from types import MappingProxyType
from typing import Final

_TOKEN: Final = re.compile(
    r"""//[^\n]* | \s+ | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' | [A-Za-z_$][\w$]* | \d[\w.]*
    | ===|!==|=>|&&|\|\||\?\?|[<>]= | [-+*/%<>=!?:;,.(){}\[\]]""",
    re.VERBOSE | re.ASCII,
)
_NAME: Final = re.compile(r"[A-Za-z_$]")
_WORD: Final = re.compile(r"[\w$]")
_TAKEN: Final = frozenset({"as", "do", "if", "in", "of"})
_WIDE: Final = 400  # characters after which a line ends


def shrunk(
    text: str,
    *,
    kept: Collection[str] = (),
    told: Mapping[str, str] = MappingProxyType({}),
) -> str:
    r"""Return printed functions in fewer letters; they give the same.

    Parameters
    ----------
    text : str
        Functions as `javascript_code.javascript_function` prints them, without checks.
    kept : collection of str
        Names that stay as they are, such as the function that is called.
    told : mapping of str to str
        Tokens, such as a text or number that is fixed in the functions, and what stands for them.

    Raises
    ------
    ValueError
        For a token that printed functions do not have.

    Examples
    --------
    >>> shrunk('function grade(subject) {\n const total = subject["a"] + 1; // sum\n return total;}', kept=["grade"])
    'function grade(a){const b=a["a"]+1;return b}'
    """
    printed = list(_tokens(text))
    own = set(_declared(printed)) - set(kept)
    tokens = _joined(printed)
    places = [
        (token, bool(_NAME.match(token)) and before != ".")
        for before, token in zip(["", *tokens], tokens, strict=False)
    ]
    used = Counter(token for token, named in places if named and token in own)
    strangers = {token for token, named in places if named and token not in own} | set(
        told.values()
    )
    short = (name for name in _names() if name not in strangers)
    names = {name: next(short) for name, _ in used.most_common()}
    pieces: list[str] = []
    wide = 0
    for token, named in places:
        piece = told.get(token) or (names.get(token, token) if named else token)
        if pieces and _WORD.match(pieces[-1][-1]) and _WORD.match(piece):
            piece = f" {piece}"
        wide += len(piece)
        if token == ";" and wide > _WIDE:
            piece, wide = f"{piece}\n", 0
        pieces.append(piece)
    return "".join(pieces)


def _tokens(text: str) -> Iterator[str]:
    place = 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise ValueError(f"no token of a printed function: {text[place : place + 20]!r}")
        place = found.end()
        if not found[0].isspace() and not found[0].startswith("//"):
            yield found[0]


def _joined(tokens: list[str]) -> list[str]:
    """Return the tokens with constants that follow each other in one statement, and no last marks."""
    found: list[str] = []
    first, depth = "", 0  # first token of the statement, and how deep in brackets
    for token in tokens:
        depth += (token in "([") - (token in ")]")
        if token == "}" and found[-1] == ";":
            found.pop()
        if token == "const" and first == "const" and found[-1] == ";":
            found[-1] = ","
            continue
        if found and not depth and found[-1] in ";{}":
            first = token
        found.append(token)
    return found


def _declared(tokens: list[str]) -> Iterator[str]:
    """Yield every name that the functions declare: variables, parameters, functions."""
    for place, token in enumerate(tokens):
        end = {"let": (";",), "const": ("=", "of"), "function": ("{",)}.get(token)
        if end is None:
            continue
        for name in tokens[place + 1 :]:
            if name in end and (token, name) != ("function", "="):
                break
            if _NAME.match(name):
                yield name


def _names() -> Iterator[str]:
    """Yield names by their length."""
    for size in count(1):
        for letters in product(string.ascii_letters, repeat=size):
            if (name := "".join(letters)) not in _TAKEN:
                yield name
