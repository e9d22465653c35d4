"""The model card: one page, generated, that a reader needs before trusting a scorecard.

What it is for and not for, on whom it was fitted, what every policy does, the whole points table,
the regression, what was left out and why, how well it does overall and by group, its limits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lishui_credit.language import spoken, tr
from lishui_credit.scorecards.bins.woe import SIGN
from lishui_credit.scorecards.cards.card import Card
from lishui_credit.scorecards.cards.card_tables import (
    faults_found,
    measures,
    proxies_found,
    regression,
    scale_rows,
    use_rows,
)
from lishui_credit.scorecards.cards.crossed_points import (
    crossed_said,
    fit_heads,
    fit_rows,
    fit_said,
    grid,
    jointly_fitted,
    signed,
)
from lishui_credit.scorecards.proxy_features import NOT_MEASURED, PROXY, PROXY_FROM, TOGETHER
from lishui_credit.scorecards.sample_faults import TO_DO, TO_JUDGE


def model_card(card: Card, *, intended: str = "", population: str = "") -> str:
    """Return the model card as Markdown, in the language in use; use and population in the owner's words."""
    parts = [
        _head(card),
        _section(
            tr("Use", "用途与样本"), (tr("what", "项目"), ""), use_rows(card, intended, population)
        ),
        _scale(card),
        _policies(card),
        _points(card),
        _crossed(card),
        _joint_fit(card) if jointly_fitted(card) else _regression(card),
        _left_out(card),
        _protected(card),
        _proxies(card),
        _metrics(card),
        _faults(card),
        _limits(card),
        _provenance(card),
    ]
    return spoken("\n\n".join(part for part in parts if part)) + "\n"


def _head(card: Card) -> str:
    title = card.title_zh or card.id or tr("Scorecard", "评分卡")
    lines = [f"# {title}"]
    if card.synthetic:
        lines.append(
            tr(
                "**Synthetic data.** This card was fitted on generated subjects; its points say "
                "nothing about real people or firms.",
                "**合成数据。** 本评分卡由生成的样本拟合,其分值不反映任何真实主体。",
            )
        )
    lines.append(f"**{card.standing.said}**")
    if not card.standing.approved:
        lines.append(
            tr(
                "An approval given after this page was written stands in `approval.toml` beside the "
                "card: `lishui-credit models approval` checks it.",
                "本页生成后作出的批准见同目录 `approval.toml`,可用 "
                "`lishui-credit models approval` 核对。",
            )
        )
    return "\n\n".join(lines)


def _scale(card: Card) -> str:
    folded = "" if card.base_points else tr(" (folded into the bins)", "(已并入各分箱)")
    rows = [
        *scale_rows(card),
        (tr("base points", "基础分"), f"{card.printed(card.base_points):g}{folded}"),
        ("WoE", SIGN),
    ]
    return _section(tr("Scale", "刻度"), (tr("what", "项目"), ""), rows)


def _policies(card: Card) -> str:
    words = {
        "own": tr("a bin of its own", "单独成箱"),
        "neutral": tr("counts as average", "按平均水平"),
        "worst": tr("counts as the worst bin", "按最差一箱"),
        "warn": tr("counts as average, with a warning", "按平均水平并给出警告"),
        "raise": tr("is an error", "报错"),
    }
    rows = [
        (tr("missing value", "缺失值"), words[card.policies.missing]),
        (tr("category not in the sample", "样本中没有的类别"), words[card.policies.unseen]),
        (
            tr("rare categories", "罕见类别"),
            tr(
                f"fewer than {card.policies.rare_levels} rows: one bin together",
                f"不足 {card.policies.rare_levels} 行的合为一箱",
            ),
        ),
        (
            tr("smoothing", "平滑"),
            tr(
                f"{card.policies.smoothing:g} imaginary rows with the population's odds per bin",
                f"每箱加入 {card.policies.smoothing:g} 行总体好坏比的虚拟样本",
            ),
        ),
    ]
    rows += [
        (
            name,
            ", ".join(
                f"{k} {v:g}" if isinstance(v, float) else f"{k} {v}" for k, v in value.items()
            )
            if isinstance(value, Mapping)
            else str(value),
        )
        for name, value in card.settings.items()
        if value is not None
    ]
    heads = tr("what", "项目"), tr("value", "取值")
    return _section(tr("Policies and settings", "处理规则与参数"), heads, rows)


