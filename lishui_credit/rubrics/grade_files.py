"""Graded files and their manifest: write, read back, verify.

A manifest says what a result rests on: rubric, edition and its SHA-256, every input's SHA-256, the
day of grading, the package version, and what came out. It lies beside the output
(``grades.csv.manifest.json``) and, for Parquet, inside it too. `verify` re-runs it and proves the
same result.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from lishui_credit.errors import ModelError, Problem, SubjectError
from lishui_credit.language import tr
from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.engine.evaluate import Evaluation, evaluate
from lishui_credit.rubrics.engine.explain import weak_share
from lishui_credit.rubrics.intake import Intake, intake
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.tables.columns import dictionary
from lishui_credit.tables.read import sha256
from lishui_credit.tables.write import check_suffix, keep_inputs, replacing, write_table
from lishui_credit.version import __version__

MANIFEST: Final = 1
_KEY: Final = "lishui_credit"
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFile:
    """One input: where it was, its SHA-256 and rows."""

    path: str
    sha256: str
    rows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a graded file rests on.

    Parameters
    ----------
    rubric, edition, edition_sha256 : str
        The edition and its hash, overlays included.
    inputs : dict of str to InputFile
        By role: subjects, events, bases, overlay.
    period : int or None
        Year assessed.
    as_of : str
        Day of grading.
    labels : str or None
        Label set asked for.
    package_version : str
        Version that graded.
    point_unit : int
        Integers per printed point in Parquet; CSV and Excel carry printed points.
    counts : dict of str to int
        rows, accepted, rejected, graded, withheld, not_graded.
    grades : dict of str to int
        Subjects by grade.
    withheld : dict of str to int
        Withheld subjects by what was missing.
    weak_evidence_percent : int
        Share of the points the edition can move that rests on weak evidence.
    unchecked : list of str
        Overrides no column told anything about.
    synthetic : bool
        Whether any subject is synthetic.
    notes : list of str
        What the reader of the inputs remarked: encoding, sheet taken, columns not used.
    output_sha256 : str
        Hash of the output, in the file beside it.
    """

    rubric: str
    edition: str
    edition_sha256: str
    title_zh: str
    inputs: dict[str, InputFile]
    period: int | None
    as_of: str
    labels: str | None
    package_version: str
    point_unit: int
    weak_evidence_percent: int
    unchecked: tuple[str, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    grades: dict[str, int] = field(default_factory=dict)
    withheld: dict[str, int] = field(default_factory=dict)
    synthetic: bool = False
    skipped_rejected: bool = False
    notes: tuple[str, ...] = ()
    output_sha256: str = ""
    manifest: int = MANIFEST

    def json(self) -> str:
        """Return the manifest as JSON with sorted keys."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2, sort_keys=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """A graded file read back: its rows, points in the edition's unit, and its manifest."""

    frame: pl.LazyFrame
    manifest: Manifest
    rubric: Rubric


def manifest_path(path: Path | str) -> Path:
    """Return where the manifest of an output lies."""
    path = Path(path)
    return path.with_name(path.name + ".manifest.json")


def rejected_path(path: Path | str) -> Path:
    """Return where the rejected rows of an output lie."""
    path = Path(path)
    return path.with_name(path.name + ".rejected.csv")


def relative(path: Path, output: Path) -> str:
    """Return where an input lies as seen from the folder of an output, with forward slashes."""
    return Path(os.path.relpath(path.resolve(), output.resolve().parent)).as_posix()


def grade(
    rubric: Rubric,
    subjects: Path | str,
    output: Path | str,
    *,
    events: Path | str | None = None,
    bases: Path | str | None = None,
    period: int | None = None,
    as_of: date | None = None,
    labels: str | None = None,
    overlay: Path | str | None = None,
    skip_rejected: bool = False,
    progress: Progress = lambda step: None,
) -> Manifest:
    """Grade a file into a file, with its manifest and its rejected rows beside it.

    Parameters
    ----------
    rubric : Rubric
        The edition, overlay laid over.
    subjects, events, bases : path-like
        Inputs.
    output : path-like
        ``.parquet``, ``.csv`` or ``.xlsx``; replaced only when complete.
    period : int, optional
        Year assessed.
    as_of : date, optional
        Day of grading.
    labels : str, optional
        Label set.
    overlay : path-like, optional
        The overlay file `rubric` carries, for the manifest.
    skip_rejected : bool, default False
        Grade the accepted rows although others were rejected.
    progress : callable
        Told the name of each step.

    Returns
    -------
    Manifest

    Raises
    ------
    SubjectError
        For bad input. Rejected rows are written to ``<output>.rejected.csv`` with reasons; unless
        `skip_rejected`, nothing else is.

    Notes
    -----
    Cost: one pass to check, one to grade and write; see `conform` and `evaluate`.
    """
    output = check_suffix(output)
    sources = {"subjects": subjects, "events": events, "bases": bases, "overlay": overlay}
    given = {role: Path(path) for role, path in sources.items() if path is not None}
    keep_inputs((output, manifest_path(output), rejected_path(output)), given.values())
    progress(tr("reading, checking and hashing", "读取、校验与计算哈希"))
    with ThreadPoolExecutor(max_workers=1) as pool:
        hashes = {role: pool.submit(sha256, path) for role, path in given.items()}
        taken = intake(rubric, subjects, events=events, bases=bases, period=period, as_of=as_of)
    settle_rejected(taken, output, skip=skip_rejected)
    inputs = {
        role: InputFile(
            path=relative(path, output), sha256=hashes[role].result(), rows=taken.rows.get(role, 0)
        )
        for role, path in given.items()
    }
    result = evaluate(
        taken.subjects,
        rubric,
        events=taken.events,
        events_in_order=taken.events_in_order,
        period=period,
        as_of=as_of,
        labels=labels,
    )
    manifest = Manifest(
        rubric=rubric.name,
        edition=rubric.edition,
        edition_sha256=rubric.sha256,
        title_zh=rubric.title_zh,
        inputs=inputs,
        period=period,
        as_of=result.as_of.isoformat(),
        labels=labels,
        package_version=__version__,
        point_unit=rubric.point_unit,
        weak_evidence_percent=weak_share(rubric),
        unchecked=tuple(row.id for row in result.unchecked),
        skipped_rejected=skip_rejected,
        notes=taken.notes,
    )
    progress(tr("grading and writing", "评级与写出"))
    return write(result, output, manifest, taken)


def settle_rejected(taken: Intake, output: Path, *, skip: bool) -> None:
    """Write rejected rows beside the output; stop there unless they may be skipped.

    Raises
    ------
    SubjectError
        If rows were rejected and `skip` is false.
    """
    path = rejected_path(output)
    if taken.rejected.is_empty():
        path.unlink(missing_ok=True)
        return
    with replacing(path) as draft:
        taken.rejected.write_csv(draft, include_bom=True)
    if skip:
        return
    first = taken.rejected.row(0, named=True)
    counts = taken.rejected.group_by("file").len().sort("file")
    found = ", ".join(f"{file}: {count}" for file, count in counts.iter_rows())
    row = f" {first['row']}" if first["row"] is not None else ""
    raise SubjectError(
        Problem(
            tr(
                f"{taken.rejected.height} rows cannot be read; nothing was graded",
                f"{taken.rejected.height} 行无法读取,未评级",
            ),
            f"{found}; {first['file']}{row}: {first['reasons']}",
            tr(
                f"see {path.name}; mend the file, or grade the other rows with --skip-rejected",
                f"详见 {path.name};请修正文件,或加 --skip-rejected 只评其余行",
            ),
        )
    )


def write(
    result: Evaluation[pl.LazyFrame], output: Path, manifest: Manifest, taken: Intake
) -> Manifest:
    """Write an evaluation and its manifest.

    Parameters
    ----------
    result : Evaluation
        Of a polars frame.
    output : path-like
        Where to.
    manifest : Manifest
        Without counts; they are taken from what was written.
    taken : Intake
        For the rows read and rejected.

    Returns
    -------
    Manifest
        With counts and the output's hash.
    """
    frame: pl.LazyFrame = result.frame
    if output.suffix.lower() != ".parquet":
        frame = _printed(frame, result.rubric)
    write_table(frame, output, {_KEY: manifest.json()})
    counted = _count(output, result.rubric)
    rejected = taken.rejected.filter(pl.col("file") == "subjects").height
    whole = Manifest(
        **{
            **{name: getattr(manifest, name) for name in Manifest.__dataclass_fields__},
            "counts": {
                "rows": taken.rows["subjects"],
                "accepted": sum(counted.outcomes.values()),
                "rejected": rejected,
                "rejected_events": taken.rejected.filter(pl.col("file") == "events").height,
                **counted.outcomes,
            },
            "grades": counted.grades,
            "withheld": counted.withheld,
            "synthetic": counted.synthetic,
            "output_sha256": sha256(output),
        }
    )
    with replacing(manifest_path(output)) as draft:
        draft.write_text(whole.json() + "\n", encoding="utf-8")
    return whole


@dataclass(frozen=True, slots=True)
class _Counts:
    """Subjects by outcome, by grade and by what was missing, most first; whether any is synthetic."""

    outcomes: dict[str, int]
    grades: dict[str, int]
    withheld: dict[str, int]
    synthetic: bool


def _count(output: Path, rubric: Rubric) -> _Counts:
    """Count what was written: comparisons take a fifth of the time of grouping by the same cells."""
    frame = _scan(output)
    outcomes = (compiled.GRADED, compiled.WITHHELD, compiled.NOT_GRADED)
    grades = [row.id for row in rubric.grades]
    made = pl.lit(False)
    kind = frame.collect_schema().get("synthetic")
    if kind is not None:  # a CSV's is text
        said = pl.col("synthetic")
        made = (
            said if kind == pl.Boolean else said.cast(pl.String).str.to_lowercase() == "true"
        ).any()
    told = frame.select(
        *((pl.col("outcome") == name).sum().alias(f"outcome {name}") for name in outcomes),
        *((pl.col("grade") == name).sum().alias(f"grade {name}") for name in grades),
        made.fill_null(False).alias("synthetic"),
    )
    found = told.collect(engine="streaming").row(0, named=True)
    lacking = frame.filter(pl.col("withheld_by").is_not_null() & (pl.col("withheld_by") != ""))
    missing = lacking.group_by("withheld_by").len().collect(engine="streaming")
    return _Counts(
        {name: found[f"outcome {name}"] for name in outcomes},
        {name: found[f"grade {name}"] for name in grades},
        dict(missing.sort(["len", "withheld_by"], descending=[True, False]).iter_rows()),
        found["synthetic"],
    )


def _scan(path: Path) -> pl.LazyFrame:
    if path.suffix.lower() == ".parquet":
        return pl.scan_parquet(path)
    if path.suffix.lower() == ".csv":
        return pl.scan_csv(path, infer_schema=False)
    return pl.read_excel(path, infer_schema_length=0).lazy()


def _points(names: list[str]) -> list[str]:
    return [name for name in names if name.startswith(compiled.POINTS)] + [
        name for name in ("earned", "possible") if name in names
    ]


def _printed(frame: pl.LazyFrame, rubric: Rubric) -> pl.LazyFrame:
    """Return the frame with numbers as people print them, for CSV and Excel.

    Division to floats is for the eye only; grades were decided before, in integers.
    """
    names = frame.collect_schema().names()
    known = dictionary()
    shown = []
    if rubric.point_unit != 1:
        shown += [(pl.col(name) / rubric.point_unit).alias(name) for name in _points(names)]
    for name in names:
        column = known.get(name)
        if column is not None and column.numeric and column.per_unit != 1:
            shown.append((pl.col(name) / column.per_unit).alias(name))
    return frame.with_columns(shown)


def read(path: Path | str) -> Graded:
    """Read a graded file back, with its manifest and its edition.

    Parameters
    ----------
    path : path-like
        An output of `grade`.

    Returns
    -------
    Graded
        Numbers as held: points in the edition's unit, money in fen.

    Raises
    ------
    ModelError
        If it is not a graded file, or its edition is no longer the one shipped.
    """
    path = Path(path)
    if not path.exists():
        raise ModelError(Problem(tr("no such file", "没有这个文件"), where=str(path)))
    manifest = _manifest(path)
    rubric = _edition(path, manifest)
    frame = _scan(path)
    if path.suffix.lower() != ".parquet":
        frame = _held(frame, rubric)
    return Graded(frame=frame, manifest=manifest, rubric=rubric)


def _manifest(path: Path) -> Manifest:
    beside = manifest_path(path)
    try:
        if beside.exists():
            raw = json.loads(beside.read_text(encoding="utf-8"))
        else:
            raw = json.loads(pl.read_parquet_metadata(path)[_KEY])
        raw["inputs"] = {role: InputFile(**entry) for role, entry in raw["inputs"].items()}
        raw["unchecked"], raw["notes"] = tuple(raw["unchecked"]), tuple(raw.get("notes", ()))
        return Manifest(**raw)
    except (KeyError, TypeError, ValueError, OSError, pl.exceptions.PolarsError) as error:
        raise ModelError(
            Problem(
                tr("not a graded file: no readable manifest", "不是评级结果文件:没有可读的清单"),
                str(error).splitlines()[0][:100] if str(error) and beside.exists() else "",
                tr(f"keep {beside.name} beside it", f"请将 {beside.name} 放在同一目录"),
                where=path.name,
            )
        ) from None


def _overlay(path: Path, manifest: Manifest) -> Path | None:
    entry = manifest.inputs.get("overlay")
    return path.parent / entry.path if entry is not None else None


def _edition(path: Path, manifest: Manifest) -> Rubric:
    found = catalog.rubric(
        f"{manifest.rubric}@{manifest.edition}", overlay=_overlay(path, manifest)
    )
    if found.sha256 != manifest.edition_sha256:
        raise ModelError(
            Problem(
                tr("the edition is not the one that graded this file", "版本与评级时所用不同"),
                f"{found.sha256[:12]} != {manifest.edition_sha256[:12]}",
                tr(
                    f"install lishui_credit {manifest.package_version}, or grade again",
                    f"请安装 lishui_credit {manifest.package_version},或重新评级",
                ),
                where=path.name,
            )
        )
    return found


def _held(frame: pl.LazyFrame, rubric: Rubric) -> pl.LazyFrame:
    """Turn a CSV's or sheet's printed numbers back into held ones."""
    known = dictionary()
    names = frame.collect_schema().names()
    back = []
    for name in names:
        column = known.get(name)
        text = pl.col(name).cast(pl.String).str.strip_chars("\t").replace("", None)
        number = text.cast(pl.Float64, strict=False)
        if name in _points(names):
            back.append((number * rubric.point_unit).round().cast(pl.Int32).alias(name))
        elif name.endswith("_fen"):
            back.append(text.cast(pl.Int64, strict=False).alias(name))
        elif column is not None and column.numeric:
            back.append((number * column.per_unit).round().cast(pl.Int64).alias(name))
        elif column is not None and column.type == "flag":
            back.append(text.str.to_lowercase().eq("true").alias(name))
        elif column is not None and column.type == "date":
            back.append(text.str.slice(0, 10).str.to_date(strict=False).alias(name))
        else:
            back.append(text.alias(name))
    return frame.with_columns(back)


# ---- verify -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a re-run found.

    Parameters
    ----------
    checks : dict of str to bool
        Same output file, edition, inputs and grades.
    subjects : int
        Subjects compared.
    different : polars.DataFrame
        Subjects whose result differs: id, then stored and re-run grade and total.
    """

    checks: Mapping[str, bool]
    subjects: int
    different: pl.DataFrame

    @property
    def holds(self) -> bool:
        """Whether everything is the same."""
        return all(self.checks.values())


def verify(path: Path | str, progress: Progress = lambda step: None) -> Verdict:
    """Re-run a graded file and compare: same edition, same inputs, same grades.

    Parameters
    ----------
    path : path-like
        An output of `grade`, its inputs where the manifest says.
    progress : callable
        Told the name of each step.

    Returns
    -------
    Verdict

    Raises
    ------
    ModelError
        If the file has no manifest, its edition is not the shipped one, or an input is gone.
    """
    path = Path(path)
    stored = read(path)
    manifest, rubric = stored.manifest, stored.rubric
    files = {role: path.parent / entry.path for role, entry in manifest.inputs.items()}
    gone = [
        Problem(
            tr(f"the {role} file is gone", f"{role} 文件不存在"),
            str(file),
            tr("put it back where it was", "请放回原处"),
        )
        for role, file in files.items()
        if not file.exists()
    ]
    if gone:
        raise ModelError(gone)
    progress(tr("hashing", "计算哈希"))
    checks = {
        "output": not manifest.output_sha256 or sha256(path) == manifest.output_sha256,
        "edition": True,  # `read` refuses a file whose edition has another hash
        **{
            f"input {role}": sha256(file) == manifest.inputs[role].sha256
            for role, file in files.items()
        },
    }
    progress(tr("grading again", "重新评级"))
    taken = intake(
        rubric,
        files["subjects"],
        events=files.get("events"),
        bases=files.get("bases"),
        period=manifest.period,
        as_of=date.fromisoformat(manifest.as_of),
    )
    again = evaluate(
        taken.subjects,
        rubric,
        events=taken.events,
        events_in_order=taken.events_in_order,
        period=manifest.period,
        as_of=date.fromisoformat(manifest.as_of),
        labels=manifest.labels,
    )
    different, subjects = _differences(stored.frame, again, rubric)
    checks["grades"] = different.is_empty()
    return Verdict(checks=checks, subjects=subjects, different=different)


def _differences(
    stored: pl.LazyFrame, again: Evaluation[pl.LazyFrame], rubric: Rubric
) -> tuple[pl.DataFrame, int]:
    key = rubric.subject_id
    names = stored.collect_schema().names()
    compared = [
        name
        for name in again.columns
        if name in names and (name in ("grade", "outcome", "decided_by") or name in _points(names))
    ]
    kinds = again.frame.collect_schema()
    old = stored.select(key, *(pl.col(name).cast(kinds[name]) for name in compared))
    joined = old.join(
        again.frame.select(key, *compared), on=key, how="full", suffix="__again", coalesce=False
    )
    tests = [pl.col(name).ne_missing(pl.col(f"{name}__again")) for name in compared]
    unlike = pl.any_horizontal(pl.col(key).ne_missing(pl.col(f"{key}__again")), *tests)
    shown = ["grade", "grade__again"] + [
        name for name in ("earned", "earned__again") if "earned" in compared
    ]
    marked = joined.with_columns(unlike.alias("_unlike"))
    counted = marked.select(pl.len()).collect(engine="streaming").item()
    different = (
        marked.filter("_unlike")
        .select(pl.coalesce(key, f"{key}__again").alias(key), *shown)
        .collect(engine="streaming")
        .sort(key)
    )
    return different, int(counted)
