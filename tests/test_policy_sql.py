"""A printed policy gives what `decide` gives, cell by cell, in every database that runs here."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sqlglot import exp, parse_one

from lishui_credit.backends import expression_sql
from lishui_credit.backends.dialects import DIALECTS, dialect_of
from lishui_credit.backends.dialects.embedded import SQLite
from lishui_credit.backends.local_databases import (
    Database,
    InDuckDB,
    InSpark,
    InSQLite,
)
from lishui_credit.commands.cli import main
from lishui_credit.errors import CreditError, PolicyError, SubjectError
from lishui_credit.language import set_language
from lishui_credit.policies import clause_tests, ranked_reasons
from lishui_credit.policies.adverse_reasons import losses_of_card
from lishui_credit.policies.clause_tests import Held
from lishui_credit.policies.deciding import decide, held_by
from lishui_credit.policies.decision_rows import decision_rows
from lishui_credit.policies.hostile_applicants import hostile_applicants
from lishui_credit.policies.policy import Policy
from lishui_credit.policies.policy_file import parse, read_policy
from lishui_credit.policies.policy_proof import told
from lishui_credit.policies.policy_sql import to_sql
from lishui_credit.policies.recorded_policy import asked
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.scorecards import load
from lishui_credit.scorecards import to_sql as card_sql
from lishui_credit.scorecards.cards.card import Card
from tests.databases import asked_for, parameter
from tests.models import crossed_card, german

ROOT = Path(__file__).resolve().parents[1]
DAY = date(2026, 6, 1)
ROWS = int(os.environ.get("POLICY_ROWS", "1200"))
MANY = max(ROWS, 20_000)
"""Applicants for databases and Spark."""
HEAD = (
    'id = "p"\nversion = "1"\ntitle_zh = "授信政策"\ntitle_en = "Lending policy"\nauthor = "甲"\n'
)


@dataclass(frozen=True)
class Case:
    """A policy, and what the table holds beside its own default."""

    policy: Policy
    types: Mapping[str, Held] = field(default_factory=dict)


def written(body: str, **types: Held) -> Case:
    return Case(parse(HEAD + body), types)


SEGMENTS = """kind = "segments"
score = { column = "score", label_zh = "分", label_en = "marks" }
cut_off = 600.5
[[segments]]
where = { place = ["莲都", "Lishui"], green = true }
approve_at_least = 590
refer_at_least = 570
[[segments]]
where = { place = ["lishui", "Líshui", ""] }
decline_all = true
[[segments]]
where = { place = "Lishui ", code = [331102, "0331", -5] }
refer_at_least = 580.25
[[segments]]
where = { code = [0, 1], green = [true, false] }
cut_off = -3
[[segments]]
where = { place = ["O'Neil", "\\"", "\\\\", "Ｌishui"] }
cut_off = 9007199254740992
"""
GRADES = 'order = ["AA +", "AA+", "aa+", "A", "Á", "B ", "B"]'
CASES = {
    "oracle": Case(read_policy(ROOT / "tests/oracles/written_57c994c/policy.toml"), {"score": "whole"}),
    "oracle by grade": Case(read_policy(ROOT / "tests/oracles/written_57c994c/policy_by_grade.toml")),
    "whole": written('kind = "single"\ncut_off = 600.00000000000000001\nscore = { column = "score" }', score="whole"),
    "worse": written(
        'kind = "refer"\napprove_at_least = 0.05\nrefer_at_least = 0.10000000000000000555111512312578270211815834\n'
        'score = { column = "default \\"12m\\"", higher = "worse" }'
    ),
    "whole worse": written(
        'kind = "refer"\napprove_at_least = -9007199254740991\nrefer_at_least = 7.5\nscore = { column = "s", higher = "worse" }',
        s="whole",
    ),
    "refer only": written('kind = "refer"\nrefer_at_least = 600.005\nscore = { column = "score" }'),
    "grades": written(f'kind = "refer"\napprove_at_least = "aa+"\nrefer_at_least = "Á"\nscore = {{ column = "g", {GRADES} }}'),
    "segments": written(SEGMENTS, code="text"),
    "segments of whole numbers": written(SEGMENTS, score="whole", code="whole", green="whole"),
    "segments of texts": written(SEGMENTS, code="text", green="text"),
    "no own cut": written(SEGMENTS.replace("cut_off = 600.5\n", "", 1), code="whole"),
}  # fmt: skip


def applicants(case: Case, rows: int = ROWS, **others: Any) -> pl.DataFrame:
    """Hostile applicants of a policy, in the types that the case says."""
    record = asked(case.policy, types=case.types, on=DAY, trial=True, **others)
    return hostile_applicants(record, rows=rows, seed=16)


@cache
def decided(name: str, rows: int = ROWS) -> tuple[pl.DataFrame, pl.DataFrame]:
    frame = applicants(CASES[name], rows)
    return frame, decide(frame, CASES[name].policy, on=DAY, trial=True)


def statement(case: Case, dialect: str, **others: Any) -> str:
    return to_sql(case.policy, dialect, types=case.types, on=DAY, trial=True, **others)


def differing(found: pl.DataFrame, expected: pl.DataFrame, *, nan: bool = True) -> dict[str, int]:
    """How many cells of each column differ, joined on the id; doubles are compared as doubles."""
    ids = expected.columns[0]
    assert found.width == expected.width
    given = found.rename(dict(zip(found.columns, expected.columns, strict=True))).sort(ids)
    wanted = expected.sort(pl.col(ids).cast(pl.String))
    assert wanted[ids].is_unique().all()
    assert given[ids].equals(wanted[ids].cast(pl.String))
    counts = {}
    for name, kind in expected.schema.items():
        cells, wants = given[name], wanted[name]
        if kind.is_float():
            cells = cells.cast(pl.Float64)
            wants = wants if nan else wants.fill_nan(None)
        elif kind == pl.Boolean:
            wants = wants.cast(pl.Int8)
        counts[name] = cells.ne_missing(wants.cast(cells.dtype)).sum()
    return {name: count for name, count in counts.items() if count}


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Heads and refusals are read in English here."""
    set_language("en")
    yield
    set_language(None)


@pytest.fixture(params=[*map(parameter, ("DuckDB", "SQLite", "ClickHouse", "postgres", "mariadb"))])
def database(request: pytest.FixtureRequest) -> Database:
    return asked_for(request)


def finite(frame: pl.DataFrame, database: Database) -> pl.DataFrame:
    """The rows that a database can hold: MariaDB has neither NaN nor infinity."""
    if database.dialect != "mysql":
        return frame
    doubles = [pl.col(name) for name, kind in frame.schema.items() if kind == pl.Float64]
    return frame.filter(*((one.is_finite() | one.is_null()) for one in doubles))


@pytest.mark.parametrize("name", CASES)
def test_every_database_gives_every_cell_that_decide_gives(name: str, database: Database) -> None:
    frame, expected = decided(name, MANY)
    frame = finite(frame, database)
    found = database.answer(statement(CASES[name], database.dialect), {"subjects": frame})
    expected = told(expected.filter(pl.col("id").is_in(frame["id"].implode())))
    assert differing(found, expected, nan=database.dialect != "sqlite") == {}


@pytest.mark.xdist_group("spark")
@pytest.mark.parametrize("name", CASES)
def test_spark_gives_every_cell_that_decide_gives(name: str, spark: Any) -> None:
    frame, expected = decided(name, MANY)
    found = InSpark(spark).answer(statement(CASES[name], "spark"), {"subjects": frame})
    assert differing(found, told(expected)) == {}


@pytest.mark.parametrize("name", CASES)
def test_hostile_applicants_reach_every_clause(name: str) -> None:
    frame, expected = decided(name)
    case = CASES[name]
    steps = clause_tests.arms(pl, case.policy, held_by(frame.schema, case.policy))
    assert {arm.clause for arm in steps} == set(expected["decided_by"])


def in_polars(case: Case, frame: pl.DataFrame, **others: Any) -> pl.DataFrame:
    """What the builder of the statement gives in polars."""
    kinds = held_by(frame.schema, case.policy)
    trial = case.policy.lapse(DAY) is not None
    rows = decision_rows(
        pl, frame.lazy(), case.policy, kinds, key=pl.col("id"), trial=trial, **others
    )
    return rows.collect()


@pytest.mark.parametrize("name", CASES)
def test_the_builder_gives_in_polars_what_decide_gives(name: str) -> None:
    frame, expected = decided(name)
    assert in_polars(CASES[name], frame).equals(told(expected))


# ---- reasons ----------------------------------------------------------------------------------

GERMAN = load(ROOT / "models/german/1")
BY_CARD = written(
    'kind = "refer"\napprove_at_least = 620\nrefer_at_least = 560\nscore = { column = "score" }'
)
EDITION = "small-enterprise@2009-12-01"


@cache
def by_card(top: int = 4, rows: int = ROWS) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Points at and around the best of each characteristic, some unknown; ties everywhere."""
    frame = applicants(BY_CARD, rows, card=GERMAN)
    return frame, decide(frame, BY_CARD.policy, on=DAY, trial=True, card=GERMAN, top=top)


def graded_policy(rubric: Rubric) -> Case:
    order = [row.id for row in rubric.grades]
    ranks = f"order = {json.dumps(order, ensure_ascii=False)}"
    body = f'approve_at_least = "{order[0]}"\nrefer_at_least = "{order[1]}"\n'
    return written(f'kind = "refer"\n{body}score = {{ column = "grade", {ranks} }}')


@cache
def by_rubric(name: str, rows: int = ROWS) -> tuple[Rubric, pl.DataFrame, pl.DataFrame]:
    """Grades, and points below, at and above the most of each row, some withheld; override rules."""
    rubric = catalog.rubric(name)
    case = graded_policy(rubric)
    frame = applicants(case, rows, rubric=rubric)
    return rubric, frame, decide(frame, case.policy, on=DAY, trial=True, rubric=rubric)


def test_every_database_gives_the_reasons_of_a_card(database: Database) -> None:
    frame, expected = by_card(rows=MANY)
    assert expected.filter(pl.col("lost_1") == pl.col("lost_2")).height > 40
    found = database.answer(statement(BY_CARD, database.dialect, card=GERMAN), {"subjects": frame})
    assert differing(found, expected) == {}


def test_every_database_gives_the_reasons_of_a_crossed_card(database: Database) -> None:
    card = crossed_card()
    frame = applicants(BY_CARD, MANY, card=card)
    expected = decide(frame, BY_CARD.policy, on=DAY, trial=True, card=card)
    assert expected["lost_1"].drop_nulls().len() > 40
    found = database.answer(statement(BY_CARD, database.dialect, card=card), {"subjects": frame})
    assert differing(found, expected) == {}


def test_every_database_gives_the_reasons_of_a_rubric(database: Database) -> None:
    rubric, frame, expected = by_rubric(EDITION, MANY)
    text = statement(graded_policy(rubric), database.dialect, rubric=rubric)
    assert expected["reason_1"].is_in([row.id for row in rubric.overrides]).sum() > 40
    assert differing(database.answer(text, {"subjects": frame}), expected) == {}


@pytest.mark.xdist_group("spark")
def test_spark_gives_the_reasons_of_a_card(spark: Any) -> None:
    frame, expected = by_card(rows=MANY)
    found = InSpark(spark).answer(statement(BY_CARD, "spark", card=GERMAN), {"subjects": frame})
    assert differing(found, expected) == {}


def test_reasons_of_sixty_indicators_are_said_in_a_statement_of_a_third_of_a_mebibyte() -> None:
    rubric, frame, expected = by_rubric("tax-credit@2020-11-01")
    text = statement(graded_policy(rubric), "sqlite", rubric=rubric)
    assert len(text) < 360_000  # of which 35 kB are labels in both languages
    found = InSQLite().answer(text, {"subjects": frame.head(200)})
    assert differing(found, expected.head(200)) == {}


@pytest.mark.parametrize("top", [1, 2, 11, 20])
def test_as_many_reasons_are_given_as_are_asked(top: int) -> None:
    frame, expected = by_card(top)
    losses = losses_of_card(GERMAN)
    assert in_polars(BY_CARD, frame, losses=losses, top=top).equals(expected)
    if top < 3:
        text = statement(BY_CARD, "sqlite", card=GERMAN, top=top)
        assert differing(InSQLite().answer(text, {"subjects": frame}), expected) == {}


def test_without_reasons_the_columns_end_with_the_hash_of_the_policy() -> None:
    frame, _ = decided("segments")
    case = CASES["segments"]
    expected = decide(frame, case.policy, on=DAY, trial=True, top=0)
    assert expected.columns[-1] == "policy_sha256"
    found = InDuckDB().answer(statement(case, "duckdb", top=0), {"subjects": frame})
    assert differing(found, expected) == {}


# ---- a bank's own database --------------------------------------------------------------------


def scored_and_decided(card: Card, policy: Case, dialect: str) -> str:
    """The statement of a policy over that of a card, as a bank lays one view over the other."""
    scored = card_sql(card, dialect, table="loans", key="id", contributions=True)
    text = statement(policy, dialect, table="scored", card=card)
    whole = text.replace("WITH step_1 AS (", f"WITH scored AS (\n{scored}\n), step_1 AS (", 1)
    assert whole != text
    return whole


def test_a_bank_gets_from_its_database_the_decisions_of_score_and_decide(
    database: Database,
) -> None:
    loans, _ = german()
    loans = loans.select(GERMAN.columns).with_row_index("id")
    whole = [name for name, kind in loans.schema.items() if kind.is_integer()]
    loans = loans.with_columns(pl.col(whole).cast(pl.Int64))
    expected = decide(
        GERMAN.contributions(loans).with_columns(loans["id"]),
        BY_CARD.policy,
        on=DAY,
        trial=True,
        card=GERMAN,
    )
    assert {"approve", "refer", "decline"} == set(expected["decision"])
    found = database.answer(scored_and_decided(GERMAN, BY_CARD, database.dialect), {"loans": loans})
    assert differing(found, expected) == {}


# ---- text only --------------------------------------------------------------------------------

TEXT_ONLY = [name for name in DIALECTS if not dialect_of(name).runs_here]
SAMPLE = written(
    'kind = "segments"\nscore = { column = "score" }\ncut_off = 600.5\n[[segments]]\n'
    'where = { place = "Lishui ", green = true }\nrefer_at_least = 590'
)


@pytest.mark.parametrize("dialect", TEXT_ONLY)
def test_what_no_test_runs_says_so_and_is_read_by_the_parser_of_its_dialect(dialect: str) -> None:
    text = statement(SAMPLE, dialect)
    assert "text only: no test runs it" in head(text)
    assert parse_one(text, dialect=dialect_of(dialect).name).named_selects[2] == "decision"


# Held against the manuals that the modules of `backends.dialects` name: nothing here runs these two.
@pytest.mark.parametrize(("dialect", "name"), [("oracle", "oracle"), ("tsql", "sqlserver")])
def test_the_text_for_a_database_that_does_not_run_here_stays_as_it_was_read(
    dialect: str, name: str
) -> None:
    stored = ROOT / f"tests/statements/{name}_policy.sql"
    assert unheaded(statement(SAMPLE, dialect)) == stored.read_text(encoding="utf-8")


def unheaded(text: str) -> str:
    return text[text.index("WITH ") :]


def test_an_empty_text_is_refused_where_it_is_a_null() -> None:
    with pytest.raises(
        SubjectError, match=r"place: Oracle cannot compare this text.*an empty text is a null"
    ):
        statement(CASES["segments"], "oracle")


# ---- sharpness --------------------------------------------------------------------------------


def differs(*names: str) -> bool:
    """Whether SQLite decides or says anything otherwise in some cases."""
    for name in names:
        frame, expected = decided(name)
        found = InSQLite().answer(statement(CASES[name], "sqlite"), {"subjects": frame})
        if differing(found, told(expected), nan=False):
            return True
    return False


SWAPPED = [("lt", "LTE"), ("le", "LT"), ("gt", "GTE"), ("ge", "GT")]


@pytest.mark.parametrize(("verb", "other"), SWAPPED)
def test_a_swapped_comparison_is_noticed(
    verb: str, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(expression_sql._BINARY, verb, other)
    assert differs("worse", "segments of whole numbers", "segments")


def test_a_text_compared_by_its_collation_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SQLite, "taken", lambda self, cell, kind: cell)
    assert differs("grades")
    assert differs("segments")


def test_a_dropped_test_for_null_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expression_sql.Expressions, "_is_null", lambda self, node: exp.false())
    assert differs("whole")
    assert differs("segments")


def test_a_score_read_as_another_type_is_noticed() -> None:
    frame, expected = decided("whole")
    other = to_sql(CASES["whole"].policy, "sqlite", types={"score": "double"}, on=DAY, trial=True)
    assert "decision" in differing(InSQLite().answer(other, {"subjects": frame}), expected)


def test_a_half_rounded_away_from_nought_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = ranked_reasons._whole
    monkeypatch.setattr(ranked_reasons, "_whole", lambda ns, n: right(ns, 0 if n == 1 else n))
    assert differs("refer only")


@pytest.mark.parametrize("mutant", ["ties", "size"])
def test_reasons_in_another_order_are_noticed(mutant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = ranked_reasons._key

    def wrong(ns: Any, losses: Any, place: int) -> Any:
        name = [*losses.best][place]
        lost = ns.lit(losses.best[name], dtype=ns.Int64) - ns.col(f"points__{name}").cast(ns.Int64)
        count = len(losses.best)
        key = lost * count + place if mutant == "ties" else (-lost + 999) * count + place
        return ns.when(lost > 0).then(key).otherwise(ns.lit(0)).alias(f"_key_{place}")

    frame, expected = by_card()
    monkeypatch.setattr(ranked_reasons, "_key", wrong)
    found = InSQLite().answer(statement(BY_CARD, "sqlite", card=GERMAN), {"subjects": frame})
    assert "reason_1" in differing(found, expected)
    monkeypatch.setattr(ranked_reasons, "_key", right)


# ---- the head, and what is refused ------------------------------------------------------------

IN_FORCE = HEAD + 'approved_by = "乙"\napproved_on = 2026-01-05\nvalid = { from = 2026-02-01 }\n'
SINGLE = 'kind = "single"\ncut_off = 600\nscore = { column = "score", source = "models/german/1" }'


def head(text: str) -> str:
    told = text[: text.index("WITH ")]
    assert all(line.startswith("--") for line in told.splitlines())
    return told


def test_the_head_says_who_approved_the_policy_and_what_the_columns_must_be() -> None:
    policy = parse(IN_FORCE + SINGLE)
    told = head(to_sql(policy, "postgres", table="bank.scores", key="loan", on=DAY, card=GERMAN))
    for said in (
        "Lending policy: p@1",
        policy.sha256,
        "Approved by 乙 on 5 January 2026. Written by 甲.",
        "Valid: from 1 February 2026",
        "Day of the decision: 1 June 2026",
        "The scores are those of models/german/1",
        "For PostgreSQL",
        "Table bank.scores",
        "loan: any type NOT NULL UNIQUE",
        "score: bigint within 2 to the 53rd power; the score",
        "points__credit_history: bigint; credit history, in 1/1 point",
        "largest first",
    ):
        assert said in told, said
    assert "TRIAL" not in told
    trial = head(to_sql(policy, "mysql", on=date(2026, 1, 6), trial=True))
    assert "TRIAL, not a decision in force: valid from 1 February 2026 only" in trial
    assert "score: double or decimal, not a float of 32 bits" in trial


def test_a_score_is_whole_by_itself_only_with_a_card_and_whole_cut_offs() -> None:
    for cut, kind in (("600", "bigint"), ("600.5", "double")):
        policy = parse(IN_FORCE + SINGLE.replace("600", cut))
        assert f"score: {kind} " in head(to_sql(policy, on=DAY, card=GERMAN))
        assert "score: double " in head(to_sql(policy, on=DAY))


def test_a_policy_that_is_not_in_force_is_printed_on_trial_only() -> None:
    with pytest.raises(PolicyError, match="not approved"):
        to_sql(CASES["whole"].policy, on=DAY)
    text = to_sql(CASES["whole"].policy, on=DAY, trial=True)
    assert "NOT APPROVED. Written by 甲." in head(text)
    assert 'TRUE AS "trial"' in text


def test_a_clause_and_its_sentence_stand_beside_the_step() -> None:
    text = statement(CASES["whole"], "duckdb")
    assert "THEN 0 /* score missing: the score is missing: not decided */" in text
    assert "ELSE 2 /* policy: score < 600.00000000000000001: score below" in text


def test_columns_that_are_kept_are_handed_through() -> None:
    frame, expected = decided("whole")
    text = statement(CASES["whole"], "duckdb", keep=["synthetic"])
    found = InDuckDB().answer(text, {"subjects": frame.with_columns(synthetic=True)})
    place = expected.columns.index("policy_sha256") + 1
    marked = told(expected).insert_column(place, pl.lit(True).alias("synthetic"))
    assert differing(found, marked) == {}


def test_everything_wrong_with_what_is_asked_is_said_at_once() -> None:
    policy = CASES["segments"].policy
    with pytest.raises(SubjectError) as refused:
        to_sql(policy, trial=True, types={"place": "double", "plaice": "text", "score": "flag"})  # type: ignore[dict-item]
    assert len(refused.value.problems) == 3
    with pytest.raises(SubjectError) as refused:
        to_sql(policy, "postgres", trial=True, key="_step", keep=["x" * 64], table="a; drop")
    told = str(refused.value)
    for said in ("_step", "64 of at most 63 bytes", "a; drop"):
        assert said in told
    with pytest.raises(CreditError, match="no such SQL dialect"):
        to_sql(policy, "basic", trial=True)


def test_losses_that_hundredths_do_not_write_are_refused_by_name() -> None:
    fine = replace(GERMAN, point_unit=1000)
    with pytest.raises(PolicyError, match="units of 1/1000 point"):
        statement(BY_CARD, "sqlite", card=fine)


def test_a_card_that_takes_a_protected_attribute_carries_no_statement() -> None:
    card = replace(GERMAN, protected={"age_in_years": "comparison"})
    with pytest.raises(PolicyError, match="protected"):
        statement(BY_CARD, "sqlite", card=card)


def test_one_clause_for_two_decisions_is_refused() -> None:
    body = """kind = "segments"
score = { column = "score" }
cut_off = 600
[[segments]]
id = "policy"
where = { place = "a" }
refer_at_least = 600
"""
    with pytest.raises(PolicyError, match="the name of the policy's own cut-offs"):
        parse(HEAD + body)
    sound = parse(HEAD + body.replace('id = "policy"', 'id = "own"'))
    unsound = replace(sound, segments=(replace(sound.segments[0], id="policy"),))
    people = pl.DataFrame({"id": ["x"], "score": [600], "place": ["a"]})
    with pytest.raises(PolicyError, match="one clause stands for two decisions"):
        decide(people, unsound, trial=True)


# ---- the command ------------------------------------------------------------------------------


@pytest.fixture
def policy_toml(tmp_path: Path) -> Path:
    path = tmp_path / "policy.toml"
    path.write_text(IN_FORCE + SINGLE, encoding="utf-8")
    return path


def test_the_command_prints_a_statement_that_decides(
    policy_toml: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = f"sql {policy_toml} --dialect sqlite --table loans --types score=whole --key loan"
    assert main([*words.split(), "--on", "2026-06-01", "--keep", "synthetic"]) == 0
    text = capsys.readouterr().out
    loans = pl.DataFrame({"loan": [7, 8, 9], "score": [600, 599, None], "synthetic": True})
    found = InSQLite().answer(text, {"loans": loans})
    assert [(row[0], row[2]) for row in found.rows()] == [
        ("7", "approve"),
        ("8", "decline"),
        ("9", "not decided"),
    ]
    assert main([*words.split(), "--on", "2026-06-01", "--json", "--reasons", "0"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["policy"] == "p@1"
    assert "reason_1" not in told["sql"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--on 2026-01-06", "valid from 1 February 2026 only"),
        ("--period 2020", "--period"),
        ("--types score", "score=whole,code=text"),
        ("--types score=number", "number"),
        ("--reasons -1", "--reasons must be 0 or more"),
    ],
)
def test_the_command_refuses_by_name(
    policy_toml: Path, words: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    on = [] if "--on" in words else ["--on", "2026-06-01"]
    assert main(["sql", str(policy_toml), "--dialect", "postgres", *on, *words.split()]) == 2
    assert said in capsys.readouterr().err


def test_an_option_of_policies_is_refused_for_a_rubric(capsys: pytest.CaptureFixture[str]) -> None:
    words = "sql farmer-household@2009-01-01 --dialect duckdb --card models/german/1 --trial"
    assert main(words.split()) == 2
    told = capsys.readouterr().err
    assert "--card" in told
    assert "--trial" in told
