"""Printed JavaScript made small: without remarks, blanks and unread cells, its names by a letter or two.

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
_TEXT: Final = r'"(?:[^"\\\n]|\\.)*"'
_INNER: Final = rf"`(?:[^`\\$]|\\.|\$(?!\{{)|\$\{{(?:[^{{}}`\"]|{_TEXT})*\}})*`"
_PIECE: Final = re.compile(
    rf"""{_TEXT} | `(?:[^`\\$]|\\.|\$(?!\{{)|\$\{{(?:[^{{}}`"]|{_TEXT}|{_INNER})*\}})*`
    | /(?![ /*])(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]* | [\w$]+ | \s+ | .""",
    re.VERBOSE,
)
_CELL: Final = re.compile(r"""(?:(\w+) \( )?\w+ \[ "(?:[^"\\]|\\.)*" \] \?\? null(?(1) \))""")
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
    printed = _read(list(_tokens(text)))
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


def bare(text: str) -> str:
    r"""Return a script written by hand without its margins, remarks and blanks; names stay.

    A remark stands in lines of its own, a blank on both sides of a division and at the start of no
    pattern, a mark at the end of every statement.

    Raises
    ------
    ValueError
        For a text or template that does not end.

    Examples
    --------
    >>> bare('// Half of it.\nconst half = (n) => `${n} / 2 = ${ n / 2 }`;')
    'const half=(n)=>`${n} / 2 = ${ n / 2 }`;'
    """
    lines = (line.strip() for line in text.splitlines())
    pieces = _PIECE.findall("\n".join(line for line in lines if not line.startswith("//")))
    kept: list[str] = []
    for place, piece in enumerate(pieces):
        if piece in ("`", '"'):
            raise ValueError(f"this text does not end: {''.join(pieces[place : place + 20])!r}")
        after = pieces[place + 1][0] if place + 1 < len(pieces) else ""
        if not piece.isspace():
            kept.append(piece)
        elif kept and _WORD.match(kept[-1][-1]) and _WORD.match(after):
            kept.append(" ")
    return "".join(kept)


def _tokens(text: str) -> Iterator[str]:
    place = 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise ValueError(f"no token of a printed function: {text[place : place + 20]!r}")
        place = found.end()
        if not found[0].isspace() and not found[0].startswith("//"):
            yield found[0]


def _read(tokens: list[str]) -> list[str]:
    """Return the tokens without the constants that take a cell and that nothing reads."""
    used = Counter(tokens)
    kept: list[str] = []
    place = 0
    while place < len(tokens):
        if tokens[place] == "const" and used[tokens[place + 1]] == 1:
            end = tokens.index(";", place)
            if _CELL.fullmatch(" ".join(tokens[place + 3 : end])):
                place = end + 1
                continue
        kept.append(tokens[place])
        place += 1
    return kept


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
