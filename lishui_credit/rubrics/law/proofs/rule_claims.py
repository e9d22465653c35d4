"""What the rules that decide are shown to do: one outcome for everybody, each reached by somebody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, islice, product

from lishui_credit.language import tr
from lishui_credit.rubrics.law.proofs.decided_combinations import (
    Decisions,
    Way,
    fraction,
    pieces_with,
    run,
    state_of,
    states_of,
)
from lishui_credit.rubrics.law.proofs.deciding_order import (
    NOTHING,
    WITHHELD,
    Outcome,
    State,
    cut,
    decide,
)
from lishui_credit.rubrics.law.proofs.example_subjects import Example, Examples
from lishui_credit.rubrics.law.proofs.proof_words import (
    Fault,
    facts_words,
    fault,
    number,
    subject_with,
    subject_word,
)
from lishui_credit.rubrics.law.proofs.rule_patterns import (
    Pattern,
    UndecidedError,
    groups,
)
from lishui_credit.rubrics.law.proofs.score_range import score_pieces, scores
from lishui_credit.rubrics.law.proofs.value_pieces import Piece
from lishui_credit.rubrics.law.rubric import Override, Rubric

_CALM = 64  # choices of the cells of rules that do not act
_TRIED = 24  # ways to an outcome for which a subject is looked for


def decisions(rubric: Rubric) -> tuple[Decisions, list[Fault]]:
    """Return what the rules do, and what they fail to prove."""
    found = Decisions(rubric)
    try:
        found.groups = groups(rubric)
        found.calmest = [_calmest(group) for group in found.groups]
        reachable = scores(rubric)
        found.least, found.greatest = min(reachable, default=None), max(reachable, default=None)
        found.pieces = list(score_pieces(rubric, reachable)) or [None]
        turned = run(found)
    except UndecidedError:
        return found, [too_many()]
    faults = list(turned)
    examples = Examples(rubric)
    faults += _gaps(found, examples)
    faults += _contradictions(found)
    faults += _overrides(found, examples)
    faults += _grades(found, examples)
    faults += _cutoffs(found, examples)
    return found, faults


def too_many() -> Fault:
    """Return that an edition has more combinations than are tried."""
    what = ("there are more combinations than can be tried", "组合过多,无法逐一判定")
    return fault("undecided", ("overrides",), *what)


def _quiet(way: Way) -> tuple[int, int]:
    """Order ways: those with the fewest rules that hold first, then those with the fewest facts."""
    held = sum(len(p.holds) - [*p.holds.values()].count(False) for p in way.patterns)
    return held, sum(len(pattern.cells) for pattern in way.patterns)


def _shown(ways: Sequence[Way], examples: Examples) -> Example | None:
    """Return a subject that goes one of the ways."""
    for way in sorted(ways, key=_quiet)[:_TRIED]:
        example = examples.find(way.patterns, way.piece)
        if example is not None and example.outcome.grade == way.outcome.grade:
            return example
    return None


def _gaps(found: Decisions, examples: Examples) -> Iterator[Fault]:
    """Yield that some subject gets no outcome, with the subject."""
    ways = sorted(found.ways.get(NOTHING, []), key=_quiet)
    if not ways:
        return
    score = None if ways[0].piece is None else fraction(ways[0].piece.sample)
    cells = {read: held for pattern in ways[0].patterns for read, held in pattern.cells.items()}
    who = subject_with(found.rubric, score, cells)
    last = len(found.rubric.grades) - 1
    yield fault(
        "gap",
        ("grades", last),
        "the grades leave a gap",
        "等级之间有空档",
        tr(f"{who} has no grade", f"{who}没有等级"),
        tr("let the last grade take everyone left", "请由末级兜底"),
    )


def _contradictions(found: Decisions) -> Iterator[Fault]:
    """Yield pairs of overrides that decide differently, may hold together and have no order."""
    deciding = [
        (place, row)
        for place, row in enumerate(found.rubric.overrides)
        if row.enabled and (row.effect.set is not None or row.effect.not_graded)
    ]
    for (_, a), (place, b) in combinations(deciding, 2):
        # Of grades that are set the worst wins among equals: that is their order.
        one_sets = (a.effect.set is None) != (b.effect.set is None)
        if a.order != b.order or not one_sets or not _together(found, a, b):
            continue
        yield fault(
            "contradiction",
            ("overrides", place),
            "two overrides decide differently and have no order",
            "两条直接判级规则结果不同且没有先后",
            f"{a.id} ({_effect(a)}), {b.id} ({_effect(b)}), order = {a.order}",
            tr("give one of them a lower order", "请将其中一条的 order 改小"),
        )


def _effect(row: Override) -> str:
    return row.effect.set or tr("not graded", "不参评")


def _together(found: Decisions, a: Override, b: Override) -> bool:
    """Tell whether some subject shows both overrides."""
    of = [[p for group in found.groups for p in group if p.holds.get(row.id)] for row in (a, b)]
    if not all(of):
        return False
    same = next(
        (group for group in found.groups if all(r.id in group[0].holds for r in (a, b))), None
    )
    return same is None or any(p.holds.get(a.id) and p.holds.get(b.id) for p in same)


def _calm(pattern: Pattern) -> tuple[int, int]:
    """Order patterns: those in which the fewest rules act first, then those that open most grades."""
    acting = sum(held is not False for name, held in pattern.holds.items() if ":" not in name)
    opened = sum(held is True for name, held in pattern.holds.items() if name[:6] == "grade:")
    return acting + len(pattern.repaired), -opened


def override_ways(found: Decisions, row: Override) -> Iterator[Way]:
    """Yield the ways in which an override acts, with as few other rules as can be."""
    rubric = found.rubric
    own = next((group for group in found.groups if row.id in group[0].holds), [])
    rest = [
        calm for group, calm in zip(found.groups, found.calmest, strict=True) if group is not own
    ]
    without = replace(rubric, overrides=tuple(r for r in rubric.overrides if r.id != row.id))
    does = {id(p): (*p.holds.items(), p.repaired) for group in (own, *rest) for p in group}
    decided: dict[object, list[tuple[Piece | None, Outcome]]] = {}  # by what patterns do
    for pattern in own:
        if pattern.holds.get(row.id) is False and row.id not in pattern.repaired:
            continue
        for calm in islice(product(*rest), _CALM):
            patterns = (*calm, pattern)
            pieces = pieces_with(found, patterns)
            key = (id(pieces), *(does[id(p)] for p in patterns))
            if key not in decided:
                decided[key] = list(_acting(row, rubric, without, patterns, pieces))
            for piece, outcome in decided[key]:
                yield Way(patterns, piece, outcome)


def _acting(
    row: Override,
    rubric: Rubric,
    without: Rubric,
    patterns: Sequence[Pattern],
    pieces: Sequence[Piece | None],
) -> Iterator[tuple[Piece | None, Outcome]]:
    """Yield the pieces of the score, from the highest down, in which an override acts."""
    unknown = patterns[-1].holds.get(row.id) is None
    states = states_of(rubric, patterns)
    for piece in reversed(pieces):
        state = states(None if piece is None else fraction(piece.sample))
        outcome = decide(rubric, state)
        withholds = unknown and outcome.grade == WITHHELD
        if outcome.decided_by == row.id or (withholds and decide(without, state) != outcome):
            yield piece, outcome


def _calmest(group: Sequence[Pattern]) -> list[Pattern]:
    """Return the patterns of a group in which the fewest rules act: several give other cells."""
    least = min(_calm(pattern) for pattern in group)
    return [pattern for pattern in group if _calm(pattern) == least]


def _overrides(found: Decisions, examples: Examples) -> Iterator[Fault]:
    """Yield overrides that never decide, with the reason."""
    for place, row in enumerate(found.rubric.overrides):
        if not row.enabled:
            continue
        ways = list(override_ways(found, row))
        for way in sorted(ways, key=_quiet)[:_TRIED]:
            example = examples.find(way.patterns, way.piece, way.outcome)
            if example is not None:
                found.overrides[row.id] = example
                break
        if row.id in found.overrides:
            continue
        if ways:
            what = ("no subject was found whose grade the rule decides", "未找到由该规则判级的主体")
            yield fault("undecided", ("overrides", place), *what, row.id)
        else:
            what = ("the rule can never decide a grade", "该规则永远不会决定等级")
            yield fault("unreachable", ("overrides", place), *what, _overruled(found, row))


def _overruled(found: Decisions, row: Override) -> str:
    """Return why an override never decides."""
    own = next((group for group in found.groups if row.id in group[0].holds), [])
    held = [pattern for pattern in own if pattern.holds.get(row.id)]
    if not held:
        return tr("its conditions never hold together", "其条件不可能同时成立")
    piece = found.pieces[-1]
    score = None if piece is None else fraction(piece.sample)
    outcome = decide(found.rubric, state_of(found.rubric, held[:1], score))
    facts = facts_words(held[0].cells)
    who = subject_word(found.rubric)
    return tr(
        f"{who} with {facts} is graded by {outcome.decided_by}",
        f"{facts}的{who}由{outcome.decided_by}决定",
    )


def _grades(found: Decisions, examples: Examples) -> Iterator[Fault]:
    """Yield grades that nobody reaches."""
    for place, grade in enumerate(found.rubric.grades):
        ways = found.ways.get(grade.id, [])
        example = _shown(ways, examples)
        if example is None:
            decided = (e for e in found.overrides.values() if e.outcome.grade == grade.id)
            example = next(decided, None)
        if example is not None:
            found.grades[grade.id] = example
            continue
        if ways:
            what = ("no subject was found that has this grade", "未找到属于该等级的主体")
            yield fault("undecided", ("grades", place), *what, grade.id)
            continue
        what = ("nobody can have this grade", "任何主体都不会得到该等级")
        yield fault("unreachable", ("grades", place), *what, _why_nobody(found, place))


def _why_nobody(found: Decisions, place: int) -> str:
    grade, rubric = found.rubric.grades[place], found.rubric
    if grade.set_only:
        return tr("no rule gives it", "没有规则给出该等级")
    bound = cut(grade, frozenset())
    if bound is not None and found.greatest is not None and bound > found.greatest:
        who, most = subject_word(rubric), number(found.greatest)
        return tr(
            f"{who} has {most} points at most, the cut-off is {number(bound)}",
            f"{who}最多得{most}分,下限为{number(bound)}分",
        )
    if bound is not None:
        who = subject_with(rubric, bound, {})
        better = decide(rubric, State(bound, requires={g.id: True for g in rubric.grades}))
        return tr(f"{who} has {better.grade} already", f"{who}已属{better.grade}")
    return grade.id


def _cutoffs(found: Decisions, examples: Examples) -> Iterator[Fault]:
    """Yield cut-offs that nobody meets."""
    for place, grade in enumerate(found.rubric.grades):
        if grade.set_only:
            continue
        flags = [None, *grade.at_least_if]
        for flag in flags:
            bound = grade.at_least if flag is None else grade.at_least_if[flag]
            if bound is None:
                continue
            name = grade.id if flag is None else f"{grade.id} ({flag})"
            ways = [way for way in found.ways.get(grade.id, []) if _by_cutoff(way, flag)]
            if flag is not None:
                ways = [way for way in ways if way.piece and _lowered(way, grade.at_least)]
            example = _shown(ways, examples)
            if example is not None:
                found.cutoffs[name] = example
                continue
            loc = ("grades", place, "at_least" if flag is None else "at_least_if")
            what = ("nobody can meet the cut-off", "任何主体都达不到该分数线")
            yield fault("cutoff", loc, *what, _why_nobody(found, place))


def _by_cutoff(way: Way, flag: str | None) -> bool:
    held = any(p.holds.get(f"flag:{flag}") for p in way.patterns)
    plain = not any(v for p in way.patterns for n, v in p.holds.items() if n.startswith("flag:"))
    return way.outcome.decided_by == "score" and (plain if flag is None else held)


def _lowered(way: Way, usual: object) -> bool:
    return way.piece is not None and (
        usual is None or fraction(way.piece.sample) < Fraction(str(usual))
    )
