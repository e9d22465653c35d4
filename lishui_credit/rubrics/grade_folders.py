"""Graded folders: tables of Parquet graded by an engine into Parquet, with the manifest in the folder.

The engine reads, checks, grades and writes; a few counts are all that comes here. The tables must keep
to the data dictionary already: integers of its units, its words, days; see `conformed_tables`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from lishui_credit import proof
from lishui_credit.backends import recorder
from lishui_credit.backends.dialects import dialect_of
from lishui_credit.backends.statement import printed
from lishui_credit.errors import Problem, SubjectError, refuse
from lishui_credit.language import plural, tr
from lishui_credit.proof import Manifest, Progress, Stated, Verdict
from lishui_credit.rubrics import coherence
from lishui_credit.rubrics.conformed_tables import EXAMPLE, NAMELESS, REJECTED, ROWS
from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.engine.engine_sessions import started
from lishui_credit.rubrics.engine.evaluate import grading_day, refuse_if_lacking
from lishui_credit.rubrics.engine.sql_frames import SUBJECTS, reasoned, run
from lishui_credit.rubrics.engine_intake import Asked, EngineIntake
from lishui_credit.rubrics.event_intake import doubt_note, refuse_nameless
from lishui_credit.rubrics.grade_files import JOB, facts_of, with_counts
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.rubrics.stored_grades import FOLDER, LIST, FolderFacts, edition_of, scan
from lishui_credit.tables.beside import listed, manifest_path
from lishui_credit.tables.unlike_rows import differences
from lishui_credit.tables.write import keep_inputs, replacing_folder

_MOST: Final = 12  # reasons told on the screen


def grade_folder(
    rubric: Rubric,
    subjects: Path | str,
    output: Path | str,
    *,
    engine: str,
    events: Path | str | None = None,
    period: int | None = None,
    as_of: date | None = None,
    labels: str | None = None,
    overlay: Path | str | None = None,
    skip_rejected: bool = False,
    strict: bool = False,
    progress: Progress = lambda step: None,
) -> Manifest[FolderFacts]:
    """Grade Parquet into a folder of Parquet, in DuckDB or Spark, with its manifest in the folder.

    Parameters
    ----------
    rubric : Rubric
        The edition, overlay laid over.
    subjects, events : path-like
        Parquet files, or folders of such, conformed: named and typed as in the data dictionary,
        numbers as its integers (money in fen, rates in 1/10,000), ids bare and in upper case, a base
        by area beside each subject. An event needs an ``event_id``.
    output : path-like
        The folder; replaced only when complete. Rows lie in ``county=…/period=…`` where the edition
        carries the county and a year is assessed.
    engine : {"duckdb", "spark"}
        Where it runs.
    period, as_of, labels, overlay, skip_rejected, strict, progress
        As for `lishui_credit.grade`.

    Returns
    -------
    Manifest

    Raises
    ------
    SubjectError
        For columns that are absent or of another type; for rows that do not keep to the dictionary
        or contradict themselves, with a count and an example of each reason. They lie with their
        reasons in ``<output>.rejected``; unless `skip_rejected`, nothing else is written.
    CreditError
        If the engine is not installed.

    Notes
    -----
    Cost: one pass to check, with one grouping of the ids, and one to grade and write. DuckDB groups
    the events of 500,000 subjects at a time, whose rows it writes once more in between; not where
    rows are skipped: then it needs about 3 GiB for a million taxpayers.

    Examples
    --------
    >>> import tempfile
    >>> import polars as pl
    >>> from lishui_credit.rubrics.law.catalog import rubric
    >>> folder = tempfile.TemporaryDirectory()
    >>> firms, graded = f"{folder.name}/firms.parquet", f"{folder.name}/grades"
    >>> firm = {"uscc": ["12331102398259791Y"], "has_non_recurring_info": [True]}
    >>> pl.DataFrame(firm).write_parquet(firms)
    >>> edition = rubric("tax-credit", on="2019-04-30")
    >>> made = grade_folder(edition, firms, graded, engine="duckdb", period=2018)
    >>> made.facts.grades["A"]
    1
    >>> folder.cleanup()
    """
    refuse_if_lacking(rubric)
    sources = {"subjects": subjects, "events": events, "overlay": overlay}
    asked = Asked(
        rubric=rubric,
        files={role: Path(path) for role, path in sources.items() if path is not None},
        period=period,
        day=grading_day(rubric, period, as_of),
        labels=labels,
        skip=skip_rejected,
        strict=strict,
    )
    coherence.refuse_early_grading(asked.day, period)
    output = Path(output)
    check_folder(output)
    keep_inputs((output, _rejected_folder(output)), asked.files.values())
    with started(engine) as session:
        progress(tr("checking", "校验"))
        taken = EngineIntake.of(session, asked)
        _settle(taken, output)
        inputs = proof.input_files(
            asked.files,
            output / LIST,
            {role: told[ROWS] for role, told in taken.told.items()},
            unused=taken.unused,
        )
        progress(tr("grading and writing", "评级与写出"))
        with replacing_folder(output) as draft:
            facts, synthetic, held = _graded(taken, draft)
            manifest = Manifest(
                kind=FOLDER,
                facts=facts,
                inputs=inputs,
                synthetic=synthetic,
                notes=(*taken.notes(), *([doubt_note(held)] if held else [])),
            )

            def made(path: Path) -> Manifest[FolderFacts]:
                path.write_text(listed(draft), encoding="utf-8")
                return manifest

            manifest = proof.publish(draft / LIST, made)
            check_folder(output)  # somebody may have put something there since
    return manifest


# ---- what is written ---------------------------------------------------------------------------


def _graded(taken: EngineIntake, folder: Path) -> tuple[FolderFacts, bool, int]:
    """Grade into a folder; return the facts, whether any is synthetic, how many are in doubt."""
    asked, session = taken.asked, taken.session
    result = taken.evaluation()
    parts = ["county"] if "county" in asked.rubric.carries else []
    parts = [name for name in parts if name in result.frame.names()]
    query = result.frame
    if asked.period is not None:
        parts.append("period")
        year = recorder.lit(asked.period, dtype=recorder.Int64)
        query = query.with_columns(year.alias("period"))
    statement = printed(query, dialect_of(session.dialect))  # once for all pieces
    for piece in taken.pieces():
        session.write(piece.answered(statement), folder, parts)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".parquet":
            path.unlink()  # marks and checksums that Spark leaves
    empty = {name: count for name, count in taken.counts("subjects").items() if count}
    facts = facts_of(
        asked.rubric,
        result,
        empty,
        asked.labels,
        skip_rejected=asked.skip,
        strict=asked.strict,
    )
    whole = FolderFacts(
        **{part.name: getattr(facts, part.name) for part in fields(facts)},
        engine=session.dialect,
        engine_version=session.version,
    )
    return _counted(taken, whole, folder)


def _counted(
    taken: EngineIntake, facts: FolderFacts, folder: Path
) -> tuple[FolderFacts, bool, int]:
    """Return the facts with what the engine counts in what it wrote."""
    written = taken.session.parquet(folder)
    kinds: recorder.Schema = dict.fromkeys(("outcome", "grade", "withheld_by"), "String")
    if "synthetic" in taken.session.types(written):
        kinds["synthetic"] = "Boolean"
    one = recorder.lit(1, dtype=recorder.Int64)
    table = recorder.source(SUBJECTS, kinds).group_by(list(kinds)).agg(one.sum().alias("n"))
    rows = taken.session.rows(run(taken.session, table, written))
    by: dict[str, dict[str, int]] = {name: {} for name in ("outcome", "grade", "withheld_by")}
    for row in rows:
        for name, found in by.items():
            if row[name] is not None:
                found[row[name]] = found.get(row[name], 0) + row["n"]
    counted = with_counts(
        facts,
        taken.asked.rubric,
        rows=taken.told["subjects"][ROWS],
        rejected={role: told[REJECTED] for role, told in taken.told.items()},
        outcomes=by["outcome"],
        grades=by["grade"],
        lacking=by["withheld_by"],
    )
    synthetic = any(row.get("synthetic") for row in rows)
    return counted, synthetic, by["withheld_by"].get(compiled.REJECTED_EVENT, 0)


# ---- what is refused --------------------------------------------------------------------------


def _rejected_folder(output: Path) -> Path:
    return output.with_name(f"{output.name}.rejected")


def _settle(taken: EngineIntake, output: Path) -> None:
    """Have rejected rows written, and stop unless they are to be skipped and others are left."""
    empty = [role for role, told in taken.told.items() if told[ROWS] == 0]
    no_rows = tr("no rows", "没有数据行")
    refuse([Problem(no_rows, where=taken.asked.files[role].name) for role in empty])
    lost = {role: told for role, told in taken.told.items() if told[REJECTED]}
    if not lost:
        return
    folder = _rejected_folder(output)
    with replacing_folder(folder) as draft:
        for role in lost:
            one = taken.checked[role]
            statement = reasoned(taken.session, one.rejected, one.columns, one.faults)
            taken.session.write(taken.answered(statement), draft / role)
    people = taken.told["subjects"]
    if taken.asked.skip and people[ROWS] > people[REJECTED]:
        refuse_nameless(taken.told["events"][NAMELESS] if "events" in lost else 0)
        return
    count = sum(told[REJECTED] for told in lost.values())
    what = tr(
        f"{plural(count, 'row')} rejected; nothing was {JOB.en}d", f"{count:,} 行被拒收,未{JOB.zh}"
    )
    hint = tr(
        f"see {folder.name}; correct them, or leave them out with --skip-rejected",
        f"详见 {folder.name};请修正,或加 --skip-rejected 跳过",
    )
    told = ", ".join(f"{role}: {row[REJECTED]:,}" for role, row in lost.items())
    raise SubjectError([Problem(what, told, hint), *_reasons(taken, lost)])


def _reasons(taken: EngineIntake, lost: Mapping[str, Mapping[str, Any]]) -> Sequence[Problem]:
    """Return each reason with how many rows it is of and one of them, most frequent first."""
    found = [
        (told[flag], reason, told[f"{EXAMPLE}{flag}"], role)
        for role, told in lost.items()
        for flag, reason in taken.checked[role].faults.items()
        if told[flag]
    ]
    found.sort(key=lambda one: -one[0])
    return [
        Problem(
            reason,
            tr(f"{plural(count, 'row')}", f"{count:,} 行")
            + (tr(f", such as {example}", f",如 {example}") if example is not None else ""),
            where=taken.asked.files[role].name,
        )
        for count, reason, example, role in found[:_MOST]
    ]


def check_folder(folder: Path) -> None:
    """Raise `SubjectError` where a folder is there that holds anything but what this command wrote."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise SubjectError(tr("a file, not a folder", "这是文件,不是目录"), where=str(folder))
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    own = {LIST, manifest_path(Path(LIST)).name}
    if there >= own and proof.stated(folder / LIST).kind == proof.GRADE_FOLDER:
        lines = (folder / LIST).read_text(encoding="utf-8", errors="replace").splitlines()
        there -= own | {line.partition("  ")[2] for line in lines}
    if there:
        raise SubjectError(
            tr("the folder holds files that are not of this command", "该目录有不属于本命令的文件"),
            ", ".join(sorted(there)[:3]),
            tr("name another folder, or move these files away", "请另选目录,或移走这些文件"),
            where=str(folder),
        )


