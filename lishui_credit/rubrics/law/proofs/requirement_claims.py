"""What no row earns points by and rules read: which values are better, and whether they ever are worse.

A condition may declare which values are better. Where none does, the proof says so, and tells what the
rules themselves do: that a higher value never has a lower grade, or never a higher one, or neither.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lishui_credit.language import Bilingual, tr
from lishui_credit.points import Value
from lishui_credit.rubrics.law.formulas import FORMULAS
from lishui_credit.rubrics.law.proofs.decided_combinations import Decisions
from lishui_credit.rubrics.law.proofs.direction_claims import (
    Undone,
    clauses_of,
    directions,
    shown,
    signs,
    undone_by_rules,
)
from lishui_credit.rubrics.law.proofs.moved_subjects import MovedSubjects, Pair
from lishui_credit.rubrics.law.proofs.proof_words import read_words, rule_words
from lishui_credit.rubrics.law.proofs.row_points import value_of
from lishui_credit.rubrics.law.proofs.rule_patterns import asked_of, rules_of
from lishui_credit.rubrics.law.proofs.value_moves import Moves, ordered
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.tables.columns import called, column

WAYS: Final[Mapping[str, Bilingual]] = {
    "higher": Bilingual(
        "a higher value, or yes, never lowers the grade", "取值越大(或为“是”)等级不降"
    ),
    "lower": Bilingual(
        "a lower value, or no, never lowers the grade", "取值越小(或为“否”)等级不降"
    ),
    "listed": Bilingual("a value listed earlier never lowers the grade", "取值次序靠前等级不降"),
    "reversed": Bilingual("a value listed later never lowers the grade", "取值次序靠后等级不降"),
    "either": Bilingual("never changes the grade", "不改变等级"),
    "mixed": Bilingual("can raise and lower the grade", "等级有升有降"),
    "unordered": Bilingual("has no order", "取值没有次序"),
}

Reader = tuple[
    str, str, str, int
]  # row or rule, its clause, a column, and its sign as `signs` has it


@dataclass(frozen=True, slots=True)
class Required:
    """What only rules read: which values are better, whether a condition says so, and who shows it."""

    value: Value
    rules: tuple[str, ...]  # that read it
    clauses: tuple[str, ...]
    better: str  # of `WAYS`: as declared, else as the rules act
    declared: bool
    pairs: tuple[Pair, ...] = ()  # where the grade moves both ways: one falls, one rises

    @property
    def name(self) -> str:
        """The columns read, as a proof names them."""
        return "/".join(self.value.columns)

    @property
    def said(self) -> str:
        """Where the grade moves both ways, the subjects that show it, in one sentence."""
        what, rules = read_words(self.value), tr(", ", "、").join(map(rule_words, self.rules))
        pairs = tr("; ", ";").join(pair.said for pair in self.pairs)
        clauses = "; ".join(dict.fromkeys(self.clauses))
        return tr(
            f"{what}: no direction is declared, and {rules} can raise and lower the grade [{clauses}]:"
            f" {pairs}; where the text says which values are better, write better = in a condition",
            f"{what}:未声明优劣方向,且等级因{rules}[{clauses}]有升有降:{pairs};"
            "如原文写明何者为优,请在条件中写 better =",
        )


def required(rubric: Rubric, told: Sequence[Moves], subjects: MovedSubjects) -> Iterator[Required]:
    """Yield every value that rules read and no row does; `told` is what values do."""
    by_read = {moves.read: moves for moves in told}
    of_rows = _of_rows(rubric)
    rules = rules_of(rubric)
    said = declared(rubric)
    for value in asked_of(rules):
        if not isinstance(value, Value) or value in of_rows:
            continue
        reading = tuple(rule.name for rule in rules if value in asked_of([rule]))
        clauses = clauses_of(rubric, reading)
        if value in said:
            yield Required(value, reading, clauses, said[value][1], declared=True)
            continue
        way, pairs = "unordered", list[Pair | None]()
        if ordered(value):
            moves = by_read[value]
            way = _way(value, moves)
            if way == "mixed":
                both = (moves.falls, moves.rises)
                pairs = [subjects.shown(value, of, upwards=True) for of in both]
        yield Required(
            value, reading, clauses, way, declared=False, pairs=tuple(p for p in pairs if p)
        )


def _of_rows(rubric: Rubric) -> set[Value]:
    return {value_of(row) for row in rubric.scoring if row.bands or row.levels or row.share}


def declared(rubric: Rubric) -> dict[Value, tuple[str, str]]:
    """Return which values are better where a condition says so, and the rule that does."""
    found: dict[Value, tuple[str, str]] = {}
    for rule in rules_of(rubric):
        for condition in rule.conditions:
            if condition.column is not None and condition.better is not None:
                found.setdefault(value_of(condition), (rule.name, condition.better))
    return found


def _way(value: Value, moves: Moves) -> str:
    """Return what the rules themselves make of a value."""
    down, up = bool(moves.falls), bool(moves.rises)
    if down and up:
        return "mixed"
    level = column(value.columns[0]).type == "level"
    if down:
        return "listed" if level else "lower"
    if up:
        return "reversed" if level else "higher"
    return "either"


def undone(
    found: Decisions, told: Sequence[Moves], listed: Sequence[Required], subjects: MovedSubjects
) -> Iterator[Undone]:
    """Yield where a better value of what only rules read may lower the grade."""
    rubric, said = found.rubric, declared(found.rubric)
    by_read = {moves.read: moves for moves in told}
    readers = list(_readers(rubric, listed))
    for one in listed:
        if one.declared and one.value in by_read:
            rule, better = said[one.value]
            (clause,) = clauses_of(rubric, [rule])
            yield from undone_by_rules(rubric, (rule, clause, better), by_read[one.value], subjects)
        yield from _by_columns(found, one, readers)


def _by_columns(found: Decisions, one: Required, readers: Sequence[Reader]) -> Iterator[Undone]:
    """Yield what else reads a column of a value, and not the same way."""
    for name, up in signs(one.value, one.better).items():
        if up == 0:
            continue
        against = {
            reader: clause for reader, clause, read, sign in readers if read == name and sign != up
        }
        if against:
            yield Undone(
                row=one.rules[0],
                column=name,
                better=one.better,
                against=tuple(against),
                clauses=(one.clauses[0], *against.values()),
                pair=shown(found, name, up),
            )


def _readers(rubric: Rubric, listed: Sequence[Required]) -> Iterator[Reader]:
    """Yield rows, start scores and rules, each with its clause, a column, and the way it reads it."""
    ways = directions(rubric)
    for row in rubric.scoring:
        if row.id in ways:
            for name, sign in signs(value_of(row), ways[row.id][0]).items():
                yield row.id, row.clause, name, sign
        if row.formula is not None:
            for name in FORMULAS[row.formula.name].columns:
                yield row.id, row.clause, name, 0
        if row.judged is not None:
            yield row.id, row.clause, row.judged, 1
    if rubric.start is not None:
        for start in rubric.start.rows:
            for name in {n for condition in start.when for n in value_of(condition).columns}:
                yield "start", start.clause, name, 0
        if (bonus := rubric.start.bonus) is not None:
            yield "start", bonus.clause, bonus.column, 1
    for other in listed:
        if other.better != "either":
            for name, sign in signs(other.value, other.better).items():
                for rule, clause in zip(other.rules, other.clauses, strict=True):
                    yield rule, clause, name, sign


# ---- in words -----------------------------------------------------------------------------------


def requirement_lines(told: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return what is shown of what only rules read, a line for each way, from the data of a proof."""
    lines = []
    for said in (True, False):
        for way, words in WAYS.items():
            names = [
                " / ".join(called(part) for part in name.split("/"))
                for name, one in told.items()
                if (one["better"], one["declared"]) == (way, said)
            ]
            if names:
                head = (
                    tr("declared", "已声明") if said else tr("no direction declared", "未声明优劣")
                )
                all_names = tr(", ", "、").join(names)
                lines.append(tr(f"{words} ({head}): {all_names}", f"{words}({head}):{all_names}"))
    return lines
