"""What ``fit`` does: fit a card from a file into a folder, print what came out."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING

from lishui_credit.commands.model_options import asked_model, model_arguments
from lishui_credit.commands.terminal import (
    SYNTHETIC,
    Command,
    Parser,
    by_argument,
    day_of,
    names_of,
    progress,
    proxies_argument,
    report_arguments,
    say,
    sheet_argument,
    warnings_told,
)
from lishui_credit.language import plural, tr
from lishui_credit.reports.layout import cut, table

if TYPE_CHECKING:
    from lishui_credit.scorecards.cards.card import Card


# ---- arguments --------------------------------------------------------------------------------


def add_arguments(command: Command) -> None:
    """Add the command to the parser."""
    _fit_arguments(
        command(
            "fit", "fit a scorecard to outcomes and validate it", "由好坏结果拟合评分卡并验证", fit
        )
    )


def _fit_arguments(made: Parser) -> None:
    made.asks(
        "sample",
        "one row per subject with its outcome, .parquet, .csv, .xlsx",
        "每个主体一行并带结果的数据文件",
    )
    sheet_argument(made, "sample")
    made.asks("--target", "outcome column, 1 bad, 0 good", "结果列,1 坏、0 好", default="bad")
    made.asks(
        "--output",
        "new folder for the card, models/<id>/<version>",
        "评分卡写入的新目录,models/<编号>/<版本>",
        short="-o",
        required=True,
    )
    made.asks(
        "--excel",
        "also write card.xlsx into the folder: points, bins, validation",
        "同时在目录中写出 card.xlsx:评分表、分箱、验证",
        action="store_true",
    )
    made.asks("--title", "Chinese name of the card", "评分卡中文名称", default="")
    made.asks(
        "--leave-out",
        "columns that are not characteristics, comma-separated",
        "不作为特征的列,逗号分隔",
        default="",
    )
    by_argument(made)
    made.asks(
        "--protected",
        "use a protected attribute, for this reason",
        "使用受保护属性并说明理由",
        action="append",
        default=[],
        metavar="COLUMN=REASON",
    )
    proxies_argument(made)
    model_arguments(made)
    made.asks("--folds", "folds of the cross-validation", "交叉验证折数", type=int, default=5)
    made.asks("--seed", "seed of the folds", "分折随机种子", type=int, default=0)
    made.asks(
        "--label", "definition of bad, for the model card", "“坏”的定义,写入模型说明卡", default=""
    )
    made.asks(
        "--labels",
        "Chinese names of columns: a file with the columns 'column' and 'label'",
        "各列的中文名称:含“列名”“中文名称”两列的文件",
    )
    report_arguments(made)
    made.asks("--intended", "intended use, for the model card", "用途,写入模型说明卡", default="")
    made.asks(
        "--population",
        "population of the sample, for the model card",
        "样本总体,写入模型说明卡",
        default="",
    )


def fit(options: argparse.Namespace) -> int:
    """Fit a card from a file into a folder."""
    from lishui_credit.models.fitting import fit_file

    model = asked_model(options)
    with warnings_told():
        done = fit_file(
            options.sample,
            options.output,
            target=options.target,
            model=model,
            leave_out=names_of(options.leave_out),
            by=names_of(options.by),
            folds=options.folds,
            seed=options.seed,
            title_zh=options.title,
            intended=options.intended,
            population=options.population,
            label=options.label,
            labels=options.labels,
            grades=options.grades,
            owner=options.owner,
            on=day_of(options.on, "--on"),
            progress=progress(4),
        )
    card = done.card
    facts = {"folder": str(done.folder), "metrics": dict(card.metrics), "columns": card.columns}
    names = ["scorecard.json", "card.md", "validation.html"]
    if options.excel:
        from lishui_credit.scorecards.cards.card_workbook import write_workbook

        names.append(write_workbook(card, done.folder / "card.xlsx").name)
    files = [f"  {done.folder / name}" for name in names]
    say(options, facts, lambda: [*_fitted(card), *files])
    return 0


def _fitted(card: Card) -> list[str]:
    from lishui_credit.scorecards.cards.crossed_points import cells_said, jointly_fitted

    lines = [str(SYNTHETIC)] if card.synthetic else []
    rows = [
        (
            cut(item.label, 36),
            f"{item.binning.iv:.3f}",
            "—" if math.isnan(item.coefficient) else f"{item.coefficient:.2f}",
            f"{card.printed(item.worst):g} .. {card.printed(item.best):g}",
        )
        for item in card.characteristics
    ]
    for crossed in card.crossed:
        held = crossed.matrix[crossed.held]
        ends = f"{card.printed(int(held.min())):g} .. {card.printed(int(held.max())):g}"
        rows.append((cut(card.label_of(crossed), 36), "—", "—", ends))
    heads = (tr("characteristic", "特征"), "IV", tr("coefficient", "系数"), tr("points", "分值"))
    lines += table(heads, rows)
    if jointly_fitted(card):
        lines.append(cells_said(card))
    lines += [f"  - {name}: {why}" for name, why in card.dropped.items()]
    if bare := [item.feature for item in card.characteristics if not item.label_zh]:
        hint = tr(
            "no Chinese label, so Chinese reasons show the column's name; give --labels: ",
            "没有中文名称,中文原因将显示列名;请用 --labels 给出:",
        )
        lines.append(hint + ", ".join(bare))
    if unknown := card.provenance["rows_without_outcome"]:
        lines.append(
            tr(
                f"{plural(unknown, 'row')} without an outcome left out",
                f"无结果而未使用的行:{unknown:,}",
            )
        )
    found = card.metrics["out_of_fold"]
    figures = [f"{found[name]:.4f}" for name in ("auc", "ks", "brier")]
    lines.append(
        tr(
            "out of fold: AUC {}, KS {}, Brier {}",
            "折外:AUC {},KS {},Brier {}",
        ).format(*figures)
    )
    if copies := card.metrics.get("near_copies"):
        lines.append(
            tr(
                f"near copies kept in one fold: AUC {copies['auc_together']:.4f}, parted"
                f" {copies['auc_apart']:.4f}",
                f"近似行同折:AUC {copies['auc_together']:.4f},拆开 {copies['auc_apart']:.4f}",
            )
        )
    return lines
