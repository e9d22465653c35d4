"""Farm households, credit areas and small enterprises: what the editions hold, and their edges.

The oracles below are written from the published rules with exact fractions, not from the editions.
"""

from __future__ import annotations

import itertools
import random
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from lishui_credit.errors import EditionError
from lishui_credit.points import half_away
from lishui_credit.rubrics.engine.evaluate import evaluate
from lishui_credit.rubrics.intake import intake
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.rubric import Indicator, Rubric
from lishui_credit.samples.enterprises import small_enterprises
from lishui_credit.samples.registers import uscc
from lishui_credit.tables.columns import dictionary

F = Fraction
DAY = date(2016, 6, 30)
FARMER = "farmer-household@2009-01-01"
OUTLINES = ("farmer-household/db33-t2249.2@2020-01-01", "farmer-household/db3311-t85.3@2019-01-28")
VILLAGE, TOWNSHIP, COUNTY = (f"credit-{x}@2009-01-01" for x in ("village", "township", "county"))
ZHEJIANG = "credit-village/db33-t2249.2@2020-01-01"
SMALL = "small-enterprise@2009-12-01"
ABC = "small-enterprise/abc@2000-01-01"

NO_CREDIT = (
    "no_credit_arrears",
    "no_credit_illegal_finance",
    "no_credit_over_indebted",
    "no_credit_enforced",
    "no_credit_bad_record",
    "no_credit_bad_guarantee",
)
BASE = {"base_total_assets": 100_000, "base_disposable_assets": 50_000, "base_net_income": 30_000}
BEST: dict[str, Any] = {
    "household_id": "甲",
    "county": "莲都区",
    "family_members": 4,
    "labourers": 3,
    "total_assets": 160_000,
    "net_assets": 160_000,
    "disposable_assets": 80_000,
    "coop_shares": 10_000,
    "net_income": 50_000,
    "performance_record": "normal",
    "peer_review": "excellent",
}
FIRM: dict[str, Any] = {
    "uscc": "12331102398259791Y",
    "firm_assets": 1_000_000,
    "firm_liabilities": 600_000,
    "current_assets": 390_000,
    "current_liabilities": 300_000,
    "cash": 90_000,
    "sales_revenue": 1_000_000,
    "sales_profit": 80_000,
    "net_profit": 32_000,
    "capital": 400_000,
    "sales_cash": 800_000,
    "receivables": 250_000,
    "cost_of_sales": 600_000,
    "inventory": 200_000,
    "analyst_management": 4,
    "analyst_reputation": 2,
    "analyst_leader": 4,
    "analyst_prospects": 2,
    "principal_record_points": 10,
    "interest_record_points": 6,
}


def table(rows: list[dict[str, Any]], rubric: Rubric | str) -> pl.DataFrame:
    """Grade raw rows, every one of them accepted, in the order given."""
    if isinstance(rubric, str):
        rubric = catalog.rubric(rubric)
    key = rubric.subject_id
    raw = pl.DataFrame(rows, infer_schema_length=None)
    bases = pl.DataFrame([{"county": "莲都区", **BASE}]) if rubric.bases else None
    taken = intake(rubric, raw, bases=bases)
    assert taken.rejected.is_empty(), taken.rejected["reasons"].to_list()
    found = evaluate(taken.subjects, rubric, as_of=DAY).collect()
    return raw.select(key).join(found, on=key, how="left", maintain_order="left")


def graded(facts: dict[str, Any], rubric: Rubric | str) -> dict[str, Any]:
    return table([facts], rubric).row(0, named=True)


def farmer(**facts: Any) -> dict[str, Any]:
    return graded({**BEST, **facts}, FARMER)


def firm(**facts: Any) -> dict[str, Any]:
    return graded({**FIRM, **facts}, SMALL)


def most(row: Indicator) -> int | None:
    """Printed maximum of a row."""
    if row.max_points is not None:
        return int(row.max_points)
    points = [band.points for band in row.bands] or list(row.levels.values())
    return max(int(value) for value in points if value is not None)


def overlay(folder: Path, of: str, body: str) -> Rubric:
    path = folder / "overlay.toml"
    head = f'format = 1\noverlay_of = "{of}"\noverlay_title = "测试"\n'
    path.write_text(head + body, encoding="utf-8")
    return catalog.rubric(of, overlay=path)


# ---- farm households: what the edition holds --------------------------------------------------


