"""What ``plan site`` does: the board as a folder of files that any web server can hold."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lishui_credit.commands.plan_inputs import (
    banner,
    data_arguments,
    not_taken,
    revisions,
    targets_arguments,
)
from lishui_credit.commands.plan_lines import rejected_lines
from lishui_credit.commands.terminal import day_of, say, sheets_given, site_argument
from lishui_credit.language import tr


def add_arguments(sub: Callable[..., Any]) -> None:
    """Add ``plan site`` to the commands of the plan."""
    part = sub(
        "site",
        "write the indicators as a site of static pages, in both languages",
        "生成指标静态网站(中英文)",
        site,
    )
    part.argument_default = argparse.SUPPRESS  # what is not given stays as given before
    part.asks(
        "--at",
        "day to report on, YYYY-MM-DD; the last end of a quarter observed if not given",
        "报告日,YYYY-MM-DD,缺省为有观测的最近季度末",
    )
    data_arguments(part)
    targets_arguments(part)
    part.asks(
        "--companions",
        "Parquet file of companion series; companions.parquet beside the data if it is there",
        "辅助指标 Parquet 文件,缺省为数据旁的 companions.parquet(如有)",
        default="",
    )
    part.asks(
        "--base-url",
        "address the site will have, https://host/folder/: pages and snippets then name it",
        "网站将使用的网址,https://主机/目录/,写入页面和嵌入代码",
        default="",
    )
    site_argument(part)


def site(options: argparse.Namespace) -> int:
    """Write the site."""
    from lishui_credit.plan.companion_series import FILE
    from lishui_credit.plan.site.site_files import site_into

    beside = options.companions
    if not beside and options.data and (there := Path(options.data).with_name(FILE)).is_file():
        beside = there
    given = {"data": options.data, "targets": options.targets, "companions": beside}
    files = {role: Path(name) for role, name in given.items() if name}
    known_on = day_of(options.known_on, "--known-on")
    lost = rejected_lines(not_taken(options.data, known_on))
    manifest = site_into(
        revisions,
        options.output,
        files,
        at=day_of(options.at, "--at"),
        known_on=known_on,
        base_url=options.base_url,
        sheets=sheets_given(data=options.sheet, targets=options.targets_sheet),
    )
    count = tr(f"{manifest.facts.files:,} files, ", f"{manifest.facts.files:,} 个文件,")
    wrote = tr("wrote ", "已写出 ") + f"{options.output}: {count}{manifest.facts.at}"
    facts = json.loads(manifest.json()) | {"site": str(options.output)}
    say(options, facts, lambda: [*banner(manifest.synthetic), wrote, *lost])
    return 0
