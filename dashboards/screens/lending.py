"""Page 授信: a laboratory of cut-offs with dials; what is tried decides nothing."""

from functools import partial
from itertools import combinations

import holdings
import source
import streamlit as st
import view

from lishui_credit.cutoffs.sweeps import best
from lishui_credit.figures import cutoffs as figures
from lishui_credit.figures import findings, lending
from lishui_credit.language import language, tr
from lishui_credit.policies.policy_file import to_toml
from lishui_credit.tables.data_words import CROSSING

LOW = 400  # pixels of the curve, so that it stands beside its dials on one screen

data = source.data()
found = holdings.laboratory(data.contents.path)
lang = language()
HEAD = (
    tr("Lending", "授信"),
    tr(
        "Change the cut-off and the terms; see approvals, bad loans and profit. No decision is made here.",
        "调节分数线与贷款条款，观察通过、坏账与利润的变化。本页不作任何决策。",
    ),
)
if found is None:
    view.banner(data.synthetic, data.title)
    view.heading(*HEAD)
    st.info(
        tr(
            "There are no loans. Put `lending/laboratory.toml`, a table of scored loans and the "
            "policy in force in the folder.",
            "没有贷款数据。请将 `lending/laboratory.toml`、带评分的贷款表与现行政策放入数据目录。",
        ),
        icon=":material/info:",
    )
    st.stop()
loans, stamp = found
synthetic = loans.synthetic
view.banner(data.synthetic or synthetic, data.title)
in_force = f"{loans.policy.id}@{loans.policy.version}"
facts = tr(
    f"{loans.title} · {loans.book.rows:,} loans with outcomes · policy in force {in_force}",
    f"{loans.title} · {loans.book.rows:,} 笔有结果的贷款 · 现行政策 {in_force}",
)
view.heading(HEAD[0], f"{HEAD[1]}  \n{view.plain(facts)}")
GROUPS = {
    "sex": tr("sex", "性别"),
    "age_band": tr("age", "年龄段"),
    "county": tr("county", "县（市、区）"),
}


def group_called(name: str) -> str:
    """A column of groups, or several crossed, in the language in use."""
    return CROSSING.join(GROUPS.get(part, part) for part in name.split("*"))


groups = [*loans.groups, *loans.areas]
groups.extend([f"{one}*{two}" for one, two in combinations(groups, 2)])

# ---- dials, and beside them what they do --------------------------------------------------------

left, right = st.columns([3, 8])
with left, st.container(border=True, key="dials"):
    cut_dial = st.container(key="dial_cut")  # filled last: its steps depend on the terms below
    quick = st.container(horizontal=True)
    below = st.container()
    rate = view.choose(
        "rate", tr("Rate a year", "贷款年利率"),
        lending.steps(2000, loans.terms.rate_bp), loans.terms.rate_bp, lending.percent,
        field="slider",
    )  # fmt: skip
    funding = view.choose(
        "funding", tr("Funding cost a year", "年资金成本"),
        lending.steps(1000, loans.terms.funding_bp), loans.terms.funding_bp, lending.percent,
        field="slider",
    )  # fmt: skip
    lgd = view.choose(
        "lgd", tr("Loss given default", "违约损失率"),
        lending.steps(10_000, loans.terms.lgd_bp), loans.terms.lgd_bp, lending.percent,
        field="slider",
    )  # fmt: skip
terms = loans.on_terms(rate_bp=rate, funding_bp=funding, lgd_bp=lgd)
swept = holdings.swept(stamp, terms, loans)
top = best(swept)
cuts = loans.cut_offs(swept)
start = loans.cut_off if loans.cut_off in cuts else top.cut_off or cuts[0]
with cut_dial:
    approve = view.choose(
        "approve", tr("Approve from this score up", "批准分数线（含）"), cuts, start, field="slider"
    )
with quick:
    st.button(
        tr("Most profit", "利润最高"),
        on_click=view.keep,
        args=("approve", top.cut_off),
        disabled=top.cut_off is None,
        help=tr(
            f"cut-offs {top.loosest} to {top.strictest} cannot be told from it",
            f"{top.loosest} 至 {top.strictest} 与最优无法区分",
        ),
    )
    st.button(
        tr("In force", "现行"),
        on_click=view.keep,
        args=("approve", loans.cut_off),
        disabled=loans.cut_off is None,
    )
with below:
    lower = cuts[: cuts.index(approve)]
    refer = None
    wanted = view.choose(
        "band",
        tr("Below it", "分数线以下"),
        ["decline", "refer"],
        "decline",
        {
            "decline": tr("decline", "拒绝"),
            "refer": tr("refer some to a person", "部分转人工"),
        }.__getitem__,
        field="buttons",
    )
    if wanted == "refer" and lower:
        refer = view.choose(
            "refer",
            tr("Refer from this score up", "转人工分数线（含）"),
            lower,
            loans.cut_off if loans.cut_off in lower else lower[0],
            field="slider",
        )

compared = holdings.compared(stamp, terms, approve, loans)
swap = holdings.swapped(stamp, approve, refer, lang, loans)
draft = loans.draft(approve, refer, terms=terms)
group = view.held("group", groups, groups[0]) if groups else None
touched = None if group is None else holdings.affected(stamp, approve, refer, group, lang, loans)
told = {said.id: said for said in lending.said_of(compared, currency=loans.currency)}
told["affected"] = lending.affected_said(swap.table, touched)

