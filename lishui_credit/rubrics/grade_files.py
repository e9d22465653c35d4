"""Graded files: grade a file into a file with its manifest, prove it again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import polars as pl

from lishui_credit import proof
from lishui_credit.language import Bilingual, tr
from lishui_credit.proof import Manifest, Progress, Stated, Verdict
from lishui_credit.rubrics.compared_cells import compared
from lishui_credit.rubrics.earlier_grades import Regraded, Run, graded_since, refuse_unusable
from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.engine.evaluate import Evaluation, grading_day
from lishui_credit.rubrics.engine.explain import weak_share
from lishui_credit.rubrics.event_intake import doubt_note, refuse_nameless
from lishui_credit.rubrics.event_prints import Prints, Vouched, fingerprints_path
from lishui_credit.rubrics.intake import Intake, intake
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.rubrics.printed_numbers import printed
from lishui_credit.rubrics.stored_grades import KIND, Facts, GradeFacts, opened
from lishui_credit.rubrics.whole_records import evaluated, held_back
from lishui_credit.tables.read import scan_written
from lishui_credit.tables.rejected import rejected_path, settle
from lishui_credit.tables.write import ZSTD, check_suffix, keep_inputs, write_table

JOB: Final = Bilingual("grade", "评级")
OUTCOMES: Final = (compiled.GRADED, compiled.WITHHELD, compiled.NOT_GRADED)


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
    sheets: Mapping[str, str | int] = MappingProxyType({}),
    skip_rejected: bool = False,
    strict: bool = False,
    since: Path | str | None = None,
    fingerprints: bool = False,
    regraded: Callable[[Regraded], None] = lambda found: None,
    progress: Progress = lambda step: None,
) -> Manifest[GradeFacts]:
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
    sheets : mapping, optional
        Sheet to read of a workbook, by name or number, for each of ``subjects``, ``events`` and
        ``bases``; where none is given, the visible sheet whose header is known.
    skip_rejected : bool, default False
        Grade the accepted rows although others were rejected. The subject of a rejected event is
        withheld, never graded on the rest of its record.
    strict : bool, default False
        Withhold every subject that has an empty cell where an override rule takes it for "no".
    since : path-like, optional
        An earlier graded Parquet file: only subjects that may have another grade now are graded, the
        rows of the others are taken from it. The output is the same as without it.
    fingerprints : bool, default False
        Write ``<output>.fingerprints``, without which `since` of a later run refuses an edition that
        counts events; a run with `since` writes it too.
    regraded : callable
        Told how many subjects kept their grade, and why the others were graded again.
    progress : callable
        Told the name of each step.

    Returns
    -------
    Manifest

    Raises
    ------
    SubjectError
        For bad input. Rejected rows are written to ``<output>.rejected.csv`` with reasons; unless
        `skip_rejected`, nothing else is. A rejected event whose subject cannot be read stops the
        run in any case: whose record lacks it cannot be told.
    ModelError
        If `since` is no graded Parquet file with a manifest of its own, or does not tell which
        events each subject had.

    Notes
    -----
    Cost: one pass to check, one to grade and write; see `conform` and `evaluate`.
    """
    output = check_suffix(output)
    sources = {"subjects": subjects, "events": events, "bases": bases, "overlay": overlay}
    given = {role: Path(path) for role, path in sources.items() if path is not None}
    beside = [rejected_path(output, role) for role in ("", "events", "bases")]
    beside += [proof.manifest_path(output), fingerprints_path(output)]
    keep_inputs((output, *beside), [*given.values(), *([] if since is None else [Path(since)])])
    earlier = None if since is None else _earlier(Path(since), rubric)
    day = grading_day(rubric, period, as_of)
    vouched = Vouched.of(earlier, rubric, day, period, given.get("events"))
    progress(tr("reading, checking and hashing", "读取、校验与计算哈希"))
    with ThreadPoolExecutor(max_workers=1) as pool:
        hashed = pool.submit(proof.hashes, given)
        taken = intake(
            rubric,
            subjects,
            events=events,
            bases=bases,
            period=period,
            as_of=as_of,
            sheets=sheets,
            settling=None if vouched is None else vouched.settled,
        )
    lost = taken.rejected.filter(pl.col("file") == "subjects").height
    settle(taken.rejected_rows, output, JOB, left=taken.rows["subjects"] - lost, skip=skip_rejected)
    refuse_nameless(taken.nameless)
    inputs = proof.input_files(given, output, taken.rows, hashed.result(), sheets, taken.unused)
    run = Run(taken, rubric, day, period, labels, strict=strict)
    prints = Prints(fingerprints_path(output), inputs.get("events"), asked=fingerprints)
    result, laid = graded_since(run, earlier, prints, vouched, regraded)
    facts = facts_of(
        rubric, result, taken.empty, labels, skip_rejected=skip_rejected, strict=strict
    )
    manifest = Manifest(kind=KIND, facts=facts, inputs=inputs, notes=_notes(taken))
    progress(tr("grading and writing", "评级与写出"))

    def made(draft: Path) -> Manifest[GradeFacts]:
        over = laid if output.suffix.lower() == ".parquet" else None
        if over is None or not over.write(draft, manifest.footer(), level=ZSTD):
            write_table(_written(result, output, rubric), draft, manifest.footer(), sheet=KIND.name)
        counts, synthetic = _counted(facts, scan_written(draft), taken, rubric)
        return replace(manifest, facts=counts, synthetic=synthetic)

    return proof.publish(output, made)