# ---- proof ------------------------------------------------------------------------------------


def verified(said: Stated, progress: Progress) -> Verdict:
    """Grade the inputs again in the same engine and compare every cell; see `proof.verify`."""
    manifest = said.manifest(FOLDER, bound=False)
    facts, folder = manifest.facts, said.path.parent
    rubric = edition_of(said.path, manifest)

    def again(files: Mapping[str, Path]) -> Verdict:
        progress(tr("grading again", "重新评级"))
        with tempfile.TemporaryDirectory(prefix="lishui_credit_") as room:
            second = Path(room) / "again"
            rerun, notes = _again(rubric, facts, files, second, manifest)
            old, new = scan(folder), scan(second)
            names, kinds = old.collect_schema().names(), new.collect_schema()
            both = [n for n in kinds.names() if n in names and n != rubric.subject_id]
            different, subjects = differences(
                old,
                new,
                rubric.subject_id,
                both,
                shown=[n for n in ("grade", "earned") if n in both],
            )
        whole = listed(folder) == said.path.read_text(encoding="utf-8", errors="replace")
        checks = {
            "edition": True,
            "files": whole,
            "columns": sorted(names) == sorted(kinds.names()),
            "grades": different.is_empty(),
            **proof.words(said, replace(rerun, notes=notes), but={"engine_version"}),
        }
        return Verdict(checks=checks, subjects=subjects, different=different)

    return proof.verify(said, manifest, again, progress)


def _again(
    rubric: Rubric,
    facts: FolderFacts,
    files: Mapping[str, Path],
    folder: Path,
    manifest: Manifest[FolderFacts],
) -> tuple[Manifest[FolderFacts], tuple[str, ...]]:
    """Grade again into a folder; return the manifest, and its notes in the language of the first."""

    def made() -> Manifest[FolderFacts]:
        return grade_folder(
            rubric,
            files["subjects"],
            folder,
            engine=facts.engine,
            events=files.get("events"),
            overlay=files.get("overlay"),
            period=facts.period,
            as_of=facts.as_of,
            labels=facts.labels,
            skip_rejected=facts.skipped_rejected,
            strict=facts.strict,
        )

    rerun = made()
    if rerun.notes != manifest.notes:  # those of a run in the other language?
        rerun = proof.turned(made)
    inputs = {
        role: replace(entry, rows=rerun.inputs[role].rows, unused=rerun.inputs[role].unused)
        for role, entry in manifest.inputs.items()
    }
    return replace(rerun, inputs=inputs), rerun.notes
