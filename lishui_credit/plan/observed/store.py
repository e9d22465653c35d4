"""Where observations are kept: an embedded DuckDB file or a Parquet file, every revision of them.

Nothing is ever overwritten. A value that changes becomes a new revision that says who changed it,
when and why; the last revision is in force, and any earlier day can be asked what was known then.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from lishui_credit.errors import Problem, SubjectError
from lishui_credit.language import tr
from lishui_credit.plan.observed import rejections
from lishui_credit.plan.observed.leaps import leaps_said
from lishui_credit.plan.observed.reading import read_observations
from lishui_credit.plan.observed.store_lock import WAIT, alone, connected, no_store
from lishui_credit.plan.observed.table import (
    CONTENT,
    KEY,
    SCHEMA,
    empty,
    latest,
    observations,
    rules,
)
from lishui_credit.tables.frames import DAMAGED
from lishui_credit.tables.rejected import rejected_path, write_rejected
from lishui_credit.tables.write import replacing, write_table

if TYPE_CHECKING:
    import duckdb

DUCKDB: Final = frozenset({".duckdb", ".ddb", ".db"})
"""Suffixes of a DuckDB file; ``.parquet`` is the other kind of store."""

_TABLE: Final = "observation"
_TYPES: Final = {
    pl.String(): "VARCHAR",
    pl.Date(): "DATE",
    pl.Int64(): "BIGINT",
    pl.Float64(): "DOUBLE",
    pl.Boolean(): "BOOLEAN",
    pl.Datetime("us", "UTC"): "TIMESTAMPTZ",
}
_SHOWN: Final = 20


def is_store(path: Path) -> bool:
    """Tell whether a file is a store, by its name or, for Parquet, by its columns."""
    kind = path.suffix.lower()
    if kind != ".parquet" or not path.is_file():
        return kind in DUCKDB
    try:
        return pl.read_parquet_schema(path) == dict(SCHEMA)
    except DAMAGED:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What recording a set of observations did."""

    added: int
    revised: int
    unchanged: int
    rejected: pl.DataFrame
    rejected_path: Path | None = None
    notes: tuple[str, ...] = ()


