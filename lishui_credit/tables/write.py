"""Frames to files people open: Parquet, CSV that Excel does not mangle, Excel.

An output is replaced only when the new one is complete: everything is written beside it first.
Drafts of runs that were killed are swept by the next one that writes into the folder.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import polars as pl

from lishui_credit.errors import CreditError, Problem, SubjectError
from lishui_credit.language import tr
from lishui_credit.tables import containers

if TYPE_CHECKING:
    from xlsxwriter import Workbook

SUFFIXES: Final = (".parquet", ".csv", ".xlsx")
_SHEET_ROWS: Final = 1_048_575
# Of zstd, the lowest level: on graded subjects the default, 3, takes up to half as long again to
# write and saves no space (farmers, small enterprises) or a tenth (tax).
ZSTD: Final = 1
# Excel turns long digit strings into rounded numbers and runs cells that begin like a formula; a
# leading tab keeps both as text, and `conform` strips it on the way back.
_RISKY: Final = r"^[=+\-@]|^\d{11,}"
# Drafts bear it, the machine and the process, so that those of a killed run are known later.
_MARK: Final = ".lishui-draft-"
_BORN: Final = time.time()
# What polars sets for a workbook that it makes itself.
_AS_POLARS: Final = MappingProxyType(
    {
        "use_zip64": True,
        "nan_inf_to_errors": True,
        "strings_to_formulas": False,
        "default_date_format": "yyyy-mm-dd;@",
    }
)
_DRAFTS: Final[dict[Path, Path]] = {}  # outputs by the draft in the making


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
    if path in _DRAFTS:  # one that somebody else puts in its place
        with room_told(_DRAFTS[path]):
            yield path
        return
    with replacing_together(path) as (draft,):
        yield draft


@contextlib.contextmanager
def replacing_together(*paths: Path | str) -> Iterator[tuple[Path, ...]]:
    """Yield a draft for each path; they take their places in this order, or none does.

    A path that is a link keeps it: what it points to is replaced. A process killed between two of
    them leaves the first ones new, so the path that proves the others comes first.
    """
    outputs = [Path(path) for path in paths]
    with room_told(outputs[-1]), contextlib.ExitStack() as held:
        targets = [path.resolve() if path.is_symlink() else path for path in outputs]
        drafts = [
            held.enter_context(_draft(target, output))
            for target, output in zip(targets, outputs, strict=True)
        ]
        yield tuple(drafts)
        umask = os.umask(0)
        os.umask(umask)
        for draft in drafts:
            draft.chmod(0o666 & ~umask)
        earlier = [
            held.enter_context(_copy(target, output))
            for target, output in zip(targets[:-1], outputs, strict=False)
        ]
        try:
            for draft, target in zip(drafts, targets, strict=True):
                os.replace(draft, target)
        except BaseException:
            if drafts[-1].exists():
                for draft, target, kept in zip(drafts, targets, earlier, strict=False):
                    if not draft.exists():
                        target.unlink() if kept is None else os.replace(kept, target)
            raise


@contextlib.contextmanager
def replacing_folder(folder: Path | str) -> Iterator[Path]:
    """Yield a new folder beside `folder` that takes its place, whole, when the block ends well.

    Whatever stood there goes: ask first whether it may. A folder that is a link keeps the link.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> room = tempfile.TemporaryDirectory()
    >>> target = pathlib.Path(room.name) / "site"
    >>> with replacing_folder(target) as draft:
    ...     _ = (draft / "a.txt").write_text("done")
    >>> [path.name for path in pathlib.Path(room.name).iterdir()]
    ['site']
    >>> room.cleanup()
    """
    output = Path(folder)
    target = output.resolve()
    with room_told(output), contextlib.ExitStack() as held:
        target.parent.mkdir(parents=True, exist_ok=True)
        _sweep(target.parent)
        prefix = f"{_MARK}{_machine()}-{os.getpid()}-"
        draft, earlier = (
            Path(tempfile.mkdtemp(prefix=prefix, dir=target.parent)) for _ in range(2)
        )
        for made in (draft, earlier):
            held.callback(shutil.rmtree, made, ignore_errors=True)
        umask = os.umask(0)
        os.umask(umask)
        draft.chmod(0o777 & ~umask)
        yield draft
        kept = earlier / "kept"
        if target.exists():
            os.replace(target, kept)
        try:
            os.replace(draft, target)
        except BaseException:
            if kept.exists() and not target.exists():
                os.replace(kept, target)
            raise


def output_of(path: Path) -> Path:
    """Return the output that a draft is to become; any other path as it is."""
    return _DRAFTS.get(path, path)


@contextlib.contextmanager
def _draft(target: Path, output: Path) -> Iterator[Path]:
    """Yield an empty file beside a target, and take it away if it is still there in the end."""
    target.parent.mkdir(parents=True, exist_ok=True)
    _sweep(target.parent)
    prefix = f"{_MARK}{_machine()}-{os.getpid()}-"
    handle, name = tempfile.mkstemp(prefix=prefix, suffix=target.suffix, dir=target.parent)
    draft = Path(name)
    _DRAFTS[draft] = output
    try:
        os.close(handle)
        yield draft
    finally:
        draft.unlink(missing_ok=True)
        _DRAFTS.pop(draft, None)


@contextlib.contextmanager
def _copy(target: Path, output: Path) -> Iterator[Path | None]:
    """Yield a copy of a file beside it; None where there is none."""
    if not target.exists():
        yield None
        return
    with _draft(target, output) as kept:
        shutil.copy2(target, kept)
        yield kept


def _machine() -> str:
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]


def _sweep(folder: Path) -> None:
    """Take away drafts in a folder whose process has ended: of this machine, older than this run."""
    held = {draft.name for draft in tuple(_DRAFTS)}
    for path in folder.glob(f"{_MARK}{_machine()}-*"):
        number = path.name.removeprefix(_MARK).split("-")[1]
        if path.name not in held and number.isdecimal() and not _alive(int(number)):
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < _BORN:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()


def _alive(process: int) -> bool:
    """Whether another process of a number runs; where the system cannot be asked, it does."""
    if process == os.getpid():  # an earlier one of the same number: in a container all have it
        return False
    if os.name == "nt":  # signal 0 would end it there
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


@contextlib.contextmanager
def room_told(path: Path) -> Iterator[None]:
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


@contextlib.contextmanager
def workbook(
    draft: Path, options: Mapping[str, object] = MappingProxyType({})
) -> Iterator[Workbook]:
    """Yield a workbook that stands in a draft, in one piece, when the block ends well."""
    # A zip file that a full disk cuts short complains a second time, with a traceback, when it is
    # collected; and temporary parts would stay behind.
    from xlsxwriter import Workbook

    whole = BytesIO()
    with tempfile.TemporaryDirectory(prefix="lishui_credit_") as folder:
        book = Workbook(whole, {**options, "tmpdir": folder})
        yield book
        book.close()
    draft.write_bytes(whole.getvalue())  # a view of it would outlive the workbook


def write_table(
    frame: pl.LazyFrame,
    path: Path | str,
    metadata: dict[str, str] | None = None,
    *,
    sheet: str,
) -> None:
    """Write a frame as Parquet (with `metadata`), CSV or Excel, streaming where the format allows.

    `sheet` names the sheet of a workbook by what it holds: ``grades``, ``scores``, ``decisions``.
    """
    path = check_suffix(path)
    kind = path.suffix.lower()
    if kind == ".parquet":
        with replacing(path) as draft:
            frame.sink_parquet(draft, compression_level=ZSTD, metadata=metadata or {})
        return
    schema = frame.collect_schema()
    if kind == ".csv":
        texts = [safe_text(name) for name, dtype in schema.items() if dtype == pl.String]
        with replacing(path) as draft:
            frame.with_columns(texts).sink_csv(draft, include_bom=True)
        return
    table = frame.collect(engine="streaming")
    refuse_overfull(
        table.height, tr("write .parquet or .csv", "请输出 .parquet 或 .csv"), output_of(path).name
    )
    with replacing(path) as draft, workbook(draft, _AS_POLARS) as book:
        table.write_excel(book, worksheet=sheet, autofit=True, freeze_panes=(1, 1))
