"""`grade` with an earlier result gives what it gives without one, and grades again only what may differ."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any
from unittest import mock

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from lishui_credit.commands.cli import main
from lishui_credit.errors import CreditError, ModelError, SubjectError
from lishui_credit.rubrics import earlier_grades, event_prints
from lishui_credit.rubrics.earlier_grades import Regraded
from lishui_credit.rubrics.engine import tally
from lishui_credit.rubrics.event_prints import Vouched, fingerprints_path
from lishui_credit.rubrics.grade_files import grade, verify
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.renewed_rows import LaidOver, Sides
from lishui_credit.samples import households, tax
from lishui_credit.tables import parquet_slices
from lishui_credit.tables.conform import Settled
from lishui_credit.tables.rejected import rejected_path

FIRMS = 40
FEW = 16  # with 28 events: more only cost more where each slice is of one
KEY = "uscc"


@dataclass(frozen=True)
class Case:
    """The inputs of one run."""

    subjects: pl.DataFrame
    events: pl.DataFrame | None = None
    bases: pl.DataFrame | None = None
    rubric: str = "tax-credit"
    on: str = "2019-04-30"
    period: int | None = 2018
    as_of: date | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def run(
        self, folder: Path, name: str, inputs: str = "now", **more: Any
    ) -> tuple[Path, Regraded | None]:
        """Grade inputs of a name into a file of a name; return it and what was graded again."""
        told: list[Regraded] = []
        files = {}
        for role, table in (("events", self.events), ("bases", self.bases)):
            if table is not None:
                files[role] = folder / f"{inputs}-{role}.parquet"
                table.write_parquet(files[role])
        register = folder / f"{inputs}-subjects.parquet"
        self.subjects.write_parquet(register)
        output = folder / f"{name}.parquet"
        grade(
            catalog.rubric(self.rubric, on=self.on),
            register,
            output,
            period=self.period,
            as_of=self.as_of,
            regraded=told.append,
            **files,
            **self.options,
            **more,
        )
        return output, told[0] if told else None


def manifest(path: Path) -> dict[str, Any]:
    """What a manifest says, but for its own hash and the names of the inputs."""
    said = json.loads(path.with_name(f"{path.name}.manifest.json").read_text(encoding="utf-8"))
    said["inputs"] = {role: {**one, "path": ""} for role, one in said["inputs"].items()}
    del said["output_sha256"]
    return dict(said)


def both(old: Case, new: Case, folder: Path) -> Regraded:
    """Grade `new` in full and since `old`; the results must be one; return what was graded again."""
    earlier, _ = old.run(folder, "old", "then", fingerprints=True)
    return since(earlier, in_full(new, folder), new, folder)


def in_full(new: Case, folder: Path) -> Path:
    """Grade in full, from files that are read whole whatever the size of a slice."""
    with mock.patch.object(parquet_slices, "ROWS", 500_000):
        return new.run(folder, "whole")[0]


def since(earlier: Path, whole: Path, new: Case, folder: Path) -> Regraded:
    """Grade `new` since an earlier run: the result must be that of the run in full."""
    output, told = new.run(folder, "new", since=earlier)
    assert told is not None
    assert_frame_equal(pl.read_parquet(output), pl.read_parquet(whole))
    assert pl.read_parquet_schema(output) == pl.read_parquet_schema(whole)
    assert manifest(output) == manifest(whole)
    assert told.kept + sum(told.again.values()) == pl.read_parquet(output).height
    return told


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def firms(seed: int = 3, rows: int = FIRMS) -> Case:
    register = tax.enterprises(rows, seed=seed, year=2018)
    return Case(subjects=register, events=tax.tax_events(register, seed=seed, year=2018))


def homes(rows: int = FIRMS) -> Case:
    return Case(
        subjects=households.households(rows, seed=3),
        bases=households.county_bases(2015),
        rubric="farmer-household",
        on="2016-06-30",
        period=None,
        as_of=date(2016, 6, 30),
    )


# ---- any change -------------------------------------------------------------------------------


def _edited(draw: st.DrawFn, frame: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """A frame in which some cells are those of other rows, or empty."""
    for name in draw(st.lists(st.sampled_from(names), max_size=3)):
        cells = frame[name].to_list()
        place = draw(st.integers(0, len(cells) - 1))
        other = draw(st.integers(-1, len(cells) - 1))
        cells[place] = None if other < 0 else cells[other]
        frame = frame.with_columns(pl.Series(name, cells, dtype=frame.schema[name]))
    return frame


def _fewer(draw: st.DrawFn, frame: pl.DataFrame) -> pl.DataFrame:
    lost = draw(st.sets(st.integers(0, frame.height - 1), max_size=3))
    return frame[[place for place in range(frame.height) if place not in lost]]


DAYS = [date(2019, 4, 30), date(2019, 5, 31), date(2020, 1, 1), date(2021, 3, 1)]


@st.composite
def months(draw: st.DrawFn, *, alike: bool = False) -> tuple[Case, Case]:
    """Two runs of tax credit: cells, events, repairs, ids, order, day, period and edition may change.

    Where they are `alike`, only cells do.
    """
    old = firms(seed=draw(st.integers(0, 3)), rows=FEW)
    assert old.events is not None
    free = [
        "recorded_on",
        "corrected_on",
        "tax_amount",
        "paid_amount",
        "exempt",
        "tax_type",
        "code",
    ]
    names = [name for name in (*free, "occurred_on", "event_id") if name in old.events.columns]
    events = old.events
    for name, kind in (("recorded_on", pl.Date), ("corrected_on", pl.Date)):
        if name not in events.columns:
            events = events.with_columns(pl.lit(None, dtype=kind).alias(name))
            names = [*names, name]
    late = st.sampled_from([*DAYS, None])
    days = [draw(late) for _ in range(5)]
    events = events.with_columns(
        pl.Series("recorded_on", [*days, *events["recorded_on"][5:]], dtype=pl.Date)
    )
    new_events = _fewer(draw, _edited(draw, events, names))
    others = [name for name in old.subjects.columns if name != KEY]
    common: dict[str, Any] = {"options": {"skip_rejected": True}}
    first = Case(old.subjects, events, as_of=draw(st.sampled_from(DAYS)), **common)
    register = _edited(draw, old.subjects, others)
    if alike:
        return first, replace(first, subjects=register, events=new_events)
    if draw(st.booleans()):
        new_events = new_events.sample(fraction=1, shuffle=True, seed=1)
    register = _fewer(draw, register)
    if draw(st.booleans()):
        register = register.sample(fraction=1, shuffle=True, seed=2)
    second = Case(
        register,
        draw(st.sampled_from([new_events, new_events, events, None])),
        as_of=draw(st.sampled_from(DAYS)),
        period=draw(st.sampled_from([2018, 2018, 2017])),
        on=draw(st.sampled_from(["2019-04-30", "2019-04-30", "2021-04-30"])),
        **common,
    )
    return first, second


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.one_of(months(), months(alike=True)), st.sampled_from([1, 7, 500_000]))
def test_a_run_since_an_earlier_one_gives_what_a_full_run_gives(
    pair: tuple[Case, Case], rows: int
) -> None:
    old, new = pair
    with mock.patch.object(parquet_slices, "ROWS", rows), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            whole = in_full(new, folder)
            earlier, _ = old.run(folder, "old", "then", fingerprints=True)
        except SubjectError:  # what cannot be graded at all is no case
            return
        since(earlier, whole, new, folder)


def test_households_since_an_earlier_day(folder: Path) -> None:
    """Bases, cells and the day of grading may change; all three are told apart."""
    old = homes(rows=80)
    assert old.bases is not None
    area = old.subjects["county"][0]
    bases = old.bases.with_columns(
        pl.when(pl.col("county") == area)
        .then(pl.col("base_net_income") + 100)
        .otherwise("base_net_income")
        .alias("base_net_income")
    )
    theirs = old.subjects.filter(pl.col("county") == area).height
    told = both(old, replace(old, bases=bases), folder)
    assert told.again == {"facts": theirs}
    assert 0 < theirs < 80
    # Of those with an open default, or one settled lately, the record turns with the year.
    told = both(old, replace(old, as_of=date(2017, 1, 1)), folder)
    open_or_late = old.subjects.filter(pl.col("defaulted_on").is_not_null()).height
    assert 0 < told.again["day"] <= open_or_late
    assert both(old, old, folder).again == {}


# ---- each reason ------------------------------------------------------------------------------


def _event(case: Case, place: int, **cells: Any) -> Case:
    """A case in which one event has other cells."""
    assert case.events is not None
    made = case.events
    for name, cell in cells.items():
        told = made[name].to_list() if name in made.columns else [None] * made.height
        told[place] = cell
        kind = made.schema.get(name, pl.Date)
        made = made.with_columns(pl.Series(name, told, dtype=kind))
    return replace(case, events=made)


def test_only_what_changed_is_graded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = firms()
    assert old.events is not None
    named = old.events[KEY][0]
    again: list[list[str]] = []
    graded = earlier_grades.evaluated

    def counting(taken: Any, *rest: Any, **more: Any) -> Any:
        again.append(taken.subjects.collect()[KEY].to_list())
        return graded(taken, *rest, **more)

    new = _event(old, 0, corrected_on=date(2019, 3, 1))
    monkeypatch.setattr(earlier_grades, "evaluated", counting)
    told = both(old, new, folder)
    assert told.again == {"events": 1}
    assert [len(ids) for ids in again] == [FIRMS, FIRMS, 1]
    assert again[-1] == [named]


@pytest.mark.parametrize("cell", ["recorded_on", "corrected_on"])
def test_what_is_known_later_counts_from_that_day(folder: Path, cell: str) -> None:
    """A repair or a record between the two days moves its subject, one after both moves nobody."""
    old = replace(_event(firms(), 0, **{cell: date(2019, 5, 10)}), as_of=date(2019, 4, 30))
    assert both(old, replace(old, as_of=date(2019, 5, 9)), folder).again == {}
    assert both(old, replace(old, as_of=date(2019, 5, 10)), folder).again == {"events": 1}


def _checked(monkeypatch: pytest.MonkeyPatch) -> list[pl.DataFrame | None]:
    """The events that each run since an earlier one has checked; None where all."""
    told: list[pl.DataFrame | None] = []
    settled = Vouched.settled

    def telling(self: Vouched, *asked: Any) -> Settled | None:
        found = settled(self, *asked)
        told.append(None if found is None else found.doubtful)
        return found

    monkeypatch.setattr(Vouched, "settled", telling)
    return told


@pytest.mark.parametrize("rows", [2, 5, 500_000])
def test_only_events_of_whoever_changed_are_checked(
    folder: Path, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    """Whatever the slices that the events are read in."""
    monkeypatch.setattr(parquet_slices, "ROWS", rows)
    checked = _checked(monkeypatch)
    old = firms(rows=FEW)
    assert old.events is not None
    ids = old.events[KEY].unique().sort()
    first, last, other = ids[0], ids[-1], ids[7]
    events = old.events.filter(pl.col(KEY) != last).with_columns(
        exempt=pl.when(pl.col(KEY) == first).then(True).otherwise("exempt")
    )
    flag = pl.when(pl.col(KEY) == other).then(~pl.col("books_not_in_order"))
    register = old.subjects.with_columns(flag.otherwise("books_not_in_order"))
    told = both(old, replace(old, events=events, subjects=register), folder)
    assert told.again == {"facts": 1, "events": 2}
    (some,) = checked
    assert some is not None
    assert set(some[KEY]) == {first, other}
    assert some.height == events.filter(pl.col(KEY).is_in([first, other])).height
    # A cell that nothing counts on that day is checked, and moves nobody.
    later = _event(old, 3, recorded_on=date(2021, 1, 1))
    assert both(later, _event(later, 3, recorded_on=date(2021, 1, 2)), folder).again == {}
    assert checked[-1] is not None
    assert set(checked[-1][KEY]) == {old.events[KEY][3]}
    # Its own fingerprints serve the next run.
    both(old, old, folder)
    assert checked[-1] is not None
    assert checked[-1].is_empty()
    again, _ = old.run(folder, "again", since=folder / "new.parquet")
    assert_frame_equal(pl.read_parquet(again), pl.read_parquet(folder / "whole.parquet"))
    assert checked[-1].is_empty()


def test_on_another_day_events_are_asked_what_the_day_decides(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event that is recorded, repaired or has not happened yet: nobody is checked for another cell."""
    checked = _checked(monkeypatch)
    last = date(2018, 12, 30)
    late = {"occurred_on": last, "due_on": last, "corrected_on": None}
    old = replace(_event(firms(), 2, **late), as_of=date(2019, 4, 30))
    old = replace(_event(old, 0, recorded_on=date(2019, 5, 10)), options={"skip_rejected": True})
    assert old.events is not None
    told = both(old, replace(old, as_of=date(2019, 5, 10)), folder)
    assert told.again == {"events": 1}
    some = checked.pop()
    assert some is not None
    assert set(some[KEY]) == {old.events[KEY][0]}
    assert both(old, replace(old, period=2017), folder).again["events"] > 1
    assert checked.pop() is not None
    early = replace(old, period=None, as_of=date(2018, 12, 29))  # before the last event
    both(replace(early, as_of=date(2019, 1, 1)), early, folder)
    assert checked.pop() is not None
    assert rejected_path(folder / "new.parquet", "events").exists()


