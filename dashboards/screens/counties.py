"""区县: where each indicator is off its path: all of them by county, then one on a map and in a league."""

import source
import streamlit as st
import view

from lishui_credit.figures import plan_findings
from lishui_credit.figures.areas import league_plot, map_plot, place_words
from lishui_credit.figures.county_table import county_html, headline
from lishui_credit.language import dated, language, tr
from lishui_credit.plan.definitions import indicators
from lishui_credit.plan.divisions import division
from lishui_credit.plan.labels import with_names, with_printed
from lishui_credit.plan.sentences import printed
from lishui_credit.plan.status import STATUSES

data = source.data()
at = view.choose_day(data.days, data.contents.opens_at)
view.banner(data.synthetic, data.title)
table = source.progress_at(data, at, language())
view.heading(
    view.plain(headline(table)), view.plain(tr(f"As of {dated(at)}.", f"截至{dated(at)}。"))
)
caption = tr(
    "The twelve indicators in the city and its nine counties", "全市及九个县（市、区）的十二项指标"
)
st.html(county_html(table, caption, view.address))
view.offer(with_names(table), f"progress_{at}", caption, {}, synthetic=data.synthetic)

# ---- one indicator ----------------------------------------------------------------------------

keys = list(indicators())
key = view.choose(
    "indicator", tr("Indicator", "指标"), keys, keys[0],
    lambda name: f"{indicators()[name].number}  {indicators()[name].short}",
)  # fmt: skip
row = indicators()[key]
one = table.filter(indicator=key)
words = tr(f"{row.short} by county: ", f"{row.short}，分地区：") + tr("; ", "；").join(
    f"{division(r['adcode']).name} {STATUSES[r['status']].word} {printed(row, r['value'])}"
    for r in one.iter_rows(named=True)
)
left, right = st.columns(2)
with left:
    view.chart(
        map_plot(table, key, synthetic=data.synthetic), with_names(one), f"map_{key}_{at}",
        words, synthetic=data.synthetic, finding=plan_findings.where(one),
    )  # fmt: skip
with right:
    ranked = source.league_at(data, key, at)
    if ranked.height:
        view.chart(
            league_plot(ranked, key, synthetic=data.synthetic), with_names(ranked),
            f"league_{key}_{at}",
            tr(f"{row.short}, places of the counties: ", f"{row.short}，县（市、区）位次：")
            + tr("; ", "；").join(
                f"{division(r['adcode']).name} {place_words(r)}" for r in ranked.iter_rows(named=True)
            ),
            synthetic=data.synthetic, finding=plan_findings.places(ranked, key),
        )  # fmt: skip
        st.caption(
            tr(
                "A place is a range: counties that share a letter cannot be told apart "
                "(pairwise tests at 5%, corrected by Holm's method). Bars are 95% intervals.",
                "位次以区间表示：字母相同的县（市、区）之间的差异不显著（两两检验，5% 水平，Holm 法校正）。横线为 95% 区间。",
            )
            if ranked["groups"].count()
            else tr(
                "No sampling error is known for this indicator, so nothing is placed.",
                "该指标没有抽样误差可依，因此不排位次。",
            )
        )
    else:
        st.info(tr("No county has a value here.", "各县（市、区）均无数值。"))
view.table(
    with_names(with_printed(one, "value", "path", "target", "projected")),
    f"counties_{key}_{at}",
    {
        "area_name": tr("Area", "地区"),
        "status_word": tr("Status", "状态"),
        "value_printed": tr("Value", "最新值"),
        "path_printed": tr("Due", "应达"),
        "target_printed": tr("2020 target", "2020年目标"),
        "projected_printed": tr("2020 projected", "2020年预测"),
        "off_path_since": tr("Off its path since", "偏离进度起始"),
        "period": tr("As of", "截至"),
    },
    words,
    synthetic=data.synthetic,
    title=tr(f"{row.short} by county", f"{row.short}分地区"),
)
