"""What ``grade`` does: call the package, print what came out."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lishui_credit.commands.terminal import (
    SYNTHETIC,
    Command,
    Parser,
    day_of,
    output_argument,
    progress,
    say,
    second_sheet_argument,
    sheet_argument,
    sheets_given,
)
from lishui_credit.language import Bilingual, dated, plural, tr

if TYPE_CHECKING:
    from datetime import date

    from lishui_credit.proof import Manifest
    from lishui_credit.rubrics.earlier_grades import Regraded
    from lishui_credit.rubrics.law.rubric import Rubric
    from lishui_credit.rubrics.stored_grades import Facts, GradeFacts


_LABELS: Final = {
    "graded": Bilingual("graded", "已评级"),
    "withheld": Bilingual("withheld", "暂不评级"),
    "not_graded": Bilingual("not graded", "不参评"),
    "village": Bilingual("village", "村"),
    "township": Bilingual("township", "乡镇"),
    "county": Bilingual("county", "县(市、区)"),
}


def outcome_label(word: str) -> str:
    """Return an outcome or level in the language in use; a grade as it is."""
    return str(_LABELS.get(word, word))


# ---- arguments --------------------------------------------------------------------------------


def add_arguments(command: Command) -> None:
    """Add the commands to the parser."""
    made = command("grade", "grade a file by the edition in force", "按施行中的版本评级", grade)
    rubric_argument(made)
    subject_arguments(made)
    output_argument(made)
    edition_arguments(made)
    label_argument(made)
    made.asks(
        "--engine",
        "where it runs; duckdb and spark grade conformed Parquet into a folder of Parquet",
        "运行引擎;duckdb 与 spark 将符合数据字典的 Parquet 评级后写入 Parquet 目录",
        choices=("polars", "duckdb", "spark"),
        default="polars",
    )
    made.asks(
        "--skip-rejected",
        "grade the other rows although some are rejected",
        "跳过被拒收的行,评定其余各行",
        action="store_true",
    )
    made.asks(
        "--strict",
        "withhold subjects whose empty cells an override rule would take for 'no'",
        "直接判级列为空的主体暂不评级,不按“否”处理",
        action="store_true",
    )
    made.asks(
        "--since",
        "earlier result, .parquet: grade only subjects that may have another grade now",
        "上次评级结果,.parquet:只对等级可能变化的主体重新评级",
    )
    made.asks(
        "--fingerprints",
        "write what --since of a later run needs to know of the events",
        "写出事件指纹,供以后用 --since 评级",
        action="store_true",
    )


def subject_arguments(made: Parser) -> None:
    """Add the inputs of grading."""
    made.asks("subjects", "subjects, .csv, .xlsx, .parquet", "主体数据,.csv、.xlsx、.parquet")
    made.asks(
        "--events",
        "dated events, for rubrics that count them",
        "失信事件文件,按事件扣分的办法须提供",
    )
    made.asks(
        "--bases",
        "reference values by county, for rubrics that use them",
        "分县基数文件,用到基数的办法须提供",
    )
    sheet_argument(made, "subjects")
    for role, en, zh in (("events", "events", "事件"), ("bases", "bases", "基数")):
        second_sheet_argument(made, role, en, zh)
    day_arguments(made)


def day_arguments(made: Parser) -> None:
    """Add the year assessed and the day of grading."""
    made.asks("--period", "year assessed", "评价年度", type=int)
    made.asks("--as-of", "day of grading, YYYY-MM-DD", "评级日,YYYY-MM-DD")


def label_argument(made: Parser) -> None:
    """Add the label set of the grades."""
    made.asks("--labels", "label set of the grades, such as lishui", "等级标签组,如 lishui")


def sheets_of(options: argparse.Namespace) -> dict[str, str]:
    """Return the sheets that the inputs of grading are read from, by role, where any is given."""
    return sheets_given(
        subjects=options.sheet, events=options.events_sheet, bases=options.bases_sheet
    )


def rubric_argument(made: Parser) -> None:
    """Add the id of a rubric."""
    made.asks(
        "rubric",
        "id of the rubric, with /variant or @edition where needed",
        "评价办法编号,可带 /变体 或 @版本",
    )


def edition_arguments(made: Parser) -> None:
    """Add which edition is taken, and what lies over it."""
    made.asks(
        "--on",
        "take the edition in force on this day, YYYY-MM-DD; today if not given",
        "采用该日施行的版本,YYYY-MM-DD,缺省为当日",
    )
    made.asks(
        "--overlay", "official text to lay over the edition, .toml", "覆盖该版本的官方文本,.toml"
    )


# ---- commands ---------------------------------------------------------------------------------


def edition_asked(options: argparse.Namespace) -> Rubric:
    """Return the edition that the options name: of a day, or of the year assessed."""
    from lishui_credit.rubrics.law import catalog

    if options.period is not None and options.on is None and "@" not in options.rubric:
        found = catalog.for_period(options.rubric, options.period)
        if options.overlay is None:
            return found
        return catalog.rubric(f"{found.name}@{found.edition}", overlay=options.overlay)
    return catalog.rubric(options.rubric, on=options.on, overlay=options.overlay)


def day_asked(options: argparse.Namespace) -> date | None:
    """Return the day of grading that the options name: of itself, or the edition's where no year is."""
    return day_of(options.as_of or (options.on if options.period is None else None), "--as-of")


