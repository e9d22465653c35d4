"""Proofs as files: one beside each shipped edition that grades, remade by ``rubrics prove --write``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.catalog import Entry
from lishui_credit.rubrics.law.proofs.edition_proof import EditionProof, prove

SUFFIX = ".proof.json"


def proof_path(entry: Entry) -> Path:
    """Return where the proof of a shipped edition lies: ``<first-day-in-force>.proof.json``."""
    return entry.path.with_suffix(SUFFIX)


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
