"""Page 模型: model cards, validation, drift."""

import itertools

import holdings
import polars as pl
import source
import streamlit as st
import view

from lishui_credit.figures import drift, findings
from lishui_credit.figures import validation as figures
from lishui_credit.figures.binning import bin_plot, binned, points_plot
from lishui_credit.figures.crossed_table import crossed_plot
from lishui_credit.language import language, tr
from lishui_credit.monitoring import alarmed
from lishui_credit.scorecards.cards import card_tables
from lishui_credit.scorecards.cards.crossed_points import crossed_said, fit_said, jointly_fitted
from lishui_credit.validation.report.particulars import SEEN
from lishui_credit.validation.report.printed import printed_lines

data = source.data()
models = holdings.models(data.contents.path)
lang = language()
HEAD = (
    tr("Models", "模型"),
    tr(
        "What a scorecard is for, on whom it was fitted, how well it ranks, whether it still holds.",
        "评分卡的用途与样本、区分与校准能力，以及是否仍然适用。",
    ),
)
if not models:
    view.banner(data.synthetic, data.title)
    view.heading(*HEAD)
    st.info(
        tr(
            "There is no model. Put what `lishui-credit fit` writes in the folder as "
            "`models/<id>/<version>`.",
            "没有模型。请将 `lishui-credit fit` 的结果以 `models/<编号>/<版本>` 放入数据目录。",
        ),
        icon=":material/info:",
    )
    st.stop()

ids = list(models)
model = models[view.held("model", ids, ids[0])]
view.banner(data.synthetic or holdings.card(model).synthetic, data.title)
view.heading(*HEAD)
VIEWS = {
    "card": tr("Model card", "模型卡"),
    "validation": tr("Validation", "验证"),
    "drift": tr("Drift", "漂移"),
    "watch": tr("Since last quarter", "较上季度"),
}
one, two = st.columns([2, 3])
with one:
    model = models[
        view.choose(
            "model",
            tr("Model", "模型"),
            ids,
            ids[0],
            lambda name: tr(name, f"{holdings.card(models[name]).title_zh} {name}".strip()),
        )
    ]
with two:
    there_are = [name for name in VIEWS if name != "watch" or model.watch is not None]
    part = view.choose(
        "part", tr("View", "视图"), there_are, "card", VIEWS.__getitem__, field="buttons"
    )
standing = model.standing
if standing.approved and not standing.overdue:
    st.caption(view.plain(standing.said))
else:
    st.warning(view.plain(standing.said), icon=":material/warning:")
card = holdings.card(model)
synthetic = card.synthetic
slug = model.id.replace("/", "_")
labels = {item.feature: item.label for item in card.characteristics}


def said_validation(name: str) -> str:
    known = {
        "development": tr("at development, out of fold", "建模时（折外）"),
        "later": tr("later years", "后续年度"),
    }
    return known.get(name, name)


def no_validation() -> None:
    st.info(
        tr(
            "No validation lies beside the model. Write one with "
            "`lishui-credit validate … -o later.json` into its folder.",
            "模型目录中没有验证结果。请用 `lishui-credit validate … -o later.json` 写入该目录。",
        ),
        icon=":material/info:",
    )
    st.stop()


LINES = {
    "standing": tr("verdict", "结论"),
    "name": tr("figure", "指标"),
    "value": tr("value", "数值"),
    "interval": tr("95% interval", "95% 区间"),
    "p": "p",
    "verdict": tr("explanation", "说明"),
    "source": tr("source", "方法来源"),
}

FOUND = {"reliability": findings.calibrated, "grade_rates": findings.graded}