def grade(options: argparse.Namespace) -> int:
    """Grade a file and print what came out."""
    if options.engine != "polars":
        return _grade_folder(options)
    from lishui_credit.rubrics import grade_files

    rubric = edition_asked(options)
    found: list[Regraded] = []
    manifest = grade_files.grade(
        rubric,
        options.subjects,
        options.output,
        events=options.events,
        bases=options.bases,
        period=options.period,
        as_of=day_asked(options),
        labels=options.labels,
        sheets=sheets_of(options),
        overlay=options.overlay,
        skip_rejected=options.skip_rejected,
        strict=options.strict,
        since=options.since,
        fingerprints=options.fingerprints,
        regraded=found.append,
        progress=progress(),
    )
    beside = f"{Path(options.output).name}.manifest.json"
    wrote = f"{options.output}, {beside}"
    data = _data(manifest)
    if found:
        data["regraded"] = asdict(found[0])

    def text() -> list[str]:
        *lines, last = _summary(manifest, rubric, wrote)
        return [*lines, *(line for one in found for line in _regraded(one)), last]

    say(options, data, text)
    return 0


def _regraded(found: Regraded) -> list[str]:
    """Say how many subjects kept an earlier grade, and why the others were graded again."""
    from lishui_credit.rubrics.earlier_grades import WHY

    again = sum(found.again.values())
    lines = [
        tr(
            f"since the earlier result: {found.kept:,} kept, {again:,} graded again,"
            f" {found.gone:,} no longer there",
            f"与上次结果相比:沿用 {found.kept:,},重新评级 {again:,},已不在数据中 {found.gone:,}",
        )
    ]
    if found.whole:
        return [*lines, tr("  all of them, because of: ", "  全部重新评级,原因:") + found.whole]
    return [*lines, *(f"  {WHY[name]}: {count:,}" for name, count in found.again.items())]


def _grade_folder(options: argparse.Namespace) -> int:
    """Grade tables of Parquet in another engine, into a folder, and print what came out."""
    from lishui_credit.errors import Problem, SubjectError
    from lishui_credit.rubrics import grade_folders

    given = {
        "--bases": options.bases,
        "--since": options.since,
        "--fingerprints": options.fingerprints or None,
        **{f"sheet of {k}": v for k, v in sheets_of(options).items()},
    }
    unused = [name for name, value in given.items() if value is not None]
    if unused:
        raise SubjectError(
            Problem(
                tr(f"{options.engine} reads Parquet only", f"{options.engine} 只读取 Parquet"),
                name,
                tr(
                    "give conformed Parquet, bases beside each subject; or leave --engine out",
                    "请提供符合数据字典的 Parquet(基数随主体列出),或不加 --engine",
                ),
            )
            for name in unused
        )
    rubric = edition_asked(options)
    manifest = grade_folders.grade_folder(
        rubric,
        options.subjects,
        options.output,
        engine=options.engine,
        events=options.events,
        period=options.period,
        as_of=day_asked(options),
        labels=options.labels,
        overlay=options.overlay,
        skip_rejected=options.skip_rejected,
        strict=options.strict,
        progress=progress(),
    )
    facts = manifest.facts
    wrote = f"{Path(options.output)}/ ({facts.engine} {facts.engine_version})"
    say(options, _data(manifest), lambda: _summary(manifest, rubric, wrote))
    return 0


