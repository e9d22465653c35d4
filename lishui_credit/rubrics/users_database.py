"""A statement run in a database of the user's, over temporary tables of our own.

Nothing is committed: the tables are temporary, have names that no other table has, are dropped, and
end with the connection whatever happens. Databases are reached through SQLAlchemy, DuckDB without it.
No message holds a password, nor anything a driver says beyond its first line.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import quote, quote_plus

import polars as pl

from lishui_credit.backends.cell_differences import of_rows
from lishui_credit.errors import CreditError
from lishui_credit.language import tr

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

    from lishui_credit.backends.engines_here import Trial

_BACKENDS: Final = {
    "postgresql": ("postgres",),
    "mysql": ("mysql", "mariadb"),
    "mariadb": ("mysql", "mariadb"),
    "sqlite": ("sqlite",),
    "duckdb": ("duckdb",),
}
"""Dialects of this package by what SQLAlchemy calls a database."""
_BATCH: Final = 1000  # rows sent at a time
_TEXT: Final = 64  # characters: ids that are longer have no index inside MySQL


class Database(Protocol):
    """Makes temporary tables of frames and runs a statement over them."""

    def load(self, name: str, frame: pl.DataFrame) -> None:
        """Make a temporary table of a frame."""

    def run(self, statement: str) -> pl.DataFrame:
        """Return the answer of a statement, every cell a text."""

    def drop(self, name: str) -> None:
        """Drop a temporary table."""


@contextmanager
def connected(url: str, dialect: str) -> Iterator[Database]:
    """Connect to a database; CreditError, without its password, where that cannot be done.

    Parameters
    ----------
    url : str
        As SQLAlchemy writes it: ``postgresql+psycopg://user@host/base``, ``sqlite:///file``,
        ``duckdb:///file``.
    dialect : str
        That the statement is printed for.
    """
    backend = re.match(r"[A-Za-z0-9]+", url)
    known = _BACKENDS.get(backend[0].lower() if backend else "")
    if known is None or "://" not in url:
        what = tr("not the URL of a database that prove knows", "不是 prove 支持的数据库 URL")
        hint = tr(
            "such as mysql+pymysql://user:password@host/base, postgresql+psycopg://, sqlite:///file,"
            " duckdb:///file",
            "例如 mysql+pymysql://user:password@host/base、postgresql+psycopg://、sqlite:///file、"
            "duckdb:///file",
        )
        raise CreditError(what, _shown(url), hint)
    if dialect not in known:
        what = tr(
            "the URL is of another database than --dialect", "URL 与 --dialect 不是同一种数据库"
        )
        raise CreditError(what, f"{_shown(url)}, {dialect}", f"--dialect {known[0]}")
    if known == ("duckdb",):
        with _in_duckdb(url) as base:
            yield base
        return
    with _by_sqlalchemy(url) as base:
        yield base


def unused_name(role: str) -> str:
    """Return a name of a table that meets no other."""
    return f"lishui_credit_prove_{secrets.token_hex(6)}_{role}"


@contextmanager
def loaded(base: Database, frames: Mapping[str, pl.DataFrame]) -> Iterator[dict[str, str]]:
    """Hold frames in temporary tables; yields their names by role."""
    names = {role: unused_name(role) for role in frames}
    made: list[str] = []
    try:
        for role, frame in frames.items():
            made.append(names[role])
            base.load(names[role], frame)
        yield names
    finally:
        for name in made:
            base.drop(name)


def answered(
    base: Database, trial: Trial, dialect: str, frames: Mapping[str, pl.DataFrame]
) -> pl.DataFrame:
    """Return the answer of a trial's statement over frames that are held in temporary tables."""
    with loaded(base, frames) as names:
        return base.run(trial.statement(dialect, names))


# ---- what went wrong --------------------------------------------------------------------------


def _shown(url: str) -> str:
    """Return a URL without what may be a password."""
    return re.sub(r"(://[^:/?#]*):.*@", r"\1:***@", url)[:200]


def _said(error: BaseException, secret: str) -> str:
    """Return the first line of what a driver says, without the password."""
    said = str(getattr(error, "orig", None) or error).strip().split("\n")[0]
    for form in {secret, quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1]} - {""}:
        said = said.replace(form, "***")
    return said[:300]


def _no_connection(url: str, found: str) -> CreditError:
    return CreditError(
        tr("no connection to the database", "无法连接数据库"),
        found,
        tr("check host, name, user, password and rights", "请核对主机、库名、用户、密码及权限"),
        _shown(url),
    )


def _no_table(found: str) -> CreditError:
    return CreditError(
        tr("no temporary table can be made there", "无法在该库建立临时表"),
        found,
        tr(
            "grant the right (PostgreSQL TEMPORARY, MySQL CREATE TEMPORARY TABLES), or use a copy",
            "请授予建立临时表的权限(PostgreSQL TEMPORARY,MySQL CREATE TEMPORARY TABLES),或改用副本库",
        ),
    )


