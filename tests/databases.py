"""Servers that run printed SQL in the tests, beside the databases that need none.

Text columns are declared with a collation that folds case wherever a database has one: the statement
must not depend on it.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

import polars as pl
import pytest

from lishui_credit.backends.local_databases import (
    Database,
    Frames,
    InClickHouse,
    InDuckDB,
    InSpark,
    InSQLite,
)
from tests.database_servers import Server


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
