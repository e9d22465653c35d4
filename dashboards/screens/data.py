"""数据: how fresh and complete the observations are, what was rejected, revised, does not add up."""

import tempfile
from pathlib import Path
from typing import Any

import source
import streamlit as st
import view

from lishui_credit.errors import CreditError
from lishui_credit.language import tr
from lishui_credit.plan.labels import with_names, with_printed
from lishui_credit.plan.observed.freshness import coverage_of_periods, freshness, revised
from lishui_credit.plan.observed.reading import read_observations
from lishui_credit.plan.observed.rejections import said

data = source.data()
view.banner(data.synthetic, data.title)
view.heading(
    tr("What the figures rest on", "数据状况"),
    tr(
        "Freshness, completeness, rejected rows, revisions, reconciliation.",
        "时效、完整、退回、修订、核对。",
    ),
)
with st.container(horizontal=True, vertical_alignment="top", key="filters"):
    at = view.choose_day(data.days, data.contents.opens_at)
revisions = data.observed.revisions

st.header(tr("Freshness", "时效"), anchor=False)
view.table(
    with_names(freshness(source.whole(data), at)),
    f"freshness_{at}",
    {
        "indicator_name": tr("Indicator", "指标"),
        "state_word": tr("State", "状态"),
        "period": tr("Last period", "最近一期"),
        "frequency_word": tr("Due", "应报频率"),
        "counties": tr("Counties of 9", "已报县（共9个）"),
        "silent_names": tr("Not reported by", "未报"),
        "months_late": tr("Months late", "迟报月数"),
    },
    tr("How old the last observation of each indicator is.", "各指标最近一期观测的时效。"),
    synthetic=data.synthetic,
)

st.header(tr("Completeness", "完整"), anchor=False)
st.caption(
    tr(
        "Periods due from the end of 2015, and how many each county has; complete rows are left out.",
        "自2015年末起应报期数与各县已报期数；已全部报送的不列。",
    )
)
due = coverage_of_periods(source.whole(data), at)
view.table(
    with_names(due.filter(due["first_missing"].is_not_null())),
    f"completeness_{at}",
    {
        "indicator_name": tr("Indicator", "指标"),
        "area_name": tr("Area", "地区"),
        "due": tr("Periods due", "应报期数"),
        "observed": tr("Observed", "已报期数"),
        "share": st.column_config.ProgressColumn(
            tr("Share", "完整率"), format="percent", max_value=1.0
        ),
        "first_missing": tr("First missing", "最早缺报"),
    },
    tr("Counties with periods that are missing.", "有缺报的县（市、区）。"),
    synthetic=data.synthetic,
)

st.header(tr("Rejected rows", "退回的行"), anchor=False)
rejected = said(data.observed.rejected)
if rejected.height:
    wanted: dict[str, Any] = {
        "row": tr("Line", "行号"),
        "reasons": tr("Why", "原因"),
    }
    if rejected["loaded_on"].null_count() < rejected.height:
        wanted["loaded_on"] = st.column_config.DatetimeColumn(
            tr("Loaded (UTC)", "装载时间（UTC）"), format="YYYY-MM-DD HH:mm"
        )
    if data.synthetic:  # cells of a real file may hold anything
        wanted |= {"cells": tr("Original cells", "原内容")}
    view.table(
        rejected, "rejected", wanted, tr("Rows that were not taken.", "未采用的行。"),
        synthetic=data.synthetic, leave=("file", "loaded_by", "sha256", *(() if data.synthetic else ("cells",))),
    )  # fmt: skip
    st.caption(
        tr(
            "The name of each file stands in the store; it is not shown here.",
            "文件名保存在数据库中，本页不显示。",
        )
    )
else:
    st.markdown(tr("None.", "无。"))

