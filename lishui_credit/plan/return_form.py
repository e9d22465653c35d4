"""The empty return of one county for one period: a row per indicator, to fill in and give back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Final

from lishui_credit.errors import SubjectError
from lishui_credit.language import tr
from lishui_credit.plan.definitions import ATTRIBUTES, BASE, END, PlanIndicator, indicators, plan
from lishui_credit.plan.divisions import CITY, Division, division
from lishui_credit.plan.observed.period_words import Period, period_said
from lishui_credit.plan.observed.reading import columns
from lishui_credit.plan.observed.table import FREQUENCIES, MONTHS
from lishui_credit.tables.forms import Field, Form

_ASKED: Final = ("indicator", "adcode", "period")
_UNITS: Final = {"percent": ("%", "%"), "queries": ("queries", "次"), "yuan": ("yuan", "元")}


def return_form(county: str, period: str) -> Form:
    """Return the empty return of a county for a period, its indicators filled in.

    Parameters
    ----------
    county : str
        Code or name of the county; the city reports too.
    period : str
        As people write it: 2018, 2018Q2, 2018年6月. Indicators that are observed less often are left out.

    Returns
    -------
    Form
        For `lishui_credit.tables.forms.write_form`.

    Raises
    ------
    SubjectError
        If the county or the period is unknown, or the period lies outside the plan.

    Examples
    --------
    >>> form = return_form("331121", "2018")
    >>> len(form.rows), form.rows[4]["indicator"], form.rows[4]["adcode"], form.rows[4]["period"]
    (12, '地方信用网站开通率', '青田县', '2018年')
    >>> len(return_form("青田", "2018年6月").rows)
    3
    """
    place, said = division(county), period_said(period)
    months = MONTHS.get(said.frequency or "")
    if months is None or not BASE < date.fromisoformat(said.end) <= END:
        raise SubjectError(
            tr("not a period of the plan", "不是规划期内的报送期"),
            period,
            tr(
                "a year, quarter or month: 2018, 2018Q2, 2018-06",
                "年、季或月:2018、2018Q2、2018-06",
            ),
        )
    told = _words(said)
    asked = [row for row in indicators().values() if MONTHS[row.frequency] <= months]
    rows = tuple(
        {"indicator": row.name_zh, "adcode": place.name_zh, "period": told} for row in asked
    )
    return Form(
        title=f"{place.name_zh}{told}{tr(' return of the plan indicators', '规划指标报送表')}",
        source=f"{plan().title_zh}  {plan().issuer}  {plan().clause}",
        fields=_fields(asked, place, told),
        guide=(*_sentences(place), *(_asked(row) for row in asked)),
        rows=rows,
    )


def _words(said: Period) -> str:
    """Return a period as it is written in a return."""
    year, month = said.end[:4], int(said.end[5:7])
    if said.frequency == "year":
        return f"{year}年"
    if said.frequency == "quarter":
        return f"{year}年第{'一二三四'[month // 3 - 1]}季度"
    return f"{year}年{month}月"


def _fields(asked: list[PlanIndicator], place: Division, told: str) -> tuple[Field, ...]:
    known = columns()
    names = tuple(row.name_zh for row in asked)
    both = tr(
        "share: both; a count of queries: the numerator alone; an amount: neither",
        "比率类:分子、分母均填;查询量:只填分子;金额:均不填",
    )
    given = {
        "indicator": Field(known["indicator"], True, allowed=names),
        "adcode": Field(
            replace(known["adcode"], label_zh="地区", values={}), True, example=place.name_zh
        ),
        "period": Field(replace(known["period"], label_zh="时期", type="text"), True, example=told),
        "numerator": Field(known["numerator"], note=both, example=95),
        "denominator": Field(known["denominator"], note=both, example=100),
        "value": Field(
            known["value"],
            note=tr(
                "only where there are no counts: a share with its sign (97%), an amount in yuan",
                "仅在无分子、分母时填写:比率写百分号(97%),金额以元计",
            ),
            example="",
        ),
        "low": Field(
            known["low"], note=tr("of a survey, with its sign: 84.3%", "满意度调查,写百分号:84.3%"), example=""
        ),
        "high": Field(
            known["high"], note=tr("of a survey, with its sign: 90.9%", "满意度调查,写百分号:90.9%"), example=""
        ),
        "source": Field(known["source"], example="县信用办"),
        "note": Field(known["note"], example=""),
    }  # fmt: skip
    return tuple(given.values())


def _sentences(place: Division) -> tuple[str, ...]:
    lines = [
        tr(
            "Delete the rows of indicators that are not reported: a row without figures is rejected.",
            "不报送的指标请删除整行:无数据的行会被退回。",
        ),
        tr(
            "Give it back: lishui-credit plan load FILE --data plan.duckdb --by NAME --reason TEXT",
            "填好后:lishui-credit plan load 文件 --data plan.duckdb --by 姓名 --reason 原因",
        ),
    ]
    if place.adcode == CITY:
        lines.append(
            tr("The city reports what the nine counties do not hold.", "全市数据含市本级单位。")
        )
    return tuple(lines)


def _asked(row: PlanIndicator) -> str:
    """Return what a row of the form asks for, in a sentence of the guide."""
    made, unit = row.definition, tr(*_UNITS[row.unit])
    often = tr(row.frequency, FREQUENCIES[row.frequency][0])
    counts = tr(
        f"numerator: {made.numerator_en}; denominator: {made.denominator_en}",
        f"分子:{made.numerator_zh};分母:{made.denominator_zh}",
    )
    if row.kind == "doubling":
        counts = tr(f"count: {made.numerator_en}", f"填报:{made.numerator_zh}")
    # the numerator of an amount is fen, which nobody writes
    where = tr("column 数值, ", "填“数值”列,") if row.unit == "yuan" else ""
    return f"{row.number}. {row.name_zh} ({ATTRIBUTES[row.attribute]}, {unit}, {often}): {where}{counts}"
