"""Rows of a file of scores that cannot be decided, each with every reason.

A row without a score is no such row: it is "not decided". Rejected are rows with text for a number,
an error of a spreadsheet, fewer cells than the header, money below zero or in parts of a fen, an outcome other than 0 and 1, an
id that is missing or repeated.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from lishui_credit.language import tr
from lishui_credit.policies.score_files import Scores
from lishui_credit.tables.read import NONE_SHORT
from lishui_credit.tables.unreadable import no_value, unreadable

AMOUNT = "amount_fen"
OUTCOME = "bad"


def sift(found: Scores, key: str | None) -> tuple[Scores, pl.DataFrame]:
    """Return the rows that can be decided, and the rejected: ``row``, ``reasons``, cells as text.

    >>> made = Scores(pl.DataFrame({"id": ["a", "b"], "score": [1, 2], "amount_fen": [5, -5]}))
    >>> sound, rejected = sift(made, "id")
    >>> sound.frame.height, rejected.select("row", "reasons").rows()
    (1, [(3, 'amount_fen: a negative amount')])
    """
    table, lines = found.frame, found.lines
    if lines is None:
        lines = pl.int_range(2, table.height + 2, eager=True)
    none, lost = pl.lit(tr("not a number", "不是数字")), pl.lit(no_value())
    reasons = [
        pl.format(
            "{}: {} ({})",
            pl.lit(name),
            pl.when(unreadable(pl.lit(cells))).then(lost).otherwise(none),
            cells,
        )
        for name, cells in found.faults.items()
    ]
    for name, what, test in (*_of_ids(table, key), *_of_money(table), *_of_outcomes(table)):
        reasons.append(pl.when(test).then(pl.lit(f"{name}: {what}")))
    if found.short.height:
        said = dict(found.short.select("_row", "_said").iter_rows())
        reasons.insert(0, pl.lit(lines.replace_strict(said, default=None)))
    if not reasons:
        return found, pl.DataFrame(schema={"row": pl.Int64, "reasons": pl.String})
    told = table.select(
        pl.concat_str(reasons, separator="; ", ignore_nulls=True).alias("reasons")
    ).to_series()
    wrong = told != ""
    cells = [
        pl.coalesce(
            *([found.faults[name]] if name in found.faults else []), pl.col(name).cast(pl.String)
        ).alias(name)
        for name, kind in table.schema.items()
        if not kind.is_nested() and name not in ("row", "reasons")
    ]
    rejected = table.select(
        lines.cast(pl.Int64).alias("row"), told.alias("reasons"), *cells
    ).filter(wrong)
    if rejected.is_empty():
        return found, rejected
    sound = replace(
        found, frame=table.filter(~wrong), lines=lines.filter(~wrong), faults={}, short=NONE_SHORT
    )
    return sound, rejected


def _of_ids(table: pl.DataFrame, key: str | None) -> list[tuple[str, str, pl.Expr]]:
    if key is None or key not in table.columns:
        return []
    own = pl.col(key)
    return [
        (key, tr("the id is missing", "编号缺失"), own.is_null()),
        (key, no_value(), unreadable(own.cast(pl.String))),
        (
            key,
            tr("the id is repeated", "编号重复"),
            own.is_not_null() & own.is_duplicated(),
        ),
    ]


def _of_money(table: pl.DataFrame) -> list[tuple[str, str, pl.Expr]]:
    kind = table.schema.get(AMOUNT)
    if kind is None or not kind.is_numeric():
        return _no_numbers(table, AMOUNT)
    money = pl.col(AMOUNT)
    found = [(AMOUNT, tr("a negative amount", "金额为负"), money < 0)]
    if not kind.is_integer():
        whole = money.cast(pl.Float64)
        what = tr("not whole fen (is it in yuan?)", "不是整数分(是否以元为单位?)")
        odd = whole.is_not_null() & (~whole.is_finite() | (whole != whole.round()))
        found.append((AMOUNT, what, odd))
    return found


def _of_outcomes(table: pl.DataFrame) -> list[tuple[str, str, pl.Expr]]:
    kind = table.schema.get(OUTCOME)
    if kind is None or kind == pl.Boolean:
        return []
    if not kind.is_numeric():
        return _no_numbers(table, OUTCOME)
    what = tr("an outcome other than 0 and 1", "结果不是 0 或 1")
    return [(OUTCOME, what, ~pl.col(OUTCOME).is_in([0, 1]).fill_null(True))]


def _no_numbers(table: pl.DataFrame, name: str) -> list[tuple[str, str, pl.Expr]]:
    """Return the reason for every cell of a column that holds no numbers at all."""
    if name not in table.columns or table.schema[name] == pl.Null:
        return []
    return [(name, tr("not a number", "不是数字"), pl.col(name).is_not_null())]
