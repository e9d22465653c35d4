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
    options = parser().parse_args(words)
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


def parser() -> argparse.ArgumentParser:
    """Return the parser of every command, in the language in use."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--lang", choices=("en", "zh"), help=tr("language of the messages", "提示信息的语言")
    )
    common.add_argument(
        "--json", action="store_true", help=tr("print the result as JSON", "以 JSON 输出结果")
    )
    made = argparse.ArgumentParser(
        prog="lishui-credit",
        description=tr(
            "Grade credit by published rules, explain every point, prove the same result again.",
            "按公开办法评价信用,说明每一分的依据,并可复核同一结果。",
        ),
        parents=[common],
    )
    made.add_argument(
        "--version",
        action="version",
        version=f"lishui-credit {__version__}",
        help=tr("print the version", "显示版本号"),
    )
    rooms = made.add_subparsers(dest="command", required=True, metavar="command")

    def command(name: str, text: str, run: Callable[[argparse.Namespace], int]) -> Any:
        part = rooms.add_parser(name, help=text, description=text, parents=[common])
        part.set_defaults(run=run)
        return part

    _rubrics_arguments(command)
    _grading_arguments(command)
    _areas_arguments(command)
    model_commands.add_arguments(command)
    plan_commands.add_arguments(command)
    policy_commands.add_arguments(command)
    _samples_arguments(command)
    return made


def _rubrics_arguments(command: Callable[..., Any]) -> None:
    made = command("rubrics", tr("list the editions", "列出已收录的评价办法"), commands.rubrics)
    inner = made.add_subparsers(dest="what", metavar="show | check")

    def part(name: str, text: str, run: Callable[[argparse.Namespace], int]) -> Any:
        sub = inner.add_parser(name, help=text, description=text)
        sub.add_argument("--lang", choices=("en", "zh"))
        sub.add_argument("--json", action="store_true")
        sub.set_defaults(run=run)
        return sub

    show = part(
        "show",
        tr("show an edition: its grades, rows and clauses", "显示某版本的等级、指标与条款"),
        commands.show,
    )
    _rubric_argument(show)
    _edition_arguments(show)
    check = part(
        "check",
        tr("report every mistake of an edition file, by line", "检查版本文件,按行报告全部错误"),
        commands.check,
    )
    check.add_argument("file", help=tr("edition or overlay, .toml", "版本文件或覆盖文件,.toml"))


def _grading_arguments(command: Callable[..., Any]) -> None:
    made = command(
        "grade", tr("grade a file by the edition in force", "按施行中的版本评级"), commands.grade
    )
    _rubric_argument(made)
    _subject_arguments(made)
    _output_argument(made)
    _edition_arguments(made)
    made.add_argument(
        "--labels", help=tr("label set of the grades, such as lishui", "等级标签组,如 lishui")
    )
    made.add_argument(
        "--skip-rejected",
        action="store_true",
        help=tr("grade the other rows although some are rejected", "跳过被拒收的行,评定其余各行"),
    )
    made = command(
        "explain", tr("explain one subject's grade", "说明某主体的等级依据"), commands.explain
    )
    made.add_argument("grades", help=tr("file written by grade", "grade 写出的评级文件"))
    made.add_argument("subject", help=tr("id of the subject", "主体编号"))
    made = command(
        "compare",
        tr("list who changes grade between two editions", "列出两个版本之间等级变动的主体"),
        commands.compare,
    )
    _rubric_argument(made)
    made.add_argument("old", help=tr("a day of the first edition", "第一个版本施行期内的日期"))
    made.add_argument("new", help=tr("a day of the second edition", "第二个版本施行期内的日期"))
    _subject_arguments(made)
    made.add_argument(
        "-o",
        "--output",
        help=tr("file for the changed grades, .csv, .xlsx, .parquet", "变动名单写入的文件"),
    )
    made = command(
        "verify",
        tr(
            "grade or decide a file again and compare every value",
            "重新评级或决策,逐值核对结果文件",
        ),
        policy_commands.verify,
    )
    made.add_argument(
        "grades", help=tr("file written by grade or decide", "grade 或 decide 写出的文件")
    )


def _areas_arguments(command: Callable[..., Any]) -> None:
    made = command(
        "areas",
        tr(
            "find credit villages, townships and counties from graded households",
            "由农户等级评定信用村、信用乡镇、信用县",
        ),
        commands.areas,
    )
    made.add_argument("grades", help=tr("graded farmer-household file", "农户评级结果文件"))
    made.add_argument(
        "--loans", required=True, help=tr("lending figures by village", "分村信贷数据文件")
    )
    made.add_argument(
        "--credit-grades",
        default="tier1,tier2,tier3",
        help=tr("grades that make a credit household", "视为信用户的等级"),
    )
    _output_argument(made)


def _samples_arguments(command: Callable[..., Any]) -> None:
    made = command(
        "samples", tr("write synthetic sample files", "生成合成样例数据"), commands.samples
    )
    made.add_argument("folder", help=tr("folder to write into", "写入的目录"))
    made.add_argument(
        "--seed",
        type=int,
        default=20161001,
        help=tr("seed; the same seed gives the same files", "随机种子,相同种子生成相同文件"),
    )
    made.add_argument(
        "--rows", type=int, default=300, help=tr("subjects in each file", "每个文件的主体数")
    )


def _subject_arguments(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "subjects", help=tr("subjects, .csv, .xlsx, .parquet", "主体数据,.csv、.xlsx、.parquet")
    )
    made.add_argument(
        "--events",
        help=tr("dated events, for rubrics that count them", "失信事件文件,按事件扣分的办法须提供"),
    )
    made.add_argument(
        "--bases",
        help=tr(
            "reference values by county, for rubrics that use them",
            "分县基数文件,用到基数的办法须提供",
        ),
    )
    made.add_argument("--period", type=int, help=tr("year assessed", "评价年度"))
    made.add_argument("--as-of", help=tr("day of grading, YYYY-MM-DD", "评级日,YYYY-MM-DD"))


def _rubric_argument(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "rubric",
        help=tr(
            "id of the rubric, with /variant or @edition where needed",
            "评价办法编号,可带 /变体 或 @版本",
        ),
    )


def _edition_arguments(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "--on",
        help=tr(
            "take the edition in force on this day, YYYY-MM-DD; today if not given",
            "采用该日施行的版本,YYYY-MM-DD,缺省为当日",
        ),
    )
    made.add_argument(
        "--overlay",
        help=tr("official text to lay over the edition, .toml", "覆盖该版本的官方文本,.toml"),
    )


def _output_argument(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "-o",
        "--output",
        required=True,
        help=tr("file to write, .parquet, .csv, .xlsx", "输出文件,.parquet、.csv、.xlsx"),
    )


if __name__ == "__main__":
    sys.exit(main())
