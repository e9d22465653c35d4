"""Page 评价: who has which grade, who moved, what the grades rest on, why one subject has its own."""

from typing import Any

import holdings
import polars as pl
import source
import streamlit as st
import view

from lishui_credit.figures import findings
from lishui_credit.figures import grades as figures
from lishui_credit.figures.movers import movers
from lishui_credit.language import language, tr, typeset
from lishui_credit.rubrics import event_traces
from lishui_credit.rubrics.distribution import ALL, grade_label
from lishui_credit.rubrics.reform_words import side_by_side

data = source.data()
registers = holdings.registers(data.contents.path)
lang = language()
if not registers:
    view.banner(data.synthetic, data.title)
    view.heading(tr("Grades", "评价"))
    st.info(
        tr(
            "There is no graded file. Grade registers by year and put them in the folder as "
            "`graded/<rubric>/<year>.parquet`, each with its manifest.",
            "没有评级文件。请按年度评级，并以 `graded/<评价办法>/<年度>.parquet` 连同清单放入数据目录。",
        ),
        icon=":material/info:",
    )
    st.stop()

rubrics = list(registers)
told = {name: holdings.read_graded(list(files.values())[-1]) for name, files in registers.items()}


def title_of(name: str) -> str:
    rubric = told[name].rubric
    return tr(rubric.title_en, rubric.title_zh) or rubric.title_zh


def synthetic_of(name: str) -> bool:
    return told[name].manifest.synthetic


usual = next((name for name in rubrics if name == "farmer-household"), rubrics[0])
asked = view.held("rubric", rubrics, usual)
view.banner(data.synthetic or synthetic_of(asked), data.title)
view.heading(
    tr("Grades", "评价"),
    tr(
        "How many subjects have which grade, who moved, and how well the rules are known.",
        "各等级主体数量、等级迁移，以及评价所依据条款的核实情况。",
    ),
)

left, middle, right = st.columns([2, 1, 1])
with left:
    name = view.choose("rubric", tr("Rubric", "评价办法"), rubrics, usual, title_of)
files = registers[name]
years = [str(year) for year in files]
with middle:
    year = view.choose("year_graded", tr("Year assessed", "评价年度"), years, years[-1])
path = files[int(year)]
file = holdings.read_graded(path)
synthetic = file.manifest.synthetic
by = "county" if "county" in file.frame.collect_schema().names() else None
whole = holdings.counted("distribution", files, None, lang)
by_county = holdings.counted("distribution", files, by, lang)
places = [ALL, *by_county["group"].unique(maintain_order=True).to_list()] if by else [ALL]
with right:
    county = view.choose(
        "county_graded",
        tr("Area", "地区"),
        places,
        ALL,
        lambda place: place or tr("all counties", "全市"),
    )
place = county or tr("all counties", "全市")


def of_place(what: str) -> pl.DataFrame:
    """Every year of one count, of the area chosen."""
    frame = holdings.counted(what, files, by if county else None, lang)
    return frame.filter(pl.col("group") == county)


st.caption(
    view.plain(
        f"{title_of(name)} · {file.rubric.source} · "
        + tr(f"edition of {file.manifest.facts.edition}", f"{file.manifest.facts.edition} 版")
    )
)

# ---- what a grade rests on, in the area and year chosen ------------------------------------------

st.header(tr("What the grades rest on", "评价依据"), anchor=False)
st.caption(view.plain(f"{place} · {year}"))
deciders = of_place("deciders").filter(pl.col("year") == int(year))
resting = holdings.counted("resting_on", files, by, lang).filter(pl.col("year") == int(year))
unverified = of_place("unverified")
one, two = st.columns(2)
with one:
    view.table(
        figures.with_evidence_names(deciders),
        f"deciders_{name}_{year}",
        {
            "label": tr("what decided the grade", "判定依据"),
            "subjects": st.column_config.NumberColumn(tr("subjects", "主体数"), format="localized"),
            "clause": tr("clause", "条款"),
            "evidence": tr("evidence", "来源等级"),
        },
        tr("Subjects by what decided their grade", "按判定依据统计的主体数"),
        synthetic=synthetic,
    )
    rising = findings.unverified(unverified)
    if rising:
        holdings.chart(
            figures.unverified_lines(unverified, label=place, synthetic=synthetic),
            unverified,
            f"unverified_{name}_{county or 'all'}",
            tr(
                "Lines: share of points and of rule-set grades that rest on unverified rows, by year.",
                "折线图：各年度依据未核实条款的分值占比与直接判级占比。",
            ),
            synthetic=synthetic,
            finding=rising,
        )
    else:
        st.markdown(findings.nothing_unverified(unverified))
    st.caption(
        tr(
            "Unverified: known from another place's rule, from memory, or a stand-in; the official "
            "text has not been seen.",
            "未核实：依据他地规则、记忆或占位值，尚未见官方原文。",
        )
    )
