"""A card as a file: JSON that reads like prose, and a folder per version that is never overwritten.

``models/<id>/<version>/scorecard.json`` holds the points tables in the shape of a rubric's
indicators, one band per line and keys sorted, so that two versions differ where they differ.
Never a pickle.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from lishui_credit.errors import ModelError
from lishui_credit.grades import Grade, GradeScale
from lishui_credit.language import Bilingual, tr
from lishui_credit.scorecards.bins.characteristic import Policies
from lishui_credit.scorecards.bins.woe import SIGN
from lishui_credit.scorecards.cards.card import Card
from lishui_credit.scorecards.cards.card_approval import standing_of
from lishui_credit.scorecards.cards.card_parts import (
    OF_CELLS,
    held,
    read_characteristic,
    read_crossed,
    told_characteristic,
    told_crossed,
)
from lishui_credit.scorecards.cards.scale import Odds, Scale
from lishui_credit.scorecards.sealed_json import changed_parts, parts_of
from lishui_credit.tables.json_nouns import parsed
from lishui_credit.tables.write import replacing

SCHEMA: Final = "lishui_credit/scorecard/2"  # 1 was not sealed
_EARLIER: Final = "lishui_credit/scorecard/1"
FILE: Final = "scorecard.json"

# Fields that the file holds as they are, under their own names.
_OF_CARD: Final = [
    "id",
    "title_zh",
    "synthetic",
    "point_unit",
    "base_points",
    "intercept",
    "dropped",
    "protected",
    "settings",
    "provenance",
    "metrics",
]
_LINES: Final = (
    "bands",
    "indicators",
    "crossed",
    "grades",
    *OF_CELLS,
)  # of which each row is a line


def to_json(card: Card) -> str:
    """Return a card as JSON: keys sorted, one band per line, numbers exact, every part sealed."""
    grades = card.grades.grades if card.grades is not None else ()
    data = {
        "schema": SCHEMA,
        "aggregate": "sum",
        "scale": asdict(card.scale),
        "woe_sign": SIGN,
        "policies": asdict(card.policies),
        "grades": [asdict(row) for row in grades],
        "indicators": [told_characteristic(row) for row in card.characteristics],
        **({"crossed": [told_crossed(row) for row in card.crossed]} if card.crossed else {}),
        **held(card, _OF_CARD),
    }
    plain = json.loads(json.dumps(data, default=_plain))
    return _prose({**plain, "seal": parts_of(plain)}, 0) + "\n"


def _plain(value: object) -> object:
    """Return numpy's numbers as Python's, and a text of two languages as a mapping."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Bilingual):
        return {"en": value.en, "zh": value.zh}
    raise TypeError(type(value).__name__)


def _prose(value: Any, depth: int, key: str = "") -> str:
    """Render JSON indented, but each band on one line."""
    pad = "  " * (depth + 1)
    if isinstance(value, Mapping):
        if not value:
            return "{}"
        rows = [
            f"{pad}{json.dumps(str(name), ensure_ascii=False)}: {_prose(value[name], depth + 1, name)}"
            for name in sorted(value)
        ]
        return "{\n" + ",\n".join(rows) + "\n" + "  " * depth + "}"
    if isinstance(value, list | tuple) and key in _LINES and value:
        rows = [
            pad
            + (
                _prose(row, depth + 1)
                if key in ("indicators", "crossed")
                else json.dumps(row, ensure_ascii=False, sort_keys=True, allow_nan=False)
            )
            for row in value
        ]
        return "[\n" + ",\n".join(rows) + "\n" + "  " * depth + "]"
    return json.dumps(value, ensure_ascii=False, sort_keys=True, allow_nan=False)


def from_json(text: str, *, sealed: bool = True, where: str = "") -> Card:
    """Return the card a JSON text holds; ModelError where it is none, or was edited since its fit."""
    try:
        data = parsed(text, where or "scorecard.json")
        if not isinstance(data, dict) or data.get("schema") not in (SCHEMA, _EARLIER):
            raise ModelError(
                tr("not a scorecard of this schema", "不是此格式的评分卡"),
                str(data.get("schema") if isinstance(data, dict) else "")[:60],
                SCHEMA,
            )
        seal = data.pop("seal", None)
        if sealed:
            _refuse_edited(data, seal, where)
        scale = data["scale"]
        grades = tuple(Grade(**row) for row in data["grades"])
        card = Card(
            characteristics=tuple(read_characteristic(row) for row in data["indicators"]),
            crossed=tuple(read_crossed(row) for row in data.get("crossed", ())),
            scale=Scale(
                pdo=scale["pdo"],
                base_score=scale["base_score"],
                base_odds=Odds(**scale["base_odds"]),
            ),
            policies=Policies(**data["policies"]),
            grades=GradeScale(grades) if grades else None,
            **{name: data[name] for name in _OF_CARD if name != "dropped"},
            dropped={name: _both(why) for name, why in data["dropped"].items()},
        )
        card.expr()  # parts that do not fit together show here
        for row in card.crossed:
            card.by_bins(row)
        return card
    except ModelError:
        raise
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise _unreadable(error, where) from None


def _both(told: str | Mapping[str, str]) -> Bilingual | str:
    """Return a reason in both languages; cards of earlier versions have it in one."""
    return told if isinstance(told, str) else Bilingual(told["en"], told["zh"])


