"""What ``areas`` does: find credit villages, townships and counties, and say what they lack."""

from __future__ import annotations

import argparse
from pathlib import Path

from lishui_credit.commands.grading import outcome_label
from lishui_credit.commands.terminal import Command, names_of, output_argument, say, sheet_argument
from lishui_credit.language import tr
from lishui_credit.reports.layout import table


def add_arguments(command: Command) -> None:
    """Add the command to the parser."""
    made = command(
        "areas",
        "find credit villages, townships and counties from graded households",
        "由农户等级评定信用村、信用乡镇、信用县",
        areas,
    )
    made.asks("grades", "graded farmer-household file", "农户评级结果文件")
    made.asks("--loans", "lending figures by village", "分村信贷数据文件", required=True)
    sheet_argument(made, "loans")
    made.asks(
        "--credit-grades",
        "grades that make a credit household",
        "视为信用户的等级",
        default="tier1,tier2,tier3",
    )
    output_argument(made)


def areas(options: argparse.Namespace) -> int:
    """Grade villages, townships and counties from graded households."""
    from lishui_credit.proof import manifest_path
    from lishui_credit.rubrics import areas, grade_files
    from lishui_credit.rubrics.law import catalog
    from lishui_credit.tables.write import check_suffix, keep_inputs, write_table

    output, inputs = check_suffix(options.output), (Path(options.grades), Path(options.loans))
    keep_inputs([output], [*inputs, manifest_path(inputs[0])])
    stored = grade_files.read(options.grades)
    day = stored.manifest.facts.as_of
    credit = tuple(names_of(options.credit_grades))
    areas.refuse_unknown_grades(stored.rubric, credit)
    editions = [
        catalog.rubric(f"credit-{level}", on=day) for level in ("village", "township", "county")
    ]
    found = areas.from_files(stored.frame, inputs[1], *editions, credit_grades=credit)
    rows = areas.long(found)
    write_table(rows.lazy(), output)
    counted = rows.group_by("level", "grade_label", "outcome").len().sort("level", "grade_label")
    heads = (
        tr("level", "层级"),
        tr("status", "评定"),
        tr("outcome", "结果"),
        tr("areas", "数量"),
    )
    cells = [
        (outcome_label(level), status or "—", outcome_label(outcome), f"{count:,}")
        for level, status, outcome, count in counted.iter_rows()
    ]
    wrote = tr("wrote ", "已写出 ") + str(options.output)
    say(options, rows.to_dicts(), lambda: [*table(heads, cells), wrote])
    return 0