def test_the_nine_farmer_rows_have_their_printed_maxima() -> None:
    rubric = catalog.rubric(FARMER)
    assert {row.id: most(row) for row in rubric.scoring} == {
        "family": 10,
        "labour": 10,
        "assets": 13,
        "net_assets": 13,
        "disposable": 5,
        "shares": 4,
        "income": 15,
        "record": 10,
        "peers": 20,
    }
    assert all(row.evidence == "copy" for row in rubric.scoring)
    assert all(row.missing == "withhold" for row in rubric.scoring)


def test_the_mapping_to_lishuis_four_dimensions_is_called_a_placeholder() -> None:
    rubric = catalog.rubric(FARMER)
    assert {d.label_zh: (d.points, d.evidence) for d in rubric.dimensions} == {
        "道德品质": (20, "placeholder"),
        "信用记录": (10, "placeholder"),
        "经营能力": (35, "placeholder"),
        "偿债能力": (35, "placeholder"),
    }
    for dimension in rubric.dimensions:
        rows = [row for row in rubric.scoring if row.dimension == dimension.id]
        assert sum(most(row) or 0 for row in rows) == dimension.points


def test_farmer_grades_cut_at_90_75_60_and_carry_lishuis_labels() -> None:
    assert [
        (g.label_zh, g.at_least, g.labels["lishui"]) for g in catalog.rubric(FARMER).grades
    ] == [
        ("一级", 90, "AAA"),
        ("二级", 75, "AA"),
        ("三级", 60, "A"),
        ("四级", None, "未评信用户"),
    ]


def test_the_no_credit_list_is_whole_in_its_published_order() -> None:
    rubric = catalog.rubric(FARMER)
    listed = [*rubric.overrides, *(row for row in rubric.indicators if not row.enabled)]
    numbers = sorted(int(row.clause.removeprefix("不予授信情形 第")[:-1]) for row in listed)
    assert numbers == list(range(1, 19))
    assert all(row.evidence == "local" for row in listed)
    assert {row.id for row in rubric.active_overrides} == set(NO_CREDIT)


def test_rows_switched_off_have_no_column_and_no_way_to_score() -> None:
    off = [row for row in catalog.rubric(FARMER).indicators if not row.enabled]
    assert len(off) == 12
    for row in off:
        assert row.column is None
        assert not any((row.bands, row.levels, row.formula, row.event, row.share, row.mix))


def test_no_column_collects_illness_or_disability() -> None:
    for column in dictionary().values():
        said = " ".join([column.label_zh, *column.aliases])
        assert not any(word in said for word in ("病", "残疾", "健康", "低保", "五保")), column.id


def test_income_and_property_of_households_need_consent() -> None:
    known = dictionary()
    for name in ("net_income", "total_assets", "net_assets", "disposable_assets", "coop_shares"):
        assert known[name].privacy == "consent"


# ---- farm households: points, line by line ----------------------------------------------------


def farmer_points(facts: dict[str, Any]) -> dict[str, int]:
    """Points of the eight rows of the sheet that are tables, as its formulas compute them."""
    members = facts["family_members"]
    family = 10 if members >= 3 else 8 if members == 2 else 3
    hands = F(facts["labourers"], members)
    labour = 10 if hands > F(2, 3) else 8 if hands >= F(1, 3) else 4
    i = F(facts["total_assets"], BASE["base_total_assets"])
    assets = 13 if i > F("1.5") else 11 if i > F("1.2") else 9 if i > F("0.8") else 5
    net = facts["net_assets"]
    if net <= 0:
        owned = 0
    else:
        x = F("0.6") * net / facts["total_assets"] + F("0.4") * net / BASE["base_total_assets"]
        owned = 13 if x >= F("0.9") else 11 if x >= F("0.7") else 8 if x >= F("0.5") else 5
    i = F(facts["disposable_assets"], BASE["base_disposable_assets"])
    disposable = 5 if i > F("1.5") else 4 if i > F("1.2") else 3 if i > F("0.9") else 2
    held = facts["coop_shares"]
    shares = 4 if held >= 10_000 else 3 if held > 1_000 else 0
    i = F(facts["net_income"], BASE["base_net_income"])
    income = 15 if i > F("1.5") else 12 if i > F("1.2") else 9 if i > F("0.9") else 5
    if facts["net_income"] <= 0:
        income = 0
    return {
        "family": family,
        "labour": labour,
        "assets": assets,
        "net_assets": owned,
        "disposable": disposable,
        "shares": shares,
        "income": income,
        "record": {"normal": 10, "no_business": 5}[facts["performance_record"]],
        "peers": {"excellent": 20, "good": 15, "fair": 10, "poor": 0}[facts["peer_review"]],
    }


