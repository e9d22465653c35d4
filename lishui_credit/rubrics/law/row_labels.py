"""What people call the rows of editions, in the language in use."""

from __future__ import annotations

from typing import Protocol

from lishui_credit.language import tr
from lishui_credit.rubrics.law.rubric import GradeRow


class Row(Protocol):
    """A row, rule, grade, dimension or amount of an edition."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def label_zh(self) -> str:
        """Its words in the law."""


def row_label(row: Row) -> str:
    """Return what people call a row of an edition, in the language in use.

    Examples
    --------
    >>> from lishui_credit.language import set_language
    >>> from lishui_credit.grades import Grade
    >>> set_language("en"); row_label(Grade(id="tier1", label_zh="一级"))
    'tier1'
    >>> set_language("zh"); row_label(Grade(id="tier1", label_zh="一级"))
    '一级'
    >>> set_language(None)
    """
    given = getattr(row, "label_en", "") or row.id.replace("_", " ")
    return tr(given, row.label_zh)


def graded_label(grade: GradeRow, given: str) -> str:
    """Return what people call a grade that a file calls `given`, maybe by a label set of its own."""
    own = (grade.labels_en.get(name) for name, label in grade.labels.items() if label == given)
    english = given if given.isascii() else next(filter(None, own), None)
    return tr(english or row_label(grade), given)
