"""What each command of the command line does: call the package, print what came out.

One function per command, from parsed options to an exit code; `cli` has the parser. Heavy imports
wait inside the function that needs them, so that ``--help`` answers at once.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lishui_credit.errors import Problem, SubjectError
from lishui_credit.language import tr
from lishui_credit.reports.layout import cut, table

if TYPE_CHECKING:
    from lishui_credit.rubrics.grade_files import Manifest, Verdict
    from lishui_credit.rubrics.law.rubric import Rubric


def day_of(text: str | None, option: str) -> date | None:
    """Return the day an option names, None where it is not given.

    Raises
    ------
    SubjectError
        If it is no date.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SubjectError(
            Problem(tr("not a date", "不是日期"), f"{option} {text}", "YYYY-MM-DD")
        ) from None


def names_of(text: str) -> list[str]:
    """Return the names of a comma-separated option."""
    return [name.strip() for name in text.split(",") if name.strip()]


def say(options: argparse.Namespace, data: Any, text: Callable[[], str]) -> None:
    """Print what came out: as JSON where it is asked for, else as text."""
    if options.json:
        print(json.dumps(data, ensure_ascii=False, indent=2, default=str))
    else:
        print(text())


_WORDS = {
    "graded": ("graded", "已评级"),
    "withheld": ("withheld", "暂不评级"),
    "not_graded": ("not graded", "不参评"),
    "village": ("village", "村"),
    "township": ("township", "乡镇"),
    "county": ("county", "县(市、区)"),
}


def _said(word: str) -> str:
    """An outcome or level in the language in use; a grade as it is."""
    return tr(*_WORDS[word]) if word in _WORDS else word


def progress(steps: int = 3) -> Callable[[str], None]:
    """Return what tells of steps: a bar on a terminal, plain lines otherwise; both on stderr."""
    if not sys.stderr.isatty():
        return lambda step: print(f"… {step}", file=sys.stderr, flush=True)
    from tqdm import tqdm

    bar = tqdm(total=steps, bar_format="{desc:<28} {bar:20} {elapsed}", leave=False)

    def step(name: str) -> None:
        bar.set_description_str(name)
        bar.update(1)
        if bar.n >= steps:
            bar.refresh()

    return step


# ---- commands ---------------------------------------------------------------------------------


def rubrics(options: argparse.Namespace) -> int:
    """List every edition shipped."""
    from lishui_credit.rubrics.listing import listing

    rows = listing()
    heads = (
        "id",
        tr("name", "名称"),
        tr("document", "文件"),
        tr("in force", "施行"),
        tr("status", "状态"),
        tr("points by evidence", "分值依据"),
        tr("cases", "案例"),
    )
    say(
        options,
        rows,
        lambda: "\n".join(
            table(
                heads,
                [
                    (
                        row["name"],
                        cut(row["title_zh"], 24),
                        cut(row["document"], 34),
                        row["in_force_said"],
                        row["status_said"],
                        row["evidence_said"],
                        row["cases_said"],
                    )
                    for row in rows
                ],
            )
        ),
    )
    return 0


def show(options: argparse.Namespace) -> int:
    """Print one edition: grades, rows, clauses."""
    from lishui_credit.rubrics.law import catalog
    from lishui_credit.rubrics.listing import page

    found = catalog.rubric(options.rubric, on=options.on, overlay=options.overlay)
    if options.json:
        from dataclasses import asdict

        print(json.dumps(asdict(found), ensure_ascii=False, indent=2, default=str))
    else:
        print(page(found))
    return 0


def check(options: argparse.Namespace) -> int:
    """Check an edition file of the user."""
    from lishui_credit.rubrics.law import catalog

    found = catalog.check_file(Path(options.file))
    data = {"rubric": found.name, "edition": found.edition, "sha256": found.sha256}
    text = tr("no mistakes: ", "未发现错误:") + f"{found.name}@{found.edition} {found.sha256[:12]}"
    say(options, data, lambda: text)
    return 0


def _edition(options: argparse.Namespace) -> Rubric:
    from lishui_credit.rubrics.law import catalog

    if options.period is not None and options.on is None and "@" not in options.rubric:
        found = catalog.for_period(options.rubric, options.period)
        if options.overlay is None:
            return found
        return catalog.rubric(f"{found.name}@{found.edition}", overlay=options.overlay)
    return catalog.rubric(options.rubric, on=options.on, overlay=options.overlay)


def grade(options: argparse.Namespace) -> int:
    """Grade a file and print what came out."""
    from lishui_credit.rubrics import grade_files as graded

    rubric = _edition(options)
    manifest = graded.grade(
        rubric,
        options.subjects,
        options.output,
        events=options.events,
        bases=options.bases,
        period=options.period,
        as_of=day_of(options.as_of or (options.on if options.period is None else None), "--as-of"),
        labels=options.labels,
        overlay=options.overlay,
        skip_rejected=options.skip_rejected,
        progress=progress(),
    )
    say(options, json.loads(manifest.json()), lambda: _summary(manifest, rubric, options.output))
    return 0