def farmer_lines(facts: dict[str, Any], grade: str) -> tuple[int, int]:
    """Both credit lines of the sheet, in fen."""
    v1, v2 = {
        "tier1": (F("0.7"), F(1)),
        "tier2": (F("0.6"), F("0.9")),
        "tier3": (F("0.5"), F("0.8")),
        "tier4": (F(0), F(0)),
    }[grade]
    if grade == "tier4":
        return 0, 0
    wan = 10_000
    total, net, disposable, income, shares = (
        F(facts[name], wan)
        for name in ("total_assets", "net_assets", "disposable_assets", "net_income", "coop_shares")
    )
    earning = (income + F("1.5") * F(BASE["base_net_income"], wan)) / 3 * v2
    line = (total + net + disposable) / 3 * v1 + earning
    micro = (net + disposable) / 2 * v1 * F("0.05") + earning * F("0.4")
    micro += shares * F("0.3") + facts["labourers"] * F("0.1")
    return half_away(line * 10) * 100_000, half_away(micro * 100) * 10_000


def around(base: int, *ratios: str) -> list[int]:
    """A yuan below, on and above every bound."""
    return [int(base * F(ratio)) + step for ratio in ratios for step in (-1, 0, 1)]


def edge_households(count: int) -> list[dict[str, Any]]:
    draw = random.Random(20161001)
    assets = [1, *around(BASE["base_total_assets"], "0.8", "1", "1.2", "1.5")]
    rows = []
    for index in range(count):
        members = draw.randint(1, 6)
        total = draw.choice(assets)
        # On the bounds of x = 0.6 n/t + 0.4 n/b, which has the whole-yuan solution n = x where t = b.
        net = draw.choice([-1, 0, 1, total, *around(total, "0.5", "0.7", "0.9")])
        rows.append(
            {
                "household_id": f"{index:05d}",
                "county": "莲都区",
                "family_members": members,
                "labourers": draw.randint(0, members),
                "total_assets": total,
                "net_assets": min(net, total),
                "disposable_assets": min(
                    total,
                    draw.choice([0, *around(BASE["base_disposable_assets"], "0.9", "1.2", "1.5")]),
                ),
                "coop_shares": draw.choice([0, 999, 1_000, 1_001, 9_999, 10_000, 10_001]),
                "net_income": draw.choice(
                    [-1, 0, 1, *around(BASE["base_net_income"], "0.9", "1.2", "1.5")]
                ),
                "performance_record": draw.choice(["normal", "no_business"]),
                "peer_review": draw.choice(["excellent", "excellent", "good", "fair", "poor"]),
            }
        )
    return rows


def test_every_farmer_row_grade_and_line_equals_exact_arithmetic_at_its_edges() -> None:
    rows = edge_households(4_000)
    seen: dict[str, set[int]] = {}
    tiers = set()
    for facts, row in zip(rows, table(rows, FARMER).iter_rows(named=True), strict=True):
        points = farmer_points(facts)
        assert {name: row[f"points__{name}"] for name in points} == {
            name: value * 10 for name, value in points.items()
        }, facts
        score = sum(points.values())
        grade = next(
            tier
            for tier, cut in (("tier1", 90), ("tier2", 75), ("tier3", 60), ("tier4", 0))
            if score >= cut
        )
        assert (row["earned"], row["possible"], row["grade"]) == (score * 10, 1_000, grade)
        assert (row["max_line_fen"], row["micro_line_fen"]) == farmer_lines(facts, grade), facts
        tiers.add(grade)
        for name, value in points.items():
            seen.setdefault(name, set()).add(value)
    assert tiers == {"tier1", "tier2", "tier3", "tier4"}
    assert seen == {
        "family": {3, 8, 10},
        "labour": {4, 8, 10},
        "assets": {5, 9, 11, 13},
        "net_assets": {0, 5, 8, 11, 13},
        "disposable": {2, 3, 4, 5},
        "shares": {0, 3, 4},
        "income": {0, 5, 9, 12, 15},
        "record": {5, 10},
        "peers": {0, 10, 15, 20},
    }


