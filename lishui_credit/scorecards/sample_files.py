"""Files to samples, and scores of a whole file: typed columns to fit on, results beside the ids.

A Parquet file keeps its types and is scored streaming. CSV and Excel cells are text. A header that
the data dictionary knows, in Chinese or English, is read as in grading: named by its id, money in
fen whatever unit the header states, 是/否 as yes and no. Another column becomes numbers where every
cell is a number, and stays text otherwise: nothing is guessed cell by cell.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import polars as pl

from lishui_credit.errors import Problem, SubjectError, refuse
from lishui_credit.language import plural, tr
from lishui_credit.scorecards.bins.unseen import judge_unseen, refuse_no_flags
from lishui_credit.scorecards.cards.card import Card
from lishui_credit.scorecards.features import features, refuse_infinite
from lishui_credit.statistics.refusals import lacking
from lishui_credit.tables.cells import cell, says_yes
from lishui_credit.tables.columns import Column, dictionary
from lishui_credit.tables.frames import DAMAGED
from lishui_credit.tables.free_columns import twins, typed
from lishui_credit.tables.header_words import no_column, normal, split_unit
from lishui_credit.tables.headers import is_date, is_header, spellings
from lishui_credit.tables.read import Raw, broken, read
from lishui_credit.tables.unreadable import no_value, unreadable
from lishui_credit.tables.write import check_suffix, write_table

MADE_UP: Final = "synthetic"
"""Column that says which rows are made up; it is no feature."""

_FEW: Final = 0.1  # cells per number that may be none before a column is text


def scan_sample(path: Path | str, used: Callable[[str], bool] = lambda name: True) -> pl.LazyFrame:
    """Return a file's rows with typed columns: ``.parquet``, ``.csv`` in UTF-8 or GB18030, ``.xlsx``.

    An error of a spreadsheet or a formula without a value is refused in a column that is used (by its
    id or else its header), and left as it is in any other.
    """
    return typed_rows(read(path, is_header, is_date), used)


def typed_rows(raw: Raw, used: Callable[[str], bool] = lambda name: True) -> pl.LazyFrame:
    """Return the rows of a file that was read, with typed columns, as `scan_sample` does."""
    if Path(raw.name).suffix.lower() in (".parquet", ".pq"):
        return raw.frame
    table = raw.whole()
    return _read_cells(table.drop("_row"), table["_row"], used, raw.name).lazy()


def _read_cells(
    table: pl.DataFrame, lines: pl.Series, reads: Callable[[str], bool], where: str
) -> pl.DataFrame:
    """Read text cells: by the dictionary where it knows the header, else as numbers or text.

    Dates are left out: they cannot be features.
    """
    known = _dictionary_columns(table.columns)
    made: list[pl.Series] = []
    problems = twins(table.columns, [name for name in table.columns if reads(name)], where)
    for name in table.columns:
        if name in known and known[name][0].type == "date":
            continue
        if reads(known[name][0].id if name in known else name):
            problems += _without_value(table[name], lines, f"{where}: {name}")
        if name not in known:
            series, wrong = _typed(table[name])
            made.append(series)
            if wrong.count() and reads(name):
                problems.append(_mixed(wrong, lines, f"{where}: {name}"))
            continue
        column, unit = known[name]
        found = cell(column, name, unit, table.schema[name])
        for reason, test in found.faults:
            if reason == no_value():
                continue
            count = int(table.select(test.fill_null(False).sum()).item())
            if count:
                rows = tr(f"{count} rows", f"{count} 行")
                problems.append(Problem(reason, rows, where=f"{where}: {name}"))
        made.append(table.select(found.value.alias(column.id)).to_series())
    refuse(problems)
    return pl.DataFrame(made)


def _without_value(column: pl.Series, lines: pl.Series, where: str) -> list[Problem]:
    """Return the problem of a column's unreadable cells, if it has any."""
    lost = pl.select(unreadable(pl.lit(column)).fill_null(False)).to_series()
    if column.dtype != pl.String or not lost.any():
        return []
    count, row, held = int(lost.sum()), lines.filter(lost)[0], column.filter(lost)[0]
    found = tr(f"{count} rows, first row {row}: {held}", f"{count} 行,首行为第 {row} 行:{held}")
    return [Problem(no_value(), found, where=where)]


@cache
def _spelled() -> Mapping[str, Column]:
    """The dictionary's columns by every spelling of them."""
    return {word: column for column in dictionary().values() for word in spellings(column)}


def _dictionary_columns(headers: Sequence[str]) -> dict[str, tuple[Column, str]]:
    """Match headers to the dictionary's columns; none where two headers claim one column."""
    names = _spelled()
    found: dict[str, tuple[Column, str]] = {}
    claimed: dict[str, int] = {}
    for header in headers:
        plain = normal(header)
        bare, unit = (plain, "") if plain in names else split_unit(plain)
        column = names.get(bare)
        if column is not None:
            found[header] = (column, unit)
            claimed[column.id] = claimed.get(column.id, 0) + 1
    return {header: pair for header, pair in found.items() if claimed[pair[0].id] == 1}


