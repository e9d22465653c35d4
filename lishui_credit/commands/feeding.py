"""What ``feed`` does: put the grades by one rubric into the file of another that stands on it."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from lishui_credit.commands.grading import edition_arguments, edition_asked, rubric_argument
from lishui_credit.commands.terminal import SYNTHETIC, Command, output_argument, say
from lishui_credit.language import plural, tr


def add_arguments(command: Command) -> None:
    """Add the command to the parser."""
    made = command(
        "feed",
        "fill in the grades that another rubric gave, for a rubric that stands on them",
        "将另一办法的等级填入以其为依据的办法的数据文件",
        feed,
    )
    rubric_argument(made)
    made.asks("subjects", "subjects, .csv, .xlsx, .parquet", "主体数据,.csv、.xlsx、.parquet")
    made.asks(
        "grades",
        "file or folder written by grade, of the rubric it stands on",
        "其所依据办法的评级结果文件或目录(由 grade 写出)",
    )
    output_argument(made)
    edition_arguments(made)
    made.asks("--period", "year assessed", "评价年度", type=int)


def feed(options: argparse.Namespace) -> int:
    """Write the subjects with the other rubric's grades beside their own cells."""
    from lishui_credit.rubrics import fed_grades
    from lishui_credit.tables.write import check_suffix, keep_inputs, write_table

    output = check_suffix(options.output)
    keep_inputs([output], [Path(options.subjects), Path(options.grades)])
    found = fed_grades.feed(edition_asked(options), options.subjects, options.grades)
    write_table(found.subjects.lazy(), output, sheet="subjects")
    data = {name: value for name, value in asdict(found).items() if name != "subjects"}
    lines = [str(SYNTHETIC)] if found.synthetic else []
    lines += [
        tr(
            f"{found.column}: {plural(found.found, 'grade')} by {found.rubric}",
            f"{found.column}:由 {found.rubric} 填入 {found.found:,} 个",
        ),
        tr(
            f"{plural(found.unknown, 'subject')} without one: withheld there, or not in the file",
            f"未填入 {found.unknown:,} 个:该办法暂不评级,或结果文件中没有",
        ),
        tr("wrote ", "已写出 ") + options.output,
    ]
    say(options, {**data, "file": options.output}, lambda: lines)
    return 0
