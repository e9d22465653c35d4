"""What only rules read: the way it moves the grade, against grading everybody, and planted inversions."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from lishui_credit.commands.cli import main
from lishui_credit.language import set_language
from lishui_credit.rubrics.engine.compile import needed_columns
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.checks import check
from lishui_credit.rubrics.law.proofs.decided_combinations import Decisions
from lishui_credit.rubrics.law.proofs.direction_claims import Undone
from lishui_credit.rubrics.law.proofs.edition_proof import EditionProof, prove
from lishui_credit.rubrics.law.proofs.example_subjects import Example
from lishui_credit.rubrics.law.proofs.moved_subjects import MovedSubjects
from lishui_credit.rubrics.law.proofs.requirement_claims import Required, required, undone
from lishui_credit.rubrics.law.proofs.rule_patterns import rules_of, samples_of
from lishui_credit.rubrics.law.proofs.score_range import score_pieces, scores
from lishui_credit.rubrics.law.proofs.value_moves import moves
from lishui_credit.rubrics.law.rubric import (
    BandRow,
    Condition,
    Effect,
    GradeRow,
    Indicator,
    Override,
    OverrideRepair,
    Rubric,
)
from lishui_credit.tables.columns import column
from tests.test_proofs import CITED, HEAD, engine_grades, graded_by_engine

# ---- against brute force ------------------------------------------------------------------------

ROW = "analyst_management"
ROOM: dict[str, list[Any]] = {
    ROW: [None, 0, 1, 2, 3, 4],
    "analyst_leader": [None, 0, 1, 2, 3, 4],
    "loss_this_period": [None, False, True],
    "insolvent": [None, False, True],
    "loan_class": [None, "normal", "special_mention", "substandard", "doubtful", "loss"],
}


def made_edition(seed: int, *, of_row: bool = False, of_score: bool = True) -> Rubric:
    """A small edition at random, whose rules read what no row reads (or a row too), and an event."""
    draw = random.Random(seed)
    read = draw.sample([name for name in ROOM if name != ROW], 3)
    operands: list[dict[str, Any]] = [{"column": ROW}, {"points": "row"}]
    operand = draw.choice(operands)

    def condition() -> Condition:
        if of_row and draw.random() < 0.5:
            bound = {draw.choice(("at_least", "at_most", "above", "below")): draw.choice((1, 2, 3))}
            return Condition(**(draw.choice(operands) if of_score else operand), **bound)
        name = draw.choice(read)
        kind = column(name).type
        if kind == "flag":
            return Condition(column=name, equals=draw.random() < 0.6)
        if kind == "level":
            levels = ROOM[name][1:]
            return Condition(column=name, one_of=tuple(draw.sample(levels, draw.choice((1, 2)))))
        bound = {draw.choice(("at_least", "at_most", "above", "below")): draw.choice((1, 2, 3))}
        return Condition(column=name, missing=draw.choice((None, "no")), **bound)

    bands = (BandRow(at_least=4, points=4), BandRow(at_least=2, points=2), BandRow(points=0))
    missing = draw.choice(("withhold", "zero"))
    row = Indicator(id="row", label_zh="", column=ROW, bands=bands, missing=missing, **CITED)
    grades = [
        GradeRow(id=f"g{n}", label_zh="", at_least=cut, **CITED) for n, cut in enumerate((4, 2))
    ]
    for n in draw.sample((0, 1), draw.choice((0, 1, 2))):
        asked = tuple(condition() for _ in range(draw.choice((1, 2))))
        unknown = draw.choice(("no", "withhold"))
        grades[n] = replace(grades[n], requires=asked, requires_missing=unknown)
    grades.append(GradeRow(id="g2", label_zh="", **CITED))
    effects = [Effect(set=g.id) for g in grades] + [Effect(cap=g.id) for g in grades[1:]]
    effects += [Effect(shift=1), Effect(not_graded=True)]
    overrides = []
    for place in range(draw.randint(1, 4)):
        asked = tuple(condition() for _ in range(draw.choice((1, 1, 2))))
        asked += (Condition(score=True, below=3),) if of_score and draw.random() < 0.2 else ()
        overrides.append(
            Override(
                id=f"o{place}", label_zh="", effect=draw.choice(effects), when=asked,
                missing=draw.choice(("no", "withhold")), order=draw.choice((1, 2)), **CITED,
            )
        )  # fmt: skip
    if draw.random() < 0.6:
        repair = OverrideRepair(
            clean_months_at_least=12, then=Effect(cap=draw.choice(("g1", "g2")))
        )
        overrides.append(
            Override(
                id="of_event", label_zh="", effect=draw.choice(effects), event="X1", missing="no",
                order=draw.choice((1, 2)), repair=draw.choice((None, repair)), **CITED,
            )
        )  # fmt: skip
    return Rubric(**HEAD, grades=tuple(grades), indicators=(row,), overrides=tuple(overrides))


def everybody(rubric: Rubric) -> pl.DataFrame:
    """Every subject of a made edition with each state of the event, and its grade by the engine."""
    names = [name for name in ROOM if name in needed_columns(rubric)]
    events: list[tuple[tuple[str, bool], ...]] = [()]
    if rubric.uses_events:
        events += [(("X1", False),), (("X1", True),)]
    people, keys = [], []
    for n, cells in enumerate(product(*(ROOM[name] for name in names), range(len(events)))):
        held = {a: b for a, b in zip(names, cells, strict=False) if b is not None}
        people.append(Example(held, events[cells[-1]]))
        keys.append({**dict(zip(names, cells, strict=False)), "event": cells[-1], "n": n})
    graded = graded_by_engine(rubric, people)["grade"]
    return pl.DataFrame(keys, infer_schema_length=None).with_columns(graded)


def way_of(rubric: Rubric, rows: pl.DataFrame, name: str) -> str:
    """What a column does to the grade of anybody, all else equal, as `WAYS` names it."""
    places = {grade.id: n for n, grade in enumerate(rubric.grades)}
    level = column(name).type == "level"
    known = rows.filter(pl.col("grade").is_not_null(), pl.col(name).is_not_null())
    others = [other for other in known.columns if other not in (name, "grade", "n")]
    falls = rises = False
    for _, group in known.group_by(others):
        cells = sorted(
            group.select(name, "grade").iter_rows(),
            key=lambda pair: ROOM[name].index(pair[0]),
        )
        for (_, a), (_, b) in pairwise(cells):
            falls |= places[b] > places[a]
            rises |= places[b] < places[a]
    if falls and rises:
        return "mixed"
    if not falls and not rises:
        return "either"
    return ("listed" if falls else "reversed") if level else ("lower" if falls else "higher")


@pytest.mark.parametrize("seed", range(60))
def test_the_way_a_column_moves_the_grade_is_that_of_everybody(seed: int) -> None:
    rubric = made_edition(seed)
    rows = everybody(rubric)
    found = decided(rubric)
    told = moves(found)
    subjects = MovedSubjects(rubric)
    for one in required(rubric, told, subjects):
        assert one.better == way_of(rubric, rows, one.name), one.name
        assert len(one.pairs) == (2 if one.better == "mixed" else 0)
        for pair in one.pairs:
            assert engine_grades(rubric, pair) == pair.grades


@pytest.mark.parametrize("seed", range(40))
def test_a_row_whose_better_value_lowers_a_grade_is_listed_and_no_other(seed: int) -> None:
    rubric = made_edition(seed, of_row=True, of_score=False)
    made = prove(rubric)
    if any(fault.kind in ("inversion", "gap") for fault in made.faults):
        return
    falls = way_of(rubric, everybody(rubric), ROW) in ("mixed", "lower")
    assert falls == any(one.row == "row" and one.pair is not None for one in made.exceptions)
    for one in made.exceptions:
        assert one.pair is None or engine_grades(rubric, one.pair) == one.pair.grades


@pytest.mark.parametrize("seed", [0, 71, 80, 117, 145, 179, 240, 320, 333, *range(400, 420)])
def test_no_fall_of_a_row_stays_hidden_where_rules_read_its_points_and_the_score(seed: int) -> None:
    rubric = made_edition(seed, of_row=True)
    made = prove(rubric)
    found = any(fault.kind in ("inversion", "gap", "undecided") for fault in made.faults)
    found |= any(one.row == "row" for one in made.exceptions)
    assert found or way_of(rubric, everybody(rubric), ROW) in ("higher", "either")
    for one in made.exceptions:
        assert one.pair is None or engine_grades(rubric, one.pair) == one.pair.grades


def decided(rubric: Rubric) -> Decisions:
    """What the claims on directions start from."""
    found = Decisions(rubric)
    found.pieces = list(score_pieces(rubric, scores(rubric))) or [None]
    return found


# ---- planted inversions -------------------------------------------------------------------------

OPPOSITE = {"higher": "lower", "lower": "higher", "listed": "reversed", "reversed": "listed"}
CHEAP = (
    "credit-county", "credit-township", "credit-village", "credit-village/db33-t2249.2", "customs@2008-04-01",
    "e-commerce-star/licheng", "environment-credit", "export-refund-class", "farmer-household",
    "farmer-household/pboc-1999", "labour-security", "small-enterprise", "tax-credit@2003-07-17",
)  # fmt: skip
COSTLY = ("environment-credit", "export-refund-class", "small-enterprise", "tax-credit@2003-07-17")
ODD: dict[str, Any] = {
    "id": "odd",
    "label_zh": "",
    "missing": "no",
    "clause": "第99条",
    "evidence": "local",
}


def asked_by(one: Required, cell: Any, better: str | None = None) -> Condition:
    """A condition that just one cell of a value meets."""
    term = one.value.terms[0]
    where: dict[str, Any] = {"column": term.column, "over": term.over, "better": better}
    if isinstance(cell, bool | str):
        return Condition(**where, equals=cell)
    bound = f"{cell.numerator}/{cell.denominator}"
    return Condition(**where, at_least=bound, at_most=bound)


def ends_of(rubric: Rubric, one: Required) -> tuple[Any, Any]:
    """The worst and the best cell of a value, as the edition's rules have it."""
    asked = [
        condition
        for rule in rules_of(rubric)
        for condition in rule.conditions
        if rule.name in one.rules
        if (condition.column, condition.over)
        == (one.value.terms[0].column, one.value.terms[0].over)
    ]
    cells = samples_of(rubric, one.value, asked, every=True)
    if column(one.value.columns[0]).type == "flag":
        cells = cells[::-1]
    return (cells[0], cells[-1]) if one.better in ("higher", "reversed") else (cells[-1], cells[0])