class Store:
    """Observations on disk, with all their revisions.

    Open one with `Store.open`. Every call reads or writes the file and lets go of it, so that a
    reader never holds a writer up for longer than that.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> store = Store.open(f"{folder.name}/plan.duckdb")
    >>> rows = {"indicator": ["website_rate"], "adcode": ["331100"], "frequency": ["quarter"],
    ...         "period": [date(2018, 6, 30)], "numerator": [7], "denominator": [10]}
    >>> store.add(pl.DataFrame(rows), by="张三", reason="季报").added
    1
    >>> store.add(pl.DataFrame(rows | {"numerator": [8]}), by="张三", reason="更正").revised
    1
    >>> store.revisions().select("value", "revision", "reason").rows()
    [(70.0, 1, '季报'), (80.0, 2, '更正')]
    >>> folder.cleanup()
    """

    __slots__ = ("path", "read_only", "wait")

    def __init__(self, path: Path, *, read_only: bool = False, wait: float = WAIT) -> None:
        self.path = path
        self.read_only = read_only
        self.wait = wait

    @classmethod
    def open(cls, path: Path | str, read_only: bool = False, *, wait: float = WAIT) -> Store:
        """Open a store, made if absent.

        Parameters
        ----------
        path : path-like
            ``.duckdb`` (also ``.ddb``, ``.db``) or ``.parquet``.
        read_only : bool, default False
            Refuse to record; the file must exist.
        wait : float, default 5
            Seconds to wait for a store that another program holds, before it is refused.

        Raises
        ------
        SubjectError
            If the kind is unknown, a read-only file is absent, or the file is no such store.
        """
        path = Path(path)
        if path.suffix.lower() not in DUCKDB | {".parquet"}:
            raise SubjectError(
                tr("unknown kind of store", "不支持的数据库类型"),
                path.name,
                tr("name it .duckdb or .parquet", "请使用 .duckdb 或 .parquet"),
            )
        if read_only and not path.is_file():
            raise SubjectError(tr("no such file", "没有这个文件"), where=str(path))
        store = cls(path, read_only=read_only, wait=wait)
        if path.exists():
            store.revisions()
        return store

    # ---- reading ------------------------------------------------------------------------------

    def revisions(self, day: date | None = None) -> pl.DataFrame:
        """Return every revision, by indicator, area, period and revision.

        Parameters
        ----------
        day : date, optional
            Only those recorded by the end of that day (UTC).

        Returns
        -------
        polars.DataFrame
            Columns of `SCHEMA`.
        """
        if day is not None:
            end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
            return self.revisions().filter(pl.col("recorded_at") < end)
        if not self.path.exists():
            return empty()
        if self._is_parquet:
            return self._parquet()
        with connected(self.path, read_only=True, wait=self.wait) as connection:
            return self._rows(connection)

    def rejected(self) -> pl.DataFrame:
        """Return the rows of loaded files that were rejected, and that no later load has settled.

        A file loaded again from its place, or its mended ``.rejected.csv``, settles what was rejected
        of it before. A store made before rejected rows were kept has those written beside it.

        Returns
        -------
        polars.DataFrame
            Columns of `REJECTED`: file, sha256, row, reasons, cells, loaded_on, loaded_by, reasons_en.
        """
        if not self.path.exists():
            return rejections.none_rejected()
        if self._is_parquet:
            found = rejections.file_of(self.path)
        else:
            with connected(self.path, read_only=True, wait=self.wait) as connection:
                found = rejections.table_of(connection)
        if found is None:
            return rejections.rejected_beside(self.path)
        return rejections.shown(found)

    def latest(self) -> pl.DataFrame:
        """Return the revision in force of every observation."""
        return latest(self.revisions())

    def at(self, day: date) -> pl.DataFrame:
        """Return what was in force at the end of a day (UTC), as known then.

        Parameters
        ----------
        day : date
            Rows recorded later, and later revisions, are left out.
        """
        return latest(self.revisions(day))

    # ---- recording ----------------------------------------------------------------------------

    def load(
        self,
        path: Path | str,
        *,
        by: str,
        reason: str,
        today: date | None = None,
        now: datetime | None = None,
    ) -> Recorded:
        """Record a file of observations; rows that cannot be taken are kept with the store.

        They are also written to ``<file>.rejected.csv``, to be mended and loaded. Where every row is
        taken, such a file of an earlier load is removed.

        Parameters
        ----------
        path : path-like
            See `read_observations`.
        by, reason : str
            Who records it, and why; neither may be empty.
        today : date, optional
            A period that ends later is rejected; the day it runs by default.
        now : datetime, optional
            Time recorded, with a time zone; the time it runs by default.

        Returns
        -------
        Recorded

        Raises
        ------
        SubjectError
            If the file cannot be read as observations, or the store cannot be written.
        """
        self._may_record(by, reason)
        path = Path(path)
        found = read_observations(path, today=today)
        when = datetime.now(UTC) if now is None else now
        both = rejections.in_both(path, found, today)
        lost = rejections.of_load(path, both, by.strip(), when)
        done = self._record(found.frame, by, reason, when, (rejections.origin_of(path), lost))
        rejects = rejected_path(path)
        write_rejected(found.rejected, rejects)
        same = ["indicator", "adcode", "frequency"]
        joined = self.latest().join(found.frame, on=same, how="semi")  # with what was here before
        told = [n for n in leaps_said(joined) if not any(x.endswith(n) for x in found.notes)]
        return replace(
            done,
            rejected=found.rejected,
            rejected_path=rejects if found.rejected.height else None,
            notes=(*found.notes, *told),
        )

    def add(
        self,
        frame: Any,
        *,
        by: str,
        reason: str,
        today: date | None = None,
        now: datetime | None = None,
    ) -> Recorded:
        """Record a frame of observations, all of it or nothing.

        Parameters
        ----------
        frame : any narwhals frame
            See `lishui_credit.plan.observed.table.observations`; its own revisions are not taken over.
        by, reason, today, now
            As in `load`.

        Raises
        ------
        SubjectError
            With every row that is wrong, or that stands twice.
        """
        self._may_record(by, reason)
        table = observations(frame)
        tests = [
            (rule.reason, rule.test(*map(pl.col, rule.columns)).fill_null(False))
            for rule in rules(date.today() if today is None else today)
        ]
        twice = pl.struct(KEY).is_duplicated()
        problems = []
        for reason_wrong, test in [*tests, (tr("duplicate", "重复出现"), twice)]:
            for row in table.filter(test).head(_SHOWN).iter_rows(named=True):
                where = f"{row['indicator']} {row['adcode']} {row['period']}"
                problems.append(Problem(reason_wrong, where=where))
        if problems:
            raise SubjectError(problems)
        return self._record(table, by, reason, datetime.now(UTC) if now is None else now)

    def restore(self, path: Path | str) -> int:
        """Take over the revisions of a Parquet export, with who, when and why; return how many.

        Revisions that are here already are left as they are.

        Raises
        ------
        SubjectError
            If the file is no export, or tells another story of a revision that is here.
        """
        self._writable()
        theirs = Store.open(path, read_only=True).revisions()
        ours = self.revisions()
        same = [*KEY, "revision"]
        both = theirs.join(ours, on=same, suffix="_here")
        differ = pl.any_horizontal(pl.col(n).ne_missing(pl.col(f"{n}_here")) for n in CONTENT)
        clash = both.filter(differ)
        if clash.height:
            raise SubjectError(
                Problem(
                    tr(
                        "a revision with this number and other content exists already",
                        "已有同号但内容不同的修订",
                    ),
                    where=" ".join(map(str, row)),
                )
                for row in clash.select(same).head(_SHOWN).iter_rows()
            )
        new = theirs.join(ours, on=same, how="anti")
        self._append(new, datetime.now(UTC))
        return new.height

    def export(self, path: Path | str) -> Path:
        """Write every revision to a Parquet, CSV or Excel file and return its path.

        A sheet has no time zones: there the time recorded is headed ``recorded_at (UTC)``.
        """
        frame = self.revisions()
        if Path(path).suffix.lower() == ".xlsx":
            plain = pl.col("recorded_at").dt.replace_time_zone(None)
            frame = frame.with_columns(plain).rename({"recorded_at": "recorded_at (UTC)"})
        write_table(frame.lazy(), path, sheet="observations")
        return Path(path)

    # ---- the file -----------------------------------------------------------------------------

    @property
    def _is_parquet(self) -> bool:
        return self.path.suffix.lower() == ".parquet"

    def _writable(self) -> None:
        if self.read_only:
            raise SubjectError(
                tr("the store is open for reading only", "数据库以只读方式打开"), self.path.name
            )

    def _may_record(self, by: str, reason: str) -> None:
        self._writable()
        lacking = [name for name, text in (("by", by), ("reason", reason)) if not text.strip()]
        if lacking:
            raise SubjectError(
                Problem(tr("say who records it and why", "须注明记录人和原因"), where=name)
                for name in lacking
            )

    def _record(
        self,
        frame: pl.DataFrame,
        by: str,
        reason: str,
        now: datetime,
        lost: tuple[str, pl.DataFrame] | None = None,
    ) -> Recorded:
        known = self.latest().select(*KEY, "revision", *CONTENT)
        met = frame.drop("revision").join(known, on=list(KEY), how="left", suffix="_here")
        new = pl.col("revision").is_null()
        changed = pl.any_horizontal(pl.col(n).ne_missing(pl.col(f"{n}_here")) for n in CONTENT)
        rows = met.filter(new | changed).with_columns(
            (pl.col("revision").fill_null(0) + 1).alias("revision"),
            pl.lit(now).cast(SCHEMA["recorded_at"]).alias("recorded_at"),
            pl.lit(by.strip()).alias("recorded_by"),
            pl.lit(reason.strip()).alias("reason"),
        )  # fmt: skip
        self._append(rows.select(list(SCHEMA)), now, lost)
        added = rows.filter(pl.col("revision") == 1).height
        return Recorded(
            added=added,
            revised=rows.height - added,
            unchanged=frame.height - rows.height,
            rejected=pl.DataFrame(),
        )

    def _append(
        self, rows: pl.DataFrame, now: datetime, lost: tuple[str, pl.DataFrame] | None = None
    ) -> None:
        """Write revisions and, of a load, its origin and the rows it rejected: both or neither."""
        if self._is_parquet:
            with alone(self.path, self.wait):
                whole = pl.concat([self.revisions(), rows])
                if whole.select(*KEY, "revision").is_duplicated().any():
                    raise SubjectError(_raced(self.path))
                if lost is not None:  # first: what is lost in between is never a rejected row
                    origin, new = lost
                    before = rejections.file_of(self.path)
                    rejections.put_file(self.path, rejections.kept(before, new, origin, now))
                with replacing(self.path) as draft:
                    _ordered(whole).write_parquet(draft)
            return
        import duckdb

        self.path.parent.mkdir(parents=True, exist_ok=True)
        with (
            tempfile.TemporaryDirectory() as folder,
            connected(self.path, wait=self.wait) as connection,
        ):
            draft = Path(folder) / "rows.parquet"
            rows.write_parquet(draft)
            columns = ", ".join(f"{name} {_TYPES[kind]}" for name, kind in SCHEMA.items())
            key = ", ".join((*KEY, "revision"))
            names = ", ".join(SCHEMA)
            try:
                connection.execute("BEGIN")
                connection.execute(
                    f"CREATE TABLE IF NOT EXISTS {_TABLE} ({columns}, PRIMARY KEY ({key}))"
                )
                connection.execute(
                    f"INSERT INTO {_TABLE} ({names}) SELECT {names} FROM read_parquet(?)",
                    [str(draft)],
                )
                if lost is not None:
                    origin, new = lost
                    known = rejections.kept(rejections.table_of(connection), new, origin, now)
                    rejections.put_table(connection, known, Path(folder) / "rejected.parquet")
                connection.execute("COMMIT")
            except (duckdb.ConstraintException, duckdb.TransactionException):
                raise SubjectError(_raced(self.path)) from None

    def _parquet(self) -> pl.DataFrame:
        try:
            with self.path.open("rb") as held:  # by its path it could be replaced between two reads
                frame = pl.read_parquet(held)
        except DAMAGED:
            raise SubjectError(no_store(self.path, "Parquet")) from None
        if frame.schema != SCHEMA:
            raise SubjectError(no_store(self.path, ", ".join(frame.columns[:6])))
        return _ordered(frame)

    def _rows(self, connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
        import duckdb

        try:
            found = pl.DataFrame(connection.sql(f"SELECT {', '.join(SCHEMA)} FROM {_TABLE}"))
            return _ordered(found.cast(SCHEMA))
        except (duckdb.Error, pl.exceptions.PolarsError):
            told = [row[0] for row in connection.sql("SHOW TABLES").fetchall()]
            raise SubjectError(no_store(self.path, ", ".join(map(str, told)))) from None


def _ordered(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(list(SCHEMA)).sort(*KEY, "revision")


def _raced(path: Path) -> Problem:
    return Problem(
        tr("another revision was recorded in the meantime", "其间另有人记录了修订"),
        hint=tr("load again", "请重新装载"),
        where=path.name,
    )
