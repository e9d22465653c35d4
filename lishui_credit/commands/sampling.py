"""What ``samples`` does: write the synthetic sample files."""

from __future__ import annotations

import argparse
from pathlib import Path

from lishui_credit.commands.terminal import Command, say
from lishui_credit.errors import SubjectError
from lishui_credit.language import tr


def add_arguments(command: Command) -> None:
    """Add the command to the parser."""
    made = command("samples", "write synthetic sample files", "生成合成样例数据", samples)
    made.asks("folder", "folder to write into", "写入的目录")
    made.asks(
        "--seed",
        "seed; the same seed gives the same files",
        "随机种子,相同种子生成相同文件",
        type=int,
        default=20161001,
    )
    made.asks("--rows", "subjects in each file", "每个文件的主体数", type=int, default=300)


def samples(options: argparse.Namespace) -> int:
    """Write the synthetic sample files."""
    from lishui_credit import samples

    for name, least in (("rows", 1), ("seed", 0)):
        if getattr(options, name) < least:
            raise SubjectError(
                tr(f"--{name} must be {least} or more", f"--{name} 不得小于 {least}"),
                str(getattr(options, name)),
            )
    written = samples.write(Path(options.folder), seed=options.seed, rows=options.rows)
    head = tr("synthetic data:", "合成数据:")
    say(
        options, [str(path) for path in written], lambda: [head, *(f"  {path}" for path in written)]
    )
    return 0
