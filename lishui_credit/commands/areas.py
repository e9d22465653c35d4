"""What ``areas`` does: find credit villages, townships and counties, and say what they lack."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lishui_credit.commands.grading import outcome_label
from lishui_credit.commands.terminal import (
    SYNTHETIC,
    Command,
    names_of,
    say,
    sheet_argument,
    warnings_told,
)
from lishui_credit.errors import SubjectError
from lishui_credit.language import tr
from lishui_credit.reports.layout import table
from lishui_credit.tables.data_words import in_words

if TYPE_CHECKING:
    from lishui_credit.rubrics.area_files import GradedAreas

_SHOWN: Final = 10


def add_arguments(command: Command) -> None:
    """Add the command to the parser."""
    made = command(
        "areas",
        "find credit villages, townships and counties from graded households",
        "由农户等级评定信用村、信用乡镇、信用县",
        areas,
    )
    made.asks("grades", "graded farmer-household file or folder", "农户评级结果文件或目录")
    made.asks("--loans", "lending figures by village", "分村信贷数据文件", required=True)
    sheet_argument(made, "loans")
    made.asks(
        "--credit-grades",
        "grades that make a credit household",
        "视为信用户的等级",
        default="tier1,tier2,tier3",
    )
    made.asks(
        "--explain",
        "explain one area, written county/township/village; nothing is written without -o",
        "说明一个地区的评定依据,写成 县/乡镇/村;不带 -o 时不写文件",
        metavar="AREA",
    )
    made.asks(
        "--output",
        "file to write, .parquet, .csv, .xlsx; needed without --explain",
        "输出文件,.parquet、.csv、.xlsx;未用 --explain 时必填",
        short="-o",
    )


def areas(options: argparse.Namespace) -> int:
    """Grade villages, townships and counties from graded households."""
    from lishui_credit.rubrics import area_files

    if options.output is None and options.explain is None:
        raise SubjectError(
            tr("no output was named", "未指定输出文件"),
            hint=tr("give -o FILE, or --explain AREA", "请加 -o 文件名 或 --explain 地区"),
        )
    inputs = (options.grades, options.loans)
    if options.output is not None:
        area_files.checked_output(options.output, *inputs)
    graded = area_files.grade_areas(*inputs, credit_grades=names_of(options.credit_grades))
    with warnings_told():
        found = None if options.explain is None else area_files.explained(graded, options.explain)
    lines = [str(SYNTHETIC)] if graded.synthetic else []
    if found is None:
        lines += _summary(graded)
    else:
        lines.append(str(found))
    if options.output is not None:
        area_files.write(graded, *inputs, options.output)
        beside = f"{Path(options.output).name}.manifest.json"
        lines.append(tr("wrote ", "已写出 ") + f"{options.output}, {beside}")
    data = graded.rows.to_dicts() if found is None else found.as_dict()
    say(options, data, lambda: lines)
    return 0


def _summary(graded: GradedAreas) -> list[str]:
    """Count areas by status, and say of the first few what they lack."""
    from lishui_credit.rubrics.areas import NO_LOANS

    rows = graded.rows
    counted = rows.group_by("level", "grade_label", "outcome").len().sort("level", "grade_label")
    heads = (
        tr("level", "层级"),
        tr("status", "评定"),
        tr("outcome", "结果"),
        tr("areas", "数量"),
    )
    cells = [
        (
            outcome_label(level),
            (str(NO_LOANS) if status == NO_LOANS.zh else in_words(status)) or "—",
            outcome_label(outcome),
            f"{count:,}",
        )
        for level, status, outcome, count in counted.iter_rows()
    ]
    lines = table(heads, cells)
    lacking = rows.drop_nulls("lacks").select("area", "lacks")
    if not lacking.is_empty():
        lines += ["", tr("what they lack (all in the file):", "未达到的条件(全部见输出文件):")]
        lines += [f"  {area}: {text}" for area, text in lacking.head(_SHOWN).iter_rows()]
        if lacking.height > _SHOWN:
            lines.append("  …")
    return [*lines, *(tr("note: ", "提示:") + note for note in graded.notes)]
