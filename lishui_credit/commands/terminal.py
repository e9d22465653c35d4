"""What the commands share: how options are read, how a result is printed, how progress is told."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any, Final, Protocol

from lishui_credit.errors import SubjectError
from lishui_credit.language import Bilingual, spoken, tr

Run = Callable[[argparse.Namespace], int]


class Parser(argparse.ArgumentParser):
    """A parser whose every argument says in both languages what it is for."""

    def _print_message(self, message: str, file: Any = None) -> None:
        super()._print_message(spoken(message), file)

    def asks(self, name: str, en: str, zh: str, *, short: str = "", **rest: Any) -> None:
        """Add an argument, with its help in both languages; `short` is its one-letter name."""
        self.add_argument(*([short] if short else []), name, help=tr(en, zh), **rest)


SYNTHETIC: Final = Bilingual("SYNTHETIC DATA", "合成数据")


class Command(Protocol):
    """Adds a command of a name and a help text to the parser, and the function it runs."""

    def __call__(self, name: str, en: str, zh: str, run: Run, /) -> Parser:
        """Return the command's own parser."""


def parts(made: Parser, dest: str, metavar: str, *, required: bool = False) -> Command:
    """Return what adds commands inside a command, whose name `dest` then holds."""
    rooms = made.add_subparsers(dest=dest, metavar=metavar, required=required)

    def part(name: str, en: str, zh: str, run: Run) -> Parser:
        text = tr(en, zh)
        inner: Parser = rooms.add_parser(name, help=text, description=text)
        common_arguments(inner, inner=True)
        inner.set_defaults(run=run)
        return inner

    return part


def common_arguments(made: Parser, *, inner: bool = False) -> None:
    """Add the options of every command; not given to an inner one, they stay as given before it."""
    made.asks(
        "--lang",
        "language of the messages",
        "提示信息的语言",
        choices=("en", "zh"),
        default=argparse.SUPPRESS if inner else None,
    )
    made.asks(
        "--json",
        "print the result as JSON",
        "以 JSON 输出结果",
        action="store_true",
        default=argparse.SUPPRESS if inner else False,
    )


def site_argument(made: Parser) -> None:
    """Add the option for the folder of a site."""
    made.asks(
        "--output",
        "folder to write; a site of this command that is there is replaced, nothing else",
        "写出的目录;已有的本命令网站被替换,其他内容不动",
        short="-o",
        required=True,
    )


def output_argument(made: Parser) -> None:
    """Add the option for a table to write."""
    made.asks(
        "--output",
        "file to write, .parquet, .csv, .xlsx",
        "输出文件,.parquet、.csv、.xlsx",
        short="-o",
        required=True,
    )


def sheet_argument(made: Parser, of: str) -> None:
    """Add the option for the sheet to read where the file that `of` names is a workbook."""
    made.asks(
        "--sheet",
        "sheet to read where the file is a workbook: its name, or its number from 1",
        "文件为工作簿时读取的工作表:名称,或从 1 起的序号",
        metavar="NAME|N",
    )
    made.set_defaults(sheet_of=of)


def second_sheet_argument(made: Parser, role: str, en: str, zh: str) -> None:
    """Add the option for the sheet of an input beside the one that ``--sheet`` is for."""
    made.asks(f"--{role}-sheet", f"sheet of the {en} file", f"{zh}文件的工作表", metavar="NAME|N")


def sheets_given(**sheets: str | None) -> dict[str, str]:
    """Return the sheets that inputs are read from, by role, where any is given."""
    return {role: sheet for role, sheet in sheets.items() if sheet is not None}


@contextlib.contextmanager
def sheet_read(options: argparse.Namespace) -> Iterator[None]:
    """Read the sheet that the options ask for, while a command runs."""
    sheet = getattr(options, "sheet", None)
    path = getattr(options, getattr(options, "sheet_of", ""), None)
    if sheet is None or path is None:
        yield
        return
    from lishui_credit.tables.workbooks.choice import sheets_asked

    with sheets_asked({path: sheet}):
        yield


def by_argument(made: Parser) -> None:
    """Add the option for groups to measure."""
    made.asks(
        "--by",
        "columns by whose groups every measure is repeated, comma-separated; sex*county crosses two",
        "分组验证的列,逗号分隔;sex*county 表示两列交叉",
        default="",
    )


def proxies_argument(made: Parser) -> None:
    """Add the option for protected attributes whose proxies are to be found."""
    made.asks(
        "--proxies-of",
        "columns of protected attributes, never inputs: which characteristics tell them is measured",
        "受保护属性列(不入模),检测哪些特征可推断它们,逗号分隔",
        default="",
        metavar="COLUMN,…",
    )


def report_arguments(made: Parser) -> None:
    """Add the options for what a validation report carries: its owner and its day."""
    made.asks("--owner", "who answers for the card", "评分卡责任人", default="")
    made.asks(
        "--on",
        "day of the report, YYYY-MM-DD; today if not given",
        "报告日期,YYYY-MM-DD,缺省为当日",
    )


def day_of(text: str | None, option: str) -> date | None:
    """Return the day an option names, None where it is not given; SubjectError if it is no date."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SubjectError(tr("not a date", "不是日期"), f"{option} {text}", "YYYY-MM-DD") from None


def names_of(text: str) -> list[str]:
    """Return the names of a comma-separated option."""
    return [name.strip() for name in text.split(",") if name.strip()]


def print_json(data: object) -> None:
    """Print plain data as JSON; days and paths as text."""
    print(json.dumps(data, ensure_ascii=False, indent=2, default=str))


def tell(text: str, *, aside: bool = False) -> None:
    """Print a text for a reader, as `lishui_credit.language.spoken` sets it; `aside` is stderr."""
    print(spoken(text), file=sys.stderr if aside else sys.stdout, flush=True)


def say(options: argparse.Namespace, data: object, text: Callable[[], str | Sequence[str]]) -> None:
    """Print what came out: as JSON where it is asked for, else as text or lines of text."""
    if options.json:
        print_json(data)
        return
    told = text()
    tell(told if isinstance(told, str) else "\n".join(told))


def yuan(fen: int) -> str:
    """Return money in yuan, as people read it."""
    return f"{fen / 100:,.2f} " + tr("yuan", "元")


@contextlib.contextmanager
def warnings_told() -> Iterator[None]:
    """Say each warning once, in a line of its own on stderr."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for text in dict.fromkeys(
        str(row.message) for row in caught if issubclass(row.category, UserWarning)
    ):
        tell(tr("warning: ", "警告:") + text, aside=True)


def progress(steps: int = 3) -> Callable[[str], None]:
    """Return what tells of steps: a bar on a terminal, plain lines otherwise; both on stderr."""
    if not sys.stderr.isatty():
        return lambda step: tell(f"… {step}", aside=True)
    from tqdm import tqdm

    bar: Any = tqdm(total=steps, bar_format="{desc:<28} {bar:20} {elapsed}", leave=False)

    def step(name: str) -> None:
        bar.set_description_str(spoken(name))
        bar.update(1)
        if bar.n >= steps:
            bar.refresh()

    return step
