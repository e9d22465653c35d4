"""A card as a plain Python function of one row; `identities` checks that it gives the same points."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

from lishui_credit.errors import Problem
from lishui_credit.language import tr
from lishui_credit.scorecards.cards.card import Card
from lishui_credit.scorecards.cards.card_sql import card_said


class Scorer:
    """A card as a plain function of one row: no frame, no library, well under a millisecond.

    Printed, it says whether the card is approved.

    Parameters
    ----------
    card : Card
        The card.

    Examples
    --------
    >>> import polars as pl
    >>> from lishui_credit.scorecards import Scorecard
    >>> frame = pl.DataFrame({"late": [0] * 50 + [1] * 50})
    >>> card = Scorecard().fit(frame, [0] * 45 + [1] * 15 + [0] * 40).card_
    >>> score = Scorer(card)
    >>> score
    <scorecard: NOT APPROVED>
    >>> score({"late": 0}) == card.score(frame)[0], score({"late": None}) == score({"late": float("nan")})
    (True, True)
    """

    def __init__(self, card: Card) -> None:
        """Store the card's tables in the form in which a row is looked up."""
        self._told = card_said(card)
        self._base = card.base_points
        self._columns = card.columns
        self._numbers: list[tuple[str, int, dict[float, int], list[float], list[int]]] = []
        self._codes: list[tuple[str, int, dict[float, int], int | None]] = []
        self._texts: list[tuple[str, int, dict[str, int], int | None, bool]] = []
        for row, table in zip(card.characteristics, card.tables, strict=True):
            if row.binning.type == "number":
                codes = {float(level.value): level.points for level in table.special}
                bounds = [float(band.upper) for band in table.bands if band.upper is not None]
                marks = [band.points for band in table.bands]
                self._numbers.append((row.feature, row.missing, codes, bounds, marks))
            elif row.binning.type == "coded":
                points = {float(level.value): level.points for level in table.levels}
                self._codes.append((row.feature, row.missing, points, table.other))
            else:
                levels = {str(level.value): level.points for level in table.levels}
                self._texts.append(
                    (row.feature, row.missing, levels, table.other, row.binning.flag)
                )

    def __repr__(self) -> str:
        """Return which card it is and whether it is approved."""
        return f"<{self._told}>"

    def __call__(self, row: Mapping[str, Any]) -> int:
        """Return the score of one row, in units of 1/`point_unit`.

        Parameters
        ----------
        row : mapping of str to value
            With every column of the card; None or NaN where missing.

        Raises
        ------
        SubjectError
            If columns are missing, the value of a number is not one or infinite, or a category is
            not in the sample and the policy is "raise": all of them at once.
        """
        total = self._base
        try:
            for name, missing, codes, bounds, marks in self._numbers:
                value = row[name]
                if value is None:
                    total += missing
                    continue
                number = float(value)
                if math.isnan(number):
                    total += missing
                elif number in codes:
                    total += codes[number]
                elif math.isinf(number):
                    raise ValueError
                else:
                    total += marks[bisect_right(bounds, number)]
            for name, missing, points, other in self._codes:
                value = row[name]
                number = math.nan if value is None else float(value)
                if math.isinf(number):
                    raise ValueError
                total += missing if math.isnan(number) else _known(points.get(number, other))
            for name, missing, levels, other, flag in self._texts:
                value = row[name]
                if value is None or value != value:
                    total += missing
                else:
                    total += _known(levels.get(_text(value, flag), other))
        except (KeyError, TypeError, ValueError):
            raise self._problems(row) from None
        return int(total)

    def _problems(self, row: Mapping[str, Any]) -> Exception:
        from lishui_credit.errors import SubjectError

        problems = [
            Problem(tr(f"no value for '{name}'", f"缺少“{name}”"))
            for name in self._columns
            if name not in row
        ]
        texts = [entry[0] for entry in self._texts]
        for name in [name for name in self._columns if name not in texts]:
            try:
                infinite = math.isinf(float(row.get(name) or 0))
            except (TypeError, ValueError):
                what = tr("not a number", "不是数字")
                problems.append(Problem(what, repr(row[name]), where=name))
                continue
            if infinite:
                what = tr("infinite values", "有无穷大的值")
                hint = tr("cap them or make them missing", "请截断或改为缺失")
                problems.append(Problem(what, repr(row[name]), hint, name))
        if not problems:
            what = tr("categories that are not in the sample", "样本中没有的类别取值")
            problems = [
                Problem(what, f"{name}: {row[name]}")
                for name in self._columns
                if not self._listed(name, row[name])
            ]
        return SubjectError(problems)

    def _listed(self, name: str, value: Any) -> bool:
        """Tell whether a category is missing or has points."""
        if value is None or value != value:
            return True
        for own, _, points, other in self._codes:
            if own == name:
                return float(value) in points or other is not None
        return all(
            _text(value, flag) in levels or other is not None
            for own, _, levels, other, flag in self._texts
            if own == name
        )


def _known(points: int | None) -> int:
    """Return points, or refuse a category that has none."""
    if points is None:
        raise ValueError
    return points


def _text(value: Any, flag: bool) -> str:
    """Return a category as polars writes it; a number that stands for yes or no as 1 or 0."""
    if type(value).__name__ in ("bool", "bool_"):  # also numpy's, without loading it
        return "true" if value else "false"
    if flag and not isinstance(value, str):
        return f"{float(value):g}"
    return str(value)