def _summary(manifest: Manifest, rubric: Rubric, output: str) -> str:
    counts = manifest.counts
    made = tr("SYNTHETIC DATA  ", "合成数据  ") if manifest.synthetic else ""
    lines = [
        f"{made}{rubric.name}@{rubric.edition}  {rubric.title_zh}",
        str(rubric.source),
        tr(
            f"{counts['rows']:,} rows: {counts['graded']:,} graded, {counts['withheld']:,} withheld,"
            f" {counts['not_graded']:,} not graded, {counts['rejected']:,} rejected"
            f" (as of {manifest.as_of})",
            f"共 {counts['rows']:,} 行:评级 {counts['graded']:,},暂不评级 {counts['withheld']:,},"
            f"不参评 {counts['not_graded']:,},拒收 {counts['rejected']:,}(评级日 {manifest.as_of})",
        ),
    ]
    graded = max(counts["graded"], 1)
    labels = {row.id: row.labels.get(manifest.labels or "", row.label_zh) for row in rubric.grades}
    lines += [
        f"  {labels[name]} ({name})  {count:,}  {100 * count / graded:.1f}%"
        for name, count in manifest.grades.items()
    ]
    if manifest.withheld:
        worst = ", ".join(
            f"{name} {count:,}" for name, count in list(manifest.withheld.items())[:4]
        )
        lines.append(tr("withheld for lack of: ", "暂不评级的缺项:") + worst)
    if counts["rejected_events"]:
        lines.append(
            tr(
                f"{counts['rejected_events']:,} events rejected",
                f"拒收事件 {counts['rejected_events']:,} 条",
            )
        )
    if manifest.weak_evidence_percent:
        lines.append(
            tr(
                f"{manifest.weak_evidence_percent}% of the points this edition can move rest on"
                " evidence below 'secondary'",
                f"该版本可变动分值中有 {manifest.weak_evidence_percent}% 的依据弱于“二手转述”",
            )
        )
    if manifest.unchecked:
        lines.append(
            tr(
                f"{len(manifest.unchecked)} rules past the points were not checked: no such column ",
                f"{len(manifest.unchecked)} 条直接判级规则未核查:数据中无对应列 ",
            )
            + "("
            + ", ".join(manifest.unchecked[:4])
            + ("…" if len(manifest.unchecked) > 4 else "")
            + ")"
        )
    lines += [tr("note: ", "提示:") + note for note in manifest.notes]
    lines.append(tr("wrote ", "已写出 ") + f"{output}, {Path(output).name}.manifest.json")
    return "\n".join(lines)


def explain(options: argparse.Namespace) -> int:
    """Print why one subject has its grade."""
    from lishui_credit.rubrics import grade_files as graded
    from lishui_credit.rubrics.engine.evaluate import Evaluation

    stored = graded.read(options.grades)
    day = date.fromisoformat(stored.manifest.as_of)
    result = Evaluation(stored.frame, stored.rubric, day, stored.manifest.period)
    found = result.explain(options.subject)
    made = tr("SYNTHETIC DATA\n", "合成数据\n") if stored.manifest.synthetic else ""
    say(options, found.as_dict(), lambda: f"{made}{found}")
    return 0


def compare(options: argparse.Namespace) -> int:
    """Print who moves between two editions."""
    from lishui_credit.rubrics import grade_files as graded
    from lishui_credit.rubrics import reform
    from lishui_credit.rubrics.intake import intake
    from lishui_credit.rubrics.law import catalog
    from lishui_credit.tables.write import check_suffix, keep_inputs, write_table

    output = Path(options.output) if options.output else None
    if output is not None:
        check_suffix(output)
        inputs = (options.subjects, options.events, options.bases)
        keep_inputs((output, graded.rejected_path(output)), [Path(file) for file in inputs if file])
    old = catalog.rubric(options.rubric, on=options.old)
    new = catalog.rubric(options.rubric, on=options.new)
    step = progress()
    step(tr("reading and checking", "读取与校验"))
    taken = intake(
        old,
        options.subjects,
        events=options.events,
        bases=options.bases,
        period=options.period,
        as_of=day_of(options.as_of, "--as-of"),
        also=(new,),
    )
    if output is not None:
        graded.settle_rejected(taken, output, skip=False)
    elif taken.rejected.height:
        raise SubjectError(
            Problem(
                tr(
                    f"{taken.rejected.height} rows cannot be read",
                    f"{taken.rejected.height} 行无法读取",
                ),
                str(taken.rejected["reasons"][0]),
                tr("-o FILE writes all of them beside it", "加 -o 文件名可写出全部拒收行"),
            )
        )
    step(tr("grading by both editions", "按两个版本评级"))
    found = reform.compare(
        old,
        new,
        taken.subjects,
        events=taken.events,
        events_in_order=taken.events_in_order,
        period=options.period,
        as_of=day_of(options.as_of, "--as-of"),
    )
    if output is not None:
        write_table(found.moved.lazy(), output)
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

    def text() -> str:
        lines = [
            f"{old.name}: {old.edition} -> {new.edition}",
            tr(
                f"{found.moved.height:,} of {found.subjects:,} subjects move",
                f"{found.subjects:,} 个主体中有 {found.moved.height:,} 个变动",
            ),
        ]
        heads = (tr("old", "原"), tr("new", "新"), tr("subjects", "主体数"))
        lines += table(
            heads, [(_said(a), _said(b), f"{n:,}") for a, b, n in found.matrix.iter_rows()]
        )
        if found.moved.height:
            lines.append("")
            lines += table(
                (tr("subject", "主体"), tr("old", "原"), tr("new", "新"), tr("because", "原因")),
                [
                    (
                        r[old.subject_id],
                        _said(r["grade_old"]),
                        _said(r["grade_new"]),
                        cut(r["because"], 110),
                    )
                    for r in found.moved.head(20).iter_rows(named=True)
                ],
            )
            if found.moved.height > 20:
                rest = found.moved.height - 20
                lines.append(
                    tr(
                        f"… and {rest:,} more (-o writes all)",
                        f"……另有 {rest:,} 个(用 -o 写出全部)",
                    )
                )
        return "\n".join(lines)

    say(options, data, text)
    return 0


