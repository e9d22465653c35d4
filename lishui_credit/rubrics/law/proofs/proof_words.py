"""Faults and counter-examples in words: what is wrong, and a subject that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, Literal

from lishui_credit.errors import Problem
from lishui_credit.language import Bilingual, tr
from lishui_credit.points import Value
from lishui_credit.rubrics.law.proofs.rule_patterns import OPEN, Variable
from lishui_credit.rubrics.law.proofs.value_pieces import Held
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.tables.columns import called, printed
from lishui_credit.tables.toml_places import Loc

Kind = Literal["gap", "overlap", "unreachable", "contradiction", "inversion", "cutoff", "undecided"]

_SUBJECTS: Final[Mapping[str, Bilingual]] = {
    "household": Bilingual("a household", "农户"),
    "enterprise": Bilingual("a firm", "企业"),
    "village": Bilingual("a village", "村"),
    "township": Bilingual("a township", "乡镇"),
    "county": Bilingual("a county", "县"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that an edition fails to prove, at its place in the tables."""

    kind: Kind
    loc: Loc
    problem: Problem


def fault(kind: Kind, loc: Loc, en: str, zh: str, example: str = "", hint: str = "") -> Fault:
    """Return a fault in the language in use."""
    return Fault(kind, loc, Problem(tr(en, zh), example, hint))


def subject_word(rubric: Rubric) -> str:
    """Return what is graded, as a sentence names it: a firm."""
    return str(_SUBJECTS.get(rubric.subject, Bilingual("a subject", "主体")))


def number(value: Fraction) -> str:
    """Return a number as people write it, a fraction where its decimals do not end.

    Examples
    --------
    >>> number(Fraction(159, 2)), number(Fraction(2, 3)), number(Fraction(80))
    ('79.5', '2/3', '80')
    """
    for digits in range(7):
        if (value * 10**digits).denominator == 1:
            return f"{float(value):.{digits}f}"
    return f"{value.numerator}/{value.denominator}"


def rule_words(name: str) -> str:
    """Return what messages call a rule: an override by its id, a grade or a cut-off by what it asks.

    Examples
    --------
    >>> from lishui_credit.language import set_language
    >>> set_language("en"); rule_words("grade:A"), rule_words("bar_books")
    ('the conditions of grade A', 'bar_books')
    >>> set_language(None)
    """
    kind, _, rest = name.partition(":")
    if kind == "grade":
        return tr(f"the conditions of grade {rest}", f"等级{rest}的条件")
    if kind == "flag":
        return tr(f"the cut-off for {called(rest)}", f"“{called(rest)}”的分数线")
    return name


def read_words(value: Value) -> str:
    """Return what is read: a column, or the ratio of two."""
    parts = []
    for term in value.terms:
        over = f" / {called(term.over)}" if term.over else ""
        weight = "" if term.weight == 1 else f"{number(term.weight)} × "
        parts.append(f"{weight}{called(term.column)}{over}")
    return " + ".join(parts)


def cell_words(value: Value, held: Held) -> str:
    """Return a value with what it is: ``Cash and equivalents / Current liabilities 0.3``."""
    if isinstance(held, Fraction):
        single = len(value.terms) == 1 and value.terms[0].over is None
        exact = held * value.terms[0].per_unit
        if single and exact.denominator == 1:
            return f"{read_words(value)} {printed(value.columns[0], int(exact))}"
        return f"{read_words(value)} {number(held)}"
    return f"{read_words(value)} {printed(value.columns[0], held)}"


def facts_words(cells: Mapping[Variable, Held | None]) -> str:
    """Return the facts that a pattern of rules rests on."""
    told = []
    for read, held in cells.items():
        if held is None:
            continue
        if isinstance(read, Value):
            told.append(cell_words(read, held))
        else:
            kind, _, name = read.partition(":")
            state = tr("open", "未修复") if held == OPEN else tr("repaired", "已修复")
            told.append(f"{name} {state if kind == 'event' else number(Fraction(held))}")
    return tr(", ", "、").join(told)


def subject_with(
    rubric: Rubric, score: Fraction | None, cells: Mapping[Variable, Held | None]
) -> str:
    """Return a subject by its score and facts: ``a firm with 79.5 points (Five-class rating of the loans loss)``."""
    who, facts = subject_word(rubric), facts_words(cells)
    if score is None:
        return tr(f"{who} with {facts}" if facts else who, f"{facts}的{who}" if facts else who)
    points = number(score)
    return tr(
        f"{who} with {points} points" + (f" ({facts})" if facts else ""),
        f"得{points}分的{who}" + (f"({facts})" if facts else ""),
    )


def cells_words(cells: Mapping[str, Any]) -> str:
    """Return cells as people read them, in one line."""
    return tr(", ", "、").join(
        f"{called(name)} {printed(name, cell)}" for name, cell in cells.items()
    )
