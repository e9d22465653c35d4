"""Read and check one edition file: TOML in, `Rubric` out, every mistake at once and by line.

`read` turns a file into a `Rubric` or raises one `RubricError` that lists all its problems.
An overlay (a file with ``overlay_of``) is laid over its base first; see README.md beside this
module for the format and for how a clerk transcribes and signs off an edition.
"""

from __future__ import annotations

import difflib
import hashlib
import tomllib
from collections.abc import Iterable
from dataclasses import fields, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from lishui_credit.errors import Problem, RubricError
from lishui_credit.language import tr
from lishui_credit.rubrics.law import checks
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.rubrics.law.toml_lines import Lines

FORMAT: Final = 1
TABLES: Final = (
    "grades",
    "indicators",
    "overrides",
    "dimensions",
    "choices",
    "repairs",
    "amounts",
)
_OVERLAY_KEYS: Final = frozenset({"format", "overlay_of", "overlay_title", "signed_off", "remove"})


@cache
def _adapter() -> TypeAdapter[Rubric]:
    return TypeAdapter(Rubric)


def parse(text: str, where: str) -> tuple[dict[str, Any], Lines]:
    """Parse TOML text with exact decimals.

    Parameters
    ----------
    text : str
        The file's content.
    where : str
        Name shown in messages.

    Returns
    -------
    raw : dict
        The tables, floats as `decimal.Decimal`.
    lines : Lines
        Where each table and key stands.

    Raises
    ------
    RubricError
        If the text is not TOML.
    """
    try:
        raw = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise RubricError(
            Problem(
                tr("not valid TOML", "不是有效的 TOML"),
                str(error),
                tr("mend this line first", "请先改正这一行"),
                where=where,
            )
        ) from None
    return raw, Lines(text)


def lay_over(base: dict[str, Any], overlay: dict[str, Any]) -> dict[str, Any]:
    """Return the base tables with an overlay's laid over them.

    Rows of `TABLES` are matched by ``id``: keys given replace the base's, new ids are appended,
    ids under ``remove`` go. Other top-level keys replace the base's; inner tables are merged, but
    for ``source``: another document is another document. A status other than ``reconstructed``
    ends what the base lacked.

    Examples
    --------
    >>> lay_over({"grades": [{"id": "A", "at_least": 90}]}, {"grades": [{"id": "A", "at_least": 85}]})
    {'grades': [{'id': 'A', 'at_least': 85}]}
    """
    merged = dict(base)
    for table, ids in overlay.get("remove", {}).items():
        merged[table] = [row for row in merged.get(table, []) if row.get("id") not in ids]
    if overlay.get("status", "reconstructed") != "reconstructed":
        merged.pop("lacking", None)
    for key, value in overlay.items():
        if key in _OVERLAY_KEYS:
            continue
        if key in TABLES:
            rows = {row["id"]: row for row in merged.get(key, [])}
            for row in value:
                rows[row["id"]] = {**rows.get(row["id"], {}), **row}
            merged[key] = list(rows.values())
        elif key != "source" and isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = {**merged[key], **value}
        else:
            merged[key] = value
    return merged


def mistake(
    error: Any, raw: dict[str, Any], lines: Lines, where: str, known: Iterable[str]
) -> Problem:
    """Return what pydantic found wrong with one key of a TOML file, in words and by line.

    Parameters
    ----------
    error : dict
        One entry of ``ValidationError.errors()``.
    raw : dict
        The tables.
    lines : Lines
        Where they stand.
    where : str
        File name shown.
    known : iterable of str
        Keys the format has, to offer the nearest of them.
    """
    loc = tuple(part for part in error["loc"] if isinstance(part, str | int))
    key = str(loc[-1]) if loc else ""
    place = f"{where}{lines.at(loc, raw)}"
    kind = error["type"]
    if kind in {"missing", "missing_keyword_only_argument"}:
        return Problem(
            tr(f"'{key}' is missing", f"缺少 '{key}'"),
            hint=tr(f"add {key} = …", f"请补充 {key} = …"),
            where=place,
        )
    if kind in {"unexpected_keyword_argument", "extra_forbidden"}:
        near = difflib.get_close_matches(key, list(known), n=1)
        hint = tr(f"did you mean '{near[0]}'?", f"是否应为 '{near[0]}'?") if near else ""
        return Problem(tr("unknown key", "未知的键"), f"'{key}'", hint, where=place)
    found = repr(error.get("input"))[:60]
    return Problem(
        tr(f"'{key}' is not acceptable", f"'{key}' 的值不可用"), found, error["msg"], where=place
    )


@cache
def _known_keys() -> tuple[str, ...]:
    from lishui_credit.rubrics.law import rubric as nouns

    keys: set[str] = set()
    for noun in vars(nouns).values():
        if isinstance(noun, type) and hasattr(noun, "__dataclass_fields__"):
            keys.update(entry.name for entry in fields(noun))
    return tuple(sorted(keys))


def build(raw: dict[str, Any], lines: Lines, where: str, sha256: str) -> Rubric:
    """Turn parsed tables into a checked `Rubric`.

    Parameters
    ----------
    raw : dict
        Tables of the edition, overlays already laid over.
    lines : Lines
        Where they stand, for messages.
    where : str
        File name shown in messages.
    sha256 : str
        Hash the rubric carries.

    Returns
    -------
    Rubric

    Raises
    ------
    RubricError
        With every problem of the file: unknown or missing keys, unknown columns, sums that do not
        add up, bands that leave gaps or never apply, points finer than ``point_unit``, missing
        null policies, rows that could overflow 64-bit integers.
    """
    body = {key: value for key, value in raw.items() if key not in _OVERLAY_KEYS}
    if isinstance(body.get("in_force"), dict):
        # ``from`` is what a regulation says and a word Python keeps for itself.
        names = {"from": "start"}
        body["in_force"] = {names.get(key, key): day for key, day in body["in_force"].items()}
    version = raw.get("format")
    problems: list[Problem] = []
    if version != FORMAT:
        problems.append(
            Problem(
                tr("the file's format number is not known", "文件格式编号未知"),
                repr(version),
                tr(f"write format = {FORMAT} at the top", f"请在开头写 format = {FORMAT}"),
                where=where,
            )
        )
    try:
        rubric = _adapter().validate_python(body)
    except ValidationError as error:
        known = _known_keys()
        problems.extend(mistake(row, body, lines, where, known) for row in error.errors())
        raise RubricError(problems) from None
    problems.extend(
        replace(problem, where=f"{where}{lines.at(loc, body)}")
        for loc, problem in checks.check(rubric)
    )
    if problems:
        raise RubricError(problems)
    return replace(rubric, sha256=sha256)


def digest(*texts: bytes) -> str:
    """Return the SHA-256 of an edition file, or of a base and its overlays in order.

    Examples
    --------
    >>> digest(b"a")[:8]
    'ca978112'
    """
    if len(texts) == 1:
        return hashlib.sha256(texts[0]).hexdigest()
    chain = hashlib.sha256()
    for text in texts:
        chain.update(hashlib.sha256(text).digest())
    return chain.hexdigest()


def read(path: Path | str) -> Rubric:
    """Read one stand-alone edition file.

    Parameters
    ----------
    path : path-like
        A TOML file without ``overlay_of``.

    Returns
    -------
    Rubric

    Raises
    ------
    RubricError
        All problems of the file at once, each with its line.
    """
    path = Path(path)
    data = path.read_bytes()
    raw, lines = parse(data.decode("utf-8-sig"), path.name)
    return build(raw, lines, path.name, digest(data))