def _data(manifest: Manifest[Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(manifest.json())
    return found


def _summary(manifest: Manifest[Facts], rubric: Rubric, wrote: str) -> list[str]:
    from lishui_credit.rubrics.distribution import grade_label
    from lishui_credit.rubrics.engine.compile import REJECTED_EVENT
    from lishui_credit.rubrics.engine.explain import lacking_label

    facts = manifest.facts
    counts = facts.counts
    made = f"{SYNTHETIC}  " if manifest.synthetic else ""
    lines = [
        f"{made}{rubric.name}@{rubric.edition}  {rubric.title}",
        str(rubric.source),
        tr(
            f"{plural(counts['rows'], 'row')}: {counts['graded']:,} graded,"
            f" {counts['withheld']:,} withheld, {counts['not_graded']:,} not graded,"
            f" {counts['rejected']:,} rejected (as of {dated(facts.as_of)})",
            f"共 {counts['rows']:,} 行:评级 {counts['graded']:,},暂不评级 {counts['withheld']:,},"
            f"不参评 {counts['not_graded']:,},拒收 {counts['rejected']:,}(评级日{dated(facts.as_of)})",
        ),
    ]
    graded = max(counts["graded"], 1)
    lines += [
        f"  {grade_label(rubric, name, facts.labels)} ({name})  {count:,}  {100 * count / graded:.1f}%"
        for name, count in facts.grades.items()
    ]
    # Subjects of rejected events lack nothing of their own: a note tells of them.
    lacking = [(name, n) for name, n in facts.withheld.items() if name != REJECTED_EVENT]
    if lacking:
        most = tr(", ", ";").join(f"{lacking_label(name, rubric)} {n:,}" for name, n in lacking[:4])
        lines.append(tr("withheld for lack of: ", "暂不评级的缺项:") + most)
    lines += [*_doubts(facts), *(tr("note: ", "提示:") + note for note in manifest.notes)]
    lines.append(tr("wrote ", "已写出 ") + wrote)
    return lines


def _doubts(facts: GradeFacts) -> list[str]:
    """Say what the grades leave out or rest weakly on."""
    from lishui_credit.tables.columns import called

    lines = []
    if events := facts.counts["rejected_events"]:
        lines.append(tr(f"{plural(events, 'event')} rejected", f"拒收事件 {events:,} 条"))
    if share := facts.weak_evidence_percent:
        lines.append(
            tr(
                f"{share}% of the points this edition can move rest on evidence below 'secondary'",
                f"该版本可变动分值中有 {share}% 的依据弱于“二手转述”",
            )
        )
    if facts.empty_overrides:
        told = tr(", ", ";").join(
            f"{called(n)} {count:,}" for n, count in facts.empty_overrides.items()
        )
        lines.append(
            tr(
                f"subjects withheld for empty cells of override rules: {told}",
                f"因直接判级列为空而暂不评级的主体:{told}",
            )
            if facts.strict
            else tr(
                f"empty cells taken for 'no' by override rules: {told} (--strict withholds these)",
                f"直接判级列的空单元格按“否”处理:{told}(加 --strict 则暂不评级)",
            )
        )
    if facts.unchecked:
        rules, columns = (
            len(facts.unchecked),
            tr(", ", ";").join(map(called, facts.missing_columns)),
        )
        lines.append(
            tr(
                f"{plural(rules, 'override rule')} not checked; missing columns: {columns}",
                f"{rules} 条直接判级规则未核查,数据中缺少列:{columns}",
            )
        )
    return lines
