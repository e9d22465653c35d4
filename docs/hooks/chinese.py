"""Lets the theme speak Chinese on the Chinese pages, and leads from a page to the same page in Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.nav import Navigation
    from mkdocs.structure.pages import Page

FOLDER = "zh/"


def on_page_context(
    context: dict[str, Any], page: Page, config: MkDocsConfig, nav: Navigation
) -> dict[str, Any]:
    """Choose the theme's language and the two addresses of the switch for the page to be written."""
    here = page.file.src_uri
    config.theme["language"] = "zh" if here.startswith(FOLDER) else "en"
    english = here.removeprefix(FOLDER)
    pages = {row.file.src_uri: row.url for row in nav.pages}
    for choice in config.extra["alternate"]:
        folder = FOLDER if choice["lang"] == "zh" else ""
        choice["link"] = pages.get(folder + english) or pages[f"{folder}index.md"]
    return context
