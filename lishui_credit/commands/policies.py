"""What ``decide`` and ``policy`` do: call the package, print what came out."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lishui_credit.commands import verification
from lishui_credit.commands.terminal import (
    SYNTHETIC,
    Command,
    Parser,
    day_of,
    names_of,
    output_argument,
    parts,
    progress,
    say,
    sheet_argument,
    tell,
    warnings_told,
    yuan,
)
from lishui_credit.errors import SubjectError
from lishui_credit.language import Bilingual, plural, tr
from lishui_credit.reports.layout import cut, table

if TYPE_CHECKING:
    from lishui_credit.cutoffs.swap_sets import Swap
    from lishui_credit.policies.decision_files import DecisionFacts
    from lishui_credit.proof import Manifest

_KEPT: Final = {
    True: Bilingual("kept", "符合"),
    False: Bilingual("BROKEN", "不符合"),
    None: Bilingual("not known from this file", "本文件无法判断"),
}
_SETS: Final = {
    "both": Bilingual("approved by both", "新旧均通过"),
    "swap_in": Bilingual("enters (swap-in)", "转入(新通过)"),
    "swap_out": Bilingual("leaves (swap-out)", "转出(新不通过)"),
    "neither": Bilingual("approved by neither", "新旧均不通过"),
    "open": Bilingual("not decided by one of them", "有一方未决策"),
    "approved_old": Bilingual("approved by the old policy", "旧政策通过合计"),
    "approved_new": Bilingual("approved by the new policy", "新政策通过合计"),
}


# ---- arguments --------------------------------------------------------------------------------


def add_arguments(command: Command) -> None:
    """Add the commands to the parser."""
    _decide_arguments(
        command("decide", "apply a lending policy to scores", "按信贷政策对评分逐户决策", decide)
    )
    made = command(
        "policy",
        "check, compare, explain or verify lending policies",
        "检查、比较、解释、核对信贷政策",
        lambda _: 2,
    )
    part = parts(made, "what", "check | compare | …", required=True)
    sub = part(
        "check",
        "report every mistake of a policy file, by line",
        "检查政策文件,按行报告全部错误",
        check,
    )
    _policy_argument(sub)
    _compare_arguments(
        part(
            "compare",
            "count who is approved by one of two policies only",
            "比较两个政策,统计转入与转出",
            compare,
        )
    )
    sub = part("explain", "explain one applicant's decision", "说明某申请人的决策", explain)
    sub.asks("decisions", "file written by decide", "decide 写出的决策文件")
    sub.asks("subject", "id of the applicant", "申请人编号")
    verification.file_argument(
        part(
            "verify",
            "the same as `lishui-credit verify`",
            "同 lishui-credit verify",
            verification.run,
        )
    )


def _policy_argument(made: Parser) -> None:
    made.asks("policy", "policy file, .toml", "政策文件,.toml")


def _decide_arguments(made: Parser) -> None:
    _policy_argument(made)
    made.asks(
        "scores",
        "scores or a graded file, .parquet, .csv, .xlsx, or a graded folder",
        "评分文件或评级文件,.parquet、.csv、.xlsx,或评级结果目录",
    )
    sheet_argument(made, "scores")
    output_argument(made)
    made.asks(
        "--on",
        "day of the decision, YYYY-MM-DD; today if not given",
        "决策日,YYYY-MM-DD,缺省为当日",
    )
    made.asks(
        "--trial",
        "apply a policy that is not in force, as a trial",
        "试算未生效的政策",
        action="store_true",
    )
    made.asks("--id", "column of the applicants' ids", "申请人编号列")
    made.asks("--card", "stored card, for reason codes", "评分卡,用于给出原因码")
    made.asks(
        "--reasons", "most reasons per applicant", "每位申请人的原因数上限", type=int, default=4
    )
    made.asks(
        "--skip-rejected",
        "decide the other rows although some are rejected",
        "跳过被拒收的行,决策其余各行",
        action="store_true",
    )
    made.asks(
        "--strict",
        "exit with 1 if a constraint of the policy is broken or cannot be told, after writing",
        "政策约束不符合或无法判断时,写出文件后以 1 退出",
        action="store_true",
    )


def _compare_arguments(sub: Parser) -> None:
    sub.asks("old", "policy in force now, .toml", "现行政策文件,.toml")
    sub.asks("new", "policy to compare with it, .toml", "拟行政策文件,.toml")
    sub.asks("scores", "scores, .parquet, .csv, .xlsx", "评分文件,.parquet、.csv、.xlsx")
    sub.asks("--by", "columns to count by, comma-separated", "分组统计的列,逗号分隔", default="")
    sub.asks(
        "--outcome", "outcome column, 1 bad, 0 good, empty if unknown", "结果列,1 坏、0 好,未知留空"
    )
    sheet_argument(sub, "scores")
    sub.asks("--amount", "amount column, in fen", "金额列,单位分")
    sub.asks("--output", "file for the table by group", "分组表写入的文件", short="-o")


def decide(options: argparse.Namespace) -> int:
    """Decide a file of scores."""
    from lishui_credit.policies.decision_files import decide_file

    if options.reasons < 0:
        raise SubjectError(
            tr("--reasons must be 0 or more", "--reasons 不得小于 0"), str(options.reasons)
        )
    manifest = decide_file(
        options.policy,
        options.scores,
        options.output,
        on=day_of(options.on, "--on"),
        trial=options.trial,
        id=options.id,
        card=options.card,
        top=options.reasons,
        skip_rejected=options.skip_rejected,
        progress=progress(2),
    )
    say(options, json.loads(manifest.json()), lambda: _summary(manifest, options.output))
    return _judged(manifest.facts.constraints) if options.strict else 0


def _judged(constraints: Sequence[Mapping[str, Any]]) -> int:
    """Say which constraints of the policy are not known to hold; return 1 if there are any."""
    failed = [_constraint(row) for row in constraints if row["holds"] is not True]
    if not failed:
        return 0
    head = tr(
        "the decisions were written, but constraints of the policy do not hold (--strict):",
        "决策已写出,但政策约束未得到满足(--strict):",
    )
    tell("\n".join([head, *failed]), aside=True)
    return 1


def _percent(bp: int) -> str:
    return f"{bp // 100}.{bp % 100:02d}%"


def _summary(manifest: Manifest[DecisionFacts], output: str) -> list[str]:
    from lishui_credit.policies.clauses import sentences
    from lishui_credit.policies.explanations import said
    from lishui_credit.policies.policy_file import from_content

    facts, policy = manifest.facts, manifest.facts.policy
    title = tr(policy.get("title_en", ""), policy["title_zh"]) or policy["title_zh"]
    lines = [str(SYNTHETIC)] if manifest.synthetic else []
    if facts.trial:
        lines.append(tr("TRIAL: the policy is not in force", "试算:该政策未生效"))
    lines.append(f"{policy['id']}@{policy['version']}  {title}  {facts.policy_sha256[:12]}")
    whole = max(sum(facts.counts.values()), 1)
    lines += [
        f"  {said(name)}  {count:,}  {100 * count / whole:.1f}%"
        for name, count in facts.counts.items()
    ]
    words = sentences(from_content(policy))
    lines += [
        f"    {words.get(clause, clause)}  {count:,}"
        for clause, count in list(facts.decided_by.items())[:8]
    ]
    lines += [_constraint(row) for row in facts.constraints]
    lines += [tr("note: ", "提示:") + note for note in manifest.notes]
    if facts.rejected:
        from lishui_credit.tables.rejected import rejected_path

        where = rejected_path(output).name
        lines.append(
            tr(
                f"{plural(facts.rejected, 'row')} rejected and left out: {where}",
                f"{facts.rejected:,} 行被拒收,已跳过:{where}",
            )
        )
    lines.append(tr("wrote ", "已写出 ") + f"{output}, {Path(output).name}.manifest.json")
    return lines


def _constraint(row: Mapping[str, Any]) -> str:
    from lishui_credit.policies.clauses import CONSTRAINTS

    shown = yuan if row["constraint"] == "budget_fen" else _percent
    limit, found = ("—" if row[key] is None else shown(row[key]) for key in ("limit", "found"))
    return f"  {CONSTRAINTS[row['constraint']]} {limit}: {found}  {_KEPT[row['holds']]}"


def check(options: argparse.Namespace) -> int:
    """Check a policy file."""
    from lishui_credit.policies.policy_file import read_policy

    found = read_policy(options.policy)
    lapse = found.lapse(date.today())
    data = {"policy": found.id, "version": found.version, "sha256": found.sha256, "lapse": lapse}
    text = tr("no mistakes: ", "未发现错误:") + f"{found.id}@{found.version} {found.sha256[:12]}"
    today = tr("in force today", "今日有效") if lapse is None else tr("today: ", "今日:") + lapse
    say(options, data, lambda: f"{text}\n  {today}")
    return 0


def compare(options: argparse.Namespace) -> int:
    """Print who enters and who leaves when one policy takes the place of another."""
    from lishui_credit.cutoffs.swap_sets import swap
    from lishui_credit.policies.policy_file import read_policy
    from lishui_credit.policies.score_files import read_scores
    from lishui_credit.tables.write import check_suffix, keep_inputs, write_table

    inputs = [Path(file) for file in (options.old, options.new, options.scores)]
    if options.output:
        keep_inputs([check_suffix(options.output)], inputs)
    old, new = read_policy(options.old), read_policy(options.new)
    numbers = [name for name in (options.outcome, options.amount) if name]
    numbers += [] if new.score.order else [new.score.column]
    texts = {*new.columns, *names_of(options.by)}
    scores = read_scores(options.scores, old, *numbers, texts=texts, check_source=False)
    scores.whole(Path(options.scores).name)
    found = swap(
        scores.frame,
        old,
        new,
        by=names_of(options.by),
        outcome=options.outcome,
        amount=options.amount,
    )
    if options.output:
        write_table(found.by.lazy(), options.output, sheet="swap set")
    data = {
        "old": found.old,
        "new": found.new,
        "synthetic": scores.synthetic,
        "sets": found.table.to_dicts(),
        "by": found.by.to_dicts(),
        "decisions": found.decisions.frame().to_dicts(),
        "grades": None if found.grades is None else found.grades.frame().to_dicts(),
    }
    say(options, data, lambda: _swapped(found, synthetic=scores.synthetic))
    return 0


def _swapped(found: Swap, *, synthetic: bool) -> list[str]:
    def cells(row: dict[str, Any]) -> list[str]:
        rate = "—"
        if row["bad_rate"] is not None:
            rate = f"{row['bad_rate']:.2%} [{row['low']:.2%}, {row['high']:.2%}]"
        money = "—" if row["amount_fen"] is None else yuan(row["amount_fen"])
        counts = [f"{row[name]:,}" for name in ("applicants", "known")]
        return [str(_SETS[row["set"]]), counts[0], money, counts[1], rate, row["note"] or ""]

    heads = (
        tr("set", "集合"),
        tr("applicants", "申请人"),
        tr("amount", "金额"),
        tr("known outcomes", "已知结果"),
        tr("bad rate among them", "其坏账率"),
        tr("note", "备注"),
    )
    lines = [str(SYNTHETIC)] if synthetic else []
    lines += [f"{found.old} -> {found.new}", ""]
    lines += table(heads, [cells(row) for row in found.table.iter_rows(named=True)])
    moved = found.by.filter(found.by["set"].is_in(["swap_in", "swap_out"]))
    if moved.height:
        rows = [
            [cut(f"{row['column']}={row['group'] or '—'}", 32), *cells(row)]
            for row in moved.iter_rows(named=True)
        ]
        lines += ["", *table((tr("group", "组别"), *heads), rows)]
    return lines


def explain(options: argparse.Namespace) -> int:
    """Print why an applicant was decided so."""
    from lishui_credit.policies.explanations import explain as explained

    with warnings_told():
        found = explained(options.decisions, options.subject)
    say(options, found.as_dict(), lambda: str(found))
    return 0
