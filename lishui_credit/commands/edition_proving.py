"""What ``rubrics prove`` does, and how ``rubrics check`` proves a user's edition."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lishui_credit.commands.terminal import say
from lishui_credit.language import tr

if TYPE_CHECKING:
    from lishui_credit.errors import Problem
    from lishui_credit.rubrics.law.proofs.edition_proof import EditionProof
    from lishui_credit.rubrics.law.rubric import Rubric
    from lishui_credit.tables.toml_places import Loc


def add_prove(part: Any) -> None:
    """Add the command to the parser."""
    proved = part(
        "prove",
        "prove every shipped edition: no gap, no unreachable rule, no better value that lowers a grade",
        "逐一证明已收录版本:无空档、无失效规则、取值更优不降级",
        prove,
    )
    proved.asks(
        "--write",
        "lay each proof beside its edition",
        "将证明写在各版本文件旁",
        action="store_true",
    )


def check_proved(path: Path) -> tuple[Rubric, list[EditionProof]]:
    """Return a user's edition and its proof, none of an outline; raises with all it fails to prove."""
    from lishui_credit.rubrics.law import catalog
    from lishui_credit.rubrics.law.proofs import edition_proof

    made: list[EditionProof] = []

    def further(rubric: Rubric) -> list[tuple[Loc, Problem]]:
        if rubric.lacking is None:
            made.append(edition_proof.prove(rubric))
        return [(row.loc, row.problem) for proof in made for row in proof.faults]

    found = catalog.check_file(path, further)
    return found, [replace(proof, rubric=found) for proof in made]


def prove(options: argparse.Namespace) -> int:
    """Prove every edition shipped; exit code 1 where one is not proved."""
    from lishui_credit.rubrics.law.proofs.edition_proof import summary
    from lishui_credit.rubrics.law.proofs.proof_files import proof_path, proofs, write

    lines, rows = [], []
    for entry, proof in proofs():
        written = options.write and write(entry, proof)
        rows.append({**proof.as_dict(), "file": str(proof_path(entry)), "written": written})
        lines.append(f"{entry.name}@{entry.start}")
        told = [str(row.problem) for row in proof.faults] or summary(proof)
        lines += [f"  {line}" for line in told]
        lines += [tr("  written", "  已写出")] if written else []
    say(options, rows, lambda: lines)
    return 0 if all(row["proved"] for row in rows) else 1
