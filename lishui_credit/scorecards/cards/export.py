"""A card where the data live: CASE SQL for the databases that banks run, and plain Python.

Both give the same points as the expressions, on hostile rows too: `identities` checks it.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from lishui_credit.errors import ModelError, Problem
from lishui_credit.language import tr
from lishui_credit.scorecards.cards.card import Card, Characteristic
from lishui_credit.scorecards.cards.sql_dialects import (
    DIALECTS,
    double,
    pattern,
    unsayable_names,
    word,
)

if TYPE_CHECKING:
    from sqlglot import exp

    from lishui_credit.points import PointsTable

EXECUTED: Final = ("duckdb", "sqlite", "postgres", "mysql")
"""Dialects whose queries the tests run; of the others the text is parsed."""
_ROWS: Final = "subject"
_ORACLE_TEXT: Final = 2000  # bytes that NLSSORT keeps apart
_ORACLE_LEAST: Final = 1e-129
_ORACLE_MOST: Final = 1e125  # of its decimal numbers


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
        A SELECT under comments that say whether the card is approved and what each column must be.
        Bounds are doubles that read back exactly; texts compare byte by byte in every database. A
        NaN counts as missing where the database has NaNs. What `Card.score` refuses has no score:
        infinity, a text that is no number, and under the policy "raise" a category that is not in
        the sample.

    Raises
    ------
    ModelError
        If the dialect is unknown, or cannot say a name, a text or a number of the card: all at once.

    Examples
    --------
    >>> import polars as pl
    >>> from lishui_credit.scorecards import Scorecard
    >>> frame = pl.DataFrame({"late": [0] * 50 + [1] * 50})
    >>> card = Scorecard().fit(frame, [0] * 45 + [1] * 15 + [0] * 40).card_
    >>> query = to_sql(card, "sqlite").splitlines()
    >>> query[0], query[4]
    ('-- scorecard: NOT APPROVED', "--   'late': REAL or another number")
    """
    if dialect not in DIALECTS:
        raise ModelError(tr("unknown SQL dialect", "未知的 SQL 方言"), dialect, ", ".join(DIALECTS))
    from sqlglot import exp

    pairs = list(zip(card.characteristics, card.tables, strict=True))
    parts = [f"points__{row.feature}" for row, _ in pairs if contributions]
    problems = unsayable_names([*([key] if key else []), *card.columns], dialect)
    problems += unsayable_names(parts, dialect) if not problems else []
    problems += [found for row, of in pairs for found in _unsayable(row, of, dialect)]
    if problems:
        raise ModelError(problems)
    cases = [_case(row, of, dialect) for row, of in pairs]
    total: exp.Expr = exp.Literal.number(card.base_points)
    for case in cases:
        total = exp.Add(this=total, expression=case.copy())
    chosen: list[exp.Expr] = [_column(key)] if key else []
    if contributions:
        chosen += [
            exp.alias_(case, name, quoted=True) for name, case in zip(parts, cases, strict=True)
        ]
    chosen.append(exp.alias_(total, "score"))
    rows = exp.alias_(exp.to_table(table, dialect=dialect), _ROWS, table=True, quoted=True)
    # sqlglot 28.0 to 30.0 lays out with blanks after a line break within a name
    pretty = not any("\n" in name for name in (key or "", *card.columns))
    query = exp.select(*chosen).from_(rows).sql(dialect=dialect, pretty=pretty)
    lines = [_told(card), *_contract(card, dialect)]
    return "\n".join([f"-- {line}" for line in lines] + [query])


def _told(card: Card) -> str:
    """Return which card it is and whether it is approved, in one line."""
    name = " ".join(f"{card.id} {card.provenance.get('version', '')}".split())
    made_up = tr(", SYNTHETIC DATA", ",合成数据") if card.synthetic else ""
    return f"{tr('scorecard', '评分卡')} {name}".strip() + f"{made_up}: {card.standing.said}"


