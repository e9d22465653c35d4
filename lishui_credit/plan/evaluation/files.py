"""The mid-term evaluation as a file: HTML, Excel or PDF, by the name it is given, and its proof."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import polars as pl

from lishui_credit import proof
from lishui_credit.errors import SubjectError
from lishui_credit.language import Bilingual, Language, language, tr
from lishui_credit.plan.definitions import END
from lishui_credit.plan.evaluation.mid_term import MidTerm, mid_term
from lishui_credit.plan.targets import read_targets
from lishui_credit.proof import Kind, Manifest, Progress, Stated, Verdict
from lishui_credit.reports.reprints import unlike
from lishui_credit.tables.workbooks.choice import sheets_asked
from lishui_credit.tables.write import replacing

KINDS: Final = (".html", ".xlsx", ".pdf")
"""Suffixes a report can have."""


def check_output(path: Path | str) -> Path:
    """Return the path if a report can be written there; refuse an unknown kind, a folder, a PDF without Chromium."""
    path = Path(path)
    if path.is_dir():
        raise SubjectError(tr("a folder, not a file", "这是目录,不是文件"), where=str(path))
    kind = path.suffix.lower()
    if kind not in KINDS:
        raise SubjectError(
            tr("unknown kind of report", "不支持的报告类型"),
            path.name,
            tr("name it .html, .xlsx or .pdf", "请使用 .html、.xlsx 或 .pdf"),
        )
    if kind == ".pdf":
        from lishui_credit.reports.pdf import browser

        browser()
    return path


def write_report(
    frame: Any,
    path: Path | str,
    *,
    at: date = END,
    area: str | None = None,
    targets: pl.DataFrame | None = None,
    known_on: date | None = None,
) -> Path:
    """Write the mid-term evaluation of a day, in the language in use.

    Parameters
    ----------
    frame : any narwhals frame
        Observations, best with all their revisions, for the annex lists them.
    path : path-like
        ``.html`` (self-contained), ``.xlsx`` or ``.pdf`` (printed by a Chromium on the machine). An
        earlier file is replaced only when the new one is complete.
    at, area, targets, known_on
        See `lishui_credit.plan.evaluation.mid_term.mid_term`.

    Returns
    -------
    Path

    Raises
    ------
    SubjectError
        If the kind is unknown, the frame holds no observations, or the PDF cannot be printed.

    Examples
    --------
    >>> import tempfile
    >>> from lishui_credit.samples.plan_observations import plan_observations
    >>> folder = tempfile.TemporaryDirectory()
    >>> made = write_report(plan_observations(), f"{folder.name}/r.html", at=date(2018, 6, 30))
    >>> "SYNTHETIC DATA" in made.read_text(encoding="utf-8")
    True
    >>> folder.cleanup()
    """
    path = check_output(path)
    _write(mid_term(frame, at, area=area, targets=targets, known_on=known_on), path)
    return path


def _write(found: MidTerm, path: Path) -> None:
    kind = path.suffix.lower()
    if kind == ".xlsx":
        from lishui_credit.plan.evaluation.workbook import write_workbook

        write_workbook(found, path)
        return
    from lishui_credit.plan.evaluation.evaluation_page import page

    html = page(found)
    if kind == ".pdf":
        from lishui_credit.reports.pdf import print_pdf

        print_pdf(html, path)
        return
    with replacing(path) as draft:
        draft.write_text(html, encoding="utf-8")


# ---- proof ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFacts:
    """What a plan report rests on beside its inputs; without a ``data`` input, the sample."""

    at: date
    area: str  # code
    known_on: date | None
    language: Language
    observations: int
    observations_sha256: str  # of those used
    figures_sha256: str  # of every figure it tells, not of its words


KIND: Final = Kind(
    proof.PLAN_REPORT, ReportFacts, Bilingual("a report on the plan", "规划评估报告"), ()
)

Observed = Callable[[Path | None, date | None], pl.DataFrame]
"""Reads the revisions of a store or file, as known on a day; the synthetic sample without a path."""


def report_into(
    observed: Observed,
    path: Path | str,
    files: Mapping[str, Path],
    *,
    at: date,
    area: str | None,
    known_on: date | None = None,
    sheets: Mapping[str, str] = MappingProxyType({}),
) -> Manifest[ReportFacts]:
    """Write the mid-term evaluation of ``data`` and ``targets`` files, its manifest beside it.

    Where one is a workbook, `sheets` names the sheet to read; both may be sheets of one workbook.
    """
    path = check_output(path)
    found = _evaluated(observed, files, sheets, at=at, area=area, known_on=known_on)
    manifest = Manifest(
        kind=KIND,
        facts=_facts(found),
        inputs=proof.input_files(files, path, {"data": found.total}, sheets=sheets),
        synthetic=found.synthetic > 0,
    )

    def made(draft: Path) -> Manifest[ReportFacts]:
        _write(found, draft)
        return manifest

    return proof.publish(path, made)


def _evaluated(
    observed: Observed,
    files: Mapping[str, Path],
    sheets: Mapping[str, str],
    *,
    at: date,
    area: str | None,
    known_on: date | None,
) -> MidTerm:
    frame, targets = read_inputs(observed, files, sheets, known_on)
    return mid_term(frame, at, area=area, targets=targets, known_on=known_on)


def read_inputs(
    observed: Observed, files: Mapping[str, Path], sheets: Mapping[str, str], known_on: date | None
) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """Return the observations and the yearly targets that files hold; no targets where no file is given."""
    given = files.get("targets")
    targets = None if given is None else read_targets(given, sheets.get("targets"))
    data = files.get("data")
    with sheets_asked({} if data is None else {data: sheets.get("data")}):
        return observed(data, known_on), targets


def _facts(found: MidTerm) -> ReportFacts:
    tables = (
        found.table,
        found.changed,
        found.revisions,
        found.missing,
        found.reconciliation,
    )
    figures = "\n".join(map(_figures, tables))
    return ReportFacts(
        at=found.at,
        area=found.area.adcode,
        known_on=found.known_on,
        language=language(),
        observations=found.total,
        observations_sha256=found.digest,
        figures_sha256=hashlib.sha256(figures.encode()).hexdigest(),
    )


def _figures(table: pl.DataFrame) -> str:
    """Return a table as text without its sentences; the last bits of a float depend on the processor."""
    lists = [name for name, kind in table.schema.items() if isinstance(kind, pl.List)]
    return (
        table.drop("note", "source", "why", strict=False)
        .with_columns(
            pl.col(lists).cast(pl.List(pl.String)).list.join(" "),
            pl.selectors.float().round_sig_figs(12),
        )
        .write_csv()
    )


def verified(said: Stated, observed: Observed, progress: Progress) -> Verdict:
    """Make a report again from its inputs, in its language, and compare all that it says.

    Observations and figures are those the manifest hashed; ``report`` compares the file itself with a
    reprint: text, drawings and attached table of a page, cells, formats and charts of a workbook,
    every byte of a PDF but its dates, see `reprints`. An edited figure is found though its hash was put right.
    """
    manifest = said.manifest(KIND, bound=False)
    facts = manifest.facts

    def again(files: Mapping[str, Path]) -> Verdict:
        progress(tr("evaluating again", "重新评估"))
        found = _evaluated(
            observed,
            files,
            manifest.sheets(),
            at=facts.at,
            area=facts.area,
            known_on=facts.known_on,
        )
        told = _facts(found)
        inputs = manifest.inputs_again(data=found.total)
        rerun = replace(
            manifest, facts=told, inputs=inputs, synthetic=found.synthetic > 0, notes=()
        )
        progress(tr("printing again", "重新生成报告"))
        with tempfile.TemporaryDirectory(prefix="lishui_credit_") as folder:
            second = Path(folder) / f"again{said.path.suffix}"
            # Once, on a busy machine, a print of Chromium differed from the next.
            for _ in range(2 if said.path.suffix.lower() == ".pdf" else 1):
                _write(found, second)
                different = unlike(said.path, second, manifest.package_version)
                if different.is_empty():
                    break
        checks = {
            "observations": told.observations_sha256 == facts.observations_sha256,
            "figures": told.figures_sha256 == facts.figures_sha256,
            "report": different.is_empty(),
            **proof.words(said, rerun, but=("observations_sha256", "figures_sha256")),
        }
        return Verdict(checks=checks, subjects=found.total, different=different)

    return proof.verify(
        said, manifest, lambda files: proof.spoken(facts.language, lambda: again(files)), progress
    )
