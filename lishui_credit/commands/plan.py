"""What ``plan status``, ``plan load``, ``plan check`` and ``plan report`` do: call, print, say; `plan_return` has the form.

Without ``--data`` they run on the synthetic sample, and say so before anything else.
"""

from __future__ import annotations

import argparse
import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from lishui_credit.commands import plan_return
from lishui_credit.commands.plan_lines import (
    SHOWN,
    city_remarks,
    one_county,
    rejected_lines,
    remarks,
    standings,
)
from lishui_credit.commands.terminal import (
    SYNTHETIC,
    Command,
    Parser,
    day_of,
    parts,
    say,
    second_sheet_argument,
    sheet_argument,
    sheets_given,
    tell,
)
from lishui_credit.errors import SubjectError
from lishui_credit.language import dated, plural, tr

if TYPE_CHECKING:
    import polars as pl

# ---- arguments --------------------------------------------------------------------------------


def add_arguments(command: Command) -> None:
    """Add ``plan`` and its five commands to the parser."""
    made = command(
        "plan", "report on the plan's twelve indicators", "报告规划十二项指标的进展", status
    )
    _status_arguments(made)
    sub = parts(made, "what", "status | load | check | report | form")
    part = sub(
        "status",
        "say which indicators are behind, where and since when",
        "说明哪些指标滞后、在哪里、从何时起",
        status,
    )
    _status_arguments(part, inner=True)
    _load_arguments(
        sub("load", "record a file of observations in a store", "将观测文件装载入库", load)
    )
    part = sub(
        "check",
        "report every mistake of a file of observations",
        "检查观测文件,报告全部错误",
        check,
    )
    _file_argument(part)
    sheet_argument(part, "file")
    plan_return.add_arguments(sub)
    part = sub("report", "write the mid-term evaluation", "生成中期评估报告", report)
    _status_arguments(part, inner=True)
    part.asks(
        "--output",
        "report to write, .html, .xlsx or .pdf",
        "报告文件,.html、.xlsx 或 .pdf",
        short="-o",
        required=True,
    )


def _file_argument(part: Parser) -> None:
    part.asks("file", "observations, .csv, .xlsx, .parquet", "观测数据,.csv、.xlsx、.parquet")


def _load_arguments(part: Parser) -> None:
    _file_argument(part)
    sheet_argument(part, "file")
    part.asks(
        "--data", "store, .duckdb or .parquet", "数据库文件,.duckdb 或 .parquet", required=True
    )
    part.asks("--by", "name of the person who records it", "记录人姓名", required=True)
    part.asks("--reason", "reason for recording it", "装载原因", required=True)


def _status_arguments(part: Parser, *, inner: bool = False) -> None:
    if inner:  # what is not given here stays as given before the inner command
        part.argument_default = argparse.SUPPRESS
    part.asks(
        "--at",
        "day to report on, YYYY-MM-DD; end of 2020 if not given",
        "报告日,YYYY-MM-DD,缺省为 2020 年底",
    )
    part.asks(
        "--data",
        "store or file of observations; the synthetic sample if not given",
        "观测数据库或文件,缺省为合成样例",
    )
    sheet_argument(part, "data")
    part.asks(
        "--known-on",
        "use what the store knew on this day, YYYY-MM-DD",
        "采用数据库截至该日的数据,YYYY-MM-DD",
    )
    part.asks(
        "--county",
        "county by code or name; if not given, the city, or the one county of a file",
        "县(市、区)代码或名称,缺省为全市;文件只含一个县(市、区)时为该县",
    )
    part.asks("--targets", "file of yearly targets", "年度目标文件")
    second_sheet_argument(part, "targets", "targets", "年度目标")


# ---- commands ---------------------------------------------------------------------------------


