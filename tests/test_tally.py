"""Events added up per subject: units, payments of one occurrence, what is known on the day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import narwhals as nw
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from lishui_credit.rubrics.engine import events as rules
from lishui_credit.rubrics.engine import tally as adding
from lishui_credit.rubrics.engine.tally import tally, tally_elsewhere
from lishui_credit.rubrics.law import catalog

OF_2020 = catalog.rubric("tax-credit@2020-01-01")
OF_2025 = catalog.rubric("tax-credit@2025-07-01")
AS_OF = date(2026, 4, 30)
DAY = date(2025, 3, 17)
SCHEMA = {
    "uscc": pl.String,
    "code": pl.String,
    "occurred_on": pl.Date,
    "due_on": pl.Date,
    "recorded_on": pl.Date,
    "corrected_on": pl.Date,
    "tax_type": pl.String,
    "event_id": pl.String,
    "exempt": pl.Boolean,
    "tax_amount": pl.Int64,
    "paid_amount": pl.Int64,
}


LATE_TAX = next(row for row in OF_2020.scoring if row.id == "r010101")
assert LATE_TAX.event is not None
UNREPAIRED = replace(
    OF_2020,
    indicators=(replace(LATE_TAX, event=replace(LATE_TAX.event, repair=None)),),
    overrides=(),
)


def event(firm: str, code: str, day: date = DAY, **rest: Any) -> dict[str, Any]:
    usual = {"event_id": "E", "tax_type": "增值税", "exempt": False, "tax_amount": 10_000_000}
    return usual | {"uscc": firm, "code": code, "occurred_on": day, "due_on": day} | rest


def late(days: int, day: date = DAY) -> dict[str, date]:
    return {"corrected_on": day + timedelta(days=days)}


def added(
    *rows: dict[str, Any], rubric: Any = OF_2025, period: int | None = 2025, as_of: date = AS_OF
) -> pl.DataFrame:
    """The tally of the rows, the same in the order of the firms and in any other."""
    frame = pl.DataFrame(list(rows), schema=SCHEMA)
    in_order = frame.sort("uscc", maintain_order=True).lazy()
    found = tally(in_order, rubric, as_of=as_of, period=period)
    backwards = tally(in_order.reverse(), rubric, as_of=as_of, period=period)
    assert found is not None
    assert backwards is not None
    whole = found.collect()
    assert whole["uscc"].to_list() == sorted(set(whole["uscc"]))
    assert_frame_equal(backwards.collect(), whole)
    return whole


def points(*rows: dict[str, Any], **options: Any) -> float:
    """What one firm's events cost, in points, of the one row they touch."""
    whole = added(*(row | {"uscc": "a"} for row in rows), **options)
    (name,) = (name for name in whole.columns if name != "uscc")
    assert whole.schema[name] == pl.Int32
    (cost,) = whole[name].to_list()
    return cost / 100


# ---- units --------------------------------------------------------------------------------------


def test_events_of_several_firms_and_rows_are_added_up_apart() -> None:
    found = added(
        event("c", "010101"),
        event("a", "010103", event_id="1"),
        event("a", "010103", event_id="2"),
        event("a", "010101"),
        event("b", "010301"),
    )
    assert found.to_dict(as_series=False) == {
        "uscc": ["a", "b", "c"],
        "points__r010101": [-500, 0, -500],
        "points__r010103": [-600, 0, 0],
        "points__r010301": [0, -100, 0],
    }
    assert found.dtypes == [pl.String, pl.Int32, pl.Int32, pl.Int32]


def test_a_month_counts_once_however_many_events_it_holds() -> None:
    days = [date(2025, 3, 1), date(2025, 3, 31), date(2025, 4, 1), date(2025, 12, 31)]
    rows = [event("a", "010101", day, event_id=str(day)) for day in days]
    assert points(*rows) == -15
    assert points(*rows[:2]) == -5


def test_before_2025_each_tax_type_counts_each_day() -> None:
    day = date(2019, 3, 17)
    rows = [event("a", "010101", day, tax_type=tax) for tax in ("增值税", "印花税", "增值税")]
    rows.append(event("a", "010101", day + timedelta(days=1)))
    assert points(*rows, rubric=UNREPAIRED, period=2019, as_of=date(2020, 4, 30)) == -15


def test_a_row_that_counts_once_costs_once() -> None:
    rows = [event("a", "010501", DAY + timedelta(days=n), event_id=str(n)) for n in range(4)]
    assert points(*rows) == -3


