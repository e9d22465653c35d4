"""Editions prove themselves: the prover against grading by brute force, and planted faults all found."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from lishui_credit.citation import Citation, Period
from lishui_credit.commands.cli import main
from lishui_credit.language import set_language
from lishui_credit.points import Value
from lishui_credit.rubrics import coherence
from lishui_credit.rubrics.engine.compile import dtype, needed_columns
from lishui_credit.rubrics.engine.evaluate import evaluate
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.proofs.edition_proof import EditionProof, prove
from lishui_credit.rubrics.law.proofs.example_subjects import Example, graded
from lishui_credit.rubrics.law.proofs.moved_subjects import Pair
from lishui_credit.rubrics.law.proofs.proof_files import proof_path
from lishui_credit.rubrics.law.proofs.row_claims import row_faults
from lishui_credit.rubrics.law.proofs.rule_claims import decisions
from lishui_credit.rubrics.law.proofs.value_pieces import pieces
from lishui_credit.rubrics.law.rows import term
from lishui_credit.rubrics.law.rubric import (
    BandRow,
    Condition,
    Effect,
    GradeRow,
    Indicator,
    Override,
    Rubric,
    StartRow,
)
from lishui_credit.tables.columns import dictionary

GRADING = [entry for entry in catalog.entries() if catalog.load(entry.path).lacking is None]
BY_NAME = pytest.mark.parametrize("entry", GRADING, ids=lambda e: f"{e.name}@{e.start}")


# Editions that decide each in a way of its own: not what differs by an event or a city only.
ALIKE = re.compile("guangzhou|qingdao|tax-credit/(2016|2020|2022)")
APART = [entry for entry in GRADING if not ALIKE.search(str(entry.path))]


@cache
def proof(path: Any) -> EditionProof:
    """The proof of a shipped edition, made once for all tests."""
    return prove(catalog.load(path))


def frames(rubric: Rubric, examples: list[Example]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The subjects and the events of examples as they would stand in conformed tables."""
    known, key = dictionary(), rubric.subject_id
    names = [name for name in needed_columns(rubric) if name != key]
    cells: dict[str, Any] = {key: [f"s{n}" for n in range(len(examples))]}
    cells |= {name: [example.cells.get(name) for example in examples] for name in names}
    kinds = {name: dtype(known[name], pl) for name in names}
    day = rubric.in_force.start - timedelta(days=400)
    events = [
        {
            key: f"s{n}",
            "event_id": f"{n}-{place}",
            "code": code,
            "occurred_on": day,
            "due_on": day,
            "corrected_on": day if mended else None,
            "clean_months": 99 if mended else None,
        }
        for n, example in enumerate(examples)
        for place, (code, mended) in enumerate(example.events)
    ]
    schema = {key: pl.String, "event_id": pl.String, "code": pl.String, "occurred_on": pl.Date}
    schema |= {"due_on": pl.Date, "corrected_on": pl.Date, "clean_months": pl.Int64}
    return pl.DataFrame(cells, schema={key: pl.String, **kinds}), pl.DataFrame(events, schema)


def graded_by_engine(rubric: Rubric, examples: list[Example]) -> pl.DataFrame:
    """What the engine says of examples, in their order."""
    subjects, events = frames(rubric, examples)
    found = evaluate(
        subjects, rubric, events=events if rubric.uses_events else None, as_of=rubric.in_force.start
    )
    return found.collect()


def engine_grades(rubric: Rubric, pair: Pair) -> tuple[str, ...]:
    """The grades of a subject before and after it moved, as the engine gives them."""
    cells = ({**pair.before}, {**pair.before, **pair.after})
    return tuple(graded_by_engine(rubric, [Example(c, pair.events) for c in cells])["grade"])


@BY_NAME
def test_every_edition_is_proved_and_its_proof_lies_beside_it(entry: catalog.Entry) -> None:
    made, path = proof(entry.path), proof_path(entry)
    assert [str(fault.problem) for fault in made.faults] == []
    assert path.exists()
    assert path.read_text(encoding="utf-8") == made.as_text(), (
        "remake it with: lishui-credit rubrics prove --write"
    )


