"""Decided files and their manifest: decide a file, prove the same decisions again, explain one.

A manifest says what decisions rest on: the whole policy and its hash, every input's SHA-256, the
day, the package version, what came out and whether the policy's constraints held. It lies beside
the output (``decisions.parquet.manifest.json``) and, for Parquet, inside it too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from lishui_credit.errors import ModelError, PolicyError, Problem
from lishui_credit.language import tr
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
from lishui_credit.policies.score_files import KEY, Scores, facts_of, read_scores, stored_rows
from lishui_credit.policies.sift import AMOUNT, OUTCOME, settle, sift
from lishui_credit.rubrics import grade_files as graded
from lishui_credit.scorecards.cards.card_file import FILE, load
from lishui_credit.tables.read import sha256
from lishui_credit.tables.write import check_suffix, keep_inputs, replacing, write_table
from lishui_credit.version import __version__

KIND: Final = "decisions"
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedManifest:
    """What a decided file rests on.

    Parameters
    ----------
    policy : mapping
        The policy's content, whole.
    policy_sha256 : str
        Its hash.
    inputs : dict of str to InputFile
        By role: scores, policy, card.
    on : str
        Day of the decision.
    trial : bool
        Whether the policy was not approved or not valid on that day.
    id : str
        Column of ids; "" where rows were numbered.
    reasons : int
        Most reasons per applicant.
    counts : dict of str to int
        Applicants by decision.
    decided_by : dict of str to int
        Applicants by clause, most first.
    constraints : list of dict
        Of each: limit, found, holds; None where the file does not tell.
    notes : tuple of str
        What the reader of the inputs remarked.
    rejected : int
        Rows left out because they cannot be decided; they lie in ``<output>.rejected.csv``.
    """

    policy: Mapping[str, Any]
    policy_sha256: str
    inputs: Mapping[str, graded.InputFile]
    on: str
    trial: bool
    id: str
    reasons: int
    package_version: str
    synthetic: bool = False
    counts: Mapping[str, int] = field(default_factory=dict)
    decided_by: Mapping[str, int] = field(default_factory=dict)
    constraints: tuple[Mapping[str, Any], ...] = ()
    notes: tuple[str, ...] = ()
    rejected: int = 0
    output_sha256: str = ""
    kind: str = KIND

    def json(self) -> str:
        """Return the manifest as JSON with sorted keys."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2, sort_keys=True)


# ---- deciding a file --------------------------------------------------------------------------


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
) -> DecidedManifest:
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
        Decide the other rows although some cannot be decided; see `rejected.sift`.
    progress : callable
        Told the name of each step.

    Returns
    -------
    DecidedManifest

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
    beside = (graded.manifest_path(output), graded.rejected_path(output))
    keep_inputs((output, *beside), files.values())
    progress(tr("reading and checking", "读取与校验"))
    rules = policies.read_policy(policy)
    rules.permit(day, trial=trial)
    read = read_scores(scores, rules, AMOUNT, OUTCOME)
    key = subject_column(read.frame.columns, id)
    found, rejected = sift(read, key)
    settle(rejected, output, left=found.frame.height, skip=skip_rejected)
    table = _decided(rules, found, day, trial=trial, id=id, card=files.get("card"), top=top)
    rows = {"scores": read.frame.height}
    notes = [*found.notes]
    if not key:
        notes.append(tr("no id column: rows are numbered", "没有编号列,按行编号"))
    if rules.constraints.budget_fen is not None and AMOUNT not in found.frame.columns:
        what = f"没有“{AMOUNT}”列(金额,单位分),无法核对预算"
        notes.append(tr(f"no column '{AMOUNT}' (money in fen): the budget is not checked", what))
    manifest = DecidedManifest(
        policy=content(rules),
        policy_sha256=rules.sha256,
        inputs={
            role: graded.InputFile(
                path=graded.relative(file, output), sha256=sha256(file), rows=rows.get(role, 0)
            )
            for role, file in files.items()
        },
        on=day.isoformat(),
        trial=rules.lapse(day) is not None,
        id=key or "",
        reasons=top,
        package_version=__version__,
        notes=tuple(notes),
        **_figures(rules, table, found, rejected.height),
    )
    progress(tr("writing", "写出"))
    write_table(table.lazy(), output, {KEY: manifest.json()})
    whole = replace(manifest, output_sha256=sha256(output))
    with replacing(graded.manifest_path(output)) as draft:
        draft.write_text(whole.json() + "\n", encoding="utf-8")
    return whole


