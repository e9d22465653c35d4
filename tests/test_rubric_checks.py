"""`rubrics check` finds what a clerk can get wrong in an edition or an overlay, by line."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from lishui_credit.errors import RubricError
from lishui_credit.rubrics.law import catalog, checks
from lishui_credit.rubrics.law.rubric import BandRow, Indicator, Rubric

HEAD = """\
format = 1
overlay_of = "environment-credit@2014-03-01"
overlay_title = "附件1 某行原文"
signed_off = { by = "某局信用科", on = 2026-11-22 }
"""
ANNEX = "".join(
    f'\n[[indicators]]\nid = "{name}"\nweight = {weight}\nevidence = "official"\n'
    for name, weight in (
        ("resource_use", 2),
        ("development", 1),
        ("permit", 5),
        ("declaration", 2),
    )
)
OUTLETS = '\n[[indicators]]\nid = "outlet_compliance"\nbands = ['


def said(folder: Path, text: str | bytes) -> list[str]:
    """What the check says of an overlay, each with its line."""
    path = folder / "mine.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    try:
        catalog.check_file(path)
    except RubricError as error:
        return [f"{row.where.split()[0]} {row.what} [{row.found}]" for row in error.problems]
    return []


def test_a_sound_overlay_passes(tmp_path: Path) -> None:
    assert said(tmp_path, HEAD + ANNEX) == []


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            ANNEX + '\n[[indicators]]\nid = "fee"\nweight = -3\n'
            '\n[[indicators]]\nid = "facility_operation"\nweight = 11\n',
            ["mine.toml:28 weight must not be below 1 [-3]"],
        ),
        (
            ANNEX + '\n[[indicators]]\nid = "permit"\nweight = 5\n',
            ["mine.toml:26 the overlay has this row twice [permit]"],
        ),
        (
            OUTLETS + "{ at_least = 95, at_most = 100, points = 100 }, { points = 0 }]\n",
            [
                f"mine.toml:8 the bound lies outside the values of min_outlet_compliance_rate"
                f" (0 to 1) [{bound}]"
                for bound in (95, 100)
            ],
        ),
        (
            OUTLETS + "\n  { at_least = 0.95, points = 100, range = [80, 100] },"
            "\n  { at_least = 0.75, below = 0.90, points = 79, range = [50, 79] },"
            "\n  { points = 0 },\n]\n",
            ["mine.toml:8 the bands leave a hole, which earns less than the bands on both sides"
             " [0.9]"],
        ),
        (
            OUTLETS + "\n  { at_least = 0.90, points = 100 },"
            "\n  { at_least = 0.75, below = 0.95, points = 79 },\n  { points = 0 },\n]\n",
            ["mine.toml:10 the band overlaps one above it [0.925]"],
        ),
        (
            OUTLETS + "{ at_least = 0.90, points = 110 }, { points = -1 }]\n",
            [
                "mine.toml:8 a row of a weighted rubric earns 0 to 100 points [110]",
                "mine.toml:8 bands must not be below 0 [-1]",
            ],
        ),
        (
            '\n[[indicators]]\nid = "permit"\n'
            "ranges = { first = [80, 100], second = [60, 85], third = [0, 49] }\n",
            [
                "mine.toml:8 the ranges leave a hole [49 … 60]",
                "mine.toml:8 the ranges overlap [80 < 85]",
            ],
        ),
    ],
)  # fmt: skip
def test_what_an_overlay_gets_wrong_is_told_by_line(
    tmp_path: Path, body: str, told: list[str]
) -> None:
    assert said(tmp_path, HEAD + body) == told


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('remove = { indicators = ["nothing"] }', "no such row in indicators to remove [nothing]"),
        ('remove = { rows = ["permit"] }', "no such row in rows to remove [permit]"),
        ('remove = { overrides = ["permit"] }', "no such row in overrides to remove [permit]"),
    ],
)
def test_what_is_to_be_removed_must_be_there(tmp_path: Path, line: str, told: str) -> None:
    assert said(tmp_path, HEAD + line + "\n" + ANNEX) == [f"mine.toml:5 {told}"]


def test_an_overlay_that_changes_nothing_is_refused(tmp_path: Path) -> None:
    assert said(tmp_path, HEAD) == ["mine.toml:2 the overlay changes nothing []"]
    same = '\n[[indicators]]\nid = "outlet_compliance"\nweight = 15\n'
    assert said(tmp_path, HEAD + same) == ["mine.toml:2 the overlay changes nothing []"]
    path = tmp_path / "mine.toml"
    with pytest.raises(RubricError, match="changes nothing"):
        catalog.rubric("environment-credit@2014-03-01", overlay=path)


def test_a_file_in_gb18030_gets_one_clear_message(tmp_path: Path) -> None:
    (told,) = said(tmp_path, (HEAD + ANNEX).encode("gb18030"))
    assert told == "mine.toml:3 the file is not in UTF-8 [GB18030 (GBK)]"


# ---- bands --------------------------------------------------------------------------------------

BASE = catalog.rubric("environment-credit@2014-03-01")


def of_bands(*bands: BandRow) -> list[str]:
    row = BASE.indicator("outlet_compliance")
    return of_row(replace(row, bands=bands, place=None))


def of_row(row: Indicator) -> list[str]:
    rows = tuple(row if one.id == row.id else one for one in BASE.indicators)
    return [problem.what for _, problem in checks.check(replace(BASE, indicators=rows))]


def band(points: int, low: str | None = None, high: str | None = None) -> BandRow:
    return BandRow(
        points=points,
        at_least=None if low is None else Decimal(low),
        below=None if high is None else Decimal(high),
    )


HOLE = "the bands leave a hole, which earns less than the bands on both sides"
OVERLAP = "the band overlaps one above it"


@pytest.mark.parametrize(
    ("bands", "told"),
    [
        ((band(100, "0.9"), band(60, "0.5"), band(0)), None),  # a ladder
        ((band(100, "0.9", "1"), band(60, "0.5", "0.9"), band(0)), None),  # bounds that meet
        ((band(100, "0.9"), band(0, None, "0.5"), band(60)), None),  # the rest lies between
        ((band(0, "0.9"), band(0, None, "0.1"), band(100)), None),  # the middle is best
        ((band(100, "0.9"), band(60, "0.5", "0.8"), band(0)), HOLE),
        ((band(100, "0.9"), band(60, "0.5", "0.8"), band(60)), None),
        ((band(100, "0.9"), band(60, "0.5", "0.8"), band(59)), HOLE),
        ((band(100, "0.5", "0.8"), band(60, "0.9"), band(0)), HOLE),
        ((band(100, "0.5", "0.9"), band(60, "0.8"), band(0)), OVERLAP),
        ((band(100, "0.8"), band(60, "0.5", "0.9"), band(0)), OVERLAP),
        ((band(100, "0.8", "0.9"), band(60, "0.5", "1"), band(0)), None),  # holds all of it
        ((band(100, "0.9"), band(60, "0.5", "0.8")), "the bands leave a gap"),
    ],
)
def test_bands_meet_or_nest_and_none_falls_through(
    bands: tuple[BandRow, ...], told: str | None
) -> None:
    assert of_bands(*bands) == ([] if told is None else [told])


@pytest.mark.parametrize("bound", ["0", "0.5", "1"])
def test_a_bound_may_be_any_value_of_its_column(bound: str) -> None:
    assert not [what for what in of_bands(band(9, bound), band(0)) if "lies outside" in what]


@pytest.mark.parametrize("bound", ["-0.01", "1.01"])
def test_a_bound_no_value_can_reach_is_told(bound: str) -> None:
    assert [what for what in of_bands(band(9, bound), band(0)) if "lies outside" in what]


@pytest.mark.parametrize(
    ("ranges", "told"),
    [
        ({"first": (80, 100), "second": (50, 79), "third": (0, 49)}, []),
        ({"first": (79, 100), "second": (50, 79), "third": (0, 49)}, []),  # bounds in common
        ({"first": (78, 100), "second": (50, 79), "third": (0, 49)}, ["the ranges overlap"]),
        ({"first": (81, 100), "second": (50, 79), "third": (0, 49)}, ["the ranges leave a hole"]),
    ],
)
def test_ranges_of_an_assessors_figure_follow_one_another(
    ranges: dict[str, tuple[int, int]], told: list[str]
) -> None:
    row = BASE.indicator("siting")
    assert of_row(replace(row, ranges=ranges)) == told


# ---- numbers ------------------------------------------------------------------------------------

TAX = catalog.rubric("tax-credit@2022-01-01")


def told_of(rubric: Rubric) -> list[str]:
    return [problem.what for _, problem in checks.check(rubric)]


def test_numbers_of_events_repairs_and_grades_are_not_negative() -> None:
    first, *others = TAX.indicators
    assert first.event is not None
    free = replace(first, event=replace(first.event, deduct=0))
    assert told_of(replace(TAX, indicators=(free, *others))) == ["deduct must be above 0"]
    late, percent = TAX.repairs
    window = replace(percent.windows[0], restore_percent=101)
    wide = replace(percent, windows=(window, *percent.windows[1:]))
    assert told_of(replace(TAX, repairs=(late, wide))) == ["restore_percent must not be above 100"]
    window = replace(late.windows[0], days_at_most=-1)
    early = replace(late, windows=(window, *late.windows[1:]))
    assert told_of(replace(TAX, repairs=(early, percent))) == ["windows must not be below 0"]
    assert TAX.start is not None
    start = replace(TAX.start, rows=(replace(TAX.start.rows[0], points=-1), TAX.start.rows[1]))
    assert told_of(replace(TAX, start=start)) == ["rows must not be below 0"]


def test_an_edition_that_would_grade_a_subject_of_whom_nothing_is_known_is_refused() -> None:
    rubric = catalog.rubric("farmer-household@2009-01-01")
    rows = [replace(row, missing="exclude") for row in rubric.indicators]
    (told,) = checks.check(replace(rubric, indicators=tuple(rows)))
    assert "nothing known would reach the best grade" in str(told)
    rows[0] = replace(rows[0], missing="zero")
    assert checks.check(replace(rubric, indicators=tuple(rows))) == []


def test_a_code_of_events_stands_at_one_row() -> None:
    first, second, *others = TAX.indicators
    twin = replace(second, event=first.event)
    found = told_of(replace(TAX, indicators=(first, twin, *others)))
    assert found == ["an event code stands twice"] * 2


@pytest.mark.parametrize("entry", catalog.entries(), ids=lambda e: f"{e.name}@{e.start}")
def test_every_edition_shipped_passes_the_check_of_a_users_file(entry: catalog.Entry) -> None:
    assert catalog.check_file(entry.path).name == entry.name