@BY_NAME
def test_the_subjects_of_a_proof_are_graded_so_by_the_engine(entry: catalog.Entry) -> None:
    made = proof(entry.path)
    found, rubric = made.decided, made.rubric
    examples = [*found.grades.values(), *found.cutoffs.values(), *found.overrides.values()]
    rows = graded_by_engine(rubric, examples)
    for name, example in found.grades.items():
        assert example.outcome.grade == name
    said = [example.outcome.grade.replace("not graded", "not_graded") for example in examples]
    told = [row["grade"] or row["outcome"] for row in rows.iter_rows(named=True)]
    assert told == said
    for name, row in zip(
        found.overrides, rows.tail(len(found.overrides)).iter_rows(named=True), strict=True
    ):
        assert name in (row["decided_by"].removeprefix("not graded: "), row["withheld_by"])
    reads = set(needed_columns(rubric))
    subjects, _ = frames(rubric, examples)
    for rule in [*coherence.parts(reads), *coherence.last_year(reads)]:
        wrong = subjects.filter(rule.test(*(pl.col(name) for name in rule.columns)))
        assert wrong.is_empty(), rule.reason


@BY_NAME
def test_a_listed_exception_lowers_the_grade_by_the_engine_too(entry: catalog.Entry) -> None:
    made = proof(entry.path)
    for row in made.exceptions:
        assert row.clauses[0] == made.rubric.indicator(row.row).clause
        if row.pair is not None:
            assert engine_grades(made.rubric, row.pair) == row.pair.grades


@BY_NAME
def test_where_a_grade_moves_both_ways_the_engine_shows_both(entry: catalog.Entry) -> None:
    made = proof(entry.path)
    places = [grade.id for grade in made.rubric.grades]
    for one in made.required:
        assert not one.declared
        if one.better != "mixed":
            assert one.pairs == ()
            continue
        falls, rises = one.pairs
        assert places.index(falls.grades[0]) < places.index(falls.grades[1])
        assert places.index(rises.grades[0]) > places.index(rises.grades[1])
        for pair in one.pairs:
            assert set(pair.after) == {one.value.columns[0]}
            assert engine_grades(made.rubric, pair) == pair.grades


# ---- against brute force, on small made editions ------------------------------------------------

HEAD: dict[str, Any] = {
    "id": "made",
    "title_zh": "",
    "title_en": "",
    "subject": "enterprise",
    "subject_id": "uscc",
    "aggregate": "sum",
    "point_unit": 1,
    "in_force": Period(start=date(2020, 1, 1)),
    "status": "transcribed",
    "source": Citation(issuer="", title_zh="made"),
}
CITED: dict[str, Any] = {"clause": "1", "evidence": "placeholder"}
COLUMNS = {"analyst_management": 4, "analyst_reputation": 2, "analyst_prospects": 2}
FLAGS = ("loss_this_period", "insolvent")


def made_edition(seed: int) -> Rubric:
    """A small edition at random, often with faults."""
    draw = random.Random(seed)
    rows = []
    for name, most in list(COLUMNS.items())[: draw.choice((2, 3))]:
        bounds = sorted(draw.sample(range(-1, most + 2), draw.choice((1, 2))), reverse=True)
        bands = [
            BandRow(
                at_least=bound,
                at_most=draw.choice((None, None, most)),
                points=draw.randint(0, 4),
            )
            for bound in bounds
        ]
        bands += [BandRow(points=draw.randint(0, 2))] if draw.random() < 0.7 else []
        missing = draw.choice(("withhold", "zero"))
        rows.append(
            Indicator(
                id=name, label_zh="", column=name, bands=tuple(bands), missing=missing,
                better=draw.choice(("higher", None)), **CITED,
            )
        )  # fmt: skip
    cuts = draw.choice(((8, 4), (6, 5), (30, 3), (4, 4)))
    grades = [
        GradeRow(id=f"g{n}", label_zh="", at_least=cut, **CITED) for n, cut in enumerate(cuts)
    ]
    if draw.random() < 0.3:
        asked = Condition(column="analyst_leader", at_least=draw.choice((2, 5)))
        grades[0] = replace(
            grades[0], requires=(asked,), requires_missing=draw.choice(("no", "withhold"))
        )
    grades.append(GradeRow(id="last", label_zh="", **CITED))
    ids = [grade.id for grade in grades]
    overrides = []
    for place in range(draw.randint(0, 4)):
        effect = draw.choice(
            (
                Effect(set=draw.choice(ids)),
                Effect(cap=draw.choice(ids)),
                Effect(shift=1),
                Effect(not_graded=True),
            )
        )
        conditions = [Condition(column=draw.choice(FLAGS), equals=draw.random() < 0.8)]
        if draw.random() < 0.5:
            other = Condition(column=draw.choice(FLAGS), equals=draw.random() < 0.8)
            score = Condition(score=True, at_least=draw.randint(0, 9))
            management = Condition(column="analyst_management", at_least=draw.randint(0, 5))
            conditions.append(draw.choice((other, score, management)))
        overrides.append(
            Override(
                id=f"o{place}", label_zh="", effect=effect, missing=draw.choice(("no", "withhold")),
                order=draw.choice((1, 2)), when=tuple(conditions), **CITED,
            )
        )  # fmt: skip
    return Rubric(**HEAD, grades=tuple(grades), indicators=tuple(rows), overrides=tuple(overrides))


