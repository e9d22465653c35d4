"""What ``models`` and ``export`` do: list stored cards, compare two, check an approval, write a workbook."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lishui_credit.commands.terminal import SYNTHETIC, Command, Parser, parts, say
from lishui_credit.language import plural, tr
from lishui_credit.reports.layout import cut, table

if TYPE_CHECKING:
    from lishui_credit.models.card_changes import CardChanges, Moves
    from lishui_credit.models.shelf import Shelved

_SHOWN = 40  # rows of a table


# ---- arguments --------------------------------------------------------------------------------


def add_arguments(command: Command) -> None:
    """Add the commands to the parser."""
    made = command(
        "models",
        "list stored cards: data, day, AUC, approval",
        "列出已存评分卡:数据、日期、AUC、审批状态",
        models,
    )
    _folder_argument(made)
    part = parts(made, "what", "compare | approval")
    both = part(
        "compare",
        "say what changed from one card to another, and who moves",
        "比较两个评分卡:分箱与分值的变化、哪些主体变动",
        compare,
    )
    both.asks("old", "earlier card: <id>/<version> or its folder", "原评分卡:<编号>/<版本>或其目录")
    both.asks("new", "later card", "新评分卡")
    both.asks(
        "--on",
        "rows with outcomes to move; the sample of the later card if not given",
        "用于比较的带结果数据文件,缺省为新评分卡的样本",
        metavar="FILE",
    )
    both.asks(
        "--target", "outcome column; the earlier card's own if not given", "结果列,缺省同原卡"
    )
    _folder_argument(both, inner=True)
    signed = part(
        "approval",
        "check who approved a card, and what is open",
        "核对评分卡的审批与未关闭问题",
        approval,
    )
    _card_argument(signed)
    signed.asks(
        "--form",
        "write an empty approval.toml beside the card, to fill in",
        "在评分卡目录写出待填写的 approval.toml",
        action="store_true",
    )
    _folder_argument(signed, inner=True)
    made = command(
        "export",
        "write a stored card as a workbook: points, bins, validation",
        "将已存评分卡导出为工作簿:评分表、分箱、验证",
        export,
    )
    _card_argument(made)
    made.asks("output", "workbook to write, .xlsx", "输出工作簿,.xlsx")
    _folder_argument(made)


def _card_argument(made: Parser) -> None:
    made.asks("model", "card: <id>/<version> or its folder", "评分卡:<编号>/<版本>或其目录")


def _folder_argument(made: Parser, *, inner: bool = False) -> None:
    made.asks(
        "--folder",
        "folder of models, <id>/<version> inside; models if not given",
        "模型目录,内含 <编号>/<版本>,缺省为 models",
        default=argparse.SUPPRESS if inner else "models",
    )


# ---- commands ---------------------------------------------------------------------------------


def models(options: argparse.Namespace) -> int:
    """List the shelf; exit code 1 where a card on it cannot be read."""
    from lishui_credit.models.shelf import shelf

    found = shelf(options.folder)

    def text() -> list[str]:
        heads = (
            tr("model", "模型"),
            tr("data", "数据"),
            tr("rows", "行数"),
            tr("fitted", "拟合日期"),
            tr("AUC out of fold", "折外 AUC"),
            tr("standing", "状态"),
        )
        lines = table(heads, [_listed(row) for row in found]) if found else []
        lines += [f"  {row.name}: {row.problem}" for row in found if row.problem]
        return [*lines, tr(plural(len(found), "model"), f"共 {len(found)} 个模型")]

    say(options, [row.facts for row in found], text)
    return 1 if any(row.problem for row in found) else 0


def _listed(row: Shelved) -> tuple[str, ...]:
    if row.card is None:
        return (row.name, "", "", "", "", tr("CANNOT BE READ", "无法读取"))
    told = row.facts
    data = str(told["data"] or "—") + (f" ({SYNTHETIC})" if row.card.synthetic else "")
    rows = "" if told["rows"] is None else f"{told['rows']:,}"
    auc = "—" if told["auc"] is None else f"{told['auc']:.4f}"
    if told["auc_95"]:
        auc += f" ({told['auc_95'].replace(' .. ', '–')})"
    return (row.name, data, rows, row.fitted_on or "—", auc, row.standing.said)


def approval(options: argparse.Namespace) -> int:
    """Check an approval, or write an empty one; exit code 1 where the card is not approved."""
    from lishui_credit.models.shelf import home_of
    from lishui_credit.scorecards.cards.card_approval import APPROVAL, write_form
    from lishui_credit.scorecards.cards.card_file import FILE, load

    home = home_of(options.model, options.folder)
    standing = load(home).standing
    file = home / FILE if home.is_dir() else home
    if options.form:
        path = write_form(file)
        say(options, {"form": str(path)}, lambda: str(path))
        return 0
    told = standing.approval
    data: dict[str, Any] = {
        "standing": standing.record,
        "overdue": [r.id for r in standing.overdue],
    }
    if told is not None:
        data |= {"owner": told.owner, "author": told.author}
        data["findings"] = [
            {"id": r.id, "owner": r.owner, "due": r.due, "closed_on": r.closed_on, "what": r.what}
            for r in told.findings
        ]

    def text() -> list[str]:
        lines = [f"{options.model}: {standing.said}"]
        if told is None:
            hint = tr("write one to fill in with --form", "可用 --form 写出待填写的文件")
            return [
                *lines,
                f"  {tr(f'no {APPROVAL} beside the card', f'目录中没有 {APPROVAL}')}; {hint}",
            ]
        lines.append(
            tr(
                f"  owner {told.owner}, author {told.author}",
                f"  所有者 {told.owner},开发者 {told.author}",
            )
        )
        for row in told.findings:
            state = tr("closed", "已关闭") if row.closed_on else tr("open", "未关闭")
            end = row.closed_on or row.due
            lines.append(f"  {row.id} {state} {end} {row.owner}: {row.what}")
        return lines

    say(options, data, text)
    return 0 if standing.approved else 1


def export(options: argparse.Namespace) -> int:
    """Write a stored card as a workbook."""
    from lishui_credit.models.shelf import home_of
    from lishui_credit.scorecards.cards.card_workbook import read_card, write_workbook

    card = read_card(home_of(options.model, options.folder))
    path = write_workbook(card, options.output)
    told = {"output": str(path), "standing": card.standing.record, "synthetic": card.synthetic}
    lines = [str(SYNTHETIC)] if card.synthetic else []
    say(options, told, lambda: [*lines, f"{path}: {card.standing.said}"])
    return 0


def compare(options: argparse.Namespace) -> int:
    """Say what changed from one card to another, and who moves on a sample."""
    from lishui_credit.models.card_changes import changes
    from lishui_credit.models.shelf import home_of
    from lishui_credit.scorecards.cards.card_workbook import read_card

    homes = [home_of(name, options.folder) for name in (options.old, options.new)]
    old, new = (read_card(home) for home in homes)
    sample = Path(options.on) if options.on else _sample_of(homes[1])
    found = changes(old, new, sample, options.target)
    synthetic = old.synthetic or new.synthetic

    def text() -> list[str]:
        lines = [str(SYNTHETIC)] if synthetic else []
        lines += [f"{options.old} → {options.new}", "", tr("Settings that changed", "变化的参数")]
        heads = tr("what", "项目"), tr("before", "原"), tr("after", "新")
        lines += _table(heads, found.settings.rows())
        lines += ["", tr("Points that changed", "变化的分值"), *_points(found)]
        return [*lines, "", *_moved(found.moves, sample.name)]

    say(options, _data(found, synthetic=synthetic), text)
    return 0


def _sample_of(home: Path) -> Path:
    """Return the sample of a card, as its manifest names it."""
    from lishui_credit import proof
    from lishui_credit.models.recipes import KIND
    from lishui_credit.scorecards.cards.card_file import FILE

    said = proof.stated(home / FILE if home.is_dir() else home)
    return said.manifest(KIND).files(said.path)["sample"]


def _data(found: CardChanges, *, synthetic: bool) -> dict[str, Any]:
    moves = found.moves
    return {
        "synthetic": synthetic,
        "settings": found.settings.to_dicts(),
        "points": found.points.to_dicts(),
        "entered": list(found.entered),
        "left": list(found.left),
        "intercept_shares": list(found.shares),
        "moves": {
            "rows": moves.rows,
            "up": moves.up,
            "down": moves.down,
            "change": moves.quantiles,
            "between": "grades" if moves.by_grades else "fifths",
            "migration": moves.migration.frame().to_dicts(),
            "auc": [moves.auc.card, moves.auc.challenger],
            "auc_difference_95": [moves.auc.low, moves.auc.high],
            "sample_of_a_fit": moves.known,
        },
    }


def _points(found: CardChanges) -> list[str]:
    heads = (
        tr("characteristic", "特征"),
        tr("bin", "分箱"),
        tr("before", "原"),
        tr("after", "新"),
        tr("change", "变化"),
    )
    beyond = found.points["beyond"]
    told = found.points.filter(beyond.is_null() | (beyond.abs() > 1))
    rows = [
        (label, said, *("—" if mark is None else f"{round(mark, 1):g}" for mark in marks))
        for _, label, said, *marks in told.iter_rows()
    ]
    lines = [tr("  entered: ", "  新增特征:") + ", ".join(found.entered)] if found.entered else []
    lines += [tr("  left: ", "  删除特征:") + ", ".join(found.left)] if found.left else []
    first, second = found.shares
    lines.append(
        tr(
            f"  change: beyond the intercept's share of a characteristic ({first:.1f} → {second:.1f}),"
            f" more than 1 point; {found.points.height - told.height} bins differ by less",
            f"  变化:扣除每个特征所含的截距分({first:.1f} → {second:.1f})后超过 1 分的分箱;"
            f"另有 {found.points.height - told.height} 个分箱变化更小",
        )
    )
    return [*lines, *_table(heads, rows)]


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    if not rows:
        return [tr("  none", "  无")]
    more = len(rows) - _SHOWN
    rest = [tr(f"… {more} more: --json has all", f"……另有 {more} 行,见 --json")] if more > 0 else []
    return [*table(heads, [[cut(cell, 44) for cell in row] for row in rows[:_SHOWN]]), *rest]


def _moved(moves: Moves, sample: str) -> list[str]:
    same = moves.rows - moves.up - moves.down
    ends = [f"{moves.quantiles[name]:+g}" for name in ("5%", "50%", "95%")]
    between = (
        tr("grade", "等级") if moves.by_grades else tr("fifth (1 is best)", "五分组(1 为最优)")
    )
    heads = (between, tr("rows", "行数"), *(f"→ {name}" for name in moves.migration.grades))
    rows = [[f"{cell}" for cell in row] for row in moves.migration.frame().iter_rows()]
    auc = moves.auc
    lines = [
        tr(
            f"Who moves: {plural(moves.rows, 'row')} of {sample}",
            f"变动情况:{sample} {moves.rows:,} 行",
        ),
        tr(
            f"  up {moves.up:,}, down {moves.down:,}, same points {same:,};"
            f" change in points: 5% {ends[0]}, median {ends[1]}, 95% {ends[2]}",
            f"  上升 {moves.up:,},下降 {moves.down:,},不变 {same:,};"
            f"分值变化:5% 分位 {ends[0]},中位数 {ends[1]},95% 分位 {ends[2]}",
        ),
        *table(heads, rows),
        tr(
            f"  AUC {auc.card:.4f} → {auc.challenger:.4f}, difference {auc.difference:+.4f}"
            f" ({auc.low:+.4f} to {auc.high:+.4f})",
            f"  AUC {auc.card:.4f} → {auc.challenger:.4f},相差 {auc.difference:+.4f}"
            f"({auc.low:+.4f} 至 {auc.high:+.4f})",
        ),
    ]
    if moves.known:
        lines.append(
            tr(
                "  a card was fitted on these rows, which flatters it: judge on later ones with --on",
                "  评分卡即由该样本拟合,结果偏乐观;请用 --on 指定后期数据",
            )
        )
    return lines
