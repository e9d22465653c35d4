"""Editions hold what they must, and each amendment changed exactly what it says."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from pathlib import Path

import pytest

from lishui_credit.errors import EditionError, RubricError
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.rubrics.reform import changes

TAX = [entry for entry in catalog.entries() if entry.name == "tax-credit"]
CHECKED: dict[str, str] = {}
"""SHA-256 of every edition that a second person has checked; such a file is never edited again."""


def tax(day: str) -> Rubric:
    return catalog.rubric(f"tax-credit@{day}")


def changed(old: str, new: str) -> Counter[tuple[str, str]]:
    return Counter((c.part, c.kind) for c in changes(tax(old), tax(new)))


def names(old: str, new: str, part: str, kind: str) -> set[str]:
    return {c.id for c in changes(tax(old), tax(new)) if (c.part, c.kind) == (part, kind)}


def test_the_percentage_formula_is_all_that_2016_9_changed() -> None:
    rows = {"r050102", "r050104", "r050202", "r050204", "r060302", "r060304"}
    assert names("2014-10-01", "2016-03-01", "indicators", "changed") == rows
    assert set(changed("2014-10-01", "2016-03-01")) == {("indicators", "changed")}


def test_2018_8_brings_m_and_lets_new_and_idle_enterprises_in() -> None:
    assert names("2016-03-01", "2018-04-01", "grades", "added") == {"M"}
    assert names("2016-03-01", "2018-04-01", "overrides", "added") == {"m_new", "m_no_income"}
    gone = {"not_evaluated_new", "not_evaluated_no_income"}
    assert names("2016-03-01", "2018-04-01", "overrides", "removed") == gone
    assert names("2016-03-01", "2018-04-01", "indicators", "changed") == set()


def test_2019_37_brings_repair() -> None:
    assert names("2018-04-01", "2020-01-01", "repairs", "added") == {"late_tax", "percent"}
    assert all(not row.event.repair for row in tax("2018-04-01").scoring if row.event)


def test_2020_15_puts_eleven_points_in_place_of_keeping_a_d_by_score() -> None:
    assert names("2020-01-01", "2020-11-01", "indicators", "added") == {"prior_d_by_score"}
    assert names("2020-01-01", "2020-11-01", "overrides", "changed") >= {"d_retained"}


def test_2021_31_changes_repair_of_direct_d_only() -> None:
    assert names("2020-11-01", "2022-01-01", "indicators", "changed") == set()
    found = names("2020-11-01", "2022-01-01", "overrides", "changed")
    assert found
    assert all(row.startswith("d_") for row in found)


def test_a_file_is_named_by_the_day_its_edition_came_into_force() -> None:
    entries = catalog.entries()
    assert [entry.start for entry in entries] == [
        catalog.load(entry.path).in_force.start for entry in entries
    ]


@pytest.mark.parametrize("entry", TAX, ids=lambda e: str(e.start))
def test_every_tax_deduction_is_on_the_official_scale(entry: catalog.Entry) -> None:
    found = {row.event.deduct for row in catalog.load(entry.path).scoring if row.event}
    assert found <= {1, 3, 5, 11}


def test_tax_editions_follow_one_another_without_gap_or_overlap() -> None:
    periods = [catalog.load(entry.path).in_force for entry in TAX]
    for before, after in itertools.pairwise(periods):
        assert before.until == after.start
    assert periods[-1].until is None


def test_environmental_weights_fill_the_known_category_totals() -> None:
    rubric = catalog.rubric("environment-credit@2014-03-01")
    totals: Counter[str] = Counter()
    for row in rubric.indicators:
        totals[str(row.dimension)] += row.weight or 0
    assert totals == {"pollution": 29, "ecology": 5, "management": 54, "supervision": 12}
    known = {row.id for row in rubric.indicators if row.evidence != "placeholder"}
    assert known == {
        "outlet_compliance",
        "solid_waste",
        "hazardous_waste",
        "noise",
        "siting",
        "risk_management",
        "penalties",
    }
    assert sum(row.effect.set == "red" for row in rubric.active_overrides) == 14


def test_discriminatory_items_ship_switched_off_with_the_reason() -> None:
    rubric = catalog.rubric("farmer-household@2009-01-01")
    off = [row for row in rubric.indicators if not row.enabled]
    assert len(off) + len(rubric.overrides) == 18
    assert all(row.why_disabled for row in off)


@pytest.mark.parametrize("name", ["farmer-household/db33-t2249.2", "farmer-household/db3311-t85.3"])
def test_outlines_say_what_they_lack(name: str) -> None:
    entry = next(e for e in catalog.entries() if e.name == name)
    rubric = catalog.load(entry.path)
    assert rubric.status == "reconstructed"
    assert rubric.lacking is not None


def test_checked_editions_are_frozen() -> None:
    for entry in catalog.entries():
        found = catalog.load(entry.path)
        if found.status == "checked":
            ref = f"{found.name}@{found.edition}"
            assert CHECKED.get(ref) == hashlib.sha256(entry.path.read_bytes()).hexdigest()


def test_weak_rows_are_never_called_official() -> None:
    for entry in catalog.entries():
        rubric = catalog.load(entry.path)
        assert all(row.evidence != "official" for row in rubric.indicators), rubric.name


OVERLAY = """
format = 1
overlay_of = "environment-credit@2014-03-01"
overlay_title = "附件1 原文"
signed_off = { by = "测试", on = 2026-11-22 }