def test_a_household_without_assets_scores_no_net_assets_and_is_graded() -> None:
    row = farmer(total_assets=0, net_assets=0, disposable_assets=0)
    assert (row["points__assets"], row["points__net_assets"]) == (50, 0)
    assert row["outcome"] == "graded"


def test_a_long_default_takes_more_than_the_row_gives() -> None:
    row = farmer(
        performance_record="default",
        default_item="principal_and_interest",
        defaulted_on=date(2010, 1, 1),
        default_measure="judicial",
    )
    # -6 * 1.3 * 8 * 1.1 * 3 = -205.92, to one decimal
    assert (row["points__record"], row["earned"], row["grade"]) == (-2_059, -1_159, "tier4")


@pytest.mark.parametrize("row", [row.id for row in catalog.rubric(FARMER).scoring])
def test_an_unknown_farmer_fact_withholds_the_grade(row: str) -> None:
    column = {"record": "performance_record"}
    known = catalog.rubric(FARMER).indicator(row)
    found = farmer(**{column.get(row) or known.column or "net_assets": ""})
    assert (found["outcome"], found["grade"]) == ("withheld", None)
    assert (found["max_line_fen"], found["micro_line_fen"]) == (None, None)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"labourers": 5}, "labourers is more than family_members"),
        ({"county": "无基数县"}, "no bases"),
        ({"performance_record": "default"}, "default_item"),
    ],
)
def test_what_cannot_be_is_rejected_and_a_missing_base_is_not_zero(
    facts: dict[str, Any], reason: str
) -> None:
    rubric = catalog.rubric(FARMER)
    bases = pl.DataFrame([{"county": "莲都区", **BASE}])
    taken = intake(rubric, pl.DataFrame([{**BEST, **facts}]), bases=bases)
    if reason == "default_item":  # the columns are not there at all: nothing to check, withheld
        assert farmer(**facts)["withheld_by"] == "record"
        blank = dict.fromkeys(("default_item", "defaulted_on", "default_measure"), "")
        taken = intake(rubric, pl.DataFrame([{**BEST, **facts, **blank}]), bases=bases)
    assert taken.rejected.height == 1
    assert reason in taken.rejected["reasons"][0]


def test_the_text_can_be_followed_instead_of_the_formula(tmp_path: Path) -> None:
    facts = {**BEST, "total_assets": 80_000, "net_assets": 80_000, "coop_shares": 1_000}
    by_formula = graded(facts, FARMER)
    by_text = graded(
        facts,
        overlay(
            tmp_path,
            FARMER,
            "".join(
                f'[[choices]]\nid = "{choice}"\ntaken = "{option}"\n'
                for choice, option in (
                    ("assets_at_0_8", "upper"),
                    ("shares_at_1000", "text"),
                    ("share_weight", "text"),
                )
            ),
        ),
    )
    for row, formula, text in (("assets", 50, 90), ("shares", 0, 30)):
        assert (by_formula[f"points__{row}"], by_text[f"points__{row}"]) == (formula, text)
    assert by_formula["grade"] == "tier2"
    assert by_text["grade"] == "tier1"
    # The weight alone, at one grade: 1,000 yuan of shares are worth 300 or 200 yuan of line.
    weight = overlay(tmp_path, FARMER, '[[choices]]\nid = "share_weight"\ntaken = "text"\n')
    rich = {**facts, "coop_shares": 10_000}
    gap = graded(rich, FARMER)["micro_line_fen"] - graded(rich, weight)["micro_line_fen"]
    assert gap == 100_000


def test_the_lines_follow_the_evaluators_grade_and_the_grade_stays() -> None:
    poor = {"peer_review": "poor", "performance_record": "no_business", "net_income": 15_000}
    row = farmer(**poor)
    moved = farmer(**poor, adjusted_grade="一级")
    assert (row["grade"], moved["grade"], moved["adjusted_grade"]) == ("tier3", "tier3", "tier1")
    facts = {**BEST, **poor}
    assert (row["max_line_fen"], row["micro_line_fen"]) == farmer_lines(facts, "tier3")
    assert (moved["max_line_fen"], moved["micro_line_fen"]) == farmer_lines(facts, "tier1")


