"""What a board holds besides observations: graded registers, models, loans to try cut-offs on.

Files are found by their places, which a user's folder shares with the synthetic board; what is
absent is an empty answer, never an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from lishui_credit.board.contents import told_in
from lishui_credit.board.graded import FOLDER as GRADED
from lishui_credit.board.lending import FOLDER as LENDING
from lishui_credit.board.models import FOLDER as MODELS
from lishui_credit.board.models import WATCH
from lishui_credit.errors import ModelError, SubjectError
from lishui_credit.language import tr
from lishui_credit.monitoring.ledger import FILE as HISTORY
from lishui_credit.rubrics.grounds import Grounds, of_graded
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.rubrics.stored_grades import Graded
from lishui_credit.scorecards.cards.card_approval import Standing, standing_of
from lishui_credit.scorecards.cards.card_file import FILE
from lishui_credit.tables.beside import manifest_path
from lishui_credit.tables.write import SUFFIXES
from lishui_credit.validation.reform_effects import Reform
from lishui_credit.validation.reform_files import regraded_files


def graded_files(folder: Path | str) -> dict[str, dict[int, Path]]:
    """Return the graded files of a board, by rubric and year."""
    found: dict[str, dict[int, Path]] = {}
    root = Path(folder) / GRADED
    for home in sorted(path for path in root.glob("*") if path.is_dir()):
        years: dict[int, Path] = {}
        for suffix in reversed(SUFFIXES):
            for path in sorted(home.glob(f"*{suffix}")):
                if path.stem.isdecimal() and len(path.stem) == 4:
                    years[int(path.stem)] = path
        if years:
            found[home.name] = dict(sorted(years.items()))
    return found


def explained(graded: Graded, path: Path, subject: str) -> Grounds:
    """Return all that `explain` tells of a synthetic subject; of a real one nothing is told."""
    names = graded.frame.collect_schema().names()
    key = graded.rubric.subject_id

    rows = graded.frame.filter(pl.col(key).cast(pl.String) == subject).head(1).collect()
    if rows.is_empty():
        raise SubjectError(tr("no such subject in the result", "结果中没有该主体"), subject)
    row = rows.row(0, named=True)
    if "synthetic" not in names or str(row["synthetic"]).lower() != "true":
        raise SubjectError(
            tr("only synthetic subjects are explained here", "本页只解释合成主体"),
            hint=tr(
                "use `lishui-credit explain`, which asks for the file",
                "请使用 lishui-credit explain",
            ),
        )
    return of_graded(graded, path, subject)


def other_editions(graded: Graded) -> dict[str, Rubric]:
    """Return the editions of a file's rubric that grade, by their first day."""
    found = {
        entry.start.isoformat(): catalog.load(entry.path)
        for entry in catalog.entries()
        if entry.name == graded.rubric.name
    }
    return {day: rubric for day, rubric in found.items() if rubric.lacking is None}


def reformed(
    graded: Graded, path: Path, old: Rubric, new: Rubric, *, groups: tuple[str, ...] = ()
) -> Reform:
    """Return what another edition would make of the subjects of a graded file.

    Graded again from the file's inputs, on its day, whether the edition was in force on it or not.
    """
    facts = graded.manifest.facts
    files = graded.manifest.files(path)
    found, _ = regraded_files(
        old,
        new,
        {role: files[role] for role in ("subjects", "events", "bases") if role in files},
        groups=groups,
        period=facts.period,
        as_of=facts.as_of,
        as_if_in_force=True,
        sheets=graded.manifest.sheets(),
    )
    return found


def synthetic_ids(graded: Graded, rows: int = 200) -> list[str]:
    """Return ids of synthetic subjects of a graded file: the first of each outcome, then others."""
    if "synthetic" not in graded.frame.collect_schema().names():
        return []
    key = pl.col(graded.rubric.subject_id).cast(pl.String)
    made = (
        graded.frame.filter(pl.col("synthetic").cast(pl.String).str.to_lowercase() == "true")
        .select(key.alias("id"), pl.col("grade"), pl.col("decided_by"))
        .collect()
    )
    # one of every grade and reason stands first, so that each can be looked at
    return (
        made.with_columns(pl.int_range(pl.len()).over("grade", "decided_by").alias("_turn"))
        .sort("_turn", "grade", "id", nulls_last=True)
        .head(rows)["id"]
        .to_list()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredModel:
    """A model's folder."""

    id: str
    folder: Path
    validations: dict[str, Path]

    @property
    def file(self) -> Path:
        """Its scorecard."""
        return self.folder / FILE

    @property
    def standing(self) -> Standing:
        """Whether it is approved today."""
        return standing_of(self.file)

    @property
    def watch(self) -> Path | None:
        """Folder of its watch, None where nobody watches it."""
        path = self.folder / WATCH
        return path if (path / HISTORY).is_file() else None

    def about(self, what: str, lang: str) -> str:
        """Return the owner's words on something in a language, "" where there are none."""
        path = self.folder / "about.json"
        told = told_in(path, ModelError)
        if not isinstance(told, dict):
            raise ModelError(tr("not a JSON object", "不是 JSON 对象"), where=str(path))
        return str(told.get(f"{what}_{lang}") or told.get(f"{what}_zh") or "")


def stored_models(folder: Path | str) -> dict[str, StoredModel]:
    """Return the models of a board: every ``models/<name>/<version>`` with a scorecard."""
    root = Path(folder) / MODELS
    found = {}
    for path in sorted(root.glob(f"*/*/{FILE}")):
        home = path.parent
        name = f"{home.parent.name}/{home.name}"
        validations = {
            part.stem: part
            for part in sorted(home.glob("*.json"))
            if part.name not in (FILE, manifest_path(Path(FILE)).name, "about.json")
        }
        found[name] = StoredModel(id=name, folder=home, validations=validations)
    return found


def laboratory_file(folder: Path | str) -> Path | None:
    """Return ``lending/laboratory.toml`` of a board, None where there is none."""
    path = Path(folder) / LENDING / "laboratory.toml"
    return path if path.is_file() else None