def everybody(rubric: Rubric) -> list[Example]:
    """Every subject of a made edition, empty cells included."""
    read = [name for name in needed_columns(rubric) if name in (*COLUMNS, *FLAGS, "analyst_leader")]
    values = [
        [None, True, False] if name in FLAGS else [None, *range(COLUMNS.get(name, 4) + 1)]
        for name in read
    ]
    return [
        Example({name: cell for name, cell in zip(read, cells, strict=True) if cell is not None})
        for cells in product(*values)
    ]


@pytest.mark.parametrize("seed", range(60))
def test_the_prover_finds_what_grading_everybody_finds(seed: int) -> None:
    rubric = made_edition(seed)
    people = everybody(rubric)
    rows = graded_by_engine(rubric, people)
    made = prove(rubric)
    kinds = {(fault.kind, fault.loc[:2]) for fault in made.faults}
    gaps = {loc[1] for kind, loc in kinds if kind == "gap" and loc[0] == "indicators"}
    for place, row in enumerate(rubric.indicators):
        known = rows.filter(pl.col(str(row.column)).is_not_null())
        assert (place in gaps) == (known[f"points__{row.id}"].null_count() > 0)
        told = [fault.loc for fault in made.faults if fault.kind == "unreachable"]
        for n in range(len(row.bands)):
            only = replace(row, bands=tuple(
                replace(band, points=int(at == n)) for at, band in enumerate(row.bands)
            ))  # fmt: skip
            alone = replace(rubric, indicators=(only,), overrides=(), grades=rubric.grades[-1:])
            hit = graded_by_engine(alone, people)[f"points__{row.id}"].eq(1).any()
            assert (("indicators", place, "bands", n) in told) != hit
    if gaps:
        return
    assert "undecided" not in {kind for kind, _ in kinds}
    # One and the same outcome from the cells in exact fractions and from the engine.
    by_text = [graded(rubric, person.cells).outcome for person in people]
    told_by_engine = rows.select("grade", "outcome", "decided_by").iter_rows()
    for text, (grade, outcome, decided_by) in zip(by_text, told_by_engine, strict=True):
        assert text.grade.replace("not graded", "not_graded") == (grade or outcome)
        assert (
            text.decided_by == decided_by.removeprefix("not graded: ") or text.grade == "not graded"
        )
    unreached = {loc[1] for kind, loc in kinds if kind == "unreachable" and loc[0] == "grades"}
    reached = set(rows["grade"].drop_nulls())
    assert {rubric.grades[n].id for n in unreached} == {g.id for g in rubric.grades} - reached
    in_vain = {loc[1] for kind, loc in kinds if kind == "unreachable" and loc[0] == "overrides"}
    for place, rule in enumerate(rubric.overrides):
        without = replace(rubric, overrides=tuple(r for r in rubric.overrides if r is not rule))
        decides = (rows["decided_by"].str.strip_prefix("not graded: ") == rule.id).any()
        withholds = (
            (rows["outcome"] == "withheld")
            & (graded_by_engine(without, people)["outcome"] != "withheld")
        ).any()
        if rule.effect.not_graded and not decides:  # two that leave ungraded: the first is named
            continue
        assert (place in in_vain) != (decides or withholds), rule
    turned = any(kind == "inversion" and loc[0] == "grades" for kind, loc in kinds)
    assert turned == falls_with_the_score(rubric, rows)


