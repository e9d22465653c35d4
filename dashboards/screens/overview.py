"""总览: which of the twelve indicators are off their paths, where, and since when, on one screen."""

import source
import streamlit as st
import view

from lishui_credit.language import dated, language, tr
from lishui_credit.plan.course import quarter_before
from lishui_credit.plan.divisions import division
from lishui_credit.plan.labels import with_names, with_printed
from lishui_credit.plan.overview import overview, turned, verdict
from lishui_credit.plan.overview_table import overview_html
from lishui_credit.plan.sentences import sentence

data = source.data()
at = view.choose_day(data.days, data.contents.opens_at)
area = view.choose_area(data.areas)
view.banner(data.synthetic, data.title)

progress = source.progress_at(data, at, language())
rows = overview(progress, source.verdicts_at(data, at), at, area)
told = verdict(rows, at, area)
news = f":red[{view.plain(told.news)}]" if told.news else ""
view.heading(f"{view.plain(told.lead)}{news}{view.plain(told.named)}", view.plain(told.below))
caption = tr(
    f"The twelve indicators, {division(area).name}, {dated(at)}",
    f"{division(area).name}十二项指标，{dated(at)}",
)
before = quarter_before(at)
changed = turned(source.progress_at(data, before, language()), progress, area)
st.html(overview_html(rows, caption, view.address, before, changed))

here = with_printed(progress.filter(adcode=area), "value", "target", "path", "projected")
with st.expander(tr("As a table, to read and download", "数据表（查看与下载）")):
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
