"""The same grades on every engine: polars eager, lazy, streaming, many row groups, DuckDB.

Compared by subject id, never by position: a polars scan that selects only when/then expressions
returns row groups out of order, and DuckDB promises no order at all.
"""

from __future__ import annotations

import random
from datetime import date
from fractions import Fraction
from functools import cache
from pathlib import Path

import duckdb
import narwhals as nw
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from lishui_credit.errors import SubjectError
from lishui_credit.points import half_away
from lishui_credit.rubrics.engine.evaluate import evaluate
from lishui_credit.rubrics.law import catalog
from tests.populations import POPULATIONS, Population

DAY = date(2021, 4, 30)
ROWS = 4_000


@pytest.fixture(params=POPULATIONS, ids=lambda p: f"{p.name}@{p.on}")
def population(request: pytest.FixtureRequest) -> Population:
    found: Population = request.param
    return found


@cache
def _collected(population: Population) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    taken = population.taken(ROWS)
    events = None if taken.events is None else taken.events.collect()
    return taken.subjects.collect(), events


@cache
def _graded(population: Population) -> pl.DataFrame:
    """What polars gives of the frames as they are, eagerly."""
    subjects, events = _collected(population)
    return evaluate(
        subjects, population.rubric, events=events, period=population.period, as_of=DAY
    ).collect()


def _sorted(frame: pl.DataFrame, population: Population) -> pl.DataFrame:
    return frame.sort(population.rubric.subject_id)


def test_eager_lazy_and_streaming_agree(population: Population) -> None:
    subjects, events = _collected(population)
    rubric, period = population.rubric, population.period
    lazy_events = None if events is None else events.lazy()
    lazy = evaluate(subjects.lazy(), rubric, events=lazy_events, period=period, as_of=DAY)
    expected = _graded(population)
    assert expected.height == ROWS
    assert_frame_equal(lazy.frame.collect(), expected)
    assert_frame_equal(
        _sorted(lazy.frame.collect(engine="streaming"), population), _sorted(expected, population)
    )


def test_duckdb_agrees(population: Population) -> None:
    subjects, events = _collected(population)
    rubric, period = population.rubric, population.period
    expected = _graded(population)
    connection = duckdb.connect()
    connection.register("subjects", subjects.to_arrow())
    relation = connection.sql("select * from subjects")
    happened = None
    if events is not None:
        connection.register("events", events.to_arrow())
        happened = connection.sql("select * from events")
    result = evaluate(relation, rubric, events=happened, period=period, as_of=DAY)
    found = result.collect()
    assert found.columns == expected.columns
    assert_frame_equal(
        _sorted(found, population), _sorted(expected, population), check_dtypes=False
    )


@pytest.mark.parametrize("on", ["2016-03-31", "2021-04-30"])
def test_a_frame_of_narwhals_is_graded_by_its_verbs(on: str) -> None:
    population = next(one for one in POPULATIONS if one.on == on)
    taken = population.taken(200)
    rubric, period, key = population.rubric, population.period, population.rubric.subject_id
    tables = {"subjects": taken.subjects.collect()}
    if taken.events is not None:
        tables["events"] = taken.events.collect()
    expected = evaluate(
        tables["subjects"], rubric, events=tables.get("events"), period=period, as_of=DAY
    ).collect()
    connection = duckdb.connect()
    frames = {}
    for name, table in tables.items():
        connection.register(name, table.to_arrow())
        frames[name] = nw.from_native(connection.sql(f"select * from {name}"))
    found = evaluate(
        frames["subjects"], rubric, events=frames.get("events"), period=period, as_of=DAY
    )
    assert_frame_equal(found.collect().sort(key), expected.sort(key), check_dtypes=False)


@pytest.mark.parametrize("library", ["pandas", "pyarrow"])
def test_a_frame_held_by_another_library_is_graded_by_polars(
    population: Population, library: str
) -> None:
    subjects, events = (
        None if frame is None else frame.head(500) for frame in _collected(population)
    )
    rubric, period = population.rubric, population.period
    expected = evaluate(subjects, rubric, events=events, period=period, as_of=DAY).collect()

    def given(frame: pl.DataFrame | None) -> object:
        if frame is None:
            return None
        pandas = frame.to_pandas(use_pyarrow_extension_array=True)
        return frame.to_arrow() if library == "pyarrow" else pandas

    found = evaluate(given(subjects), rubric, events=given(events), period=period, as_of=DAY)
    assert_frame_equal(found.collect(), expected)