if part == "card":
    facts = card_tables.facts(
        card,
        intended=model.about("intended", lang),
        population=model.about("population", lang),
    )
    with st.container(border=True):
        st.markdown(
            "  \n".join(
                f"**{view.plain(what)}** · {view.plain(value)}" for what, value in facts.iter_rows()
            )
        )
    view.offer(
        facts,
        f"facts_{slug}",
        tr("Facts of the model", "模型概况"),
        {"what": tr("what", "项目"), "value": tr("value", "内容")},
        synthetic=synthetic,
    )
    points = card_tables.points(card)
    st.header(tr("Points", "分值"), anchor=False)
    one, two = st.columns(2)
    with one:
        holdings.chart(
            points_plot(card),
            points,
            f"points_{slug}",
            tr(
                "Ranges of points of every characteristic, the widest first, with their means.",
                "各特征分值范围与均值，范围最大者在前。",
            ),
            synthetic=synthetic,
            finding=findings.widest(points),
        )
    with two:
        feature = view.choose(
            "feature",
            tr("Characteristic", "特征"),
            card.columns,
            card.columns[0],
            labels.__getitem__,
        )
        bins = points.filter(pl.col("feature") == feature)
        holdings.chart(
            bin_plot(card[feature].binning, label=labels[feature], synthetic=synthetic),
            binned(card[feature].binning),
            f"bins_{slug}_{feature}",
            tr(
                f"Bins of {labels[feature]}: goods and bads, and the bad rate with its interval.",
                f"{labels[feature]} 的分箱:好坏占比与坏账率(含区间)。",
            ),
            synthetic=synthetic,
            finding=findings.bins(bins, labels[feature]),
        )
    if card.crossed:
        crossed = {row.name: row for row in card.crossed}
        names = list(crossed)
        picked = view.choose(
            "crossed",
            tr("Crossed table", "交叉表"),
            names,
            names[0],
            lambda name: card.label_of(crossed[name]),
        )
        cells = points.filter(pl.col("feature") == picked)
        holdings.chart(
            crossed_plot(card, crossed[picked]),
            cells.select("label", "bin", "points", "rows", "bad_rate"),
            f"crossed_{slug}_{names.index(picked)}",
            tr(
                "Heat map: points where bins of two characteristics meet.",
                "热图:两项特征分箱相交处的分值。",
            ),
            synthetic=synthetic,
            finding=findings.widest(cells),
        )
        st.caption(view.plain(" ".join(crossed_said(card))))
    with st.expander(tr("The whole points table", "完整分值表"), icon=":material/table:"):
        view.table(
            points,
            f"points_table_{slug}",
            {
                "label": tr("characteristic", "特征"),
                "bin": tr("bin", "分箱"),
                "points": tr("points", "分值"),
                "rows": tr("rows", "行数"),
                "bad_rate": st.column_config.NumberColumn(
                    tr("bad rate observed", "实际坏账率"), format="percent"
                ),
                "bad_rate_shrunken": st.column_config.NumberColumn(
                    tr("bad rate shrunken", "收缩后坏账率"), format="percent"
                ),
                "woe": st.column_config.NumberColumn("WoE", format="%.3f"),
                "iv": st.column_config.NumberColumn("IV", format="%.4f"),
            },
            tr("Points of every bin", "各分箱分值"),
            synthetic=synthetic,
        )
    with st.expander(tr("Regression", "回归"), icon=":material/functions:"):
        if jointly_fitted(card):
            st.markdown(view.plain(fit_said(card)))
        view.table(
            card_tables.regression(card),
            f"regression_{slug}",
            {
                "label": tr("characteristic", "特征"),
                "coefficient": st.column_config.NumberColumn(
                    tr("coefficient", "系数"), format="%.3f"
                ),
                "error": st.column_config.NumberColumn(
                    tr("standard error", "标准误"), format="%.3f"
                ),
                "p": st.column_config.NumberColumn("p", format="%.2g"),
                "iv": st.column_config.NumberColumn("IV", format="%.3f"),
                "least": tr("fewest points", "最低分值"),
                "most": tr("most points", "最高分值"),
            },
            tr("Regression of the card", "评分卡回归结果"),
            synthetic=synthetic,
        )
    with st.expander(tr("Measured when fitted", "建模时的度量"), icon=":material/straighten:"):
        view.table(
            card_tables.measures(card),
            f"measures_{slug}",
            {"what": tr("what", "指标"), "value": tr("value", "数值")},
            tr("Figures measured when the card was fitted", "建模时度量的数值"),
            synthetic=synthetic,
        )

elif part == "validation":
    if not model.validations:
        no_validation()
    names = list(model.validations)
    chosen = view.choose("validation", tr("Validation", "验证"), names, names[0], said_validation)
    found = holdings.validation(model.validations[chosen])
    if found.particulars.seen:
        st.warning(view.plain(str(SEEN)), icon=":material/warning:")
    st.markdown(f"**{tr('Conclusion', '总体结论')}** · {view.plain(found.conclusion)}")
    st.caption(
        view.plain(
            tr(
                f"{found.subjects:,} subjects, {found.bads:,} bad. ",
                f"{found.subjects:,} 个主体,其中坏 {found.bads:,}。",
            )
            + " ".join(map(str, found.remarks))
        )
    )
    lines = printed_lines(found)
    view.table(
        lines,
        f"lines_{slug}_{chosen}",
        LINES,
        tr("Every figure of the validation", "验证的全部指标"),
        synthetic=found.synthetic,
    )
    drawn = (
        (
            "roc",
            figures.roc,
            tr("ROC curve: bads refused against goods refused", "ROC 曲线：拒绝的坏与好"),
        ),
        (
            "distribution",
            figures.score_distribution,
            tr("Scores of goods and of bads", "好坏样本的分数分布"),
        ),
        (
            "reliability",
            figures.reliability,
            tr("Bad rate against mean PD by bin", "各箱坏账率与平均违约概率"),
        ),
        ("cap", figures.cap, tr("CAP curve: bads caught against subjects", "CAP 曲线")),
        (
            "grade_rates",
            figures.grade_rates,
            tr("Bad rate of each grade", "各等级坏账率"),
        ),
    )
    there = holdings.tables_of(found)
    said = {
        "roc": findings.measured(lines, "auc"),
        "distribution": findings.measured(lines, "ks"),
        "cap": findings.measured(lines, "gini"),
        **{name: find(found.table(name)) for name, find in FOUND.items() if name in there},
    }
    columns = itertools.cycle(st.columns(2))
    shown = [row for row in drawn if row[0] in there]
    for (table, draw, words), column in zip(shown, columns, strict=False):
        with column:
            holdings.chart(
                draw(found),
                found.table(table),
                f"{table}_{slug}_{chosen}",
                words,
                synthetic=found.synthetic,
                finding=said[table],
            )

