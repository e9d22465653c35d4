"""What ``prove`` does: run a rubric, card or policy in the engines here or in a user's database, and compare."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Final

from lishui_credit.commands import card_statements, policy_statements
from lishui_credit.commands.grading import (
    day_arguments,
    day_asked,
    edition_arguments,
    edition_asked,
    label_argument,
)
from lishui_credit.commands.statements import OPTIONS, refuse_options
from lishui_credit.commands.terminal import Command, say
from lishui_credit.errors import SubjectError
from lishui_credit.language import plural, tr

if TYPE_CHECKING:
    from lishui_credit.backends.cell_differences import Differences
    from lishui_credit.backends.engines_here import Trial

_DIALECTS: Final = ("duckdb", "sqlite", "postgres", "mysql", "mariadb")


def add_arguments(command: Command) -> None:
    """Add the command to the parser."""
    made = command(
        "prove",
        "run made rows in every engine here, or in your database, and compare every cell",
        "用构造数据在本机各引擎或您的数据库中运行,逐格核对",
        prove,
    )
    made.asks(
        "target",
        "id of a rubric, or a card: its folder or scorecard.json, or the file of a policy, .toml",
        "评价办法编号,或评分卡:目录或 scorecard.json,或政策文件,.toml",
    )
    made.asks(
        "--dialect",
        "database that the statement is for, with --url; every engine here if not given",
        "目标数据库,与 --url 同时给出;缺省为本机各引擎",
        choices=_DIALECTS,
    )
    made.asks(
        "--url",
        "the database, such as mysql+pymysql://user:password@host/base",
        "数据库 URL,如 mysql+pymysql://user:password@host/base",
    )
    made.asks(
        "--spark",
        "of the engines here also Spark, which takes seconds to start",
        "本机各引擎中包括 Spark(启动需数秒)",
        action="store_true",
    )
    made.asks("--rows", "made rows to compare", "构造的行数", type=int, default=5000)
    made.asks("--seed", "other made rows", "更换构造数据的种子", type=int, default=16)
    day_arguments(made)
    edition_arguments(made)
    label_argument(made)
    policy_statements.deciding_arguments(made)


def prove(options: argparse.Namespace) -> int:
    """Compare; exit code 1 where anything differs."""
    if options.rows < 1:
        raise SubjectError(tr("not a number of rows", "行数无效"), str(options.rows), "--rows 5000")
    if (options.url is None) != (options.dialect is None):
        what = tr("--dialect and --url belong together", "--dialect 与 --url 须同时给出")
        raise SubjectError(what, str(options.url or options.dialect))
    name, trial = _trial(options)
    if options.url is None:
        return _everywhere(options, name, trial)
    if options.spark:
        what = tr(
            "--spark is for the engines here, without --url", "--spark 用于本机引擎,不与 --url 同用"
        )
        raise SubjectError(what, "--spark")
    from lishui_credit.rubrics.users_database import answered, connected

    with connected(options.url, options.dialect) as base:
        found = trial.differences(options.dialect, partial(answered, base, trial, options.dialect))
    data = {
        "target": name,
        "dialect": options.dialect,
        "seed": options.seed,
        "rows": found.rows,
        "cells": found.cells,
        "differences": found.cells_that_differ,
        "columns": dict(found.counts),
        "missing_rows": found.missing,
        "unasked_rows": found.unasked,
        "first": found.first.to_dicts(),
    }
    say(options, data, lambda: _told(name, options, found))
    return 0 if found.none else 1


def _everywhere(options: argparse.Namespace, name: str, trial: Trial) -> int:
    """Compare in every engine that is here; exit code 1 where anything differs or stops."""
    from lishui_credit.backends.engines_here import everywhere

    runs = everywhere(trial, spark=options.spark)
    data = {
        "target": name,
        "seed": options.seed,
        "engines": [
            {
                "engine": run.engine,
                "holds": run.holds,
                "found": run.told,
                "columns": {} if run.differences is None else dict(run.differences.counts),
                "first": [] if run.differences is None else run.differences.first.to_dicts(),
            }
            for run in runs
        ],
    }

    def text() -> list[str]:
        lines = [
            tr(
                f"{name}: every cell compared with polars, eager, seed {options.seed}",
                f"{name}:逐格与 polars(即时执行)核对,种子 {options.seed}",
            )
        ]
        for run in runs:
            lines.append(f"  {run.engine}: {run.told}")
            if run.differences is not None:
                lines += _unlike(run.differences, run.engine)
        return lines

    say(options, data, text)
    return int(any(run.holds is False for run in runs))


def _trial(options: argparse.Namespace) -> tuple[str, Trial]:
    """Return the name of what is compared, and made rows to try it on."""
    if policy_statements.is_policy(options.target):
        from lishui_credit.policies.policy_file import read_policy
        from lishui_credit.policies.policy_proof import PolicyTrial

        refuse_options(options, policy_statements.OPTIONS, tr("a policy", "政策"))
        policy = read_policy(options.target)
        how = policy_statements.applied(options)
        return f"{policy.id}@{policy.version}", PolicyTrial(
            policy=policy, rows=options.rows, seed=options.seed, **how
        )
    if card_statements.is_card(options.target):
        from lishui_credit.scorecards.cards.card_trial import CardTrial
        from lishui_credit.scorecards.cards.card_workbook import read_card
        from lishui_credit.scorecards.cards.identities import hostile_rows

        refuse_options(options, card_statements.OPTIONS, tr("a card", "评分卡"))
        card = read_card(options.target)
        rows = hostile_rows(card, rows=options.rows, seed=options.seed)
        return card_statements.name_of(card), CardTrial(card, rows)
    from lishui_credit.rubrics.rubric_proof import RubricTrial

    refuse_options(options, OPTIONS, tr("a rubric", "评价办法"))
    options.rubric = options.target
    rubric = edition_asked(options)
    return f"{rubric.name}@{rubric.edition}", RubricTrial(
        rubric=rubric,
        rows=options.rows,
        seed=options.seed,
        period=options.period,
        as_of=day_asked(options),
        labels=options.labels,
    )


def _told(name: str, options: argparse.Namespace, found: Differences) -> list[str]:
    count, seed = plural(found.rows, "row"), options.seed
    lines = [
        tr(
            f"{name} in {options.dialect}: {count}, {found.cells:,} cells compared with polars,"
            f" seed {seed}",
            f"{name},{options.dialect}:与 polars 核对 {found.rows:,} 行、{found.cells:,} 格,种子 {seed}",
        ),
        tr(f"differences: {found.cells_that_differ:,}", f"差异:{found.cells_that_differ:,}"),
    ]
    if found.missing:
        lines.append(tr(f"rows not given: {found.missing:,}", f"缺少的行:{found.missing:,}"))
    if found.unasked:
        lines.append(
            tr(
                f"rows given twice or of nobody: {found.unasked:,}",
                f"重复或多出的行:{found.unasked:,}",
            )
        )
    return [*lines, *_unlike(found, tr("database", "数据库"))]


def _unlike(found: Differences, engine: str) -> Iterator[str]:
    """Yield the columns that differ, and the first cells of each."""
    for column, cells in found.counts.items():
        yield tr(f"  {column}: {cells:,}", f"  {column}:{cells:,}")
    for subject, column, expected, given in found.first.iter_rows():
        yield tr(
            f"  {subject!r}, {column}: polars {expected!r}, {engine} {given!r}",
            f"  {subject!r},{column}:polars 为 {expected!r},{engine}为 {given!r}",
        )