def verify(options: argparse.Namespace) -> int:
    """Re-run a graded file; exit code 1 where anything differs."""
    from lishui_credit.rubrics import grade_files as graded

    return say_verdict(options, graded.verify(options.grades, progress()))


def say_verdict(options: argparse.Namespace, verdict: Verdict) -> int:
    """Print what a re-run found; exit code 1 where anything differs."""
    data = {
        "holds": verdict.holds,
        "checks": dict(verdict.checks),
        "subjects": verdict.subjects,
        "different": verdict.different.to_dicts(),
    }

    def text() -> str:
        words = {True: tr("same", "一致"), False: tr("DIFFERENT", "不一致")}
        lines = [f"  {name}: {words[same]}" for name, same in verdict.checks.items()]
        head = tr("verified", "复核一致") if verdict.holds else tr("NOT the same", "复核不一致")
        lines.insert(0, f"{head}: {verdict.subjects:,} " + tr("subjects", "个主体"))
        if verdict.different.height:
            lines += [f"  {row}" for row in verdict.different.head(10).iter_rows()]
        return "\n".join(lines)

    say(options, data, text)
    return 0 if verdict.holds else 1


def areas(options: argparse.Namespace) -> int:
    """Grade villages, townships and counties from graded households."""
    from lishui_credit.rubrics import areas
    from lishui_credit.rubrics import grade_files as graded
    from lishui_credit.rubrics.law import catalog
    from lishui_credit.tables.write import check_suffix, keep_inputs, write_table

    output, inputs = check_suffix(options.output), (Path(options.grades), Path(options.loans))
    keep_inputs([output], [*inputs, graded.manifest_path(inputs[0])])
    stored = graded.read(options.grades)
    day = stored.manifest.as_of
    credit = tuple(options.credit_grades.split(","))
    areas.refuse_unknown_grades(stored.rubric, credit)
    editions = [
        catalog.rubric(f"credit-{level}", on=day) for level in ("village", "township", "county")
    ]
    found = areas.from_files(
        stored.frame,
        Path(options.loans),
        *editions,
        credit_grades=credit,
    )
    rows = areas.long(found)
    write_table(rows.lazy(), output)
    counted = rows.group_by("level", "grade_label", "outcome").len().sort("level", "grade_label")
    say(
        options,
        rows.to_dicts(),
        lambda: "\n".join(
            [
                *table(
                    (
                        tr("level", "层级"),
                        tr("status", "评定"),
                        tr("outcome", "结果"),
                        tr("areas", "数量"),
                    ),
                    [
                        (_said(a), b or "—", _said(c), f"{n:,}")
                        for a, b, c, n in counted.iter_rows()
                    ],
                ),
                tr("wrote ", "已写出 ") + str(options.output),
            ]
        ),
    )
    return 0


def samples(options: argparse.Namespace) -> int:
    """Write the synthetic sample files."""
    from lishui_credit import samples

    for name, least in (("rows", 1), ("seed", 0)):
        if getattr(options, name) < least:
            raise SubjectError(
                Problem(
                    tr(f"--{name} must be {least} or more", f"--{name} 不得小于 {least}"),
                    str(getattr(options, name)),
                )
            )
    written = samples.write(Path(options.folder), seed=options.seed, rows=options.rows)
    say(
        options,
        [str(path) for path in written],
        lambda: "\n".join([tr("synthetic data:", "合成数据:"), *(f"  {path}" for path in written)]),
    )
    return 0
