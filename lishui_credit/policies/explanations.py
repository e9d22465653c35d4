"""Why one applicant of a decided file was decided so, from the file and its manifest alone."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from lishui_credit.errors import Problem
from lishui_credit.language import Bilingual, dated, tr
from lishui_credit.policies.clauses import VERDICTS
from lishui_credit.policies.decision_files import read_manifest
from lishui_credit.policies.policy import NOT_DECIDED
from lishui_credit.policies.score_files import stored_rows
from lishui_credit.tables.asked_ids import asked_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """Why one applicant was decided so; printed, it is lines of text in the language in use."""

    id: str
    score: str
    decision: str
    decided_by: str
    clause: Bilingual  # what `decided_by` says, in words
    policy: str  # id@version
    policy_sha256: str
    title: Bilingual  # of the policy
    on: str  # day of the decision
    trial: bool
    synthetic: bool
    reasons: tuple[tuple[str, Bilingual], ...]  # codes with their sentences, largest first

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data; a text as ``_zh`` and ``_en``, a reason as code, zh, en."""
        told: dict[str, Any] = {}
        for part in fields(self):
            value = getattr(self, part.name)
            if isinstance(value, Bilingual):
                told |= {f"{part.name}_zh": value.zh, f"{part.name}_en": value.en}
            else:
                told[part.name] = value
        told["reasons"] = [(code, why.zh, why.en) for code, why in self.reasons]
        return told

    def __str__(self) -> str:
        """Return the explanation as lines of text, in the language in use."""
        marks = [tr("SYNTHETIC DATA", "合成数据")] if self.synthetic else []
        marks += [tr("TRIAL: not a decision in force", "试算:不是有效决定")] if self.trial else []
        lines = [
            *marks,
            f"{self.id}  ·  {said(self.decision)}  ·  {dated(date.fromisoformat(self.on))}",
            f"{self.policy}  {str(self.title) or self.title.zh}  {self.policy_sha256[:12]}",
            tr("score: ", "评分:") + (self.score or "—"),
            tr("decided by: ", "依据:") + f"{self.clause} ({self.decided_by})",
            *(f"  {place}. {why} ({code})" for place, (code, why) in enumerate(self.reasons, 1)),
        ]
        return "\n".join(lines)


_WORDS: Final = {**VERDICTS, NOT_DECIDED: Bilingual("not decided", "未决策")}


def said(decision: str) -> str:
    """Return a decision in the language in use."""
    return str(_WORDS.get(decision, decision))


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
    facts = manifest.facts
    table = stored_rows(path)
    lacking = Problem(
        tr("no applicant of that id in the file", "文件中没有该编号的申请人"),
        hint=tr("for instance ", "例如 ") + ", ".join(map(str, table["id"].head(3))),
        where=path.name,
    )
    subject = asked_id(subject, table.lazy().select("id"), lacking)
    row = table.filter(pl.col("id").cast(pl.String) == subject).row(0, named=True)
    reasons = tuple(
        (row[f"reason_{n}"], Bilingual(row[f"reason_{n}_en"], row[f"reason_{n}_zh"]))
        for n in range(1, facts.reasons + 1)
        if row.get(f"reason_{n}") is not None
    )
    clauses = [row.get(f"decided_by_{side}") or row["decided_by"] for side in ("en", "zh")]
    return Explained(
        id=subject,
        score="" if row["score"] is None else str(row["score"]),
        decision=row["decision"],
        decided_by=row["decided_by"],
        clause=Bilingual(*clauses),
        policy=row["policy"],
        policy_sha256=row["policy_sha256"],
        title=Bilingual(facts.policy.get("title_en", ""), facts.policy["title_zh"]),
        on=facts.on.isoformat(),
        trial=facts.trial,
        synthetic=manifest.synthetic,
        reasons=reasons,
    )
