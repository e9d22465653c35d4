"""Puts the page of every edition into the site, as `lishui-credit rubrics site` writes it, and lists them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

ROOT = Path(__file__).resolve().parents[2]
FOLDER = "editions"
TOLD = {
    "en": (
        "Every edition, with a calculator",
        "Each edition of each rubric has a page: its grades, every row with its clause and evidence, override"
        " rules, repairs, what each amendment changed, worked cases and known gaps. A calculator on it grades"
        " in the page, shows every point and the distance to the next grade, and makes a link that does the"
        " calculation again. Nothing that is entered leaves the page. `lishui-credit rubrics site -o DIR`"
        " writes the same pages into a folder, where they open from a disk.",
        ("rubric", "in force", "status"),
    ),
    "zh": (
        "各版本页面与计算器",
        "每项办法的每个版本各有一页：等级、逐行指标及其条款与依据、直接判级规则、信用修复、历次修订内容、案例和已知缺口。"
        "页内计算器就地评级，列出每一分及与更高一级的差距，并生成可重现该次计算的链接，填写内容不会离开网页。"
        "`lishui-credit rubrics site -o 目录` 可将同样的网页写入目录，直接从磁盘打开。",
        ("办法", "施行", "状态"),
    ),
}


def index(lang: str) -> str:
    """The page that lists the editions in a language."""
    from lishui_credit.language import set_language
    from lishui_credit.rubrics.law import catalog
    from lishui_credit.rubrics.listing import STATUS
    from lishui_credit.rubrics.pages.page_parts import page_of

    title, told, heads = TOLD[lang]
    folder = lang if lang == "en" else f"../../{FOLDER}/{lang}"
    set_language("zh" if lang == "zh" else "en")
    try:
        rows = [
            f"| [{row.title}]({folder}/{page_of(row)}) | {row.period.said} | {STATUS[row.status]} |"
            for row in (catalog.load(entry.path) for entry in catalog.entries())
        ]
    finally:
        set_language(None)
    return "\n".join(
        [f"# {title}", "", told, "", f"| {' | '.join(heads)} |", "|---|---|---|", *rows]
    )


def made() -> dict[str, str | bytes]:
    """Every file that is added, by its path."""
    sys.path.insert(0, str(ROOT))  # the site's environment does not hold the package
    from lishui_credit.rubrics.pages.rubric_site import site_files

    lists = {f"{FOLDER}/index.md": index("en"), f"zh/{FOLDER}/index.md": index("zh")}
    pages = {f"{FOLDER}/{name}": text for name, text in site_files().items() if "/" in name}
    return {**lists, **pages}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages and their lists."""
    from mkdocs.structure.files import File

    for name, content in made().items():
        files.append(File.generated(config, name, content=content))
    return files
