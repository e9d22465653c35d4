"""Databases that run printed SQL in the tests: DuckDB, SQLite, and servers that the machine has.

Text columns are declared with a collation that folds case wherever a database has one: the statement
must not depend on it.
"""

from __future__ import annotations

import io
import sqlite3
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from lishui_credit.rubrics.cell_differences import of_rows, texts
from tests.database_servers import Server

Rows = list[tuple[str | None, ...]]
Frames = Mapping[str, pl.DataFrame]


DUCKDB_KINDS: Mapping[Any, str] = {
    pl.String: "VARCHAR COLLATE NOCASE",
    pl.Date: "DATE",
    pl.Boolean: "BOOLEAN",
    pl.Int64: "BIGINT",
    pl.Float64: "DOUBLE",
}


class Database(ABC):
    """Runs one statement over frames, and gives every cell as `cell_differences.texts` writes it."""

    dialect: str

    @abstractmethod
    def answer(self, statement: str, frames: Frames) -> pl.DataFrame:
        """Run a statement."""

    def run(self, statement: str, frames: Frames) -> Rows:
        """Run a statement, for the rows of its answer."""
        return self.answer(statement, frames).rows()


def quoted(name: str) -> str:
    """A name of a column as DuckDB and SQLite read it."""
    return '"' + name.replace('"', '""') + '"'


class InDuckDB(Database):
    """DuckDB in this process."""

    dialect = "duckdb"

    def answer(self, statement: str, frames: Frames) -> pl.DataFrame:
        """Run a statement; texts are declared as folding case."""
        import duckdb

        with closing(duckdb.connect(config={"threads": "1"})) as connection:
            for name, frame in frames.items():
                kinds = ", ".join(
                    f"{quoted(column)} {DUCKDB_KINDS[kind]}"
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
        """Run a statement; texts are declared as folding case."""
        kinds = {
            pl.String: "TEXT COLLATE NOCASE",
            pl.Date: "TEXT",
            pl.Boolean: "INT",
            pl.Int64: "INT",
            pl.Float64: "REAL",
        }
        with closing(sqlite3.connect(":memory:")) as connection:
            for name, frame in frames.items():
                columns = ", ".join(
                    f"{quoted(column)} {kinds[kind]}" for column, kind in frame.schema.items()
                )
                connection.execute(f"CREATE TABLE {name} ({columns})")
                places = ", ".join("?" * frame.width)
                rows = frame.with_columns(pl.col(pl.Date).cast(pl.String)).rows()
                connection.executemany(f"INSERT INTO {name} VALUES ({places})", rows)
            cursor = connection.execute(statement)
            return of_rows([column[0] for column in cursor.description], cursor.fetchall())


class InPostgres(Database):
    """A PostgreSQL server of its own."""

    dialect = "postgres"

    def __init__(self, server: Server) -> None:
        self.server = server

    def answer(self, statement: str, frames: Frames) -> pl.DataFrame:
        """Run a statement; texts are declared as folding case and accents."""
        folding = "(provider = icu, locale = 'und-u-ks-level1', deterministic = false)"
        self.server.say(f"CREATE COLLATION IF NOT EXISTS folding {folding};")
        load(self.server, frames, "TEXT COLLATE folding")
        said = self.server.say(statement, "--csv", "-P", "null=<null>", "-P", "tuples_only=off")
        found = read_texts(said, null_values="<null>")
        flags = [c.name for c in found.iter_columns() if {*c.unique()} <= {"t", "f", None}]
        return found.with_columns(pl.col(flags).replace({"t": "1", "f": "0"}))


class InMariaDB(Database):
    """A MariaDB server of its own, which reads MySQL's dialect."""

    dialect = "mysql"

    def __init__(self, server: Server) -> None:
        self.server = server

    def answer(self, statement: str, frames: Frames) -> pl.DataFrame:
        """Run a statement; texts have the default collation, which folds case and pads blanks."""
        # Ids that are longer have no index in its steps, and joins of them take minutes.
        load(self.server, frames, "VARCHAR(64)")
        said = self.server.say(statement, "--skip-raw", "--column-names")
        found = read_texts(said, null_values="NULL", separator="\t", quote_char=None)
        marks = {"\\t": "\t", "\\n": "\n", "\\\\": "\\", "\\0": "\0"}
        return found.with_columns(pl.all().str.replace_many(marks))


def read_texts(said: str, **how: Any) -> pl.DataFrame:
    """What a client printed, every cell a text."""
    rows = io.BytesIO(said.encode())
    return pl.read_csv(rows, infer_schema=False, empty_string_is_null=False, **how)


class InClickHouse(Database):
    """ClickHouse in this process, which has one session."""

    dialect = "clickhouse"

    def answer(self, statement: str, frames: Frames) -> pl.DataFrame:
        """Run a statement over tables whose columns may be null."""
        from chdb import session

        kinds = {"Date": "Date32", "Boolean": "Bool", "Decimal": "Decimal(18, 2)"}
        with tempfile.TemporaryDirectory() as folder, closing(session.Session()) as connection:
            for name, frame in frames.items():
                frame.write_parquet(path := Path(folder) / f"{name}.parquet")
                columns = ", ".join(
                    f"{_quoted(column)} Nullable({kinds.get(own := str(kind.base_type()), own)})"
                    for column, kind in frame.schema.items()
                )
                connection.query(f"CREATE TABLE {name} ({columns}) ENGINE = Memory")
                connection.query(f"INSERT INTO {name} SELECT * FROM file('{path}')")
            found = connection.query(statement.rstrip().rstrip(";"), "Parquet").bytes()
        return texts(pl.read_parquet(io.BytesIO(found)).cast({pl.Binary: pl.String}))


class InSpark(Database):
    """Spark on this machine."""

    dialect = "spark"

    def __init__(self, session: Any) -> None:
        self.session = session

    def answer(self, statement: str, frames: Frames) -> pl.DataFrame:
        """Run a statement; texts have a collation that folds case."""
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
            found = self.session.sql(statement.rstrip().rstrip(";"))
            return texts(pl.DataFrame(found.toArrow()))


def _quoted(name: str, mark: str = '"') -> str:
    return mark + name.replace("\\", "\\\\" if mark == '"' else "\\").replace(mark, mark * 2) + mark


def load(server: Server, frames: Frames, text: str) -> None:
    """Make a table of every frame, its texts declared as `text`."""
    for name, frame in frames.items():
        server.load(name, frame, dict.fromkeys(frame.select(pl.col(pl.String)).columns, text))


IN_PROCESS: Mapping[str, Callable[[], Database]] = {
    "DuckDB": InDuckDB,
    "SQLite": InSQLite,
    "ClickHouse": InClickHouse,
}
SERVED: Mapping[str, Callable[[Any], Database]] = {
    "postgres": InPostgres,
    "mariadb": InMariaDB,
    "spark": InSpark,
}
"""Databases that a fixture of the same name starts."""


def parameter(name: str) -> object:
    """A database as a parameter; tests of what is started run in one process, which starts it once."""
    if name in IN_PROCESS:
        return name
    group = "spark" if name == "spark" else "databases"
    return pytest.param(name, marks=pytest.mark.xdist_group(group))


def asked_for(request: pytest.FixtureRequest) -> Database:
    """The database that a fixture's parameter names."""
    name = request.param
    if name in IN_PROCESS:
        return IN_PROCESS[name]()
    return SERVED[name](request.getfixturevalue(name))
