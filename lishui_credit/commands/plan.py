"""What ``plan status``, ``plan load``, ``plan check`` and ``plan report`` do: call, print, say; `plan_return` has the form, `plan_site` the site.

Without ``--data`` they run on the synthetic sample, and say so before anything else.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from lishui_credit.commands import plan_return, plan_site
from lishui_credit.commands.plan_inputs import (
    banner,
    in_force,
    not_taken,
    revisions,
    status_arguments,
)
from lishui_credit.commands.plan_lines import (
    SHOWN,
    city_remarks,
    one_county,
    rejected_lines,
    remarks,
    standings,
)
from lishui_credit.commands.terminal import (
    Command,
    Parser,
    day_of,
    parts,
    say,
    sheet_argument,
    sheets_given,
)
from lishui_credit.language import dated, plural, tr

# ---- arguments --------------------------------------------------------------------------------


def add_arguments(command: Command) -> None:
    """Add ``plan`` and its six commands to the parser."""
    made = command(
        "plan", "report on the plan's twelve indicators", "报告规划十二项指标的进展", status
    )
    status_arguments(made)
    sub = parts(made, "what", "status | load | check | report | site | form")
    part = sub(
        "status",
        "say which indicators are behind, where and since when",
        "说明哪些指标滞后、在哪里、从何时起",
        status,
    )
    status_arguments(part, inner=True)
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
    status_arguments(part, inner=True)
    part.asks(
        "--output",
        "report to write, .html, .xlsx or .pdf",
        "报告文件,.html、.xlsx 或 .pdf",
        short="-o",
        required=True,
    )
    plan_site.add_arguments(sub)


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


# ---- commands ---------------------------------------------------------------------------------


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
    frame = in_force(options.data, known_on)
    lost = not_taken(options.data, known_on)
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
        lines = [*banner(synthetic), f"{area.name} · {dated(at)}", *standings(rows)]
        lines += [*remarks(rows, missing, doubtful), *rejected_lines(lost)]
        urgent = attention(rows, adcode=area.adcode)["sentence"].to_list()
        if urgent:
            head = tr("Needs attention first:", "最需关注:")
            lines += ["", head, *(f"  {sentence}" for sentence in urgent)]
        return lines

    say(options, facts, text)
    return 0


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
    lost = rejected_lines(not_taken(options.data, known_on))
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
    say(options, facts, lambda: [*banner(manifest.synthetic), wrote, *lost])
    return 0