with two:
    holdings.chart(
        figures.evidence_bars(resting, label=year, synthetic=synthetic),
        resting,
        f"evidence_{name}_{year}",
        tr(
            f"Stacked bars: points given and taken in {year} by the evidence of their rows.",
            f"堆叠条形图:{year} 年加减分值按条款依据划分的占比。",
        ),
        synthetic=synthetic,
        finding=findings.resting(resting),
    )

st.header(tr("Moves between grades", "等级迁移"), anchor=False)
if len(years) == 1:
    st.info(tr("Moves need two years.", "等级迁移需要两个年度。"), icon=":material/info:")
else:
    one, two = st.columns(2)
    with one:
        first = view.choose("from", tr("From", "期初年度"), years, years[-2])
    with two:
        second = view.choose("to", tr("To", "期末年度"), years, years[-1])
    found = holdings.moved(
        files[int(first)], files[int(second)], (by, county) if by and county else None
    )
    summary = found.summary()
    cells = found.cells()
    names = {
        grade: grade_label(file.rubric, grade, file.manifest.facts.labels)
        for grade in found.matrix.grades
    }
    one, two = st.columns([3, 2])
    with one:
        holdings.chart(
            figures.migration_matrix(
                cells, names=names, years=(first, second), label=place, synthetic=synthetic
            ),
            cells,
            f"moves_{name}_{first}_{second}",
            tr(
                f"Matrix: subjects by grade in {first} (rows) and in {second} (columns), {place}.",
                f"矩阵:{place},{first} 年等级(行)至 {second} 年等级(列)的主体数。",
            ),
            synthetic=synthetic,
            finding=findings.moves(summary),
        )
    with two:
        view.table(
            summary,
            f"moves_summary_{name}",
            {
                "label": tr("what", "变动"),
                "subjects": st.column_config.NumberColumn(
                    tr("subjects", "主体数"), format="localized"
                ),
            },
            tr(
                "Subjects that stayed, rose, fell, came or went",
                "不变、上升、下降、新增、退出的主体数",
            ),
            synthetic=synthetic,
        )
        widths = found.widths
        st.caption(
            typeset(
                tr(
                    f"Matrix weighted bandwidth: {widths.upper:.3f} down, {widths.lower:.3f} up "
                    "(0: nobody moves; 1: movers move as far as they can). "
                    "Subjects are joined by their ids.",
                    f"迁移矩阵加权带宽:下调 {widths.upper:.3f},上调 {widths.lower:.3f}"
                    "（0 为无人移动，1 为移动者均移至最远）。按主体编号逐一对应。",
                )
            )
        )

# ---- the same subjects by another edition ------------------------------------------------------

st.header(tr("What another edition would do", "换用另一版本的影响"), anchor=False)
known = holdings.editions(path)
in_use = file.manifest.facts.edition
if len(known) < 2 or in_use not in known:
    st.info(
        tr(
            "This rubric has one edition. Try your own change with `lishui-credit reform`.",
            "该办法仅有一个版本。自拟改动请使用 `lishui-credit reform`。",
        ),
        icon=":material/info:",
    )
else:
    one, two = st.columns(2)
    with one:
        old = view.choose("edition", tr("Edition", "原版本"), known, in_use)
    with two:
        later = next(iter(known[known.index(old) :][1:]), old)
        new = view.choose("other_edition", tr("Other edition", "另一版本"), known, later)
    changed = holdings.under_another(path, old, new, lang)
    if isinstance(changed, str):
        st.info(view.plain(changed), icon=":material/info:")
    else:
        st.markdown(view.plain(" ".join(changed.sentences())))
        st.caption(
            tr(
                f"All subjects of {year}, graded on the day of the file by both editions.",
                f"{year} 年全部主体，按文件评级日分别以两个版本评级。",
            )
        )
        one, two = st.columns(2)
        pairs = changed.cells()
        with one:
            holdings.chart(
                figures.migration_matrix(
                    pairs,
                    names=changed.labels,
                    editions=(old, new),
                    label=year,
                    synthetic=synthetic,
                ),
                pairs,
                f"editions_{name}_{year}_{old}_{new}",
                tr(
                    f"Matrix: subjects by grade under the edition of {old} (rows) and of {new} (columns).",
                    f"矩阵:{old} 版等级(行)至 {new} 版等级(列)的主体数。",
                ),
                synthetic=synthetic,
            )
        groups = changed.by_group(["county"] if by else [])
        with two:
            holdings.chart(
                movers(groups, label=f"{old} → {new}", synthetic=synthetic),
                groups,
                f"movers_{name}_{year}_{old}_{new}",
                tr(
                    "Marks: share of subjects that move up and down by county, with intervals.",
                    "点图:各县(市、区)等级上升与下降的主体占比及区间。",
                ),
                synthetic=synthetic,
            )
        texts = side_by_side(changed.old.rubric, changed.change)
        with st.expander(
            tr("What the texts say, old and new", "条文对照"), icon=":material/table:"
        ):
            view.table(
                texts,
                f"texts_{name}_{old}_{new}",
                {
                    "part": tr("part", "部分"),
                    "label": tr("name", "名称"),
                    "old": old,
                    "new": new if new != old else f"{new} ",
                    "clause": tr("clause", "条款"),
                    "id": tr("row", "编号"),
                },
                tr("Old and new side by side", "新旧条文对照"),
                synthetic=False,
            )

