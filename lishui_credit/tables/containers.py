"""What a file is that cannot be read: told by its first bytes, never by what a library says of it."""

from __future__ import annotations

import errno
import re
import zipfile
from pathlib import Path
from typing import Final

from lishui_credit.errors import SubjectError
from lishui_credit.language import Bilingual, tr

_OLD: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_ZIP: Final = b"PK\x03\x04"
_LOCKED: Final = "EncryptedPackage".encode("utf-16-le")
_PAGE: Final = re.compile(rb"<(?:!doctype html|html|table|head|body|meta)[\s>]", re.IGNORECASE)
_XML_SHEET: Final = b"urn:schemas-microsoft-com:office:spreadsheet"
_ZIPPED: Final = (".xlsx", ".xlsm", ".xlsb", ".ods")

_WORKBOOK: Final = Bilingual("not a readable workbook", "无法读取该工作簿")
_PARQUET: Final = Bilingual(
    "not a readable Parquet file (cut short?)", "无法读取该 Parquet 文件(可能被截断)"
)


def refusal(path: Path, error: BaseException | None = None) -> SubjectError:
    """Return the error for a workbook or Parquet file that cannot be read, by what it is."""
    # A library that is led to a place before the file's begin raises EINVAL.
    if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
        return not_opened(path, error)
    kind = path.suffix.lower()
    with path.open("rb") as file:
        head = file.read(4096)
        file.seek(max(path.stat().st_size - 4, 0))
        tail = file.read()
    if kind in (".parquet", ".pq"):
        found, hint = _parquet(head, tail)
        return SubjectError(str(_PARQUET), found, hint, path.name)
    found, hint = _workbook(path, head, kind)
    return SubjectError(str(_WORKBOOK), found, hint, path.name)


def not_opened(path: Path, error: OSError) -> SubjectError:
    """Return the error for a file that the system does not open or write."""
    code = error.errno
    if code in (errno.ENOSPC, errno.EDQUOT):
        return full(path)
    if code in (errno.EACCES, errno.EPERM):
        what = tr("access to the file is denied", "没有该文件的访问权限")
        hint = tr(
            "close it in other programs, or ask for the right to open it",
            "请关闭占用该文件的程序,或申请访问权限",
        )
    elif code == errno.EROFS:
        what = tr("the disk can only be read", "该磁盘为只读")
        hint = tr("write to another folder", "请写入其他目录")
    elif code in (errno.ENOENT, errno.ENOTDIR):
        what = tr("no such file", "没有这个文件")
        hint = tr("check the name and the folder", "请检查文件名和所在目录")
    else:
        what = tr(
            "the file cannot be reached (a network folder that is gone?)",
            "无法访问该文件(网络目录是否已断开?)",
        )
        hint = tr("check the connection and the folder", "请检查网络连接和所在目录")
    return SubjectError(what, hint=hint, where=str(path))


def full(path: Path) -> SubjectError:
    """Return the error for a disk that has no room for a file or folder."""
    hint = tr("make room on that disk and run it again", "请清理磁盘空间后重新运行")
    return SubjectError(tr("the disk is full", "磁盘空间已满"), hint=hint, where=str(path))


def is_full(error: BaseException) -> bool:
    """Tell whether an error says that a disk is full, whoever raised it."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if re.search(rf"\((?:os error|Errno) (?:{errno.ENOSPC}|{errno.EDQUOT})\)", str(seen)):
            return True
        if f"[Errno {errno.ENOSPC}]" in str(seen):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _parquet(head: bytes, tail: bytes) -> tuple[str, str]:
    again = tr("copy or export it again", "请重新复制或导出")
    if not head.startswith(b"PAR1"):
        return _text(head) or tr("no Parquet header", "没有 Parquet 文件头"), again
    if tail != b"PAR1":
        return tr("its end is missing", "文件尾部缺失"), again
    return tr("its footer cannot be read", "文件尾部的元数据无法读取"), again


def _workbook(path: Path, head: bytes, kind: str) -> tuple[str, str]:
    """Return what a workbook is instead, and what to do."""
    anew = tr("open it, save it as .xlsx and try again", "请打开后另存为 .xlsx 再试")
    again = tr("copy or export it again", "请重新复制或导出")
    if head.startswith(_OLD):
        with path.open("rb") as file:
            locked = kind in _ZIPPED and _LOCKED in file.read(1 << 20)
        if locked:
            return (
                tr("it is protected by a password", "文件设有密码"),
                tr("open it and save it without a password", "请打开后取消密码并保存"),
            )
        if kind in _ZIPPED:
            return tr(f"an old workbook (.xls) named {kind}", f"旧版工作簿(.xls)误名为 {kind}"), (
                tr("rename it .xls", "请改名为 .xls")
            )
        return tr("damaged, or protected by a password", "文件已损坏或设有密码"), anew
    if head.startswith(_ZIP):
        return _zipped(path, kind, anew, again)
    if text := _text(head):
        return text + tr(f" named {kind}", f",误名为 {kind}"), anew
    return tr("not a workbook by its first bytes", "文件头不是工作簿"), again


def _zipped(path: Path, kind: str, anew: str, again: str) -> tuple[str, str]:
    try:  # a damaged directory may also claim a version that nothing reads
        with zipfile.ZipFile(path) as book:
            names = {name.replace("\\", "/").lower() for name in book.namelist()}
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
        return tr("it is cut short", "文件不完整(被截断)"), again
    inside = next(
        (
            name
            for name, part in (
                (".xlsx", "xl/workbook.xml"),
                (".xlsb", "xl/workbook.bin"),
                (".ods", "content.xml"),
            )
            if part in names
        ),
        None,
    )
    if inside is None:
        return tr("a zip file without a workbook inside", "压缩包内没有工作簿"), anew
    if inside != (".xlsx" if kind == ".xlsm" else kind):
        return tr(f"a workbook {inside} named {kind}", f"{inside} 工作簿误名为 {kind}"), tr(
            f"rename it {inside}", f"请改名为 {inside}"
        )
    return tr("a part of it is damaged", "文件内部已损坏"), anew


def _text(head: bytes) -> str:
    """Name the kind of text that bytes are; "" where they are none."""
    if _XML_SHEET in head:
        return tr("an XML spreadsheet of 2003", "2003 版 XML 表格")
    if _PAGE.search(head):
        return tr("a web page (HTML)", "网页(HTML)")
    if not head or b"\x00" in head:
        return ""
    for encoding in ("utf-8", "gb18030"):
        try:
            head[: len(head) - 4 if len(head) == 4096 else None].decode(encoding)
        except UnicodeDecodeError:
            continue
        return tr("a text", "文本文件")
    return ""