def test_every_occurrence_costs_and_one_occurrence_costs_once() -> None:
    rows = [event("a", "010103", event_id=name) for name in ("x", "y", "y")]
    assert points(*rows) == -6


def test_within_a_unit_the_least_repaired_event_stands_for_it() -> None:
    month = [
        event("a", "010101", event_id="1") | late(2),  # all given back
        event("a", "010101", event_id="2") | late(91),  # 40 % given back
        event("a", "010101", event_id="3") | late(31),  # 60 %
    ]
    assert points(*month) == -3
    assert points(month[0], month[2]) == -2
    assert points(month[0]) == 0


def test_payments_of_one_occurrence_add_up_what_they_give_back() -> None:
    # 11 points, paid in parts of a hundred: 80 % of 30 % and 60 % of 50 %
    parts = [
        event("a", "02-REMIT", event_id="1", tax_amount=100, paid_amount=30) | late(30),
        event("a", "02-REMIT", event_id="1", tax_amount=100, paid_amount=50) | late(90),
    ]
    assert points(*parts) == -11 + 2.64 + 3.3
    apart = [parts[0], parts[1] | {"event_id": "2"}]
    assert points(*apart) == -11 + 2.64
    assert points(parts[0], parts[0] | {"corrected_on": None}) == -11 + 2.64


def test_payments_of_one_occurrence_are_together_no_more_than_the_tax() -> None:
    # 60 of 100 on time and 90 later: of 11 points (60 % x 100 % + 90 % x 60 %) x 100 / 150
    paid = [
        event("a", "02-REMIT", tax_amount=100, paid_amount=60) | late(3),
        event("a", "02-REMIT", tax_amount=100, paid_amount=90) | late(90),
    ]
    assert points(*paid) == -2.64
    assert points(*(row | {"paid_amount": 50} for row in paid)) == -2.2
    assert points(*(row | {"paid_amount": None} for row in paid)) == -2.2
    # what is not corrected is no payment
    assert points(paid[0], paid[1] | {"corrected_on": None}) == -4.4
    # the largest taxes and many payments stay exact
    most = 10**13
    many = [
        event("a", "02-REMIT", tax_amount=most, paid_amount=most) | late(31) for _ in range(300)
    ]
    assert points(*many) == -4.4


def test_two_documents_of_one_day_and_tax_are_two_late_filings() -> None:
    day = date(2019, 3, 17)
    rows = [event("a", "010101", day, event_id=name) for name in ("文1", "文2", "文2")]
    assert points(*rows, rubric=UNREPAIRED, period=2019, as_of=date(2020, 4, 30)) == -10


def test_an_event_recorded_after_the_day_of_grading_is_not_known_yet() -> None:
    row = event("a", "010103", recorded_on=date(2026, 4, 30))
    assert points(row) == -3
    assert points(row | {"recorded_on": None}) == -3
    later = row | {"recorded_on": date(2026, 5, 1), "event_id": "2"}
    assert points(row, later) == -3
    assert points(row, later, as_of=date(2026, 5, 1)) == -6


def test_a_row_takes_off_ten_thousand_points_at_most() -> None:
    short = {"short_tax": 10**13, "tax_payable": 1}
    rubric = catalog.rubric("tax-credit@2016-03-01")
    percent = [row for row in rubric.scoring if row.event and row.event.percent]
    rubric = replace(rubric, indicators=tuple(percent), overrides=())
    frame = pl.DataFrame(
        [event("a", rules.code_of(row), event_id=str(n)) | short for n, row in enumerate(percent)],
        schema=SCHEMA | {"short_tax": pl.Int64, "tax_payable": pl.Int64},
    )
    found = tally(frame.lazy(), rubric, as_of=AS_OF, period=2025)
    assert found is not None
    assert found.collect().row(0)[1:] == (-1_000_000,) * len(percent)
    few = [event("a", "010103", event_id=str(n)) for n in range(3334)]
    assert points(*few) == -10_000
    assert points(*few[:3333]) == -9_999


def test_no_more_is_given_back_than_was_taken_off() -> None:
    twice = event("a", "02-REMIT", tax_amount=100, paid_amount=80) | late(0)
    assert points(twice, twice) == 0
    assert points(twice | {"paid_amount": 150}) == 0
    assert points(twice) == -2.2
    # a hundredth of a point is left of five: 499 of 500 were paid
    assert points(event("a", "020101", tax_amount=500, paid_amount=499) | late(0)) == -0.01


# ---- what counts --------------------------------------------------------------------------------


