"""What a year leaves to the next one: who has a history, of what, and whose own is kept."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from lishui_credit.rubrics.chain import HISTORY, Year, _joined, chain, history
from lishui_credit.rubrics.law import catalog

FIRM, OTHER = "12331102398259791Y", "91331100MA2E0XXXXX"
TAX = catalog.rubric("tax-credit", on="2026-04-30")


def graded(*rows: tuple[str | None, str | None, int | None]) -> pl.DataFrame:
    return pl.DataFrame(
        [(f"firm {n}", *row) for n, row in enumerate(rows)],
        schema={
            "uscc": pl.String,
            "grade": pl.String,
            "decided_by": pl.String,
            "consecutive_a_years": pl.Int64,
        },
        orient="row",
    )


def event(code: str, day: date, number: int = 0) -> dict[str, object]:
    return {
        "uscc": FIRM,
        "event_id": f"{day}-{number}",
        "code": code,
        "occurred_on": day,
        "tax_type": "增值税",
    }


def events(*rows: dict[str, object]) -> pl.DataFrame:
    names = ("uscc", "event_id", "code", "tax_type")
    return pl.DataFrame(
        list(rows), schema=dict.fromkeys(names, pl.String) | {"occurred_on": pl.Date}
    )


def passed_on(code: str, mid: dict[str, object]) -> list[tuple[str | None, str]]:
    """Grades of 2025 to 2028 of a firm with one event in 2025, and other facts in 2026."""
    firm = {"uscc": [FIRM], "has_non_recurring_info": [True], "payment_info_complete": [True]}
    years = [
        Year(
            period=period,
            subjects=pl.DataFrame(firm | (mid if period == 2026 else {})),
            events=events(event(code, date(2025, 8, 1))) if period == 2025 else None,
        )
        for period in (2025, 2026, 2027, 2028)
    ]
    return [one.collect().select("grade", "decided_by").row(0) for one in chain(years).values()]


@pytest.mark.parametrize("code", ["040104", "040105"])
def test_a_d_by_association_is_not_kept_a_second_year(code: str) -> None:
    assert passed_on(code, {}) == [
        ("D", f"d_r{code}"), ("B", "bar_prior_d"), ("A", "score"), ("A", "score"),
    ]  # fmt: skip


def test_any_other_direct_d_of_2025_is_kept() -> None:
    assert passed_on("ART18-3", {}) == [
        ("D", "d_article_3"), ("D", "d_retained"), ("B", "bar_prior_d"), ("A", "score"),
    ]  # fmt: skip


def test_before_2025_a_d_by_association_is_kept() -> None:
    old = catalog.rubric("tax-credit@2022-01-01")
    found = history(graded(("D", "d_r040104", 0), ("D", "d_r040105", 0)), old)
    assert found["prior_grade_direct"].to_list() == [True, True]
    found = history(graded(("D", "d_r040104", 0), ("D", "d_r0104", 0)), TAX)
    assert found["prior_grade_direct"].to_list() == [False, True]
    assert found.select("prior_d_by_score", "prior_d_retained").rows() == [(False, False)] * 2


def test_a_withheld_year_wipes_nothing_and_breaks_no_chain() -> None:
    unknown: dict[str, object] = {"has_non_recurring_info": [None]}
    bad = events(*(event("010106", date(2025, 8, 1), number) for number in range(6)))
    plain = {"uscc": [FIRM], "has_non_recurring_info": [True], "payment_info_complete": [True]}
    found = chain(
        [
            Year(period=2025, subjects=pl.DataFrame(plain), events=bad),
            Year(period=2026, subjects=pl.DataFrame(plain | unknown)),
            Year(period=2027, subjects=pl.DataFrame(plain)),
            Year(period=2028, subjects=pl.DataFrame(plain)),
        ]
    )
    rows = [one.collect().select("grade", "decided_by", "earned").row(0) for one in found.values()]
    assert rows == [
        ("D", "score", 3400), (None, "withheld", None), ("B", "score", 8900),
        ("A", "score", 10_000),
    ]  # fmt: skip


def test_years_of_a_go_on_over_a_withheld_year() -> None:
    plain = {"uscc": [FIRM], "has_non_recurring_info": [False], "payment_info_complete": [True]}
    firms = pl.DataFrame(plain | {"consecutive_a_years": [4], "prior_grade": ["A"]})
    unknown = pl.DataFrame(plain).with_columns(has_non_recurring_info=pl.lit(None, pl.Boolean))
    found = chain(
        [
            Year(period=2025, subjects=firms),
            Year(period=2026, subjects=unknown),
            Year(period=2027, subjects=pl.DataFrame(plain)),
        ]
    )
    starts = [one.collect()["points__start"][0] for one in found.values()]
    assert starts == [9700, None, 9800]


def test_years_of_a_in_a_row_count_up_and_any_other_grade_starts_them_again() -> None:
    found = history(
        graded(
            ("A", "score", None), ("A", "score", 0), ("A", "score", 2), ("B", "score", 2),
            ("M", "m_new", 1), ("D", "d_retained", 3), (None, "withheld", 4),
        ),
        TAX,
    )  # fmt: skip
    assert found["consecutive_a_years"].to_list() == [1, 1, 3, 0, 0, 0, 0]
    alone = history(graded(("A", "score", 5), ("C", "score", 5)).drop("consecutive_a_years"), TAX)
    assert alone["consecutive_a_years"].to_list() == [1, 0]
    assert found.schema["consecutive_a_years"] == alone.schema["consecutive_a_years"] == pl.Int64


def test_a_d_is_direct_or_retained_or_by_score_and_nothing_else_leaves_one() -> None:
    found = history(
        graded(
            ("D", "d_r0301_false_special", 0),
            ("D", "d_retained", 0),
            ("D", "score", 0),
            ("C", "score", 0),
            ("B", "bar_prior_d", 0),
            (None, "withheld", 0),
            (None, None, 0),
        ),
        TAX,
    )
    assert found.columns == ["uscc", *HISTORY]
    assert found["uscc"].to_list() == [f"firm {n}" for n in range(7)]
    assert found["prior_grade"].to_list() == ["D", "D", "D", "C", "B", None, None]
    names = ("prior_grade_direct", "prior_d_retained", "prior_d_by_score")
    assert found.select(names).rows() == [
        (True, False, False),
        (False, True, False),
        (False, False, True),
        *[(False, False, False)] * 4,
    ]


def test_a_year_of_b_takes_the_bonus_for_years_of_a_away() -> None:
    plain = pl.DataFrame(
        {"uscc": [FIRM], "has_non_recurring_info": [False], "payment_info_complete": [True]}
    )
    late = events(event("010106", date(2026, 5, 1)))
    found = chain(
        [
            Year(period=2024, subjects=plain),
            Year(period=2025, subjects=plain),
            Year(period=2026, subjects=plain, events=late),
            Year(period=2027, subjects=plain),
            Year(period=2028, subjects=plain),
        ]
    )
    rows = [found[year].collect().select("grade", "points__start").row(0) for year in found]
    assert rows == [("A", 9000), ("A", 9400), ("B", 9500), ("A", 9300), ("A", 9400)]


def test_a_bonus_is_not_lost_where_the_grade_file_does_not_name_it() -> None:
    firms = pl.DataFrame(
        {
            "uscc": [FIRM],
            "has_non_recurring_info": [False],
            "payment_info_complete": [True],
            "consecutive_a_years": [3],
        }
    )
    found = chain([Year(period=year, subjects=firms) for year in (2025, 2026)])
    starts = [found[year].collect()["points__start"][0] for year in found]
    assert starts == [9600, 9700]  # three years before, then four: the file's own 3 is replaced


def test_events_of_another_year_cost_nothing_this_year() -> None:
    firm = pl.DataFrame({"uscc": [FIRM], "has_non_recurring_info": [True]})
    old = events(event("0301-FALSE-SPECIAL", date(2019, 5, 1)), event("010101", date(2020, 5, 1)))
    found = chain([Year(period=2020, subjects=firm, events=old)])[2020].collect()
    assert found.select("grade", "decided_by", "earned").row(0) == ("A", "score", 9500)


def test_a_result_knows_its_edition_its_day_its_year_and_its_columns() -> None:
    firm = pl.DataFrame({"uscc": [FIRM], "has_non_recurring_info": [True]})
    found = chain([Year(period=2020, subjects=firm), Year(period=2021, subjects=firm)])
    for year, one in found.items():
        rubric = catalog.for_period("tax-credit", year)
        assert one.rubric == rubric
        assert one.period == year
        assert one.as_of == date(year + 1, 4, 30)
        assert {"uscc", "has_non_recurring_info"} <= one.available
        assert one.explain(FIRM).subject == FIRM


def test_what_the_chain_found_replaces_a_history_and_a_newcomer_keeps_its_own() -> None:
    first = pl.DataFrame({"uscc": [FIRM], "has_non_recurring_info": [True]})
    second = pl.DataFrame(
        {
            "uscc": [OTHER, FIRM],
            "has_non_recurring_info": [True, True],
            "prior_grade": ["D", "D"],
            "prior_grade_direct": [True, True],
            "prior_d_retained": [False, False],
            "prior_d_by_score": [False, False],
        }
    )
    found = chain([Year(period=2020, subjects=first), Year(period=2021, subjects=second)])
    rows = found[2021].collect().select("uscc", "grade", "decided_by").rows()
    assert sorted(rows) == [(FIRM, "A", "score"), (OTHER, "D", "d_retained")]


@pytest.mark.parametrize("own", [True, False])
def test_a_history_is_laid_beside_every_subject_in_the_order_of_the_subjects(own: bool) -> None:
    ids = [f"firm {n:05}" for n in range(20_000)]
    passed = graded(*[("D", "score", 1)] * len(ids)).with_columns(uscc=pl.Series(ids[::-1]))
    subjects = pl.DataFrame({"uscc": [ids[-1], *ids[:-1], "new"]})
    if own:
        subjects = subjects.with_columns(prior_grade=pl.lit("B"), consecutive_a_years=pl.lit(7))
    found = _joined(subjects.lazy(), history(passed, TAX), "uscc").collect()
    assert found.columns == [*subjects.columns, *(n for n in HISTORY if n not in subjects.columns)]
    assert found["uscc"].to_list() == subjects["uscc"].to_list()
    assert found["prior_grade"].to_list() == ["D"] * len(ids) + ["B" if own else None]
    assert found["consecutive_a_years"].to_list() == [0] * len(ids) + [7 if own else None]
