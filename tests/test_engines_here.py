"""Every engine of this machine that needs no server runs, is compared, and is told of where it is not here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from lishui_credit.backends import engines_here, expression_sql, node
from lishui_credit.backends.engines_here import ENGINES, Answer, Engine, Trial, everywhere
from lishui_credit.backends.local_databases import Frames
from lishui_credit.commands.cli import main
from lishui_credit.errors import PolicyError
from lishui_credit.language import set_language
from lishui_credit.policies.policy_proof import PolicyTrial
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.rubric_proof import RubricTrial
from lishui_credit.scorecards.cards.card_trial import CardTrial
from lishui_credit.scorecards.cards.card_workbook import read_card
from lishui_credit.scorecards.cards.identities import hostile_rows, verify
from tests import test_policy_sql as by_sql
from tests.javascript import NODE

FOLDER = Path(__file__).resolve().parents[1] / "models" / "german" / "1"
CARD = read_card(FOLDER)
ABSENT = {"Spark"} | ({"JavaScript"} if NODE is None else set())
"""Engines that do not run in the tests unless they are asked for; the others are in the lock."""
TRIALS: dict[str, Any] = {
    "card": CardTrial(CARD, hostile_rows(CARD, rows=200, seed=3)),
    "card that refuses": CardTrial(
        replace(CARD, policies=replace(CARD.policies, unseen="raise")),
        hostile_rows(CARD, rows=200, seed=4),
    ),
    "rubric with events": RubricTrial(
        rubric=catalog.rubric("tax-credit@2020-11-01"),
        rows=60,
        seed=3,
        period=2020,
        as_of=date(2021, 4, 30),
    ),
    "rubric past 64 bits": RubricTrial(
        rubric=catalog.rubric("farmer-household@2009-01-01"), rows=60, seed=3, as_of=by_sql.DAY
    ),
    "policy": PolicyTrial(
        policy=by_sql.CASES["segments of whole numbers"].policy,
        rows=200,
        seed=3,
        types=by_sql.CASES["segments of whole numbers"].types,
        on=by_sql.DAY,
        trial=True,
    ),
    "policy of a card": PolicyTrial(
        policy=by_sql.BY_CARD.policy,
        rows=200,
        seed=3,
        types=by_sql.BY_CARD.types,
        on=by_sql.DAY,
        trial=True,
        card=by_sql.GERMAN,
    ),
}
FEW = CardTrial(CARD, hostile_rows(CARD, rows=20, seed=3))
LIGHT = RubricTrial(
    rubric=catalog.rubric("small-enterprise/abc@2000-01-01"), rows=60, seed=3, as_of=by_sql.DAY
)
PROVED = ["prove", str(FOLDER), "--rows", "20"]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    set_language("en")
    yield
    set_language(None)


@pytest.mark.parametrize("trial", TRIALS.values(), ids=TRIALS.keys())
def test_every_engine_here_gives_every_cell(trial: Trial) -> None:
    runs = everywhere(trial)
    assert [run.engine for run in runs] == [engine.name for engine in ENGINES]
    assert {run.engine for run in runs if run.not_run is not None} == ABSENT
    assert {run.engine: run.told for run in runs if run.holds is False} == {}
    for run in runs:
        if run.differences is not None:
            assert run.differences.rows > 0
            assert run.differences.cells >= 2 * run.differences.rows


def planted(engine: Engine, fault: Any) -> Engine:
    """An engine whose answer has a fault."""

    def ready(trial: Trial) -> Answer:
        answer = engine.ready(trial)
        return lambda frames: fault(answer(frames))

    return replace(engine, ready=ready)


def one_cell(found: pl.DataFrame) -> pl.DataFrame:
    """An answer whose last score is another."""
    last = pl.int_range(pl.len()) == pl.len() - 1
    return found.with_columns(pl.when(last).then(pl.lit("1")).otherwise("score").alias("score"))


FAULTS = {
    "one cell": one_cell,
    "a row too few": lambda found: found.head(-1),
    "a row too many": lambda found: pl.concat([found, found.head(1)]),
    "a column too few": lambda found: found.drop("score"),
}


@pytest.mark.parametrize("one", [engine for engine in ENGINES if engine.name not in ABSENT])
def test_a_fault_in_the_answer_of_one_engine_fails_verify(
    one: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for fault in FAULTS.values():
        monkeypatch.setattr(engines_here, "ENGINES", (planted(one, fault),))
        assert [run.holds for run in everywhere(FEW)] == [False]
    sound = next(other for other in ENGINES if other is not one and other.name not in ABSENT)
    monkeypatch.setattr(engines_here, "ENGINES", (sound, planted(one, one_cell)))
    found = verify(CARD, rows=20)
    assert not found.passed
    held = dict(found.table().select("identity", "holds").iter_rows())
    assert [identity for identity, holds in held.items() if not holds] == [
        f"{one.name} = expression"
    ]
    assert held[f"{sound.name} = expression"]


@pytest.mark.parametrize("name", ["rubric with events", "policy"])
def test_a_fault_in_the_answer_of_one_engine_fails_rubrics_and_policies(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = {"rubric with events": "grade", "policy": "decision"}[name]

    def another(found: pl.DataFrame) -> pl.DataFrame:
        return found.with_columns(pl.lit("?").alias(of))

    made = tuple(planted(one, another) for one in ENGINES if one.dialect in ("polars", "python"))
    monkeypatch.setattr(engines_here, "ENGINES", made)
    assert [run.holds for run in everywhere(TRIALS[name])] == [False] * 3


def test_prove_ends_with_1_where_one_engine_differs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = tuple(planted(one, one_cell) if one.name == "SQLite" else one for one in ENGINES)
    monkeypatch.setattr(engines_here, "ENGINES", made)
    assert main([*PROVED, "--json"]) == 1
    told = {row["engine"]: row for row in json.loads(capsys.readouterr().out)["engines"]}
    assert [name for name, row in told.items() if row["holds"] is False] == ["SQLite"]
    assert told["SQLite"]["columns"] == {"score": 1}
    assert [row["found"] for row in told["SQLite"]["first"]] == ["1"]


@pytest.mark.parametrize("trial", ["rubric", "policy"])
def test_a_comparison_that_is_printed_wrong_fails_in_the_databases_only(
    trial: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(expression_sql._BINARY, "ge", "GT")
    tried = LIGHT if trial == "rubric" else TRIALS[trial]
    wrong = {run.engine for run in everywhere(tried) if run.holds is False}
    assert wrong == {"DuckDB", "SQLite", "ClickHouse"}


def test_prove_says_what_ran_and_why_others_did_not_in_both_languages(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(node, "program", lambda: None)
    here = engines_here.find_spec
    monkeypatch.setattr(
        engines_here, "find_spec", lambda name: None if name == "chdb" else here(name)
    )
    monkeypatch.setattr(engines_here.shutil, "which", lambda name: None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    assert main(PROVED) == 0
    told = capsys.readouterr().out
    for said in (
        "DuckDB: 20 rows, ",
        ", 0 differ",
        "ClickHouse: not run: chdb is not installed",
        "Spark: not run: it was not asked for",
        "JavaScript: not run: node is not on the PATH",
    ):
        assert said in told
    assert main(["--lang", "zh", *PROVED, "--spark"]) == 0
    told = capsys.readouterr().out
    for said in ("未安装 chdb", "未安装 Java", "PATH 中没有 node", "20 行", "0 格不同"):
        assert said in told


def test_an_engine_that_stops_is_wrong_and_a_text_that_cannot_be_printed_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stops(frames: Frames) -> pl.DataFrame:
        raise OSError("no memory\nlong tale")

    def refuses(trial: Trial) -> Answer:
        raise engines_here.CreditError("no exact way for a verb", "floor")

    first, second = ENGINES[:2]
    made = (replace(first, ready=lambda trial: stops), replace(second, ready=refuses))
    monkeypatch.setattr(engines_here, "ENGINES", made)
    stopped, refused = everywhere(FEW)
    assert (stopped.holds, stopped.told) == (False, "stopped: OSError: no memory")
    assert refused.holds is None
    assert refused.told.startswith("not run: no exact way for a verb")


def test_what_polars_refuses_is_refused_and_no_engine_is_blamed() -> None:
    unapproved = replace(TRIALS["policy"], trial=False)
    with pytest.raises(PolicyError):
        everywhere(unapproved)


@pytest.mark.parametrize("wrong", [["--url", "sqlite:///x"], ["--dialect", "sqlite"]])
def test_a_dialect_without_a_database_is_refused(wrong: list[str]) -> None:
    assert main([*PROVED, *wrong]) == 2
    assert main([*PROVED, "--spark", "--dialect", "sqlite", "--url", "sqlite://"]) == 2


@pytest.mark.xdist_group("spark")
@pytest.mark.parametrize("name", ["card", "policy of a card", "rubric past 64 bits"])
def test_spark_runs_where_it_is_asked_for(
    name: str, spark: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = tuple(engine for engine in ENGINES if engine.name == "Spark")
    monkeypatch.setattr(engines_here, "ENGINES", alone)  # the others run without being asked
    (found,) = everywhere(TRIALS[name], spark=True)
    assert found.holds, found.told
