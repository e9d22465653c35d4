"""Engines that are started here: they read Parquet, answer SQL and write Parquet, all by themselves."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from lishui_credit.backends.engines_here import absent
from lishui_credit.backends.local_databases import quoted, spark_session
from lishui_credit.errors import CreditError, SubjectError
from lishui_credit.language import tr
from lishui_credit.rubrics.engine.sql_frames import EVENTS, SUBJECTS, SparkFrames, SqlEngine

ENGINES: Final = ("duckdb", "spark")
"""Engines that a file can be graded in beside polars."""
_NEEDED: Final = {"duckdb": ("duckdb",), "spark": ("pyspark", "Java")}
_PIECE: Final = 500_000
"""Subjects that DuckDB groups at a time: the sums of a hundred codes take it 3 GiB for a million."""


class EngineSession(SqlEngine, Protocol):
    """A running engine."""

    version: str

    def parquet(self, path: Path) -> Any:
        """Return the lazy frame of a file of Parquet, or of a folder of such files."""
        ...

    def rows(self, frame: Any) -> list[dict[str, Any]]:
        """Return the rows of a small frame."""
        ...

    def write(self, frame: Any, folder: Path, parts: Sequence[str] = ()) -> None:
        """Write a frame into a folder as Parquet, by the values of some columns, beside what is there."""
        ...

    def pieces(self, frames: Mapping[str, Any], key: str, rows: int) -> Iterator[Mapping[str, Any]]:
        """Yield frames that hold so many keys in pieces that the engine can group, a key in one only."""
        ...


@dataclass(frozen=True, slots=True)
class _Select:
    """A SELECT that has not run yet, over views of others by their names."""

    text: str
    views: Mapping[str, str] = field(default_factory=dict)


class _DuckDB:
    """A DuckDB in this process, which spills into a folder of its own."""

    # Its frames are statements: a relation of DuckDB's reads a long one in Python, several times.
    dialect = "duckdb"

    def __init__(self, spill: str) -> None:
        import duckdb

        self.version = duckdb.__version__
        self._connection = duckdb.connect(
            config={"temp_directory": spill, "preserve_insertion_order": "false"}
        )
        self._spill = Path(spill)
        self._error = duckdb.Error

    def _ran(self, frame: _Select, before: str = "", after: str = "") -> Any:
        for name, text in frame.views.items():
            self._connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {text}")
        return self._connection.execute(f"{before}{frame.text}{after}")

    def parquet(self, path: Path) -> _Select:
        """Return the rows of a file or folder."""
        found = _rows_of(path / "**" / "*.parquet" if path.is_dir() else path)
        try:
            self.types(found)
        except self._error as error:
            raise _unread(path, error) from None
        return found

    def types(self, frame: _Select) -> dict[str, str]:
        """Return the type of every column."""
        return {name: kind.lower() for name, kind, *_ in self._ran(frame, "DESCRIBE ").fetchall()}

    def answered(self, statement: str, subjects: _Select, events: _Select | None = None) -> _Select:
        """Return a statement over these frames."""
        named = {SUBJECTS: subjects, **({} if events is None else {EVENTS: events})}
        return _Select(statement, {name: frame.text for name, frame in named.items()})

    def rows(self, frame: _Select) -> list[dict[str, Any]]:
        """Return the rows of a small frame."""
        ran = self._ran(frame)
        names = [column[0] for column in ran.description]
        return [dict(zip(names, row, strict=True)) for row in ran.fetchall()]

    def write(self, frame: _Select, folder: Path, parts: Sequence[str] = ()) -> None:
        """Write a frame; of parts, the columns stand in the names of the folders."""
        how = f"PARTITION_BY ({', '.join(map(quoted, parts))})" if parts else "PER_THREAD_OUTPUT"
        options = f"FORMAT parquet, COMPRESSION zstd, APPEND, {how}"
        self._ran(frame, "COPY (", f"\n) TO {_text(folder)} ({options})")

    def pieces(
        self, frames: Mapping[str, _Select], key: str, rows: int
    ) -> Iterator[Mapping[str, _Select]]:
        """Yield the frames, or pieces of them that lie in the folder of the spill meanwhile."""
        count = -(-rows // _PIECE)
        if count < 2:
            yield frames
            return
        piece = "_piece"
        with tempfile.TemporaryDirectory(dir=self._spill) as room:
            for role, frame in frames.items():
                self._ran(
                    frame,
                    f"COPY (SELECT *, hash({quoted(key)}) % {count} AS {piece} FROM (",
                    f")) TO {_text(Path(room, role))} "
                    f"(FORMAT parquet, COMPRESSION snappy, PARTITION_BY ({piece}))",
                )
            for number in range(count):
                own = {role: Path(room, role, f"{piece}={number}") for role in frames}
                if own["subjects"].exists():
                    yield {
                        role: _rows_of(path / "*.parquet", ", hive_partitioning = false")
                        if path.exists()
                        else _Select(f"{frames[role].text} LIMIT 0")
                        for role, path in own.items()
                    }


def _rows_of(place: Path, options: str = "") -> _Select:
    """Return all columns and rows of files of Parquet."""
    return _Select(f"SELECT * FROM read_parquet({_text(place)}{options})")


def _text(place: Path) -> str:
    """Return a path as a text of SQL."""
    return "'" + str(place).replace("'", "''") + "'"


class _Spark(SparkFrames):
    """A Spark as the machine's settings start it, or the one that runs already."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of pandas, which is not asked
            from pyspark import __version__
            from pyspark.errors import PySparkException

            self.version = __version__
            self._error = PySparkException
            self._session = spark_session()

    def parquet(self, path: Path) -> Any:
        """Return the frame of a file or folder."""
        try:
            return self._session.read.parquet(path.resolve().as_uri())
        except self._error as error:
            raise _unread(path, error) from None

    def rows(self, frame: Any) -> list[dict[str, Any]]:
        """Return the rows of a small frame."""
        return [row.asDict() for row in frame.collect()]

    def write(self, frame: Any, folder: Path, parts: Sequence[str] = ()) -> None:
        """Write a frame; of parts, the columns stand in the names of the folders."""
        writer = frame.write.mode("append").option("compression", "zstd")
        writer.partitionBy(*parts).parquet(folder.resolve().as_uri())

    def pieces(self, frames: Mapping[str, Any], key: str, rows: int) -> Iterator[Mapping[str, Any]]:
        """Yield the frames: Spark makes pieces itself."""
        yield frames


def _unread(path: Path, error: Exception) -> SubjectError:
    found = str(error).partition("\n")[0][:200]
    hint = tr("an engine reads Parquet only", "引擎只读取 Parquet 文件")
    return SubjectError(tr("cannot be read", "无法读取"), found, hint, path.name)


@contextmanager
def started(name: str) -> Iterator[EngineSession]:
    """Yield an engine of `ENGINES`; CreditError where what it needs is not installed."""
    if lacking := absent("sqlglot", *_NEEDED[name]):
        what = tr(f"{name} needs what is not installed", f"{name} 所需组件未安装")
        hint = tr("install it, or leave --engine out", "请安装,或不加 --engine")
        raise CreditError(what, lacking, hint)
    if name == "spark":
        yield _Spark()  # left running: starting one takes longer than most files
        return
    with tempfile.TemporaryDirectory(prefix="lishui_credit_") as spill:
        yield _DuckDB(spill)
