"""The model card: one page, generated, that a reader needs before trusting a scorecard.

What it is for and not for, on whom it was fitted, what every policy does, the whole points table,
the regression, what was left out and why, how well it does overall and by group, its limits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lishui_credit.language import tr
from lishui_credit.scorecards.bins.binning import shown
from lishui_credit.scorecards.bins.woe import SIGN
from lishui_credit.scorecards.cards.card import Card


def model_card(card: Card, *, intended: str = "", population: str = "") -> str:
    """Return the model card as Markdown, in the language in use.

    Parameters
    ----------
    card : Card
        The card.
    intended : str
        What it is to be used for, in the owner's words.
    population : str
        On whom it was fitted, in the owner's words.

    Examples
    --------
    >>> import polars as pl
    >>> from lishui_credit.scorecards import Scorecard
    >>> frame = pl.DataFrame({"late": [0] * 50 + [1] * 50})
    >>> card = Scorecard().fit(frame, [0] * 45 + [1] * 15 + [0] * 40).card_
    >>> "pdo" in model_card(card)
    True
    """
    parts = [
        _head(card),
        _use(card, intended, population),
        _scale(card),
        _policies(card),
        _points(card),
        _regression(card),
        _left_out(card),
        _protected(card),
        _metrics(card),
        _limits(card),
        _provenance(card),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


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
    return "\n\n".join(lines)


def _use(card: Card, intended: str, population: str) -> str:
    unsaid = tr("not stated by the owner", "模型所有者未说明")
    rows = [
        (tr("Intended use", "用途"), intended or unsaid),
        (
            tr("Not for", "不得用于"),
            tr(
                "scoring behaviour other than credit; decisions without a person who can be asked; "
                "populations unlike the sample",
                "信用以外的行为评分;无人可申诉的决定;与样本不同的人群",
            ),
        ),
        (tr("Population", "样本"), population or unsaid),
        (
            tr("Rows", "行数"),
            tr(
                f"{card.provenance.get('sample_rows', 0):,}, of them "
                f"{card.provenance.get('sample_bads', 0):,} bad",
                f"{card.provenance.get('sample_rows', 0):,},其中违约 "
                f"{card.provenance.get('sample_bads', 0):,}",
            ),
        ),
        (
            tr("Outcome", "好坏定义"),
            str(card.provenance.get("label", unsaid)),
        ),
    ]
    return f"## {tr('Use', '用途与样本')}\n\n" + _table((tr("what", "项目"), ""), rows)


def _scale(card: Card) -> str:
    odds = card.scale.base_odds
    low, high = card.range
    rows = [
        (
            tr("base score", "基准分"),
            tr(
                f"{card.scale.base_score:g} at {odds.good:g} good to {odds.bad:g} bad",
                f"好坏比 {odds.good:g}:{odds.bad:g} 时 {card.scale.base_score:g} 分",
            ),
        ),
        (
            "pdo",
            tr(f"{card.scale.pdo:g} points double the odds", f"每 {card.scale.pdo:g} 分好坏比翻倍"),
        ),
        (
            tr("base points", "基础分"),
            f"{card.printed(card.base_points):g}"
            + ("" if card.base_points else tr(" (folded into the rows)", "(已并入各项)")),
        ),
        (tr("scores possible", "可能的分数"), f"{card.printed(low):g} .. {card.printed(high):g}"),
        ("WoE", SIGN),
    ]
    return f"## {tr('Scale', '刻度')}\n\n" + _table((tr("what", "项目"), ""), rows)


def _policies(card: Card) -> str:
    words = {
        "own": tr("a bin of its own", "单独成箱"),
        "neutral": tr("counts as average", "按平均水平"),
        "worst": tr("counts as the worst bin", "按最差一箱"),
        "warn": tr("counts as average, and is counted in a warning", "按平均水平并给出警告"),
        "raise": tr("is an error", "报错"),
    }
    rows = [
        (tr("missing value", "缺失值"), words[card.policies.missing]),
        (tr("category never seen", "未见过的类别"), words[card.policies.unseen]),
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
    return f"## {tr('Policies and settings', '处理规则与参数')}\n\n" + _table(
        (tr("what", "项目"), tr("value", "取值")), rows
    )


def _points(card: Card) -> str:
    blocks = [f"## {tr('Points', '分值表')}"]
    heads = (
        tr("bin", "分箱"),
        tr("points", "分值"),
        tr("rows", "行数"),
        tr("bad rate", "违约率"),
        f"WoE {SIGN}",
    )
    for item in card.characteristics:
        found = item.binning
        note = f"IV {found.iv:.3f}"
        if found.type == "number":
            note += tr(f", bad rate {found.direction}", f",违约率方向 {found.direction}")
        if found.notes:
            note += "; " + "; ".join(found.notes)
        rows = [
            (
                row.said.replace("|", "\\|"),
                f"{card.printed(mark):g}",
                f"{row.rows:,}",
                "" if row.bad_rate is None else f"{row.bad_rate:.2%}",
                f"{row.woe:+.3f}",
            )
            for row, mark in zip(found.bins, item.points, strict=True)
        ]
        blocks.append(f"### {item.label}\n\n{note}\n\n" + _table(heads, rows))
    return "\n\n".join(blocks)


def _regression(card: Card) -> str:
    heads = (
        tr("characteristic", "特征"),
        tr("coefficient", "系数"),
        tr("standard error", "标准误"),
        "p",
        "IV",
    )
    rows = [
        (
            item.label,
            f"{item.coefficient:.3f}",
            f"{item.error:.3f}",
            f"{item.p_value:.2g}",
            f"{item.binning.iv:.3f}",
        )
        for item in card.characteristics
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
    return f"## {tr('Left out', '未入选特征')}\n\n" + _table(
        (tr("characteristic", "特征"), tr("why", "原因")), list(card.dropped.items())
    )


def _protected(card: Card) -> str:
    head = f"## {tr('Protected attributes', '受保护属性')}\n\n"
    if not card.protected:
        return head + tr("None is an input.", "均未作为输入。")
    return head + _table(
        (tr("taken all the same", "仍被使用的属性"), tr("reason given", "说明的理由")),
        list(card.protected.items()),
    )


def _metrics(card: Card) -> str:
    rows: list[tuple[str, str]] = []

    def note(prefix: str, value: Any) -> None:
        if isinstance(value, Mapping):
            for name, inner in value.items():
                note(f"{prefix} {name}".strip(), inner)
        elif isinstance(value, float):
            rows.append((prefix, shown(round(value, 6))))
        else:
            rows.append((prefix, str(value)))

    note("", card.metrics)
    if not rows:
        return ""
    return f"## {tr('Measured', '度量')}\n\n" + _table(
        (tr("what", "指标"), tr("value", "数值")), rows
    )


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
            "A subject may see, dispute and correct every value used here (异议处理).",
            "主体有权查询、异议并更正此处使用的每一项信息(异议处理)。",
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
    return f"## {tr('Provenance', '来源')}\n\n" + _table(
        (tr("what", "项目"), tr("value", "取值")), [(name, str(value)) for name, value in rows]
    )


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)
