"""A card where the data live: CASE SQL for the databases that banks run, and plain Python.

Both give the same points as the expressions, on hostile rows too: `identities` checks it.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from lishui_credit.errors import ModelError, Problem
from lishui_credit.language import tr
from lishui_credit.scorecards.cards.card import Card, Characteristic

if TYPE_CHECKING:
    from sqlglot import exp

DIALECTS: Final = (
    "duckdb", "postgres", "spark", "hive", "databricks", "snowflake", "bigquery", "clickhouse",
    "mysql", "starrocks", "doris", "oracle", "tsql", "sqlite",
)  # fmt: skip
_NAN_CALL: Final = {
    "duckdb": "ISNAN",
    "spark": "ISNAN",
    "hive": "ISNAN",
    "databricks": "ISNAN",
    "clickhouse": "isNaN",
    "bigquery": "IS_NAN",
}


def to_sql(
    card: Card,
    dialect: str = "duckdb",
    *,
    table: str = "subjects",
    key: str | None = None,
    contributions: bool = False,
) -> str:
    """Return a query that scores every row of a table.

    Parameters
    ----------
    card : Card
        The card.
    dialect : str, default "duckdb"
        One of `DIALECTS`.
    table : str, default "subjects"
        Table or view with the card's columns.
    key : str, optional
        Column that names the row, selected beside the score.
    contributions : bool, default False
        Also one column of points per characteristic.

    Returns
    -------
    str
        A SELECT. Bounds are doubles written so that they read back exactly. A NaN counts as
        missing where the database has NaNs; MySQL, SQL Server, SQLite, StarRocks and Doris store
        none, and Oracle's BINARY_DOUBLE ones are tested with IS NAN.

    Raises
    ------
    ModelError
        If the dialect is unknown.

    Examples
    --------
    >>> import polars as pl
    >>> from lishui_credit.scorecards import Scorecard
    >>> frame = pl.DataFrame({"late": [0] * 50 + [1] * 50})
    >>> card = Scorecard().fit(frame, [0] * 45 + [1] * 15 + [0] * 40).card_
    >>> to_sql(card, "sqlite").splitlines()[0]
    'SELECT'
    """
    if dialect not in DIALECTS:
        raise ModelError(tr("unknown SQL dialect", "未知的 SQL 方言"), dialect, ", ".join(DIALECTS))
    from sqlglot import exp

    cases = [_case(row, dialect) for row in card.characteristics]
    total: exp.Expression = exp.Literal.number(card.base_points)
    for case in cases:
        total = exp.Add(this=total, expression=case.copy())
    chosen: list[exp.Expr] = [exp.column(key, quoted=True)] if key else []
    if contributions:
        chosen += [
            exp.alias_(case, f"points__{row.feature}", quoted=True)
            for row, case in zip(card.characteristics, cases, strict=True)
        ]
    chosen.append(exp.alias_(total, "score"))
    return (
        exp.select(*chosen)
        .from_(exp.to_table(table, dialect=dialect))
        .sql(dialect=dialect, pretty=True)
    )


def _case(row: Characteristic, dialect: str) -> exp.Expression:
    from sqlglot import exp

    def points(mark: int | None) -> exp.Expression:
        return exp.null() if mark is None else exp.Literal.number(mark)

    table = row.table
    column = exp.column(row.feature, quoted=True)
    case = exp.Case().when(exp.Is(this=column.copy(), expression=exp.null()), points(table.missing))
    if row.binning.type == "number":
        cell = exp.cast(column.copy(), "double")
        nan = _nan(cell, dialect)
        if nan is not None:
            case = case.when(nan, points(table.missing))
        for code in table.special:
            case = case.when(
                exp.EQ(this=cell.copy(), expression=_double(code.value)), points(code.points)
            )
        for band in table.bands:
            if band.upper is None:
                return case.else_(points(band.points))
            test = exp.LT(this=cell.copy(), expression=_double(float(band.upper)))
            case = case.when(test, points(band.points))
        return case
    text: exp.Expression = exp.cast(column.copy(), "text")
    if row.binning.type == "coded":
        whole = exp.cast(exp.cast(column.copy(), "decimal(20, 0)"), "text")
        text = whole
    groups: dict[int, list[str]] = {}
    for level in table.levels:
        groups.setdefault(level.points, []).append(str(level.value))
    for mark, values in groups.items():
        listed = [exp.Literal.string(value) for value in values]
        case = case.when(exp.In(this=text.copy(), expressions=listed), points(mark))
    return case.else_(points(table.other))


def _double(value: float | str) -> exp.Expression:
    from sqlglot import exp

    number = float(value)
    literal: exp.Expression = exp.Literal.number(repr(abs(number)))
    if number < 0:
        literal = exp.Neg(this=literal)
    return exp.cast(literal, "double")


def _nan(cell: exp.Expression, dialect: str) -> exp.Expression | None:
    from sqlglot import exp

    if dialect in _NAN_CALL:
        return exp.Anonymous(this=_NAN_CALL[dialect], expressions=[cell.copy()])
    if dialect in ("postgres", "snowflake"):
        return exp.EQ(this=cell.copy(), expression=exp.cast(exp.Literal.string("NaN"), "double"))
    if dialect == "oracle":
        return exp.Is(this=cell.copy(), expression=exp.Var(this="NAN"))
    return None


class Scorer:
    """A card as a plain function of one row: no frame, no library, well under a millisecond.

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
    >>> score({"late": 0}) == card.score(frame)[0], score({"late": None}) == score({"late": float("nan")})
    (True, True)
    """

    def __init__(self, card: Card) -> None:
        """Store the card's tables in the form in which a row is looked up."""
        self._base = card.base_points
        self._numbers = []
        self._texts = []
        for row in card.characteristics:
            table = row.table
            if row.binning.type == "number":
                codes = {float(level.value): level.points for level in table.special}
                bounds = [float(band.upper) for band in table.bands if band.upper is not None]
                marks = [band.points for band in table.bands]
                self._numbers.append((row.feature, row.missing, codes, bounds, marks))
            else:
                levels = {str(level.value): level.points for level in table.levels}
                coded = row.binning.type == "coded"
                self._texts.append((row.feature, row.missing, levels, row.unseen, coded))

    def __call__(self, row: Mapping[str, Any]) -> int:
        """Return the score of one row, in units of 1/`point_unit`.

        Parameters
        ----------
        row : mapping of str to value
            With every column of the card; None or NaN where missing.

        Raises
        ------
        SubjectError
            If columns are missing, or the value of a number is not one: all of them at once.
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
                else:
                    total += marks[bisect_right(bounds, number)]
            for name, missing, levels, other, coded in self._texts:
                value = row[name]
                if value is None or value != value:
                    total += missing
                else:
                    total += levels.get(_text(value, coded), other)
        except (KeyError, TypeError, ValueError):
            raise self._problems(row) from None
        return int(total)

    def _problems(self, row: Mapping[str, Any]) -> Exception:
        from lishui_credit.errors import SubjectError

        problems = [
            Problem(tr(f"no value for '{name}'", f"缺少“{name}”"))
            for name in [entry[0] for entry in (*self._numbers, *self._texts)]
            if name not in row
        ]
        for name in [entry[0] for entry in self._numbers]:
            try:
                float(row.get(name) or 0)
            except (TypeError, ValueError):
                problems.append(
                    Problem(tr("not a number", "不是数字"), repr(row[name]), where=name)
                )
        return SubjectError(problems)


def _text(value: object, coded: bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return text.removesuffix(".0") if coded else text