[[indicators]]
id = "permit"
weight = 5
evidence = "official"

[[indicators]]
id = "declaration"
weight = 2
evidence = "official"
"""


def test_an_overlay_lays_official_text_over_an_edition(tmp_path: Path) -> None:
    path = tmp_path / "annex.toml"
    path.write_text(OVERLAY, encoding="utf-8")
    base = catalog.rubric("environment-credit@2014-03-01")
    found = catalog.rubric("environment-credit", on="2016-01-01", overlay=path)
    assert found.indicator("permit").weight == 5
    assert found.indicator("permit").label_zh == base.indicator("permit").label_zh
    assert found.sha256 != base.sha256
    assert found.overlays == ("附件1 原文",)


def test_an_overlay_of_another_edition_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "annex.toml"
    path.write_text(OVERLAY, encoding="utf-8")
    with pytest.raises(EditionError, match="another edition"):
        catalog.rubric("tax-credit@2018-04-01", overlay=path)


def test_an_outline_grades_once_its_table_is_laid_over(tmp_path: Path) -> None:
    path = tmp_path / "annex_a.toml"
    path.write_text(
        """
format = 1
overlay_of = "farmer-household/db3311-t85.3@2019-01-28"
overlay_title = "信用农户评价表(测试)"
status = "transcribed"
remove = { indicators = ["table"] }
[[grades]]
id = "AAA"
label_zh = "AAA"
at_least = 60
clause = "5.1.2"
evidence = "official"
[[grades]]
id = "none"
label_zh = "未评"
clause = "5.1.2"
evidence = "official"
[[indicators]]
id = "peers"
label_zh = "道德品质"
column = "peer_review"
missing = "withhold"
clause = "表1"
evidence = "official"
levels = { excellent = 100, good = 70, fair = 40, poor = 0 }
""",
        encoding="utf-8",
    )
    found = catalog.rubric("farmer-household/db3311-t85.3@2019-01-28", overlay=path)
    assert found.lacking is None
    assert len(found.scoring) == 1


BROKEN = """format = 1
id = "x"
title_zh = "x"
title_en = "x"
subject = "enterprise"
subject_id = "uscc"
aggregate = "sum"
point_unit = 1
in_force = { from = 2020-01-01 }
status = "transcribed"
source = { issuer = "x", title_zh = "x" }

[[grades]]
id = "A"
label_zh = "A"
at_least = 60
clause = "1"
evidence = "copy"

[[grades]]
id = "A"
label_zh = "B"
clause = "1"
evidence = "copy"

[[indicators]]
id = "people"
label_zh = "x"
column = "family_membres"
missing = "withhold"
clause = "1"
evidence = "copy"
bands = [
  { at_least = 3, points = 10 },
]

[[indicators]]
id = "labour"
label_zh = "x"
column = "labourers"
clause = "2"
evidence = "copy"
bands = [
  { at_least = 3, points = 10.5 },
  { points = 1 },
]
"""


def test_check_tells_every_mistake_at_once_by_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(BROKEN, encoding="utf-8")
    with pytest.raises(RubricError) as caught:
        catalog.check_file(path)
    said = [str(problem) for problem in caught.value.problems]
    assert any(":14 " in line and "duplicate id" in line for line in said)
    assert any(":29 " in line and "family_membres" in line for line in said)
    assert any("the row needs missing" in line for line in said)
    assert any(":44 " in line and "more decimals" in line for line in said)


def test_a_syntax_error_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('format = 1\nid = "x\n', encoding="utf-8")
    with pytest.raises(RubricError, match=r"mine\.toml:2: not valid TOML"):
        catalog.check_file(path)


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("tax-credit@2025-07-01", "points = 90,", "points = 90.0125,", "more decimals"),
        ("tax-credit@2025-07-01", "restore_percent = 100", "restore = 0.0001", "more decimals"),
        ("farmer-household@2009-01-01", "max_points = 10", "max_points = 0.125", "more decimals"),
        ("environment-credit/yangtze-delta@2009-07-31", 'column = "outlet_compliance_colour"', "", "levels need a column"),
    ],
)  # fmt: skip
def test_what_cannot_be_counted_is_told_and_never_a_traceback(
    tmp_path: Path, name: str, old: str, new: str, said: str
) -> None:
    rubric, _, day = name.partition("@")
    entry = next(e for e in catalog.entries() if (e.name, str(e.start)) == (rubric, day))
    text = entry.path.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RubricError, match=said):
        catalog.check_file(path)