COUNTED: dict[str, Any] = {
    "year": st.column_config.NumberColumn(tr("year", "年度"), format="%d"),
    "edition": tr("edition", "版本"),
    "group": tr("area", "地区"),
    "label": tr("grade", "等级"),
    "subjects": st.column_config.NumberColumn(tr("subjects", "主体数"), format="localized"),
    "share": st.column_config.NumberColumn(tr("share", "占比"), format="percent"),
}

st.header(tr("Spread of grades", "等级分布"), anchor=False)
one, two = st.columns(2)
with one:
    over_years = of_place("distribution")
    holdings.chart(
        figures.distribution_bars(over_years, group="year", label=place, synthetic=synthetic),
        over_years,
        f"grades_{name}_{county or 'all'}",
        tr(
            f"Stacked bars: share of subjects by grade and year, {place}, {title_of(name)}.",
            f"堆叠条形图:{title_of(name)},{place},各年度各等级主体占比。",
        ),
        synthetic=synthetic,
        finding=findings.over_years(over_years),
    )
with two:
    if by:
        this_year = by_county.filter(pl.col("year") == int(year))
        holdings.chart(
            figures.distribution_bars(this_year, label=year, synthetic=synthetic),
            this_year,
            f"grades_{name}_{year}_counties",
            tr(
                f"Stacked bars: share of subjects by grade and county in {year}, {title_of(name)}.",
                f"堆叠条形图:{title_of(name)},{year} 年各县(市、区)各等级主体占比。",
            ),
            synthetic=synthetic,
            finding=findings.by_place(this_year),
        )
with st.expander(tr("The numbers", "数据表"), icon=":material/table:"):
    view.table(
        over_years,
        f"grades_table_{name}",
        COUNTED,
        tr("Subjects by grade and year", "各年度各等级主体数"),
        synthetic=synthetic,
    )

st.header(tr("One subject explained", "单个主体的评价说明"), anchor=False)
ids = holdings.subjects(path)
if not ids:
    st.info(
        tr(
            "Only synthetic subjects are explained here. For a real one use `lishui-credit explain`.",
            "本页只解释合成主体。真实主体请使用 `lishui-credit explain`。",
        ),
        icon=":material/lock:",
    )
    st.stop()
view.find_id("subject", ids)
subject = view.choose("subject", tr("Synthetic id", "合成主体编号"), ids, ids[0])
grounds = holdings.explanation(path, subject, lang)
why = grounds.explanation
st.markdown(
    f"**{view.plain(why.subject)}** · {tr('grade', '等级')} "
    f"**{view.plain(why.grade_label or why.grade or '—')}** · "
    f"{tr('score', '得分')} {view.plain(why.score)}  \n"
    f"{tr('decided by: ', '判定依据：')}{view.plain(why.decided)}"
)
rows = why.frame()
holdings.chart(
    figures.explanation_bars(why, synthetic=True),
    rows,
    f"explained_{subject}",
    tr(
        f"Bars: points of {subject}, row by row, beside the most each row gives.",
        f"条形图:{subject} 各项得分与满分。",
    ),
    synthetic=True,
    finding=findings.fewest(rows),
)
with st.expander(tr("Every row", "逐项说明"), icon=":material/table:"):
    view.table(
        figures.with_evidence_names(rows),
        f"explained_rows_{subject}",
        {
            "label": tr("indicator", "指标"),
            "value": tr("value", "取值"),
            "points": tr("points", "得分"),
            "out_of": tr("of", "满分"),
            "clause": tr("clause", "条款"),
            "evidence": tr("evidence", "来源等级"),
        },
        tr("Every row of the explanation", "评价说明逐项"),
        synthetic=True,
    )
for remark in (*grounds.remarks, *filter(None, [grounds.events_note])):
    st.markdown(view.plain(remark))
heads = dict(zip(event_traces.FIELDS, event_traces.heads(), strict=True))
for place, (head, events) in enumerate(grounds.event_lists):
    st.markdown(f"**{view.plain(head)}**" if events else view.plain(head))
    if not events:
        continue
    view.table(
        pl.DataFrame([event.as_dict(grounds.rubric.point_unit) for event in events]),
        f"events_{place}_{subject}",
        {
            "code": tr("code", "指标代码"),
            **{name: words for name, words in heads.items() if name != "label"},
            "label": heads["label"],  # long: what it cost stands before it
            "clause": tr("clause", "条款"),
        },
        head,
        synthetic=True,
    )
for part in filter(None, (grounds.brought, grounds.way)):
    first, *steps = map(view.plain, part)
    st.markdown("\n".join([f"**{first}**", "", *(f"- {step.strip()}" for step in steps)]))