def _earlier(path: Path, rubric: Rubric) -> Stated:
    """Return what an earlier graded file says of itself; ModelError where grades cannot be taken from it."""
    said = proof.stated(path)
    said.manifest(KIND)
    refuse_unusable(said, rubric)
    return said


def _notes(taken: Intake) -> tuple[str, ...]:
    return (*taken.notes, *([doubt_note(back)] if (back := held_back(taken)) else []))


def _written(result: Evaluation[pl.LazyFrame], output: Path, rubric: Rubric) -> pl.LazyFrame:
    """Return the frame as an output of its kind holds it."""
    return result.frame if output.suffix.lower() == ".parquet" else printed(result.frame, rubric)


def facts_of(
    rubric: Rubric,
    result: Evaluation[Any],
    empty: Mapping[str, int],
    labels: str | None,
    *,
    skip_rejected: bool,
    strict: bool,
) -> GradeFacts:
    """Return what the grades rest on, before any is counted."""
    asked = frozenset[str]().union(*map(compiled.override_columns, result.unchecked))
    missing = asked - result.available
    return GradeFacts(
        rubric=rubric.name,
        edition=rubric.edition,
        edition_sha256=rubric.sha256,
        title_zh=rubric.title_zh,
        period=result.period,
        as_of=result.as_of,
        labels=labels,
        point_unit=rubric.point_unit,
        weak_evidence_percent=weak_share(rubric),
        unchecked=tuple(row.id for row in result.unchecked),
        missing_columns=tuple(sorted(missing)),
        skipped_rejected=skip_rejected,
        empty_overrides=empty,
        strict=strict,
    )


def _counted(
    facts: GradeFacts, frame: pl.LazyFrame, taken: Intake, rubric: Rubric
) -> tuple[GradeFacts, bool]:
    """Return the facts with what was written counted, most first, and whether any is synthetic.

    Comparisons take a fifth of the time of grouping by the same cells.
    """
    made = pl.lit(False)
    kind = frame.collect_schema().get("synthetic")
    if kind is not None:  # a CSV's is text
        said = pl.col("synthetic")
        made = (
            said if kind == pl.Boolean else said.cast(pl.String).str.to_lowercase() == "true"
        ).any()
    told = frame.select(
        *((pl.col("outcome") == name).sum().alias(f"outcome {name}") for name in OUTCOMES),
        *((pl.col("grade") == row.id).sum().alias(f"grade {row.id}") for row in rubric.grades),
        made.fill_null(False).alias("synthetic"),
    )
    found = told.collect(engine="streaming").row(0, named=True)
    lacking = frame.filter(pl.col("withheld_by").is_not_null() & (pl.col("withheld_by") != ""))
    missing = lacking.group_by("withheld_by").len().collect(engine="streaming")
    rejected = dict(taken.rejected.group_by("file").len().iter_rows())
    counted = with_counts(
        facts,
        rubric,
        rows=taken.rows["subjects"],
        rejected=rejected,
        outcomes={name: found[f"outcome {name}"] for name in OUTCOMES},
        grades={row.id: found[f"grade {row.id}"] for row in rubric.grades},
        lacking=dict(missing.iter_rows()),
    )
    return counted, found["synthetic"]