def _decided(
    policy: Policy,
    found: Scores,
    on: date,
    *,
    trial: bool,
    id: str | None,
    card: Path | None,
    top: int,
) -> pl.DataFrame:
    stored = load(card) if card is not None else None
    return decide(
        found.frame,
        policy,
        on=on,
        trial=trial,
        id=id,
        card=stored,
        rubric=found.rubric,
        top=top,
    )


def _figures(policy: Policy, table: pl.DataFrame, found: Scores, rejected: int) -> dict[str, Any]:
    """Return what a manifest says of the decisions in numbers."""
    counted = dict(table.group_by("decision").len().iter_rows())
    clauses = (
        table.group_by("decided_by").len().sort(["len", "decided_by"], descending=[True, False])
    )
    return {
        "synthetic": found.synthetic,
        "counts": {name: int(counted.get(name, 0)) for name in DECISIONS},
        "decided_by": dict(clauses.iter_rows()),
        "constraints": tuple(constraints(policy, table, found.frame)),
        "rejected": rejected,
    }


def constraints(policy: Policy, decided: pl.DataFrame, frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Return each constraint of a policy, what was found, and whether it holds.

    Parameters
    ----------
    policy : Policy
        With its constraints.
    decided : polars.DataFrame, shape (n, any)
        What `decide` returned.
    frame : polars.DataFrame, shape (n, any)
        What it was given; ``amount_fen`` and ``bad`` are read where they are there.

    Returns
    -------
    list of dict
        ``constraint``, ``limit``, ``found`` (basis points rounded down, or fen; None where the
        file does not tell), ``holds`` (compared in whole numbers, unrounded).
    """
    limits, verdict = policy.constraints, decided["decision"]
    approved = verdict == APPROVE
    whole = int((verdict != NOT_DECIDED).sum())
    bads = frame["bad"].cast(pl.Int64, strict=False).filter(approved) if "bad" in frame else None
    told = bads is not None and bads.null_count() == 0
    shares = {
        "approval_at_least_bp": (int(approved.sum()), whole),
        "bad_rate_at_most_bp": (
            int(bads.sum()) if told and bads is not None else None,
            len(verdict.filter(approved)),
        ),
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


# ---- reading back -----------------------------------------------------------------------------


def is_decided(path: Path | str) -> bool:
    """Tell whether a file is one of decisions, by its manifest."""
    path = Path(path)
    return path.exists() and facts_of(path).get("kind") == KIND


def read_manifest(path: Path | str) -> DecidedManifest:
    """Return the manifest of a decided file.

    Raises
    ------
    ModelError
        If the file is absent or has no readable manifest of decisions.
    """
    path = Path(path)
    if not path.exists():
        raise ModelError(Problem(tr("no such file", "没有这个文件"), where=str(path)))
    raw = facts_of(path)
    try:
        if raw["kind"] != KIND:
            raise KeyError("kind")
        inputs = {role: graded.InputFile(**entry) for role, entry in raw["inputs"].items()}
        more = {key: tuple(raw[key]) for key in ("constraints", "notes")}
        found = DecidedManifest(**{**raw, **more, "inputs": inputs})
        _whole(found)
        return found
    except (KeyError, TypeError, ValueError, AttributeError):
        beside = graded.manifest_path(path).name
        raise ModelError(
            Problem(
                tr("not a file of decisions: no readable manifest", "不是决策文件:没有可读的清单"),
                hint=tr(f"keep {beside} beside it", f"请将 {beside} 放在同一目录"),
                where=path.name,
            )
        ) from None


def _whole(manifest: DecidedManifest) -> None:
    """Raise TypeError, ValueError or KeyError where a manifest is not as `decide_file` writes it."""
    date.fromisoformat(manifest.on)
    kinds = {"trial": bool, "synthetic": bool, "id": str, "reasons": int, "policy_sha256": str}
    for name, kind in kinds.items():
        if not isinstance(getattr(manifest, name), kind):
            raise TypeError(name)
    for role in ("scores", "policy"):
        if not isinstance(manifest.inputs[role].path, str):
            raise TypeError(role)
    if not isinstance(manifest.policy["title_zh"], str):
        raise TypeError("policy")


def verify(path: Path | str, progress: Progress = lambda step: None) -> graded.Verdict:
    """Re-run a decided file and compare: same policy, same inputs, same decisions.

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
    path = Path(path)
    manifest = read_manifest(path)
    files = {role: path.parent / entry.path for role, entry in manifest.inputs.items()}
    gone = [
        Problem(tr(f"the {role} file is gone", f"{role} 文件不存在"), str(file))
        for role, file in files.items()
        if not file.exists()
    ]
    if gone:
        raise ModelError(gone)
    progress(tr("hashing", "计算哈希"))
    rules = policies.from_content(manifest.policy)
    checks = {
        "output": _is_output(path, manifest),
        **{
            f"input {role}": sha256(file) == manifest.inputs[role].sha256
            for role, file in files.items()
            if role != "policy"
        },
        "policy": rules.sha256 == manifest.policy_sha256 == _hash_of(files["policy"]),
    }
    progress(tr("deciding again", "重新决策"))
    read = read_scores(files["scores"], rules, AMOUNT, OUTCOME)
    found, rejected = sift(read, manifest.id or None)
    again = _decided(
        rules,
        found,
        date.fromisoformat(manifest.on),
        trial=manifest.trial,
        id=manifest.id or None,
        card=files.get("card"),
        top=manifest.reasons,
    )
    different = _differences(stored_rows(path), again)
    checks["decisions"] = different.is_empty()
    figures = _figures(rules, again, found, rejected.height)
    checks["figures"] = all(getattr(manifest, name) == figures[name] for name in figures)
    return graded.Verdict(checks=checks, subjects=again.height, different=different)


def _is_output(path: Path, manifest: DecidedManifest) -> bool:
    """Tell whether a file is the one its manifest hashed; a footer cannot hash its own file."""
    if not graded.manifest_path(path).exists():
        return True
    return sha256(path) == manifest.output_sha256


def _hash_of(path: Path) -> str:
    """Return the hash of a policy's content; "" where the file is no policy any more."""
    try:
        return policies.read_policy(path).sha256
    except PolicyError:
        return ""


def _differences(stored: pl.DataFrame, again: pl.DataFrame) -> pl.DataFrame:
    """Return applicants whose score, decision, clause, policy or reasons differ."""
    names = [name for name in again.columns if not name.startswith("lost_")]
    made_up = ["synthetic"] if "synthetic" in names else []
    lacking = [name for name in names if name not in stored.columns]
    old = stored.with_columns(pl.lit(None, pl.String).alias(name) for name in lacking)
    old, new = (
        frame.select(pl.col(name).cast(pl.String) for name in names).with_columns(
            pl.col("trial", *made_up).str.to_lowercase()
        )
        for frame in (old, again)
    )
    joined = old.join(new, on="id", how="full", suffix="_again", nulls_equal=True)
    tests = [pl.col(name).ne_missing(pl.col(f"{name}_again")) for name in names if name != "score"]
    unlike = pl.any_horizontal(*tests, ~_same_score())
    return joined.filter(unlike).select(
        pl.coalesce("id", "id_again").alias("id"),
        "decision",
        "decision_again",
        "decided_by",
        "decided_by_again",
    )


def _same_score() -> pl.Expr:
    """Whether a score reads the same: text to the letter, numbers as far as a workbook holds."""
    one, other = pl.col("score"), pl.col("score_again")
    x, y = (text.cast(pl.Float64, strict=False) for text in (one, other))
    near = ((x - y).abs() <= 1e-12 * pl.max_horizontal(x.abs(), y.abs())).fill_null(False)
    return one.eq_missing(other) | near