def _typed(column: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return a column as numbers if most of its cells are, with those that are none, else as text."""
    if column.dtype != pl.String:
        return column, column.clear()
    found = typed(column)
    if found.wrong.count() < _FEW * found.numbers.count():
        return found.numbers, found.wrong
    return found.text, found.wrong.clear()


def _mixed(wrong: pl.Series, lines: pl.Series, where: str) -> Problem:
    """Return the problem of a column of numbers some cells of which are none."""
    odd = wrong.is_not_null()
    cells, row = plural(wrong.count(), "cell"), lines.filter(odd)[0]
    first = wrong.filter(odd)[0]
    return Problem(
        tr("not a number, in a column of numbers", "数字列中的非数字"),
        tr(f"{cells}, first row {row}: {first}", f"{wrong.count():,} 格,首行为第 {row} 行:{first}"),
        tr(
            "correct or empty them; if the column is a category, write all of it as text",
            "请更正或清空;若为类别列,请全部写为文本",
        ),
        where=where,
    )


def named(header: str) -> str:
    """Return the id of the dictionary's column that answers to a header, else the header."""
    return next((column.id for column, _ in _dictionary_columns([header]).values()), header)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A file's rows that have an outcome (1 or true is bad), and how many have none."""

    frame: pl.DataFrame
    outcome: pl.Series
    without_outcome: int = 0

    @property
    def synthetic(self) -> bool:
        """Whether the file says that rows of it are made up."""
        if MADE_UP not in self.frame.columns:
            return False
        return says_yes(self.frame[MADE_UP])

    def must_hold(self, *names: str) -> None:
        """Refuse every name that is no column, all at once."""
        refuse(lacking(names, self.frame.columns))


def read_sample(
    path: Path | str,
    target: str,
    *,
    only: Collection[str] | None = None,
    leave_out: Collection[str] = (),
) -> Sample:
    """Return the features and the outcome of a file; rows without an outcome are counted apart.

    The outcome's column is named by its header or its id in the dictionary; 1 or 是 is bad. Columns
    that are left out, or not among `only` beside the outcome, may hold what cannot be read.
    """
    outcome = (target, named(target))
    lazy = scan_sample(
        path,
        lambda name: name in outcome or ((only is None or name in only) and name not in leave_out),
    )
    names = lazy.collect_schema().names()
    if target not in names:
        target = named(target)
    if target not in names:
        said = tr("name the outcome with --target", "请用 --target 指明结果列")
        raise SubjectError(no_column(target, names, Path(path).name, hint=said))
    try:
        table = lazy.collect()
    except DAMAGED as error:
        raise broken(Path(path).name, error) from None
    known = table.filter(pl.col(target).is_not_null())
    if known.schema[target].is_float():
        known = known.filter(pl.col(target).is_not_nan())
    return Sample(
        frame=known.drop(target),
        outcome=known[target],
        without_outcome=table.height - known.height,
    )


def score_file(
    card: Card,
    path: Path | str,
    output: Path | str,
    *,
    keep: Sequence[str] | None = None,
    reasons: int = 0,
    metadata: dict[str, str] | None = None,
) -> int:
    """Score a file into a file, replaced only when complete, and return the number of rows.

    `keep` names the columns to carry along, by default those the card does not read. One pass to
    check, one to score; a Parquet file is streamed, so that memory does not grow with rows, unless
    `reasons` (per row) are asked for. Absent columns, infinite values, and unseen categories where the
    policy is "raise" are refused.
    """
    from lishui_credit.scorecards.cards.reasons import reason_codes

    output = check_suffix(output)
    lazy = scan_sample(path, lambda name: name in card.columns)
    names = lazy.collect_schema().names()
    # An empty head reads no row, yet names absent columns and types that are no features.
    features(lazy.head(0).collect(), card.columns)
    kept = [name for name in names if name not in card.columns] if keep is None else list(keep)
    kept = [name if name in names else named(name) for name in kept]
    refuse(lacking(kept, names, Path(path).name))
    try:
        _check(card, lazy)
        results = [pl.col("score"), card.pd_expr()]
        if card.grades is not None:
            results.append(card.grade_expr())
        scored = lazy.with_columns(card.expr()).select(*kept, *results)
        if reasons:
            table = scored.collect()
            codes = reason_codes(card, lazy.collect(), top=reasons).drop("score")
            scored = pl.concat([table, codes], how="horizontal").lazy()
        rows = int(lazy.select(pl.len()).collect(engine="streaming").item())
        write_table(scored, output, metadata, sheet="scores")
    except DAMAGED as error:
        raise broken(Path(path).name, error) from None
    return rows


def _check(card: Card, lazy: pl.LazyFrame) -> None:
    """Refuse infinite values and judge unseen categories, in one streaming pass each."""
    refuse_infinite(lazy, card.columns, engine="streaming")
    categories = [row.binning for row in card.characteristics if row.binning.type != "number"]
    if categories:
        names = [row.feature for row in categories]
        met = lazy.group_by(names).agg(pl.len().alias("_rows")).collect(engine="streaming")
        policy = card.policies.unseen
        found = features(met, names)
        refuse_no_flags(found, categories)
        judge_unseen(found, categories, policy, rows=met["_rows"])