def test_all_events_are_checked_where_nobody_can_vouch_for_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = _checked(monkeypatch)
    old = replace(firms(), options={"skip_rejected": True})
    assert old.events is not None
    blank = replace(old, events=old.events.with_columns(pl.col("code") + " "))
    unnamed = replace(old, events=old.events.with_columns(event_id=None))
    remark = replace(old, events=old.events.select(pl.lit("合计").alias("remark"), pl.all()))
    broken = _event(old, 0, occurred_on=None)
    cases = [
        (old, replace(old, events=old.events.reverse())),
        (old, replace(old, events=old.events.with_columns(note=pl.lit("")))),
        (old, replace(old, subjects=old.subjects[1:])),
        (old, replace(old, subjects=old.subjects[::-1])),
        (blank, blank),
        (unnamed, unnamed),
        (remark, remark),
        (broken, broken),
        (broken, old),
    ]
    for then, now in cases:
        both(then, now, folder)
        assert checked.pop() is None
    both(old, blank, folder)  # checked as in doubt, and found to need reading
    with monkeypatch.context() as few:
        checked.clear()
        few.setattr(event_prints, "_MOST", 0)
        both(old, _event(old, 0, exempt=True), folder)
        assert checked.pop() is None


@pytest.mark.parametrize(
    "cells",
    [
        {"code": "999999"},
        {"code": " 010101"},
        {"code": None},
        {"event_id": None},
        {"event_id": "合计"},
        {"occurred_on": date(1870, 1, 1)},
        {"occurred_on": date(2030, 1, 1)},
        {"tax_amount": -5},
        {KEY: "91331199000000003X"},
        {KEY: None},
    ],
    ids=str,
)
def test_an_event_that_became_unsound_is_found(folder: Path, cells: dict[str, Any]) -> None:
    """It is rejected, or read, or stops the run, as in a full run: with the same words."""
    old = replace(firms(), options={"skip_rejected": True})
    new = _event(old, 4, **cells)
    earlier, _ = old.run(folder, "old", "then", fingerprints=True)
    words = ""
    try:
        whole = in_full(new, folder)
    except SubjectError as error:
        words = str(error)
    if words:
        assert _refused(new, folder, earlier, SubjectError) == words
        return
    since(earlier, whole, new, folder)
    told = [rejected_path(folder / name, "events") for name in ("new.parquet", "whole.parquet")]
    assert [path.exists() for path in told] in ([True, True], [False, False])
    if told[0].exists():
        assert told[0].read_bytes() == told[1].read_bytes()