def test_a_whole_number_that_pandas_holds_as_a_double_is_refused() -> None:
    population = next(one for one in POPULATIONS if not one.rubric.uses_events)
    subjects = _collected(population)[0]
    whole = [name for name, kind in subjects.schema.items() if kind == pl.Int64]
    doubles = subjects.with_columns(pl.col(whole[:2]).cast(pl.Float64)).to_pandas(
        use_pyarrow_extension_array=True
    )
    with pytest.raises(SubjectError) as refused:
        evaluate(doubles, population.rubric, as_of=DAY)
    told = [problem for problem in refused.value.problems if "Int64" in str(problem)]
    assert len(told) == 2


def test_many_row_groups_keep_every_subject_with_its_own_grade(
    population: Population, tmp_path: Path
) -> None:
    subjects, events = _collected(population)
    rubric, period, key = population.rubric, population.period, population.rubric.subject_id
    expected = _graded(population)
    by_id = _sorted(expected.select(key, "grade", "decided_by"), population)
    path = tmp_path / "subjects.parquet"
    subjects.write_parquet(path, row_group_size=ROWS // 40)
    for engine in ("in-memory", "streaming") * 5:
        result = evaluate(
            pl.scan_parquet(path),
            rubric,
            events=None if events is None else events.lazy(),
            period=period,
            as_of=DAY,
        )
        found = result.frame.select(key, "grade", "decided_by").collect(engine=engine)
        assert_frame_equal(_sorted(found, population), by_id)


def test_row_order_and_extra_columns_do_not_matter(population: Population) -> None:
    subjects, events = _collected(population)
    rubric, period = population.rubric, population.period
    expected = _graded(population)
    shuffled = subjects.sample(fraction=1, shuffle=True, seed=3).with_columns(
        pl.lit("x").alias("something_else")
    )
    mixed = None if events is None else events.sample(fraction=1, shuffle=True, seed=4)
    found = evaluate(shuffled, rubric, events=mixed, period=period, as_of=DAY).collect()
    assert_frame_equal(_sorted(found, population), _sorted(expected, population))


def test_contributions_add_up_to_the_total(population: Population) -> None:
    subjects, events = _collected(population)
    result = evaluate(
        subjects, population.rubric, events=events, period=population.period, as_of=DAY
    )
    frame = result.collect()
    whole = pl.fold(
        pl.lit(0, dtype=pl.Int64), lambda a, b: a + b, [pl.col(c) for c in result.points_columns]
    )
    sums = frame.select(whole.alias("sum"), "earned")
    assert sums.filter(pl.col("sum").ne_missing(pl.col("earned"))).is_empty()


def test_every_subject_has_exactly_one_outcome(population: Population) -> None:
    frame = _graded(population)
    graded = pl.col("outcome") == "graded"
    assert set(frame["outcome"]) <= {"graded", "withheld", "not_graded"}
    assert frame.filter(graded != pl.col("grade").is_not_null()).is_empty()
    assert frame.filter(
        (pl.col("outcome") == "withheld") != pl.col("withheld_by").is_not_null()
    ).is_empty()


def test_every_percentage_within_the_bounds_computes_on_both_engines() -> None:
    rng = random.Random(29)
    whole = [[rng.randint(0, 10 ** rng.randint(1, 13)) for _ in range(2)] for _ in range(400)]
    pairs = [*whole, (10**13, 1), (0, 10**13), (3 * 10**9, 100), (10**13, 10**13), (1, 0)]
    rubric = catalog.rubric("tax-credit@2020-11-01")
    names = [f"firm {n:03}" for n in range(len(pairs))]
    subjects = pl.DataFrame({"uscc": names, "has_non_recurring_info": [True] * len(names)})
    events = pl.DataFrame(
        {
            "uscc": names,
            "code": "050102",
            "occurred_on": date(2020, 5, 1),
            "event_id": names,
            "short_tax": [top for top, _ in pairs],
            "tax_payable": [over for _, over in pairs],
        }
    )
    expected = []
    for top, over in pairs:
        share = half_away(Fraction(top * 100 * 100, over)) if over else 0
        expected.append(-min(100 + min(share, 1_000_000), 1_000_000))
    found = evaluate(subjects, rubric, events=events, period=2020, as_of=DAY).collect()
    assert found["points__r050102"].to_list() == expected
    assert found["earned"].to_list() == [10_000 + cost for cost in expected]
    connection = duckdb.connect()
    connection.register("subjects", subjects.to_arrow())
    connection.register("events", events.to_arrow())
    again = evaluate(
        connection.sql("select * from subjects"),
        rubric,
        events=connection.sql("select * from events"),
        period=2020,
        as_of=DAY,
    ).collect()
    assert_frame_equal(
        again.sort("uscc").select("uscc", "points__r050102", "earned", "grade"),
        found.select("uscc", "points__r050102", "earned", "grade"),
    )
