"""A card where the data live: one commented SELECT that scores a table as `Card.score` does.

The card's own expressions run over a recorded table, and the printer writes down what they did.
`identities` checks on hostile rows that the points are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial, reduce
from operator import add
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lishui_credit.backends import recorder
from lishui_credit.backends.dialects import dialect_of
from lishui_credit.backends.dialects.dialect import Dialect, misnamed, unsayable_names
from lishui_credit.backends.statement import printed
from lishui_credit.errors import ModelError, Problem, refuse
from lishui_credit.language import tr
from lishui_credit.points import Level, PointsTable
from lishui_credit.scorecards.bins.binning import Binning
from lishui_credit.scorecards.cards.card import POINTS, Card, Characteristic
from lishui_credit.scorecards.cards.crossed_table import CrossedTable, TableOf

KINDS: Final[dict[str, recorder.Kind]] = {
    "number": "Float64",
    "coded": "Float64",
    "category": "String",
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
        One of `backends.dialects.DIALECTS`.
    table : str, default "subjects"
        Table or view with the card's columns, as a query in that dialect names it.
    key : str, optional
        Column that names the row, selected beside the score.
    contributions : bool, default False
        Also one column of points per characteristic.

    Returns
    -------
    str
        A SELECT under comments that say whether the card is approved and what each column must be.
        Beside the points of every arm stand the bins that have them. Bounds are doubles that read
        back exactly; texts compare byte by byte in every database. A NaN counts as missing where the
        database has NaNs. What `Card.score` refuses has no score: infinity, a text that is no number,
        and under the policy "raise" a category that is not in the sample.

    Raises
    ------
    CreditError
        If the dialect is unknown.
    ModelError
        If the dialect cannot say a name, a text or a number of the card: all at once.

    Examples
    --------
    >>> import polars as pl
    >>> from lishui_credit.scorecards import Scorecard
    >>> frame = pl.DataFrame({"late": [0] * 50 + [1] * 50})
    >>> card = Scorecard().fit(frame, [0] * 45 + [1] * 15 + [0] * 40).card_
    >>> query = to_sql(card, "sqlite").splitlines()
    >>> query[0]
    '-- scorecard: NOT APPROVED'
    >>> [line for line in query if "late" in line][0]
    "--   'late': real or another number"
    """
    target = dialect_of(dialect)
    parts = [f"{POINTS}{name}" for name in card.columns if contributions]
    pairs = [(row.binning, of) for row, of in zip(card.characteristics, card.tables, strict=True)]
    sides = [(of, of.index()) for row in card.crossed for of in (row.first, row.second)]
    kept = [key] if key else []
    refuse_unsayable([*pairs, *sides], target, table, kept=kept, made=parts)
    cells = [
        (row, points)
        for row in card.crossed
        for points in (map(row.share, row.features) if contributions else [row.matrix])
    ]
    query, names = recorded(pairs, target, table, kept, [(*each, card.table_of) for each in cells])
    shown = [recorder.col(key)] if key else []
    if contributions:
        of = [*card.columns, *(name for row in card.crossed for name in row.features)]
        for feature, part in zip(card.columns, parts, strict=True):
            own = [
                recorder.col(name)
                for name, whose in zip(names, of, strict=True)
                if whose == feature
            ]
            shown.append(reduce(add, own).alias(part))
    total = reduce(add, map(recorder.col, names), recorder.lit(card.base_points))
    arms = [_arms(row) for row in card.characteristics]
    arms += [_arms_of_cells(card, row, points) for row, points in cells]
    text = printed(
        query.select(*shown, total.alias("score")),
        target,
        arms=dict(zip(names, arms, strict=True)),
    )
    lines = [card_said(card), *_contract(card, target)]
    return "\n".join([f"-- {line}" for line in lines] + [text])


def card_said(card: Card) -> str:
    """Return which card it is and whether it is approved, in one line."""
    name = " ".join(f"{card.id} {card.provenance.get('version', '')}".split())
    made_up = tr(", SYNTHETIC DATA", ",合成数据") if card.synthetic else ""
    return f"{tr('scorecard', '评分卡')} {name}".strip() + f"{made_up}: {card.standing.said}"


def refuse_unsayable(
    pairs: Sequence[tuple[Binning, PointsTable]],
    target: Dialect,
    table: str,
    *,
    kept: Sequence[str],
    made: Sequence[str],
) -> None:
    """Refuse what a database cannot say of columns that are read, `kept` and `made`, all at once."""
    problems = unsayable_names([*kept, *(row.feature for row, _ in pairs)], target)
    problems += unsayable_names(made, target) if not problems else []
    problems += [found for row, of in pairs for found in _unsayable(row, of, target)]
    refuse([*problems, *misnamed(table, target)], ModelError)