with right:
    with st.container(key="effects"):
        tiles = st.columns(4)
    for name, column in zip(
        ("approval_rate", "bad_rate_approved", "profit_fen", "affected"), tiles, strict=True
    ):
        said = told[name]
        with column, st.container(border=True, height="stretch", key=f"effect_{name}"):
            st.caption(view.plain(said.name))
            st.markdown(f"**{view.plain(said.value)}**")
            for line in said.lines:
                st.caption(view.plain(line))
    with st.container(key="effect_curve"):
        holdings.chart(
            lending.marked(
                figures.profit_curve(swept, currency=loans.currency, synthetic=synthetic),
                compared,
                "cut_off",
                "profit_fen",
                currency=loans.currency,
                of=lending.amounts_of(swept),
            ).update_layout(height=LOW),
            swept,
            "profit_by_cut_off",
            tr(
                "Line: profit by cut-off with its interval; marks for the cut-off in force and tried.",
                "折线图：各分数线的利润及区间，标出现行与试算分数线。",
            ),
            synthetic=synthetic,
            finding=findings.profit(compared, swept, currency=loans.currency),
        )
st.caption(
    " · ".join(
        f"{view.plain(told[name].name)} {view.plain(told[name].value)}"
        for name in ("approved", "bads", "realised_loss_fen")
    )
)
if refer is not None:
    st.caption(
        tr(
            "Those referred are counted as not approved: what the person will say is not known.",
            "转人工者不计入批准：人工意见未知。",
        )
    )

# ---- what lies behind --------------------------------------------------------------------------

st.header(tr("Approvals against bad loans", "通过与坏账"), anchor=False)
holdings.chart(
    lending.marked(
        figures.trade_off(swept, synthetic=synthetic),
        compared,
        "approval_rate",
        "bad_rate_approved",
    ),
    swept,
    "approval_against_bad_rate",
    tr(
        "Line: bad rate of the approved by approval rate, with its interval.",
        "折线图：不同通过率下批准者的坏账率及区间。",
    ),
    synthetic=synthetic,
    finding=findings.trade(compared),
)

st.header(tr("Swap set against the policy in force", "与现行政策的换入换出"), anchor=False)
moved = findings.swapped(swap.table)
if not moved:
    st.markdown(
        tr(
            f"Nobody: what is tried approves the same loans as {view.plain(in_force)}. "
            "Move the cut-off to see who leaves and who enters.",
            f"无人变动：试算与现行政策 {view.plain(in_force)} 批准的贷款相同。移动分数线可查看换出与换入。",
        )
    )
else:
    one, two = st.columns(2)
    with one:
        holdings.chart(
            figures.swap_waterfall(swap.table, currency=loans.currency, synthetic=synthetic),
            swap.table,
            "swap_set",
            tr(
                "Bars: from the approved of the old policy to those of the new.",
                "瀑布图：由现行批准到试算批准。",
            ),
            synthetic=synthetic,
            finding=moved,
        )
    with two:
        holdings.chart(
            figures.swap_rates(swap.table, synthetic=synthetic),
            swap.table,
            "swap_rates",
            tr("Bad rates of those who stay, leave and enter.", "保留、换出、换入者的坏账率。"),
            synthetic=synthetic,
            finding=findings.swap_rates(swap.table),
        )

st.header(tr("Who is affected", "谁受影响"), anchor=False)
if touched is None:
    st.markdown(
        tr(
            "The loans name no groups: `areas` and `groups` of `laboratory.toml` do.",
            "贷款数据没有分组：请在 `laboratory.toml` 中填写 `areas` 与 `groups`。",
        )
    )
else:
    st.caption(
        tr(
            "Measured only: no policy reads these groups.",
            "仅作测量：任何政策都不使用这些分组。",
        )
    )
    group = view.choose(
        "group",
        tr("Group by", "分组"),
        groups,
        groups[0],
        group_called,
        field="buttons",
    )
    called = group_called(group)
    holdings.chart(
        lending.approvals_by_group(touched, label=called, synthetic=synthetic),
        touched,
        f"affected_{group}",
        tr(
            "Marks: approval rate of each group under the policy in force and under the draft.",
            "点图：各组在现行政策与试算政策下的通过率。",
        ),
        synthetic=synthetic,
        finding=findings.by_group(touched),
    )
    share = partial(st.column_config.NumberColumn, format="percent")
    with st.expander(tr("The numbers", "数据表"), icon=":material/table:"):
        view.table(
            touched,
            f"affected_table_{group}",
            {
                "group": called,
                "subjects": st.column_config.NumberColumn(tr("loans", "笔数"), format="localized"),
                "old": share(tr("in force", "现行通过率")),
                "new": share(tr("tried", "试算通过率")),
                "change": share(tr("change", "变化")),
                "ratio": st.column_config.NumberColumn(
                    tr("to the highest", "与最高组之比"), format="%.2f"
                ),
                "goods_refused_old": share(tr("goods refused, in force", "好客户被拒（现行）")),
                "goods_refused_new": share(tr("goods refused, tried", "好客户被拒（试算）")),
            },
            tr("Approval rates by group", "各组通过率"),
            synthetic=synthetic,
        )

st.header(tr("The draft as a policy", "试算政策文件"), anchor=False)
text = to_toml(draft)
with st.expander(tr("View", "查看"), icon=":material/description:"):
    st.code(text, language="toml")
prefix = "synthetic_" if synthetic else ""
st.download_button(
    tr("Download the policy (TOML)", "下载政策文件（TOML）"),
    text,
    file_name=f"{prefix}{draft.id}_draft.toml",
    mime="application/toml",
    icon=":material/download:",
    on_click="ignore",
)
st.caption(
    tr(
        "Nobody has approved it: `lishui-credit decide` applies it on trial only. "
        "The loans are of those who were granted one; who was declined before is not among them.",
        "该文件未经批准：`lishui-credit decide` 只能试算。样本仅含已获贷款者，此前被拒者不在其中。",
    )
)