elif part == "watch" and model.watch is not None:
    periods, since, (then, now) = holdings.watched(model.watch, lang)
    failed = alarmed(periods)
    st.markdown(
        "**"
        + (
            tr(f"Alarm in {', '.join(failed)}", f"{'、'.join(failed)} 报警")
            if failed
            else tr("No alarm in any period", "各期均未报警")
        )
        + "**"
    )
    if then not in periods["period"]:
        st.caption(tr(f"{then} is not in the history.", f"历史记录中没有 {then}。"))
    view.table(
        since,
        f"since_{slug}",
        {
            "what": tr("what", "项目"),
            "then": st.column_config.NumberColumn(then, format="%.4f"),
            "now": st.column_config.NumberColumn(now, format="%.4f"),
            "change": st.column_config.NumberColumn(tr("change", "变化"), format="%+.4f"),
        },
        tr(f"{now} beside {then}", f"{now} 与 {then} 对照"),
        synthetic=synthetic,
    )
    drawn_from = periods.select("period", "subjects", "psi", "critical", "moved")
    holdings.chart(
        drift.psi_by_period(drawn_from, synthetic=synthetic),
        drawn_from,
        f"watch_{slug}",
        tr("Line: PSI of the score by period", "折线图：各期分数 PSI"),
        synthetic=synthetic,
        finding=findings.drifted(drawn_from, "period"),
    )

else:
    opened = {name: holdings.validation(path) for name, path in model.validations.items()}
    later = {name: held for name, held in opened.items() if "psi" in holdings.tables_of(held)}
    if not later:
        no_validation()
    names = list(later)
    chosen = view.choose("later", tr("Judged on", "验证样本"), names, names[-1], said_validation)
    found = later[chosen]
    there = holdings.tables_of(found)
    at_development = card.metrics.get("out_of_fold", {}).get("auc")
    st.caption(
        tr(
            "PSI and CSI compare the rows judged with those the card was fitted on. Below 0.10 is "
            "called stable, from 0.25 shifted; the dotted mark is what chance alone would pass.",
            "PSI 与 CSI 比较验证样本与建模样本。通常低于 0.10 为稳定，达到 0.25 为显著变化；"
            "点线为仅由偶然可达的水平。",
        )
    )
    view.table(
        printed_lines(found, "stability"),
        f"stability_{slug}_{chosen}",
        LINES,
        tr("Figures of stability", "稳定性指标"),
        synthetic=found.synthetic,
    )
    if not {"psi_periods", "periods"} & there:
        st.markdown(
            tr(
                "The sample judged has no periods: `lishui-credit validate --period` names their column.",
                "验证样本没有期间：请用 `lishui-credit validate --period` 指定其列。",
            )
        )
    one, two = st.columns(2)
    if "psi_periods" in there:
        with one:
            holdings.chart(
                drift.psi_by_period(found.table("psi_periods"), synthetic=found.synthetic),
                found.table("psi_periods"),
                f"psi_periods_{slug}",
                tr("Line: PSI of the score by period", "折线图：各期分数 PSI"),
                synthetic=found.synthetic,
                finding=findings.drifted(found.table("psi_periods"), "period"),
            )
    if "periods" in there:
        with two:
            holdings.chart(
                drift.metric_by_period(
                    found.table("periods"),
                    "auc",
                    development=at_development,
                    synthetic=found.synthetic,
                ),
                found.table("periods").with_columns(development=pl.lit(at_development, pl.Float64)),
                f"auc_periods_{slug}",
                tr("Line: AUC by period with intervals", "折线图：各期 AUC 及区间"),
                synthetic=found.synthetic,
                finding=findings.over_periods(found.table("periods"), "auc", at_development),
            )
    if "csi" in there:
        told = labels | {row.name: card.label_of(row) for row in card.crossed}
        holdings.chart(
            drift.csi_bars(
                found.table("csi"),
                names=told,
                synthetic=found.synthetic,
            ),
            found.table("csi").with_columns(label=pl.col("feature").replace(told)),
            f"csi_{slug}",
            tr("Bars: stability of every characteristic", "条形图：各特征稳定性"),
            synthetic=found.synthetic,
            finding=findings.drifted(found.table("csi"), "feature", told),
        )
