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

from lishui_credit.cutoffs import policy as policies
from lishui_credit.cutoffs.decide import (
    APPROVE,
    DECISIONS,
    NOT_DECIDED,
    REFER,
    decide,
    subject_column,
)
from lishui_credit.cutoffs.policy import WHOLE, Policy
from lishui_credit.errors import ModelError, PolicyError, Problem, SubjectError
from lishui_credit.headers import is_date, is_header
from lishui_credit.language import language, tr
from lishui_credit.read import broken, sha256
from lishui_credit.read import read as read_raw
from lishui_credit.rubrics import graded
from lishui_credit.rubrics.rubric import Rubric
from lishui_credit.scorecards.card_file import FILE, load
from lishui_credit.version import __version__
from lishui_credit.write import check_suffix, keep_inputs, replacing, write_table

KIND: Final = "decisions"
_KEY: Final = "lishui_credit"
_PARQUET: Final = (".parquet", ".pq")
_NUMBERS: Final = ("points__", "lost_")
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
    output_sha256: str = ""
    kind: str = KIND

    def json(self) -> str:
        """Return the manifest as JSON with sorted keys."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2, sort_keys=True)


@dataclass(frozen=True, slots=True)
class Scores:
    """A file of scores as a policy reads it.

    Parameters
    ----------
    frame : polars.DataFrame
        Its rows; ids and segments of CSV and Excel stay text.
    source_sha256 : str
        Hash of the model or edition that made it; "" where the file does not say.
    rubric : Rubric, optional
        Of a graded file.
    notes : tuple of str
        What the reader remarked.
    """

    frame: pl.DataFrame
    source_sha256: str = ""
    rubric: Rubric | None = None
    notes: tuple[str, ...] = ()

    @property
    def synthetic(self) -> bool:
        """Whether any row says that it is synthetic."""
        if "synthetic" not in self.frame.columns:
            return False
        told = self.frame["synthetic"].cast(pl.String).str.to_lowercase().eq("true")
        return bool(told.any())


def read_scores(path: Path | str, policy: Policy, *also: str) -> Scores:
    """Read a file of scores: Parquet, CSV, Excel, or a graded file with its manifest.

    Parameters
    ----------
    path : path-like
        The file.
    policy : Policy
        Tells which column must be numbers.
    *also : str
        Further columns of numbers, read where they are there.

    Raises
    ------
    SubjectError
        If it cannot be read, or a cell of a number is none.
    PolicyError
        If another model or edition made it than the policy names.
    """
    path = Path(path)
    facts = _facts(path)
    try:
        if "rubric" in facts:
            stored = graded.read(path)
            found = Scores(stored.frame.collect(), stored.manifest.edition_sha256, stored.rubric)
        else:
            raw = read_raw(path, is_header, is_date)
            table = raw.frame.collect()
            if path.suffix.lower() not in _PARQUET:
                numbers = [] if policy.score.order else [policy.score.column]
                table = _cells(table, {*numbers, *also}, path.name)
            found = Scores(table, str(facts.get("model_sha256", "")), notes=raw.notes)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise broken(path.name, error) from None
    asked = policy.score.sha256
    if asked and found.source_sha256 and asked != found.source_sha256:
        raise PolicyError(
            Problem(
                tr(
                    "another model or edition made these scores", "评分并非政策指定的模型或版本所出"
                ),
                f"{found.source_sha256[:12]} != {asked[:12]}",
                policy.score.source,
                path.name,
            )
        )
    if asked and not found.source_sha256:
        note = tr(
            "the file does not say which model made the scores: not checked against the policy",
            "文件未说明评分由何模型所出,未与政策核对",
        )
        found = replace(found, notes=(*found.notes, note))
    return found


def _facts(path: Path) -> dict[str, Any]:
    """Return what a file says of itself, beside it or in its footer."""
    beside = graded.manifest_path(path)
    try:
        if beside.exists():
            found = json.loads(beside.read_text(encoding="utf-8"))
        elif path.suffix.lower() in _PARQUET:
            found = json.loads(pl.read_parquet_metadata(path)[_KEY])
        else:
            return {}
    except (KeyError, ValueError, OSError, pl.exceptions.PolarsError):
        return {}
    return found if isinstance(found, dict) else {}


def _cells(table: pl.DataFrame, numbers: set[str], where: str) -> pl.DataFrame:
    """Read text cells: numbers where numbers are meant, else text, an empty cell as null."""
    made, problems = [], []
    for name in table.columns:
        cells = table[name].cast(pl.String).str.strip_chars(" \t\r\n\u3000\u00a0").replace("", None)
        if name in numbers or name.startswith(_NUMBERS):
            column = cells.cast(pl.Int64, strict=False)
            if column.null_count() > cells.null_count():
                column = cells.cast(pl.Float64, strict=False)
            wrong = cells.filter(column.is_null() & cells.is_not_null())
            if len(wrong):
                found = tr(f"{len(wrong)} cells: {wrong[0]}", f"{len(wrong)} 格:{wrong[0]}")
                problems.append(
                    Problem(tr("not a number", "不是数字"), found, where=f"{where}: {name}")
                )
            cells = column
        made.append(cells)
    if problems:
        raise SubjectError(problems)
    return pl.DataFrame(made)


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
    progress : callable
        Told the name of each step.

    Returns
    -------
    DecidedManifest

    Raises
    ------
    PolicyError, SubjectError, ModelError
        For a policy, scores or a card that are wrong; nothing is written then.
    """
    output, day = check_suffix(output), date.today() if on is None else on
    files = {"scores": Path(scores), "policy": Path(policy)}
    if card is not None:
        files["card"] = Path(card) / FILE if Path(card).is_dir() else Path(card)
    keep_inputs((output, graded.manifest_path(output)), files.values())
    progress(tr("reading and checking", "读取与校验"))
    rules = policies.read_policy(policy)
    found = read_scores(scores, rules, "amount_fen", "bad")
    table = _decided(rules, found, day, trial=trial, id=id, card=files.get("card"), top=top)
    key = subject_column(found.frame.columns, id)
    rows = {"scores": found.frame.height}
    counted = dict(table.group_by("decision").len().iter_rows())
    clauses = (
        table.group_by("decided_by").len().sort(["len", "decided_by"], descending=[True, False])
    )
    numbered = () if key else (tr("no id column: rows are numbered", "没有编号列,按行编号"),)
    manifest = DecidedManifest(
        policy=policies.content(rules),
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
        synthetic=found.synthetic,
        counts={name: int(counted.get(name, 0)) for name in DECISIONS},
        decided_by=dict(clauses.iter_rows()),
        constraints=tuple(constraints(rules, table, found.frame)),
        notes=(*found.notes, *numbered),
    )
    progress(tr("writing", "写出"))
    write_table(table.lazy(), output, {_KEY: manifest.json()})
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
    return path.exists() and _facts(path).get("kind") == KIND


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
    raw = _facts(path)
    try:
        if raw["kind"] != KIND:
            raise KeyError("kind")
        inputs = {role: graded.InputFile(**entry) for role, entry in raw["inputs"].items()}
        more = {key: tuple(raw[key]) for key in ("constraints", "notes")}
        return DecidedManifest(**{**raw, **more, "inputs": inputs})
    except (KeyError, TypeError, AttributeError):
        beside = graded.manifest_path(path).name
        raise ModelError(
            Problem(
                tr("not a file of decisions: no readable manifest", "不是决策文件:没有可读的清单"),
                hint=tr(f"keep {beside} beside it", f"请将 {beside} 放在同一目录"),
                where=path.name,
            )
        ) from None