def _no_answer(found: str) -> CreditError:
    return CreditError(
        tr("the database does not run the statement", "数据库无法执行该语句"),
        found,
        tr("check --dialect and the version of the database", "请核对 --dialect 与数据库版本"),
    )


def _lacks(module: str, package: str) -> CreditError:
    return CreditError(
        tr(f"prove needs {module}", f"prove 需要 {module}"), hint=f"pip install '{package}'"
    )


# ---- SQLAlchemy -------------------------------------------------------------------------------


@contextmanager
def _by_sqlalchemy(text: str) -> Iterator[Database]:
    if find_spec("sqlalchemy") is None:
        raise _lacks("SQLAlchemy", "lishui-credit[prove]")
    import sqlalchemy

    try:
        url = sqlalchemy.make_url(text)
        engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.pool.NullPool)
    except ModuleNotFoundError as error:
        raise _lacks(error.name or "", error.name or "") from None
    except (sqlalchemy.exc.ArgumentError, ValueError, TypeError):
        raise _no_connection(text, tr("not a URL", "不是 URL")) from None
    except sqlalchemy.exc.NoSuchModuleError as error:
        raise _no_connection(text, _said(error, url.password or "")) from None
    try:
        connection = engine.connect()
    except Exception as error:  # drivers raise errors of their own
        found = _said(error, str(url.password or ""))
        raise _no_connection(text, found) from None
    with closing(connection):
        yield _BySQLAlchemy(connection, url)


class _BySQLAlchemy:
    """A connection of SQLAlchemy; its transaction is never committed."""

    def __init__(self, connection: Connection, url: URL) -> None:
        self._connection = connection
        self._secret = str(url.password or "")

    def load(self, name: str, frame: pl.DataFrame) -> None:
        import sqlalchemy as sa

        on_mysql = self._connection.dialect.name in ("mysql", "mariadb")
        types: dict[Any, Any] = {
            pl.Date: sa.Date(),
            pl.String: sa.Text(),
            pl.Boolean: sa.Boolean(),
            pl.Int64: sa.BigInteger(),
            pl.Float64: sa.Double(),
        }
        if on_mysql:
            longest = frame.select(pl.col(pl.String).str.len_chars().max()).max_horizontal()
            types[pl.String] = sa.String(max(_TEXT, *longest.fill_null(0)))
        columns = [sa.Column(column, types[kind]) for column, kind in frame.schema.items()]
        table = sa.Table(name, sa.MetaData(), *columns, prefixes=["TEMPORARY"])
        try:
            table.create(self._connection)
            for part in frame.iter_slices(_BATCH):
                self._connection.execute(table.insert(), part.to_dicts())
        except sa.exc.SQLAlchemyError as error:
            raise _no_table(_said(error, self._secret)) from None

    def run(self, statement: str) -> pl.DataFrame:
        import sqlalchemy as sa

        asked = statement.rstrip().rstrip(";")
        try:
            # Without parameters: a driver would read a % of the text as one.
            answer = self._connection.exec_driver_sql(
                asked, execution_options={"no_parameters": True}
            )
            names, rows = [*answer.keys()], answer.fetchall()
        except sa.exc.SQLAlchemyError as error:
            raise _no_answer(_said(error, self._secret)) from None
        return of_rows(names, rows)

    def drop(self, name: str) -> None:
        import sqlalchemy as sa

        on_mysql = self._connection.dialect.name in ("mysql", "mariadb")
        word = "TEMPORARY " if on_mysql else ""  # there it drops nothing but a temporary table
        try:
            self._connection.rollback()
            self._connection.exec_driver_sql(f"DROP {word}TABLE IF EXISTS {name}")
        except sa.exc.SQLAlchemyError:  # interrupted midway: the table ends with the connection
            self._connection.invalidate()


# ---- DuckDB -----------------------------------------------------------------------------------


@contextmanager
def _in_duckdb(url: str) -> Iterator[Database]:
    if find_spec("duckdb") is None:
        raise _lacks("DuckDB", "duckdb")
    import duckdb

    path = url.partition(":///")[2] or ":memory:"
    try:
        connection = duckdb.connect(path)
    except duckdb.Error as error:
        raise _no_connection(url, _said(error, "")) from None
    with closing(connection):
        yield _InDuckDB(connection)


class _InDuckDB:
    """A file of DuckDB, or none."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def load(self, name: str, frame: pl.DataFrame) -> None:
        import duckdb

        given = frame.to_arrow()
        try:
            self._connection.register(f"{name}_given", given)
            self._connection.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM {name}_given")
            self._connection.unregister(f"{name}_given")
        except duckdb.Error as error:
            raise _no_table(_said(error, "")) from None

    def run(self, statement: str) -> pl.DataFrame:
        import duckdb

        try:
            answer = self._connection.execute(statement)
            names, rows = [column[0] for column in answer.description], answer.fetchall()
        except duckdb.Error as error:
            raise _no_answer(_said(error, "")) from None
        return of_rows(names, rows)

    def drop(self, name: str) -> None:
        self._connection.execute(f"DROP TABLE IF EXISTS temp.{name}")