def test_exempt_events_are_left_out_and_silence_is_no_exemption() -> None:
    rows = [
        event("a", "010103", event_id=str(n), exempt=x) for n, x in enumerate((True, False, None))
    ]
    assert points(*rows) == -6


def test_only_events_of_the_year_assessed_count() -> None:
    days = [date(2024, 12, 31), date(2025, 1, 1), date(2025, 12, 31), date(2026, 1, 1)]
    rows = [event("a", "010103", day, event_id=str(day)) for day in days]
    assert points(*rows) == -6
    assert points(*rows, period=None) == -12
    assert points(*rows, period=2026) == -3


def test_a_correction_counts_from_the_day_it_is_known() -> None:
    row = event("a", "010103", date(2025, 12, 30)) | {"corrected_on": date(2026, 1, 1)}
    assert points(row, as_of=date(2025, 12, 31)) == -3
    assert points(row, as_of=date(2026, 1, 1)) == 0
    assert points(row, as_of=date(2026, 1, 2)) == 0


def test_an_event_may_trigger_an_override_open_or_repaired() -> None:
    triggers = {str(row.event): row.id for row in rules.triggers(OF_2025)}
    repairable = next(r for r in rules.triggers(OF_2025) if r.repair is not None)
    code = str(repairable.event)
    plain = next(c for c, name in triggers.items() if name != repairable.id)
    found = added(
        event("a", code) | late(1),
        event("b", code),
        event("b", code) | late(1),
        event("c", plain),
        event("c", plain),
        event("d", "010101"),
    )
    assert found["uscc"].to_list() == ["a", "b", "c", "d"]
    flags = {
        f"_event__{repairable.id}": [False, True, False, False],
        f"_repaired__{repairable.id}": [True, True, False, False],
        f"_event__{triggers[plain]}": [False, False, True, False],
        f"_repaired__{triggers[plain]}": [False] * 4,
        "points__r010101": [0, 0, 0, -500],
    }
    assert set(found.columns) == {"uscc", *flags}
    for name, expected in flags.items():
        assert found[name].to_list() == expected
        assert found.schema[name] == (pl.Int32 if name.startswith("points") else pl.Boolean)


def test_nothing_is_added_up_where_no_event_is_of_the_edition() -> None:
    for rows in ([], [event("a", "none")], [event("a", "03-MISC")]):
        frame = pl.DataFrame(rows, schema=SCHEMA).lazy()
        assert tally(frame, OF_2025, as_of=AS_OF, period=2025) is None


def test_columns_no_event_touches_are_left_out_by_polars_alone() -> None:
    rows = [event("a", "010101"), event("a", "010101", event_id="2") | late(31), event("b", "none")]
    rows += [event("b", "010104"), event("c", "02-REMIT", paid_amount=5_000_000) | late(30)]
    rows.append(event("c", "010101", date(2024, 12, 31)))
    frame = pl.DataFrame(rows, schema=SCHEMA)
    options: Any = {"as_of": AS_OF, "period": 2025}
    found = [tally(frame.lazy(), OF_2025, in_order=known, **options) for known in (None, False)]
    assert all(one is not None for one in found)
    short, held = (one.collect() for one in found if one is not None)
    wide = tally_elsewhere(nw.from_native(frame.lazy()), OF_2025, nw, **options).collect()
    assert short.select("points__r010101", "points__r02_remit").rows() == [
        (-500, 0), (0, 0), (0, -660),
    ]  # fmt: skip
    assert short["_event__bar_zero_vat_event"].to_list() == [False, True, False]
    assert_frame_equal(held, short)
    names = rules.point_names(rules.event_rows(OF_2025)) + rules.flag_names(rules.triggers(OF_2025))
    assert wide.columns == ["uscc", *names]
    assert set(short.columns) < set(wide.columns)
    everything = wide.to_native().sort("uscc")
    assert_frame_equal(everything.select(short.columns), short)
    for name in set(wide.columns) - set(short.columns):
        assert set(everything[name]) in ({0}, {False})


# ---- in order, and held a few at a time ----------------------------------------------------------


def book(*codes: str) -> Any:
    rows = [r for r in rules.event_rows(OF_2025) if rules.code_of(r) in codes]
    return adding._Book(OF_2025, rows, [], pl, pl.concat)


def known(*rows: dict[str, Any]) -> pl.LazyFrame:
    frame = pl.DataFrame(list(rows), schema=SCHEMA).lazy()
    kept: pl.LazyFrame = adding._known(frame, pl, AS_OF, 2025)
    return kept


