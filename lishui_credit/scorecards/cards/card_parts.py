"""Characteristics and crossed tables of a card as a file holds them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from lishui_credit.errors import ModelError
from lishui_credit.language import tr
from lishui_credit.scorecards.bins.binning import Bin, Binning
from lishui_credit.scorecards.cards.card import Characteristic
from lishui_credit.scorecards.cards.crossed_table import CrossedTable

_MOST: Final = 2**31
# Fields that the file holds as they are, under their own names.
_OF_BINNING: Final = [
    "type",
    "asked",
    "direction",
    "obeyed",
    "total_goods",
    "total_bads",
    "smoothing",
    "potential",
]
_OF_BIN: Final = ("kind", "goods", "bads", "rows", "woe")
OF_CELLS: Final = ("points", "log_odds", "goods", "bads")
# Figures of the regression, NaN where there is none, and what the file calls them.
_FIGURES: Final = {"coefficient": "coefficient", "error": "standard_error", "p_value": "p_value"}


def held(noun: object, names: Sequence[str]) -> dict[str, Any]:
    """Return fields of a noun by their names."""
    return {name: getattr(noun, name) for name in names}


def told_characteristic(row: Characteristic) -> dict[str, Any]:
    """Return what a file says of a characteristic."""
    bands = [
        {**band, "points": mark}
        for band, mark in zip(map(_band, row.binning.bins), row.points, strict=True)
    ]
    if row.log_odds:
        bands = [{**band, "log_odds": own} for band, own in zip(bands, row.log_odds, strict=True)]
    return {
        "id": row.feature,
        "label_zh": row.label_zh,
        "label_en": row.label_en,
        **_binned(row.binning),
        **{told: _number(getattr(row, name)) for name, told in _FIGURES.items()},
        "bands": bands,
    }


def told_crossed(row: CrossedTable) -> dict[str, Any]:
    """Return what a file says of a crossed table."""
    sides = {
        side: {**_binned(of), "bands": [_band(part) for part in of.bins]}
        for side, of in (("first", row.first), ("second", row.second))
    }
    return {"id": row.name, **sides, **held(row, OF_CELLS)}


def _binned(found: Binning) -> dict[str, Any]:
    """Return what a file says of bins beside the bins."""
    told = {"column": found.feature, "notes": list(found.notes), "iv": found.iv}
    return told | held(found, _OF_BINNING)


def _band(row: Bin) -> dict[str, Any]:
    whole = {**held(row, _OF_BIN), "iv": row.part}
    if row.kind == "range":
        whole |= {"at_least": row.lower, "below": row.upper}
    if row.values:
        whole["values"] = list(row.values)
    if row.label:
        whole["label"] = row.label
    return whole


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def read_characteristic(row: Mapping[str, Any]) -> Characteristic:
    """Return the characteristic that a file tells of; ModelError where points are no points."""
    binning = _binning(row)
    points = tuple(band["points"] for band in row["bands"])
    _refuse_points(points, str(row["id"]))
    return Characteristic(
        binning=binning,
        points=points,
        log_odds=tuple(float(band["log_odds"]) for band in row["bands"] if "log_odds" in band),
        label_zh=row["label_zh"],
        label_en=row["label_en"],
        **{
            name: math.nan if row[told] is None else float(row[told])
            for name, told in _FIGURES.items()
        },
    )


def read_crossed(row: Mapping[str, Any]) -> CrossedTable:
    """Return the crossed table that a file tells of; ModelError where its cells do not fit its bins."""
    first, second = _binning(row["first"]), _binning(row["second"])
    cells = {name: tuple(map(tuple, row[name])) for name in OF_CELLS}
    _refuse_points([mark for line in cells["points"] for mark in line], str(row["id"]))
    shape = (len(first.bins), len(second.bins))
    for name, lines in cells.items():
        if lines and (len(lines) != shape[0] or {len(line) for line in lines} != {shape[1]}):
            what = tr("cells do not fit the bins", "单元格与分箱不符")
            raise ModelError(what, name, where=str(row["id"]))
    return CrossedTable(first=first, second=second, **cells)


def _refuse_points(points: Sequence[object], where: str) -> None:
    if not all(isinstance(mark, int) and abs(mark) < _MOST for mark in points):
        what = tr("points must be whole numbers, within 32 bits", "分值须为整数,且不超过 32 位")
        raise ModelError(what, str(points)[:60], where=where)


def _binning(row: Mapping[str, Any]) -> Binning:
    bins = tuple(
        Bin(
            lower=band.get("at_least"),
            upper=band.get("below"),
            values=tuple(band.get("values", ())),
            label=band.get("label", ""),
            part=band["iv"],
            **{name: band[name] for name in _OF_BIN},
        )
        for band in row["bands"]
    )
    if row["type"] == "category" and not all(isinstance(v, str) for b in bins for v in b.values):
        what = tr("values of a category must be texts", "类别取值须为文本")
        raise ModelError(what, where=str(row["column"]))
    return Binning(
        feature=row["column"],
        bins=bins,
        notes=tuple(row["notes"]),
        **{name: row[name] for name in _OF_BINNING},
    )