def _in_force(data: str | None, known_on: date | None) -> pl.DataFrame:
    """Return the observations in force, as a store knew them on a day if one is given."""
    from lishui_credit.plan.observed.store import Store, is_store

    if data is None or not is_store(Path(data)):
        return revisions(None if data is None else Path(data), known_on)
    store = Store.open(data, read_only=True)
    return store.latest() if known_on is None else store.at(known_on)


def revisions(path: Path | None, known_on: date | None) -> pl.DataFrame:
    """Return every revision of a store or a file; the synthetic sample where none is named.

    SubjectError where it cannot be read, or a file is asked what it held on an earlier day.
    """
    from lishui_credit.plan.observed.reading import read_observations
    from lishui_credit.plan.observed.store import Store, is_store

    if path is None:
        from lishui_credit.samples.plan_observations import plan_observations

        return plan_observations()
    if is_store(path):
        return Store.open(path, read_only=True).revisions(known_on)
    if known_on is not None:
        raise SubjectError(
            tr("a file keeps no revisions", "文件不保留修订记录"),
            str(path),
            tr(
                "--known-on needs a store: --data store.duckdb",
                "--known-on 须配合数据库:--data store.duckdb",
            ),
        )
    found = read_observations(path)
    for note in found.notes:
        tell(note, aside=True)
    if rows := found.rejected.height:
        tell(
            tr(
                f"warning: {plural(rows, 'row')} left out; `plan check {path}` says why",
                f"警告:{rows:,} 行未采用,原因见 plan check {path}",
            ),
            aside=True,
        )
    return found.frame


def _not_taken(data: str | None, known_on: date | None) -> pl.DataFrame:
    """Return the rejected rows that a store keeps, as far as it knew them on a day if one is given."""
    from lishui_credit.plan.observed.rejections import known_by, none_rejected
    from lishui_credit.plan.observed.store import Store, is_store

    if data is None or not is_store(Path(data)):
        return none_rejected()
    return known_by(Store.open(data, read_only=True).rejected(), known_on)


def status(options: argparse.Namespace) -> int:
    """Say where each of the twelve stands."""
    from lishui_credit.plan.definitions import END
    from lishui_credit.plan.divisions import CITY, division
    from lishui_credit.plan.observed.city import with_city
    from lishui_credit.plan.observed.table import only_county
    from lishui_credit.plan.sentences import attention
    from lishui_credit.plan.standings import progress
    from lishui_credit.plan.targets import read_targets

    at, known_on = day_of(options.at, "--at") or END, day_of(options.known_on, "--known-on")
    frame = _in_force(options.data, known_on)
    lost = _not_taken(options.data, known_on)
    alone = only_county(frame)
    area = division(options.county or alone or CITY)
    targets = None
    if options.targets:
        targets = read_targets(options.targets, options.targets_sheet)
    rows = progress(frame, at, targets=targets).filter(adcode=area.adcode)
    whole = with_city(frame)
    doubtful = whole.reconciliation.filter(whole.reconciliation["period"] <= at)
    missing = whole.missing.filter(whole.missing["period"] <= at)
    missing = missing.clear() if alone else missing  # of one county's return none is missing
    synthetic = bool(frame["synthetic"].any())
    facts = {
        "at": at,
        "area": area.adcode,
        "synthetic": synthetic,
        "indicators": rows.to_dicts(),
        "city_not_computed": missing.to_dicts(),
        "reconciliation": doubtful.to_dicts(),
        "rejected": lost.select("file", "row", "reasons", "loaded_on").to_dicts(),
    }

    def text() -> list[str]:
        lines = [*_banner(synthetic), f"{area.name} · {dated(at)}", *standings(rows)]
        lines += [*remarks(rows, missing, doubtful), *rejected_lines(lost)]
        urgent = attention(rows, adcode=area.adcode)["sentence"].to_list()
        if urgent:
            head = tr("Needs attention first:", "最需关注:")
            lines += ["", head, *(f"  {sentence}" for sentence in urgent)]
        return lines

    say(options, facts, text)
    return 0


