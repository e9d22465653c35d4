"""What decided a grade: every event with its cost and why, what was empty, and the next grade."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from datetime import date
from itertools import combinations
from pathlib import Path

import polars as pl
import pytest

from lishui_credit.commands.cli import main
from lishui_credit.language import set_language
from lishui_credit.rubrics import grade_files
from lishui_credit.rubrics.engine.evaluate import evaluate
from lishui_credit.rubrics.event_traces import filled
from lishui_credit.rubrics.grounds import Grounds, grounds
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.next_grade import next_grade

FIRM = "12331102398259791Y"


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    set_language("en")
    yield
    set_language(None)


def event(event_id: str, code: str, day: str, **rest: object) -> dict[str, object]:
    return {
        "uscc": FIRM,
        "event_id": event_id,
        "code": code,
        "occurred_on": day,
        "recorded_on": rest.pop("recorded_on", day),
        "corrected_on": None,
        "due_on": None,
        "tax_type": "增值税",
        "tax_amount": "20000",
        "paid_amount": None,
        "exempt": "否",
        **rest,
    }


Made = Callable[..., Grounds]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    def make(
        *events: dict[str, object], period: int = 2020, on: date | None = None, **facts: object
    ) -> Grounds:
        row = {"uscc": FIRM, "has_non_recurring_info": "是", **facts}
        pl.DataFrame([row]).write_csv(tmp_path / "firms.csv")
        pl.DataFrame(list(events), infer_schema_length=None).write_csv(tmp_path / "events.csv")
        grade_files.grade(
            catalog.for_period("tax-credit", period),
            tmp_path / "firms.csv",
            tmp_path / "g.csv",
            events=tmp_path / "events.csv",
            period=period,
        )
        return grounds(tmp_path / "g.csv", FIRM, on=on)

    return make


def told(found: Grounds) -> dict[str, tuple[str, int, int, int]]:
    assert found.events is not None
    return {e.event_id: (e.told, e.deducted, e.restored, e.cost) for e in found.events}


def test_every_event_is_told_with_what_it_cost_and_why(made: Made) -> None:
    found = made(
        event("part", "010101", "2020-05-01", corrected_on="2020-05-20"),
        event("open", "010101", "2020-06-01"),
        event("exempt", "010101", "2020-07-01", exempt="是"),
        event("before", "010101", "2019-07-01"),
        event("late", "010101", "2020-08-01", recorded_on="2021-07-01"),
        event("first", "010501", "2020-08-01"),
        event("again", "010501", "2020-09-01"),
        event("whole", "010101", "2020-10-01", corrected_on="2020-10-05", tax_amount="500"),
    )
    assert told(found) == {
        "part": ("counts", 500, 400, 100),
        "open": ("counts", 500, 0, 500),
        "exempt": ("exempt", 0, 0, 0),
        "before": ("other year", 0, 0, 0),
        "late": ("not known", 0, 0, 0),
        "first": ("counts", 300, 0, 300),
        "again": ("same unit", 0, 0, 0),
        "whole": ("repaired", 500, 500, 0),
    }
    assert found.events is not None
    assert 10_000 - sum(row.cost for row in found.events) == 9100  # as graded


def test_the_costs_of_events_add_up_to_the_score(made: Made) -> None:
    found = made(
        event("a", "010101", "2020-05-01"),
        event("b", "010101", "2020-05-01", tax_type="消费税"),
        event("c", "010103", "2020-05-01", corrected_on="2020-12-01"),
    )
    assert found.events is not None
    assert found.explanation.score == "88.2"
    assert sum(row.cost for row in found.events) == 1180


def test_payments_of_one_occurrence_are_told_as_one(made: Made) -> None:
    half = {"due_on": "2025-08-01", "tax_amount": "1000", "paid_amount": "500"}
    found = made(
        event("x", "020101", "2025-08-01", **half, corrected_on="2025-08-03"),
        event("x", "020101", "2025-08-01", **half, corrected_on="2025-08-20"),
        period=2025,
        payment_info_complete="是",
    )
    assert found.events is not None
    first, second = found.events
    assert (first.told, second.told) == ("counts", "same occurrence")
    assert first.restored * 10 == first.deducted * 9  # half at 100 %, half at 80 %
    assert second.cost == 0


def test_a_correction_after_the_day_of_grading_is_not_yet_known(made: Made) -> None:
    found = made(event("a", "010101", "2020-05-01", corrected_on="2021-06-01"))
    assert found.events is not None
    assert found.events[0].corrected_on is None
    assert told(found)["a"] == ("counts", 500, 0, 500)


def test_the_fewest_corrections_to_the_next_grade_are_told_with_their_last_days(made: Made) -> None:
    found = made(
        event("small", "010103", "2020-05-01"),  # 3 points, 0.6 come back in the next year
        event("a", "010101", "2020-05-01"),  # 5 points, 1 comes back
        event("b", "010101", "2020-06-01"),
    )
    assert found.next is not None
    assert (found.next.grade.id, found.next.lacking) == ("A", 300)
    assert found.next.corrections == ()  # 2.6 points would come back
    assert "no repair opens it" in str(found)
    found = made(event("small", "010103", "2020-05-01"), event("a", "010101", "2020-05-01"),
                 event("old", "010101", "2020-03-01", corrected_on="2020-06-01"))  # fmt: skip
    assert found.next is not None
    assert (found.next.lacking, found.next.reaches, found.next.gives) == (100, "A", 100)
    assert [(row.event_id, row.by) for row in found.next.corrections] == [("a", date(2021, 12, 31))]
    assert "by 31 December 2021" in str(found)


def test_a_window_that_has_closed_opens_nothing(made: Made) -> None:
    events = (event("a", "010101", "2020-05-01"), event("b", "010101", "2020-06-01"),
              event("c", "010103", "2020-06-01", corrected_on="2020-06-20"))  # fmt: skip
    found = made(*events)
    assert found.next is not None
    assert found.next.reaches == "A"
    found = made(*events, on=date(2022, 1, 1))
    assert found.next is not None
    assert found.next.corrections == ()


def test_events_of_one_unit_are_corrected_together(made: Made) -> None:
    found = made(
        event("a", "010501", "2020-08-01"),  # 3 points once, 0.6 come back
        event("b", "010501", "2020-09-01"),
        event("c", "010101", "2020-05-01", corrected_on="2020-06-20"),
        event("d", "010101", "2020-09-01", corrected_on="2020-12-20"),
        event("e", "010103", "2020-10-01", corrected_on="2020-10-20"),
        event("f", "010103", "2020-10-02", corrected_on="2020-10-20"),
    )
    assert found.next is not None
    assert (found.next.lacking, found.next.gives, found.next.reaches) == (20, 60, "A")
    assert [row.event_id for row in found.next.corrections] == ["a", "b"]


def test_a_correction_that_the_way_can_do_without_is_left_out(made: Made) -> None:
    found = made(
        event("x", "010103", "2020-08-01"),  # two rows of one occurrence: 0.6 come back for each
        event("x", "010103", "2020-08-01"),
        event("c", "010101", "2020-05-01", corrected_on="2020-06-20"),
        event("d", "010101", "2020-09-01", corrected_on="2020-12-20"),
        event("e", "010103", "2020-10-01", corrected_on="2020-10-20"),
        event("f", "010103", "2020-10-02", corrected_on="2020-10-20"),
    )
    assert found.next is not None
    assert (found.next.lacking, found.next.gives, found.next.reaches) == (20, 60, "A")
    assert [row.event_id for row in found.next.corrections] == ["x"]


def test_in_small_records_no_smaller_set_of_corrections_leads_up() -> None:
    rubric = catalog.rubric("tax-credit@2020-11-01")
    codes = ["010101", "010103", "010501", "050107"]
    firm = pl.DataFrame({"uscc": [FIRM], "has_non_recurring_info": [True]})
    draw, day, ways = random.Random(7), date(2018, 12, 1), 0
    for _ in range(25):
        rows = [
            {
                "uscc": FIRM,
                "event_id": draw.choice([str(number), "x"]),
                "code": draw.choice(codes),
                "occurred_on": (on := date(2018, draw.choice([5, 8, 11]), draw.randint(1, 28))),
                "recorded_on": on,
                "due_on": on,
                "corrected_on": draw.choice([None, None, day]),
                "tax_type": draw.choice(["增值税", "消费税"]),
                "tax_amount": draw.choice([50_000, 9_000_000]),
            }
            for number in range(draw.randint(2, 5))
        ]
        events = filled(pl.DataFrame(rows, schema_overrides={"corrected_on": pl.Date}), rubric)
        row = evaluate(firm, rubric, events=events, period=2018, as_of=day).collect()
        found = next_grade(row, rubric, as_of=day, period=2018, events=events)
        if found is None:
            continue
        ranks = {grade.id: place for place, grade in enumerate(rubric.grades)}

        def better(places: tuple[int, ...], rows=rows, row=row, ranks=ranks) -> bool:
            done = [
                {**entry, "corrected_on": day} if place in places else entry
                for place, entry in enumerate(rows)
            ]
            frame = pl.DataFrame(done, schema_overrides={"corrected_on": pl.Date})
            again = evaluate(
                firm, rubric, events=filled(frame, rubric), period=2018, as_of=day
            ).collect()
            return ranks[again["grade"][0]] < ranks[row["grade"][0]]

        open_ones = [n for n, entry in enumerate(rows) if entry["corrected_on"] is None]
        sizes = range(1, len(open_ones) + 1)
        least = next((k for k in sizes if any(map(better, combinations(open_ones, k)))), 0)
        assert len(found.corrections) == least
        ways += least > 0
    assert ways > 3


def test_a_direct_grade_is_told_and_no_repair_is_invented(made: Made) -> None:
    found = made(event("x", "0301-FALSE-SPECIAL", "2020-05-01"))
    assert told(found)["x"][0] == "decides"
    assert found.next is not None
    assert (found.next.grade.id, found.next.lacking, found.next.reaches) == ("C", 0, "")
    assert "what decides is" in str(found)
    assert "no repair opens it" in str(found)


def test_a_direct_grade_that_a_correction_repairs_is_a_way(made: Made) -> None:
    found = made(event("x", "050107", "2020-12-20", due_on="2021-04-20"))
    assert found.explanation.grade == "D"
    assert found.next is not None
    assert found.next.reaches == "B"
    assert [(c.event_id, c.by) for c in found.next.corrections] == [("x", date(2021, 6, 19))]


def test_the_best_grade_has_no_next_one(made: Made) -> None:
    found = made(event("a", "010101", "2020-05-01", exempt="是"))
    assert found.explanation.grade == "A"
    assert found.next is None


def test_without_its_events_the_page_says_so_in_one_line(made: Made, tmp_path: Path) -> None:
    assert made(event("a", "010101", "2020-05-01"), event("b", "010101", "2020-06-01"),
                event("c", "010101", "2020-07-01")).events  # fmt: skip
    file = tmp_path / "events.csv"
    file.write_text(file.read_text("utf-8") + "\n", encoding="utf-8")
    found = grounds(tmp_path / "g.csv", FIRM)
    assert found.events is None
    assert found.events_note == ("Events are not listed: events.csv has changed since the grading.")
    assert "repairs cannot be told without the events" in str(found)
    file.unlink()
    assert "is not where it was graded from" in grounds(tmp_path / "g.csv", FIRM).events_note


def test_a_rejected_event_is_not_passed_over_in_silence(made: Made, tmp_path: Path) -> None:
    made(event("a", "010101", "2020-05-01"))
    rows = [event("a", "010101", "2020-05-01"), event("b", "no such code", "2020-05-01")]
    pl.DataFrame(rows, infer_schema_length=None).write_csv(tmp_path / "events.csv")
    grade_files.grade(
        catalog.for_period("tax-credit", 2020),
        tmp_path / "firms.csv",
        tmp_path / "g.csv",
        events=tmp_path / "events.csv",
        period=2020,
        skip_rejected=True,
    )
    found = grounds(tmp_path / "g.csv", FIRM)
    assert told(found) == {"a": ("counts", 500, 0, 500)}
    assert found.next is None  # nobody is graded on part of a record
    assert "Events that were rejected are not listed" in str(found)


def test_empty_cells_taken_for_no_and_the_hand_of_an_overlay_are_told(tmp_path: Path) -> None:
    overlay = tmp_path / "annex.toml"
    overlay.write_text(
        'format = 1\noverlay_of = "tax-credit@2020-11-01"\noverlay_title = "附件"\n'
        'signed_off = { by = "王芳", on = 2021-01-05 }\n'
        '[[indicators]]\nid = "r010103"\nevidence = "official"\n',
        encoding="utf-8",
    )
    rubric = catalog.rubric("tax-credit@2020-11-01", overlay=overlay)
    row = {"uscc": FIRM, "has_non_recurring_info": "是", "prior_grade_direct": None}
    pl.DataFrame([row], schema_overrides={"prior_grade_direct": pl.String}).write_csv(
        tmp_path / "f.csv"
    )
    grade_files.grade(rubric, tmp_path / "f.csv", tmp_path / "g.csv", period=2020, overlay=overlay)
    found = grounds(tmp_path / "g.csv", FIRM)
    assert found.overlay == "附件: signed off by 王芳 on 5 January 2021"
    assert found.events_note == "The file was graded without a file of events."
    assert "prior_grade_direct" in found.empty
    set_language("zh")
    assert "由 王芳 于2021年1月5日签署" in str(grounds(tmp_path / "g.csv", FIRM))
    assert "prior_grade_direct" not in str(found)


def test_the_command_prints_the_page_and_the_data(
    made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made(event("a", "010101", "2020-05-01"), event("b", "010101", "2020-06-01"),
         event("c", "010101", "2020-07-01"))  # fmt: skip
    assert main(["explain", str(tmp_path / "g.csv"), FIRM, "--lang", "zh"]) == 0
    page = capsys.readouterr().out
    assert "计入的事件" in page
    assert "没有可达到该等级的修复" in page
    assert main(["explain", str(tmp_path / "g.csv"), FIRM, "--json", "--on", "2021-12-31"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert [row["cost"] for row in data["events"]] == ["5", "5", "5"]
    assert data["next_grade"]["points_lacking"] == "5"
    assert data["next_grade"]["on"] == "2021-12-31"
