"""Files of months as a watch reads them: scored rows, or raw rows that the card scores itself.

A file that holds the card's columns is scored by the card; scores that it also holds must be the
card's, row by row. A file of scores alone (as ``lishui-credit score`` writes it) must be this card's
by its manifest, and shows CSI only of the columns it kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit import proof
from lishui_credit.errors import Problem, SubjectError, refuse
from lishui_credit.language import tr
from lishui_credit.monitoring.card_cells import SCORE, bin_places
from lishui_credit.monitoring.months import last_month, period_in, periods
from lishui_credit.scorecards.cards.card import Card
from lishui_credit.scorecards.features import features
from lishui_credit.scorecards.sample_files import MADE_UP, typed_rows
from lishui_credit.statistics.outcomes import Floats
from lishui_credit.statistics.refusals import lacking
from lishui_credit.tables.beside import sha256
from lishui_credit.tables.cells import cell, says_yes
from lishui_credit.tables.columns import Column
from lishui_credit.tables.frames import DAMAGED
from lishui_credit.tables.headers import is_date, is_header
from lishui_credit.tables.read import broken, read

PERIOD, OPENED, OUTCOME, SUBJECT = "period", "opened", "outcome", "subject"
_SPREAD: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """Columns by what they hold; "" or empty where the files have none.

    Parameters
    ----------
    period : str
        Of the period; without one the file's name says it.
    target : str
        1 bad, 0 good, empty where the outcome is not known yet.
    opened : str
        Day the account was opened, for months on book.
    subject : str
        Id of the subject, for migration between periods of the files given.
    by : tuple of str
        Groups.
    """

    period: str = ""
    target: str = ""
    opened: str = ""
    subject: str = ""
    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """The rows of one period of one file.

    Parameters
    ----------
    rows : polars.DataFrame
        ``score`` (Int64, units of 1/`point_unit`), ``outcome`` (Float64, null where unknown),
        ``opened`` (months since the year 0), ``subject``, and the groups as text.
    places : mapping of str to ndarray
        Bin of every row by column of the card.
    has_target : bool
        Whether the file has the outcome's column.
    lacking : tuple of str
        Columns of the card that a scored file did not keep: they, and crossed tables of them, have no CSI.
    unbound : bool
        Whether a scored file does not say which card scored it.
    """

    period: str
    file: str
    file_sha256: str
    rows: pl.DataFrame
    places: Mapping[str, NDArray[np.int64]]
    synthetic: bool
    has_target: bool
    lacking: tuple[str, ...] = ()
    unbound: bool = False

    @property
    def scores(self) -> NDArray[np.int64]:
        """Score of every row."""
        return self.rows[SCORE].to_numpy()

    @property
    def outcome(self) -> Floats:
        """Outcome of every row, NaN where unknown."""
        return self.rows[OUTCOME].cast(pl.Float64).fill_null(float("nan")).to_numpy()


def read_months(card: Card, card_sha256: str, path: Path | str, roles: Roles) -> list[Month]:
    """Return the periods of a file, earliest first; SubjectError with everything that is wrong."""
    path = Path(path)
    wanted = {*card.columns, SCORE, MADE_UP, roles.target, *roles.by}
    raw = read(path, is_header, is_date)
    try:
        table = typed_rows(raw, lambda name: name in wanted).collect()
        cells = raw.whole()
    except DAMAGED as error:
        raise broken(path.name, error) from None
    if table.is_empty():
        raise SubjectError(tr("no rows", "没有数据行"), where=path.name)
    refuse(lacking(roles.by, table.columns, path.name))
    dated = [name for name in (roles.period, roles.opened, roles.subject) if name]
    refuse(lacking(dated, cells.columns, path.name))
    when = (
        periods(cells[roles.period], f"{path.name}: {roles.period}")
        if roles.period
        else pl.Series(PERIOD, [period_in(path.name)] * table.height)
    )
    scores, places, unbound = _scored(card, card_sha256, table, path)
    rows = pl.DataFrame(
        [
            when,
            scores,
            _outcome(table, roles.target, path.name),
            _opened(cells, roles.opened, when, path.name),
            *([cells[roles.subject].cast(pl.String).alias(SUBJECT)] if roles.subject else []),
            *(table[name].cast(pl.String).alias(f"by_{name}") for name in roles.by),
        ]
    )
    _refuse_twice(rows, roles.subject, path.name)
    made_up = MADE_UP in table.columns and says_yes(table[MADE_UP])
    digest = sha256(path)
    found = []
    for period in when.unique().sort():
        here = (when == period).to_numpy()
        found.append(
            Month(
                period=period,
                file=path.name,
                file_sha256=digest,
                rows=rows.filter(pl.Series(here)),
                places={name: where[here] for name, where in places.items()},
                synthetic=card.synthetic or made_up,
                has_target=roles.target in table.columns,
                lacking=tuple(name for name in card.columns if name not in places),
                unbound=unbound,
            )
        )
    return found


def _scored(
    card: Card, card_sha256: str, table: pl.DataFrame, path: Path
) -> tuple[pl.Series, dict[str, NDArray[np.int64]], bool]:
    """Return scores, bins of the columns there are, and whether nothing says whose scores they are."""
    absent = [name for name in card.columns if name not in table.columns]
    if absent and SCORE not in table.columns:
        features(table, card.columns)  # names what is missing, with the nearest header
    there = [name for name in card.columns if name not in absent]
    inputs = features(table, there) if there else pl.DataFrame()
    places = bin_places(card, inputs)
    if not absent:
        made = card.scored(inputs).cast(pl.Int64).alias(SCORE)
        if SCORE in table.columns:
            _refuse_other_scores(table[SCORE], made, path.name)
        return made, places, False
    told = proof.stated(path).raw.get("model_sha256", "")
    if told and told != card_sha256:
        raise SubjectError(
            tr("another card made these scores", "评分并非此评分卡所出"),
            f"{str(told)[:12]} != {card_sha256[:12]}",
            where=path.name,
        )
    return _whole_scores(card, table[SCORE], path.name), places, not told


def _whole_scores(card: Card, scores: pl.Series, where: str) -> pl.Series:
    """Return scores of a file as integers; missing, broken or impossible ones are refused."""
    low, high = _reach(card)
    numbers = scores.cast(pl.Float64, strict=False).fill_nan(None)
    wrong = numbers.is_null() | (numbers != numbers.floor()) | ~numbers.is_between(low, high)
    if count := int(wrong.fill_null(True).sum()):
        odd = scores.filter(wrong.fill_null(True))[0]
        raise SubjectError(
            tr("scores that this card cannot give", "存在该评分卡不可能给出的分数"),
            tr(f"{count} rows, first: {odd}", f"{count} 行,首个:{odd}"),
            tr(f"whole numbers from {low} to {high}", f"应为 {low} 至 {high} 的整数"),
            f"{where}: {SCORE}",
        )
    return numbers.cast(pl.Int64).alias(SCORE)


def _reach(card: Card) -> tuple[int, int]:
    """Return the lowest and highest score that any row can have, also one unlike the sample's."""
    tables = [*(item.points for item in card.characteristics)]
    tables += [tuple(row.matrix.ravel().tolist()) for row in card.crossed]
    sums = [card.base_points + sum(map(end, tables)) for end in (min, max)]
    return sums[0], sums[1]