def _points(card: Card) -> str:
    blocks = [f"## {tr('Points', '分值表')}"]
    heads = (
        tr("bin", "分箱"),
        tr("points", "分值"),
        tr("rows", "行数"),
        tr("bad rate observed", "实际违约率"),
        tr("bad rate shrunken", "收缩后违约率"),
        f"WoE {SIGN}",
    )
    said = tr(
        "WoE and points rest on the shrunken bad rate: the observed one drawn towards the mean.",
        "WoE 与分值依据收缩后违约率,即向总体均值收缩后的实际违约率。",
    )
    blocks.append(said)
    for item in card.characteristics:
        found = item.binning
        note = f"IV {found.iv:.3f}"
        if found.type == "number":
            note += tr(f", bad rate {found.direction}", f",违约率方向 {found.direction}")
        if found.notes:
            note += "; " + "; ".join(found.notes)
        if card.only_crossed(item.feature):
            note += tr(", points in crossed tables alone", ",仅在交叉表中计分")
        rows = [
            (
                row.said.replace("|", "\\|"),
                f"{card.printed(mark):g}",
                f"{row.rows:,}",
                _rate(row.bad_rate),
                _rate(found.shrunken(row)),
                f"{row.woe:+.3f}",
            )
            for row, mark in zip(found.bins, item.points, strict=True)
        ]
        blocks.append(f"### {item.label}\n\n{note}\n\n" + _table(heads, rows))
    return "\n\n".join(blocks)


def _crossed(card: Card) -> str:
    if not card.crossed:
        return ""
    blocks = [f"## {tr('Crossed points', '交叉分值')}", *crossed_said(card)]
    for table in card.crossed:
        heads, rows = grid(card, table)
        marks = zip(rows, signed(card, table), strict=True)
        lines = [[row[0], *cells] for row, cells in marks]
        plain = [[cell.replace("|", "\\|") for cell in line] for line in (heads, *lines)]
        blocks.append(f"### {card.label_of(table)}\n\n" + _table(plain[0], plain[1:]))
    return "\n\n".join(blocks)


def _joint_fit(card: Card) -> str:
    rows = [
        [name, *("" if figure is None else f"{figure:.5g}" for figure in figures)]
        for name, *figures in fit_rows(card)
    ]
    table = "\n\n" + _table(fit_heads(), rows) if rows else ""
    return f"## {tr('Joint fit', '联合拟合')}\n\n{fit_said(card)}{table}"


def _rate(rate: float | None) -> str:
    return "" if rate is None else f"{rate:.2%}"


def _regression(card: Card) -> str:
    heads = (
        tr("characteristic", "特征"),
        tr("coefficient", "系数"),
        tr("standard error", "标准误"),
        "p",
        "IV",
    )
    figures = ("coefficient", ".3f"), ("error", ".3f"), ("p", ".2g"), ("iv", ".3f")
    rows = [
        (row["label"], *("" if row[n] is None else format(row[n], how) for n, how in figures))
        for row in regression(card).iter_rows(named=True)
    ]
    ridge = card.settings.get("ridge", 0)
    said = tr(
        f"On WoE {SIGN}; log-odds good:bad; intercept {card.intercept:.4f}; ridge {ridge}. Standard "
        "errors take the bins and the ridge as given and are a lower bound.",
        f"自变量为 WoE {SIGN},因变量为好坏对数比,截距 {card.intercept:.4f},ridge {ridge}。"
        "标准误视分箱与惩罚为已知,是下界。",
    )
    return f"## {tr('Regression', '回归')}\n\n{said}\n\n" + _table(heads, rows)


