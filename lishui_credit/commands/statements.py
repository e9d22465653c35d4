"""What ``sql`` does: print a rubric, a card or a policy as one statement for the database where the data live."""

from __future__ import annotations

import argparse
from typing import Final

from lishui_credit.backends.dialects import DIALECTS
from lishui_credit.commands import card_statements, policy_statements
from lishui_credit.commands.grading import (
    day_arguments,
    day_asked,
    edition_arguments,
    edition_asked,
    label_argument,
)
from lishui_credit.commands.terminal import Command, names_of, print_json
from lishui_credit.errors import Problem, refuse
from lishui_credit.language import tr

OPTIONS: Final = ("events", "period", "as_of", "on", "overlay", "labels", "without")
"""Options of a rubric."""


def add_arguments(command: Command) -> None:
    """Add the command to the parser."""
    made = command(
        "sql",
        "print a rubric, a card or a policy as one commented SELECT that does what grade, score or decide does",
        "将评价办法、评分卡或信贷政策输出为一条带注释的 SELECT 语句,结果与 grade、score 或 decide 相同",
        sql,
    )
    made.asks(
        "rubric",
        "id of the rubric, with /variant or @edition where needed; or a card, models/<id>/<version>; or the file"
        " of a policy, .toml",
        "评价办法编号,可带 /变体 或 @版本;或评分卡,models/<编号>/<版本>;或政策文件,.toml",
    )
    made.asks(
        "--dialect",
        "database that will run it",
        "目标数据库",
        choices=tuple(DIALECTS),
        required=True,
    )
    made.asks(
        "--table",
        "table or view of subjects, as the database names it",
        "主体表或视图,按数据库的写法",
        default="subjects",
    )
    made.asks(
        "--events",
        "table or view of events, for rubrics that count them",
        "事件表或视图,按事件扣分的办法须提供",
    )
    day_arguments(made)
    edition_arguments(made)
    label_argument(made)
    made.asks(
        "--without",
        "columns that the tables do not have, comma-separated; synthetic if not given",
        "表中没有的列,逗号分隔,缺省为 synthetic",
        metavar="COLUMN,…",
    )
    card_statements.add_arguments(made)
    policy_statements.add_arguments(made)


def sql(options: argparse.Namespace) -> int:
    """Print the statement as it is: a database reads it, so no mark in it is set for print."""
    if policy_statements.is_policy(options.rubric):
        refuse_options(options, policy_statements.OPTIONS, tr("a policy", "政策"))
        found = policy_statements.policy_statement(options, options.rubric)
    elif card_statements.is_card(options.rubric):
        refuse_options(options, card_statements.OPTIONS, tr("a card", "评分卡"))
        found = card_statements.card_statement(options, options.rubric)
    else:
        refuse_options(options, OPTIONS, tr("a rubric", "评价办法"))
        found = _rubric_statement(options)
    if options.json:
        print_json(found)
    else:
        print(found["sql"], end="")
    return 0


def refuse_options(options: argparse.Namespace, own: tuple[str, ...], kind: str) -> None:
    """Refuse options that say nothing of a kind."""
    what = tr(f"the option means nothing for {kind}", f"该选项不适用于{kind}")
    every = dict.fromkeys((*OPTIONS, *card_statements.OPTIONS, *policy_statements.OPTIONS))
    given = [name for name in every if name not in own and getattr(options, name, None) is not None]
    refuse([Problem(what, f"--{name.replace('_', '-')}") for name in given])


def _rubric_statement(options: argparse.Namespace) -> dict[str, str]:
    """Return a rubric's id and edition, its hash and its statement."""
    from lishui_credit.rubrics.rubric_sql import NOT_ASKED, to_sql

    rubric = edition_asked(options)
    text = to_sql(
        rubric,
        options.dialect,
        table=options.table,
        events=options.events,
        period=options.period,
        as_of=day_asked(options),
        labels=options.labels,
        without=names_of(options.without) if options.without is not None else NOT_ASKED,
    )
    return {"rubric": f"{rubric.name}@{rubric.edition}", "sha256": rubric.sha256, "sql": text}
