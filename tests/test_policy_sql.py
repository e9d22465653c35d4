"""A printed policy gives what `decide` gives, cell by cell, in every database that runs here."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sqlglot import exp

from lishui_credit.backends import expression_sql
from lishui_credit.backends.dialects.embedded import SQLite
from lishui_credit.errors import CreditError, PolicyError, SubjectError
from lishui_credit.policies import ranked_reasons, verdicts
from lishui_credit.policies.adverse_reasons import losses_of_card, losses_of_rubric
from lishui_credit.policies.deciding import decide, held_by
from lishui_credit.policies.decision_rows import decision_rows
from lishui_credit.policies.policy import Policy
from lishui_credit.policies.policy_file import parse, read_policy
from lishui_credit.policies.policy_sql import to_sql
from lishui_credit.policies.verdicts import Held
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.scorecards import load
from lishui_credit.scorecards.cards.card import Card
from tests.databases import Database, InDuckDB, InMariaDB, InPostgres, InSQLite, Rows

ROOT = Path(__file__).resolve().parents[1]
DAY = date(2026, 6, 1)
ROWS = 20_000
HEAD = (
    'id = "p"\nversion = "1"\ntitle_zh = "授信政策"\ntitle_en = "Lending policy"\nauthor = "甲"\n'
)
KINDS: Mapping[Held, Any] = {
    "whole": pl.Int64,
    "double": pl.Float64,
    "text": pl.String,
    "flag": pl.Boolean,
}
PLACES = (
    "莲都",
    "Lishui",
    "lishui",
    "Lishui ",
    " Lishui",
    "Líshui",
    "Ｌishui",
    "",
    "O'Neil",
    '"',
    "\\",
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


def held(case: Case) -> dict[str, Held]:
    """What the columns hold, by default or as the case says."""
    score = case.policy.score
    found: dict[str, Held] = {score.column: "text" if score.order else "double"}
    for name in case.policy.columns[1:]:
        found[name] = "flag" if name == "green" else "text"
    return found | dict(case.types)


def scores(policy: Policy, kind: Held) -> list[Any]:
    """Cut-offs and the values beside them, the largest and the smallest, and what is no score."""
    order = policy.score.order
    if order:
        return [*order, "b", "AA＋", " B", "", None]
    cuts = [cut for rule in policy.rules for cut in (rule.approve, rule.refer) if cut is not None]
    doubles = [float(cut) for cut in cuts]
    if kind == "whole":
        near = {int(double) + step for double in doubles for step in (-1, 0, 1)}
        ends = {-(2**53), 2**53, 0, -1, 550, 575, 585, 599}
        return [*sorted(n for n in near | ends if abs(n) <= 2**53), None]
    beside = [math.nextafter(double, end) for double in doubles for end in (-math.inf, math.inf)]
    odd = [0.0, -0.0, 5e-324, -(2.0**53), 2.0**53, 1.7976931348623157e308, -1.7976931348623157e308]
    halves = [599.995, 599.985, 0.125, 599.4, 2.0**46, -1e13 - 0.125, 571.0, 600.25]
    return [*doubles, *beside, *odd, *halves, math.nan, math.inf, -math.inf, None]


def applicants(case: Case, rows: int = ROWS, seed: int = 16) -> pl.DataFrame:
    """Hostile applicants of a policy, in the types that the case says."""
    rng = random.Random(seed)
    columns: dict[str, list[Any]] = {"id": [f"A{place}" for place in range(rows)]}
    kinds = held(case)
    for place, (name, kind) in enumerate(kinds.items()):
        if place == 0:
            some = scores(case.policy, kind)
        elif name == "place":
            some = [*PLACES, "elsewhere", None]
        elif name == "green":
            some = {
                "flag": [True, False, None],
                "whole": [0, 1, 2, -1, None],
                "text": ["true", "TRUE", "是", "yes", "1.0", "false", "否", "0", "treu", "", None],
            }[kind]
        else:
            whole = [331102, 331, -5, 0, 1, 2**63 - 1, -(2**63), None]
            some = (
                whole
                if kind == "whole"
                else ["331102", "0331", "331", "-5", "0", "1", "1 ", "", None]
            )
        columns[name] = rng.choices(some, k=rows)
        if kind == "double":  # some that stand beside nothing
            columns[name][:100] = [rng.uniform(-2000, 2000) for _ in range(100)]
    schema = {name: KINDS[kind] for name, kind in kinds.items()}
    return pl.DataFrame(columns, schema={"id": pl.String, **schema})


@cache
def decided(name: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    frame = applicants(CASES[name])
    return frame, decide(frame, CASES[name].policy, on=DAY, trial=True)


def statement(case: Case, dialect: str, **others: Any) -> str:
    return to_sql(case.policy, dialect, types=case.types, on=DAY, trial=True, **others)


def differing(found: Rows, expected: pl.DataFrame, *, nan: bool = True) -> dict[str, int]:
    """How many cells of each column differ, joined on the id; doubles are compared as doubles."""
    by_id = {row[0]: row for row in expected.rows()}
    assert len(found) == len(by_id)
    assert {row[0] for row in found} == by_id.keys()
    counts = dict.fromkeys(expected.columns, 0)
    for row in found:
        wanted = by_id[row[0]]
        assert len(row) == len(wanted)
        for name, cell, want in zip(expected.columns, row, wanted, strict=True):
            counts[name] += not same(cell, want, nan=nan)
    return {name: count for name, count in counts.items() if count}


def same(cell: str | None, want: Any, *, nan: bool) -> bool:
    if isinstance(want, bool):
        return cell == str(int(want))
    if isinstance(want, float) and math.isnan(want):
        return cell is None if not nan else cell is not None and math.isnan(float(cell))
    if cell is None or want is None:
        return cell is None and want is None
    return float(cell) == want if isinstance(want, float) else cell == str(want)


def served(name: str) -> object:
    """A server as a parameter; its tests run in one process, which starts it once."""
    return pytest.param(name, marks=pytest.mark.xdist_group("databases"))


@pytest.fixture(params=["DuckDB", "SQLite", served("postgres"), served("mariadb")])
def database(request: pytest.FixtureRequest) -> Database:
    own: dict[str, Database] = {"DuckDB": InDuckDB(), "SQLite": InSQLite()}
    if request.param in own:
        return own[request.param]
    of = {"postgres": InPostgres, "mariadb": InMariaDB}[request.param]
    return of(request.getfixturevalue(request.param))


def finite(frame: pl.DataFrame, database: Database) -> pl.DataFrame:
    """The rows that a database can hold: MariaDB has neither NaN nor infinity."""
    if database.dialect != "mysql":
        return frame
    doubles = [pl.col(name) for name, kind in frame.schema.items() if kind == pl.Float64]
    return frame.filter(*((one.is_finite() | one.is_null()) for one in doubles))


def told(expected: pl.DataFrame) -> pl.DataFrame:
    """What a statement tells: a gap of 2**46 or more has no sentence."""
    far = (pl.col("lost_1") >= 2.0**46) & pl.col("reason_1").is_in(["score_gap"])
    sides = [f"reason_1_{side}" for side in ("zh", "en")]
    return expected.with_columns(
        pl.when(~far.fill_null(False)).then(pl.col(side)).alias(side) for side in sides
    )


@pytest.mark.parametrize("name", CASES)
def test_every_database_gives_every_cell_that_decide_gives(name: str, database: Database) -> None:
    frame, expected = decided(name)
    frame = finite(frame, database)
    found = database.run(statement(CASES[name], database.dialect), {"scores": frame})
    expected = told(expected.filter(pl.col("id").is_in(frame["id"].implode())))
    assert differing(found, expected, nan=database.dialect != "sqlite") == {}
