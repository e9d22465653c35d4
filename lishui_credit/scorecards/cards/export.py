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

    from lishui_credit.points import PointsTable

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
_NO_INFINITY: Final = ("mysql", "tsql", "starrocks", "doris")
_LARGEST: Final = 1.7976931348623157e308  # of all finite doubles


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
        A SELECT under a comment that says whether the card is approved. Bounds are doubles written so that they read back exactly. A NaN counts as
        missing where the database has NaNs; MySQL, SQL Server, SQLite, StarRocks and Doris store
        none, and Oracle's BINARY_DOUBLE ones are tested with IS NAN. What `Card.score` refuses has
        no score: infinity, and under the policy "raise" a category that is not in the sample.

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
    >>> to_sql(card, "sqlite").splitlines()[:2]
    ['-- scorecard: NOT APPROVED', 'SELECT']
    """
    if dialect not in DIALECTS:
        raise ModelError(tr("unknown SQL dialect", "未知的 SQL 方言"), dialect, ", ".join(DIALECTS))
    from sqlglot import exp

    cases = [
        _case(row, table_of, dialect)
        for row, table_of in zip(card.characteristics, card.tables, strict=True)
    ]
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
    query = exp.select(*chosen).from_(exp.to_table(table, dialect=dialect))
    return f"-- {_told(card)}\n{query.sql(dialect=dialect, pretty=True)}"


def _told(card: Card) -> str:
    """Return which card it is and whether it is approved, in one line."""
    name = " ".join(f"{card.id} {card.provenance.get('version', '')}".split())
    made_up = tr(", SYNTHETIC DATA", ",合成数据") if card.synthetic else ""
    return f"{tr('scorecard', '评分卡')} {name}".strip() + f"{made_up}: {card.standing.said}"


def _case(row: Characteristic, table: PointsTable, dialect: str) -> exp.Expression:
    from sqlglot import exp

    def points(mark: int | None) -> exp.Expression:
        return exp.null() if mark is None else exp.Literal.number(mark)

    column = exp.column(row.feature, quoted=True)
    case = exp.Case().when(exp.Is(this=column.copy(), expression=exp.null()), points(table.missing))
    if table.value.measured:
        cell = exp.cast(column.copy(), "double")
        for test, mark in (
            (_nan(cell, dialect), points(table.missing)),
            (_infinite(cell, dialect), points(None)),
        ):
            if test is not None:
                case = case.when(test, mark)
    if row.binning.type == "number":
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
    coded = row.binning.type == "coded"
    text = cell if coded else exp.cast(column.copy(), "text")
    groups: dict[int, list[exp.Expression]] = {}
    for level in table.levels:
        value = _double(float(level.value)) if coded else exp.Literal.string(str(level.value))
        groups.setdefault(level.points, []).append(value)
    for points_of, listed in groups.items():
        case = case.when(exp.In(this=text.copy(), expressions=listed), points(points_of))
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


def _infinite(cell: exp.Expression, dialect: str) -> exp.Expression | None:
    from sqlglot import exp

    if dialect == "oracle":
        return exp.Is(this=cell.copy(), expression=exp.Var(this="INFINITE"))
    if dialect in _NO_INFINITY:
        return None
    return exp.Or(
        this=exp.GT(this=cell.copy(), expression=_double(_LARGEST)),
        expression=exp.LT(this=cell.copy(), expression=_double(-_LARGEST)),
    )


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
        self._told = _told(card)
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
