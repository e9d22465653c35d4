"""Every engine gives, cell by cell, what polars gives, for hostile subjects of each edition.

There are 20,000 of them, in every engine and by exact fractions. An edition's population is made once,
by the process that asks for it first, and so is what polars gives.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable

import polars as pl
import pytest

from lishui_credit.backends.dialects import dialect_of
from lishui_credit.rubrics.law import catalog
from tests.databases import InMariaDB, InPostgres
from tests.parity import CHUNK, GRADING, HERE, LONG, SERVED, Engine, Population, held, population
from tests.processes import alone, for_all_processes
from tests.test_printed_verbs import differing

SEED = 16


def place(name: str, *engines: str) -> object:
    """Engines that one process runs, which starts what they need once."""
    return pytest.param(engines, id=name, marks=pytest.mark.xdist_group(name))


@pytest.fixture(
    params=[
        place("here", *HERE),
        place("databases", "postgres", "mariadb"),
        place("spark", "spark"),
        place("one by one", *LONG),
    ]
)
def engines(request: pytest.FixtureRequest) -> dict[str, Engine]:
    found, absent = {}, []
    for name in request.param:
        try:
            found[name] = (HERE | LONG).get(name) or SERVED[name](request.getfixturevalue(name))
        except pytest.skip.Exception as skipped:
            absent.append(str(skipped))
    if not found:
        pytest.skip("; ".join(absent))
    return found


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, int, int], Population]:
    """What makes a population, or reads what another process of the tests has made."""
    folder = for_all_processes(tmp_path_factory) / "populations"
    folder.mkdir(exist_ok=True)

    def made(name: str, rows: int, seed: int) -> Population:
        file = folder / f"{name.replace('/', ' ')} {rows} {seed}"
        with alone(file.with_suffix(".lock")):
            if not file.exists():
                new = population(name, rows, seed)
                file.write_bytes(pickle.dumps((new.frames, new.expected)))
                return new
        frames, expected = pickle.loads(file.read_bytes())
        return Population(catalog.rubric(name), frames, expected)

    return made


@pytest.mark.parametrize("name", GRADING)
def test_every_engine_gives_every_cell_that_polars_gives(
    name: str, engines: dict[str, Engine], shared: Callable[[str, int, int], Population]
) -> None:
    wrong = {
        engine: (dict(found.counts), found.missing, found.unasked, found.first.rows()[:5])
        for engine, found, _ in held(engines, name, CHUNK, SEED, shared)
        if not found.none
    }
    assert wrong == {}


@pytest.mark.parametrize("name", GRADING)
def test_hostile_subjects_reach_every_grade_and_every_row(name: str) -> None:
    made = population(name, CHUNK // 4, SEED)
    expected, rubric = made.expected, made.rubric
    points = [column for column in expected.columns if column.startswith("points__")]
    assert [column for column in points if expected[column].drop_nulls().n_unique() < 2] == []
    assert {grade.id for grade in rubric.grades} == {*expected["grade"].drop_nulls()}
    told = expected["decided_by"].unique().implode().item()
    rules = {row.id for row in rubric.active_overrides if row.effect.cap is None}
    named = {str(found).removeprefix("not graded: ") for found in told}
    assert rules - named == set()
    assert "score" in named
    assert expected["outcome"].n_unique() >= min(2, len(rules))


def test_equal_seeds_make_equal_rows_and_others_others() -> None:
    one, same, other = (population("tax-credit@2025-07-01", 50, seed) for seed in (1, 1, 2))
    for name in ("subjects", "events"):
        assert one.frames[name].equals(same.frames[name])
        assert not one.frames[name].equals(other.frames[name])
    assert one.expected["grade"].dtype == pl.String


@pytest.mark.xdist_group("databases")
@pytest.mark.parametrize("name", ["postgres", "mariadb"])
def test_servers_print_every_verb_and_a_text_compared_by_their_collation_is_noticed(
    name: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = {"postgres": InPostgres, "mariadb": InMariaDB}[name]
    database = of(request.getfixturevalue(name))
    assert differing(database) == {}
    dialect = type(dialect_of(database.dialect))
    for verb in ("taken", "given"):
        monkeypatch.setattr(dialect, verb, lambda self, cell, kind: cell)
    assert differing(database) != {}
