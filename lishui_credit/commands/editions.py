"""What ``rubrics`` and ``compare`` do: list, show and check editions; who moves between two."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lishui_credit.commands import rubric_pages
from lishui_credit.commands.edition_proving import add_prove, check_proved
from lishui_credit.commands.forms import output, target
from lishui_credit.commands.grading import (
    edition_arguments,
    edition_asked,
    outcome_label,
    rubric_argument,
    sheets_of,
    subject_arguments,
)
from lishui_credit.commands.terminal import Command, day_of, parts, progress, say
from lishui_credit.errors import SubjectError
from lishui_credit.language import Bilingual, plural, tr
from lishui_credit.reports.layout import cut, table

if TYPE_CHECKING:
    from lishui_credit.rubrics.law.rubric import Rubric
    from lishui_credit.rubrics.reform import Comparison

_SHOWN: Final = 20


def add_arguments(command: Command) -> None:
    """Add the commands to the parser."""
    made = command("rubrics", "list the editions", "列出已收录的评价办法", rubrics)
    made.asks(
        "--on",
        "count copies that somebody read in the year before this day, YYYY-MM-DD; today if not given",
        "统计该日之前一年内查看过的副本,YYYY-MM-DD,缺省为当日",
        dest="read_by",
    )
    part = parts(made, "what", "show | check | prove | form | site")
    shown = part(
        "show",
        "show an edition: its grades, rows and clauses",
        "显示某版本的等级、指标与条款",
        show,
    )
    rubric_argument(shown)
    edition_arguments(shown)
    _check_arguments(part)
    add_prove(part)
    blank = part(
        "form",
        "write a blank overlay (.toml) to fill in from the official annex",
        "生成空白覆盖文件(.toml),供按正式附件填写",
        form,
    )
    rubric_argument(blank)
    edition_arguments(blank)
    blank.asks("--period", "year assessed", "评价年度", type=int)
    output(blank)
    rubric_pages.add_arguments(part)
    made = command(
        "compare",
        "list who changes grade between two editions",
        "列出两个版本之间等级变动的主体",
        compare,
    )
    rubric_argument(made)
    made.asks("old", "a day of the first edition", "第一个版本施行期内的日期")
    made.asks("new", "a day of the second edition", "第二个版本施行期内的日期")
    subject_arguments(made)
    made.asks(
        "--output",
        "file for the changed grades, .csv, .xlsx, .parquet",
        "变动名单写入的文件",
        short="-o",
    )


def _check_arguments(part: Command) -> None:
    """Add the command that checks a file, or how old the links are."""
    checked = part(
        "check",
        "report every mistake of an edition file, by line; with --links, which copies are old",
        "检查版本文件,按行报告全部错误;加 --links 列出久未查看的副本",
        check,
    )
    checked.asks(
        "file",
        "edition or overlay, .toml; with --links all editions shipped if not given",
        "版本文件或覆盖文件,.toml;加 --links 时缺省为全部已收录版本",
        nargs="?",
    )
    checked.asks(
        "--links",
        "list rows whose copy nobody read in the year before --on, or that have no address",
        "列出 --on 之前一年内无人查看副本或没有网址的行",
        action="store_true",
    )
    checked.asks(
        "--on",
        "the day for --links, YYYY-MM-DD; today if not given",
        "--links 所用日期,YYYY-MM-DD,缺省为当日",
        dest="read_by",
    )


def rubrics(options: argparse.Namespace) -> int:
    """List every edition shipped."""
    from lishui_credit.rubrics.listing import listing

    rows = listing(day_of(options.read_by, "--on"))
    heads = (
        "id",
        tr("name", "名称"),
        tr("document", "文件"),
        tr("in force", "施行"),
        tr("status", "状态"),
        tr("points by evidence", "分值依据"),
        tr("cited", "有条款"),
        tr("linked", "有网址"),
        tr("read in a year", "一年内查看"),
        tr("cases (clauses touched)", "案例(覆盖条款)"),
    )

    def cells(row: Mapping[str, Any]) -> tuple[str, ...]:
        names = ("in_force", "status", "evidence", "cited", "linked", "read", "cases")
        told = (row[f"{name}_said"] for name in names)
        return (row["name"], cut(row["title"], 24), cut(row["document"], 34), *told)

    say(options, rows, lambda: table(heads, [cells(row) for row in rows]))
    return 0


def show(options: argparse.Namespace) -> int:
    """Print one edition: grades, rows, clauses."""
    from dataclasses import asdict

    from lishui_credit.rubrics.law import catalog
    from lishui_credit.rubrics.listing import page

    found = catalog.rubric(options.rubric, on=options.on, overlay=options.overlay)
    say(options, asdict(found), lambda: page(found))
    return 0


def check(options: argparse.Namespace) -> int:
    """Check an edition file of the user, and prove it."""
    from lishui_credit.rubrics.law.proofs.edition_proof import summary

    if options.links:
        return _check_links(options)
    if options.file is None:
        what = tr("nothing to check", "没有要检查的文件")
        hint = tr(
            "name an edition or overlay, or add --links", "请给出版本文件或覆盖文件,或加 --links"
        )
        raise SubjectError(what, hint=hint)
    found, proofs = check_proved(Path(options.file))
    told = [line for proof in proofs for line in summary(proof)]
    data = {
        "rubric": found.name,
        "edition": found.edition,
        "sha256": found.sha256,
        "proof": [proof.as_dict() for proof in proofs],
    }
    text = tr("no mistakes: ", "未发现错误:") + f"{found.name}@{found.edition} {found.sha256[:12]}"
    say(options, data, lambda: [text, *told])
    return 0


def _check_links(options: argparse.Namespace) -> int:
    """List the rows whose copy is old or lacking; 1 where somebody has to look again."""
    from datetime import date

    from lishui_credit.rubrics.law import catalog
    from lishui_credit.rubrics.link_listing import FAILING, overdue, overdue_lines

    day = day_of(options.read_by, "--on") or date.today()
    if options.file is None:
        rubrics = [catalog.load(entry.path) for entry in catalog.entries()]
    else:
        rubrics = [catalog.check_file(Path(options.file))]
    found = overdue(rubrics, day)
    say(options, found, lambda: overdue_lines(found, day))
    return int(any(row["kind"] in FAILING for row in found))


def form(options: argparse.Namespace) -> int:
    """Write a blank overlay of an edition."""
    from lishui_credit.rubrics.rubric_forms import blank_overlay
    from lishui_credit.tables.write import replacing

    rubric = edition_asked(options)
    path = target(options.output, ".toml")
    with replacing(path) as draft:
        draft.write_text(blank_overlay(rubric), encoding="utf-8")
    data = {"rubric": rubric.name, "edition": rubric.edition, "file": str(path)}
    say(options, data, lambda: tr("wrote ", "已写出 ") + str(path))
    return 0


def compare(options: argparse.Namespace) -> int:
    """Print who moves between two editions."""
    from lishui_credit.rubrics import reform
    from lishui_credit.rubrics.intake import intake
    from lishui_credit.rubrics.law import catalog
    from lishui_credit.tables.rejected import rejected_path, settle
    from lishui_credit.tables.write import check_suffix, keep_inputs, write_table

    output = check_suffix(options.output) if options.output else None
    if output is not None:
        inputs = (options.subjects, options.events, options.bases)
        keep_inputs((output, rejected_path(output)), [Path(file) for file in inputs if file])
    old = catalog.rubric(options.rubric, on=options.old)
    new = catalog.rubric(options.rubric, on=options.new)
    day = day_of(options.as_of, "--as-of")
    step = progress()
    step(tr("reading and checking", "读取与校验"))
    taken = intake(
        old,
        options.subjects,
        events=options.events,
        bases=options.bases,
        sheets=sheets_of(options),
        period=options.period,
        as_of=day,
        also=(new,),
    )
    settle(taken.rejected_rows, output, Bilingual("compare", "比较"))
    step(tr("grading by both editions", "按两个版本评级"))
    found = reform.compare(
        old,
        new,
        taken.subjects,
        events=taken.events,
        events_in_order=taken.events_in_order,
        period=options.period,
        as_of=day,
    )
    if output is not None:
        write_table(found.moved.lazy(), output, sheet="changed grades")
    data = {
        "old": f"{old.name}@{old.edition}",
        "new": f"{new.name}@{new.edition}",
        "subjects": found.subjects,
        "moved": found.moved.to_dicts(),
        "matrix": found.matrix.to_dicts(),
        "changes": [
            {"part": c.part, "id": c.id, "kind": c.kind, "keys": c.keys} for c in found.changes
        ],
    }
    say(options, data, lambda: _compared(found, old, new))
    return 0


def _compared(found: Comparison, old: Rubric, new: Rubric) -> list[str]:
    moved = found.moved.height
    lines = [
        f"{old.name}: {old.edition} -> {new.edition}",
        tr(
            f"{moved:,} of {plural(found.subjects, 'subject')} change grade",
            f"{found.subjects:,} 个主体中有 {moved:,} 个等级变动",
        ),
    ]
    heads = (tr("old", "原"), tr("new", "新"), tr("subjects", "主体数"))
    lines += table(
        heads,
        [(outcome_label(a), outcome_label(b), f"{n:,}") for a, b, n in found.matrix.iter_rows()],
    )
    if not moved:
        return lines
    rows = [
        (
            row[old.subject_id],
            outcome_label(row["grade_old"]),
            outcome_label(row["grade_new"]),
            cut(row["because"], 110),
        )
        for row in found.moved.head(_SHOWN).iter_rows(named=True)
    ]
    lines += ["", *table((tr("subject", "主体"), *heads[:2], tr("because", "原因")), rows)]
    if moved > _SHOWN:
        rest = moved - _SHOWN
        lines.append(
            tr(f"… and {rest:,} more (-o writes all)", f"……另有 {rest:,} 个(用 -o 写出全部)")
        )
    return lines