def _stored(path: Path) -> pl.DataFrame:
    if path.suffix.lower() in _PARQUET:
        return pl.read_parquet(path)
    raw = read_raw(path)
    return _cells(raw.frame.collect(), set(), path.name)


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
        ``decisions``; the applicants that differ.

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
        "output": not manifest.output_sha256 or sha256(path) == manifest.output_sha256,
        **{
            f"input {role}": sha256(file) == manifest.inputs[role].sha256
            for role, file in files.items()
            if role != "policy"
        },
        "policy": rules.sha256 == manifest.policy_sha256 == _hash_of(files["policy"]),
    }
    progress(tr("deciding again", "重新决策"))
    again = _decided(
        rules,
        read_scores(files["scores"], rules, "amount_fen", "bad"),
        date.fromisoformat(manifest.on),
        trial=manifest.trial,
        id=manifest.id or None,
        card=files.get("card"),
        top=manifest.reasons,
    )
    different = _differences(_stored(path), again)
    checks["decisions"] = different.is_empty()
    return graded.Verdict(checks=checks, subjects=again.height, different=different)


def _hash_of(path: Path) -> str:
    """Return the hash of a policy's content; "" where the file is no policy any more."""
    try:
        return policies.read_policy(path).sha256
    except PolicyError:
        return ""


def _differences(stored: pl.DataFrame, again: pl.DataFrame) -> pl.DataFrame:
    """Return applicants whose decision, clause, policy or reasons differ."""
    names = [
        name
        for name in again.columns
        if name not in ("score", "synthetic", "trial") and not name.startswith("lost_")
    ]
    lacking = [name for name in names if name not in stored.columns]
    old = stored.with_columns(pl.lit(None, pl.String).alias(name) for name in lacking)
    old = old.select(pl.col(name).cast(pl.String) for name in names)
    joined = old.join(again.select(names), on="id", how="full", suffix="_again", nulls_equal=True)
    unlike = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_again")) for name in names)
    return joined.filter(unlike).select(
        pl.coalesce("id", "id_again").alias("id"),
        "decision",
        "decision_again",
        "decided_by",
        "decided_by_again",
    )


# ---- one applicant ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """Why one applicant was decided so.

    Parameters
    ----------
    id, score, decision, decided_by : str
        The row.
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
            tr("decided by: ", "依据:") + self.decided_by,
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
    table = _stored(path)
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
        policy=row["policy"],
        policy_sha256=row["policy_sha256"],
        title_zh=manifest.policy["title_zh"],
        title_en=manifest.policy.get("title_en", ""),
        on=manifest.on,
        trial=manifest.trial,
        synthetic=manifest.synthetic,
        reasons=tuple((a, b, c) for a, b, c in found),
    )
