"""Files of scores as a policy reads them: Parquet, CSV, Excel, or a graded file with its manifest.

Ids and segments stay text, so that a code keeps its leading zeros. Scores whose file names the model
or edition that made them must be of the one the policy names.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import polars as pl

from lishui_credit import proof
from lishui_credit.errors import PolicyError, Problem, SubjectError, refuse
from lishui_credit.language import Bilingual, plural, tr
from lishui_credit.policies.policy import Policy
from lishui_credit.proof import Stated
from lishui_credit.rubrics import stored_grades
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.tables.cells import says_yes
from lishui_credit.tables.containers import refusal
from lishui_credit.tables.frames import DAMAGED
from lishui_credit.tables.free_columns import filled, numbers, shortest, twins
from lishui_credit.tables.headers import is_date, is_header
from lishui_credit.tables.read import (
    NONE_SHORT,
    PARQUET,
    broken,
    scan_written,
    short_problems,
)
from lishui_credit.tables.read import read as read_raw
from lishui_credit.tables.unreadable import no_value, unreadable

_NUMBERS: Final = ("points__", "lost_")


@dataclass(frozen=True, slots=True)
class Scores:
    """A file of scores as a policy reads it."""

    frame: pl.DataFrame  # ids and segments of CSV and Excel stay text
    source_sha256: str = ""  # of the model or edition that made it; "" where the file does not say
    rubric: Rubric | None = None  # of a graded file
    notes: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)  # Chinese, of columns; of a scored file
    lines: pl.Series | None = None  # line or sheet row of each; from 2 on where it is not given
    faults: Mapping[str, pl.Series] = field(default_factory=dict)
    """By column: numeric cells that do not parse, unreadable texts; verbatim, null elsewhere."""
    # Rows shorter than the header, and what is said of each.
    short: pl.DataFrame = field(default_factory=lambda: NONE_SHORT)

    @property
    def synthetic(self) -> bool:
        """Whether any row says that it is synthetic."""
        if "synthetic" not in self.frame.columns:
            return False
        return says_yes(self.frame["synthetic"])

    def whole(self, where: str) -> Scores:
        """Return the scores if numbers parse and used texts are readable, else raise SubjectError."""
        problems = short_problems(self.short, where)
        for name, cells in self.faults.items():
            wrong = cells.drop_nulls()
            count = tr(f"{plural(len(wrong), 'cell')}: ", f"{len(wrong):,} 格:")
            lost = pl.select(unreadable(pl.lit(wrong)).any()).item()
            what = no_value() if lost else tr("not a number", "不是数字")
            problems.append(Problem(what, f"{count}{wrong[0]}", where=f"{where}: {name}"))
        refuse(problems)
        return self


def read_scores(
    path: Path | str,
    policy: Policy,
    *also: str,
    texts: Collection[str] = (),
    check_source: bool = True,
) -> Scores:
    """Read a file of scores: Parquet, CSV, Excel, or a graded file with its manifest.

    `also` names further columns of numbers, `texts` further ones of text, read where the file has
    them. A numeric cell that does not parse, or an unreadable text, stands in ``faults``. Scores of
    another model or edition than the policy names are refused, unless `check_source` is false.
    """
    said, graded = stored_grades.stated(path), (proof.GRADES, proof.GRADE_FOLDER)
    if said.damaged:
        raise said.refusal(Bilingual("a file of scores", "评分文件"), said.damage)
    if said.kind not in ("", *graded):  # `opened` looks itself
        said.refuse_unbound()
    try:
        if said.kind in graded:
            stored = stored_grades.opened(said)
            edition = stored.manifest.facts.edition_sha256
            found = Scores(stored.frame.collect(), edition, stored.rubric)
        else:
            found = _scored(said, policy, also, texts)
    except DAMAGED as error:
        raise broken(said.path.name, error) from None
    faulty = found.faults.get(policy.score.column)
    nothing = faulty is not None and not found.frame[policy.score.column].count()
    if faulty is not None and nothing and not policy.score.order:
        what = tr("the column holds no numbers", "整列都不是数字")
        hint = tr(
            "for grades, list them in score.order of the policy",
            "若为等级,请在政策中写明 score.order",
        )
        where = f"{said.path.name}: {policy.score.column}"
        raise SubjectError(what, faulty.drop_nulls()[0], hint, where)
    return _of_source(found, policy, said.path.name) if check_source else found


def _scored(said: Stated, policy: Policy, also: Collection[str], texts: Collection[str]) -> Scores:
    """Read a file that is not a graded one: numbers where they are meant, text elsewhere."""
    raw = read_raw(said.path, is_header, is_date)
    table, short = raw.table()
    lines, table = table["_row"], table.drop("_row")
    if table.is_empty():
        raise SubjectError(tr("no rows", "没有数据行"), where=said.path.name)
    measured = {*also} if policy.score.order else {*also, policy.score.column}
    refuse(twins(table.columns, {*policy.columns, *also, *texts}, said.path.name))
    faults: dict[str, pl.Series] = {}
    readers = [({*policy.columns, *texts}, _readable)]
    if said.path.suffix.lower() in PARQUET:
        readers.insert(0, (measured, numbers))
        table = table.with_columns(map(shortest, table.get_columns()))
    else:
        table, faults = cells(table, measured)
    for names, reader in readers:
        for name in names & set(table.columns):
            if table[name].dtype == pl.String:
                column, wrong = reader(table[name])
                table = table.with_columns(column)
                faults |= {name: wrong} if wrong.count() else {}
    source, told = str(said.raw.get("model_sha256", "")), said.raw.get("labels")
    labels = {str(code): str(name) for code, name in told.items()} if isinstance(told, dict) else {}
    return Scores(
        table,
        source,
        notes=raw.notes,
        labels=labels,
        lines=lines,
        faults=faults,
        short=short,
    )


def _of_source(found: Scores, policy: Policy, where: str) -> Scores:
    """Refuse scores of another model or edition than the policy names; note where none is told."""
    asked = policy.score.sha256
    if not asked or asked == found.source_sha256:
        return found
    if found.source_sha256:
        raise PolicyError(
            tr("another model or edition made these scores", "评分并非政策指定的模型或版本所出"),
            f"{found.source_sha256[:12]} != {asked[:12]}",
            policy.score.source,
            where,
        )
    note = tr(
        "the file does not say which model made the scores: they are not checked against the policy",
        "文件未说明评分由何模型所出,未与政策核对",
    )
    return replace(found, notes=(*found.notes, note))


def cells(
    table: pl.DataFrame, measured: Collection[str]
) -> tuple[pl.DataFrame, dict[str, pl.Series]]:
    """Return text cells as a table, and numeric cells that do not parse; an empty cell is null."""
    names = [name.strip() for name in table.columns]
    if len(set(names)) < len(names):
        names = table.columns
    made, faults = [], {}
    for name, column in zip(names, table, strict=True):
        if name in measured or name.startswith(_NUMBERS):
            read, wrong = numbers(column.alias(name))
            if wrong.count():
                faults[name] = wrong
        else:
            read = filled(column.alias(name))
        made.append(read)
    return pl.DataFrame(made), faults


def _readable(column: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return text with unreadable cells as null, and these cells verbatim."""
    lost = unreadable(pl.col(column.name))
    held = pl.when(lost).then(pl.col(column.name))
    kept = pl.when(~lost).then(pl.col(column.name))
    found = column.to_frame().select(kept.alias(column.name), held.alias("held"))
    return found[column.name], found["held"]


def stored_rows(path: Path) -> pl.DataFrame:
    """Return the rows of a file this package wrote, bound or not; cells of CSV and Excel stay text."""
    packed = path.suffix.lower() in PARQUET
    try:
        table = scan_written(path).collect()
    except DAMAGED as error:
        told = refusal(path, error) if packed else broken(path.name, error)
        raise told from None
    return table if packed else cells(table, ())[0]
