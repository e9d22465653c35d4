"""The command line: ``lishui-credit rubrics | grade | … | fit | score | validate | watch | decide | plan``.

Here is how a run begins and ends: bad input prints every problem and leaves with exit code 2; a
verification that fails, and an alarm of a watch, leave with 1, an interrupted run with 130. Every other module of this folder adds its commands to the
parser, and says what each does.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from lishui_credit.commands import (
    areas,
    editions,
    engine,
    explaining,
    feeding,
    fit,
    forms,
    grading,
    models,
    plan,
    policies,
    proving,
    reforming,
    sampling,
    shelf,
    statements,
    verification,
    watching_months,
)
from lishui_credit.commands.interruption import guarded
from lishui_credit.commands.terminal import Parser, common_arguments, parts, sheet_read, tell
from lishui_credit.errors import CreditError, Problem, SubjectError
from lishui_credit.language import set_language, tr
from lishui_credit.version import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line (``sys.argv`` if None): 0 done, 1 not the same or an alarm, 2 bad input, 130 stopped."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    _choose_language(words)
    return guarded(lambda: _run(words))


def _run(words: Sequence[str]) -> int:
    engine.set_up()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    options = parser().parse_args(words)
    try:
        with sheet_read(options):
            return int(options.run(options))
    except CreditError as error:
        _report(error.problems, as_json=getattr(options, "json", False))
        return 2
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except BaseException as error:  # where polars panics it raises no Exception
        from lishui_credit.tables import containers

        if containers.is_full(error):
            told = containers.full(Path(getattr(error, "filename", None) or Path.cwd()))
        elif isinstance(error, OSError):
            told = containers.not_opened(Path(error.filename or Path.cwd()), error)
        elif _of_the_engine(error):
            hint = tr(
                "run it again; if it stays so, report it with the command and the headers of the file",
                "请重试;若仍出现,请附上命令和文件表头反馈",
            )
            told = SubjectError(tr("the data cannot be processed", "数据无法处理"), hint=hint)
        else:
            raise
    _report(told.problems, as_json=getattr(options, "json", False))
    return 2


def _of_the_engine(error: BaseException) -> bool:
    """Whether the dataframe engine raised it; polars is not imported only to ask."""
    if "polars" not in sys.modules:
        return False
    from lishui_credit.tables.frames import DAMAGED

    return isinstance(error, DAMAGED)


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
        head += tr(f": {len(problems)} problems", f",共 {len(problems)} 个问题")
    tell(head, aside=True)
    for problem in problems:
        print(f"  {problem}", file=sys.stderr)


# ---- arguments --------------------------------------------------------------------------------


def parser() -> Parser:
    """Return the parser of every command, in the language in use."""
    made = Parser(
        prog="lishui-credit",
        description=tr(
            "Grade credit by published rules, explain every point, prove the same result again.",
            "按公开办法评价信用,说明每一分的依据,并可复核同一结果。",
        ),
    )
    common_arguments(made)
    made.asks(
        "--version",
        "print the version",
        "显示版本号",
        action="version",
        version=f"lishui-credit {__version__}",
    )
    command = parts(made, "command", "command", required=True)
    grades = (
        editions,
        feeding,
        reforming,
        grading,
        explaining,
        areas,
        forms,
        verification,
        statements,
        proving,
    )
    for room in (*grades, fit, models, watching_months, shelf, plan, policies, sampling):
        room.add_arguments(command)
    return made


if __name__ == "__main__":
    sys.exit(main())
