"""Grades as they were stored, in a file or a folder: their manifest, and the one reader of both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Final, TypeVar, cast

import polars as pl

from lishui_credit import proof
from lishui_credit.errors import ModelError
from lishui_credit.language import Bilingual, tr
from lishui_credit.proof import Kind, Manifest, Stated
from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.rubrics.law.rule_hash import names_rules_of
from lishui_credit.rubrics.printed_numbers import held
from lishui_credit.tables.beside import listed, unbound
from lishui_credit.tables.columns import dictionary
from lishui_credit.tables.read import scan_written

LIST: Final = "_files.sha256"
"""The SHA-256 of every Parquet file of the folder; engines pass over a name that begins so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeFacts:
    """What a graded file rests on beside its inputs, overlays included, and what came out."""

    rubric: str
    edition: str
    edition_sha256: str
    title_zh: str
    period: int | None  # year assessed
    as_of: date  # day of grading
    labels: str | None  # label set asked for
    point_unit: int  # integers per printed point in Parquet; CSV and Excel carry printed points
    weak_evidence_percent: int  # share of the points the edition can move
    unchecked: tuple[str, ...] = ()  # override rules that were not checked
    missing_columns: tuple[str, ...] = ()  # whose columns were not given
    counts: Mapping[str, int] = field(default_factory=dict)
    grades: Mapping[str, int] = field(default_factory=dict)  # subjects by grade
    withheld: Mapping[str, int] = field(default_factory=dict)  # subjects by what was missing
    skipped_rejected: bool = False  # whether rejected rows were to be skipped
    # Subjects whose cell was empty, by column of an override rule that takes it for "no".
    empty_overrides: Mapping[str, int] = field(default_factory=dict)
    strict: bool = False  # whether these subjects were withheld


Facts = TypeVar("Facts", bound=GradeFacts)

KIND: Final = Kind(
    proof.GRADES, GradeFacts, Bilingual("a graded file", "评级结果文件"), ("subjects",)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderFacts(GradeFacts):
    """What a graded folder rests on, and the engine that made it."""

    engine: str
    engine_version: str


FOLDER: Final = Kind(
    proof.GRADE_FOLDER, FolderFacts, Bilingual("a graded folder", "评级结果目录"), ("subjects",)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """A graded file or folder read back: its rows, points in the edition's unit, and its manifest."""

    frame: pl.LazyFrame
    manifest: Manifest[GradeFacts]
    rubric: Rubric


def stated(path: Path | str) -> Stated:
    """Read what a graded file or folder says of itself: a folder where its list of files lies."""
    path = Path(path)
    return proof.stated(path / LIST if path.is_dir() else path)


def read(path: Path | str) -> Graded:
    """Return a graded file or folder and its manifest, points in the edition's unit, money in fen.

    ModelError where it is neither, is not the one its manifest was written with, or its edition is
    no longer the one shipped.
    """
    return opened(stated(path))


def opened(said: Stated, *, bound: bool = True) -> Graded:
    """Return the graded file or folder whose manifest was read already; see `read`, `Stated.manifest`."""
    if said.kind == proof.GRADE_FOLDER:
        return _folder(said, bound=bound)
    manifest = said.manifest(KIND, bound=bound)
    rubric = edition_of(said.path, manifest)
    frame = scan_written(said.path)
    if said.path.suffix.lower() != ".parquet":
        frame = held(frame, rubric)
    return Graded(frame=frame, manifest=manifest, rubric=rubric)


def _folder(said: Stated, *, bound: bool) -> Graded:
    manifest = said.manifest(FOLDER, bound=bound)
    rubric, folder = edition_of(said.path, manifest), said.path.parent
    if bound and listed(folder) != said.path.read_text(encoding="utf-8", errors="replace"):
        raise unbound(said.path, "SHA-256")
    frame = in_own_types(scan(folder), compiled.needed_columns(rubric))
    if manifest.facts.period is not None:  # the name of a folder, and no column of a graded file
        frame = frame.drop("period")
    told = cast(
        "Manifest[GradeFacts]", manifest
    )  # only read from: a folder says all that a file does
    return Graded(frame=frame, manifest=told, rubric=rubric)


def edition_of(path: Path, manifest: Manifest[Facts]) -> Rubric:
    """Return the edition that graded a file, by the hash the file names it by.

    ModelError where its rules are no longer those shipped.
    """
    facts = manifest.facts
    overlay = manifest.files(path).get("overlay")
    found = catalog.rubric(f"{facts.rubric}@{facts.edition}", overlay=overlay)
    if not names_rules_of(facts.edition_sha256, found):
        raise ModelError(
            tr("the edition is not the one that graded this file", "版本与评级时所用不同"),
            f"{found.sha256[:12]} != {facts.edition_sha256[:12]}",
            tr(
                f"install lishui_credit {manifest.package_version}, or grade again",
                f"请安装 lishui_credit {manifest.package_version},或重新评级",
            ),
            where=path.name,
        )
    return replace(found, sha256=facts.edition_sha256)


def in_own_types(frame: pl.LazyFrame, names: Iterable[str]) -> pl.LazyFrame:
    """Return rows of an engine with the named columns in the widths that points are reckoned in."""
    known, there = dictionary(), frame.collect_schema().names()
    own = {name: compiled.dtype(known[name], pl) for name in names if name in there}
    return frame.with_columns(pl.col(name).cast(kind) for name, kind in own.items())


def scan(folder: Path) -> pl.LazyFrame:
    """Return the rows of a folder of Parquet, county and year from the names of its folders."""
    if folder.is_file():
        return pl.scan_parquet(folder)
    kinds = {"county": pl.String(), "period": pl.Int64()}
    parts = next((path.parts for path in folder.rglob("*.parquet")), ())
    own = {n: k for n, k in kinds.items() if any(part.startswith(f"{n}=") for part in parts)}
    return pl.scan_parquet(folder / "**" / "*.parquet", hive_schema=own or None)
