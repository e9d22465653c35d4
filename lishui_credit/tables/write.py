"""Frames to files people open: Parquet, CSV that Excel does not mangle, Excel.

An output is replaced only when the new one is complete: everything is written beside it first.
"""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import polars as pl

from lishui_credit.errors import CreditError, Problem, SubjectError
from lishui_credit.language import tr
from lishui_credit.tables import containers

SUFFIXES: Final = (".parquet", ".csv", ".xlsx")
_SHEET_ROWS: Final = 1_048_575
# Of zstd, the lowest level: on graded subjects the default, 3, takes up to half as long again to
# write and saves no space (farmers, small enterprises) or a tenth (tax).
_ZSTD: Final = 1
# Excel turns long digit strings into rounded numbers and runs cells that begin like a formula; a
# leading tab keeps both as text, and `conform` strips it on the way back.
_RISKY: Final = r"^[=+\-@]|^\d{11,}"


@contextlib.contextmanager
def replacing(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path beside `path` that takes its place when the block ends well.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> folder = tempfile.TemporaryDirectory()
    >>> target = pathlib.Path(folder.name) / "a.txt"
    >>> with replacing(target) as draft:
    ...     _ = draft.write_text("done")
    >>> target.read_text()
    'done'
    >>> folder.cleanup()
    """
    path = Path(path)
    with _room_told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        prefix = f".{path.stem}."
        handle, name = tempfile.mkstemp(prefix=prefix, suffix=path.suffix, dir=path.parent)
        os.close(handle)
        draft = Path(name)
        try:
            yield draft
            umask = os.umask(0)
            os.umask(umask)
            draft.chmod(0o666 & ~umask)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)


@contextlib.contextmanager
def _room_told(path: Path) -> Iterator[None]:
    """Raise `SubjectError` where the disk is full, or the output may not be written."""
    try:
        yield
    except CreditError:
        raise
    except Exception as error:
        if containers.is_full(error):
            raise containers.full(path) from None
        if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise containers.not_opened(path, error) from None
        raise


def check_suffix(path: Path | str) -> Path:
    """Return the path if its kind can be written; raises `SubjectError`."""
    path = Path(path)
    if path.is_dir():
        raise SubjectError(tr("a folder, not a file", "这是目录,不是文件"), where=str(path))
    if path.suffix.lower() not in SUFFIXES:
        raise SubjectError(
            tr("unknown kind of output", "不支持的输出类型"),
            path.name,
            tr("name it .parquet, .csv or .xlsx", "请使用 .parquet、.csv 或 .xlsx"),
        )
    return path


def keep_inputs(outputs: Iterable[Path], inputs: Iterable[Path]) -> None:
    """Raise `SubjectError` for outputs that would take the place of an input."""
    read = {Path(path).resolve() for path in inputs}
    lost = [path for path in map(Path, outputs) if path.resolve() in read]
    if lost:
        raise SubjectError(
            Problem(
                tr("this output would overwrite an input", "输出文件会覆盖输入文件"),
                hint=tr("give the output another name", "请为输出文件另取名称"),
                where=str(path),
            )
            for path in lost
        )


def refuse_overfull(rows: int, hint: str, where: str) -> None:
    """Raise `SubjectError` for rows below a header that a sheet cannot hold."""
    if rows > _SHEET_ROWS:
        raise SubjectError(
            tr("a sheet cannot hold so many rows", "工作表装不下这么多行"),
            f"{rows:,} > {_SHEET_ROWS:,}",
            hint,
            where=where,
        )


def safe_text(name: str) -> pl.Expr:
    """Return a text column with a leading tab where Excel would read something else."""
    cell = pl.col(name)
    return pl.when(cell.str.contains(_RISKY)).then(pl.lit("\t") + cell).otherwise(cell).alias(name)


def write_table(
    frame: pl.LazyFrame, path: Path | str, metadata: dict[str, str] | None = None
) -> None:
    """Write a frame as Parquet (with `metadata`), CSV or Excel, streaming where the format allows."""
    path = check_suffix(path)
    kind = path.suffix.lower()
    if kind == ".parquet":
        with replacing(path) as draft:
            frame.sink_parquet(draft, compression_level=_ZSTD, metadata=metadata or {})
        return
    schema = frame.collect_schema()
    if kind == ".csv":
        texts = [safe_text(name) for name, dtype in schema.items() if dtype == pl.String]
        with replacing(path) as draft:
            frame.with_columns(texts).sink_csv(draft, include_bom=True)
        return
    table = frame.collect(engine="streaming")
    refuse_overfull(
        table.height, tr("write .parquet or .csv", "请输出 .parquet 或 .csv"), path.name
    )
    with replacing(path) as draft:
        table.write_excel(draft, worksheet="grades", autofit=True, freeze_panes=(1, 1))
