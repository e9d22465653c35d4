"""PostgreSQL and MariaDB of this machine: started on a socket of their own, no port, stopped again.

Their own clients send what a user would send: a file of SQL. Rows are loaded in bulk, from numbers
written with all their digits.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

_PLACES = [*os.get_exec_path(), "/usr/sbin", *map(str, Path("/usr/lib/postgresql").glob("*/bin"))]


def program(name: str) -> str | None:
    """Where a program of a server is; Debian keeps some out of the path."""
    return shutil.which(name, path=os.pathsep.join(_PLACES))


@dataclass(frozen=True, slots=True)
class Server:
    """One server that answers, and the types of its columns by those of polars."""

    name: str
    client: tuple[str, ...]
    types: Mapping[str, str]
    home: Path  # a folder of its own

    def say(self, script: str, *options: str) -> str:
        """What the client prints for a script; its complaint is an error."""
        asked, sent = [*self.client, *options], script.encode()
        done = subprocess.run(asked, input=sent, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()[-2000:]
        return done.stdout.decode()

    def run(self, script: str) -> list[list[str]]:
        """Answer of a script: cells as the client prints them."""
        return [line.split("\t") for line in self.say(script).splitlines()]

    def load(self, table: str, frame: pl.DataFrame, types: Mapping[str, str] | None = None) -> None:
        """Make a table of a frame, in bulk; `types` of columns in place of the usual ones."""
        mark = '"' if self.name == "PostgreSQL" else "`"
        columns, given, bits = [], [], []
        for place, (name, kind) in enumerate(frame.schema.items()):
            quoted = mark + name.replace(mark, mark * 2) + mark
            type_ = (types or {}).get(name) or self.types[str(kind.base_type())]
            columns.append(f"{quoted} {type_}")
            bit = type_.startswith("BIT")  # whose digits a file would give as characters
            given.append(f"@cell{place}" if bit else quoted)
            bits += [f"{quoted} = CAST(@cell{place} AS UNSIGNED)"] if bit else []
        made = f"DROP TABLE IF EXISTS {table}; CREATE TABLE {table} ({', '.join(columns)});\n"
        flags = frame.with_columns(pl.col(pl.Boolean).cast(pl.Int8))
        nothing = "" if self.name == "PostgreSQL" else "NULL"  # without quotes: a null, not a text
        rows = flags.write_csv(include_header=False, quote_style="non_numeric", null_value=nothing)
        if self.name == "PostgreSQL":
            self.say(f"{made}COPY {table} FROM STDIN (FORMAT csv);\n{rows}\\.\n")
            return
        # The server reads the file: what a client sends it (LOCAL) may be wrong without an error.
        path = self.home / f"{table}.csv"
        path.write_text(rows, encoding="utf-8", newline="")
        put = f" SET {', '.join(bits)}" if bits else ""
        self.say(
            f"{made}LOAD DATA INFILE '{path}' INTO TABLE {table} CHARACTER SET utf8mb4"
            " FIELDS TERMINATED BY ',' ENCLOSED BY '\"' ESCAPED BY '' LINES TERMINATED BY '\\n'"
            f" ({', '.join(given)}){put};"
        )
        path.unlink()


@contextmanager
def postgres() -> Iterator[Server]:
    """A fresh PostgreSQL."""
    with _home("postgres") as (home, user):
        run = partial(subprocess.run, user=user, check=True, stdout=subprocess.DEVNULL, cwd=home)
        data, ctl = str(home / "data"), str(program("pg_ctl"))
        make = [str(program("initdb")), "-D", data, "-U", "tester", "-A", "trust"]
        make += ["-E", "UTF8", "--locale=C", "--no-sync"]
        run(make)
        settings = f"-k {home} -c listen_addresses= -c fsync=off"
        start = [ctl, "-D", data, "-w", "-l", str(home / "log"), "-o", settings, "start"]
        run(start)
        client = (str(program("psql")), "-X", "-q", "-A", "-t", "-F", "\t")
        client += ("-v", "ON_ERROR_STOP=1", "-h", str(home), "-U", "tester", "postgres")
        types = {
            "Float64": "DOUBLE PRECISION",
            "Float32": "REAL",
            "Decimal": "NUMERIC(18, 2)",
            "Int64": "BIGINT",
            "UInt32": "BIGINT",
            "Boolean": "BOOLEAN",
            "Date": "DATE",
            "String": "TEXT",
        }
        try:
            yield Server("PostgreSQL", client, types, home)
        finally:
            run([ctl, "-D", data, "-m", "immediate", "stop"])


@contextmanager
def mariadb() -> Iterator[Server]:
    """A fresh MariaDB with the collation of Debian, which folds case and accents."""
    with _home("mysql") as (home, user):
        data, socket = f"--datadir={home / 'data'}", f"--socket={home / 'socket'}"
        install = [str(program("mariadb-install-db")), "--no-defaults", data, "--skip-test-db"]
        install += ["--auth-root-authentication-method=normal"]
        # Servers that share a folder for temporary files take each other's away.
        own = os.environ | {"TMPDIR": str(home)}
        subprocess.run(install, user=user, check=True, capture_output=True, cwd=home, env=own)
        serve = [str(program("mariadbd")), "--no-defaults", data, socket, "--skip-networking"]
        serve += ["--character-set-server=utf8mb4", "--collation-server=utf8mb4_general_ci"]
        serve += [
            f"--pid-file={home / 'pid'}",
            f"--tmpdir={home}",
            "--innodb-flush-log-at-trx-commit=0",
            # Steps in memory: those of events take a third less time.
            *("--tmp-table-size=1G", "--max-heap-table-size=1G"),
        ]
        quiet = subprocess.DEVNULL
        with subprocess.Popen(serve, user=user, stdout=quiet, stderr=quiet, cwd=home) as running:
            client = (str(program("mariadb")), "--no-defaults", socket, "--user=root")
            client += ("--default-character-set=utf8mb4", "--batch", "--skip-column-names", "--raw")
            types = {
                "Float64": "DOUBLE",
                "Float32": "FLOAT",
                "Decimal": "DECIMAL(18, 2)",
                "Int64": "BIGINT",
                "UInt32": "BIGINT",
                "Boolean": "BOOLEAN",
                "Date": "DATE",
                "String": "TEXT",
            }
            try:
                _answers([*client, "-e", "CREATE DATABASE IF NOT EXISTS tests"], running)
                yield Server("MariaDB", (*client, "tests"), types, home)
            finally:
                running.terminate()


@contextmanager
def spark() -> Iterator[Any]:
    """A Spark of this machine; small statements are interpreted, for compiling takes longer."""
    from pyspark.sql import SparkSession

    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "2g",
        # Room for what is new, so that the collector of garbage runs seldom.
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmn600m",
        "spark.default.parallelism": "1",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    }
    with tempfile.TemporaryDirectory() as home:
        builder = SparkSession.builder.master("local[2]").config("spark.sql.warehouse.dir", home)
        for name, value in settings.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
        session.sparkContext.setLogLevel("ERROR")
        try:
            yield session
        finally:
            session.stop()


@contextmanager
def compiled(session: Any, mode: str = "FALLBACK") -> Iterator[None]:
    """Have a Spark make Java classes of expressions, as users have it, and interpret what is too long."""
    usual = {
        "spark.sql.codegen.wholeStage": "true",
        "spark.sql.codegen.factoryMode": mode,
        "spark.sql.codegen.fallback": str(mode == "FALLBACK").lower(),
    }
    before = {name: session.conf.get(name) for name in usual}
    for name, value in usual.items():
        session.conf.set(name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            session.conf.set(name, value)


def _answers(asked: list[str], running: subprocess.Popen[bytes]) -> None:
    """Wait until a server answers, at most a minute."""
    for _ in range(300):
        assert running.poll() is None, "the server ended"
        if subprocess.run(asked, capture_output=True, check=False).returncode == 0:
            return
        time.sleep(0.2)
    raise TimeoutError(asked)


@contextmanager
def _home(user: str) -> Iterator[tuple[Path, str | None]]:
    """A folder of a server, short enough for a socket; root hands it to the server's own user."""
    home = Path(tempfile.mkdtemp(prefix="db"))
    owner = user if os.getuid() == 0 else None
    if owner:
        shutil.chown(home, owner)
    try:
        yield home, owner
    finally:
        shutil.rmtree(home, ignore_errors=True)
