"""An edition as a function of one subject: what it is to whoever calls it, and how it is asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from importlib import import_module
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


class Printable:
    """What `Rubric` has of this; the printers stand on a floor above."""

    __slots__ = ()

    def to_python(
        self,
        *,
        period: int | None = None,
        as_of: date | None = None,
        labels: str | None = None,
        without: Collection[str] = ("synthetic",),
    ) -> PlainFunction:
        """Return the edition as a function of one subject, in plain Python.

        Parameters
        ----------
        period : int, optional
            Year assessed: only events of that year count.
        as_of : date, optional
            Day of grading, fixed in the function; the cycle's result day, or today, if None.
        labels : str, optional
            Label set for ``grade_label``.
        without : collection of str
            Keys that subjects and events do not have; see `rubric_sql.to_sql`.

        Returns
        -------
        PlainFunction
            Takes a mapping of conformed values and ``events=``, returns every column that
            `evaluate` gives; its ``source`` is the text of a module without imports of this package.

        Raises
        ------
        EditionError
            If the edition is only an outline.
        SubjectError
            For an unknown label set, or if keys are left out that the edition needs.

        Examples
        --------
        >>> from lishui_credit import rubric
        >>> grade = rubric("credit-county", on="2021-04-01").to_python()
        >>> grade({"county": "a", "credit_villages": 8, "villages": 10})["outcome"]
        'graded'
        >>> grade({"county": "a", "credit_villages": 8.0, "village": 10})
        Traceback (most recent call last):
        lishui_credit.errors.SubjectError: subject credit_villages: not a whole number · found: 8.0
        subject villages: the key is missing; null says that it is not known
        """
        made: PlainFunction = _printers().to_python(
            self, period=period, as_of=as_of, labels=labels, without=without
        )
        return made

    def to_javascript(
        self,
        *,
        period: int | None = None,
        as_of: date | None = None,
        labels: str | None = None,
        without: Collection[str] = ("synthetic",),
        module: bool = False,
    ) -> str:
        """Return the edition as the text of one JavaScript function, ``grade(subject, events)``.

        Takes what `to_python` takes. The text is a plain script that defines ``grade``; with `module`
        an ES module that exports it. Days are texts YYYY-MM-DD. What it cannot read it refuses with
        one Error that names everything.

        Examples
        --------
        >>> from lishui_credit import rubric
        >>> text = rubric("tax-credit", on="2019-04-30").to_javascript(period=2018)
        >>> "function grade(subject, events = [])" in text
        True
        """
        made: str = _printers().to_javascript(
            self, period=period, as_of=as_of, labels=labels, without=without, module=module
        )
        return made


def _printers() -> Any:
    """Return the module that prints editions: it stands on a floor above, so it is found by its name."""
    return import_module("lishui_credit.rubrics.rubric_code")
