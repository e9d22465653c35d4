"""What each database needs to give the same integers, texts and days: one class a dialect, one module a family.

The tests run the text of DuckDB, SQLite, PostgreSQL, MariaDB, Spark and ClickHouse there and compare it
with polars. For the others there is the text only, by the manual that their module names. Traps that are met here and nowhere else:

- quotients of integers truncate in all of them, and ``/`` is no integer quotient in some;
- integers past 64 bits become doubles in SQLite without a word: there the statement stops;
- MySQL's default collations fold case, accents and trailing blanks: texts are bytes inside;
- PostgreSQL, SQLite and MySQL copy the expressions of a step into its readers, again and again,
  unless the step is fenced;
- Oracle, Dameng and SQL Server have no Boolean values: a test in place of a value becomes 1 or 0;
- an empty text is a null in Oracle and GaussDB, and ``||`` takes a null for one;
- a date less a date is a number, an interval or nonsense: each has its own way.

References
----------
PostgreSQL 15, 9.3, 9.9 and 24.2; SQLite, "Datatypes In SQLite" and "The query optimizer overview";
MariaDB, "CAST", "DIV" and "Character sets and collations"; DuckDB, "Date functions".
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from lishui_credit.backends.dialects.clickhouse import ClickHouse
from lishui_credit.backends.dialects.dialect import Dialect
from lishui_credit.backends.dialects.embedded import DuckDB, SQLite
from lishui_credit.backends.dialects.mysql import Doris, MySQL, StarRocks
from lishui_credit.backends.dialects.oracle import Dameng, Oracle
from lishui_credit.backends.dialects.postgres import GaussDB, Postgres
from lishui_credit.backends.dialects.spark import Databricks, Hive, Spark
from lishui_credit.backends.dialects.sqlserver import SQLServer
from lishui_credit.backends.dialects.warehouses import BigQuery, Snowflake
from lishui_credit.errors import CreditError
from lishui_credit.language import tr

DIALECTS: Final[dict[str, type[Dialect]]] = {
    "duckdb": DuckDB,
    "sqlite": SQLite,
    "postgres": Postgres,
    "mysql": MySQL,
    "mariadb": MySQL,
    "spark": Spark,
    "clickhouse": ClickHouse,
    "oracle": Oracle,
    "tsql": SQLServer,
    "gaussdb": GaussDB,
    "dameng": Dameng,
    "hive": Hive,
    "databricks": Databricks,
    "doris": Doris,
    "starrocks": StarRocks,
    "snowflake": Snowflake,
    "bigquery": BigQuery,
}
"""Dialects by the name a user gives; `Dialect.runs_here` tells which of them the tests run."""


def need_sqlglot() -> None:
    """Raise CreditError where sqlglot, which lays out SQL, is not installed."""
    if find_spec("sqlglot") is None:
        what = tr("SQL needs sqlglot", "输出 SQL 需要 sqlglot")
        raise CreditError(what, hint="pip install 'lishui-credit[sql]'")


def dialect_of(name: str) -> Dialect:
    """Return a dialect by name; CreditError for one that there is not, or without sqlglot."""
    need_sqlglot()
    if name not in DIALECTS:
        what = tr("no such SQL dialect", "没有该 SQL 方言")
        raise CreditError(what, name, tr("known: ", "现有:") + ", ".join(DIALECTS))
    return DIALECTS[name]()
