"""The list of who moves under a change of the rules, as a file with its manifest, and its proof."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Final

import polars as pl

from lishui_credit import proof
from lishui_credit.language import Bilingual, tr
from lishui_credit.proof import Kind, Manifest, Progress, Stated, Verdict
from lishui_credit.rubrics.compared_cells import compared
from lishui_credit.rubrics.group_columns import group_columns
from lishui_credit.rubrics.intake import Intake, intake
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.rubrics.regrading import hold
from lishui_credit.tables.write import write_table
from lishui_credit.validation.reform_effects import Reform, reform


@dataclass(frozen=True, slots=True, kw_only=True)
class ReformFacts:
    """What the list rests on beside its inputs, and what came out."""

    base: str  # the edition in force: its name, or "" where it is the file among the inputs
    base_sha256: str
    changed: str
    changed_sha256: str
    groups: tuple[str, ...] = ()  # columns counted by that no rule reads
    period: int | None = None
    as_of: date
    as_if_in_force: bool = False
    subjects: int = 0
    up: int = 0
    down: int = 0
    other: int = 0


KIND: Final = Kind(
    proof.REFORM, ReformFacts, Bilingual("a list of changed grades", "等级变动名单"), ("subjects",)
)


def regraded_files(
    old: Rubric,
    new: Rubric,
    files: Mapping[str, Path],
    *,
    groups: tuple[str, ...] = (),
    period: int | None = None,
    as_of: date | None = None,
    as_if_in_force: bool = False,
    sheets: Mapping[str, str | int] = MappingProxyType({}),
    taken: Intake | None = None,
) -> tuple[Reform, Intake]:
    """Return what a change does to the subjects of files, and what was read of them.

    Parameters
    ----------
    old, new : Rubric
        The edition in force and the changed one.
    files : mapping of str to path
        ``subjects`` and, where the editions use them, ``events`` and ``bases``.
    groups : tuple of str
        Columns of the subjects to count by.
    period, as_of, as_if_in_force
        As for `reform`.
    sheets : mapping
        Sheet of a workbook, by role.
    taken : Intake, optional
        The files as read already.

    Returns
    -------
    Reform, Intake

    Raises
    ------
    SubjectError
        For problems of whole files and columns that are not there.
    EditionError
        If an edition is only an outline.
    """
    if taken is None:
        taken = read_files(old, new, files, period=period, as_of=as_of, sheets=sheets)
    key = old.subject_id
    register = hold(
        taken.subjects,
        old,
        events=taken.events,
        events_in_order=taken.events_in_order,
        period=period,
        as_of=as_of,
    )
    own = [name for name in groups if name not in (key, *old.carries, *new.carries)]
    others = group_columns(files["subjects"], key, own, sheets.get("subjects")) if own else None
    return reform(register, new, groups=others, as_if_in_force=as_if_in_force), taken


def read_files(
    old: Rubric,
    new: Rubric,
    files: Mapping[str, Path],
    *,
    period: int | None = None,
    as_of: date | None = None,
    sheets: Mapping[str, str | int] = MappingProxyType({}),
) -> Intake:
    """Return the subjects, events and bases of files, checked for both editions."""
    return intake(
        old,
        files["subjects"],
        events=files.get("events"),
        bases=files.get("bases"),
        sheets=sheets,
        period=period,
        as_of=as_of,
        also=(new,),
    )


def write_moved(
    found: Reform,
    output: Path,
    files: Mapping[str, Path],
    rows: Mapping[str, int],
    *,
    groups: tuple[str, ...] = (),
    as_if_in_force: bool = False,
    sheets: Mapping[str, str | int] = MappingProxyType({}),
) -> Manifest[ReformFacts]:
    """Write who moves, and why, with its manifest beside it."""
    inputs = proof.input_files(files, output, rows, sheets=sheets)
    manifest = Manifest(
        kind=KIND,
        facts=_facts(found, files, groups, as_if_in_force=as_if_in_force),
        inputs=inputs,
        synthetic=found.synthetic,
    )

    def made(draft: Path) -> Manifest[ReformFacts]:
        write_table(moved_table(found).lazy(), draft, manifest.footer(), sheet="changed grades")
        return manifest

    return proof.publish(output, made)


def moved_table(found: Reform) -> pl.DataFrame:
    """Return who moves as the file has it: points as printed, money in fen."""
    units = {"old": found.old.rubric.point_unit, "new": found.new.rubric.point_unit}
    moved = found.moved()
    return moved.with_columns(
        (pl.col(f"earned_{side}") / unit).alias(f"earned_{side}")
        for side, unit in units.items()
        if f"earned_{side}" in moved.columns
    )


def verified(said: Stated, progress: Progress) -> Verdict:
    """Return the verdict on a list of changed grades whose manifest was read already."""
    manifest = said.manifest(KIND, bound=False)
    facts = manifest.facts

    def again(files: Mapping[str, Path]) -> Verdict:
        progress(tr("grading again", "重新评级"))
        old, new = (
            catalog.named_or_file(name or str(files[role]))
            for role, name in (("base", facts.base), ("changed", facts.changed))
        )
        found, taken = regraded_files(
            old,
            new,
            files,
            groups=facts.groups,
            period=facts.period,
            as_of=facts.as_of,
            as_if_in_force=facts.as_if_in_force,
            sheets=manifest.sheets(),
        )

        def held() -> tuple[dict[str, bool], int, pl.DataFrame]:
            return compared(said.path, moved_table(found).lazy(), old, sheet="changed grades")

        checks, subjects, different = held()
        if not checks["grades"]:  # why somebody moves is said in the language of the run
            checks, subjects, different = min(
                (checks, subjects, different), proof.turned(held), key=lambda told: len(told[2])
            )
        told = _facts(found, files, facts.groups, as_if_in_force=facts.as_if_in_force)
        inputs = {
            role: replace(entry, rows=taken.rows.get(role, 0), unused=entry.unused)
            for role, entry in manifest.inputs.items()
        }
        rerun = replace(manifest, facts=told, inputs=inputs, synthetic=found.synthetic)
        return Verdict(
            checks={**checks, **proof.words(said, rerun)}, subjects=subjects, different=different
        )

    return proof.verify(said, manifest, again, progress)


def _facts(
    found: Reform, files: Mapping[str, Path], groups: tuple[str, ...], *, as_if_in_force: bool
) -> ReformFacts:
    old, new = found.old.rubric, found.change
    everybody = found.by_group().row(0, named=True)
    return ReformFacts(
        base="" if "base" in files else f"{old.name}@{old.edition}",
        base_sha256=old.sha256,
        changed="" if "changed" in files else f"{new.name}@{new.edition}",
        changed_sha256=new.sha256,
        groups=groups,
        period=found.old.period,
        as_of=found.old.as_of,
        as_if_in_force=as_if_in_force,
        subjects=found.subjects,
        up=everybody["up"],
        down=everybody["down"],
        other=everybody["other"],
    )