def recorded(
    pairs: Sequence[tuple[Binning, PointsTable]],
    target: Dialect,
    table: str,
    kept: Sequence[str],
    crossed: Sequence[tuple[CrossedTable, NDArray[np.int64], TableOf]] = (),
) -> tuple[recorder.Table, list[str]]:
    """Return the points of every characteristic as a recorded query, and what they are called in it.

    Columns that are `kept` stand beside them, as the table holds them; whole numbers of `crossed` tables,
    by cell, follow.
    """
    columns = [row.feature for row, _ in pairs]
    taken = {name.casefold() for name in (*kept, *columns)}
    free = (name for place in range(1, 10**9) if (name := f"_{place}") not in taken)
    schema: recorder.Schema = {name: "Stored" for name in kept if name not in columns}
    schema |= {row.feature: KINDS[row.type] for row, _ in pairs}
    unread = {
        row.feature: next(free)
        for row, _ in pairs
        if KINDS[row.type] == "Float64" and target.misreads
    }
    query = recorder.stored(table, schema, dict(zip(unread.values(), unread, strict=True)))
    parts: list[tuple[tuple[str, ...], recorder.Written]] = [
        ((row.feature,), _spelled(row, of, target).expr(recorder)) for row, of in pairs
    ]
    for each, cells, table_of in crossed:
        spelled = partial(_spelled_points, table_of, target)
        parts.append((each.features, each.expr(recorder, cells, spelled)))
    names, found = [], []
    for features, points in parts:
        for wrong in (unread[name] for name in features if name in unread):
            nothing = recorder.lit(None, dtype=recorder.Int32)
            points = recorder.when(recorder.col(wrong)).then(nothing).otherwise(points)
        names.append(next(free))
        found.append(points.alias(names[-1]))
    return query.select(*kept, *found), names


def _spelled_points(
    table_of: TableOf, target: Dialect, binning: Binning, points: Sequence[int]
) -> PointsTable:
    return _spelled(binning, table_of(binning, points), target)


def _spelled(row: Binning, table: PointsTable, target: Dialect) -> PointsTable:
    """Return a table with a yes and a no also as the database may hold them, and without what it cannot."""
    levels = [level for level in table.levels if level.value != "" or not target.empty_is_null]
    if row.flag:
        levels += [
            Level(value=target.bits[str(level.value)], points=level.points)
            for level in table.levels
            if level.value in target.bits
        ]
    return replace(table, levels=tuple(levels))


def _arms(row: Characteristic) -> dict[int, str]:
    """Return the label and the bins that have the same points, by these."""
    found: dict[int, list[str]] = {}
    for each, mark in zip(row.binning.bins, row.points, strict=True):
        found.setdefault(mark, []).append(each.said)
    return {mark: f"{row.label}: {'; '.join(bins)}" for mark, bins in found.items()}


def _arms_of_cells(card: Card, row: CrossedTable, points: NDArray[np.int64]) -> dict[int, str]:
    """Return the labels of a crossed table, by its points."""
    said = " x ".join(card[name].label for name in row.features)
    return dict.fromkeys(np.unique(points).tolist(), said)


def _contract(card: Card, target: Dialect) -> Iterator[str]:
    """Yield what the columns must be so that the query gives the card's points, line by line."""
    yield tr(
        f"{target.said}. Scores are in units of 1/{card.point_unit} point. No score: a value that is no number, or infinite.",
        f"{target.said}。分数以 1/{card.point_unit} 分为单位。非数字或无穷大的值没有分数。",
    )
    yield tr(
        "Texts compare byte by byte, whatever the collation: case, accents, width and trailing blanks count.",
        "文本按字节比较,与排序规则无关:大小写、重音、全半角、末尾空格均有区别。",
    )
    yield tr("No column is a date or a time: no time zone matters.", "不读日期和时间,与时区无关。")
    yield from target.contract()
    for row in card.characteristics:
        if row.binning.type == "category":
            kind = target.type("String")
            if row.binning.flag:
                flag = target.type("Boolean")
                kind = tr(
                    f"{flag}, 0 and 1, or a text of yes and no",
                    f"{flag}、0 和 1,或表示是否的文本",
                )
        else:
            number = target.type("Float64")
            kind = tr(f"{number} or another number", f"{number} 或其他数值类型")
            if row.binning.type == "coded":
                kind += tr(", codes", ",代码")
        yield f"  {row.feature!r}: {kind}"  # repr leaves no sign that ends a line


def _unsayable(row: Binning, table: PointsTable, target: Dialect) -> Iterator[Problem]:
    """Yield what a characteristic has that the database cannot say."""
    texts = [level for level in table.levels if isinstance(level.value, str)]
    for level in texts:
        text = str(level.value)
        if why := target.wrong_text(text):
            what = tr(f"{target.title} cannot compare this text", f"{target.title} 无法比较该文本")
            yield Problem(what, f"{text[:40]!r}: {why}", where=row.feature)
        elif not text and target.empty_is_null and level.points != table.missing:
            what = tr(
                f"{target.title} holds an empty text as a null, and the two have different points",
                f"{target.title} 把空文本存为 NULL,而两者分值不同",
            )
            hint = tr("give both the same points", "请使两者分值相同")
            yield Problem(what, f"{level.points} / {table.missing}", hint, row.feature)
    bounds = [float(band.upper) for band in table.bands if band.upper is not None]
    bounds += [float(code.value) for code in (*table.special, *table.levels) if code not in texts]
    for bound in bounds:
        if target.wrong_double(bound):
            what = tr(
                f"beyond the numbers that {target.title} writes",
                f"超出 {target.title} 数值字面量的范围",
            )
            yield Problem(what, repr(bound), where=row.feature)
