"""A validation that was written as JSON, read back: the same lines, tables and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import polars as pl

from lishui_credit.errors import ModelError
from lishui_credit.language import Bilingual, tr
from lishui_credit.tables.json_nouns import parsed
from lishui_credit.validation.report.findings import Line, Section, Table
from lishui_credit.validation.report.particulars import Particulars
from lishui_credit.validation.report.settings import ValidationSettings
from lishui_credit.validation.report.validation import SCHEMA, STORED_SETTINGS, Validation

_UNTOLD = Particulars().as_dict()  # files written before reports had particulars
_LINE = {part.name for part in fields(Line)} - {"name", "verdict"}


def read_validation(path: Path | str) -> Validation:
    """Read what `Validation.write` wrote as JSON.

    Parameters
    ----------
    path : path-like
        ``.json``.

    Returns
    -------
    Validation
        A column that is empty throughout is Float64; numbers that were not finite are null.

    Raises
    ------
    ModelError
        If the file is absent, no JSON, or no validation of this layout.

    Examples
    --------
    >>> import tempfile
    >>> from lishui_credit.validation.report.validate import validate
    >>> made = validate([0, 0, 1, 1] * 20, score=[4, 3, 2, 3] * 20, title="a")
    >>> folder = tempfile.TemporaryDirectory()
    >>> found = read_validation(made.write(f"{folder.name}/a.json"))
    >>> found.line("auc") == made.line("auc"), found.table("roc").equals(made.table("roc"))
    (True, True)
    >>> folder.cleanup()
    """
    path = Path(path)
    try:
        data = parsed(path.read_text(encoding="utf-8"), path.name)
    except FileNotFoundError:
        raise ModelError(tr("no such file", "没有这个文件"), where=str(path)) from None
    except UnicodeDecodeError:
        raise ModelError(tr("not a text in UTF-8", "不是 UTF-8 文本"), where=path.name) from None
    except OSError as error:
        told = error.strerror or type(error).__name__
        raise ModelError(tr("it cannot be read", "无法读取"), told, where=path.name) from None
    try:
        if data["schema"] != SCHEMA:
            raise ValueError(f"schema {data['schema']}")
        return Validation(
            title=str(data["title"]),
            synthetic=data["synthetic"] is True,
            subjects=int(data["subjects"]),
            bads=int(data["bads"]),
            settings=ValidationSettings(
                **{name: data["settings"][name] for name in STORED_SETTINGS}
            ),
            sections=tuple(_section(part) for part in data["sections"]),
            remarks=tuple(Bilingual(row["en"], row["zh"]) for row in data["remarks"]),
            particulars=Particulars.from_dict(data.get("particulars", _UNTOLD)),
        )
    except (KeyError, TypeError, ValueError, AttributeError, pl.exceptions.PolarsError) as error:
        raise ModelError(
            tr("not a validation file of this version", "不是此版本的验证结果文件"),
            f"{type(error).__name__}: {error}",
            tr("write it again with `validate`", "请用 validate 重新写出"),
            path.name,
        ) from None


def _section(part: Mapping[str, Any]) -> Section:
    return Section(
        part["id"],
        _text(part, "name"),
        lines=tuple(
            Line(
                name=_text(row, "name"),
                verdict=_text(row, "verdict"),
                **{name: value for name, value in row.items() if name in _LINE},
            )
            for row in part["lines"]
        ),
        tables=tuple(
            Table(row["id"], _text(row, "name"), _frame(row["rows"]), row["source"], row["points"])
            for row in part["tables"]
        ),
    )


def _text(row: Mapping[str, Any], name: str) -> Bilingual:
    return Bilingual(row[f"{name}_en"], row[f"{name}_zh"])


def _frame(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, infer_schema_length=None)
    return frame.with_columns(pl.col(pl.Null).cast(pl.Float64))
