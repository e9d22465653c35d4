"""Why one applicant of a decided file was decided so, from the file and its manifest alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from lishui_credit.errors import Problem, SubjectError
from lishui_credit.language import language, tr
from lishui_credit.policies.decision_files import read_manifest
from lishui_credit.policies.score_files import stored_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """Why one applicant was decided so.

    Parameters
    ----------
    id, score, decision, decided_by : str
        The row.
    clause_zh, clause_en : str
        What `decided_by` says, in words.
    policy, policy_sha256, title_zh, title_en : str
        What decided it.
    on : str
        Day of the decision.
    trial, synthetic : bool
        Whether the policy was on trial, the data made up.
    reasons : tuple of (str, str, str)
        Code, Chinese, English; largest first.
    """

    id: str
    score: str
    decision: str
    decided_by: str
    clause_zh: str
    clause_en: str
    policy: str
    policy_sha256: str
    title_zh: str
    title_en: str
    on: str
    trial: bool
    synthetic: bool
    reasons: tuple[tuple[str, str, str], ...]

    def __str__(self) -> str:
        """Return the explanation as lines of text, in the language in use."""
        marks = [tr("SYNTHETIC DATA", "合成数据")] if self.synthetic else []
        marks += [tr("TRIAL: not a decision in force", "试算:不是有效决定")] if self.trial else []
        title = tr(self.title_en, self.title_zh) or self.title_zh
        lines = [
            *marks,
            f"{self.id}  ·  {said(self.decision)}  ·  {self.on}",
            f"{self.policy}  {title}  {self.policy_sha256[:12]}",
            tr("score: ", "评分:") + (self.score or "—"),
            tr("decided by: ", "依据:")
            + f"{tr(self.clause_en, self.clause_zh)} ({self.decided_by})",
        ]
        sentence = 1 if language() == "zh" else 2
        lines += [
            f"  {place}. {row[sentence]} ({row[0]})" for place, row in enumerate(self.reasons, 1)
        ]
        return "\n".join(lines)


_WORDS: Final = {
    "approve": ("approve", "通过"),
    "refer": ("refer to a person", "转人工审核"),
    "decline": ("decline", "拒绝"),
    "not decided": ("not decided", "未决策"),
}


def said(decision: str) -> str:
    """Return a decision in the language in use."""
    return tr(*_WORDS[decision]) if decision in _WORDS else decision


def explain(path: Path | str, subject: str) -> Explained:
    """Return why one applicant of a decided file was decided so.

    Parameters
    ----------
    path : path-like
        An output of `decide_file`.
    subject : str
        The applicant's id; the row's number where the file had none.

    Raises
    ------
    ModelError
        If it is no file of decisions.
    SubjectError
        If the applicant is not in it.
    """
    path = Path(path)
    manifest = read_manifest(path)
    table = stored_rows(path)
    rows = table.filter(pl.col("id").cast(pl.String) == subject)
    if rows.is_empty():
        raise SubjectError(
            Problem(
                tr("nobody of that id was decided", "没有该编号的申请人"),
                subject,
                tr("for instance ", "例如 ") + ", ".join(map(str, table["id"].head(3))),
                path.name,
            )
        )
    row = rows.row(0, named=True)
    found = [
        tuple(str(row[f"reason_{n}{side}"]) for side in ("", "_zh", "_en"))
        for n in range(1, manifest.reasons + 1)
        if row.get(f"reason_{n}") is not None
    ]
    return Explained(
        id=subject,
        score="" if row["score"] is None else str(row["score"]),
        decision=row["decision"],
        decided_by=row["decided_by"],
        clause_zh=row.get("decided_by_zh") or row["decided_by"],
        clause_en=row.get("decided_by_en") or row["decided_by"],
        policy=row["policy"],
        policy_sha256=row["policy_sha256"],
        title_zh=manifest.policy["title_zh"],
        title_en=manifest.policy.get("title_en", ""),
        on=manifest.on,
        trial=manifest.trial,
        synthetic=manifest.synthetic,
        reasons=tuple((a, b, c) for a, b, c in found),
    )