def falls_with_the_score(rubric: Rubric, rows: pl.DataFrame) -> bool:
    """Whether, all facts of rules equal, a higher total has a lower grade somewhere."""
    ranks = {grade.id: place for place, grade in enumerate(rubric.grades)}
    by = [n for n in (*FLAGS, "analyst_leader") if n in rows.columns]
    asked = {c.column for rule in rubric.overrides for c in rule.when}
    by += ["analyst_management"] if "analyst_management" in asked & set(rows.columns) else []
    known = rows.filter(pl.col("grade").is_not_null(), pl.col("earned").is_not_null())
    ranked = known.with_columns(pl.col("grade").replace_strict(ranks, return_dtype=pl.Int64))
    groups = ranked.group_by(by) if by else [((), ranked)]
    return any(
        (
            group.sort("earned")
            .group_by("earned")
            .agg(pl.col("grade").max())
            .sort("earned")["grade"]
            .diff()
            > 0
        ).any()
        for _, group in groups
    )


def test_pieces_of_a_ratio_are_those_its_columns_can_form() -> None:
    value = Value((term("labourers", "family_members"),))
    edges = [Fraction(n, 60) for n in range(61)]
    formed = {Fraction(a, b) for b in range(1, 31) for a in range(b + 1)}
    found = pieces(value, edges)
    for low, high in zip([None, *edges], [*edges, None], strict=True):
        inside = [f for f in formed if (low is None or f > low) and (high is None or f < high)]
        between = [p for p in found if p.low == low and p.high == high and low != high]
        assert bool(between) == bool(inside), (low, high)
    points = {p.low for p in found if p.low == p.high}
    assert points == formed & set(edges)


# ---- planted faults -----------------------------------------------------------------------------

Plant = tuple[str, Rubric, str]  # what was planted, the edition with it, the kind of fault


def with_row(rubric: Rubric, row: Indicator) -> Rubric:
    rows = tuple(row if old.id == row.id else old for old in rubric.indicators)
    return replace(rubric, indicators=rows)


def in_rows(rubric: Rubric) -> Iterator[Plant]:
    """Gaps, shadows, overlaps and inversions in every row with bands or levels."""
    for row in rubric.scoring:
        bands = [band for band in row.bands if rubric.taken(band.choice)]
        if len(bands) > 1:
            first, second, *rest = bands

            def planted(*bands: BandRow, row: Indicator = row) -> Rubric:
                return with_row(rubric, replace(row, bands=bands))

            yield f"{row.id}: last band cut off", planted(*bands[:-1]), "gap"
            yield f"{row.id}: a band twice", planted(first, first, second, *rest), "unreachable"
            wide = replace(first, at_least=None, above=None, below=None, at_most=None)
            yield f"{row.id}: first band takes all", planted(wide, second, *rest), "unreachable"
            a, b = (
                {"points": first.points, "range": first.range},
                {"points": second.points, "range": second.range},
            )
            swapped = planted(replace(first, **b), replace(second, **a), *rest)
            yield f"{row.id}: points of two bands swapped", swapped, "inversion"
            bound = first.at_least if first.at_least is not None else first.above
            most = dictionary()[str(row.column)].maximum if row.column and not row.over else None
            if bound is not None and (most is None or bound < most) and len(bands) > 2:
                inside = replace(
                    second, at_most=None, below=f"{Fraction(bound) * Fraction(51, 50)}"
                )
                if row.over is not None or row.mix or row.place:
                    yield (
                        f"{row.id}: second band up into the first",
                        planted(first, inside, *rest),
                        "overlap",
                    )
        if len(row.levels) > 1:
            (a_name, a_points), (b_name, b_points), *_ = row.levels.items()
            fewer = {k: v for k, v in row.levels.items() if k != b_name}
            yield f"{row.id}: a level left out", with_row(rubric, replace(row, levels=fewer)), "gap"
            turned = {**row.levels, a_name: b_points, b_name: a_points}
            yield (
                f"{row.id}: levels swapped",
                with_row(rubric, replace(row, levels=turned)),
                "inversion",
            )


