"""What ``rubrics site`` does: a page for each edition, as a folder of files that open from a disk."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from lishui_credit.commands.terminal import say, site_argument
from lishui_credit.language import tr

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def add_arguments(part: Callable[..., Any]) -> None:
    """Add ``rubrics site`` to the commands of the editions."""
    made = part(
        "site",
        "write a page for each edition, with a calculator, in both languages",
        "为每个版本生成网页(含计算器,中英文)",
        site,
    )
    site_argument(made)


def site(options: argparse.Namespace) -> int:
    """Write the pages."""
    from lishui_credit.rubrics.pages.rubric_site import write_rubric_site

    manifest = write_rubric_site(options.output)
    count = tr(f"{manifest.facts.files:,} files", f"{manifest.facts.files:,} 个文件")
    facts = {
        "site": str(options.output),
        "files": manifest.facts.files,
        "editions": dict(manifest.facts.editions),
    }
    say(options, facts, lambda: tr("wrote ", "已写出 ") + f"{options.output}: {count}")
    return 0