def _banner(synthetic: bool) -> list[str]:
    if not synthetic:
        return []
    why = tr("made up, no real value of Lishui", "由程序生成,并非丽水真实数据")
    return [f"*** {SYNTHETIC}{tr(': ', ':')}{why} ***"]


def load(options: argparse.Namespace) -> int:
    """Record a file; 1 if rows were rejected."""
    from lishui_credit.plan.observed.store import Store

    done = Store.open(options.data).load(options.file, by=options.by, reason=options.reason)
    facts = {
        "added": done.added,
        "revised": done.revised,
        "unchanged": done.unchanged,
        "rejected": done.rejected.height,
        "rejected_file": str(done.rejected_path) if done.rejected_path else None,
        "notes": list(done.notes),
    }
    counts = tr(
        f"{done.added:,} added, {done.revised:,} revised, {done.unchanged:,} unchanged,"
        f" {done.rejected.height:,} rejected",
        f"新增 {done.added:,},修订 {done.revised:,},未变 {done.unchanged:,},"
        f"退回 {done.rejected.height:,}",
    )
    lines = [counts, *done.notes]
    if done.rejected_path:
        lines.append(tr("rejected rows: ", "退回的行:") + str(done.rejected_path))
    say(options, facts, lambda: lines)
    return 1 if done.rejected.height else 0


def check(options: argparse.Namespace) -> int:
    """Say what is wrong with a file, row by row; 1 if anything is."""
    from lishui_credit.plan.observed.city import with_city
    from lishui_credit.plan.observed.reading import read_observations
    from lishui_credit.plan.observed.table import only_county

    found = read_observations(options.file)
    whole = with_city(found.frame)
    alone = only_county(found.frame)
    missing = whole.missing.clear() if alone else whole.missing
    faults = found.rejected.select("row", "reasons")
    facts = {
        "area": alone,
        "accepted": found.frame.height,
        "rejected": faults.to_dicts(),
        "city_not_computed": missing.to_dicts(),
        "reconciliation": whole.reconciliation.to_dicts(),
        "notes": list(found.notes),
    }
    lines = [
        tr(
            f"{plural(found.frame.height, 'row')} accepted, {faults.height:,} rejected",
            f"采用 {found.frame.height:,} 行,退回 {faults.height:,} 行",
        ),
        *one_county(alone),
        *found.notes,
        *(
            tr(f"row {row}: ", f"第 {row} 行:") + reasons
            for row, reasons in faults.head(SHOWN).iter_rows()
        ),
    ]
    if more := max(0, faults.height - SHOWN):
        lines.append(tr(f"and {more:,} more", f"另有 {more:,} 行"))
    doubts = city_remarks(missing, whole.reconciliation)
    say(options, facts, lambda: [*lines, *doubts])
    return 1 if faults.height else 0


def report(options: argparse.Namespace) -> int:
    """Write the mid-term evaluation."""
    from lishui_credit.plan.definitions import END
    from lishui_credit.plan.evaluation.files import check_output, report_into
    from lishui_credit.proof import manifest_path
    from lishui_credit.tables.write import keep_inputs

    path = check_output(options.output)
    given = {"data": options.data, "targets": options.targets}
    files = {role: Path(name) for role, name in given.items() if name}
    keep_inputs([path, manifest_path(path)], files.values())
    at, known_on = day_of(options.at, "--at") or END, day_of(options.known_on, "--known-on")
    lost = rejected_lines(_not_taken(options.data, known_on))
    manifest = report_into(
        revisions,
        path,
        files,
        at=at,
        area=options.county,
        known_on=known_on,
        sheets=sheets_given(data=options.sheet, targets=options.targets_sheet),
    )
    facts = json.loads(manifest.json()) | {"report": str(path)}
    wrote = tr("wrote ", "已写出 ") + f"{path}, {manifest_path(path).name}"
    say(options, facts, lambda: [*_banner(manifest.synthetic), wrote, *lost])
    return 0