def with_counts(
    facts: Facts,
    rubric: Rubric,
    *,
    rows: int,
    rejected: Mapping[str, int],
    outcomes: Mapping[str, int],
    grades: Mapping[str, int],
    lacking: Mapping[str, int],
) -> Facts:
    """Return the facts with what was counted: subjects by outcome and grade, most lacking first."""
    by_outcome = {name: outcomes.get(name, 0) for name in OUTCOMES}
    return replace(
        facts,
        counts={
            "rows": rows,
            "accepted": sum(by_outcome.values()),
            "rejected": rejected.get("subjects", 0),
            "rejected_events": rejected.get("events", 0),
            **by_outcome,
        },
        grades={row.id: grades.get(row.id, 0) for row in rubric.grades},
        withheld=dict(sorted(lacking.items(), key=lambda entry: (-entry[1], entry[0]))),
    )


def verify(path: Path | str, progress: Progress = lambda step: None) -> Verdict:
    """Grade a graded file again from its inputs and compare: edition, inputs, cells, manifest.

    ModelError where it has no manifest, its edition is not the shipped one, or an input is gone.
    """
    return verified(proof.stated(path), progress)


def verified(said: Stated, progress: Progress) -> Verdict:
    """Return the verdict on the graded file whose manifest was read already; see `verify`."""
    stored = opened(said, bound=False)
    manifest, facts, rubric = stored.manifest, stored.manifest.facts, stored.rubric

    def again(files: Mapping[str, Path]) -> Verdict:
        progress(tr("grading again", "重新评级"))

        def taken_in() -> Intake:
            return intake(
                rubric,
                files["subjects"],
                events=files.get("events"),
                bases=files.get("bases"),
                sheets=manifest.sheets(),
                period=facts.period,
                as_of=facts.as_of,
            )

        taken = taken_in()
        result = evaluated(
            taken,
            rubric,
            period=facts.period,
            as_of=facts.as_of,
            labels=facts.labels,
            strict=facts.strict,
        )
        checks, subjects, different = compared(
            said.path, _written(result, said.path, rubric), rubric, sheet=KIND.name
        )
        told = facts_of(
            rubric,
            result,
            taken.empty,
            facts.labels,
            skip_rejected=facts.skipped_rejected,
            strict=facts.strict,
        )
        shown = scan_written(said.path) if checks["columns"] else result.frame
        counted, synthetic = _counted(told, shown, taken, rubric)
        notes = _notes(taken)
        if notes != manifest.notes:  # those of a run in the other language?
            notes = proof.turned(lambda: _notes(taken_in()))
        inputs = {
            role: replace(entry, rows=taken.rows.get(role, 0), unused=taken.unused.get(role, ()))
            for role, entry in manifest.inputs.items()
        }
        rerun = replace(
            manifest, facts=counted, synthetic=synthetic, notes=tuple(notes), inputs=inputs
        )
        lost = taken.rejected.filter(pl.col("file") == "subjects").height
        # `opened` refuses a file whose edition has another hash
        checks = {
            "edition": True,
            **checks,
            "rows": subjects == taken.rows["subjects"] - lost,
            **proof.words(said, rerun),
        }
        return Verdict(checks=checks, subjects=subjects, different=different)

    return proof.verify(said, manifest, again, progress)
