"""Scored files: score a file into a file with its manifest, and prove the same scores again."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, get_args

import polars as pl

from lishui_credit import proof
from lishui_credit.errors import ModelError
from lishui_credit.language import Bilingual, tr
from lishui_credit.proof import Kind, Manifest, Progress, Stated, Verdict
from lishui_credit.scorecards import sample_files
from lishui_credit.scorecards.cards.card_approval import State, standing_of
from lishui_credit.scorecards.cards.card_file import FILE
from lishui_credit.scorecards.cards.card_workbook import read_card
from lishui_credit.scorecards.sample_files import MADE_UP
from lishui_credit.tables.cells import says_yes
from lishui_credit.tables.read import scan_written
from lishui_credit.tables.unlike_rows import differences
from lishui_credit.tables.write import check_suffix, keep_inputs

_ROW: Final = "_row"

_UNSIGNED: Final = {"", *get_args(State)} - {"approved"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreFacts:
    """What a scored file rests on beside its inputs, and how many rows came out."""

    model: str
    model_sha256: str  # of the card's file; a policy that names a card is held to it
    point_unit: int
    input_sha256: str = ""
    keep: tuple[str, ...] | None = None  # input columns kept; None keeps those the card reads not
    reasons: int = 0  # most reason codes per row
    rows: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)  # Chinese, of the columns of the card
    approval: str = ""  # of the card when it scored: its state, and by whom


KIND: Final = Kind(
    proof.SCORES, ScoreFacts, Bilingual("a scored file", "评分结果文件"), ("subjects", "card")
)


def score_file(
    model: Path | str,
    subjects: Path | str,
    output: Path | str,
    *,
    keep: Sequence[str] | None = None,
    reasons: int = 0,
) -> Manifest[ScoreFacts]:
    """Score a file by a stored card into a file, with its manifest beside it.

    Parameters
    ----------
    model : path-like
        Folder of the card, its ``scorecard.json`` or its workbook.
    subjects, output : path-like
        In and out; ``.parquet``, ``.csv`` or ``.xlsx``. An earlier output is replaced only when the
        new one is complete.
    keep : sequence of str, optional
        Input columns to keep; without it those that the card does not read.
    reasons : int, default 0
        Most reason codes per row.

    Returns
    -------
    Manifest
        Its ``facts`` name the card, its SHA-256 and its approval, and count the rows.

    Raises
    ------
    ModelError
        If there is no such card.
    SubjectError
        If the file cannot be read, lacks columns of the card, or is the output itself.

    Examples
    --------
    >>> import tempfile
    >>> from lishui_credit.scorecards import Scorecard, save
    >>> folder = tempfile.TemporaryDirectory()
    >>> people = pl.DataFrame({"debt": [1, 2, 3, 4] * 60, "bad": [0, 0, 0, 1, 1, 0, 1, 0, 0, 0, 1, 1] * 20})
    >>> people.write_csv(f"{folder.name}/people.csv")
    >>> card = Scorecard().fit(people.select("debt"), people["bad"]).card_
    >>> _ = save(card, f"{folder.name}/card/1")
    >>> made = score_file(f"{folder.name}/card/1", f"{folder.name}/people.csv", f"{folder.name}/s.csv")
    >>> made.facts.rows, made.inputs["subjects"].path
    (240, 'people.csv')
    >>> folder.cleanup()
    """
    output, card = check_suffix(output), read_card(model)
    files = {"subjects": Path(subjects), "card": Path(model)}
    if files["card"].is_dir():
        files["card"] /= FILE
    keep_inputs((output, proof.manifest_path(output)), files.values())
    if not files["subjects"].is_file():
        sample_files.scan_sample(subjects)  # says what is wrong with it
    inputs = proof.input_files(files, output, {})
    facts = ScoreFacts(
        model=card.id,
        model_sha256=inputs["card"].sha256,
        point_unit=card.point_unit,
        input_sha256=inputs["subjects"].sha256,
        keep=None if keep is None else tuple(keep),
        reasons=reasons,
        labels={row.feature: row.label_zh for row in card.characteristics if row.label_zh},
        approval=card.standing.record,
    )
    manifest = Manifest(kind=KIND, facts=facts, inputs=inputs, synthetic=card.synthetic)

    def made(draft: Path) -> Manifest[ScoreFacts]:
        rows = sample_files.score_file(
            card, subjects, draft, keep=keep, reasons=reasons, metadata=manifest.footer()
        )
        read = {**inputs, "subjects": replace(inputs["subjects"], rows=rows)}
        made_up = card.synthetic or _says_synthetic(scan_written(draft))
        return replace(manifest, facts=replace(facts, rows=rows), inputs=read, synthetic=made_up)

    return proof.publish(output, made)


def _says_synthetic(rows: pl.LazyFrame) -> bool:
    if MADE_UP not in rows.collect_schema().names():
        return False
    return says_yes(rows.select(pl.col(MADE_UP).unique()).collect(engine="streaming").to_series())


def verified(said: Stated, progress: Progress) -> Verdict:
    """Score a scored file again from its inputs and compare: card, inputs, every cell."""
    if said.kind == KIND.name and "inputs" not in said.raw:
        raise ModelError(
            tr(
                "an earlier version wrote this file and did not record where its inputs lie",
                "该文件由早期版本写出,未记录输入文件的位置",
            ),
            hint=tr("score the file again", "请重新打分"),
            where=said.path.name,
        )
    manifest = said.manifest(KIND, bound=False)
    facts = manifest.facts

    def again(files: Mapping[str, Path]) -> Verdict:
        progress(tr("scoring again", "重新打分"))
        with tempfile.TemporaryDirectory(prefix="lishui_credit_") as folder:
            second = Path(folder) / f"again{said.path.suffix}"
            card = read_card(files["card"])
            rows = sample_files.score_file(
                card, files["subjects"], second, keep=facts.keep, reasons=facts.reasons
            )
            same, subjects, different = _compared(scan_written(said.path), scan_written(second))
            synthetic = card.synthetic or _says_synthetic(scan_written(second))
        told = replace(
            facts,
            model=card.id,
            model_sha256=manifest.inputs["card"].sha256,
            point_unit=card.point_unit,
            input_sha256=manifest.inputs["subjects"].sha256,
            rows=rows,
            approval=_signed(files["card"]),
        )
        inputs = {
            **manifest.inputs,
            "subjects": replace(manifest.inputs["subjects"], rows=rows),
            "card": replace(manifest.inputs["card"], rows=0),
        }
        rerun = replace(manifest, facts=told, inputs=inputs, synthetic=synthetic, notes=())
        checks = {
            "columns": same,
            "scores": different.is_empty() and subjects == rows,
            **proof.words(said, rerun, but=("approval",)),
            # a card that was not approved may be by now; one that was, is so by the same signature
            "approval": facts.approval == rerun.facts.approval or facts.approval in _UNSIGNED,
        }
        return Verdict(checks=checks, subjects=rows, different=different)

    return proof.verify(said, manifest, again, progress)


def _signed(card: Path) -> str:
    """Return how a manifest names the signature on a card, whether or not it has ended by now."""
    standing = standing_of(card)
    told = standing.approval.signature if standing.approval is not None else None
    return (standing_of(card, told.on) if told is not None else standing).record


def _compared(old: pl.LazyFrame, new: pl.LazyFrame) -> tuple[bool, int, pl.DataFrame]:
    """Return whether both have the same columns, how many rows, and those whose cells differ.

    A PD is the same as far as a workbook keeps digits: its last bits depend on the processor.
    """
    kinds, names = new.collect_schema(), old.collect_schema().names()
    both = [name for name in kinds if name in names]
    results = [name for name in ("score", "pd", "grade") if name in both]
    frames = [
        frame.select(pl.col(name).cast(kinds[name], strict=False) for name in both).with_row_index(
            _ROW, offset=1
        )
        for frame in (old, new)
    ]
    different, rows = differences(
        frames[0], frames[1], _ROW, both, shown=results, nearly=[n for n in results if n != "grade"]
    )
    return names == kinds.names(), rows, different
