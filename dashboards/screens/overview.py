"""总览: the twelve indicators on one page, and the three that need attention, in words."""

import source
import streamlit as st
import view

from lishui_credit.figures.spark import sparkline
from lishui_credit.language import language, tr
from lishui_credit.plan.course import quarter_before
from lishui_credit.plan.definitions import ATTRIBUTES, indicators, plan
from lishui_credit.plan.divisions import division
from lishui_credit.plan.labels import tally, with_names, with_printed
from lishui_credit.plan.sentences import (
    attention,
    change_sentence,
    changes,
    sentence,
    tile_words,
)

data = source.data()
view.banner(data.synthetic, data.observed.name)
view.heading(
    tr("Where the plan's twelve indicators stand", "规划十二项指标进展"),
    view.plain(tr(plan().title_en, plan().title_zh)),
)
with st.container(horizontal=True, vertical_alignment="top", key="filters"):
    at = view.choose_day(data.days, data.contents.opens_at)
    area = view.choose_area(data.areas)

table = source.progress_at(data, at, language())
here = with_printed(table.filter(adcode=area), "value", "target", "path", "projected")
counts = tally(table, area)
st.markdown(" ".join(f"{view.badge(status)} **{number}**" for status, number in counts.iter_rows()))

# ---- the three that need attention ------------------------------------------------------------

urgent = attention(table, adcode=area)
st.subheader(tr("What needs attention", "最需关注"), anchor=False)
if urgent.height:
    with st.container(key="urgent"):
        across = st.columns(urgent.height)
    for place, (key, status, said) in zip(across, urgent.iter_rows(), strict=True):
        with place, st.container(border=True, height="stretch"):
            st.markdown(view.badge(status))
            st.markdown(view.plain(said))
            view.link(
                "indicator",
                tr(":blue[Look closer →]", ":blue[查看详情 →]"),
                indicator=key,
                area=area,
            )
else:
    st.success(tr("Every indicator is on its path.", "各项指标均符合进度。"))

# ---- the twelve -------------------------------------------------------------------------------

courses = source.course_at(data, at).filter(adcode=area)
notes = {
    "binding": tr(
        "hard tasks of government, broken down and assessed", "政府必须完成的任务，分解落实并考核"
    ),
    "expected": tr(
        "what the state hopes for and markets deliver", "期望达到的目标，主要依靠市场主体实现"
    ),
    "guidance": tr(
        "direction; the plan does not define the word", "体现方向；规划未对该词作出定义"
    ),
}
st.caption(
    tr(
        "Full line: observed. Dashed: expected path. Dotted with a wedge: projection and its "
        "95 % interval. Diamond: the 2020 target.",
        "实线：实际值；虚线：应达进度；点线及扇形：趋势预测及其 95% 区间；菱形：2020年目标。",
    )
)
shape = {"binding": (3, 330), "expected": (2, 520), "guidance": (4, 240)}
for attribute, kind in ATTRIBUTES.items():
    st.subheader(tr(f"{kind.en.capitalize()} targets", f"{kind.zh}指标"), anchor=False)
    st.caption(notes[attribute])
    keys = [key for key, row in indicators().items() if row.attribute == attribute]
    across, wide = shape[attribute]
    places = iter(())
    for key in keys:
        row = indicators()[key]
        found = here.filter(indicator=key).row(0, named=True)
        line, origin = tile_words(found)
        if (
            place := next(places, None)
        ) is None:  # a row of its own, so that a phone keeps the order
            places = iter(st.columns(across))
            place = next(places)
        with place, st.container(border=True, key=f"tile_{key}"):
            view.link(
                "indicator", f"**{row.number}　{view.plain(row.short)}**", indicator=key, area=area
            )
            st.markdown(f"### {view.plain(found['value_printed'])}")
            st.markdown(view.badge(found["status"]))
            st.image(
                sparkline(courses.filter(indicator=key), found["status"], width=wide),
                width="stretch",
                alt=sentence(found),
            )
            st.caption(view.plain(line))
            st.caption(view.plain(origin))

# ---- what changed -----------------------------------------------------------------------------

before = quarter_before(at)
moved = changes(source.progress_at(data, before, language()), table)
mine = moved.filter(adcode=area)
st.subheader(tr(f"What changed since {before}", f"较 {before} 的变化"), anchor=False)
for turned, head in (
    ("worse", tr("Worse", "转差")),
    ("better", tr("Better", "转好")),
    ("same", tr("Other changes", "其他变化")),
):
    rows = mine.filter(turned=turned)
    if rows.height:
        lines = "\n".join(f"- {view.plain(change_sentence(r))}" for r in rows.iter_rows(named=True))
        st.markdown(f"**{head}**\n\n{lines}")
if not mine.height:
    st.markdown(tr("Nothing changed.", "没有变化。"))

# ---- all of it, as a table --------------------------------------------------------------------

st.subheader(
    tr(f"All twelve: {division(area).name}", f"十二项指标一览：{division(area).name}"), anchor=False
)
view.table(
    with_names(here),
    f"progress_{area}_{at}",
    {
        "indicator_name": tr("Indicator", "指标"),
        "status_word": tr("Status", "状态"),
        "value_printed": tr("Value", "最新值"),
        "target_printed": tr("2020 target", "2020年目标"),
        "path_printed": tr("Due", "应达"),
        "projected_printed": tr("2020 projected", "2020年预测"),
        "period": tr("As of", "截至"),
        "source": tr("Source", "来源"),
        "note": tr("Remarks", "说明"),
    },
    " ".join(sentence(r) for r in here.iter_rows(named=True)),
    synthetic=data.synthetic,
)