@pytest.mark.parametrize("flag", NO_CREDIT)
def test_each_active_no_credit_item_means_no_line(flag: str) -> None:
    row = farmer(**{flag: "是"})
    assert (row["grade"], row["decided_by"], row["earned"]) == ("tier4", flag, 1_000)
    assert (row["max_line_fen"], row["micro_line_fen"]) == (0, 0)
    for unknown in ({flag: "否"}, {flag: ""}):
        assert farmer(**unknown)["grade"] == "tier1"


def test_the_farmer_edition_holds_from_its_first_day() -> None:
    assert catalog.rubric("farmer-household", on="2009-01-01").edition == "2009-01-01"
    with pytest.raises(EditionError, match="2009-01-01"):
        catalog.rubric("farmer-household", on="2008-12-31")


# ---- outlines and first days ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "annex"), [(OUTLINES[0], "附录A"), (OUTLINES[1], "信用农户评价表")]
)
def test_an_outline_refuses_to_grade_and_names_its_annex(name: str, annex: str) -> None:
    rubric = catalog.rubric(name)
    assert rubric.lacking is not None
    assert annex in rubric.lacking.what_zh
    assert name in rubric.lacking.how
    assert rubric.scoring == ()
    with pytest.raises(EditionError, match="lacks"):
        evaluate(pl.LazyFrame({"household_id": ["甲"]}), rubric, as_of=DAY)


@pytest.mark.parametrize("name", [OUTLINES[0], VILLAGE, TOWNSHIP, COUNTY, ZHEJIANG, SMALL, ABC])
def test_a_first_day_that_stands_in_says_so(name: str) -> None:
    assert any("stands in" in note for note in catalog.rubric(name).notes)


# ---- credit villages, townships, counties -----------------------------------------------------


def test_the_area_criteria_are_local_and_the_county_text_is_cut() -> None:
    for name, status in ((VILLAGE, "transcribed"), (TOWNSHIP, "transcribed"), (COUNTY, "partial")):
        rubric = catalog.rubric(name)
        assert rubric.status == status
        assert (rubric.aggregate, rubric.indicators) == ("none", ())
        assert all(grade.evidence == "local" for grade in rubric.grades)
    assert any("cut" in note for note in catalog.rubric(COUNTY).notes)


def test_a_village_is_a_credit_village_when_all_four_criteria_hold() -> None:
    rows = [
        {
            "village_id": str(index),
            "households": 1_000,
            "credit_households": households,
            "borrowers": 1_000,
            "borrowers_without_arrears": clean,
            "loan_balance": 1_000_000,
            "bad_loan_balance": bad,
            "bad_loan_rate_rise": rise,
        }
        for index, (households, clean, bad, rise) in enumerate(
            itertools.product(
                (699, 700, 701),
                (849, 850, 851),
                (49_999, 50_000, 50_001),
                ("-0.02", "0.0099", "0.01", "0.0101"),
            )
        )
    ]
    for facts, row in zip(rows, table(rows, VILLAGE).iter_rows(named=True), strict=True):
        holds = (
            F(facts["credit_households"], 1_000) >= F("0.7")
            and F(facts["borrowers_without_arrears"], 1_000) >= F("0.85")
            and F(facts["bad_loan_balance"], 1_000_000) < F("0.05")
            and F(facts["bad_loan_rate_rise"]) < F("0.01")
        )
        assert row["grade"] == ("credit" if holds else "none"), facts


def test_a_township_counts_its_villages_its_worst_village_and_its_loans() -> None:
    rows = [
        {
            "township_id": str(index),
            "villages": 9,
            "credit_villages": villages,
            "min_village_no_arrears_share": worst,
            "loan_balance": 1_000_000,
            "bad_loan_balance": bad,
            "bad_loan_rate_rise": rise,
        }
        for index, (villages, worst, bad, rise) in enumerate(
            itertools.product((4, 5), ("0.8999", "0.9"), (49_999, 50_000), ("0.0099", "0.01"))
        )
    ]
    for facts, row in zip(rows, table(rows, TOWNSHIP).iter_rows(named=True), strict=True):
        holds = (
            F(facts["credit_villages"], 9) >= F("0.5")
            and F(facts["min_village_no_arrears_share"]) >= F("0.9")
            and F(facts["bad_loan_balance"], 1_000_000) < F("0.05")
            and F(facts["bad_loan_rate_rise"]) < F("0.01")
        )
        assert row["grade"] == ("credit" if holds else "none"), facts


