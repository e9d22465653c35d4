"""Decided files: decide a file into a file with its manifest, and prove the same decisions again.

The manifest holds the whole policy and its hash, the day, what came out, and whether the policy's
constraints held.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from lishui_credit import proof
from lishui_credit.errors import PolicyError
from lishui_credit.language import Bilingual, tr
from lishui_credit.policies import policy_file as policies
from lishui_credit.policies.deciding import decide, subject_column
from lishui_credit.policies.policy import (
    APPROVE,
    DECISIONS,
    NOT_DECIDED,
    REFER,
    WHOLE,
    Policy,
    content,
)
from lishui_credit.policies.score_files import Scores, read_scores, stored_rows
from lishui_credit.policies.sift import AMOUNT, OUTCOME, sift
from lishui_credit.proof import Kind, Manifest, Progress, Stated, Verdict
from lishui_credit.rubrics.law.rule_hash import rule_hash
from lishui_credit.scorecards.cards.card_file import FILE, load
from lishui_credit.tables.rejected import rejected_path, settle
from lishui_credit.tables.unlike_rows import differences
from lishui_credit.tables.write import check_suffix, keep_inputs, write_table

JOB: Final = Bilingual("decide", "决策")


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionFacts:
    """What a decided file rests on beside its inputs, and what came out."""

    policy: Mapping[str, Any]  # its whole content, see `policy.content`
    policy_sha256: str
    on: date  # day of the decision
    trial: bool  # whether the policy was not approved or not valid on that day
    id: str  # column of ids; "" where rows were numbered
    reasons: int  # most reasons per applicant
    counts: Mapping[str, int] = field(default_factory=dict)  # applicants by decision
    decided_by: Mapping[str, int] = field(default_factory=dict)  # by clause, most first
    constraints: tuple[Mapping[str, Any], ...] = ()  # see `constraints`
    rejected: int = 0  # rows left out because they cannot be decided

    def __post_init__(self) -> None:
        """Refuse a policy without a title: explanations name it."""
        if not isinstance(self.policy.get("title_zh"), str):
            raise ValueError("policy")


KIND: Final = Kind(
    proof.DECISIONS,
    DecisionFacts,
    Bilingual("a file of decisions", "决策文件"),
    ("scores", "policy"),
)


def decide_file(
    policy: Path | str,
    scores: Path | str,
    output: Path | str,
    *,
    on: date | None = None,
    trial: bool = False,
    id: str | None = None,
    card: Path | str | None = None,
    top: int = 4,
    skip_rejected: bool = False,
    progress: Progress = lambda step: None,
) -> Manifest[DecisionFacts]:
    """Decide a file of scores into a file, with its manifest beside it.

    Parameters
    ----------
    policy, scores : path-like
        The policy's TOML; ``.parquet``, ``.csv``, ``.xlsx``, or a graded file.
    output : path-like
        ``.parquet``, ``.csv`` or ``.xlsx``; replaced only when complete.
    on, trial, id, top
        As in `decide`.
    card : path-like, optional
        A stored card, for reasons.
    skip_rejected : bool, default False
        Decide the other rows although some cannot be decided.
    progress : callable
        Told the name of each step.

    Returns
    -------
    Manifest
        Its ``facts`` count applicants by decision and by clause, and say of every constraint whether
        it held.

    Raises
    ------
    PolicyError, SubjectError, ModelError
        For a policy, scores or a card that are wrong. Rows that cannot be decided are written to
        ``<output>.rejected.csv`` with every reason; unless `skip_rejected`, nothing else is.
    """
    output, day = check_suffix(output), date.today() if on is None else on
    files = {"scores": Path(scores), "policy": Path(policy)}
    if card is not None:
        files["card"] = Path(card) / FILE if Path(card).is_dir() else Path(card)
    beside = (proof.manifest_path(output), rejected_path(output))
    keep_inputs((output, *beside), files.values())
    progress(tr("reading and checking", "读取与校验"))
    rules = policies.read_policy(policy)
    rules.permit(day, trial=trial)
    read = read_scores(scores, rules, AMOUNT, OUTCOME)
    key = subject_column(read.frame.columns, id)
    found, rejected = sift(read, key)
    settle({"": rejected}, output, JOB, left=found.frame.height, skip=skip_rejected)
    facts = DecisionFacts(
        policy=content(rules),
        policy_sha256=rules.sha256,
        on=day,
        trial=rules.lapse(day) is not None,
        id=key or "",
        reasons=top,
        rejected=rejected.height,
    )
    table = _decided(facts, rules, found, files)
    manifest = Manifest(
        kind=KIND,
        facts=replace(facts, **_figures(rules, table, found)),
        inputs=proof.input_files(files, output, {"scores": read.frame.height}),
        synthetic=found.synthetic,
        notes=_notes(rules, found, key or ""),
    )
    progress(tr("writing", "写出"))

    def made(draft: Path) -> Manifest[DecisionFacts]:
        write_table(table.lazy(), draft, manifest.footer(), sheet=KIND.name)
        return manifest

    return proof.publish(output, made)


def _notes(rules: Policy, found: Scores, key: str) -> tuple[str, ...]:
    """Return what the reader noted of the scores, and what could not be checked."""
    notes = [*found.notes]
    if not key:
        notes.append(tr("no id column: rows are numbered", "没有编号列,按行编号"))
    if rules.constraints.budget_fen is not None and AMOUNT not in found.frame.columns:
        what = f"没有“{AMOUNT}”列(金额,单位分),无法核对预算"
        notes.append(tr(f"no column '{AMOUNT}' (money in fen): the budget is not checked", what))
    return tuple(notes)


def _decided(
    facts: DecisionFacts, policy: Policy, found: Scores, files: Mapping[str, Path]
) -> pl.DataFrame:
    return decide(
        found.frame,
        policy,
        on=facts.on,
        trial=facts.trial,
        id=facts.id or None,
        card=load(files["card"]) if "card" in files else None,
        rubric=found.rubric,
        top=facts.reasons,
        labels=found.labels,
    )


def _figures(policy: Policy, table: pl.DataFrame, found: Scores) -> dict[str, Any]:
    """Return what the facts say of the decisions in numbers."""
    counted = dict(table.group_by("decision").len().iter_rows())
    clauses = (
        table.group_by("decided_by").len().sort(["len", "decided_by"], descending=[True, False])
    )
    return {
        "counts": {name: int(counted.get(name, 0)) for name in DECISIONS},
        "decided_by": dict(clauses.iter_rows()),
        "constraints": tuple(constraints(policy, table, found.frame)),
    }


def constraints(policy: Policy, decided: pl.DataFrame, frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Return each constraint of a policy, its limit, what was found, and whether it holds."""
    # ``found`` is in basis points rounded down or in fen, None where the columns ``amount_fen`` or
    # ``bad`` do not tell; ``holds`` is compared in whole numbers, unrounded.
    limits, verdict = policy.constraints, decided["decision"]
    approved = verdict == APPROVE
    whole = int((verdict != NOT_DECIDED).sum())
    bads = frame["bad"].cast(pl.Int64, strict=False).filter(approved) if "bad" in frame else None
    known = None if bads is None or bads.null_count() else int(bads.sum())
    shares = {
        "approval_at_least_bp": (int(approved.sum()), whole),
        "bad_rate_at_most_bp": (known, int(approved.sum())),
        "referral_at_most_bp": (int((verdict == REFER).sum()), whole),
    }
    rows: list[dict[str, Any]] = []
    for name, (count, of) in shares.items():
        limit = getattr(limits, name)
        if limit is None:
            continue
        share = holds = None
        if count is not None and of:
            share = count * WHOLE // of
            over = count * WHOLE - limit * of
            holds = over >= 0 if name == "approval_at_least_bp" else over <= 0
        rows.append({"constraint": name, "limit": limit, "found": share, "holds": holds})
    if limits.budget_fen is not None:
        lent = None
        if "amount_fen" in frame:
            amounts = frame["amount_fen"].filter(approved)
            lent = int(amounts.cast(pl.Int64).sum()) if amounts.null_count() == 0 else None
        rows.append(
            {
                "constraint": "budget_fen",
                "limit": limits.budget_fen,
                "found": lent,
                "holds": None if lent is None else lent <= limits.budget_fen,
            }
        )
    return rows


