"""Spark grades where the rows are: the same cells, a plan of its own, nothing brought to the driver."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from lishui_credit.commands.verification import verify
from lishui_credit.errors import CreditError, SubjectError
from lishui_credit.rubrics.engine.evaluate import evaluate
from lishui_credit.rubrics.grade_folders import grade_folder
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.stored_grades import scan
from tests import database_servers
from tests.populations import POPULATIONS, Population

pytestmark = pytest.mark.xdist_group("spark")
DAY = date(2021, 4, 30)
HOUSEHOLD, TAX = POPULATIONS[0], next(p for p in POPULATIONS if p.on == "2021-04-30")


def files(population: Population, folder: Path, rows: int = 200) -> dict[str, Path]:
    taken = population.taken(rows)
    taken.subjects.collect().write_parquet(folder / "subjects.parquet")
    found = {"subjects": folder / "subjects.parquet"}
    if taken.events is not None:
        taken.events.collect().write_parquet(folder / "events.parquet")
        found["events"] = folder / "events.parquet"
    return found


def expected(population: Population, given: dict[str, Path]) -> pl.DataFrame:
    tables = {role: pl.read_parquet(path) for role, path in given.items()}
    rubric, period = population.rubric, population.period
    found = evaluate(
        tables["subjects"], rubric, events=tables.get("events"), period=period, as_of=DAY
    )
    return found.collect().sort(rubric.subject_id)


def in_spark(spark: Any, population: Population, given: dict[str, Path]) -> Any:
    tables = {role: spark.read.parquet(str(path)) for role, path in given.items()}
    return evaluate(
        tables["subjects"],
        population.rubric,
        events=tables.get("events"),
        period=population.period,
        as_of=DAY,
    )


def rows(frame: Any) -> pl.DataFrame:
    return pl.DataFrame([tuple(row) for row in frame.collect()], frame.columns, orient="row")


@pytest.fixture
def compiled(spark: Any) -> Iterator[Any]:
    """Spark as users have it: expressions become Java classes, none interpreted, partitions adapted."""
    with database_servers.compiled(spark, "CODEGEN_ONLY"):
        spark.conf.set("spark.sql.adaptive.enabled", "true")
        yield spark
        spark.conf.set("spark.sql.adaptive.enabled", "false")


@pytest.mark.parametrize("population", [HOUSEHOLD, TAX], ids=lambda p: str(p.name))
def test_a_frame_is_graded_in_spark_without_python_and_nothing_is_collected(
    population: Population, compiled: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = files(population, tmp_path)
    frame = type(compiled.range(1))
    with monkeypatch.context() as patch:
        for name in ("collect", "toArrow", "toPandas", "toLocalIterator", "first", "count", "head"):
            patch.setattr(frame, name, lambda *_, name=name: pytest.fail(name))
        result = in_spark(compiled, population, given)
        assert isinstance(result.frame, frame)
        assert result.columns == tuple(expected(population, given).columns)
        plan = result.frame._jdf.queryExecution().toString()
    assert "Project" in plan
    for node in ("Python", "Arrow", "Pandas", "MapPartitions", "UDF"):
        assert node not in plan
    table = expected(population, given)
    found = rows(result.frame).sort(population.rubric.subject_id)
    assert_frame_equal(found, table.cast(found.schema), check_dtypes=False)  # type: ignore[arg-type]
    left = [one.name for one in compiled.catalog.listTables() if one.isTemporary]
    assert [name for name in left if name.startswith("lishui_credit")] == []


def test_a_session_that_wraps_what_overflows_is_refused(spark: Any, tmp_path: Path) -> None:
    given = files(HOUSEHOLD, tmp_path, 5)
    spark.conf.set("spark.sql.ansi.enabled", "false")
    try:
        with pytest.raises(CreditError, match=r"spark\.sql\.ansi\.enabled = false"):
            in_spark(spark, HOUSEHOLD, given)
    finally:
        spark.conf.set("spark.sql.ansi.enabled", "true")


def test_columns_of_another_type_are_refused(spark: Any) -> None:
    frame = spark.createDataFrame([("91", 1)], "uscc string, has_non_recurring_info int")
    with pytest.raises(SubjectError, match="has_non_recurring_info must be Boolean"):
        evaluate(frame, catalog.rubric("tax-credit@2020-11-01"), period=2020)


@pytest.mark.usefixtures("spark")
def test_a_folder_is_written_by_spark_as_by_duckdb(tmp_path: Path) -> None:
    given = files(TAX, tmp_path)
    table = pl.read_parquet(given["subjects"])
    table.with_columns(
        prior_grade=pl.when(pl.int_range(pl.len()) == 3)
        .then(pl.lit("no such grade"))
        .otherwise("prior_grade")
    ).write_parquet(given["subjects"])
    options: dict[str, Any] = {"events": given["events"], "period": TAX.period, "as_of": DAY}
    made = {
        engine: grade_folder(
            TAX.rubric,
            given["subjects"],
            tmp_path / engine,
            engine=engine,
            skip_rejected=True,
            **options,
        ).facts
        for engine in ("spark", "duckdb")
    }
    assert made["spark"].counts == made["duckdb"].counts
    assert made["spark"].counts["rejected"] == 1
    assert made["spark"].withheld == made["duckdb"].withheld
    one, other = (scan(tmp_path / engine).collect().sort("uscc") for engine in made)
    assert_frame_equal(one, other, check_dtypes=False)
    reasons = pl.read_parquet(tmp_path / "spark.rejected" / "subjects" / "*.parquet")
    assert reasons["uscc"].to_list() == [table["uscc"][3]]
    assert "prior_grade: not one of" in reasons["_reasons"].item()
    hidden = [path for path in (tmp_path / "spark").rglob("*") if path.name.startswith((".", "_S"))]
    assert hidden == []


@pytest.mark.usefixtures("spark")
def test_a_folder_written_by_spark_is_made_again(tmp_path: Path) -> None:
    small = next(p for p in POPULATIONS if p.name == "small-enterprise")
    given = files(small, tmp_path)
    grade_folder(small.rubric, given["subjects"], tmp_path / "grades", engine="spark", as_of=DAY)
    assert verify(tmp_path / "grades").holds