@pytest.mark.parametrize(("villages", "credit"), [(5, 3), (5, 2), (9, 6), (9, 5), (1, 1), (7, 4)])
def test_a_county_needs_three_villages_in_five(villages: int, credit: int) -> None:
    facts = {"county": "莲都区", "villages": villages, "credit_villages": credit}
    expected = "credit" if F(credit, villages) >= F(3, 5) else "none"
    assert graded(facts, COUNTY)["grade"] == expected


def village(**facts: Any) -> dict[str, Any]:
    base = {
        "village_id": "甲",
        "households": 10,
        "credit_households": 7,
        "borrowers": 20,
        "borrowers_without_arrears": 17,
        "loan_balance": 100,
        "bad_loan_balance": 4,
        "bad_loan_rate_rise": "0",
    }
    return graded({**base, **facts}, VILLAGE)


@pytest.mark.parametrize(
    "column",
    ["credit_households", "borrowers_without_arrears", "loan_balance", "bad_loan_rate_rise"],
)
def test_an_unknown_criterion_withholds_unless_another_already_fails(column: str) -> None:
    assert village()["grade"] == "credit"
    assert village(**{column: ""})["outcome"] == "withheld"
    fails = {"credit_households": 6} if column != "credit_households" else {"bad_loan_balance": 5}
    row = village(**{column: "", **fails})
    assert (row["outcome"], row["grade"]) == ("graded", "none")


def test_nobody_borrowing_is_no_share_without_arrears_and_no_loan_is_no_bad_loan() -> None:
    row = village(borrowers=0, borrowers_without_arrears=0)
    assert (row["outcome"], row["grade"]) == ("graded", "none")
    assert village(loan_balance=0, bad_loan_balance=0)["grade"] == "credit"


@pytest.mark.parametrize(
    ("score", "grade"),
    [(0, "none"), (69, "none"), (70, "county"), (79, "county"), (80, "city"), (100, "city")],
)
def test_zhejiangs_village_score_cuts_at_70_and_80(score: int, grade: str) -> None:
    assert graded({"village_id": "甲", "area_score": score}, ZHEJIANG)["grade"] == grade


# ---- small enterprises: points, caps, cut-offs ------------------------------------------------

SHARES = {  # row: (column, over, benchmark, maximum, lower is better)
    "debt_ratio": ("firm_liabilities", "firm_assets", "0.6", 12, True),
    "current_ratio": ("current_assets", "current_liabilities", "1.3", 10, False),
    "cash_ratio": ("cash", "current_liabilities", "0.3", 8, False),
    "sales_margin": ("sales_profit", "sales_revenue", "0.08", 5, False),
    "return_on_capital": ("net_profit", "capital", "0.08", 5, False),
    "sales_cash_content": ("sales_cash", "sales_revenue", "0.8", 6, False),
    "receivables_turnover": ("sales_revenue", "receivables", "4", 6, False),
    "inventory_turnover": ("cost_of_sales", "inventory", "3", 6, False),
}
JUDGED = {
    "management_quality": ("analyst_management", 4),
    "reputation": ("analyst_reputation", 2),
    "principal_record": ("principal_record_points", 10),
    "interest_record": ("interest_record_points", 6),
    "leader": ("analyst_leader", 4),
    "market": ("analyst_prospects", 2),
}
UNSET = {"fixed_assets": 4, "sales_growth": 6, "profit_growth": 4}
ORDER = ("AAA", "AA", "A", "BBB", "BB", "B", "CC", "D")


def test_the_seventeen_enterprise_rows_have_their_printed_maxima() -> None:
    rubric = catalog.rubric(SMALL)
    printed = {row: highest for row, (*_, highest, _lower) in SHARES.items()}
    printed |= {row: points for row, (_, points) in JUDGED.items()}
    assert {row.id: most(row) for row in rubric.indicators} == printed | UNSET
    assert sum((printed | UNSET).values()) == 100
    assert {row.id for row in rubric.unscored} == set(UNSET)
    assert {row.id for row in rubric.indicators if row.evidence == "placeholder"} == {
        "sales_margin",
        "return_on_capital",
        *UNSET,
    }
    for dimension in rubric.dimensions:
        rows = [row for row in rubric.indicators if row.dimension == dimension.id]
        assert sum(most(row) or 0 for row in rows) == dimension.points
    assert [d.points for d in rubric.dimensions] == [30, 10, 24, 16, 20]


