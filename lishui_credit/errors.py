"""Every exception of the package: what went wrong, what was found, what to do.

All problems of one input are raised together, as `Problem` rows of one `CreditError`, never the
first only. The command line prints them and leaves with exit code 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lishui_credit.language import spoken, tr


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, in words a clerk can act on."""

    what: str  # is wrong, one sentence
    found: str = ""  # instead
    hint: str = ""  # what to do about it
    where: str = ""  # file, line, table, column or row it concerns

    def __str__(self) -> str:
        """Return the problem as one line: where: what · found · hint."""
        what = spoken(self.what)
        parts = [f"{self.where}{tr(': ', '：')}{what}" if self.where else what]
        if self.found:
            parts.append(tr("found: ", "实际：") + self.found)
        if self.hint:
            parts.append(tr("hint: ", "建议：") + spoken(self.hint))
        return " · ".join(parts)


class CreditError(ValueError):
    """Base of the package's errors: one or several `Problem` rows.

    Parameters
    ----------
    problems : Problem, str or iterable of Problem
        Everything that is wrong, all at once; of one problem, what is wrong.
    found, hint, where : str
        The rest of the one problem, as in `Problem`.

    Attributes
    ----------
    problems : tuple of Problem
        The rows, in the order found.

    Examples
    --------
    >>> str(CreditError(Problem("no column 'county'", "countty", "rename it")))
    "no column 'county' · found: countty · hint: rename it"
    >>> str(CreditError("no column 'county'", "countty", where="a.csv"))
    "a.csv: no column 'county' · found: countty"
    """

    def __init__(
        self,
        problems: Problem | str | Iterable[Problem],
        found: str = "",
        hint: str = "",
        where: str = "",
    ) -> None:
        if isinstance(problems, str):
            problems = Problem(problems, found, hint, where)
        rows: Sequence[Problem] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        self.problems: tuple[Problem, ...] = tuple(rows)
        super().__init__("\n".join(str(row) for row in self.problems))


class RubricError(CreditError):
    """An edition file is wrong."""


class EditionError(CreditError):
    """No edition is in force on the date asked for, or the one in force cannot grade."""


class SubjectError(CreditError):
    """The data about subjects, events or bases are wrong."""


class ModelError(CreditError):
    """A stored artefact (graded file, model, manifest) is wrong or does not match."""


class PolicyError(CreditError):
    """A lending policy is wrong, infeasible, or may not be applied on the day asked for."""


def refuse(problems: Iterable[Problem], error: type[CreditError] = SubjectError) -> None:
    """Raise an error of all problems together, where there are any."""
    if found := tuple(problems):
        raise error(found)