def _unreadable(error: Exception, where: str) -> ModelError:
    """Return the error for a file that is no card, with what is known of it."""
    found = tr("a value of a kind it cannot have", "某项取值的类型不对")
    if isinstance(error, UnicodeDecodeError):
        found = tr("not a text in UTF-8", "不是 UTF-8 文本")
    elif isinstance(error, KeyError):
        found = tr(f"'{error.args[0]}' is missing", f"缺少 '{error.args[0]}'")
    return ModelError(
        tr("not a readable scorecard", "无法读取该评分卡"),
        found,
        tr("write it again from the fitted model", "请由拟合后的模型重新写出"),
        where,
    )


def _refuse_edited(data: Mapping[str, Any], seal: object, where: str) -> None:
    """Refuse a card that is not what was sealed, and name the parts that differ."""
    hint = tr(
        "get the file as it was fitted again; a change that is meant is sealed as a new version: "
        "lishui_credit.scorecards.seal_again(card, folder, reason)",
        "请取回拟合时写出的文件;确需修改的,请另存为新版本并重新封存:"
        "lishui_credit.scorecards.seal_again(card, folder, reason)",
    )
    if not isinstance(seal, Mapping):
        what = tr("the card is not sealed, so it does not score", "评分卡未封存,不得用于打分")
        raise ModelError(what, tr("no 'seal' in the file", "文件中没有 seal"), hint, where)
    changed = changed_parts(data, seal)
    if changed:
        raise ModelError(
            tr(
                "the card was edited after it was sealed, so it does not score",
                "评分卡在封存后被改动,不得用于打分",
            ),
            ", ".join(changed),
            hint,
            where,
        )


def save(card: Card, folder: Path | str, **pages: str) -> Path:
    """Write a card into a folder of its own.

    Parameters
    ----------
    card : Card
        To write.
    folder : path-like
        ``models/<id>/<version>``.
    **pages : str
        Text of further files by name, dots written as two underscores: ``card__md="…"``.

    Returns
    -------
    Path
        Of ``scorecard.json``.

    Raises
    ------
    ModelError
        If the folder holds a card already: a version is never overwritten.

    Examples
    --------
    >>> import tempfile
    >>> import polars as pl
    >>> from lishui_credit.scorecards import Scorecard
    >>> frame = pl.DataFrame({"late": [0] * 50 + [1] * 50})
    >>> card = Scorecard().fit(frame, [0] * 45 + [1] * 15 + [0] * 40).card_
    >>> with tempfile.TemporaryDirectory() as home:
    ...     path = save(card, f"{home}/late/1", card__md="# Late")
    ...     sorted(file.name for file in path.parent.iterdir()), load(path) == card
    (['card.md', 'scorecard.json'], True)
    """
    folder = new_version(folder)
    for name, text in {**pages, FILE.replace(".", "__"): to_json(card)}.items():
        with replacing(folder / name.replace("__", ".")) as draft:
            draft.write_text(text, encoding="utf-8")
    return folder / FILE


def new_version(folder: Path | str) -> Path:
    """Return a folder in which no card is stored yet, or refuse it."""
    path = Path(folder) / FILE
    if path.exists():
        raise ModelError(
            tr(
                "this version exists, and a version is never overwritten",
                "该版本已存在,不得覆盖",
            ),
            str(path),
            tr("choose a new version folder", "请使用新的版本目录"),
        )
    return path.parent


def load(path: Path | str) -> Card:
    """Read a card from its folder or file.

    Parameters
    ----------
    path : path-like
        ``models/<id>/<version>``, or its ``scorecard.json``.

    Returns
    -------
    Card
        Its ``standing`` says whether it is approved today.

    Raises
    ------
    ModelError
        If there is no card, or it or its approval cannot be read.
    """
    file = file_of(path)
    card = from_json(_text_of(file), where=str(path))
    object.__setattr__(card, "standing", standing_of(file))  # no field that `replace` would keep
    return card


def file_of(path: Path | str) -> Path:
    """Return the file of a stored card, or of its folder; ModelError where there is none."""
    path = Path(path)
    path = path / FILE if path.is_dir() else path
    if not path.exists():
        raise ModelError(
            tr("there is no scorecard", "没有找到评分卡"),
            str(path),
            tr("fit one: lishui-credit fit", "请先拟合:lishui-credit fit"),
        )
    return path


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise _unreadable(error, str(path)) from None


def seal_again(path: Path | str, folder: Path | str, reason: str) -> Path:
    """Write an edited card as a new version, sealed, with the reason and the file it came from.

    Parameters
    ----------
    path : path-like
        The edited ``scorecard.json`` or its folder; the seal is not asked for.
    folder : path-like
        ``models/<id>/<version>`` of the new version.
    reason : str
        Why the card is not as it was fitted; ``provenance`` keeps it.

    Returns
    -------
    Path
        Of the new ``scorecard.json``.

    Raises
    ------
    ModelError
        If no reason is given, the file is no card, or the folder holds a card already.

    Examples
    --------
    >>> import tempfile
    >>> import polars as pl
    >>> from lishui_credit.scorecards import Scorecard
    >>> frame = pl.DataFrame({"late": [0] * 50 + [1] * 50})
    >>> card = Scorecard().fit(frame, [0] * 45 + [1] * 15 + [0] * 40).card_
    >>> with tempfile.TemporaryDirectory() as home:
    ...     made = seal_again(save(card, f"{home}/late/1"), f"{home}/late/2", "title corrected")
    ...     load(made).provenance["sealed_again"][0]["reason"]
    'title corrected'
    """
    if not reason.strip():
        raise ModelError(tr("an edited card needs a reason", "改动评分卡须说明理由"))
    path = file_of(path)
    card = from_json(_text_of(path), sealed=False, where=str(path))
    told = {"reason": reason.strip(), "from_sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    earlier = [*card.provenance.get("sealed_again", []), told]
    return save(replace(card, provenance={**card.provenance, "sealed_again": earlier}), folder)