def test_cut_offs_of_new_customers_lie_ten_lower() -> None:
    cuts = [
        (grade.id, grade.at_least, grade.at_least_if.get("new_customer"))
        for grade in catalog.rubric(SMALL).grades
        if grade.at_least is not None
    ]
    assert cuts == [
        ("AAA", 90, 80),
        ("AA", 80, 70),
        ("A", 70, 60),
        ("BBB", 60, 50),
        ("BB", 50, 40),
    ]


def share_points(facts: dict[str, Any], row: str) -> int | None:
    """Hundredths of a point of one proportional row; None where the ratio is not known."""
    column, over, mark, full, lower = SHARES[row]
    top, down = facts[column], facts[over]
    if down < 0 or (down == 0 and top > 0):
        return None
    value = F(top, down) if down else F(0)  # nothing over nothing counts as zero
    if lower:
        return full * 100 if value <= F(mark) else half_away(full * 100 * F(mark) / value)
    return full * 100 if value >= F(mark) else max(half_away(full * 100 * value / F(mark)), 0)


def enterprise(facts: dict[str, Any]) -> tuple[dict[str, int | None], str | None]:
    """Points and grade by the printed benchmarks, cut-offs and caps."""
    points: dict[str, int | None] = {row: share_points(facts, row) for row in SHARES}
    points |= {row: facts[column] * 100 for row, (column, _) in JUDGED.items()}
    debt = F(facts["firm_liabilities"], facts["firm_assets"])
    if debt > 1 or facts["loan_class"] == "loss":
        return points, "D"
    known = [value for value in points.values() if value is not None]
    if len(known) < len(points):
        return points, None
    percent = F(sum(known), 8_600) * 100 + (10 if facts["new_customer"] else 0)
    reached = [cut for cut in (90, 80, 70, 60, 50) if percent >= cut]
    limits = [ORDER[5 - len(reached)]]
    if debt > F("0.9"):
        limits.append("B")
    elif debt > F("0.8"):
        limits.append("A")
    if facts["loan_class"] in ("substandard", "doubtful"):
        limits.append({"substandard": "B", "doubtful": "CC"}[facts["loan_class"]])
    if facts["loss_this_period"]:
        limits.append("BB" if facts["loss_prior_period"] else "A")
    return points, max(limits, key=ORDER.index)


def test_enterprise_points_caps_and_grades_equal_exact_arithmetic() -> None:
    firms = small_enterprises(4_000)
    worse = firms.with_columns(
        loan_class=pl.Series(random.Random(1).choices(["normal", "doubtful", "loss"], k=4_000)),
        uscc=uscc(np.arange(4_000, 8_000)),
        receivables=pl.when(pl.col("receivables") % 5 == 0).then(0).otherwise("receivables"),
    )
    raw = pl.concat([firms, worse])
    rubric = catalog.rubric(SMALL)
    taken = intake(rubric, raw)
    assert taken.rejected.is_empty()
    found = evaluate(taken.subjects, rubric, as_of=DAY).collect()
    names = ["uscc", "grade", "possible", *(f"points__{row}" for row in (*SHARES, *JUDGED))]
    grades = set()
    rows = raw.join(found.select(names), on="uscc", how="left").iter_rows(named=True)
    for facts in rows:
        points, grade = enterprise(facts)
        assert {row: facts[f"points__{row}"] for row in points} == points, facts["uscc"]
        assert (facts["grade"], facts["possible"]) == (grade, 8_600), facts["uscc"]
        grades.add(grade)
    assert grades == {*ORDER, None}


def test_benchmarks_of_the_last_three_rows_come_with_an_overlay(tmp_path: Path) -> None:
    body = "".join(
        f'[[indicators]]\nid = "{row}"\nshare = {{ direction = "higher", benchmark = {mark} }}\n'
        for row, mark in (("fixed_assets", 0.4), ("sales_growth", 1.1), ("profit_growth", 1.1))
    )
    rubric = overlay(tmp_path, SMALL, body)
    assert rubric.unscored == ()
    facts = {
        **FIRM,
        "fixed_assets_net": 200_000,
        "prior_sales_revenue": 1_000_000,
        "prior_profit": 16_000,
    }
    row = graded(facts, rubric)
    found = [row[f"points__{name}"] for name in UNSET]
    assert found == [200, 545, 400]  # 4*0.2/0.4; 6*1/1.1, half away; doubled: full
    assert row["possible"] == 10_000


