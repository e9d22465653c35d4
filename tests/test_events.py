"""Events: the same tally in any order, in row groups of any size, and one that tells its strangers."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from lishui_credit.errors import SubjectError
from lishui_credit.rubrics.engine import events as event_rules
from lishui_credit.rubrics.engine import tally
from lishui_credit.rubrics.engine.compile import dtype
from lishui_credit.rubrics.engine.evaluate import evaluate
from lishui_credit.rubrics.grade_files import grade
from lishui_credit.rubrics.intake import intake
from lishui_credit.rubrics.law import catalog
from lishui_credit.samples import tax
from lishui_credit.tables.columns import dictionary
from lishui_credit.tables.conform import conform
from lishui_credit.tables.frames import stands_in_order
from lishui_credit.tables.keys import Known
from lishui_credit.tables.read import Raw
from lishui_credit.tables.rejected import rejected_path

EDITIONS = ("2019-04-30", "2021-04-30", "2026-04-30")
FIRMS = [f"firm {number:02}" for number in range(24)]
RUBRICS = {day: catalog.rubric("tax-credit", on=day) for day in EDITIONS}
REGISTER = pl.DataFrame(
    {"uscc": FIRMS, "has_non_recurring_info": True, "payment_info_complete": True}
)
CODES = {day: sorted(event_rules.codes(rubric)) for day, rubric in RUBRICS.items()}


def _events(day: str, rows: list[tuple[int, int, int, int, int, bool]]) -> pl.DataFrame:
    """Few firms, codes, days and ids, so that units and occurrences are shared."""
    rubric = RUBRICS[day]
    period = date.fromisoformat(day).year - 1
    known = dictionary()
    names = ["uscc", *event_rules.needed_columns(rubric)]
    made = []
    for firm, code, when, tax_type, occurrence, paid in rows:
        occurred = date(period, 3, 1 + when)
        made.append(
            {
                "uscc": FIRMS[firm],
                "code": CODES[day][code % len(CODES[day])],
                "occurred_on": occurred,
                "due_on": occurred,
                "recorded_on": occurred,
                "corrected_on": date(period, 3, 20) if paid else None,
                "tax_type": ("增值税", "印花税")[tax_type],
                "event_id": f"E{occurrence}",
                "exempt": False,
                "tax_amount": 50_000 + 10_000_000 * tax_type,
                "paid_amount": 20_000 if paid else None,
                "short_tax": 1_000 * (1 + when),
                "tax_payable": 100_000,
                "clean_months": 12 * occurrence,
            }
        )
    schema = {name: dtype(known[name], pl) for name in names}
    return pl.DataFrame([{name: row[name] for name in names} for row in made], schema=schema)


ROWS = st.lists(
    st.tuples(
        st.integers(0, 11), st.integers(0, 400), st.integers(0, 2), st.integers(0, 1),
        st.integers(0, 3), st.booleans(),
    ),
    max_size=60,
)  # fmt: skip


def _tallied(events: pl.LazyFrame, day: str) -> pl.DataFrame:
    firms = REGISTER.lazy().set_sorted("uscc")
    as_of = date.fromisoformat(day)
    result = evaluate(firms, RUBRICS[day], events=events, period=as_of.year - 1, as_of=as_of)
    return result.frame.collect(engine="streaming").sort("uscc")


@pytest.mark.parametrize("day", EDITIONS)
@settings(max_examples=40, deadline=None)
@given(rows=ROWS, shuffled=st.randoms(use_true_random=False))
def test_the_order_of_events_changes_nothing(day: str, rows: list, shuffled) -> None:
    # The other twelve firms have few codes, so that units are shared more often.
    chosen = rows + [(12 + firm, code % 9, *rest) for firm, code, *rest in rows]
    events = _events(day, chosen)
    mixed = chosen.copy()
    shuffled.shuffle(mixed)
    backwards = _events(day, mixed).sort("uscc", descending=True, maintain_order=True)
    in_order = events.sort("uscc", maintain_order=True)
    expected = _tallied(backwards.lazy(), day)
    assert_frame_equal(_tallied(in_order.lazy(), day), expected)


@pytest.mark.parametrize("size", [1, 3, 1_000])
@pytest.mark.parametrize("day", EDITIONS)
def test_a_firm_whose_events_lie_in_several_row_groups_is_one_firm(
    day: str, size: int, tmp_path: Path
) -> None:
    rows = [(n % 12, n * 7, n % 3, n % 2, n % 4, n % 5 == 0) for n in range(240)]
    events = _events(day, rows).sort("uscc", maintain_order=True)
    path = tmp_path / "events.parquet"
    events.write_parquet(path, row_group_size=size)
    expected = _tallied(events.reverse().lazy(), day)
    assert expected["earned"].n_unique() > 1
    assert_frame_equal(_tallied(pl.scan_parquet(path), day), expected)


def test_units_that_only_look_alike_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    day = "2019-04-30"
    rows = [(n % 12, n * 7, n % 3, n % 2, n % 4, n % 5 == 0) for n in range(200)]
    events = _events(day, rows).sort("uscc", maintain_order=True)
    expected = _tallied(events.lazy(), day)
    monkeypatch.setattr(event_rules, "unit_hash", lambda rows: pl.lit(1, dtype=pl.UInt64))
    assert_frame_equal(_tallied(events.lazy(), day), expected)


def test_events_nobody_grades_leave_zeros() -> None:
    day = "2019-04-30"
    events = _events(day, [(1, 0, 0, 0, 0, False)]).with_columns(code=pl.lit("none of them"))
    nothing = evaluate(REGISTER, RUBRICS[day], period=2018, as_of=date(2019, 4, 30))
    assert_frame_equal(_tallied(events.lazy(), day), nothing.collect().sort("uscc"))
    assert_frame_equal(_tallied(events.clear().lazy(), day), nothing.collect().sort("uscc"))


@pytest.mark.parametrize("few", [1, 2, 5])
def test_subjects_with_shared_units_are_held_a_few_at_a_time(
    few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = "2019-04-30"
    rows = [(n % 12, n * 7 % 60, n % 3, n % 2, n % 4, n % 5 == 0) for n in range(400)]
    events = _events(day, rows).sort("uscc", maintain_order=True)
    expected = _tallied(events.reverse().lazy(), day)
    monkeypatch.setattr(tally, "_FEW", few)
    assert_frame_equal(_tallied(events.lazy(), day), expected)


def test_order_minds_nulls_and_equal_cells(tmp_path: Path) -> None:
    def tell(*cells: int | None, strictly: bool) -> bool:
        frame = pl.DataFrame({"a": cells}, schema={"a": pl.Int64})
        path = tmp_path / "pieces.parquet"
        frame.write_parquet(path, row_group_size=2)
        whole = stands_in_order(frame.lazy(), pl.col("a"), strictly=strictly)
        assert whole == stands_in_order(pl.scan_parquet(path), pl.col("a"), strictly=strictly)
        return whole

    assert tell(1, 1, 2, strictly=False)
    assert not tell(1, 1, 2, strictly=True)
    assert tell(1, 2, strictly=True)
    assert not tell(2, 1, strictly=False)
    assert not tell(None, 1, strictly=False)
    assert not tell(1, None, 2, strictly=False)
    assert not tell(1, 2, None, strictly=False)
    assert not tell(None, strictly=True)
    assert tell(strictly=True)
    assert tell(5, strictly=True)
    assert tell(*range(1_000), strictly=True)
    assert not tell(*range(500), 498, *range(600, 700), strictly=False)
    assert not tell(*range(500), 499, *range(600, 700), strictly=True)


def test_order_holds_across_morsels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLARS_IDEAL_MORSEL_SIZE", "1000")
    cells = list(range(50_000))
    assert stands_in_order(pl.LazyFrame({"a": cells}), pl.col("a"), strictly=True)
    for place in (999, 1_000, 1_001, 37_000):
        wrong = [*cells[:place], -1, *cells[place + 1 :]]
        assert not stands_in_order(pl.LazyFrame({"a": wrong}), pl.col("a"))


# ---- strangers --------------------------------------------------------------------------------


@pytest.mark.parametrize("in_order", [True, False])
@pytest.mark.parametrize("as_they_stand", [True, False])
def test_keys_must_be_among_the_known(in_order: bool, as_they_stand: bool) -> None:
    keys = ["A", "B", "B", "X", "Y"] if in_order else ["B", "Y", "A", "X", "B"]
    cells = keys if as_they_stand else [f" {key} " for key in keys]
    raw = Raw(frame=pl.LazyFrame({"village_id": cells}), name="f", first_row=2)
    among = Known(pl.LazyFrame({"village_id": ["A", "B", "C"]}), "{} is a stranger")
    found = conform(raw, {"village_id": True}, key="village_id", unique=False, among=among)
    assert sorted(found.frame.collect()["village_id"]) == ["A", "B", "B"]
    expected = {keys.index(key) + 2: f"{key} is a stranger" for key in ("X", "Y")}
    assert dict(found.rejected.select("row", "reasons").iter_rows()) == expected


def test_a_stranger_is_told_by_line_with_whatever_else_is_wrong(tmp_path: Path) -> None:
    register = tax.enterprises(50, year=2018)
    known, other = register["uscc"].head(2).to_list(), "12331102398259791Y"
    events = pl.DataFrame(
        {
            "uscc": [known[0], other, "12331102398259791X", other],
            "code": ["010101", "010101", "010101", "no code"],
            "occurred_on": ["2018-05-05"] * 4,
            "tax_type": ["增值税"] * 4,
        }
    )
    paths = tmp_path / "firms.csv", tmp_path / "events.csv", tmp_path / "out.csv"
    register.write_csv(paths[0])
    events.write_csv(paths[1])
    with pytest.raises(SubjectError):
        grade(RUBRICS["2019-04-30"], paths[0], paths[2], events=paths[1], period=2018)
    rejected = pl.read_csv(rejected_path(paths[2], "events"))
    assert rejected["_row"].to_list() == [3, 4, 5]
    assert rejected.columns == ["_row", "_reasons", "uscc", "uscc ✗", *events.columns[1:]]
    first, second, third = rejected["_reasons"].to_list()
    assert first == f"an event for an unknown subject {other}"
    assert second == "uscc: fails the check digit of GB 32100"
    assert third == f"the edition knows no such code; an event for an unknown subject {other}"


def test_events_without_ids_each_get_one() -> None:
    register = tax.enterprises(20, year=2018)
    first, second = register["uscc"].head(2).to_list()
    events = pl.DataFrame(
        {
            "uscc": [first, first, second],
            "code": ["020101"] * 3,
            "occurred_on": [date(2018, 5, 5)] * 3,
            "event_id": [None, "own", None],
        }
    )
    rubric = RUBRICS["2019-04-30"]
    for table, ids in (
        (events, ["#0", "own", "#2"]),
        (events.drop("event_id"), ["#0", "#1", "#2"]),
    ):
        taken = intake(rubric, register, events=table, period=2018)
        assert taken.events is not None
        assert taken.events.collect()["event_id"].to_list() == ids