def in_events(rubric: Rubric) -> Iterator[Plant]:
    """Two rows of one code, limits that no amount keeps, repairs that reward delay, start scores."""
    rows = [row for row in rubric.scoring if row.event is not None]
    for one, other in list(pairwise(rows))[:4]:
        assert one.event is not None
        assert other.event is not None
        event = replace(other.event, code=one.event.code)
        yield (
            f"{other.id}: code of {one.id}",
            with_row(rubric, replace(other, event=event)),
            "overlap",
        )
    for row in rows:
        assert row.event is not None
        if row.event.limits:
            limits = tuple(
                replace(limit, at_least=50_000, below=50_000) for limit in row.event.limits
            )
            event = replace(row.event, limits=limits)
            yield (
                f"{row.id}: no amount fits",
                with_row(rubric, replace(row, event=event)),
                "unreachable",
            )
            break
    for place, repair in enumerate(rubric.repairs):
        last = repair.windows[-1]
        more = (
            replace(last, restore=99, restore_percent=None)
            if last.restore is not None
            else replace(last, restore_percent=100)
        )
        windows = {
            "inversion": (*repair.windows[:-1], more),
            "unreachable": (*repair.windows, repair.windows[0]),
        }
        for kind, changed in windows.items():
            repairs = list(rubric.repairs)
            repairs[place] = replace(repair, windows=changed)
            yield f"{repair.id}: windows", replace(rubric, repairs=tuple(repairs)), kind
    if rubric.start is not None:
        *others, end = rubric.start.rows
        asked = replace(end, when=others[0].when)
        start = replace(rubric.start, rows=(*others, asked))
        yield "start: nobody left over", replace(rubric, start=start), "gap"
        rows_of_start: tuple[StartRow, ...] = (replace(others[0], when=()), *others[1:], end)
        yield (
            "start: first row takes all",
            replace(rubric, start=replace(rubric.start, rows=rows_of_start)),
            "unreachable",
        )