def test_sales_on_no_receivables_are_unknown_and_no_sales_on_none_earn_nothing() -> None:
    assert firm(receivables=0)["withheld_by"] == "receivables_turnover"
    idle = dict.fromkeys(("sales_revenue", "sales_profit", "sales_cash", "receivables"), 0)
    row = firm(**idle, cost_of_sales=0, inventory=0)
    rows = ("sales_margin", "sales_cash_content", "receivables_turnover", "inventory_turnover")
    assert [row[f"points__{name}"] for name in rows] == [0, 0, 0, 0]
    assert (row["outcome"], row["earned"]) == ("graded", 8_600 - 2_300)


def test_a_loss_earns_nothing_on_the_profit_rows() -> None:
    row = firm(sales_profit=-8_000_000, net_profit=-1)
    assert (row["points__sales_margin"], row["points__return_on_capital"]) == (0, 0)


def test_caps_are_told_apart_by_severity_not_by_place() -> None:
    row = firm(loss_this_period="是", loan_class="可疑", firm_liabilities=850_000)
    assert (row["grade"], row["decided_by"]) == ("CC", "loan_doubtful")
    row = firm(loan_class="可疑", firm_liabilities=1_000_001)
    assert (row["grade"], row["decided_by"]) == ("D", "debt_above_100")


# ---- small enterprises: the Agricultural Bank's rule ------------------------------------------


def abc_grade(total: Fraction, full: bool, points: tuple[Fraction, ...]) -> str:
    """Grade by the printed cut-offs and floors."""
    debt, interest, repayment, cash = points
    if total < 60 or interest < F("2.7") or repayment < F("3.6"):
        return "C"
    paid = interest == 9
    if total >= 90 and full and paid and repayment == 12 and cash >= 5:
        return "AAA"
    if total >= 80 and full and paid and repayment >= F("10.8") and cash >= 3:
        return "AA"
    if total >= 70 and debt >= 5 and interest >= F("8.1") and repayment >= F("9.6"):
        return "A"
    return "B"


def test_the_abc_floors_hold_on_every_edge() -> None:
    grid = list(
        itertools.product(
            ("59.9", "60", "69.9", "70", "79.9", "80", "89.9", "90"),
            (("10", True), ("5", False), ("4.9", False)),
            ("2.6", "2.7", "8", "8.1", "9"),
            ("3.5", "3.6", "9.5", "9.6", "10.7", "10.8", "12"),
            ("2.9", "3", "4.9", "5"),
        )
    )
    codes = uscc(np.arange(len(grid))).to_list()
    rows = [
        {
            "uscc": code,
            "abc_total_score": total,
            "abc_debt_ratio_full": full,
            "abc_interest_full": interest == "9",
            "abc_repayment_full": repayment == "12",
            "abc_debt_ratio_points": debt,
            "abc_interest_points": interest,
            "abc_repayment_points": repayment,
            "abc_cash_flow_points": cash,
        }
        for code, (total, (debt, full), interest, repayment, cash) in zip(codes, grid, strict=True)
    ]
    found = table(rows, ABC)["grade"].to_list()
    expected = [
        abc_grade(F(total), full, (F(debt), F(interest), F(repayment), F(cash)))
        for total, (debt, full), interest, repayment, cash in grid
    ]
    assert found == expected
    assert set(found) == {"AAA", "AA", "A", "B", "C"}


TRIGGERS = {
    "restricted_industry": "B",
    "obsolete_technology": "C",
    "insolvent": "C",
    "stopped_half_year": "C",
    "evades_bank_debt": "C",
}


@pytest.mark.parametrize(("flag", "grade"), list(TRIGGERS.items()))
def test_a_trigger_bounds_the_abc_grade(flag: str, grade: str) -> None:
    best = {
        "uscc": FIRM["uscc"],
        "abc_total_score": "95",
        "abc_debt_ratio_full": "是",
        "abc_interest_full": "是",
        "abc_repayment_full": "是",
        "abc_debt_ratio_points": "10",
        "abc_interest_points": "9",
        "abc_repayment_points": "12",
        "abc_cash_flow_points": "5",
    }
    assert graded({**best, flag: "否"}, ABC)["grade"] == "AAA"
    row = graded({**best, flag: "是"}, ABC)
    assert (row["grade"], row["decided_by"]) == (grade, flag)
    assert graded({**best, flag: "是", "abc_total_score": "59.9"}, ABC)["grade"] == "C"
