"""指标: one indicator, observed against its path and projection, by county, with its definition."""

import source
import streamlit as st
import view

from lishui_credit.figures import plan_findings
from lishui_credit.figures.plan import (
    companions_plot,
    course_plot,
    multiples_plot,
    with_multiples,
)
from lishui_credit.language import language, tr
from lishui_credit.plan.companion_series import companion_names
from lishui_credit.plan.course import companion_course
from lishui_credit.plan.definitions import ATTRIBUTES, indicators
from lishui_credit.plan.divisions import CITY, division
from lishui_credit.plan.labels import defined, interval_printed, with_names, with_printed
from lishui_credit.plan.overview import overview
from lishui_credit.plan.overview_table import quarters_html
from lishui_credit.plan.sentences import printed, sentence
from lishui_credit.plan.status import said

data = source.data()
view.banner(data.synthetic, data.title)
at = view.choose_day(data.days, data.contents.opens_at)
area = view.choose_area(data.areas)
keys = list(indicators())
title = st.container()
key = view.choose(
    "indicator", tr("Indicator", "指标"), keys, keys[0],
    lambda name: f"{indicators()[name].number}  {indicators()[name].short}",
)  # fmt: skip
row = indicators()[key]
kind = ATTRIBUTES[row.attribute]
place = division(area)
table = source.progress_at(data, at, language())
found = table.filter(indicator=key, adcode=area).row(0, named=True)
with title:
    view.heading(
        f"{row.number}　{view.plain(row.name)}　{view.badge(found['status'])}",
        view.plain(f"{place.name} · {tr(f'{kind.en} target', f'{kind.zh}指标')}"),
    )

# ---- where it stands --------------------------------------------------------------------------

st.markdown(view.plain(sentence(found)))
mine_row = next(
    one for one in overview(table, source.verdicts_at(data, at), at, area) if one.row.key == key
)
st.html(quarters_html(mine_row))
said_here = with_printed(
    table.filter(indicator=key, adcode=area), "value", "path", "target", "projected"
)
numbers = said_here.row(0, named=True)
with st.container(key="metrics"):
    tiles = st.columns(4)
for tile, name, label, low, high in (
    (tiles[0], "value", tr("Value", "最新值"), "low", "high"),
    (tiles[1], "path", tr("Due on the path", "应达进度"), None, None),
    (tiles[2], "target", tr("2020 target", "2020年目标"), None, None),
    (tiles[3], "projected", tr("2020 projected", "2020年预测"), "projected_low", "projected_high"),
):
    reach = interval_printed(row, found[low], found[high]) if low and high else ""
    tile.metric(
        label, numbers[f"{name}_printed"], reach or None, delta_color="off", delta_arrow="off",
        border=True, height="stretch",
    )  # fmt: skip
judged = [
    f"{words}{tr(': ', '：')}{said(found[name])}"
    for words, name in (
        (tr("Schedule", "序时进度"), "schedule_class"),
        (tr("Growth ratio", "增速比"), "growth_class"),
        (tr("Survey interval against the target", "调查区间与目标"), "survey_class"),
        (tr("Outlook for 2020", "2020年前景"), "outlook"),
    )
    if found[name] is not None
]
st.caption(" · ".join(view.plain(text) for text in judged))
if found["note"]:
    st.caption(view.plain(found["note"]))

# ---- its course -------------------------------------------------------------------------------

course = source.course_at(data, at).filter(indicator=key)
mine = course.filter(adcode=area)
if mine.height:
    view.chart(
        course_plot(mine, synthetic=data.synthetic), with_names(mine), f"course_{key}_{area}",
        sentence(found), synthetic=data.synthetic, finding=plan_findings.stands(found),
    )  # fmt: skip
else:
    st.info(tr("There is no observation.", "此处没有观测。"))

# ---- by county --------------------------------------------------------------------------------

st.header(tr("County by county", "分县（市、区）"), anchor=False)
by_county = table.filter(indicator=key)
inside = course.filter(course["adcode"] != CITY)
if inside.height:
    with st.container(key="wide_multiples"):
        view.chart(
            multiples_plot(inside, by_county, synthetic=data.synthetic),
            with_names(with_multiples(inside, by_county)),
            f"counties_{key}",
            tr(f"{row.short} over the years, by county: ", f"{row.short}历年数值，分地区：")
            + tr("; ", "；").join(
                f"{division(r['adcode']).name} {printed(row, r['value'])} {said(r['status'])}"
                for r in by_county.iter_rows(named=True)
            ),
            synthetic=data.synthetic, finding=plan_findings.widest_gap(by_county),
        )  # fmt: skip

# ---- companions -------------------------------------------------------------------------------

st.header(tr("Companion series", "辅助指标"), anchor=False)
st.caption(
    tr(
        "Shown beside the headline, so that the headline is not gamed.",
        "与主指标并列展示，防止只看主指标而失真。",
    )
)
beside = source.companions(data)
drawn = None if beside is None else companion_course(beside, key, area, at)
if drawn is not None and drawn.height:
    view.chart(
        companions_plot(drawn, row, place.name, synthetic=data.synthetic), drawn,
        f"companions_{key}_{area}",
        tr(f"{row.short}, {place.name}: companion series by period.",
           f"{row.short}，{place.name}：辅助指标分期数值。"),
        synthetic=data.synthetic, finding=plan_findings.companions(drawn, companion_names(row)),
    )  # fmt: skip
elif row.companions:
    names = tr(", ", "、").join(tr(item.en, item.zh) for item in row.companions)
    st.markdown(view.plain(tr(f"No data. Expected: {names}.", f"此处暂无数据。应列:{names}。")))
else:
    st.markdown(tr("None is defined for this indicator.", "该指标未设辅助指标。"))

# ---- what it means ----------------------------------------------------------------------------

st.header(tr("Definition, clause, evidence", "定义、条款与依据"), anchor=False)
st.markdown(
    "\n".join(f"- **{view.plain(head)}**　{view.plain(text)}" for head, text in defined(row))
)

# ---- data -------------------------------------------------------------------------------------

st.header(tr("Data", "数据"), anchor=False)
observed = source.whole(data).whole.frame.filter(indicator=key, adcode=area)
listed = observed.filter(observed["period"] <= at).sort("period", descending=True)
view.table(
    with_names(with_printed(listed, "value", "low", "high")),
    f"observations_{key}_{area}",
    {
        "period": tr("Period", "期末"),
        "frequency_word": tr("Frequency", "频率"),
        "value_printed": tr("Value", "数值"),
        "low_printed": tr("Low", "下限"),
        "high_printed": tr("High", "上限"),
        "numerator": tr("Numerator", "分子"),
        "denominator": tr("Denominator", "分母"),
        "source": tr("Source", "来源"),
        "note": tr("Remarks", "备注"),
    },
    tr("Observations; the city computed from its counties.", "观测值；全市由各县（市、区）汇总。"),
    synthetic=data.synthetic,
    leave=("recorded_by",),
)