def test_events_that_stand_twice_and_subjects_that_went_with_their_events_left(
    folder: Path,
) -> None:
    old = replace(firms(), options={"skip_rejected": True})
    assert old.events is not None
    once = pl.concat([old.events[:1], old.events])
    twice = pl.concat([old.events[:1], once])
    both(old, replace(old, events=once), folder)
    both(replace(old, events=once), replace(old, events=twice), folder)
    both(replace(old, events=twice), old, folder)
    named = old.events[KEY][0]
    gone = replace(old, subjects=old.subjects.filter(pl.col(KEY) != named))
    told = both(old, gone, folder)
    assert told.gone == 1
    assert rejected_path(folder / "new.parquet", "events").exists()
    assert both(gone, old, folder).again["new"] == 1


def test_events_that_do_not_count_move_nobody(folder: Path) -> None:
    old = firms()
    assert old.events is not None
    exempt = _event(old, 0, exempt=True)
    added = pl.concat([exempt.events, old.events[:1].with_columns(exempt=True)])
    assert both(exempt, replace(exempt, events=added), folder).again == {}


def test_events_without_ids_may_move_down_the_file(folder: Path) -> None:
    old = firms()
    assert old.events is not None
    bare = old.events.drop("event_id")
    first = bare[:1].with_columns(pl.col("occurred_on").dt.offset_by("1d"))
    told = both(replace(old, events=bare), replace(old, events=pl.concat([first, bare])), folder)
    assert told.again == {"events": 1}