# ---- proving again ----------------------------------------------------------------------------


def read_manifest(path: Path | str) -> Manifest[DecisionFacts]:
    """Return the manifest of a decided file; ModelError where it has none that can be read."""
    return proof.stated(path).manifest(KIND)


def verify(path: Path | str, progress: Progress = lambda step: None) -> Verdict:
    """Decide a decided file again from its inputs and compare: policy, inputs, every decision.

    Parameters
    ----------
    path : path-like
        An output of `decide_file`, its inputs where the manifest says.
    progress : callable
        Told the name of each step.

    Returns
    -------
    Verdict
        Checks ``output``, one per input, ``policy`` (its content: a comment may change),
        ``decisions``, ``figures`` (what the manifest counts); the applicants that differ.

    Raises
    ------
    ModelError
        If the file has no manifest or an input is gone.
    """
    return verified(proof.stated(path), progress)


def verified(said: Stated, progress: Progress) -> Verdict:
    """Return the verdict on the decided file whose manifest was read already; see `verify`."""
    manifest = said.manifest(KIND, bound=False)
    facts = manifest.facts

    def again(files: Mapping[str, Path]) -> Verdict:
        progress(tr("deciding again", "重新决策"))
        rules = policies.from_content(facts.policy)
        read = read_scores(files["scores"], rules, AMOUNT, OUTCOME)
        found, rejected = sift(read, facts.id or None)
        table = _decided(facts, rules, found, files)
        stored = stored_rows(said.path)
        different, subjects = _differences(stored, table, _unbound_words(read, table))
        figures = {**_figures(rules, table, found), "rejected": rejected.height}
        told = replace(facts, trial=rules.lapse(facts.on) is not None)
        notes = _notes(rules, found, facts.id)
        if notes != manifest.notes:  # those of a run in the other language?
            notes = proof.turned(
                lambda: _notes(
                    rules, read_scores(files["scores"], rules, AMOUNT, OUTCOME), facts.id
                )
            )
        inputs = manifest.inputs_again(scores=read.frame.height)
        rerun = replace(manifest, facts=told, notes=notes, inputs=inputs)
        checks = {
            "policy": rules.sha256 == facts.policy_sha256 == _hash_of(files["policy"]),
            "columns": [*table.columns] == [*stored.columns],
            "decisions": different.is_empty() and subjects == table.height,
            "figures": found.synthetic == manifest.synthetic
            and all(getattr(facts, name) == figure for name, figure in figures.items()),
            **proof.words(said, rerun),
        }
        return Verdict(checks=checks, subjects=subjects, different=different)

    return proof.verify(said, manifest, again, progress, by_content=("policy",))


