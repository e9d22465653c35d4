"""Every worked case gives what its source prints."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import pytest

from lishui_credit.rubrics import cases
from lishui_credit.rubrics.case_coverage import coverage
from lishui_credit.rubrics.law import catalog


@pytest.fixture(scope="module")
def differing() -> dict[tuple[str, str], list[str]]:
    """What differs of each case, all graded together by edition and day."""
    return cases.run_all(cases.all_cases())


@pytest.mark.parametrize("case", cases.all_cases(), ids=lambda case: f"{case.rubric}:{case.id}")
def test_the_edition_gives_the_expected_result(
    case: cases.Case, differing: dict[tuple[str, str], list[str]]
) -> None:
    assert differing[case.rubric, case.id] == []


def test_every_case_file_belongs_to_a_shipped_edition() -> None:
    root = cases.folder()
    assert root is not None
    shipped = {f"{entry.name}/{entry.start}.toml" for entry in catalog.entries()}
    found = {path.relative_to(root).as_posix() for path in root.rglob("*.toml")}
    assert found <= shipped
    assert len(cases.all_cases()) >= 40


def test_a_wrong_expectation_is_told() -> None:
    case = cases.all_cases()[0]
    wrong = cases.Case(
        rubric=case.rubric,
        id="wrong",
        kind="rule",
        source="none",
        subject=case.subject,
        bases=case.bases,
        events=case.events,
        period=case.period,
        as_of=case.as_of,
        expect={"grade": "no such grade"},
    )
    assert "expected no such grade" in cases.run(wrong)[0]


def test_cases_run_together_give_what_each_gives_alone() -> None:
    every = cases.all_cases()
    wrong = [replace(case, expect={**case.expect, "grade": "none such"}) for case in every[::9]]
    unread = replace(
        wrong[3], id="unread", subject={**wrong[3].subject, "name": "", "county": "nowhere", "x": 1}
    )
    found = cases.run_all([*wrong, unread])
    assert found == {(case.rubric, case.id): cases.run(case) for case in (*wrong, unread)}
    assert all(found.values())
    assert "cannot be read" in found[unread.rubric, "unread"][0]


def test_every_case_has_a_title_in_both_languages_that_no_other_case_of_its_edition_has() -> None:
    listed = cases.all_cases()
    of_han = re.compile("[\u4e00-\u9fff]")
    assert [case.id for case in listed if not case.title or of_han.search(case.title)] == []
    assert [case.id for case in listed if not of_han.search(case.title_zh)] == []
    for titles in ([(c.rubric, c.title) for c in listed], [(c.rubric, c.title_zh) for c in listed]):
        assert [title for title, times in Counter(titles).items() if times > 1] == []


def test_every_edition_that_grades_has_a_case() -> None:
    covered = {case.rubric for case in cases.all_cases()}
    lacking = [
        f"{entry.name}@{entry.start}"
        for entry in catalog.entries()
        if catalog.load(entry.path).lacking is None and f"{entry.name}@{entry.start}" not in covered
    ]
    assert lacking == []


@pytest.mark.parametrize("entry", catalog.entries(), ids=lambda e: f"{e.name}@{e.start}")
def test_every_row_grade_and_override_is_touched_by_a_case(entry: catalog.Entry) -> None:
    assert [
        f"{part.table} {part.id}" for part in coverage(catalog.load(entry.path)).untouched
    ] == []


def test_a_case_touches_only_what_it_states() -> None:
    rubric = catalog.rubric("small-enterprise@2009-12-01")
    other = replace(rubric, variant="made")  # no case is of it
    assert coverage(other).percent == 0
    assert len(coverage(other).untouched) == len(rubric.scoring) + len(rubric.grades) + len(
        rubric.active_overrides
    )
