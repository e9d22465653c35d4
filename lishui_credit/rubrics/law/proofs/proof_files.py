"""Proofs as files: one beside each shipped edition that grades, remade by ``rubrics prove --write``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.catalog import Entry
from lishui_credit.rubrics.law.proofs.edition_proof import EditionProof, prove
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.tables.json_nouns import parsed

SUFFIX = ".proof.json"


def proof_path(entry: Entry) -> Path:
    """Return where the proof of a shipped edition lies: ``<first-day-in-force>.proof.json``."""
    return entry.path.with_suffix(SUFFIX)


def stored_proof(rubric: Rubric) -> dict[str, Any] | None:
    """Return what lies beside a shipped edition; None of an outline, and where it proves other rules."""
    name = (rubric.name, rubric.edition)
    for entry in catalog.entries():
        if (entry.name, entry.start.isoformat()) == name and proof_path(entry).exists():
            told: dict[str, Any] = parsed(proof_path(entry).read_text("utf-8"), entry.name)
            return told if told["sha256"] == rubric.sha256 else None
    return None


def proofs() -> Iterator[tuple[Entry, EditionProof]]:
    """Yield every shipped edition that grades, with its proof made anew."""
    for entry in catalog.entries():
        rubric = catalog.load(entry.path)
        if rubric.lacking is None:
            yield entry, prove(rubric)


def write(entry: Entry, proof: EditionProof) -> bool:
    """Write a proof beside its edition where it differs from what lies there; tell whether it did."""
    path, text = proof_path(entry), proof.as_text()
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.write_text(text, encoding="utf-8")
    return True
