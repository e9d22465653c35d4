"""Databases that run printed SQL in the tests: DuckDB, SQLite, and servers that the machine has.

Text columns are declared with a collation that folds case wherever a database has one: the statement
must not depend on it.
"""

from __future__ import annotations

import csv
import io
import re
import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

import polars as pl

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


class Database(Protocol):
    """Runs one statement over frames, and gives every cell as a text or None."""

    dialect: str

    def run(self, statement: str, frames: Frames) -> Rows: ...


def texts(frame: pl.DataFrame, *kept: type[pl.DataType]) -> Rows:
    """The rows of a frame as databases print them: flags as 1 and 0, days as YYYY-MM-DD.

    Columns of the types that are kept stay as they are.
    """
    whole = [
        pl.col(name).cast(pl.Int8) if kind == pl.Boolean else pl.col(name)
        for name, kind in frame.schema.items()
    ]
    kinds = frame.dtypes
    return frame.select(
        part if kind in kept else part.cast(pl.String)
        for part, kind in zip(whole, kinds, strict=True)
    ).rows()


def quoted(name: str) -> str:
    """A name of a column as DuckDB and SQLite read it."""
    return '"' + name.replace('"', '""') + '"'


class InDuckDB:
    """DuckDB in this process."""

    dialect = "duckdb"

    def run(self, statement: str, frames: Frames) -> Rows:
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


class InSQLite:
    """SQLite of the standard library."""

    dialect = "sqlite"

    def run(self, statement: str, frames: Frames) -> Rows:
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
                connection.executemany(
                    f"INSERT INTO {name} VALUES ({places})", texts(frame, pl.Float64)
                )
            found = connection.execute(statement).fetchall()
        return [tuple(None if cell is None else str(cell) for cell in row) for row in found]


class InPostgres:
    """A PostgreSQL server of its own."""

    dialect = "postgres"

    def __init__(self, server: Server) -> None:
        self.server = server

    def run(self, statement: str, frames: Frames) -> Rows:
        """Run a statement; texts are declared as folding case and accents."""
        folding = "(provider = icu, locale = 'und-u-ks-level1', deterministic = false)"
        self.server.say(f"CREATE COLLATION IF NOT EXISTS folding {folding};")
        load(self.server, frames, "TEXT COLLATE folding")
        rows = csv.reader(io.StringIO(self.server.say(statement, "--csv", "-P", "null=<null>")))
        shown = {"t": "1", "f": "0", "<null>": None}
        return [tuple(shown.get(cell, cell) for cell in row) for row in rows]


class InMariaDB:
    """A MariaDB server of its own, which reads MySQL's dialect."""

    dialect = "mysql"

    def __init__(self, server: Server) -> None:
        self.server = server

    def run(self, statement: str, frames: Frames) -> Rows:
        """Run a statement; texts have the default collation, which folds case and pads blanks."""
        load(self.server, frames, "VARCHAR(200)")
        lines = self.server.say(statement, "--skip-raw").rstrip("\n").split("\n")
        return [tuple(_unescaped(cell) for cell in line.split("\t")) for line in lines]


class InClickHouse:
    """ClickHouse in this process, which has one session."""

    dialect = "clickhouse"

    def run(self, statement: str, frames: Frames) -> Rows:
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


class InSpark:
    """Spark on this machine."""

    dialect = "spark"

    def __init__(self, session: Any) -> None:
        self.session = session

    def run(self, statement: str, frames: Frames) -> Rows:
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
            rows = self.session.sql(statement.rstrip().rstrip(";")).collect()
        return [tuple(_text(cell) for cell in row) for row in rows]


def _quoted(name: str, mark: str = '"') -> str:
    return mark + name.replace("\\", "\\\\" if mark == '"' else "\\").replace(mark, mark * 2) + mark


def _text(cell: Any) -> str | None:
    return None if cell is None else str(int(cell) if isinstance(cell, bool) else cell)


def _unescaped(cell: str) -> str | None:
    marks = {"\\t": "\t", "\\n": "\n", "\\\\": "\\", "\\0": "\0"}
    found = re.sub(r"\\[tn\\0]", lambda mark: marks[mark[0]], cell)
    return None if cell == "NULL" else found


def load(server: Server, frames: Frames, text: str) -> None:
    """Make a table of every frame, its texts declared as `text`."""
    for name, frame in frames.items():
        server.load(name, frame, dict.fromkeys(frame.select(pl.col(pl.String)).columns, text))