st.header(tr("Revisions", "修订"), anchor=False)
changed = revised(revisions)
if changed.height:
    view.table(
        with_names(with_printed(changed, "value_before", "value")),
        "revisions",
        {
            "recorded_at": st.column_config.DatetimeColumn(tr("When (UTC)", "修订时间（UTC）"), format="YYYY-MM-DD HH:mm"),
            "indicator_name": tr("Indicator", "指标"),
            "area_name": tr("Area", "地区"),
            "period": tr("Period", "期末"),
            "value_before_printed": tr("Before", "修订前"),
            "value_printed": tr("After", "修订后"),
            "reason": tr("Why", "原因"),
        },
        tr("Observations that were changed.", "经修订的观测。"),
        synthetic=data.synthetic,
        leave=("recorded_by",),
    )  # fmt: skip
    st.caption(
        tr(
            "Who recorded each revision stands in the store; names of staff are not shown here.",
            "记录人保存在数据库中，本页不显示工作人员姓名。",
        )
    )
else:
    st.markdown(tr("None.", "无。"))

st.header(tr("Reconciliation", "核对"), anchor=False)
whole = source.whole(data).whole
off = whole.reconciliation
off = off.filter(off["period"] <= at)
st.caption(
    tr(
        "Reported city values that lie outside what the nine counties add up to.",
        "全市报送值与九个县（市、区）汇总值不符的。",
    )
)
if off.height:
    view.table(
        with_names(with_printed(off, "reported", "computed_low", "computed_high")),
        "reconciliation",
        {
            "indicator_name": tr("Indicator", "指标"),
            "period": tr("Period", "期末"),
            "reported_printed": tr("Reported", "报送值"),
            "computed_low_printed": tr("Computed, from", "汇总值下限"),
            "computed_high_printed": tr("to", "汇总值上限"),
        },
        tr("Reported city values that do not add up.", "与汇总不符的全市报送值。"),
        synthetic=data.synthetic,
    )
else:
    st.markdown(tr("All agree.", "全部相符。"))
gaps = whole.missing
gaps = gaps.filter(gaps["period"] <= at).rename({"counties": "silent"})
if gaps.height:
    st.caption(tr("Periods whose city value could not be computed.", "无法汇总全市数值的期次。"))
    view.table(
        with_names(gaps),
        "not_computed",
        {
            "indicator_name": tr("Indicator", "指标"),
            "period": tr("Period", "期末"),
            "why": tr("Why", "原因"),
            "silent_names": tr("Missing", "缺少"),
        },
        tr("Periods without a city value.", "没有全市数值的期次。"),
        synthetic=data.synthetic,
    )

st.header(tr("Check a file before it is sent", "报送前检查文件"), anchor=False)
st.caption(
    tr(
        "CSV, Excel or Parquet, at most 5 MB. The file is read and shown, never stored.",
        "CSV、Excel 或 Parquet，不超过 5 MB。仅读取并显示，不保存。",
    )
)
given = st.file_uploader(
    tr("File of observations", "观测文件"), type=["csv", "xlsx", "parquet"], max_upload_size=5,
    key="upload",
)  # fmt: skip
if given is not None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"upload{Path(given.name).suffix.lower()}"
        path.write_bytes(given.getbuffer())
        try:
            found = read_observations(path)
        except CreditError as error:
            own = {str(path): given.name, path.name: given.name}
            view.refuse(error, own | {folder: ""})
    st.markdown(
        tr(
            f"Rows taken: **{found.frame.height}**. Rows rejected: **{found.rejected.height}**.",
            f"可采用 **{found.frame.height}** 行，退回 **{found.rejected.height}** 行。",
        )
    )
    for note in found.notes:
        st.caption(view.plain(note))
    if found.rejected.height:
        view.table(
            found.rejected.select("row", "reasons"),
            "upload_rejected",
            {"row": tr("Line", "行号"), "reasons": tr("Why", "原因")},
            tr("Rows of the file that were rejected.", "所查文件中退回的行。"),
            synthetic=False,
        )