def test_subjects_that_came_and_went(folder: Path) -> None:
    old = firms()
    told = both(
        replace(old, subjects=old.subjects[2:], events=None), replace(old, events=None), folder
    )
    assert told == Regraded(kept=FIRMS - 2, again={"new": 2})
    told = both(
        replace(old, events=None), replace(old, subjects=old.subjects[2:], events=None), folder
    )
    assert told == Regraded(kept=FIRMS - 2, gone=2)


def test_a_rejected_event_then_or_now(folder: Path) -> None:
    sound = replace(firms(), options={"skip_rejected": True})
    broken = _event(sound, 0, occurred_on=None)
    assert set(both(sound, broken, folder).again) <= {"events", "rejected"}
    told = both(broken, sound, folder)
    assert sum(told.again.values()) == 1
    assert both(broken, broken, folder).again == {"rejected": 1}
    new, _ = broken.run(folder, "beside", since=folder / "old.parquet")
    whole, _ = broken.run(folder, "entire")
    assert rejected_path(new, "events").read_bytes() == rejected_path(whole, "events").read_bytes()


@pytest.mark.parametrize(
    ("new", "why"),
    [
        (replace(firms(), on="2021-04-30"), "edition"),
        (replace(firms(), options={"strict": True}), "--strict"),
        (replace(firms(), subjects=firms().subjects.drop("county")), "columns"),
    ],
    ids=["edition", "strict", "columns"],
)
def test_what_concerns_everybody_grades_everybody(folder: Path, new: Case, why: str) -> None:
    told = both(firms(), new, folder)
    assert why in told.whole
    assert told.again == {"whole": FIRMS}
    assert told.kept == 0


