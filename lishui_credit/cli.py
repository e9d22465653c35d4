"""The command line: ``lishui-credit rubrics | grade | explain | compare | verify | areas | samples``.

Only parsing and printing happen here; heavy imports wait until a command needs them. Bad input
prints every problem and leaves with exit code 2; a verification that fails leaves with 1.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lishui_credit.errors import CreditError, Problem, SubjectError
from lishui_credit.language import set_language, tr
from lishui_credit.layout import cut, table
from lishui_credit.version import __version__

if TYPE_CHECKING:
    from lishui_credit.rubrics.graded import Manifest
    from lishui_credit.rubrics.rubric import Rubric


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command line; ``sys.argv`` if None.

    Returns
    -------
    int
        0 done; 1 a verification failed; 2 bad input.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    _choose_language(words)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    options = _parser().parse_args(words)
    try:
        return int(options.run(options))
    except CreditError as error:
        _report(error.problems, as_json=getattr(options, "json", False))
        return 2
    except OSError as error:
        what = error.strerror or str(error)
        _report((Problem(what, where=str(error.filename or "")),), as_json=False)
        return 2
    except BrokenPipeError:  # pragma: no cover
        return 0
    except KeyboardInterrupt:  # pragma: no cover
        return 130


def _choose_language(words: Sequence[str]) -> None:
    for place, word in enumerate(words):
        if word in ("--lang=zh", "--lang=en"):
            set_language("zh" if word.endswith("zh") else "en")
        elif word == "--lang" and words[place + 1 : place + 2] in (["zh"], ["en"]):
            set_language("zh" if words[place + 1] == "zh" else "en")


def _report(problems: Sequence[Problem], *, as_json: bool) -> None:
    if as_json:
        rows = [
            {"where": p.where, "what": p.what, "found": p.found, "hint": p.hint} for p in problems
        ]
        print(json.dumps({"problems": rows}, ensure_ascii=False, indent=2), file=sys.stderr)
        return
    head = tr("lishui-credit: not done", "lishui-credit:未完成")
    if len(problems) > 1:
        head += tr(f", {len(problems)} problems", f",共 {len(problems)} 个问题")
    print(head, file=sys.stderr)
    for problem in problems:
        print(f"  {problem}", file=sys.stderr)


# ---- arguments --------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--lang", choices=("en", "zh"), help=tr("language of messages", "消息语言"))
    common.add_argument("--json", action="store_true", help=tr("print JSON", "输出 JSON"))
    parser = argparse.ArgumentParser(
        prog="lishui-credit",
        description=tr(
            "Grade credit by published rules, explain every point, prove the same result again.",
            "按公开办法评价信用,说明每一分的依据,并可复核同一结果。",
        ),
        parents=[common],
    )
    parser.add_argument("--version", action="version", version=f"lishui-credit {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")

    def command(name: str, text: str, run: Callable[[argparse.Namespace], int]) -> Any:
        made = commands.add_parser(name, help=text, description=text, parents=[common])
        made.set_defaults(run=run)
        return made

    _rubrics_arguments(command)
    made = command(
        "grade", tr("grade a file by the edition in force", "按施行中的版本评级"), _grade
    )
    made.add_argument("rubric", help=tr("rubric id, maybe /variant or @edition", "评价办法编号"))
    _subject_arguments(made)
    made.add_argument("-o", "--output", required=True, help=".parquet, .csv, .xlsx")
    made.add_argument("--on", help=tr("day that picks the edition, YYYY-MM-DD", "选取版本的日期"))
    made.add_argument("--overlay", help=tr("official text to lay over", "覆盖用的官方文本"))
    made.add_argument("--labels", help=tr("label set of the grades", "等级标签组"))
    made.add_argument(
        "--skip-rejected",
        action="store_true",
        help=tr("grade the rows that can be read", "跳过无法读取的行"),
    )
    made = command("explain", tr("why a subject has its grade", "说明某主体的等级依据"), _explain)
    made.add_argument("grades", help=tr("a graded file", "评级结果文件"))
    made.add_argument("subject", help=tr("id of the subject", "主体编号"))
    made = command(
        "compare", tr("who moves between two editions", "两个版本之间谁的等级会变"), _compare
    )
    made.add_argument("rubric")
    made.add_argument("old", help=tr("day of one edition", "版本一的日期"))
    made.add_argument("new", help=tr("day of the other", "版本二的日期"))
    _subject_arguments(made)
    made.add_argument(
        "-o", "--output", help=tr("write who moves to .csv, .xlsx, .parquet", "写出变动名单")
    )
    made = command("verify", tr("re-run a graded file and prove it", "重新评级并核对"), _verify)
    made.add_argument("grades", help=tr("a graded file", "评级结果文件"))
    made = command(
        "areas", tr("credit villages, townships, counties", "信用村、信用乡镇、信用县"), _areas
    )
    made.add_argument("grades", help=tr("a graded farmer-household file", "农户评级结果文件"))
    made.add_argument(
        "--loans", required=True, help=tr("lenders' figures by village", "分村信贷数据")
    )
    made.add_argument(
        "--credit-grades",
        default="tier1,tier2,tier3",
        help=tr("grades that make a credit household", "视为信用户的等级"),
    )
    made.add_argument("-o", "--output", required=True, help=".parquet, .csv, .xlsx")
    made = command("samples", tr("write synthetic sample files", "生成合成样例数据"), _samples)
    made.add_argument("folder")
    made.add_argument("--seed", type=int, default=20161001)
    made.add_argument(
        "--rows", type=int, default=300, help=tr("subjects per file", "每个文件的主体数")
    )
    return parser


def _rubrics_arguments(command: Callable[..., Any]) -> None:
    made = command("rubrics", tr("what is modelled", "已收录的评价办法"), _rubrics)
    inner = made.add_subparsers(dest="what", metavar="show | check")
    show = inner.add_parser("show", help=tr("an edition's grades, rows, clauses", "显示某版本"))
    show.add_argument("rubric")
    show.add_argument("--on", help=tr("day, YYYY-MM-DD", "日期"))
    show.add_argument("--overlay")
    show.set_defaults(run=_show)
    check = inner.add_parser(
        "check", help=tr("every mistake of a file, by line", "逐行检查版本文件")
    )
    check.add_argument("file")
    check.set_defaults(run=_check)
    for sub in (show, check):
        sub.add_argument("--lang", choices=("en", "zh"))
        sub.add_argument("--json", action="store_true")


def _subject_arguments(made: argparse.ArgumentParser) -> None:
    made.add_argument("subjects", help=".csv, .xlsx, .parquet")
    made.add_argument("--events", help=tr("dated events", "事件文件"))
    made.add_argument("--bases", help=tr("reference values by area", "地区基数文件"))
    made.add_argument("--period", type=int, help=tr("year assessed", "评价年度"))
    made.add_argument("--as-of", help=tr("day of grading, YYYY-MM-DD", "评级日"))


def _day(text: str | None, option: str) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SubjectError(
            Problem(tr("not a date", "不是日期"), f"{option} {text}", "YYYY-MM-DD")
        ) from None


def _say(options: argparse.Namespace, data: Any, text: Callable[[], str]) -> None:
    if options.json:
        print(json.dumps(data, ensure_ascii=False, indent=2, default=str))
    else:
        print(text())


def _progress() -> Callable[[str], None]:
    """A bar on a terminal, plain lines otherwise; both on stderr."""
    if not sys.stderr.isatty():
        return lambda step: print(f"… {step}", file=sys.stderr, flush=True)
    from tqdm import tqdm

    bar = tqdm(total=3, bar_format="{desc:<28} {bar:20} {elapsed}", leave=False)

    def step(name: str) -> None:
        bar.set_description_str(name)
        bar.update(1)
        if bar.n >= 3:
            bar.refresh()

    return step


# ---- commands ---------------------------------------------------------------------------------


def _rubrics(options: argparse.Namespace) -> int:
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
    _say(
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
                        row["in_force"],
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


def _show(options: argparse.Namespace) -> int:
    from lishui_credit.rubrics import catalog
    from lishui_credit.rubrics.listing import page

    found = catalog.rubric(options.rubric, on=options.on, overlay=options.overlay)
    if options.json:
        from dataclasses import asdict

        print(json.dumps(asdict(found), ensure_ascii=False, indent=2, default=str))
    else:
        print(page(found))
    return 0


def _check(options: argparse.Namespace) -> int:
    from lishui_credit.rubrics import catalog

    found = catalog.check_file(Path(options.file))
    data = {"rubric": found.name, "edition": found.edition, "sha256": found.sha256}
    text = tr("no mistakes: ", "未发现错误:") + f"{found.name}@{found.edition} {found.sha256[:12]}"
    _say(options, data, lambda: text)
    return 0


def _edition(options: argparse.Namespace) -> Rubric:
    from lishui_credit.rubrics import catalog

    if options.period is not None and options.on is None and "@" not in options.rubric:
        found = catalog.for_period(options.rubric, options.period)
        if options.overlay is None:
            return found
        return catalog.rubric(f"{found.name}@{found.edition}", overlay=options.overlay)
    return catalog.rubric(options.rubric, on=options.on, overlay=options.overlay)


def _grade(options: argparse.Namespace) -> int:
    from lishui_credit.rubrics import graded

    rubric = _edition(options)
    manifest = graded.grade(
        rubric,
        options.subjects,
        options.output,
        events=options.events,
        bases=options.bases,
        period=options.period,
        as_of=_day(options.as_of or (options.on if options.period is None else None), "--as-of"),
        labels=options.labels,
        overlay=options.overlay,
        skip_rejected=options.skip_rejected,
        progress=_progress(),
    )
    _say(options, json.loads(manifest.json()), lambda: _summary(manifest, rubric, options.output))
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
    lines.append(tr("wrote ", "已写出 ") + f"{output}, {Path(output).name}.manifest.json")
    return "\n".join(lines)


def _explain(options: argparse.Namespace) -> int:
    from lishui_credit.rubrics import graded
    from lishui_credit.rubrics.evaluate import Evaluation

    stored = graded.read(options.grades)
    day = date.fromisoformat(stored.manifest.as_of)
    result = Evaluation(stored.frame, stored.rubric, day, stored.manifest.period)
    found = result.explain(options.subject)
    made = tr("SYNTHETIC DATA\n", "合成数据\n") if stored.manifest.synthetic else ""
    _say(options, found.as_dict(), lambda: f"{made}{found}")
    return 0


def _compare(options: argparse.Namespace) -> int:
    from lishui_credit.rubrics import catalog, reform
    from lishui_credit.rubrics.intake import intake
    from lishui_credit.write import write_table

    old = catalog.rubric(options.rubric, on=options.old)
    new = catalog.rubric(options.rubric, on=options.new)
    progress = _progress()
    progress(tr("reading and checking", "读取与校验"))
    taken = intake(
        old,
        options.subjects,
        events=options.events,
        bases=options.bases,
        period=options.period,
        also=(new,),
    )
    if taken.rejected.height:
        raise SubjectError(
            Problem(
                tr(
                    f"{taken.rejected.height} rows cannot be read",
                    f"{taken.rejected.height} 行无法读取",
                ),
                str(taken.rejected["reasons"][0]),
                tr("grade the file first to see all of them", "请先用 grade 命令查看全部"),
            )
        )
    progress(tr("grading by both editions", "按两个版本评级"))
    found = reform.compare(
        old,
        new,
        taken.subjects,
        events=taken.events,
        period=options.period,
        as_of=_day(options.as_of, "--as-of"),
    )
    if options.output:
        write_table(found.moved.lazy(), options.output)
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
        lines += table(heads, [(a, b, f"{n:,}") for a, b, n in found.matrix.iter_rows()])
        if found.moved.height:
            lines.append("")
            lines += table(
                (tr("subject", "主体"), tr("old", "原"), tr("new", "新"), tr("because", "原因")),
                [
                    (r[old.subject_id], r["grade_old"], r["grade_new"], cut(r["because"], 90))
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

    _say(options, data, text)
    return 0


def _verify(options: argparse.Namespace) -> int:
    from lishui_credit.rubrics import graded

    verdict = graded.verify(options.grades, _progress())
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

    _say(options, data, text)
    return 0 if verdict.holds else 1


def _areas(options: argparse.Namespace) -> int:
    from lishui_credit.rubrics import areas, catalog, graded
    from lishui_credit.write import write_table

    stored = graded.read(options.grades)
    day = stored.manifest.as_of
    editions = [
        catalog.rubric(f"credit-{level}", on=day) for level in ("village", "township", "county")
    ]
    found = areas.from_files(
        stored.frame,
        Path(options.loans),
        *editions,
        credit_grades=tuple(options.credit_grades.split(",")),
    )
    rows = areas.long(found)
    write_table(rows.lazy(), options.output)
    counted = rows.group_by("level", "grade_label", "outcome").len().sort("level", "grade_label")
    _say(
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
                    [(a, b or "—", c, f"{n:,}") for a, b, c, n in counted.iter_rows()],
                ),
                tr("wrote ", "已写出 ") + str(options.output),
            ]
        ),
    )
    return 0


def _samples(options: argparse.Namespace) -> int:
    from lishui_credit import samples

    written = samples.write(Path(options.folder), seed=options.seed, rows=options.rows)
    _say(
        options,
        [str(path) for path in written],
        lambda: "\n".join([tr("synthetic data:", "合成数据:"), *(f"  {path}" for path in written)]),
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