def plants(rubric: Rubric, one: Required) -> Iterator[tuple[str, Rubric]]:
    """Editions in which a better value has the lower grade, though a condition says what is better."""
    worst, _ = ends_of(rubric, one)
    grades = [grade.id for grade in rubric.grades]
    at_worst = (asked_by(one, worst, one.better),)
    praised = Override(**ODD, order=-1, effect=Effect(set=grades[0]), when=at_worst)
    yield "the worst value has the best grade", with_rule(rubric, praised)
    mild = replace(praised, effect=Effect(set=grades[len(grades) // 2 - 1]))
    harsh = Override(
        **{**ODD, "id": "harsh"}, column="loss_this_period", effect=Effect(set=grades[-1])
    )
    yield "an earlier rule hides a later one", with_rule(with_rule(rubric, mild), harsh)
    yield "every condition turned round", turned(rubric, one)


def turned(rubric: Rubric, one: Required) -> Rubric:
    """An edition whose conditions on a value are each met by just the values that did not meet them."""
    turns = {"at_least": "below", "below": "at_least", "above": "at_most", "at_most": "above"}

    def turn(condition: Condition) -> Condition:
        if (condition.column, condition.over) != (
            one.value.terms[0].column,
            one.value.terms[0].over,
        ):
            return condition
        now = replace(condition, better=one.better)
        if isinstance(condition.equals, bool):
            return replace(now, equals=not condition.equals)
        if condition.one_of or condition.equals is not None:
            named = condition.one_of or (condition.equals,)
            rest = [level for level in column(str(condition.column)).values if level not in named]
            return replace(now, equals=None, one_of=tuple(rest))
        ((key, bound),) = ((k, b) for k in turns if (b := getattr(condition, k)) is not None)
        return replace(now, **{key: None, turns[key]: bound})

    overrides = []
    for row in rubric.overrides:
        when = row.when
        if row.column is not None:
            when = (Condition(column=row.column, equals=True),)
        overrides.append(replace(row, column=None, when=tuple(map(turn, when))))
    grades = (replace(grade, requires=tuple(map(turn, grade.requires))) for grade in rubric.grades)
    return replace(rubric, overrides=tuple(overrides), grades=tuple(grades))


def with_rule(rubric: Rubric, rule: Override) -> Rubric:
    return replace(rubric, overrides=(*rubric.overrides, rule))


def claimed(rubric: Rubric, base: Decisions) -> tuple[list[Required], list[Undone]]:
    """What is found of an edition that gives the same scores as its base."""
    found = Decisions(rubric, pieces=base.pieces)
    told, subjects = moves(found), MovedSubjects(rubric)
    listed = list(required(rubric, told, subjects))
    return listed, list(undone(found, told, listed, subjects))


@pytest.mark.parametrize("name", CHEAP)
def test_planted_inversions_are_all_found_with_a_subject_that_shows_them(name: str) -> None:
    rubric = catalog.rubric(name)
    base = decided(rubric)
    read, none = claimed(rubric, base)
    assert none == []
    ways = [one for one in read if one.better in OPPOSITE and one.better != "reversed"]
    spread = ways[:1] if name in COSTLY else ways[:: max(1, len(ways) // 3)]
    planted = [(one, *plant) for one in spread for plant in plants(rubric, one)]
    assert len(planted) >= 3
    for one, what, edition in planted:
        listed, hits = claimed(edition, base)
        told = next(row for row in listed if row.value == one.value)
        assert (told.better, told.declared) == (one.better, True)
        shown = [hit for hit in hits if hit.column == one.value.columns[0] and hit.pair]
        assert shown, f"{one.name}: {what}"
        before, after = shown[0].pair.grades
        assert engine_grades(edition, shown[0].pair) == (before, after)
        places = [grade.id for grade in edition.grades]
        assert places.index(before) < places.index(after)
        if "turned" not in what:
            assert "第99条" in shown[0].clauses


# ---- as a clerk meets it ------------------------------------------------------------------------

LOANS = "farmer-household/pboc-1999@1999-01-01"
RECORD = '{ column = "bad_credit_record", equals = false }'


@pytest.mark.parametrize(
    ("new", "en", "zh"),
    [
        (
            '{ column = "bad_credit_record", equals = true, better = "lower" }',
            "Bad credit record: better = lower, yet a better value lowers the grade by the conditions"
            " of grade excellent [第9条 优秀]; Bad credit record yes: excellent, Bad credit record no: ",
            "有不良信用记录：已写 better = lower，但取值更优时等级因等级excellent的条件下降[第9条 优秀]；",
        ),
        (
            RECORD,
            "a lower value, or no, never lowers the grade (no direction declared): Bad credit record",
            "取值越小（或为“否”）等级不降（未声明优劣）：有不良信用记录",
        ),
        (
            RECORD.replace(" }", ', better = "lower" }'),
            "a lower value, or no, never lowers the grade (declared): Bad credit record",
            "取值越小（或为“否”）等级不降（已声明）：有不良信用记录",
        ),
    ],
)
def test_check_says_what_only_rules_read_in_both_languages(
    tmp_path: Path, capsys: Any, new: str, en: str, zh: str
) -> None:
    for lang, words in (("en", en), ("zh", zh)):
        code, told = check_text(tmp_path, capsys, lang, RECORD, new)
        assert code == 0
        assert words in told, told
    set_language(None)


def test_check_shows_both_subjects_where_rules_disagree_and_nothing_is_declared(
    tmp_path: Path, capsys: Any
) -> None:
    good = '{ column = "steady_income", equals = true },'
    new = good + '\n  { column = "bad_credit_record", equals = true },'
    code, told = check_text(tmp_path, capsys, "en", good, new)
    assert code == 0
    assert (
        "Bad credit record: no direction is declared, and the conditions of grade excellent, the"
        " conditions of grade good can raise and lower the grade [第9条 优秀; 第9条 较好]:" in told
    )
    assert "write better = in a condition" in told
    _, told = check_text(tmp_path, capsys, "zh", good, new)
    assert "有不良信用记录：未声明优劣方向，且等级因等级excellent的条件、等级good的条件" in told
    set_language(None)


def check_text(folder: Path, capsys: Any, lang: str, old: str, new: str) -> tuple[int, str]:
    """What ``rubrics check`` says of the loans edition in which a text was changed."""
    body = next(e for e in catalog.entries() if f"{e.name}@{e.start}" == LOANS).path.read_text(
        "utf-8"
    )
    assert old in body
    mine = folder / "mine.toml"
    mine.write_text(body.replace(old, new, 1), encoding="utf-8")
    code = main(["rubrics", "check", str(mine), "--lang", lang])
    told = capsys.readouterr()
    return code, told.out + told.err


@pytest.mark.parametrize(
    ("name", "condition", "said"),
    [
        ("labour-security", {"column": "labour_investigations", "at_most": 0, "better": "listed"}, "better does not fit"),
        ("export-refund-class", {"column": "fx_class", "equals": "A", "better": "higher"}, "better does not fit"),
        ("small-enterprise", {"column": "firm_liabilities", "over": "firm_assets", "above": 1, "better": "lower"}, "better belongs to"),
        ("small-enterprise", {"score": True, "at_least": 60, "better": "higher"}, "better does not fit"),
    ],
)  # fmt: skip
def test_a_direction_that_cannot_be_is_refused(
    name: str, condition: dict[str, Any], said: str
) -> None:
    rubric = catalog.rubric(name)
    last = [grade.id for grade in rubric.grades][-1]
    rule = Override(**ODD, effect=Effect(cap=last), when=(Condition(**condition),))
    set_language("en")
    told = [str(problem) for _, problem in check(with_rule(rubric, rule))]
    assert any(said in line for line in told), told
    set_language(None)


def test_two_conditions_that_declare_otherwise_are_refused_and_a_start_score_declares_nothing() -> (
    None
):
    set_language("en")
    rubric = catalog.rubric("labour-security")
    for better in ("higher", "lower"):
        asked = Condition(column="labour_investigations", at_most=5, better=better)
        rule = Override(**{**ODD, "id": better}, effect=Effect(cap="C"), when=(asked,))
        rubric = with_rule(rubric, rule)
    assert any("two conditions say differently" in str(p) for _, p in check(rubric))
    tax = catalog.rubric("tax-credit@2014-10-01")
    assert tax.start is not None
    first, *rest = tax.start.rows
    when = (replace(first.when[0], better="higher"),)
    start = replace(tax.start, rows=(replace(first, when=when), *rest))
    assert any("better belongs to" in str(p) for _, p in check(replace(tax, start=start)))
    set_language(None)


# ---- columns that values share ------------------------------------------------------------------


def shared(*requires: Condition, bands: tuple[BandRow, ...] = ()) -> EditionProof:
    """The proof of a made edition whose best grade asks for something, with a row on assets."""
    row = Indicator(
        id="size", label_zh="", column="firm_assets", missing="zero", clause="甲", evidence="local",
        bands=bands or (BandRow(points=1),),
    )  # fmt: skip
    grades = (
        GradeRow(id="a", label_zh="", at_least=1, requires=requires, requires_missing="no",
                 clause="乙", evidence="local"),
        GradeRow(id="b", label_zh="", **CITED),
    )  # fmt: skip
    return prove(Rubric(**HEAD, grades=grades, indicators=(row,)))


def test_a_column_that_a_ratio_divides_by_and_a_row_earns_by_is_listed_with_a_subject() -> None:
    bands = (BandRow(at_least=1_000_000, points=1), BandRow(points=0))
    ratio = Condition(column="cash", over="firm_assets", at_least="1/4")
    made = shared(ratio, bands=bands)
    assert [one.better for one in made.required] == ["higher"]
    (found,) = (one for one in made.exceptions if one.column == "firm_assets")
    assert (found.row, found.against, found.clauses) == ("grade:a", ("size",), ("乙", "甲"))
    assert found.pair is not None
    assert found.pair.grades == ("a", "b")
    assert engine_grades(made.rubric, found.pair) == ("a", "b")


def test_a_column_that_two_conditions_read_the_same_way_is_no_exception() -> None:
    alone = Condition(column="cash", at_least=1000)
    ratio = Condition(column="cash", over="firm_liabilities", at_least=1)
    assert shared(alone, ratio).exceptions == ()
    against = Condition(column="firm_liabilities", at_least=1000)
    told = shared(alone, ratio, against).exceptions
    assert {one.column for one in told} == {"firm_liabilities"}
