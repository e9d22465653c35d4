"""What ``prove`` does: run what ``sql`` prints in a database of the user's, and compare every cell."""

from __future__ import annotations

import argparse
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
    from lishui_credit.rubrics.cell_differences import Differences
    from lishui_credit.rubrics.users_database import Database

_DIALECTS: Final = ("duckdb", "sqlite", "postgres", "mysql", "mariadb")


def add_arguments(command: Command) -> None:
    """Add the command to the parser."""
    made = command(
        "prove",
        "run what sql prints in your database, on made rows, and compare every cell",
        "在您的数据库中用构造数据运行 sql 输出的语句,逐格核对",
        prove,
    )
    made.asks(
        "target",
        "id of a rubric, or a card: its folder or scorecard.json, or the file of a policy, .toml",
        "评价办法编号,或评分卡:目录或 scorecard.json,或政策文件,.toml",
    )
    made.asks(
        "--dialect",
        "database that the statement is for",
        "目标数据库",
        choices=_DIALECTS,
        required=True,
    )
    made.asks(
        "--url",
        "the database, such as mysql+pymysql://user:password@host/base",
        "数据库 URL,如 mysql+pymysql://user:password@host/base",
        required=True,
    )
    made.asks("--rows", "made rows to compare", "构造的行数", type=int, default=5000)
    made.asks("--seed", "other made rows", "更换构造数据的种子", type=int, default=16)
    day_arguments(made)
    edition_arguments(made)
    label_argument(made)
    policy_statements.deciding_arguments(made)


def prove(options: argparse.Namespace) -> int:
    """Compare; exit code 1 where anything differs."""
    from lishui_credit.rubrics.users_database import connected

    if options.rows < 1:
        raise SubjectError(tr("not a number of rows", "行数无效"), str(options.rows), "--rows 5000")
    with connected(options.url, options.dialect) as base:
        name, found = _proved(base, options)
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


def _proved(base: Database, options: argparse.Namespace) -> tuple[str, Differences]:
    """Return the name of what was compared, and what differs."""
    if policy_statements.is_policy(options.target):
        return _proved_policy(base, options)
    if card_statements.is_card(options.target):
        from lishui_credit.models.card_proof import prove_card
        from lishui_credit.scorecards.cards.card_workbook import read_card

        refuse_options(options, card_statements.OPTIONS, tr("a card", "评分卡"))
        card = read_card(options.target)
        return card_statements.name_of(card), prove_card(
            base, card, options.dialect, rows=options.rows, seed=options.seed
        )
    from lishui_credit.rubrics.rubric_proof import prove_rubric

    refuse_options(options, OPTIONS, tr("a rubric", "评价办法"))
    options.rubric = options.target
    rubric = edition_asked(options)
    return f"{rubric.name}@{rubric.edition}", prove_rubric(
        base,
        rubric,
        options.dialect,
        rows=options.rows,
        seed=options.seed,
        period=options.period,
        as_of=day_asked(options),
        labels=options.labels,
    )


def _proved_policy(base: Database, options: argparse.Namespace) -> tuple[str, Differences]:
    from lishui_credit.policies.policy_file import read_policy
    from lishui_credit.policies.policy_proof import prove_policy

    refuse_options(options, policy_statements.OPTIONS, tr("a policy", "政策"))
    policy = read_policy(options.target)
    how = policy_statements.applied(options)
    return f"{policy.id}@{policy.version}", prove_policy(
        base, policy, options.dialect, rows=options.rows, seed=options.seed, **how
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
    for column, cells in found.counts.items():
        lines.append(tr(f"  {column}: {cells:,}", f"  {column}:{cells:,}"))
    for subject, column, expected, given in found.first.iter_rows():
        lines.append(
            tr(
                f"  {subject!r}, {column}: polars {expected!r}, database {given!r}",
                f"  {subject!r},{column}:polars 为 {expected!r},数据库为 {given!r}",
            )
        )
    return lines
