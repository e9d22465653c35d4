"""What ``watch`` does: judge months against a stored card, add them to its history."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lishui_credit.commands.terminal import (
    SYNTHETIC,
    Command,
    names_of,
    say,
    warnings_told,
)
from lishui_credit.language import plural, tr

if TYPE_CHECKING:
    from lishui_credit.monitoring.monthly_files import Roles
    from lishui_credit.monitoring.period_records import Rules


def add_arguments(command: Command) -> None:
    """Add the command to the parser."""
    made = command(
        "watch",
        "watch a stored card over the months after: exit code 1 on an alarm",
        "逐期监测已存评分卡,报警时退出码为 1",
        run,
    )
    made.asks(
        "model",
        "folder of the card, models/<id>/<version>, its scorecard.json or workbook",
        "评分卡目录,models/<编号>/<版本>,或其 scorecard.json、工作簿",
    )
    made.asks(
        "files",
        "scored files, or rows that the card scores: .parquet, .csv, .xlsx",
        "评分结果文件,或由评分卡打分的数据:.parquet、.csv、.xlsx",
        nargs="+",
    )
    made.asks(
        "--output",
        "folder of the history, the verdict and the page",
        "历史记录、结论与页面所在目录",
        short="-o",
        required=True,
    )
    made.asks(
        "--period",
        "column of months, quarters, years or days; without it the file's name says it (2026-03, 2026Q1)",
        "期间列(月、季、年或日期);缺省由文件名给出(2026-03、2026Q1)",
    )
    made.asks(
        "--target",
        "outcome column, 1 bad, 0 good, empty if not known yet; the card's own if not given",
        "结果列,1 坏、0 好,未知留空;缺省同评分卡",
    )
    made.asks("--opened", "column of the day of opening, for months on book", "开户日列,用于账龄")
    made.asks(
        "--subject",
        "column of the subject's id, for migration of grades",
        "主体编号列,用于等级迁移",
    )
    made.asks("--by", "columns whose groups are shown, comma-separated", "列示分组的列,逗号分隔")
    made.asks("--cut-off", "lowest score that is approved", "最低通过分", type=float)
    made.asks(
        "--level",
        "chance of a false alarm per check and period, 0.05 if not given",
        "每项检验每期的误报机会,缺省 0.05",
        type=float,
    )
    made.asks(
        "--least-psi",
        "index below which a shift beyond chance is no alarm, 0 if not given",
        "低于此指数的显著变化不报警,缺省 0",
        type=float,
    )


def run(options: argparse.Namespace) -> int:
    """Watch a card; exit code 1 where a check fails."""
    from lishui_credit.monitoring.watching import watch
    from lishui_credit.scorecards.cards.card_workbook import read_card

    standing = read_card(options.model).standing.said
    with warnings_told():
        found = watch(
            options.model,
            options.files,
            options.output,
            roles=_roles(options),
            rules=_rules(options),
        )
    told = found.verdict

    def text() -> list[str]:
        head = tr("no alarm", "未报警") if found.passes else tr("ALARM", "报警")
        count = tr(
            f"{plural(len(found.written), 'period')} written, {len(found.equal)} there already and the same",
            f"写入 {len(found.written)} 期,{len(found.equal)} 期已有且一致",
        )
        return [
            *([str(SYNTHETIC)] if told["synthetic"] else []),
            f"{head}: {count}",
            *(f"  {_line(row)}" for row in told["checks"]),
            f"  {tr('card', '评分卡')} {told['card']} {told['card_sha256'][:12]}: {standing}",
            f"  {found.folder}",
        ]

    say(options, told, text)
    return int(told["exit_code"])


def _line(row: Mapping[str, Any]) -> str:
    names = {
        "population": tr("population", "人群"),
        "outcomes": tr("outcomes", "结果"),
    }
    words = {
        True: tr("pass", "通过"),
        False: tr("ALARM", "报警"),
        None: tr("not known yet", "尚不可知"),
    }
    p = "" if row["p"] is None else f", p {row['p']:.3f}"
    beyond = f": {', '.join(row['beyond'])}" if row["beyond"] else ""
    return f"{row['period']} {names[row['check']]} {words[row['passes']]}{p}{beyond}"


def _roles(options: argparse.Namespace) -> Roles | None:
    """Return the columns that are named; None where none is, so that those of the history count."""
    from lishui_credit.monitoring.monthly_files import Roles

    names = ("period", "target", "opened", "subject")
    given: dict[str, Any] = {
        name: value for name in names if (value := getattr(options, name)) is not None
    }
    if options.by is not None:
        given["by"] = tuple(names_of(options.by))
    return Roles(**given) if given else None


def _rules(options: argparse.Namespace) -> Rules | None:
    from lishui_credit.monitoring.period_records import Rules

    given = {
        name: value
        for name in ("cut_off", "level", "least_psi")
        if (value := getattr(options, name)) is not None
    }
    return Rules(**given) if given else None