def test_where_most_changed_nothing_is_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(earlier_grades, "_MANY", 3)
    old = firms()
    turned = old.subjects.with_columns(county=pl.col("county").reverse())
    told = both(old, replace(old, subjects=turned), folder)
    assert told.kept == 0
    assert "fifth" in told.whole


def test_a_result_since_another_is_verified_and_taken_from_again(folder: Path) -> None:
    old = firms()
    earlier, _ = old.run(folder, "old", "then", fingerprints=True)
    second, _ = _event(old, 0, exempt=True).run(folder, "second", since=earlier)
    assert verify(second).holds
    _, told = _event(old, 0, exempt=True).run(folder, "third", since=second)
    assert told == Regraded(kept=FIRMS)


def test_any_one_cell_of_an_event_has_another_fingerprint() -> None:
    events = firms().events
    assert events is not None
    rubric = catalog.rubric("tax-credit", on="2025-12-01")
    from lishui_credit.rubrics.engine.evaluate import with_event_columns

    wide = with_event_columns(events.lazy(), rubric, pl, events.columns).collect()
    one = wide.filter(pl.col("code") == wide["code"][0])[:1]

    def made(frame: pl.DataFrame) -> int:
        found = tally.fingerprints(
            frame.lazy(), rubric, as_of=date(2019, 4, 30), period=None, named=True, in_order=True
        )
        return int(found.collect()["fingerprint"].item())

    base = one.with_columns(
        recorded_on=date(2019, 1, 1), corrected_on=date(2019, 1, 2), exempt=False
    )
    cells: dict[str, Any] = {name: 7 for name, kind in wide.schema.items() if kind == pl.Int64}
    cells |= {"tax_type": "other", "event_id": "other", "occurred_on": date(2018, 3, 1)}
    cells |= {"due_on": date(2018, 4, 1), "corrected_on": date(2019, 1, 3)}
    read = {name for name in wide.columns if name in tally.event_rules.needed_columns(rubric)}
    moved = {name: cell for name, cell in cells.items() if name in read}
    found = {made(base.with_columns(pl.lit(cell).alias(name))) for name, cell in moved.items()}
    assert len(found | {made(base)}) == len(moved) + 1
    assert made(base.with_columns(recorded_on=date(2019, 4, 30))) == made(base)


# ---- refusals ---------------------------------------------------------------------------------