def _refuse_other_scores(told: pl.Series, made: pl.Series, where: str) -> None:
    wrong = (told.cast(pl.Float64, strict=False) - made).abs().fill_null(np.inf) > _SPREAD
    if count := int(wrong.sum()):
        row = int(np.flatnonzero(wrong.to_numpy())[0])
        raise SubjectError(
            tr(
                "the file's scores are not those of the card on the same rows",
                "文件中的分数与评分卡对同一行给出的分数不一致",
            ),
            tr(
                f"{count} rows, first: {told[row]}, the card gives {made[row]}",
                f"{count} 行,首个:{told[row]},评分卡给出 {made[row]}",
            ),
            tr("score the file again, or drop its column", "请重新打分,或删去该列"),
            f"{where}: {SCORE}",
        )


def _outcome(table: pl.DataFrame, target: str, where: str) -> pl.Series:
    """Return the outcomes, null where unknown or where the file has no such column."""
    if not target or target not in table.columns:
        return pl.Series(OUTCOME, [None] * table.height, dtype=pl.Float64)
    column = table[target]
    found = column.cast(pl.Float64, strict=False).fill_nan(None)
    wrong = (column.is_not_null() & found.is_null()) | ~found.fill_null(0.0).is_in([0.0, 1.0])
    if column.dtype.is_float():
        wrong &= ~column.is_nan().fill_null(False)
    if count := int(wrong.sum()):
        raise SubjectError(
            tr("outcomes that are neither 0 nor 1", "结果既非 0 也非 1"),
            tr(
                f"{count} rows, first: {column.filter(wrong)[0]}",
                f"{count} 行,首个:{column.filter(wrong)[0]}",
            ),
            tr("leave a cell empty where it is not known yet", "尚不知结果的请留空"),
            f"{where}: {target}",
        )
    return found.alias(OUTCOME)


def _opened(cells: pl.DataFrame, name: str, when: pl.Series, where: str) -> pl.Series:
    """Return the month each account was opened; a day that is none, or after its period, is refused."""
    if not name:
        return pl.Series(OPENED, [None] * cells.height, dtype=pl.Int64)
    read_as = cell(Column(id=name, label_zh=name, type="date"), name, "", cells.schema[name])
    counted = cells.select(
        test.fill_null(False).sum().alias(str(n)) for n, (_, test) in enumerate(read_as.faults)
    )
    problems = [
        Problem(reason, tr(f"{count} rows", f"{count} 行"), where=f"{where}: {name}")
        for (reason, _), count in zip(read_as.faults, counted.row(0), strict=True)
        if count
    ]
    days = cells.select(read_as.value.alias(OPENED)).to_series()
    months = (days.dt.year().cast(pl.Int64) * 12 + days.dt.month().cast(pl.Int64)).alias(OPENED)
    ends = when.replace_strict({p: last_month(p) for p in when.unique()}, return_dtype=pl.Int64)
    if late := int((months > ends).fill_null(False).sum()):
        problems.append(
            Problem(
                tr("opened after the period of the row", "开户日晚于该行所属期间"),
                tr(f"{late} rows", f"{late} 行"),
                where=f"{where}: {name}",
            )
        )
    refuse(problems)
    return months


def _refuse_twice(rows: pl.DataFrame, subject: str, where: str) -> None:
    """Refuse subjects without an id, and those that stand twice in one period."""
    if not subject:
        return
    empty = rows[SUBJECT].null_count()
    twice = int(rows.select(PERIOD, SUBJECT).is_duplicated().sum()) if not empty else 0
    refuse(
        Problem(what, tr(f"{count} rows", f"{count} 行"), where=f"{where}: {subject}")
        for what, count in (
            (tr("rows without an id", "部分行没有编号"), empty),
            (tr("a subject stands twice in one period", "同一期间主体重复"), twice),
        )
        if count
    )
