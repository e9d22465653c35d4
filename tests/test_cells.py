"""The short ways to read a column: wherever one holds, it reads what the long way reads."""

from __future__ import annotations

from functools import cache

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lishui_credit.language import set_language
from lishui_credit.tables.cells import cell
from lishui_credit.tables.columns import dictionary

COLUMNS = (
    "tax_amount",  # money
    "family_members",  # integer
    "solid_waste_disposal_rate",  # rate
    "abc_total_score",  # number
    "occurred_on",  # date
    "exempt",  # flag
    "prior_grade",  # level
    "county",  # text
    "event_id",
    "uscc",
)
WORDS = [
    *"0123456789.,eE+-_% /年月日元万是否有无√×",
    "0", "1", "2019", "04", "31", "00", "-", "--", "—", "NA", "N/A", "null", "inf", "nan", "NaN",
    "万元", "true", "False", "Yes", "A", "M", "D", "上年A级", "莲都", "2019-4-1", "2019年4月1日",
    "2019/04/31", "20190401", " 00:00:00", "12331102398259791Y", "12331102398259791y", "1.2E+17",
    "\u3000", "\u00a0", "\u0085", "\t", "123", "１２", "1,234.50", "9007199254740993",
    "2019- 4-1", "+2019-04-01", "2019041", "2019/ 4/1", "2019年 4月1日", "184467440737095517",
    "99999999999999999999", "92233720368547758", "0.005", "1e5", "T", "#", "#N/A", "#REF!", "Err:502",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(WORDS), max_size=4).map("".join)


@cache
def _ways(name: str, unit: str) -> tuple[int, list[pl.Expr]]:
    """How many short ways a column has, and what each way tells of a text beside the long one."""
    read = cell(dictionary()[name], name, unit, pl.String())
    faulty = [test.fill_null(False).alias(str(n)) for n, (_, test) in enumerate(read.faults)]
    return len(read.plain), [
        pl.col(name).alias("text"),
        read.value.alias("long"),
        pl.any_horizontal(pl.lit(False), *faulty).alias("faulty"),
        *(
            expression.alias(f"{kind}{way}")
            for way, plain in enumerate(read.plain)
            for kind, expression in (("holds", plain.holds), ("short", plain.value))
        ),
    ]


def _differ(name: str, unit: str, texts: list[str | None]) -> list[tuple[object, ...]]:
    """Cells a short way claims to read, yet reads otherwise, or the long way finds fault with."""
    ways, told = _ways(name, unit)
    found = pl.DataFrame({name: texts}, schema={name: pl.String}).select(told)
    wrong = []
    for row in found.iter_rows(named=True):
        for way in range(ways):
            if row[f"holds{way}"] is False:
                continue
            if row["faulty"] or row[f"short{way}"] != row["long"]:
                wrong.append((name, way, row["text"], row[f"short{way}"], row["long"]))
            if row[f"holds{way}"] is None:
                assert row["text"] is None
    return wrong


@pytest.mark.parametrize("name", COLUMNS)
@settings(max_examples=60)
@given(texts=st.lists(st.one_of(st.none(), TEXTS), min_size=12, max_size=60))
def test_a_short_way_reads_what_the_long_way_reads(name: str, texts: list[str | None]) -> None:
    assert _differ(name, "", texts) == []
    if name == "tax_amount":
        assert _differ(name, "万元", texts) == []


@pytest.mark.parametrize(
    ("name", "texts", "values"),
    [
        ("tax_amount", ["1", "20", None], [100, 2_000, None]),
        ("tax_amount", ["1.5", "0.01", None], [150, 1, None]),
        ("tax_amount", ["1,234.5", "-", " 2 "], [123_450, None, 200]),
        ("exempt", ["是", "否", None], [True, False, None]),
        ("exempt", ["1", "0", "0"], [True, False, False]),
    ],
)
def test_common_forms_have_a_short_way(
    name: str, texts: list[str | None], values: list[object]
) -> None:
    read = cell(dictionary()[name], name, "", pl.String())
    frame = pl.DataFrame({name: texts}, schema={name: pl.String})
    ways = [w for w, p in enumerate(read.plain) if frame.select(p.holds.all()).item()]
    assert ways
    assert frame.select(read.plainly(ways[0]).value).to_series().to_list() == values


@pytest.mark.parametrize("text", ["2019-04-01", "2019/4/1", "2019年4月1日", "20190401"])
@pytest.mark.parametrize("nothing", [None, "-", ""])
def test_every_form_of_a_date_has_a_short_way(text: str, nothing: str | None) -> None:
    read = cell(dictionary()["occurred_on"], "d", "", pl.String())
    frame = pl.DataFrame({"d": [text, nothing]}, schema={"d": pl.String})
    ways = [w for w, p in enumerate(read.plain) if frame.select(p.holds.all()).item()]
    assert ways
    found = frame.select(read.plainly(ways[0]).value).to_series().to_list()
    assert [str(day) for day in found] == ["2019-04-01", "None"]


def test_a_number_too_large_for_its_product_is_outside_and_not_wrapped() -> None:
    read = cell(dictionary()["tax_amount"], "a", "", pl.Int64())
    large = 2**64 // 100 + 1  # times 100 it would come out as 84
    frame = pl.DataFrame({"a": [large, 7, None]}, schema={"a": pl.Int64})
    assert frame.select(read.faults[0][1]).to_series().fill_null(False).to_list() == [
        True,
        False,
        False,
    ]


def test_what_is_said_of_a_cell_follows_language_header_unit_and_type():
    day, rate = dictionary()["occurred_on"], dictionary()["solid_waste_disposal_rate"]

    def said(*asked: object) -> list[str]:
        return [reason for reason, _ in cell(*asked).faults]

    try:
        for lang, word in (("zh", "不是日期"), ("en", "not a date"), ("zh", "不是日期")):
            set_language(lang)
            assert word in " ".join(said(day, "day", "", pl.String())), lang
    finally:
        set_language(None)
    one = cell(rate, "a", "", pl.String())
    others = (("b", "", pl.String()), ("a", "%", pl.String()), ("a", "", pl.Float64()))
    assert not [asked for asked in others if cell(rate, *asked).value.meta.eq(one.value)]
    assert cell(rate, "a", "", pl.String()) is one