def test_a_firm_is_doubtful_where_two_events_share_a_unit_or_are_of_no_row() -> None:
    rows = [
        event("a", "010101"), event("a", "010101", DAY + timedelta(days=40)),
        event("b", "010101"), event("b", "010101", DAY + timedelta(days=1)),
        event("c", "010101"), event("c", "010103"),
        event("d", "none"), event("d", "none"),
        event("e", "010101"),
    ]  # fmt: skip
    found = adding._doubtful(known(*rows), book("010101", "010103"))
    assert found.to_list() == ["b", "d"]
    assert (found.name, found.dtype) == ("uscc", pl.String)
    for none in (
        adding._doubtful(known(*rows), book()),
        adding._doubtful(known(*rows[:2]), book("010101", "010103")),
    ):
        assert none.is_empty()
        assert (none.name, none.dtype) == ("uscc", pl.String)


def test_runs_of_a_subject_are_summed_in_order() -> None:
    cells = pl.LazyFrame(
        {"s": ["a", "a", "b", "c", "c"], "x": [1, 2, 5, -1, 1], "y": [0, 7, 0, 1, 1]}
    )
    assert adding._run_sums(cells, "s").collect().rows() == [("a", 3, 7), ("b", 5, 0), ("c", 0, 2)]
    assert adding._run_sums(cells.head(1), "s").collect().rows() == [("a", 1, 0)]


@pytest.mark.parametrize("few", [1, 2, 3, 100])
def test_firms_with_shared_units_are_held_a_few_at_a_time(
    few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adding, "_FEW", few)
    firms = [f"firm {n}" for n in range(9)]
    rows = [event(firm, "010101", event_id=str(n)) for n, firm in enumerate(firms)]
    rows += [event(firm, "010101", event_id="x") | late(91) for firm in firms[::2]]
    rows += [event(firm, "010103", event_id="x") for firm in firms[::3]]
    found = added(*rows)
    assert found["points__r010101"].to_list() == [-500] * 9
    assert found["points__r010103"].to_list() == [-300, 0, 0] * 3


def test_firms_are_held_from_the_first_doubtful_to_the_last() -> None:
    firms = "abcdefg"
    rows = [event(firm, "010101") for firm in firms]
    rows += [event(firm, "010101", event_id="F") | late(2) for firm in "beg"]
    found = added(*rows)
    assert dict(found.rows()) == dict.fromkeys(firms, -500)
    repaired = [event(firm, "010101", event_id=n) | late(91) for firm in firms for n in "12"]
    assert dict(added(*repaired).rows()) == dict.fromkeys(firms, -300)


def test_events_are_weighed_one_by_one_as_they_are_added_up() -> None:
    rows = (
        event("a", "010101", event_id="1"),
        event("a", "010101", event_id="2", tax_type="消费税", **late(1)),
        event("b", "010101", event_id="3", exempt=True),
        event("b", "010101", day=date(2024, 3, 17), event_id="4"),
        event("b", "nothing", event_id="5"),
    )
    frame = pl.DataFrame(list(rows), schema=SCHEMA).lazy()
    found = adding.weighed(frame, OF_2025, as_of=AS_OF, period=2025)
    assert found["event_id"].to_list() == ["1", "2", "5"]
    whole = added(*rows[:3])
    (name,) = (name for name in whole.columns if name != "uscc")
    assert -found["_net"].sum() == whole[name].sum()
    assert found["_deduct"].to_list()[2] is None
    assert found["_deduct"].drop_nulls().to_list() == [found["_deduct"][0]] * 2
    assert found["_net"][0] == found["_deduct"][0] > found["_net"][1]
    trigger = next(row.event for row in OF_2025.active_overrides if row.event is not None)
    row = next(row.id for row in OF_2025.active_overrides if row.event == trigger)
    told = adding.weighed(
        pl.DataFrame([event("a", str(trigger)), event("a", "010101")], schema=SCHEMA).lazy(),
        OF_2025,
        as_of=AS_OF,
        period=2025,
    )
    assert told[f"_event__{row}"].to_list() == [1, 0]
    later = adding.weighed(frame, OF_2025, as_of=AS_OF, period=2024)
    assert later["event_id"].to_list() == ["4"]
    unknown = pl.DataFrame(
        [event("a", "010101", recorded_on=AS_OF + timedelta(days=1))], schema=SCHEMA
    ).lazy()
    assert adding.weighed(unknown, OF_2025, as_of=AS_OF, period=2025).is_empty()
