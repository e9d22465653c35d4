"""What ``form`` and ``columns`` do: empty workbooks to fill in, and what every column may hold."""

from __future__ import annotations

import argparse
from pathlib import Path

from lishui_credit.commands.grading import edition_arguments, edition_asked, rubric_argument
from lishui_credit.commands.terminal import Command, Parser, say
from lishui_credit.errors import SubjectError
from lishui_credit.language import either, tr
from lishui_credit.reports.layout import cut, table


def add_arguments(command: Command) -> None:
    """Add the commands to the parser."""
    made = command(
        "form",
        "write an empty workbook to fill in for an edition",
        "按版本生成待填写的空白表",
        form,
    )
    rubric_argument(made)
    edition_arguments(made)
    made.asks("--period", "year assessed", "评价年度", type=int)
    which = made.add_mutually_exclusive_group()
    for role, en, zh in (
        ("events", "the form of events", "事件表"),
        ("bases", "the form of county bases", "县级基数表"),
    ):
        which.add_argument(f"--{role}", action="store_true", help=tr(en, zh))
    output(made)
    made = command(
        "columns",
        "list the columns files may have, and what a cell may hold",
        "列出数据列及其取值",
        columns,
    )
    made.asks("name", "part of an id or a label", "代号或名称的一部分", nargs="?", default="")


def output(made: Parser) -> None:
    """Add where a form goes."""
    made.asks("--output", "file to write", "输出文件", short="-o", required=True)


def target(path: str, suffix: str) -> Path:
    """Return where a form goes; raises for a file of another kind, or one that is there."""
    found = Path(path)
    if found.suffix.lower() != suffix:
        raise SubjectError(
            tr(f"a form is a {suffix} file", f"空白表须为 {suffix} 文件"),
            found.name,
            where=str(found),
        )
    if found.exists():
        raise SubjectError(
            tr("the file is there already, and may be filled in", "文件已存在,可能已填写"),
            hint=tr("name another", "请另取文件名"),
            where=str(found),
        )
    return found


def form(options: argparse.Namespace) -> int:
    """Write an edition's empty form."""
    from lishui_credit.rubrics.rubric_forms import Table, rubric_form
    from lishui_credit.tables.forms import write_form

    rubric = edition_asked(options)
    path = target(options.output, ".xlsx")
    role: Table = "events" if options.events else "bases" if options.bases else "subjects"
    write_form(rubric_form(rubric, role, options.period), path)
    data = {"rubric": rubric.name, "edition": rubric.edition, "file": str(path)}
    say(options, data, lambda: tr("wrote ", "已写出 ") + str(path))
    return 0


def columns(options: argparse.Namespace) -> int:
    """List the dictionary: ids, labels, kinds, units, bounds; and what counts as nothing."""
    from lishui_credit.tables.cells import NO, YES
    from lishui_credit.tables.column_cells import NOTHING
    from lishui_credit.tables.columns import dictionary
    from lishui_credit.tables.header_words import UNITS, no_column, normal
    from lishui_credit.tables.headers import own_units, spellings

    wanted = normal(options.name)
    found = [
        column
        for column in dictionary().values()
        if any(wanted in word for word in spellings(column))
    ]
    if not found:
        names = [name for row in dictionary().values() for name in (row.id, row.label_zh)]
        raise SubjectError(no_column(options.name, names))
    data = [
        {
            "id": column.id,
            "label_zh": column.label_zh,
            "label_en": column.label_en,
            "type": column.type,
            "units": [*UNITS.get(column.type, {}), *own_units(column)],
            "minimum": column.minimum,
            "maximum": column.maximum,
            "values": {name: list(words) for name, words in column.values.items()},
            "values_en": column.values_en,
            "aliases": list(column.aliases),
            "privacy": column.privacy,
        }
        for column in found
    ]
    words = {"nothing": list(NOTHING), "yes": list(YES), "no": list(NO)}

    def text() -> list[str]:
        said = (
            tr("label", "名称"),
            tr("kind", "类型"),
            tr("units", "单位"),
            tr("may hold", "取值"),
        )
        cells = []
        for column in found:
            holds = tr(", ", "、").join(column.choices)
            if column.numeric:
                holds = f"{column.minimum} – {column.maximum}"
            units = " ".join((*UNITS.get(column.type, {}), *own_units(column)))
            label = either(column.label_en, column.label_zh)
            cells.append((column.id, label, column.type, cut(units, 30), cut(holds, 50)))
        return [
            *table(("id", *said), cells),
            "",
            tr("An empty cell, in a column of any kind: ", "视为空的写法(各类列相同):")
            + " ".join(word or tr("(nothing)", "(空)") for word in NOTHING),
            tr("yes: ", "是:") + " ".join(YES) + tr("   no: ", "   否:") + " ".join(NO),
            tr(
                "Anything else that is no value of its column rejects its row.",
                "其他不属于该列取值的内容,所在行将被拒收。",
            ),
        ]

    say(options, {"columns": data, **words}, text)
    return 0
