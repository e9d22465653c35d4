"""What ``explain`` and ``history`` do: say why one subject has its grade, in one year and over years."""

from __future__ import annotations

import argparse

from lishui_credit.commands.terminal import SYNTHETIC, Command, day_of, say, warnings_told


def add_arguments(command: Command) -> None:
    """Add the commands to the parser."""
    made = command("explain", "explain one subject's grade", "说明某主体的等级依据", explain)
    made.asks("grades", "file or folder written by grade", "grade 写出的评级文件或目录")
    made.asks("subject", "id of the subject", "主体编号")
    made.asks(
        "--on",
        "day from which open repairs are looked for, YYYY-MM-DD; the day of grading if not given",
        "自该日起查找仍可作的修复,YYYY-MM-DD,缺省为评级日",
    )
    made = command(
        "history",
        "list one subject's grades over years, and what changed between them",
        "列出某主体历年等级及各年之间的变化",
        history,
    )
    made.asks("subject", "id of the subject", "主体编号")
    made.asks(
        "files",
        "files or folders written by grade, one per year, of one rubric",
        "grade 写出的评级文件或目录,同一办法,每年度一个",
        nargs="+",
        metavar="file",
    )


def explain(options: argparse.Namespace) -> int:
    """Print why one subject has its grade."""
    from lishui_credit.rubrics import grounds, stored_grades

    said = stored_grades.stated(options.grades)
    stored = stored_grades.opened(said)
    day = day_of(options.on, "--on")
    with warnings_told():
        found = grounds.of_graded(stored, said.path, options.subject, on=day)
    made = f"{SYNTHETIC}\n" if stored.manifest.synthetic else ""
    say(options, found.as_dict(), lambda: f"{made}{found}")
    return 0


def history(options: argparse.Namespace) -> int:
    """Print one subject's grades over years."""
    from lishui_credit.rubrics.histories import subject_history

    with warnings_told():
        found = subject_history(options.subject, options.files)
    made = f"{SYNTHETIC}\n" if found.synthetic else ""
    say(options, found.as_dict(), lambda: f"{made}{found}")
    return 0