def _left_out(card: Card) -> str:
    if not card.dropped:
        return ""
    heads = tr("characteristic", "特征"), tr("why", "原因")
    return _section(
        tr("Left out", "未入选特征"),
        heads,
        [(name, str(why)) for name, why in card.dropped.items()],
    )


def _protected(card: Card) -> str:
    title = tr("Protected attributes", "受保护属性")
    if not card.protected:
        return f"## {title}\n\n" + tr("None is used.", "均未使用。")
    heads = tr("attribute used", "使用的属性"), tr("reason given", "说明的理由")
    return _section(title, heads, list(card.protected.items()))


def _proxies(card: Card) -> str:
    found = proxies_found(card)
    title = tr("Proxies of protected attributes", "受保护属性的代理特征")
    if found.is_empty():
        return ""
    said = tr(
        "How well characteristics tell an attribute that is no input, on rows not seen: AUC, 95% "
        f"interval. A proxy: the lower end is at least {PROXY_FROM:g}.",
        "各特征对未入模属性的推断能力(折外 AUC 及 95% 区间)。"
        f"区间下限不低于 {PROXY_FROM:g} 者为代理特征。",
    )
    words = {
        PROXY: tr("■ proxy", "■ 代理特征"),
        NOT_MEASURED: tr("too few rows in two groups", "不足两个够大的组"),
    }
    rows = [
        (
            row["attribute"],
            tr("all together", "全部特征") if row["feature"] == TOGETHER else row["feature"] or "",
            row["group"] or "",
            f"{row['rows']:,}",
            *("" if row[end] is None else f"{row[end]:.3f}" for end in ("auc", "low", "high")),
            words.get(row["note"], ""),
        )
        for row in found.iter_rows(named=True)
    ]
    heads = (
        tr("attribute", "属性"), tr("characteristic", "特征"), tr("group told best", "最易推断的组"),
        tr("rows", "行数"), "AUC", tr("low", "下限"), tr("high", "上限"), tr("note", "备注"),
    )  # fmt: skip
    return f"## {title}\n\n{said}\n\n" + _table(heads, rows)


def _metrics(card: Card) -> str:
    rows = measures(card).rows()
    heads = tr("what", "指标"), tr("value", "数值")
    return _section(tr("Measured", "度量"), heads, rows) if rows else ""


def _faults(card: Card) -> str:
    rows = faults_found(card)
    if not rows:
        return ""
    said = tr(
        f"Near copies: {TO_DO}. Artefacts: {TO_JUDGE}.", f"近似重复:{TO_DO}。记录痕迹:{TO_JUDGE}。"
    )
    heads = tr("what", "项目"), tr("found", "发现")
    return f"## {tr('Faults of the sample', '样本缺陷')}\n\n{said}\n\n" + _table(heads, rows)


def _limits(card: Card) -> str:
    rows = [
        tr(
            "A score orders subjects by the odds seen in the sample; it does not know why.",
            "分数按样本中的好坏比排序,并不说明原因。",
        ),
        tr(
            "Outcomes of subjects who were refused are not in the sample unless it says so.",
            "除非注明,样本不含被拒绝者的结果。",
        ),
        tr(
            "Bins and coefficients were chosen on the sample: judge the card on later data.",
            "分箱与系数均由样本选出,请用后期数据检验。",
        ),
        tr(
            "A subject may see, dispute and have corrected every value used here.",
            "主体有权查询、异议并更正此处使用的每一项信息。",
        ),
    ]
    return f"## {tr('Limits', '局限')}\n\n" + "\n".join(f"- {row}" for row in rows)


def _provenance(card: Card) -> str:
    rows = [
        (
            name,
            ", ".join(f"{k} {v}" for k, v in value.items())
            if isinstance(value, Mapping)
            else value,
        )
        for name, value in card.provenance.items()
        if name != "scores"  # how many rows had which score: for judging later files, not reading
    ]
    heads = tr("what", "项目"), tr("value", "取值")
    return _section(tr("Provenance", "来源"), heads, [(name, str(value)) for name, value in rows])


def _section(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return f"## {title}\n\n" + _table(heads, rows)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)
