"""What the commands of the plan read: their options, observations as known on a day, what was rejected."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from lishui_credit.commands.terminal import (
    SYNTHETIC,
    Parser,
    second_sheet_argument,
    sheet_argument,
    tell,
)
from lishui_credit.errors import SubjectError
from lishui_credit.language import plural, tr

if TYPE_CHECKING:
    import polars as pl


def status_arguments(part: Parser, *, inner: bool = False) -> None:
    """Add the options of the commands that evaluate a day, for the city or one county."""
    if inner:  # what is not given here stays as given before the inner command
        part.argument_default = argparse.SUPPRESS
    part.asks(
        "--at",
        "day to report on, YYYY-MM-DD; end of 2020 if not given",
        "报告日,YYYY-MM-DD,缺省为 2020 年底",
    )
    data_arguments(part)
    part.asks(
        "--county",
        "county by code or name; if not given, the city, or the one county of a file",
        "县(市、区)代码或名称,缺省为全市;文件只含一个县(市、区)时为该县",
    )
    targets_arguments(part)


def data_arguments(part: Parser) -> None:
    """Add the options for the observations."""
    part.asks(
        "--data",
        "store or file of observations; the synthetic sample if not given",
        "观测数据库或文件,缺省为合成样例",
    )
    sheet_argument(part, "data")
    part.asks(
        "--known-on",
        "use what the store knew on this day, YYYY-MM-DD",
        "采用数据库截至该日的数据,YYYY-MM-DD",
    )


def targets_arguments(part: Parser) -> None:
    """Add the options for yearly targets."""
    part.asks("--targets", "file of yearly targets", "年度目标文件")
    second_sheet_argument(part, "targets", "targets", "年度目标")


def in_force(data: str | None, known_on: date | None) -> pl.DataFrame:
    """Return the observations in force, as a store knew them on a day if one is given."""
    from lishui_credit.plan.observed.store import Store, is_store

    if data is None or not is_store(Path(data)):
        return revisions(None if data is None else Path(data), known_on)
    store = Store.open(data, read_only=True)
    return store.latest() if known_on is None else store.at(known_on)


def revisions(path: Path | None, known_on: date | None) -> pl.DataFrame:
    """Return every revision of a store or a file; the synthetic sample where none is named.

    SubjectError where it cannot be read, or a file is asked what it held on an earlier day.
    """
    from lishui_credit.plan.observed.reading import read_observations
    from lishui_credit.plan.observed.store import Store, is_store

    if path is None:
        from lishui_credit.samples.plan_observations import plan_observations

        return plan_observations()
    if is_store(path):
        return Store.open(path, read_only=True).revisions(known_on)
    if known_on is not None:
        raise SubjectError(
            tr("a file keeps no revisions", "文件不保留修订记录"),
            str(path),
            tr(
                "--known-on needs a store: --data store.duckdb",
                "--known-on 须配合数据库:--data store.duckdb",
            ),
        )
    found = read_observations(path)
    for note in found.notes:
        tell(note, aside=True)
    if rows := found.rejected.height:
        tell(
            tr(
                f"warning: {plural(rows, 'row')} left out; `plan check {path}` says why",
                f"警告:{rows:,} 行未采用,原因见 plan check {path}",
            ),
            aside=True,
        )
    return found.frame


def not_taken(data: str | None, known_on: date | None) -> pl.DataFrame:
    """Return the rejected rows that a store keeps, as far as it knew them on a day if one is given."""
    from lishui_credit.plan.observed.rejections import known_by, none_rejected, said
    from lishui_credit.plan.observed.store import Store, is_store

    if data is None or not is_store(Path(data)):
        return none_rejected()
    return said(known_by(Store.open(data, read_only=True).rejected(), known_on))


def banner(synthetic: bool) -> list[str]:
    """Return what is said before figures that are made up."""
    if not synthetic:
        return []
    why = tr("made up, no real value of Lishui", "由程序生成,并非丽水真实数据")
    return [f"*** {SYNTHETIC}{tr(': ', ':')}{why} ***"]