def _hash_of(path: Path) -> str:
    """Return the hash of a policy's content; "" where the file is no policy any more."""
    try:
        return policies.read_policy(path).sha256
    except PolicyError:
        return ""


def _unbound_words(read: Scores, table: pl.DataFrame) -> list[str]:
    """Return the columns of English labels where a file of earlier code does not say which they were."""
    rubric = read.rubric
    if rubric is None or rule_hash(rubric) == rubric.sha256:
        return []
    return [name for name in table.columns if name.startswith("reason_") and name.endswith("_en")]


def _differences(
    stored: pl.DataFrame, again: pl.DataFrame, free: Collection[str]
) -> tuple[pl.DataFrame, int]:
    """Return applicants whose score, decision, clause, policy or reasons differ, and how many."""
    names = again.columns
    flags = [name for name in ("trial", "synthetic") if name in names]
    lacking = [name for name in names if name not in stored.columns]
    old = stored.with_columns(pl.lit(None, pl.String).alias(name) for name in lacking)
    before, after = (
        frame.lazy()
        .select(pl.col(name).cast(pl.String) for name in names)
        .with_columns(pl.col(flags).str.to_lowercase())
        for frame in (old, again)
    )
    compared = [name for name in names if name not in {"id", *free}]
    shown = ("decision", "decided_by")
    nearly = [name for name in names if name == "score" or name.startswith("lost_")]
    return differences(before, after, "id", compared, shown=shown, nearly=nearly)
