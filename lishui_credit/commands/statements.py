"""What ``sql`` does: print a rubric as one statement for the database where the data live."""

from __future__ import annotations

import argparse

from lishui_credit.backends.dialects import DIALECTS
from lishui_credit.commands.grading import (
    day_arguments,
    day_asked,
    edition_arguments,
    edition_asked,
    label_argument,
    rubric_argument,
)
from lishui_credit.commands.terminal import Command, names_of, print_json


def add_arguments(command: Command) -> None:
    """Add the command to the parser."""
    made = command(
        "sql",
        "print a rubric as one commented SELECT that grades a table as grade does",
        "将评价办法输出为一条带注释的 SELECT 语句,结果与 grade 相同",
        sql,
    )
    rubric_argument(made)
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
        "columns that the tables do not have, comma-separated",
        "表中没有的列,逗号分隔",
        metavar="COLUMN,…",
        default="synthetic",
    )


def sql(options: argparse.Namespace) -> int:
    """Print the statement as it is: a database reads it, so no mark in it is set for print."""
    from lishui_credit.rubrics.rubric_sql import to_sql

    rubric = edition_asked(options)
    text = to_sql(
        rubric,
        options.dialect,
        table=options.table,
        events=options.events,
        period=options.period,
        as_of=day_asked(options),
        labels=options.labels,
        without=names_of(options.without),
    )
    if options.json:
        print_json(
            {"rubric": f"{rubric.name}@{rubric.edition}", "sha256": rubric.sha256, "sql": text}
        )
    else:
        print(text, end="")
    return 0