def in_rules(rubric: Rubric) -> Iterator[Plant]:
    """Gaps between grades, cut-offs out of reach, rules in vain, contradictions, inversions."""
    *better, last = rubric.grades
    if rubric.aggregate != "none":
        left = max(n for n, grade in enumerate(rubric.grades) if not grade.set_only)
        ended = list(rubric.grades)
        lowest = min(Fraction(grade.at_least) for grade in better if grade.at_least is not None)
        ended[left] = replace(ended[left], at_least=int(lowest) // 2 + 1)
        yield "last grade has a cut-off", replace(rubric, grades=tuple(ended)), "gap"
        open_grades = [n for n, grade in enumerate(better) if grade.at_least is not None]
        best = replace(better[0], at_least=1001, at_least_if={})
        yield (
            "best cut-off above all points",
            replace(rubric, grades=(best, *rubric.grades[1:])),
            "unreachable",
        )
        for a, b in pairwise(open_grades):
            grades = list(rubric.grades)
            grades[b] = replace(grades[b], at_least=grades[a].at_least, at_least_if={})
            if not grades[a].requires:
                yield (
                    f"{grades[b].id}: cut-off of the better",
                    replace(rubric, grades=tuple(grades)),
                    "cutoff",
                )
        harsh = Override(
            id="harsh", label_zh="", effect=Effect(set=last.id), missing="no", order=0,
            when=(Condition(score=True, at_least=better[0].at_least),), **CITED,
        )  # fmt: skip
        yield (
            "the best points give the worst grade",
            replace(rubric, overrides=(*rubric.overrides, harsh)),
            "inversion",
        )
    else:
        left = max(n for n, grade in enumerate(rubric.grades) if not grade.set_only)
        ended = list(rubric.grades)
        asked = {"requires": rubric.grades[0].requires, "requires_missing": "no"}
        ended[left] = replace(ended[left], **asked)
        yield "last grade asks for more", replace(rubric, grades=tuple(ended)), "gap"
        twice = replace(rubric.grades[0], id="again")
        yield (
            "a grade twice",
            replace(rubric, grades=(rubric.grades[0], twice, *rubric.grades[1:])),
            "unreachable",
        )
    flag = "insolvent"
    never = (Condition(column=flag, equals=True), Condition(column=flag, equals=False))
    lost = Override(
        id="never", label_zh="", effect=Effect(cap=last.id), missing="no", when=never, **CITED
    )
    yield (
        "conditions that contradict",
        replace(rubric, overrides=(*rubric.overrides, lost)),
        "unreachable",
    )
    for rule in rubric.active_overrides[:: max(1, len(rubric.active_overrides) // 3)]:
        if rule.event is None and rule.missing == "no" and rule.effect.shift is None:
            copy = replace(rule, id="zz_again", order=rule.order + 1)
            yield (
                f"{rule.id}: the same again",
                replace(rubric, overrides=(*rubric.overrides, copy)),
                "unreachable",
            )
        if rule.effect.set is not None:
            against = replace(
                rule, id="against", event=None, column=flag, when=(), repair=None,
                effect=Effect(not_graded=True), missing="no",
            )  # fmt: skip
            yield (
                f"{rule.id}: against it, no order",
                replace(rubric, overrides=(*rubric.overrides, against)),
                "contradiction",
            )
    for grade in rubric.grades:
        if grade.set_only:
            kept = tuple(
                rule
                for rule in rubric.overrides
                if grade.id not in (rule.effect.set, rule.effect.cap)
            )
            yield f"{grade.id}: no rule gives it", replace(rubric, overrides=kept), "unreachable"


def test_planted_faults_in_rows_are_all_found() -> None:
    bases = [catalog.load(entry.path) for entry in GRADING]
    plants = [plant for rubric in bases for plant in (*in_rows(rubric), *in_events(rubric))]
    missed = [
        f"{rubric.name}@{rubric.edition} {what}: {kind}"
        for what, rubric, kind in plants
        if kind not in {fault.kind for fault in row_faults(rubric)}
    ]
    assert missed == []
    assert len(plants) >= 150
    assert {kind for _, _, kind in plants} == {"gap", "overlap", "unreachable", "inversion"}


def one_of_each_kind(plants: list[Plant], place: int) -> list[Plant]:
    """One plant of every kind: of several another in each edition, so that all stand in some."""
    kinds = {kind: [p for p in plants if p[2] == kind] for _, _, kind in plants}
    return [alike[-1 - place % len(alike)] for alike in kinds.values()]


@pytest.mark.parametrize("entry", APART, ids=lambda e: f"{e.name}@{e.start}")
def test_planted_faults_in_what_decides_are_all_found(entry: catalog.Entry) -> None:
    """With EVERY_PLANT=1 in the environment, all plants of every edition."""
    plants = list(in_rules(catalog.load(entry.path)))
    if not os.environ.get("EVERY_PLANT"):
        plants = one_of_each_kind(plants, APART.index(entry))
    missed = [
        f"{what}: {kind}"
        for what, rubric, kind in plants
        if kind not in {fault.kind for fault in decisions(rubric)[1]}
    ]
    assert missed == []
    assert {kind for _, _, kind in plants} >= {"gap", "unreachable"}


@pytest.mark.parametrize(
    ("name", "row", "condition"),
    [
        ("small-enterprise@2009-12-01", "debt_ratio", {"column": "firm_liabilities", "over": "firm_assets", "at_most": Decimal("0.3")}),
        ("small-enterprise@2009-12-01", "management_quality", {"column": "analyst_management", "at_least": 4}),
        ("farmer-household@2009-01-01", "shares", {"column": "coop_shares", "at_least": 10_000}),
        ("farmer-household@2009-01-01", "peers", {"column": "peer_review", "equals": "excellent"}),
        ("environment-credit@2014-03-01", "outlet_compliance", {"column": "min_outlet_compliance_rate", "at_least": 1}),
        ("environment-credit@2014-03-01", "penalties", {"column": "environmental_sanction", "equals": "none"}),
    ],
)  # fmt: skip
def test_a_rule_that_punishes_a_better_value_is_listed_with_its_clause(
    name: str, row: str, condition: dict[str, Any]
) -> None:
    rubric = catalog.rubric(name)
    worst = next(grade.id for grade in reversed(rubric.grades) if not grade.set_only)
    rule = Override(
        id="odd", label_zh="", effect=Effect(cap=worst), missing="no",
        when=(Condition(**condition),), clause="第9条", evidence="placeholder",
    )  # fmt: skip
    made = prove(replace(rubric, overrides=(*rubric.overrides, rule)))
    hits = [found for found in made.exceptions if "odd" in found.against]
    assert [found.row for found in hits] == [row]
    assert "第9条" in hits[0].clauses


# ---- as a clerk meets it ------------------------------------------------------------------------


def check(
    folder: Path, edition: str, old: str, new: str, capsys: Any, lang: str
) -> tuple[int, str]:
    """What ``rubrics check`` says of an edition in which a text was changed."""
    text = catalog.rubric(edition)
    path = next(e.path for e in GRADING if f"{e.name}@{e.start}" == f"{text.name}@{text.edition}")
    body = path.read_text(encoding="utf-8")
    assert old in body
    mine = folder / "mine.toml"
    mine.write_text(body.replace(old, new, 1), encoding="utf-8")
    code = main(["rubrics", "check", str(mine), "--lang", lang])
    told = capsys.readouterr()
    return code, told.out + told.err


RECORDS = "bands = [\n  { at_least = 2, points = 2 },\n  { at_least = 1, points = 1 },"


@pytest.mark.parametrize(
    ("edition", "old", "new", "en", "zh"),
    [
        (
            "farmer-household@2009-01-01",
            'labels = { lishui = "未评信用户" }',
            'labels = { lishui = "未评信用户" }\nat_least = 40',
            "a household with 39.9 points has no grade",
            "得39.9分的农户没有等级",
        ),
        (
            "credit-village@2009-01-01",
            'id = "none"',
            'id = "none"\nrequires = [{ column = "bad_loan_rate_rise", below = 0.5 }]\nrequires_missing = "no"',
            "has no grade",
            "没有等级",
        ),
        (
            "small-enterprise@2009-12-01",
            "above = 0.9, at_most = 1 }",
            "above = 1, at_most = 0.9 }",
            "its conditions never hold together",
            "其条件不可能同时成立",
        ),
        (
            "small-enterprise@2009-12-01",
            RECORDS,
            RECORDS.replace("points = 2", "points = 0").replace("points = 1", "points = 2"),
            "earns less than Business reputation, score 1 point",
            "的得分低于",
        ),
    ],
)  # fmt: skip
def test_check_says_the_counter_example_in_words(
    tmp_path: Path, capsys: Any, edition: str, old: str, new: str, en: str, zh: str
) -> None:
    for lang, words in (("en", en), ("zh", zh)):
        code, told = check(tmp_path, edition, old, new, capsys, lang)
        assert code != 0
        assert words in told, told
        assert "mine.toml" in told
    set_language(None)


def test_check_of_a_sound_edition_says_what_is_proved_and_where_better_is_worse(
    tmp_path: Path, capsys: Any
) -> None:
    code, told = check(tmp_path, "farmer-household@2009-01-01", "一级", "甲级", capsys, "en")
    assert code == 0
    assert "proved: one outcome in each of 14 combinations" in told
    assert "Members of the family 5 people: tier2" in told
    set_language(None)


def test_check_proves_an_overlay_over_its_base(tmp_path: Path, capsys: Any) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(
        """format = 1
overlay_of = "tax-credit@2018-04-01"
overlay_title = "mine"

[[overrides]]
id = "again"
label_zh = "再次"
event = "MINE-1"
effect = { not_graded = true }
missing = "no"
clause = "1"
evidence = "local"
""",
        encoding="utf-8",
    )
    assert main(["rubrics", "check", str(mine)]) != 0
    told = capsys.readouterr()
    assert "two overrides decide differently and have no order" in told.out + told.err
    assert "mine.toml:5" in told.out + told.err
