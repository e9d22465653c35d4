"""What ``score`` and ``validate`` do: call the package, print what came out."""

from __future__ import annotations

import argparse
import json

from lishui_credit.commands.terminal import (
    SYNTHETIC,
    Command,
    Parser,
    by_argument,
    day_of,
    names_of,
    output_argument,
    proxies_argument,
    report_arguments,
    say,
    sheet_argument,
    tell,
    warnings_told,
)
from lishui_credit.language import plural, tr

# ---- arguments --------------------------------------------------------------------------------


def add_arguments(command: Command) -> None:
    """Add both commands to the parser."""
    made = command("score", "score a file by a stored card", "用已存评分卡打分", score)
    _model_argument(made)
    made.asks(
        "subjects", "rows to score, .parquet, .csv, .xlsx", "待打分数据,.parquet、.csv、.xlsx"
    )
    sheet_argument(made, "subjects")
    output_argument(made)
    made.asks("--keep", "input columns to keep, comma-separated", "保留到输出的输入列,逗号分隔")
    made.asks("--reasons", "reason codes per row", "每行的原因码数", type=int, default=0)
    made = command(
        "validate", "validate a stored card on a later file", "用后期数据验证已存评分卡", validate
    )
    _model_argument(made)
    made.asks("sample", "rows with outcomes, .parquet, .csv, .xlsx", "带结果的数据文件")
    sheet_argument(made, "sample")
    made.asks(
        "--target",
        "outcome column, 1 bad, 0 good; the card's own if not given",
        "结果列,1 坏、0 好,缺省同评分卡",
    )
    by_argument(made)
    proxies_argument(made)
    made.asks("--period", "column of periods, to judge stability", "期间列,用于检验稳定性")
    made.asks(
        "--training",
        "file the card was fitted on: rows with a near copy in it are counted",
        "建模样本文件,统计其中有近似重复的行",
    )
    made.asks("--cut-off", "lowest score that is approved", "最低通过分", type=float)
    made.asks("--seed", "seed of the bootstrap", "自助法随机种子", type=int, default=0)
    report_arguments(made)
    made.asks(
        "--output",
        "report to write, .html, .json or .docx",
        "验证报告,.html、.json 或 .docx",
        short="-o",
    )


def _model_argument(made: Parser) -> None:
    made.asks(
        "model",
        "folder of the card, models/<id>/<version>, or its workbook, .xlsx",
        "评分卡目录,models/<编号>/<版本>,或其工作簿,.xlsx",
    )


# ---- commands ---------------------------------------------------------------------------------


def score(options: argparse.Namespace) -> int:
    """Score a file by a stored card."""
    from lishui_credit.models.scoring import score_file
    from lishui_credit.scorecards.cards.card_workbook import read_card

    standing = read_card(options.model).standing.said
    with warnings_told():
        manifest = score_file(
            options.model,
            options.subjects,
            options.output,
            keep=names_of(options.keep) if options.keep is not None else None,
            reasons=options.reasons,
        )
    facts = manifest.facts
    count = tr(f"{plural(facts.rows, 'row')} scored: ", f"已打分 {facts.rows:,} 行:")
    lines = [str(SYNTHETIC)] if manifest.synthetic else []
    card = f"  {tr('card', '评分卡')} {facts.model} {facts.model_sha256[:12]}"
    lines += [count + options.output, f"{card}: {standing}"]
    say(options, json.loads(manifest.json()) | {"output": options.output}, lambda: lines)
    return 0


def validate(options: argparse.Namespace) -> int:
    """Judge a stored card on a later file."""
    from lishui_credit.models.judging import validate_file

    with warnings_told():
        found = validate_file(
            options.model,
            options.sample,
            target=options.target,
            by=names_of(options.by),
            proxies_of=names_of(options.proxies_of),
            period=options.period,
            training=options.training,
            cut_off=options.cut_off,
            seed=options.seed,
            owner=options.owner,
            on=day_of(options.on, "--on"),
        )
    if options.output:
        found.write(options.output)
    if options.json:
        print(found.to_json())
        return 0
    tell("\n".join([str(found), *([f"  {options.output}"] if options.output else [])]))
    return 0
