"""The command line: ``lishui-credit rubrics | grade | … | fit | score | validate | decide | plan``.

Here are the words a user types and how a run ends: bad input prints every problem and leaves with
exit code 2; a verification that fails leaves with 1. What each command does stands in `commands`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from lishui_credit.commands import engine
from lishui_credit.commands import grading as commands
from lishui_credit.commands import models as model_commands
from lishui_credit.commands import plan as plan_commands
from lishui_credit.commands import policies as policy_commands
from lishui_credit.errors import CreditError, Problem
from lishui_credit.language import set_language, tr
from lishui_credit.version import __version__


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
    engine.set_up()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    options = _parser().parse_args(words)
    try:
        return int(options.run(options))
    except CreditError as error:
        _report(error.problems, as_json=getattr(options, "json", False))
        return 2
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        what = error.strerror or str(error)
        problem = Problem(what, where=str(error.filename or ""))
    except KeyboardInterrupt:  # pragma: no cover
        return 130
    except Exception as error:
        if not _of_the_engine(error):
            raise
        problem = Problem(
            tr("the data cannot be processed", "数据无法处理"), str(error).splitlines()[0][:160]
        )
    _report((problem,), as_json=getattr(options, "json", False))
    return 2


def _of_the_engine(error: Exception) -> bool:
    """Whether the dataframe engine raised it; polars is not imported only to ask."""
    polars = sys.modules.get("polars")
    return polars is not None and isinstance(error, polars.exceptions.PolarsError)


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
    rooms = parser.add_subparsers(dest="command", required=True, metavar="command")

    def command(name: str, text: str, run: Callable[[argparse.Namespace], int]) -> Any:
        made = rooms.add_parser(name, help=text, description=text, parents=[common])
        made.set_defaults(run=run)
        return made

    _rubrics_arguments(command)
    made = command(
        "grade", tr("grade a file by the edition in force", "按施行中的版本评级"), commands.grade
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
    made = command(
        "explain", tr("why a subject has its grade", "说明某主体的等级依据"), commands.explain
    )
    made.add_argument("grades", help=tr("a graded file", "评级结果文件"))
    made.add_argument("subject", help=tr("id of the subject", "主体编号"))
    made = command(
        "compare",
        tr("who moves between two editions", "两个版本之间谁的等级会变"),
        commands.compare,
    )
    made.add_argument("rubric")
    made.add_argument("old", help=tr("day of one edition", "版本一的日期"))
    made.add_argument("new", help=tr("day of the other", "版本二的日期"))
    _subject_arguments(made)
    made.add_argument(
        "-o", "--output", help=tr("write who moves to .csv, .xlsx, .parquet", "写出变动名单")
    )
    made = command(
        "verify", tr("re-run a file and prove it", "重新评级或决策并核对"), policy_commands.verify
    )
    made.add_argument("grades", help=tr("a graded or decided file", "评级或决策文件"))
    made = command(
        "areas",
        tr("credit villages, townships, counties", "信用村、信用乡镇、信用县"),
        commands.areas,
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
    model_commands.add_arguments(command)
    plan_commands.add_arguments(command)
    policy_commands.add_arguments(command)
    made = command(
        "samples", tr("write synthetic sample files", "生成合成样例数据"), commands.samples
    )
    made.add_argument("folder")
    made.add_argument("--seed", type=int, default=20161001)
    made.add_argument(
        "--rows", type=int, default=300, help=tr("subjects per file", "每个文件的主体数")
    )
    return parser


def _rubrics_arguments(command: Callable[..., Any]) -> None:
    made = command("rubrics", tr("what is modelled", "已收录的评价办法"), commands.rubrics)
    inner = made.add_subparsers(dest="what", metavar="show | check")
    show = inner.add_parser("show", help=tr("an edition's grades, rows, clauses", "显示某版本"))
    show.add_argument("rubric")
    show.add_argument("--on", help=tr("day, YYYY-MM-DD", "日期"))
    show.add_argument("--overlay")
    show.set_defaults(run=commands.show)
    check = inner.add_parser(
        "check", help=tr("every mistake of a file, by line", "逐行检查版本文件")
    )
    check.add_argument("file")
    check.set_defaults(run=commands.check)
    for sub in (show, check):
        sub.add_argument("--lang", choices=("en", "zh"))
        sub.add_argument("--json", action="store_true")


def _subject_arguments(made: argparse.ArgumentParser) -> None:
    made.add_argument("subjects", help=".csv, .xlsx, .parquet")
    made.add_argument("--events", help=tr("dated events", "事件文件"))
    made.add_argument("--bases", help=tr("reference values by area", "地区基数文件"))
    made.add_argument("--period", type=int, help=tr("year assessed", "评价年度"))
    made.add_argument("--as-of", help=tr("day of grading, YYYY-MM-DD", "评级日"))


if __name__ == "__main__":
    sys.exit(main())
