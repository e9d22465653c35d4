"""Databases that need no server: a printed statement run over frames, in this process or in Spark.

Text columns are declared with a collation that folds case wherever a database has one: the statement
must not depend on it.
"""

from __future__ import annotations

import io
import sqlite3
import tempfile
import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import polars as pl

from lishui_credit.backends.cell_differences import of_rows, texts
from lishui_credit.backends.dialects.spark import SPARK_SETTINGS

Rows = list[tuple[str | None, ...]]
Frames = Mapping[str, pl.DataFrame]
_DUCKDB: Final[Mapping[Any, str]] = {
    pl.String: "VARCHAR COLLATE NOCASE",
    pl.Date: "DATE",
    pl.Boolean: "BOOLEAN",
    pl.Int64: "BIGINT",
    pl.Float32: "FLOAT",
    pl.Float64: "DOUBLE",
    pl.Decimal: "DECIMAL(18, 2)",
}
_SQLITE: Final[Mapping[Any, str]] = {
    pl.String: "TEXT COLLATE NOCASE",
    pl.Date: "TEXT",
    pl.Boolean: "BOOLEAN",
    pl.Int64: "INTEGER",
}
_CLICKHOUSE: Final = {"Date": "Date32", "Boolean": "Bool", "Decimal": "Decimal(18, 2)"}


class Database(ABC):
    """Runs one statement over frames; its answer has every cell as `cell_differences.texts` writes it."""

    dialect: str

    @abstractmethod
    def answer(self, statement: str, frames: Frames) -> pl.DataFrame:
        """Return the answer of a statement over tables of these names."""

    def run(self, statement: str, frames: Frames) -> Rows:
        """Return the rows of the answer of a statement."""
        return self.answer(statement, frames).rows()


def quoted(name: str) -> str:
    """Return the name of a column as DuckDB and SQLite read it."""
    return '"' + name.replace('"', '""') + '"'


class InDuckDB(Database):
    """DuckDB in this process."""

    dialect = "duckdb"

    def answer(self, statement: str, frames: Frames) -> pl.DataFrame:
        """Return the answer; texts are declared as folding case."""
        import duckdb

        with closing(duckdb.connect(config={"threads": "1"})) as connection:
            for name, frame in frames.items():
                kinds = ", ".join(
                    f"{quoted(column)} {_DUCKDB[kind.base_type()]}"
                    for column, kind in frame.schema.items()
                )
                connection.register("given", frame.to_arrow())
                connection.execute(f"CREATE TABLE {name} ({kinds})")
                connection.execute(f"INSERT INTO {name} SELECT * FROM given")
            return texts(pl.DataFrame(connection.sql(statement).to_arrow_table()))


class InSQLite(Database):
    """SQLite of the standard library."""

    dialect = "sqlite"

    def answer(self, statement: str, frames: Frames) -> pl.DataFrame:
        """Return the answer; texts are declared as folding case."""
        with closing(sqlite3.connect(":memory:")) as connection:
            for name, frame in frames.items():
                columns = ", ".join(
                    f"{quoted(column)} {_SQLITE.get(kind.base_type(), 'REAL')}"
                    for column, kind in frame.schema.items()
                )
                connection.execute(f"CREATE TABLE {name} ({columns})")
                places = ", ".join("?" * frame.width)
                # Its driver takes neither days nor decimals.
                taken = frame.cast({pl.Date: pl.String, pl.Decimal: pl.Float64})
                connection.executemany(f"INSERT INTO {name} VALUES ({places})", taken.rows())
            cursor = connection.execute(statement)
            return of_rows([column[0] for column in cursor.description], cursor.fetchall())


class InClickHouse(Database):
    """ClickHouse in this process, which has one session."""

    dialect = "clickhouse"

    def answer(self, statement: str, frames: Frames) -> pl.DataFrame:
        """Return the answer; columns may be null."""
        session: Any = import_module("chdb.session")
        with tempfile.TemporaryDirectory() as folder, closing(session.Session()) as connection:
            for name, frame in frames.items():
                frame.write_parquet(path := Path(folder) / f"{name}.parquet")
                columns = ", ".join(
                    f"{_quoted(column)} Nullable({_CLICKHOUSE.get(own := str(kind.base_type()), own)})"
                    for column, kind in frame.schema.items()
                )
                connection.query(f"CREATE TABLE {name} ({columns}) ENGINE = Memory")
                connection.query(f"INSERT INTO {name} SELECT * FROM file('{path}')")
            found = connection.query(statement.rstrip().rstrip(";"), "Parquet").bytes()
        return texts(pl.read_parquet(io.BytesIO(found)).cast({pl.Binary: pl.String}))


class InSpark(Database):
    """Spark on this machine: a session of the caller's, or one that is started and left running."""

    dialect = "spark"

    def __init__(self, session: Any = None) -> None:
        self.session = spark_session() if session is None else session

    def answer(self, statement: str, frames: Frames) -> pl.DataFrame:
        """Return the answer; texts have a collation that folds case."""
        with tempfile.TemporaryDirectory() as folder:
            for name, frame in frames.items():
                frame.write_parquet(path := f"{folder}/{name}.parquet")
                columns = [
                    f"CAST({own} AS STRING COLLATE UTF8_LCASE) AS {own}"
                    if kind == pl.String
                    else own
                    for column, kind in frame.schema.items()
                    if (own := _quoted(column, "`"))
                ]
                loaded = self.session.read.parquet(path).selectExpr(*columns)
                loaded.createOrReplaceTempView(name)
            try:
                found = self.session.sql(statement.rstrip().rstrip(";"))
                return texts(pl.DataFrame(found.toArrow()))
            finally:
                for name in frames:
                    self.session.catalog.dropTempView(name)


def spark_session() -> Any:
    """Return the Spark that runs already, or one as the machine's settings start it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of pandas, which is not asked
        from pyspark.sql import SparkSession

        if (found := SparkSession.getActiveSession()) is not None:
            return found
        builder = SparkSession.builder.appName("lishui_credit")
        for name, value in {**SPARK_SETTINGS, "spark.ui.showConsoleProgress": "false"}.items():
            builder = builder.config(name, value)
        started = builder.getOrCreate()
        started.sparkContext.setLogLevel("ERROR")
        return started


def _quoted(name: str, mark: str = '"') -> str:
    return mark + name.replace("\\", "\\\\" if mark == '"' else "\\").replace(mark, mark * 2) + mark