def _contract(card: Card, dialect: str) -> Iterator[str]:
    """Yield what the columns must be so that the query gives the card's points, line by line."""
    of = DIALECTS[dialect]
    title = of.title
    if dialect not in EXECUTED:
        title += tr(", text only: no test runs it", ",仅有文本:未在测试中运行")
    yield tr(
        f"{title}. Scores are in units of 1/{card.point_unit} point. No score: a value that is no number, or infinite.",
        f"{title}。分数以 1/{card.point_unit} 分为单位。非数字或无穷大的值没有分数。",
    )
    yield tr(
        "Texts compare byte by byte, whatever the collation: case, accents, width and trailing blanks count.",
        "文本按字节比较,与排序规则无关:大小写、重音、全半角、末尾空格均有区别。",
    )
    yield tr("No column is a date or a time: no time zone matters.", "不读日期和时间,与时区无关。")
    if note := tr(of.note, of.note_zh):
        yield note
    for row in card.characteristics:
        if row.binning.type == "category":
            kind = of.text
            if row.binning.flag:
                kind = tr(
                    f"{of.flag}, 0 and 1, or a text of yes and no",
                    f"{of.flag}、0 和 1,或表示是否的文本",
                )
        else:
            kind = tr(f"{of.number} or another number", f"{of.number} 或其他数值类型")
            if row.binning.type == "coded":
                kind += tr(", codes", ",代码")
        yield f"  {row.feature!r}: {kind}"  # repr leaves no sign that ends a line


def _column(name: str) -> exp.Column:
    """Return a column of the table; a bare name that does not exist would be a text to SQLite."""
    from sqlglot import exp

    return exp.column(name, table=_ROWS, quoted=True)


def _unsayable(row: Characteristic, table: PointsTable, dialect: str) -> Iterator[Problem]:
    """Yield what a characteristic has that the database cannot say."""
    of = DIALECTS[dialect]
    texts = [level for level in table.levels if isinstance(level.value, str)]
    for level in texts:
        text = str(level.value)
        if "\0" in text or (dialect == "oracle" and len(text.encode()) > _ORACLE_TEXT):
            what = tr(f"{of.title} cannot compare this text", f"{of.title} 无法比较该文本")
            yield Problem(what, repr(text[:40]), where=row.feature)
        elif dialect == "oracle" and not text and level.points != table.missing:
            what = tr(
                "Oracle holds an empty text as a null, and the two have different points",
                "Oracle 把空文本存为 NULL,而两者分值不同",
            )
            hint = tr("give both the same points", "请使两者分值相同")
            yield Problem(what, f"{level.points} / {table.missing}", hint, row.feature)
    bounds = [float(band.upper) for band in table.bands if band.upper is not None]
    bounds += [float(code.value) for code in (*table.special, *table.levels) if code not in texts]
    for bound in bounds if dialect == "oracle" else ():
        if bound and not _ORACLE_LEAST <= abs(bound) < _ORACLE_MOST:
            what = tr("beyond the numbers that Oracle writes", "超出 Oracle 数值字面量的范围")
            yield Problem(what, repr(bound), where=row.feature)


def _case(row: Characteristic, table: PointsTable, dialect: str) -> exp.Expr:
    """Return the points of one characteristic."""
    from sqlglot import exp

    def points(mark: int | None) -> exp.Expr:
        return exp.null() if mark is None else exp.Literal.number(mark)

    of, column = DIALECTS[dialect], _column(row.feature)
    case = exp.Case().when(exp.Is(this=column.copy(), expression=exp.null()), points(table.missing))
    cell = pattern(of.as_number if table.value.measured else of.as_text, dialect, column)
    if table.value.measured:
        for test, of_cell, mark in (
            (of.unreadable, column, None),
            (of.nan, cell, table.missing),
            (of.infinite, cell, None),
        ):
            if test:
                case = case.when(pattern(test, dialect, of_cell), points(mark))
    for values, mark in _listed(row, table, dialect):
        case = case.when(exp.In(this=cell.copy(), expressions=values), points(mark))
    if row.binning.type != "number":
        return case.else_(points(table.other))
    for band in table.bands:
        if band.upper is None:
            return case.else_(points(band.points))
        bound = double(float(band.upper), dialect)
        case = case.when(exp.LT(this=cell.copy(), expression=bound), points(band.points))
    return case


def _listed(
    row: Characteristic, table: PointsTable, dialect: str
) -> Iterator[tuple[list[exp.Expr], int]]:
    """Yield the values that have the same points, as many at a time as the database takes."""
    groups: dict[int, list[exp.Expr]] = {}
    for level in table.special if row.binning.type == "number" else table.levels:
        own = groups.setdefault(level.points, [])
        if table.value.measured:
            own.append(double(float(level.value), dialect))
        elif level.value or dialect != "oracle":
            own.append(word(str(level.value), dialect))
            if dialect == "mysql" and row.binning.flag and level.value in ("0", "1"):
                own.append(word(chr(int(level.value)), dialect))  # BIT(1) is one byte
    for points, values in groups.items():
        step = DIALECTS[dialect].most_listed or len(values)
        for start in range(0, len(values), step or 1):
            yield values[start : start + step], points


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
