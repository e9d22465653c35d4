"""A rubric that stands on another gets that one's grades, and no other ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from lishui_credit.commands.cli import main
from lishui_credit.errors import RubricError, SubjectError
from lishui_credit.language import set_language
from lishui_credit.rubrics import grade_files
from lishui_credit.rubrics.fed_grades import feed
from lishui_credit.rubrics.law import catalog
from lishui_credit.samples import registers

TAX = "tax-credit@2018-04-01"
EXPORT = "export-refund-class@2016-09-01"
CODES = registers.uscc(np.arange(6)).to_list()


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    set_language("en")
    yield
    set_language(None)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six taxpayers: A, A, one left out by a pending review, one withheld, B, and none of the sixth."""
    folder = tmp_path_factory.mktemp("tax")
    register = pl.DataFrame(
        {
            "uscc": CODES[:5],
            "has_non_recurring_info": [True, True, True, None, True],
            "books_not_in_order": [False] * 5,
            "review_pending": [False, False, True, False, False],
            "prior_grade": ["B", "B", "B", "B", "D"],
            "prior_grade_direct": [False] * 5,
            "prior_d_retained": [False, False, False, False, True],
        }
    )
    register.write_csv(folder / "register.csv")
    path = folder / "tax.csv"
    grade_files.grade(catalog.rubric(TAX), folder / "register.csv", path, period=2018)
    return path


def exporters(**columns: list[str | None]) -> pl.DataFrame:
    return pl.DataFrame({"统一社会信用代码": [code.lower() for code in CODES], **columns})


def test_grades_are_fed_by_subject_and_what_is_not_known_stays_empty(graded: Path) -> None:
    tax = pl.read_csv(graded, infer_schema=False).sort("uscc")
    wanted = dict(zip(tax["uscc"].str.strip_chars(), tax["grade"], strict=True))
    found = feed(catalog.rubric(EXPORT), exporters(), graded)
    cells = dict(zip(CODES, found.subjects["tax_grade"], strict=True))
    assert cells[CODES[2]] == "none"
    assert cells[CODES[3]] is None
    assert cells[CODES[5]] is None
    for code in (CODES[0], CODES[1], CODES[4]):
        assert cells[code] == wanted[code] is not None
    assert (found.found, found.unknown, found.rubric) == (4, 2, TAX)


def test_an_own_grade_is_kept_where_none_is_fed_and_refused_where_it_differs(graded: Path) -> None:
    agreed = exporters(纳税信用级别=["A级", None, None, None, None, "B级"])
    found = feed(catalog.rubric(EXPORT), agreed, graded)
    assert found.subjects["纳税信用级别"].to_list()[5] == "B级"
    assert found.subjects.columns == agreed.columns
    wrong = exporters(纳税信用级别=["D", "C级", None, None, None, None])
    with pytest.raises(SubjectError) as caught:
        feed(catalog.rubric(EXPORT), wrong, graded)
    assert len(caught.value.problems) == 2


def test_an_own_cell_of_blanks_alone_is_no_grade(graded: Path) -> None:
    blanks = exporters(纳税信用级别=["　", " \t", "　", "—", "　", "　"])
    found = feed(catalog.rubric(EXPORT), blanks, graded)
    assert (found.found, found.unknown) == (4, 2)
    assert found.subjects["纳税信用级别"].null_count() == 2


def test_a_rubric_that_stands_on_nothing_is_told(graded: Path) -> None:
    with pytest.raises(SubjectError, match="reads no grade of tax-credit"):
        feed(catalog.rubric("labour-security@2017-01-01"), exporters(), graded)


def test_what_is_fed_is_graded_by_the_command_line(graded: Path, tmp_path: Path) -> None:
    facts = {
        "出口企业类型": "生产企业", "生产能力与上年出口退(免)税规模相匹配": "是",
        "近三年虚开骗税": "否", "年末净资产": "200000", "上年出口退税额": "100000",
        "export_risk_control": "是", "customs_credit": "一般认证", "fx_class": "A",
        "首次申报月数": "40", "exporter_over_five_years": "是", "service_refunds_large_share": "否",
        **dict.fromkeys(
            ["six_months_without_claim", "refund_rules_broken", "refund_class3_provincial",
             "refused_refund_papers", "refund_rules_penalised", "refund_right_suspended",
             "led_class4_firm", "joint_punishment_listed", "refund_class4_provincial"], "否"),
    }  # fmt: skip
    source, fed, out = (tmp_path / name for name in ("in.csv", "fed.csv", "out.csv"))
    exporters().with_columns(pl.lit(v).alias(k) for k, v in facts.items()).write_csv(source)
    assert main(["feed", EXPORT, str(source), str(graded), "-o", str(fed)]) == 0
    assert main(["grade", EXPORT, str(fed), "--as-of", "2019-05-31", "-o", str(out)]) == 0
    classes = pl.read_csv(out, infer_schema=False).sort("uscc")
    by = dict(zip(classes["uscc"].str.strip_chars(), classes["grade"], strict=True))
    assert [by[code] for code in CODES][:4] == ["1", "1", "3", None]
    assert by[CODES[5]] is None


def test_a_column_that_cannot_take_the_grade_is_told(tmp_path: Path) -> None:
    text = next(e.path for e in catalog.entries() if e.name == "export-refund-class").read_text(
        "utf-8"
    )
    path = tmp_path / "mine.toml"
    path.write_text(text.replace('not_graded = "none"', 'not_graded = "E"'), encoding="utf-8")
    with pytest.raises(RubricError, match="no such value"):
        catalog.check_file(path)
