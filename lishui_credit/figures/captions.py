"""What the columns of a frame that somebody takes away are called, in the language in use.

A column that a page shows keeps its heading there. Of what the page shows in words or print, the
number or the key behind it is named after it; every other column has its caption here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from lishui_credit.language import Bilingual, tr
from lishui_credit.validation.report.headings import COLUMNS as MEASURED

_NAMED: Final[Mapping[str, tuple[str, str]]] = {
    # the plan
    "indicator_name": ("indicator", "指标"),
    "area_name": ("area", "地区"),
    "status_word": ("status", "状态"),
    "frequency_word": ("frequency", "频率"),
    "state_word": ("state", "时效状态"),
    "silent_names": ("not reported by", "未报地区"),
    "base": ("2015 value", "2015年基数"),
    "base_period": ("period of the 2015 value", "基期"),
    "target": ("2020 target", "2020年目标"),
    "target_basis": ("basis of the target", "目标依据"),
    "path": ("due", "应达进度"),
    "gap": ("short of what is due", "与应达进度之差"),
    "time_share": ("share of the time passed", "时间进度"),
    "done": ("share of the way done", "完成进度"),
    "schedule": ("done to time", "序时比"),
    "schedule_class": ("schedule", "序时进度"),
    "growth_ratio": ("growth ratio", "增速比"),
    "growth_class": ("class of the growth ratio", "增速比等次"),
    "growth_score": ("score of the growth ratio", "增速比得分"),
    "survey_class": ("survey interval against the target", "调查区间与目标"),
    "change": ("change", "变化"),
    "change_significant": ("change beyond chance", "变化显著"),
    "required_rate": ("growth needed a year", "所需年增速"),
    "projected": ("2020 projected", "2020年预测"),
    "projection_points": ("points of the projection", "预测所用期数"),
    "no_interval": ("why there is no interval", "无区间的原因"),
    "outlook": ("outlook for 2020", "2020年前景"),
    "off_path_since": ("off its path since", "偏离进度起始"),
    "on_path_until": ("on its path until", "符合进度截至"),
    "disagree": ("methods disagree", "方法结论不一"),
    "worst": ("worst counties", "最差地区"),
    "behind": ("counties behind", "落后地区"),
    "behind_places": ("places of the counties behind", "落后地区位次"),
    "source": ("source", "来源"),
    "series": ("series", "序列"),
    "day": ("day", "日期"),
    "multiple": ("multiple of 2015", "2015年的倍数"),
    "companion": ("companion series", "辅助指标"),
    "numerator": ("numerator", "分子"),
    "denominator": ("denominator", "分母"),
    "revision": ("revision", "修订序号"),
    "recorded_at": ("recorded (UTC)", "记录时间（UTC）"),
    "reason": ("why it was recorded", "记录原因"),
    "better": ("counties that are better", "优于本地的个数"),
    "worse": ("counties that are worse", "劣于本地的个数"),
    "place_from": ("place, from", "位次自"),
    "place_to": ("place, to", "位次至"),
    "groups": ("letters of those not told apart", "无显著差异组别"),
    "basis": ("basis", "依据"),
    "counties": ("counties that reported", "已报县数"),
    "months_late": ("months late", "迟报月数"),
    "due": ("periods due", "应报期数"),
    "observed": ("periods observed", "已报期数"),
    "first_missing": ("first missing", "最早缺报"),
    "file": ("file", "文件"),
    "row": ("line", "行号"),
    "reasons": ("why", "原因"),
    "why": ("why", "原因"),
    "loaded_on": ("loaded (UTC)", "装载时间（UTC）"),
    "value_before": ("value before", "修订前数值"),
    "reported": ("reported", "报送值"),
    "computed": ("computed", "汇总值"),
    # registers
    "year": ("year", "年度"),
    "edition": ("edition", "版本"),
    "place": ("place of the grade, best first", "等级次序"),
    "grade": ("grade id", "等级代号"),
    "label": ("name", "名称"),
    "outcome": ("outcome", "结果"),
    "move": ("move", "变动方向"),
    "what": ("what", "项目"),
    "graded": ("subjects graded", "已评主体数"),
    "points": ("points", "分值"),
    "points_share": ("points on unverified rows", "依据未核实条款的分值占比"),
    "decided": ("grades set by an unverified rule", "依据未核实条款直接判级数"),
    "decided_share": ("share of grades set by an unverified rule", "依据未核实条款直接判级占比"),
    "movable_share": ("points the edition can move, unverified", "未核实条款可变动分值占比"),
    "evidence": ("evidence", "来源等级"),
    "weak": ("unverified", "未核实"),
    "decided_by": ("decided by, id", "判定依据代号"),
    "clause": ("clause", "条款"),
    "id": ("id", "代号"),
    "dimension": ("dimension", "维度"),
    "out_of": ("of", "满分"),
    "state": ("state", "得分状态"),
    # models
    "rows": ("rows", "行数"),
    "bad_rate_shrunken": ("bad rate shrunken", "收缩后坏账率"),
    "woe": ("WoE", "WoE"),
    "woe ln(good%/bad%)": ("WoE", "WoE"),
    "needed": ("subjects needed for a rate", "计算比率所需主体数"),
    "iv": ("IV", "IV"),
    "mean": ("mean points", "平均分值"),
    "goods_of_all": ("goods, of all rows", "好（占全部行）"),
    "bads_of_all": ("bads, of all rows", "坏（占全部行）"),
    "development": ("at development", "建模时"),
    "coefficient": ("coefficient", "系数"),
    "error": ("standard error", "标准误"),
    "direction": ("direction", "方向"),
    "least": ("fewest points", "最低分值"),
    "most": ("most points", "最高分值"),
    "section": ("section", "章节"),
    "name": ("figure", "指标名称"),
    "interval": ("95 % interval", "95% 区间"),
    "standing": ("verdict", "结论"),
    "verdict": ("explanation", "说明"),
    "risk": ("risk", "风险值"),
    "goods": ("goods", "好"),
    "perfect": ("perfect order", "完美排序"),
    # lending
    "cut_off": ("cut-off", "分数线"),
    "approved": ("approved", "批准笔数"),
    "approval_rate": ("approval rate", "通过率"),
    "bad_rate_approved": ("bad rate of the approved", "批准者坏账率"),
    "bad_rate_declined": ("bad rate of the declined", "拒绝者坏账率"),
    "captured_bads": ("bads declined, of all bads", "拒绝的坏样本占比"),
    "realised_loss_fen": ("credit loss, fen", "信用损失（分）"),
    "profit_fen": ("profit, fen", "利润（分）"),
    "expected_loss_fen": ("expected loss, fen", "预期损失（分）"),
    "short_of_best_fen": ("short of the most profit, fen", "与最高利润之差（分）"),
    "plateau": ("not told from the best", "与最优无法区分"),
    "set": ("set", "集合"),
    "applicants": ("applicants", "申请人数"),
    "amount_fen": ("amount, fen", "金额（分）"),
    "known": ("outcome known", "结果已知"),
    "unknown": ("outcome unknown", "结果未知"),
    "old": ("approval rate in force", "现行通过率"),
    "new": ("approval rate tried", "试算通过率"),
    "below_four_fifths": ("below four fifths", "低于五分之四"),
    "goods_refused_old": ("goods refused, in force", "好客户被拒（现行）"),
    "goods_refused_new": ("goods refused, tried", "好客户被拒（试算）"),
    # every page
    "cells": ("cells", "单元格"),
    "synthetic": ("synthetic data", "合成数据"),
}
_ENDS: Final = {"_low": (", low", "（下限）"), "_high": (", high", "（上限）")}
_KEYS: Final = {
    "indicator": "indicator_name",
    "adcode": "area_name",
    "status": "status_word",
    "frequency": "frequency_word",
    "state": "state_word",
    "silent": "silent_names",
}


def captions(columns: Sequence[str], shown: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return what each column is called, no name twice; a page's own headings come first."""
    headings = dict(shown or {})
    made: dict[str, str] = {}
    for column in sorted(columns, key=lambda name: name not in headings):  # the page's own first
        said = caption = headings.get(column) or _behind(column, columns, headings)
        times = 1
        while caption in made.values():
            times += 1
            caption = f"{said} {times}"
        made[column] = caption
    return {column: made[column] for column in columns}


def _behind(column: str, columns: Sequence[str], headings: Mapping[str, str]) -> str:
    """Return the caption of a column that a page does not show by itself."""
    printed, worded = f"{column}_printed", _KEYS.get(column)
    if printed in columns:
        said = headings.get(printed) or _named(column)
        return tr(f"{said} (number)", f"{said}（数字）")
    if worded in columns and worded is not None:
        said = headings.get(worded) or _named(worded)
        return tr(f"{said}, code", f"{said}代码")
    return _named(column.removesuffix("_printed"))


def _named(column: str) -> str:
    """Return a column's own caption; its id where it has none, as columns of a user's file have."""
    if column in _NAMED:
        return str(Bilingual(*_NAMED[column]))
    if column in MEASURED:
        return str(MEASURED[column][1])
    for end, words in _ENDS.items():
        stem = column.removesuffix(end)
        if stem != column and (said := _named(stem)) != stem:
            return said + tr(*words)
    return column