def _refused(case: Case, folder: Path, since: Path, error: type[CreditError] = ModelError) -> str:
    with pytest.raises(error) as found:
        case.run(folder, "refused", since=since)
    assert not (folder / "refused.parquet").exists()
    return str(found.value)


def test_what_grades_cannot_be_taken_from_is_refused(folder: Path) -> None:
    case = firms()
    plain, _ = case.run(folder, "plain")
    assert "--fingerprints" in _refused(case, folder, plain)
    told, _ = case.run(folder, "told", fingerprints=True)
    # Fingerprints of another run are none of this one.
    other, _ = replace(case, as_of=date(2019, 6, 1)).run(folder, "other", fingerprints=True)
    fingerprints_path(other).replace(fingerprints_path(told))
    assert "--fingerprints" in _refused(case, folder, told)
    fingerprints_path(told).write_bytes(b"no table")
    assert "--fingerprints" in _refused(case, folder, told)
    assert ".parquet" in _refused(case, folder, _csv(case, folder))
    changed, _ = case.run(folder, "changed", fingerprints=True)
    pl.read_parquet(changed).with_columns(grade=pl.lit("A")).write_parquet(changed)
    assert "manifest" in _refused(case, folder, changed)
    assert "no such file" in _refused(case, folder, folder / "nothing.parquet")
    with pytest.raises(SubjectError, match="overwrite"):
        case.run(folder, "plain", since=plain)


def _csv(case: Case, folder: Path) -> Path:
    register = folder / "now-subjects.parquet"
    output = folder / "earlier.csv"
    grade(catalog.rubric(case.rubric, on=case.on), register, output, period=case.period)
    return output


def test_fingerprints_lie_there_only_where_they_are_of_this_run(folder: Path) -> None:
    case = firms()
    output, _ = case.run(folder, "one", fingerprints=True)
    assert fingerprints_path(output).exists()
    case.run(folder, "one")
    assert not fingerprints_path(output).exists()


def test_the_command_says_how_many_were_kept_and_why_others_were_not(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = firms()
    earlier, _ = old.run(folder, "old", "then", fingerprints=True)
    _event(old, 0, exempt=True).run(folder, "new")
    files = [str(folder / "now-subjects.parquet"), "--events", str(folder / "now-events.parquet")]
    asked = ["grade", "tax-credit@2018-04-01", *files, "--period", "2018", "--lang", "en"]
    asked += ["--as-of", "2019-04-30", "--since", str(earlier), "-o", str(folder / "told.parquet")]
    assert main(asked) == 0
    said = capsys.readouterr().out
    assert f"{FIRMS - 1} kept, 1 graded again, 0 no longer there" in said
    assert "its events, repairs and corrections: 1" in said
    assert main([*asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["regraded"]
    assert told == {"kept": FIRMS - 1, "again": {"events": 1}, "gone": 0, "whole": ""}


@pytest.mark.parametrize("group", [1, 3, 100])
def test_rows_of_now_stand_in_their_places_whatever_the_row_groups(
    folder: Path, group: int
) -> None:
    """Subjects that came first, between and last; that went; of whom one cell changed."""
    then = pl.DataFrame({"id": [f"{n:02}" for n in range(2, 40, 2)], "a": 1, "b": "x"})
    now = then.filter(~pl.col("id").is_in(["02", "20", "22", "38"])).with_columns(
        a=pl.when(pl.col("id").is_in(["04", "24", "36"])).then(None).otherwise("a")
    )
    new = pl.DataFrame({"id": ["00", "01", "03", "19", "21", "23", "98", "99"], "a": 2, "b": "y"})
    now = pl.concat([now, new]).sort("id")
    path = folder / "then.parquet"
    then.write_parquet(path, row_group_size=group)
    sides = Sides.of(now.select("id").lazy(), path, "id")
    assert sides.aligned
    assert sides.gone["id"].to_list() == ["02", "20", "22", "38"]
    stayed = sides.together([], "id").collect()
    changed = stayed.filter(pl.col("id").is_in(["04", "24", "36"])).select("_row", "id")
    again = pl.concat([sides.came.select("_row", "id"), changed]).join(
        now, on="id", maintain_order="left"
    )
    LaidOver.of(path, sides, again, "id").write(folder / "now.parquet", {}, level=1)
    assert_frame_equal(pl.read_parquet(folder / "now.parquet"), now)
