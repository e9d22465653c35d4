"""Pages of files as their readers see them: tags, ids, links, lines of text; what is not closed in order."""

from __future__ import annotations

from functools import cache
from html.parser import HTMLParser
from pathlib import Path

VOID = {"meta", "link", "br", "img", "path", "circle", "rect", "hr", "wbr", "input"}


class Page(HTMLParser):
    """A page as tags, ids, links and lines of text; what is not closed in order is a fault."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.faults: list[str] = []
        self.lines: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))
        self.close()
        self.faults += self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"/{tag}")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if not {"style", "code", "script"} & set(self.open) and data.strip():
            self.lines.append(data.strip())

    def all(self, name: str, tag: str = "") -> list[str]:
        """Values of an attribute, of one kind of tag or of all."""
        return [v for t, a in self.tags if tag in ("", t) and (v := a.get(name)) is not None]


@cache
def page(path: Path) -> Page:
    return Page(path)
