"""Engines that are started here: they read Parquet, answer SQL and write Parquet, all by themselves."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

from lishui_credit.backends.engines_here import absent
from lishui_credit.backends.local_databases import quoted, spark_session
from lishui_credit.errors import CreditError, SubjectError
from lishui_credit.language import tr
from lishui_credit.rubrics.engine.sql_frames import DuckDBFrames, SparkFrames, SqlEngine

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


class _DuckDB(DuckDBFrames):
    """A DuckDB in this process, which spills into a folder of its own."""

    def __init__(self, spill: str) -> None:
        import duckdb

        self.version = duckdb.__version__
        self._connection = duckdb.connect(
            config={"temp_directory": spill, "preserve_insertion_order": "false"}
        )
        self._spill = Path(spill)
        self._error = duckdb.Error

    def parquet(self, path: Path) -> Any:
        """Return the relation of a file or folder."""
        place = str(path / "**" / "*.parquet") if path.is_dir() else str(path)
        try:
            return self._connection.read_parquet(place)
        except self._error as error:
            raise _unread(path, error) from None

    def rows(self, frame: Any) -> list[dict[str, Any]]:
        """Return the rows of a small relation."""
        return [dict(zip(frame.columns, row, strict=True)) for row in frame.fetchall()]

    def write(self, frame: Any, folder: Path, parts: Sequence[str] = ()) -> None:
        """Write a relation; of parts, the columns stand in the names of the folders."""
        how: dict[str, Any] = (
            {"partition_by": list(parts)} if parts else {"per_thread_output": True}
        )
        frame.write_parquet(str(folder), compression="zstd", append=True, **how)

    def pieces(self, frames: Mapping[str, Any], key: str, rows: int) -> Iterator[Mapping[str, Any]]:
        """Yield the frames, or pieces of them that lie in the folder of the spill meanwhile."""
        count = -(-rows // _PIECE)
        if count < 2:
            yield frames
            return
        piece = "_piece"
        with tempfile.TemporaryDirectory(dir=self._spill) as room:
            for role, frame in frames.items():
                cut = frame.project(f"*, hash({quoted(key)}) % {count} AS {piece}")
                cut.write_parquet(f"{room}/{role}", compression="snappy", partition_by=[piece])
            for number in range(count):
                own = {role: Path(room, role, f"{piece}={number}") for role in frames}
                if own["subjects"].exists():
                    yield {
                        role: self._connection.read_parquet(
                            f"{path}/*.parquet", hive_partitioning=False
                        )
                        if path.exists()
                        else frames[role].limit(0)
                        for role, path in own.items()
                    }


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
