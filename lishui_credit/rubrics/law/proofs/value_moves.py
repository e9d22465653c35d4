"""How the grade moves with one value that rules read, all else equal: of everybody, without sampling.

All but the one value is folded, a variable at a time. A rule is settled once all that it reads is
known; of settled rules only those are kept that can still matter, so that few states stand for all
subjects. The score is one piece between cut-offs: it does not move with what no row reads, and where
a row does read it, a better value has no lower score, and a higher score no lower grade.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from lishui_credit.points import Value
from lishui_credit.rubrics.law.proofs.decided_combinations import (
    Decisions,
    fraction,
    pieces_with,
    state_of,
)
from lishui_credit.rubrics.law.proofs.deciding_order import by_rank, decide, score_holds
from lishui_credit.rubrics.law.proofs.row_points import within
from lishui_credit.rubrics.law.proofs.rule_patterns import (
    MOST,
    OF_LAST_YEAR,
    OPEN,
    REPAIRED,
    Pattern,
    Rule,
    UndecidedError,
    Variable,
    agrees,
    all_of,
    asked_of,
    columns_of,
    earns,
    part_of,
    rules_of,
    samples_of,
)
from lishui_credit.rubrics.law.proofs.score_range import place
from lishui_credit.rubrics.law.proofs.value_pieces import Held, Piece
from lishui_credit.rubrics.law.rubric import Override
from lishui_credit.tables.columns import column

_KEPT: Final = 4  # moves by the same rules that are kept at each piece of the score
_MENDED: Final = "repaired:"  # of an event that was corrected in time, before its rule's name

Acting = tuple[str, ...]
Settled = frozenset[tuple[str, bool | None]]
Cells = tuple[tuple[int, int], ...]  # variables and their samples, by place
State = tuple[Settled, tuple[bool | None, ...], Cells]  # settled, rules left, cells that matter
Facts = tuple[Any, Variable, Held | None] | None  # of one who shows a state: those before, one more
States = dict[State, Facts]


@dataclass(frozen=True, slots=True)
class Move:
    """One value from lower to higher, levels in their listed order, and what it does to the grade."""

    low: Held
    high: Held
    grades: tuple[str, str]
    rules: Acting  # that come to hold, or no longer hold
    facts: Mapping[Variable, Held | None]  # all else that rules read
    piece: Piece | None


@dataclass(frozen=True, slots=True)
class Moves:
    """All that a value does to the grade: none of either kind means that it never does."""

    read: Variable  # a value, or the points of a row
    rules: tuple[str, ...]  # that read it
    falls: list[Move] = field(default_factory=list)  # a higher value has the lower grade
    rises: list[Move] = field(default_factory=list)


def moves(found: Decisions) -> list[Moves]:
    """Return what every value that rules read does to the grade; raises where there is too much."""
    rules = rules_of(found.rubric)
    told = {
        read: Moves(read, tuple(r.name for r in rules if read in asked_of([r])))
        for read in asked_of(rules)
        if ordered(read)
    }
    pieces = list(found.pieces)
    start = found.rubric.start
    emptied = [row.missing for row in found.rubric.scoring] + [start.missing if start else None]
    if "withhold" in emptied:
        pieces.append(None)  # a score that cannot be told: rules may decide all the same
    for piece in pieces:
        everybody = _Everybody(found, rules, piece)
        for read, states in everybody.without_each(told):
            everybody.tell(told[read], states)
    return list(told.values())


def ordered(read: Variable) -> bool:
    """Tell whether the values can stand in an order: numbers, yes and no, levels."""
    return _kind(read) not in ("text", "uscc", "resident_id", "date", "moment")


def _kind(read: Variable) -> str:
    return column(read.columns[0]).type if isinstance(read, Value) else "points"


class _Everybody:
    """All subjects with a score in one piece, by what can matter of the rules that read them."""

    def __init__(self, found: Decisions, rules: Sequence[Rule], piece: Piece | None) -> None:
        self.found, self.rules, self.piece = found, rules, piece
        self.rubric = found.rubric
        self.score = None if piece is None else fraction(piece.sample)
        self.ranks = by_rank(self.rubric)
        self.overrides = {row.id: row for row in self.rubric.active_overrides}
        rows = (self.overrides.get(rule.name) for rule in rules)
        self.orders = [row.order if row is not None and _decides(row) else None for row in rows]
        self.asked = asked_of(rules)
        self.samples = {r: samples_of(self.rubric, r, c) for r, c in self.asked.items()}
        self.reads = [set(asked_of([rule])) for rule in rules]
        self.variables = list(self.asked)
        self.earning = {n for n, r in enumerate(self.asked) if earns(self.rubric, r)}
        self.last_year = {n for n, r in enumerate(self.asked) if columns_of(r)[0] in OF_LAST_YEAR}
        self.parts = [[self._parts(r, cell) for cell in self.samples[r]] for r in self.asked]
        self.reduced: dict[Settled, tuple[Settled, int | None, bool]] = {}
        self.grades: dict[Settled, str] = {}
        self.agreed: dict[tuple[Any, ...], bool] = {}

    # ---- folding ----

    def without_each(self, wanted: Container[Variable]) -> Iterator[tuple[Variable, States]]:
        """Yield each variable with the states that all else can be in."""
        states = self._with_events({self._begun(): None})
        places = [n for n, read in enumerate(self.variables) if read in wanted]
        for n, left in self._halves(range(len(self.variables)), states, frozenset(), set(places)):
            yield self.variables[n], left

    def _begun(self) -> State:
        """Return what the score alone leaves of every rule."""
        left = [self._of_score(rule) for rule in self.rules]
        done = [n for n, reads in enumerate(self.reads) if not reads]
        settled, pending = self._settle(frozenset(), left, done)
        return settled, pending, ()

    def _of_score(self, rule: Rule) -> bool | None:
        held: bool | None = True
        if rule.name in self.overrides:
            held = score_holds(self.overrides[rule.name], self.score)
        for grade in self.rubric.grades:
            if rule.name == f"grade:{grade.id}" and self.score is not None:
                held = all(within(c, self.score) for c in grade.requires if c.score)
        return False if held is None and rule.unknown_is_no else held

    def _with_events(self, states: States) -> States:
        for row in self.overrides.values():
            if row.event is None:
                continue
            read = f"event:{row.id}"
            ways: list[tuple[Held | None, Settled]] = [(None, frozenset())]
            ways.append((OPEN, frozenset({(row.id, True)})))
            if row.repair is not None and row.repair.then is not None:
                ways.append((REPAIRED, frozenset({(_MENDED + row.id, True)})))
            step: States = {}
            for (settled, pending, cells), facts in states.items():
                for state, added in ways:
                    now = self._settle(settled | added, list(pending), ())
                    known = facts if state is None else (facts, read, state)
                    step.setdefault((*now, cells), known)
            states = step
        return states

    def _halves(
        self, variables: Sequence[int], states: States, known: frozenset[int], wanted: set[int]
    ) -> Iterator[tuple[int, States]]:
        """Yield each variable with all others folded; what halves share is folded once."""
        if len(variables) == 1:
            yield variables[0], states
            return
        middle = len(variables) // 2
        halves = (variables[:middle], variables[middle:])
        for own, others in (halves, halves[::-1]):
            if wanted.isdisjoint(own):
                continue
            now, seen = states, known
            for n in others:
                seen |= {n}
                now = self._fold(now, n, seen)
            yield from self._halves(own, now, seen, wanted)

    def _fold(self, states: States, at: int, known: frozenset[int]) -> States:
        read = self.variables[at]
        seen = {self.variables[n] for n in known}
        done = [n for n, reads in enumerate(self.reads) if read in reads and reads <= seen]
        kept, compared = at in self.earning or at in self.last_year, self.last_year <= known
        step: States = {}
        left: dict[object, list[tuple[Settled, tuple[bool | None, ...]]]] = {}
        for (settled, pending, cells), facts in states.items():
            if (settled, pending) not in left:
                left[settled, pending] = [
                    self._settle(settled, self._after(pending, parts), done)
                    for parts in self.parts[at]
                ]
            for number, cell in enumerate(self.samples[read]):
                held = (*cells, (at, number)) if kept else cells
                if at in self.last_year and not self._agree(held):
                    continue
                if compared and at in self.last_year:
                    held = tuple(pair for pair in held if pair[0] in self.earning)
                now = left[settled, pending][number]
                step.setdefault((*now, held), (facts, read, cell))
        if len(step) > MOST:
            raise UndecidedError
        return step

    def _agree(self, cells: Cells, *further: tuple[Variable, Held]) -> bool:
        """Tell whether what cells say of last year agrees."""
        key = (cells, *(cell for _, cell in further))
        if key not in self.agreed:
            self.agreed[key] = agrees({**self._told(cells, self.last_year), **dict(further)})
        return self.agreed[key]

    def _told(self, cells: Cells, among: set[int]) -> dict[Variable, Held | None]:
        named = ((self.variables[n], number) for n, number in cells if n in among)
        return {read: self.samples[read][number] for read, number in named}

    def _parts(self, read: Variable, cell: Held | None) -> list[tuple[int, bool | None]]:
        """Return what one cell leaves of every rule that reads it."""
        return [
            (n, part_of(rule, read, cell))
            for n, rule in enumerate(self.rules)
            if read in self.reads[n]
        ]

    def _after(
        self, pending: Sequence[bool | None], parts: Sequence[tuple[int, bool | None]]
    ) -> list[bool | None]:
        left = list(pending)
        for n, part in parts:
            if left[n] is not False:
                held = all_of((left[n], part))
                left[n] = False if held is None and self.rules[n].unknown_is_no else held
        return left

    # ---- what can still matter ----

    def _settle(
        self, settled: Settled, left: list[bool | None], done: Sequence[int]
    ) -> tuple[Settled, tuple[bool | None, ...]]:
        """Return settled rules with those that are done, and what is left of rules that may yet act."""
        added = [(self.rules[n].name, left[n]) for n in done if left[n] is not False]
        for n in done:
            left[n] = False
        settled, order, closed = self._reduce(settled.union(added) if added else settled)
        if closed:
            for n, own in enumerate(self.orders):
                left[n] = own is not None and (order is None or own <= order) and left[n]
        return settled, tuple(left)

    def _reduce(self, settled: Settled) -> tuple[Settled, int | None, bool]:
        """Return settled rules without those that cannot matter, the order that decides, if any does."""
        # As `decide` goes: the lowest order decides, there the worst grade set, then no grade, then
        # what cannot be told; without one a rule that cannot be told withholds; of caps the lowest.
        if settled in self.reduced:
            return self.reduced[settled]
        deciding, unclear, caps, rest = [], [], [], set()
        for name, held in settled:
            row = self.overrides.get(name.removeprefix(_MENDED))
            if row is not None and _decides(row) and name == row.id:
                kind = 2 if held is None else 0 if row.effect.set is not None else 1
                rank = self.ranks[row.effect.set] if kind == 0 and row.effect.set else 0
                deciding.append((row.order, kind, -rank, name, held))
            elif held is None:
                unclear.append(name)
            elif row is not None and (cap := self._cap(name)) is not None:
                caps.append((-self.ranks[cap], name))
            else:
                rest.add((name, held))
        found: tuple[Settled, int | None, bool]
        if deciding:
            order, _, _, name, held = min(deciding)
            found = frozenset({(name, held)}), order, True
        elif unclear:
            found = frozenset({(min(unclear), None)}), None, True
        else:
            found = frozenset(rest | {(min(caps)[1], True)} if caps else rest), None, False
        self.reduced[settled] = found
        return found

    def _cap(self, name: str) -> str | None:
        row = self.overrides[name.removeprefix(_MENDED)]
        if name == row.id:
            return row.effect.cap
        return row.repair.then.cap if row.repair is not None and row.repair.then else None

    # ---- what the value does ----

    def tell(self, told: Moves, states: States) -> None:
        """Add what a value does to the grade in every state of all else."""
        read = told.read
        cells = samples_of(self.rubric, read, self.asked[read], every=True)
        if _kind(read) == "flag":
            cells = cells[::-1]
        rows = [(cell, self._parts(read, cell)) for cell in cells if cell is not None]
        dated = columns_of(read)[0] in OF_LAST_YEAR
        done = [n for n, reads in enumerate(self.reads) if read in reads]
        kinds: Counter[tuple[Acting, bool]] = Counter()
        self.agreed.clear()
        for (settled, pending, kept), facts in states.items():
            graded = []
            for cell, parts in rows:
                if dated and not self._agree(kept, (read, cell)):
                    continue
                grade = self._grade(self._settle(settled, self._after(pending, parts), done)[0])
                if grade in self.ranks:
                    graded.append((self.ranks[grade], cell, grade))
            # Where no grade is below the one before it, none is below any before it.
            for (was, low, before), (now, high, after) in pairwise(graded):
                if was == now:
                    continue
                falls = now > was  # ranks count from the best
                one, two = (dict(self._parts(read, cell)) for cell in (low, high))
                acting = tuple(self.rules[n].name for n in one if one[n] != two[n])
                kind = acting, falls
                if kinds[kind] < _KEPT and self._possible(kept, read, low if falls else high):
                    kinds[kind] += 1
                    move = Move(low, high, (before, after), acting, _unrolled(facts), self.piece)
                    (told.falls if falls else told.rises).append(move)

    def _possible(self, kept: Cells, read: Variable, cell: Held) -> bool:
        """Tell whether rows give a score in the piece, as the cells that they read too leave it."""
        # The end of a move with the better grade is where the subject stands before it falls.
        if self.score is None:
            return True
        given = self._told(kept, self.earning)
        if earns(self.rubric, read):
            given[read] = cell
        left = pieces_with(self.found, [Pattern({}, earning=given)])
        here = place(self.rubric, self.score)
        return any(p is not None and place(self.rubric, fraction(p.sample)) == here for p in left)

    def _grade(self, settled: Settled) -> str:
        if settled not in self.grades:
            holds = {n: held for n, held in settled if not n.startswith(_MENDED)}
            mended = frozenset(n.removeprefix(_MENDED) for n, _ in settled) - holds.keys()
            state = state_of(self.rubric, [Pattern(holds, repaired=mended)], self.score)
            self.grades[settled] = decide(self.rubric, state).grade
        return self.grades[settled]


def _decides(row: Override) -> bool:
    return row.effect.set is not None or row.effect.not_graded


def _unrolled(facts: Facts) -> dict[Variable, Held | None]:
    found: dict[Variable, Held | None] = {}
    while facts is not None:
        facts, read, cell = facts
        found[read] = cell
    return dict(reversed(found.items()))
