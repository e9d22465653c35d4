"""What a printed edition is to whoever calls it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Protocol


class PlainFunction(Protocol):
    """An edition as a function of one subject; see `Rubric.to_python`."""

    @property
    def source(self) -> str:
        """The text of the module."""

    @property
    def as_of(self) -> date:
        """Day of grading, fixed in the text."""

    @property
    def period(self) -> int | None:
        """Year assessed, fixed in the text."""

    def __call__(
        self, subject: Mapping[str, Any], *, events: Sequence[Mapping[str, Any]] = ()
    ) -> dict[str, Any]:
        """Grade one subject."""

    def explain(
        self, subject: Mapping[str, Any], *, events: Sequence[Mapping[str, Any]] = ()
    ) -> Any:
        """Grade one subject and return its `Explanation`: every row with value, points, clause."""
