"""What ``reform`` does: say what a change of the rules would do to a register."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lishui_credit.commands.grading import sheets_of, subject_arguments
from lishui_credit.commands.reform_lines import reform_lines
from lishui_credit.commands.terminal import (
    Command,
    Parser,
    day_of,
    names_of,
    progress,
    say,
)
from lishui_credit.errors import Problem, SubjectError, refuse
from lishui_credit.language import Bilingual, tr

if TYPE_CHECKING:
    import polars as pl

    from lishui_credit.pricing.credit_lines import LineTable, Markups
    from lishui_credit.rubrics.cliffs import Cliffs
    from lishui_credit.rubrics.law.rubric import Rubric
    from lishui_credit.validation.reform_effects import Reform


def add_arguments(command: Command) -> None:
    """Add the command to the parser."""
    made = command(
        "reform",
        "say who moves, which lines and prices follow and where the cliffs are under changed rules",
        "评估规则改动的影响:等级变动、额度与价格变化、等级断崖",
        reform,
    )
    made.asks(
        "base",
        "edition in force: a name such as tax-credit@2020-01-01, or a file, .toml",
        "现行版本:名称(如 tax-credit@2020-01-01)或 .toml 文件",
    )
    made.asks(
        "changed",
        "changed edition: a name, an edition or an overlay, .toml",
        "改动后的版本:名称、版本文件或覆盖文件,.toml",
    )
    subject_arguments(made)
    made.asks(
        "--by",
        "columns whose groups are counted, comma-separated; county*industry crosses two",
        "分组统计的列,逗号分隔;county*industry 表示两列交叉",
        default="",
    )
    made.asks(
        "--as-if-in-force",
        "grade by the change on days before its first day too",
        "评级日早于改动施行日时,仍按改动评级",
        action="store_true",
    )
    _money_arguments(made)
    made.asks(
        "--no-cliffs",
        "do not count who stands one step from another grade",
        "不统计距其他等级一步之差的主体",
        action="store_true",
    )
    made.asks(
        "--output",
        "file for the changed grades, .csv, .xlsx, .parquet",
        "变动名单写入的文件",
        short="-o",
    )


def _money_arguments(made: Parser) -> None:
    made.asks(
        "--lines",
        "credit line by grade in yuan, such as A=100000,B=50000; else the edition's amounts",
        "各等级授信额度(元),如 A=100000,B=50000;缺省为版本所定额度",
        metavar="GRADE=YUAN,…",
    )
    made.asks(
        "--markups",
        "price by grade, percent over the base rate, such as A=-10,B=30",
        "各等级利率上浮幅度(基准利率的百分数),如 A=-10,B=30",
        metavar="GRADE=PERCENT,…",
    )
    made.asks(
        "--base-rate",
        "base rate a year in basis points, such as 435",
        "年基准利率,单位基点,如 435",
        type=int,
        metavar="BP",
    )


def reform(options: argparse.Namespace) -> int:
    """Grade a register by the rules in force and by their change, and say what differs."""
    from lishui_credit.rubrics.cliffs import cliffs
    from lishui_credit.tables.rejected import settle
    from lishui_credit.validation import reform_files

    output = _output(options)
    old, new = _editions(options)
    lines, markups = _prices(options, old, new)
    by = names_of(options.by)
    groups = tuple(dict.fromkeys(part for name in by for part in name.split("*")))
    files, sheets = _inputs(options), sheets_of(options)
    told: dict[str, Any] = {"period": options.period, "as_of": day_of(options.as_of, "--as-of")}
    step = progress(3 if options.no_cliffs else 4)
    step(tr("reading and checking", "读取与校验"))
    taken = reform_files.read_files(old, new, files, sheets=sheets, **told)
    settle(taken.rejected_rows, output, Bilingual("reform", "评估"))
    step(tr("grading by both editions", "按两个版本评级"))
    found, _ = reform_files.regraded_files(
        old,
        new,
        files,
        groups=groups,
        as_if_in_force=options.as_if_in_force,
        sheets=sheets,
        taken=taken,
        **told,
    )
    money = found.money(by, lines=lines, markups=markups, base_bp=options.base_rate)
    steps: tuple[Cliffs, ...] = ()
    if not options.no_cliffs:
        step(tr("taking every step", "逐步试算"))
        both = (found.old, found.new) if found.applies else (found.old,)
        steps = tuple(cliffs(part) for part in both)
    if output is not None:
        reform_files.write_moved(
            found,
            output,
            files,
            taken.rows,
            groups=groups,
            as_if_in_force=options.as_if_in_force,
            sheets=sheets,
        )
    say(
        options,
        _data(found, by, money, steps),
        lambda: reform_lines(found, by, money, steps, output),
    )
    return 0


# ---- what is asked for ------------------------------------------------------------------------


def _output(options: argparse.Namespace) -> Path | None:
    from lishui_credit.proof import manifest_path
    from lishui_credit.tables.rejected import rejected_path
    from lishui_credit.tables.write import check_suffix, keep_inputs

    output = check_suffix(options.output) if options.output else None
    if output is not None:
        inputs = _inputs(options).values()
        keep_inputs((output, rejected_path(output), manifest_path(output)), inputs)
    return output


def _inputs(options: argparse.Namespace) -> dict[str, Path]:
    """Return the files a run reads, by role."""
    given = {role: getattr(options, role) for role in ("subjects", "events", "bases")}
    editions = {role: getattr(options, role) for role in ("base", "changed")}
    given |= {role: name for role, name in editions.items() if name.lower().endswith(".toml")}
    return {role: Path(path) for role, path in given.items() if path is not None}


def _editions(options: argparse.Namespace) -> tuple[Rubric, Rubric]:
    """Return both editions; raises with what is wrong with either."""
    from lishui_credit.errors import CreditError
    from lishui_credit.rubrics.law import catalog

    problems: list[Problem] = []
    found = []
    for name in (options.base, options.changed):
        try:
            if name.lower().endswith(".toml") and not Path(name).exists():
                raise SubjectError(tr("no such file", "没有这个文件"), where=name)
            found.append(catalog.named_or_file(name))
        except CreditError as error:
            problems += error.problems
    if len(found) == 2 and found[0].subject_id != found[1].subject_id:
        what = tr("the editions grade different subjects", "两个版本的评价对象不同")
        problems.append(Problem(what, f"{found[0].subject}, {found[1].subject}"))
    refuse(problems)
    return found[0], found[1]


def _prices(
    options: argparse.Namespace, old: Rubric, new: Rubric
) -> tuple[LineTable | None, Markups | None]:
    """Return the lines and mark-ups by grade that are asked for; raises with all that is wrong."""
    from lishui_credit.pricing.credit_lines import LineTable, Markups

    known = list(dict.fromkeys(row.id for part in (old, new) for row in part.grades))
    problems: list[Problem] = []
    lines = _by_grade(options.lines, "--lines", known, problems)
    percent = _by_grade(options.markups, "--markups", known, problems)
    if any(value < 0 for value in lines.values()):
        problems.append(Problem(tr("a credit line is negative", "额度为负"), where="--lines"))
    if bool(percent) != (options.base_rate is not None):
        what = tr("a price needs mark-ups and a base rate", "价格须同时给出上浮幅度和基准利率")
        problems.append(Problem(what, where="--markups, --base-rate"))
    refuse(problems)
    title = tr("lines given with the command", "命令所给额度")
    fen = {grade: value * 100 for grade, value in lines.items()}
    return (
        LineTable(title_zh=title, base_fen=fen) if lines else None,
        Markups(percent=percent) if percent else None,
    )


def _by_grade(
    text: str | None, option: str, known: list[str], problems: list[Problem]
) -> dict[str, int]:
    """Return whole numbers by grade of an option, noting what is none or no grade."""
    from lishui_credit.tables.header_words import did_you_mean

    found: dict[str, int] = {}
    for part in names_of(text or ""):
        grade, _, value = part.partition("=")
        try:
            found[grade.strip()] = int(value)
        except ValueError:
            what = tr("not GRADE=WHOLE NUMBER", "不是“等级=整数”")
            problems.append(Problem(what, part, where=option))
            continue
        if grade.strip() not in known:
            what = tr("neither edition has this grade", "两个版本均无此等级")
            hint = did_you_mean([grade], known) or tr("grades: ", "等级:") + ", ".join(known)
            problems.append(Problem(what, grade, hint, option))
    return found


# ---- what came out ----------------------------------------------------------------------------


def _data(
    found: Reform, by: list[str], money: pl.DataFrame, steps: tuple[Cliffs, ...]
) -> dict[str, Any]:
    from lishui_credit.rubrics import reform_words
    from lishui_credit.rubrics.reform import changes

    old, new = found.old.rubric, found.change
    return {
        "old": f"{old.name}@{old.edition}",
        "new": f"{new.name}@{new.edition}",
        "overlays": list(new.overlays),
        "as_of": found.old.as_of,
        "applies": found.applies,
        "subjects": found.subjects,
        "changes": [asdict(change) for change in changes(old, new)],
        "side_by_side": reform_words.side_by_side(old, new).to_dicts(),
        "groups": found.by_group(by).to_dicts(),
        "matrix": found.matrix().to_dicts(),
        "money": money.to_dicts(),
        "cliffs": [
            {
                "edition": part.rubric.edition,
                "sha256": part.rubric.sha256,
                "near": part.near,
                "near_any": part.near_any,
                "steps": part.frame.to_dicts(),
            }
            for part in steps
        ],
    }
